"""Show a run to somebody who reads no tables: one page of HTML that needs nothing else. `northbound eval report` calls `report`.

The charts are in eval/charts.py, the failing cases in eval/report_cases.py, why they failed in eval/failures.py, the runs beside this one
in eval/earlier.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from bot.answer import STATUSES, Timings
from bot.answerability import NOT_FOUND
from corpus.errors import NorthboundError
from eval import charts
from eval.cases import SETS, Case, load_sets
from eval.charts import Mark
from eval.coverage import Coverage, coverage, sureness
from eval.earlier import runs_beside
from eval.failures import REASONS, Why, cases_of, fails, place, why
from eval.gate import Verdict, judge, measured
from eval.metrics import DECLINED, FEW, MEASURES, Harmonic, Measured
from eval.report_cases import anchor, day, failing_cases, named, one_of, text
from eval.retrieval import searchable
from eval.saved import Key, Run, read_run

_STYLE = Path(__file__).with_name("report.css")
_ALIKE = 5  # wanted kinds of answer that fewer cases share are shown in one row
# The measure before which each heading stands in the table of all measures.
_HEADINGS = {
    "right": "The answer",
    "found@5": "Finding the passage",
    "quotes exact": "Standing on the sources",
    "declining precision": "Declining, asking back, sending elsewhere",
    "time travel": "Kinds of case",
}
_PER_CENT = "\u00a0%"  # a line never breaks between a number and its sign
_DECIMALS = ("MRR@10", "nDCG@10", "named MRR@10", "words")  # no shares


def report(folder: Path, out: Path | None = None, sets: Path = SETS) -> Path:
    """Write the page (default: report.html in the run's folder), whole or not at all, and return where it is.

    Raises RunError for a folder that is no whole run, CaseError for a set that is gone or broken, GateError for bars that cannot be read.
    """
    run = read_run(folder)
    now = load_sets(run.sets, sets)
    edited = [one.name for one in now if run.summary["sets"].get(one.name) != one.sha256]
    path = out or folder / "report.html"
    if path.is_dir():
        raise NorthboundError(f"{path}: is a folder; name a file in it")
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_bytes(page(run, {case.key: case for one in now for case in one.cases}, edited).encode("utf-8", "replace"))
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise NorthboundError(f"{path}: cannot be written: {error.strerror}; give another --out") from None
    return path


def page(run: Run, cases: Mapping[Key, Case], edited: Sequence[str] = ()) -> str:
    """The whole page. `edited`: sets whose file has changed since the run was scored.

    A case that is no longer in its set, or asks something else there now, is shown with its answer, without what was wanted.
    """
    cases = cases_of(run, cases)
    failing = {key: why(cases[key], one, run.evidence) if key in cases else None for key, one in run.cases.items() if fails(one.score)}
    got = measured(run.summary)
    verdicts = judge(run)
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            f"<title>Northbound: run {text(_name(run))}</title>\n<style>{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>",
            *_headline(run, got["all"], verdicts, len(failing)),
            "<main>",
            *_notes(run, cases, edited),
            *_sets(got, failing),
            *_bars(verdicts),
            *_reasons(failing),
            *_finding(run, cases),
            *_declining(run),
            *_statuses(run, cases),
            *_speed(run),
            *_trend(run),
            *_measures(got["all"]),
            *failing_cases(run, cases, failing),
            "</main>",
            *_about(run),
            "</body>\n</html>\n",
        )
    )


_SECTIONS = {
    "sets": "Right answers, set by set",
    "bars": "What must hold",
    "reasons": "Why cases failed",
    "finding": "Finding the right passage",
    "declining": "Knowing when not to answer",
    "statuses": "Kinds of answer",
    "speed": "How long an answer takes",
    "trend": "Earlier runs",
    "measures": "Every measure",
    "failures": "Failing cases",
    "about": "About this run",
}


def _headline(run: Run, got: Mapping[str, Measured], verdicts: Sequence[Verdict], failing: int) -> Iterator[str]:
    right, hard = got["right"], [verdict for verdict in verdicts if verdict.bar.hard]
    broken = [verdict for verdict in hard if not verdict.holds]
    yield "<header>\n<h1>How well Northbound answered</h1>"
    yield (
        f'<p class="big"><strong>{_percent(right.value)}</strong> of {right.n:,} message{"" if right.n == 1 else "s"} '
        f"{'was' if right.n == 1 else 'were'} answered rightly. As these are only some of all messages there could be, "
        f"take it for {_interval('right', right)} (95 % interval).</p>"
    )
    yield "<p>Right means: the wanted kind of answer, every fact that was asked for, and nothing said that must not be said.</p>"
    tiles = [
        ("Failing cases", f"{failing}", f"of {right.n:,}; each is shown <a href='#failures'>below</a>"),
        ("Hard bars broken", f"{len(broken)} of {len(hard)}", _broken(broken)),
        *(
            (title, _percent(got[name].value), f"{says}; {_interval(name, got[name])}")
            for title, name, says in (
                ("Passage found", "found@5", "a supporting passage among the first five"),
                ("Sentences backed", "citation recall", "a cited passage supports the sentence"),
                ("Needless refusals", "over-refusal", "declined where only an answer was right; less is better"),
            )
            if got[name].n
        ),
    ]
    yield f'<dl class="tiles">{"".join(f"<div><dt>{a}</dt><dd><strong>{b}</strong> <span>{c}</span></dd></div>" for a, b, c in tiles)}</dl>'
    links = "".join(f'<li><a href="#{id}">{title}</a></li>' for id, title in _SECTIONS.items())
    yield f'<nav aria-label="On this page"><ul>{links}</ul></nav>\n</header>'


def _broken(broken: Sequence[Verdict]) -> str:
    if not broken:
        return "nothing happened that may never happen"
    return f"<a href='#bars'>{text(', '.join(dict.fromkeys(verdict.bar.measure for verdict in broken)))}</a>"


def _notes(run: Run, cases: Mapping[Key, Case], edited: Sequence[str]) -> Iterator[str]:
    if gone := len(run.cases) - len(cases):
        yield f'<p class="note">No longer in the sets as asked: {_cases(gone)} of this run. What was wanted there cannot be shown.</p>'
    if edited:
        names = ", ".join(map(named, edited))
        yield (
            f'<p class="note">Edited since this run was scored: {text(names)}. To score by the sets as they are now: '
            f"<code>northbound eval score {text(str(run.folder))}</code>.</p>"
        )
    if few := [named(name) for name, group in run.summary["groups"].items() if group["n"] < FEW]:
        yield (
            f'<p class="note">Fewer than {FEW} cases: {text(", ".join(few))}. A number over so few says little; '
            "its interval shows how little. Such numbers are marked <em class='few'>few</em>.</p>"
        )


def _bars(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield from _opened("bars")
    yield (
        "<p>A hard bar is about what may never happen: a single case breaks it. A soft bar is a level that was reached once and should "
        "not be lost; a run of only some cases holds it where its interval reaches it. The bars stand in <code>eval/gate.toml</code>.</p>"
    )
    broken = [verdict for verdict in verdicts if not verdict.holds]
    unjudged = sum(not _known(verdict) for verdict in verdicts)
    first = " They come first." if broken else ""
    unknown = f" {unjudged} could not be judged: no case of this run is about them." if unjudged else ""
    yield f"<p><b>{len(broken)} of {len(verdicts)} bars are broken.</b>{first}{unknown}</p>"
    rows = []
    for verdict in [*broken, *(verdict for verdict in verdicts if verdict.holds)]:
        bar, got = verdict.bar, verdict.got
        limit = f"at least {_value(bar.measure, bar.least)}" if bar.least is not None else f"at most {_value(bar.measure, bar.most)}"
        where = "" if bar.group == "all" else f" ({text(named(bar.group))})"
        name = f'{text(bar.measure)}{where} <span class="n">{"hard" if bar.hard else "soft"}</span>'
        cells = [
            _verdict(verdict),
            _measured(bar.measure, got) if got is not None else "<td>–</td>",
        ]
        rows += _row(name, cells, f"Must be {limit}. {text(bar.reason)}")
    yield from _table("Bars and whether this run holds them", ("bar", "verdict", "is"), rows)
    yield "</section>"


def _known(verdict: Verdict) -> bool:
    return verdict.got is not None and verdict.got.value is not None


def _verdict(verdict: Verdict) -> str:
    if not _known(verdict):
        return "<td>–&nbsp;not judged</td>" if verdict.holds else '<td class="bad">✗&nbsp;not measured</td>'
    if not verdict.holds:
        return '<td class="bad">✗&nbsp;broken</td>'
    return f'<td class="good">✓&nbsp;held{"" if _reached(verdict) else ", by its interval"}</td>'


def _reached(verdict: Verdict) -> bool:
    """Whether the value itself does; over a part of the cases a soft bar holds if the interval reaches it."""
    value, bar = verdict.got.value if verdict.got else None, verdict.bar
    return value is not None and (bar.least is None or value >= bar.least) and (bar.most is None or value <= bar.most)


def _sets(got: Mapping[str, Mapping[str, Measured]], failing: Mapping[Key, Why | None]) -> Iterator[str]:
    yield from _opened("sets")
    yield (
        "<p>Each bar is the share of right answers in one set of messages; longer is better. The thin line across its end is the 95 % "
        "interval: the shorter it is, the surer the number.</p>"
    )
    lost = Counter(name for name, _ in failing)
    rows = []
    for name, group in got.items():
        right = group["right"]
        if right.value is None or right.low is None or right.high is None:
            continue
        fails_here = lost[name] if name != "all" else len(failing)
        target = "failures" if name == "all" else anchor("set", name)
        link = f'<a href="#{target}">{fails_here}</a>' if fails_here else "none"
        rows.append(
            f'<tr{" class=all" if name == "all" else ""}><th scope="row">{text("all sets" if name == "all" else named(name))}</th>'
            f'<td class="drawn">{charts.bar(right.value, right.low, right.high)}</td>{_measured("right", right)}<td>{link}</td></tr>'
        )
    yield from _table("Right answers by set", ("set", "share right", "in numbers", "failing"), rows, "sets")
    yield "</section>"


def _reasons(failing: Mapping[Key, Why | None]) -> Iterator[str]:
    yield from _opened("reasons")
    yield (
        "<p>Each failing case is counted once, under the earliest step at which it went wrong; what else is wrong with it is told in "
        "the case itself. “Found, then held back” is inferred: a run does not keep the sentences that the bot wrote and dropped.</p>"
    )
    counts = Counter((known.main, name) for (name, _), known in failing.items() if known)
    rows = []
    for id, reason in REASONS.items():
        sets = {name: count for (main, name), count in counts.items() if main == id}
        if not sets:
            continue
        links = ", ".join(f'<a href="#{anchor("group", name, id)}">{text(named(name))} {count}</a>' for name, count in sets.items())
        rows.append(
            f'<tr><th scope="row">{text(reason.title)}<span class="says">{text(reason.says)}</span></th>'
            f"<td>{sum(sets.values())}</td><td>{links}</td></tr>"
        )
    if rows:
        yield from _table("Main reason of each failing case", ("reason", "cases", "where"), rows, "reasons")
    else:
        yield "<p>No case failed.</p>"
    none = [reason.title for id, reason in REASONS.items() if not any(main == id for main, _ in counts)]
    if rows and none:
        yield f'<p class="n">No case failed for: {text("; ".join(none))}.</p>'
    yield "</section>"


def _finding(run: Run, cases: Mapping[Key, Case]) -> Iterator[str]:
    places = [place(case, run.cases[key], run.evidence) for key, case in cases.items() if searchable(case)]
    yield from _opened("finding")
    if not places:
        yield "<p>No case of this run names what should be found.</p></section>"
        return
    limits = {"1": (1, 1), "2": (2, 2), "3": (3, 3), "4–5": (4, 5), "6–10": (6, 10), "later": (11, 10_000)}
    counts = [(name, sum(low <= p <= high for p in places)) for name, (low, high) in limits.items()] + [("none", places.count(0))]
    first, five = counts[0][1], sum(1 <= p <= 5 for p in places)
    told = (
        f"Of {len(places):,} messages for which some source supports a right answer, search put such a passage first for {first:,} and "
        f"among the first five for {five:,}; for {places.count(0):,} it found none."
    )
    yield f"<p>{told} More on the left is better: the answer is written from what was found first.</p>{_few_note(len(places))}"
    label = f"Place of the first supporting passage: {', '.join(f'{name}: {count}' for name, count in counts)}"
    yield f"<figure>{charts.columns(counts, label, 'place of the first supporting passage')}</figure>\n</section>"


def _declining(run: Run) -> Iterator[str]:
    scores = run.scores
    given = [one for one in run.cases.values() if one.answer.status not in DECLINED and not one.score.failed]
    made = coverage(((sureness(one.answer, run.evidence), one.score.right) for one in given), len(scores))
    yield from _opened("declining")
    right = sum(one.score.right for one in given)
    declined = [one.score for one in run.cases.values() if one.answer.status in DECLINED and not one.score.failed]
    well = sum(score.right for score in declined)
    yield (
        f"<p>Northbound answered {len(given):,} of {len(scores):,} messages, {right:,} of them rightly. {len(declined):,} it declined: "
        f"it said that the sources do not answer, asked back, or sent the person elsewhere. For {well:,} of those that was right.</p>"
    )
    if made is None:
        yield "</section>"
        return
    last = made.points[-1]
    told = (
        f"Today {_percent(last.share)} of all messages are answered and {_percent(last.error)} of those answers are wrong. Going left, "
        "the bot answers only what it is surer of; a good sense of doubt lets the line fall towards zero."
    )
    area = (
        f"Area under the line: {_percent(made.area)} (less is better). If its doubts told nothing it would be {_percent(last.error)}; if "
        f"every wrong answer were less sure than every right one, {_percent(made.best)}. The grey part on the right was declined: "
        f"what would have been said there is not known. The line begins where {FEW} answers are given."
    )
    points = _thinned(made)
    label = f"Error among answers against share answered. {told}"
    yield f"<p>{told}</p>{_few_note(len(given))}"
    figure = charts.curve(points, label, "share of all messages answered", Mark(last.share, "today"))
    yield f"<figure>{figure}<figcaption>Upwards: wrong answers among those given. {area}</figcaption></figure>"
    rows = []
    for sure in (NOT_FOUND, *(n / 10 for n in range(5, 10))):
        point = made.at_least(sure)
        if point is not None:
            name = "today" if sure == NOT_FOUND else f"{sure:.1f}"
            kept = f"{_percent(point.share)} <span class='n'>{point.given:,}</span>"
            lost = right - (point.given - point.wrong)
            wrong = f"{_percent(point.error)} <span class='n'>{point.wrong:,}</span>"
            rows.append(f'<tr><th scope="row">{name}</th><td>{kept}</td><td>{wrong}</td><td>{lost:,}</td></tr>')
    head = ("answer only if at least this sure", "would be answered", "wrong among them", "right answers lost")
    yield from _table(f"If the bot declined more (today it declines below {NOT_FOUND:.1f})", head, rows)
    yield "</section>"


def _thinned(made: Coverage) -> list[tuple[float, float]]:
    """The curve's points from FEW answers on, and of near ones one: the error of the first few is chance."""
    last = made.points[-1]
    points: list[tuple[float, float]] = []
    for point in made.points:
        if point is last or (point.given >= FEW and (not points or point.share - points[-1][0] >= 0.01)):
            points.append((point.share, point.error))
    return points


def _statuses(run: Run, cases: Mapping[Key, Case]) -> Iterator[str]:
    table: Counter[tuple[tuple[str, ...], str, bool]] = Counter()
    for key, case in cases.items():
        one = run.cases[key]
        table[tuple(s for s in STATUSES if s in case.status), one.answer.status, one.score.status_right] += 1
    got = [status for status in STATUSES if any(given == status for _, given, _ in table)]
    sizes: Counter[tuple[str, ...]] = Counter()
    for (wanted, _, _), count in table.items():
        sizes[wanted] += count
    common = [wanted for wanted, count in sizes.most_common() if count >= _ALIKE]
    rare = [wanted for wanted in sizes if wanted not in common]
    rows = [([wanted], one_of(wanted) if len(wanted) < 5 else _all_but(wanted)) for wanted in common]
    rows += [(rare, f"{len(rare)} other mixtures, fewer than {_ALIKE} cases each")] if rare else []
    yield from _opened("statuses")
    yield (
        "<p>A row for each kind of answer that was wanted, a column for each that was given. Where several kinds are right, the row names "
        "all of them, and any of them counts as right. ✓ stands before right ones, ✗ before wrong ones.</p>"
    )
    made = []
    for mixtures, name in rows:
        cells = "".join(_cell(*(sum(table[mixture, status, ok] for mixture in mixtures) for ok in (True, False))) for status in got)
        made.append(f'<tr><th scope="row">{text(name)}</th>{cells}<td class="n">{sum(sizes[mixture] for mixture in mixtures)}</td></tr>')
    yield from _table("Wanted kind of answer against the one given", ("wanted", *map(named, got), "cases"), made, "grid")
    yield "</section>"


def _all_but(wanted: Sequence[str]) -> str:
    left = [status for status in STATUSES if status not in wanted]
    return f"any but {one_of(left)}" if left else "any"


def _cell(right: int, wrong: int) -> str:
    if not right and not wrong:
        return '<td class="n">·</td>'
    shown = ([f'<span class="good">✓ {right}</span>'] if right else []) + ([f'<span class="bad">✗ {wrong}</span>'] if wrong else [])
    return f"<td>{' '.join(shown)}</td>"


def _speed(run: Run) -> Iterator[str]:
    timings = [one.answer.timings_ms for one in run.cases.values() if one.answer.timings_ms.total > 0]
    yield from _opened("speed")
    if not timings:
        yield "<p>The run kept no timings.</p></section>"
        return
    totals = [one.total for one in timings]
    half, most, nearly = (float(value) for value in np.percentile(totals, (50, 95, 99)))
    told = (
        f"Half of {len(totals):,} answers took at most {_ms(half)} (p50), 95 of 100 at most {_ms(most)} (p95), 99 of 100 at most "
        f"{_ms(nearly)} (p99). The slowest took {_ms(max(totals))}."
    )
    yield f"<p>{told} Less is better; other work on the machine shows here too.</p>{_few_note(len(totals))}"
    width = charts.step(nearly, 12)
    bins = int(nearly // width) + 1  # and one for the slower ones
    every = -(-bins // 6)
    counts = [
        (
            f"{n * width:g}" if n % every == 0 and bins - n >= min(every, 2) else "",
            sum(n * width <= total < (n + 1) * width for total in totals),
        )
        for n in range(bins)
    ]
    counts.append((f"{bins * width:g}+", sum(total >= bins * width for total in totals)))
    marks = [Mark(value / width / len(counts), name) for value, name in ((half, "p50"), (most, "p95"), (nearly, "p99"))]
    figure = charts.columns(counts, f"How many answers took how long. {told}", "milliseconds", marks, numbered=False)
    yield f"<figure>{figure}</figure>"
    rows = []
    for step in Timings.model_fields:
        values = np.percentile([getattr(one, step) for one in timings], (50, 95, 99))
        rows.append(f'<tr><th scope="row">{step}</th>{"".join(f"<td>{_ms(float(value))}</td>" for value in values)}</tr>')
    yield from _table("Time by step", ("step", "p50", "p95", "p99"), rows)
    yield "</section>"


def _trend(run: Run) -> Iterator[str]:
    runs = runs_beside(run)
    yield from _opened("trend")
    if len(runs) < 2:
        parent = run.folder.resolve().parent.name
        yield f"<p>No other run of these sets is in {text(parent)}/: runs that lie beside each other are shown together here.</p>"
        yield "</section>"
        return
    values = [(one.right.value or 0.0, one.right.low or 0.0, one.right.high or 0.0) for one in runs]
    here = next(n for n, one in enumerate(runs) if one.this)
    yield (
        "<p>Share of right answers in the runs of these sets that lie beside this one, oldest first; higher is better, and the scale does "
        "not begin at zero. Where intervals overlap widely, a difference may be chance: <code>northbound eval compare</code> tests it.</p>"
    )
    label = "Share right: " + ", ".join(f"run {n}: {_percent(one.right.value)}" for n, one in enumerate(runs, 1))
    yield f"<figure>{charts.trend(values, here, label, 'run; the filled dot is this one')}</figure>"
    rows = []
    for n, one in enumerate(runs, 1):
        broken = f'<td class="bad">✗ {text(", ".join(one.broken))}</td>' if one.broken else '<td class="good">✓ none</td>'
        rows.append(
            f'<tr{" class=all" if one.this else ""}><th scope="row">{n}. {text(one.name)}{" (this run)" if one.this else ""}</th>'
            f"<td>{one.when.day} {one.when:%B %Y, %H:%M}</td><td>{_percent(one.right.value)} "
            f'<span class="n">{_interval("right", one.right)}</span></td><td>{one.right.n:,}</td>{broken}'
            f"<td>{'the same' if one.same else 'other than here'}</td><td>{text(one.corpus)}</td></tr>"
        )
    head = ("run", "when (UTC)", "right", "cases", "hard bars broken", "cases and what they want", "corpus")
    yield from _table("Runs of these sets", head, rows)
    yield "</section>"


def _measures(got: Mapping[str, Measured]) -> Iterator[str]:
    yield from _opened("measures")
    yield (
        "<p>Under each value stand its 95 % interval, how far chance in the choice of messages may have moved it, and the number of "
        "cases that the measure is about. Where it is a share of something else than cases, the number of that stands beside it.</p>"
    )
    rows = []
    for name, one in got.items():
        if name in _HEADINGS:
            rows.append(f'<tr class="heading"><th scope="colgroup" colspan="4">{_HEADINGS[name]}</th></tr>')
        if not one.n:
            continue
        of = f"{one.of:,}" if one.of != one.n and not isinstance(MEASURES[name], Harmonic) else ""
        better = "less" if MEASURES[name].fewer else "more"
        rows += _row(text(name), [_measured(name, one), f"<td>{of}</td><td>{better}</td>"], text(MEASURES[name].says))
    yield from _table("Every measure over all cases", ("measure", "value, with interval", "is a share of", "better is"), rows)
    if none := [name for name, one in got.items() if not one.n]:
        yield f'<p class="n">No case of this run is about: {text(", ".join(none))}.</p>'
    yield "</section>"


def _about(run: Run) -> Iterator[str]:
    config, summary = run.config, run.summary
    rows = {
        "run": str(run.folder),
        "sets": ", ".join(map(named, run.sets)),
        "chosen": "; ".join(
            filter(None, (config["filter"] and f"filter {config['filter']}", config["every"] > 1 and f"every {config['every']}."))
        )
        or "every case",
        "day taken for today": day(config.get("today", "")),
        "corpus": f"{config['corpus_version']}, {config['documents']} documents",
        "model of the search": config["model"],
        "version and code": f"{config.get('version', '')} {config.get('code', '')}",
        "not asked: drafts": ", ".join(summary["drafts"]),
        "named in cases, and gone": "; ".join(f"{id}: {', '.join(names)}" for id, names in summary["absent"].items()),
    }
    yield '<footer aria-labelledby="about">\n<h2 id="about">About this run</h2>\n<dl>'
    yield "".join(f"<dt>{name}</dt><dd>{text(value)}</dd>" for name, value in rows.items() if value.strip())
    yield "</dl>\n</footer>"


def _opened(id: str) -> Iterator[str]:
    yield f'<section aria-labelledby="{id}">\n<h2 id="{id}">{_SECTIONS[id]}</h2>'


def _table(caption: str, head: Sequence[str], rows: Sequence[str], kind: str = "") -> Iterator[str]:
    """In a frame that scrolls by itself where the page is narrower. Cells are HTML already, the caption and the head are text."""
    columns = "".join(f'<th scope="col">{text(name)}</th>' for name in head)
    yield f'<div class="wide" tabindex="0" role="region" aria-label="{text(caption)}">'
    yield f'<table class="{kind}"><caption>{text(caption)}</caption>'
    yield f"<thead><tr>{columns}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"


def _row(name: str, cells: Sequence[str], says: str) -> list[str]:
    """A row of a table, and under it what it means across the whole width, so that a phone has room for it. All are HTML."""
    width = 1 + "".join(cells).count("<td")
    return [
        f'<tr class="told"><th scope="row">{name}</th>{"".join(cells)}</tr>',
        f'<tr><td class="says" colspan="{width}">{says}</td></tr>',
    ]


def _measured(name: str, got: Measured) -> str:
    """A cell with a value and, under it, its interval and the number of cases."""
    if got.value is None:
        return "<td>–</td>"
    cases = _cases(got.n).replace(" ", "&nbsp;")
    return f'<td><b>{_value(name, got.value)}</b> <span class="n">{_interval(name, got)}; {cases}</span>{_few(got.n)}</td>'


def _name(run: Run) -> str:
    return run.folder.resolve().name


def _cases(count: int) -> str:
    return f"{count:,} case{'' if count == 1 else 's'}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}{_PER_CENT}"


def _value(name: str, value: float | None) -> str:
    """A measure as it is best read: a share in per cent, other numbers as they are."""
    if value is None or name not in _DECIMALS:
        return _percent(value)
    return f"{value:.1f}" if name == "words" else f"{value:.3f}"


def _interval(name: str, got: Measured) -> str:
    low, high = _value(name, got.low), _value(name, got.high)
    return f'<span class="whole">{low.removesuffix(_PER_CENT)} to {high}</span>'


def _ms(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"


def _few(n: int) -> str:
    return ' <em class="few">few</em>' if n < FEW else ""


def _few_note(n: int) -> str:
    return f'<p class="note">Only {_cases(n)}: a chart over so few says little.</p>' if n < FEW else ""
