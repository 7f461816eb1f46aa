"""The language model, where one is set: opened through LangChain, asked over a stream, and left when its time is up.

`open_bot` opens it; bot/writing.py and bot/rewriting.py ask it. Nothing here knows what about, and what comes out is nobody's word yet:
the two that ask check it. LangChain is imported when a model is opened, not before.

Whatever goes wrong is a `ModelFailed` with one of the KINDS, at the latest when the time is up: the request runs in an event loop with a
thread of its own and is cancelled there, so that a server which never stops sending holds nobody. After two failures in a row that cost
time the model is left alone for a while (`Rest`).
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import queue
import sys
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from bot.settings import Settings
from corpus.errors import ModelError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

KINDS = {
    "unreachable": "cannot be reached",
    "slow": "did not answer in time",
    "busy": "takes no more requests for now (429)",
    "refused": "refuses the request; see the key, the model's name and the options",
    "failed": "failed",
    "broken": "broke off",
    "unreadable": "answered what is not of its interface",
    "declined": "declined to answer",
    "empty": "answered nothing that can be used",
    "endless": "did not come to an end",
    "short": "was cut short by its own limit",
    "resting": "is left alone for a while after it failed",
}
_COSTLY = frozenset(("unreachable", "slow", "busy", "refused", "failed", "broken"))  # failures that the next question would meet too
_TOKENS = 700  # that an answer may have: three times what is shown, for models that think aloud
_FAILURES = 2  # in a row, after which the model is left alone
_REST_SECONDS, _LONGEST_REST = 30.0, 300.0
_CLOSED_AFTER = 5.0  # seconds that what a provider's library left open waits; longer than a collection of garbage takes
_DECLINED = frozenset(("content_filter", "refusal", "safety", "recitation", "prohibited_content", "blocklist", "spii"))
_SHORT = frozenset(("length", "max_tokens", "model_length"))

_log = logging.getLogger("northbound.model")
_charged: ContextVar[list[Usage] | None] = ContextVar("charged", default=None)


class ModelFailed(Exception):
    """The model gave nothing, or no more. `kind` is one of KINDS."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{KINDS[kind]}{f' ({detail})' if detail else ''}")
        self.kind = kind


@dataclass(frozen=True)
class Provider:
    """How a provider's class takes what we set. `extra` installs its `package`; `options` gives the rest of what is passed to it, from
    the seconds and the most tokens."""

    extra: str
    package: str
    options: Callable[[float, int], Mapping[str, Any]]


_ONCE, _FIRST = {"max_retries": 0}, {"max_retries": 1}  # a question cannot wait for a second try; some count the first
_NO_KEY = "none"  # their classes want one, also for a server that needs none
PROVIDERS: dict[str, Provider] = {
    # stream_usage: at an address of one's own the tokens are not told otherwise.
    "openai": Provider("openai", "langchain_openai", lambda s, n: {**_ONCE, "timeout": s, "max_tokens": n, "stream_usage": True}),
    "anthropic": Provider("anthropic", "langchain_anthropic", lambda s, n: {**_ONCE, "timeout": s, "max_tokens": n}),
    "google_genai": Provider("google", "langchain_google_genai", lambda s, n: {**_FIRST, "timeout": s, "max_output_tokens": n}),
    "mistralai": Provider("mistral", "langchain_mistralai", lambda s, n: {**_FIRST, "timeout": math.ceil(s), "max_tokens": n}),
    "ollama": Provider("ollama", "langchain_ollama", lambda s, n: {"client_kwargs": {"timeout": s}, "num_predict": n}),
}


