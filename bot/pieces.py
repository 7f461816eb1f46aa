"""What can be quoted of a passage: its sentences and lists, the pieces of them that are shown, and whether two say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from corpus.model import Passage
from corpus.sentences import leans
from index.keywords import terms
from index.search import Hit

_LIST_WORDS = 120  # a list stays whole up to this, whatever the budget: half a list misleads
_SAME = 0.7  # share of the shorter sentence's terms that makes two sentences say the same


@dataclass(frozen=True)
class Piece:
    """A quote chosen for the answer: `passage.text[start:end]`, and how likely its passage answers the question (0 to 1)."""

    passage: Passage
    start: int
    end: int
    support: float
    correction: str = ""  # id of the correction that this quote runs against: it is not shown, what is right is
    part: int = 0  # which question of the message it answers, from 0

    @property
    def quote(self) -> str:
        return self.passage.text[self.start : self.end]

    @property
    def words(self) -> int:
        return len(self.quote.split())


class Unit(NamedTuple):
    """What can be quoted on its own: a sentence, with the one it leans on, or a list with its lead-in."""

    start: int
    end: int
    cosine: float
    words: int


def units_of(hit: Hit, leaning: bool = True) -> list[Unit]:
    """A passage's units in order. With `leaning`, a sentence that leans on the one before it takes that with it; without, sentences
    are to be shown in a row anyway."""
    text = hit.passage.text
    units: list[Unit] = []
    lead: Unit | None = None
    for scored in hit.sentences:
        span = scored.span
        unit = Unit(span.start, span.end, scored.cosine, len(text[span.start : span.end].split()))
        # What stood between and is not said (an order to the program) is not to come back within a unit; a list's sign may stand there.
        next_to = bool(units) and len(text[units[-1].end : span.start].split()) <= 1
        if span.kind == "lead":
            lead = unit
            units.append(unit)
        elif span.kind == "item" and lead is not None and next_to and units[-1].words + unit.words <= _LIST_WORDS:
            units[-1] = _joined(units[-1], unit)
        else:
            if span.kind != "item":
                lead = None
            if (
                leaning
                and span.kind == "sentence"
                and next_to
                and leans(text[span.start : span.end])
                and "\n" not in text[units[-1].end : span.start]
            ):
                unit = _joined(units[-1], unit, cosine=scored.cosine)
            units.append(unit)
    return units


def _joined(first: Unit, second: Unit, cosine: float | None = None) -> Unit:
    return Unit(first.start, second.end, max(first.cosine, second.cosine) if cosine is None else cosine, first.words + second.words)


def merged(passage: Passage, units: Sequence[Unit], support: float) -> list[Piece]:
    """Units in text order as pieces; those that overlap become one."""
    pieces: list[Piece] = []
    for unit in sorted(units, key=lambda u: (u.start, -u.end)):
        if pieces and unit.start < pieces[-1].end:
            pieces[-1] = replace(pieces[-1], end=max(pieces[-1].end, unit.end))
        else:
            pieces.append(Piece(passage, unit.start, unit.end, support))
    return pieces


def says_already(piece: Piece, others: Sequence[Piece]) -> bool:
    """Whether the other pieces together say what the piece does."""
    own, said = set(terms(piece.quote)), {term for other in others for term in terms(other.quote)}
    return bool(own) and len(own & said) / len(own) >= _SAME


def says_no_more(one: set[str], said: set[str]) -> bool:
    """Whether a sentence says only what another said."""
    return bool(one) and len(one & said) / len(one) >= _SAME


def says_the_same(one: set[str], other: set[str]) -> bool:
    smaller = min(len(one), len(other))
    return smaller > 0 and len(one & other) / smaller >= _SAME
