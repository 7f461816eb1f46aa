"""A Word file made into Markdown lines. Nothing of it is unpacked before its sizes are known, and never more than they allow."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile, ZipInfo

from corpus.errors import CorpusError
from corpus.tables import row_lines

if TYPE_CHECKING:
    from docx.document import Document
    from docx.styles.style import BaseStyle, ParagraphStyle
    from docx.table import Table
    from lxml.etree import _Element

MOST_XML = 30_000_000  # bytes of text and styles, unpacked: a book of 1,500 pages has fewer
MOST_PARTS = 10_000
_PIECE = 1 << 16
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# What Word keeps of a text that is no longer in it, or holds a second time for older programs.
_GONE = frozenset((f"{_WORD}del", f"{_WORD}moveFrom", "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"))
_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_HEADER_WORDS = 8
_BOLD_WORDS = 14
_DEEPEST_STYLE = 20  # styles may be based on each other in a circle


def read_docx(data: bytes, name: str) -> str:
    """The text of a Word file as Markdown lines: headings by style, lists, tables with their headers; no headers, footers or comments.

    Raises CorpusError for a file that unpacks to more than MOST_XML bytes, is damaged, or holds no text.
    """
    from docx import Document
    from docx.opc.exceptions import OpcError
    from lxml.etree import XMLSyntaxError

    light = _without_media(data, name)
    try:
        document = Document(light)
        lines = [line for line in _blocks(document) if line]
    except (OpcError, XMLSyntaxError, BadZipFile, KeyError, ValueError, TypeError, AttributeError) as error:
        shown = " ".join(str(error).split())[:100] or type(error).__name__
        raise CorpusError(f"{name}: damaged: {shown}; open it in a word processor and save it again") from None
    if not lines:
        raise CorpusError(f"{name}: no text in it; if it holds pictures of text, run OCR first")
    return "\n".join(lines)


# --- the zip around it


def _without_media(data: bytes, name: str) -> BytesIO:
    """The same file with its pictures emptied: they are not read, and may be a hundred times larger than the text."""
    made = BytesIO()
    left = MOST_XML
    try:
        with ZipFile(BytesIO(data)) as packed, ZipFile(made, "w") as light:
            parts = packed.infolist()
            told = sum(part.file_size for part in parts if _is_read(part))
            if len(parts) > MOST_PARTS:
                raise CorpusError(f"{name}: {len(parts):,} parts, more than any document has; save it again in a word processor")
            if told > left:
                raise _too_large(name, told)
            for part in parts:
                content = _unpacked(packed, part, left, name) if _is_read(part) else b""
                left -= len(content)
                if b"<!DOCTYPE" in content[:1000] or b"<!ENTITY" in content[:1000]:
                    raise CorpusError(f"{name}: {part.filename} declares entities, which no word processor does; save it again in one")
                light.writestr(part.filename, content)
    except (BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise CorpusError(f"{name}: damaged: {error}; open it in a word processor and save it again") from None
    made.seek(0)
    return made


def _is_read(part: ZipInfo) -> bool:
    return part.filename.lower().endswith((".xml", ".rels"))


def _unpacked(packed: ZipFile, part: ZipInfo, left: int, name: str) -> bytes:
    """One part, counted while it is unpacked: what a zip says of its sizes may be a lie."""
    content = bytearray()
    with packed.open(part) as file:
        while piece := file.read(_PIECE):
            content += piece
            if len(content) > left:
                raise _too_large(name, len(content))
    return bytes(content)


def _too_large(name: str, size: int) -> CorpusError:
    return CorpusError(
        f"{name}: unpacks to {size / 1e6:,.0f} MB of text and more; {MOST_XML // 1_000_000} MB are read. If it is a real document, split it"
    )


# --- its text


def _blocks(document: Document) -> Iterator[str]:
    from docx.styles.style import ParagraphStyle
    from docx.table import Table

    styles = {style.style_id: _style(style) for style in document.styles if isinstance(style, ParagraphStyle)}
    for element in _elements(document.element.body):
        if element.tag == f"{_WORD}p":
            yield _paragraph(element, styles)
        else:
            yield from _table(Table(element, document))


def _elements(parent: _Element) -> Iterator[_Element]:
    """Paragraphs and tables in order, also those inside content controls and the like, which python-docx passes over."""
    for child in parent:
        if child.tag in (f"{_WORD}p", f"{_WORD}tbl"):
            yield child
        elif child.tag not in _GONE:
            yield from _elements(child)


def _paragraph(paragraph: _Element, styles: Mapping[str, tuple[int, bool]]) -> str:
    text = _text(paragraph)
    if not text:
        return ""
    properties = paragraph.find(f"{_WORD}pPr")
    named = None if properties is None else properties.find(f"{_WORD}pStyle")
    level, listed = (0, False) if named is None else styles.get(named.get(f"{_WORD}val", ""), (0, False))
    if level:
        return f"{'#' * min(level, 6)} {text}"
    if listed or (properties is not None and properties.find(f"{_WORD}numPr") is not None):
        return f"- {text}"
    return f"**{text}**" if len(text.split()) <= _BOLD_WORDS and "*" not in text and _is_bold(paragraph) else text


def _style(style: ParagraphStyle) -> tuple[int, bool]:
    """The level of a heading in this style (1 for the title, 0 for text), and whether it is that of a list."""
    here: BaseStyle | None = style
    for _ in range(_DEEPEST_STYLE):
        if here is None:
            break
        name = (here.name or "").lower()
        if name == "title":
            return 1, False
        if heading := _HEADING.fullmatch(name):
            return int(heading[1]) + 1, False
        if name.startswith("list "):
            return 0, True
        here = getattr(here, "base_style", None)
    return 0, False


def _is_bold(element: _Element) -> bool:
    """Whether all the letters of a paragraph or a cell are bold of their own."""
    runs = [run for run in element.iter(f"{_WORD}r") if _text(run)]
    marks = [run.find(f"{_WORD}rPr/{_WORD}b") for run in runs]
    return bool(runs) and all(mark is not None and mark.get(f"{_WORD}val") not in ("0", "false", "none") for mark in marks)


def _text(element: _Element) -> str:
    """All that a reader sees of a paragraph, also insertions under review, links and text boxes."""
    parts: list[str] = []
    stack = [element]
    while stack:
        here = stack.pop()
        if here.tag == f"{_WORD}t":
            parts.append(here.text or "")
        elif here.tag in (f"{_WORD}tab", f"{_WORD}br", f"{_WORD}cr"):
            parts.append(" ")
        elif here.tag == f"{_WORD}noBreakHyphen":
            parts.append("-")
        elif here.tag not in _GONE:
            stack.extend(reversed(here))
        if here.tag == f"{_WORD}p" and here is not element:
            parts.append(" ")
    return " ".join("".join(parts).split())


def _table(table: Table) -> Iterator[str]:
    rows = [[_cell(cell._tc) for cell in row.cells] for row in table.rows]
    if all(len(set(row)) <= 1 for row in rows):  # a frame around text
        for row in rows:
            yield from row[:1]
        return
    yield from row_lines(rows, _header_rows(table, rows))


def _cell(cell: _Element) -> str:
    return " ".join(text for paragraph in cell.iter(f"{_WORD}p") if (text := _text(paragraph)))


def _header_rows(table: Table, rows: list[list[str]]) -> int:
    """How many rows are headers: those that Word repeats on each page, or else a first row all in bold, or of short cells in a table of
    three columns or more. Two columns without a mark are names and values."""
    marked = 0
    for row in table.rows:
        properties = row._tr.trPr
        if properties is None or properties.find(f"{_WORD}tblHeader") is None:
            break
        marked += 1
    if marked or len(rows) < 2:
        return min(marked, len(rows) - 1)
    if _is_bold(table.rows[0]._tr):
        return 1
    short = all(cell and len(cell.split()) <= _HEADER_WORDS and not re.search(r"\d{2}", cell) for cell in rows[0])
    return int(short and len(rows[0]) > 2)
