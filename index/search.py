"""Find passages for a question: dense and keyword legs give candidates, every candidate is scored exactly, a weighted sum orders them.

Rows of Chroma are questions, texts and sentences; a candidate's own rows are scored again from the stored vectors, so that the order
does not depend on which row was found first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from corpus.errors import ModelError, SearchIndexError
from corpus.model import GENERAL, Passage, Source
from corpus.sentences import Span, spans
from index import by_words
from index.build import QUESTION, WRONG, Manifest, current, keyword_text, read_manifest, searched_texts, verify
from index.embedder import Embedder
from index.expects import holds
from index.keywords import Concept, Keywords, covered, mapped, terms, words
from index.passages_file import Passages
from index.query_adapter import QueryAdapter, default_query_adapter
from index.store import OpenStore, ServerStore, note_reduced, open_local

_log = logging.getLogger("northbound.search")


@dataclass(frozen=True)
class Weights:
    """How much each part counts in a hit's score. Cosines are -1 to 1; the keyword part is BM25 over its best, 0 to 1; the rest are
    yes or no: of the program the question names (others fall back by `other`) or the conversation suggests, holding the sort of thing
    asked for, telling what follows any refusal where that is asked, naming the field's terms in the question (a share), and, for a
    question about the future, saying what is not known (for one about the past it counts against); a passage that the conversation was
    just answered from falls back; one asked for with a number of the question gets ahead, and so does one that holds its form code, or
    names the country or province in it; where a past day is asked for, so does a rule that held then and no longer does; one that was
    over by the day asked for, past or present, falls back by `over`, unless a year is named. `age` is taken off for each year since the
    source last said so, three years at most; `authority` is that of an official page, and the others' are shares of it.

    In a passage without questions, text and nearest sentence share the weight of question, text and sentence, the sentence's share being
    `prose_sentence`, and keywords count `prose_keyword`; the field's terms count only beside questions. In a conversation, `context` is the
    length of the history's mean vector beside the question's, and `before` what the keywords of the earlier questions count beside its own.
    `turned` is the share of the cosines of the question turned towards written sections (index/query_adapter.py) in those that order these.
    eval/tune.py chooses the first on eval/sets, eval/typed_kept.jsonl and eval/typed_facts.jsonl, and the others on halves of public sets
    (docs/decisions/0010).
    """

    question: float = 0.55
    text: float = 0.25
    sentence: float = 0.20
    keyword: float = 0.25
    prose_sentence: float = 0.20
    prose_keyword: float = 0.18
    context: float = 0.4
    before: float = 0.25
    turned: float = 0.7
    program: float = 0.06
    other: float = 0.03
    inferred: float = 0.04
    wanted: float = 0.05
    refusal: float = 0.12
    covered: float = 0.06
    future: float = 0.06
    told: float = 0.08
    number: float = 0.06
    code: float = 0.03
    place: float = 0.08
    age: float = 0.005
    then: float = 0.20  # people ask for a past day in the words of today, so a rule of then is asked for less nearly
    over: float = 0.06
    authority: float = 0.02

    def prior(self, source: Source | None) -> float:
        return self.authority * _AUTHORITY.get(source.kind, 0.0) if source else 0.0


# Ties go to authority: an official page before a law firm's, a firm's before a newspaper's.
_AUTHORITY = {"official": 1.0, "guide": 0.5, "consultancy": -1.0, "news": -1.0}


_RARE = 0.05  # share of the passages that hold a code that tells them apart
_KEPT = 8192  # passages, about, of which something that was worked out is kept
_SAME = 0.9  # share of words in common
_LONG = 28  # words; a longer question is a story with a question in it
_NEAR = 0.76  # cosine from which a question is near one that a passage is favoured for
_NAMES_IT = 0.25  # cosine of a title to a text that it names: of 967 texts 99 % have it with their own title, 1 % with another's

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


class Scored(NamedTuple):
    """A sentence, lead-in or list item of a passage with its cosine to the question."""

    span: Span
    cosine: float


class Continued(NamedTuple):
    """What a passage comes to in a conversation (bot/continuing.py): the sum that puts it in its place, how like it is to what was typed
    alone, -1 to 1, and what each part adds to the sum, by name."""

    total: float
    typed: float
    parts: Mapping[str, float]


@dataclass(frozen=True)
class Hit:
    """A passage found for a question. `score` orders hits; the parts it is made of stay beside it.

    question: best cosine of a heading or an `asked:` line, or -1 where there is none. text: cosine of the passage. sentence: best
    cosine of one of its sentences. keyword: BM25 divided by the best BM25 of this search, 0 to 1. overlap: share of the question's
    terms, weighted by rarity, that stand in the passage, 0 to 1, in its best wording. `folded`: ids of passages
    further down that say the same. `apart`: in a user's documents alone, of the best hit, text and sentence again with what each shares
    with the document's title taken out, and the question too; None where that tells nothing. `asked_as`: the heading or `asked:` line
    of the best cosine, "" where there is none. `continued`: in a conversation, what put it where it is. `parts`: what each thing adds to
    the score, by name. `ordering`: the cosines of question, text and sentence as they count in it. `moves`: what put the hits in another
    order than that, one after the other, each with the place from 0 that it gave this one (bot/chain.py). `read`: the log odds that the
    passage answers, and `alone` those of parts of its text that were read by themselves, by where they begin and end (bot/reading.py).
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
    folded: tuple[str, ...] = ()
    apart: tuple[float, float] | None = None
    asked_as: str = ""
    continued: Continued | None = None
    read: float | None = None
    alone: Mapping[tuple[int, int], float] = field(default_factory=dict)
    parts: Mapping[str, float] = field(default_factory=dict)
    ordering: tuple[float, float, float] = (-1.0, -1.0, -1.0)
    moves: tuple[tuple[str, int], ...] = ()

    def quoted(self, scored: Scored) -> str:
        """The words of one of its sentences."""
        return self.passage.text[scored.span.start : scored.span.end]


