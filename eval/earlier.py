"""The runs that lie beside a run, to show how its numbers came about. For eval/report.py; `eval compare` tests a difference between two."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.runs import begun
from eval.evidence import Evidence
from eval.gate import judge, measured
from eval.metrics import Measured
from eval.saved import SUMMARY, Run, RunError, read_config

_AT_MOST = 12


@dataclass(frozen=True)
class Past:
    """A run of the same sets beside this one. `broken`: the measures of the hard bars that it breaks. `same`: scored by the same cases."""

    name: str
    when: datetime
    right: Measured
    broken: tuple[str, ...]
    corpus: str
    same: bool
    this: bool


def runs_beside(run: Run) -> list[Past]:
    """The newest runs of the same choice of cases in the same folder, oldest first, with this one among them."""
    here = run.folder.resolve()
    found = []
    for folder in here.parent.iterdir():
        try:
            if (folder / SUMMARY).is_file() and _alike(config := read_config(folder), run.config):
                found.append(_past(folder, config, run))
        except (RunError, OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # half-written, or of another version: nothing that this run's page should fail for
    found.sort(key=lambda one: (one.when, one.name))
    return [one for n, one in enumerate(found) if one.this or n >= len(found) - _AT_MOST]


def _alike(config: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two runs chose their cases alike."""
    return set(config["sets"]) == set(other["sets"]) and all(config[name] == other[name] for name in ("filter", "every"))


def _past(folder: Path, config: dict[str, Any], run: Run) -> Past:
    summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    broken = (v.bar.measure for v in judge(Run(folder, config, {}, summary, Evidence({}))) if v.bar.hard and not v.holds)
    return Past(
        name=folder.name,
        when=begun(folder),
        right=measured(summary)["all"]["right"],
        broken=tuple(dict.fromkeys(broken)),
        corpus=config["corpus_version"],
        same=summary["sets"] == run.summary["sets"],
        this=folder == run.folder.resolve(),
    )
