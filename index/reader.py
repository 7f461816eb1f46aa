"""Read a question and a text together: does the one answer the other?

Search compares vectors that were made apart from each other, so what only resembles the question is near as well. The reader is the default
model once more, with a learned change of low rank to each linear layer and one output (eval/train_reader.py learns them,
docs/model-card.md says from what). It runs in whole numbers of eight bits on ONNX Runtime, from a graph exported once beside the
embedder's (index/reader_export.py), and where there is none through torch.

Source of the form: Nogueira and Cho 2019, Passage Re-ranking with BERT, https://arxiv.org/abs/1901.04085
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from tokenizers import Tokenizer

from corpus.errors import ModelError
from index.adapter import Adapter, arrays_in, changes_among
from index.embedder import DEFAULT_SHA256, cores, default_model_folder, open_graph, sha256, verify_weights

WEIGHTS = Path(__file__).with_name("reader.npz")
GRAPH, RECORD = "model.onnx", "reader.json"
_CLS, _SEP = 101, 102
_QUESTION, _HEADING, _PIECES = 56, 32, 144  # word pieces of the question, of the heading, and of all that is read
_SIDE_BY_SIDE = 2  # texts


class Headed(NamedTuple):
    """A heading and a text in word pieces, `heading` of them the heading's."""

    ids: tuple[int, ...]
    heading: int


class Pieces(NamedTuple):
    """A question and a text as the reader takes them: word pieces, and where the text begins in them."""

    ids: tuple[int, ...]
    begins: int


class Reader(Protocol):
    """Reads texts beside a question."""

    def read(self, question: str, texts: Sequence[tuple[str, str]]) -> list[float]:
        """Of each text, a heading and what stands under it, the log odds that it answers."""
        ...


@dataclass(frozen=True)
class Learned:
    """What was learned: the changes to the model's layers, and weight and bias of the output, float32. `digest` as an adapter's."""

    adapter: Adapter
    outputs: Mapping[str, np.ndarray]


OUTPUTS = ("answers.weight", "answers.bias")


@cache
def default_learned() -> Learned:
    """What comes with this package. Raises ModelError where the file cannot be read."""
    return read_learned(WEIGHTS)


def read_learned(path: Path) -> Learned:
    """Raises ModelError where the file cannot be read or holds no reader."""
    arrays, digest = arrays_in(path, "the reader")
    if not set(OUTPUTS) <= arrays.keys():
        raise ModelError(f"{path}: makes no reader; install Northbound again")
    outputs = {name: arrays.pop(name) for name in OUTPUTS}
    return Learned(Adapter(changes_among(arrays, path), digest), outputs)


def write_learned(path: Path, learned: Learned) -> None:
    """Keep what was learned, at half precision."""
    changes = {f"{name}.{part}": getattr(change, part) for name, change in learned.adapter.changes.items() for part in ("down", "up")}
    np.savez_compressed(path, **{name: array.astype(np.float16) for name, array in {**changes, **learned.outputs}.items()})


@lru_cache(1)
def tokenizer() -> Tokenizer:
    """The default model's, which neither pads nor cuts."""
    made = Tokenizer.from_file(str(default_model_folder() / "tokenizer.json"))
    made.no_padding()
    made.no_truncation()
    return made


def of_question(question: str) -> tuple[int, ...]:
    """The word pieces that are read of a question: of a long story its end, where it asks."""
    return tuple(tokenizer().encode(question, add_special_tokens=False).ids[-_QUESTION:])


@lru_cache(4096)  # a passage, and each of its sentences
def of_text(heading: str, text: str) -> Headed:
    """The word pieces that are read of a text under its heading."""
    head, body = (tokenizer().encode(one, add_special_tokens=False).ids for one in (heading, text))
    return Headed((*head[:_HEADING], *body[:_PIECES]), len(head[:_HEADING]))


def together(question: tuple[int, ...], text: Headed) -> Pieces:
    """A question and a text, cut to what is read of both."""
    return Pieces((_CLS, *question, _SEP, *text.ids[: _PIECES - len(question) - 3], _SEP), len(question) + 2)


def arrays(rows: Sequence[Pieces]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pieces, which of them are real, and which are the text's: int64, shape (rows, the most pieces)."""
    ids, mask, types = (np.zeros((len(rows), max(len(row.ids) for row in rows)), dtype=np.int64) for _ in range(3))
    for n, row in enumerate(rows):
        ids[n, : len(row.ids)] = row.ids
        mask[n, : len(row.ids)] = 1
        types[n, row.begins : len(row.ids)] = 1
    return ids, mask, types


class OnnxReader:
    """The exported graph. Safe to share between threads.

    A run of the graph has one thread, as with two it is hardly faster (5.7 for 6.0 ms); two texts are read side by side instead, in
    the time of one.
    """

    def __init__(self, graph: Path) -> None:
        """Raises ModelError where the graph cannot be loaded."""
        self._session = open_graph(graph, threads=1)
        self._beside = ThreadPoolExecutor(min(cores(), _SIDE_BY_SIDE), "reader") if cores() > 1 else None

    def read(self, question: str, texts: Sequence[tuple[str, str]]) -> list[float]:
        asked = of_question(question)
        rows = [together(asked, of_text(heading, text)) for heading, text in texts]
        if self._beside is None or len(rows) < 2:
            return [self._read(row) for row in rows]
        return list(self._beside.map(self._read, rows))

    def _read(self, row: Pieces) -> float:
        """One by itself: beside a longer one in a batch a short one costs as much as it."""
        ids, mask, types = arrays([row])
        (answers,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": types})
        return float(answers[0])


def load_reader(folder: Path) -> Reader:
    """The reader, through the graph exported to `folder` or else through torch. Raises ModelError where what was learned cannot be read, or
    the default model's weights are not the published ones."""
    if (graph := valid_reader(folder)) is not None:
        return OnnxReader(graph)
    verify_weights(default_model_folder())
    from index.reader_export import TorchReader  # 3 s of imports: only where there is no export

    return TorchReader(default_learned())


def valid_reader(folder: Path) -> Path | None:
    """The exported graph, if it was made from the published weights and what was learned, and has not changed since."""
    try:
        made = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        known = (made["weights"], made["learned"]) == (DEFAULT_SHA256, default_learned().adapter.digest)
        whole = known and sha256(folder / GRAPH) == made["graph"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return folder / GRAPH if whole else None
