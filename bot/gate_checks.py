"""Each way in which a claim can say another thing than its quotes. bot/gate.py asks for the first of them.

A check compares what bot/gate_reading.py read. Binding is compared, not only presence: of two fees in a quote, each must stay with what it
is the fee of (bot/gate_binding.py), and a "not" (bot/gate_denials.py), a "must" or an "at least" with what it is said of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.gate_alike import (
    GROUP,
    NEAR,
    NOTHING,
    SIDES,
    UNIT_WORDS,
    acts_of,
    agree,
    alike,
    digits,
    groups_of,
    held_value,
    is_edit,
    keys_of,
    may_stand_for,
    repeats,
    same_value,
    stands_before,
    steps_between,
    texts,
    weighs,
    words_of,
)
from bot.gate_binding import doers, outside, swapped
from bot.gate_denials import denials
from bot.gate_near import nearness
from bot.gate_reading import ACTS, NAME, PARTY, STOPWORD, VALUE, WORD, Act, Reading, Token
from bot.gate_words import DOING, EXACT, IMPLY, MODALS, NEUTRAL, STANDS_FOR, UNITS


def disagreements(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    """Each way in which the claim says another thing than its quotes."""
    for check in (
        _verdict,
        _distanced,
        _values,
        _names,
        denials,
        _modals,
        _limits,
        _quantities,
        _standings,
        _opposites,
        swapped,
        doers,
        outside,
        _added,
    ):
        yield from check(said, held)


def contradictions(said: Reading, near: Sequence[Reading], everywhere: Sequence[Reading]) -> Iterator[str]:
    """What a sentence about a long text says against it: values and names that stand nowhere in the text, and a "no", an opposite or a
    quantity that the sentences nearest to it do not have. How a summary words and weighs things is its own affair."""
    yield from _values(said, everywhere)
    yield from (f"name not in the text: {token.text}" for token in missing_names(said, everywhere))
    for check in (denials, _opposites, _quantities):
        yield from check(said, near)


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
                token.text in _WRONG or token.text in ("true", "right", "correct") and "not" in texts(reading.tokens[max(0, at - 2) : at])
            )
            if wrong and len(own & {t.key for t in reading.tokens if t.segment == token.segment}) >= _MOSTLY * len(own):
                yield f"the quote calls this {token.text if token.text in _WRONG else 'not ' + token.text}"


_WRONG = frozenset("wrong false untrue incorrect mistaken myth incomplete misread".split())
_MOSTLY = 0.6  # share of the claim's words that stand in what is called wrong


def missing_values(said: Reading, held: Sequence[Reading]) -> list[Token]:
    """Numbers, amounts, dates and durations of the claim that no quote gives."""
    there = [t for h in held for t in h.tokens if t.kind == VALUE]
    words = keys_of(held)
    return [token for token in said.tokens if token.kind == VALUE and not held_value(token, there, words)]


def share_held(said: Reading, held: Sequence[Reading]) -> float:
    """Share of what the claim says that stands in the quotes, in the same words or others for the same; of a near word a part."""
    keys = keys_of(held)
    words = words_of(held)
    groups = groups_of(words)
    shares = []
    values = [token for h in held for token in h.tokens if token.kind == VALUE]
    for token in {token.key: token for token in said.tokens if token.kind != STOPWORD}.values():
        if token.key in keys or GROUP.get(token.text, NOTHING) & groups:
            shares.append(1.0)
        elif token.kind == VALUE:
            shares.append(float(held_value(token, values, keys)))
        elif token.kind == ACTS:
            continue  # what it changes is compared apart
        elif token.kind == WORD:
            if token.text not in NEUTRAL:
                shares.append(min(max((nearness(token.text, words) - _FAR) / (_NEAR_ENOUGH - _FAR), 0.0), 1.0))
        else:
            shares.append(0.0)
    return sum(shares) / len(shares) if shares else 0.0


_FAR, _NEAR_ENOUGH = 0.2, 0.5  # of two words: nothing in common, and as good as the same


def missing_names(said: Reading, held: Sequence[Reading]) -> list[Token]:
    """Names of the claim, parties apart, that no quote gives in any form."""
    return [token for token in said.tokens if token.kind == NAME and not _named(token, said, held)]


def _values(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    for token in missing_values(said, held):
        yield f"{'date' if token.sort == 'date' else 'number'} not in the quote: {token.key}"


def _names(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    for token in missing_names(said, held):
        yield f"name not in the quote: {token.text}"
    for token in said.tokens:
        if token.kind == PARTY and not _named(token, said, held):
            yield f"party not in the quote: {_spoken(token)}"


def _named(token: Token, said: Reading, held: Sequence[Reading]) -> bool:
    for reading in held:
        if token.kind == PARTY and DOING.get(token.key, _NOBODY) & reading.words:
            return True
        if token.text in EXACT and any(alike(token.text, word) for word in reading.words):
            return True
        if token.key in reading.keys or token.text in reading.letters or token.text.rstrip("s") in reading.letters:
            return True
        for abbreviation in (t.text for t in reading.tokens if t.kind == NAME and t.text.isalpha()):
            if abbreviation in said.letters and token.text[0] in abbreviation and len(abbreviation) > 1:
                return True
    return False


_NOBODY: frozenset[str] = frozenset()


def _modals(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    ours, theirs = acts_of([said], "modal"), acts_of(held, "modal")
    implying = [IMPLY[t.text] for t in said.tokens if t.text in IMPLY]
    theirs_implying = [IMPLY[t.text] for h in held for t in h.tokens if t.text in IMPLY]
    implied = {name for name in theirs_implying if theirs_implying.count(name) > implying.count(name)}
    for _, act in ours:
        if _not_said(said, act, held):
            continue
        same = [other for _, other in theirs if other.name == act.name]
        otherwise = [other for _, other in theirs if other.name != act.name and set(act.about[:1]) & set(other.about[:2])]
        if any(agree(act, other, 2) for other in same) or (same and not otherwise) or act.name in implied:
            continue
        if act.name == "should" and any(other.name == "expected" for _, other in theirs):
            continue
        if act.name == "may" and not otherwise:
            continue  # "you can": what is so is possible
        if {act.name} <= {"may", "must"} and _negated(said, act) and any(o.name in ("may", "must") and _negated(h, o) for h, o in theirs):
            continue
        yield f"not as certain in the quote: {said.tokens[act.at].text}"
    for reading, other in theirs:
        kept = other.name in implying or any(act.name == other.name for _, act in ours) or _ordered(said, other)
        denied = _negated(reading, other) and any(act.kind == "not" for act in said.acts)
        if repeats(reading, other, said, 1) and not kept and not denied and not _doing(said, other):
            yield f"more certain than the quote: leaves out {reading.tokens[other.at].text}"


def _ordered(said: Reading, other: Act) -> bool:
    """Whether the claim says "check the rule" where the quote says that one should."""
    first = [t.key for t, before in zip(said.tokens, (None, *said.tokens), strict=False) if before is None or before.segment != t.segment]
    return other.name in ("must", "should") and other.about[0] in first


def _not_said(said: Reading, act: Act, held: Sequence[Reading]) -> bool:
    """Whether the claim does not commit itself to it: "may have to", "no day on which it will open"."""
    before = said.tokens[act.at - 1].text if act.at else ""
    denied = any(a.kind == "not" and (a.at < act.at < a.end or _relates(said, a.at, act.at)) for a in said.acts)
    theirs = any(a.kind == "not" for h in held for a in h.acts)
    return (act.name == "must" and MODALS.get(before) == "may") or (denied and theirs and (act.name != "may" or before != "not"))


def _relates(said: Reading, at: int, later: int) -> bool:
    """Whether what stands later says more of what stands before: "no day on which it will open"."""
    between = texts(said.tokens[at + 1 : later])
    return (
        said.tokens[at].sentence == said.tokens[later].sentence
        and bool({"which", "when", "that", "where", "who"} & set(between))
        and not {"and", "but", "so"} & set(between)
    )


def _doing(said: Reading, other: Act) -> bool:
    """Whether the claim speaks of what may be done as "doing it": "hiring one takes no test" for "one can be hired without a test"."""
    return all(said.tokens[at].text.endswith("ing") for at in said.places.get(other.about[0], ()))


def _negated(reading: Reading, act: Act) -> bool:
    return act.at + 1 < len(reading.tokens) and reading.tokens[act.at + 1].text == "not"


def _limits(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    ours, theirs = acts_of([said], "limit"), acts_of(held, "limit")
    for _, act in ours:
        if any(act.name == other.name and _limits_alike(act, other) for _, other in theirs):
            continue
        if any(stands_before(STANDS_FOR[act.name], key, held, said) for key in act.about[:1]):
            continue
        if act.name == "since" and not any(act.about[:1] == other.about[:1] for _, other in theirs) and not digits("".join(act.about[:1])):
            continue  # "since it closed" gives a reason
        yield f"limit not in the quote: {_spoken(said.tokens[act.at])}"
    for reading, other in theirs:
        if other.name not in _BOUNDS or not repeats(reading, other, said, 1) or any(act.name == other.name for _, act in ours):
            continue
        if not stands_before(STANDS_FOR[other.name], other.about[0], [said]):
            yield f"leaves out the limit of the quote: {_spoken(reading.tokens[other.at])}"


_BOUNDS = frozenset(("at_least", "at_most", "more_than", "less_than"))


def _spoken(token: Token) -> str:
    return token.text.replace("_", " ").strip()


def _limits_alike(one: Act, other: Act) -> bool:
    if not one.about or not other.about:
        return True
    if any(c.isdigit() for c in one.about[0]):
        return any(digits(one.about[0]) == digits(key) for key in other.about[:2])
    return one.about[0] in other.about[:3] or other.about[0] in one.about[:3]


def _quantities(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    ours, theirs = acts_of([said], "quantity"), acts_of(held, "quantity")
    reworded = not any(is_edit(said, h) for h in held)
    for _, act in ours:
        text = said.tokens[act.at].text
        if any(act.name == other.name and agree(act, other, 3) for _, other in theirs):
            continue
        if any(_after_not(said, act) and other.name == act.name and _after_not(h, other) for h, other in theirs):
            continue
        if text in ("any", "anyone") and any(a.kind == "not" or a.name == "may" for a in said.acts):
            continue
        if reworded and (act.name == "some" or (text in _EACH and not any(other.name in _PART for _, other in theirs))):
            continue
        if text in ("each", "every", "any") and (
            any("per" in h.words for h in held) or (act.about and stands_before(_ONE, act.about[0], held))
        ):
            continue
        if text == "only" and any(alike(text, word) for h in held for word in h.words):
            continue
        if text == "only_if" and (any(a.name == "must" for h in held for a in h.acts) or any("if" in h.words for h in held)):
            continue
        yield f"not in the quote: {_spoken(said.tokens[act.at])}"
    for reading, other in (*theirs, *acts_of(held, "not")):
        if reading.tokens[other.at].text in _CONDITIONS and _drops_condition(said, reading, other):
            yield f"leaves out the condition: {_spoken(reading.tokens[other.at])}"
    used = [(reading, other) for reading, other in theirs if other.name not in ("all", "both") and repeats(reading, other, said, 1)]
    for reading, other in used:
        if sum(act.name == other.name for _, act in ours) < sum(another.name == other.name for _, another in used):
            yield f"leaves out: {_spoken(reading.tokens[other.at])}"


_EACH = frozenset("each every both".split())  # what is said of a thing may be said of each; of all only where the quote says so
_PART = frozenset("most some few half only almost".split())
_ONE = frozenset(("a", "an", "per", "every", "each", "any"))


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
    theirs = acts_of(held, "standing")
    for _, act in acts_of([said], "standing"):
        same = [other for _, other in theirs if other.name == act.name]
        if not same:
            if not any(alike(said.tokens[act.at].text, t.text) for h in held for t in h.tokens if t.kind == WORD):
                yield f"standing not in the quote: {said.tokens[act.at].text}"
            continue
        nearest = act.about[0] if act.about else ""
        elsewhere = any(other.about[:1] == (nearest,) for _, other in theirs if other.name != act.name)
        if elsewhere and not any(nearest in other.about for other in same):
            yield f"{said.tokens[act.at].text} goes with something else in the quote"


def _opposites(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    there = words_of(held)
    for word in said.words - there:
        for own, other in SIDES.get(word, ()):
            if other & there and not own & there and not other & there <= said.words and not _one_denied(word, said, other & there, held):
                yield f"the opposite stands in the quote: {word}"


def _one_denied(word: str, said: Reading, opposite: frozenset[str], held: Sequence[Reading]) -> bool:
    """Whether just one of the two is denied: "ineligible" is "not eligible"."""
    ours = any(a.kind == "not" and any(said.tokens[at].text == word for at in range(a.at + 1, min(a.end, a.at + 4))) for a in said.acts)
    theirs = any(
        a.kind == "not" and any(h.tokens[at].text in opposite for at in range(a.at + 1, min(a.end, a.at + 4))) for h in held for a in h.acts
    )
    return ours is not theirs


def _new(said: Reading, held: Sequence[Reading]) -> list[int]:
    """Places of the claim's words that carry meaning and stand in no quote in any form."""
    keys = keys_of(held)
    words = words_of(held)
    sorts = {t.sort.rstrip("s") for h in held for t in h.tokens if t.kind == VALUE}
    groups = groups_of(words)
    new = []
    for at, token in enumerate(said.tokens):
        if token.kind != WORD or token.key in keys:
            continue
        if token.key in UNITS:
            if token.key not in sorts:
                new.append(at)
        elif token.text in NEUTRAL or GROUP.get(token.text, NOTHING) & groups or any(token.text in h.letters for h in held):
            continue
        elif nearness(token.text, words - UNIT_WORDS) < NEAR or any(other & words for _, other in SIDES.get(token.text, ())):
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


