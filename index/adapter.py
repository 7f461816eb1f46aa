"""The default model's vectors, turned a little toward this field by a low-rank linear map learned from the questions of our briefs.

    v -> (v + U D v) / |v + U D v|

eval/train_adapter.py learns D and U and writes them to adapter.npz; docs/model-card.md says from what, and what it is worth. The map is the
last layer of the model, so that every engine gives the same vectors and nothing is computed twice.

Source of the form: Houlsby et al. 2019, Parameter-Efficient Transfer Learning for NLP, without its non-linearity.
"""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus.errors import ModelError

if TYPE_CHECKING:
    import torch

WEIGHTS = Path(__file__).with_name("adapter.npz")


@dataclass(frozen=True)
class Adapter:
    """`down` has shape (rank, dimension), `up` (dimension, rank), both float32. `digest`: eight hex digits that change with the weights."""

    down: np.ndarray
    up: np.ndarray
    digest: str

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """float32, shape (n, dimension), rows of length 1; so are the vectors it takes."""
        moved = vectors + vectors @ self.down.T @ self.up.T
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), dtype=np.float32)

    def layer(self) -> torch.nn.Module:
        """The same as the last module of a sentence-transformers model, which hands the vectors on in `features`."""
        import torch

        down, up = torch.from_numpy(self.down), torch.from_numpy(self.up)

        class Layer(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.register_buffer("down", down)
                self.register_buffer("up", up)

            def forward(self, features: dict[str, Any]) -> dict[str, Any]:
                vectors = features["sentence_embedding"]
                moved = vectors + vectors @ self.down.T @ self.up.T
                features["sentence_embedding"] = torch.nn.functional.normalize(moved, dim=-1)
                return features

        return Layer()


@cache
def default_adapter() -> Adapter:
    """The one that comes with this package."""
    return read_adapter(WEIGHTS)


def read_adapter(path: Path) -> Adapter:
    """Raises ModelError where the file cannot be read or its shapes do not fit."""
    try:
        content = path.read_bytes()
        with np.load(path) as held:
            down, up = held["down"].astype(np.float32), held["up"].astype(np.float32)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: the adapter cannot be read ({error}); install Northbound again") from None
    if down.ndim != 2 or up.shape != down.shape[::-1]:
        raise ModelError(f"{path}: shapes {down.shape} and {up.shape} make no adapter; install Northbound again")
    return Adapter(down, up, hashlib.sha256(content).hexdigest()[:8])


def write_adapter(path: Path, down: np.ndarray, up: np.ndarray) -> None:
    """Keep the two maps at half precision: rounding moves a vector by less than 1e-4."""
    np.savez_compressed(path, down=down.astype(np.float16), up=up.astype(np.float16))
