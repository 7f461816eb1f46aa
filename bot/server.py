"""The server: the page at "/", the API, staff's work under /desk/api, /healthz and /metrics. `northbound serve` calls `serve`.

Gradio leaves more open than the page needs (uploads, file and proxy routes, its own API), so everything under /gradio_api that the
page does not use is shut here, and a content security policy covers what a browser may run and load.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from functools import lru_cache

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot import staff, staff_pages
from bot.answer import STATUSES, Answer, ModelUse, Part, Turn
from bot.answering import Answering, InFront, Quoting
from bot.api import CONTRACT, Limited, Shared, routes
from bot.frame import COLORS, ICON
from bot.gradio_import import gr
from bot.journal import told
from bot.listening import listen
from bot.live import LiveBot
from bot.page import PALETTE, SCRIPT, STYLE, TITLE, build_page, opening, theme
from bot.page_words import LANGUAGES, words
from bot.reviewed import Reviewing, claim_by_claim
from bot.same import Sameness
from bot.settings import Settings
from corpus.errors import NorthboundError, RequestError
from corpus.registry import load_registry

NOBODY = "'none'"  # of a policy
MAX_BODY = 2_000_000  # bytes: twenty exchanges with their passages and room to spare
_GRADIO_NEEDS = (
    "/gradio_api/queue/",
    "/gradio_api/cancel",
    "/gradio_api/reset",
    "/gradio_api/heartbeat/",
    "/gradio_api/startup-events",
    "/gradio_api/app_id",
)
_SHUT = ("/monitoring", "/login", "/logout", "/manifest.json", "/pwa_icon")
_NO_SCRIPT = "<noscript><p>This page needs JavaScript. Without it, ask with the northbound command or at /api/v1/ask.</p></noscript>"
# Asset names hold a digest, ours do not.
_CACHED = {"/assets/": b"public, max-age=31536000, immutable", "/page.": b"no-cache", COLORS: b"no-cache"}
_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)  # seconds


def create_app(bot: Answering, settings: Settings) -> FastAPI:
    """The whole web application over `bot`."""
    same = lru_cache(lambda: Sameness(load_registry()))
    counted = Counted(Reviewing(bot, same, settings) if isinstance(bot, Quoting) else bot)
    app = FastAPI(title="Northbound", version=CONTRACT, docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json")
    app.include_router(routes(counted, settings))
    if isinstance(bot, Quoting):
        app.include_router(staff.routes(bot, settings, same))
        app.include_router(staff_pages.routes(settings))

    @app.get("/healthz")
    def health() -> dict[str, object]:
        """Whether this process answers, and from what: for machines. The maintainers' view is at /health."""
        held: dict[str, object] = {"corpus_version": bot.corpus_version, "sources": len(bot.sources), "programs": len(bot.programs)}
        if isinstance(bot, LiveBot):
            held |= {"build": bot.build, "index_problem": bool(bot.problem)}  # what it is stands in the log: it names machines
        return {"status": "ok", "contract": CONTRACT, **held, "journal": told(settings)}

    @app.get("/metrics", response_class=PlainTextResponse)
    def metrics() -> PlainTextResponse:
        return PlainTextResponse(counted.prometheus(), media_type="text/plain; version=0.0.4")

    @app.get("/page.css", include_in_schema=False)
    def style() -> FileResponse:
        return FileResponse(STYLE, media_type="text/css")

    @app.get(COLORS, include_in_schema=False)
    def colors() -> FileResponse:
        return FileResponse(PALETTE, media_type="text/css")

    @app.get("/page.js", include_in_schema=False)
    def script() -> FileResponse:
        return FileResponse(SCRIPT, media_type="text/javascript")

    @app.exception_handler(NorthboundError)
    async def expected(_: Request, error: NorthboundError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, status_code=400 if isinstance(error, RequestError) else 503)

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        problems = "; ".join(f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}" for problem in error.errors())
        return JSONResponse({"error": f'{problems}; send {{"question": "…", "history": [{{"role", "content"}}]}}'}, status_code=422)

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"error": str(error.detail)}, status_code=error.status_code, headers=error.headers)

    app.add_middleware(Shared, settings=settings)
    app.add_middleware(Limited, settings=settings)
    app.add_middleware(
        Guard,
        embedders=tuple(settings.embed_origins.split(",")) if settings.embed_origins else (),
        openings={language: opening(settings, words(language)) for language in LANGUAGES},
    )
    gr.mount_gradio_app(
        app, build_page(counted, settings), path="/", theme=theme(), footer_links=[], run_history=False, show_error=False, max_file_size=1,
        enable_monitoring=False, mcp_server=False, ssr_mode=False, pwa=False,
    )  # fmt: skip
    return app


