"""The gate: a claim is shown only if its quotes support it. Every mode passes through here.

What must agree is what hurts when it is wrong: every number, amount, date and duration, every name, and whether the sentence says yes
or no. The measure of support is the share of the claim's own terms that stand in its quotes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.keywords import terms

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?%?")
_NAME = re.compile(r"(?<![.!?:]\s)(?<!^)\b(?:[A-Z][a-z]+(?:[A-Z][a-z]+)*|[A-Z]{2,}[\w-]*)\b")
_NO = re.compile(r"\b(?:not|no|never|none|nobody|nothing|neither|nor|cannot|without|unless|except|only|\w+n['’]t)\b", re.IGNORECASE)
_MODAL = re.compile(r"\b(must|may|might|can|could|will|would|shall|should|expected|plans?|proposed|likely)\b", re.IGNORECASE)
_MONTH = re.compile(r"\b(January|February|March|April|May|June|July|August|September|October|November|December)\b")
ENOUGH = 0.6


@dataclass(frozen=True)
class Verdict:
    """Whether a claim may be shown, how much of it stands in its quotes (0 to 1), and why not."""

    passes: bool
    support: float
    reason: str = ""


def judge(claim: str, quotes: Sequence[str]) -> Verdict:
    """Compare a claim with the quotes it cites."""
    if not quotes:
        return Verdict(False, 0.0, "no quote")
    evidence = "\n".join(quotes)
    if claim.strip() in evidence:
        return Verdict(True, 1.0)
    missing = _numbers(claim) - _numbers(evidence)
    if missing:
        return Verdict(False, 0.0, f"number not in the quote: {', '.join(sorted(missing))}")
    for what, pattern in (("month", _MONTH), ("name", _NAME)):
        absent = {m.group().lower() for m in pattern.finditer(claim)} - set(re.findall(r"[\w-]+", evidence.lower()))
        if absent:
            return Verdict(False, 0.0, f"{what} not in the quote: {', '.join(sorted(absent))}")
    if _turned(claim, quotes):
        return Verdict(False, 0.0, "says yes where the quote says no, or no where it says yes")
    stronger = {m.group().lower() for m in _MODAL.finditer(claim)} - {m.group().lower() for m in _MODAL.finditer(evidence)}
    if stronger:
        return Verdict(False, 0.0, f"not as certain in the quote: {', '.join(sorted(stronger))}")
    own = set(terms(claim))
    support = len(own & set(terms(evidence))) / len(own) if own else 0.0
    return Verdict(support >= ENOUGH, support, "" if support >= ENOUGH else "too little of it stands in the quote")


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


def _turned(claim: str, quotes: Sequence[str]) -> bool:
    """Whether the claim says no and no quote does, or the claim says yes and the quote that holds most of it says no."""
    if _NO.search(claim):
        return not any(_NO.search(quote) for quote in quotes)
    nearest = evidence(claim, quotes, at_most=1)
    return _NO.search(quotes[nearest[0] if nearest else 0]) is not None


def _numbers(text: str) -> set[str]:
    return {found.replace(",", "").rstrip(".") for found in _NUMBER.findall(text)}
