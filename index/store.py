"""The vectors in Chroma, embedded in this process. The only module that sees Chroma's types."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from corpus.errors import SearchIndexError

_COLLECTION = "entries"
_BATCH = 2000  # Chroma takes at most 5461 rows at once


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))


def write(folder: Path, vectors: np.ndarray, advance: Callable[[int], None]) -> None:
    """Put all vectors into a new collection; row number is the id. Calls `advance` with the number of rows just written."""
    collection = _client(folder).create_collection(_COLLECTION, configuration={"hnsw": {"space": "cosine", "ef_search": 120}}, embedding_function=None)
    for start in range(0, len(vectors), _BATCH):
        rows = vectors[start : start + _BATCH]
        collection.upsert(ids=[str(start + i) for i in range(len(rows))], embeddings=rows)
        advance(len(rows))


class Store:
    """A finished collection, open for reading."""

    def __init__(self, folder: Path) -> None:
        try:
            self._collection = _client(folder).get_collection(_COLLECTION, embedding_function=None)
            self.count = self._collection.count()
        except Exception as error:  # Chroma raises its own and Rust's errors for a damaged folder; all mean the same to the reader
            raise SearchIndexError(f"{folder}: the vector store cannot be opened ({error}); build again: northbound index build") from None

    def nearest(self, vectors: np.ndarray, k: int) -> list[list[int]]:
        """For each query vector, the row numbers of its k nearest vectors, nearest first."""
        found = self._collection.query(query_embeddings=vectors, n_results=min(k, self.count), include=[])
        return [[int(row) for row in ids] for ids in found["ids"]]
