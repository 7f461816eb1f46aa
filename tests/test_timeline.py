"""As of a past day: the standing that a program had, the corrections that were right already, and the sentences that could be said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chain import Bot
from corpus.errors import RequestError
from corpus.model import Passage, Program, Source, Standing
from corpus.passages import registered
from corpus.registry import Registry, load_registry
from corpus.timeline import come_to, held_until_later, not_yet, reaches_back, registry_on, said_later, sentences_on, written_later

PERMIT = Program(
    id="permit",
    name="The permit",
    standing="closed",
    since="2023-07-17",
    as_of="2026-02-12",
    source="manual",
    note="The permit closed on 17 July 2023.",
    history=(
        Standing("announced", "2023-06-27", "The permit was announced on 27 June 2023."),
        Standing("open", "2023-07-16", "The permit opened on 16 July 2023."),
    ),
)
PATHWAY = Program(id="pathway", name="The pathway", standing="announced", since="2025-11-04", as_of="2026-10-07", source="budget")
OLD = Program(id="old", name="An old stream", standing="closed", since="2025-12-31", as_of="2026-10-07", source="manual")
REGISTRY = Registry({}, {p.id: p for p in (PERMIT, PATHWAY, OLD)}, {}, ())

SINCE = "Since 25 March 2025 a job offer adds no points."
UNTIL = "Until 25 March 2025 a job offer added 50 points."
ALWAYS = "A nomination adds 600 points."


def test_each_standing_of_a_program_has_a_passage_of_its_own() -> None:
    program = replace(PERMIT, history=(Standing("open", "", "The permit was given."), *PERMIT.history))
    registry = replace(REGISTRY, sources={"manual": Source("manual", "M", "IRCC", "official")}, programs={"permit": program})
    texts = {p.id: p.text for p in registered(registry)}
    assert texts == {
        "manual#standing-permit": "The permit closed on 17 July 2023.",
        "manual#standing-permit-before": "The permit was given.",
        "manual#standing-permit-2023-06-27": "The permit was announced on 27 June 2023.",
        "manual#standing-permit-2023-07-16": "The permit opened on 16 July 2023.",
    }


def test_todays_standing_is_said_today_where_an_earlier_one_has_no_first_day(bot: Bot) -> None:
    now, then = bot.answer("is flagpoling still possible?"), bot.answer("is flagpoling possible?", at="2024-06-01")
    assert "ended flagpoling" in now.claims[0].text and "could leave briefly" in then.claims[0].text
    assert {p.id: p.standing for p in now.programs}["flagpoling"] == "closed"
    assert {p.id: p.standing for p in then.programs}["flagpoling"] == "open"


@pytest.mark.parametrize(
    ("day", "standing"),
    [("2023-06-26", ""), ("2023-06-27", "announced"), ("2023-07-16", "open"), ("2023-07-17", "closed"), ("2026-01-01", "closed")],
)
def test_a_program_has_the_standing_that_it_had_on_the_day(day: str, standing: str) -> None:
    assert registry_on(REGISTRY, day).programs["permit"].standing == standing


def test_what_was_announced_later_did_not_exist_and_what_closed_later_did() -> None:
    assert not_yet(REGISTRY, "2023-06-26") == {"permit", "pathway"}
    assert not_yet(REGISTRY, "2024-03-01") == {"pathway"}
    then = registry_on(REGISTRY, "2024-03-01").programs["old"]
    assert (then.standing, then.note) == ("", "")  # it was there, but how it stood is not registered


def test_a_correction_is_no_correction_before_the_change() -> None:
    registry = load_registry()
    assert "crs-job-offer-points" in registry_on(registry, "2025-03-25").corrections
    assert "crs-job-offer-points" not in registry_on(registry, "2025-03-24").corrections


def test_a_disagreement_is_none_before_the_last_of_its_sides_was_published() -> None:
    registry = load_registry()
    assert "h1b-2023-people-who-came" in registry_on(registry, "2025-11-10").disagreements
    assert "h1b-2023-people-who-came" not in registry_on(registry, "2025-11-09").disagreements


@pytest.mark.parametrize(
    ("begins", "ends", "sentences", "kept"),
    [
        ("", "", [ALWAYS, SINCE], [True, False]),
        ("", "", [ALWAYS, "The list was last seen as of 3 October 2026."], [True, True]),  # when it was seen is no news of then
        ("", "", ["Applications are accepted until 16 December 2026."], [True]),
        ("", "", [SINCE, UNTIL, ALWAYS], [False, True, False]),  # what began later tells of then only what held until it began
        ("2025-03-25", "", [ALWAYS, UNTIL], [False, True]),
        ("", "2025-03-24", ["The rule was dropped on 25 March 2025."], [True]),  # it stood then: its end belongs to it
    ],
)
def test_only_sentences_that_answer_as_of_the_day_are_kept(begins: str, ends: str, sentences: list[str], kept: list[bool]) -> None:
    passage = Passage("x#1", "x", "X", ("Q?",), "\n".join(sentences), valid_from=begins, valid_until=ends)
    assert sentences_on(passage, sentences, "2024-03-01") == kept


def test_the_same_question_is_answered_as_of_each_day(bot: Bot) -> None:
    question = "does a job offer give crs points?"
    then, now = bot.answer(question, at="2024-03-01"), bot.answer(question)
    assert "50" in then.answer and "no points" not in then.answer
    assert "no points" in now.answer.lower()
    assert then.at == "2024-03-01" and then.answer.endswith("As of 1 March 2024.")
    assert any("This is what stood on 1 March 2024" in caveat for caveat in then.caveats)


@pytest.mark.parametrize(
    ("day", "standing", "said"), [("2023-07-16", "open", "opened on 16 July 2023"), ("2024-03-01", "closed", "closed on 17 July 2023")]
)
def test_a_standing_is_that_of_the_day_in_words_and_in_data(bot: Bot, day: str, standing: str, said: str) -> None:
    answer = bot.answer("is the h1b open work permit open?", at=day)
    assert said in answer.claims[0].text
    assert {p.id: p.standing for p in answer.programs}["h1b-open-work-permit-2023"] == standing
    assert all(c.standing in ("", standing) for c in answer.citations if "open work permit" in c.passage)


def test_what_did_not_exist_yet_is_said_so_with_how_it_began(bot: Bot) -> None:
    answer = bot.answer("how do i apply for the accelerated pathway", at="2024-03-01")
    assert answer.status == "not_found"
    assert answer.answer.startswith("On 1 March 2024 this did not exist yet.")
    assert "announced in Budget 2025" in answer.claims[0].text


@pytest.mark.parametrize(("day", "said"), [("soon", "is no ISO date; give one such as 2024-03-01"), ("2030-01-01", "is still to come")])
def test_a_day_that_cannot_be_answered_as_of_is_named(bot: Bot, day: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        bot.answer("is it open?", at=day)


def test_the_runnable_answers_as_of_the_day_too(bot: Bot) -> None:
    given = {"question": "does a job offer give crs points?", "at": "2024-03-01"}
    assert bot.runnable().invoke(given).answer == bot.answer(given["question"], at=given["at"]).answer


def test_a_month_is_later_until_it_is_over_and_a_birth_before_a_day_is_no_rule_that_ended() -> None:
    assert said_later("The payment was extended in September 2026.", "2026-09-10")
    assert not said_later("The payment was extended in September 2026.", "2026-10-01")
    assert not held_until_later("Bill C-3 removed the limit for people born before 15 December 2025.", "2025-11-10")
    assert held_until_later("Before 15 December 2025 the limit applied.", "2025-11-10")


def test_what_is_over_does_not_lead_where_the_present_is_asked_about(bot: Bot) -> None:
    now = bot.answer("what proof of funds for 4 people")
    assert "28,362" in now.answer and "27,297" not in now.answer
    assert "27,297" in bot.answer("what were the settlement funds for 4 people in 2024").answer


def test_a_sentence_that_opens_as_of_a_later_day_tells_what_came_by_then() -> None:
    opens, ends = "As of 6 October 2026 two courts had blocked it.", "Two courts block it, as of 6 October 2026."
    assert said_later(opens, "2025-10-05") and not said_later(opens, "2026-10-06")
    assert not said_later(ends, "2025-10-05")


def test_hindsight_names_a_later_day_or_month_and_a_plan_names_years() -> None:
    assert written_later("Until 25 March 2025 it gave 50 points.", "2024-06-01")
    assert written_later("None was found up to August 2026.", "2024-06-01")
    assert not written_later("Until 25 March 2025 it gave 50 points.", "2025-04-01")
    assert not written_later("It is planned for 2026 and 2027.", "2024-06-01")


def test_the_plan_of_the_day_is_told_with_the_years_it_was_made_for(bot: Bot) -> None:
    asked = "how many new permanent residents does canada plan for a year?"
    assert "401,000" in bot.answer(asked, at="2021-06-01").answer
    assert "465,000" in bot.answer(asked, at="2023-06-01").answer
    assert "380,000" in bot.answer(asked, at="2025-12-01").answer


def test_what_was_over_by_a_past_day_does_not_lead_on_it(bot: Bot) -> None:
    asked = "proof of funds for a couple with two kids"
    assert "27,297" in bot.answer(asked, at="2025-06-01").answer
    then = bot.answer(asked, at="2025-08-01").answer
    assert "28,362" in then and "27,297" not in then


@pytest.mark.parametrize(
    ("asked", "before", "told_before", "after", "told_after"),
    [
        ("express entry medical exam before or after applying?", "2025-06-01", "After applying", "2025-09-01", "since 21 August 2025"),
        ("how many people can ontario nominate this year?", "2025-08-01", "10,750", "2026-08-01", "14,119"),
        ("how long is the letter on maintained status valid?", "2026-03-01", "180 days", "2026-06-01", "365 days"),
        ("was h1b selection a random lottery?", "2025-06-01", "At random", "2026-06-01", "weight"),
    ],
)
def test_a_rule_that_changed_is_told_as_it_was_on_either_side(
    bot: Bot, asked: str, before: str, told_before: str, after: str, told_after: str
) -> None:
    assert told_before in bot.answer(asked, at=before).answer
    assert told_after in bot.answer(asked, at=after).answer


def test_a_standing_that_is_known_beforehand_begins_on_its_day() -> None:
    over = Standing("closed", "2027-01-01", "The scheme ended on 31 December 2026.")
    scheme = Program("scheme", "The scheme", "open", "2024-01-01", "2026-02-12", "manual", note="The scheme is open.", ahead=(over,))
    registry = replace(REGISTRY, programs={"scheme": scheme})
    before, then = (come_to(registry, day).programs["scheme"] for day in ("2026-12-31", "2027-01-01"))
    assert (before.standing, before.foreseen) == ("open", False)
    assert (then.standing, then.note, then.foreseen) == ("closed", over.note, True)
    assert registry_on(registry, "2027-02-01").programs["scheme"] == then


def test_a_section_runs_out_after_its_last_day_unless_it_was_written_of_what_is_over() -> None:
    rule = Passage("x#1", "x", "X", ("Q?",), "It is so.", as_of="2026-02-12", valid_until="2026-12-16")
    assert [rule.ran_out(day) for day in ("2026-12-16", "2026-12-17")] == [False, True]
    assert not replace(rule, as_of="2026-12-16").ran_out("2027-01-01")


def test_a_section_without_a_first_day_tells_nothing_of_a_day_long_before() -> None:
    now = Passage("x#1", "x", "X", ("Q?",), "Express Entry is one of the routes.", as_of="2026-06-30")
    assert not reaches_back(now, "1999-01-01") and reaches_back(now, "2023-07-16")
    assert reaches_back(replace(now, text="It began in 2001."), "2002-01-01")


def test_until_when_something_can_be_done_is_not_what_held_before_it_began() -> None:
    assert not held_until_later("Ask before 16 December 2026.", "2023-12-15", "2023-12-16")
    assert held_until_later("Until 25 March 2025 it gave 50 points.", "2024-06-01", "2025-03-25")


@pytest.mark.parametrize(
    ("asked", "day", "said", "unsaid"),
    [
        ("what was the last stem draw?", "2024-03-01", "481", "11 April 2024"),
        ("can i apply for the h1b open work permit", "2023-07-16", "opened on 16 July 2023", "October 2026"),
        ("can my spouse apply for the h1b family permit", "2024-09-26", "26 September 2024 is the last day", "October 2026"),
        ("how do i get to canada from h1b", "1999-01-01", "do not answer this", "Express Entry"),
        ("and the pgp?", "2024-06-01", "A sponsor of parents", "did not exist"),
    ],
)
def test_a_past_day_is_answered_without_what_came_later(bot: Bot, asked: str, day: str, said: str, unsaid: str) -> None:
    answer = bot.answer(asked, at=day).answer
    assert said in answer and unsaid not in answer
