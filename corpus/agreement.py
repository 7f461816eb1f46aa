"""Whether the sentences of the corpus agree: with the registered figures, with each other, and with the days of their sources.

`corpus.check` calls the four functions. Each yields the index of a place and what is wrong there.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from corpus.figures import MONTHS, Figure, Number, canonical, numbers, spoken
from corpus.model import Disagreement

_ALIKE = 0.5  # measured on the briefs: lower finds little more and raises false alarms
_ALIKE_BUT_DATE = 0.75
_USUAL = 3  # sentences with the same wording that must agree before another number in it is odd; 2 raises false alarms
_SMALL = 20  # a bare number below this names too many things to be asked for in the registry


@dataclass(frozen=True)
class Place:
    """A sentence, or a heading, and where it stands.

    `owner` is the file or registry entry it belongs to, `section` the line of its heading; `known` are the ISO days that its section,
    sources and program carry anyway, and the years that people ask with.
    """

    file: str
    line: int
    owner: str
    program: str
    text: str
    known: frozenset[str] = frozenset()
    section: int = 0

    @property
    def where(self) -> str:
        return f"{self.file}, line {self.line}"

    @property
    def opening(self) -> str:
        return f"{' '.join(self.text.split()[:8])!r}…"

    @cached_property
    def lower(self) -> str:
        return self.text.lower()

    @cached_property
    def numbers(self) -> list[Number]:
        return numbers(self.text)

    @cached_property
    def _plain(self) -> str:
        text = re.sub(r"(?<=\d),(?=\d{3})", "", self.lower)
        return re.sub(r"\bas of [\w ]*?\d{4}", " ", text)

    @cached_property
    def dates(self) -> frozenset[str]:
        return frozenset(_DATE.findall(self._plain))

    @cached_property
    def words(self) -> frozenset[str]:
        """Content words. A number that names something ("CLB 7", "Stream 1") is a word, not a value."""
        text = _DATE.sub(" ", self._plain)
        named = {re.sub(r"\W+", "-", name[0]) for name in _NAMED.finditer(text)}
        words = re.findall(r"[a-z][a-z0-9]+", _NAMED.sub(" ", text))
        return frozenset(named | {word for word in words if word not in _EMPTY_WORDS})

    @cached_property
    def values(self) -> dict[str, set[str]]:
        """Numbers by what they count: {"canadian dollars": {"155", "85"}, "days": {"60"}}."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for number, unit in _VALUE.findall(_NAMED.sub(" ", _DATE.sub(" ", self._plain))):
            if unit not in _EMPTY_WORDS:
                found[unit].add(number)
        return found

    @cached_property
    def past(self) -> bool:
        return _PAST.search(self._plain) is not None


Finding = tuple[int, str]  # the index of a place, and what is wrong with it


# --- with the registered figures


def off_figures(figures: Sequence[Figure], places: Sequence[Place]) -> tuple[list[Finding], list[set[str]]]:
    """Sentences that give another value than the figure they speak of, and for each place the values that figures settle."""
    wrong: list[Finding] = []
    settled: list[set[str]] = [set() for _ in places]
    scope = _scopes(places)
    for figure in figures:
        near = scope(figure)
        text = "\n".join(places[index].lower for index in near)
        starts = [0]
        for index in near:
            starts.append(starts[-1] + len(places[index].lower) + 1)
        for pattern in figure.match:
            for found in pattern.finditer(text):
                index = near[bisect_right(starts, found.start()) - 1]
                if figure.right(found):
                    settled[index].update(figure.said(found))
                else:
                    said = " and ".join(dict.fromkeys(figure.said(found)))
                    wrong.append((index, f"{places[index].opening} says {said!r}, {figure.told}; correct one of them"))
    return wrong, settled


def _scopes(places: Sequence[Place]) -> Callable[[Figure], list[int]]:
    """Where a figure applies, as indices of places: what `Figure.applies` says of each, but asked for all of them at once."""
    by_program: defaultdict[str, set[int]] = defaultdict(set)
    starts: list[int] = []
    length = 0
    for index, place in enumerate(places):
        by_program[place.program].add(index)
        starts.append(length)
        length += len(place.lower) + 1
    text = "\n".join(place.lower for place in places)

    def scope(figure: Figure) -> list[int]:
        if not figure.programs and figure.near is None:
            return list(range(len(places)))
        found = {index for program in figure.programs for index in by_program[program]}
        if figure.near is not None:
            found |= {bisect_right(starts, match.start()) - 1 for match in figure.near.finditer(text)}
        return sorted(found)

    return scope


