"""Comparing a question with texts by their words alone, while no vectors can be had: the server that embeds is away.

What stands for a cosine here is one, of the two texts' terms weighted by their rarity. Over questions of ours it lies where the model's
lies, near 1 for the same question in other words; a longer text gets less, so that more is declined than with the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from index.keywords import terms

TOLD = "The embedding server could not be reached: this was found by its words alone, and something may be missing. Ask again later."


def cosines(wordings: Sequence[str], texts: Iterable[str], rarity: Callable[[str], float]) -> np.ndarray:
    """float32, shape (texts, wordings): 0 where they have no term in common, 1 where they have the same."""
    asked = [_weighed(wording, rarity) for wording in wordings]
    rows = [[_cosine(held, one) for one in asked] for held in (_weighed(text, rarity) for text in texts)]
    return np.array(rows, dtype=np.float32).reshape(-1, len(asked))


def _weighed(text: str, rarity: Callable[[str], float]) -> dict[str, float]:
    """The text's terms with their share in its length, 1."""
    weights = {term: rarity(term) for term in terms(text)}
    length = sum(weight * weight for weight in weights.values()) ** 0.5
    return {term: weight / length for term, weight in weights.items()} if length else {}


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    return sum(weight * one[term] for term, weight in other.items() if term in one)
