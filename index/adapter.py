"""What the default model has learned of this field: a change of low rank to each of its linear layers, added to the published weights.

    W -> W + up @ down

eval/train_adapter.py learns the changes and writes them to adapter.npz; docs/model-card.md says from what, and what they are worth. They
are added once, when the model is loaded or exported, so that every engine gives the same vectors and a question costs what it did.

Source of the form: Hu et al. 2021, LoRA: Low-Rank Adaptation of Large Language Models, https://arxiv.org/abs/2106.09685
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from corpus.errors import ModelError

if TYPE_CHECKING:
    import torch

WEIGHTS = Path(__file__).with_name("adapter.npz")


@dataclass(frozen=True)
class Change:
    """`down` has shape (rank, inputs), `up` (outputs, rank), both float32."""

    down: np.ndarray
    up: np.ndarray


@dataclass(frozen=True)
class Adapter:
    """The change of each linear layer, by the layer's name in the model. `digest`: eight hex digits that change with the weights."""

    changes: Mapping[str, Change]
    digest: str

    def add_to(self, model: torch.nn.Module) -> None:
        """Add the changes to a model's weights. Raises ModelError where a layer is missing or of another shape."""
        import torch

        layers = dict(model.named_modules())
        for name, change in self.changes.items():
            weight = getattr(layers.get(name), "weight", None)
            if weight is None or tuple(weight.shape) != (change.up.shape[0], change.down.shape[1]):
                raise ModelError(f"the adapter does not fit the model: {name}; install Northbound again")
            with torch.no_grad():
                weight += torch.from_numpy(change.up @ change.down)


@cache
def default_adapter() -> Adapter:
    """The one that comes with this package."""
    return read_adapter(WEIGHTS)


def read_adapter(path: Path) -> Adapter:
    """Raises ModelError where the file cannot be read or its shapes do not fit."""
    arrays, digest = arrays_in(path, "the adapter")
    return Adapter(changes_among(arrays, path), digest)


def arrays_in(path: Path, what: str) -> tuple[dict[str, np.ndarray], str]:
    """The arrays of a file as float32, by name, and eight hex digits that change with it. Raises ModelError where `what` is in it cannot
    be read."""
    try:
        content = path.read_bytes()
        with np.load(path) as held:
            arrays = {name: held[name].astype(np.float32) for name in held.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"{path}: {what} cannot be read ({error}); install Northbound again") from None
    return arrays, hashlib.sha256(content).hexdigest()[:8]


def changes_among(arrays: Mapping[str, np.ndarray], path: Path) -> dict[str, Change]:
    """The changes that the arrays of a file make. Raises ModelError where some make none."""
    changes = {}
    for name in sorted({name.rpartition(".")[0] for name in arrays}):
        down, up = arrays.get(f"{name}.down"), arrays.get(f"{name}.up")
        if down is None or up is None or down.ndim != 2 or up.ndim != 2 or len(down) != up.shape[1]:
            raise ModelError(f"{path}: {name or 'what it holds'} makes no adapter; install Northbound again")
        changes[name] = Change(down, up)
    return changes


def write_adapter(path: Path, changes: Mapping[str, Change]) -> None:
    """Keep the changes, at half precision."""
    arrays = {f"{name}.{part}": getattr(change, part).astype(np.float16) for name, change in changes.items() for part in ("down", "up")}
    np.savez_compressed(path, **arrays)
