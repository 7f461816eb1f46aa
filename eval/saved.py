"""The folder of a run: what eval/run.py writes, and how it is read again. `eval score`, `compare`, `gate` and `report` stand on it.

    config.json      what was asked of what: sets, filter, today, corpus, model, code; the same for every run of the same inputs
    answers.jsonl    one case a line, in case order, without timings
    timings.jsonl    milliseconds and memory for each, in the same order
    corpus.json      the passages found or cited, as the index held them, and the programs' standings (eval/evidence.py)
    scores.jsonl     one case a line, in the same order
    speed.json       the timings summed up
    summary.json     every measure for every set, and the bars as it was judged by them; written last: a folder with it is finished

But for timings.jsonl and speed.json the same inputs give the same bytes.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot import runs
from bot.answer import Answer, Citation, Timings
from corpus.errors import NorthboundError
from eval.evidence import Evidence, from_json
from eval.metrics import Score, from_row

FORMAT, CONFIG, SPEED, SUMMARY = runs.FORMAT, runs.CONFIG, runs.SPEED, runs.SUMMARY  # what bot/runs.py reads too
ANSWERS, TIMINGS, CORPUS, SCORES = "answers.jsonl", "timings.jsonl", "corpus.json", "scores.jsonl"
FILES = (CONFIG, ANSWERS, CORPUS, SCORES, SUMMARY)
AGAIN = "run again: northbound eval run"

Key = tuple[str, str]  # set and id of a case


class RunError(NorthboundError):
    """A run's folder that cannot be used: missing, half-written, or of another version."""


@dataclass(frozen=True)
class Reply:
    """One answer of a run. `found`: ids of the passages found for it, best first. `asked` changes when what the case asks does.
    `failed`: the error that came in place of an answer."""

    set: str
    answer: Answer
    found: tuple[str, ...]
    asked: str
    failed: str = ""

    @property
    def key(self) -> Key:
        return self.set, self.answer.id


@dataclass(frozen=True)
class Answered:
    """One case of a run: what was said, the passages found for it (best first), and what it scored."""

    answer: Answer
    found: tuple[str, ...]
    score: Score
    asked: str = ""


@dataclass(frozen=True)
class Run:
    """A run as it was saved; `cases` in its order, by set and id."""

    folder: Path
    config: dict[str, Any]
    cases: dict[Key, Answered]
    summary: dict[str, Any]
    evidence: Evidence

    @property
    def sets(self) -> list[str]:
        return list(self.config["sets"])

    @property
    def scores(self) -> list[Score]:
        return [case.score for case in self.cases.values()]


def read_run(folder: Path) -> Run:
    """A finished run. Raises RunError when the folder is missing, lacks a file or a case, or was written by another version."""
    missing = [name for name in FILES if folder.is_dir() and not (folder / name).is_file()]
    config = read_config(folder) if CONFIG not in missing else {}
    if missing:
        goes_on = SUMMARY in missing and CONFIG not in missing
        advice = f"the same command with --out {folder} goes on with it" if goes_on else AGAIN
        raise RunError(f"{folder}: not a whole run: {', '.join(missing)} missing; {advice}")
    scores = {s.key: s for s in _scores(folder / SCORES)}
    replies = {reply.key: reply for reply in read_replies(folder)}
    if not scores or list(scores) != list(replies):
        raise RunError(f"{folder}: not a whole run: {len(replies)} cases answered and {len(scores)} scored; {AGAIN}")
    cases = {key: Answered(r.answer, r.found, scores[key], r.asked) for key, r in replies.items()}
    return Run(folder, config, cases, _object(folder / SUMMARY), read_evidence(folder))


def read_config(folder: Path) -> dict[str, Any]:
    """Raises RunError when the folder is no run's, or of another version."""
    if not folder.is_dir():
        raise RunError(f"{folder}: no such run; give a folder that `northbound eval run` wrote")
    if not (folder / CONFIG).is_file():
        raise RunError(f"{folder}: not a whole run: {CONFIG} missing; {AGAIN}")
    config = _object(folder / CONFIG)
    if config.get("format") != FORMAT:
        raise RunError(f"{folder}: written as format {config.get('format', 1)}, this version reads {FORMAT}; {AGAIN}")
    return config


