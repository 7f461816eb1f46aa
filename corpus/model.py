"""The nouns of the corpus. Every other room speaks in these.

A Source is published by somebody; a Document is its text as sections; a Passage is the piece of it that is cited. A Program is a
pathway people ask about and has a standing; a Correction is a statement that circulates and is wrong; a Disagreement is one thing
for which published sources give different values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from corpus.pattern import Needs, Pattern, lowered

# Ranked by authority: when two sources disagree, the one further left speaks first.
KINDS = ("official", "law-firm", "consultancy", "news", "research", "guide", "document")
STANDINGS = ("open", "closed", "paused", "announced", "proposed", "replaced")
LANGUAGES = ("en", "fr")
GENERAL = "general"  # the program of sections that are about no single program
UNITED_STATES = "us-"  # how the ids of programs of the United States begin

_DISTANCED = re.compile(
    r"\b(?:wrong\w*|mistaken\w*|false|untrue|not true|not right|incorrect\w*|myth|contrary|out of date|outdated|misread\w*|unsupported|"
    r"differ\w*|neither|whether)\b|\?\s*$",
    re.IGNORECASE,
)
_LIMITED = re.compile(r"\b(?:no|not|never|none|nor|until|ended|closed|cannot|only for citizens|if|once|without)\b|n\Wt\b", re.IGNORECASE)
_ISO = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True)
class Source:
    """A page, article or file that somebody published.

    `published` and `as_of` are ISO dates, possibly shortened to a month or a year, or "" when not known. `as_of` is the newest day
    for which we know that the source said this.
    """

    id: str
    title: str
    publisher: str
    kind: str
    url: str = ""
    url_verified: bool = False
    published: str = ""
    as_of: str = ""

    @property
    def link(self) -> str:
        """The address a reader may be sent to, or "" when nobody has seen it printed."""
        return self.url if self.url_verified else ""


@dataclass(frozen=True)
class Standing:
    """Where a program stood from the day `since` (ISO) on. `note` is one sentence that says so and was true then."""

    standing: str
    since: str
    note: str


@dataclass(frozen=True)
class Program:
    """A pathway, rule or service that people ask about by name, with its standing: "" for a subject, such as fees, that is neither open nor
    closed. `history` holds the earlier ones, oldest first, and `ahead` those that are known beforehand, as of a day that is still to come.
    `part_of`: the program whose rules hold for this one too."""

    id: str
    name: str
    standing: str
    since: str
    as_of: str
    source: str
    replaced_by: str = ""
    part_of: str = ""
    glance: bool = False
    aliases: tuple[str, ...] = ()
    note: str = ""
    history: tuple[Standing, ...] = ()
    ahead: tuple[Standing, ...] = ()

    @property
    def foreseen(self) -> bool:
        """Whether its standing was known before it began: what is written of the program is older."""
        return bool(self.since) and self.as_of < self.since


@dataclass(frozen=True)
class Correction:
    """A statement that circulates and is wrong or out of date, and what is right.

    `match` are patterns of a sentence that says it; `match_affirmed` are looser ones, which count only in a sentence that neither
    denies nor limits.
    """

    id: str
    program: str
    wrong: tuple[str, ...]
    match: tuple[Pattern, ...]
    right: str
    since: str
    source: str
    as_of: str
    match_affirmed: tuple[Pattern, ...] = ()

    @cached_property
    def needs(self) -> tuple[Needs, ...]:
        """What each of the patterns needs in a sentence."""
        return tuple(pattern.needs for pattern in (*self.match, *self.match_affirmed))

    @cached_property
    def words(self) -> tuple[str, ...]:
        """In lower case, stretches of which one stands in every sentence that contradicts: without them none of the patterns is tried."""
        return tuple(dict.fromkeys(word for pattern in (*self.match, *self.match_affirmed) for word in pattern.words))

    def contradicts(self, sentence: str) -> bool:
        """Whether the sentence says the wrong thing, by the correction's own patterns. A question says nothing, and a sentence that
        calls a statement wrong does not make it."""
        lower = lowered(sentence)
        for word in self.words:  # not any(), which takes three times as long: this runs for every correction on every sentence
            if word in lower:
                break
        else:
            return False
        said = any(pattern.search(sentence) for pattern in self.match)
        if not said and any(pattern.search(sentence) for pattern in self.match_affirmed):
            said = _LIMITED.search(sentence) is None
        return said and _DISTANCED.search(sentence) is None


@dataclass(frozen=True)
class Value:
    """What one source gives in a disagreement, as a sentence that can be quoted alone and names the source. `match` are patterns of a
    sentence that gives this value."""

    source: str
    as_of: str
    says: str
    match: tuple[Pattern, ...]


@dataclass(frozen=True)
class Disagreement:
    """Two or more sources that give different values for the same thing. The first value has authority; `because` is the sentence
    that says so. `about` names the matter in a few words, `asked` how people ask for it."""

    id: str
    program: str
    about: str
    asked: tuple[str, ...]
    because: str
    values: tuple[Value, ...]

    def given_by(self, sentence: str) -> Value | None:
        """The value that a sentence gives, by the values' own patterns; None when it gives none or tells of several."""
        given = [value for value in self.values if any(pattern.search(sentence) for pattern in value.match)]
        return given[0] if len(given) == 1 else None


