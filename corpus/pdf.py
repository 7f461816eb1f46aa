"""A PDF made into Markdown lines: headings by the size of their letters, paragraphs joined, what repeats on every page taken out."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from corpus.errors import CorpusError

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

Progress = Callable[[str, int, int], None]
Tell = Callable[[str], None]

MOST_PAGES = 5_000
_EDGE_LINES = 3  # of a page's top and bottom may be a running header or footer
_REPEATED = 0.4  # from this share of the pages on, what stands at their edges is one; left and right pages may differ
_FEWEST_PAGES = 3
_APART = 1.5  # times the usual distance of two lines: set apart
_HEIGHT = 4  # points: so much may a running header move
_FRONT_PAGES = 30  # a part of a longer document may begin at a later page
_HEADING_SIZE = 1.12  # times the size of most letters
_HEADING_WORDS = 25
_BOLD_WORDS = 14
_BASELINE = 1.5  # points apart: still one line; a bullet may sit off its item by more
_MARK = 3  # characters of a bullet or a number before an item
_GAP = 1.35  # times the usual distance of two lines: a new paragraph
_FULL = 0.85  # of the widest lines: a shorter line that ends a sentence ends its paragraph
_PAGE_NUMBER = re.compile(
    r"(?:(?:page|p\.)\s*)?[-–—(\[]?\s*(?:\d{1,4}|[ivxl]{1,6})\s*[-–—)\]]?(?:\s*(?:of|/|\|)\s*\d{1,4})?", re.IGNORECASE
)
# Whatever sign a font has for it; not one that may open a sentence.
_BULLET = re.compile(r"[^\w\s\"'“”‘’«»(\[{$€£¥#&+=%/<>.,;:!?¿¡§©@~]\s+(?=\S)")
_NUMBERED = re.compile(r"\s*(?:\d{1,2}|[a-z])[.)]\s+")
_SENTENCE_END = re.compile(r"[.!?:;…][\"'”’)\]]*$")


@dataclass(frozen=True)
class _Line:
    """`size` and `bold` are those of most of its letters; `top` is the height of its baseline on the page, in points."""

    text: str
    size: float
    bold: bool
    top: float


def read_pdf(data: bytes, name: str, progress: Progress, tell: Tell) -> str:
    """The text of a PDF as Markdown lines, a paragraph each.

    Raises CorpusError for one that is damaged, asks for a password, holds no text, or has more than MOST_PAGES pages. Pages that are only
    pictures are told.
    """
    reader = _opened(data, name)
    total = len(reader.pages)
    if total > MOST_PAGES:
        raise CorpusError(f"{name}: {total:,} pages, more than {MOST_PAGES:,}; split it")
    pages, scanned = [], []
    for number in range(1, total + 1):
        page = _page(reader, number, name)
        pages.append(_lines(page, number, name))
        if not pages[-1] and _has_picture(page):
            scanned.append(number)
        _forget(reader)
        progress(f"reading {name}", number, total)
    if not any(pages):
        raise CorpusError(
            f"{name}: no text in it: it is scanned; run OCR first, such as: ocrmypdf {name} read-{name}" if scanned else f"{name}: empty"
        )
    if scanned:
        shown = ", ".join(map(str, scanned[:10])) + (", …" if len(scanned) > 10 else "")
        tell(f"{name}: {len(scanned)} of {total} pages are pictures without text ({shown}): what they say is missing; run OCR first")
    return "\n".join(_markdown(_without_edges(pages)))


def _opened(data: bytes, name: str) -> PdfReader:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it warns of every slip that it mends
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise CorpusError(f"{name}: is protected by a password; save a copy without one")
        len(reader.pages)
    except CorpusError:
        raise
    except (PyPdfError, *_MALFORMED) as error:
        raise CorpusError(f"{name}: damaged: {_short(error)}; open it and save it again, or ask for a whole copy") from None
    return reader


# What pypdf raises of its own accord is not all: a malformed file trips it in its own code too.
_MALFORMED = (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, NotImplementedError, OSError, AssertionError)


def _page(reader: PdfReader, number: int, name: str) -> PageObject:
    from pypdf.errors import PyPdfError

    try:
        return reader.pages[number - 1]
    except (PyPdfError, *_MALFORMED) as error:
        raise _unreadable(name, number, error) from None


def _unreadable(name: str, number: int, error: Exception) -> CorpusError:
    return CorpusError(f"{name}: page {number} cannot be read ({_short(error)}); open it and save it again, or leave that page out")


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__


def _lines(page: PageObject, number: int, name: str) -> list[_Line]:
    """The lines of a page, top to bottom as the PDF tells them."""
    from pypdf.errors import PyPdfError

    pieces: list[tuple[str, float, bool, float]] = []

    def note(text: str, cm: Sequence[float], tm: Sequence[float], font: dict[str, Any] | None, size: float) -> None:
        if text:
            scale = abs(tm[3] or tm[1]) * abs(cm[3] or cm[1])
            bold = "bold" in str((font or {}).get("/BaseFont", "")).lower()
            pieces.append((text, round(size * scale, 1), bold, tm[5] * cm[3] + tm[4] * cm[1] + cm[5]))

    try:
        page.extract_text(visitor_text=note)
    except (PyPdfError, *_MALFORMED) as error:
        raise _unreadable(name, number, error) from None
    return list(_on_one_baseline(_gathered(pieces)))


def _on_one_baseline(lines: Iterator[_Line]) -> Iterator[_Line]:
    """A bullet and its item, or the cells of a table's row, are often drawn apart."""
    held: _Line | None = None
    for line in lines:
        if held is not None and abs(held.top - line.top) < (line.size / 2 if len(held.text) <= _MARK else _BASELINE):
            longer = max(held, line, key=lambda part: len(part.text))
            held = replace(longer, text=f"{held.text} {line.text}", top=held.top)
            continue
        if held is not None:
            yield held
        held = line
    if held is not None:
        yield held


