"""The field's words: abbreviations and everyday words expanded, misspelt domain words forgiven, programs recognised by their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache

from corpus.model import GENERAL, Program, Term
from corpus.registry import Registry
from index.embedder import default_model_folder
from index.keywords import STOPWORDS, Concept, stem, words

_SHORTEST = 5  # shorter words have too many neighbours to be corrected by letters alone
_CLIPPED = 3  # letters: fewer tell too little
_VOWEL = re.compile("[aeiouy]")
_UNHEARD = str.maketrans("z", "s", "aeiouy")
_TWICE = re.compile(r"(.)\1+")
_WITHOUT = re.compile(r"\bw/o\b", re.IGNORECASE)


# How people type, and what they mean: neither more nor less is said.
SHORT = {
    "u": "you", "ur": "your", "r": "are", "y": "why", "n": "and", "b4": "before", "abt": "about", "bcz": "because", "bcoz": "because",
    "cuz": "because", "cos": "because", "wht": "what", "wat": "what", "waht": "what", "wt": "what", "hw": "how", "hwo": "how",
    "whn": "when", "wen": "when", "cn": "can", "cna": "can", "cud": "could", "shud": "should", "wud": "would", "teh": "the",
    "thier": "their", "wiht": "with", "adn": "and", "taht": "that", "yr": "year", "yrs": "year", "mth": "month", "mths": "month",
    "mnth": "month", "mnths": "month", "govt": "government", "info": "information", "doc": "document", "docs": "document",
    "licence": "license", "labour": "labor", "mutch": "much", "moch": "much", "wich": "which", "whitch": "which", "meny": "many",
    "wher": "where", "wer": "where", "opn": "open", "stil": "still", "nxt": "next", "thru": "through", "tho": "though", "becoz": "because",
    "ppl": "people", "msg": "message", "untill": "until", "til": "until", "wil": "will", "shld": "should", "wld": "would", "cld": "could",
    "tme": "time", "tym": "time", "tims": "times", "wrk": "work", "wrking": "working", "mny": "money", "mony": "money", "fmly": "family",
    "gud": "good", "lng": "long", "nd": "and", "hv": "have", "hav": "have", "dnt": "dont", "knw": "know", "centre": "center",
    "cheque": "check",
    "dependant": "dependent", "dependants": "dependent", "organisation": "organization",
}  # fmt: skip

# What nearly every question here is about: naming it says nothing of what is asked.
_SETTING = frozenset(
    stem(word)
    for word in (
        "canada canadian h1b us usa america american work working worker workers permit permits visa visas program programs holder holders "
        "immigration india indian"
    ).split()
)


class Vocabulary:
    """Built once from the registry, the words of the indexed headings, and those of `texts`, which are no misspellings."""

    def __init__(self, registry: Registry, headings: Iterable[str], texts: Callable[[], Iterable[str]] = tuple) -> None:
        self._programs: Mapping[str, Program] = registry.programs
        self._expansions = _expansions(registry.glossary)
        self._concepts = _concepts(registry)
        self._of_program = {
            p.id: frozenset(k for n in (p.name, *p.aliases) if (k := _stems(n)) and not set(k) <= _SETTING)
            for p in registry.programs.values()
        }
        self._aliases = _aliases(registry.programs.values())
        self._longest = max((len(key) for key in (*self._expansions, *self._aliases)), default=1)
        named = [term.long for term in registry.glossary] + [a for p in registry.programs.values() for a in (p.name, *p.aliases)]
        together = " . ".join((*named, *headings))  # thousands of short texts, read as one in a third of the time
        self._headed = frozenset(words(together))
        self._domain = sorted(w for w in self._headed if len(w) >= _SHORTEST and w.isalpha() and w not in STOPWORDS)
        self._named = frozenset(word for key in (*self._expansions, *self._aliases) for word in key)
        # The embedder's vocabulary is a list of common English words, the commonest first: what stands in it is no misspelling.
        english = (default_model_folder() / "vocab.txt").read_text(encoding="utf-8").split()
        self._english = frozenset(english)
        self._texts = texts
        # Of one first letter: a word is only compared with such, and the table of all takes as long as an answer.
        self._common = lru_cache(maxsize=64)(lambda letter: _by_skeleton(word for word in english if word[0] == letter))
        # Each step of understanding asks for the spelling of the same texts, and for the concepts in them.
        self.spelled = lru_cache(maxsize=512)(self._spelled)
        self._found = lru_cache(maxsize=512)(self._concepts_in)

    def _spelled(self, text: str) -> str:
        """The text's words, with misspelt ones put right: one edit, or two in a word of eight letters and more, into a domain word, else
        into a common one that has the same consonants."""
        return " ".join(self._corrected(word) for word in words(_WITHOUT.sub("without", text)))

    @cached_property
    def _written(self) -> frozenset[str]:
        """The words of the texts: split when the first word must be looked for, which takes longer than opening an index."""
        return frozenset(words(" . ".join(self._texts())))

    def expanded(self, spelled: str) -> str:
        """The words with abbreviations and everyday words replaced by the field's term."""
        tokens = spelled.split()
        out: list[str] = []
        at = 0
        while at < len(tokens):
            for length in range(min(self._longest, len(tokens) - at), 0, -1):
                long = self._expansions.get(tuple(tokens[at : at + length]))
                if long is not None:
                    out.append(long)
                    at += length
                    break
            else:
                out.append(tokens[at])
                at += 1
        return " ".join(out)

    def programs(self, spelled: str) -> list[str]:
        """Ids of the programs named, in order of appearance. A longer name hides a shorter one inside it."""
        tokens = spelled.split()
        found: dict[str, None] = {}
        at = 0
        while at < len(tokens):
            for length in range(min(self._longest, len(tokens) - at), 0, -1):
                program = self._aliases.get(tuple(tokens[at : at + length]))
                if program is not None:
                    found[program] = None
                    at += length - 1
                    break
            at += 1
        return list(found)

    def is_program(self, spelled: str) -> bool:
        """Whether these words are the name of a program, and no more than that."""
        return tuple(spelled.split()) in self._aliases

    def concepts(self, spelled: str) -> list[Concept]:
        """The field's terms named in the text, each with all the ways of saying it; the setting (Canada, H-1B, work) left out."""
        return list(self._found(spelled))

    def _concepts_in(self, spelled: str) -> tuple[Concept, ...]:
        stems = [stem(token) for token in spelled.split()]
        found: dict[Concept, None] = {}
        at = 0
        while at < len(stems):
            for length in range(min(self._longest, len(stems) - at), 0, -1):
                concept = self._concepts.get(tuple(stems[at : at + length]))
                if concept is not None:
                    found[concept] = None
                    at += length - 1
                    break
            at += 1
        return tuple(found)

    def label(self, program: str) -> str:
        """A program's name."""
        return self._programs[program].name

    def names_of(self, program: str) -> Concept:
        """Every way of naming a program, as stems."""
        return self._of_program[program]

    def _corrected(self, word: str) -> str:
        if not word.isalpha() or word in STOPWORDS:
            return word
        named = word in self._named  # also as some type it
        if word in SHORT and not named:
            return SHORT[word]
        clipped = len(word) >= _CLIPPED and not _VOWEL.search(word) and not _TWICE.search(word)  # "lst stem drw": typed without its vowels
        if len(word) < _SHORTEST - 1 and not clipped or word in self._english or word[-1] in "sd" and word[:-1] in self._english:
            return word
        if word in self._written or f"{word}s" in self._written or word[-1] == "s" and word[:-1] in self._written:
            return word
        from rapidfuzz import process  # many a question holds no word that must be looked for
        from rapidfuzz.distance import DamerauLevenshtein

        edits = 2 if clipped or len(word) >= 8 else 1
        if len(word) >= _SHORTEST and not clipped:
            near = process.extractOne(word, self._domain, scorer=DamerauLevenshtein.distance, score_cutoff=edits)
            if near is not None and near[0][0] == word[0]:
                return near[0]
        alike = self._common(word[0]).get(_skeleton(word), ()) if not named else ()
        if clipped:  # many words have these consonants, and abbreviations have them too: only what is asked about here is meant
            alike = [other for other in alike if other in self._headed]
        return next((other for other in alike if DamerauLevenshtein.distance(word, other) <= edits), word)


