"""Choose and order whole sentences from the passages found: the extractive answer.

A passage that was written as the answer to the question (a brief's section, an FAQ entry) is given from its first sentence on. From
running prose the sentences that answer best are taken, with the one before where a sentence leans on it. Nothing is reworded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from bot.scope import ASKING, PLACES, asks_for_outcome, asks_of_the_us, asks_to_act, asks_whether_open, domain_terms, gives_orders
from corpus.model import GENERAL, UNITED_STATES, Passage
from corpus.sentences import VERDICT, leans, opening_verdict
from index.expects import ONLY, expected, holds
from index.keywords import STOPWORDS, Concept, covered, stem, terms
from index.search import Hit, follows_any_refusal

MAX_WORDS = 100  # of an answer; a list may run a little over
_RELATED = 0.57  # cosine to a question of ours below which a second passage is about something else
_RESEMBLES = 0.65  # or its first sentence answers another question
_AS_GOOD = 0.05  # in score
_LACKS = 0.2  # share of the question's terms: what answers without them answers another question ("quebec pnp how to apply")
_NEARER_SENTENCE = 0.15  # cosine
_LATER_FACT = 0.05  # cosine by which a later sentence is nearer where it is the one that is asked for
# Below the first, a passage does not answer the question; between the two it may answer a part. eval/tune_answerability.py.
NOT_FOUND = 0.40
SURE = 0.68
MOST_READ = 8.0  # log odds of a reader beyond which they put nothing further ahead or behind
_SURELY_READ, _LEAST_READ = 2.0, -5.0  # log odds, and below which they tell no more
VERY = 0.94  # cosine from which a message says the same as a question of ours, and is that question
_ASKED_SO = 0.86  # cosine at which a passage's question is the one asked
_ASKED_RATHER = 0.08  # cosine by which one of two such passages answers a nearer question
_CASE_FOR_RULE = 0.15  # in score, how far behind the rule in general the very case that is asked about may lie
_MERELY_LIKE = 0.3  # what is left of a passage's chance when it is about another program, visa or year than the question
_OF_THE_WHOLE = 0.78  # cosine at which a question about a part is one that the whole is asked
_NAMES_ONE = 5  # terms of a message that can be about one thing only
_FIRST_OF_SEVERAL = 65  # words of the best passage where others are nearly as good: what it lacks, the next may hold
# On 126 questions to five articles the facts of 108 were shown with three passages one after the other, and of 120 so.
_PROSE_PASSAGES = 8
_WHOLE_PROSE = 45  # words of the best passage that are given as they stand
_WORTH_MORE = 0.3  # behind the best sentence, what is said of it is beside the point
_BESIDE_WRONG = 0.1  # behind it where that is known to be wrong: what is right answers, and the rest only fills
_ITEM_ALONE = 0.2  # cosine by which one item of a list is nearer than its others, and is given without them
_A_SENTENCE = 8  # words from which an item may be read without what introduces the list
_JUST_BEFORE = 1e-6  # of worth
_QUOTED_ON = 30  # words by which a quotation is followed to its end
_FEW_WORDS = 6  # of a sentence without a number that says nothing alone: "Demand was overwhelming."
_OF_PASSAGE = 0.85  # what a passage's score counts beside its sentence's cosine
_TYPED = 0.2  # what holding the sort of thing asked for adds to a sentence's cosine
_NAMED = 0.15  # and what naming a year or a number of the question does
_NAMES_THEM = 0.1  # and what naming somebody does whom the question names
_READ_ALONE = 0.08  # and what a reader's log odds of it alone do, as far as they count
_OTHER_YEAR = 0.3  # and what naming other years than the question's takes away
_LIST_WORDS = 120  # a list stays whole up to this, whatever the budget: half a list misleads
_ALSO_YES_OR_NO = ("refusal", "documents")  # sorts of thing that may be asked for with a yes or no: "can I apply again after a refusal?"
WITH_LIST = 150  # words of an answer whose list is asked for
_SAME = 0.7  # share of the shorter sentence's terms that makes two sentences say the same
# Share of a sentence's terms that stand in those before it, where it says nothing more: at 0.75 one answer of 1,077 lost a fact.
_TOLD = 0.8
_FIGURE = re.compile(r"\d[\d,.]*\d|\d")
_COUNTED = re.compile(r"(?<![\w-])\d[\d,.]*\d(?![\w-])")  # a year or a number, not the 1 of H-1B
_A_NUMBER = re.compile(r"(?<![\w-])\d")  # the same, of one digit too
_YEAR = re.compile(r"(?:19|20)\d\d")
_YEARS_ON = re.compile(r"(?:19|20)\d\d ?(?:to|and|until|[-–]) ?(?:the )?(?:19|20)\d\d")
# Whose name, and what place, a sentence gives. A country's own name, in a text on moving there, is none.
_WHO_OR_WHERE = re.compile(r"\W*(?:(?:and|so|but) )?(who|where)\b", re.IGNORECASE)
_GIVES = {
    "who": re.compile(
        r"\b(?:[Mm]inister|[Ll]awyer|[Cc]onsultant|[Pp]resident|[Rr]eporter|[Bb]y|said|[Aa]ccording to),? (?:[A-Z][a-z]+ ){1,2}"
        r"|\b[A-Z][a-z]+ [A-Z][a-z]+(?:,| (?:said|says|called|told|believes|noted|is an?)\b)"
    ),
    "where": re.compile(r"\b(?:in|at|near|from) (?!Canada\b|The\b)[A-Z][a-z]"),
}
_SETS_BESIDE = re.compile(r"\b(?:or|vs|versus|than|difference|between|compared?|better|and|both)\b", re.IGNORECASE)
_WHICH_DAY = re.compile(r"\b(?:wh(?:at|ich) (?:day|date)|deadline|last (?:day|date))\b", re.IGNORECASE)
_A_DAY = re.compile(
    r"\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.? (?:the )?\d{1,2}\b|\b\d{1,2}(?:st|nd|rd|th)?(?: of)? "
    r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|-\d\d-\d\d\b",
    re.IGNORECASE,
)


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


@dataclass(frozen=True)
class Asked:
    """One question of the message as searching and composing need it: its wordings, the first as it stands, the field's terms in it,
    and the sort of thing it wants."""

    wordings: tuple[str, ...]
    concepts: tuple[Concept, ...] = ()
    wants: str = ""
    about: frozenset[str] = frozenset()  # what an answer must be about: another visa, a year to come (bot/scope.py)
    programs: tuple[tuple[str, Concept], ...] = ()  # the programs it names, with every way of naming each
    tense: int = 0  # 1: asks what will happen; -1: asks what has happened
    day: str = ""  # the ISO day that is answered as of
    wholes: frozenset[str] = frozenset()  # programs of which those are part, whose rules hold for them too
    talked_of: frozenset[str] = frozenset()  # the programs that a follow-up, which names none, goes on about
    told: tuple[str, ...] = ()  # what a long message tells beside its questions

    @property
    def said(self) -> str:
        """The question, with what is told of who asks and how many they are."""
        return " ".join((*self.told, self.wordings[0]))


_SOME = 1e-6
_SOMEWHAT_AHEAD, _WELL_AHEAD = 0.2, 0.4  # in score: three of four right first hits are as far ahead as the first, one in six as the second


def _as_rare(term: str) -> float:
    return 1.0


@dataclass(frozen=True)
class Answerability:
    """Logistic weights for "does this passage answer this question?", one set for passages written as answers, one for prose.

    `written` is fitted by eval/tune_answerability.py on messages of strangers, `prose` by eval/tune.py on eval/sets (docs/decisions/0004).
    `answerability` gives those for the documents at hand. `rarity` is how rare a term is in the index, 0 or more. Where a hit was read, a
    constant and weights of these log odds and of the reader's, one set each, say what both come to (eval/tune_reading.py).
    """

    written: tuple[float, ...] = (-7.15, 2.1, 4.3, 0.85, 1.65, 0.0, 0.3, 0.85, 9.45, -3.6, -0.7, -2.3, -0.45)
    prose: tuple[float, ...] = (-7.6, 0.0, 5.75, 6.35, 3.9, 0.0, 0.0, 0.0)
    written_read: tuple[float, float, float] = (0.75, 0.34, 0.29)
    prose_read: tuple[float, float, float] = (1.6, 0.6, 0.6)
    reach: tuple[int, int] = (3, 5)  # passages of prose of which the nearest text and the nearest sentence are taken
    lacking: float = 0.45  # what is left of the chance of prose where none of these holds the sort of thing asked for
    partly: float = 0.25  # from which chance prose that names what is asked about may answer, and does if its sentences were read
    wholly: float = 0.45  # from which chance prose that was not read is an answer: its chances lie closer together
    # A constant, and one weight for four cosines: of text and nearest sentence, with the title and without. () where they have no part.
    apart: tuple[float, ...] = ()
    rarity: Callable[[str], float] = field(default=_as_rare, compare=False)

    def __call__(self, asked: Asked, hit: Hit, ahead: float = _SOMEWHAT_AHEAD) -> float:
        """0 to 1. `ahead`: by how much the hit scores more than those after it (`ahead_of_the_rest`)."""
        if is_written_answer(hit):
            z = sum(w * f for w, f in zip(self.written, self.features(asked, hit, ahead), strict=True))
        elif self.apart and hit.apart is not None:
            z = self.apart[0] + self.apart[1] * (hit.text + hit.sentence + sum(hit.apart))
        else:
            z = sum(w * f for w, f in zip(self.prose, self.measures(asked, hit), strict=True))
        if hit.read is not None:
            constant, unread, read = self.written_read if is_written_answer(hit) else self.prose_read
            z = constant + unread * z + read * max(hit.read, _LEAST_READ)
        likely = 1 / (1 + math.exp(-z))
        if self._is_of_another(asked, hit):
            return _MERELY_LIKE * likely
        # What follows any refusal need not be near the one that is asked about, nor all of the text a question of it.
        asked_so = bool(hit.passage.asked) and hit.question >= _ASKED_SO
        return max(likely, SURE) if asked_so or follows_any_refusal(asked.wants, hit.passage) else likely

    @staticmethod
    def _is_of_another(asked: Asked, hit: Hit) -> bool:
        """Whether the passage is about another program, year or person than the question."""
        return (
            not asked.about <= hit.terms
            or of_others(asked, hit)
            or _of_another_year(asked, hit)
            or not (
                not asked.programs
                or follows_any_refusal(asked.wants, hit.passage)
                or any(_is_about(hit, p, names) for p, names in asked.programs)
                or hit.passage.program in asked.wholes
                and hit.question >= _OF_THE_WHOLE
            )
        )

    def of(self, asked: Asked, hits: Sequence[Hit]) -> float:
        """The same of all that was found, best first: prose is answered from several passages, of which one had better hold the sort of
        thing asked for."""
        nearest = self.nearest(asked, hits)
        likely = self(asked, nearest, ahead_of_the_rest(hits))
        # A section of ours may say in other words how long or how much; who asks for an age, after a refusal, or for the papers is told
        # these or nothing.
        only = asked.wants in ONLY and not is_asked(hits[0])
        prose = not is_written_answer(hits[0])
        near = hits[: self.reach[1]] if prose else hits[:1] if only else ()
        lacks = bool(near) and (only or not surely_answers(nearest)) and not any(holds(asked.wants, hit.passage.text) for hit in near)
        if prose and self.reach[1] > 1 and (_lacks_the_very_thing(asked, near) or _in_no_document(asked, hits)):
            return _MERELY_LIKE * (self.lacking if lacks else 1.0) * likely
        if lacks:
            return self.lacking * likely
        if not prose:
            return likely
        if likely >= (NOT_FOUND if nearest.read is not None else self.wholly):
            return max(likely, SURE)
        if self.partly <= likely < NOT_FOUND and covered(asked.concepts, nearest.terms) == 1.0:
            named = domain_terms(asked.wordings[0]) - ASKING
            if named <= nearest.terms and not self._is_of_another(asked, nearest):
                return SURE if nearest.read is not None else NOT_FOUND
        return likely

    def nearest(self, asked: Asked, hits: Sequence[Hit]) -> Hit:
        """The best hit; of prose with the cosines of the nearest text and the nearest sentence among those that follow, and with the terms
        of these: what an article is about, it does not name in each passage. The overlap is then the plain share of the question's terms,
        as rarity tells little among so few passages."""
        best = hits[0]
        if is_written_answer(best):
            return best
        prose = [hit for hit in hits if not is_written_answer(hit)]
        texts, sentences = (prose[:reach] for reach in self.reach)
        held = frozenset(term for hit in sentences for term in hit.terms)
        wanted = terms(min(asked.wordings, key=len))  # of a story its question
        return replace(
            best,
            text=max(hit.text for hit in texts),
            sentence=max(hit.sentence for hit in sentences),
            read=max((odds for hit in prose for odds in hit.alone.values()), default=None),
            overlap=sum(term in held for term in wanted) / len(wanted) if self.reach[1] > 1 and wanted else best.overlap,
            terms=held,
        )

    @staticmethod
    def measures(asked: Asked, hit: Hit) -> tuple[float, ...]:
        """1, the cosines of the nearest wording, the text and the nearest sentence, the terms in common, the field's terms named, whether
        the sort of thing asked for is there, and the logarithm of the number of words: of few words more are near by chance."""
        typed = float(holds(asked.wants, hit.passage.text))
        length = math.log(max(len(asked.wordings[0].split()), 1))
        return (1.0, max(hit.question, 0.0), hit.text, hit.sentence, hit.overlap, covered(asked.concepts, hit.terms), typed, length)

    def features(self, asked: Asked, hit: Hit, ahead: float) -> tuple[float, ...]:
        """Of a passage that was written as an answer: its `measures`; how far it is `ahead`; how far the question and the one of the
        passage that is nearest are in partly the same words, by rarity, 0 to 0.5: such a pair is near for the words it shares, and often
        differs in the one that matters; whether some sort of thing is asked for at all, for that is missed more often than a yes or no;
        whether what is counted is not spoken of; and whether the passage tells that something is not known."""
        spelled = asked.wordings[min(1, len(asked.wordings) - 1)]  # in the field's words
        wanted, line = _content(spelled), _content(hit.asked_as)
        shared = self._weight(wanted & line) / max(self._weight(wanted | line), _SOME)
        return (
            *self.measures(asked, hit),
            ahead,
            min(shared, 1 - shared),
            float(bool(asked.wants)),
            float(not _counted_in(spelled) <= hit.terms),
            float(hit.passage.unknown),
        )

    def _weight(self, some: Set[str]) -> float:
        return sum(map(self.rarity, some))


def ahead_of_the_rest(hits: Sequence[Hit]) -> float:
    """By how much the first of the hits scores more than the others on the average, up to 0.4: what is asked of one section is nearer to it
    than to its neighbours, what only resembles them is about as near to each. In a conversation, where hits are in another order than that
    of their scores, and where there is but one, it is taken to be somewhat ahead."""
    if len(hits) < 2 or hits[0].continued is not None:
        return _SOMEWHAT_AHEAD
    return min(hits[0].score - sum(hit.score for hit in hits[1:]) / (len(hits) - 1), _WELL_AHEAD)


@lru_cache(256)
def _content(text: str) -> frozenset[str]:
    """The terms of a text that are not merely ways of asking."""
    return frozenset(terms(text)) - ASKING


_HOW_MANY = re.compile(r"\bhow (?:many|much) (\w+)", re.IGNORECASE)
# What texts have many names for, or give in another unit.
_BY_ANY_NAME = frozenset(
    terms("seats spots slots places people ppl persons folks times years yrs months weeks days hours points pts dollars money is are does")
)


@lru_cache(64)
def _counted_in(question: str) -> frozenset[str]:
    """What a question wants the number of: "how many questions does the test have"."""
    found = _HOW_MANY.search(question)
    return frozenset(terms(found[1])) - _BY_ANY_NAME if found is not None else frozenset()


# Fitted by eval/tune.py on public questions (docs/decisions/0015). The words in common have no part: who writes a question with the passage
# in view borrows its words, who searches does not.
OF_ANOTHER_FIELD = Answerability(
    prose=(-4.05, 0.0, 2.1, 5.0, 0.0, 0.0, 0.0, 0.0), reach=(1, 1), lacking=1.0, partly=1.0, apart=(-6.32, 3.41), prose_read=(0.0, 1.0, 0.2)
)
_LOOKED_AT = 200  # passages, about, that tell what documents are about: spread over all, and no more are read
_SPEAKING = 0.4  # share that speak of the field: 0.87 in articles on it, 0.60 of IRCC's help centre, 0.10 to 0.27 in three other fields


def answerability(passages: Sequence[Passage], rarity: Callable[[str], float] = _as_rare) -> Answerability:
    """The weights for documents of these passages: where few speak of our field, it tells nothing that a question names no term of it."""
    some = [p for p in passages[:: max(1, len(passages) // _LOOKED_AT)] if p.kind == "section"]
    speaking = sum(len(domain_terms(p.text) - PLACES) > 1 for p in some)
    return replace(Answerability() if speaking >= _SPEAKING * len(some) else OF_ANOTHER_FIELD, rarity=rarity)


# What is asked for by its kind: "the budget of", "which province takes". What has a name a text names, without saying what kind of thing it
# is; a time it gives; and the text that is asked about is the source itself. A province is one of few names.
_BY_KIND = re.compile(
    r"\bwh(?:at|ich) (?:is|are|was|were) the (?:\w+ )?(\w+) (?:of|for|behind)\b"
    r"|\bwhich (?:\w+ )?(\w+) (?:is|are|was|were|do|does|did|has|have|had|takes?|gets?|got|can|will|should|could|would)\b",
    re.IGNORECASE,
)
_NEEDS_NO_WORD = frozenset(
    terms(
        "year month day date week time company firm employer person people department agency ministry minister lawyer expert city town "
        "country university newspaper article paper text page source author program programme one thing kind sort way part"
    )
)
_PROVINCES = frozenset(terms("province territory Ontario Quebec Alberta Manitoba Saskatchewan Columbia Scotia Brunswick Yukon Nunavut"))


def _lacks_the_very_thing(asked: Asked, near: Sequence[Hit]) -> bool:
    """Whether none of these passages, however near, speaks of the thing that is asked for, or of the people or year whose number is."""
    if _counts_others(asked, near) or _of_no_such_year(asked, near):
        return True
    kind = _BY_KIND.search(asked.wordings[0])
    things = set(terms(kind[1] or kind[2])) - _NEEDS_NO_WORD if kind is not None else set()
    meant = _PROVINCES if things & _PROVINCES else things
    called = [names for names in asked.concepts if any(things.intersection(name) for name in names)]  # the field's other words for it
    return bool(things) and not any(meant & hit.terms or called and covered(called, hit.terms) for hit in near)


def _in_no_document(asked: Asked, hits: Sequence[Hit]) -> bool:
    """Whether one text speaks of the one thing that is asked about and another of the other, and none of both: who asks for the score of a
    pathway is not answered by what one article says of scores and another of the pathway. Who sets two things beside each other is."""
    if len(asked.concepts) < 2 or _SETS_BESIDE.search(asked.wordings[0]) is not None:
        return False
    spoken: dict[str, set[str]] = {}
    for hit in hits[:_PROSE_PASSAGES]:
        spoken.setdefault(hit.passage.source_id, set()).update(hit.terms)
    together = covered(asked.concepts, frozenset().union(*spoken.values()))
    return together > max(covered(asked.concepts, frozenset(own)) for own in spoken.values())


def _counts_others(asked: Asked, hits: Sequence[Hit]) -> bool:
    """Whether a number of people of one citizenship is asked for, and these passages, which speak of no such people, count others."""
    named = _citizenships(asked.wordings[0]) if asked.wants == "number" else frozenset()
    return bool(named) and all(named.isdisjoint(_citizenships(hit.passage.text)) for hit in hits)


_NUMBERS = ("number", "amount", "points")


def _of_no_such_year(asked: Asked, hits: Sequence[Hit]) -> bool:
    """Whether a number of a year is asked for, and none of these passages names that year, a span of years or was published in it."""
    years = _years(_asked_of(asked.wordings[0])[1]) if asked.wants in _NUMBERS else frozenset()
    if not years:
        return False
    return not any(hit.passage.as_of[:4] in years or _speaks_of(years, hit.passage.text) for hit in hits)


def _speaks_of(years: Set[str], text: str) -> bool:
    """Whether a text names one of these years, or a span of years."""
    return _YEARS_ON.search(text) is not None or not years.isdisjoint(_YEAR.findall(text))


_FIGURES = re.compile(
    r"\b(?:cut-?offs?|scores?|crs|fees?|costs?|prices?|nominations?|allocations?|quotas?|caps?|registrations?|invit\w+|funds|savings|wages?)\b",
    re.IGNORECASE,
)
_OF_SOMEBODY = re.compile(r"\b(?:i|i'?m|i'?ve|my|me|we|our|us|he|she|his|her|they|their|wife|husband|son|daughter)\b", re.IGNORECASE)


def _of_another_year(asked: Asked, hit: Hit) -> bool:
    """Whether a figure of a year gone by is asked for, and the passage, which was written as an answer, speaks of no such year: what a fee
    was in 2021 is not what it is. A year in somebody's own life ("gave biometrics in 2019") is not asked of."""
    years = _years_asked_of(asked.wordings[0], asked.day[:4]) if is_written_answer(hit) else frozenset()
    if not years or not (asked.wants in _NUMBERS or _FIGURES.search(asked.wordings[0])):
        return False
    return years.isdisjoint(_YEAR.findall(hit.passage.heading)) and not _speaks_of(years, hit.passage.text)


