"""An Answer as HTML and as plain text: pure functions, used by the page.

Everything that comes from a question, a document or a registry is escaped here, once. The HTML holds no line break at all, because the
component that shows it reads Markdown around HTML and a blank line would end the HTML.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from html import escape
from secrets import token_hex
from urllib.parse import quote as percent
from urllib.parse import urlsplit

from bot.answer import Answer, Citation, Part
from bot.page_words import Words, words
from bot.streaming import text_so_far
from corpus.model import Program, Source

ENGLISH = words("en")
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
_DEPENDS = (
    '<svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true" focusable="false">'
    '<path d="M8 15V9M8 9 3 2M8 9l5-7" fill="none" stroke="currentColor" stroke-width="2.5"/></svg>'
)
_AS_OF = re.compile(r"(?:As of|En date du) [^\n.]{4,40}\.")
_ITEM = re.compile(r"[-•*] +(.*)")
_MARK = re.compile(r" ?\[(\d{1,3})\]")
_BREAK = re.compile(r"\r\n|\r|\n")
_AFTER_MARKS = re.compile(r"\]\s+(?!\[)|\n+")
_KEPT_WITH_MARK = 24  # characters of a word: no line begins with its mark
_WHOLE = 700  # characters: a longer passage is shown around its quote first


def full_date(iso: str, said: Words = ENGLISH) -> str:
    """ "2023-07-17" as "17 July 2023"."""
    return said.date(iso)


def standing_words(standing: str, since: str = "", said: Words = ENGLISH) -> str:
    """ "Closed since 17 July 2023"."""
    return said.standing(standing, since)


def standing_chip(standing: str, since: str = "", said: Words = ENGLISH) -> str:
    """The standing as words and a shape."""
    shape = _SHAPES.get(standing, _SHAPES["announced"])
    name = standing if standing in _SHAPES else "other"
    return (
        f'<span class="chip standing {name}">'
        f'<svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true" focusable="false">{shape}</svg>'
        f"{_text(said.standing(standing, since))}</span>"
    )


def exchange(answer: Answer, place: int, shown: int | None = None, page: Words = ENGLISH) -> str:
    """One question with its answer. `place` makes ids unique in the conversation; `shown` is how many characters of the answer are out
    already (None: it is complete). `page` is the language of the page; the answer itself is in its own."""
    said = own_words(answer)
    done = shown is None
    parts = [_question(answer.question, page, answer.language), f'<div class="answer {answer.status}" lang="{said.language}">']
    if line := _status_line(answer, said):
        parts.append(f'<p class="status">{line}</p>')
    if chips := _chips(answer, said):
        parts.append(chips)
    parts.append(f'<div class="said">{_prose(answer, answer.answer[:shown], place, said)}</div>')
    if done:
        parts += [_as_of(answer, said), _caveats(answer.caveats), _reviewed(answer, said)]
    parts.append("</div>")
    if done:
        parts += [_follow_ups(answer, said), _tools(answer, place, page)]
    return f'<article class="exchange" data-place="{place}" data-state="{"done" if done else "working"}">{"".join(parts)}</article>'


def working(question: str, place: int, line: str, page: Words = ENGLISH, parts: Sequence[Part] = ()) -> str:
    """A question that is being answered: what is checked already, and one quiet line that says what is being done."""
    so_far = _so_far(question, parts)
    said = f'<div class="said">{_prose(so_far, so_far.answer, place, own_words(so_far))}</div>' if parts else ""
    stop = f'<button type="button" class="tool stop" data-stop>{_text(page("stop"))}</button>'
    return (
        f'<article class="exchange" data-place="{place}" data-state="working">{_question(question, page)}'
        f'<div class="answer" lang="{so_far.language}">{said}'
        f'<p class="quiet" lang="{page.language}"><span>{_text(line)}</span> {stop}</p></div></article>'
    )


def cards_so_far(question: str, parts: Sequence[Part], place: int, page: Words = ENGLISH) -> str:
    """The sources of what is checked already."""
    return source_cards(_so_far(question, parts), place, current=True, page=page)


def _so_far(question: str, parts: Sequence[Part]) -> Answer:
    citations = tuple(citation for part in parts for citation in part.citations)
    language = citations[0].language if citations else ENGLISH.language
    return Answer(
        id="", question=question, standalone_question=question, language=language, status="answered", answer=text_so_far(parts),
        citations=citations,
    )  # fmt: skip


def live(place: int, shown: str = "", cards: str = "", answer: str = "", problem: str = "") -> str:
    """What page.js puts into the conversation: the exchange at `place` as it stands now, its sources where they changed, and once it is
    complete the answer as JSON for the browser to keep; or why there is none. Inert until then, and never twice the same: the component
    that carries it tells only of a change."""
    parts = "".join(f"<template>{part}</template>" for part in (shown, cards, escape(answer, quote=False)))
    return f'<div class="live" data-sent="{token_hex(4)}" data-place="{place}" data-problem="{_attribute(problem)}">{parts}</div>'


def own_words(answer: Answer) -> Words:
    """The page's words in the language of an answer: what is in neither of the page's languages is given in English."""
    return words(answer.language)


def conversation(exchanges: Sequence[str]) -> str:
    """The conversation column; page.js adds to it. `data-drawn` makes it another each time, so that the component draws it anew."""
    return f'<div class="conversation" data-drawn="{token_hex(4)}" data-held="{len(exchanges)}">{"".join(exchanges)}</div>'


def stops(text: str) -> list[int]:
    """Where the answer may pause while it is shown: after each sentence with its marks, after each line; the end comes last."""
    found = [match.start() + 1 if text[match.start()] == "]" else match.start() for match in _AFTER_MARKS.finditer(text)]
    return [*(stop for stop in found if 0 < stop < len(text)), len(text)]


def source_cards(answer: Answer, place: int, current: bool, page: Words = ENGLISH) -> str:
    """The sources of one answer, as a group of cards; only the current group is in view."""
    if not answer.citations:
        return ""
    cards = "".join(_card(together, place, page) for together in _by_passage(answer.citations))
    hidden = "" if current else " hidden"
    quoted = f"<bdi>{_text(_shortened(answer.question, 90))}</bdi>"
    return (
        f'<section class="group" data-place="{place}"{hidden} aria-label="{_attribute(page("sources_of_answer"))}">'
        f'<p class="about-question">{page("for_question", quoted)}</p>{cards}</section>'
    )


def sources_panel(answers: Sequence[Answer], how_made: str, page: Words = ENGLISH) -> str:
    """The sources column: the cards of the last answer that has any, the earlier ones ready behind; before the first, `how_made` (HTML)."""
    cited = [place for place, answer in enumerate(answers) if answer.citations]
    groups = "".join(
        source_cards(answer, place, current=place == cited[-1], page=page) for place, answer in enumerate(answers) if answer.citations
    )
    title = _attribute(page("sources"))
    return (
        f'<div class="panel" data-drawn="{token_hex(4)}" role="region" aria-label="{title}" tabindex="0">'
        f'<h2 class="panel-title">{title}</h2>{how_made}{groups}</div>'
    )


def glance(programs: Mapping[str, Program], page: Words = ENGLISH, in_english: Container[str] = ()) -> str:
    """The programs people ask about most, with their standing, as a table. `in_english`: those whose note is, on a page that is not."""
    rows = "".join(
        f'<tr><th scope="row">{_text(program.name)}{_note(program, page, program.id in in_english)}</th>'
        f"<td>{standing_chip(program.standing, said=page)}</td>"
        f'<td data-label="{page("since")}">{_date_cell(program.since, page)}</td>'
        f'<td data-label="{page("as_of")}">{_date_cell(program.as_of, page)}</td></tr>'
        for program in programs.values()
        if program.glance
    )
    heads = "".join(f'<th scope="col">{_text(page(key))}</th>' for key in ("program", "standing", "since", "as_of"))
    return (
        f'<table class="glance"><caption class="unseen">{_text(page("glance_caption"))}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def plain_text(answer: Answer) -> str:
    """The answer with its standing, dates and sources as text to paste."""
    said = own_words(answer)
    lines = [answer.answer, *_standings(answer, said), *answer.caveats]
    if answer.citations:
        lines.append(said("plain_sources") + "\n" + "\n".join(_reference(citation, said) for citation in answer.citations))
    lines.append(said("plain_advice"))
    return "\n\n".join(line for line in lines if line)


def markdown(answer: Answer) -> str:
    """The question and the answer as a Markdown document, each source with its link, its dates and the words it was quoted for."""
    said = own_words(answer)
    lines = [f"# {_plain(answer.question)}", *(_plain(block) for block in answer.answer.split("\n\n"))]
    lines += [f"- {_plain(line)}" for line in _standings(answer, said)]
    lines += [f"> {_plain(caveat)}" for caveat in answer.caveats]
    if answer.citations:
        lines.append(f"## {said('sources')}")
    for citation in answer.citations:
        link = page_link(citation)
        title = f"[{_plain(citation.title)}](<{link}>)" if link else _plain(citation.title)
        dates = ", ".join(_dated(citation, said))
        who = ", ".join(part for part in (_plain(citation.publisher), dates) if part)
        quoted = _plain(citation.quote).replace("\n", "\n> ")
        beside = ", ".join(f"[{_plain(one.publisher)}](<{one.url}>)" if one.url else _plain(one.publisher) for one in citation.rests_on)
        also = f"\n\n{said('rests_on')} {beside}." if beside else ""
        lines.append(f"\\[{citation.number}\\] {title}. {who}.\n\n> {quoted}{also}")
    lines.append(f"_{said('plain_advice')}_")
    return "\n\n".join(lines) + "\n"


def newest(sources: Iterable[Source], page: Words = ENGLISH) -> str:
    """The newest day for which any source is known, in full."""
    return page.date(max((source.as_of for source in sources), default=""))


def _plain(text: str) -> str:
    """Text that Markdown takes as it stands: its signs with a backslash, except for list items, whose dash opens a line."""
    return re.sub(r"([\\`*_<>\[\]#|])", r"\\\1", text)


def _standings(answer: Answer, said: Words) -> list[str]:
    return [said("standing_of", program.name, said.standing(program.standing, program.since)) for program in answer.programs]


def _question(question: str, page: Words, language: str = "") -> str:
    spoken = f' lang="{_attribute(language)}"' if language else ""
    unseen = f'<span class="unseen">{_text(page("you_asked"))} </span>'
    return f'<h2 class="question" dir="auto">{unseen}<span class="asked"{spoken}>{_text(question)}</span></h2>'


def _note(program: Program, page: Words, in_english: bool) -> str:
    if not program.note:
        return ""
    told = f'{_text(page("in_english"))} <span lang="en">{_text(program.note)}</span>' if in_english else _text(program.note)
    return f'<span class="note">{told}</span>'


def _status_line(answer: Answer, said: Words) -> str:
    if answer.status == "not_found" and answer.claims:  # it can quote somebody saying so
        return said("not_published")
    return said.name("statuses", answer.status)


def _chips(answer: Answer, said: Words) -> str:
    """Where the programs stand. What depends on something says that first, and then only what is not simply open."""
    depends = bool(answer.asks_back)
    chips = [f'<li><span class="chip depends">{_DEPENDS}{_text(said("depends"))}</span></li>'] if depends else []
    chips += [
        f'<li>{standing_chip(program.standing, program.since, said)}<span class="unseen">: </span>'
        f'<span class="chip-name">{_text(program.name)}</span></li>'
        for program in [program for program in answer.programs if not depends or program.standing != "open"][:3]
    ]
    return f'<ul class="chips" aria-label="{_attribute(said("standing"))}">{"".join(chips)}</ul>' if chips else ""


def _prose(answer: Answer, text: str, place: int, said: Words) -> str:
    """Paragraphs and lists; `[n]` becomes a mark when there is such a citation and stays text when there is none. A list item that is a
    follow-up becomes its button; the line with the date becomes a chip; a line that ends with a colon before another that is no list item
    is the condition of a branch. What is not in the answer's own language is marked as what it is."""
    citations = {citation.number: citation for citation in answer.citations}
    lines = [line.strip() for line in text.splitlines()]
    html, items = [], []

    def paragraph(line: str, kind: str = "") -> str:
        named = f' class="{kind}"' if kind else ""
        return f'<p{named} dir="auto"{_language(line, citations, said)}>{_marked(line, citations, place, said)}</p>'

    for at, line in enumerate([*lines, ""]):
        item = _ITEM.match(line)
        if item and item[1] in answer.follow_ups:
            items.append(f'<li class="choice">{ask_button(item[1])}</li>')
        elif item:
            items.append(f'<li dir="auto"{_language(line, citations, said)}>{_marked(item[1], citations, place, said)}</li>')
        if item:
            continue
        if items:
            html.append(f"<ul>{''.join(items)}</ul>")
            items = []
        follows = lines[at + 1] if at + 1 < len(lines) else ""
        if _AS_OF.fullmatch(line):
            html.append(f'<p class="as-of"><span class="chip">{_text(line.rstrip("."))}</span></p>')
        elif line.endswith(":") and follows and not _ITEM.match(follows):
            html.append(paragraph(line, "when"))
        elif line:
            html.append(paragraph(line))
    if html and answer.language not in (said.language, ""):  # what comes first is then a word in the language of the question
        html[0] = html[0].replace("<p", f'<p lang="{_attribute(answer.language)}"', 1)
    return "".join(html)


