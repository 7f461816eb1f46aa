"""With a language model: a follow-up written as a stand-alone question, as the `Rewriter` of bot/followups.py.

The model has the last word only where it brings nothing in: no number, program, name or subject that neither the question nor the
conversation holds, and no "not" more or less. Else, and when it fails, the rules have it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence

from bot import scope
from bot.answer import Turn
from bot.faithful import is_plain
from bot.model import LanguageModel, ModelFailed
from bot.prompt import prompt
from bot.writing import harmless
from index.keywords import terms, words

PROMPT = "follow-up-1"
_SHARE = 0.3  # of what a question may wait for the model: the answer needs the rest
_TURNS, _TURN_LENGTH = 8, 700  # of the conversation that is shown
_LONGEST = 400  # characters of a question
_KEPT = 0.5  # share of the message's own terms that stay
_NEW_WORDS = 3  # that a sentence may need to be one
_NO = re.compile(r"\b(?:not|no|never|without|except|unless)\b|n['’]t\b", re.IGNORECASE)
_NAME = re.compile(r"(?<=\w )\b(?:[A-Z][a-z]+|[A-Z]{2,}[\w-]*)\b")


class ModelRewriter:
    """`named_in` finds the programs that a text names. Safe to share between threads."""

    def __init__(self, model: LanguageModel, named_in: Callable[[str], list[str]]) -> None:
        self._model = model
        self._named_in = named_in
        self._prompt = prompt(PROMPT)

    def __call__(self, question: str, history: Sequence[Turn]) -> str | None:
        """The stand-alone question; None where the rules must do."""
        shown = [{"who": turn.role, "said": harmless(turn.content[:_TURN_LENGTH])} for turn in history[-_TURNS:]]
        data = json.dumps({"conversation": shown, "question": harmless(question)}, ensure_ascii=False, indent=1)
        reply = self._model.ask(self._prompt.text, data, time.monotonic() + _SHARE * self._model.seconds)
        text = ""
        try:
            for piece in reply:
                text += piece
                if len(text) > 4 * _LONGEST:
                    break
        except ModelFailed:
            return None
        finally:
            reply.close()
            self._model.charge(reply.usage)
        lines = [line.strip(" \"'“”") for line in text.split("\n") if line.strip()]
        return lines[0] if len(lines) == 1 and self._brings_nothing_in(lines[0], question, history) else None

    def _brings_nothing_in(self, text: str, question: str, history: Sequence[Turn]) -> bool:
        before = (question, *(turn.content for turn in history))
        own, asked = set(terms(text)), set(terms(question))
        new = own - set(terms("\n".join(before)))
        named = set(self._named_in(text)) - {
            program for said in (question, *(t.content for t in history)) for program in self._named_in(said)
        }
        return (
            is_plain(text)
            and len(text) <= _LONGEST
            and not any(term[0].isdigit() for term in new)
            and not named
            and not scope.domain_terms(" ".join(new))
            and len(new) <= _NEW_WORDS
            and len(asked & own) >= _KEPT * len(asked)
            and {name.lower() for name in _NAME.findall(text)}
            <= {word for said in before for word in (*words(said), *re.findall(r"[\w-]+", said.lower()))}
            and bool(_NO.search(text)) == bool(_NO.search(question))
            and not (scope.asks_to_cheat(text) and not scope.asks_to_cheat(question))
        )
