"""Cut documents into passages that can be cited: a question with its answer, a list with its lead-in, a heading path with its text."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from corpus.model import Document, Passage, Section, Standing

if TYPE_CHECKING:
    from corpus.registry import Registry

# About 190 word pieces: with its title and heading a passage stays inside MiniLM's window of 256.
MAX_WORDS = 130
# Running prose is cut finer: two passages of it make an answer that is read in one breath. Of the five articles' questions, the two best
# passages hold the answer for 80 % at 60 words a passage, in 95 words, against 89 % in 196 words at 130 (docs/decisions/0004).
PROSE_WORDS = 60


def passages(documents: Iterable[Document]) -> list[Passage]:
    """Passages of all documents, in order. An id is stable while its source and heading are: `source#heading`, then `-2`, `-3`."""
    found: list[Passage] = []
    for document in documents:
        seen: Counter[str] = Counter()
        position = 0
        for section in document.sections:
            for text in _pieces(section.text, MAX_WORDS if (section.origin or document.origin) == "brief" else PROSE_WORDS):
                slug = slugify(section.headings[-1] if section.headings else document.title) or "text"
                seen[slug] += 1
                suffix = f"-{seen[slug]}" if seen[slug] > 1 else ""
                found.append(_passage(document, section, text, f"{document.source.id}#{slug}{suffix}", position))
                position += 1
    return found


def registered(registry: Registry) -> list[Passage]:
    """The passages that standings, corrections and disagreements are cited from. They belong to every index, whatever documents it
    holds."""

    def passage(
        source: str, name: str, heading: str, text: str, program: str, as_of: str, kind: str, asked: tuple[str, ...] = ()
    ) -> Passage:
        title = registry.sources[source].title
        return Passage(f"{source}#{name}", source, title, (heading,), text, program=program, as_of=as_of, kind=kind, asked=asked)

    found: list[Passage] = []
    for program in registry.programs.values():
        heading = f"Where the {program.name} stands"
        if program.note:
            found.append(passage(program.source, standing_name(program.id), heading, program.note, program.id, program.as_of, "standing"))
        for other in (*program.history, *program.ahead):
            name = standing_name(program.id, other)
            as_of = program.as_of if other in program.ahead else other.since or program.as_of
            found.append(passage(program.source, name, heading, other.note, program.id, as_of, "standing"))
    for c in registry.corrections.values():
        heading = "A statement that circulates, corrected"
        found.append(passage(c.source, f"correction-{c.id}", heading, c.right, c.program, c.as_of, "correction", c.wrong))
    for d in registry.disagreements.values():
        for place, value in enumerate(d.values):
            text = value.says if place else f"{value.says} {d.because}"
            heading, name = f"Where sources differ: {d.about}", disagreement_name(d.id, place)
            asked = () if place else d.asked
            found.append(passage(value.source, name, heading, text, d.program, value.as_of, "disagreement", asked))
    return found


def standing_name(program: str, other: Standing | None = None) -> str:
    """The part after "#" of the id of a program's standing note, or of an earlier or a coming one's."""
    return f"standing-{program}" + (f"-{other.since or 'before'}" if other else "")


def disagreement_name(disagreement: str, place: int) -> str:
    """The part after "#" of the id of what one side says; place 0 has authority."""
    return f"disagreement-{disagreement}-{place + 1}"


def slugify(text: str) -> str:
    """Lower-case ASCII words joined by hyphens, at most 60 characters, for ids."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")


def _passage(document: Document, section: Section, text: str, passage_id: str, position: int) -> Passage:
    return Passage(
        id=passage_id,
        source_id=document.source.id,
        title=document.title,
        headings=section.headings,
        text=text,
        position=position,
        program=section.program,
        as_of=section.as_of or document.source.as_of,
        language=document.language,
        origin=section.origin or document.origin,
        asked=section.asked,
        no_verdict=section.no_verdict,
        valid_from=section.valid_from,
        valid_until=section.valid_until,
        unknown=section.unknown,
        corroborated_by=section.sources,
    )


def _pieces(text: str, limit: int) -> Iterator[str]:
    """Pack blocks (a paragraph, or a lead-in with its list) up to `limit` words; a list longer than MAX_WORDS repeats its lead-in in
    each piece."""
    held: list[str] = []
    words = 0
    for block in _blocks(text):
        size = len(block.split())
        if held and words + size > limit:
            yield "\n".join(held)
            held, words = [], 0
        held.append(block)
        words += size
    if held:
        yield "\n".join(held)


def _blocks(text: str) -> Iterator[str]:
    lines = [line for line in text.split("\n") if line.strip()]
    at = 0
    while at < len(lines):
        end = at + 1
        if lines[at].rstrip().endswith(":") or _is_item(lines[at]):
            while end < len(lines) and _is_item(lines[end]):
                end += 1
        yield from _split_list(lines[at:end])
        at = end


def _split_list(lines: list[str]) -> Iterator[str]:
    lead = [] if _is_item(lines[0]) else lines[:1]
    items = lines[len(lead) :]
    held: list[str] = []
    for item in items:
        if held and sum(len(line.split()) for line in (*lead, *held, item)) > MAX_WORDS:
            yield "\n".join((*lead, *held))
            held = []
        held.append(item)
    yield "\n".join((*lead, *held))


def _is_item(line: str) -> bool:
    return re.match(r"\s*(?:[-*•–]|\d{1,2}[.)])\s+", line) is not None
