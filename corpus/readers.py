"""Read a user's file into a Document. `READERS` knows every suffix there is; messages and help derive from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from corpus.cleaning import clean
from corpus.errors import CorpusError
from corpus.model import GENERAL, Document, Section, Source
from corpus.passages import slugify

MAX_BYTES = 50_000_000
_HEADING_WORDS = 14
_CHILD_WORDS = 45
_CHILD_HEADING_WORDS = 6
_MONTHS = "January February March April May June July August September October November December".split()
_DATE = re.compile(r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? (\d{1,2}),? (20\d{2})")


@dataclass(frozen=True)
class Described:
    """What the user says about a file: anything left empty is taken from the text or stays unknown."""

    id: str = ""
    title: str = ""
    publisher: str = ""
    kind: str = "document"
    url: str = ""
    published: str = ""


def read_file(path: Path, described: Described = Described()) -> Document:
    """Read one file. Raises CorpusError when it is missing, empty, unreadable, too large, not text, or of an unknown suffix."""
    reader = READERS.get(path.suffix.lower())
    if not path.exists():
        raise CorpusError(f"{path}: no such file")
    if path.is_dir():
        raise CorpusError(f"{path}: is a folder; name its files")
    if reader is None:
        raise CorpusError(f"{path}: no reader for {path.suffix or 'a file without suffix'!r}; readers: {', '.join(sorted(READERS))}")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CorpusError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB; split it")
        data = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}") from None
    if b"\x00" in data[:4096]:
        raise CorpusError(f"{path}: not text (it holds zero bytes); convert it to UTF-8 text first")
    try:
        raw = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    if not raw.strip():
        raise CorpusError(f"{path}: empty")
    title, sections = reader(raw)
    if not sections:
        raise CorpusError(f"{path}: no content left after menus and advertisements were taken out")
    title = described.title or title or _opening(sections[0].text)
    published = described.published or _printed_date(raw)
    source = Source(
        id=described.id or slugify(path.stem) or "document",
        title=title,
        publisher=described.publisher or path.name,
        kind=described.kind,
        url=described.url,
        url_verified=bool(described.url),
        published=published,
        as_of=published,
    )
    return Document(source, title, "en", "file", tuple(sections))


def read_text(raw: str) -> tuple[str, list[Section]]:
    """Title and sections of plain text. A heading is a short line without a full stop that stands before text; a question in an FAQ
    is one too. The title is "" when the text does not open with one."""
    lines = [line for line in clean(raw).split("\n") if line]
    title = lines.pop(0) if len(lines) > 1 and _is_heading(lines[0], lines[1]) else ""
    sections: list[Section] = []
    body: list[str] = []
    heading, start = "", 1
    for number, line in enumerate([*lines, ""], 1):
        following = lines[number] if number < len(lines) else ""
        at_end = number > len(lines)
        if at_end or _is_heading(line, following):
            if body:
                sections.append(Section((heading,) if heading else (), "\n".join(body), start, program=GENERAL))
            heading, body, start = line, [], number
        else:
            body.append(line)
    return title, _with_children(sections)


def _with_children(sections: list[Section]) -> list[Section]:
    """A section that ends with a colon announces the short ones after it: they become its list, each under its own heading's name,
    so that "who benefits?" is answered by all of them."""
    made: list[Section] = []
    announcing = False
    for section in sections:
        brief = len(section.text.split()) <= _CHILD_WORDS and "\n" not in section.text and bool(section.headings)
        if announcing and brief and len(section.headings[-1].split()) <= _CHILD_HEADING_WORDS and not section.headings[-1].endswith("?"):
            made[-1] = replace(made[-1], text=f"{made[-1].text}\n- {section.headings[-1]}: {section.text}")
            continue
        announcing = section.text.endswith(":")
        made.append(section)
    return made


def read_markdown(raw: str) -> tuple[str, list[Section]]:
    """Title and sections of Markdown: `#` is the title, deeper headings open sections and keep their path."""
    title = ""
    path: list[str] = []
    sections: list[Section] = []
    body: list[str] = []
    start = 1

    def close() -> None:
        text = clean("\n".join(body))
        if text:
            sections.append(Section(tuple(path), re.sub(r"\n{2,}", "\n", text), start))
        body.clear()

    for number, line in enumerate(re.sub(r"\A---\n.*?\n---\n", "", raw, flags=re.DOTALL).split("\n"), 1):
        head = re.match(r"(#{1,6})\s+(.+?)\s*#*$", line)
        if head is None:
            body.append(_plain(line))
            continue
        close()
        start = number
        level = len(head[1])
        if level == 1 and not title:
            title = head[2]
        else:
            path[max(0, level - 2) :] = [head[2]]
    close()
    return title, sections


READERS: dict[str, Callable[[str], tuple[str, list[Section]]]] = {".txt": read_text, ".md": read_markdown}


def _is_heading(line: str, following: str) -> bool:
    if not following or re.match(r"[-*•–]\s|\d{1,2}[.)]\s", line):
        return False
    words = line.split()
    if line.endswith("?") and len(words) <= 20:
        return True
    return len(words) <= _HEADING_WORDS and line[-1] not in '.,;:!…"”' and (line[0].isupper() or line[0].isdigit() or line[0] in "‘“")


def _plain(line: str) -> str:
    line = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", line)
    line = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", line)
    return re.sub(r"(\*\*|__|`)", "", line)


def _opening(text: str) -> str:
    words = text.split()
    return " ".join(words[:10]) + ("…" if len(words) > 10 else "")


def _printed_date(raw: str) -> str:
    """The date printed in the first or last lines of the text, or ""."""
    lines = [line for line in raw.split("\n") if line.strip()]
    for line in (*lines[:12], *lines[-5:]):
        if len(line.split()) <= 12 and (found := _DATE.search(line)):
            month = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(found[1]))
            try:
                printed = datetime(int(found[3]), month, int(found[2])).date()
            except ValueError:
                continue
            if printed <= date.today():
                return printed.isoformat()
    return ""
