"""The database: made by itself, the same in SQLite and PostgreSQL, up and down, with the journal of version 0.3.0 taken over."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot import database
from bot.journal import forget, keep, read_rows
from bot.logins import add_user, list_users
from bot.settings import Settings, read_settings
from corpus.errors import NorthboundError
from tests.conftest import ROOT, Command, Stored, complaint, environment
from tests.small_bot import not_found

TABLES = {"journal", "reviewed", "reviewed_history", "gaps", "users", "sessions"}
TODAY = datetime.now(UTC).isoformat(timespec="seconds")
OLD_ROWS = [
    ("b" * 32, TODAY, "Can I bring my dog?", "Can I bring my dog to Canada?", "not_found", "[]", 0.0, 12.5),
    ("a" * 32, TODAY, "Is it “open”, ç 日本?", "Is the permit open?", "answered", json.dumps(["manual#1", "paper#1"]), 0.9, 8.25),
]


def old_journal(settings: Settings) -> None:
    """A journal file as version 0.3.0 made it."""
    with sqlite3.connect(settings.journal_file) as journal:
        journal.execute("PRAGMA journal_mode = WAL")
        journal.execute(
            "CREATE TABLE asked (id TEXT PRIMARY KEY, at TEXT NOT NULL, question TEXT NOT NULL, standalone_question TEXT NOT NULL, "
            "status TEXT NOT NULL, passages TEXT NOT NULL, support REAL NOT NULL, total_ms REAL NOT NULL)"
        )
        journal.execute("CREATE INDEX asked_at ON asked (at)")
        journal.executemany("INSERT INTO asked VALUES (?, ?, ?, ?, ?, ?, ?, ?)", OLD_ROWS)
        journal.execute("PRAGMA user_version = 1")
    journal.close()


def tables(settings: Settings) -> set[str]:
    engine = database._ready(settings)
    with engine.connect() as connection:
        return set(sa.inspect(connection).get_table_names()) - {"alembic_version"}


def test_the_tables_are_those_of_the_code_and_can_be_taken_back(stored: Stored) -> None:
    settings = stored()
    assert database.migrate(settings) == "base"
    with database.transaction(settings) as connection:
        assert compare_metadata(MigrationContext.configure(connection), database.metadata) == []
    assert tables(settings) == TABLES
    assert database.migrate(settings, "0001") == "0002" and tables(settings) == {"journal"}
    assert database.migrate(settings, "base") == "0001" and tables(settings) == ({"asked"} if not settings.database else set())
    with database.transaction(settings):  # and are brought up again by the first who needs them
        pass
    assert tables(settings) == TABLES


def test_up_and_down_lose_no_row_of_the_journal(stored: Stored) -> None:
    settings = stored(journal="on")
    for question in ("First?", "Second?"):
        keep(not_found(question), settings)
    before = read_rows(settings)
    database.migrate(settings, "0001")
    assert read_rows(settings) == before and len(before) == 2


def test_a_journal_of_version_0_3_0_is_taken_over_whole_and_given_back(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, journal="on")
    old_journal(settings)
    rows = {row.id: row for row in read_rows(settings)}
    assert len(rows) == 2
    for id, at, question, alone, status, passages, support, total in OLD_ROWS:
        row = rows[id]
        assert (row.at, row.question, row.standalone_question, row.status) == (at, question, alone, status)
        assert (row.passages, row.support, row.total_ms) == (tuple(json.loads(passages)), support, total)
    with sqlite3.connect(settings.journal_file) as journal:
        assert journal.execute("PRAGMA user_version").fetchone() == (2,)  # version 0.3.0 refuses it now, and does not write beside
    journal.close()
    database.migrate(settings, "base")
    with sqlite3.connect(settings.journal_file) as journal:
        columns = "id, at, question, standalone_question, status, passages, support, total_ms"
        assert sorted(journal.execute(f"SELECT {columns} FROM asked")) == sorted(OLD_ROWS)
        assert journal.execute("PRAGMA user_version").fetchone() == (1,)
    journal.close()


def test_a_migration_that_fails_leaves_the_old_journal_as_it_was(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, journal="on")
    old_journal(settings)
    with sqlite3.connect(settings.journal_file) as journal:
        journal.execute("UPDATE asked SET passages = 'not JSON' WHERE id LIKE 'a%'")
    journal.close()
    with pytest.raises(NorthboundError, match="cannot be brought to revision 0002"):
        read_rows(settings)
    with sqlite3.connect(settings.journal_file) as journal:
        assert journal.execute("SELECT count(*) FROM asked").fetchone() == (2,)
        assert journal.execute("SELECT count(*) FROM sqlite_master WHERE name = 'journal'").fetchone() == (0,)
    journal.close()


def test_tables_of_a_later_version_are_left_alone(stored: Stored) -> None:
    settings = stored()
    with database.transaction(settings) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0099'")
    database._checked.clear()
    with pytest.raises(NorthboundError, match="revision 0099, made by a later version"):
        list_users(settings)
    with pytest.raises(NorthboundError, match="revision 0099"):
        database.migrate(settings, "0001")


def test_processes_that_start_at_once_make_the_tables_once(stored: Stored) -> None:
    settings = stored()
    code = "\n".join(
        (
            "from bot import database",
            "from bot.journal import keep",
            "from bot.settings import read_settings",
            "from tests.small_bot import not_found",
            "database._WAIT_SECONDS = database._CONNECT_SECONDS = 60  # a machine that runs tests may do much else",
            "for n in range(10): keep(not_found(f'{n}?'), read_settings())",
        )
    )
    given = {"NORTHBOUND_JOURNAL": "on"} | ({"NORTHBOUND_DATABASE": settings.database} if settings.database else {})
    started = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment(settings.home, given), stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [(process.communicate(timeout=300)[1], process.returncode) for process in started] == [(b"", 0)] * 3
    assert len(read_rows(stored(journal="on"))) == 30


def test_a_full_disk_costs_the_row_and_not_the_answer(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, journal="on")
    keep(not_found("Kept before?"), settings)
    code = "\n".join(
        (
            "import logging, sys",
            "from bot.journal import keep",
            "from bot.settings import read_settings",
            "from fastapi.testclient import TestClient",
            "from bot.server import create_app",
            "from tests.small_bot import SmallBot",
            "with TestClient(create_app(SmallBot(), read_settings())) as client:",
            "    for n in range(40):",
            "        reply = client.post('/api/v1/ask', json={'question': 'Is the permit open? ' + 'x' * 3000})",
            "        assert reply.json()['status'] == 'answered', reply.text",
        )
    )
    size = settings.journal_file.stat().st_size + 8192
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(tmp_path, {"NORTHBOUND_JOURNAL": "on"}), capture_output=True, timeout=300,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"not journalled" in done.stderr and b"xxxx" not in done.stderr
    kept = [row.question for row in read_rows(settings)]
    assert "Kept before?" in kept and len(kept) < 41


def test_a_read_only_database_costs_the_row_and_not_the_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keep(not_found("Kept before?"), Settings(home=tmp_path, journal="on"))
    only = Settings(home=tmp_path, journal="on", database=f"sqlite:///file:{tmp_path}/journal.sqlite?mode=ro&uri=true")
    keep(not_found("A secret question?"), only)
    assert "readonly" in caplog.text and "secret" not in caplog.text
    assert [row.question for row in read_rows(Settings(home=tmp_path, journal="on"))] == ["Kept before?"]


def test_a_server_that_is_away_is_said_without_the_password(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(home=tmp_path, journal="on", database="postgresql+psycopg://northbound:hunter2@127.0.0.1:9/none")
    keep(not_found(), settings)
    with pytest.raises(NorthboundError, match="NORTHBOUND_DATABASE: the journal cannot be used"):
        read_rows(settings)
    assert "not journalled" in caplog.text and "hunter2" not in caplog.text
    assert "hunter2" not in json.dumps(settings.shown(), default=str) and "hunter2" not in repr(settings)


def test_the_file_in_the_folder_is_not_touched_where_a_server_is_set(postgres: str, tmp_path: Path) -> None:
    from tests.postgres import fresh

    settings = Settings(home=tmp_path, journal="on", database=fresh(postgres, "apart"))
    keep(not_found(), settings)
    assert len(read_rows(settings)) == 1 and not settings.journal_file.exists()
    assert forget(settings) == 1 and read_rows(settings) == []


@pytest.mark.parametrize("url", ["mysql://x", "postgresql://user@host/db", "/var/lib/x.sqlite", "postgresql+psycopg://a b"])
def test_an_address_of_another_kind_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(NorthboundError) as error:
        read_settings({"NORTHBOUND_DATABASE": url})
    assert "give postgresql+psycopg://user:password@host/name" in str(error.value) and url not in str(error.value)


def test_the_command_goes_down_and_up(northbound: Command, tmp_path: Path) -> None:
    add_user("priya", "a long password", "desk", Settings(home=tmp_path))
    assert northbound("desk", "migrate", "--to", "0001", home=tmp_path).stdout == "from 0002 to 0001\n"
    assert northbound("desk", "migrate", home=tmp_path).stdout == "from 0001 to 0002\n"
    assert "revision '7': choose from base, 0001, 0002" in complaint(northbound("desk", "migrate", "--to", "7", home=tmp_path))


def test_the_newest_migration_is_the_one_that_the_code_expects() -> None:
    names = sorted(path.name for path in (database.MIGRATIONS / "versions").glob("[0-9]*.py"))
    assert names[-1].startswith(database.HEAD)


def test_the_migrations_are_packaged() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    folders = {path.parent.relative_to(ROOT) for path in database.MIGRATIONS.rglob("*.py")}
    assert {".".join(folder.parts) for folder in folders} <= set(packages)


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["ask", ""]])
def test_asking_from_the_command_line_does_not_load_sqlalchemy(arguments: list[str], tmp_path: Path) -> None:
    code = (
        f"import sys\nfrom bot.cli import main\ntry: main({arguments!r})\nexcept SystemExit: pass\nassert 'sqlalchemy' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_answer_from_the_command_line_does_not_load_sqlalchemy(home: Path) -> None:
    code = (
        "import sys\nfrom bot.cli import main\ntry: main(['ask', 'how much are biometrics'])\nexcept SystemExit: pass\n"
        "assert not {'sqlalchemy', 'alembic', 'argon2', 'mcp'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(home), capture_output=True, text=True)
    assert done.returncode == 0 and "Canadian dollars" in done.stdout, done.stderr


def test_nobody_else_may_read_the_file(tmp_path: Path) -> None:
    add_user("priya", "a long password", "desk", Settings(home=tmp_path))
    assert all(file.stat().st_mode & 0o077 == 0 for file in tmp_path.glob("journal.sqlite*")) and os.listdir(tmp_path) == ["journal.sqlite"]
