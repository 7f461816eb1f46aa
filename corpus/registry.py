"""The five registries and the bundled briefs, read once and checked against each other."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from corpus.briefs import read_brief
from corpus.errors import CorpusError
from corpus.model import KINDS, STANDINGS, Correction, Disagreement, Document, Program, Source, Standing, Term, Value, is_date

BUNDLED = Path(__file__).parent
_TABLES = ("sources", "programs", "corrections", "glossary", "disagreements")


@dataclass(frozen=True)
class Registry:
    """What is registered: sources, programs, corrections and disagreements by id, and the glossary."""

    sources: Mapping[str, Source]
    programs: Mapping[str, Program]
    corrections: Mapping[str, Correction]
    glossary: tuple[Term, ...]
    disagreements: Mapping[str, Disagreement] = field(default_factory=dict)


def load_registry(folder: Path = BUNDLED) -> Registry:
    """Sources, programs, corrections, glossary and disagreements (.toml), read once for as long as the files do not change. Raises
    CorpusError with every problem at once."""
    return _read_registry(folder, tuple(_stamp(folder / f"{name}.toml") for name in _TABLES))


def _stamp(path: Path) -> tuple[int, int]:
    """Differs when the file was written; reading it takes far longer."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=4)
def _read_registry(folder: Path, stamps: tuple[tuple[int, int], ...]) -> Registry:
    problems: list[str] = []
    sources = _table(folder / "sources.toml", "source", _source, problems)
    programs = _table(folder / "programs.toml", "program", _program, problems)
    corrections = _table(folder / "corrections.toml", "correction", _correction, problems)
    glossary = _table(folder / "glossary.toml", "term", _term, problems, key="long")
    disagreements = _table(folder / "disagreements.toml", "disagreement", _disagreement, problems)

    def missing(table: str, entry: str, what: str) -> None:
        # The line is looked up only for a problem: it takes parsing the file once more.
        problems.append(f"{table}s.toml, line {entry_lines(folder, table)[entry]}: {entry}: {what}")

    for program in programs.values():
        if program.note and program.source not in sources:
            missing("program", program.id, f"no source {program.source!r} in sources.toml; add it there")
        if program.replaced_by and program.replaced_by not in programs:
            missing("program", program.id, f"replaced_by {program.replaced_by!r} is no program; name one, or leave it empty")
    for correction in corrections.values():
        if correction.source not in sources:
            missing("correction", correction.id, f"no source {correction.source!r} in sources.toml; add it there")
        if correction.program not in programs:
            missing("correction", correction.id, f"no program {correction.program!r} in programs.toml; add it there")
    for disagreement in disagreements.values():
        for value in disagreement.values:
            if value.source not in sources:
                missing("disagreement", disagreement.id, f"no source {value.source!r} in sources.toml; add it there")
        if disagreement.program not in programs:
            missing("disagreement", disagreement.id, f"no program {disagreement.program!r} in programs.toml; add it there")
    if problems:
        raise CorpusError(*problems)
    return Registry(sources, programs, corrections, tuple(glossary.values()), disagreements)


def load_briefs(registry: Registry, folder: Path = BUNDLED / "briefs") -> tuple[Document, ...]:
    """Read every brief, in file order by name. Raises CorpusError with every problem at once."""
    documents: list[Document] = []
    problems: list[str] = []
    for path in sorted(folder.glob("*.md")):
        try:
            documents.append(read_brief(path, registry.sources, registry.programs))
        except CorpusError as error:
            problems.extend(error.problems)
    if problems:
        raise CorpusError(*problems)
    return tuple(documents)


def entry_lines(folder: Path, table: str) -> dict[str, int]:
    """The line where each entry of a registry begins, by its id: `entry_lines(folder, "program")` reads programs.toml."""
    return {row.get("id", ""): line for line, row in _rows(folder / f"{table}s.toml", table)}


