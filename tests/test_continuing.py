"""What comes first of what was found for a follow-up: what was typed has a say in it, and its weights are fitted on conversations."""

from __future__ import annotations

import numpy as np
import pytest

from bot.answer import Turn
from bot.chain import Bot
from bot.continuing import Weights, best_first, features
from corpus.model import Passage
from eval.tune_followups import Seen, fit
from index.keywords import terms
from index.search import Hit


def hit(text: str, score: float) -> Hit:
    passage = Passage(id=f"s#{text}", source_id="s", title="T", headings=("H",), text=text)
    return Hit(passage, score, 0.0, 0.0, 0.0, 0.0, 0.0, (), frozenset(terms(text)))


FEES, POINTS, DATES = hit("permit fees", 0.9), hit("permit points", 0.8), hit("deadlines", 0.7)


def test_the_words_typed_and_their_own_search_are_weighed_against_the_order_found() -> None:
    alone = [hit("permit points", 0.5), hit("permit fees", 0.4)]
    assert features("points?", [FEES, POINTS, DATES], alone) == [
        (0.4, 0 / 1),
        (0.5, 1 / 1),
        (pytest.approx(0.4 - 0.03), 0 / 1),  # not found alone: a little less than the last that was
    ]
    weights = Weights(alone=0.5, typed=0.1)  # fees 0.9 + 0.2; points 0.8 + 0.25 + 0.1; deadlines 0.7 + 0.185
    assert best_first("points?", [FEES, POINTS, DATES], alone, weights) == [POINTS, FEES, DATES]
    assert best_first("points?", [FEES, POINTS, DATES], alone, Weights(alone=0.0, typed=0.0)) == [FEES, POINTS, DATES]


def test_where_nothing_typed_tells_anything_the_order_is_that_of_the_search() -> None:
    assert best_first("and then?", [FEES, POINTS, DATES], []) == [FEES, POINTS, DATES]


def test_a_follow_up_is_answered_though_the_conversation_was_about_another_thing(bot: Bot) -> None:
    history = [Turn(role="user", content="h1b lottery changed?"), Turn(role="assistant", content="The H-1B selection is weighted by wage.")]
    answer = bot.answer("how much is registration", history)
    assert answer.status == "answered" and answer.claims[0].text.startswith("215 US dollars")


def test_a_bare_how_long_is_answered_of_what_was_spoken_of_and_not_of_what_alone_it_is_nearest_to(bot: Bot) -> None:
    history = [
        Turn(role="user", content="can i get child benefit in canada as temp worker"),
        Turn(role="assistant", content="Yes, in time."),
    ]
    assert bot.answer("after how long", history).citations[0].source_id == "cra-newcomers"


def test_what_stands_alone_in_a_conversation_is_answered_as_if_it_were_the_first(bot: Bot) -> None:
    question = "Do I need a job offer for Express Entry?"
    history = [Turn(role="user", content="is quebec's PEQ open"), Turn(role="assistant", content="The PEQ ended on 19 November 2025.")]
    assert bot.understand(question, history).typed == () and bot.understand("and the fee?", history).typed
    assert bot.answer(question, history).answer == bot.answer(question).answer


def test_weights_are_those_that_put_first_what_holds_the_facts() -> None:
    """In each the search prefers the passage that does not hold them; the words typed tell them apart, the search alone does not."""
    seen = [Seen(f"c{n}", np.array([(0.9, 0.5, 0.0), (0.8, 0.5, 1.0)]), np.array([False, True])) for n in range(8)]
    assert not any(one.right((1.0, 0.0, 0.0)) for one in seen)
    weights = fit(seen)
    assert all(one.right(weights) for one in seen) and weights[2] > 0
    assert fit([Seen("c", np.array([(0.9, 0.5, 0.0)]), np.array([True]))])[1:] == (0.0, 0.0)  # tells nothing


def test_a_bare_word_is_about_what_is_talked_of(bot: Bot) -> None:
    asked, history = ("can my parents stay for long on a super visa?", "insurance?", "cost"), list[Turn]()
    for question in asked:
        answer = bot.answer(question, history)
        history += [Turn(role="user", content=question), Turn(role="assistant", content=answer.answer)]
    assert not {"us-h1b", "permanent-residence", "express-entry"} & {program.id for program in answer.programs}
    assert "registration" not in answer.answer
    assert "1,590" not in answer.answer


def test_what_asks_nothing_has_less_say_by_what_it_finds_alone(bot: Bot) -> None:
    asked, history = ("do i need biometrics", "gave it 6 years ago"), list[Turn]()
    for question in asked:
        answer = bot.answer(question, history)
        history += [Turn(role="user", content=question), Turn(role="assistant", content=answer.answer)]
    assert "10 years" in answer.claims[0].text
    assert "h1b-open-work-permit-2023" not in {program.id for program in answer.programs}


def test_a_supposition_that_names_a_term_of_the_field_keeps_its_say(bot: Bot) -> None:
    asked = "my husband is on h4 with ead can he work in canada"
    history = [Turn(role="user", content=asked), Turn(role="assistant", content=bot.answer(asked).answer)]
    assert "TEER 2" in bot.answer("what if i am teer 2", history).claims[0].text


def test_funds_for_a_family_of_another_size_are_not_put_first(bot: Bot) -> None:
    asked = "proof of funds for express entry family of 4"
    answer = bot.answer("and 2?", [Turn(role="user", content=asked), Turn(role="assistant", content=bot.answer(asked).answer)])
    assert "19,001" in answer.answer and "family of four" not in answer.answer
