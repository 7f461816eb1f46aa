"""What a site's robots.txt asks of us (RFC 9309). corpus/fetch.py reads one for each host before any page of it.

The standard library's parser takes the first rule that fits instead of the longest, and knows no wildcards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote


@dataclass(frozen=True)
class Rules:
    """The rules for one program. `paths` are (whether it may, the pattern as written); `delay` is seconds between two requests."""

    paths: tuple[tuple[bool, str], ...] = ()
    delay: float = 0.0

    def allow(self, path: str) -> bool:
        """Whether a path with its query may be asked for: the longest pattern that fits decides, and of two equally long "allow"."""
        fitting = [(len(pattern), may) for may, pattern in self.paths if _fits(pattern, path)]
        return max(fitting)[1] if fitting else True


FORBIDDEN = Rules(((False, "/"),))


def read_robots(text: str, name: str) -> Rules:
    """The rules for the program called `name`: of every group that names it or, where none does, of those for "*"."""
    groups: dict[str, Rules] = {}
    named: list[str] = []
    ruled = True
    for line in text.removeprefix("\ufeff").splitlines():
        key, colon, value = (part.strip() for part in line.partition("#")[0].partition(":"))
        key = key.lower()
        if key == "user-agent" and colon:
            named = [value.lower()] if ruled else [*named, value.lower()]
            ruled = False
        elif key in ("allow", "disallow", "crawl-delay"):
            ruled = True
            for agent in named:
                groups[agent] = _with(groups.get(agent, Rules()), key, value)
    for agent in named:
        groups.setdefault(agent, Rules())
    return groups.get(name.lower(), groups.get("*", Rules()))


def _with(rules: Rules, key: str, value: str) -> Rules:
    if key == "crawl-delay":
        return Rules(rules.paths, max(rules.delay, float(value))) if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", value, re.ASCII) else rules
    return Rules((*rules.paths, (key == "allow", value)), rules.delay) if value else rules


def _fits(pattern: str, path: str) -> bool:
    """Whether the pattern is how the path begins; `*` is any characters, `$` at its end is the end of the path.

    Each piece between two stars is looked for at its first place. A regular expression could take hours over a pattern full of stars.
    """
    whole, path = pattern.endswith("$"), unquote(path)
    first, *rest = (unquote(piece) for piece in pattern.removesuffix("$").split("*"))
    at = len(first)
    if not path.startswith(first) or (whole and not rest and at != len(path)):
        return False
    for number, piece in enumerate(rest, 1):
        last = whole and number == len(rest)
        found = len(path) - len(piece) if last and path.endswith(piece) else -1 if last else path.find(piece, at)
        if found < at:
            return False
        at = found + len(piece)
    return True
