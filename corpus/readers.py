"""Read a user's file or fetched page into a Document. `READERS` knows every suffix there is; messages and help derive from it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

from corpus.charsets import decode, decode_text
from corpus.described import NOT_DESCRIBED, Described, with_side_file
from corpus.errors import CorpusError
from corpus.model import GENERAL, Document, Section, Source
from corpus.passages import slugify
from corpus.text import read_markdown, read_text

__all__ = ["READERS", "Described", "Reader", "read_data", "read_file", "read_markdown", "read_text"]

Progress = Callable[[str, int, int], None]
Tell = Callable[[str], None]

_LARGE = 2_000_000  # bytes; a smaller file is read before anybody wonders
_MONTHS = "January February March April May June July August September October November December".split()
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)}|{'|'.join(f'{name[:3]}[.]?' for name in _MONTHS)}|Sept[.]?)"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_MONTH} (?P<day>\d{{1,2}}),? (?P<year>20\d{{2}})",
        rf"\b(?P<day>\d{{1,2}}) {_MONTH},? (?P<year>20\d{{2}})",
        r"\b(?P<year>20\d{2})-(?P<month>\d{2})-(?P<day>\d{2})\b",
    )
)


@dataclass(frozen=True)
class Content:
    """What a reader makes of a file. `lines` is its text as it was printed, `published` the ISO date that it states for machines."""

    title: str
    sections: list[Section]
    lines: str
    published: str = ""


@dataclass(frozen=True)
class Reader:
    """`what` names the format in messages; `most` is the largest file, in bytes, that is read in less than 1 GB of memory; `media` are
    its media types."""

    what: str
    most: int
    media: tuple[str, ...]
    read: Callable[[bytes, str, Progress, Tell], Content]


def read_file(
    path: Path, described: Described = NOT_DESCRIBED, *, progress: Progress = lambda *_: None, tell: Tell = lambda _: None
) -> Document:
    """Read one file, described by what is given and by a side file. `tell` gets what a reader of the result should know.

    Raises CorpusError when it is missing, empty, unreadable, too large, of an unknown suffix, or not what its suffix says.
    """
    reader = READERS.get(path.suffix.lower())
    if not path.exists():
        raise CorpusError(f"{path}: no such file")
    if path.is_dir():
        raise CorpusError(f"{path}: is a folder; name its files")
    if reader is None:
        raise CorpusError(f"{path}: no reader for {path.suffix or 'a file without suffix'!r}; readers: {', '.join(sorted(READERS))}")
    described = with_side_file(path, described)
    try:
        size = path.stat().st_size
        if size > reader.most:
            raise CorpusError(f"{path}: {size / 1e6:,.0f} MB, larger than the {reader.most // 1_000_000} MB that are read; split it")
        data = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}") from None
    content = _content(data, path.suffix.lower(), str(path), progress, tell)
    document = _document(content, described, path.stem, path.name, "file")
    return replace(document, source=replace(document.source, url_verified=bool(described.url), as_of=document.source.published))


def read_data(
    data: bytes,
    suffix: str,
    url: str,
    day: str,
    described: Described = NOT_DESCRIBED,
    *,
    charset: str = "",
    progress: Progress = lambda *_: None,
    tell: Tell = lambda _: None,
) -> Document:
    """Read what was fetched from `url` on `day` (ISO). Raises CorpusError as `read_file` does."""
    if suffix == ".html" and charset:
        data = decode(data, charset).encode()
    content = _content(data, suffix, url, progress, tell)
    host = url.split("/")[2].partition(":")[0]
    document = _document(content, described, url.rsplit("/", 1)[-1], host, "page")
    return replace(document, source=replace(document.source, url=url, url_verified=True, as_of=day))


def _document(content: Content, described: Described, stem: str, publisher: str, origin: str) -> Document:
    from corpus.spoken import language_of

    title = described.title or content.title or _opening(content.sections[0].text)
    source = Source(
        id=described.id or slugify(stem) or "document",
        title=title,
        publisher=described.publisher or publisher,
        kind=described.kind or "document",
        url=described.url,
        published=described.published or content.published or _printed_date(content.lines),
    )
    language = described.language or language_of(" ".join(section.text for section in content.sections[:40]))
    sections = tuple(replace(section, program=described.program or GENERAL) for section in content.sections)
    return Document(source, title, language, origin, sections)


def _content(data: bytes, suffix: str, name: str, progress: Progress, tell: Tell) -> Content:
    if not data.strip(b" \t\r\n\x0b\x0c\xef\xbb\xbf"):
        raise CorpusError(f"{name}: empty")
    if problem := _mistaken(data, suffix, name):
        raise CorpusError(problem)
    if len(data) > _LARGE:
        progress(f"reading {name}", 0, 1)
    content = READERS[suffix].read(data, name, progress, tell)
    if not content.sections:
        raise CorpusError(f"{name}: no content left after menus and advertisements were taken out")
    return content


# --- the formats. Each imports its library when a file of it is read: answering imports this module.


def _read_text(data: bytes, name: str, progress: Progress, tell: Tell) -> Content:
    raw = decode_text(data, name)
    return Content(*read_text(raw), raw)


def _read_markdown(data: bytes, name: str, progress: Progress, tell: Tell) -> Content:
    raw = decode_text(data, name)
    return Content(*read_markdown(raw, by_hand=True), raw)


def _read_html(data: bytes, name: str, progress: Progress, tell: Tell) -> Content:
    from corpus.html import stated_date, to_markdown

    html = decode(data)
    lines, _ = to_markdown(html)
    return Content(*read_markdown(lines), lines, stated_date(html))


def _read_pdf(data: bytes, name: str, progress: Progress, tell: Tell) -> Content:
    from corpus.pdf import read_pdf

    lines = read_pdf(data, name, progress, tell)
    return Content(*read_markdown(lines), lines)


def _read_docx(data: bytes, name: str, progress: Progress, tell: Tell) -> Content:
    from corpus.docx import read_docx

    lines = read_docx(data, name)
    return Content(*read_markdown(lines), lines)


_HTML = Reader("HTML", 10_000_000, ("text/html", "application/xhtml+xml"), _read_html)
READERS: dict[str, Reader] = {
    ".txt": Reader("text", 20_000_000, ("text/plain",), _read_text),
    ".md": Reader("Markdown", 20_000_000, ("text/markdown", "text/x-markdown"), _read_markdown),
    ".html": _HTML,
    ".htm": _HTML,
    ".pdf": Reader("a PDF", 200_000_000, ("application/pdf", "application/x-pdf"), _read_pdf),
    ".docx": Reader("a Word file", 200_000_000, ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",), _read_docx),
}


# --- a file that is not what its name says

# How a format begins, what it is, and what to do with it.
_SIGNS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file, or one protected by a password", "save it as .docx, without a password"),
    (b"{\\rtf", "RTF", "save it as .docx"),
    (b"\x1f\x8b", "packed with gzip", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it and add the folder"),
    (b"Rar!", "a RAR archive", "unpack it and add the folder"),
    (b"\x89PNG", "a picture", "run OCR first"),
    (b"\xff\xd8\xff", "a picture", "run OCR first"),
    (b"GIF8", "a picture", "run OCR first"),
)
_ARCHIVED = (
    ("word/document.xml", ".docx", ""),
    ("xl/workbook.xml", "an Excel workbook", "save its sheets as .html"),
    ("ppt/presentation.xml", "a PowerPoint file", "save it as .pdf"),
    ("META-INF/container.xml", "an EPUB", "save it as .html or .pdf"),
    ("content.xml", "an OpenDocument file", "save it as .docx"),
)
_PAGE = re.compile(r"\s*(?:<!--.*?-->\s*)*(?:<\?xml[^>]*>\s*)?(?:<!doctype\s+html|<html\b|<head\b|<body\b)", re.IGNORECASE | re.DOTALL)


def _mistaken(data: bytes, suffix: str, name: str) -> str:
    """Why a file is not what its suffix says, or "". Nothing is guessed: the user renames it or saves it in another format."""
    what, told = _sniffed(data)
    if what == suffix or (what == ".html" and suffix == ".htm"):
        return ""
    if what in READERS:
        return f"{name}: is {READERS[what].what}; rename it to {_stem(name)}{what}"
    if what:
        return f"{name}: is {what}; {told}"
    if suffix in (".pdf", ".docx"):
        return f"{name}: is not {READERS[suffix].what}, whatever its name says; save it again from the program that made it"
    if suffix in (".html", ".htm") and re.search(r"<[a-zA-Z!]", decode(data[:100_000])) is None:
        return f"{name}: holds no HTML; rename it to {_stem(name)}.txt"
    return ""


def _stem(name: str) -> str:
    return Path(name).stem or "page"


def _sniffed(data: bytes) -> tuple[str, str]:
    """What the bytes are: a suffix in READERS, or words and what to do; "" for text and what nobody knows."""
    if re.search(rb"(?:\A|[\r\n])%PDF-\d", data[:1024]):
        return ".pdf", ""
    for sign, what, told in _SIGNS:
        if data.startswith(sign):
            return what, told
    if data.startswith(b"PK\x03\x04"):
        return _archive(data)
    head = decode(data[:4096])
    return (".html", "") if _PAGE.match(head) else ("", "")


def _archive(data: bytes) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            names = set(packed.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "a damaged zip archive", "ask for a whole copy"
    return next(((what, told) for name, what, told in _ARCHIVED if name in names), ("a zip archive", "unpack it and add the folder"))


# --- what the text says of itself


def _opening(text: str) -> str:
    words = text.split()
    return " ".join(words[:10]) + ("…" if len(words) > 10 else "")


def _printed_date(lines: str) -> str:
    """The date printed in the first or last lines of the text, or ""."""
    filled = [line for line in lines.split("\n") if line.strip()]
    for line in (*filled[:12], *filled[-5:]):
        if len(line.split()) > 12:
            continue
        for found in filter(None, (shape.search(line) for shape in _DATES)):
            month = found["month"]
            number = int(month) if month.isdecimal() else next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(month[:3]))
            try:
                printed = datetime(int(found["year"]), number, int(found["day"])).date()
            except ValueError:
                continue
            if printed <= date.today():
                return printed.isoformat()
    return ""
