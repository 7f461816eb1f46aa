"""Make a follow-up stand alone: decide whether it leans on the conversation at all, find what it is about, and say so in words.

No language model. A question leans when it opens like a continuation, holds a pronoun with nothing before it to stand for, or is too
short to be a question of its own; a question that names its own program and its own subject starts afresh.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.answer import Turn
from bot.scope import is_vague
from corpus.model import Program
from index.keywords import terms, words

_OPENS = re.compile(
    r"(and|or|but|so|ok(ay)?( so| and| but)?|also|then|what about|how about|what if|and if|even|same|why|why not|really|which one|"
    r"no,? i mean\w*|i mean\w*|not that|for|in that case|does that|is that|is it|can it|will it|does it|how much is it|yes|yeah|no)\b",
    re.IGNORECASE,
)
_REFERS = re.compile(
    r"\b(it|its|that|this|they|them|those|these|there|then|one|ones|same|he|she|both|either|former|latter|such|too|instead|else)\b",
    re.IGNORECASE,
)
# "My daughter is 19, can she study": the pronoun has its noun before it and refers to nothing else.
_PERSON = re.compile(
    r"\b(?:my|our|a|the) (?:\w+ )?(?:wife|husband|spouse|partner|daughter|son|kids?|child(?:ren)?|mother|father|parents?|brother|sister|"
    r"friend|employer|boss|company)\b"
    r".{0,60}?\b(?:he|she|they|them|it|his|her|their)\b",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"\b(?:no,? )?(?:i|we) (?:meant?|was asking about|am asking about|am talking about)\b\s*(?:about\s+)?(.*)|"
    r"^not (?:that|this)(?: one)?,?\s*(.*)",
    re.IGNORECASE,
)
_NEW = re.compile(r"\b(new|newer|latest|upcoming|2025|2026|next|coming|recent)\b", re.IGNORECASE)
_OLD = re.compile(r"\b(old|older|first|original|previous|earlier|2023)\b", re.IGNORECASE)
_ONE = re.compile(r"\b(?:the|that|this) (\w+) (?:one|program(?:me)?|version)\b", re.IGNORECASE)
_KIND_WORDS = frozenset(terms("one program version permit pathway policy stream visa"))  # say what sort of thing, not which
_ANSWERS = frozenset(terms("no yes yeah not"))
_SHORT = 4  # fewer content words than this rarely make a question of their own
_THANKS = re.compile(r"^(thanks?( you)?( so much| a lot)?|thx|ty|great|ok(ay)?|cool|perfect|got it|nice|alright)[\s,.!:;-]+", re.IGNORECASE)
_SWITCH = re.compile(
    r"^\W*((ok(ay)?|anyway|alright|so)\W+)*("
    r"((a |an )?(totally |completely )?(different|another|other|unrelated|separate|new) (question|topic|thing|subject))|"
    r"((just )?(one )?(last|more) (thing|question))|"
    r"changing (the )?(topic|subject)|leave (that|it|this)( one)?|forget (that|it|this|about (that|it|this))|never ?mind( that)?|moving on|"
    r"on (a|another) (different|other) (note|topic)|"
    r"switching (topics?|gears))\b[\s,.:;!-]*",
    re.IGNORECASE,
)

# How a question opens before it comes to what it is about: "Can you tell me about", "So what is the", "How do".
_OPENING = re.compile(
    r"\W*(?:(?:and|so|ok(?:ay)?|but|also|then|well|yes|no|great|thanks?|hi|hello|please)\b[\s,.!]*)*"
    r"(?:i(?:'m| am)? (?:want|would like|interested|looking|curious|like|need|heard|read)\b.*?\b(?:in|about|to|that|know|for) )?"
    r"(?:(?:can|could|would|will) (?:you|i|we) (?:please )?)?"
    r"(?:(?:tell|teach|inform|give|show) (?:me|us)(?: (?:more|something|a bit))?(?: about)?|describe|explain|list|what about|how about|"
    r"(?:what|who|where|when|why|which|how)(?:'s|(?: (?:many|much|long|is|are|was|were|do|does|did|can|to))*)|"
    r"is|are|was|were|do|does|did|can|could|will|would|should|has|have|had)?\b\s*"
    r"(?:(?:the|a|an|some|you|i|we|people|there)\b\s*)*",
    re.IGNORECASE,
)
_OWNER = re.compile(r"\b(?:its|their|his|her)\b", re.IGNORECASE)
_THING = re.compile(r"\b(?:it|they|them|that|this|these|those|he|she|him)\b", re.IGNORECASE)


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
    if 2 * sum(map(in_field, asked)) <= len(asked):
        in_field = _anything  # what most of the conversation is not about is no sign of a new topic
    if (meant := _CORRECTS.search(question)) is not None:
        return _corrected(question, meant, named, asked, talked_of, named_in, programs)
    if not named and (one := _ONE.search(question)) is not None and (meant_one := _which(one[1], talked_of, programs)):
        return _of_another(question, one, programs[meant_one], asked[-1], named_in, programs)
    if not _leans(question, named, talked_of, in_field):
        return StandAlone(question, question, tuple(named))
    about = named or talked_of[:1]
    label = programs[about[0]].name if about and about[0] in programs else ""
    # "And for Express Entry?" asks the last question again; "what about my wife?" asks a new one about the same program.
    if named and label and _says_only(question, programs[named[0]]):
        again = _swapped(asked[-1], programs[named[0]], named_in, programs)
        if again:
            return StandAlone(again, question, tuple(named))
    text = question.rstrip()
    if label and not named:
        text = f"{text.rstrip('?.! ')} – about the {label}?"
    elif not named:
        text = _of_topic(question, asked, in_field)
    elif subject := _subject(question, asked[-1]):
        text = f"{text.rstrip('?.! ')} ({subject})?"
    context = tuple(dict.fromkeys(c for c in (asked[0], asked[-1], *answers[-1:]) if c))
    return StandAlone(text, question, tuple(named), () if named else tuple(about), context, asked[-1])


def with_its_number(question: str, previous: str) -> str:
    """The previous question with this one's number in place of its own ("and if we are 4?"), or "" where either has not just one."""
    before, now = words(previous), [w for w in words(question) if w.isdigit()]
    if len(now) != 1 or sum(w.isdigit() for w in before) != 1:
        return ""
    return " ".join(now[0] if w.isdigit() else w for w in before)


