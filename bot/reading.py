"""What a reader of question and text together (index/reader.py) has to say of what was found: of sections which of the first answers, of
running prose which sentence of any of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import fmean

from bot.answerability import counted
from bot.asked import Asked, is_asked
from bot.pieces import units_of
from bot.prose import quotable
from index.reader import Reader
from index.search import Hit

# The weight of the reader's log odds beside the place in the search, of sections written as answers and of other texts: the first chosen
# with hands that it has not learned from (eval/tune_reading.py), the second with IRCC's help centre.
_BESIDE, _BESIDE_OF_OTHERS = 0.03, 0.01
NEAR = 3  # hits that are read where the first is doubted
NEAR_IN_CONVERSATION = 5  # those that are read of a later message
# A section so far ahead of the next, and so likely to answer, is not read.
_AHEAD, _LIKELY = 0.05, 0.95
# Sentences of prose that are read by themselves, as far as they are worth little less than the best; where that is well ahead, and what
# was found likely answers, none is.
SENTENCES, LESS = 6, 0.2
_AHEAD_IN_PROSE, _LIKELY_IN_PROSE = 0.1, 0.85


def behind(last: str, question: str) -> str:
    """A message behind the one before it, which is another way to read a follow-up than the question that it was made into."""
    return f"{last} – {question}"


def is_clear(hits: Sequence[Hit], likely: float) -> bool:
    """Whether reading would change nothing: the first hit says the same as the question, or is far ahead and likely answers."""
    ahead = placed_by(hits[0]) - placed_by(hits[1]) if len(hits) > 1 else 1.0
    return is_asked(hits[0]) or ahead >= _AHEAD and likely >= _LIKELY


def read_beside(reader: Reader, forms: Sequence[str], hits: Sequence[Hit], may_lead: Callable[[Hit], bool] = lambda _: True) -> list[Hit]:
    """The hits, with what the reader says of the first; where that doubts it, also of the two after it, and these in the order of the
    search and the reader together, as far as they `may_lead`. Four of five first hits answer, and reading one takes as long as looking for
    it. What somebody added is not put before what was written and checked here because it reads more like an answer, as forged papers
    do."""
    first = _read(reader, forms, hits[:1])
    if first[0].read is not None and first[0].read >= 0:
        return [*first, *hits[1:]]
    near = [hit for hit in hits[1:NEAR] if hit.passage.origin == hits[0].passage.origin and may_lead(hit)]
    rest = [hit for hit in hits[1:] if hit not in near]
    return [*sorted((*first, *_read(reader, forms, near)), key=_together, reverse=True), *rest]


def read_in_conversation(
    reader: Reader, forms: Sequence[str], hits: Sequence[Hit], may_lead: Callable[[Hit], bool] = lambda _: True
) -> list[Hit]:
    """The same of a message in a conversation, of which no form says all: more hits are read, also where the first is not doubted, and what
    is said of each is the mean of what is said beside the forms."""
    near = [hit for hit in hits[:NEAR_IN_CONVERSATION] if hit is hits[0] or hit.passage.origin == hits[0].passage.origin and may_lead(hit)]
    rest = [hit for hit in hits if hit not in near]
    return [*sorted(_read(reader, forms, near, fmean), key=_together, reverse=True), *rest]


def _read(reader: Reader, forms: Sequence[str], hits: Sequence[Hit], of_all: Callable[[Sequence[float]], float] = max) -> list[Hit]:
    """The hits with what is said of each beside the forms of the question: the most, or what else it comes to `of_all`."""
    texts = [(hit.passage.heading, hit.passage.text) for hit in hits]
    said = [reader.read(form, texts) for form in dict.fromkeys(forms)]
    return [replace(hit, read=of_all(odds)) for hit, *odds in zip(hits, *said, strict=True)]


def read_sentences(reader: Reader, question: str, asked: Asked, hits: Sequence[Hit], likely: float) -> list[Hit]:
    """The hits of prose, with what the reader says of the sentences that are worth most (`bot.prose.quotable`), each by itself under its
    heading: of a fact in running text one sentence tells, and those around it only speak of the same. The first passages then stand in
    the order of the search and the best that is said of their sentences, where none was read of the least that was."""
    best, *others = quotable(asked, hits)[:SENTENCES]
    near = [one for one in others if one.worth >= best.worth - LESS]
    if not near or near[0].worth < best.worth - _AHEAD_IN_PROSE:
        if likely >= _LIKELY_IN_PROSE:
            return list(hits)
        near = []
    read = [best, *near]
    said = reader.read(question, [(one.hit.passage.heading, one.text) for one in read])
    alone: dict[str, dict[tuple[int, int], float]] = {}
    for one, odds in zip(read, said, strict=True):
        alone.setdefault(one.hit.passage.id, {})[one.place] = odds
    told = [replace(hit, alone=alone[hit.passage.id]) if hit.passage.id in alone else hit for hit in hits]
    least = min(said)

    def together(hit: Hit) -> float:
        return placed_by(hit) + _BESIDE_OF_OTHERS * counted(max(hit.alone.values(), default=least))

    return [*sorted(told[:NEAR], key=together, reverse=True), *told[NEAR:]]


def read_alone(reader: Reader, asked: Asked, hit: Hit) -> Hit:
    """The hit, with what the reader says of each thing that can be said of its passage first (bot/compose.py), by itself and under no
    heading: under it, all of them read as if they answered."""
    units = units_of(hit)[:SENTENCES]
    if len(units) < 2 or is_asked(hit) and hit.asked_as == hit.passage.heading:
        return hit
    said = reader.read(asked.wordings[0], [("", hit.passage.text[unit.start : unit.end]) for unit in units])
    return replace(hit, alone={(unit.start, unit.end): odds for unit, odds in zip(units, said, strict=True)})


def _together(hit: Hit) -> float:
    return placed_by(hit) + by_reader(hit)


def by_reader(hit: Hit) -> float:
    """What the reader adds to the place of a hit among those that it put in order."""
    weight = _BESIDE if hit.passage.asked else _BESIDE_OF_OTHERS
    return weight * counted(hit.read or 0.0)


def placed_by(hit: Hit) -> float:
    """What put a hit where it is."""
    return hit.continued[0] if hit.continued is not None else hit.score
