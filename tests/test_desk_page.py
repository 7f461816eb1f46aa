"""The support desk in a real Chromium, against the real server and a real database. Pictures: as in tests/test_page.py."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, Route, ViewportSize, expect
from sqlalchemy import delete

from bot import database
from bot.answer import Answer, Turn
from bot.answering import Quoting
from bot.chain import Bot
from bot.gaps import taken_up
from bot.journal import feedback, keep, named
from bot.logins import add_user
from bot.privacy import mask
from bot.reviewed import Quoted, Said, Written, history, reviews, write
from bot.same import Sameness
from bot.settings import Settings
from corpus.registry import load_registry
from tests import test_page, test_privacy
from tests.conftest import ROOT, Command, new_home
from tests.small_bot import FIRST, PERMIT, SECOND, HoldingBot, closed, not_found
from tests.test_logins import PASSWORD, cheaply  # noqa: F401
from tests.test_page import PAYLOADS, WIDE, Shots, served, too_small
from tests.test_page_visits import violations

browser, shots = test_page.browser, test_page.shots
QUESTION = "Is the 2023 H-1B open work permit still open?"
MESSAGE = f"Hi team, my passport is N1234567.\n\n{QUESTION}\nWhat is unknown about my dog?\n\nThanks, A."
RIGHT = "It closed on 17 July 2023."
XSS = ROOT.parent / "shared" / "bench" / "safety" / "xss.jsonl"


@dataclass
class Desk:
    """A server with a desk, and whoever opened it in a browser."""

    browser: Browser
    address: str
    settings: Settings
    bot: Quoting
    contexts: list[BrowserContext] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    leaving: int = 0  # times that the browser asked whether to leave

    def open(self, name: str = "priya", view: str = "", viewport: ViewportSize = WIDE, **options: Any) -> Page:
        """The page for somebody who is logged in already."""
        add_user(name, PASSWORD, "desk", self.settings)
        context = self.browser.new_context(viewport=viewport, **options)
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        assert context.request.post(f"{self.address}/desk/api/login", data={"name": name, "password": PASSWORD}).ok
        return self.tab(context, view)

    def tab(self, context: BrowserContext, view: str = "", path: str = "/desk") -> Page:
        page = context.new_page()
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", self.asked)
        page.goto(f"{self.address}{path}{f'#{view}' if view else ''}")
        if path == "/desk":
            expect(page.locator("h1")).to_be_visible()
        return page

    def asked(self, dialog: Dialog) -> None:
        """The browser's own question before a page with unsaved text is left; anything else that asks is a script that should not run."""
        if dialog.type == "beforeunload":
            self.leaving += 1
            dialog.accept()
        else:
            self.errors.append(f"dialog: {dialog.message}")

    def ended(self) -> None:
        """Every login ends, as it does after the minutes without use."""
        with database.transaction(self.settings) as connection:
            connection.execute(delete(database.sessions))

    def write(self, question: str = QUESTION, text: str = RIGHT, by: str = "omar", **more: Any) -> str:
        """A reviewed answer that is there already; its id."""
        said = Said(text=text, quotes=(Quoted(passage_id="manual#1", quote=FIRST),))
        form = same().form(question)
        written = Written(question=question, programs=tuple(form.programs) if form else (), claims=(said,), **more)
        return write(written, by, self.bot, same(), self.settings).id


@cache
def same() -> Sameness:
    return Sameness(load_registry())


class Shown(HoldingBot):
    """Says what it has learned; what comes from the evil document has markup in all but its dates, which are checked when they are read."""

    def __init__(self) -> None:
        super().__init__()
        self.learned = ""

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer:
        if self.learned and self.learned in question:
            return closed(question, id)
        answer = super().answer(question, history, id, at)
        if "evil" in question and "permit" not in question:
            citations = [c.model_copy(update={"as_of": "2026-02-12", "published": "2026-02"}) for c in answer.citations]
            programs = [p.model_copy(update={"since": "2026-02-12", "as_of": "2026"}) for p in answer.programs]
            return answer.model_copy(update={"citations": tuple(citations), "programs": tuple(programs)})
        return answer


@contextmanager
def desk_of(browser: Browser, address: str, settings: Settings, bot: Quoting) -> Iterator[Desk]:
    desk = Desk(browser, address, settings, bot)
    yield desk
    for context in desk.contexts:
        context.close()
    outside = [url for url in desk.requests if not url.startswith((address, "data:", "blob:"))]
    assert not outside
    # The browser tells of each refusal that it got; the tests look at what the page made of it.
    assert [told for told in desk.errors if "Failed to load resource" not in told] == []


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[tuple[str, Settings, Shown]]:
    settings, bot = Settings(home=new_home(tmp_path_factory.mktemp("desk") / "data", models), journal="on"), Shown()
    with served(bot, settings) as address:
        yield address, settings, bot


@pytest.fixture
def desk(browser: Browser, started: tuple[str, Settings, Shown]) -> Iterator[Desk]:
    """A desk that nobody has used: the server is started once, what it keeps is emptied."""
    address, settings, bot = started
    with database.transaction(settings) as connection:
        for table in reversed(database.metadata.sorted_tables):
            connection.execute(delete(table))
    bot.__init__()  # type: ignore[misc]
    with desk_of(browser, address, settings, bot) as desk:
        yield desk


def draft(page: Page, message: str = MESSAGE) -> None:
    page.get_by_role("textbox", name="Message").fill(message)
    page.get_by_role("button", name="Draft a reply").click()
    expect(page.get_by_role("heading", name="Question by question")).to_be_visible()


def put_right(page: Page, text: str = RIGHT) -> None:
    """From a draft to the editor, with one sentence instead of the bot's."""
    page.get_by_role("button", name="Put it right: question 1").click()
    page.get_by_label("Sentence 1").fill(text)
    for number in range(page.get_by_role("button", name=re.compile("^Remove sentence ")).count(), 1, -1):
        page.get_by_role("button", name=f"Remove sentence {number}").click()


