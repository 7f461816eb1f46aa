"""The desk: a reply to a messy message, and what the journal shows that is missing."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.answer import Answer, Claim, Turn
from bot.chain import Bot
from bot.desk import EXPORTS, FORMATS, as_html, as_markdown, as_text, draft
from bot.gaps import gaps, is_gap
from bot.journal import Row, keep, read_rows
from bot.settings import Settings
from corpus.errors import RequestError
from index.embedder import Embedder
from tests.conftest import Command, complaint
from tests.small_bot import NEWS, PAPER, SmallBot, cited, from_evil_document, not_found, plain

MESSY = """Hi team,

Hope u are well!! I am on H1B, my passport is N1234567 and UCI 1234-5678.
1) is the 2023 H-1B open work permit still open??
2) how much are biometrics

> I want to know if i need a job offer for express entry.
And what is the weather in Toronto in March?

My email is priya.k@example.com, cell 416-555-0199.
Thanks & regards,
Priya
"""


class Noting(SmallBot):
    """Remembers what it was asked, and with which conversation."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, list[str]]] = []

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer:
        self.asked.append((question, [t.content for t in history if t.role == "user"]))
        return plain(question, "not_found", "No.")


def row(question: str, status: str = "not_found", support: float = 0.0, at: str = "2026-11-20T10:00:00+00:00") -> Row:
    return Row(question, at, question, question, status, (), support, 5.0)


# Drafts


def test_a_messy_message_gets_a_reply_that_cites_each_answer(bot: Bot) -> None:
    made = draft(MESSY, bot)
    assert [part.asked.question for part in made.parts] == [
        "is the 2023 H-1B open work permit still open??",
        "how much are biometrics",
        "I want to know if i need a job offer for express entry.",
        "And what is the weather in Toronto in March?",
    ]
    assert "closed on 17 July 2023" in made.parts[0].text and "85 Canadian dollars" in made.parts[1].text
    assert made.parts[3].answer.status == "out_of_scope"
    for part in made.parts[:3]:
        marks = [int(n) for n in re.findall(r"\[(\d+)\]", part.text)]
        assert len(marks) == len(part.answer.citations) > 0
        for mark, citation in zip(marks, part.answer.citations, strict=True):
            cited = made.sources[mark - 1]
            assert (cited.source_id, cited.as_of, cited.standing) == (citation.source_id, citation.as_of, citation.standing)
        assert "As of " in part.text
    assert len({(c.source_id, c.as_of, c.standing) for c in made.sources}) == len(made.sources)


def test_what_to_check_names_the_questions(bot: Bot) -> None:
    checks = "\n".join(draft(MESSY, bot).checks)
    assert re.search(r"question 1: 2023 open work permit for H-1B holders: closed since 17 July 2023, as of", checks)
    assert "question 4: it was taken to be about something else" in checks
    assert "last known to be true on" in checks
    assert "personal numbers in the message were masked" in checks
    assert "left out, since no question was seen in it: My email is [email]" in checks


@pytest.mark.parametrize("name", FORMATS)
def test_no_personal_number_is_in_a_draft(bot: Bot, name: str) -> None:
    made = draft(MESSY, bot)
    said = FORMATS[name](made) + "\n".join(made.checks)
    assert [n for n in ("N1234567", "1234-5678", "priya.k", "555-0199") if n in said] == []
    assert "Sources" in said and "as of " in said


def test_markup_is_only_text() -> None:
    evil = '<img src=x onerror=alert(1)> *bold* [link](javascript:alert(1)) "quoted" & more?'
    made = draft(evil, SmallBotOf(from_evil_document(evil)))
    html = as_html(made)
    assert "<img" not in html and "&lt;img" in html and "javascript:window" not in html and "<a " not in html
    markdown = as_markdown(made)
    assert "\\<img" in markdown and "\\*bold\\*" in markdown and "\\[link\\]" in markdown
    assert not re.search(r"(?<!\\)[<*]img|(?<!\\)\[link", markdown)


def test_a_source_with_an_address_is_a_link() -> None:
    made = draft("Is the permit open?", SmallBot())
    assert '<a href="https://www.canada.ca/manual">' in as_html(made)
    assert "<https://www.canada.ca/manual>" in as_markdown(made)
    assert "    https://www.canada.ca/manual\n" in as_text(made)


def test_the_numbers_go_on_through_the_reply(bot: Bot) -> None:
    made = draft("how much are biometrics?\nis the 2023 H-1B open work permit still open?", bot)
    marks = [int(n) for n in re.findall(r"\[(\d+)\]", made.parts[1].text)]
    assert marks and min(marks) > 1


def test_brackets_inside_a_quote_are_not_marks() -> None:
    quote = "As said in [1] the permit closed."
    answer = plain("q", "answered", f"{NEWS} [1] {quote} [2]").model_copy(
        update={
            "citations": (cited(1, NEWS, NEWS, PAPER), cited(2, quote, quote)),
            "claims": tuple(Claim(text=t, citations=(n,), as_of="2023-07-20", support=0.9) for n, t in ((1, NEWS), (2, quote))),
        }
    )
    swapped = plain("q", "answered", f"{quote} [1]").model_copy(
        update={
            "citations": (cited(1, quote, quote),),
            "claims": (Claim(text=quote, citations=(1,), as_of="2023-07-20", support=0.9),),
        }
    )

    class InTurn(SmallBot):
        def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer:
            return answer if "first" in question else swapped

    assert draft("what is the first?\nwhat is the second?", InTurn()).parts[1].text == f"{quote} [2]"


