"""What cannot be used is refused in one line that says what, where and what to do; the exit code is 1 and nothing is lost."""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.answer import Answer
from bot.documents import added_documents
from index.build import build_index, current
from tests.conftest import PASSAGES, Command, complaint
from tests.test_index import WordLengths, halved

CAP = "How many could apply for the 2023 open work permit for H-1B holders?"


# Questions


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("", "the question is empty; type one, such as: "),
        (" \t\n\u200b", "the question is empty; type one, such as: "),
        ("x" * 50_000, "the question has 50,000 characters; at most 4,000 are read: ask one thing at a time"),
        (b"\xff\xfe\x80 fees", "the question holds bytes that are not UTF-8: it is not text"),
    ],
    ids=["empty", "blank", "50,000 characters", "binary"],
)
def test_a_question_that_cannot_be_read(northbound_here: Command, tmp_path: Path, question: str | bytes, told: str) -> None:
    assert complaint(northbound_here("ask", question, home=tmp_path)).startswith(told)
    assert not list(tmp_path.iterdir())


def test_odd_questions_are_answered_like_any_other(northbound: Command, home: Path) -> None:
    odd = [
        "هل تصريح العمل المفتوح لا يزال متاحا؟",
        "\u202eis the h1b open work permit open\u202c",
        "🍁🍁🍁",
        "👩‍👩‍👧‍👦🏳️‍🌈",
        "<script>alert(1)</script><b>fees</b> for express entry?",
        "<img src=x onerror=alert(1)>",
        "'; DROP TABLE sources; --",
        "%s %d {0} ${HOME} \\x00",
        "fees\u0001for\u0007express entry",
        "ﷺ" * 100,
        "?" * 4000,
        "fees " * 800,
    ]
    batch = "\n".join(json.dumps({"id": str(n), "question": question}) for n, question in enumerate(odd))
    done = northbound("ask", "--batch", "-", home=home, input=batch.encode())
    assert (done.returncode, done.stderr) == (0, "")
    answers = [Answer.model_validate_json(line) for line in done.stdout.splitlines()]
    assert [a.id for a in answers] == [str(n) for n in range(len(odd))]
    for answer in answers:
        assert answer.answer.strip(), answer.question
        assert "<script" not in answer.answer and "onerror" not in answer.answer
        assert "\u202e" not in answer.answer + answer.standalone_question


# Batches and histories

EXAMPLE = '{"id": "…", "question": "…"}'


