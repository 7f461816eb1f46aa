"""Learn the gate's measure of support and choose its threshold; print both, with what they give on what was not learned from.

    python -m eval.train_gate FILE

FILE holds public claims with the sentences of the page that they cite (eval/bench_claims.py): the weights are learned on one half of them
and reported on the other, and in ten folds. The threshold is chosen on sentences of our own briefs and on those written by hand that are
there to choose on: the highest that loses no more than MOST_LOST of the true ones. What comes out is copied into bot/gate.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot import gate
from bot.gate_checks import disagreements
from bot.gate_reading import read
from eval.bench_claims import BEST, read_claims
from eval.bench_sets import balanced, decided, halves
from eval.gate_mutations import EACH, Said, briefs, by_hand, made
from eval.script import run

MOST_LOST = 0.005  # of the true sentences: the checks lose some, too
_SEED = 0
_FOLDS = 10
_OWN = 0.2  # of the weight of the public claims: more of it and the public ones are told apart less well


def main(file: Path, each: int = EACH) -> None:
    claims = read_claims(file)
    truth = np.array([one.supported for one in claims])
    rows = []
    for one in claims:
        quotes = [one.sentences[n] for n in gate.evidence(one.claim, one.sentences, BEST)]
        rows.append(gate.features(one.claim, quotes, read(one.claim), [read(quote) for quote in quotes]))
    found = np.array(rows)
    half = halves([one.id for one in claims], truth)
    own = Own([one for one in (*made(briefs(), each, _SEED), *by_hand()) if not one.held])
    _reported(found, truth, half, own)
    weights = own.fitted(found[half], truth[half])
    print(f"WEIGHTS = ({', '.join(f'{weight:.2f}' for weight in weights)})")
    own.threshold(weights)


class Own:
    """Sentences of our own, true and false, that are learned from. `found` are their features."""

    def __init__(self, them: Sequence[Said]) -> None:
        self.truth = np.array([one.true for one in them])
        read_ = [(read(one.claim), [read(quote) for quote in one.quotes]) for one in them]
        self.found = np.array([gate.features(one.claim, one.quotes, *pair) for one, pair in zip(them, read_, strict=True)])
        self.word_for_word = np.array([one.kind == "word for word" for one in them])
        self.agrees = self.word_for_word | np.array([not any(True for _ in disagreements(*pair)) for pair in read_])

    def fitted(self, found: np.ndarray, truth: np.ndarray) -> np.ndarray:
        """Constant and weights of a logistic regression on these public claims, and on our own for a fifth of their weight."""
        from sklearn.linear_model import LogisticRegression

        x, y = np.vstack([found, self.found]), np.r_[truth, self.truth]
        weight = np.r_[_even(truth), _OWN * _even(self.truth)] * len(truth)
        model = LogisticRegression(C=3.0, max_iter=1000).fit(x, y, sample_weight=weight)
        return np.concatenate([np.asarray(model.intercept_, dtype=float), np.asarray(model.coef_[0], dtype=float)])

    def threshold(self, weights: np.ndarray) -> None:
        """Print what each threshold loses and lets by beyond the checks, and the highest that loses few."""
        support = np.where(self.word_for_word, 1.0, _likely(weights, self.found))
        levels = np.round(np.arange(0.05, 1.0, 0.05), 2)
        true, false = int(self.truth.sum()), int((~self.truth).sum())
        lost = [float((self.agrees & self.truth & (support < level)).sum() / true) for level in levels]
        by = [float((self.agrees & ~self.truth & (support >= level)).sum() / false) for level in levels]
        for level, share, let in zip(levels, lost, by, strict=True):
            print(f"support at least {level:.2f}: lost {share:.4f} of {true} true beyond the checks, let by {let:.4f} of {false} false")
        print(f"ENOUGH = {max(level for level, share in zip(levels, lost, strict=True) if share <= MOST_LOST):.2f}")


def _even(truth: np.ndarray) -> np.ndarray:
    """Weights under which both answers count alike; they add up to 1."""
    return np.asarray(np.where(truth, 0.5 / truth.sum(), 0.5 / (~truth).sum()))


def _likely(weights: np.ndarray, found: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-(weights[0] + found @ weights[1:]))))


def _reported(found: np.ndarray, truth: np.ndarray, half: np.ndarray, own: Own) -> None:
    from sklearn.model_selection import StratifiedKFold

    for learned, name in ((half, "one half, reported on the other"), (~half, "the other, reported on the one")):
        yes = _likely(own.fitted(found[learned], truth[learned]), found[~learned]) >= 0.5
        print(f"learned on {name}: balanced accuracy {balanced(yes, truth[~learned]):.3f} of {int((~learned).sum())} claims")
    likely = np.zeros(len(truth))
    for learned, other in StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED).split(found, truth):
        likely[other] = _likely(own.fitted(found[learned], truth[learned]), found[other])
    at_half, chosen = balanced(likely >= 0.5, truth), balanced(decided(likely, truth, half), truth)
    print(f"in {_FOLDS} folds: balanced accuracy {at_half:.3f}, with a threshold chosen on the other half {chosen:.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE")
    given = parser.parse_args()
    run("train_gate", lambda: main(given.file))
