"""The sources' own pages, as `northbound corpus refresh` saw them: HTML made into text, and the snapshots kept of it.

    HOME/pages/<source-id>/<sha12>.json     one for each wording seen, named by the sha256 of its text

The snapshot seen last speaks for the source (corpus/merge.py). Nothing here touches the network; corpus/fetch.py does.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from corpus.errors import CorpusError
from corpus.html import FEWEST_WORDS
from corpus.model import Document, Source
from corpus.text import read_markdown

_ERROR_WORDS = 200  # a longer text under such a title is an article about errors
# Said by the title of a page that is none. A bare number is one only alone or beside "error": "Ontario invites 500 people" is news.
_ERROR = re.compile(
    r"\b(?:(?:error|erreur|http|status)\W{0,3}[45]\d\d|(?:server|internal|application|unexpected) error|error page|page d['’]erreur|"
    r"an error (?:has )?occurr?ed|(?:page|file|url|address|site) (?:was |is |could )?not (?:be )?found|not found|page introuvable|"
    r"access (?:is |to this page (?:has been |is )?)?(?:denied|blocked)|forbidden|request blocked|(?:service|site|temporarily|currently) "
    r"unavailable|unavailable|under maintenance|scheduled maintenance|no longer (?:available|exists)|just a moment|attention required|"
    r"one moment,? please|checking your browser|are you (?:a )?(?:human|robot)|verify(?:ing)? (?:that )?you|captcha|too many requests|"
    r"bad (?:gateway|request)|gateway time-?out|en maintenance|acc[eè]s refus[eé])\b|^\W*[45]\d\d\W*$|^error$|^oops\b|^(?:sign|log) in$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class Snapshot:
    """One wording of a page. `fetched` and `checked` are ISO times in UTC: since when and until when it was seen; `earlier` holds the
    same of the times before, when the page had other words in between. `url` is the registered address, `final_url` where its redirects
    led. `reader` changes when the code that made the text does."""

    url: str
    final_url: str
    fetched: str
    checked: str
    etag: str
    last_modified: str
    language: str
    text: str
    reader: str = ""
    earlier: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Twelve hex digits that change exactly when the text does."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]


def snapshots(folder: Path, source: Source) -> list[Snapshot]:
    """Every wording kept of the source's present address, the one seen last at the end. Raises CorpusError for one that cannot be
    read."""
    held = [s for s in map(read_snapshot, sorted((folder / source.id).glob("*.json"))) if s.url == source.link]
    return sorted(held, key=lambda s: s.checked)


def latest(folder: Path, source: Source) -> Snapshot | None:
    """The snapshot that was seen last. Raises CorpusError as `snapshots` does."""
    return next(reversed(snapshots(folder, source)), None)


def held_on(folder: Path, source: Source, day: str) -> Snapshot | None:
    """The snapshot that spoke for the source at the end of an ISO day: the one that had been seen anew last. Raises CorpusError as
    `snapshots` does."""
    since = [(began, s) for s in snapshots(folder, source) for began, _ in (*s.earlier, (s.fetched, s.checked)) if began[:10] <= day]
    return max(since, key=lambda pair: pair[0])[1] if since else None


def keep(folder: Path, source: Source, snapshot: Snapshot) -> None:
    """Write a snapshot whole or not at all. A wording seen the last time, too, keeps the time since when; one that returns keeps its
    earlier times. Raises CorpusError where the folder cannot be written."""
    path = folder / source.id / f"{snapshot.name}.json"
    new = path.with_suffix(".new")
    last = latest(folder, source)
    if last is not None and last.name == snapshot.name:
        snapshot = replace(snapshot, fetched=last.fetched, earlier=last.earlier)
    elif path.exists() and (before := read_snapshot(path)).url == snapshot.url:
        snapshot = replace(snapshot, earlier=(*before.earlier, (before.fetched, before.checked)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("w", encoding="utf-8") as file:
            file.write(json.dumps(asdict(snapshot), ensure_ascii=False, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        reason = f"{path}: cannot be written ({error.strerror})"
        raise CorpusError(f"{reason}; make room there, or set NORTHBOUND_HOME to a folder that can be written") from None


def fetched_sources(folder: Path, sources: Mapping[str, Source]) -> list[Source]:
    """The sources of which pages may be held, by id."""
    names = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    return [sources[name] for name in names if name in sources and sources[name].link]


def page_document(source: Source, snapshot: Snapshot) -> Document | None:
    """The snapshot as a document of origin "page", as of the day it was last seen; None where it holds no section."""
    title, sections = read_markdown(snapshot.text)
    source = replace(source, as_of=snapshot.checked[:10])
    return Document(source, title or source.title, snapshot.language, "page", tuple(sections)) if sections else None


def unusable(text: str) -> str:
    """Why a page's text cannot stand for its source, or "": it is empty, or an error page that was sent as if all were well."""
    title, sections = read_markdown(text)
    words = sum(len(section.text.split()) for section in sections)
    opening = "\n".join((title, *(heading for section in sections[:1] for heading in section.headings)))
    if words < _ERROR_WORDS and (said := _ERROR.search(opening)):
        return f"an error page ({said[0]!r} in its title)"
    return f"empty ({words} words)" if words < FEWEST_WORDS else ""


def read_snapshot(path: Path) -> Snapshot:
    """Raises CorpusError for a file that is no snapshot, or not the one that its name tells."""
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        snapshot = Snapshot(**{**row, "earlier": tuple((str(since), str(until)) for since, until in row.get("earlier", ()))})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CorpusError(f"{path}: cannot be read ({error}); remove it and run: northbound corpus refresh") from None
    if not _all_text(value for name, value in asdict(snapshot).items() if name != "earlier"):
        raise CorpusError(f"{path}: cannot be read (a value is not text); remove it and run: northbound corpus refresh")
    if snapshot.name != path.stem:
        raise CorpusError(f"{path}: damaged (its text is not what it is named by); remove it and run: northbound corpus refresh")
    return snapshot


def _all_text(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)
