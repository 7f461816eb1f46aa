"""A long message: what it tells, and the questions in it, each answered."""

from __future__ import annotations

import re

import pytest

from bot.chain import Bot
from bot.story import Story, read

_FIELD = re.compile(
    r"\b(?:h-?1b|permit|wife|work|visa|lmia|express entry|nurses?|licen[cs]e|points|school|offer|citizenship)\b", re.IGNORECASE
)


def _read(message: str) -> Story | None:
    return read(
        message,
        lambda text: _FIELD.search(text) is not None,
        lambda text: "Express Entry" if "express entry" in text.lower() else "",
    )


def _questions(message: str) -> list[str]:
    """The first form of each question."""
    story = _read(message)
    assert story is not None
    return [question.forms[0] for question in story.questions]


def test_what_is_told_and_what_is_asked_are_told_apart() -> None:
    story = _read(
        "Hello sir. I am a registered nurse in Florida on H-1B since 2021. Does Canada give any priority to nurses under the new rules, "
        "and do I need a Canadian nursing licence before I apply?"
    )
    assert story is not None
    assert story.told == ("I am a registered nurse in Florida on H-1B since 2021.",)
    assert [question.forms[0] for question in story.questions] == [
        "Does Canada give any priority to nurses under the new rules?",
        "do I need a Canadian nursing licence before I apply?",
    ]
    assert story.questions[0].forms[1].startswith("I am a registered nurse in Florida")  # asked behind what was told too


def test_a_question_that_says_too_little_stands_behind_what_was_told() -> None:
    story = _read(
        "I am a Mexican engineer. Somebody says that with H-1B I can walk to the border with an offer letter and get a permit. "
        "Is it that simple?"
    )
    assert story is not None
    whole = story.questions[0].forms[-1]  # one question, which the message as it stands may say best
    assert story.questions[0].forms[0].endswith("get a permit. Is it that simple?") and whole.startswith("I am a Mexican engineer.")


def test_what_a_later_question_refers_to_is_the_question_before_it() -> None:
    message = (
        "My six years of H-1B end in April and nothing was filed for me by the company. What is the most realistic way to get a work "
        "permit at 41? Would it be slow? Where do they want my wife to apply?"
    )
    story = _read(message)
    assert story is not None
    assert story.questions[1].forms == ("What is the most realistic way to get a work permit at 41? Would it be slow?",)
    assert story.questions[2].forms[-1].startswith("My six years of H-1B end in April")  # "they" are somebody who was told of


def test_a_condition_before_a_question_is_part_of_it() -> None:
    message = (
        "If we move on a work permit and after eight months I get fired, do we have to leave right away? And what about my wife's permit "
        "and our son's school?"
    )
    assert [question.rpartition("away? ")[2] for question in _questions(message)] == [
        "If we move on a work permit and after eight months I get fired, do we have to leave right away?",
        "what about my wife's permit?",
        "what about our son's school?",
    ]


def test_a_question_that_changes_the_subject_needs_nothing_of_the_story() -> None:
    story = _read(
        "I am in Toronto on a closed work permit since February and hear of a better place. Can I just start there after giving notice? "
        "And how many points does a job offer bring in Express Entry?"
    )
    assert story is not None
    assert [question.apart for question in story.questions] == [False, True]


@pytest.mark.parametrize(
    "message",
    [
        "Do I need a job offer for Express Entry?",
        "I work in Quebec on a permit. How can I extend it?",
        "I hold an H-1B and my wife an H-4, we have two children and a house in Texas, and my permit for Canada was approved this week. "
        "Thank you for the kind help.",  # long, and asks nothing
        "My plan is to move to Vancouver on a work permit, let the H-1B lapse and come back after two years with a new petition. Will that "
        "payment touch me?",  # one question and what leads to it: it is read as it stands
    ],
)
def test_short_messages_and_those_with_one_thing_to_say_are_no_stories(message: str) -> None:
    assert _read(message) is None


def test_a_plea_for_help_is_no_question() -> None:
    message = (
        "I earn well on H-1B in Seattle and may get an offer. How long does a work permit take? What points does a wife bring? "
        "Can you help?"
    )
    assert len(_questions(message)) == 2


def test_saying_that_one_wants_to_know_asks_only_where_it_names_something() -> None:
    message = (
        "Just want to understand two things. My employer says they will file for a work permit and I joined nine months ago. Is that "
        "enough for them? What does my wife need?"
    )
    assert [question.rpartition("ago. ")[2] for question in _questions(message)] == ["Is that enough for them?", "What does my wife need?"]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "I'm already in Toronto on a closed work permit since February. Another company offers me more. Can I just change "
            "employers after giving notice? And how much is the fee for citizenship?",
            ["must apply for a new work permit before changing jobs", r"649\.75|653\.75"],
        ),
        (
            "We hold passports of India, my extension has been pending since July and my I-94 runs out in January. Friends marry in "
            "Vancouver at Christmas. Do Indian citizens on H-1B need a visa for Canada, and how much is the citizenship fee?",
            ["needs a Canadian visitor visa", r"649\.75|653\.75"],
        ),
        (
            "I have an old DUI from 2016 in New Jersey. Everything else is strong, three years of H-1B at a large company. Would they even "
            "let me in for the work permit and for PR later?",
            ["driving under the influence"],
        ),
    ],
)
def test_each_question_of_a_story_is_answered(bot: Bot, message: str, said: list[str]) -> None:
    answer = bot.answer(message)
    assert [pattern for pattern in said if not re.search(pattern, answer.answer)] == [], answer.answer


def test_the_question_that_is_not_answered_is_named(bot: Bot) -> None:
    message = (
        "We plan to come to Toronto next year by the Global Talent Stream with two dogs and a cat. How long does the Global Talent Stream "
        "take? And does copper wire corrode in salt water?"
    )
    answer = bot.answer(message)
    assert "10 business days" in answer.answer
    assert any("does copper wire corrode in salt water?" in caveat for caveat in answer.caveats), answer.caveats


def test_what_is_asked_after_a_supposition_is_a_question_of_its_own() -> None:
    asked = _questions(
        "I have been on H-1B since 2017 with an approved petition. My wife works too and we have a daughter in third grade. "
        "If I get a Canadian permit, can we land and come back to work, and what happens to my US green card line meanwhile?"
    )
    assert asked == ["If I get a Canadian permit, can we land and come back to work?", "what happens to my US green card line meanwhile?"]


def test_what_is_asked_of_somebody_who_was_told_of_is_a_question_though_it_names_nothing() -> None:
    asked = _questions(
        "A company in Waterloo says that it would hire me with an LMIA. They are small and have never hired a foreigner. "
        "What would they have to do, and is it realistic to have a permit before my sixty days are gone?"
    )
    assert len(asked) == 2
    assert asked[0].endswith("What would they have to do?")


def test_one_passage_for_both_questions_is_not_put_as_an_answer_to_the_second(bot: Bot) -> None:
    answer = bot.answer(
        "Last year I applied for a Canadian visitor visa and got refused because they thought I wouldn't leave. "
        "I had forgotten to mention a UK visa refusal from 2015 on the form. Now I'm ready to file for permanent residence through "
        "Express Entry. Do I need to declare both refusals, and could the earlier omission be treated as misrepresentation?"
    )
    assert answer.claims[0].join == ""
    assert "has to be declared" in answer.claims[0].text
