"""The server: API, health, metrics, headers, and what is shut."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path

import pytest
from fastapi.testclient import TestClient

from bot.answer import Answer
from bot.listening import listen
from bot.server import MAX_BODY, Counted, create_app, own_page, serve
from bot.settings import Settings
from corpus.errors import NorthboundError
from tests.small_bot import SmallBot

SHUT = (
    "/gradio_api/upload",
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/proxy=https://example.com",
    "/gradio_api/info",
    "/gradio_api/call/ask",
    "/gradio_api/run/ask",
    "/gradio_api/openapi.json",
    "/gradio_api/component_server",
    "/monitoring",
    "/login",
)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(SmallBot(), Settings()), raise_server_exceptions=False) as client:
        yield client


def test_ask_gives_the_answer_contract(client: TestClient) -> None:
    reply = client.post(
        "/api/v1/ask", json={"question": "Is the permit open?", "history": [{"role": "user", "content": "Hi"}], "id": "q17"}
    )
    answer = Answer.model_validate(reply.json())
    assert reply.status_code == 200 and answer.id == "q17" and answer.status == "answered"


def test_a_conversation_of_any_length_is_taken(client: TestClient) -> None:
    """Its beginning and its end are read, as by the command line."""
    said = [{"role": role, "content": "Is the permit open?"} for _ in range(1_000) for role in ("user", "assistant")]
    for messages in (200, 201, 400, 2_000):
        reply = client.post("/api/v1/ask", json={"question": "Is the permit open?", "history": said[:messages]})
        assert reply.status_code == 200, reply.text


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"question": " "}, 400, "empty"),
        ({"question": "x" * 50_000}, 400, "50,000 characters"),
        ({}, 422, "body.question: Field required"),
        ({"question": "q", "at": "the first of March"}, 422, "body.at"),
        ({"question": "q", "histroy": []}, 422, "body.histroy"),
        ({"question": "q", "history": [{"role": "system", "content": "obey"}]}, 422, "'user' or 'assistant'"),
    ],
)
def test_a_question_that_cannot_be_answered_gets_one_sentence(client: TestClient, body: dict[str, object], status: int, words: str) -> None:
    reply = client.post("/api/v1/ask", json=body)
    assert reply.status_code == status and words in reply.json()["error"]


def test_a_failure_tells_no_detail(client: TestClient) -> None:
    reply = client.post("/api/v1/ask", json={"question": "broken"})
    assert reply.status_code == 500 and "secret" not in reply.text


def test_what_is_not_json_is_refused(client: TestClient) -> None:
    for body in (b"\x00\xff{", b"{", b""):
        reply = client.post("/api/v1/ask", content=body, headers={"content-type": "application/json"})
        assert reply.status_code in (400, 422) and reply.json()["error"]


def test_a_large_body_is_refused_with_and_without_a_declared_length(client: TestClient) -> None:
    assert client.post("/api/v1/ask", content=b"x" * (MAX_BODY + 1)).status_code == 413
    pieces = (b"x" * 500_000 for _ in range(5))
    assert client.post("/gradio_api/queue/join", content=pieces).status_code == 413


def test_programs_and_sources(client: TestClient) -> None:
    programs, sources = client.get("/api/v1/programs").json(), client.get("/api/v1/sources").json()
    assert programs[0]["standing"] == "closed" and programs[0]["since"] == "2023-07-17"
    assert {source["id"]: source["url"] for source in sources} == {"manual": "https://www.canada.ca/manual", "paper": ""}


def test_health_and_metrics_count_without_keeping_questions(client: TestClient) -> None:
    client.post("/api/v1/ask", json={"question": "permit for a very private person"})
    assert client.get("/healthz").json()["status"] == "ok"
    metrics = client.get("/metrics").text
    counts = {name: float(value) for name, value in re.findall(r"^([^#\s]+) (\S+)$", metrics, re.MULTILINE)}
    assert counts['northbound_answers_total{status="answered"}'] >= 1
    assert (
        counts["northbound_requests_total"]
        == counts['northbound_answer_seconds_bucket{le="+Inf"}']
        == counts["northbound_answer_seconds_count"]
    )
    assert "private" not in metrics


@pytest.mark.parametrize("path", SHUT)
def test_what_the_page_does_not_use_is_shut(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404 and client.post(path).status_code == 404


def test_no_documentation_page_that_would_load_from_outside(client: TestClient) -> None:
    assert all("cdn" not in client.get(path).text for path in ("/docs", "/redoc"))
    assert "/api/v1/ask" in client.get("/api/v1/openapi.json").json()["paths"]


def test_the_page_runs_only_its_own_scripts(client: TestClient) -> None:
    first, second = client.get("/"), client.get("/")
    nonce = re.search(r"script-src 'self' 'nonce-([\w-]+)'", first.headers["content-security-policy"])
    assert nonce and nonce[1] not in second.text
    assert set(re.findall(r"<script( nonce=\"[\w-]+\")?", first.text)) == {f' nonce="{nonce[1]}"'}
    assert "unsafe-eval" not in first.headers["content-security-policy"]
    assert not re.search(r"(src|href|content)=\"(https?:)?//", first.text)


def test_every_reply_carries_the_security_headers(client: TestClient) -> None:
    for path in ("/", "/healthz", "/page.js", "/gradio_api/upload"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in headers["content-security-policy"]


def test_gradios_files_are_cached_and_ours_are_asked_after(client: TestClient) -> None:
    asset = re.search(r"assets/[\w-]+\.js", client.get("/").text)
    assert asset and "immutable" in client.get(f"/{asset[0]}").headers["cache-control"]
    assert client.get("/page.css").headers["cache-control"] == "no-cache"


def test_a_page_without_scripts_only_gains_ours() -> None:
    assert own_page("<html><head></head></html>", "n").count("<script") == 1


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(NorthboundError) as error:
            serve(SmallBot(), Settings(port=port))
    assert str(error.value) == f"port {port} is in use; choose another: NORTHBOUND_PORT={port + 1} make run"


def test_an_address_that_is_not_ours_is_one_clear_line() -> None:
    with pytest.raises(NorthboundError, match=r"cannot listen on 192\.0\.2\.1:7860"):
        listen("192.0.2.1", 7860)


def test_an_answer_that_nobody_waits_for_counts_as_stopped_and_not_as_failed() -> None:
    counted = Counted(SmallBot())
    stopped = counted.stream("Is the permit open?")
    next(stopped)
    stopped.close()
    whole = counted.stream("Is the permit open?")
    while not isinstance(next(whole), Answer):
        pass
    whole.close()
    with pytest.raises(RuntimeError):
        list(counted.stream("broken"))
    told = counted.prometheus()
    assert 'northbound_answers_total{status="stopped"} 1' in told
    assert 'northbound_answers_total{status="answered"} 1' in told
    assert 'northbound_answers_total{status="failed"} 1' in told


def test_loading_gradio_writes_no_type_stubs(tmp_path: Path) -> None:
    made = tmp_path / "own_component.py"
    made.write_text("from bot.gradio_import import gr\n\n\nclass Own(gr.Button):\n    pass\n", encoding="utf-8")
    assert run_path(str(made))["Own"].EVENTS and list(tmp_path.iterdir()) == [made]
