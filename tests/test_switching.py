"""A new index is noticed and changed to while questions are answered: none fails, and no answer mixes two."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from bot.answer import Answer
from bot.chain import Bot, Draft, open_bot
from bot.check import Checked
from bot.live import LiveBot
from bot.server import create_app
from bot.settings import Settings
from corpus.model import Passage
from index.build import build_index, corpus_version, current, rollback
from index.embedder import Embedder
from index.published import publish
from index.search import Query
from index.store import ANOTHER_WAY, Store
from tests.chroma_process import ChromaProcess
from tests.conftest import PASSAGES, ROOT, environment, new_home
from tests.waiting import until

QUESTION = "How much does citizenship cost?"


def edition(number: int) -> tuple[Passage, ...]:
    """The corpus with the number of its edition in every passage."""
    return tuple(replace(passage, text=f"{passage.text} So says edition {number}.") for passage in PASSAGES)


def edition_of(answer: Answer) -> int:
    """The edition that an answer's version is of. Fails for an answer that quotes another."""
    (number,) = (n for n in range(1, 10) if corpus_version(edition(n)) == answer.corpus_version)
    assert answer.status == "answered" and answer.citations
    assert all(citation.passage.endswith(f"So says edition {number}.") for citation in answer.citations)
    return number


@pytest.fixture
def live_home(small_home: Path, embedder: Embedder) -> Path:
    build_index(small_home, edition(1), embedder)
    return small_home


@contextmanager
def watching(home: Path) -> Iterator[LiveBot]:
    bot = LiveBot(Settings(home=home), every=0.02)
    try:
        yield bot
    finally:
        bot.close()


# One process


def test_a_new_build_is_noticed_and_so_is_going_back(live_home: Path, embedder: Embedder) -> None:
    with watching(live_home) as bot:
        assert edition_of(bot.answer(QUESTION)) == 1
        build_index(live_home, edition(2), embedder)
        until(lambda: edition_of(bot.answer(QUESTION)) == 2)
        assert bot.build == current(live_home).name and bot.problem == ""
        rollback(live_home)
        until(lambda: edition_of(bot.answer(QUESTION)) == 1)


