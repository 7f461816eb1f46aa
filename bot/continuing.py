"""Which of the passages found for a message comes first once a conversation has begun. bot/chain.py asks it.

bot/followups.py reads a follow-up in one way, and where that takes the wrong program or loses what was asked, the search finds what the
reading says. So the message is read in several plain ways besides: as it was typed, and behind the first question, the last one, the
question that was answered last, and the beginning of that answer. A passage that answers is near most of these; what is near only the one
that went wrong falls back. `python -m eval.tune_followups` fits the weights.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, astuple, dataclass, replace

import numpy as np

from corpus.model import Passage
from index.keywords import terms
from index.search import Continued, Hit

_BEGINNING = 160  # letters of an answer that say what it is about
_NEITHER = 0.5  # the share of words that are held, where none was typed that tells anything
_SENTENCES = re.compile(r"(?:\s*\[\d+\])*\s*\n+\s*(?:- )?|(?:\s*\[\d+\])+\s*|(?<=[.!?])\s+")


@dataclass(frozen=True)
class Before:
    """What was said before a message: the user's `first` and `last` message, the `answer` to the last, "" where there is none, and all
    `answers`."""

    first: str
    last: str
    answer: str
    answers: tuple[str, ...] = ()

    def readings(self, typed: str, told: Passage | None) -> tuple[str, ...]:
        """The ways to read what was `typed`. `told` is the passage that the last answer began with."""
        heading, said = (told.heading, told.text[:_BEGINNING]) if told is not None else (self.last, self.answer[:_BEGINNING])
        return typed, *(f"{before} {typed}" for before in (self.last, self.first, heading, said))


@dataclass(frozen=True)
class Weights:
    """What each feature of a passage counts; those of `score` and of the readings come to 1, so that the sum is on the scale of the search.

    score: the search's for the stand-alone question. typed, last, first, heading, answer: how like each reading is to the passage.
    keywords: of the stand-alone question, 0 to 1. words: the share of the typed terms that it holds. told: the last answer began with it;
    source, program: it is of a source or of the program of that answer.
    """

    score: float = 0.07
    typed: float = 0.40
    last: float = 0.10
    first: float = 0.26
    heading: float = 0.07
    answer: float = 0.10
    keywords: float = 0.06
    words: float = 0.05
    told: float = -0.075
    source: float = 0.02
    program: float = 0.015


def sentences_of(answer: str) -> Iterator[str]:
    """The sentences and list items of an answer as it was shown, without their marks."""
    return (sentence for piece in _SENTENCES.split(answer) if (sentence := piece.strip()))


def features(
    typed: str, hits: Sequence[Hit], likenesses: Mapping[str, np.ndarray], told: Sequence[Passage], already: Set[str] = frozenset()
) -> np.ndarray:
    """Of each hit a row of what the weights are for, in their order. `likenesses` are those of the readings and last the keywords, by
    passage id; `told` are the passages of the last answer, in its order, and `already` the ids of those that answer the message's other
    questions."""
    own = set(terms(typed))
    first, sources = told[:1], {passage.source_id for passage in told}
    begun = {*already, *(passage.id for passage in first)}
    return np.array(
        [
            (
                hit.score,
                *likenesses[hit.passage.id],
                len(own & hit.terms) / len(own) if own else _NEITHER,
                hit.passage.id in begun,
                hit.passage.source_id in sources,
                any(passage.program == hit.passage.program for passage in first),
            )
            for hit in hits
        ],
        dtype=float,
    )


def best_first(hits: Sequence[Hit], rows: np.ndarray, weights: Weights = Weights()) -> list[Hit]:
    """The hits of a message in a conversation, best first, with what put them there; of equals the one that the search put first. `rows`
    are their features."""
    sums, added = rows @ astuple(weights), rows * astuple(weights)
    order = np.argsort(-sums, kind="stable")
    names = asdict(weights)
    return [
        replace(hits[n], continued=Continued(float(sums[n]), float(rows[n][1]), dict(zip(names, added[n].tolist(), strict=True))))
        for n in order
    ]
