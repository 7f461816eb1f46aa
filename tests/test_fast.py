"""What makes answering quick: nothing is imported that an answer does not need, nothing is embedded or read twice, and the quick way of
doing a thing gives what the long way gives. How long things take is measured by `northbound eval bench --peers`, not here."""

from __future__ import annotations

import json
import random
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from bot.chain import Bot
from bot.documents import prepare_model
from bot.settings import Settings
from corpus import registry
from corpus.errors import CorpusError, ModelError, SearchIndexError
from corpus.model import Passage
from corpus.passages import registered
from corpus.pattern import Needing, Pattern
from corpus.registry import BUNDLED, load_registry
from index import passages_file, store
from index.build import QUESTION, SENTENCE, TEXT, build_index, current, keyword_text
from index.embedder import Embedder, OnnxEmbedder, cores, exported_embedder, load_embedder, sha256, valid_export
from index.embedding import SAVED, make_ready
from index.keywords import Keywords, terms
from index.passages_file import Passages
from index.search import Index, Query, open_index
from index.store import DATABASE, MappedStore, Store
from tests.conftest import PASSAGES, ROOT, environment

PRICE = Query(("what does a work permit cost", "work permit fee"))


class Counting:
    """An embedder that remembers what it was asked for."""

    def __init__(self, embedder: Embedder) -> None:
        self.fingerprint, self.engine, self._embedder = embedder.fingerprint, embedder.engine, embedder
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.asked.extend(texts)
        return self._embedder.embed(texts)


# What is imported


