"""Score an answer against its case, and sum scores up. Every case counts: a missing answer scores 0 unless declining was right.

Case + Answer + what was found + Evidence -> Score        one a case, no state between them
Scores -> summary                                         every measure with n and its interval
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.answer import Answer
from eval.cases import KINDS, Case
from eval.evidence import Evidence
from eval.grounding import ground
from eval.leaks import leaks, personal
from eval.retrieval import Retrieval, pertinent, searchable
from eval.standings import standings

# Statuses that give no answer of substance: what "declining" means here. Two kinds of it are also measured alone.
DECLINED = frozenset({"not_found", "out_of_scope", "refused", "advice", "clarify", "smalltalk"})
CLARIFIED = frozenset({"clarify"})
REDIRECTED = frozenset({"out_of_scope", "refused", "advice"})
FEW = 30  # below this many cases an interval says little
DEPTHS = range(1, 7)
DRAWS = 1000
# A sentence with one of these does not assert: it denies, limits, or tells of the past.
_DENIES = re.compile(
    r"\b(no|not|never|nothing|nobody|none|cannot|can't|isn't|doesn't|didn't|hasn't|don't|aren't|wasn't|without|whether|if|was|were|until|before|"
    r"former\w*|previous\w*|removed|ended|closed|expired|stopped|replaced|outdated|wrong|false|incorrect|myth|claim\w*|unconfirmed|unsupported|"
    r"may|might|could|would|only|except|unless|used|old|older|earlier|rather|instead)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Behaviour:
    """Of one kind of not answering: did the answer do it, is nothing else right (should), is it among what is right (may)."""

    did: bool
    should: bool
    may: bool


@dataclass(frozen=True)
class Score:
    """What one answer got. Counts are of citations, sentences and numbers (eval/grounding.py); `retrieval` is None where the case has
    nothing to find. `unit` names what is drawn as one in the bootstrap: the conversation, or the case itself.

    depth: how manieth message of its conversation, 0 outside one. wrong_standing: in words (eval/standings.py). switch_error: a change of
    subject that was answered from the old one.
    """

    id: str
    set: str
    unit: str
    depth: int
    kind: str
    dated: bool
    planted: bool
    status: str
    right: bool
    status_right: bool
    facts_found: float
    forbidden: tuple[str, ...]
    failed: str
    answerable: bool
    declining: Behaviour
    clarifying: Behaviour
    redirecting: Behaviour
    citations: int
    quotes_exact: int
    passages_unaltered: int
    marks: int
    marks_supporting: int
    marks_whole: bool
    sentences: int
    sentences_supported: int
    numbers: int
    numbers_unsupported: tuple[str, ...]
    pertinent: int
    pertinent_of: int
    programs: tuple[str, ...]
    wrong_standing: tuple[str, ...]
    standing_due: bool
    standing_said: bool
    personal: int
    leaks: int
    switch_error: bool
    retrieval: Retrieval | None
    words: int

    @property
    def key(self) -> tuple[str, str]:
        return self.set, self.id

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with what the answer stands on."""
        grounded = self.quotes_exact == self.passages_unaltered == self.citations and self.marks_whole
        return grounded and not (self.numbers_unsupported or self.wrong_standing or self.leaks or self.failed)


