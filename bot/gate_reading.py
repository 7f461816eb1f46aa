"""A sentence as the gate reads it: its words in one form, its values with their units, and what it commits itself to, each with its place.

bot/gate.py compares two of these. "18 months", "eighteen months" and "18-month" are read alike, and so are "Feb 18, 2026" and "18 February
2026", "CAN$155" and "155 Canadian dollars", "can't" and "cannot", "employees" and "worker".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from bot.gate_words import (
    EXACT,
    EXCEPTIONS,
    LIMITS,
    MODALS,
    MONTHS,
    NEGATIONS,
    NUMBERS,
    ORDINALS,
    PARTIES,
    PEOPLES,
    PHRASES,
    QUANTIFIERS,
    STANDINGS,
    STOP,
    UNITS,
)
from corpus.registry import load_registry
from index.keywords import stem

VALUE, NAME, PARTY, WORD, STOPWORD, ACTS = "value", "name", "party", "word", "stop word", "acts"
_CONTENT = frozenset((VALUE, NAME, PARTY, WORD))
_REACH = 4  # words behind a "not", a "must" or an "at least" that it may be about


class Token(NamedTuple):
    """A word or a value. `key` is what two texts are compared by, `sort` a value's kind ("date", "months", "money", "%", "number")."""

    key: str
    kind: str
    text: str
    sentence: int
    segment: int
    sort: str = ""


class Act(NamedTuple):
    """A word that changes what is said: its kind ("not", "modal", "limit", "quantity", "standing"), which of its kind it is, its place
    among the tokens, and the words that it may be about, the nearest first. `end`: behind the last token that a denial reaches."""

    kind: str
    name: str
    at: int
    about: tuple[str, ...]
    end: int = 0


@dataclass(frozen=True)
class Reading:
    """`verdict` is the "yes" or "no" that the text opens with and the rest says in full, or ""."""

    tokens: tuple[Token, ...]
    acts: tuple[Act, ...]
    verdict: str

    @cached_property
    def row(self) -> tuple[str, ...]:
        """Every key in its place."""
        return tuple(token.key for token in self.tokens)

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(self.row)

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Where each key stands."""
        found: dict[str, list[int]] = {}
        for at, token in enumerate(self.tokens):
            found.setdefault(token.key, []).append(at)
        return found

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word in lower case, as written."""
        return frozenset(token.text for token in self.tokens)

    @cached_property
    def letters(self) -> frozenset[str]:
        """What two to six of its words in a row may be shortened to."""
        return frozenset(_letters([token.text for token in self.tokens]))


@lru_cache(maxsize=4096)  # one passage's sentences are the quotes of several claims
def read(text: str) -> Reading:
    """A claim, or a quote."""
    plain = _APOSTROPHES.sub("'", text.strip().lstrip("-*•– "))
    verdict = _VERDICT.match(plain)
    rest = plain[verdict.end() :] if verdict else plain
    tokens = tuple(_tokens(_valued(_joined(list(_pieces(rest))))))
    return Reading(tokens, tuple(_acts(tokens)), verdict[1].lower() if verdict else "")


_APOSTROPHES = re.compile("[’‘`]")
_VERDICT = re.compile(r"(yes|no)[:,]\s+", re.IGNORECASE)
_PIECE = re.compile(
    r"(?P<iso>\b(?:19|20)\d\d-[01]\d(?:-[0-3]\d)?)"
    r"|(?P<code>\b[A-Za-z]{1,4}-?\d{1,4}[A-Za-z]?\b(?!\()(?:-\d+)?|\b\d+/\d+(?:/\d+)?\b)"
    r"|(?P<number>(?P<figure>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:(?:st|nd|rd|th)\b)?)"
    r"|(?P<money>(?:CAN|CAD|CA|C|USD|US)?\s?[$€£])"
    r"|(?P<percent>%)"
    r"|(?P<us>\b(?:U\.S\.A?\.?|USA?)(?![A-Za-z]))"
    r"|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)?)"
    r"|(?P<end>[.!?](?=[\s\"')\]]|$))"
    r"|(?P<break>[,;:()\[\]—–\"]|\n)"
)


