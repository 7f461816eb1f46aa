"""A source's own page and our brief of it as one document: the page speaks, the brief is its fallback.

`bot/documents.py` asks `spoken` for the documents to index, `northbound corpus refresh` for what of the briefs no longer stands.

Each sentence of the brief is looked for on the page, by its words and by its numbers and dates:

    the page says it            the page's passage speaks; it takes over the questions that the brief's section was written for
    the page says otherwise     the same matter with another number or date, or one that an earlier wording of the page still had: the whole
                                section is withdrawn and told, and the passage of the page takes over its questions
    the page does not speak of it   the sentence stays, as our words
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import Stemmer

from corpus.model import GENERAL, Document, Section, Source
from corpus.pages import fetched_sources, page_document, snapshots
from corpus.passages import passages
from corpus.sentences import Span, spans
from corpus.values import bare_values, sort_of, without_values

# Shares of a sentence's words, weighed by how rare they are on the page, that a passage or a sentence of the page must hold.
SAYS = 0.45  # with every number and date of the sentence
SAYS_WITHOUT_FIGURES = 0.65
OTHERWISE = 0.65  # for one sentence of the page with another number
MUTUAL = 0.5  # of that sentence's own words, unweighed, that the brief's must hold

_STOP = frozenset(
    "a an the of in on at to for from by with without and or nor but as is are was were be been being has have had do does did can "
    "could may might must shall should will would it its this that these those there their they he she who whom which what when where "
    "how why if than then so such no not only also any all each every more most other some into out up over under between after before "
    "until since while about per you your we our i canadian us dollar dollars cad usd".split()
)
# A page's table of fees says "fee" where our sentences say "costs" or "pays".
_PRICES = dict.fromkeys("cost costs costing pay pays paid price prices charge charges charged amount amounts fees".split(), "fee")
_DATE = r"(?:\d{1,2} )?(?:(?:January|February|March|April|May|June|July|August|September|October|November|December) )?\d{4}"
# The day on which we read something is ours and never the page's.
_SEEN = re.compile(
    rf"\b(?:as of|as at|up to|by|seen on|known on|of)(?: the pages?)?(?: seen)?(?: up to)? {_DATE}(?: and {_DATE})?(?=[\s.,;:]*$|,)"
    rf"|\b(?:pages?|articles?|tool|newsletter|as copied on|as of|seen up to|pages of)(?: of| on)? {_DATE}(?: and {_DATE})?"
)


@dataclass(frozen=True)
class Withdrawn:
    """A section of a brief that no longer stands. `says` is its sentence, `line` where the section begins in the brief, `page` what the
    page says instead, "" where it says nothing of it any more."""

    source_id: str
    line: int
    heading: str
    says: str
    page: str

    def __str__(self) -> str:
        instead = f"the page now says: {self.page}" if self.page else "the page no longer does"
        return f"{self.source_id}.md, line {self.line}: withdrawn: {self.heading!r} says: {self.says} But {instead}"


@dataclass(frozen=True)
class Merged:
    """A document to index, and what of the brief was left out because the page says otherwise."""

    document: Document
    withdrawn: tuple[Withdrawn, ...] = ()


def spoken(briefs: Iterable[Document], folder: Path, sources: Mapping[str, Source]) -> list[Merged]:
    """One document for each source: its brief, its page, or both as one. The briefs' order, then pages without a brief."""
    pages: dict[str, list[Document]] = {}
    for source in fetched_sources(folder, sources):
        made = [page_document(source, snapshot) for snapshot in snapshots(folder, source)]
        if documents := [document for document in made if document is not None]:
            pages[source.id] = documents
    merges = [merged(brief, held[-1], held[:-1]) if (held := pages.pop(brief.source.id, [])) else Merged(brief) for brief in briefs]
    return [*merges, *(Merged(held[-1]) for held in pages.values())]