@dataclass(frozen=True)
class Usage:
    """Requests made and tokens paid for, as the server counts them: 0 where it does not say."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.calls + other.calls, self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens)


class LanguageModel:
    """A chat model with its deadline and prices. Safe to share between threads.

    `name` is as it was set, "openai:gpt-…". `seconds` is what a whole question may wait for it. `price` is for a million tokens in and out.
    """

    def __init__(self, chat: BaseChatModel, name: str, seconds: float, price: tuple[float, float] | None = None) -> None:
        self._chat = chat
        self.name, self.seconds, self.price = name, seconds, price
        self.rest = Rest()

    def ask(self, instructions: str, told: str, until: float) -> Reply:
        """Begin to ask; the answer comes as the reply is read. `until` is on the clock of `time.monotonic`."""
        return Reply(self._chat, [("system", instructions), ("human", told)], until, self.rest, self.name)

    @contextmanager
    def counting(self) -> Iterator[list[Usage]]:
        """What is charged within (`charge`): by a step that has no other way to tell."""
        told: list[Usage] = []
        token = _charged.set(told)
        try:
            yield told
        finally:
            _charged.reset(token)

    def charge(self, usage: Usage) -> None:
        if (told := _charged.get()) is not None:
            told.append(usage)

    def cost(self, usage: Usage) -> float | None:
        """In the currency of the price; None where no price is set."""
        if self.price is None:
            return None
        return round((usage.input_tokens * self.price[0] + usage.output_tokens * self.price[1]) / 1_000_000, 8)


class Reply:
    """One answer of the model as it comes: iterate over its text. Raises ModelFailed where it stops before its end.

    `usage` holds what was counted so far. `close` ends the request; leaving the loop early must be followed by it.
    """

    def __init__(self, chat: BaseChatModel, messages: list[tuple[str, str]], until: float, rest: Rest, name: str) -> None:
        self._until, self._rest, self._name = until, rest, name
        self._came: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._pumping: Future[None] | None = None
        self._over = False  # nobody reads on
        self._some = False  # text has come
        self._ended = ""  # why the model stopped, in its own words
        self.usage = Usage()
        if rest.over():
            self.usage = Usage(calls=1)
            self._pumping = asyncio.run_coroutine_threadsafe(self._pump(chat, messages), _loop())

    def __iter__(self) -> Iterator[str]:
        try:
            yield from self._texts()
        except ModelFailed as failed:
            if failed.kind != "resting":
                _log.warning("the language model %s %s", self._name, failed)
            if failed.kind in _COSTLY and not (failed.kind in ("slow", "broken") and self._some):
                self._rest.failed()
            raise
        finally:
            self.close()

    def close(self) -> None:
        self._over = True
        if self._pumping is not None:
            self._pumping.cancel()
            self._rest.left()

    def _texts(self) -> Iterator[str]:
        if self._pumping is None:
            raise ModelFailed("resting")
        while True:
            left = self._until - time.monotonic()
            try:
                what, value = self._came.get(timeout=max(left, 0.0)) if left > 0 else self._came.get_nowait()
            except queue.Empty:
                raise ModelFailed("slow") from None
            if what == "error":
                raise _failure(value, self._some)
            if what == "end":
                break
            if text := self._read(value):
                if not self._some:
                    self._some = True
                    self._rest.worked()
                yield text
        if self._ended in _DECLINED:
            raise ModelFailed("declined")
        if self._ended in _SHORT:
            raise ModelFailed("short")
        if not self._ended:  # a connection that is closed in the middle of an answer may look like its end
            raise ModelFailed("broken" if self._some else "empty")
        if not self._some:
            raise ModelFailed("empty")

    def _read(self, chunk: Any) -> str:
        """The text of a chunk; what else it tells is kept."""
        if counted := chunk.usage_metadata:
            self.usage += Usage(0, counted.get("input_tokens") or 0, counted.get("output_tokens") or 0)
        told = chunk.response_metadata
        ended = next((told[name] for name in ("finish_reason", "stop_reason", "done_reason") if told.get(name)), "")
        self._ended = str(getattr(ended, "name", ended)).lower() or self._ended
        return str(chunk.text)

    async def _pump(self, chat: BaseChatModel, messages: list[tuple[str, str]]) -> None:
        try:
            async for chunk in chat.astream(messages):
                if not self._over:
                    self._came.put(("chunk", chunk))
                elif (task := asyncio.current_task()) is not None:
                    task.cancel()  # again: asyncio.wait_for of Python 3.11 loses a cancellation where the next chunk is there already
        except Exception as error:  # whatever a provider's library may raise: the one who asked decides what it means
            self._came.put(("error", error))
        else:
            self._came.put(("end", None))


class Rest:
    """Leaves a model alone that failed twice in a row, so that a dead one does not cost every question its time: for half a minute, then
    one question tries it, and each failure more doubles the rest up to five minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0
        self._trying = False

    def over(self) -> bool:
        """Whether the model may be asked now. After a rest that is so for one question at a time."""
        with self._lock:
            if self._failures < _FAILURES:
                return True
            if self._clock() < self._until or self._trying:
                return False
            self._trying = True
            return True

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            self._trying = False
            seconds = min(_REST_SECONDS * 2 ** (self._failures - _FAILURES), _LONGEST_REST)
            self._until = self._clock() + seconds
        if self._failures >= _FAILURES:
            _log.warning("the language model is left alone for %d seconds; answers are extractive until then", seconds)

    def worked(self) -> None:
        with self._lock:
            self._failures, self._trying = 0, False

    def left(self) -> None:
        """Whoever tried has gone, with or without an answer."""
        with self._lock:
            self._trying = False


