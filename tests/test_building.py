"""A build that is interrupted loses nothing: what was embedded is taken up again, and the live index answers as before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from corpus.errors import ModelError, SearchIndexError
from corpus.model import Passage
from index import embedding, store
from index.build import build_index, current, read_manifest
from index.embedder import Embedder, OnnxEmbedder
from index.embedding import AT_ONCE, NOTHING_HELD, Saved, embed_all
from index.search import Query, open_index
from tests.conftest import ROOT, environment

MANY = 200
LETTERS = tuple(
    Passage(id=f"letter#{n}", source_id="letter", title="Letters", headings=(f"Letter {n}",), text=f"It was sent on day {n}.")
    for n in range(MANY)
)


class Counted:
    """A model that counts letters, a to z, each text in a way of its own, and how many texts it was given."""

    engine = "counting"

    def __init__(self, fingerprint: str = "letters@1", fails_after: int | None = None) -> None:
        self.fingerprint, self.given, self._fails_after = fingerprint, 0, fails_after

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        if self._fails_after is not None and self.given >= self._fails_after:
            raise ModelError("the model went away")
        self.given += len(texts)
        counts = np.array([[1 + text.lower().count(chr(97 + n)) for n in range(26)] for text in texts], dtype=np.float32)
        counts += [np.random.default_rng(crc32(text.encode())).random(26) for text in texts]
        return np.asarray(counts / np.linalg.norm(counts, axis=1, keepdims=True))


def left(home: Path) -> list[str]:
    """What lies beside the published builds."""
    return sorted(p.name for p in (home / "index").iterdir() if p.name.startswith(".") and p.name != ".current.new")


# After a kill


def test_a_build_that_was_killed_goes_on_from_what_it_had_embedded(tmp_path: Path) -> None:
    with building(tmp_path, step="embedding", done=5 * AT_ONCE) as process:
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert [name.split("-")[0] for name in left(tmp_path)] == [".building", ".embedded"]

    again, whole = Counted(), Counted()
    build_index(tmp_path, LETTERS, again)
    build_index(tmp_path / "whole", LETTERS, whole)
    assert whole.given == 3 * MANY  # a heading, a text and a sentence of each
    assert again.given == 3 * MANY - 5 * AT_ONCE
    assert left(tmp_path) == []
    assert np.array_equal(*(np.load(current(home) / "vectors.npy") for home in (tmp_path, tmp_path / "whole")))


def test_a_build_killed_after_it_had_embedded_all_embeds_nothing_again(tmp_path: Path) -> None:
    with building(tmp_path, step="storing vectors", done=3 * MANY) as process:
        process.kill()
        process.wait()
    again = Counted()
    build_index(tmp_path, LETTERS, again)
    assert again.given == 0
    assert len(open_index(tmp_path, again, {}).passages) == MANY


def stored(home: Path) -> list[int]:
    """How many rows Chroma had, each time a build of LETTERS told it."""
    told: list[int] = []
    build_index(home, LETTERS, Counted(), progress=lambda step, done, total: told.append(done) if step == "storing vectors" else None)
    return told


def test_a_build_killed_while_chroma_took_the_vectors_goes_on_from_those_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_BATCH", 100)
    monkeypatch.setattr(store, "_COPIED_EVERY", 100)
    with building(tmp_path, step="storing vectors", done=200) as process:
        process.kill()
        process.wait()
    assert stored(tmp_path) == [200, 300, 400, 500, 600]
    assert left(tmp_path) == [] and not (current(tmp_path) / "storing").exists()
    monkeypatch.setattr(store, "CHROMA_ABOVE", 0)  # search it
    build_index(tmp_path / "whole", LETTERS, Counted())
    gone_on, whole = (open_index(home, Counted(), {}) for home in (tmp_path, tmp_path / "whole"))
    for asked in ("letter 7", "it was sent on day 123", "letter 199"):
        assert gone_on.search(Query((asked,))) == whole.search(Query((asked,)))


@pytest.mark.parametrize("damage", ["half a file", "other vectors"])
def test_what_chroma_has_is_begun_again_where_the_kill_left_it_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    monkeypatch.setattr(store, "_BATCH", 100)
    monkeypatch.setattr(store, "_COPIED_EVERY", 100)
    with building(tmp_path, step="storing vectors", done=200) as process:
        process.kill()
        process.wait()
    (folder,) = (tmp_path / "index").glob(".building-*")
    (held,) = folder.glob("chroma-kept/*/data_level0.bin")
    size = held.stat().st_size
    if damage == "half a file":
        os.truncate(held, size // 2)
    else:  # whole for whoever reads it, and wrong
        held.write_bytes(held.read_bytes()[::-1])
    assert stored(tmp_path) == [100, 200, 300, 400, 500, 600]


def test_what_chroma_has_of_other_vectors_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_BATCH", 100)
    monkeypatch.setattr(store, "_COPIED_EVERY", 100)
    with building(tmp_path, step="storing vectors", done=200) as process:
        process.kill()
        process.wait()
    told: list[int] = []
    letters = (*LETTERS[1:], replace(LETTERS[0], text="It was lost."))
    build_index(tmp_path, letters, Counted(), progress=lambda step, done, total: told.append(done) if step == "storing vectors" else None)
    assert told == [100, 200, 300, 400, 500, 600] and left(tmp_path) == []


def test_what_was_embedded_serves_another_corpus_as_far_as_it_has_the_same_texts(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        build_index(tmp_path, LETTERS, Counted(fails_after=3 * MANY - AT_ONCE))
    other = Counted()
    build_index(tmp_path, LETTERS[: MANY // 2], other)
    assert other.given < AT_ONCE


def test_vectors_of_another_model_are_not_taken(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        build_index(tmp_path, LETTERS, Counted(fails_after=2 * MANY))
    other = Counted("letters@2")
    build_index(tmp_path, LETTERS, other)
    assert other.given == 3 * MANY
    assert left(tmp_path) == []  # nor do they stay for ever


@pytest.mark.parametrize("damage", ["cut", "flipped", "not ours"])
def test_a_record_that_was_not_written_whole_is_made_again(tmp_path: Path, damage: str) -> None:
    texts = [f"text {n}" for n in range(5)]
    model = Counted()
    saved = Saved(tmp_path, model.fingerprint)
    saved.add(texts, model.embed(texts))
    saved.close()
    (file,) = tmp_path.iterdir()
    data = bytearray(file.read_bytes())
    size = (len(data) - 32) // 5
    if damage == "cut":
        del data[-7:]
    elif damage == "flipped":
        data[32 + 2 * size + 40] ^= 1
    else:
        data[:32] = b"something else, of 32 characters"
    file.write_bytes(bytes(data))

    again = Counted()
    embed_all(texts, again, NOTHING_HELD, tmp_path, tmp_path / "vectors.npy", lambda *_: None)
    assert again.given == {"cut": 1, "flipped": 3, "not ours": 5}[damage]
    assert np.array_equal(np.load(tmp_path / "vectors.npy"), model.embed(texts))


# A full disk, and two builds at once

FULL = (
    "import resource, subprocess, sys; from pathlib import Path\n"
    "from corpus.errors import SearchIndexError; from index.build import build_index\n"
    "from tests.test_building import LETTERS, Counted\n"
    "how, size, home = sys.argv[1], int(sys.argv[2]) * 1024, Path(sys.argv[3])\n"
    "if how == 'file': resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))\n"
    "else: subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', home], check=True)\n"
    "try: build_index(home, LETTERS, Counted())\n"
    "except SearchIndexError as error: print(error)\n"
    "print(*sorted(p.name.split('-')[0] for p in (home / 'index').iterdir() if not p.name[0].isdigit()))\n"
)


@pytest.mark.parametrize(
    ("kilobytes", "said"),
    [
        (20, "no room for the new index (File too large; "),  # while vectors are kept
        (100, "the vectors cannot be stored ("),  # in Chroma, which does not tell this from other failures
    ],
)
def test_a_disk_that_takes_no_more_is_named_and_the_live_index_answers_as_before(
    small_home: Path, embedder: Embedder, kilobytes: int, said: str
) -> None:
    # A limit on the size of a file is what every machine can set: the kernel refuses the bytes as a full disk does.
    live = read_manifest(current(small_home))
    done = python(FULL, "file", str(kilobytes), str(small_home))
    assert done.returncode == 0, done.stderr
    line, held = done.stdout.splitlines()
    assert line.startswith(f"{small_home / 'index'}: {said}") and line.endswith("run this again"), line
    assert held.split() == [".embedded", "build.lock", "current"]  # the half-made build was taken away to give room

    assert read_manifest(current(small_home)) == live
    assert open_index(small_home, embedder, {}).search(Query(("price of a work permit",)))[0].passage.id == "ircc-fees#work-permit"


@pytest.mark.parametrize("kilobytes", [200, 700])
def test_a_full_disk_is_named_with_what_is_free_and_what_to_do(tmp_path: Path, kilobytes: int) -> None:
    inside = ("unshare", "--user", "--map-root-user", "--mount")
    if subprocess.run([*inside, "mount", "-t", "tmpfs", "tmpfs", tmp_path], capture_output=True, check=False).returncode:
        pytest.skip("a small file system of one's own cannot be mounted here")
    done = python(FULL, "disk", str(kilobytes), str(tmp_path), before=inside)
    assert done.returncode == 0, done.stderr
    line, held = done.stdout.splitlines()
    assert line.startswith(f"{tmp_path / 'index'}: no room for the new index (") and "; 0 MB free); the live one is as it was" in line, line
    assert line.endswith("make room, or set NORTHBOUND_HOME to a folder on another disk, then run this again")
    assert held.split() == [".embedded", "build.lock"]


def test_of_two_builds_at_once_one_is_refused_and_the_other_is_published(tmp_path: Path) -> None:
    with building(tmp_path, step="embedding", done=AT_ONCE) as process:
        with pytest.raises(SearchIndexError, match="index: another build is running; wait for it, then run this again"):
            build_index(tmp_path, LETTERS[:1], Counted())
        process.send_signal(signal.SIGUSR1)
        assert process.wait(300) == 0
    assert read_manifest(current(tmp_path)).passages == MANY


# What is embedded together


def test_texts_of_about_as_many_words_are_embedded_together_however_long_the_words_are(tmp_path: Path) -> None:
    short = [f"a b c d e f g {n}" for n in range(AT_ONCE)]  # 8 words
    long = [f"interprovincial{n}" for n in range(AT_ONCE)]  # about as many letters
    together: list[list[str]] = []

    class Told(Counted):
        def embed(self, texts: Sequence[str]) -> np.ndarray:
            together.append(sorted(texts))
            return super().embed(texts)

    embed_all([*short, *long], Told(), NOTHING_HELD, tmp_path, tmp_path / "vectors.npy", lambda *_: None)
    assert together == [sorted(long), sorted(short)]


# In several processes


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are worth their start for a few hundred texts too."""
    monkeypatch.setattr(embedding, "WORTH_PROCESSES", 100)