@dataclass(frozen=True)
class Branch:
    """One thing that a short question can mean. `when` names it in the words that open what is said for it, `asks` is the question as
    it is asked in full, `says` are words of a reply that mean it, and `passage` is the id of the section whose first sentence answers."""

    when: str
    asks: str
    says: tuple[str, ...]
    passage: str


@dataclass(frozen=True)
class Split:
    """A question that has no answer before one thing is known: `question` asks for it. A message is this question when it holds a word
    of each group in `needs` and, besides, nothing but the words of `may`."""

    id: str
    question: str
    needs: tuple[tuple[str, ...], ...]
    may: tuple[str, ...]
    branches: tuple[Branch, ...]


@dataclass(frozen=True)
class Term:
    """A word of the field with its abbreviations and everyday forms. `broader`: a text about these is about this too."""

    long: str
    short: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A heading with the text under it. `headings` is the path from the document's title down, without the title. `origin` says whose
    words these are where they are not those of the document's origin. `no_verdict`: those of `asked` that it answers, but not with the
    yes or no that it opens with."""

    headings: tuple[str, ...]
    text: str
    line: int = 0
    asked: tuple[str, ...] = ()
    no_verdict: tuple[str, ...] = ()
    program: str = GENERAL
    as_of: str = ""
    valid_from: str = ""
    valid_until: str = ""
    unknown: bool = False
    sources: tuple[str, ...] = ()
    origin: str = ""


@dataclass(frozen=True)
class Document:
    """The text of one source. `origin` says whose words it holds: "brief" (ours), "file" or "page" (the source's own)."""

    source: Source
    title: str
    language: str
    origin: str
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Passage:
    """A piece of a document that can be cited. `position` counts passages of its document from 0.

    `kind` is "section" for document text, "standing" for a program's note, "correction" for what is right and "disagreement" for what
    one of several sources says: the last three are registered by us, always in the index, and never found by search. `no_verdict` is
    as in Section.
    """

    id: str
    source_id: str
    title: str
    headings: tuple[str, ...]
    text: str
    position: int = 0
    program: str = GENERAL
    as_of: str = ""
    language: str = "en"
    origin: str = "brief"
    kind: str = "section"
    asked: tuple[str, ...] = ()
    no_verdict: tuple[str, ...] = ()
    valid_from: str = ""
    valid_until: str = ""
    unknown: bool = False
    corroborated_by: tuple[str, ...] = field(default=())

    @property
    def heading(self) -> str:
        return self.headings[-1] if self.headings else self.title

    @property
    def questions(self) -> tuple[str, ...]:
        """Its own heading and the ways it is asked for, each of which has a row in the index, in this order."""
        return (*self.headings[-1:], *self.asked)

    def ran_out(self, day: str) -> bool:
        """Whether it was written of a rule that still held, which has ended by this ISO day. What was known true on its last day tells of
        its end, and is history."""
        return "" < self.as_of < self.valid_until < day


def is_date(text: object) -> bool:
    """Whether this is the text of an ISO date, month or year that exists, or empty (not known)."""
    if not isinstance(text, str) or (text and not _ISO.fullmatch(text)):
        return False
    try:
        return text == "" or date.fromisoformat(f"{text}-01-01"[:10]) is not None
    except ValueError:
        return False
