"""Every setting, each an environment variable NORTHBOUND_…; read only at the doors, shown by `northbound config`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

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
    runs: str = ""  # the folder of evaluation runs: `eval run` writes there, /health shows them; empty: runs in the data folder
    journal: str = "off"  # "on": API and page keep what was asked, personal numbers masked (bot/journal.py)
    journal_days: int = 90  # older rows of the journal are deleted
    database: str = field(default="", repr=False)  # postgresql+psycopg://…; empty: SQLite, in the data folder (bot/database.py)
    rate: int = 120  # questions a minute from one address, this machine's own not counted; 0: any number (bot/api.py)
    proxy: str = ""  # addresses or networks of the proxies in front, whose X-Forwarded-… and staff header are believed
    staff_header: str = ""  # the header in which such a proxy names the member of staff (bot/logins.py)
    staff_minutes: int = 480  # a login ends after so long without use, and after three times as long in any case
    embed_origins: str = ""  # the sites that may embed the question box, such as "https://example.org"; empty: none
    model: str = ""  # provider:name of a language model that words the answers (bot/model.py); empty: they are extractive
    model_url: str = ""  # where it is served, such as http://127.0.0.1:8000/v1; empty: the provider's own address
    model_key: str = field(default="", repr=False)  # sent to it; empty: the provider's own variable, such as OPENAI_API_KEY
    model_seconds: float = 8.0  # a question waits so long for it in all, then is answered without
    model_options: str = "{}"  # JSON, passed on to the provider's class, such as {"temperature": 0}
    model_price: str = ""  # for a million tokens in and out, such as 0.15/0.60; then answers tell what they cost
    fetch_loopback: str = ""  # for tests: the one host:port on this machine that `corpus refresh` may ask, also over http

    @property
    def exported(self) -> Path:
        """Where the default model's ONNX graph is kept."""
        return self.home / "models" / "onnx"

    @property
    def exported_reader(self) -> Path:
        """Where the reader's ONNX graph is kept."""
        return self.home / "models" / "reader"

    @property
    def documents(self) -> Path:
        """Where added documents are kept."""
        return self.home / "documents"

    @property
    def pages(self) -> Path:
        """Where the fetched pages are kept."""
        return self.home / "pages"

    @property
    def runs_folder(self) -> Path:
        """Where evaluation runs are kept, a folder each."""
        return Path(self.runs).expanduser() if self.runs else self.home / "runs"

    @property
    def journal_file(self) -> Path:
        """Where the journal is kept when it is on, and what staff keep, unless `database` names another place."""
        return self.home / "journal.sqlite"

    @property
    def chroma_server(self) -> Server:
        """The server of `chroma_url`, which must be set."""
        return server_at(self.chroma_url, self.chroma_token, self.chroma_api_key, self.chroma_seconds)

    def shown(self) -> dict[str, object]:
        """Every setting by name, to be read by people: of a secret only that it is set."""
        return {name: "(set)" if name in _SECRET and value else value for name, value in asdict(self).items()}


_SECRET = ("embedder_key", "chroma_token", "chroma_api_key", "database", "model_key")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?")


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
        elif name == "database":
            if not re.fullmatch(r"(?:postgresql\+psycopg|sqlite)://[!-~]*", value):
                raise NorthboundError(f"{key}: give postgresql+psycopg://user:password@host/name, or nothing for SQLite in the data folder")
            given[name] = value
        elif name in ("rate", "staff_minutes"):
            if not re.fullmatch(r"[0-9]{1,5}", value) or (name == "staff_minutes" and not int(value)):
                raise NorthboundError(f"{key}={value!r}: give a whole number from {0 if name == 'rate' else 1} to 99999")
            given[name] = int(value)
        elif name == "proxy":
            given[name] = ",".join(_network(key, part) for part in re.split(r"[\s,]+", value.strip()))
        elif name == "staff_header":
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{1,60}", value):
                raise NorthboundError(f"{key}={value!r}: give the name of a header, such as X-Remote-User")
            given[name] = value
        elif name == "embed_origins":
            origins = re.split(r"[\s,]+", value.strip().lower())
            if bad := [origin for origin in origins if not _ORIGIN.fullmatch(origin)]:
                raise NorthboundError(f"{key}: {bad[0]!r} is no origin; give origins such as https://example.org, separated by commas")
            given[name] = ",".join(origins)
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
        elif name == "model":
            if not re.fullmatch(r"[a-z_]+:[!-~]+", value):
                raise NorthboundError(f"{key}={value!r}: give provider:name, such as openai:gpt-5.5-mini or ollama:llama3.2")
            given[name] = value
        elif name == "model_url":
            given[name] = _address(key, value)
        elif name == "model_options":
            given[name] = _options(key, value)
        elif name == "model_price":
            if not re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,6})?/[0-9]{1,6}(?:\.[0-9]{1,6})?", value):
                raise NorthboundError(f"{key}={value!r}: give the prices of a million tokens in and out, such as 0.15/0.60")
            given[name] = value
        elif name in ("chroma_seconds", "model_seconds"):
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
    if given.get("staff_header") and not given.get("proxy"):
        raise NorthboundError("NORTHBOUND_STAFF_HEADER: anybody could send it; set NORTHBOUND_PROXY to the address of the proxy that does")
    return Settings(**given)  # type: ignore[arg-type]


def _address(key: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        wrong = parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0 or re.search(r"\s", text)
    except ValueError:
        wrong = True
    if wrong:
        raise NorthboundError(f"{key}={text!r}: give an address such as http://127.0.0.1:8000/v1")
    if parts.username is not None or parts.password is not None:
        raise NorthboundError(f"{key} holds a name or password; set NORTHBOUND_MODEL_KEY instead")
    return text.rstrip("/")


def _options(key: str, text: str) -> str:
    try:
        options = json.loads(text)
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise NorthboundError(f'{key}={text!r}: give a JSON object, such as {{"temperature": 0}}')
    return text


def _network(key: str, text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        raise NorthboundError(f"{key}: {text!r} is no address; give one such as 10.0.0.5, or a network such as 10.0.0.0/24") from None
