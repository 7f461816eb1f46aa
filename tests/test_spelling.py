"""Misspelt questions: put right where it is plain what is meant, left alone where it is not."""

from __future__ import annotations

import pytest

from bot.chain import Bot
from bot.vocabulary import Vocabulary
from corpus.registry import load_registry


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary(load_registry(), ("Can I extend my permit?", "Who pays for biometrics?"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("how mutch is biometrcs", "how much is biometrics"),
        ("globel talent streem", "global talent stream"),
        ("how meny yeers can i stey", "how many years can i stay"),
        ("wich provinse is esiest", "which province is easiest"),
        ("is it stil opn", "is it still open"),
        ("super viza", "super visa"),
        ("permit w/o job offer", "permit without job offer"),
        ("i am curently laid of, wat nxt", "i am currently laid of what next"),
        ("ppl wit 2 yr diplom", "people wit 2 year diploma"),
    ],
)
def test_what_is_plainly_meant(vocabulary: Vocabulary, typed: str, meant: str) -> None:
    assert vocabulary.spelled(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "labour market impact assessment",
        "who supervises consultants",
        "infosys wipro raghunathan",
        "tcs eb2 wes ircc",
        "loose quite",
        "dependant",
        "mera naam priya",
        "gst hst cpp phd",
    ],
)
def test_names_codes_and_right_words_stay(vocabulary: Vocabulary, typed: str) -> None:
    changed = [(a, b) for a, b in zip(typed.split(), vocabulary.spelled(typed).split(), strict=True) if a != b]
    assert changed in ([], [("mera", "mere")])  # four letters of another language may be near an English word


@pytest.mark.parametrize(
    ("typed", "status", "quoted"),
    [
        ("is the h1b opn wrk permt stil open", "answered", "closed on 17 July 2023"),
        ("how mutch is biometrcs", "answered", "85 Canadian dollars"),
        ("gts proccesing tme", "answered", "10 business days"),
        ("lst stem drw expres entry wen", "answered", "11 April 2024"),
        ("do i aply or my emploier for gts", "answered", "the Canadian employer files the LMIA application"),
    ],
)
def test_a_misspelt_question_is_answered_as_the_right_one(bot: Bot, typed: str, status: str, quoted: str) -> None:
    answer = bot.answer(typed)
    assert answer.status == status and quoted in answer.claims[0].text
