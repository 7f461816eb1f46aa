"""Evaluation questions, read and checked. The schema is in eval/sets/README.md."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.answer import STATUSES, Turn
from corpus.errors import NorthboundError

SETS = Path(__file__).parent / "sets"


class CaseError(NorthboundError):
    """A set that cannot be used: every broken line is named."""


@dataclass(frozen=True)
class Case:
    """One question with what a right answer must hold.

    `status`: any of these is right. `facts`: patterns that must all be found in the answer. `forbid`: patterns that must not be found
    anywhere in it. `forbid_assertion`: patterns that no sentence may hold unless it also denies or limits. `sources`: any of these
    supports a right answer; empty where there is nothing to find.
    """

    id: str
    set: str
    question: str
    history: tuple[Turn, ...]
    status: tuple[str, ...]
    facts: tuple[re.Pattern[str], ...]
    forbid: tuple[re.Pattern[str], ...]
    forbid_assertion: tuple[re.Pattern[str], ...]
    sources: tuple[str, ...]
    note: str = ""

    @property
    def answerable(self) -> bool:
        return "answered" in self.status


_KEYS = {"id", "question", "history", "status", "facts", "forbid", "forbid_assertion", "sources", "note"}


def set_names(folder: Path = SETS) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.jsonl"))


def load_set(name: str, folder: Path = SETS) -> list[Case]:
    """The cases of a set, in file order. Raises CaseError naming every broken line."""
    path = folder / f"{name}.jsonl"
    if not path.exists():
        raise CaseError(f"no set {name!r}; choose from {', '.join(set_names(folder))}")
    cases: list[Case] = []
    problems: list[str] = []
    seen: set[str] = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            case = _case(json.loads(line), name)
            if case.id in seen:
                raise ValueError(f"id {case.id!r} stands twice")
            seen.add(case.id)
            cases.append(case)
        except (ValueError, KeyError, TypeError) as error:
            reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
            problems.append(f"{path.name}, line {number}: {reason}")
    if problems:
        raise CaseError("; ".join(problems))
    return cases


def _case(row: dict[str, Any], name: str) -> Case:
    if unknown := set(row) - _KEYS:
        raise ValueError(f"unknown field {', '.join(sorted(unknown))}")
    if wrong := set(row["status"]) - set(STATUSES):
        raise ValueError(f"unknown status {', '.join(sorted(wrong))}")
    return Case(
        id=row["id"],
        set=name,
        question=row["question"],
        history=tuple(Turn.model_validate(turn) for turn in row.get("history", [])),
        status=tuple(row["status"]),
        facts=_patterns(row.get("facts", [])),
        forbid=_patterns(row.get("forbid", [])),
        forbid_assertion=_patterns(row.get("forbid_assertion", [])),
        sources=tuple(row.get("sources", [])),
        note=row.get("note", ""),
    )


def _patterns(texts: list[str]) -> tuple[re.Pattern[str], ...]:
    made = []
    for text in texts:
        try:
            made.append(re.compile(text, re.IGNORECASE))
        except re.error as error:
            raise ValueError(f"pattern {text!r} does not compile: {error}") from None
    return tuple(made)
