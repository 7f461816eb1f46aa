"""The answer contract: the one thing that every door shows. Fields may be added here, none renamed."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Status = Literal["answered", "partial", "clarify", "not_found", "advice", "out_of_scope", "refused", "smalltalk"]
STATUSES: tuple[str, ...] = ("answered", "partial", "clarify", "not_found", "advice", "out_of_scope", "refused", "smalltalk")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Turn(_Record):
    """One message of the conversation so far."""

    role: Literal["user", "assistant"]
    content: str


class Citation(_Record):
    """A quote with its place: `passage[start:end] == quote`, always. `origin` says whose words the passage holds: "brief" (our
    summary of the source), "file" or "page" (the source's own)."""

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

    @model_validator(mode="after")
    def _exact(self) -> Citation:
        if self.passage[self.start : self.end] != self.quote:
            raise ValueError(f"citation {self.number}: the quote does not stand in its passage at {self.start}:{self.end}")
        return self


class Claim(_Record):
    """One statement of the answer, the numbers of the citations that support it, and how well they do (0 to 1)."""

    text: str
    citations: tuple[int, ...]
    as_of: str
    support: float


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
    total: float = 0.0


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
