"""The journal: what was asked and what became of it. Off by default; in the database (bot/database.py).

The server calls `keep` and `feedback`, `northbound desk` and the maintainers' view the rest. A row holds nothing that says who asked: no
address, no browser, no conversation, not the id that the caller gave, and text only with personal numbers masked.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, get_args

from bot.answer import Answer
from bot.privacy import mask
from bot.settings import Settings
from corpus.errors import NorthboundError

if TYPE_CHECKING:
    import sqlalchemy as sa

TURN_ON = "the journal is off; turn it on for the server: NORTHBOUND_JOURNAL=on northbound serve"
MAX_REASON = 1_000  # characters
_log = logging.getLogger("northbound.journal")
_writing = threading.Lock()  # the threads of one server queue here, so that only other processes are waited for inside SQLite

Thumb = Literal["up", "down"]
T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """One question that was answered, or not. `support` is that of the best claim, 0 to 1, and 0 where there is no claim. What follows
    `total_ms` was not kept before version 0.4."""

    id: str  # the answer's, made at random
    at: str  # UTC, to the second
    question: str
    standalone_question: str
    status: str
    passages: tuple[str, ...]  # ids of the passages cited
    support: float
    total_ms: float
    language: str = "en"
    programs: tuple[str, ...] = ()
    mode: str = "extractive"
    corpus_version: str = ""
    understand_ms: float = 0.0
    search_ms: float = 0.0
    compose_ms: float = 0.0
    check_ms: float = 0.0
    thumb: str = ""  # "up", "down" or "" for none
    reason: str = ""  # what was said with it, masked

    @property
    def day(self) -> str:
        return self.at[:10]


COLUMNS = tuple(f.name for f in fields(Row))
STEPS = ("total", "understand", "search", "compose", "check")  # each with a column of milliseconds
PERCENTILES = (50, 90, 99)


def told(settings: Settings) -> str:
    """What is kept of a question, in the words of the header x-northbound-journal."""
    return f"on; masked; {settings.journal_days} days" if settings.journal == "on" else "off"


def named(answer: Answer, settings: Settings) -> Answer:
    """The answer with an id of its own, by which feedback can name it; as it is where nothing is kept."""
    return answer.model_copy(update={"answer_id": uuid.uuid4().hex}) if settings.journal == "on" else answer


def keep(answer: Answer, settings: Settings) -> None:
    """Write one row when the journal is on. Never raises: an answer is worth more than its row."""
    if settings.journal != "on":
        return
    try:
        row = _row(answer)
        with _opened(settings) as (connection, table):
            connection.execute(table.insert(), {**asdict(row), "passages": list(row.passages), "programs": list(row.programs)})
    except Exception as error:
        # What nobody expected could hold the question.
        _log.warning("not journalled: %s", error if isinstance(error, NorthboundError) else type(error).__name__)


def feedback(answer_id: str, thumb: Thumb, reason: str, settings: Settings) -> bool:
    """Note what somebody thought of an answer; the last word counts. Whether there is such an answer. Raises NorthboundError."""
    with _opened(settings) as (connection, table):
        noted = table.update().where(table.c.id == answer_id).values(thumb=thumb, reason=mask(reason.strip())[:MAX_REASON])
        return connection.execute(noted).rowcount == 1


def read_rows(settings: Settings) -> list[Row]:
    """Every row, oldest first. Raises NorthboundError when the journal is off and none was ever kept, or it cannot be read."""
    from sqlalchemy import select

    from bot.database import exists

    if not exists(settings):
        if settings.journal != "on":
            raise NorthboundError(TURN_ON)
        return []
    with _opened(settings) as (connection, table):
        chosen = select(*(table.c[name] for name in COLUMNS)).order_by(table.c.at, table.c.number)
        found = connection.execute(chosen).mappings().all()
    return [Row(**{**row, "passages": tuple(row["passages"]), "programs": tuple(row["programs"])}) for row in found]


def forget(settings: Settings, before: date | None = None) -> int:
    """Delete the rows of the days before `before` (UTC), or all of them; how many they were. Their bytes are overwritten."""
    from bot.database import exists, vacuum

    if not exists(settings):
        return 0
    with _opened(settings) as (connection, table):
        gone = table.delete() if before is None else table.delete().where(table.c.at < before.isoformat())
        count = connection.execute(gone).rowcount
    if count:
        vacuum(settings)
    return count


@dataclass(frozen=True)
class Figures:
    """What the journal says of how the bot does. Days are UTC, those without a question left out; times are milliseconds, as percentiles
    "p50", "p90" and "p99"."""

    questions: int
    days: dict[str, dict[str, int]]  # day -> status -> questions
    statuses: dict[str, int]
    languages: dict[str, int]
    modes: dict[str, int]
    thumbs: dict[str, int]
    latency_ms: dict[str, dict[str, float]]  # by step; "total" is the whole answer
    latency_by_day: dict[str, dict[str, float]]  # of the whole answer


def figures(settings: Settings, since: str = "") -> Figures:
    """The figures of the days from `since` on, counted by the database: no text of a question is read. All empty where nothing was kept.
    They are counted once for the same rows: the page asks for them twice, with its text and with its plots.

    Raises NorthboundError where the database cannot be read.
    """
    from bot.database import exists, transaction

    if not exists(settings):
        return Figures(0, {}, {}, {}, {}, {}, {}, {})
    rows = _kept(settings, since)
    with transaction(settings, reading=True) as connection:
        return _once("figures", settings, since, connection, rows, lambda: _counted(connection, rows))


def _counted(connection: sa.Connection, rows: Sequence[sa.ColumnElement[bool]]) -> Figures:
    import numpy as np
    from sqlalchemy import func, select

    from bot.database import journal

    told = (func.substr(journal.c.at, 1, 10), journal.c.status, journal.c.language, journal.c.mode, journal.c.thumb)
    counted = connection.execute(select(*told, func.count()).where(*rows).group_by(*told)).all()
    # Plain tuples in the order of time: an object for each of 100,000 rows, and its day as text, take longer than the database does.
    timed = connection.execute(select(*(journal.c[f"{step}_ms"] for step in STEPS)).where(*rows).order_by(journal.c.at)).cursor
    times: Any = np.array(timed.fetchall() if timed else [], dtype=np.float64).reshape(-1, len(STEPS))
    days: dict[str, Counter[str]] = {}
    statuses, languages, modes, thumbs = (Counter[str]() for _ in range(4))
    for on, status, language, mode, thumb, count in counted:
        days.setdefault(on, Counter())[status] += count
        for counter, value in ((statuses, status), (languages, language), (modes, mode), (thumbs, thumb)):
            counter[value] += count
    ends = np.cumsum([days[on].total() for on in sorted(days)])
    whole = dict(zip(sorted(days), np.split(times[:, 0], ends[:-1]), strict=True)) if days else {}
    stepped = times[times[:, 1] > 0]  # version 0.3.0 kept the whole alone
    return Figures(
        questions=statuses.total(),
        days={on: dict(days[on].most_common()) for on in sorted(days)},
        statuses=dict(statuses.most_common()),
        languages=dict(languages.most_common()),
        modes=dict(modes.most_common()),
        thumbs={thumb: count for thumb, count in thumbs.items() if thumb},
        latency_ms={step: _percentiles(of[:, n]) for n, step in enumerate(STEPS) if len(of := times if step == "total" else stepped)},
        latency_by_day={on: _percentiles(values) for on, values in whole.items() if len(values)},
    )


def cited(settings: Settings, since: str = "") -> dict[str, int]:
    """The passages by how many answers cite them in the days from `since` on, the most cited first. Raises NorthboundError as `figures`."""
    from sqlalchemy import func, select, true

    from bot.database import exists, journal, transaction

    if not exists(settings):
        return {}
    rows = _kept(settings, since)

    def counted() -> dict[str, int]:
        each = func.json_each if connection.dialect.name == "sqlite" else func.jsonb_array_elements_text
        passage = each(journal.c.passages).table_valued("value").c.value
        counts = select(passage, func.count()).select_from(journal.join(passage.table, true())).where(*rows)
        found = connection.execute(counts.group_by(passage)).all()
        return dict(sorted(((str(id), count) for id, count in found), key=lambda pair: (-pair[1], pair[0])))

    with transaction(settings, reading=True) as connection:
        return _once("cited", settings, since, connection, rows, counted)


def _once(
    what: str, settings: Settings, since: str, connection: sa.Connection, rows: Sequence[sa.ColumnElement[bool]], count: Callable[[], T]
) -> T:
    """What `count` gives, from the last time where the rows are the same. They are told by how many they are, by the ids at either end,
    which are random, and by the thumbs; nothing else of a row is ever changed."""
    from sqlalchemy import case, func, select

    from bot.database import journal

    thumbs = (func.sum(case((journal.c.thumb == thumb, 1), else_=0)) for thumb in get_args(Thumb))
    state = tuple(connection.execute(select(func.count(), func.min(journal.c.id), func.max(journal.c.id), *thumbs).where(*rows)).one())
    key = (what, settings.database or str(settings.journal_file), since)
    with _remembering:
        known = _known.get(key)
    if known is None or known[0] != state:
        known = (state, count())
        with _remembering:
            if len(_known) >= _MOST_KNOWN:
                _known.clear()
            _known[key] = known
    return cast("T", known[1])


_known: dict[tuple[str, str, str], tuple[tuple[Any, ...], Any]] = {}  # what was counted, of which rows
_remembering = threading.Lock()
_MOST_KNOWN = 32


def _kept(settings: Settings, since: str) -> tuple[sa.ColumnElement[bool], ...]:
    """The rows from a day on that are not too old to be kept, whether they are deleted yet or not."""
    from bot.database import journal

    oldest = datetime.now(UTC) - timedelta(days=settings.journal_days)
    return journal.c.at >= oldest.isoformat(timespec="seconds"), journal.c.at >= since


def _percentiles(values: Any) -> dict[str, float]:
    """For each of PERCENTILES the smallest value that so many per cent of the values do not exceed (nearest rank)."""
    import numpy as np

    found = np.percentile(values, PERCENTILES, method="inverted_cdf")
    return {f"p{percent}": float(value) for percent, value in zip(PERCENTILES, found, strict=True)}


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[sa.Connection, sa.Table]]:
    """The journal's table in a transaction, without the rows that are too old: a server that runs for months deletes them too."""
    from bot.database import journal, transaction  # asking one question from the command line needs no SQLAlchemy

    with _writing, transaction(settings) as connection:
        oldest = datetime.now(UTC) - timedelta(days=settings.journal_days)
        connection.execute(journal.delete().where(journal.c.at < oldest.isoformat(timespec="seconds")))
        yield connection, journal


def _row(answer: Answer) -> Row:
    steps = answer.timings_ms
    return Row(
        id=answer.answer_id or uuid.uuid4().hex,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        question=mask(answer.question),  # the chain has masked both; what is stored does not rely on it
        standalone_question=mask(answer.standalone_question),
        status=answer.status,
        passages=tuple(dict.fromkeys(c.passage_id for c in answer.citations)),
        support=max((claim.support for claim in answer.claims), default=0.0),
        total_ms=steps.total,
        language=answer.language,
        programs=tuple(program.id for program in answer.programs),
        mode=answer.mode,
        corpus_version=answer.corpus_version,
        understand_ms=steps.understand,
        search_ms=steps.search,
        compose_ms=steps.compose,
        check_ms=steps.check,
    )
