"""What is said between two quotes: a few phrases that state nothing, each where what it says of the two is sure."""

from __future__ import annotations

import re

import pytest

from bot.answer import Claim
from bot.chain import Bot
from bot.french import own_words
from bot.joins import (
    ALSO,
    BESIDES,
    DIFFER,
    ELSEWHERE,
    FORMER,
    ITSELF,
    KNOWN,
    LATER,
    NEXT,
    OTHER_SOURCE,
    PHRASES,
    SAME_SOURCE,
    SECOND,
    UNKNOWN,
    fitted,
    joins,
)
from bot.pieces import Piece
from corpus.model import Passage
from corpus.values import values
from eval.grounding import stated

TODAY = "2026-11-20"


def section(heading: str, text: str = "The permit is tied to one employer.", **more: object) -> Piece:
    """A whole section as a piece of the answer. `part` is of the piece, all else of the passage."""
    part = int(str(more.pop("part", 0)))
    source = str(more.pop("source", "ircc-permits"))
    given = {"asked": ("permit",), **more}
    passage = Passage(f"{source}#{heading}-{text}", source, "Permits", (heading,), text, **given)  # type: ignore[arg-type]
    return Piece(passage, 0, len(text), 0.8, part=part)


def between(*pieces: Piece, question: str = "what is an open permit", at: str = "", asks_standing: bool = False) -> list[str]:
    return joins(pieces, question, today=TODAY, at=at, asks_standing=asks_standing)


WHAT, WHO, WHERE = (
    section("What is an open permit?"),
    section("Who gets one?", "Few do."),
    section("Where is it valid?", "All over Canada."),
)
NOTE = section("Where it stands", "The permit closed on 17 July 2023.", kind="standing")


def test_a_second_section_is_joined_and_a_third_in_other_words_but_no_fourth_by_a_phrase_that_was_said() -> None:
    assert between(WHAT, WHO, WHERE, section("Is it free?", "It may be renewed.")) == ["", ALSO, BESIDES, ""]


def test_sentences_of_one_section_follow_each_other_as_they_were_written() -> None:
    text = "The permit is open. No employer is named in it."
    whole = section("What is an open permit?", text)
    first, second = Piece(whole.passage, 0, 19, 0.8), Piece(whole.passage, 20, len(text), 0.8)
    assert between(first, second, WHO) == ["", "", ALSO]


@pytest.mark.parametrize(
    ("heading", "phrase"),
    [
        ("What does an open permit cost?", "As for the cost,"),
        ("Can my wife work too?", "As for family,"),
        ("How long does it take?", "As for the time it takes,"),
        ("Which documents are needed?", "As for documents,"),
        ("What if it is refused?", "As for a refusal,"),
    ],
)
def test_a_section_about_what_nobody_asked_for_says_what_it_is_about(heading: str, phrase: str) -> None:
    assert between(WHAT, section(heading)) == ["", phrase]
    assert between(WHAT, section(heading), question=f"what is an open permit and {heading.lower()}") == ["", ALSO]


def test_a_section_about_two_such_things_is_only_a_further_one() -> None:
    assert between(WHAT, section("What does it cost for my children?")) == ["", ALSO]


def test_after_a_note_of_where_a_program_stands_the_answer_is_announced_unless_the_note_answers() -> None:
    assert between(NOTE, WHAT) == ["", ITSELF]
    assert between(NOTE, WHAT, asks_standing=True) == ["", ""]
    assert between(NOTE, section("Which jobs?", "No list has been published.", unknown=True)) == ["", UNKNOWN]


def test_what_is_not_known_and_what_is_are_told_apart() -> None:
    open_question = section("When does it open?", "No date has been published.", unknown=True)
    assert between(WHAT, open_question) == ["", UNKNOWN]
    assert between(open_question, WHAT) == ["", KNOWN]


def test_the_second_question_of_a_message_is_named_even_where_the_first_has_no_answer() -> None:
    second, third = section("Who gets one?", "Few do.", part=1), section("Where is it valid?", "All over Canada.", part=2)
    assert between(WHAT, second, third) == ["", SECOND, NEXT]
    assert between(second) == [SECOND]


def test_sides_of_a_disagreement_are_announced() -> None:
    one, other = (section("Where sources differ", f"A page gives {n}.", kind="disagreement") for n in ("ten", "twelve"))
    assert between(one, other) == [DIFFER, ELSEWHERE]
    assert between(WHAT, one, other) == ["", DIFFER, ELSEWHERE]


def test_a_rule_that_is_over_is_set_off_from_one_that_holds() -> None:
    former = section("What did it cost?", "It cost 100 dollars.", valid_until="2024-01-01", program="open-permit")
    assert between(WHAT, former) == ["", FORMER]
    assert joins([WHAT, former], "what is it", today=TODAY, ended={"open-permit"}) == ["", "As for the cost,"]
    assert between(WHAT, former, at="2023-01-01") == ["", "As for the cost,"]  # on that day it held


