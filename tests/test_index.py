"""An index is built beside the live one and swapped in whole; what is damaged is named and never searched."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.documents import add_files, chosen, index_corpus, needs_building
from bot.settings import Settings
from corpus.errors import SearchIndexError
from corpus.model import Passage
from index.build import build_index, corpus_version, current, read_manifest, rollback, texts_version, verify
from index.embedder import Embedder
from index.keywords import terms, words
from index.search import Index, Query, open_index
from index.store import DATABASE
from tests.conftest import PASSAGES, ROOT, environment, new_home

PRICE = Query(("what does a work permit cost",))
NEW = Passage(id="new#one", source_id="new", title="New", headings=("How long does it take?",), text="It takes nine weeks.")
FRESH = tuple(replace(p, text=f"{p.text} Seen again.") for p in PASSAGES)  # nothing of it is in an index of PASSAGES


class WordLengths:
    """Another model: a text's vector counts its words of one letter, two letters … eight and more."""

    fingerprint = "word-lengths@1"
    engine = "counting"

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        lengths = [[min(len(word), 8) for word in text.split()] for text in texts]
        counts = np.array([[1 + row.count(n) for n in range(1, 9)] for row in lengths], dtype=np.float32)
        return np.asarray(counts / np.linalg.norm(counts, axis=1, keepdims=True))


def found(home: Path, embedder: Embedder, query: Query = PRICE) -> list[str]:
    return [hit.passage.id for hit in open_index(home, embedder, {}).search(query)]


# Finding


def test_the_passage_that_answers_comes_first(small_home: Path, embedder: Embedder) -> None:
    assert found(small_home, embedder)[0] == "ircc-fees#work-permit"
    assert found(small_home, embedder, Query(("price of becoming a citizen",)))[0] == "ircc-fees#citizenship"


def test_a_registered_passage_is_held_but_not_found_by_search(small_home: Path, embedder: Embedder) -> None:
    index = open_index(small_home, embedder, {})
    assert "ircc-h1b-owp#correction-open" in index.by_id
    hits = index.search(Query(("the open work permit for H-1B holders is still open",)))
    assert "ircc-h1b-owp#correction-open" not in [hit.passage.id for hit in hits]


def test_a_wrong_statement_finds_its_correction(small_home: Path, embedder: Embedder) -> None:
    nearest = open_index(small_home, embedder, {}).nearest_registered("correction", ["the open work permit for H-1B holders is still open"])
    assert nearest is not None
    assert nearest[0].id == "ircc-h1b-owp#correction-open"
    assert nearest[1] == pytest.approx(1.0, abs=1e-3)  # the very wording, so its cosine is 1


@pytest.mark.parametrize("spelling", ["h-1b", "H1-B", "h1b", "H-1B", "h 1b"])
def test_a_visa_class_is_one_word_however_it_is_spelled(spelling: str) -> None:
    assert words(f"my {spelling} visa") == ["my", "h1b", "visa"]


@pytest.mark.parametrize(
    ("one", "other"), [("10,000", "10000"), ("10k", "10,000"), ("Québec", "quebec"), ("IMM 5710", "imm5710"), ("fees", "fee")]
)
def test_two_ways_to_write_a_thing_are_one_term(one: str, other: str) -> None:
    assert terms(one) == terms(other) != []


# Building beside, and swapping


def test_the_version_of_a_corpus_changes_exactly_when_a_passage_does() -> None:
    assert corpus_version(PASSAGES) == corpus_version(PASSAGES[::-1])
    changed = (replace(PASSAGES[0], as_of="2026-02-12"), *PASSAGES[1:])
    assert len({corpus_version(PASSAGES), corpus_version(changed), corpus_version(PASSAGES[1:])}) == 3


def test_a_new_build_replaces_the_live_one_and_rollback_brings_it_back(small_home: Path, embedder: Embedder) -> None:
    first = read_manifest(current(small_home))
    second = build_index(small_home, (*PASSAGES, NEW), embedder)
    assert read_manifest(current(small_home)) == second
    assert "new#one" in found(small_home, embedder)

    assert rollback(small_home) == first
    assert "new#one" not in found(small_home, embedder)
    with pytest.raises(SearchIndexError, match="no earlier build to go back to"):
        rollback(small_home)


def test_rollback_returns_to_what_was_live_before_not_to_what_was_rolled_back(small_home: Path, embedder: Embedder) -> None:
    good = read_manifest(current(small_home))
    build_index(small_home, (*PASSAGES, NEW), embedder)
    rollback(small_home)
    build_index(small_home, PASSAGES[1:], embedder)
    assert rollback(small_home) == good


