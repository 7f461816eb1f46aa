"""The questions that are offered after an answer. bot/wording.py takes the first few, bot/french.py those that have a French twin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from itertools import chain

from bot.asked import is_asked
from bot.understand import Understood
from corpus.model import GENERAL, Passage
from index.keywords import words
from index.search import Hit, Index, Query

_NEAR = 0.55  # cosine to the message from which a question on another program is still on the same matter
_LOOKED_AT = 20
_RUMOUR = re.compile(r"is it true\b", re.IGNORECASE)  # who reads no more than the question takes it for true


def offered(
    index: Index, understood: Understood, hits: Sequence[Sequence[Hit]], shown: Sequence[Passage], told: Set[str], day: str
) -> Iterator[Passage]:
    """Passages that are headed by a question worth asking next, the nearest first: on the matter of the message, not asked in this
    conversation and not answered in it. Those found for the message come first, then those near what was `shown` first. `told` are the
    ids of the passages that earlier answers quoted; what no longer holds on the ISO `day` is not offered."""
    found = [hit for part in hits for hit in part]
    lead = shown[0] if shown else found[0].passage if found else None
    if lead is None:
        return
    asked = {tuple(words(said)) for said in (understood.question, understood.standalone, *understood.asked_before)}
    gone = {*told, *(passage.id for passage in shown), *(id for hit in found if hit.passage in shown for id in hit.folded)}
    others = (hit for hit in found if not (shown and is_asked(hit)))  # without the message in other words
    for hit in chain(others, _near(index, lead) if lead.asked else ()):  # among somebody's documents nothing is headed so
        passage, key = hit.passage, tuple(words(hit.passage.heading))
        if passage.id in gone or key in asked or not passage.asked or passage.unknown or not passage.heading.endswith("?"):
            continue
        if _RUMOUR.match(passage.heading) or passage.ran_out(day):
            continue
        if passage.program == lead.program != GENERAL or hit.question >= _NEAR:
            gone.add(passage.id)
            asked.add(key)
            yield passage


def _near(index: Index, lead: Passage) -> Iterator[Hit]:
    """What is asked about as `lead` is; looked for only where what was found for the message itself is used up."""
    yield from index.search(Query((lead.heading,), named=frozenset((lead.program,)) - {GENERAL}), k=_LOOKED_AT)