def open_model(settings: Settings) -> LanguageModel:
    """The model of the settings; the same one for the same settings, so that a rest outlives a change of index.

    Raises ModelError for a provider that is not known or not installed, and for options that its class does not take.
    """
    return _opened(
        settings.model, settings.model_url, settings.model_key, settings.model_seconds, settings.model_options, settings.model_price
    )


@lru_cache(maxsize=8)
def _opened(model: str, url: str, key: str, seconds: float, options: str, price: str) -> LanguageModel:
    named, _, name = model.partition(":")
    provider = PROVIDERS.get(named)
    if provider is None or not name:
        raise ModelError(f"NORTHBOUND_MODEL={model!r}: give provider:name; providers: {', '.join(PROVIDERS)}")
    if find_spec("langchain") is None or find_spec(provider.package) is None:
        raise ModelError(
            f"NORTHBOUND_MODEL={model!r} needs {provider.package.replace('_', '-')}; install it: pip install 'northbound[{provider.extra}]'"
        )
    from langchain.chat_models import init_chat_model

    given: dict[str, Any] = dict(provider.options(seconds, _TOKENS))
    if url:
        given["base_url"] = url
        given["api_key"] = key or _NO_KEY  # never the key that the environment holds for the provider's own address
    elif key:
        given["api_key"] = key
    if named == "ollama":
        given.pop("api_key", None)
        given["client_kwargs"] |= {"headers": {"authorization": f"Bearer {key}"}} if key else {}
    try:
        chat = init_chat_model(name, model_provider=named, **{**given, **json.loads(options)})
    except Exception as error:  # each provider's class refuses in its own way
        why = " ".join(str(error).split())[:300]
        raise ModelError(f"NORTHBOUND_MODEL={model!r} cannot be opened ({why}); see NORTHBOUND_MODEL_KEY, _URL and _OPTIONS") from error
    return LanguageModel(chat, model, seconds, prices(price))


def prices(text: str) -> tuple[float, float] | None:
    """ "0.15/0.60" as two numbers; None for ""."""
    if not text:
        return None
    into, _, out = text.partition("/")
    return float(into), float(out)


def _failure(error: Exception, some: bool) -> ModelFailed:
    """What an error of a provider's library, or of what it stands on, means."""
    told: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in told:
        told.append(at)
        at = at.__cause__ or at.__context__
    names = " ".join(base.__name__ for one in told for base in type(one).__mro__)
    status = next((code for one in told if (code := _status(one))), 0)
    detail = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    if status == 429:
        return ModelFailed("busy", detail)
    if "ContentFilter" in names or "Refusal" in names:
        return ModelFailed("declined", detail)
    if 400 <= status < 500:
        return ModelFailed("refused", detail)
    if status:
        return ModelFailed("failed", detail)
    if "Timeout" in names or isinstance(error, CancelledError):
        return ModelFailed("slow", detail)
    if "RemoteProtocolError" in names or "ReadError" in names or "IncompleteRead" in names or "PayloadError" in names:
        return ModelFailed("broken", detail)
    if "Connect" in names or "TransportError" in names or isinstance(error, OSError):
        return ModelFailed("broken" if some else "unreachable", detail)
    if isinstance(error, (ValueError, KeyError, TypeError, AttributeError, IndexError)):
        return ModelFailed("unreadable", detail)
    return ModelFailed("failed", detail)


def _status(error: BaseException) -> int:
    """The HTTP status that an error carries, or 0."""
    for holder in (error, getattr(error, "response", None)):
        for name in ("status_code", "code", "http_status"):
            if isinstance(code := getattr(holder, name, None), int) and 400 <= code < 600:
                return code
    return 0


_loops: list[asyncio.AbstractEventLoop] = []
_beginning = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of this process's requests, in a thread of its own. The providers' libraries keep connections between requests, and
    a connection belongs to one loop."""
    with _beginning:
        if not _loops:
            loop = asyncio.new_event_loop()
            loop.call_soon(partial(sys.set_asyncgen_hooks, finalizer=partial(_close_later, loop)))  # instead of the loop's own
            threading.Thread(target=loop.run_forever, name="northbound-model", daemon=True).start()
            _loops.append(loop)
        return _loops[0]


def _close_later(loop: asyncio.AbstractEventLoop, left: AsyncGenerator[Any, Any]) -> None:
    """Close a generator that a provider's library left in the middle: they do, several within each other, at every end of a stream.

    Whichever thread collects garbage finds them, all in one go. asyncio would begin to close the outer one at once, in the loop's thread,
    which then runs the inner ones while the other thread still looks at them: a ValueError from nowhere. A while later nobody does.
    """

    async def close() -> None:
        with suppress(RuntimeError):  # an outer one is closing it already
            await left.aclose()

    loop.call_soon_threadsafe(loop.call_later, _CLOSED_AFTER, lambda: loop.create_task(close()))
