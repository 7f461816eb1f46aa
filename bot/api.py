"""The API under /api/v1, and the box that other sites may embed.

bot/server.py includes `routes` and puts `Limited` and `Shared` around everything.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from ipaddress import IPv6Address, ip_address, ip_network
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter, BackgroundTasks, Body, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.answer import Answer, Turn
from bot.frame import framed
from bot.journal import MAX_REASON, feedback, keep, named, told
from bot.logins import trusted
from bot.reviewed import claim_by_claim
from bot.settings import Settings
from corpus.errors import NorthboundError
from corpus.model import Program, Source

# Of the answer. 1.0 was version 0.3.0's; 1.1 adds answer_id, reviewed, asks_back, model_use, claims[].join and
# timings_ms.write. No field is renamed.
CONTRACT = "1.1"
EVENTS = "text/event-stream"
EMBEDDED = ("/embed", "/embed.js", "/embed-page.js", "/embed.css")  # absent unless a site is allowed to embed
_LIMITED = ("/api/v1/ask", "/api/v1/ask/stream", "/api/v1/feedback", "/gradio_api/queue/join", "/desk/api/login")
_FOLDER = Path(__file__).parent
_MOST_KNOWN = 50_000  # addresses whose rate is remembered
_log = logging.getLogger("northbound.api")


class Answering(Protocol):
    """What the API asks of a bot."""

    @property
    def programs(self) -> Mapping[str, Program]: ...

    @property
    def sources(self) -> Mapping[str, Source]: ...

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer: ...


class Asked(BaseModel):
    """A question for the API, with the conversation so far, oldest first."""

    model_config = ConfigDict(extra="forbid")

    question: str
    history: list[Turn] = Field(default_factory=list, description="Oldest first, however long; its beginning and its end are read.")
    id: str = Field(default="", max_length=200, description="Comes back with the answer, and is not kept.")
    at: str = Field(default="", max_length=10, description="A past ISO day to answer as of; empty is today.")


class Feedback(BaseModel):
    """What somebody thought of an answer, named by its `answer_id`. The last word counts."""

    model_config = ConfigDict(extra="forbid")

    answer_id: str = Field(pattern="^[0-9a-f]{32}$")
    thumb: Literal["up", "down"]
    reason: str = Field(default="", max_length=MAX_REASON, description="Kept with personal numbers masked.")


class Problem(BaseModel):
    """Why there is no answer, in one sentence."""

    error: str


class Noted(BaseModel):
    noted: bool


class ProgramStated(BaseModel):
    """A program with its standing: open, closed, paused, announced, proposed or replaced, since when, and as of when that is known."""

    id: str
    name: str
    standing: str
    since: str
    as_of: str
    source: str
    replaced_by: str
    glance: bool
    note: str


class SourceStated(BaseModel):
    """A source that answers are made from. `url` is empty where the address was never seen printed."""

    id: str
    title: str
    publisher: str
    kind: str
    url: str
    published: str
    as_of: str


def routes(bot: Answering, settings: Settings) -> APIRouter:
    """The API over `bot`, and the box for other sites where one is allowed."""
    router = APIRouter()
    problems: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem, "description": why}
        for status, why in ((400, "It cannot be read."), (422, "It is not as described."), (429, "Too many questions from one address."))
    }

    def stream(asked: Asked) -> StreamingResponse:
        events = replies(bot, asked, settings)
        first = next(events)  # what cannot be answered at all is refused like any request, before the stream begins
        headers = {"x-northbound-journal": told(settings), "cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(chain((first,), _unbroken(events)), media_type=EVENTS, headers=headers)

    @router.post(
        "/api/v1/ask",
        response_model=Answer,
        summary="Answer one question",
        responses={200: {"content": {EVENTS: {"example": _STREAMED}, "application/json": {"example": _ANSWERED}}}, **problems},
    )
    def ask(
        asked: Annotated[Asked, Body(openapi_examples=_QUESTIONS)], request: Request, after: BackgroundTasks, response: Response
    ) -> Answer | Response:
        """Answer one question, with the conversation so far if there is one. With `Accept: text/event-stream` the claims come one by one
        as events named "claim", and the whole answer last as "answer". The header x-northbound-journal says what is kept of it."""
        if EVENTS in request.headers.get("accept", ""):
            return stream(asked)
        answer = named(bot.answer(asked.question, asked.history, asked.id, asked.at), settings)
        after.add_task(keep, answer, settings)
        response.headers["x-northbound-journal"] = told(settings)
        return answer

    @router.post(
        "/api/v1/ask/stream",
        response_class=StreamingResponse,
        summary="Answer one question as a stream",
        responses={200: {"content": {EVENTS: {"example": _STREAMED}}}, **problems},
    )
    def ask_stream(asked: Annotated[Asked, Body(openapi_examples=_QUESTIONS)]) -> Response:
        """The same as /api/v1/ask, always as server-sent events: "claim" for each claim, then "answer"; "error" where it broke off."""
        return stream(asked)

    @router.post("/api/v1/feedback", response_model=Noted, summary="Say what you thought of an answer", responses=problems)
    def give_feedback(given: Annotated[Feedback, Body(openapi_examples=_FEEDBACK)]) -> Noted:
        """Note a thumb up or down for an answer, with a reason. Only where a journal is kept: then each answer has an `answer_id`."""
        if settings.journal != "on":
            raise HTTPException(409, "no journal is kept here, so there is nothing to add it to")
        try:
            noted = feedback(given.answer_id, given.thumb, given.reason, settings)
        except NorthboundError as error:
            _log.warning("feedback was not kept: %s", error)
            raise HTTPException(503, "it could not be kept; send it again later") from None
        if not noted:
            raise HTTPException(404, "no answer of this answer_id is kept")
        return Noted(noted=True)

    @router.get("/api/v1/programs", response_model=list[ProgramStated], summary="Every program with its standing")
    def programs() -> list[dict[str, Any]]:
        """Every program that questions are answered about, open or not."""
        return [{name: getattr(program, name) for name in ProgramStated.model_fields} for program in bot.programs.values()]

    @router.get("/api/v1/sources", response_model=list[SourceStated], summary="Every source")
    def sources() -> list[dict[str, Any]]:
        """Every source that answers are made from."""
        return [{**asdict(source), "url": source.link} for source in bot.sources.values()]

    if settings.embed_origins:
        for path in EMBEDDED:
            router.add_api_route(path, _file(path), include_in_schema=False)
    return router


def replies(bot: Answering, asked: Asked, settings: Settings) -> Iterator[bytes]:
    """The answer as server-sent events: each claim as soon as it is checked, then all of it. Then the journal gets its row."""
    for said in claim_by_claim(bot, asked.question, asked.history, asked.id, asked.at):
        if isinstance(said, Answer):
            answer = named(said, settings)
            yield _event("answer", answer.model_dump_json())
            keep(answer, settings)
        else:
            yield _event("claim", said.model_dump_json())


def _unbroken(events: Iterator[bytes]) -> Iterator[bytes]:
    """The events; what breaks the answer off is an event too, because the status has been sent long since."""
    try:
        yield from events
    except NorthboundError as error:
        yield _event("error", Problem(error=str(error)).model_dump_json())
    except Exception:
        _log.exception("an answer broke off")
        yield _event("error", Problem(error="something went wrong on our side; send the question again").model_dump_json())


def _event(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()  # JSON has no line breaks of its own


def _file(path: str) -> Any:
    unstored = {"cache-control": "no-cache"}
    if path == "/embed":
        body = (_FOLDER / "embed.html").read_text(encoding="utf-8")
        html = framed("Northbound: ask a question", body, ("/embed.css",), "/embed-page.js")
        return lambda: HTMLResponse(html, headers=unstored)
    kind = {"js": "text/javascript", "css": "text/css"}[path.rpartition(".")[2]]
    return lambda: FileResponse(_FOLDER / path.removeprefix("/"), media_type=kind, headers=unstored)


# Around the application


class Limited:
    """So many questions a minute from one address, in a bucket that fills evenly. Addresses stay in memory, and only for a minute.

    This machine's own are not counted, unless a proxy is set: then everybody would come from there.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self._settings = app, settings
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}  # address -> what is left, and when that was

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in _LIMITED and self._settings.rate:
            wait = self._wait(self._key(client(scope, self._settings)), time.monotonic())
            if wait > 0:
                told = {"error": f"too many questions from your address: at most {self._settings.rate} a minute; try again in {wait:.0f} s"}
                await JSONResponse(told, 429, {"retry-after": str(int(wait) + 1)})(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _wait(self, key: str, now: float) -> float:
        """Seconds until this address may ask again; 0 when it may now, which is counted."""
        if not key:
            return 0.0
        rate = self._settings.rate
        with self._lock:
            if len(self._buckets) >= _MOST_KNOWN:
                self._buckets = {k: (left, at) for k, (left, at) in self._buckets.items() if now - at < 60}
            left, at = self._buckets.get(key, (float(rate), now))
            left = min(rate, left + (now - at) * rate / 60)
            if left < 1:
                return (1 - left) * 60 / rate
            self._buckets[key] = (left - 1, now)
            return 0.0

    def _key(self, address: str) -> str:
        """What counts as one: an address, of version 6 its network of 64 bits, since one household has all of that."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return address
        if parsed.is_loopback and not self._settings.proxy:
            return ""
        return str(ip_network((address, 64), strict=False)) if isinstance(parsed, IPv6Address) else address


class Shared:
    """Lets pages of the allowed origins call the API from the browser, without cookies. Nobody else's, and nothing but the API."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        origins = settings.embed_origins.split(",") if settings.embed_origins else []
        shared = CORSMiddleware(
            app, allow_origins=origins, allow_methods=["GET", "POST"], allow_headers=["content-type"],
            expose_headers=["x-northbound-journal", "x-northbound-contract"],
        )  # fmt: skip
        self._shared: ASGIApp = shared if origins else app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        own = scope["type"] != "http" or not scope["path"].startswith("/api/v1/")
        await (self.app if own else self._shared)(scope, receive, send)


def client(scope: Scope, settings: Settings) -> str:
    """Who asks: the peer, or whom a trusted proxy names last that is no such proxy itself."""
    peer = scope["client"][0] if scope.get("client") else ""
    if not trusted(peer, settings):
        return peer
    told = [part.strip() for part in ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")]
    return next((address for address in reversed(told) if address and not trusted(address, settings)), peer)


_QUESTIONS: Any = {
    "one question": {"value": {"question": "Is the H-1B open work permit still open?"}},
    "a follow-up": {
        "value": {
            "question": "what about my wife?",
            "history": [
                {"role": "user", "content": "Is the H-1B open work permit still open?"},
                {"role": "assistant", "content": "No. It closed on 17 July 2023."},
            ],
        }
    },
    "as of a past day": {"value": {"question": "Is the H-1B open work permit open?", "at": "2023-07-16"}},
}
_FEEDBACK: Any = {
    "a thumb down": {"value": {"answer_id": "0123456789abcdef0123456789abcdef", "thumb": "down", "reason": "The fee has changed."}},
}
_CITED: dict[str, Any] = {
    "number": 1, "source_id": "ircc-h1b-manual", "title": "Open work permits for H-1B visa holders", "publisher": "IRCC",
    "kind": "official",
    "url": "https://www.canada.ca/…", "published": "2024-09-27", "as_of": "2026-02-12", "standing": "closed",
    "passage_id": "ircc-h1b-manual#is-it-open", "heading": "Is it open?", "passage": "It closed on 17 July 2023.",
    "quote": "It closed on 17 July 2023.", "start": 0, "end": 26, "origin": "brief",
}  # fmt: skip
_CLAIMED: dict[str, Any] = {"text": "It closed on 17 July 2023.", "citations": [1], "as_of": "2026-02-12", "support": 1.0}
_ANSWERED: dict[str, Any] = {
    "id": "q17", "question": "Is the H-1B open work permit still open?", "standalone_question": "Is the H-1B open work permit still open?",
    "language": "en", "status": "answered", "answer": "It closed on 17 July 2023. [1]\n\nAs of 12 February 2026.", "claims": [_CLAIMED],
    "citations": [_CITED], "programs": [], "caveats": [], "follow_ups": [], "corpus_version": "…", "mode": "extractive",
    "timings_ms": {"understand": 1.2, "search": 5.0, "compose": 1.1, "check": 0.8, "total": 8.3}, "disagreements": [], "at": "",
    "answer_id": "0123456789abcdef0123456789abcdef", "reviewed": None,
}  # fmt: skip
_STREAMED = 'event: claim\ndata: {"claim": {…}, "citations": [{…}]}\n\nevent: answer\ndata: {"id": "q17", "status": "answered", …}\n\n'