def ask_as_applicant(tab: Page, question: str = QUESTION) -> Locator:
    """What the page for applicants answers, which stands open beside."""
    place = tab.locator(".exchange").count()
    tab.fill("#box textarea", question)
    tab.press("#box textarea", "Enter")
    asked = tab.locator(f'.exchange[data-place="{place}"][data-state="done"]')
    expect(asked).to_be_attached(timeout=60_000)
    return asked.locator(".answer")


# Logging in


def test_the_page_is_there_once_a_command_has_made_a_user_and_lets_nobody_else_in(desk: Desk, northbound: Command, shots: Shots) -> None:
    context = desk.browser.new_context(viewport=WIDE)
    desk.contexts.append(context)
    for path in ("/desk", "/staff/desk.js", "/staff/staff.css"):
        assert context.request.get(f"{desk.address}{path}").status == 404
    made = northbound("desk", "user", "add", "priya", home=desk.settings.home, input=f"{PASSWORD}\n{PASSWORD}\n".encode())
    assert made.returncode == 0, made.stderr
    page = desk.tab(context)
    policy = context.request.get(f"{desk.address}/desk").headers["content-security-policy"]
    assert "unsafe" not in policy and "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
    expect(page.get_by_label("Name")).to_be_focused()
    shots(page, "desk-login.png")
    page.keyboard.type("priya")
    page.keyboard.press("Tab")
    page.keyboard.type("a wrong password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    expect(page.get_by_role("textbox", name="Message")).to_have_count(0)
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Answer a client's message")
    expect(page.get_by_role("main")).to_be_focused()
    expect(page.locator("#who")).to_contain_text("priya, desk")
    expect(page.get_by_role("navigation", name="Pages").get_by_role("link")).to_have_text(["Desk", "Health"])
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Name")).to_be_visible()
    assert context.request.get(f"{desk.address}/desk/api/session").status == 401


# Drafts


def test_a_message_becomes_a_draft_with_its_sources_dates_and_what_to_check(desk: Desk) -> None:
    page = desk.open()
    draft(page)
    expect(page.locator(".part h3")).to_have_text([f"1. {QUESTION}", "2. What is unknown about my dog?"])
    expect(page.locator(".part").first).to_contain_text("As of 20 July 2023")
    expect(page.locator(".part").nth(1)).to_contain_text("Not in our sources")
    checks = page.locator(".checks li")
    expect(checks).to_contain_text(["Question 2: our sources do not answer it.", "Personal numbers in the message were masked"])
    page.locator(".sources-of summary").first.click()
    source = page.locator(".part").first.locator(".source").first
    expect(source).to_contain_text("IRCC · official · closed · as of 12 February 2026")
    expect(source.locator("> blockquote")).to_have_text([FIRST, SECOND])
    source.get_by_text("In its passage").last.click()
    expect(source.locator("mark").last).to_be_visible()
    expect(source.locator("mark").last).to_have_text(SECOND)
    expect(source.get_by_role("link")).to_have_attribute("href", "https://www.canada.ca/manual")
    assert "N1234567" not in page.locator(".result").inner_text() + page.get_by_role("textbox", name="The reply").input_value()


# What is on the clipboard once it holds HTML, which it may not at the moment of the click: the kinds, and the HTML.
COPIED_HTML = """async () => {
  for (let tries = 0; tries < 200; tries++) {
    const [item] = await navigator.clipboard.read();
    if (item.types.includes("text/html")) return [item.types, await (await item.getType("text/html")).text()];
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return [[], ""];
}"""


def test_each_format_is_copied_to_the_clipboard_as_it_stands(desk: Desk) -> None:
    page = desk.open(permissions=["clipboard-read", "clipboard-write"])
    draft(page)
    page.get_by_role("button", name="Copy text").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("Hello,\n") and f"1. {QUESTION}" in text and "[1] IRCC (official, closed): Officer instructions" in text
    page.get_by_label("Markdown").first.check()
    page.get_by_role("textbox", name="The reply").fill("**Mine**, touched up")
    page.get_by_role("button", name="Copy Markdown").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()) === '**Mine**, touched up'")
    page.get_by_role("button", name="Copy HTML").click()
    kinds, html = page.evaluate(COPIED_HTML)
    assert set(kinds) == {"text/html", "text/plain"}
    assert '<a href="https://www.canada.ca/manual">' in html and "<li>" in html and "N1234567" not in html
    page.reload()  # what was touched up is still there
    page.get_by_label("Markdown").first.check()
    expect(page.get_by_role("textbox", name="The reply")).to_have_value("**Mine**, touched up")


def test_what_cannot_be_drafted_gets_a_sentence_and_stays(desk: Desk) -> None:
    page = desk.open()
    for message, told in (
        ("  ", "The message is empty"),
        ("x" * 50_001, "50,001 characters"),
        ("Is it broken?", "Something went wrong on our side"),
    ):
        page.get_by_role("textbox", name="Message").fill(message)
        page.get_by_role("button", name="Draft a reply").click()
        expect(page.get_by_role("alert")).to_contain_text(told)
        assert page.get_by_role("textbox", name="Message").input_value() == message
    assert "secret" not in page.content()
    page.context.set_offline(True)
    page.get_by_role("textbox", name="Message").fill(MESSAGE)
    page.get_by_role("button", name="Draft a reply").click()
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached. What you wrote is still here")
    page.context.set_offline(False)
    draft(page)
    expect(page.get_by_role("alert")).to_have_count(0)


# Reviewed answers


