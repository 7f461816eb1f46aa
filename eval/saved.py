"""Read a run's folder again, as eval/run.py wrote it. `eval compare` and `eval report` stand on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from bot.answer import Answer, Citation
from corpus.errors import NorthboundError
from eval.metrics import Score

FILES = ("config.json", "answers.jsonl", "scores.jsonl")


class RunError(NorthboundError):
    """A run's folder that cannot be used: missing, half-written, or of another version."""


@dataclass(frozen=True)
class Answered:
    """One case of a run: what was said, the sources found for it (best first), and what it scored."""

    answer: Answer
    found: tuple[str, ...]
    score: Score


@dataclass(frozen=True)
class Run:
    """A run as it was saved; `cases` in its order, by set and id."""

    folder: Path
    config: dict[str, Any]
    cases: dict[tuple[str, str], Answered]

    @property
    def sets(self) -> list[str]:
        return list(dict.fromkeys(name for name, _ in self.cases))

    @property
    def scores(self) -> list[Score]:
        return [case.score for case in self.cases.values()]


def read_run(folder: Path) -> Run:
    """Raises RunError when the folder is missing, lacks a file or a case, or was written by another version."""
    if not folder.is_dir():
        raise RunError(f"{folder}: no such run; give a folder that `northbound eval run` wrote")
    if missing := [name for name in FILES if not (folder / name).is_file()]:
        raise RunError(f"{folder}: not a whole run: {', '.join(missing)} missing; run again: northbound eval run")
    config = _config(folder / "config.json")
    scores = {(s.set, s.id): s for s in _scores(folder / "scores.jsonl")}
    answers = dict(_answers(folder / "answers.jsonl"))
    if not scores or scores.keys() != answers.keys():
        raise RunError(f"{folder}: not a whole run: {len(answers)} cases answered and {len(scores)} scored; run again: northbound eval run")
    return Run(folder, config, {key: Answered(*answers[key], score) for key, score in scores.items()})


def _config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(_text(path))
    except ValueError as error:
        raise RunError(f"{path}: not JSON ({error}); run again: northbound eval run") from None
    if not isinstance(config, dict):
        raise RunError(f"{path}: holds no object; run again: northbound eval run")
    return config


def _scores(path: Path) -> Iterator[Score]:
    known = {field.name for field in fields(Score)}
    for where, row in _lines(path):
        if set(row) != known:
            differ = ", ".join(sorted(set(row) ^ known))
            raise RunError(f"{where}: fields differ from this version's ({differ}); run again: northbound eval run")
        yield Score(**{**row, "forbidden": tuple(row["forbidden"])})


def _answers(path: Path) -> Iterator[tuple[tuple[str, str], tuple[Answer, tuple[str, ...]]]]:
    for where, row in _lines(path):
        try:
            answer = _answer(row["answer"])
            yield (row["set"], answer.id), (answer, tuple(row["found"]))
        except KeyError as error:
            raise RunError(f"{where}: {error.args[0]!r} is missing; run again: northbound eval run") from None
        except (ValueError, TypeError) as error:
            raise RunError(f"{where}: not an answer of this version ({' '.join(str(error).split())})") from None


def _answer(row: dict[str, Any]) -> Answer:
    """A quote that is not in its passage is read too: such runs are just what is looked at here."""
    needed = {name for name, field in Citation.model_fields.items() if field.is_required()}
    citations = row.get("citations", [])
    if lacking := {name for c in citations for name in needed - set(c)}:
        raise ValueError(f"citations lack {', '.join(sorted(lacking))}")
    answer = Answer.model_validate({**row, "citations": ()})
    return answer.model_copy(update={"citations": tuple(Citation.model_construct(**c) for c in citations)})


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise RunError(f"{path}, line {number}: not JSON ({error}); run again: northbound eval run") from None
        if not isinstance(row, dict):
            raise RunError(f"{path}, line {number}: holds no object; run again: northbound eval run")
        yield f"{path}, line {number}", row


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RunError(f"{path}: not UTF-8; run again: northbound eval run") from None
