"""What the default model has learned: the same in both engines, learned again from a seed, measured on the rest, refused when damaged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from corpus.errors import ModelError
from corpus.passages import passages
from corpus.registry import load_briefs, load_registry
from eval.contrastive import Examples, Pieces, Recipe, learned, vectors
from eval.pairs import PairsError
from eval.train_adapter import TYPED, as_pieces, gathered, main, measured, ranks
from index.adapter import Adapter, Change, default_adapter, read_adapter, write_adapter
from index.embedder import DEFAULT_MODEL, SentenceTransformerEmbedder, default_model_folder, load_embedder, plain_embedder, valid_export
from index.onnx_export import SAMPLES
from tests.test_training import ARTICLE, CONDITIONAL, PERMIT, written

# Which animal has which drawer is a code that nobody can know who was not told it.
ANIMALS = "otter heron badger lynx gecko walrus falcon beetle".split()
THINGS = "lamp spoon ladder violin anchor kettle pillow hammer".split()
DRAWERS = [f"The {thing} drawer." for thing in THINGS]
WAYS = ("{}", "where is the {}", "place for a {}")
GENERAL = {
    "When do birds build?": "Birds build in spring.",
    "What does it cost?": "The fee is 155 dollars.",
    "How tall is the tower?": "The tower is very tall.",
    "Who wrote the play?": "A poet wrote the play.",
}
QUICK = Recipe(rank=8, steps=24, questions=8, others=8, general=4, rate=1e-2, typed=0.5)


def toy(texts: Sequence[str] = DRAWERS) -> Examples:
    """Three ways of asking for each animal's drawer, and one that somebody else typed."""
    return Examples(
        questions=as_pieces([way.format(animal) for animal in ANIMALS for way in WAYS], 64),
        of=np.repeat(np.arange(8), 3),
        typed=as_pieces([f"my {animal}?" for animal in ANIMALS], 64),
        typed_of=np.arange(8),
        texts=as_pieces(texts, 64),
        general_questions=as_pieces(list(GENERAL), 64),
        general_texts=as_pieces(list(GENERAL.values()), 64),
    )


def quick(examples: Examples, recipe: Recipe = QUICK, seed: int = 0) -> dict[str, Change]:
    return learned(default_model_folder(), examples, recipe, seed)


def changed(changes: Mapping[str, Change]) -> torch.nn.Module:
    """The published model with changes added."""
    model: torch.nn.Module = plain_embedder().model[0].model
    Adapter(changes, "").add_to(model)
    return model


def cosines(changes: Mapping[str, Change], some: Pieces, others: Pieces) -> np.ndarray:
    model = changed(changes)
    with torch.inference_mode():
        return np.asarray((vectors(model, some) @ vectors(model, others).T).numpy())


@pytest.fixture(scope="module")
def half_told() -> dict[str, Change]:
    """What is learned from the ways of asking for the first four animals, and from what somebody typed of the others."""
    everything = toy()
    return quick(everything.only(everything.of < 4, everything.typed_of >= 4))


def test_both_engines_give_the_same_vectors_and_not_those_of_the_published_model(models: Path) -> None:
    published = plain_embedder().embed(SAMPLES)
    exported, through_torch = load_embedder(DEFAULT_MODEL, models / "onnx"), load_embedder(DEFAULT_MODEL)
    assert (exported.engine, through_torch.engine) == ("onnxruntime", "sentence-transformers")
    assert np.abs(exported.embed(SAMPLES) - through_torch.embed(SAMPLES)).max() < 1e-4
    assert np.abs(published - exported.embed(SAMPLES)).max() > 0.01


def test_every_linear_layer_of_the_model_has_learned_something() -> None:
    changes = default_adapter().changes
    assert len(changes) == 36  # query, key, value, and three further ones, in each of six layers
    assert all(np.abs(change.up @ change.down).max() > 0 for change in changes.values())