def _language(line: str, citations: Mapping[int, Citation], said: Words) -> str:
    """The `lang` of a line whose marks all lead to another language than that of the answer."""
    languages = {citations[n].language for n in map(int, _MARK.findall(line)) if n in citations}
    other = languages.pop() if len(languages) == 1 else ""
    return f' lang="{_attribute(other)}"' if other and other != said.language else ""


def _marked(text: str, citations: Mapping[int, Citation], place: int, said: Words) -> str:
    html, end = [], 0
    for match in _MARK.finditer(text):
        citation = citations.get(int(match[1]))
        if citation is None:
            continue
        before, space, word = text[end : match.start()].rpartition(" ")
        mark = _mark(citation, place, said)
        if 0 < len(word) <= _KEPT_WITH_MARK:
            html += [_text(before + space), f'<span class="together">{_text(word)}{mark}</span>']
        else:
            html += [_text(before + space + word), mark]
        end = match.end()
    return "".join([*html, _text(text[end:])])


def _mark(citation: Citation, place: int, said: Words) -> str:
    label = _attribute(spoken(citation, said))
    return f'<button type="button" class="mark" data-source="{_quote_id(citation, place)}" aria-label="{label}">{citation.number}</button>'


def spoken(citation: Citation, said: Words = ENGLISH) -> str:
    """What a mark says to a screen reader: "source 1, IRCC, closed"."""
    standing = said.standing(citation.standing).lower() if citation.standing else ""
    return ", ".join(part for part in (said("source", citation.number), citation.publisher, standing) if part)


