"""The builds of the index: which one is in use, which are kept, and going back to the one before. For the maintainers' page (bot/health.py)
and its button; bot/staff.py serves both.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.answering import Quoting
from bot.live import LiveBot
from bot.settings import Settings
from bot.wording import long_date
from corpus.errors import RequestError, SearchIndexError
from index.build import Manifest, builds, current, previous, read_manifest

_log = logging.getLogger("northbound.builds")


def index_of(bot: Quoting) -> Any:
    """The index that is open; None for a bot without one of its own."""
    return getattr(bot.now if isinstance(bot, LiveBot) else bot, "index", None)


def index_state(bot: Quoting, settings: Settings) -> dict[str, Any]:
    """The build in use by this process, the one that is live, those that are kept, and what going back would bring."""
    opened = index_of(bot)
    state: dict[str, Any] = {
        "in_use": opened.manifest.build if opened is not None else "",
        "problem": bot.problem if isinstance(bot, LiveBot) else "",
        "server": settings.index_name if settings.chroma_url else "",
        "live": "",
        "live_since": "",
        "builds": [],
        "back": None,
        "no_back": "",
    }
    try:
        held = _published(settings) if settings.chroma_url else _kept(settings)
    except SearchIndexError as error:
        return state | {"no_back": f"which index is live cannot be read: {error}"}
    back = held.back
    return state | {
        "live": held.live,
        "live_since": held.since,
        "builds": [
            {"build": name, "live": name == held.live, "in_use": name == state["in_use"], "back": name == back, **_build(made)}
            for name, made in sorted(held.builds.items(), reverse=True)
        ],
        "back": {"build": back, "plan": list(_plan(held, settings))} if back else None,
        "no_back": "" if back else "There is no earlier build to go back to: the next northbound index build keeps this one beside it.",
    }


@dataclass(frozen=True)
class Held:
    """The builds by name, each with its manifest where that can be read here; `back` is what a rollback would bring, "" for none."""

    live: str
    back: str
    builds: Mapping[str, Manifest | None]
    since: str = ""


def _kept(settings: Settings) -> Held:
    live = current(settings.home)
    try:
        back = previous(settings.home).name
    except SearchIndexError:
        back = ""
    since = datetime.fromtimestamp((live.parent / "current").stat().st_mtime, UTC).isoformat(timespec="minutes")
    return Held(live.name, back, {folder.name: _manifest(folder) for folder in builds(settings.home)}, since)


def _published(settings: Settings) -> Held:
    from index.published import held_builds, pointer

    live = pointer(settings.chroma_server, settings.index_name)
    if live is None:
        raise SearchIndexError(f"nothing is published as {settings.index_name!r}; publish it: northbound index build")
    here = held_builds(settings.home, settings.index_name)
    names = [live.build, *([live.previous] if live.previous else [])]
    back = live.previous if live.previous and live.previous < live.build else ""
    return Held(live.build, back, {name: _manifest(here[name]) if name in here else None for name in names})


def _manifest(folder: Path) -> Manifest | None:
    try:
        return read_manifest(folder)
    except SearchIndexError:
        return None


def _build(made: Manifest | None) -> dict[str, Any]:
    if made is None:
        return {"built": "", "passages": None, "documents": None, "corpus_version": "", "model": ""}
    return {
        "built": made.built,
        "passages": made.passages,
        "documents": len(made.documents),
        "corpus_version": made.corpus_version,
        "model": made.model,
    }


def _plan(held: Held, settings: Settings) -> Iterator[str]:
    """What going back will do, for whoever is about to confirm it."""
    now, then = held.builds.get(held.live), held.builds.get(held.back)
    where = "Every process that reads this index answers" if settings.chroma_url else "Every server on this data folder answers"
    yield f"{where} from build {held.back}{f', made {_moment(then.built)},' if then else ''} within seconds. Nothing is deleted."
    if now and then:
        if now.corpus_version == then.corpus_version:
            yield f"It holds the same {then.passages:,} passages as the one that is live."
        else:
            yield f"It holds {_size(then)}; the one that is live holds {_size(now)}."
        for told, here, there in (("Only the live one has", now, then), ("Only the earlier one has", then, now)):
            if only := sorted(set(here.documents) - set(there.documents)):
                yield f"{told}: {', '.join(only[:5])}{f' and {len(only) - 5} more' if len(only) > 5 else ''}."
    yield "Reviewed answers that rest on passages which read otherwise there are not given while it is in use."
    yield (
        "To go forward again, run northbound index build: it makes a new index of the documents as they are then."
        + ("" if settings.chroma_url else " A server that is started again does so by itself where the documents differ from its index.")
    )


def _size(made: Manifest) -> str:
    return f"{made.passages:,} passages of {len(made.documents)} document{'' if len(made.documents) == 1 else 's'}"


def _moment(iso: str) -> str:
    return f"{long_date(iso[:10])} at {iso[11:16]} UTC"


def roll_back(settings: Settings, by: str, to: str = "") -> str:
    """Make the build before the live one live again, and give its name. The log tells `by` whom.

    Raises RequestError where `to` is given and it is another one by now: somebody was faster. SearchIndexError where there is none.
    """
    from index.build import rollback

    if to:
        held = _published(settings) if settings.chroma_url else _kept(settings)
        if to != held.back:
            raise RequestError(f"the index has changed meanwhile: {held.live} is live now; nothing was done")
    if settings.chroma_url:
        from index.published import go_back

        build = go_back(settings.chroma_server, settings.index_name)
    else:
        build = rollback(settings.home).build
    _log.warning("%s went back to build %s", by, build)
    return build
