"""A long message taken apart: what it tells of the person, and the questions in it. bot/understand.py reads such messages with it.

What is told is to the questions what a conversation is to a follow-up: they are searched with it in mind, and one that says too little
by itself ("is it that simple?") stands behind the sentence before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from index.keywords import terms

LONG = 22  # words; a longer message is a story with questions in it
_MOST = 4  # questions that one answer has room for
_OWN = 4  # terms with which a question stands without what was told before it
_LITTLE = 2  # terms; with fewer, and none of the field, a question asks nothing by itself
_TOLD_BEFORE = 3  # sentences before the last that a question which says nothing may be about
_KEPT = 30  # words, about, that a question leans on


class Question(NamedTuple):
    """`asked` by itself, and the `forms` in which it is looked for: by itself, and behind what was said before it; where it says too little
    by itself, the second alone. `apart`: it changes the subject, and needs nothing of what was told."""

    asked: str
    forms: tuple[str, ...]
    apart: bool = False


@dataclass(frozen=True)
class Story:
    """`told` are the sentences that ask nothing and say something, `questions` what is asked, in order."""

    told: tuple[str, ...]
    questions: tuple[Question, ...]


def read(message: str, speaks: Callable[[str], bool], names: Callable[[str], str]) -> Story | None:
    """The message taken apart; None where it is short, asks nothing, or is one question and the sentence that leads to it. `speaks` tells
    whether a text names something of the field, `names` gives the program that it names, or ""."""
    sentences = [sentence.strip() for sentence in SENTENCE_END.split(message) if re.search(r"\w", sentence)]
    if len(message.split()) <= LONG or len(sentences) < 2:
        return None
    told: list[str] = []
    questions: list[Question] = []
    block: list[str] = []  # what was told since the last question, or before it
    asked = ""  # the last question that stands by itself, with nothing told since
    for sentence in sentences:
        ours = speaks(sentence)
        if not (_asks_outright(sentence) or ours and asks(sentence)):  # "I want to understand two things" asks nothing
            if ours or len(terms(sentence)) >= _OWN:
                told.append(sentence)
                block = [sentence] if asked else [*block, sentence]
                asked = ""
            continue
        for question in _apart(_PLEA.sub("", sentence)):
            if not terms(question) and not (block and _OF_A_PERSON.search(question)):
                continue  # "what would they have to do" asks it of whom was told of
            question = _JOINS.sub("", question)
            questions.append(_in_forms(question, _last_of(block), asked, speaks, names))
            if len(terms(question)) < _LITTLE and not speaks(question):  # "should I pay?": any of what was told may be meant
                before = [one for one in block[:-1] if speaks(one) and len(terms(one)) >= _OWN]
                questions[-1] = questions[-1]._replace(forms=(*questions[-1].forms, *before[-_TOLD_BEFORE:]))
            asked = question if questions[-1].forms[0] == question else asked
    if not questions or len(questions) == 1 and len(sentences) == 2:
        return None
    if len(questions) == 1:
        questions = [questions[0]._replace(forms=(*questions[0].forms, message))]
    return Story(tuple(told), tuple(dict.fromkeys(questions))[:_MOST])


def _in_forms(question: str, told: str, asked: str, speaks: Callable[[str], bool], names: Callable[[str], str]) -> Question:
    """A question by itself, and with what it needs of what was said before it: what was `told`, or the question `asked` right before."""
    own, ours, refers = len(terms(question)), speaks(question), _REFERS.search(question) is not None
    short = own < _OWN
    says = ours or own >= _LITTLE
    if asked:
        if not refers and (ours or not short):
            return Question(question, (question,), apart=not short)
        person = _OF_A_PERSON.search(question) is not None
        before = told if person and told else asked
        program = "" if person or names(question) else names(f"{told} {asked}")
        named = f"{question.rstrip('?')} – {program}?" if program else ""
        return Question(question, tuple(form for form in (named, question if says else "", f"{before} {question}") if form))
    if not told:
        return Question(question, (question,))
    behind = f"{told} {question}"
    if not says:
        return Question(question, (behind,))
    return Question(question, (behind, question) if short else (question, behind))


def _last_of(sentences: Sequence[str]) -> str:
    """The last of the sentences, with those before it for which there is room."""
    kept: list[str] = []
    for sentence in reversed(sentences):
        if kept and sum(len(one.split()) for one in (sentence, *kept)) > _KEPT:
            break
        kept.insert(0, " ".join(sentence.split()[:_KEPT]))
    return " ".join(kept)


def asks(sentence: str) -> bool:
    """Whether a sentence asks something: by its sign, its first word, or by saying that somebody wants to know."""
    return _asks_outright(sentence) or _WANTS_TO_KNOW.search(sentence) is not None


def _asks_outright(sentence: str) -> bool:
    if _DID_ONE.match(sentence):
        return False
    return sentence.endswith("?") or _ASKS.match(sentence) is not None or _SUPPOSING.match(sentence) is not None


def _apart(sentence: str) -> list[str]:
    """The questions that one sentence joins: "can I go, and what does it cost?". What asks nothing by itself stays with what follows it,
    and what names nothing with what it follows."""
    questions: list[str] = []
    halves = _BETWEEN.split(sentence)
    inverted = sentence.endswith("?") and _INVERTED.match(sentence.strip()) is not None
    while len(halves) > 1 and not inverted and not asks(halves[0].strip()):
        halves[:2] = [f"{halves[0]}, {halves[1]}"]
    for half in halves:
        half = half.strip(" ,;")
        if both := _ABOUT_BOTH.search(half):
            questions += [f"what about {both[1]}?", f"what about {both[2]}?"]
        elif questions and (len(half.split()) < 3 or not terms(half)):
            questions[-1] = f"{questions[-1].rstrip('?')} and {half}"
        else:
            questions.append(half)
    return [question if question.endswith("?") else f"{question.rstrip('.! ')}?" for question in questions if question]


_AUX = r"(?:can|could|do|does|did|is|are|am|was|will|would|should|shall|may|must|has|have)"
_WHO = r"(?:the|this|that|my|our|his|her|their|its|i|we|he|she|it|they|there|you|a|an|canada|ircc|anyone|any|some)"
_WH = r"(?:what|how|when|where|which|who|whom|whose|why)"
SENTENCE_END = re.compile(r"(?<=[.?!])\s+|\n+")
_ASKS = re.compile(
    rf"(?:(?:and|also|plus|so|but|ok|if not|or)[\s,]+)*(?:{_WH}|{_AUX} {_WHO}|any (?:way|idea|option|chance|advice))\b", re.IGNORECASE
)
_DID_ONE = re.compile(r"did (?:an?|my) [^?]*\.$", re.IGNORECASE)  # "Did a PhD in Ohio, then a postdoc."
# "If I get PR, can we come back, and what happens to my place in the queue?"
_SUPPOSING = re.compile(rf"(?:if|when|once|since|because|as|while|after)\b[^?]*?,\s*(?:{_WH}|{_AUX} {_WHO})\b", re.IGNORECASE)
_INVERTED = re.compile(rf"{_AUX} \w+\b", re.IGNORECASE)  # "Do Indian citizens need a visa, and how much is it?"
_JOINS = re.compile(r"^(?:(?:and|also|plus|so|but|ok)\b[\s,]*)+(?=\w)", re.IGNORECASE)
_WANTS_TO_KNOW = re.compile(
    r"\b(?:want(?:ed)? to (?:know|understand|ask|check|confirm|find out)|wonder(?:ing)?|curious|confused (?:about|if|whether)|tell me"
    r"|need to know|not sure (?:if|whether|how|what|which)|my question is|question:)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    rf"(?:,\s*|\s+)(?:and|also|plus)\s+(?=(?:{_WH}|{_AUX}\s+\w+)\b)|,\s+(?=(?:{_WH}\s+\w+\s|{_AUX}\s+\w+\s))",
    re.IGNORECASE,
)
_ABOUT_BOTH = re.compile(r"\bwhat about (.+?),? and ((?:my|our|the|his|her|their) .+?)\??$", re.IGNORECASE)
_PERSON = (
    r"\b(?:wife|husband|spouse|partner|son|daughter|child|children|kids?|baby|mother|father|parents?|brother|sister|employer|company)\b"
)
_OF_A_PERSON = re.compile(rf"^(?:(?!{_PERSON}).)*\b(?:he|she|they|them|him)\b", re.IGNORECASE)
_REFERS = re.compile(
    rf"\b(?:it|its|that|this|these|those|(?<!is )(?<!are )(?<!was )there|then|one|same|right|should i|should we)\b|{_OF_A_PERSON.pattern}",
    re.IGNORECASE,
)
_PLEA = re.compile(
    r"(?:(?:can|could|would|will) (?:you|someone|anyone|somebody) (?:please |kindly )?(?:help|advise|guide|explain|suggest|clarify)"
    r"(?: me| us)?(?: out| here| with (?:this|that))?"
    r"|please (?:help|advise|guide|suggest)|any (?:advice|help|suggestions?|thoughts))\W*$",
    re.IGNORECASE,
)
