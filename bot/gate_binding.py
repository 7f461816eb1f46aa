"""Which belongs to which: of two fees in a quote each must stay with what it is the fee of, and of two parties each with what it does.

The last of the checks of bot/gate_checks.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial

from bot.gate_alike import figure, is_edit, stands_before
from bot.gate_reading import ACTS, NAME, PARTY, STOPWORD, VALUE, WORD, Reading, Token
from bot.gate_words import IMPLY, NEUTRAL, PEOPLES, PLACES

_Kind = Callable[[Token], bool]


def swapped(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    """Values and parties that are in the quote, but belong to something else there: the fees of two things, the dates of two events."""
    kinds = (_is_amount, _is_date, _is_person, _is_place)
    for kind in (*kinds, _is_name) if any(is_edit(said, h) for h in held) else kinds:
        places = [at for at, token in enumerate(said.tokens) if kind(token)]
        there = [(reading, at) for reading in held for at, token in enumerate(reading.tokens) if kind(token)]
        theirs = {_own(reading.tokens[at]) for reading, at in there}
        if not places or len(theirs) < 2 or (kind is _is_name and _in_order(said, places, there)):
            continue
        fits = cache(partial(_fits, said, there=there, kind=kind))  # by place; most are not asked for
        for n, at in enumerate(places):
            for later in places[n + 1 :]:
                if _changed_places(said, held, kind, at, later, theirs, fits):
                    yield f"{_own(said.tokens[at])} and {_own(said.tokens[later])} have changed places"
            if kind in (_is_amount, _is_date):
                yield from _anothers(said, at, held, theirs - {_own(said.tokens[place]) for place in places}, fits)
            if kind is _is_amount:
                yield from _beside(said, at, held)


def _in_order(said: Reading, places: Sequence[int], there: Sequence[tuple[Reading, int]]) -> bool:
    """Whether these stand in the quotes one after the other as in the claim: then none has taken another's place."""
    rest = iter(reading.tokens[at].key for reading, at in there)
    return all(said.tokens[at].key in rest for at in places)


def _changed_places(
    said: Reading, held: Sequence[Reading], kind: _Kind, at: int, later: int, theirs: set[str], fits: Callable[[int], dict[str, float]]
) -> bool:
    """Whether each of the two fits the other's place in the quotes better, and most that stands near them says so, too."""
    own, other = _own(said.tokens[at]), _own(said.tokens[later])
    if own == other or not {own, other} <= theirs:
        return False
    if kind is _is_date and _in_a_row(said, at, later) and any(_same_row(h, said.tokens[at].key, said.tokens[later].key) for h in held):
        return False
    if kind is _is_name and any(_side_by_side(h, own, other) for h in held):
        return False
    straight, crossed = fits(at)[own] + fits(later)[other], fits(at)[other] + fits(later)[own]
    if crossed <= _CROSSED * straight + 0.05:
        return False
    stays, leaves = _votes(said, held, kind, own, other)
    # A passive turns parties and names round without moving what stands near them: of these more must speak.
    return leaves > 2 * stays if kind in (_is_name, _is_person) else leaves >= stays


def _anothers(
    said: Reading, at: int, held: Sequence[Reading], left_out: set[str], fits: Callable[[int], dict[str, float]]
) -> Iterator[str]:
    """A value that stands where the quotes have one that the claim leaves out; not a bare year, nor one of a list."""
    own = _own(said.tokens[at])
    if not left_out or (said.tokens[at].sort == "date" and len(own) == 4) or own not in fits(at):
        return
    found = fits(at)
    best = max(found, key=lambda key: found[key])
    listed = any(_same_row(h, own, best) or _same_row(h, best, own) for h in held)
    if best in left_out and not listed and found[best] > _ELSEWHERE * found[own] + 0.1:
        yield f"{own} belongs to something else in the quote, where {best} stands"


