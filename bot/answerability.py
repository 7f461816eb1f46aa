"""How likely a passage answers a question, and from where on it does, may or does not."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache

from bot.asked import Asked, is_asked, is_written_answer
from bot.others import counts_others, of_another_year, of_no_such_year, of_others
from bot.scope import ASKING, PLACES, domain_terms
from corpus.model import Passage
from index.expects import ONLY, holds
from index.keywords import Concept, covered, terms
from index.search import Hit, follows_any_refusal

# Below the first, a passage does not answer the question; between the two it may answer a part. eval/tune_answerability.py.
NOT_FOUND = 0.40
SURE = 0.68
NEARLY_SURE = 0.55  # from here on it is called the nearest that is held; below, the answer begins with the doubt
MOST_READ = 8.0  # log odds of a reader beyond which they put nothing further ahead or behind
_SURELY_READ, _LEAST_READ = 2.0, -5.0  # log odds, and below which they tell no more
ASKED_SO = 0.86  # cosine at which a passage's question is the one asked
_MERELY_LIKE = 0.3  # what is left of a passage's chance when it is about another program, visa or year than the question
_OF_THE_WHOLE = 0.78  # cosine at which a question about a part is one that the whole is asked
# On 126 questions to five articles the facts of 108 were shown with three passages one after the other, and of 120 so.
PROSE_PASSAGES = 8
_SETS_BESIDE = re.compile(r"\b(?:or|vs|versus|than|difference|between|compared?|better|and|both)\b", re.IGNORECASE)
_SOME = 1e-6
_FAR_BEFORE = 0.3
_SOMEWHAT_AHEAD, _WELL_AHEAD = 0.2, 0.4  # in score: three of four right first hits are as far ahead as the first, one in six as the second


def _as_rare(term: str) -> float:
    return 1.0


@dataclass(frozen=True)
class Answerability:
    """Logistic weights for "does this passage answer this question?", one set for passages written as answers, one for prose.

    `written` is fitted by eval/tune_answerability.py on messages of strangers, `prose` by eval/tune.py on eval/sets (docs/decisions/0004).
    `answerability` gives those for the documents at hand. `rarity` is how rare a term is in the index, 0 or more. Where a hit was read, a
    constant and weights of these log odds and of the reader's, one set each, say what both come to (eval/tune_reading.py); in a
    conversation those of the reader's, of what put it in its place and of how far it is before the next (eval/tune_followups.py, whose
    constant is raised by 0.8: of the first passages that no label names some answer too).
    """

    written: tuple[float, ...] = (-7.15, 2.1, 4.3, 0.85, 1.65, 0.0, 0.3, 0.85, 9.45, -3.6, -0.7, -2.3, -0.45)
    prose: tuple[float, ...] = (-7.6, 0.0, 5.75, 6.35, 3.9, 0.0, 0.0, 0.0)
    written_read: tuple[float, float, float] = (0.73, 0.44, 0.44)
    prose_read: tuple[float, float, float] = (2.46, 0.89, 0.92)
    written_continued: tuple[float, float, float, float] = (-1.0, 0.46, 4.25, 9.4)
    reach: tuple[int, int] = (3, 5)  # passages of prose of which the nearest text and the nearest sentence are taken
    lacking: float = 0.45  # what is left of the chance of prose where none of these holds the sort of thing asked for
    partly: float = 0.25  # from which chance prose that names what is asked about may answer, and does if its sentences were read
    wholly: float = 0.45  # from which chance prose that was not read is an answer: its chances lie closer together
    # A constant, and one weight for four cosines: of text and nearest sentence, with the title and without. () where they have no part.
    apart: tuple[float, ...] = ()
    rarity: Callable[[str], float] = field(default=_as_rare, compare=False)

    def __call__(self, asked: Asked, hit: Hit, ahead: float = _SOMEWHAT_AHEAD, before_the_next: float = 0.0) -> float:
        """0 to 1. `ahead`: by how much the hit scores more than those after it (`ahead_of_the_rest`); in a conversation that is said by
        `before_the_next`."""
        if is_written_answer(hit):
            z = sum(w * f for w, f in zip(self.written, self.features(asked, hit, ahead), strict=True))
        elif self.apart and hit.apart is not None:
            z = self.apart[0] + self.apart[1] * (hit.text + hit.sentence + sum(hit.apart))
        else:
            z = sum(w * f for w, f in zip(self.prose, self.measures(asked, hit), strict=True))
        if hit.read is not None and hit.continued is not None and is_written_answer(hit):
            z = sum(w * f for w, f in zip(self.written_continued, self.in_conversation(hit, before_the_next), strict=True))
        elif hit.read is not None:
            constant, unread, read = self.written_read if is_written_answer(hit) else self.prose_read
            z = constant + unread * z + read * max(hit.read, _LEAST_READ)
        likely = probability(z)
        if self._is_of_another(asked, hit):
            return _MERELY_LIKE * likely
        # What follows any refusal need not be near the one that is asked about, nor all of the text a question of it.
        asked_so = bool(hit.passage.asked) and hit.question >= ASKED_SO
        return max(likely, SURE) if asked_so or follows_any_refusal(asked.wants, hit.passage) else likely

    @staticmethod
    def _is_of_another(asked: Asked, hit: Hit) -> bool:
        """Whether the passage is about another program, year or person than the question."""
        return (
            not asked.about <= hit.terms
            or of_others(asked, hit)
            or of_another_year(asked, hit)
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
        likely = self(asked, nearest, ahead_of_the_rest(hits), before_the_next(hits))
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

    @staticmethod
    def in_conversation(hit: Hit, before_the_next: float) -> tuple[float, ...]:
        """Of a hit that was read in a conversation: 1, the reader's log odds, what put it in its place, and by how much it is before the
        next. What a message measures by itself tells no more where these are known."""
        assert hit.read is not None and hit.continued is not None
        return (1.0, max(hit.read, _LEAST_READ), hit.continued.total, before_the_next)

    def _weight(self, some: Set[str]) -> float:
        return sum(map(self.rarity, some))


def ahead_of_the_rest(hits: Sequence[Hit]) -> float:
    """By how much the first of the hits scores more than the others on the average, up to 0.4: what is asked of one section is nearer to it
    than to its neighbours, what only resembles them is about as near to each. In a conversation, where hits are in another order than that
    of their scores, and where there is but one, it is taken to be somewhat ahead."""
    if len(hits) < 2 or hits[0].continued is not None:
        return _SOMEWHAT_AHEAD
    return min(hits[0].score - sum(hit.score for hit in hits[1:]) / (len(hits) - 1), _WELL_AHEAD)


def before_the_next(hits: Sequence[Hit]) -> float:
    """By how much more the first of the hits comes to in a conversation than the best of the others, below 0 where a reader put it first;
    0 outside one."""
    first, *others = (hit.continued.total if hit.continued is not None else None for hit in hits)
    sums = [total for total in others if total is not None]
    return max(-_FAR_BEFORE, min(first - max(sums), _FAR_BEFORE)) if first is not None and sums else 0.0


def probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def counted(odds: float) -> float:
    """A reader's log odds, as far as they count in what puts one thing before another."""
    return max(-MOST_READ, min(odds, MOST_READ))


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


