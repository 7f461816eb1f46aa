"""What comes first of what was found for a follow-up: it is read in several ways, and their weights are fitted on conversations."""

from __future__ import annotations

import json
from dataclasses import astuple

import numpy as np
import pytest

from bot.answer import Turn
from bot.chain import Bot
from bot.continuing import Before, Weights, best_first, features, sentences_of
from bot.followups import says_which
from corpus.model import Passage
from eval.tune_followups import CONTINUED, CONTINUED_KEPT, Seen, fit
from index.keywords import terms
from index.search import Hit


def hit(text: str, score: float, source: str = "s", program: str = "general") -> Hit:
    passage = Passage(id=f"{source}#{text}", source_id=source, title="T", headings=(text,), text=text, program=program)
    return Hit(passage, score, 0.0, 0.0, 0.0, 0.0, 0.0, (), frozenset(terms(text)))


FEES, POINTS, DATES = hit("permit fees", 0.9), hit("permit points", 0.8), hit("deadlines", 0.7, "t", "pilot")
ALIKE = {
    "s#permit fees": (0.5, 0.4, 0.3, 0.2, 0.2, 0.1),
    "s#permit points": (0.4, 0.5, 0.4, 0.3, 0.3, 0.2),
    "t#deadlines": (0.1, 0.1, 0.1, 0.1, 0.1, 0.0),
}


def test_a_message_is_read_as_typed_and_behind_what_was_said_before() -> None:
    before = Before("is the pilot open", "and the fee?", "It costs 100 dollars. [1]")
    assert before.readings("who pays", FEES.passage) == (
        "who pays", "and the fee? who pays", "is the pilot open who pays", "permit fees who pays", "permit fees who pays",
    )  # fmt: skip
    assert before.readings("who pays", hit("x" * 500, 1.0).passage)[-1] == f"{'x' * 160} who pays"  # the beginning of what was answered
    assert before.readings("who pays", None)[-2:] == ("and the fee? who pays", "It costs 100 dollars. [1] who pays")  # from elsewhere


def test_each_passage_is_weighed_by_every_reading_and_by_what_was_told() -> None:
    alike = {id: np.array(row) for id, row in ALIKE.items()}
    rows = features("points?", [FEES, POINTS, DATES], alike, [FEES.passage])
    assert rows.tolist() == [
        [0.9, 0.5, 0.4, 0.3, 0.2, 0.2, 0.1, 0.0, 1.0, 1.0, 1.0],
        [0.8, 0.4, 0.5, 0.4, 0.3, 0.3, 0.2, 1.0, 0.0, 1.0, 1.0],
        [0.7, 0.1, 0.1, 0.1, 0.1, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0],
    ]
    assert features("and?", [FEES], alike, [])[0].tolist()[7:] == [0.5, 0.0, 0.0, 0.0]  # no word that tells anything
    first, *others = best_first([FEES, POINTS, DATES], rows)
    assert [hit.passage for hit in (first, *others)] == [hit.passage for hit in (POINTS, FEES, DATES)]
    assert first.continued is not None
    assert (first.continued.total, first.continued.typed) == pytest.approx((float(rows[1] @ astuple(Weights())), 0.4))
    assert sum(first.continued.parts.values()) == pytest.approx(first.continued.total) and first.continued.parts["words"] == Weights().words
    alone = Weights(1.0, *[0.0] * 10)
    ordered = best_first([DATES, FEES, POINTS], rows[[2, 0, 1]], alone)
    assert [hit.passage for hit in ordered] == [hit.passage for hit in (FEES, POINTS, DATES)]


def test_what_an_answer_showed_is_found_again_sentence_by_sentence(bot: Bot) -> None:
    answer = bot.answer("How long is the waiting period for MSP in British Columbia?")
    passages = [bot._said_in.get(sentence) for sentence in sentences_of(answer.answer)]
    assert answer.citations[0].passage_id in passages
    assert list(sentences_of("It is so. [1][2] Why?\n\nThese are:\n- one [3]\n- two\n\nSo.")) == [
        "It is so.",
        "Why?",
        "These are:",
        "one",
        "two",
        "So.",
    ]


@pytest.mark.parametrize(
    ("typed", "which"),
    [
        ("same in bc?", True),
        ("no, the new one", True),
        ("what if 3", True),
        ("and fees?", False),
        ("is it open", False),
        ("flagpoling?", False),
    ],
)
def test_some_messages_only_say_which_one_is_meant(typed: str, which: bool) -> None:
    assert says_which(typed) is which