def merged(brief: Document, page: Document, earlier: Sequence[Document] = ()) -> Merged:
    """The page cut into passages, then what it leaves of the brief, as one document of the page's source. `earlier` are older wordings
    of the page."""
    read, before = _Page(page), [_Page(document) for document in earlier]
    known = Counter(value for section in brief.sections for value in bare_values(section.text))
    withdrawn: list[Withdrawn] = []
    left: list[Section] = []
    taken: dict[int, list[Section]] = {}  # the sections whose questions a passage takes over, by its place
    for section in brief.sections:
        found = [(span, _looked_up(section.text[span.start : span.end], read, before, known)) for span in spans(section.text)]
        claims = [(span, place) for span, place in found if span.kind != "lead"]
        if not claims:
            left.append(replace(section, origin=brief.origin))
            continue
        wrong = next(((span, place) for span, place in claims if place.otherwise), None)
        first = wrong[1] if wrong else claims[0][1]
        if first.passage is not None:
            taken.setdefault(first.passage, []).append(section)
        if wrong:
            span, place = wrong
            withdrawn.append(
                Withdrawn(brief.source.id, section.line, section.headings[-1], section.text[span.start : span.end], place.sentence)
            )
            continue
        kept = {span for span, place in claims if place.passage is None}
        if kept:
            asked = section.asked if first.passage is None else ()
            left.append(replace(section, text=_without(section.text, [s for s, _ in found], kept), asked=asked, origin=brief.origin))
    spoken_by_page = [_asked_for(section, taken.get(number, [])) for number, section in enumerate(read.sections)]
    return Merged(replace(page, sections=(*spoken_by_page, *left)), tuple(withdrawn))


@dataclass(frozen=True)
class _Place:
    """Where on the page a sentence of the brief stands: the passage's place, None for nowhere. `otherwise`: it says something else
    there, or an earlier wording said it and this one does not; `sentence` is what it says."""

    passage: int | None = None
    otherwise: bool = False
    sentence: str = ""


class _Page:
    """A page as passages and sentences, each with its words and figures."""

    def __init__(self, document: Document) -> None:
        self.sections = [Section(p.headings, p.text) for p in passages([document])]
        self._stem = Stemmer.Stemmer("french" if document.language == "fr" else "english").stemWords
        self.values = [bare_values("\n".join((*s.headings, s.text))) for s in self.sections]
        self.all_values = set().union(*self.values)
        self.words = [self.words_of("\n".join((*s.headings, s.text))) for s in self.sections]
        self.sentences = [
            (number, text, self.words_of(text), self.words_of("\n".join((*section.headings, text))), bare_values(text))
            for number, section in enumerate(self.sections)
            for text in (section.text[span.start : span.end] for span in spans(section.text))
        ]
        self._holding = Counter(word for words in self.words for word in words)

    def words_of(self, text: str) -> frozenset[str]:
        plain = re.sub(r"\bh-?1-?b\b", "h1b", without_values(text).lower())
        words = [_PRICES.get(word, word) for word in re.findall(r"[^\W\d_](?:-?\w)*", plain) if word not in _STOP and len(word) > 1]
        return frozenset(self._stem(words))

    def tells_of(self, year: str) -> bool:
        return any(value.startswith(year) for value in self.all_values)

    def weights(self, text: str) -> dict[str, float]:
        """The words of a text, each with its share of the whole text's weight: the rarer on the page, the more."""
        heavy = {word: math.log(1 + len(self.words) / (self._holding[word] or 1)) for word in self.words_of(text)}
        whole = sum(heavy.values()) or 1.0
        return {word: weight / whole for word, weight in heavy.items()}


def _share(weights: Mapping[str, float], held: frozenset[str]) -> float:
    """How much of the weighed words are held, 0 to 1."""
    return sum(weight for word, weight in weights.items() if word in held)


