"""When two things said alike are the same: words that may stand for each other, values in other units, what a denial or a limit is about.

The checks of bot/gate_checks.py, gate_denials.py and gate_binding.py compare with these.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from bot.gate_near import nearness
from bot.gate_reading import NAME, PARTY, VALUE, WORD, Act, Reading, Token
from bot.gate_words import NEUTRAL, OPPOSITES, SAME, STANDINGS, UNITS


def keys_of(held: Sequence[Reading]) -> frozenset[str]:
    return held[0].keys if len(held) == 1 else frozenset().union(*(h.keys for h in held))


def words_of(held: Sequence[Reading]) -> frozenset[str]:
    return held[0].words if len(held) == 1 else frozenset().union(*(h.words for h in held))


def texts(tokens: Sequence[Token]) -> list[str]:
    return [token.text for token in tokens]


def held_value(token: Token, there: Sequence[Token], words: frozenset[str]) -> bool:
    if any(same_value(token, other) for other in there) or (token.sort == "date" and _in_parts(token, there)):
        return True
    if token.key.startswith("1 ") and token.sort[:-1] in words:
        return True  # "one day after" is "the day after"
    same = [o for o in there if o.sort in ("money", "number") and figure(o) == figure(token)]
    return token.sort == "money" and bool(same) and not _other_currency(token, there)


def _in_parts(date: Token, there: Sequence[Token]) -> bool:
    """Whether the quotes give the day or month without a year, and the year elsewhere."""
    year, _, rest = date.key.partition("-")
    days = [o.key for o in there if o.sort == "date"]
    return bool(rest) and f"--{rest}" in days and any(day.startswith(year) for day in days)


def same_value(one: Token, other: Token) -> bool:
    if one.key == other.key:
        return True
    if one.sort == "date":
        if other.sort != "date":
            return False
        if one.key.startswith("--"):
            return other.key[4:].startswith(one.key[1:]) or other.key.startswith(one.key)
        return other.key.startswith(one.key + "-")
    if one.sort == other.sort == "money":
        return figure(one) == figure(other) and ("$" in (one.key[0], other.key[0]))
    if one.sort == "number":
        return other.sort not in ("date", "%") and figure(one) == figure(other)
    scale = _IN_SMALLER.get((one.sort, other.sort)) or 1 / _IN_SMALLER.get((other.sort, one.sort), float("inf"))
    return bool(scale) and abs(float(figure(one)) * scale - float(figure(other))) < 1e-6


_IN_SMALLER = {("years", "months"): 12, ("weeks", "days"): 7, ("days", "hours"): 24, ("hours", "minutes"): 60}


def figure(token: Token) -> str:
    return digits(token.key)


def digits(key: str) -> str:
    return re.sub(r"[^\d.]", "", key)


def _other_currency(token: Token, there: Sequence[Token]) -> bool:
    """Whether no amount of the quotes is in the claim's currency, or the figure is said in another."""
    if any(o.sort == "money" and figure(o) == figure(token) for o in there):
        return True
    return not any(o.sort == "money" and o.key[:3] == token.key[:3] for o in there) and not token.key.startswith("$")


def agree(one: Act, other: Act, reach: int = 4) -> bool:
    return bool(set(one.about[:reach]) & set(other.about)) or not one.about or not other.about


def acts_of(readings: Sequence[Reading], kind: str) -> list[tuple[Reading, Act]]:
    return [(reading, act) for reading in readings for act in reading.acts if act.kind == kind]


def repeats(reading: Reading, act: Act, said: Reading, first: int = 2) -> bool:
    """Whether the claim repeats what this act of the quote is about."""
    own = act.about[:first]
    return bool(own) and all(key in said.keys for key in own)


def stands_before(words: frozenset[str], key: str, readings: Sequence[Reading], said: Reading | None = None) -> bool:
    """Whether one of the words stands right before the key, or before what may stand for it where it is a word of the claim `said`."""
    own = said.tokens[said.places[key][0]] if said is not None and key in said.places else None
    return any(
        (token.key == key or (own is not None and own.kind == WORD and may_stand_for(own, token)))
        and any(before.text in words for before in reading.tokens[max(0, at - 2) : at])
        for reading in readings
        for at, token in enumerate(reading.tokens)
    )


SIDES: dict[str, list[tuple[frozenset[str], frozenset[str]]]] = {}
for _left, _right in ((frozenset(a.split()), frozenset(b.split())) for a, b in OPPOSITES):
    for _word in _left:
        SIDES.setdefault(_word, []).append((_left, _right))
    for _word in _right:
        SIDES.setdefault(_word, []).append((_right, _left))
GROUP: dict[str, set[int]] = {}
for _n, _row in enumerate(SAME):
    for _word in _row:
        GROUP.setdefault(_word, set()).add(_n)
NOTHING: frozenset[int] = frozenset()


@lru_cache(maxsize=256)
def groups_of(words: frozenset[str]) -> frozenset[int]:
    """The rows of SAME that hold one of the words."""
    return frozenset(n for word in words for n in GROUP.get(word, NOTHING))


UNIT_WORDS = frozenset(form for unit in UNITS for form in (unit, f"{unit}s"))
NEAR = 0.42  # two words so near may stand for each other


def alike(one: str, other: str) -> bool:
    return bool(GROUP.get(one, NOTHING) & GROUP.get(other, NOTHING))


def is_edit(said: Reading, reading: Reading) -> bool:
    """Whether the claim is the quote, or a part of it, with something changed."""
    if len(said.keys & reading.keys) < _NEARLY * len(said.keys):
        return False
    return sum(j2 - j1 for what, _, _, j1, j2 in steps_between(reading, said) if what == "equal") >= _NEARLY * len(said.tokens)


def steps_between(was: Reading, now: Reading) -> list[tuple[str, int, int, int, int]]:
    """What makes the one text the other, as difflib tells it."""
    return _steps_of(was.row, now.row)


@lru_cache(maxsize=64)  # several checks of one claim ask
def _steps_of(was: tuple[str, ...], now: tuple[str, ...]) -> list[tuple[str, int, int, int, int]]:
    return list(SequenceMatcher(None, was, now, autojunk=False).get_opcodes())


_NEARLY = 0.75  # share of the claim's words that stand in the quote in the same order: it is the quote with something changed


def may_stand_for(one: Token, other: Token) -> bool:
    if one.key == other.key or alike(one.text, other.text) or same_value(one, other):
        return True
    opposed = any(other.text in side for _, side in SIDES.get(one.text, ()))
    apart = opposed or {one.text, other.text} & UNIT_WORDS
    return one.kind == other.kind == WORD and not apart and nearness(one.text, (other.text,)) >= NEAR


def weighs(token: Token) -> bool:
    return (
        token.kind in (NAME, PARTY, VALUE)
        or token.kind == WORD
        and (token.text not in NEUTRAL or token.key in UNITS)
        or token.text in STANDINGS
    )
