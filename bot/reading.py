"""What a reader of question and passage together (index/reader.py) has to say of the first hits: which of them answers, and how likely."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.compose import is_asked
from corpus.sentences import spans
from index.reader import Reader, Reading
from index.search import Hit, Scored

# The weight of the reader's log odds beside the place in the search, of sections written as answers and of prose, and how far they count:
# the first chosen with hands that it has not learned from (eval/tune_reading.py), the second with IRCC's help centre and five articles.
_BESIDE, _BESIDE_OF_PROSE = 0.03, 0.01
MOST = 8.0
NEAR = 3  # hits that are read where the first is doubted
_BEHIND, _MOST_BEHIND = 0.02, 4.0  # in cosine, by how much of what it prefers to a sentence of prose, that is less near
# A hit so far ahead of the next, and so likely to answer, is not read: a section, and prose, which is seldom as likely.
_CLEAR, _CLEAR_OF_PROSE = (0.05, 0.95), (0.1, 0.85)


def is_clear(hits: Sequence[Hit], likely: float) -> bool:
    """Whether reading would change nothing: the first hit says the same as the question, or is far ahead and likely answers."""
    ahead = placed_by(hits[0]) - placed_by(hits[1]) if len(hits) > 1 else 1.0
    far, sure = _CLEAR if hits[0].passage.asked else _CLEAR_OF_PROSE
    return is_asked(hits[0]) or ahead >= far and likely >= sure


def read_beside(reader: Reader, question: str, hits: Sequence[Hit], may_lead: Callable[[Hit], bool] = lambda _: True) -> list[Hit]:
    """The hits, with what the reader says of the first; where that doubts it, also of the two after it, and these in the order of the
    search and the reader together, as far as they `may_lead`. Four of five first hits answer, and reading one takes as long as looking for
    it. What somebody added is not put before what was written and checked here because it reads more like an answer, as forged papers
    do."""
    first = _read(reader, question, hits[:1])
    if first[0].read is not None and first[0].read >= 0:
        return [*first, *hits[1:]]
    near = [hit for hit in hits[1:NEAR] if hit.passage.origin == hits[0].passage.origin and may_lead(hit)]
    rest = [hit for hit in hits[1:] if hit not in near]
    return [*sorted((*first, *_read(reader, question, near)), key=_together, reverse=True), *rest]


def _read(reader: Reader, question: str, hits: Sequence[Hit]) -> list[Hit]:
    said = reader.read(question, [hit.passage for hit in hits])
    return [replace(hit, read=one.answers, sentences=_preferred(hit, one)) for hit, one in zip(hits, said, strict=True)]


def _preferred(hit: Hit, reading: Reading) -> tuple[Scored, ...]:
    """The sentences of prose, those that the reader does not prefer less near. A section that was written as an answer is quoted from its
    first sentence on, and by what is near."""
    if hit.passage.asked or not reading.sentences:
        return hit.sentences
    most = max(reading.sentences)
    behind = {span.start: min(most - said, _MOST_BEHIND) for span, said in zip(spans(hit.passage.text), reading.sentences, strict=True)}
    return tuple(one._replace(cosine=one.cosine - _BEHIND * behind.get(one.span.start, 0.0)) for one in hit.sentences)


def _together(hit: Hit) -> float:
    return placed_by(hit) + by_reader(hit)


def by_reader(hit: Hit) -> float:
    """What the reader adds to the place of a hit among those that it put in order."""
    weight = _BESIDE if hit.passage.asked else _BESIDE_OF_PROSE
    return weight * max(-MOST, min(hit.read or 0.0, MOST))


def placed_by(hit: Hit) -> float:
    """What put a hit where it is."""
    return hit.continued[0] if hit.continued is not None else hit.score
