"""A follow-up is made to stand alone: what it is about is taken from the conversation and said in words."""

from __future__ import annotations

import re
import time

import pytest

from bot import scope
from bot.answer import Turn
from bot.followups import StandAlone, stand_alone
from corpus.model import Program

PILOT = Program("pilot", "2023 pilot", "closed", "2023-07-17", "2026-01-01", "s", replaced_by="pathway", aliases=("h1b pilot",))
PATHWAY = Program("pathway", "accelerated pathway", "announced", "2025-11-04", "2026-01-01", "s", aliases=("new h1b pathway",))
ENTRY = Program("entry", "Express Entry", "open", "", "2026-01-01", "s", aliases=("ee",))
FEES = Program("fees", "Government fees", "open", "", "2026-01-01", "s", aliases=("application fee",))
PROGRAMS = {p.id: p for p in (PILOT, PATHWAY, ENTRY, FEES)}

OPEN = ("Is the h1b pilot still open?", "No, it closed on 17 July 2023.")


def named_in(text: str) -> list[str]:
    """Programs whose name or alias stands in the text, in order of appearance."""
    forms = {p.id: "|".join((p.name, *p.aliases)) for p in PROGRAMS.values()}
    found = {i: re.search(rf"\b(?:{form})\b", text, re.IGNORECASE) for i, form in forms.items()}
    return [i for _, i in sorted((m.start(), i) for i, m in found.items() if m)]


def said(*contents: str) -> list[Turn]:
    """A conversation: the user speaks first, then by turns."""
    return [Turn(role="assistant" if n % 2 else "user", content=content) for n, content in enumerate(contents)]


def alone(question: str, *history: str) -> StandAlone:
    return stand_alone(question, said(*history), PROGRAMS, named_in, scope.speaks_of_the_field)


def test_without_a_history_a_question_stays_as_it_is() -> None:
    assert alone("and how much is it?") == StandAlone("and how much is it?", "and how much is it?")


@pytest.mark.parametrize(
    "question",
    ["what about my wife?", "and my wife?", "how much is it", "when did it close", "who can extend that?", "how long does it take", "why?"],
)
def test_a_follow_up_takes_its_program_from_the_conversation(question: str) -> None:
    made = alone(question, *OPEN)
    assert made.text == f"{question.rstrip('?')} – about the 2023 pilot?"
    assert (made.typed, made.named, made.inferred) == (question, (), ("pilot",))
    assert made.previous == OPEN[0]
    assert made.context == OPEN


@pytest.mark.parametrize(
    "question",
    [
        "What language test do I need for permanent residence in Ontario?",
        "How many days must a permanent resident live in Canada to become a citizen?",
        "How is the weather-related emergency pay of nurses taxed?",
    ],
)
def test_a_question_of_its_own_starts_afresh(question: str) -> None:
    assert alone(question, *OPEN) == StandAlone(question, question)


@pytest.mark.parametrize(
    "question",
    ["What language test does Express Entry ask of my husband?", "Is Express Entry the same for married people who bring two children?"],
)
def test_a_question_that_names_its_own_program_and_subject_starts_afresh(question: str) -> None:
    made = alone(question, *OPEN)
    assert (made.named, made.inferred, made.context) == (("entry",), (), ())


@pytest.mark.parametrize("question", ["and for Express Entry?", "what about ee?", "and Express Entry", "ok and for ee"])
def test_and_for_another_program_asks_the_last_question_again_about_it(question: str) -> None:
    made = alone(question, *OPEN)
    assert (made.text, made.named) == ("Is the Express Entry still open?", ("entry",))
    assert made.context == ()  # the old program is not searched for any more


def test_a_fee_in_the_last_question_is_not_the_program_that_is_swapped() -> None:
    made = alone("and for Express Entry?", "What is the application fee for the h1b pilot?", "It was 155 dollars.")
    assert made.text == "What is the application fee for the Express Entry?"


def test_and_for_another_program_with_words_of_its_own_keeps_them() -> None:
    made = alone("what about the cost of Express Entry?", *OPEN)
    assert made.text.startswith("what about the cost of Express Entry") and made.named == ("entry",)