def _gathered(pieces: Sequence[tuple[str, float, bool, float]]) -> Iterator[_Line]:
    held: list[tuple[str, float, bool, float]] = []
    for text, size, bold, top in (*pieces, ("\n", 0.0, False, 0.0)):
        first, *others = text.split("\n")
        held.append((first, size, bold, top))
        for other in others:
            if line := _line(held):
                yield line
            held = [(other, size, bold, top)]


def _line(pieces: Sequence[tuple[str, float, bool, float]]) -> _Line | None:
    text = " ".join("".join(piece[0] for piece in pieces).replace("\u00ad", "").replace("\x00", "").split())
    if not text:
        return None
    sizes, bolds = Counter[float](), 0
    for piece, size, bold, _ in pieces:
        letters = len(piece.replace(" ", ""))
        sizes[size] += letters
        bolds += letters if bold else 0
    top = next(piece[3] for piece in pieces if piece[0].strip())
    return _Line(text, sizes.most_common(1)[0][0], bolds * 2 > sizes.total(), top)


def _has_picture(page: PageObject) -> bool:
    resources = page.get("/Resources")
    found = resources.get_object().get("/XObject") if resources is not None else None
    return found is not None and any(item.get_object().get("/Subtype") == "/Image" for item in found.get_object().values())


def _forget(reader: PdfReader) -> None:
    """What was read of a page is not needed for the next: without this a long PDF is held whole, unpacked."""
    reader.resolved_objects.clear()


# --- running headers and footers


def _without_edges(pages: list[list[_Line]]) -> list[list[_Line]]:
    """The pages without page numbers and without running headers and footers: lines set apart at the top or bottom that stand at one
    height on many pages, whatever numbers are in them."""
    filled = [page for page in pages if page]
    apart = _APART * _usual_gap(filled)
    edges = [_edges(page, apart) for page in filled]
    counts = Counter(mark for page in edges for mark in {_mark(line) for line in page})
    often = max(_FEWEST_PAGES, _REPEATED * len(filled))
    repeated = {mark for mark, count in counts.items() if count >= often}
    return [
        [line for line in page if not (line in edge and _mark(line) in repeated) and not _is_page_number(line, page, len(filled))]
        for page, edge in zip(filled, edges, strict=True)
    ]


def _usual_gap(pages: list[list[_Line]]) -> int:
    """The distance of a line from the one above it, in points: the smallest of those that are common; 0 where there are none."""
    gaps = Counter(
        round(above.top - line.top) for page in pages for above, line in zip(page, page[1:], strict=False) if above.top > line.top
    )
    often = max(gaps.values(), default=0)
    return min((gap for gap, count in gaps.items() if 2 * count > often), default=0)


