"""Choose and order whole sentences from the passages found: the extractive answer.

A passage that was written as the answer to the question (a brief's section, an FAQ entry) is given from its first sentence on. From
running prose the sentences that answer best are taken, with the one before where a sentence leans on it. Nothing is reworded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.scope import PLACES, asks_whether_open, domain_terms
from corpus.model import Passage
from corpus.sentences import leans
from index.expects import holds
from index.keywords import Concept, covered, stem, terms
from index.search import Hit

MAX_WORDS = 100  # of an answer; a list may run a little over
_RELATED = 0.50  # cosine to a question of ours below which a second passage is about something else
_NEARLY_OURS = 0.58  # cosine to a question of ours at which a passage answers in spite of a long story around the question
_NEAR_TEXT, _NEAR_SENTENCE = 0.5, 0.4  # the same for prose: of 696 questions to five articles 2 of 2 that this turns were right there
_AS_GOOD = 0.05  # in score
_MERELY_LIKE = 0.3  # what is left of a passage's chance when it is about another program, visa or year than the question
_FIRST_OF_SEVERAL = 65  # words of the best passage where others are nearly as good: what it lacks, the next may hold
_PROSE_PASSAGES = 3
_TYPED = 0.2  # what holding the sort of thing asked for adds to a sentence's cosine
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


@dataclass(frozen=True)
class Answerability:
    """Logistic weights for "does this passage answer this question?", one set for passages written as answers, one for prose.

    Fitted by eval/tune.py on eval/sets; see docs/decisions/0004. `answerability` gives those for the documents at hand.
    """

    written: tuple[float, ...] = (-2.75, 2.2, 1.2, 0.0, 1.6, 0.4, 0.7)
    prose: tuple[float, ...] = (-3.55, 0.0, 0.0, 1.5, 1.8, 2.2, 0.4)
    near: tuple[float, float] = (_NEAR_TEXT, _NEAR_SENTENCE)  # cosines at which prose answers whatever words it lacks

    def __call__(self, asked: Asked, hit: Hit) -> float:
        """0 to 1."""
        weights = self.written if _is_written_answer(hit) else self.prose
        z = sum(w * f for w, f in zip(weights, self.features(asked, hit), strict=True))
        nearly = hit.question >= _NEARLY_OURS if hit.passage.asked else hit.text >= self.near[0] and hit.sentence >= self.near[1]
        near = 1.0 if nearly else 0.0
        other = (
            not asked.about <= hit.terms
            or of_others(asked, hit)
            or not (not asked.programs or any(_is_about(hit, p, names) for p, names in asked.programs))
        )
        return (_MERELY_LIKE if other else 1.0) * max(1 / (1 + math.exp(-z)), near * 0.5)

    @staticmethod
    def features(asked: Asked, hit: Hit) -> tuple[float, ...]:
        """1, the cosines of the nearest wording, the text and the nearest sentence, the terms in common, the field's terms named, and
        whether the sort of thing asked for is there."""
        typed = float(holds(asked.wants, hit.passage.text))
        return (1.0, max(hit.question, 0.0), hit.text, hit.sentence, hit.overlap, covered(asked.concepts, hit.terms), typed)


# Fitted by eval/tune.py on public questions (docs/decisions/0015). The words in common have no part: who writes a question with the passage
# in view borrows its words, who searches does not.
OF_ANOTHER_FIELD = Answerability(prose=(-4.05, 0.0, 2.1, 5.0, 0.0, 0.0, 0.0), near=(1.0, 1.0))
_LOOKED_AT = 200  # passages, about, that tell what documents are about: spread over all, and no more are read
_SPEAKING = 0.4  # share that speak of the field: 0.87 in articles on it, 0.60 of IRCC's help centre, 0.10 to 0.27 in three other fields


def answerability(passages: Sequence[Passage]) -> Answerability:
    """The weights for documents of these passages: where few speak of our field, it tells nothing that a question names no term of it."""
    some = [p for p in passages[:: max(1, len(passages) // _LOOKED_AT)] if p.kind == "section"]
    speaking = sum(len(domain_terms(p.text) - PLACES) > 1 for p in some)
    return Answerability() if speaking >= _SPEAKING * len(some) else OF_ANOTHER_FIELD


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
    """Whether the question names a citizenship and the passage's heading only others."""
    named, held = ({_CITIZENS[t] for t in terms(text) if t in _CITIZENS} for text in (asked.wordings[0], hit.passage.heading))
    return bool(named and held) and not named & held


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
    if not hits:
        return []
    best = hits[0]
    if best.passage.origin != "brief":
        return _from_prose(asked, hits, answers, wrong, budget)
    others = [hit for hit in hits[1:4] if _is_written_answer(hit) and hit.score >= best.score - _near(best) and hit.question >= _RELATED]
    others = [hit for hit in others if not of_others(asked, hit)]
    if asked.tense >= 0 and not _is_over(best, asked.day):  # what was true once is no part of what is true now
        others = [hit for hit in others if not _is_over(hit, asked.day)]
    if others and others[0].score >= best.score - _AS_GOOD and _answers_rather(asked, others[0], best):
        best, others[0] = others[0], best
    # Half a table misleads, and the next passages do not hold the rest.
    first = budget if not others or _has_list(best) else min(budget, _FIRST_OF_SEVERAL)
    pieces = _from_answer(asked, best, answers(asked, best), first)
    if asked.wants or is_doubtful(best) or not _same_way_round(asked.wordings[0], best):
        plain = _without_verdict(pieces[0])
        if plain is None and is_doubtful(best):
            return []  # a yes or no that cannot be taken off answers its own question only
        if plain is None and others and _turned_round(asked.wordings[0], best):
            return compose(asked, others, answers, wrong, budget)  # "Do I lose it?" is not answered "Yes, for a time: you may live there"
        pieces[0] = plain or pieces[0]
    for hit in others:
        left = budget - sum(p.words for p in pieces)
        if left >= 20:
            more = [_without_verdict(piece) for piece in _from_answer(asked, hit, answers(asked, hit), min(left, 45))]
            pieces.extend(_new([piece for piece in more if piece is not None], pieces))
    return pieces


