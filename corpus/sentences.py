"""Cut text into quotable pieces, each with its place in the text, so that a quote is always an exact substring."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A full stop after one of these does not end a sentence.
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st no nos vs v etc e.g i.e u.s u.k approx jan feb mar apr jun jul aug sep sept oct nov dec alta ont que inc ltd "
    "corp art s ss para reg vol ed dept min max est p.m a.m wed thu fri sat sun mon tue".split()
)
_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)")
_BULLET = re.compile(r"\s*(?:[-*•–]|\d{1,2}[.)])\s+")
# Words that point at the sentence before: a quote that opens with one is not understood alone.
_LEANING = re.compile(
    r"(?:of (?:those|these|them)|it|its|this|these|those|they|their|that|he|she|his|her|such|both|also|however|but|and|so|then|instead|"
    r"otherwise|meanwhile|"
    r"moreover|furthermore|additionally|therefore|thus|there|here|yet|or|nor|in addition|as a result|at the same time|for example|"
    r"that said|on the other hand|by contrast)\b",
    re.IGNORECASE,
)


# "Yes:" and "No:" answer the heading they stand under; after another passage's first sentence they would answer the wrong question.
VERDICT = re.compile(r"(?:yes|no):\s+|(?:yes|no),\s+(?![^.\n]{0,90}:\s)", re.IGNORECASE)
QUALIFIED = re.compile(
    r"(?:yes|no|not|only|mostly|partly|usually|often|sometimes|hardly|rarely|possibly|probably|generally|in general|in most cases)\b"
    r"[^.\n]{0,90}?:\s",
    re.IGNORECASE,
)


def opening_verdict(text: str) -> re.Match[str] | None:
    """The yes or no that a text opens with, plain or qualified ("No, for most people:")."""
    return VERDICT.match(text) or QUALIFIED.match(text)


# After "U.S." these open a new sentence; a name or a noun goes on with the old one.
_STARTERS = frozenset("the a an in for this it but if many some they we he she at by on however all most there these those no only".split())


@dataclass(frozen=True)
class Span:
    """A piece of a text: `text[start:end]`. `kind` is "sentence", "lead" (a line that opens a list) or "item"."""

    start: int
    end: int
    kind: str = "sentence"


def spans(text: str) -> list[Span]:
    """Cut a passage's text into sentences, list lead-ins and list items, in order.

    A line that ends with a colon and is followed by bullets is a lead; each bullet is one item however many sentences it holds,
    because an item's second sentence rarely says what it is about.
    """
    lines = list(_lines(text))
    found: list[Span] = []
    for number, (start, line) in enumerate(lines):
        if not line.strip():
            continue
        bullet = _BULLET.match(line)
        following = next((later for _, later in lines[number + 1 :] if later.strip()), "")
        if bullet and (bullet.group().strip() in "-*•–" or line.lstrip()[:1].isdigit()):
            found.append(_trimmed(text, start + bullet.end(), start + len(line), "item"))
        elif line.rstrip().endswith(":") and _BULLET.match(following):
            *before, last = _sentences(text, start, start + len(line))
            found.extend((*before, Span(last.start, last.end, "lead")))
        else:
            found.extend(_sentences(text, start, start + len(line)))
    return [span for span in found if span.end > span.start]


def leans(sentence: str) -> bool:
    """Whether the sentence opens with a word that refers to the one before it."""
    return _LEANING.match(sentence.lstrip("“\"'‘(")) is not None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1


def _sentences(text: str, start: int, end: int) -> Iterator[Span]:
    begin = start
    for stop in _END.finditer(text, start, end):
        if stop.end() < end and not _ends_here(text, begin, stop, end):
            continue
        yield _trimmed(text, begin, stop.end(), "sentence")
        begin = stop.end()
    if text[begin:end].strip():
        yield _trimmed(text, begin, end, "sentence")


def _ends_here(text: str, begin: int, stop: re.Match[str], end: int) -> bool:
    word = re.search(r"[\w.]+$", text[begin : stop.start()])
    before = word.group().lower() if word else ""
    after = text[stop.end() : end].lstrip()
    if stop.group().startswith("."):
        following = re.match(r"\w*", after)
        if re.fullmatch(r"(?:[a-z]\.)+[a-z]", before):
            return following is not None and following.group().lower() in _STARTERS and after[0].isupper()
        if before in _ABBREVIATIONS or re.fullmatch(r"[a-z]", before):
            return False
    return not after or not after[0].islower()


def _trimmed(text: str, start: int, end: int, kind: str) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end, kind)
