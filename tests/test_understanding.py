"""What a message asks: several questions at once, a story before a question, words as people type them."""

from __future__ import annotations

import pytest

from bot.answer import Turn
from bot.chain import Bot

PERMIT = "h1b-open-work-permit-2023"


@pytest.mark.parametrize(
    "text, named",
    [
        ("my i140 is approved but eb2 date is 2013. is the 2023 h1b open work permit still going on?", (PERMIT,)),
        ("i am on stem opt in texas. from which day did that hundred thousand dollar payment begin for petitions", ()),
        ("I have the 2023 h1b open work permit. how long is it valid?", (PERMIT,)),
        ("do i need a medical exam again if i did one for my us green card", ()),
        ("can i get a work permit if i have the 2023 h1b open work permit", (PERMIT,)),
    ],
)
def test_a_story_does_not_decide_which_program_is_asked_about(bot: Bot, text: str, named: tuple[str, ...]) -> None:
    assert bot.understand(text).named == named


def test_a_long_story_is_answered(bot: Bot) -> None:
    answer = bot.answer(
        "Hello sir, from Chennai, in Dallas since 2019 on h1b, my i140 is approved but eb2 date is like 2013. last week my roommate said "
        "there is one canada permit where you dont need any employer. please tell is that 2023 h1b open permit still going on"
    )
    assert answer.status == "answered" and "closed on 17 July 2023" in answer.claims[0].text


@pytest.mark.parametrize(
    "text, read",
    [
        ("hw mch mony 4 fam of 5", "hw mch mony for fam of 5"),
        ("how 2 get a pcc b4 i apply", "how to get a pcc before i apply"),
        ("bank balance for a fam of 4 pr", "bank balance for a fam of 4 pr"),
        ("is it 4 or 5 years", "is it 4 or 5 years"),
        ("fees in 2024 and 2 kids", "fees in 2024 and 2 kids"),
        ("since when does the super visa exist", "when was the super visa introduced"),
        ("since when is there a super visa", "since when is there a super visa"),
        ("since when can i apply", "since when can i apply"),
    ],
)
def test_digits_that_stand_for_words_and_what_other_languages_ask_are_written_out(bot: Bot, text: str, read: str) -> None:
    understood = bot.understand(text)
    assert (understood.question, understood.standalone) == (text, read)


def test_no_sentence_is_said_twice_for_two_questions(bot: Bot) -> None:
    answer = bot.answer("what does the global talent stream lmia cost? who pays the global talent stream lmia?")
    assert len({(c.passage_id, c.start) for c in answer.citations}) == len(answer.citations)


@pytest.mark.parametrize(
    "question, first, never",
    [
        # The rule that turns the question round is not said under its own "Yes".
        ("do i lose canadian pr if i stay in usa with h1b", "730 days", "Yes, for a time"),
        # A heading about another citizenship is about somebody else.
        ("canada work permit for indian nurse in texas", "", "Mexican citizen needs"),
        # What held once is no part of what holds now.
        ("crs points for job offer now?", "adds no points", "600: from the start"),
    ],
)
def test_what_resembles_the_question_is_not_its_answer(bot: Bot, question: str, first: str, never: str) -> None:
    answer = bot.answer(question)
    assert first in answer.answer.split("\n")[0]
    assert never not in answer.answer


def test_something_new_in_a_follow_up_is_not_answered_with_what_was_said_before(bot: Bot) -> None:
    told = [Turn(role="user", content="can my wife on h4 work in canada"), Turn(role="assistant", content="…")]
    assert bot.answer("and what about our dog", told).status == "not_found"
    assert bot.answer("and what about our kids", told).status != "not_found"


@pytest.mark.parametrize(
    "text, question",
    [
        ("Support desk: a client asks whether she can renew her permit. What do I tell her", "she can renew her permit?"),
        ("my friend wants to know if he can apply from texas", "he can apply from texas?"),
        ("a customer asked how long gts takes, what should i say", "how long gts takes?"),
        ("HR here. Can we hire somebody on H-1B?", "Can we hire somebody on H-1B?"),
        # What is no report is left as it stands.
        ("HR asks for my status papers, is that normal", "HR asks for my status papers, is that normal"),
        ("my friend got his permit. can i get one", "my friend got his permit. can i get one"),
    ],
)
def test_what_is_asked_for_somebody_else_is_read_as_they_would_ask(bot: Bot, text: str, question: str) -> None:
    assert bot.understand(text).standalone == question


def test_a_story_is_searched_where_the_question_after_it_names_nothing(bot: Bot) -> None:
    wordings = bot.understand("Our lawyer in New Jersey says he handles Canada also. Is that allowed?").parts[0]
    assert any("new jersey" in wording and "allowed" not in wording for wording in wordings)
    named = bot.understand("Budget 2025 promised a new route. Should I wait or go ahead with Express Entry?").parts[0]
    assert all("Express Entry".lower() in wording.lower() for wording in named)


def test_a_misspelt_place_changes_the_place_of_the_last_question(bot: Bot) -> None:
    history = (Turn(role="user", content="does alberta have a tech route"), Turn(role="assistant", content="Yes."))
    assert "saskatchewan" in bot.understand("and saskatchewen", history).standalone.lower()


def test_who_goes_on_telling_is_asked_what_is_wanted(bot: Bot) -> None:
    history = (Turn(role="user", content="how do i check if a consultant is licensed"), Turn(role="assistant", content="In the register."))
    answer = bot.answer("i already bought him lunch and a coffee", history)
    assert answer.status != "out_of_scope"


def test_bc_before_a_reason_is_no_province(bot: Bot) -> None:
    holder = "i actually got the 2023 open work permit, but only for 2.5 yrs bc of my passport. can i extend"
    assert "bc-pnp" not in bot.understand(holder).programs
    history = [Turn(role="user", content=holder), Turn(role="assistant", content="Yes, but only up to three years in total.")]
    assert "bc-pnp" not in bot.understand("which form and how much", history).programs
    for province in ("is bc the best for pnp", "can my wife get msp in bc my employer pays", "pnp bc or ontario"):
        assert "because" not in " ".join(bot.understand(province).parts[0])


def test_both_of_two_things_in_a_few_words_are_answered(bot: Bot) -> None:
    said = bot.answer("biometrics price and expiry").answer
    assert "85 Canadian dollars" in said and "ten years" in said.replace("10 years", "ten years")
