"""Several questions in one message: where it may come apart, and how each is read."""

from __future__ import annotations

import re

import pytest

from bot.chain import Bot
from bot.explain import explain
from bot.several import (
    compares,
    names_a_text,
    of_each_name,
    of_each_of_two,
    of_each_place,
    of_each_thing,
    segments,
    without_its_text,
    without_numbering,
)


def spans(text: str) -> list[str]:
    return [text[start:end] for start, end in segments(text)]


def asked(bot: Bot, text: str) -> list[str]:
    """What is read as a question of its own."""
    return [wordings[0] for wordings in bot.search(bot.understand(text)).understood.parts]


# Where a message may come apart


@pytest.mark.parametrize(
    "text",
    [
        "can i and my wife both work?",
        "Do I need a job offer, a degree and funds?",
        "difference between cec and fsw",
        "biometrics fee for me and wife",
        "funds for me, wife and 2 kids express entry",
        "What does the Global Talent Stream cost, and who pays?",
        "Must I already be in Calgary, or will a signed offer do while I am in Denver?",
        "I work in Quebec and can I extend my permit",
        "did 1 yr masters at waterloo. can i get PGWP now",
        "We moved here in May. My wife is a nurse. Can she work?",
        "working holiday + gss fast processing possible?",
        "",
    ],
)
def test_what_asks_one_thing_stays_whole(text: str) -> None:
    assert spans(text) == [text]


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("bridging permit length and cost", ["bridging permit length", "cost"]),
        ("PR card validity, days in Canada", ["PR card validity", "days in Canada"]),
        (
            "super visa: insurance amount and can mummy work in canada on it",
            ["super visa: insurance amount", "can mummy work in canada on it"],
        ),
        ("how many yrs do they give n my husband can work or not", ["how many yrs do they give", "my husband can work or not"]),
        ("can i switch company later? also weekend 2nd job ok or no", ["can i switch company later?", "also weekend 2nd job ok or no"]),
        (
            "I am on H-1B. I will go first, family will follow in summer. Is that allowed? Do they apply too, and can kids go to school?",
            [
                "I am on H-1B. I will go first, family will follow in summer. Is that allowed?",
                "Do they apply too",
                "can kids go to school?",
            ],
        ),
    ],
)
def test_each_place_where_another_question_may_begin_is_found(text: str, apart: list[str]) -> None:
    assert spans(text) == apart


def test_no_more_questions_than_an_answer_has_room_for() -> None:
    assert len(spans("? ".join(["what is the fee"] * 9) + "?")) == 4


def test_a_message_of_commas_is_whole() -> None:
    assert spans("a, " * 1300) == ["a, " * 1300]


@pytest.mark.parametrize(
    ("text", "each"),
    [
        ("msp and ohip waiting period", ["msp waiting period", "ohip waiting period"]),
        ("how long do msp & ohip take", ["how long do msp take", "how long do ohip take"]),
        ("ohip / msp", ["ohip / msp"]),
        ("difference between msp and ohip waiting period", ["difference between msp and ohip waiting period"]),
        ("msp and health waiting period", ["msp and health waiting period"]),
    ],
)
def test_a_few_words_on_two_names_ask_it_of_each(text: str, each: list[str]) -> None:
    assert of_each_name(text, lambda name: name in ("msp", "ohip")) == each


def test_of_two_things_by_their_names_both_are_told(bot: Bot) -> None:
    said = bot.answer("msp and ohip waiting period").answer
    assert "the rest of the month of arrival plus two months" in said.lower() and "dropped its three-month waiting period" in said
    days = bot.answer("citizenship days needed and do my work permit days count for anything").answer
    assert "1,095 days" in days and "half a day" in days


def test_what_nothing_tells_of_a_program_is_not_taken_from_another(bot: Bot) -> None:
    answer = bot.answer("As an Indian on H1B I can get a CUSMA professional permit at the airport, correct? what papers should I carry")
    assert "cannot use a CUSMA work permit" in answer.answer and answer.status == "partial"
    assert not any(word in answer.answer for word in ("Express Entry system", "study permit"))