class _Piece(NamedTuple):
    """A word or mark of the text. `word` is in lower case; `large`: it is written with a capital where no sentence begins."""

    what: str
    word: str
    large: bool = False


def _pieces(text: str) -> Iterator[_Piece]:
    first = True
    for found in _PIECE.finditer(text):
        what, whole = found.lastgroup or "", found[found.lastgroup or 0]
        if what == "word":
            lower = whole.lower()
            large = whole[0].isupper() and (not first or (len(whole) > 1 and whole.isupper()))
            if "'" in lower or lower in _SHORT:
                yield from _shortened(lower, large)
            else:
                yield _Piece("word", lower, large)
        elif what == "code":
            if (year := _AFTER_WORD.fullmatch(whole)) is not None:
                yield _Piece("word", year[1].lower())
                yield _Piece("number", year[2])
            else:
                yield _Piece("code", whole.lower().replace("-", ""), True)
        elif what == "iso":
            yield _Piece("value:date", whole)
        elif what == "number":
            figure = found["figure"]
            yield _Piece("number", figure.replace(",", ""), whole != figure)  # "17th" is written large, too
        elif what == "money":
            yield _Piece("money", "USD" if whole.startswith("US") else "CAD" if whole.startswith("C") else whole.strip())
        elif what == "us":
            yield _Piece("word", "us_", False)
        else:
            yield _Piece(what, whole)
        first = what == "end" or (first and what == "break")


_AFTER_WORD = re.compile(r"([A-Za-z]+)-?((?:19|20)\d\d)")
_SHORT = {"can't": ("can", "not"), "cannot": ("can", "not"), "won't": ("will", "not"), "shan't": ("shall", "not")}


def _shortened(lower: str, large: bool) -> Iterator[_Piece]:
    """The words of "can't" or "it'll", and the one of "employer's"."""
    if lower in _SHORT:
        yield from (_Piece("word", part) for part in _SHORT[lower])
    elif lower.endswith("n't"):
        yield _Piece("word", lower[:-3])
        yield _Piece("word", "not")
    else:
        word, _, ending = lower.partition("'")
        yield _Piece("word", word, large)
        if ending in ("ll", "d"):
            yield _Piece("word", "will" if ending == "ll" else "would")


_NAMES = {
    "united states of america": "us_",
    "united states": "us_",
    "american": "us_",
    "americans": "us_",
    "america": "us_",
    "canadian dollars": "cad",
    "canadian dollar": "cad",
    "us_ dollars": "usd",
    "us_ dollar": "usd",
    "united states dollars": "usd",
}
_OPENING: dict[str, list[tuple[list[str], list[str]]]] = {}  # by the first word: all its words, and what they become
for _phrase, _becomes in sorted((_NAMES | PHRASES).items(), key=lambda pair: -len(pair[0].split())):
    _OPENING.setdefault(_phrase.split()[0], []).append((_phrase.split(), _becomes.split()))