# "Yes:" and "No:" answer the heading they stand under; after another passage's first sentence they would answer the wrong question.
_VERDICT = re.compile(r"(?:yes|no):\s+|(?:yes|no),\s+(?![^.\n]{0,90}:\s)", re.IGNORECASE)
_QUALIFIED = re.compile(r"(?:yes|no|not|mostly|partly|usually|often|sometimes|hardly|rarely)\b[^.\n]{0,90}?:\s", re.IGNORECASE)
_DENIAL = re.compile(
    r"\b(?:no|not|never|none|cannot|without|only|closed|ended|stopped|replaced|revoked|expired|removed)\b|n['’]t\b", re.IGNORECASE
)


def _is_over(hit: Hit, day: str) -> bool:
    return bool(hit.passage.valid_until) and hit.passage.valid_until < day


def _answers_rather(asked: Asked, other: Hit, best: Hit) -> bool:
    """Whether, of two passages that are as good, the second is the sort of answer that is asked for and the first is not.

    "How many days?" is not answered by "No, a margin is safer: …", nor "does it apply to me?" by what it is. What is not published
    answers a question about what is to come, and no other while something is."""
    question = asked.wordings[0]
    if best.passage.unknown and not other.passage.unknown:
        return asked.tense <= 0 and other.question >= best.question
    if asks_openly(question):
        return _gives_verdict(best) and not _gives_verdict(other)
    return asks_openly(best.passage.heading) and _gives_verdict(other) and _same_way_round(question, other)


