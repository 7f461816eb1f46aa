"""The vectors in Chroma, embedded in this process or on a server (index/chroma_server.py), which is done without while it fails."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import numpy as np

from corpus.errors import SearchIndexError
from index.chroma_server import Server, ServerError

DATABASE = "chroma.sqlite3"
REST_SECONDS = 5.0  # a server that failed is not asked again for so long: of a hanging one, one question in that time waits
EXACT_ROWS = 1_000_000  # up to this many vectors are searched one by one without the server: 16 ms for each 300,000 (measured)
ANOTHER_WAY = "The search server could not be reached: this was found with the copy of the index on this machine."
BY_WORDS = "The search server could not be reached: this was found by its words alone, and something may be missing. Ask again later."
# Up to this many vectors a file is searched one by one: for one question as fast as Chroma, which takes half a second and 75 MB to import
# (docs/decisions/0014).
CHROMA_ABOVE = 50_000
_COLLECTION = "entries"
_BATCH = 2000  # Chroma takes at most 5461 rows at once
_COPIED_EVERY = 100_000  # rows, two minutes' work, that a kill may cost
# Rows of a file that are read together: so few that they stay in a core's cache while the vectors of a question pass over them one after
# the other. Many vectors are multiplied at once; for few such a product spends its time on putting numbers in order.
_EXACT_AT_ONCE, _IN_CACHE, _FEW = 50_000, 512, 8
# An interrupted build's rows are gone on from where so many of them, twice, are found at a distance near 0: the rest is what an approximate
# search may miss.
_TRIED, _FOUND, _ITSELF = 200, 0.98, 1e-3

_log = logging.getLogger("northbound.store")


class VectorStore(Protocol):
    """Vectors by row number. `count` is how many are searched."""

    count: int

    def nearest(self, vectors: np.ndarray, k: int) -> list[list[int]]:
        """For each query vector, the row numbers of its k nearest vectors, nearest first."""
        ...


OpenStore = Callable[[Path, np.ndarray], VectorStore]  # of a build's folder and the vectors that are searched


def open_local(folder: Path, vectors: np.ndarray) -> VectorStore:
    """The store that lies in the build's folder: Chroma, or up to CHROMA_ABOVE the vectors themselves."""
    return Store(folder / "chroma") if len(vectors) > CHROMA_ABOVE else MappedStore(folder / "chroma", vectors)


class MappedStore:
    """The vectors of a small build, mapped into memory and compared one by one: exact, and without importing Chroma, whose folder beside
    them is only looked at."""

    def __init__(self, folder: Path, vectors: np.ndarray) -> None:
        """Raises SearchIndexError where Chroma's database is missing or damaged; its other files have checksums."""
        self._vectors = vectors
        self.count = _held(folder / DATABASE)

    def nearest(self, vectors: np.ndarray, k: int) -> list[list[int]]:
        """For each query vector, the row numbers of its k nearest vectors, nearest first."""
        return nearest_exactly(self._vectors, vectors, k)


def _held(database: Path) -> int:
    """How many vectors a database of Chroma's holds. Raises SearchIndexError where it is missing or damaged."""
    where = f"file:{quote(str(database.absolute()))}?mode=ro&immutable=1"  # another process may read it, and the folder may be read-only
    try:
        with closing(sqlite3.connect(where, uri=True)) as opened:
            return int(opened.execute("SELECT count(*) FROM embeddings").fetchone()[0])
    except sqlite3.Error as error:
        raise SearchIndexError(f"{database}: cannot be read ({error}); build again: northbound index build") from None


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))


def prepare() -> None:
    """Import what `write` needs, which takes a second: a build does so while it embeds."""
    import chromadb  # noqa: F401


def write(folder: Path, file: Path, count: int, advance: Callable[[int], None]) -> None:
    """Put the first `count` vectors of a file into a collection; row number is the id. Calls `advance` with the number of rows that are in
    it now. From time to time a copy of the folder is kept beside it (`kept_beside`), and where one is there already, of a build that was
    killed, it goes on from that: what a kill leaves of the folder itself may end whoever writes to it."""
    # As a plain array: Chroma goes through its numbers one by one, which a mapped one makes slow.
    vectors = np.asarray(np.load(file, mmap_mode="r"))[:count]
    kept = kept_beside(folder)
    done = copied = _whole_rows(kept, file, count)
    shutil.rmtree(folder, ignore_errors=True)
    if done:
        shutil.copytree(kept, folder)
    # Every batch is written through: rows left in Chroma's log would be moved to its vector files whenever the index is opened.
    space = {"hnsw": {"space": "cosine", "ef_search": _breadth(count), "sync_threshold": 1, "batch_size": 1}}
    client = _client(folder)
    if done:
        collection = client.get_collection(_COLLECTION, embedding_function=None)
        advance(done)
    else:
        collection = client.create_collection(_COLLECTION, configuration=space, embedding_function=None)
    for start in range(done, count, _BATCH):
        rows = vectors[start : start + _BATCH]
        collection.upsert(ids=[str(start + i) for i in range(len(rows))], embeddings=rows)
        if start + len(rows) >= copied + _COPIED_EVERY and start + len(rows) < count:
            copied = start + len(rows)
            _copy(folder, kept)
        advance(start + len(rows))
    shutil.rmtree(kept, ignore_errors=True)


