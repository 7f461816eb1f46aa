"""The journal: off by default, masked, kept for a while only, and never in the way of an answer."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from fastapi.testclient import TestClient

from bot import database
from bot.answer import Answer, Timings
from bot.chain import Bot
from bot.journal import COLUMNS, Row, cited, feedback, figures, forget, keep, named, read_rows
from bot.server import create_app
from bot.settings import Settings, read_settings
from corpus.errors import NorthboundError
from tests.conftest import ROOT, Stored, environment
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
        journal.execute("UPDATE journal SET at = ?", (at,))
    journal.close()


def test_a_row_holds_all_that_is_asked_of_the_journal_and_nothing_of_who_asked(stored: Stored) -> None:
    settings = stored(journal="on")
    answer = named(SmallBot().answer("Is the permit open?", id="mine"), settings)
    keep(answer.model_copy(update={"timings_ms": Timings(understand=1.5, search=5.25, compose=1.0, check=0.5, total=8.25)}), settings)
    keep(not_found(), settings)
    assert feedback(answer.answer_id, "down", "Call me at 416-555-0199", settings) and not feedback("0" * 32, "up", "", settings)
    row, other = read_rows(settings)
    assert asdict(row) == {
        "id": answer.answer_id, "at": row.at, "question": "Is the permit open?", "standalone_question": "Is the permit open?",
        "status": "answered", "passages": ("manual#1", "paper#1"), "support": 0.9, "total_ms": 8.25, "language": "en",
        "programs": ("h1b-open-work-permit-2023",), "mode": "extractive", "corpus_version": "small", "understand_ms": 1.5,
        "search_ms": 5.25, "compose_ms": 1.0, "check_ms": 0.5, "thumb": "down", "reason": "Call me at [phone number]",
    }  # fmt: skip
    assert (other.thumb, other.reason) == ("", "")
    columns = {column.name for column in database.journal.columns}
    assert columns - set(COLUMNS) == {"number"}  # an address or a browser would need a column


def test_rows_grow_old_and_are_forgotten_in_both_databases(stored: Stored) -> None:
    settings = stored(journal="on")
    for question in ("Old?", "New?"):
        keep(not_found(question), settings)
    with database.transaction(settings) as connection:
        connection.execute(database.journal.update().where(database.journal.c.question == "Old?").values(at="2020-01-01T00:00:00+00:00"))
    assert [row.question for row in read_rows(settings)] == ["New?"]
    assert forget(settings, date(2020, 1, 1)) == 0 and forget(settings) == 1 and read_rows(settings) == []


def test_figures_count_what_the_rows_say(stored: Stored) -> None:
    settings = stored(journal="on", journal_days=9_999)
    assert figures(settings).latency_ms == {} and figures(settings).days == {}
    told = (
        ("18", "answered", ("b#1",), 1, 0, "down"),  # of version 0.3.0, which kept no steps
        ("18", "answered", ("b#1",), 2, 0, ""),
        ("19", "answered", ("a#1", "b#1"), 10, 4, "up"),
        ("19", "not_found", (), 20, 5, "down"),
        ("20", "answered", ("a#1",), 30, 6, ""),
        ("20", "answered", ("a#1",), 400, 7, "up"),
    )
    rows = [
        Row(
            str(n), f"2024-11-{day}T10:00:00+00:00", "q", "q", status, passages, 0.9, float(ms), "fr" if n == 5 else "en",
            understand_ms=float(step), search_ms=float(step), thumb=thumb,
        )
        for n, (day, status, passages, ms, step, thumb) in enumerate(told)
    ]  # fmt: skip
    with database.transaction(settings) as connection:
        values = [{**asdict(row), "passages": list(row.passages), "programs": []} for row in rows]
        connection.execute(database.journal.insert(), values)
    seen = figures(settings, "2024-11-19")
    assert seen.days == {"2024-11-19": {"answered": 1, "not_found": 1}, "2024-11-20": {"answered": 2}}
    assert (seen.questions, seen.statuses, seen.thumbs) == (4, {"answered": 3, "not_found": 1}, {"up": 2, "down": 1})
    assert (seen.languages, seen.modes) == ({"en": 3, "fr": 1}, {"extractive": 4})
    assert seen.latency_ms["total"] == {"p50": 20.0, "p90": 400.0, "p99": 400.0}
    assert seen.latency_by_day["2024-11-19"] == {"p50": 10.0, "p90": 20.0, "p99": 20.0} and len(seen.latency_by_day) == 2
    assert list(cited(settings, "2024-11-19").items()) == [("a#1", 3), ("b#1", 1)]
    whole = figures(settings)
    assert whole.questions == 6 and cited(settings) == {"a#1": 3, "b#1": 3}
    assert whole.latency_ms["total"]["p50"] == 10.0 and whole.latency_ms["understand"]["p50"] == 5.0
    assert figures(replace(settings, journal_days=1)).questions == 0  # what is too old is not counted, gone or not


def test_nothing_is_kept_unless_it_is_turned_on(tmp_path: Path) -> None:
    settings = read_settings({"NORTHBOUND_HOME": str(tmp_path)})
    with TestClient(create_app(SmallBot(), settings)) as client:
        reply = client.post("/api/v1/ask", json={"question": "Is the permit open?"})
        assert reply.headers["x-northbound-journal"] == "off" and client.get("/healthz").json()["journal"] == "off"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NorthboundError, match="NORTHBOUND_JOURNAL=on northbound serve"):
        read_rows(settings)


def test_the_api_keeps_one_row_and_says_so(client: TestClient, on: Settings) -> None:
    before = datetime.now(UTC).date().isoformat()
    reply = client.post("/api/v1/ask", json={"question": "Is the permit open?", "id": "priya.k@example.com"})
    assert reply.headers["x-northbound-journal"] == client.get("/healthz").json()["journal"] == "on; masked; 90 days"
    (row,) = read_rows(on)
    answer = Answer.model_validate(reply.json())
    assert (row.question, row.status, row.support) == ("Is the permit open?", "answered", 0.9)
    assert row.passages == tuple(dict.fromkeys(c.passage_id for c in answer.citations))
    assert row.id != answer.id and re.fullmatch("[0-9a-f]{32}", row.id)
    assert before <= row.day <= datetime.now(UTC).date().isoformat()
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


def test_what_grew_too_old_is_gone_from_the_bytes_without_anybody_forgetting_it(on: Settings) -> None:
    for n in range(3):  # their page is not freed, so that only overwriting takes the row away
        keep(not_found(f"A question that grows old {n}?"), on)
    with sqlite3.connect(on.journal_file) as journal:
        journal.execute("UPDATE journal SET at = '2020-01-01T00:00:00+00:00' WHERE question LIKE '%1?'")
    journal.close()
    assert len(read_rows(on)) == 2  # no new row takes the place
    assert b"grows old 0" in raw(on) and b"grows old 1" not in raw(on)


def test_only_its_owner_may_read_the_file(on: Settings) -> None:
    keep(not_found(), on)
    assert on.journal_file.stat().st_mode & 0o077 == 0


def test_threads_and_processes_write_together(on: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_WAIT_SECONDS", 60)  # a machine that runs tests may do much else
    code = "\n".join(
        (
            "from bot import database",
            "from bot.journal import keep",
            "from bot.settings import read_settings",
            "from tests.small_bot import not_found",
            "database._WAIT_SECONDS = 60",
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
    _, told = other.communicate(timeout=300)
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


def test_figures_are_counted_anew_when_a_row_comes_goes_or_gets_a_thumb(stored: Stored) -> None:
    settings = stored(journal="on")
    first, second = (named(answer, settings) for answer in (SmallBot().answer("Is the permit open?"), not_found("Something unknown?")))
    keep(first, settings)
    assert figures(settings) is figures(settings) and figures(settings).statuses == {"answered": 1}
    assert sum(cited(settings).values()) == len({c.passage_id for c in first.citations})
    keep(second, settings)
    assert figures(settings).statuses == {"answered": 1, "not_found": 1}
    for thumb in ("up", "down"):
        assert feedback(first.answer_id, thumb, "", settings)
        assert figures(settings).thumbs == {thumb: 1}
    forget(settings)
    keep(named(second, settings), settings)
    keep(named(second, settings), settings)  # as many as before, but others
    assert figures(settings).statuses == {"not_found": 2} and cited(settings) == {}
