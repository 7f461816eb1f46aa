"""An Answer as HTML and as plain text: pure functions, used by the page.

Everything that comes from a question, a document or a registry is escaped here, once. The HTML holds no line break at all, because the
component that shows it reads Markdown around HTML and a blank line would end the HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from urllib.parse import quote as percent
from urllib.parse import urlsplit

from bot.answer import Answer, Citation
from corpus.model import Program, Source

KIND_NAMES = {
    "official": "Official",
    "law-firm": "Law firm",
    "consultancy": "Consultancy",
    "news": "News",
    "research": "Research",
    "guide": "Guide",
    "document": "Document",
}
ORIGIN_LINES = {
    "brief": "Our summary of this source, in our own words.",
    "file": "The source’s own words, from the document.",
    "page": "The source’s own words, from its page.",
}
STATUS_LINES = {
    "clarify": "One question first",
    "not_found": "Not in our sources",
    "advice": "This depends on your own case",
    "out_of_scope": "Outside what this page covers",
    "refused": "Not something we help with",
}
_STANDING_WORDS = {
    "open": "Open since",
    "closed": "Closed since",
    "paused": "Paused since",
    "announced": "Announced",
    "proposed": "Proposed",
    "replaced": "Replaced",
}
# One shape a standing, told apart without colour: disc, barred square, two bars, ring, broken ring, arrow.
_SHAPES = {
    "open": '<circle cx="8" cy="8" r="6" fill="currentColor"/>',
    "closed": '<rect x="2" y="2" width="12" height="12" rx="2" fill="currentColor"/>'
    '<path d="M4.5 8h7" stroke="var(--chip)" stroke-width="2"/>',
    "paused": '<path d="M5 2.5v11M11 2.5v11" stroke="currentColor" stroke-width="3.5"/>',
    "announced": '<circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="2.5"/>',
    "proposed": '<circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="2.5" stroke-dasharray="4 2.9"/>',
    "replaced": '<path d="M2 8h10M8 3.5 12.5 8 8 12.5" fill="none" stroke="currentColor" stroke-width="2.5"/>',
}
_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
_NOT_PUBLISHED = "Not published, as far as our sources go"  # a not-found answer that can quote somebody saying so
_AS_OF = re.compile(r"As of [^\n.]{4,40}\.")
_MARK = re.compile(r" ?\[(\d{1,3})\]")
_BREAK = re.compile(r"\r\n|\r|\n")
_AFTER_MARKS = re.compile(r"\]\s+(?!\[)|\n+")
_WHOLE = 700  # characters: a longer passage is shown around its quote first


def full_date(iso: str) -> str:
    """ "2023-07-17" as "17 July 2023", "2023-07" as "July 2023", "2023" and anything else as it is."""
    parts = iso.split("-")
    if not all(part.isdigit() for part in parts) or (len(parts) > 1 and not 1 <= int(parts[1]) <= 12):
        return iso
    if len(parts) == 3:
        return f"{int(parts[2])} {_MONTHS[int(parts[1]) - 1]} {parts[0]}"
    return f"{_MONTHS[int(parts[1]) - 1]} {parts[0]}" if len(parts) == 2 else iso


def standing_words(standing: str, since: str = "") -> str:
    """ "Closed since 17 July 2023", "Announced on 4 November 2025", or the bare word when no date is known."""
    if not since:
        return standing.capitalize()
    words = _STANDING_WORDS.get(standing, f"{standing.capitalize()} since")
    joint = "" if words.endswith("since") else "on " if since.count("-") == 2 else "in "
    return f"{words} {joint}{full_date(since)}"


def standing_chip(standing: str, since: str = "") -> str:
    """The standing as words and a shape."""
    shape = _SHAPES.get(standing, _SHAPES["announced"])
    name = standing if standing in _SHAPES else "other"
    return (
        f'<span class="chip standing {name}">'
        f'<svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true" focusable="false">{shape}</svg>'
        f"{_text(standing_words(standing, since))}</span>"
    )


def exchange(answer: Answer, place: int, shown: int | None = None) -> str:
    """One question with its answer. `place` makes ids unique in the conversation; `shown` is how many characters of the answer are out
    already (None: it is complete)."""
    citations = {citation.number: citation for citation in answer.citations}
    done = shown is None
    parts = [_question(answer.question), f'<div class="answer {answer.status}">']
    if line := _status_line(answer):
        parts.append(f'<p class="status">{line}</p>')
    if chips := _chips(answer):
        parts.append(chips)
    parts.append(f'<div class="said">{_prose(answer.answer[:shown], citations, place, answer.follow_ups)}</div>')
    if done:
        parts += [_as_of(answer), _caveats(answer.caveats), _tools(answer, place), _follow_ups(answer)]
    parts.append("</div>")
    return f'<article class="exchange" data-place="{place}" data-state="{"done" if done else "working"}">{"".join(parts)}</article>'


def working(question: str, place: int, line: str) -> str:
    """A question that is being looked up, with one quiet line that says what is being done."""
    return (
        f'<article class="exchange" data-place="{place}" data-state="working">{_question(question)}'
        f'<div class="answer"><p class="quiet">{_text(line)}</p></div></article>'
    )


def conversation(exchanges: Iterable[str]) -> str:
    """The conversation column."""
    return f'<div class="conversation">{"".join(exchanges)}</div>'


def stops(text: str) -> list[int]:
    """Where the answer may pause while it is shown: after each sentence with its marks, after each line; the end comes last."""
    found = [match.start() + 1 if text[match.start()] == "]" else match.start() for match in _AFTER_MARKS.finditer(text)]
    return [*(stop for stop in found if 0 < stop < len(text)), len(text)]


def source_cards(answer: Answer, place: int, current: bool) -> str:
    """The sources of one answer, as a group of cards; only the current group is in view."""
    if not answer.citations:
        return ""
    cards = "".join(_card(together, place) for together in _by_passage(answer.citations))
    hidden = "" if current else " hidden"
    return (
        f'<section class="group" data-place="{place}"{hidden} aria-label="Sources of this answer">'
        f'<p class="about-question">For “<bdi>{_text(_shortened(answer.question, 90))}</bdi>”</p>{cards}</section>'
    )


def sources_panel(answers: Sequence[Answer], how_made: str) -> str:
    """The sources column: the cards of the last answer that has any, the earlier ones ready behind; with none, `how_made` (HTML)."""
    cited = [place for place, answer in enumerate(answers) if answer.citations]
    groups = "".join(source_cards(answer, place, current=place == cited[-1]) for place, answer in enumerate(answers) if answer.citations)
    inner = groups if groups else how_made
    return f'<div class="panel" role="region" aria-label="Sources" tabindex="0"><h2 class="panel-title">Sources</h2>{inner}</div>'


def glance(programs: Mapping[str, Program]) -> str:
    """The programs people ask about most, with their standing, as a table."""
    rows = "".join(
        f'<tr><th scope="row">{_text(program.name)}<span class="note">{_text(program.note)}</span></th>'
        f"<td>{standing_chip(program.standing)}</td>"
        f'<td data-label="Since">{_date_cell(program.since)}</td><td data-label="As of">{_date_cell(program.as_of)}</td></tr>'
        for program in programs.values()
        if program.glance
    )
    return (
        '<table class="glance"><caption class="unseen">Programs with their standing, since when, and as of when we know it</caption>'
        '<thead><tr><th scope="col">Program</th><th scope="col">Standing</th><th scope="col">Since</th><th scope="col">As of</th>'
        "</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def problem(sentence: str) -> str:
    """An error as a sentence, announced at once; the question stays in its box."""
    return f'<div class="problem" role="alert"><p>{_text(sentence)}</p></div>'


def plain_text(answer: Answer) -> str:
    """The answer with its standing, dates and sources as text to paste."""
    lines = [answer.answer]
    for program in answer.programs:
        lines.append(f"{program.name}: {standing_words(program.standing, program.since)}.")
    lines.extend(answer.caveats)
    if answer.citations:
        lines.append("Sources:\n" + "\n".join(_reference(citation) for citation in answer.citations))
    lines.append("Information from named sources, not legal advice.")
    return "\n\n".join(line for line in lines if line)


def newest(sources: Iterable[Source]) -> str:
    """The newest day for which any source is known, in full."""
    return full_date(max((source.as_of for source in sources), default=""))


def _question(question: str) -> str:
    return f'<h2 class="question" dir="auto"><span class="unseen">You asked: </span>{_text(question)}</h2>'


def _status_line(answer: Answer) -> str:
    return _NOT_PUBLISHED if answer.status == "not_found" and answer.claims else STATUS_LINES.get(answer.status, "")


def _chips(answer: Answer) -> str:
    chips = [
        f'<li>{standing_chip(program.standing, program.since)}<span class="unseen">: </span>'
        f'<span class="chip-name">{_text(program.name)}</span></li>'
        for program in answer.programs[:3]
    ]
    return f'<ul class="chips" aria-label="Standing">{"".join(chips)}</ul>' if chips else ""


def _prose(text: str, citations: Mapping[int, Citation], place: int, follow_ups: Sequence[str]) -> str:
    """Paragraphs and lists; `[n]` becomes a mark when there is such a citation and stays text when there is none. A list item that is a
    follow-up becomes its button; the line with the date becomes a chip."""
    html, items = [], []
    for line in [*text.splitlines(), ""]:
        item = re.match(r"\s*[-•*] +(.*)", line)
        if item and item[1] in follow_ups:
            items.append(f'<li class="choice">{ask_button(item[1])}</li>')
        elif item:
            items.append(f'<li dir="auto">{_marked(item[1], citations, place)}</li>')
        if item:
            continue
        if items:
            html.append(f"<ul>{''.join(items)}</ul>")
            items = []
        if _AS_OF.fullmatch(line.strip()):
            html.append(f'<p class="as-of"><span class="chip">{_text(line.strip().rstrip("."))}</span></p>')
        elif line.strip():
            html.append(f'<p dir="auto">{_marked(line.strip(), citations, place)}</p>')
    return "".join(html)


def _marked(text: str, citations: Mapping[int, Citation], place: int) -> str:
    html, end = [], 0
    for match in _MARK.finditer(text):
        citation = citations.get(int(match[1]))
        if citation is None:
            continue
        html += [_text(text[end : match.start()]), _mark(citation, place)]
        end = match.end()
    return "".join([*html, _text(text[end:])])


def _mark(citation: Citation, place: int) -> str:
    # \u2060 keeps the mark on the line of the word before it.
    return (
        f'\u2060<button type="button" class="mark" data-source="{_quote_id(citation, place)}" aria-label="{_attribute(spoken(citation))}">'
        f"{citation.number}</button>"
    )


def spoken(citation: Citation) -> str:
    """What a mark says to a screen reader: "source 1, IRCC, closed"."""
    return ", ".join(part for part in (f"source {citation.number}", citation.publisher, citation.standing) if part)


def _as_of(answer: Answer) -> str:
    if _AS_OF.search(answer.answer):
        return ""  # the answer says so itself
    dates = sorted({claim.as_of for claim in answer.claims if claim.as_of})
    if not dates:
        return ""
    words = full_date(dates[0]) if len(dates) == 1 else f"{full_date(dates[0])} to {full_date(dates[-1])}"
    return f'<p class="as-of"><span class="chip">As of {_text(words)}</span></p>'


def _caveats(caveats: Sequence[str]) -> str:
    return "".join(f'<p class="caveat" dir="auto">{_text(caveat)}</p>' for caveat in caveats)


def _tools(answer: Answer, place: int) -> str:
    count = len({citation.source_id for citation in answer.citations})
    label = f"{count} source{'s' if count > 1 else ''}"
    sources = f'<button type="button" class="tool open-sources" data-group="{place}">{label}</button>' if count else ""
    return (
        f'<div class="tools">{sources}<button type="button" class="tool" data-copy="{_attribute(plain_text(answer))}">Copy</button>'
        '<button type="button" class="tool" data-print>Print</button></div>'
    )


def _follow_ups(answer: Answer) -> str:
    if not answer.follow_ups or all(f"- {question}" in answer.answer for question in answer.follow_ups):
        return ""
    label = "Choose one" if answer.status == "clarify" else "You could ask"
    buttons = "".join(f"<li>{ask_button(question)}</li>" for question in answer.follow_ups)
    return f'<div class="follow-ups"><p class="small-title">{label}</p><ul>{buttons}</ul></div>'


def ask_button(question: str) -> str:
    """A button that asks its own words."""
    return f'<button type="button" class="ask" dir="auto">{_text(question)}</button>'


def _by_passage(citations: Iterable[Citation]) -> list[list[Citation]]:
    """Citations of one passage together, in the order of their first."""
    together: dict[str, list[Citation]] = {}
    for citation in citations:
        together.setdefault(citation.passage_id, []).append(citation)
    return list(together.values())


def _card(together: Sequence[Citation], place: int) -> str:
    """One passage with the quotes taken from it."""
    first = together[0]
    identity = f"{_quote_id(first, place)}-card"
    numbers = "".join(f'<span class="number">{citation.number}</span>' for citation in together)
    dates = [f"{word} {full_date(day)}" for word, day in (("Published", first.published), ("As of", first.as_of)) if day]
    standing = f"<p>{standing_chip(first.standing)}</p>" if first.standing else ""
    heading = f'<p class="heading" dir="auto">{_text(first.heading)}</p>' if first.heading and first.heading != first.title else ""
    link = page_link(first)
    unseen = f'<span class="unseen"> of source {first.number}, {_text(first.publisher)} (new tab)</span>'
    anchor = f'<a class="open-page" href="{_attribute(link)}" target="_blank" rel="noopener noreferrer">Open the page{unseen}</a>'
    return (
        f'<article class="card" id="{identity}" tabindex="-1" aria-labelledby="{identity}-who">'
        f'<p class="who" id="{identity}-who"><span class="unseen">Source </span>{numbers}<strong>{_text(first.publisher)}</strong>'
        f'<span class="kind">{_text(KIND_NAMES.get(first.kind, first.kind.capitalize()))}</span></p>'
        f'<h3 class="title" dir="auto">{_text(first.title)}</h3><p class="dates">{_text(" · ".join(dates))}</p>{standing}'
        f'<div class="passage">{heading}{_passage(together, place)}</div>'
        f'<p class="origin">{ORIGIN_LINES.get(first.origin, ORIGIN_LINES["brief"])}</p>{anchor if link else ""}</article>'
    )


def _passage(together: Sequence[Citation], place: int) -> str:
    """The passage with its quotes marked; a long one around the quotes first, then whole on demand."""
    text = together[0].passage
    start, end = min(citation.start for citation in together), max(citation.end for citation in together)
    first = 0 if start < 160 else text.find(" ", start - 120) + 1
    last = len(text) if len(text) - end < 160 else max(text.rfind(" ", end, end + 120), end)
    if len(text) <= _WHOLE or last - first >= 0.8 * len(text):
        return _quoted(together, place, 0, len(text))
    whole = re.sub(r' id="[^"]*"', "", _quoted(together, place, 0, len(text)))
    return f"{_quoted(together, place, first, last)}<details><summary>Show the whole passage</summary>{whole}</details>"


def _quoted(together: Sequence[Citation], place: int, first: int, last: int) -> str:
    """`passage[first:last]` with the quotes in it marked; quotes that overlap are marked once, under the earlier one's number."""
    text, at, html = together[0].passage, first, ["… " if first else ""]
    for citation in sorted(together, key=lambda citation: (citation.start, citation.end)):
        start = max(citation.start, at)
        html.append(
            f'{_text(text[at:start])}<mark id="{_quote_id(citation, place)}">{_text(text[start : max(citation.end, start)])}</mark>'
        )
        at = max(at, citation.end)
    return f'<blockquote dir="auto">{"".join(html)}{_text(text[at:last])}{" …" if last < len(text) else ""}</blockquote>'


