"""The six registries and the bundled briefs, read once and checked against each other.

Reading TOML and compiling the hundreds of patterns in it is a fifth of the time from the start of a process to its answer. So a copy of
what was read and found in order may be kept in the data folder; it is read instead until a registry changes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus.briefs import read_brief
from corpus.errors import CorpusError
from corpus.model import (
    KINDS,
    STANDINGS,
    Branch,
    Correction,
    Disagreement,
    Document,
    Program,
    Source,
    Split,
    Standing,
    Term,
    Value,
    is_date,
)
from corpus.pattern import Pattern, remember

BUNDLED = Path(__file__).parent
_TABLES = {
    "sources": "source",
    "programs": "program",
    "corrections": "correction",
    "glossary": "term",
    "disagreements": "disagreement",
    "splits": "split",
}
_MOST_READ = 4  # folders whose registries are held


@dataclass(frozen=True)
class Registry:
    """What is registered: sources, programs, corrections, disagreements and splits by id, and the glossary."""

    sources: Mapping[str, Source]
    programs: Mapping[str, Program]
    corrections: Mapping[str, Correction]
    glossary: tuple[Term, ...]
    disagreements: Mapping[str, Disagreement] = field(default_factory=dict)
    splits: Mapping[str, Split] = field(default_factory=dict)


_Rows = list[tuple[int, dict[str, Any]]]  # a registry's entries, each with the line where it begins
_held: dict[str, Registry] = {}


def load_registry(folder: Path = BUNDLED, kept: Path | None = None) -> Registry:
    """Sources, programs, corrections, glossary, disagreements and splits (.toml), read once as long as the files do not change. `kept`: the
    file in which a copy of what was read is looked for, and kept. Raises CorpusError with every problem at once."""
    made_of = _stamp(folder)
    if made_of not in _held:
        tables = _kept_tables(kept, made_of) if kept is not None else None
        if tables is None:
            tables = {name: _rows(folder / f"{name}.toml", table) for name, table in _TABLES.items()}
            registry = _registry(folder, tables)
            if kept is not None:
                _keep(kept, made_of, tables, registry)
        else:
            registry = _registry(folder, tables)
        while len(_held) >= _MOST_READ:
            _held.pop(next(iter(_held)), None)
        _held[made_of] = registry
    return _held[made_of]


def _stamp(folder: Path) -> str:
    """Differs when a registry was written, or is read in another way; reading them takes far longer."""
    files = [*(folder / f"{name}.toml" for name in _TABLES), BUNDLED / "pattern.py"]
    return json.dumps([sys.version, str(folder), *map(_written, files)])


def _written(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def _kept_tables(kept: Path, made_of: str) -> dict[str, _Rows] | None:
    """The entries as they were kept; None where they are of other registries, or not whole."""
    try:
        digest, _, told = kept.read_text(encoding="utf-8").partition("\n")
    except (OSError, ValueError):
        return None
    if digest != _digest(told):
        return None
    copy = json.loads(told)
    if copy["made of"] != made_of:
        return None
    remember({pattern: tuple(map(tuple, needs)) for pattern, needs in copy["needs"].items()})
    return {name: [(line, row) for line, row in rows] for name, rows in copy["tables"].items()}


def _keep(kept: Path, made_of: str, tables: Mapping[str, _Rows], registry: Registry) -> None:
    """Keep the entries, and what their patterns need. A folder that cannot be written is no reason not to answer."""
    needs = {pattern.pattern: pattern.needs for pattern in _patterns_of(registry)}
    told = json.dumps({"made of": made_of, "tables": tables, "needs": needs})
    new = kept.with_name(f".{kept.name}.{os.getpid()}")
    with suppress(OSError):
        new.write_text(f"{_digest(told)}\n{told}", encoding="utf-8")
        new.replace(kept)


def _patterns_of(registry: Registry) -> Iterable[Pattern]:
    for correction in registry.corrections.values():
        yield from (*correction.match, *correction.match_affirmed)
    for disagreement in registry.disagreements.values():
        for value in disagreement.values:
            yield from value.match


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _registry(folder: Path, tables: Mapping[str, _Rows]) -> Registry:
    problems: list[str] = []
    sources = _table(tables, "sources", _source, problems)
    programs = _table(tables, "programs", _program, problems)
    corrections = _table(tables, "corrections", _correction, problems)
    glossary = _table(tables, "glossary", _term, problems, key="long")
    disagreements = _table(tables, "disagreements", _disagreement, problems)
    splits = _table(tables, "splits", _split, problems)

    def missing(table: str, entry: str, what: str) -> None:
        # The line is looked up only for a problem: it takes parsing the file once more.
        problems.append(f"{table}s.toml, line {entry_lines(folder, table)[entry]}: {entry}: {what}")

    for program in programs.values():
        if program.note and program.source not in sources:
            missing("program", program.id, f"no source {program.source!r} in sources.toml; add it there")
        if program.part_of and program.part_of not in programs:
            missing("program", program.id, f"part_of {program.part_of!r} is no program; name one, or leave it out")
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
    for split in splits.values():
        for branch in split.branches:
            if branch.passage.partition("#")[0] not in sources:
                missing("split", split.id, f"no source of the section {branch.passage!r} in sources.toml; correct the id")
    if problems:
        raise CorpusError(*problems)
    return Registry(sources, programs, corrections, tuple(glossary.values()), disagreements, splits)


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


def _rows(path: Path, table: str) -> _Rows:
    """The entries of a registry, each with the line of its `[[table]]`."""
    import tomllib  # a process that answers from a kept copy reads no TOML

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


def _table(tables: Mapping[str, _Rows], name: str, read: Any, problems: list[str], key: str = "id") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line, row in tables[name]:
        where = f"{name}.toml, line {line}: {row.get(key, _TABLES[name])}"
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
    _one_of(row, "standing", (*STANDINGS, ""))
    _dates(row, "since", "as_of")
    history = tuple(_standing(earlier) for earlier in _list(row, "history"))
    ahead = tuple(_standing(later) for later in _list(row, "ahead"))
    days = [earlier.since for earlier in history]
    if days != sorted(days) or (days and row["since"] and days[-1] >= row["since"]):
        raise ValueError("history is not in order; give earlier standings, oldest first, each before the present one's since")
    coming = [later.since for later in ahead]
    if coming != sorted(coming) or (coming and coming[0] <= max(row["since"], row["as_of"])):
        raise ValueError("ahead is not in order; give coming standings, soonest first, each after the present one's since and as_of")
    return Program(**{**row, "aliases": _list(row, "aliases"), "history": history, "ahead": ahead})


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


def _split(row: Mapping[str, Any]) -> Split:
    branches = tuple(Branch(b["when"], b["asks"], _list(b, "says"), b["passage"]) for b in _list(row, "branch"))
    if len(branches) < 2:
        raise ValueError("a split needs at least two [[split.branch]]")
    needs = tuple(tuple(group.split()) for group in _list(row, "needs"))
    if not needs or not all(needs):
        raise ValueError('a split needs at least one group of words in `needs`, such as needs = ["job offer"]')
    return Split(row["id"], row["question"], needs, tuple(row.get("may", "").split()), branches)


def _term(row: Mapping[str, Any]) -> Term:
    return Term(row["long"], _list(row, "short"), _list(row, "also"), _list(row, "broader"))


def _patterns(row: Mapping[str, Any], key: str) -> tuple[Pattern, ...]:
    try:
        return tuple(Pattern(pattern) for pattern in _list(row, key))
    except re.error as error:
        raise ValueError(f"{key} {error.pattern!r} does not compile: {error}; correct the pattern") from None


def _list(row: Mapping[str, Any], key: str) -> tuple[Any, ...]:
    if not isinstance(row.get(key, []), list):
        raise ValueError(f"{key} {row[key]!r} is not a list; write [{row[key]!r}]")
    return tuple(row.get(key, ()))


def _one_of(row: Mapping[str, Any], key: str, allowed: Iterable[str]) -> None:
    if row[key] not in allowed:
        choices = ", ".join(one or '""' for one in allowed)
        raise ValueError(f"{key} {row[key]!r}; choose from {choices}")


def _dates(row: Mapping[str, Any], *keys: str) -> None:
    for key in keys:
        if not is_date(row[key]):
            raise ValueError(f"{key} {row[key]!r} is not an ISO date")