def test_a_wrong_answer_is_put_right_by_staff_and_stays_right(desk: Desk, shots: Shots) -> None:
    page = desk.open()
    tab = desk.tab(page.context, path="/")
    tab.wait_for_selector("body.ready")
    expect(ask_as_applicant(tab)).to_contain_text(SECOND)
    draft(page)
    put_right(page)
    page.get_by_role("textbox", name="Note").fill("It spoke of applications.")
    page.get_by_role("button", name="Save as a reviewed answer").click()
    expect(page.locator(".notice")).to_contain_text("Saved as version 1. Applicants are given it from the next question on.")
    expect(page.locator(".facts")).to_contain_text("Served")
    shots(page, "desk-saved.png", full_page=True)
    answer = ask_as_applicant(tab, "hi, is the 2023 h1b open work permit still open pls?")
    expect(answer).to_contain_text(RIGHT)
    expect(answer).to_contain_text("Reviewed by priya")
    expect(answer).not_to_contain_text(SECOND)
    # The next draft has it too, and offers to edit it instead of writing another.
    page.get_by_role("link", name="Answer a message").click()
    expect(page.locator(".notice")).to_contain_text("Reviewed answers were saved since this was drafted")
    page.get_by_role("button", name="Draft it again").click()
    expect(page.locator(".part").first).to_contain_text("reviewed by priya")
    assert RIGHT in page.get_by_role("textbox", name="The reply").input_value()
    page.get_by_role("button", name="Edit the reviewed answer: question 1").click()
    expect(page.get_by_label("Sentence 1")).to_have_value(RIGHT)
    # Withdrawn, it is the bot's answer again; restored, it is this one.
    page.get_by_role("button", name="Drop this edit").click()
    page.get_by_role("button", name="Drop it").click()
    page.get_by_role("link", name="Reviewed answers").click()
    page.get_by_role("link", name=QUESTION).click()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator(".facts")).to_contain_text("Not served: withdrawn on")
    expect(ask_as_applicant(tab)).to_contain_text(SECOND)
    page.get_by_role("button", name="Restore").click()
    expect(page.locator(".facts")).to_contain_text("Served")
    expect(ask_as_applicant(tab)).to_contain_text(RIGHT)
    expect(page.locator(".history > li")).to_contain_text(
        ["Version 3, restored by priya", "Version 2, withdrawn by priya", "Version 1, made by priya"]
    )


def test_an_answer_to_what_the_sources_were_thought_not_to_hold_is_written_with_quotes_that_are_looked_up(desk: Desk, shots: Shots) -> None:
    page = desk.open()
    draft(page)
    page.get_by_role("button", name="Write an answer: question 2").click()
    page.get_by_label("Question", exact=True).fill("Is the permit open to dogs?")
    page.get_by_label("Conditions").fill("I live in Quebec\n\n")
    page.get_by_label("Sentence 1").fill("It closed on 17 July 2023.")
    page.get_by_role("button", name="Add a quote").click()
    chooser = page.get_by_role("dialog", name="Add a quote")
    chooser.get_by_label("Look in the sources for").fill("permit")
    chooser.get_by_role("button", name="Look").click()
    group = chooser.get_by_role("group", name="Is it open?").first
    expect(group).to_contain_text("IRCC · official · closed · as of 12 February 2026")
    group.get_by_label(FIRST).check()
    group.get_by_label(SECOND).check()
    group.get_by_label("No second intake is known.").check()
    shots(page, "desk-chooser.png")
    chooser.get_by_role("button", name="Quote what is ticked").click()
    expect(page.get_by_label("Sentence 1")).to_be_focused()
    expect(page.locator(".claim blockquote").first).to_have_text(PASSAGE)
    expires = (date.today() + timedelta(days=30)).isoformat()
    page.get_by_label("Served until").fill(expires)
    page.get_by_role("button", name="Save as a reviewed answer").click()
    expect(page.locator("h1")).to_have_text("Is the permit open to dogs?")
    (made,) = reviews(desk.settings)
    assert made.conditions == ("I live in Quebec",) and made.expires == expires and made.claims[0].text == "It closed on 17 July 2023."
    assert [citation.quote for citation in made.citations] == [PASSAGE]


PASSAGE = HoldingBot().passages["manual#1"].text


def test_what_may_not_be_saved_is_told_with_every_reason_and_nothing_is_lost(desk: Desk) -> None:
    page = desk.open()
    draft(page)
    put_right(page, "It had taken 20,000 applications.")
    page.get_by_role("button", name="Remove 2023 open work permit").click()
    page.get_by_role("button", name="Add a sentence").click()
    page.get_by_label("Sentence 2").fill("It will open again.")
    save = page.get_by_role("button", name="Save as a reviewed answer")
    save.click()
    told = page.get_by_role("alert")
    expect(told).to_be_focused()
    expect(told.get_by_role("button")).to_have_text("Claim 2: add a quote that says it.")
    page.get_by_role("button", name="Remove sentence 2").click()
    save.click()
    expect(told.get_by_role("listitem")).to_have_count(2)
    expect(told).to_contain_text(f"The question names {PERMIT.id}")
    expect(told).to_contain_text("20000")
    told.get_by_role("button").click()
    expect(page.get_by_label("Sentence 1")).to_be_focused()
    assert page.get_by_label("Sentence 1").input_value() == "It had taken 20,000 applications." and reviews(desk.settings) == []
    page.get_by_label("Programs").select_option(label="2023 open work permit")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("Sentence 1").fill(RIGHT)
    save.click()
    expect(page.locator("h1")).to_have_text(QUESTION)


def test_a_double_click_on_save_saves_once(desk: Desk) -> None:
    page = desk.open()
    draft(page)
    put_right(page)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_role("button", name="Save as a reviewed answer").dblclick()
    expect(page.locator("h1")).to_have_text(QUESTION)
    page.wait_for_timeout(300)
    assert len(sent) == 1 and [one.version for one in reviews(desk.settings)] == [1]


