"""Is every program shown as it stood on the day that was asked about? Judged by the registry's own entries, not by what the chain took."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.answer import Answer
from bot.language import FRENCH
from corpus.model import GENERAL
from eval.cases import Case
from eval.evidence import Evidence
from eval.grounding import stated

SAYS_OPEN = re.compile(
    r"\b(?:is|are|remains?|stays?) (?:now |currently |still )*(?:open|accepting (?:new )?applications|available)\b"
    r"(?! work| permit|[- ]ended)|\b(?:reopened|re-opened)\b",
    re.IGNORECASE,
)
LIMITS = re.compile(
    r"\b(?:no|not|never|nothing|none|nor|neither|cannot|whether|if|was|were|until|before|once|when|closed|ended|expired|would|will|may|might|"
    r"only|unless|except|said|says|claim\w*)\b|n['’]t\b",
    re.IGNORECASE,
)
# One of these stands in an answer that says where such a program stands.
SAYS = {
    "closed": r"\bclos|\bend(?:s|ed|ing)?\b|\bno longer\b|\bexpired\b|\bstopped\b|\bno second intake|\bnot (?:been )?(?:re-?)?open|"
    r"\bpast\b|\blast\b|\bformer|\bsince \d|\buntil\b|\bremoved\b|\breplaced\b",
    "paused": r"\bpaus|\bno new\b|\bsuspend|\bblock|\bstopped\b|\bnot (?:being )?(?:accept|collect)|\bclos",
    "announced": r"\bannounc|\bnot (?:yet )?(?:been )?(?:open|launch|publish)|\b(?:has|had|have) not\b|"
    r"\bno (?:\w+ )?(?:opening|intake|application|official|criteria|form|fee|date|page)\b|\bplan|\bpromis|\bunpublished",
    "proposed": r"\bpropos|\bnot (?:yet )?(?:law|in force)|\bwould\b|\bbill\b|\bplan",
    "replaced": r"\breplac|\brevoked|\bclos|\bended|\bno longer",
}
# The same in a French answer.
_DIT = {
    "closed": r"\bferm|\bclose?s?\b|\bpris fin\b|\bn['’]\w+ \w*\s?plus\b|\bdepuis le \d|\bjusqu['’]au \d|\baucune deuxième période\b",
    "paused": r"\bsuspend|\baucune? nouve|\bbloqu",
    "announced": r"\bannonc|\baucune ouverture\b|\baucune date\b|\baucune façon\b",
    "proposed": r"\bpropos|\bprojet\b",
    "replaced": r"\bremplac|\bpris fin\b",
}


@dataclass(frozen=True)
class Standings:
    """wrong: what is shown of a program against the registry, in words. due: the answer rests first on a program that is not open;
    said: its text says so."""

    programs: tuple[str, ...]
    wrong: tuple[str, ...]
    due: bool
    said: bool


def standings(case: Case, answer: Answer, evidence: Evidence) -> Standings:
    cited = [held for c in answer.citations if (held := evidence.passages.get(c.passage_id)) is not None]
    about = tuple(dict.fromkeys(held.program for held in cited if held.program != GENERAL))
    first = cited[0].program if cited and cited[0].program != GENERAL else ""
    standing = evidence.standing(first, case.at).standing
    pattern = SAYS.get(standing, "") if first and answer.status in ("answered", "partial") else ""
    if pattern and answer.language == FRENCH:
        pattern += f"|{_DIT[standing]}"
    return Standings(
        programs=about,
        wrong=tuple(dict.fromkeys(_wrong(case, answer, evidence))),
        due=bool(pattern),
        said=bool(pattern) and re.search(pattern, answer.answer, re.IGNORECASE) is not None,
    )


def _wrong(case: Case, answer: Answer, evidence: Evidence) -> Iterator[str]:
    if answer.at != case.at:
        yield f"answered as of {answer.at or 'today'}, asked as of {case.at or 'today'}"
    passages = {c.number: evidence.passages.get(c.passage_id) for c in answer.citations}
    for citation in answer.citations:
        held = passages[citation.number]
        program = held.program if held is not None else GENERAL
        due = evidence.standing(program, case.at).standing if program != GENERAL else ""
        if citation.standing != due:
            yield f"citation {citation.number} shows {program} as {citation.standing or 'nothing'}, not {due or 'nothing'}"
        if held is not None and held.kind == "standing" and held.text != (note := _note(program, case.at, evidence)):
            yield f"citation {citation.number} gives the note of another time: {held.text} It is now: {note}"
    for shown in answer.programs:
        if shown.standing != (due := evidence.standing(shown.id, case.at).standing):
            yield f"{shown.id} is shown as {shown.standing or 'nothing'}, not {due or 'nothing'}"
    shown_as = {held.program: c.standing for c in answer.citations if (held := passages[c.number]) is not None}
    shown_as.update({one.id: one.standing for one in answer.programs})
    for program, standing in case.standing:
        if shown_as.get(program, standing) != standing:
            yield f"{program} is shown as {shown_as[program] or 'nothing'}; the case wants {standing}"
    for sentence, numbers in stated(answer.answer):
        for program in {held.program for n in numbers if (held := passages.get(n)) is not None and held.program != GENERAL}:
            due = evidence.standing(program, case.at).standing
            if due not in ("open", "") and SAYS_OPEN.search(sentence) and not LIMITS.search(sentence):
                yield f"{program} is {due}, but: {sentence}"


def _note(program: str, at: str, evidence: Evidence) -> str:
    """The note that may be cited: of the day or, where the program is not known to have existed then, how it began."""
    return evidence.standing(program, at).note or next((one.note for one in evidence.programs.get(program, ())), "")
