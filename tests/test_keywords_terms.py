"""Words and terms: one thing is one term however it is written; concepts are covered in any of their ways of being said."""

from __future__ import annotations

from math import log
from pathlib import Path

import pytest

from index.keywords import Keywords, covered, stem, terms, words


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("H-1B, h1 b, H1B", ["h1b", "h1b", "h1b"]),
        ("I-797 and IMM 5710", ["i797", "and", "imm5710"]),
        ("10,000 or 10k", ["10000", "or", "10000"]),
        ("Québec's programme", ["quebec", "program"]),
        ("twelve points, 649.75 dollars", ["12", "points", "649.75", "dollars"]),
        ("one of them", ["one", "of", "them"]),  # more often a pronoun than a number
        ("don't", ["dont"]),
        ("🙂 — ?", []),
    ],
)
def test_words_have_one_form(text: str, made: list[str]) -> None:
    assert words(text) == made


def test_terms_are_stems_without_stop_words() -> None:
    assert terms("How do the spouses of workers apply?") == ["spous", "worker", "appli"]
    assert terms("what is it") == []


def test_a_word_with_digits_is_not_stemmed() -> None:
    assert (stem("i797s"), stem("permits")) == ("i797s", "permit")


def test_a_concept_is_covered_by_any_of_its_ways_of_being_said() -> None:
    spouse = frozenset({("spous",), ("wife",), ("common", "law", "partner")})
    fee = frozenset({("fee",), ("cost",)})
    assert covered([spouse, fee], frozenset(terms("What does a wife's permit cost?"))) == 1.0
    assert covered([spouse, fee], frozenset(terms("A common-law partner may work."))) == 1 / 2
    assert covered([spouse], frozenset(terms("The common law applies."))) == 0.0  # half of a phrase is another thing
    assert covered([], frozenset()) == 1.0


def test_keywords_rank_the_text_with_the_rare_word_first_and_ignore_unknown_ones(tmp_path: Path) -> None:
    texts = ["The fee of a permit.", "The permit of a spouse.", "A permit."]
    Keywords.build(texts, tmp_path / "keywords")
    keywords = Keywords.open(tmp_path / "keywords")
    scores = keywords.scores(terms("spouse permit unheard"), len(texts))
    assert [int(n) for n in scores.argsort()[::-1]][0] == 1
    assert keywords.scores(["unheard"], len(texts)).tolist() == [0.0, 0.0, 0.0]


def test_rarity_is_the_inverse_document_frequency_and_half_the_largest_for_an_unknown_term(tmp_path: Path) -> None:
    Keywords.build(["One fee, one permit.", "One permit.", "This permit."], tmp_path / "keywords")
    keywords = Keywords.open(tmp_path / "keywords")
    assert keywords.rarity("fee", 3) == pytest.approx(log(1 + (3 - 1 + 0.5) / (1 + 0.5)))
    assert keywords.rarity("permit", 3) == pytest.approx(log(1 + (3 - 3 + 0.5) / (3 + 0.5)))
    assert keywords.rarity("unheard", 3) == pytest.approx(log(1 + (3 - 0 + 0.5) / (0 + 0.5)) / 2)
