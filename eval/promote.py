"""From use to case: a saved answer, a gap or a journal row becomes a draft in a set, filled in as far as can be. `northbound eval case`.

A draft is not asked until a person has finished it: what a right answer holds cannot be read off an answer that may be wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from bot.answer import STATUSES, Answer, Turn
from bot.gaps import gaps
from bot.journal import Row, read_rows
from bot.privacy import mask
from bot.settings import Settings
from corpus.errors import NorthboundError, RequestError
from eval.cases import SETS, CaseError, load_sets, set_names
from index.embedder import load_embedder


@dataclass(frozen=True)
class Seen:
    """What is known of a question that was asked. `passages` are those cited, "" `at` is today."""

    question: str
    status: str
    passages: tuple[str, ...] = ()
    history: tuple[Turn, ...] = ()
    at: str = ""
    note: str = ""


def from_answer(text: str, history: Sequence[Turn] = ()) -> Seen:
    """From the answer contract as JSON. Raises RequestError for anything else."""
    try:
        answer = Answer.model_validate_json(text)
    except ValueError as error:
        raise RequestError(f"not an answer as `northbound ask --json` gives it ({' '.join(str(error).split())[:200]})") from None
    passages = tuple(dict.fromkeys(c.passage_id for c in answer.citations))
    return Seen(answer.question, answer.status, passages, tuple(history), answer.at, f"answered as {answer.status}")


def from_gap(number: int, settings: Settings) -> Seen:
    """From a gap as `northbound desk gaps` lists them, counted from 1."""
    found = gaps(read_rows(settings), load_embedder(settings.embedder, settings.exported, settings.embedder_key))
    if number > len(found):
        raise RequestError(f"--gap {number}: the journal shows {len(found)}; see them: northbound desk gaps")
    gap = found[number - 1]
    return Seen(gap.question, next(iter(gap.statuses)), note=f"a gap: asked {gap.count} times from {gap.first} to {gap.last}")


def from_row(id: str, settings: Settings) -> Seen:
    """From a row of the journal, as `northbound desk export` lists them."""
    row: Row | None = next((row for row in read_rows(settings) if row.id == id), None)
    if row is None:
        raise RequestError(f"--row {id!r}: no such row in the journal; see them: northbound desk export")
    # What was said before is not kept: the question with its subject filled in stands alone.
    return Seen(row.standalone_question or row.question, row.status, row.passages, note=f"asked on {row.day}, answered as {row.status}")


def promote(seen: Seen, name: str, folder: Path = SETS) -> tuple[Path, str]:
    """Append a draft to the set, new where there is none of the name; the set's file and the case's id.

    Raises CaseError when a set is broken or asks the same already, NorthboundError when the file cannot be written or the name cannot be a
    file's.
    """
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        raise NorthboundError(f"a set cannot be named {name!r}: use lower-case letters, digits, hyphens and underscores")
    path = folder / f"{name}.jsonl"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".writing"):
            read = load_sets(set_names(folder), folder)
            own = next((one for one in read if one.name == name), None)
            before = path.read_text(encoding="utf-8") if path.exists() else ""
            if same := _asked_already(_row(seen, ""), before):
                raise CaseError(f"{path}: asks this already, as {same}; nothing was added")
            used = [(case.conversation or case.id) for one in read for case in one.cases] + [id for one in read for id in one.drafts]
            own_ids = [*((c.conversation or c.id) for c in own.cases), *own.drafts] if own else []
            id = _next_id(own_ids or [f"{name}-000"], used)
            line = json.dumps(_row(seen, id), ensure_ascii=False)
            new = path.with_name(f".{path.name}.new")
            new.write_text(f"{before}{'' if before.endswith(chr(10)) or not before else chr(10)}{line}\n", encoding="utf-8")
            new.replace(path)
    except OSError as error:
        raise NorthboundError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        (folder / ".writing").unlink(missing_ok=True)
    return path, id


def _row(seen: Seen, id: str) -> dict[str, object]:
    sources = dict.fromkeys(passage.split("#")[0] for passage in seen.passages)
    row: dict[str, object] = {"id": id, "question": mask(seen.question)}
    if seen.history:
        row["history"] = [{"role": turn.role, "content": mask(turn.content)} for turn in seen.history]
    if seen.at:
        row["at"] = seen.at
    row |= {"status": [seen.status] if seen.status in STATUSES else [], "facts": [], "forbid": [], "sources": list(sources)}
    if seen.passages:
        row["passages"] = list(seen.passages)
    return row | {"note": f"{seen.note}; finish: status, facts, sources and passages of a right answer", "draft": True}


def _asked_already(asked: Mapping[str, object], rows: str) -> str:
    """The id of the row, of a set's, that asks the same after the same was said, as of the same day; "" where there is none."""
    held = (json.loads(line) for line in rows.splitlines() if line.strip())
    return next((str(row["id"]) for row in held if all(row.get(name) == asked.get(name) for name in ("question", "history", "at"))), "")


def _next_id(own: Sequence[str], used: Iterable[str]) -> str:
    """The next number after the last id of the set, that no set uses."""
    found = re.fullmatch(r"(.*?)(\d+)", own[-1])
    stem, width, number = (found[1], len(found[2]), int(found[2])) if found else (f"{own[-1]}-", 3, 0)
    taken = set(used)
    while (id := f"{stem}{number + 1:0{width}}") in taken:
        number += 1
    return id
