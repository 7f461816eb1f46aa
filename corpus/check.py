"""Find what is wrong in the registries and briefs. `northbound corpus check` prints it, and the tests want nothing found.

Every problem is one line: "file, line N: what is wrong; what to do".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from corpus.briefs import read_brief
from corpus.errors import CorpusError
from corpus.model import Document, Section
from corpus.passages import MAX_WORDS, passages
from corpus.registry import BUNDLED, Registry, entry_lines, load_registry
from corpus.sentences import Span, spans

_LONGEST_SENTENCE = 40
_FEWEST_ASKED = 3
_ALIKE = 0.5  # measured on the briefs: lower finds little more and raises false alarms
_ALIKE_BUT_DATE = 0.75
_WINDOW = 256  # word pieces that the default embedding model reads; it never sees what comes after them


def check(folder: Path = BUNDLED, today: date | None = None) -> list[str]:
    """Every problem in the registries and briefs of a corpus folder; empty when the corpus is in order."""
    try:
        registry = load_registry(folder)
    except CorpusError as error:
        return list(error.problems)
    documents, problems = _read(registry, folder / "briefs")
    problems += _unused_sources(registry, folder)
    problems += _dates(registry, documents, folder, today or date.today())
    problems += _addresses(registry, folder)
    problems += _shared_aliases(registry, folder)
    problems += [problem for document in documents for section in document.sections for problem in _section(registry, document, section)]
    problems += _asked_twice(documents)
    places = [*_brief_places(documents, folder), *_registry_places(registry, folder)]
    problems += [f"{place.where}: {problem}" for place in places for problem in _wording(place.text)]
    problems += _contradicted(registry, places)
    problems += _disagreements(places)
    return problems


def stale(days: int, folder: Path = BUNDLED, today: date | None = None) -> list[str]:
    """Programs whose standing was last known to hold more than `days` days ago, oldest first."""
    lines = entry_lines(folder, "program")
    aged = [(((today or date.today()) - _day(p.as_of)).days, p) for p in load_registry(folder).programs.values() if p.as_of]
    return [
        f"programs.toml, line {lines[program.id]}: {program.id} was last known {age} days ago, {program.as_of}; read {program.source} again"
        for age, program in sorted(aged, key=lambda pair: -pair[0])
        if age > days
    ]


# --- each brief and each entry by itself


def _read(registry: Registry, folder: Path) -> tuple[list[Document], list[str]]:
    """The briefs that can be read, and what is wrong with the others."""
    documents: list[Document] = []
    problems: list[str] = []
    for path in sorted(folder.glob("*.md")):
        try:
            document = read_brief(path, registry.sources, registry.programs)
        except CorpusError as error:
            problems.extend(error.problems)
            continue
        documents.append(document)
        if document.source.id != path.stem:
            problems.append(f"{path.name}, line 2: is about {document.source.id!r}; name the file {document.source.id}.md")
    return documents, problems


def _unused_sources(registry: Registry, folder: Path) -> Iterator[str]:
    used = {program.source for program in registry.programs.values()}
    used |= {correction.source for correction in registry.corrections.values()}
    for path in (folder / "briefs").glob("*.md"):  # as text, because a brief that could not be read refers to sources too
        text = path.read_text(encoding="utf-8", errors="replace")
        used |= {source.strip() for line in re.findall(r"^sources?:(.*)", text, re.MULTILINE) for source in line.split(",")}
    for source, line in entry_lines(folder, "source").items():
        if source not in used:
            yield f"sources.toml, line {line}: {source} has no brief and nothing refers to it; write one, or take the source out"


def _dates(registry: Registry, documents: Iterable[Document], folder: Path, today: date) -> Iterator[str]:
    """Facts without a date, dates in the future, and sections newer than anything that is registered."""
    tables: dict[str, Mapping[str, object]] = {
        "source": registry.sources,
        "program": registry.programs,
        "correction": registry.corrections,
    }
    for table, entries in tables.items():
        for entry, line in entry_lines(folder, table).items():
            as_of = getattr(entries[entry], "as_of")  # noqa: B009 (the three records share the field, not a base)
            if not as_of:
                yield f"{table}s.toml, line {line}: {entry} has no as_of; give the newest day for which it is known to hold"
            elif _day(as_of) > today:
                yield f"{table}s.toml, line {line}: {entry} is as of {as_of}, after today; give the day it was seen"
    horizon = max((source.as_of for source in registry.sources.values()), default="")
    for document in documents:
        for section in document.sections:
            where = f"{document.source.id}.md, line {section.line}"
            if _day(section.as_of) > today:
                yield f"{where}: as of {section.as_of}, after today; give the day it was seen"
            elif section.as_of > horizon:
                yield f"{where}: as of {section.as_of}, but no registered source is newer than {horizon}; correct one of them"
            if section.valid_from and section.valid_until and section.valid_from > section.valid_until:
                yield f"{where}: holds from {section.valid_from} until {section.valid_until}; the first must not be later"


def _addresses(registry: Registry, folder: Path) -> Iterator[str]:
    lines = entry_lines(folder, "source")
    for source in registry.sources.values():
        where = f"sources.toml, line {lines[source.id]}"
        if source.url_verified and not source.url.startswith(("https://", "http://")):
            yield f"{where}: {source.id} would be shown as a link to {source.url!r}; give its address, or url_verified = false"


def _shared_aliases(registry: Registry, folder: Path) -> Iterator[str]:
    owners: dict[str, str] = {}
    for program in registry.programs.values():
        for alias in dict.fromkeys(_plain(alias) for alias in (program.name, *program.aliases)):
            first = owners.setdefault(alias, program.id)
            if first != program.id:
                line = entry_lines(folder, "program")[program.id]
                yield f"programs.toml, line {line}: {program.id} and {first} share the alias {alias!r}; leave it to one of them"


def _section(registry: Registry, document: Document, section: Section) -> Iterator[str]:
    where = f"{document.source.id}.md, line {section.line}"
    heading = section.headings[-1]
    if len(section.asked) < _FEWEST_ASKED:
        yield f"{where}: {heading!r} has {len(section.asked)} asked: variants; write at least {_FEWEST_ASKED}"
    for source in section.sources:
        if source not in registry.sources:
            yield f"{where}: no source {source!r} in sources.toml (in sources:); add it there"
    cut = passages([Document(document.source, document.title, document.language, document.origin, (section,))])
    if len(cut) > 1:
        words = len(section.text.split())
        yield f"{where}: {heading!r} is cut into {len(cut)} passages ({words} words, {MAX_WORDS} fit); make two questions of it"
    for passage in cut:
        pieces = _word_pieces(f"{heading}. {passage.text}")
        if pieces > _WINDOW:
            yield f"{where}: {heading!r} has about {pieces} word pieces, over the embedder's window of {_WINDOW}; make it shorter"
    same = [other.line for other in document.sections if other.headings[-1] == heading and other.line < section.line]
    if same:
        yield f"{where}: the heading {heading!r} stands on line {same[0]} too; ask two different questions"


def _word_pieces(text: str) -> int:
    """About how many pieces the model's tokenizer makes of a text; measured on the briefs: within a fifth, never far below."""
    tokens = re.findall(r"\w+|[^\w\s]", text)
    return sum(-(-len(token) // 3) if token[0].isdigit() else 1 + len(token) // 9 for token in tokens)


def _asked_twice(documents: Iterable[Document]) -> Iterator[str]:
    asked: dict[str, tuple[str, int]] = {}
    for document in documents:
        for section in document.sections:
            for variant in section.asked:
                here = (f"{document.source.id}.md", section.line)
                name, line = asked.setdefault(_plain(variant), here)
                if (name, line) != here:
                    yield f"{here[0]}, line {here[1]}: {variant!r} is asked in {name}, line {line}, too; keep it where it is answered best"


# --- sentences


@dataclass(frozen=True)
class Place:
    """A sentence and where it stands. `owner` is the file or registry entry it belongs to."""

    where: str
    owner: str
    program: str
    text: str

    @cached_property
    def _plain(self) -> str:
        text = re.sub(r"(?<=\d),(?=\d{3})", "", self.text.lower())
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


_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_DATE = re.compile(rf"\b\d{{1,2}} (?:{_MONTHS}) \d{{4}}\b")
_NAMED = re.compile(
    r"\b(?:clb|nclc|teer|streams?|levels?|phase|category|categories|form|imm|noc|sections?|articles?|proclamation|round|bill|h|c|r|t|eb|i|l|o)"
    rf"[ -]?\d+(?:(?:,| to| and| or) \d+)*\b|\b(?:(?:{_MONTHS}) )?(?:19|20)\d\d\b|\b\d{{1,2}} (?:{_MONTHS})\b"
)
_VALUE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)(?!\.?\w)[ -]?((?:(?:canadian|us|united states|per|business|consecutive) )?[a-z]+)")
_EMPTY_WORDS = frozenset(
    "the a an of in on at to for and or is are was were be by with without from that this as it its not no has have had than then since "
    "until also only any more which who their so".split()
)
_PAST = re.compile(r"\b(?:had|before|until|was|were|rose|earlier|previous|older|from \S+ to)\b")


def _brief_places(documents: Iterable[Document], folder: Path) -> Iterator[Place]:
    for document in documents:
        name = f"{document.source.id}.md"
        lines = (folder / "briefs" / name).read_text(encoding="utf-8").split("\n")
        for section in document.sections:
            for text in _sentences(section.text):
                line = next((n for n, line in enumerate(lines[section.line :], section.line + 1) if text in line), section.line)
                yield Place(f"{name}, line {line}", document.source.id, section.program, text)


def _registry_places(registry: Registry, folder: Path) -> Iterator[Place]:
    lines = entry_lines(folder, "program")
    for program in registry.programs.values():
        for text in _sentences(program.note):
            yield Place(f"programs.toml, line {lines[program.id]}", f"program {program.id}", program.id, text)
    lines = entry_lines(folder, "correction")
    for correction in registry.corrections.values():
        for text in _sentences(correction.right):
            yield Place(f"corrections.toml, line {lines[correction.id]}", f"correction {correction.id}", correction.program, text)


def _sentences(text: str) -> list[str]:
    found: list[Span] = spans(text)
    return [text[span.start : span.end] for span in found]


_CURRENCY = r"(?:Canadian|US|U\.S\.|United States)[ -]dollars?|\b(?:CAD|USD)\b|\bcurrency\b"
_BARE_AMOUNT = re.compile(
    r"\$\s?\d|\bdollars?\b"
    r"|\b(?!(?:19|20)\d\d\b)\d[\d,]*(?:\.\d\d)?[ -]fees?\b"
    r"|\b(?:costs?|fees? (?:is|of|was)|pays?|charges?) (?:about |up to |only )?\d[\d,]*(?:\.\d\d)?(?! (?:per ?cent|percent)|[\d,.]*\d|%)\b"
)
# What a sentence must not be: a test, and what to say when it succeeds.
_RULES: tuple[tuple[Callable[[str], object], str], ...] = (
    (re.compile(r"(?:it|its|this|they|their|these|those|that|he|she|such)\b", re.IGNORECASE).match, "opens with {0!r}; name the subject"),
    (re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE).search, "holds the address {0}; addresses stand in sources.toml"),
    (re.compile(r"[a-z_]+:(?= )").match, "looks like the key {0!r} but would be shown; correct the key, or put it right under the heading"),
)


