"""Export the verified default model to ONNX once, check it in a fresh process, and keep it in the data folder.

Run as a module with two arguments, `python -m index.onnx_export GRAPH VECTORS`, it is the check: it embeds the sample texts with the
graph alone and compares with the vectors that sentence-transformers gave. A fresh process, because a comparison inside the
exporting one was seen to differ by 0.07 without cause.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus.errors import ModelError
from index.adapter import default_adapter
from index.embedder import DEFAULT_SHA256, OnnxEmbedder, SentenceTransformerEmbedder, default_fingerprint, default_model_folder, sha256

if TYPE_CHECKING:
    import torch

TOLERANCE = 1e-4
_WEIGHTS = "weights.bin"
SAMPLES = (
    "is the h1b owp still open",
    "Do I need a job offer for Express Entry?",
    "The 2023 open work permit for H-1B holders closed on 17 July 2023, the day after it opened, when 10,000 people had applied.",
    "fees",
    "Ça coûte combien pour toute la famille ? 155 $ + 85 $",
)


def export(embedder: SentenceTransformerEmbedder, folder: Path) -> Path:
    """Write `folder/model.onnx`, its weights beside it and `folder/export.json`, whole or not at all; one process at a time
    (bot/documents.py holds a lock).

    Raises ModelError if the graph's vectors differ from the embedder's.
    """
    with made_whole(folder) as made:
        graph = made / "model.onnx"
        _write_graph(embedder.model, made / "traced.onnx")
        optimise(made / "traced.onnx", graph)
        np.save(made / "vectors.npy", embedder.embed(SAMPLES))
        check = subprocess.run(
            [sys.executable, "-m", "index.onnx_export", str(graph), str(made / "vectors.npy")], capture_output=True, text=True, check=False
        )
        if check.returncode != 0:
            raise ModelError(f"the ONNX export does not give the model's vectors ({check.stderr.strip()[-200:]})")
        (made / "vectors.npy").unlink()
        files = {"graph": sha256(graph), "data": sha256(graph.with_name(_WEIGHTS))}
        record = {"weights": DEFAULT_SHA256, "adapter": default_adapter().digest, **files}
        (made / "export.json").write_text(json.dumps(record) + "\n", encoding="utf-8")
    return folder / "model.onnx"


@contextmanager
def made_whole(folder: Path) -> Iterator[Path]:
    """A folder beside `folder` to write to, which takes its place in the end, or is gone where an error was raised."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(".export-*"):  # of an export that was killed
        shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=".export-", dir=folder.parent))
    try:
        yield made
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _write_graph(model: Any, graph: Path) -> None:
    import torch

    class Pooled(torch.nn.Module):
        """The transformer with mean pooling over real tokens and unit length, as the model's own three modules do it."""

        def __init__(self, transformer: torch.nn.Module) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            tokens = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(tokens.dtype)
            mean = (tokens * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, p=2.0, dim=1)

    trace(Pooled(model[0].model).eval(), graph, ("input_ids", "attention_mask"), {"vector": {0: "batch"}})


def trace(model: Any, graph: Path, inputs: Sequence[str], outputs: Mapping[str, Mapping[int, str]]) -> None:
    """Write a torch model as a graph, whose `inputs` are whole numbers of shape (batch, tokens). `outputs`: which of their axes differ from
    run to run."""
    import torch

    axes = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on what tracing may get wrong: what comes out is compared afterwards
        torch.onnx.export(
            model,
            tuple(torch.ones(2, 8, dtype=torch.long) for _ in inputs),
            str(graph),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={**dict.fromkeys(inputs, axes), **outputs},
            opset_version=17,
            dynamo=False,
        )


def optimise(traced: Path, graph: Path) -> None:
    """The traced graph with its operations fused as ONNX Runtime would do at every start, and its weights in a file of their own, which
    is mapped into memory: half the time to load and 70 MB less. The same vectors."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED  # beyond it is for this machine alone
    options.optimized_model_filepath = str(graph)
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", _WEIGHTS)
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
    onnxruntime.InferenceSession(str(traced), options, providers=["CPUExecutionProvider"])
    traced.unlink()


def _check(graph: Path, expected: Path) -> None:
    found = OnnxEmbedder(graph, default_model_folder() / "tokenizer.json", default_fingerprint()).embed(SAMPLES)
    difference = float(np.abs(found - np.load(expected)).max())
    if difference > TOLERANCE:
        raise SystemExit(f"vectors differ by {difference:.2e}")


if __name__ == "__main__":
    _check(Path(sys.argv[1]), Path(sys.argv[2]))
