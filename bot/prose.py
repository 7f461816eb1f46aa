"""Quote running prose: the sentences that answer best, of several passages, with the one before where a sentence leans on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.answerability import PROSE_PASSAGES, Answerability, counted
from bot.asked import COUNTED, YEAR, Asked, day_and_numbers, is_written_answer, years_among
from bot.pieces import Piece, Unit, merged, says_no_more, units_of
from bot.scope import PLACES, domain_terms
from corpus.sentences import leans
from index.expects import holds
from index.keywords import Concept, covered, terms
from index.search import Hit

AS_GOOD = 0.05  # in score, or in worth: how little worse is as good
_WHOLE_PROSE = 45  # words of the best passage that are given as they stand
_WORTH_MORE = 0.3  # behind the best sentence, what is said of it is beside the point
_BESIDE_WRONG = 0.1  # behind it where that is known to be wrong: what is right answers, and the rest only fills
_ITEM_ALONE = 0.2  # cosine by which one item of a list is nearer than its others, and is given without them
_A_SENTENCE = 8  # words from which an item may be read without what introduces the list
_JUST_BEFORE = 1e-6  # of worth
_QUOTED_ON = 30  # words by which a quotation is followed to its end
_FEW_WORDS = 6  # of a sentence without a number that says nothing alone: "Demand was overwhelming."
_OF_PASSAGE = 0.85  # what a passage's score counts beside its sentence's cosine
TYPED = 0.2  # what holding the sort of thing asked for adds to a sentence's cosine
_NAMED = 0.15  # and what naming a year or a number of the question does
_NAMES_THEM = 0.1  # and what naming somebody does whom the question names
READ_ALONE = 0.08  # and what a reader's log odds of it alone do, as far as they count
_OTHER_YEAR = 0.3  # and what naming other years than the question's takes away
_A_NUMBER = re.compile(r"(?<![\w-])\d")  # a number, of one digit too
# Whose name, and what place, a sentence gives. A country's own name, in a text on moving there, is none.
_WHO_OR_WHERE = re.compile(r"\W*(?:(?:and|so|but) )?(who|where)\b", re.IGNORECASE)
_GIVES = {
    "who": re.compile(
        r"\b(?:[Mm]inister|[Ll]awyer|[Cc]onsultant|[Pp]resident|[Rr]eporter|[Bb]y|said|[Aa]ccording to),? (?:[A-Z][a-z]+ ){1,2}"
        r"|\b[A-Z][a-z]+ [A-Z][a-z]+(?:,| (?:said|says|called|told|believes|noted|is an?)\b)"
    ),
    "where": re.compile(r"\b(?:in|at|near|from) (?!Canada\b|The\b)[A-Z][a-z]"),
}
_A_DAY = re.compile(
    r"\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.? (?:the )?\d{1,2}\b|\b\d{1,2}(?:st|nd|rd|th)?(?: of)? "
    r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|-\d\d-\d\d\b",
    re.IGNORECASE,
)


def from_prose(asked: Asked, hits: Sequence[Hit], answers: Answerability, wrong: Callable[[str], str], budget: int) -> list[Piece]:
    """The best passage as its author wrote it where it is short, and the sentences that answer best, of it and of the next passages, with
    those that they lean on: one fact of running prose stands in one sentence of some passage, and the others lead up to it. Those with the
    sort of thing asked for come before the rest, and who asks about two programs is told of both. A sentence that is known to be wrong is
    left out; where it is the one that answers, it comes first, marked, and little is said beside it."""
    best, near = hits[0], hits[:PROSE_PASSAGES]
    chosen: dict[str, list[Unit]] = {hit.passage.id: [] for hit in hits}
    said: list[set[str]] = []

    def take(hit: Hit, unit: Unit) -> int:
        """The words that it adds, 0 where it is not to be said."""
        text = hit.passage.text[unit.start : unit.end]
        content = set(terms(text))
        if wrong(text) or _says_nothing(text) or any(says_no_more(content, other) for other in said):
            return 0
        chosen[hit.passage.id].append(unit)
        said.append(content)
        return unit.words

    worth = _worth_beside(asked, hits)
    ranked = quotable(asked, hits, wrong)
    if any(hit.alone for hit in near):
        best = ranked[0].hit
    mistaken = [
        Piece(one.hit.passage, *one.place, answers(asked, one.hit), correction)
        for one in ranked
        if one.worth > ranked[0].worth - AS_GOOD and (correction := wrong(one.text))
    ][:1]
    right = [one for one in ranked if not wrong(one.text)]
    least = ranked[0].worth - (_BESIDE_WRONG if mistaken else _WORTH_MORE)
    # Those with the sort of thing asked for come before those that only lead up to it, and so does what follows the best passage.
    near_enough = sorted((one for one in right if one[0] >= least), key=lambda one: not _is_typed(asked, *one[1:]))
    elsewhere = bool(near_enough) and _is_typed(asked, *near_enough[0][1:]) and not holds(asked.wants, best.passage.text)
    named = frozenset().union(*(names_given(asked.wordings[0], hit.passage.text) for hit in near))
    elsewhere = elsewhere or bool(named) and named.isdisjoint(names_given(asked.wordings[0], best.passage.text))
    used = 0
    if not mistaken and not elsewhere:
        whole = _by_item(best, units_of(best, leaning=False), wrong)
        if sum(unit.words for unit in whole) <= min(_WHOLE_PROSE, budget):
            opening = next((n for n, unit in enumerate(whole) if _stands_alone(best, unit)), 0)
            used = sum(take(best, unit) for unit in whole[opening:])
    on_each = _one_of_each(asked, right)
    for _, hit, unit in on_each:
        used += take(hit, unit)
    going_on = [one for one in right if any(_goes_on(piece, *one[1:]) for piece in mistaken) and one[0] >= ranked[0][0] - _WORTH_MORE]
    for _, hit, unit in (*going_on, *near_enough):
        unit = _untold(hit.passage.text, unit, chosen[hit.passage.id])
        if used and used + unit.words > budget:
            unit = _nearest_item(hit, unit) or unit
        if _stands_alone(hit, unit) and (not used or used + unit.words <= budget):
            used += take(hit, unit)
    if not used and near_enough:  # "Nothing is sent by post." answers, if nothing says more
        used += take(*near_enough[0][1:])
    worth_of = {hit.passage.id: max(worth(hit, unit) for unit in chosen[hit.passage.id]) for hit in hits if chosen[hit.passage.id]}
    for hit in near:
        before = _leans_on(hit, chosen[hit.passage.id], hits)
        last = units_of(before)[-1] if before is not None else None
        if before is not None and last is not None and used + last.words <= budget and (words := take(before, last)):
            used += words
            worth_of[before.passage.id] = max(worth_of.get(before.passage.id, 0.0), worth_of[hit.passage.id] + _JUST_BEFORE)
    first = {hit.passage.id for _, hit, _ in (*on_each, *going_on)}
    shown = [(hit, chosen[hit.passage.id]) for hit in hits if chosen[hit.passage.id]]
    shown.sort(key=lambda one: (one[0].passage.id not in first, -worth_of[one[0].passage.id]))
    return mistaken + [piece for hit, these in shown for piece in merged(hit.passage, _closed(hit, these, wrong), answers(asked, hit))]


class Quotable(NamedTuple):
    """A unit of a passage, and what it is worth beside others."""

    worth: float
    hit: Hit
    unit: Unit

    @property
    def place(self) -> tuple[int, int]:
        """Where it begins and ends in the passage's text."""
        return self.unit.start, self.unit.end

    @property
    def text(self) -> str:
        return self.hit.passage.text[self.unit.start : self.unit.end]


