"""What staff can do over HTTP, under /desk/api: log in, draft, review, close gaps, see how the bot does. bot/server.py includes `routes`.

Nothing of it exists until somebody can log in. Every route but the login asks for one; every change asks for the login's token as well,
which only our own page can read, so that no other site can make a browser change anything.
"""

# Annotations are read while this runs, since they name dependencies that are local: no `from __future__ import annotations` here.

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from bot import builds, gaps, health, reviewed
from bot.answer import Answer
from bot.answering import Quoting
from bot.chain import Bot
from bot.desk import EXPORTS, FORMATS, MAX_MESSAGE, draft
from bot.journal import Row, read_rows, told
from bot.live import LiveBot
from bot.logins import Login, LoginError, log_in, log_out, logged_in, proxied, staffed, trusted
from bot.same import Sameness
from bot.settings import Settings
from bot.understand import MAX_QUESTION
from corpus.errors import NorthboundError, RequestError
from corpus.model import GENERAL, Passage
from corpus.passages import slugify
from corpus.twins import FRENCH
from index.embedder import Embedder

COOKIE = "northbound_staff"
TOKEN = "x-northbound-csrf"  # the header in which each change carries the login's token
_LOGIN_AGAIN = "your login has ended; log in again: what you wrote is still on this page"


class Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Named(Given):
    name: str = Field(max_length=63)
    password: str = Field(max_length=1_000)


class Message(Given):
    message: str


class Versioned(Given):
    version: int


class Edited(Versioned):
    written: reviewed.Written


class Taking(Given):
    action: str = Field(max_length=20)
    target: str = Field(default="", max_length=300)


class Going(Given):
    """Going back to an earlier index: which one, as the page showed it."""

    to: str = Field(max_length=60)