def read_replies(folder: Path) -> Iterator[Reply]:
    """The answers of a run in its order, each with its timings where they were kept."""
    timings = {(row["set"], row["id"]): row for row in _timings(folder / TIMINGS)}
    for where, row in _lines(folder / ANSWERS):
        try:
            answer = _answer(row["answer"])
            timed = timings.get((row["set"], answer.id), {})
            steps = Timings(**{step: timed.get(step, 0.0) for step in Timings.model_fields})
            yield Reply(row["set"], answer.model_copy(update={"timings_ms": steps}), tuple(row["found"]), row["asked"], row["failed"])
        except KeyError as error:
            raise RunError(f"{where}: {error.args[0]!r} is missing; {AGAIN}") from None
        except (ValueError, TypeError) as error:
            raise RunError(f"{where}: not an answer of this version ({' '.join(str(error).split())})") from None


def read_evidence(folder: Path) -> Evidence:
    try:
        return from_json(_object(folder / CORPUS))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(f"{folder / CORPUS}: not of this version ({error}); {AGAIN}") from None


def reply_row(reply: Reply) -> dict[str, Any]:
    """A line of answers.jsonl: whatever of an answer is the same each time."""
    answer = reply.answer.model_dump(mode="json", exclude={"timings_ms"})
    return {"set": reply.set, "id": reply.answer.id, "asked": reply.asked, "found": reply.found, "failed": reply.failed, "answer": answer}


def json_line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(", ", ": ")) + "\n"


def write_whole(path: Path, text: str) -> None:
    """A file that is there whole or not at all. Raises RunError where it cannot be written."""
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise not_written(path, error) from None
    finally:
        new.unlink(missing_ok=True)


def not_written(path: Path, error: OSError) -> RunError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    advice = "make room, and the same command goes on where it stopped" if full else "give another --out"
    return RunError(f"{path}: cannot be written: {error.strerror or os.strerror(error.errno or 0)}; {advice}")


def speed(timings: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """p50, p95, p99 (linear interpolation) and n of each step in milliseconds, and the most memory a process came to hold, in MB."""
    steps = {}
    for step in Timings.model_fields:
        values = [float(row[step]) for row in timings if step in row]  # a run of before lacks a step of today
        steps[step] = {f"p{q}": round(float(np.percentile(values, q)), 3) if values else None for q in (50, 95, 99)}
    return {"n": len(timings), "milliseconds": steps, "peak_mb": max((float(row["peak_mb"]) for row in timings), default=None)}


def whole_lines(path: Path) -> Iterable[str]:
    """The lines of a file that were written to their end: a killed run leaves the last one torn."""
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return text.split("\n")[:-1]


def _timings(path: Path) -> Iterator[dict[str, Any]]:
    for line in whole_lines(path):
        try:
            row = json.loads(line)
            if {"set", "id"} <= row.keys():
                yield row
        except (ValueError, AttributeError):
            continue


def _scores(path: Path) -> Iterator[Score]:
    for where, row in _lines(path):
        try:
            yield from_row(row)
        except (TypeError, KeyError) as error:
            raise RunError(
                f"{where}: fields differ from this version's ({error}); score again: northbound eval score {path.parent}"
            ) from None


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
            raise RunError(f"{path}, line {number}: not JSON ({error}); {AGAIN}") from None
        if not isinstance(row, dict):
            raise RunError(f"{path}, line {number}: holds no object; {AGAIN}")
        yield f"{path}, line {number}", row


def _object(path: Path) -> dict[str, Any]:
    try:
        made = json.loads(_text(path))
    except ValueError as error:
        raise RunError(f"{path}: not JSON ({error}); {AGAIN}") from None
    if not isinstance(made, dict):
        raise RunError(f"{path}: holds no object; {AGAIN}")
    return made


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RunError(f"{path}: not UTF-8; {AGAIN}") from None