def quotable(asked: Asked, hits: Sequence[Hit], wrong: Callable[[str], str] = lambda _: "") -> list[Quotable]:
    """The sentences and lists of the first passages of prose, those that are worth most first."""
    worth = _worth_beside(asked, hits)
    units = ((hit, unit) for hit in hits[:PROSE_PASSAGES] for unit in _by_item(hit, units_of(hit), wrong))
    return sorted((Quotable(worth(hit, unit), hit, unit) for hit, unit in units), key=lambda one: -one.worth)


def _worth_beside(asked: Asked, hits: Sequence[Hit]) -> Callable[[Hit, Unit], float]:
    """What a unit of one of the hits is worth, with what a reader says of it; of one that was not read, as of the least of those that
    were."""
    least = min((odds for hit in hits for odds in hit.alone.values()), default=0.0)

    def worth(hit: Hit, unit: Unit) -> float:
        said = hit.alone.get((unit.start, unit.end), least)
        return _worth(asked, hit, unit) + READ_ALONE * counted(said)

    return worth


_SO = re.compile(r"\bas a (?:result|consequence)\b|\bfor (?:this|that) reason\b|\bconsequently\b", re.IGNORECASE)


def _leans_on(hit: Hit, units: Sequence[Unit], hits: Sequence[Hit]) -> Hit | None:
    """The passage that stands before this one in its document, where the first of these opens the passage and leans on what is said there
    ("It fell as a result."); None where it does not, or that was not found."""
    passage, opening = hit.passage, min(units, default=None)
    if opening is None or opening.start > hit.sentences[0].span.start:
        return None
    text = passage.text[opening.start : opening.end]
    if not (leans(text) or _SO.search(text)):
        return None
    above = (passage.source_id, passage.headings, passage.position - 1)
    return next((one for one in hits if (one.passage.source_id, one.passage.headings, one.passage.position) == above), None)


