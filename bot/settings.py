"""Every setting, each an environment variable NORTHBOUND_…; read only at the doors, shown by `northbound config`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from pathlib import Path

from corpus.errors import NorthboundError
from index.chroma_server import Server, server_at
from index.embedder import DEFAULT_MODEL


@dataclass(frozen=True)
class Settings:
    """The settings with their defaults."""

    home: Path = Path("data")  # the one folder where data lives: index, added documents, exported model
    embedder: str = DEFAULT_MODEL  # a sentence-transformers model: the bundled one, a folder or a hub name; or a server's address
    embedder_key: str = field(default="", repr=False)  # sent to the embedding server
    chroma_url: str = ""  # a Chroma server: the index is published to it and read from it; empty: it is in the data folder alone
    chroma_token: str = field(default="", repr=False)  # sent to it as "Authorization: Bearer"
    chroma_api_key: str = field(default="", repr=False)  # sent to Chroma Cloud
    chroma_seconds: float = 2.0  # a question waits so long for it, then does without
    index_name: str = "northbound"  # what the index is called on the Chroma server
    host: str = "127.0.0.1"
    port: int = 7860
    today: str = ""  # answer as if today were this ISO date; empty: the clock
    journal: str = "off"  # "on": the API keeps what was asked, personal numbers masked (bot/journal.py)
    journal_days: int = 90  # older rows of the journal are deleted
    fetch_loopback: str = ""  # for tests: the one host:port on this machine that `corpus refresh` may ask, also over http

    @property
    def exported(self) -> Path:
        """Where the default model's ONNX graph is kept."""
        return self.home / "models" / "onnx"

    @property
    def documents(self) -> Path:
        """Where added documents are kept."""
        return self.home / "documents"

    @property
    def pages(self) -> Path:
        """Where the fetched pages are kept."""
        return self.home / "pages"

    @property
    def journal_file(self) -> Path:
        """Where the journal is kept when it is on."""
        return self.home / "journal.sqlite"

    @property
    def chroma_server(self) -> Server:
        """The server of `chroma_url`, which must be set."""
        return server_at(self.chroma_url, self.chroma_token, self.chroma_api_key, self.chroma_seconds)

    def shown(self) -> dict[str, object]:
        """Every setting by name, to be read by people: of a secret only that it is set."""
        return {name: "(set)" if name in _SECRET and value else value for name, value in asdict(self).items()}


_SECRET = ("embedder_key", "chroma_token", "chroma_api_key")


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from NORTHBOUND_… variables; an empty one counts as not set. Raises NorthboundError for an unknown or unusable one."""
    known = {f.name: f for f in fields(Settings)}
    given: dict[str, object] = {}
    for key, value in environment.items():
        if not key.startswith("NORTHBOUND_"):
            continue
        name = key.removeprefix("NORTHBOUND_").lower()
        if name not in known:
            raise NorthboundError(f"{key}: no such setting; settings: {', '.join(f'NORTHBOUND_{k.upper()}' for k in known)}")
        if not value:
            continue
        if name == "home":
            given[name] = Path(value).expanduser()
        elif name == "port":
            if not value.isdecimal() or not 0 < int(value) < 65536:
                raise NorthboundError(f"{key}={value!r}: give a port from 1 to 65535")
            given[name] = int(value)
        elif name == "journal":
            if value not in ("on", "off"):
                raise NorthboundError(f"{key}={value!r}: give on or off")
            given[name] = value
        elif name == "journal_days":
            if not re.fullmatch(r"[0-9]{1,4}", value) or not int(value):
                raise NorthboundError(f"{key}={value!r}: give a number of days from 1 to 9999")
            given[name] = int(value)
        elif name == "fetch_loopback":
            if not re.fullmatch(r"(?:[a-z0-9.-]+|\[[0-9a-f:]+\]):[0-9]{1,5}", value):
                raise NorthboundError(f"{key}={value!r}: give host:port, such as 127.0.0.1:8000")
            given[name] = value
        elif name == "chroma_url":
            server_at(value)
            given[name] = value
        elif name == "chroma_seconds":
            if not re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,3})?", value) or not float(value):
                raise NorthboundError(f"{key}={value!r}: give seconds, such as 2 or 0.5")
            given[name] = float(value)
        elif name == "index_name":
            if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,60}[a-z0-9]", value):
                raise NorthboundError(f"{key}={value!r}: give 3 to 62 small letters, digits and hyphens, such as northbound-staging")
            given[name] = value
        elif name in _SECRET:
            if not re.fullmatch(r"[!-~]+", value):
                raise NorthboundError(f"{key}: holds a space, a line break or a letter with an accent; give the key alone")
            given[name] = value
        elif name == "today":
            try:
                given[name] = date.fromisoformat(value).isoformat()
            except ValueError:
                raise NorthboundError(f"{key}={value!r}: give an ISO date such as 2026-02-12") from None
        else:
            given[name] = value
    return Settings(**given)  # type: ignore[arg-type]
