"""The figures that people act on, each registered once in figures.toml; `corpus check` holds every sentence against them.

A fee, a deadline or a threshold stands in many sentences. It is written down here once more, with its source and day, and with patterns
of how sentences speak of it: when it changes, it is changed in one place, and the check names every sentence to mend.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from corpus.model import is_date

FILE = "figures.toml"
MONTHS = "January February March April May June July August September October November December".split()
_WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_MONTH = "|".join(MONTHS)
_NUMBER = (
    r"(?<![\w.,/-])(?:\d+(?:,\d{3})*(?:\.\d+)?|t(?:wo|hree|en|welve)|f(?:our|ive)|s(?:ix|even)|eight|nine|eleven)(?![\w%/]|[.,]\d|-\d)"
)


@dataclass(frozen=True)
class Figure:
    """One thing with its value, or a table of such things.

    `values` are what a sentence may say: numbers without a unit, or ISO dates and months when the unit is "date". `rows` has the
    numbers of each row of a table, by the row's name, in order. `programs` are those in whose sections the figure may stand; `near` is
    a pattern of other sentences in which it may. `match` are patterns that find the figure in a sentence.
    """

    id: str
    line: int
    about: str
    programs: tuple[str, ...]
    unit: str
    source: str
    as_of: str
    values: tuple[str, ...] = ()
    rows: Mapping[str, tuple[str, ...]] | None = None
    match: tuple[re.Pattern[str], ...] = ()
    near: re.Pattern[str] | None = None

    def applies(self, program: str, lower: str) -> bool:
        """Whether the figure may stand in a sentence, given in lower case, of a section about this program."""
        anywhere = not self.programs and self.near is None
        return anywhere or program in self.programs or (self.near is not None and self.near.search(lower) is not None)

    def said(self, found: re.Match[str]) -> list[str]:
        """The numbers that a sentence gives where a pattern found the figure."""
        if self.rows is None:
            return [canonical(found["n"])]
        return [number.value for number in numbers(found.string[found.end() :].split("\n")[0])]

    def right(self, found: re.Match[str]) -> bool:
        """Whether that is what the figure says. Of a table's row a sentence may give the first numbers only, or go on with others."""
        said = self.said(found)
        if self.rows is None:
            return said[0] in self.values
        row = self.rows.get(found["row"], ())
        length = min(len(said), len(row))
        return length > 0 and said[:length] == list(row[:length])

    def holds(self, number: Number, lower: str) -> bool:
        """Whether the number of a sentence stands in the figure; a month or a year does, when a day in it does, and an amount of money
        only where the sentence speaks of dollars."""
        if self.unit.endswith("dollars") and not number.unit and "dollar" not in lower:
            return False
        if self.rows is not None:
            return any(number.value in (*row, *(named.value for named in numbers(name))) for name, row in self.rows.items())
        if number.unit != "date":
            return number.value in self.values
        if number.value.startswith("--"):
            return any(value[4:] == number.value[1:] for value in self.values)
        return any(value[: len(number.value)] == number.value for value in self.values)

    @property
    def told(self) -> str:
        """What the figure says, for a message."""
        value = "has other numbers in this row" if self.rows is not None else f"is {' or '.join(spoken(value) for value in self.values)}"
        return f"but {self.id} ({self.about}; {FILE}, line {self.line}) {value}"


@dataclass(frozen=True)
class Number:
    """A number in a sentence. `value` has no thousands comma; dates are ISO ("2023-07-17", "2023-07", "2023", "--07-17" without year).
    `unit` is "date", "code" for what names something ("T36"), or the word after the number ("days")."""

    value: str
    unit: str
    text: str


