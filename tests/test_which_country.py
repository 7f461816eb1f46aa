"""Whose rules are asked about: an employer's country, and what is the United States' where Canada has the same by that name."""

from __future__ import annotations

import pytest

from bot import scope
from bot.answer import Turn
from bot.chain import Bot


@pytest.mark.parametrize(
    "question",
    [
        "I have H1B so I can work remotely for a Toronto company while visiting, yes?",
        "can I work for a Canadian startup on my visitor status remotely from Vancouver",
        "cn i work remotly for toronto startup on visitor visa",
        "as a tourist in montreal can i do online work for a canadian firm",
        "im visiting my brother in calgary, ok to work for a company there meanwhile?",
        "peut-on travailler pour un employeur canadien comme touriste",
    ],
)
def test_a_visitor_may_not_work_for_a_canadian_employer(bot: Bot, question: str) -> None:
    answer = bot.answer(question)
    assert answer.claims[0].text.startswith(("No, not without a work permit", "Non, pas sans permis de travail"))
    assert not any(claim.text.startswith("Yes") for claim in answer.claims)


@pytest.mark.parametrize("pushed", ["are you really sure?", "the border officer told me it is allowed"])
def test_that_no_holds_when_somebody_objects(bot: Bot, pushed: str) -> None:
    asked = "I have H1B so I can work remotely for a Toronto company while visiting, yes?"
    history = [Turn(role="user", content=asked), Turn(role="assistant", content=bot.answer(asked).answer)]
    assert bot.answer(pushed, history).claims[0].text.startswith("No, not without a work permit")


def test_work_for_a_canadian_employer_from_the_us_is_no_visitor_s_work(bot: Bot) -> None:
    answer = bot.answer("Can I work for my Canadian employer remotely from the US while waiting for my work permit?")
    assert answer.claims[0].text.startswith("Not on the H-1B alone")


def test_a_visitor_may_work_for_an_employer_in_the_us(bot: Bot) -> None:
    assert bot.answer("can I work remotely for my US company while visiting Toronto").claims[0].text.startswith("Yes, within limits")


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("How much is the US citizenship fee?", "649.75"),
        ("how much to naturalise in america", "649.75"),
        ("what is the fee for a Canadian passport", "119.75"),
        ("what is the US tourist visa fee", "100 Canadian dollars"),
        ("what is the biometrics fee for US visa", "85 Canadian dollars"),
        ("how many days must I be in US to keep my green card", "730"),
        ("How long is a US work permit valid", "three years"),
        ("american work permit validity", "three years"),
        ("How long does US citizenship take", "1,095"),
    ],
)
def test_what_the_us_ask_is_not_told_in_figures_of_canada(bot: Bot, question: str, figure: str) -> None:
    answer = bot.answer(question)
    assert answer.status == "not_found"
    assert not any(figure in claim.text for claim in answer.claims[:2])


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("How much is citizenship fee", "649.75"),
        ("how much does a visitor visa for canada cost", "100 Canadian dollars"),
        ("how many days in canada to keep PR", "730"),
        ("how much is the h1b lottery registration fee", "215"),
    ],
)
def test_the_figures_that_are_held_are_told(bot: Bot, question: str, figure: str) -> None:
    assert figure in bot.answer(question).claims[0].text


@pytest.mark.parametrize("question", ["Does Express Entry exist in the US?", "does the usa have express entry", "does the us have a pnp"])
def test_canada_s_programs_are_no_american_ones(bot: Bot, question: str) -> None:
    assert bot.answer(question).claims[0].text.startswith("No: Express Entry, the LMIA")


def test_a_canadian_permit_gives_no_work_in_the_us(bot: Bot) -> None:
    assert bot.answer("can i work in america with canadian open work permit").claims[0].text.startswith("No: a Canadian work permit")


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("us passport renewal fee", True),
        ("how do i renew my green card", True),
        ("how long is a us work permit valid", True),
        ("how much is an eTA if I have a green card", False),  # what somebody has
        ("I cannot get a green card, what are my options", False),
        ("how long is the green card queue", False),
        ("how much is a canadian visa with a us visa", False),
        ("how long can the two of us keep our permits", False),
    ],
)
def test_a_paper_of_the_us_is_asked_about_or_only_named(text: str, asks: bool) -> None:
    assert scope.asks_of_the_us(text) is asks