def _votes(said: Reading, held: Sequence[Reading], kind: _Kind, own: str, other: str) -> tuple[float, float]:
    """How much of what stands nearer to one of the two in the claim stands nearer to the same in the quotes, and how much to the other."""
    here = (
        [at for at, t in enumerate(said.tokens) if kind(t) and _own(t) == own],
        [at for at, t in enumerate(said.tokens) if kind(t) and _own(t) == other],
    )
    straight = crossed = 0.0
    for key, places in said.places.items():
        token = said.tokens[places[0]]
        if (
            key in (own, other)
            or token.kind in (STOPWORD, ACTS)
            or _own(token) in (own, other)
            or (token.kind == WORD and token.text in NEUTRAL)
        ):
            continue
        near, margin = _nearer(said, places, *here)
        if margin < _CLEARLY:
            continue
        for reading in held:
            there = [[at for at, t in enumerate(reading.tokens) if kind(t) and _own(t) == one] for one in (own, other)]
            if key not in reading.places or not all(there):
                continue
            side, by = _nearer(reading, reading.places[key], *there)
            if by >= _CLEARLY:
                weight = 1 / (2 + abs(near)) + 1 / (2 + abs(side))
                if (near > 0) == (side > 0):
                    straight += weight
                else:
                    crossed += weight
    return straight, crossed


_CLEARLY = 2.0


def _nearer(reading: Reading, places: Sequence[int], first: Sequence[int], second: Sequence[int]) -> tuple[float, float]:
    """How far the nearer of two things is from these places, below 0 where it is the second; and by how much it is nearer."""
    one, other = (min(_distance(reading, a, b) for a in places for b in them) for them in (first, second))
    return (one if one <= other else -other), abs(one - other)


def _distance(reading: Reading, one: int, other: int) -> float:
    """Words from one to the other; parts of the sentence and "and" or "while" keep them apart."""
    low, high = min(one, other), max(one, other)
    between = reading.tokens[low + 1 : high]
    parts = reading.tokens[high].segment - reading.tokens[low].segment
    return (
        high
        - low
        + 4 * min(parts, 2)
        + 2 * any(t.text in _PARTING for t in between)
        + 9 * (reading.tokens[low].sentence != reading.tokens[high].sentence)
    )


_PARTING = frozenset("and but while whereas or".split())


