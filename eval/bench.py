"""Measure search on a public set in the common form: corpus.jsonl, queries.jsonl, qrels.tsv. `northbound eval bench` calls `bench`.

Our search runs beside the two legs it is made of and their plain weighted sum, on the same index, in the same process. Questions go
to search as they are: none of the bot's reading of the question, which knows this field only, takes part.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from bot.settings import Settings
from corpus.errors import NorthboundError
from corpus.model import Passage
from eval.compare import randomisation
from index.build import TEXT, Progress, build_index, current
from index.embedder import Embedder, load_embedder
from index.keywords import Keywords, terms
from index.search import Index, Query

DEPTH = 10  # how far down a ranking is read
OURS = "search"
PLAIN = 0.2  # weight of BM25, divided by its best for the query, in the plain sum (docs/decisions/0003)

Relevant = Mapping[str, float]  # document id to a grade above 0
Metric = Callable[[Sequence[str], Relevant], float]


class BenchError(NorthboundError):
    """A public set that cannot be used; the file and line are named."""


@dataclass(frozen=True)
class Asked:
    """A query with the documents that answer it."""

    id: str
    text: str
    relevant: Relevant


@dataclass(frozen=True)
class Bench:
    """A set as read. `unjudged`: queries without a relevant document, which are not asked. `absent`: judged documents that the corpus
    does not hold; they stay in the denominators."""

    passages: tuple[Passage, ...]
    asked: tuple[Asked, ...]
    unjudged: int
    absent: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """One row of the table: a value for each query and metric, and milliseconds for each query."""

    name: str
    values: Mapping[str, np.ndarray]
    milliseconds: np.ndarray


def bench(data: Path, settings: Settings, progress: Progress = lambda *_: None) -> str:
    """Index the set, ask every judged query of our search and of each leg, and return the table."""
    read = read_bench(data)
    results = measure(read, load_embedder(settings.embedder, settings.exported), progress)
    return "\n".join(_table(data, read, results))


def recall(ranking: Sequence[str], relevant: Relevant, k: int = 5) -> float:
    """Share of the relevant documents that are among the first k. Source: Manning, Raghavan and Schütze 2008, section 8.4."""
    return len(set(ranking[:k]) & set(relevant)) / len(relevant)


def ndcg(ranking: Sequence[str], relevant: Relevant, k: int = DEPTH) -> float:
    """Sum over the first k places i of grade / log2(i + 1), divided by that of the best order there is; linear gain, as in trec_eval.

    Source: Järvelin and Kekäläinen 2002, https://doi.org/10.1145/582415.582418.
    """
    gains = np.array([relevant.get(document, 0.0) for document in ranking[:k]])
    best = np.array(sorted(relevant.values(), reverse=True)[:k])
    return _discounted(gains) / _discounted(best)


def reciprocal_rank(ranking: Sequence[str], relevant: Relevant, k: int = DEPTH) -> float:
    """1 / place of the first relevant document, 0 where it is not among the first k. Its mean is MRR@k.

    Source: Voorhees 1999, The TREC-8 question answering track report.
    """
    return next((1 / place for place, document in enumerate(ranking[:k], 1) if document in relevant), 0.0)


METRICS: dict[str, Metric] = {"recall@5": recall, f"nDCG@{DEPTH}": ndcg, f"MRR@{DEPTH}": reciprocal_rank}


def _discounted(gains: np.ndarray) -> float:
    return float((gains / np.log2(np.arange(2, len(gains) + 2))).sum())


def read_bench(data: Path) -> Bench:
    """Raises BenchError when a file is missing, a line broken, an id doubled, or no query is judged."""
    if not data.is_dir():
        raise BenchError(f"{data}: no such folder; give one with corpus.jsonl, queries.jsonl and qrels.tsv")
    passages: dict[str, Passage] = {}
    for where, row in _rows(data / "corpus.jsonl"):
        if row["_id"] in passages:
            raise BenchError(f"{where}: id {row['_id']!r} stands twice")
        passages[row["_id"]] = _passage(row)
    qrels = _qrels(data / "qrels.tsv")
    asked, unjudged = [], 0
    for _, row in _rows(data / "queries.jsonl"):
        relevant = qrels.get(row["_id"], {})
        unjudged += not relevant
        if relevant:
            asked.append(Asked(row["_id"], row["text"], relevant))
    if not passages or not asked:
        raise BenchError(f"{data}: holds {len(passages)} documents and no query with a relevant one; check that the ids in qrels.tsv match")
    absent = tuple(sorted({document for one in asked for document in one.relevant} - passages.keys()))
    return Bench(tuple(passages.values()), tuple(asked), unjudged, absent)


def measure(read: Bench, embedder: Embedder, progress: Progress = lambda *_: None) -> list[Result]:
    """Our search first, then each leg alone and their sum; queries in the order of the file."""
    with tempfile.TemporaryDirectory(prefix="northbound-bench-", ignore_cleanup_errors=True) as home:
        build_index(Path(home), read.passages, embedder, only=True, progress=progress)
        legs = _legs(Path(home), embedder)
        rankings: dict[str, list[list[str]]] = {name: [] for name in legs}
        times: dict[str, list[float]] = {name: [] for name in legs}
        for leg in legs.values():
            leg(read.asked[0].text)  # what is loaded or cached at the first call is not the price of a query
        for one in tqdm(read.asked, desc="asking", disable=None):
            for name, leg in legs.items():
                start = time.perf_counter()
                found = leg(one.text)
                times[name].append((time.perf_counter() - start) * 1000)
                rankings[name].append(list(dict.fromkeys(found))[:DEPTH])
    return [
        Result(
            name,
            {m: np.array([f(r, one.relevant) for r, one in zip(ranked, read.asked, strict=True)]) for m, f in METRICS.items()},
            np.array(times[name]),
        )
        for name, ranked in rankings.items()
    ]


def _legs(home: Path, embedder: Embedder) -> dict[str, Callable[[str], Sequence[str]]]:
    """Each gives the document of every passage found, best first."""
    folder = current(home)
    index = Index(folder, embedder, {})
    documents = [p.source_id for p in index.passages]
    kinds = np.load(folder / "rows.npz")["kind"]
    vectors = np.load(folder / "vectors.npy")[kinds == TEXT]  # one a passage, in their order
    keywords = Keywords.open(folder / "keywords")

    def ours(text: str) -> Sequence[str]:
        return [hit.passage.source_id for hit in index.search(Query((text,)), k=5 * DEPTH)]

    def cosines(text: str) -> np.ndarray:
        return np.asarray(vectors @ embedder.embed([text])[0])

    def counted(text: str) -> np.ndarray:
        return keywords.scores(list(dict.fromkeys(terms(text))), len(documents))

    def dense(text: str) -> Sequence[str]:
        return _best(cosines(text))

    def bm25(text: str) -> Sequence[str]:
        scores = counted(text)
        return _best(np.where(scores > 0, scores, -np.inf))

    def plain(text: str) -> Sequence[str]:
        scores = counted(text)
        return _best(cosines(text) + PLAIN * scores / max(float(scores.max()), 1e-9))

    def _best(scores: np.ndarray) -> list[str]:
        return [documents[n] for n in np.argsort(-scores, kind="stable")[: 5 * DEPTH] if scores[n] > -np.inf]

    return {OURS: ours, "dense alone": dense, "BM25 alone": bm25, f"dense + {PLAIN} BM25": plain}


def _table(data: Path, read: Bench, results: Sequence[Result]) -> Iterator[str]:
    yield f"{data.name}: {len(read.asked)} queries, {len(read.passages)} documents"
    if read.unjudged:
        yield f"not asked: {read.unjudged} queries without a relevant document"
    if read.absent:
        named = ", ".join(read.absent[:5]) + (" …" if len(read.absent) > 5 else "")
        yield f"judged but not in corpus.jsonl, and so never found: {len(read.absent)} documents ({named})"
    yield f"{'':18}" + "".join(f"{name:>11}" for name in METRICS) + f"{'median ms':>11}"
    for result in results:
        cells = "".join(f"{values.mean():>11.3f}" for values in result.values.values())
        yield f"{result.name:18}{cells}{np.median(result.milliseconds):>11.1f}"
    ours, *others = results
    for other in others:
        for name in METRICS:
            change = float((ours.values[name] - other.values[name]).mean())
            p = randomisation(other.values[name], ours.values[name])
            verdict = "level" if p >= 0.05 else "ahead" if change > 0 else "BEHIND"
            yield f"{OURS} against {other.name}, {name}: {change:+.3f}, paired randomisation test p = {p:.4f}: {verdict}"


def _passage(row: Mapping[str, Any]) -> Passage:
    """A row's title is the heading of its text: in question-and-answer sets it is the question."""
    title = str(row.get("title") or "").strip()
    return Passage(
        id=f"{row['_id']}#1", source_id=row["_id"], title="", headings=(title,) if title else (), text=row["text"], origin="file"
    )


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise BenchError(f"{where}: not JSON ({error})") from None
        if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in ("_id", "text")):
            raise BenchError(f"{where}: needs an object with '_id' and 'text', both text")
        yield where, row


def _qrels(path: Path) -> dict[str, dict[str, float]]:
    """Grades above 0 by query and document. The first line may be a heading."""
    qrels: dict[str, dict[str, float]] = {}
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip() or (number == 1 and line.startswith("query-id")):
            continue
        try:
            query, document, grade = line.rstrip("\r").split("\t")
            if float(grade) > 0:
                qrels.setdefault(query, {})[document] = float(grade)
        except ValueError:
            raise BenchError(f"{path}, line {number}: needs query-id, corpus-id and a number, with tabs between") from None
    return qrels


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BenchError(f"{path}: cannot be read: {error.strerror}; a set is corpus.jsonl, queries.jsonl and qrels.tsv") from None
    except UnicodeDecodeError as error:
        raise BenchError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
