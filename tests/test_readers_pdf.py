"""PDFs become documents: what repeats on every page goes, paragraphs are whole, and a file that cannot be read says why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import ListFlowable, Paragraph, SimpleDocTemplate

from corpus.errors import CorpusError
from corpus.pdf import read_pdf
from corpus.readers import read_file
from tests.memory import peak

STYLES = getSampleStyleSheet()
LONG = (
    "The office decides on most applications within twelve weeks, but a letter that is missing makes it wait until the letter has come, "
    "and nobody is told of that before the file is opened again by an officer who knows it."
)


def handbook(path: Path, *, chapters: int = 2, encrypt: StandardEncryption | None = None) -> Path:
    """A PDF as a word processor makes it, with a running header, a footer and page numbers."""

    def edges(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(70, A4[1] - 40, "Permit handbook, third edition")
        canvas.drawString(70, 30, f"Office of Permits, page {document.page}")
        canvas.drawCentredString(300, 18, str(document.page))

    flow = [Paragraph("The permit handbook", STYLES["Title"])]
    for chapter in range(1, chapters + 1):
        flow.append(Paragraph(f"Chapter {chapter}: what the office asks of a worker", STYLES["Heading1"]))
        flow += [Paragraph(f"{LONG} Case {chapter}-{n} costs {chapter * 100 + n} dollars.", STYLES["BodyText"]) for n in range(20)]
        flow.append(Paragraph("Bring these papers:", STYLES["BodyText"]))
        flow.append(ListFlowable([Paragraph(f"paper {n} of chapter {chapter}", STYLES["BodyText"]) for n in (1, 2)], bulletType="bullet"))
    kind = {"encrypt": encrypt} if encrypt else {}
    SimpleDocTemplate(str(path), pagesize=A4, **kind).build(flow, onFirstPage=edges, onLaterPages=edges)
    return path


def drawn(path: Path, draw: Callable[[Canvas], object]) -> Path:
    canvas = Canvas(str(path), pagesize=A4)
    draw(canvas)
    canvas.save()
    return path


def typed(canvas: Canvas, lines: Sequence[str], leading: int = 14) -> None:
    """Lines as they stand, in one size."""
    text = canvas.beginText(70, 700)
    text.setFont("Helvetica", 11)
    text.setLeading(leading)
    for line in lines:
        text.textLine(line)
    canvas.drawText(text)


def read(path: Path) -> list[str]:
    return read_pdf(path.read_bytes(), path.name, lambda *_: None, lambda _: None).split("\n")


def refused(path: Path) -> str:
    with pytest.raises(CorpusError) as error:
        read_file(path)
    return str(error.value).removeprefix(f"{path}: ")


def test_headings_paragraphs_and_lists_come_back_and_what_repeats_on_each_page_goes(tmp_path: Path) -> None:
    path = handbook(tmp_path / "handbook.pdf", chapters=3)
    assert len(PdfReader(path).pages) > 3
    lines = read(path)
    assert lines[0] == "# The permit handbook"
    assert [line for line in lines if line.startswith("# Chapter")] == [
        f"# Chapter {n}: what the office asks of a worker" for n in (1, 2, 3)
    ]
    wanted = [f"{LONG} Case {chapter}-{n} costs {chapter * 100 + n} dollars." for chapter in (1, 2, 3) for n in range(20)]
    assert [line for line in lines if line.startswith("The office")] == wanted  # also those that a page's end cuts in two
    assert [line for line in lines if line.startswith("- ")] == [
        f"- paper {n} of chapter {chapter}" for chapter in (1, 2, 3) for n in (1, 2)
    ]
    assert not any("third edition" in line or "Office of Permits" in line or line.isdigit() for line in lines)


def test_a_pdf_becomes_a_document_with_its_sections(tmp_path: Path) -> None:
    document = read_file(handbook(tmp_path / "Permit handbook.pdf"))
    assert (document.title, document.source.id, document.language, document.origin) == (
        "The permit handbook",
        "permit-handbook",
        "en",
        "file",
    )
    assert [section.headings for section in document.sections] == [(f"Chapter {n}: what the office asks of a worker",) for n in (1, 2)]
    assert document.sections[1].text.endswith("Bring these papers:\n- paper 1 of chapter 2\n- paper 2 of chapter 2")


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (
            ["The office is the one place for immi-", "gration, and immigration takes time."],
            "The office is the one place for immigration, and immigration takes time.",
        ),
        (
            ["A long-term plan is a long-", "term plan for everyone who stays."],
            "A long-term plan is a long-term plan for everyone who stays.",
        ),
        (
            ["The fee for a holder of an H-", "1B visa is the same as for others."],
            "The fee for a holder of an H-1B visa is the same as for others.",
        ),
    ],
)
def test_words_that_a_line_end_broke_are_whole_again(tmp_path: Path, lines: list[str], joined: str) -> None:
    assert read(drawn(tmp_path / "broken.pdf", lambda canvas: typed(canvas, lines))) == [joined]


def test_a_page_number_alone_goes_and_a_number_in_the_text_stays(tmp_path: Path) -> None:
    def pages(canvas: Canvas) -> None:
        for number in (1, 2):
            typed(
                canvas,
                ["The fee in dollars, as the office has set it for this year, is", f"{number}55 for each person who applies.", str(number)],
            )
            canvas.showPage()

    assert read(drawn(tmp_path / "numbers.pdf", pages)) == [
        f"The fee in dollars, as the office has set it for this year, is {n}55 for each person who applies." for n in (1, 2)
    ]


def test_a_pdf_that_only_forbids_printing_is_read_and_one_with_a_password_is_not(tmp_path: Path) -> None:
    open_to_read = handbook(tmp_path / "open.pdf", encrypt=StandardEncryption("", ownerPassword="boss", canPrint=0, strength=128))
    assert read_file(open_to_read).title == "The permit handbook"
    locked = handbook(tmp_path / "locked.pdf", encrypt=StandardEncryption("secret", strength=128))
    assert refused(locked) == "is protected by a password; save a copy without one"


def test_a_pdf_locked_with_today_s_cipher_is_known_for_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "aes.pdf"
    for word, told in (("", ""), ("secret", "is protected by a password; save a copy without one")):
        writer = PdfWriter(clone_from=handbook(tmp_path / "plain.pdf"))
        writer.encrypt(word, "boss", algorithm="AES-256")
        writer.write(path)
        assert (refused(path) if told else read_file(path).title) == (told or "The permit handbook")


def picture() -> ImageReader:
    from PIL import Image

    made = BytesIO()
    Image.new("RGB", (40, 40), "white").save(made, "PNG")
    return ImageReader(made)


def test_a_scanned_pdf_says_so(tmp_path: Path) -> None:
    path = drawn(tmp_path / "scan.pdf", lambda canvas: canvas.drawImage(picture(), 0, 0, 500, 700))
    assert refused(path).startswith("no text in it: it is scanned; run OCR first, such as: ocrmypdf ")


def test_scanned_pages_among_others_are_told(tmp_path: Path) -> None:
    def pages(canvas: Canvas) -> None:
        typed(canvas, ["The fee in dollars, as the office has set it, is 155 for each person."])
        canvas.showPage()
        canvas.drawImage(picture(), 0, 0, 500, 700)
        canvas.showPage()

    told: list[str] = []
    path = drawn(tmp_path / "half.pdf", pages)
    assert read_file(path, tell=told.append).sections[0].text.startswith("The fee")
    assert told == [f"{path}: 1 of 2 pages are pictures without text (2): what they say is missing; run OCR first"]


@pytest.mark.parametrize("left", [20, 0.3, 0.9])
def test_a_damaged_pdf_is_refused_or_read_whole_but_never_crashes(tmp_path: Path, left: float) -> None:
    whole = handbook(tmp_path / "whole.pdf", chapters=1).read_bytes()
    path = tmp_path / "damaged.pdf"
    path.write_bytes(whole[: int(left if left > 1 else left * len(whole))])
    try:
        document = read_file(path)
    except CorpusError as error:
        assert str(error).startswith(f"{path}: ")
        assert "damaged: " in str(error) or "cannot be read" in str(error) or "empty" in str(error)
    else:
        assert document.sections == read_file(tmp_path / "whole.pdf").sections


def test_five_hundred_pages_are_read_whole_with_progress_in_a_fraction_of_a_gigabyte(tmp_path: Path) -> None:
    def pages(canvas: Canvas) -> None:
        for number in range(1, 501):
            canvas.drawString(70, 780, "Permit handbook, third edition")
            typed(
                canvas,
                [f"Rule {number} of the handbook says that a worker waits for {number} days,", "and that nobody may shorten the wait."],
            )
            canvas.drawString(300, 30, f"Page {number} of 500")
            canvas.showPage()

    path = drawn(tmp_path / "long.pdf", pages)
    shown: list[tuple[str, int, int]] = []
    document = read_file(path, progress=lambda *step: shown.append(step))
    text = "\n".join(section.text for section in document.sections)
    assert text.split("\n") == [
        f"Rule {n} of the handbook says that a worker waits for {n} days, and that nobody may shorten the wait." for n in range(1, 501)
    ]
    assert shown[-1] == (f"reading {path}", 500, 500)
    assert peak("from corpus.readers import read_file", f"read_file(Path({str(path)!r}))") < 500_000_000