@pytest.mark.parametrize(
    ("text", "each"),
    [
        ("health card waiting time bc vs ontario", ["health card waiting time bc", "health card waiting time ontario"]),
        ("is it better to live in Vancouver or Toronto", ["is it better to live in Vancouver or Toronto"]),
    ],
)
def test_a_few_words_on_two_provinces_ask_it_of_each(text: str, each: list[str]) -> None:
    assert of_each_place(text) == each


@pytest.mark.parametrize(
    ("text", "each"),
    [
        (
            "do i need medical, biometrics and police certificate for work permit?",
            ["do i need medical for work permit", "do i need biometrics for work permit", "do i need police certificate for work permit"],
        ),
        (
            "what are the fees for pr and citizenship in canada",
            ["what are the fees for pr in canada", "what are the fees for citizenship in canada"],
        ),
        ("do we need a visa or eta to enter canada", ["do we need a visa or eta to enter canada"]),  # one of the two
        ("what do I need for me and my wife in canada", ["what do I need for me and my wife in canada"]),
        ("Do I need a job offer, a degree and funds?", ["Do I need a job offer, a degree and funds?"]),  # for what?
    ],
)
def test_what_is_asked_of_several_things_is_asked_of_each(text: str, each: list[str]) -> None:
    assert of_each_thing(text) == each


# What is another question


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("eca validity yrs n canada degree crs bonus", ["eca validity yrs", "canada degree crs bonus"]),
        ("biometrics price and expiry", ["biometrics price", "expiry"]),
        ("gts processing time, can spouse work", ["gts processing time", "can spouse work"]),
        (
            "how long does it take and what does it cost to become a citizen",
            ["how long does it take – Canadian citizenship?", "what does it cost to become a citizen"],
        ),
        (
            "proof of funds amount single person EE and does CEC need it",
            ["proof of funds amount single person EE", "does CEC need proof of funds amount single person"],
        ),
        # The cost of one application; a family's own savings; and what will become of what is asked about.
        ("spouse work permit fee and biometrics cost", ["spouse work permit fee", "biometrics cost"]),
        ("settlement funds, four people", ["settlement funds, four people"]),
        (
            "can my depression make me inadmissible for PR, will they reject",
            ["can my depression make me inadmissible for PR, will they reject"],
        ),
        (
            "Which paper do two unmarried people sign, and what shows that they share a home?",
            ["Which paper do two unmarried people sign, and what shows that they share a home?"],
        ),
    ],
)
def test_what_finds_another_passage_and_is_answered_by_it_is_another_question(bot: Bot, text: str, parts: list[str]) -> None:
    assert asked(bot, text) == parts


@pytest.mark.parametrize(
    ("text", "both"),
    [
        ("Can I order the American police record while here on H-1B, and how recent must it be when I file?", ["FBI", "six months"]),
        (
            "How long must I have worked for them before an intra-company transfer, and how many years could I then stay?",
            ["one year", "five years"],
        ),
        ("bridging permit price and who qualifies", ["155", "completeness check"]),
        ("do i need ielts and eca for express entry if i studied in usa", ["approved language test", "needs an ECA"]),
        (
            "lost my job on h1b yesterday how many days i can stay in US and is 3 month severance add to it",
            ["60 consecutive days", "severance"],
        ),
    ],
)
def test_a_later_question_is_read_as_the_next_message_of_a_conversation(bot: Bot, text: str, both: list[str]) -> None:
    answer = bot.answer(text)
    assert [fact for fact in both if not re.search(fact, answer.answer, re.IGNORECASE)] == [], answer.answer
    assert "second question:" in answer.answer


def test_what_one_section_tells_of_both_is_told_once(bot: Bot) -> None:
    answer = bot.answer("bridging permit who qualifies and what are the conditions").answer
    assert "meets all of these conditions" in answer and "second question" not in answer


def test_what_is_not_published_answers_where_it_was_found_to_when_read(bot: Bot) -> None:
    """The rule for those on a work permit, whose question is as near, doesn't say how much income it takes."""
    answer = bot.answer("super visa for mom and dad income needed and insurance cost")
    assert answer.claims[0].text.startswith("No super visa income table") and "100,000 Canadian dollars" in answer.answer