def test_an_index_that_is_live_no_more_is_not_changed_to(live_home: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    used, opening, gone_back = [], threading.Event(), threading.Event()

    def slowly(*given: Any) -> Bot:
        opened = open_bot(*given)
        opening.set()
        gone_back.wait()
        return opened

    with watching(live_home) as bot:
        first = bot.build
        monkeypatch.setattr("bot.live.open_bot", slowly)
        monkeypatch.setattr("bot.live._log.info", lambda _, build: used.append(build))
        build_index(live_home, edition(2), embedder)
        opening.wait()
        rollback(live_home)
        gone_back.set()
        newest = build_index(live_home, edition(3), embedder).build
        until(lambda: bot.build == newest)
    assert used == [newest] and first != newest


def test_what_passages_are_favoured_for_goes_over_to_the_next_index(live_home: Path, embedder: Embedder) -> None:
    asked = "which paper does the summer camp want from its guests"
    with watching(live_home) as bot:
        last = bot.now.index.search(Query((asked,)))[-1].passage.id
        bot.favour({last: (asked,), "of-another-index#1": (asked,)})
        assert bot.now.index.search(Query((asked,)))[0].passage.id == last
        build_index(live_home, edition(2), embedder)
        until(lambda: bot.build == current(live_home).name)
        assert bot.now.index.search(Query((asked,)))[0].passage.id == last


def test_a_request_keeps_its_index_to_the_end_and_then_the_index_is_let_go(live_home: Path, embedder: Embedder) -> None:
    reached, go_on = threading.Event(), threading.Event()
    with watching(live_home) as bot, ThreadPoolExecutor(1) as thread:
        old = weakref.ref(bot._bot.index)
        hold_up(bot._bot, reached, go_on)
        slow = thread.submit(bot.answer, QUESTION)
        assert reached.wait(60)
        build_index(live_home, edition(2), embedder)
        until(lambda: bot.build == current(live_home).name)
        gc.collect()
        assert old() is not None
        assert edition_of(bot.answer(QUESTION)) == 2
        go_on.set()
        assert edition_of(slow.result()) == 1
        until(lambda: old() is None)


def hold_up(bot: Bot, reached: threading.Event, go_on: threading.Event) -> None:
    """Let the bot's answers wait between searching and wording."""
    check = bot.check

    def waiting(draft: Draft) -> Checked:
        reached.set()
        assert go_on.wait(60)
        return check(draft)

    bot.check = waiting  # type: ignore[method-assign]


def test_chromas_files_are_closed_when_a_store_is_let_go(live_home: Path) -> None:
    folder = current(live_home) / "chroma"
    copy = shutil.copytree(folder, live_home / "copy")  # this process built the other, and Chroma keeps that open
    store = Store(copy)
    assert store.count and opened_below(copy)
    del store
    gc.collect()
    assert opened_below(copy) == []


def opened_below(folder: Path) -> list[str]:
    """The files in a folder that this process has open."""
    opened = (os.readlink(path) for path in Path("/proc/self/fd").iterdir() if path.is_symlink())
    return [path for path in opened if path.startswith(f"{folder}/")]


def point(home: Path, build: str) -> None:
    """Make the build the live one as a build does: in one step, so that nobody reads half of a name."""
    (home / "index" / "next").write_text(f"{build}\n", encoding="utf-8")
    os.replace(home / "index" / "next", home / "index" / "current")


def test_an_index_that_cannot_be_opened_is_not_changed_to(live_home: Path, embedder: Embedder, caplog: pytest.LogCaptureFixture) -> None:
    with watching(live_home) as bot:
        good = current(live_home)
        point(live_home, "20990101T000000000000")
        until(lambda: "half-built or removed" in bot.problem)
        assert edition_of(bot.answer(QUESTION)) == 1
        point(live_home, good.name)
        until(lambda: bot.problem == "")
    assert [record.getMessage().split(":")[0] for record in caplog.records if record.name == "northbound.live"] == [
        f"still on build {good.name}",
        f"on build {good.name}, the live one, again",
    ]


def test_the_api_answers_from_the_new_index_and_says_which(live_home: Path, embedder: Embedder) -> None:
    with watching(live_home) as bot, TestClient(create_app(bot, Settings(home=live_home))) as client:
        first = client.get("/healthz").json()
        assert (first["build"], first["index_problem"]) == (bot.build, False)
        build_index(live_home, edition(2), embedder)
        until(lambda: bool(client.get("/healthz").json()["build"] != first["build"]))
        assert client.get("/healthz").json()["corpus_version"] == corpus_version(edition(2))
        assert client.post("/api/v1/ask", json={"question": QUESTION}).json()["corpus_version"] == corpus_version(edition(2))


# Several processes and a Chroma server


@dataclass
class Asking:
    """Questions put to answering processes by two threads each, one after another until it is stopped."""

    urls: list[str]
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def __enter__(self) -> Asking:
        self._stop = threading.Event()
        self.answers = {url: [] for url in self.urls}
        self._threads = [threading.Thread(target=self._ask, args=(url,)) for url in self.urls for _ in range(2)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, url: str) -> None:
        with httpx.Client(timeout=120) as client:
            while not self._stop.is_set():
                try:
                    asked = client.post(f"{url}/ask", json={"question": QUESTION}).raise_for_status()
                    self.answers[url].append(Answer.model_validate_json(asked.content))
                except (httpx.HTTPError, ValueError) as error:
                    self.failures.append(f"{url}: {error}")
                self._stop.wait(0.02)  # the servers that are asked have to share the cores

    def until_all(self, true: Callable[[Answer], bool]) -> None:
        """Wait until the latest answer of each process is so."""
        until(lambda: all(answers and true(answers[-1]) for answers in self.answers.values()))


@contextmanager
def answering(homes: Sequence[Path], settings: dict[str, str]) -> Iterator[list[str]]:
    """The addresses of an answering process for each data folder."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.answering"], cwd=ROOT, env=environment(home, settings), stdout=subprocess.PIPE, text=True
        )
        for home in homes
    ]
    try:
        yield [process.stdout.readline().strip() for process in processes if process.stdout]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_two_processes_change_under_load_and_go_on_while_the_server_is_away(
    live_home: Path, models: Path, tmp_path: Path, embedder: Embedder
) -> None:
    chroma = ChromaProcess(tmp_path / "chroma")
    homes = [new_home(tmp_path / name, models) for name in ("one", "two")]

    def publish_edition(number: int) -> None:
        build_index(live_home, edition(number), embedder)
        publish(live_home, current(live_home), chroma.server, "northbound", {"sources.json": "[]"})

    try:
        publish_edition(1)
        with answering(homes, {"NORTHBOUND_CHROMA_URL": chroma.url, "NORTHBOUND_CHROMA_SECONDS": "30"}) as urls, Asking(urls) as asking:
            asking.until_all(lambda answer: edition_of(answer) == 1)
            publish_edition(2)
            asking.until_all(lambda answer: edition_of(answer) == 2)
            publish_edition(3)  # and the first, which nobody uses any more, is removed
            asking.until_all(lambda answer: edition_of(answer) == 3)
            assert not any(ANOTHER_WAY in answer.caveats for answers in asking.answers.values() for answer in answers)

            chroma.kill()
            asking.until_all(lambda answer: ANOTHER_WAY in answer.caveats)
            until(lambda: all("cannot be reached" in httpx.get(f"{url}/health").json()["problem"] for url in urls))
            chroma.start()
            asking.until_all(lambda answer: ANOTHER_WAY not in answer.caveats)
            publish_edition(4)
            asking.until_all(lambda answer: edition_of(answer) == 4)
            until(lambda: not any(httpx.get(f"{url}/health").json()["problem"] for url in urls))
    finally:
        chroma.kill()
    assert asking.failures == []
    for answers in asking.answers.values():
        assert {edition_of(answer) for answer in answers} == {1, 2, 3, 4}  # each whole in itself: edition_of looks
