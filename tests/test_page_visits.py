"""What can be done with an answer on the page, and what happens when something goes wrong on the way to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Route, expect
from sqlalchemy import delete

from bot import database
from bot.answer import Answer, Part, Reviewed, Turn, parts
from bot.journal import read_rows
from bot.settings import Settings
from tests import test_page
from tests.small_bot import FIRST, NEWS, SECOND, SmallBot, closed
from tests.test_page import PHONE, Open, Shots, Tabs, Visit, served, visitor

browser, tabs, shots, visit = test_page.browser, test_page.tabs, test_page.shots, test_page.visit
CHOICES = ("How long after a job in the United States?", "What after a job in Canada?")


class SlowBot(SmallBot):
    """Waits to be let go where the question says so; asks back, or shows a reviewed answer, where it says that."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.sentences = Turnstile()
        self.asked: list[str] = []

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer:
        self.asked.append(question)
        if "slow" in question:
            assert self.go.wait(20)
        if "job" in question:
            return asking_back(question)
        if "reviewed" in question:
            review = Reviewed(id="r1", by="A. Lawyer", on="2026-10-01", expires="2027-01-01")
            return closed(question).model_copy(update={"reviewed": review})
        return super().answer(question, history, id, at)

    def stream(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Iterator[Part | Answer]:
        """As with a language model, where the question says so: each sentence when it is let go."""
        answer = self.answer(question, history, id, at)
        for part in parts(answer):
            if "in words" in question:
                self.sentences.wait()
            yield part
        yield answer


class Turnstile:
    """Lets one pass each time it is told to."""

    def __init__(self) -> None:
        self._free = threading.Semaphore(0)

    def let_go(self, many: int = 1) -> None:
        self._free.release(many)

    def wait(self) -> None:
        assert self._free.acquire(timeout=20)

    def drain(self) -> None:
        while self._free.acquire(blocking=False):
            pass


def asking_back(question: str) -> Answer:
    text = f"That depends. Where was it?\n\nIf it was in the United States:\n{FIRST} [1]\n\nIf it was in Canada:\n{SECOND} [2]"
    told = {"status": "partial", "answer": text, "asks_back": "Where was it?", "follow_ups": CHOICES}
    return closed(question).model_copy(update=told)


@pytest.fixture(scope="module")
def slow() -> SlowBot:
    return SlowBot()


@pytest.fixture(scope="module")
def address(slow: SlowBot) -> Iterator[str]:
    with served(slow) as address:
        yield address


@pytest.fixture(scope="module")
def keeping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Settings]]:
    """A second server, which keeps a journal."""
    settings = Settings(home=tmp_path_factory.mktemp("keeping"), journal="on")
    with served(SlowBot(), settings) as address:
        yield address, settings


@pytest.fixture
def journal(keeping: tuple[str, Settings]) -> Settings:
    """Where to read the journal, which holds nothing yet."""
    with database.transaction(keeping[1]) as connection:
        connection.execute(delete(database.journal))
    return keeping[1]


@pytest.fixture
def visit_kept(tabs: Tabs, keeping: tuple[str, Settings], journal: Settings) -> Iterator[Open]:
    """Opens pages of the server that keeps a journal."""
    with visitor(tabs, keeping[0]) as opened:
        yield opened


def test_what_depends_says_so_and_offers_its_branches_as_choices(visit: Open, slow: SlowBot, shots: Shots) -> None:
    opened = visit()
    opened.ask("I lost my job")
    page = opened.page
    expect(page.locator(".chips li").first).to_have_text("It depends")
    expect(page.locator(".said .when")).to_have_text(["If it was in the United States:", "If it was in Canada:"])
    expect(page.locator(".said .when + p")).to_contain_text([FIRST, SECOND])
    expect(page.locator(".follow-ups .small-title")).to_have_text("Choose one")
    shots(page, "depends.png", full_page=True)
    page.get_by_role("button", name=CHOICES[1]).click()
    opened.finished(1)
    assert slow.asked[-1] == CHOICES[1]


def test_a_reviewed_answer_says_who_reviewed_it_and_when(visit: Open) -> None:
    opened = visit()
    opened.ask("the reviewed one")
    expect(opened.page.locator(".answer")).to_contain_text("Reviewed by A. Lawyer on 1 October 2026. It holds until 1 January 2027.")


