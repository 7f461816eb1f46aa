"""Show a run to somebody who reads no tables: one page of HTML that needs nothing else. `northbound eval report` calls `report`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from bot.answer import STATUSES, Citation, Turn
from corpus.errors import NorthboundError
from eval.cases import SETS, Case, load_set
from eval.metrics import METRICS, Metric, Score, by_set, interval, readable
from eval.saved import Answered, Run, read_run

FEW = 30  # below this many cases an interval says little
# In shares, less is better here; everywhere else more is.
_FEWER_IS_BETTER = frozenset({"forbidden statements"})


def report(folder: Path, out: Path | None = None, sets: Path = SETS) -> Path:
    """Write the page (default: report.html in the run's folder), whole or not at all, and return where it is.

    Raises RunError for a folder that is no whole run, CaseError for a set that is gone or broken.
    """
    run = read_run(folder)
    cases = {(name, case.id): case for name in run.sets for case in load_set(name, sets)}
    path = out or folder / "report.html"
    if path.is_dir():
        raise NorthboundError(f"{path}: is a folder; name a file in it")
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_bytes(page(run, cases).encode("utf-8", "replace"))
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise NorthboundError(f"{path}: cannot be written: {error.strerror}; give another --out") from None
    return path


def page(run: Run, cases: dict[tuple[str, str], Case]) -> str:
    """The whole page. A case that is no longer in its set is shown with its answer, without what was expected."""
    failing = {key: one for key, one in run.cases.items() if not (one.score.right and one.score.quotes_exact)}
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            f"<title>Northbound: run {_text(run.folder.resolve().name)}</title>\n<style>{_CSS}</style>\n</head>\n<body>\n<main>",
            *_headline(run, len(failing), len(run.cases.keys() - cases.keys())),
            *_sets(run, failing),
            *_numbers(run.scores),
            *_statuses(run, cases),
            *_failures(failing, cases),
            "</main>\n</body>\n</html>\n",
        )
    )


def why(case: Case, one: Answered) -> list[str]:
    """Each reason that this answer is not right, and whether its source was found at all."""
    reasons = []
    if not one.score.status_right:
        reasons.append(f"wrong status: {one.answer.status}, wanted {' or '.join(case.status)}")
    text = readable(one.answer.answer)
    reasons += [f"fact missing: {p.pattern}" for p in case.facts if not p.search(text)]
    reasons += [f"forbidden statement: {pattern}" for pattern in one.score.forbidden]
    reasons += [f"quote of citation {c.number} does not stand in its passage" for c in one.answer.citations if not _exact(c)]
    if one.score.has_sources and not 0 < one.score.rank <= 5:
        place = f"the first came at place {one.score.rank}" if one.score.rank else "none was found"
        reasons.append(f"source not among the first five: wanted {' or '.join(case.sources)}; {place}")
    return reasons


def _headline(run: Run, failing: int, gone: int) -> Iterator[str]:
    scores = run.scores
    low, high = interval(METRICS["right"], scores)
    yield "<h1>How well Northbound answered</h1>"
    yield (
        f'<p class="big"><strong>{_percent(METRICS["right"](scores))}</strong> of {len(scores)} questions were answered rightly '
        f"({_percent(low)} to {_percent(high)} with 95 % confidence).</p>"
    )
    yield (
        "<p>Right means: the wanted kind of answer, every fact that was asked for, and nothing said that must not be said. "
        f'<a href="#failures">{failing} failing {"case" if failing == 1 else "cases"}</a> below, each with the reason.</p>'
    )
    facts = (f"{name.replace('_', ' ')} {run.config[name]}" for name in ("corpus_version", "model", "documents") if name in run.config)
    yield f'<p class="quiet">Run {_text("; ".join((run.folder.resolve().name, *facts)))}</p>'
    if gone:
        yield f'<p class="note">{gone} cases of this run are no longer in their sets: what they wanted cannot be shown.</p>'


def _sets(run: Run, failing: dict[tuple[str, str], Answered]) -> Iterator[str]:
    yield '<h2>Right, by set</h2>\n<p class="quiet">The thin line is the 95 % interval.</p>\n<div class="bars">'
    lost = Counter(name for name, _ in failing)
    for name, scores in by_set(run.scores).items():
        value, (low, high) = METRICS["right"](scores), interval(METRICS["right"], scores)
        label = f'<a href="#set-{_text(name)}">{_text(_named(name))}</a>' if lost[name] else _text(_named(name))
        yield (
            f'<div class="set">{label}<span class="n">n {len(scores)}{_few(len(scores))}</span></div>'
            f'<div class="track" aria-hidden="true"><i style="width:{100 * value:.1f}%"></i>'
            f'<b style="left:{100 * low:.1f}%;width:{100 * (high - low):.1f}%"></b></div>'
            f'<div class="value">{_percent(value)} <span class="n">{_percent(low)} to {_percent(high)}</span></div>'
        )
    yield "</div>"


def _numbers(scores: Sequence[Score]) -> Iterator[str]:
    yield '<h2>Every measure</h2>\n<div class="wide" tabindex="0" role="region" aria-label="Every measure">\n<table>'
    yield "<thead><tr><th>measure</th><th>value</th><th>95 % interval</th><th>n</th></tr></thead>\n<tbody>"
    for name, metric in METRICS.items():
        value, (low, high) = metric(scores), interval(metric, scores)
        counted = _counted(metric, scores)
        less = " (less is better)" if name in _FEWER_IS_BETTER else ""
        span = f"{_number(low)} to {_number(high)}" if counted else "–"
        yield f"<tr><th>{_text(name)}{less}</th><td>{_number(value)}</td><td>{span}</td><td>{counted}{_few(counted)}</td></tr>"
    yield "</tbody></table></div>"


def _counted(metric: Metric, scores: Sequence[Score]) -> int:
    """How many cases the metric is about: of one case alone that it is not about, it gives no number."""
    return sum(not math.isnan(metric([one])) for one in scores)


def _statuses(run: Run, cases: dict[tuple[str, str], Case]) -> Iterator[str]:
    table: Counter[tuple[tuple[str, ...], str]] = Counter()
    for key, one in run.cases.items():
        if key in cases:
            table[tuple(s for s in STATUSES if s in cases[key].status), one.answer.status] += 1
    got = [status for status in STATUSES if any(g == status for _, g in table)]
    wanted = sorted({w for w, _ in table}, key=lambda w: [STATUSES.index(s) for s in w])
    yield '<h2>Kinds of answer: wanted against got</h2>\n<p class="quiet">A row for each kind wanted, a column for each kind got; '
    yield "✓ marks those that were right.</p>"
    yield '<div class="wide" tabindex="0" role="region" aria-label="Kinds of answer">\n<table class="grid">'
    yield f"<thead><tr><th>wanted</th>{''.join(f'<th>{_text(_named(s))}</th>' for s in got)}</tr></thead>\n<tbody>"
    for row in wanted:
        cells = "".join(_cell(table[row, status], status in row) for status in got)
        yield f"<tr><th>{_text(' or '.join(map(_named, row)))}</th>{cells}</tr>"
    yield "</tbody></table></div>"


def _cell(count: int, right: bool) -> str:
    if not count:
        return '<td class="none">·</td>'
    return f'<td class="right">✓ {count}</td>' if right else f'<td class="wrong">{count}</td>'


def _failures(failing: dict[tuple[str, str], Answered], cases: dict[tuple[str, str], Case]) -> Iterator[str]:
    yield f'<h2 id="failures">Failing cases: {len(failing)}</h2>'
    if not failing:
        yield "<p>None.</p>"
    before = ""
    for (name, id_), one in failing.items():
        if name != before:
            yield f'<h3 id="set-{_text(name)}">{_text(_named(name))}</h3>'
            before = name
        yield from _failure(f"{name}, {id_}", one, cases.get((name, id_)))


def _failure(title: str, one: Answered, case: Case | None) -> Iterator[str]:
    answer = one.answer
    yield f'<article>\n<p class="n">{_text(title)}</p>\n<h4>{_text(answer.question)}</h4>'
    if case is None:
        yield '<p class="why">This case is no longer in its set: why it failed cannot be shown.</p>'
    else:
        yield f'<ul class="why">{"".join(f"<li>{_text(reason)}</li>" for reason in why(case, one))}</ul>'
        if case.history:
            yield f'<h5>Said before</h5>\n<ul class="history">{"".join(map(_turn, case.history))}</ul>'
    yield f'<h5>Answer <span class="status">{_text(_named(answer.status))}</span></h5>\n<p class="text">{_text(answer.answer)}</p>'
    if answer.citations:
        yield f'<h5>Citations</h5>\n<ol class="citations">{"".join(map(_citation, answer.citations))}</ol>'
    if case is not None:
        yield f"<h5>Expected</h5>\n<dl>{''.join(_expected(case))}</dl>"
    yield f'<p class="n">Sources found, best first: {_text(", ".join(one.found[:8]) or "none")}{" …" if len(one.found) > 8 else ""}</p>'
    yield "</article>"


def _turn(turn: Turn) -> str:
    return f'<li><b>{"Person" if turn.role == "user" else "Northbound"}:</b> <span class="text">{_text(turn.content)}</span></li>'


def _citation(citation: Citation) -> str:
    about = ", ".join(part for part in (citation.title, citation.publisher, citation.kind, citation.as_of, citation.standing) if part)
    passage = citation.passage
    if _exact(citation):
        start, end = citation.start, citation.end
        shown = f"{_text(passage[:start])}<mark>{_text(passage[start:end])}</mark>{_text(passage[end:])}"
    else:
        shown = f'{_text(passage)}\n\n<span class="wrong">Not in this passage: <q>{_text(citation.quote)}</q></span>'
    return (
        f'<li value="{int(citation.number)}"><p>{_text(about)} <span class="n">{_text(citation.passage_id)}</span></p>'
        f'<blockquote class="text">{shown}</blockquote></li>'
    )


def _exact(citation: Citation) -> bool:
    return citation.passage[citation.start : citation.end] == citation.quote


def _expected(case: Case) -> Iterator[str]:
    rows = {
        "kind of answer": [_named(s) for s in case.status],
        "facts, all of": [p.pattern for p in case.facts],
        "never": [p.pattern for p in (*case.forbid, *case.forbid_assertion)],
        "sources, any of": list(case.sources),
        "note": [case.note] if case.note else [],
    }
    for name, values in rows.items():
        if values:
            yield f"<dt>{name}</dt><dd>{'<br>'.join(map(_text, values))}</dd>"


def _text(text: str) -> str:
    return escape(text, quote=True)


def _named(name: str) -> str:
    return name.replace("_", " ")


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}" if value <= 1 else f"{value:.1f}"


def _few(n: int) -> str:
    return ' <em title="few cases: the interval says little">few</em>' if n < FEW else ""


_CSS = """
:root {
  color-scheme: light dark;
  --paper: #fff; --soft: #f3f5f6; --line: #cfd6da; --ink: #16212a; --quiet: #4d5a64; --accent: #0b5580; --marked: #ffe9a0;
  --good: #14633a; --bad: #8f2318;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #12181d; --soft: #1b242b; --line: #3b4852; --ink: #e8edf0; --quiet: #aab6bf; --accent: #85c4ec; --marked: #63510f;
    --good: #7fd3a2; --bad: #f3a196;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1rem 1rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .5rem 0 1rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1.1rem; margin: 2rem 0 .5rem; text-transform: capitalize; }
h4 { font-size: 1.05rem; margin: 0 0 .5rem; white-space: pre-wrap; }
h5 { font-size: .9rem; margin: 1rem 0 .25rem; color: var(--quiet); }
p { margin: 0 0 .5rem; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.big { font-size: 1.15rem; }
.big strong { font-size: 1.8rem; }
.quiet, .n { color: var(--quiet); }
.n { font-size: .85rem; }
.n em { font-style: normal; border: 1px solid var(--line); border-radius: 3px; padding: 0 .25em; }
.bars { display: grid; grid-template-columns: 13rem 1fr 12rem; gap: .5rem 1rem; align-items: center; }
.set .n { margin-left: .5em; white-space: nowrap; }
.value { font-variant-numeric: tabular-nums; }
.track { position: relative; height: 1.1rem; background: var(--soft); border: 1px solid var(--line); }
.track i { display: block; height: 100%; background: var(--accent); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.track b { position: absolute; top: 50%; height: 5px; margin-top: -2.5px; min-width: 2px; background: var(--ink);
  border: 1px solid var(--paper); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th, td { text-align: left; padding: .3rem .7rem; border-bottom: 1px solid var(--line); }
th { font-weight: 500; }
thead th { color: var(--quiet); font-size: .85rem; vertical-align: bottom; }
td { white-space: nowrap; }
.grid td { text-align: center; }
.grid tbody th { min-width: 8rem; }
.none { color: var(--quiet); }
.right { color: var(--good); }
.wrong { color: var(--bad); font-weight: 600; }
article { border: 1px solid var(--line); border-radius: 6px; padding: 1rem; margin: 0 0 1rem; }
.why { color: var(--bad); margin: 0; padding-left: 1.2rem; }
.status { color: var(--ink); border: 1px solid var(--line); border-radius: 3px; padding: 0 .35em; font-weight: 400; }
.text { white-space: pre-wrap; }
.history, .citations { margin: 0; padding-left: 1.4rem; }
blockquote { margin: .25rem 0 .75rem; padding: .5rem .75rem; background: var(--soft); border-left: 3px solid var(--line);
  font-size: .92rem; }
mark { background: var(--marked); color: inherit; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0 0 .75rem; font-size: .92rem; }
dt { color: var(--quiet); }
dd { margin: 0; }
@media (max-width: 640px) {
  .bars { grid-template-columns: 1fr; gap: .1rem; }
  .value { margin-bottom: .7rem; }
  article { padding: .75rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .4rem; }
  th, td { padding: .3rem .45rem; }
}
@media print {
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  a { color: inherit; text-decoration: none; }
  .wide { overflow: visible; }
  h2, h3, h4, h5 { break-after: avoid; }
  tr, blockquote, .why { break-inside: avoid; }
}
"""