@lru_cache(64)
def _years_asked_of(question: str, now: str) -> frozenset[str]:
    """The years before `now` in the parts of a question that speak of nobody."""
    parts = (part for part in re.split(r"[.,;:?!]\s", question) if not _OF_SOMEBODY.search(part))
    return frozenset(year for part in parts for year in _YEAR.findall(part) if year < now)


# Citizenships that a heading singles out, each with the country. "A Mexican citizen can …" is no answer for an Indian one.
_CITIZENS = {
    stem(word): pair
    for pair in (
        "india indian,china chinese,mexico mexican,philippines filipino,brazil brazilian,nepal nepali,pakistan pakistani,korea korean,"
        "bangladesh bangladeshi,japan japanese,taiwan taiwanese,iran iranian,nigeria nigerian,vietnam vietnamese,france french,"
        "germany german,uk british,ireland irish,australia australian"
    ).split(",")
    for word in pair.split()
}


def of_others(asked: Asked, hit: Hit) -> bool:
    """Whether the question names a citizenship, an age, a family of so many, a country's employer or paper, and the passage's heading only
    others."""
    if of_another_age(asked, hit) or of_another_number(asked, hit) or of_another_country(asked, hit):
        return True
    named = _citizenships(asked.said)
    held = _citizenships(hit.passage.heading) if named else frozenset()
    return bool(held) and not named & held and _OF_EVERY_NATIONALITY.search(hit.passage.text) is None