def _as_of(answer: Answer, said: Words) -> str:
    if _AS_OF.search(answer.answer):
        return ""  # the answer says so itself
    dates = sorted({claim.as_of for claim in answer.claims if claim.as_of})
    if not dates:
        return ""
    first, last = said.date(dates[0]), said.date(dates[-1])
    told = said("as_of_day", first) if first == last else said("as_of_days", first, last)
    return f'<p class="as-of"><span class="chip">{_text(told)}</span></p>'


def _caveats(caveats: Sequence[str]) -> str:
    return "".join(f'<p class="caveat" dir="auto">{_text(caveat)}</p>' for caveat in caveats)


def _reviewed(answer: Answer, said: Words) -> str:
    if (review := answer.reviewed) is None:
        return ""
    return f'<p class="caveat" dir="auto">{_text(said("reviewed", review.by, said.date(review.on), said.date(review.expires)))}</p>'


def _tools(answer: Answer, place: int, page: Words) -> str:
    """What can be done with an answer. Its link asks its question again, as it stands without the conversation; there are thumbs where a
    journal can note them."""

    def tool(key: str, attributes: str) -> str:
        return f'<button type="button" class="tool" {attributes}>{_text(page(key))}</button>'

    count = len({citation.source_id for citation in answer.citations})
    label = page("one_source") if count == 1 else page("many_sources", count)
    sources = f'<button type="button" class="tool open-sources" data-group="{place}">{_text(label)}</button>' if count else ""
    alone = answer.standalone_question if place and answer.language == "en" else answer.question
    tools = [
        sources,
        tool("copy", f'data-copy="{_attribute(plain_text(answer))}"'),
        tool("save", f'data-save="{_attribute(markdown(answer))}"'),
        tool("print", "data-print"),
        tool("link", f'data-link="{_attribute(alone)}"'),
    ]
    return f'<div class="tools" role="group" aria-label="{_attribute(page("tools"))}">{"".join(tools)}</div>{_thumbs(answer, page)}'


