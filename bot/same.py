"""Whether two questions ask the same thing, told so strictly that a reviewed answer may be served on it. bot/reviewed.py asks.

What may differ is what cannot change the answer: greetings and thanks, spelling of the field's abbreviations, short forms such as "u" and
"dont", "my" and articles, the order of clauses, and slips in long words that are no other word. Everything else must agree word for word:
persons, places, numbers, negations, tenses and conditions are all words. When in doubt the answer is no, and the question is answered as any other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.swaps import _COUNTRIES, _NATIONALITIES, _PLACES, _RELATIVES
from bot.vocabulary import SHORT, Vocabulary
from corpus.registry import Registry
from index.embedder import default_model_folder
from index.keywords import words

_MOST_SLIPS = 3  # in one question

_GREETING = re.compile(
    r"^\W*(?:(?:hi+|hello+|hey+|hiya|dear|greetings|namaste|good (?:morning|afternoon|evening|day))"
    r"(?:[ ,]+(?:there|team|all|everyone|everybody|guys|folks|sir|madam|maam|or|northbound|friend|friends))*\b)[\s,.!:;-]*"
)
_PREAMBLE = re.compile(
    r"^\W*(?:(?:so|ok(?:ay)?|well|and|but|also|please|just)\b[\s,]*)*(?:"
    r"(?:can|could|would|will) (?:you|u|someone|somebody|anyone|anybody) (?:please |kindly |pls |plz )?(?:tell|advise|inform|help) (?:me|us)|"
    r"(?:can|could|would|will) (?:you|u|someone|somebody|anyone|anybody) (?:please |kindly |pls |plz )?(?:let (?:me|us) know|advise|explain|clarify)|"
    r"(?:i|we)(?: ?'d| would)? (?:want|wanted|like|need|wish) to (?:know|ask|find out|check|understand)|"
    r"(?:i|we) (?:was|were|am|are) (?:just )?wondering|(?:i'm|im|i am) (?:just )?wondering|"
    r"(?:i|we) (?:just )?have (?:a|one) (?:quick |small |short )?(?:question|doubt|query)|(?:a |one |just a )?(?:quick|small|short) (?:question|doubt|query)|"
    r"do you (?:happen to )?know|does (?:anyone|anybody|somebody|someone) know|any idea|(?:please |kindly )?(?:tell|inform|advise) (?:me|us)|"
    r"(?:may|can|could) i (?:know|ask)|(?:please |kindly )?let (?:me|us) know|(?:i )?(?:need|want) to know|my question is|question"
    r")\b(?: please| pls| plz)?[\s,.:;-]*"
)
# "Can you tell me if I can renew" asks "can I renew": what follows such an opening is turned round.
_INDIRECT = re.compile(
    r"^(?:if|whether)\s+(?P<who>i|we|he|she|they|you|it)\s+(?P<verb>can|could|am|are|is|was|were|will|would|should|must|may)\b\s*(?P<rest>.*)$",
    re.DOTALL,
)
_CLOSING = re.compile(
    r"[\s,.!?;:-]*\b(?:(?:thanks|thank (?:you|u)|thx|thnx|tks|ty|tysm|cheers|many thanks|much appreciated|appreciate it|(?:best|kind|warm) regards|regards)"
    r"(?: (?:so much|very much|a lot|a ton|in advance|again|for (?:your|the|any|all your) help))*|(?:any|your) (?:help|advice) (?:is |would be |will be )?"
    r"(?:much |highly |greatly )?(?:appreciated|welcome))[\s,.!?;:-]*$"
)
_POLITE = re.compile(r"\b(?:please|pls|plz|plse|pleas|kindly)\b")

_SPELLED_OUT = (
    (re.compile(r"\bu\.\s?s\.(?:\s?a\b\.?)?"), " us "),
    (re.compile(r"\b(?:the )?united states(?: of america)?\b|\busa\b"), " us "),
    (re.compile(r"%"), " percent "),
    (re.compile(r"[<≤]"), " less than "),
    (re.compile(r"[>≥]"), " more than "),
    (re.compile(r"\bw/o\b"), " without "),
    (re.compile(r"\bw/(?=\s|\w)"), " with "),
    (re.compile(r"&"), " and "),
    (re.compile(r"\bcan ?not\b|\bcan'?t\b"), " can not "),
    (re.compile(r"\bwon'?t\b"), " will not "),
    (re.compile(r"\b(do|does|did|is|are|was|were|could|should|would|have|has|had|must)n'?t\b"), r" \1 not "),
    (re.compile(r"\b(what|how|where|when|who|that|there|he|she|it)'s\b"), r" \1 is "),
    (re.compile(r"\b(whats|hows|wheres|whens|whos|thats|theres)\b"), lambda found: f" {found[1][:-1]} is "),
    (re.compile(r"\b(?:i'm|im)\b"), " i am "),
    (re.compile(r"\b(we|you|they)'re\b"), r" \1 are "),
    (re.compile(r"\b(i|we|you|they)'ve\b"), r" \1 have "),
    (re.compile(r"\bive\b"), " i have "),
    (re.compile(r"\b(i|we|you|he|she|they|it)'ll\b"), r" \1 will "),
)
_EXPANDED = {"wanna": ("want", "to"), "gonna": ("going", "to"), "gotta": ("have", "to")}
_SAY_NOTHING = frozenset("a an the my just actually basically".split())
_LEADS = frozenset("if and but so ok okay well".split())
# Where a clause begins. It keeps its first word, so that "before I apply" is never "apply before".
_CLAUSE = re.compile(
    r"(?:[.?!;:\n()–—]|(?<!\d),|,(?!\d{3}\b))+|(?=\b(?:if|when|while|after|before|because|since|once|unless|until|during|although|though)\b)"
)
_ABOUT = re.compile(r"\s[–—-]\s(?:about )?(?P<what>[^–—]{3,100}?)[\s?.!]*$")

_SAME_IN_PLURAL = frozenset("news does always goods means process business status series as is us this was has its his".split())
_TELLING = frozenset(
    "not no never none nor neither without cannot except only unless before after during until since while when already still yet last next "
    "first second third current currently previous previously former formerly future past today tomorrow yesterday now later earlier new old "
    "i we he she they you it his her their your our him them us me someone somebody anyone "
    "wife husband spouse partner son daughter kid kids child children parent parents mother father mom dad brother sister sibling siblings "
    "family fiance fiancee employer employee company boss friend cousin grandparent grandparents uncle aunt nephew niece "
    "january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday "
    "sunday day week month year hour minute open closed opened closing paused announced proposed refused refusal approved approval more less "
    "over under above below at least most all any every each both either one another other same different full part single married divorced "
    "widowed common law inside outside abroad canada canadian usa american".split()
) | frozenset(
    word for names in (_COUNTRIES, _NATIONALITIES, _PLACES, _RELATIVES) for word in re.findall(r"[a-z]{2,}", names.replace("?", ""))
)
_ENDINGS = (
    "s",
    "es",
    "ed",
    "d",
    "ing",
    "er",
    "r",
    "or",
    "ers",
    "al",
    "able",
    "ment",
    "ee",
    "ly",
    "ful",
    "less",
    "y",
    "ation",
    "ion",
    "ies",
    "ied",
)
_FRONTS = ("un", "in", "im", "ir", "il", "non", "dis", "re", "pre", "ex", "co", "mis", "over", "under", "out", "sub")


@dataclass(frozen=True)
class Form:
    """What a question asks: its clauses as words, in the order given, and the programs that it names."""

    clauses: tuple[tuple[str, ...], ...]
    programs: frozenset[str]

    @property
    def key(self) -> tuple[tuple[str, ...], ...]:
        """The same for the same clauses in any order."""
        return tuple(sorted(self.clauses))


class Sameness:
    """Reads questions over the registry's names and abbreviations."""

    def __init__(self, registry: Registry) -> None:
        self.vocabulary = Vocabulary(registry, ())
        self._short = {
            key: tuple(words(term.long)) for term in registry.glossary for short in term.short if (key := tuple(words(short)))
        }  # abbreviations only: everyday words for the same, such as "wife" for "spouse", are not the same
        self._longest = max(map(len, self._short), default=1)
        english = (default_model_folder() / "vocab.txt").read_text(encoding="utf-8").split()
        # Neither everyday words nor aliases: misspellings are listed among them, so that the search finds them.
        right = (*(program.name for program in registry.programs.values()), *(term.long for term in registry.glossary))
        self._known = frozenset(english) | frozenset(word for text in right for word in words(text))
        self.form = lru_cache(maxsize=4096)(self._form)

    def programs(self, question: str) -> frozenset[str]:
        """Ids of the programs that a question names, by their names or abbreviations."""
        return frozenset(self.vocabulary.programs(self.vocabulary.spelled(" ".join(self._words(question.lower())))))

    def _form(self, question: str) -> Form | None:
        """None for what cannot be compared: nothing is asked, or it holds letters that are not Latin."""
        plain = unicodedata.normalize("NFKC", question).lower().replace("’", "'").replace("‘", "'")
        if any(c.isalpha() and "LATIN" not in unicodedata.name(c, "") for c in plain):
            return None
        programs = self.programs(plain)
        about = _ABOUT.search(plain)
        if about is not None and self.programs(about["what"]):
            plain = plain[: about.start()]
        clauses = tuple(clause for part in _CLAUSE.split(_asked(plain)) if (clause := _plain(self._words(part))))
        return Form(clauses, programs) if clauses else None

    def same(self, asked: Form, reviewed: Form, slips: bool = True) -> bool:
        """Whether both ask the same of the same programs; with `slips`, which takes English, `asked` may hold slips of the pen."""
        if asked.programs != reviewed.programs:
            return False
        if asked.key == reviewed.key:
            return True
        if not slips or [len(clause) for clause in asked.clauses] != [len(clause) for clause in reviewed.clauses]:
            return False
        pairs = [pair for both in zip(asked.clauses, reviewed.clauses, strict=True) for pair in zip(*both, strict=True)]
        differing = [(typed, meant) for typed, meant in pairs if typed != meant]
        return len(differing) <= min(_MOST_SLIPS, len(pairs) // 3) and all(self._slipped(*pair) for pair in differing)

    def _slipped(self, typed: str, meant: str) -> bool:
        """Whether `typed` can only be a slip for `meant`: a long word that tells nothing by its letters, misspelt by one letter into no
        other word."""
        from rapidfuzz.distance import DamerauLevenshtein

        if len(meant) < 5 or not typed.isalpha() or not meant.isalpha() or typed[0] != meant[0]:
            return False
        if meant in _TELLING or typed in _TELLING or self._is_word(typed) or _derived(typed, meant):
            return False
        # Its last s may have been taken for a plural's: "expres".
        return any(DamerauLevenshtein.distance(form, meant) == 1 for form in (typed, f"{typed}s"))

    def _is_word(self, typed: str) -> bool:
        """Whether it is a word, or one with a syllable before or after it, which no list of words holds all of: "undated", "waiver"."""
        if typed in self._known or f"{typed}s" in self._known:
            return True
        if any(typed.startswith(front) and len(typed) >= len(front) + 4 and typed[len(front) :] in self._known for front in _FRONTS):
            return True
        for ending in _ENDINGS:
            base = typed[: -len(ending)]
            if typed.endswith(ending) and len(base) >= 3 and not ending.endswith("ion"):  # "extention" is none
                whole = base if ending != "d" or base.endswith("e") else ""  # "waived", but "renewd" is none
                twice = base[:-1] if base[-1] == base[-2] else ""  # "tapping"
                if {whole, f"{base}e", f"{base}y", twice} & self._known:
                    return True
        return False

    def _words(self, part: str) -> list[str]:
        """The words with their short forms and abbreviations written out."""
        tokens: list[str] = []
        for word in words(part):
            tokens += _EXPANDED.get(word, (SHORT.get(word, word),))
        out: list[str] = []
        at = 0
        while at < len(tokens):
            for length in range(min(self._longest, len(tokens) - at), 0, -1):
                if (long := self._short.get(tuple(tokens[at : at + length]))) is not None:
                    out += long
                    at += length
                    break
            else:
                out.append(tokens[at])
                at += 1
        return out


def _plain(said: Sequence[str]) -> tuple[str, ...]:
    """Without what says nothing."""
    kept = [_singular(word) for word in said if word not in _SAY_NOTHING]
    while kept and kept[0] in _LEADS:
        kept.pop(0)
    return tuple(kept)


def _asked(plain: str) -> str:
    """Without what is said for courtesy."""
    before = None
    opened = False
    while plain != before:
        before = plain
        plain = _CLOSING.sub("", _GREETING.sub("", plain)).strip()
        if (preamble := _PREAMBLE.match(plain)) is not None and preamble.end() < len(plain):
            plain, opened = plain[preamble.end() :], True
    if opened and (indirect := _INDIRECT.match(plain)) is not None:
        plain = f"{indirect['verb']} {indirect['who']} {indirect['rest']}"
    plain = _POLITE.sub(" ", plain)
    for pattern, written in _SPELLED_OUT:
        plain = pattern.sub(written, plain)
    return plain


def _singular(word: str) -> str:
    """Without the s of a plural; words for persons keep theirs, because one child is not two."""
    plural = len(word) >= 4 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if plural and word.isalpha() and word not in _SAME_IN_PLURAL and word not in _TELLING else word


def _derived(typed: str, meant: str) -> bool:
    """Whether one is the other with a syllable that changes its sense: "eligible" and "ineligible", "overstay" and "overstayed"."""
    short, long = sorted((typed, meant), key=len)
    if long.startswith(short) and long[len(short) :] in _ENDINGS or long.endswith(short) and long[: -len(short)] in _FRONTS:
        return True
    stem = short.rstrip("e")
    return long.startswith(stem) and long[len(stem) :] in _ENDINGS