class Candidate(NamedTuple):
    """A passage that a leg brought up, scored. `number` is its place in the index; `parts` are what each thing added to the score, by name;
    `sentences` are the cosines of its sentences, `nearest` the place of the best of its questions, -1 for none. The rest is as in Hit."""

    number: int
    passage: Passage
    score: float
    question: float
    text: float
    sentence: float
    keyword: float
    parts: Mapping[str, float]
    sentences: Sequence[float]
    nearest: int = -1
    ordering: tuple[float, float, float] = (-1.0, -1.0, -1.0)


@dataclass(frozen=True)
class Query:
    """What to look for. `wordings` are forms of one question, what was typed first; each is searched. `context` is what was said before
    and is added to each vector (see bot/followups.py), `before` are the earlier questions among it; `named` are programs in the question,
    `inferred` in the conversation; `wants` is the sort of thing asked for (index/expects.py); `concepts` the field's terms in it; `tense`
    is 1 when it asks what will happen, -1 when it asks what has happened, else 0; `told` are ids of passages that the conversation has
    just been answered from: a follow-up asks for something else. `at` is the past ISO day to answer as of, or "", and `today` the present
    one; what is about the programs `not_yet` there on it is not found."""

    wordings: tuple[str, ...]
    context: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    named: frozenset[str] = frozenset()
    inferred: frozenset[str] = frozenset()
    wants: str = ""
    concepts: tuple[Concept, ...] = ()
    tense: int = 0
    told: frozenset[str] = frozenset()
    at: str = ""
    today: str = ""
    not_yet: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Vectors:
    """Of a question, rows of length 1: `each` wording, also with what was said before, for comparing with questions; `turned`, the same
    turned towards written sections (index/query_adapter.py), for ordering these; and `whole`, one vector of all of it, for comparing
    with prose, where the best of many wordings is often the oddest."""

    each: np.ndarray
    turned: np.ndarray
    whole: np.ndarray


@dataclass(frozen=True)
class _Favoured:
    """Questions that passages are favoured for, with the numbers of these passages and a vector each."""

    numbers: Mapping[str, Sequence[int]]
    vectors: np.ndarray

    def near(self, vectors: _Vectors | None) -> dict[int, float]:
        """The best cosine of each passage that is favoured for something near enough."""
        if not self.numbers or vectors is None:
            return {}
        best = (self.vectors @ vectors.each.T).max(axis=1).tolist()
        found: dict[int, float] = {}
        for numbers, cosine in zip(self.numbers.values(), best, strict=True):
            if cosine >= _NEAR:
                found |= {number: max(found.get(number, -1.0), cosine) for number in numbers}
        return found


