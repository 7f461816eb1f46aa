"""Choose the weights of search and of answerability on eval/sets, and print them with what they give on the half not used to choose.

    python -m eval.tune HOME [HOME …] [FILE …]

Each HOME is a data folder with a built index: the bundled corpus, and one with the five articles alone (`corpus add --only`).
Questions are split in two by a hash of their id: weights are chosen on one half and reported on the other. Our sets hardly hold a question
in words that are not of the field; the weights for those are chosen on public sets, each FILE being one (eval/pairs.py says which).
"""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.chain import Bot, open_bot
from bot.check import NOT_FOUND
from bot.compose import Answerability, Asked, compose
from bot.settings import Settings, read_settings
from corpus.model import Passage
from eval.cases import Case, load_set
from eval.pairs import Pair, found, read_pairs, some_of
from index.embedder import load_embedder
from index.search import Hit

_MOST_PAIRS = 200  # of each public set: for two weights
_SETS = ("single", "follow_ups", "false_premises", "unanswerable", "out_of_scope")


@dataclass(frozen=True)
class Seen:
    """A case with the parts of each hit's score (one row a hit) and which hits hold all the facts."""

    case: Case
    asked: Asked
    hits: tuple[Hit, ...]
    features: np.ndarray
    holds: np.ndarray
    chosen: bool


def main(homes: Sequence[Path], files: Sequence[Path] = ()) -> None:
    if files:
        _of_other_fields(some_of(read_pairs(files), _MOST_PAIRS))
    if not homes:
        return
    seen: list[Seen] = []
    bots = [open_bot(Settings(home=home)) for home in homes]
    for bot in bots:
        for name in ("articles",) if bot.index.manifest.only else _SETS:
            seen.extend(one for case in load_set(name) if case.turn < 2 and (one := _look(bot, case)) is not None)
    _search_weights([s for s in seen if s.case.answerable and s.case.facts])
    for name, prose in (("written answers", False), ("prose", True)):
        _answerability(name, [s for s in seen if _is_prose(s.hits[0].passage) is prose], bots[0])


def _is_prose(passage: Passage) -> bool:
    return not passage.asked


def _look(bot: Bot, case: Case) -> Seen | None:
    understood = bot.understand(case.question, case.history)
    if not understood.parts:
        return None
    hits = bot.search(understood).hits[0]
    if not hits:
        return None
    rows = [
        (
            h.question,
            h.text,
            h.sentence,
            h.keyword,
            h.overlap,
            float(bool(h.passage.asked)),
            float(h.passage.program in understood.programs),
        )
        for h in hits
    ]
    holds = [all(p.search(h.passage.text) for p in case.facts) for h in hits]
    half = int(hashlib.sha256(case.id.encode()).hexdigest(), 16) % 2 == 0
    return Seen(case, bot.asked(understood)[0], hits, np.array(rows), np.array(holds), half)


def _search_weights(seen: Sequence[Seen]) -> None:
    """Coordinate ascent on the mean reciprocal rank of the first passage that holds every fact."""
    weights = {"question": 0.45, "text": 0.2, "sentence": 0.35, "keyword": 0.2, "overlap": 0.0, "program": 0.08}
    grid = {name: np.arange(0, 0.75, 0.05) for name in weights}
    grid["program"] = np.arange(0, 0.2, 0.02)

    def measure(weights: dict[str, float], chosen: bool) -> float:
        return float(np.mean([_reciprocal(s, weights) for s in seen if s.chosen is chosen]))

    print(f"search, before: chosen half {measure(weights, True):.3f}, other half {measure(weights, False):.3f}")
    for _ in range(3):
        for name, values in grid.items():
            scores = [measure({**weights, name: float(v)}, True) for v in values]
            best = max(scores)
            near = [v for v, s in zip(values, scores, strict=True) if s >= best - 0.002]
            weights[name] = float(min(near, key=lambda v: abs(v - weights[name])))  # of equals, the least change
    print("search, weights:", {k: round(v, 2) for k, v in weights.items()})
    print(f"search, after: chosen half {measure(weights, True):.3f}, other half {measure(weights, False):.3f}")