def _thumbs(answer: Answer, page: Words) -> str:
    """Whether it was useful; of what our sources do not answer, whether they should."""
    if not answer.answer_id:
        return ""
    missing = answer.status == "not_found"
    question, choices = ("missing", {"down": "note_it"}) if missing else ("useful", {"up": "yes", "down": "no"})
    pressed = f' data-pressed="{_attribute(page("noted"))}"' if missing else ""
    thumbs = "".join(
        f'<button type="button" class="tool thumb" data-thumb="{thumb}"{pressed} aria-pressed="false">{_text(page(key))}</button>'
        for thumb, key in choices.items()
    )
    return (
        f'<div class="thumbs" role="group" aria-label="{_attribute(page(question))}" data-answer="{_attribute(answer.answer_id)}">'
        f"<span>{_text(page(question))}</span>{thumbs}</div>"
    )


def offers(answer: Answer, said: Words) -> tuple[str, tuple[str, ...]]:
    """The questions to ask next and what stands over them; none where the text of the answer lists them."""
    listed = all(f"- {question}" in answer.answer for question in answer.follow_ups)
    return said("choose" if answer.asks_back else "you_could_ask"), () if listed else answer.follow_ups


def _follow_ups(answer: Answer, said: Words) -> str:
    label, questions = offers(answer, said)
    if not questions:
        return ""
    buttons = "".join(f"<li>{ask_button(question)}</li>" for question in questions)
    return f'<div class="follow-ups" lang="{said.language}"><p class="small-title">{_text(label)}</p><ul>{buttons}</ul></div>'


