"""The noun phrases of a sentence, without a parser: what stands between function words and verbs.

`bot/topics.py` follows them through a conversation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from index.keywords import STOPWORDS, stem

_TOKEN = re.compile(r"['’]s\b|[A-Za-z0-9#$&](?:[\w#$&/+-]|['’](?!s\b)\w|\.(?=\w))*|[^\s\w]")
_DETERMINERS = frozenset("a an the my our your his her its their this that these those some any each every no all both another".split())
_PREPOSITIONS = frozenset(
    "about above across after against along among around as at before behind below beneath beside besides between beyond by despite down "
    "during except for from in inside into like near of off on onto out outside over past per since than through throughout to toward "
    "towards under until up upon versus via vs with within without".split()
)
_BREAKS = (  # words that no phrase holds
    STOPWORDS
    | _PREPOSITIONS
    | _DETERMINERS
    | frozenset(
        "i'm i've i'd i'll you're you've it's that's there's what's who's where's how's when's let's don't doesn't didn't isn't aren't "
        "wasn't weren't can't couldn't won't wouldn't shouldn't haven't hasn't hadn't cannot it'll they're they've we're we've while "
        "because although though however whether either neither nor yet still already always never often ever sometimes usually "
        "generally now then today recently again even else instead together apart away back actually really quite rather much many "
        "several lot lots bit enough less least well maybe perhaps oh wow ahh hmm sure anyway something anything everything nothing "
        "someone anyone everyone somebody anybody everybody nobody myself yourself itself themselves himself herself one ones others "
        "other 's not please else".split()
    )
)
_PRONOUNS = frozenset("that this these those some any all both another".split())  # determiners that stand alone as well
_BEFORE_NOUNS = (_DETERMINERS - _PRONOUNS) | {"of"}
_WHERE = frozenset("in at from near around".split())  # what stands behind these is where something is
_BEFORE_VERBS = frozenset("to i you we they he she can could will would should must may might let's let us who i'm i've".split())
_VERBS = frozenset(
    stem(word)
    for word in (
        "accept achieve add affect agree allow appear apply arrive ask avoid be become begin believe belong bring buy call carry catch "
        "choose come compare consider consist contain continue contribute cook create decide depend describe determine develop die differ "
        "discover do drink eat eliminate encourage enjoy ensure enter exist expect explain fall feel find fit follow forget found gather "
        "get give go grow happen hear heard help hold improve include increase indicate inform involve join keep know known lead learn "
        "leave lie listen live look lose lost love made maintain make mean meet mention move need obtain occur offer originate pay "
        "perform pick prefer prevent produce protect prove provide put raise reach read receive recommend recover refer relate remain "
        "remember remove replace require run said save saw say see seem seen sell send serve set show sit sound speak spend stand start "
        "stay stop suggest take taken talk teach tell thank think thought told took treat try turn understand use visit want watch wear "
        "went wonder work worry write cause impact spread cost influence evolve hurt kill enable weigh kept gave got knew left met paid "
        "sold sent told wrote began became came chose drank drew fell felt grew held won spent stood taught wore born built bought "
        "brought caught ate gone done given written"
    ).split()
)
_PARTICIPLE = re.compile(r"\w{2,}(?<!e)(?<!\de)ed$")
_ADJECTIVE = re.compile(r"[a-z]\w*(?:able|ible|ous|ful|less|ish|ly)$")  # lower case: a name may end so
_WEAK = frozenset(  # say how a thing is, or how manieth, not which it is
    "good bad better best worse worst biggest largest smallest newest oldest main major minor important popular common different "
    "same similar famous interesting typical certain various specific first second third last next latest most more few own due "
    "such notable key healthiest fastest likely deadly extreme newer older bigger larger smaller faster two three four five six "
    "seven eight nine ten".split()
)
_PREDICATE = frozenset(  # these end no phrase
    "big large small new old early late high low long short great healthy fast whole full current general top recent true safe dark bright "
    "sweet hot cold wet dry easy hard difficult strong weak rich poor cheap expensive free open closed legal valid rare slow".split()
)
_RELATIONAL = frozenset(  # nouns that say what is asked of a thing, not which
    stem(word)
    for word in (
        "type kind sort form example name way part role function purpose reason cause effect impact influence importance significance "
        "meaning definition origin history benefit advantage disadvantage pro con risk danger difference similarity symptom sign "
        "treatment feature characteristic property use cost price fee size age number amount rate range list set group variety version "
        "member information fact detail thing idea issue problem question answer option choice alternative step stage requirement rule "
        "time year day place area person people man woman factor aspect term condition side result outcome process method source level "
        "point case class story background start end need plan policy change development salary future past chance help advice tip "
        "instance topic subject deadline document paper test procedure criterion implication moment goal structure"
    ).split()
)


@dataclass(frozen=True)
class Phrase:
    """A noun phrase without its determiner. `proper`: it holds a name; `behind` is the word before it and its determiner, lower case, ""
    at the start of a sentence."""

    text: str
    proper: bool
    behind: str
    determiner: str
    weak: bool = False  # opens with a word that says how a thing is
    tail: str = ""  # what follows it: "in the morning"

    @property
    def said(self) -> str:
        """With its article and what follows it."""
        return f"{self.determiner} {self.text}{self.tail}" if self.determiner in ("the", "a", "an") else f"{self.text}{self.tail}"

    @property
    def order(self) -> tuple[str, ...]:
        """Its words' stems."""
        return tuple(stem(word.lower()) for word in self.text.split())

    @property
    def head(self) -> str:
        return stem(self.text.split()[-1].lower())

    @property
    def plural(self) -> bool:
        return self.text.lower().endswith("s") and not self.text.lower().endswith(("ss", "us", "is"))

    @property
    def relational(self) -> bool:
        return self.generic and " " not in self.text and not self.proper

    @property
    def generic(self) -> bool:
        """Its noun says what is asked of a thing: "the EU rules"."""
        return self.head in _RELATIONAL

    @property
    def sets(self) -> bool:
        """Says where something is, in short: "in the US"."""
        return _is_short_name(self.text) and self.behind in _WHERE

    @property
    def stems(self) -> frozenset[str]:
        return frozenset(self.order)


