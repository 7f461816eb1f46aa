"""Run folders of a few cases, written as eval/run.py writes them, for tests of what reads them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.answer import Answer
from eval.cases import load_set
from eval.metrics import score

CLOSED = {"id": "closed", "question": "Is the permit open?", "status": ["answered"], "facts": ["17 July 2023"], "sources": ["manual"]}


def write_run(folder: Path, sets: Path, answered: Sequence[tuple[Answer, Sequence[str]]], name: str = "mine") -> Path:
    """A run of one set: an answer with the sources found, for each case of the set in order."""
    cases = load_set(name, sets)
    scores = [score(case, answer, found) for case, (answer, found) in zip(cases, answered, strict=True)]
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"sets": [name], "corpus_version": "small", "model": "m", "documents": 2}))
    rows = (
        {"set": name, "found": list(found), "answer": answer.model_copy(update={"id": case.id}).model_dump(mode="json")}
        for case, (answer, found) in zip(cases, answered, strict=True)
    )
    (folder / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "scores.jsonl").write_text("".join(json.dumps(asdict(s)) + "\n" for s in scores), encoding="utf-8")
    return folder


def write_set(folder: Path, *rows: dict[str, Any], name: str = "mine") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder
