"""What turns the vector of a question towards the sections that answer it: a change of low rank to the question's side alone.

    q -> unit(q + up @ down @ q)        cosine -> stretch * cosine - level

It is applied where a question is compared with a section that was written as an answer, and orders hits only: prose is compared with the
vector as the model gave it, and what a hit says of its likeness stays as it was. The cosines of what was turned are put back on the scale
of the model's own, so that they weigh what those did beside keywords and prose. eval/train_query_adapter.py learns it from the vectors of
an index, in a minute, and writes it to query_adapter.npz; docs/decisions/0025 says why and what it is worth.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from corpus.errors import ModelError

WEIGHTS = Path(__file__).with_name("query_adapter.npz")


@dataclass(frozen=True)
class QueryAdapter:
    """`down` has shape (rank, dimension), `up` (dimension, rank), both float32; `model` is the fingerprint of the embedder whose vectors
    it was learned from: those of another are not these."""

    model: str
    down: np.ndarray
    up: np.ndarray
    stretch: float = 1.0
    level: float = 0.0

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Rows of length 1, shape (n, dimension), as they were given."""
        turned = vectors + vectors @ self.down.T @ self.up.T
        return np.asarray(turned / np.linalg.norm(turned, axis=-1, keepdims=True), dtype=np.float32)

    def levelled(self, cosines: np.ndarray) -> np.ndarray:
        """Cosines of turned vectors on the scale of the model's own; they may lie a little outside -1 to 1."""
        return np.asarray(self.stretch * cosines - self.level, dtype=np.float32)


@cache
def default_query_adapter() -> QueryAdapter:
    """The one that comes with this package, read once: an index is opened again at every swap. Raises ModelError as that does."""
    return read_query_adapter(WEIGHTS)


def read_query_adapter(path: Path) -> QueryAdapter:
    """Raises ModelError where the file cannot be read or its shapes do not fit."""
    try:
        with np.load(path) as held:
            down, up = held["down"].astype(np.float32), held["up"].astype(np.float32)
            made = QueryAdapter(str(held["model"]), down, up, float(held["stretch"]), float(held["level"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"{path}: the query adapter cannot be read ({error}); install Northbound again") from None
    if made.down.ndim != 2 or made.down.shape != made.up.T.shape:
        raise ModelError(f"{path}: shapes {made.down.shape} and {made.up.shape} make no query adapter; install Northbound again")
    return made


def write_query_adapter(path: Path, adapter: QueryAdapter) -> None:
    """Keep it, at half precision."""
    np.savez_compressed(
        path,
        model=np.array(adapter.model),
        down=adapter.down.astype(np.float16),
        up=adapter.up.astype(np.float16),
        stretch=np.array(adapter.stretch),
        level=np.array(adapter.level),
    )
