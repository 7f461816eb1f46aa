"""What staff can do over HTTP, and what nobody else can."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bot.chain import Bot
from bot.journal import Thumb, feedback, keep, read_rows
from bot.logins import FAILURES, add_user
from bot.server import create_app
from bot.settings import Settings
from tests.small_bot import FIRST, PERMIT, HoldingBot, not_found
from tests.test_logins import PASSWORD, cheaply, later  # noqa: F401

WRITTEN: dict[str, Any] = {
    "question": "Is the 2023 H-1B open work permit still open?",
    "programs": [PERMIT.id],
    "claims": [{"text": FIRST, "quotes": [{"passage_id": "manual#1", "quote": FIRST}]}],
}


class Desk:
    """Somebody at the desk: a browser of their own that is logged in."""

    def __init__(self, settings: Settings, bot: HoldingBot | Bot, name: str = "priya", role: str = "desk") -> None:
        add_user(name, PASSWORD, role, settings)
        self.client = TestClient(create_app(bot, settings), raise_server_exceptions=False)
        reply = self.client.post("/desk/api/login", json={"name": name, "password": PASSWORD})
        assert reply.status_code == 200, reply.text
        self.token = reply.json()["csrf"]

    def get(self, path: str, status: int = 200) -> Any:
        reply = self.client.get(f"/desk/api/{path}")
        assert reply.status_code == status, reply.text
        return reply.json()

    def post(self, path: str, body: object = None, status: int = 200) -> Any:
        reply = self.client.post(f"/desk/api/{path}", json=body, headers={"x-northbound-csrf": self.token})
        assert reply.status_code == status, reply.text
        return reply.json()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, journal="on", today="2026-11-20")


@pytest.fixture
def bot() -> HoldingBot:
    return HoldingBot()


@pytest.fixture
def desk(settings: Settings, bot: HoldingBot) -> Iterator[Desk]:
    yield Desk(settings, bot)


# Who gets in


def test_without_users_nothing_of_it_exists(settings: Settings, bot: HoldingBot) -> None:
    client = TestClient(create_app(bot, settings))
    for method, path in (("GET", "session"), ("POST", "login"), ("GET", "reviewed"), ("GET", "health"), ("POST", "rollback")):
        reply = client.request(method, f"/desk/api/{path}", json={"name": "a", "password": "b"} if method == "POST" else None)
        assert (reply.status_code, reply.json()) == (404, {"error": "Not Found"})
    assert client.get("/desk").status_code == 404 and client.get("/health").status_code == 404
    add_user("priya", PASSWORD, "desk", settings)
    assert client.get("/desk/api/session").status_code == 401  # from the next request on, without a restart


def test_nothing_but_the_login_answers_without_one(settings: Settings, bot: HoldingBot) -> None:
    add_user("priya", PASSWORD, "desk", settings)
    app = create_app(bot, settings)
    client = TestClient(app)
    paths = [(method, route.path) for route in routes_of(app) for method in route.methods]
    assert len(paths) == 20
    for method, path in paths:
        if path != "/desk/api/login":
            reply = client.request(method, path.replace("{id}", "x"), json={}, params={"id": "x"})
            assert (reply.status_code, method, path) == (401, method, path)
            assert "log in again: what you wrote is still on this page" in reply.json()["error"]


def routes_of(app: Any) -> list[Any]:
    found = []
    for route in app.routes:
        inner = getattr(route, "original_router", None)
        found += [r for r in (inner.routes if inner is not None else [route]) if getattr(r, "path", "").startswith("/desk/api")]
    return found


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(settings: Settings, bot: HoldingBot) -> None:
    add_user("priya", PASSWORD, "desk", settings)
    named = {"name": "Priya ", "password": PASSWORD}
    plain = TestClient(create_app(bot, settings)).post("/desk/api/login", json=named)
    cookie = plain.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/" in cookie and "Secure" not in cookie
    assert plain.headers["cache-control"] == "no-store"
    secure = TestClient(create_app(bot, settings), base_url="https://testserver").post("/desk/api/login", json=named)
    assert "Secure" in secure.headers["set-cookie"]
    behind = TestClient(create_app(bot, replace(settings, proxy="10.0.0.5/32")), client=("10.0.0.5", 1))
    assert "Secure" in behind.post("/desk/api/login", json=named, headers={"x-forwarded-proto": "https"}).headers["set-cookie"]
    alone = TestClient(create_app(bot, settings), client=("10.0.0.6", 1))
    assert "Secure" not in alone.post("/desk/api/login", json=named, headers={"x-forwarded-proto": "https"}).headers["set-cookie"]


def test_a_wrong_password_and_a_locked_name_are_refused(settings: Settings, bot: HoldingBot) -> None:
    add_user("priya", PASSWORD, "desk", settings)
    client = TestClient(create_app(bot, settings))
    for _ in range(FAILURES):
        assert client.post("/desk/api/login", json={"name": "priya", "password": "wrong"}).status_code == 403
    reply = client.post("/desk/api/login", json={"name": "priya", "password": PASSWORD})
    assert reply.status_code == 403 and "too many wrong passwords" in reply.json()["error"] and "set-cookie" not in reply.headers


def test_a_change_without_the_token_or_from_another_site_is_refused(desk: Desk, settings: Settings, bot: HoldingBot) -> None:
    for headers in ({}, {"x-northbound-csrf": "x"}, {"x-northbound-csrf": Desk(settings, bot, "omar").token}):
        reply = desk.client.post("/desk/api/reviewed", json=WRITTEN, headers=headers)
        assert reply.status_code == 403 and "x-northbound-csrf" in reply.json()["error"]
    reply = desk.client.post("/desk/api/reviewed", json=WRITTEN, headers={"x-northbound-csrf": desk.token, "sec-fetch-site": "cross-site"})
    assert reply.status_code == 403 and desk.get("reviewed") == []
    login = desk.client.post("/desk/api/login", json={"name": "omar", "password": PASSWORD}, headers={"sec-fetch-site": "cross-site"})
    assert login.status_code == 403


def test_a_login_that_ended_in_mid_edit_keeps_the_text_and_goes_on_after_a_new_one(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, timedelta(minutes=settings.staff_minutes + 1))
    reply = desk.client.post("/desk/api/reviewed", json=WRITTEN, headers={"x-northbound-csrf": desk.token})
    assert reply.status_code == 401 and reply.json() == {
        "error": "your login has ended; log in again: what you wrote is still on this page"
    }
    desk.token = desk.client.post("/desk/api/login", json={"name": "priya", "password": PASSWORD}).json()["csrf"]
    desk.post("reviewed", WRITTEN, 201)


def test_logging_out_ends_it(desk: Desk) -> None:
    assert desk.get("session") == {"name": "priya", "role": "desk", "csrf": desk.token}
    desk.post("logout")
    desk.get("session", 401)


def test_a_trusted_proxy_names_who_it_is(settings: Settings, bot: HoldingBot) -> None:
    behind = replace(settings, proxy="10.0.0.5/32", staff_header="X-Remote-User")
    client = TestClient(create_app(bot, behind), client=("10.0.0.5", 1))
    assert client.get("/desk/api/session").status_code == 401  # the proxy names nobody
    named = {"x-remote-user": "Priya"}
    first = client.get("/desk/api/session", headers=named).json()
    assert (first["name"], first["role"]) == ("priya", "desk")
    changed = client.post("/desk/api/reviewed", json=WRITTEN, headers={**named, "x-northbound-csrf": first["csrf"]})
    assert changed.status_code == 201 and changed.json()["reviewer"] == "priya"
    assert client.get("/desk/api/session").status_code == 401  # the cookie alone is not enough
    other = client.get("/desk/api/session", headers={"x-remote-user": "omar"}).json()
    assert other["name"] == "omar" and other["csrf"] != first["csrf"]
    elsewhere = TestClient(create_app(bot, behind), client=("10.0.0.6", 1))
    assert elsewhere.get("/desk/api/session", headers=named).status_code == 401  # anybody can send a header


def test_going_back_to_an_earlier_index_takes_a_maintainer(desk: Desk, settings: Settings, bot: HoldingBot) -> None:
    assert "takes the role maintainer" in desk.post("rollback", status=403)["error"]
    assert "build" in Desk(settings, bot, "maya", "maintainer").post("rollback", status=503)["error"]  # allowed, and there is no index here


# What they do


def test_a_draft_comes_in_every_format_with_what_would_be_reviewed(desk: Desk) -> None:
    made = desk.post("draft", {"message": "Hi, my passport is N1234567.\nIs the permit open?\n\nWhat is unknown here?"})
    assert [part["answer"]["status"] for part in made["parts"]] == ["answered", "not_found"]
    assert made["parts"][0]["written"]["claims"][0]["quotes"] == [{"passage_id": "manual#1", "quote": FIRST}]
    assert made["parts"][1]["written"] is None and set(made["formats"]) == {"text", "markdown", "html"}
    assert "N1234567" not in json.dumps(made)
    assert "at most 50,000" in desk.post("draft", {"message": "x" * 50_001}, 413)["error"]


def test_a_draft_gives_what_was_put_right_and_quotes_can_be_looked_up(desk: Desk) -> None:
    made = desk.post("reviewed", WRITTEN, 201)
    (part,) = desk.post("draft", {"message": WRITTEN["question"]})["parts"]
    assert part["answer"]["reviewed"]["id"] == made["id"] and part["text"].startswith(f"{FIRST} [1]")
    found = desk.get("passages?about=permit")
    assert [one["id"] for one in found] == ["manual#1", "paper#1"] and FIRST in found[0]["text"] and found[0]["standing"] == "closed"
    again = desk.post("reviewed", {**WRITTEN, "note": "a second one"}, 409)
    assert "there is a reviewed answer to this question, by priya" in again["error"] and again["current"]["id"] == made["id"]


def test_two_who_edit_one_answer_do_not_overwrite_each_other(desk: Desk, settings: Settings, bot: HoldingBot) -> None:
    omar = Desk(settings, bot, "omar")
    made = desk.post("reviewed", WRITTEN, 201)
    mine, theirs = ({**WRITTEN, "note": note} for note in ("by priya", "by omar"))
    assert omar.post(f"reviewed/{made['id']}", {"version": 1, "written": theirs})["version"] == 2
    late = desk.post(f"reviewed/{made['id']}", {"version": 1, "written": mine}, 409)
    assert "was changed by omar meanwhile" in late["error"] and late["current"]["written"]["note"] == "by omar"
    assert desk.post(f"reviewed/{made['id']}", {"version": 2, "written": mine})["version"] == 3
    history = desk.get(f"reviewed/{made['id']}")["history"]
    assert [(h["version"], h["by"], h["what"], h["written"]["note"]) for h in history] == [
        (1, "priya", "made", ""), (2, "omar", "edited", "by omar"), (3, "priya", "edited", "by priya"),
    ]  # fmt: skip


def test_a_wrong_answer_is_put_right_and_stays_right_until_it_is_withdrawn(desk: Desk) -> None:
    asked = {"question": "hi, is the 2023 h1b open work permit still open pls?"}
    assert desk.client.post("/api/v1/ask", json=asked).json()["reviewed"] is None
    made = desk.post("reviewed", WRITTEN, 201)
    answer = desk.client.post("/api/v1/ask", json=asked).json()
    assert answer["mode"] == "reviewed" and answer["claims"][0]["text"] == FIRST and len(answer["claims"]) == 1
    assert answer["reviewed"] == {"id": made["id"], "by": "priya", "on": "2026-11-20", "expires": "2027-05-19"}
    assert "Reviewed by priya on 20 November 2026." in answer["answer"]
    withdrawn = desk.post(f"reviewed/{made['id']}/withdraw", {"version": 1})
    assert withdrawn["not_served_because"] == "withdrawn on 20 November 2026"
    assert desk.client.post("/api/v1/ask", json=asked).json()["reviewed"] is None
    desk.post(f"reviewed/{made['id']}/restore", {"version": 2})
    assert desk.client.post("/api/v1/ask", json=asked).json()["mode"] == "reviewed"


def test_what_may_not_be_said_is_refused_with_every_reason(desk: Desk) -> None:
    wrong = {
        **WRITTEN,
        "programs": ["no-such"],
        "expires": "2026-01-01",
        "claims": [
            {"text": "It took 20,000 applications.", "quotes": [{"passage_id": "manual#1", "quote": "It had taken 10,000 applications."}]},
            {"text": "It closed.", "quotes": [{"passage_id": "manual#1", "quote": "It closed in June."}]},
            {"text": "It closed.", "quotes": [{"passage_id": "gone#1", "quote": "It closed."}]},
        ],
    }
    told = desk.post("reviewed", wrong, 400)["error"]
    for reason in (
        "no program no-such", f"the question names {PERMIT.id}", "expires '2026-01-01'", "claim 1:", "20000",
        "claim 2: the quote does not stand in manual#1", "claim 3: no passage 'gone#1'",
    ):  # fmt: skip
        assert reason in told


def test_markup_in_what_staff_write_comes_back_as_the_text_that_it_is(desk: Desk) -> None:
    note = '<img src=x onerror=alert(1)> "quoted" & <script>'
    made = desk.post("reviewed", {**WRITTEN, "note": note}, 201)
    reply = desk.client.get(f"/desk/api/reviewed/{made['id']}")
    assert reply.json()["written"]["note"] == note and reply.headers["content-type"] == "application/json"
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_a_gap_becomes_a_patch_and_closes_when_the_bot_answers_it(tmp_path: Path, bot: HoldingBot, models: Path) -> None:
    (tmp_path / "models").symlink_to(models, target_is_directory=True)
    settings = Settings(home=tmp_path, journal="on", today="2026-11-20")
    desk = Desk(settings, bot)
    for question in ("Is something unknown about pets?", "Is something unknown about a pet?"):
        keep(not_found(question), settings)
    found = desk.get("gaps")
    (gap,) = found["gaps"]
    assert gap["count"] == 2 and set(found["actions"]) == {"asked", "brief", "correction", "case"} and found["taken_up"] == []
    taken = desk.post(f"gaps/{gap['id']}/take-up", {"action": "brief", "target": "pets-in-canada"}, 201)
    assert taken["by"] == "priya" and taken["state"] == "open" and Path(taken["file"]).is_file()
    assert "choose from asked, brief" in desk.post(f"gaps/{gap['id']}/take-up", {"action": "delete", "target": "x"}, 400)["error"]
    assert taken["change"] == Path(taken["file"]).read_text(encoding="utf-8") and "+++ b/corpus/briefs/pets-in-canada.md" in taken["change"]
    assert gap["targets"] == {"asked": "", "brief": "is-something-unknown-about-pets", "correction": "general", "case": "drafts"}
    (known,) = desk.get("gaps")["taken_up"]
    assert (known["state"], known["change"]) == ("open", taken["change"])
    Path(taken["file"]).unlink()
    assert [t["change"] for t in desk.get("gaps")["taken_up"]] == [""]  # it may be on another machine
    desk.post("gaps/gone/take-up", {"action": "brief", "target": "x-y"}, 404)
    desk.post(f"gaps/taken-up/{taken['id']}/drop")
    assert [t["state"] for t in desk.get("gaps")["taken_up"]] == ["dropped"]


def test_figures_for_the_maintainers(desk: Desk, settings: Settings) -> None:
    for question in ("Is the permit open?", "unknown?"):
        reply = desk.client.post("/api/v1/ask", json={"question": question}).json()
        thumb: Thumb = "down"
        feedback(reply["answer_id"], thumb, "", settings)
    seen = desk.get("health?days=7")
    assert seen["journal"]["statuses"] == {"answered": 1, "not_found": 1} and seen["journal"]["thumbs"] == {"down": 2}
    assert [source["id"] for source in seen["corpus"]["stale"]] == ["paper", "manual"] and seen["corpus"]["version"] == "small"
    assert len(seen["journal"]["days"]) == 1 and set(seen["journal"]["latency_ms"]["total"]) == {"p50", "p90", "p99"}


def test_the_figures_of_the_real_index(settings: Settings, home: Path, request: pytest.FixtureRequest) -> None:
    real: Bot = request.getfixturevalue("whole")
    desk = Desk(settings, real)
    answer = desk.client.post("/api/v1/ask", json={"question": "How much are biometrics for one person?"}).json()
    seen = desk.get("health")
    cited = {c["passage_id"] for c in answer["citations"]}
    used = seen["journal"]["passages"]
    assert {passage["id"] for passage in used["most"]} == cited and used["used"] == len(cited)
    assert used["held"] == real.index.manifest.passages
    assert sum(len(source["headings"]) for source in used["unused"]) == used["held"] - used["used"] > 1_000
    assert seen["index"]["in_use"] == real.index.manifest.build
    assert desk.get(f"passage?id={answer['citations'][0]['passage_id'].replace('#', '%23')}")["text"]


@pytest.fixture
def whole(home: Path) -> Bot:
    from bot.chain import open_bot

    return open_bot(Settings(home=home, today="2026-11-20"))


def test_the_journal_is_taken_away_as_a_file(desk: Desk, settings: Settings) -> None:
    desk.client.post("/api/v1/ask", json={"question": "Is the permit open?"})
    reply = desk.client.get("/desk/api/export?format=csv")
    assert reply.headers["content-disposition"] == 'attachment; filename="northbound-journal-2026-11-20.csv"'
    assert reply.text.splitlines()[1].startswith(read_rows(settings)[0].id)
    assert desk.client.get("/desk/api/export?format=xml").status_code == 400


def test_a_damaged_database_is_one_sentence_and_answers_go_on(desk: Desk, settings: Settings) -> None:
    settings.journal_file.write_bytes(b"not a database, and long enough to be read as one" * 100)
    reply = desk.client.get("/desk/api/session")
    assert reply.status_code == 503 and str(settings.home) not in reply.text
    assert desk.client.post("/api/v1/ask", json={"question": "Is the permit open?"}).json()["status"] == "answered"