def routes(bot: Quoting, settings: Settings, same: Callable[[], Sameness]) -> APIRouter:
    """The routes for staff over `bot`, the one without reviewed answers. A draft has them: what was put right once stays so there too."""
    reviewing = reviewed.Reviewing(bot, same, settings)
    router = APIRouter(prefix="/desk/api", dependencies=[Depends(existing(settings)), Depends(_unkept)], include_in_schema=False)
    signed_in = Depends(login(settings))
    desk, changing, maintaining = _allowed(signed_in, "desk"), _changing(signed_in, "desk"), _changing(signed_in, "maintainer")

    # Logging in and out

    @router.post("/login")
    def begin(named: Named, request: Request, response: Response) -> dict[str, str]:
        _own_page(request)
        try:
            token, made = log_in(named.name.strip().lower(), named.password, settings)
        except LoginError as error:
            raise HTTPException(403, str(error)) from None
        _set(response, token, request, settings)
        return _shown(made)

    @router.get("/session")
    def session(held: Annotated[Login, signed_in]) -> dict[str, str]:
        return _shown(held)

    @router.post("/logout")
    def end(held: Annotated[Login, changing], request: Request, response: Response) -> dict[str, str]:
        log_out(request.cookies.get(COOKIE, ""), settings)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return {}

    # Drafts and reviewed answers

    @router.post("/draft")
    def make_draft(given: Message, held: Annotated[Login, changing]) -> dict[str, Any]:
        if len(given.message) > MAX_MESSAGE:
            raise HTTPException(
                413, f"the message has {len(given.message):,} characters; at most {MAX_MESSAGE:,} are read: draft it in parts"
            )
        made = draft(given.message, reviewing)
        return {
            "parts": [
                {
                    "question": part.asked.question,
                    "story": part.asked.story,
                    "text": part.text,
                    "answer": part.answer.model_dump(mode="json"),
                }
                | {"written": _first_wording(part.answer, same())}
                for part in made.parts
            ],
            "sources": [source.model_dump(mode="json") for source in made.sources],
            "checks": made.checks,
            "formats": {name: word(made) for name, word in FORMATS.items()},
        }

    @router.get("/passage")
    def passage(id: str, held: Annotated[Login, desk]) -> dict[str, Any]:
        found = bot.passage(id)
        if found is None:
            raise HTTPException(404, f"no passage {id!r} in the index in use")
        return asdict(found)

    @router.get("/passages")
    def passages(about: Annotated[str, Query(max_length=MAX_QUESTION)], held: Annotated[Login, desk]) -> list[dict[str, Any]]:
        """What could be quoted on something: what the bot would cite, then what else it finds."""
        return [_shown_passage(one, bot) for one in _near(about, bot)]

    @router.get("/reviewed")
    def all_reviewed(held: Annotated[Login, desk]) -> list[dict[str, Any]]:
        return [_review(one, bot, settings) for one in reviewed.reviews(settings)]

    @router.get("/reviewed/{id}")
    def one_reviewed(id: str, held: Annotated[Login, desk]) -> dict[str, Any]:
        one = reviewed.review(id, settings)
        changes = [
            {"version": c.version, "at": c.at, "by": c.by, "what": c.what, "written": _json(reviewed.as_written(c.review))}
            for c in reviewed.history(id, settings)
        ]
        return _review(one, bot, settings) | {"history": changes}

    @router.post("/reviewed", status_code=201)
    def write(written: reviewed.Written, held: Annotated[Login, changing]) -> Any:
        return _or_conflict(lambda: reviewed.write(written, held.name, bot, same(), settings), bot, settings)

    @router.post("/reviewed/{id}")
    def edit(id: str, edited: Edited, held: Annotated[Login, changing]) -> Any:
        return _or_conflict(lambda: reviewed.write(edited.written, held.name, bot, same(), settings, id, edited.version), bot, settings)

    @router.post("/reviewed/{id}/withdraw")
    def withdraw(id: str, given: Versioned, held: Annotated[Login, changing]) -> Any:
        return _or_conflict(lambda: reviewed.withdraw(id, given.version, held.name, settings), bot, settings)

    @router.post("/reviewed/{id}/restore")
    def restore(id: str, given: Versioned, held: Annotated[Login, changing]) -> Any:
        return _or_conflict(lambda: reviewed.restore(id, given.version, held.name, bot, same(), settings), bot, settings)

    # Gaps

    @router.get("/gaps")
    def all_gaps(held: Annotated[Login, desk]) -> dict[str, Any]:
        """The open ones that were taken up are asked again first, so that what the bot answers by now is seen to be closed."""
        gaps.ask_again(bot, settings)
        return {
            "gaps": [asdict(gap) | {"targets": _targets(gap, bot)} for gap in _gaps(settings, bot)],
            "taken_up": [_with_change(taken) for taken in gaps.taken_up(settings)],
            "actions": {name: action.target for name, action in gaps.ACTIONS.items()},
            "journal": told(settings),
        }

    @router.post("/gaps/{id}/take-up", status_code=201)
    def take_up(id: str, taking: Taking, held: Annotated[Login, changing]) -> dict[str, Any]:
        gap = next((gap for gap in _gaps(settings, bot) if gap.id == id), None)
        if gap is None:
            raise HTTPException(404, "no such gap any more; load the list again")
        return _with_change(gaps.take_up(gap, taking.action, taking.target.strip(), held.name, bot, settings))

    @router.post("/gaps/taken-up/{id}/drop")
    def drop(id: str, held: Annotated[Login, changing]) -> dict[str, Any]:
        return _with_change(gaps.drop(id, settings))

    # How the bot does

    @router.get("/health")
    def show_health(held: Annotated[Login, desk], days: int = 30, choice: str = "") -> dict[str, Any]:
        return health.health(bot, settings, days, choice)

    @router.get("/health/plots")
    def show_plots(held: Annotated[Login, desk], days: int = 30, choice: str = "", width: int = 720) -> dict[str, dict[str, str]]:
        return health.drawn(settings, days, choice, max(300, min(width, 1_200)))

    @router.get("/health/index")
    def show_index(held: Annotated[Login, desk]) -> dict[str, Any]:
        """The part of it that changes after a rollback."""
        return builds.index_state(bot, settings)

    @router.get("/export")
    def export(held: Annotated[Login, desk], format: str = "csv") -> Response:
        if format not in EXPORTS:
            raise HTTPException(400, f"format {format!r}: choose from {', '.join(EXPORTS)}")
        kind = {"csv": "text/csv", "jsonl": "application/jsonl"}[format]
        name = f"northbound-journal-{_today(settings).isoformat()}.{format}"
        text = EXPORTS[format](_rows(settings))
        return StreamingResponse(iter((text,)), media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})

    @router.post("/rollback")
    def rollback(held: Annotated[Login, maintaining], given: Going | None = None) -> dict[str, str]:
        """Make the index before the live one live again; answering processes notice within seconds."""
        return {"build": builds.roll_back(settings, held.name, given.to if given else "")}

    return router


