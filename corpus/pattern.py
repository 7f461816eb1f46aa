"""Regular expressions of the registries, ignoring case: compiled when first needed, and tried only where they can match.

There are hundreds of them, each is tried on every sentence of a draft, and hardly any matches. What a pattern cannot do without ("paved the
way for more " in "paved the way for more (?:potential )?rounds") is looked for first, which takes a twentieth of the time. What it needs
least often goes first, and the rest of what it needs after that: of fifteen sentences that hold the first, one holds all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_PART = 5  # letters

# Letters that re takes for these when it ignores case, and lower() does not.
_ODD = str.maketrans({"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"})
Needs = tuple[tuple[str, ...], ...]
_known: dict[str, Needs] = {}


class Pattern:
    """A regular expression that ignores case. `needs`: stretches of lower-case text; of each choice one stands in everything that it
    matches. `words`: the choice that is least likely to stand in a text by chance; ("",) when none is certain."""

    __slots__ = ("_compiled", "needs", "pattern", "words")

    def __init__(self, pattern: str) -> None:
        """The pattern is not looked at yet when its needs were told to `remember`. Raises re.error where it is none."""
        self.pattern = pattern
        self._compiled: re.Pattern[str] | None = None
        if pattern not in _known:
            if "(?<" in pattern:  # that what looks behind has no fixed width is found only when it is compiled
                self._compiled = re.compile(pattern, re.IGNORECASE)
            _known[pattern] = _needed(pattern)
        self.needs = _known[pattern]
        self.words = self.needs[0] if self.needs else ("",)

    def search(self, text: str) -> re.Match[str] | None:
        if not _stand(self.needs, lowered(text)):
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
    """Things that each need words in a text, in one way or another (`Pattern.needs`), found with one look for what many of the words have
    in common."""

    def __init__(self, needing: Iterable[tuple[T, Iterable[Needs]]]) -> None:
        self._things: list[T] = []
        self._of_word: dict[str, list[tuple[int, Needs]]] = {}  # the place of a thing, and what else it needs beside the word
        for place, (thing, ways) in enumerate(needing):
            self._things.append(thing)
            for needs in ways:
                first, *others = needs or (("",),)
                for word in first:
                    self._of_word.setdefault(word, []).append((place, tuple(others)))
        self._alike = list(_alike(self._of_word).items())

    def in_text(self, text: str) -> list[T]:
        """Those of which all that they need stands in the text, in their order."""
        lower = lowered(text)
        words = [word for part, alike in self._alike if part in lower for word in alike if word in lower]
        found = {place for word in words for place, others in self._of_word[word] if _stand(others, lower)}
        return [self._things[place] for place in sorted(found)]


def remember(needs: Mapping[str, Needs]) -> None:
    """Take the needs of patterns that were found to be sound before."""
    _known.update(needs)


@lru_cache(maxsize=1024)
def lowered(text: str) -> str:
    """The text as words are looked for in it."""
    return text.translate(_ODD).lower()


def _stand(needs: Needs, lower: str) -> bool:
    """Whether of each choice a word stands in the text."""
    for words in needs:
        for word in words:  # not any(), which takes three times as long
            if word in lower:
                break
        else:
            return False
    return True


def _alike(words: Iterable[str]) -> dict[str, list[str]]:
    """The words by the one of their parts that most of them have."""
    parts = {word: {word[at : at + _PART] for at in range(max(1, len(word) - _PART + 1))} for word in words}
    often = Counter(part for some in parts.values() for part in some)
    alike: dict[str, list[str]] = {}
    for word, some in parts.items():
        alike.setdefault(max(some, key=lambda part: (often[part], part)), []).append(word)
    return alike


def _needed(pattern: str) -> Needs:
    """Of each choice of words one stands in everything that the pattern matches; first the one that is least likely to stand in a text by
    chance: the longest, and of those the fewest."""
    from re import _parser  # type: ignore[attr-defined]  # the parsed pattern; re has no public name for it

    found = _choices(_parser.parse(pattern, re.IGNORECASE))
    return tuple(tuple(sorted(choice)) for choice in sorted(dict.fromkeys(found), key=_rarity, reverse=True))


def _rarity(choice: frozenset[str]) -> tuple[int, int]:
    return min(map(len, choice)), -len(choice)


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
                    found.append(frozenset().union(*(max(choices, key=_rarity) for choices in each)))
    return found
