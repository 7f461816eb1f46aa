"""Evaluation questions, read and checked. The schema is in eval/sets/README.md."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from bot.answer import STATUSES, Turn
from corpus.errors import NorthboundError
from corpus.model import STANDINGS

SETS = Path(__file__).parent / "sets"
# These questions are about five articles that users add themselves; without them in the index they are not asked.
NEEDS_ARTICLES = "articles"
# What the sets expect of an answer as of today is what was so on this day. A run takes it for today, so that its answers do not age.
WRITTEN = "2026-11-27"
KINDS = ("start", "follow", "switch", "correction", "pushback")  # of a conversation's turns
_TURNS = (2, 6)  # a conversation has at least and at most so many


class CaseError(NorthboundError):
    """A set that cannot be used: every broken line is named."""


@dataclass(frozen=True)
class Case:
    """One message with what a right answer must hold.

    `status`: any of these is right. `facts`: patterns that must all be found in the answer. `forbid`: patterns that must not be found
    anywhere in it. `forbid_assertion`: patterns that no sentence may hold unless it also denies or limits. `sources` and `passages`: any
    of these supports a right answer; empty where there is nothing to find. `standing`: what a program must be shown as where it is cited.

    `at` is the ISO day to answer as of, "" today; `documents` are planted beside the corpus. A turn of a conversation has the id of its
    conversation, its place `turn` from 1 and its `kind`; its history is what was said before it in the run.
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
    passages: tuple[str, ...] = ()
    standing: tuple[tuple[str, str], ...] = ()
    at: str = ""
    documents: tuple[str, ...] = ()
    conversation: str = ""
    turn: int = 0
    kind: str = ""

    @property
    def answerable(self) -> bool:
        return "answered" in self.status

    @property
    def key(self) -> tuple[str, str]:
        return self.set, self.id

    @property
    def depth(self) -> int:
        """How manieth message of its conversation this is, from 1; 0 where there is no conversation."""
        if self.conversation:
            return self.turn
        return 1 + sum(turn.role == "user" for turn in self.history) if self.history else 0

    @property
    def asked(self) -> str:
        """Twelve hex digits that change when what is asked does, whatever is expected of the answer."""
        parts = [self.question, [t.model_dump() for t in self.history], self.at, list(self.documents), self.conversation, self.turn]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Set:
    """A set as read. `drafts` are the ids of cases that nobody has finished: they are not asked. `sha256` is of the file."""

    name: str
    cases: tuple[Case, ...]
    drafts: tuple[str, ...]
    sha256: str


def set_names(folder: Path = SETS) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.jsonl"))


def load_set(name: str, folder: Path = SETS) -> list[Case]:
    """The cases of a set in file order, a conversation as its turns. Raises CaseError naming every broken line."""
    return list(read_set(name, folder).cases)


def load_sets(names: Sequence[str], folder: Path = SETS) -> list[Set]:
    """Several sets. Raises CaseError naming every broken line of all, and every id that two of them use."""
    read, problems = [], []
    for name in dict.fromkeys(names):
        try:
            read.append(read_set(name, folder))
        except CaseError as error:
            problems.append(str(error))
    where: dict[str, str] = {}
    for one in read:
        for id in (*dict.fromkeys(case.conversation or case.id for case in one.cases), *one.drafts):
            if id in where:
                problems.append(f"id {id!r} is used in {where[id]}.jsonl and in {one.name}.jsonl; give one of them another")
            where[id] = one.name
    if problems:
        raise CaseError("; ".join(problems))
    return read


