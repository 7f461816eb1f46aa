"""The report is one page that loads nothing, escapes everything, and says of each failing case why it failed."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from bot.answer import Answer
from corpus.errors import NorthboundError
from eval.cases import load_set
from eval.report import page, report, why
from eval.saved import Answered, read_run
from tests.conftest import Command, complaint
from tests.saved_run import CLOSED, write_run, write_set
from tests.small_bot import FIRST, closed, from_evil_document, not_found

EVIL = "<script>window.ran=1</script>\"'<img src=https://evil.example/x>"


class Tags(HTMLParser):
    """Every tag with its attributes, and whether each that opens is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def made(folder: Path, case: dict[str, Any], answer: Answer, found: tuple[str, ...] = ()) -> tuple[str, list[str]]:
    """The page of a run of one case, and why the case failed."""
    sets = write_set(folder / "sets", {**CLOSED, **case})
    run = read_run(write_run(folder / "run", sets, [(answer, found)]))
    (one,) = load_set("mine", sets)
    (answered,) = run.cases.values()
    return page(run, {("mine", one.id): one}), why(one, answered)


@pytest.mark.parametrize(
    ("case", "answer", "found", "reasons"),
    [
        ({}, not_found(), ("manual",), ["wrong status: not_found, wanted answered", "fact missing: 17 July 2023"]),
        ({"facts": ["10,000", "20,000"]}, closed(), ("manual",), ["fact missing: 20,000"]),
        ({"forbid": ["10,000"]}, closed(), ("manual",), ["forbidden statement: 10,000"]),
        ({"forbid_assertion": ["limit was reached"]}, closed(), ("manual",), []),  # told of the past
        (
            {"facts": ["x"]},
            closed(),
            ("a", "b", "c", "d", "e", "manual"),
            ["fact missing: x", "source not among the first five: wanted manual; the first came at place 6"],
        ),
        ({"sources": ["p", "q"]}, closed(), (), ["source not among the first five: wanted p or q; none was found"]),
    ],
)
def test_every_reason_is_told(tmp_path: Path, case: dict[str, Any], answer: Answer, found: tuple[str, ...], reasons: list[str]) -> None:
    assert made(tmp_path, case, answer, found)[1] == reasons


def test_a_failing_case_is_shown_with_all_that_explains_it(tmp_path: Path) -> None:
    history = [{"role": "user", "content": "I hold an H-1B."}, {"role": "assistant", "content": "Noted."}]
    text, _ = made(tmp_path, {"facts": ["20,000"], "history": history, "note": "a trap"}, closed(), ("manual", "paper"))
    for part in ("I hold an H-1B.", "Noted.", f"<mark>{FIRST}</mark>", "20,000", "a trap", "manual, paper", "<b>Person:</b>"):
        assert part in text
    assert "0.0 %</strong> of 1 questions" in text and "1 failing case<" in text


def test_a_run_without_failures_says_so(tmp_path: Path) -> None:
    text, _ = made(tmp_path, {}, closed(), ("manual",))
    assert "Failing cases: 0" in text and "<article>" not in text and "✓ 1" in text


def test_a_quote_that_is_not_in_its_passage_is_a_failing_case(tmp_path: Path) -> None:
    honest = closed()
    forged = honest.citations[0].model_copy(update={"quote": "The permit is open."})
    text, reasons = made(tmp_path, {}, honest.model_copy(update={"citations": (forged, *honest.citations[1:])}), ("manual",))
    assert reasons == ["quote of citation 1 does not stand in its passage"]
    assert "<q>The permit is open.</q>" in text


def test_nothing_in_a_case_or_an_answer_becomes_markup_and_nothing_is_loaded(tmp_path: Path) -> None:
    case: dict[str, Any] = {
        "question": EVIL,
        "history": [{"role": "user", "content": EVIL}],
        "note": EVIL,
        "sources": [EVIL],
        "facts": ["nowhere"],
    }
    text, _ = made(tmp_path, case, from_evil_document(EVIL), (EVIL,))
    tags = Tags(text)
    assert tags.open == []
    assert {tag for tag, _ in tags.seen} & {"script", "img", "link", "iframe", "object", "form"} == set()
    assert {name for _, attributes in tags.seen for name in attributes} & {"src", "srcset", "onerror", "onload"} == set()
    assert all((attributes["href"] or "").startswith("#") for _, attributes in tags.seen if "href" in attributes)
    assert "url(" not in text and "@import" not in text


def test_the_places_that_the_page_points_at_are_on_it(tmp_path: Path) -> None:
    tags = Tags(made(tmp_path, {"facts": ["nowhere"]}, closed())[0]).seen
    assert {a["href"] for _, a in tags if "href" in a} <= {f"#{a['id']}" for _, a in tags if "id" in a}


def test_a_case_that_left_its_set_is_still_shown(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "run", write_set(tmp_path / "sets", CLOSED), [(not_found(), ())]))
    assert isinstance(run.cases["mine", "closed"], Answered)
    text = page(run, {})
    assert "1 cases of this run are no longer in their sets" in text and "Our sources do not answer this." in text


def test_the_page_is_written_into_the_run_or_where_it_is_told(tmp_path: Path) -> None:
    sets = write_set(tmp_path / "sets", CLOSED)
    folder = write_run(tmp_path / "run", sets, [(closed(), ("manual",))])
    assert report(folder, sets=sets) == folder / "report.html"
    assert report(folder, tmp_path / "page.html", sets).read_bytes() == (folder / "report.html").read_bytes()
    for out, reason in ((tmp_path, "is a folder"), (tmp_path / "none" / "page.html", "cannot be written")):
        with pytest.raises(NorthboundError, match=reason):
            report(folder, out, sets)
    assert not list(tmp_path.rglob("*.new"))


def test_the_command_refuses_what_is_no_run(northbound: Command, tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    told = complaint(northbound("eval", "report", tmp_path / "half", home=tmp_path))
    assert "half: not a whole run: config.json, answers.jsonl, scores.jsonl missing" in told
