"""Northbound and the stock LangChain recipe answer the same questions about the same texts, and are set side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.settings import Settings
from eval import peers
from eval.bench_sets import BenchError
from tests.conftest import Command, complaint

TEXTS = {
    "tea.txt": "Tea in the garden\n\nThe tea house serves green tea from nine in the morning until six in the evening.\n",
    "cinema.txt": "The old cinema\n\nThe old cinema opened in 1921 and has three hundred seats.\n",
}
QUESTIONS = [
    {"id": "1", "question": "When did the old cinema open?", "gold_docs": ["cinema.txt"], "gold_text": ["opened in 1921"]},
    {"id": "2", "question": "Until when is tea served?", "gold_docs": ["tea.txt"], "gold_text": ["six in the evening"]},
]


@pytest.fixture
def job(tmp_path: Path) -> tuple[Path, Path]:
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in QUESTIONS), encoding="utf-8")
    return folder, file


def test_a_passage_answers_by_its_document_and_its_words(job: tuple[Path, Path]) -> None:
    read = peers.read_job(None, *job)
    assert sorted(read.texts) == ["cinema.txt", "tea.txt"]
    first = read.questions[0]
    assert first.answered_by("cinema.txt", "The old cinema  Opened in\n1921.")
    assert not first.answered_by("tea.txt", "opened in 1921") and not first.answered_by("cinema.txt", "opened long ago")


def test_both_sides_are_measured_on_the_same_questions(job: tuple[Path, Path], empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("langchain_chroma")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # for the processes in which each side is measured alone: as in conftest
    lines = list(peers.compare_peers(Settings(home=empty_home), None, *job))
    assert lines[0] == "texts: 2 documents, 2 questions"
    table = {line[:28].strip(): line[28:].split() for line in lines[2:6]}
    assert list(table) == ["Northbound", "LangChain stock", "LangChain, our engine", "Northbound, whole answer"]
    assert table["LangChain stock"][:4] == ["2", "1.000", "1.000", "1.000"]
    assert table["Northbound"][2] == "1.000" and table["Northbound, whole answer"][3] == "1.000"
    alone = {line[:28].strip(): [float(value) for value in line[28:].split()] for line in lines[8:11]}
    for _, cold, megabytes, opened, megabytes_then in alone.values():
        assert cold > 0 and opened > 0 and megabytes > 50 and megabytes_then > 50
    assert lines[-2].startswith("ours as a share of LangChain stock: shown 1.00, hit@5 1.00, p50 ")
    assert not (empty_home / "index").exists()


def test_without_the_recipes_packages_the_install_line_is_said(job: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "NEEDS", ("langchain_chroma_of_another_name",))
    with pytest.raises(BenchError, match=r"langchain_chroma_of_another_name: not installed; .* pip install -e '\.\[peers\]'"):
        list(peers.compare_peers(Settings(), None, *job))


def test_what_cannot_be_used_is_named(northbound: Command, northbound_here: Command, job: tuple[Path, Path], tmp_path: Path) -> None:
    for given in (["--peers"], ["--peers", "--corpus", job[0]], ["--corpus", job[0], "--questions", job[1]]):
        done = northbound_here("eval", "bench", *given, home=tmp_path)
        assert done.returncode == 2 and "give --data DIR, or --peers with --corpus DIR and --questions FILE" in done.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no .txt and no .md file" in complaint(
        northbound("eval", "bench", "--peers", "--corpus", empty, "--questions", job[1], home=tmp_path)
    )
