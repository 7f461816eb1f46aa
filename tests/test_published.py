"""An index on a real Chroma server: whole or not there, fetched once, kept while it is read; and answers while the server is away."""

from __future__ import annotations

import base64
import json
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from bot.chain import open_bot
from bot.documents import add_files, added_documents, publish_corpus
from bot.settings import Settings, read_settings
from corpus.errors import NorthboundError, SearchIndexError
from corpus.passages import passages
from index.build import build_index, current
from index.chroma_server import Gone, Server, ServerError, server_at
from index.embedder import Embedder
from index.published import Held, go_back, hold, pointer, publish
from index.search import Index, Query
from index.store import ANOTHER_WAY, BY_WORDS, ServerStore, nearest_exactly, reduced
from tests.chroma_process import ChromaProcess, Request, free_port, serving
from tests.conftest import PASSAGES, ROOT, Command, complaint, new_home

PRICE = Query(("what does a work permit cost",))
NAME = "northbound"


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaProcess]:
    process = ChromaProcess(tmp_path_factory.mktemp("chroma"))
    yield process
    process.kill()


@pytest.fixture
def other_home(models: Path, tmp_path: Path) -> Path:
    """The data folder of another machine."""
    return new_home(tmp_path / "other", models)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name of the test's own on the shared server."""
    return f"t{crc32(request.node.name.encode())}"


def published(home: Path, server: Server, name: str = NAME) -> str:
    publish(home, current(home), server, name, {"sources.json": "[]"})
    return current(home).name


def opened(held: Held, embedder: Embedder) -> Index:
    return Index(held.folder, embedder, {}, open_store=held.open_store)


def ranked(index: Index, query: Query = PRICE) -> list[tuple[str, float]]:
    return [(hit.passage.id, round(hit.score, 5)) for hit in index.search(query)]


def builds(server: Server, name: str) -> set[str]:
    """The builds that the server holds anything of."""
    return {collection.removeprefix(f"{name}-").rpartition("-")[0] for collection in server.names() if collection.startswith(f"{name}-2")}


# Publishing and fetching


def test_what_is_published_is_found_from_another_machine_as_where_it_was_built(
    small_home: Path, other_home: Path, chroma: ChromaProcess, embedder: Embedder, name: str
) -> None:
    build = published(small_home, chroma.server, name)
    held = hold(other_home, chroma.server, name)
    assert held.folder == other_home / "published" / name / build and held.problem == ""
    index = opened(held, embedder)
    with reduced() as told:
        assert ranked(index) == ranked(Index(current(small_home), embedder, {}))
    assert told == [] and index.problem == ""
    assert index.nearest_registered("correction", ["the open work permit for H-1B holders is still open"]) is not None


def test_chromas_own_client_reads_what_was_published(small_home: Path, chroma: ChromaProcess, embedder: Embedder, name: str) -> None:
    import chromadb

    build = published(small_home, chroma.server, name)
    client = chromadb.HttpClient(
        host="127.0.0.1", port=int(chroma.url.rsplit(":", 1)[1]), settings=chromadb.Settings(anonymized_telemetry=False)
    )
    collection = client.get_collection(f"{name}-{build}-rows", embedding_function=None)
    vectors = np.load(current(small_home) / "vectors.npy")
    assert collection.count() == len(vectors) - 1  # without the one wording of a known error
    kept = collection.get(ids=["3"], include=["embeddings"])["embeddings"]
    assert np.asarray(kept[0]) == pytest.approx(vectors[3], abs=1e-6)
    assert collection.query(query_embeddings=vectors[3:4], n_results=1)["ids"] == [["3"]]


def test_files_are_fetched_once(small_home: Path, other_home: Path, chroma: ChromaProcess, name: str) -> None:
    build = published(small_home, chroma.server, name)
    hold(other_home, chroma.server, name)
    chroma.server.remove(f"{name}-{build}-files")
    again = hold(other_home, chroma.server, name)
    assert again.problem == "" and (again.folder / "vectors.npy").exists()
    assert hold(small_home, chroma.server, name).problem == ""  # where it was built nothing is fetched at all


