"""The default model's own layer: the same in both engines, learned again from a seed, refused when it is damaged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from corpus.errors import ModelError
from eval.train_adapter import Pairs, found, learned
from index.adapter import Adapter, default_adapter, read_adapter, write_adapter
from index.embedder import DEFAULT_MODEL, load_embedder, plain_embedder, valid_export
from index.onnx_export import SAMPLES


def unit(rows: int, seed: int, dimension: int = 32) -> np.ndarray:
    made = np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True))


def crossed(sections: int = 60) -> Pairs:
    """Questions whose vectors lie with their text's once the two halves of a vector change places."""
    texts = unit(sections, 1)
    of = np.repeat(np.arange(sections), 8)
    questions = np.roll(texts, 16, axis=1)[of] + 0.3 * unit(len(of), 2)
    return Pairs(np.asarray(questions / np.linalg.norm(questions, axis=1, keepdims=True), dtype=np.float32), texts, of)


def test_the_layer_and_the_map_move_vectors_alike() -> None:
    adapter, vectors = default_adapter(), unit(5, 3, 384)
    through = adapter.layer()({"sentence_embedding": torch.from_numpy(vectors)})["sentence_embedding"].numpy()
    assert np.abs(adapter(vectors) - through).max() < 1e-6
    assert np.allclose(np.linalg.norm(through, axis=1), 1.0, atol=1e-6)


def test_the_model_in_use_is_the_published_one_with_our_layer(models: Path) -> None:
    published = plain_embedder().embed(SAMPLES)
    ours = load_embedder(DEFAULT_MODEL, models / "onnx").embed(SAMPLES)
    assert np.abs(default_adapter()(published) - ours).max() < 1e-4
    assert np.abs(published - ours).max() > 0.01


def test_an_export_of_another_layer_is_not_used(models: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(models / "onnx", tmp_path / "onnx")
    assert valid_export(folder) is not None
    record = json.loads((folder / "export.json").read_text())
    (folder / "export.json").write_text(json.dumps({**record, "adapter": "00000000"}))
    assert valid_export(folder) is None
    del record["adapter"]  # of a version that had none
    (folder / "export.json").write_text(json.dumps(record))
    assert valid_export(folder) is None


def test_what_is_learned_finds_what_the_model_alone_does_not() -> None:
    pairs = crossed()
    everyone = np.ones(len(pairs.texts), dtype=bool)
    down, up = learned(pairs, seed=0, epochs=40)
    assert found(pairs, everyone, down, np.zeros_like(up))[0] < 0.2
    assert found(pairs, everyone, down, up)[0] > 0.9


def test_a_seed_gives_the_same_weights_again() -> None:
    pairs = crossed(20)
    (down, up), (again, up_again), (other, _) = (learned(pairs, seed, epochs=2) for seed in (5, 5, 6))
    assert np.array_equal(down, again) and np.array_equal(up, up_again)
    assert not np.array_equal(down, other)


def test_held_out_sections_take_no_part_in_learning() -> None:
    pairs = crossed(30)
    seen = pairs.among(np.arange(30) >= 10)
    assert len(seen.texts) == 20 and np.array_equal(seen.texts[seen.of[0]], pairs.texts[10])
    assert len(seen.questions) == 160 and seen.of.max() == 19


def test_kept_weights_move_vectors_as_the_learned_ones_did(tmp_path: Path) -> None:
    down, up = unit(4, 4) * 0.1, unit(32, 5, 4) * 0.1
    write_adapter(tmp_path / "own.npz", down, up)
    kept, vectors = read_adapter(tmp_path / "own.npz"), unit(50, 6)
    assert np.abs(kept(vectors) - Adapter(down, up, "")(vectors)).max() < 1e-4
    assert len(kept.digest) == 8 and kept.digest != default_adapter().digest


def test_a_damaged_or_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "adapter.npz"
    with pytest.raises(ModelError, match=r"adapter\.npz: the adapter cannot be read .*install Northbound again"):
        read_adapter(path)
    path.write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(ModelError, match="cannot be read"):
        read_adapter(path)
    write_adapter(path, unit(4, 1), unit(32, 1, 5))
    with pytest.raises(ModelError, match="make no adapter"):
        read_adapter(path)