def test_what_is_typed_while_it_is_being_saved_is_not_lost(desk: Desk) -> None:
    id = desk.write()
    page = desk.open(view=f"reviewed/{id}")
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("textbox", name="Note").fill("first")

    def slowly(route: Route) -> None:
        page.get_by_role("textbox", name="Note").fill("first and second")
        route.continue_()

    page.route(f"**/desk/api/reviewed/{id}", slowly)
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.locator(".notice")).to_contain_text("Saved as version 2. What you typed since is not in it.")
    page.unroute(f"**/desk/api/reviewed/{id}")
    page.get_by_role("button", name="Save as version 3").click()
    expect(page.locator("h1")).to_have_text(QUESTION)
    assert [change.review.note for change in history(id, desk.settings)] == ["", "first", "first and second"]


def test_two_who_edit_one_answer_see_both_and_neither_is_overwritten(desk: Desk, shots: Shots) -> None:
    id = desk.write(note="")
    mine, theirs = desk.open("priya", f"reviewed/{id}"), desk.open("omar", f"reviewed/{id}")
    for page, text, note in ((mine, "It is closed, since 17 July 2023.", "mine"), (theirs, "Closed on 17 July 2023, for good.", "theirs")):
        page.get_by_role("button", name="Edit", exact=True).click()
        page.get_by_label("Sentence 1").fill(text)
        page.get_by_role("textbox", name="Note").fill(note)
    theirs.get_by_role("button", name="Save as version 2").click()
    expect(theirs.locator(".notice")).to_contain_text("Saved as version 2")
    mine.get_by_role("button", name="Save as version 2").click()
    conflict = mine.locator(".conflict")
    expect(conflict.get_by_role("heading")).to_be_focused()
    expect(conflict).to_contain_text("was changed by omar meanwhile")
    says = conflict.get_by_role("row", name="What it says")
    expect(says.locator("td").first).to_contain_text("It is closed, since 17 July 2023.")
    expect(says.locator("td").last).to_contain_text("Closed on 17 July 2023, for good.")
    expect(conflict.locator("tr.differs")).to_have_count(2)
    shots(mine, "desk-conflict.png", full_page=True)
    mine.reload()  # both are still there
    expect(conflict.locator("tr.differs")).to_have_count(2)
    assert [change.review.note for change in history(id, desk.settings)] == ["", "theirs"]
    conflict.get_by_role("button", name="Take theirs: Note").click()
    expect(mine.get_by_role("textbox", name="Note")).to_have_value("theirs")
    conflict.get_by_role("button", name="Save mine as version 3").click()
    expect(mine.locator(".notice")).to_contain_text("Saved as version 3")
    kept = [(c.by, c.review.claims[0].text, c.review.note) for c in history(id, desk.settings)]
    assert kept[1:] == [("omar", "Closed on 17 July 2023, for good.", "theirs"), ("priya", "It is closed, since 17 July 2023.", "theirs")]
    # What omar wrote can be had back.
    mine.get_by_text("How it stood").nth(1).click()
    mine.get_by_role("button", name="Edit from version 2").click()
    expect(mine.get_by_label("Sentence 1")).to_have_value("Closed on 17 July 2023, for good.")


def test_a_second_answer_to_one_question_is_shown_beside_the_first(desk: Desk) -> None:
    page = desk.open()
    draft(page)
    put_right(page)
    id = desk.write(text="It closed in the year 2023.")
    page.get_by_role("button", name="Save as a reviewed answer").click()
    expect(page.locator(".conflict")).to_contain_text("There is a reviewed answer to this question, by omar (version 1)")
    page.get_by_role("button", name="Keep theirs, drop mine").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep theirs").click()
    expect(page.locator("h1")).to_have_text(QUESTION)
    assert page.url.endswith(f"#reviewed/{id}") and len(reviews(desk.settings)) == 1


def test_a_login_that_ends_in_mid_edit_keeps_every_word(desk: Desk, shots: Shots) -> None:
    page = desk.open()
    draft(page)
    put_right(page)
    page.get_by_role("textbox", name="Note").fill("Half a thou")
    desk.ended()
    page.get_by_role("button", name="Save as a reviewed answer").click()
    again = page.get_by_role("dialog", name="Log in again")
    expect(again).to_contain_text("Your login has ended")
    shots(page, "desk-login-again.png")
    page.keyboard.press("Escape")
    expect(page.get_by_role("alert")).to_contain_text("Your login has ended")
    assert page.get_by_role("textbox", name="Note").input_value() == "Half a thou" and reviews(desk.settings) == []
    page.get_by_role("button", name="Save as a reviewed answer").click()
    expect(again.get_by_label("Name")).to_have_value("priya")
    again.get_by_label("Password").fill("not that one")
    page.keyboard.press("Enter")
    expect(again.get_by_role("alert")).to_contain_text("The name or the password is wrong")
    again.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("Saved as version 1")
    assert reviews(desk.settings)[0].note == "Half a thou"


def test_a_reload_keeps_what_is_not_saved_and_logging_out_forgets_it(desk: Desk) -> None:
    page = desk.open()
    draft(page)
    put_right(page)
    page.reload()
    expect(page.get_by_label("Sentence 1")).to_have_value(RIGHT)
    page.get_by_role("link", name="Reviewed answers").click()
    expect(page.locator(".unsaved")).to_contain_text(QUESTION)
    page.locator(".unsaved a").click()
    expect(page.get_by_label("Sentence 1")).to_have_value(RIGHT)
    page.get_by_role("link", name="Back to the message").click()
    expect(page.get_by_role("textbox", name="Message")).to_have_value(mask(MESSAGE))
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("dialog").get_by_role("button", name="Stay").click()
    expect(page.get_by_role("textbox", name="Message")).to_have_value(mask(MESSAGE))
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("dialog").get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0 and QUESTION not in page.content()


