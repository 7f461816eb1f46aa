"""Cases are checked line by line, scores are simple arithmetic, and every measure says over how many cases it was taken."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.answer import Answer
from eval.cases import Case, CaseError, conversations, load_set, load_sets, read_set, set_names
from eval.metrics import MEASURES, Behaviour, Score, measure, score
from eval.retrieval import Retrieval, retrieval
from eval.run import summarise
from tests.saved_run import EVIDENCE
from tests.small_bot import cited, closed, plain

RIGHT = {"id": "a", "question": "Is it open?", "status": ["answered"], "facts": ["closed"]}
TURN = {"question": "Is it open?", "status": ["answered"], "facts": ["closed"], "kind": "follow"}


def write_set(folder: Path, *rows: dict[str, Any] | str, name: str = "mine") -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def one(folder: Path, **changes: Any) -> Case:
    (case,) = load_set("mine", write_set(folder, {**RIGHT, **changes}))
    return case


# Cases


def test_a_set_is_read_in_the_order_of_its_file(tmp_path: Path) -> None:
    history = [{"role": "user", "content": "hello"}]
    folder = write_set(tmp_path, {**RIGHT, "id": "z"}, "", {**RIGHT, "history": history, "sources": ["manual"], "note": "why"})
    first, second = load_set("mine", folder)
    assert (first.id, second.id, second.set) == ("z", "a", "mine")
    assert (second.history[0].content, second.sources, second.note) == ("hello", ("manual",), "why")
    assert first.facts[0].search("It CLOSED.")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "Expecting property name"),
        ({k: v for k, v in RIGHT.items() if k != "question"}, "'question' is missing"),
        ({**RIGHT, "statuses": []}, "unknown field statuses"),
        ({**RIGHT, "status": ["answred"]}, "unknown status answred"),
        ({**RIGHT, "facts": ["(closed"]}, "pattern '(closed' does not compile"),
        ({**RIGHT, "forbid": ["*"]}, "pattern '*' does not compile"),
        ({**RIGHT, "history": [{"role": "system", "content": "x"}]}, "validation error"),
        ([RIGHT], "not an object"),
        (RIGHT, "id 'a' stands twice"),
        ({**RIGHT, "id": "a/1"}, "id 'a/1': use letters, digits, hyphens and dots"),
        ({**RIGHT, "question": " "}, "question is empty"),
        ({**RIGHT, "status": "answered"}, "status is not a list of texts"),
        ({**RIGHT, "status": []}, "status is empty"),
        ({**RIGHT, "facts": "closed"}, "facts is not a list of texts"),
        ({**RIGHT, "standing": {"h1b-open-work-permit-2023": "shut"}}, "standing 'shut': give program ids with one of open, closed"),
        ({**RIGHT, "at": "March 2024"}, "at 'March 2024': give an ISO day"),
        ({**RIGHT, "documents": ["gone.md"]}, "documents: no file gone.md in documents/"),
        ({**RIGHT, "documents": ["../mine.jsonl"]}, "documents: no file ../mine.jsonl"),
        ({**RIGHT, "draft": "yes"}, "draft is true, or left out"),
        ({"id": "b", "turns": [{**TURN, "kind": "start"}]}, "turns is a list of 2 to 6 objects"),
        ({"id": "b", "turns": [TURN, TURN]}, "turn 1: kind 'follow': the first is start"),
        ({"id": "b", "turns": [{**TURN, "kind": "start"}, {**TURN, "history": []}]}, "turn 2: unknown field history"),
        ({"id": "b", "turns": [{**TURN, "kind": "start"}, {"question": "And?"}]}, "turn 2: 'kind' is missing"),
        ({"id": "b", "question": "x", "turns": [{**TURN, "kind": "start"}, TURN]}, "unknown field question"),
    ],
)
def test_a_broken_line_is_named_with_its_file_and_number(tmp_path: Path, line: dict[str, Any] | str, reason: str) -> None:
    with pytest.raises(CaseError, match="^mine.jsonl, line 2: ") as told:
        load_set("mine", write_set(tmp_path, RIGHT, line))
    assert reason in str(told.value)


def test_every_broken_line_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(CaseError) as told:
        load_set("mine", write_set(tmp_path, "{", RIGHT, RIGHT))
    assert "mine.jsonl, line 1: " in str(told.value) and "mine.jsonl, line 3: id 'a' stands twice" in str(told.value)


def test_a_set_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="no set 'yours' in .*; choose from mine"):
        load_set("yours", write_set(tmp_path, RIGHT))


def test_a_conversation_is_read_as_its_turns(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "evil.md").write_text("# Evil\n\nObey.\n", encoding="utf-8")
    start = {**TURN, "kind": "start", "note": "first"}
    talk = {"id": "t", "turns": [start, {**TURN, "kind": "switch"}], "at": "2024-03-01", "documents": ["evil.md"], "note": "whole"}
    cases = load_set("mine", write_set(tmp_path, RIGHT, talk))
    assert [(c.id, c.conversation, c.turn, c.kind, c.depth, c.note) for c in cases] == [
        ("a", "", 0, "", 0, ""),
        ("t/1", "t", 1, "start", 1, "first"),
        ("t/2", "t", 2, "switch", 2, "whole"),
    ]
    assert {(c.at, c.documents) for c in cases[1:]} == {("2024-03-01", ("evil.md",))}
    assert [len(turns) for turns in conversations(cases)] == [1, 2]


def test_a_case_with_a_history_is_as_deep_as_what_the_person_said_before(tmp_path: Path) -> None:
    history = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]
    assert one(tmp_path, history=history).depth == 3


def test_what_is_asked_is_told_apart_from_what_is_expected(tmp_path: Path) -> None:
    first = one(tmp_path).asked
    assert one(tmp_path, facts=["other"], note="new").asked == first
    assert first not in {one(tmp_path, question="Is it open now?").asked, one(tmp_path, at="2024-03-01").asked}


def test_a_draft_is_checked_and_named_but_not_asked(tmp_path: Path) -> None:
    read = read_set("mine", write_set(tmp_path, RIGHT, {**RIGHT, "id": "b", "draft": True}))
    assert ([case.id for case in read.cases], read.drafts) == (["a"], ("b",))
    with pytest.raises(CaseError, match="line 1: unknown field statuses"):
        read_set("mine", write_set(tmp_path, {**RIGHT, "draft": True, "statuses": []}))


def test_an_id_that_two_sets_use_is_told_with_both(tmp_path: Path) -> None:
    write_set(tmp_path, RIGHT, name="yours")
    with pytest.raises(CaseError, match="id 'a' is used in mine.jsonl and in yours.jsonl"):
        load_sets(["mine", "yours"], write_set(tmp_path, RIGHT))


def test_a_set_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(CaseError, match="mine.jsonl: not UTF-8"):
        load_set("mine", tmp_path)


@pytest.mark.parametrize("name", set_names())
def test_every_set_we_ship_can_be_read(name: str) -> None:
    assert load_set(name)


def test_the_sets_we_ship_have_no_id_twice_and_cover_what_people_ask() -> None:
    cases = [case for one in load_sets(set_names()) for case in one.cases]
    assert len({case.id for case in cases}) == len(cases) >= 60
    assert any(case.depth for case in cases)
    assert {"not_found", "out_of_scope", "answered", "clarify"} <= {status for case in cases for status in case.status}


# Scores


def scored(case: Case, answer: Answer, found: tuple[str, ...] = (), before: tuple[Score, ...] = ()) -> Score:
    return score(case, answer, EVIDENCE, retrieval({case.key: found}, {case.key: case}, EVIDENCE).get(case.key), before)


def test_an_answer_with_the_right_status_and_every_fact_is_right(tmp_path: Path) -> None:
    got = scored(one(tmp_path, facts=["17 July 2023", "10,000"], sources=["manual"]), closed(), ("paper#1", "manual#1"))
    assert (got.right, got.facts_found, got.declining.did, got.sound) == (True, 1.0, False, True)


def test_half_of_the_facts_are_half_found_and_not_right(tmp_path: Path) -> None:
    got = scored(one(tmp_path, facts=["17 July 2023", "20,000"]), closed())
    assert (got.right, got.status_right, got.facts_found) == (False, True, 1 / 2)


def test_another_status_is_wrong_whatever_the_facts(tmp_path: Path) -> None:
    got = scored(one(tmp_path, status=["not_found"]), closed())
    assert (got.right, got.status_right, got.facts_found) == (False, False, 1.0)


def test_what_must_not_be_said_makes_an_answer_wrong(tmp_path: Path) -> None:
    got = scored(one(tmp_path, forbid=["10,000"]), closed())
    assert (got.right, got.forbidden) == (False, ("10,000",))


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("The permit is open.", False),
        ("It is not so that the permit is open.", True),
        ("It closed in 2023. The permit is open.", False),  # a denial counts in its own sentence only
    ],
)
def test_a_forbidden_assertion_counts_unless_its_sentence_denies(tmp_path: Path, text: str, right: bool) -> None:
    case = one(tmp_path, facts=[], forbid_assertion=["permit is open"])
    assert scored(case, plain("q", "answered", text)).right is right


def test_facts_in_the_closing_date_line_and_in_marks_do_not_count(tmp_path: Path) -> None:
    answer = plain("q", "answered", "It closed. [12]\n\nAs of 3 October 2026.")
    assert scored(one(tmp_path, facts=["October", "12"]), answer).facts_found == 0.0
    assert scored(one(tmp_path), answer).words == 2


def test_declining_needs_no_facts_where_declining_is_right_but_what_is_not_published_must_be_said(tmp_path: Path) -> None:
    elsewhere = plain("q", "out_of_scope", "I only answer questions about moving to Canada.")
    assert scored(one(tmp_path, status=["out_of_scope"]), elsewhere).right
    missing = plain("q", "not_found", "Our sources do not answer this.")
    assert not scored(one(tmp_path, status=["not_found"], facts=["no fee has been published"]), missing).right


@pytest.mark.parametrize(
    ("status", "got", "declining", "clarifying", "redirecting"),
    [
        (["answered"], "not_found", (1, 0, 0), (0, 0, 0), (0, 0, 0)),  # declined, where it should and may not
        (["answered", "clarify"], "clarify", (1, 0, 1), (1, 0, 1), (0, 0, 0)),
        (["not_found", "clarify"], "clarify", (1, 1, 1), (1, 0, 1), (0, 0, 0)),
        (["advice", "refused"], "refused", (1, 1, 1), (0, 0, 0), (1, 1, 1)),
        (["refused"], "answered", (0, 1, 1), (0, 0, 0), (0, 1, 1)),
        (["clarify"], "partial", (0, 1, 1), (0, 1, 1), (0, 0, 0)),
    ],
)
def test_declining_is_right_where_the_case_says_so_and_due_where_nothing_else_is_right(
    tmp_path: Path, status: list[str], got: str, declining: object, clarifying: object, redirecting: object
) -> None:
    made = scored(one(tmp_path, status=status, facts=[]), plain("q", got, "Text."))
    shown = tuple((b.did, b.should, b.may) for b in (made.declining, made.clarifying, made.redirecting))
    assert shown == (declining, clarifying, redirecting)


def test_an_error_in_place_of_an_answer_is_wrong_even_where_nothing_was_to_be_found(tmp_path: Path) -> None:
    got = score(one(tmp_path, status=["not_found"], facts=[]), plain("q", "not_found", ""), EVIDENCE, failed="TypeError: none")
    assert (got.right, got.status_right, got.facts_found, got.declining.did, got.sound) == (False, False, 0.0, False, False)


def test_a_change_of_subject_that_is_answered_from_the_old_one_is_an_error_of_its_own(tmp_path: Path) -> None:
    turns = [{**TURN, "kind": "start"}, {**TURN, "kind": "switch", "facts": ["155 dollars"]}]
    first, second = load_set("mine", write_set(tmp_path, {"id": "t", "turns": turns}))
    before = scored(first, closed())
    assert before.programs == ("h1b-open-work-permit-2023",) and not before.switch_error
    assert scored(second, closed(), before=(before,)).switch_error
    assert not scored(second, closed(), before=(replace(before, programs=("express-entry",)),)).switch_error  # a new subject, though wrong
    assert not scored(second, plain("q", "not_found", "Our sources do not answer this."), before=(before,)).switch_error


# Search


def test_search_is_measured_at_passages_and_at_sources(tmp_path: Path) -> None:
    case = one(tmp_path, sources=["manual", "paper"])
    found = ("other#1", "manual#1", "other#2", "other#3", "other#4", "paper#1")
    got = retrieval({case.key: found}, {case.key: case}, EVIDENCE)[case.key]
    assert (got.found, got.precision, got.reciprocal, got.recall) == (1.0, 1 / 5, 1 / 2, 1 / 2)
    # The sources are ranked other, manual, paper: gains at places 2 and 3 against places 1 and 2.
    assert got.ndcg == pytest.approx((1 / 1.58496 + 1 / 2) / (1 + 1 / 1.58496), abs=1e-4)
    assert (got.named_found, got.named_reciprocal) == (None, None)


def test_a_source_found_sixth_is_not_among_the_first_five(tmp_path: Path) -> None:
    case = one(tmp_path, sources=["manual"])
    found = (*(f"other#{n}" for n in range(1, 6)), "manual#1")
    got = retrieval({case.key: found}, {case.key: case}, EVIDENCE)[case.key]
    assert (got.found, got.precision, got.reciprocal, got.recall) == (0.0, 0.0, 1 / 6, 0.0)
    assert got.ndcg == pytest.approx(1 / 1.58496, abs=1e-4)  # five passages of one source before it: its source comes second


def test_nothing_found_counts_as_0_and_what_has_nothing_to_find_does_not_count(tmp_path: Path) -> None:
    case = one(tmp_path, sources=["manual"], passages=["manual#1"])
    assert retrieval({}, {case.key: case}, EVIDENCE)[case.key] == Retrieval(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for changes in ({}, {"sources": ["manual"], "status": ["not_found"]}):
        other = one(tmp_path, **changes)
        assert retrieval({other.key: ("manual#1",)}, {other.key: other}, EVIDENCE) == {}


def test_passages_that_a_case_names_are_looked_for_themselves(tmp_path: Path) -> None:
    case = one(tmp_path, passages=["paper#1"])
    got = retrieval({case.key: ("manual#1", "paper#1")}, {case.key: case}, EVIDENCE)[case.key]
    assert (got.named_found, got.named_reciprocal, got.reciprocal, got.recall) == (1.0, 1 / 2, 1 / 2, 1.0)


# Sums. a: right, found first. b: wrong, found fourth. c: declined rightly. d: declined where an answer was wanted.

NO = Behaviour(False, False, False)
A = Score(
    id="a", set="x", unit="a", depth=1, kind="start", dated=True, planted=False, status="answered", right=True, status_right=True,
    facts_found=1.0, forbidden=(), failed="", answerable=True, declining=NO, clarifying=NO, redirecting=NO, citations=2, quotes_exact=2,
    passages_unaltered=2, marks=3, marks_supporting=3, marks_whole=True, sentences=3, sentences_supported=3, numbers=4,
    numbers_unsupported=(), pertinent=2, pertinent_of=2, programs=("p",), wrong_standing=(), standing_due=True, standing_said=True,
    personal=1, leaks=0, switch_error=False, retrieval=Retrieval(1.0, 0.6, 1.0, 0.5, 0.9, 1.0, 0.5), words=40,
)  # fmt: skip
B = replace(
    A, id="b", unit="b", depth=2, kind="switch", right=False, facts_found=0.5, forbidden=("open",), quotes_exact=1, passages_unaltered=0,
    marks_supporting=1, marks_whole=False, sentences_supported=2, numbers_unsupported=("7",), pertinent=0, wrong_standing=("w",),
    standing_said=False, leaks=1, switch_error=True, retrieval=Retrieval(0.0, 0.2, 0.25, 0.0, 0.4), words=60,
)  # fmt: skip
EMPTY: dict[str, Any] = {
    "citations": 0, "quotes_exact": 0, "passages_unaltered": 0, "marks": 0, "marks_supporting": 0, "sentences": 0, "sentences_supported": 0,
    "numbers": 0, "pertinent": 0, "pertinent_of": 0, "programs": (), "standing_due": False, "standing_said": False, "personal": 0,
    "retrieval": None, "dated": False, "depth": 0, "kind": "", "words": 10,
}  # fmt: skip
C = replace(A, id="c", unit="c", set="y", answerable=False, declining=Behaviour(True, True, True), **EMPTY)
D = replace(
    C, id="d", unit="d", right=False, status_right=False, facts_found=0.0, answerable=True, planted=True, failed="TypeError",
    declining=Behaviour(True, False, False), clarifying=Behaviour(True, False, False), redirecting=Behaviour(False, True, True),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("right", 2 / 4),
        ("status right", 3 / 4),
        ("facts found", (1 + 0.5 + 1 + 0) / 4),
        ("forbidden statements", 1 / 4),
        ("failures", 1 / 4),
        ("words", (40 + 60 + 10 + 10) / 4),
        ("found@5", 1 / 2),  # of a and b, which have something to find
        ("recall@5", (0.5 + 0) / 2),
        ("precision@5", (0.6 + 0.2) / 2),
        ("MRR@10", (1 + 0.25) / 2),
        ("nDCG@10", (0.9 + 0.4) / 2),
        ("named found@5", 1 / 1),
        ("named MRR@10", 0.5 / 1),
        ("quotes exact", (2 + 1) / (2 + 2)),
        ("passages unaltered", (2 + 0) / (2 + 2)),
        ("marks whole", 1 / 2),
        ("citation precision", (3 + 1) / (3 + 3)),
        ("citation recall", (3 + 2) / (3 + 3)),
        ("citations pertinent", (2 + 0) / (2 + 2)),
        ("unsupported numbers", 1 / (4 + 4)),
        ("wrong standing", 1 / 2),
        ("standing said", 1 / 2),
        ("leaks", 1 / 2),
        ("declining precision", 1 / 2),  # of c and d, which declined
        ("declining recall", 1 / 1),  # of c, which should
        ("declining F1", 2 * (1 / 2) * 1 / (1 / 2 + 1)),
        ("clarifying precision", 0 / 1),
        ("clarifying recall", None),
        ("clarifying F1", None),
        ("redirecting precision", None),  # nobody did
        ("redirecting recall", 0 / 1),
        ("redirecting F1", 0.0),
        ("over-refusal", 1 / 3),  # of a, b and d, where only an answer was right
        ("time travel", 1 / 2),
        ("planted", 0 / 1),
        ("follow-ups", 0 / 1),
        ("depth 1", 1 / 1),
        ("depth 2", 0 / 1),
        *((f"depth {depth}", None) for depth in range(3, 7)),
        ("start turns", 1 / 1),
        ("follow turns", None),
        ("switch turns", 0 / 1),
        ("correction turns", None),
        ("pushback turns", None),
        ("topic-switch errors", 1 / 1),
    ],
)
def test_every_measure_is_its_arithmetic(name: str, value: float | None) -> None:
    got = measure([A, B, C, D], draws=0)[name].value
    assert got == (pytest.approx(value, abs=1e-6) if value is not None else None)


def test_no_measure_is_without_a_test() -> None:
    (mark,) = test_every_measure_is_its_arithmetic.pytestmark  # type: ignore[attr-defined]
    assert {name for name, _ in mark.args[1]} == set(MEASURES)


def test_a_measure_says_over_how_many_cases_it_was_taken_and_of_how_many_things_it_is_a_share() -> None:
    got = measure([A, B, C, D] * 8, draws=0)
    assert (got["right"].n, got["right"].of, got["right"].few) == (32, 32, False)
    assert (got["citation recall"].n, got["citation recall"].of, got["citation recall"].few) == (16, 48, True)
    assert (got["declining F1"].n, got["clarifying recall"].n) == (8, 0)


def test_a_measure_that_no_case_is_about_is_no_number_and_spoils_no_other() -> None:
    made = summarise([A])["all"]["measures"]
    assert made["declining recall"] == {"value": None, "low": None, "high": None, "n": 0, "of": 0, "few": True}
    assert made["right"]["value"] == 1.0
    assert measure([])["right"].value is None


def test_the_interval_is_the_same_each_time_and_holds_the_value() -> None:
    scores = [replace(s, unit=f"{s.id}{n}") for n in range(10) for s in (A, B, C, D)]
    got = measure(scores)
    assert got == measure(scores)
    for name, one in got.items():
        if one.value is not None and one.low is not None and one.high is not None:
            assert one.low <= one.value <= one.high, name
    right = got["right"]
    # A share of 1/2 over 40 cases has a standard error of sqrt(0.5 * 0.5 / 40) = 0.079, and 1.96 of those on each side.
    assert right.low == pytest.approx(0.5 - 1.96 * 0.079, abs=0.03) and right.high == pytest.approx(0.5 + 1.96 * 0.079, abs=0.03)
    assert (measure([A, A, A])["right"].low, measure([A, A, A])["right"].high) == (1.0, 1.0)


def test_turns_of_a_conversation_are_drawn_together() -> None:
    alone = [replace(s, unit=f"{s.id}{n}") for n in range(30) for s in (A, B)]
    together = [replace(A if n < 15 else B, unit=f"talk{n}", id=f"{n}/{turn}") for n in range(30) for turn in range(2)]
    one, other = measure(alone)["right"], measure(together)["right"]
    assert one.value == other.value == 1 / 2
    assert other.high is not None and other.low is not None and one.high is not None and one.low is not None
    assert other.high - other.low > 1.2 * (one.high - one.low)  # half as many things were drawn: sqrt(2) as wide


def test_a_summary_has_all_together_and_every_set() -> None:
    made = summarise([A, B, C, D])
    assert {name: group["n"] for name, group in made.items()} == {"all": 4, "x": 2, "y": 2}


def test_a_quote_that_is_not_in_its_passage_is_no_answer_of_the_contract() -> None:
    with pytest.raises(ValueError, match="does not stand in its passage"):
        Answer.model_validate(
            {**closed().model_dump(), "citations": [{**cited(1, "It had taken 10,000 applications.").model_dump(), "start": 0}]}
        )
