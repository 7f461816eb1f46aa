"""What changed between two versions of the corpus: passages added, removed and reworded, with their numbers and dates picked out, and
what rests on them.

`northbound corpus diff` calls `changes` with the passages of two index builds, or of the pages held on a day and of those held now
(`pages_since`), `affected` with what is known to rest on passages, and prints `report`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rapidfuzz import fuzz

from corpus.errors import CorpusError
from corpus.merge import Withdrawn, merged
from corpus.model import GENERAL, Document, Passage, Source
from corpus.pages import Snapshot, fetched_sources, held_on, latest, page_document, read_snapshot
from corpus.passages import passages
from corpus.registry import Registry
from corpus.values import values

_ALIKE = 60.0  # of 100: two passages of one source that share less are two passages, not one reworded
_STILL_SAID = 90.0  # of 100: so much of a removed passage without numbers must stand elsewhere in its source
_SHOWN = 6  # of what rests on one passage
# A page that was only saved again says nothing new.
_STAMP = re.compile(
    r"\b(?:date modified|(?:page )?(?:last )?(?:updated|modified|reviewed)(?: on)?|date de modification|dernière mise à jour)\s*:?\s*"
    r"(?:\d{4}-\d\d-\d\d|(?:\w+ )?\d{1,2},?(?: \w+)?,? \d{4})",
    re.IGNORECASE,
)
# Words that can turn a rule into its opposite without any number changing.
_TURNS = re.compile(
    r"\b(?:open(?:s|ed)?|clos(?:e|es|ed|ing)|paus(?:e|es|ed)|suspend(?:s|ed)?|resum(?:e|es|ed)|end(?:s|ed)|expired?|cancel(?:led)?|repealed|"
    r"replaced|eligible|ineligible|exempt|required|optional|mandatory|not|no|never|cannot|none|without|longer|only|except|unless)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reworded:
    """One passage before and after. `gone` and `come` are the numbers and dates that only one of the two says, dates as ISO; `turned`
    the words such as "open" or "not" that only one of them says."""

    before: Passage
    after: Passage
    gone: tuple[str, ...]
    come: tuple[str, ...]
    turned: tuple[str, ...] = ()

    @property
    def matters(self) -> bool:
        """Whether an answer that rested on it may be wrong now. What we register ourselves says nothing that does not matter."""
        said = (self.gone, self.come, self.turned, self.before.program != self.after.program, self.before.kind != "section")
        return any(said)


@dataclass(frozen=True)
class Changes:
    """What changed, each in the order of the passages. `now` is all that each source of a removed passage says now."""

    added: tuple[Passage, ...]
    removed: tuple[Passage, ...]
    reworded: tuple[Reworded, ...]
    now: Mapping[str, str] = field(default_factory=dict)

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs that anything that changed is about, before or after, in alphabetical order."""
        both = (passage for one in self.reworded for passage in (one.before, one.after))
        return tuple(sorted({passage.program for passage in (*self.added, *self.removed, *both)}))

    def lost(self, removed: Passage) -> bool:
        """Whether its source no longer says what a removed passage said: one of its numbers and dates or, where it has none, its words."""
        now = self.now.get(removed.source_id, "")
        if said := values(_line(removed)):
            return not said.keys() <= values(now).keys()
        return fuzz.partial_ratio(_line(removed), now) < _STILL_SAID


Need = Callable[[str], object]  # whether a text says what is needed


@dataclass(frozen=True)
class Reliance:
    """Something that rests on passages: on the one with `passage_id` or, without it, on those of the source or about the program.

    `needs` are what it needs to be said, such as the `search` of a pattern; it is affected when a passage said one of them and does not
    any more. Without needs, it is affected by every change that matters. `kind` is in words, such as "evaluation case".
    """

    kind: str
    id: str
    source_id: str = ""
    passage_id: str = ""
    program: str = ""
    needs: tuple[Need, ...] = ()

    def rests_on(self, passage: Passage) -> bool:
        if self.passage_id:
            return self.passage_id == passage.id
        return self.source_id == passage.source_id or self.program == passage.program


Affected = Mapping[str, tuple[Reliance, ...]]  # by the id of the passage before


def registered_reliances(registry: Registry) -> list[Reliance]:
    """What our registries rest on: a program on its passages and, for its standing, on its source; a correction and each side of a
    disagreement on its source, for the numbers and dates that it gives."""
    found: list[Reliance] = []
    for program in registry.programs.values():
        if program.id != GENERAL:
            found.append(Reliance("program", program.id, program=program.id))
        found.append(Reliance("program", program.id, program.source, needs=says_values(program.note)))
    for correction in registry.corrections.values():
        found.append(
            Reliance("correction", correction.id, correction.source, program=correction.program, needs=says_values(correction.right))
        )
    for disagreement in registry.disagreements.values():
        found += [Reliance("disagreement", disagreement.id, v.source, needs=says_values(v.says)) for v in disagreement.values]
    return [reliance for reliance in found if reliance.needs or reliance.program]