def test_answering_imports_neither_torch_nor_chroma_nor_what_only_a_build_needs(small_home: Path) -> None:
    code = (
        "import sys; from bot.chain import open_bot; from bot.settings import read_settings\n"
        "answer = open_bot(read_settings()).answer('how many could apply for the 2023 open work permit')\n"
        "print(answer.citations[0].passage_id, *sorted(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(small_home), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    cited, *imported = done.stdout.split()
    assert cited == "ircc-h1b-owp#cap"
    heavy = {"torch", "sentence_transformers", "chromadb", "bm25s", "scipy", "langchain_core", "gradio", "fastapi", "corpus.merge"}
    assert heavy.isdisjoint(imported)


def test_the_side_that_is_not_ours_starts_without_our_chain() -> None:
    # Else the recipe's start in `eval bench --peers` would hold ours.
    code = "import sys; import eval.peers; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {"bot.chain", "bot.answer", "index.search", "corpus.registry"}.isdisjoint(done.stdout.split())


# Searching a small index without Chroma, and a larger one with it


def test_up_to_a_number_of_vectors_they_are_compared_one_by_one_and_above_it_chroma_is_asked(
    small_home: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = open_index(small_home, embedder, {})
    monkeypatch.setattr(store, "CHROMA_ABOVE", small.manifest.rows - 2)  # one row is a known error's wording and is not searched for
    large = open_index(small_home, embedder, {})
    assert (type(small._store), type(large._store)) == (MappedStore, Store)
    assert small._store.count == large._store.count == small.manifest.rows - 1
    assert small.search(PRICE) == large.search(PRICE) != []


def test_both_find_the_same_rows_in_the_same_order(small_home: Path, embedder: Embedder) -> None:
    folder = current(small_home)
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    mapped, chroma = MappedStore(folder / "chroma", vectors[:-1]), Store(folder / "chroma")
    asked = embedder.embed(["work permit price", "how many people could apply", "citizenship of an adult"])
    assert mapped.nearest(asked, 4) == chroma.nearest(asked, 4)
    assert [len(rows) for rows in mapped.nearest(asked, 1000)] == [mapped.count] * 3


def test_rows_that_are_missing_from_chromas_database_are_found_though_it_is_not_searched(small_home: Path, embedder: Embedder) -> None:
    database = current(small_home) / "chroma" / DATABASE
    with closing(sqlite3.connect(database)) as opened:
        opened.execute("DELETE FROM embeddings WHERE id = 1")
        opened.commit()
    with pytest.raises(SearchIndexError, match=r"damaged: \d+ vectors stored for \d+ rows; build again: northbound index build"):
        open_index(small_home, embedder, {})


# Nothing twice


def test_wordings_are_embedded_once_for_an_answer_and_nothing_again_for_the_same_question(small_home: Path, embedder: Embedder) -> None:
    counting = Counting(embedder)
    held = load_registry()
    bot = Bot(held, Index(current(small_home), counting, held.sources), held.sources)
    first = bot.answer("how many could apply for the 2023 open work permit")  # asks for passages, for corrections, for disagreements
    assert len(counting.asked) == len(set(counting.asked)) > 0
    before = len(counting.asked)
    again = bot.answer("how many could apply for the 2023 open work permit")
    assert len(counting.asked) == before
    assert again.model_copy(update={"timings_ms": first.timings_ms}) == first


def test_the_wordings_of_a_follow_up_are_not_embedded_again_without_what_was_said_before(small_home: Path, embedder: Embedder) -> None:
    counting = Counting(embedder)
    index = Index(current(small_home), counting, {})
    index.search(Query(("and for my wife?",), ("what does it cost", "It costs CAN$155.")))
    assert index.nearest_registered("correction", ["and for my wife?"]) is not None
    assert sorted(counting.asked) == ["It costs CAN$155.", "and for my wife?", "what does it cost"]


def test_vectors_do_not_depend_on_what_was_asked_before(small_home: Path, embedder: Embedder) -> None:
    asked = Query(("what does a work permit cost", "work permit fee"), ("how long may I stay in Canada with it",))
    alone, after = (open_index(small_home, embedder, {}) for _ in range(2))
    for earlier in (("work permit fee",), ("how long may I stay in Canada with it", "a much longer question about something else")):
        after.search(Query(earlier))
    one, other = (index._vectors_of(asked) for index in (alone, after))
    assert one is not None and other is not None
    assert np.array_equal(one.each, other.each) and np.array_equal(one.whole, other.whole)  # to the last bit


def test_the_registries_are_read_once_until_one_changes(tmp_path: Path) -> None:
    for table in BUNDLED.glob("*.toml"):
        shutil.copy(table, tmp_path)
    first = load_registry(tmp_path)
    assert load_registry(tmp_path) is first
    with (tmp_path / "glossary.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[term]]\nlong = "boat ride"\nshort = ["br"]\n')
    assert "boat ride" in [term.long for term in load_registry(tmp_path).glossary]
    (tmp_path / "glossary.toml").unlink()
    with pytest.raises(CorpusError, match=r"glossary\.toml: missing"):
        load_registry(tmp_path)


def test_every_registry_is_watched_for_changes() -> None:
    named = {f"{name}.toml" for name in registry._TABLES}
    assert named == {path.name for path in BUNDLED.glob("*.toml") if path.name not in ("figures.toml", "addresses.toml", "languages.toml")}


# The quick way gives what the long way gives


@pytest.mark.parametrize(
    ("lengths", "batches"),
    [
        ([], []),
        ([5, 6, 200, 7], [[0, 1, 3], [2]]),  # the last answer of a conversation beside the wordings of a question
        ([9] * 20, [list(range(8)), list(range(8, 16)), list(range(16, 20))]),
        ([10, 42, 43], [[0, 1], [2]]),  # 32 pieces of padding, and not 33
    ],
)
def test_texts_of_about_one_length_are_embedded_together(embedder: Embedder, lengths: list[int], batches: list[list[int]]) -> None:
    assert isinstance(embedder, OnnxEmbedder)
    assert embedder._batches(lengths) == batches


def test_the_vectors_do_not_depend_on_what_is_embedded_beside_a_text(embedder: Embedder) -> None:
    texts = ["fee", "how long may I stay", "the permit " * 90, "", "biometrics cost 85 dollars for one person"]
    together = embedder.embed(texts)
    assert np.abs(together - np.concatenate([embedder.embed([text]) for text in texts])).max() < 1e-6


def test_a_question_is_embedded_by_two_threads_that_sleep_while_they_wait_and_gets_the_vector_of_one(models: Path) -> None:
    folder = models / "onnx"
    answering, building = load_embedder("all-MiniLM-L6-v2", folder), exported_embedder(folder / "model.onnx")
    for embedder, threads in ((answering, min(cores(), 2)), (building, 1)):
        assert isinstance(embedder, OnnxEmbedder)
        options = embedder._session.get_session_options()
        assert options.intra_op_num_threads == threads
        assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    for wordings in (["what does a work permit cost"], ["is the owp open", "is the open work permit open"], ["fee", "the permit " * 90]):
        assert np.array_equal(answering.embed(wordings), building.embed(wordings))  # to the last bit: an index is made with the one


def test_a_hit_tells_the_best_cosines_of_its_own_rows(home: Path, embedder: Embedder) -> None:
    index, folder = open_index(home, embedder, {}), current(home)
    rows, stored = np.load(folder / "rows.npz"), np.load(folder / "vectors.npy")
    (asked,) = embedder.embed(["how much does a work permit cost"])
    for hit in index.search(Query(("how much does a work permit cost",))):
        own = np.flatnonzero(rows["owner"] == index.passages.number(hit.passage.id))
        questions, text, sentences = (stored[own[rows["kind"][own] == kind]] @ asked for kind in (QUESTION, TEXT, SENTENCE))
        best = [max(questions, default=-1.0), text[0], max(sentences, default=text[0])]
        assert np.allclose([hit.question, hit.text, hit.sentence], best, atol=1e-6)
        assert np.allclose([scored.cosine for scored in hit.sentences], sentences, atol=1e-6)


def test_keywords_are_scored_as_bm25s_scores_them(tmp_path: Path) -> None:
    import bm25s

    dealt = random.Random(5)
    vocabulary = [f"word{n}x" for n in range(40)]
    texts = [" ".join(dealt.choices(vocabulary, k=dealt.randint(0, 30))) for _ in range(60)]
    Keywords.build(texts, tmp_path / "keywords")
    ours, theirs = Keywords.open(tmp_path / "keywords"), bm25s.BM25(method="lucene", k1=0.9, b=0.4)
    theirs.index([terms(text) or ["_"] for text in texts], show_progress=False)
    for _ in range(20):
        asked = list(dict.fromkeys(terms(" ".join(dealt.choices(vocabulary, k=6)))))
        assert np.array_equal(ours.scores(asked, len(texts)), theirs.get_scores(asked))


def test_the_terms_of_a_passage_stand_in_the_index_as_they_would_be_worked_out(home: Path) -> None:
    folder = current(home)
    passages, keywords = Passages(folder), Keywords.open(folder / "keywords")
    indexed = [passages[number] for number in passages.numbers("section").tolist()]
    assert [keywords.terms_in(place) for place in range(len(indexed))] == [frozenset(terms(keyword_text(p))) for p in indexed]
    for name in ("numbers", "starts"):  # as in a build of format 2, which had none
        (tmp := folder / f"keywords/words.{name}.npy").rename(tmp.with_suffix(".aside"))
    try:
        older = Keywords.open(folder / "keywords")
        assert [older.terms_in(place) for place in range(len(indexed))] == [keywords.terms_in(place) for place in range(len(indexed))]
    finally:
        for name in ("numbers", "starts"):
            (tmp := folder / f"keywords/words.{name}.aside").rename(tmp.with_suffix(".npy"))


def test_headings_are_read_without_the_rest_of_a_passage(tmp_path: Path) -> None:
    hard = ('He said "headings": [1], "text": 2', "Ça coûte \\ combien", "")
    made = [Passage(f"s#{n}", "s", heading, (heading,) if n else (), 'A "headings": text.', asked=("?",)) for n, heading in enumerate(hard)]
    passages_file.write(made, tmp_path)
    assert Passages(tmp_path).headings(range(3)) == [passage.heading for passage in made]


# Patterns that are tried only where they can match


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"paved the way for more (?:potential )?rounds", ("paved the way for more ",)),
        (r"\bH-?1-?B\b.{0,80}(?:wait|queue)", ("queue", "wait")),
        (r"^(?!.*\bnot\b).*\b(?:took|accepted) applications", (" applications",)),
        (r"(?:fee|\d+) dollars", (" dollars",)),
        (r"(?:free|\d+)", ("",)),  # neither is certain
        (r"[ab]c?d*", ("",)),
        (r"(?:ab){2,}c", ("ab",)),
        (r"no(?:thing)?(?=\W)", ("no",)),
    ],
)
def test_what_a_pattern_cannot_do_without_is_read_from_it(pattern: str, words: tuple[str, ...]) -> None:
    assert Pattern(pattern).words == words