def _leans(question: str, named: Sequence[str], talked_of: Sequence[str], in_field: Callable[[str], bool]) -> bool:
    content = terms(question)
    if named and talked_of and named[0] not in talked_of:
        # Names another program: it leans only as "what about X?" does, carrying the last question's subject.
        return (
            bool(re.match(r"\W*(and|or|ok(ay)?|so|but|what|how)?\W*(what|how)? ?(about|is it for|with|for)?\b", question, re.IGNORECASE))
            and len(content) <= _SHORT
        )
    if _OPENS.match(question) and len(content) <= 9:
        return True
    if _REFERS.search(_PERSON.sub(" ", question)) and len(content) <= 8:
        return True
    return len(content) < _SHORT and not named and (len(content) <= 1 or in_field(question))


def _subject(question: str, previous: str) -> str:
    """What the last question was about, when this one only swaps one part of it ("and for Express Entry?")."""
    if len(terms(question)) > 3 or not previous:
        return ""
    words_of = " ".join(previous.split()[:25])
    return words_of.rstrip("?.! ")


def _anything(_: str) -> bool:
    return True


def _of_topic(question: str, asked: Sequence[str], in_field: Callable[[str], bool]) -> str:
    """The question with the topic of the conversation in place of its first pronoun, or else behind it; behind it also what the last
    question was about besides. The topic is what the last question that stood alone was about."""
    alone = [before for before in asked if not _leans(_THANKS.sub("", before.strip()), (), (), in_field)]
    topic = _asked_about(alone[-1] if alone else asked[0])
    text = question.rstrip("?.! ")
    placed = _OWNER.sub(lambda _: f"{topic}'s", text, count=1)
    placed = _THING.sub(lambda _: topic, text, count=1) if placed == text else placed
    held = set(terms(f"{placed} {topic}"))
    besides = " ".join(word for word in _asked_about(asked[-1]).split() if terms(word) and not set(terms(word)) & held)
    behind = "; ".join(part for part in (topic if placed == text else "", besides) if part)
    return f"{placed} ({behind})?" if behind else f"{placed}?"


def _asked_about(question: str) -> str:
    """The last sentence of a question without its opening: "the history of toilets" is what "Tell me about the history of toilets" asks
    about. At most 25 words."""
    sentence = re.split(r"(?<=[.?!])\s+", question.strip().rstrip("?.! "))[-1]
    opening = _OPENING.match(sentence)
    about = (sentence[opening.end() :] if opening else sentence).strip(" ?.!,") or sentence
    return " ".join(about.split()[:25])


