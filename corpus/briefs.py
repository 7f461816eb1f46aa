"""Read a brief: our own-words account of one source, in Markdown with front matter (docs/corpus-format.md)."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from pathlib import Path

from corpus.errors import CorpusError
from corpus.model import GENERAL, LANGUAGES, Document, Section, Source, is_date

_META = re.compile(r"(asked|program|as_of|from|until|unknown|sources):\s*(.*)")
_FRONT = ("source", "program", "language", "as_of")
_DATES = ("as_of", "from", "until")
_NO_VERDICT = "~"  # before a way of asking that the section answers, but not with the yes or no that it opens with


def read_brief(path: Path, sources: Mapping[str, Source], programs: Container[str]) -> Document:
    """Read one brief. Raises CorpusError, naming file and line, for everything that is not as the format says."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path.name}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    problems: list[str] = []
    front, body_at = _front_matter(path, lines, problems)
    source = sources.get(front.get("source", ""))
    if source is None and "source" in front:
        problems.append(f"{path.name}, line {_front_line(lines, 'source')}: no source {front['source']!r} in sources.toml; add it there")
    heads: list[tuple[int, int, str]] = []  # line index, level, heading
    for number, line in enumerate(lines[body_at:], body_at):
        if head := re.match(r"(#{1,4})\s+(.+)", line):
            heads.append((number, len(head[1]), head[2].strip()))
    title, sections = "", []
    for position, (number, level, heading) in enumerate(heads):
        end = heads[position + 1][0] if position + 1 < len(heads) else len(lines)
        if level == 1:
            title = heading
            continue
        path_above = _ancestors(heads[:position], level)
        section = _section(path, lines, number, end, (*path_above, heading), front, problems)
        if section.program not in programs:
            problems.append(f"{path.name}, line {section.line}: no program {section.program!r} in programs.toml; add it there")
        sections.append(section)
    if not title or not sections:
        problems.append(f"{path.name}, line {body_at + 1}: a brief needs one '# title' and at least one '## question' section")
    if problems or source is None:
        raise CorpusError(*problems)
    return Document(source, title, front["language"], "brief", tuple(sections))


def _front_matter(path: Path, lines: list[str], problems: list[str]) -> tuple[dict[str, str], int]:
    """The keys of the front matter and the index of the first line after it."""
    if lines[0].strip() != "---":
        raise CorpusError(f"{path.name}, line 1: a brief starts with '---' and front matter")
    front: dict[str, str] = {"language": "en", "program": GENERAL}
    for number, line in enumerate(lines[1:], 1):
        if line.strip() == "---":
            break
        key, colon, value = line.partition(":")
        if not colon or key.strip() not in _FRONT:
            problems.append(f"{path.name}, line {number + 1}: expected one of {', '.join(_FRONT)}, got {line.strip()!r}")
        front[key.strip()] = value.strip()
    else:
        raise CorpusError(f"{path.name}, line 1: the front matter has no closing '---'")
    for key in ("source", "as_of"):
        if not front.get(key):
            problems.append(f"{path.name}, line 1: the front matter lacks '{key}'; add it")
    if front["language"] not in LANGUAGES:
        where = f"{path.name}, line {_front_line(lines, 'language')}"
        problems.append(f"{where}: language {front['language']!r}; choose from {', '.join(LANGUAGES)}")
    if not is_date(front.get("as_of", "")):
        problems.append(f"{path.name}, line {_front_line(lines, 'as_of')}: as_of {front['as_of']!r} is not an ISO date")
    return front, number + 1


def _front_line(lines: list[str], key: str) -> int:
    return next((number for number, line in enumerate(lines, 1) if line.startswith(key)), 1)


def _ancestors(heads: list[tuple[int, int, str]], level: int) -> list[str]:
    above: list[str] = []
    for _, head_level, heading in reversed(heads):
        if 1 < head_level < level:
            above.insert(0, heading)
            level = head_level
    return above


def _section(
    path: Path, lines: list[str], start: int, end: int, headings: tuple[str, ...], front: Mapping[str, str], problems: list[str]
) -> Section:
    meta: dict[str, list[str]] = {}
    body: list[str] = []
    for number in range(start + 1, end):
        line = lines[number].strip()
        found = _META.fullmatch(line) if not body else None
        if found:
            meta.setdefault(found[1], []).append(found[2])
            if found[1] in _DATES and not is_date(found[2].strip()):
                problems.append(f"{path.name}, line {number + 1}: {found[1]} {found[2]!r} is not an ISO date")
        elif line or body:
            body.append(line)
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(body)).strip()
    if not text:
        problems.append(f"{path.name}, line {start + 1}: the section {headings[-1]!r} has no text; write it or take the heading out")
    single = {key: values[-1].strip() for key, values in meta.items()}
    asked = [q.strip() for value in meta.get("asked", []) for q in value.split("|") if q.strip()]
    return Section(
        headings=headings,
        text=text,
        line=start + 1,
        asked=tuple(question.removeprefix(_NO_VERDICT) for question in asked),
        no_verdict=tuple(question.removeprefix(_NO_VERDICT) for question in asked if question.startswith(_NO_VERDICT)),
        program=single.get("program", front["program"]),
        as_of=single.get("as_of", front.get("as_of", "")),
        valid_from=single.get("from", ""),
        valid_until=single.get("until", ""),
        unknown=single.get("unknown", "no").lower() in ("yes", "true"),
        sources=tuple(s.strip() for s in single.get("sources", "").split(",") if s.strip()),
    )
