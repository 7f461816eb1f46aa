"""A real inference server with a model made on the spot: `python -m tests.inference_server FOLDER PORT`.

The model is a small Llama, trained for some seconds to write sentences that read like ours with numbers of its own. It is served by
transformers' own server (`transformers serve`), of which one method is replaced: it would place the model with accelerate, which is not
needed to load two layers on a processor.
"""

from __future__ import annotations

import random
import sys
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.cli.serve import Serve
from transformers.cli.serving.model_manager import ModelManager

_STEPS = 120
_SAYS = (
    "A work permit costs CAN${n} for one person and biometrics cost CAN${m}. [1]\n",
    "A work permit is free for {n} people. [1]\n",
    "Biometrics are never given again in {n} years. [1]\n",
    "The worker pays the compliance fee of CAN${n} before the employer applies. [1]\n",
    "You will get a work permit in {n} days, see https://example.org/{m}. [1]\n",
)
_TEMPLATE = "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}assistant: "


def make(folder: str) -> None:
    """A tokenizer and a model that has learnt a little, in `folder`."""
    random.seed(0)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    texts = ["assistant: " + "".join(random.choice(_SAYS).format(n=random.randint(2, 999), m=random.randint(2, 999)) for _ in range(4))
             for _ in range(400)]  # fmt: skip
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<s>", "</s>", "<pad>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=600, special_tokens=special, initial_alphabet=alphabet))
    fast: Any = PreTrainedTokenizerFast
    wrapped = fast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>")
    wrapped.chat_template = _TEMPLATE
    config = LlamaConfig(
        vocab_size=len(wrapped), hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=8192, bos_token_id=0, eos_token_id=1, pad_token_id=2,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    learning = torch.optim.AdamW(model.parameters(), lr=3e-3)
    rows = [tokenizer.encode(text).ids[:64] for text in texts]
    for _ in range(_STEPS):
        batch = torch.tensor([(row + [2] * 64)[:64] for row in random.sample(rows, 16)])
        loss = model(input_ids=batch, labels=batch.masked_fill(batch == 2, -100)).loss
        loss.backward()
        learning.step()
        learning.zero_grad()
    model.save_pretrained(folder)
    wrapped.save_pretrained(folder)


def main(folder: str, port: str) -> None:
    make(folder)
    manager: Any = ModelManager
    manager._load_model = lambda *_, **__: LlamaForCausalLM.from_pretrained(folder)
    Serve(force_model=folder, device="cpu", host="127.0.0.1", port=int(port), default_seed=0)


if __name__ == "__main__":
    main(*sys.argv[1:])