# Words that turn a question round: "can I come without X?" is answered yes where "do I need X?" is answered no.
_TURNS = re.compile(
    r"\b(?:without|no|not|never|none|cannot|closed?(?! (?:work )?permit)|ended|over|expired|dead|gone|stopped|loo?s(?:e|ing)|refused?"
    r"|outside|(?:do|does|did|is|are|was|were|has|have|had|ca|wo|would|could|should)n['’]?t)\b",
    re.IGNORECASE,
)
_OPEN_QUESTION = re.compile(r"\b(?:what|how|which|when|who|where|why|should|shall)\b", re.IGNORECASE)
_YES_OR_NO = re.compile(
    r"\b(?:do|does|did|is|are|am|was|were|can|could|will|would|has|have|may|must) "
    r"(?:i|we|he|she|it|they|you|my|our|the|this|that|these|there|a|an|any|canada|ircc|uscis|employers?|h1b|spouses?|wife|husband|kids|children)\b",
    re.IGNORECASE,
)


def asks_openly(question: str) -> bool:
    """Whether it asks what, how or when, rather than for a yes or a no: whichever comes first. "Does it hit people who …" does not."""
    openly, closed = _OPEN_QUESTION.search(question), _YES_OR_NO.search(question)
    return openly is not None and (closed is None or openly.start() < closed.start())


# On 566 questions, half of the answers with less in common than both of these were right (eval/sets, November 2026).
_LITTLE = 0.35  # share of the question's terms, by rarity, that stand in the passage
_NEAR = 0.765  # cosine to a question of ours
_ALIKE = 0.65  # cosine below which a heading is another question than the one asked


def is_doubtful(hit: Hit) -> bool:
    """Whether a written answer only resembles what is asked: little of the question stands in it, and its own question is not near."""
    return bool(hit.passage.asked) and hit.overlap < _LITTLE and hit.question < _NEAR


def _same_way_round(question: str, hit: Hit) -> bool:
    """Whether a "Yes:" or "No:" under the passage's heading answers the question as it was asked."""
    if asks_openly(question) or hit.question < _ALIKE or asks_whether_open(question) != asks_whether_open(hit.passage.heading):
        return False
    return len(_TURNS.findall(question)) % 2 == len(_TURNS.findall(hit.passage.heading)) % 2


def _turned_round(question: str, hit: Hit) -> bool:
    """Whether both ask for a yes or a no, and the one denies what the other asks."""
    if _YES_OR_NO.search(question) is None or asks_openly(question) or asks_openly(hit.passage.heading):
        return False
    return len(_TURNS.findall(question)) % 2 != len(_TURNS.findall(hit.passage.heading)) % 2


def _without_verdict(piece: Piece) -> Piece | None:
    """The piece without an opening "Yes:" or "No:"; None where what is left would no longer say the same, because the opening denies
    or limits it ("No, for most people:")."""
    verdict = _VERDICT.match(piece.quote)
    if verdict is None:
        return None if _QUALIFIED.match(piece.quote) else piece
    rest = piece.quote[verdict.end() :]
    if _DENIAL.search(verdict.group()) and not _DENIAL.search(rest):
        return None
    return replace(piece, start=piece.start + verdict.end())


def _gives_verdict(hit: Hit) -> bool:
    return bool(_VERDICT.match(hit.passage.text) or _QUALIFIED.match(hit.passage.text))


def _near(best: Hit) -> float:
    """How far behind the best hit another may lie and still be shown: a sure match stands alone."""
    return 0.12 if best.question > _NEAR else 0.23


def _is_written_answer(hit: Hit) -> bool:
    """Whether the passage is the answer to a question that is like the one asked."""
    return bool(hit.passage.asked) or (hit.passage.heading.endswith("?") and hit.question >= 0.46)


def _from_answer(asked: Asked, hit: Hit, support: float, budget: int) -> list[Piece]:
    """The passage from its first sentence on; when it is longer than the budget, the first sentence and the nearest others, those
    that hold the sort of thing asked for before the rest."""
    units = _units(hit)
    text = hit.passage.text
    chosen = [units[0]]
    used = units[0].words
    if (line := _line_asked_for(asked, hit)) is not None and used + sum(u.words for u in units if _holds(u, line)) > budget:
        chosen.append(line)
        used += line.words
    for unit in sorted(units[1:], key=lambda u: -u.cosine - (_TYPED if asked.wants and holds(asked.wants, text[u.start : u.end]) else 0)):
        if used + unit.words <= budget:
            chosen.append(unit)
            used += unit.words
    return _merged(hit.passage, chosen, support)


