"""Find passages for a question: dense and keyword legs give candidates, every candidate is scored exactly, a weighted sum orders them.

Rows of Chroma are questions, texts and sentences; a candidate's own rows are scored again from the stored vectors, so that the order
does not depend on which row was found first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from corpus.errors import SearchIndexError
from corpus.model import GENERAL, Passage, Source
from corpus.sentences import Span, spans
from index.build import QUESTION, SENTENCE, TEXT, WRONG, Manifest, current, keyword_text, read_manifest, read_passages, verify
from index.embedder import Embedder
from index.expects import holds
from index.keywords import Concept, Keywords, covered, terms
from index.store import Store


@dataclass(frozen=True)
class Weights:
    """How much each part counts in a hit's score. Cosines are -1 to 1; the keyword part is BM25 over its best, 0 to 1; the rest are
    yes or no: of the program the question names (others fall back by `other`) or the conversation suggests, holding the sort of thing
    asked for, naming the field's terms in the question (a share), and, for a question about the future, saying what is not
    known (for one about the past it counts against); a passage that the conversation was just answered from falls back; one asked
    for with a number of the question gets ahead, and so does one that names the country or province in it; where a past day is asked
    for, so does a rule that held then and no longer does.

    In a passage without questions, text and nearest sentence share the weight of question, text and sentence, the sentence's share being
    `prose_sentence`, and the keyword part counts `prose_keyword`: both were chosen on public sets (docs/decisions/0010). The others were
    chosen on eval/sets by eval/tune.py.
    """

    question: float = 0.65
    text: float = 0.10
    sentence: float = 0.20
    keyword: float = 0.20
    prose_sentence: float = 0.20
    prose_keyword: float = 0.14
    program: float = 0.06
    other: float = 0.03
    inferred: float = 0.04
    wanted: float = 0.05
    covered: float = 0.06
    future: float = 0.06
    told: float = 0.08
    number: float = 0.06
    place: float = 0.14
    then: float = 0.20  # people ask for a past day in the words of today, so a rule of then is asked for less nearly
    kind: Mapping[str, float] | None = None

    def prior(self, source: Source | None) -> float:
        table = self.kind or _KIND_PRIOR
        return table.get(source.kind, 0.0) if source else 0.0


# Ties go to authority: an official page before a law firm's, a firm's before a newspaper's.
_KIND_PRIOR = {"official": 0.05, "guide": 0.03, "law-firm": 0.0, "consultancy": -0.05, "news": -0.05, "research": 0.0, "document": 0.0}


# Citizenship and province decide many rules: a passage that names the one asked about goes before one that does not. India, China and
# the United States stand in so many passages that naming them tells nothing.
_PLACES = frozenset(
    terms(
        "philippines filipino mexico mexican brazil brazilian korea korean japan japanese taiwan nepal nepali pakistan "
        "pakistani bangladesh nigeria nigerian iran iranian vietnam vietnamese indonesia malaysia thailand argentina colombia "
        "chile peru panama germany german france french uk british ireland irish australia australian singapore israel ukraine "
        "ukrainian russia russian turkey egypt kenya ghana lebanon sri lanka quebec montreal ontario toronto alberta calgary "
        "edmonton saskatchewan manitoba winnipeg nova scotia halifax brunswick pei newfoundland columbia vancouver"
    )
)


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
    terms, weighted by rarity, that stand in the passage, 0 to 1, in its best wording.
    """

    passage: Passage
    score: float
    question: float
    text: float
    sentence: float
    keyword: float
    overlap: float
    sentences: tuple[Scored, ...]
    terms: frozenset[str] = frozenset()

    def quoted(self, scored: Scored) -> str:
        """The words of one of its sentences."""
        return self.passage.text[scored.span.start : scored.span.end]


@dataclass(frozen=True)
class Query:
    """What to look for. `wordings` are forms of one question, each searched, best counts; `context` is added to each vector (see
    bot/followups.py); `named` are programs in the question, `inferred` in the conversation; `wants` is the sort of thing asked for
    (index/expects.py); `concepts` the field's terms in it; `tense` is 1 when it asks what will happen, -1 when it asks what has
    happened, else 0;
    `told` are ids of passages that the conversation has just been answered from: a follow-up asks for something else. `at` is the past
    ISO day to answer as of, or "", and `today` the present one; what is about the programs `not_yet` there on it is not found."""

    wordings: tuple[str, ...]
    context: tuple[str, ...] = ()
    named: frozenset[str] = frozenset()
    inferred: frozenset[str] = frozenset()
    wants: str = ""
    concepts: tuple[Concept, ...] = ()
    tense: int = 0
    told: frozenset[str] = frozenset()
    at: str = ""
    today: str = ""
    not_yet: frozenset[str] = frozenset()


