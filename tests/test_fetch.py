"""Fetching the registered pages from a real server on loopback that misbehaves."""

from __future__ import annotations

import gzip
import json
import resource
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import httpcore
import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.settings import read_settings
from corpus.errors import CorpusError, NorthboundError
from corpus.fetch import Limits, Outcome, is_public, refresh
from corpus.model import Source
from corpus.pages import Snapshot, held_on, keep, latest, page_document, unusable
from corpus.registry import load_registry
from corpus.robots import read_robots
from tests.conftest import ROOT

QUICK = Limits(timeout=60, size=20_000, delay=0.0, backoff=0.01)  # a machine that runs tests may do much else
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

    def refresh(self, *answers: Answer | Callable[[BaseHTTPRequestHandler], None], limits: Limits = QUICK, accept: bool = False) -> Outcome:
        self.answers[:] = answers
        (outcome,) = refresh({"fees": self.source}, self.folder, loopback=self.address, limits=limits, accept=accept)
        return outcome

    @property
    def text(self) -> str:
        snapshot = latest(self.folder, self.source)
        return snapshot.text if snapshot else ""

    @property
    def snapshot(self) -> Snapshot:
        held = latest(self.folder, self.source)
        assert held is not None
        return held

    @property
    def pages_asked(self) -> list[Message]:
        return [headers for path, headers in self.asked if path == "/page"]


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n")
    until_hung_up(handler, b"<p>more and more words</p>" * 100, pause=0)


def dripping_body(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n")
    until_hung_up(handler, b"<p>", pause=0.02)


def dripping_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
    until_hung_up(handler, b"x", pause=0.02)


def dripping_gzip(handler: BaseHTTPRequestHandler) -> None:
    """Bytes that unpack to nothing, for ever."""
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10])
    until_hung_up(handler, b"\x00\x00\x00\xff\xff", pause=0.02)


def until_hung_up(handler: BaseHTTPRequestHandler, piece: bytes, pause: float) -> None:
    try:
        for _ in range(10_000):
            handler.wfile.write(piece)
            time.sleep(pause)
    except OSError:
        return


def torn_off(handler: BaseHTTPRequestHandler) -> None:
    """Half a body, then the connection is reset."""
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n" + page()[:50])
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def cut_short(handler: BaseHTTPRequestHandler) -> None:
    """Less than the Content-Length says, then the end."""
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n" + page())


