"""Two versions of a corpus, and what the difference says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from corpus.diff import changes, report, values
from corpus.model import Passage
from index.build import build_index
from tests.test_index import WordLengths

FEE = Passage("fees#permit", "fees", "Fees", ("Fee",), "A work permit costs CAN$155 until 1 December 2026.", program="work-permit")
CAP = Passage("owp#cap", "owp", "Permit", ("Cap",), "The permit took 10,000 applications.", program="owp-2023")


def test_nothing_changed() -> None:
    found = changes([FEE, CAP], [CAP, FEE])
    assert (found.added, found.removed, found.reworded, found.programs, found.relied_on) == ((), (), (), (), False)
    assert list(report(found)) == ["no passage changed"]


def test_a_new_date_of_knowledge_or_place_is_no_change() -> None:
    assert list(report(changes([FEE], [replace(FEE, as_of="2026-11-22", position=4, id="fees#permit-2")]))) == ["no passage changed"]


def test_an_added_passage_is_told_and_breaks_nothing() -> None:
    found = changes([FEE], [FEE, CAP])
    assert (found.added, found.programs, found.relied_on) == ((CAP,), ("owp-2023",), False)


def test_a_removed_passage_is_relied_on() -> None:
    found = changes([FEE, CAP], [FEE])
    assert (found.removed, found.programs, found.relied_on) == ((CAP,), ("owp-2023",), True)


def test_a_changed_number_and_date_are_picked_out() -> None:
    new = replace(FEE, text="A work permit costs CAN$185 until December 31, 2026.")
    found = changes([FEE, CAP], [new, CAP])
    (one,) = found.reworded
    assert (one.gone, one.come) == (("2026-12-01", "CAN$155"), ("2026-12-31", "CAN$185"))
    assert found.relied_on
    assert list(report(found)) == [
        "reworded fees#permit",
        "  numbers and dates: 2026-12-01, CAN$155 -> 2026-12-31, CAN$185",
        "  - A work permit costs CAN$155 until 1 December 2026.",
        "  + A work permit costs CAN$185 until December 31, 2026.",
        "programs: work-permit",
        "0 removed, 1 reworded (1 with other numbers or dates), 0 added",
    ]


def test_other_words_with_the_same_numbers_are_not_relied_on() -> None:
    found = changes([FEE], [replace(FEE, text="The fee of a work permit is CAN$155 until December 1, 2026.")])
    assert (len(found.reworded), found.relied_on) == (1, False)


def test_a_shifted_numbered_id_is_not_taken_for_another_passage() -> None:
    first, second = replace(FEE, id="f#q"), replace(CAP, id="f#q-2", source_id="fees")
    new = replace(FEE, id="f#q", text="Photographs are to be in colour.")
    found = changes([first, second], [new, replace(first, id="f#q-2"), replace(second, id="f#q-3")])
    assert (found.added, found.removed, found.reworded) == ((new,), (), ())


def test_the_end_of_validity_counts_as_a_date() -> None:
    found = changes([CAP], [replace(CAP, valid_until="2026-12-16")])
    assert (found.reworded[0].come, found.relied_on) == (("2026-12-16",), True)


def test_one_of_two_equal_passages_removed_is_seen() -> None:
    assert len(changes([FEE, replace(FEE, id="fees#permit-2")], [FEE]).removed) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("US$100,000 and CAN$653.75", ["CAN$653.75", "US$100000"]),
        ("16 December 2026, Dec. 16, 2026 and 2026-12-16", ["2026-12-16"] * 3),
        ("up to three years from July 2023", ["2023-07", "3"]),
        ("5 per cent, 5% or 12 percent", ["12%", "5%", "5%"]),
        ("H-1B holders in 60 days, in 2026.", ["2026", "60"]),
        ("Apply at the office; one person", []),
    ],
)
def test_values(text: str, expected: list[str]) -> None:
    assert sorted(values(text).elements()) == expected


def test_the_command_compares_the_live_build_with_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORTHBOUND_HOME", str(tmp_path))
    assert "no index yet" in CliRunner().invoke(main, ["corpus", "diff"]).output
    build_index(tmp_path, [FEE, CAP], WordLengths())
    assert "no earlier build" in CliRunner().invoke(main, ["corpus", "diff"]).output
    build_index(tmp_path, [replace(FEE, text="A work permit costs CAN$185 until 1 December 2026."), CAP], WordLengths())
    done = CliRunner().invoke(main, ["corpus", "diff"])
    assert done.exit_code == 1
    assert "numbers and dates: CAN$155 -> CAN$185\n" in done.output
    build_index(tmp_path, [replace(FEE, text="A work permit costs CAN$185 until 1 December 2026."), CAP], WordLengths())
    done = CliRunner().invoke(main, ["corpus", "diff"])
    assert (done.exit_code, done.output) == (0, "no passage changed\n")