def _wording(text: str) -> Iterator[str]:
    """What is wrong with a sentence, whatever it is about."""
    opening = " ".join(text.split()[:8])
    words = len(text.split())
    if words > _LONGEST_SENTENCE:
        yield f"{opening!r}… has {words} words; make sentences of at most {_LONGEST_SENTENCE}"
    for test, message in _RULES:
        if found := test(text):
            assert isinstance(found, re.Match)
            yield f"{opening!r}… " + message.format(found.group())
    if (amount := _BARE_AMOUNT.search(text)) and not re.search(_CURRENCY, text):
        yield f"{amount.group()!r} in {opening!r}… names no currency; write Canadian dollars or US dollars"


def _contradicted(registry: Registry, places: Iterable[Place]) -> Iterator[str]:
    for place in places:
        for correction in registry.corrections.values():
            if correction.contradicts(place.text):
                opening = " ".join(place.text.split()[:8])
                yield f"{place.where}: {opening!r}… says what the correction {correction.id} calls wrong; reword it, or narrow its match"


def _disagreements(places: Iterable[Place]) -> Iterator[str]:
    """Two sentences of one program, in different files, with nearly the same words but another number or date.

    Nearly the same: the words they share are half of all their words (three quarters for a date). The pair is no disagreement when the
    two speak of different days, when one of them tells of the past, or when the other file also has the number of the first.
    """
    by_program: defaultdict[str, list[Place]] = defaultdict(list)
    for place in places:
        if len(place.words) >= 4 and (place.values or place.dates):
            by_program[place.program].append(place)
    for about in by_program.values():
        for number, first in enumerate(about):
            for second in about[:number]:
                what = _differs(first, second)
                if what and not any(p.owner == second.owner and _agree(first, p) for p in about):
                    yield f"{first.where}: {first.text!r} differs in {what} from {second.where}: {second.text!r}; find out which holds"


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


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().lower()


def _day(text: str) -> date:
    """The first day of an ISO date, month or year; the earliest day there is for an empty one."""
    return date.fromisoformat(f"{text}-01-01"[:10]) if text else date.min
