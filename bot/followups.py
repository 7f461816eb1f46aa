"""Make a follow-up stand alone: decide whether it leans on the conversation at all, find what it is about, and say so in words.

No language model. A question leans when it opens like a continuation, holds a pronoun with nothing before it to stand for, or is too
short to be a question of its own; a question that names its own program and its own subject starts afresh.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.answer import Turn
from corpus.model import Program
from index.keywords import terms

_OPENS = re.compile(
    r"(and|or|but|so|ok(ay)?( so| and| but)?|also|then|what about|how about|what if|and if|even|same|why|why not|really|which one|"
    r"no,? i mean\w*|i mean\w*|not that|for|in that case|does that|is that|is it|can it|will it|does it|how much is it|yes|yeah|no)\b",
    re.IGNORECASE,
)
_REFERS = re.compile(r"\b(it|its|that|this|they|them|those|these|there|then|one|ones|same|he|she|both|either|former|latter|such|too|instead|else)\b", re.IGNORECASE)
_CORRECTS = re.compile(r"\b(?:no,? )?(?:i|we) (?:meant?|was asking about|am asking about|am talking about)\b\s*(?:about\s+)?(.*)|^not (?:that|this)(?: one)?,?\s*(.*)", re.IGNORECASE)
_NEW = re.compile(r"\b(new|newer|latest|upcoming|2025|2026|next|coming|recent)\b", re.IGNORECASE)
_OLD = re.compile(r"\b(old|older|first|original|previous|earlier|2023)\b", re.IGNORECASE)
_SHORT = 4  # fewer content words than this rarely make a question of their own
_THANKS = re.compile(r"^(thanks?( you)?( so much| a lot)?|thx|ty|great|ok(ay)?|cool|perfect|got it|nice|alright)[\s,.!:;-]+", re.IGNORECASE)
_SWITCH = re.compile(
    r"^\W*((ok(ay)?|anyway|alright|so)\W+)*(((a |an )?(totally |completely )?(different|another|other|unrelated|separate|new) (question|topic|thing|subject))|((just )?(one )?(last|more) (thing|question))|"
    r"changing (the )?(topic|subject)|leave (that|it|this)( one)?|forget (that|it|this|about (that|it|this))|never ?mind( that)?|moving on|on (a|another) (different|other) (note|topic)|"
    r"switching (topics?|gears))\b[\s,.:;!-]*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class StandAlone:
    """The question as it reads alone. `typed` is what was typed, for searching both forms; `named` are the programs it names itself,
    `inferred` those it takes from the conversation; `context` is what the search adds from the history, empty for a new topic;
    `previous` is the question that it goes on from."""

    text: str
    typed: str
    named: tuple[str, ...] = ()
    inferred: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    previous: str = ""


def stand_alone(
    question: str,
    history: Sequence[Turn],
    programs: Mapping[str, Program],
    named_in: Callable[[str], list[str]],
    in_field: Callable[[str], bool],
) -> StandAlone:
    """Rewrite `question` so that it reads alone. `named_in` finds the programs a text names; `in_field` tells whether it holds a word
    of the field, or one that asks for a fee, a time and the like."""
    question = _THANKS.sub("", question.strip()) or question
    fresh = _SWITCH.match(question)
    question = (question[fresh.end() :] if fresh else question) or question
    named = named_in(question)
    asked = [turn.content for turn in history if turn.role == "user"]
    if not asked or fresh:
        return StandAlone(question, question, tuple(named))
    answers = [turn.content for turn in history if turn.role == "assistant"]
    talked_of = _talked_of(history, named_in)
    if (meant := _CORRECTS.search(question)) is not None:
        return _corrected(question, meant, named, asked, talked_of, programs)
    if not _leans(question, named, talked_of, in_field):
        return StandAlone(question, question, tuple(named))
    about = named or talked_of[:1]
    label = programs[about[0]].name if about and about[0] in programs else ""
    # "And for Express Entry?" asks the last question again; "what about my wife?" asks a new one about the same program.
    subject = _subject(question, asked[-1]) if named or not label else ""
    text = question.rstrip()
    if label and not named:
        text = f"{text.rstrip('?.! ')} – about the {label}?"
    if subject:
        text = f"{text.rstrip('?.! ')} ({subject})?"
    context = tuple(dict.fromkeys(c for c in (asked[0], asked[-1], *answers[-1:]) if c))
    return StandAlone(text, question, tuple(named), () if named else tuple(about), context, asked[-1])


def _leans(question: str, named: Sequence[str], talked_of: Sequence[str], in_field: Callable[[str], bool]) -> bool:
    content = terms(question)
    if named and talked_of and named[0] not in talked_of:
        # Names another program: it leans only as "what about X?" does, carrying the last question's subject.
        return bool(re.match(r"\W*(and|or|ok(ay)?|so|but|what|how)?\W*(what|how)? ?(about|is it for|with|for)?\b", question, re.IGNORECASE)) and len(content) <= _SHORT
    if _OPENS.match(question) and len(content) <= 9:
        return True
    if _REFERS.search(question) and len(content) <= 8:
        return True
    return len(content) < _SHORT and not named and (len(content) <= 1 or in_field(question))


def _subject(question: str, previous: str) -> str:
    """What the last question was about, when this one only swaps one part of it ("and for Express Entry?")."""
    if len(terms(question)) > 3 or not previous:
        return ""
    words_of = " ".join(previous.split()[:25])
    return words_of.rstrip("?.! ")


def _talked_of(history: Sequence[Turn], named_in: Callable[[str], list[str]]) -> list[str]:
    """Programs named in the conversation, the latest first; what the user named counts before what an answer did."""
    found: dict[str, None] = {}
    for turn in reversed(history):
        if turn.role == "user":
            found.update(dict.fromkeys(reversed(named_in(turn.content))))
    for turn in reversed(history):
        if turn.role == "assistant":
            found.update(dict.fromkeys(named_in(turn.content)))
    return list(found)


def _corrected(
    question: str, meant: re.Match[str], named: Sequence[str], asked: Sequence[str], talked_of: Sequence[str], programs: Mapping[str, Program]
) -> StandAlone:
    """The user says what was meant: ask the last question again about that."""
    said = (meant[1] or meant[2] or question).strip(" ?.!")
    about = list(named)
    if not about:
        for program in talked_of or ():
            follower = programs[program].replaced_by if program in programs else ""
            before = next((p.id for p in programs.values() if p.replaced_by == program), "")
            if _NEW.search(said) and follower:
                about = [follower]
            elif _OLD.search(said) and before:
                about = [before]
            if about:
                break
    label = programs[about[0]].name if about and about[0] in programs else said
    before = asked[-1].rstrip("?.! ")
    return StandAlone(f"{before} – about the {label}?" if about else f"{said} ({before})?", said, tuple(about))