def unregistered(figures: Sequence[Figure], places: Sequence[Place], settled: Sequence[set[str]]) -> Iterator[tuple[int, Number]]:
    """Numbers and days that stand in one sentence only: nothing in the corpus confirms them, and no figure is registered for them.

    A day is confirmed by the section or source that carries it, a number by another sentence of the program or the file, and a year that
    stands alone by the rest of its section: years are too many for more.
    """
    seen: defaultdict[tuple[str, str, str], set[int]] = defaultdict(set)
    for index, place in enumerate(places):
        for number in place.numbers:
            for scope in _confirming(place, number):
                seen[scope, number.unit, number.value].add(index)
                if number.unit == "date" and len(number.value) == 10:
                    seen[scope, "date", f"--{number.value[5:]}"].add(index)
                if number.unit == "date" and not number.value.startswith("--"):
                    seen[scope, "date", number.value[:4]].add(index)
    for index, place in enumerate(places):
        for number in place.numbers:
            if _counts(number) and not _dated(number, place.known) and number.value not in settled[index]:
                elsewhere = any(seen[scope, number.unit, number.value] - {index} for scope in _confirming(place, number))
                held = (figure for figure in figures if figure.holds(number, place.lower))
                if not elsewhere and not any(figure.applies(place.program, place.lower) for figure in held):
                    yield index, number


def _confirming(place: Place, number: Number) -> tuple[str, ...]:
    """The names of what other sentences must share with a place to confirm a number in it."""
    if number.unit == "date" and place.section:
        section = f"{place.owner}:{place.section}"
        return (section,) if len(number.value) == 4 else (place.program, place.owner, section)
    return (place.program, place.owner)


def _counts(number: Number) -> bool:
    """Whether a number must be confirmed: days, what has a unit or is a code, and what is large or exact."""
    return bool(number.unit) or "." in number.value or float(number.value) >= _SMALL


def _dated(number: Number, known: frozenset[str]) -> bool:
    if number.unit != "date":
        return False
    if number.value.startswith("--"):
        return any(day.endswith(number.value[2:]) for day in known if len(day) == 10)
    return any(day[: len(number.value)] == number.value for day in known)


# --- with each other


def odd_ones(places: Sequence[Place], settled: Sequence[set[str]]) -> Iterator[Finding]:
    """A number or a year in words that three or more other sentences use with one and the same other number.

    Days and months are left to `unregistered`: sentences put many different days into the same words.
    """
    usual: defaultdict[tuple[object, ...], list[tuple[str, int]]] = defaultdict(list)
    support: defaultdict[tuple[object, ...], set[int]] = defaultdict(set)
    slots = [list(_slots(place.lower)) if place.numbers else [] for place in places]
    for index, found in enumerate(slots):
        for slot in found:
            for key in slot.around(_WIDE):
                usual[key].append((slot.value, index))
            for key in slot.around(_NARROW):
                support[*key, slot.value].add(index)
    for index, found in enumerate(slots):
        for slot in found:
            if slot.value in settled[index] or any(support[*key, slot.value] - {index} for key in slot.around(_NARROW)):
                continue
            for key in slot.around(_WIDE):
                others = [(value, other) for value, other in usual[key] if other != index]
                values = {value for value, _ in others}
                if len(others) >= _USUAL and len(values) == 1 and slot.value not in values:
                    usually = f"{spoken(values.pop())!r} where {len(others)} other sentences have the same words"
                    there = f"{usually}, as in {places[others[0][1]].where}"
                    yield index, f"{places[index].opening} has {slot.text!r}, but {there}; find out which holds"
                    break


_WIDE = ((2, 2), (3, 1), (1, 3), (4, 0), (0, 4), (3, 0), (0, 3))  # words before and after the number
_NARROW = ((1, 1), (2, 0), (0, 2))
_NUMBER_WORDS = {word: str(value) for value, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), 2)}
_MONTH = "|".join(MONTHS).lower()
_TOKEN = re.compile(
    rf"\d{{1,2}} (?:{_MONTH}) \d{{4}}|(?:{_MONTH}) \d{{4}}|h-1b\w*|[a-z]+(?:-\d+\w*)+|[a-z]\d\w*|[a-z][a-z'+]*"
    r"|\d+(?:,\d{3})*(?:\.\d+)?|[:;,()]"
)


