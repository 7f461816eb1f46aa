"""A Chroma server over its HTTP interface, every call with a deadline. index/store.py searches on it, index/published.py publishes to it.

Chroma's own client for it is not used: it waits without limit, also while it is made, and takes two seconds to import.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

import numpy as np

from corpus.errors import SearchIndexError

CONNECT_SECONDS = 1.0
QUESTION_SECONDS = 2.0  # in which a server must have answered what a question waits for, unless a setting says otherwise
WORK_SECONDS = 60.0  # the same for one batch of what is published or fetched, which is then tried again
_BATCH = 2000  # Chroma takes at most 5461 rows at once
# What Chroma Cloud takes and gives at most: https://docs.trychroma.com/cloud/quotas-limits
_CLOUD_WRITES = 300
_CLOUD_RESULTS = 300
_TRIES = 3


class ServerError(SearchIndexError):
    """A Chroma server that cannot be reached, does not answer in time, refuses, or answers what cannot be used."""


class Gone(ServerError):
    """The server answers, and does not have what was asked for."""


@dataclass(frozen=True)
class Server:
    """A Chroma server, or Chroma Cloud where there is an API key. Safe to share between threads.

    A call is given `seconds` and made once: a question waits for it. A `patient` one is given WORK_SECONDS and tried three times.
    """

    address: str  # scheme://host:port
    tenant: str = ""
    database: str = ""
    token: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    seconds: float = QUESTION_SECONDS

    @property
    def most_results(self) -> int:
        return _CLOUD_RESULTS if self.api_key else 1_000_000

    def create(self, name: str, space: str) -> str:
        """Make a collection and give its id. `space` is how its vectors are compared: cosine or l2."""
        kind = "spann" if self.api_key else "hnsw"  # what Cloud and what a single server index with
        tuned = {"ef_search": 120} if kind == "hnsw" and space == "cosine" else {}
        made = self._call("POST", "/collections", {"name": name, "configuration": {kind: {"space": space, **tuned}}}, patient=True)
        return str(_part(made, "id", str))

    def find(self, name: str, patient: bool = False) -> str:
        """The id of a collection. Raises Gone where there is none of that name."""
        return str(_part(self._call("GET", f"/collections/{quote(name, safe='')}", None, patient), "id", str))

    def names(self) -> list[str]:
        """Of every collection."""
        found: list[str] = []
        while page := self._call("GET", f"/collections?limit=100&offset={len(found)}", None, patient=True):
            found += [str(_part(row, "name", str)) for row in page]
        return found

    def remove(self, name: str) -> None:
        """Delete a collection; nothing happens where it is gone."""
        try:
            self._call("DELETE", f"/collections/{quote(name, safe='')}", None, patient=True)
        except Gone:
            return

    def count(self, collection: str, patient: bool = False) -> int:
        """How many rows or records a collection holds."""
        counted = self._call("GET", f"/collections/{collection}/count", None, patient)
        if not isinstance(counted, int):
            raise self._unusable(counted)
        return counted

    def write(self, collection: str, vectors: np.ndarray, advance: Callable[[int], None] = lambda rows: None) -> None:
        """Put vectors into an empty collection; row number is the id. Calls `advance` with the number of rows just written."""
        batch = _CLOUD_WRITES if self.api_key else _BATCH
        for start in range(0, len(vectors), batch):
            rows = np.ascontiguousarray(vectors[start : start + batch], dtype="<f4")
            body = {"ids": [str(start + i) for i in range(len(rows))], "embeddings": [base64.b64encode(row).decode() for row in rows]}
            self._call("POST", f"/collections/{collection}/upsert", body, patient=True)
            advance(len(rows))

    def put(self, collection: str, records: Mapping[str, Mapping[str, str | int]]) -> None:
        """Write records of plain values by id; what is there under an id is replaced, each record whole or not at all."""
        body = {"ids": list(records), "embeddings": [[1.0, 0.0] for _ in records], "metadatas": [dict(r) for r in records.values()]}
        self._call("POST", f"/collections/{collection}/upsert", body, patient=True)

    def get(self, collection: str, ids: Sequence[str], patient: bool = True) -> dict[str, dict[str, Any]]:
        """Records by id; those that are not there are left out."""
        body = {"ids": list(ids), "include": ["metadatas"]}
        found = self._call("POST", f"/collections/{collection}/get", body, patient)
        return dict(zip(_part(found, "ids", list), _part(found, "metadatas", list), strict=False))

    def query(self, collection: str, vectors: np.ndarray, k: int) -> list[list[int]]:
        """For each vector, the row numbers of its k nearest, nearest first."""
        body = {"query_embeddings": np.asarray(vectors, dtype=np.float64).tolist(), "n_results": k, "include": []}
        found = self._call("POST", f"/collections/{collection}/query", body, patient=False)
        try:
            rows = [[int(row) for row in ids] for ids in _part(found, "ids", list)]
        except (TypeError, ValueError):
            raise self._unusable(found) from None
        if len(rows) != len(vectors):
            raise self._unusable(found)
        return rows

    def _call(self, method: str, path: str, body: object, patient: bool) -> Any:
        """What the server answers below our database. Raises Gone for what it does not have, ServerError for all else."""
        for left in reversed(range(_TRIES if patient else 1)):
            try:
                return self._once(method, f"{self._database}{path}", body, WORK_SECONDS if patient else self.seconds)
            except Gone:
                raise
            except ServerError:
                if not left:
                    raise
                time.sleep(0.5)
        raise AssertionError("there is at least one try")

    def _once(self, method: str, path: str, body: object, seconds: float) -> Any:
        import httpx

        until = time.monotonic() + seconds
        timeout = httpx.Timeout(seconds, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)
        content = None if body is None else json.dumps(body).encode()
        received = bytearray()
        try:
            # httpx limits each wait; a server that sends a byte a second would pass that, so the whole is limited here.
            with self._http.stream(method, f"{self.address}/api/v2{path}", content=content, timeout=timeout) as response:
                for piece in response.iter_bytes():
                    received += piece
                    if time.monotonic() > until:
                        raise httpx.ReadTimeout(f"no whole answer in {seconds:g} seconds")
        except httpx.TimeoutException as error:
            raise ServerError(f"the Chroma server at {self.address}: {error or 'timed out'}; {_ASK}") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise ServerError(f"the Chroma server at {self.address} cannot be reached ({error}); {_ASK}") from None
        told = bytes(received).decode("utf-8", "replace")
        if response.status_code in (401, 403):
            key = "NORTHBOUND_CHROMA_TOKEN or NORTHBOUND_CHROMA_API_KEY"
            raise ServerError(f"the Chroma server at {self.address} refuses ({response.status_code}); set {key}")
        if response.status_code == 404:
            raise Gone(f"the Chroma server at {self.address} has no {path} ({told[:200]}); publish again: northbound index build")
        if response.status_code >= 300:
            raise ServerError(f"the Chroma server at {self.address} answers {response.status_code} ({told[:200]}); {_ASK}")
        try:
            return json.loads(told) if told else None
        except ValueError:
            raise self._unusable(told) from None

    @cached_property
    def _http(self) -> Any:
        import httpx

        headers = {"content-type": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        if self.api_key:
            headers["x-chroma-token"] = self.api_key
        return httpx.Client(headers=headers)

    @cached_property
    def _database(self) -> str:
        """The path of tenant and database; Chroma Cloud tells them from the key where they are not given."""
        tenant, database = self.tenant or "default_tenant", self.database or "default_database"
        if self.api_key and not self.tenant:
            told = self._once("GET", "/auth/identity", None, self.seconds)
            tenant, databases = str(_part(told, "tenant", str)), _part(told, "databases", list)
            if len(databases) != 1:
                raise ServerError(
                    f"the key is for {len(databases)} databases; name one: NORTHBOUND_CHROMA_URL={self.address}/{tenant}/DATABASE"
                )
            database = str(databases[0])
        return f"/tenants/{quote(tenant, safe='')}/databases/{quote(database, safe='')}"

    def _unusable(self, told: object) -> ServerError:
        return ServerError(f"the Chroma server at {self.address} answers what cannot be used ({str(told)[:200]}); is it Chroma 1?")


_ASK = "see that it runs and that NORTHBOUND_CHROMA_URL is right"


def server_at(url: str, token: str = "", api_key: str = "", seconds: float = QUESTION_SECONDS) -> Server:
    """The server of http(s)://HOST:PORT or http(s)://HOST:PORT/TENANT/DATABASE. Raises SearchIndexError for another form."""
    form = "give http(s)://HOST:PORT or http(s)://HOST:PORT/TENANT/DATABASE"
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 8000, "https": 443}[parts.scheme]
        host = parts.hostname or ""
    except (ValueError, KeyError):
        raise SearchIndexError(f"NORTHBOUND_CHROMA_URL={url!r}: {form}") from None
    if parts.username is not None or parts.password is not None:
        raise SearchIndexError("NORTHBOUND_CHROMA_URL holds a name or password; set NORTHBOUND_CHROMA_TOKEN instead")
    where = [part for part in parts.path.split("/") if part]
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", host) or len(where) not in (0, 2) or parts.query or parts.fragment:
        raise SearchIndexError(f"NORTHBOUND_CHROMA_URL={url!r}: {form}")
    if api_key and parts.scheme != "https":
        raise SearchIndexError("NORTHBOUND_CHROMA_API_KEY is sent only over https; give NORTHBOUND_CHROMA_URL=https://…")
    tenant, database = where or ("", "")
    return Server(f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}", tenant, database, token, api_key, seconds)


def _part(told: Any, name: str, kind: type) -> Any:
    """A named part of what a server answered. Raises ServerError where it is not of the kind."""
    part = told.get(name) if isinstance(told, dict) else None
    if not isinstance(part, kind):
        raise ServerError(f"the Chroma server answers without {name!r} ({str(told)[:200]}); is it Chroma 1?")
    return part
