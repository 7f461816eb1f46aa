"""Bars say what a run must reach and why; a hard one is broken by one case, and over a part of the cases chance is given its due."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.gate import BARS, Bar, GateError, judge, read_bars, told, verdicts
from eval.metrics import MEASURES, Measured
from eval.saved import read_run
from tests.conftest import Command
from tests.saved_run import CLOSED, write_run, write_set
from tests.small_bot import closed, not_found

BOTH = {**CLOSED, "sources": ["manual", "paper"]}
SOFT = Bar("right", "It was 0.9 once.", least=0.8)
HARD = Bar("leaks", "Never.", most=0.0, hard=True)


def got(value: float, low: float, high: float, n: int = 50) -> dict[str, dict[str, Measured]]:
    return {"all": {name: Measured(value, low, high, n, n) for name in MEASURES}}


@pytest.mark.parametrize(
    ("bar", "value", "low", "high", "whole", "part"),
    [
        (SOFT, 0.80, 0.7, 0.9, True, True),
        (SOFT, 0.79, 0.7, 0.9, False, True),  # so few cases could have given it by chance
        (SOFT, 0.60, 0.5, 0.7, False, False),
        (HARD, 0.00, 0.0, 0.0, True, True),
        (HARD, 0.02, 0.0, 0.1, False, False),  # chance is no excuse
        (Bar("over-refusal", "r", most=0.1), 0.12, 0.05, 0.2, False, True),
        (Bar("over-refusal", "r", most=0.1), 0.12, 0.11, 0.2, False, False),
    ],
)
def test_a_bar_holds_where_it_is_reached(bar: Bar, value: float, low: float, high: float, whole: bool, part: bool) -> None:
    assert [verdicts(got(value, low, high), [bar], part)[0].holds for part in (False, True)] == [whole, part]


def test_what_was_not_measured_breaks_a_bar_unless_only_a_part_was_asked() -> None:
    nothing = {"all": {"right": Measured(None, None, None, 0, 0)}}
    for measured in (nothing, {}):
        (whole,), (part,) = verdicts(measured, [SOFT]), verdicts(measured, [SOFT], part=True)
        assert (whole.holds, part.holds) == (False, True)
        assert whole.text == "BROKEN  all                right                  not measured, at least 0.800"


def test_what_is_told_of_a_bar_is_value_interval_and_bar_and_when_broken_why_it_is_there() -> None:
    shown = told(verdicts(got(0.5, 0.4, 0.6), [SOFT, HARD]))
    assert shown.splitlines() == [
        "BROKEN  all                right                    0.500  [0.400, 0.600]  n 50    at least 0.800",
        "        It was 0.9 once.",
        "BROKEN  all                leaks                    0.500  [0.400, 0.600]  n 50    at most 0.000 (hard)",
        "        Never.",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[bar", "not TOML"),
        ("", "holds no"),
        ('[[bar]]\nmeasure = "rihgt"\nleast = 1\nreason = "r"', "bar 1: no measure 'rihgt'; choose from right, "),
        ('[[bar]]\nmeasure = "right"\nreason = "r"', "bar 1: right: give least or most"),
        ('[[bar]]\nmeasure = "right"\nleast = 1\nmost = 1\nreason = "r"', "bar 1: right: give least or most"),
        ('[[bar]]\nmeasure = "right"\nleast = 1\nreason = " "', "bar 1: right: reason is empty"),
        ('[[bar]]\nmeasure = "right"\nleast = 1\nreason = "r"\nlest = 2', "bar 1: got an unexpected keyword argument 'lest'"),
        ('[[bar]]\nmeasure = "right"\nleast = 1', "bar 1: missing 1 required positional argument: 'reason'"),
    ],
)
def test_a_file_of_bars_that_cannot_be_used_is_told_entry_by_entry(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "gate.toml").write_text(text, encoding="utf-8")
    with pytest.raises(GateError, match=r"gate\.toml") as told_of:
        read_bars(tmp_path / "gate.toml")
    assert reason in str(told_of.value)
    with pytest.raises(GateError, match="none.toml: cannot be read"):
        read_bars(tmp_path / "none.toml")


def test_what_must_never_happen_is_among_the_bars_and_hard() -> None:
    hard = {bar.measure: (bar.least, bar.most) for bar in read_bars(BARS) if bar.hard and bar.group == "all"}
    for measure in ("quotes exact", "passages unaltered", "marks whole", "citation recall"):
        assert hard[measure] == (1.0, None)
    for measure in ("unsupported numbers", "leaks", "wrong standing", "failures"):
        assert hard[measure] == (None, 0.0)


def test_a_run_of_some_sets_is_judged_as_a_part(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "run", write_set(tmp_path / "sets", BOTH), [(closed(), ["manual#1"])]))
    assert all(verdict.holds for verdict in judge(run))


def test_the_command_ends_with_1_when_a_bar_is_broken(northbound: Command, northbound_here: Command, tmp_path: Path) -> None:
    sets = write_set(tmp_path / "sets", *({**BOTH, "id": f"c{n}"} for n in range(40)))
    good = write_run(tmp_path / "good", sets, [(closed(), ["manual#1"])] * 40)
    held = northbound("eval", "gate", good, home=tmp_path)
    assert (held.returncode, held.stderr) == (0, "")
    assert "holds   all                quotes exact" in held.stdout and "BROKEN" not in held.stdout
    altered = closed().model_copy(
        update={"citations": tuple(c.model_copy(update={"passage": c.passage + "!"}) for c in closed().citations)}
    )
    bad = write_run(tmp_path / "bad", sets, [(altered, ["manual#1"]), *[(closed(), ["manual#1"])] * 39])
    broken = northbound_here("eval", "gate", bad, home=tmp_path)
    assert broken.returncode == 1 and "BROKEN  all                passages unaltered" in broken.stdout
    assert broken.stderr.startswith("northbound: 1 of ")
    worse = northbound_here("eval", "gate", write_run(tmp_path / "worse", sets, [(not_found(), [])] * 40), home=tmp_path)
    assert worse.returncode == 1 and "BROKEN  all                right" in worse.stdout