def load_figures(folder: Path) -> tuple[list[Figure], list[str]]:
    """The registered figures of a corpus folder, and what is wrong with the file, one line for each."""
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text).get("figure", [])
    except FileNotFoundError:
        return [], [f"{FILE}: missing; see docs/corpus-format.md"]
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return [], [f"{FILE}: cannot be read: {error}"]
    lines = [number for number, line in enumerate(text.split("\n"), 1) if line.strip() == "[[figure]]"]
    figures: list[Figure] = []
    problems: list[str] = []
    for line, row in zip(lines, table, strict=True):
        where = f"{FILE}, line {line}: {row.get('id', 'figure')}"
        try:
            figure = _figure(row, line)
        except KeyError as error:
            problems.append(f"{where}: {error.args[0]!r} is missing")
            continue
        except (TypeError, ValueError) as error:
            problems.append(f"{where}: {re.sub(r'^.*__init__.. ', '', str(error))}")
            continue
        if any(figure.id == other.id for other in figures):
            problems.append(f"{where}: stands twice; keep one")
        figures.append(figure)
    return figures, problems


def _figure(row: Mapping[str, object], line: int) -> Figure:
    known = {"id", "about", "programs", "unit", "source", "as_of", "values", "rows", "match", "near"}
    if strange := set(row) - known:
        raise ValueError(f"{min(strange)!r} is no key of a figure; choose from {', '.join(sorted(known))}")
    as_of = str(row["as_of"])
    if not as_of or not is_date(as_of):
        raise ValueError(f"as_of {as_of!r} is not an ISO date")
    values, rows, unit = _texts(row, "values"), row.get("rows"), str(row["unit"])
    if bool(values) == bool(rows):
        raise ValueError("give either values or rows")
    if unit == "date" and (wrong := [value for value in values if not is_date(value)]):
        raise ValueError(f"{wrong[0]!r} is not an ISO date")
    table = None
    if rows is not None:
        if not isinstance(rows, dict):
            raise ValueError("rows is not a table; write { name = ['value'] }")
        table = {name: tuple(_canonical_plain(value) for value in cells) for name, cells in rows.items()}
    return Figure(
        id=str(row["id"]),
        line=line,
        about=str(row["about"]),
        programs=_texts(row, "programs"),
        unit=unit,
        source=str(row["source"]),
        as_of=as_of,
        values=values if unit == "date" else tuple(_canonical_plain(value) for value in values),
        rows=table,
        match=tuple(_pattern(text) for text in _texts(row, "match")),
        near=re.compile(str(row["near"]).lower()) if "near" in row else None,
    )