def test_a_build_embeds_only_the_texts_that_the_live_one_does_not_hold(small_home: Path, embedder: Embedder) -> None:
    asked: list[str] = []

    class Counting:
        fingerprint, engine = embedder.fingerprint, embedder.engine

        def embed(self, texts: Sequence[str]) -> np.ndarray:
            asked.extend(texts)
            return embedder.embed(texts)

    build_index(small_home, (*PASSAGES, NEW), Counting())
    # Its heading, its text under its heading, and its one sentence.
    assert sorted(asked) == ["How long does it take?", "How long does it take?. It takes nine weeks.", "It takes nine weeks."]
    held = open_index(small_home, embedder, {})
    again = build_index(small_home, FRESH, WordLengths())  # another model: nothing of the live one can be used
    assert again.model == "word-lengths@1" and np.load(current(small_home) / "vectors.npy").shape[1] == 8
    assert held.search(PRICE)[0].passage.id == "ircc-fees#work-permit"


def test_only_the_live_build_and_the_one_before_are_kept(small_home: Path, embedder: Embedder) -> None:
    for _ in range(3):
        build_index(small_home, PASSAGES, embedder)
    assert len([p for p in (small_home / "index").iterdir() if p.is_dir()]) == 2


def test_an_open_index_goes_on_answering_from_what_it_opened_while_another_is_published(small_home: Path, embedder: Embedder) -> None:
    opened = open_index(small_home, embedder, {})
    build_index(small_home, [NEW], embedder)
    assert opened.search(PRICE)[0].passage.id == "ircc-fees#work-permit"
    assert found(small_home, embedder) == ["new#one"]


@pytest.mark.parametrize("step", ["embedding", "storing vectors"])
def test_a_build_killed_in_the_middle_leaves_the_live_index_answering(small_home: Path, embedder: Embedder, step: str) -> None:
    before = current(small_home)
    with building(small_home, until=step) as process:
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert [p.name for p in (small_home / "index").glob(".building-*")], "it was killed before or after the build, not in the middle"

    assert current(small_home) == before
    assert found(small_home, embedder)[0] == "ircc-fees#work-permit"
    build_index(small_home, [NEW], embedder)
    assert found(small_home, embedder) == ["new#one"]
    assert not list((small_home / "index").glob(".building-*"))


def test_a_second_build_at_the_same_time_is_refused_and_the_first_is_not_disturbed(small_home: Path, embedder: Embedder) -> None:
    with building(small_home, until="embedding") as process:
        with pytest.raises(SearchIndexError, match="another build is running; wait for it, then run this again"):
            build_index(small_home, [NEW], embedder)
        with pytest.raises(SearchIndexError, match="another build is running"):
            rollback(small_home)
        assert process.poll() is None
    build_index(small_home, [NEW], embedder)  # the lock went with the process that held it


def test_two_passages_of_one_id_are_refused(empty_home: Path, embedder: Embedder) -> None:
    with pytest.raises(SearchIndexError, match="1 ids stand for two passages each, new#one for one"):
        build_index(empty_home, (NEW, replace(NEW, text="It takes ten weeks.")), embedder)


def test_nothing_to_index_is_said_so(empty_home: Path, embedder: Embedder) -> None:
    with pytest.raises(SearchIndexError, match="no documents to index; add some: northbound corpus add"):
        build_index(empty_home, PASSAGES[3:], embedder)