def test_files_copied_by_other_means_are_not_fetched(small_home: Path, other_home: Path, chroma: ChromaProcess, name: str) -> None:
    build = published(small_home, chroma.server, name)
    chroma.server.remove(f"{name}-{build}-files")
    with pytest.raises(Gone):
        hold(other_home, chroma.server, name)
    shutil.copytree(small_home / "published" / name / build, other_home / "published" / name / build)
    assert hold(other_home, chroma.server, name).folder.name == build


def test_the_sources_of_added_documents_travel_with_the_index(
    other_home: Path, tmp_path: Path, chroma: ChromaProcess, embedder: Embedder, name: str
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("How long does a study permit take?\n\nA study permit takes nine weeks at our office.\n", encoding="utf-8")
    here = Settings(home=other_home, chroma_url=chroma.url, chroma_seconds=60, index_name=name)
    added = add_files([letter], here).ids
    build_index(other_home, passages(added_documents(here.documents)), embedder)
    publish_corpus(here)
    there = replace(here, home=new_home(tmp_path / "there", (other_home / "models").resolve()))
    answer = open_bot(there).answer("How long does a study permit take?")
    assert [citation.source_id for citation in answer.citations] == list(added)
    assert answer.citations[0].title == open_bot(here).answer("How long does a study permit take?").citations[0].title


def test_a_second_build_keeps_the_first_and_a_third_removes_it(
    small_home: Path, other_home: Path, chroma: ChromaProcess, embedder: Embedder, name: str
) -> None:
    first = published(small_home, chroma.server, name)
    reader = opened(hold(other_home, chroma.server, name), embedder)
    before = ranked(reader)

    build_index(small_home, PASSAGES[1:], embedder)
    second = published(small_home, chroma.server, name)
    assert builds(chroma.server, name) == {first, second}
    with reduced() as told:
        assert ranked(reader) == before  # who reads the first goes on reading it
    assert told == []

    build_index(small_home, PASSAGES[:3], embedder)
    third = published(small_home, chroma.server, name)
    assert builds(chroma.server, name) == {second, third}
    assert {folder.name for folder in (small_home / "published" / name).iterdir() if folder.is_dir()} == {second, third}
    with reduced() as told:
        assert ranked(reader) == before  # though the server has it no more
    assert told == [ANOTHER_WAY]


def test_a_publishing_that_is_killed_changes_nothing_and_the_next_removes_what_it_left(
    small_home: Path, other_home: Path, chroma: ChromaProcess, embedder: Embedder, name: str
) -> None:
    first = published(small_home, chroma.server, name)
    killed = build_index(small_home, PASSAGES[1:], embedder).build
    script = (
        "import os, signal, sys; from pathlib import Path; from index.build import current; from index.published import publish\n"
        "from index.chroma_server import server_at; home = Path(sys.argv[1])\n"
        "def advance(what, done, total): what == 'publishing files' and os.kill(os.getpid(), signal.SIGKILL)\n"
        "publish(home, current(home), server_at(sys.argv[2]), sys.argv[3], {}, advance)"
    )
    done = subprocess.run([sys.executable, "-c", script, small_home, chroma.url, name], cwd=ROOT, timeout=300, check=False)
    assert done.returncode == -signal.SIGKILL
    assert builds(chroma.server, name) == {first, killed}
    assert hold(other_home, chroma.server, name).folder.name == first

    last = build_index(small_home, PASSAGES[:3], embedder).build
    assert published(small_home, chroma.server, name) == last
    assert builds(chroma.server, name) == {first, last}


@pytest.mark.parametrize("step", ["publishing vectors", "publishing files"])
def test_of_two_machines_that_publish_a_name_at_once_the_one_that_fails_says_why(
    small_home: Path, other_home: Path, chroma: ChromaProcess, embedder: Embedder, name: str, step: str
) -> None:
    build_index(other_home, PASSAGES[1:], embedder)
    theirs: list[str] = []

    def meanwhile(what: str, done: int, total: int) -> None:
        if what == step and not theirs:
            theirs.append(published(other_home, chroma.server, name))

    with pytest.raises(ServerError, match=rf"^{name} at .*: another machine publishes under this name too, .* northbound index build$"):
        publish(small_home, current(small_home), chroma.server, name, {"sources.json": "[]"}, meanwhile)
    live = pointer(chroma.server, name)
    assert live is not None and [live.build] == theirs and hold(other_home, chroma.server, name).problem == ""


def test_the_same_build_can_be_published_again(small_home: Path, other_home: Path, chroma: ChromaProcess, name: str) -> None:
    build = published(small_home, chroma.server, name)
    assert published(small_home, chroma.server, name) == build
    assert builds(chroma.server, name) == {build}
    assert hold(other_home, chroma.server, name).folder.name == build


def test_two_names_on_one_server_do_not_touch_each_other(small_home: Path, chroma: ChromaProcess, embedder: Embedder, name: str) -> None:
    first = published(small_home, chroma.server, name)
    for some in (PASSAGES[1:], PASSAGES[:3]):
        build_index(small_home, some, embedder)
        published(small_home, chroma.server, f"{name}-eu")
    found = pointer(chroma.server, name)
    assert found is not None and found.build == first and builds(chroma.server, name) == {first}


def test_going_back_makes_the_build_before_live_once(
    small_home: Path, other_home: Path, chroma: ChromaProcess, embedder: Embedder, name: str
) -> None:
    first = published(small_home, chroma.server, name)
    with pytest.raises(SearchIndexError, match="no earlier build to go back to"):
        go_back(chroma.server, name)
    build_index(small_home, PASSAGES[1:], embedder)
    published(small_home, chroma.server, name)
    assert go_back(chroma.server, name) == first
    assert hold(other_home, chroma.server, name).folder.name == first
    with pytest.raises(SearchIndexError, match="no earlier build to go back to"):
        go_back(chroma.server, name)


def test_an_empty_file_and_one_of_many_pieces_arrive_as_they_were(
    small_home: Path, other_home: Path, chroma: ChromaProcess, name: str
) -> None:
    long = "".join(map(str, range(30_000)))
    publish(small_home, current(small_home), chroma.server, name, {"empty.txt": "", "long.txt": long})
    folder = hold(other_home, chroma.server, name).folder
    assert ((folder / "empty.txt").read_text(), (folder / "long.txt").read_text()) == ("", long)


# What is damaged here


@pytest.mark.parametrize("file", ["vectors.npy", "rows.npz", "passages.jsonl", "sources.json", "manifest.json"])
@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_a_file_that_is_damaged_here_is_fetched_again(
    small_home: Path, other_home: Path, chroma: ChromaProcess, embedder: Embedder, name: str, file: str, damage: str
) -> None:
    published(small_home, chroma.server, name)
    held = hold(other_home, chroma.server, name)
    as_published = (held.folder / file).read_bytes()
    spoil(held.folder / file, damage)
    again = hold(other_home, chroma.server, name)
    assert (again.problem, again.folder, again.manifest) == ("", held.folder, held.manifest)
    assert (again.folder / file).read_bytes() == as_published
    assert ranked(opened(again, embedder)) == ranked(opened(hold(small_home, chroma.server, name), embedder))
    assert [path.name for path in held.folder.parent.glob(".fetching-*")] == []


def test_what_is_damaged_here_and_cannot_be_fetched_is_named_with_what_to_remove(
    small_home: Path, other_home: Path, chroma: ChromaProcess, name: str
) -> None:
    build = published(small_home, chroma.server, name)
    held = hold(other_home, chroma.server, name)
    spoil(held.folder / "vectors.npy", "changed")
    chroma.server.remove(f"{name}-{build}-files")
    with pytest.raises(SearchIndexError, match=r"vectors.npy: damaged.*; it cannot be fetched again \(.*\); .* remove ") as told:
        hold(other_home, chroma.server, name)
    assert str(told.value).endswith(str(held.folder)) and held.folder.exists()


def spoil(file: Path, damage: str) -> None:
    whole = file.read_bytes()
    file.unlink()  # another name of the same file stays as it is
    if damage != "gone":
        file.write_bytes(whole[: len(whole) // 2] if damage == "cut" else whole[:-1] + bytes([whole[-1] ^ 1]))


# What is damaged on the server


def test_a_damaged_piece_is_noticed_and_the_build_taken_before_stays(
    small_home: Path, other_home: Path, chroma: ChromaProcess, embedder: Embedder, name: str
) -> None:
    first = published(small_home, chroma.server, name)
    hold(other_home, chroma.server, name)
    build_index(small_home, PASSAGES[1:], embedder)
    second = published(small_home, chroma.server, name)
    collection = chroma.server.find(f"{name}-{second}-files")
    records = chroma.server.get(collection, [str(n) for n in range(20)])
    id, record = next((id, r) for id, r in records.items() if r["file"] == "vectors.npy")
    chroma.server.put(collection, {id: {**record, "p0": base64.b64encode(b"other").decode()}})
    held = hold(other_home, chroma.server, name)
    assert held.folder.name == first and "vectors.npy: damaged" in held.problem
    assert [path.name for path in held.folder.parent.glob("2*")] == [first]


@pytest.mark.parametrize("file", ["../outside.txt", "/tmp/outside.txt", "a/../../outside.txt", ".hidden", ""])
def test_a_piece_cannot_be_written_outside_its_build(
    small_home: Path, other_home: Path, chroma: ChromaProcess, name: str, file: str
) -> None:
    build = published(small_home, chroma.server, name)
    collection = chroma.server.find(f"{name}-{build}-files")
    chroma.server.put(collection, {"0": {"file": file, "p0": base64.b64encode(b"x").decode()}})
    with pytest.raises(ServerError, match="a piece cannot be read"):
        hold(other_home, chroma.server, name)


def test_missing_pieces_are_counted(small_home: Path, other_home: Path, chroma: ChromaProcess, name: str) -> None:
    published(small_home, chroma.server, name)
    live = pointer(chroma.server, name)
    assert live is not None
    pointing = chroma.server.find(f"{name}-published")
    chroma.server.put(pointing, {"current": {"build": live.build, "manifest": live.manifest, "records": live.records + 2}})
    with pytest.raises(ServerError, match="2 pieces are missing; publish again"):
        hold(other_home, chroma.server, name)


def test_rows_that_are_fewer_than_they_should_be_are_refused(
    small_home: Path, other_home: Path, chroma: ChromaProcess, embedder: Embedder, name: str
) -> None:
    build = published(small_home, chroma.server, name)
    held = hold(other_home, chroma.server, name)
    chroma.server.remove(f"{name}-{build}-rows")
    chroma.server.write(chroma.server.create(f"{name}-{build}-rows", "cosine"), np.eye(3, 384, dtype=np.float32))
    with pytest.raises(SearchIndexError, match="damaged: 3 vectors for"):
        opened(held, embedder)


# A server that is away


def test_without_a_server_the_build_taken_last_answers_and_says_so(
    small_home: Path, chroma: ChromaProcess, embedder: Embedder, name: str
) -> None:
    build = published(small_home, chroma.server, name)
    hold(small_home, chroma.server, name)
    gone = Settings(home=small_home, chroma_url=f"http://127.0.0.1:{free_port()}", index_name=name)
    held = hold(small_home, gone.chroma_server, name)
    assert held.folder.name == build and "cannot be reached" in held.problem
    answer = open_bot(gone).answer("How much does citizenship cost?")
    assert answer.status == "answered" and "CAN$653.75" in answer.answer
    assert ANOTHER_WAY in answer.caveats


def test_without_a_server_and_with_nothing_taken_the_command_says_what_to_do(other_home: Path, northbound: Command) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    told = complaint(northbound("ask", "Is it open?", home=other_home, settings={"NORTHBOUND_CHROMA_URL": url}))
    assert told.startswith(f"the Chroma server at {url} cannot be reached") and "NORTHBOUND_CHROMA_URL" in told


def test_where_nothing_is_published_the_message_says_how_to(other_home: Path, chroma: ChromaProcess) -> None:
    with pytest.raises(SearchIndexError, match="nothing is published as 'nobody' at .*; publish it: northbound index build"):
        hold(other_home, chroma.server, "nobody")


def test_vectors_too_many_to_search_here_leave_keywords_and_a_caveat(small_home: Path, embedder: Embedder) -> None:
    away = server_at(f"http://127.0.0.1:{free_port()}")
    few = Index(current(small_home), embedder, {}, open_store=lambda _, vectors: ServerStore(away, "gone", vectors, exact_rows=1))
    with reduced() as told:
        hits = few.search(PRICE)
    assert told == [BY_WORDS]
    assert [hit.passage.id for hit in hits][0] == "ircc-fees#work-permit"
    with reduced() as told:
        assert few.search(Query(("zzz",))) == []  # nothing has its words
    assert told == [BY_WORDS]


def test_searching_vector_by_vector_gives_the_nearest_in_order() -> None:
    held = np.array([[1, 0], [0, 1], [0.6, 0.8], [-0.6, -0.8]], dtype=np.float32)
    assert nearest_exactly(held, np.array([[1, 0], [0, 1]], dtype=np.float32), 3) == [[0, 2, 1], [1, 2, 0]]  # 1, .6, 0 and 1, .8, 0
    assert nearest_exactly(held, held[:1], 9) == [[0, 2, 1, 3]]


def test_searching_in_blocks_is_searching_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    held = np.random.default_rng(5).normal(size=(1000, 8)).astype(np.float32)
    whole = nearest_exactly(held, held[:20], 20)
    assert nearest_exactly(held, held[:3], 20) == whole[:3]  # for few questions they are compared in another way
    monkeypatch.setattr("index.store._EXACT_AT_ONCE", 7)
    monkeypatch.setattr("index.store._IN_CACHE", 7)
    assert nearest_exactly(held, held[:20], 20) == whole
    assert nearest_exactly(held, held[:3], 20) == whole[:3]


class Faulty:
    """A server in front of which a fault can be put: it knows one collection of three rows."""

    def __init__(self) -> None:
        self.fault = ""
        self.asked = 0
        self.release = threading.Event()

    def __call__(self, request: Request) -> tuple[int, bytes]:
        self.asked += 1
        if self.fault == "slow":  # it does answer rightly, but later than it may
            self.release.wait(120)
        if self.fault == "trickle":
            request.send_response(200)
            request.end_headers()
            while not self.release.wait(0.02):
                try:
                    request.wfile.write(b" ")
                except OSError:
                    break
        if self.fault == "500":
            return 500, b'{"error": "InternalError"}'
        if self.fault == "404":
            return 404, b'{"error": "NotFoundError"}'
        if self.fault == "text":
            return 200, b"<html>a proxy</html>"
        if request.path.endswith("/count"):
            return 200, b"3"
        if request.path.endswith("/query"):
            rows = {"strange": [["99"]], "words": [["x"]], "few": []}.get(self.fault, [["1", "0"]])
            return 200, json.dumps({"ids": rows}).encode()
        return 200, b'{"id": "c1"}'


@pytest.mark.parametrize("fault", ["slow", "trickle", "500", "404", "text", "strange", "words", "few"])
def test_a_server_that_fails_in_mid_request_is_done_without_and_used_again_when_it_is_well(
    monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr("index.store.REST_SECONDS", 0.0)
    held = np.eye(3, 4, dtype=np.float32)
    faulty = Faulty()
    with serving(faulty) as url:
        patient = server_at(url, seconds=60)
        store = ServerStore(patient, "rows", held)
        with reduced() as told:
            assert store.nearest(held[:1], 2) == [[1, 0]]  # as the server says, which is wrong and so can be told apart
        assert (told, store.failure) == ([], "")

        faulty.fault = fault
        store._server = replace(patient, seconds=0.3) if fault in ("slow", "trickle") else patient
        with reduced() as told:
            assert store.nearest(held[2:], 1) == [[2]]
        assert told == [ANOTHER_WAY] and store.failure

        faulty.fault = ""
        faulty.release.set()
        store._server = patient
        with reduced() as told:
            assert store.nearest(held[:1], 2) == [[1, 0]]
        assert (told, store.failure) == ([], "")


def test_a_server_that_failed_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.store.REST_SECONDS", 3600.0)
    held = np.eye(3, 4, dtype=np.float32)
    faulty = Faulty()
    with serving(faulty) as url:
        store = ServerStore(server_at(url, seconds=60), "rows", held)
        faulty.fault = "500"
        store.nearest(held[:1], 1)
        asked = faulty.asked
        assert [store.nearest(held[n : n + 1], 1) for n in range(3)] == [[[0]], [[1]], [[2]]]
        assert faulty.asked == asked


# Addresses and keys


@pytest.mark.parametrize(
    ("url", "address", "where"),
    [
        ("http://10.0.0.5:8000", "http://10.0.0.5:8000", ("", "")),
        ("http://chroma/", "http://chroma:8000", ("", "")),
        ("https://api.trychroma.com/tenant-1/our-db", "https://api.trychroma.com:443", ("tenant-1", "our-db")),
        ("http://[::1]:9000", "http://[::1]:9000", ("", "")),
    ],
)
def test_an_address_says_host_port_tenant_and_database(url: str, address: str, where: tuple[str, str]) -> None:
    server = server_at(url)
    assert (server.address, (server.tenant, server.database)) == (address, where)


@pytest.mark.parametrize(
    "url",
    [
        "chroma:8000",
        "ftp://chroma",
        "http://",
        "http://chroma:99999",
        "http://chroma/tenant",
        "http://chroma/?a=1",
        "http://a b/",
        "http://u:p@chroma",
    ],
)
def test_another_form_is_refused_with_the_form_to_give(url: str) -> None:
    with pytest.raises(NorthboundError, match="NORTHBOUND_CHROMA_(URL|TOKEN)"):
        read_settings({"NORTHBOUND_CHROMA_URL": url})


@pytest.mark.parametrize("bad", ["Nb", "a", "-nb", "nb-", "n" * 63, "a/b", "a.b"])
def test_a_name_that_chroma_would_not_take_is_refused(bad: str) -> None:
    with pytest.raises(NorthboundError, match="NORTHBOUND_INDEX_NAME"):
        read_settings({"NORTHBOUND_INDEX_NAME": bad})


def test_keys_are_sent_and_never_shown(other_home: Path, northbound: Command) -> None:
    keys = {"NORTHBOUND_CHROMA_TOKEN": "tok-1", "NORTHBOUND_CHROMA_API_KEY": "ck-2", "NORTHBOUND_EMBEDDER_KEY": "ek-3"}
    shown = northbound("config", home=other_home, settings=keys).stdout
    settings = read_settings(keys)
    for secret in keys.values():
        assert (
            secret not in shown and secret not in repr(settings) and secret not in repr(Server("http://x", token="tok-1", api_key="ck-2"))
        )
    assert shown.count("=(set)") == 3
    with pytest.raises(NorthboundError, match="NORTHBOUND_CHROMA_TOKEN: holds a space"):
        read_settings({"NORTHBOUND_CHROMA_TOKEN": "a\r\nx-other: b"})

    seen: list[tuple[str, str | None, str | None]] = []

    def reply(request: Request) -> tuple[int, bytes]:
        seen.append((request.path, request.headers["authorization"], request.headers["x-chroma-token"]))
        if request.path.endswith("/identity"):
            return 200, b'{"user_id": "u", "tenant": "t-9", "databases": ["prod"]}'
        return 200, b'{"id": "c1"}'

    with serving(reply) as url:
        assert server_at(url, token="tok-1").find("rows") == "c1"
        assert Server(url, api_key="ck-2").find("rows") == "c1"  # from a setting it would go over https alone
    assert seen == [
        ("/api/v2/tenants/default_tenant/databases/default_database/collections/rows", "Bearer tok-1", None),
        ("/api/v2/auth/identity", None, "ck-2"),
        ("/api/v2/tenants/t-9/databases/prod/collections/rows", None, "ck-2"),
    ]


def test_a_cloud_key_is_not_sent_in_the_clear() -> None:
    with pytest.raises(SearchIndexError, match="only over https"):
        server_at("http://chroma:8000", api_key="ck-2")


def test_a_server_that_refuses_names_the_settings() -> None:
    with serving(lambda _: (401, b"{}")) as url, pytest.raises(ServerError, match=r"refuses \(401\); set NORTHBOUND_CHROMA_TOKEN"):
        server_at(url).find("rows")


def test_what_goes_to_chroma_cloud_keeps_to_its_limits(small_home: Path) -> None:
    bodies: list[tuple[str, dict[str, object]]] = []

    def reply(request: Request) -> tuple[int, bytes]:
        bodies.append((request.path.rsplit("/", 1)[1], request.body))
        return 200, b'{"id": "c1"}'

    with serving(reply) as url:
        cloud = Server(url, "t", "d", api_key="ck-2")
        cloud.write(cloud.create("rows", "cosine"), np.zeros((700, 4), dtype=np.float32))
    assert bodies[0][1]["configuration"] == {"spann": {"space": "cosine"}}
    assert [len(body["ids"]) for path, body in bodies if path == "upsert"] == [300, 300, 100]  # type: ignore[arg-type]
    assert cloud.most_results == 300
