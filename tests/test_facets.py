"""What of a thing is asked for: what follows a refusal, its papers, a list of ways. What only knows the thing does not answer."""

from __future__ import annotations

import pytest

from bot.chain import Bot

_AGAIN = "may apply again at any time"
_WORK_PERMIT = "whose Canadian work permit was refused may send a new application"  # the rule for every application, under its own heading
_NO_BAR = "each application is decided on its own"


@pytest.mark.parametrize(
    "asked",
    [
        "what if my super visa is refused",
        "my visitor visa got rejected what now",
        "can i reapply after my work permit was denied",
        "what happens if they reject my study permit",
        "my pgwp got refused",
    ],
)
def test_after_a_refusal_the_rule_for_every_application_is_told(bot: Bot, asked: str) -> None:
    answer = bot.answer(asked)
    assert any(rule in answer.answer for rule in (_AGAIN, _WORK_PERMIT, _NO_BAR)) and "2023" not in answer.claims[0].text


def test_a_refusal_in_the_story_is_not_what_is_asked_about(bot: Bot) -> None:
    answer = bot.answer("my h1b was denied, which canada options do i have")
    assert _AGAIN not in answer.answer and "Express Entry" in answer.answer


def test_a_refused_h1b_is_no_refused_canadian_application(bot: Bot) -> None:
    for asked in ("my h1b got rejected", "if my h1b is denied can i go to canada"):
        assert "shuts out" in bot.answer(asked).claims[0].text, asked


@pytest.mark.parametrize("program", ["provincial nominee program", "bridging open work permit", "intra company transfer"])
def test_who_asks_for_papers_that_no_source_lists_is_not_told_what_the_program_is(bot: Bot, program: str) -> None:
    answer = bot.answer(f"what documents do i need for {program}")
    assert answer.status == "not_found" and not answer.claims


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("wat papers for gts work permit", "Annex A"),
        ("which documents does my wife need for her open work permit", "marriage certificate"),
        ("documents needed after express entry invitation", "police certificates"),
    ],
)
def test_papers_that_a_source_lists_are_told(bot: Bot, asked: str, told: str) -> None:
    answer = bot.answer(asked)
    assert answer.status == "answered" and told in answer.answer


def test_a_list_that_is_asked_for_is_given_whole(bot: Bot) -> None:
    answer = bot.answer("laid off last week from h1b, wat r my optoins in canada")
    assert answer.answer.count("\n- ") == 4 and "job offer" in answer.answer
    assert "\n- " not in bot.answer("i was laid off from h1b and want to move to canada").answer


@pytest.mark.parametrize("asked", ["steps to get canada pr from h1b", "how do i apply for a spouse open work permit"])
def test_how_to_begin_is_answered_by_the_steps(bot: Bot, asked: str) -> None:
    answer = bot.answer(asked)
    assert answer.status == "answered" and "closed on 17 July 2023" not in answer.answer


@pytest.mark.parametrize("asked", ["i want to move to canada", "can you help me move to canada", "what are my options from h1b"])
def test_few_words_that_are_our_own_question_are_answered(bot: Bot, asked: str) -> None:
    answer = bot.answer(asked)
    assert answer.status == "answered" and "Global Talent Stream" in answer.answer


@pytest.mark.parametrize("asked", ["hi need help", "help me pls", "i have a question", "hello can you help me out?"])
def test_a_cry_for_help_is_told_what_can_be_asked(bot: Bot, asked: str) -> None:
    assert bot.answer(asked).status == "smalltalk"


def test_help_with_something_is_a_question(bot: Bot) -> None:
    answer = bot.answer("need help with express entry")
    assert answer.status == "answered" and "skilled workers" in answer.claims[0].text
