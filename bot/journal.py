"""The journal: what was asked through the API and what became of it, in one SQLite file, HOME/journal.sqlite. Off by default.

The server calls `keep`, `northbound desk` the rest. A row holds nothing that says who asked: no address, no browser, not the id that the
caller gave, and questions only with personal numbers masked. The page is not journalled: it says that nothing typed is kept.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime, timedelta

from bot.answer import Answer
from bot.privacy import mask
from bot.settings import Settings
from corpus.errors import NorthboundError

TURN_ON = "the journal is off; turn it on for the server: NORTHBOUND_JOURNAL=on northbound serve"
_FORMAT = 1  # PRAGMA user_version of the file
_WAIT_SECONDS = 2.0  # for another writer
_log = logging.getLogger("northbound.journal")
_writing = threading.Lock()  # the threads of one server queue here, so that only other processes are waited for inside SQLite


@dataclass(frozen=True)
class Row:
    """One question that was answered, or not. `support` is that of the best claim, 0 to 1, and 0 where there is no claim."""

    id: str  # made here, at random
    at: str  # UTC, to the second
    question: str
    standalone_question: str
    status: str
    passages: tuple[str, ...]  # ids of the passages cited
    support: float
    total_ms: float

    @property
    def day(self) -> str:
        return self.at[:10]


COLUMNS = tuple(f.name for f in fields(Row))


def keep(answer: Answer, settings: Settings) -> None:
    """Write one row when the journal is on. Never raises: an answer is worth more than its row."""
    if settings.journal != "on":
        return
    try:
        row = _row(answer)
        with _writing, _opened(settings) as journal:
            journal.execute(f"INSERT INTO asked VALUES ({', '.join('?' * len(COLUMNS))})", _stored(row))
    except Exception as error:
        _log.warning("not journalled: %s", error)


def read_rows(settings: Settings) -> list[Row]:
    """Every row, oldest first. Raises NorthboundError when the journal is off and none was ever kept, or it cannot be read."""
    if not settings.journal_file.exists():
        if settings.journal != "on":
            raise NorthboundError(TURN_ON)
        return []
    with _opened(settings) as journal:
        rows = journal.execute(f"SELECT {', '.join(COLUMNS)} FROM asked ORDER BY at, rowid").fetchall()
    made = (dict(zip(COLUMNS, row, strict=True)) for row in rows)
    return [Row(**{**row, "passages": tuple(json.loads(row["passages"]))}) for row in made]


def forget(settings: Settings, before: date | None = None) -> int:
    """Delete the rows of the days before `before` (UTC), or all of them; how many they were. Their bytes are overwritten."""
    if not settings.journal_file.exists():
        return 0
    with _opened(settings) as journal:
        end = before.isoformat() if before is not None else "A"  # after every date
        return journal.execute("DELETE FROM asked WHERE at < ?", (end,)).rowcount


@contextmanager
def _opened(settings: Settings) -> Iterator[sqlite3.Connection]:
    """The journal, made where there is none, without the rows that are too old; committed at the end.

    Opened anew each time, so that a server that runs for months deletes old rows too and nothing is shared between threads.
    """
    file = settings.journal_file
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite gives its side files the same mode
        journal = sqlite3.connect(file, timeout=_WAIT_SECONDS, isolation_level=None)
        try:
            journal.execute("PRAGMA journal_mode = WAL")
            journal.execute("PRAGMA synchronous = NORMAL")
            journal.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten, not only unlinked
            journal.execute("BEGIN IMMEDIATE")
            _prepare(journal)
            oldest = datetime.now(UTC) - timedelta(days=settings.journal_days)
            journal.execute("DELETE FROM asked WHERE at < ?", (oldest.isoformat(timespec="seconds"),))
            yield journal
            journal.execute("COMMIT")
            journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # else what was deleted would still stand in the write-ahead log
        finally:
            journal.close()
    except sqlite3.Error as error:
        raise NorthboundError(f"{file}: the journal cannot be used ({error}); check the file and its folder, or move it away") from error
    except OSError as error:
        raise NorthboundError(f"{file}: the journal cannot be used ({error.strerror or error}); check NORTHBOUND_HOME") from error


def _prepare(journal: sqlite3.Connection) -> None:
    (found,) = journal.execute("PRAGMA user_version").fetchone()
    if found == _FORMAT:
        return
    if found:
        raise sqlite3.DatabaseError(f"it is of format {found}, this version reads {_FORMAT}")
    journal.execute(
        "CREATE TABLE asked (id TEXT PRIMARY KEY, at TEXT NOT NULL, question TEXT NOT NULL, standalone_question TEXT NOT NULL, "
        "status TEXT NOT NULL, passages TEXT NOT NULL, support REAL NOT NULL, total_ms REAL NOT NULL)"
    )
    journal.execute("CREATE INDEX asked_at ON asked (at)")
    journal.execute(f"PRAGMA user_version = {_FORMAT}")


def _row(answer: Answer) -> Row:
    return Row(
        id=uuid.uuid4().hex,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        question=mask(answer.question),  # the chain has masked both; the file does not rely on it
        standalone_question=mask(answer.standalone_question),
        status=answer.status,
        passages=tuple(dict.fromkeys(c.passage_id for c in answer.citations)),
        support=max((claim.support for claim in answer.claims), default=0.0),
        total_ms=answer.timings_ms.total,
    )


def _stored(row: Row) -> tuple[object, ...]:
    return tuple(json.dumps(value) if isinstance(value, tuple) else value for value in astuple(row))
