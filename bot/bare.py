"""What a bare follow-up asks of the program that is talked of: "cost?", "how long", "age limit?", "documents", "who qualifies".

bot/chain.py asks it. Such a message is answered by the section that asks the same of that program, or by one that tells it. Where none
does, what the program is would be no answer: a fee that no source gives is not in our sources.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import ClassVar

from bot.scope import ASKING
from corpus.model import Passage
from corpus.pattern import Pattern
from index.keywords import Concept, covered, terms, words

_MONEY = r"(?:\b\d[\d,.]*\s?(?:canadian |us )?(?:dollars|cad|usd)\b|[$€£]\s?\d)"
_SO_LONG = r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|half a)(?:[ -]\w+)?[ -](?:hour|day|week|month|year)s?\b"
_DEADLINE = Pattern(r"^(?:when|by when|until when) (?:must|should|can|do|does) .*\b(?:apply|file|submit|renew)\b|\bdeadline\b")
_SOONEST = Pattern(r"\bhow soon (?:can|may|could|must|should) (?:i|we|my \w+) (?:apply|file|submit|renew)\b")
_MOST_WORDS = 9  # of a message that asks for nothing else


@dataclass(frozen=True)
class Facet:
    """A sort of thing that is asked of a program. `asked` finds it in a message, `heading` in the question that a section stands under, and
    `told` in the text of one that tells it. `needed`: a section that tells none of it does not answer."""

    name: str
    asked: Pattern
    heading: Pattern
    told: Pattern
    needed: bool = True
    unlike: Pattern | None = None  # finds the question of a section that tells something else in the same words


# Tried in order; the first that a message asks for is meant.
_FACETS = (
    Facet(
        "fee",
        Pattern(r"\b(?:fees?|costs?|prices?|pricing|charges?|expensive)\b"),
        Pattern(
            r"\b(?:fees?|costs?|price|charges?|charged|expensive)\b|\bwho (?:must )?pays?\b"
            r"|\b(?:do|does|must|should) (?:i|we|the \w+|my \w+|employers?) pay\b"
        ),
        Pattern(
            rf"\b(?:fees?|costs?|charg\w+|pays?|paid|payment)\b[^\n]{{0,90}}{_MONEY}|{_MONEY}[^\n]{{0,60}}\b(?:fees?|costs?|charg\w+)\b"
            r"|\bno (?:\w+ ){0,2}fees?\b|\bfree of charge\b"
        ),
    ),
    Facet(
        "age",
        Pattern(r"\bage[sd]?\b|\bhow old\b|\btoo (?:old|young)\b"),
        Pattern(r"\bage[sd]?\b|\bold\b|\byoung\b"),
        Pattern(r"\bage[sd]?\b|\b\d\d years old\b|\b(?:under|over) \d\d\b|\bborn\b"),
    ),
    Facet(
        "how long it takes",
        Pattern(
            r"\bprocessing times?\b|\bhow (?:fast|quick\w*|soon)\b|\bhow long\b.*\b(?:takes?|taking|took)\b"
            r"|\b(?:timeline|wait(?:ing)? times?)\b"
        ),
        Pattern(
            r"\bhow (?:fast|quick\w*|soon)\b|\bhow (?:long|many \w+)\b.*\b(?:takes?|took|wait|process\w*)\b|\bprocessing times?\b|\bwait\b"
        ),
        Pattern(
            rf"\b(?:takes?|took|process\w*|service standards?|decid\w+|wait\w*)\b[^\n]{{0,90}}{_SO_LONG}"
            rf"|{_SO_LONG}[^\n]{{0,60}}\b(?:process\w*|wait)\b"
        ),
        unlike=_SOONEST,
    ),
    Facet(
        "how long it lasts",
        Pattern(r"\bhow long (?:is|are|was|can|does|do|valid|for)\b(?!.*\b(?:taking|took)\b)|\bduration\b"),
        Pattern(r"\bhow (?:long|many (?:days|weeks|months|years))\b(?!.*\btakes?\b)|\buntil when\b"),
        Pattern(rf"{_SO_LONG}|\bno (?:time )?limit\b"),
        unlike=_DEADLINE,
    ),
    Facet(
        "how long",
        Pattern(r"\bhow long\b"),
        Pattern(r"\bhow (?:long|fast|quick\w*|soon|many (?:days|weeks|months|years))\b|\bprocessing times?\b|\buntil when\b"),
        Pattern(rf"{_SO_LONG}|\bno (?:time )?limit\b"),
        unlike=_DEADLINE,
    ),
    Facet(
        "form",
        Pattern(r"\b(?:which|what) forms?\b|\bforms? (?:numbers?|names?)\b|\bforms?\W*$"),
        Pattern(r"\b(?:which|what) (?:\w+ )?forms?\b"),
        Pattern(r"\bIMM ?\d{4}\b|\bform [A-Z]+-?\d+\b"),
    ),
    Facet(
        "documents",
        Pattern(r"\b(?:documents?|docs?|papers?|paperwork)\b"),
        Pattern(
            r"\b(?:documents?|papers|paperwork|checklist|prove)\b|\b(?:must|should) (?:i|we|my \w+) (?:send|submit|upload|bring|carry)\b"
        ),
        Pattern(r"\b(?:attach|upload|enclos|submit)\w*\b[^\n]{0,80}\b(?:documents?|papers|letters?|certificates?|copy|copies|forms?)\b"),
    ),
    Facet(
        "conditions",
        Pattern(r"\b(?:qualif\w+|eligib\w+|requirements?|conditions?|criteria)\b"),
        Pattern(
            r"^who (?:can|could|may|qualif\w+|is eligible|was eligible)\b"
            r"|\b(?:conditions?|requirements?|criteria|eligib\w+|qualif(?:y|ies))\b"
        ),
        Pattern(r"\b(?:conditions?|requirements?|criteria|eligib\w+|qualif(?:y|ies))\b"),
        needed=False,
    ),
)
_ALSO = frozenset(
    terms(
        "age ages aged old young limit duration timeline charge charges pricing expensive who qualify qualifies fast quick soon whats "
        "carry bring submit"
    )
)

# What a permit for a job with one employer costs is what a Canadian work permit costs.
_WORK_PERMIT = "work-permit"
_WORK_PERMITS = frozenset(
    "global-talent-stream global-skills-strategy intra-company-transfer francophone-mobility cusma-professionals innovation-stream".split()
)
_WHERE = Pattern(r"^(?:where|how (?:do|can) i (?:find|check))\b")
_OPEN = Pattern(r"\bopen\b")


@dataclass(frozen=True)
class Bare:
    """A bare follow-up: what it asks for, the programs that are talked of, the things that the last question asked the need of, and the
    programs of which those talked of are part."""

    facet: Facet
    talked_of: tuple[str, ...]
    things: tuple[Concept, ...] = ()
    wholes: tuple[str, ...] = ()

    def place(self, passage: Passage, named: Sequence[str]) -> int:
        """Where a passage comes, whose heading names these programs: first what stands under that very question, on the thing asked about
        ("do I need biometrics?" – "cost"), on the program itself, on what it is a kind of; then what tells it; then what a reader may
        look at instead: where such things are found, the rest on the program, and what holds of others."""
        asks, tells = self.facet.heading.search(passage.heading) is not None, self.facet.needed and self._told(passage)
        if self.facet.unlike is not None and self.facet.unlike.search(passage.heading) is not None:
            asks = tells = False
        own = passage.program in self.talked_of or not set(named).isdisjoint(self.talked_of)
        kind = self._is_of_its_kind(passage, named)
        on_thing = any(covered([thing], frozenset(terms(passage.heading))) for thing in self.things)
        where = asks and not named and _WHERE.search(passage.heading) is not None
        places = (asks and on_thing, asks and own, asks and kind, tells and own, tells and kind, where, own)
        return next((place for place, fits in enumerate(places) if fits), len(places))

    TOLD: ClassVar[int] = 3  # the first place of what stands under another question

    def answered_by(self, passage: Passage, named: Sequence[str]) -> bool:
        """Whether a passage tells what is asked; anything may answer who asks for the conditions."""
        return not self.facet.needed or self.place(passage, named) < self.TOLD + 2

    def _told(self, passage: Passage) -> bool:
        return any(self.facet.asked.search(question) is not None for question in passage.asked) or (
            self.facet.told.search(passage.text) is not None
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """The programs that those talked of are kinds of, for what is asked."""
        paid_alike = self.facet.name == "fee" and not _WORK_PERMITS.isdisjoint(self.talked_of)
        return (*self.wholes, _WORK_PERMIT) if paid_alike else self.wholes

    def _is_of_its_kind(self, passage: Passage, named: Sequence[str]) -> bool:
        kinds = {passage.program, *named}.intersection(self.kinds)
        return bool(kinds - {_WORK_PERMIT} or kinds and _OPEN.search(passage.heading) is None)


@dataclass(frozen=True)
class Leaning:
    """What a question of a follow-up leaves to the conversation: it may be `bare`, bring up something (`news`, its terms) that was not
    spoken of ("and our dog?"), or ask more of a thing of which the last answer said that our sources hold nothing (`unheld`, the id of the
    passage that says so)."""

    bare: Bare | None = None
    news: frozenset[str] = frozenset()
    unheld: str = ""

    def brings_up_beyond(self, told: Set[str]) -> bool:
        """Whether it brings up something of which a passage with these terms says nothing, so that it is near for what was said before."""
        return bool(self.news) and self.news.isdisjoint(told)


# "How much does that cost, two adults": for how many says nothing of what.
_FOR_SO_MANY = re.compile(
    r"[,\s]+(?:for )?(?:both of us|all of us|us both|(?:one|two|three|four|five|\d) (?:adults?|people|persons?|of us))\b", re.IGNORECASE
)


# "How long must I have worked?" asks neither how long a program takes nor how long it lasts.
_OF_EXPERIENCE = re.compile(r"\b(?:worked|experience)\b", re.IGNORECASE)


def facet_in(message: str, known: Set[str] = frozenset()) -> Facet | None:
    """What a message that says nothing else asks for, or None. `known` are terms of what is talked of, which say nothing else either:
    "and the fees of Ontario"."""
    message = _FOR_SO_MANY.sub(" ", message)
    if len(words(message)) > _MOST_WORDS or _OF_EXPERIENCE.search(message) is not None or not set(terms(message)) <= ASKING | _ALSO | known:
        return None
    return next((facet for facet in _FACETS if facet.asked.search(message) is not None), None)
