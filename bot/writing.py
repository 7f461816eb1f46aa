"""With a language model: reword what the checks let through, and let no sentence by that its source does not say. bot/chain.py calls it.

The chain has chosen, checked and ordered whole sentences of the sources; the model gets those, numbered, and words them anew. What it
writes is taken sentence by sentence as it comes. A sentence is shown only if a sentence of the passage it cites says the same
(bot/faithful.py, which asks bot/gate.py); else the source's own sentence takes its place. What the model leaves out, or does not come to
because it fails, follows in the source's own words, so an answer with a model never says less than the one without.

Standing, corrections, sides of a disagreement, known unknowns and lists are never reworded. Numbers, dates and links never come from the
model: a number must stand in the quote, and addresses are taken out of what it is shown and refused in what it writes.
"""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.answer import Answer, ModelUse, Part, parts
from bot.compose import MAX_WORDS
from bot.faithful import ADDRESS, Check, Group, Said, groups
from bot.joins import fitted
from bot.model import LanguageModel, ModelFailed, Usage
from bot.pieces import Piece
from bot.privacy import mask
from bot.prompt import Prompt, prompt
from corpus.sentences import spans

NOT_USED = "The language model could not be used for this answer: every sentence is the source's own."
USED_IN_PART = "The language model did not finish this answer: the rest is in the sources' own words."
PROMPT = "answer-1"
_REWORDED = ("answered", "partial")  # what else there is says that something is not known, not ours to say, or a danger: never reworded
_MOST_WORDS = int(1.3 * MAX_WORDS)
_LONGEST = 12_000  # characters of an answer with what a model thinks aloud before it
_LONGEST_SENTENCE = 1_500

_log = logging.getLogger("northbound.model")


@dataclass(frozen=True)
class Outcome:
    """How the writing went, and what its reader should know."""

    use: ModelUse
    caveat: str = ""


class Writer:
    """Words answers with a model. Safe to share between threads."""

    def __init__(self, model: LanguageModel) -> None:
        self.model = model
        self._prompt: Prompt = prompt(PROMPT)

    def write(
        self, question: str, pieces: Sequence[Piece], word: Callable[[Sequence[Piece]], Answer], until: float, charged: Sequence[Usage]
    ) -> Generator[Part, None, Answer]:
        """The answer to `question` from its checked `pieces`, claim by claim as each is sure. `word` makes the Answer of some pieces;
        `until` is when it must be there, on the clock of `time.monotonic`; `charged` is what was asked of the model before."""
        used = sum(charged, Usage())
        answer = word(pieces)
        said: list[Said] = []
        outcome = Outcome(self._use(used))
        if answer.status in _REWORDED and answer.claims:
            writing = self._write(question, pieces, until, used)
            while True:
                try:
                    one = next(writing)
                except StopIteration as end:
                    outcome = end.value
                    break
                said.append(one)
                yield _last_part(_in_words(word([s.piece for s in said]), said))
            answer = _in_words(word([s.piece for s in said]), said)
        else:
            yield from parts(answer)
        reworded = any(one.text for one in said)
        caveats = (*answer.caveats, outcome.caveat) if outcome.caveat else answer.caveats
        return answer.model_copy(
            update={"mode": self.model.name if reworded else answer.mode, "caveats": caveats, "model_use": outcome.use}
        )

    def _write(self, question: str, pieces: Sequence[Piece], until: float, used: Usage) -> Generator[Said, None, Outcome]:
        first = kept_whole(pieces)
        told = [Said(piece) for piece in pieces[:first]]
        yield from told
        rest = pieces[first:]
        given = groups([piece for piece in rest if "\n" not in piece.quote])
        if not given:
            for piece in rest:
                yield Said(piece)
            return Outcome(self._use(used))
        check = Check(given, told)
        problem, shown, refused, words = "", 0, 0, 0
        waiting: list[Said] = []  # the sources' own, until the model has a sentence that holds: with none, the answer is as without it
        reply = self.model.ask(self._prompt.text, data(question, told, given), until)
        try:
            for sentence, numbers in sentences(reply):
                one = check.said(sentence, numbers)
                refused += one is None or not one.text
                if one is None:
                    continue
                if not shown and not one.text:
                    waiting.append(one)
                    continue
                ready = [one]
                if not shown:  # what answers most directly comes first, whatever the model begins with
                    ready = [*([] if check.opens((*waiting, one)[0]) else [Said(check.lead.alone)]), *waiting, one]
                for new in check.untold_of(ready):
                    yield new
                    shown += bool(new.text)
                    words += len(new.shown.split())
                if words > _MOST_WORDS:
                    break
        except ModelFailed as failed:
            problem = failed.kind
        finally:
            reply.close()
        yield from check.left_of(rest)
        if not shown and not problem:
            problem = "empty"
        use = self._use(used + reply.usage).model_copy(update={"sentences": shown, "refused": refused, "problem": problem})
        _log.info("%s, prompt %s: %s", self.model.name, PROMPT, use.model_dump_json())
        return Outcome(use, "" if not problem else USED_IN_PART if shown else NOT_USED)

    def _use(self, used: Usage) -> ModelUse:
        return ModelUse(
            model=self.model.name,
            prompt=f"{self._prompt.name} {self._prompt.digest}",
            calls=used.calls,
            input_tokens=used.input_tokens,
            output_tokens=used.output_tokens,
            cost=self.model.cost(used),
        )