def test_several_processes_give_the_vectors_of_one_in_the_order_of_the_texts(embedder: Embedder, tmp_path: Path, few: None) -> None:
    texts = [f"letter {n}{'?' * (n % 3)}" for n in range(300)]
    files = []
    for processes in (1, 2):
        root = tmp_path / str(processes)
        root.mkdir()
        files.append(root / "vectors.npy")
        embed_all(texts, embedder, NOTHING_HELD, root, files[-1], lambda *_: None, processes)
    one, two = map(np.load, files)
    assert np.abs(one - two).max() < 1e-6
    assert np.abs(two[[0, 150, 299]] - embedder.embed([texts[0], texts[150], texts[299]])).max() < 1e-5


def test_a_process_that_dies_is_named_and_what_was_embedded_is_kept(embedder: Embedder, tmp_path: Path, few: None) -> None:
    texts = [f"letter {n}" for n in range(200 * AT_ONCE)]  # so many that some are left when one dies
    done = []

    def kill_one(step: str, count: int, total: int) -> None:
        done.append(count)
        if len(done) == 3:
            os.kill(children()[0], signal.SIGKILL)

    with pytest.raises(ModelError, match="an embedding process ended .killed by signal 9, .* kept: run the same again to go on from there"):
        embed_all(texts, embedder, NOTHING_HELD, tmp_path, tmp_path / "vectors.npy", kill_one, 2)
    assert children() == []  # the others were ended too
    saved = Saved(tmp_path, embedder.fingerprint)
    assert sum(text in saved for text in texts) == done[-1] >= 3 * AT_ONCE
    saved.close()


