"""The command line as people run it: real processes over the bundled corpus."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from bot.answer import Answer
from bot.cli import main
from bot.listening import listen
from index.build import current, read_manifest
from tests.chroma_process import free_port
from tests.conftest import ROOT, Command, complaint, environment, new_home

OPEN = "is the h1b open work permit still open"


def test_asking_for_help_loads_nothing_heavy() -> None:
    code = "import sys, bot.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {"torch", "sentence_transformers", "onnxruntime", "chromadb", "gradio", "langchain_core", "fastapi", "numpy"}
    assert heavy & set(done.stdout.split()) == set()


def test_help_names_every_command(northbound: Command, tmp_path: Path) -> None:
    done = northbound("--help", home=tmp_path)
    assert done.returncode == 0
    assert [name for name in main.commands if name not in done.stdout] == []


def test_asking_prints_the_answer_its_sources_and_its_caveats(northbound: Command, home: Path) -> None:
    done = northbound("ask", OPEN, home=home)
    assert (done.returncode, done.stderr) == (0, "")
    answer, sources = done.stdout.split("\n\n[1] ")
    assert "closed on 17 July 2023" in answer and "[1]" in answer
    assert re.match(r"\S.* \(official, closed, our summary, as of \d{1,2} \w+ 20\d\d\): .+ https://", sources)


def test_the_same_question_as_of_a_past_day(northbound: Command, home: Path, tmp_path: Path) -> None:
    question = "does a job offer give crs points"
    then = northbound("ask", question, "--at", "2024-03-01", home=home)
    assert "50" in then.stdout and "As of 1 March 2024." in then.stdout
    batch = "\n".join(json.dumps({"id": at, "question": question, "at": at}) for at in ("2024-03-01", "2026-03-01"))
    answers = [json.loads(line) for line in northbound("ask", "--batch", "-", home=home, input=batch.encode()).stdout.splitlines()]
    assert answers[0]["answer"] == then.stdout.split("\n\n[1] ")[0].strip()
    assert re.search(r"adds no(?:ne| points)", answers[1]["answer"])
    refused = northbound("ask", question, "--at", "March", home=home)
    assert "'March', is no ISO date; give one such as 2024-03-01" in complaint(refused)


def test_an_answer_as_json_is_the_contract(northbound: Command, home: Path) -> None:
    done = northbound("ask", "--json", OPEN, home=home)
    answer = Answer.model_validate_json(done.stdout)  # refuses unknown fields, and quotes that do not stand in their passage
    assert answer.question == OPEN
    assert answer.corpus_version == read_manifest(current(home)).corpus_version
    assert {n for claim in answer.claims for n in claim.citations} == {c.number for c in answer.citations}
    assert list(json.loads(done.stdout)) == list(Answer.model_fields)


def test_a_follow_up_is_understood_from_its_history(northbound: Command, home: Path, tmp_path: Path) -> None:
    history = tmp_path / "history.json"
    history.write_text(json.dumps([{"role": "user", "content": OPEN}, {"role": "assistant", "content": "No: it closed on 17 July 2023."}]))
    alone = northbound("ask", "--json", "and my wife?", home=home)
    after = northbound("ask", "--json", "and my wife?", "--history", history, home=home)
    assert "h1b-open-work-permit-2023" not in [p.id for p in Answer.model_validate_json(alone.stdout).programs]
    assert "h1b-open-work-permit-2023" in [p.id for p in Answer.model_validate_json(after.stdout).programs]


def test_a_batch_keeps_order_ids_and_history(northbound: Command, home: Path, tmp_path: Path) -> None:
    said = [{"role": "user", "content": OPEN}, {"role": "assistant", "content": "No: it closed on 17 July 2023."}]
    asked: list[dict[str, Any]] = [
        {"id": "z", "question": "hello"},
        {"id": 7, "question": "and my wife?", "history": said},
        {"id": "a", "question": "What are the fees for Express Entry?", "history": []},
        {"id": "7", "question": "thanks", "history": None},
    ]
    batch, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    batch.write_bytes(b"\xef\xbb\xbf" + "\r\n\n".join(json.dumps(row) for row in asked).encode())  # as some editors save it
    done = northbound("ask", "--batch", batch, "--out", out, home=home)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"4 answers in {out}\n")
    answers = [Answer.model_validate_json(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [(a.id, a.question) for a in answers] == [(str(row["id"]), row["question"]) for row in asked]
    assert answers[0].status == answers[3].status == "smalltalk"
    assert "h1b-open-work-permit-2023" in [p.id for p in answers[1].programs]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]

    piped = northbound("ask", "--batch", "-", home=home, input=batch.read_bytes())
    unclocked = [re.sub(r'"timings_ms":.*', "", line) for line in piped.stdout.splitlines()]
    assert unclocked == [re.sub(r'"timings_ms":.*', "", line) for line in out.read_text(encoding="utf-8").splitlines()]


def test_a_conversation_in_the_terminal_remembers_and_ends_with_an_empty_line(northbound: Command, home: Path) -> None:
    done = northbound("chat", home=home, input=f"{OPEN}\n{'x' * 5000}\nand my wife?\n\nnot read\n".encode())
    assert (done.returncode, done.stderr) == (0, "")
    first, refused, second, end = done.stdout.split("\n> ")[1:] if done.stdout.count("\n> ") == 4 else pytest.fail(done.stdout)
    assert "closed on 17 July 2023" in first
    assert re.search(r"\n\nYou could ask:\n(- .+\?\n){3}", first)  # as the page offers them
    assert "at most 4,000 are read" in refused
    assert "open work permit" in second
    assert end.strip() == ""


def test_settings_are_shown_with_their_values(northbound: Command, tmp_path: Path) -> None:
    done = northbound("config", home=tmp_path, settings={"NORTHBOUND_PORT": "8123", "NORTHBOUND_HOST": ""})
    assert f"NORTHBOUND_HOME={tmp_path}\n" in done.stdout
    assert "NORTHBOUND_PORT=8123\n" in done.stdout
    assert "NORTHBOUND_HOST=127.0.0.1\n" in done.stdout  # an empty one counts as not set


def test_the_status_of_an_index_of_another_model_warns(northbound_here: Command, home: Path, tmp_path: Path) -> None:
    assert northbound_here("index", "status", home=home).stderr == ""
    model = tmp_path / "other-model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights")
    done = northbound_here("index", "status", home=home, settings={"NORTHBOUND_EMBEDDER": str(model)})
    assert done.returncode == 0 and "passages: " in done.stdout
    assert "but NORTHBOUND_EMBEDDER gives other-model@" in done.stderr and "build again: northbound index build" in done.stderr


def test_status_says_what_the_index_holds(northbound: Command, home: Path) -> None:
    manifest = read_manifest(current(home))
    done = northbound("index", "status", home=home)
    assert f"passages: {manifest.passages}\n" in done.stdout
    assert f"documents: {len(manifest.documents)}\n" in done.stdout


def test_files_added_alone_are_what_is_answered_from(northbound: Command, models: Path, tmp_path: Path) -> None:
    mine = new_home(tmp_path / "data", models)
    letter = tmp_path / "Office letter.txt"
    letter.write_text(
        "How the Halifax desk works\n\nHow long does a transfer file take?\nThe Halifax desk closes a transfer file in nineteen days.\n\n"
        "What does the Halifax desk charge?\nThe Halifax desk charges CAN$41 for a transfer file.\n",
        encoding="utf-8",
    )
    added = northbound("corpus", "add", "--only", "--publisher", "Halifax desk", "--published", "2026-03-01", letter, home=mine)
    assert added.returncode == 0, added.stderr
    assert added.stdout.startswith("added office-letter: 2 sections, 2026-03-01: How the Halifax desk works\nindex ")

    questions = (
        "what does the Halifax desk charge for a transfer file",
        "how long does a transfer file take",
        OPEN,
        "fees for express entry",
    )
    batch = "\n".join(json.dumps({"id": str(n), "question": question}) for n, question in enumerate(questions))
    done = northbound("ask", "--batch", "-", home=mine, input=batch.encode())
    answers = [Answer.model_validate_json(line) for line in done.stdout.splitlines()]
    assert answers[0].status in ("answered", "partial")
    assert "CAN$41" in answers[0].answer
    first = answers[0].citations[0]
    assert (first.source_id, first.publisher, first.origin, first.as_of) == ("office-letter", "Halifax desk", "file", "2026-03-01")
    assert "nineteen days" in answers[1].answer
    # The briefs are not cited; what is registered (standings and corrections) still is.
    cited = [c.passage_id for a in answers for c in a.citations]
    assert [i for i in cited if not re.match(r"office-letter#|[\w-]+#(standing|correction)-", i)] == []
    assert "office-letter" in northbound("corpus", "list", home=mine).stdout


def test_serving_answers_refuses_a_taken_port_and_ends_at_once(northbound: Command, home: Path, tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "bot.cli", "serve", "--port", str(port)]
    said = tmp_path / "said.txt"
    with said.open("w") as log, subprocess.Popen(command, cwd=ROOT, env=environment(home), stdout=log, stderr=log) as process:
        try:
            health = json.loads(_fetch(f"{address}/healthz", process))
            assert health["corpus_version"] == read_manifest(current(home)).corpus_version
            answer = Answer.model_validate_json(
                _fetch(f"{address}/api/v1/ask", process, json.dumps({"question": OPEN, "id": "w1"}).encode())
            )
            assert (answer.id, "closed on 17 July 2023" in answer.answer) == ("w1", True)

            second = northbound("serve", "--port", str(port), home=home)
            assert (second.returncode, second.stdout) == (1, "starting …\n")
            assert second.stderr == f"northbound: port {port} is in use; choose another: NORTHBOUND_PORT={port + 1} make run\n"

            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=120) == 0
        finally:
            process.kill()
    assert said.read_text() == f"starting …\nNorthbound is on {address} (Ctrl-C ends it)\nended\n"  # nothing was built


def test_that_a_port_is_taken_is_told_before_the_page_is_loaded(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        code = (
            f"import sys\nfrom bot.cli import main\ntry: main(['serve', '--port', '{taken.getsockname()[1]}'])\nexcept SystemExit: pass\n"
        )
        code += "print('gradio' in sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, check=False
        )
    assert done.stdout == "starting …\nFalse\n" and "is in use; choose another" in done.stderr


def _fetch(url: str, process: subprocess.Popen[bytes], body: bytes | None = None) -> bytes:
    """What the server says, waiting until it listens."""
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    deadline = time.monotonic() + 240
    while True:
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                return bytes(response.read())
        except urllib.error.URLError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.2)