def _last_part(answer: Answer) -> Part:
    *_, last = parts(answer)
    return last


def _in_words(answer: Answer, said: Sequence[Said]) -> Answer:
    """The answer with the model's words in place of the quotes. What the wording put around them stays."""
    text, at = "", 0
    claims = []
    for claim, one in zip(answer.claims, said, strict=True):
        place = answer.answer.find(f"{claim.said} [{claim.citations[0]}]", at) if one.text else -1
        if place >= 0:
            end = place + len(claim.said)
            claim = claim.model_copy(update={"text": one.text, "join": fitted(claim.join, one.text)})
            text += answer.answer[at:place] + claim.said
            at = end
        claims.append(claim)
    return answer.model_copy(update={"answer": text + answer.answer[at:], "claims": tuple(claims)})


def kept_whole(pieces: Sequence[Piece]) -> int:
    """How many of the first pieces are shown as they are: all up to the last registered statement or known unknown, and lists behind it."""
    count = max((n for n, p in enumerate(pieces, 1) if p.passage.kind != "section" or p.passage.unknown), default=0)
    while count < len(pieces) and "\n" in pieces[count].quote:
        count += 1
    return count


# What the model is shown


def data(question: str, told: Sequence[Said], given: Sequence[Group]) -> str:
    """One JSON object: whatever stands in a question or a document stays inside its string."""
    told_model = {
        "question": harmless(question),
        "already_told": [harmless(one.shown) for one in told],
        "sources": [
            {
                "number": number,
                "heading": harmless(group.heading),
                "statements": [harmless(unit.piece.passage.text[unit.start : unit.end]) for unit in group.units],
            }
            for number, group in enumerate(given, 1)
        ],
    }
    return json.dumps(told_model, ensure_ascii=False, indent=1)


_SIGNS = str.maketrans({"<": "‹", ">": "›", "[": "(", "]": ")", "{": "(", "}": ")", "|": "/", "`": "'", "\\": "/"})


def harmless(text: str) -> str:
    """The text as data for the model: personal numbers masked, no address, no sign that a model or its template takes for more than
    text ("<|im_start|>", "[INST]", "[2]", "### System:"), nothing that cannot be seen."""
    text = ADDRESS.sub("(address)", mask(text)).translate(_SIGNS)
    text = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return re.sub(r"\s+", " ", re.sub(r"[#=*_~-]{3,}", " ", text)).strip()


# What the model writes

_MARK = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_MARKS = rf"(?:\s*{_MARK.pattern.replace('(', '(?:', 1)})+"
_ENDS = re.compile(rf"\n|{_MARKS}\s*[.!]?(?=\s+[^\sa-z\[])")
_LISTED = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")


def sentences(texts: Iterable[str]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The model's sentences as they come, each with the numbers it cites. Raises ModelFailed for an answer without end."""
    held, length = "", 0
    for text in texts:
        held += text
        length += len(text)
        if length > _LONGEST:
            raise ModelFailed("endless")
        held = _said_aloud(held)
        while not _thinks(held) and (end := _ENDS.search(held)) is not None:
            yield from _cited(held[: end.end()])
            held = held[end.end() :]
        if len(held) > _LONGEST_SENTENCE and not _thinks(held):
            raise ModelFailed("endless")
    if not _thinks(held):
        yield from _cited(held)


def _said_aloud(text: str) -> str:
    """The text without what a model thinks before it answers, once that is over."""
    end = text.find("</think") if _thinks(text) else -1
    return text if end < 0 else text[end:].partition(">")[2] if ">" in text[end:] else text


def _thinks(text: str) -> bool:
    return text.lstrip()[:6] == "<think"


def _cited(line: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A line as its sentence with what it cites; of several sentences only the last stands before the marks."""
    numbers = tuple(dict.fromkeys(int(n) for marks in _MARK.findall(line) for n in marks.split(",")))
    text = re.sub(r"\s+([.,;:!?])", r"\1", " ".join(_MARK.sub(" ", _LISTED.sub("", line)).split()))
    if not re.search(r"\w", text):
        return
    *before, last = spans(text)
    for span in before:
        yield text[span.start : span.end], ()
    yield text[last.start : last.end], numbers
