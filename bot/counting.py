"""What a rule comes to with the numbers that somebody names.

Where sixty days are quoted to who was laid off on 12 November, the day on which they end decides whether they are late; where at least 16
months must be left, that their permit has 14; where a round's cut-off is, on which side of it their score lies. bot/wording.py shows it
beside the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from bot.last_days import MONTHS, written

MOST = 180  # days; a longer time is one of residence ("1,095 days in Canada"), and begins with no event


class _Event(NamedTuple):
    """What happens to somebody, and how a text speaks of the time that begins with it."""

    happens: re.Pattern[str]
    spoken: re.Pattern[str]


def _event(happens: str, spoken: str) -> _Event:
    return _Event(re.compile(rf"\b(?:{happens})\b", re.IGNORECASE), re.compile(spoken, re.IGNORECASE))


_EVENTS = (
    _event(
        r"laid[ -](?:me |us |him |her )?off|laidoff|lay[ -]?off|(?:last|final) (?:working |work )?day|fired|sacked|terminated|termination"
        r"|let (?:me|us|him|her) go"
        r"|los[et] (?:my|the|his|her) job|job (?:ends|ended)",
        r"\b(?:job|employment|grace period)\b",
    ),
    _event(
        r"(?:permit|status|visitor record|owp)(?: \w+){0,2} (?:expired|ended|ran out|lapsed)|lost (?:my |his |her )?status|out of status",
        r"\brestor|\bloss of status\b",
    ),
    _event(r"ita|invited|invitation|invite", r"\binvitation\b"),
)
_I94 = re.compile(r"\bi-?94\b", re.IGNORECASE)
_IN_DAYS = re.compile(r"(?<![\d,.])(\d{1,3}|thirty|sixty|ninety)[ -](?:consecutive |calendar )?days?\b", re.IGNORECASE)
_BUSINESS_DAYS = re.compile(r"\b(?:business|working) days?\b", re.IGNORECASE)
_NUMBERS = {"thirty": 30, "sixty": 60, "ninety": 90, "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]}|t)?" if len(month) > 3 else month for month in MONTHS)
_WEEKDAYS = "mon tue wed thu fri sat sun".split()
_WEEKDAY = r"(?:mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?"
_DAY = re.compile(
    rf"\b(?:(?P<iso>20\d\d-\d\d-\d\d)|(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\b\.?(?:,? (?P<year>20\d\d))?"
    rf"|(?P<month2>{_MONTH})\.? (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? (?P<year2>20\d\d))?"
    rf"|(?P<ago>\d{{1,2}}|{'|'.join(_NUMBERS)}) (?P<unit>day|week|wk)s? (?:ago|back)|(?P<word>today|yesterday)"
    rf"|in (?P<ahead>\d{{1,3}}|{'|'.join(_NUMBERS)}) (?P<later>day|week|wk)s?"
    rf"|(?:last|past|on) (?P<weekday>{_WEEKDAY}))\b",
    re.IGNORECASE,
)
_NEAR = 45  # characters within a sentence between what happened and its day
_SENTENCE = re.compile(r"[^.?!\n;]+(?:[.](?=\w)[^.?!\n;]+)*")


def counted_from(said: Sequence[str], quote: str, today: date) -> str:
    """A sentence on the day that the time in a quote ends for whoever `said` these messages, oldest first; "" where the quote gives no
    one time in days, or nobody named the day that it begins with."""
    times = {number for found in _IN_DAYS.finditer(quote) if (number := _number(found[1])) <= MOST}
    if len(times) != 1 or _BUSINESS_DAYS.search(quote):
        return ""
    (days,) = times
    for event in _EVENTS:
        begun = _day_of(event.happens, said, today) if event.spoken.search(quote) else None
        if begun is not None:
            return _told(begun, days, _day_of(_I94, said, today) if _I94.search(quote) else None, today)
    return ""


_LEFT = re.compile(
    r"\b(?P<left>\d{1,2}) (?:more )?months? (?:(?!and\b)[\w'’]+ ){0,3}?(?:left|remaining|on (?:it|his|her|my|the))\b"
    r"|\b(?:permit|owp)\b[^.?!\d]{0,25}\b(?:for|of|is|be|with|have|has|only)\b(?: only| just)? (?P<long>\d{1,2}) months?\b",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(r"\bat least (\d{1,2}) months?\b|\b(\d{1,2}) or more months\b", re.IGNORECASE)
_OF_WHAT_IS_LEFT = re.compile(r"\b(?:left|remain(?:s|ing)?)\b", re.IGNORECASE)


def fewer_than_asked(said: Sequence[str], quote: str) -> str:
    """A sentence for whoever `said` that a permit has so many months left, where the quote asks for more; "" where it does not."""
    asked = {int(found[1] or found[2]) for found in _AT_LEAST.finditer(quote)} if _OF_WHAT_IS_LEFT.search(quote) else set()
    named = [{int(found["left"] or found["long"]) for found in _LEFT.finditer(message)} for message in said]
    last = next((months for months in reversed(named) if months), set())
    if len(asked) != 1 or len(last) != 1 or min(last) >= min(asked):
        return ""
    return f"{min(last)} months, as you write, are fewer than the {min(asked)} that this rule asks for."


_SCORE = r"(?<![\d,.$])(?P<{}>[1-8]\d\d)(?![\d,.]*\d|[ -]*(?:k|%|cad|usd|dollars?|bucks|days?|hours?|people|invit\w+|new)\b|%)"
_OWN_SCORE = re.compile(
    r"\b(?:my|mine|our|his|her|i['’]?m|i am|i['’]?ve|i have|i got|i get|we have|he has|she has|crs|score|points)\b"
    r"(?P<between>[^.?!;\d]{0,25})"
    rf"{_SCORE.format('own')}|{_SCORE.format('mine')} (?:is|are) (?:my|our) (?:\w+ )?(?:points|pts|score|crs)\b",
    re.IGNORECASE,
)
_SPEAKS_OF_SCORES = re.compile(r"\b(?:crs|scores?|points?|pts|cut-?offs?|draws?|rounds?)\b", re.IGNORECASE)
_OF_A_ROUND = re.compile(
    r"\b(?:cut|round|draw|not|minimum|min|least|needs?|needed|was|were|went|nomination|adds?|extra|to)\b", re.IGNORECASE
)
_CUT_OFF = re.compile(rf"(?<!number )(?<!draw ){_SCORE.format('cut')}", re.IGNORECASE)
_LEAST_SCORE = re.compile(rf"\bCRS score of at least {_SCORE.format('least')}", re.IGNORECASE)


def beside_their_score(said: Sequence[str], quote: str) -> str:
    """A sentence for whoever `said` what their CRS score is, where the quote gives the cut-off of a round, or several of which it is below
    or above each, or the score that is asked for at least; "" where it does not."""
    if not any(map(_SPEAKS_OF_SCORES.search, said)):
        return ""
    named = (
        {int(own["own"] or own["mine"]) for own in _OWN_SCORE.finditer(message) if not _OF_A_ROUND.search(own["between"] or "")}
        for message in reversed(said)
    )
    score = next((scores for scores in named if scores), set())
    if len(score) != 1:
        return ""
    (own,) = score
    if least := {int(found["least"]) for found in _LEAST_SCORE.finditer(quote)}:
        word = "meets" if own >= max(least) else "does not reach"
        return f"{own}, the score you name, {word} the {max(least)} that are asked for at least." if len(least) == 1 else ""
    cut = {int(found["cut"]) for found in _CUT_OFF.finditer(quote)} if "cut-off" in quote else set()
    if not cut or min(cut) <= own < max(cut):
        return ""
    off = f"the cut-off of {min(cut)}" if len(cut) == 1 else f"each of these cut-offs, {min(cut)} to {max(cut)}"
    apart = f"{abs(own - min(cut))} points " if len(cut) == 1 and own != min(cut) else ""
    side = "below" if own < min(cut) else "above" if own > max(cut) else "equal to"
    return f"{own}, the score you name, is {apart}{side} {off}; the next round can have another."


def _told(begun: date, days: int, i94: date | None, today: date) -> str:
    end = begun + timedelta(days=days)
    ends = "ended" if end < today else "end"
    told = f"Counted from {written(begun.isoformat())}, {days} days {ends} on {written(end.isoformat())}"
    if i94 is not None and i94 < end:
        told += f"; an I-94 that ends on {written(i94.isoformat())} ends before that"
    return f"{told}. The count is ours: have it confirmed."


def _day_of(happens: re.Pattern[str], said: Iterable[str], today: date) -> date | None:
    """The one day that was named with what happened, by whoever said it last; None where there is none, or there are several."""
    for message in reversed(list(said)):
        days = set(_days_beside(happens, message, today))
        if days:
            return days.pop() if len(days) == 1 else None
    return None


def _days_beside(happens: re.Pattern[str], message: str, today: date) -> Iterator[date]:
    for sentence in _SENTENCE.findall(message):
        for event in happens.finditer(sentence):
            for found in _DAY.finditer(sentence):
                if found["ahead"] and happens is not _I94:
                    continue  # in so many days something ends: what it is counted from has happened
                apart = found.start() - event.end() if found.start() >= event.end() else event.start() - found.end()
                if apart <= _NEAR and (day := _day(found, today)) is not None:
                    yield day


def _day(found: re.Match[str], today: date) -> date | None:
    """The day that was named; without a year the one that is nearest to today. None where there is no such day."""
    try:
        if found["iso"]:
            return date.fromisoformat(found["iso"])
        if found["word"]:
            return today - timedelta(days=found["word"].lower() == "yesterday")
        if found["weekday"]:  # the one before today
            return today - timedelta(days=(today.weekday() - _WEEKDAYS.index(found["weekday"][:3].lower())) % 7 or 7)
        if found["ago"]:
            return today - timedelta(days=_number(found["ago"]) * (1 if found["unit"].lower() == "day" else 7))
        if found["ahead"]:
            return today + timedelta(days=_number(found["ahead"]) * (1 if found["later"].lower() == "day" else 7))
        number = int(found["day"] or found["day2"])
        name = (found["month"] or found["month2"])[:3].lower()
        month = next(n for n, one in enumerate(MONTHS, 1) if one[:3].lower() == name)
        if year := found["year"] or found["year2"]:
            return date(int(year), month, number)
        return min((date(year, month, number) for year in range(today.year - 1, today.year + 2)), key=lambda day: abs(day - today))
    except ValueError:
        return None


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word.lower()]
