"""A bare follow-up ("cost?") is answered by what tells it of the program talked of, and by nothing else."""

from __future__ import annotations

import pytest

from bot.answer import Turn
from bot.bare import Bare, Leaning, facet_in
from bot.chain import Bot
from corpus.model import Passage
from tests.talking import talk


def section(heading: str, text: str, program: str = "", unknown: bool = False, asked: tuple[str, ...] = ()) -> Passage:
    return Passage(
        id=f"s#{heading}", source_id="s", title="T", headings=("T", heading), text=text, program=program, unknown=unknown, asked=asked
    )


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("cost?", "fee"),
        ("whats the fee", "fee"),
        ("application fees?", "fee"),
        ("age limit?", "age"),
        ("how long does it take", "how long it takes"),
        ("processing time", "how long it takes"),
        ("how long is it valid", "how long it lasts"),
        ("and how long", "how long"),
        ("documents needed?", "documents"),
        ("what papers should i carry", "documents"),
        ("who qualifies", "conditions"),
        ("how much does that cost, two adults", "fee"),
    ],
)
def test_a_message_that_says_nothing_else_asks_for_one_thing(message: str, name: str) -> None:
    facet = facet_in(message)
    assert facet is not None and facet.name == name


@pytest.mark.parametrize(
    "message", ["cost of ielts", "how long for my wife's biometrics", "is it open", "which documents prove my marriage"]
)
def test_a_message_that_says_more_is_not_bare(message: str) -> None:
    assert facet_in(message) is None


def test_a_section_under_that_question_comes_before_one_that_tells_it_and_what_holds_of_others_last() -> None:
    facet = facet_in("cost?")
    assert facet is not None
    bare = Bare(facet, ("francophone-mobility",))
    asks = section("What does it cost?", "155 Canadian dollars.", "francophone-mobility")
    general = section("How much does a Canadian work permit cost?", "155 Canadian dollars.", "fees")
    tells = section("Who qualifies?", "A worker who pays a fee of 155 Canadian dollars.", "francophone-mobility")
    where = section("Where do I find the current fee?", "In the fee list.", "fees")
    rest = section("Who qualifies?", "Speakers of French.", "francophone-mobility")
    other = section("What does a study permit cost?", "150 Canadian dollars.", "study-permit")
    names = {general.id: ["work-permit"], other.id: ["study-permit"]}
    places = [bare.place(one, names.get(one.id, [])) for one in (asks, general, tells, where, rest, other)]
    assert places == sorted(places) and len(set(places)) == 6
    assert [bare.answered_by(one, names.get(one.id, [])) for one in (asks, general, tells, where, rest, other)] == [True] * 3 + [False] * 3


def test_what_an_open_permit_costs_is_not_what_a_permit_for_one_employer_costs() -> None:
    facet = facet_in("fee")
    assert facet is not None
    extra = section("Is there an extra fee for an open work permit?", "100 Canadian dollars.", "work-permit")
    assert not Bare(facet, ("intra-company-transfer",)).answered_by(extra, [])
    assert Bare(facet, ("work-permit",)).answered_by(extra, [])


def test_a_wage_is_no_fee_and_how_people_ask_tells_what_a_section_holds() -> None:
    fee, papers = facet_in("cost?"), facet_in("documents?")
    assert fee is not None and papers is not None
    wage = section("Is there a wage rule?", "The wage must be 70 Canadian dollars an hour.", "intra-company-transfer")
    assert not Bare(fee, ("intra-company-transfer",)).answered_by(wage, [])
    border = section("What do I tell the officer?", "That the work is abroad.", "digital-nomad", asked=("documents for remote work",))
    assert Bare(papers, ("digital-nomad",)).answered_by(border, [])


@pytest.mark.parametrize(
    "asked", [("what is cusma", "documents?"), ("digital nomad canada", "cost?"), ("is the start up visa still open", "fees?")]
)
def test_what_no_source_gives_for_the_program_is_not_in_our_sources(bot: Bot, asked: tuple[str, ...]) -> None:
    answer = talk(bot, *asked)
    assert answer.status == "not_found" and answer.claims == ()


def test_where_to_look_for_what_is_not_held_is_told(bot: Bot) -> None:
    answer = talk(bot, "alberta tech pathway", "cost?")  # what no province's section gives
    assert answer.status == "not_found" and "province's own program page" in answer.answer


# What is said of every work permit is near the first of these conversations, and has to be looked for in the second.
@pytest.mark.parametrize("asked", [("what is francophone mobility", "cost?"), ("whats the innovation stream", "fee?")])
def test_a_permit_for_one_employer_costs_what_a_work_permit_costs(bot: Bot, asked: tuple[str, ...]) -> None:
    answer = talk(bot, *asked)
    assert answer.status == "answered" and "15 June 2023" not in answer.answer
    assert any(
        "155 Canadian dollars" in claim.text or "240 Canadian dollars" in claim.text for claim in answer.claims[:2]
    )  # with biometrics


def test_beside_what_tells_the_thing_asked_nothing_else_is_looked_at(bot: Bot) -> None:
    understood = bot.understand("cost?", [Turn(role="user", content="what is francophone mobility")])
    (hits,) = bot.search(understood).hits
    assert hits and "francophone-mobility" not in {hit.passage.program for hit in hits}


