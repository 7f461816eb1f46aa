"""The bot over whatever index is live: the page and the API answer through `LiveBot`, which notices a new index and changes to it.

A new index is opened beside the one in use, in a thread of its own; the change is one assignment. A request takes the bot of its moment
and keeps it to the end, so an answer's passages and its corpus version are of one index. The old one is freed after its last request.
"""

from __future__ import annotations

import gc
import logging
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence

from bot.answer import Answer, Part, Turn
from bot.answering import InFront
from bot.chain import Bot, open_bot
from bot.settings import Settings
from corpus.errors import NorthboundError, SearchIndexError
from corpus.model import Passage
from index.build import current
from index.published import hold, pointer

WATCH_SECONDS = 2.0  # a new index is noticed within this time, and answers once it is fetched and open
_AFTER_FAILURE = 15  # times as long until an index that could not be opened is tried again

_log = logging.getLogger("northbound.live")


class LiveBot(InFront[Bot]):
    """Answers as `Bot` does. Safe to share between threads; `close` ends the watching."""

    def __init__(self, settings: Settings, every: float = WATCH_SECONDS) -> None:
        """Raises SearchIndexError when there is no index yet, ModelError when the embedder cannot be loaded."""
        self._settings, self._every = settings, every
        self._server = settings.chroma_server if settings.chroma_url else None
        self._bot = open_bot(settings)
        self._retired: list[weakref.ref[Bot]] = []
        self._told = ""
        self._favoured: Mapping[str, Sequence[str]] = {}
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="northbound-live", daemon=True)
        self._watcher.start()

    @property
    def now(self) -> Bot:
        """The bot of this moment, for what needs its index."""
        return self._bot

    def passage(self, id: str) -> Passage | None:
        """The passage of this id as the index in use holds it; None when it holds none."""
        return self._bot.passage(id)

    def favour(self, asked: Mapping[str, Sequence[str]]) -> None:
        """As `Bot.favour`, and so of each index that is opened from now on."""
        self._favoured = dict(asked)
        self._bot.favour(self._favoured)

    @property
    def build(self) -> str:
        """The name of the index in use."""
        return self._bot.index.manifest.build

    @property
    def problem(self) -> str:
        """Why the index in use may not be the live one, or is searched without its server; "" when all is well."""
        return self._told or self._bot.index.problem

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer:
        """Answer one message with the index of this moment. Raises RequestError for a question or a day that cannot be read."""
        return self._bot.answer(question, history, id, at)

    def stream(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Iterator[Part | Answer]:
        """The same claim by claim, as `Bot.stream`."""
        return self._bot.stream(question, history, id, at)

    def close(self) -> None:
        """Stop watching; answering goes on."""
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        wait = self._every
        while not self._ended.wait(wait):
            wait = self._every
            try:
                if self._live() != self.build:
                    wait *= _AFTER_FAILURE  # unless it succeeds
                    self._change()
                    wait = self._every
                self._tell("")
            except NorthboundError as error:
                self._tell(str(error))
            except Exception:  # the thread must outlive what nobody expected: the log gets the traceback
                _log.exception("a new index could not be opened")
            self._let_go()

    def _live(self) -> str:
        """The name of the live index. Raises SearchIndexError where that cannot be read."""
        if self._server is None:
            return current(self._settings.home).name
        live = pointer(self._server, self._settings.index_name)
        if live is None:
            raise SearchIndexError(f"nothing is published as {self._settings.index_name!r} at {self._server.address} any more")
        return live.build

    def _change(self) -> None:
        """Open the live index and use it from the next request on."""
        held = None
        if self._server is not None:
            held = hold(self._settings.home, self._server, self._settings.index_name)
            if held.problem:
                raise SearchIndexError(held.problem)
        new = open_bot(self._settings, self._bot.index.embedder, held)
        if new.index.manifest.build != self._live():  # somebody went back while it was opened: the next look decides
            return
        new.favour(self._favoured)
        self._retired.append(weakref.ref(self._bot))
        self._bot = new
        _log.info("answering from build %s", self.build)

    def _let_go(self) -> None:
        """Free the bots that no request uses any more: they refer to themselves, so that nothing else would free them soon."""
        if self._retired:
            gc.collect()
            self._retired = [bot for bot in self._retired if bot() is not None]

    def _tell(self, problem: str) -> None:
        """Log a problem when it begins and when it ends."""
        if problem != self._told:
            _log.warning("%s", f"still on build {self.build}: {problem}" if problem else f"on build {self.build}, the live one, again")
        self._told = problem
