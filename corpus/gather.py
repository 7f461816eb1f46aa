"""What `corpus add` was pointed at, one thing to read after the other: files, the files of a folder, a page, the pages of a sitemap."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from corpus.charsets import decode
from corpus.described import SIDE, Described, with_side_file
from corpus.errors import CorpusError
from corpus.html import to_markdown
from corpus.model import Document
from corpus.pages import unusable
from corpus.passages import slugify
from corpus.readers import READERS, Progress, Tell, read_data, read_file

if TYPE_CHECKING:
    from corpus.fetch import Fetched, Limits, Site

_MOST_MAPS = 50
_MAP_BYTES = 50_000_000  # the most that the sitemap protocol allows
_ID_CHARACTERS = 50


@dataclass(frozen=True)
class Item:
    """One thing to read. `alone`: the user named it, so nothing is added when it cannot be read."""

    name: str
    alone: bool
    read: Callable[[], Document]


def is_address(target: str) -> bool:
    return target.lower().startswith(("https://", "http://"))


def gather(
    targets: Sequence[str | Path],
    described: Described,
    *,
    most: int,
    loopback: str = "",
    limits: Limits | None = None,
    progress: Progress = lambda *_: None,
    tell: Tell = lambda _: None,
) -> Iterator[Item]:
    """Everything the targets hold, in the order given; a folder's files and a sitemap's pages in theirs.

    `most` pages of a sitemap are read; what is left out is told. A folder that holds nothing to read, and an address that cannot be
    fetched, give an item that says so when it is read.
    """
    for target in targets:
        try:
            if isinstance(target, str) and is_address(target):
                yield from _at_address(target, described, most, loopback, limits, progress, tell)
            elif (path := Path(target)).is_dir():
                yield from _in_folder(path, described, progress, tell)
            else:
                yield Item(str(path), True, partial(read_file, path, described, progress=progress, tell=tell))
        except CorpusError as error:
            yield Item(str(target), True, partial(_refuse, error))


def _refuse(error: CorpusError) -> Document:
    raise error


# --- a folder


def _in_folder(folder: Path, described: Described, progress: Progress, tell: Tell) -> Iterator[Item]:
    paths = _readable(folder, tell)
    if not paths:
        raise CorpusError(f"{folder}: holds no file that can be read; readers: {', '.join(sorted(READERS))}")
    stems = Counter(path.with_suffix("") for path in paths)
    for path in paths:
        below = path.relative_to(folder)
        name = f"{folder.resolve().name}/{(below if stems[path.with_suffix('')] > 1 else below.with_suffix('')).as_posix()}"

        yield Item(str(path), False, partial(_file_of_folder, path, name, described, progress, tell))


def _file_of_folder(path: Path, name: str, described: Described, progress: Progress, tell: Tell) -> Document:
    told = with_side_file(path, described)
    return read_file(path, replace(told, id=told.id or short_id(name)), progress=progress, tell=tell)


def _readable(folder: Path, tell: Tell) -> list[Path]:
    """The files below a folder that there is a reader for, sorted. What is passed over is told. Links that lead out are not followed."""
    root = folder.resolve()
    found: list[Path] = []
    kinds: Counter[str] = Counter()
    hidden = 0
    for place, folders, names in os.walk(folder):
        hidden += sum(name.startswith(".") for name in (*folders, *names))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if name.startswith(".") or path.suffix.lower() == SIDE:
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                tell(f"passed over {path}: a link that leads out of the folder")
            elif path.suffix.lower() in READERS and path.is_file():
                found.append(path)
            else:
                kinds[path.suffix.lower() or "without suffix"] += 1
    if kinds:
        shown = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        tell(f"passed over in {folder}: {shown}; readers: {', '.join(sorted(READERS))}")
    if hidden:
        tell(f"passed over in {folder}: {hidden} hidden")
    return sorted(found)


def short_id(name: str, always: bool = False) -> str:
    """An id from a path or an address: its words, or where letters would be lost (or `always`), its last words and something of its
    digest."""
    words = slugify(name)
    if name.isascii() and words and len(words) <= _ID_CHARACTERS and not always:
        return words
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:6]
    return f"{slugify(name[-_ID_CHARACTERS:])}-{digest}".strip("-")


# --- an address


def _at_address(
    link: str, described: Described, most: int, loopback: str, limits: Limits | None, progress: Progress, tell: Tell
) -> Iterator[Item]:
    from corpus.fetch import Site

    site = Site(link, loopback=loopback, limits=limits) if limits else Site(link, loopback=loopback)
    first = site.fetch(link)
    if not _is_map(first):
        yield Item(link, True, partial(_page, first, link, described, progress, tell))
        return
    for page in _listed(first, link, site, most, tell):
        yield Item(page, False, partial(_fetched_page, site, page, described, progress, tell))


def _fetched_page(site: Site, link: str, described: Described, progress: Progress, tell: Tell) -> Document:
    return _page(site.fetch(link), link, described, progress, tell)


def _page(fetched: Fetched, link: str, described: Described, progress: Progress, tell: Tell) -> Document:
    suffix = next((suffix for suffix, reader in READERS.items() if fetched.kind in reader.media), "")
    if fetched.kind in ("", "application/octet-stream"):
        suffix = PurePosixPath(link.partition("?")[0]).suffix.lower()
    if suffix not in READERS:
        raise CorpusError(f"{link}: is {fetched.kind or 'of no stated kind'}, which is not read; readers: {', '.join(sorted(READERS))}")
    if suffix == ".html" and (problem := unusable(to_markdown(decode(fetched.body, fetched.charset))[0])):
        raise CorpusError(f"{link}: the page is {problem}")
    if fetched.url.rstrip("/") != link.partition("#")[0].rstrip("/"):
        tell(f"{link}: has moved to {fetched.url}")
    told = replace(described, id=described.id or short_id(fetched.url.partition("://")[2].removeprefix("www.")))
    day = datetime.now(UTC).date().isoformat()
    return read_data(fetched.body, suffix, fetched.url, day, told, charset=fetched.charset, progress=progress, tell=tell)


# --- a sitemap, as https://www.sitemaps.org/protocol.html says


def _is_map(fetched: Fetched) -> bool:
    if fetched.kind in ("text/html", "application/xhtml+xml", "application/pdf"):
        return False
    head = _plain(fetched.body, 4096)
    return b"<urlset" in head or b"<sitemapindex" in head


def _plain(body: bytes, most: int) -> bytes:
    """The map itself, where it was sent as a .gz file: at most `most` bytes of it."""
    if not body.startswith(b"\x1f\x8b"):
        return body[:most]
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(body, most)
    except zlib.error:
        return b""


def _listed(first: Fetched, link: str, site: Site, most: int, tell: Tell) -> list[str]:
    """The addresses that a sitemap, or the sitemaps of an index, list on this host; at most `most`."""
    found: dict[str, None] = {}
    for page in _in_maps(first, link, site):
        found.setdefault(page)
        if len(found) > most:
            break
    here = [page for page in found if site.holds(page)]
    if not here:
        raise CorpusError(f"{link}: lists no page of {site.host}")
    if len(here) < len(found):
        tell(f"{link}: {len(found) - len(here)} addresses on other hosts are passed over")
    if len(found) > most:
        tell(f"{link}: only its first {most} pages are read; for more: --limit")
    return here[:most]


def _in_maps(first: Fetched, link: str, site: Site) -> Iterator[str]:
    pages, maps = _read_map(first.body, link)
    yield from pages
    for inner in filter(site.holds, maps[:_MOST_MAPS]):
        yield from _read_map(site.fetch(inner).body, inner)[0]


def _read_map(body: bytes, link: str) -> tuple[list[str], list[str]]:
    """The pages that a map lists, and the maps that an index lists."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    plain = _plain(body, _MAP_BYTES + 1)
    if len(plain) > _MAP_BYTES:
        raise CorpusError(f"{link}: a sitemap larger than {_MAP_BYTES // 1_000_000} MB; name its pages instead")
    try:
        root = fromstring(plain, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise CorpusError(f"{link}: not a sitemap that can be read ({type(error).__name__}: {error}); name its pages instead") from None
    found = [(entry.text or "").strip() for entry in root.iterfind("{*}*/{*}loc")]
    return ([], found) if root.tag.endswith("sitemapindex") else (found, [])
