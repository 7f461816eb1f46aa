"""Several questions in one message: where it may come apart, and how each is read."""

from __future__ import annotations

import re

import pytest

from bot.chain import Bot
from bot.explain import explain
from bot.several import of_each_place, of_each_thing, segments


def spans(text: str) -> list[str]:
    return [text[start:end] for start, end in segments(text)]


def asked(bot: Bot, text: str) -> list[str]:
    """What is read as a question of its own."""
    return [wordings[0] for wordings in bot.search(bot.understand(text)).understood.parts]


# Where a message may come apart


@pytest.mark.parametrize(
    "text",
    [
        "can i and my wife both work?",
        "Do I need a job offer, a degree and funds?",
        "difference between cec and fsw",
        "biometrics fee for me and wife",
        "funds for me, wife and 2 kids express entry",
        "What does the Global Talent Stream cost, and who pays?",
        "Must I already be in Calgary, or will a signed offer do while I am in Denver?",
        "I work in Quebec and can I extend my permit",
        "did 1 yr masters at waterloo. can i get PGWP now",
        "We moved here in May. My wife is a nurse. Can she work?",
        "working holiday + gss fast processing possible?",
        "",
    ],
)
def test_what_asks_one_thing_stays_whole(text: str) -> None:
    assert spans(text) == [text]


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("bridging permit length and cost", ["bridging permit length", "cost"]),
        ("PR card validity, days in Canada", ["PR card validity", "days in Canada"]),
        (
            "super visa: insurance amount and can mummy work in canada on it",
            ["super visa: insurance amount", "can mummy work in canada on it"],
        ),
        ("how many yrs do they give n my husband can work or not", ["how many yrs do they give", "my husband can work or not"]),
        ("can i switch company later? also weekend 2nd job ok or no", ["can i switch company later?", "also weekend 2nd job ok or no"]),
        (
            "I am on H-1B. I will go first, family will follow in summer. Is that allowed? Do they apply too, and can kids go to school?",
            [
                "I am on H-1B. I will go first, family will follow in summer. Is that allowed?",
                "Do they apply too",
                "can kids go to school?",
            ],
        ),
    ],
)
def test_each_place_where_another_question_may_begin_is_found(text: str, apart: list[str]) -> None:
    assert spans(text) == apart


def test_no_more_questions_than_an_answer_has_room_for() -> None:
    assert len(spans("? ".join(["what is the fee"] * 9) + "?")) == 4


def test_a_message_of_commas_is_whole() -> None:
    assert spans("a, " * 1300) == ["a, " * 1300]


@pytest.mark.parametrize(
    ("text", "each"),
    [
        ("health card waiting time bc vs ontario", ["health card waiting time bc", "health card waiting time ontario"]),
        ("is it better to live in Vancouver or Toronto", ["is it better to live in Vancouver or Toronto"]),
    ],
)
def test_a_few_words_on_two_provinces_ask_it_of_each(text: str, each: list[str]) -> None:
    assert of_each_place(text) == each


@pytest.mark.parametrize(
    ("text", "each"),
    [
        (
            "do i need medical, biometrics and police certificate for work permit?",
            ["do i need medical for work permit", "do i need biometrics for work permit", "do i need police certificate for work permit"],
        ),
        (
            "what are the fees for pr and citizenship in canada",
            ["what are the fees for pr in canada", "what are the fees for citizenship in canada"],
        ),
        ("do we need a visa or eta to enter canada", ["do we need a visa or eta to enter canada"]),  # one of the two
        ("what do I need for me and my wife in canada", ["what do I need for me and my wife in canada"]),
        ("Do I need a job offer, a degree and funds?", ["Do I need a job offer, a degree and funds?"]),  # for what?
    ],
)
def test_what_is_asked_of_several_things_is_asked_of_each(text: str, each: list[str]) -> None:
    assert of_each_thing(text) == each


# What is another question


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("eca validity yrs n canada degree crs bonus", ["eca validity yrs", "canada degree crs bonus"]),
        ("biometrics price and expiry", ["biometrics price", "expiry"]),
        ("gts processing time, can spouse work", ["gts processing time", "can spouse work"]),
        (
            "how long does it take and what does it cost to become a citizen",
            ["how long does it take – Canadian citizenship?", "what does it cost to become a citizen"],
        ),
        (
            "proof of funds amount single person EE and does CEC need it",
            ["proof of funds amount single person EE", "does CEC need proof of funds amount single person"],
        ),
        # The cost of one application; a family's own savings; and what will become of what is asked about.
        ("spouse work permit fee and biometrics cost", ["spouse work permit fee", "biometrics cost"]),
        ("settlement funds, four people", ["settlement funds, four people"]),
        (
            "can my depression make me inadmissible for PR, will they reject",
            ["can my depression make me inadmissible for PR, will they reject"],
        ),
        (
            "Which paper do two unmarried people sign, and what shows that they share a home?",
            ["Which paper do two unmarried people sign, and what shows that they share a home?"],
        ),
    ],
)
def test_what_finds_another_passage_and_is_answered_by_it_is_another_question(bot: Bot, text: str, parts: list[str]) -> None:
    assert asked(bot, text) == parts


@pytest.mark.parametrize(
    ("text", "both"),
    [
        ("Can I order the American police record while here on H-1B, and how recent must it be when I file?", ["FBI", "six months"]),
        (
            "How long must I have worked for them before an intra-company transfer, and how many years could I then stay?",
            ["one year", "five years"],
        ),
        ("bridging permit price and who qualifies", ["155", "completeness check"]),
        ("do i need ielts and eca for express entry if i studied in usa", ["approved language test", "needs an ECA"]),
        (
            "lost my job on h1b yesterday how many days i can stay in US and is 3 month severance add to it",
            ["60 consecutive days", "severance"],
        ),
    ],
)
def test_a_later_question_is_read_as_the_next_message_of_a_conversation(bot: Bot, text: str, both: list[str]) -> None:
    answer = bot.answer(text)
    assert [fact for fact in both if not re.search(fact, answer.answer, re.IGNORECASE)] == [], answer.answer
    assert "second question:" in answer.answer


def test_what_one_section_tells_of_both_is_told_once(bot: Bot) -> None:
    answer = bot.answer("super visa for mom and dad income needed and insurance cost").answer
    assert "shows income" in answer and "100,000 Canadian dollars" in answer and "second question" not in answer


def test_each_question_is_explained_by_its_own_search(bot: Bot) -> None:
    explained = explain(bot, "bridging permit price and who qualifies")
    assert [one.hits[0].passage_id.partition("#")[0] for one in explained.questions] == ["ircc-bowp", "ircc-bowp"]
    assert len({one.hits[0].passage_id for one in explained.questions}) == 2
    for one in explained.questions:
        assert all(sum(hit.parts.values()) == pytest.approx(hit.score, abs=1e-9) for hit in one.hits)


def test_both_provinces_are_answered_for(bot: Bot) -> None:
    said = bot.answer("health card waiting time bc vs ontario").answer
    assert "plus two months" in said and "three-month waiting period" in said
