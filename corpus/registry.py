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
    """Read sources.toml, programs.toml, corrections.toml and glossary.toml. Raises CorpusError with every problem in one message."""
    problems: list[str] = []
    sources = _table(folder / "sources.toml", "source", _source, problems)
    programs = _table(folder / "programs.toml", "program", _program, problems)
    corrections = _table(folder / "corrections.toml", "correction", _correction, problems)
    glossary = tuple(Term(row["long"], tuple(row.get("short", ())), tuple(row.get("also", ()))) for row in _rows(folder / "glossary.toml", "term"))
    for program in programs.values():
        if program.note and program.source not in sources:
            problems.append(f"programs.toml, {program.id}: no source {program.source!r}")
        if program.replaced_by and program.replaced_by not in programs:
            problems.append(f"programs.toml, {program.id}: replaced_by {program.replaced_by!r} is no program")
    for correction in corrections.values():
        if correction.source not in sources:
            problems.append(f"corrections.toml, {correction.id}: no source {correction.source!r}")
        if correction.program not in programs:
            problems.append(f"corrections.toml, {correction.id}: no program {correction.program!r}")
    if problems:
        raise CorpusError("; ".join(problems))
    return Registry(sources, programs, corrections, glossary)


def load_briefs(registry: Registry, folder: Path = BUNDLED / "briefs") -> tuple[Document, ...]:
    """Read every brief, in file order by name. Raises CorpusError with every problem in one message."""
    documents, problems = [], []
    for path in sorted(folder.glob("*.md")):
        try:
            document = read_brief(path, registry.sources)
            for section in document.sections:
                if section.program not in registry.programs:
                    raise CorpusError(f"{path.name}, line {section.line}: no program {section.program!r} in programs.toml")
            documents.append(document)
        except CorpusError as error:
            problems.append(str(error))
    if problems:
        raise CorpusError("; ".join(problems))
    return tuple(documents)


def _rows(path: Path, table: str) -> list[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            return list(tomllib.load(file).get(table, []))
    except FileNotFoundError:
        raise CorpusError(f"{path}: missing; a corpus folder holds sources, programs, corrections and glossary .toml") from None
    except tomllib.TOMLDecodeError as error:
        raise CorpusError(f"{path.name}: not TOML: {error}") from None


def _table(path: Path, table: str, read: Any, problems: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, row in enumerate(_rows(path, table), 1):
        name = row.get("id", f"entry {number}")
        if name in found:
            problems.append(f"{path.name}: {name!r} stands twice")
        try:
            found[name] = read(row)
        except (KeyError, ValueError) as error:
            problems.append(f"{path.name}, {name}: {_explain(error)}")
    return found


def _explain(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)


def _source(row: Mapping[str, Any]) -> Source:
    _one_of(row, "kind", KINDS)
    _dates(row, "published", "as_of")
    return Source(**{**row, "url_verified": bool(row.get("url_verified", False))})


def _program(row: Mapping[str, Any]) -> Program:
    _one_of(row, "standing", STANDINGS)
    _dates(row, "since", "as_of")
    return Program(**{**row, "aliases": tuple(row.get("aliases", ()))})


def _correction(row: Mapping[str, Any]) -> Correction:
    _dates(row, "since", "as_of")
    try:
        patterns = tuple(re.compile(pattern, re.IGNORECASE) for pattern in row["match"])
    except re.error as error:
        raise ValueError(f"match {error.pattern!r} does not compile: {error}") from None
    return Correction(**{**row, "wrong": tuple(row["wrong"]), "match": patterns})


def _one_of(row: Mapping[str, Any], key: str, allowed: Iterable[str]) -> None:
    if row[key] not in allowed:
        raise ValueError(f"{key} {row[key]!r}; choose from {', '.join(allowed)}")


def _dates(row: Mapping[str, Any], *keys: str) -> None:
    for key in keys:
        if not is_date(row[key]):
            raise ValueError(f"{key} {row[key]!r} is not an ISO date")
