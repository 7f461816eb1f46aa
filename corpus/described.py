"""What a user says about a file: by options of `corpus add`, or in a TOML file beside it, notes.pdf.toml or notes.toml."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path

from corpus.errors import CorpusError
from corpus.model import KINDS, is_date
from corpus.passages import slugify

SIDE = ".toml"


@dataclass(frozen=True)
class Described:
    """Anything left empty is taken from the text or stays unknown. `language` is an ISO 639-1 code, `program` an id in programs.toml."""

    id: str = ""
    title: str = ""
    publisher: str = ""
    kind: str = ""
    url: str = ""
    published: str = ""
    language: str = ""
    program: str = ""


NOT_DESCRIBED = Described()


def wrong(key: str, value: str) -> str:
    """What is wrong with one value of a description, as it goes on after the value in a message, or ""."""
    if key == "kind" and value and value not in KINDS:
        return f"; choose from {', '.join(KINDS)}"
    if key == "published" and not is_date(value):
        return ": give an ISO date such as 2025-11-04"
    if key == "id" and value != slugify(value):
        return f": use lower-case letters, digits and hyphens, such as {slugify(value) or 'my-letter'}"
    if key == "url" and value and not re.match(r"https?://[^\s/]+\.", value):
        return ": give an address that begins with https://"
    if key == "language" and value and not re.fullmatch("[a-z]{2}", value):
        return ": give its two letters, such as fr"
    return ""


def with_side_file(path: Path, given: Described) -> Described:
    """The description of a file, completed from the file beside it. What was given counts first.

    Raises CorpusError, with file and line, for a side file that is not TOML, holds an unknown key or a value that will not do.
    """
    side = next((found for found in (path.with_name(path.name + SIDE), path.with_suffix(SIDE)) if found.is_file()), None)
    if side is None or side == path:
        return given
    told = _read(side)
    return replace(told, **{field.name: value for field in fields(given) if (value := getattr(given, field.name))})


def _read(side: Path) -> Described:
    try:
        text = side.read_text(encoding="utf-8-sig")
        row = tomllib.loads(text)
    except OSError as error:
        raise CorpusError(f"{side}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CorpusError(f"{side}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise CorpusError(f'{side}: not TOML ({error}); write lines such as: title = "Our FAQ"') from None
    keys = [field.name for field in fields(Described)]
    problems = []
    for key, value in row.items():
        where = f"{side}, line {_line(text, key)}"
        if isinstance(value, date):
            row[key] = value = value.isoformat()[:10]  # TOML has dates of its own
        if key not in keys:
            problems.append(f"{where}: no key {key!r}; keys: {', '.join(keys)}")
        elif not isinstance(value, str):
            problems.append(f"{where}: {key} is not text; put it in quotes")
        elif reason := wrong(key, value):
            problems.append(f"{where}: {key} {value!r}{reason}")
    if problems:
        raise CorpusError(*problems)
    return Described(**row)


def _line(text: str, key: str) -> int:
    shape = re.compile(rf"\s*\[{{0,2}}\s*[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
    return next((number for number, line in enumerate(text.split("\n"), 1) if shape.match(line)), 1)