def _joined(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Phrases as the one word that they act as; names of countries and standings in one form."""
    out: list[_Piece] = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        word = piece.word
        if piece.large and (long := _abbreviations().get(word)) is not None:
            out.extend(_Piece("word", each) for each in long)
            at += 1
        elif piece.what != "word" or word not in _OPENING:
            out.append(piece)
            at += 1
        else:
            following = [p.word for p in pieces[at : at + 4]]
            becomes, took = next(((b, len(p)) for p, b in _OPENING[word] if following[: len(p)] == p), ([word], 1))
            if following[took - 3 : took] == ["as", "long", "as"] and at + took < len(pieces) and _number(pieces[at + took]) is not None:
                becomes = ["up_to"]  # "as long as ten years"
            out.extend([piece] if took == 1 and becomes == [word] else [_Piece("word", each) for each in becomes])
            at += took
    return _standing_forms(out)


def _standing_forms(pieces: list[_Piece]) -> list[_Piece]:
    """ "No longer open" and "not open" are closed."""
    out: list[_Piece] = []
    for piece in pieces:
        if piece.word == "open" and out and out[-1].word in ("no_longer", "not"):
            out[-1] = _Piece("word", "closed")
        else:
            out.append(piece)
    return out


@cache
def _abbreviations() -> dict[str, tuple[str, ...]]:
    """The glossary's abbreviations that are made of the letters of what they stand for, in lower case, with those words."""
    found = {}
    for term in load_registry().glossary:
        long = tuple(re.findall(r"[a-z]+", term.long.lower()))
        for short in (s.lower() for s in term.short if s.isalpha() and s[-1].isupper()):
            rest = iter(" ".join(long))
            if len(long) > 1 and short[0] == long[0][0] and all(letter in rest for letter in short):
                found[short] = found[f"{short}s"] = long
    return found


_MONTH_OF = {name[:length]: n for n, name in enumerate(MONTHS, 1) for length in (3, len(name))} | {"sept": 9}
_UNITS_OF = {form: f"{unit}s" for unit in UNITS for form in (unit, f"{unit}s")}
_BETWEEN = frozenset("business calendar consecutive full more additional continuous working".split())
_VALUED = frozenset((*_MONTH_OF, *NUMBERS, "cad", "usd"))
_TENS = frozenset("twenty thirty forty fifty sixty seventy eighty ninety".split())
_ONES = frozenset("one two three four five six seven eight nine".split())
_TIMES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}