def kept_beside(folder: Path) -> Path:
    """Where the copy of a collection's folder lies while it is written."""
    return folder.with_name(f"{folder.name}-kept")


def _copy(folder: Path, kept: Path) -> None:
    """Keep a copy of the folder, whole or not at all; where there is no room for one, the build goes on without."""
    new = kept.with_name(f"{kept.name}.new")
    try:
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(folder, new)
        shutil.rmtree(kept, ignore_errors=True)
        new.rename(kept)
    except OSError:
        shutil.rmtree(new, ignore_errors=True)


def _breadth(count: int) -> int:
    """How many rows a search of Chroma looks at. The more there are the more are missed: with 500, of the ten best passages of 100,000 rows
    .988 are found, of 200,000 .965 (.983 with 1,000, .993 with 2,000), of a million .896."""
    return int(500 * max(1.0, count / 50_000) ** 0.5)


def _whole_rows(folder: Path, file: Path, count: int) -> int:
    """How many rows, from the first, an interrupted build left in a collection that is sound; 0 where there are none. Another process
    opens it: of Chroma's files a kill may have left one that ends whoever reads it."""
    if not (folder / DATABASE).exists():
        return 0
    command = [sys.executable, "-m", "index.store", str(folder), str(file), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(done.stdout) if done.returncode == 0 else 0


def _sound_rows(folder: Path, file: Path, count: int) -> int:
    """The same, in that process: each of some rows, the last among them, must be found as its own nearest."""
    collection = _client(folder).get_collection(_COLLECTION, embedding_function=None)
    held = int(collection.count())
    if not 0 < held <= count:
        return 0
    vectors = np.load(file, mmap_mode="r")
    rows = np.unique(np.concatenate([np.linspace(0, held - 1, _TRIED), np.arange(max(0, held - _TRIED), held)]).astype(int))
    found = collection.query(query_embeddings=np.asarray(vectors[rows]), n_results=1, include=["distances"])
    alike = [bool(distances) and distances[0] < _ITSELF for distances in found["distances"]]
    return held if np.mean(alike) >= _FOUND else 0


class Store:
    """A finished collection, open for reading."""

    def __init__(self, folder: Path) -> None:
        if not (folder / DATABASE).exists():  # Chroma would make an empty one
            raise SearchIndexError(f"{folder / DATABASE}: missing; build again: northbound index build")
        try:
            folder = self._writable(folder)
            client = _client(folder)
            # Chroma keeps what it opened until it is told: an index that another has replaced would stay in memory.
            weakref.finalize(self, client.close).atexit = False
            self._collection = client.get_collection(_COLLECTION, embedding_function=None)
            self.count = self._collection.count()
        except Exception as error:  # Chroma raises its own and Rust's errors for a damaged folder; all mean the same to the reader
            raise SearchIndexError(f"{folder}: the vector store cannot be opened ({error}); build again: northbound index build") from None

    def _writable(self, folder: Path) -> Path:
        """The folder, or a copy of it for as long as this store lives: Chroma writes to its database even when it is only read."""
        if os.access(folder, os.W_OK) and os.access(folder / DATABASE, os.W_OK):
            return folder
        self._copy = tempfile.TemporaryDirectory(prefix="northbound-", ignore_cleanup_errors=True)
        copy = Path(self._copy.name) / "chroma"
        copy.mkdir()
        for path in folder.rglob("*"):  # not copytree: that would copy the permissions too
            if path.is_file():
                (copy / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy / path.relative_to(folder))
        return copy

    def nearest(self, vectors: np.ndarray, k: int) -> list[list[int]]:
        """For each query vector, the row numbers of its k nearest vectors, nearest first."""
        try:
            found = self._collection.query(query_embeddings=vectors, n_results=min(k, self.count), include=[])
        except Exception as error:
            raise SearchIndexError(f"the vectors cannot be searched ({error}); build again: northbound index build") from error
        return [[int(row) for row in ids] for ids in found["ids"]]


class ServerStore:
    """Vectors in a collection of a server, with the same vectors in a file of this machine to go on with when the server does not answer.

    A server that failed is left alone for REST_SECONDS; then one question tries it again. In between, and up to `exact_rows`, the file is
    searched vector by vector; a longer one is not searched, and the question goes on with what keywords find. `reduced` tells the
    question which it was.
    """

    def __init__(self, server: Server, collection: str, vectors: np.ndarray, exact_rows: int = EXACT_ROWS) -> None:
        """Raises SearchIndexError where the server answers and holds another number of vectors."""
        self.count = len(vectors)
        self._server, self._name, self._vectors, self._exact_rows = server, collection, vectors, exact_rows
        self._id = ""
        self._again = 0.0  # when the server may be asked next, on the monotonic clock
        self._lock = threading.Lock()
        self.failure = ""  # why the server was not used last time, or ""
        try:
            self._id = server.find(collection)
            held = server.count(self._id)
        except ServerError as error:
            self._rest(error)
            return
        if held != self.count:
            raise SearchIndexError(
                f"{collection} at {server.address}: damaged: {held} vectors for {self.count} rows; publish again: northbound index build"
            )

    def nearest(self, vectors: np.ndarray, k: int) -> list[list[int]]:
        """For each query vector, the row numbers of its k nearest vectors, nearest first; none where they are too many to search without
        the server."""
        if self._may_ask():
            try:
                return self._asked(vectors, min(k, self.count, self._server.most_results))
            except ServerError as error:
                self._rest(error)
        exact = self.count <= self._exact_rows
        note_reduced(ANOTHER_WAY if exact else BY_WORDS)
        return nearest_exactly(self._vectors, vectors, k) if exact else [[] for _ in vectors]

    def _may_ask(self) -> bool:
        """Whether this question may ask the server: always while it answers, one at a time after it failed."""
        with self._lock:
            if not self.failure:
                return True
            if time.monotonic() < self._again:
                return False
            self._again = time.monotonic() + REST_SECONDS
            return True

    def _asked(self, vectors: np.ndarray, k: int) -> list[list[int]]:
        id = self._id or self._server.find(self._name)
        found = self._server.query(id, vectors, k)
        if any(not 0 <= row < self.count for rows in found for row in rows):
            raise ServerError(f"{self._name} at {self._server.address}: answers rows that the index does not have")
        with self._lock:
            again, self.failure, self._id = bool(self.failure), "", id
        if again:
            _log.warning("the Chroma server at %s answers again", self._server.address)
        return found

    def _rest(self, error: ServerError) -> None:
        with self._lock:
            first, self.failure, self._id = not self.failure, str(error), ""
            self._again = time.monotonic() + REST_SECONDS
        if first:
            _log.warning("searching on this machine: %s", error)


def nearest_exactly(held: np.ndarray, vectors: np.ndarray, k: int) -> list[list[int]]:
    """For each query vector, the row numbers of its k nearest of the vectors held by inner product, nearest first. Reads a mapped file
    in blocks."""
    few = len(vectors) <= _FEW
    at_once = _IN_CACHE if few else _EXACT_AT_ONCE
    scores = np.empty((len(vectors), len(held)), dtype=np.float32)
    for start in range(0, len(held), at_once):
        rows = np.asarray(held[start : start + at_once], dtype=np.float32)
        if few:
            for found, vector in zip(scores, vectors, strict=True):
                found[start : start + at_once] = rows @ vector
        else:
            scores[:, start : start + at_once] = vectors @ rows.T
    return [_largest(found, k) for found in scores]


def _largest(scores: np.ndarray, k: int) -> list[int]:
    """The places of the k largest, the largest first."""
    kept = np.argpartition(scores, len(scores) - k)[len(scores) - k :] if len(scores) > k else np.arange(len(scores))
    order: list[int] = kept[np.argsort(-scores[kept], kind="stable")].tolist()
    return order


_reduced: ContextVar[list[str] | None] = ContextVar("northbound_reduced", default=None)


@contextmanager
def reduced() -> Iterator[list[str]]:
    """Collects what a person should know of the searches made inside: a sentence for each way in which they did without the server."""
    told: list[str] = []
    before = _reduced.set(told)
    try:
        yield told
    finally:
        _reduced.reset(before)


def note_reduced(sentence: str) -> None:
    """Let whoever collects with `reduced` know the sentence."""
    told = _reduced.get()
    if told is not None and sentence not in told:
        told.append(sentence)


if __name__ == "__main__":
    print(_sound_rows(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