def _from_prose(asked: Asked, hits: Sequence[Hit], answers: Answerability, wrong: Callable[[str], str], budget: int) -> list[Piece]:
    """The best passages one after the other, as their authors wrote them: a passage of prose is a few sentences that explain each
    other. A sentence that is known to be wrong is left out, and marked where it stands in the best passage."""
    pieces: list[Piece] = []
    mistaken: list[Piece] = []
    said: list[set[str]] = []
    used = 0
    for rank, hit in enumerate(hits[:_PROSE_PASSAGES]):
        support = answers(asked, hit)
        chosen: list[_Unit] = []
        nearest = max((s.cosine for s in hit.sentences), default=0.0)
        for unit in _units(hit, leaning=False):
            text = hit.passage.text[unit.start : unit.end]
            content = set(terms(text))
            if correction := wrong(text):
                if rank == 0 and unit.cosine > nearest - 0.05:
                    mistaken.append(Piece(hit.passage, unit.start, unit.end, support, correction))
                continue
            if text.endswith(":") or any(_says_the_same(content, other) for other in said):
                continue  # a lead-in without its list says nothing
            if used and used + unit.words > budget:
                break
            chosen.append(unit)
            said.append(content)
            used += unit.words
        pieces.extend(_merged(hit.passage, chosen, support))
    return mistaken[:1] + pieces


def _has_list(hit: Hit) -> bool:
    return any(scored.span.kind == "item" for scored in hit.sentences)


_NUMBER_WORDS = {word: str(n) for n, word in enumerate("two three four five six seven eight nine ten".split(), 2)}


def _line_asked_for(asked: Asked, hit: Hit) -> _Unit | None:
    """The one item of a list that is about a number in the question ("family of three": "… for 3 people: …"); None where none or
    several are. An item is about what stands before its colon."""
    words = re.findall(r"\d+|[a-z]+", asked.wordings[0].lower())
    numbers = {_NUMBER_WORDS.get(word, word) for word in words}
    text = hit.passage.text
    about = []
    for scored in hit.sentences:
        head, colon, _ = text[scored.span.start : scored.span.end].partition(":")
        if scored.span.kind == "item" and colon and numbers & set(re.findall(r"(?<![\d.,])\d+(?![\d.,])", head)):
            about.append(scored)
    if len(about) != 1:
        return None
    span = about[0].span
    return _Unit(span.start, span.end, about[0].cosine, len(text[span.start : span.end].split()))


def _holds(unit: _Unit, other: _Unit) -> bool:
    return unit.start <= other.start and other.end <= unit.end


@dataclass(frozen=True)
class _Unit:
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
        if span.kind == "lead":
            lead = unit
            units.append(unit)
        elif span.kind == "item" and lead is not None and units[-1].words + unit.words <= _LIST_WORDS:
            units[-1] = _joined(units[-1], unit)
        else:
            if span.kind != "item":
                lead = None
            if (
                leaning
                and span.kind == "sentence"
                and units
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
    said = [set(terms(p.quote)) for p in shown]
    return [p for p in pieces if not any(_says_the_same(set(terms(p.quote)), other) for other in said)]


def says_already(piece: Piece, others: Sequence[Piece]) -> bool:
    """Whether the other pieces together say what the piece does."""
    own, said = set(terms(piece.quote)), {term for other in others for term in terms(other.quote)}
    return bool(own) and len(own & said) / len(own) >= _SAME


def _says_the_same(one: set[str], other: set[str]) -> bool:
    smaller = min(len(one), len(other))
    return smaller > 0 and len(one & other) / smaller >= _SAME
