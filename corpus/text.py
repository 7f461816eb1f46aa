"""Plain text and Markdown become a title and sections. Every reader ends here: the others first make Markdown of what they read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from corpus.cleaning import clean
from corpus.model import GENERAL, Section
from corpus.tables import row_lines

_HEADING_WORDS = 14
_QUESTION_WORDS = 20
_CHILD_WORDS = 45
_CHILD_HEADING_WORDS = 6
# Text that was wrapped by hand: lines of about one width, none of them long.
_NARROWEST, _WIDEST = 50, 120
_SLACK = 0.95

_BULLET = re.compile(r"\s*(?:[-*•–+]|\d{1,2}[.)])\s+")
_ASKS = re.compile(r"(?:Q|Question)\s?\d{0,3}\s?[:.)]\s+(?=\S)")
_ANSWERS = re.compile(r"(?:A|Answer)\s?\d{0,3}\s?[:.)]\s+(?=\S)")
_RULE = re.compile(r"\s*([-=*_~#])(?:\s?\1){2,}\s*")
_BOLD = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1:?")
# A line that opens a list without saying so: "You must" is nothing without its items.
_LEAD = re.compile(r"^(?![-*•–#]\s)(.*\w) *\n(?=- )", re.MULTILINE)
_FENCE = re.compile(r"\s*(?:```|~~~)")
_PIPES = re.compile(r"\s*\|?(?:\s*:?-+:?\s*\|)+\s*(?::?-+:?)?\s*")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_SUMMARY = re.compile(r"<summary[^>]*>(.*?)</summary>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?(?:p|div|span|details|br|hr|a|b|i|u|em|strong|small|sup|sub|center|font|img)\b[^<>]*>", re.IGNORECASE)


@dataclass(frozen=True)
class _Line:
    number: int
    text: str


def read_text(raw: str) -> tuple[str, list[Section]]:
    """Title and sections of plain text. A heading is a short line without a full stop that stands before text; a question in an FAQ
    is one too. The title is "" when the text does not open with one. Lines that were wrapped by hand are joined again."""
    whole = "\n".join(line.text for line in _unwrapped(_numbered(raw)))
    lines = _faq([line for line in clean(whole).split("\n") if line and not _RULE.fullmatch(line)])
    title = lines.pop(0) if len(lines) > 1 and _is_heading(lines[0], lines[1]) else ""
    sections: list[Section] = []
    body: list[str] = []
    heading, start = "", 1

    def close() -> None:
        if body:
            sections.append(Section((heading,) if heading else (), "\n".join(body), start, program=GENERAL))
            body.clear()

    for number, (line, is_heading) in enumerate(zip(lines, _headings(lines), strict=True), 1):
        if is_heading:
            close()
            heading, start = line, number
        else:
            body.append(line)
    close()
    return title, _with_children(sections)


def read_markdown(raw: str, *, by_hand: bool = False) -> tuple[str, list[Section]]:
    """Title and sections of Markdown: `#` is the title, deeper headings open sections and keep their path. A question that stands on a
    line of its own, or a line all in bold, opens a section under the heading above it.

    by_hand: a person wrote it, so it may hold wrapped lines, tables and tags; ours holds one paragraph a line.
    """
    title, asked = "", ""
    path: list[str] = []
    sections: list[Section] = []
    body: list[str] = []
    start = 1

    def close() -> None:
        text = clean("\n".join(body))
        if text:
            text = _LEAD.sub(r"\1:\n", re.sub(r"\n{2,}", "\n", text))
            sections.append(Section((*path, asked) if asked else tuple(path), text, start))
        body.clear()

    lines = _numbered(_FRONT_MATTER.sub(lambda found: "\n" * found[0].count("\n"), raw))
    lines = _from_hand(lines) if by_hand else lines
    for at, line in enumerate(lines):
        head = re.match(r"(#{1,6})\s+(.+?)\s*#*$", line.text)
        if head is not None:
            close()
            start, asked = line.number, ""
            level, name = len(head[1]), _plain(head[2])
            if level == 1 and not title:
                title = name
            else:
                path[max(0, level - 2) :] = [name]
        elif (opened := _opened(line.text, next((later.text for later in lines[at + 1 : at + 4] if later.text.strip()), "")))[0]:
            close()
            start, asked = line.number, opened[0]
            body.extend(filter(None, opened[1:]))
        else:
            body.extend(_answer(_plain(line.text), bool(asked) and not any(body)))
    close()
    return title, sections


def _numbered(raw: str) -> list[_Line]:
    return [_Line(number, line.rstrip()) for number, line in enumerate(re.split(r"\r\n|[\n\r\f\v]", raw), 1)]


# --- lines that were wrapped by hand


def _unwrapped(lines: list[_Line]) -> list[_Line]:
    """The lines, those joined that were only parted because a line was full."""
    lengths = sorted(len(line.text) for line in lines if line.text)
    width = lengths[int(len(lengths) * _SLACK)] if lengths else 0
    if not _NARROWEST <= width <= _WIDEST:
        width = 0  # lines are paragraphs, or too short to have been wrapped
    made: list[_Line] = []
    last = ""  # as it stood in the text: what we join grows
    for line in lines:
        text = line.text.strip()
        in_item = line.text.startswith("  ") and bool(made) and _BULLET.match(made[-1].text) is not None
        if made and last and text and not _begins_block(text) and (in_item or _was_full(last, text, width)):
            made[-1] = replace(made[-1], text=f"{made[-1].text} {text}")
        else:
            made.append(line)
        last = line.text
    return made


def _was_full(line: str, following: str, width: int) -> bool:
    """Whether the next line's first word did not fit on this one, in mid-sentence."""
    if not width or line.lstrip().startswith(("#", "|")) or line[-1] in ".?!:;|…":
        return False
    return len(line) + 1 + len(following.split(maxsplit=1)[0]) > width * _SLACK