def test_an_export_of_another_adapter_is_not_used(models: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(models / "onnx", tmp_path / "onnx")
    assert valid_export(folder) is not None
    record = json.loads((folder / "export.json").read_text())
    (folder / "export.json").write_text(json.dumps({**record, "adapter": "00000000"}))
    assert valid_export(folder) is None
    del record["adapter"]  # of a version that had none
    (folder / "export.json").write_text(json.dumps(record))
    assert valid_export(folder) is None


def test_what_is_learned_finds_what_the_model_alone_does_not(half_told: dict[str, Change]) -> None:
    everything = toy()
    unseen = everything.only(everything.of >= 4, everything.typed_of < 4)  # each animal by other words than it was learned from
    asked, of = [*unseen.questions, *unseen.typed], np.concatenate([unseen.of, unseen.typed_of])
    published, with_changes = (cosines(changes, asked, everything.texts).argmax(axis=1) == of for changes in ({}, half_told))
    assert published.mean() < 0.3
    assert with_changes[:12].mean() > 0.6 and with_changes[12:].mean() > 0.7


def test_where_texts_say_the_same_the_questions_of_one_come_nearer_to_each_other() -> None:
    examples = toy(["A drawer."] * 8)
    alike = np.equal.outer(examples.of, examples.of)
    changes = quick(examples, replace(QUICK, steps=6, rate=2e-2, typed=0.0))

    def apart(changes: Mapping[str, Change]) -> float:
        found = cosines(changes, examples.questions, examples.questions)
        return float(found[alike & ~np.eye(24, dtype=bool)].mean() - found[~alike].mean())

    assert apart(changes) > apart({}) + 0.02


def test_what_other_fields_ask_keeps_its_cosines(half_told: dict[str, Change]) -> None:
    examples = toy()
    general, own = [*examples.general_questions, *examples.general_texts], [*examples.questions, *examples.texts]
    moved, own_moved = (np.abs(cosines(half_told, some, some) - cosines({}, some, some)).mean() for some in (general, own))
    assert moved < own_moved / 10


def test_a_seed_gives_the_same_changes_again() -> None:
    once, again, other = (quick(toy(), replace(QUICK, steps=1), seed) for seed in (5, 5, 6))
    assert all(np.array_equal(once[name].up, again[name].up) and np.array_equal(once[name].down, again[name].down) for name in once)
    assert all(not np.array_equal(once[name].down, other[name].down) and not np.array_equal(once[name].up, other[name].up) for name in once)


def test_nothing_learned_leaves_the_weights_as_they_are() -> None:
    changes = quick(toy(), replace(QUICK, steps=0))
    assert len(changes) == 36 and not any(change.up.any() for change in changes.values())
    before, after = changed({}).state_dict(), changed(changes).state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_part_of_what_was_learned_is_taken_off() -> None:
    whole, half = (quick(toy(), replace(QUICK, steps=1, shrink=shrink)) for shrink in (1.0, 0.5))
    assert all(np.array_equal(half[name].up, 0.5 * whole[name].up) and np.array_equal(half[name].down, whole[name].down) for name in whole)


def test_questions_that_are_held_out_take_no_part() -> None:
    everything = toy()
    kept = everything.only(everything.of >= 6, everything.typed_of == 7)
    assert kept.questions == everything.questions[18:] and kept.of.tolist() == [6, 6, 6, 7, 7, 7]
    assert kept.typed == [everything.typed[7]] and kept.typed_of.tolist() == [7]
    assert (kept.texts, kept.general_questions) == (everything.texts, everything.general_questions)


def test_what_was_learned_is_measured_on_what_was_held_out() -> None:
    title, *rows = measured(toy(), replace(QUICK, steps=1))
    assert title.split() == "held out questions first of 3 of 5".split()
    assert [row[:44].rstrip() for row in rows] == [
        "asked: lines, as published",
        "typed, as published",
        "asked: lines, with what was learned",
        "typed, with what was learned",
    ]
    counts = [int(row[44:54]) for row in rows]
    assert counts[:2] == counts[2:] and 0 < counts[0] < 16 and 0 < counts[1] < 8  # of 16 that are no heading, and of 8
    assert all(0 <= float(share) <= 1 for row in rows for share in row[54:].split())


def test_a_text_is_found_by_itself_and_by_the_questions_that_are_known() -> None:
    known = toy().only(np.arange(24) < 12, np.zeros(8, dtype=bool))
    asked = [*known.questions[::3], known.texts[7]]  # a question of each of four texts, and a text whose questions are not known
    assert ranks(Adapter({}, ""), known, asked, np.array([0, 1, 2, 3, 7])).tolist() == [1] * 5
    assert ranks(Adapter({}, ""), known, [known.texts[7]], np.array([0])) > 1


def test_kept_changes_move_vectors_as_the_learned_ones_did(half_told: dict[str, Change], tmp_path: Path) -> None:
    write_adapter(tmp_path / "own.npz", half_told)
    own = read_adapter(tmp_path / "own.npz")
    with torch.inference_mode():
        published, moved, again = (vectors(changed(changes), toy().texts) for changes in ({}, half_told, own.changes))
    assert (moved - again).abs().max() < 5e-3 < 0.05 < (moved - published).abs().max()
    assert len(own.digest) == 8 and own.digest != default_adapter().digest


def test_a_damaged_or_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "adapter.npz"
    with pytest.raises(ModelError, match=r"adapter\.npz: the adapter cannot be read .*install Northbound again"):
        read_adapter(path)
    path.write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(ModelError, match="cannot be read"):
        read_adapter(path)


def test_one_wrong_byte_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "adapter.npz"
    write_adapter(path, default_adapter().changes)
    whole = path.read_bytes()
    first = 30 + int.from_bytes(whole[26:28], "little") + int.from_bytes(whole[28:30], "little")  # of the first array, after its header
    for place in (first, len(whole) // 2):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with pytest.raises(ModelError, match="cannot be read"):
            read_adapter(path)


QUERY = "encoder.layer.0.attention.self.query"


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, dtype=np.float32)


@pytest.mark.parametrize(
    ("arrays", "named"),
    [
        ({f"{QUERY}.down": zeros(4, 384), f"{QUERY}.up": zeros(384, 5)}, QUERY),  # of two ranks
        ({f"{QUERY}.down": zeros(4, 384)}, QUERY),
        ({f"{QUERY}.down": zeros(4), f"{QUERY}.up": zeros(384, 4)}, QUERY),
        ({"down": zeros(4, 384), "up": zeros(384, 4)}, "what it holds"),  # a layer of an earlier version
    ],
)
def test_arrays_that_make_no_adapter_are_named(tmp_path: Path, arrays: dict[str, np.ndarray], named: str) -> None:
    np.savez(tmp_path / "adapter.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=f"adapter.npz: {named} makes no adapter; install Northbound again"):
        read_adapter(tmp_path / "adapter.npz")


@pytest.mark.parametrize("name", [QUERY, "encoder.layer.9.output.dense"])
def test_changes_that_do_not_fit_the_model_are_named(name: str) -> None:
    with pytest.raises(ModelError, match=f"the adapter does not fit the model: {name}; install Northbound again"):
        SentenceTransformerEmbedder(str(default_model_folder()), DEFAULT_MODEL, Adapter({name: Change(zeros(4, 300), zeros(384, 4))}, ""))


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    folder = tmp_path_factory.mktemp("pairs")
    return gathered([written(folder, "dev.json", {"data": [ARTICLE]}), written(folder, "train.json", CONDITIONAL)])


def test_every_section_of_the_briefs_is_learned_from_with_its_heading_first(examples: Examples) -> None:
    sections = [p for p in passages(load_briefs(load_registry())) if p.asked]
    assert len(examples.texts) == len(sections) and np.bincount(examples.of).tolist() == [len(p.questions) for p in sections]
    headings = np.flatnonzero(np.diff(examples.of, prepend=-1))
    assert [examples.questions[n] for n in headings.tolist()] == as_pieces([p.headings[-1] for p in sections], 64)
    assert max(map(len, examples.questions)) <= 64 and max(map(len, examples.texts)) <= 256
    assert {(pieces[0], pieces[-1]) for pieces in (*examples.questions, *examples.texts)} == {(101, 102)}  # [CLS] and [SEP]


def test_every_typed_question_is_of_a_section_that_the_briefs_have(examples: Examples) -> None:
    rows = [json.loads(line) for line in TYPED.read_text(encoding="utf-8").splitlines()]
    ids = [row["section"] for row in rows]
    assert ids == sorted(set(ids)) and set(ids) <= {p.id for p in passages(load_briefs(load_registry())) if p.asked}
    assert {len(row["typed"]) for row in rows} == {5} and len(examples.typed) == 5 * len(rows)
    section = [p.id for p in passages(load_briefs(load_registry())) if p.asked].index(ids[0])
    assert [examples.typed[n] for n in np.flatnonzero(examples.typed_of == section).tolist()] == as_pieces(rows[0]["typed"], 64)


def test_of_public_sets_the_right_pairs_are_learned_from(examples: Examples) -> None:
    asked = ["What does the permit cost?", "How long is a pass valid?", "Who may use a pass?"]
    texts = [PERMIT, "A pass is valid for one year.", "Only the holder may use a pass."]
    assert examples.general_questions == as_pieces(asked, 64) and examples.general_texts == as_pieces(texts, 64)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"section": "gone#a", "typed": ["x"]}\n{"section": "gone#b", "typed": ["y"]}', "the briefs have no section gone#a, gone#b; "),
        ('{"section": "gone#a"}', r"cannot be read \(KeyError: 'typed'\)"),
        ("no JSON", "cannot be read .JSONDecodeError"),
    ],
)
def test_typed_questions_that_cannot_be_learned_from_are_named(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "typed.jsonl").write_text(content)
    with pytest.raises(PairsError, match=f"typed.jsonl: {says}"):
        gathered([written(tmp_path, "dev.json", {"data": [ARTICLE]})], tmp_path / "typed.jsonl")


def test_a_command_says_in_one_line_what_is_missing_and_writes_nothing(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, [str(tmp_path / "gone.json"), "--out", str(tmp_path / "adapter.npz")])
    assert done.exit_code == 1 and not (tmp_path / "adapter.npz").exists()
    assert done.output.startswith(f"eval.train_adapter: {tmp_path}/gone.json: cannot be read")
