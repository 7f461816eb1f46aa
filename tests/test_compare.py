"""Two runs are compared case by case; a drop counts when chance hardly explains it; runs that cannot be compared are refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bot.answer import Answer
from eval.compare import compare, randomisation
from eval.saved import RunError, read_run
from tests.conftest import Command, complaint
from tests.saved_run import CLOSED, write_run, write_set
from tests.small_bot import closed, not_found

WRONG = not_found("Is the permit open?")


def run_of(folder: Path, name: str, *rights: bool) -> Path:
    """A run of as many cases as there are answers, each right or wrong."""
    sets = write_set(folder / "sets", *({**CLOSED, "id": f"c{n}"} for n in range(len(rights))))
    answers: list[tuple[Answer, list[str]]] = [(closed(), ["manual#1"]) if right else (WRONG, []) for right in rights]
    return write_run(folder / name, sets, answers)


@pytest.mark.parametrize(
    ("before", "after", "p"),
    [
        ([1, 0, 1], [1, 0, 1], 1.0),  # nothing differs
        ([1, 0], [0, 1], 1.0),  # one each way: no difference of means is smaller
        ([1], [0], 1.0),  # either swap of one pair is as large
        ([1] * 5 + [0] * 9, [0] * 14, 2 / 2**5),  # only all five one way or all the other
        ([1] * 10, [0] * 10, 2 / 2**10),
    ],
)
def test_p_is_how_often_swapping_pairs_gives_a_difference_as_large(before: list[int], after: list[int], p: float) -> None:
    got = randomisation(np.array(before, float), np.array(after, float))
    assert got == pytest.approx(p, abs=0.006)
    assert got == randomisation(np.array(before, float), np.array(after, float))


def test_what_got_worse_and_better_is_told_with_both_answers(tmp_path: Path) -> None:
    made = compare(run_of(tmp_path, "a", True, False, True), run_of(tmp_path, "b", False, True, True))
    assert (made.n, made.before, made.after, made.dropped) == (3, 2 / 3, 2 / 3, False)
    assert [x.score.id for x, _ in made.worse] == ["c0"]
    assert [x.score.id for x, _ in made.better] == ["c1"]
    worse, better = made.text.split("worse: 1")[1].split("better: 1")
    assert "mine, c0: Is the permit open?" in worse and "(answered, right)" in worse and "| (not_found, wrong)" in worse
    assert "| The 2023 open work permit for H-1B holders closed" in better


def test_where_two_answers_open_alike_their_difference_is_shown(tmp_path: Path) -> None:
    sets = write_set(tmp_path / "sets", {**CLOSED, "facts": ["the end"]})
    long = "\n".join(f"line {n}" for n in range(20))
    a, b = (closed().model_copy(update={"answer": f"{long}\n{end}"}) for end in ("the end", "no more"))
    made = compare(write_run(tmp_path / "a", sets, [(a, [])]), write_run(tmp_path / "b", sets, [(b, [])]))
    assert "the end" in made.text and "no more" in made.text and "line 5" not in made.text


def test_many_losses_are_a_significant_drop_and_as_many_gains_are_not(tmp_path: Path) -> None:
    good, bad = run_of(tmp_path, "good", *[True] * 12), run_of(tmp_path, "bad", *[True] * 4, *[False] * 8)
    assert compare(good, bad).dropped  # p is 2 / 2**8
    assert not compare(bad, good).dropped
    assert "a significant rise" in compare(bad, good).text


def test_the_command_ends_with_1_on_a_significant_drop_only(northbound: Command, northbound_here: Command, tmp_path: Path) -> None:
    good, bad = run_of(tmp_path, "good", *[True] * 8), run_of(tmp_path, "bad", *[False] * 8)
    dropped = northbound("eval", "compare", good, bad, home=tmp_path)
    assert dropped.returncode == 1
    assert "worse: 8" in dropped.stdout
    assert dropped.stderr.startswith("northbound: right answers fell from 1.000 to 0.000 (n 8, p = 0.0")
    same = northbound_here("eval", "compare", good, good, home=tmp_path)
    assert (same.returncode, same.stderr) == (0, "")
    assert "no significant change" in same.stdout


def test_a_folder_that_is_no_whole_run_is_refused_in_one_line(northbound_here: Command, tmp_path: Path) -> None:
    good = run_of(tmp_path, "good", True, True)
    told = complaint(northbound_here("eval", "compare", good, tmp_path / "none", home=tmp_path))
    assert told.endswith("none: no such run; give a folder that `northbound eval run` wrote")


def test_a_half_written_run_is_told_with_what_it_lacks(tmp_path: Path) -> None:
    good = run_of(tmp_path, "good", True, True)
    scores = (good / "scores.jsonl").read_text(encoding="utf-8")
    (good / "scores.jsonl").write_text(scores.splitlines()[0] + "\n", encoding="utf-8")
    with pytest.raises(RunError, match="not a whole run: 2 cases answered and 1 scored"):
        read_run(good)
    (good / "scores.jsonl").write_text(scores[:-20], encoding="utf-8")
    with pytest.raises(RunError, match="scores.jsonl, line 2: not JSON"):
        read_run(good)
    (good / "scores.jsonl").unlink()
    with pytest.raises(RunError, match="not a whole run: scores.jsonl missing; run again"):
        read_run(good)
    (good / "summary.json").unlink()
    with pytest.raises(RunError, match="scores.jsonl, summary.json missing; the same command with --out .*good goes on with it"):
        read_run(good)


@pytest.mark.parametrize(
    ("file", "field", "reason"),
    [
        ("scores.jsonl", "words", "scores.jsonl, line 1: fields differ from this version's"),
        ("answers.jsonl", "found", "'found' is missing"),
        ("config.json", "format", "written as format 1, this version reads 2"),
    ],
)
def test_a_run_of_another_version_is_told_with_the_field(tmp_path: Path, file: str, field: str, reason: str) -> None:
    good = run_of(tmp_path, "good", True)
    row = json.loads((good / file).read_text(encoding="utf-8"))
    del row[field]
    (good / file).write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(RunError, match=reason):
        read_run(good)


def test_runs_of_other_sets_or_cases_are_not_compared_unless_only_what_is_common_is_wanted(tmp_path: Path) -> None:
    good = run_of(tmp_path, "good", True)
    other = write_run(tmp_path / "other", write_set(tmp_path / "sets", CLOSED, name="yours"), [(closed(), [])], "yours")
    with pytest.raises(RunError, match=r"other sets: only .*good holds mine; only .*other holds yours"):
        compare(good, other)
    with pytest.raises(RunError, match="no case in common"):
        compare(good, other, common=True)
    part = write_run(tmp_path / "part", write_set(tmp_path / "sets", {**CLOSED, "id": "c0"}), [(closed(), [])], every=12)
    with pytest.raises(RunError, match="other cases: --filter '' --every 1 and --filter '' --every 12"):
        compare(good, part)
    assert compare(good, part, common=True).n == 1


def test_a_case_that_asks_something_else_now_is_not_compared(tmp_path: Path) -> None:
    good = run_of(tmp_path, "good", True)
    rewritten = write_run(tmp_path / "new", write_set(tmp_path / "sets", {**CLOSED, "id": "c0", "at": "2023-07-16"}), [(closed(), [])])
    with pytest.raises(RunError, match="no case in common"):
        compare(good, rewritten)
    more = run_of(tmp_path, "more", True, False)
    assert "not compared: 1 answers" in compare(good, more).text


def test_a_conversation_counts_as_one_pair_however_many_turns_it_has(tmp_path: Path) -> None:
    turn = {"question": CLOSED["question"], "status": ["answered"], "facts": ["17 July 2023"], "kind": "follow"}
    sets = write_set(tmp_path / "sets", {"id": "talk", "turns": [{**turn, "kind": "start"}, *[turn] * 5]})
    good = write_run(tmp_path / "good", sets, [(closed(), [])] * 6)
    bad = write_run(tmp_path / "bad", sets, [(WRONG, [])] * 6)
    made = compare(good, bad)
    assert (made.n, len(made.worse), made.p, made.dropped) == (6, 6, 1.0, False)


def test_the_command_ends_with_1_when_the_later_run_breaks_a_hard_bar(northbound: Command, tmp_path: Path) -> None:
    good = run_of(tmp_path, "good", True)
    forged = closed().model_copy(update={"citations": (closed().citations[0].model_copy(update={"end": 5}), *closed().citations[1:])})
    bad = write_run(tmp_path / "bad", write_set(tmp_path / "sets", {**CLOSED, "id": "c0"}), [(forged, ["manual#1"])])
    done = northbound("eval", "compare", good, bad, home=tmp_path)
    assert done.returncode == 1
    assert "no longer sound (quotes, numbers, standing, privacy): mine/c0" in done.stdout
    assert "BROKEN  all                quotes exact" in done.stdout
    assert "breaks hard bars: quotes exact" in done.stderr