# What is kept in the browser


PRIVATE = "My passport is N1234567, my cell is 416-555-0199, write to a.b@mail.example, card 4111 1111 1111 1111."
STORED = "JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)])"


def test_what_was_not_saved_when_the_tab_was_closed_is_offered_back_without_personal_numbers(desk: Desk, shots: Shots) -> None:
    page = desk.open()
    draft(page, f"{MESSAGE} {PRIVATE}")
    page.get_by_role("textbox", name="The reply").fill(f"Hello, {PRIVATE}")
    put_right(page)
    page.get_by_role("textbox", name="Note").fill(f"Called back. {PRIVATE}")
    stored = page.evaluate(STORED)
    assert "[passport number]" in stored and "[card number]" in stored
    assert [n for n in ("N1234567", "555-0199", "a.b@mail", "4111 1111") if n in stored] == []
    assert page.get_by_role("textbox", name="Note").input_value() == f"Called back. {PRIVATE}"  # what is on the page is not touched
    page.close(run_before_unload=True)
    again = desk.tab(page.context)
    assert desk.leaving == 1
    offers = again.get_by_role("region", name="Not saved when a tab was closed")
    expect(offers.get_by_role("listitem")).to_have_count(2)
    shots(again, "desk-offers.png")
    offers.get_by_role("button", name="Go on with it. The answer to").click()
    expect(again.get_by_label("Sentence 1")).to_have_value(RIGHT)
    expect(again.get_by_role("textbox", name="Note")).to_have_value(f"Called back. {mask(PRIVATE)}")
    expect(offers.get_by_role("listitem")).to_have_count(1)
    offers.get_by_role("button", name="Go on with it. The message").click()
    expect(again.get_by_role("textbox", name="Message")).to_have_value(mask(f"{MESSAGE} {PRIVATE}"))
    expect(again.get_by_role("textbox", name="The reply")).to_have_value(mask(f"Hello, {PRIVATE}"))
    expect(offers).to_have_count(0)
    # Saved, or cleared, it is offered no more.
    again.locator(".unsaved a").click()
    again.get_by_role("button", name="Save as a reviewed answer").click()
    expect(again.locator(".notice")).to_contain_text("Saved as version 1")
    again.get_by_role("link", name="Answer a message").click()
    again.get_by_role("button", name="Clear").click()
    assert again.evaluate("localStorage.length") == 0
    again.close(run_before_unload=True)
    assert desk.leaving == 1
    expect(desk.tab(page.context).locator(".offers")).to_have_count(0)


def test_an_open_tab_keeps_its_own_and_only_who_wrote_it_is_offered_what_a_closed_one_held(desk: Desk) -> None:
    page = desk.open()
    page.get_by_role("textbox", name="Message").fill("From the first tab?")
    other = desk.tab(page.context)
    expect(other.locator(".offers")).to_have_count(0)
    other.get_by_role("textbox", name="Message").fill("From the second tab?")
    page.reload()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("From the first tab?")
    other.close()
    # Another member of staff at the same browser sees nothing of it.
    add_user("omar", PASSWORD, "desk", desk.settings)
    assert page.context.request.post(f"{desk.address}/desk/api/login", data={"name": "omar", "password": PASSWORD}).ok
    theirs = desk.tab(page.context)
    expect(theirs.locator("#who")).to_contain_text("omar")
    expect(theirs.locator(".offers")).to_have_count(0)
    theirs.close()
    assert page.context.request.post(f"{desk.address}/desk/api/login", data={"name": "priya", "password": PASSWORD}).ok
    page.reload()
    offers = page.locator(".offers")
    expect(offers.get_by_role("listitem")).to_have_count(1)
    expect(offers).to_contain_text("From the second tab?")
    offers.get_by_role("button", name="Go on with it").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep this one").click()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("From the first tab?")
    offers.get_by_role("button", name="Drop it").click()
    page.get_by_role("dialog").get_by_role("button", name="Drop it").click()
    expect(offers).to_have_count(0)
    assert "second tab" not in page.evaluate(STORED) and "first tab" in page.evaluate(STORED)


def test_logging_out_in_one_tab_forgets_and_closes_the_others_too(desk: Desk) -> None:
    page = desk.open()
    page.get_by_role("textbox", name="Message").fill("From the first tab?")
    other = desk.tab(page.context)
    other.get_by_role("button", name="Log out").click()
    expect(other.get_by_role("dialog")).to_contain_text("in this tab and in others")
    other.get_by_role("dialog").get_by_role("button", name="Log out").click()
    expect(other.get_by_label("Password")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_visible()
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    assert desk.leaving == 0  # nobody is asked twice


def test_the_browser_masks_what_the_server_masks(desk: Desk) -> None:
    page = desk.open()
    texts = [text for name in ("test_a_personal_number_is_masked", "test_what_is_not_personal_stays") for text in _parametrized(name)]
    texts += ["é1234-5678", "josé@mail.example", "٤١٦-555-0199", "UCI: 1112223334 and again UCI 1112223334", "日本E123456789", ""]
    masked = page.evaluate("async (texts) => { const { mask } = await import('/staff/desk-mask.js'); return texts.map(mask); }", texts)
    assert masked == [mask(text) for text in texts] and len(texts) > 40


def _parametrized(test: str) -> list[str]:
    (mark,) = (mark for mark in getattr(test_privacy, test).pytestmark if mark.name == "parametrize")
    return [one[0] if isinstance(one, tuple) else one for one in mark.args[1]]


def test_a_new_login_in_another_tab_does_not_break_this_one(desk: Desk) -> None:
    page = desk.open()
    draft(page)
    put_right(page)
    desk.ended()
    assert page.context.request.post(f"{desk.address}/desk/api/login", data={"name": "priya", "password": PASSWORD}).ok
    page.get_by_role("button", name="Save as a reviewed answer").click()
    expect(page.locator(".notice")).to_contain_text("Saved as version 1")
    # Of somebody else it does: what is written stays under the name of who wrote it.
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("textbox", name="Note").fill("by priya")
    add_user("omar", PASSWORD, "desk", desk.settings)
    desk.ended()
    assert page.context.request.post(f"{desk.address}/desk/api/login", data={"name": "omar", "password": PASSWORD}).ok
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.locator("#who")).to_contain_text("omar")
    expect(page.locator("h1")).to_have_text("Nothing is being edited here")
    assert [one.version for one in reviews(desk.settings)] == [1]
    desk.ended()
    assert page.context.request.post(f"{desk.address}/desk/api/login", data={"name": "priya", "password": PASSWORD}).ok
    page.reload()
    expect(page.get_by_role("textbox", name="Note")).to_have_value("by priya")


