"""The pages for staff: the support desk at /desk, how the bot does at /health. bot/server.py includes `routes`, and sends each page with
`POLICY`.

A page here is a file without data: it shows the login, and gets everything else from /desk/api. Like those routes it does not exist until
somebody can log in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse, HTMLResponse

from bot.frame import framed
from bot.privacy import for_browsers
from bot.settings import Settings
from bot.staff import existing


@dataclass(frozen=True)
class StaffPage:
    """A page of which the script and the style have the name. `without` says what to do without JavaScript."""

    name: str
    title: str
    without: str


# What the pages load stands below /staff/.
PAGES = {
    "/desk": StaffPage("desk", "Northbound support desk", "use the northbound desk command"),
    "/health": StaffPage("health", "Northbound health", "use the northbound index, eval and desk commands"),
}
FILES = (
    "staff.css", "staff-shell.js", "staff-kept.js", "desk.css", "desk.js", "desk-edits.js", "desk-reviewed.js", "desk-gaps.js",
    "desk-mask.js", "desk-passages.js", "health.css", "health.js",
)  # fmt: skip
SHAPES = "/staff/shapes.json"  # what desk-mask.js masks by
# Stricter than that of the page for applicants: these pages have no inline script or style, and none of their scripts makes markup of text.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_FOLDER = Path(__file__).parent
_KINDS = {"js": "text/javascript", "css": "text/css"}


def routes(settings: Settings) -> APIRouter:
    """The pages and their files; 404 while nobody could log in."""
    router = APIRouter(dependencies=[Depends(existing(settings))], include_in_schema=False)
    for address, page in PAGES.items():
        router.get(address, response_class=HTMLResponse)(_page(page))
    for name in FILES:
        router.get(f"/staff/{name}")(_file(name))
    router.get(SHAPES)(for_browsers)
    return router


def _page(page: StaffPage) -> Callable[[], HTMLResponse]:
    body = f"""
<a class="skip" href="#main">Skip to the content</a>
<header id="top"></header>
<main id="main" tabindex="-1" hidden></main>
<p id="announce" class="unseen" role="status"></p>
<noscript><p>This page needs JavaScript. Without it, {page.without}.</p></noscript>
"""
    html = framed(page.title, body, ("/staff/staff.css", f"/staff/{page.name}.css"), f"/staff/{page.name}.js", module=True)

    def shown() -> HTMLResponse:
        return HTMLResponse(html, headers={"cache-control": "no-cache"})

    return shown


def _file(name: str) -> Callable[[], FileResponse]:
    def file() -> FileResponse:
        return FileResponse(_FOLDER / name, media_type=_KINDS[name.rpartition(".")[2]], headers={"cache-control": "no-cache"})

    return file
