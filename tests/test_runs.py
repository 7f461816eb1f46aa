"""A run writes everything needed to read it again, goes on after it was killed, and is the same bytes whoever made it."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from bot.answer import Answer, Turn
from bot.chain import Bot, Found
from bot.settings import Settings
from bot.understand import Understood
from eval.cases import WRITTEN, CaseError, load_set
from eval.run import Chosen, ask, found_ids, rescore, run, table
from eval.saved import RunError, read_run, speed
from index.search import Hit
from tests.conftest import PASSAGES, ROOT, Command, complaint, environment
from tests.saved_run import write_set
from tests.small_bot import closed
from tests.waiting import until

FEE = {"id": "fee", "question": "How much is biometrics for a family?", "status": ["answered"], "facts": ["170"], "sources": ["ircc-fees"]}
WEATHER = {"id": "weather", "question": "What is the weather in Toronto?", "status": ["out_of_scope"]}
TALK: dict[str, Any] = {
    "id": "talk",
    "turns": [
        {"question": "Is the 2023 H-1B open work permit still open?", "status": ["answered"], "facts": ["clos"], "kind": "start"},
        {"question": "and when did it close?", "status": ["answered"], "facts": ["17 July 2023"], "kind": "follow"},
        {"question": "how much is biometrics for one person?", "status": ["answered"], "facts": ["85"], "kind": "switch"},
    ],
}  # fmt: skip
TIMED = {"timings.jsonl", "speed.json"}


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    return write_set(tmp_path / "sets", FEE, TALK, WEATHER)


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=home)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in TIMED}


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# A run and its folder


def test_a_run_leaves_all_that_is_needed_to_read_it_again(settings: Settings, sets: Path, tmp_path: Path) -> None:
    folder = run(settings, Chosen(folder=sets), tmp_path / "one")
    names = {"config.json", "answers.jsonl", "timings.jsonl", "corpus.json", "scores.jsonl", "speed.json", "summary.json"}
    assert {path.name for path in folder.iterdir()} == names
    read = read_run(folder)
    assert list(read.cases) == [("mine", "fee"), ("mine", "talk/1"), ("mine", "talk/2"), ("mine", "talk/3"), ("mine", "weather")]
    assert all(one.score.right and one.score.sound for one in read.cases.values())
    assert read.summary["groups"]["all"]["measures"]["found@5"]["value"] == 1.0
    assert (read.config["today"], read.config["cases"]) == (WRITTEN, 5)
    timed = json.loads((folder / "speed.json").read_text())
    assert timed["n"] == 5 and 0 < timed["milliseconds"]["total"]["p50"] <= timed["milliseconds"]["total"]["p99"] and timed["peak_mb"] > 50
    shown = table(read.summary)
    assert "mine" in shown and "few: the interval says little" in shown


def test_the_same_inputs_give_the_same_bytes_and_workers_change_none(settings: Settings, sets: Path, tmp_path: Path) -> None:
    one = run(settings, Chosen(folder=sets), tmp_path / "one")
    assert contents(run(settings, Chosen(folder=sets), tmp_path / "again")) == contents(one)
    assert contents(run(settings, Chosen(folder=sets), tmp_path / "four", workers=4)) == contents(one)


def test_a_run_goes_on_where_it_stopped_and_ends_as_if_it_never_had(settings: Settings, sets: Path, tmp_path: Path) -> None:
    whole = run(settings, Chosen(folder=sets), tmp_path / "whole")
    half = tmp_path / "half"
    half.mkdir()
    (half / "config.json").write_bytes((whole / "config.json").read_bytes())
    for name in ("answers.jsonl", "timings.jsonl"):
        lines = (whole / name).read_text(encoding="utf-8").splitlines(keepends=True)
        first = {**json.loads(lines[0]), "kept": True}
        # One case, the first turn of a conversation, and a torn line.
        (half / name).write_text(json.dumps(first) + "\n" + lines[1] + lines[2][:40], encoding="utf-8")
    assert run(settings, Chosen(folder=sets), half) == half
    kept, *others = rows(half / "answers.jsonl")
    assert kept.pop("kept") and [kept, *others] == rows(whole / "answers.jsonl")
    assert [row["id"] for row in rows(half / "timings.jsonl")] == ["fee", "talk/1", "talk/2", "talk/3", "weather"]
    assert {k: v for k, v in contents(half).items() if k != "answers.jsonl"} == {
        k: v for k, v in contents(whole).items() if k != "answers.jsonl"
    }


# The command, which waits to be killed once it has written the first answers.
HALTING = """
import signal
import tqdm

