"""Reviewed answers: served on the very question that was reviewed, and on nothing that only resembles it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot import reviewed
from bot.answer import Answer, Part, Turn
from bot.chain import Bot
from bot.database import migrate
from bot.journal import keep, read_rows
from bot.reviewed import EditedMeanwhile, Quoted, Review, Reviewing, Said, Written, from_answer, restore, unservable, withdraw, write
from bot.same import Sameness
from bot.settings import Settings
from corpus.errors import RequestError
from corpus.registry import load_registry
from index.search import Hit, Query
from tests.conftest import ROOT, Stored
from tests.small_bot import FIRST, PERMIT, SECOND, HoldingBot

CASES = [json.loads(line) for line in (ROOT / "eval" / "reviewed" / "near_misses.jsonl").read_text(encoding="utf-8").splitlines()]
QUESTION = "Is the 2023 H-1B open work permit still open?"
WRITTEN = Written(
    question=QUESTION,
    programs=(PERMIT.id,),
    claims=(Said(text="No: the 2023 permit closed on 17 July 2023.", quotes=(Quoted(passage_id="manual#1", quote=FIRST),)),),
)


@pytest.fixture(scope="module")
def same() -> Sameness:
    return Sameness(load_registry())


@pytest.fixture
def settings(stored: Stored) -> Settings:
    return stored(today="2026-11-20")


@pytest.fixture
def behind() -> HoldingBot:
    return HoldingBot()


@pytest.fixture
def serving(behind: HoldingBot, same: Sameness, settings: Settings) -> Reviewing:
    return Reviewing(behind, lambda: same, settings)


@pytest.fixture(scope="module")
def whole(bot: Bot, same: Sameness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reviewing]:
    """The real bot with a reviewed answer for each question of CASES."""
    settings = Settings(home=tmp_path_factory.mktemp("reviewed"), today="2026-11-20")
    for case in CASES:
        first = from_answer(bot.answer(case["question"]), same)
        given = {"question": case["question"], "conditions": tuple(case.get("conditions", ())), "note": case["id"]}
        write(first.model_copy(update=given), "priya", bot, same, settings)
    yield Reviewing(bot, lambda: same, settings)
    bot.favour({})


def reviewed_of(answer: Answer) -> str:
    return answer.reviewed.by if answer.reviewed else ""


# Which questions are the same


def test_the_set_is_as_large_as_it_says() -> None:
    assert len(CASES) >= 25 and all(len(case["near"]) >= 8 for case in CASES)
    assert sum(len(case["near"]) for case in CASES) >= 200 and sum(len(case["same"]) for case in CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_what_only_resembles_a_reviewed_question_is_never_served(whole: Reviewing, case: dict[str, Any]) -> None:
    ids = {one.id: one.note for one in reviewed.reviews(whole._settings)}
    served = [(asked, ids[answer.reviewed.id]) for asked in case["near"] if (answer := whole.answer(asked)).reviewed]
    assert [(asked, id) for asked, id in served if id == case["id"]] == []
    assert [asked for asked, _ in served] == [], "another of the reviewed answers was served"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_same_question_in_other_dress_is_served(whole: Reviewing, case: dict[str, Any]) -> None:
    ids = {one.id: one.note for one in reviewed.reviews(whole._settings)}
    answers = {asked: whole.answer(asked) for asked in case["same"]}
    assert {asked: ids[a.reviewed.id] if a.reviewed else "" for asked, a in answers.items()} == dict.fromkeys(case["same"], case["id"])


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("Can you tell me if I can renew my permit?", "Can I renew the permit?"),
        ("Can I renew if I was laid off?", "I was laid off. Can I renew?"),
        ("how much is it for 3 ppl, 1000 or 2000", "How much is it for three ppl, 1,000 or 2,000?"),
        ("whats a TRV", "What is a visitor visa?"),
        ("I can't renew, why?", "I cannot renew, why?"),
        ("Hello 👋 can I renew 🙏", "Can I renew?"),
    ],
)
def test_what_makes_no_difference(same: Sameness, asked: str, meant: str) -> None:
    forms = same.form(asked), same.form(meant)
    assert forms[0] and forms[1] and same.same(forms[0], forms[1])


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("Can I move from the US to Canada?", "Can I move from Canada to the US?"),
        ("Can I work while my wife studies?", "Can my wife work while I study?"),
        ("Can I apply before I move?", "Before I apply, can I move?"),
        ("Am I ineligible to renew?", "Am I eligible to renew?"),
        ("Did I overstayed in Canada?", "Did I overstay in Canada?"),
        ("Is it less than 3 years?", "Is it more than 3 years?"),
        ("Is it <3 years?", "Is it >3 years?"),
        ("Is it 10%?", "Is it 10?"),
        ("Can my child come?", "Can my children come?"),
        ("Can I work in Ontario?", "Can I work in Toronto?"),
        ("First I apply, then I move, can I work?", "First I move, then I apply, can I work?"),
        ("I can work. How long?", "Can I work? How long?"),
        ("签证 can I renew", "can I renew"),
        ("Cаn I renew", "Can I renew"),  # a Cyrillic letter
        ("Is there news on it?", "Is there new on it?"),
        ("What is the transferee fee?", "What is the transferred fee?"),
        ("Is the number of places unlisted?", "Is the number of places unlimited?"),
        ("Is an undated letter enough?", "Is an updated letter enough?"),
        ("Is the fee for the waiver paid?", "Is the fee for the waived paid?"),
    ],
)
def test_what_makes_a_difference(same: Sameness, asked: str, meant: str) -> None:
    first, second = same.form(asked), same.form(meant)
    assert not (first and second and (same.same(first, second) or same.same(second, first)))


def test_nothing_asked_is_nothing_to_compare(same: Sameness) -> None:
    assert [same.form(text) for text in ("", "???", "the", "请问")] == [None] * 4


# When one is served


def test_a_question_has_one_reviewed_answer_at_a_time(behind: HoldingBot, same: Sameness, settings: Settings) -> None:
    first = write(WRITTEN, "priya", behind, same, settings)
    other = WRITTEN.model_copy(update={"question": "hi, is the 2023 h1b open work permit still open pls"})
    with pytest.raises(EditedMeanwhile, match="there is a reviewed answer to this question, by priya") as refused:
        write(other, "omar", behind, same, settings)
    assert refused.value.current.id == first.id
    write(other.model_copy(update={"conditions": ("I live in Quebec",)}), "omar", behind, same, settings)  # that is another question
    withdraw(first.id, 1, "priya", settings)
    second = write(other, "omar", behind, same, settings)
    with pytest.raises(EditedMeanwhile, match="by omar"):
        restore(first.id, 2, "priya", behind, same, settings)
    withdraw(second.id, 1, "omar", settings)
    assert restore(first.id, 2, "priya", behind, same, settings).withdrawn == ""


def test_it_says_who_reviewed_it_and_when_and_is_a_whole_answer(serving: Reviewing, same: Sameness, settings: Settings) -> None:
    made = write(WRITTEN, "priya", serving, same, settings)
    answer = serving.answer("is the 2023 h1b open work permit still open", id="q1")
    assert answer.reviewed and (answer.reviewed.id, answer.reviewed.by, answer.reviewed.on) == (made.id, "priya", "2026-11-20")
    assert answer.id == "q1" and answer.question == "is the 2023 h1b open work permit still open" and answer.mode == "reviewed"
    assert answer.answer == (
        "No: the 2023 permit closed on 17 July 2023. [1]\n\nAs of 12 February 2026. Reviewed by priya on 20 November 2026."
    )
    assert answer.citations[0].quote == FIRST and answer.programs[0].standing == "closed"
    assert answer.caveats == ("Part of this rests on a source last known to be true on 12 February 2026: check that it still holds.",)
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


def test_a_passage_that_changed_or_went_away_ends_it(serving: Reviewing, behind: HoldingBot, same: Sameness, settings: Settings) -> None:
    made = write(WRITTEN, "priya", serving, same, settings)
    before = behind.passages["manual#1"]
    for changed in (
        replace(before, text=before.text + " "), replace(before, as_of="2026-02-13"), replace(before, valid_until="2026-12-16"), None,
    ):  # fmt: skip
        if changed is None:
            del behind.passages["manual#1"]
        else:
            behind.passages["manual#1"] = changed
        assert reviewed_of(serving.answer(QUESTION)) == ""
        assert "manual#1" in unservable(made, behind, date(2026, 11, 20))
    behind.passages["manual#1"] = before
    behind.passages["paper#1"] = replace(behind.passages["paper#1"], text="It rests on another.")
    assert reviewed_of(serving.answer(QUESTION)) == "priya"


def test_a_program_that_stands_otherwise_ends_it(serving: Reviewing, behind: HoldingBot, same: Sameness, settings: Settings) -> None:
    made = write(WRITTEN, "priya", serving, same, settings)
    behind.programs[PERMIT.id] = replace(PERMIT, standing="open")
    assert reviewed_of(serving.answer(QUESTION)) == ""
    assert unservable(made, behind, date(2026, 11, 20)) == "2023 open work permit was closed at the review and is open"


def test_it_expires_and_can_be_withdrawn_and_taken_back(serving: Reviewing, behind: HoldingBot, same: Sameness, settings: Settings) -> None:
    made = write(WRITTEN.model_copy(update={"expires": "2026-12-01"}), "priya", serving, same, settings)
    for day, served in (("2026-12-01", "priya"), ("2026-12-02", "")):
        assert reviewed_of(Reviewing(behind, lambda: same, replace(settings, today=day)).answer(QUESTION)) == served
    gone = withdraw(made.id, 1, "omar", settings)
    assert gone.withdrawn == "2026-11-20" and reviewed_of(serving.answer(QUESTION)) == ""
    restore(made.id, 2, "maya", behind, same, settings)
    assert reviewed_of(serving.answer(QUESTION)) == "maya"  # who looked at it again
    assert [(c.version, c.what, c.by) for c in reviewed.history(made.id, settings)] == [
        (1, "made", "priya"), (2, "withdrawn", "omar"), (3, "restored", "maya"),
    ]  # fmt: skip


def test_the_language_and_a_past_day_are_part_of_the_scope(serving: Reviewing, same: Sameness, settings: Settings) -> None:
    write(WRITTEN.model_copy(update={"language": "fr"}), "priya", serving, same, settings)
    assert reviewed_of(serving.answer(QUESTION)) == ""
    write(WRITTEN, "priya", serving, same, settings)
    assert reviewed_of(serving.answer(QUESTION)) == "priya" and reviewed_of(serving.answer(QUESTION, at="2023-07-16")) == ""


def test_a_condition_must_be_said_and_nothing_more(serving: Reviewing, same: Sameness, settings: Settings) -> None:
    write(WRITTEN.model_copy(update={"conditions": ("I live in Quebec",)}), "priya", serving, same, settings)
    for asked, served in (
        (QUESTION, ""),
        (f"I live in Quebec. {QUESTION}", "priya"),
        ("Is the 2023 H-1B open work permit still open if I live in Quebec?", "priya"),
        (f"I live in Ontario. {QUESTION}", ""),
        (f"I live in Quebec and I was laid off. {QUESTION}", ""),
    ):
        assert (asked, reviewed_of(serving.answer(asked))) == (asked, served)


def test_a_follow_up_takes_its_program_from_the_conversation(whole: Reviewing, bot: Bot, same: Sameness) -> None:
    first = from_answer(bot.answer("How much does Express Entry cost?"), same)
    scope = {"question": "How many people were invited last week?", "programs": ("express-entry",), "conditions": ()}
    made = write(first.model_copy(update=scope), "priya", bot, same, whole._settings)
    said = [Turn(role="user", content="Do I need a job offer for Express Entry?"), Turn(role="assistant", content="No.")]
    try:
        assert same.form("how many people were invited last week? – about Express Entry") == reviewed.reviewed_form(made, same)
        assert reviewed_of(whole.answer("How many people were invited last week?")) == ""
        assert whole.answer("is it open?", said).reviewed is None
    finally:
        withdraw(made.id, 1, "priya", whole._settings)


def test_as_a_stream_it_is_the_same(serving: Reviewing, behind: HoldingBot, same: Sameness, settings: Settings) -> None:
    write(WRITTEN, "priya", serving, same, settings)
    *said, answer = serving.stream("Hi, " + QUESTION)
    assert isinstance(answer, Answer) and reviewed_of(answer) == "priya"
    assert [part.claim for part in said if isinstance(part, Part)] == list(answer.claims)
    *said, answer = serving.stream("Is the permit open?")
    assert isinstance(answer, Answer) and answer.reviewed is None and len(said) == len(answer.claims) == 3


def test_what_is_refused_or_no_question_stays_so(serving: Reviewing, same: Sameness, settings: Settings) -> None:
    write(WRITTEN.model_copy(update={"question": "Good to know", "programs": ()}), "priya", serving, same, settings)
    assert serving.answer("Good to know").status == "smalltalk"


def test_another_process_sees_a_withdrawal_with_the_next_question(
    serving: Reviewing, behind: HoldingBot, same: Sameness, settings: Settings
) -> None:
    other = Reviewing(behind, lambda: same, settings)
    made = write(WRITTEN, "priya", serving, same, settings)
    assert reviewed_of(other.answer(QUESTION)) == "priya"
    withdraw(made.id, 1, "priya", settings)
    assert reviewed_of(other.answer(QUESTION)) == ""


def test_a_database_that_cannot_be_read_serves_none_and_costs_no_answer(
    behind: HoldingBot, same: Sameness, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(home=tmp_path, today="2026-11-20")
    serving = Reviewing(behind, lambda: same, settings)
    write(WRITTEN, "priya", serving, same, settings)
    assert reviewed_of(serving.answer(QUESTION)) == "priya"
    whole = settings.journal_file.read_bytes()
    settings.journal_file.write_bytes(b"not a database, and long enough to be read as one" * 100)
    for _ in range(3):
        answer = serving.answer(QUESTION)
        assert answer.status == "answered" and answer.reviewed is None  # not even what was read before: it may be withdrawn by now
    assert caplog.text.count("no reviewed answer is served") == 1  # it is left alone for a while
    settings.journal_file.write_bytes(whole)
    serving._rests_until = 0.0
    assert reviewed_of(serving.answer(QUESTION)) == "priya"


def test_without_a_database_none_is_made(behind: HoldingBot, same: Sameness, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "data")
    assert Reviewing(behind, lambda: same, settings).answer(QUESTION).status == "answered" and not settings.home.exists()


def test_the_journal_tells_which_answers_were_reviewed(serving: Reviewing, same: Sameness, settings: Settings) -> None:
    write(WRITTEN, "priya", serving, same, settings)
    on = replace(settings, journal="on")
    keep(serving.answer(QUESTION), on)
    assert [row.mode for row in read_rows(on)] == ["reviewed"]


# Where one is not served


def test_its_question_helps_to_find_the_passages_until_it_is_withdrawn(bot: Bot, same: Sameness, settings: Settings) -> None:
    sentence = "A Canadian work permit costs 155 Canadian dollars per person, as of 30 June 2026."
    id = next(passage.id for passage in bot.index.passages if sentence in passage.text)
    near = Query(("what do our clients from the summer camp pay at the counter",))

    reviewing = Reviewing(bot, lambda: same, settings)

    def first() -> Hit:
        reviewing.answer("Hello")  # any question has the reviewed answers read
        return bot.index.search(near)[0]

    migrate(settings)
    before = first()
    assert before.passage.id != id
    said = (Said(text=sentence, quotes=(Quoted(passage_id=id, quote=sentence),)),)
    kept = write(Written(question="What do clients of the summer camp pay at the counter?", claims=said), "priya", bot, same, settings)
    after = first()
    assert after.passage.id == id and after.question < 0.75  # how like it is to its own questions is told as before
    assert bot.index.search(Query(("can my wife work",)))[0].passage.id != id
    withdraw(kept.id, kept.version, "priya", settings)
    assert first().passage.id == before.passage.id


# What may be kept


def test_of_two_who_edit_at_once_one_is_told(serving: Reviewing, same: Sameness, settings: Settings) -> None:
    made = write(WRITTEN, "priya", serving, same, settings)
    done: list[Review | EditedMeanwhile] = []
    ready = threading.Barrier(2)

    def edit(name: str) -> None:
        ready.wait()
        try:
            done.append(write(WRITTEN.model_copy(update={"note": name}), name, serving, same, settings, made.id, made.version))
        except EditedMeanwhile as error:
            done.append(error)

    both = [threading.Thread(target=edit, args=(name,)) for name in ("omar", "maya")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    (late,) = [one for one in done if isinstance(one, EditedMeanwhile)]
    (kept,) = [one for one in done if isinstance(one, Review)]
    assert late.current == kept == reviewed.review(made.id, settings) and kept.version == 2
    assert f"changed by {kept.reviewer} meanwhile" in str(late)


def test_what_is_written_can_be_read_back_to_edit(serving: Reviewing, same: Sameness, settings: Settings) -> None:
    two = Said(
        text="No: it closed on 17 July 2023 and had taken 10,000 applications.",
        quotes=(Quoted(passage_id="manual#1", quote=FIRST), Quoted(passage_id="manual#1", quote=SECOND)),
    )
    written = WRITTEN.model_copy(update={"claims": (two, *WRITTEN.claims), "expires": "2027-02-01", "note": "as said"})
    made = write(written, "priya", serving, same, settings)
    assert reviewed.as_written(reviewed.review(made.id, settings)) == written
    assert [c.number for c in made.citations] == [1, 2] and [c.citations for c in made.claims] == [(1, 2), (1,)]


def test_personal_numbers_are_masked_before_it_is_kept(serving: Reviewing, same: Sameness, settings: Settings) -> None:
    given = {"question": f"{QUESTION} My UCI is 1234-5678", "conditions": ("passport N1234567",), "note": "asked by priya.k@example.com"}
    made = write(WRITTEN.model_copy(update=given), "priya", serving, same, settings)
    assert "1234-5678" not in made.question and "N1234567" not in made.conditions[0] and made.note == "asked by [email]"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"question": "请问"}, "the question cannot be compared"),
        ({"programs": ()}, f"the question names {PERMIT.id}"),
        ({"expires": "2026-11-20"}, "give a day from tomorrow"),
        ({"expires": "2028-01-01"}, "give a day from tomorrow to 365 days"),
        ({"expires": "soon"}, "give an ISO date"),
        ({"claims": (Said(text="It took 11,000.", quotes=(Quoted(passage_id="manual#1", quote=SECOND),)),)}, "claim 1:"),
        ({"claims": (Said(text="It has not closed.", quotes=(Quoted(passage_id="manual#1", quote=FIRST),)),)}, "claim 1:"),
        ({"claims": (Said(text=f"{FIRST} [1]", quotes=(Quoted(passage_id="manual#1", quote=FIRST),)),)}, "leave the marks out"),
    ],
)
def test_what_may_not_be_kept(serving: Reviewing, same: Sameness, settings: Settings, given: dict[str, object], told: str) -> None:
    with pytest.raises(RequestError, match=re.escape(told)):
        write(WRITTEN.model_copy(update=given), "priya", serving, same, settings)
    assert reviewed.reviews(settings) == []


def test_going_down_a_version_and_up_again_serves_none(serving: Reviewing, same: Sameness, settings: Settings) -> None:
    write(WRITTEN, "priya", serving, same, settings)
    migrate(settings, "0001")
    assert reviewed_of(serving.answer(QUESTION)) == ""
