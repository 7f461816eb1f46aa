"""Five published articles, where a checkout has them: what is boilerplate goes, what is content stays, word for word.

The articles are not ours to quote, so their lines are named by number; a digest says whether a file is still the one we marked.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from corpus.passages import passages
from corpus.readers import read_file
from corpus.sentences import spans

DOUBLED = 3  # the line that line 5 of an article says again
ARTICLES = Path(__file__).parent.parent.parent / "shared" / "articles"

pytestmark = pytest.mark.skipif(not ARTICLES.is_dir(), reason="the articles are not in this checkout")


@dataclass(frozen=True)
class Marked:
    """An article with the numbers of its lines, from 1, that are not content; `links` are sentences that are not, by line and by
    place in it, from 0. Everything else is content: each line was read and marked by hand."""

    name: str
    digest: str
    boilerplate: frozenset[int]
    headings: tuple[int, ...]
    published: str = ""
    links: tuple[tuple[int, int], ...] = ()


MARKED = (
    Marked("000", "77e1b5c10b34", frozenset({3}), (8, 17, 24, 34, 43, 50, 57, 59, 61, 63, 65)),
    Marked("001", "a3485c9b3b0b", frozenset(), (3, 6, 9, 15, 23, 27, 30, 38)),
    Marked(
        "002",
        "45006bf42b99",
        frozenset({1, 11, 12, 19, 34, 46, 71, 73, 75, 77, 78, 79, 81}),
        (23, 40, 52, 63),
        "",
        ((7, 1), (26, 1), (50, 1), (59, 2)),
    ),
    Marked("003", "0843b1f45b7e", frozenset(), ()),
    Marked("004", "ae942a8b78dc", frozenset({5, 9, 11, 35, 68, 71, 73, 76, 78, 80, 81}), (), "2023-07-19"),
)


def article(marked: Marked) -> Path:
    (path,) = ARTICLES.glob(f"{marked.name}_*.txt")
    if hashlib.sha256(path.read_bytes()).hexdigest()[:12] != marked.digest:
        pytest.skip(f"{path.name} is not the text that was marked")
    return path


def lines(path: Path) -> dict[int, str]:
    return {number: plain(line) for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1) if line.strip()}


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def read(path: Path) -> list[str]:
    """Every line that a reader of the article would get: its title, headings and text."""
    document = read_file(path)
    found = [document.title]
    for section in document.sections:
        found += [*section.headings, *section.text.split("\n")]
    return found


def content(marked: Marked, path: Path) -> Counter[str]:
    """Every word that is content, with how often it stands in the article."""
    found: Counter[str] = Counter()
    for number, line in lines(path).items():
        if number not in marked.boilerplate:
            pieces = [line[span.start : span.end] for span in spans(line)]
            kept = [piece for place, piece in enumerate(pieces) if (number, place) not in marked.links]
            found.update(word for piece in kept for word in piece.split())
    return found


@pytest.mark.parametrize("marked", MARKED, ids=lambda m: m.name)
def test_content_stays(marked: Marked) -> None:
    path = article(marked)
    whole = content(marked, path)
    lost = whole - Counter(word for line in read(path) for word in line.split())
    assert lost.total() <= 0.05 * whole.total(), lost


def test_boilerplate_goes() -> None:
    gone = left = 0
    for marked in MARKED:
        path = article(marked)
        kept, found = read(path), lines(path)
        marks = [f"{found[number]}\n" for number in marked.boilerplate]
        marks += [plain(found[n][(span := spans(found[n])[place]).start : span.end]) for n, place in marked.links]
        text = "".join(f"{line}\n" for line in kept)
        for mark in marks:
            here = f"\n{text}".count(f"\n{mark}" if mark.endswith("\n") else mark) > (1 if mark[:-1] == found.get(DOUBLED) else 0)
            gone, left = gone + (not here), left + here
    assert gone + left == 29
    assert gone / (gone + left) >= 0.9


@pytest.mark.parametrize("marked", MARKED, ids=lambda m: m.name)
def test_headings_open_sections_and_the_printed_date_is_found(marked: Marked) -> None:
    path = article(marked)
    document = read_file(path)
    opened = [section.headings[-1] for section in document.sections if section.headings]
    assert all(lines(path)[number] in opened for number in marked.headings)
    assert document.source.published == marked.published


@pytest.mark.parametrize("marked", MARKED, ids=lambda m: m.name)
def test_every_sentence_that_could_be_quoted_stands_in_the_article(marked: Marked) -> None:
    path = article(marked)
    whole = plain(path.read_text(encoding="utf-8"))
    for passage in passages([read_file(path)]):
        for span in spans(passage.text):
            quoted = passage.text[span.start : span.end]
            heading, _, under = quoted.partition(": ")  # a short section that a list-like one announces stands under its own heading
            assert quoted in whole or (span.kind == "item" and heading in whole and under in whole)