_OF_EVERY_NATIONALITY = re.compile(
    r"\b(?:every|any|all|whatever the|no matter the) nationalit\w+\b|\bnationality does not matter\b", re.IGNORECASE
)


def of_another_number(asked: Asked, hit: Hit) -> bool:
    """Whether the question speaks of so many people, and the passage's heading of others."""
    many = _people(asked.said)
    return bool(many) and bool(other := _people(hit.passage.heading)) and many.isdisjoint(other)


def of_another_time(asked: Asked, hit: Hit) -> bool:
    """Whether the passage's heading is on what was before a day, and the question on what is since one, or the other way round."""
    sides = [frozenset(side for side, said in _SIDES.items() if said.search(text)) for text in (asked.said, hit.passage.heading)]
    return all(len(side) == 1 for side in sides) and sides[0] != sides[1]


_SOME_DAY = r"(?:the )?(?:20\d\d\b|(?:\d{1,2}(?:st|nd|rd|th)? (?:of )?)?(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)[a-z]*\b)"
_SIDES = {
    "before": re.compile(rf"\b(?:before|until|till|prior to|up to) {_SOME_DAY}", re.IGNORECASE),
    "since": re.compile(rf"\b(?:after|since|from|starting|as of|as from) {_SOME_DAY}", re.IGNORECASE),
}


def of_another_age(asked: Asked, hit: Hit) -> bool:
    """Whether the passage's heading is on those over (or under) an age, and every age that the question gives lies on the other side."""
    beyond = _beyond_its_limit(asked, hit.passage.heading)
    return bool(beyond) and all(beyond)


def _is_their_age(asked: Asked, heading: str) -> bool:
    """Whether a heading is on those over (or under) an age, and every age that the question gives lies on that side."""
    beyond = _beyond_its_limit(asked, heading)
    return bool(beyond) and not any(beyond)


def _beyond_its_limit(asked: Asked, heading: str) -> list[bool]:
    """Of each age that the question gives whether it lies on the other side of the one that a heading names; none where it names none."""
    limit = _AGE_LIMIT.search(heading)
    ages = [int(found[1] or found[2]) - (_COMING.search(found[0]) is not None) for found in _AGED.finditer(asked.said)] if limit else []
    return [age < int(limit[2]) if limit[1].lower() == "over" else age >= int(limit[2]) for age in ages] if limit else []


_AGE_LIMIT = re.compile(r"\b(over|under) (\d{1,2})\b(?![,.]?\d)", re.IGNORECASE)
_AGED = re.compile(
    r"\b(?:daughter|son|kid|child|boy|girl|she|he|i am|i'?m|who) "
    r"(?:is |turns? |turned |will be |turning )?(?:now |already |only |just )?(\d{1,2})\b"
    r"(?! ?(?:%|days?|weeks?|months?|hours?|points?|people|years? (?:in|of|at|on)))|\b(\d{1,2})[ -]?(?:years?|yrs?|yr|y)[ -]?(?:old|o)\b",
    re.IGNORECASE,
)
_COMING = re.compile(r"\b(?:turns?|turning|will be)\b", re.IGNORECASE)  # who turns 22 is 21


_KIN = {
    "spouse": re.compile(r"\b(?:wife|husband|hubby|spouses?|partner|fianc[eé]e?|girlfriend|boyfriend)\b", re.IGNORECASE),
    "child": re.compile(r"\b(?:sons?|daughters?|kids?|child(?:ren)?|baby|toddler|stepchildren|stepson|stepdaughter)\b", re.IGNORECASE),
    "parent": re.compile(r"\b(?:parents?|mother|father|mom|mum|dad|grandparents?|in-laws?)\b", re.IGNORECASE),
    "sibling": re.compile(r"\b(?:brothers?|sisters?|siblings?)\b", re.IGNORECASE),
    "other": re.compile(r"\b(?:cousins?|nephews?|nieces?|uncles?|aunts?)\b", re.IGNORECASE),
}


@lru_cache(4096)  # of headings, and of one question beside each of them
def _kin(text: str) -> frozenset[str]:
    return frozenset(kin for kin, named in _KIN.items() if named.search(text))


def of_another_relative(asked: Asked, hit: Hit) -> bool:
    """Whether the passage's heading is on another relative than the question names: a child of over 22 where a sister is meant."""
    meant, told_of = _kin(asked.wordings[0]), _kin(hit.passage.heading)
    return len(meant) == 1 and bool(told_of) and meant.isdisjoint(told_of) and not is_asked(hit)


def of_theirs(asked: Asked, hit: Hit) -> bool:
    """Whether the passage's heading names a citizenship that the question names."""
    named = _citizenships(asked.said)
    return bool(named) and not named.isdisjoint(_citizenships(hit.passage.heading))


def of_another_country(asked: Asked, hit: Hit) -> bool:
    """Whether the passage, or the yes that it opens with, is on an employer of the one of the two countries where the question is on one of
    the other; or the passage on what is Canada's where what is the United States' is asked about."""
    heading, opening = hit.passage.heading, opening_verdict(hit.passage.text)
    if is_asked(hit):
        return False
    meant, told_of = _employers(asked.wordings[0]), _employers(heading) or _employers(opening.group() if opening is not None else "")
    if len(meant) == 1 and told_of and meant.isdisjoint(told_of):
        return True
    american = hit.passage.program.startswith(UNITED_STATES) or _AMERICAN.search(heading) is not None
    return not american and asks_of_the_us(asked.wordings[0])


