"""Choose what the reader (index/reader.py) counts beside the search and beside the other measures, and say what comes of it.

    python -m eval.tune_reading HOME

HOME is a data folder with an index of the bundled corpus. Told with messages of the hands that the reader has not learned from
(NOT_LEARNED in eval/train_reader.py): for several weights how often a section that answers comes first, of those that have one among the
first three (`_BESIDE` in bot/reading.py); and where a first hit was read, the weights of both log odds by logistic regression
(`Answerability.written_read`), with the share of messages that nothing answers, and of those that the first section does, below several
sums of the two: NOT_FOUND and SURE are two of these. Of strangers_kept.jsonl, which nothing is chosen with, the same is told.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.answerability import MOST_READ, ahead_of_the_rest
from bot.chain import Bot, open_bot
from bot.reading import NEAR, placed_by
from bot.settings import Settings
from eval.cases import WRITTEN
from eval.script import run
from eval.train_reader import NOT_LEARNED
from eval.tune_answerability import KEPT, STRANGERS, of_one_thing
from index.reader import Reader, load_reader

_WEIGHTS = (0.0, 0.01, 0.02, 0.03, 0.04, 0.06)
_SUMS = (-2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0)


@dataclass(frozen=True)
class Seen:
    """A message: of its first hits the places in the search, what the reader says of each and which answer; of the first as the bot orders
    them, whether it answers, its log odds by the measures, and what the reader says, None where it was not read."""

    places: np.ndarray
    readings: np.ndarray
    right: np.ndarray
    answered: bool
    answers: bool
    unread: float
    read: float | None


def main(home: Path) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    settings = Settings(home=home, today=WRITTEN)
    bot, reader = open_bot(settings), load_reader(settings.exported_reader)
    bots = (bot, bot.without_reader())
    chosen, kept = (list(_look(bots, reader, file)) for file in (STRANGERS, KEPT))
    for name, seen in (("hands that it is chosen with", chosen), ("hands that nothing is chosen with", kept)):
        near = [one for one in seen if one.right.any()]
        first = (
            np.mean([one.right[np.argmax(one.places + w * np.clip(one.readings, -MOST_READ, MOST_READ))] for one in near]) for w in _WEIGHTS
        )
        print(f"{name}: {len(near)} with a section among three; first, by weight: ", end="")
        print(", ".join(f"{weight} {share:.3f}" for weight, share in zip(_WEIGHTS, first, strict=True)))
    rows, truth = _rows(chosen)
    model = LogisticRegression(C=10.0).fit(rows, truth)
    measures, by_reader = model.coef_[0]
    print(f"first hits that were read: constant {model.intercept_[0]:.2f}, by the measures {measures:.2f}, by the reader {by_reader:.2f}")
    for name, seen in (("chosen with", chosen), ("not chosen with", kept)):
        rows, truth = _rows(seen)
        areas = (roc_auc_score(truth, values) for values in (rows[:, 0], rows[:, 1], model.decision_function(rows)))
        print(f"{name}: area by the measures, by the reader, by both: " + ", ".join(f"{area:.3f}" for area in areas))
        print("  below a sum: of the right, of what nothing answers (all messages, read or not)")
        for bound in _SUMS:
            below = {right: [_sum(one, model.coef_[0]) < bound for one in seen if _is(one, right)] for right in (True, False)}
            print(f"  {bound:5.1f}  {np.mean(below[True]):.3f}  {np.mean(below[False]):.3f}")


def _is(one: Seen, right: bool) -> bool:
    return one.answers if right else not one.answered


def _sum(one: Seen, weights: np.ndarray) -> float:
    return float("inf") if one.read is None else float(weights[0] * one.unread + weights[1] * one.read)


def _rows(seen: Sequence[Seen]) -> tuple[np.ndarray, np.ndarray]:
    """Of the first hits that were read and are right, or of messages that nothing answers: both log odds, and which is which."""
    told = [one for one in seen if one.read is not None and (one.answers or not one.answered)]
    return np.array([(one.unread, one.read) for one in told]), np.array([one.answers for one in told])


def _look(bots: tuple[Bot, Bot], reader: Reader, file: Path) -> Iterator[Seen]:
    """Messages that ask one thing, of the hands not learned from."""
    bot, searching = bots
    for hand, question, sections in of_one_thing(file):
        if file == STRANGERS and hand not in NOT_LEARNED:
            continue
        found, searched = bot.search(bot.understand(question)), searching.search(searching.understand(question))
        if not found.hits or not found.hits[0] or not found.hits[0][0].passage.asked:
            continue
        first, near = found.hits[0][0], searched.hits[0][:NEAR]
        features = bot.answerability.features(found.asked[0], first, ahead_of_the_rest(found.hits[0]))
        yield Seen(
            np.array([placed_by(hit) for hit in near]),
            np.array(reader.read(question, [(hit.passage.heading, hit.passage.text) for hit in near])),
            np.array([hit.passage.id in sections for hit in near]),
            bool(sections),
            first.passage.id in sections,
            float(np.dot(bot.answerability.written, features)),
            first.read,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path, metavar="HOME")
    given = parser.parse_args()
    run("tune_reading", lambda: main(given.home))
