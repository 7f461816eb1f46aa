"""Embedding by a server, over HTTP on this machine, under both interfaces: the same vectors, and every way to fail is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.chain import open_bot
from bot.documents import add_files, index_corpus, needs_building
from bot.settings import Settings
from corpus.errors import ModelError, SearchIndexError
from index import by_words, remote_embedder
from index.build import build_index, read_manifest
from index.build import current as live
from index.embedder import Embedder, fingerprint, load_embedder
from index.remote_embedder import Address, RemoteEmbedder, is_address, parse_address
from index.search import open_index
from tests.chroma_process import Request, free_port, serving
from tests.conftest import PASSAGES, Command, complaint

TEXTS = ("is the h1b owp still open", "fees", "Ça coûte combien ?", "word " * 300)


class EmbeddingServer:
    """The real embedder behind both interfaces, with a fault that can be put in front of it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name = "sentence-transformers/all-MiniLM-L6-v2"
        self.models = [self.name]
        self.fault = ""
        self.faults_left = 10**6
        self.negated = False  # as another model would, all vectors are others
        self.release = threading.Event()
        self.asked: list[list[str]] = []
        self.keys: set[str | None] = set()

    def __call__(self, request: Request) -> tuple[int, bytes]:
        self.keys.add(request.headers["authorization"])
        if self.fault and self.faults_left:
            self.faults_left -= 1
            if self.fault == "slow":  # it does answer rightly, but later than it may
                self.release.wait(120)
            elif self.fault == "text":
                return 200, b"<html>a proxy</html>"
            elif self.fault.isdigit():
                return int(self.fault), b'{"error": "the model is busy"}'
        told: Any = None
        if request.path == "/info":
            told = {"model_id": self.name, "max_client_batch_size": 3}
        elif request.path == "/v1/models":
            told = {"object": "list", "data": [{"id": name} for name in self.models]}
        elif request.path == "/embed":
            told = self._vectors(request.body["inputs"])
        elif request.path == "/v1/embeddings":
            assert request.body["model"] == self.models[0]
            rows = [{"object": "embedding", "index": n, "embedding": row} for n, row in enumerate(self._vectors(request.body["input"]))]
            told = {"object": "list", "model": self.name, "data": rows[::-1]}  # in whatever order: the index counts
        return (200, json.dumps(told).encode()) if told is not None else (404, b"not here")

    def _vectors(self, texts: list[str]) -> list[list[float]]:
        self.asked.append(texts)
        made = self._embedder.embed(texts) * (-3 if self.negated else 3)  # of no length in particular
        shown: list[list[float]] = {"short": made[:, :100], "few": made[:-1], "zero": made * 0, "none": made * np.nan}.get(
            self.fault, made
        ).tolist()
        return shown


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that runs tests may do much else."""
    monkeypatch.setattr(remote_embedder, "_QUESTION_SECONDS", 60.0)
    monkeypatch.setattr(remote_embedder, "_CONNECT_SECONDS", 60.0)
    monkeypatch.setattr(remote_embedder, "REST_SECONDS", 0.0)


@pytest.fixture
def served(embedder: Embedder) -> EmbeddingServer:
    return EmbeddingServer(embedder)


@pytest.fixture
def url(served: EmbeddingServer) -> Iterator[str]:
    with serving(served) as address:
        yield address


@pytest.fixture(params=["openai", "tei"])
def address(request: pytest.FixtureRequest, url: str) -> str:
    """The setting for each interface."""
    return f"{url}/v1" if request.param == "openai" else url


# The same vectors


def test_vectors_are_those_of_the_model_itself_under_both_interfaces(address: str, embedder: Embedder) -> None:
    remote = load_embedder(address)
    made = remote.embed(TEXTS)
    assert made.dtype == np.float32 and np.abs(made - embedder.embed(TEXTS)).max() < 1e-5
    assert remote.embed([]).shape == (0, 384)


def test_texts_go_in_batches_that_the_server_takes(url: str, served: EmbeddingServer) -> None:
    remote = RemoteEmbedder(url)
    served.asked.clear()
    remote.embed([str(n) for n in range(8)])
    assert served.asked == [["0", "1", "2"], ["3", "4", "5"], ["6", "7"]]  # it takes three


def test_an_index_is_built_and_answered_from_with_a_server(address: str, small_home: Path, embedder: Embedder) -> None:
    build_index(small_home, PASSAGES, load_embedder(address))
    assert read_manifest(live(small_home)).model == fingerprint(address)
    answer = open_bot(Settings(home=small_home, embedder=address)).answer("How much does citizenship cost?")
    assert answer.status == "answered" and "CAN$653.75" in answer.answer
    with pytest.raises(SearchIndexError, match="build again"):
        open_index(small_home, embedder, {})  # the vectors are the same, but who can tell


def test_personal_numbers_do_not_reach_the_server(url: str, served: EmbeddingServer, small_home: Path) -> None:
    build_index(small_home, PASSAGES, load_embedder(url))
    open_bot(Settings(home=small_home, embedder=url)).answer(
        "My UCI is 1234-5678 and my passport is N1234567. How much does citizenship cost?"
    )
    sent = " ".join(text for texts in served.asked for text in texts)
    assert "citizenship cost" in sent and "1234" not in sent


def test_the_key_is_sent(address: str, served: EmbeddingServer) -> None:
    load_embedder(address, key="sk-1").embed(["fees"])
    assert served.keys == {"Bearer sk-1"}


# Which model it is


def test_the_fingerprint_holds_name_dimension_and_what_the_model_makes_of_two_texts(
    url: str, served: EmbeddingServer, embedder: Embedder
) -> None:
    first = RemoteEmbedder(url).fingerprint
    assert first.startswith("all-MiniLM-L6-v2@384-") and first == RemoteEmbedder(url).fingerprint
    served.negated = True
    negated = RemoteEmbedder(url).fingerprint
    served.name = "another"
    assert len({first, negated, RemoteEmbedder(url).fingerprint}) == 3


def test_another_model_behind_the_same_address_is_noticed_when_an_index_is_opened(
    address: str, served: EmbeddingServer, small_home: Path
) -> None:
    build_index(small_home, PASSAGES, load_embedder(address))
    served.negated = True
    with pytest.raises(
        SearchIndexError, match="made by the model .* but NORTHBOUND_EMBEDDER gives .*; build again: northbound index build"
    ):
        open_bot(Settings(home=small_home, embedder=address))


def test_another_model_is_noticed_while_answering(address: str, served: EmbeddingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = load_embedder(address)
    monkeypatch.setattr(remote_embedder, "_PROBE_EVERY", 0.0)
    assert remote.embed(["fees"]).shape == (1, 384)
    served.negated = True
    with pytest.raises(ModelError, match=r"gives other vectors than before \(cosine -1.00\): its model was changed"):
        remote.embed(["fees"])


def test_another_name_in_an_answer_is_noticed(url: str, served: EmbeddingServer) -> None:
    remote = RemoteEmbedder(f"{url}/v1")
    served.name = "newer"
    with pytest.raises(ModelError, match="embeds with 'newer', and did with 'sentence-transformers/all-MiniLM-L6-v2'"):
        remote.embed(["fees"])


def test_of_several_models_one_must_be_named(url: str, served: EmbeddingServer) -> None:
    served.models = [served.name, "other"]
    with pytest.raises(ModelError, match="lists 2 models .*; name one: NORTHBOUND_EMBEDDER=.*/v1#MODEL"):
        RemoteEmbedder(f"{url}/v1")
    assert RemoteEmbedder(f"{url}/v1#{served.name}").embed(["fees"]).shape == (1, 384)


# Failures


def test_a_server_that_is_busy_is_asked_again(address: str, served: EmbeddingServer, embedder: Embedder) -> None:
    remote = load_embedder(address)
    served.fault, served.faults_left = "503", 1
    assert remote.embed(["fees"]) == pytest.approx(embedder.embed(["fees"]), abs=1e-5)
    assert served.faults_left == 0


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("500", r"answers 500 \(.*the model is busy.*\); see its log"),
        ("413", "answers 413"),
        ("401", r"refuses \(401\); set NORTHBOUND_EMBEDDER_KEY"),
        ("404", "OpenAI's interface ends in /v1"),
        ("text", "answers what is not of (openai|tei)'s interface .*; say which it has"),
        ("short", "gives 100 numbers for a text, and gave 384: its model was changed"),
        ("few", "1 texts, vectors of shape|2 texts, vectors of shape"),
        ("zero", "a vector without length"),
        ("none", "a vector without length"),
    ],
)
def test_a_server_that_fails_says_how(address: str, served: EmbeddingServer, fault: str, message: str) -> None:
    remote = load_embedder(address)
    served.fault = fault
    with pytest.raises(ModelError, match=message):
        remote.embed(["fees", "more fees"])
    served.fault = ""
    assert remote.embed(["fees"]).shape == (1, 384)  # and is used again when it is well


def test_a_server_that_hangs_does_not_hang_a_question(address: str, served: EmbeddingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = load_embedder(address)
    monkeypatch.setattr(remote_embedder, "_QUESTION_SECONDS", 0.3)
    served.fault = "slow"
    with pytest.raises(ModelError, match=r"did not answer in 0.3 seconds; see that it runs"):
        remote.embed(["fees"])
    served.release.set()


def test_a_server_that_is_not_there_is_one_line(small_home: Path, northbound: Command) -> None:
    where = f"http://127.0.0.1:{free_port()}"
    told = complaint(northbound("ask", "Is it open?", home=small_home, settings={"NORTHBOUND_EMBEDDER": where}))
    assert told.startswith(f"the embedding server at {where} cannot be reached") and "NORTHBOUND_EMBEDDER" in told


# Answering without it

FEE = "How much does citizenship cost?"


def test_while_the_server_is_away_a_question_is_answered_by_its_words_and_says_so(
    address: str, served: EmbeddingServer, small_home: Path
) -> None:
    build_index(small_home, PASSAGES, load_embedder(address))
    bot = open_bot(Settings(home=small_home, embedder=address))
    served.fault = "503"
    answer = bot.answer(FEE)
    assert answer.status == "answered" and "CAN$653.75" in answer.answer
    assert by_words.TOLD in answer.caveats and "answers 503" in bot.index.problem
    assert bot.answer("What is the airspeed of a swallow?").status in ("not_found", "out_of_scope")

    served.fault = ""
    answer = bot.answer("What does citizenship cost for an adult?")
    assert answer.status == "answered" and by_words.TOLD not in answer.caveats
    assert bot.index.problem == ""


def test_a_question_asked_by_words_finds_the_known_error_that_it_repeats(url: str, served: EmbeddingServer, small_home: Path) -> None:
    build_index(small_home, PASSAGES, load_embedder(url))
    index = open_bot(Settings(home=small_home, embedder=url)).index
    (wrong,) = (passage for passage in PASSAGES if passage.kind == "correction")
    served.fault = "503"
    found = index.nearest_registered("correction", [wrong.asked[0]])
    assert found is not None and found[0] == wrong and found[1] == pytest.approx(1.0)


def test_a_server_that_is_away_is_left_alone_for_a_while(
    url: str, served: EmbeddingServer, small_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index(small_home, PASSAGES, load_embedder(url))
    bot = open_bot(Settings(home=small_home, embedder=url))
    monkeypatch.setattr(remote_embedder, "REST_SECONDS", 600.0)
    served.fault = "503"
    bot.answer(FEE)
    left = served.faults_left
    assert left == 10**6 - remote_embedder._QUESTION_TRIES
    assert by_words.TOLD in bot.answer("What does a work permit cost?").caveats and served.faults_left == left


def test_a_process_that_starts_without_the_server_answers_by_words(served: EmbeddingServer, small_home: Path, northbound: Command) -> None:
    with serving(served, free_port()) as url:  # which nobody else is given when it is free again
        build_index(small_home, PASSAGES, load_embedder(url))
    done = northbound("ask", "--json", FEE, home=small_home, settings={"NORTHBOUND_EMBEDDER": url})
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["status"] == "answered" and by_words.TOLD in answer["caveats"]


def test_a_server_that_comes_back_is_used_and_with_another_model_it_is_not(served: EmbeddingServer, small_home: Path) -> None:
    port = free_port()
    with serving(served, port) as url:
        build_index(small_home, PASSAGES, load_embedder(url))
    settings = Settings(home=small_home, embedder=url)
    bot, other = open_bot(settings), open_bot(settings)
    assert by_words.TOLD in bot.answer(FEE).caveats
    with serving(served, port):
        assert by_words.TOLD not in bot.answer("What does citizenship cost for an adult?").caveats
        served.negated = True
        assert by_words.TOLD in other.answer(FEE).caveats
        assert "its model was changed" in other.index.problem


def test_nothing_is_built_again_because_the_server_is_away(served: EmbeddingServer, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("Working from home\n\nEmployees may work from home on two days of each week.\n", encoding="utf-8")
    with serving(served, free_port()) as url:
        settings = Settings(home=tmp_path / "data", embedder=url)
        index_corpus(settings, add_files([note], settings).ids)
        assert needs_building(settings) == ""
    assert needs_building(settings) == ""


# Addresses


@pytest.mark.parametrize(
    ("setting", "address"),
    [
        ("https://api.example.org/v1#small", Address("openai", "https://api.example.org/v1", "small")),
        ("http://tei:8080/", Address("tei", "http://tei:8080", "")),
        ("openai+http://host/deployed#m+1", Address("openai", "http://host/deployed", "m+1")),
        ("tei+https://host/v1", Address("tei", "https://host/v1", "")),
    ],
)
def test_an_address_says_interface_place_and_model(setting: str, address: Address) -> None:
    assert is_address(setting) and parse_address(setting) == address


@pytest.mark.parametrize("setting", ["http://", "http://host:99999/v1", "https://host/v1?key=1", "https://me:secret@host/v1"])
def test_an_address_of_another_form_is_refused(setting: str) -> None:
    with pytest.raises(ModelError, match="NORTHBOUND_EMBEDDER") as refused:
        load_embedder(setting)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("setting", ["all-MiniLM-L6-v2", "models/http", "BAAI/bge-small-en-v1.5"])
def test_a_model_is_not_an_address(setting: str) -> None:
    assert not is_address(setting)
