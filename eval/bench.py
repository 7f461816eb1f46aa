"""Measure on public sets, through the code that answers users, and print our numbers beside those that others got.

`northbound eval bench --data DIR` calls `bench`. What a folder measures is told by its files; nothing of a set is kept here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.documents import prepare_model
from bot.settings import Settings
from eval.bench_answerable import answerability
from eval.bench_claims import claims
from eval.bench_retrieval import retrieval
from eval.bench_rewriting import rewriting
from eval.bench_safety import carried, injections, markup, personal
from eval.bench_sets import BenchError, text_of
from eval.bench_summaries import summaries
from index.build import Progress
from index.embedder import Embedder
from index.reader import Reader, load_reader


@dataclass(frozen=True)
class Tools:
    """What a measure may need. `embedder` loads the model: not every measure does. `keep`: where an index may be kept, and curves."""

    settings: Settings
    keep: Path | None
    progress: Progress

    def embedder(self) -> Embedder:
        return prepare_model(self.settings, self.progress)

    def reader(self) -> Reader:
        """What `embedder` has prepared."""
        return load_reader(self.settings.exported_reader)


@dataclass(frozen=True)
class Kind:
    """A kind of file, known by the fields of its first row, with what it measures. The most particular kind comes first in KINDS."""

    measures: str
    fields: frozenset[str]
    lines: Callable[[Path, Tools], Iterator[str]]


def _carried(file: Path, tools: Tools) -> Iterator[str]:
    """Every file of attacks beside a file of carriers."""
    for attacks in sorted(file.parent.glob("*.jsonl")):
        if {"text", "category"} <= _fields(attacks):
            yield from carried(attacks, file, tools.settings, tools.progress)


def _summaries(file: Path, tools: Tools) -> Iterator[str]:
    """A file of summaries as one set; of several .json files, all as one with the first."""
    files = [file] if file.suffix == ".jsonl" else [other for other in sorted(file.parent.glob("*.json")) if _kind(other) is _SUMMARIES]
    if file == files[0]:
        yield from summaries(files, tools.keep)


_SUMMARIES = Kind("whether summaries are consistent", frozenset({"doc", "summary", "label"}), _summaries)
KINDS = (
    _SUMMARIES,
    Kind("rewriting follow-ups", frozenset({"raw", "manual", "history"}), lambda file, _: rewriting(file)),
    Kind(
        "whether a passage answers",
        frozenset({"question", "passage", "answerable"}),
        lambda file, tools: answerability(file, tools.embedder(), tools.reader(), tools.progress, tools.keep),
    ),
    Kind("claims and evidence", frozenset({"claim", "evidence", "label"}), lambda file, tools: claims(file, tools.embedder(), tools.keep)),
    Kind("personal data", frozenset({"text", "spans"}), lambda file, _: personal(file)),
    Kind("orders in documents", frozenset({"context", "question"}), _carried),
    Kind("markup", frozenset({"text", "kind"}), lambda file, _: markup(file)),
    Kind("orders in messages", frozenset({"text", "group"}), lambda file, tools: injections(file, tools.settings)),
)


def bench(data: Path, settings: Settings, keep: Path | None = None, progress: Progress = lambda *_: None) -> Iterator[str]:
    """Measure the set in the folder, line by line as results come. The index of a retrieval set is built in `keep`/NAME and taken from
    there the next time, or built for this time only.

    Raises BenchError for a folder that holds no set, and for a broken file.
    """
    if not data.is_dir():
        raise BenchError(f"{data}: no such folder; {_wanted()}")
    tools = Tools(settings, keep, progress)
    if any((data / name).exists() for name in ("corpus.jsonl", "queries.jsonl", "qrels.tsv")):
        yield from retrieval(data, tools.embedder, tools.reader, keep / data.name if keep is not None else None, progress)
        return
    known = [(kind, file) for file in sorted(data.glob("*.jsonl")) if (kind := _kind(file)) is not None]
    known += [(_SUMMARIES, file) for file in sorted(data.glob("*.json")) if _kind(file) is _SUMMARIES]
    if not known:
        raise BenchError(f"{data}: holds no set of a known form; {_wanted()}")
    for kind, file in known:
        yield from kind.lines(file, tools)


def _kind(file: Path) -> Kind | None:
    fields = _fields(file)
    return next((kind for kind in KINDS if kind.fields <= fields), None)


def _fields(file: Path) -> set[str]:
    """The fields of the file's first row, a line or, of a .json file, an element of its list; none where it cannot be read as one."""
    text = text_of(file)
    try:
        row = json.loads(text if file.suffix == ".json" else next((line for line in text.split("\n") if line.strip()), ""))
    except ValueError:
        return set()
    if file.suffix == ".json":
        row = row[0] if isinstance(row, list) and row else None
    return set(row) if isinstance(row, dict) else set()


def _wanted() -> str:
    forms = "; ".join(f"{kind.measures}: {', '.join(sorted(kind.fields))}" for kind in KINDS)
    return f"give one with corpus.jsonl, queries.jsonl and qrels.tsv, or with a .jsonl file of rows of one of these forms: {forms}"