def test_an_answer_is_saved_as_markdown_with_its_sources(visit: Open) -> None:
    opened = visit()
    opened.ask("Is the *permit* open?")
    with opened.page.expect_download() as started:
        opened.page.get_by_role("button", name="Save as Markdown").click()
    assert started.value.suggested_filename == "northbound.md"
    text = Path(started.value.path()).read_text(encoding="utf-8")
    assert text.startswith("# Is the \\*permit\\* open?\n\n")
    assert "[Officer instructions](<https://www.canada.ca/manual>). IRCC, Published 27 September 2024" in text
    assert f"> {SECOND}" in text and "2023 open work permit: Closed since 17 July 2023." in text


def test_a_link_reopens_its_answer(visit: Open, slow: SlowBot, address: str) -> None:
    question = "Is the permit open & why (50 %)?"
    opened = visit(permissions=["clipboard-read", "clipboard-write"])
    opened.ask(question)
    opened.page.get_by_role("button", name="Copy a link").click()
    link = opened.page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{address}/#ask=Is%20the%20permit")
    other = visit()
    other.page.fill("#box textarea", "half a ques")
    other.page.goto("about:blank")
    other.page.goto(link)
    other.finished()
    expect(other.page.locator(".answer")).to_contain_text(SECOND)
    expect(other.page.locator("#trouble")).to_contain_text("This is its answer today")
    assert other.page.input_value("#box textarea") == "half a ques"  # what was typed in this tab is not lost
    assert not any("permit" in url for url in other.requests)  # what stands after "#" is never sent
    other.page.reload()
    other.finished()
    expect(other.page.locator(".exchange")).to_have_count(1)  # it was asked once


def test_a_link_that_is_not_ours_does_nothing(visit: Open) -> None:
    page = visit().page
    page.evaluate("location.hash = '#ask=%E0%A4%A'")
    page.wait_for_timeout(200)
    expect(page.locator(".exchange")).to_have_count(0)


def test_markup_in_a_link_is_a_question_like_any(visit: Open) -> None:
    opened = visit()
    opened.page.evaluate("location.hash = '#ask=<img src=/x onerror=window.ran=1>'")
    opened.finished()
    expect(opened.page.locator(".asked")).to_have_text("<img src=/x onerror=window.ran=1>")
    assert opened.page.evaluate("window.ran") is None and opened.page.locator(":is(#conversation, #trouble) img").count() == 0


def test_thumbs_are_noted_with_a_reason(visit_kept: Open, journal: Settings, shots: Shots) -> None:
    opened = visit_kept()
    page = opened.page
    expect(page.locator("header")).to_contain_text("Questions are kept for 90 days")
    opened.ask("Is the permit open?")
    page.locator(".thumb", has_text="No").click()
    expect(page.locator("#why")).to_contain_text("What was wrong or missing?")
    shots(page, "why.png")
    assert read_rows(journal)[0].thumb == "down"
    page.get_by_label("What was wrong").fill("The fee <b>changed</b>")
    page.locator("#why .send").click()
    expect(page.locator("#why")).to_contain_text("Your reason was noted")
    page.keyboard.press("Escape")
    expect(page.locator(".thumb", has_text="No")).to_be_focused()
    assert [(row.question, row.thumb, row.reason) for row in read_rows(journal)] == [
        ("Is the permit open?", "down", "The fee <b>changed</b>")
    ]
    opened.ask("Something unknown?", 1)
    expect(page.locator('[data-place="0"] .thumb[aria-pressed="true"]')).to_have_text("No")  # drawn anew, still pressed
    opened.ask("Is the permit closed?", 2)
    page.locator('[data-place="2"] .thumb', has_text="Yes").click()
    expect(page.locator("#why")).to_contain_text("What was useful?")
    assert [row.thumb for row in read_rows(journal)] == ["down", "", "up"]


def test_what_is_not_in_the_sources_can_be_noted(visit_kept: Open, journal: Settings, shots: Shots) -> None:
    opened = visit_kept(PHONE)
    page = opened.page
    opened.ask("Something unknown?")
    page.get_by_role("button", name="Yes, note it").click()
    expect(page.locator("#why")).to_contain_text("What was wrong or missing?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Noted, thank you")).to_be_focused()
    shots(page, "not-found-phone.png", full_page=True)
    assert [(row.status, row.thumb) for row in read_rows(journal)] == [("not_found", "down")]