def test_the_list_says_who_when_until_and_why_one_is_not_served(desk: Desk) -> None:
    assert isinstance(desk.bot, HoldingBot)
    desk.write(conditions=("I live in Quebec",))
    desk.write("Can the 2023 H-1B open work permit be renewed?", by="priya")
    page = desk.open(view="reviewed")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    today = datetime.now(UTC).strftime("%-d %B %Y")
    expect(rows.filter(has_text="I live in Quebec")).to_contain_text(f"{today}, omar")
    expect(page.get_by_text("Served", exact=True)).to_have_count(3)  # with the choice of what to show
    page.get_by_label("Words in them").fill("renewed priya")
    expect(rows).to_have_count(1)
    expect(page.locator(".view").get_by_role("status")).to_have_text("1 of 2")
    manual = desk.bot.passages["manual#1"]
    desk.bot.passages["manual#1"] = replace(manual, text=f"{manual.text} Or is it?")
    page.reload()
    expect(rows.first).to_contain_text("Not served: the passage manual#1 has changed since the review")
    page.get_by_label("Show").select_option("served")
    expect(rows).to_have_count(0)


# Gaps


def asked(desk: Desk, answer: Answer, times: int = 1, reason: str = "") -> None:
    for _ in range(times):
        kept = named(answer, desk.settings)
        keep(kept, desk.settings)
        if reason:
            assert feedback(kept.answer_id, "down", reason, desk.settings)


def test_a_gap_shows_how_often_how_it_goes_and_what_was_said(desk: Desk) -> None:
    asked(desk, not_found("Can I bring my dog to Canada?"), 2)
    asked(desk, not_found("Can I bring a dog to Canada?"))
    asked(desk, closed("Is the permit open?"), reason="It <b>is</b> open, call 416-555-0199")
    page = desk.open(view="gaps")
    dogs, thumb = page.locator(".card").all()
    expect(dogs).to_contain_text("asked 3 times")
    expect(dogs.get_by_role("img")).to_have_attribute("aria-label", "Asked per week, the last 8: 0, 0, 0, 0, 0, 0, 0, 3")
    expect(dogs.locator(".trend")).to_contain_text("rising")
    dogs.get_by_text("1 more in other words").click()
    expect(dogs).to_contain_text("Can I bring a dog to Canada?")
    expect(thumb).to_contain_text("thumbs down: 1")
    expect(thumb).to_contain_text("It <b>is</b> open, call [phone number]")


@pytest.mark.parametrize(
    ("button", "target", "file", "line"),
    [
        (
            "Add to a section",
            "ircc-fees#is-there-an-extra-fee-for-an-open-work-permit",
            "corpus/briefs/ircc-fees.md",
            "Can I bring my dog to Canada",
        ),
        ("Brief to write", "", "corpus/briefs/can-i-bring-my-dog-to-canada.md", "+## Can I bring my dog to Canada?"),
        ("Correction to finish", "", "corpus/corrections.toml", '+wrong = ["Can I bring my dog to Canada"]'),
        ("Evaluation case", "", "eval/sets/drafts.jsonl", '"question": "Can I bring my dog to Canada?"'),
    ],
)
def test_each_action_is_one_click_and_shows_its_change(desk: Desk, button: str, target: str, file: str, line: str) -> None:
    answer = not_found("Can I bring my dog to Canada?")
    asked(desk, answer, 2)
    page = desk.open(view="gaps")
    card = page.locator(".card").first
    if target:  # nothing was cited for it: it asks which section first
        card.get_by_role("button", name=button).click()
        expect(card.get_by_role("alert")).to_be_visible()
        expect(card.get_by_label("Section that answers it")).to_be_focused()
        page.keyboard.type(target)
    card.get_by_role("button", name=button).click()
    expect(card.locator(".patch")).to_contain_text(f"+++ b/{file}")
    expect(card.locator(".patch")).to_contain_text(line)
    expect(card.locator("h3")).to_be_focused()
    (taken,) = taken_up(desk.settings)
    assert taken.by == "priya" and taken.state == "open" and Path(taken.file).is_file()
    with page.expect_download() as started:
        card.get_by_role("button", name="Save the change as a file").click()
    assert started.value.suggested_filename == Path(taken.file).name
    assert Path(started.value.path()).read_text(encoding="utf-8") == Path(taken.file).read_text(encoding="utf-8")


