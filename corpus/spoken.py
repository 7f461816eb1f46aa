"""Which language a text that was added is in. Only adding imports this: the model takes a second and 100 MB to load."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

ENGLISH = "en"
_LOOKED_AT = 4_000  # characters; more do not change the answer
_FEWEST_WORDS = 8
_SURE = 0.9


def language_of(text: str) -> str:
    """The ISO 639-1 code of a text's language; "en" where there is too little text to tell or no clear evidence for another."""
    if len(text.split()) < _FEWEST_WORDS:
        return ENGLISH
    language, share = _identifier().classify(text[:_LOOKED_AT])
    return str(language) if share >= _SURE else ENGLISH


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