def test_it_is_the_question_before_that_is_asked_of_another_place(bot: Bot) -> None:
    history: list[Turn] = []
    for question in ("do newcomers in ontario wait for ohip", "same in bc?"):
        answer = bot.answer(question, history)
        history += [Turn(role="user", content=question), Turn(role="assistant", content=answer.answer)]
    assert "British Columbia" in answer.claims[0].text and "plus two months" in answer.answer


def test_a_friend_of_another_country_is_asked_the_same_though_nothing_says_so(bot: Bot) -> None:
    """No rule reads "my gf is from china same thing?" as the question before it: it is near it when read behind it."""
    asked, history = ("can i get a canada working holiday, 28, indian on h1b", "my gf is from china same thing?"), list[Turn]()
    for question in asked:
        answer = bot.answer(question, history)
        history += [Turn(role="user", content=question), Turn(role="assistant", content=answer.answer)]
    assert "China" in answer.claims[0].text and "IEC" in answer.claims[0].text


def test_every_conversation_that_the_weights_are_fitted_on_names_sections_that_there_are(bot: Bot) -> None:
    for file, many in ((CONTINUED, 915), (CONTINUED_KEPT, 45)):
        conversations = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        named = {passage for one in conversations for turn in one["turns"] for passage in turn["passages"]}
        assert len(conversations) == many and named <= set(bot.index.passages.by_id)


def test_a_follow_up_is_answered_though_the_conversation_was_about_another_thing(bot: Bot) -> None:
    history = [Turn(role="user", content="h1b lottery changed?"), Turn(role="assistant", content="The H-1B selection is weighted by wage.")]
    answer = bot.answer("how much is registration", history)
    assert answer.status == "answered" and answer.claims[0].text.startswith("215 US dollars")


def test_a_bare_how_long_is_answered_of_what_was_spoken_of_and_not_of_what_alone_it_is_nearest_to(bot: Bot) -> None:
    history = [
        Turn(role="user", content="can i get child benefit in canada as temp worker"),
        Turn(role="assistant", content="Yes, in time."),
    ]
    assert bot.answer("after how long", history).citations[0].source_id == "cra-newcomers"


def test_what_stands_alone_in_a_conversation_is_answered_as_if_it_were_the_first(bot: Bot) -> None:
    question = "Do I need a job offer for Express Entry?"
    history = [Turn(role="user", content="is quebec's PEQ open"), Turn(role="assistant", content="The PEQ ended on 19 November 2025.")]
    assert bot.understand(question, history).typed == () and bot.understand("and the fee?", history).typed
    assert bot.answer(question, history).answer == bot.answer(question).answer


def test_weights_are_those_that_put_first_what_answers() -> None:
    """In each the search prefers the passage that does not answer; the words typed tell them apart, the search alone does not."""
    wrong, right = np.zeros(11), np.zeros(11)
    wrong[:2], right[:2], right[7] = (0.9, 0.5), (0.8, 0.5), 1.0
    seen = [Seen("a", np.array([wrong, right]), np.array([False, True])) for _ in range(8)]
    assert {one.place([1.0] + [0.0] * 10) for one in seen} == {1}
    weights = fit(seen)
    assert {one.place(weights) for one in seen} == {0} and weights[7] > 0
    assert fit([Seen("a", np.array([right]), np.array([True]))]) == (0.0,) * 11  # tells nothing
    assert Seen("a", np.array([wrong, right]), np.array([False, False])).place(weights) == 2


def test_a_bare_word_is_about_what_is_talked_of(bot: Bot) -> None:
    asked, history = ("can my parents stay for long on a super visa?", "insurance?", "cost"), list[Turn]()
    for question in asked:
        answer = bot.answer(question, history)
        history += [Turn(role="user", content=question), Turn(role="assistant", content=answer.answer)]
    assert not {"us-h1b", "permanent-residence", "express-entry"} & {program.id for program in answer.programs}
    assert "registration" not in answer.answer
    assert "1,590" not in answer.answer


def test_what_asks_nothing_has_less_say_by_what_it_finds_alone(bot: Bot) -> None:
    asked, history = ("do i need biometrics", "gave it 6 years ago"), list[Turn]()
    for question in asked:
        answer = bot.answer(question, history)
        history += [Turn(role="user", content=question), Turn(role="assistant", content=answer.answer)]
    assert "10 years" in answer.claims[0].text
    assert "h1b-open-work-permit-2023" not in {program.id for program in answer.programs}