def ask_button(question: str) -> str:
    """A button that asks its own words."""
    return f'<button type="button" class="ask" dir="auto">{_text(question)}</button>'


def _by_passage(citations: Iterable[Citation]) -> list[list[Citation]]:
    """Citations of one passage together, in the order of their first."""
    together: dict[str, list[Citation]] = {}
    for citation in citations:
        together.setdefault(citation.passage_id, []).append(citation)
    return list(together.values())


def _card(together: Sequence[Citation], place: int, page: Words) -> str:
    """One passage with the quotes taken from it."""
    first = together[0]
    identity = f"{_quote_id(first, place)}-card"
    spoken_in = f' lang="{_attribute(first.language)}"' if first.language else ""
    numbers = "".join(f'<span class="number">{citation.number}</span>' for citation in together)
    standing = f"<p>{standing_chip(first.standing, said=page)}</p>" if first.standing else ""
    heading = (
        f'<p class="heading" dir="auto"{spoken_in}>{_text(first.heading)}</p>' if first.heading and first.heading != first.title else ""
    )
    link = page_link(first)
    unseen = f'<span class="unseen"> {_text(page("open_page_of", first.number, first.publisher))}</span>'
    anchor = (
        f'<a class="open-page" href="{_attribute(link)}" target="_blank" rel="noopener noreferrer">{_text(page("open_page"))}{unseen}</a>'
    )
    origin = page.name("origins", first.origin) or page.name("origins", "brief")
    kind = page.name("kinds", first.kind, first.kind.capitalize())
    return (
        f'<article class="card" id="{identity}" tabindex="-1" aria-labelledby="{identity}-who">'
        f'<p class="who" id="{identity}-who"><span class="unseen">{_text(page("source", ""))}</span>{numbers}'
        f'<strong>{_text(first.publisher)}</strong><span class="kind">{_text(kind)}</span></p>'
        f'<h3 class="title" dir="auto"{_title_language(first)}>{_text(first.title)}</h3>'
        f'<p class="dates">{_text(" · ".join(_dated(first, page)))}</p>{standing}'
        f'<div class="passage"{spoken_in}>{heading}{_passage(together, place, page)}</div>'
        f'<p class="origin">{_text(origin)}</p>{anchor if link else ""}{_beside(first, page)}</article>'
    )


