"""Changes that should not matter, and do not: each leaves every answer and every score as it was."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import bot.documents
from bot.chain import Bot
from bot.documents import add_files, added_sources, index_corpus, needs_building
from bot.settings import Settings
from corpus.model import Document
from corpus.readers import Described
from corpus.registry import BUNDLED, Registry, load_briefs, load_registry
from eval.cases import NEEDS_ARTICLES, Case, conversations, load_sets, set_names
from eval.run import Chosen, ask, gather, run, score_all, summarise
from eval.saved import Reply, reply_row
from index.build import build_index, current
from index.embedder import Embedder
from index.search import Index
from tests.conftest import PASSAGES, Command, new_home
from tests.saved_run import write_set
from tests.test_runs import FEE, TALK, WEATHER, contents

QUESTIONS = (
    "How much does a work permit cost?",
    "What does citizenship cost?",
    "biometrics for one person",
    "Is the H-1B permit still open?",
)


def answered(bot: Any, cases: Sequence[Case]) -> dict[str, dict[str, Any]]:
    """Whatever is the same each time of every answer, by its case."""
    return {reply.answer.id: reply_row(reply) for turns in conversations(cases) for reply, _ in ask(bot, turns)}


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """A few of every set, conversations whole."""
    units = [turns for name in set_names() if name != NEEDS_ARTICLES for turns in list(conversations(load_sets([name])[0].cases))[::60]]
    return [case for turns in units if not turns[0].documents for case in turns]


def test_asking_twice(bot: Bot, cases: list[Case]) -> None:
    assert answered(bot, cases) == answered(bot, cases)


def test_cases_in_another_order(bot: Bot, cases: list[Case]) -> None:
    units = list(conversations(cases))
    assert answered(bot, [case for turns in reversed(units) for case in turns]) == answered(bot, cases)
    replies: list[Reply] = [reply for turns in units for reply, _ in ask(bot, turns)]
    evidence = gather(bot.index.passages, replies, Settings())
    backwards = [case for turns in reversed(units) for case in turns]
    assert sorted(score_all(cases, replies, evidence), key=str) == sorted(score_all(backwards, replies, evidence), key=str)
    values = [
        {name: (got["value"], got["n"]) for name, got in summarise(score_all(order, replies, evidence))["all"]["measures"].items()}
        for order in (cases, backwards)
    ]
    assert values[0] == values[1]


def test_a_case_alone_or_among_others(bot: Bot, cases: list[Case]) -> None:
    alone = [case for case in cases if not case.conversation][-1]
    assert answered(bot, [alone])[alone.id] == answered(bot, cases)[alone.id]


def test_the_files_of_the_corpus_read_in_another_order_or_under_other_names(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=home)
    assert needs_building(settings) == ""
    renamed = tmp_path / "briefs"
    renamed.mkdir()
    for number, path in enumerate(sorted((BUNDLED / "briefs").glob("*.md"), reverse=True)):
        shutil.copy(path, renamed / f"{number:04}-renamed.md")

    def from_elsewhere(registry: Registry) -> tuple[Document, ...]:
        return load_briefs(registry, renamed)

    before = [document.source.id for document in load_briefs(load_registry())]
    monkeypatch.setattr(bot.documents, "load_briefs", from_elsewhere)
    assert [document.source.id for document in from_elsewhere(load_registry())] == before[::-1]
    assert needs_building(settings) == ""  # the same passages, in the same order: the same index


def test_passages_indexed_in_another_order(models: Path, embedder: Embedder, tmp_path: Path) -> None:
    registry = load_registry()
    got = []
    for name, passages in (("one", PASSAGES), ("other", PASSAGES[::-1])):
        home = new_home(tmp_path / name, models)
        build_index(home, passages, embedder)
        made = Bot(registry, Index(current(home), embedder, registry.sources), registry.sources)
        plain = Case("", "own", "", (), ("answered",), (), (), (), ())
        got.append(answered(made, [replace(plain, id=str(n), question=question) for n, question in enumerate(QUESTIONS)]))
    assert got[0] == got[1]
    assert any(row["answer"]["citations"] for row in got[0].values())


def test_an_added_file_under_another_name(models: Path, embedder: Embedder, tmp_path: Path) -> None:
    registry = load_registry()
    got = []
    for name in ("letter.md", "another.md"):
        settings = Settings(home=new_home(tmp_path / name.removesuffix(".md"), models))
        path = tmp_path / name
        path.write_text("# Zebras\n\n## What is the zebra fee?\n\nThe zebra fee is 4,321 dollars.\n", encoding="utf-8")
        add_files([path], settings, Described("zebra", publisher="A zoo"))
        index_corpus(settings, only=["zebra"])
        sources = {**registry.sources, **added_sources(settings.documents)}
        made = Bot(registry, Index(current(settings.home), embedder, sources), sources)
        case = Case("a", "own", "What is the zebra fee?", (), ("answered",), (), (), (), ())
        got.append(answered(made, [case])["a"])
    assert "4,321" in got[0]["answer"]["answer"]
    assert got[0] == got[1]


def test_another_data_folder(home: Path, tmp_path: Path) -> None:
    sets = write_set(tmp_path / "sets", FEE, TALK, WEATHER)
    moved = tmp_path / "moved" / "with a space"
    moved.mkdir(parents=True)
    for name in ("models", "index"):
        (moved / name).symlink_to((home / name).resolve(), target_is_directory=True)
    chosen = Chosen(folder=sets, filter="fee|talk")
    assert contents(run(Settings(home=moved), chosen, tmp_path / "b")) == contents(run(Settings(home=home), chosen, tmp_path / "a"))


def test_another_hash_seed_time_zone_locale_and_hour(northbound: Command, home: Path, tmp_path: Path) -> None:
    """Two processes: sets and dictionaries of text in another order, and a clock that shows another day."""
    folders = []
    for name, surroundings in (
        ("a", {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"}),
        ("b", {"PYTHONHASHSEED": "2", "TZ": "Pacific/Pago_Pago", "LC_ALL": "C.UTF-8"}),
    ):
        folders.append(tmp_path / name)
        done = northbound("eval", "run", "--set", "clarify", "--every", "4", "--out", tmp_path / name, home=home, settings=surroundings)
        assert done.returncode == 0, done.stderr
    assert contents(folders[0]) == contents(folders[1])


def test_expectations_do_not_change_answers(bot: Bot, tmp_path: Path) -> None:
    sets = write_set(tmp_path / "sets", FEE, TALK, WEATHER)
    plain = answered(bot, load_sets(["mine"], sets)[0].cases)
    write_set(sets, {**FEE, "facts": ["nothing"], "forbid": ["a"], "note": "new"}, TALK, {**WEATHER, "status": ["answered"]})
    assert answered(bot, load_sets(["mine"], sets)[0].cases) == plain
