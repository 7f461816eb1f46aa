"""What a conversation is about, message by message, and which of it a pronoun or a gap stands for.

`bot/followups.py` asks it in a conversation that names no program. No parser and no model: the topic is what the last message was about.
As centering theory has it (Grosz, Joshi and Weinstein 1995, https://aclanthology.org/J95-2003), what a pronoun takes up stays the topic,
and what is newly named becomes it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.answer import Turn
from bot.phrases import Phrase, focus, phrases
from index.keywords import terms

_SENTENCES = re.compile(r"(?<=[.?!])\s+")
_EMPTY_IT = re.compile(  # "it" that stands for nothing said before: "does it cost to", "is it possible to", "it is known that"
    r"\bit (?:cost|take|takes|mean|possible|true|safe|legal|worth|important|necessary|better|easy|hard)\b(?=.*\b(?:to|that|if|for)\b)|"
    r"\b(?:it is|it's|it seems|it was) \w+ (?:that|to)\b",
    re.IGNORECASE,
)
_OWNER = re.compile(r"\b(?:its|their|his|her(?= \w))(?= )", re.IGNORECASE)
_THING = re.compile(
    r"\b(?:it|they|them|he|she|him|her)\b(?!['’]s\b| +(?:is|was)\b.*\bthat\b)|\b(?:it|he|she)(?=['’]s\b)|"
    r"\b(?:this|that|these|those)\b(?=\s*(?:[?.!,;]|$|(?:is|was|are|were|does|do|did|can|will|would|has|have|be|compare[ds]?|relate[ds]?|work|affect|differ|mean)\b))"
    r"|(?<=\bis )that\b(?= \w+\b$)",
    re.IGNORECASE,
)
_ONES = re.compile(
    r"(?<!\bwhich)(?<!\bthis)(?<!\bthat)(?<!\bno)(?<!\bany)(?<!\bevery)(?<!\beach)(?<!\bnumber)(?<!\bthe) ones?\b", re.IGNORECASE
)
_THERE = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )(?<!\band )\bthere\b(?! (?:is|are|was|were|be|a|an|any|some)\b)", re.IGNORECASE
)
_ASKS = re.compile(
    r"\W*(?:(?:and|so|ok(?:ay)?|but|also|then|well|yes|no|oh|great|thanks?|hi|hello|please|now)\b[\s,.!]*)*"
    r"(?:what|who|whom|whose|where|when|why|which|how|is|isn|are|aren|was|wasn|were|do|does|did|didn|can|could|will|would|should|has|have|had|tell|"
    r"describe|explain|list|give|show|say|any|i want|i would|i meant|for|in|on|of|at)\b",
    re.IGNORECASE,
)
_INTRODUCES = re.compile(
    r"\W*(?:(?:and|so|ok(?:ay)?|but|also|then|well|great|thanks?|now)\b[\s,.!]*)*"
    r"(?:(?:can you |please )?(?:tell|teach|inform|give|show) (?:me|us)(?: (?:more|something|a bit))?(?: about)?|"
    r"describe|explain|(?:what|who)(?:['’]s| is| are| was| were))\b",
    re.IGNORECASE,
)
_ABOUT_ANOTHER = re.compile(
    r"\W*(?:(?:and|so|ok(?:ay)?|but|no|not|sorry|thanks|oh|then)\b[\s,.!]*)*"
    r"(?:(?:what|how) about|(i (?:meant|mean|was asking about|am asking about)(?: about)?))\b\s*(.*?)[\s?.!]*$",
    re.IGNORECASE,
)
_WITH_PREPOSITION = re.compile(r"(in|at|on|for|with|during|to|from|by|before|after)\b\s+\S", re.IGNORECASE)

# How much a mention adds to a phrase's salience, by where it stands (after Lappin and Leass 1994, https://aclanthology.org/J94-4002: the
# more recent and the more central the better). Chosen on half of a public set of conversations, checked on the other half.
_TOPIC, _ASIDE, _FADES = 1.0, 0.8, 0.4  # in the user's messages; each message further back counts `_FADES` times as much
_FIRST = 0.6  # in the first message, which says what the conversation is about
_ANSWERED, _AT_ONCE, _TO_THE_POINT = 0.3, 0.3, 0.4  # in the last answer; in its first sentence; in one that shares a word with the question
_NAME = 1.5  # names count so many times as much
_SALIENT = 1.0  # a phrase below this is not said
_SAID = 2  # phrases said behind a question at most
_LONGEST = 4  # words; longer runs are headings and lists


@dataclass
class _Conversation:
    """Where it stands: what was named in it, the topic last; the phrases of each message; the last question standing alone, and what was
    answered to it."""

    named: list[Phrase] = field(default_factory=list)
    messages: list[list[Phrase]] = field(default_factory=list)
    asked: str = ""
    answer: str = ""


def resolve(question: str, history: Sequence[Turn]) -> str:
    """The question with what it leaves to the conversation said in words; itself where it leaves nothing."""
    so_far = _Conversation()
    for turn in history:
        if turn.role == "assistant":
            so_far.answer = turn.content
        else:
            so_far.asked, so_far.answer = _resolved(turn.content, so_far), ""
    return _resolved(question, so_far, final=True)


def introduces(sentence: str) -> bool:
    """Whether the sentence asks for something new by its name: "what is a 529 plan", "tell me about lung cancer"."""
    opening = _INTRODUCES.match(sentence)
    asked = phrases(sentence[opening.end() :])[:1] if opening else ()
    return any(not p.relational and not p.weak and (p.proper or p.determiner in ("", "a", "an")) for p in asked)


def _resolved(message: str, so_far: _Conversation, final: bool = False) -> str:
    """The message standing alone; `so_far` moves on to where it leaves the conversation. Only the last message is told the background."""
    sentences = _SENTENCES.split(message.strip())
    said: list[str] = []
    before = tuple(so_far.named)
    for sentence in sentences:
        last = len(said) + 1 == len(sentences)
        text, own = sentence, focus(sentence)
        if before and (last or sentence.endswith("?") or _ASKS.match(sentence)):
            # What the message itself has just named is what its pronouns stand for.
            text = _again(sentence, so_far) or (sentence if tuple(so_far.named) != before else _filled(sentence, so_far, last))
            if final:
                text = _in_full(text, sentence, so_far.answer)
                leans = text != sentence or not introduces(sentence) and (_THING.search(sentence) or _OWNER.search(sentence))
                text = _with_background(text, message, so_far) if last and leans else text
        if own is not None and (text == sentence or _ABOUT_ANOTHER.match(sentence)):
            so_far.named.append(own)
        said.append(text)
    so_far.messages.append([p for sentence in sentences for p in phrases(sentence)])
    return " ".join(said)


def _again(sentence: str, so_far: _Conversation) -> str:
    """The last question asked again of something else ("how about goulash?", "what about in the UK?", "I meant the second"), or ""."""
    other = _ABOUT_ANOTHER.match(sentence)
    if not other or not so_far.asked or not phrases(other[2]) or len(other[2].split()) > 6:
        return ""
    if _THING.search(other[2]) or _OWNER.search(other[2]):
        return ""
    asked, about = so_far.asked.rstrip("?.! "), re.escape(so_far.named[-1].text)
    placed = _WITH_PREPOSITION.match(other[2])
    before = rf"\b{placed[1]} (?:the )?" if placed else r"\b(?:(?:the|an?) )?"
    swapped = re.sub(rf"{before}{about}(?!\w)", lambda _: other[2], asked, count=1, flags=re.IGNORECASE)
    if swapped != asked:
        return f"{swapped}?"
    return f"{asked} {other[2]}?" if placed else f"{asked} – {other[2]}?" if other[1] else ""


def _filled(sentence: str, so_far: _Conversation, last: bool) -> str:
    """The sentence with the topic in place of its first pronoun, or behind a noun that is nobody's; itself where it needs neither."""
    if introduces(sentence):
        return sentence  # "what is Docker and why is it used": what it names is what the pronoun stands for
    body = sentence.rstrip(" ?.!")
    plain = _EMPTY_IT.sub(lambda m: "_" * len(m[0]), body)
    about = so_far.named[-1]
    owner, thing = _OWNER.search(plain), _THING.search(plain)
    if owner is not None and (thing is None or owner.start() < thing.start()):
        name = f"{about.said}'" if about.plural else f"{about.said}'s"
        return f"{body[: owner.start()]}{name}{body[owner.end() :]}?"
    if thing is not None:
        return f"{body[: thing.start()]}{about.said}{body[thing.end() :]}?"
    if (one := _ONES.search(plain)) is not None:
        return f"{body[: one.start()]} {about.text}{body[one.end() :]}?"
    if (there := _THERE.search(plain)) is not None:
        return f"{body[: there.start()]}in {about.said}{body[there.end() :]}?"
    own = phrases(sentence)
    if not last or any(p.proper or p.stems & about.stems for p in own):
        return sentence
    return f"{body} of {about.said}?" if own and body.endswith(own[-1].text) else f"{body} – about {about.said}?"


