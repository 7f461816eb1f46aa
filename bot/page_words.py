"""The page's fixed texts in English and in French, from page_words.toml. bot/page.py and bot/render.py show them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("en", "fr")  # of the page, the first where nothing was chosen; an answer is in the language of its question
FILE = Path(__file__).with_name("page_words.toml")


@dataclass(frozen=True)
class Words:
    """The texts in one language. `names` are those of kinds, origins and statuses; `standings` are the bare word, that with a day and
    that with a month or a year."""

    language: str
    texts: Mapping[str, str]
    names: Mapping[str, Mapping[str, str]]
    standings: Mapping[str, tuple[str, str, str]]
    months: tuple[str, ...]
    first: str
    examples: tuple[tuple[str, tuple[str, ...]], ...]

    def __call__(self, key: str, *values: object) -> str:
        """The text of a key with its values filled in."""
        return self.texts[key].format(*values)

    def name(self, of: str, key: str, otherwise: str = "") -> str:
        return self.names[of].get(key, otherwise)

    def date(self, iso: str) -> str:
        """ "2023-07-17" as "17 July 2023", "2023-07" as "July 2023", "2023" and anything else as it is."""
        parts = iso.split("-")
        if not all(part.isdigit() for part in parts) or (len(parts) > 1 and not 1 <= int(parts[1]) <= 12):
            return iso
        day = [str(int(parts[2])) if int(parts[2]) > 1 else self.first] if len(parts) == 3 else []
        month = [self.months[int(parts[1]) - 1]] if len(parts) > 1 else []
        return " ".join([*day, *month, parts[0]])

    def standing(self, standing: str, since: str = "") -> str:
        """ "Closed since 17 July 2023", "Announced on 4 November 2025", or the bare word when no date is known."""
        other = standing.capitalize()
        bare, day, month = self.standings.get(standing, (other, f"{other} since {{}}", f"{other} since {{}}"))
        if not since:
            return bare
        return (day if since.count("-") == 2 else month).replace("{}", self.date(since))


@lru_cache(maxsize=4)
def words(language: str) -> Words:
    """The page's texts in a language; in English where it is none of the page's."""
    language = language if language in LANGUAGES else LANGUAGES[0]
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))[language]
    return Words(
        language=language,
        texts={key: value for key, value in read.items() if isinstance(value, str)},
        names={key: read[key] for key in ("kinds", "origins", "statuses")},
        standings={key: tuple(value) for key, value in read["standings"].items()},
        months=tuple(read["dates"]["months"]),
        first=read["dates"]["first"],
        examples=tuple((group["situation"], tuple(group["questions"])) for group in read["examples"]),
    )
