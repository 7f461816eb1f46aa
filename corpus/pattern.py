"""Regular expressions of the registries, ignoring case: compiled when first needed, and tried only where they can match.

There are hundreds of them, each is tried on every sentence of a draft, and hardly any matches. What a pattern cannot do without ("paved the
way for more " in "paved the way for more (?:potential )?rounds") is looked for first, which takes a twentieth of the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Generic, TypeVar

T = TypeVar("T")

# Letters that re takes for these when it ignores case, and lower() does not.
_ODD = str.maketrans({"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"})
_known: dict[str, tuple[str, ...]] = {}


class Pattern:
    """A regular expression that ignores case. `words`: stretches of lower-case text of which one stands in everything that it matches;
    ("",) when none is certain."""

    __slots__ = ("_compiled", "pattern", "words")

    def __init__(self, pattern: str) -> None:
        """The pattern is not looked at yet when its words were told to `remember`. Raises re.error where it is none."""
        self.pattern = pattern
        self._compiled: re.Pattern[str] | None = None
        if pattern not in _known:
            if "(?<" in pattern:  # that what looks behind has no fixed width is found only when it is compiled
                self._compiled = re.compile(pattern, re.IGNORECASE)
            _known[pattern] = _needed(pattern)
        self.words = _known[pattern]

    def search(self, text: str) -> re.Match[str] | None:
        if not any(word in lowered(text) for word in self.words):
            return None
        if self._compiled is None:
            self._compiled = re.compile(self.pattern, re.IGNORECASE)
        return self._compiled.search(text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and self.pattern == other.pattern

    def __hash__(self) -> int:
        return hash(self.pattern)

    def __repr__(self) -> str:
        return f"Pattern({self.pattern!r})"


class Needing(Generic[T]):
    """Things that each need one of some words in a text (`Pattern.words`), found with one look for each word, however many need it."""

    def __init__(self, needing: Iterable[tuple[T, Iterable[str]]]) -> None:
        self._things: list[T] = []
        self._places: dict[str, list[int]] = {}
        for place, (thing, words) in enumerate(needing):
            self._things.append(thing)
            for word in words:
                self._places.setdefault(word, []).append(place)

    def in_text(self, text: str) -> list[T]:
        """Those of which a word stands in the text, in their order."""
        lower = lowered(text)
        found = {place for word, places in self._places.items() if word in lower for place in places}
        return [self._things[place] for place in sorted(found)]


def remember(words: Mapping[str, tuple[str, ...]]) -> None:
    """Take the words of patterns that were found to be sound before."""
    _known.update(words)


@lru_cache(maxsize=1024)
def lowered(text: str) -> str:
    """The text as words are looked for in it."""
    return text.translate(_ODD).lower()


def _needed(pattern: str) -> tuple[str, ...]:
    """The choice of words that is least likely to stand in a text by chance: the longest, and of those the fewest."""
    from re import _parser  # type: ignore[attr-defined]  # the parsed pattern; re has no public name for it

    found = _choices(_parser.parse(pattern, re.IGNORECASE))
    return tuple(sorted(_best(found))) if found else ("",)


def _best(choices: list[frozenset[str]]) -> frozenset[str]:
    return max(choices, key=lambda choice: (min(map(len, choice)), -len(choice)))


def _choices(parsed: Iterable[tuple[Any, Any]]) -> list[frozenset[str]]:
    """Of a parsed pattern: sets of words, of each of which one stands in everything it matches. What is not known here asks for nothing."""
    found: list[frozenset[str]] = []
    run = ""
    for operation, argument in (*parsed, (None, None)):
        name = str(operation)
        if name == "LITERAL" and isinstance(argument, int) and argument < 128:
            run += chr(argument).lower()
            continue
        if name == "AT":  # takes up no room
            continue
        if run:
            found.append(frozenset((run,)))
            run = ""
        match name, argument:
            case "SUBPATTERN", (_, _, _, inner):
                found += _choices(inner)
            case "MAX_REPEAT" | "MIN_REPEAT", (least, _, inner) if least:
                found += _choices(inner)
            case "BRANCH", (_, branches):
                each = [_choices(branch) for branch in branches]
                if all(each):
                    found.append(frozenset().union(*map(_best, each)))
    return found