def _rows(path: Path, table: str) -> list[tuple[int, dict[str, Any]]]:
    """The entries of a registry, each with the line of its `[[table]]`."""
    try:
        text = path.read_text(encoding="utf-8")
        rows = tomllib.loads(text).get(table, [])
    except FileNotFoundError:
        raise CorpusError(f"{path}: missing; a corpus folder holds five registries (docs/corpus-format.md)") from None
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path.name}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise CorpusError(f"{path.name}: not TOML: {error}") from None
    lines = [number for number, line in enumerate(text.split("\n"), 1) if re.match(rf"\s*\[\[\s*{table}\s*\]\]", line)]
    if len(lines) != len(rows):
        raise CorpusError(f"{path.name}: every entry begins with [[{table}]] on a line of its own")
    return list(zip(lines, rows, strict=True))


def _table(path: Path, table: str, read: Any, problems: list[str], key: str = "id") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line, row in _rows(path, table):
        where = f"{path.name}, line {line}: {row.get(key, table)}"
        if key not in row:
            problems.append(f"{where}: {key!r} is missing")
            continue
        if row[key] in found:
            problems.append(f"{where}: stands twice; keep one")
        try:
            found[row[key]] = read(row)
        except (KeyError, TypeError, ValueError) as error:
            problems.append(f"{where}: {_explain(error)}")
    return found


def _explain(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    return re.sub(r"^\w+\.__init__\(\) ", "", str(error))


def _source(row: Mapping[str, Any]) -> Source:
    _one_of(row, "kind", KINDS)
    _dates(row, "published", "as_of")
    return Source(**{**row, "url_verified": bool(row.get("url_verified", False))})


def _program(row: Mapping[str, Any]) -> Program:
    _one_of(row, "standing", STANDINGS)
    _dates(row, "since", "as_of")
    history = tuple(_standing(earlier) for earlier in _list(row, "history"))
    days = [earlier.since for earlier in history]
    if days != sorted(days) or (days and row["since"] and days[-1] >= row["since"]):
        raise ValueError("history is not in order; give earlier standings, oldest first, each before the present one's since")
    return Program(**{**row, "aliases": _list(row, "aliases"), "history": history})


def _standing(row: Mapping[str, Any]) -> Standing:
    _one_of(row, "standing", STANDINGS)
    _dates(row, "since")
    return Standing(**row)


def _correction(row: Mapping[str, Any]) -> Correction:
    _dates(row, "since", "as_of")
    return Correction(
        **{**row, "wrong": _list(row, "wrong"), "match": _patterns(row, "match"), "match_affirmed": _patterns(row, "match_affirmed")}
    )


def _disagreement(row: Mapping[str, Any]) -> Disagreement:
    values = tuple(_value(value) for value in _list(row, "value"))
    if len({value.source for value in values}) < 2:
        raise ValueError("a disagreement needs at least two [[disagreement.value]], of different sources")
    return Disagreement(**{**{k: v for k, v in row.items() if k != "value"}, "asked": _list(row, "asked"), "values": values})


def _value(row: Mapping[str, Any]) -> Value:
    _dates(row, "as_of")
    return Value(**{**row, "match": _patterns(row, "match")})


def _term(row: Mapping[str, Any]) -> Term:
    return Term(row["long"], _list(row, "short"), _list(row, "also"), _list(row, "broader"))


def _patterns(row: Mapping[str, Any], key: str) -> tuple[re.Pattern[str], ...]:
    try:
        return tuple(re.compile(pattern, re.IGNORECASE) for pattern in _list(row, key))
    except re.error as error:
        raise ValueError(f"{key} {error.pattern!r} does not compile: {error}; correct the pattern") from None


def _list(row: Mapping[str, Any], key: str) -> tuple[Any, ...]:
    if not isinstance(row.get(key, []), list):
        raise ValueError(f"{key} {row[key]!r} is not a list; write [{row[key]!r}]")
    return tuple(row.get(key, ()))


def _one_of(row: Mapping[str, Any], key: str, allowed: Iterable[str]) -> None:
    if row[key] not in allowed:
        raise ValueError(f"{key} {row[key]!r}; choose from {', '.join(allowed)}")


def _dates(row: Mapping[str, Any], *keys: str) -> None:
    for key in keys:
        if not is_date(row[key]):
            raise ValueError(f"{key} {row[key]!r} is not an ISO date")
