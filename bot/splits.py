"""Questions that have no answer before one thing is known: "lost my job, how many days do I have?" In the United States or in Canada?

corpus/splits.toml says which these are and what decides. Such a message is answered with the question back and, for each thing it can
mean, the first sentence that holds then. Called by `understand`, which finds them, and by the chain, which words them.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping

from bot.pieces import Piece
from corpus.model import Branch, Passage, Split
from corpus.sentences import spans
from index.keywords import stem, terms, words

_MORE = 2  # content words that a reply may hold besides those of the branches: "it was my job in the usa"
_ASKS = re.compile(
    r"\?\s*$|^\W*(?:what|how|is|are|am|can|could|do|does|did|will|would|when|where|which|who|why|should|may)\b", re.IGNORECASE
)
_ANOTHER_KIND = frozenset(terms("study student visitor visit citizenship"))  # of permit, which no branch is about
_ASKS_OF_SOMEBODY = re.compile(
    r"\W*(?:(?:and|so|but|ok)\b\W*)*(?:can|could|may|must|should|will|do|does|would) (?:i|we|he|she|they|my \w+) ", re.IGNORECASE
)

# Words that say nothing of what is asked; any split may be asked with them.
_ANY = frozenset(
    terms(
        "need needs want know tell please help get got have has like question info information possible allowed able must should could "
        "now today whats currently still really exactly sir madam hi hello guys canada canadian immigration me us"
    )
)


class Splits:
    """The splits of a registry that have something to say: two sections at least that `held` holds."""

    def __init__(self, splits: Mapping[str, Split], held: Container[str]) -> None:
        self._cases = {s.id: [b for b in s.branches if b.passage in held] for s in splits.values()}
        self._splits = [split for split in splits.values() if len(self._cases[split.id]) > 1]
        self._needs = {s.id: [_stems(group) for group in s.needs] for s in self._splits}
        self._words = {s.id: _ANY | _stems(s.may).union(*self._needs[s.id]) for s in self._splits}
        self._says = {(s.id, b.when): _stems(b.says) for s in self._splits for b in self._cases[s.id]}

    def find(self, spelled: str) -> Split | None:
        """The split that the message is, or None where it says more than one or something else."""
        content = set(terms(spelled))
        return next((s for s in self._splits if content <= self._words[s.id] and all(content & group for group in self._needs[s.id])), None)

    def meant(self, answered: str, reply: str) -> Branch | None:
        """The branch that a reply chooses, where what was `answered` before asks for one: the branch that most of its words mean."""
        split = self._asking(answered)
        if split is None:
            return None
        cases = self._cases[split.id]
        content = _stems(words(reply))  # "us" is a country here
        says = _ANY.union(*(self._says[split.id, b.when] for b in cases))
        more = set(terms(reply)) - says
        if len(more) > (0 if _ASKS.search(reply) else _MORE) or _ASKS_OF_SOMEBODY.match(reply) or more & _ANOTHER_KIND:
            return None  # "can they work", "is the H-1B permit still open?", "and the study permit" is a question of its own
        votes = sorted(((len(content & self._says[split.id, b.when]), -n) for n, b in enumerate(cases)), reverse=True)
        if not votes[0][0] or votes[0][0] == votes[1][0]:
            return None
        return cases[-votes[0][1]]

    def _asking(self, answered: str) -> Split | None:
        """The split that an answer asks back for. Several ask "For which program?", so the cases that it gives must be this one's."""
        lines = {line.rstrip(": \u00a0") for line in answered.splitlines()}
        return next((s for s in self._splits if s.question in answered and all(b.when in lines for b in self._cases[s.id])), None)


def first_sentences(split: Split, passages: Mapping[str, Passage]) -> list[tuple[Branch, Piece]]:
    """What is said for each branch: the first sentence of its section."""
    found = []
    for branch in split.branches:
        if branch.passage in passages:
            passage = passages[branch.passage]
            first = spans(passage.text)[0]
            found.append((branch, Piece(passage, first.start, first.end, 1.0)))
    return found


def _stems(several: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(word) for word in several)