def test_every_bad_line_of_a_batch_is_named_and_where_all_are_bad_nothing_is_written(northbound: Command, tmp_path: Path) -> None:
    batch, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [
        "",
        "not json",
        "",
        '{"id": "4"}',
        '["id", "question"]',
        '{"id": "6", "question": " "}',
        '{"id": "7", "question": "a\\u0000b"}',
        '{"id": "8", "question": "ok?", "history": [{"role": "system", "content": "x"}]}',
        "[" * 100_000,
        '{"id": "10", "question": "\\ud800"}',
        '{"id": null, "question": "fees"}',
    ]
    batch.write_text("\n".join(lines))
    out.write_text("from an earlier run\n")
    line = complaint(northbound("ask", "--batch", batch, "--out", out, home=tmp_path / "data"))
    assert line == (
        f"{batch}: line 2: not JSON (Expecting value: line 1 column 1 (char 0)); give {EXAMPLE}; line 4: needs an object with 'id' and "
        "'question'; line 5: needs an object with 'id' and 'question'; line 6: the question is empty; type one, such as: do I need a job "
        "offer for Express Entry?; line 7: the question holds zero bytes: it is not text; and 4 more, in lines 8, 9, 10, 11. "
        "Nothing was answered"
    )
    assert out.read_text() == "from an earlier run\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_a_bad_line_of_a_batch_costs_no_other(northbound: Command, home: Path, tmp_path: Path) -> None:
    batch, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [
        {"id": "a", "question": "hello"},
        {"id": "b", "question": "fees " * 2000},
        {"id": "c", "question": "what does citizenship cost"},
        {"id": "d", "question": "is it open", "at": "2999-01-01"},
        {"id": "e", "question": "thanks"},
    ]
    batch.write_text("\n".join(json.dumps(row) for row in rows))
    done = northbound("ask", "--batch", batch, "--out", out, home=home)
    counted, told = done.stderr.splitlines()
    assert (done.returncode, counted) == (1, f"3 answers in {out}")
    assert re.fullmatch(rf"northbound: {batch}: line 2: .*4,000.*; line 4: .*2999-01-01.*\. The other 3 were answered", told), told
    assert [json.loads(line)["id"] for line in out.read_text().splitlines()] == ["a", "c", "e"]
    piped = northbound("ask", "--batch", "-", home=home, input=batch.read_bytes())
    assert piped.returncode == 1 and [json.loads(line)["id"] for line in piped.stdout.splitlines()] == ["a", "c", "e"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", f"holds no questions; give one {EXAMPLE} a line"),
        (b"\n\n", "holds no questions"),
        (b'{"id": "1", "question": "caf\xe9"}', "not UTF-8 (byte 28); save it as UTF-8"),
        (b"\x00\x01\x02\xff", "not UTF-8 (byte 3)"),
    ],
    ids=["missing", "empty", "blank", "latin-1", "binary"],
)
def test_a_batch_file_that_cannot_be_used(northbound_here: Command, tmp_path: Path, content: bytes | None, told: str) -> None:
    batch = tmp_path / "in.jsonl"
    if content is not None:
        batch.write_bytes(content)
    assert complaint(northbound_here("ask", "--batch", batch, home=tmp_path / "data")).startswith(f"{batch}: {told}")


def test_a_place_that_answers_cannot_be_written_to(northbound: Command, home: Path, tmp_path: Path) -> None:
    batch = tmp_path / "in.jsonl"
    batch.write_text('{"id": "1", "question": "fees"}')
    assert complaint(northbound("ask", "--batch", batch, "--out", tmp_path, home=home)) == f"{tmp_path}: is a folder; name a file in it"
    out = tmp_path / "no" / "out.jsonl"
    assert complaint(northbound("ask", "--batch", batch, "--out", out, home=home)) == f"{out}: cannot be written: No such file or directory"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read: No such file or directory"),
        ("", "not JSON (Expecting value: line 1 column 1 (char 0)); give a list of {role, content}, oldest first"),
        ("{", "not JSON"),
        ('{"role": "user", "content": "hi"}', "history is a list of {role, content}"),
        ('[{"role": "user"}]', "history: content: Field required"),
        ('["hi"]', "history: "),
    ],
    ids=["missing", "empty", "half", "not a list", "no content", "not turns"],
)
def test_a_history_that_cannot_be_used(northbound_here: Command, tmp_path: Path, content: str | None, told: str) -> None:
    history = tmp_path / "history.json"
    if content is not None:
        history.write_text(content)
    assert complaint(northbound_here("ask", "fees", "--history", history, home=tmp_path)).startswith(f"{history}: {told}")


# Settings and options


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"NORTHBOUND_PROT": "80"}, "NORTHBOUND_PROT: no such setting; settings: NORTHBOUND_HOME, "),
        ({"NORTHBOUND_PORT": "eighty"}, "NORTHBOUND_PORT='eighty': give a port from 1 to 65535"),
        ({"NORTHBOUND_PORT": "0"}, "NORTHBOUND_PORT='0': give a port from 1 to 65535"),
        ({"NORTHBOUND_PORT": "65536"}, "NORTHBOUND_PORT='65536': give a port from 1 to 65535"),
        ({"NORTHBOUND_PORT": "²"}, "NORTHBOUND_PORT='²': give a port from 1 to 65535"),
        ({"NORTHBOUND_TODAY": "yesterday"}, "NORTHBOUND_TODAY='yesterday': give an ISO date such as 2026-02-12"),
    ],
)
def test_a_setting_that_cannot_be_used(northbound_here: Command, tmp_path: Path, setting: dict[str, str], told: str) -> None:
    assert complaint(northbound_here("config", home=tmp_path, settings=setting)).startswith(told)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["serve", "--port", "70000"], "Invalid value for '--port': 70000 is not in the range 1<=x<=65535; see: northbound serve --help"),
        (["ask"], "give a QUESTION or --batch FILE, not both; see: northbound ask --help"),
        (["ask", "--jsn", "fees"], "No such option '--jsn'"),
        (["indx"], "No such command 'indx'"),
        (["index", "rebuild"], "No such command 'rebuild'"),
    ],
)
def test_a_command_that_does_not_exist_is_one_line_too(northbound_here: Command, tmp_path: Path, arguments: list[str], told: str) -> None:
    done = northbound_here(*arguments, home=tmp_path)
    assert done.returncode == 2  # as shells and make expect of a wrong usage
    assert done.stderr.startswith(f"northbound: {told}") and done.stderr.count("\n") == 1


