"""Compare two runs of the same sets: which cases got better and worse, and whether the difference is more than chance."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

import numpy as np

from eval.gate import Verdict, judge
from eval.metrics import MEASURES, each, measure
from eval.saved import Answered, Run, RunError, read_run

SIGNIFICANT = 0.05
_COLUMN, _LINES = 66, 7  # two columns of this width, at most this many lines of each answer
_ALIKE = ("corpus_version", "model", "today", "code", "version")


@dataclass(frozen=True)
class Comparison:
    """`before` and `after` are the shares of right answers over the `n` cases that both runs hold. `p` is two-sided. `broken`: the hard
    bars that the later run breaks."""

    n: int
    before: float
    after: float
    p: float
    better: tuple[tuple[Answered, Answered], ...]
    worse: tuple[tuple[Answered, Answered], ...]
    broken: tuple[Verdict, ...]
    text: str

    @property
    def dropped(self) -> bool:
        return self.after < self.before and self.p < SIGNIFICANT


def compare(before: Path, after: Path, common: bool = False) -> Comparison:
    """Raises RunError for a folder that is no whole run, and for runs of other sets, unless only what they have in `common` is wanted."""
    a, b = read_run(before), read_run(after)
    if not common:
        _same_sets(a, b)
    keys = [key for key, one in a.cases.items() if key in b.cases and one.asked == b.cases[key].asked]
    if not keys:
        raise RunError(f"{before} and {after} have no case in common: the sets were rewritten between them. Run both again")
    pairs = [(a.cases[key], b.cases[key]) for key in keys]
    better = tuple((x, y) for x, y in pairs if y.score.right and not x.score.right)
    worse = tuple((x, y) for x, y in pairs if x.score.right and not y.score.right)
    first, last = np.array([[x.score.right, y.score.right] for x, y in pairs], dtype=float).mean(axis=0)
    broken = tuple(verdict for verdict in judge(b) if verdict.bar.hard and not verdict.holds)
    made = Comparison(len(pairs), float(first), float(last), _p(pairs, "right"), better, worse, broken, "")
    return replace(made, text="\n".join(_text(a, b, pairs, made)))


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


def _same_sets(a: Run, b: Run) -> None:
    only = (sorted(set(a.sets) - set(b.sets)), sorted(set(b.sets) - set(a.sets)))
    if only[0] or only[1]:
        parts = [f"only {run.folder} holds {', '.join(names)}" for run, names in zip((a, b), only, strict=True) if names]
        raise RunError(f"these are runs of other sets: {'; '.join(parts)}. Give the same --set to both, or compare with --common")
    chosen = [(run.config["filter"], run.config["every"]) for run in (a, b)]
    if chosen[0] != chosen[1]:
        told = " and ".join(f"--filter {text!r} --every {every}" for text, every in chosen)
        raise RunError(f"these are runs of other cases: {told}. Give the same to both, or compare with --common")


def _p(pairs: Sequence[tuple[Answered, Answered]], name: str) -> float:
    """Conversations are swapped whole: what is said in one turn goes on in the next."""
    x, y = (each([pair[side].score for pair in pairs])[name] for side in (0, 1))
    units: dict[tuple[str, str], int] = {}
    place = np.array([units.setdefault((one.score.set, one.score.unit), len(units)) for one, _ in pairs])
    known = ~(np.isnan(x) | np.isnan(y))
    before, after = (np.bincount(place[known], weights=values[known], minlength=len(units)) for values in (x, y))
    return randomisation(before, after)


def _text(a: Run, b: Run, pairs: Sequence[tuple[Answered, Answered]], made: Comparison) -> list[str]:
    lines = [f"before: {a.folder}", f"after:  {b.folder}"]
    for name in _ALIKE:
        if a.config.get(name) != b.config.get(name):
            lines.append(f"{name}: {a.config.get(name)} before, {b.config.get(name)} after")
    lines += ["", f"{'right':24}{'n':>5}{'before':>10}{'after':>10}{'change':>10}{'p':>10}"]
    for name in (*dict.fromkeys(x.score.set for x, _ in pairs), "all"):
        some = [pair for pair in pairs if name in (pair[0].score.set, "all")]
        lines.append(
            f"{name:24}{len(some):>5}" + _row([x.score.right for x, _ in some], [y.score.right for _, y in some], _p(some, "right"))
        )
    lines += ["", f"{'all sets':24}{'n':>5}{'before':>10}{'after':>10}{'change':>10}{'p':>10}"]
    x, y = (measure([pair[side].score for pair in pairs], draws=0) for side in (0, 1))
    for name in MEASURES:
        first, last = x[name].value, y[name].value
        if name != "right" and first is not None and last is not None:
            p = f"{_p(pairs, name):>10.4f}" if not name.endswith("F1") else ""
            lines.append(f"{name:24}{y[name].n:>5}{first:>10.3f}{last:>10.3f}{last - first:>+10.3f}{p}")
    if left := len(a.cases) + len(b.cases) - 2 * len(pairs):
        lines += ["", f"not compared: {left} answers to cases that are only in one run or ask something else in the other"]
    for title, chosen in (("worse", made.worse), ("better", made.better)):
        lines += ["", f"{title}: {len(chosen)}"]
        for pair in chosen:
            lines += ["", *_side_by_side(*pair)]
    unsound = [(one, two) for one, two in pairs if one.score.sound and not two.score.sound]
    if unsound:
        lines += [
            "",
            f"no longer sound (quotes, numbers, standing, privacy): {', '.join(f'{y.score.set}/{y.score.id}' for _, y in unsound)}",
        ]
    if made.broken:
        lines += ["", "hard bars broken after:", *(f"  {verdict.text}" for verdict in made.broken)]
    rising = "a significant rise" if made.p < SIGNIFICANT else "no significant change"
    change = "a significant drop" if made.dropped else rising
    lines += [
        "",
        f"right: {made.before:.3f} before, {made.after:.3f} after, n {made.n}; paired randomisation test p = {made.p:.4f}: {change}",
    ]
    return lines


def _row(before: Sequence[float], after: Sequence[float], p: float) -> str:
    x, y = sum(before) / len(before), sum(after) / len(after)
    return f"{x:>10.3f}{y:>10.3f}{y - x:>+10.3f}{p:>10.4f}"


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
