"""A web page made into the lines that corpus/text.py reads as Markdown. Fetched pages and users' .html files both come through here.

The structure is read here: a question stays with its answer, a table's row with its header. Which part of the page is its content is
trafilatura's judgement, wherever the page does not say so itself (docs/decisions/0007). Answering imports this module, so the libraries
are imported only when a page is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus.model import LANGUAGES, is_date
from corpus.tables import row_lines

if TYPE_CHECKING:
    from lxml.html import HtmlElement

FEWEST_WORDS = 20  # a page or a main part with fewer holds nothing to quote

_DROPPED = frozenset("script style noscript template svg math iframe object select textarea input datalist dialog nav footer aside".split())
_DROPPED_ROLES = frozenset("navigation banner contentinfo search dialog alertdialog complementary menu menubar".split())
_CONSENT = re.compile(r"cookie|consent|gdpr", re.IGNORECASE)
_CONSENT_WORDS = 200
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS = frozenset(
    "address article blockquote body br button caption center dd details div dl dt fieldset figcaption figure form header hr li main ol p "
    "pre section summary table tbody td tfoot th thead tr ul".split()
) | frozenset(_HEADINGS)
_PART_OF_ITEM = frozenset("p div br section".split())  # inside a short list item these part words, not lines
_ITEM_WORDS = 80  # a longer item is read as paragraphs
_CELL_WORDS = 60  # a table with a longer cell lays out the page
_DEEPEST = 250
_WIDEST, _TALLEST = 40, 200  # columns and rows that a cell may be said to span
_PANEL_WORDS = 3  # a button with fewer is a thing to press
_ANCHOR_WORDS = 4  # a shorter line stands in other texts by accident
_SEARCHED = 1_000_000  # characters; in a longer page only whole lines are compared, or it would take minutes
_LINKED = 0.8  # from this share of its letters inside links, a line is a link
_PUBLISHED = frozenset("article:published_time datepublished dcterms.issued dc.date.issued dc.date".split())
_MONSTER = re.compile(r"<([a-zA-Z][\w:-]*)\s[^<>]{20000,}>")  # a tag with that much in it holds a picture, or is meant to stall us
_UNREAD = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")


@dataclass(frozen=True)
class _Line:
    """`own` is what it is known by in the page's text: its own words, or for the lines of a table the words of the longest row.
    `main`: it stands in the page's main part; `linked`: it is nothing but a link."""

    text: str
    own: str
    main: bool = False
    linked: bool = False


def to_markdown(html: str) -> tuple[str, str]:
    """A page as lines that `read_markdown` reads ('# ' headings, '- ' items, paragraphs), and its language, one of LANGUAGES.

    Menus, forms and the like are dropped; where the page marks its main part, the rest is too. A table's row becomes an item that
    repeats the header of each cell; a question that can be unfolded becomes a heading.
    """
    page = _parsed(html)
    if page is None:
        return "", LANGUAGES[0]
    spoken = (page.get("lang") or "")[:2].lower()
    title = " ".join((page.findtext(".//title") or "").split())
    if _is_too_deep(page):
        lines = [line for text in _UNREAD.sub("", html).split("<") if (line := " ".join(text.rpartition(">")[2].split()))]
    else:
        _drop(page)
        lines = [line.text for line in _content(_Reader(page).lines(), page)]
    if title and not any(line.startswith("# ") for line in lines):
        lines.insert(0, f"# {title}")
    return "\n".join(lines), spoken if spoken in LANGUAGES else LANGUAGES[0]


def stated_date(html: str) -> str:
    """The ISO date of publication that a page states in its head, or ""."""
    page = _parsed(html)
    for element in () if page is None else page.iter("meta"):
        name = (element.get("property") or element.get("name") or element.get("itemprop") or "").lower()
        if name in _PUBLISHED and is_date(stated := (element.get("content") or "")[:10]) and stated:
            return str(stated)
    return ""


def _parsed(html: str) -> HtmlElement | None:
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    text = _MONSTER.sub(r"<\1>", _XML_DECLARATION.sub("", html).replace("\x00", ""))
    try:
        # huge_tree: a page nested deeper than the default would lose its end without a word.
        return document_fromstring(text.encode("utf-8", "replace"), parser=HTMLParser(encoding="utf-8", huge_tree=True))
    except (etree.ParserError, etree.XMLSyntaxError):
        return None


