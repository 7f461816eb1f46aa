"""Bytes become text: a page's as browsers do it, a user's file only where no letter is guessed."""

from __future__ import annotations

import codecs
import re

from corpus.errors import CorpusError

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes, charset: str = "") -> str:
    """Text of a page: by its byte order mark, the server's charset, its own <meta>, or else UTF-8 or Windows-1252, as browsers do."""
    meta = _META_CHARSET.search(data[:4096])
    for name in (_marked(data), charset, meta[1].decode("ascii", "replace") if meta else ""):
        if name.lower() in ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"):
            name = "cp1252"
        try:
            if name:
                return data.decode(name, "replace")
        except (LookupError, UnicodeError):
            continue
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def decode_text(data: bytes, name: str) -> str:
    """Text of a user's file: UTF-8, or what its byte order mark says. Raises CorpusError, since a guess would change letters silently."""
    marked = _marked(data)
    if not marked and b"\x00" in data[:4096]:
        raise CorpusError(f"{name}: not text (it holds zero bytes); convert it to UTF-8 text first")
    try:
        return data.decode(marked or "utf-8")
    except UnicodeDecodeError as error:
        shown = f"not {marked.upper().removesuffix('-SIG') or 'UTF-8'} (byte {error.start})"
        raise CorpusError(f"{name}: {shown}; save it as UTF-8") from None


def _marked(data: bytes) -> str:
    return next((name for mark, name in _MARKS if data.startswith(mark)), "")
