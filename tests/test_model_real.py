"""A real inference server with a small real model that makes things up: fluent, marked, and wrong. Nothing of it may reach an answer."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import writing
from bot.chain import Bot, open_bot
from bot.settings import Settings
from index.build import build_index
from index.embedder import Embedder
from tests.chroma_process import free_port
from tests.conftest import ROOT, new_home
from tests.test_model import COSTS, PASSAGES

QUESTIONS = (COSTS, "Who pays the compliance fee?", "Can my spouse work in Canada?")
MADE_UP = ("is free", "never given", "You will", "example.org", "The worker pays the compliance fee", "before the employer applies")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`transformers serve` with a model that was made a moment ago."""
    port, folder = free_port(), tmp_path_factory.mktemp("tiny")
    log = (folder / "log").open("wb")
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    command = [sys.executable, "-m", "tests.inference_server", str(folder), str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=offline, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 240
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                    break
            except OSError:
                assert process.poll() is None and time.monotonic() < until, (folder / "log").read_text(encoding="utf-8", errors="replace")
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/v1 {folder}"
    finally:
        process.kill()
        process.wait()
        log.close()


@pytest.fixture(scope="module")
def home(models: Path, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = new_home(tmp_path_factory.mktemp("real") / "data", models)
    build_index(folder, PASSAGES, embedder)
    return folder


def served(home: Path, address: str, options: str) -> Bot:
    url, name = address.split(" ")
    return open_bot(Settings(home=home, model=f"openai:{name}", model_url=url, model_seconds=240.0, model_options=options))


@pytest.mark.parametrize("temperature", [0.01, 1.0])
def test_what_a_real_model_makes_up_never_reaches_an_answer(home: Path, address: str, temperature: float) -> None:
    bot = served(home, address, f'{{"max_tokens": 60, "temperature": {temperature}}}')
    plain = open_bot(Settings(home=home))
    for question in QUESTIONS:
        answer = bot.answer(question)
        use = answer.model_use
        assert use is not None and use.calls == 1 and use.input_tokens > 100 and use.output_tokens > 20 and use.refused > 0
        assert not any(words in answer.answer for words in MADE_UP)
        # Whatever it wrote, every sentence stands in the passage it cites, and the sources' own answer is whole.
        known = "\n".join(passage.text for passage in PASSAGES)
        assert all(claim.text in known or claim.text.lower() in known.lower() for claim in answer.claims)
        assert {claim.text for claim in plain.answer(question).claims} <= {claim.text for claim in answer.claims}
        assert answer.mode == "extractive" and answer.caveats[-1] == writing.NOT_USED