def test_each_question_is_explained_by_its_own_search(bot: Bot) -> None:
    explained = explain(bot, "bridging permit price and who qualifies")
    assert [one.hits[0].passage_id.partition("#")[0] for one in explained.questions] == ["ircc-bowp", "ircc-bowp"]
    assert len({one.hits[0].passage_id for one in explained.questions}) == 2
    for one in explained.questions:
        assert all(sum(hit.parts.values()) == pytest.approx(hit.score, abs=1e-9) for hit in one.hits)


def test_both_provinces_are_answered_for(bot: Bot) -> None:
    said = bot.answer("health card waiting time bc vs ontario").answer
    assert "plus two months" in said and "three-month waiting period" in said


# Numbered, and of things that are asked about again


def test_numbered_questions_are_read_without_their_numbers(bot: Bot) -> None:
    for text in (
        "1) is the h1b open permit open? 2) what does biometrics cost? 3) can my wife work?",
        "1. is the h1b open permit open 2. what does biometrics cost 3. can my wife work",
    ):
        assert [part.rstrip("?") for part in asked(bot, text)] == [
            "is the h1b open permit open",
            "what does biometrics cost",
            "can my wife work",
        ]
    for text in ("i have 2) kids", "Class 1. What is it", "2) cost 3) time"):
        assert without_numbering(text) == text


def test_of_several_things_it_is_also_asked_what_follows() -> None:
    each = of_each_thing("Do I need an ECA and IELTS for EE and how long are they valid?")
    assert each == ["Do I need an ECA for EE", "how long is an ECA valid", "Do I need IELTS for EE", "how long is IELTS valid"]
    assert of_each_thing("do i need biometrics and a medical for a permit, and what do they cost")[3] == "what does a medical cost"


@pytest.mark.parametrize(
    "text", ["how long is a GTS work permit valid and who applies?", "how long is the gts permit good for and who has to aply"]
)
def test_a_short_second_question_is_asked_of_the_program_of_the_first(bot: Bot, text: str) -> None:
    answer = bot.answer(text).answer
    assert "Up to three years" in answer and "The employer applies first" in answer


def test_what_is_no_question_of_ours_stays_with_the_first(bot: Bot) -> None:
    assert len(asked(bot, "does the upcoming h1b pathway ask for ielts score and which band")) == 1


@pytest.mark.parametrize("text", ["Is Canadian salary lower than US, and are taxes higher?", "is pay in canada lower and are taxes higher"])
def test_of_pay_and_tax_both_are_told(bot: Bot, text: str) -> None:
    answer = bot.answer(text)
    assert "32 per cent lower" in answer.answer and "income tax depends on" in answer.answer


# Two things beside each other


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("compare super visa and PGP", ("long visits", "takes no new applications in 2026")),
        ("diffrence between pgp and supervisa", ("long visits", "takes no new applications in 2026")),
        ("super visa or visitor visa", ("five years per entry", "up to six months")),
        ("Ontario PNP or BC PNP?", ("Ontario and British Columbia select",)),
        ("which is cheaper: work permit or PR?", ("155 Canadian dollars", "1,590")),
        ("OWP vs employer specific permit for my wife", ("names no employer", "the spouse's own Canadian job offer")),
        ("GTS vs ICT", ("employer decides it", "depends on the job and the employer")),
        ("BOWP vs GTS", ("bridging open work permit", "Global Talent Stream (GTS) is")),  # no section compares them
        (
            "Global Talent permit versus the 2023 H-1B permit, what differs?",
            ("(GTS) is", "almost any employer"),
        ),
        ("francophone mobility or global talent stream", ("who speak French", "Global Talent Stream (GTS) is")),
    ],
)
def test_both_sides_of_a_comparison_are_told(bot: Bot, text: str, told: tuple[str, ...]) -> None:
    answer = bot.answer(text)
    assert answer.status == "answered" and all(one in answer.answer for one in told)


