"""Search on a set in the common form: corpus.jsonl, queries.jsonl, qrels.tsv. Questions may carry the conversation before them.

What is measured is `Bot.understand` and `Bot.search`, which answer users, over an index of the set alone; beside it stand the two legs
that search is made of and their plain weighted sum, on the same index, in the same process. With conversations, each row is also given
for the last turn alone and for a person's own stand-alone wording, where the set has one.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from bot.answer import Turn
from bot.chain import Bot
from corpus.errors import SearchIndexError
from corpus.model import Passage
from corpus.registry import load_registry
from eval.bench_sets import BenchError, beside_known, paired, rows, text_of
from index.build import TEXT, Progress, build_index, corpus_version, current, read_manifest, texts_version, verify
from index.embedder import Embedder
from index.keywords import Keywords, terms
from index.reader import Reader
from index.search import Index

DEPTH = 10  # how far down a ranking is read
OURS = "search"
PLAIN = 0.2  # weight of BM25, divided by its best for the query, in the plain sum (docs/decisions/0003)
LAST, PERSON = "last turn", "a person's rewrite"  # what is asked instead of the question with its conversation

Relevant = Mapping[str, float]  # document id to a grade above 0
Metric = Callable[[Sequence[str], Relevant], float]


@dataclass(frozen=True)
class Asked:
    """A query with the documents that answer it, what was said before it, a person's stand-alone wording of it ("" where none is
    given), and the part of the set it belongs to."""

    id: str
    text: str
    relevant: Relevant
    history: tuple[Turn, ...] = ()
    rewrite: str = ""
    part: str = ""


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
    """One row of the table: the queries asked, by their place in the set, with a value for each metric and milliseconds."""

    name: str
    queries: np.ndarray
    values: Mapping[str, np.ndarray]
    milliseconds: np.ndarray

    def of(self, chosen: np.ndarray) -> Result:
        """The row for those of its queries that are among the chosen."""
        at = np.isin(self.queries, chosen)
        return Result(self.name, self.queries[at], {m: v[at] for m, v in self.values.items()}, self.milliseconds[at])


def retrieval(
    data: Path,
    open_embedder: Callable[[], Embedder],
    open_reader: Callable[[], Reader],
    keep: Path | None = None,
    progress: Progress = lambda *_: None,
) -> Iterator[str]:
    """Index the set, or take the index kept from an earlier time, ask every judged query of every row, and give the table. Embedder and
    reader are opened once the set is read: making them ready for the first time takes longer than finding that a file is missing."""
    read = read_bench(data)
    embedder = open_embedder()
    results = measure(read, embedder, open_reader(), keep, progress)
    yield f"{data.name}: {len(read.asked)} queries, {len(read.passages)} documents"
    if read.unjudged:
        yield f"not asked: {read.unjudged} queries without a relevant document"
    if read.absent:
        named = ", ".join(read.absent[:5]) + (" …" if len(read.absent) > 5 else "")
        yield f"judged but not in corpus.jsonl, and so never found: {len(read.absent)} documents ({named})"
    parts = list(dict.fromkeys(one.part for one in read.asked))
    for part in parts:
        chosen = np.array([n for n, one in enumerate(read.asked) if one.part == part])
        if part:
            yield f"{part}: {len(chosen)} queries"
        yield from _table(f"{data.name}/{part}" if part else data.name, [result.of(chosen) for result in results])


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
    passages: dict[str, Passage] = {}
    for where, row in rows(data / "corpus.jsonl", {"_id": str, "text": str}):
        if row["_id"] in passages:
            raise BenchError(f"{where}: id {row['_id']!r} stands twice")
        passages[row["_id"]] = _passage(row)
    qrels = _qrels(data / "qrels.tsv")
    asked, unjudged = [], 0
    for where, row in rows(data / "queries.jsonl", {"_id": str, "text": str}):
        relevant = qrels.get(row["_id"], {})
        unjudged += not relevant
        if relevant:
            turns = _turns(row.get("history") or [], where)
            asked.append(Asked(row["_id"], row["text"], relevant, turns, row.get("rewrite") or "", str(row.get("set") or "")))
    if not passages or not asked:
        raise BenchError(f"{data}: holds {len(passages)} documents and no query with a relevant one; check that the ids in qrels.tsv match")
    absent = tuple(sorted({document for one in asked for document in one.relevant} - passages.keys()))
    return Bench(tuple(passages.values()), tuple(asked), unjudged, absent)


def measure(
    read: Bench, embedder: Embedder, reader: Reader, keep: Path | None = None, progress: Progress = lambda *_: None
) -> list[Result]:
    """A result for each row that `asking` names, queries in the order of the file."""
    with built(read.passages, embedder, keep, progress) as home:
        ways = asking(read, home, embedder, reader)
        rankings: dict[str, dict[int, list[str]]] = {name: {} for name in ways}
        times: dict[str, list[float]] = {name: [] for name in ways}
        for way in ways.values():
            way(read.asked[0])  # what is loaded or cached at the first call is not the price of a query
        for number, one in enumerate(tqdm(read.asked, desc="asking", disable=None)):
            for name, way in ways.items():
                start = time.perf_counter()
                found = way(one)
                if found is not None:
                    times[name].append((time.perf_counter() - start) * 1000)
                    rankings[name][number] = list(dict.fromkeys(found))[:DEPTH]
    return [
        Result(
            name,
            np.array(list(ranked), dtype=int),
            {m: np.array([f(r, read.asked[n].relevant) for n, r in ranked.items()]) for m, f in METRICS.items()},
            np.array(times[name]),
        )
        for name, ranked in rankings.items()
    ]


Way = Callable[[Asked], Sequence[str] | None]  # the document of every passage found, best first; None where there is nothing to ask


def asking(read: Bench, home: Path, embedder: Embedder, reader: Reader) -> dict[str, Way]:
    """The rows of the table. Ours comes first, as users meet it: with the conversation where there is one."""
    folder = current(home)
    bot = Bot(load_registry(), Index(folder, embedder, {}), {}, reader=reader)
    worded: dict[str, Callable[[str], Sequence[str]]] = {OURS: lambda text: found(bot, text), **_legs(folder, bot.index, embedder)}
    if not any(one.history for one in read.asked):
        return {name: _asking_for(ask, _text) for name, ask in worded.items()}
    ways: dict[str, Way] = {OURS: lambda one: found(bot, one.text, one.history)}
    for name, ask in worded.items():
        ways[f"{name}, {LAST}"] = _asking_for(ask, _text)
        ways[f"{name}, {PERSON}"] = _asking_for(ask, _rewrite)
    return ways


def _asking_for(ask: Callable[[str], Sequence[str]], wording: Callable[[Asked], str]) -> Way:
    def way(one: Asked) -> Sequence[str] | None:
        text = wording(one)
        return ask(text) if text else None

    return way


def _text(one: Asked) -> str:
    return one.text


def _rewrite(one: Asked) -> str:
    return one.rewrite


def found(bot: Bot, text: str, history: Sequence[Turn] = ()) -> list[str]:
    """The documents found for a message, best first; those found for several questions in it by their best score."""
    of_each = bot.search(bot.understand(text, history)).hits
    if len(of_each) == 1:
        return [hit.passage.source_id for hit in of_each[0]]
    hits = [hit for some in of_each for hit in some]
    return [hit.passage.source_id for hit in sorted(hits, key=lambda hit: (-hit.score, hit.passage.id))]


def _legs(folder: Path, index: Index, embedder: Embedder) -> dict[str, Callable[[str], Sequence[str]]]:
    """The two legs that search is made of and their plain sum, over whole texts."""
    documents = [p.source_id for p in index.passages]
    vectors = np.load(folder / "vectors.npy")[np.load(folder / "rows.npz")["kind"] == TEXT]  # one a passage, in their order
    keywords = Keywords.open(folder / "keywords")

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

    return {"dense alone": dense, "BM25 alone": bm25, f"dense + {PLAIN} BM25": plain}


@contextmanager
def built(passages: Sequence[Passage], embedder: Embedder, keep: Path | None, progress: Progress) -> Iterator[Path]:
    """A data folder with an index of the passages: `keep`, built there unless it holds just that already, or one for this time."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="northbound-bench-", ignore_cleanup_errors=True) as home:
            build_index(Path(home), passages, embedder, only=True, progress=progress)
            yield Path(home)
        return
    if not _is_of(keep, passages, embedder):
        build_index(keep, passages, embedder, only=True, progress=progress)
    yield keep


