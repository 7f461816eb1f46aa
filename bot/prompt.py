"""The instructions that a language model gets: one versioned Markdown file each, in bot/prompts. What stands above the line says when it
is used and what comes with it; what stands below is sent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("prompts")
_LINE = "\n---\n"


@dataclass(frozen=True)
class Prompt:
    """`digest` is of the text: it tells two states of a file apart that have one name."""

    name: str
    text: str
    digest: str


@lru_cache(maxsize=8)
def prompt(name: str) -> Prompt:
    """The prompt of this name, such as "answer-1"."""
    text = (_FOLDER / f"{name}.md").read_text(encoding="utf-8").split(_LINE, 1)[1].strip()
    return Prompt(name, text, hashlib.sha256(text.encode()).hexdigest()[:8])