def says_values(text: str) -> tuple[Need, ...]:
    """A need for each number and date of a text."""

    def need(value: str) -> Need:
        return lambda said: value in values(said)

    return tuple(need(value) for value in values(text))


def changes(before: Sequence[Passage], after: Sequence[Passage]) -> Changes:
    """Compare two versions of a corpus. Which day a passage was last known to hold, and its place among others, are no change.

    Passages are the same where source, kind, validity, program and text are. Of the rest, two of one source and kind are one reworded
    when they have one id or most of their words in common, the likest first; their ids alone do not tell, because those of repeated
    headings are numbered.
    """
    counts = Counter(map(_said, after))
    old = [p for p in before if not _taken(counts, p)]
    counts = Counter(map(_said, before))
    new = [p for p in after if not _taken(counts, p)]
    pairs = _pairs(old, new)
    paired = set(pairs.values())
    reworded = tuple(_reworded(old[o], new[n]) for o, n in sorted(pairs.items()))
    removed = tuple(p for number, p in enumerate(old) if number not in pairs)
    said: defaultdict[str, list[str]] = defaultdict(list)
    for passage in after:
        if passage.kind == "section":  # what we register ourselves holds nothing up
            said[passage.source_id].append(_line(passage))
    now = {p.source_id: "\n".join(said[p.source_id]) for p in removed}
    return Changes(tuple(p for number, p in enumerate(new) if number not in paired), removed, reworded, now)


def affected(found: Changes, reliances: Iterable[Reliance], about: Mapping[str, str] | None = None) -> Affected:
    """What rests on each passage that was removed or reworded and is no longer held up by it, once for each kind and id. `about` tells
    the program of passages that do not know it themselves, by their id."""
    reliances = list(reliances)
    hit: dict[str, tuple[Reliance, ...]] = {}
    before_and_now = [(p, found.now.get(p.source_id, ""), found.lost(p)) for p in found.removed]
    before_and_now += [(one.before, _line(one.after), one.matters) for one in found.reworded]
    for passage, now, matters in before_and_now:
        said, known = _line(passage), replace(passage, program=(about or {}).get(passage.id, passage.program))
        broken = [r for r in reliances if r.rests_on(known) and (any(n(said) and not n(now) for n in r.needs) if r.needs else matters)]
        if broken:
            hit[passage.id] = tuple({(r.kind, r.id): r for r in broken}.values())
    return hit


def summed_up(hit: Affected) -> str:
    """How much of each kind is affected, such as "1 program, 2 corrections"; "" for nothing."""
    each = {(r.kind, r.id) for some in hit.values() for r in some}
    return ", ".join(f"{n} {kind}{'s' * (n > 1)}" for kind, n in sorted(Counter(kind for kind, _ in each).items()))


@dataclass(frozen=True)
class Since:
    """The passages of the pages held on a day, those of the same sources' pages held now, which program each of the first is about where
    our brief tells, by passage id, the ids of the sources of which no page was held then, and what of their briefs the page of now
    contradicts."""

    then: tuple[Passage, ...]
    now: tuple[Passage, ...]
    about: Mapping[str, str]
    new: tuple[str, ...]
    withdrawn: tuple[Withdrawn, ...]


def pages_since(folder: Path, sources: Mapping[str, Source], briefs: Iterable[Document], day: str) -> Since:
    """What was held at the end of an ISO day and what is held now. Raises CorpusError for a snapshot that cannot be read."""
    brief_of = {brief.source.id: brief for brief in briefs}
    then: list[Passage] = []
    now: list[Passage] = []
    about: dict[str, str] = {}
    new: list[str] = []
    withdrawn: list[Withdrawn] = []
    for source in fetched_sources(folder, sources):
        held, last = held_on(folder, source, day), latest(folder, source)
        brief = brief_of.get(source.id)
        if held is None and last is not None:
            new.append(source.id)
            page = page_document(source, last)
            withdrawn += merged(brief, page).withdrawn if page and brief else ()
        elif held is not None and last is not None:
            then += _passages(source, held)
            now += _passages(source, last)
            page = page_document(source, held)
            if page and brief:
                about |= {p.id: p.program for p in passages([merged(brief, page).document]) if p.origin == "page" and p.program != GENERAL}
    return Since(tuple(then), tuple(now), about, tuple(new), tuple(withdrawn))