@pytest.mark.parametrize(
    "question", ["no i meant the new one", "no, I meant the new one.", "not that, the new one", "I mean the accelerated one"]
)
def test_what_was_meant_is_asked_instead(question: str) -> None:
    made = alone(question, *OPEN)
    assert (made.text, made.named) == ("Is the accelerated pathway still open?", ("pathway",))


@pytest.mark.parametrize("question", ["and the old one?", "no i meant the 2023 one", "no, the first one", "what about the previous one"])
def test_the_old_one_is_the_one_before(question: str) -> None:
    assert alone(question, "Is the accelerated pathway open?", "No opening has been published.").text == "Is the 2023 pilot open?"


def test_a_question_about_the_new_one_keeps_its_own_words() -> None:
    assert alone("how much is the new one?", *OPEN).text == "how much is the accelerated pathway?"


def test_a_correction_by_name_asks_about_the_name() -> None:
    assert alone("I was asking about Express Entry", *OPEN).text == "Is the Express Entry still open?"


def test_a_correction_without_a_program_keeps_what_was_said() -> None:
    assert alone("i meant for my wife", *OPEN).text == "for my wife (Is the h1b pilot still open)?"


@pytest.mark.parametrize(
    "opening",
    ["different question: ", "Ok, another topic, ", "never mind. ", "forget that, ", "one last thing: ", "changing the subject - "],
)
def test_a_switch_of_topic_leaves_the_conversation_behind(opening: str) -> None:
    assert alone(f"{opening}what is the fee", *OPEN) == StandAlone("what is the fee", "what is the fee")


def test_thanks_before_a_question_are_not_part_of_it() -> None:
    assert alone("thanks, and how do I renew it?", *OPEN).text == "and how do I renew it – about the 2023 pilot?"


def test_the_latest_program_counts_and_the_users_word_before_the_answers() -> None:
    history = ("Is the h1b pilot open?", "No. Express Entry is.", "Is the accelerated pathway open?", "No. Express Entry is.")
    assert alone("how much is it?", *history).inferred == ("pathway",)


def test_an_answers_program_counts_where_the_user_named_none() -> None:
    assert alone("how much is it?", "which route needs no job offer?", "Express Entry needs none.").inferred == ("entry",)


def test_a_conversation_without_programs_is_still_searched_with_its_words() -> None:
    made = alone("and for two people?", "how much money must I show?", "15,263 dollars for one person.")
    assert made.inferred == () and "how much money must I show?" in made.context


@pytest.mark.parametrize(
    ("question", "history", "text"),
    [
        ("How is it made?", ("Tell me about pine honey.",), "How is pine honey made?"),
        ("What are its uses?", ("What is pine honey?",), "What are pine honey's uses?"),
        # What stood alone last is the topic, through any number of follow-ups; what the last one adds stands behind.
        (
            "Why is it dark?",
            ("Tell me about pine honey.", "Bees make it.", "How is it made?", "From honeydew."),
            "Why is pine honey dark (made)?",
        ),
        ("and the colours?", ("Can you tell me about pine honey?",), "and the colours (pine honey)?"),
        # Of a conversation that is not about the field, a short question leans though it names nothing of the field.
        ("Which grades sell?", ("Tell me about pine honey.",), "Which grades sell (pine honey)?"),
    ],
)
def test_a_follow_up_without_a_program_takes_the_topic_of_the_conversation(question: str, history: tuple[str, ...], text: str) -> None:
    assert alone(question, *history).text == text


def test_in_a_conversation_of_the_field_a_short_question_about_something_else_stays_as_it_is() -> None:
    assert alone("Which grades sell?", "How much is a work permit?").text == "Which grades sell?"


def test_two_hundred_turns_are_read_in_a_moment() -> None:
    history = [text for n in range(99) for text in (f"What is the cut-off of Express Entry in round {n}?", "It was 500.")]
    began = time.perf_counter()
    assert alone("how much is it?", *history, *OPEN).inferred == ("pilot",)
    assert time.perf_counter() - began < 0.5


def test_a_history_of_answers_alone_is_no_conversation() -> None:
    history = [Turn(role="assistant", content="Hello. Ask me about the 2023 pilot.")]
    assert stand_alone("how much is it?", history, PROGRAMS, named_in, scope.speaks_of_the_field).text == "how much is it?"
