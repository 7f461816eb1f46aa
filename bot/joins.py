"""What is said between two quotes, so that an answer reads as one person talking: a few phrases that state nothing.

bot/wording.py asks for them. A phrase is said only where what it says of the two is sure: from the kind of a passage, from the days between
which it held, or from the question that it was written to answer. Each is said once, and none inside a passage, whose sentences follow
each other as they were written. A claim's join depends on the claims before it alone, so that it is known when the claim is streamed.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from bot.answer import ABBREVIATED
from bot.pieces import Piece
from bot.verdicts import denies
from corpus.sentences import leans
from corpus.timeline import written_later

UNKNOWN = "Not known so far:"
KNOWN = "Known so far:"
ITSELF = "On your question:"
SECOND = "On your second question:"
NEXT = "On your next question:"
DIFFER = "Sources differ on this:"
ELSEWHERE = "Elsewhere one reads:"
FORMER = "As it used to be:"
LATER = "As seen later:"
ALSO = "Also,"
BESIDES = "Besides,"
SAME_SOURCE = "The same source also says:"
OTHER_SOURCE = "From another source:"
LAWFUL = "The lawful way:"  # of what was asked to be got by a false one
ITS_WORDS = "The document itself says:"  # of a guess or of history that was put right before
# What a section is about besides, by the question it answers; said where neither the message nor an earlier section asks for it.
ABOUT: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (phrase, re.compile(asked, re.IGNORECASE))
    for phrase, asked in (
        ("As for family,", r"\b(?:wife|husband|spouses?|partners?|famil(?:y|ies)|kids?|child(?:ren)?|dependa?nts?|parents?)\b"),
        ("As for the cost,", r"\b(?:costs?|fees?|price|how much (?:is|does|do|will|to pay)|expensive|refund(?:ed)?)\b"),
        ("As for the time it takes,", r"\b(?:how (?:fast|quick\w*|soon)|how long .{0,60}\b(?:take|wait)|processing)\b"),
        ("As for how long it lasts,", r"\bhow long\b.{0,80}\b(?:valid|stay|last|run|good)\b|\bvalidity\b"),
        ("As for documents,", r"\b(?:documents?|papers|proof|evidence|certificates?|must i (?:bring|show|send))\b"),
        ("As for a job offer,", r"\bjob offers?\b"),
        ("As for points,", r"\bpoints?\b"),
        ("As for permanent residence,", r"\b(?:permanent residen(?:ce|t|ts|cy)|pr)\b"),
        ("As for how to apply,", r"\b(?:how|where) (?:do|can|must|should|to) (?:i |we )?(?:apply|file|start|register)\b"),
        ("As for a refusal,", r"\b(?:refus\w+|reject\w+|denied)\b"),
        ("As for Quebec,", r"\b(?:Quebec|Québec|Montreal)\b"),
    )
)
PHRASES = (
    *(UNKNOWN, KNOWN, ITSELF, SECOND, NEXT, DIFFER, ELSEWHERE, FORMER, LATER, ALSO, BESIDES, SAME_SOURCE, OTHER_SOURCE, LAWFUL, ITS_WORDS),
    *(phrase for phrase, _ in ABOUT),
)

# Words that have a capital letter at the beginning of a sentence only: a name keeps its own, and "Thousands" what it has.
_SMALL = frozenset(
    "a an the this that these those there here it its they their he she we you your some any all most many both each every no not "
    "nobody none nothing neither either whether what which who when where while if for from in on at by to of with without within "
    "under up until since after before between during through over about as and but or so only often usually normally mostly "
    "generally one two three applicants applications candidates people workers holders family families spouses children parents "
    "employers further four five six seven eight nine ten eleven twelve according new other several citizens work settlement health "
    "news flagpoling biometrics restoration dependent pages paid once current published days proof job additional renewing business "
    "time existing examples changes renewals someone officers earlier later rules routes among older websites studying moving living "
    "working losing permanent documents processing fees possibly probably le la les l’un un une des du de ce cet cette ces il elle "
    "ils elles aucun aucune pour dans en par avec sans sous sur depuis avant après pendant jusqu’au jusqu’à si quand lorsque qui ceux "
    "celui celle seul seuls seule seules tous toutes tout toute chaque plusieurs".split()
)
_SOON = 70  # characters
_SAYS_ALSO = re.compile(r"\balso\b", re.IGNORECASE)
_ELIDED = re.compile(r"(?:[cdjlmnst]|qu)[’']")


def fitted(phrase: str, text: str, colon: str = ":") -> str:
    """The phrase as it stands before these words: a comma where a small letter, a number or an abbreviation follows, and a colon where what
    follows may be a name; nothing before words that have a colon of their own there. It may have been fitted to other words before."""
    comma = f"{phrase[:-1]},"
    if not phrase.endswith(",") and comma not in PHRASES:
        return phrase
    first, _, rest = text.partition(" ")
    word = first.rstrip(",;:").lower()
    small = word in _SMALL or word[:1].isdigit() or _ELIDED.match(word) is not None or (word == "first" and rest[:1].islower())
    if small or ABBREVIATED.match(text):
        return comma
    return "" if ": " in text[:_SOON] else f"{phrase[:-1]}{colon}"


def unjoined(sentence: str) -> str:
    """The sentence without a phrase that was said before it."""
    for phrase in PHRASES:
        for said in (phrase, f"{phrase[:-1]},", f"{phrase[:-1]}:"):
            if sentence.startswith(f"{said} "):
                return sentence[len(said) + 1 :]
    return sentence


def joins(
    pieces: Sequence[Piece], question: str, *, today: str, at: str = "", asks_standing: bool = False, ended: Container[str] = ()
) -> list[str]:
    """What is said before each piece, "" for nothing. `today` and the past day `at` that is answered as of ("" is today) are ISO days.
    `asks_standing`: the question is whether something is open, which a note of where it stands answers. Of programs that have `ended`, all
    is past, and what was is not set off."""
    said: list[str] = []
    for n, piece in enumerate(pieces):
        if at and _seen_later(piece, at):
            together = bool(said) and said[-1] == LATER and pieces[n - 1].passage.id == piece.passage.id
            said.append("" if together else LATER)
            continue
        past = piece.passage.program in ended and not piece.passage.ran_out(at or today)
        phrase = _between(pieces[:n], piece, question, "" if past else at or today, asks_standing)
        said.append("" if phrase in said else phrase)
    return said


def _seen_later(piece: Piece, at: str) -> bool:
    return piece.passage.kind == "section" and written_later(piece.quote, at)


def _between(before: Sequence[Piece], piece: Piece, question: str, day: str, asks_standing: bool) -> str:
    passage = piece.passage
    if passage.kind == "disagreement":
        return ELSEWHERE if any(one.passage.kind == "disagreement" for one in before) else DIFFER
    if not before:
        return SECOND if piece.part == 1 else ""
    last = before[-1]
    if piece.correction:
        return ITS_WORDS
    if last.passage.id == passage.id and not last.correction:
        return ""
    if piece.part > last.part and passage.kind == "section":
        return SECOND if piece.part == 1 else NEXT
    if day and passage.ran_out(day) and not any(one.passage.ran_out(day) for one in before):
        return FORMER
    if all(one.passage.kind in ("standing", "correction") for one in before):
        return "" if passage.kind != "section" or asks_standing else UNKNOWN if passage.unknown else ITSELF
    if passage.unknown != last.passage.unknown:
        return UNKNOWN if passage.unknown else ALSO if denies(piece.quote) else KNOWN
    if passage.valid_until and passage.valid_until < day:
        return "" if any(one.passage.valid_until and one.passage.valid_until < day for one in before) else FORMER
    if passage.origin != "brief":
        return SAME_SOURCE if last.passage.source_id == passage.source_id else OTHER_SOURCE
    return _besides(before, piece, question)


def _besides(before: Sequence[Piece], piece: Piece, question: str) -> str:
    """What a further section is about, where that is one thing that nobody spoke of yet; else that it is a further one."""
    asked = (question, *(one.passage.heading for one in before if one.passage.kind == "section"))
    heading = piece.passage.heading
    about = [phrase for phrase, pattern in ABOUT if pattern.search(heading) and not any(pattern.search(text) for text in asked)]
    if len(about) == 1:
        return about[0]
    if leans(piece.quote):
        return ""
    third = any(one.passage.id != other.passage.id for one, other in zip(before, before[1:], strict=False))
    return BESIDES if third or _SAYS_ALSO.search(piece.quote[:_SOON]) else ALSO  # "Also, a job offer also gives"
