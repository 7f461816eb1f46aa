"""A question that has no answer before one thing is known is asked back, with what holds in each case."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bot.answer import Turn
from bot.chain import Bot
from bot.splits import Splits
from corpus.check import check
from corpus.errors import CorpusError
from corpus.model import Branch, Split
from corpus.registry import BUNDLED, load_registry
from eval.evidence import evidence_of
from eval.grounding import ground

JOB = Split(
    "job-lost",
    "In the United States or in Canada?",
    (("lost", "fired"), ("job",)),
    ("days", "long"),
    (
        Branch("In the US", "I lost my H-1B job?", ("us", "h1b"), "a#one"),
        Branch("In Canada", "I lost a job in Canada?", ("canada",), "b#two"),
    ),
)


def copied_corpus(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUNDLED, tmp_path / "corpus", ignore=shutil.ignore_patterns("*.py", "__pycache__")))


@pytest.mark.parametrize(
    "question, asked_back, branches",
    [
        ("do i need a job offer", "Which way do you have in mind?", 4),
        ("lost my job, how many days do i have", "Was the job in the United States or in Canada?", 2),
        ("husband job allowed?", "On which status would the worker be?", 4),
        ("how much does it cost?", "What do you want to apply for?", 4),
        ("can my parnets join me", "To visit, or to stay?", 3),  # spelt as people spell
    ],
)
def test_what_is_said_for_each_case_is_a_sentence_of_a_section(bot: Bot, question: str, asked_back: str, branches: int) -> None:
    answer = bot.answer(question)
    assert (answer.status, answer.asks_back) == ("partial", asked_back)
    assert answer.answer.startswith(f"That depends. {asked_back}")
    assert len(answer.claims) == len(answer.follow_ups) == branches
    assert not any("may not answer all" in caveat for caveat in answer.caveats)
    grounding = ground(
        answer, evidence_of(bot.index.passages, [c.passage_id for c in answer.citations], bot.programs.values(), bot.sources)
    )
    assert grounding.supported == grounding.sentences == branches and grounding.whole and not grounding.unsupported


@pytest.mark.parametrize(
    "question",
    [
        "lost my job in Toronto, how many days do i have",
        "do i need a job offer for the global talent stream",
        "do i need a job offer letter on letterhead",
        "can my wife work on a visitor visa",
        "how much does the biometrics appointment cost",
    ],
)
def test_a_question_that_says_more_is_answered_as_it_stands(bot: Bot, question: str) -> None:
    assert not bot.answer(question).asks_back


def test_a_choice_is_asked_in_full(bot: Bot) -> None:
    first = bot.answer("lost my job how many days do i have")
    told = [Turn(role="user", content=first.question), Turn(role="assistant", content=first.answer)]
    answer = bot.answer("it was in the usa, h1b", told)
    assert answer.standalone_question == "How long can I stay in the US after losing my H-1B job?"
    assert "60" in answer.claims[0].text
    assert bot.answer("in canada", told).standalone_question == "I lost my job in Canada: what happens to my work permit?"


@pytest.mark.parametrize(
    "question, reply, asks",
    [  # each pair asks back in the same words
        ("how long does it take", "permanent residence", "How long does IRCC take to process an Express Entry application?"),
        ("how much does it cost", "permanent residence", "How much does Express Entry cost for one adult?"),
        ("do they count my experience", "cec", "Can I use US H-1B experience for the Canadian Experience Class?"),
        ("how much money should be in bank", "cec", "Do I need proof of funds for the Canadian Experience Class?"),
        ("am i eligible", "with an employer", "Can an H-1B holder in the United States use the Global Talent Stream?"),
    ],
)
def test_a_choice_belongs_to_the_cases_that_were_given(bot: Bot, question: str, reply: str, asks: str) -> None:
    first = bot.answer(question)
    told = [Turn(role="user", content=question), Turn(role="assistant", content=first.answer)]
    assert bot.answer(reply, told).standalone_question == asks


def test_another_question_after_it_is_no_choice(bot: Bot) -> None:
    first = bot.answer("lost my job how many days do i have")
    told = [Turn(role="user", content=first.question), Turn(role="assistant", content=first.answer)]
    assert "super visa" in bot.answer("what is a super visa", told).answer
    for question in ("Is the H-1B open work permit still open?", "what does the 2023 h1b open work permit cost"):
        assert bot.answer(question, told).standalone_question.startswith(question)


def test_in_a_conversation_the_topic_decides(bot: Bot) -> None:
    answer = bot.answer(
        "how much does it cost?", [Turn(role="user", content="what is the super visa"), Turn(role="assistant", content="…")]
    )
    assert not answer.asks_back


def test_as_of_a_past_day_nothing_is_asked_back(bot: Bot) -> None:
    assert not bot.answer("do i need a job offer", at="2024-03-01").asks_back


def test_it_needs_a_word_of_each_group_and_no_other() -> None:
    splits = Splits({JOB.id: JOB}, {"a#one", "b#two"})
    assert splits.find("i was fired from my job how long") is JOB
    assert splits.find("i was fired") is None
    assert splits.find("i lost my job and my passport") is None


def test_without_two_sections_there_is_nothing_to_choose_between() -> None:
    assert Splits({JOB.id: JOB}, {"a#one"}).find("lost my job") is None


def test_a_reply_that_means_both_or_neither_chooses_nothing() -> None:
    splits = Splits({JOB.id: JOB}, {"a#one", "b#two"})
    asked = f"That depends. {JOB.question}\n\nIn the US:\nUp to 60 days. [1]\n\nIn Canada:\nNone. [2]"
    assert splits.meant(asked, "canada") is JOB.branches[1]
    assert splits.meant(asked, "us or canada") is None
    assert splits.meant(asked, "thanks") is None
    assert splits.meant("It costs 155 dollars.", "canada") is None
    assert splits.meant(asked, "canada?") is JOB.branches[1]
    assert splits.meant(asked, "is canada cold?") is None
    assert splits.meant(asked, "can they stay in canada?") is None  # asks of somebody, and chooses nothing


def test_every_section_that_is_named_is_there_and_every_number_stands_in_it(tmp_path: Path) -> None:
    folder = copied_corpus(tmp_path)
    path = folder / "splits.toml"
    path.write_text(
        path.read_text().replace("#how-long-can-i-stay-in-the-us", "#how-long-may-i-stay", 1).replace("10,000 places", "12,000 places")
    )
    named = set(re.findall(r'"([\w-]+)#', path.read_text()))
    for brief in (folder / "briefs").rglob("*.md"):
        if brief.stem not in named:
            brief.unlink()  # without the briefs that no choice is between, it is quicker to check
    found = [problem.message for problem in check(folder) if problem.file == "splits.toml"]
    assert any("no section has the id" in message for message in found)
    assert any("12,000" in message for message in found)


def test_a_split_with_one_branch_or_a_source_that_is_not_registered_is_refused(tmp_path: Path) -> None:
    folder = copied_corpus(tmp_path)
    (folder / "splits.toml").write_text('[[split]]\nid = "x"\nquestion = "Which?"\nneeds = ["a"]\n')
    with pytest.raises(CorpusError, match="at least two"):
        load_registry(folder)
