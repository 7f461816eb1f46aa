"""Whose citizenship it is: what a heading says of Indian citizens answers no American, wherever born."""

from __future__ import annotations

import pytest

from bot.answer import Turn
from bot.chain import Bot


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
