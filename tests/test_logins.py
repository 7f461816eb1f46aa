"""Logins: passwords kept as argon2 hashes, logins that end, names that lock, and a proxy's word where it is trusted."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from bot import database, logins
from bot.logins import FAILURES, LoginError, add_user, list_users, log_in, log_out, logged_in, remove_user, staffed, trusted
from bot.settings import Settings, read_settings
from corpus.errors import NorthboundError, RequestError
from tests.conftest import Command, Stored, complaint

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def cheaply(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real hashes, made in a thousandth of the time."""
    monkeypatch.setattr(logins, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def staff(stored: Stored) -> Settings:
    settings = stored()
    add_user("priya", PASSWORD, "desk", settings)
    return settings


def dumped(settings: Settings) -> str:
    """Everything that is stored of staff."""
    with database.transaction(settings) as connection:
        return repr([connection.execute(table.select()).all() for table in (database.users, database.sessions)])


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    now = datetime.now(UTC) + by
    monkeypatch.setattr(logins, "_now", lambda: now)


def test_nobody_can_log_in_before_somebody_is_added_and_nothing_is_made_by_asking(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "data")
    assert not staffed(settings) and list_users(settings) == [] and logged_in("x", settings) is None
    assert not (tmp_path / "data").exists()


def test_a_password_and_a_token_are_nowhere_stored(staff: Settings) -> None:
    token, login = log_in("priya", PASSWORD, staff)
    kept = dumped(staff)
    assert PASSWORD not in kept and token not in kept and "$argon2id$" in kept
    held = logged_in(token, staff)
    assert held == login and held is not None and (held.name, held.role) == ("priya", "desk") and len(held.csrf) >= 32


def test_a_wrong_password_and_an_unknown_name_read_the_same(staff: Settings) -> None:
    said = set()
    for name, password in (("priya", "wrong"), ("nobody", PASSWORD)):
        with pytest.raises(LoginError) as error:
            log_in(name, password, staff)
        said.add(str(error.value))
    assert said == {"the name or the password is wrong"}


def test_wrong_passwords_lock_the_name_for_a_while(staff: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(FAILURES):
        with pytest.raises(LoginError, match="is wrong"):
            log_in("priya", "wrong", staff)
    with pytest.raises(LoginError, match="too many wrong passwords"):
        log_in("priya", PASSWORD, staff)  # right, and refused all the same
    add_user("omar", PASSWORD, "desk", staff)
    log_in("omar", PASSWORD, staff)  # others are not locked
    later(monkeypatch, timedelta(minutes=16))
    log_in("priya", PASSWORD, staff)
    with pytest.raises(LoginError, match="is wrong"):  # the count began again
        log_in("priya", "wrong", staff)


def test_a_right_password_sets_the_count_back(staff: Settings) -> None:
    for _ in range(3):
        for _ in range(FAILURES - 1):
            with pytest.raises(LoginError, match="is wrong"):
                log_in("priya", "wrong", staff)
        log_in("priya", PASSWORD, staff)


def test_a_login_ends_without_use_and_in_any_case(staff: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(staff, staff_minutes=60)
    idle, _ = log_in("priya", PASSWORD, settings)
    used, _ = log_in("priya", PASSWORD, settings)
    later(monkeypatch, timedelta(minutes=50))
    assert logged_in(used, settings)
    later(monkeypatch, timedelta(minutes=70))
    assert logged_in(idle, settings) is None and logged_in(used, settings)
    for minutes in (120, 170):
        later(monkeypatch, timedelta(minutes=minutes))
        assert logged_in(used, settings)
    later(monkeypatch, timedelta(minutes=181))  # three times sixty
    assert logged_in(used, settings) is None
    with database.transaction(settings) as connection:
        assert connection.execute(sa.select(database.sessions)).all() == []


def test_logging_out_a_new_password_and_being_removed_end_a_login(staff: Settings) -> None:
    token, _ = log_in("priya", PASSWORD, staff)
    log_out(token, staff)
    assert logged_in(token, staff) is None
    token, _ = log_in("priya", PASSWORD, staff)
    assert add_user("priya", "another password", "maintainer", staff) is False
    assert logged_in(token, staff) is None
    with pytest.raises(LoginError):
        log_in("priya", PASSWORD, staff)
    token, login = log_in("priya", "another password", staff)
    assert login.may("maintainer") and login.may("desk")
    remove_user("priya", staff)
    assert logged_in(token, staff) is None and not staffed(staff)
    with pytest.raises(RequestError, match="no user 'priya'"):
        remove_user("priya", staff)


@pytest.mark.parametrize(
    ("name", "password", "role", "told"),
    [
        ("Priya K", PASSWORD, "desk", "give a name of small letters"),
        ("", PASSWORD, "desk", "give a name"),
        ("priya", "short", "desk", "the password has 5 characters; give 10 to 1,000"),
        ("priya", PASSWORD, "root", "role 'root': choose from desk, maintainer"),
    ],
)
def test_what_cannot_be_a_user(tmp_path: Path, name: str, password: str, role: str, told: str) -> None:
    with pytest.raises(RequestError, match=told):
        add_user(name, password, role, Settings(home=tmp_path))


def test_which_addresses_are_trusted() -> None:
    settings = read_settings({"NORTHBOUND_PROXY": "10.0.0.5, 192.168.0.0/24 ::1"})
    assert settings.proxy == "10.0.0.5/32,192.168.0.0/24,::1/128"
    assert [trusted(peer, settings) for peer in ("10.0.0.5", "192.168.0.9", "::1")] == [True] * 3
    assert [trusted(peer, settings) for peer in ("10.0.0.6", "testclient", "", "127.0.0.1")] == [False] * 4
    assert not trusted("10.0.0.5", Settings())


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"NORTHBOUND_PROXY": "example.org"}, "NORTHBOUND_PROXY: 'example.org' is no address"),
        ({"NORTHBOUND_STAFF_HEADER": "X-Remote-User"}, "set NORTHBOUND_PROXY"),
        ({"NORTHBOUND_STAFF_HEADER": "X Remote", "NORTHBOUND_PROXY": "10.0.0.5"}, "give the name of a header"),
        ({"NORTHBOUND_STAFF_MINUTES": "0"}, "give a whole number from 1"),
        ({"NORTHBOUND_RATE": "-1"}, "give a whole number from 0"),
        ({"NORTHBOUND_EMBED_ORIGINS": "https://a.example/path"}, "is no origin"),
        ({"NORTHBOUND_EMBED_ORIGINS": "*"}, "is no origin"),
    ],
)
def test_a_setting_that_would_open_more_than_meant_is_refused(given: dict[str, str], told: str) -> None:
    with pytest.raises(NorthboundError, match=re.escape(told)):
        read_settings(given)


def test_the_commands(northbound: Command, northbound_here: Command, tmp_path: Path) -> None:
    add = ("desk", "user", "add", "priya")
    assert northbound(*add, home=tmp_path, input=b"a long password\n").stdout == "priya is added as desk\n"
    changed = northbound_here(*add, "--role", "maintainer", home=tmp_path, input=b"another password\n").stdout
    assert changed == "priya has a new password and is maintainer; earlier logins have ended\n"
    assert re.fullmatch(r"priya +maintainer +since \d{4}-\d\d-\d\d\n", northbound("desk", "user", "list", home=tmp_path).stdout)
    log_in("priya", "another password", Settings(home=tmp_path))
    assert northbound_here("desk", "user", "remove", "priya", home=tmp_path).stdout == "priya is removed\n"
    assert "give 10 to 1,000" in complaint(northbound(*add, home=tmp_path, input=b"short\n"))
