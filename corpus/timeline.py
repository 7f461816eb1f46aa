"""What stood on a past day: the registry as it was then, and which sentences could have been said then.

`ask --at DAY` answers through here: bot/chain.py asks for the registry as of the day, and leaves out what came later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from corpus.model import Passage, Program
from corpus.registry import Registry

_MONTHS = "January February March April May June July August September October November December".split()
# A rule may say beforehand when it ends, and a sentence when it was last checked: such a date after the day is no news from the future.
_AHEAD = r"(?:until|till|through|up to|to|and|by|(?<!born )before|end(?:s|ed)? (?:on|in)|expires? on|as of|as seen on|seen to|copied on)"
_DATE = re.compile(
    rf"(?P<ahead>\b{_AHEAD}\s+)?(?:the end of\s+)?\b(?:(?:(?P<day>\d{{1,2}}) )?(?P<month>{'|'.join(_MONTHS)}) )?(?P<year>20\d\d)\b",
    re.IGNORECASE,
)
_OPENS = re.compile(rf"as of (?:\d{{1,2}} )?(?:(?:{'|'.join(_MONTHS)}) )?20\d\d\b", re.IGNORECASE)
_YEARS_BACK = 12
_HELD = re.compile(r"(?:until|till|up to|to|before)\s*$", re.IGNORECASE)


def registry_on(registry: Registry, day: str) -> Registry:
    """The registry as of an ISO day: programs with the standing they had, no correction of what was still right, and no disagreement
    that had not been published.

    A program whose standing on that day is not known, or that did not exist, has the standing "" and no note.
    """
    programs = {program.id: _program_on(program, day) for program in registry.programs.values()}
    corrections = {c.id: c for c in registry.corrections.values() if not c.since or c.since <= day}
    published = {d.id: d for d in registry.disagreements.values() if all(value.as_of <= day for value in d.values)}
    return replace(registry, programs=programs, corrections=corrections, disagreements=published)


def come_to(registry: Registry, day: str) -> Registry:
    """The registry with the standings that were known beforehand and have begun by an ISO day, which is the present one."""
    begun = {p.id: _ahead_on(p, day) for p in registry.programs.values() if p.ahead and p.ahead[0].since <= day}
    return replace(registry, programs={**registry.programs, **begun}) if begun else registry


def not_yet(registry: Registry, day: str) -> frozenset[str]:
    """The programs that did not exist on an ISO day, as far as the registry knows their beginnings."""
    return frozenset(program.id for program in registry.programs.values() if day < _began(program))


def sentences_on(passage: Passage, sentences: Sequence[str], day: str) -> list[bool]:
    """Which of a passage's sentences answer as of an ISO day.

    Of a rule that stood then and no longer does (by its `from:` and `until:`), all: what is said of its end belongs to it. Of one that
    still stands, all that do not tell of something later. Of one that began later (by its `from:`, or because its first
    sentence tells of something later) only those that say what held until it began: "Until 25 March 2025 a job offer added 50 points".
    Where its `from:` says that it had begun, a later year by itself is one that it plans for.
    """
    if passage.valid_from <= day <= passage.valid_until:
        return [True] * len(sentences)
    planned = bool(passage.valid_from)
    if passage.valid_from > day or (sentences and said_later(sentences[0], day, planned)):
        return [held_until_later(sentence, day, passage.valid_from) for sentence in sentences]
    return [not said_later(sentence, day, planned) for sentence in sentences]


def reaches_back(passage: Passage, day: str) -> bool:
    """Whether a passage may tell of an ISO day: one that neither says since when it holds nor names a day as early does not of a day years
    before it was known."""
    if passage.valid_from or not passage.as_of or int(passage.as_of[:4]) - int(day[:4]) <= _YEARS_BACK:
        return True
    return any(when <= day for when, _ in _dates(passage.text))


def said_later(sentence: str, day: str, planned: bool = False) -> bool:
    """Whether a sentence tells of something after an ISO day, and so could not have been said on it. One that opens with "As of" a later
    day tells what had come by then. `planned`: it is of a plan, and a year that it names by itself tells nothing."""
    dates = [(when, ahead) for when, ahead, within_year in _read(sentence) if within_year or not planned]
    return any(when > day and not ahead for when, ahead in dates) or any(
        when > day for when, _ in dates[: 1 if _OPENS.match(sentence) else 0]
    )


def written_later(sentence: str, day: str) -> bool:
    """Whether a sentence names a day or a month after an ISO day: until when something held, or when it was last so. Plans name years."""
    return any(when > day and within_year for when, _, within_year in _read(sentence))


def held_until_later(sentence: str, day: str, began: str = "") -> bool:
    """Whether a sentence says what held until a date after an ISO day, and of nothing later. `began`: the day, where it is known, on which
    what the section is about began, so that a later date is one of that, and not until when something else held."""
    dates = [(when, ahead) for when, ahead in _dates(sentence) if not began or when <= began]
    return any(when > day and _HELD.search(ahead) for when, ahead in dates) and not said_later(sentence, day)


def _program_on(program: Program, day: str) -> Program:
    if program.since and program.since <= day:
        return _ahead_on(program, day)
    then = next((earlier for earlier in reversed(program.history) if earlier.since <= day), None)
    if then is None:
        return replace(program, standing="", since="", note="", replaced_by="")
    return replace(program, standing=then.standing, since=then.since, note=then.note, replaced_by="")


def _ahead_on(program: Program, day: str) -> Program:
    begun = next((later for later in reversed(program.ahead) if later.since <= day), None)
    return program if begun is None else replace(program, standing=begun.standing, since=begun.since, note=begun.note)


def _began(program: Program) -> str:
    """The day on which a program began, or "" where only its end is known: what closed, paused or was replaced had been there before."""
    if program.history:
        return program.history[0].since
    return program.since if program.standing in ("announced", "proposed") else ""


def _dates(sentence: str) -> Iterator[tuple[str, str]]:
    """Every date as ISO, with the word before it that looks ahead, or "". A month is dated by its end, so that what came in it counts as
    later, and a year by its first day."""
    return ((when, ahead) for when, ahead, _ in _read(sentence))


def _read(sentence: str) -> Iterator[tuple[str, str, bool]]:
    """The same, and whether more than a year is named."""
    for found in _DATE.finditer(sentence):
        day = int(found["day"] or (28 if found["month"] else 1))
        month = _MONTHS.index(found["month"].capitalize()) + 1 if found["month"] else 1
        try:
            yield date(int(found["year"]), month, day).isoformat(), (found["ahead"] or "").strip(), found["month"] is not None
        except ValueError:
            continue