def _goes_on(piece: Piece, hit: Hit, unit: Unit) -> bool:
    """Whether the unit is the sentence after the piece."""
    return piece.passage.id == hit.passage.id and unit.start >= piece.end and not hit.passage.text[piece.end : unit.start].strip()


def _one_of_each(asked: Asked, ranked: Sequence[Quotable]) -> list[Quotable]:
    """Of a question about two programs or more, the best sentence on each: of a passage about it, or that names it."""
    if len(asked.programs) < 2:
        return []
    found: list[Quotable] = []
    for program, names in asked.programs:
        about = [one for one in ranked if one[1].passage.program == program] or [one for one in ranked if _names(one[1], one[2], names)]
        found += about[:1]
    return found


def _names(hit: Hit, unit: Unit, names: Concept) -> bool:
    return covered([names], frozenset(terms(hit.passage.text[unit.start : unit.end]))) == 1.0


def _nearest_item(hit: Hit, unit: Unit) -> Unit | None:
    """The nearest item of a list that is read without what introduces it; None where the unit is none or the item is too short."""
    inside = [s for s in hit.sentences if s.span.kind == "item" and unit.start <= s.span.start and s.span.end <= unit.end]
    if len(inside) < 2:
        return None
    nearest = max(inside, key=lambda scored: scored.cosine)
    words = len(hit.quoted(nearest).split())
    return Unit(nearest.span.start, nearest.span.end, nearest.cosine, words) if words >= _A_SENTENCE else None


_OPENED, _CLOSED = "“", "”"


def _closed(hit: Hit, units: Sequence[Unit], wrong: Callable[[str], str]) -> list[Unit]:
    """The units; one that ends within somebody's words goes on to where these end, if that is not far and what follows is right."""
    text = hit.passage.text
    whole = []
    for unit in units:
        line = text.rfind("\n", 0, unit.end) + 1  # each paragraph of a long speech opens anew
        said = text[line : unit.end]
        end = text.find(_CLOSED, unit.end) + 1 if said.count(_OPENED) > said.count(_CLOSED) else 0
        further = text[unit.end : end]
        if further and "\n" not in further and len(further.split()) <= _QUOTED_ON and not wrong(further):
            unit = Unit(unit.start, end, unit.cosine, unit.words + len(further.split()))
        whole.append(unit)
    return whole


def _by_item(hit: Hit, units: Sequence[Unit], wrong: Callable[[str], str]) -> list[Unit]:
    """The units, but of a list of which something is known to be wrong each item alone, and of one with an item that is much nearer than
    the others that item."""
    text = hit.passage.text
    apart: list[Unit] = []
    for unit in units:
        if "\n" not in text[unit.start : unit.end]:
            apart.append(_without_wrong(hit, unit, wrong))
            continue
        scored = [s for s in hit.sentences if unit.start <= s.span.start and s.span.end <= unit.end]
        inside = [Unit(s.span.start, s.span.end, s.cosine, len(hit.quoted(s).split())) for s in scored]
        first, second = sorted(inside, key=lambda one: -one.cosine)[:2] if len(inside) > 1 else (unit, unit)
        if wrong(text[unit.start : unit.end]):
            apart += inside
        elif first.cosine > second.cosine + _ITEM_ALONE and first.words >= _A_SENTENCE and not text[first.start : first.end].endswith(":"):
            apart.append(first)
        else:
            apart.append(unit)
    return apart