def test_without_a_journal_there_are_no_thumbs(visit: Open) -> None:
    opened = visit()
    opened.ask("Is the permit open?")
    expect(opened.page.locator(".thumbs")).to_have_count(0)
    expect(opened.page.locator("header")).to_contain_text("Nothing you type is kept")


def test_a_thumb_that_cannot_be_noted_says_so(visit_kept: Open) -> None:
    opened = visit_kept()
    opened.ask("Is the permit open?")
    opened.page.route("**/api/v1/feedback", lambda route: route.abort())
    opened.page.locator(".thumb", has_text="Yes").click()
    expect(opened.page.get_by_role("alert")).to_contain_text("could not be noted")
    opened.errors.clear()  # the browser's own line about it


def test_a_lost_connection_is_a_sentence_and_the_question_is_sent_again(visit: Open, shots: Shots) -> None:
    opened = visit(viewport=PHONE)
    page = opened.page
    opened.ask("Is the permit open?")
    page.context.set_offline(True)
    page.fill("#box textarea", "Is the permit closed?")
    page.click("#send")
    expect(page.get_by_role("alert")).to_contain_text("The connection was lost")
    assert page.input_value("#box textarea") == "Is the permit closed?"
    page.get_by_role("button", name="New chat").scroll_into_view_if_needed()
    told, fresh = (page.locator(part).bounding_box() for part in ("#trouble", "#fresh"))
    assert told and fresh and told["y"] + told["height"] <= fresh["y"]
    shots(page, "offline.png")
    page.context.set_offline(False)
    page.reload()  # Gradio does so itself as soon as it reaches the server again
    expect(page.locator("#box textarea")).to_have_value("Is the permit closed?")
    page.click("#send")
    opened.finished(1)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".exchange")).to_have_count(2)
    opened.errors.clear()  # the browser's own lines about being offline


def test_a_connection_lost_in_mid_answer_is_told(visit: Open, slow: SlowBot) -> None:
    slow.go.clear()
    opened = visit(viewport=PHONE)
    page = opened.page
    page.fill("#box textarea", "A slow one")
    page.click("#send")
    expect(page.locator('.exchange[data-state="working"]')).to_be_attached()
    page.context.set_offline(True)
    expect(page.get_by_role("alert")).to_contain_text("The connection was lost")
    expect(page.locator(".exchange")).to_have_count(0)
    assert page.input_value("#box textarea") == "A slow one"
    slow.go.set()
    page.close()  # it is offline still, and its tries to reach the server would go on failing
    opened.errors.clear()


def test_a_reload_that_does_not_reach_the_server_loses_no_conversation(visit: Open) -> None:
    opened = visit()
    page = opened.page
    opened.ask("Is the permit open?")
    page.route("**/gradio_api/queue/join*", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Nothing is gone")
    page.unroute("**/gradio_api/queue/join*")
    page.reload()
    opened.finished()
    opened.errors.clear()  # the browser's own lines about it


def test_each_sentence_is_shown_once_it_is_checked_and_can_be_looked_up(visit: Open, slow: SlowBot, shots: Shots) -> None:
    slow.sentences.drain()
    opened = visit(reduced_motion="reduce")
    page = opened.page
    page.evaluate(
        """() => { window.announced = []; new MutationObserver(() => announced.push(document.querySelector('#announce').textContent))
          .observe(document.querySelector('#announce'), {childList: true}); }"""
    )
    page.fill("#box textarea", "permit, in words")
    page.press("#box textarea", "Enter")
    expect(page.locator(".quiet")).to_contain_text("Looking in 2 sources…")
    for number, sentence in enumerate((FIRST, SECOND), 1):
        slow.sentences.let_go()
        expect(page.locator(".said")).to_contain_text(sentence)
        expect(page.locator(".said .mark")).to_have_count(number)
        expect(page.locator(".quiet")).to_contain_text("Checking the next sentence…")
    assert NEWS not in page.locator(".said").inner_text()
    page.locator(".said .mark").nth(1).click()
    expect(page.locator(".card mark.current")).to_have_text(SECOND)
    expect(page.locator(".tools")).to_have_count(0)
    shots(page, "half-an-answer.png", full_page=True)
    slow.sentences.let_go()
    opened.finished()
    expect(page.locator(".exchange .quiet")).to_have_count(0)
    expect(page.locator(".said .mark")).to_have_count(3)
    assert [told for told in page.evaluate("announced") if FIRST in told] == [page.evaluate("announced").pop()]  # once, and whole


def test_an_answer_is_stopped_and_asked_again(visit: Open, slow: SlowBot) -> None:
    slow.sentences.drain()
    opened = visit()
    page = opened.page
    page.fill("#box textarea", "permit, in words")
    page.press("#box textarea", "Enter")
    slow.sentences.let_go()
    expect(page.locator(".said")).to_contain_text(FIRST)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".quiet")).to_have_text("Stopped. Ask again")
    expect(page.locator("#box textarea")).to_be_focused()
    assert page.input_value("#box textarea") == "permit, in words"
    slow.sentences.let_go(9)
    page.wait_for_timeout(300)
    expect(page.locator(".said")).not_to_contain_text(SECOND)  # what comes late is not shown
    page.get_by_role("button", name="Ask again").click()
    opened.finished(1)
    expect(page.locator(".exchange")).to_have_count(1)
    assert slow.histories[-1] == []  # what was stopped is not part of the conversation