def test_everything_that_a_pattern_cannot_do_without_is_looked_for_the_least_likely_first() -> None:
    pattern = Pattern(r"2023.{0,60}permits? (?:costs?|is free)")
    assert pattern.needs[:3] == (("permit",), ("2023",), ("cost", "is free"))
    assert pattern.search("In 2023 the permit cost $255.") and not pattern.search("In 2023 the permit closed.")


def test_patterns_match_what_they_match_when_they_are_tried_on_everything() -> None:
    held = load_registry()
    corrections = held.corrections.values()
    patterns = [p for c in corrections for p in (*c.match, *c.match_affirmed)]
    patterns += [p for d in held.disagreements.values() for value in d.values for p in value.match]
    sentences = [wrong for c in corrections for wrong in (*c.wrong, c.right)]
    found = 0
    for pattern in patterns:
        whole = re.compile(pattern.pattern, re.IGNORECASE)
        for sentence in sentences:
            expected = whole.search(sentence)
            got = pattern.search(sentence)
            assert (got and got.span()) == (expected and expected.span()), (pattern, sentence)
            found += expected is not None
    assert found > 200


def test_the_errors_that_a_sentence_may_say_are_those_that_looking_at_each_finds() -> None:
    corrections = load_registry().corrections.values()
    possible = Needing((correction, correction.needs) for correction in corrections)
    sentences = [wrong for c in corrections for wrong in (*c.wrong, c.right)]
    found = 0
    for sentence in sentences:
        told = [c.id for c in corrections if c.contradicts(sentence)]
        assert [c.id for c in possible.in_text(sentence) if c.contradicts(sentence)] == told
        found += bool(told)
    assert found > 100
    assert possible.in_text("") == []
    some = Needing([("second", [(("b",),)]), ("first", [(("a", "b"),), (("c",),)]), ("both", [(("a",), ("c", "d"))]), ("always", [()])])
    assert some.in_text("A b") == ["second", "first", "always"]
    assert some.in_text("a c") == ["first", "both", "always"]  # each once
    assert some.in_text("d") == ["always"]