def snapshot_passages(path: Path, sources: Mapping[str, Source]) -> list[Passage]:
    """The passages of one snapshot file. Raises CorpusError for one that cannot be read or is not in a registered source's folder."""
    source = sources.get(path.parent.name)
    if source is None:
        raise CorpusError(f"{path}: {path.parent.name!r} is no registered source; name a snapshot such as HOME/pages/SOURCE_ID/….json")
    return _passages(source, read_snapshot(path))


def report(found: Changes, hit: Affected) -> Iterator[str]:
    """The changes as lines for a terminal: `-` for what was said, `+` for what is said now, and what rests on it."""
    for passage in found.removed:
        where = "" if found.lost(passage) else "; its source still says so elsewhere"
        yield from (f"removed {passage.id}{where}", f"  - {_line(passage)}", *_resting(passage, hit))
    for one in found.reworded:
        yield f"reworded {one.after.id}"
        if one.gone or one.come:
            yield f"  numbers and dates: {', '.join(one.gone) or 'none'} -> {', '.join(one.come) or 'none'}"
        if one.turned:
            yield f"  only one of them says: {', '.join(one.turned)}"
        if one.before.program != one.after.program:
            yield f"  program: {one.before.program} -> {one.after.program}"
        yield from (f"  - {_line(one.before)}", f"  + {_line(one.after)}", *_resting(one.before, hit))
    for passage in found.added:
        yield from (f"added {passage.id}", f"  + {_line(passage)}")
    if not (found.removed or found.reworded or found.added):
        yield "no passage changed"
        return
    yield f"about: {', '.join(found.programs)}"
    told = sum(bool(one.gone or one.come) for one in found.reworded)
    yield (
        f"{len(found.removed)} removed, {len(found.reworded)} reworded ({told} with other numbers or dates), {len(found.added)} added; "
        + (f"to be read again: {summed_up(hit)}" if hit else "nothing that is relied on changed")
    )


def _resting(passage: Passage, hit: Affected) -> Iterator[str]:
    named: defaultdict[str, list[str]] = defaultdict(list)
    for reliance in hit.get(passage.id, ()):
        named[reliance.kind].append(reliance.id)
    for kind, ids in sorted(named.items()):
        more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
        yield f"  {kind}{'s' * (len(ids) > 1)} resting on it: {', '.join(ids[:_SHOWN])}{more}"


def _passages(source: Source, snapshot: Snapshot) -> list[Passage]:
    document = page_document(source, snapshot)
    return passages([document]) if document else []


def _said(passage: Passage) -> tuple[object, ...]:
    return (passage.source_id, passage.kind, passage.program, passage.valid_from, passage.valid_until, passage.unknown, passage.text)


def _taken(counts: Counter[tuple[object, ...]], passage: Passage) -> bool:
    """Whether the other side says this too; each of its passages answers for one."""
    said = _said(passage)
    counts[said] -= 1
    return counts[said] >= 0


def _pairs(old: Sequence[Passage], new: Sequence[Passage]) -> dict[int, int]:
    """Which of the old passages became which of the new, by their places."""
    of_source: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number, passage in enumerate(new):
        of_source[passage.source_id, passage.kind].append(number)
    scored = [
        (fuzz.ratio(before.text, new[n].text) + 20 * (before.id == new[n].id), o, n)
        for o, before in enumerate(old)
        for n in of_source[before.source_id, before.kind]
    ]
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for score, o, n in sorted(scored, key=lambda row: (-row[0], row[1], row[2])):
        if o not in pairs and n not in taken and (score >= _ALIKE or old[o].id == new[n].id):
            pairs[o] = n
            taken.add(n)
    return pairs


def _reworded(before: Passage, after: Passage) -> Reworded:
    was, now = (values(_STAMP.sub("", _line(passage))) for passage in (before, after))
    turned = _turns(before.text) ^ _turns(after.text)
    return Reworded(before, after, _sorted(was - now), _sorted(now - was), tuple(sorted(turned)))


def _turns(text: str) -> set[str]:
    return {word.lower() for word in _TURNS.findall(text)}


def _sorted(counts: Counter[str]) -> tuple[str, ...]:
    return tuple(sorted(counts))


def _line(passage: Passage) -> str:
    """The passage's text on one line, with how long it holds."""
    dates: Iterable[str] = (
        f"from {passage.valid_from}" * bool(passage.valid_from),
        f"until {passage.valid_until}" * bool(passage.valid_until),
    )
    holds = " ".join(filter(None, dates))
    return " ".join(passage.text.split()) + (f" [holds {holds}]" if holds else "")