class Index:
    """A published build, open for searching. Safe to share between threads."""

    def __init__(self, folder: Path, embedder: Embedder, sources: Mapping[str, Source], weights: Weights = Weights()) -> None:
        self._folder = folder
        self.manifest: Manifest = read_manifest(folder)
        if self.manifest.model != embedder.fingerprint:
            raise SearchIndexError(
                f"{folder}: made by the model {self.manifest.model}, but NORTHBOUND_EMBEDDER gives {embedder.fingerprint}; "
                "build again: northbound index build"
            )
        verify(folder, self.manifest)
        self.passages = read_passages(folder)
        self.by_id = {p.id: p for p in self.passages}
        self._embedder = embedder
        self._sources = sources
        self._weights = weights
        self._vectors = _array(folder / "vectors.npy", mmap=True)
        rows = np.load(folder / "rows.npz")
        self._owner, self._kind = rows["owner"], rows["kind"]
        if not len(self._vectors) == len(self._owner) == self.manifest.rows:
            raise SearchIndexError(
                f"{folder}: damaged: {len(self._vectors)} vectors for {self.manifest.rows} rows; build again: northbound index build"
            )
        self._indexed = [n for n, p in enumerate(self.passages) if p.kind == "section"]
        self._place = {number: place for place, number in enumerate(self._indexed)}
        searched = self._owner[self._kind != WRONG]  # rows of one passage lie together, in the order of the passages
        starts, ends = np.searchsorted(searched, self._indexed), np.searchsorted(searched, self._indexed, side="right")
        self._rows = {n: slice(int(start), int(end)) for n, start, end in zip(self._indexed, starts, ends, strict=True)}
        self._registered: dict[str, list[int]] = {}
        for row in range(len(searched), len(self._owner)):
            self._registered.setdefault(self.passages[int(self._owner[row])].kind, []).append(row)
        self._keywords = Keywords.open(folder / "keywords")
        self._keywords.document_frequency = json.loads((folder / "frequency.json").read_text(encoding="utf-8"))
        self._store = Store(folder / "chroma")
        if self._store.count != len(searched):
            raise SearchIndexError(
                f"{folder}: damaged: {self._store.count} vectors stored for {len(searched)} rows; build again: northbound index build"
            )
        # One answer asks for the same wordings several times: for passages, for corrections, for disagreements.
        self._embed_once = lru_cache(maxsize=256)(lambda texts: self._embedder.embed(texts))
        self._terms: dict[int, frozenset[str]] = {}
        self._asked: dict[int, frozenset[str]] = {}
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
        each = [list(dict.fromkeys(terms(wording))) for wording in query.wordings]
        if query.at:
            found = {n: None for n in found if self.passages[n].program not in query.not_yet}
        hits = [self._score(n, vectors, float(bm25[self._place[n]]) / top if top else 0.0, each, query) for n in found]
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage.id))[:k]

    def hit(self, passage_id: str, query: Query) -> Hit:
        """The hit that a search makes of one passage, whatever its rank. Its keyword part is 0: that is a share of the best of a search."""
        number = self.passages.index(self.by_id[passage_id])
        each = [list(dict.fromkeys(terms(wording))) for wording in query.wordings]
        return self._score(number, self._query_vectors(query), 0.0, each, query)

    def nearest_registered(self, kind: str, wordings: Sequence[str]) -> tuple[Passage, float] | None:
        """The registered passage of a kind ("correction", "disagreement") one of whose wordings is nearest to one of these, with the
        cosine; None where there are none."""
        rows = self._registered.get(kind)
        if rows is None:
            return None
        cosines = (np.asarray(self._vectors[rows]) @ self._query_vectors(Query(tuple(wordings))).T).max(axis=1)
        best = int(cosines.argmax())
        return self.passages[int(self._owner[rows[best]])], float(cosines[best])

    def rarity(self, term: str) -> float:
        return self._keywords.rarity(term, len(self._indexed))

    def _query_vectors(self, query: Query) -> np.ndarray:
        made = self._embed_once((*query.wordings, *query.context))
        vectors, context = made[: len(query.wordings)], made[len(query.wordings) :]
        if len(context):
            # Half of the history's mean helps on every public set; more drags old topics in (docs/decisions/0003).
            mixed = vectors + 0.5 * context.mean(axis=0)
            vectors = np.concatenate([vectors, mixed / np.linalg.norm(mixed, axis=1, keepdims=True)])
        return vectors

    def _score(self, number: int, vectors: np.ndarray, keyword: float, wanted: list[list[str]], query: Query) -> Hit:
        passage = self.passages[number]
        numbers = {term for term in wanted[0] if term.isdigit()}
        places = _PLACES.intersection(wanted[0])
        rows = self._rows[number]
        cosines = (np.asarray(self._vectors[rows]) @ vectors.T).max(axis=1)
        kinds = self._kind[rows]
        text = float(cosines[kinds == TEXT].max())
        each = cosines[kinds == SENTENCE]
        sentence = float(each.max()) if len(each) else text
        asked = cosines[kinds == QUESTION]
        question = float(asked.max()) if len(asked) else -1.0
        weights = self._weights
        if passage.asked:
            score = weights.question * question + weights.text * text + weights.sentence * sentence + weights.keyword * keyword
        else:
            # Without questions of its own its text carries their weight, and its heading where that is a question.
            prose = (1 - weights.prose_sentence) * text + weights.prose_sentence * sentence
            leading = max(question, prose) if passage.heading.endswith("?") else prose
            score = weights.question * leading + (weights.text + weights.sentence) * prose + weights.prose_keyword * keyword
        score += weights.prior(self._sources.get(passage.source_id))
        if passage.program in query.named:
            score += weights.program
        elif query.named and passage.program != GENERAL:
            score -= weights.other
        elif passage.program in query.inferred:
            score += weights.inferred
        if query.wants and holds(query.wants, passage.text):
            score += weights.wanted
        if query.concepts:
            score += weights.covered * covered(query.concepts, self.terms_of(number))
        if places and places & self.terms_of(number):
            score += weights.place
        if numbers and numbers & self._asked_terms(number):
            score += weights.number
        if passage.id in query.told:
            score -= weights.told
        if passage.unknown:
            score += weights.future * query.tense
        if query.at and passage.valid_from <= query.at <= passage.valid_until < query.today:
            score += weights.then
        if number not in self._spans:
            self._spans[number] = spans(passage.text)
            if len(self._spans[number]) != len(each):
                raise SearchIndexError(f"{self._folder}: made by another version of this code; build again: northbound index build")
        scored = tuple(Scored(span, float(c)) for span, c in zip(self._spans[number], each, strict=True))
        return Hit(
            passage,
            score,
            question,
            text,
            sentence,
            keyword,
            max(self._overlap(number, each) for each in wanted),
            scored,
            self.terms_of(number),
        )

    def terms_of(self, number: int) -> frozenset[str]:
        """The stems a passage is found by: of its headings, the ways it is asked for, and its text."""
        if number not in self._terms:
            self._terms[number] = frozenset(terms(keyword_text(self.passages[number])))
        return self._terms[number]

    def _asked_terms(self, number: int) -> frozenset[str]:
        """The stems of the questions that a passage is asked by."""
        if number not in self._asked:
            passage = self.passages[number]
            self._asked[number] = frozenset(terms("\n".join((*passage.headings, *passage.asked))))
        return self._asked[number]

    def _overlap(self, number: int, wanted: list[str]) -> float:
        held = self.terms_of(number)
        total = sum(self.rarity(t) for t in wanted)
        return sum(self.rarity(t) for t in wanted if t in held) / total if total else 0.0


def open_index(home: Path, embedder: Embedder, sources: Mapping[str, Source]) -> Index:
    """Open the live build. Raises SearchIndexError when there is none, it is damaged, or another model made it."""
    return Index(current(home), embedder, sources)


def _array(path: Path, mmap: bool) -> np.ndarray:
    try:
        return np.asanyarray(np.load(path, mmap_mode="r" if mmap else None))
    except (OSError, ValueError) as error:
        raise SearchIndexError(f"{path}: cannot be read ({error}); build again: northbound index build") from None