@lru_cache(maxsize=4096)
def phrases(sentence: str) -> tuple[Phrase, ...]:
    """The noun phrases of a sentence, in order; a preposition ends one, "of" too."""
    tokens = [token.replace("’", "'") for token in _TOKEN.findall(sentence)]
    found: list[Phrase] = []
    start = 0
    ends: list[int] = []
    for at in range(len(tokens) + 1):
        if at == len(tokens) or _breaks(tokens, at):
            if (phrase := _phrase(tokens, start, at)) is not None:
                if found and start - 1 - bool(phrase.determiner) == ends[-1] and phrase.behind in ("of", "in"):
                    found[-1] = replace(found[-1], tail=f" {phrase.behind} {phrase.said}")
                found.append(phrase)
                ends.append(at)
            start = at + 1
    return tuple(found)


def focus(sentence: str) -> Phrase | None:
    """What a sentence is about: a name, else what stands behind the "of" of a relational noun, else its first phrase of substance."""
    named = [p for p in phrases(sentence) if not p.relational]
    return max(named, key=lambda p: (p.proper and not p.sets, p.behind == "of", p.behind == "about"), default=None)


def _breaks(tokens: Sequence[str], at: int) -> bool:
    word = tokens[at].lower()
    before = tokens[at - 1].lower() if at else ""
    if not re.match(r"[\w#$&]", word) or word in _BREAKS and not _is_short_name(tokens[at]):
        return True
    owned = before == "'s" and tokens[at - 2].lower() != "let"
    if at and tokens[at][0].isupper() or before in _BEFORE_NOUNS or owned:
        return False
    return stem(word) in _VERBS or before in _BEFORE_VERBS or _PARTICIPLE.match(word) is not None


def _is_short_name(token: str) -> bool:
    """ "US", not "us"; who writes all in capitals writes "US" for both."""
    return len(token) > 1 and token.isalpha() and token.isupper() and token != "OK"


def _phrase(tokens: Sequence[str], start: int, end: int) -> Phrase | None:
    first = start
    while end > start and (tokens[end - 1].lower() in _WEAK | _PREDICATE or _ADJECTIVE.match(tokens[end - 1])):
        end -= 1
    named = first > 0 and tokens[first - 1].lower() == "of"  # "of popular music"
    while start < end and not (named and end - start == 2) and (tokens[start].lower() in _WEAK or tokens[start].endswith("ly")):
        start += 1
    if start == end or all(token.isdigit() for token in tokens[start:end]):
        return None
    before = tokens[first - 1].lower() if first else ""
    determiner = before if before in _DETERMINERS or before == "'s" else ""
    place = first - 1 - bool(determiner)
    proper = any(not t.islower() and not t.isdigit() for t in tokens[max(start, 1) : end])
    return Phrase(" ".join(tokens[start:end]), proper, tokens[place].lower() if place >= 0 else "", determiner, start > first)