def existing(settings: Settings) -> Callable[[], None]:
    """A dependency that says 404 while nobody could log in: pages for staff depend on it too."""

    def exists() -> None:
        try:
            if staffed(settings):
                return
        except NorthboundError:
            raise HTTPException(503, "the database of logins cannot be read; see the log of the server") from None
        raise HTTPException(404, "Not Found")

    return exists


def login(settings: Settings) -> Callable[[Request, Response], Login]:
    """A dependency that gives who is logged in, and says 401 to anybody else. Where a trusted proxy names somebody, that is who it is."""

    def found(request: Request, response: Response) -> Login:
        held = logged_in(request.cookies.get(COOKIE, ""), settings)
        named = _named_by_proxy(request, settings)
        if named and (held is None or held.name != named):
            try:
                token, held = proxied(named, settings)
            except LoginError as error:
                raise HTTPException(401, str(error)) from None
            _set(response, token, request, settings)
        if held is None or (settings.staff_header and not named and not _has_password(held, settings)):
            raise HTTPException(401, _LOGIN_AGAIN)
        return held

    return found


def _has_password(held: Login, settings: Settings) -> bool:
    """Whether somebody may also come without the proxy's word: only who is one of our own users."""
    from bot.logins import list_users

    return any(user.name == held.name for user in list_users(settings))


def _named_by_proxy(request: Request, settings: Settings) -> str:
    peer = request.client.host if request.client else ""
    if not settings.staff_header or not trusted(peer, settings):
        return ""
    return request.headers.get(settings.staff_header, "").strip().lower()


def _allowed(signed_in: Any, role: str) -> Any:
    def check(held: Annotated[Login, signed_in]) -> Login:
        if not held.may(role):
            raise HTTPException(403, f"this takes the role {role}; you have {held.role}")
        return held

    return Depends(check)


def _changing(signed_in: Any, role: str) -> Any:
    """Somebody of the role, from our own page: with the token that only a page of ours could read."""
    import hmac

    def check(request: Request, held: Annotated[Login, _allowed(signed_in, role)]) -> Login:
        _own_page(request)
        if not hmac.compare_digest(request.headers.get(TOKEN, "").encode(), held.csrf.encode()):
            raise HTTPException(403, f"the header {TOKEN} is missing or of another login; load the page again, your text is kept")
        return held

    return Depends(check)


