"""The sources' own pages, as `northbound corpus refresh` saw them: HTML made into text, and the snapshots kept of it.

    HOME/pages/<source-id>/<sha12>.json     one for each wording seen, named by the sha256 of its text

The snapshot seen last speaks for the source, in place of our brief. Nothing here touches the network; corpus/fetch.py does.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from html.parser import HTMLParser
from pathlib import Path

from corpus.errors import CorpusError
from corpus.model import LANGUAGES, Document, Source
from corpus.readers import read_markdown

FEWEST_WORDS = 20
_ERROR_WORDS = 200  # a longer text under such a title is an article about errors
_ERROR = re.compile(
    r"\b(?:not found|404|410|403|50[0-4]|error|access denied|forbidden|unavailable|under maintenance|just a moment|attention required|"
    r"are you (?:a )?(?:human|robot)|verify(?:ing)? you|captcha|page introuvable|erreur)\b",
    re.IGNORECASE,
)
_DROPPED = frozenset("script style nav header footer aside form noscript template svg button select textarea iframe".split())
_BLOCKS = frozenset(
    "address article blockquote body br caption dd details div dl dt fieldset figcaption figure hr main ol p pre section summary "
    "table tbody thead tfoot ul".split()
)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Snapshot:
    """One wording of a page. `fetched` and `checked` are ISO times in UTC: when it was first and last seen. `url` is the registered
    address, `final_url` where its redirects led."""

    url: str
    final_url: str
    fetched: str
    checked: str
    etag: str
    last_modified: str
    language: str
    text: str

    @property
    def name(self) -> str:
        """Twelve hex digits that change exactly when the text does."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]


def latest(folder: Path, source: Source) -> Snapshot | None:
    """The snapshot of the source's present address that was seen last. Raises CorpusError for one that cannot be read."""
    held = [s for s in map(_read, sorted((folder / source.id).glob("*.json"))) if s.url == source.link]
    return max(held, key=lambda s: s.checked, default=None)


def keep(folder: Path, source: Source, snapshot: Snapshot) -> None:
    """Raises CorpusError where the folder cannot be written. A wording seen before keeps the time it was first fetched."""
    path = folder / source.id / f"{snapshot.name}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            snapshot = replace(snapshot, fetched=_read(path).fetched)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(snapshot), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise CorpusError(f"{path}: cannot be written ({error.strerror}); set NORTHBOUND_HOME to a folder that can") from None


def page_documents(folder: Path, sources: Mapping[str, Source]) -> dict[str, Document]:
    """What was fetched, as documents by source id. A source that is no longer registered, or has no verified address, has none."""
    found: dict[str, Document] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        source = sources.get(path.name)
        snapshot = latest(folder, source) if source is not None and source.link else None
        if source is not None and snapshot is not None and (document := page_document(source, snapshot)):
            found[source.id] = document
    return found


def page_document(source: Source, snapshot: Snapshot) -> Document | None:
    """The snapshot as a document of origin "page", as of the day it was last seen; None where it holds no section."""
    title, sections = read_markdown(snapshot.text)
    source = replace(source, as_of=snapshot.checked[:10])
    return Document(source, title or source.title, snapshot.language, "page", tuple(sections)) if sections else None


def unusable(text: str) -> str:
    """Why a page's text cannot stand for its source, or "": it is empty, or an error page that was sent as if all were well."""
    title, sections = read_markdown(text)
    words = sum(len(section.text.split()) for section in sections)
    opening = " ".join((title, *(heading for section in sections[:1] for heading in section.headings)))
    if words < _ERROR_WORDS and (said := _ERROR.search(opening)):
        return f"an error page ({said[0]!r} in its title)"
    return f"empty ({words} words)" if words < FEWEST_WORDS else ""


def decode(data: bytes, charset: str = "") -> str:
    """Text of a page: by its byte order mark, the server's charset, its own <meta>, or else UTF-8 or Windows-1252, as browsers do."""
    marks = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
    marked = next((name for mark, name in marks if data.startswith(mark)), "")
    meta = _META_CHARSET.search(data[:4096])
    for name in (marked, charset, meta[1].decode("ascii", "replace") if meta else ""):
        if name.lower() in ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"):
            name = "cp1252"
        try:
            if name:
                return data.decode(name, "replace")
        except (LookupError, UnicodeError):
            continue
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def to_markdown(html: str) -> tuple[str, str]:
    """A page as lines that `read_markdown` reads ('# ' headings, '- ' items, paragraphs), and its language.

    Menus, forms and the like are dropped; where the page marks its main part, the rest is too. A table's row becomes an item that
    repeats the header of each cell.
    """
    page = _Markdown()
    page.feed(html)
    page.close()
    page.flush()
    main = [line for inside, line in page.lines if inside]
    lines = main if sum(len(line.split()) for line in main) >= FEWEST_WORDS else [line for _, line in page.lines]
    title = " ".join("".join(page.title).split())
    if title and not any(line.startswith("# ") for line in lines):
        lines.insert(0, f"# {title}")
    return "\n".join(lines), page.language


