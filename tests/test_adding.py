"""Adding folders, addresses and described files: what can be read is kept, what cannot is named, and nothing is kept twice."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.documents import Added, add_files, added_documents
from bot.settings import Settings
from corpus import spoken
from corpus.described import Described
from corpus.errors import CorpusError
from corpus.fetch import Limits
from corpus.registry import BUNDLED
from corpus.spoken import language_of

QUICK = Limits(timeout=60, size=200_000, delay=0.0, backoff=0.01, retries=0)
WAIT = "How long does it take?\nThe office answers letters in nine weeks, and letters about families in twelve.\n"
COST = "What does it cost?\nThe office asks for 41 dollars for each file that it closes, and for no more than that.\n"


def put(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "data")


def ids(settings: Settings) -> list[str]:
    return [document.source.id for document in added_documents(settings.documents)]


# --- folders


def test_a_folder_gives_its_files_by_their_paths_and_names_what_it_passes_over(tmp_path: Path, settings: Settings) -> None:
    folder = tmp_path / "desk"
    put(folder, "faq.txt", WAIT)
    put(folder, "fees/faq.md", COST)
    put(folder, "broken.pdf", b"%PDF-1.4 and no more")
    put(folder, ".hidden/secret.txt", "Nobody reads this, whatever it says.")
    put(folder, "table.csv", "a,b")
    (folder / "out.txt").symlink_to(put(tmp_path, "outside.txt", "This file is outside of the folder, and a link leads to it."))
    added = add_files([folder], settings)
    assert ids(settings) == ["desk-faq", "desk-fees-faq"]
    (failed,) = added.failed
    assert failed.startswith(f"{folder}/broken.pdf: damaged: ")
    assert added.notes == (
        f"passed over {folder}/out.txt: a link that leads out of the folder",
        f"passed over in {folder}: 1 .csv; readers: .docx, .htm, .html, .md, .pdf, .txt",
        f"passed over in {folder}: 1 hidden",
    )


def test_names_that_give_one_id_are_kept_apart(tmp_path: Path, settings: Settings) -> None:
    folder = tmp_path / "desk"
    for name, text in (
        ("faq.txt", WAIT),
        ("faq.md", COST),
        ("a b.txt", "The desk in Halifax is open on Monday."),
        ("a-b.txt", "Nobody works on Sunday."),
    ):
        put(folder, name, text)
    add_files([folder], settings)
    assert len(ids(settings)) == 4
    assert {"desk-faq-txt", "desk-faq-md", "desk-a-b"} < set(ids(settings))


def test_a_folder_of_nothing_that_can_be_read_is_refused(tmp_path: Path, settings: Settings) -> None:
    put(tmp_path / "desk", "table.csv", "a,b")
    with pytest.raises(CorpusError, match="desk: holds no file that can be read; readers: .docx, "):
        add_files([tmp_path / "desk"], settings)


def test_files_named_one_by_one_are_added_all_or_none(tmp_path: Path, settings: Settings) -> None:
    good, folder = put(tmp_path, "good.txt", WAIT), put(tmp_path / "desk", "cost.txt", COST).parent
    with pytest.raises(CorpusError, match="gone.txt: no such file"):
        add_files([good, tmp_path / "gone.txt", folder], settings)
    assert ids(settings) == []


# --- what is said of a file


def test_a_side_file_describes_its_file_and_options_count_first(tmp_path: Path, settings: Settings) -> None:
    put(
        tmp_path,
        "notes.txt.toml",
        'title = "Our notes"\npublisher = "The desk"\nkind = "guide"\npublished = 2026-05-01\nprogram = "express-entry"\n',
    )
    (document,) = add_files([put(tmp_path, "notes.txt", WAIT)], settings, Described(publisher="Me")).documents
    source = document.source
    assert (document.title, source.publisher, source.kind, source.published) == ("Our notes", "Me", "guide", "2026-05-01")
    assert {section.program for section in document.sections} == {"express-entry"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('title = "A"\nauthor = "B"\n', "notes.toml, line 2: no key 'author'; keys: id, title, publisher, kind, "),
        ('\npublished = "last May"\n', "notes.toml, line 2: published 'last May': give an ISO date such as 2025-11-04"),
        ('kind = "blog"\n', "notes.toml, line 1: kind 'blog'; choose from official, "),
        ("title = 3\n", "notes.toml, line 1: title is not text; put it in quotes"),
        ("title = A\n", "notes.toml: not TOML (Invalid value (at line 1, column 9)); write lines such as: "),
        ('program = "no-such"\n', "notes: no program 'no-such'; programs: "),
    ],
)
def test_a_side_file_that_will_not_do_is_named_with_its_line(tmp_path: Path, settings: Settings, text: str, told: str) -> None:
    put(tmp_path, "notes.toml", text)
    with pytest.raises(CorpusError) as refused:
        add_files([put(tmp_path, "notes.txt", WAIT)], settings)
    assert told in str(refused.value)
    assert ids(settings) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Les travailleurs qualifiés doivent présenter une demande de permis de travail avant leur arrivée au Canada.", "fr"),
        ("Los trabajadores calificados deben presentar una solicitud de permiso de trabajo antes de llegar a Canadá.", "es"),
        ("Skilled workers have to ask for a work permit before they arrive in Canada, and most of them need an offer.", "en"),
        ("H-1B OWP LMIA GTS", "en"),
    ],
)
def test_the_language_of_a_text_is_found(text: str, language: str) -> None:
    assert language_of(text) == language


def test_plain_english_is_told_without_loading_the_model_and_nothing_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    english = "You may stay with your family while the office reads this, and you will have an answer from them by the end of the year."
    french = [path.read_text(encoding="utf-8") for path in (BUNDLED / "briefs" / "fr").glob("*.md")]
    assert french and not any(spoken._is_plainly_english(text) for text in french)
    news = (
        "Express Entry invited 4,500 candidates on Tuesday in a round for health and trade occupations, officials say. Ontario, Alberta "
        "and British Columbia each hold provincial draws this month; Quebec does its own. Analysts expect that scores near 480 remain "
        "typical, with fewer invitations for general rounds until spring. Applicants have 60 days after an invitation to submit police "
        "certificates, medical exams, proof of funds and language results from approved centers."
    )  # mostly names and figures
    monkeypatch.setattr(spoken, "_identifier", lambda: pytest.fail("loaded"))
    assert language_of(english) == language_of(news) == "en"


def test_a_text_in_another_language_is_kept_with_a_word_of_warning(tmp_path: Path, settings: Settings) -> None:
    text = "Les travailleurs qualifiés doivent présenter une demande de permis de travail avant leur arrivée au Canada."
    added = add_files([put(tmp_path, "avis.txt", text)], settings)
    assert added.documents[0].language == "fr"
    assert "its language is 'fr'" in added.notes[0]
    (document,) = add_files([put(tmp_path, "avis.txt", text)], settings, Described(language="en")).documents
    assert document.language == "en"


# --- a file that is not what its name says


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("notes.txt", b"%PDF-1.7\n...", "notes.txt: is a PDF; rename it to notes.pdf"),
        ("notes.md", b"<!DOCTYPE html>\n<html><p>Closed.", "notes.md: is HTML; rename it to notes.html"),
        ("notes.pdf", b"<html><p>Closed.", "notes.pdf: is HTML; rename it to notes.html"),
        ("notes.txt", gzip.compress(b"Closed.", mtime=0), "notes.txt: is packed with gzip; unpack it first"),
        ("notes.pdf", b"The permit closed.", "notes.pdf: is not a PDF, whatever its name says; "),
        ("notes.txt", "Où ça coûte cher ?".encode("cp1252"), "notes.txt: not UTF-8 (byte 1); save it as UTF-8"),
        ("notes.txt", "The permit closed.".encode("utf-16")[:-1], "notes.txt: not UTF-16 (byte "),
    ],
)
def test_a_file_is_never_read_as_what_it_is_not(tmp_path: Path, settings: Settings, name: str, data: bytes, told: str) -> None:
    with pytest.raises(CorpusError) as refused:
        add_files([put(tmp_path, name, data)], settings)
    assert told in str(refused.value)


def test_utf_16_with_its_mark_is_read(tmp_path: Path, settings: Settings) -> None:
    (document,) = add_files([put(tmp_path, "notes.txt", WAIT.encode("utf-16"))], settings).documents
    assert document.title == "How long does it take?"


def test_a_text_of_two_hundred_megabytes_is_refused_unread(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "big.txt"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(CorpusError, match="big.txt: 200 MB, larger than the 20 MB that are read; split it"):
        add_files([path], settings)


# --- nearly the same


LETTER = (
    WAIT
    + "\n"
    + "\n".join(f"The desk of town {name} opens on Monday and closes on Friday, in winter as in summer." for name in "ABCDEFGH")
    + "\n"
)


def test_what_is_nearly_the_same_is_named_and_skipped(tmp_path: Path, settings: Settings) -> None:
    first = add_files([put(tmp_path, "letter.txt", LETTER)], settings)
    again = add_files([put(tmp_path, "copy.txt", LETTER.replace("in winter as in summer", "in winter and in summer", 1))], settings)
    assert (ids(settings), again.documents, again.ids) == (["letter"], (), first.ids)
    assert again.skipped == (
        f"{tmp_path}/copy.txt: 99% the same as letter ({first.documents[0].title}); --id letter puts it in its place, "
        "--keep-alike keeps both",
    )
    assert add_files([tmp_path / "copy.txt"], settings, keep_alike=True).ids == ("copy",)


def test_the_same_id_again_is_an_update_and_other_numbers_are_no_duplicate(tmp_path: Path, settings: Settings) -> None:
    path = put(tmp_path, "letter.txt", LETTER)
    add_files([path], settings)
    assert add_files([path], settings).updated == {"letter"}
    other = add_files([put(tmp_path, "next.txt", LETTER + "The fee is 155 dollars.\n")], settings)
    assert ids(settings) == ["letter", "next"]
    assert "the same as letter" in other.notes[0] and "but for its numbers (155); both are kept" in other.notes[0]


# --- addresses


@dataclass
class Server:
    address: str
    pages: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://{self.address}{path}"

    def add(self, settings: Settings, path: str, **options: int) -> Added:
        return add_files([self.url(path)], Settings(home=settings.home, fetch_loopback=self.address), limits=QUICK, **options)  # type: ignore[arg-type]


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            kind, body = made.pages.get(self.path, ("", b""))
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Server(f"127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    http.shutdown()
    http.server_close()
    thread.join()


def page(fee: int, place: str) -> tuple[str, bytes]:
    text = f"In {place} the fee of a permit is {fee} dollars for one person, and {place} asks for a photograph taken in the last year."
    return "text/html", f"<html><title>{place}</title><nav>Menu</nav><main><h1>Fees in {place}</h1><p>{text}</p></main></html>".encode()


def sitemap(server: Server, *paths: str, root: str = "urlset", entry: str = "url") -> bytes:
    listed = "".join(f"<{entry}><loc>{server.url(path) if path.startswith('/') else path}</loc></{entry}>" for path in paths)
    return f'<?xml version="1.0"?><{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</{root}>'.encode()


def test_a_page_is_fetched_and_dated_by_the_day(server: Server, settings: Settings) -> None:
    server.pages["/fees/halifax.html"] = page(41, "Halifax")
    before = datetime.now(UTC).date().isoformat()
    (document,) = server.add(settings, "/fees/halifax.html").documents
    source = document.source
    assert (document.title, document.origin, source.link) == ("Fees in Halifax", "page", server.url("/fees/halifax.html"))
    assert before <= source.as_of <= datetime.now(UTC).date().isoformat()
    assert source.id.endswith("fees-halifax-html")
    assert server.asked == ["/robots.txt", "/fees/halifax.html"]


def test_an_address_that_cannot_be_used_adds_nothing(server: Server, settings: Settings) -> None:
    server.pages["/picture"] = ("image/png", b"\x89PNG")
    server.pages["/robots.txt"] = ("text/plain", b"User-agent: *\nDisallow: /private")
    for path, told in (
        ("/gone", "the server answers 404"),
        ("/picture", "is image/png, which is not read"),
        ("/private", "asks programs not to"),
    ):
        with pytest.raises(CorpusError, match=told):
            server.add(settings, path)
    with pytest.raises(CorpusError, match="which is not a public address; refused"):
        add_files([server.url("/gone").replace("http:", "https:")], settings, limits=QUICK)
    assert ids(settings) == []


def test_a_sitemap_gives_its_pages_and_those_of_the_maps_it_lists(server: Server, settings: Settings) -> None:
    for fee, place in ((41, "Halifax"), (52, "Regina"), (63, "Calgary")):
        server.pages[f"/{place}"] = page(fee, place)
    server.pages["/one.xml.gz"] = ("application/gzip", gzip.compress(sitemap(server, "/Halifax", "/gone", "https://elsewhere.example/x")))
    server.pages["/two.xml"] = ("text/xml", sitemap(server, "/Regina", "/Calgary"))
    server.pages["/sitemap.xml"] = ("application/xml", sitemap(server, "/one.xml.gz", "/two.xml", root="sitemapindex", entry="sitemap"))
    added = server.add(settings, "/sitemap.xml")
    assert [document.title for document in added.documents] == ["Fees in Halifax", "Fees in Regina", "Fees in Calgary"]
    assert added.failed == (f"{server.url('/gone')}: the server answers 404",)
    assert added.notes[0] == f"{server.url('/sitemap.xml')}: 1 addresses on other hosts are passed over"


def test_no_more_pages_of_a_sitemap_are_fetched_than_the_limit(server: Server, settings: Settings) -> None:
    for fee, place in ((41, "Halifax"), (52, "Regina"), (63, "Calgary")):
        server.pages[f"/{place}"] = page(fee, place)
    server.pages["/sitemap.xml"] = ("application/xml", sitemap(server, "/Halifax", "/Regina", "/Calgary"))
    added = server.add(settings, "/sitemap.xml", most=2)
    assert len(added.documents) == 2 and "/Calgary" not in server.asked
    assert added.notes == (f"{server.url('/sitemap.xml')}: only its first 2 pages are read; for more: --limit",)


def test_a_sitemap_with_entities_is_refused(server: Server, settings: Settings) -> None:
    server.pages["/sitemap.xml"] = ("application/xml", b'<!DOCTYPE x [<!ENTITY a "b">]><urlset><url><loc>&a;</loc></url></urlset>')
    with pytest.raises(CorpusError, match="not a sitemap that can be read"):
        server.add(settings, "/sitemap.xml")


# --- personal numbers


def test_a_story_about_one_person_is_kept_without_the_numbers_of_their_papers(tmp_path: Path, settings: Settings) -> None:
    told = "The family renewed in spring with form IMM 5710 for 155 dollars, as their permit of nineteen months allowed.\n"
    story = put(tmp_path, "story.txt", f"{told}He has passport X0000042, reads tobias@mail.example.org and answers at 604-555-0143.\n")
    office = put(tmp_path, "office.txt", f"{WAIT}The office answers at 604-555-0100 and at office@example.org.\n")
    added = add_files([story, office], settings)
    kept = {
        document.source.id: "\n".join(section.text for section in document.sections) for document in added_documents(settings.documents)
    }
    assert not any(personal in kept["story"] for personal in ("X0000042", "tobias@", "604-555-0143"))
    assert "IMM 5710" in kept["story"] and "155 dollars" in kept["story"]
    assert "604-555-0100" in kept["office"] and "office@example.org" in kept["office"]
    (note,) = added.notes
    assert note.startswith(f"{story}: holds numbers of somebody's papers; the sentences with those")