def _begins_block(text: str) -> bool:
    return (
        text[0] in "#|>"
        or any(shape.match(text) for shape in (_BULLET, _ASKS, _ANSWERS, _FENCE, _RULE))
        or _BOLD.fullmatch(text) is not None
    )


# --- headings and questions


def _headings(lines: Sequence[str]) -> list[bool]:
    """Which lines are headings. Of three or more in a row only the first is: the others are a list without marks."""
    found = [_is_heading(line, following) for line, following in zip(lines, [*lines[1:], ""], strict=False)]
    at = 0
    while at < len(found):
        end = at
        while end < len(found) and found[end]:
            end += 1
        if end - at >= 3:
            found[at + 1 : end] = [line.endswith("?") for line in lines[at + 1 : end]]
        at = end + 1
    return found


def _is_heading(line: str, following: str) -> bool:
    if not following or _BULLET.match(line):
        return False
    words = line.split()
    if line.endswith("?") and len(words) <= _QUESTION_WORDS:
        return True
    return len(words) <= _HEADING_WORDS and line[-1] not in '.,;:!…"”' and (line[0].isupper() or line[0].isdigit() or line[0] in "‘“")


def _faq(lines: Sequence[str]) -> list[str]:
    """ "Q: …" and "A: …" without their marks, the answer on a line of its own."""
    made: list[str] = []
    asked = False
    for line in lines:
        question = _ASKS.match(line)
        if question is None:
            made += _answer(line, asked)
            asked = False
            continue
        rest, answer = _parted(line[question.end() :])
        made += [rest, answer] if answer else [rest]
        asked = not answer
    return made


def _opened(line: str, following: str) -> tuple[str, str]:
    """The question or the bold words that open a section, or "", and the answer where it stands on the same line."""
    text = _plain(line).strip()
    marked = _ASKS.match(text)
    if marked is not None:
        return _parted(text[marked.end() :])
    if not following or not text or _BULLET.match(line) or following.startswith("#"):
        return "", ""
    if _BOLD.fullmatch(line.strip()) is not None and len(text.split()) <= _HEADING_WORDS and text[-1] not in ".,;!":
        return text.rstrip(":"), ""
    alone = text.endswith("?") and re.search(r"[.!?…]\s", text) is None and len(text.split()) <= _QUESTION_WORDS
    return (text, "") if alone and not following.endswith("?") else ("", "")


