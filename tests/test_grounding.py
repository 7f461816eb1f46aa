"""What is shown is checked against the index's passages and the registry's entries, never against what the answer says of itself."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import wording
from bot.answer import Answer
from bot.language import NOTICES
from corpus.model import Standing
from eval.cases import Case, load_set
from eval.evidence import Evidence, Held, as_json, evidence_of, from_json
from eval.grounding import figures, ground, stated, supports
from eval.leaks import leaks, personal
from eval.standings import standings
from tests.conftest import PASSAGES
from tests.saved_run import EVIDENCE, write_set
from tests.small_bot import FIRST, NEWS, PERMIT, SECOND, cited, closed, not_found, plain


def changed(given: Answer, /, **changes: Any) -> Answer:
    return given.model_copy(update=changes)


def first_citation(answer: Answer, /, **changes: Any) -> Answer:
    return changed(answer, citations=(answer.citations[0].model_copy(update=changes), *answer.citations[1:]))


# Sentences and marks


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("One. [1] Two. [2]", [("One.", (1,)), ("Two.", (2,))]),
        ("One. Two. [1]", [("One.", (1,)), ("Two.", (1,))]),  # a mark is for all since the mark before
        ("One. [1][2]", [("One.", (1, 2))]),
        ("One.\n\nTwo. [1]", [("One.", ()), ("Two.", (1,))]),  # but not for an earlier paragraph
        ("One. [1] Two.", [("One.", (1,)), ("Two.", ())]),
        ("Needed are:\n- a letter [1]\n- a form [2]", [("Needed are:", (1,)), ("a letter", (1,)), ("a form", (2,))]),
        ("One. [1]\n\nAs of 3 October 2026.", [("One.", (1,))]),
        ("Which one do you mean?", []),  # a question states nothing
    ],
)
def test_a_text_is_read_as_sentences_with_the_marks_behind_them(text: str, said: list[tuple[str, tuple[int, ...]]]) -> None:
    assert list(stated(text)) == said


def test_what_the_bot_says_in_its_own_words_states_nothing() -> None:
    own = (*(text for name, text in vars(wording).items() if name.isupper() and isinstance(text, str) and " " in text), *NOTICES.values())
    for text in own:
        assert not list(stated(text.format("1 March 2024"))), text
        # And holds no figure that would need a source; the two numbers to call are the bot's own word.
        assert not re.search(r"\d", re.sub("H-1B|988|911", "", text)), text
    assert list(stated(f"{wording.ADVICE} The fee is 5 dollars."))


# Support


@pytest.mark.parametrize(
    ("sentence", "holds"),
    [
        (FIRST, True),
        (FIRST[:1].lower() + FIRST[1:], True),
        ("The open work permit for H-1B holders closed on 17 July 2023.", True),  # reworded: all that it says stands there
        ("The 2023 open work permit for H-1B holders closed on 18 July 2023.", False),
        ("The 2023 open work permit for H-1B holders closed on 17 June 2023.", False),
        ("The 2023 open work permit for H-1B holders never closed on 17 July 2023.", False),
        ("The pension is paid monthly.", False),
        ("…", False),
    ],
)
def test_a_passage_supports_what_it_says_word_for_word_or_reworded_without_another_figure_or_a_denial(sentence: str, holds: bool) -> None:
    assert supports(sentence, EVIDENCE.passages["manual#1"].text) is holds


def test_figures_are_numbers_amounts_and_whole_dates() -> None:
    assert figures("From 17 July 2023, CAN$1,210.50 and 80%, then 1210.50 again.") == ["17 July 2023", "1210.50", "80%", "17", "2023"]


# An answer


def test_an_honest_answer_stands_in_its_passages() -> None:
    got = ground(closed(), EVIDENCE)
    assert (got.citations, got.exact, got.unaltered, got.whole) == (3, 3, 3, True)
    assert (got.sentences, got.supported, got.marks, got.supporting, got.unsupported) == (3, 3, 3, 3, ())


def test_a_quote_that_is_not_at_its_place_is_counted() -> None:
    assert ground(first_citation(closed(), quote="The permit is open."), EVIDENCE).exact == 2
    assert ground(first_citation(closed(), start=1), EVIDENCE).exact == 2


@pytest.mark.parametrize("changes", [{"passage": FIRST}, {"source_id": "paper"}, {"as_of": "2026-11-20"}, {"passage_id": "manual#2"}])
def test_a_citation_that_shows_what_the_index_does_not_hold_is_counted(changes: dict[str, str]) -> None:
    assert ground(first_citation(closed(), **changes), EVIDENCE).unaltered == 2


def test_a_citation_without_a_passage_in_the_index_supports_nothing_whatever_it_shows() -> None:
    got = ground(first_citation(closed(), passage_id="manual#2"), EVIDENCE)
    assert (got.supported, got.supporting) == (2, 2)


def test_a_mark_that_is_dropped_moved_or_doubled_is_counted() -> None:
    answer = closed()
    dropped = ground(changed(answer, answer=answer.answer.replace(" [3]", "")), EVIDENCE)
    assert (dropped.supported, dropped.whole) == (2, False)
    dangling = ground(changed(answer, answer=answer.answer.replace("[3]", "[4]")), EVIDENCE)
    assert (dangling.supported, dangling.whole) == (2, False)
    swapped = ground(changed(answer, answer=f"{FIRST} [3]\n\n{NEWS} [1] {SECOND} [2]\n\nAs of 20 July 2023."), EVIDENCE)
    assert (swapped.supported, swapped.supporting, swapped.whole) == (1, 1, True)
    doubled = changed(answer, citations=(answer.citations[0], *answer.citations))
    assert not ground(doubled, EVIDENCE).whole


def test_brackets_inside_a_quote_are_no_marks() -> None:
    passage = "As note [7] says, it closed."
    answer = changed(plain("q", "answered", f"{passage} [1]"), citations=(cited(1, passage, passage),))
    assert ground(answer, Evidence({"manual#1": Held("manual", passage)})).whole


@pytest.mark.parametrize(
    ("old", "new", "unsupported"),
    [
        ("10,000", "10,001", ("10001",)),
        ("17 July", "18 July", ("18 July 2023", "18")),
        ("48 hours", "84 hours", ("84",)),
        ("As of 20 July 2023", "As of 12 February 2026", ("as of 12 February 2026",)),  # the oldest date is what it rests on
        ("As of 20 July 2023", "As of today", ("as of today",)),
    ],
)
def test_a_figure_that_stands_in_no_cited_passage_is_named(old: str, new: str, unsupported: tuple[str, ...]) -> None:
    answer = closed()
    assert ground(changed(answer, answer=answer.answer.replace(old, new)), EVIDENCE).unsupported == unsupported


def test_an_answer_as_of_a_past_day_closes_with_that_day() -> None:
    answer = changed(closed(), at="2024-03-01", answer=closed().answer.replace("As of 20 July 2023", "As of 1 March 2024"))
    assert ground(answer, EVIDENCE).unsupported == ()


def test_an_answer_without_citations_has_nothing_to_support() -> None:
    got = ground(changed(not_found(), answer=f"{wording.NOT_IN_SOURCES}\n\n{wording.NEAREST}\n- Is it open?"), EVIDENCE)
    assert (got.citations, got.sentences, got.whole, got.numbers) == (0, 0, True, 0)


# Standings


def case(folder: Path, **changes: Any) -> Case:
    (made,) = load_set("mine", write_set(folder / "sets", {"id": "a", "question": "Is it open?", "status": ["answered"], **changes}))
    return made


OPENED = Standing("open", "2023-07-16", "The permit is open since 16 July 2023.")
CLOSED = Standing("closed", "2023-07-17", PERMIT.note)
HISTORY = replace(EVIDENCE, programs={PERMIT.id: (OPENED, CLOSED)})


def test_a_standing_is_read_off_the_registry_for_any_day() -> None:
    from_before = replace(EVIDENCE, programs={"p": (replace(OPENED, since=""), CLOSED), "q": (replace(CLOSED, since=""),)})
    assert [HISTORY.standing(PERMIT.id, at).standing for at in ("", "2023-07-18", "2023-07-17", "2023-07-16", "2023-07-15")] == [
        "closed", "closed", "closed", "open", "",
    ]  # fmt: skip
    assert [from_before.standing("p", at).standing for at in ("2023-07-17", "2020-01-01")] == ["closed", "open"]
    assert [from_before.standing("q", at).standing for at in ("", "2024-01-01")] == ["closed", ""]  # since when is not known
    assert EVIDENCE.standing("none", "").standing == ""


def test_an_answer_that_shows_the_standing_of_the_day_is_right(tmp_path: Path) -> None:
    got = standings(case(tmp_path, standing={PERMIT.id: "closed"}), closed(), HISTORY)
    assert (got.programs, got.wrong, got.due, got.said) == ((PERMIT.id,), (), True, True)


def test_an_answer_as_of_another_day_than_was_asked_about_is_wrong(tmp_path: Path) -> None:
    got = standings(case(tmp_path, at="2023-07-16"), closed(), HISTORY)
    assert got.wrong == (
        "answered as of today, asked as of 2023-07-16",
        f"citation 1 shows {PERMIT.id} as closed, not open",
        f"citation 2 shows {PERMIT.id} as closed, not open",
        f"{PERMIT.id} is shown as closed, not open",
    )


def test_a_closed_program_must_not_be_shown_or_called_open(tmp_path: Path) -> None:
    shown = standings(case(tmp_path), first_citation(closed(), standing="open"), HISTORY)
    assert shown.wrong == (f"citation 1 shows {PERMIT.id} as open, not closed",)
    text = closed().answer.replace(FIRST, "The permit is still open.")
    assert standings(case(tmp_path), changed(closed(), answer=text), HISTORY).wrong == (
        f"{PERMIT.id} is closed, but: The permit is still open.",
    )
    denied = closed().answer.replace(FIRST, "It is not true that the permit is still open.")
    assert standings(case(tmp_path), changed(closed(), answer=denied), HISTORY).wrong == ()


def test_what_the_case_wants_counts_where_the_program_is_shown(tmp_path: Path) -> None:
    wanting = case(tmp_path, standing={PERMIT.id: "paused", "express-entry": "open"})
    assert standings(wanting, closed(), HISTORY).wrong == (f"{PERMIT.id} is shown as closed; the case wants paused",)


def test_the_note_of_another_time_is_wrong_now(tmp_path: Path) -> None:
    note = cited(1, OPENED.note, OPENED.note)
    answer = changed(plain("q", "answered", f"{OPENED.note} [1]"), citations=(note,))
    held = replace(HISTORY, passages={"manual#1": Held("manual", OPENED.note, PERMIT.id, kind="standing")})
    (told,) = (w for w in standings(case(tmp_path), answer, held).wrong if "another time" in w)
    assert told == f"citation 1 gives the note of another time: {OPENED.note} It is now: {PERMIT.note}"
    then = first_citation(changed(answer, at="2023-07-16"), standing="open")
    assert standings(case(tmp_path, at="2023-07-16"), then, held).wrong == ()
    before_it_began = first_citation(changed(answer, at="2023-01-01"), standing="")
    assert standings(case(tmp_path, at="2023-01-01"), before_it_began, held).wrong == ()


def test_an_answer_on_a_closed_program_that_does_not_say_so_is_counted(tmp_path: Path) -> None:
    answer = changed(closed(), answer=f"{SECOND} [2]", citations=closed().citations[1:2])
    got = standings(case(tmp_path), answer, HISTORY)
    assert (got.due, got.said) == (True, False)
    assert not standings(case(tmp_path), changed(answer, status="not_found"), HISTORY).due


# Privacy


TOLD = "my passport Z4827193, mail rahul.k@example.com or call 647-555-0182, fee is 1,210 and Budget 2025 gave 1,700,000,000"


def test_personal_numbers_are_those_that_are_masked() -> None:
    assert personal([TOLD]) == {"4827193", "rahul.k@example.com", "6475550182"}
    assert personal(["Budget 2025 gave 1,700,000,000 on 17 July 2023"]) == frozenset()


@pytest.mark.parametrize(
    ("field", "text", "count"),
    [
        ("answer", "Call (647) 555 0182 [1]", 1),  # in any spelling
        ("standalone_question", "passport Z4827193 of Rahul.K@example.com", 2),
        ("follow_ups", ("Is 6475550182 yours?",), 1),
        ("answer", "The fee is 1,210 dollars since 2025.", 0),
        ("question", "my passport [passport number], mail [email]", 0),
    ],
)
def test_a_personal_number_that_comes_back_is_counted(field: str, text: object, count: int) -> None:
    answer = changed(plain("q", "answered", "Text."), **{field: text})
    assert leaks([TOLD], answer) == count


# Evidence


def test_evidence_is_the_same_after_it_was_written_and_read() -> None:
    assert from_json(as_json(HISTORY)) == HISTORY


def test_evidence_keeps_the_text_of_what_is_needed_and_the_name_of_all_there_is() -> None:
    made = evidence_of(PASSAGES, ["ircc-fees#work-permit", "gone#1"], [PERMIT], ["manual"])
    assert list(made.passages) == ["ircc-fees#work-permit"] and made.passages["ircc-fees#work-permit"].source_id == "ircc-fees"
    assert made.ids == {p.id for p in PASSAGES} and {"manual", "ircc-fees"} <= made.sources
    assert made.programs == {PERMIT.id: (CLOSED,)}