_EMPLOYER = r"(?:compan(?:y|ies)|employers?|firms?|start-?ups?|clients?|business(?:es)?|boss)"
_CANADIAN_PLACE = r"canada|toronto|vancouver|montr[eé]al|ottawa|calgary|edmonton|waterloo|halifax|winnipeg|ontario|qu[eé]bec|alberta"
_US_PLACE = r"(?:the )?(?:us|u\.s\.|usa|united states)|america|california|texas|new york|new jersey|seattle|silicon valley|boston|chicago"
_EMPLOYERS = {
    country: re.compile(rf"\b(?:{adjective}|{place})(?:[ -][\w-]+)? {_EMPLOYER}\b|\b{_EMPLOYER} (?:in|of) (?:{place})\b", re.IGNORECASE)
    for country, adjective, place in (("canada", "canadian", _CANADIAN_PLACE), ("us", "american", _US_PLACE))
}
_AMERICAN = re.compile(r"\b(?:us|u\.s\.|american?|united states|green[ -]cards?)\b", re.IGNORECASE)


@lru_cache(4096)  # of headings, and of one question beside each of them
def _employers(text: str) -> frozenset[str]:
    """Of which of the two countries a text names an employer."""
    return frozenset(country for country, named in _EMPLOYERS.items() if named.search(text))


_OF_THE_US = re.compile(
    r"\b(?:citizens? of (?:the )?(?:us|usa|u\.s\.|united states|america)|(?:us|usa|u\.s\.|american) (?:citizen|passport)s?)\b",
    re.IGNORECASE,
)
_NATIONAL = re.compile(r"\b(?:citizen|citizenship|passport|national)s?\b", re.IGNORECASE)
_BORN = re.compile(r"\bborn (?:and (?:raised|brought up) )?in [\w']+", re.IGNORECASE)


@lru_cache(4096)  # of headings, and of one question beside each of them
def _citizenships(text: str) -> frozenset[str]:
    """Those that a text names. Where somebody was born does not count beside a citizenship."""
    text, of_the_us = _OF_THE_US.subn(" ", _BORN.sub(" ", text) if _NATIONAL.search(text) else text)
    return frozenset(_CITIZENS[t] for t in terms(text) if t in _CITIZENS) | (frozenset({"us american"}) if of_the_us else frozenset())


def beside_the_refusal(asked: Asked, hit: Hit) -> bool:
    """Whether it is asked what follows a refusal, and the passage tells of none, or of one in a program that the question does not name."""
    named = {GENERAL, *(program for program, _ in asked.programs)}
    return asked.wants == "refusal" and not (hit.passage.program in named and holds(asked.wants, hit.passage.text))


def _is_about(hit: Hit, program: str, names: Concept) -> bool:
    return hit.passage.program == program or covered([names], hit.terms) == 1.0


def compose(
    asked: Asked,
    hits: Sequence[Hit],
    answers: Answerability,
    wrong: Callable[[str], str] = lambda _: "",
    budget: int = MAX_WORDS,
) -> list[Piece]:
    """Pieces that answer one question, in reading order, about `budget` words. Empty when there are no hits.

    `wrong` gives the id of the correction that a sentence runs against, or "".
    """
    hits = [said for hit in hits if (said := _without_orders(hit)).sentences]
    if not hits:
        return []
    best = hits[0]
    if best.passage.origin != "brief":
        return _from_prose(asked, hits, answers, wrong, budget)
    others = [hit for hit in hits[1:4] if is_written_answer(hit) and hit.score >= best.score - _near(best) and hit.question >= _RELATED]
    others = [hit for hit in others if not of_others(asked, hit) and not beside_the_refusal(asked, hit)]
    if best.passage.unknown:  # what is known of another program is not what is known of this one
        others = [hit for hit in others if hit.passage.program in (best.passage.program, GENERAL)]
    if asked.tense >= 0 and not _is_over(best, asked.day):  # what was true once is no part of what is true now
        others = [hit for hit in others if not _is_over(hit, asked.day)]
    if (meant := next((hit for hit in hits[1:4] if _is_meant(asked, hit, best)), None)) is not None:
        others = [best, *(hit for hit in others if hit is not meant)]
        best = meant
    elif others and others[0].score >= best.score - _AS_GOOD * (1 + best.passage.unknown) and _answers_rather(asked, others[0], best):
        best, others[0] = others[0], best
    rest, others = others, [hit for hit in others if not _is_beside(asked, hit, best)]
    # Half a table misleads, and the next passages do not hold the rest.
    first = budget if not others or _has_list(best) else min(budget, _FIRST_OF_SEVERAL)
    pieces = _from_answer(asked, best, answers(asked, best, ahead_of_the_rest(hits)), first, rather=True)
    openly = asked.wants and asked.wants not in _ALSO_YES_OR_NO
    if openly or is_doubtful(best) or not _same_way_round(asked.wordings[0], best):
        turned = _turned_round(asked.wordings[0], best)
        plain = _without_verdict(pieces[0], best.asked_as in best.passage.no_verdict or _of_all(asked.wordings[0], best))
        if plain is None and is_doubtful(best):  # a yes or no that cannot be taken off answers its own question only
            return compose(asked, others or rest, answers, wrong, budget)
        if plain is None and others and turned:
            return compose(asked, others, answers, wrong, budget)  # "Do I lose it?" is not answered "Yes, for a time: you may live there"
        question = asked.wordings[0]
        word = VERDICT.match(pieces[0].quote) is not None
        unasked = asks_openly(question) or best.question < _ANOTHER_QUESTION or word and not _asks_for_a_word(question)
        a_word = word or not asks_openly(best.passage.heading)  # "Usually on the day of arrival:" answers "When …?"
        pieces[0] = plain or _without_verdict(pieces[0], turned or unasked and a_word) or pieces[0]
    for hit in others:
        left = budget - sum(p.words for p in pieces)
        if left >= 20:
            more = [_without_verdict(piece) for piece in _from_answer(asked, hit, answers(asked, hit), min(left, 45))]
            pieces.extend(_new([piece for piece in more if piece is not None], pieces))
    return _once(pieces)


def _without_orders(hit: Hit) -> Hit:
    """A passage that somebody added without its sentences that speak to the program: they say what their writer wants in any answer."""
    if hit.passage.origin == "brief":
        return hit
    return replace(hit, sentences=tuple(scored for scored in hit.sentences if not gives_orders(hit.quoted(scored))))


_DENIAL = re.compile(
    r"\b(?:no|not|never|none|cannot|without|only|closed|ended|stopped|replaced|revoked|expired|removed|dropped|waived)\b|n['’]t\b",
    re.IGNORECASE,
)


def _is_beside(asked: Asked, hit: Hit, best: Hit) -> bool:
    """Whether a further passage is near the best one and answers nothing more: what a thing is, what is not published of one that is, and
    what holds of another program where a message of few words names none, or where the best is of the one that a follow-up goes on about.
    Not if its own question is nearer to the one asked."""
    if hit.question >= best.question or hit.score >= best.score:
        return False
    if hit.passage.unknown and not best.passage.unknown:
        return asked.tense <= 0
    programs = {hit.passage.program, best.passage.program} - {GENERAL}
    another = not asked.programs and len(programs) == 2 and len(terms(asked.wordings[0])) <= _NAMES_ONE
    another = another or best.passage.program in asked.talked_of and not programs <= asked.talked_of
    return another or _DEFINES.match(hit.passage.heading) is not None


def _is_meant(asked: Asked, hit: Hit, best: Hit) -> bool:
    """Whether another passage stands under the very case that the message names and the best one under the rule in general: for a
    citizenship, an age, a month, or a family of so many; or tells that an outcome cannot be known where the best one says yes or no to
    something else."""
    if hit.score < best.score - _CASE_FOR_RULE or not is_written_answer(hit):
        return False
    if hit.passage.unknown:
        alike = hit.passage.program == best.passage.program and _gives_verdict(best) and not is_asked(best)
        return alike and asks_for_outcome(asked.wordings[0])
    if _is_of_their_month(asked, hit, best):
        return True
    if _is_their_age(asked, hit.passage.heading) and _AGE_LIMIT.search(best.passage.heading) is None:
        return _asks_what(hit.passage.heading) in ("", _asks_what(asked.wordings[0]))
    people = _people(asked.said)
    many = people & _people(hit.passage.heading) and people.isdisjoint(_people(best.passage.heading))
    # A family of so many may be told of for its fees or its funds.
    of_another_thing = best.passage.source_id != hit.passage.source_id and people & _people(best.passage.text)
    theirs = _citizenships(asked.said) & _citizenships(hit.passage.heading)
    of_theirs = theirs and not theirs & _citizenships(best.passage.text) and not _of_another_status(asked.said, hit.passage.heading)
    if of_theirs and _asks_what(asked.wordings[0]) == _asks_what(best.passage.heading) != _asks_what(hit.passage.heading):
        return False  # "which police certificates do I need, I lived in India": not where the Indian one is got
    return bool(many and not of_another_thing) or bool(of_theirs)


