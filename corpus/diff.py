"""What changed between two builds of the corpus: passages added, removed and reworded, with their numbers and dates picked out.

`northbound corpus diff` calls `changes` with the passages of the live index and of the one before it, and prints `report`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from corpus.model import Passage

_ALIKE = 60.0  # of 100: two passages of one source that share less are two passages, not one reworded
_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" if name != "may" else "may" for name in _MONTHS)
_WORDS = "two three four five six seven eight nine ten eleven twelve".split()  # "one" is as often an article
_VALUE = re.compile(
    rf"(?P<iso>\b\d{{4}}-\d{{2}}(?:-\d{{2}})?\b)"
    rf"|\b(?P<day>\d{{1,2}}) (?P<month>{_MONTH})\.?,? (?P<year>\d{{4}})\b"
    rf"|\b(?P<month2>{_MONTH})\.? (?P<day2>\d{{1,2}}),? (?P<year2>\d{{4}})\b"
    rf"|\b(?P<month3>{_MONTH})\.?,? (?P<year3>\d{{4}})\b"
    r"|(?P<number>(?<![\w.,$€£])(?:(?:CAN|CAD|CA|C|USD|US)\s?)?(?:[$€£]\s?)?\d+(?:[,\u00a0\u202f]\d{3})*(?:\.\d+)?(?![\w])"
    r"(?:\s?(?:%|(?:per cent|percent|million|billion)\b))?)"
    rf"|\b(?P<word>{'|'.join(_WORDS)})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reworded:
    """One passage before and after. `gone` and `come` are the numbers and dates that only one of the two says, dates as ISO."""

    before: Passage
    after: Passage
    gone: tuple[str, ...]
    come: tuple[str, ...]


@dataclass(frozen=True)
class Changes:
    """What changed, each in the order of the passages."""

    added: tuple[Passage, ...]
    removed: tuple[Passage, ...]
    reworded: tuple[Reworded, ...]

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs that anything that changed is about, before or after, in alphabetical order."""
        both = (passage for one in self.reworded for passage in (one.before, one.after))
        return tuple(sorted({passage.program for passage in (*self.added, *self.removed, *both)}))

    @property
    def relied_on(self) -> bool:
        """Whether something that answers may rest on is gone: a passage was removed, or a number or date is another."""
        return bool(self.removed) or any(one.gone or one.come for one in self.reworded)


def changes(before: Sequence[Passage], after: Sequence[Passage]) -> Changes:
    """Compare two versions of a corpus. Which day a passage was last known to hold, and its place among others, are no change.

    Passages are the same where source, kind, validity, program and text are. Of the rest, two of one source and kind are one reworded
    when they have one id or most of their words in common, the likest first; their ids alone do not tell, because those of repeated
    headings are numbered.
    """
    counts = Counter(map(_said, after))
    old = [p for p in before if not _taken(counts, p)]
    counts = Counter(map(_said, before))
    new = [p for p in after if not _taken(counts, p)]
    pairs = _pairs(old, new)
    paired = set(pairs.values())
    reworded = tuple(_reworded(old[o], new[n]) for o, n in sorted(pairs.items()))
    removed = tuple(p for number, p in enumerate(old) if number not in pairs)
    return Changes(tuple(p for number, p in enumerate(new) if number not in paired), removed, reworded)


def values(text: str) -> Counter[str]:
    """Every number, amount and date that a text says, with how often. Dates become ISO, number words figures."""
    return Counter(_value(found) for found in _VALUE.finditer(text))


def report(found: Changes) -> Iterator[str]:
    """The changes as lines for a terminal: `-` for what was said, `+` for what is said now."""
    for passage in found.removed:
        yield from (f"removed {passage.id}", f"  - {_line(passage)}")
    for one in found.reworded:
        yield f"reworded {one.after.id}"
        if one.gone or one.come:
            yield f"  numbers and dates: {', '.join(one.gone) or 'none'} -> {', '.join(one.come) or 'none'}"
        if one.before.program != one.after.program:
            yield f"  program: {one.before.program} -> {one.after.program}"
        yield from (f"  - {_line(one.before)}", f"  + {_line(one.after)}")
    for passage in found.added:
        yield from (f"added {passage.id}", f"  + {_line(passage)}")
    if found.programs:
        yield f"programs: {', '.join(found.programs)}"
    told = sum(bool(one.gone or one.come) for one in found.reworded)
    yield (
        f"{len(found.removed)} removed, {len(found.reworded)} reworded ({told} with other numbers or dates), {len(found.added)} added"
        if found.removed or found.reworded or found.added
        else "no passage changed"
    )


def _said(passage: Passage) -> tuple[object, ...]:
    return (passage.source_id, passage.kind, passage.program, passage.valid_from, passage.valid_until, passage.unknown, passage.text)


def _taken(counts: Counter[tuple[object, ...]], passage: Passage) -> bool:
    """Whether the other side says this too; each of its passages answers for one."""
    said = _said(passage)
    counts[said] -= 1
    return counts[said] >= 0


def _pairs(old: Sequence[Passage], new: Sequence[Passage]) -> dict[int, int]:
    """Which of the old passages became which of the new, by their places."""
    of_source: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number, passage in enumerate(new):
        of_source[passage.source_id, passage.kind].append(number)
    scored = [
        (fuzz.ratio(before.text, new[n].text) + 20 * (before.id == new[n].id), o, n)
        for o, before in enumerate(old)
        for n in of_source[before.source_id, before.kind]
    ]
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for score, o, n in sorted(scored, key=lambda row: (-row[0], row[1], row[2])):
        if o not in pairs and n not in taken and (score >= _ALIKE or old[o].id == new[n].id):
            pairs[o] = n
            taken.add(n)
    return pairs


def _reworded(before: Passage, after: Passage) -> Reworded:
    was, now = values(_line(before)), values(_line(after))
    return Reworded(before, after, _sorted(was - now), _sorted(now - was))


def _sorted(counts: Counter[str]) -> tuple[str, ...]:
    return tuple(sorted(counts))


def _line(passage: Passage) -> str:
    """The passage's text on one line, with how long it holds."""
    dates: Iterable[str] = (
        f"from {passage.valid_from}" * bool(passage.valid_from),
        f"until {passage.valid_until}" * bool(passage.valid_until),
    )
    holds = " ".join(filter(None, dates))
    return " ".join(passage.text.split()) + (f" [holds {holds}]" if holds else "")


def _value(found: re.Match[str]) -> str:
    if found["number"]:
        joined = re.sub(r"\s|(?<=\d),(?=\d{3})", "", found["number"]).upper()
        return re.sub("PER?CENT$", "%", joined)
    if found["word"]:
        return str(_WORDS.index(found["word"].lower()) + 2)
    if found["iso"]:
        return found["iso"]
    month = (found["month"] or found["month2"] or found["month3"])[:3].lower()
    number = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(month))
    year, day = found["year"] or found["year2"] or found["year3"], found["day"] or found["day2"]
    return f"{year}-{number:02}" + (f"-{int(day):02}" if day else "")
