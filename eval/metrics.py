"""Score an answer against its case, and sum scores up. Every case counts: a missing answer scores 0 unless declining was right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bot.answer import Answer
from eval.cases import Case

# Statuses that give no answer of substance: what "declining" means here.
DECLINED = frozenset({"not_found", "out_of_scope", "refused", "advice", "clarify", "smalltalk"})
# A sentence with one of these does not assert: it denies, limits, or tells of the past.
_DENIES = re.compile(
    r"\b(no|not|never|nothing|nobody|none|cannot|can't|isn't|doesn't|didn't|hasn't|don't|aren't|wasn't|without|whether|if|was|were|until|before|"
    r"former\w*|previous\w*|removed|ended|closed|expired|stopped|replaced|outdated|wrong|false|incorrect|myth|claim\w*|unconfirmed|unsupported|"
    r"may|might|could|would|only|except|unless|used|old|older|earlier|rather|instead)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Score:
    """What one answer got. Booleans are 0 or 1 in means.

    rank: place (from 1) of the first of the case's sources among the passages found, 0 when none; meaningless without `sources`.
    """

    id: str
    set: str
    right: bool
    status_right: bool
    facts_found: float
    forbidden: tuple[str, ...]
    quotes_exact: bool
    declined: bool
    should_decline: bool
    may_decline: bool
    rank: int
    has_sources: bool
    words: int
    milliseconds: float


def score(case: Case, answer: Answer, found_sources: Sequence[str]) -> Score:
    """Score one answer. `found_sources`: source ids of the passages found, best first."""
    text = readable(answer.answer)
    found = [bool(pattern.search(text)) for pattern in case.facts]
    forbidden = [p.pattern for p in case.forbid if p.search(text)]
    sentences = re.split(r"(?<=[.!?])\s+|\n+", text)
    forbidden += [p.pattern for p in case.forbid_assertion if any(p.search(s) and not _DENIES.search(s) for s in sentences)]
    status_right = answer.status in case.status
    # A declining answer need not hold the facts when declining was right too.
    facts_right = all(found) or (
        answer.status in DECLINED and answer.status in case.status and answer.status not in ("not_found", "advice")
    )
    ranks = [place for place, source in enumerate(found_sources, 1) if source in case.sources]
    return Score(
        id=case.id,
        set=case.set,
        right=status_right and facts_right and not forbidden,
        status_right=status_right,
        facts_found=sum(found) / len(found) if found else 1.0,
        forbidden=tuple(forbidden),
        quotes_exact=all(c.passage[c.start : c.end] == c.quote for c in answer.citations),
        declined=answer.status in DECLINED,
        should_decline=not case.answerable and "partial" not in case.status,
        may_decline=bool(DECLINED & set(case.status)),
        rank=ranks[0] if ranks else 0,
        has_sources=bool(case.sources) and case.answerable,
        words=len(text.split()),
        milliseconds=answer.timings_ms.total,
    )


Metric = Callable[[Sequence[Score]], float]


def _mean(value: Callable[[Score], float], among: Callable[[Score], bool] = lambda _: True) -> Metric:
    def mean(scores: Sequence[Score]) -> float:
        chosen = [value(s) for s in scores if among(s)]
        return sum(chosen) / len(chosen) if chosen else float("nan")

    return mean


METRICS: dict[str, Metric] = {
    "right": _mean(lambda s: s.right),
    "status right": _mean(lambda s: s.status_right),
    "facts found": _mean(lambda s: s.facts_found),
    "forbidden statements": _mean(lambda s: bool(s.forbidden)),
    "quotes exact": _mean(lambda s: s.quotes_exact),
    "source recall@5": _mean(lambda s: 0 < s.rank <= 5, lambda s: s.has_sources),
    "source MRR": _mean(lambda s: 1 / s.rank if s.rank else 0.0, lambda s: s.has_sources),
    "declining precision": _mean(lambda s: s.may_decline, lambda s: s.declined),
    "declining recall": _mean(lambda s: s.declined, lambda s: s.should_decline),
    "words": _mean(lambda s: s.words),
    "median ms": lambda scores: float(np.median([s.milliseconds for s in scores])),
}


def interval(metric: Metric, scores: Sequence[Score], draws: int = 400) -> tuple[float, float]:
    """A 95 % bootstrap interval over cases (percentile method, fixed seed). Source: Efron and Tibshirani 1993, chapter 13."""
    generator = np.random.default_rng(0)
    values = [metric([scores[i] for i in generator.integers(0, len(scores), len(scores))]) for _ in range(draws)]
    if np.isnan(values).all():
        return float("nan"), float("nan")
    return float(np.nanpercentile(values, 2.5)), float(np.nanpercentile(values, 97.5))


def by_set(scores: Iterable[Score]) -> dict[str, list[Score]]:
    """Scores under their set's name, in order of appearance."""
    table: dict[str, list[Score]] = {}
    for one in scores:
        table.setdefault(one.set, []).append(one)
    return table


def readable(answer: str) -> str:
    """The answer as read aloud: without citation marks and without the closing date line."""
    return re.sub(r"\n+As of [^\n]*\.$", "", re.sub(r"\s*\[\d+\]", "", answer)).strip()
