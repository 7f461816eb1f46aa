"""Read a message that is not in English: its language, and an English question that the chain can answer.

Word for word by the field's own words (corpus/languages.toml), with misspellings forgiven, so that the search finds what an English
question would. It is no translation, and nobody is shown it as one: it is the stand-alone question that staff see. bot/french.py reads
the French answers of a conversation back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot import privacy, scope
from bot.answer import Turn
from bot.language import COMFORT, ENGLISH, FRENCH, NOTICES, detect, distressed, folded
from corpus.lexicons import SAME, read_lexicons
from index.embedder import default_model_folder

# In these a word takes endings, and its stem is enough; in those the question word stands last, and English wants it first.
_WITH_ENDINGS = frozenset(("hi", "pa", "te", "ko", "ar", "fa"))
_VERB_LAST = frozenset(("hi", "pa", "te", "ko", "fa", "zh"))
_ADPOSITIONS = frozenset(("for", "of", "in", "without"))
_LATIN = frozenset(("fr", "es", "pt", "tl"))
ENOUGH = 0.75  # share of a message's words that must be known for an answer to be as likely as in English
_SHORTEST = 5  # letters; shorter words have too many neighbours to be put right
_STEM = 3  # letters of a stem that may take an ending; two in Korean, whose letters are syllables
_KEPT_TURNS = 14

# Signs between words, of every script read here; a word with its digits and vowel signs is what is left.
_WORD = re.compile(
    r"\[[a-zA-Z][^\]\n]{1,40}\]|[^\s!-/:-@\[-`{-¿\u060c\u061b\u061f\u0964\u0965\u066a-\u066d\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20]+"
)
_STOPS = {"？": "?", "؟": "?", "。": ".", "।": ".", "！": "!", "，": ",", "、": ",", "،": ",", "；": ";", "؛": ";"}
_CODE = re.compile(r"\b([a-zA-Z]{1,3})[-‑ ]?(\d{1,4})(?:-?([a-zA-Z]))?\b")
_CODES = ("h", "l", "o", "e", "f", "j", "i", "b", "tn", "eb", "imm", "t", "c", "r")
_ARABIC_BEFORE = ("وال", "بال", "لل", "ال", "و", "ب", "ل", "ف")  # and, with, for, the: written together with the word


@dataclass(frozen=True)
class Heard:
    """A message that is not in English. `said` is as typed, personal numbers masked; `english` reads it in English, "" where no word of
    it is known; `known` is the share of its words that are. `history` is the conversation in English. `distress`: it speaks of not
    wanting to live."""

    language: str
    said: str
    english: str
    known: float
    history: tuple[Turn, ...] = ()
    distress: bool = False


@dataclass(frozen=True)
class _Lexicon:
    """`forms`: the words of a language, folded and cut as a message is, with their English; `longest` in words; `words`: each of theirs
    alone."""

    forms: Mapping[tuple[str, ...], str]
    by_start: Mapping[str, tuple[tuple[str, ...], ...]]
    longest: int
    words: tuple[str, ...]
    same: Mapping[int, str]


def hear(question: str, history: Sequence[Turn], read_back: Callable[[str], str], meant: Callable[[str, bool], str]) -> Heard | None:
    """What a message says, where it is not in English; None where it is. `read_back` gives an earlier answer of ours in English, `meant`
    the English of a French question that a twin is asked by, or ""."""
    recent = _recent(history)
    language = detect(question, next(reversed(_spoken(recent)), ENGLISH))
    distress = "" if scope.in_distress(question) else distressed(question)
    if language == ENGLISH and not distress:
        return None
    language = language if language != ENGLISH else distress
    said = privacy.mask(question)
    english, known = in_english(said, language)
    if language == FRENCH and (heading := meant(said, not recent)):
        english, known = heading, 1.0
    return Heard(language, said, english, known, tuple(_turns_in_english(recent, read_back, meant)), bool(distress))


def heard_before(history: Sequence[Turn], read_back: Callable[[str], str], meant: Callable[[str, bool], str]) -> Sequence[Turn]:
    """What was said before a message in English, in English: the same turns where all of them were."""
    recent = _recent(history)
    return history if set(_spoken(recent)) <= {ENGLISH} else _turns_in_english(recent, read_back, meant)


def _recent(history: Sequence[Turn]) -> Sequence[Turn]:
    return history if len(history) <= _KEPT_TURNS else (*history[:2], *history[2 - _KEPT_TURNS :])


def _spoken(turns: Sequence[Turn]) -> list[str]:
    """The language of each turn: an answer's is that of its question."""
    spoken: list[str] = []
    for turn in turns:
        before = spoken[-1] if spoken else ENGLISH
        spoken.append(detect(turn.content, before) if turn.role == "user" else before)
    return spoken


