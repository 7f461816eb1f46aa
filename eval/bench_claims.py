"""The claim gate on a set of claims with the sentences of the page that they cite: which claims are supported, and by what.

What is measured is `bot.gate`: `evidence` chooses the sentences that a claim would be shown with, `judge` says whether they support it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from bot import gate
from eval.bench_curve import over_thresholds, write
from eval.bench_sets import BenchError, balanced, beside_known, decided, halved, halves, overlap_f1, paired, rows
from index.embedder import Embedder
from index.keywords import terms

BEST = 5  # sentences that the baselines look at, and the most that the gate cites


@dataclass(frozen=True)
class Claimed:
    """A claim with the sentences it may rest on, whether they support all of it, and every set of places that a person chose."""

    id: str
    claim: str
    sentences: tuple[str, ...]
    supported: bool
    chosen: tuple[frozenset[int], ...]


def claims(file: Path, embedder: Embedder, keep: Path | None = None) -> Iterator[str]:
    """Balanced accuracy of "supported" against the rest, and F1 of the sentences, beside two baselines. A threshold is always chosen on
    the half of the claims that it is not used on. In `keep`: the gate's curve, NAME.svg."""
    read = read_claims(file)
    truth = np.array([one.supported for one in read])
    half = halves([one.id for one in read], truth)
    cosines = [_cosines(one, embedder) for one in tqdm(read, desc="embedding", disable=None)]
    nearest = [np.argsort(-c, kind="stable")[:BEST] for c in cosines]
    cited = [gate.evidence(one.claim, one.sentences, BEST) for one in read]
    verdicts = [gate.judge(one.claim, [one.sentences[n] for n in places]) for one, places in zip(read, cited, strict=True)]
    values = {
        "the gate's support": np.array([verdict.support for verdict in verdicts]),
        "cosine of the best sentence": np.array([float(c.max()) for c in cosines]),
        f"words in the {BEST} best sentences": np.array(
            [_share(one.claim, [one.sentences[n] for n in places]) for one, places in zip(read, nearest, strict=True)]
        ),
    }
    yield f"{file.parent.name}: {len(read)} claims, {int(truth.sum())} supported"
    yield f"{'':32}{'balanced':>10}{'kept':>8}{'let by':>8}"
    passes = np.array([verdict.passes for verdict in verdicts])
    said = {"the gate as it stands": passes, **{name: decided(value, truth, half) for name, value in values.items()}}
    for name, yes in said.items():
        yield f"{name:32}{balanced(yes, truth):>10.3f}{yes[truth].mean():>8.3f}{yes[~truth].mean():>8.3f}"
    right = {name: halved(yes, truth) for name, yes in said.items()}
    ours, *others = list(values)
    for other in others:
        yield paired(ours, other, "balanced accuracy", right[ours], right[other])
    curve = over_thresholds(values[ours], truth)
    yield from curve.lines("support")
    if keep is not None:
        title = f"{file.parent.name}: supported claims and others, {len(read)}"
        yield write(keep, file.parent.name, curve, title, "the gate's support", gate.ENOUGH)
    judged = [n for n, one in enumerate(read) if one.chosen]
    chosen = {
        "the gate's sentences": [set(cited[n]) for n in judged],
        "the 2 nearest": [set(nearest[n][:2].tolist()) for n in judged],
    }
    for name, places in chosen.items():
        f1 = [max(overlap_f1(mine, set(gold)) for gold in read[n].chosen) for n, mine in zip(judged, places, strict=True)]
        yield f"{name}: F1 {np.mean(f1):.3f} over {len(judged)} claims, the best of the sets chosen by people for each"
    yield from beside_known(file.parent.name, {"balanced accuracy": balanced(said[ours], truth)})


def read_claims(file: Path) -> list[Claimed]:
    """Raises BenchError for a row without its fields, and for fewer than two supported claims or two others."""
    read = []
    for number, (where, row) in enumerate(rows(file, {"claim": str, "evidence": list, "label": str}), 1):
        sentences = tuple(str(sentence) for sentence in row["evidence"])
        if not sentences:
            raise BenchError(f"{where}: 'evidence' holds no sentence")
        groups = tuple(frozenset(group) for group in row.get("supporting_sentences") or [] if group)
        read.append(Claimed(str(row.get("_id") or number), row["claim"], sentences, row["label"] == "supported", groups))
    if not 2 <= sum(one.supported for one in read) <= len(read) - 2:
        raise BenchError(f"{file}: needs at least two claims labelled 'supported' and two others")
    return read


def _cosines(one: Claimed, embedder: Embedder) -> np.ndarray:
    vectors = embedder.embed([one.claim, *one.sentences])
    return np.asarray(vectors[1:] @ vectors[0])


def _share(claim: str, sentences: Sequence[str]) -> float:
    """Share of the claim's different terms that stand in the sentences, 0 to 1."""
    own = set(terms(claim))
    return len(own & set(terms("\n".join(sentences)))) / len(own) if own else 0.0
