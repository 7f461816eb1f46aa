"""The page in English and French, and both languages' words. The browser and its visits are those of tests/test_page.py."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from bot import render
from bot.answer import Answer, Turn
from bot.answering import Answering
from bot.page_words import FILE, LANGUAGES, words
from corpus.registry import load_registry
from tests import test_page
from tests.small_bot import PERMIT, SmallBot, cited, closed
from tests.test_page import PHONE, Open, Shots, Tabs, served, visitor

browser, tabs, shots, visit = test_page.browser, test_page.tabs, test_page.shots, test_page.visit
FRENCH = "Le permis de travail ouvert de 2023 a fermé le 17 juillet 2023."


class TwoLanguages(SmallBot):
    """Answers in French what has a French word in it; its programs are those of the registry."""

    programs = dict(load_registry().programs)

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer:
        if "permis" not in question:
            return super().answer(question, history, id, at)
        french = cited(1, FRENCH, FRENCH).model_copy(update={"language": "fr"})
        english = closed(question).citations[1].model_copy(update={"number": 2})
        text = f"{FRENCH} [1]\n\n{english.quote} [2]\n\nEn date du 12 février 2026."
        return closed(question).model_copy(update={"language": "fr", "answer": text, "citations": (french, english)})


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(TwoLanguages()) as address:
        yield address


def test_both_languages_have_the_same_texts_with_the_same_places_to_fill() -> None:
    english, french = (tomllib.loads(FILE.read_text(encoding="utf-8"))[language] for language in LANGUAGES)

    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(held) for key, held in value.items()}
        return value.count("{}") if isinstance(value, str) else len(value)

    assert shape(english) == shape(french)


def test_every_text_is_used() -> None:
    code = "".join(Path(name).read_text(encoding="utf-8") for name in ("bot/page.py", "bot/render.py", "bot/page.js"))
    assert [key for key in words("en").texts if not re.search(rf"\b{key}\b", code)] == []


@pytest.mark.parametrize(
    ("iso", "french"), [("2023-07-01", "1er juillet 2023"), ("2023-07-17", "17 juillet 2023"), ("2023-08", "août 2023"), ("", "")]
)
def test_a_french_date_has_its_first_of_the_month(iso: str, french: str) -> None:
    assert words("fr").date(iso) == french


def test_a_french_standing_has_its_article_only_with_a_day() -> None:
    french = words("fr")
    assert french.standing("closed", "2023-07-17") == "Fermé depuis le 17 juillet 2023"
    assert french.standing("announced", "2025-11") == "Annoncé en novembre 2025"
    assert french.standing("paused") == "Suspendu"
    assert words("tl").language == "en"


def test_the_language_is_switched_and_remembered_and_nothing_typed_is_lost(visit: Open, shots: Shots) -> None:
    opened = visit(locale="en-US")
    page = opened.page
    opened.ask("Is the permit open?")
    page.fill("#box textarea", "not yet sent")
    page.get_by_role("button", name="Français").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vos questions sur le passage du H-1B au Canada")
    expect(page.get_by_role("button", name="English")).to_be_focused()
    assert page.evaluate("[document.documentElement.lang, document.title]") == ["fr", words("fr")("title")]
    assert page.input_value("#box textarea") == "not yet sent"
    expect(page.get_by_label("Votre question")).to_be_visible()
    expect(page.locator(".exchange")).to_have_count(1)  # the conversation goes on
    expect(page.get_by_role("button", name="Enregistrer en Markdown")).to_be_visible()
    shots(page, "french.png", full_page=True)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Vos questions")
    assert page.evaluate("Object.entries(localStorage)") == [["northbound-language", "fr"]]
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ask about")


def test_a_browser_set_to_french_gets_french_at_once(visit: Open, shots: Shots) -> None:
    page = visit(PHONE, locale="fr-CA").page
    expect(page.get_by_role("heading", level=1)).to_contain_text("Vos questions")
    expect(page.locator(".main.app")).to_be_visible()
    assert page.locator(".intro h1 .together").evaluate("name => name.getClientRects().length") == 1  # H-1B in one line
    shots(page, "french-phone.png", full_page=True)


def test_french_comes_though_the_first_call_for_it_was_lost(browser: Browser, address: str) -> None:
    """As on a machine so busy that the page calls before anything listens."""
    context = browser.new_context(locale="fr-CA")
    page = context.new_page()
    page.add_init_script(
        """addEventListener("click", (event) => {
             if (!window.lost && event.target.closest("#restore")) { window.lost = true; event.stopImmediatePropagation(); }
           }, true)"""
    )
    page.goto(address)
    page.wait_for_selector("body.ready")  # what stands there before is no more than an opening
    expect(page.get_by_role("heading", level=1)).to_contain_text("Vos questions")
    assert page.evaluate("window.lost")
    context.close()


def test_french_comes_though_the_first_call_named_no_language(browser: Browser, address: str) -> None:
    """As on a machine so busy that the button listens before the field of the language does."""
    context = browser.new_context(locale="fr-CA")
    page = context.new_page()
    page.add_init_script(
        """addEventListener("input", (event) => {
             if (!window.lost && event.target.closest("#language")) { window.lost = true; event.stopImmediatePropagation(); }
           }, true)"""
    )
    page.goto(address)
    page.wait_for_selector("body.ready")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Vos questions")
    assert page.evaluate("window.lost")
    context.close()


def test_the_first_lines_are_there_before_anything_is_loaded(visit: Open, address: str) -> None:
    for liked, said in (("en-US,en;q=0.9", "en"), ("fr-CA,fr;q=0.9,en;q=0.8", "fr"), ("de", "en"), ("", "en")):
        html = httpx.get(address, headers={"accept-language": liked}).text
        opening = html[html.index('<div id="opening"') : html.index("<gradio-app")].replace('<span class="together">H-1B</span>', "H-1B")
        assert f'lang="{said}"' in opening and words(said)("heading") in opening and words(said)("plainly") in opening
    expect(visit().page.locator("#opening")).to_be_hidden()  # once the page itself is there


def test_an_answer_is_in_the_language_of_its_question_and_says_so_to_a_screen_reader(visit: Open) -> None:
    opened = visit(locale="en-US")
    opened.ask("Le permis est-il ouvert?")
    page = opened.page
    answer = page.locator(".answer")
    expect(answer).to_have_attribute("lang", "fr")
    expect(answer.locator(".chips")).to_contain_text("Fermé depuis le 17 juillet 2023")
    assert [p.get_attribute("lang") for p in answer.locator(".said p:not(.as-of)").all()] == [None, "en"]
    expect(answer.locator(".as-of .chip")).to_have_text("En date du 12 février 2026")
    expect(answer.locator(".mark").first).to_have_attribute("aria-label", "source 1, IRCC, fermé")
    assert [card.get_attribute("lang") for card in page.locator(".card .passage").all()][0] == "fr"
    expect(page.get_by_role("button", name="Save as Markdown")).to_be_visible()  # the page stays English
    opened.ask("Is the permit open?", 1)
    expect(answer.nth(1)).to_have_attribute("lang", "en")


def test_what_cannot_be_answered_is_said_in_french_too(visit: Open) -> None:
    page = visit(locale="fr-FR").page
    expect(page.locator("#send")).to_have_text("Envoyer")
    for typed, sentence in (("", "La question est vide"), ("x" * 50_000, "50\u00a0000 caractères"), ("broken", "de notre côté")):
        page.fill("#box textarea", typed)
        page.click("#send")
        expect(page.get_by_role("alert")).to_contain_text(sentence)
        assert page.input_value("#box textarea") == typed


def test_the_programs_have_their_standing_and_date_in_both_languages(visit: Open) -> None:
    shown = [program for program in TwoLanguages.programs.values() if program.glance]
    english, french = (visit(locale=locale).page.locator(".glance") for locale in ("en-US", "fr-CA"))
    expect(french).to_contain_text("Permis de travail ouvert de 2023 pour les titulaires de H-1B")
    for table, said in ((english, words("en")), (french, words("fr"))):
        rows = table.locator("tbody tr")
        expect(rows).to_have_count(len(shown))
        for row, program in zip(rows.all(), shown, strict=True):
            expect(row.locator(".standing")).to_have_text(said.standing(program.standing))
            expect(row.locator("time").last).to_have_text(said.date(program.as_of))
    closed_note = load_registry().programs["h1b-open-work-permit-2023"].note
    expect(english).to_contain_text(closed_note)
    expect(french).to_contain_text("10\u00a0000 demandes")
    for table in (english, french):
        expect(table.locator("[lang]")).to_have_count(0)  # every note is in the language of the page


def test_a_note_that_is_in_english_only_says_so_on_the_french_page() -> None:
    shown = render.glance(SmallBot.programs, words("fr"), {PERMIT.id})
    assert '<span class="note">En anglais\u00a0: <span lang="en">It closed.</span></span>' in shown
    assert '<span class="note">It was announced.</span>' in shown


def test_the_real_bot_answers_in_french_on_the_french_page(tabs: Tabs, bot: Answering, shots: Shots) -> None:
    with served(bot) as address, visitor(tabs, address) as visit:
        opened = visit(locale="fr-CA")
        page = opened.page
        expect(page.get_by_role("heading", level=1)).to_contain_text("Vos questions")
        page.locator("#examples .ask").first.click()
        opened.finished()
        expect(page.locator(".answer .chips")).to_contain_text("Fermé depuis le 17 juillet 2023")
        expect(page.locator(".answer")).to_have_attribute("lang", "fr")
        shots(page, "french-real.png", full_page=True)
