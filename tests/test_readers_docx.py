"""Word files become documents, and a file that is a trap or no Word file says so before it takes the memory."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from corpus.errors import CorpusError
from corpus.readers import read_file
from tests.memory import peak

TRAP = b"<w:p/>" * 30_000_000
FEE = "The fee of a work permit is 155 dollars for one person."


def written(path: Path, write: Callable[[Any], object]) -> Path:
    document = Document()
    write(document)
    document.save(str(path))
    return path


def letter(document: Any) -> None:
    document.add_heading("Permit letter", 0)
    document.add_paragraph(FEE)
    document.add_heading("What to bring", 1)
    document.add_paragraph("Bring these papers:")
    for paper in ("a passport", "two photographs"):
        document.add_paragraph(paper, style="List Bullet")
    document.add_heading("Fees in short", 2)
    table = document.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ("Person", "Fee", "Weeks"), strict=True):
        cell.text = text
    for row in (("Adult", "$155", "12"), ("Child", "$100", "9")):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.sections[0].header.paragraphs[0].text = "Running header"
    document.sections[0].footer.paragraphs[0].text = "Running footer"


def refused(path: Path) -> str:
    with pytest.raises(CorpusError) as error:
        read_file(path)
    return str(error.value).removeprefix(f"{path}: ")


def rewritten(path: Path, changed: dict[str, bytes]) -> Path:
    """The same zip with some of its parts replaced or added."""
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()} | changed
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return path


def test_headings_lists_and_tables_come_back_without_header_and_footer(tmp_path: Path) -> None:
    document = read_file(written(tmp_path / "letter.docx", letter))
    assert (document.title, document.source.id, document.language) == ("Permit letter", "letter", "en")
    assert [(section.headings, section.text) for section in document.sections] == [
        ((), FEE),
        (("What to bring",), "Bring these papers:\n- a passport\n- two photographs"),
        (("What to bring", "Fees in short"), "- Person: Adult; Fee: $155; Weeks: 12\n- Person: Child; Fee: $100; Weeks: 9"),
    ]


def test_a_bold_question_opens_its_answer(tmp_path: Path) -> None:
    def faq(document: Any) -> None:
        for question, answer in (("Do I need an offer?", "No offer is needed."), ("Can my family come?", "Yes, with forms of their own.")):
            document.add_paragraph().add_run(question).bold = True
            document.add_paragraph(answer)

    document = read_file(written(tmp_path / "faq.docx", faq))
    assert [(s.headings, s.text) for s in document.sections] == [
        (("Do I need an offer?",), "No offer is needed."),
        (("Can my family come?",), "Yes, with forms of their own."),
    ]


def test_a_table_of_names_and_values_has_no_header(tmp_path: Path) -> None:
    def two_columns(document: Any) -> None:
        table = document.add_table(rows=0, cols=2)
        for row in (("Fee", "155 dollars"), ("Time", "twelve weeks")):
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text

    assert read_file(written(tmp_path / "short.docx", two_columns)).sections[0].text == "- Fee: 155 dollars\n- Time: twelve weeks"


def test_text_under_review_is_read_as_it_would_be_accepted(tmp_path: Path) -> None:
    def reviewed(document: Any) -> None:
        paragraph = document.add_paragraph("The fee is ")
        for mark, kind, text in (("w:del", "w:delText", "100 dollars"), ("w:ins", "w:t", "155 dollars")):
            change, run, words = OxmlElement(mark), OxmlElement("w:r"), OxmlElement(kind)
            words.text = text
            run.append(words)
            change.append(run)
            paragraph._p.append(change)
        control, content = OxmlElement("w:sdt"), OxmlElement("w:sdtContent")
        content.append(document.add_paragraph("It is paid online, by card, before the form is sent.")._p)
        control.append(content)
        document.element.body.insert(1, control)

    text = read_file(written(tmp_path / "reviewed.docx", reviewed)).sections[0].text
    assert text == "The fee is 155 dollars\nIt is paid online, by card, before the form is sent."


def test_a_zip_bomb_is_refused_by_the_size_that_it_declares(tmp_path: Path) -> None:
    bomb = rewritten(written(tmp_path / "bomb.docx", letter), {"word/document.xml": TRAP})
    assert bomb.stat().st_size < 2_000_000
    assert refused(bomb).startswith("unpacks to 181 MB of text and more; 30 MB are read.")
    assert peak("from corpus.readers import read_file", f"read_file(Path({str(bomb)!r}))") < 300_000_000


def test_a_zip_bomb_that_lies_about_its_size_is_never_unpacked_whole(tmp_path: Path) -> None:
    bomb = rewritten(written(tmp_path / "liar.docx", letter), {"word/document.xml": TRAP})
    data = bytearray(bomb.read_bytes())
    told, lie = (len(TRAP)).to_bytes(4, "little"), (3_000).to_bytes(4, "little")
    assert data.count(told) == 2  # in the part's own header and in the zip's list of parts
    bomb.write_bytes(bytes(data.replace(told, lie)))
    assert refused(bomb).startswith("damaged: ")
    assert peak("from corpus.readers import read_file", f"read_file(Path({str(bomb)!r}))") < 300_000_000


def test_entities_that_unfold_are_refused(tmp_path: Path) -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>'
    path = rewritten(written(tmp_path / "laughs.docx", letter), {"word/document.xml": laughs})
    assert refused(path) == "word/document.xml declares entities, which no word processor does; save it again in one"


def test_pictures_are_not_unpacked(tmp_path: Path) -> None:
    path = rewritten(written(tmp_path / "pictures.docx", letter), {"word/media/big.png": bytes(150_000_000)})
    assert read_file(path).title == "Permit letter"
    assert peak("from corpus.readers import read_file", f"read_file(Path({str(path)!r}))") < 200_000_000


def test_a_large_real_document_fits_into_a_gigabyte(tmp_path: Path) -> None:
    path = written(tmp_path / "long.docx", letter)
    with zipfile.ZipFile(path) as packed:
        xml = packed.read("word/document.xml")
    one = b"<w:p><w:r><w:t>" + FEE.encode() + b"</w:t></w:r></w:p>"
    path = rewritten(path, {"word/document.xml": xml.replace(b"<w:sectPr", one * 60_000 + b"<w:sectPr", 1)})
    assert peak("from corpus.readers import read_file", f"read_file(Path({str(path)!r}))") < 1_000_000_000


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"PK\x03\x04 and then nothing", "is a damaged zip archive; ask for a whole copy"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old",
            "is an old Office file, or one protected by a password; save it as .docx, without a password",
        ),
        (b"{\\rtf1 The permit closed.}", "is RTF; save it as .docx"),
        (b"The permit closed in 2023.", "is not a Word file, whatever its name says; save it again from the program that made it"),
    ],
)
def test_what_is_no_word_file_is_named(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "notes.docx"
    path.write_bytes(data)
    assert refused(path) == told


def test_a_word_file_cut_short_or_without_its_text_is_refused(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.docx", letter)
    half = tmp_path / "half.docx"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert refused(half) == "is a damaged zip archive; ask for a whole copy"
    assert refused(rewritten(whole, {"word/document.xml": b"<w:document>"})).startswith("damaged: ")
    assert refused(written(tmp_path / "blank.docx", lambda _: None)) == "no text in it; if it holds pictures of text, run OCR first"


def test_another_zip_is_named_for_what_it_is(tmp_path: Path) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("xl/workbook.xml", "<workbook/>")
    path = tmp_path / "fees.docx"
    path.write_bytes(packed.getvalue())
    assert refused(path) == "is an Excel workbook; save its sheets as .html"


def test_the_marked_header_of_a_table_counts(tmp_path: Path) -> None:
    def marked(document: Any) -> None:
        table = document.add_table(rows=2, cols=2)
        for cell, text in zip([c for row in table.rows for c in row.cells], ("Person", "Fee", "Adult", "$155"), strict=True):
            cell.text = text
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None

    assert read_file(written(tmp_path / "marked.docx", marked)).sections[0].text == "- Person: Adult; Fee: $155"
