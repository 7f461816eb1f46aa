"""Fetching the registered pages from a real server on loopback that misbehaves."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email.message import Message
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.documents import whole_corpus
from bot.settings import Settings, read_settings
from corpus.errors import CorpusError, NorthboundError
from corpus.fetch import Limits, Outcome, is_public, refresh
from corpus.model import Source
from corpus.pages import Snapshot, decode, keep, latest, page_documents, to_markdown
from corpus.registry import Registry, load_registry

QUICK = Limits(timeout=0.5, size=20_000, delay=0.0, backoff=0.01)
FEES = "The fee of a work permit is CAN$155 for one person, and biometrics cost CAN$85 for one person. Pay when you apply online."
Answer = tuple[int, dict[str, str], bytes]


def page(text: str = FEES, title: str = "Fees") -> bytes:
    return f"<html lang=en><title>{title}</title><nav>Menu of the site</nav><h1>{title}</h1><p>{text}</p></html>".encode()


def ok(body: bytes = page(), **headers: str) -> Answer:
    return 200, {"Content-Type": "text/html; charset=utf-8", **{k.replace("_", "-"): v for k, v in headers.items()}}, body


@dataclass
class Site:
    """A server on loopback that sends the answers queued for "/page", the last one again and again."""

    folder: Path
    server: ThreadingHTTPServer = field(init=False)
    address: str = ""
    answers: list[Answer | Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=list)
    robots: Answer = (404, {}, b"")
    asked: list[tuple[str, Message]] = field(default_factory=list)

    @property
    def source(self) -> Source:
        return Source("fees", "Fees", "IRCC", "official", f"http://{self.address}/page", True, as_of="2026-01-01")

    def refresh(self, *answers: Answer | Callable[[BaseHTTPRequestHandler], None], limits: Limits = QUICK) -> Outcome:
        self.answers[:] = answers
        (outcome,) = refresh({"fees": self.source}, self.folder, loopback=self.address, limits=limits)
        return outcome

    @property
    def text(self) -> str:
        snapshot = latest(self.folder, self.source)
        return snapshot.text if snapshot else ""

    @property
    def pages_asked(self) -> list[Message]:
        return [headers for path, headers in self.asked if path == "/page"]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "pages")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append((self.path, self.headers))
            answer = made.robots if self.path == "/robots.txt" else made.answers.pop(0) if len(made.answers) > 1 else made.answers[0]
            if callable(answer):
                answer(self)
                return
            self.send_response(answer[0])
            for name, value in answer[1].items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer[2])

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.server = server
    made.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_page_becomes_a_document_in_its_own_words(site: Site) -> None:
    assert site.refresh(ok()) == Outcome("fees", "new", "25 words")
    document = page_documents(site.folder, {"fees": site.source})["fees"]
    assert (document.title, document.origin, document.language) == ("Fees", "page", "en")
    assert [section.text for section in document.sections] == [FEES]
    assert document.source.as_of > "2026-01-01"


def test_a_page_that_was_not_modified_is_asked_for_by_its_etag_and_kept(site: Site) -> None:
    site.refresh(ok(ETag='"one"', Last_Modified="Mon, 02 Nov 2026 10:00:00 GMT"))
    first = latest(site.folder, site.source)
    assert site.refresh((304, {}, b"")) == Outcome("fees", "unchanged", "not modified since the last time")
    assert site.pages_asked[1]["If-None-Match"] == '"one"'
    assert site.pages_asked[1]["If-Modified-Since"] == "Mon, 02 Nov 2026 10:00:00 GMT"
    now = latest(site.folder, site.source)
    assert first and now and now.checked > first.checked and replace(now, checked=first.checked) == first


def test_each_wording_is_kept_once_and_the_one_seen_last_counts(site: Site) -> None:
    other = ok(page(FEES.replace("155", "185")))
    assert [site.refresh(answer).status for answer in (ok(), other, other, ok())] == ["new", "changed", "unchanged", "changed"]
    assert len(list((site.folder / "fees").glob("*.json"))) == 2
    assert "CAN$155" in site.text


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((404, {}, b"gone"), "vanished: the server answers 404"),
        ((410, {}, b""), "vanished: the server answers 410"),
        ((403, {}, b""), "the server answers 403"),
        ((304, {}, b""), "the server answers 304"),  # to what was not asked
        (ok(b""), "the page is empty (0 words)"),
        (ok(page("Too little.")), "the page is empty (2 words)"),
        (ok(page(FEES, title="Page not found")), "the page is an error page ('not found' in its title)"),
        ((302, {"Location": "https://elsewhere.example/page"}, b""), "redirects to elsewhere.example, which is no host of a registered"),
        ((302, {"Location": "http://127.0.0.1:9/"}, b""), "http://127.0.0.1:9/ is not https"),
        ((302, {"Location": "https://127.0.0.1:9/"}, b""), "redirects to 127.0.0.1:9, which is no host of a registered source"),
        ((302, {"Location": "file:///etc/passwd"}, b""), "is not https"),
        ((302, {"Location": "/page"}, b""), "redirects more than 5 times"),
        ((500, {}, b""), "the server answers 500"),
        (ok(b"x" * 30_000), "larger than 0.02 MB"),
        (ok(gzip.compress(b"x" * 3_000_000), Content_Encoding="gzip"), "larger than 0.02 MB"),
        (ok(b"this is no gzip", Content_Encoding="gzip"), "cannot be read"),
    ],
)
def test_a_page_that_cannot_be_used_is_told_and_leaves_the_last_good_one(site: Site, answer: Answer, reason: str) -> None:
    assert site.refresh(answer).detail.endswith("; the brief stays")
    site.refresh(ok())
    good = site.text
    outcome = site.refresh(answer)
    assert outcome.status == "failed"
    assert reason in outcome.detail
    assert "; the page as of 20" in outcome.detail
    assert site.text == good


def test_a_page_that_was_replaced_by_the_front_page_is_told_and_keeps_its_last_good_text(site: Site) -> None:
    site.refresh(ok())
    outcome = site.refresh((302, {"Location": "/"}, b""), ok(page("Welcome to our site, " * 10)))
    assert outcome.status == "failed"
    assert outcome.detail.startswith(f"vanished: its address now leads to the front page, http://{site.address}/; the page as of ")
    assert FEES in site.text


def test_an_endless_body_is_cut_off(site: Site) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n")
        try:
            while True:
                handler.wfile.write(b"<p>more and more words</p>" * 100)
        except OSError:
            return

    assert site.refresh(endless).detail == "larger than 0.02 MB; the brief stays"


def test_a_body_that_drips_is_cut_off_although_it_never_pauses_for_long(site: Site) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n")
        try:
            for _ in range(100):
                handler.wfile.write(b"<p>")
                time.sleep(0.05)
        except OSError:
            return

    began = time.monotonic()
    assert site.refresh(drip).detail == "not read within 0.5 seconds; the brief stays"
    assert time.monotonic() - began < 2


def test_a_silent_server_is_not_waited_for(site: Site) -> None:
    outcome = site.refresh(lambda _: time.sleep(0.3), limits=replace(QUICK, timeout=0.1))
    assert outcome.detail == "127.0.0.1 does not answer within 0.1 seconds; the brief stays"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(site: Site, status: int) -> None:
    assert site.refresh((status, {}, b""), (status, {"Retry-After": "0"}, b""), ok()).status == "new"
    assert len(site.pages_asked) == 3


def test_gzip_is_read(site: Site) -> None:
    assert site.refresh(ok(gzip.compress(page()), Content_Encoding="gzip")).status == "new"
    assert FEES in site.text


@pytest.mark.parametrize("kind", ["text/html; charset=ISO-8859-1", "text/html"])
def test_latin_1_is_read_by_its_charset_or_without_one(site: Site, kind: str) -> None:
    text = f"{FEES} À Montréal, c’est déjà prêt."
    assert site.refresh((200, {"Content-Type": kind}, page(text).decode().encode("cp1252"))).status == "new"
    assert text in site.text


def test_charsets() -> None:
    assert decode(b'<meta charset="windows-1251">\xcf\xf0') == '<meta charset="windows-1251">Пр'
    assert decode("Québec".encode("utf-16")) == "Québec"
    assert decode("Québec".encode(), "no-such-charset") == "Québec"


def test_robots_txt_is_obeyed(site: Site) -> None:
    site.robots = (200, {}, b"User-agent: *\nDisallow: /page")
    outcome = site.refresh(ok())
    assert (outcome.status, outcome.detail) == ("skipped", f"robots.txt of {site.address} asks programs not to read it; the brief stays")
    assert site.pages_asked == []


def test_a_site_whose_robots_txt_cannot_be_read_is_left_alone(site: Site) -> None:
    site.robots = (500, {}, b"")
    assert site.refresh(ok()).detail == "robots.txt: the server answers 500; the brief stays"
    assert site.pages_asked == []


def test_robots_txt_counts_for_the_page_that_a_redirect_leads_to(site: Site) -> None:
    site.robots = (200, {}, b"User-agent: northbound\nDisallow: /private")
    assert site.refresh((301, {"Location": "/private"}, b""), ok()).status == "skipped"


def test_a_page_that_moved_on_its_host_is_read_and_told(site: Site) -> None:
    outcome = site.refresh((301, {"Location": "/other#part"}, b""), ok())
    assert outcome == Outcome("fees", "new", f"25 words; moved to http://{site.address}/other: correct sources.toml")


def test_what_is_no_web_page_is_skipped(site: Site) -> None:
    outcome = site.refresh((200, {"Content-Type": "application/pdf"}, b"%PDF"))
    assert (outcome.status, outcome.detail) == ("skipped", "not a web page but application/pdf; the brief stays")


def test_requests_to_a_host_are_spaced(site: Site) -> None:
    began = time.monotonic()
    site.refresh(ok(), limits=replace(QUICK, delay=0.2))  # robots.txt, then the page
    assert 0.2 <= time.monotonic() - began < 1


def test_without_the_setting_loopback_is_refused(site: Site) -> None:
    for source in (site.source, replace(site.source, url=f"https://{site.address}/page"), replace(site.source, url="https://localhost/")):
        (outcome,) = refresh({"fees": source}, site.folder, limits=QUICK)
        assert outcome.status == "failed"
        assert "which is not a public address; refused" in outcome.detail
    assert site.asked == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
@pytest.mark.parametrize(
    ("name", "trusted", "outcome"),
    [("localhost", True, "25 words"), ("other.example", True, "Hostname mismatch"), ("localhost", False, "self-signed certificate")],
)
def test_the_certificate_is_checked_against_the_name_although_the_connection_goes_to_an_address(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, trusted: bool, outcome: str
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split()
    named = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run([*make, *named, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    site.answers[:] = [ok()]
    host = site.address.replace("127.0.0.1", "localhost")
    (found,) = refresh({"fees": replace(site.source, url=f"https://{host}/page")}, site.folder, loopback=host, limits=QUICK)
    assert outcome in found.detail
    assert all(headers["Host"] == host for _, headers in site.asked)


def test_the_setting_allows_nothing_but_loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("93.184.215.14", 80))])
    source = Source("a", "A", "B", "news", "http://tests.example:8000/a", True)
    (outcome,) = refresh({"a": source}, tmp_path, loopback="tests.example:8000", limits=QUICK)
    assert "93.184.215.14, which is not loopback; refused" in outcome.detail


def test_a_registered_name_that_points_inside_is_refused_even_beside_a_public_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (a, 443)) for a in ("93.184.215.14", "10.0.0.5")])
    (outcome,) = refresh({"a": Source("a", "A", "B", "news", "https://rebound.example/a", True)}, tmp_path, limits=QUICK)
    assert "rebound.example is at 10.0.0.5, which is not a public address; refused" in outcome.detail


@pytest.mark.parametrize(
    "address",
    "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 ::1 :: fe80::1%eth0 fd00::1 "
    "ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 2002:7f00:1::".split(),
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:220:1::1", "::ffff:93.184.215.14"])
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


def test_sources_without_a_verified_address_are_not_asked(tmp_path: Path) -> None:
    unverified = Source("a", "A", "B", "news", "https://a.example/a")
    assert list(refresh({"a": unverified}, tmp_path)) == []
    with pytest.raises(CorpusError, match="no source 'b'; ids: northbound corpus list; 'a': no verified address"):
        refresh({"a": unverified}, tmp_path, only=["a", "b"])


def test_html_as_lines() -> None:
    html = """<html lang="fr-CA"><head><title>Site | Fees</title><style>p {}</style></head><body><header><h1>Site</h1></header>
    <p>Aside from the main part.</p><main><header><h1>Fees &amp; dates</h1></header><p>#1 What a <b>work</b> permit
    costs, in Canadian dollars, for one person who applies alone on paper:<ul><li><p>CAN$155<li>biometrics: CAN$85</ul>
    <table><tr><th>Who<th>Fee<tr><td>Adult<td>CAN$653.75</tr><tr><td><p>Child</p></td><td>CAN$100</td></tr></table>
    <form>Was this helpful?</form><h2>Paying</h2>By card.<script>let a = "<p>no</p>"</script></main>
    <footer>Contact</footer></body></html>"""
    assert to_markdown(html) == (
        "# Fees & dates\n1 What a work permit costs, in Canadian dollars, for one person who applies alone on paper:\n- CAN$155\n"
        "- biometrics: CAN$85\n- Who: Adult; Fee: CAN$653.75\n- Who: Child; Fee: CAN$100\n## Paying\nBy card.",
        "fr",
    )


def test_the_page_speaks_for_its_source_and_without_it_the_brief_does(tmp_path: Path) -> None:
    registry: Registry = load_registry()
    settings = Settings(home=tmp_path)
    source = registry.sources["ircc-h1b-manual"]
    before = {d.source.id: d.origin for d in whole_corpus(settings, registry)}
    assert before["ircc-h1b-manual"] == "brief"
    made = Snapshot(source.link, source.link, "2026-11-22T10:00:00", "2026-11-22T10:00:00", "", "", "en", f"# Fees\n{FEES}")
    keep(settings.pages, source, made)
    after = {d.source.id: d.origin for d in whole_corpus(settings, registry)}
    assert after == {**before, "ircc-h1b-manual": "page"}
    keep(settings.pages, registry.sources["ircc-h1b-owp"], made)  # of an address that is no longer this source's
    assert {d.source.id: d.origin for d in whole_corpus(settings, registry)} == after


def test_a_damaged_snapshot_is_named(site: Site) -> None:
    site.refresh(ok())
    (path,) = (site.folder / "fees").glob("*.json")
    path.write_text('{"url": 3}', encoding="utf-8")
    with pytest.raises(CorpusError, match="remove it and run: northbound corpus refresh"):
        page_documents(site.folder, {"fees": site.source})


def test_the_command_tells_each_source_and_fails_when_one_failed(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    registry = replace(load_registry(), sources={"fees": site.source, "other": replace(site.source, id="other", url="https://localhost/x")})
    monkeypatch.setattr("corpus.registry.load_registry", lambda: registry)
    monkeypatch.setenv("NORTHBOUND_HOME", str(tmp_path))
    monkeypatch.setenv("NORTHBOUND_FETCH_LOOPBACK", site.address)
    monkeypatch.setattr("corpus.fetch.refresh", partial(refresh, limits=QUICK))
    site.answers[:] = [ok()]
    done = CliRunner().invoke(main, ["corpus", "refresh", "fees"])
    assert (done.exit_code, done.output) == (0, "new       fees: 25 words\n1 new\nto answer from them, run: northbound index build\n")
    done = CliRunner().invoke(main, ["corpus", "refresh"])
    assert done.exit_code == 1
    assert "unchanged fees: the same text\nfailed    other: robots.txt: localhost is at " in done.output
    assert "northbound: 1 of 2 pages could not be fetched" in done.output
    assert CliRunner().invoke(main, ["corpus", "refresh", "nonsense"]).output.startswith("northbound: no source 'nonsense'; ids:")


def test_the_setting_is_a_host_with_its_port() -> None:
    assert read_settings({"NORTHBOUND_FETCH_LOOPBACK": "127.0.0.1:8000"}).fetch_loopback == "127.0.0.1:8000"
    with pytest.raises(NorthboundError, match="give host:port"):
        read_settings({"NORTHBOUND_FETCH_LOOPBACK": "http://127.0.0.1"})
