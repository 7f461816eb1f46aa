"""Each way in which a claim can say another thing than its quotes. bot/gate.py asks for the first of them.

A check compares what bot/gate_reading.py read. Binding is compared, not only presence: of two fees in a quote, each must stay with what it
is the fee of, and a "not", a "must" or an "at least" with what it is said of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

from bot.gate_reading import ACTS, NAME, PARTY, STOPWORD, VALUE, WORD, Act, Reading, Token
from bot.gate_words import DENYING, IMPLY, NEUTRAL, OPPOSITES, PLACES, SAME, STANDINGS, STANDS_FOR, UNITS


def disagreements(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    """Each way in which the claim says another thing than its quotes."""
    for check in (
        _verdict,
        _distanced,
        _values,
        _names,
        _negations,
        _modals,
        _limits,
        _quantities,
        _standings,
        _opposites,
        _swapped,
        _doers,
        _where,
        _added,
    ):
        yield from check(said, held)


def _verdict(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    given = {h.verdict for h in held if h.verdict}
    if said.verdict and given and said.verdict not in given:
        yield f"answers {said.verdict} where the quote answers {given.pop()}"


def _distanced(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    """What the quotes give only to say that it is wrong."""
    own = {t.key for t in said.tokens if t.kind not in (STOPWORD, ACTS)}
    if not own or said.words & _WRONG:
        return
    for reading in held:
        for at, token in enumerate(reading.tokens):
            wrong = (
                token.text in _WRONG or token.text in ("true", "right", "correct") and "not" in _texts(reading.tokens[max(0, at - 2) : at])
            )
            if wrong and len(own & {t.key for t in reading.tokens if t.segment == token.segment}) >= _MOSTLY * len(own):
                yield f"the quote calls this {token.text if token.text in _WRONG else 'not ' + token.text}"


_WRONG = frozenset("wrong false untrue incorrect mistaken myth incomplete misread".split())
_MOSTLY = 0.6  # share of the claim's words that stand in what is called wrong


def _texts(tokens: Sequence[Token]) -> list[str]:
    return [token.text for token in tokens]


def missing_values(said: Reading, held: Sequence[Reading]) -> list[Token]:
    """Numbers, amounts, dates and durations of the claim that no quote gives."""
    there = [t for h in held for t in h.tokens if t.kind == VALUE]
    words = frozenset().union(*(h.keys for h in held))
    return [token for token in said.tokens if token.kind == VALUE and not _held(token, there, words)]


def missing_names(said: Reading, held: Sequence[Reading]) -> list[Token]:
    """Names of the claim, parties apart, that no quote gives in any form."""
    return [token for token in said.tokens if token.kind == NAME and not _named(token, said, held)]


def _values(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    for token in missing_values(said, held):
        yield f"{'date' if token.sort == 'date' else 'number'} not in the quote: {token.key}"


def _held(token: Token, there: Sequence[Token], words: frozenset[str]) -> bool:
    if any(_same_value(token, other) for other in there) or (token.sort == "date" and _in_parts(token, there)):
        return True
    if token.key.startswith("1 ") and token.sort[:-1] in words:
        return True  # "one day after" is "the day after"
    same = [o for o in there if o.sort in ("money", "number") and _figure(o) == _figure(token)]
    return token.sort == "money" and bool(same) and not _other_currency(token, there)


def _in_parts(date: Token, there: Sequence[Token]) -> bool:
    """Whether the quotes give the day or month without a year, and the year elsewhere."""
    year, _, rest = date.key.partition("-")
    days = [o.key for o in there if o.sort == "date"]
    return bool(rest) and f"--{rest}" in days and any(day.startswith(year) for day in days)


def _same_value(one: Token, other: Token) -> bool:
    if one.key == other.key:
        return True
    if one.sort == "date":
        if other.sort != "date":
            return False
        if one.key.startswith("--"):
            return other.key[4:].startswith(one.key[1:]) or other.key.startswith(one.key)
        return other.key.startswith(one.key + "-")
    if one.sort == other.sort == "money":
        return _figure(one) == _figure(other) and ("$" in (one.key[0], other.key[0]))
    if one.sort == "number":
        return other.sort not in ("date", "%") and _figure(one) == _figure(other)
    scale = {"years": ("months", 12), "months": ("years", 1 / 12), "weeks": ("days", 7), "days": ("weeks", 1 / 7)}.get(one.sort)
    return scale is not None and scale[0] == other.sort and float(_figure(one)) * scale[1] == float(_figure(other))


def _figure(token: Token) -> str:
    return _digits(token.key)


def _digits(key: str) -> str:
    return re.sub(r"[^\d.]", "", key)


def _other_currency(token: Token, there: Sequence[Token]) -> bool:
    """Whether no amount of the quotes is in the claim's currency, or the figure is said in another."""
    if any(o.sort == "money" and _figure(o) == _figure(token) for o in there):
        return True
    return not any(o.sort == "money" and o.key[:3] == token.key[:3] for o in there) and not token.key.startswith("$")