_OF_ONE_DAY = re.compile(r"\b(?:cut-?offs?|scores?|rounds?|draws?|invit\w+)\b", re.IGNORECASE)
_MONTH = re.compile(r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,? (20\d\d)\b", re.IGNORECASE)


def _is_of_their_month(asked: Asked, hit: Hit, best: Hit) -> bool:
    """Whether a round of some month is asked about, and this passage on the same program tells of that month where the best does not."""
    question = asked.wordings[0]
    months = _months(question) if _OF_ONE_DAY.search(question) and hit.passage.program == best.passage.program else frozenset()
    return bool(months & _months(hit.passage.text)) and months.isdisjoint(_months(best.passage.text))


def month_not_held(question: str, texts: Iterable[str]) -> str:
    """The month and year of which a round, a draw or a score is asked, "October 2026", where none of the texts tells of it; else ""."""
    asked = list(_MONTH.finditer(question)) if _OF_ONE_DAY.search(question) else []
    if len(asked) != 1 or _months(asked[0][0]) & _months("\n".join(texts)):
        return ""
    return f"{_MONTHS[asked[0][1].lower()]} {asked[0][2]}"


_MONTHS = {
    name[:3].lower(): name for name in "January February March April May June July August September October November December".split()
}


def _months(text: str) -> frozenset[tuple[str, str]]:
    return frozenset((month.lower(), year) for month, year in _MONTH.findall(text))


_GREEN_CARD = re.compile(r"\b(?:us |u\.s\. |american )?(?:green[ -]?card|lawful permanent resident|lpr)\b", re.IGNORECASE)


def _of_another_status(said: str, heading: str) -> bool:
    """Whether a heading is of those on H-1B alone where somebody with a green card asks."""
    return _GREEN_CARD.search(said) is not None and _GREEN_CARD.search(heading) is None and "H-1B" in heading


_SO_MANY = re.compile(
    r"\b(?:family|fam|household|couple) of (\w+)|\b(\w+) (?:people|ppl|persons?|members|family members|of us)\b", re.IGNORECASE
)
_COUPLE_AND = re.compile(
    r"\b(?:couple|wife|husband|hubby|spouse|partner)\W+(?:(?:and|with|plus|n)\W+)?(\w+)(?: or (\w+))? (?:kids?|child(?:ren)?)\b",
    re.IGNORECASE,
)
_SMALL = {"no": 0, "without": 0, "a": 1, "one": 1}


@lru_cache(4096)  # of headings, and of one question beside each of them
def _people(text: str) -> frozenset[int]:
    """How many people a text may speak of: a family of so many, or a couple with so many children."""
    many = [_count(word) for found in _SO_MANY.finditer(text) for word in found.groups() if word]
    with_children = [_count(word) for found in _COUPLE_AND.finditer(text) for word in found.groups() if word]
    return frozenset([n for n in many if n] + [2 + n for n in with_children if n is not None])


def _count(word: str) -> int | None:
    word = word.lower()
    if word in _SMALL:
        return _SMALL[word]
    digits = _NUMBER_WORDS.get(word, word)
    return int(digits) if digits.isdigit() and len(digits) <= 2 else None


_WHAT = re.compile(r"\b(?:what|which|where|when|why|who|how (?:much|many|long|often|fast)|how)\b", re.IGNORECASE)


def _asks_what(question: str) -> str:
    """The word by which it asks: "which", "how long"; "" for a yes or a no."""
    found = _WHAT.search(question) if asks_openly(question) else None
    return found[0].lower() if found is not None else ""


def _is_over(hit: Hit, day: str) -> bool:
    return bool(hit.passage.valid_until) and hit.passage.valid_until < day


def _answers_rather(asked: Asked, other: Hit, best: Hit) -> bool:
    """Whether, of two passages that are as good, the second is the sort of answer that is asked for and the first is not.

    "How many days?" is not answered by "No, a margin is safer: …", nor "does it apply to me?" by what it is. What is not published
    answers a question about what is to come, and no other while something is."""
    question = asked.wordings[0]
    if best.passage.unknown and not other.passage.unknown:
        return asked.tense <= 0 and other.question >= best.question
    unpublished = other.passage.unknown and not best.passage.unknown
    if not unpublished and other.question >= max(_ASKED_SO, best.question + _ASKED_RATHER) and other.overlap >= best.overlap:
        return _DEFINES.match(other.passage.heading) is None and other.score >= best.score - _AS_GOOD / 2
    if _has_list(other) and not _has_list(best) and any(asks_for_several(wording) for wording in asked.wordings):
        return other.question > best.question - _ASKED_RATHER and other.overlap > best.overlap - _LACKS
    if asks_openly(question) or asks_to_act(question):  # "Can you pay it for me?" is asked of the program, not of the rules
        return _gives_verdict(best) and not _gives_verdict(other) and other.question > best.question - _ASKED_RATHER
    near = other.question >= best.question - _ASKED_RATHER / 2  # a case of its own is further off than the rule
    return near and asks_openly(best.passage.heading) and _gives_verdict(other) and _same_way_round(question, other)


# Words that turn a question round: "can I come without X?" is answered yes where "do I need X?" is answered no.
_TURNS = re.compile(
    r"\b(?:without|w/o|no|not|never|none|cannot|closed?(?! (?:work )?permit)|ended|over(?! (?:the age|\d))|expired|dead|gone|stopped"
    r"|loo?s(?:e|ing)|refused?|banned|prohibited|illegal|outdated|obsolete"
    r"|(?:giv(?:e|es|ing)|gave) (?:it |that |them )?up|surrender|renounce|forfeit"
    r"|outside|excluded?|excludes|enough|sufficient|suffices?|replaces?|exempt(?:ed)?|keep \w+ out|inadmissible|prevents?|hurts?|harms?"
    r"|cancel\w*|abolish\w*|scrap\w*|revoked?"
    r"|too (?:old|young|late|early|long|short|much|many|few|low|high)"
    r"|(?:do|does|did|is|are|was|were|has|have|had|ca|wo|would|could|should)n['’]?t)\b",
    re.IGNORECASE,
)
_DEFINES = re.compile(r"what (?:is|are|was|were) ", re.IGNORECASE)  # it resembles every question about the thing
_NEED = re.compile(
    r"\b(?:needs?|needed|required?|requires|requirement|must|mandatory|necessary|compulsory|have to|has to)\b", re.IGNORECASE
)
_MATTERS = re.compile(
    r"\b(?:matters?|depends?|affects?|influences?|(?:make|makes|any) (?:a |any |much )?difference|relevant|restricted to|limited to"
    r"|only for|just for|only (?:if|when)|included?|includes|including|count(?:s|ed)? (?:in|towards?))\b",
    re.IGNORECASE,
)
_OPEN_QUESTION = re.compile(r"\b(?:what|how|which|when|who|where|why|should|shall)\b", re.IGNORECASE)
_YES_OR_NO = re.compile(
    r"\b(?:do|does|did|is|are|am|was|were|can|could|will|would|has|have|may|must) "
    r"(?:i|we|he|she|it|they|you|my|our|the|this|that|these|there|a|an|any|canada|ircc|uscis|employers?|h1b|spouses?|wife|husband|kids|children)\b",
    re.IGNORECASE,
)


# Whatever its form, a message with one of these wants a yes or a no: "still taking in 2026", "teer 3, wife open permit possible".
_WANTS_A_WORD = re.compile(
    r"^\W*(?:and |so |but |ok |then )*(?:is|are|am|was|were|do|does|did|can|could|will|would|should|has|have|must|may|any)\b"
    r"|\b(?:still|possible|allowed|accepted|required|right|correct|true|ok|okay|yes|whether|needs?|needed)\b",
    re.IGNORECASE,
)


def _asks_for_a_word(question: str) -> bool:
    """Whether the message asks for a yes or a no, rather than naming a thing ("and taxes?") or telling something."""
    if _YES_OR_NO.search(question) is not None or _WANTS_A_WORD.search(question) is not None:
        return True
    return question.rstrip().endswith("?") and len(terms(question)) > 2


def asks_openly(question: str) -> bool:
    """Whether it asks what, how or when, rather than for a yes or a no: whichever comes first. "Does it hit people who …" does not."""
    openly, closed = _OPEN_QUESTION.search(question), _YES_OR_NO.search(question)
    return openly is not None and (closed is None or openly.start() < closed.start())


# On 566 questions, half of the answers with less in common than both of these were right (eval/sets, November 2026).
_LITTLE = 0.35  # share of the question's terms, by rarity, that stand in the passage
_NEAR = 0.79  # cosine to a question of ours
_NOT_MUCH, _NOT_NEAR = 0.4, 0.695  # the same: of 11 between, 5
_ALIKE = 0.74  # cosine below which a heading is another question than the one asked
# Cosine below which its yes or no is not shown at all: of 25 such answers to eval/typed_kept.jsonl, 15 were of the section that is asked
# for; of 83 from there to .79, 69 (November 2026).
_ANOTHER_QUESTION = 0.65


def is_doubtful(hit: Hit) -> bool:
    """Whether a written answer only resembles what is asked: little of the question stands in it, and its own question is not near."""
    return bool(hit.passage.asked) and hit.overlap < _LITTLE and hit.question < _NEAR


def may_not_answer(hit: Hit) -> bool:
    """Whether a written answer is doubtful, or far enough from the question that who asks should be told; not if, read beside it, it was
    found to answer. Of hands not learned from, 23 of 26 such do, and 29 of 130 of the others."""
    if hit.read is not None and hit.read >= 0:
        return False
    return is_doubtful(hit) or (bool(hit.passage.asked) and hit.overlap < _NOT_MUCH and hit.question < _NOT_NEAR)


def surely_answers(hit: Hit) -> bool:
    """Whether the passage, read beside the question, was found to answer so surely that words which are missing tell nothing."""
    return hit.read is not None and hit.read >= _SURELY_READ


def _same_way_round(question: str, hit: Hit) -> bool:
    """Whether a "Yes:" or "No:" under the passage's heading answers the question as it was asked."""
    if asks_openly(question) or not _asks_for_a_word(question) or hit.question < _ALIKE:
        return False
    if hit.asked_as in hit.passage.no_verdict:
        return False
    if _of_all(question, hit):
        return False
    if asks_whether_open(question) != asks_whether_open(hit.passage.heading):
        return False
    if (_NEED.search(question) is None) != (_NEED.search(hit.passage.heading) is None):
        return False  # "Can they go to school?" is answered yes where "do they need a permit for school?" is not
    if (_MATTERS.search(question) is None) != (_MATTERS.search(hit.passage.heading) is None):
        return False  # "Does nationality matter?" is answered no where "can an Indian use it?" is answered yes
    return len(_TURNS.findall(question)) % 2 == len(_TURNS.findall(hit.passage.heading)) % 2


def _of_all(question: str, hit: Hit) -> bool:
    """Whether it is asked whether something always holds ("from any work permit, even a cook's"), and the passage's yes does sometimes."""
    said = opening_verdict(hit.passage.text)
    if said is None or _DENIAL.match(said.group()) or not _LIMITED.search(said.group()):
        return False
    return _ALWAYS.search(question) is not None and _ALWAYS.search(hit.passage.heading) is None


_ALWAYS = re.compile(
    r"\b(?:any|every|all|always|whatever|whichever|even|everyone|everybody|anyone|anybody|automatic(?:ally)?)\b", re.IGNORECASE
)
_LIMITED = re.compile(
    r"\b(?:cases|often|sometimes|usually|mostly|most|some|many|rule|principle|if|when|but|only|possibly)\b", re.IGNORECASE
)


def _turned_round(question: str, hit: Hit) -> bool:
    """Whether both ask for a yes or a no, and the one denies what the other asks."""
    if _YES_OR_NO.search(question) is None or asks_openly(question) or asks_openly(hit.passage.heading):
        return False
    return len(_TURNS.findall(question)) % 2 != len(_TURNS.findall(hit.passage.heading)) % 2


def _without_verdict(piece: Piece, written_so: bool = False) -> Piece | None:
    """The piece without an opening "Yes:" or "No:"; None where what is left would no longer say the same, because the opening denies
    or limits it ("No, for most people:"). `written_so`: the brief says that what is asked is answered by what is left."""
    opening, verdict = opening_verdict(piece.quote), VERDICT.match(piece.quote)
    if opening is None:
        return piece
    if written_so and (only := _BUT_ONLY.match(opening.group())) is not None:
        return replace(piece, start=piece.start + only.end())
    if written_so and _ANSWERS_BY_ITSELF.match(opening.group()) and piece.quote[opening.end() :].strip(" -"):
        return replace(piece, start=piece.start + opening.end())
    if verdict is None:
        return None
    rest = piece.quote[verdict.end() :]
    if _DENIAL.search(verdict.group()) and not _DENIAL.search(rest):
        return None
    return replace(piece, start=piece.start + verdict.end())


_BUT_ONLY = re.compile(r"yes, but (?=only\b)", re.IGNORECASE)
# "No, for most people:" can be left out of what follows it; "No date can be known:" is what is told.
_ANSWERS_BY_ITSELF = re.compile(r"(?!only\b|no (?!(?:longer|for|in|at|as|by|on|with|if|unless)\b)\w)", re.IGNORECASE)


def is_asked(hit: Hit) -> bool:
    """Whether the message says the same as a question of the passage."""
    return bool(hit.passage.asked) and hit.question >= VERY


def _gives_verdict(hit: Hit) -> bool:
    return opening_verdict(hit.passage.text) is not None


def _near(best: Hit) -> float:
    """How far behind the best hit another may lie and still be shown: a sure match stands alone."""
    return 0.12 if best.question > _NEAR else 0.23


def counted(odds: float) -> float:
    """A reader's log odds, as far as they count in what puts one thing before another."""
    return max(-MOST_READ, min(odds, MOST_READ))


def is_written_answer(hit: Hit) -> bool:
    """Whether the passage is the answer to a question that is like the one asked."""
    return bool(hit.passage.asked) or (hit.passage.heading.endswith("?") and hit.question >= 0.51)


def _from_answer(asked: Asked, hit: Hit, support: float, budget: int, rather: bool = False) -> list[Piece]:
    """The passage from its first sentence on; when it is longer than the budget, the first sentence and the nearest others, those
    that hold the sort of thing asked for before the rest. Of a list with one line that is asked for that line comes first, without the
    others, and where a later fact is asked for `rather` than the first, that one comes first. A first sentence that gives another sort of
    thing to a question that the message only resembles ("How long …?") is left out."""
    units = _units(hit)
    text = hit.passage.text
    nearest = max(units, key=lambda unit: unit.cosine)
    if nearest != units[0] and hit.question < _RESEMBLES and expected(hit.passage.heading) not in ("", asked.wants):
        units = [nearest, *(unit for unit in units[1:] if unit != nearest)]
    elif nearest in units[1:] and _leads(asked, hit, units[0], nearest):
        units = units[units.index(nearest) :]
    if (line := _line_asked_for(asked, hit)) is not None:
        alone = Piece(hit.passage, line.start, line.end, support)
        around = replace(hit, sentences=tuple(s for s in hit.sentences if s.span.kind == "sentence"))
        rest = _from_answer(asked, around, support, budget - line.words) if around.sentences else []
        return [alone, *(plain for piece in rest if (plain := _without_verdict(piece)) is not None)]
    naming = _holds_now(asked, hit, units) or _names_what_is_asked(asked, hit, units)
    nearest = naming or max(units, key=lambda unit: unit.cosine)
    if rather and (naming is not None or _is_asked_rather(hit, units[0], nearest)):
        others = [unit for unit in units[1:] if unit.end <= nearest.start or nearest.end <= unit.start]
        behind = _within(asked, text, others, budget - nearest.words - units[0].words)
        return [
            Piece(hit.passage, nearest.start, nearest.end, support),
            *_merged(
                hit.passage, [unit for unit in (units[0], *behind) if unit.end <= nearest.start or nearest.end <= unit.start], support
            ),
        ]
    return _merged(hit.passage, [units[0], *_within(asked, text, units[1:], budget - units[0].words)], support)


def _within(asked: Asked, text: str, units: Sequence[_Unit], budget: int) -> list[_Unit]:
    """Of the units those nearest to the question that fit into so many words, those that hold the sort of thing asked for, or name a
    number or a level of the question or the citizenship of who asks, before the rest. A list may take more where one is asked for."""
    chosen: list[_Unit] = []
    used = 0
    list_too = max(budget, budget + WITH_LIST - MAX_WORDS) if any(asks_for_several(wording) for wording in asked.wordings) else budget

    def worth(unit: _Unit) -> float:
        said = text[unit.start : unit.end]
        typed = bool(asked.wants) and holds(asked.wants, said) or not theirs.isdisjoint(_citizenships(said))
        typed = typed or not numbers.isdisjoint(_COUNTED.findall(said)) or not levels.isdisjoint(_levels(said))
        return unit.cosine + (_TYPED if typed else 0.0)

    theirs, levels, (_, numbers) = _citizenships(asked.said), _levels(asked.wordings[0]), _asked_of(asked.wordings[0])
    for unit in sorted(units, key=worth, reverse=True):
        if used + unit.words <= (list_too if "\n" in text[unit.start : unit.end] else budget):
            chosen.append(unit)
            used += unit.words
    return chosen


_LEVEL = re.compile(r"\b(teer|clb|nclc|level|phase|category) ?(\d{1,2})\b", re.IGNORECASE)


def _levels(text: str) -> frozenset[str]:
    """The levels of jobs, of a language and the like that a text names: "TEER 2"."""
    return frozenset(f"{name.lower()} {number}" for name, number in _LEVEL.findall(text))


def _is_asked_rather(hit: Hit, first: _Unit, nearest: _Unit) -> bool:
    """Whether the message asks for a later fact of the passage than its first sentence gives. Of 443 questions that were written for one
    sentence each, in the 41 where this was so that sentence was meant in 39, and the first in one (November 2026). A yes or no stays in
    front: taken off, what it denies would be lost."""
    text = hit.passage.text
    if hit.passage.unknown or hit.question >= _NEAR or opening_verdict(text) is not None:
        return False
    if any("\n" in text[unit.start : unit.end] for unit in (first, nearest)):  # a list needs what stands before it
        return False
    return nearest.cosine > first.cosine + _LATER_FACT


# Who asks so is answered by a list: what one can do, and what it takes.
_ASKS_FOR_SEVERAL = re.compile(
    r"\b(?:options|ways|routes|pathways|choices|alternatives|steps|documents|papers|checklist|requirements|conditions|criteria"
    r"|what (?:all|else)|(?:what|how) (?:to|(?:should|can|must|do) (?:i|we)) (?:do|file|bring|send|apply|start|begin|prepare|submit))\b",
    re.IGNORECASE,
)


def asks_for_several(question: str) -> bool:
    """Whether a list answers it, which may then be longer than an answer is otherwise."""
    return _ASKS_FOR_SEVERAL.search(question) is not None


def _leads(asked: Asked, hit: Hit, first: _Unit, nearest: _Unit) -> bool:
    """Whether a later sentence answers and the first only introduces: it holds the sort of thing asked for, which the passage's own
    question does not ask for and its first sentence does not hold; or the message resembles that question little and this sentence much
    more than the first."""
    text = hit.passage.text
    if any("\n" in text[unit.start : unit.end] for unit in (first, nearest)):  # a list needs what stands before it
        return False
    typed, later = (bool(asked.wants) and holds(asked.wants, text[unit.start : unit.end]) for unit in (first, nearest))
    if typed and not later:
        return False
    if later and not typed and not expected(hit.passage.heading):
        return True
    return hit.question < _RESEMBLES and nearest.cosine > first.cosine + _NEARER_SENTENCE


def _holds_now(asked: Asked, hit: Hit, units: Sequence[_Unit]) -> _Unit | None:
    """Of a section on what held once, the later sentence that says what has held since, where the past is not asked about."""
    if not _is_over(hit, asked.day) or asked.tense < 0 or is_asked(hit) or _YEAR.search(asked.said) or _ONCE.search(asked.said):
        return None
    text = hit.passage.text
    return next((unit for unit in units[1:] if _SINCE_THEN.match(text[unit.start : unit.end])), None)


_SINCE_THEN = re.compile(r"Since (?:\d|then)")
_ONCE = re.compile(r"\b(?:before|earlier|previous(?:ly)?|old|used to|was|were|did|had|until|formerly|ago|history)\b", re.IGNORECASE)
_IN_NAMES_OF_PROGRAMS = frozenset(
    "class experience program programme federal provincial skilled skills trades stream pathway pilot plan strategy temporary states united "
    "nominee national number insurance social security notice policy january february march april june july august september october "
    "november december".split()
)


def _names_what_is_asked(asked: Asked, hit: Hit, units: Sequence[_Unit]) -> _Unit | None:
    """The one later sentence that names a person or a company of whom the message asks and of whom neither the heading nor the first
    sentence speaks: of those whom a section presents, the one that is asked about."""
    text = hit.passage.text
    if len(units) < 2 or opening_verdict(text) is not None:
        return None
    known = f"{hit.passage.heading} {text[units[0].start : units[0].end]}".lower()
    names = {name for name in _names_given(asked.wordings[0], text) - _IN_NAMES_OF_PROGRAMS if name not in known}
    naming = [unit for unit in units[1:] if any(name in text[unit.start : unit.end].lower() for name in names)]
    return naming[0] if len(naming) == 1 and "\n" not in text[naming[0].start : naming[0].end] else None


def _from_prose(asked: Asked, hits: Sequence[Hit], answers: Answerability, wrong: Callable[[str], str], budget: int) -> list[Piece]:
    """The best passage as its author wrote it where it is short, and the sentences that answer best, of it and of the next passages, with
    those that they lean on: one fact of running prose stands in one sentence of some passage, and the others lead up to it. Those with the
    sort of thing asked for come before the rest, and who asks about two programs is told of both. A sentence that is known to be wrong is
    left out; where it is the one that answers, it comes first, marked, and little is said beside it."""
    best, near = hits[0], hits[:_PROSE_PASSAGES]
    chosen: dict[str, list[_Unit]] = {hit.passage.id: [] for hit in hits}
    said: list[set[str]] = []

    def take(hit: Hit, unit: _Unit) -> int:
        """The words that it adds, 0 where it is not to be said."""
        text = hit.passage.text[unit.start : unit.end]
        content = set(terms(text))
        if wrong(text) or _says_nothing(text) or any(_says_no_more(content, other) for other in said):
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
        if one.worth > ranked[0].worth - _AS_GOOD and (correction := wrong(one.text))
    ][:1]
    right = [one for one in ranked if not wrong(one.text)]
    least = ranked[0].worth - (_BESIDE_WRONG if mistaken else _WORTH_MORE)
    # Those with the sort of thing asked for come before those that only lead up to it, and so does what follows the best passage.
    near_enough = sorted((one for one in right if one[0] >= least), key=lambda one: not _is_typed(asked, *one[1:]))
    elsewhere = bool(near_enough) and _is_typed(asked, *near_enough[0][1:]) and not holds(asked.wants, best.passage.text)
    named = frozenset().union(*(_names_given(asked.wordings[0], hit.passage.text) for hit in near))
    elsewhere = elsewhere or bool(named) and named.isdisjoint(_names_given(asked.wordings[0], best.passage.text))
    used = 0
    if not mistaken and not elsewhere:
        whole = _by_item(best, _units(best, leaning=False), wrong)
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
        last = _units(before)[-1] if before is not None else None
        if before is not None and last is not None and used + last.words <= budget and (words := take(before, last)):
            used += words
            worth_of[before.passage.id] = max(worth_of.get(before.passage.id, 0.0), worth_of[hit.passage.id] + _JUST_BEFORE)
    first = {hit.passage.id for _, hit, _ in (*on_each, *going_on)}
    shown = [(hit, chosen[hit.passage.id]) for hit in hits if chosen[hit.passage.id]]
    shown.sort(key=lambda one: (one[0].passage.id not in first, -worth_of[one[0].passage.id]))
    return mistaken + [piece for hit, these in shown for piece in _merged(hit.passage, _closed(hit, these, wrong), answers(asked, hit))]