def test_what_is_sent_while_an_answer_comes_waits_for_it_and_what_is_typed_stays(visit: Open, slow: SlowBot) -> None:
    slow.sentences.drain()
    opened = visit()
    page = opened.page
    page.fill("#box textarea", "permit, in words")
    page.press("#box textarea", "Enter")
    expect(page.locator(".asked")).to_have_text(["permit, in words"])  # it has gone, and its answer is coming
    page.fill("#box textarea", "Something unknown?")
    page.press("#box textarea", "Enter")
    page.press("#box textarea", "Enter")
    expect(page.get_by_role("status").filter(has_text="is sent as soon as")).to_be_visible()
    slow.sentences.let_go(9)
    opened.finished(0)
    opened.finished(1)
    expect(page.locator(".asked")).to_have_text(["permit, in words", "Something unknown?"])
    page.fill("#box textarea", "half a ques")
    page.locator(".follow-ups .ask").first.click()  # asks something else than what is being typed
    opened.finished(2)
    assert page.input_value("#box textarea") == "half a ques"


def test_a_connection_lost_between_two_sentences_keeps_those_that_came(visit: Open, slow: SlowBot, shots: Shots) -> None:
    slow.sentences.drain()
    opened = visit(viewport=PHONE)
    page = opened.page
    page.fill("#box textarea", "permit, in words")
    page.click("#send")
    slow.sentences.let_go()
    expect(page.locator(".said")).to_contain_text(FIRST)
    page.context.set_offline(True)
    expect(page.get_by_role("alert")).to_contain_text("Your question is still here")
    expect(page.locator(".exchange .quiet")).to_have_text("The answer broke off here. Ask again")
    expect(page.locator(".said")).to_contain_text(FIRST)
    assert page.input_value("#box textarea") == "permit, in words"
    shots(page, "broke-off.png", full_page=True)
    slow.sentences.let_go(9)
    page.close()  # as above
    opened.errors.clear()


def test_on_a_slow_network_a_question_is_seen_at_once_and_answered(visit: Open) -> None:
    opened = visit(viewport=PHONE)
    page = opened.page
    for place in range(3):
        opened.ask("Is the permit open?", place)
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000},  # bytes a second
    )
    page.fill("#box textarea", "Is the permit closed?")
    page.press("#box textarea", "Enter")
    expect(page.locator(".exchange").last).to_contain_text("Looking in", timeout=300)
    opened.finished(3)
    expect(page.locator("#trouble")).to_have_count(0)
    page.close()  # no other test is to have this network


def test_what_travels_does_not_grow_with_the_conversation(visit: Open) -> None:
    opened = visit()
    sent: list[int] = []
    opened.page.on("request", lambda request: sent.append(len(request.post_data or "")) if "queue/join" in request.url else None)
    for place in range(6):
        opened.ask("Is the permit open?", place)
    assert sent[5] < 6_000  # of each exchange the question and the answer's words; the six answers whole have 16,000 characters


def in_mid_answer(visit: Open, slow: SlowBot) -> Visit:
    """A page with one answer, while a second is being made."""
    slow.go.clear()
    opened = visit()
    opened.ask("Is the permit open?")
    opened.page.fill("#box textarea", "A slow one")
    opened.page.click("#send")
    expect(opened.page.locator('[data-place="1"][data-state="working"]')).to_be_attached()
    return opened