@dataclass(frozen=True)
class _Sought:
    """Terms of what was typed that a passage had better hold."""

    numbers: frozenset[str]
    codes: frozenset[str]
    places: frozenset[str]

    @property
    def years(self) -> bool:
        return any(len(number) == 4 and number.startswith("20") for number in self.numbers)

    @classmethod
    def of(cls, query: Query, is_code: Callable[[str], bool]) -> _Sought:
        typed = frozenset(_terms_of_each(query.wordings)[0])
        return cls(frozenset(t for t in typed if t.isdigit()), frozenset(t for t in typed if is_code(t)), _PLACES & typed)


class Index:
    """A published build, open for searching. Safe to share between threads."""

    def __init__(
        self,
        folder: Path,
        embedder: Embedder,
        sources: Mapping[str, Source],
        weights: Weights = Weights(),
        open_store: OpenStore = open_local,
        manifest: Manifest | None = None,
        query_adapter: QueryAdapter | None = None,
    ) -> None:
        """`manifest` is that of the build where its files were verified just now; `query_adapter` is used where it was learned from vectors
        of this embedder, and is the one that comes with the package where none is given. Raises SearchIndexError where the build is damaged
        or of another model, ModelError where that adapter cannot be read."""
        self._folder = folder
        self.manifest: Manifest = manifest or read_manifest(folder)
        if self.manifest.model != embedder.fingerprint:
            raise SearchIndexError(
                f"{folder}: made by the model {self.manifest.model}, but NORTHBOUND_EMBEDDER gives {embedder.fingerprint}; "
                "build again: northbound index build"
            )
        if manifest is None:
            verify(folder, self.manifest)
        self.passages = Passages(folder)
        self.by_id = self.passages.by_id
        self.embedder = embedder
        query_adapter = query_adapter or default_query_adapter()
        self._query_adapter = query_adapter if query_adapter.model == embedder.fingerprint else None
        self._sources = sources
        self.weights = weights
        self._vectors = _array(folder / "vectors.npy")
        rows = np.load(folder / "rows.npz")
        self._owner, self._kind = rows["owner"], rows["kind"]
        if not len(self._vectors) == len(self._owner) == self.manifest.rows:
            raise SearchIndexError(
                f"{folder}: damaged: {len(self._vectors)} vectors for {self.manifest.rows} rows; build again: northbound index build"
            )
        self._indexed = self.passages.numbers("section")
        self._place = np.full(len(self.passages), -1, dtype=np.int32)  # among those indexed
        self._place[self._indexed] = np.arange(len(self._indexed))
        searched = self._owner[self._kind != WRONG]  # rows of one passage lie together, in the order of the passages
        self._all_written = len(self.passages.numbers("section", asked=True)) == len(self._indexed)
        self._first, self._end = (np.searchsorted(searched, self._indexed, side=side) for side in ("left", "right"))
        # Of a passage's rows those of its questions come first, then that of its text, then those of its sentences.
        questions = np.zeros(len(searched) + 1, dtype=np.int32)
        np.cumsum(self._kind[: len(searched)] == QUESTION, out=questions[1:])
        self._asks = questions[self._end] - questions[self._first]
        others = self._owner[len(searched) :]
        self._registered = {
            kind: len(searched) + np.flatnonzero(np.isin(others, self.passages.numbers(kind))) for kind in ("correction", "disagreement")
        }
        self._registered_vectors = {kind: self._vectors[rows] for kind, rows in self._registered.items()}
        self._keywords = Keywords.open(folder / "keywords")
        self._store = open_store(folder, self._vectors[: len(searched)])
        if self._store.count != len(searched):
            raise SearchIndexError(
                f"{folder}: damaged: {self._store.count} vectors stored for {len(searched)} rows; build again: northbound index build"
            )
        # One answer asks for the same wordings several times: for passages, for corrections, for disagreements. What is embedded together
        # is kept together: the last bit of a vector depends on what was beside it, and answers must not on what was asked before.
        self._embed_once = lru_cache(maxsize=256)(lambda texts: self.embedder.embed(texts))
        self._query_vectors = lru_cache(maxsize=16)(self._vectors_made)
        self._wordless = ""  # why the last question had no vectors, or ""
        self._favoured = _Favoured({}, np.empty(0))
        # What passages say does not change, and the same ones come up again and again.
        self.terms_of = lru_cache(_KEPT)(self._terms_of)
        self._asked_terms = lru_cache(_KEPT)(self._asked_terms_of)
        self._words = lru_cache(_KEPT)(lambda text: frozenset(words(text)))
        self._title = lru_cache(_KEPT)(lambda title: (self.embed([title])[0], frozenset(terms(title))))
        self._spans = lru_cache(_KEPT)(spans)
        self._holds = lru_cache(_KEPT)(lambda sort, number: holds(sort, self.passages[number].text))

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return self.embedder.embed(texts)

    @property
    def problem(self) -> str:
        """Why the last question did without vectors, or they were not searched on their server, or ""."""
        return self._wordless or (self._store.failure if isinstance(self._store, ServerStore) else "")

    @property
    def turned(self) -> float:
        """The share of the turned cosines in those that order written sections: 0 where none was learned for this embedder."""
        return self.weights.turned if self._query_adapter is not None else 0.0

    def favour(self, asked: Mapping[str, Sequence[str]]) -> None:
        """From now on find passages, by their ids, also by these questions, as if each were one of the passage's own. Only the order
        changes: what a hit says of its likeness is by its own words. Ids that the index does not hold are passed over."""
        numbers: dict[str, list[int]] = {}
        for id, questions in asked.items():
            if id in self.by_id and self._place[number := self.passages.number(id)] >= 0:
                for question in questions:
                    numbers.setdefault(question, []).append(number)
        held = dict(zip(self._favoured.numbers, self._favoured.vectors, strict=True))
        if new := [question for question in numbers if question not in held]:
            held |= zip(new, self.embed(new), strict=True)
        self._favoured = _Favoured(numbers, np.array([held[question] for question in numbers]))

    def search(self, query: Query, k: int = 10, candidates: int = 80, apart: bool = True) -> list[Hit]:
        """The k best passages, best first; one that says the same as a better one is folded into it. `apart`: whether `Hit.apart` of the
        best is wanted, for which a title is embedded the first time that it is met."""
        wanted = self._weighed(query.wordings)
        found = self.folded(self.ranked(query, candidates), k)
        hits = [self._hit(candidate, wanted, twins) for candidate, twins in found]
        return [replace(hits[0], apart=self._apart(found[0][0], query)), *hits[1:]] if hits and apart else hits

    def ranked(self, query: Query, candidates: int = 80) -> list[Candidate]:
        """Every passage that a leg brings up among its first, scored, best first. `candidates`: rows that the dense leg gives for a vector;
        the keyword leg gives a quarter as many passages."""
        vectors = self._vectors_of(query)
        keyword = self._keyword_part(query)
        found: dict[int, None] = {}
        if vectors is not None:
            # Where all was written as answers, nothing is compared with the whole.
            apart = vectors.turned if self._all_written else np.concatenate([vectors.turned, vectors.whole[None]])
            for rows in self._store.nearest(apart, candidates):
                found.update(dict.fromkeys(self._owner[rows].tolist()))
        most = candidates // 4 if vectors is not None else candidates // 2
        found.update(dict.fromkeys(self._indexed[_highest(keyword, most)].tolist()))
        near = self._favoured.near(vectors)
        found.update(dict.fromkeys(near))
        if query.at:
            found = {n: None for n in found if self.passages[n].program not in query.not_yet}
        return sorted(self._scored(list(found), vectors, keyword, near, query), key=lambda one: (-one.score, one.passage.id))

    def hit(self, passage_id: str, query: Query) -> Hit:
        """The hit that a search makes of one passage, whatever its rank. Its keyword part is 0: that is a share of the best of a search."""
        candidate, hit = next(self._each_hit([passage_id], query))
        return replace(hit, apart=self._apart(candidate, query))

    def hits(self, passage_ids: Sequence[str], query: Query) -> list[Hit]:
        """The same of several passages, in their order, without `Hit.apart`."""
        return [hit for _, hit in self._each_hit(passage_ids, query)]

    def _each_hit(self, passage_ids: Sequence[str], query: Query) -> Iterator[tuple[Candidate, Hit]]:
        vectors, wanted = self._vectors_of(query), self._weighed(query.wordings)
        numbers = [self.passages.number(id) for id in passage_ids]
        for candidate in self._scored(numbers, vectors, np.zeros(len(self._indexed)), self._favoured.near(vectors), query):
            yield candidate, self._hit(candidate, wanted)

    def likenesses(self, texts: tuple[str, ...], wordings: tuple[str, ...], passage_ids: Iterable[str], k: int) -> dict[str, np.ndarray]:
        """How like each text by itself is to these passages and to the k rows nearest to each text, by passage id: question, text and
        sentence in their weights, turned as for a search, one number a text, and last the keywords of `wordings`, 0 to 1. Empty where there
        are no vectors."""
        vectors = self._vectors_of(Query(texts))
        if vectors is None:
            return {}
        found = dict.fromkeys(map(self.passages.number, passage_ids))
        for near in self._store.nearest(vectors.turned, k):
            found.update(dict.fromkeys(self._owner[near].tolist()))
        places = self._place[np.fromiter(found, dtype=np.int64)]
        rows, ends = self._rows_of(places)
        held = self._vectors[rows]
        cosines = turned = held @ vectors.each.T
        if self._query_adapter is not None:
            turned = cosines + self.weights.turned * (self._query_adapter.levelled(held @ vectors.turned.T) - cosines)
        starts, asks = np.concatenate([[0], ends[:-1]]), self._asks[places]
        like = np.empty((len(places), len(texts)))
        for n, (number, start, end, questions) in enumerate(zip(found, starts.tolist(), ends.tolist(), asks.tolist(), strict=True)):
            own = (turned if self.passages[number].asked else cosines)[start:end]
            text = own[questions]
            question = own[:questions].max(axis=0) if questions else text
            sentence = own[questions + 1 :].max(axis=0) if len(own) > questions + 1 else text
            like[n] = self.weights.question * question + self.weights.text * text + self.weights.sentence * np.maximum(sentence, text)
        keywords = self._keyword_share(wordings)[places]
        return {self.passages[number].id: np.append(row, held) for number, row, held in zip(found, like, keywords, strict=True)}

    def nearest_registered(self, kind: str, wordings: Sequence[str]) -> tuple[Passage, float] | None:
        """The registered passage of a kind ("correction", "disagreement") one of whose wordings is nearest to one of these, with the
        cosine; None where there are none."""
        rows = self._registered[kind]
        if not len(rows):
            return None
        vectors = self._vectors_of(Query(tuple(wordings)))
        each = self._registered_vectors[kind] @ vectors.each.T if vectors is not None else self._by_words(wordings, self._wrong(kind))
        cosines = each.max(axis=1)
        best = int(cosines.argmax())
        return self.passages[int(self._owner[rows[best]])], float(cosines[best])

    def written_rows(self) -> Iterator[tuple[Passage, np.ndarray, np.ndarray, np.ndarray]]:
        """The passages that were written as answers, each with the vectors of its questions, of its text and of its sentences."""
        for number in self.passages.numbers("section", asked=True).tolist():
            place = self._place[number]
            first, text, end = int(self._first[place]), int(self._first[place] + self._asks[place]), int(self._end[place])
            yield self.passages[number], self._vectors[first:text], self._vectors[text], self._vectors[text + 1 : end]

    def rarity(self, term: str) -> float:
        return self._keywords.rarity(term, len(self._indexed))

    def _vectors_of(self, query: Query) -> _Vectors | None:
        """None where they cannot be had now: then the question is compared by its words."""
        try:
            vectors = self._query_vectors(query.wordings, query.context, self.weights.context)
        except ModelError as error:
            if not self._wordless:
                _log.warning("comparing by words: %s", error)
            self._wordless = str(error)
            note_reduced(by_words.TOLD)
            return None
        if self._wordless:
            self._wordless = ""
            _log.warning("the embedding server answers again")
        return vectors

    def _by_words(self, wordings: Sequence[str], texts: Iterable[str]) -> np.ndarray:
        return by_words.cosines(wordings, texts, self.rarity)

    def _wrong(self, kind: str) -> Iterator[str]:
        """The wordings of the registered passages of a kind, in the order of their rows."""
        return (wording for number in self.passages.numbers(kind) for wording in self.passages[int(number)].asked)

    def _vectors_made(self, wordings: tuple[str, ...], context: tuple[str, ...], weight: float) -> _Vectors:
        vectors = self._embed_once(wordings)
        # What was typed counts twice: the other wordings say it in the field's words, and less like a person. Of a long story it is the
        # question alone, which is the shortest wording.
        typed = 0 if len(wordings[0].split()) <= _LONG else int(np.argmin([len(wording) for wording in wordings]))
        whole = _unit(vectors[typed] + vectors.mean(axis=0))
        if context:
            # More than half drags old topics in (docs/decisions/0003).
            before = weight * self._embed_once(context).mean(axis=0)
            vectors = np.concatenate([vectors, _unit(vectors + before)])
            whole = _unit(whole + before)
        return _Vectors(vectors, self._query_adapter(vectors) if self._query_adapter is not None else vectors, whole)

    def _keyword_part(self, query: Query) -> np.ndarray:
        """BM25 of each indexed passage divided by the best, 0 to 1; with earlier questions, theirs is added in its measure first."""
        asked = self._keyword_share(query.wordings)
        if not query.before or not self.weights.before:
            return asked
        both = asked + self.weights.before * self._keyword_share(query.before)
        return np.asarray(both / max(float(both.max()), 1.0))

    def _keyword_share(self, texts: tuple[str, ...]) -> np.ndarray:
        scores = self._keywords.scores(list(dict.fromkeys(t for each in _terms_of_each(texts) for t in each)), len(self._indexed))
        return scores / max(float(scores.max(initial=0.0)), 1e-9)

    def _scored(
        self, numbers: Sequence[int], vectors: _Vectors | None, keyword: np.ndarray, near: Mapping[int, float], query: Query
    ) -> list[Candidate]:
        if not numbers:
            return []
        places = self._place[np.asarray(numbers)]
        rows, ends = self._rows_of(places)
        if vectors is not None:
            held = self._vectors[rows]
            best, whole = (held @ vectors.each.T).max(axis=1), held @ vectors.whole
            turned = best
            if self._query_adapter is not None:
                turned = best + self.weights.turned * (self._query_adapter.levelled((held @ vectors.turned.T).max(axis=1)) - best)
        else:
            each = self._by_words(query.wordings, (text for n in numbers for text in searched_texts(self.passages[n])))
            best = turned = each.max(axis=1)
            whole = each[:, 0]
        sought = _Sought.of(query, self._is_code)
        # A passage has a few rows: numpy takes longer for so few than for all.
        asked, ordering, said = best.tolist(), turned.tolist(), whole.tolist()
        return [
            self._candidate(
                n,
                asks,
                asked[end - count : end],
                ordering[end - count : end],
                said[end - count : end],
                part,
                near.get(n, -1.0),
                sought,
                query,
            )
            for n, asks, part, count, end in zip(
                numbers,
                self._asks[places].tolist(),
                keyword[places].tolist(),
                np.diff(ends, prepend=0).tolist(),
                ends.tolist(),
                strict=True,
            )
        ]

    def _rows_of(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows of the passages at these places, one passage after the other, and where those of each end."""
        firsts, counts = self._first[places], self._end[places] - self._first[places]
        ends = np.cumsum(counts)
        return np.arange(ends[-1]) + np.repeat(firsts - ends + counts, counts), ends

    def _candidate(
        self,
        number: int,
        asks: int,
        best: Sequence[float],
        turned: Sequence[float],
        whole: Sequence[float],
        keyword: float,
        near: float,
        sought: _Sought,
        query: Query,
    ) -> Candidate:
        """Of the passage's rows, of which the first `asks` are its questions, the best cosine of each with the wordings, the same with them
        turned, and that with the whole of the question. `near`: the best cosine of what it is favoured for."""
        passage = self.passages[number]
        rows = best if passage.asked else [*best[:asks], *whole[asks:]]
        question, text, sentence = _cosines(rows, asks)
        ordering = _cosines(turned if passage.asked else rows, asks)
        parts = self.likeness(passage, *ordering, keyword)
        self._fit(parts, number, passage, sought, query)
        if (ahead := near - max(question, text)) > 0:
            parts["favoured"] = self.weights.question * ahead
        nearest = best.index(question) if asks else -1
        return Candidate(
            number, passage, sum(parts.values()), question, text, sentence, keyword, parts, rows[asks + 1 :], nearest, ordering
        )

    def _hit(self, candidate: Candidate, wanted: Sequence[_Weighed], folded: tuple[str, ...] = ()) -> Hit:
        held = self.terms_of(candidate.number)
        cut = self._spans(candidate.passage.text)
        if len(cut) != len(candidate.sentences):
            raise SearchIndexError(f"{self._folder}: made by another version of this code; build again: northbound index build")
        return Hit(
            candidate.passage,
            candidate.score,
            candidate.question,
            candidate.text,
            candidate.sentence,
            candidate.keyword,
            max(_overlap(held, each) for each in wanted),
            tuple(map(Scored, cut, candidate.sentences)),
            held,
            folded,
            asked_as=candidate.passage.questions[candidate.nearest] if candidate.nearest >= 0 else "",
            parts=candidate.parts,
            ordering=candidate.ordering,
        )

    def _apart(self, candidate: Candidate, query: Query) -> tuple[float, float] | None:
        """The cosines of text and nearest sentence with the question once the document's title is taken out of all three: how near what is
        asked of the subject is to what is said of it. None in our own documents, where there is no title or it is no name of the text
        (a file's name), and where nothing but the subject is asked for.

        The formula is that of partial correlation, with cosines: (ab - at * bt) / sqrt((1 - at²)(1 - bt²)).
        Source: Yule 1907, Proceedings of the Royal Society A 79, 182.
        """
        title = candidate.passage.title
        if not self.manifest.only or candidate.passage.asked or not title:
            return None
        vectors = self._vectors_of(query)
        if vectors is None:
            return None
        try:
            subject, named = self._title(title)
        except ModelError:  # it has gone since the question was embedded
            return None
        place = int(self._place[candidate.number])
        rows = self._vectors[self._first[place] + self._asks[place] : self._end[place]]  # its text, then its sentences
        said, asked = rows @ subject, float(vectors.whole @ subject)
        if said[0] < _NAMES_IT or named.issuperset(_terms_of_each(query.wordings)[0]):
            return None
        apart = (rows @ vectors.whole - asked * said) / np.sqrt((1 - asked**2) * np.maximum(1 - said**2, 1e-6))
        return float(apart[0]), float(apart[1:].max(initial=-1.0) if len(apart) > 1 else apart[0])

    def authority(self, passage: Passage) -> float:
        """What the kind of its source adds to the score."""
        return self.weights.prior(self._sources.get(passage.source_id))

    def likeness(self, passage: Passage, question: float, text: float, sentence: float, keyword: float) -> dict[str, float]:
        """What the legs add to the score."""
        weights = self.weights
        if passage.asked:
            return {
                "question": weights.question * question,
                "text": weights.text * text,
                "sentence": weights.sentence * sentence,
                "keywords": weights.keyword * keyword,
            }
        # Without questions of its own its text carries their weight, and its heading where that is a question.
        all_three = weights.question + weights.text + weights.sentence
        prose = (1 - weights.prose_sentence) * text + weights.prose_sentence * sentence
        ahead = question - prose if passage.heading.endswith("?") else 0.0
        return {
            "question": weights.question * max(ahead, 0.0),
            "text": all_three * (1 - weights.prose_sentence) * text,
            "sentence": all_three * weights.prose_sentence * sentence,
            "keywords": weights.prose_keyword * keyword,
        }

    def _fit(self, parts: dict[str, float], number: int, passage: Passage, sought: _Sought, query: Query) -> None:
        """Add what else speaks for the passage or against it, by name; nothing where it does not matter."""
        weights, held = self.weights, self.terms_of(number)
        if authority := self.authority(passage):
            parts["authority"] = authority
        if passage.program in query.named:
            parts["program"] = weights.program
        elif query.named and passage.program != GENERAL:
            parts["program"] = -weights.other
        elif passage.program in query.inferred:
            parts["program"] = weights.inferred
        if query.wants and self._holds(query.wants, number):
            parts["sort of thing"] = weights.wanted
        if follows_any_refusal(query.wants, passage):
            parts["after any refusal"] = weights.refusal
        if query.concepts and passage.asked and (share := covered(query.concepts, held)):
            parts["field's terms"] = weights.covered * share
        if not sought.places.isdisjoint(held):
            parts["place"] = weights.place
        if not sought.numbers.isdisjoint(held) and sought.numbers & self._asked_terms(number):  # what asks for it is part of what it holds
            parts["number"] = weights.number
        if not sought.codes.isdisjoint(held):
            parts["code"] = weights.code
        if passage.id in query.told:
            parts["told already"] = -weights.told
        if passage.unknown and query.tense:
            parts["not known"] = weights.future * query.tense
        if query.at and passage.valid_from <= query.at <= passage.valid_until < query.today:
            parts["held then"] = weights.then
        if passage.valid_until and passage.valid_until < (query.at or query.today) and query.tense >= 0 and not sought.years:
            parts["over"] = -weights.over
        if query.today and not query.at and (years := _years(passage.as_of, query.today)):
            parts["age"] = -weights.age * min(years, 3.0)

    def _is_code(self, term: str) -> bool:
        """Whether the term is a form's or a class's code (imm5710, i797) that few passages hold: h1b stands in most."""
        held = self._keywords.frequency(term)
        return not term.isdigit() and any(c.isdigit() for c in term) and 0 < held <= max(1.0, _RARE * len(self._indexed))

    def folded(self, ranked: Sequence[Candidate], k: int) -> list[tuple[Candidate, tuple[str, ...]]]:
        """The first k, without those that say the same as one before them; the ids of these go with it."""
        kept: list[tuple[Candidate, tuple[str, ...]]] = []
        for candidate in ranked:
            twin = next((n for n, (one, _) in enumerate(kept) if self._same(one.passage, candidate.passage)), None)
            if twin is not None:
                kept[twin] = kept[twin][0], (*kept[twin][1], candidate.passage.id)
            elif len(kept) < k:
                kept.append((candidate, ()))
            else:
                break
        return kept

    def _same(self, one: Passage, other: Passage) -> bool:
        """Whether two passages say the same of the same program: nine words of ten, and every number."""
        if one.program != other.program:
            return False
        mine, theirs = (self._words(p.text) for p in (one, other))
        shorter, longer = sorted((len(mine), len(theirs)))
        if shorter < _SAME * longer or len(mine & theirs) < _SAME * len(mine | theirs):
            return False
        return not any(any(c.isdigit() for c in word) for word in mine ^ theirs)

    def _terms_of(self, number: int) -> frozenset[str]:
        """The stems a passage is found by: of its headings, the ways it is asked for, and its text."""
        place = int(self._place[number])
        return self._keywords.terms_in(place) if place >= 0 else frozenset(terms(keyword_text(self.passages[number])))

    def _asked_terms_of(self, number: int) -> frozenset[str]:
        """The stems of the questions that a passage is asked by."""
        passage = self.passages[number]
        return frozenset(terms("\n".join((*passage.headings, *passage.asked))))

    def _weighed(self, wordings: tuple[str, ...]) -> list[_Weighed]:
        """The different terms of each wording with their rarity."""
        return [[(term, self.rarity(term)) for term in each] for each in _terms_of_each(wordings)]


@lru_cache(maxsize=256)  # a search asks for those of its wordings three times
def _terms_of_each(texts: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The different terms of each text, in order."""
    return tuple(tuple(dict.fromkeys(terms(text))) for text in texts)


_Weighed = Sequence[tuple[str, float]]


def _overlap(held: frozenset[str], wanted: _Weighed) -> float:
    """What a text with these terms holds of those wanted, a share of their weight."""
    total = sum([weight for _, weight in wanted])
    return sum([weight for term, weight in wanted if term in held]) / total if total else 0.0


def _cosines(rows: Sequence[float], asks: int) -> tuple[float, float, float]:
    """The best of its questions, that of its text, and the best of its sentences; the first `asks` rows of a passage are its questions."""
    text = rows[asks]
    return max(rows[:asks], default=-1.0), text, max(rows[asks + 1 :], default=text)


def follows_any_refusal(wants: str, passage: Passage) -> bool:
    """Whether it is asked what follows a refusal and the passage is a rule of every application: that is the same whatever was refused."""
    return wants == "refusal" and passage.program == GENERAL and holds(wants, passage.heading)


def _highest(scores: np.ndarray, k: int) -> np.ndarray:
    """Places of the k highest scores above 0, in any order."""
    above = np.flatnonzero(scores > 0)
    return above if len(above) <= k else above[np.argpartition(-scores[above], k)[:k]]


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


@lru_cache(maxsize=4096)  # there are few days, and every candidate asks for one
def _years(as_of: str, today: str) -> float:
    """Years from an ISO day, a month or a year to a day; 0 where no day is given."""
    if not as_of:
        return 0.0
    said = date.fromisoformat(as_of + "-01-01"[len(as_of) - 4 :] if len(as_of) < 10 else as_of)
    return max((date.fromisoformat(today) - said).days / 365.25, 0.0)


def open_index(home: Path, embedder: Embedder, sources: Mapping[str, Source]) -> Index:
    """Open the live build. Raises SearchIndexError when there is none, it is damaged, or another model made it."""
    return Index(current(home), embedder, sources)


def _array(path: Path) -> np.ndarray:
    try:
        return mapped(path)
    except (OSError, ValueError) as error:
        raise SearchIndexError(f"{path}: cannot be read ({error}); build again: northbound index build") from None