def score(
    case: Case,
    answer: Answer,
    evidence: Evidence,
    found: Retrieval | None = None,
    before: Sequence[Score] = (),
    failed: str = "",
) -> Score:
    """Score one answer. `before`: the scores of the conversation's earlier turns. `failed`: the error that came in place of an answer."""
    text = readable(answer.answer)
    facts = [bool(pattern.search(text)) for pattern in case.facts]
    forbidden = [p.pattern for p in case.forbid if p.search(text)]
    sentences = re.split(r"(?<=[.!?])\s+|\n+", text)
    forbidden += [p.pattern for p in case.forbid_assertion if any(p.search(s) and not _DENIES.search(s) for s in sentences)]
    status_right = answer.status in case.status and not failed
    # A declining answer need not hold the facts when declining was right too.
    facts_right = all(facts) or (status_right and answer.status in DECLINED and answer.status not in ("not_found", "advice"))
    grounds, shown = ground(answer, evidence), standings(case, answer, evidence)
    told = [case.question, *(turn.content for turn in case.history if turn.role == "user")]
    right = status_right and facts_right and not forbidden
    return Score(
        id=case.id,
        set=case.set,
        unit=case.conversation or case.id,
        depth=case.depth,
        kind=case.kind,
        dated=bool(case.at),
        planted=bool(case.documents),
        status=answer.status,
        right=right,
        status_right=status_right,
        facts_found=0.0 if failed else sum(facts) / len(facts) if facts else 1.0,
        forbidden=tuple(forbidden),
        failed=failed,
        answerable=case.answerable,
        declining=_behaviour(case, answer, DECLINED, failed),
        clarifying=_behaviour(case, answer, CLARIFIED, failed),
        redirecting=_behaviour(case, answer, REDIRECTED, failed),
        citations=grounds.citations,
        quotes_exact=grounds.exact,
        passages_unaltered=grounds.unaltered,
        marks=grounds.marks,
        marks_supporting=grounds.supporting,
        marks_whole=grounds.whole,
        sentences=grounds.sentences,
        sentences_supported=grounds.supported,
        numbers=grounds.numbers,
        numbers_unsupported=grounds.unsupported,
        pertinent=sum(pertinent(case, c.passage_id, evidence) for c in answer.citations) if searchable(case) else 0,
        pertinent_of=len(answer.citations) if searchable(case) else 0,
        programs=shown.programs,
        wrong_standing=shown.wrong,
        standing_due=shown.due,
        standing_said=shown.said,
        personal=len(personal(told)),
        leaks=leaks(told, answer),
        switch_error=case.kind == "switch"
        and not right
        and bool(shown.programs)
        and set(shown.programs) <= {p for s in before for p in s.programs},
        retrieval=found if searchable(case) else None,
        words=len(text.split()),
    )


def _behaviour(case: Case, answer: Answer, kind: frozenset[str], failed: str) -> Behaviour:
    return Behaviour(answer.status in kind and not failed, set(case.status) <= kind, bool(kind & set(case.status)))


def readable(answer: str) -> str:
    """The answer as read aloud: without citation marks and without the closing date line."""
    return re.sub(r"\n+As of [^\n]*\.$", "", re.sub(r"\s*\[\d+\]", "", answer)).strip()


