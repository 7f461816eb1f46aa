"""Does a summary say only what its document says? Rows of doc, summary and label (1: consistent), as SummEdits has them.

What is measured is `bot.gate`: `evidence` finds the sentences of the document that each sentence of the summary may rest on, and
`contradictions` says what in it runs against them or stands nowhere in the document. A file is .jsonl, or .json with a list of rows, as the
set's authors publish it; a domain is the field of that name or the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from bot import gate
from bot.gate_checks import contradictions
from bot.gate_reading import Reading, read
from corpus.sentences import spans
from eval.bench_curve import over_thresholds, write
from eval.bench_sets import BenchError, balanced, beside_known, best_threshold, rows, text_of

NEEDED = {"doc": str, "summary": str, "label": int}
_EVIDENCE = 4  # sentences of the document beside which one of the summary is read


@dataclass(frozen=True)
class Summary:
    domain: str
    doc: str
    text: str
    consistent: bool


def summaries(files: Sequence[Path], keep: Path | None = None) -> Iterator[str]:
    """Balanced accuracy of "consistent" by domain and its mean over domains, as the set's authors give it: of a summary in which nothing
    contradicts, which nothing was chosen for, of the same with a threshold of the other domains, and of the gate's verdict on each
    sentence. In `keep`: the curve over the number of contradictions, NAME.svg."""
    read_ = read_summaries(files)
    name = files[0].parent.name
    truth = np.array([one.consistent for one in read_])
    domains = np.array([one.domain for one in read_])
    found = [_judged(one) for one in tqdm(read_, desc="reading", disable=None)]
    against = np.array([count for count, _ in found])
    ways = {
        "no contradiction": against == 0,
        "threshold of the others": _elsewhere(-against.astype(float), truth, domains),
        "the gate's verdict": np.array([passes for _, passes in found]),
    }
    yield f"{name}: {len(read_)} summaries, {int(truth.sum())} consistent"
    yield f"{'':24}{'n':>6}" + "".join(f"{way:>26}" for way in ways)
    means: dict[str, list[float]] = {way: [] for way in ways}
    for domain in sorted(set(domains)):
        own = domains == domain
        for way, yes in ways.items():
            means[way].append(balanced(yes[own], truth[own]))
        yield f"{domain:24}{int(own.sum()):>6}" + "".join(f"{values[-1]:>26.3f}" for values in means.values())
    yield f"{'mean of the domains':24}{len(read_):>6}" + "".join(f"{np.mean(values):>26.3f}" for values in means.values())
    first = ways["no contradiction"]
    yield f"no contradiction: kept {first[truth].mean():.3f} of the consistent ones, let by {first[~truth].mean():.3f} of the others"
    if keep is not None:
        curve = over_thresholds(1 / (1 + against), truth)
        yield write(keep, name, curve, f"{name}: consistent summaries and others", "1 / (1 + contradictions)", 1.0)
    yield from beside_known("summedits", {"balanced accuracy": float(np.mean(means["no contradiction"]))})


def _judged(one: Summary) -> tuple[int, bool]:
    """How much in the summary runs against its document, and whether the gate lets each of its sentences pass."""
    sentences = [one.doc[span.start : span.end] for span in spans(one.doc)]
    document = [read(sentence) for sentence in sentences]
    against, passes = 0, True
    for span in spans(one.text):
        said = one.text[span.start : span.end]
        near = gate.evidence(said, sentences, _EVIDENCE)
        held: list[Reading] = [document[n] for n in near]
        against += sum(1 for _ in contradictions(read(said), held, document))
        passes = passes and gate.judge(said, [sentences[n] for n in near]).passes
    return against, passes


def _elsewhere(values: np.ndarray, truth: np.ndarray, domains: np.ndarray) -> np.ndarray:
    """Yes or no for each row, with the threshold that is best on the domains that the row is not of."""
    yes = np.zeros(len(values), dtype=bool)
    for domain in set(domains):
        own = domains == domain
        others = ~own if (~own).any() else own
        yes[own] = values[own] >= best_threshold(values[others], truth[others])
    return yes


def read_summaries(files: Sequence[Path]) -> list[Summary]:
    """Raises BenchError for a row without its fields, and for a domain of consistent summaries only, or of others only."""
    read_ = []
    for file in files:
        for where, row in rows(file, NEEDED) if file.suffix == ".jsonl" else listed(file):
            if row["label"] not in (0, 1):
                raise BenchError(f"{where}: 'label' is {row['label']!r}; 1 for a consistent summary, 0 for another")
            read_.append(
                Summary(str(row.get("domain") or file.stem.removeprefix("summedits_")), row["doc"], row["summary"], row["label"] == 1)
            )
    for domain in {one.domain for one in read_}:
        if len({one.consistent for one in read_ if one.domain == domain}) < 2:
            raise BenchError(f"{files[0].parent}: domain {domain!r} needs consistent summaries and others")
    return read_


def listed(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of a file that is one JSON list, each with its place. Raises BenchError."""
    try:
        them = json.loads(text_of(file))
    except ValueError as error:
        raise BenchError(f"{file}: not JSON ({error})") from None
    if not isinstance(them, list):
        raise BenchError(f"{file}: needs a list of rows with {', '.join(NEEDED)}")
    for number, row in enumerate(them, 1):
        where = f"{file}, row {number}"
        wrong = [name for name, kind in NEEDED.items() if not isinstance(row, dict) or not isinstance(row.get(name), kind)]
        if wrong:
            raise BenchError(f"{where}: needs an object with {', '.join(NEEDED)}; wrong or missing: {', '.join(wrong)}")
        yield where, row
