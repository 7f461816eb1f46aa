"""The API: the answer contract as JSON and as a stream, feedback, its own description, its limits, and who may call it from a browser."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient

from bot.answer import Answer, Claim, Part, Turn
from bot.api import CONTRACT, EVENTS, Asked, Feedback, Limited, client
from bot.chain import Bot
from bot.journal import read_rows
from bot.listening import listen
from bot.server import create_app
from bot.settings import Settings
from corpus.errors import NorthboundError
from tests.small_bot import SmallBot, closed

OPEN = {"question": "Is the permit open?"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, journal="on")


@pytest.fixture
def api(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(SmallBot(), settings), raise_server_exceptions=False) as client:
        yield client


def events(text: str) -> list[tuple[str, Any]]:
    """The events of a stream, read as a browser does."""
    found = []
    for block in text.split("\n\n")[:-1]:
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


@pytest.mark.parametrize(("path", "headers"), [("/api/v1/ask", {"accept": EVENTS}), ("/api/v1/ask/stream", {})])
def test_a_stream_gives_each_claim_and_then_the_answer_of_the_contract(
    api: TestClient, settings: Settings, path: str, headers: dict[str, str]
) -> None:
    reply = api.post(path, json=OPEN | {"id": "q7"}, headers=headers)
    assert reply.headers["content-type"].startswith(EVENTS) and reply.headers["cache-control"] == "no-store"
    *claims, (last, data) = events(reply.text)
    answer = Answer.model_validate(data)
    assert last == "answer" and answer.id == "q7" and [name for name, _ in claims] == ["claim"] * 3
    assert [Part.model_validate(said).claim for _, said in claims] == list(answer.claims)
    assert [c.number for _, said in claims for c in Part.model_validate(said).citations] == [c.number for c in answer.citations]
    (row,) = read_rows(settings)
    assert row.id == answer.answer_id and row.status == "answered"


class Halting(SmallBot):
    """Speaks a claim, waits to be let on, and goes on or breaks off."""

    def __init__(self, breaks: Exception | None = None) -> None:
        super().__init__()
        self.go_on, self._breaks = threading.Event(), breaks

    def stream(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Iterator[Part | Answer]:
        answer = closed(question, id)
        yield Part(claim=answer.claims[0], citations=answer.citations[:1])
        assert self.go_on.wait(30)
        if self._breaks is not None:
            raise self._breaks
        yield answer


def test_a_claim_is_sent_before_the_rest_is_known(tmp_path: Path) -> None:
    bot = Halting()
    with running(bot, Settings(home=tmp_path)) as url, httpx.stream("POST", f"{url}/api/v1/ask/stream", json=OPEN, timeout=30) as reply:
        lines = reply.iter_lines()
        assert next(lines) == "event: claim"
        assert Claim.model_validate(json.loads(next(lines).removeprefix("data: "))["claim"]).text
        bot.go_on.set()
        assert "event: answer" in list(lines)


@pytest.mark.parametrize(
    ("breaks", "told"),
    [(NorthboundError("the index has gone; build again"), "the index has gone"), (RuntimeError("secret"), "send the question again")],
)
def test_what_breaks_off_in_mid_answer_is_an_event(settings: Settings, breaks: Exception, told: str) -> None:
    bot = Halting(breaks)
    bot.go_on.set()
    reply = TestClient(create_app(bot, settings)).post("/api/v1/ask/stream", json=OPEN)
    (first, _), (last, said) = events(reply.text)
    assert (first, last) == ("claim", "error") and told in said["error"] and "secret" not in reply.text
    assert read_rows(settings) == []


def test_what_cannot_be_answered_is_refused_before_a_stream_begins(api: TestClient) -> None:
    for path in ("/api/v1/ask", "/api/v1/ask/stream"):
        reply = api.post(path, json={"question": " "}, headers={"accept": EVENTS})
        assert reply.status_code == 400 and "empty" in reply.json()["error"]


def test_the_stream_of_the_real_bot(bot: Bot, tmp_path: Path) -> None:
    reply = TestClient(create_app(bot, Settings(home=tmp_path))).post("/api/v1/ask/stream", json={"question": "How much are biometrics?"})
    *claims, (_, answer) = events(reply.text)
    assert claims and [said["claim"] for _, said in claims] == answer["claims"] and answer["answer_id"] == ""


# Feedback


def test_feedback_names_the_answer_and_the_last_word_counts(api: TestClient, settings: Settings) -> None:
    id = api.post("/api/v1/ask", json=OPEN).json()["answer_id"]
    for thumb, reason in (("up", ""), ("down", "Wrong, write to priya.k@example.com <b>now</b>")):
        assert api.post("/api/v1/feedback", json={"answer_id": id, "thumb": thumb, "reason": reason}).json() == {"noted": True}
    (row,) = read_rows(settings)
    assert (row.thumb, row.reason) == ("down", "Wrong, write to [email] <b>now</b>")


@pytest.mark.parametrize(
    ("given", "status", "told"),
    [
        ({"answer_id": "0" * 32, "thumb": "up"}, 404, "no answer of this answer_id"),
        ({"answer_id": "x", "thumb": "up"}, 422, "answer_id"),
        ({"answer_id": "0" * 32, "thumb": "sideways"}, 422, "thumb"),
        ({"answer_id": "0" * 32, "thumb": "up", "reason": "x" * 1001}, 422, "reason"),
        ({"answer_id": "0" * 32, "thumb": "up", "who": "priya"}, 422, "who"),
    ],
)
def test_feedback_that_cannot_be_noted(api: TestClient, given: dict[str, str], status: int, told: str) -> None:
    reply = api.post("/api/v1/feedback", json=given)
    assert reply.status_code == status and told in reply.json()["error"]


def test_feedback_without_a_journal_and_with_a_broken_one(settings: Settings) -> None:
    given = {"answer_id": "0" * 32, "thumb": "up"}
    off = TestClient(create_app(SmallBot(), replace(settings, journal="off")))
    assert off.post("/api/v1/feedback", json=given).status_code == 409 and off.post("/api/v1/ask", json=OPEN).json()["answer_id"] == ""
    settings.journal_file.write_bytes(b"not a database, and long enough to be read as one" * 100)
    broken = TestClient(create_app(SmallBot(), settings)).post("/api/v1/feedback", json=given)
    assert broken.status_code == 503 and str(settings.home) not in broken.text


def test_nothing_of_who_asks_is_kept(settings: Settings) -> None:
    headers = {
        "user-agent": "Secret-Browser/7",
        "x-forwarded-for": "203.0.113.77",
        "referer": "https://secret.example/",
        "cookie": "a=secret7",
    }
    with TestClient(create_app(SmallBot(), settings), client=("203.0.113.99", 50000), headers=headers) as client:
        first = client.post("/api/v1/ask", json=OPEN | {"id": "session-secret7"}).json()
        history = [{"role": "user", "content": "my secret7 story"}]
        second = client.post("/api/v1/ask", json={"question": "unknown?", "history": history}).json()
        client.post("/api/v1/feedback", json={"answer_id": first["answer_id"], "thumb": "up"})
    assert first["answer_id"] != second["answer_id"] and len(read_rows(settings)) == 2
    kept = b"".join(file.read_bytes() for file in settings.home.glob("journal.sqlite*")).lower()
    assert [trace for trace in (b"203.0.113", b"secret", b"50000") if trace in kept] == []


# What it says of itself


def test_the_description_names_every_route_and_its_examples_hold(api: TestClient) -> None:
    described = api.get("/api/v1/openapi.json").json()
    assert described["info"]["version"] == CONTRACT
    paths = {path for path in described["paths"] if path.startswith("/api/")}
    assert paths == {"/api/v1/ask", "/api/v1/ask/stream", "/api/v1/feedback", "/api/v1/programs", "/api/v1/sources"}
    assert not any(path.startswith("/desk") for path in described["paths"])
    asked = described["paths"]["/api/v1/ask"]["post"]
    for example in asked["requestBody"]["content"]["application/json"]["examples"].values():
        Asked.model_validate(example["value"])
    for example in described["paths"]["/api/v1/feedback"]["post"]["requestBody"]["content"]["application/json"]["examples"].values():
        Feedback.model_validate(example["value"])
    answered = asked["responses"]["200"]["content"]
    assert set(answered) == {"application/json", EVENTS} and set(Answer.model_fields) >= set(answered["application/json"]["example"])
    for each in answered["application/json"]["example"]["citations"]:
        assert each["passage"][each["start"] : each["end"]] == each["quote"]
    Answer.model_validate(answered["application/json"]["example"])


def test_every_reply_names_the_version_of_the_contract(api: TestClient) -> None:
    assert {api.get(path).headers["x-northbound-contract"] for path in ("/api/v1/programs", "/healthz", "/api/v1/none")} == {CONTRACT}
    assert api.get("/healthz").json()["contract"] == CONTRACT


# Its limits


def test_one_address_may_ask_so_much_a_minute_and_others_as_much(settings: Settings) -> None:
    app = create_app(SmallBot(), replace(settings, rate=3, journal="off"))
    first, second = (TestClient(app, client=(address, 1)) for address in ("203.0.113.7", "203.0.113.8"))
    assert [first.post("/api/v1/ask", json=OPEN).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = first.post("/api/v1/ask/stream", json=OPEN)
    assert refused.status_code == 429 and 1 <= int(refused.headers["retry-after"]) <= 21 and "at most 3 a minute" in refused.json()["error"]
    assert "content-security-policy" in refused.headers
    assert first.get("/api/v1/programs").status_code == 200  # reading is not limited
    assert second.post("/api/v1/ask", json=OPEN).status_code == 200


def test_the_bucket_fills_evenly(settings: Settings) -> None:
    limited = Limited(create_app, replace(settings, rate=60))  # type: ignore[arg-type]
    assert [limited._wait("a", 100.0) for _ in range(60)] == [0.0] * 60
    assert limited._wait("a", 100.0) == pytest.approx(1.0)  # one a second
    assert limited._wait("a", 101.0) == 0.0 and limited._wait("a", 101.0) > 0 and limited._wait("b", 101.0) == 0.0
    assert [limited._wait("a", 1000.0) for _ in range(60)] == [0.0] * 60 and limited._wait("a", 1000.0) > 0  # and is not larger for waiting


@pytest.mark.parametrize(
    ("address", "proxy", "key"),
    [
        ("127.0.0.1", "", ""),
        ("::1", "", ""),
        ("127.0.0.1", "127.0.0.1/32", "127.0.0.1"),
        ("203.0.113.7", "", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
    ],
)
def test_what_counts_as_one_address(settings: Settings, address: str, proxy: str, key: str) -> None:
    assert Limited(create_app, replace(settings, proxy=proxy))._key(address) == key  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("peer", "forwarded", "asks"),
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # anybody can send the header
        ("10.0.0.5", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.5", "192.0.2.9, 198.51.100.1, 10.0.0.6", "198.51.100.1"),  # what a client put in front is not believed
        ("10.0.0.5", "", "10.0.0.5"),
    ],
)
def test_who_asks_behind_a_proxy(peer: str, forwarded: str, asks: str) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    assert client({"type": "http", "client": (peer, 1), "headers": headers}, Settings(proxy="10.0.0.0/24")) == asks


def test_no_limit_where_none_is_set(settings: Settings) -> None:
    api = TestClient(create_app(SmallBot(), replace(settings, rate=0, journal="off")), client=("203.0.113.7", 1))
    assert {api.post("/api/v1/ask", json=OPEN).status_code for _ in range(150)} == {200}


class running:
    """The application on a port of this machine."""

    def __init__(self, bot: SmallBot, settings: Settings) -> None:
        self._app = create_app(bot, settings)

    def __enter__(self) -> str:
        listening = listen("127.0.0.1", 0)
        self._server = uvicorn.Server(uvicorn.Config(self._app, log_level="warning", access_log=False))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listening]})
        self._thread.start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