class Quotable(NamedTuple):
    """A unit of a passage, and what it is worth beside others."""

    worth: float
    hit: Hit
    unit: _Unit

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
    units = ((hit, unit) for hit in hits[:_PROSE_PASSAGES] for unit in _by_item(hit, _units(hit), wrong))
    return sorted((Quotable(worth(hit, unit), hit, unit) for hit, unit in units), key=lambda one: -one.worth)


def _worth_beside(asked: Asked, hits: Sequence[Hit]) -> Callable[[Hit, _Unit], float]:
    """What a unit of one of the hits is worth, with what a reader says of it; of one that was not read, as of the least of those that
    were."""
    least = min((odds for hit in hits for odds in hit.alone.values()), default=0.0)

    def worth(hit: Hit, unit: _Unit) -> float:
        said = hit.alone.get((unit.start, unit.end), least)
        return _worth(asked, hit, unit) + _READ_ALONE * counted(said)

    return worth


_SO = re.compile(r"\bas a (?:result|consequence)\b|\bfor (?:this|that) reason\b|\bconsequently\b", re.IGNORECASE)


def _leans_on(hit: Hit, units: Sequence[_Unit], hits: Sequence[Hit]) -> Hit | None:
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


def _goes_on(piece: Piece, hit: Hit, unit: _Unit) -> bool:
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


