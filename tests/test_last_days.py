"""Who holds what can be renewed until a day that is near is told the day, whatever they asked."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.answer import Turn
from bot.chain import Bot, open_bot
from bot.compose import Piece
from bot.last_days import last_days, to_be_told
from bot.settings import Settings
from corpus.model import Passage, Program

LAST = "16 December 2026, that day included, is the last day to apply to renew"


@pytest.fixture(scope="module")
def late(home: Path) -> Bot:
    """As on a day of November 2026."""
    return open_bot(Settings(home=home, today="2026-11-27"))


def program(id: str, name: str) -> Program:
    return Program(id=id, name=name, standing="open", since="", as_of="2026-01-01", source="s")


def passage(program: str, text: str, until: str = "2026-12-16") -> Passage:
    return Passage(id=f"s#{program}", source_id="s", title="T", headings=("H",), text=text, program=program, valid_until=until)


PROGRAMS = {one.id: one for one in (program("renewal", "Renewal of the pilot"), program("pilot", "the pilot"), program("other", "Other"))}
SAYS = passage("renewal", "16 December 2026 is the last day to renew a permit of the pilot. Ask early.")
SHOWN = [Piece(passage("pilot", "The pilot gave three years."), 0, 27, 0.9)]


def test_a_renewal_that_ends_soon_is_told_to_those_who_hold_the_permit() -> None:
    days = last_days([SAYS], PROGRAMS, lambda text: ["pilot"] if "pilot" in text else [])
    told = to_be_told("i got mine for 18 months only", SHOWN, days, date(2026, 11, 27))
    assert told is not None and told.quote == "16 December 2026 is the last day to renew a permit of the pilot."
    assert to_be_told("how many places did the pilot have", SHOWN, days, date(2026, 11, 27)) is None  # nobody who holds one asks
    assert to_be_told("i got mine for 18 months only", SHOWN, days, date(2026, 8, 1)) is None  # far off
    assert to_be_told("i got mine for 18 months only", SHOWN, days, date(2026, 12, 17)) is None  # over
    assert to_be_told("i got mine for 18 months only", [*SHOWN, told], days, date(2026, 11, 27)) is None  # said
    assert to_be_told("my score", [Piece(passage("other", "It has rounds."), 0, 14, 0.9)], days, date(2026, 11, 27)) is None


def test_only_a_section_on_a_renewal_that_opens_with_its_day_says_so() -> None:
    def told_of(passage: Passage) -> set[str]:
        return set(last_days([passage], PROGRAMS, lambda name: ["pilot"] if name == "the pilot" else []))

    assert told_of(passage("renewal", "Two pages give 16 December 2026.")) == set()
    assert told_of(passage("other", SAYS.text)) == set()
    assert told_of(passage("renewal", SAYS.text, until="")) == set()
    assert told_of(SAYS) == {"renewal", "pilot"}


@pytest.mark.parametrize(
    "question",
    [
        "i got the open permit in july 23 but it was cut short because my passport was expiring",
        "can my wife file under my 2023 h1b open work permit as family",
    ],
)
def test_the_last_day_for_2023_permits_is_told_with_its_source(late: Bot, question: str) -> None:
    answer = late.answer(question)
    claim = next(claim for claim in answer.claims if claim.text.startswith(LAST))
    assert any(citation.quote.startswith(LAST) for citation in answer.citations if citation.number in claim.citations)


def test_it_is_said_once_and_only_where_it_matters(late: Bot) -> None:
    asked = late.answer("what is the last day to renew my 2023 h1b open work permit").answer
    assert asked.count(LAST) == 1
    assert LAST not in late.answer("how many people applied for the 2023 h1b open work permit").answer
    history = [Turn(role="user", content="how many crs points does my masters give"), Turn(role="assistant", content="135.")]
    assert LAST not in late.answer("and my bachelors?", history).answer
