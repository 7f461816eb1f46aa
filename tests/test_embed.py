"""The box on another site: absent by default, framed and called only by the sites that are named, and at work in a real browser."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect

from bot.api import EMBEDDED
from bot.server import create_app
from bot.settings import Settings, read_settings
from tests import chromium
from tests.small_bot import FIRST, SmallBot
from tests.test_api import running

browser = chromium.browser
OURS, OTHER = "https://firm.example", "https://evil.example"
ASKED = {"question": "Is the permit open?"}


@pytest.fixture(scope="module")
def allowed() -> Iterator[TestClient]:
    settings = read_settings({"NORTHBOUND_EMBED_ORIGINS": f"{OURS}, http://localhost:8080"})
    with TestClient(create_app(SmallBot(), settings)) as client:
        yield client


def test_by_default_nobody_may_embed_it_or_call_it_from_a_page() -> None:
    client = TestClient(create_app(SmallBot(), Settings()))
    assert {client.get(path).status_code for path in EMBEDDED} == {404}
    reply = client.post("/api/v1/ask", json=ASKED, headers={"origin": OURS})
    assert reply.status_code == 200 and "access-control-allow-origin" not in reply.headers
    asked_first = client.options("/api/v1/ask", headers={"origin": OURS, "access-control-request-method": "POST"})
    assert not [name for name in asked_first.headers if name.startswith("access-control-")]


def test_only_the_box_may_be_framed_and_only_by_the_sites_named(allowed: TestClient) -> None:
    box = allowed.get("/embed").headers
    assert f"frame-ancestors {OURS} http://localhost:8080;" in box["content-security-policy"] + ";" and "x-frame-options" not in box
    assert "unsafe" not in re.sub(r"style-src[^;]*", "", box["content-security-policy"])
    for path in ("/", "/healthz", "/embed.js", "/api/v1/programs", "/desk"):
        headers = allowed.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"] and headers["x-frame-options"] == "DENY"


def test_the_sites_named_may_call_the_api_and_others_may_not(allowed: TestClient) -> None:
    for origin, told in ((OURS, OURS), (OTHER, None), ("null", None)):
        headers = {"origin": origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}
        assert allowed.options("/api/v1/ask", headers=headers).headers.get("access-control-allow-origin") == told
        reply = allowed.post("/api/v1/ask", json=ASKED, headers={"origin": origin})
        assert reply.headers.get("access-control-allow-origin") == told
        assert "access-control-allow-credentials" not in reply.headers
    for path in ("/desk/api/session", "/", "/healthz", "/config"):  # Gradio would share its own with anybody, cookies and all
        for origin in (OURS, OTHER):
            assert not [name for name in allowed.get(path, headers={"origin": origin}).headers if name.startswith("access-control-")]


class Site(BaseHTTPRequestHandler):
    """Another site's page, with our script in it."""

    script = ""

    def do_GET(self) -> None:
        page = f'<!doctype html><title>A firm</title><h1>A firm</h1><script src="{self.script}" data-lang="fr" async></script>'.encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None: ...


@pytest.mark.parametrize("named", [True, False])
def test_in_a_browser_on_a_site_that_is_named_and_on_one_that_is_not(browser: Browser, tmp_path: Path, named: bool) -> None:
    site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01}).start()
    address = f"http://127.0.0.1:{site.server_port}"
    settings = Settings(home=tmp_path, embed_origins=address if named else "http://127.0.0.1:1")
    try:
        with running(SmallBot(), settings) as url:
            Site.script = f"{url}/embed.js"
            page = browser.new_page()
            problems: list[str] = []
            page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
            page.goto(address)
            frame = page.frame_locator("iframe")
            if named:
                evil = "<img src=/x onerror=window.ran=1> Is the permit open?"
                expect(frame.get_by_label("Votre question")).to_be_visible()
                frame.get_by_label("Votre question").fill(evil)
                frame.get_by_role("button", name="Demander").click()
                expect(frame.get_by_text(FIRST)).to_be_visible()
                expect(frame.get_by_role("heading", name=evil)).to_be_visible()
                assert frame.get_by_role("link").first.get_attribute("href") == "https://www.canada.ca/manual"
                assert page.evaluate("window.ran") is None and page.frames[1].evaluate("window.ran") is None
                page.wait_for_function("parseInt(document.querySelector('iframe').style.height) > 300")
                assert problems == []
            else:
                page.wait_for_function("document.querySelector('iframe') !== null")
                expect(frame.get_by_label("Votre question")).not_to_be_visible()
                assert any("frame-ancestors" in problem for problem in problems)
            page.close()
    finally:
        site.shutdown()
        site.server_close()