def doers(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    """Parties that do in the claim what another does in the quotes."""
    for at, token in enumerate(said.tokens):
        done = next((t for t in said.tokens[at + 1 : at + 4] if t.kind == WORD), None)
        if (
            not _is_person(token)
            or done is None
            or done.text in IMPLY
            or done.text in NEUTRAL
            or any(_is_person(t) for t in said.tokens[at + 1 : at + 3])
        ):
            continue
        doing = [doer for reading in held for place in reading.places.get(done.key, ()) for doer in _before(reading, place)]
        if doing and token.key not in doing and done.segment == token.segment:
            yield f"{token.text} {done.text}: in the quote it is the {doing[0]}"


def _before(reading: Reading, place: int) -> list[str]:
    """Parties up to six words before a place in its part of the sentence, and right behind a "by" after it."""
    own = reading.tokens[place].segment
    found = [t.key for t in reading.tokens[max(0, place - 6) : place] if _is_person(t) and t.segment == own]
    behind = reading.tokens[place + 1 : place + 9]
    by = next((n for n, t in enumerate(behind) if t.text == "by"), len(behind))
    return found + [t.key for t in behind[by + 1 : by + 5] if _is_person(t)]


def outside(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    """In a place, where the quotes say outside it."""
    inside = {t.key for t in said.tokens if _is_place(t) and stands_before(frozenset(("in", "inside")), t.key, [said])}
    for key in inside:
        if stands_before(frozenset(("outside",)), key, held) and not stands_before(frozenset(("in", "inside", "within")), key, held):
            yield f"in {key} where the quote says outside"


def _beside(said: Reading, at: int, held: Sequence[Reading]) -> Iterator[str]:
    """Names and dates right beside an amount of the claim, which stand right beside another amount in the quotes."""
    own = said.tokens[at]
    names = frozenset(t.key for h in held for t in h.tokens if (t.kind == NAME and t.text not in PEOPLES) or _is_place(t))
    amounts = [n for n, token in enumerate(said.tokens) if _is_amount(token)]
    for place in _near(said, at, names):
        if min(amounts, key=lambda n: abs(n - place)) != at:
            continue
        key = said.tokens[place].key
        others = {
            reading.tokens[value].key
            for reading in held
            for there in reading.places.get(key, ())
            for value in range(max(0, there - _BESIDE), min(len(reading.tokens), there + _BESIDE + 1))
            if _is_amount(reading.tokens[value]) and there in _near(reading, value, names)
        }
        listed = any(_same_row(h, key, own.key) or _same_row(h, own.key, key) for key in others for h in held)
        if others and own.key not in others and not listed and any(own.key in reading.places for reading in held):
            yield f"{said.tokens[place].text} goes with {others.pop()} in the quote, not with {own.key}"


_BESIDE = 4


def _near(reading: Reading, at: int, names: frozenset[str]) -> list[int]:
    """Places of the nearest name or date on either side of an amount, if it is right beside it with no other amount between."""
    found = []
    for step in (-1, 1):
        for place in range(at + step, at + step * (_BESIDE + 1), step):
            if not 0 <= place < len(reading.tokens):
                break
            token = reading.tokens[place]
            if token.segment != reading.tokens[at].segment or _is_amount(token):
                break
            if token.key in names or token.sort == "date":
                found.append(place)
                break
    return found


def _side_by_side(reading: Reading, own: str, other: str) -> bool:
    """Whether the two are words of one name."""
    return any(abs(a - b) == 1 for a in reading.places.get(own, ()) for b in reading.places.get(other, ()))


def _in_a_row(reading: Reading, at: int, later: int) -> bool:
    return all(t.kind in (STOPWORD, VALUE) for t in reading.tokens[at + 1 : later])


def _same_row(reading: Reading, own: str, other: str) -> bool:
    return any(_in_a_row(reading, a, b) for a in reading.places.get(own, ()) for b in reading.places.get(other, ()) if a < b)


def _own(token: Token) -> str:
    """What tells a value from others: of amounts the figure, whichever way the currency is written."""
    return figure(token) if token.sort in ("money", "number") else token.key


_CROSSED, _ELSEWHERE = 1.3, 2.5


def _is_amount(token: Token) -> bool:
    return token.kind == VALUE and token.sort != "date"


def _is_date(token: Token) -> bool:
    return token.kind == VALUE and token.sort == "date"


def _is_person(token: Token) -> bool:
    return token.kind == PARTY and token.key not in PLACES and token.key != "dependant"  # more often said of a child


def _is_name(token: Token) -> bool:
    return token.kind == NAME


def _is_place(token: Token) -> bool:
    return token.kind == PARTY and token.key in PLACES


def _fits(said: Reading, at: int, there: Sequence[tuple[Reading, int]], kind: _Kind) -> dict[str, float]:
    """How well the words around a place of the claim fit those around each value of the quotes, the best place of each. Only what tells
    the values apart counts: both fees "cost"."""
    owners = [(_own(reading.tokens[place]), reading, place) for reading, place in there]
    fits = dict.fromkeys((key for key, _, _ in owners), 0.0)
    for word, right, weight in _around(said, at, kind):
        one = dict.fromkeys(fits, 0.0)
        for key, reading, place in owners:
            if word in reading.keys:
                one[key] = max(one[key], _attached(reading, place, word, right, kind))
        least = min(one.values())
        for key, attached in one.items():
            fits[key] += weight * (attached - least)
    return fits


def _around(said: Reading, at: int, kind: _Kind) -> Iterator[tuple[str, bool, float]]:
    """The words around a place, whether each stands to the right, and a weight that falls with the distance."""
    own = said.tokens[at].sentence
    for right in (False, True):
        for distance, token in enumerate(said.tokens[at + 1 :] if right else said.tokens[:at][::-1], 1):
            if token.sentence != own or distance > 6 or kind(token):
                break
            small = token.kind == STOPWORD
            if not small or token.text in _PLACING:
                yield token.key, right, (0.4 if small else 1.0) / distance


_PLACING = frozenset("from to by for in of with into at per".split())


def _attached(reading: Reading, place: int, key: str, right: bool, kind: _Kind) -> float:
    own = reading.tokens[place].sentence
    best = 0.0
    for at in reading.places.get(key, ()):
        if reading.tokens[at].sentence != own or at == place:
            continue
        low, high = min(at, place), max(at, place)
        between = sum(kind(t) for t in reading.tokens[low + 1 : high])
        side = (at > place) == right
        worth = (1.0 if side else 0.5) * (1.0 if not between else 0.5 if side and not right else 0.25)
        best = max(best, worth / (1 + (high - low - 1) / 4))
    return best
