"""A last day that is near. Who holds what can be renewed until then is told so, whatever they asked. bot/chain.py asks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta

from bot.compose import Piece
from corpus.model import Passage, Program
from corpus.sentences import spans

SOON = timedelta(days=90)
_RENEWAL_OF = "Renewal of "  # how the name of a program begins that is there for those who hold another
# Somebody holds one: "mine was cut short", "i got it for 18 months", "can i extend".
_HOLDS = re.compile(
    r"\b(?:my|mine|our|ours|(?:i|we)(?:['’]ve)? (?:\w+ )?(?:got|have|had|hold|held|received)|renew\w*|exten[ds]\w*"
    r"|extension|expir\w*|cut short)\b",
    re.IGNORECASE,
)
_MONTHS = "January February March April May June July August September October November December".split()


def last_days(passages: Iterable[Passage], programs: Mapping[str, Program], named_in: Callable[[str], list[str]]) -> dict[str, Piece]:
    """By program the sentence that says until when what somebody holds of it can be renewed: of a section on a renewal that holds until a
    day and opens with it."""
    found: dict[str, Piece] = {}
    for passage in passages:
        program = programs.get(passage.program)
        if not passage.valid_until or program is None or not program.name.startswith(_RENEWAL_OF):
            continue
        if passage.text.startswith(_written(passage)):
            first = spans(passage.text)[0]
            held = named_in(program.name.removeprefix(_RENEWAL_OF))
            found |= dict.fromkeys((program.id, *held), Piece(passage, first.start, first.end, 1.0))
    return found


def to_be_told(asked: str, shown: Sequence[Piece], days: Mapping[str, Piece], today: date) -> Piece | None:
    """The sentence on the last day of a program that the answer tells of, where that day is near, who asks holds one, and it is not said;
    else None."""
    if _HOLDS.search(asked) is None:
        return None
    pieces = [days[piece.passage.program] for piece in shown if piece.passage.program in days]
    near = (piece for piece in pieces if today <= date.fromisoformat(piece.passage.valid_until) <= today + SOON)
    return next((piece for piece in near if not any(_written(piece.passage) in one.quote for one in shown)), None)


def _written(passage: Passage) -> str:
    """The day until which the passage holds, as our texts write it."""
    day = date.fromisoformat(passage.valid_until)
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
