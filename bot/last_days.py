"""A last day that is near. Who holds what can be renewed until then, and asks how long they have it, is told so. bot/chain.py asks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta

from bot.pieces import Piece
from corpus.model import Passage, Program
from corpus.sentences import spans

SOON = timedelta(days=90)
RENEWAL_OF = "Renewal of "  # how the name of a program begins that is there for those who hold another
# Somebody holds one: "mine was cut short", "i got it for 18 months", "can i extend".
_HOLDS = re.compile(
    r"\b(?:my|mine|our|ours|(?:i|we)(?:['’]ve)? (?:\w+ )?(?:got|have|had|hold|held|received)|renew\w*|exten[ds]\w*"
    r"|extension|expir\w*|cut short)\b",
    re.IGNORECASE,
)
# What a last day matters to: how long it is good for, what comes when it ends, and staying on.
_HOW_LONG = re.compile(
    r"\b(?:renew\w*|exten[ds]\w*|extension|expir\w*|valid\w*|short(?:er)?|how long|years?|yrs?|months?|remaining|left|r[au]n(?:s|ning)? out"
    r"|ends?|ended|ending|over|until|till|deadlines?|dates?|stay(?:ing)?|longer|more time|what (?:now|next)|next step|lapse[sd]?)\b",
    re.IGNORECASE,
)
MONTHS = "January February March April May June July August September October November December".split()


def last_days(passages: Iterable[Passage], programs: Mapping[str, Program], named_in: Callable[[str], list[str]]) -> dict[str, Piece]:
    """By program the sentence that says until when what somebody holds of it can be renewed: of a section on a renewal that holds until a
    day and opens with it."""
    found: dict[str, Piece] = {}
    for passage in passages:
        program = programs.get(passage.program)
        if not passage.valid_until or program is None or not program.name.startswith(RENEWAL_OF):
            continue
        if passage.text.startswith(written(passage.valid_until)):
            first = spans(passage.text)[0]
            held = named_in(program.name.removeprefix(RENEWAL_OF))
            found = dict.fromkeys((program.id, *held), Piece(passage, first.start, first.end, 1.0)) | found
    return found


def to_be_told(asked: str, shown: Sequence[Piece], days: Mapping[str, Piece], today: date, before: Sequence[str] = ()) -> Piece | None:
    """The sentence on the last day of a program that the answer tells of, where that day is near, who asks holds one and asks about its
    time, and neither the answer nor one `before` says it; else None."""
    told = next((days[piece.passage.program] for piece in shown if piece.passage.program in days), None)
    if told is None or _HOLDS.search(asked) is None or _HOW_LONG.search(asked) is None:
        return None
    day = written(told.passage.valid_until)
    said = any(day in text for text in (*before, *(piece.quote for piece in shown)))
    return told if not said and today < date.fromisoformat(told.passage.valid_until) <= today + SOON else None


def written(iso: str) -> str:
    """An ISO day as our texts write it."""
    day = date.fromisoformat(iso)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