def _texts(row: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = row.get(key, [])
    if not isinstance(value, list):
        raise ValueError(f"{key} {value!r} is not a list; write [{value!r}]")
    return tuple(str(item) for item in value)


_SLOTS = {
    "<n>": f"(?P<n>{_NUMBER})",
    "<date>": r"(?P<n>\b\d{1,2} [a-z]{3,9} \d{4})",
    "<month>": r"(?P<n>\b(?:[jasond]|ma|feb)[a-z]{2,8} \d{4})",
    "<year>": r"(?P<n>\b(?:19|20)\d\d\b)",
    "<row>": r"(?P<row>[^:\n]+?)",
    # A stretch without another number, so that the slot after it takes the first one; the 1 of "H-1B" is no number.
    "…": r"(?:[^\d\n;]|(?<=-)\d){0,90}?",
}


def _pattern(text: str) -> re.Pattern[str]:
    """A pattern of figures.toml, for lower-case text: a regular expression with <n>, <date>, <month>, <year> or <row>, and … for a
    stretch without a number."""
    plain = re.sub(r"\\.|\(\?P|[A-Z]", lambda found: found[0].lower() if found[0].isalpha() else found[0], text)
    try:
        compiled = re.compile(re.sub(rf"(?<!\?P)(?:{'|'.join(_SLOTS)})", lambda slot: _SLOTS[slot[0]], plain), re.MULTILINE)
    except re.error as error:
        raise ValueError(f"match {text!r} does not compile: {error}; correct the pattern") from None
    if not {"n", "row"} & set(compiled.groupindex):
        raise ValueError(f"match {text!r} has no slot; write <n>, <date>, <month>, <year> or <row> where the figure stands")
    return compiled


def canonical(text: str) -> str:
    """A number, date or month of a sentence in the form in which figures are registered."""
    if found := re.fullmatch(rf"(?:(\d{{1,2}}) )?({_MONTH}) (\d{{4}})", text, re.IGNORECASE):
        month = f"{found[3]}-{MONTHS.index(found[2].capitalize()) + 1:02}"
        return f"{month}-{int(found[1]):02}" if found[1] else month
    return _canonical_plain(text)


def _canonical_plain(text: str) -> str:
    word = text.lower()
    return str(_WORDS.index(word)) if word in _WORDS else word.replace(",", "")


def spoken(value: str) -> str:
    """A registered value as a sentence gives it: "17 July 2023" for an ISO date; anything else as it is written."""
    if found := re.fullmatch(r"(\d{4})-(\d\d)(-\d\d)?", value):
        month = f"{MONTHS[int(found[2]) - 1]} {found[1]}"
        return f"{int(found[3][1:])} {month}" if found[3] else month
    return value


_Reader = Callable[[re.Match[str], str], Iterator["Number"]]
_ANY = re.compile(rf"\d|{_NUMBER}", re.IGNORECASE)
_PLAIN = re.compile(_NUMBER, re.IGNORECASE)
_DATE = re.compile(rf"\b(?:(\d{{1,2}}) (?:to|and|or) )?(?:(\d{{1,2}}) )?({_MONTH})(?: (\d{{4}}))?\b", re.IGNORECASE)
_NEXT_YEAR = re.compile(rf" (?:to|and|or)(?: of)? \d{{1,2}} (?:{_MONTH}) (\d{{4}})", re.IGNORECASE)
_CODE = re.compile(r"\b[A-Z]{1,4}-?\d[\w]*(?:-[\w]+)*\b")
_YEAR = re.compile(r"(?<![\w.,/-])(?:19|20)\d\d(?![\w]|[.,]\d)")
_UNIT = re.compile(
    r"[ -](?:(?:consecutive|business|calendar|continuous|sitting|full|more|or more|additional|more|crs|fsw|listed) )*"
    r"(?:million |billion )?((?:canadian|us)(?= dollar)|points?|days?|weeks?|months?|years?|hours?|per ?cent)\b",
    re.IGNORECASE,
)
_UNITS = {"canadian": "Canadian dollars", "us": "US dollars", "percent": "per cent"}


def numbers(text: str) -> list[Number]:
    """The numbers of a sentence in order: dates first taken as a whole, then what names something, then plain numbers with their units."""
    if not _ANY.search(text):
        return []
    found: list[tuple[int, Number]] = []
    for pattern, read in ((_DATE, _read_date), (_CODE, _read_code), (_YEAR, _read_year), (_PLAIN, _read_number)):
        whole = text

        def take(match: re.Match[str], read: _Reader = read, whole: str = whole) -> str:
            found.extend((match.start(), number) for number in read(match, whole))
            return " " * len(match[0])

        text = pattern.sub(take, whole)
    return [number for _, number in sorted(found, key=lambda pair: pair[0])]


def _read_code(match: re.Match[str], text: str) -> Iterator[Number]:
    yield Number(match[0].lower(), "code", match[0])


def _read_year(match: re.Match[str], text: str) -> Iterator[Number]:
    yield Number(match[0], "date", match[0])


def _read_date(match: re.Match[str], text: str) -> Iterator[Number]:
    first, day, month, year = match.groups()
    if not year and day and (later := _NEXT_YEAR.match(text, match.end())):
        year = later[1]
    name = f"{MONTHS.index(month.capitalize()) + 1:02}"
    if not day:
        if year:
            yield Number(f"{year}-{name}", "date", match[0])
        return
    for each in filter(None, (first, day)):
        yield Number(f"{year or '-'}-{name}-{int(each):02}", "date", f"{int(each)} {month}" + f" {year}" * bool(year))


def _read_number(match: re.Match[str], text: str) -> Iterator[Number]:
    unit = _UNIT.match(text, match.end())
    word = unit[1].lower().replace(" ", "") if unit else ""
    yield Number(_canonical_plain(match[0]), _UNITS.get(word, word if not word or word.endswith("s") else f"{word}s"), match[0])
