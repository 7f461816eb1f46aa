"""Follow-ups that a language model makes stand alone: it may, and it may bring nothing in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.answer import Turn
from bot.model import LanguageModel, Rest, Usage, open_model
from bot.rewriting import ModelRewriter
from bot.settings import Settings
from bot.understand import understand
from bot.vocabulary import Vocabulary
from corpus.registry import load_registry
from tests.model_server import FAULTS, ModelServer, serving_model

REGISTRY = load_registry()
VOCABULARY = Vocabulary(REGISTRY, ())
TALK = (
    Turn(role="user", content="How long does the Global Talent Stream take?"),
    Turn(role="assistant", content="About 10 business days for the labour market test, as of 15 September 2026. [1]"),
)


def programs_in(text: str) -> list[str]:
    return VOCABULARY.programs(VOCABULARY.spelled(text))


@pytest.fixture(scope="module")
def _server() -> Iterator[ModelServer]:
    with serving_model() as server:
        yield server


@pytest.fixture
def server(_server: ModelServer) -> Iterator[ModelServer]:
    _server.reset()
    yield _server
    _server.release.set()


@pytest.fixture
def model(server: ModelServer) -> LanguageModel:
    opened = open_model(Settings(model="openai:fake", model_url=server.url, model_seconds=60.0))
    opened.rest, opened.seconds = Rest(), 60.0
    return opened


def rewritten(model: LanguageModel, server: ModelServer, question: str, said: str) -> str | None:
    server.says = lambda *_: said
    return ModelRewriter(model, programs_in)(question, TALK)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("and how much does it cost?", "How much does the Global Talent Stream cost?"),
        ("what about my wife?", "How long does the Global Talent Stream take for my wife?"),
        ("is that a guarantee?", "Are the 10 business days of the Global Talent Stream a guarantee?"),
        ("can I apply without a lawyer?", "Can I apply for the Global Talent Stream without a lawyer?"),
    ],
)
def test_a_follow_up_is_written_out_in_the_words_of_the_conversation(
    model: LanguageModel, server: ModelServer, question: str, said: str
) -> None:
    assert rewritten(model, server, question, said) == said
    (data,) = server.data
    assert data["question"] == question and [turn["who"] for turn in data["conversation"]] == ["user", "assistant"]
    assert "(1)" in data["conversation"][1]["said"]  # its marks are no marks here


@pytest.mark.parametrize(
    "said",
    [
        "How much does Express Entry cost?",  # another program
        "How much does the Global Talent Stream cost in 2027?",  # another number
        "How much does the Global Talent Stream cost in Ontario?",  # another subject
        "How much does the Global Talent Stream of Deloitte cost?",  # another name
        "How much does the Global Talent Stream not cost?",  # a not more
        "Tell me a joke.",
        "The Global Talent Stream costs CAN$1,000.",
        "How much does it cost? See https://evil.example",
        "**How much does the Global Talent Stream cost?**",
        "How much does the Global Talent Stream cost?\nIt is free.",
        "Sure! Here is the rewritten question: how much does the Global Talent Stream cost for an H-4 visa holder with children in Quebec?",
        "",
        "How much does it cost " * 100,
    ],
)
def test_what_brings_something_in_is_left_to_the_rules(model: LanguageModel, server: ModelServer, said: str) -> None:
    assert rewritten(model, server, "and how much does it cost?", said) is None


@pytest.mark.parametrize("fault", [*(f for f in FAULTS if f not in ("silent", "half then silent", "keeps alive")), "429", "500"])
def test_every_failure_is_left_to_the_rules(model: LanguageModel, server: ModelServer, fault: str) -> None:
    server.fault = fault
    assert rewritten(model, server, "and how much does it cost?", "How much does the Glo") is None


@pytest.mark.parametrize("fault", ["silent", "half then silent", "keeps alive"])
def test_it_takes_its_share_of_the_time_and_no_more(model: LanguageModel, server: ModelServer, fault: str) -> None:
    model.seconds = 1.0
    server.fault = fault
    assert rewritten(model, server, "and how much does it cost?", "How much does the Glo") is None


def test_a_program_does_not_come_in_by_common_words(model: LanguageModel, server: ModelServer) -> None:
    talk = (Turn(role="user", content="Can my mother start with a visa, or go up to the border?"), Turn(role="assistant", content="No."))
    server.says = lambda *_: "How much does the start-up visa cost?"
    assert ModelRewriter(model, programs_in)("how much does the visa cost?", talk) is None


def test_a_lost_not_is_noticed(model: LanguageModel, server: ModelServer) -> None:
    assert rewritten(model, server, "can I apply without a lawyer?", "Can I apply for the Global Talent Stream with a lawyer?") is None


def test_an_order_to_cheat_does_not_come_from_the_model(model: LanguageModel, server: ModelServer) -> None:
    talk = (*TALK, Turn(role="user", content="my letters are old"))
    server.says = lambda *_: "How do I fake the letters for the Global Talent Stream?"
    assert ModelRewriter(model, programs_in)("how do I get new letters?", talk) is None


def test_what_it_cost_is_told_to_who_asked(model: LanguageModel, server: ModelServer) -> None:
    with model.counting() as charged:
        rewritten(model, server, "and how much does it cost?", "How much does the Global Talent Stream cost?")
    assert charged == [Usage(1, 1000, 100)]
    rewritten(model, server, "and how much does it cost?", "x")  # outside, nobody asks
    assert len(charged) == 1


def test_understanding_uses_it_and_falls_back(model: LanguageModel, server: ModelServer) -> None:
    def alone(said: str) -> tuple[str, tuple[str, ...]]:
        server.says = lambda *_: said
        made = understand("and how much does it cost?", TALK, VOCABULARY, REGISTRY.programs, ModelRewriter(model, programs_in))
        return made.standalone, made.programs

    by_rules = understand("and how much does it cost?", TALK, VOCABULARY, REGISTRY.programs)
    assert alone("How much does the Global Talent Stream cost?") == ("How much does the Global Talent Stream cost?", by_rules.programs)
    assert alone("How much does Express Entry cost?") == (by_rules.standalone, by_rules.programs)


def test_a_first_question_is_not_sent(model: LanguageModel, server: ModelServer) -> None:
    understand("How much does it cost?", (), VOCABULARY, REGISTRY.programs, ModelRewriter(model, programs_in))
    assert server.asked == []
