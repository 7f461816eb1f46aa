"""Run folders of a few cases, written as eval/run.py writes them, for tests of what reads them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.answer import Answer
from corpus.model import Standing
from eval.cases import Case, load_set, load_sets
from eval.evidence import Evidence, Held, as_json
from eval.run import rescore
from eval.saved import ANSWERS, CONFIG, CORPUS, FORMAT, TIMINGS, Reply, json_line, reply_row
from tests.small_bot import MANUAL, NEWS, PAPER, PASSAGE, PERMIT

CLOSED = {"id": "closed", "question": "Is the permit open?", "status": ["answered"], "facts": ["17 July 2023"], "sources": ["manual"]}
# What an index of the small bot's passages would hold.
EVIDENCE = Evidence(
    {
        "manual#1": Held("manual", PASSAGE, PERMIT.id, MANUAL.as_of),
        "paper#1": Held("paper", NEWS, as_of=PAPER.as_of),
        **{f"other#{n}": Held("other", "Something else.") for n in range(1, 10)},
    },
    {PERMIT.id: (Standing("closed", "2023-07-17", PERMIT.note),)},
    frozenset(("manual#1", "paper#1")),
    frozenset(("manual", "paper")),
)


def write_run(folder: Path, sets: Path, answered: Sequence[tuple[Answer, Sequence[str]]], name: str = "mine", **config: Any) -> Path:
    """A run of one set: an answer with the passages found, for each case of the set in order."""
    replies = [reply(case, answer, found) for case, (answer, found) in zip(load_set(name, sets), answered, strict=True)]
    folder.mkdir()
    sha = {one.name: one.sha256 for one in load_sets([name], sets)}
    made = {"format": FORMAT, "sets": sha, "filter": "", "every": 1, "corpus_version": "small", "model": "m", "documents": 2}
    (folder / CONFIG).write_text(json.dumps({**made, "cases": len(replies), **config}), encoding="utf-8")
    (folder / ANSWERS).write_text("".join(json_line(reply_row(one)) for one in replies), encoding="utf-8")
    timings = ({"set": one.set, "id": one.answer.id, **one.answer.timings_ms.model_dump(), "peak_mb": 100.0} for one in replies)
    (folder / TIMINGS).write_text("".join(map(json_line, timings)), encoding="utf-8")
    (folder / CORPUS).write_text(json.dumps(as_json(EVIDENCE)), encoding="utf-8")
    return rescore(folder, sets)


def reply(case: Case, answer: Answer, found: Sequence[str] = (), failed: str = "") -> Reply:
    return Reply(case.set, answer.model_copy(update={"id": case.id}), tuple(found), case.asked, failed)


def write_set(folder: Path, *rows: dict[str, Any], name: str = "mine") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder
