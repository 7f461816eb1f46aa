"""Whose citizenship it is: what a heading says of Indian citizens answers no American, wherever born."""

from __future__ import annotations

import pytest

from bot.answer import Turn
from bot.chain import Bot
from bot.others import people_in, told_of_the_asker
from tests.talking import talk


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("born in china but i am us citizen do i need visa for canada", "a US citizen travelling with a valid US passport needs neither"),
        ("i am a us citizen born in india do i need visa for canada", "a US citizen travelling with a valid US passport needs neither"),
        ("i was born in dubai with indian passport do i need a visa for canada", "A citizen of India needs a Canadian visitor visa"),
        ("my husband has mexican passport can he get cusma", "a Mexican citizen can use a CUSMA work permit"),
    ],
)
def test_the_citizenship_decides_and_not_the_place_of_birth(bot: Bot, typed: str, first: str) -> None:
    assert first.lower() in bot.answer(typed).claims[0].text.lower()


def test_what_is_said_of_other_citizenships_is_no_answer(bot: Bot) -> None:
    assert bot.answer("do nigerians need visa for canada").status == "not_found"


def test_what_is_said_of_many_citizenships_is_an_answer_for_each(bot: Bot) -> None:
    assert "the Philippines" in bot.answer("do filipinos on h1b need visa to fly to canada").answer


def test_a_girlfriend_is_an_unmarried_partner(bot: Bot) -> None:
    answer = bot.answer("gf lives with me 2 years can i bring her")
    assert answer.status == "answered" and "common-law" in answer.answer


def test_what_holds_for_every_nationality_is_an_answer_for_each(bot: Bot) -> None:
    asked = "my company has an office in vancouver can they transfer me"
    history = [Turn(role="user", content=asked), Turn(role="assistant", content=bot.answer(asked).answer)]
    assert "every nationality" in bot.answer("does my passport matter, im vietnamese", history).claims[0].text


# What was told of who asks


def test_what_was_told_of_somebody_else_tells_nothing_of_who_asks() -> None:
    assert told_of_the_asker("do i need a visa", ["My wife is a US citizen.", "is it open"]) == ()
    assert told_of_the_asker("do i need a visa", ["i am chinese. is it open", "what does it cost"]) == ("i am chinese.",)
    assert told_of_the_asker("do mexicans need a visa", ["i am chinese"]) == ()
    assert told_of_the_asker("does my friend need a visa", ["i am chinese"]) == ()
    assert told_of_the_asker("does my wife lose hers", ["My permit expired last week. What now?"]) == ("My permit expired last week.",)


@pytest.mark.parametrize(
    "asked", ["ohip for new PRs has no wait now, so as visitor i am covered as well?", "im a visitor in toronto, ohip wait?"]
)
def test_a_visitor_is_not_told_what_holds_for_workers(bot: Bot, asked: str) -> None:
    first = bot.answer(asked).claims[0].text
    assert "a visitor has neither" in first or first.startswith("No page seen"), first


def test_who_says_that_a_permit_has_expired_is_not_told_what_holds_before(bot: Bot) -> None:
    expired = "my permit inside canada expired 3 weeks ago, what now"
    assert "restoration" in bot.answer(expired).answer.lower()
    for asked in ("can i work while waiting for that", "can i work meanwhile"):
        first = talk(bot, expired, asked).claims[0].text
        assert "restor" in first and "may not work" in first, first
    later = talk(bot, "i applied to extend my work permit, can i keep working", "what if i forgot and it already expired 20 days ago")
    assert later.standalone_question == "what if i forgot and my work permit already expired 20 days ago"
    assert "restoration" in later.answer.lower()


def test_a_couple_is_told_the_amount_for_two(bot: Bot) -> None:
    for asked in ("how much money do i need to show if it's just me and my wife applying for federal skilled worker",):
        assert "19,001" in bot.answer(asked).claims[0].text
    assert people_in("me and my wife") == people_in("my wife and I") == {2}
    assert people_in("me, my wife and 2 kids") == {4}
    assert people_in("me and my wife and parents") == frozenset()