def read_set(name: str, folder: Path = SETS) -> Set:
    path = folder / f"{name}.jsonl"
    if not path.is_file():
        raise CaseError(f"no set {name!r} in {folder}; choose from {', '.join(set_names(folder)) or 'none: there is no .jsonl file there'}")
    try:
        content = path.read_bytes()
        text = content.decode("utf-8")
    except OSError as error:
        raise CaseError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CaseError(f"{path.name}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    cases: list[Case] = []
    drafts: list[str] = []
    problems: list[str] = []
    seen: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            made = tuple(_cases(row, name, folder / "documents"))
            if row["id"] in seen:
                raise ValueError(f"id {row['id']!r} stands twice")
            seen.add(row["id"])
            if row.get("draft"):
                drafts.append(row["id"])
            else:
                cases.extend(made)
        except (ValueError, KeyError, TypeError) as error:
            reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else " ".join(str(error).split())
            problems.append(f"{path.name}, line {number}: {reason}")
    if problems:
        raise CaseError("; ".join(problems))
    return Set(name, tuple(cases), tuple(drafts), hashlib.sha256(content).hexdigest())


def conversations(cases: Iterable[Case]) -> Iterator[tuple[Case, ...]]:
    """The cases as they are asked: the turns of a conversation together, every other case alone."""
    for _, turns in groupby(cases, key=lambda case: (case.set, case.conversation or case.id)):
        yield tuple(turns)


_EXPECTED = {"status", "facts", "forbid", "forbid_assertion", "sources", "passages", "standing", "note"}
_WHOLE = {"id", "at", "documents", "draft", "note"}


def _cases(row: Any, name: str, documents: Path) -> Iterator[Case]:
    if not isinstance(row, dict):
        raise TypeError("not an object")
    _known(row, _WHOLE | ({"turns"} if "turns" in row else _EXPECTED | {"question", "history"}))
    if not isinstance(row["id"], str) or not re.fullmatch(r"[\w.-]+", row["id"]):
        raise ValueError(f"id {row['id']!r}: use letters, digits, hyphens and dots")
    if not isinstance(row.get("draft", False), bool):
        raise TypeError("draft is true, or left out")
    whole: dict[str, Any] = {"set": name, "at": _day(row.get("at", "")), "documents": _documents(row, documents)}
    if "turns" not in row:
        yield _case({**row, "history": row.get("history", [])}, {**whole, "id": row["id"]})
        return
    turns = row["turns"]
    if not isinstance(turns, list) or not _TURNS[0] <= len(turns) <= _TURNS[1]:
        raise ValueError(f"turns is a list of {_TURNS[0]} to {_TURNS[1]} objects")
    for number, turn in enumerate(turns, 1):
        try:
            _known(turn, _EXPECTED | {"question", "kind"})
            if turn["kind"] not in KINDS or (turn["kind"] == "start") != (number == 1):
                raise ValueError(f"kind {turn['kind']!r}: the first is start, the others one of {', '.join(KINDS[1:])}")
            place = {"id": f"{row['id']}/{number}", "conversation": row["id"], "turn": number, "kind": turn["kind"]}
            yield _case({"note": row.get("note", ""), **turn}, {**whole, **place})
        except KeyError as error:
            raise ValueError(f"turn {number}: {error.args[0]!r} is missing") from None
        except (ValueError, TypeError) as error:
            raise ValueError(f"turn {number}: {error}") from None


def _known(row: Any, keys: set[str]) -> None:
    if not isinstance(row, dict):
        raise TypeError("not an object")
    if unknown := set(row) - keys:
        raise ValueError(f"unknown field {', '.join(sorted(unknown))}")


def _case(row: dict[str, Any], place: dict[str, Any]) -> Case:
    if not isinstance(row["question"], str) or not row["question"].strip():
        raise ValueError("question is empty, or no text")
    status = _texts(row, "status", row["status"])
    if wrong := set(status) - set(STATUSES):
        raise ValueError(f"unknown status {', '.join(sorted(wrong))}")
    if not status:
        raise ValueError("status is empty; name those that are right")
    return Case(
        question=row["question"],
        history=tuple(Turn.model_validate(turn) for turn in row.get("history", [])),
        status=status,
        facts=_patterns(row, "facts"),
        forbid=_patterns(row, "forbid"),
        forbid_assertion=_patterns(row, "forbid_assertion"),
        sources=_texts(row, "sources"),
        passages=_texts(row, "passages"),
        standing=_standing(row.get("standing", {})),
        note=row.get("note", ""),
        **place,
    )


def _texts(row: dict[str, Any], key: str, given: Any = None) -> tuple[str, ...]:
    given = row.get(key, []) if given is None else given
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        raise TypeError(f"{key} is not a list of texts")
    return tuple(given)


def _patterns(row: dict[str, Any], key: str) -> tuple[re.Pattern[str], ...]:
    made = []
    for text in _texts(row, key):
        try:
            made.append(re.compile(text, re.IGNORECASE))
        except re.error as error:
            raise ValueError(f"pattern {text!r} does not compile: {error}") from None
    return tuple(made)


def _standing(given: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(given, dict) or (wrong := [value for value in given.values() if value not in STANDINGS]):
        raise ValueError(
            f"standing {wrong[0] if isinstance(given, dict) else given!r}: give program ids with one of {', '.join(STANDINGS)}"
        )
    return tuple(given.items())


def _day(given: Any) -> str:
    try:
        return date.fromisoformat(given).isoformat() if given else ""
    except (ValueError, TypeError):
        raise ValueError(f"at {given!r}: give an ISO day such as 2024-03-01") from None


def _documents(row: dict[str, Any], folder: Path) -> tuple[str, ...]:
    names = _texts(row, "documents")
    if gone := [name for name in names if Path(name).name != name or not (folder / name).is_file()]:
        raise ValueError(f"documents: no file {', '.join(gone)} in {folder.name}/")
    return names
