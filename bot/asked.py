"""One question of a message as searching and composing need it, and what it names."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from functools import lru_cache

from index.keywords import Concept
from index.search import Hit

VERY = 0.94  # cosine from which a message says the same as a question of ours, and is that question
_WHICH_DAY = re.compile(r"\b(?:wh(?:at|ich) (?:day|date)|deadline|last (?:day|date))\b", re.IGNORECASE)
COUNTED = re.compile(r"(?<![\w-])\d[\d,.]*\d(?![\w-])")  # a year or a number, not the 1 of H-1B
YEAR = re.compile(r"(?:19|20)\d\d")


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


def is_asked(hit: Hit) -> bool:
    """Whether the message says the same as a question of the passage."""
    return bool(hit.passage.asked) and hit.question >= VERY


def is_written_answer(hit: Hit) -> bool:
    """Whether the passage is the answer to a question that is like the one asked."""
    return bool(hit.passage.asked) or (hit.passage.heading.endswith("?") and hit.question >= 0.51)


@lru_cache(64)  # of one question beside each sentence
def day_and_numbers(question: str) -> tuple[bool, frozenset[str]]:
    """Whether it asks for a day, and the years and numbers that it names."""
    return _WHICH_DAY.search(question) is not None, frozenset(COUNTED.findall(question))


def years_among(counted: Set[str]) -> frozenset[str]:
    return frozenset(filter(YEAR.fullmatch, counted))
