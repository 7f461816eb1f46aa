"""The database of what is kept: the journal, reviewed answers, gaps that somebody took up, staff and their logins.

SQLite in the data folder, or PostgreSQL by NORTHBOUND_DATABASE. `transaction` brings the tables up to date first (bot/migrations), so that
nobody has to. bot/journal.py, bot/reviewed.py, bot/gaps.py and bot/logins.py are its only users.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from bot.settings import Settings
from corpus.errors import NorthboundError

HEAD = "0002"  # the newest of bot/migrations/versions
MIGRATIONS = Path(__file__).with_name("migrations")
_FORMATS = (0, 1, 2)  # PRAGMA user_version: none yet, the journal of version 0.3.0, and since
_WAIT_SECONDS = 5  # for another writer; whoever asked has the answer by then
_CONNECT_SECONDS = 2  # for a server
_LOCK = 7_466_318_001  # of PostgreSQL: one process changes the tables at a time
_log = logging.getLogger("northbound.database")

# Days and moments are ISO text in UTC: they sort by time, and read the same in both databases, in an export and in the contract.
_Json = sa.JSON().with_variant(JSONB(), "postgresql")
metadata = sa.MetaData()

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),  # in the order in which they came: `at` is to the second
    sa.Column("id", sa.String(64), nullable=False, unique=True),
    sa.Column("at", sa.String(32), nullable=False, index=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("standalone_question", sa.Text, nullable=False),
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("language", sa.String(16), nullable=False),
    sa.Column("programs", _Json, nullable=False),
    sa.Column("passages", _Json, nullable=False),
    sa.Column("support", sa.Float(53), nullable=False),
    sa.Column("mode", sa.String(200), nullable=False),
    sa.Column("corpus_version", sa.String(64), nullable=False),
    sa.Column("understand_ms", sa.Float(53), nullable=False),
    sa.Column("search_ms", sa.Float(53), nullable=False),
    sa.Column("compose_ms", sa.Float(53), nullable=False),
    sa.Column("check_ms", sa.Float(53), nullable=False),
    sa.Column("total_ms", sa.Float(53), nullable=False),
    sa.Column("thumb", sa.String(8), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)

reviewed = sa.Table(
    "reviewed",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("programs", _Json, nullable=False),
    sa.Column("conditions", _Json, nullable=False),
    sa.Column("language", sa.String(16), nullable=False),
    sa.Column("claims", _Json, nullable=False),
    sa.Column("citations", _Json, nullable=False),
    sa.Column("passages", _Json, nullable=False),
    sa.Column("standings", _Json, nullable=False),
    sa.Column("reviewer", sa.String(64), nullable=False),
    sa.Column("reviewed", sa.String(10), nullable=False),
    sa.Column("expires", sa.String(10), nullable=False),
    sa.Column("withdrawn", sa.String(10), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)

reviewed_history = sa.Table(
    "reviewed_history",
    metadata,
    sa.Column("reviewed_id", sa.String(64), sa.ForeignKey("reviewed.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("what", sa.String(16), nullable=False),
    sa.Column("content", _Json, nullable=False),
)

gaps = sa.Table(
    "gaps",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("questions", _Json, nullable=False),
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("opened", sa.String(10), nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("checked", sa.String(10), nullable=False),
    sa.Column("found", sa.Text, nullable=False),
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("created", sa.String(10), nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("locked_until", sa.String(32), nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, index=True),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("used", sa.String(32), nullable=False),
    sa.Column("ends", sa.String(32), nullable=False),
)


def exists(settings: Settings) -> bool:
    """Whether there is something to read, without making it: a file, or any server that is set."""
    return bool(settings.database) or settings.journal_file.exists()


@contextmanager
def transaction(settings: Settings, reading: bool = False) -> Iterator[sa.Connection]:
    """A connection in a transaction that is committed at the end, over tables that are made or brought up to date where they are not.

    One that is only for reading keeps no writer waiting. Raises NorthboundError where the database cannot be used.
    """
    with _told(settings):
        engine = _ready(settings)
        if engine.dialect.name == "sqlite" or engine.url not in _checked:
            _bring_up_to_date(engine)
            _checked.add(engine.url)
        with engine.execution_options(northbound_reading=reading).begin() as connection:
            yield connection
        if engine.dialect.name == "sqlite" and not reading:
            _forget_log(engine)


def vacuum(settings: Settings) -> None:
    """Give back the room of what was deleted, and with it the last of its bytes."""
    with _told(settings), _ready(settings).execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        with suppress(OperationalError):  # another process is at it: the bytes are overwritten already, only the room is not given back
            connection.exec_driver_sql("VACUUM" if connection.dialect.name == "sqlite" else "VACUUM journal")
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def migrate(settings: Settings, revision: str = HEAD) -> str:
    """Bring the tables to a revision, up or down, and tell what it was; "base" is before the first: on SQLite version 0.3.0's journal."""
    with _told(settings), _ready(settings).begin() as connection:
        before = _revision(connection)
        _run(connection, revision)
        _checked.clear()
        return before or "base"


