"""The journal: off by default, masked, kept for a while only, and never in the way of an answer."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from fastapi.testclient import TestClient

from bot.answer import Answer
from bot.chain import Bot
from bot.journal import forget, keep, read_rows
from bot.server import create_app
from bot.settings import Settings, read_settings
from corpus.errors import NorthboundError
from tests.conftest import ROOT, environment
from tests.small_bot import SmallBot, not_found, plain

PERSONAL = (
    "passport N1234567, UCI 1234-5678, receipt EAC2112345678, A-number A123456789, SSN 123-45-6789, priya.k@example.com, 416-555-0199, "
    "card 4111 1111 1111 1111"
)
NUMBERS = ("N1234567", "1234-5678", "2112345678", "123456789", "123-45-6789", "priya", "555-0199", "4111")


@pytest.fixture
def on(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, journal="on")


@pytest.fixture
def client(on: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(SmallBot(), on), raise_server_exceptions=False) as client:
        yield client


def raw(settings: Settings) -> bytes:
    """Every byte of the journal and of SQLite's side files."""
    return b"".join(file.read_bytes() for file in settings.home.glob("journal.sqlite*"))


def age(settings: Settings, days: int) -> None:
    """Make every row older."""
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    with sqlite3.connect(settings.journal_file) as journal:
        journal.execute("UPDATE asked SET at = ?", (at,))
    journal.close()


def test_nothing_is_kept_unless_it_is_turned_on(tmp_path: Path) -> None:
    settings = read_settings({"NORTHBOUND_HOME": str(tmp_path)})
    with TestClient(create_app(SmallBot(), settings)) as client:
        reply = client.post("/api/v1/ask", json={"question": "Is the permit open?"})
        assert reply.headers["x-northbound-journal"] == "off" and client.get("/health").json()["journal"] == "off"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NorthboundError, match="NORTHBOUND_JOURNAL=on northbound serve"):
        read_rows(settings)


def test_the_api_keeps_one_row_and_says_so(client: TestClient, on: Settings) -> None:
    reply = client.post("/api/v1/ask", json={"question": "Is the permit open?", "id": "priya.k@example.com"})
    assert reply.headers["x-northbound-journal"] == client.get("/health").json()["journal"] == "on; masked; 90 days"
    (row,) = read_rows(on)
    answer = Answer.model_validate(reply.json())
    assert (row.question, row.status, row.support) == ("Is the permit open?", "answered", 0.9)
    assert row.passages == tuple(dict.fromkeys(c.passage_id for c in answer.citations))
    assert row.id != answer.id and re.fullmatch("[0-9a-f]{32}", row.id)
    assert row.day == datetime.now(UTC).date().isoformat()
    assert b"priya" not in raw(on)  # not even as the id that the caller chose


def test_a_question_that_cannot_be_read_is_not_kept(client: TestClient, on: Settings) -> None:
    assert client.post("/api/v1/ask", json={"question": " "}).status_code == 400
    assert read_rows(on) == []


def test_personal_numbers_never_reach_the_file(bot: Bot, on: Settings) -> None:
    keep(bot.answer(f"Can I extend my 2023 H-1B open work permit? My {PERSONAL}"), on)
    keep(plain(f"not masked by any chain: {PERSONAL}", "not_found", "No."), on)
    assert len(read_rows(on)) == 2 and "[passport number]" in read_rows(on)[0].question
    found = raw(on)
    assert b"open work permit" in found
    assert [number for number in NUMBERS if number.lower().encode() in found.lower()] == []


def test_old_rows_go_when_the_journal_is_opened(on: Settings) -> None:
    keep(not_found("An old question?"), on)
    age(on, 89)
    assert len(read_rows(on)) == 1
    age(on, 91)
    keep(not_found("A new question?"), on)
    assert [row.question for row in read_rows(on)] == ["A new question?"]
    assert len(read_rows(replace(on, journal_days=1))) == 1
    age(on, 2)
    assert read_rows(replace(on, journal_days=1)) == []


def test_what_is_forgotten_is_gone_from_the_bytes_too(on: Settings) -> None:
    keep(not_found("A question to be forgotten?"), on)
    assert b"forgotten" in raw(on)
    assert forget(on, date.today() - timedelta(days=2)) == 0
    age(on, 3)
    assert forget(on, date.today() - timedelta(days=1)) == 1
    assert b"forgotten" not in raw(on)
    keep(not_found("Again to be forgotten?"), on)
    assert forget(on) == 1 and read_rows(on) == [] and b"forgotten" not in raw(on)


def test_only_its_owner_may_read_the_file(on: Settings) -> None:
    keep(not_found(), on)
    assert on.journal_file.stat().st_mode & 0o077 == 0


def test_threads_and_processes_write_together(on: Settings) -> None:
    code = "\n".join(
        (
            "from bot.journal import keep",
            "from bot.settings import read_settings",
            "from tests.small_bot import not_found",
            "for n in range(40): keep(not_found(f'process {n}?'), read_settings())",
        )
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(on.home, {"NORTHBOUND_JOURNAL": "on"}), stderr=subprocess.PIPE
    )

    def write(name: str) -> None:
        for n in range(40):
            keep(not_found(f"{name} {n}?"), on)

    threads = [Thread(target=write, args=(name,)) for name in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _, told = other.communicate(timeout=60)
    assert (other.returncode, told) == (0, b"")
    assert len({row.question for row in read_rows(on)}) == 3 * 40


def test_a_journal_that_cannot_be_written_does_not_cost_an_answer(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("not a folder")
    folder = tmp_path / "data"
    (folder / "journal.sqlite").mkdir(parents=True)
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "journal.sqlite").write_bytes(b"not a database, and long enough to be read as one" * 100)
    for home in (taken, folder, damaged, Path("/proc")):
        settings = Settings(home=home, journal="on")
        with TestClient(create_app(SmallBot(), settings)) as client:
            assert client.post("/api/v1/ask", json={"question": "Is the permit open?"}).json()["status"] == "answered"
    with pytest.raises(NorthboundError, match="journal cannot be used"):
        read_rows(Settings(home=damaged, journal="on"))
    assert (damaged / "journal.sqlite").read_bytes().startswith(b"not a database")


def test_a_failure_is_logged_without_the_question(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keep(not_found("A secret question?"), Settings(home=Path("/proc"), journal="on"))
    assert "not journalled" in caplog.text and "secret" not in caplog.text


def test_a_journal_of_a_later_version_is_left_alone(on: Settings) -> None:
    with sqlite3.connect(on.journal_file) as journal:
        journal.execute("PRAGMA user_version = 9")
    journal.close()
    with pytest.raises(NorthboundError, match="of format 9"):
        read_rows(on)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("NORTHBOUND_JOURNAL", "yes", "NORTHBOUND_JOURNAL='yes': give on or off"),
        ("NORTHBOUND_JOURNAL_DAYS", "0", "NORTHBOUND_JOURNAL_DAYS='0': give a number of days from 1 to 9999"),
        ("NORTHBOUND_JOURNAL_DAYS", "-1", "give a number of days"),
        ("NORTHBOUND_JOURNAL_DAYS", "9" * 5000, "give a number of days"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str, told: str) -> None:
    with pytest.raises(NorthboundError) as error:
        read_settings({name: value})
    assert told in str(error.value)


def test_settings_that_can() -> None:
    settings = read_settings({"NORTHBOUND_JOURNAL": "on", "NORTHBOUND_JOURNAL_DAYS": "30"})
    assert (settings.journal, settings.journal_days) == ("on", 30)
