"""Sections in another language: each is the twin of one English passage, sentence by sentence, and says the same or is not shown.

A twin lies in `briefs/<language>/<source>.md` and names its English passage (docs/corpus-format.md). `find_twins` gives those that fit the
English passages at hand; `northbound corpus check` and `corpus twins` tell what is wrong with the others, and `review` records that
somebody has read a twin against its present English text. bot/french.py shows them.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from corpus.errors import CorpusError
from corpus.model import Document, Passage, Program
from corpus.passages import passages, registered
from corpus.registry import BUNDLED, Registry
from corpus.sentences import Span, spans
from corpus.values import bare_values

FRENCH = "fr"
WORDS = "words.toml"
_META = re.compile(r"(of|asked|reviewed|name):\s*(.*)")
_LONGEST = 60  # words; French takes a third more of them than English, whose sentences have 40 at most
_FEWEST_ASKED = 3


@dataclass(frozen=True)
class Twin:
    """A section in another language. `of` is the id of its English passage; `reviewed` the digest of the English text that it was last
    read against. `file` and `line` say where it stands."""

    of: str
    language: str
    heading: str
    title: str
    text: str
    asked: tuple[str, ...] = ()
    reviewed: str = ""
    file: str = ""
    line: int = 0

    @property
    def id(self) -> str:
        return f"{self.of}.{self.language}"

    @property
    def is_registered(self) -> bool:
        """Whether it is the twin of a standing note or a correction, which nobody asks for by its heading."""
        return self.of.partition("#")[2].startswith(("standing-", "correction-"))


@dataclass(frozen=True)
class Pair:
    """A twin with its English passage, span for span."""

    twin: Twin
    english: Passage
    spans: tuple[tuple[Span, Span], ...]

    @property
    def passage(self) -> Passage:
        """The twin as a passage that can be cited: dates, program and source are those of the English one."""
        twin = self.twin
        return replace(
            self.english,
            id=twin.id,
            title=twin.title,
            headings=(twin.heading,),
            text=twin.text,
            language=twin.language,
            asked=twin.asked,
            kind="section",
        )

    def place(self, start: int, end: int) -> tuple[int, int] | None:
        """Where the twin says what the English text says from `start` to `end`; None where that is not whole sentences. An opening "No:"
        may be left out of the first."""
        whole = [(one, other) for one, other in self.spans if one.start < end and one.end > start]
        if not whole or whole[-1][0].end != end:
            return None
        (first, twin_first), begin = whole[0], whole[0][1].start
        if first.start != start:
            said = _opening(self.english.text[first.start : first.end])
            french = _opening(self.twin.text[twin_first.start : twin_first.end])
            if not said or not french or first.start + said != start:
                return None
            begin += french
        return begin, whole[-1][1].end


def read_twins(folder: Path = BUNDLED / "briefs", language: str = FRENCH) -> tuple[Twin, ...]:
    """Every twin in a language, read once for as long as the files do not change. Raises CorpusError with every problem at once."""
    files = sorted((folder / language).glob("*.md"))
    return _read_twins(language, tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in files))


@lru_cache(maxsize=4)
def _read_twins(language: str, files: tuple[tuple[Path, int, int], ...]) -> tuple[Twin, ...]:
    found: list[Twin] = []
    problems: list[str] = []
    for path, *_ in files:
        try:
            found.extend(_file(path, language))
        except CorpusError as error:
            problems.extend(error.problems)
    if problems:
        raise CorpusError(*problems)
    return tuple(found)


def find_twins(english: Mapping[str, Passage], programs: Mapping[str, Program], twins: Iterable[Twin]) -> dict[str, Pair]:
    """The twins that may be shown, by the id of their English passage: those that were read against its present text and standing, and
    stand beside it sentence by sentence."""
    pairs = {}
    for twin in twins:
        passage = english.get(twin.of)
        if passage is None or twin.reviewed != digest(passage, programs):
            continue
        beside = aligned(passage.text, twin.text)
        if beside is not None:
            pairs[twin.of] = Pair(twin, passage, beside)
    return pairs


def digest(passage: Passage, programs: Mapping[str, Program]) -> str:
    """Twelve hex digits that change when what a twin was translated from does: the heading, the text, or where its program stands."""
    program = programs.get(passage.program)
    said = "\n".join((passage.heading, passage.text, _standing_told(passage, program)))
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def _standing_told(passage: Passage, program: Program | None) -> str:
    """Where the program stands, or of the note on a coming standing that one: it is told alike before it begins and after."""
    coming = (later.standing for later in (program.ahead if program else ()) if passage.text == later.note)
    return next(coming, program.standing if program else "")


def aligned(english: str, other: str) -> tuple[tuple[Span, Span], ...] | None:
    """The sentences, lead-ins and items of both texts, pair by pair; None where they are not as many, of one kind, in the same lines."""
    ours, theirs = spans(english), spans(other)
    if [(s.kind, english.count("\n", 0, s.start)) for s in ours] != [(s.kind, other.count("\n", 0, s.start)) for s in theirs]:
        return None
    return tuple(zip(ours, theirs, strict=True))


def english_passages(registry: Registry, documents: Sequence[Document]) -> dict[str, Passage]:
    """What a twin can be of: every passage of the briefs, and what is registered."""
    return {passage.id: passage for passage in (*passages(documents), *registered(registry))}


# Checking


def wrong_twins(registry: Registry, documents: Sequence[Document], folder: Path) -> list[tuple[str, int, str]]:
    """File, line and message of everything that is wrong with the twins of a folder of briefs."""
    try:
        twins = read_twins(folder)
    except CorpusError as error:
        found = (re.fullmatch(r"(\S+)(?:, line (\d+))?: (.*)", problem, re.DOTALL) for problem in error.problems)
        return [(m[1], int(m[2] or 0), m[3]) for m in found if m is not None]
    english = english_passages(registry, documents)
    problems: list[tuple[str, int, str]] = []
    count = Counter(twin.of for twin in twins)
    asked = Counter(_plain(question) for twin in twins for question in twin.asked)
    for twin in twins:
        passage = english.get(twin.of)
        told = [f"{twin.of} has two twins; keep one"] if count[twin.of] > 1 else []
        told += [f"asked {question!r} stands twice; keep one" for question in twin.asked if asked[_plain(question)] > 1]
        if not twin.is_registered and len(twin.asked) < _FEWEST_ASKED:
            told.append(f"{len(twin.asked)} ways of asking; give at least {_FEWEST_ASKED}")
        if passage is None:
            told.append(f"no English passage {twin.of!r}; correct `of:`, or take the section out")
        else:
            told += _differences(passage, twin)
            program = registry.programs.get(passage.program)
            standing = _standing_told(passage, program)
            if passage.kind == "standing" and program and not re.search(_TELLS[standing], twin.text, re.IGNORECASE):
                told.append(f"the note does not say that the program is {standing}")
            if twin.reviewed != digest(passage, registry.programs):
                told.append(
                    f"the English text of {twin.of} is not the one that this was read against, so it is not shown; read both, then: "
                    f"northbound corpus twins --reviewed {twin.of}"
                )
        problems += [(twin.file, twin.line, message) for message in told]
    return problems + _wrong_words(registry, folder)


def read_words(folder: Path = BUNDLED / "briefs", language: str = FRENCH) -> Mapping[str, Mapping[str, str]]:
    """Names of programs and phrases of splits in a language, by id and by English. Raises CorpusError where they cannot be read."""
    path = folder / language / WORDS
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CorpusError(f"{language}/{WORDS}: not TOML: {error}") from None
    return {"programs": {}, "splits": {}, **read}


def _wrong_words(registry: Registry, folder: Path) -> list[tuple[str, int, str]]:
    """Words for what no registry has: somebody changed its English."""
    file = f"{FRENCH}/{WORDS}"
    try:
        words = read_words(folder)
    except CorpusError as error:
        return [(file, 0, str(error).removeprefix(f"{file}: "))]
    phrases = {phrase for split in registry.splits.values() for phrase in (split.question, *(branch.when for branch in split.branches))}
    gone = [f"no program {id!r} in programs.toml; take its name out" for id in words["programs"] if id not in registry.programs]
    gone += [f"{said!r} stands in splits.toml no longer; write what does" for said in words["splits"] if said not in phrases]
    return [(file, 0, told) for told in gone]


def _differences(passage: Passage, twin: Twin) -> list[str]:
    """What the twin says otherwise than its English passage, sentence by sentence."""
    beside = aligned(passage.text, twin.text)
    if beside is None:
        pieces = [len(spans(text)) for text in (twin.text, passage.text)]
        return [f"{twin.of} is not sentence by sentence: {pieces[0]} pieces against {pieces[1]}, or in other lines; bring them in line"]
    found: list[str] = []
    for one, other in beside:
        ours, theirs = (text.replace("’", "'") for text in (passage.text[one.start : one.end], twin.text[other.start : other.end]))
        named = f"{' '.join(theirs.split()[:6])!r}…"
        if missing := unequal(ours, theirs):
            found.append(f"{named} does not give the English numbers and dates: {missing}")
        if _currencies(ours, _ENGLISH_MONEY) != _currencies(theirs, _FRENCH_MONEY):
            found.append(f"{named} names another currency than the English sentence")
        if bool(_opening(ours)) != bool(_opening(theirs)) or bool(_YES.match(ours)) != bool(_YES.match(theirs)):
            found.append(f"{named} does not open with the yes or no of the English sentence")
        if bool(_DENIES.search(ours)) != bool(_DENIES.search(theirs)):
            found.append(f"{named} denies where the English sentence does not, or the other way round")
        if _LEANS.match(theirs):
            found.append(f"{named} opens with a pronoun: name what it is about, so that it can be quoted alone")
        if len(theirs.split()) > _LONGEST:
            found.append(f"{named} has {len(theirs.split())} words; at most {_LONGEST}")
    return found


def unequal(english: str, other: str) -> str:
    """What numbers, amounts, dates and durations one text gives and the other does not, in words; "" where they agree. A unit that the
    English leaves out may be said."""
    ours, theirs = (bare_values(_FIRST.sub("1", _YEAR.sub("ans", _BETWEEN.sub(r"\1 ", text)))) for text in (english, other))
    short, over = list((ours - theirs).elements()), list((theirs - ours).elements())
    for value in tuple(short):
        with_unit = next((v for v in over if v.partition(" ")[0] == value), None)
        if with_unit is not None:
            short.remove(value)
            over.remove(with_unit)
    said = [*(f"no {value}" for value in sorted(short)), *(f"{value} too many" for value in sorted(over))]
    return ", ".join(said)


# "10 business days" are ten days: the word between a number and its unit is no part of the value.
_BETWEEN = re.compile(
    r"(\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|deux|trois|quatre|cinq|sept|huit|dix))\s"
    r"(?:business|consecutive|calendar|full|working)\s(?=days|weeks|months|years)"
)
_FIRST = re.compile(r"\b1er\b")
_YEAR = re.compile(r"(?<=\bun )an\b")  # "un an" is one year
_ENGLISH_MONEY = {"CAD": r"Canadian dollars?|CAN?\$|C\$", "USD": r"US dollars?|US\$", "unnamed": r"\d-dollar"}
_FRENCH_MONEY = {"CAD": r"\$\sCA\b|dollars? canadiens?", "USD": r"\$\sUS\b|dollars? américains?", "unnamed": r"\$(?!\s(?:CA|US)\b)"}
_YES = re.compile(r"(?:yes|oui)\b", re.IGNORECASE)
_OPENING = re.compile(r"(?:yes|no|oui|non)\s?:\s+|(?:yes|no|oui|non),\s+(?![^.\n]{0,110}\s?:\s)", re.IGNORECASE)
_DENIES = re.compile(
    r"\b(?:no|not|never|none|nobody|nothing|neither|nor|cannot|without|excluded|exempt|exemptions?|outside|other than|only|"
    r"non|pas|aucune?s?|jamais|rien|personne ne|ni|sans|n'\w+ plus|n'est qu.\w*|ne peut|inexistant|hors|l'extérieur|dispens\w+|exclus?|"
    r"seule?s?|seulement|réservée?s? aux|d'autres voies)\b",
    re.IGNORECASE,
)
_LEANS = re.compile(
    r"(?:il|elle|ils|elles|ce|cela|ceci|celui|celle|ceux|celles|ces|cette|cet|ça|y)\b(?! (?:faut|existe|n'y a)\b)", re.IGNORECASE
)
_TELLS = {
    "open": r"\b(?:est|a) ouvert|\bpeu(?:t|vent)\b|\ben vigueur\b|\bdepuis le \d",
    "closed": r"\bferm|\bpris fin\b|\bplus aucun",
    "paused": r"\bsuspend|\bbloqu",
    "announced": r"\bannonc",
    "proposed": r"\bpropos",
    "replaced": r"\bremplac",
    "": r"",  # a subject has no standing to tell
}


def _opening(sentence: str) -> int:
    """How many characters an opening "Yes:" or "No:" takes that can be left out; 0 where there is none."""
    found = _OPENING.match(sentence)
    return found.end() if found else 0


def _currencies(text: str, ways: Mapping[str, str]) -> set[str]:
    return {currency for currency, pattern in ways.items() if re.search(pattern, text)}


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


# Reviewing


def review(registry: Registry, documents: Sequence[Document], folder: Path, ids: Sequence[str]) -> list[str]:
    """Record that the twins of these English passages were read against their present text; the files that changed. Raises CorpusError for
    an id without a twin or a passage, and for a twin that does not say the same."""
    twins = {twin.of: twin for twin in read_twins(folder)}
    english = english_passages(registry, documents)
    problems = [f"{of}: no twin in {folder / FRENCH}" for of in ids if of not in twins]
    problems += [f"{of}: no English passage of that id" for of in ids if of in twins and of not in english]
    chosen = [twins[of] for of in ids if of in twins and of in english]
    problems += [f"{twin.file}, line {twin.line}: {told}" for twin in chosen for told in _differences(english[twin.of], twin)]
    if problems:
        raise CorpusError(*problems)
    changed = []
    for file in sorted({twin.file for twin in chosen}):
        path = folder / FRENCH / Path(file).name
        lines = path.read_text(encoding="utf-8").split("\n")
        for twin in sorted((t for t in chosen if t.file == file), key=lambda t: -t.line):
            _record(lines, twin.line - 1, digest(english[twin.of], registry.programs))
        path.write_text("\n".join(lines), encoding="utf-8")
        changed.append(file)
    return changed


def _record(lines: list[str], heading: int, made: str) -> None:
    for number in range(heading + 1, len(lines)):
        found = _META.fullmatch(lines[number].strip())
        if found and found[1] == "of":
            after = number + 1
            if after < len(lines) and lines[after].strip().startswith("reviewed:"):
                lines[after] = f"reviewed: {made}"
            else:
                lines.insert(after, f"reviewed: {made}")
            return


# Reading


def _file(path: Path, language: str) -> list[Twin]:
    name = f"{language}/{path.name}"
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{name}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    title = next((line[2:].strip() for line in lines if line.startswith("# ")), "")
    heads = [number for number, line in enumerate(lines) if line.startswith("## ")]
    problems = [] if title and heads else [f"{name}, line 1: a file of twins needs one '# title' and at least one '## question' section"]
    found: list[Twin] = []
    for start, end in zip(heads, [*heads[1:], len(lines)], strict=True):
        meta: dict[str, list[str]] = {}
        body: list[str] = []
        for line in (line.strip() for line in lines[start + 1 : end]):
            about = _META.fullmatch(line) if not body else None
            if about:
                meta.setdefault(about[1], []).append(about[2].strip())
            elif line or body:
                body.append(line)
        text = "\n".join(body).strip()
        if not text or len(meta.get("of", ())) != 1:
            problems.append(f"{name}, line {start + 1}: a twin needs one `of:` with the English section's id, and a text; write them")
            continue
        found.append(
            Twin(
                of=f"{path.stem}#{meta['of'][0]}",
                language=language,
                heading=lines[start][3:].strip(),
                title=title,
                text=text,
                asked=tuple(q.strip() for value in meta.get("asked", ()) for q in value.split("|") if q.strip()),
                reviewed=meta.get("reviewed", [""])[-1],
                file=name,
                line=start + 1,
            )
        )
    if problems:
        raise CorpusError(*problems)
    return found