def _valued(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Dates, durations, amounts and percentages put together: pieces whose `what` is "value:SORT"."""
    out: list[_Piece] = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        may_be = piece.what != "word" or piece.word in _VALUED
        made = (_date(pieces, at) or _ordinal(piece) or _amount(pieces, at)) if may_be else None
        if made is None:
            out.append(pieces[at])
            at += 1
        else:
            out.extend(made[0])
            at += made[1]
    return _completed(out)


_Made = tuple[list[_Piece], int]


def _date(pieces: Sequence[_Piece], at: int) -> _Made | None:
    """A date from here on, and how many pieces it takes; "4 to 19 March 2026" is two."""
    day = _day(pieces, at)
    if day is not None:
        month_at = at + 1 + (_is(pieces, at + 1, "of"))
        if (month := _month(pieces, month_at)) is not None:
            year, took = _year(pieces, month_at + 1)
            return [_dated(year, month, day)], month_at + 1 + took - at
        return _two_days(pieces, at, day, at + 2, at + 3) or _two_days(pieces, at, day, at + 3, at + 2)
    month = _month(pieces, at)
    if month is None:
        return None
    day = _day(pieces, at + 1)
    if day is not None:
        year, took = _year(pieces, at + 2)
        if (
            not took
            and at + 3 < len(pieces)
            and pieces[at + 2].word in ("to", "and", "or", "through", "–", "-")
            and (other := _day(pieces, at + 3)) is not None
        ):
            year, took = _year(pieces, at + 4)
            if took:  # "March 4 to 19, 2026"
                return [_dated(year, month, day), _Piece("word", pieces[at + 2].word), _dated(year, month, other)], 4 + took
        return [_dated(year, month, day)], 2 + took
    year, took = _year(pieces, at + 1)
    if year or pieces[at].word != "may" or (at and pieces[at - 1].word in ("in", "since", "until", "of", "to", "by", "from", "and", "or")):
        return [_Piece("value:date", f"{year or '-'}-{month:02}")], 1 + took
    return None


def _ordinal(piece: _Piece) -> _Made | None:
    """ "5th" as "fifth", where it is no day."""
    place = int(piece.word) - 1 if piece.what == "number" and piece.large and piece.word.isdigit() else -1
    return ([_Piece("word", ORDINALS[place])], 1) if 0 <= place < len(ORDINALS) else None


def _two_days(pieces: Sequence[_Piece], at: int, day: int, other_at: int, month_at: int) -> _Made | None:
    """ "4 to 19 March 2026", or with the month before the second day."""
    other, month = _day(pieces, other_at), _month(pieces, month_at)
    if other is None or month is None or pieces[at + 1].word not in ("to", "and", "or", "–", "-"):
        return None
    year, took = _year(pieces, at + 4)
    return [_dated(year, month, day), _Piece("word", pieces[at + 1].word), _dated(year, month, other)], 4 + took


def _is(pieces: Sequence[_Piece], at: int, word: str) -> bool:
    return at < len(pieces) and pieces[at].word == word


def _day(pieces: Sequence[_Piece], at: int) -> int | None:
    found = pieces[at].word if at < len(pieces) and pieces[at].what == "number" else ""
    return int(found) if found.isdigit() and 1 <= int(found) <= 31 else None


def _month(pieces: Sequence[_Piece], at: int) -> int | None:
    if at < len(pieces) and pieces[at].what == "word" and pieces[at].word in _MONTH_OF:
        piece = pieces[at]
        return _MONTH_OF[piece.word] if piece.large or (at == 0 and piece.word != "may" and piece.word != "mar") else None
    return None


def _year(pieces: Sequence[_Piece], at: int) -> tuple[str, int]:
    comma = _is(pieces, at, ",")
    there = at + comma
    if there < len(pieces) and pieces[there].what == "number" and _YEAR.fullmatch(pieces[there].word):
        return pieces[there].word, 1 + comma
    return "", 0


_YEAR = re.compile(r"(?:19|20)\d\d")


def _dated(year: str, month: int, day: int) -> _Piece:
    return _Piece("value:date", f"{year or '-'}-{month:02}-{day:02}")


def _amount(pieces: Sequence[_Piece], at: int) -> _Made | None:
    """An amount, a share, a duration or a plain number from here on, and how many pieces it takes."""
    sign = ""
    there = at
    if pieces[at].what == "money" or pieces[at].what == "word" and pieces[at].word in ("cad", "usd"):
        sign, there = pieces[at].word.upper(), at + 1
    if there >= len(pieces):
        return None
    number = _number(pieces[there])
    if number is None:
        return None
    end = there + 1
    if pieces[there].word in _TENS and end < len(pieces) and pieces[end].word in _ONES:  # "thirty-six"
        number, end = str(int(number) + int(NUMBERS[pieces[end].word])), end + 1
    if end < len(pieces) and pieces[end].word in _TIMES:
        number, end = _short(float(number) * _TIMES[pieces[end].word]), end + 1
    following = [p.word for p in pieces[end : end + 3]] + [""] * 3
    if sign:
        extra = following[0] in ("cad", "usd")
        sign = following[0].upper() if extra else sign
        return [_Piece("value:money", f"{sign} {number}")], end + extra - at
    if following[0] in ("euros", "euro", "rupees", "pounds"):
        return [_Piece("value:money", f"{following[0][:3].upper()} {number}")], end + 1 - at
    if following[0] in ("cad", "usd", "dollars", "dollar"):
        return [_Piece("value:money", f"{following[0].upper() if len(following[0]) == 3 else '$'} {number}")], end + 1 - at
    if following[0] in ("%", "percent"):
        return [_Piece("value:%", f"{number}%")], end + 1 - at
    if following[0] == "per" and following[1] == "cent":
        return [_Piece("value:%", f"{number}%")], end + 2 - at
    skipped = following[0] in _BETWEEN
    unit = _UNITS_OF.get(following[skipped])
    if unit is not None:
        between = [_Piece("word", following[0])] if skipped else []
        return [_Piece(f"value:{unit}", f"{number} {unit}"), *between], end + 1 + skipped - at
    if following[0] in ("or_more", "or_less") and (unit := _UNITS_OF.get(following[1])) is not None:
        return [_Piece(f"value:{unit}", f"{number} {unit}"), pieces[end]], end + 2 - at
    if following[0] in ("to", "or", "and", "–") and end + 1 < len(pieces) and _number(pieces[end + 1]) is not None:
        unit = _UNITS_OF.get(pieces[end + 2].word) if end + 2 < len(pieces) else None
        if unit is not None:
            return [_Piece(f"value:{unit}", f"{number} {unit}")], end - at
    if pieces[there].what == "word" and pieces[there].word == "one":
        return None  # more often a pronoun
    if _YEAR.fullmatch(number) and pieces[there].what == "number":
        return [_Piece("value:date", number)], end - at
    return [_Piece("value:number", number)], end - at


def _number(piece: _Piece) -> str | None:
    if piece.what == "number":
        return _short(float(piece.word)) if "." in piece.word else piece.word.lstrip("0") or "0"
    return NUMBERS.get(piece.word) if piece.what == "word" else None


def _short(number: float) -> str:
    return f"{number:.4f}".rstrip("0").rstrip(".")


def _completed(pieces: list[_Piece]) -> list[_Piece]:
    """A day without a year takes that of the next date: "12 May and 8 June 2026"."""
    year = ""
    for at in range(len(pieces) - 1, -1, -1):
        piece = pieces[at]
        if piece.what == "value:date":
            if piece.word.startswith("--") and year:
                pieces[at] = _Piece("value:date", year + piece.word[1:])
            elif not piece.word.startswith("-"):
                year = piece.word[:4] if len(piece.word) > 4 else ""
        elif piece.what == "end":
            year = ""
    return pieces


_ACTS: Mapping[str, Mapping[str, str]] = {
    "not": {word: "except" if word in EXCEPTIONS else word for word in (*NEGATIONS, *EXCEPTIONS)},
    "modal": MODALS,
    "limit": LIMITS,
    "quantity": QUANTIFIERS,
    "standing": STANDINGS,
}
_ACTING = frozenset(word for words in _ACTS.values() for word in words)
_PROGRAM_WORDS = frozenset("work permit wp studies study house".split())


def _tokens(pieces: Sequence[_Piece]) -> Iterator[Token]:
    sentence = segment = 0
    for at, piece in enumerate(pieces):
        word = piece.word
        if piece.what in ("end", "break"):
            segment += 1
            sentence += piece.what == "end"
        elif piece.what.startswith("value:"):
            yield Token(word, VALUE, word, sentence, segment, piece.what[6:])
        elif piece.what == "code":
            yield Token(word, NAME, word, sentence, segment)
        elif piece.what == "word":
            if word in _ACTING and _acts_here(word, *_around(pieces, at)):
                yield Token(stem(word), ACTS, word, sentence, segment)
            elif word in PARTIES and not (word in _ALSO_DONE and _around(pieces, at)[0].word == "to"):
                yield Token(PARTIES[word], PARTY, word, sentence, segment)
            elif word in PEOPLES:
                yield Token(PEOPLES[word], NAME, word, sentence, segment)
            elif word in STOP:
                yield Token(word, STOPWORD, word, sentence, segment)
            elif piece.large or word in EXACT:
                yield Token(stem(word), NAME, word, sentence, segment)
            else:
                yield Token(stem(word), WORD, word, sentence, segment)


def _around(pieces: Sequence[_Piece], at: int) -> tuple[_Piece, _Piece]:
    """The pieces before and behind."""
    return pieces[at - 1] if at else _NOTHING, pieces[at + 1] if at + 1 < len(pieces) else _NOTHING


_NOTHING = _Piece("end", "")
_ALSO_DONE = frozenset("sponsor parent nurse doctor father mother partner".split())  # "to sponsor a parent" is nobody


def _acts_here(word: str, before: _Piece, following: _Piece) -> bool:
    """Whether a word that may act on others does: "open" in "open work permit" and "under" in "under the plan" do not."""
    valued = following.what.startswith("value:")
    if word == "some":
        return not (valued and following.what not in ("value:number", "value:date"))  # "some two weeks" is about two
    if word == "certain":
        return following.what == "word" and before.word not in _BEING
    if word == "all":
        return before.word != "in" or following.what not in ("end", "break")
    if word == "open":
        return following.word not in _PROGRAM_WORDS
    if word in ("over", "above", "under", "below"):
        return valued
    if word in ("following", "half"):
        return valued or following.word == "of"
    return True


def _acts(tokens: Sequence[Token]) -> Iterator[Act]:
    for at, token in enumerate(tokens):
        if token.kind != ACTS:
            continue
        for kind, names in _ACTS.items():
            name = names.get(token.text)
            if token.text == "up_to" and kind == "limit":
                following = next((t for t in tokens[at + 1 : at + 3] if t.kind != STOPWORD), token)
                name = "at_most" if following.kind == VALUE and following.sort != "date" else "until"
            if name is not None:
                about = tuple(_about(tokens, at, backward=name in ("at_least", "at_most") and token.text.startswith("or_")))
                yield Act(kind, name, at, about, _reach(tokens, at) if kind == "not" else 0)


def _reach(tokens: Sequence[Token], at: int) -> int:
    """The place behind the last token that a denial may reach: its part of the sentence, and what "or" or "nor" adds to it."""
    end = at + 1
    within = tokens[at].text in ("without", "except")  # of these only what they take away
    while (
        end < len(tokens)
        and not (within and (tokens[end].text in MODALS or tokens[end].text in _BEING))
        and tokens[end].sentence == tokens[at].sentence
        and tokens[end].text not in _TURNING
    ):
        if tokens[end].segment != tokens[end - 1].segment and tokens[end].text not in _ADDING:
            break
        end += 1
    return end


_TURNING = frozenset("but because while although though so whereas only_if who which that whom whose".split())
_ADDING = frozenset("or nor and".split())


def _about(tokens: Sequence[Token], at: int, backward: bool) -> list[str]:
    """The keys of the next words that carry meaning, up to the next mark of punctuation, "may" or "not"; of those before, for "or more"
    or where nothing follows. Of "no date has been published" also the verb."""
    own = tokens[at]
    ahead: list[str] = []
    for n, token in enumerate(tokens[at + 1 :], at + 1):
        if token.sentence != own.sentence or (token.text in MODALS and own.text not in _DETERMINERS):
            break
        if token.segment != own.segment and (ahead or own.text in STANDINGS):
            break
        if ahead and token.text in NEGATIONS:
            break
        if token.kind in _CONTENT or token.text in STANDINGS:
            ahead.append(token.key)
        elif own.text in _DETERMINERS and token.text in _BEING and ahead:
            ahead[_REACH:] = [t.key for t in tokens[n + 1 : n + 3] if t.kind in _CONTENT or t.text in STANDINGS][:1]
            return ahead[: _REACH + 1]
    closes = at + 1 == len(tokens) or tokens[at + 1].segment != own.segment
    behind = [t.key for t in tokens[max(0, at - 2 * _REACH) : at] if t.sentence == own.sentence and t.kind in _CONTENT]
    if own.text in STANDINGS:
        return ahead[:_REACH]
    if own.text == "none":  # "Ontario has none", "none in Ontario"
        return [*ahead[:2], *behind[::-1][:3]]
    if ahead and not backward and not (closes and at and tokens[at - 1].segment == own.segment and behind):
        return ahead[:_REACH]
    return behind[::-1][:_REACH]


_DETERMINERS = frozenset("no none neither nobody nothing".split())
_BEING = frozenset("is are was were be been being".split())


def _letters(words: Sequence[str]) -> Iterator[str]:
    """What the words in a row may be shortened to: with the small words among them and without."""
    for row in (words, [w for w in words if w not in STOP]):
        initials = "".join(w[0] for w in row if w)
        for length in range(2, 7):
            yield from (initials[n : n + length] for n in range(len(initials) - length + 1))
