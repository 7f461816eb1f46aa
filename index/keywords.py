"""Keyword search: BM25 over stemmed words, with the field's spellings brought to one form (H-1B, H1-B and h1b are one word)."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import Stemmer

from corpus.errors import SearchIndexError

STOPWORDS = frozenset(
    "a an the and or but if then of to in on at by for from with as is are was were be been being am do does did doing have has had "
    "having i me my mine we us our you your he him his she her it its they them their this that these those there here what which who "
    "whom whose when where why how can could will would shall should may might must so too very just than into about over under again "
    "also any some such only own same both each few more most other s t d ll m re ve don doesn didn isn aren wasn weren won wouldn "
    "please hi hello hey thanks thank ok okay let lets get got getting u ur im ive dont doesnt cant wont pls plz "
    "tell know want wanna gonna".split()
)
_JOINED = re.compile(r"\b(h|l|o|e|f|j|eb|tn|i|t|s|r|w|imm|form|b)[-\s]?(\d{1,4})(?:[-\s](?=[a-z]\b))?([a-z]?)\b")
# Numbers people write either way; "one" is more often a pronoun.
_DIGITS = {w: str(n) for n, w in enumerate("two three four five six seven eight nine ten eleven twelve".split(), 2)} | {
    "twenty": "20",
    "thirty": "30",
    "sixty": "60",
    "ninety": "90",
}
_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_PROGRAMME = re.compile(r"\bprogramme(s?)\b")
_THOUSAND = re.compile(r"\b(\d+)k\b")
_DIGIT = re.compile(r"\d")
_APOSTROPHE = re.compile(r"(?<=\w)'s\b|'")
_stemmer = Stemmer.Stemmer("english")


def words(text: str) -> list[str]:
    """Lower-case words with visa classes and form codes joined (h1b, i797, imm5710), thousands without commas, accents off."""
    plain = text.lower()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    # Most texts hold none of what these put right, and looking for a letter is cheaper than matching a pattern.
    if "programme" in plain:
        plain = _PROGRAMME.sub(r"program\1", plain)
    if _DIGIT.search(plain):
        plain = _THOUSAND.sub(r"\g<1>000", _THOUSANDS.sub("", plain))
        plain = _JOINED.sub(lambda m: f"{m[1]}{m[2]}{m[3]}", plain)
    if "'" in plain:
        plain = _APOSTROPHE.sub("", plain)
    return [_DIGITS.get(word, word) for word in _WORD.findall(plain)]


def terms(text: str) -> list[str]:
    """The stems of a text's words without stop words: what BM25 indexes and what overlap is counted in."""
    return list(_terms(text))


@lru_cache(maxsize=2048)  # one answer asks for the terms of its question and of the sentences near it again and again
def _terms(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in words(text) if word not in STOPWORDS)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    return word if any(c.isdigit() for c in word) else _stemmer.stemWord(word)


Concept = frozenset[tuple[str, ...]]  # the ways of saying one thing, each as stems


def covered(concepts: Iterable[Concept], held: frozenset[str]) -> float:
    """Share of the concepts that a text with these terms names in one way or another; 1 when there are none."""
    named = [any(all(word in held or word in STOPWORDS for word in form) for form in concept) for concept in concepts]
    return sum(named) / len(named) if named else 1.0


class Keywords:
    """A BM25 index on disk. Scores are Lucene's variant, k1 0.9 and b 0.4 (short passages of even length).

    bm25s writes it, a score for each word and passage that holds it; adding them up is all that reading takes, and needs none of the half
    second in which bm25s and SciPy are imported.
    """

    def __init__(self, scores: np.ndarray, places: np.ndarray, starts: np.ndarray, vocabulary: Mapping[str, int]) -> None:
        """`scores[starts[n] : starts[n + 1]]` are those of the n-th word of the vocabulary, in the passages `places` of that slice."""
        self._scores, self._places, self._starts, self._known = scores, places, starts, vocabulary
        self.rarity = lru_cache(maxsize=65536)(self._rarity)  # a search asks for that of each word in each of its candidates

    @classmethod
    def build(cls, texts: Sequence[str], folder: Path) -> None:
        import bm25s

        retriever = bm25s.BM25(method="lucene", k1=0.9, b=0.4)
        retriever.index([terms(text) or ["_"] for text in texts], show_progress=False)
        retriever.save(str(folder))

    @classmethod
    def open(cls, folder: Path) -> Keywords:
        try:
            scores, places, starts = (np.load(folder / f"{part}.csc.index.npy", mmap_mode="r") for part in ("data", "indices", "indptr"))
            return cls(scores, places, starts, json.loads((folder / "vocab.index.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, EOFError) as error:
            raise SearchIndexError(f"{folder}: the keyword index cannot be read ({error}); build again: northbound index build") from None

    def scores(self, query: Sequence[str], count: int) -> np.ndarray:
        """BM25 score of each of `count` passages for the query's terms; terms that no passage holds are ignored."""
        found = np.zeros(count, dtype=np.float32)
        for term in query:
            if (known := self._known.get(term)) is not None:
                where = slice(int(self._starts[known]), int(self._starts[known + 1]))
                found[self._places[where]] += self._scores[where]  # a word has one score in a passage
        return found

    def _rarity(self, term: str, count: int) -> float:
        """Inverse document frequency, 0 to about log(count): ln(1 + (N - n + 0.5) / (n + 0.5)); half the largest for a term that no
        passage holds, which is as often chatter as it is substance.
        Source: Robertson and Zaragoza 2009, The Probabilistic Relevance Framework."""
        n = self.document_frequency.get(term, 0)
        return float(np.log(1 + (count - n + 0.5) / (n + 0.5))) * (1.0 if n else 0.5)

    document_frequency: dict[str, int] = {}
