"""Cases are checked line by line, scores are simple arithmetic, and a run writes everything needed to read it again."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.answer import Answer
from bot.settings import Settings
from corpus.errors import NorthboundError
from eval.cases import Case, CaseError, load_set, set_names
from eval.metrics import METRICS, Score, interval, score
from eval.run import run, summary
from tests.small_bot import cited, closed, plain

RIGHT = {"id": "a", "question": "Is it open?", "status": ["answered"], "facts": ["closed"]}


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
        (RIGHT, "id 'a' stands twice"),
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
    with pytest.raises(CaseError, match="no set 'yours'; choose from mine"):
        load_set("yours", write_set(tmp_path, RIGHT))


@pytest.mark.parametrize("name", set_names())
def test_every_set_we_ship_can_be_read(name: str) -> None:
    assert load_set(name)


def test_the_sets_we_ship_have_no_id_twice_and_cover_what_people_ask() -> None:
    cases = [case for name in set_names() for case in load_set(name)]
    assert len({case.id for case in cases}) == len(cases) >= 60
    assert any(case.history for case in cases)
    assert {"not_found", "out_of_scope", "answered", "clarify"} <= {status for case in cases for status in case.status}


# Scores


def test_an_answer_with_the_right_status_and_every_fact_is_right(tmp_path: Path) -> None:
    got = score(one(tmp_path, facts=["17 July 2023", "10,000"], sources=["manual"]), closed(), ["paper", "manual"])
    assert (got.right, got.facts_found, got.rank, got.declined) == (True, 1.0, 2, False)


def test_half_of_the_facts_are_half_found_and_not_right(tmp_path: Path) -> None:
    got = score(one(tmp_path, facts=["17 July 2023", "20,000"]), closed(), [])
    assert (got.right, got.status_right, got.facts_found, got.rank) == (False, True, 1 / 2, 0)


def test_another_status_is_wrong_whatever_the_facts(tmp_path: Path) -> None:
    got = score(one(tmp_path, status=["not_found"]), closed(), [])
    assert (got.right, got.status_right, got.facts_found) == (False, False, 1.0)


def test_what_must_not_be_said_makes_an_answer_wrong(tmp_path: Path) -> None:
    got = score(one(tmp_path, forbid=["10,000"]), closed(), [])
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
    assert score(case, plain("q", "answered", text), []).right is right


def test_facts_in_the_closing_date_line_and_in_marks_do_not_count(tmp_path: Path) -> None:
    answer = plain("q", "answered", "It closed. [12]\n\nAs of 3 October 2026.")
    assert score(one(tmp_path, facts=["October", "12"]), answer, []).facts_found == 0.0
    assert score(one(tmp_path), answer, []).words == 2


def test_declining_needs_no_facts_where_declining_is_right_but_what_is_not_published_must_be_said(tmp_path: Path) -> None:
    elsewhere = plain("q", "out_of_scope", "I only answer questions about moving to Canada.")
    assert score(one(tmp_path, status=["out_of_scope"]), elsewhere, []).right
    missing = plain("q", "not_found", "Our sources do not answer this.")
    assert not score(one(tmp_path, status=["not_found"], facts=["no fee has been published"]), missing, []).right


def test_a_quote_that_is_not_in_its_passage_is_counted(tmp_path: Path) -> None:
    honest = closed()
    forged = honest.citations[0].model_copy(update={"quote": "The permit is open."})  # model_copy does not validate
    assert score(one(tmp_path), honest, []).quotes_exact
    assert not score(one(tmp_path), honest.model_copy(update={"citations": (forged,)}), []).quotes_exact
    with pytest.raises(ValueError, match="does not stand in its passage"):
        Answer.model_validate(
            {**honest.model_dump(), "citations": [{**cited(1, "It had taken 10,000 applications.").model_dump(), "start": 0}]}
        )


# Sums. a: right, found first. b: wrong, found fourth. c: declined rightly. d: declined where an answer was wanted.

A = Score("a", "x", True, True, 1.0, (), True, False, False, False, 1, True, 40, 10.0)
B = replace(A, id="b", right=False, facts_found=0.5, forbidden=("open",), rank=4, words=60, milliseconds=30.0)
C = replace(
    A, id="c", set="y", declined=True, should_decline=True, may_decline=True, rank=0, has_sources=False, words=10, milliseconds=20.0
)
D = replace(A, id="d", set="y", right=False, status_right=False, facts_found=0.0, declined=True, rank=0, words=10, milliseconds=40.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("right", 2 / 4),
        ("status right", 3 / 4),
        ("facts found", (1 + 0.5 + 1 + 0) / 4),
        ("forbidden statements", 1 / 4),
        ("quotes exact", 4 / 4),
        ("source recall@5", 2 / 3),  # of a, b and d, which have sources to find
        ("source MRR", (1 / 1 + 1 / 4 + 0) / 3),
        ("declining precision", 1 / 2),  # of c and d, which declined
        ("declining recall", 1 / 1),  # of c, which should
        ("words", (40 + 60 + 10 + 10) / 4),
        ("median ms", (20 + 30) / 2),
    ],
)
def test_every_metric_is_its_arithmetic(name: str, value: float) -> None:
    assert METRICS[name]([A, B, C, D]) == pytest.approx(value)


def test_no_metric_is_without_a_test() -> None:
    (mark,) = test_every_metric_is_its_arithmetic.pytestmark  # type: ignore[attr-defined]
    assert {name for name, _ in mark.args[1]} == set(METRICS)


def test_a_source_found_sixth_is_not_among_the_first_five() -> None:
    assert METRICS["source recall@5"]([replace(A, rank=5), replace(A, rank=6)]) == 1 / 2


def test_a_mean_over_no_case_is_no_number() -> None:
    assert math.isnan(METRICS["declining recall"]([A, B]))
    assert summary([A])["all"]["declining recall"] == {"value": None, "interval": [None, None]}


def test_the_interval_is_the_same_each_time_and_holds_the_mean() -> None:
    scores = [A, B, C, D] * 5
    low, high = interval(METRICS["right"], scores)
    assert (low, high) == interval(METRICS["right"], scores)
    assert 0 < low < 1 / 2 < high < 1
    assert interval(METRICS["right"], [A, A, A]) == (1.0, 1.0)


def test_a_summary_has_every_set_and_all_together() -> None:
    made = summary([A, B, C, D])
    assert {name: group["n"] for name, group in made.items()} == {"x": 2, "y": 2, "all": 4}


# A run


def test_a_run_writes_its_folder_and_the_same_inputs_give_the_same_summary(home: Path, tmp_path: Path) -> None:
    settings = Settings(home=home, today="2026-11-20")
    table = run(settings, ["clarify"], tmp_path / "one")
    run(settings, ["clarify"], tmp_path / "two")
    cases = load_set("clarify")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one", "two"]  # nothing half-written is left
    assert sorted(p.name for p in (tmp_path / "one").iterdir()) == ["answers.jsonl", "config.json", "scores.jsonl", "summary.json"]
    written = [json.loads(line) for line in (tmp_path / "one/answers.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["answer"]["id"] for row in written] == [case.id for case in cases]
    assert json.loads((tmp_path / "one/config.json").read_text())["sets"] == ["clarify"]
    assert f"{len(cases)} cases" in table and "clarify" in table

    def untimed(name: str) -> dict[str, Any]:
        groups: dict[str, dict[str, Any]] = json.loads((tmp_path / name / "summary.json").read_text())
        return {group: {m: v for m, v in values.items() if m != "median ms"} for group, values in groups.items()}

    assert untimed("one") == untimed("two")
    with pytest.raises(NorthboundError, match="exists already"):
        run(settings, ["clarify"], tmp_path / "one")
