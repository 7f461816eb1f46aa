"""Search is measured on a set in the common form, beside its legs; the formulas are their arithmetic; broken sets are named."""

from __future__ import annotations

import json
from math import log2
from pathlib import Path

import numpy as np
import pytest

from eval.bench_retrieval import METRICS, measure, ndcg, read_bench, recall, reciprocal_rank
from eval.bench_sets import BenchError
from index.build import current
from index.embedder import Embedder
from index.reader import Reader
from tests.conftest import Command, complaint

CORPUS = [
    {"_id": "fee", "title": "How much is a work permit?", "text": "It costs CAN$155 for one person."},
    {"_id": "study", "title": "", "text": "Students need a letter of acceptance from a school."},
    {"_id": "citizen", "text": "A grant of citizenship costs CAN$653.75 for an adult."},
]
QUERIES = [
    {"_id": "q1", "text": "what does a work permit cost", "page_views": 3},
    {"_id": "q2", "text": "papers for going to university"},
    {"_id": "q3", "text": "is there life on Mars"},
]
QRELS = "query-id\tcorpus-id\tscore\nq1\tfee\t2\nq2\tstudy\t1\nq2\tlost\t1\nq3\tfee\t0\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    for name, rows in (("corpus", CORPUS), ("queries", QUERIES)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "qrels.tsv").write_text(QRELS, encoding="utf-8")
    return folder


# The ranking a b c d e f; b has grade 2, f has 1, and z is not found at all.
RANKING = list("abcdef")
GRADES = {"b": 2.0, "f": 1.0, "z": 1.0}


def test_recall_is_the_share_of_the_relevant_among_the_first_five() -> None:
    assert recall(RANKING, GRADES) == 1 / 3
    assert recall(RANKING, GRADES, k=6) == 2 / 3


def test_ndcg_is_the_discounted_gain_over_the_best_there_could_be() -> None:
    assert ndcg(RANKING, GRADES) == pytest.approx((2 / log2(3) + 1 / log2(7)) / (2 / log2(2) + 1 / log2(3) + 1 / log2(4)))
    assert ndcg(["b", "f", "z"], GRADES) == pytest.approx(1.0)
    assert ndcg([], GRADES) == 0.0


def test_reciprocal_rank_looks_at_the_first_relevant_one() -> None:
    assert (reciprocal_rank(RANKING, GRADES), reciprocal_rank(RANKING, {"z": 1.0}), reciprocal_rank(RANKING, GRADES, k=1)) == (1 / 2, 0, 0)


def test_a_set_is_read_with_what_is_not_judged_and_not_there_counted(data: Path) -> None:
    read = read_bench(data)
    assert [(p.source_id, p.headings, p.origin) for p in read.passages] == [
        ("fee", ("How much is a work permit?",), "file"),
        ("study", (), "file"),
        ("citizen", (), "file"),
    ]
    assert [(one.id, dict(one.relevant)) for one in read.asked] == [("q1", {"fee": 2.0}), ("q2", {"study": 1.0, "lost": 1.0})]
    assert (read.unjudged, read.absent) == (1, ("lost",))


def test_every_query_is_measured_in_every_leg_and_the_same_each_time(data: Path, embedder: Embedder, reader: Reader) -> None:
    first, second = (measure(read_bench(data), embedder, reader) for _ in range(2))
    assert [r.name for r in first] == ["search", "dense alone", "BM25 alone", "dense + 0.2 BM25"]
    for result, again in zip(first, second, strict=True):
        assert set(result.values) == set(METRICS) and len(result.milliseconds) == 2
        assert {m: v.tolist() for m, v in result.values.items()} == {m: v.tolist() for m, v in again.values.items()}
    ours, dense, bm25, plain = (r.values["recall@5"].tolist() for r in first)
    assert ours == dense == plain == [1.0, 1 / 2]  # what is judged but lost stays in the denominator
    assert bm25 == [1.0, 0.0]  # "papers for going to university" shares no word with what it means


