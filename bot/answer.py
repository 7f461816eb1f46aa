"""The answer contract: the one thing that every door shows. Fields may be added here, none renamed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Status = Literal["answered", "partial", "clarify", "not_found", "advice", "out_of_scope", "refused", "smalltalk"]
STATUSES: tuple[str, ...] = ("answered", "partial", "clarify", "not_found", "advice", "out_of_scope", "refused", "smalltalk")
ABBREVIATED = re.compile(r"[A-Z][A-Z0-9-]")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Turn(_Record):
    """One message of the conversation so far."""

    role: Literal["user", "assistant"]
    content: str


class Beside(_Record):
    """A source that our words rest on beside the one that they are filed under."""

    source_id: str
    publisher: str
    title: str
    kind: str
    url: str


class Citation(_Record):
    """A quote with its place: `passage[start:end] == quote`, always. `origin` says whose words the passage holds: "brief" (our
    summary of the source), "file" or "page" (the source's own). `rests_on` are the sources that a summary rests on beside its own: a
    section under an article of 2021 may say what has held since, which is not in that article."""

    number: int
    source_id: str
    title: str
    publisher: str
    kind: str
    url: str
    published: str
    as_of: str
    standing: str
    passage_id: str
    heading: str
    passage: str
    quote: str
    start: int
    end: int
    origin: str = "brief"
    rests_on: tuple[Beside, ...] = ()
    language: str = "en"  # of the passage: a French answer quotes the French twin of an English one (corpus/twins.py)

    @model_validator(mode="after")
    def _exact(self) -> Citation:
        if self.passage[self.start : self.end] != self.quote:
            raise ValueError(f"citation {self.number}: the quote does not stand in its passage at {self.start}:{self.end}")
        return self


class Claim(_Record):
    """One statement of the answer, the numbers of the citations that support it, and how well they do (0 to 1). `join` is what the answer
    says before it, so that it reads on from the claim before: a phrase of bot/joins.py, which states nothing, or ""."""

    text: str
    citations: tuple[int, ...]
    as_of: str
    support: float
    join: str = ""

    @property
    def said(self) -> str:
        """The words of it that stand in the answer: with its join, after whose comma a small letter follows."""
        small = self.join.endswith(",") and ABBREVIATED.match(self.text) is None
        text = f"{self.text[:1].lower()}{self.text[1:]}" if small else self.text
        return f"{self.join} {text}" if self.join else text


class ProgramStanding(_Record):
    """A program the answer is about."""

    id: str
    name: str
    standing: str
    since: str
    as_of: str


class Differing(_Record):
    """Something for which sources give different values, as the answer shows it: `authority` is the number of the citation that holds."""

    id: str
    about: str
    citations: tuple[int, ...]
    authority: int


class Timings(_Record):
    """Milliseconds spent in each step."""

    understand: float = 0.0
    search: float = 0.0
    compose: float = 0.0
    check: float = 0.0
    write: float = 0.0  # with a language model: until its last sentence was checked
    total: float = 0.0


class ModelUse(_Record):
    """What a language model did for an answer, where one is set. `prompt` is the prompt's name and digest; `calls` and tokens are of all
    that was asked of it, as its server counts them; `cost` is None where no price is set. Of its sentences `sentences` are shown, and
    `refused` were not, because the source does not say them. `problem` is why it gave nothing or no more ("" where it came to its end)."""

    model: str
    prompt: str
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    sentences: int = 0
    refused: int = 0
    problem: str = ""


class Reviewed(_Record):
    """Who reviewed the answer, on which ISO day, and until when it holds; `id` names it at the desk."""

    id: str
    by: str
    on: str
    expires: str


class Answer(_Record):
    """What the bot says, and everything needed to check it."""

    id: str
    question: str
    standalone_question: str
    language: str
    status: Status
    answer: str
    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    programs: tuple[ProgramStanding, ...] = ()
    caveats: tuple[str, ...] = ()
    follow_ups: tuple[str, ...] = ()
    corpus_version: str = ""
    mode: str = "extractive"
    timings_ms: Timings = Field(default_factory=Timings)
    disagreements: tuple[Differing, ...] = ()
    at: str = ""  # the past ISO day that was answered as of; "" is today
    asks_back: str = ""  # what must be known before there is one answer; `follow_ups` are then the choices
    model_use: ModelUse | None = None  # None where no language model is set
    answer_id: str = ""  # made at random by a door that keeps a journal: feedback names the answer by it
    reviewed: Reviewed | None = None  # set where a member of staff has reviewed this very answer


class Part(_Record):
    """A claim of an answer that is still being made, with the citations that none before it has."""

    claim: Claim
    citations: tuple[Citation, ...]


def parts(answer: Answer) -> Iterator[Part]:
    """The claims of an answer one by one."""
    given: set[int] = set()
    for claim in answer.claims:
        yield Part(claim=claim, citations=tuple(c for c in answer.citations if c.number in claim.citations and c.number not in given))
        given.update(claim.citations)