class _Markdown(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[tuple[bool, str]] = []  # whether it stands in the page's main part, and the line
        self.title: list[str] = []
        self.language = LANGUAGES[0]
        self._buffer: list[str] = []
        self._prefix = ""
        self._dropping, self._depth = "", 0
        self._in_title = False
        self._main = self._article = 0
        self._row: list[str] | None = None
        self._in_cell = False
        self._headers: list[str] = []
        self._all_headers = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._dropping:
            self._depth += tag == self._dropping
            return
        if tag in _DROPPED and not (tag == "header" and (self._main or self._article)):  # an article's header holds its heading
            self.flush()
            self._dropping, self._depth = tag, 1
        elif tag == "html":
            spoken = (dict(attrs).get("lang") or "")[:2].lower()
            self.language = spoken if spoken in LANGUAGES else self.language
        elif tag == "title":
            self._in_title = True
        elif re.fullmatch(r"h[1-6]", tag):
            self.flush()
            self._prefix = "#" * int(tag[1]) + " "
        elif tag == "li":
            self.flush()
            self._prefix = "- "
        elif tag == "tr":
            self._end_row()
            self.flush()
            self._row, self._all_headers = [], True
        elif tag in ("td", "th") and self._row is not None:
            self._end_cell()
            self._in_cell = True
            self._all_headers = self._all_headers and tag == "th"
        elif tag in _BLOCKS:
            if tag == "table":
                self._end_row()
                self._headers = []
            self.flush()
            self._main += tag == "main"
            self._article += tag == "article"

    def handle_endtag(self, tag: str) -> None:
        if self._dropping:
            self._depth -= tag == self._dropping
            if not self._depth:
                self._dropping = ""
        elif tag == "title":
            self._in_title = False
        elif tag == "li" or re.fullmatch(r"h[1-6]", tag):
            self.flush()
            self._prefix = ""
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "table"):
            self._end_row()
            if tag == "table":
                self._headers = []
        elif tag in _BLOCKS:
            self.flush()
            self._main -= tag == "main" and self._main > 0
            self._article -= tag == "article" and self._article > 0

    def handle_data(self, data: str) -> None:
        if self._in_title and not self._dropping:
            self.title.append(data)
        elif not self._dropping:
            self._buffer.append(data)

    def flush(self) -> None:
        """End the line that is being gathered; inside a table's cell, only part its words."""
        if self._in_cell:
            self._buffer.append(" ")
            return
        text = " ".join("".join(self._buffer).split())
        self._buffer.clear()
        if not self._prefix:
            text = re.sub(r"^#+\s*", "", text)
        if text:
            self.lines.append((self._main > 0, self._prefix + text))
            self._prefix = ""

    def _end_cell(self) -> None:
        if self._in_cell and self._row is not None:
            self._row.append(" ".join("".join(self._buffer).split()))
            self._buffer.clear()
            self._prefix = ""
        self._in_cell = False

    def _end_row(self) -> None:
        self._end_cell()
        row, self._row = self._row, None
        if not row or not any(row):
            return
        if self._all_headers and len(row) > 1:
            self._headers = row
            return
        headers = self._headers if len(self._headers) == len(row) else [""] * len(row)
        cells = [f"{header}: {cell}" if header else cell for header, cell in zip(headers, row, strict=True) if cell]
        self.lines.append((self._main > 0, ("- " if len(row) > 1 else "") + "; ".join(cells)))


def _read(path: Path) -> Snapshot:
    try:
        snapshot = Snapshot(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CorpusError(f"{path}: cannot be read ({error}); remove it and run: northbound corpus refresh") from None
    if not _all_text(asdict(snapshot).values()):
        raise CorpusError(f"{path}: cannot be read (a value is not text); remove it and run: northbound corpus refresh")
    return snapshot


def _all_text(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)