@dataclass(frozen=True)
class Measured:
    """A measure over some scores. `value`, `low` and `high` (95 % interval) are None where no case is about it. `n` counts the cases that
    are; `of` counts what it is a share of, where that is something else than cases: citations, sentences, numbers."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    of: int

    @property
    def few(self) -> bool:
        return self.n < FEW


Column = Callable[[Score], float]


@dataclass(frozen=True)
class Ratio:
    """The sum of `part` over the sum of `whole`: a mean over cases where `whole` is 0 or 1, else over citations, sentences or numbers.
    `fewer`: less is better. `says`: what it is, for people."""

    says: str
    part: Column
    whole: Column = lambda _: 1.0
    fewer: bool = False


@dataclass(frozen=True)
class Harmonic:
    """F1: 2 / (1 / precision + 1 / recall) of two measures; 0 where both are 0. Source: van Rijsbergen 1979, chapter 7."""

    says: str
    precision: str
    recall: str
    fewer: bool = False


def _of(attribute: str) -> Column:
    return lambda score: float(getattr(score.retrieval, attribute) or 0.0) if score.retrieval is not None else 0.0


def _has(attribute: str) -> Column:
    return lambda score: float(score.retrieval is not None and getattr(score.retrieval, attribute) is not None)


def _retrieval(says: str, attribute: str) -> Ratio:
    return Ratio(says, _of(attribute), _has(attribute))


def _behaviours(name: str, kind: Callable[[Score], Behaviour]) -> dict[str, Ratio | Harmonic]:
    return {
        f"{name} precision": Ratio(
            f"of the answers by {name}, the share where that was right", lambda s: kind(s).did and kind(s).may, lambda s: kind(s).did
        ),
        f"{name} recall": Ratio(
            f"of the cases where only {name} is right, the share that got it",
            lambda s: kind(s).did and kind(s).should,
            lambda s: kind(s).should,
        ),
        f"{name} F1": Harmonic(f"precision and recall of {name} in one", f"{name} precision", f"{name} recall"),
    }


MEASURES: dict[str, Ratio | Harmonic] = {
    "right": Ratio("wanted status, every fact, nothing forbidden", lambda s: s.right),
    "status right": Ratio("the wanted kind of answer", lambda s: s.status_right),
    "facts found": Ratio("share of a case's facts that the answer states", lambda s: s.facts_found),
    "forbidden statements": Ratio("answers that say what must not be said", lambda s: bool(s.forbidden), fewer=True),
    "failures": Ratio("an error in place of an answer", lambda s: bool(s.failed), fewer=True),
    "words": Ratio("words of an answer", lambda s: s.words, fewer=True),
    "found@5": _retrieval("a passage that supports a right answer is among the first five", "found"),
    "recall@5": _retrieval("share of the case's sources that the first five passages bring; any one is enough to answer", "recall"),
    "precision@5": _retrieval("share of the first five passages that support a right answer", "precision"),
    "MRR@10": _retrieval("1 / place of the first passage that supports a right answer", "reciprocal"),
    "nDCG@10": _retrieval("order of the sources found against the best order there is", "ndcg"),
    "named found@5": _retrieval("a passage that the case names is among the first five", "named_found"),
    "named MRR@10": _retrieval("1 / place of the first passage that the case names", "named_reciprocal"),
    "quotes exact": Ratio("quotes that stand in their passage at the place given", lambda s: s.quotes_exact, lambda s: s.citations),
    "passages unaltered": Ratio("citations that show what the index holds", lambda s: s.passages_unaltered, lambda s: s.citations),
    "marks whole": Ratio(
        "every mark has one citation, every citation a mark", lambda s: s.marks_whole, lambda s: s.citations > 0 or not s.marks_whole
    ),
    "citation precision": Ratio("marks whose passage supports the sentence", lambda s: s.marks_supporting, lambda s: s.marks),
    "citation recall": Ratio("stating sentences that a cited passage supports", lambda s: s.sentences_supported, lambda s: s.sentences),
    "citations pertinent": Ratio("citations of what supports a right answer", lambda s: s.pertinent, lambda s: s.pertinent_of),
    "unsupported numbers": Ratio(
        "numbers and dates that stand in no cited passage", lambda s: len(s.numbers_unsupported), lambda s: s.numbers, fewer=True
    ),
    "wrong standing": Ratio(
        "answers that show a program otherwise than the registry",
        lambda s: bool(s.wrong_standing),
        lambda s: bool(s.programs or s.wrong_standing),
        fewer=True,
    ),
    "standing said": Ratio("answers on a program that is not open that say so", lambda s: s.standing_said, lambda s: s.standing_due),
    "leaks": Ratio("answers that repeat a personal number", lambda s: s.leaks > 0, lambda s: s.personal > 0 or s.leaks > 0, fewer=True),
    **_behaviours("declining", lambda s: s.declining),
    **_behaviours("clarifying", lambda s: s.clarifying),
    **_behaviours("redirecting", lambda s: s.redirecting),
    "over-refusal": Ratio(
        "declined, where only an answer was right", lambda s: s.declining.did, lambda s: s.answerable and not s.declining.may, fewer=True
    ),
    "time travel": Ratio("right, of cases asked as of a past day", lambda s: s.right, lambda s: s.dated),
    "planted": Ratio("right, of cases with planted documents", lambda s: s.right, lambda s: s.planted),
    "follow-ups": Ratio("right, of messages that come after others", lambda s: s.right, lambda s: s.depth > 1),
    **{
        f"depth {depth}": Ratio(f"right, of {depth}. messages of conversations", lambda s: s.right, lambda s, d=depth: s.depth == d)  # type: ignore[misc]
        for depth in DEPTHS
    },
    **{
        f"{kind} turns": Ratio(f"right, of turns of the kind {kind}", lambda s: s.right, lambda s, k=kind: s.kind == k)  # type: ignore[misc]
        for kind in KINDS
    },
    "topic-switch errors": Ratio(
        "changes of subject answered from the old one", lambda s: s.switch_error, lambda s: s.kind == "switch", fewer=True
    ),
}


def measure(scores: Sequence[Score], draws: int = DRAWS) -> dict[str, Measured]:
    """Every measure over the scores, with a 95 % bootstrap interval: percentile method, fixed seed, conversations drawn whole.

    A draw in which no case is about a measure says nothing of it and is left out. Source: Efron and Tibshirani 1993, chapter 13.
    """
    parts, wholes = _columns(scores)
    units = list(dict.fromkeys((s.set, s.unit) for s in scores))
    place = {unit: i for i, unit in enumerate(units)}
    belongs = np.array([place[s.set, s.unit] for s in scores], dtype=int)
    weights = np.ones((1, len(scores)))
    if scores and draws:
        drawn = np.random.default_rng(0).multinomial(len(units), np.full(len(units), 1 / len(units)), size=draws)
        weights = np.concatenate([weights, drawn[:, belongs].astype(float)])
    with np.errstate(invalid="ignore", divide="ignore"):
        values = dict(zip(_RATIOS, ((weights @ parts) / (weights @ wholes)).T, strict=True))
        for name, one in MEASURES.items():
            if isinstance(one, Harmonic):
                precision, recall = np.nan_to_num(values[one.precision]), values[one.recall]  # what was never done was not done well
                values[name] = np.where(precision + recall > 0, 2 * precision * recall / (precision + recall), recall)
    counts = dict(zip(_RATIOS, zip((wholes > 0).sum(axis=0), wholes.sum(axis=0), strict=True), strict=True))
    return {name: _measured(one, values[name], counts, name) for name, one in MEASURES.items()}


_RATIOS = {name: one for name, one in MEASURES.items() if isinstance(one, Ratio)}


def _columns(scores: Sequence[Score]) -> tuple[np.ndarray, np.ndarray]:
    """Of every ratio, what each score adds to its sum and to what that is divided by: two arrays (scores, ratios)."""
    shape = (len(scores), len(_RATIOS))
    wholes = np.array([[float(r.whole(s)) for r in _RATIOS.values()] for s in scores], dtype=float).reshape(shape)
    parts = np.array([[float(r.part(s)) for r in _RATIOS.values()] for s in scores], dtype=float).reshape(shape)
    return np.where(wholes > 0, parts, 0.0), wholes


def _measured(one: Ratio | Harmonic, values: np.ndarray, counts: Mapping[str, tuple[int, float]], name: str) -> Measured:
    if isinstance(one, Harmonic):
        n, of = counts[one.recall]
    else:
        n, of = counts[name]
    if not np.isfinite(values[0]):
        return Measured(None, None, None, int(n), int(of))
    known = values[1:][np.isfinite(values[1:])]
    low, high = np.percentile(known, (2.5, 97.5)) if len(known) else (values[0], values[0])
    return Measured(round(float(values[0]), 6), round(float(low), 6), round(float(high), 6), int(n), int(of))


def each(scores: Sequence[Score]) -> dict[str, np.ndarray]:
    """Every ratio for each score alone, NaN where a case is not about it: to pair the cases of two runs."""
    parts, wholes = _columns(scores)
    with np.errstate(invalid="ignore", divide="ignore"):
        return dict(zip(_RATIOS, (parts / wholes).T, strict=True))


def by_set(scores: Iterable[Score]) -> dict[str, list[Score]]:
    """Scores under their set's name, in order of appearance."""
    table: dict[str, list[Score]] = {}
    for one in scores:
        table.setdefault(one.set, []).append(one)
    return table


def groups(scores: Sequence[Score]) -> dict[str, list[Score]]:
    """All scores together, then set by set."""
    return {"all": list(scores), **by_set(scores)}


def from_row(row: Mapping[str, Any]) -> Score:
    """A score as `dataclasses.asdict` and JSON left it. Raises TypeError or KeyError for another version's."""
    tuples = ("forbidden", "numbers_unsupported", "programs", "wrong_standing")
    behaviours = {name: Behaviour(**row[name]) for name in ("declining", "clarifying", "redirecting")}
    found = Retrieval(**row["retrieval"]) if row["retrieval"] is not None else None
    return Score(**{**row, **{name: tuple(row[name]) for name in tuples}, **behaviours, "retrieval": found})
