"""For support staff: a reply to a client's message, and the journal to take away. `northbound desk` and bot/staff.py call it.

    message -> split -> Bot.answer for each question -> Draft -> one of FORMATS
    journal -> one of EXPORTS

A draft is worded by the same chain as every other answer; here its answers only get one list of sources and a list of what to check.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Protocol
from urllib.parse import quote

from bot.answer import Answer, Citation, Turn
from bot.gaps import WEAK
from bot.journal import COLUMNS, Row
from bot.messages import Asked, split
from bot.privacy import mask
from bot.wording import long_date
from corpus.errors import RequestError

MAX_MESSAGE = 50_000  # characters
OPENING = "Thank you for your message. Below are your questions and what our sources say."
CLOSING = "This is information from named sources, not legal advice."


class Answers(Protocol):
    """What the desk asks of a bot."""

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "") -> Answer: ...


@dataclass(frozen=True)
class Part:
    """One question of the message, masked, and its answer. `text` is the answer with its marks numbered through the whole reply."""

    asked: Asked
    answer: Answer
    text: str


@dataclass(frozen=True)
class Draft:
    """A reply to paste. `sources` are cited by their place, from 1; `checks` are for staff and not part of the reply."""

    parts: tuple[Part, ...]
    sources: tuple[Citation, ...]
    checks: tuple[str, ...]


def draft(message: str, bot: Answers) -> Draft:
    """Answer every question of a client's message, with the story in front of it as what was said before. One that refers back also gets
    the questions before it and their answers; others do not, since a message jumps between subjects more than a conversation does.

    Raises RequestError for a message that is empty or longer than MAX_MESSAGE characters.
    """
    if not message.strip():
        raise RequestError("the message is empty; give the client's message")
    if len(message) > MAX_MESSAGE:
        raise RequestError(f"the message has {len(message):,} characters; at most {MAX_MESSAGE:,} are read: draft it in parts")
    questions, unasked = split(mask(message))
    turns: list[Turn] = []
    parts: list[Part] = []
    sources: dict[tuple[str, str, str], tuple[int, Citation]] = {}
    for asked in questions:
        story = [Turn(role="user", content=asked.story)] if asked.story else []
        answer = bot.answer(asked.question, [*turns, *story] if _REFERS.search(asked.question) else story)
        if answer.status == "clarify" and turns:  # what stands before it in the message may tell
            answer = bot.answer(asked.question, [*turns, *story])
        turns += [*story, Turn(role="user", content=answer.question), Turn(role="assistant", content=answer.answer)]
        if answer.status == "smalltalk" and len(questions) > 1:
            continue
        for c in answer.citations:
            sources.setdefault(_same(c), (len(sources) + 1, c))
        numbers = {c.number: sources[_same(c)][0] for c in answer.citations}
        parts.append(Part(asked, answer, _renumbered(answer, numbers)))
    return Draft(tuple(parts), tuple(c for _, c in sources.values()), tuple(_checks(parts, unasked, masked=mask(message) != message)))


def as_text(draft: Draft) -> str:
    lines = ["Hello,", "", OPENING, ""]
    for number, part in enumerate(draft.parts, 1):
        lines += [f"{number}. {part.asked.question}", "", part.text, ""]
    if draft.sources:
        lines += ["Sources", ""]
        lines += [f"[{n}] {_source(c)}{f'{chr(10)}    {c.url}' if c.url else ''}" for n, c in enumerate(draft.sources, 1)]
        lines.append("")
    return "\n".join([*lines, CLOSING])


def as_markdown(draft: Draft) -> str:
    lines = ["Hello,", "", OPENING, ""]
    for number, part in enumerate(draft.parts, 1):
        lines += [f"**{number}. {_md(part.asked.question)}**", "", _md(part.text).replace("\n", "  \n").replace("  \n  \n", "\n\n"), ""]
    if draft.sources:
        lines += ["**Sources**", ""]
        for n, c in enumerate(draft.sources, 1):
            link = f" <{quote(c.url, safe=_URL_SIGNS)}>" if _is_web(c.url) else ""
            lines.append(f"{n}. {_md(_source(c))}{link}")
        lines.append("")
    return "\n".join([*lines, CLOSING])


def as_html(draft: Draft) -> str:
    lines = ["<p>Hello,</p>", f"<p>{OPENING}</p>"]
    for number, part in enumerate(draft.parts, 1):
        lines.append(f"<p><strong>{number}. {escape(part.asked.question)}</strong></p>")
        lines += [f"<p>{escape(text).replace(chr(10), '<br>')}</p>" for text in part.text.split("\n\n")]
    if draft.sources:
        lines += ["<p><strong>Sources</strong></p>", "<ol>"]
        for c in draft.sources:
            link = f' <a href="{escape(c.url)}">{escape(c.url)}</a>' if _is_web(c.url) else ""
            lines.append(f"<li>{escape(_source(c))}{link}</li>")
        lines.append("</ol>")
    return "\n".join([*lines, f"<p>{CLOSING}</p>"])


FORMATS: dict[str, Callable[[Draft], str]] = {"text": as_text, "markdown": as_markdown, "html": as_html}


def as_csv(rows: Iterable[Row]) -> str:
    """With a line of names; passages are separated by spaces. A cell that a spreadsheet would take for a formula starts with '."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        cells = {**asdict(row), "passages": " ".join(row.passages)}
        writer.writerow([f"'{v}" if isinstance(v, str) and v.startswith(("=", "+", "-", "@", "\t", "\r")) else v for v in cells.values()])
    return file.getvalue()