def test_the_command_prints_a_row_a_leg(northbound: Command, data: Path, empty_home: Path) -> None:
    done = northbound("eval", "bench", "--data", data, home=empty_home)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "set: 2 queries, 3 documents"
    assert "not asked: 1 queries" in lines[1] and lines[2].endswith("1 documents (lost)")
    assert [line[:18].strip() for line in lines[4:8]] == ["search", "dense alone", "BM25 alone", "dense + 0.2 BM25"]
    assert "search against dense alone, recall@5: +0.000, paired randomisation test p = 1.0000: level" in lines
    assert not (empty_home / "index").exists()


def test_the_index_of_a_set_is_kept_and_taken_again_until_the_set_changes(
    data: Path, embedder: Embedder, reader: Reader, tmp_path: Path
) -> None:
    keep = tmp_path / "kept"
    first = measure(read_bench(data), embedder, reader, keep)
    built = current(keep)
    again = measure(read_bench(data), embedder, reader, keep)
    assert current(keep) == built
    assert [r.values["recall@5"].tolist() for r in first] == [r.values["recall@5"].tolist() for r in again]
    with (data / "corpus.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"_id": "more", "text": "One more document."}) + "\n")
    measure(read_bench(data), embedder, reader, keep)
    assert current(keep) != built


def test_a_set_with_conversations_is_asked_with_them_without_them_and_in_a_persons_words(
    data: Path, embedder: Embedder, reader: Reader
) -> None:
    said = [{"speaker": "user", "text": "What does a work permit cost?"}, {"speaker": "agent", "text": "A work permit costs CAN$155."}]
    talk = {"_id": "q1", "text": "and for two of us?", "history": said, "rewrite": "work permit fee for two persons", "set": "human"}
    plain = {"_id": "q2", "text": "papers for going to university", "history": [], "set": "other"}
    (data / "queries.jsonl").write_text(f"{json.dumps(talk)}\n{json.dumps(plain)}\n", encoding="utf-8")
    results = {r.name: r for r in measure(read_bench(data), embedder, reader)}
    assert list(results)[:3] == ["search", "search, last turn", "search, a person's rewrite"]
    assert results["search"].queries.tolist() == [0, 1]
    assert results["search, a person's rewrite"].queries.tolist() == [0]  # the other has none
    assert results["search"].values["MRR@10"].tolist() == [1.0, 1.0]
    assert results["BM25 alone, last turn"].values["MRR@10"][0] == 0.0  # "and for two of us?" holds no word of it
    assert results["search"].of(np.array([1])).values["MRR@10"].tolist() == [1.0]
    talk["history"] = ["What does a work permit cost?"]
    (data / "queries.jsonl").write_text(json.dumps(talk), encoding="utf-8")
    with pytest.raises(BenchError, match="queries.jsonl, line 1: history needs objects with 'speaker'"):
        read_bench(data)


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("corpus.jsonl", "{", "corpus.jsonl, line 1: not JSON"),
        ("corpus.jsonl", '{"_id": 1, "text": "x"}', "corpus.jsonl, line 1: needs an object with '_id', 'text'; wrong or missing: _id"),
        ("corpus.jsonl", '{"_id": "a", "text": "x"}\n\n{"_id": "a", "text": "y"}', "corpus.jsonl, line 3: id 'a' stands twice"),
        ("queries.jsonl", "[]", "queries.jsonl, line 1: needs an object"),
        ("qrels.tsv", "q1\tfee\t1\nq1 fee 1", "qrels.tsv, line 2: needs query-id, corpus-id and a number"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\n", "no query with a relevant one"),
        ("corpus.jsonl", "", "holds 0 documents"),
    ],
)
def test_a_broken_set_is_named_with_file_and_line(data: Path, file: str, text: str, reason: str) -> None:
    (data / file).write_text(text, encoding="utf-8")
    with pytest.raises(BenchError) as told:
        read_bench(data)
    assert reason in str(told.value)


def test_a_set_that_is_not_there_is_refused_in_one_line(northbound_here: Command, data: Path) -> None:
    assert "none: no such folder" in complaint(northbound_here("eval", "bench", "--data", data / "none", home=data))
    (data / "qrels.tsv").unlink()
    assert "qrels.tsv: cannot be read: No such file or directory" in complaint(northbound_here("eval", "bench", "--data", data, home=data))
