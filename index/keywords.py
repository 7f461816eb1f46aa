"""Keyword search: BM25 over stemmed words, with the field's spellings brought to one form (H-1B, H1-B and h1b are one word)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import bm25s
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
_stemmer = Stemmer.Stemmer("english")


def words(text: str) -> list[str]:
    """Lower-case words with visa classes and form codes joined (h1b, i797, imm5710), thousands without commas, accents off."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", plain)
    plain = re.sub(r"\bprogramme(s?)\b", r"program\1", plain)
    plain = re.sub(r"\b(\d+)k\b", r"\g<1>000", plain)
    plain = _JOINED.sub(lambda m: f"{m[1]}{m[2]}{m[3]}", plain)
    plain = re.sub(r"(?<=\w)'s\b|'", "", plain)
    return [_DIGITS.get(word, word) for word in _WORD.findall(plain)]


def terms(text: str) -> list[str]:
    """The stems of a text's words without stop words: what BM25 indexes and what overlap is counted in."""
    return [stem(word) for word in words(text) if word not in STOPWORDS]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    return word if any(c.isdigit() for c in word) else _stemmer.stemWord(word)


Concept = frozenset[tuple[str, ...]]  # the ways of saying one thing, each as stems


def covered(concepts: Iterable[Concept], held: frozenset[str]) -> float:
    """Share of the concepts that a text with these terms names in one way or another; 1 when there are none."""
    named = [any(all(word in held or word in STOPWORDS for word in form) for form in concept) for concept in concepts]
    return sum(named) / len(named) if named else 1.0


class Keywords:
    """A BM25 index on disk. Scores are Lucene's variant, k1 0.9 and b 0.4 (short passages of even length)."""

    def __init__(self, retriever: bm25s.BM25) -> None:
        self._retriever = retriever
        self._known = retriever.vocab_dict

    @classmethod
    def build(cls, texts: Sequence[str], folder: Path) -> None:
        retriever = bm25s.BM25(method="lucene", k1=0.9, b=0.4)
        retriever.index([terms(text) or ["_"] for text in texts], show_progress=False)
        retriever.save(str(folder))

    @classmethod
    def open(cls, folder: Path) -> Keywords:
        try:
            return cls(bm25s.BM25.load(str(folder), mmap=True))
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise SearchIndexError(f"{folder}: the keyword index cannot be read ({error}); build again: northbound index build") from None

    def scores(self, query: Sequence[str], count: int) -> np.ndarray:
        """BM25 score of each of `count` passages for the query's terms; terms that no passage holds are ignored."""
        known = [term for term in query if term in self._known]
        if not known:
            return np.zeros(count, dtype=np.float32)
        return np.asarray(self._retriever.get_scores(known), dtype=np.float32)

    def rarity(self, term: str, count: int) -> float:
        """Inverse document frequency, 0 to about log(count): ln(1 + (N - n + 0.5) / (n + 0.5)); half the largest for a term that no
        passage holds, which is as often chatter as it is substance.
        Source: Robertson and Zaragoza 2009, The Probabilistic Relevance Framework."""
        n = self.document_frequency.get(term, 0)
        return float(np.log(1 + (count - n + 0.5) / (n + 0.5))) * (1.0 if n else 0.5)

    document_frequency: dict[str, int] = {}
