"""The HTML around the pages of ours that Gradio does not make: bot/staff_pages.py and bot/api.py (the box for other sites) fill it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

COLORS = "/colors.css"  # served to everybody; every page loads it before its own style
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cpath fill='%230b5580' d='M8 0l6 16-6-4-6 4z'/%3E%3C/svg%3E"
)


def framed(title: str, body: str, styles: Sequence[str], script: str, module: bool = False) -> str:
    """A whole page. `styles` and `script` are addresses; `body` is HTML of ours."""
    links = "\n".join(f'<link rel="stylesheet" href="{style}">' for style in (COLORS, *styles))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" href="{ICON}">
{links}
<script {'type="module" ' if module else "defer "}src="{script}"></script>
</head>
<body>
{body.strip()}
</body>
</html>
"""