def test_what_asks_more_of_two_things_is_no_mere_comparison() -> None:
    names = frozenset(("gts", "ict"))
    assert compares("gts vs ict", names) and compares("which is better, gts or ict", names)
    assert not compares("gts or ict without a degree", names) and not compares("gts and ict", names)


def test_a_stroke_between_two_questions_parts_them(bot: Bot) -> None:
    answer = bot.answer("sponsor parents 2026 canada / super visa insurance amount").answer
    assert "no new applications to sponsor parents" in answer and "100,000 Canadian dollars" in answer


def test_what_the_first_section_tells_as_well_is_no_second_question(bot: Bot) -> None:
    """The lowest score of any STEM round is not that of the last."""
    answer = bot.answer("When was the most recent STEM draw, and what score did it need?")
    assert "lowest score of 491" in answer.claims[0].text and "second question" not in answer.answer


@pytest.mark.parametrize(
    ("message", "each"),
    [
        (
            "kim vs kamal: what does each think of the program",
            ["what does kim think of the program", "what does kamal think of the program"],
        ),
        ("gts vs express entry, how long does each take", ["how long does gts take", "how long does express entry take"]),
        ("FSW or CEC, what do they need", ["what do FSW need", "what do CEC need"]),
        ("my wife and I, what do we need", ["my wife and I, what do we need"]),
        ("gts or express entry, which is faster", ["gts or express entry, which is faster"]),
    ],
)
def test_what_each_of_two_is_asked_for_is_asked_of_each(message: str, each: list[str]) -> None:
    assert of_each_of_two(message) == each


def test_two_people_are_set_beside_each_other(bot: Bot) -> None:
    answer = bot.answer("kim vs kamal: what does each think Canada wanted out of the program")
    assert "Kim" in answer.claims[0].text and any("pool of talent" in claim.text for claim in answer.claims)


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("Which companies are named in the piece on H-1B refusals?", "Which companies are named?"),
        ("how many years can h1b stay in us according to the star article", "how many years can h1b stay in us"),
        ("In that report about technology, which sectors count?", "which sectors count?"),
        ("what does the star article say about pay", "what pay"),
        ("do I need a police report for express entry", "do I need a police report for express entry"),
        ("what is in the medical report", "what is in the medical report"),
    ],
)
def test_what_names_a_text_is_no_part_of_what_is_asked_of_it(question: str, plain: str) -> None:
    assert without_its_text(question) == plain


def test_a_text_that_is_named_first_is_no_question(bot: Bot) -> None:
    assert names_a_text("star story about canada poaching workers") and not names_a_text("is the article still right")
    answer = bot.answer("star story about canada poaching h1b workers, who said audacious")
    assert answer.claims[0].text.startswith("Jack Kim of the law firm Fragomen")


def test_an_article_is_not_told_from_an_official_page(bot: Bot) -> None:
    answer = bot.answer("What did the report by the Star say about health care draws?")
    assert answer.status in ("partial", "not_found") or answer.citations[0].kind != "official"


@pytest.mark.parametrize(
    "text",
    [
        "Our son is 16 and would live with his uncle in Surrey. Does somebody in Canada have to sign up as his guardian for this?",
        "I am 49 and my husband is 56; we both have had PR since 2022 and will send in the forms soon. Does he have to sit the test?",
        "Could my brother-in-law, who hauls freight across Ohio, be picked in the Express Entry transport draws?",
        "I teach maths in Ohio and have lived there all my life. Must a doctor examine me for a permit of five months?",
        "Since the extra score for a Canadian offer was scrapped, does an offer still help me qualify as a skilled worker?",
        "I already sent the file and IRCC has it. Is there some permit that lets me go on working until they decide?",
    ],
)
def test_what_is_told_before_a_question_is_none(text: str) -> None:
    assert len(segments(text)) == 1


@pytest.mark.parametrize(
    "text", ["I have an offer. Is it enough, and can my wife work?", "we live in Austin and can we both apply? what does it cost"]
)
def test_what_is_asked_behind_what_is_told_is_asked(text: str) -> None:
    assert len(segments(text)) == 2
