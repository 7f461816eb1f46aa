"""The vectors in Chroma, embedded in this process. The only module that sees Chroma's types."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from corpus.errors import SearchIndexError

DATABASE = "chroma.sqlite3"
_COLLECTION = "entries"
_BATCH = 2000  # Chroma takes at most 5461 rows at once


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))


def write(folder: Path, vectors: np.ndarray, advance: Callable[[int], None]) -> None:
    """Put all vectors into a new collection; row number is the id. Calls `advance` with the number of rows just written."""
    # Every batch is written through: rows left in Chroma's log would be moved to its vector files whenever the index is opened.
    space = {"hnsw": {"space": "cosine", "ef_search": 120, "sync_threshold": 1, "batch_size": 1}}
    collection = _client(folder).create_collection(_COLLECTION, configuration=space, embedding_function=None)
    for start in range(0, len(vectors), _BATCH):
        rows = vectors[start : start + _BATCH]
        collection.upsert(ids=[str(start + i) for i in range(len(rows))], embeddings=rows)
        advance(len(rows))


class Store:
    """A finished collection, open for reading."""

    def __init__(self, folder: Path) -> None:
        if not (folder / DATABASE).exists():  # Chroma would make an empty one
            raise SearchIndexError(f"{folder / DATABASE}: missing; build again: northbound index build")
        try:
            folder = self._writable(folder)
            self._collection = _client(folder).get_collection(_COLLECTION, embedding_function=None)
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
