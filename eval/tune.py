"""Choose the weights of search and of answerability, and print them with what they give on the half not used to choose.

    python -m eval.tune [--keep FOLDER] [--most PASSAGES] HOME|SET|FILE …

Each HOME is a data folder with a built index: the bundled corpus, and one with the five articles alone (`corpus add --only`). On eval/sets
the weights of prose are chosen, and the thresholds that are cosines are found again, which another model moves. On
eval/typed_kept.jsonl and eval/typed_facts.jsonl (a question each for one sentence of 443 sections), which nothing was trained on, it is
weighed what a section's questions, text, sentences and keywords count, and its place and its source.
Each SET is a folder in the common form (corpus.jsonl, queries.jsonl, qrels.tsv): what has no questions of its own is weighed on these, and
what a conversation adds. `--keep` keeps their indexes for the next time; `--most` takes so many passages of each, those that answer among
them, where there is no time for all: what a conversation adds then counts for less than it should, as there is less to be told apart.
Each FILE is a set of public questions with passages (eval/pairs.py says which): when a question of another field is answered.
Questions are split in two by a hash of their id: weights are chosen on one half and reported on the other.
"""

from __future__ import annotations

import argparse
import hashlib
import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import numpy as np

from bot import answerability, chain, check, verdicts
from bot import compose as written
from bot.answerability import NOT_FOUND, Answerability
from bot.asked import Asked
from bot.chain import Bot, open_bot
from bot.compose import compose
from bot.documents import prepare_model
from bot.settings import Settings, read_settings
from bot.understand import Understood
from corpus.model import Passage
from corpus.registry import load_registry
from eval.bench_retrieval import Bench, built, ndcg, read_bench
from eval.cases import Case, load_set
from eval.pairs import Pair, found, read_pairs, read_typed, some_of
from eval.script import run
from index.build import current
from index.embedder import Embedder, load_embedder
from index.search import Candidate, Hit, Index, Weights

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


def main(homes: Sequence[Path], sets: Sequence[Path] = (), files: Sequence[Path] = (), keep: Path | None = None, most: int = 10**6) -> None:
    if files:
        _of_other_fields(some_of(read_pairs(files), _MOST_PAIRS))
    if sets:
        _prose_weights(sets, keep, most)
    if not homes:
        return
    seen: list[Seen] = []
    bots = [open_bot(Settings(home=home)) for home in homes]
    for bot in bots:
        for name in ("articles",) if bot.index.manifest.only else _SETS:
            seen.extend(one for case in load_set(name) if case.turn < 2 and (one := _look(bot, case)) is not None)
    for bot in bots:
        if not bot.index.manifest.only:
            _weights_of_sections(bot)
    _thresholds([s.hits[0] for s in seen if s.case.set == "single" and s.hits[0].passage.asked])
    _search_weights([s for s in seen if s.case.answerable and s.case.facts])
    _answerability([s for s in seen if _is_prose(s.hits[0].passage)], bots[0])


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
    return Seen(case, bot.asked(understood)[0], hits, np.array(rows), np.array(holds), _half(case.id))


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


def _answerability(seen: Sequence[Seen], bot: Bot) -> None:
    """Logistic regression for prose: does the composed answer hold the facts, given the best hit's parts? Unanswerable questions count as
    no. The number of words has no part in it. Of sections written as answers eval/tune_answerability.py tells."""
    from sklearn.linear_model import LogisticRegression

    x = np.array([Answerability.measures(s.asked, bot.answerability.nearest(s.asked, s.hits))[1:-1] for s in seen])
    y = np.array([s.case.answerable and _composed_right(s, bot) for s in seen])
    chosen = np.array([s.chosen for s in seen])
    if not seen or y[chosen].all() or not y[chosen].any():
        return
    model = LogisticRegression(C=3.0, class_weight="balanced", max_iter=1000).fit(x[chosen], y[chosen])
    weights = tuple(float(w) for w in (model.intercept_[0], *model.coef_[0]))
    print(f"answerability, prose: n {len(seen)} ({int(y.sum())} right), weights ({', '.join(f'{w:.2f}' for w in weights)})")
    for half, label in ((True, "chosen half"), (False, "other half")):
        at = chosen == half
        predicted = model.predict(x[at])
        yes, no = (predicted[y[at]] == 1).mean(), (predicted[~y[at]] == 0).mean()
        print(f"answerability, prose, {label}: answered kept {yes:.3f}, others declined {no:.3f}, balanced {0.5 * (yes + no):.3f}")