class Halting(tqdm.tqdm):
    def __init__(self, *given, desc="", **more):
        self.halts = desc == "answering"
        super().__init__(*given, desc=desc, **more)

    def update(self, n=1):
        signal.pause() if self.halts else super().update(n)

if __name__ == "__main__":
    tqdm.tqdm = Halting
    from bot.cli import main
    main()
"""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_process_leaves_no_summary_and_no_worker_and_is_gone_on_with(home: Path, tmp_path: Path, workers: str) -> None:
    folder = tmp_path / "run"
    arguments = ["eval", "run", "--set", "clarify", "--out", str(folder), "--workers", workers]
    answers = folder / "answers.jsonl"
    begun = subprocess.Popen([sys.executable, "-c", HALTING, *arguments], env=environment(home), cwd=ROOT, stderr=subprocess.DEVNULL)
    until(lambda: (answers.exists() and answers.stat().st_size > 0) or begun.poll() is not None)
    workers_of = [int(pid) for pid in Path(f"/proc/{begun.pid}/task/{begun.pid}/children").read_text().split()]
    assert bool(workers_of) == (workers != "1")
    begun.send_signal(signal.SIGKILL)
    assert begun.wait() == -signal.SIGKILL
    assert not (folder / "summary.json").exists()
    with pytest.raises(RunError, match="not a whole run: .*goes on with it"):
        read_run(folder)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers_of))
    before = answers.read_bytes()
    run(Settings(home=home), Chosen(("clarify",)), folder)
    assert answers.read_bytes().startswith(before[: before.rfind(b"\n") + 1])
    assert len(read_run(folder).cases) == len(load_set("clarify"))


def test_a_folder_that_is_finished_or_of_other_inputs_or_in_use_or_no_run_is_refused(
    settings: Settings, sets: Path, tmp_path: Path
) -> None:
    chosen = Chosen(folder=sets, filter="mine/weather")
    done = run(settings, chosen, tmp_path / "done")
    with pytest.raises(RunError, match="exists already and is finished; give another --out, or score it again"):
        run(settings, chosen, done)
    (done / "summary.json").unlink()
    with pytest.raises(RunError, match="exists already and was begun with other cases, filter; give another --out"):
        run(settings, Chosen(folder=sets), done)
    with FileLock(done / ".running"), pytest.raises(RunError, match="another process is writing this run"):
        run(settings, chosen, done)
    assert run(settings, chosen, done) == done
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("x", encoding="utf-8")
    with pytest.raises(RunError, match="exists already and is no run"):
        run(settings, chosen, tmp_path / "mine")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(RunError, match="file: cannot be written"):
        run(settings, chosen, tmp_path / "file")


def test_a_full_disk_is_told_in_one_line_and_leaves_a_run_that_can_be_gone_on_with(northbound: Command, home: Path, tmp_path: Path) -> None:
    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    folder = tmp_path / "run"
    arguments = ("eval", "run", "--set", "clarify", "--out", folder)
    told = complaint(northbound(*arguments, home=home, before=full))
    assert "cannot be written: File too large; make room, and the same command goes on where it stopped" in told
    assert not (folder / "summary.json").exists()
    done = northbound(*arguments, home=home)
    assert done.returncode == 0 and f"{len(load_set('clarify'))} cases; written to {folder}" in done.stdout
    assert "clarifying precision" in done.stdout


def test_a_broken_set_is_told_before_anything_is_written(settings: Settings, tmp_path: Path) -> None:
    sets = write_set(tmp_path / "sets", FEE, {**FEE, "facts": ["("]})
    with pytest.raises(CaseError, match="mine.jsonl, line 2: pattern"):
        run(settings, Chosen(folder=sets), tmp_path / "run")
    assert not (tmp_path / "run").exists()


# Which cases


def test_a_filter_takes_conversations_whole_and_every_thins_each_set(settings: Settings, sets: Path, tmp_path: Path) -> None:
    write_set(sets, {**FEE, "id": "yours"}, name="yours")
    for chosen, ids in (
        (Chosen(folder=sets, filter="STILL open"), ["talk/1", "talk/2", "talk/3"]),
        (Chosen(folder=sets, filter="^mine/weather|yours"), ["weather", "yours"]),
        (Chosen(folder=sets, every=2), ["fee", "weather", "yours"]),
        (Chosen(("yours",), folder=sets), ["yours"]),
    ):
        folder = run(settings, chosen, tmp_path / f"{len(list(tmp_path.iterdir()))}")
        assert [row["id"] for row in rows(folder / "answers.jsonl")] == ids
    with pytest.raises(RunError, match=r"no case to ask: none of mine, yours holds 'nothing like it'"):
        run(settings, Chosen(folder=sets, filter="nothing like it"), tmp_path / "none")
    with pytest.raises(RunError, match=r"--filter '\(': no pattern"):
        run(settings, Chosen(folder=sets, filter="("), tmp_path / "none")


def test_drafts_are_named_and_what_a_case_names_in_vain_is_named_and_counted(settings: Settings, tmp_path: Path) -> None:
    vain = {**FEE, "id": "vain", "sources": ["gone"], "passages": ["ircc-fees#gone"], "standing": {"no-program": "open"}}
    sets = write_set(tmp_path / "sets", FEE, vain, {**FEE, "id": "unfinished", "draft": True})
    folder = run(settings, Chosen(folder=sets), tmp_path / "run")
    summary = read_run(folder).summary
    assert summary["absent"] == {"mine/vain": ["gone", "ircc-fees#gone", "no-program"]}
    assert (summary["n"], summary["drafts"], summary["groups"]["all"]["measures"]["found@5"]["n"]) == (2, ["unfinished"], 2)
    shown = table(summary)
    assert "not asked: 1 drafts that nobody has finished: unfinished" in shown
    assert "warning: mine/vain names what there is no more: gone, ircc-fees#gone, no-program" in shown


# Scoring again


def test_answers_are_scored_again_by_the_sets_as_they_are_now(settings: Settings, sets: Path, tmp_path: Path) -> None:
    folder = run(settings, Chosen(folder=sets), tmp_path / "run")
    before = contents(folder)
    rescore(folder, sets)
    assert contents(folder) == before
    write_set(sets, {**FEE, "facts": ["a million"]}, TALK, WEATHER, {**FEE, "id": "new"})
    rescore(folder, sets)
    assert [row["right"] for row in rows(folder / "scores.jsonl")] == [False, True, True, True, True]
    assert contents(folder)["answers.jsonl"] == before["answers.jsonl"]
    write_set(sets, {**FEE, "question": "Another?"}, TALK)
    with pytest.raises(RunError, match=r"2 of its cases are gone from their sets or ask something else now \(mine/fee, mine/weather\)"):
        rescore(folder, sets)


def test_an_unfinished_run_is_not_scored(northbound: Command, settings: Settings, sets: Path, tmp_path: Path) -> None:
    folder = run(settings, Chosen(folder=sets), tmp_path / "run")
    lines = (folder / "answers.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "answers.jsonl").write_text("".join(lines[:2]), encoding="utf-8")
    with pytest.raises(RunError, match="2 of 5 cases are answered; to go on with it"):
        rescore(folder, sets)
    told = complaint(northbound("eval", "score", tmp_path / "none", home=settings.home))
    assert told.endswith("none: no such run; give a folder that `northbound eval run` wrote")


# Asking


class Listening:
    """Answers everything alike, and keeps what it was asked with."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[str], str, str]] = []

    def trace(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> tuple[Answer, Found]:
        self.asked.append((question, [turn.content for turn in history], id, at))
        if "biometrics" in question:
            raise IndexError("list index out of range")
        return closed(question, id), Found(Understood(question, question, "en", "question"), (), ())


def test_a_conversation_is_played_with_the_bots_own_answers(tmp_path: Path) -> None:
    listening = Listening()
    made = list(ask(listening, load_set("mine", write_set(tmp_path / "sets", {**TALK, "at": "2024-03-01"}))))
    first, second, third = (turn["question"] for turn in TALK["turns"])
    said = closed().answer
    assert listening.asked == [
        (first, [], "talk/1", "2024-03-01"),
        (second, [first, said], "talk/2", "2024-03-01"),
        (third, [first, said, second, said], "talk/3", "2024-03-01"),
    ]
    assert [reply.answer.id for reply, _ in made] == ["talk/1", "talk/2", "talk/3"]


def test_an_error_in_place_of_an_answer_is_kept_and_the_rest_is_still_asked(tmp_path: Path) -> None:
    sets = write_set(tmp_path / "sets", {**TALK, "turns": [*TALK["turns"], {**TALK["turns"][1], "kind": "follow"}]})
    made = [reply for reply, _ in ask(Listening(), load_set("mine", sets))]
    assert [reply.failed for reply in made] == ["", "", "IndexError: list index out of range", ""]
    assert made[2].answer.answer == ""


def test_of_a_message_that_asks_two_things_the_best_of_each_comes_first() -> None:
    a, b, c = (Hit(passage, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, ()) for passage in PASSAGES[:3])
    found = Found(Understood("q", "q", "en", "question"), (), ((a, b), (c, a)))
    assert found_ids(found) == (a.passage.id, c.passage.id, b.passage.id)


def test_every_case_asks_the_chain_that_every_door_asks(bot: Bot) -> None:
    answer, found = bot.trace(str(FEE["question"]), id="q")
    same = {"timings_ms": answer.timings_ms}
    assert bot.answer(str(FEE["question"]), id="q").model_copy(update=same) == answer
    assert answer.citations[0].passage_id in found_ids(found)


def test_planted_documents_are_found_by_the_cases_that_name_them_and_by_no_other(settings: Settings, tmp_path: Path) -> None:
    sets = tmp_path / "sets"
    planted = {
        "id": "planted",
        "question": "What is the zebra surcharge for a work permit?",
        "status": ["answered", "partial"],
        "facts": ["4,321"],
        "documents": ["zebra.md"],
        "sources": ["zebra"],
    }
    write_set(
        sets,
        planted,
        {**planted, "id": "plain", "documents": [], "facts": [], "forbid": ["4,321"], "status": ["not_found", "partial", "answered"]},
    )
    (sets / "documents").mkdir()
    text = "# Zebras\n\n## What is the zebra surcharge for a work permit?\n\nThe zebra surcharge for a work permit is 4,321 dollars.\n"
    (sets / "documents" / "zebra.md").write_text(text, encoding="utf-8")
    folder = run(settings, Chosen(folder=sets), tmp_path / "run")
    read = read_run(folder)
    assert [one.score.right for one in read.cases.values()] == [True, True]
    first, second = read.cases.values()
    assert any(id.startswith("zebra#") for id in first.found) and not any(id.startswith("zebra#") for id in second.found)
    assert first.score.sound and read.config["planted"].keys() == {"zebra.md"}


def test_speed_is_percentiles_of_every_step() -> None:
    steps = ("understand", "search", "compose", "check")
    got = speed([{**dict.fromkeys(steps, 0.0), "total": float(n), "peak_mb": 100.0 + n} for n in range(101)])
    assert got["milliseconds"]["total"] == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert (got["n"], got["peak_mb"], speed([])["peak_mb"]) == (101, 200.0, None)
