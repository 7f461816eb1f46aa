"""Whether a claim says yes where its quotes say no, or no where they say yes. One of the checks of bot/gate_checks.py.

Near the quote every denial must have its own there. In other words than the quote's, what is denied must be denied, or its opposite said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.gate_alike import SIDES, acts_of, is_edit, may_stand_for, repeats, weighs, words_of
from bot.gate_reading import ACTS, NAME, PARTY, STOPWORD, VALUE, WORD, Act, Reading
from bot.gate_words import DENYING, MODALS, NEUTRAL


def denials(said: Reading, held: Sequence[Reading]) -> Iterator[str]:
    ours = [act for _, act in acts_of([said], "not")]
    theirs = acts_of(held, "not")
    pairs = _paired(ours, [other for _, other in theirs])
    for act in ours:
        if act in pairs or _denied_by_verb(said, act, held):
            continue
        if any(is_edit(said, h) for h in held) or not _denied_otherwise(said, act, held):
            yield "says no where the quote says yes"
    matched = [other for others in pairs.values() for other in others]
    used = [other for reading, other in theirs if other.name != "nor" and repeats(reading, other, said)]
    there = words_of(held)
    otherwise = sum(word in DENYING for word in said.words - there)  # "the law bars them" for "they may not"
    # One that only went elsewhere in the sentence is caught by what the claim denies.
    if len(ours) + otherwise < len(used) and any(other not in matched for other in used):
        yield "says yes where the quote says no"
    for reading in held:
        if any(_stands_undenied(said, head) for head in _denied_only(reading)) or _all_denied(said, reading):
            yield "says yes where the quote says no"


def _all_denied(said: Reading, reading: Reading) -> bool:
    """Whether the quote begins with "No …" and the claim says of what follows it, denying nothing."""
    act = next((a for a in reading.acts if a.at == 0 and a.name in ("no", "none", "nobody", "nothing")), None)
    if (
        act is None
        or any(t.text in DENYING or _DENYING_PREFIX.match(t.text) for t in said.tokens)
        or any(a.kind == "not" for a in said.acts)
    ):
        return False
    only = [key for key in act.about if all(at < act.end for at in reading.places.get(key, ()))]
    return sum(key in said.keys for key in only) >= 2


def _denied_only(reading: Reading) -> Iterator[str]:
    """What the quote denies first with each of its denials, where it does not say it of anything else."""
    for act in reading.acts:
        if act.kind != "not" or act.name in ("nor", "except", "unless") or not act.about:
            continue
        for head in _heads(reading, act):
            places = reading.places.get(head, ())
            if all(any(a.at < at < a.end for a in reading.acts if a.kind == "not") for at in places) and not any(
                reading.tokens[at].text in NEUTRAL or reading.tokens[at].kind in (VALUE, PARTY) for at in places
            ):
                yield head


def _heads(reading: Reading, act: Act) -> Iterator[str]:
    """The next word, the verb of "no date is known", and the last of "without a test or a fee"."""
    yield act.about[0]
    reached = reading.tokens[act.at + 1 : act.end]
    if act.name in ("no", "none", "nobody", "nothing", "neither"):
        being = next((n for n, t in enumerate(reached) if t.text in _BEING or t.text in MODALS), len(reached))
        yield from [t.key for t in reached[being + 1 :] if t.kind == WORD][:1]
    if act.name in ("no", "without", "neither") and any(t.text == "or" for t in reached):
        behind = reached[next(n for n, t in enumerate(reached) if t.text == "or") + 1 :]
        behind = behind[: next((n for n, t in enumerate(behind) if n and t.kind in (STOPWORD, ACTS)), len(behind))]
        yield from [t.key for t in behind if t.kind == WORD][-1:]


_BEING = frozenset("is are was were be been being has have had".split())


def _stands_undenied(said: Reading, head: str) -> bool:
    """Whether the claim says it outside of any denial, of any verb that denies and of any condition."""
    for at in said.places.get(head, ()):
        own = said.tokens[at]
        near = [t for t in said.tokens if t.segment == own.segment]
        if any(t.text in DENYING or t.text in _IFS or _DENYING_PREFIX.match(t.text) for t in near):
            continue
        if not any(a.kind == "not" and not _turned(said, a.at, at) for a in said.acts):
            return True
    return False


def _turned(reading: Reading, one: int, other: int) -> bool:
    """Whether the two stand in different sentences, or on different sides of a "but"."""
    low, high = min(one, other), max(one, other)
    return reading.tokens[low].sentence != reading.tokens[high].sentence or any(t.text in _BUTS for t in reading.tokens[low:high])


_BUTS = frozenset("but while whereas although though so yet".split())


def _start(reading: Reading, act: Act) -> int:
    """Where the part of the sentence begins that the denial stands in."""
    at = act.at
    while (
        at and reading.tokens[at - 1].segment == reading.tokens[act.at].segment and reading.tokens[at - 1].text not in ("but", "and", "or")
    ):
        at -= 1
    return at


_IFS = frozenset("if whether unless except only_if rather".split())
_DENYING_PREFIX = re.compile(
    r"(?:un|in|im|ir|non)(?!(?:it|der|til|to|side|clud|form|come|vest|vit|dic|put|stead|sur|tern|terv|troduc|prov|port|pact|migr)\w*)\w{4,}"
)


def _denied_otherwise(said: Reading, act: Act, held: Sequence[Reading]) -> bool:
    """Whether a quote denies something within the reach of this denial, or has the opposite of what it denies."""
    reached = [t for t in said.tokens[_start(said, act) : act.end] if t.kind in (WORD, NAME, PARTY)]
    for reading in held:
        for other in reading.acts:
            if other.kind == "not":
                behind = [[t for t in r.tokens[a.at + 1 : a.end] if weighs(t)] for r, a in ((said, act), (reading, other))]
                theirs = [t for t in reading.tokens[_start(reading, other) : other.end] if weighs(t)]
                if any(may_stand_for(a, b) for a in behind[0] for b in behind[1]):
                    return True
                if behind[1] and all(any(may_stand_for(a, b) for a in reached) for b in behind[1][:2]):
                    return True
                if sum(any(may_stand_for(a, b) for b in theirs) for a in reached if weighs(a)) > 2:
                    return True
        if any(t.text in DENYING for t in reading.tokens) and {t.key for t in reached} & reading.keys:
            return True
        stems = {t.text.removesuffix("ed") for t in reached}
        if any(_DENYING_PREFIX.match(word) and any(word[2:].startswith(stem) for stem in stems if len(stem) > 3) for word in reading.words):
            return True
        if any(other & reading.words for t in reached for _, other in SIDES.get(t.text, ())):
            return True
    return False


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