def _by_skeleton(english: Iterable[str]) -> dict[str, list[str]]:
    """Common words by what is left of them in a hasty ear, the commonest first."""
    table: dict[str, list[str]] = {}
    for word in english:
        if len(word) >= _SHORTEST - 1 and word.isascii() and word.isalpha():
            table.setdefault(_skeleton(word), []).append(word)
    return table


def _skeleton(word: str) -> str:
    """The first letter and the consonants after it, none twice in a row: vowels and doubled letters are what is mistyped most, and what
    tells words apart least."""
    return _TWICE.sub(r"\1", word[0] + word[1:].translate(_UNHEARD))


def _expansions(glossary: Sequence[Term]) -> dict[tuple[str, ...], str]:
    table: dict[tuple[str, ...], str] = {}
    for term in glossary:
        long = " ".join(words(term.long))
        for form in (*term.short, *term.also):
            key = tuple(words(form))
            if key:
                table.setdefault(key, long)
    for term in glossary:  # a phrase that is already the field's stays whole: "common-law partner" is no "spouse"
        table[tuple(words(term.long))] = " ".join(words(term.long))
    return table


@lru_cache(maxsize=8192)  # of the registry's names, each of which is asked for several times
def _stems(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in words(text))


def _concepts(registry: Registry) -> dict[tuple[str, ...], Concept]:
    """Every way of naming a term or a program, as stems, with all the other ways of naming the same."""
    table: dict[tuple[str, ...], Concept] = {}
    named = [((t.long, *t.short, *t.also), t.broader) for t in registry.glossary]
    named += [((p.name, *p.aliases), ()) for p in registry.programs.values() if p.id != GENERAL]
    for forms, broader in named:
        keys = [key for form in forms if (key := _stems(form)) and not set(key) <= _SETTING]
        concept = frozenset((*keys, *map(_stems, broader)))
        for key in keys:
            table[key] = table.get(key, frozenset()) | concept
    return table


def _aliases(programs: Iterable[Program]) -> dict[tuple[str, ...], str]:
    table: dict[tuple[str, ...], str] = {}
    for program in programs:
        if program.id == GENERAL:
            continue
        for name in (program.name, *program.aliases):
            if key := tuple(words(name)):
                table.setdefault(key, program.id)
    return table
