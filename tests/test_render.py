"""An Answer as HTML and as text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot import render
from tests.small_bot import FIRST, NEWS, PERMIT, SmallBot, cited, closed, from_evil_document, news, not_found, plain

CSS = (Path(render.__file__).parent / "colors.css").read_text()


@pytest.mark.parametrize(
    ("iso", "words"),
    [("2023-07-17", "17 July 2023"), ("2025-11", "November 2025"), ("2021", "2021"), ("", ""), ("soon", "soon"), ("2025-13", "2025-13")],
)
def test_dates_are_in_full(iso: str, words: str) -> None:
    assert render.full_date(iso) == words


@pytest.mark.parametrize(
    ("standing", "since", "words"),
    [
        ("closed", "2023-07-17", "Closed since 17 July 2023"),
        ("announced", "2025-11-04", "Announced on 4 November 2025"),
        ("proposed", "2025-11", "Proposed in November 2025"),
        ("open", "", "Open"),
    ],
)
def test_standing_is_words(standing: str, since: str, words: str) -> None:
    assert render.standing_words(standing, since) == words


def test_every_standing_has_its_own_shape() -> None:
    chips = [re.search(r"<svg.*</svg>", render.standing_chip(s)) for s in ("open", "closed", "paused", "announced", "proposed", "replaced")]
    assert len({chip[0] for chip in chips if chip}) == 6


def test_a_mark_says_what_it_opens() -> None:
    assert render.spoken(cited(1, FIRST)) == "source 1, IRCC, closed"
    assert render.spoken(news(3)) == "source 3, A. Newspaper"
    assert '<button type="button" class="mark" data-source="a0-s1" aria-label="source 1, IRCC, closed">1</button>' in render.exchange(
        closed(), 0
    )


def test_a_number_in_brackets_without_a_citation_stays_text() -> None:
    assert "[7]" in render.exchange(plain("q", "answered", "See form [7]."), 0)


def test_quotes_of_one_passage_share_a_card_and_keep_the_space_between_them() -> None:
    cards = render.source_cards(closed(), 0, current=True)
    assert cards.count('<article class="card"') == 2
    assert f'<mark id="a0-s1">{FIRST}</mark><br><mark id="a0-s2">' in cards


def test_a_card_links_only_where_an_address_is_known_and_says_whose_words_it_holds() -> None:
    official, paper = render.source_cards(closed(), 0, current=True).split('<article class="card"')[1:]
    assert 'href="https://www.canada.ca/manual"' in official and "Our summary" in official
    assert "href" not in paper and "own words" in paper and "News" in paper


def test_a_link_to_the_sources_own_words_goes_to_them() -> None:
    own = news(1).model_copy(update={"url": "https://news.example/a"})
    assert render.page_link(own) == "https://news.example/a#:~:text=Lawyers%20said%20on%2020,reached%20in%2048%20hours."
    assert render.page_link(own.model_copy(update={"url": "javascript:alert(1)"})) == ""


def test_a_long_passage_is_shown_around_its_quote_first() -> None:
    passage = f"{'Before it. ' * 60}{NEWS}{' After it.' * 60}"
    card = render.source_cards(
        plain("q", "answered", "x [1]").model_copy(update={"citations": (cited(1, NEWS, passage),)}), 0, current=True
    )
    near, whole = card.split("<details>")
    assert near.count("Before it.") < 15 and f'<mark id="a0-s1">{NEWS}</mark>' in near
    assert whole.count("Before it.") == 60 and 'id="a0-s1"' not in whole


def test_overlapping_quotes_lose_no_text() -> None:
    answer = plain("q", "answered", "x [1][2]").model_copy(
        update={"citations": (cited(1, "abcdef", "abcdefgh"), cited(2, "cdefgh", "abcdefgh"))}
    )
    assert '<mark id="a0-s1">abcdef</mark><mark id="a0-s2">gh</mark>' in render.source_cards(answer, 0, current=True)


def test_an_answer_pauses_after_each_sentence_with_its_marks_and_ends_whole() -> None:
    text = "One. [1] [2] Two. [3]\n\nThree."
    assert [text[:stop] for stop in render.stops(text)] == ["One. [1] [2]", "One. [1] [2] Two. [3]", text]
    assert render.stops("") == [0]


def test_nearest_questions_of_a_not_found_answer_are_buttons_once() -> None:
    html = render.exchange(not_found(), 0)
    assert html.count(render.ask_button("Is it open?")) == 1 and "Not in our sources" in html


def test_the_date_is_a_chip_once() -> None:
    shown = re.sub(r' data-(copy|save)="[^"]*"', "", render.exchange(closed(), 0))
    assert shown.count("As of 20 July 2023") == 1


def test_lists_stay_lists() -> None:
    assert '<ul><li dir="auto">one</li><li dir="auto">two</li></ul><p' in render.exchange(
        plain("q", "answered", "Any of:\n- one\n- two\nEnd."), 0
    )


def test_the_text_to_copy_has_the_sources() -> None:
    text = render.plain_text(closed())
    assert text.startswith(FIRST)
    assert "2023 open work permit: Closed since 17 July 2023." in text
    assert "[1] IRCC: Officer instructions (published 27 September 2024, as of 12 February 2026) https://www.canada.ca/manual" in text


def test_nothing_from_outside_is_markup() -> None:
    evil = "evil <img src=x onerror=ran=1>\"'><script>ran=1</script>\n\n<b>"
    answer = from_evil_document(evil)
    for html in (render.exchange(answer, 0), render.sources_panel([answer], ""), render.live(0, problem=evil), render.working(evil, 0, "")):
        assert not re.search(r"<(img|script|b)\b", html)
        assert "\n" not in html and not re.search(r"href=\"(?!https?:)", html)


def test_programs_at_a_glance() -> None:
    table = render.glance(SmallBot.programs)
    assert PERMIT.name in table and "17 July 2023" in table and "12 February 2026" in table and table.count("<tr>") == 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "quiet", "accent", "good", "bad", "warn", "coming", "replaced"])
@pytest.mark.parametrize("ground", ["paper", "soft", "chip"])
def test_text_stands_out_from_its_ground(scheme: str, ink: str, ground: str) -> None:
    assert _contrast(_colour(ink, scheme), _colour(ground, scheme)) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), [("accent-ink", "accent"), ("accent", "accent-soft"), ("ink", "marked"), ("ink", "faint")])
def test_marks_and_buttons_stand_out(scheme: str, ink: str, ground: str) -> None:
    assert _contrast(_colour(ink, scheme), _colour(ground, scheme)) >= 4.5


def _colour(name: str, scheme: str) -> str:
    light, dark = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
    found = re.search(rf"--{name}: (#\w{{6}})", dark if scheme == "dark" else light)
    assert found, name
    return found[1]


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio, 1 to 21. Source: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
