"""The reader as a torch model, for learning and for where nothing was exported, and its export to ONNX in whole numbers of eight bits.

An embedder's vectors must be the same whatever runs it, as an index is made once; a reader's numbers are compared with bounds, which were
set with the exported graph, and a tenth more or less of log odds decides nothing. In eight bits it takes half the time and a quarter of the
memory.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from corpus.errors import ModelError
from index.embedder import DEFAULT_SHA256, default_model_folder, sha256
from index.onnx_export import made_whole, optimise, trace
from index.reader import GRAPH, RECORD, Learned, OnnxReader, arrays, of_question, of_text, together

TOLERANCE = 1.0  # in log odds, between eight bits and float32
SAMPLES = (  # a question, a heading and a text
    (
        "do i need a job offer for express entry",
        "Do I need a job offer for Express Entry?",
        "No. Express Entry asks for no job offer in most programs.\nThe trades program asks for an offer or a certificate.",
    ),
    (
        "what does a work permit cost",
        "How long does a work permit take?",
        "A work permit takes two weeks for some jobs and longer for others.",
    ),
    ("can my wife work", "May the spouse of a worker get an open work permit?", "A spouse may apply for an open work permit."),
)


class ReaderModel(torch.nn.Module):
    """A BERT model with an output: `model(ids, mask, types)` gives log odds, shape (rows,), 0 before it has learned."""

    def __init__(self, bert: Any) -> None:
        super().__init__()
        self.bert = bert
        self.answers = torch.nn.Linear(2 * bert.config.hidden_size, 1)  # of the first piece, and of the mean of all
        torch.nn.init.zeros_(self.answers.weight)
        torch.nn.init.zeros_(self.answers.bias)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        states = self.bert(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
        real = mask.unsqueeze(-1).to(states.dtype)
        mean = (states * real).sum(1) / real.sum(1)
        odds: torch.Tensor = self.answers(torch.cat([states[:, 0], mean], dim=1)).squeeze(1)
        return odds


def published(folder: Path) -> Any:
    """The model in a folder as a `BertModel`, whose weights nobody has checked."""
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    made = BertModel(BertConfig.from_pretrained(str(folder)), add_pooling_layer=False)
    weights = {name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items() if tensor.is_floating_point()}
    missing = made.load_state_dict(weights, strict=False).missing_keys
    if missing:
        raise ModelError(f"{folder}: its weights are not those of the default model ({missing[0]} is missing)")
    return made


def with_learned(learned: Learned) -> ReaderModel:
    """The default model with what was learned. Raises ModelError where it does not fit."""
    model = ReaderModel(published(default_model_folder()))
    learned.adapter.add_to(model.bert)
    try:
        model.load_state_dict({name: torch.from_numpy(array) for name, array in learned.outputs.items()}, strict=False)
    except RuntimeError as error:
        raise ModelError(f"the reader does not fit the model ({str(error).splitlines()[-1].strip()}); install Northbound again") from None
    return model.eval()


class TorchReader:
    """The same through torch, in float32."""

    def __init__(self, learned: Learned) -> None:
        self._model = with_learned(learned)

    def read(self, question: str, texts: Sequence[tuple[str, str]]) -> list[float]:
        asked = of_question(question)
        rows = [together(asked, of_text(heading, text)) for heading, text in texts]
        if not rows:
            return []
        with torch.no_grad():
            odds: list[float] = self._model(*(torch.from_numpy(array) for array in arrays(rows))).tolist()
        return odds


def export_reader(learned: Learned, folder: Path) -> Path:
    """Write the graph and the record of what it was made from, whole or not at all; one process at a time (bot/documents.py holds a lock).

    Raises ModelError where eight bits give other numbers.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with made_whole(folder) as made:
        inputs = ("input_ids", "attention_mask", "token_type_ids")
        trace(with_learned(learned), made / "traced.onnx", inputs, {"answers": {0: "batch"}})
        optimise(made / "traced.onnx", made / "optimised.onnx")
        with warnings.catch_warnings(), _without_advice():
            warnings.simplefilter("ignore")
            # 7 of the 8 bits: processors without the newer instructions add pairs of products up in 16.
            quantize_dynamic(
                made / "optimised.onnx",
                made / GRAPH,
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=True,
                extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
            )
        for left in [*made.glob("optimised*"), *made.glob("*.bin")]:
            left.unlink()
        _check(OnnxReader(made / GRAPH), TorchReader(learned))
        record = {"weights": DEFAULT_SHA256, "learned": learned.adapter.digest, "graph": sha256(made / GRAPH)}
        (made / RECORD).write_text(json.dumps(record) + "\n", encoding="utf-8")
    return folder / GRAPH


@contextmanager
def _without_advice() -> Iterator[None]:
    """Without what ONNX Runtime's tools advise in the log of all programs: to shape the graph before its numbers are made smaller, which
    they were, and what came out is compared."""

    def is_told(record: logging.LogRecord) -> bool:
        return "pre-processing before quantization" not in record.getMessage()

    root = logging.getLogger()
    root.addFilter(is_told)
    try:
        yield
    finally:
        root.removeFilter(is_told)


def _check(exported: OnnxReader, whole: TorchReader) -> None:
    for question, heading, text in SAMPLES:
        (found,), (expected,) = (one.read(question, [(heading, text)]) for one in (exported, whole))
        if not abs(found - expected) <= TOLERANCE:
            raise ModelError(f"the exported reader says {found:.2f} where the model says {expected:.2f}")