@dataclass(frozen=True)
class _Slot:
    """A number with the words around it. `kind` is N for a number, Y for a year."""

    kind: str
    value: str
    text: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    def around(self, shapes: Sequence[tuple[int, int]]) -> Iterator[tuple[object, ...]]:
        for left, right in shapes:
            if left <= len(self.before) and right <= len(self.after):
                yield (left, right, self.kind, *self.before[len(self.before) - left :], "#", *self.after[:right])


def _slots(text: str) -> Iterator[_Slot]:
    tokens = [(_kind(token), token) for token in _TOKEN.findall(text)]
    shape = ("^", *(kind or token for kind, token in tokens), "$")
    for index, (kind, token) in enumerate(tokens):
        if kind in ("N", "Y"):
            yield _Slot(kind, canonical(token), token, shape[: index + 1], shape[index + 2 :])


def _kind(token: str) -> str:
    if token in _NUMBER_WORDS:
        return "N"
    if not token[0].isdigit():
        return "M" if re.fullmatch(rf"(?:{_MONTH}) \d{{4}}", token) else ""
    return "D" if " " in token else "Y" if re.fullmatch(r"(?:19|20)\d\d", token) else "N"


def disagreements(places: Sequence[Place], registered: Sequence[Disagreement]) -> Iterator[Finding]:
    """Two sentences of one program, in different files, with nearly the same words but another number or date.

    Nearly the same: the words they share are half of all their words (three quarters for a date). The pair is no disagreement when the
    two speak of different days, when one of them tells of the past, when the other file also has the number of the first, or when both
    give values of a registered disagreement.
    """
    by_program: defaultdict[str, list[int]] = defaultdict(list)
    for index, place in enumerate(places):
        if len(place.words) >= 4 and (place.values or place.dates):
            by_program[place.program].append(index)
    for about in by_program.values():
        for number, index in enumerate(about):
            first = places[index]
            for other in about[:number]:
                second = places[other]
                what = _differs(first, second)
                if not what or any(places[p].owner == second.owner and _agree(first, places[p]) for p in about):
                    continue
                if not any(known.given_by(first.text) and known.given_by(second.text) for known in registered):
                    yield index, f"{first.text!r} differs in {what} from {second.where}: {second.text!r}; find out which holds"


_DATE = re.compile(rf"\b\d{{1,2}} (?:{_MONTH}) \d{{4}}\b")
_NAMED = re.compile(
    r"\b(?:clb|nclc|teer|streams?|levels?|phase|category|categories|form|imm|noc|sections?|articles?|proclamation|round|bill|h|c|r|t|eb|i|l|o)"
    rf"[ -]?\d+(?:(?:,| to| and| or) \d+)*\b|\b(?:(?:{_MONTH}) )?(?:19|20)\d\d\b|\b\d{{1,2}} (?:{_MONTH})\b"
)
_VALUE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)(?!\.?\w)[ -]?((?:(?:canadian|us|united states|per|business|consecutive) )?[a-z]+)")
_EMPTY_WORDS = frozenset(
    "the a an of in on at to for and or is are was were be by with without from that this as it its not no has have had than then since "
    "until also only any more which who their so".split()
)
_PAST = re.compile(r"\b(?:had|before|until|was|were|rose|earlier|previous|older|from \S+ to)\b")


def _differs(first: Place, second: Place) -> str:
    """What two sentences about the same thing disagree on: a unit, "the date", or "" for nothing."""
    if first.owner == second.owner or first.past != second.past or (likeness := _likeness(first, second)) < _ALIKE:
        return ""
    if first.dates and second.dates and not first.dates & second.dates:
        one_each = len(first.dates) == len(second.dates) == 1
        return "the date" if likeness >= _ALIKE_BUT_DATE and one_each and first.values == second.values else ""
    for unit in first.values.keys() & second.values.keys():
        mine, other = first.values[unit], second.values[unit]
        if len(mine) == len(other) and mine != other:
            return unit
    return ""


def _likeness(first: Place, second: Place) -> float:
    return len(first.words & second.words) / len(first.words | second.words)


def _agree(first: Place, second: Place) -> bool:
    return _likeness(first, second) >= _ALIKE and first.values == second.values and (bool(first.values) or first.dates == second.dates)
