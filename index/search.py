"""Find passages for a question: dense and keyword legs give candidates, every candidate is scored exactly, a weighted sum orders them.

Rows of Chroma are questions, texts and sentences; a candidate's own rows are scored again from the stored vectors, so that the order
does not depend on which row was found first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.errors import SearchIndexError
from corpus.model import Passage, Source
from corpus.sentences import Span, spans
from index.build import QUESTION, SENTENCE, TEXT, WRONG, Manifest, current, read_manifest, read_passages
from index.embedder import Embedder
from index.keywords import Keywords, terms
from index.store import Store


@dataclass(frozen=True)
class Weights:
    """How much each part counts in a hit's score. Cosines are -1 to 1; the keyword part is BM25 over its best, 0 to 1.

    The keyword weight comes from public sets (docs/decisions/0003); the others were chosen on eval/sets by eval/tune.py.
    """

    question: float = 0.45
    text: float = 0.20
    sentence: float = 0.35
    keyword: float = 0.20
    program: float = 0.08
    kind: Mapping[str, float] | None = None

    def prior(self, source: Source | None) -> float:
        table = self.kind or _KIND_PRIOR
        return table.get(source.kind, 0.0) if source else 0.0


# Ties go to authority: an official page before a law firm's, a firm's before a newspaper's.
_KIND_PRIOR = {"official": 0.02, "guide": 0.01, "law-firm": 0.005, "consultancy": -0.01, "news": -0.01, "research": 0.0, "document": 0.0}


@dataclass(frozen=True)
class Scored:
    """A sentence, lead-in or list item of a passage with its cosine to the question."""

    span: Span
    cosine: float


@dataclass(frozen=True)
class Hit:
    """A passage found for a question. `score` orders hits; the parts it is made of stay beside it.

    question: best cosine of a heading or an `asked:` line, or -1 where there is none. text: cosine of the passage. sentence: best
    cosine of one of its sentences. keyword: BM25 divided by the best BM25 of this search, 0 to 1. overlap: share of the question's
    terms, weighted by rarity, that stand in the passage, 0 to 1.
    """

    passage: Passage
    score: float
    question: float
    text: float
    sentence: float
    keyword: float
    overlap: float
    sentences: tuple[Scored, ...]


@dataclass(frozen=True)
class Query:
    """What to look for. `wordings` are forms of one question, each searched, best counts; `context` is added to each vector (see
    bot/followups.py); `programs` get a little ahead, and where the question names one, others fall a little behind."""

    wordings: tuple[str, ...]
    context: tuple[str, ...] = ()
    programs: frozenset[str] = frozenset()
    named: bool = False


class Index:
    """A published build, open for searching. Safe to share between threads."""

    def __init__(self, folder: Path, embedder: Embedder, sources: Mapping[str, Source], weights: Weights = Weights()) -> None:
        self.manifest: Manifest = read_manifest(folder)
        if self.manifest.model != embedder.fingerprint:
            raise SearchIndexError(
                f"{folder}: made by the model {self.manifest.model}, but NORTHBOUND_EMBEDDER gives {embedder.fingerprint}; "
                "build again: northbound index build"
            )
        self.passages = read_passages(folder)
        self.by_id = {p.id: p for p in self.passages}
        self._embedder = embedder
        self._sources = sources
        self._weights = weights
        self._vectors = _array(folder / "vectors.npy", mmap=True)
        rows = np.load(folder / "rows.npz")
        self._owner, self._kind = rows["owner"], rows["kind"]
        if not len(self._vectors) == len(self._owner) == self.manifest.rows:
            raise SearchIndexError(f"{folder}: damaged: {len(self._vectors)} vectors for {self.manifest.rows} rows; build again: northbound index build")
        self._indexed = [n for n, p in enumerate(self.passages) if p.kind == "section"]
        self._place = {number: place for place, number in enumerate(self._indexed)}
        searched = self._owner[self._kind != WRONG]  # rows of one passage lie together, in the order of the passages
        starts, ends = np.searchsorted(searched, self._indexed), np.searchsorted(searched, self._indexed, side="right")
        self._rows = {n: slice(int(start), int(end)) for n, start, end in zip(self._indexed, starts, ends, strict=True)}
        self._wrong = slice(len(searched), len(self._owner))
        self._keywords = Keywords.open(folder / "keywords")
        self._keywords.document_frequency = json.loads((folder / "frequency.json").read_text(encoding="utf-8"))
        self._store = Store(folder / "chroma")
        self._terms: dict[int, frozenset[str]] = {}
        self._spans: dict[int, list[Span]] = {}

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return self._embedder.embed(texts)

    def search(self, query: Query, k: int = 10, candidates: int = 80) -> list[Hit]:
        """The k best passages, best first."""
        vectors = self._query_vectors(query)
        wanted = list(dict.fromkeys(t for wording in query.wordings for t in terms(wording)))
        bm25 = self._keywords.scores(wanted, len(self._indexed))
        top = float(bm25.max()) if len(bm25) else 0.0
        found: dict[int, None] = {}
        for rows in self._store.nearest(vectors, candidates):
            found.update(dict.fromkeys(int(self._owner[row]) for row in rows))
        best_keyword = np.argsort(-bm25, kind="stable")[: candidates // 4]
        found.update(dict.fromkeys(self._indexed[place] for place in best_keyword if bm25[place] > 0))
        first = dict.fromkeys(terms(query.wordings[0]))
        hits = [self._score(n, vectors, float(bm25[self._place[n]]) / top if top else 0.0, list(first), wanted, query) for n in found]
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage.id))[:k]

    def nearest_correction(self, wordings: Sequence[str]) -> tuple[Passage, float] | None:
        """The correction whose wrong wording is nearest to one of the wordings, with the cosine; None where there are no corrections."""
        if self._wrong.start == self._wrong.stop:
            return None
        cosines = (np.asarray(self._vectors[self._wrong]) @ self._query_vectors(Query(tuple(wordings))).T).max(axis=1)
        best = int(cosines.argmax())
        return self.passages[int(self._owner[self._wrong.start + best])], float(cosines[best])

    def rarity(self, term: str) -> float:
        return self._keywords.rarity(term, len(self._indexed))

    def knows(self, term: str) -> bool:
        """Whether any passage holds the term (a stem, as `terms` gives it)."""
        return term in self._keywords.document_frequency

    def _query_vectors(self, query: Query) -> np.ndarray:
        made = self._embedder.embed([*query.wordings, *query.context])
        vectors, context = made[: len(query.wordings)], made[len(query.wordings) :]
        if len(context):
            # Half of the history's mean helps on every public set; more drags old topics in (docs/decisions/0003).
            mixed = vectors + 0.5 * context.mean(axis=0)
            vectors = np.concatenate([vectors, mixed / np.linalg.norm(mixed, axis=1, keepdims=True)])
        return vectors

    def _score(self, number: int, vectors: np.ndarray, keyword: float, wanted: list[str], expanded: list[str], query: Query) -> Hit:
        passage = self.passages[number]
        rows = self._rows[number]
        cosines = (np.asarray(self._vectors[rows]) @ vectors.T).max(axis=1)
        kinds = self._kind[rows]
        text = float(cosines[kinds == TEXT].max())
        each = cosines[kinds == SENTENCE]
        sentence = float(each.max()) if len(each) else text
        asked = cosines[kinds == QUESTION]
        question = float(asked.max()) if len(asked) else -1.0
        weights = self._weights
        # A passage without questions is judged by its text alone: its other parts carry the question's weight.
        leading = question if passage.asked else max(question, 0.5 * (text + sentence))
        score = weights.question * leading + weights.text * text + weights.sentence * sentence + weights.keyword * keyword
        score += weights.prior(self._sources.get(passage.source_id))
        if passage.program in query.programs:
            score += weights.program
        elif query.named and passage.program != "general":
            score -= weights.program
        if number not in self._spans:
            self._spans[number] = spans(passage.text)
        scored = tuple(Scored(span, float(c)) for span, c in zip(self._spans[number], each, strict=True))
        return Hit(passage, score, question, text, sentence, keyword, self._overlap(number, wanted, expanded), scored)

    def _overlap(self, number: int, wanted: list[str], expanded: list[str]) -> float:
        if number not in self._terms:
            passage = self.passages[number]
            self._terms[number] = frozenset(terms("\n".join((passage.title, *passage.headings, *passage.asked, passage.text))))
        held = self._terms[number]
        total = sum(self.rarity(t) for t in wanted)
        return sum(self.rarity(t) for t in wanted if t in held) / total if total else 0.0


def open_index(home: Path, embedder: Embedder, sources: Mapping[str, Source]) -> Index:
    """Open the live build. Raises SearchIndexError when there is none, it is damaged, or another model made it."""
    return Index(current(home), embedder, sources)


def _array(path: Path, mmap: bool) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r" if mmap else None)
    except (OSError, ValueError) as error:
        raise SearchIndexError(f"{path}: cannot be read ({error}); build again: northbound index build") from None
