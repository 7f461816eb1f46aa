"""What a conversation is about, message by message, and which of it a pronoun or a gap stands for.

`bot/followups.py` asks it in a conversation that names no program. No parser and no model: the topic is what the last message was about.
As centering theory has it (Grosz, Joshi and Weinstein 1995, https://aclanthology.org/J95-2003), what a pronoun takes up stays the topic,
and what is newly named becomes it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

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
    r"describe|explain|list|give|show|say|any|i want|i would|i['’]d like|i need|let['’]?s talk|i meant|for|in|on|of|at)\b",
    re.IGNORECASE,
)
_INTRODUCES = re.compile(
    r"\W*(?:(?:and|so|ok(?:ay)?|but|also|then|well|great|thanks?|now)\b[\s,.!]*)*"
    r"(?:(?:can you |could you |please )?(?:tell|teach|inform|give|show) (?:me|us)(?: (?:more|something|a bit))?(?: about)?|"
    r"(?:i(?:['’]d| would)? (?:want|like|need)|let(?:['’]s| us)) (?:to )?(?:know|learn|talk|hear|ask)(?: more)? about|"
    r"describe|explain|(?:what|who)(?:['’]s| is| are| was| were))\b",
    re.IGNORECASE,
)
_ABOUT_ANOTHER = re.compile(
    r"\W*(?:(?:and|so|ok(?:ay)?|but|no|not|sorry|thanks|oh|then)\b[\s,.!]*)*"
    r"(?:(?:what|how) about|(i (?:meant|mean|was asking about|am asking about)(?: about)?))\b\s*(.*?)[\s?.!]*$",
    re.IGNORECASE,
)
_WITH_PREPOSITION = re.compile(r"(in|at|on|for|with|during|to|from|by|before|after)\b\s+\S", re.IGNORECASE)

_JOINED = re.compile(r"\b(?:and|but|so|because|if|when)(?: \w+){0,2} $", re.IGNORECASE)  # before the subject of a second clause

# How much a mention adds to a phrase's salience, by where it stands (after Lappin and Leass 1994, https://aclanthology.org/J94-4002: the
# more recent and the more central the better). Chosen on half of a public set of conversations, checked on the other half;
# _ASKED_WITH, _OFTEN and what is said at most, on all of it and another (docs/decisions/0010).
_TOPIC, _ASIDE, _FADES = 1.0, 0.8, 0.4  # in the user's messages; each message further back counts `_FADES` times as much
_FIRST = 0.6  # in the first message, which says what the conversation is about
_ANSWERED, _AT_ONCE, _TO_THE_POINT = 0.3, 0.3, 0.4  # in the last answer; in its first sentence; in one that shares a word with the question
_ASKED_WITH, _OFTEN = 1.0, 0.5  # for the share of its words that the user has used; for how often the last answer uses them
_NAME = 1.5  # names count so many times as much
_SALIENT, _SALIENT_ASKED = 1.7, 1.8  # a phrase below this is not said behind a question; the latter where nothing has been answered
_SAID = 4  # phrases said behind a question at most
_BEFORE_LAST = 3  # topics; one further back is hardly what a pronoun stands for
_LONGEST = 4  # words; longer runs are headings and lists


_ONE_THING = frozenset("it its this that".split())
_SEVERAL = frozenset("they them their these those".split())
_A_PERSON = frozenset("he she him her his".split())


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
    known = ("the", "'s")  # "the EU rules" are the rules on something
    return any(
        not (p.relational or p.weak or p.generic and p.determiner in known) and (p.proper or p.determiner in ("", "a", "an")) for p in asked
    )


def _resolved(message: str, so_far: _Conversation, final: bool = False) -> str:
    """The message standing alone; `so_far` moves on to where it leaves the conversation. Only the last message is told the background."""
    sentences = _SENTENCES.split(message.strip())
    said: list[str] = []
    before = tuple(so_far.named)
    for sentence in sentences:
        last = len(said) + 1 == len(sentences)
        text, own = sentence, focus(sentence)
        behind: tuple[Phrase, ...] = ()
        if before and (last or sentence.endswith("?") or _ASKS.match(sentence)):
            # What the message itself has just named is what its pronouns stand for.
            text = _again(sentence, so_far)
            if not text:
                text, behind = (sentence, ()) if tuple(so_far.named) != before else _filled(sentence, so_far, last)
            if final:
                text = _in_full(text, sentence, so_far)
                leans = behind or text != sentence or not introduces(sentence) and (_THING.search(sentence) or _OWNER.search(sentence))
                behind = _background(text, message, behind, so_far) if last and leans else behind
            text = f"{text.rstrip(' ?.!')} ({', '.join(p.said for p in behind)})?" if behind else text
        if own is not None and (text == sentence or _ABOUT_ANOTHER.match(sentence) or _stands_out(own, sentence)):
            so_far.named.append(own)
        said.append(text)
    so_far.messages.append([p for sentence in sentences for p in phrases(sentence)])
    return " ".join(said)


def _stands_out(own: Phrase, sentence: str) -> bool:
    """Whether what a sentence names is specific enough to be what it is about, though it leans on something else as well."""
    if _THING.search(sentence) or _OWNER.search(sentence):
        return False
    return own.proper or " " in own.text and own.determiner in ("", "a", "an") and not own.weak and not own.generic


def _again(sentence: str, so_far: _Conversation) -> str:
    """The last question asked again of something else ("how about goulash?", "what about in the UK?", "I meant the second"), or ""."""
    other = _ABOUT_ANOTHER.match(sentence)
    own = phrases(other[2]) if other else ()
    if not other or not so_far.asked or not own or len(other[2].split()) > 6 or own[0].relational:
        return ""
    if _THING.search(other[2]) or _OWNER.search(other[2]):
        return ""
    asked, about = re.sub(r" \([^()]*\)\?$", "", so_far.asked).rstrip("?.! "), re.escape(so_far.named[-1].text)
    placed = _WITH_PREPOSITION.match(other[2])
    before = rf"\b{placed[1]} (?:the )?" if placed else r"\b(?:(?:the|an?|my|our|your|his|her|its|their) )?"
    swapped = re.sub(rf"{before}{about}(?!\w)", lambda _: other[2], asked, count=1, flags=re.IGNORECASE)
    if swapped != asked:
        return f"{swapped}?"
    return f"{asked} {other[2]}?" if placed else f"{asked} – {other[2]}?" if other[1] else ""


def _filled(sentence: str, so_far: _Conversation, last: bool) -> tuple[str, tuple[Phrase, ...]]:
    """The sentence with the topic in place of its first pronoun, or behind a noun that is nobody's; and what is to be said behind it, the
    topic where it has no place in it. The sentence itself where it needs neither."""
    if introduces(sentence):
        return sentence, ()  # "what is Docker and why is it used": what it names is what the pronoun stands for
    body = sentence.rstrip(" ?.!")
    plain = _EMPTY_IT.sub(lambda m: "_" * len(m[0]), body)
    own = phrases(sentence)
    owner, thing = _OWNER.search(plain), _THING.search(plain)
    first = min((m for m in (owner, thing) if m is not None), key=lambda m: m.start(), default=None)
    if (
        first is not None
        and (said := _JOINED.search(plain[: first.start()]))
        and any(_agrees(first[0].lower(), p) for p in phrases(body[: said.start()]))
    ):
        owner = thing = first = None  # "are these methods safe and could they be combined": it stands for what stands before it
    one, there = _ONES.search(plain), _THERE.search(plain)
    if first is one is there is None and (not last or any(p.proper and not p.generic or p.stems & so_far.named[-1].stems for p in own)):
        return sentence, ()
    about = _meant(first[0].lower() if first else "", sentence, so_far)
    so_far.named.append(about)
    if owner is not None and owner is first:
        name = f"{about.said}'" if about.plural else f"{about.said}'s"
        return f"{body[: owner.start()]}{name}{body[owner.end() :]}?", ()
    if thing is not None:
        return f"{body[: thing.start()]}{about.said}{body[thing.end() :]}?", ()
    if one is not None:
        return f"{body[: one.start()]} {about.text}{body[one.end() :]}?", ()
    if there is not None:
        return f"{body[: there.start()]}in {about.said}{body[there.end() :]}?", ()
    return (f"{body} of {about.said}?", ()) if own and body.endswith(own[-1].text) else (sentence, (about,))


def _meant(pronoun: str, sentence: str, so_far: _Conversation) -> Phrase:
    """What a pronoun, or the gap where `pronoun` is "", stands for: where something was answered, the most salient of what was said, else
    the latest topic that agrees with it in number."""
    own = frozenset().union(*(p.stems for p in phrases(sentence)))
    if so_far.answer:
        weighed = [phrase for _, phrase in _weighed(sentence, so_far) if not phrase.stems & own and _agrees(pronoun, phrase)]
        if weighed:
            return weighed[0]
    return next((topic for topic in reversed(so_far.named[-_BEFORE_LAST:]) if _agrees(pronoun, topic)), so_far.named[-1])


def _agrees(pronoun: str, phrase: Phrase) -> bool:
    """In number, and a person has a name. A name may be of one or of several ("the Steelers")."""
    if pronoun in _A_PERSON:
        return phrase.proper
    return phrase.proper or not (pronoun in _ONE_THING and phrase.plural or pronoun in _SEVERAL and not phrase.plural)


def _in_full(text: str, sentence: str, so_far: _Conversation) -> str:
    """The text with its short names as the conversation has them in full: "the Lotus" after an answer about the Lotus Elise, "VMs" after
    a question about virtual machines."""
    answered = [p for s in _SENTENCES.split(so_far.answer) for p in phrases(s)] if so_far.answer else []
    asked = [p for said in so_far.messages for p in said]
    for short in phrases(sentence):
        long: list[str] = []
        known = short.determiner in ("the", "that", "this", "these", "those")
        if not short.generic and (short.proper or known):
            long = [p.text for p in answered if _extends(p, short)] or [p.text for p in asked if known and _extends(p, short)]
        if _initials(short.text) and not long:
            several = "s" if short.text.endswith("s") else ""
            long = [f"{p.text.removesuffix('s')}{several}" for p in (*asked, *answered) if _abbreviates(short.text, p)]
        for full, _ in Counter(long).most_common(1):
            text = re.sub(rf"(?<![\w-]){re.escape(short.text)}(?![\w-])", full.replace("\\", r"\\"), text, count=1)
    return text


def _extends(long: Phrase, short: Phrase) -> bool:
    if not len(short.order) < len(long.order) <= len(short.order) + 2:
        return False
    if short.proper:
        return long.proper and any(long.order[at : at + len(short.order)] == short.order for at in range(len(long.order)))
    return long.order[-len(short.order) :] == short.order


def _initials(word: str) -> str:
    """The letters of an abbreviation, lower case, or ""."""
    letters = word.removesuffix("s")
    return letters.lower() if letters.isalpha() and letters.isupper() and 2 <= len(letters) <= 5 else ""


def _abbreviates(word: str, phrase: Phrase) -> bool:
    return [word[0] for word in re.findall(r"\w+", phrase.text.lower())] == list(_initials(word))


def _background(text: str, message: str, behind: tuple[Phrase, ...], so_far: _Conversation) -> tuple[Phrase, ...]:
    """What else is most salient, behind what is said `behind` the text already, as far as neither says it."""
    held = frozenset().union(*(p.stems for p in (*phrases(message), *phrases(text), *behind)))
    for phrase in _salient(message, so_far):
        if len(behind) < _SAID and not phrase.stems & held:
            behind = (*behind, phrase)
            held |= phrase.stems
    return behind


def _salient(message: str, so_far: _Conversation) -> list[Phrase]:
    """What a message may be about besides what it says, the most salient first."""
    least = _SALIENT if so_far.answer else _SALIENT_ASKED
    return [phrase for weight, phrase in _weighed(message, so_far) if weight >= least]


def _weighed(message: str, so_far: _Conversation) -> list[tuple[float, Phrase]]:
    """The phrases of the conversation with their salience, the most salient first."""
    salience: dict[frozenset[str], float] = {}
    named: dict[frozenset[str], Phrase] = {}

    def mention(phrase: Phrase, weight: float) -> None:
        if not (phrase.relational or phrase.sets) and len(phrase.stems) == len(phrase.order) <= _LONGEST:
            if phrase.text.islower() or phrase.stems not in named:  # what begins a sentence has a capital for that alone
                named[phrase.stems] = phrase
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
            mention(replace(phrase, tail=""), weight)
    for short, weight in tuple(salience.items()):  # a short form is a mention of the long ones
        longer = [stems for stems in salience if short < stems and (named[short].proper or named[stems].head == named[short].head)]
        for stems in longer:
            salience[stems] += weight / len(longer)
    asked_with = frozenset().union(*(phrase.stems for said in so_far.messages for phrase in said))
    often = Counter(terms(so_far.answer))
    for stems in salience:
        salience[stems] += (_ASKED_WITH * len(stems & asked_with) + _OFTEN * sum(math.log1p(often[word]) for word in stems)) / len(stems)
    return [(weight, named[stems]) for stems, weight in sorted(salience.items(), key=lambda item: -item[1])]
