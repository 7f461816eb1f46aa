"""Fit when a section that was written as an answer answers a question (`Answerability.written` in bot/answerability.py), and print what
it gives.

    python -m eval.tune_answerability HOME

HOME is a data folder with an index of the bundled corpus. `strangers.jsonl` beside this file holds messages of hands who saw the texts of
the sections alone: each names the sections that answer it, one list for each thing that it asks, and some resemble what is held and are
answered by none. Of the first six hands (HANDS: with twelve the weights are no better) those that ask one thing are searched without a
reader, and the first hit answers or does not; where only the second or third does, the message is left out, as both yes and no would be
half true. The questions of typed_kept.jsonl and typed_facts.jsonl are added with a small weight. Each hand is told by what the others give.
Then, for a share of the right answers that is kept, the chance from which it is, and the share of the others below it; NOT_FOUND and SURE
are two of these chances. Nothing is fitted on the 450 messages of four more hands in strangers_kept.jsonl, of which the same is told.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.answerability import NOT_FOUND, ahead_of_the_rest
from bot.chain import Bot, open_bot
from bot.settings import Settings
from eval.cases import WRITTEN
from eval.pairs import read_typed
from eval.script import run
from eval.tune import TYPED

STRANGERS, KEPT = (Path(__file__).with_name(name) for name in ("strangers.jsonl", "strangers_kept.jsonl"))
HANDS = frozenset(f"s{number}" for number in range(6))
# Of Answerability.features: not the constant, nor the field's terms, which tell nothing beside the words in common.
_USED = (1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12)
_PULLED = 0.1  # C: how little the weights are pulled towards nothing, each feature as far spread as the next
_TYPED_WEIGHT, _UNANSWERED_WEIGHT = 0.05, 2.5
_AT_NOT_FOUND = 0.98  # share of right answers that is kept at NOT_FOUND
_SHARES = (0.99, 0.985, 0.97, 0.95, 0.92, 0.9, 0.88, 0.85)


@dataclass(frozen=True)
class Seen:
    """A question with the features of its first hit, and whether that answers it."""

    hand: str
    features: tuple[float, ...]
    answers: bool


def main(home: Path) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    bot = open_bot(Settings(home=home, today=WRITTEN)).without_reader()
    strangers = list(_look(bot, (one for one in of_one_thing(STRANGERS) if one[0] in HANDS)))
    kept = list(_look(bot, of_one_thing(KEPT)))
    typed = list(_look(bot, (("typed", question, (section,)) for file in TYPED for question, section in read_typed(file))))

    def fitted(seen: Sequence[Seen]) -> tuple[float, np.ndarray]:
        """The constant, and a weight for each feature that is used."""
        each = [*seen, *typed]
        weights = [(_TYPED_WEIGHT if one.hand == "typed" else 1.0) * (1.0 if one.answers else _UNANSWERED_WEIGHT) for one in each]
        rows = _rows(each)
        mean, spread = rows.mean(axis=0), rows.std(axis=0)
        model = LogisticRegression(C=_PULLED, max_iter=2000)
        model.fit((rows - mean) / spread, [one.answers for one in each], sample_weight=weights)
        slopes = model.coef_[0] / spread
        return float(model.intercept_[0] - slopes @ mean), slopes

    truth, rows = np.array([one.answers for one in strangers]), _rows(strangers)
    told = np.zeros(len(strangers))
    for hand in sorted({one.hand for one in strangers}):
        at = np.array([one.hand == hand for one in strangers])
        constant, slopes = fitted([one for one in strangers if one.hand != hand])
        told[at] = 1 / (1 + np.exp(-(constant + rows[at] @ slopes)))
    now = np.array([_chance(bot.answerability.written, one) for one in strangers])
    print(f"{len(truth)} messages, {int(truth.sum())} answered by the first section; {len(kept)} of hands not fitted")
    constant, slopes = fitted(strangers)
    moved = math.log(NOT_FOUND / (1 - NOT_FOUND)) - float(np.quantile((constant + rows @ slopes)[truth], 1 - _AT_NOT_FOUND))
    print(f"weights: constant {constant + moved:.2f}, " + ", ".join(f"{weight:.2f}" for weight in slopes))
    of_kept, true_of_kept = np.array([_chance(bot.answerability.written, one) for one in kept]), np.array([one.answers for one in kept])
    told_of = (
        ("as weighed now", now, truth),
        ("each hand by the other", told, truth),
        ("hands not fitted, as weighed now", of_kept, true_of_kept),
    )
    for name, chances, true in told_of:
        print(f"{name}, area {roc_auc_score(true, chances):.3f}: right answers kept, from which chance, the others below it")
        for share in _SHARES:
            chance = float(np.quantile(chances[true], 1 - share))
            print(f"  {share:.3f}  {chance:.2f}  {(chances[~true] < chance).mean():.2f}")


def of_one_thing(file: Path) -> Iterator[tuple[str, str, Sequence[str]]]:
    """The messages of a file that ask one thing: the hand, the question, and the sections that answer it, best first, if any."""
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if len(row["asks"]) < 2:
            yield row["id"].partition("-")[0], row["question"], [section for asked in row["asks"] for section in asked]


def _look(bot: Bot, asked: Iterator[tuple[str, str, Sequence[str]]]) -> Iterator[Seen]:
    """The questions whose first hit answers them, and those that none of the first three does."""
    for hand, question, sections in asked:
        found = bot.search(bot.understand(question))
        near = [hit.passage.id for hit in found.hits[0][:3]] if found.hits else []
        if near and (near[0] in sections or set(sections).isdisjoint(near)):
            first = found.hits[0]
            features = bot.answerability.features(found.asked[0], first[0], ahead_of_the_rest(first))
            yield Seen(hand, features, near[0] in sections)


def _rows(seen: Sequence[Seen]) -> np.ndarray:
    return np.array([[one.features[n] for n in _USED] for one in seen])


def _chance(weights: Sequence[float], one: Seen) -> float:
    return 1 / (1 + math.exp(-sum(w * f for w, f in zip(weights, one.features, strict=True))))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path, metavar="HOME")
    given = parser.parse_args()
    run("tune_answerability", lambda: main(given.home))
