"""How questions in other languages name the things of the field: `languages.toml`, read by bot/tongues.py and checked by `corpus check`."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from corpus.errors import CorpusError
from corpus.registry import BUNDLED

FILE = "languages.toml"
SAME = "same"  # not words: pairs of characters, of which the first is read as the second


def read_lexicons(folder: Path = BUNDLED) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """The forms of each language by their English, language by language; none where the folder holds no such file. Raises CorpusError where
    it is not as the format says."""
    path = folder / FILE
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CorpusError(f"{FILE}: not TOML: {error}") from None
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for language, entries in read.items():
        if not isinstance(entries, dict) or not all(isinstance(told, str) for told in entries.values()):
            raise CorpusError(f'{FILE}: [{language}] holds something else than "English" = "form | form"')
        found[language] = {
            english: tuple(told.split()) if english == SAME else tuple(form.strip() for form in told.split("|"))
            for english, told in entries.items()
        }
    return found


def wrong_lexicons(folder: Path = BUNDLED) -> list[tuple[str, int, str]]:
    """File, line and message of everything that is wrong with the lexicons."""
    try:
        lexicons = read_lexicons(folder)
    except CorpusError as error:
        return [(FILE, 0, problem.removeprefix(f"{FILE}: ")) for problem in error.problems]
    lines = _lines(folder / FILE) if lexicons else {}
    problems = []
    for language, entries in lexicons.items():
        meant: dict[str, str] = {}
        for english, forms in entries.items():
            line = lines.get((language, english), 0)
            for form in forms:
                if english == SAME:
                    if len(form) != 2:
                        problems.append((FILE, line, f"{form!r} is no pair of characters"))
                    continue
                plain = _plain(form)
                if not plain:
                    problems.append((FILE, line, f"[{language}] {english!r} has an empty form; take it out"))
                elif meant.setdefault(plain, english) != english:
                    problems.append((FILE, line, f"[{language}] {form!r} stands for {meant[plain]!r} and for {english!r}; keep one"))
    return problems


def _plain(form: str) -> str:
    bare = re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFKD", form.lower()))
    return " ".join(re.findall(r"[^\s'’-]+", bare))


def _lines(path: Path) -> dict[tuple[str, str], int]:
    """The line of each entry, by its language and English."""
    found: dict[tuple[str, str], int] = {}
    language = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if table := re.match(r"\[(\w+)\]", line):
            language = table[1]
        elif entry := re.match(r'"?((?:[^"\\]|\\.)*?)"?\s*=', line):
            found[language, entry[1]] = number
    return found