def test_only_a_question_that_refers_back_gets_the_questions_before_it() -> None:
    noting = Noting()
    draft("I was laid off. How long can I stay?\nDo I need a job offer for Express Entry?\nAnd how long does it take?", noting)
    assert noting.asked == [
        ("How long can I stay?", ["I was laid off."]),
        ("Do I need a job offer for Express Entry?", []),
        (
            "And how long does it take?",
            ["I was laid off.", "How long can I stay?", "Do I need a job offer for Express Entry?"],
        ),
    ]


@pytest.mark.parametrize(("message", "told"), [(" \n", "empty"), ("x" * 50_001, "50,001 characters")])
def test_a_message_that_cannot_be_drafted(bot: Bot, message: str, told: str) -> None:
    with pytest.raises(RequestError, match=told):
        draft(message, bot)


# Gaps


def test_what_is_a_gap() -> None:
    assert is_gap(row("q", "not_found", 0.9)) and is_gap(row("q", "answered", 0.49)) and is_gap(row("q", "out_of_scope"))
    assert not is_gap(row("q", "answered", 0.5)) and not is_gap(row("q", "smalltalk")) and not is_gap(row("q", "clarify"))


def test_alike_questions_are_one_gap_with_its_days(embedder: Embedder) -> None:
    rows = [
        row("Can I bring my dog to Canada?", at="2026-11-03T10:00:00+00:00"),
        row("Can I bring my dog into Canada?", "out_of_scope", at="2026-11-01T10:00:00+00:00"),
        row("Can I bring my dog to Canada?", at="2026-11-09T10:00:00+00:00"),
        row("How do I convert my driving licence in Ontario?"),
        row("Is the permit open?", "answered", 0.9),
    ]
    dog, licence = gaps(rows, embedder)
    assert (dog.question, dog.count, dog.first, dog.last) == ("Can I bring my dog to Canada?", 3, "2026-11-01", "2026-11-09")
    assert dog.statuses == {"not_found": 2, "out_of_scope": 1} and len(dog.questions) == 2
    assert (licence.count, licence.first, licence.last) == (1, "2026-11-20", "2026-11-20")
    assert gaps(rows[-1:], embedder) == []


# Exports and the commands


def test_exports_round_trip(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, journal="on")
    for answer in (SmallBot().answer('Is it "open",\nreally? ç 日本'), not_found("Something unknown?")):
        keep(answer, settings)
    rows = read_rows(settings)
    back = [json.loads(line) for line in EXPORTS["jsonl"](rows).splitlines()]
    assert [Row(**{**b, "passages": tuple(b["passages"]), "programs": tuple(b["programs"])}) for b in back] == rows
    for read, kept in zip(csv.DictReader(io.StringIO(EXPORTS["csv"](rows))), rows, strict=True):
        assert read["question"] == kept.question and tuple(read["passages"].split()) == kept.passages
        assert float(read["support"]) == kept.support and read["id"] == kept.id


def test_a_spreadsheet_takes_no_question_for_a_formula() -> None:
    (read,) = csv.DictReader(io.StringIO(EXPORTS["csv"]([row('=HYPERLINK("http://x")')])))
    assert read["question"] == '\'=HYPERLINK("http://x")'


def test_the_commands_over_a_journal(northbound: Command, northbound_here: Command, tmp_path: Path, home: Path, models: Path) -> None:
    (tmp_path / "models").symlink_to(models, target_is_directory=True)
    on = {"NORTHBOUND_JOURNAL": "on"}
    for question in ("Can I bring my dog to Canada?", "Can I bring my dog into Canada?"):
        keep(not_found(question), Settings(home=tmp_path, journal="on"))
    (gap,) = json.loads(northbound("desk", "gaps", "--json", home=tmp_path, settings=on).stdout)
    assert gap["count"] == 2 and gap["first"] == datetime.now(UTC).date().isoformat()
    shown = northbound_here("desk", "gaps", home=tmp_path)  # turned off since: what is there is still shown
    assert "(and 1 alike) [not_found 2]" in shown.stdout and "NORTHBOUND_JOURNAL=on" in shown.stderr
    assert len(northbound("desk", "export", home=tmp_path, settings=on).stdout.splitlines()) == 2
    assert northbound_here("desk", "export", "--format", "csv", home=tmp_path, settings=on).stdout.startswith("id,at,question,")
    assert northbound_here("desk", "forget", "--before", "2020-01-01", home=tmp_path, settings=on).stdout == "0 rows deleted\n"
    assert northbound("desk", "forget", "--all", home=tmp_path).stdout == "2 rows deleted\n"
    assert northbound_here("desk", "gaps", home=tmp_path, settings=on).stdout == "no gaps in the journal\n"


def test_a_draft_on_the_command_line_keeps_what_to_check_apart(northbound: Command, home: Path) -> None:
    done = northbound("desk", "draft", "-", "--format", "markdown", home=home, input=MESSY.encode())
    assert done.returncode == 0 and done.stdout.startswith("Hello,") and "**Sources**" in done.stdout
    assert "Check before sending" in done.stderr and "Check before sending" not in done.stdout


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("gaps", "the journal is off; turn it on for the server: NORTHBOUND_JOURNAL=on northbound serve"),
        ("export", "the journal is off; turn it on"),
        ("export --format xml", "--format 'xml': choose from csv, jsonl"),
        ("forget --before today", "--before 'today': give an ISO date such as 2026-02-12"),
        ("draft missing.txt", "missing.txt: cannot be read"),
        ("draft - --format pdf", "--format 'pdf': choose from text, markdown, html"),
    ],
)
def test_a_command_that_cannot_be_done_is_one_line(northbound: Command, tmp_path: Path, line: str, told: str) -> None:
    assert told in complaint(northbound("desk", *shlex.split(line), home=tmp_path))


class SmallBotOf(SmallBot):
    """Gives one answer, whatever it is asked."""

    def __init__(self, only: Answer) -> None:
        super().__init__()
        self._only = only

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer:
        return self._only
