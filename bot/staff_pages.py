"""The pages for staff: the support desk at /desk, how the bot does at /health. bot/server.py includes `routes`, and sends each page with
`POLICY`.

A page here is a file without data: it shows the login, and gets everything else from /desk/api. Like those routes it does not exist until
somebody can log in.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse

from bot.settings import Settings
from bot.staff import existing

# Each page's address and its file; then what the pages load, all of it from /staff/.
PAGES = {"/desk": "desk.html", "/health": "health.html"}
FILES = (
    "staff.css", "staff-shell.js", "desk.css", "desk.js", "desk-edits.js", "desk-reviewed.js", "desk-gaps.js", "desk-passages.js",
    "health.css", "health.js",
)  # fmt: skip
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
_KINDS = {"html": "text/html", "js": "text/javascript", "css": "text/css"}


def routes(settings: Settings) -> APIRouter:
    """The pages and their files; 404 while nobody could log in."""
    router = APIRouter(dependencies=[Depends(existing(settings))], include_in_schema=False)
    for address, name in (*PAGES.items(), *((f"/staff/{name}", name) for name in FILES)):
        router.get(address)(_file(name))
    return router


def _file(name: str) -> Callable[[], FileResponse]:
    def file() -> FileResponse:
        return FileResponse(_FOLDER / name, media_type=_KINDS[name.rpartition(".")[2]], headers={"cache-control": "no-cache"})

    return file