def test_a_process_that_cannot_begin_says_why(embedder: Embedder, tmp_path: Path, few: None) -> None:
    assert isinstance(embedder, OnnxEmbedder)
    broken = OnnxEmbedder(embedder.graph, embedder.tokenizer, embedder.fingerprint)
    broken.graph = tmp_path / "missing.onnx"
    with pytest.raises(ModelError, match="an embedding process ended .*missing.onnx"):
        embed_all([f"letter {n}" for n in range(300)], broken, NOTHING_HELD, tmp_path, tmp_path / "vectors.npy", lambda *_: None, 2)


def children() -> list[int]:
    """Processes that this one started and that run the embedding."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            command = stat.with_name("cmdline").read_bytes()
        except (OSError, IndexError):
            continue
        if parent == os.getpid() and embedding.__name__.encode() in command:
            found.append(int(stat.parent.name))
    return sorted(found)


@contextmanager
def building(home: Path, step: str, done: int) -> Iterator[subprocess.Popen[str]]:
    """A process that builds an index of LETTERS, once it has done so much of the step; there it waits for a kill or for SIGUSR1."""
    code = (
        "import signal, sys; from pathlib import Path\n"
        "from index import store; from index.build import build_index; from tests.test_building import LETTERS, Counted\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])  # it may come before it is waited for\n"
        "def progress(step, done, total):\n"
        "    if (step, done) == (sys.argv[2], int(sys.argv[3])): print('there', flush=True); signal.sigwait([signal.SIGUSR1])\n"
        "store._BATCH, store._COPIED_EVERY = int(sys.argv[4]), int(sys.argv[5])\n"
        "build_index(Path(sys.argv[1]), LETTERS, Counted(), progress=progress)\n"
    )
    command = [sys.executable, "-c", code, str(home), step, str(done), str(store._BATCH), str(store._COPIED_EVERY)]
    with subprocess.Popen(command, cwd=ROOT, env=environment(home), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        try:
            yield process
        finally:
            process.kill()


def python(code: str, *arguments: str, before: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*before, sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
