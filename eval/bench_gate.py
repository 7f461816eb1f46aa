"""What the gate stops and what it loses, on sentences of our own briefs that nothing was learned from: `northbound eval bench --gate`.

The true ones stand word for word in their quotes, or are reworded; the false ones differ in one place (eval/gate_mutations.py). Apart from
these, the sentences written by hand, which are harder. And how long it takes for an answer.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from bot import gate
from bot.gate_reading import read
from eval.bench_curve import over_thresholds, write
from eval.gate_mutations import EACH, Said, briefs, by_hand, made

LEAST_STOPPED, MOST_LOST = 0.97, 0.03  # the aims
_APART = {"held": "the half that nothing was chosen on", "fresh": "later and more freely, only counted"}
_CLAIMS = 5  # of an answer
_ANSWERS = 60


def gate_lines(keep: Path | None = None, each: int = EACH, seed: int = 0) -> Iterator[str]:
    """The table line by line. In `keep`: gate.json with every sentence that was judged wrongly, and gate.svg."""
    own = [one for one in made(briefs(), each, seed) if one.held]
    apart = {half: by_hand(half=half) for half in ("held", "fresh")}
    hand = [one for them in apart.values() for one in them]
    verdicts = [gate.judge(one.claim, one.quotes) for one in own]
    by_hand_verdicts = [gate.judge(one.claim, one.quotes) for one in hand]
    passed = {one: verdict.passes for one, verdict in zip(hand, by_hand_verdicts, strict=True)}
    yield f"gate: {len(own)} sentences of our briefs, of passages that nothing was learned from; 95 % intervals"
    yield from _table(own, [verdict.passes for verdict in verdicts])
    for half, them in apart.items():
        yield f"written by hand, {_APART[half]}: {len(them)} sentences"
        yield from _table(them, [passed[one] for one in them], aims=False)
    truth = np.array([one.true for one in (*own, *hand)])
    support = np.array([_shown(verdict) for verdict in (*verdicts, *by_hand_verdicts)])
    curve = over_thresholds(support, truth)
    yield from curve.lines("support, where the checks agree,")
    yield _timed([one for one in own if one.true and one.kind != "word for word"])
    if keep is not None:
        yield write(keep, "gate", curve, "The gate on sentences of our own", "least support of a claim that is shown", gate.ENOUGH)
        wrong = [
            {
                "claim": one.claim,
                "quotes": one.quotes,
                "true": one.true,
                "kind": one.kind,
                "support": verdict.support,
                "reason": verdict.reason,
            }
            for one, verdict in zip((*own, *hand), (*verdicts, *by_hand_verdicts), strict=True)
            if verdict.passes != one.true
        ]
        (keep / "gate.json").write_text(json.dumps(wrong, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        yield f"written to {keep / 'gate.json'}: {len(wrong)} sentences judged wrongly"


def _shown(verdict: gate.Verdict) -> float:
    """The support of a claim that the checks let pass; of another, less than any threshold."""
    return verdict.support if verdict.reason in ("", gate.TOO_LITTLE) else -1.0


def _table(them: Sequence[Said], passed: Sequence[bool], aims: bool = True) -> Iterator[str]:
    for true, what in ((False, "stopped"), (True, "kept")):
        right = {
            kind: [p is true for one, p in zip(them, passed, strict=True) if (one.true, one.kind) == (true, kind)]
            for kind in _kinds(them, true)
        }
        yield f"{'made false' if not true else 'true':24}{'n':>6}{what:>10}"
        for kind, ones in right.items():
            yield f"  {kind:22}{_row(ones)}"
        every = [one for ones in right.values() for one in ones]
        share, aim = sum(every) / len(every), LEAST_STOPPED if not true else 1 - MOST_LOST
        verdict = f"   aim {aim:.2f}: {'reached' if share >= aim else 'MISSED'}" if aims else ""
        yield f"  {'all':22}{_row(every)}{verdict}"


def _kinds(them: Iterable[Said], true: bool) -> list[str]:
    return sorted({one.kind for one in them if one.true is true})


def _row(ones: Sequence[bool]) -> str:
    low, high = wilson(sum(ones), len(ones))
    return f"{len(ones):>6}{sum(ones) / len(ones):>10.3f}   {low:.3f} to {high:.3f}"


def wilson(count: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share; it does not collapse where all or none are counted.

    Source: Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953.
    """
    share, square = count / of, z * z / of
    middle = (share + square / 2) / (1 + square)
    reach = z * math.sqrt(share * (1 - share) / of + square / (4 * of)) / (1 + square)
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def _timed(reworded: Sequence[Said]) -> str:
    """Milliseconds for an answer of reworded claims, none of which was read before; of this process, whatever else the machine does."""
    spent = []
    for start in range(0, min(len(reworded), _CLAIMS * _ANSWERS) - _CLAIMS + 1, _CLAIMS):
        read.cache_clear()
        begun = time.process_time()
        for one in reworded[start : start + _CLAIMS]:
            gate.judge(one.claim, one.quotes)
        spent.append(1000 * (time.process_time() - begun))
    middle, high = np.median(spent), np.quantile(spent, 0.95)
    return f"an answer of {_CLAIMS} reworded claims: {middle:.1f} ms at the median, {high:.1f} ms at the 95th percentile"