def serve(bot: Answering, settings: Settings) -> None:
    """Serve until stopped. Raises NorthboundError when the address cannot be used."""
    listening = listen(settings.host, settings.port)
    config = uvicorn.Config(create_app(bot, settings), log_level="warning", access_log=False, server_header=False)
    with listening:
        uvicorn.Server(config).run(sockets=[listening])


class Counted(InFront[Answering]):
    """A bot whose answers are counted by status and timed; nothing else about them is kept. "stopped" is one of which nobody waited for
    the end, "failed" one that broke, "unreadable" a question that could not be read."""

    def __init__(self, bot: Answering) -> None:
        self._bot = bot
        self._lock = threading.Lock()
        self._statuses: Counter[str] = Counter()
        self._buckets: Counter[float] = Counter()
        self._seconds = 0.0
        self._model: Counter[str] = Counter()  # answers by what became of the model's words
        self._tokens: Counter[str] = Counter()
        self._cost = 0.0

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer:
        began = time.perf_counter()
        status = "failed"
        try:
            answer = self._bot.answer(question, history, id, at)
            status = answer.status
            self._count_model(answer.model_use)
            return answer
        except RequestError:
            status = "unreadable"
            raise
        finally:
            self._count(status, time.perf_counter() - began)

    def stream(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Generator[Part | Answer, None, None]:
        """The same claim by claim; counted when the last of it was given."""
        began = time.perf_counter()
        status = "failed"
        try:
            for said in claim_by_claim(self._bot, question, history, id, at):
                if isinstance(said, Answer):
                    status = said.status
                    self._count_model(said.model_use)
                yield said
        except RequestError:
            status = "unreadable"
            raise
        except GeneratorExit:  # who asked has pressed "stop", or is gone; one that is whole was given all the same
            status = status if status != "failed" else "stopped"
            raise
        finally:
            self._count(status, time.perf_counter() - began)

    def prometheus(self) -> str:
        """Requests, statuses and latency in the Prometheus text format."""
        with self._lock:
            total = sum(self._statuses.values())
            lines = [
                "# HELP northbound_requests_total Questions received.",
                "# TYPE northbound_requests_total counter",
                f"northbound_requests_total {total}",
            ]
            lines += ["# HELP northbound_answers_total Questions by what became of them.", "# TYPE northbound_answers_total counter"]
            lines += [
                f'northbound_answers_total{{status="{status}"}} {self._statuses[status]}'
                for status in (*STATUSES, "unreadable", "stopped", "failed")
            ]
            lines += ["# HELP northbound_answer_seconds Time to answer.", "# TYPE northbound_answer_seconds histogram"]
            lines += [f'northbound_answer_seconds_bucket{{le="{bucket}"}} {self._buckets[bucket]}' for bucket in _BUCKETS]
            lines += [f'northbound_answer_seconds_bucket{{le="+Inf"}} {total}', f"northbound_answer_seconds_sum {self._seconds:.6f}"]
            lines += [f"northbound_answer_seconds_count {total}"]
            if self._model:
                lines += ["# HELP northbound_model_answers_total Answers by what became of the language model's words."]
                lines += ["# TYPE northbound_model_answers_total counter"]
                lines += [f'northbound_model_answers_total{{outcome="{name}"}} {count}' for name, count in sorted(self._model.items())]
                lines += ["# HELP northbound_model_tokens_total Tokens that the language model was sent and sent."]
                lines += ["# TYPE northbound_model_tokens_total counter"]
                lines += [f'northbound_model_tokens_total{{direction="{name}"}} {self._tokens[name]}' for name in ("input", "output")]
                lines += ["# HELP northbound_model_cost_total What they cost, in the currency of NORTHBOUND_MODEL_PRICE."]
                lines += ["# TYPE northbound_model_cost_total counter", f"northbound_model_cost_total {round(self._cost, 8):g}"]
            lines.append("")
        return "\n".join(lines)

    def _count_model(self, use: ModelUse | None) -> None:
        if use is None:
            return
        with self._lock:
            self._model[use.problem or ("worded" if use.sentences else "not asked")] += 1
            self._tokens.update(input=use.input_tokens, output=use.output_tokens)
            self._cost += use.cost or 0.0

    def _count(self, status: str, seconds: float) -> None:
        with self._lock:
            self._statuses[status] += 1
            self._seconds += seconds
            self._buckets.update(bucket for bucket in _BUCKETS if seconds <= bucket)


class Guard:
    """Around everything: shuts Gradio routes that the page does not use, limits request bodies, sets the security headers, and gives
    Gradio's page a policy under which only scripts that came with it may run. `openings` are what it shows at once, by language."""

    def __init__(self, app: ASGIApp, embedders: Sequence[str], openings: Mapping[str, str]) -> None:
        self.app, self._embedders, self._openings = app, embedders, openings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        path = scope["path"]
        embedders = self._embedders if path == "/embed" else ()
        shared = path.startswith("/api/v1/") and dict(scope["headers"]).get(b"origin", b"").decode("latin-1") in self._embedders
        policy = staff_pages.POLICY if path in staff_pages.PAGES else _policy(nonce, embedders)
        secured = _with_headers(send, policy, path, embedders, shared)
        if _shut(path):
            await JSONResponse({"error": f"{path}: not here"}, status_code=404)(scope, receive, secured)
            return
        if _declared(scope) > MAX_BODY:
            await _too_large(scope, receive, secured)
            return
        body = b""
        if scope["method"] in ("POST", "PUT", "PATCH", "DELETE"):
            # Read whole before the application sees any of it: a body without a declared length is limited too.
            more = True
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    return
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > MAX_BODY:
                    await _too_large(scope, receive, secured)
                    return
            receive = _replay(body, receive)
        if path == "/":
            scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]}
            secured = _own_scripts(secured, nonce, self._openings[_language(scope)])
        await self.app(scope, receive, secured)


