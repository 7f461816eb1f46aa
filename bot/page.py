"""The page: a Gradio Blocks over one Bot. `bot.server` mounts it.

The server keeps no conversation. What was asked and answered travels with each question as JSON in a hidden field (`kept`), which the
browser holds for as long as its tab is open; it is checked and rendered anew each time, so a tampered one can only change what its own
sender sees.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Protocol

import gradio as gr
from pydantic import TypeAdapter, ValidationError

from bot import render
from bot.answer import Answer, Turn
from corpus.errors import NorthboundError
from corpus.model import Program, Source

TITLE = "Northbound: from an H-1B to Canada"
STYLE = Path(__file__).with_name("page.css")
SCRIPT = Path(__file__).with_name("page.js")
EXAMPLES = (
    ("In the US on H-1B", ("Is the H-1B open work permit still open?", "What did Budget 2025 announce for H-1B visa holders?")),
    ("Laid off", ("I was laid off on H-1B. How long can I stay in the US?", "I was laid off on H-1B: what are the routes to Canada?")),
    ("Family", ("Can my spouse work in Canada?", "Can my children go to school in Canada?")),
    (
        "Already in Canada",
        ("Can I renew a 2023 H-1B open work permit?", "Can I keep working while my work permit extension is being decided?"),
    ),
    ("Employers", ("How fast is the Global Talent Stream?", "What does the Global Talent Stream cost, and who pays?")),
    ("Costs", ("How much does a Canadian work permit cost?", "How much are biometrics?")),
)
_KEPT_EXCHANGES = 20  # earlier ones leave the page: the conversation travels with every question
_PAUSE_SECONDS = 0.09  # between sentences of a new answer
_BROKEN = "Something went wrong on our side. Your question is still in the box: please send it again."

Screen = tuple[str, str, object, str, str]  # conversation, sources, the box, the kept conversation, the problem

_kept = TypeAdapter(tuple[Answer, ...])
_log = logging.getLogger("northbound.page")


class Answering(Protocol):
    """What the page asks of a bot."""

    @property
    def programs(self) -> Mapping[str, Program]: ...

    @property
    def sources(self) -> Mapping[str, Source]: ...

    @property
    def corpus_version(self) -> str: ...

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer: ...


def build_page(bot: Answering) -> gr.Blocks:
    """The page over `bot`, not yet served."""
    how_made = _how_made(bot)

    def ask(question: str, kept: str) -> Iterator[Screen]:
        """Answer and show the answer sentence by sentence. What cannot be answered stays in the box with a sentence that says why."""
        before = read_kept(kept)
        past = [render.exchange(answer, place) for place, answer in enumerate(before)]
        beside = render.sources_panel(before, how_made)
        place = len(before)
        if question.strip():
            line = f"Looking in {len(bot.sources)} sources…"
            yield render.conversation([*past, render.working(question[:4000], place, line)]), beside, gr.skip(), kept, ""
        try:
            answer = bot.answer(question, turns(before))
        except NorthboundError as error:
            yield render.conversation(past), beside, gr.skip(), kept, render.problem(str(error))
            return
        except Exception:  # the door's last resort: the reader gets a sentence, the log gets the traceback
            _log.exception("a question could not be answered")
            yield render.conversation(past), beside, gr.skip(), kept, render.problem(_BROKEN)
            return
        after = (*before, answer)
        beside = render.sources_panel(after, how_made)
        for stop in render.stops(answer.answer):
            yield render.conversation([*past, render.exchange(answer, place, stop)]), beside, "", kept, ""
            time.sleep(_PAUSE_SECONDS)
        yield *restore(write_kept(after)), ""

    def restore(kept: str) -> tuple[str, str, str, str]:
        """The page as it was, from what the browser kept."""
        answers = read_kept(kept)
        shown = render.conversation(render.exchange(answer, place) for place, answer in enumerate(answers))
        return shown, render.sources_panel(answers, how_made), "", write_kept(answers)

    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        _html(_HEADER, "top")
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="talk"):
                _html(_INTRO, "intro")
                talk = _html(render.conversation(()), "conversation")
                with gr.Column(elem_id="composer"):
                    problem = _html("", "problem")
                    with gr.Row(elem_id="composer-row"):
                        box = gr.Textbox(label="Your question", lines=1, max_lines=8, placeholder="Type your question", elem_id="box")
                        send = gr.Button("Send", variant="primary", elem_id="send")
                        fresh = gr.Button("New chat", elem_id="fresh")
                _html(_examples(), "examples")
            with gr.Column(elem_id="beside"):
                sources = _html(render.sources_panel((), how_made), "sources")
        _html(_foot(bot), "foot")
        kept = gr.Textbox(visible="hidden", elem_id="kept", show_label=False)
        again = gr.Button("Restore", visible="hidden", elem_id="restore")

        screen = [talk, sources, box, kept]
        quiet = {"show_progress": "hidden", "api_visibility": "private"}  # hides them from listings; protects nothing
        gr.on([send.click, box.submit], ask, [box, kept], [*screen, problem], concurrency_limit=8, **quiet)
        again.click(restore, [kept], screen, **quiet)
        fresh.click(lambda: (*restore(""), ""), None, [*screen, problem], **quiet)
    page.queue(max_size=64, api_open=False)
    return page


def read_kept(kept: str) -> tuple[Answer, ...]:
    """The answers in `kept`, the latest twenty; none when it is empty or not ours."""
    if not kept:
        return ()
    try:
        return _kept.validate_json(kept)[-_KEPT_EXCHANGES:]
    except ValidationError:
        return ()


def write_kept(answers: Sequence[Answer]) -> str:
    """`answers` for the browser to hold, or "" for none."""
    return _kept.dump_json(tuple(answers[-_KEPT_EXCHANGES:])).decode() if answers else ""


def turns(answers: Sequence[Answer]) -> list[Turn]:
    """The conversation so far as the bot reads it."""
    pairs = ((Turn(role="user", content=answer.question), Turn(role="assistant", content=answer.answer)) for answer in answers)
    return [turn for pair in pairs for turn in pair]


def theme() -> gr.themes.Base:
    """Gradio's plainest theme in the reader's own fonts; page.css does the rest."""
    fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"]
    return gr.themes.Base(font=fonts, font_mono=["ui-monospace", "monospace"], radius_size=gr.themes.sizes.radius_sm)


def _html(html: str, name: str) -> gr.Markdown:
    """HTML as it is. gr.HTML would do, but evaluates a template in the browser, which a strict policy forbids; render.py has escaped."""
    return gr.Markdown(html, elem_id=name, sanitize_html=False, latex_delimiters=[])


def _how_made(bot: Answering) -> str:
    official = sum(source.kind == "official" for source in bot.sources.values())
    return (
        '<div class="how"><p>Every sentence of an answer carries a number. The number opens the source: who published it, when, and the '
        "words the sentence rests on.</p>"
        f"<p>We look in {len(bot.sources)} sources, {official} of them official. "
        f"The newest is of {render.newest(bot.sources.values())}.</p>"
        "<p>When the sources do not say, the answer says so.</p></div>"
    )


def _examples() -> str:
    groups = "".join(
        f"<section><h3>{situation}</h3><ul>{''.join(f'<li>{render.ask_button(question)}</li>' for question in questions)}</ul></section>"
        for situation, questions in EXAMPLES
    )
    return f'<div class="examples"><h2 class="small-title">Questions people ask</h2><div class="situations">{groups}</div></div>'


def _foot(bot: Answering) -> str:
    return (
        '<div class="foot"><section id="programs"><h2>Programs at a glance</h2>'
        f"{render.glance(bot.programs)}</section>"
        '<section id="about"><h2>About this page</h2>'
        "<p>Northbound answers questions about moving from a US H-1B to Canada from named sources, and shows them. It is not a government "
        "service and it does not give legal advice. For advice on your own case, ask a lawyer or a licensed immigration consultant.</p>"
        "<p>Nothing you type is kept on the server. The conversation stays in this browser tab and goes when you close it or start a new "
        "chat.</p>"
        f'<p class="modified">Sources up to {render.newest(bot.sources.values())}. '
        f"Version of the sources: {escape(bot.corpus_version)}.</p></section></div>"
    )


_HEADER = (
    '<header class="top"><a class="skip" href="#box">Skip to the question</a><p class="brand">Northbound</p>'
    '<nav aria-label="Page"><a href="#programs">Programs</a><a href="#about">About</a></nav>'
    '<p class="plainly">Information from named sources, not legal advice. Nothing you type is kept.</p>'
    '<div id="announce" class="unseen" role="status" aria-live="polite"></div></header>'
)
_INTRO = '<div class="intro"><h1>Ask about moving from an H-1B to Canada</h1></div>'