def test_a_supposition_that_names_a_term_of_the_field_keeps_its_say(bot: Bot) -> None:
    asked = "my husband is on h4 with ead can he work in canada"
    history = [Turn(role="user", content=asked), Turn(role="assistant", content=bot.answer(asked).answer)]
    assert "TEER 2" in " ".join(claim.text for claim in bot.answer("what if i am teer 2", history).claims[:2])


def test_funds_for_a_family_of_another_size_are_not_put_first(bot: Bot) -> None:
    asked = "proof of funds for express entry family of 4"
    answer = bot.answer("and 2?", [Turn(role="user", content=asked), Turn(role="assistant", content=bot.answer(asked).answer)])
    assert "19,001" in answer.answer and "family of four" not in answer.answer


@pytest.mark.parametrize(
    ("asked", "then", "held"),
    [
        ("does my us work experience count for fsw", "2 yrs infosys pune + 3 yrs usa, can add?", "adds up"),
        ("can my partner count as common law after 12 months", "we had 3 wks apart for my india trip", "short"),
        ("what is iec, can an indian use it", "thru some organisation maybe?", "organisation"),
    ],
)
def test_what_a_message_leaves_to_the_conversation_is_no_reason_to_decline(bot: Bot, asked: str, then: str, held: str) -> None:
    history = [Turn(role="user", content=asked), Turn(role="assistant", content=bot.answer(asked).answer)]
    answer = bot.answer(then, history)
    assert answer.status in ("answered", "partial") and held in answer.answer


@pytest.mark.parametrize("asked", ["how long does gts take", "can my wife work in canada", "is the h1b open work permit still open"])
def test_the_conversation_is_no_part_of_what_speaks_of_something_else(bot: Bot, asked: str) -> None:
    history = [Turn(role="user", content=asked), Turn(role="assistant", content=bot.answer(asked).answer)]
    assert bot.answer("and australia?", history).status == "out_of_scope"
    assert bot.answer("is trump still president", history).status in ("partial", "not_found", "out_of_scope")
    assert bot.answer("best biryani in brampton", history).status in ("not_found", "out_of_scope")


def test_another_country_may_be_whose_citizens_are_meant(bot: Bot) -> None:
    asked = "do uk citizens need a visa for canada"
    history = [Turn(role="user", content=asked), Turn(role="assistant", content=bot.answer(asked).answer)]
    assert bot.answer("and australia?", history).status != "out_of_scope"


def test_what_is_held_against_an_answer_is_answered_of_what_that_was_about(bot: Bot) -> None:
    asked = "so the 2023 h1b open work permit cost 255 like other open permits?"
    history = [Turn(role="user", content=asked), Turn(role="assistant", content=bot.answer(asked).answer)]
    answer = bot.answer("but every open work permit has 100 dollar holder fee so 255", history)
    told = [claim.text for claim in answer.claims if "155" in claim.text]
    assert "2023" in answer.claims[0].text and "2023" in told[0] and "costs 255" not in told[0]


def test_two_things_in_a_later_message_are_each_read_behind_what_was_said_before(bot: Bot) -> None:
    asked, history = ("can i renew my 2023 h1b open work permit", "which form and how much", "and my wife?"), list[Turn]()
    for question in asked:
        answer = bot.answer(question, history)
        history += [Turn(role="user", content=question), Turn(role="assistant", content=answer.answer)]
    assert "IMM 5710" in answer.claims[0].text  # the form of a renewal, and not that for who represents somebody


def test_what_one_question_of_a_message_is_answered_with_is_told_to_the_next(bot: Bot) -> None:
    alike = {id: np.array(row) for id, row in ALIKE.items()}
    alone, after = (features("points?", [FEES, POINTS], alike, [], set(already)) for already in ([], [FEES.passage.id]))
    assert (after - alone).tolist() == [[0.0] * 8 + [1.0, 0.0, 0.0], [0.0] * 11]
    asked = "I am moving on a gts work permit. can my wife work"
    history = [Turn(role="user", content=asked), Turn(role="assistant", content=bot.answer(asked).answer)]
    answer = bot.answer("how does she apply and how long is it good for", history)
    assert any("Up to three years" in claim.text for claim in answer.claims)