def _looked_up(says: str, page: _Page, earlier: Sequence[_Page], known: Counter[str]) -> _Place:
    text = _SEEN.sub(" ", says)
    if (passage := _said_by(text, page)) is not None:
        return _Place(passage)
    if (other := _said_otherwise(text, page, known)) is not None:
        return other
    gone = {value for value in bare_values(text) if value not in page.all_values and not (_is_year(value) and page.tells_of(value))}
    if gone and any(_said_by(text, before) is not None for before in earlier):
        return _Place(_nearest(text, page), otherwise=True)
    return _Place()


def _said_by(text: str, page: _Page) -> int | None:
    """The passage that says this, with every value of it; a year alone may stand anywhere on the page."""
    weights, values = page.weights(text), {value for value in bare_values(text) if not (_is_year(value) and page.tells_of(value))}
    least = SAYS if any(map(_is_telling, values)) else SAYS_WITHOUT_FIGURES
    best = max(
        ((_share(weights, words), -number) for number, words in enumerate(page.words) if values <= page.values[number].keys()),
        default=(0.0, 0),
    )
    return -best[1] if best[0] >= least else None


def _said_otherwise(text: str, page: _Page, known: Counter[str]) -> _Place | None:
    """A sentence of the page on the same matter with another value: the page nowhere has the brief's, the brief nowhere the page's. What
    else the two say in figures is the same: another row of the same table is another matter."""
    weights, values = page.weights(text), bare_values(text).keys()
    gone = {value for value in values if value not in page.all_values}
    if not all(map(_is_telling, gone)):  # "for 2 people" where the page has no 2: the sentence is about what the page leaves out
        return None
    sorts = Counter(map(sort_of, gone))
    best, place = OTHERWISE, None
    for number, sentence, own, words, said in page.sentences:
        new = Counter(sort_of(value) for value in said if value not in known and _is_telling(value))
        instead = any(new[sort] == count for sort, count in sorts.items())
        mutual = len(weights.keys() & own) >= MUTUAL * len(own)
        if instead and mutual and values - gone <= said.keys() and (share := _share(weights, words)) >= best:
            best, place = share, _Place(number, otherwise=True, sentence=sentence)
    return place


def _is_telling(value: str) -> bool:
    """Whether a value is rarely the same by chance: no year alone and no small number without a unit."""
    return not _is_year(value) and not (value.isdecimal() and int(value) <= 12)


def _is_year(value: str) -> bool:
    return re.fullmatch(r"(?:19|20)\d\d", value) is not None


def _nearest(text: str, page: _Page) -> int | None:
    """The passage that is most about this, if one is."""
    weights = page.weights(text)
    share, number = max(((_share(weights, words), -number) for number, words in enumerate(page.words)), default=(0.0, 0))
    return -number if share >= SAYS else None


def _without(text: str, all_spans: Sequence[Span], kept: set[Span]) -> str:
    """The text with only the kept sentences and items, and the leads of what is left of their lists."""
    lines: list[str] = []
    lead = ""
    for span in all_spans:
        said = text[span.start : span.end]
        if span.kind == "lead":
            lead = said
        elif span in kept:
            if span.kind == "item":
                lines += [lead] * bool(lead)
                lead = ""
            lines.append(f"- {said}" if span.kind == "item" else said)
        if span.kind == "sentence":
            lead = ""
    return "\n".join(lines)


def _asked_for(section: Section, taken: Sequence[Section]) -> Section:
    """A passage of the page with the questions that it answers, and what the brief's sections agree on about them."""
    if not taken:
        return section
    questions = (question for other in taken for question in (other.headings[-1], *other.asked))
    programs, froms, untils = ({getattr(other, name) for other in taken} for name in ("program", "valid_from", "valid_until"))
    return replace(
        section,
        asked=tuple(dict.fromkeys(questions)),
        program=programs.pop() if len(programs) == 1 else GENERAL,
        valid_from=froms.pop() if len(froms) == 1 else "",
        valid_until=untils.pop() if len(untils) == 1 else "",
        sources=tuple(dict.fromkeys(source for other in taken for source in other.sources)),
    )
