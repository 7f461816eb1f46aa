"""Compare two runs of the same sets: which cases got better and worse, and whether the difference is more than chance."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from eval.metrics import METRICS
from eval.saved import Answered, Run, RunError, read_run

SIGNIFICANT = 0.05
_COLUMN, _LINES = 66, 7  # two columns of this width, at most this many lines of each answer


@dataclass(frozen=True)
class Comparison:
    """`before` and `after` are the shares of right answers over the `n` cases that both runs hold. `p` is two-sided."""

    n: int
    before: float
    after: float
    p: float
    better: tuple[tuple[Answered, Answered], ...]
    worse: tuple[tuple[Answered, Answered], ...]
    text: str

    @property
    def dropped(self) -> bool:
        return self.after < self.before and self.p < SIGNIFICANT


def compare(before: Path, after: Path) -> Comparison:
    """Raises RunError for a folder that is no whole run, and for runs of other sets."""
    a, b = read_run(before), read_run(after)
    if set(a.sets) != set(b.sets):
        raise RunError(
            f"{before} and {after} are runs of other sets: {', '.join(a.sets)}; {', '.join(b.sets)}. Give the same --set to both"
        )
    keys = [key for key, one in a.cases.items() if key in b.cases and one.answer.question == b.cases[key].answer.question]
    if not keys:
        raise RunError(f"{before} and {after} have no case in common: the sets were rewritten between them. Run both again")
    pairs = [(a.cases[key], b.cases[key]) for key in keys]
    rights = np.array([[x.score.right, y.score.right] for x, y in pairs], dtype=float)
    p = randomisation(rights[:, 0], rights[:, 1])
    better = tuple((x, y) for x, y in pairs if y.score.right and not x.score.right)
    worse = tuple((x, y) for x, y in pairs if x.score.right and not y.score.right)
    first, last = rights.mean(axis=0)
    text = "\n".join(_text(a, b, keys, pairs, rights, p, better, worse))
    return Comparison(len(pairs), float(first), float(last), p, better, worse, text)


def randomisation(before: np.ndarray, after: np.ndarray, draws: int = 10_000) -> float:
    """Two-sided p-value of the paired randomisation test on the difference of means: how often swapping before and after at random,
    pair by pair, gives a difference at least as large. (1 + hits) / (1 + draws), fixed seed; 1.0 where no pair differs.

    Source: Noreen 1989; Smucker, Allan and Carterette 2007, https://doi.org/10.1145/1321440.1321528.
    """
    differences = (after - before)[after != before]
    if not len(differences):
        return 1.0
    observed = abs(differences.sum()) - 1e-9  # sums of the same numbers in another order differ in the last digits
    generator = np.random.default_rng(0)
    hits = 0
    for start in range(0, draws, 500):
        signs = generator.choice((-1.0, 1.0), size=(min(500, draws - start), len(differences)))
        hits += int((np.abs(signs @ differences) >= observed).sum())
    return (1 + hits) / (1 + draws)


def _text(
    a: Run,
    b: Run,
    keys: Sequence[tuple[str, str]],
    pairs: Sequence[tuple[Answered, Answered]],
    rights: np.ndarray,
    p: float,
    better: Sequence[tuple[Answered, Answered]],
    worse: Sequence[tuple[Answered, Answered]],
) -> list[str]:
    first, last = rights.mean(axis=0)
    lines = [f"before: {a.folder}", f"after:  {b.folder}"]
    for name in ("corpus_version", "model"):
        if a.config.get(name) != b.config.get(name):
            lines.append(f"{name}: {a.config.get(name)} before, {b.config.get(name)} after")
    lines += ["", f"{'right':24}{'n':>5}{'before':>10}{'after':>10}{'change':>10}{'p':>10}"]
    for name in (*a.sets, "all"):
        at = [name in (key[0], "all") for key in keys]
        if some := sum(at):
            x, y = rights[at].T
            lines.append(f"{name:24}{some:>5}{x.mean():>10.3f}{y.mean():>10.3f}{y.mean() - x.mean():>+10.3f}{randomisation(x, y):>10.4f}")
    lines += ["", f"{'all sets':24}{'':>5}{'before':>10}{'after':>10}{'change':>10}"]
    for name, metric in METRICS.items():
        if name != "right":
            x, y = metric([one.score for one, _ in pairs]), metric([two.score for _, two in pairs])
            lines.append(f"{name:24}{'':>5}{x:>10.3f}{y:>10.3f}{y - x:>+10.3f}")
    if left := len(a.cases) + len(b.cases) - 2 * len(keys):
        lines += ["", f"not compared: {left} answers to cases that are only in one run or ask something else in the other"]
    for title, chosen in (("worse", worse), ("better", better)):
        lines += ["", f"{title}: {len(chosen)}"]
        for pair in chosen:
            lines += ["", *_side_by_side(*pair)]
    change = (
        "a significant drop" if last < first and p < SIGNIFICANT else "a significant rise" if p < SIGNIFICANT else "no significant change"
    )
    lines += ["", f"right: {first:.3f} before, {last:.3f} after, n {len(pairs)}; paired randomisation test p = {p:.4f}: {change}"]
    return lines


def _side_by_side(before: Answered, after: Answered) -> list[str]:
    question = textwrap.shorten(before.answer.question, 2 * _COLUMN - len(before.score.id), placeholder=" …")
    x, y = _wrapped(before), _wrapped(after)
    same = next((n for n, (one, other) in enumerate(zip(x, y, strict=False)) if one != other), min(len(x), len(y)))
    skipped = max(0, same - 1)  # where both open alike, what they share is left out but for its last line
    columns = (_column(before, x, skipped), _column(after, y, skipped))
    rows = (f"  {one:{_COLUMN}} | {other}".rstrip() for one, other in zip_longest(*columns, fillvalue=""))
    return [f"{before.score.set}, {before.score.id}: {question}", *rows]


def _wrapped(one: Answered) -> list[str]:
    return [piece for line in one.answer.answer.split("\n") for piece in textwrap.wrap(line, _COLUMN)]


def _column(one: Answered, lines: Sequence[str], skipped: int) -> list[str]:
    head = f"({one.answer.status}, {'right' if one.score.right else 'wrong'})"
    shown = list(lines[skipped : skipped + _LINES])
    return [head, *(["…"] if skipped else []), *shown, *(["…"] if len(lines) > skipped + _LINES else [])]
