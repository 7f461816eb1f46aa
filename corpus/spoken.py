"""Which language a text that was added is in. Only adding imports this: the model takes a second and 100 MB to load."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

ENGLISH = "en"
_LOOKED_AT = 4_000  # characters; more do not change the answer
_FEWEST_WORDS = 8
_SURE = 0.9
# English has these in every sentence, and of the other languages none has several.
_ENGLISH_ONLY = frozenset("the and of with that this from which you your they their have has been would should not are by".split())
_PLAINLY = 0.10  # share of these among the words: .12 to .3 in English prose, at most .03 in another language


def language_of(text: str) -> str:
    """The ISO 639-1 code of a text's language; "en" where there is too little text to tell or no clear evidence for another."""
    if len(text.split()) < _FEWEST_WORDS or _is_plainly_english(text):
        return ENGLISH
    language, share = _identifier().classify(text[:_LOOKED_AT])
    return str(language) if share >= _SURE else ENGLISH


def _is_plainly_english(text: str) -> bool:
    """Whether there is no need to load the model."""
    words = re.findall(r"\w+", text[:_LOOKED_AT].lower())
    return sum(word in _ENGLISH_ONLY for word in words) >= _PLAINLY * len(words) and len(_ENGLISH_ONLY.intersection(words)) >= 5


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
