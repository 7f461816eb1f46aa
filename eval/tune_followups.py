"""Fit the weights of bot/continuing.py, and print them with what they give on conversations not used to fit them.

    python -m eval.tune_followups HOME

HOME is a data folder with an index of the bundled corpus. Each conversation of `follow_ups` and `conversations` is held with the bot as it
is; of each follow-up whose facts are known, every passage found is told to hold them or not. The weights are those that give the passages
that do the most probability, where a passage's is the softmax of its score; conversations are dealt into five folds by a hash of their id.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.answer import Turn
from bot.chain import Bot, open_bot
from bot.continuing import Weights, features
from bot.followups import asks_nothing
from bot.settings import Settings
from corpus.model import Passage
from eval.cases import WRITTEN, Case, conversations, load_set

_SETS = ("follow_ups", "conversations")
_FOLDS = 5
_STEADY = 0.1  # how far from 0 weights are kept: of few conversations one must not decide


@dataclass(frozen=True)
class Seen:
    """A follow-up: a row for each passage found, with its score and its features, and which of them hold the facts."""

    conversation: str
    rows: np.ndarray
    holds: np.ndarray

    def right(self, weights: Sequence[float]) -> bool:
        """Whether the passage that comes first holds the facts."""
        return bool(self.holds[int(np.argmax(self.rows @ np.asarray(weights)))])


def main(home: Path) -> None:
    bot = open_bot(Settings(home=home, today=WRITTEN))
    seen = [one for name in _SETS for turns in conversations(load_set(name)) for one in _look(bot, turns)]
    now = (1.0, Weights().alone, Weights().typed)
    held_out = [
        one.right(weights)
        for fold in range(_FOLDS)
        for weights in [fit([one for one in seen if _fold(one) != fold])]
        for one in seen
        if _fold(one) == fold
    ]
    print(f"follow-ups: {len(seen)}; first passage holds the facts: by the search alone {_share(seen, (1.0, 0.0, 0.0)):.3f}, ", end="")
    print(f"as weighed now {_share(seen, now):.3f}, with weights of other conversations {np.mean(held_out):.3f}")
    score, alone, typed = fit(seen)
    print(f"weights: alone {alone / score:.2f}, typed {typed / score:.2f}")


def fit(seen: Sequence[Seen]) -> tuple[float, ...]:
    """The weights of score, alone and typed that give the passages holding the facts most of the probability."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    telling = [one for one in seen if one.holds.any() and not one.holds.all()]

    def cost(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = _STEADY * float(weights @ weights) / 2, _STEADY * weights
        for one in telling:
            likely = _softmax(one.rows @ weights)
            right = np.where(one.holds, likely, 0.0)
            total -= float(np.log(max(right.sum(), 1e-12)))
            slope = slope - one.rows.T @ (right / max(right.sum(), 1e-12) - likely)
        return total, slope

    return tuple(float(w) for w in minimize(cost, np.zeros(3), jac=True, method="L-BFGS-B").x)


def _look(bot: Bot, turns: Sequence[Case]) -> list[Seen]:
    """The follow-ups of a conversation that is held with the bot."""
    seen, said = [], list[Turn]()
    for case in turns:
        history = (*case.history, *said)
        understood = bot.understand(case.question, history)
        # What asks nothing is ordered by other weights (`bot.continuing.ASKS_NOTHING`).
        if understood.typed and not asks_nothing(understood.typed[0]) and case.answerable and case.facts and not case.at:
            (query,) = bot.queries(understood, bot.asked(understood), frozenset())
            hits, alone = bot.both_ways(understood, query)
            rows = [(hit.score, *row) for hit, row in zip(hits, features(understood.typed[0], hits, alone), strict=True)]
            holds = [_holds(case, hit.passage) for hit in hits]
            seen.append(Seen(case.conversation or case.id, np.array(rows), np.array(holds)))
        answer = bot.answer(case.question, history, at=case.at).answer
        said += [Turn(role="user", content=case.question), Turn(role="assistant", content=answer)]
    return seen


def _holds(case: Case, passage: Passage) -> bool:
    return all(fact.search(passage.text) for fact in case.facts) and (not case.sources or passage.source_id in case.sources)


def _share(seen: Sequence[Seen], weights: Sequence[float]) -> float:
    return float(np.mean([one.right(weights) for one in seen]))


def _fold(one: Seen) -> int:
    return int(hashlib.sha256(one.conversation.encode()).hexdigest(), 16) % _FOLDS


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path, metavar="HOME")
    main(parser.parse_args().home)