@pytest.mark.parametrize(("pattern", "text"), [("kiss", "\u212aISS"), ("kiss", "ki\u017fs"), ("its", "\u0131TS"), ("its", "\u0130TS")])
def test_letters_that_re_takes_for_others_are_taken_for_them_here_too(pattern: str, text: str) -> None:
    assert re.search(pattern, text, re.IGNORECASE) and Pattern(pattern).search(text)


@pytest.mark.parametrize("pattern", ["(fee", "(?<=a+)b"])
def test_a_pattern_that_does_not_compile_is_told_at_once(pattern: str) -> None:
    with pytest.raises(re.error):
        Pattern(pattern)


# Registries in a copy


def test_the_registries_are_read_from_a_kept_copy_until_one_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, kept = tmp_path / "corpus", tmp_path / "registry.json"
    folder.mkdir()
    for table in BUNDLED.glob("*.toml"):
        shutil.copy(table, folder)
    first = load_registry(folder, kept)

    monkeypatch.setattr(registry, "_held", {})
    monkeypatch.setattr(registry, "_rows", lambda *_: pytest.fail("read again"))
    assert load_registry(folder, kept) == first
    monkeypatch.undo()

    for damage in ("flipped", "cut", "gone", "not writable"):
        whole = kept.read_bytes()
        kept.write_bytes({"flipped": whole.replace(b"155", b"156", 1), "cut": whole[:-9]}.get(damage, whole))
        if damage in ("gone", "not writable"):
            kept.unlink()
        monkeypatch.setattr(registry, "_held", {})
        assert load_registry(folder, tmp_path / "nowhere" / "registry.json" if damage == "not writable" else kept) == first
        kept.write_bytes(whole)

    with (folder / "glossary.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[term]]\nlong = "boat ride"\nshort = ["br"]\n')
    monkeypatch.setattr(registry, "_held", {})
    assert "boat ride" in [term.long for term in load_registry(folder, kept).glossary]


# Texts that every index holds


def test_the_wordings_of_known_errors_are_embedded_once_for_a_data_folder(embedder: Embedder, tmp_path: Path) -> None:
    shared = tmp_path / "models"
    shared.mkdir()
    wrong = [wording for passage in registered(load_registry()) for wording in passage.asked]
    make_ready(wrong[:5], embedder, shared, lambda *_: None)
    counting = Counting(embedder)
    passages = [passage for passage in PASSAGES if passage.kind == "section"]
    told = Passage("s#correction-x", "s", "S", ("Corrected",), "It is so.", kind="correction", asked=(*wrong[:5], "one more"))
    build_index(tmp_path, [*passages, told], counting, ready=shared)
    assert "one more" in counting.asked and set(wrong[:5]).isdisjoint(counting.asked)
    vectors = np.load(current(tmp_path) / "vectors.npy")
    assert np.abs(vectors[-6:-1] - embedder.embed(wrong[:5])).max() < 1e-6
    assert list((tmp_path / "index").glob(SAVED)) == [] and len(list(shared.glob(SAVED))) == 1  # it stays


def test_preparing_the_model_embeds_them_and_only_once(models: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    shutil.copytree(models, settings.exported.parent, ignore=shutil.ignore_patterns(SAVED))
    steps: list[str] = []
    for _ in range(2):
        prepare_model(settings, lambda step, done, total: steps.append(f"{step} {done}/{total}") if done == total else None)
    count = len({wording for passage in registered(load_registry()) for wording in passage.asked})
    assert steps == [f"embedding {count}/{count}"]


# The exported model in two files


def record(folder: Path, **changed: str) -> None:
    made = json.loads((folder / "export.json").read_text())
    (folder / "export.json").write_text(json.dumps({**made, **changed}))


def copied(models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(models / "onnx", tmp_path / "onnx"))


def test_weights_that_changed_since_the_export_are_not_used(models: Path, tmp_path: Path) -> None:
    copy = copied(models, tmp_path)
    assert valid_export(copy) == copy / "model.onnx"
    with (copy / "weights.bin").open("r+b") as file:
        file.seek(40_000_000)
        file.write(b"\x01")
    assert valid_export(copy) is None
    (copy / "weights.bin").unlink()
    assert valid_export(copy) is None


def test_an_export_of_an_earlier_version_in_one_file_still_serves(models: Path, tmp_path: Path) -> None:
    copy = copied(models, tmp_path)
    made = json.loads((copy / "export.json").read_text())
    del made["data"]
    (copy / "export.json").write_text(json.dumps(made))
    assert valid_export(copy) == copy / "model.onnx"


def test_the_graph_holds_no_weights_of_its_own(models: Path) -> None:
    sizes = {path.name: path.stat().st_size for path in (models / "onnx").iterdir()}
    assert set(sizes) == {"model.onnx", "weights.bin", "export.json"}
    assert sizes["model.onnx"] < 1_000_000 < 80_000_000 < sizes["weights.bin"]


@pytest.mark.parametrize("graph", [b"", b"no graph"])
def test_a_graph_that_onnx_runtime_cannot_load_is_named(models: Path, tmp_path: Path, graph: bytes) -> None:
    copy = copied(models, tmp_path)
    (copy / "model.onnx").write_bytes(graph)
    record(copy, graph=sha256(copy / "model.onnx"))
    with pytest.raises(ModelError, match=r"model\.onnx: cannot be loaded \(.*\); remove its folder, then: northbound index build"):
        load_embedder("all-MiniLM-L6-v2", copy)