def to(location: str, status: int = 302) -> Answer:
    return status, {"Location": location}, b""


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that we waited, without waiting for them."""
    waits: list[float] = []
    monkeypatch.setattr("corpus.fetch.time.sleep", lambda seconds: waits.append(round(seconds, 1)))
    return waits


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
    document = page_document(site.source, site.snapshot)
    assert document is not None
    assert (document.title, document.origin, document.language) == ("Fees", "page", "en")
    assert [section.text for section in document.sections] == [FEES]
    assert document.source.as_of == site.snapshot.checked[:10] > "2026-01-01"


# --- what is kept


def test_a_page_that_was_not_modified_is_asked_for_by_its_etag_and_kept(site: Site) -> None:
    site.refresh(ok(ETag='"one"', Last_Modified="Mon, 02 Nov 2026 10:00:00 GMT"))
    first = site.snapshot
    assert site.refresh((304, {}, b"")) == Outcome("fees", "unchanged", "not modified since the last time")
    assert site.pages_asked[1]["If-None-Match"] == '"one"'
    assert site.pages_asked[1]["If-Modified-Since"] == "Mon, 02 Nov 2026 10:00:00 GMT"
    now = site.snapshot
    assert now.checked > first.checked
    assert replace(now, checked=first.checked) == first


def test_a_page_that_older_code_made_into_text_is_read_again_even_unmodified(site: Site) -> None:
    site.refresh(ok(ETag='"one"'))
    keep(site.folder, site.source, replace(site.snapshot, reader="older"))
    site.refresh(ok(ETag='"one"'))
    assert [headers["If-None-Match"] for headers in site.pages_asked] == [None, None]
    site.refresh((304, {}, b""))
    assert site.pages_asked[-1]["If-None-Match"] == '"one"'


def test_each_wording_is_kept_once_and_the_one_seen_last_counts(site: Site) -> None:
    other = ok(page(FEES.replace("155", "185")))
    assert [site.refresh(answer).status for answer in (ok(), other, other, ok())] == ["new", "changed", "unchanged", "changed"]
    assert len(list((site.folder / "fees").glob("*.json"))) == 2
    assert "CAN$155" in site.text


def test_the_wording_of_a_day_is_the_one_seen_anew_last_also_when_an_old_one_returned(tmp_path: Path) -> None:
    source = Source("fees", "Fees", "IRCC", "official", "https://a.example/fees", True)

    def seen(text: str, time: str) -> None:
        keep(tmp_path, source, Snapshot(source.url, source.url, time, time, "", "", "en", f"# Fees\n{text}"))

    seen("It costs 155.", "2026-01-10T08:00:00")
    seen("It costs 155.", "2026-02-01T08:00:00")
    seen("It costs 185.", "2026-03-01T08:00:00")
    seen("It costs 155.", "2026-04-01T08:00:00")
    held = {day: held_on(tmp_path, source, day) for day in ("2026-01-09", "2026-01-10", "2026-02-20", "2026-03-01", "2026-05-01")}
    assert [s and s.text[-4:] for s in held.values()] == [None, "155.", "155.", "185.", "155."]
    last = held["2026-05-01"]
    assert last and (last.fetched, last.earlier) == ("2026-04-01T08:00:00", (("2026-01-10T08:00:00", "2026-02-01T08:00:00"),))


@pytest.mark.parametrize("damage", ['{"url": 3}', "", '["a"]', "no snapshot"])
def test_a_damaged_snapshot_is_named_and_fails_its_source_alone(site: Site, damage: str) -> None:
    site.refresh(ok())
    (path,) = (site.folder / "fees").glob("*.json")
    whole = path.read_text(encoding="utf-8")
    path.write_text(damage if damage != "no snapshot" else whole.replace("155", "185"), encoding="utf-8")
    with pytest.raises(CorpusError, match="remove it and run: northbound corpus refresh"):
        latest(site.folder, site.source)
    outcomes = refresh({"fees": site.source, "other": replace(site.source, id="other")}, site.folder, loopback=site.address, limits=QUICK)
    assert [(o.source_id, o.status) for o in outcomes] == [("fees", "failed"), ("other", "new")]


def test_a_killed_refresh_leaves_whole_snapshots_and_no_lock(site: Site) -> None:
    site.refresh(ok())
    script = """
import sys
from dataclasses import replace
from pathlib import Path
from filelock import FileLock
from corpus.model import Source
from corpus.pages import keep, latest
folder, url = Path(sys.argv[1]), sys.argv[2]
source = Source("fees", "Fees", "IRCC", "official", url, True)
with FileLock(folder / "refresh.lock"):
    held = latest(folder, source)
    for number in range(100_000):
        keep(folder, source, replace(held, text=f"# Fees {number}\\n" + "many words " * 50_000, checked=f"2999-12-{number:06}"))
        (folder / "fees" / "half.new").write_text("half")
        print(number, flush=True)
"""
    for _ in range(3):
        command = [sys.executable, "-c", script, str(site.folder), site.source.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.kill()
            assert process.wait() == -signal.SIGKILL
        assert latest(site.folder, site.source) is not None  # every file can be read and is what its name says
    assert (site.folder / "fees" / "half.new").exists()
    assert site.refresh(ok(), accept=True).status == "changed"
    assert list(site.folder.glob("*/*.new")) == []


def test_where_there_is_no_room_the_last_good_snapshot_stays_whole(site: Site) -> None:
    site.refresh(ok())
    held = site.snapshot
    site.answers[:] = [ok(page(FEES * 100))]
    script = f"""
from pathlib import Path
from corpus.errors import CorpusError
from corpus.fetch import Limits, refresh
from corpus.model import Source
source = Source("fees", "Fees", "IRCC", "official", {site.source.url!r}, True)
try:
    list(refresh({{"fees": source}}, Path({str(site.folder)!r}), loopback={site.address!r}, limits=Limits(delay=0)))
except CorpusError as error:
    print(error)