def _is_too_deep(page: HtmlElement) -> bool:
    """Whether elements are nested as no page is that a person made; each step of what follows would take time for each level."""
    from lxml import etree

    depth = deepest = 0
    for event, _ in etree.iterwalk(page, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
        if deepest > _DEEPEST:
            return True
    return False


def _drop(page: HtmlElement) -> None:
    """Take out what is never content: scripts, menus, a dialog about cookies, a form that is not the whole page."""
    size = _size(page)
    for element in [element for element in page.iter() if _is_dropped(element, size)]:
        if element.getparent() is not None:
            element.drop_tree()


def _is_dropped(element: HtmlElement, size: int) -> bool:
    tag = element.tag
    if not isinstance(tag, str):
        return True  # a comment or a processing instruction
    if tag in ("html", "body", "main", "article"):
        return False
    if tag in _DROPPED or element.get("role") in _DROPPED_ROLES:
        return True
    if tag == "header":  # an article's header holds its heading
        return next(element.iterancestors("main", "article"), None) is None
    if tag == "button":
        return not _opens_panel(element)
    if tag == "form":  # some sites wrap the whole page in one
        return _size(element) * 2 < size
    if _CONSENT.search(f"{element.get('id', '')} {element.get('class', '')}"):
        return _size(element) < min(_CONSENT_WORDS, size / 2)
    return False


def _size(element: HtmlElement) -> int:
    return len(element.text_content().split())


def _opens_panel(button: HtmlElement) -> bool:
    """Whether a button is the question of a folded answer, rather than a thing to press."""
    if next(button.iterancestors(*_HEADINGS), None) is not None:
        return True
    folds = any(name in button.attrib for name in ("aria-expanded", "aria-controls", "data-toggle", "data-bs-toggle"))
    return folds and _size(button) >= _PANEL_WORDS


class _Reader:
    """Walks the page once, from start tag to end tag, and gathers lines."""

    def __init__(self, page: HtmlElement) -> None:
        body = page.find("body")
        self._body: HtmlElement = page if body is None else body
        self._lines: list[_Line] = []
        self._buffer: list[str] = []
        self._linked = 0  # characters of the buffer that stand in links
        self._links = self._main = self._in_heading = 0  # how many <a>, main parts and headings we are inside
        self._prefix = ""
        self._term = ""
        self._level = 1  # of the heading read last

    def lines(self) -> list[_Line]:
        from lxml import etree

        table = None
        walk = etree.iterwalk(self._body, events=("start", "end"))
        for event, element in walk:
            if event == "start" and element.tag == "table" and _holds_data(element):
                table = element
                self._flush()
                own = max((_text(row) for row in element.iter("tr")), key=len)
                self._lines += [_Line(text, own, self._main > 0) for text in _table_lines(element)]
                walk.skip_subtree()
            elif event == "start":
                self._open(element)
                self._add(element.text)
            else:
                if element is not table:
                    self._close(element)
                if element is not self._body:
                    self._add(element.tail)
        self._flush()
        return self._lines

    def _open(self, element: HtmlElement) -> None:
        tag = element.tag
        self._break(element)
        self._main += _is_main(element)
        self._links += tag == "a"
        if tag in _HEADINGS:
            self._in_heading += 1
            self._level = int(tag[1])
            self._prefix = "#" * self._level + " "
        elif tag == "summary" or (tag == "button" and not self._in_heading):
            self._prefix = "#" * min(self._level + 1, 6) + " "
        elif tag == "li":
            self._prefix = "- "
        elif tag == "dd" and self._term:
            self._prefix = f"- {self._term}: "

    def _close(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag == "dt":
            self._close_term()
        else:
            self._break(element)
        self._in_heading -= tag in _HEADINGS
        if tag in ("li", "dd", "summary", "button", *_HEADINGS) and not self._in_heading:
            self._prefix = ""
        self._main -= _is_main(element)
        self._links -= tag == "a"

    def _close_term(self) -> None:
        """A question becomes a heading; a shorter term is kept to open its definition."""
        term = " ".join("".join(self._buffer).split())
        if term.endswith("?") or len(term.split()) > _ITEM_WORDS // 8:
            self._term, self._prefix = "", "#" * min(self._level + 1, 6) + " "
            self._flush()
        else:
            self._term = term.rstrip(" :")
            self._buffer.clear()

    def _break(self, element: HtmlElement) -> None:
        """A block's start or end ends the line, or inside a short list item parts two words of it."""
        tag = element.tag
        if tag not in _BLOCKS:
            return
        in_heading = self._in_heading and tag in ("button", *_PART_OF_ITEM)
        if in_heading or (tag in _PART_OF_ITEM and _in_short_item(element)):
            self._buffer.append(" ")
        else:
            self._flush()

    def _add(self, text: str | None) -> None:
        if text:
            self._buffer.append(text)
            self._linked += len(text.strip()) if self._links else 0

    def _flush(self) -> None:
        """End the line that is being gathered."""
        text = " ".join("".join(self._buffer).split())
        linked = self._linked >= _LINKED * len(text)
        self._buffer.clear()
        self._linked = 0
        if not self._prefix:
            text = re.sub(r"^#+\s*", "", text)
        if text:
            self._lines.append(_Line(self._prefix + text, text, self._main > 0, linked))
            self._prefix = ""


def _is_main(element: HtmlElement) -> bool:
    return bool(element.tag == "main" or element.get("role") == "main")


def _in_short_item(element: HtmlElement) -> bool:
    item = next(element.iterancestors("li"), None)
    return item is not None and item.find(".//h2") is None and item.find(".//h3") is None and _size(item) <= _ITEM_WORDS


# --- tables


def _holds_data(table: HtmlElement) -> bool:
    """Whether a table is one, rather than a way to lay out a page."""
    if table.get("role") in ("presentation", "none") or next(table.iterdescendants("table", "form", *_HEADINGS), None) is not None:
        return False
    rows = [_cells(row) for row in table.iter("tr")]
    return any(len(row) > 1 for row in rows) and all(_size(cell) <= _CELL_WORDS for row in rows for cell in row)


def _table_lines(table: HtmlElement) -> Iterator[str]:
    if caption := _text(table.find("caption")):
        yield caption if caption[-1] in ".:?!" else f"{caption}:"
    grid = list(_grid(table))
    headers = next((number for number, (_, is_header) in enumerate(grid) if not is_header), 0)  # a table of headers alone has none
    yield from row_lines([cells for cells, _ in grid], headers)


def _grid(table: HtmlElement) -> Iterator[tuple[list[str], bool]]:
    """The text of each row's cells, one for each column, and whether the row is a header. A cell that spans is repeated."""
    hanging: dict[int, tuple[int, str]] = {}  # by column: rows still to come, text
    for number, row in enumerate(table.iter("tr")):
        found: list[str] = []
        cells = _cells(row)
        for cell in cells:
            _hang(found, hanging)
            text, down = _text(cell), _span(cell, "rowspan", _TALLEST)
            for _ in range(_span(cell, "colspan", _WIDEST)):
                if down > 1:
                    hanging[len(found)] = down - 1, text
                found.append(text)
        _hang(found, hanging)
        in_head = next(row.iterancestors("thead"), None) is not None
        bold = len(cells) > 1 and (number == 0 or all(cell.tag == "th" for cell in cells)) and all(_is_bold(cell) for cell in cells)
        if any(found):
            yield found, in_head or bold


def _hang(found: list[str], hanging: dict[int, tuple[int, str]]) -> None:
    """Repeat in this row what spans down into it from the rows above."""
    while (column := len(found)) in hanging:
        left, text = hanging.pop(column)
        if left > 1:
            hanging[column] = left - 1, text
        found.append(text)


def _cells(row: HtmlElement) -> list[HtmlElement]:
    return [cell for cell in row if cell.tag in ("td", "th")]


def _is_bold(cell: HtmlElement) -> bool:
    bold = " ".join(_text(mark) for mark in cell.iterdescendants("b", "strong"))
    return cell.tag == "th" or (bold != "" and bold == _text(cell))


def _span(cell: HtmlElement, name: str, most: int) -> int:
    given = cell.get(name, "1").strip()
    return min(max(int(given), 1), most) if given.isascii() and given.isdecimal() and len(given) < 6 else 1


def _text(element: HtmlElement | None) -> str:
    """The text of a cell on one line; what stands in blocks of its own is parted by a space."""
    return "" if element is None else " ".join(" ".join(element.itertext()).split())


# --- which lines are the page's content


def _content(lines: list[_Line], page: HtmlElement) -> list[_Line]:
    """The lines of the main part, where the page marks one, or else from the first to the last that trafilatura takes for content.

    In between only lines go that are nothing but a link and that trafilatura left out: it loses tables and lists of terms, which here
    are kept.
    """
    chosen = [" ".join(_words(line)) for line in _extracted(page).split("\n")]
    marked = [line for line in lines if line.main]
    if sum(len(line.text.split()) for line in marked) >= FEWEST_WORDS:
        lines = marked
    found = _found(lines, chosen)
    if lines is not marked:
        first, last = _ends(lines, found)
        lines, found = lines[first:last], found[first:last]
    return [line for line, is_found in zip(lines, found, strict=True) if is_found or not line.linked]


def _found(lines: list[_Line], chosen: list[str]) -> list[bool]:
    """Whether each line is one of those chosen or, on a page of usual size, stands within one or goes on over several."""
    known, whole = set(chosen), f" {' '.join(chosen)} "
    searched = len(whole) < _SEARCHED
    own = [" ".join(_words(line.own)) for line in lines]
    return [words in known or (searched and f" {words} " in whole) for words in own]


def _extracted(page: HtmlElement) -> str:
    from trafilatura import extract

    text = extract(deepcopy(page), output_format="txt", include_comments=False, include_tables=True, favor_recall=True)
    return text or ""


def _ends(lines: list[_Line], found: list[bool]) -> tuple[int, int]:
    """The places between which the content lies: all lines, where none long enough was found."""
    anchors = [n for n, line in enumerate(lines) if found[n] and len(_words(line.own)) >= _ANCHOR_WORDS]
    if not anchors:
        return 0, len(lines)
    first, last = anchors[0], anchors[-1] + 1
    while first > 0 and (lines[first - 1].text.startswith("#") or found[first - 1]) and not lines[first - 1].linked:
        first -= 1
    while last < len(lines) and found[last] and not lines[last].linked:
        last += 1
    return first, last


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