@contextmanager
def building(home: Path, until: str) -> Iterator[subprocess.Popen[str]]:
    """A process that builds an index in `home`, at the moment when it has begun the step; it waits there to be killed."""
    code = (
        "import sys, time; from pathlib import Path\n"
        "from index.build import build_index; from index.embedder import load_embedder, DEFAULT_MODEL\n"
        "from tests.test_index import FRESH\n"
        "home = Path(sys.argv[1])\n"
        "def progress(step, done, total):\n"
        "    if step == sys.argv[2]: print(step, flush=True); time.sleep(600)\n"
        "build_index(home, FRESH, load_embedder(DEFAULT_MODEL, home / 'models' / 'onnx'), progress=progress)\n"
    )
    command = [sys.executable, "-c", code, str(home), until]
    with subprocess.Popen(command, cwd=ROOT, env=environment(home), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == until
        try:
            yield process
        finally:
            process.kill()


# What cannot be searched


def test_a_missing_index_says_how_to_build_it(empty_home: Path, embedder: Embedder) -> None:
    with pytest.raises(SearchIndexError, match="no index yet; build it: northbound index build"):
        open_index(empty_home, embedder, {})


def test_a_half_built_folder_is_not_taken_for_an_index(small_home: Path, embedder: Embedder) -> None:
    (current(small_home) / "manifest.json").unlink()  # it is written last
    with pytest.raises(SearchIndexError, match="half-built or removed; build again: northbound index build"):
        open_index(small_home, embedder, {})


@pytest.mark.parametrize("pointer", [b"", b"20200101T000000000000\n", b"\xff\xfe\x00"])
def test_a_pointer_to_nothing_is_named(small_home: Path, embedder: Embedder, pointer: bytes) -> None:
    (small_home / "index" / "current").write_bytes(pointer)
    with pytest.raises(SearchIndexError, match="build again: northbound index build"):
        open_index(small_home, embedder, {})


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def halved(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


FILES = (
    "manifest.json",
    "passages.jsonl",
    "vectors.npy",
    "rows.npz",
    "keywords/*",
    f"chroma/{DATABASE}",
    "chroma/*/*.bin",
)


@pytest.mark.parametrize(
    ("pattern", "damage"),
    # One flipped bit may leave the manifest and Chroma's database valid files: those have no checksum.
    [
        (p, d)
        for p in FILES
        for d in (emptied, halved, flipped, Path.unlink)
        if d is not flipped or p not in ("manifest.json", f"chroma/{DATABASE}")
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(
    small_home: Path, embedder: Embedder, tmp_path: Path, pattern: str, damage: Callable[[Path], None]
) -> None:
    live = current(small_home)
    for number, path in enumerate(sorted(live.glob(pattern))):
        if not path.stat().st_size:
            continue
        copy = tmp_path / f"copy-{number}" / live.name
        shutil.copytree(live, copy)
        damage(copy / path.relative_to(live))
        with pytest.raises(SearchIndexError, match="build again: northbound index build") as error:
            Index(copy, embedder, {})
        assert "\n" not in str(error.value)
        assert str(copy) in str(error.value)


def test_reading_an_index_leaves_it_as_it_was_written(small_home: Path, embedder: Embedder) -> None:
    # Chroma moves rows that are still in its log to its vector files when it opens them; a build leaves none there.
    for _ in range(3):
        assert found(small_home, embedder)
        verify(current(small_home), read_manifest(current(small_home)))


def test_an_index_of_another_model_is_refused(empty_home: Path, embedder: Embedder) -> None:
    build_index(empty_home, PASSAGES, WordLengths())
    assert found(empty_home, WordLengths())
    with pytest.raises(
        SearchIndexError, match=r"made by the model word-lengths@1, but NORTHBOUND_EMBEDDER gives all-MiniLM-L6-v2@\w+\+\w+; build again"
    ):
        open_index(empty_home, embedder, {})


def test_a_read_only_index_answers(small_home: Path, embedder: Embedder) -> None:
    # Chroma writes to its database even to read, so it is given a copy; tests/test_bad_input.py asks as a user who may not write.
    for path in current(small_home).rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    assert found(small_home, embedder)[0] == "ircc-fees#work-permit"


# When to build again


def test_an_index_is_built_again_when_the_corpus_has_changed_and_not_before(home: Path, models: Path, tmp_path: Path) -> None:
    mine = tmp_path / "data"
    mine.mkdir()
    (mine / "index").symlink_to(home / "index")  # only read
    (mine / "models").symlink_to(models)
    settings = Settings(home=mine)
    assert needs_building(settings) == ""
    letter = tmp_path / "letter.txt"
    letter.write_text("How long does it take?\nThe office answers letters in nine weeks.\n")
    add_files([letter], settings)
    assert needs_building(settings) == "the corpus has changed"


def test_an_index_of_chosen_documents_stays_one_when_it_is_built_again(models: Path, tmp_path: Path) -> None:
    settings = Settings(home=new_home(tmp_path / "data", models))
    letter = tmp_path / "letter.txt"
    letter.write_text("How long does it take?\nThe office answers letters in nine weeks.\n")
    add_files([letter], settings)
    index_corpus(settings, ["letter"])
    assert needs_building(settings) == ""
    assert chosen(settings) == ("letter",)

    halved(current(settings.home) / "vectors.npy")
    assert "vectors.npy: damaged" in needs_building(settings)
    assert index_corpus(settings, chosen(settings)).documents == ("letter",)
    assert needs_building(settings) == ""


def test_an_index_is_built_again_when_the_model_is_another(small_home: Path, models: Path) -> None:
    build_index(small_home, PASSAGES, WordLengths())
    assert needs_building(Settings(home=small_home)) == "the live one was made by word-lengths@1"


def test_the_version_of_texts_changes_with_what_is_searched_and_not_with_what_is_only_shown() -> None:
    assert texts_version(PASSAGES) == texts_version([replace(p, as_of="2026-01-01") for p in PASSAGES])
    assert texts_version(PASSAGES) != texts_version([replace(p, text=f"{p.text} More.") for p in PASSAGES])


def test_building_a_small_index_takes_a_moment(small_home: Path, embedder: Embedder) -> None:
    began = time.process_time()  # what else the machine does is not counted
    build_index(small_home, PASSAGES, embedder)
    assert time.process_time() - began < 20  # a second here; far more would mean that the model is exported or loaded again
