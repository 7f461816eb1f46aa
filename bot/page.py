"""The page: a Gradio Blocks over one Bot. `bot.server` mounts it.

It is in English and in French (bot/page_words.toml): the browser says which with each request, and one hidden button gives all of it
anew. The server keeps no conversation. The browser holds it for as long as its tab is open: with each question it sends the turns so far
(`before`), and to draw the page anew all of the answers (`kept`). Both are checked, so a tampered one can only change what its own sender
sees. An answer goes back as the one exchange that it is (`live`), which page.js puts into the conversation: what is sent and received does
not grow with the conversation, which matters on a slow network.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Container, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from threading import Thread

from pydantic import TypeAdapter, ValidationError

from bot import render
from bot.answer import Answer, Turn
from bot.answering import Answering
from bot.french import program_names
from bot.gradio_import import gr
from bot.journal import keep, named
from bot.page_words import LANGUAGES, Words, words
from bot.reviewed import claim_by_claim
from bot.settings import Settings
from bot.streaming import as_it_comes
from bot.understand import MAX_QUESTION
from corpus.errors import NorthboundError, RequestError
from corpus.model import Program
from corpus.passages import registered
from corpus.registry import load_registry
from corpus.twins import find_twins, read_twins

TITLE = words("en")("title")
_VISA = '<span class="together">H-1B</span>'
STYLE = Path(__file__).with_name("page.css")
PALETTE = Path(__file__).with_name("colors.css")
SCRIPT = Path(__file__).with_name("page.js")
_KEPT_EXCHANGES = 20  # earlier ones leave the page when it is drawn anew
_PAUSE_SECONDS = 0.09  # between sentences of an answer that is there at once
_LONGEST_SECONDS = 0.6  # that these pauses take in all
_KEEPING_SECONDS = 2.0
# What page.js says itself.
_SPOKEN = (
    "title close copied lost not_drawn busy too_large slow reloaded from_link no_answer broke_off stopped again waits broken thanks "
    "why_up why_down why_note why_send why_sent why_failed thumb_failed"
).split()


@dataclass(frozen=True)
class Before:
    """What was said before a question, and the place of the question in the conversation."""

    place: int = 0
    turns: tuple[Turn, ...] = ()


_before = TypeAdapter(Before)
_kept = TypeAdapter(tuple[Answer, ...])
_log = logging.getLogger("northbound.page")


def build_page(bot: Answering, settings: Settings | None = None) -> gr.Blocks:
    """The page over `bot`, not yet served. What is asked is kept where `settings` has a journal, and the page then says so."""
    settings = settings or Settings()

    def ask(question: str, before: str, language: str) -> Iterator[str]:
        """Answer and show the answer sentence by sentence. What cannot be answered gets a sentence that says why."""
        page = words(language)
        earlier = read_before(before)
        place = earlier.place
        shown_early = False
        try:
            with closing(as_it_comes(claim_by_claim(bot, question, earlier.turns))) as coming:
                for said in coming:
                    if isinstance(said, Answer):
                        answer = named(said, settings)
                        break
                    shown_early = True
                    shown = render.working(question, place, page("checking"), page, said)
                    yield render.live(place, shown, render.cards_so_far(question, said, place, page))
        except NorthboundError as error:
            yield render.live(place, problem=_refusal(question, error, page))
            return
        except Exception:  # the door's last resort: the reader gets a sentence, the log gets the traceback
            _log.exception("a question could not be answered")
            yield render.live(place, problem=page("broken"))
            return
        keeping = Thread(target=keep, args=(answer, settings))
        keeping.start()  # beside: nobody waits for a database to read an answer
        cards = render.source_cards(answer, place, current=True, page=page)
        stops = () if shown_early else render.stops(answer.answer)
        for number, stop in enumerate(stops):
            yield render.live(place, render.exchange(answer, place, stop, page), "" if number else cards)
            time.sleep(min(_PAUSE_SECONDS, _LONGEST_SECONDS / len(stops)))
        keeping.join(_KEEPING_SECONDS)  # before its thumbs are there
        yield render.live(place, render.exchange(answer, place, page=page), cards if shown_early else "", answer.model_dump_json())

    def restore(kept: str, language: str) -> tuple[object, ...]:
        """The whole page in a language, with the conversation that the browser kept. What is typed stays."""
        page = words(language)
        answers = read_kept(kept)
        return (
            render.conversation([render.exchange(answer, place, page=page) for place, answer in enumerate(answers)]),
            render.sources_panel(answers, _how_made(bot, page), page),
            gr.update(label=page("box"), placeholder=page("placeholder")),
            _header(bot, settings, page),
            _intro(page),
            gr.update(value=page("send")),
            gr.update(value=page("new_chat")),
            _examples(page),
            _foot(bot, settings, page),
        )

    page = words(LANGUAGES[0])
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as blocks:
        top = _html(_header(bot, settings, page), "top")
        _html('<div id="announce" class="unseen" role="status" aria-live="polite"></div>', "aloud")
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="talk"):
                intro = _html(_intro(page), "intro")
                talk = _html(render.conversation(()), "conversation")
                live = _html("", "live")
                with gr.Column(elem_id="composer"), gr.Row(elem_id="composer-row"):
                    box = gr.Textbox(label=page("box"), lines=1, max_lines=8, placeholder=page("placeholder"), elem_id="box")
                    send = gr.Button(page("send"), variant="primary", elem_id="send")
                    fresh = gr.Button(page("new_chat"), elem_id="fresh")
                examples = _html(_examples(page), "examples")
            with gr.Column(elem_id="beside"):
                sources = _html(render.sources_panel((), _how_made(bot, page), page), "sources")
        foot = _html(_foot(bot, settings, page), "foot")
        before, kept, language = (
            gr.Textbox(value, visible="hidden", elem_id=name, show_label=False)
            for name, value in (("before", ""), ("kept", ""), ("language", page.language))
        )
        again = gr.Button("Restore", visible="hidden", elem_id="restore")
        stop = gr.Button("Stop", visible="hidden", elem_id="stop")

        whole = [talk, sources, box, top, intro, send, fresh, examples, foot]
        quiet = {"show_progress": "hidden", "api_visibility": "private"}  # hides them from listings; protects nothing
        # page.js sends one question at a time; "multiple" because Gradio would drop one that follows at once.
        asking = gr.on([send.click, box.submit], ask, [box, before, language], live, concurrency_limit=8, trigger_mode="multiple", **quiet)
        stop.click(None, cancels=asking, **quiet)
        again.click(restore, [kept, language], whole, **quiet)
    blocks.queue(max_size=64, api_open=False)
    return blocks


def read_kept(kept: str) -> tuple[Answer, ...]:
    """The answers in `kept`, the latest twenty; none when it is empty or not ours."""
    if not kept:
        return ()
    try:
        return _kept.validate_json(kept)[-_KEPT_EXCHANGES:]
    except ValidationError:
        return ()


def read_before(before: str) -> Before:
    """What the browser says was said before; nothing when it is empty or not ours."""
    if not before:
        return Before()
    try:
        return _before.validate_json(before)
    except ValidationError:
        return Before()


def opening(settings: Settings, page: Words) -> str:
    """What is seen until Gradio has loaded, which takes a while on a slow network."""
    return (
        f'<div id="opening" lang="{page.language}"><p class="brand">Northbound</p><p class="plainly">{escape(_plainly(settings, page))}</p>'
        f"{_heading(page)}<p>{escape(page('loading'))}</p></div>"
    )


def theme() -> gr.themes.Base:
    """Gradio's plainest theme in the reader's own fonts; page.css does the rest."""
    fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"]
    return gr.themes.Base(font=fonts, font_mono=["ui-monospace", "monospace"], radius_size=gr.themes.sizes.radius_sm)


def _html(html: str, name: str) -> gr.Markdown:
    """HTML as it is. gr.HTML would do, but evaluates a template in the browser, which a strict policy forbids; render.py has escaped."""
    return gr.Markdown(html, elem_id=name, sanitize_html=False, latex_delimiters=[])


def _refusal(question: str, error: NorthboundError, page: Words) -> str:
    """Why a question was not answered, in the language of the page."""
    if not isinstance(error, RequestError):
        return str(error) if page.language == "en" else page("broken")
    if not question.strip():
        return page("empty")
    if len(question) > MAX_QUESTION:
        return page("too_long", f"{len(question):,}".replace(",", page("thousands")), f"{MAX_QUESTION:,}".replace(",", page("thousands")))
    return page("unreadable")


def _how_made(bot: Answering, page: Words) -> str:
    official = sum(source.kind == "official" for source in bot.sources.values())
    many = page("how_many", len(bot.sources), official, render.newest(bot.sources.values(), page))
    return f'<div class="how"><p>{escape(page("how_marks"))}</p><p>{escape(many)}</p><p>{escape(page("how_silent"))}</p></div>'


def _examples(page: Words) -> str:
    groups = "".join(
        f"<section><h3>{escape(situation)}</h3>"
        f"<ul>{''.join(f'<li>{render.ask_button(question)}</li>' for question in questions)}</ul></section>"
        for situation, questions in page.examples
    )
    title = escape(page("examples_title"))
    return f'<div class="examples"><h2 class="small-title">{title}</h2><div class="situations">{groups}</div></div>'


def _foot(bot: Answering, settings: Settings, page: Words) -> str:
    kept = page("about_journal", settings.journal_days) if settings.journal == "on" else page("about_kept")
    programs, in_english = _programs(bot, page)
    modified = page("modified", render.newest(bot.sources.values(), page), bot.corpus_version)
    return (
        f'<div class="foot"><section id="programs"><h2>{escape(page("at_a_glance"))}</h2>'
        f"{render.glance(programs, page, in_english)}</section>"
        f'<section id="about"><h2>{escape(page("about_page"))}</h2>'
        f"<p>{escape(page('about_what'))}</p><p>{escape(kept)}</p>"
        f'<p class="modified">{escape(modified)}</p></section></div>'
    )


def _programs(bot: Answering, page: Words) -> tuple[Mapping[str, Program], Container[str]]:
    """The programs as the page tells them, and which of them have a note in English only on a French page."""
    if page.language == "en":
        return bot.programs, ()
    names, notes = program_names(), _french_notes(bot.programs)
    french = {id: replace(p, name=names.get(id, p.name), note=notes.get(id, p.note)) for id, p in bot.programs.items()}
    return french, bot.programs.keys() - notes.keys()


def _french_notes(programs: Mapping[str, Program]) -> Mapping[str, str]:
    notes = {passage.id: passage for passage in registered(load_registry()) if passage.kind == "standing"}
    pairs = find_twins(notes, programs, read_twins())
    now = {program.id: program.note for program in programs.values()}
    return {pair.english.program: pair.twin.text for pair in pairs.values() if now.get(pair.english.program) == pair.english.text}


def _header(bot: Answering, settings: Settings, page: Words) -> str:
    """The top of the page, with what page.js says and shows by itself."""
    other = next(language for language in LANGUAGES if language != page.language)
    told = {"language": page.language, "longest": MAX_QUESTION, **{key: page(key) for key in _SPOKEN}}
    spoken = escape(json.dumps(told, ensure_ascii=False))
    working = render.working("", 0, page("looking", len(bot.sources)), page)
    return (
        f'<header class="top" data-words="{spoken}"><a class="skip" href="#box">{escape(page("skip"))}</a><p class="brand">Northbound</p>'
        f'<nav aria-label="{escape(page("nav"))}"><a href="#programs">{escape(page("programs"))}</a>'
        f'<a href="#about">{escape(page("about"))}</a>'
        f'<button type="button" class="tool" data-language="{other}" lang="{other}">{escape(page("other_language"))}</button></nav>'
        f'<p class="plainly">{escape(_plainly(settings, page))}</p><template class="working">{working}</template></header>'
    )


def _plainly(settings: Settings, page: Words) -> str:
    return page("plainly_journal", settings.journal_days) if settings.journal == "on" else page("plainly")


def _intro(page: Words) -> str:
    return f'<div class="intro">{_heading(page)}</div>'


def _heading(page: Words) -> str:
    """The heading, which on a phone does not break within the name of the visa."""
    return f"<h1>{escape(page('heading')).replace('H-1B', _VISA)}</h1>"