def test_going_back_in_mid_answer_brings_the_question_back(visit: Open, slow: SlowBot, address: str) -> None:
    opened = in_mid_answer(visit, slow)
    page = opened.page
    page.goto(f"{address}/healthz")
    page.go_back()
    expect(page.get_by_role("alert")).to_contain_text("before the answer came")
    assert page.input_value("#box textarea") == "A slow one"
    opened.finished(0)
    slow.go.set()
    opened.errors.clear()


def test_a_reload_in_mid_answer_brings_the_question_back(visit: Open, slow: SlowBot) -> None:
    opened = in_mid_answer(visit, slow)
    page = opened.page
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("before the answer came")
    assert page.input_value("#box textarea") == "A slow one"
    expect(page.locator(".exchange")).to_have_count(1)
    slow.go.set()
    page.click("#send")
    opened.finished(1)
    expect(page.get_by_role("alert")).to_have_count(0)
    opened.errors.clear()


def test_what_is_being_typed_outlives_a_reload_and_goes_once_it_is_answered(visit: Open) -> None:
    opened = visit()
    page = opened.page
    page.fill("#box textarea", "half a ques")
    page.reload()
    page.wait_for_selector("body.ready")
    expect(page.locator("#box textarea")).to_have_value("half a ques")
    expect(page.locator("#trouble")).to_have_count(0)  # it was never sent
    opened.ask("Is the permit open?")
    page.wait_for_timeout(400)
    page.reload()
    opened.finished()
    expect(page.locator("#box textarea")).to_have_value("")


def test_too_many_questions_and_too_much_text_are_told(visit: Open) -> None:
    page = (opened := visit()).page
    for status, sentence in ((429, "Too many questions"), (413, "too much text"), (503, "Something went wrong on our side")):
        page.route("**/gradio_api/queue/join*", partial(refuse, status))
        page.fill("#box textarea", "Is the permit open?")
        page.click("#send")
        expect(page.get_by_role("alert")).to_contain_text(sentence)
        assert page.input_value("#box textarea") == "Is the permit open?"
        expect(page.locator(".exchange")).to_have_count(0)
        page.unroute("**/gradio_api/queue/join*")
    page.click("#send")
    opened.finished(3)
    opened.errors.clear()


def refuse(status: int, route: Route) -> None:
    route.fulfill(status=status, json={"error": "no"})


def test_two_tabs_hold_two_conversations(visit: Open, slow: SlowBot) -> None:
    one, other = visit(), visit()
    one.ask("Is the permit open?")
    other.ask("Something unknown?")
    one.ask("Is the permit closed?", 1)
    assert [turn.content for turn in slow.histories[-1]][0] == "Is the permit open?"
    expect(other.page.locator(".exchange")).to_have_count(1)


@pytest.mark.parametrize(
    ("language", "looks"), [("fr-CA", {390: "light", 1280: "dark"}), ("en-US", {390: "dark", 1280: "light"})], ids=["fr", "en"]
)
def test_axe_finds_nothing_serious(visit_kept: Open, language: str, looks: dict[int, Literal["light", "dark"]]) -> None:
    opened = visit_kept(PHONE, reduced_motion="reduce", locale=language, bypass_csp=True)
    page = opened.page
    expect(page.locator(".main.app")).to_be_visible()
    found = seen_as(opened, looks)
    opened.ask("Is the permit open?")
    opened.ask("I lost my job", 1)
    found += seen_as(opened, looks)
    for width in looks:
        page.set_viewport_size({"width": width, "height": 844})
        page.locator(".mark").first.click()
        expect(page.locator(".card.current").filter(visible=True)).to_have_count(1)
        found += seen_as(opened, {width: looks[width]})
        page.keyboard.press("Escape")
    page.locator(".thumb").first.click()
    expect(page.locator("#why")).to_be_visible()
    assert found + seen_as(opened, looks) == []


def seen_as(opened: test_page.Visit, looks: Mapping[int, Literal["light", "dark"]]) -> list[str]:
    """What axe finds at each of these widths in its colors, as the page is now."""
    found: list[str] = []
    for width, scheme in looks.items():
        opened.page.set_viewport_size({"width": width, "height": 844})
        opened.page.emulate_media(color_scheme=scheme)
        found += violations(opened)
    return found


def violations(opened: test_page.Visit) -> list[str]:
    """What axe-core calls serious or critical, with where it is."""
    results = Axe().run(opened.page, options={"resultTypes": ["violations"]}).response["violations"]  # where else it looked is not asked
    return [
        f"{found['id']}: {node['target']} {node['html'][:120]}"
        for found in results
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]
