"""The gate: a claim is shown only if its quotes support it. Every mode passes through here.

What must agree is what hurts when it is wrong: every number, amount, date and duration, every name and party, whether the sentence says
yes or no, how certain it is and within which limits, and which of them belongs to which (bot/gate_checks.py). Beyond that the claim as a
whole must be supported, by a measure that eval/train_gate.py learned (docs/decisions/0019).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.gate_checks import disagreements, missing_names, missing_values, share_held
from bot.gate_reading import Reading, read
from index.keywords import terms

# From eval/train_gate.py: 1, and what `features` gives. ENOUGH is the least support of a claim that is shown.
WEIGHTS = (-1.75, 2.89, -0.81, -1.53)
ENOUGH = 0.60
TOO_LITTLE = "too little of it stands in the quote"


@dataclass(frozen=True)
class Verdict:
    """Whether a claim may be shown, how well its quotes support it as a whole (0 to 1), and why not."""

    passes: bool
    support: float
    reason: str = ""


# "No. It closed in July." says what "No: it closed in July" says; read as two sentences the first would be a denial of nothing.
_VERDICT = re.compile(r"^\s*(yes|no)\.\s+(?=\S)", re.IGNORECASE)


def judge(claim: str, quotes: Sequence[str]) -> Verdict:
    """Compare a claim with the quotes it cites."""
    if not quotes:
        return Verdict(False, 0.0, "no quote")
    if any(_word_for_word(claim.strip(), quote) for quote in quotes):
        return Verdict(True, 1.0)
    claim = _VERDICT.sub(r"\1: ", claim)
    said, held = read(claim), [read(quote) for quote in quotes]
    support = likelihood(features(claim, quotes, said, held))
    reason = next(disagreements(said, held), "" if support >= ENOUGH else TOO_LITTLE)
    return Verdict(not reason, support, reason)


def _word_for_word(claim: str, quote: str) -> bool:
    """Whether the claim stands in the quote as whole sentences: a part of one may say what the whole denies."""
    at = quote.find(claim) if claim else -1
    if at < 0:
        return False
    before, after = quote[:at].rstrip(), quote[at + len(claim) :]
    begins = not before or before[-1] in ".!?" or quote[at - 1] == "\n" or before.lower() in ("yes:", "no:", "yes,", "no,")
    return begins and (not after.strip() or claim[-1] in ".!?" or after.startswith("\n"))


def features(claim: str, quotes: Sequence[str], said: Reading, held: Sequence[Reading]) -> tuple[float, ...]:
    """Share of the claim's terms that stand in the quotes, and how many of its values (up to two) and names (up to three) do not."""
    return (
        share_held(said, held),
        float(min(len(missing_values(said, held)), 2)),
        float(min(len(missing_names(said, held)), 3)),
    )


def likelihood(found: Sequence[float]) -> float:
    """0 to 1."""
    return 1 / (1 + math.exp(-sum(weight * value for weight, value in zip(WEIGHTS, (1.0, *found), strict=True))))


def evidence(claim: str, sentences: Sequence[str], at_most: int = 5, adds: int = 1) -> list[int]:
    """Places of the sentences that together hold most of the claim's terms: first the one that holds most, then the one that adds most,
    as long as one adds at least `adds` terms and there are fewer than `at_most`. Of equals the earlier."""
    own = set(terms(claim))
    held = [own & set(terms(sentence)) for sentence in sentences]
    chosen: list[int] = []
    found: set[str] = set()
    while held and len(chosen) < at_most:
        best = max(range(len(held)), key=lambda place: len(held[place] - found))
        if len(held[best] - found) < adds:
            break
        chosen.append(best)
        found |= held[best]
    return chosen