def _edited(said: Reading, held: Sequence[Reading], new: set[int]) -> Iterator[str]:
    ours = [t.key for t in said.tokens]
    for reading in held:
        if not is_edit(said, reading):
            continue
        theirs, steps = [t.key for t in reading.tokens], steps_between(reading, said)
        changed = [(reading.tokens[i1:i2], said.tokens[j1:j2], j1) for what, i1, i2, j1, j2 in steps if what == "replace" and i2 - i1 < 4]
        for was, now, at in changed:
            fresh = [t for n, t in enumerate(now, at) if weighs(t) and (n in new or ours.count(t.key) > theirs.count(t.key))]
            turned = [
                t
                for t in now
                if weighs(t) and any(t.key in map(_key, w) and set(map(_key, n)) & set(map(_key, was)) for w, n, _ in changed)
            ]
            wrong = [t for t in (*fresh, *turned) if not any(may_stand_for(t, o) for o in was)]
            amounts = [[t for t in part if t.kind == VALUE] for part in (was, now)]
            if all(amounts) and not any(same_value(a, b) for b in amounts[0] for a in amounts[1]):
                yield f"{amounts[1][0].key} stands where the quote has {amounts[0][0].key}"
            if wrong and len(now) < 4 and any(weighs(t) for t in was):
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