_checked: set[sa.URL] = set()  # the servers whose tables this process has seen to be up to date


def _ready(settings: Settings) -> sa.Engine:
    if not settings.database:
        file = settings.journal_file
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite gives its side files the same mode
    return _engine(settings.database or f"sqlite:///{settings.journal_file}")


@lru_cache(maxsize=16)
def _engine(url: str) -> sa.Engine:
    if url.startswith("sqlite"):
        # Opened anew each time: nothing is shared between threads, and a file that was moved away is not written to.
        engine = sa.create_engine(url, poolclass=NullPool, connect_args={"timeout": _WAIT_SECONDS})
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "begin", _begin)
        return engine
    waits = f"-c statement_timeout=10s -c lock_timeout={_WAIT_SECONDS}s"
    try:
        return sa.create_engine(
            url, pool_pre_ping=True, pool_timeout=_CONNECT_SECONDS, connect_args={"connect_timeout": _CONNECT_SECONDS, "options": waits}
        )
    except ModuleNotFoundError as error:
        raise NorthboundError("NORTHBOUND_DATABASE: PostgreSQL needs psycopg; install it: pip install 'northbound[postgres]'") from error


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # else sqlite3 begins transactions by itself, and later than it should
    for rule in ("synchronous = NORMAL", "secure_delete = ON", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {rule}")  # secure_delete: what is deleted is overwritten, not only unlinked
    until = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:  # for this one SQLite does not wait by itself
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)


def _begin(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") != "AUTOCOMMIT":
        # One that began reading could not be sure to go on to write.
        connection.exec_driver_sql("BEGIN" if options.get("northbound_reading") else "BEGIN IMMEDIATE")


def _forget_log(engine: sa.Engine) -> None:
    """Empty the write-ahead log, in which what was deleted would still stand."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _bring_up_to_date(engine: sa.Engine) -> None:
    with engine.execution_options(northbound_reading=True).begin() as connection:
        if _revision(connection) == HEAD:
            return
    import alembic.command  # noqa: F401  # takes a second, in which nobody should have to wait for the lock

    with engine.begin() as connection:
        if _revision(connection) != HEAD:
            _run(connection, HEAD)


def _revision(connection: sa.Connection) -> str:
    if connection.dialect.name == "sqlite":
        (found,) = connection.exec_driver_sql("PRAGMA user_version").one()
        if found not in _FORMATS:
            raise NorthboundError(f"it is of format {found}, made by a later version; this one reads up to {_FORMATS[-1]}")
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() or "")


def _run(connection: sa.Connection, revision: str) -> None:
    """Run the migrations to a revision on this connection, in its transaction."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = '30s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    now = _revision(connection)
    try:
        known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]
        if now and now not in known:
            raise NorthboundError(f"its tables are of revision {now}, made by a later version; this one knows {', '.join(known)}")
        if revision != "base" and revision not in known:
            raise NorthboundError(f"revision {revision!r}: choose from base, {', '.join(known)}")
        down = revision == "base" or (now in known and known.index(revision) < known.index(now))
        (command.downgrade if down else command.upgrade)(config, revision)
    except (CommandError, ValueError) as error:  # ValueError: a row that is not what its version wrote
        raise NorthboundError(f"its tables cannot be brought to revision {revision} ({error})") from error


@contextmanager
def _told(settings: Settings) -> Iterator[None]:
    """What goes wrong below as one line for the person who must act; never with a password or with what was to be stored."""
    where = "NORTHBOUND_DATABASE" if settings.database else str(settings.journal_file)
    try:
        yield
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or type(error).__name__).split())[:200]
        raise NorthboundError(f"{where}: the journal cannot be used ({reason}); {_remedy(settings)}") from error
    except OSError as error:
        raise NorthboundError(f"{where}: the journal cannot be used ({error.strerror or error}); check NORTHBOUND_HOME") from error


def _remedy(settings: Settings) -> str:
    return "check the server and the address" if settings.database else "check the file and its folder, or move it away"