def _is_of(home: Path, passages: Sequence[Passage], embedder: Embedder) -> bool:
    """Whether the folder's live index is whole and was made from these passages by this model and this code."""
    try:
        folder = current(home)
        made = read_manifest(folder)
        verify(folder, made)
    except SearchIndexError:
        return False
    return (made.model, made.corpus_version, made.texts) == (embedder.fingerprint, corpus_version(passages), texts_version(passages))


def _table(name: str, results: Sequence[Result]) -> Iterator[str]:
    width = max(len(result.name) for result in results) + 2
    yield f"{'':{width}}{'n':>5}" + "".join(f"{metric:>11}" for metric in METRICS) + f"{'median ms':>11}"
    for result in results:
        cells = "".join(f"{values.mean():>11.3f}" for values in result.values.values())
        if len(result.queries):
            yield f"{result.name:{width}}{len(result.queries):>5}{cells}{np.median(result.milliseconds):>11.1f}"
    ours, *others = results
    for other in others:
        if not len(other.queries):
            continue
        mine = ours.of(other.queries)
        for metric in METRICS:
            yield paired(OURS, other.name, metric, mine.values[metric], other.values[metric])
    yield from beside_known(name, {metric: float(values.mean()) for metric, values in ours.values.items()})


def _passage(row: Mapping[str, Any]) -> Passage:
    """A row's title is the heading of its text: in question-and-answer sets it is the question."""
    title = str(row.get("title") or "").strip()
    return Passage(
        id=f"{row['_id']}#1", source_id=row["_id"], title="", headings=(title,) if title else (), text=row["text"], origin="file"
    )


