"""The four registries and the bundled briefs, read once and checked against each other."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.briefs import read_brief
from corpus.errors import CorpusError
from corpus.model import KINDS, STANDINGS, Correction, Document, Program, Source, Term, is_date

BUNDLED = Path(__file__).parent


@dataclass(frozen=True)
class Registry:
    """What is registered: sources, programs and corrections by id, and the glossary."""

    sources: Mapping[str, Source]
    programs: Mapping[str, Program]
    corrections: Mapping[str, Correction]
    glossary: tuple[Term, ...]


def load_registry(folder: Path = BUNDLED) -> Registry:
    """Read sources.toml, programs.toml, corrections.toml and glossary.toml. Raises CorpusError with every problem at once."""
    problems: list[str] = []
    sources = _table(folder / "sources.toml", "source", _source, problems)
    programs = _table(folder / "programs.toml", "program", _program, problems)
    corrections = _table(folder / "corrections.toml", "correction", _correction, problems)
    glossary = _table(folder / "glossary.toml", "term", _term, problems, key="long")
    lines = entry_lines(folder, "program")
    for program in programs.values():
        where = f"programs.toml, line {lines[program.id]}: {program.id}"
        if program.note and program.source not in sources:
            problems.append(f"{where}: no source {program.source!r} in sources.toml; add it there")
        if program.replaced_by and program.replaced_by not in programs:
            problems.append(f"{where}: replaced_by {program.replaced_by!r} is no program; name one, or leave it empty")
    lines = entry_lines(folder, "correction")
    for correction in corrections.values():
        where = f"corrections.toml, line {lines[correction.id]}: {correction.id}"
        if correction.source not in sources:
            problems.append(f"{where}: no source {correction.source!r} in sources.toml; add it there")
        if correction.program not in programs:
            problems.append(f"{where}: no program {correction.program!r} in programs.toml; add it there")
    if problems:
        raise CorpusError(*problems)
    return Registry(sources, programs, corrections, tuple(glossary.values()))


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
        raise CorpusError(f"{path}: missing; a corpus folder holds sources, programs, corrections and glossary .toml") from None
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
    return Program(**{**row, "aliases": _list(row, "aliases")})


def _correction(row: Mapping[str, Any]) -> Correction:
    _dates(row, "since", "as_of")
    return Correction(
        **{**row, "wrong": _list(row, "wrong"), "match": _patterns(row, "match"), "match_affirmed": _patterns(row, "match_affirmed")}
    )


def _term(row: Mapping[str, Any]) -> Term:
    return Term(row["long"], _list(row, "short"), _list(row, "also"), _list(row, "broader"))


def _patterns(row: Mapping[str, Any], key: str) -> tuple[re.Pattern[str], ...]:
    try:
        return tuple(re.compile(pattern, re.IGNORECASE) for pattern in _list(row, key))
    except re.error as error:
        raise ValueError(f"{key} {error.pattern!r} does not compile: {error}; correct the pattern") from None


def _list(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
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