def test_a_model_that_is_not_there(northbound: Command, home: Path, tmp_path: Path) -> None:
    line = complaint(northbound("ask", "fees", home=home, settings={"NORTHBOUND_EMBEDDER": str(tmp_path)}))
    assert line == f"{tmp_path}: holds no model.safetensors; give a sentence-transformers model folder"


# Files to add


def test_when_one_file_cannot_be_read_all_problems_are_told_and_nothing_is_added(
    northbound: Command, empty_home: Path, tmp_path: Path
) -> None:
    names = ("good.txt", "empty.txt", "binary.txt", "latin.txt", "letter.docx", "menu.txt", "missing.txt")
    good, empty, binary, latin, other, menu, missing = (tmp_path / name for name in names)
    good.write_text("How long does it take?\nThe office answers letters in nine weeks.\n")
    empty.touch()
    binary.write_bytes(b"\x01\x02\x00\x00")
    latin.write_bytes("Où ça coûte cher ?\n".encode("latin-1"))
    other.write_text("The permit closed.")
    menu.write_text("Sign in\n")
    line = complaint(northbound("corpus", "add", good, empty, binary, latin, other, menu, missing, home=empty_home))
    for told in (
        f"{empty}: empty",
        f"{binary}: not text (it holds zero bytes); convert it to UTF-8 text first",
        f"{latin}: not UTF-8 (byte 1); save it as UTF-8",
        f"{other}: is not a Word file, whatever its name says; save it again from the program that made it",
        f"{menu}: no content left after menus and advertisements were taken out",
        f"{missing}: no such file",
    ):
        assert told in line
    assert str(good) not in line
    assert added_documents(empty_home / "documents") == []
    assert not (empty_home / "index").exists()


def test_two_files_of_one_id_are_not_taken_for_one(northbound: Command, empty_home: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "letter.txt").write_text(f"How long does it take?\nThe {folder} office answers letters in nine weeks.\n")
    line = complaint(northbound("corpus", "add", tmp_path / "a" / "letter.txt", tmp_path / "b" / "letter.txt", home=empty_home))
    assert line == "'letter' is the id of 2 of these files; add them one at a time with --id"
    assert added_documents(empty_home / "documents") == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "no files given; name some: northbound corpus add FILE…"),
        (["--kind", "blog", "x.txt"], "--kind 'blog'; choose from official, law-firm, "),
        (["--published", "last May", "x.txt"], "--published 'last May': give an ISO date such as 2025-11-04"),
        (["--id", "../../x", "x.txt"], "--id '../../x': use lower-case letters, digits and hyphens, such as x"),
        (["--id", "one", "x.txt", "y.txt"], "--id names one file; several were given"),
    ],
)
def test_a_wrong_description_of_a_file(northbound_here: Command, tmp_path: Path, options: list[str], told: str) -> None:
    assert complaint(northbound_here("corpus", "add", *options, home=tmp_path)).startswith(told)


