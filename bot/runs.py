"""Evaluation runs as they lie in their folders: what `northbound eval run` leaves, read for the maintainers' page (bot/health.py).

eval/saved.py writes the folders and reads whole ones; this reads of each only the few small files that tell what came out, and imports
nothing of eval/, so that a server which shows runs needs none of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FORMAT = 2
CONFIG, SUMMARY, SPEED = "config.json", "summary.json", "speed.json"
_AT_MOST = 100  # of the newest runs: each takes a millisecond to read


@dataclass(frozen=True)
class Number:
    """A measure over `n` cases with its 95 % interval; all None where no case is about it."""

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Bar:
    """One bar of eval/gate.toml as the run was judged by it: `measure` over `group` must be at `least`, or at `most`, this."""

    measure: str
    group: str
    least: float | None
    most: float | None
    hard: bool
    reason: str
    value: float | None
    holds: bool


@dataclass(frozen=True)
class SavedRun:
    """What came out of a run. `groups`: measures by set, and over "all". `bars` is None for a run scored before they were kept with it.
    `slowest`: milliseconds that 95 of 100 answers did not exceed."""

    name: str
    begun: datetime
    sets: Mapping[str, str]  # by name, the sha256 of its cases when they were scored
    filter: str
    every: int
    cases: int
    corpus_version: str
    version: str
    language_model: str
    groups: Mapping[str, Mapping[str, Number]]
    bars: tuple[Bar, ...] | None
    slowest: float | None

    @property
    def choice(self) -> str:
        """Which cases were asked, in words; runs of one choice can be compared."""
        return self._told(", ".join(sorted(self.sets)))

    @property
    def label(self) -> str:
        """The same, short."""
        return self._told(f"{len(self.sets)} sets") if len(self.sets) > 3 else self.choice

    def _told(self, sets: str) -> str:
        of = f", those with “{self.filter}”" if self.filter else ""
        return f"{sets}{of}{f', every {self.every}th' if self.every > 1 else ''}"


@dataclass(frozen=True)
class Unreadable:
    """A folder beside the runs that cannot be shown as one: why, and what to do."""

    name: str
    reason: str


def saved_runs(folder: Path) -> tuple[list[SavedRun], list[Unreadable]]:
    """The newest runs in a folder, oldest first, and what there could not be read. Neither where there is no such folder."""
    try:
        found = sorted((begun(path), path) for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except FileNotFoundError:
        return [], []
    except OSError as error:
        return [], [Unreadable(folder.name, f"the folder of runs cannot be read ({error.strerror}); check NORTHBOUND_RUNS")]
    runs, others = [], []
    for when, path in found[-_AT_MOST:]:
        try:
            runs.append(_read(path, when))
        except _Broken as error:
            others.append(Unreadable(path.name, str(error)))
    return runs, others


def begun(folder: Path) -> datetime:
    """When a run was begun: by its folder's name where `eval run` chose it, else by its first file."""
    try:
        return datetime.strptime(folder.name, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        first = folder / CONFIG
        return datetime.fromtimestamp((first if first.exists() else folder).stat().st_mtime, UTC)


class _Broken(Exception):
    """Why a run cannot be read."""


def _read(folder: Path, when: datetime) -> SavedRun:
    if not (folder / CONFIG).is_file():
        raise _Broken(f"no run: {CONFIG} is missing; move the folder away")
    config = _object(folder / CONFIG, "remove the folder and run again: northbound eval run")
    if config.get("format") != FORMAT:
        raise _Broken(f"of format {config.get('format', 1)}, and this version reads {FORMAT}; run again: northbound eval run")
    if not (folder / SUMMARY).is_file():
        raise _Broken("not finished: it is being written, or was stopped; northbound eval run with --out and this folder goes on with it")
    again = "score it again: northbound eval score with this folder"
    summary = _object(folder / SUMMARY, again)
    speed = _object(folder / SPEED, again) if (folder / SPEED).is_file() else {}
    try:
        bars = summary.get("bars")
        return SavedRun(
            name=folder.name,
            begun=when,
            sets={str(name): str(sha) for name, sha in summary["sets"].items()},
            filter=str(config["filter"]),
            every=int(config["every"]),
            cases=int(summary["n"]),
            corpus_version=str(config["corpus_version"]),
            version=str(config.get("version", "")),
            language_model=str(config.get("language_model", "")),
            groups={group: dict(_numbers(made["measures"])) for group, made in summary["groups"].items()},
            bars=None if bars is None else tuple(Bar(**bar) for bar in bars),
            slowest=speed.get("milliseconds", {}).get("total", {}).get("p95"),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _Broken(f"{SUMMARY} or {CONFIG} is not of this version ({type(error).__name__}: {error}); {again}") from None


def _numbers(measures: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Number]]:
    for name, got in measures.items():
        value, low, high = (None if got[key] is None else float(got[key]) for key in ("value", "low", "high"))
        yield name, Number(value, low, high, int(got["n"]))


def _object(path: Path, advice: str) -> dict[str, Any]:
    try:
        made = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _Broken(f"{path.name} cannot be read ({error.strerror}); check who may read it") from None
    except ValueError:
        raise _Broken(f"{path.name} is damaged: not JSON; {advice}") from None
    if not isinstance(made, dict):
        raise _Broken(f"{path.name} is damaged: it holds no object; {advice}")
    return made
