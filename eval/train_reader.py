"""Train the small cross-encoder of eval/reader.py, and say what it gives on subjects that it never saw.

    python -m eval.train_reader dev-v2.0.json selqa-ass-dev.json --bench DIR/clapnq.jsonl --out reader.npz
    python -m eval.train_reader dev-v2.0.json --bench DIR/clapnq.jsonl --reader reader.npz      # measures one that was trained before

The files are openly licensed question sets (eval/pairs.py says which); the ways of asking of the briefs in the live index are added.
`--bench` names rows to measure with, as `eval bench` takes them: a question of theirs is never learned from. A GPU is used where there is
one. The same seed gives the same weights on the same kind of processor. docs/model-card.md holds what came out.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bot.compose import Answerability, Asked
from bot.settings import read_settings
from corpus.errors import NorthboundError
from eval.bench_answerable import Given, read_given
from eval.bench_sets import balanced, decided, halves
from eval.pairs import Pair, found, from_briefs, read_pairs, some_of, without
from eval.reader import Reader, as_read, evidence, read, train
from index.build import current, read_passages
from index.embedder import Embedder, load_embedder
from index.search import Hit

_ROW = "{:52}{:>7}{:>10}{:>10}"
_TIMED = 50  # pairs read one by one to say how long one takes


@dataclass(frozen=True)
class Seen:
    """Pairs with what the search makes of them; `features` has a row each, those of `Answerability` without the constant."""

    pairs: tuple[Pair, ...]
    asked: tuple[Asked, ...]
    hits: tuple[Hit, ...]
    features: np.ndarray

    @property
    def answers(self) -> np.ndarray:
        return np.array([pair.answers for pair in self.pairs])

    def only(self, kept: Sequence[bool] | np.ndarray) -> Seen:
        at = [int(n) for n in np.flatnonzero(np.asarray(kept))]
        return Seen(tuple(self.pairs[n] for n in at), tuple(self.asked[n] for n in at), tuple(self.hits[n] for n in at), self.features[at])


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--bench", multiple=True, type=click.Path(path_type=Path), help="Rows of question, passage and answerable to measure with.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write what was learned.")
@click.option("--reader", type=click.Path(path_type=Path), help="Measure this one; nothing is trained.")
@click.option("--most", default=3000, show_default=True, help="Pairs taken of each set.")
@click.option("--epochs", default=2, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(files: Sequence[Path], bench: Sequence[Path], out: Path | None, reader: Path | None, most: int, epochs: int, seed: int) -> None:
    """Train a small reader on FILES and the briefs, and measure it."""
    settings = read_settings()
    try:
        embedder = load_embedder(settings.embedder, settings.exported)
        measured = {file.parent.name: read_given(file) for file in bench}
        pairs = [*read_pairs(files, seed), *from_briefs(read_passages(current(settings.home)), embedder, seed=seed)]
        pairs = some_of(without(pairs, (one.question for rows in measured.values() for one in rows)), most, seed)
        for line in made(look(pairs, embedder), {n: look(_given(n, r), embedder) for n, r in measured.items()}, epochs, seed, out, reader):
            click.echo(line)
    except (NorthboundError, ValueError) as error:
        sys.exit(f"eval.train_reader: {error}")


def look(pairs: Sequence[Pair], embedder: Embedder) -> Seen:
    """The pairs as the bot sees them."""
    asked, hits = zip(*found(pairs, embedder, _progress), strict=True)
    return Seen(tuple(pairs), asked, hits, np.array([Answerability.measures(a, h)[1:] for a, h in zip(asked, hits, strict=True)]))


def made(
    seen: Seen, measured: dict[str, Seen], epochs: int = 2, seed: int = 0, out: Path | None = None, kept: Path | None = None
) -> Iterator[str]:
    """Fit the log odds by cosines and the reader on the pairs that are not held out, or load the reader `kept`; then what each gives."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    learned = seen.only([not pair.held for pair in seen.pairs])
    odds = LogisticRegression(C=10.0, class_weight="balanced", max_iter=3000).fit(learned.features, learned.answers)
    yield f"log odds by cosines: {odds.intercept_[0]:.2f} {np.round(odds.coef_[0], 2).tolist()}, from {len(learned.pairs)} pairs"
    reader = Reader(seed)
    if kept is not None:
        reader.load(kept)
    else:
        began = time.perf_counter()
        known = odds.decision_function(learned.features)
        train(reader, _read(learned), learned.answers.tolist(), known, epochs=epochs, seed=seed, device=device, told=_told)
        yield f"reader: {epochs} epochs in {(time.perf_counter() - began) / 60:.1f} minutes on {device}"
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        reader.save(out)
        yield f"{out}: {out.stat().st_size / 1e6:.2f} MB"
    yield _ROW.format("", "pairs", "AUC", "balanced")
    away = seen.only([pair.held for pair in seen.pairs])
    held = {f"{origin}, held out": away.only([p.origin == origin for p in away.pairs]) for origin in sorted({p.origin for p in away.pairs})}
    for name, rows in {**held, **measured}.items():
        if 2 <= rows.answers.sum() <= len(rows.pairs) - 2:
            yield from _lines(name, rows, odds.decision_function(rows.features), read(reader, _read(rows), device=device))
    yield f"one pair is read in {_milliseconds(reader, seen):.1f} ms on one thread of a processor, through torch"


def _given(name: str, rows: Sequence[Given]) -> list[Pair]:
    return [Pair(one.question, one.title, one.passage, one.answerable, name, one.id) for one in rows]


def _read(seen: Seen) -> list[tuple[tuple[int, ...], int]]:
    return as_read([pair.question for pair in seen.pairs], [evidence(hit) for hit in seen.hits])


def _lines(name: str, rows: Seen, odds: np.ndarray, added: np.ndarray) -> Iterator[str]:
    """Each way of deciding, at the threshold that is best on the half of the rows that it is not used on."""
    half = halves([f"{pair.question} {pair.text[:40]}" for pair in rows.pairs], rows.answers)
    cosines = rows.features[:, 1] + rows.features[:, 2]
    now = np.array([Answerability()(a, h) for a, h in zip(rows.asked, rows.hits, strict=True)])
    ways = {"as it stands": now, "sum of both cosines": cosines, "log odds by cosines": odds, "reader alone": added, "both": odds + added}
    for way, values in ways.items():
        right = balanced(decided(values, rows.answers, half), rows.answers)
        yield _ROW.format(f"{name}: {way}", len(rows.pairs), f"{roc_auc_score(rows.answers, values):.3f}", f"{right:.3f}")


def _milliseconds(reader: Reader, seen: Seen) -> float:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    some = _read(seen)[:_TIMED]
    read(reader, some[:3])
    took = []
    for one in some:
        began = time.perf_counter()
        read(reader, [one])
        took.append(time.perf_counter() - began)
    torch.set_num_threads(threads)
    return 1000 * float(np.median(took))


def _told(step: int, steps: int, loss: float) -> None:
    if step % 20 == 0 or step == steps:
        click.echo(f"\rstep {step} of {steps}, loss {loss:.3f}", err=True, nl=step == steps)


def _progress(what: str, done: int, of: int) -> None:
    click.echo(f"\r{what}: {done} of {of}", err=True, nl=done == of)


if __name__ == "__main__":
    main()