def _turns_in_english(recent: Sequence[Turn], read_back: Callable[[str], str], meant: Callable[[str, bool], str]) -> list[Turn]:
    turns: list[Turn] = []
    for turn, spoken in zip(recent, _spoken(recent), strict=True):
        if turn.role == "user":
            text = turn.content
            if spoken != ENGLISH:
                text = spoken == FRENCH and meant(text, not turns) or in_english(privacy.mask(text), spoken)[0]
        else:
            text = read_back(_without_notice(turn.content))
        turns.append(turn.model_copy(update={"content": text}))
    return turns


def in_english(text: str, language: str) -> tuple[str, float]:
    """The text's words in English, in order, and the share of them that are known. Names, numbers and English words stay."""
    lexicon = _lexicon(language)
    for stop, ours in _STOPS.items():
        text = text.replace(stop, f"{ours} ")
    parts = re.split(r"([.?!;,:\n]+(?:\s|$)|\s[–—]\s)", _joined(text))
    out, all_words, known = "", 0, 0
    for piece, stop in zip(parts[::2], [*parts[1::2], ""], strict=True):
        english, count, found = _read(piece, language, lexicon)
        all_words, known = all_words + count, known + found
        if english:
            out += english + (stop if stop.strip() not in (":", "–", "—") else ", ")
    out = re.sub(r"\s+", " ", out).strip(" ,")
    if out and not out.endswith(("?", "!", ".")) and _ASKING.match(out):
        out += "?"
    return out[:1].upper() + out[1:], known / all_words if all_words else 0.0


_ASKING = re.compile(r"(?:and |also )*(?:how|what|when|where|who|which|why|can|could|do|does|is|are|will|until)\b", re.IGNORECASE)


def _joined(text: str) -> str:
    """With class and form codes in one piece: "H-1B", "visa H 1B", "I-94" as h1b, i94."""
    return _CODE.sub(lambda m: f"{m[1]}{m[2]}{m[3] or ''}" if m[1].lower() in _CODES and (m[3] or m[0][len(m[1])] != " ") else m[0], text)


def _read(piece: str, language: str, lexicon: _Lexicon) -> tuple[str, int, int]:
    """One stretch without a stop in English; how many words it has, and how many of them are known."""
    tokens = [token for found in _WORD.finditer(_bare(piece, language)) for token in _cut(found.group(), language)]
    plain = [_plain(token, language).translate(lexicon.same) for token in tokens]
    plain = [_spelled(word, language, lexicon) for word in plain]
    asking: list[str] = []
    telling: list[str] = []
    at = known = counted = 0
    name = 0  # how many English words in a row come last: a name is as often two or three of them
    while at < len(tokens):
        length, english, left = _match(plain, at, language, lexicon)
        if length:
            first = english == "and" and not telling  # "aur fees kitni hai": and how much is the fee
            into = asking if first or english.startswith("^") and language in _VERB_LAST else telling
            english = english.lstrip("^")
            if english in _ADPOSITIONS and language in _VERB_LAST and into:
                into.insert(-max(name, 1), english)  # "Express Entry for": it stands behind its words there
            elif english:
                into.append(english)
            at += length
            name = 0
            known += length
            counted += length
            if left:
                plain.insert(at, left)
                tokens.insert(at, left)
            continue
        token = tokens[at]
        if token.isascii() or token[:1].isdigit():
            telling.append("H-1B" if token.lower() == "h1b" else token)  # a name, a number, an English word
            name = name + 1 if token.isalpha() else 1
            counted += 1
            known += token.startswith("[") or plain[at] in _english_words() or any(c.isdigit() for c in token)
        elif language in _LATIN:
            telling.append(plain[at])
            counted += 1
        else:
            counted += 1
        at += 1
    return _framed([*asking, *telling]), counted, known


def _framed(parts: Sequence[str]) -> str:
    """The words in a row; what follows a frame ("how much does … cost") goes into its gap."""
    for at, part in enumerate(parts):
        before, gap, after = part.partition(" … ")
        if gap:
            return " ".join(word for word in (*parts[:at], before, _framed(parts[at + 1 :]) or "it", after) if word)
    return " ".join(parts)


