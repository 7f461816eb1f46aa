"""Learn what turns a question's vector towards the sections that answer it (index/query_adapter.npz), or say what it is worth.

    python -m eval.train_query_adapter HOME              # learns from everything, and writes
    python -m eval.train_query_adapter HOME --held-out   # learns without the questions of other hands, measures with these, writes nothing

HOME is a data folder with an index of the bundled corpus. Learned from: every way of asking in the briefs, which finds its section by the
section's other ways of asking, text and sentences, and the questions of eval/typed.jsonl; with everything, also those of
eval/typed_kept.jsonl, eval/typed_facts.jsonl, eval/strangers.jsonl and the first messages of eval/continued.jsonl; never from
eval/strangers_kept.jsonl. The vectors of the index stay as they are, so
each question is told from all sections at once, the nearest among them: the loss is the cross-entropy of the softmax over the part of a
hit's score that is made of cosines. A minute on two cores; the same seed gives the same weights on the same kind of processor.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import numpy as np
import torch
from torch.nn import functional

from bot.chain import Bot, open_bot
from bot.settings import Settings
from eval.cases import WRITTEN
from eval.pairs import read_typed
from eval.script import run
from eval.train_adapter import TYPED
from eval.tune import TYPED as KEPT
from eval.tune_answerability import KEPT as OTHER_HANDS
from eval.tune_answerability import STRANGERS, of_one_thing
from eval.tune_followups import CONTINUED
from index.query_adapter import WEIGHTS, QueryAdapter, write_query_adapter
from index.search import Index

_KEPT = (*KEPT, CONTINUED, STRANGERS)


@dataclass(frozen=True)
class Recipe:
    """How it is learned. `temperature` divides the scores; `decay` is AdamW's; `stretch` was chosen with the whole search (0025)."""

    rank: int = 128
    rounds: int = 4
    questions: int = 128  # a step
    rate: float = 1e-3
    decay: float = 0.01
    temperature: float = 0.03
    stretch: float = 1.4