def test_an_added_document_that_was_damaged_is_named(northbound: Command, empty_home: Path) -> None:
    (empty_home / "documents").mkdir()
    (empty_home / "documents" / "letter.json").write_text('{"title": ')
    line = complaint(northbound("index", "build", home=empty_home))
    assert line.startswith(f"{empty_home}/documents/letter.json: cannot be read (") and line.endswith("; remove it and add the file again")


# The index


def test_asking_without_an_index(northbound: Command, empty_home: Path) -> None:
    assert complaint(northbound("ask", "fees", home=empty_home)) == f"{empty_home}/index: no index yet; build it: northbound index build"


def test_asking_with_a_half_built_index(northbound: Command, small_home: Path) -> None:
    live = current(small_home)
    (live / "manifest.json").unlink()
    assert complaint(northbound("ask", "fees", home=small_home)) == f"{live}: half-built or removed; build again: northbound index build"


def test_asking_with_a_damaged_index(northbound: Command, small_home: Path) -> None:
    live = current(small_home)
    halved(live / "vectors.npy")
    line = complaint(northbound("ask", "fees", home=small_home))
    assert line == f"{live}/vectors.npy: damaged: not what was written; build again: northbound index build"


def test_asking_with_an_index_of_another_model(northbound: Command, small_home: Path) -> None:
    build_index(small_home, PASSAGES, WordLengths())
    assert "made by the model word-lengths@1, but NORTHBOUND_EMBEDDER gives" in complaint(northbound("ask", "fees", home=small_home))


def test_rolling_back_with_nothing_to_go_back_to(northbound: Command, small_home: Path) -> None:
    assert complaint(northbound("index", "rollback", home=small_home)) == f"{small_home}/index: no earlier build to go back to"


# The data folder


def without_root_powers() -> None:
    """In the child: even for root, permissions bind from here on."""
    drop, write_anything, read_anything = 24, 1, 2  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    for capability in (write_anything, read_anything):
        if os.geteuid() == 0 and ctypes.CDLL(None, use_errno=True).prctl(drop, capability, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


@pytest.fixture
def read_only() -> Callable[[Path], None]:
    if sys.platform != "linux":
        pytest.skip("how a process gives up root's powers is written for Linux")

    def protect(home: Path) -> None:
        for path in (home, *home.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o555 if path.is_dir() else 0o444)

    return protect


def test_a_read_only_data_folder_still_answers(northbound: Command, small_home: Path, read_only: Callable[[Path], None]) -> None:
    read_only(small_home)
    done = northbound("ask", "--json", CAP, home=small_home, before=without_root_powers)
    assert (done.returncode, done.stderr) == (0, "")
    assert "10,000 applications" in Answer.model_validate_json(done.stdout).answer


@pytest.mark.parametrize(
    ("arguments", "folder"), [(["index", "build"], "index"), (["index", "rollback"], "index"), (["corpus", "add", "{letter}"], "documents")]
)
def test_a_read_only_data_folder_is_not_written(
    northbound: Command, small_home: Path, read_only: Callable[[Path], None], tmp_path: Path, arguments: list[str], folder: str
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("How long does it take?\nThe office answers letters in nine weeks.\n")
    read_only(small_home)
    done = northbound(*(a.format(letter=letter) for a in arguments), home=small_home, before=without_root_powers)
    assert complaint(done) == f"{small_home}/{folder}: cannot be written (Permission denied); set NORTHBOUND_HOME to a folder that can"


@pytest.mark.parametrize("arguments", [["ask", "fees"], ["index", "build"], ["eval", "run"], ["corpus", "add", "{letter}"]], ids=" ".join)
def test_a_data_folder_that_cannot_exist(northbound: Command, tmp_path: Path, arguments: list[str]) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("How long does it take?\nThe office answers letters in nine weeks.\n")
    home = letter / "data"
    done = northbound(*(a.format(letter=letter) for a in arguments), home=home)
    assert done.returncode == 1
    missing = f"{home}/index: no index yet; build it: northbound index build"
    useless = "cannot be written (Not a directory); set NORTHBOUND_HOME to a folder that can"
    assert (missing if arguments[0] == "ask" else useless) in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