def _names(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    for token in missing_names(said, held):
        yield f"name not in the quote: {token.text}"
    for token in said.tokens:
        if token.kind == PARTY and not _named(token, said, held):
            yield f"party not in the quote: {_spoken(token)}"


def _named(token: Token, said: Reading, held: Sequence[Reading]) -> bool:
    for reading in held:
        if token.key in reading.keys or token.text in reading.letters or token.text.rstrip("s") in reading.letters:
            return True
        for abbreviation in (t.text for t in reading.tokens if t.kind == NAME and t.text.isalpha()):
            if abbreviation in said.letters and token.text[0] in abbreviation and len(abbreviation) > 1:
                return True
    return False


def _agree(one: Act, other: Act, reach: int = 4) -> bool:
    return bool(set(one.about[:reach]) & set(other.about)) or not one.about or not other.about


def _acts(readings: Sequence[Reading], kind: str) -> list[tuple[Reading, Act]]:
    return [(reading, act) for reading in readings for act in reading.acts if act.kind == kind]


def _used(reading: Reading, act: Act, said: Reading, first: int = 2) -> bool:
    """Whether the claim repeats what this act of the quote is about."""
    own = act.about[:first]
    return bool(own) and all(key in said.keys for key in own)


def _negations(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    ours = [act for _, act in _acts([said], "not")]
    theirs = _acts(held, "not")
    pairs = _paired(ours, [other for _, other in theirs])
    for act in ours:
        if act not in pairs and not _denied_by_verb(said, act, held):
            yield "says no where the quote says yes"
    matched = [other for others in pairs.values() for other in others]
    used = [other for reading, other in theirs if other.name != "nor" and _used(reading, other, said)]
    there = frozenset().union(*(h.words for h in held))
    otherwise = sum(word in DENYING for word in said.words - there)  # "the law bars them" for "they may not"
    # One that only went elsewhere in the sentence is caught by what the claim denies.
    if len(ours) + otherwise < len(used) and any(other not in matched for other in used):
        yield "says yes where the quote says no"


def _paired(ours: Sequence[Act], theirs: Sequence[Act]) -> dict[Act, list[Act]]:
    """Which denials of the quotes each of the claim's may rest on: one each, but that "no fee and no form" is "no fee or form"."""
    pairs: dict[Act, list[Act]] = {}
    free = list(theirs)
    for act in sorted(ours, key=lambda act: not any(act.name == other.name and act.about[:1] == other.about[:1] for other in theirs)):
        denied = [other for other in free if _denies_alike(act, other)]
        if denied:
            best = max(denied, key=lambda other: (other.about[:1] == act.about[:1], other.name == act.name))
            pairs[act] = [best]
            free.remove(best)
    for act in ours:
        for other in theirs if act not in pairs else free[:]:
            first = 2 if act in pairs else 1
            apart = act.about[:first] != other.about[:first] and (
                act.name == other.name or {act.name, other.name} <= {"neither", "nor", "no", "without"}
            )
            if apart and _denies_alike(act, other):
                pairs.setdefault(act, []).append(other)
                if other in free:
                    free.remove(other)
    return pairs


def _denied_by_verb(said: Reading, act: Act, held: Sequence[Reading]) -> bool:
    """Whether a quote denies by its verb, within a few words of what the claim denies."""
    return any(
        token.text in DENYING and token.text not in said.words and set(act.about) & {t.key for t in reading.tokens[max(0, at - 6) : at + 7]}
        for reading in held
        for at, token in enumerate(reading.tokens)
    )


def _denies_alike(one: Act, other: Act) -> bool:
    if not one.about or not other.about:
        return True
    return bool(set(one.about[:2]) & set(other.about) or set(other.about[:2]) & set(one.about))


def _modals(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    ours, theirs = _acts([said], "modal"), _acts(held, "modal")
    implied = {IMPLY[t.text] for h in held for t in h.tokens if t.text in IMPLY}
    implying = {IMPLY[t.text] for t in said.tokens if t.text in IMPLY}
    for _, act in ours:
        same = [other for _, other in theirs if other.name == act.name]
        otherwise = [other for _, other in theirs if other.name != act.name and set(act.about[:1]) & set(other.about[:2])]
        if any(_agree(act, other, 2) for other in same) or (same and not otherwise) or act.name in implied:
            continue
        if act.name == "may" and not otherwise:
            continue  # "you can": what is so is possible
        if {act.name} <= {"may", "must"} and _negated(said, act) and any(o.name in ("may", "must") and _negated(h, o) for h, o in theirs):
            continue
        yield f"not as certain in the quote: {said.tokens[act.at].text}"
    for reading, other in theirs:
        kept = other.name in implying or any(act.name == other.name for _, act in ours) or _ordered(said, other)
        denied = _negated(reading, other) and any(act.kind == "not" for act in said.acts)
        if _used(reading, other, said, 1) and not kept and not denied:
            yield f"more certain than the quote: leaves out {reading.tokens[other.at].text}"


def _ordered(said: Reading, other: Act) -> bool:
    """Whether the claim says "check the rule" where the quote says that one should."""
    first = [t.key for t, before in zip(said.tokens, (None, *said.tokens), strict=False) if before is None or before.segment != t.segment]
    return other.name in ("must", "should") and other.about[0] in first


def _negated(reading: Reading, act: Act) -> bool:
    return act.at + 1 < len(reading.tokens) and reading.tokens[act.at + 1].text == "not"


def _limits(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    ours, theirs = _acts([said], "limit"), _acts(held, "limit")
    for _, act in ours:
        if any(act.name == other.name and _limits_alike(act, other) for _, other in theirs):
            continue
        if any(_stands_before(STANDS_FOR[act.name], key, held) for key in act.about[:1]):
            continue
        if act.name == "since" and not any(act.about[:1] == other.about[:1] for _, other in theirs) and not _digits("".join(act.about[:1])):
            continue  # "since it closed" gives a reason
        yield f"limit not in the quote: {_spoken(said.tokens[act.at])}"
    for reading, other in theirs:
        if other.name not in _BOUNDS or not _used(reading, other, said, 1) or any(act.name == other.name for _, act in ours):
            continue
        if not _stands_before(STANDS_FOR[other.name], other.about[0], [said]):
            yield f"leaves out the limit of the quote: {_spoken(reading.tokens[other.at])}"


_BOUNDS = frozenset(("at_least", "at_most", "more_than", "less_than"))


def _spoken(token: Token) -> str:
    return token.text.replace("_", " ").strip()


def _limits_alike(one: Act, other: Act) -> bool:
    if not one.about or not other.about:
        return True
    if any(c.isdigit() for c in one.about[0]):
        return _digits(one.about[0]) == _digits(other.about[0])
    return one.about[0] in other.about[:3] or other.about[0] in one.about[:3]


def _stands_before(words: frozenset[str], key: str, readings: Sequence[Reading]) -> bool:
    return any(
        token.key == key and any(before.text in words for before in reading.tokens[max(0, at - 2) : at])
        for reading in readings
        for at, token in enumerate(reading.tokens)
    )


def _quantities(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    ours, theirs = _acts([said], "quantity"), _acts(held, "quantity")
    for _, act in ours:
        text = said.tokens[act.at].text
        if any(act.name == other.name and _agree(act, other, 3) for _, other in theirs):
            continue
        if any(_after_not(said, act) and other.name == act.name and _after_not(h, other) for h, other in theirs):
            continue
        if text == "any" and any(a.kind == "not" or a.name == "may" for a in said.acts):
            continue
        if text == "only_if" and (any(a.name == "must" for h in held for a in h.acts) or any("if" in h.words for h in held)):
            continue
        yield f"not in the quote: {_spoken(said.tokens[act.at])}"
    for reading, other in (*theirs, *_acts(held, "not")):
        if reading.tokens[other.at].text in _CONDITIONS and _drops_condition(said, reading, other):
            yield f"leaves out the condition: {_spoken(reading.tokens[other.at])}"
    used = [(reading, other) for reading, other in theirs if other.name not in ("all", "both") and _used(reading, other, said, 1)]
    for reading, other in used:
        if sum(act.name == other.name for _, act in ours) < sum(another.name == other.name for _, another in used):
            yield f"leaves out: {_spoken(reading.tokens[other.at])}"


def _after_not(reading: Reading, act: Act) -> bool:
    return act.at > 0 and reading.tokens[act.at - 1].text == "not"


_CONDITIONS = frozenset(("only_if", "unless", "except"))


def _drops_condition(said: Reading, reading: Reading, act: Act) -> bool:
    """Whether the claim has what stands before "only if" or "unless" without what stands behind it."""
    segment = reading.tokens[act.at].segment
    before = [t.key for t in reading.tokens[: act.at] if t.kind == WORD and t.segment in (segment, segment - 1)][-2:]
    behind = set(act.about[:3]) & said.keys or any(t.text in ("if", "when", *_CONDITIONS) for t in said.tokens)
    return bool(before) and before[-1] in said.keys and not behind


def _standings(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    theirs = _acts(held, "standing")
    for _, act in _acts([said], "standing"):
        same = [other for _, other in theirs if other.name == act.name]
        if not same:
            if not any(_alike(said.tokens[act.at].text, t.text) for h in held for t in h.tokens if t.kind == WORD):
                yield f"standing not in the quote: {said.tokens[act.at].text}"
            continue
        nearest = act.about[0] if act.about else ""
        elsewhere = any(other.about[:1] == (nearest,) for _, other in theirs if other.name != act.name)
        if elsewhere and not any(nearest in other.about for other in same):
            yield f"{said.tokens[act.at].text} goes with something else in the quote"


_SIDES: dict[str, list[tuple[frozenset[str], frozenset[str]]]] = {}
for _left, _right in ((frozenset(a.split()), frozenset(b.split())) for a, b in OPPOSITES):
    for _word in _left:
        _SIDES.setdefault(_word, []).append((_left, _right))
    for _word in _right:
        _SIDES.setdefault(_word, []).append((_right, _left))


def _opposites(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    there = frozenset().union(*(h.words for h in held))
    for word in said.words - there:
        for own, other in _SIDES.get(word, ()):
            if other & there and not own & there and not other & there <= said.words:
                yield f"the opposite stands in the quote: {word}"


_GROUP: dict[str, set[int]] = {}
for _n, _row in enumerate(SAME):
    for _word in _row:
        _GROUP.setdefault(_word, set()).add(_n)


_NOTHING: frozenset[int] = frozenset()


def _alike(one: str, other: str) -> bool:
    return bool(_GROUP.get(one, _NOTHING) & _GROUP.get(other, _NOTHING))


def _new(said: Reading, held: Sequence[Reading]) -> list[int]:
    """Places of the claim's words that carry meaning and stand in no quote in any form."""
    keys = frozenset().union(*(h.keys for h in held))
    words = frozenset().union(*(h.words for h in held))
    sorts = {t.sort.rstrip("s") for h in held for t in h.tokens if t.kind == VALUE}
    groups = {n for w in words for n in _GROUP.get(w, ())}
    new = []
    for at, token in enumerate(said.tokens):
        if token.kind != WORD or token.key in keys:
            continue
        if token.key in UNITS:
            if token.key not in sorts:
                new.append(at)
        elif token.text not in NEUTRAL and not _GROUP.get(token.text, _NOTHING) & groups and not any(token.text in h.letters for h in held):
            new.append(at)
    return new


def _added(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    """Two new words side by side say something of their own; so does one that is put into, or in the place of, the words of the quote."""
    new = _new(said, held)
    for one, other in zip(new, new[1:], strict=False):
        if all(t.kind == STOPWORD for t in said.tokens[one + 1 : other]):
            yield f"not in the quote: {said.tokens[one].text} {said.tokens[other].text}"
            return
    yield from _edited(said, held, set(new))


_NEARLY = 0.75  # share of the claim's words that stand in the quote in the same order: it is the quote with something changed


def _edited(said: Reading, held: Sequence[Reading], new: set[int]) -> Iterator[str]:
    ours = [t.key for t in said.tokens]
    for reading in held:
        theirs = [t.key for t in reading.tokens]
        if len(set(ours) & set(theirs)) < _NEARLY * len(set(ours)):
            continue
        steps = SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes()
        same = sum(j2 - j1 for what, _, _, j1, j2 in steps if what == "equal")
        if same < _NEARLY * len(ours):
            continue
        changed = [(reading.tokens[i1:i2], said.tokens[j1:j2], j1) for what, i1, i2, j1, j2 in steps if what == "replace" and i2 - i1 < 4]
        for was, now, at in changed:
            fresh = [t for n, t in enumerate(now, at) if _weighs(t) and (n in new or ours.count(t.key) > theirs.count(t.key))]
            turned = [
                t
                for t in now
                if _weighs(t) and any(t.key in map(_key, w) and set(map(_key, n)) & set(map(_key, was)) for w, n, _ in changed)
            ]
            wrong = [t for t in (*fresh, *turned) if not any(_may_stand_for(t, o) for o in was)]
            amounts = [[t for t in part if t.kind == VALUE] for part in (was, now)]
            if all(amounts) and not any(_same_value(a, b) for b in amounts[0] for a in amounts[1]):
                yield f"{amounts[1][0].key} stands where the quote has {amounts[0][0].key}"
            if wrong and len(now) < 4 and any(_weighs(t) for t in was):
                yield f"{wrong[0].text} stands where the quote has {' '.join(t.text for t in was)}"
        gone = {
            t.key: i1 for what, i1, i2, _, _ in steps if what == "delete" and i2 - i1 < 4 for t in reading.tokens[i1:i2] if t.kind == PARTY
        }
        for what, i1, _, j1, j2 in steps:
            moved = [t for t in said.tokens[j1:j2] if what == "insert" and j2 - j1 < 4 and abs(gone.get(t.key, i1 + 9) - i1) < 6]
            if moved:
                yield f"{moved[0].text} stands in another place than in the quote"
            if what == "insert" and any(at in new for at in range(j1, j2)):
                yield f"not in the quote: {' '.join(t.text for t in said.tokens[j1:j2])}"


def _key(token: Token) -> str:
    return token.key


def _may_stand_for(one: Token, other: Token) -> bool:
    return one.key == other.key or _alike(one.text, other.text) or _same_value(one, other)


def _weighs(token: Token) -> bool:
    return (
        token.kind in (NAME, PARTY, VALUE)
        or token.kind == WORD
        and (token.text not in NEUTRAL or token.key in UNITS)
        or token.text in STANDINGS
    )


def _swapped(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    """Values and parties that are in the quote, but belong to something else there: the fees of two things, the dates of two events."""
    for kind in (_is_amount, _is_date, _is_person, _is_place):
        places = [at for at, token in enumerate(said.tokens) if kind(token)]
        there = [(reading, at) for reading in held for at, token in enumerate(reading.tokens) if kind(token)]
        if not places or len(there) < 2 or len({_own(reading.tokens[at]) for reading, at in there}) < 2:
            continue
        fits = {at: _fits(said, at, there, kind) for at in places}
        for n, at in enumerate(places):
            own = _own(said.tokens[at])
            for later in places[n + 1 :]:
                other = _own(said.tokens[later])
                if own == other or (
                    kind is _is_date
                    and _in_a_row(said, at, later)
                    and any(_same_row(h, said.tokens[at].key, said.tokens[later].key) for h in held)
                ):
                    continue
                if not {own, other} <= fits[at].keys() & fits[later].keys():
                    continue
                straight = fits[at][own] + fits[later][other]
                crossed = fits[at][other] + fits[later][own]
                if crossed > _CROSSED * straight + 0.05:
                    yield f"{own} and {other} have changed places"
            if kind in (_is_amount, _is_date) and own in fits[at] and not (kind is _is_date and len(own) == 4):
                best = max(fits[at], key=lambda key: fits[at][key])
                if best not in (_own(said.tokens[p]) for p in places) and fits[at][best] > _ELSEWHERE * fits[at][own] + 0.1:
                    yield f"{own} belongs to something else in the quote, where {best} stands"
            if kind is _is_amount:
                yield from _beside(said, at, held)


def _doers(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
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


def _where(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    """In a place, where the quotes say outside it."""
    inside = {t.key for t in said.tokens if _is_place(t) and _stands_before(frozenset(("in", "inside")), t.key, [said])}
    for key in inside:
        if _stands_before(frozenset(("outside",)), key, held) and not _stands_before(frozenset(("in", "inside", "within")), key, held):
            yield f"in {key} where the quote says outside"


def _beside(said: Reading, at: int, held: Sequence[Reading]) -> Iterator[str]:
    """Names and dates right beside an amount of the claim, which stand right beside another amount in the quotes."""
    own = said.tokens[at]
    names = frozenset(t.key for h in held for t in h.tokens if t.kind == NAME or _is_place(t))
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
        if others and own.key not in others and any(own.key in reading.places for reading in held):
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


def _in_a_row(reading: Reading, at: int, later: int) -> bool:
    return all(t.kind == STOPWORD for t in reading.tokens[at + 1 : later])


def _same_row(reading: Reading, own: str, other: str) -> bool:
    return any(_in_a_row(reading, a, b) for a in reading.places.get(own, ()) for b in reading.places.get(other, ()) if a < b)


def _own(token: Token) -> str:
    """What tells a value from others: of amounts the figure, whichever way the currency is written."""
    return _figure(token) if token.sort in ("money", "number") else token.key


_CROSSED, _ELSEWHERE = 1.3, 2.5


def _is_amount(token: Token) -> bool:
    return token.kind == VALUE and token.sort != "date"


def _is_date(token: Token) -> bool:
    return token.kind == VALUE and token.sort == "date"


def _is_person(token: Token) -> bool:
    return token.kind == PARTY and token.key not in PLACES and token.key != "dependant"  # more often said of a child


def _is_place(token: Token) -> bool:
    return token.kind == PARTY and token.key in PLACES


def _fits(said: Reading, at: int, there: Sequence[tuple[Reading, int]], kind: Callable[[Token], bool]) -> dict[str, float]:
    """How well the words around a place of the claim fit those around each value of the quotes, the best place of each. Only what tells
    the values apart counts: both fees "cost"."""
    fits = dict.fromkeys((_own(reading.tokens[place]) for reading, place in there), 0.0)
    for word, right, weight in _around(said, at, kind):
        one = dict.fromkeys(fits, 0.0)
        for reading, place in there:
            key = _own(reading.tokens[place])
            one[key] = max(one[key], _attached(reading, place, word, right, kind))
        least = min(one.values())
        for key, attached in one.items():
            fits[key] += weight * (attached - least)
    return fits


def _around(said: Reading, at: int, kind: Callable[[Token], bool]) -> Iterator[tuple[str, bool, float]]:
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


def _attached(reading: Reading, place: int, key: str, right: bool, kind: Callable[[Token], bool]) -> float:
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
