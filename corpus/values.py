"""The numbers, amounts, dates and durations that a text says, each in one form however it is written.

corpus/diff.py tells by them what changed, corpus/merge.py whether a page still says what our brief does.
"""

from __future__ import annotations

import re
from collections import Counter

_ENGLISH = "january february march april may june july august september october november december".split()
_FRENCH = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
_MONTHS = {
    **{name: number for number, name in enumerate(_ENGLISH, 1)},
    **{name[:3]: number for number, name in enumerate(_ENGLISH, 1)},
    **{name: number for number, name in enumerate(_FRENCH, 1)},
    **{"sept": 9, "fevrier": 2, "aout": 8, "decembre": 12},
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
# "one" and "un" are as often an article, and are numbers only before a unit of time.
_WORDS = {word: number for number, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), 2)}
_WORDS |= {word: number for number, word in enumerate("deux trois quatre cinq sept huit neuf dix onze douze".split(), 2)}
_WORDS |= {"sept": 7, "huit": 8, "neuf": 9, "dix": 10, "onze": 11, "douze": 12}  # "six" is the same in both
_ONE = {"one": 1, "un": 1, "une": 1}
_UNITS = {
    "day": "days", "week": "weeks", "month": "months", "year": "years", "hour": "hours", "minute": "minutes",
    "jour": "days", "semaine": "weeks", "mois": "months", "ans": "years", "année": "years", "heure": "hours",
}  # fmt: skip
_UNIT = "|".join(_UNITS)
_SPACE = "[ \u00a0\u202f]"
_FIGURE = (
    rf"\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d{{1,3}}(?:{_SPACE}\d{{3}})+(?!\d)(?:[.,]\d\d(?!\d))?|\d+(?:\.\d+|,\d{{1,2}}(?=\s?(?:\$|%)))?"
)
_VALUE = re.compile(
    rf"(?P<iso>\b\d{{4}}-\d{{2}}(?:-\d{{2}})?\b)"
    rf"|\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?(?: of)? (?P<month>{_MONTH})\.?,? (?P<year>\d{{4}})\b"
    rf"|\b(?P<month2>{_MONTH})\.? (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year2>\d{{4}})\b"
    rf"|\b(?P<month3>{_MONTH})\.?,? (?P<year3>\d{{4}})\b"
    rf"|(?P<span>(?<![\w.,$€£])(?:{_FIGURE}|\b(?:{'|'.join((*_WORDS, *_ONE))}))(?:{_SPACE}|-)(?P<unit>{_UNIT})s?\b)"
    rf"|(?P<number>(?<![\w.,$€£])(?:(?:CAN|CAD|CA|C|USD|US)\s?)?(?:[$€£]\s?)?(?:{_FIGURE})(?:st|nd|rd|th)?(?![\w])"
    r"(?:\s?(?:%|(?:per cent|percent|pour cent|million|billion)\b|[$€£](?:\s?(?:CAN|CA|US)\b)?))?)"
    rf"|\b(?P<word>{'|'.join(_WORDS)})\b",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"(?:CAN|CAD|CA|C|USD|US)?[$€£]?(?=\d)")


def values(text: str) -> Counter[str]:
    """Every number, amount, date and duration that a text says, with how often, in English or French.

    Dates are ISO ("2026-12-16", "2026-12"), number words figures, durations plural English ("60 days"), amounts keep their currency as
    written before the figure ("CAN$1000").
    """
    return Counter(_value(found) for found in _VALUE.finditer(text))


def bare_values(text: str) -> Counter[str]:
    """The same, but amounts without their currency, which one writer gives as a sign and another as a word, or not at all."""
    return Counter(_AMOUNT.sub("", value, count=1) for value in values(text).elements())


def without_values(text: str) -> str:
    """The words between them."""
    return _VALUE.sub(" ", text)


def sort_of(value: str) -> str:
    """What kind of value this is: two of different kinds never stand for one another."""
    if re.fullmatch(r"\d{4}-\d\d(?:-\d\d)?|(?:19|20)\d\d", value):
        return {10: "day", 7: "month", 4: "year"}[len(value)]
    return "%" if value.endswith("%") else value.partition(" ")[2] or "number"


def _value(found: re.Match[str]) -> str:
    if found["iso"]:
        return found["iso"]
    if found["span"]:
        amount = re.split(rf"(?:{_SPACE}|-)(?={found['unit']})", found["span"])[0]
        number = {**_WORDS, **_ONE}.get(amount.lower())
        return f"{number or _plain(amount)} {_UNITS[found['unit'].lower()]}"
    if found["number"]:
        return _amount(found["number"])
    if found["word"]:
        return str(_WORDS[found["word"].lower()])
    month = _MONTHS[(found["month"] or found["month2"] or found["month3"]).lower()]
    year, day = found["year"] or found["year2"] or found["year3"], found["day"] or found["day2"]
    return f"{year}-{month:02}" + (f"-{int(day):02}" if day else "")


def _amount(written: str) -> str:
    """A number with its sign: "1 365,50 $" is $1365.50, "5 per cent" 5%, "3.5 million" stays so."""
    joined = re.sub("(?:PER|POUR)CENT$", "%", re.sub(r"\s", "", re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", written)).upper())
    behind = re.fullmatch(r"([\d.,]+)([$€£])(CAN|CA|US)?", joined)
    plain = _plain(f"{behind[3] or ''}{behind[2]}{behind[1]}" if behind else joined)
    return re.sub("[MB]ILLION$", lambda word: f" {word[0].lower()}", plain)


def _plain(figure: str) -> str:
    """Without thousands separators, with a point for the decimals, and without cents that are none."""
    pointed = re.sub(r",(\d\d?)(?!\d)", r".\1", re.sub(rf"{_SPACE}|,(?=\d{{3}}(?!\d))", "", figure))
    return re.sub(r"(?<=\d)\.00(?!\d)", "", pointed)
