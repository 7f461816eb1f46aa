"""Which of the passages found for a follow-up comes first. bot/chain.py asks it once a conversation has begun.

bot/followups.py reads a follow-up in one way, and where that takes the wrong program or loses what was asked, the search finds what the
reading says. Two things hold whatever the reading: a passage that answers holds the words that were typed, and is near what was typed
alone. They are weighed against the search's own score; `python -m eval.tune_followups` fits the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.keywords import terms
from index.search import Hit

_BELOW = 0.03  # what is not among the hits of what was typed alone scores so much less than the last of them
_NEITHER = 0.5  # the share of words that are held, where none was typed that tells anything


@dataclass(frozen=True)
class Weights:
    """What each thing adds to a hit's score: `alone` times the score for what was typed alone, `typed` times the share of the typed terms
    that the passage holds."""

    alone: float = 0.6
    typed: float = 0.2


# "If I move there first", "I have 478": what asks nothing and names nothing of the field finds little alone.
ASKS_NOTHING = Weights(alone=0.3)
# "After how long", where no program is talked of: alone it is near whatever has a time, and its words tell little.
SAYS_LITTLE = Weights(alone=0.2, typed=0.1)


def best_first(typed: str, hits: Sequence[Hit], alone: Sequence[Hit], weights: Weights = Weights()) -> list[Hit]:
    """The hits of a follow-up, best first; of equals the one that the search put first. `alone` are the hits of what was `typed`."""
    scores = [
        hit.score + weights.alone * near + weights.typed * held
        for hit, (near, held) in zip(hits, features(typed, hits, alone), strict=True)
    ]
    return [hits[n] for n in sorted(range(len(hits)), key=lambda n: -scores[n])]


def features(typed: str, hits: Sequence[Hit], alone: Sequence[Hit]) -> list[tuple[float, float]]:
    """Of each hit what the weights are for, in their order."""
    scores = {hit.passage.id: hit.score for hit in alone}
    least = min(scores.values(), default=0.0) - _BELOW
    own = set(terms(typed))
    return [
        (
            scores.get(hit.passage.id, least),
            sum(term in hit.terms for term in own) / len(own) if own else _NEITHER,
        )
        for hit in hits
    ]
