"""What was asked becomes a case with one command: filled in, masked, and not asked until somebody has finished it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.answer import Turn
from bot.journal import keep, read_rows
from bot.settings import Settings
from corpus.errors import NorthboundError, RequestError
from eval.cases import CaseError, read_set
from eval.promote import Seen, from_answer, from_gap, from_row, promote
from tests.conftest import Command, complaint
from tests.saved_run import CLOSED, write_set
from tests.small_bot import closed, not_found

ANSWER = closed("Is it open? My passport is Z4827193").model_dump_json()


def last(path: Path) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
    return row


def test_a_saved_answer_becomes_a_draft_with_what_it_cites(tmp_path: Path) -> None:
    sets = write_set(tmp_path / "sets", CLOSED, name="other")
    path, id = promote(from_answer(ANSWER, [Turn(role="user", content="mail me at a.b@example.com")]), "mine", sets)
    assert (path, id) == (sets / "mine.jsonl", "mine-001")
    assert last(path) == {
        "id": "mine-001",
        "question": "Is it open? My passport is [passport number]",
        "history": [{"role": "user", "content": "mail me at [email]"}],
        "status": ["answered"],
        "facts": [],
        "forbid": [],
        "sources": ["manual", "paper"],
        "passages": ["manual#1", "paper#1"],
        "note": "answered as answered; finish: status, facts, sources and passages of a right answer",
        "draft": True,
    }
    read = read_set("mine", sets)
    assert (read.cases, read.drafts) == ((), ("mine-001",))
    finished = {k: v for k, v in last(path).items() if k != "draft"}
    (case,) = read_set("mine", write_set(sets, finished)).cases
    assert case.question.startswith("Is it open?")


def test_what_a_set_asks_already_is_not_added_again(tmp_path: Path) -> None:
    sets, said = tmp_path / "sets", (Turn(role="user", content="is the pilot open"),)
    first = Seen("and the fee for 12345678?", "answered")
    ids = [promote(one, "mine", sets)[1] for one in (first, replace(first, history=said), replace(first, at="2024-01-01"))]
    before = (sets / "mine.jsonl").read_text(encoding="utf-8")
    for one, id in zip((first, replace(first, status="partial", note="again", history=said)), ids, strict=False):
        with pytest.raises(CaseError, match=f"mine.jsonl: asks this already, as {id}; nothing was added"):
            promote(one, "mine", sets)
    assert (sets / "mine.jsonl").read_text(encoding="utf-8") == before and len(set(ids)) == 3


def test_the_next_free_id_of_the_set_is_taken_and_nothing_that_stood_there_is_lost(tmp_path: Path) -> None:
    sets = write_set(tmp_path / "sets", {**CLOSED, "id": "single-009"}, name="single")
    write_set(sets, {**CLOSED, "id": "single-010"}, name="other")
    before = (sets / "single.jsonl").read_text(encoding="utf-8")
    (sets / "single.jsonl").write_text(before.rstrip("\n"), encoding="utf-8")  # an editor may leave out the last line's end
    assert [promote(Seen(question, "not_found"), "single", sets)[1] for question in ("q?", "and q?")] == ["single-011", "single-012"]
    assert (sets / "single.jsonl").read_text(encoding="utf-8").startswith(before)
    assert sorted(p.name for p in sets.iterdir()) == ["other.jsonl", "single.jsonl"]


def test_a_gap_and_a_row_of_the_journal_become_drafts(home: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "data", journal="on")
    settings.home.mkdir()
    (settings.home / "models").symlink_to(home / "models", target_is_directory=True)
    for question in ("Can my parrot come?", "Can my parrot come?", "Is the moon open?"):
        keep(not_found(question), settings)
    keep(closed("Is the permit open?"), settings)
    gap = from_gap(1, settings)
    assert (gap.question, gap.status) == ("Can my parrot come?", "not_found") and gap.note.startswith("a gap: asked 2 times from ")
    row = read_rows(settings)[-1]
    seen = from_row(row.id, settings)
    assert (seen.question, seen.status, seen.passages) == ("Is the permit open?", "answered", ("manual#1", "paper#1"))
    with pytest.raises(RequestError, match="--gap 9: the journal shows 2; see them: northbound desk gaps"):
        from_gap(9, settings)
    with pytest.raises(RequestError, match="--row 'x': no such row in the journal"):
        from_row("x", settings)


@pytest.mark.parametrize("text", ["{", "[]", '{"question": "q"}'])
def test_what_is_no_saved_answer_is_told(text: str) -> None:
    with pytest.raises(RequestError, match="not an answer as `northbound ask --json` gives it"):
        from_answer(text)


def test_a_broken_set_or_a_name_that_is_none_is_told_before_anything_is_written(tmp_path: Path) -> None:
    sets = write_set(tmp_path / "sets", {**CLOSED, "facts": ["("]})
    before = (sets / "mine.jsonl").read_bytes()
    with pytest.raises(CaseError, match="mine.jsonl, line 1: pattern"):
        promote(Seen("q?", "answered"), "mine", sets)
    assert (sets / "mine.jsonl").read_bytes() == before
    with pytest.raises(NorthboundError, match="a set cannot be named '../x': use lower-case letters"):
        promote(Seen("q?", "answered"), "../x", sets)


def test_the_command_wants_one_thing_to_make_a_case_of(northbound: Command, northbound_here: Command, tmp_path: Path) -> None:
    done = northbound("eval", "case", home=tmp_path)
    assert done.returncode == 2 and "give one of --from FILE, --gap N and --row ID" in done.stderr
    told = complaint(northbound_here("eval", "case", "--from", "-", home=tmp_path, input=b"{}"))
    assert told.startswith("not an answer as `northbound ask --json` gives it")
