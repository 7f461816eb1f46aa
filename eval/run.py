"""Answer every case through the chain, then score what was written. One folder a run: config.json, answers.jsonl, scores.jsonl,
summary.json.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from tqdm import tqdm

from bot.chain import Bot, open_bot
from bot.settings import Settings
from corpus.errors import NorthboundError
from eval.cases import Case, load_set, set_names
from eval.metrics import METRICS, Score, by_set, interval, score

# These questions are about five articles that users add themselves; without them in the index they are not asked.
NEEDS_ARTICLES = "articles"


def run(settings: Settings, sets: Sequence[str] = (), out: Path | None = None) -> str:
    """Answer and score the sets (default: all that the index can answer). Returns the table; writes the run's folder whole."""
    bot = open_bot(settings)
    names = list(sets) or [n for n in set_names() if n != NEEDS_ARTICLES or bot.index.manifest.only]
    cases = [case for name in names for case in load_set(name)]
    folder = out or settings.home / "runs" / datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    if folder.exists():
        raise NorthboundError(f"{folder}: exists already; give another --out")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".run-", dir=folder.parent))
    except OSError as error:
        raise NorthboundError(f"{folder}: cannot be written: {error.strerror}") from None
    scores = _answer(bot, cases, made / "answers.jsonl")
    _write_jsonl(made / "scores.jsonl", [asdict(s) for s in scores])
    manifest = bot.index.manifest
    config = {"sets": names, "corpus_version": manifest.corpus_version, "model": manifest.model, "documents": len(manifest.documents)}
    (made / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    (made / "summary.json").write_text(json.dumps(summary(scores), indent=1) + "\n", encoding="utf-8")
    made.rename(folder)
    return f"{table(scores)}\n\n{len(scores)} cases; written to {folder}"


def summary(scores: Sequence[Score]) -> dict[str, dict[str, object]]:
    """Every metric for every set and for all, with its 95 % interval and the number of cases."""
    groups = {**by_set(scores), "all": list(scores)}
    return {
        name: {
            "n": len(group),
            **{m: {"value": _round(f(group)), "interval": [_round(x) for x in interval(f, group)]} for m, f in METRICS.items()},
        }
        for name, group in groups.items()
    }


def table(scores: Sequence[Score]) -> str:
    """A row a set, a column a metric."""
    groups = {**by_set(scores), "all": list(scores)}
    head = f"{'set':16}{'n':>5}" + "".join(f"{name:>{max(9, len(name) + 2)}}" for name in METRICS)
    rows = []
    for name, group in groups.items():
        cells = "".join(f"{_cell(f(group)):>{max(9, len(m) + 2)}}" for m, f in METRICS.items())
        rows.append(f"{name:16}{len(group):>5}{cells}")
    low, high = interval(METRICS["right"], scores)
    return "\n".join((head, *rows, f"right, all sets: 95 % interval {low:.3f} to {high:.3f} (bootstrap over cases)"))


def _answer(bot: Bot, cases: Sequence[Case], path: Path) -> list[Score]:
    """Answer in case order and write each answer beside the sources that were found for it."""
    scores = []
    with path.open("w", encoding="utf-8") as file:
        for case in tqdm(cases, desc="answering", disable=None):
            answer = bot.answer(case.question, case.history, id=case.id)
            found = bot.search(bot.understand(case.question, case.history))
            sources = list(
                dict.fromkeys(s for hits in found.hits for hit in hits for s in (hit.passage.source_id, *hit.passage.corroborated_by))
            )
            file.write(
                json.dumps({"set": case.set, "found": sources, "answer": json.loads(answer.model_dump_json())}, ensure_ascii=False) + "\n"
            )
            scores.append(replace(score(case, answer, sources), milliseconds=answer.timings_ms.total))
    return scores


def _write_jsonl(path: Path, rows: Sequence[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _round(value: float) -> float | None:
    return None if value != value else round(value, 4)


def _cell(value: float) -> str:
    return "-" if value != value else f"{value:.3f}" if value <= 1 else f"{value:.1f}"