def own_page(html: str, nonce: str, opening: str = "") -> str:
    """Gradio's page with our style and script in its head, its scripts marked as its own, no mention of other hosts, and what is to be seen
    until it has loaded."""
    html = re.sub(r"\s*<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>", "", html)
    html = re.sub(r"\s*<link rel=\"manifest\"[^>]*>", "", html)
    html = html.replace("<script", f'<script nonce="{nonce}"')
    own = (
        f'<title>{TITLE}</title><meta name="color-scheme" content="light dark"><link rel="icon" href="{ICON}">'
        f'<link rel="stylesheet" href="{COLORS}"><link rel="stylesheet" href="/page.css">'
        f'<script nonce="{nonce}" src="/page.js" defer></script>'
    )
    return html.replace("</head>", f"{own}</head>", 1).replace("<gradio-app", f"{_NO_SCRIPT}{opening}<gradio-app", 1)


def _policy(nonce: str, embedders: Sequence[str] = ()) -> str:
    # Gradio sets styles from scripts, so inline styles stay allowed; inline scripts and evaluated text do not.
    rules = (
        "default-src 'none'",
        f"script-src 'self' 'nonce-{nonce}'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'self'",
        "form-action 'none'",
        f"frame-ancestors {' '.join(embedders or (NOBODY,))}",
    )
    return "; ".join(rules)


def _with_headers(send: Send, policy: str, path: str, embedders: Sequence[str], shared: bool) -> Send:
    """`embedders`: who may frame this reply; `shared`: whether a page of another site may read it, which Gradio would let any."""

    ours = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "x-northbound-contract": CONTRACT,
    }
    if embedders:
        del ours["x-frame-options"]  # it knows no list of origins; frame-ancestors does

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            if message["status"] == 200:
                cached = [(b"cache-control", rule) for start, rule in _CACHED.items() if path.startswith(start)]
            else:
                cached = []
            kept = [
                (name, value)
                for name, value in message["headers"]
                if (low := name.decode("latin-1").lower()) not in ours and (shared or not low.startswith("access-control-"))
            ]
            message = {**message, "headers": [*kept, *cached, *((name.encode(), value.encode()) for name, value in ours.items())]}
        await send(message)

    return sending


def _language(scope: Scope) -> str:
    """The language of the page that the browser likes best."""
    liked = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1").lower()
    return next((language for language in LANGUAGES if liked.startswith(language)), LANGUAGES[0])


def _own_scripts(send: Send, nonce: str, opening: str) -> Send:
    """Gather Gradio's page and send it changed by `own_page`; anything that is not HTML passes as it is."""
    start: Message = {}
    gathered = b""

    async def sending(message: Message) -> None:
        nonlocal start, gathered
        if message["type"] == "http.response.start":
            start = message
            return
        if message["type"] != "http.response.body":
            await send(message)
            return
        gathered += message.get("body", b"")
        if message.get("more_body", False):
            return
        headers = {name.lower(): value for name, value in start["headers"]}
        if headers.get(b"content-type", b"").startswith(b"text/html") and gathered:
            gathered = own_page(gathered.decode(), nonce, opening).encode()
            headers[b"content-length"] = str(len(gathered)).encode()
            headers[b"cache-control"] = b"no-store"
        await send({**start, "headers": list(headers.items())})
        await send({"type": "http.response.body", "body": gathered})

    return sending


def _shut(path: str) -> bool:
    if path.startswith("/gradio_api"):
        return not path.startswith(_GRADIO_NEEDS)
    return path.startswith(_SHUT)


def _declared(scope: Scope) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


async def _too_large(scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({"error": f"the request is larger than {MAX_BODY:,} bytes; send a shorter one"}, status_code=413)(
        scope, receive, send
    )


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def receiving() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receiving
