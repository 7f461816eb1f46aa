"""The gate: bars that a run must reach, each with its reason, in one file. `make eval`, `eval gate` and `eval compare` stand on it.

A hard bar is about what may never happen: one case breaks it. A soft bar is a measure that was reached once, with room for chance.
Over a part of the cases (`--filter`, `--every`, some sets) a soft bar holds if the measure's interval reaches it: few cases say no more.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus.errors import NorthboundError
from eval.cases import NEEDS_ARTICLES, SETS, set_names
from eval.metrics import MEASURES, Measured
from eval.saved import Run

BARS = Path(__file__).parent / "gate.toml"


class GateError(NorthboundError):
    """A file of bars that cannot be used."""


@dataclass(frozen=True)
class Bar:
    """`measure` over `group` (a set, or "all") must be at `least`, or at `most`, this."""

    measure: str
    reason: str
    group: str = "all"
    least: float | None = None
    most: float | None = None
    hard: bool = False


@dataclass(frozen=True)
class Verdict:
    """`got` is None where the run has no case of the group. `holds`: the bar is reached, or cannot be judged by a part of the cases."""

    bar: Bar
    got: Measured | None
    holds: bool

    @property
    def row(self) -> dict[str, Any]:
        """As it stands in a run's summary, for bot/runs.py."""
        return {**asdict(self.bar), "value": self.got.value if self.got else None, "holds": self.holds}

    @property
    def text(self) -> str:
        bar, got = self.bar, self.got
        wanted = f"at least {bar.least:.3f}" if bar.least is not None else f"at most {bar.most:.3f}"
        word = "holds" if self.holds else "BROKEN"
        if got is None or got.value is None or got.low is None or got.high is None:
            return f"{word:7} {bar.group:18} {bar.measure:22} not measured, {wanted}{' (hard)' if bar.hard else ''}"
        numbers = f"{got.value:7.3f}  [{got.low:.3f}, {got.high:.3f}]  n {got.n:<5}"
        return f"{word:7} {bar.group:18} {bar.measure:22} {numbers} {wanted}{' (hard)' if bar.hard else ''}"


def read_bars(path: Path = BARS) -> list[Bar]:
    """Raises GateError naming every entry that cannot be used."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("bar", [])
    except OSError as error:
        raise GateError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GateError(f"{path}: not TOML: {error}") from None
    bars, problems = [], []
    for number, row in enumerate(rows, 1):
        try:
            bars.append(_bar(row))
        except (TypeError, ValueError) as error:
            problems.append(f"{path.name}, bar {number}: {str(error).replace('Bar.__init__() ', '')}")
    if problems or not bars:
        raise GateError("; ".join(problems) or f"{path}: holds no [[bar]]")
    return bars


def judge(run: Run, bars: Sequence[Bar] | None = None) -> list[Verdict]:
    """Every bar against the run's summary, in the order of the file."""
    config = run.config
    part = bool(config["filter"]) or config["every"] > 1 or not set(config["sets"]) >= set(set_names(SETS)) - {NEEDS_ARTICLES}
    return verdicts(measured(run.summary), bars if bars is not None else read_bars(), part)


def measured(summary: Mapping[str, Any]) -> dict[str, dict[str, Measured]]:
    """The measures of a summary by group and name."""
    return {
        group: {name: Measured(*(row[key] for key in ("value", "low", "high", "n", "of"))) for name, row in made["measures"].items()}
        for group, made in summary["groups"].items()
    }


def verdicts(got: Mapping[str, Mapping[str, Measured]], bars: Sequence[Bar], part: bool = False) -> list[Verdict]:
    return [Verdict(bar, one := got.get(bar.group, {}).get(bar.measure), _holds(bar, one, part)) for bar in bars]


def told(found: Sequence[Verdict]) -> str:
    """A line a bar, and under one that is broken the reason why it is there."""
    return "\n".join(verdict.text + ("" if verdict.holds else f"\n        {verdict.bar.reason}") for verdict in found)


def _bar(row: Any) -> Bar:
    if not isinstance(row, dict):
        raise TypeError("no table")
    bar = Bar(**row)
    if bar.measure not in MEASURES:
        raise ValueError(f"no measure {bar.measure!r}; choose from {', '.join(MEASURES)}")
    if (bar.least is None) == (bar.most is None):
        raise ValueError(f"{bar.measure}: give least or most")
    if not bar.reason.strip():
        raise ValueError(f"{bar.measure}: reason is empty; say why the bar is there")
    return bar


def _holds(bar: Bar, got: Measured | None, part: bool) -> bool:
    if got is None or got.value is None or got.low is None or got.high is None:
        return part
    if part and not bar.hard:
        return got.high >= bar.least if bar.least is not None else got.low <= (bar.most or 0.0)
    return got.value >= bar.least if bar.least is not None else got.value <= (bar.most or 0.0)