def _reciprocal(seen: Seen, weights: dict[str, float]) -> float:
    question, text, sentence, keyword, overlap, asked, program = seen.features.T
    leading = np.where(asked > 0, question, np.maximum(question, 0.65 * text + 0.35 * sentence))
    score = weights["question"] * leading + weights["text"] * text + weights["sentence"] * sentence + weights["keyword"] * keyword
    score = score + weights["overlap"] * overlap + weights["program"] * program
    order = np.argsort(-score, kind="stable")
    places = np.flatnonzero(seen.holds[order])
    return 1 / (1 + int(places[0])) if len(places) else 0.0


def _answerability(name: str, seen: Sequence[Seen], bot: Bot) -> None:
    """Logistic regression: does the composed answer hold the facts, given the best hit's parts? Unanswerable questions count as no."""
    from sklearn.linear_model import LogisticRegression

    x = np.array([Answerability.features(s.asked, s.hits[0])[1:] for s in seen])
    y = np.array([s.case.answerable and _composed_right(s, bot) for s in seen])
    chosen = np.array([s.chosen for s in seen])
    if not seen or y[chosen].all() or not y[chosen].any():
        return
    model = LogisticRegression(C=3.0, class_weight="balanced", max_iter=1000).fit(x[chosen], y[chosen])
    weights = tuple(float(w) for w in (model.intercept_[0], *model.coef_[0]))
    print(f"answerability, {name}: n {len(seen)} ({int(y.sum())} right), weights ({', '.join(f'{w:.2f}' for w in weights)})")
    for half, label in ((True, "chosen half"), (False, "other half")):
        at = chosen == half
        predicted = model.predict(x[at])
        yes, no = (predicted[y[at]] == 1).mean(), (predicted[~y[at]] == 0).mean()
        print(f"answerability, {name}, {label}: answered kept {yes:.3f}, others declined {no:.3f}, balanced {0.5 * (yes + no):.3f}")


def _of_other_fields(pairs: Sequence[Pair]) -> None:
    """Logistic regression on two cosines of public pairs, and what it gives on subjects not learned from. Both kinds are as likely at
    NOT_FOUND. The words in common are left out: the questions of these sets were written with the passage in view."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict

    settings = read_settings()
    seen = found(pairs, load_embedder(settings.embedder, settings.exported))
    x, y = np.array([(hit.text, hit.sentence) for _, hit in seen]), np.array([pair.answers for pair in pairs])
    subjects = np.array([pair.subject for pair in pairs])
    model = LogisticRegression(C=1.0, class_weight="balanced")
    weights = model.fit(x, y).coef_[0]
    even = math.log(NOT_FOUND / (1 - NOT_FOUND))
    print(
        f"answerability, another field: n {len(y)} ({int(y.sum())} right), constant {model.intercept_[0] + even:.2f}, "
        f"text {weights[0]:.2f}, sentence {weights[1]:.2f}"
    )
    predicted = cross_val_predict(model, x, y, groups=subjects, cv=GroupKFold(8))
    yes, no = predicted[y].mean(), 1 - predicted[~y].mean()
    print(f"answerability, another field, each subject by the others: kept {yes:.3f}, declined {no:.3f}, balanced {0.5 * (yes + no):.3f}")


def _composed_right(seen: Seen, bot: Bot) -> bool:
    pieces = compose(seen.asked, seen.hits, bot.answerability)
    text = "\n".join(p.quote for p in pieces)
    return all(p.search(text) for p in seen.case.facts)


if __name__ == "__main__":
    given = [Path(a) for a in sys.argv[1:]]
    main([p for p in given if p.is_dir()], [p for p in given if not p.is_dir()])