def _parted(text: str) -> tuple[str, str]:
    """A question, and the answer that stands on the same line after "A:", or ""."""
    cut = re.search(r"(?<=\?)\s+(?:A|Answer)[:.]\s+", text)
    return (text.strip(), "") if cut is None else (text[: cut.start()].strip(), text[cut.end() :].strip())


def _answer(line: str, asked: bool) -> list[str]:
    return [_ANSWERS.sub("", line, count=1) if asked and _ANSWERS.match(line) else line]


def _with_children(sections: list[Section]) -> list[Section]:
    """A section that ends with a colon announces the short ones after it: they become its list, each under its own heading's name,
    so that "who benefits?" is answered by all of them."""
    made: list[Section] = []
    announcing = False
    for section in sections:
        brief = len(section.text.split()) <= _CHILD_WORDS and "\n" not in section.text and bool(section.headings)
        if announcing and brief and len(section.headings[-1].split()) <= _CHILD_HEADING_WORDS and not section.headings[-1].endswith("?"):
            made[-1] = replace(made[-1], text=f"{made[-1].text}\n- {section.headings[-1]}: {section.text}")
            continue
        announcing = section.text.endswith(":")
        made.append(section)
    return made


# --- what only a person's Markdown holds


def _from_hand(lines: list[_Line]) -> list[_Line]:
    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), "\n".join(line.text for line in lines))
    text = _SUMMARY.sub(lambda found: f"**{' '.join(_TAG.sub(' ', found[1]).split())}**", text)
    bare = [replace(line, text=_TAG.sub("", line.text).rstrip()) for line in _numbered(text) if not _FENCE.match(line.text)]
    return list(_with_rows(_unwrapped(list(_with_underlined(bare)))))


def _with_underlined(lines: list[_Line]) -> Iterator[_Line]:
    """A line underlined with "===" or "---" is a heading; other rules go."""
    for line, following in zip(lines, [*lines[1:], _Line(0, "")], strict=False):
        if _RULE.fullmatch(line.text) and "|" not in line.text:
            yield replace(line, text="")
        elif line.text.strip() and line.text.strip()[0] not in "#|>-*+" and re.fullmatch(r"={3,}|-{3,}", following.text.strip()):
            yield replace(line, text=f"{'#' if following.text.strip()[0] == '=' else '##'} {line.text.strip()}")
        else:
            yield line


def _with_rows(lines: list[_Line]) -> Iterator[_Line]:
    """The rows of a table between "|" as items that repeat its headers."""
    at = 0
    while at < len(lines):
        if "|" not in lines[at].text or at + 1 == len(lines) or not _PIPES.fullmatch(lines[at + 1].text) or "|" not in lines[at + 1].text:
            yield lines[at]
            at += 1
            continue
        rows = [_piped(lines[at].text)]
        start, at = at, at + 2
        while at < len(lines) and "|" in lines[at].text:
            rows.append(_piped(lines[at].text))
            at += 1
        for number, row in enumerate(row_lines(rows, header_rows=1)):
            yield _Line(lines[start].number + number + 2, row)


def _piped(line: str) -> list[str]:
    return [_plain(cell.replace("\\|", "|")).strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _plain(line: str) -> str:
    """A line without the marks of Markdown."""
    line = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", line)
    line = re.sub(r"\[([^\]]+)\](?:\([^)]*\)|\[[^\]]*\])", r"\1", line)
    line = re.sub(r"^\s*\[[^\]]+\]:\s*\S+.*$", "", line)
    line = re.sub(r"^(\s*[-*+]\s+)\[[ xX]\]\s+", r"\1", line)
    line = re.sub(r"^\s*(?:>\s?)+", "", line)
    line = re.sub(r"(\*\*|__|`)", "", line)
    line = re.sub(r"(?<![\w*])\*(?=\S)([^*]+)(?<=\S)\*(?![\w*])", r"\1", line)
    return re.sub(r"\\([\\`*_{}\[\]()#+.!|>-])", r"\1", line)