def page_link(citation: Citation) -> str:
    """The address to open, or "": only http and https; with the place on the page when the words are the page's own."""
    if urlsplit(citation.url).scheme not in ("http", "https"):
        return ""
    words = citation.quote.split()
    if citation.origin == "brief" or not words or "#" in citation.url:
        return citation.url
    ends = [" ".join(words)] if len(words) <= 8 else [" ".join(words[:4]), " ".join(words[-4:])]
    return f"{citation.url}#:~:text={','.join(percent(end, safe='').replace('-', '%2D') for end in ends)}"


def _reference(citation: Citation) -> str:
    dates = ", ".join(f"{word} {full_date(day)}" for word, day in (("published", citation.published), ("as of", citation.as_of)) if day)
    said = f"[{citation.number}] {citation.publisher}: {citation.title}"
    return " ".join(part for part in (said, f"({dates})" if dates else "", citation.url) if part)


def _date_cell(iso: str) -> str:
    return (
        f'<time datetime="{_attribute(iso)}">{_text(full_date(iso))}</time>'
        if iso
        else '<span class="none"><span aria-hidden="true">–</span><span class="unseen">not known</span></span>'
    )


def _quote_id(citation: Citation, place: int) -> str:
    return f"a{place}-s{citation.number}"


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + "…"


def _text(text: str) -> str:
    """Escaped text on one line; line breaks become <br>."""
    return "<br>".join(escape(line) for line in _BREAK.split(text))


def _attribute(text: str) -> str:
    return "&#10;".join(escape(line) for line in _BREAK.split(text))