def _in_full(text: str, sentence: str, answer: str) -> str:
    """The text with its short names as the answer gave them in full: "the Lotus" after an answer about the Lotus Elise."""
    answered = [p for s in _SENTENCES.split(answer) for p in phrases(s)] if answer else []
    for short in phrases(sentence):
        if short.proper or short.determiner in ("the", "that", "this", "these", "those"):
            for long, _ in Counter(p.text for p in answered if _extends(p, short)).most_common(1):
                text = re.sub(rf"(?<![\w-]){re.escape(short.text)}(?![\w-])", long.replace("\\", r"\\"), text, count=1)
    return text


def _extends(long: Phrase, short: Phrase) -> bool:
    if not len(short.order) < len(long.order) <= len(short.order) + 2:
        return False
    if short.proper:
        return long.proper and any(long.order[at : at + len(short.order)] == short.order for at in range(len(long.order)))
    return long.order[-len(short.order) :] == short.order


def _with_background(text: str, message: str, so_far: _Conversation) -> str:
    """The text with what else is most salient said behind it, if it does not say that already."""
    held = frozenset().union(*(p.stems for p in (*phrases(message), *phrases(text))))
    behind: list[str] = []
    room = _SAID - (" – about " in text)
    for phrase in _salient(message, so_far):
        if len(behind) < room and not phrase.stems & held:
            behind.append(phrase.said)
            held |= phrase.stems
    if not behind:
        return text
    return f"{text.rstrip(' ?.!')}{' and ' if room < _SAID else ' – about '}{' and '.join(behind)}?"