def _names(hit: Hit, unit: _Unit, names: Concept) -> bool:
    return covered([names], frozenset(terms(hit.passage.text[unit.start : unit.end]))) == 1.0


def _nearest_item(hit: Hit, unit: _Unit) -> _Unit | None:
    """The nearest item of a list that is read without what introduces it; None where the unit is none or the item is too short."""
    inside = [s for s in hit.sentences if s.span.kind == "item" and unit.start <= s.span.start and s.span.end <= unit.end]
    if len(inside) < 2:
        return None
    nearest = max(inside, key=lambda scored: scored.cosine)
    words = len(hit.quoted(nearest).split())
    return _Unit(nearest.span.start, nearest.span.end, nearest.cosine, words) if words >= _A_SENTENCE else None


_OPENED, _CLOSED = "“", "”"


def _closed(hit: Hit, units: Sequence[_Unit], wrong: Callable[[str], str]) -> list[_Unit]:
    """The units; one that ends within somebody's words goes on to where these end, if that is not far and what follows is right."""
    text = hit.passage.text
    whole = []
    for unit in units:
        line = text.rfind("\n", 0, unit.end) + 1  # each paragraph of a long speech opens anew
        said = text[line : unit.end]
        end = text.find(_CLOSED, unit.end) + 1 if said.count(_OPENED) > said.count(_CLOSED) else 0
        further = text[unit.end : end]
        if further and "\n" not in further and len(further.split()) <= _QUOTED_ON and not wrong(further):
            unit = _Unit(unit.start, end, unit.cosine, unit.words + len(further.split()))
        whole.append(unit)
    return whole


def _by_item(hit: Hit, units: Sequence[_Unit], wrong: Callable[[str], str]) -> list[_Unit]:
    """The units, but of a list of which something is known to be wrong each item alone, and of one with an item that is much nearer than
    the others that item."""
    text = hit.passage.text
    apart: list[_Unit] = []
    for unit in units:
        if "\n" not in text[unit.start : unit.end]:
            apart.append(_without_wrong(hit, unit, wrong))
            continue
        scored = [s for s in hit.sentences if unit.start <= s.span.start and s.span.end <= unit.end]
        inside = [_Unit(s.span.start, s.span.end, s.cosine, len(hit.quoted(s).split())) for s in scored]
        first, second = sorted(inside, key=lambda one: -one.cosine)[:2] if len(inside) > 1 else (unit, unit)
        if wrong(text[unit.start : unit.end]):
            apart += inside
        elif first.cosine > second.cosine + _ITEM_ALONE and first.words >= _A_SENTENCE and not text[first.start : first.end].endswith(":"):
            apart.append(first)
        else:
            apart.append(unit)
    return apart


def _without_wrong(hit: Hit, unit: _Unit, wrong: Callable[[str], str]) -> _Unit:
    """The unit; a sentence that is right without the one that it leans on, which is known to be wrong, alone: what is right comes first."""
    text = hit.passage.text
    last = next((s for s in reversed(hit.sentences) if s.span.end == unit.end), None)
    if last is None or last.span.start == unit.start or not wrong(text[unit.start : unit.end]) or wrong(hit.quoted(last)):
        return unit
    return _Unit(last.span.start, last.span.end, last.cosine, len(hit.quoted(last).split()))


