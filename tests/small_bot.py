"""A bot of a few canned answers, for tests of the page and the server: real Answer records, chosen by a word in the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.answer import Answer, Citation, Claim, ProgramStanding, Turn
from corpus.errors import RequestError
from corpus.model import Passage, Program, Source

PASSAGE = "The 2023 open work permit for H-1B holders closed on 17 July 2023.\nIt had taken 10,000 applications. No second intake is known."
FIRST = "The 2023 open work permit for H-1B holders closed on 17 July 2023."
SECOND = "It had taken 10,000 applications."
NEWS = "Lawyers said on 20 July 2023 that the limit was reached in 48 hours."
PERMIT = Program(
    "h1b-open-work-permit-2023", "2023 open work permit", "closed", "2023-07-17", "2026-02-12", "manual", glance=True, note="It closed."
)
PATHWAY = Program(
    "accelerated", "Accelerated pathway", "announced", "2025-11-04", "2026-10-07", "budget", glance=True, note="It was announced."
)
MANUAL = Source("manual", "Officer instructions", "IRCC", "official", "https://www.canada.ca/manual", True, "2024-09-27", "2026-02-12")
PAPER = Source("paper", "What lawyers say", "A. Newspaper", "news", "https://news.example/never-seen", False, "2023-07", "2023-07-20")


class SmallBot:
    """Keeps the histories it was given, so that tests can look at them."""

    programs = {program.id: program for program in (PERMIT, PATHWAY)}
    sources = {source.id: source for source in (MANUAL, PAPER)}
    corpus_version = "small"

    def __init__(self) -> None:
        self.histories: list[list[Turn]] = []

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer:
        self.histories.append(list(history))
        if not question.strip():
            raise RequestError("the question is empty; type one")
        if len(question) > 4000:
            raise RequestError(f"the question has {len(question):,} characters; the limit is 4,000")
        if "broken" in question:
            raise RuntimeError("secret detail of the machine")
        if "permit" in question:
            return closed(question, id)
        if "evil" in question:
            return from_evil_document(question)
        if "unknown" in question:
            return not_found(question)
        return plain(question, "smalltalk", "Hello. Ask about moving to Canada.")


def closed(question: str = "Is the permit open?", id: str = "") -> Answer:
    """Three claims: two quotes of one official passage, one of a newspaper's own words without a known address."""
    citations = (cited(1, FIRST), cited(2, SECOND), news(3))
    return Answer(
        id=id,
        question=question,
        standalone_question=question,
        language="en",
        status="answered",
        answer=f"{FIRST} [1] {SECOND} [2]\n\n{NEWS} [3]\n\nAs of 20 July 2023.",
        claims=tuple(Claim(text=c.quote, citations=(c.number,), as_of=c.as_of, support=0.9) for c in citations),
        citations=citations,
        programs=(ProgramStanding(id=PERMIT.id, name=PERMIT.name, standing="closed", since="2023-07-17", as_of="2026-02-12"),),
        caveats=("Part of this rests on a source last known to be true on 20 July 2023.",),
        follow_ups=("What replaced the permit?", "Could my family come?"),
        corpus_version="small",
    )


def cited(
    number: int, quote: str, passage: str = PASSAGE, source: Source = MANUAL, standing: str = "closed", origin: str = "brief"
) -> Citation:
    start = passage.index(quote)
    return Citation(
        number=number,
        source_id=source.id,
        title=source.title,
        publisher=source.publisher,
        kind=source.kind,
        url=source.link,
        published=source.published,
        as_of=source.as_of,
        standing=standing,
        passage_id=f"{source.id}#1",
        heading="Is it open?",
        passage=passage,
        quote=quote,
        start=start,
        end=start + len(quote),
        origin=origin,
    )


def news(number: int) -> Citation:
    return cited(number, NEWS, NEWS, PAPER, "", "file")


def not_found(question: str = "Something unknown?") -> Answer:
    nearest = ("Is it open?", "What does it cost?")
    text = (
        "Our sources do not answer this.\n\nThe nearest that they hold:\n- Is it open?\n- What does it cost?\n\nAsk a licensed consultant."
    )
    return plain(question, "not_found", text).model_copy(update={"follow_ups": nearest})


def plain(question: str, status: str, text: str) -> Answer:
    return Answer.model_validate(
        {"id": "", "question": question, "standalone_question": question, "language": "en", "status": status, "answer": text}
    )


def from_evil_document(question: str) -> Answer:
    """Every text that a document or a registry can bring is the question itself, which holds markup."""
    source = Source("evil", question, question, question, "javascript:window.ran=1", True, question, question)
    citation = cited(1, question, question, source, question)
    program = ProgramStanding(id=question, name=question, standing=question, since=question, as_of=question)
    return plain(question, "answered", f"{question} [1]").model_copy(
        update={"citations": (citation,), "programs": (program,), "caveats": (question,), "follow_ups": (question,)}
    )


class HoldingBot(SmallBot):
    """Also says how the passages of its answers read now; `passages` can be changed, as a new index does."""

    def __init__(self) -> None:
        super().__init__()
        self.programs = dict(SmallBot.programs)
        self.passages = {
            "manual#1": Passage("manual#1", "manual", MANUAL.title, ("Is it open?",), PASSAGE, program=PERMIT.id, as_of=MANUAL.as_of),
            "paper#1": Passage("paper#1", "paper", PAPER.title, ("Is it open?",), NEWS, as_of=PAPER.as_of, origin="file"),
        }

    def passage(self, id: str) -> Passage | None:
        return self.passages.get(id)

    def favour(self, asked: Mapping[str, Sequence[str]]) -> None:
        self.favoured = dict(asked)