def _of_other_fields(pairs: Sequence[Pair]) -> None:
    """Logistic regression on public pairs: on two cosines, and, where the document's title can be taken out, on the sum of these and of the
    two without it; with what each gives on subjects not learned from. Both kinds are as likely at NOT_FOUND. The four have one weight, as
    the sets differ in where an answer stands: in one sentence or in the whole text. The words in common are left out: the questions of
    these sets were written with the passage in view."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict

    settings = read_settings()
    seen = found(pairs, load_embedder(settings.embedder, settings.exported))
    truth, subjects = np.array([pair.answers for pair in pairs]), np.array([pair.subject for pair in pairs])
    cosines = np.array([(hit.text, hit.sentence) for _, hit in seen])
    apart = np.array([hit.apart is not None for _, hit in seen])
    without = np.array([hit.apart or (0.0, 0.0) for _, hit in seen])
    even = math.log(NOT_FOUND / (1 - NOT_FOUND))
    for name, x, at in (
        ("text, sentence", cosines, np.ones(len(seen), dtype=bool)),
        ("all four, with the title and without", (cosines + without).sum(axis=1, keepdims=True), apart),
    ):
        y = truth[at]
        model = LogisticRegression(C=1.0, class_weight="balanced")
        weights = ", ".join(f"{weight:.2f}" for weight in model.fit(x[at], y).coef_[0])
        predicted = cross_val_predict(model, x[at], y, groups=subjects[at], cv=GroupKFold(8))
        yes, no = predicted[y].mean(), 1 - predicted[~y].mean()
        print(
            f"answerability, another field, {name}: n {len(y)} ({int(y.sum())} right), constant {model.intercept_[0] + even:.2f}, {weights}"
        )
        print(f"  each subject by the others: kept {yes:.3f}, declined {no:.3f}, balanced {0.5 * (yes + no):.3f}")


def _composed_right(seen: Seen, bot: Bot) -> bool:
    pieces = compose(seen.asked, seen.hits, bot.answerability)
    text = "\n".join(p.quote for p in pieces)
    return all(p.search(text) for p in seen.case.facts)


# Two questions for each of 520 sections, by others than wrote the section or the questions that the model learned from.
TYPED = tuple(Path(__file__).with_name(name) for name in ("typed_kept.jsonl", "typed_facts.jsonl"))
_SECTION_GRID = {
    "question": (0.35, 0.45, 0.5, 0.55, 0.65),
    "text": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5),
    "sentence": (0.1, 0.2, 0.3),
    "keyword": (0.1, 0.15, 0.2, 0.25, 0.3),
    "place": (0.0, 0.02, 0.04, 0.08, 0.14),
    "authority": (0.0, 0.01, 0.02, 0.03, 0.05),
}
_SCORED = 60  # passages a question


def _weights_of_sections(bot: Bot) -> None:
    """Each of these weights by itself, on the questions of half of the sections, and how often the right section is found now."""
    found: dict[bool, list[tuple[str, list[Candidate]]]] = {True: [], False: []}
    for question, section in (pair for file in TYPED for pair in read_typed(file)):
        understood = bot.understand(question)
        queries = bot.queries(understood, bot.asked(understood), frozenset())
        candidates = bot.index.ranked(queries[0])[:_SCORED] if queries else []
        found[_half(section)].append((section, candidates))
    standing = bot.index.weights
    for name, values in _SECTION_GRID.items():
        told = []
        for value in sorted({*values, getattr(standing, name)}):
            bot.index.weights = replace(standing, **{name: value})
            told.append(f"{value:g} {_found_first(bot, found[True])[1]:.4f}")
        print(f"sections, {name}, mean reciprocal rank on the chosen half: {', '.join(told)}")
    bot.index.weights = standing
    for chosen, label in ((True, "chosen half"), (False, "other half")):
        first, reciprocal, three = _found_first(bot, found[chosen])
        print(f"sections, {label}, {len(found[chosen])} questions: first {first:.3f}, among three {three:.3f}, MRR {reciprocal:.3f}")


def _found_first(bot: Bot, found: Sequence[tuple[str, Sequence[Candidate]]]) -> tuple[float, float, float]:
    """Share of questions whose section is first, mean reciprocal rank, and share among three, by the weights that the index has now."""
    ranks = []
    for section, candidates in found:
        scores = {one.passage.id: _scored_anew(bot.index, one) for one in candidates}
        ranks.append(1 + sum(score > scores[section] for score in scores.values()) if section in scores else np.inf)
    place = np.array(ranks)
    return float((place == 1).mean()), float((1 / place).mean()), float((place <= 3).mean())


def _scored_anew(index: Index, one: Candidate) -> float:
    """Its score by the weights that the index has now, which were others when it was found."""
    parts = {**one.parts, **index.likeness(one.passage, *one.ordering, one.keyword)}
    parts["authority"] = index.authority(one.passage)
    if "place" in parts:
        parts["place"] = index.weights.place
    return sum(parts.values())


# Thresholds that are cosines of a question to one of ours, each with the share of `single` above it. A threshold was chosen on answers,
# with the model of its day; the share holds for the next model too (docs/decisions/0016).
_SHARES: tuple[tuple[ModuleType, str, float], ...] = (
    (chain, "_RESEMBLES", 0.861),
    (written, "_RELATED", 0.956),
    (verdicts, "_ALIKE", 0.504),
    (answerability, "NEAR_OURS", 0.308),
    (check, "_PREMISE", 0.327),
    (check, "_CLEAR_PREMISE", 0.093),
)


def _thresholds(best: Sequence[Hit]) -> None:
    """Each threshold as it stands, the share of questions above it, and where the share that it was given puts it now."""
    cosines = np.array([hit.question for hit in best])
    if not len(cosines):
        return
    for module, name, share in _SHARES:
        now = getattr(module, name)
        print(
            f"{module.__name__}.{name}: {now}, {(cosines > now).mean():.3f} above; {share:.3f} were: {np.quantile(cosines, 1 - share):.3f}"
        )


# What is weighed on public sets, each with the values tried. Another value must be better by _WORTH, or the weight stays.
_GRID = {
    "prose_sentence": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5),
    "prose_keyword": (0.04, 0.08, 0.12, 0.16, 0.2, 0.24, 0.28),
    "context": (0.0, 0.25, 0.5, 0.75, 1.0),
    "before": (0.0, 0.125, 0.25, 0.375, 0.5),
}
_WORTH = 0.002
_ROUNDS = 2


def _prose_weights(folders: Sequence[Path], keep: Path | None, most: int) -> None:
    """Coordinate ascent on nDCG@10, mean of the sets, from the weights as they stand."""
    settings = read_settings()
    embedder = Remembering(prepare_model(settings))
    with ExitStack() as stack:
        tried = [_Tried(folder, embedder, keep, most, stack) for folder in folders]

        def measure(weights: Weights, chosen: bool) -> dict[str, float]:
            return {one.name: one.measure(weights, chosen) for one in tried}

        weights = Weights()
        before = {half: measure(weights, half) for half in (True, False)}
        for _ in range(_ROUNDS):
            for name, values in _GRID.items():
                scores = {
                    v: float(np.mean(list(measure(replace(weights, **{name: v}), True).values())))
                    for v in (getattr(weights, name), *values)
                }
                best = max(scores, key=lambda v: scores[v])
                print(f"{name}: " + ", ".join(f"{v:g} {score:.4f}" for v, score in sorted(scores.items())))
                if scores[best] > scores[getattr(weights, name)] + _WORTH:
                    weights = replace(weights, **{name: best})
        print("prose, weights:", {name: getattr(weights, name) for name in _GRID})
        for half, label in ((True, "chosen half"), (False, "other half")):
            after = measure(weights, half)
            print(f"prose, {label}: " + ", ".join(f"{name} {before[half][name]:.4f} to {after[name]:.4f}" for name in after))


class Remembering:
    """An embedder that keeps what it has embedded: the same questions are asked for every value of a weight."""

    def __init__(self, embedder: Embedder) -> None:
        self.fingerprint, self.engine, self._embedder = embedder.fingerprint, embedder.engine, embedder
        self._kept: dict[tuple[str, ...], np.ndarray] = {}

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        if len(texts) > 100:  # a build's
            return self._embedder.embed(texts)
        if (key := tuple(texts)) not in self._kept:
            self._kept[key] = self._embedder.embed(texts)
        return self._kept[key]


class _Tried:
    """A public set: each of its queries is searched once for each weight of the conversation, and scored anew for the others."""

    def __init__(self, folder: Path, embedder: Remembering, keep: Path | None, most: int, stack: ExitStack) -> None:
        read = read_bench(folder)
        self.name = folder.name
        passages = _part(read, most)
        home = stack.enter_context(built(passages, embedder, keep / f"{folder.name}-{most}" if keep is not None else None, lambda *_: None))
        self._bot = Bot(load_registry(), Index(current(home), embedder, {}), {})
        self._asked = [(one, self._bot.understand(one.text, one.history)) for one in read.asked]
        self._found: dict[tuple[float, float], list[list[Candidate]]] = {}

    def measure(self, weights: Weights, chosen: bool) -> float:
        """Mean nDCG@10 of a half."""
        self._bot.index.weights = weights
        searched = (weights.context, weights.before) if any(understood.context for _, understood in self._asked) else (0.0, 0.0)
        if searched not in self._found:
            self._found[searched] = [self._candidates(understood) for _, understood in self._asked]
        pairs = zip(self._asked, self._found[searched], strict=True)
        return float(np.mean([ndcg(self._ranking(found), one.relevant) for (one, _), found in pairs if _public_half(one.id) is chosen]))

    def _candidates(self, understood: Understood) -> list[Candidate]:
        queries = self._bot.queries(understood, self._bot.asked(understood), frozenset())
        return [candidate for query in queries for candidate in self._bot.index.ranked(query)]

    def _ranking(self, found: Sequence[Candidate]) -> list[str]:
        """Documents, best first, by the weights of now."""
        scores: dict[str, float] = {}
        for one in found:
            score = _scored_anew(self._bot.index, one)
            scores[one.passage.source_id] = max(score, scores.get(one.passage.source_id, -np.inf))
        return sorted(scores, key=lambda document: (-scores[document], document))


def _half(id: str) -> bool:
    return int(hashlib.sha256(id.encode()).hexdigest(), 16) % 2 == 0


def _public_half(id: str) -> bool:
    """By a salted hash, as some sets were cut by a plain one."""
    return _half(f"chosen on: {id}")


def _part(read: Bench, most: int) -> list[Passage]:
    """The passages that answer a query, and of the others as many as there is room for, by chance that is the same each time."""
    wanted = {document for one in read.asked for document in one.relevant}
    others = sorted((p for p in read.passages if p.source_id not in wanted), key=lambda p: hashlib.sha256(p.id.encode()).digest())
    return [p for p in read.passages if p.source_id in wanted] + others[: max(0, most - len(wanted))]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("given", nargs="+", type=Path, metavar="HOME|SET|FILE")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--most", type=int, default=10**6)
    told = parser.parse_args()
    folders = [path for path in told.given if path.is_dir()]
    public = [path for path in folders if (path / "corpus.jsonl").exists()]
    homes, files = [path for path in folders if path not in public], [path for path in told.given if path not in folders]
    run("tune", lambda: main(homes, public, files, told.keep, told.most))