def _salient(message: str, so_far: _Conversation) -> list[Phrase]:
    """What a message may be about besides what it says, the most salient first."""
    salience: dict[frozenset[str], float] = {}
    named: dict[frozenset[str], Phrase] = {}

    def mention(phrase: Phrase, weight: float) -> None:
        if not phrase.relational and len(phrase.stems) <= _LONGEST:
            named.setdefault(phrase.stems, phrase)
            salience[phrase.stems] = salience.get(phrase.stems, 0.0) + weight * (_NAME if phrase.proper else 1.0)

    topics = {phrase.stems for phrase in so_far.named}
    for ago, said in enumerate(reversed(so_far.messages)):
        for phrase in said:
            mention(phrase, _FADES**ago * (_TOPIC if phrase.stems in topics else _ASIDE))
    for phrase in so_far.messages[0]:
        mention(phrase, _FIRST)
    asked = frozenset(terms(message))
    for place, sentence in enumerate(_SENTENCES.split(so_far.answer)):
        weight = _ANSWERED + (_AT_ONCE if place == 0 else 0.0) + (_TO_THE_POINT if asked & set(terms(sentence)) else 0.0)
        for phrase in phrases(sentence):
            mention(phrase, weight)
    for short, weight in tuple(salience.items()):  # a short form is a mention of the long ones
        longer = [stems for stems in salience if short < stems and (named[short].proper or named[stems].head == named[short].head)]
        for stems in longer:
            salience[stems] += weight / len(longer)
    return [named[stems] for stems, weight in sorted(salience.items(), key=lambda item: -item[1]) if weight >= _SALIENT]