def _match(plain: Sequence[str], at: int, language: str, lexicon: _Lexicon) -> tuple[int, str, str]:
    """The longest known form that begins here: how many words it takes, its English, and what is left of a Korean word behind it."""
    for length in range(min(lexicon.longest, len(plain) - at), 0, -1):
        english = lexicon.forms.get(tuple(plain[at : at + length]))
        if english is not None:
            return length, english, ""
    if language not in _WITH_ENDINGS:
        return 0, "", ""
    starts = [plain[at]]
    if language == "ar":
        starts += [plain[at][len(p) :] for p in _ARABIC_BEFORE if plain[at].startswith(p) and len(plain[at]) > len(p) + 2]
    shortest = 2 if language == "ko" else _STEM
    for start in starts:
        here = [start, *plain[at + 1 : at + lexicon.longest]]
        best: tuple[int, int, str, str] = (0, 0, "", "")
        for form in lexicon.by_start.get(start[:1], ()):
            fits = len(form) <= len(here) and list(form[:-1]) == here[: len(form) - 1] and here[len(form) - 1].startswith(form[-1])
            stem_enough = fits and (len(form[-1]) >= shortest or here[len(form) - 1] == form[-1])
            if stem_enough and (len(form), len(form[-1])) > best[:2]:
                left = here[len(form) - 1][len(form[-1]) :] if language == "ko" else ""
                best = (len(form), len(form[-1]), lexicon.forms[form], left if len(left) >= shortest else "")
        if best[0]:
            return best[0], best[2], best[3]
    return 0, "", ""


def _spelled(word: str, language: str, lexicon: _Lexicon) -> str:
    """A misspelt word put right by one letter, or two of eight and more; itself where nothing is near, or where it is English."""
    if language not in _LATIN or len(word) < _SHORTEST or not word.isalpha() or word in lexicon.words or word in _english_words():
        return word
    from rapidfuzz import process  # most messages are English, and of the others most hold no such word
    from rapidfuzz.distance import DamerauLevenshtein

    near = process.extractOne(word, lexicon.words, scorer=DamerauLevenshtein.distance, score_cutoff=2 if len(word) >= 8 else 1)
    return str(near[0]) if near is not None and near[0][0] == word[0] and len(near[0]) >= _SHORTEST - 1 else word


def _cut(token: str, language: str) -> Iterable[str]:
    """A word as one, Chinese by character."""
    if language != "zh" or token.startswith("["):
        return (token,)
    return re.findall(r"[\u3400-\u9fff]|[^\u3400-\u9fff]+", token)


def _bare(text: str, language: str) -> str:
    """Without joiners that show nothing; Persian writes one where others write a space."""
    return re.sub(r"[\u200b-\u200f\u2060]", " " if language == "fa" else "", text)


def _plain(word: str, language: str) -> str:
    """One form for the spellings of a word: case, accents, points and the like off."""
    word = folded(word)
    if language in ("ar", "fa"):
        word = re.sub(r"[\u064b-\u0652\u0640\u0670]", "", unicodedata.normalize("NFKC", word))
        return word.translate(_ARABIC)
    return word.replace("\u093c", "").replace("\u0a3c", "")


_ARABIC = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ؤ": "و", "ئ": "ي", "ۀ": "ه"})


def _without_notice(answer: str) -> str:
    """An earlier answer without what was said in another language before it."""
    for told in (*NOTICES.values(), *COMFORT.values()):
        answer = answer.replace(told, "")
    return answer.strip()


@lru_cache(maxsize=1)
def _english_words() -> frozenset[str]:
    """Common English words: the vocabulary of the embedding model, which is a list of such."""
    return frozenset((default_model_folder() / "vocab.txt").read_text(encoding="utf-8").split()) - _NOT_ENGLISH


# Pieces of other languages that stand in the list as well.
_NOT_ENGLISH = frozenset("permis travail droit voie combien avec famille femme enfants nouvelle trabajo trabalho para esposa".split())


@lru_cache(maxsize=16)
def _lexicon(language: str) -> _Lexicon:
    read = read_lexicons().get(language, {})
    same = str.maketrans({pair[0]: pair[1] for pair in read.get(SAME, ())})
    forms: dict[tuple[str, ...], str] = {}
    for english, told in read.items():
        for form in told if english != SAME else ():
            cut = [t for found in _WORD.finditer(_bare(_joined(form), language)) for t in _cut(found.group(), language)]
            forms.setdefault(tuple(_plain(token, language).translate(same) for token in cut), english)
    by_start: dict[str, list[tuple[str, ...]]] = {}
    for key in forms:
        by_start.setdefault(key[0][:1], []).append(key)
    single = sorted({word for key in forms for word in key if len(word) >= _SHORTEST - 1})
    return _Lexicon(forms, {start: tuple(keys) for start, keys in by_start.items()}, max(map(len, forms), default=1), tuple(single), same)