def test_who_qualifies_is_answered_with_who_can_use_it(bot: Bot) -> None:
    assert talk(bot, "what is cusma", "who qualifies").claims[0].text.startswith("Only citizens of the United States or Mexico")


def test_the_cost_of_a_thing_asked_about_is_that_of_the_thing(bot: Bot) -> None:
    assert "85 Canadian dollars" in talk(bot, "do i need biometrics for francophone mobility", "cost?").claims[0].text


def test_the_cost_after_what_only_names_a_thing_is_that_of_the_program(bot: Bot) -> None:
    answer = talk(bot, "does canada's new h1b pathway give PR or work permit", "processing time?", "cost?")
    assert answer.status == "not_found" and "990" not in answer.answer and "No fee has been published" in answer.answer


def test_the_age_limit_of_a_program_is_not_that_of_children(bot: Bot) -> None:
    answer = talk(bot, "canada accelerated pathway for h1b", "age limit?")
    assert "language, age, education" in answer.answer and "dependent children" not in answer.answer


def test_both_questions_of_a_follow_up_are_answered(bot: Bot) -> None:
    understood = bot.understand("how long is it valid and what does it cost", [Turn(role="user", content="bridging open work permit")])
    assert [part[0] for part in understood.parts] == ["how long is it valid", "what does it cost"]
    assert all("Bridging open work permit" in " ".join(part) for part in understood.parts)
    answer = talk(bot, "bridging open work permit", "how long is it valid and what does it cost")
    assert "24 months" in answer.answer and "155 Canadian dollars" in answer.answer


def test_what_joins_no_two_questions_is_one(bot: Bot) -> None:
    history = [Turn(role="user", content="bridging open work permit")]
    assert len(bot.understand("how long is it for me and my wife", history).parts) == 1


def test_what_is_brought_up_is_answered_from_what_speaks_of_it(bot: Bot) -> None:
    history = [Turn(role="user", content="can my wife on h4 work in canada"), Turn(role="assistant", content="…")]
    understood = bot.understand("and what about our dog", history)
    (hits,) = bot.search(understood).hits
    assert hits and all("dog" in hit.terms for hit in hits)
    assert bot.answer("and if i move there first", history).status != "not_found"  # "move" and "first" bring up nothing


def test_a_deadline_is_no_answer_to_how_long_something_lasts() -> None:
    lasts = facet_in("how long would she get")
    assert lasts is not None
    bare = Bare(lasts, ("post-graduation-work-permit",))
    deadline = section("When must I apply?", "Within 180 days after the end of the program.", "post-graduation-work-permit")
    assert not bare.answered_by(deadline, [])
    assert bare.answered_by(section("How long is it valid?", "Up to three years.", "post-graduation-work-permit"), [])


def test_the_place_of_the_program_talked_of_says_nothing_more() -> None:
    assert facet_in("and the fees of ontario") is None
    facet = facet_in("and the fees of ontario", frozenset(("ontario",)))
    assert facet is not None and facet.name == "fee"


def test_what_is_near_for_what_was_said_before_lacks_what_is_brought_up() -> None:
    assert Leaning(news=frozenset(("dog",))).brings_up_beyond(frozenset(("wife",)))
    assert not Leaning(news=frozenset(("dog",))).brings_up_beyond(frozenset(("dog", "wife")))
    assert not Leaning().brings_up_beyond(frozenset(("wife",)))


def test_more_about_a_thing_that_is_not_held_is_not_held_either(bot: Bot) -> None:
    for asked in ("do i need a job offer there", "how long", "cost?"):
        answer = talk(bot, "is the atlantic immigration program open", asked)
        assert answer.status == "not_found" and "hold no conditions of Canada's Atlantic" in answer.answer
    assert talk(bot, "is the atlantic immigration program open", "is express entry open").status == "answered"


def test_who_was_laid_off_in_texas_is_told_the_rule_of_the_united_states(bot: Bot) -> None:
    told = talk(bot, "how do i move to canada", "laid off in texas", "how long do i have").claims[0].text
    assert told.startswith("Up to 60 consecutive days")
    assert "OPT" in talk(bot, "what is opt", "how long without a job in the us on opt").claims[0].text
    in_canada = talk(bot, "what is the global talent stream", "i lost my job in canada, how long can i stay").claims[0].text
    assert "Canadian work permit" in in_canada


def test_what_is_not_held_is_asked_more_of_only_where_the_conversation_began_with_it(bot: Bot) -> None:
    passage = bot.passage("northbound-guide#what-about-caregiver-rural-atlantic-or-agri-food-programs")
    assert passage is not None and passage.unknown
    for first, unheld in (("is the atlantic immigration program open", passage.id), ("did the 2023 permit need a job offer", "")):
        history = [Turn(role="user", content=first), Turn(role="assistant", content=passage.text)]
        assert bot.search(bot.understand("is it coming back", history)).leaning[0].unheld == unheld


def test_when_one_may_apply_is_not_how_long_it_takes(bot: Bot) -> None:
    facet = facet_in("how long does it take")
    assert facet is not None
    soonest = section("How soon can I apply for permanent residence?", "After one year of work in Canada.", "canadian-experience-class")
    fast = section("How soon is an application decided?", "Within six months.", "canadian-experience-class")
    bare = Bare(facet, ("canadian-experience-class",))
    assert bare.place(soonest, []) > Bare.TOLD > bare.place(fast, [])
    assert "Six months" in talk(bot, "what is express entry cec", "how long does it take").claims[0].text
