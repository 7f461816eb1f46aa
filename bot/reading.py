"""What a reader of question and passage together (index/reader.py) has to say of the first hits: which of them answers, and how likely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.compose import is_asked
from index.reader import Reader
from index.search import Hit

# Chosen with hands that the reader has not learned from (eval/tune_reading.py): the weight of its log odds beside the place in the search,
# and how far the log odds count.
_BESIDE = 0.03
_MOST = 8.0
_NEAR = 3  # hits that are read where the first is doubted
_AHEAD, _LIKELY = 0.05, 0.95  # a hit so far ahead of the next, and so likely to answer, is not read


def is_clear(hits: Sequence[Hit], likely: float) -> bool:
    """Whether reading would change nothing: the first hit says the same as the question, or is far ahead and likely answers."""
    ahead = placed_by(hits[0]) - placed_by(hits[1]) if len(hits) > 1 else 1.0
    return is_asked(hits[0]) or ahead >= _AHEAD and likely >= _LIKELY


def read_beside(reader: Reader, question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits, with what the reader says of the first; where that doubts it, also of the two after it, and these in the order of the search
    and the reader together. Four of five first hits answer, and reading one takes as long as looking for it. What somebody added is not
    put before what was written and checked here because it reads more like an answer, as forged papers do."""
    first = _read(reader, question, hits[:1])
    if first[0].read is not None and first[0].read >= 0:
        return [*first, *hits[1:]]
    near = [hit for hit in hits[1:_NEAR] if hit.passage.origin == hits[0].passage.origin]
    rest = [hit for hit in hits[1:] if hit not in near]
    return [*sorted((*first, *_read(reader, question, near)), key=_together, reverse=True), *rest]


def _read(reader: Reader, question: str, hits: Sequence[Hit]) -> list[Hit]:
    said = reader.read(question, [hit.passage for hit in hits])
    return [replace(hit, read=one.answers) for hit, one in zip(hits, said, strict=True)]


def _together(hit: Hit) -> float:
    assert hit.read is not None
    return placed_by(hit) + _BESIDE * max(-_MOST, min(hit.read, _MOST))


def placed_by(hit: Hit) -> float:
    """What put a hit where it is."""
    return hit.continued[0] if hit.continued is not None else hit.score
