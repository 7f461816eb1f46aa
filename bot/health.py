"""How the bot does, for the maintainers' page at /health: the corpus, the journal's figures, the evaluation runs, the index.

bot/staff.py serves `health` and `drawn` under /desk/api/health, and what bot/builds.py says of the index; the page (bot/health.js) shows
them. What is worth a look comes first, as sentences with what to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.answering import Quoting
from bot.builds import index_of, index_state
from bot.journal import Figures, cited, figures
from bot.runs import Number, SavedRun, Unreadable, saved_runs
from bot.settings import Settings
from bot.wording import STALE_DAYS, long_date
from corpus.errors import RequestError
from corpus.model import Passage, Source
from corpus.twins import FRENCH

if TYPE_CHECKING:
    from bot.plots import Panel

PERIODS = (7, 30, 90)  # days that the page offers
MOST_USED = 20
LISTED = 10_000  # passages; of a larger index the unused ones are only counted: to list them each would have to be read
TREND = 12  # runs that are drawn
FEW = 30  # below so many cases or questions a share says little
_DECLINED = ("not_found",)


@dataclass(frozen=True)
class Measure:
    """A measure of eval/metrics.py that the page shows, in plain words; `fewer` is better, or more is."""

    name: str
    words: str
    fewer: bool = False


MEASURES = (
    Measure("right", "Right answers"),
    Measure("facts found", "Facts found"),
    Measure("found@5", "Passage among the first five"),
    Measure("citation recall", "Sentences backed by a passage"),
    Measure("citations pertinent", "Citations to the point"),
    Measure("declining F1", "Declining rightly (F1)"),
    Measure("over-refusal", "Needless refusals", fewer=True),
    Measure("forbidden statements", "Forbidden statements", fewer=True),
    Measure("wrong standing", "Wrong standing", fewer=True),
    Measure("failures", "Errors in place of answers", fewer=True),
)
DRAWN = ("right", "facts found", "found@5", "citations pertinent", "declining F1", "over-refusal")


def health(bot: Quoting, settings: Settings, days: int = 30, choice: str = "") -> dict[str, Any]:
    """Everything that the page shows but its plots. `choice`: which evaluation runs, as SavedRun.choice; "" those over the most cases.

    Raises NorthboundError where the journal's database cannot be read.
    """
    seen, evaluated = _figures(settings, days), _evaluated(settings, choice)
    used = cited(settings, _since(days, settings).isoformat())
    corpus, index = _corpus(bot, settings, used), index_state(bot, settings)
    journal = _journal(seen, settings, days) | {"passages": _passages(used, bot)}
    looks = [*_of_index(index), *evaluated.attention(bot), *_of_corpus(corpus), *_of_journal(journal, seen)]
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "attention": sorted(looks, key=lambda look: look["kind"] != "bad"),
        "journal": journal,
        "evaluation": evaluated.shown(),
        "corpus": corpus,
        "index": index,
    }


def drawn(settings: Settings, days: int = 30, choice: str = "", width: int = 720) -> dict[str, dict[str, str]]:
    """The page's plots by name, each as "svg" and "alt", the same in words; one that has nothing to show is left out. `width` in pixels:
    letters keep their size."""
    from bot import plots  # the plotting library is loaded when somebody looks

    seen, runs = _figures(settings, days), _evaluated(settings, choice).alike[-TREND:]
    made = {}
    if seen.questions:
        last = datetime.now(UTC).date()
        first = max(_since(days, settings), min(map(date.fromisoformat, seen.days)))
        made["questions"] = {"svg": plots.questions(seen.days, first, last, width), "alt": _asked_in_words(seen)}
        made["latency"] = {"svg": plots.latency(seen.latency_by_day, first, last, width), "alt": _waited_in_words(seen)}
    if len(runs) > 1:
        shown = [measure for measure in MEASURES if measure.name in DRAWN and any(_value(run, measure.name) for run in runs)]
        made["runs"] = {"svg": plots.runs([_panel(measure, runs) for measure in shown], width), "alt": _trend_in_words(shown, runs)}
    return made


def _asked_in_words(seen: Figures) -> str:
    busiest = max(seen.days, key=lambda day: sum(seen.days[day].values()))
    first, last = min(seen.days), max(seen.days)
    return (
        f"Columns: {seen.questions:,} questions from {long_date(first)} to {long_date(last)}, the most on {long_date(busiest)}: "
        f"{sum(seen.days[busiest].values()):,}. The table below has every day."
    )


def _waited_in_words(seen: Figures) -> str:
    slowest = max(seen.latency_by_day, key=lambda day: seen.latency_by_day[day]["p90"])
    whole = seen.latency_ms["total"]
    told = ", ".join(f"{name} {value:,.0f}" for name, value in whole.items())
    return (
        f"Lines: milliseconds of a whole answer day by day; over all days {told}. The slowest day by p90 is {long_date(slowest)}: "
        f"{seen.latency_by_day[slowest]['p90']:,.0f}. The table below has every day."
    )


def _trend_in_words(measures: Sequence[Measure], runs: Sequence[SavedRun]) -> str:
    """First and last value of each measure."""
    told = []
    for measure in measures:
        values = [got for run in runs if (got := _value(run, measure.name))]
        told.append(f"{measure.words} from {_percent(values[0])} to {_percent(values[-1])}")
    return f"Lines over {len(runs)} runs: {'; '.join(told)}. The table below has every run."


# The journal


def _since(days: int, settings: Settings) -> date:
    return datetime.now(UTC).date() - timedelta(days=max(1, min(days, settings.journal_days)) - 1)


def _figures(settings: Settings, days: int) -> Figures:
    return figures(settings, _since(days, settings).isoformat())


def _journal(seen: Figures, settings: Settings, days: int) -> dict[str, Any]:
    on, since = settings.journal == "on", _since(days, settings).isoformat()
    note = ""
    if not on:
        note = "The journal is off, so no question is counted. To turn it on, start the server with NORTHBOUND_JOURNAL=on."
        note += " What is shown is from before." if seen.questions else ""
    elif not seen.questions:
        note = f"No question was asked since {long_date(since)}. Choose a longer time, or ask one on the page at /."
    return {
        **asdict(seen),
        "on": on,
        "kept_days": settings.journal_days,
        "periods": [period for period in PERIODS if period < settings.journal_days] + [settings.journal_days],
        "since": since,
        "note": note,
    }


def _passages(counts: Mapping[str, int], bot: Quoting) -> dict[str, Any]:
    """Which passages answers cite, and which none did: those of the index in use that a search can find. A French twin is its passage."""
    used: Counter[str] = Counter()
    for id, count in counts.items():
        of, _, language = id.rpartition(".")
        used[of if language == FRENCH and bot.passage(of) is not None else id] += count
    most = sorted(used.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_USED]
    told = {"most": [{"count": count, **_named(bot.passage(id), id, bot)} for id, count in most]}
    index = index_of(bot)
    if index is None:
        return told | {"held": 0, "used": 0, "listed": True, "unused": []}
    sections = index.passages.numbers("section")
    listed = len(sections) <= LISTED
    unused: dict[str, list[str]] = {}
    for passage in (index.passages[int(n)] for n in sections) if used and listed else ():
        if passage.id not in used:
            unused.setdefault(passage.source_id, []).append(passage.heading)
    return told | {
        "held": len(sections),
        "used": sum(passage.kind == "section" for id in used if (passage := index.passages.by_id.get(id)) is not None),
        "listed": listed,
        "unused": [
            {"source": id, "title": _title(id, bot), "headings": headings}
            for id, headings in sorted(unused.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        ],
    }


def _named(passage: Passage | None, id: str, bot: Quoting) -> dict[str, str]:
    if passage is None:
        return {"id": id, "heading": "", "title": "", "publisher": ""}
    source = bot.sources.get(passage.source_id)
    return {"id": id, "heading": passage.heading, "title": _title(passage.source_id, bot), "publisher": source.publisher if source else ""}


def _title(source_id: str, bot: Quoting) -> str:
    source = bot.sources.get(source_id)
    return source.title if source else source_id


# The corpus


def _corpus(bot: Quoting, settings: Settings, used: Mapping[str, int]) -> dict[str, Any]:
    """The version and the age of what is known. Stale sources are those last known to be true over STALE_DAYS ago, the most cited first:
    they are the first to look at."""
    today = _today(settings)
    uses: Counter[str] = Counter()
    for id, count in used.items():
        if (passage := bot.passage(id)) is not None:
            uses[passage.source_id] += count
    dated = [source for source in bot.sources.values() if source.as_of]
    stale = [source for source in dated if _days_old(source, today) > STALE_DAYS]
    newest = max((source.as_of for source in dated), default="")
    return {
        "version": bot.corpus_version,
        "sources": len(bot.sources),
        "kinds": dict(Counter(source.kind for source in bot.sources.values()).most_common()),
        "undated": len(bot.sources) - len(dated),
        "newest": newest,
        "age_days": (today - _last_day(newest)).days if newest else None,
        "stale_after_days": STALE_DAYS,
        "stale": [
            {
                "id": source.id,
                "title": source.title,
                "publisher": source.publisher,
                "kind": source.kind,
                "link": source.link,
                "as_of": source.as_of,
                "days": _days_old(source, today),
                "uses": uses[source.id],
            }
            for source in sorted(stale, key=lambda source: (-uses[source.id], source.as_of, source.id))
        ],
    }


def _days_old(source: Source, today: date) -> int:
    return (today - _last_day(source.as_of)).days


def _last_day(day: str) -> date:
    """The last day that an ISO date means, which may be shortened to a month or a year."""
    year, month, on = (*map(int, day.split("-")), 0, 0)[:3]
    if on:
        return date(year, month, on)
    following = date(year + 1, 1, 1) if not month or month == 12 else date(year, month + 1, 1)
    return following - timedelta(days=1)


# Evaluation


@dataclass(frozen=True)
class Evaluated:
    """The runs of one choice of cases, oldest first, beside all that there are and what could not be read."""

    choice: str
    alike: Sequence[SavedRun]
    all: Sequence[SavedRun]
    unreadable: Sequence[Unreadable]

    @property
    def last(self) -> SavedRun | None:
        return self.alike[-1] if self.alike else None

    @property
    def before(self) -> SavedRun | None:
        return self.alike[-2] if len(self.alike) > 1 else None

    def shown(self) -> dict[str, Any]:
        last, before = self.last, self.before
        return {
            "note": self._note(),
            "choice": self.choice,
            "choices": [{"choice": choice, "label": runs[-1].label, "runs": len(runs)} for choice, runs in _by_choice(self.all).items()],
            "last": _run(last) if last else None,
            "before": _run(before) if before else None,
            "measures": [_compared(measure, last, before) for measure in MEASURES] if last else [],
            "sets": [_set(name, last, before) for name in last.groups if name != "all"] if last else [],
            "bars": None if last is None or last.bars is None else [asdict(bar) for bar in last.bars],
            "trend": [_run(run) | {"measures": [_row(_value(run, measure.name)) for measure in MEASURES]} for run in self.alike[-TREND:]],
            "words": [asdict(measure) for measure in MEASURES],
            "unreadable": [asdict(one) for one in self.unreadable],
        }

    def _note(self) -> str:
        if self.last is None:
            return "No evaluation run was found. To make one: northbound eval run, with the data folder of this server."
        if self.last.bars is None:
            return (
                f"The bars of eval/gate.toml were not kept with this run; northbound eval score adds them to the folder {self.last.name}."
            )
        if self.before is None:
            return "This is the only run of these cases: what changed, and a plot, is shown from the second on."
        return ""

    def attention(self, bot: Quoting) -> Iterator[dict[str, str]]:
        if self.last is None:
            yield _look("evaluation", "No evaluation run was found: how good answers are is not known")
            return
        for hard, kind in ((True, "bar that may never break"), (False, "bar")):
            broken = [bar for bar in self.last.bars or () if not bar.holds and bar.hard is hard]
            named = ", ".join(bar.measure if bar.group == "all" else f"{bar.measure} ({bar.group})" for bar in broken)
            if broken:
                told = f"1 {kind} is" if len(broken) == 1 else f"{len(broken)} {kind.replace('bar', 'bars')} are"
                yield _look("evaluation", f"{told} broken in the last evaluation run: {named}", bad=hard)
        now, was = _value(self.last, "right"), _value(self.before, "right")
        if now and was and now.high is not None and was.low is not None and now.high < was.low:
            yield _look("evaluation", f"Right answers fell from {_percent(was)} to {_percent(now)} since the run before", bad=True)
        if self.last.corpus_version != bot.corpus_version:
            told = "The last evaluation run was of other documents than those in use"
            yield _look("evaluation", f"{told}; run it again: northbound eval run")
        if self.unreadable:
            count = len(self.unreadable)
            yield _look("evaluation", f"{count} folder{'' if count == 1 else 's'} among the evaluation runs cannot be read")


def _evaluated(settings: Settings, choice: str) -> Evaluated:
    """Raises RequestError for a choice of which there is no run."""
    runs, unreadable = saved_runs(settings.runs_folder)
    choices = _by_choice(runs)
    if choice and choice not in choices:
        raise RequestError(f"no evaluation run of {choice!r} any more; load the page again")
    if not choice and choices:  # whoever tries something out runs a part: what counts is the run over the most cases
        choice = max(choices, key=lambda name: (choices[name][-1].cases, choices[name][-1].begun))
    return Evaluated(choice, choices.get(choice, []), runs, unreadable)


def _by_choice(runs: Sequence[SavedRun]) -> dict[str, list[SavedRun]]:
    found: dict[str, list[SavedRun]] = {}
    for run in runs:
        found.setdefault(run.choice, []).append(run)
    return found


def _run(run: SavedRun) -> dict[str, Any]:
    broken = None if run.bars is None else [bar.measure for bar in run.bars if not bar.holds]
    return {
        "name": run.name,
        "begun": run.begun.isoformat(timespec="minutes"),
        "cases": run.cases,
        "sets": dict(run.sets),
        "corpus_version": run.corpus_version,
        "version": run.version,
        "language_model": run.language_model,
        "p95_ms": run.slowest,
        "broken": broken,
    }


def _compared(measure: Measure, last: SavedRun, before: SavedRun | None) -> dict[str, Any]:
    now, was = _value(last, measure.name), _value(before, measure.name)
    return {**asdict(measure), "now": _row(now), "before": _row(was), "apart": _apart(now, was)}


def _set(name: str, last: SavedRun, before: SavedRun | None) -> dict[str, Any]:
    now, was = last.groups[name].get("right"), before.groups.get(name, {}).get("right") if before else None
    edited = before is not None and before.sets.get(name) != last.sets.get(name)
    return {"set": name, "now": _row(now), "before": _row(was), "apart": _apart(now, was), "edited": edited}


def _value(run: SavedRun | None, measure: str) -> Number | None:
    got = run.groups.get("all", {}).get(measure) if run else None
    return got if got and got.value is not None else None


def _row(number: Number | None) -> dict[str, Any] | None:
    return None if number is None else asdict(number)


def _apart(now: Number | None, was: Number | None) -> bool:
    """Whether the intervals do not touch: then the difference is hardly chance."""
    if now is None or was is None or None in (now.low, now.high, was.low, was.high):
        return False
    return bool(now.low > was.high or now.high < was.low)  # type: ignore[operator]


def _percent(number: Number) -> str:
    return f"{100 * (number.value or 0.0):.1f} %"


def _panel(measure: Measure, runs: Sequence[SavedRun]) -> Panel:
    from bot.plots import Panel

    last = runs[-1].bars or ()
    bar = next((bar for bar in last if bar.measure == measure.name and bar.group == "all"), None)
    values = [
        None if got is None else (got.value or 0.0, got.low or 0.0, got.high or 0.0) for got in (_value(r, measure.name) for r in runs)
    ]
    limit = None if bar is None else bar.least if bar.least is not None else bar.most
    return Panel(measure.words, "less is better" if measure.fewer else "", values, limit)


# What is worth a look


def _look(section: str, text: str, bad: bool = False) -> dict[str, str]:
    return {"section": section, "text": text, "kind": "bad" if bad else "warn"}


def _of_index(index: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    if index["problem"]:
        yield _look("index", f"The index in use may not be the live one: {index['problem']}", bad=True)
    elif index["live"] and index["in_use"] and index["live"] != index["in_use"]:
        yield _look("index", "A new index is live and is being opened; this server answers from the one before until then")


def _of_corpus(corpus: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    if corpus["stale"]:
        count = len(corpus["stale"])
        told = f"{count} of {corpus['sources']} sources {'was' if count == 1 else 'were'} last known to be true over {STALE_DAYS} days ago"
        yield _look("corpus", told)


def _of_journal(journal: Mapping[str, Any], seen: Figures) -> Iterator[dict[str, str]]:
    if not journal["on"]:
        yield _look("questions", "The journal is off: what people ask and how long answers take is not known")
    declined = sum(seen.statuses.get(status, 0) for status in _DECLINED)
    if seen.questions >= FEW and declined > seen.questions / 4:
        yield _look("questions", f"{declined:,} of {seen.questions:,} questions found no answer in the sources")
    if seen.thumbs.get("down", 0) > seen.thumbs.get("up", 0):
        yield _look("questions", f"{seen.thumbs['down']:,} answers were thumbed down, {seen.thumbs.get('up', 0):,} up")


def _today(settings: Settings) -> date:
    return date.fromisoformat(settings.today) if settings.today else datetime.now(UTC).date()