def test_a_gap_that_was_taken_up_is_tracked_until_it_is_answered_or_dropped(desk: Desk) -> None:
    assert isinstance(desk.bot, Shown)
    asked(desk, not_found("What is unknown here?"), 2)
    asked(desk, not_found("How tall is a moose?"))
    page = desk.open(view="gaps")
    for left in (1, 0):
        page.locator(".doing").first.get_by_role("button", name="Brief to write").click()
        expect(page.locator(".doing")).to_have_count(left)
    page.reload()
    expect(page.locator("h2")).to_have_text(["To do (0)", "Taken up, not answered yet (2)"])
    desk.bot.learned = "unknown"
    page.reload()
    expect(page.locator("h2")).to_have_text(["To do (0)", "Taken up, not answered yet (1)", "Answered by now (1)"])
    page.get_by_role("button", name="Drop it: How tall is a moose?").click()
    page.get_by_role("dialog").get_by_role("button", name="Drop it").click()
    expect(page.locator(".card").first).to_contain_text("dropped")
    assert sorted(taken.state for taken in taken_up(desk.settings)) == ["answered", "dropped"]
    page.reload()
    expect(page.locator("h2")).to_have_text(["To do (1)", "Answered by now (1)", "Dropped (1)"])


def test_the_journal_is_taken_away_from_here(desk: Desk) -> None:
    asked(desk, not_found("How tall is a moose?"))
    page = desk.open(view="gaps")
    for name, begins in (("CSV", "id,at,question"), ("JSONL", '{"id"')):
        with page.expect_download() as started:
            page.get_by_role("link", name=f"The journal as {name}").click()
        assert started.value.suggested_filename.endswith(f".{name.lower()}")
        text = Path(started.value.path()).read_text(encoding="utf-8")
        assert text.startswith(begins) and "How tall is a moose?" in text


# What could go wrong with any of it


def injected(page: Page) -> list[str]:
    """Markup in the views that is not the page's own, and whether any of it ran."""
    inside = (
        "#main :is(script, iframe, object, embed, base, style, form:not(.message, .editor), img, svg:not(.trend svg), "
        "[onerror], [onload], [onmouseover])"
    )
    found = page.evaluate(f"[...document.querySelectorAll({json.dumps(inside)})].map(e => e.outerHTML.slice(0, 200))")
    links = page.evaluate("[...document.querySelectorAll('#main a')].map(a => a.protocol).filter(p => !/^(https?:|blob:)$/.test(p))")
    return [*found, *links, *(["ran"] if page.evaluate("window.ran !== undefined") else [])]


def test_no_markup_runs_from_a_message_a_document_feedback_or_a_note(desk: Desk) -> None:
    payloads = list(PAYLOADS)
    if XSS.is_file():
        payloads += [json.loads(row)["text"] for row in XSS.read_text(encoding="utf-8").splitlines()[::16]]
    flat = [" ".join(payload.split()) for payload in payloads]
    page = desk.open(viewport=ViewportSize(width=1280, height=2000))
    for from_here in range(0, len(flat), 60):
        lines = [f"{n}) is this evil {payload} ?" for n, payload in enumerate(flat[from_here : from_here + 60])]
        page.get_by_role("textbox", name="Message").fill("\n".join(lines)[:50_000])
        page.get_by_role("button", name="Draft a reply").click()
        expect(page.locator(".part").first).to_be_visible()
        page.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
        assert injected(page) == []
        page.get_by_role("button", name="Clear").click()
    kept = payloads[:12]
    for n, payload in enumerate(kept):
        desk.write(f"Is the 2023 H-1B open work permit open to number {n}?", note=payload, conditions=(payload[:200],))
    page.goto(f"{desk.address}/desk#reviewed")
    expect(page.locator("tbody tr")).to_have_count(len(kept))
    assert injected(page) == []
    for one in reviews(desk.settings)[:3]:
        page.goto(f"{desk.address}/desk#reviewed/{one.id}")
        expect(page.locator(".facts")).to_contain_text(" ".join(one.note.split()))
        page.get_by_text("How it stood").click()
        assert injected(page) == []
        page.get_by_role("button", name="Edit", exact=True).click()
        expect(page.get_by_role("textbox", name="Note")).to_have_value(one.note)
        assert injected(page) == []
    for payload in payloads[:40]:
        asked(desk, not_found(f"unknown {payload}"), reason=payload)
    page.goto(f"{desk.address}/desk#gaps")
    expect(page.locator(".card").first).to_be_visible(timeout=15_000)
    page.locator(".card").first.get_by_role("button", name="Evaluation case").click()
    expect(page.locator(".patch")).to_be_visible(timeout=15_000)
    page.mouse.move(600, 400)
    assert injected(page) == []
    assert not any(url.endswith("/x") for url in desk.requests)


def test_axe_finds_nothing_serious_on_a_dark_phone_and_a_light_desk(desk: Desk) -> None:
    id = desk.write()
    asked(desk, not_found("How tall is a moose?"))
    asked(desk, closed("Is the permit open?"), reason="No")
    page = desk.open(bypass_csp=True)
    draft(page, "Was the permit open?\nWhat is unknown about my dog?")
    page.locator(".sources-of summary").first.click()
    found = seen_both_ways(page)
    put_right(page, "")
    page.get_by_role("button", name="Save as a reviewed answer").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("button", name="Add a quote").click()
    expect(page.get_by_role("dialog").get_by_role("group").first).to_be_visible()
    found += seen_both_ways(page)
    for view in ("reviewed", f"reviewed/{id}", "gaps"):
        page.goto("about:blank")
        page.goto(f"{desk.address}/desk#{view}")
        expect(page.locator("h1")).to_be_visible()
        for summary in page.locator("summary").all():
            summary.click()
        found += seen_both_ways(page)
    page.locator(".card").first.get_by_role("button", name="Evaluation case").click()
    expect(page.locator(".patch")).to_be_visible()
    found += seen_both_ways(page)
    desk.ended()
    page.get_by_role("button", name="Drop it").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Drop it").click()
    expect(page.get_by_role("dialog", name="Log in again")).to_be_visible()
    assert found + seen_both_ways(page) == []