def as_jsonl(rows: Iterable[Row]) -> str:
    return "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)


EXPORTS: dict[str, Callable[[Iterable[Row]], str]] = {"csv": as_csv, "jsonl": as_jsonl}


_REFERS = re.compile(
    r"\b(?:it|its|that|this|they|them|their|these|those|same|one|ones|he|she|him|her)\b"
    r"|^(?:and|also|so|but|then|ok)?\W*(?:what|wat|wht|how) about\b|^(?:and|then)\b(?:\W+\w+){1,5}\W*$",
    re.IGNORECASE,
)


def _renumbered(answer: Answer, numbers: dict[int, int]) -> str:
    """The answer's text with the numbers of the reply. Marks are found behind their claims: a quote may hold brackets of its own."""
    out, at = "", 0
    for claim in answer.claims:
        for number in claim.citations:
            mark = f"{claim.said} [{number}]"
            found = answer.answer.find(mark, at)
            if found >= 0:
                out += answer.answer[at:found] + f"{claim.said} [{numbers[number]}]"
                at = found + len(mark)
    return out + answer.answer[at:]


_UNANSWERED = {
    "not_found": "our sources do not answer it",
    "out_of_scope": "it was taken to be about something else",
    "refused": "it was refused",
    "advice": "it asks for an outcome or for advice: a licensed consultant or lawyer must say",
    "clarify": "it is not clear which program it is about: ask the client",
}


def _checks(parts: Sequence[Part], unasked: Sequence[str], masked: bool) -> list[str]:
    """What to look at before sending; the same remark on several questions is one line."""
    remarks: dict[str, list[int]] = {}
    for number, part in enumerate(parts, 1):
        answer = part.answer
        found = [_UNANSWERED[answer.status]] if answer.status in _UNANSWERED else []
        if answer.claims and (read := _read_as(part)):
            found.append(f'read together with what stands before it, as "{read}"')
        if answer.claims and max(claim.support for claim in answer.claims) < WEAK:
            found.append("its best sentence is weakly supported: read the source")
        found += [
            f"{p.name}: {p.standing}{f' since {long_date(p.since)}' if p.since else ''}{f', as of {long_date(p.as_of)}' if p.as_of else ''}"
            for p in answer.programs
            if p.standing != "open"
        ]
        for remark in (*found, *answer.caveats):
            remarks.setdefault(remark, []).append(number)
    lines = [f"question{'s' if len(n) > 1 else ''} {', '.join(map(str, n))}: {remark}" for remark, n in remarks.items()]
    if masked:
        lines.append("personal numbers in the message were masked; put none into the reply")
    if unasked:
        lines.append(f"left out, since no question was seen in it: {' '.join(unasked)[:300]}")
    return lines


def _read_as(part: Part) -> str:
    """What a follow-up was taken to mean, or "" where it was answered as it stands."""
    alone, typed = (re.sub(r"\W+", " ", t).strip().lower() for t in (part.answer.standalone_question, part.answer.question))
    return " ".join(part.answer.standalone_question.split())[:200] if alone != typed else ""


def _same(c: Citation) -> tuple[str, str, str]:
    """What makes two citations one line of the sources: one page may speak of an open and of a closed program, at two dates."""
    return c.source_id, c.as_of, c.standing


def _source(c: Citation) -> str:
    standing = f", {c.standing}" if c.standing else ""
    dates = [f"published {long_date(c.published)}" if c.published else "", f"as of {long_date(c.as_of)}" if c.as_of else "no date"]
    return f"{c.publisher} ({c.kind}{standing}): {c.title}; {', '.join(filter(None, dates))}"


_URL_SIGNS = "%:/?#[]@!$&'()*+,;=~"  # what an address may hold as it is


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://"))


def _md(text: str) -> str:
    """Without anything that Markdown would read as markup; our own marks stay."""
    return re.sub(r"\\\[(\d+)\\\]", r"[\1]", re.sub(r"([\\`*_<>\[\]|&#])", r"\\\1", text))