def _is_about(hit: Hit, program: str, names: Concept) -> bool:
    return hit.passage.program == program or covered([names], hit.terms) == 1.0


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
    if counts_others(asked, near) or of_no_such_year(asked, near):
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
    for hit in hits[:PROSE_PASSAGES]:
        spoken.setdefault(hit.passage.source_id, set()).update(hit.terms)
    together = covered(asked.concepts, frozenset().union(*spoken.values()))
    return together > max(covered(asked.concepts, frozenset(own)) for own in spoken.values())


# On 566 questions, half of the answers with less in common than both of these were right (eval/sets, November 2026).
_LITTLE = 0.35  # share of the question's terms, by rarity, that stand in the passage
NEAR_OURS = 0.79  # cosine to a question of ours
_NOT_MUCH, _NOT_NEAR = 0.4, 0.695  # the same: of 11 between, 5


def was_found_to_answer(hit: Hit) -> bool:
    return hit.read is not None and hit.read >= 0


def is_doubtful(hit: Hit) -> bool:
    """Whether a written answer only resembles what is asked: little of the question stands in it, and its own question is not near; not
    if, read beside it, it was found to answer."""
    return not was_found_to_answer(hit) and bool(hit.passage.asked) and hit.overlap < _LITTLE and hit.question < NEAR_OURS


def may_not_answer(hit: Hit) -> bool:
    """Whether a written answer is doubtful, or far enough from the question that who asks should be told; not if, read beside it, it was
    found to answer. Of hands not learned from, 23 of 26 such do, and 29 of 130 of the others."""
    if was_found_to_answer(hit):
        return False
    return is_doubtful(hit) or (bool(hit.passage.asked) and hit.overlap < _NOT_MUCH and hit.question < _NOT_NEAR)


def surely_answers(hit: Hit) -> bool:
    """Whether the passage, read beside the question, was found to answer so surely that words which are missing tell nothing."""
    return hit.read is not None and hit.read >= _SURELY_READ