def _swapped(previous: str, program: Program, named_in: Callable[[str], list[str]], programs: Mapping[str, Program]) -> str:
    """The last question with `program` for the one it named, or "" where it named none or several. "Fee" and the like are no subject."""
    mentions: dict[str, str] = {}
    for before in (programs[p] for p in named_in(previous) if p in programs):
        for name in sorted(_names(before), key=len, reverse=True):
            swapped, times = re.subn(rf"(?<!\w){re.escape(name)}(?!\w)", lambda _: program.name, previous, flags=re.IGNORECASE)
            if times and not is_vague(name):
                mentions.setdefault(before.id, swapped)
    return next(iter(mentions.values())) if len(mentions) == 1 and program.id not in mentions else ""


def _says_only(question: str, program: Program) -> bool:
    """Whether the question holds nothing but the program's name."""
    return set(terms(question)) <= {term for name in _names(program) for term in terms(name)}


def _talked_of(history: Sequence[Turn], named_in: Callable[[str], list[str]]) -> list[str]:
    """Programs named in the conversation, the latest first; what the user named counts before what an answer did, and an answer
    that names several counts for none."""
    found: dict[str, None] = {}
    for turn in reversed(history):
        if turn.role == "user":
            found.update(dict.fromkeys(reversed(named_in(turn.content))))
    for turn in reversed(history):
        if turn.role == "assistant" and len(answered := named_in(turn.content)) == 1:
            found[answered[0]] = None
    return list(found)


def _corrected(
    question: str,
    meant: re.Match[str],
    named: Sequence[str],
    asked: Sequence[str],
    talked_of: Sequence[str],
    named_in: Callable[[str], list[str]],
    programs: Mapping[str, Program],
) -> StandAlone:
    """The user says what was meant: ask the last question again about that."""
    said = (meant[1] or meant[2] or question).strip(" ?.!")
    about = tuple(named) or ((other,) if (other := _which(said, talked_of, programs)) else ())
    if about and about[0] in programs:
        return StandAlone(_again(asked[-1], programs[about[0]], named_in, programs), said, about)
    return StandAlone(f"{said} ({asked[-1].rstrip('?.! ')})?", said, about)


def _of_another(
    question: str,
    one: re.Match[str],
    program: Program,
    previous: str,
    named_in: Callable[[str], list[str]],
    programs: Mapping[str, Program],
) -> StandAlone:
    """Ask the last question of the other program ("and the old one?"), or this question ("how much is the new one?")."""
    before, after = question[: one.start()], question[one.end() :]
    own = set(terms(before + after)) - _ANSWERS
    text = f"{before}the {program.name}{after}" if own else _again(previous, program, named_in, programs)
    return StandAlone(text, question, (program.id,))


def _again(previous: str, program: Program, named_in: Callable[[str], list[str]], programs: Mapping[str, Program]) -> str:
    """The last question, asked of this program."""
    return _swapped(previous, program, named_in, programs) or f"{previous.rstrip('?.! ')} – about the {program.name}?"


def _which(said: str, talked_of: Sequence[str], programs: Mapping[str, Program]) -> str:
    """The program meant by "the new one", "the old one" or "the accelerated one" after another was talked of, or "".

    Its successor or predecessor, else the one with a name that holds the words said and most of the other's own words; an old one
    without such a name is a closed program whose name is most like the other's.
    """
    wanted = set(terms(said)) - _KIND_WORDS
    for program in (programs[p] for p in talked_of if p in programs):
        if _NEW.search(said) and program.replaced_by in programs:
            return program.replaced_by
        if _OLD.search(said) and (before := next((p.id for p in programs.values() if p.replaced_by == program.id), "")):
            return before
        own = {term for name in _names(program) for term in terms(name)}
        others = [p for p in programs.values() if p.id != program.id]
        named = [(len(own & set(terms(n))), p.id) for p in others for n in _names(p) if wanted and wanted <= set(terms(n))]
        if not any(shared for shared, _ in named) and _OLD.search(said):
            named = [(len(set(terms(program.name)) & set(terms(p.name))), p.id) for p in others if p.standing in ("closed", "replaced")]
        best = max(named, key=lambda row: row[0], default=(0, ""))
        if best[0] or (best[1] and len({p for _, p in named}) == 1):
            return best[1]
    return ""


def _names(program: Program) -> tuple[str, ...]:
    return (program.name, *program.aliases)
