"""How near two words are in meaning, by the table of word pieces that the default model's file begins with.

bot/gate_checks.py asks whether a word that no quote has may stand for one that a quote has: "purchase" for "buy" (0.75), not "borrow"
(0.28). The table is read where it lies, a row at a time, without the model: a word costs microseconds and no memory to speak of. Opposites
lie as near to each other as words for the same, so whoever asks must rule those out (OPPOSITES in bot/gate_words.py).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from functools import cache, lru_cache

import numpy as np

from corpus.errors import ModelError
from index.embedder import default_model_folder

_TABLE = "embeddings.word_embeddings.weight"
_FIRST_WORD = 1996  # in the vocabulary: before it stand marks, letters and places kept free


def nearness(word: str, others: Iterable[str]) -> float:
    """Cosine of the word with the nearest of the others, -1 to 1; 0 where there is none or the word is not one of the table."""
    own = _direction(word)
    if own is None:
        return 0.0
    found = [direction for other in others if (direction := _direction(other)) is not None]
    return float(np.max(np.stack(found) @ own)) if found else 0.0


@lru_cache(maxsize=20_000)
def _direction(word: str) -> np.ndarray | None:
    """Of length 1, with the mean of the table taken off: all words of it lean one way."""
    table, mean, places = _table()
    place = places.get(word)
    if place is None:
        return None
    row = np.asarray(table[place], dtype=np.float32) - mean
    return np.asarray(row / (np.linalg.norm(row) or 1.0))


@cache
def _table() -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """The table in the model's file, its mean, and the row of each whole word. Nothing where the model is not installed."""
    try:
        folder = default_model_folder()
        with (folder / "model.safetensors").open("rb") as file:
            length = struct.unpack("<Q", file.read(8))[0]
            told = json.loads(file.read(length))[_TABLE]
        words = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    except (ModelError, OSError):
        return np.zeros((0, 1), dtype=np.float32), np.zeros(1, dtype=np.float32), {}
    table = np.memmap(
        folder / "model.safetensors", dtype="<f4", mode="r", offset=8 + length + told["data_offsets"][0], shape=tuple(told["shape"])
    )
    some = np.asarray(table[_FIRST_WORD :: len(words) // 500])  # the mean of about 500 rows is near enough that of all
    return table, some.mean(axis=0), {word: n for n, word in enumerate(words) if n >= _FIRST_WORD and word.isalpha()}