def _own_page(request: Request) -> None:
    """Refuse what a page of another site sent, as far as the browser says so."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403, "this can only be sent from the page itself")


def _set(response: Response, token: str, request: Request, settings: Settings) -> None:
    """Give the browser its token; over https, also that which a trusted proxy ends, it never goes out without."""
    peer = request.client.host if request.client else ""
    told = request.headers.get("x-forwarded-proto", "") if trusted(peer, settings) else ""
    secure = "https" in (request.url.scheme, told.split(",")[0].strip())
    response.set_cookie(COOKIE, token, path="/", httponly=True, samesite="strict", secure=secure)


def _unkept(response: Response) -> Iterator[None]:
    response.headers["cache-control"] = "no-store"
    yield


def _shown(held: Login) -> dict[str, str]:
    return {"name": held.name, "role": held.role, "csrf": held.csrf}


def _json(written: reviewed.Written) -> dict[str, Any]:
    return written.model_dump(mode="json")


def _first_wording(answer: Answer, same: Sameness) -> dict[str, Any] | None:
    """The answer as it would be reviewed; None where it claims nothing."""
    try:
        return _json(reviewed.from_answer(answer, same))
    except RequestError:
        return None


def _review(one: reviewed.Review, bot: Quoting, settings: Settings) -> dict[str, Any]:
    kept = {"id": one.id, "version": one.version, "reviewer": one.reviewer, "reviewed": one.reviewed, "withdrawn": one.withdrawn}
    return kept | {
        "written": _json(reviewed.as_written(one)),
        "expires": one.expires,
        "not_served_because": reviewed.unservable(one, bot, _today(settings)),
        "citations": [c.model_dump(mode="json") for c in one.citations],
    }


def _or_conflict(change: Callable[[], reviewed.Review], bot: Quoting, settings: Settings) -> Any:
    """The changed answer; 409 with how it stands now where somebody else was faster, so that the page can show both."""
    try:
        return _review(change(), bot, settings)
    except reviewed.EditedMeanwhile as error:
        return JSONResponse({"error": str(error), "current": _review(error.current, bot, settings)}, 409, {"cache-control": "no-store"})


def _gaps(settings: Settings, bot: Quoting) -> list[gaps.Gap]:
    rows = [row for row in _rows(settings) if gaps.is_gap(row)]
    if not rows:
        return []
    embedder, today = _embedder(bot, settings), _today(settings)
    asked = (embedder.fingerprint, today, tuple(rows))
    held = _grouped.get("last")
    if held is None or held[0] != asked:
        held = _grouped["last"] = asked, gaps.gaps(rows, embedder, today)
    return held[1]


# The same rows are grouped once: to take up one gap after another would embed them all each time.
_grouped: dict[str, tuple[tuple[str, date, tuple[Row, ...]], list[gaps.Gap]]] = {}


def _targets(gap: gaps.Gap, bot: Quoting) -> dict[str, str]:
    """For each action what it would most likely be made to; "" where nothing says so."""
    cited = [found for id in gap.passages if (found := bot.passage(id)) is not None]
    sections = [p.id for p in cited if p.origin == "brief" and p.kind == "section" and p.language == "en"]
    about = next((p.program for p in cited if p.program != GENERAL), GENERAL)
    return {
        "asked": sections[0] if sections else "",
        "brief": slugify(gap.question)[:40].strip("-"),
        "correction": about,
        "case": "drafts",
    }


def _with_change(taken: gaps.Taken) -> dict[str, Any]:
    return asdict(taken) | {"change": gaps.change_of(taken)}


def _near(about: str, bot: Quoting) -> list[Passage]:
    """The passages that the bot cites on something, then those that it finds, in the language of what was given."""
    found = dict.fromkeys(citation.passage_id for citation in bot.answer(about).citations)
    inner = bot.now if isinstance(bot, LiveBot) else bot
    if isinstance(inner, Bot):
        understood = inner.understand(about)
        french = understood.heard is not None and understood.heard.language == FRENCH
        for hit in (hit for hits in inner.search(understood).hits for hit in hits):
            found.setdefault(inner.twins[hit.passage.id].passage.id if french and hit.passage.id in inner.twins else hit.passage.id)
    return [passage for id in found if (passage := bot.passage(id)) is not None]


def _shown_passage(passage: Passage, bot: Quoting) -> dict[str, Any]:
    source, program = bot.sources.get(passage.source_id), bot.programs.get(passage.program)
    return {
        "id": passage.id,
        "heading": passage.heading,
        "text": passage.text,
        "as_of": passage.as_of or (source.as_of if source else ""),
        "origin": passage.origin,
        "section": passage.kind == "section",
        "kind": source.kind if source else "",
        "title": source.title if source else passage.title,
        "publisher": source.publisher if source else "",
        "standing": program.standing if program else "",
    }


def _rows(settings: Settings) -> list[Row]:
    """The journal's rows; none where it is off and none was ever kept."""
    from bot.database import exists

    return read_rows(settings) if exists(settings) else []


def _embedder(bot: Quoting, settings: Settings) -> Embedder:
    """The one that the index in use has open, else the one of the settings."""
    if isinstance(bot, LiveBot):
        return bot.now.index.embedder
    return _loaded(settings)


@lru_cache(maxsize=2)
def _loaded(settings: Settings) -> Embedder:
    from index.embedder import load_embedder

    return load_embedder(settings.embedder, settings.exported, settings.embedder_key)


def _today(settings: Settings) -> date:
    return date.fromisoformat(settings.today) if settings.today else datetime.now(UTC).date()