def _worth(asked: Asked, hit: Hit, unit: _Unit) -> float:
    """What a sentence of prose is worth beside others: how near it and its passage are, that it holds the sort of thing asked for, and
    that it or one before it names the year, the number or the person of which that is asked, and no other years. The first under a heading
    that asks nearly the same answers that."""
    _, counted = _asked_of(asked.wordings[0])
    years = _years(counted)
    counted = counted if asked.wants else years  # "the 10,000" are no more than a name
    said = hit.passage.text[: unit.end]
    named = bool(counted) and not counted.isdisjoint(_COUNTED.findall(said))
    others = bool(years) and _YEAR.search(said, unit.start) is not None and years.isdisjoint(_YEAR.findall(said))
    first = is_written_answer(hit) and unit.start <= hit.sentences[0].span.start
    near = max(unit.cosine, hit.question) if first else unit.cosine
    them = not _names_given(asked.wordings[0], hit.passage.text).isdisjoint(_WORD.findall(said.lower()))
    near += _NAMES_THEM if them else 0.0
    typed = _is_typed(asked, hit, unit)
    return near + _OF_PASSAGE * hit.score + (_TYPED if typed else 0.0) + (_NAMED if named else 0.0) - (_OTHER_YEAR if others else 0.0)


def _is_typed(asked: Asked, hit: Hit, unit: _Unit) -> bool:
    """Whether it holds the sort of thing asked for, if any is."""
    text = hit.passage.text[unit.start : unit.end]
    if not asked.wants:
        opening = _WHO_OR_WHERE.match(asked.wordings[0])
        return opening is not None and _GIVES[opening[1].lower()].search(text) is not None
    which_day, _ = _asked_of(asked.wordings[0])
    return holds(asked.wants, text) and (not which_day or _A_DAY.search(text) is not None)


_WORD = re.compile(r"[a-z]{3,}")
_WRITTEN_LARGE = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}")


@lru_cache(64)  # of one question beside each sentence of a passage
def _names_given(question: str, text: str) -> frozenset[str]:
    """The words of the question, however typed, that are names in the text: written with a capital within a sentence, and never without.
    Those of our field, such as its programs and places, are not meant."""
    large = {word.lower() for word in _WRITTEN_LARGE.findall(text)} - set(_WORD.findall(text))
    field = domain_terms(question) | PLACES
    return frozenset(word for word in large & set(_WORD.findall(question.lower())) if field.isdisjoint(terms(word)))


def _years(counted: Set[str]) -> frozenset[str]:
    return frozenset(filter(_YEAR.fullmatch, counted))


@lru_cache(64)  # of one question beside each sentence
def _asked_of(question: str) -> tuple[bool, frozenset[str]]:
    """Whether it asks for a day, and the years and numbers that it names."""
    return _WHICH_DAY.search(question) is not None, frozenset(_COUNTED.findall(question))


def _stands_alone(hit: Hit, unit: _Unit) -> bool:
    """Whether a sentence says something: it is not a few words without a number."""
    return unit.words > _FEW_WORDS or _A_NUMBER.search(hit.passage.text, unit.start, unit.end) is not None


def _untold(text: str, unit: _Unit, chosen: Sequence[_Unit]) -> _Unit:
    """The unit without the sentence that it leans on, where that is chosen already."""
    end = max((one.end for one in chosen if one.start <= unit.start < one.end < unit.end), default=unit.start)
    start = end + len(text[end : unit.end]) - len(text[end : unit.end].lstrip())
    return unit if start == unit.start else _Unit(start, unit.end, unit.cosine, len(text[start : unit.end].split()))


def _says_nothing(text: str) -> bool:
    """Whether it is a lead-in without its list, or asks the reader something."""
    return text.endswith(":") or text.rstrip("”\"’').").endswith("?")


def _has_list(hit: Hit) -> bool:
    return any(scored.span.kind == "item" for scored in hit.sentences)


_NUMBER_WORDS = {word: str(n) for n, word in enumerate("two three four five six seven eight nine ten".split(), 2)}


_PEOPLE_WORDS = frozenset("people ppl persons person members".split())
_FOLLOWS_A_NUMBER = STOPWORDS | frozenset("now please pls total yr yrs year years old single married alone canada express entry".split())


def _line_asked_for(asked: Asked, hit: Hit) -> _Unit | None:
    """The one item of a list that is about a number in the question ("family of three": "… for 3 people: …", "age 33": "CRS at age 33:
    …"); None where none or several are. An item is about what stands before its colon, and a number is of what it counts: "two kids" is not
    "2 people"."""
    words = re.findall(r"\d+|[a-z]+", asked.said.lower())
    text = hit.passage.text
    about = []
    for scored in hit.sentences:
        head, colon, _ = text[scored.span.start : scored.span.end].partition(":")
        held = set(re.findall(r"(?<![\d.,])\d+(?![\d.,])|[a-z]+", head.lower()))
        alike = any(_counts_alike(words, at, held) for at in range(len(words)))
        if scored.span.kind == "item" and colon and alike and not _of_another_degree(asked.said, head):
            about.append(scored)
    if len(about) != 1:
        return None
    span = about[0].span
    return _Unit(span.start, span.end, about[0].cosine, len(text[span.start : span.end].split()))


_DEGREES = (
    re.compile(r"\bbachelor\w*|\b(?:btech|b\.?tech|undergrad\w*)\b", re.IGNORECASE),
    re.compile(r"\bmaster['’]?s?\b|\b(?:mba|m\.?tech)\b", re.IGNORECASE),
    re.compile(r"\bdoctora\w*|\bph\.?d\b", re.IGNORECASE),
)


def _of_another_degree(said: str, head: str) -> bool:
    """Whether a line is of a degree, and another is named in the question alone."""
    asked, told = ({n for n, degree in enumerate(_DEGREES) if degree.search(text)} for text in (said, head))
    return bool(asked and told) and asked.isdisjoint(told)


def _counts_alike(words: Sequence[str], at: int, held: Set[str]) -> bool:
    """Whether the word at a place is a number that a line's head holds too, of the same thing."""
    number = _NUMBER_WORDS.get(words[at], words[at])
    if not number.isdigit() or number not in held:
        return False
    after, before = words[at + 1] if at + 1 < len(words) else "", words[at - 1] if at else ""
    family = at > 1 and before == "of" and words[at - 2] in ("family", "fam", "household")
    people = (family or after in _PEOPLE_WORDS) and not held.isdisjoint(_PEOPLE_WORDS)
    aged = before in ("im", "am", "aged", "turned", "turning") and "age" in held
    return people or aged or not after or after in held or after in _FOLLOWS_A_NUMBER or before in held - STOPWORDS


class _Unit(NamedTuple):
    """What can be quoted on its own: a sentence, with the one it leans on, or a list with its lead-in."""

    start: int
    end: int
    cosine: float
    words: int


def _units(hit: Hit, leaning: bool = True) -> list[_Unit]:
    """A passage's units in order. With `leaning`, a sentence that leans on the one before it takes that with it; without, sentences
    are to be shown in a row anyway."""
    text = hit.passage.text
    units: list[_Unit] = []
    lead: _Unit | None = None
    for scored in hit.sentences:
        span = scored.span
        unit = _Unit(span.start, span.end, scored.cosine, len(text[span.start : span.end].split()))
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


def _joined(first: _Unit, second: _Unit, cosine: float | None = None) -> _Unit:
    return _Unit(first.start, second.end, max(first.cosine, second.cosine) if cosine is None else cosine, first.words + second.words)


def _merged(passage: Passage, units: Sequence[_Unit], support: float) -> list[Piece]:
    """Units in text order as pieces; those that overlap become one."""
    pieces: list[Piece] = []
    for unit in sorted(units, key=lambda u: (u.start, -u.end)):
        if pieces and unit.start < pieces[-1].end:
            pieces[-1] = replace(pieces[-1], end=max(pieces[-1].end, unit.end))
        else:
            pieces.append(Piece(passage, unit.start, unit.end, support))
    return pieces


def _new(pieces: Sequence[Piece], shown: Sequence[Piece]) -> list[Piece]:
    """The pieces that say something the shown ones do not."""
    said = [(set(terms(p.quote)), denies(p.quote)) for p in shown]
    return [
        p for p in pieces if not any(_says_the_same(set(terms(p.quote)), other) and denies(p.quote) is denied for other, denied in said)
    ]


def denies(quote: str) -> bool:
    """Whether a sentence denies something, or says that it is over."""
    return _DENIAL.search(quote) is not None


def _once(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces without those of which everything was said: their words, their numbers, and that they deny. A list stays."""
    kept: list[Piece] = []
    for piece in pieces:
        own, said = set(terms(piece.quote)), [one.quote for one in kept]
        held = {term for quote in said for term in terms(quote)}
        told = len(own & held) >= _TOLD * len(own) and set(_FIGURE.findall(piece.quote)) <= {f for q in said for f in _FIGURE.findall(q)}
        denied = not denies(piece.quote) or any(map(denies, said))
        if not (kept and own and told and denied) or "\n" in piece.quote:
            kept.append(piece)
    return kept


def says_already(piece: Piece, others: Sequence[Piece]) -> bool:
    """Whether the other pieces together say what the piece does."""
    own, said = set(terms(piece.quote)), {term for other in others for term in terms(other.quote)}
    return bool(own) and len(own & said) / len(own) >= _SAME


def _says_no_more(one: set[str], said: set[str]) -> bool:
    """Whether a sentence says only what another said."""
    return bool(one) and len(one & said) / len(one) >= _SAME


def _says_the_same(one: set[str], other: set[str]) -> bool:
    smaller = min(len(one), len(other))
    return smaller > 0 and len(one & other) / smaller >= _SAME