"""

    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))

    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, preexec_fn=no_room, check=True)
    assert "cannot be written (File too large); make room there, or set NORTHBOUND_HOME" in done.stdout
    assert latest(site.folder, site.source) == held
    assert [path.name for path in (site.folder / "fees").iterdir()] == [f"{held.name}.json"]


def test_two_refreshes_do_not_run_at_once(site: Site) -> None:
    site.answers[:] = [ok()]
    two = {"fees": site.source, "other": replace(site.source, id="other")}
    first = refresh(two, site.folder, loopback=site.address, limits=QUICK)
    next(first)
    with pytest.raises(CorpusError, match="another refresh is running; wait for it"):
        list(refresh(two, site.folder, loopback=site.address, limits=QUICK))
    assert [outcome.source_id for outcome in first] == ["other"]
    assert [o.status for o in refresh(two, site.folder, loopback=site.address, limits=QUICK)] == ["unchanged", "unchanged"]


def test_a_folder_that_cannot_be_written_is_told(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match="file/pages: cannot be written .*; set NORTHBOUND_HOME"):
        list(refresh({"fees": site.source}, tmp_path / "file" / "pages", loopback=site.address, limits=QUICK))


# --- pages that cannot be used


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((404, {}, b"gone"), "vanished: the server answers 404"),
        ((404, {"Content-Encoding": "gzip"}, b"not read"), "vanished: the server answers 404"),
        ((410, {}, b""), "vanished: the server answers 410"),
        ((403, {}, b""), "the server answers 403"),
        ((204, {}, b""), "the server answers 204"),
        ((304, {}, b""), "the server answers 304"),  # to what was not asked
        (ok(b""), "the page is empty (0 words)"),
        (ok(page("Too little.")), "the page is empty (2 words)"),
        (ok(page(FEES, title="Page not found")), "the page is an error page ('Page not found' in its title)"),
        (to("https://elsewhere.example/page"), "redirects to elsewhere.example, which is no host of a registered"),
        (to("http://127.0.0.1:9/"), "http://127.0.0.1:9/ is not https"),
        (to("http://elsewhere.example/"), "http://elsewhere.example/ is not https"),
        (to("https://127.0.0.1:9/"), "redirects to 127.0.0.1:9, which is no host of a registered source"),
        (to("https://169.254.169.254/latest/meta-data"), "redirects to 169.254.169.254, which is no host of a registered source"),
        (to("https://[::1]/"), "redirects to [::1], which is no host of a registered source"),
        (to("https://2130706433/"), "which is no host of a registered source"),  # 127.0.0.1 as one number
        (to("https://0x7f000001/"), "which is no host of a registered source"),
        (to("https://0177.0.0.1/"), "redirects to no address"),
        (to("//elsewhere.example/page"), "is not https"),
        (to("https://user:secret@elsewhere.example/"), "is not a plain web address"),
        (to("file:///etc/passwd"), "is not https"),
        (to("javascript:alert(1)"), "is not https"),
        (to("https://[/"), "which is no host of a registered source"),
        (to("/page"), "redirects more than 5 times"),
        ((302, {}, b""), "redirects more than 5 times"),
        ((500, {}, b""), "the server answers 500"),
        (ok(b"x" * 30_000), "larger than 0.02 MB"),
        (ok(gzip.compress(b"x" * 3_000_000), Content_Encoding="gzip"), "larger than 0.02 MB"),
        (ok(b"this is no gzip", Content_Encoding="gzip"), "its gzip is damaged"),
        (ok(gzip.compress(page())[:-20], Content_Encoding="gzip"), "its gzip ends too early"),
        (ok(gzip.compress(gzip.compress(page())), Content_Encoding="gzip, gzip"), "sent as 'gzip, gzip', which was not asked for"),
        (ok(page(), Content_Encoding="br"), "sent as 'br', which was not asked for"),
        (endless, "larger than 0.02 MB"),
        (cut_short, "127.0.0.1 cannot be read: "),
        (torn_off, "127.0.0.1 cannot be read: "),
        (lambda handler: handler.wfile.write(b"220 mail.example ESMTP\r\n"), "127.0.0.1 cannot be read: "),
        (lambda _: None, "127.0.0.1 cannot be read: "),
    ],
)
def test_a_page_that_cannot_be_used_is_told_and_leaves_the_last_good_one(site: Site, answer: Answer, reason: str) -> None:
    assert site.refresh(answer).detail.endswith("; the brief stays")
    site.refresh(ok())
    good = site.snapshot
    outcome = site.refresh(answer)
    assert outcome.status == "failed"
    assert reason in outcome.detail
    assert "; the page as of 20" in outcome.detail
    assert site.snapshot == good


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (dripping_body, "127.0.0.1 is not read within 30 seconds"),
        (dripping_gzip, "127.0.0.1 is not read within 30 seconds"),
        (dripping_headers, "127.0.0.1 does not answer within 30 seconds"),
    ],
)
def test_a_server_that_drips_without_end_is_hung_up_on(
    site: Site, monkeypatch: pytest.MonkeyPatch, answer: Callable[[BaseHTTPRequestHandler], None], reason: str
) -> None:
    seconds = count()  # each look at the clock is one later: robots.txt and the headers take some fifteen looks, and each drop another
    monkeypatch.setattr("corpus.fetch.time", SimpleNamespace(monotonic=lambda: float(next(seconds)), sleep=lambda _: None))
    assert site.refresh(answer, limits=replace(QUICK, timeout=30, retries=0)).detail == f"{reason}; the brief stays"


def test_a_server_that_says_nothing_is_hung_up_on(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.fetch._Web._heed_robots", lambda *_: None)  # so that no other request has to be answered in so short a time
    hung_up = threading.Event()

    def silent(handler: BaseHTTPRequestHandler) -> None:
        assert handler.rfile.read(1) == b""  # until the other side is closed
        hung_up.set()

    outcome = site.refresh(silent, limits=replace(QUICK, timeout=0.2, retries=0))
    assert outcome.detail == "127.0.0.1 does not answer within 0.2 seconds; the brief stays"
    assert not site.asked or hung_up.wait(60)


def test_a_bomb_of_gzip_is_never_unpacked(site: Site) -> None:
    bomb = ok(gzip.compress(b" " * 100_000_000), Content_Encoding="gzip")
    tracemalloc.start()
    try:
        assert site.refresh(bomb).detail == "larger than 0.02 MB; the brief stays"
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("front", ["/", "/en", "/en.html", "/fr/accueil.html", "/home", "/index.php"])
def test_a_page_that_was_replaced_by_the_front_page_is_told_and_keeps_its_last_good_text(site: Site, front: str) -> None:
    site.refresh(ok())
    outcome = site.refresh(to(front), ok())
    assert outcome.status == "failed"
    assert outcome.detail.startswith(f"vanished: its address now leads to the front page, http://{site.address}{front}; the page as of ")
    assert FEES in site.text


def test_a_short_address_with_a_query_may_lead_to_its_page(site: Site) -> None:
    source = replace(site.source, url=f"http://{site.address}/?p=17")
    site.answers[:] = [to("/page"), ok()]
    (outcome,) = refresh({"fees": source}, site.folder, loopback=site.address, limits=QUICK)
    assert outcome.status == "new"


def test_a_page_that_moved_and_is_still_the_same_is_read_and_told(site: Site) -> None:
    moved = f"moved to http://{site.address}/other: correct sources.toml"
    assert site.refresh(to("/other#part", 301), ok()) == Outcome("fees", "new", f"25 words; {moved}")
    changed = site.refresh(to("/other", 308), ok(page(FEES.replace("155", "185"))))
    assert changed == Outcome("fees", "changed", f"25 words, 25 before; {moved}")


def test_a_page_that_moved_to_another_page_keeps_its_last_good_text_until_somebody_accepts(site: Site) -> None:
    text = "Explore everything that our renewed department offers newcomers, students, visitors and businesses today. "
    landing = ok(page(text * 2, "Welcome"))
    told = f"moved: its address now leads to http://{site.address}/landing, which is another page"
    unseen = site.refresh(to("/landing", 301), landing)  # nothing is held: its headings do not name what the source is called
    assert unseen.detail == f"{told}; the brief stays; if it is right: northbound corpus refresh fees --accept"
    site.refresh(ok())
    outcome = site.refresh(to("/landing", 301), landing)
    assert outcome.status == "failed"
    assert outcome.detail.startswith(told)
    assert FEES in site.text
    assert site.refresh(to("/landing", 301), landing, accept=True).status == "changed"
    assert "renewed department" in site.text


@pytest.mark.parametrize("same", ["/page/", "/PAGE", "/page.html", "/page/index.html"])
def test_an_address_that_is_only_spelled_differently_is_no_other_page(site: Site, same: str) -> None:
    site.refresh(ok())
    other = ok(page("Everything about the costs is new, with other words than those of last year. " * 2))
    assert site.refresh(to(same), other).status == "changed"


def test_a_page_that_shrank_to_a_tenth_keeps_its_last_good_text_until_somebody_accepts(site: Site) -> None:
    site.refresh(ok(page(" ".join(f"Fee {n} is CAN${n}." for n in range(100)))))
    good = site.text
    outcome = site.refresh(ok())
    assert outcome.status == "failed"
    assert outcome.detail.startswith("shrank from 402 to 25 words; the page as of ")
    assert outcome.detail.endswith("; if it is right: northbound corpus refresh fees --accept")
    assert site.text == good
    assert site.refresh(ok(), accept=True).status == "changed"


@pytest.mark.parametrize(
    "title",
    "404|Error 404|We couldn't find that Web page (Error 404)|HTTP 503|503 Service Unavailable|Page introuvable|Access denied|Oops!|"
    "Access to this page has been denied|Just a moment...|Are you a robot?|Site under maintenance|Sign in|An error has occurred|"
    "Too Many Requests|This page is no longer available|Bad gateway|Checking your browser".split("|"),
)
def test_an_error_page_that_is_sent_as_if_all_were_well_is_known_by_its_title(title: str) -> None:
    assert unusable(f"# {title}\n{FEES}").startswith("an error page")


@pytest.mark.parametrize(
    "title",
    "Fees|Ontario invites 500 people|Correct a mistake in your permit|Sign in to your account|Round 404 of Express Entry|Form IMM 5710|"
    "Trial and error in hiring|Who is not eligible".split("|"),
)
def test_a_page_with_such_a_word_or_number_in_its_title_is_none(title: str) -> None:
    assert unusable(f"# {title}\n{FEES}") == ""


def test_what_is_no_web_page_is_skipped(site: Site) -> None:
    outcome = site.refresh((200, {"Content-Type": "application/pdf"}, b"%PDF"))
    assert (outcome.status, outcome.detail) == ("skipped", "not a web page but application/pdf; the brief stays")


# --- how a page is read


def test_gzip_is_read(site: Site) -> None:
    assert site.refresh(ok(gzip.compress(page()), Content_Encoding="gzip")).status == "new"
    assert FEES in site.text
    assert site.pages_asked[0]["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize(
    ("charset", "written"),
    [
        ("; charset=ISO-8859-1", "cp1252"),
        ("", "cp1252"),
        ("; charset=utf-8", "cp1252"),  # wrong
        ("; charset=windows-1252", "utf-8"),  # wrong
        ("; charset=no-such-thing", "utf-8"),
        ("; charset=utf-16", "utf-16"),
        ("", "utf-8-sig"),
    ],
)
def test_letters_are_right_whatever_charset_is_told(site: Site, charset: str, written: str) -> None:
    text = f"{FEES} À Montréal, c’est déjà prêt."
    assert site.refresh((200, {"Content-Type": f"text/html{charset}"}, page(text).decode().encode(written))).status == "new"
    assert text in site.text


# --- asking again, and politely


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again_each_time_later(site: Site, slept: list[float], status: int) -> None:
    limits = replace(QUICK, backoff=2.0)
    assert site.refresh((status, {}, b""), (status, {"Retry-After": "0"}, b""), ok(), limits=limits).status == "new"
    assert len(site.pages_asked) == 3
    assert [wait for wait in slept if wait] == [2.0, 4.0]


@pytest.mark.parametrize("broken", [torn_off, cut_short, ok(gzip.compress(page())[:-9], Content_Encoding="gzip"), lambda _: None])
def test_half_an_answer_is_asked_for_again(site: Site, broken: Answer) -> None:
    assert site.refresh(broken, ok()).status == "new"
    assert len(site.pages_asked) == 2


def test_what_will_not_change_is_not_asked_for_again(site: Site) -> None:
    for answer in ((404, {}, b""), ok(b"x" * 30_000), to("https://elsewhere.example/")):
        site.asked.clear()
        site.refresh(answer)
        assert len(site.pages_asked) == 1


def told_in_seconds(seconds: int) -> str:
    return str(seconds)


def told_as_a_date(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("told", [told_in_seconds, told_as_a_date])
def test_a_server_that_asks_for_a_pause_gets_it(site: Site, slept: list[float], told: Callable[[int], str]) -> None:
    assert site.refresh((429, {"Retry-After": told(2000)}, b""), ok(), limits=replace(QUICK, patience=2000)).status == "new"
    assert 1000 < max(slept) <= 2000


@pytest.mark.parametrize("told", [told_in_seconds, told_as_a_date])
def test_a_host_that_asks_for_a_long_pause_is_left_alone_also_for_its_other_pages(site: Site, told: Callable[[int], str]) -> None:
    site.answers[:] = [(429, {"Retry-After": told(3600)}, b"")]
    two = {"fees": site.source, "other": replace(site.source, id="other")}
    outcomes = list(refresh(two, site.folder, loopback=site.address, limits=QUICK))
    assert len(site.pages_asked) == 1
    for outcome in outcomes:
        assert outcome.detail.startswith(f"{site.address} asks to wait for 3")
        assert outcome.detail.endswith(" seconds; run this again then; the brief stays")


@pytest.mark.parametrize("told", ["soon", "-5", "Fri, 01 Jan 1999 00:00:00 GMT", "Fri, 99 Jan 2099 00:00:00 GMT", ""])
def test_a_pause_that_means_nothing_is_none(site: Site, told: str) -> None:
    assert site.refresh((503, {"Retry-After": told}, b""), ok()).status == "new"


def test_requests_to_a_host_are_spaced(site: Site, slept: list[float]) -> None:
    site.refresh(ok(), limits=replace(QUICK, delay=5.0))  # robots.txt, then the page
    assert slept == [0.0, 5.0]


def test_robots_txt_is_obeyed(site: Site) -> None:
    site.robots = (200, {}, b"User-agent: *\nDisallow: /page")
    outcome = site.refresh(ok())
    assert (outcome.status, outcome.detail) == ("skipped", f"robots.txt of {site.address} asks programs not to read it; the brief stays")
    assert site.pages_asked == []


@pytest.mark.parametrize(
    ("robots", "status"),
    [
        ((404, {}, b"User-agent: *\nDisallow: /"), "new"),
        ((410, {}, b""), "new"),
        ((200, {"Content-Type": "text/html"}, page()), "new"),
        ((401, {}, b""), "skipped"),
        ((403, {}, b""), "skipped"),
        ((500, {}, b""), "failed"),
        ((429, {}, b""), "failed"),
        (to("https://elsewhere.example/robots.txt"), "failed"),
        (to("/robots.txt"), "failed"),
        ((200, {}, b"x" * 30_000), "failed"),
    ],
)
def test_a_site_without_robots_txt_is_read_and_one_whose_robots_txt_cannot_be_read_is_left_alone(
    site: Site, robots: Answer, status: str
) -> None:
    site.robots = robots
    outcome = site.refresh(ok())
    assert outcome.status == status
    assert len(site.pages_asked) == (status == "new")
    assert outcome.detail.startswith("robots.txt") == (status != "new")


def test_robots_txt_is_read_once_for_all_pages_of_a_host(site: Site) -> None:
    site.answers[:] = [ok()]
    sources = {name: replace(site.source, id=name) for name in "abc"}
    assert len(list(refresh(sources, site.folder, loopback=site.address, limits=QUICK))) == 3
    assert [path for path, _ in site.asked].count("/robots.txt") == 1


def test_robots_txt_counts_for_the_page_that_a_redirect_leads_to(site: Site) -> None:
    site.robots = (200, {}, b"User-agent: northbound\nDisallow: /private")
    assert site.refresh(to("/private", 301), ok()).status == "skipped"


def test_a_crawl_delay_is_kept(site: Site, slept: list[float]) -> None:
    site.robots = (200, {}, b"User-agent: *\nCrawl-delay: 7.5")
    assert site.refresh((503, {}, b""), ok()).status == "new"
    assert [wait for wait in slept if wait] == [7.5, 7.5]


def test_a_crawl_delay_longer_than_our_patience_means_that_we_stay_away(site: Site) -> None:
    site.robots = (200, {}, b"User-agent: *\nCrawl-delay: 600")
    outcome = site.refresh(ok())
    assert (outcome.status, site.pages_asked) == ("skipped", [])
    assert "asks for 600 seconds between two requests, longer than we wait" in outcome.detail


@pytest.mark.parametrize(
    ("robots", "path", "may"),
    [
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b", True),  # the longest that fits
        ("User-agent: *\nAllow: /a/b\nDisallow: /a", "/a/c", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf?page=2", True),
        ("User-agent: *\nDisallow: /a*c*e", "/abcde", False),
        ("User-agent: *\nDisallow: /a*c*e$", "/abcdef", True),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("User-agent: *\nDisallow: /caf%C3%A9", "/café", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("# nothing\nDisallow: /", "/a", True),  # no group
        ("User-agent: other\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Northbound\nDisallow: /b", "/a", True),  # our own group counts alone
        ("User-agent: northbound\nUser-agent: other\n\nDisallow: /a # all of it", "/a/b", False),
        ("\ufeffUser-Agent: *\r\nDISALLOW: /a", "/a", False),
        ("User-agent: northbound\nAllow: /b\nUser-agent: *\nDisallow: /a\nUser-agent: northbound\nDisallow: /a", "/a", False),
    ],
)
def test_the_rules_of_robots_txt(robots: str, path: str, may: bool) -> None:
    assert read_robots(robots, "northbound").allow(path) is may


def test_a_pattern_full_of_stars_takes_no_time() -> None:
    assert read_robots("User-agent: *\nDisallow: /" + "*a" * 2000 + "b", "northbound").allow("/" + "a" * 5000)


# --- which addresses are asked


def test_without_the_setting_loopback_is_refused(site: Site) -> None:
    for source in (site.source, replace(site.source, url=f"https://{site.address}/page"), replace(site.source, url="https://localhost/")):
        (outcome,) = refresh({"fees": source}, site.folder, limits=QUICK)
        assert outcome.status == "failed"
        assert "which is not a public address; refused" in outcome.detail
    assert site.asked == []


@pytest.mark.parametrize("host", "169.254.169.254 [::1] 2130706433 0x7f000001 0x7f.1 10.0.0.1 [::ffff:10.0.0.1] localhost".split())
def test_an_address_inside_is_refused_however_it_is_written(tmp_path: Path, host: str) -> None:
    (outcome,) = refresh({"a": Source("a", "A", "B", "news", f"https://{host}/a", True)}, tmp_path, limits=QUICK)
    assert outcome.status == "failed"
    assert "which is not a public address; refused" in outcome.detail


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


@dataclass
class Names:
    """A name server that gives another address each time it is asked for a name; numbers are what they are."""

    answers: list[list[str]]
    asked: list[str] = field(default_factory=list)

    def getaddrinfo(self, host: str, port: int, *rest: object, **options: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        if host.replace(".", "").isdigit():
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        self.asked.append(host)
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]


def test_a_name_that_is_public_when_checked_and_loopback_afterwards_is_asked_at_the_address_that_was_checked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names([["93.184.215.14"], ["127.0.0.1"]])
    connected: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError("nobody is there")

    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", connect)
    source = replace(site.source, url=f"https://rebound.example:{site.server.server_port}/page")
    (outcome,) = refresh({"fees": source}, site.folder, limits=replace(QUICK, retries=0))
    assert connected == [("93.184.215.14", site.server.server_port)]
    assert names.asked == ["rebound.example"]  # once: what was checked is what was connected to
    assert (outcome.status, site.asked) == ("failed", [])


def test_a_name_is_checked_again_for_each_request(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names([["127.0.0.1"], ["10.0.0.5"]])
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    host = f"tests.example:{site.server.server_port}"
    site.answers[:] = [ok()]
    (outcome,) = refresh({"fees": replace(site.source, url=f"http://{host}/page")}, site.folder, loopback=host, limits=QUICK)
    assert "tests.example is at 10.0.0.5, which is not loopback; refused" in outcome.detail
    assert [path for path, _ in site.asked] == ["/robots.txt"]


def test_a_second_address_of_a_name_is_tried_when_nobody_answers_at_the_first(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names([["127.0.0.2", "127.0.0.1"]]).getaddrinfo)
    real = httpcore.SyncBackend.connect_tcp

    def connect(self: httpcore.SyncBackend, host: str, port: int, timeout: float) -> httpcore.NetworkStream:
        if host == "127.0.0.1":
            raise httpcore.ConnectError("nobody is there")
        return real(self, "127.0.0.1", port, timeout)  # the server listens there alone

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    host = f"tests.example:{site.server.server_port}"
    site.answers[:] = [ok()]
    (outcome,) = refresh({"fees": replace(site.source, url=f"http://{host}/page")}, site.folder, loopback=host, limits=QUICK)
    assert outcome.status == "new"


def test_the_setting_allows_nothing_but_loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names([["93.184.215.14"]]).getaddrinfo)
    source = Source("a", "A", "B", "news", "http://tests.example:8000/a", True)
    (outcome,) = refresh({"a": source}, tmp_path, loopback="tests.example:8000", limits=QUICK)
    assert "93.184.215.14, which is not loopback; refused" in outcome.detail


def test_a_registered_name_that_points_inside_is_refused_even_beside_a_public_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names([["93.184.215.14", "10.0.0.5"]]).getaddrinfo)
    (outcome,) = refresh({"a": Source("a", "A", "B", "news", "https://rebound.example/a", True)}, tmp_path, limits=QUICK)
    assert "rebound.example is at 10.0.0.5, which is not a public address; refused" in outcome.detail


@pytest.mark.parametrize(
    "address",
    "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 ::1 :: fe80::1%eth0 fd00::1 "
    "ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: ::7f00:1 fec0::1 64:ff9b:1::7f00:1 198.18.0.1".split(),
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:220:1::1", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"])
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


def test_what_is_no_address_is_told_and_the_others_are_read(site: Site) -> None:
    site.answers[:] = [ok()]
    sources = {"odd": replace(site.source, id="odd", url="https://0177.0.0.1/a"), "fees": site.source}
    odd, fees = refresh(sources, site.folder, loopback=site.address, limits=QUICK)
    assert odd.detail.startswith("'https://0177.0.0.1/a' is no web address (Invalid IPv4 address: '0177.0.0.1'); correct sources.toml")
    assert fees.status == "new"


def test_sources_without_a_verified_address_are_not_asked(tmp_path: Path) -> None:
    unverified = Source("a", "A", "B", "news", "https://a.example/a")
    assert list(refresh({"a": unverified}, tmp_path)) == []
    with pytest.raises(CorpusError, match="no source 'b'; ids: northbound corpus list; 'a': no verified address"):
        refresh({"a": unverified}, tmp_path, only=["a", "b"])


# --- the command


def test_the_command_tells_each_source_and_fails_when_one_failed(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    registry = load_registry()
    sources = {name: replace(source, url_verified=False) for name, source in registry.sources.items()}
    sources |= {"fees": site.source, "other": replace(site.source, id="other", url="https://localhost/x")}
    registry = replace(registry, sources=sources)
    monkeypatch.setattr("corpus.registry.load_registry", lambda: registry)
    monkeypatch.setenv("NORTHBOUND_HOME", str(tmp_path))
    monkeypatch.setenv("NORTHBOUND_FETCH_LOOPBACK", site.address)
    monkeypatch.setattr("corpus.fetch.refresh", partial(refresh, limits=QUICK))
    site.answers[:] = [ok()]
    done = CliRunner().invoke(main, ["corpus", "refresh", "fees"])
    assert (done.exit_code, done.output.splitlines()[:2]) == (0, ["1/1 new       fees: 25 words", "1 new"])
    done = CliRunner().invoke(main, ["corpus", "refresh"])
    assert done.exit_code == 1
    assert "1/2 unchanged fees: the same text\n2/2 failed    other: robots.txt: localhost is at " in done.output
    assert "northbound: 1 of 2 pages could not be used" in done.output
    assert CliRunner().invoke(main, ["corpus", "refresh", "nonsense"]).output.startswith("northbound: no source 'nonsense'; ids:")
    done = CliRunner().invoke(main, ["corpus", "refresh", "fees", "--json"])
    assert json.loads(done.stdout) == {"source_id": "fees", "status": "unchanged", "detail": "the same text"}
    assert CliRunner().invoke(main, ["corpus", "refresh", "--accept"]).exit_code == 2


def test_the_setting_is_a_host_with_its_port() -> None:
    assert read_settings({"NORTHBOUND_FETCH_LOOPBACK": "127.0.0.1:8000"}).fetch_loopback == "127.0.0.1:8000"
    with pytest.raises(NorthboundError, match="give host:port"):
        read_settings({"NORTHBOUND_FETCH_LOOPBACK": "http://127.0.0.1"})