def seen_both_ways(page: Page) -> list[str]:
    """What axe finds on a phone in the dark and on a wide screen in the light, as the page is now."""
    found: list[str] = []
    schemes: dict[int, Literal["dark", "light"]] = {390: "dark", 1280: "light"}
    for width, scheme in schemes.items():
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)
        found += violations(test_page.Visit(page))
    return found


@pytest.mark.parametrize(("scheme", "widths"), [("light", (320, 390, 768, 1920)), ("dark", (360, 1280))])
def test_it_fits_and_can_be_tapped(desk: Desk, shots: Shots, scheme: str, widths: Sequence[int]) -> None:
    """320 pixels are what is left of 1280 at 400 % zoom."""
    id = desk.write(conditions=("I live in Quebec",), note="Seen with A. Lawyer")
    desk.write("Can the 2023 H-1B open work permit be renewed?", by="priya")
    asked(desk, not_found("Can I bring my dog to Canada, and would it have to be in quarantine?"), 3)
    asked(desk, closed("Is the permit open?"), reason="It is not what I asked")
    page = desk.open(viewport=ViewportSize(width=widths[0], height=844), color_scheme=scheme, reduced_motion="reduce")

    def fits(name: str) -> None:
        for width in widths:
            page.set_viewport_size({"width": width, "height": 256 if width == 320 else 844})
            page.evaluate("scrollTo(0, 0)")
            shots(page, f"desk-{width}-{scheme}-{name}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert too_small(page, "button, a, textarea, summary, select, input, label.check") == [], (name, width)

    draft(page)
    page.locator(".sources-of summary").first.click()
    fits("draft")
    page.get_by_role("button", name="Put it right: question 1").click()
    expect(page.get_by_label("Sentence 1")).to_be_visible()
    fits("edit")
    for name, view in (("reviewed", "reviewed"), ("one", f"reviewed/{id}"), ("gaps", "gaps")):
        page.goto(f"{desk.address}/desk#{view}")
        expect(page.locator({"reviewed": "tbody", "one": ".facts", "gaps": ".card"}[name]).first).to_be_visible()
        if name == "one":
            page.get_by_text("How it stood").click()
        if name == "gaps":
            page.locator(".card").first.get_by_role("button", name="Correction to finish").click()
            expect(page.locator(".patch")).to_be_visible()
        fits(name)


def test_everything_can_be_done_with_the_keyboard(desk: Desk) -> None:
    page = desk.open()

    def reach(name: str, role: str = "button", key: str = "Tab") -> None:
        """Tab until the control has the focus, which must be seen."""
        target = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
        for _ in range(60):
            page.keyboard.press(key)
            if target.evaluate("e => e === document.activeElement"):
                assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
                return
        raise AssertionError(f"{name} is not reached")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    reach("Message", "textbox")
    page.keyboard.insert_text(MESSAGE)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Check before you send it")).to_be_focused()
    expect(page.locator("#announce")).to_have_text("The draft answers 2 questions")
    reach("Put it right: question 1")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_be_focused()
    reach("Sentence 1", "textbox")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(RIGHT)
    for sentence in ("Remove sentence 3", "Remove sentence 2"):
        reach(sentence)
        page.keyboard.press("Enter")
    expect(page.get_by_label("Sentence 1")).to_be_focused()
    reach("Add a quote")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Look in the sources for")).to_be_focused()
    reach(SECOND, "checkbox")
    page.keyboard.press("Space")
    reach("Quote what is ticked")
    page.keyboard.press("Enter")
    expect(page.locator(".claim .source")).to_have_count(2)
    reach("Save as a reviewed answer")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(QUESTION)
    expect(page.locator("h1")).to_be_focused()
    expect(page.locator("#announce")).to_contain_text("Saved as version 1")
    reach("Withdraw")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_be_focused()
    reach("Restore")
    page.keyboard.press("Enter")
    expect(page.locator("#announce")).to_contain_text("Restored")


# The real bot


MESSY = """Fwd: urgent pls
> Hi , hope u r doing good. My name is Ravi, passport no. Z8812345 , reciept EAC2190012345.
> I got laid of last month frm my h1b job (i140 aproved).
> 1) is the h1b open work permit stil open or it closed alredy??
> 2) how much is biometrics fees for me n wife
> also do i need a job offer for express entry
> can my wife work while i am on work permit
> and whats the prossessing for our dog lol ?
Call me at 416 555 0199. Thx"""


def test_a_messy_message_with_five_questions_through_the_real_bot(
    browser: Browser, tmp_path: Path, models: Path, bot: Bot, shots: Shots
) -> None:
    settings = Settings(home=new_home(tmp_path / "data", models), journal="on", today="2026-11-20")
    with served(bot, settings) as address, desk_of(browser, address, settings, bot) as desk:
        page = desk.open(permissions=["clipboard-read", "clipboard-write"])
        draft(page, MESSY)
        expect(page.locator(".part")).to_have_count(5)
        reply = page.get_by_role("textbox", name="The reply").input_value()
        for number in ("Z8812345", "EAC2190012345", "416 555 0199"):
            assert number not in reply and number not in page.locator(".result").inner_text()
        assert "17 July 2023" in reply and "170" in reply
        page.locator(".sources-of summary").first.click()
        shots(page, "desk-real.png", full_page=True)
        page.get_by_role("button", name="Put it right: question 2").click()
        page.get_by_label("Question", exact=True).fill("How much are biometrics for two people?")
        page.get_by_role("button", name="Save as a reviewed answer").click()
        expect(page.locator(".facts")).to_contain_text("Served")
        shots(page, "desk-real-saved.png", full_page=True)
        served_now = page.context.request.post(
            f"{address}/api/v1/ask", data={"question": "Hi! How much are biometrics for two people?"}
        ).json()
        assert served_now["reviewed"]["by"] == "priya"
