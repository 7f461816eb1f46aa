"""Choose which sentence of a section is said first (bot/compose.py), and say what comes of it.

    python -m eval.tune_leading HOME

HOME is a data folder with an index of the bundled corpus. A message of strangers.jsonl names the sentences of a section that answer it.
Where that section was found first, one of its sentences is to be chosen: by its cosine, by how likely it answers for the reader when it is
read alone, by whether it holds the sort of thing that is asked for openly, and by having been written first. The weights of these are
fitted by a logistic choice (softmax over the sentences of a section) to the hands that the reader has not learned from (NOT_LEARNED in
eval/train_reader.py), and told as shares of the cosine's, as `_ANSWERS`, `_TYPED_LEADS` and `_WRITTEN_FIRST` are. Of strangers_kept.jsonl,
which nothing is chosen with, the same is told.

Source of the form: McFadden 1974, Conditional Logit Analysis of Qualitative Choice Behavior.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.answerability import probability
from bot.chain import Bot, open_bot
from bot.compose import compose
from bot.pieces import units_of
from bot.settings import Settings
from bot.verdicts import asks_openly
from eval.cases import WRITTEN
from eval.script import run
from eval.train_reader import NOT_LEARNED
from eval.tune_answerability import KEPT, STRANGERS
from index.expects import holds
from index.reader import Reader, load_reader

_PENALTY = 1e-3
_TRIED = {"cosine, first": [0, 3], "cosine, typed, first": [0, 2, 3], "reader, first": [1, 3], "all": [0, 1, 2, 3]}


@dataclass(frozen=True)
class Choice:
    """The sentences of a section found first: features, shape (sentences, 4), which of them answer, and whether what is said first now
    does."""

    features: np.ndarray
    answers: np.ndarray
    now: bool


def main(home: Path) -> None:
    settings = Settings(home=home, today=WRITTEN)
    bot, reader = open_bot(settings), load_reader(settings.exported_reader)
    chosen, kept = list(_look(bot, reader, STRANGERS, NOT_LEARNED)), list(_look(bot, reader, KEPT))
    print(f"{len(chosen)} and {len(kept)} (kept) sections")
    print(f"the one written first answers: {np.mean([c.answers[0] for c in chosen]):.3f}, {np.mean([c.answers[0] for c in kept]):.3f}")
    print(f"what is said first now answers: {np.mean([c.now for c in chosen]):.3f}, {np.mean([c.now for c in kept]):.3f}")
    for name, columns in _TRIED.items():
        weights = _fitted(chosen, columns)
        shares = (np.mean([c.answers[np.argmax(c.features[:, columns] @ weights)] for c in each]) for each in (chosen, kept))
        told = ", ".join(f"{weight / weights[0]:.2f}" for weight in weights)
        print(f"{name}: {', '.join(f'{share:.3f}' for share in shares)}; weights as shares of the first: {told}")


def _look(bot: Bot, reader: Reader, file: Path, hands: Collection[str] = ()) -> Iterator[Choice]:
    """One of each message that asks one thing, is answered from a section that answers it, and names a sentence of that."""
    with file.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for row in rows:
        if len(row["asks"]) != 1 or hands and row["id"].split("-")[0] not in hands:
            continue
        found = bot.search(bot.understand(row["question"]))
        if not found.hits or not found.hits[0]:
            continue
        asked, best = found.asked[0], found.hits[0][0]
        named = row.get("quotes", {}).get(best.passage.id, ())
        units, text = units_of(best), best.passage.text
        said = [text[unit.start : unit.end] for unit in units]
        answers = np.array([any(quote in one or one in quote for quote in named) for one in said])
        pieces = compose(asked, found.hits[0], bot.answerability)
        if len(units) < 2 or not answers.any() or not pieces:
            continue
        read = reader.read(asked.wordings[0], [("", one) for one in said])
        typed = asks_openly(asked.wordings[0]) and bool(asked.wants)
        features = [
            (unit.cosine, probability(odds), typed and holds(asked.wants, one), unit is units[0])
            for unit, odds, one in zip(units, read, said, strict=True)
        ]
        first = pieces[0].quote
        yield Choice(np.array(features, dtype=float), answers, any(first in one or one in first for one in named))


def _fitted(choices: Sequence[Choice], columns: Sequence[int]) -> np.ndarray:
    """The weights under which the sentences that answer are likeliest to be chosen."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    def surprise(weights: np.ndarray) -> float:
        total = 0.0
        for choice in choices:
            worth = choice.features[:, columns] @ weights
            chances = np.exp(worth - worth.max())
            total -= float(np.log(chances[choice.answers].sum() / chances.sum()))
        return total / len(choices) + _PENALTY * float(weights @ weights)

    return np.asarray(minimize(surprise, np.zeros(len(columns)), method="L-BFGS-B").x)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path, metavar="HOME")
    given = parser.parse_args()
    run("tune_leading", lambda: main(given.home))
