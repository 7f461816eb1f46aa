"""What is offered to ask next: questions on the matter that were not asked, and not answered, in the conversation."""

from __future__ import annotations

import pytest

from bot.answer import Answer, Turn
from bot.chain import Bot


def talk(bot: Bot, *messages: str) -> list[Answer]:
    turns: list[Turn] = []
    answers: list[Answer] = []
    for message in messages:
        answers.append(bot.answer(message, turns))
        turns += [Turn(role="user", content=message), Turn(role="assistant", content=answers[-1].answer)]
    return answers


@pytest.mark.parametrize(
    "messages",
    [
        (
            "What is International Experience Canada?",
            "Which countries are in International Experience Canada?",
            "what is a recognised organisation in International Experience Canada",
        ),
        ("Can my spouse work in Canada?", "Can my spouse work for any employer on a spousal open work permit?", "how long does it take"),
    ],
)
def test_no_question_is_offered_that_was_asked_or_answered_before(bot: Bot, messages: tuple[str, ...]) -> None:
    answers = talk(bot, *messages)
    quoted: set[str] = set()
    for number, answer in enumerate(answers):
        quoted |= {citation.passage_id for citation in answer.citations}
        asked = {message.lower().rstrip("?") for message in messages[: number + 1]}
        headings = {bot.index.passages.by_id[id].heading for id in quoted}
        assert len(answer.follow_ups) == 3
        assert headings.isdisjoint(answer.follow_ups)
        assert asked.isdisjoint(question.lower().rstrip("?") for question in answer.follow_ups)


def test_a_long_conversation_on_one_matter_does_not_run_out_of_questions(bot: Bot) -> None:
    messages = ["What is the Global Talent Stream?"]
    for _ in range(5):  # whoever asks what is offered is offered something else each time
        offered = talk(bot, *messages)[-1].follow_ups
        assert len(offered) == 3 and not set(offered) & set(messages)
        messages.append(offered[0])


def test_what_is_on_another_matter_is_not_offered(bot: Bot) -> None:
    assert bot.answer("can my dog come").follow_ups == ()  # what else was found for it is of parents and children


def test_after_a_french_answer_no_question_is_offered_twice(bot: Bot) -> None:
    first, second = talk(bot, "C'est quoi le Volet des talents mondiaux?", "combien ça coûte?")
    assert first.follow_ups and second.follow_ups
    quoted = {c.heading for answer in (first, second) for c in answer.citations}
    assert quoted.isdisjoint(second.follow_ups)


@pytest.mark.parametrize("message", ["do they pay relocation", "what are the steps?"])
def test_a_vague_question_is_not_asked_back_about_what_few_hold(bot: Bot, message: str) -> None:
    answer = bot.answer(message)
    assert answer.status == "clarify" and not any(name in answer.asks_back for name in ("Renewal of", "US$", "grace period"))


def test_a_form_that_no_source_names_is_not_told_by_what_the_permit_is(bot: Bot) -> None:
    bridging, renewal = talk(bot, "what is BOWP", "which form")[-1], talk(bot, "renew 2023 h1b permit", "which form?")[-1]
    assert bridging.status != "answered"
    assert "IMM 5710" in renewal.answer