def _without_wrong(hit: Hit, unit: Unit, wrong: Callable[[str], str]) -> Unit:
    """The unit; a sentence that is right without the one that it leans on, which is known to be wrong, alone: what is right comes first."""
    text = hit.passage.text
    last = next((s for s in reversed(hit.sentences) if s.span.end == unit.end), None)
    if last is None or last.span.start == unit.start or not wrong(text[unit.start : unit.end]) or wrong(hit.quoted(last)):
        return unit
    return Unit(last.span.start, last.span.end, last.cosine, len(hit.quoted(last).split()))


def _worth(asked: Asked, hit: Hit, unit: Unit) -> float:
    """What a sentence of prose is worth beside others: how near it and its passage are, that it holds the sort of thing asked for, and
    that it or one before it names the year, the number or the person of which that is asked, and no other years. The first under a heading
    that asks nearly the same answers that."""
    _, counted = day_and_numbers(asked.wordings[0])
    years = years_among(counted)
    counted = counted if asked.wants else years  # "the 10,000" are no more than a name
    said = hit.passage.text[: unit.end]
    named = bool(counted) and not counted.isdisjoint(COUNTED.findall(said))
    others = bool(years) and YEAR.search(said, unit.start) is not None and years.isdisjoint(YEAR.findall(said))
    first = is_written_answer(hit) and unit.start <= hit.sentences[0].span.start
    near = max(unit.cosine, hit.question) if first else unit.cosine
    them = not names_given(asked.wordings[0], hit.passage.text).isdisjoint(_WORD.findall(said.lower()))
    near += _NAMES_THEM if them else 0.0
    typed = _is_typed(asked, hit, unit)
    return near + _OF_PASSAGE * hit.score + (TYPED if typed else 0.0) + (_NAMED if named else 0.0) - (_OTHER_YEAR if others else 0.0)


def _is_typed(asked: Asked, hit: Hit, unit: Unit) -> bool:
    """Whether it holds the sort of thing asked for, if any is."""
    text = hit.passage.text[unit.start : unit.end]
    if not asked.wants:
        opening = _WHO_OR_WHERE.match(asked.wordings[0])
        return opening is not None and _GIVES[opening[1].lower()].search(text) is not None
    which_day, _ = day_and_numbers(asked.wordings[0])
    return holds(asked.wants, text) and (not which_day or _A_DAY.search(text) is not None)


_WORD = re.compile(r"[a-z]{3,}")
_WRITTEN_LARGE = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}")


@lru_cache(64)  # of one question beside each sentence of a passage
def names_given(question: str, text: str) -> frozenset[str]:
    """The words of the question, however typed, that are names in the text: written with a capital within a sentence, and never without.
    Those of our field, such as its programs and places, are not meant."""
    large = {word.lower() for word in _WRITTEN_LARGE.findall(text)} - set(_WORD.findall(text))
    field = domain_terms(question) | PLACES
    return frozenset(word for word in large & set(_WORD.findall(question.lower())) if field.isdisjoint(terms(word)))


def _stands_alone(hit: Hit, unit: Unit) -> bool:
    """Whether a sentence says something: it is not a few words without a number."""
    return unit.words > _FEW_WORDS or _A_NUMBER.search(hit.passage.text, unit.start, unit.end) is not None


def _untold(text: str, unit: Unit, chosen: Sequence[Unit]) -> Unit:
    """The unit without the sentence that it leans on, where that is chosen already."""
    end = max((one.end for one in chosen if one.start <= unit.start < one.end < unit.end), default=unit.start)
    start = end + len(text[end : unit.end]) - len(text[end : unit.end].lstrip())
    return unit if start == unit.start else Unit(start, unit.end, unit.cosine, len(text[start : unit.end].split()))


def _says_nothing(text: str) -> bool:
    """Whether it is a lead-in without its list, or asks the reader something."""
    return text.endswith(":") or text.rstrip("”\"’').").endswith("?")