def _beside(citation: Citation, page: Words) -> str:
    """The other sources that a summary rests on, each with its link where it has one."""
    if not citation.rests_on:
        return ""
    links = (
        f'<a href="{_attribute(one.url)}" target="_blank" rel="noopener noreferrer" title="{_attribute(one.title)}">'
        f"{_text(one.publisher)}</a>"
        if urlsplit(one.url).scheme in ("http", "https")
        else _text(one.publisher)
        for one in citation.rests_on
    )
    return f'<p class="origin">{_text(page("rests_on"))} {", ".join(links)}</p>'


def _title_language(citation: Citation) -> str:
    return ' lang="en"' if citation.language in ("en", "fr") else ""  # a twin's citation keeps the title of its English source


def _dated(citation: Citation, said: Words) -> list[str]:
    return [said(key, said.date(day)) for key, day in (("published", citation.published), ("as_of_day", citation.as_of)) if day]


def _passage(together: Sequence[Citation], place: int, page: Words) -> str:
    """The passage with its quotes marked; a long one around the quotes first, then whole on demand."""
    text = together[0].passage
    start, end = min(citation.start for citation in together), max(citation.end for citation in together)
    first = 0 if start < 160 else text.find(" ", start - 120) + 1
    last = len(text) if len(text) - end < 160 else max(text.rfind(" ", end, end + 120), end)
    if len(text) <= _WHOLE or last - first >= 0.8 * len(text):
        return _quoted(together, place, 0, len(text))
    whole = re.sub(r' id="[^"]*"', "", _quoted(together, place, 0, len(text)))
    return f"{_quoted(together, place, first, last)}<details><summary>{_text(page('whole_passage'))}</summary>{whole}</details>"


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


def _reference(citation: Citation, said: Words) -> str:
    dates = ", ".join(f"{dated[:1].lower()}{dated[1:]}" for dated in _dated(citation, said))
    told = f"[{citation.number}] {citation.publisher}: {citation.title}"
    return " ".join(part for part in (told, f"({dates})" if dates else "", citation.url) if part)


def _date_cell(iso: str, page: Words) -> str:
    return (
        f'<time datetime="{_attribute(iso)}">{_text(page.date(iso))}</time>'
        if iso
        else f'<span class="none"><span aria-hidden="true">–</span><span class="unseen">{_text(page("not_known"))}</span></span>'
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
