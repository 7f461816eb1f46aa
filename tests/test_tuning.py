"""Weights that are chosen on public sets: on one half of the questions, told on the other, and only where it is worth it."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from bot.chain import Bot
from eval import tune
from eval.bench_retrieval import read_bench
from eval.tune_answerability import KEPT, STRANGERS
from index.search import Weights

DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
SHOPS = "bakery butcher chemist florist grocer tailor barber library".split()


@pytest.fixture
def shops(tmp_path: Path) -> Path:
    """A set in the common form: when each shop is closed, and one that nobody asks about."""
    folder = tmp_path / "shops"
    folder.mkdir()
    closed = {shop: DAYS[n % len(DAYS)] for n, shop in enumerate(SHOPS)}
    rows = [{"_id": shop, "text": f"The {shop} in the old street is closed on {day}. It opens at nine."} for shop, day in closed.items()]
    rows += [{"_id": f"park-{n}", "text": f"Gate {n} of the park is never closed."} for n in range(20)]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    asked = [{"_id": f"q{n}", "text": f"When is the {shop} closed?"} for n, shop in enumerate(SHOPS)]
    (folder / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in asked), encoding="utf-8")
    (folder / "qrels.tsv").write_text("".join(f"q{n}\t{shop}\t1\n" for n, shop in enumerate(SHOPS)), encoding="utf-8")
    return folder


def test_weights_are_told_with_both_halves_and_stay_where_nothing_is_better(
    shops: Path, empty_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NORTHBOUND_HOME", str(empty_home))
    tune.main([], [shops], keep=tmp_path / "kept", most=12)
    told = capsys.readouterr().out.splitlines()
    as_is = Weights()
    assert f"prose, weights: {{'prose_sentence': {as_is.prose_sentence}, 'prose_keyword': {as_is.prose_keyword}, " in "\n".join(told)
    assert told[-2:] == ["prose, chosen half: shops 1.0000 to 1.0000", "prose, other half: shops 1.0000 to 1.0000"]
    assert [line.split(":")[0] for line in told[: len(tune._GRID)]] == list(tune._GRID)


def test_a_part_of_a_set_holds_what_answers_and_as_many_others_as_there_is_room_for(shops: Path) -> None:
    read = read_bench(shops)
    part = [passage.source_id for passage in tune._part(read, 12)]
    assert set(SHOPS) <= set(part) and len(part) == 12
    assert part == [passage.source_id for passage in tune._part(read, 12)]
    assert len(tune._part(read, 10**6)) == len(read.passages)


@pytest.mark.parametrize(("file", "messages", "unanswerable"), [(STRANGERS, 2732, 936), (KEPT, 1018, 418)])
def test_the_strangers_messages_name_sections_that_there_are(bot: Bot, file: Path, messages: int, unanswerable: int) -> None:
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    named = {section for row in rows for asked in row["asks"] for section in asked}
    assert len({row["id"] for row in rows}) == messages and named <= set(bot.index.passages.by_id)
    assert sum(not row["asks"] for row in rows) == unanswerable


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
@pytest.mark.parametrize("name", ["tune", "tune_followups", "tune_reading", "tune_answerability", "tune_leading", "train_gate"])
def test_a_script_says_how_it_is_called_and_what_is_wrong_with_what_it_is_given(
    name: str, empty_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ended(*given: str) -> object:
        monkeypatch.setattr("sys.argv", [f"eval.{name}", *given])
        with pytest.raises(SystemExit) as end:
            runpy.run_module(f"eval.{name}", run_name="__main__", alter_sys=False)
        return end.value.code

    assert ended("--help") == 0 and f"python -m eval.{name}" in capsys.readouterr().out
    for given in (empty_home / "nowhere", empty_home):
        told = str(ended(str(given)))
        assert told.startswith(f"eval.{name}: {given}") and "\n" not in told


def test_the_script_for_prose_needs_both_folders(
    empty_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for given, told in ([str(empty_home)], "ARTICLES"), ([str(empty_home), str(empty_home)], f"eval.tune_prose: {empty_home}"):
        monkeypatch.setattr("sys.argv", ["eval.tune_prose", *given])
        with pytest.raises(SystemExit) as end:
            runpy.run_module("eval.tune_prose", run_name="__main__", alter_sys=False)
        assert told in f"{end.value.code} {capsys.readouterr().err}"


def test_called_without_anything_a_script_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["eval.train_gate"])
    with pytest.raises(SystemExit, match="2"):
        runpy.run_module("eval.train_gate", run_name="__main__", alter_sys=False)
    assert "the following arguments are required: FILE" in capsys.readouterr().err