def test_as_of_a_past_day_what_was_written_later_is_said_to_be() -> None:
    checked = section("Is it open?", "No second round has been seen, as of 30 June 2026.")
    assert between(WHAT, checked, at="2025-01-01") == ["", LATER]
    assert between(checked, at="2025-01-01") == [LATER]
    assert between(section("Points?", "Until 25 March 2025 it gave 50 points."), at="2024-06-01") == [LATER]
    assert between(section("Points?", "It is planned for 2026 and 2027."), at="2025-12-01") == [""]
    assert between(WHAT, checked, at="2026-07-01") == ["", ALSO]
    assert between(WHAT, checked) == ["", ALSO]


def test_prose_says_whether_it_goes_on_in_the_same_source() -> None:
    one, more = (section("Permits", f"{name} was happy.", origin="file", asked=(), source="news") for name in ("Ann", "Bob"))
    other = section("Permits", "Eve was not.", origin="file", asked=(), source="blog")
    assert between(one, more, other) == ["", SAME_SOURCE, OTHER_SOURCE]


def test_a_join_is_known_before_what_follows_it_is() -> None:
    pieces = [NOTE, WHAT, section("When?", "No date has been published.", unknown=True), WHO, section("Is it free?", "No.", part=1), WHERE]
    whole = between(*pieces)
    assert all(between(*pieces[:n]) == whole[:n] for n in range(len(pieces)))
    assert sum(map(bool, whole)) == 5


def test_no_phrase_states_anything() -> None:
    assert len(set(PHRASES)) == len(PHRASES)
    for phrase in PHRASES:
        assert len(phrase.split()) <= 6 and phrase.endswith((",", ":"))
        assert not re.search(r"\d", phrase) and not values(phrase)
        assert list(stated(f"{phrase} the permit closed. [1]")) == [("the permit closed.", (1,))]  # nor is it counted as a statement


def test_each_phrase_has_its_french() -> None:
    french = [own_words(phrase) for phrase in PHRASES]
    assert not set(french) & set(PHRASES) and len(set(french)) == len(PHRASES)
    assert all(said.endswith((",", "\u00a0:")) for said in french)


@pytest.mark.parametrize(
    ("phrase", "text", "said"),
    [
        ("", "The permit closed.", "The permit closed."),
        ("Also,", "The permit closed.", "Also, the permit closed."),
        ("Also,", "First ask the employer.", "Also, first ask the employer."),
        ("Also,", "First Nations decide.", "Also: First Nations decide."),
        ("Also,", "IRCC closed it.", "Also, IRCC closed it."),
        ("Also,", "Ontario closed it.", "Also: Ontario closed it."),
        ("Also,", "Ontario: the stream closed.", "Ontario: the stream closed."),
        ("Also,", "16 months must be left.", "Also, 16 months must be left."),
        ("On your question:", "The permit closed.", "On your question: The permit closed."),
    ],
)
def test_a_claim_keeps_its_capital_and_the_answer_reads_on(phrase: str, text: str, said: str) -> None:
    claim = Claim(text=text, citations=(1,), as_of="", support=1.0, join=fitted(phrase, text))
    assert (claim.text, claim.said) == (text, said)


def test_a_phrase_is_fitted_anew_to_other_words() -> None:
    assert fitted(fitted(ALSO, "Ontario closed it."), "The permit closed.") == ALSO
    assert [fitted("De plus,", text, "\u00a0:") for text in ("L’employeur paie.", "Les frais montent.", "Ottawa paie.")] == [
        "De plus,",
        "De plus,",
        "De plus\u00a0:",
    ]


# In whole answers


@pytest.mark.parametrize(
    ("question", "phrase"),
    [
        ("do I need a job offer for the accelerated h1b pathway", UNKNOWN),
        ("can my wife study on the 2023 h1b open permit", ITSELF),
        ("which exemption code do they put for a cusma professional", DIFFER),
    ],
)
def test_an_answer_holds_its_joins_and_its_claims_do_not(bot: Bot, question: str, phrase: str) -> None:
    answer = bot.answer(question)
    assert phrase in [claim.join for claim in answer.claims]
    for claim in answer.claims:
        assert f"{claim.said} [{claim.citations[0]}]" in answer.answer
        assert claim.text.lower() == answer.citations[claim.citations[0] - 1].quote.lower()


def test_a_french_answer_has_french_joins(bot: Bot) -> None:
    answer = bot.answer("Le permis ouvert H-1B de 2023 exigeait-il une offre d'emploi?")
    said = zip(answer.claims, answer.citations, strict=True)
    joined = [claim.join for claim, citation in said if citation.language == "fr" and claim.join]
    assert joined and not set(joined) & set(PHRASES)
    assert all(join in answer.answer for join in joined)
