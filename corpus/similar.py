"""Whether a document says nearly the same as one already held. `corpus add` names such a one and leaves it out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from corpus.model import Document

ALIKE = 0.9  # from this share of words in common, in order, two documents are one


@dataclass(frozen=True)
class Likeness:
    """`share` is the share of words that two documents have in common, in order: 0 to 1. `numbers` are those that only one of them
    holds: two years' fees on one form are no duplicates."""

    other: Document
    share: float
    numbers: tuple[str, ...]


class Held:
    """The documents that a new one is compared with."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._known = {document.source.id: (document, _words(document)) for document in documents}

    def add(self, document: Document) -> None:
        self._known[document.source.id] = document, _words(document)

    def nearest(self, document: Document) -> Likeness | None:
        """The document most alike, itself apart, or None where none shares ALIKE of the words.

        Shares are 1 minus the insertions and deletions that make one sequence of words of the other, over the words of both: the
        normalised Indel similarity of https://rapidfuzz.github.io/RapidFuzz/Usage/distance/Indel.html.
        """
        from rapidfuzz.distance import Indel

        words = _words(document)
        counts = Counter(words)
        best: tuple[float, Document] | None = None
        for other, theirs in self._known.values():
            if other.source.id == document.source.id or not _can_be_alike(words, counts, theirs):
                continue
            share = Indel.normalized_similarity(words, theirs, score_cutoff=ALIKE)
            if share >= ALIKE and (best is None or share > best[0]):
                best = share, other
        return Likeness(best[1], best[0], _numbers(document, best[1])) if best else None


def _can_be_alike(words: list[str], counts: Counter[str], theirs: list[str]) -> bool:
    """A cheap bound: words in common, in whatever order."""
    both = len(words) + len(theirs)
    if not both or 2 * min(len(words), len(theirs)) < ALIKE * both:
        return False
    return 2 * (counts & Counter(theirs)).total() >= ALIKE * both


def _words(document: Document) -> list[str]:
    return re.findall(r"\w+", _text(document).lower())


def _numbers(one: Document, other: Document) -> tuple[str, ...]:
    ours, theirs = (Counter(re.findall(r"\d(?:[\d.,]*\d)?", _text(document))) for document in (one, other))
    return tuple(dict.fromkeys([*(ours - theirs), *(theirs - ours)]))


def _text(document: Document) -> str:
    return "\n".join(part for section in document.sections for part in (*section.headings, section.text))
