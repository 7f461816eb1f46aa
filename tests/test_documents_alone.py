"""An index of chosen documents answers in their words: what is known to be wrong in them is put right first, and may be read as history."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.chain import Bot, open_bot
from bot.documents import add_files, index_corpus
from bot.joins import ITS_WORDS
from bot.settings import Settings
from tests.conftest import new_home

ARTICLE = """# A summer of permits

Budget 2025 announced an accelerated pathway for H-1B holders, wrote our neighbor.

## The 2023 H-1B permit

In the summer of 2023 the government opened a door. For the open work permit of that year the only requirement was a valid H-1B visa.

## Days around the 2023 H-1B permit

The ferry from Pictou sailed at noon with three bakers on board.

## What a cousin said

Our reader Mina asks about today. H-1B holders can still apply for the 2023 open work permit, her cousin told her at a wedding.

## The plan for newcomers

A plan of autumn 2020 was generous. Canada aims to welcome 401,000 newcomers in 2021 and 411,000 in 2022, the ministry wrote.

## Where to look for a flat

Some hints for the first weeks:
- take a room for one month before you sign anything
- look in Halifax or in Moncton, where rents are lower than in Toronto and the trains are empty
- ask your employer whether it pays the move

## Who gains from the new pathway

Bakers of rye bread are among those whom the pathway suits, the ministry believes.

## A consultant remembers

The immigration consultant Ole Brandt of Gander keeps a goat. Refugees and Citizenship Canada has an office near his barn.

## For firms

A firm gets a work permit in as little as 10 days through the Global Talent Stream; toy makers tried it first, and GTS is still a pilot.
"""
AT = "2026-11-20"


@pytest.fixture(scope="module")
def alone(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Bot:
    """A bot over the article and nothing else."""
    folder = tmp_path_factory.mktemp("alone")
    (folder / "summer.md").write_text(ARTICLE, encoding="utf-8")
    settings = Settings(home=new_home(folder / "data", models), today=AT)
    index_corpus(settings, add_files([folder / "summer.md"], settings).ids)
    return open_bot(settings)


def test_what_was_said_of_an_ended_program_is_put_right_and_then_read(alone: Bot) -> None:
    said = alone.answer("what was the only requirement for the 2023 open work permit").answer
    assert (
        0
        <= said.index("asked for more than a valid H-1B")
        < said.index(ITS_WORDS)
        < said.index("For the open work permit of that year the only requirement")
    )


def test_an_old_plan_is_put_right_and_then_read(alone: Bot) -> None:
    said = alone.answer("how many newcomers did canada plan for 2022?").answer
    assert 0 <= said.index("380,000") < said.index(f"{ITS_WORDS} Canada aims to welcome 401,000 newcomers in 2021 and 411,000 in 2022")


def test_what_would_hold_today_is_put_right_and_not_read(alone: Bot) -> None:
    answer = alone.answer("can h1b holders still apply for the 2023 open work permit?")
    assert "closed on 17 July 2023" in answer.answer
    assert "can still apply" not in answer.answer


def test_the_line_of_a_list_that_answers_is_given_alone(alone: Bot) -> None:
    assert alone.answer("in which cities are rents lower than in toronto?").claims[0].text.startswith("Look in Halifax or in Moncton")


def test_what_is_put_right_in_passing_does_not_hide_what_is_asked_for(alone: Bot) -> None:
    """That somebody asks how fast it is, is another question, and there the sentence is not read."""
    said = alone.answer("which makers tried the global talent stream first?").answer
    read = said.index(ITS_WORDS)
    assert read < said.index("toy makers tried it first")
    assert said.index("two service standards") < read and said.index("permanent since Budget 2019") < read  # all that is wrong in it
    assert ITS_WORDS not in alone.answer("does the global talent stream give a work permit in 10 days?").answer


def test_where_a_program_stands_is_not_said_of_what_is_no_word_on_it(alone: Bot) -> None:
    ferry, permit = alone.answer("when did the ferry from pictou sail?"), alone.answer("what did the open work permit of 2023 require?")
    assert "sailed at noon" in ferry.answer and "closed on 17 July 2023" not in ferry.answer
    assert "closed on 17 July 2023" in permit.answer


def test_a_section_is_about_the_program_that_it_speaks_of(alone: Bot) -> None:
    """Not about one that another section named last, nor about a person's trade or a department's name."""
    about = {passage.heading: passage.program for passage in alone.index.passages if passage.kind == "section"}
    assert about["The 2023 H-1B permit"] == "h1b-open-work-permit-2023"
    assert about["Who gains from the new pathway"] == "h1b-accelerated-pathway"
    assert about["A consultant remembers"] == "general"
    assert about["For firms"] == "global-talent-stream"
