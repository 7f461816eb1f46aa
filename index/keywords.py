"""Keyword search: BM25 over stemmed words, with the field's spellings brought to one form (H-1B, H1-B and h1b are one word)."""

from __future__ import annotations

import json
import re
import unicodedata
from array import array
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
    named = [any(form <= held for form in _forms(concept)) for concept in concepts]
    return sum(named) / len(named) if named else 1.0


@lru_cache(maxsize=256)  # a search asks for those of its few concepts in each of its candidates
def _forms(concept: Concept) -> tuple[frozenset[str], ...]:
    """The words of each way of saying a thing that a text must hold."""
    return tuple(frozenset(form) - STOPWORDS for form in concept)


K1, B = 0.9, 0.4  # passages are short and of about one length


class Keywords:
    """A BM25 index on disk: the score of each word in each passage that holds it, so that searching only adds up, and the words of each
    passage, so that no answer has to stem one. Scores are Lucene's variant.

    Source: Robertson and Zaragoza 2009, The Probabilistic Relevance Framework; the names of the files are those of bm25s, which gives the
    same scores.
    """

    def __init__(
        self, scores: np.ndarray, places: np.ndarray, starts: np.ndarray, vocabulary: Mapping[str, int], held: tuple[np.ndarray, np.ndarray]
    ) -> None:
        """`scores[starts[n] : starts[n + 1]]` are those of the n-th word of the vocabulary, in the passages `places` of that slice. `held`:
        the numbers of each passage's words, one passage after the other, and where those of each begin."""
        self._scores, self._places, self._starts, self._known = scores, places, starts, vocabulary
        self._word_numbers, self._word_starts = held
        self._words = sorted(vocabulary, key=vocabulary.__getitem__)
        self.rarity = lru_cache(maxsize=65536)(self._rarity)  # a search asks for that of each word in each of its candidates

    @classmethod
    def build(cls, texts: Sequence[str], folder: Path) -> None:
        """Write the index of these texts."""
        vocabulary: dict[str, int] = {}
        numbers = array("i")
        lengths = np.zeros(len(texts), dtype=np.int64)
        for place, text in enumerate(texts):
            found = terms(text)
            lengths[place] = len(found)
            numbers.extend([vocabulary.setdefault(term, len(vocabulary)) for term in found])
        held = np.repeat(np.arange(len(texts)), lengths)
        each, counts = np.unique(np.asarray(numbers, dtype=np.int64) * max(len(texts), 1) + held, return_counts=True)
        words, places = np.divmod(each, max(len(texts), 1))
        frequency = np.bincount(words, minlength=len(vocabulary))
        rarity = np.log(1 + (len(texts) - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)
        lengths = np.maximum(lengths, 1)  # a text without any term counts as one of one term
        weights = counts / (K1 * ((1 - B) + B * lengths[places] / lengths.mean()) + counts) if len(each) else counts
        starts = np.concatenate([[0], np.cumsum(frequency)]).astype(np.int64)
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "data.csc.index.npy", (rarity[words] * weights).astype(np.float32))
        np.save(folder / "indices.csc.index.npy", places.astype(np.int32))
        np.save(folder / "indptr.csc.index.npy", starts)
        for part, turned in zip(("numbers", "starts"), _words_of_each(places, starts, len(texts)), strict=True):
            np.save(folder / f"words.{part}.npy", turned)
        (folder / "vocab.index.json").write_text(json.dumps(vocabulary), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> Keywords:
        try:
            scores, places, starts = (mapped(folder / f"{part}.csc.index.npy") for part in ("data", "indices", "indptr"))
            vocabulary = json.loads((folder / "vocab.index.json").read_text(encoding="utf-8"))
            files = [folder / f"words.{part}.npy" for part in ("numbers", "starts")]
            # A build of format 2 has no such files.
            held = (
                [mapped(file) for file in files] if files[0].exists() else _words_of_each(places, starts, int(places.max(initial=-1)) + 1)
            )
            return cls(scores, places, starts, vocabulary, (held[0], held[1]))
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

    def terms_in(self, place: int) -> frozenset[str]:
        """The different terms of an indexed passage."""
        numbers = self._word_numbers[self._word_starts[place] : self._word_starts[place + 1]].tolist()
        return frozenset([self._words[number] for number in numbers]) - _EARLIER_NOTHING

    def frequency(self, term: str) -> int:
        """How many passages hold a term."""
        known = self._known.get(term)
        return 0 if known is None else int(self._starts[known + 1] - self._starts[known])

    def _rarity(self, term: str, count: int) -> float:
        """Inverse document frequency, 0 to about log(count): ln(1 + (N - n + 0.5) / (n + 0.5)); half the largest for a term that no
        passage holds, which is as often chatter as it is substance.
        Source: Robertson and Zaragoza 2009, The Probabilistic Relevance Framework."""
        n = self.frequency(term)
        return float(np.log(1 + (count - n + 0.5) / (n + 0.5))) * (1.0 if n else 0.5)


_EARLIER_NOTHING = frozenset(("_",))  # what a build of format 2 gave a passage without terms


def mapped(file: Path) -> np.ndarray:
    """An array on a file, as a plain one: that is cut in a tenth of the time of numpy's memmap."""
    return np.asarray(np.load(file, mmap_mode="r"))


def _words_of_each(places: np.ndarray, starts: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The words of each passage one after the other, and where those of each begin: the passages of each word turned round."""
    words = np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))
    return words[np.argsort(places, kind="stable")], np.concatenate([[0], np.cumsum(np.bincount(places, minlength=count))]).astype(np.int64)
