"""Fit the weights of bot/continuing.py, and what tells in a conversation whether the first passage answers, and print them with what they
give on conversations not used to fit them.

    python -m eval.tune_followups HOME

HOME is a data folder with an index of the bundled corpus. `continued.jsonl` beside this file holds conversations of 19 hands, whose every
message names the sections that answer it, the best first; they were written from the texts of the sections alone. Each is held with the bot
as it is, and every passage found for a later message is told to answer it or not. The weights are those that give the passages that do the
most probability, where a passage's is the softmax of its score; of each hand it is told what the weights of the others give. Of the hands
that the reader has not learned from (NOT_LEARNED in eval/train_reader.py) the first passages that it has read then tell by logistic
regression `Answerability.written_continued`. With `continued_kept.jsonl`, of one more hand, it is measured and nothing is fitted to it, nor
to the conversations of `follow_ups` and `conversations`, which the evaluation holds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

from bot.answer import Turn
from bot.answerability import before_the_next
from bot.asked import is_written_answer
from bot.chain import LOOKED_AT, Bot, open_bot
from bot.continuing import Weights
from bot.settings import Settings
from eval.cases import WRITTEN
from eval.script import run

CONTINUED, CONTINUED_KEPT = (Path(__file__).with_name(name) for name in ("continued.jsonl", "continued_kept.jsonl"))
_READINGS = 6  # the first features, whose weights come to 1
_BOUNDS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.68)
_STEADY = 0.1  # how far from 0 weights are kept: of few conversations one must not decide


@dataclass(frozen=True)
class Seen:
    """A message that went on: a row of features for each passage found, in the order of the search, and which of them answer it. Of the one
    that the bot put first, where it was read: what it is weighed by (`Answerability.written_continued`), and whether it answers."""

    hand: str
    rows: np.ndarray
    answers: np.ndarray
    measures: tuple[float, ...] | None = None
    answered: bool = False

    def place(self, weights: Sequence[float]) -> int:
        """How many passages come before the first that answers; all, where none does."""
        order = np.argsort(-(self.rows @ np.asarray(weights)), kind="stable")
        return int(np.argmax(self.answers[order])) if self.answers.any() else len(order)


def main(home: Path) -> None:
    from eval.train_reader import NOT_LEARNED  # which looks up the conversations named here

    bot = open_bot(Settings(home=home, today=WRITTEN))
    seen, kept = (
        [one for line in file.read_text(encoding="utf-8").splitlines() for one in _look(bot, json.loads(line))]
        for file in (CONTINUED, CONTINUED_KEPT)
    )
    names = [field.name for field in fields(Weights)]
    search = [float(name == "score") for name in names]
    hands = sorted({one.hand for one in seen})
    others = {hand: fit([one for one in seen if one.hand != hand]) for hand in hands}
    print(f"{len(seen)} messages; a section that answers is among the first 1, 3 and 10:")
    print(f"  by the search alone         {_among(seen, [search] * len(seen))}")
    print(f"  as weighed now              {_among(seen, [astuple(Weights())] * len(seen))}")
    for hand in hands:
        some = [one for one in seen if one.hand == hand]
        print(f"  {hand}, weights of the others  {_among(some, [others[hand]] * len(some))}")
    print(f"  all, each by the others     {_among(seen, [others[one.hand] for one in seen])}")
    found = fit(seen)
    for name, weights in (("weights of all       ", found), ("as weighed now       ", astuple(Weights()))):
        print(f"  kept, {name}{_among(kept, [weights] * len(kept))}")
    print("weights: " + ", ".join(f"{name} {weight:.3f}" for name, weight in zip(names, found, strict=True)))
    for line in _answering([one for one in seen if one.hand in NOT_LEARNED], kept):
        print(line)


def _answering(seen: Sequence[Seen], kept: Sequence[Seen]) -> Iterator[str]:
    """The logistic weights by which the first passage answers, and what they tell of the kept ones."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    rows, truth = map(np.array, zip(*_first_ones(seen), strict=True))
    others, true = map(np.array, zip(*_first_ones(kept), strict=True))
    model = LogisticRegression(C=10.0).fit(rows[:, 1:], truth)
    weights = ", ".join(f"{weight:.2f}" for weight in (*model.intercept_, *model.coef_[0]))
    yield f"first passages that were read: {len(truth)}, of which {truth.mean():.3f} answer; weights {weights}"
    for name, some, answers in (("fitted to", rows, truth), ("kept", others, true)):
        likely = model.predict_proba(some[:, 1:])[:, 1]
        shares = "  ".join(f"{b:.2f} {(likely[answers] < b).mean():.3f}/{(likely[~answers] < b).mean():.3f}" for b in _BOUNDS)
        yield f"  {name}: {len(answers)}, area {roc_auc_score(answers, likely):.3f}; of those that answer / do not, below {shares}"


def _first_ones(seen: Sequence[Seen]) -> list[tuple[tuple[float, ...], bool]]:
    """What the first passages that were read are weighed by, and whether they answer."""
    return [(one.measures, one.answered) for one in seen if one.measures is not None]


def fit(seen: Sequence[Seen]) -> tuple[float, ...]:
    """The weights that give the passages which answer most of the probability, divided so that those of the readings come to 1 (where they
    come to anything)."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    telling = [one for one in seen if one.answers.any() and not one.answers.all()]

    def cost(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = _STEADY * float(weights @ weights) / 2, _STEADY * weights
        for one in telling:
            likely = _softmax(one.rows @ weights)
            right = np.where(one.answers, likely, 0.0)
            total -= float(np.log(max(right.sum(), 1e-12)))
            slope = slope - one.rows.T @ (right / max(right.sum(), 1e-12) - likely)
        return total, slope

    found = minimize(cost, np.zeros(len(fields(Weights))), jac=True, method="L-BFGS-B").x
    whole = float(found[:_READINGS].sum())
    return tuple(float(w) / (whole if whole > 0 else 1.0) for w in found)


def _look(bot: Bot, conversation: dict[str, object]) -> Iterator[Seen]:
    """The later messages of a conversation that is held with the bot."""
    said: list[Turn] = []
    turns = conversation["turns"]
    assert isinstance(turns, list)
    for turn in turns:
        answer, found = bot.trace(turn["question"], said)
        understood = found.understood
        if understood.before_it is not None and len(understood.parts) == 1:
            (query,) = bot.queries(understood, bot.asked(understood), frozenset())
            hits, rows = bot.in_conversation(understood, query, bot.index.search(query, k=LOOKED_AT))
            answers = [not {hit.passage.id, *hit.folded}.isdisjoint(turn["passages"]) for hit in hits]
            first = found.hits[0][0] if len(found.hits) == 1 and found.hits[0] else None
            measures = None
            if first is not None and first.continued is not None and first.read is not None and is_written_answer(first):
                measures = bot.answerability.in_conversation(first, before_the_next(found.hits[0]))
            answered = first is not None and first.passage.id in turn["passages"]
            yield Seen(str(conversation["id"]).partition("-")[0], rows, np.array(answers), measures, answered)
        said += [Turn(role="user", content=turn["question"]), Turn(role="assistant", content=answer.answer)]


def _among(seen: Sequence[Seen], weights: Sequence[Sequence[float]]) -> str:
    places = np.array([one.place(each) for one, each in zip(seen, weights, strict=True)])
    return "  ".join(f"{np.mean(places < k):.3f}" for k in (1, 3, 10))


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path, metavar="HOME")
    given = parser.parse_args()
    run("tune_followups", lambda: main(given.home))
