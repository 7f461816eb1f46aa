"""Personal numbers of a message that an answer repeats. What is personal is what bot/privacy.py masks; that it does not come back, in
whatever spelling, is looked at here."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.answer import Answer
from bot.privacy import mask

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DIGITS = re.compile(r"[A-Za-z]{0,4}[- ]?\+?\(?\d(?:[\d\s().-]{5,20})\d")


def personal(texts: Iterable[str]) -> frozenset[str]:
    """The personal numbers and addresses in what a person wrote, as digits alone or in lower case."""
    found: set[str] = set()
    for text in texts:
        masked = mask(text)
        if masked == text:
            continue
        left = _squeezed(masked)
        found.update(m.lower() for m in _EMAIL.findall(text) if m not in masked)
        found.update(n for m in _DIGITS.findall(text) if len(n := _squeezed(m)) >= 6 and n not in left)
    return frozenset(found)


def leaks(told: Iterable[str], answer: Answer) -> int:
    """How many of the personal numbers in `told` (the message and what the person said before) stand in anything the answer shows."""
    shown = [answer.answer, answer.question, answer.standalone_question, *answer.follow_ups, *answer.caveats]
    shown += [text for claim in answer.claims for text in (claim.text,)]
    joined = " | ".join(shown).lower()
    digits = [_squeezed(run) for run in _DIGITS.findall(" | ".join(shown))]
    return sum(one in joined if "@" in one else any(one in run for run in digits) for one in personal(told))


def _squeezed(text: str) -> str:
    return re.sub(r"\D", "", text)