@dataclass(frozen=True)
class Rows:
    """The rows of an index that belong to written sections, by kind, with the number of the section of each: `asked` are of its questions.
    float32, length 1. `ids` are the sections'; `weights` those of question, text and sentence."""

    asked: torch.Tensor
    asked_of: torch.Tensor
    texts: torch.Tensor
    sentences: torch.Tensor
    sentence_of: torch.Tensor
    ids: tuple[str, ...]
    weights: tuple[float, float, float]

    def scores(self, questions: torch.Tensor, itself: torch.Tensor | None = None) -> torch.Tensor:
        """What the cosines of each question with each section come to; without those that are marked as the question `itself`."""
        asked = questions @ self.asked.T
        if itself is not None:
            asked = asked.masked_fill(itself, -1.0)
        question, text, sentence = self.weights
        return (
            question * self._best(asked, self.asked_of)
            + text * (questions @ self.texts.T)
            + sentence * self._best(questions @ self.sentences.T, self.sentence_of)
        )

    def _best(self, cosines: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
        lowest = torch.full((len(cosines), len(self.ids)), -1.0)
        return lowest.scatter_reduce(1, of.expand(len(cosines), -1), cosines, "amax")


@dataclass(frozen=True)
class Labelled:
    """Questions with the sections that answer them, by their numbers, the best first; `vectors` are a row each."""

    name: str
    vectors: torch.Tensor
    sections: tuple[tuple[int, ...], ...]


@click.command()
@click.argument("home", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", default=WEIGHTS, type=click.Path(path_type=Path), help="Where to write what was learned; else where it is used.")
@click.option("--seed", default=0, show_default=True)
@click.option("--held-out", is_flag=True, help="Measure with questions that are not learned from; nothing is written.")
def main(home: Path, out: Path, seed: int, held_out: bool) -> None:
    """Learn from the index in HOME what turns a question towards its section."""
    bot = open_bot(Settings(home=home, today=WRITTEN))
    rows = rows_of(bot.index)
    known, kept, others = ([labelled(bot, rows, file) for file in files] for files in ((TYPED,), _KEPT, (OTHER_HANDS,)))
    recipe = Recipe()
    made = learned(rows, known if held_out else [*known, *kept], recipe, seed)
    if held_out:
        for line in measured(rows, [*kept, *others], made):
            click.echo(line)
        return
    write_query_adapter(out, levelled(rows, [*known, *kept], QueryAdapter(bot.index.embedder.fingerprint, *made, recipe.stretch)))
    click.echo(f"{out}: {out.stat().st_size:,} bytes")


def rows_of(index: Index) -> Rows:
    """The rows of the written sections of an index."""
    kinds: dict[str, tuple[list[np.ndarray], list[int]]] = {kind: ([], []) for kind in ("asked", "texts", "sentences")}
    ids: list[str] = []
    for passage, asked, text, sentences in index.written_rows():
        for kind, vectors in (("asked", asked), ("texts", text[None]), ("sentences", sentences if len(sentences) else text[None])):
            kinds[kind][0].append(vectors)
            kinds[kind][1].extend([len(ids)] * len(vectors))
        ids.append(passage.id)
    (asked_rows, asked_of), (texts, _), (sentence_rows, sentence_of) = (
        (torch.from_numpy(np.concatenate(vectors)), torch.tensor(of)) for vectors, of in kinds.values()
    )
    weights = index.weights
    return Rows(asked_rows, asked_of, texts, sentence_rows, sentence_of, tuple(ids), (weights.question, weights.text, weights.sentence))


def labelled(bot: Bot, rows: Rows, file: Path) -> Labelled:
    """The questions of a file: of conversations the first messages. Those whose sections the index does not hold are left out."""
    number = {id: n for n, id in enumerate(rows.ids)}
    found = [(asked, of) for asked, ids in _asked(file) if (of := tuple(number[id] for id in ids if id in number))]
    vectors = [bot.index.embed([asked for asked, _ in found[at : at + 64]]) for at in range(0, len(found), 64)]
    return Labelled(file.stem, torch.from_numpy(np.concatenate(vectors)), tuple(of for _, of in found))


def _asked(file: Path) -> Iterator[tuple[str, Sequence[str]]]:
    if file.stem.startswith("strangers"):
        yield from ((question, sections) for _, question, sections in of_one_thing(file))
        return
    if file.stem != CONTINUED.stem:
        yield from ((question, (section,)) for question, section in read_typed(file))
        return
    for line in file.read_text(encoding="utf-8").splitlines():
        first = json.loads(line)["turns"][0]
        yield first["question"], first["passages"]


def learned(rows: Rows, known: Sequence[Labelled], recipe: Recipe, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`down` and `up`. AdamW, its rate rising for a tenth of the steps and falling for the rest."""
    torch.manual_seed(seed)
    down = torch.nn.Parameter(torch.randn(recipe.rank, rows.texts.shape[1]) * 0.05)
    up = torch.nn.Parameter(torch.zeros(rows.texts.shape[1], recipe.rank))
    typed = torch.cat([one.vectors for one in known])
    # Of several sections that answer, the first is what is learned: it is the one that was written for it.
    right = torch.cat([torch.tensor([of[0] for one in known for of in one.sections]), rows.asked_of])
    every = torch.cat([typed, rows.asked])
    steps = recipe.rounds * -(-len(every) // recipe.questions)
    optimiser = torch.optim.AdamW([down, up], lr=recipe.rate, weight_decay=recipe.decay)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=steps, pct_start=0.1)
    for _ in range(recipe.rounds):
        for some in torch.split(torch.randperm(len(every)), recipe.questions):
            itself = some[:, None] - len(typed) == torch.arange(len(rows.asked))
            loss = functional.cross_entropy(rows.scores(turned(every[some], down, up), itself) / recipe.temperature, right[some])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            rate.step()
    return down.detach().numpy(), up.detach().numpy()


def levelled(rows: Rows, known: Sequence[Labelled], adapter: QueryAdapter) -> QueryAdapter:
    """The adapter with the level at which the best section of these questions scores on the average what it did."""
    vectors = torch.cat([one.vectors for one in known])
    with torch.inference_mode():
        before, after = (float(rows.scores(one).amax(1).mean()) for one in (vectors, torch.from_numpy(adapter(vectors.numpy()))))
    return replace(adapter, level=(adapter.stretch * after - before) / sum(rows.weights))


def turned(vectors: torch.Tensor, down: torch.Tensor, up: torch.Tensor) -> torch.Tensor:
    """As QueryAdapter does it."""
    return functional.normalize(vectors + vectors @ down.T @ up.T, dim=-1)


def measured(rows: Rows, kept: Sequence[Labelled], made: tuple[np.ndarray, np.ndarray]) -> Iterator[str]:
    """How often a section that answers is first and among three, by the cosines alone, as they were and turned."""
    down, up = map(torch.from_numpy, made)
    yield f"{'held out':14}{'questions':>10}{'as it was':>16}{'turned':>16}"
    for one in kept:
        told = "".join(
            f"{'  '.join(f'{(ranks(rows, vectors, one.sections) <= most).mean():.3f}' for most in (1, 3)):>16}"
            for vectors in (one.vectors, turned(one.vectors, down, up))
        )
        yield f"{one.name:14}{len(one.sections):>10}{told}"


def ranks(rows: Rows, questions: torch.Tensor, right: Sequence[Sequence[int]]) -> np.ndarray:
    """The rank, from 1, of the best of each question's sections."""
    with torch.inference_mode():
        scores = rows.scores(questions).numpy()
    return np.array([1 + (row > row[list(of)].max()).sum() for row, of in zip(scores, right, strict=True)])


if __name__ == "__main__":
    run("train_query_adapter", main)
