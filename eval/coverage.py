"""What would be gained by declining more: error against share answered, when the least sure answers are held back. For eval/report.py.

An answer is as sure as the surest section it quotes (the chain's own estimate that the passage answers, 0 to 1). What the chain declined
left no answer behind, so the curve ends at today's share.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from bot.answer import Answer
from eval.evidence import Evidence


@dataclass(frozen=True)
class Point:
    """If only answers at least this sure were given: how many, how many of them wrong, and what share of all messages they are."""

    sure: float
    given: int
    wrong: int
    share: float

    @property
    def error(self) -> float:
        return self.wrong / self.given


@dataclass(frozen=True)
class Coverage:
    """`points`: surest first, one for each degree of sureness. `area`: the error averaged over all shares up to today's, less is
    better; `best`: the same if every wrong answer were less sure than every right one. With sureness that tells nothing the area would be
    `points[-1].error`.
    """

    points: tuple[Point, ...]
    area: float
    best: float

    def at_least(self, sure: float) -> Point | None:
        """Where the curve stands when only answers at least this sure are given; None when there are none."""
        return next((point for point in reversed(self.points) if point.sure >= sure), None)


def coverage(answers: Iterable[tuple[float, bool]], of: int) -> Coverage | None:
    """`answers`: (sureness, right) of those given; `of`: messages in all. None where nothing was answered.

    Answers that are equally sure are taken in together, their errors spread evenly: their order would be chance.
    Source: El-Yaniv and Wiener 2010, https://jmlr.org/papers/v11/el-yaniv10a.html; the area: Geifman, Uziel and El-Yaniv 2019,
    https://arxiv.org/abs/1805.08206.
    """
    ordered = sorted(answers, key=lambda one: -one[0])
    if not ordered:
        return None
    points: list[Point] = []
    wrongs: list[float] = []  # expected wrong answers among the first n, for n from 1
    given = wrong = 0
    for sure, group in groupby(ordered, key=lambda one: one[0]):
        right = [one[1] for one in group]
        share = right.count(False) / len(right)
        wrongs += [wrong + share * (n + 1) for n in range(len(right))]
        given, wrong = given + len(right), wrong + right.count(False)
        points.append(Point(sure, given, wrong, given / of))
    rights = given - wrong
    return Coverage(tuple(points), _area(wrongs), _area([max(0, n - rights) for n in range(1, given + 1)]))


def _area(wrongs: Sequence[float]) -> float:
    return sum(wrong / n for n, wrong in enumerate(wrongs, 1)) / len(wrongs)


def sureness(answer: Answer, evidence: Evidence) -> float:
    """0 to 1. Notes of the registry (standings, corrections, disagreements) carry 1.0 whatever is asked; alone they count as that."""
    cited = {c.number: evidence.passages.get(c.passage_id) for c in answer.citations}
    sections = [
        claim.support
        for claim in answer.claims
        if any(held is not None and held.kind == "section" for held in map(cited.get, claim.citations))
    ]
    return max(sections or [claim.support for claim in answer.claims], default=0.0)
