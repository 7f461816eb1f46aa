"""Who holds what can be renewed until a day that is near, and asks about its time, is told the day; after it nothing says yes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.answer import Turn
from bot.chain import Bot, open_bot
from bot.last_days import last_days, to_be_told
from bot.pieces import Piece
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


def test_it_is_told_once_in_a_conversation_and_to_those_who_ask_how_long() -> None:
    days = last_days([SAYS], PROGRAMS, lambda text: ["pilot"] if "pilot" in text else [])
    november = date(2026, 11, 27)
    assert to_be_told("mine was cut short, what now", SHOWN, days, november) is not None
    assert to_be_told("mine was cut short, what now", SHOWN, days, november, ["The last day is 16 December 2026. [1]"]) is None
    assert to_be_told("can i go to the border with mine", SHOWN, days, november) is None  # asks nothing of its time


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
        "my 2023 permit runs out next spring, what now",
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


@pytest.fixture(scope="module")
def after(home: Path) -> Bot:
    """As on a day after the last one to renew a 2023 permit."""
    return open_bot(Settings(home=home, today="2026-12-20"))


@pytest.mark.parametrize(
    "question",
    [
        "can i still renew my 2023 h1b open work permit",
        "deadline to extend h1b open permit pls",
        "is it too late to renew h1b owp",
        "is the h1b owp renewal still open",
        "can my wife renew her h1b family permit",
        "which deadlines are near",
        "how much is renewing the 2023 h1b permit",
    ],
)
def test_after_the_last_day_an_answer_says_first_that_it_is_over(after: Bot, question: str) -> None:
    answer = after.answer(question)
    assert answer.claims[0].text.startswith("Renewal of the 2023 H-1B open work permit ended on 16 December 2026")
    assert "is the last day" not in answer.answer and "Yes" not in answer.answer and "16 December 2024" not in answer.answer
    assert {p.id: p.standing for p in answer.programs}["h1b-owp-renewal"] == "closed"


def test_it_is_over_in_french_too_and_in_the_list_of_programs(after: Bot, late: Bot) -> None:
    assert after.answer("quel est le dernier jour pour renouveler le permis h1b").answer.startswith("Le renouvellement")
    assert (late.programs["h1b-owp-renewal"].standing, after.programs["h1b-owp-renewal"].standing) == ("open", "closed")


def test_on_the_last_day_that_is_said_first(home: Path) -> None:
    answer = open_bot(Settings(home=home, today="2026-12-16")).answer("can i still renew my 2023 h1b open work permit")
    assert answer.answer.startswith("16 December 2026 is the last day on which this holds.\n\nYes")


@pytest.mark.parametrize(
    ("question", "figure"),
    [("how many nominations does alberta have this year", "6,403"), ("how many temporary workers will canada take", "230,000")],
)
def test_what_was_for_a_year_that_is_over_is_said_to_be_so(home: Path, late: Bot, question: str, figure: str) -> None:
    told = "What our sources tell of this held until 31 December 2026; what has held since then they do not say:"
    answer = open_bot(Settings(home=home, today="2027-01-05")).answer(question)
    assert answer.answer.startswith(told) and figure in answer.answer
    assert told not in late.answer(question).answer


def test_when_it_closes_is_said_without_the_correction_of_another_day(late: Bot) -> None:
    answer = late.answer("when does the renewal for the h1b owp close")
    assert answer.claims[0].text.startswith(LAST) and "renewal window" not in answer.answer