def _edges(page: list[_Line], apart: float) -> list[_Line]:
    """The few lines at the top and those at the bottom that a gap parts from the rest."""
    falling = sorted(page, key=lambda line: -line.top)
    found: list[_Line] = []
    for lines in (falling, falling[::-1]):
        for count in range(1, min(_EDGE_LINES, len(lines) - 1) + 1):
            if abs(lines[count - 1].top - lines[count].top) > apart:
                found += lines[:count]
                break
    return found


def _mark(line: _Line) -> tuple[str, int]:
    return re.sub(r"\d+", "0", line.text), round(line.top / _HEIGHT)


def _is_page_number(line: _Line, page: list[_Line], total: int) -> bool:
    """Whether the outermost line of a page is nothing but a number that a page of this document can have."""
    if total < 2 or line.top not in (max(other.top for other in page), min(other.top for other in page)):
        return False
    if _PAGE_NUMBER.fullmatch(line.text) is None:
        return False
    number = re.search(r"\d+", line.text)
    return number is None or int(number[0]) <= total + _FRONT_PAGES


# --- headings, paragraphs and lists


def _markdown(pages: list[list[_Line]]) -> Iterator[str]:
    """A line for each heading, paragraph and list item. A paragraph may go on over a page's end."""
    lines = [line for page in pages for line in page]
    letters = Counter[float]()
    for line in lines:
        letters[line.size] += len(line.text)
    usual = letters.most_common(1)[0][0] if letters else 0.0
    levels = _levels(lines, usual)
    widths = sorted(len(line.text) for line in lines if line.size == usual)
    width = widths[int(len(widths) * 0.9)] if widths else 0
    gap = _usual_gap(pages)
    words = Counter(word.lower() for line in lines for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", line.text))

    held = ""
    last: _Line | None = None
    for line in lines:
        level = levels.get(line.size) if len(line.text.split()) <= _HEADING_WORDS else None
        heads = level is not None and re.search(r"\w", line.text) is not None
        if heads and last is not None and held.startswith("#") and last.size == line.size and 0 < last.top - line.top <= _GAP * line.size:
            held = f"{held} {line.text}"  # a heading over two lines
        elif heads or _opens(line, last, gap, width):
            yield from _finished(held)
            held = f"{'#' * (level or 1)} {line.text}" if heads else _bulleted(line)
        else:
            held = _joined(held, line.text, words)
        last = line
    yield from _finished(held)


def _levels(lines: Sequence[_Line], usual: float) -> dict[float, int]:
    """The heading level of each size that is larger than most text: the largest is the title's, the others follow."""
    sizes = sorted(
        {line.size for line in lines if line.size >= _HEADING_SIZE * usual and len(line.text.split()) <= _HEADING_WORDS}, reverse=True
    )
    return {size: min(level, 6) for level, size in enumerate(sizes, 1)}


def _opens(line: _Line, last: _Line | None, gap: float, width: int) -> bool:
    """Whether a line begins a paragraph or an item."""
    if last is None or _BULLET.match(line.text) or _NUMBERED.match(line.text):
        return True
    if line.bold != last.bold and len(line.text.split()) <= _BOLD_WORDS and (line.bold or len(last.text.split()) <= _BOLD_WORDS):
        return True
    if last.size >= _HEADING_SIZE * line.size:
        return True
    ended = _SENTENCE_END.search(last.text) is not None
    apart = last.top - line.top
    if apart < 0:  # the next page or column
        return ended
    if gap and apart > _GAP * gap:
        return True
    return ended and len(last.text) < _FULL * width


def _bulleted(line: _Line) -> str:
    if _BULLET.match(line.text):
        return f"- {_BULLET.sub('', line.text, count=1)}"
    return f"**{line.text}**" if line.bold and len(line.text.split()) <= _BOLD_WORDS else line.text


def _joined(held: str, line: str, words: Counter[str]) -> str:
    """Two lines of a paragraph. A hyphen at the line's end goes, unless the text elsewhere writes the word with one."""
    if held.startswith("**"):
        return f"{held.removesuffix('**')} {line}**"
    broken = re.search(r"([^\W\d_]+)-$", held)
    follows = re.match(r"[^\W\d_]+", line)
    if broken is None or follows is None or not line[0].islower():
        return held + line if re.search(r"\w-$", held) and line[:1].isdigit() else f"{held} {line}".strip()
    whole, hyphened = f"{broken[1]}{follows[0]}".lower(), f"{broken[1]}-{follows[0]}".lower()
    return held + line if words[hyphened] > words[whole] else held[:-1] + line


def _finished(held: str) -> Iterator[str]:
    if held:
        yield held
