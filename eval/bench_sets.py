"""What the modules that measure public sets share: reading rows, thresholds chosen on one half, the numbers others got, verdicts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpus.errors import NorthboundError


class BenchError(NorthboundError):
    """A public set that cannot be used; the file and line are named."""


@dataclass(frozen=True)
class Known:
    """A number that somebody else got, or that we aim at, for one measure of a set. `row` names the line of our table it is set beside;
    `last` says which identifier the set's own folder or file has."""

    measure: str
    value: float
    who: str


# By set: the folder's name, and for a set of several parts the part after a slash. "given" numbers were measured by whoever handed the
# set over, with MiniLM, bm25s (k1 0.9, b 0.4) and one pass; the others are the authors' own. "aim" is ours.
KNOWN: Mapping[str, tuple[Known, ...]] = {
    "ircc": (
        Known("recall@5", 0.840, "given: cosine + 0.2 BM25"),
        Known("nDCG@10", 0.746, "given: cosine + 0.2 BM25"),
        Known("recall@5", 0.87, "aim"),
        Known("nDCG@10", 0.77, "aim"),
    ),
    "clapnq/human": (
        Known("recall@5", 0.439, "given: weighted sum with the history's mean vector"),
        Known("nDCG@10", 0.465, "given: weighted sum with the history's mean vector"),
        Known("recall@5", 0.441, "given: weighted sum on a person's rewrite"),
        Known("nDCG@10", 0.458, "given: weighted sum on a person's rewrite"),
        Known("recall@5", 0.46, "aim"),
        Known("nDCG@10", 0.48, "aim"),
    ),
    "scifact": (
        Known("nDCG@10", 0.645, "given: MiniLM"),
        Known("nDCG@10", 0.657, "given: BM25"),
        Known("nDCG@10", 0.685, "given: reciprocal rank fusion"),
        Known("nDCG@10", 0.71, "aim"),
    ),
    "covidfaq": (
        Known("recall@5", 0.857, "given: MiniLM"),
        Known("nDCG@10", 0.758, "given: MiniLM"),
        Known("recall@5", 0.88, "aim"),
        Known("nDCG@10", 0.79, "aim"),
    ),
    "cast/2019": (Known("recall", 0.659, "given: as typed"), Known("recall", 0.72, "aim")),
    "cast/2020": (
        Known("recall", 0.604, "given: as typed"),
        Known("recall", 0.700, "the organisers' rewriter"),
        Known("recall", 0.72, "aim"),
    ),
    "cast/2021": (
        Known("recall", 0.615, "given: as typed"),
        Known("recall", 0.627, "the organisers' rewriter"),
        Known("recall", 0.72, "aim"),
    ),
    "answerable": (
        Known("balanced accuracy", 0.855, "given: cosine to passage + best sentence"),
        Known("balanced accuracy", 0.88, "aim"),
    ),
    "summedits": (
        Known("balanced accuracy", 0.571, "the authors: SummaC-Conv, over ten domains"),
        Known("balanced accuracy", 0.655, "the authors: QAFactEval, over ten domains"),
        Known("balanced accuracy", 0.909, "the authors: people, over ten domains"),
    ),
    "wice": (
        Known("balanced accuracy", 0.695, "given: share of the claim's words in the five best sentences"),
        Known("balanced accuracy", 0.75, "aim"),
    ),
}


def beside_known(name: str, means: Mapping[str, float]) -> Iterator[str]:
    """A line for each number known for the set. Only a mean is known of these, so they carry no test."""
    for known in KNOWN.get(name, ()):
        if known.measure in means:
            change = means[known.measure] - known.value
            verdict = "level" if abs(change) < 0.0005 else "ahead" if change > 0 else "BEHIND"
            yield f"{name}, {known.measure}: {means[known.measure]:.3f} against {known.value:.3f} ({known.who}): {change:+.3f}: {verdict}"


def paired(ours: str, other: str, measure: str, mine: np.ndarray, theirs: np.ndarray) -> str:
    """One line: the difference of two rows measured on the same questions, with its test."""
    from eval.compare import SIGNIFICANT, randomisation  # brings the whole chain with it, which a peer's process must not load

    p = randomisation(theirs, mine)
    change = float((mine - theirs).mean())
    verdict = "level" if p >= SIGNIFICANT else "ahead" if change > 0 else "BEHIND"
    return f"{ours} against {other}, {measure}: {change:+.3f}, paired randomisation test p = {p:.4f}: {verdict}"


def balanced(yes: np.ndarray, truth: np.ndarray) -> float:
    """Balanced accuracy: the mean of the share of true ones said yes to and the share of the others said no to, 0 to 1."""
    return float((yes[truth].mean() + (~yes[~truth]).mean()) / 2)


def halved(yes: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Whether each was judged right, weighted so that the mean is the balanced accuracy: what a paired test compares."""
    weight = np.where(truth, len(truth) / (2 * truth.sum()), len(truth) / (2 * (~truth).sum()))
    return np.asarray((yes == truth) * weight)


def decided(values: np.ndarray, truth: np.ndarray, halves: np.ndarray) -> np.ndarray:
    """Yes or no for each row, with the threshold of best balanced accuracy on the half that the row is not in. A row is never judged
    by a threshold that it helped to choose."""
    yes = np.zeros(len(values), dtype=bool)
    for half in (True, False):
        yes[halves == half] = values[halves == half] >= best_threshold(values[halves != half], truth[halves != half])
    return yes


def best_threshold(values: np.ndarray, truth: np.ndarray) -> float:
    """The value at and above which saying yes gives the best balanced accuracy; halfway to the next lower one."""
    levels = np.unique(values)
    cuts = np.concatenate([[levels[0]], (levels[1:] + levels[:-1]) / 2])
    return float(max(cuts, key=lambda cut: balanced(values >= cut, truth)))


def halves(ids: Sequence[str], truth: np.ndarray) -> np.ndarray:
    """Which half each row is in: of the true ones, in the order of a hash of their ids, every second, and of the others too. The same in
    every run; salted, because a set can itself be the half that a plain hash chose."""
    order = sorted(range(len(ids)), key=lambda n: hashlib.sha256(f"half of {ids[n]}".encode()).hexdigest())
    half = np.zeros(len(ids), dtype=bool)
    for label in (True, False):
        half[[n for n in order if truth[n] == label][::2]] = True
    return half


def overlap_f1(chosen: set[int], gold: set[int]) -> float:
    """2 * |both| / (|chosen| + |gold|): harmonic mean of precision and recall of a set against a set; 1 where both are empty."""
    return 2 * len(chosen & gold) / (len(chosen) + len(gold)) if chosen or gold else 1.0


def rows(path: Path, needed: Mapping[str, type | tuple[type, ...]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row with its place, "FILE, line N". Raises BenchError for a line that is no object with the needed fields of these types."""
    for number, line in enumerate(text_of(path).split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise BenchError(f"{where}: not JSON ({error})") from None
        wrong = [name for name, kind in needed.items() if not isinstance(row, dict) or not isinstance(row.get(name), kind)]
        if wrong:
            raise BenchError(f"{where}: needs an object with {', '.join(map(repr, needed))}; wrong or missing: {', '.join(wrong)}")
        yield where, row


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BenchError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BenchError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