_SPEAKERS = {"user": "user", "agent": "assistant", "assistant": "assistant"}


def _turns(history: Sequence[Any], where: str) -> tuple[Turn, ...]:
    """Turns of {speaker, text} or of {role, content}."""
    turns = []
    for turn in history:
        speaker = (turn.get("speaker") or turn.get("role")) if isinstance(turn, dict) else None
        content = (turn.get("text") or turn.get("content") or "") if isinstance(turn, dict) else None
        if speaker not in _SPEAKERS or not isinstance(content, str):
            raise BenchError(f"{where}: history needs objects with 'speaker' ({', '.join(_SPEAKERS)}) and 'text'")
        turns.append(Turn.model_validate({"role": _SPEAKERS[speaker], "content": content}))
    return tuple(turns)


def _qrels(path: Path) -> dict[str, dict[str, float]]:
    """Grades above 0 by query and document. The first line may be a heading."""
    qrels: dict[str, dict[str, float]] = {}
    for number, line in enumerate(text_of(path).split("\n"), 1):
        if not line.strip() or (number == 1 and line.startswith("query-id")):
            continue
        try:
            query, document, grade = line.rstrip("\r").split("\t")
            if float(grade) > 0:
                qrels.setdefault(query, {})[document] = float(grade)
        except ValueError:
            raise BenchError(f"{path}, line {number}: needs query-id, corpus-id and a number, with tabs between") from None
    return qrels
