"""Answer one question: understand -> search -> compose -> check -> Answer.

The command line, the page, the API and the evaluation all call `Bot.answer`, or `Bot.stream`, which gives the same claim by claim. Each
step is a plain function of what the one before gave, so each can be tested alone; `Bot.runnable` is the same chain as a LangChain
runnable. With a language model, bot/writing.py rewords what was checked and bot/rewriting.py makes follow-ups stand alone; without one,
neither is imported.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from bot import language, privacy, scope, tongues
from bot.answer import Answer, Part, Timings, Turn, parts
from bot.answerability import NEARLY_SURE, NOT_FOUND, SURE, answerability, may_not_answer, surely_answers
from bot.asked import Asked, is_asked, is_written_answer
from bot.bare import Bare, Leaning, facet_in
from bot.check import Checked, check
from bot.compose import MAX_WORDS, compose
from bot.continuing import best_first, features, sentences_of
from bot.doubts import only_doubts
from bot.followups import Rewriter, asks_nothing, needed_in, objects
from bot.joins import unjoined
from bot.last_days import last_days, to_be_told
from bot.offers import offered
from bot.others import (
    beside_the_refusal,
    month_not_held,
    of_another_age,
    of_another_birth,
    of_another_country,
    of_another_number,
    of_another_relative,
    of_another_time,
    of_others,
    of_theirs,
    of_what_has_not_ended,
    of_what_was,
    told_of_the_asker,
)
from bot.pieces import Piece
from bot.reading import behind, is_clear, placed_by, read_alone, read_beside, read_in_conversation, read_sentences
from bot.settings import Settings
from bot.several import asks_of_a_text, compares, names_a_text, of_each_name, of_each_of_two, of_each_thing, segments, without_its_text
from bot.splits import Splits, first_sentences
from bot.story import asks
from bot.swaps import place_in, places_in, province_of
from bot.understand import Understood, check_question, of_program, past_day, understand
from bot.vocabulary import Vocabulary
from bot.wording import NEARLY, NOT_QUITE, SEE, Wording
from corpus.model import GENERAL, Passage, Program, Source
from corpus.pattern import Needing
from corpus.registry import Registry, load_registry
from corpus.sentences import opening_verdict, spans
from corpus.timeline import come_to, not_yet, reaches_back, registry_on, sentences_on
from corpus.twins import FRENCH, Pair, find_twins, read_twins
from index.build import current, read_manifest, verified
from index.embedder import Embedder, load_embedder
from index.expects import expected, holds
from index.keywords import covered, terms
from index.published import Held, hold
from index.reader import Reader, load_reader
from index.search import Hit, Index, Query
from index.store import open_local, reduced

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from bot.french import FrenchQuestions
    from bot.model import LanguageModel, Usage

_T = TypeVar("_T")

# A question that names nothing of the field must be nearer than this to one of ours (cosine) to be taken for it, or to the text.
_RESEMBLES = 0.63
_NEAR_TEXT = 0.42
_IN_COMMON = 0.45  # or have this share of its terms, by rarity, in common with the passage
_UNLIKE = 0.52  # which tells nothing where no question of ours is nearer than this
_AS_ASKED = 0.87  # cosine to a question of ours at which it counts as the one asked
_ALSO_ASKED = 0.8  # cosine from which a part of a message by itself is a question of ours on the program of the part before it
_A_CLAIM = 6  # terms of a message that says what it doubts, at least
_SAID_IN_FULL = 0.7  # the same, of a message that doubts the last answer and says what it doubts
_ANOTHER = 0.1  # cosine by which what another program is asked for is less near, where few words are taken for one program's
# From where a passage may answer a message in its conversation: the sum of bot/continuing.py, and its likeness to what was typed alone.
_GOES_ON = 0.5
_NEAR_TYPED = 0.35
_OF_ANOTHER = 0.25  # likeness to what was typed below which a passage that holds none of its words may be about something else
_FROM_ELSEWHERE = 0.05  # in score, as which a passage that is said of elsewhere falls behind others
_ELSEWHERE = 0.3  # what is left of the chance of what is said of a province where an American state is asked about
_NEAREST = 4  # hits that are near
_WORDS_OF = 5000  # sections of ours whose words are known to be right
_NOT_OPEN = ("closed", "paused", "announced")
_SHOWN = 10  # hits that go on from searching
LOOKED_AT = 20  # of a follow-up, each way

_IN_COUNTRY = re.compile(
    r"\bin (?:the )?(?:(canada)|us|usa|united states|america|states|california|texas|new jersey|new york|washington|illinois|massachusetts|"
    r"virginia|florida|michigan|ohio|pennsylvania|arizona|north carolina|georgia|colorado|oregon|maryland|minnesota|seattle|chicago|boston|"
    r"san francisco|bay area|silicon valley|austin|dallas|houston|atlanta)\b",
    re.IGNORECASE,
)
_SAYS_NOTHING = frozenset(terms("need needs needed take takes took get gets have had was were require required"))
_AGAIN = frozenset(terms("again remind exactly right true sure number date day figure amount"))
_OTHER_STATUS = re.compile(r"\b(?:opt|f-?1|l-?1|o-?1|tn|j-?1|b-?[12])\b", re.IGNORECASE)
_VISITING = re.compile(
    r"\b(?:visit\w*|tourists?|nomads?|holidays?|vacation|trips?|parents?|mother|father|mom|dad|etas?|trv)\b", re.IGNORECASE
)
_REFERS_BACK = re.compile(r"\b(?:it|there|that|this|they|them|those|these)\b", re.IGNORECASE)

_log = logging.getLogger("northbound.chain")


@dataclass(frozen=True)
class Found:
    """The questions in the message, and the hits for each, best first."""

    understood: Understood
    asked: tuple[Asked, ...]
    hits: tuple[tuple[Hit, ...], ...]
    not_yet: frozenset[str] = frozenset()  # programs that did not exist on the day that is answered as of
    reduced: tuple[str, ...] = ()  # what a person should know of a search that did without its server
    leaning: tuple[Leaning, ...] = ()  # of each question what it leaves to the conversation


@dataclass(frozen=True)
class Draft:
    """What would be said for each question in the message, before it is checked."""

    found: Found
    pieces: tuple[tuple[Piece, ...], ...]


class Bot:
    """The chain with what it stands on: the registry, an open index, and the settings. Safe to share between threads."""

    def __init__(
        self,
        registry: Registry,
        index: Index,
        sources: Mapping[str, Source],
        today: date | None = None,
        rewriter: Rewriter | None = None,
        model: LanguageModel | None = None,
        reader: Reader | None = None,
    ) -> None:
        self.registry = registry
        self.index = index
        self.sources = {s: sources[s] for s in index.manifest.documents if s in sources}
        self.corpus_version = index.manifest.corpus_version
        self._all_sources = sources
        ours = index.passages.numbers(asked=True)
        self._vocabulary = Vocabulary(
            registry, index.passages.headings(ours), lambda: (index.passages[int(number)].text for number in ours[:_WORDS_OF])
        )
        self._splits = Splits(registry.splits, index.passages.by_id)
        # The briefs are of the field; what a user chose need not be.
        self.answerability = answerability(index.passages if index.manifest.only else (), index.rarity)
        self._today = today
        self._reader = reader
        self._rewriter = rewriter
        self._writer = None
        if model is not None:
            from bot.rewriting import ModelRewriter
            from bot.writing import Writer

            self._writer = Writer(model)
            self._rewriter = rewriter or ModelRewriter(model, self._named_in)
        self._registry_of = lru_cache(maxsize=64)(lambda at, today: registry_on(registry, at) if at else come_to(registry, today))
        self._corrections_on = lru_cache(maxsize=64)(lambda at: Needing((c, c.needs) for c in self._registry_on(at).corrections.values()))
        # The sentences of a passage are looked at for many a question, and for one question more than once.
        self._wrong = lru_cache(maxsize=2048)(self._contradicted)

    def answer(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Answer:
        """Answer one message, as of today or of a past ISO day `at`. Raises RequestError for a question or a day that cannot be read."""
        return self.trace(question, history, id, at)[0]

    def without_reader(self) -> Bot:
        """The same bot that takes the hits as the search orders them: for measuring, and for learning what the search leaves open."""
        alone = copy(self)
        alone._reader = None
        return alone

    def passage(self, id: str) -> Passage | None:
        """The passage of this id as the index holds it now, or the French twin of one; None when it holds none."""
        of, _, language = id.rpartition(".")
        if language == FRENCH and of in self.twins:
            return self.twins[of].passage
        return self.index.passages.by_id.get(id)

    def favour(self, asked: Mapping[str, Sequence[str]]) -> None:
        """Find passages also by these questions, by passage id (`Index.favour`)."""
        self.index.favour(asked)

    def _read_back(self, answer: str) -> str:
        from bot.french import read_back

        return read_back(answer, self.twins)

    @cached_property
    def _french_questions(self) -> FrenchQuestions:
        from bot.french import FrenchQuestions  # most questions are English

        return FrenchQuestions.of(self.twins)

    @cached_property
    def twins(self) -> Mapping[str, Pair]:
        """The French twins of passages of this index, by the ids of these."""
        return find_twins(self.index.passages.by_id, self.programs, read_twins())

    def trace(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> tuple[Answer, Found]:
        """The answer, and what the search found for it: the evaluation measures both."""
        return _last(self._steps(question, history, id, at))

    def stream(self, question: str, history: Sequence[Turn] = (), id: str = "", at: str = "") -> Iterator[Part | Answer]:
        """The claims of the answer one by one, each as soon as it is checked, and then the whole answer, the same that `answer` gives.
        Raises RequestError as that does, when the first is asked for."""
        answer, _ = yield from self._steps(question, history, id, at)
        yield answer

    def _steps(self, question: str, history: Sequence[Turn], id: str, at: str) -> Generator[Part, None, tuple[Answer, Found]]:
        clock = [time.perf_counter()]
        until = time.monotonic() + (self._writer.model.seconds if self._writer is not None else 0.0)
        with self._charged() as charged:
            understood = self.understand(question, history, at)
        clock.append(time.perf_counter())
        found = self.search(understood)
        clock.append(time.perf_counter())
        draft = self.compose(found)
        clock.append(time.perf_counter())
        checked = self.check(draft)
        clock.append(time.perf_counter())
        answer = yield from self._said(found, checked, until, charged)
        clock.append(time.perf_counter())
        steps = [round((after - before) * 1000, 3) for before, after in zip(clock, clock[1:], strict=False)]
        timings = Timings(
            understand=steps[0],
            search=steps[1],
            compose=steps[2],
            check=steps[3] if self._writer is not None else round(steps[3] + steps[4], 3),
            write=steps[4] if self._writer is not None else 0.0,
            total=round((clock[-1] - clock[0]) * 1000, 3),
        )
        return answer.model_copy(update={"id": id, "corpus_version": self.corpus_version, "timings_ms": timings}), found

    def understand(self, question: str, history: Sequence[Turn] = (), at: str = "") -> Understood:
        """What is asked, standing alone, as of when, and what sort of message it is."""
        day = past_day(at, self.today) if at else ""
        splits = None if day else self._splits  # what a question can mean is written for today
        check_question(question)
        if language.unread(question) and not self.index.manifest.only:  # documents of somebody's own choice may be in its language
            return Understood(said := privacy.mask(question), said, language.ENGLISH, "unread", at=day)

        def meant(said: str, alone: bool) -> str:
            return self._french_questions.meant(said, alone)

        heard = tongues.hear(question, history, self._read_back, meant)
        if heard is None:
            history = tongues.heard_before(history, self._read_back, meant)
            about = self._answered_about
            understood = understand(question, history, self._vocabulary, self.programs, self._rewriter, splits, about)
            return replace(understood, at=day)
        english = heard.english or heard.said
        understood = understand(english, heard.history, self._vocabulary, self.programs, None, splits, self._answered_about)
        understood = replace(understood, at=day, heard=heard, language="en")
        if self.index.manifest.only and understood.parts:  # documents of somebody's own choice may be in its language
            understood = replace(understood, parts=tuple((*part, heard.said) for part in understood.parts))
        return replace(understood, kind="distress") if heard.distress else understood

    @property
    def today(self) -> date:
        return self._today or date.today()

    @property
    def programs(self) -> Mapping[str, Program]:
        """Every program by its id, as it stands today."""
        return self._registry_on("").programs

    def _registry_on(self, at: str) -> Registry:
        """As of the past ISO day `at`, or "" for today."""
        return self._registry_of(at, self.today.isoformat())

    def search(self, understood: Understood) -> Found:
        """Hits for each question in the message; none for a message that asks nothing, or whose writer needs something else first."""
        with reduced() as told:
            found = self._found(understood)
        return replace(found, reduced=tuple(told))

    def _found(self, understood: Understood) -> Found:
        if understood.kind in ("smalltalk", "distress", "unread"):
            return Found(understood, (), ())
        return self._found_apart(understood) or self._found_together(understood)

    def _found_apart(self, understood: Understood) -> Found | None:
        """The questions of a first message one by one, each after the first read as if it went on from those before it; None where there
        is one: what may be a second (bot/several.py) is one where it finds another passage, that likely answers it."""
        whole = understood.standalone
        if understood.before_it is not None or understood.split is not None or understood.only_tells or not understood.parts:
            return None
        if understood.heard is not None and self.index.manifest.only:
            return None
        if (compared := self._found_compared(understood)) is not None:
            return compared
        things = of_each_thing(whole)
        if len(things) < 2:
            things = of_each_name(whole, lambda text: self._vocabulary.is_program(self._vocabulary.spelled(text)))
        if len(things) < 2:
            things = of_each_of_two(whole)
        elif not self._named_in(whole):
            things = [whole]
        if len(things) > 1:
            of_each = [one for thing in things if (one := self._found_behind((), thing, understood)) is not None and one.hits[0]]
            if len({_said_by(one) for one in of_each}) == len(things) and all(self._likely(one) >= NOT_FOUND for one in of_each):
                return self._joined(understood, of_each)
        each: list[Found] = []
        past: list[Turn] = []
        begun = 0
        spans = segments(whole)
        if len(spans) < 2:
            return None
        named = whole[: spans[0][1]]
        of_a_text = names_a_text(named)  # which what follows is asked of
        if of_a_text:
            past += [Turn(role="user", content=named), Turn(role="assistant", content="")]
        for start, end in spans[of_a_text:]:
            found = self._found_behind(past, whole[start:end], understood, "" if each else whole[end:])
            if each and not self._is_another(found, each):
                found = self._found_of_program(whole[start:end], each[-1], understood)
            if each and not self._is_another(found, each):  # no more than what it is said with
                if len(each) == 1 and end == len(whole):
                    return None  # it is all one question
                found = self._found_behind(past[:-2], whole[begun:end], understood)
                each, past, start = each[:-1], past[:-2], begun
            if found is None or not found.hits[0]:
                return None
            each.append(found)
            past += [Turn(role="user", content=whole[start:end]), Turn(role="assistant", content=found.hits[0][0].passage.text)]
            begun = start
        return self._joined(understood, each) if len(each) > (0 if of_a_text else 1) else None

    def _found_compared(self, understood: Understood) -> Found | None:
        """What is found for two programs that are only put beside each other: the section that tells of both, or what each is, where none
        does; None for any other message."""
        named = self._named_in(understood.standalone)
        if len(named) != 2:
            return None
        names = frozenset(term for program in named for name in self._vocabulary.names_of(program) for term in name)
        if not compares(understood.standalone, names):
            return None
        both = self._found_together(understood)
        if len(both.hits) != 1:
            return both
        telling = [hit for hit in both.hits[0][:_NEAREST] if all(self._speaks_of(hit.passage, program) for program in named)][:1]
        together = replace(both, hits=((*telling, *(hit for hit in both.hits[0] if hit not in telling)),))
        if telling and self._likely(together) >= SURE:
            return together
        each = [self._found_behind((), f"What is {self.programs[program].name}?", understood) for program in named]
        sides = [one for program, one in zip(named, each, strict=True) if one and one.hits[0] and one.hits[0][0].passage.program == program]
        return self._joined(understood, sides) if len(sides) == 2 and all(self._likely(one) >= SURE for one in sides) else together

    def _speaks_of(self, passage: Passage, program: str) -> bool:
        """Whether a passage is about a program, names it, or names the province that it is of."""
        text = f"{passage.heading}\n{passage.text}"
        place = province_of(place_in(self.programs[program].name))
        return (
            program in (passage.program, *self._named_in(text))
            or bool(place)
            and place in map(province_of, map(str.lower, places_in(text)))
        )

    def _found_of_program(self, text: str, before: Found, message: Understood) -> Found | None:
        """What is found for a part of a message by itself, of the program that the part before it is about: "who applies", after how long
        its permit is valid; None where it names one, or that is no question of ours."""
        about = next(iter(before.understood.programs), "")
        text = text.strip(" ,;")
        if about not in self.programs or self._named_in(text) or not asks(text):
            return None
        found = self._found_behind((), of_program(text, self.programs[about].name), message)
        return found if found is not None and found.hits[0] and found.hits[0][0].question >= _ALSO_ASKED else None

    @staticmethod
    def _joined(understood: Understood, each: Sequence[Found]) -> Found:
        """What is found for a message of which each question was looked for by itself."""
        told = each[0].understood.story.told if each[0].understood.story else ()
        return Found(
            replace(
                understood, parts=tuple(one.understood.parts[0] for one in each), apart=tuple(one.understood for one in each), story=None
            ),
            tuple(replace(one.asked[0], told=told) for one in each),
            tuple(one.hits[0] for one in each),
            each[0].not_yet,
            leaning=tuple(one.leaning[0] for one in each),
        )

    def _found_behind(self, past: Sequence[Turn], text: str, message: Understood, after: str = "") -> Found | None:
        """What is found for a part of a first message, read behind `past`; None where it asks several things, or none. Where it names no
        program and refers to one, that is named `after` it: "how long does it take and what does it cost to become a citizen"."""
        text = text.strip(" ,;")
        if after and _REFERS_BACK.search(text) and not self._named_in(text):
            text = of_program(text, next((self.programs[program].name for program in self._named_in(after)), ""))
        one = understand(text, past, self._vocabulary, self.programs)
        if len(one.parts) != 1 or one.kind not in ("question", "outcome", "vague"):
            return None
        return self._found_together(replace(one, at=message.at, heard=message.heard))

    def _is_another(self, found: Found | None, before: Sequence[Found]) -> bool:
        """Whether a part of a message asks something that the parts before it do not."""
        if found is None or not found.hits[0] or found.understood.kind != "question":
            return False
        if any(self._likely(one) < NOT_FOUND for one in before):
            return False  # what is not found of the first may stand in the second
        if self._is_told(found, before[-1]):
            return False
        if (likely := self._likely(found)) < SURE:  # a bare "what papers" is a question, and may be one that nothing answers
            nothing = found.leaning[0].bare is not None and likely < NOT_FOUND
            return nothing and all(self._likely(one) >= SURE for one in before)
        return _said_by(found) not in {_said_by(one) for one in before}

    @staticmethod
    def _is_told(found: Found, before: Found) -> bool:
        """Whether a part of a message asks for something of what the part before it asked about that the section which answers that one
        tells as well: "when was the last round, and what score did it need"."""
        asked, best = found.asked[0], before.hits[0][0]
        typed = found.understood.typed_of(asked.wordings)
        own = set(terms(typed)) - scope.ASKING - _SAYS_NOTHING
        if not own or not own <= best.terms or not best.passage.asked:
            return False
        return _REFERS_BACK.search(typed) is not None and holds(asked.wants, best.passage.text)

    def _likely(self, one: Found) -> float:
        return self.likely(one.understood, one.asked[0], one.hits[0], one.leaning[0])

    def _found_together(self, understood: Understood) -> Found:
        questions = tuple(self.asked(understood))
        later = not_yet(self.registry, understood.at) if understood.at else frozenset()
        queries = self.queries(understood, questions, later)
        leaning = self._leaning(understood, questions)
        found: list[tuple[Hit, ...]] = []
        for asked, query, leans in zip(questions, queries, leaning, strict=True):
            already = frozenset(hits[0].passage.id for hits in found if hits)
            hits = _for_them_first(asked, self._going_on(understood, query, leans, already))
            if self._is_bare_of_subject(understood, leans):
                hits = tuple(_moved(sorted(hits, key=lambda hit: not self._is_kin(hit, understood.inferred)), hits, _TALKED_OF))
            if not _VISITING.search(asked.said):
                hits = tuple(_moved(_behind(hits, [bool(_VISITING.search(hit.passage.heading)) for hit in hits]), hits, _OF_VISITORS))
            if asks_of_a_text(asked.wordings[0]):
                hits = tuple(_moved(_behind(hits, list(map(self._is_no_article, hits))), hits, _OF_A_TEXT))
            hits = self._read(understood, asked, hits, leans)
            if self._reader is not None and hits and hits[0].passage.origin == "brief":
                hits = (read_alone(self._reader, asked, hits[0]), *hits[1:])
            found.append(hits)
        return Found(_recognised(understood, found), questions, tuple(found), later, leaning=leaning)

    @staticmethod
    def _is_bare_of_subject(understood: Understood, leans: Leaning) -> bool:
        """Whether a follow-up says hardly what it is about ("so what is the last date again for me"): what is near for its few words may be
        on something that nobody spoke of."""
        if understood.before_it is None or not understood.inferred or understood.named or leans.bare is not None or leans.news:
            return False
        return not set(terms(understood.plain)) - scope.ASKING - _SAYS_NOTHING - _AGAIN

    def _is_kin(self, hit: Hit, talked_of: Sequence[str]) -> bool:
        """Whether a hit is on one of the programs talked of, on none at all, or on one that belongs to them: a part, the whole, another
        part of it, or what the same source tells of."""
        program = self.programs.get(hit.passage.program)
        if program is None or program.id in talked_of:
            return True
        ours = [self.programs[id] for id in talked_of if id in self.programs]
        wholes = {*talked_of, *self._wholes(talked_of)}
        return program.id in wholes or program.part_of in wholes or program.source in {one.source for one in ours}

    def _read(self, understood: Understood, asked: Asked, hits: tuple[Hit, ...], leans: Leaning) -> tuple[Hit, ...]:
        """The hits as a reader of the first orders them (bot/reading.py). What a conversation or a past day decides is not read again; nor
        is what somebody added to the briefs, which it would make likelier for reading like an answer, as what is forged does."""
        if self._reader is None or not hits or understood.at or leans.bare is not None or leans.unheld:
            return hits
        if hits[0].passage.origin != "brief" and not self.index.manifest.only:
            return hits
        if asked.wants == "refusal" or understood.before_it is not None and objects(understood.plain):
            return hits  # what follows any refusal need not speak of that one; what is taken back stands in what was said before
        question = understood.standalone if len(understood.parts) == 1 else asked.wordings[0]
        before = understood.before_it
        # What names the text that is asked of is no part of what is asked, and a follow-up can be read behind the message before it.
        forms = [question, *([plain] if len(terms(plain := without_its_text(question))) > 1 else [])]
        if before is not None:
            forms.append(behind(before.last, understood.typed_of(asked.wordings)))
        likely = self.likely(understood, asked, hits, leans)
        if hits[0].passage.origin != "brief":
            hits = tuple(_moved(read_sentences(self._reader, question, asked, hits, likely), hits, SENTENCES_READ))
            if not is_written_answer(hits[0]):
                return hits
        if is_clear(hits, likely):
            return hits
        place = frozenset(terms(place_in(question)))
        ordered = read_beside if before is None else read_in_conversation
        read = ordered(self._reader, forms, hits, lambda hit: hit.terms >= place & hits[0].terms)
        if len(read) > 1 and read[1].read is not None:
            read = _moved(read, (), READ)
        return _for_them_first(asked, [self._answers_by_its_standing(asked, hit) for hit in read])

    def _answers_by_its_standing(self, asked: Asked, hit: Hit) -> Hit:
        """A hit of a program that is named and that nobody can apply to now: who asks how to get in is answered by what it says of that, so
        that it does not tell how counts for nothing."""
        program = self.programs.get(hit.passage.program)
        if hit.read is None or program is None or program.standing not in _NOT_OPEN:
            return hit
        return replace(hit, read=max(hit.read, 0.0)) if hit.passage.program in {named for named, _ in asked.programs} else hit

    def queries(self, understood: Understood, questions: Sequence[Asked], later: frozenset[str]) -> list[Query]:
        """What the search looks for, for each question in the message. `later`: programs that did not exist on the day asked about."""
        if understood.apart:
            return [self.queries(one, [asked], later)[0] for one, asked in zip(understood.apart, questions, strict=True)]
        told: list[str] = []
        if understood.previous:  # an answer in other words than ours is told by what its question would find
            told = self._told(understood)[:1] or [hit.passage.id for hit in self.index.search(Query(understood.previous), k=1)]
        already = frozenset(told)
        return [self._query(understood, number, asked, already, later) for number, asked in enumerate(questions)]

    def _query(self, understood: Understood, number: int, asked: Asked, told: frozenset[str], later: frozenset[str]) -> Query:
        named, inferred = self._programs_of(understood, number)
        story = understood.story
        told_of = (
            story.told if story and not story.questions[number].apart else ()
        )  # is to its question what a conversation is to a follow-up
        return Query(
            asked.wordings,
            understood.context or told_of,
            understood.before or told_of,
            frozenset(named),
            frozenset(inferred),
            asked.wants,
            asked.concepts,
            understood.tense,
            told,
            understood.at,
            self.today.isoformat(),
            later,
        )

    def _going_on(self, understood: Understood, query: Query, leans: Leaning, already: frozenset[str]) -> list[Hit]:
        """The best hits; of a follow-up in an order that what was typed alone has a say in. That was weighed on passages with questions
        of their own, which the documents of somebody's own choice lack, and as of today. A bare "cost" is that of what is talked of, and
        alone of anything: there other programs come after. `already` are the passages that other questions of the message begin with."""
        bare = leans.bare
        if leans.unheld:
            return _moved([replace(self.index.hit(leans.unheld, query), question=_AS_ASKED)], (), _NOT_HELD)
        if understood.before_it is None or query.at or self.index.manifest.only:
            return self._hits(query) if bare is None else self._by_place(bare, self.index.search(query, k=LOOKED_AT), query)
        found = self.index.search(query, k=LOOKED_AT)
        if not understood.context and found and found[0].question >= _AS_ASKED:
            return found[:_SHOWN]  # it stands alone, and is one of our questions
        hits = best_first(*self.in_conversation(understood, query, found, already))
        if objects(understood.plain):  # what is held against an answer is answered of what that was about, where that is near
            near = sorted(hits[:_NEAREST], key=lambda hit: hit.passage.program not in understood.inferred)
            hits = _moved([*near, *hits[_NEAREST:]], hits, _OBJECTED)
        if bare is not None:
            return self._by_place(bare, hits, query)
        if leans.news:
            speaking = [hit for hit in hits if leans.news & hit.terms]  # the rest is near for what was said before
            return (_moved(speaking, hits, _BROUGHT_UP) or hits)[:_SHOWN]
        return hits[:_SHOWN]

    def _by_place(self, bare: Bare, hits: Sequence[Hit], query: Query) -> list[Hit]:
        """The hits in the order of what they tell of the thing asked; those that tell it, where some do. What holds of every program of
        a kind need not be near the one talked of, and is looked for by itself."""
        named = {hit.passage.id: self._named_in(hit.passage.heading) for hit in hits}
        if bare.kinds and not any(bare.place(hit.passage, named[hit.passage.id]) < Bare.TOLD for hit in hits):
            asked = tuple(f"{bare.facet.name} {self.programs[kind].name}" for kind in bare.kinds if kind in self.programs)
            more = [hit.passage.id for hit in self.index.search(replace(query, wordings=asked, named=frozenset(bare.kinds)), k=LOOKED_AT)]
            hits = [*hits, *(self.index.hit(id, query) for id in more if id not in named)]
            named |= {hit.passage.id: self._named_in(hit.passage.heading) for hit in hits}
        places = {hit.passage.id: bare.place(hit.passage, named[hit.passage.id]) for hit in hits}
        hits = [replace(hit, question=max(hit.question, _AS_ASKED)) if places[hit.passage.id] < Bare.TOLD else hit for hit in hits]
        placed = sorted(hits, key=lambda hit: places[hit.passage.id])
        telling = [hit for hit in placed if bare.answered_by(hit.passage, named[hit.passage.id])]
        return _moved((telling or placed)[:_SHOWN], hits, f"{_TELLS} ({bare.facet.name})")

    def _leaning(self, understood: Understood, questions: Sequence[Asked]) -> tuple[Leaning, ...]:
        """What each question of a message leaves to the conversation: worked out once, for the search and for what comes of it."""
        news, unheld = frozenset(self._news(understood)), self._unheld(understood)
        return tuple(Leaning(self._bare(understood, asked.wordings), news, unheld) for asked in questions)

    def _unheld(self, understood: Understood) -> str:
        """The passage by which the last answer said that we hold nothing on what a follow-up asks more of ("do I need a job offer there");
        "" where it did not, or the follow-up says itself what it is about."""
        if not understood.context or understood.programs or understood.at or self.index.manifest.only:
            return ""
        typed = understood.typed[0] if understood.typed else ""
        if not (scope.is_vague(typed) or _REFERS_BACK.search(typed)):
            return ""
        told = next((id for id, sentence in self._not_held if understood.context[-1].startswith(sentence)), "")
        first = self.index.search(Query(understood.context[:1]), k=1) if told else ()
        return told if any(hit.passage.id == told for hit in first) else ""  # the conversation began with it

    @cached_property
    def _not_held(self) -> list[tuple[str, str]]:
        """The passages that say what our sources do not hold, each with its first sentence."""
        return [(p.id, p.text.split("\n", 1)[0]) for p in self.index.passages.by_id.values() if p.unknown]

    def _bare(self, understood: Understood, wordings: Sequence[str]) -> Bare | None:
        """What a question of a follow-up asks of the program that is talked of, where it says nothing else; or None."""
        if not understood.context or not understood.inferred or understood.at or self.index.manifest.only:
            return None
        names = frozenset(t for p in understood.inferred for names in self._vocabulary.names_of(p) for t in names)
        facet = facet_in(self._vocabulary.spelled(wordings[0]), names & scope.PLACES)
        if facet is None:
            return None
        needed = self._vocabulary.concepts(self._vocabulary.spelled(needed_in(understood.previous[0]))) if understood.previous else []
        things = tuple(thing for thing in needed if not covered([thing], names))
        return Bare(facet, understood.inferred, things, tuple(self._wholes(understood.inferred)))

    def _wholes(self, programs: Iterable[str]) -> dict[str, None]:
        """The programs of which these are part."""
        return dict.fromkeys(whole for program in programs if program in self.programs and (whole := self.programs[program].part_of))

    def in_conversation(
        self, understood: Understood, query: Query, found: Sequence[Hit], already: frozenset[str] = frozenset()
    ) -> tuple[list[Hit], np.ndarray]:
        """The hits `found` for a question in a conversation as it was understood, with those that another way to read it brings up, and
        the features of each (bot/continuing.py). What others of the message are answered with `already` counts as told."""
        before, typed = understood.before_it, understood.typed_of(query.wordings)
        assert before is not None
        passages = [self.index.passages.by_id[id] for id in self._told(understood)]
        readings = before.readings(typed, passages[0] if passages else None)
        held = {id for hit in found for id in (hit.passage.id, *hit.folded)}
        alike = self.index.likenesses(readings, query.wordings, [hit.passage.id for hit in found], LOOKED_AT)
        if not alike:
            return list(found), np.array([(hit.score, *[0.0] * 10) for hit in found])
        hits = [*found, *self.index.hits([id for id in alike if id not in held], query)]
        return hits, features(typed, hits, alike, passages, already)

    def _told(self, understood: Understood) -> list[str]:
        """The passages whose sentences the last answer holds, in its order."""
        return self._told_in(understood.before_it.answer) if understood.before_it is not None else []

    def _told_in(self, answer: str) -> list[str]:
        return list(dict.fromkeys(id for sentence in sentences_of(answer) if (id := self._said_in.get(sentence))))

    def _answered_about(self, answer: str) -> Sequence[str] | None:
        """The programs that an answer is about by the passage that it begins with; None where its words aren't ours."""
        passage = next((self.index.passages.by_id[id] for id in self._told_in(answer)[:1]), None)
        if passage is None:
            return None
        return self._named_in(passage.heading) if passage.program == GENERAL else (passage.program,)

    @cached_property
    def _said_in(self) -> dict[str, str]:
        """The passage of each sentence that an answer can hold, as it was written."""
        return {p.text[s.start : s.end]: p.id for p in self.index.passages.by_id.values() for s in spans(p.text)}

    @cached_property
    def _quoted(self) -> dict[str, Piece]:
        """Each sentence that an answer can hold, in lower case, with where it stands: as it was written, and without its yes or no."""
        found: dict[str, Piece] = {}
        for passage in self.index.passages.by_id.values():
            for span in spans(passage.text):
                piece = Piece(passage, span.start, span.end, 1.0)
                verdict = opening_verdict(piece.quote)
                for said in (piece, *([replace(piece, start=span.start + verdict.end())] if verdict is not None else ())):
                    found[said.quote.lower()] = said
        return found

    def _again(self, understood: Understood) -> tuple[Piece, ...]:
        """What the last answer opened with, where the message only doubts it; () where it does not, or nothing of it is ours."""
        before = understood.before_it
        if before is None or understood.at or understood.heard is not None or understood.kind not in ("question", "vague"):
            return ()
        if not only_doubts(self._vocabulary.spelled(understood.question), (before.first, before.last, before.answer)):
            return ()
        said = [piece for sentence in sentences_of(before.answer) if (piece := self._quoted.get(unjoined(sentence).lower()))]
        first = next((n for n, piece in enumerate(said) if piece.passage.kind in ("section", "correction")), len(said) - 1)
        return tuple(piece for piece in said if piece.passage.id in {one.passage.id for one in said[: first + 1]})

    def _is_of_its_own(self, found: Found) -> bool:
        """Whether a message that doubts says in full what it doubts, so that another section than those told of answers it."""
        if len(terms(found.understood.plain)) < _A_CLAIM or not (found.hits and found.hits[0]):
            return False
        best = found.hits[0][0]
        near = best.question >= (_RESEMBLES if surely_answers(best) else _SAID_IN_FULL)
        return near and best.passage.id not in self._told(found.understood) and self._likely(found) >= SURE

    def _hits(self, query: Query) -> list[Hit]:
        """The best hits; as of a past day, those that have something to say of it, with just the sentences that do."""
        apart = bool(self.answerability.apart)
        if not query.at:
            return self.index.search(query, candidates=reach(query), apart=apart)
        then = []
        for hit in self.index.search(query, k=4 * _SHOWN, candidates=reach(query), apart=apart):
            if not reaches_back(hit.passage, query.at):
                continue
            said = sentences_on(hit.passage, [hit.quoted(scored) for scored in hit.sentences], query.at)
            if any(said):
                then.append(replace(hit, sentences=tuple(s for s, keep in zip(hit.sentences, said, strict=True) if keep)))
        return then[:_SHOWN]

    def compose(self, found: Found) -> Draft:
        """The sentences that would answer each question."""
        budget = MAX_WORDS if len(found.hits) < 2 else max(45, int(1.3 * MAX_WORDS / len(found.hits)))
        wrong = partial(self._wrong, found.understood.at)
        return Draft(
            found,
            tuple(
                tuple(replace(piece, part=part) for piece in compose(asked, hits, self.answerability, wrong, budget))
                for part, (asked, hits) in enumerate(zip(found.asked, found.hits, strict=True))
            ),
        )

    def _contradicted(self, at: str, sentence: str) -> str:
        """The id of the correction that a source's own sentence runs against, or ""."""
        return next((c.id for c in self._corrections_on(at).in_text(sentence) if c.contradicts(sentence)), "")

    def check(self, draft: Draft) -> Checked:
        """What may be said: supported, corrected, and with the standing in front."""
        understood = draft.found.understood
        if understood.split is not None:
            day = self.today.isoformat()
            meant = (piece for _, piece in first_sentences(understood.split, self.index.passages.by_id))
            pieces = tuple(piece for piece in meant if not piece.passage.ran_out(day))  # what is over is none of the things meant
            about = dict.fromkeys(piece.passage.program for piece in pieces if piece.passage.program != GENERAL)
            return Checked(pieces, (0.0,), unknown=False, programs=tuple(about))
        if (again := self._again(understood)) and not self._is_of_its_own(draft.found):
            about = dict.fromkeys(piece.passage.program for piece in again if piece.passage.program != GENERAL)
            hedged = understood.before_it is not None and any(said in understood.before_it.answer for said in (NOT_QUITE, NEARLY, SEE))
            return Checked(again, ((NOT_FOUND + SURE) / 2 if hedged else SURE,), again[0].passage.unknown, tuple(about), again=True)
        found = draft.found
        likely = [
            self.likely(understood.of(number), asked, hits, leans) if pieces or len(found.hits) == 1 else 0.0
            for number, (pieces, asked, hits, leans) in enumerate(zip(draft.pieces, found.asked, found.hits, found.leaning, strict=True))
        ]
        checked = check(
            understood, draft.found.hits, draft.pieces, likely, self._registry_on(understood.at), self.index, draft.found.not_yet
        )
        if understood.heard is not None and understood.heard.language == FRENCH:
            from bot import french

            return french.fitting(checked, draft.pieces, self.twins)
        before = understood.before_it.answers if understood.before_it is not None else ()
        last_day = None if understood.at else to_be_told(understood.standalone, checked.pieces, self._last_days, self.today, before)
        return checked if last_day is None else replace(checked, pieces=(*checked.pieces, last_day))

    @cached_property
    def _last_days(self) -> dict[str, Piece]:
        return last_days(self.index.passages.by_id.values(), self.programs, self._named_in)

    def word(self, found: Found, checked: Checked) -> Answer:
        """The answer without its id, the corpus version and the timings."""
        wording = Wording(self._registry_on(found.understood.at), self.index)
        told = frozenset(id for before in found.understood.answered_before for id in self._told_in(before))
        answer = wording.answer(found.understood, found.hits, checked, self._all_sources, self.today, told)
        answer = answer.model_copy(update={"caveats": (*answer.caveats, *found.reduced)}) if found.reduced else answer
        if found.understood.heard is not None:
            from bot import french  # most questions are English

            shown = [self.index.passages.by_id[citation.passage_id] for citation in answer.citations]
            next_ones = offered(self.index, found.understood, found.hits, shown, told, found.understood.at or self.today.isoformat())
            return french.speak(answer, found.understood.heard, next_ones, self.twins)
        return answer

    def _said(self, found: Found, checked: Checked, until: float, charged: Sequence[Usage]) -> Generator[Part, None, Answer]:
        """The worded answer, claim by claim: in the sources' words or, with a model, in its own as far as they hold."""
        # A model's own English has no twin, and what a question can mean is already said in one sentence each.
        if self._writer is None or found.understood.heard is not None or found.understood.split is not None:
            answer = self.word(found, checked)
            yield from parts(answer)
            return answer

        def word(pieces: Sequence[Piece]) -> Answer:
            return self.word(found, replace(checked, pieces=tuple(pieces)))

        return (yield from self._writer.write(found.understood.standalone, checked.pieces, word, until, charged))

    def _charged(self) -> AbstractContextManager[list[Usage]]:
        return self._writer.model.counting() if self._writer is not None else nullcontext([])

    def _named_in(self, text: str) -> list[str]:
        return self._vocabulary.programs(self._vocabulary.spelled(text))

    def likely(self, understood: Understood, asked: Asked, hits: Sequence[Hit], leans: Leaning) -> float:
        """How likely the best hit answers: hardly, where the question names nothing of the field and only resembles one of ours."""
        if not hits:
            return 0.0
        best = hits[0]
        far = best.question < _RESEMBLES and best.text < _NEAR_TEXT and (best.overlap < _IN_COMMON or best.question < _UNLIKE)
        in_conversation = best.continued is not None and best.read is not None
        resembles = bool(best.passage.asked) and not understood.in_field and far and not in_conversation
        probability = self.answerability.of(asked, hits) * (0.3 if resembles or leans.brings_up_beyond(best.terms) else 1.0)
        if understood.heard is not None and understood.heard.known < tongues.ENOUGH:  # what was not read may be what matters
            probability *= understood.heard.known
        elsewhere = _of_another_province(asked, best) or _of_elsewhere(asked, best) and place_in(best.passage.heading)
        if elsewhere and not surely_answers(best):
            probability *= _ELSEWHERE  # the wait of a province is not that of an American state
        if best.continued is not None:
            probability = _in_its_conversation(probability, understood.typed_of(asked.wordings), best)
        if leans.bare is not None and not leans.bare.answered_by(best.passage, self._named_in(best.passage.heading)):
            return 0.0  # what no source gives for the program is not there, however near the rest on it is
        near = (hit.passage.text for hit in hits[:_NEAREST] if hit.passage.program == best.passage.program)
        of_another_month = asked.tense <= 0 and month_not_held(asked.wordings[0], near)
        of_another_text = self._is_no_article(best) and asks_of_a_text(asked.wordings[0])
        if of_another_month or of_another_text:
            return min(probability, (NOT_FOUND + SURE) / 2)
        return min(probability, NEARLY_SURE) if may_not_answer(best) and not in_conversation else probability

    def _is_no_article(self, hit: Hit) -> bool:
        """Whether a hit is of an official page: who asks what an article says is not answered from it."""
        source = self._all_sources.get(hit.passage.source_id)
        return source is not None and source.kind == "official"

    def _news(self, understood: Understood) -> set[str]:
        """The terms of what a follow-up brings up that is no term of the field and was not spoken of; none where it brings up nothing."""
        if not understood.previous or not understood.parts or not scope.brings_up(understood.parts[0][0]):
            return set()
        typed = understood.parts[0][0]
        if asks_nothing(typed) or self._vocabulary.concepts(self._vocabulary.spelled(typed)):
            return set()
        return set(terms(typed)) - set(terms(" ".join(understood.previous))) - scope.ASKING

    def asked(self, understood: Understood) -> list[Asked]:
        """The questions of the message, as composing needs them."""
        return [self._asked(understood, number) for number in range(len(understood.parts))]

    def _asked(self, understood: Understood, number: int) -> Asked:
        wordings = understood.parts[number]
        typed = wordings[0]
        named, inferred = self._programs_of(understood, number)
        # What is said of a program's successor is about the program too.
        about = dict.fromkeys(i for n in named for i in (n, self.programs[n].replaced_by) if i)
        return Asked(
            wordings,
            tuple(self._vocabulary.concepts(self._vocabulary.spelled(typed))),
            expected(typed) or expected(wordings[min(1, len(wordings) - 1)]),  # as typed, else with its spelling put right
            scope.must_be_about(understood.story.questions[number].asked if understood.story else typed, bool(named)),
            tuple((program, self._vocabulary.names_of(program)) for program in about),
            understood.tense,
            understood.at or self.today.isoformat(),
            frozenset(self._wholes(about)),
            frozenset(() if named else inferred),
            understood.story.told if understood.story else told_of_the_asker(typed, understood.asked_before),
        )

    def _programs_of(self, understood: Understood, number: int) -> tuple[Sequence[str], Sequence[str]]:
        """The programs that a question of the message names, and those that what is said beside it suggests: of several questions each has
        its own, and what another one names is not asked about here."""
        if len(understood.parts) == 1 or understood.context:
            return understood.named, understood.inferred
        story = understood.story
        named = self._named_in(story.questions[number].asked if story else understood.parts[number][0])
        if story is None:
            # "How long does it take and what does it cost to become a citizen": the first names none.
            return (named, ()) if named else (understood.named, understood.inferred)
        told = () if story.questions[number].apart else story.told
        return named, list(dict.fromkeys(program for text in told for program in self._named_in(text) if program not in named))

    def runnable(self) -> Runnable[dict[str, Any], Answer]:
        """The chain as a LangChain runnable over {"question", "history", "at"}: to invoke, batch, stream and trace with its tools."""
        from langchain_core.runnables import RunnableLambda

        def first(given: dict[str, Any]) -> Understood:
            return self.understand(given["question"], given.get("history", ()), given.get("at", ""))

        def last(draft: Draft) -> Answer:
            until = time.monotonic() + (self._writer.model.seconds if self._writer is not None else 0.0)
            answer = _last(self._said(draft.found, self.check(draft), until, ()))
            return answer.model_copy(update={"corpus_version": self.corpus_version})

        return (
            RunnableLambda(first).with_config(run_name="understand")
            | RunnableLambda(self.search).with_config(run_name="search")
            | RunnableLambda(self.compose).with_config(run_name="compose")
            | RunnableLambda(last).with_config(run_name="check")
        )


def _last(making: Generator[Part, None, _T]) -> _T:
    """What it comes to."""
    while True:
        try:
            next(making)
        except StopIteration as end:
            made: _T = end.value
            return made


def _in_its_conversation(probability: float, typed: str, best: Hit) -> float:
    """What a message says by itself is not all that it asks, and what was said before is no part of it where it speaks of something
    else. Of 796 messages whose section is known 22 were declined, 17 with that section first: with these bounds 16 are not."""
    assert best.continued is not None
    whole, alike = best.continued.total, best.continued.typed
    own = set(terms(typed)) - scope.ASKING
    if alike < _OF_ANOTHER and own and own.isdisjoint(best.terms):
        return min(probability, (NOT_FOUND + SURE) / 2)
    if best.read is not None:  # which was weighed with both
        return probability
    return max(probability, NOT_FOUND) if whole >= _GOES_ON and alike >= _NEAR_TYPED else probability


def _recognised(understood: Understood, hits: Sequence[Sequence[Hit]]) -> Understood:
    """A message that says the same as a question of ours is that question, though its words alone are of another subject or too few, or
    could mean several things, if of these no other is nearly as near."""
    if understood.kind not in ("vague", "out_of_scope") or understood.context or len(hits) != 1 or not hits[0]:
        return understood
    best, *others = hits[0]
    if not is_asked(best) or understood.kind == "vague" and expected(understood.question):
        return understood  # a fee or a time is one of something, and is asked back
    meant = {branch.passage for branch in understood.split.branches} if understood.split is not None else set()
    near = max((hit.question for hit in others if hit.passage.program != best.passage.program), default=0.0)
    if best.passage.id in meant or understood.kind == "vague" and near > best.question - _ANOTHER:
        return understood
    return replace(understood, kind="question", split=None)


def _of_another_province(asked: Asked, hit: Hit) -> bool:
    """Whether a section is on another province than the question names."""
    place, other = place_in(asked.wordings[0]), place_in(hit.passage.heading)
    return bool(place and other) and not is_asked(hit) and province_of(place) != province_of(other)


def _of_elsewhere(asked: Asked, hit: Hit) -> bool:
    """Whether a section is on the one of the two countries that the question, which names the other, does not ask about: "I lost my job in
    Canada" for who was laid off in Texas; or on another status in the United States, where who names none is on an H-1B. What the
    question names last is where it asks about."""
    asked_of, heading = _asked_of(asked), hit.passage.heading
    told_of = {*_in_country(heading), *(("canada",) if place_in(heading) else ())}
    if is_asked(hit) or not asked_of:
        return False
    if asked_of == "us" and _OTHER_STATUS.search(heading) and not _OTHER_STATUS.search(asked.wordings[0]):
        return True
    return bool(told_of) and asked_of not in told_of


def _behind(hits: Sequence[Hit], elsewhere: Sequence[bool]) -> list[Hit]:
    """The hits in their order, but each that is said of elsewhere behind those of the others that score nearly as much."""
    ordered: list[Hit] = []
    waiting: list[Hit] = []
    for hit, is_elsewhere in zip(hits, elsewhere, strict=True):
        if is_elsewhere:
            waiting.append(hit)
            continue
        least = placed_by(hit) + _FROM_ELSEWHERE
        ordered += [*(one for one in waiting if placed_by(one) >= least), hit]
        waiting = [one for one in waiting if placed_by(one) < least]
    return [*ordered, *waiting]


def _only_in_canada(asked: Asked, hit: Hit) -> bool:
    """Whether a section is on what holds in Canada, and the question asks of the United States, where the same word means another rule. Who
    asks of Canada may well be told what is written for somebody who is still in the United States."""
    return _asked_of(asked) == "us" and not is_asked(hit) and set(_in_country(hit.passage.heading)) == {"canada"}


def _asked_of(asked: Asked) -> str:
    return next((found[-1] for wording in asked.wordings[:2] if (found := _in_country(wording))), "")


def _in_country(text: str) -> list[str]:
    return ["canada" if found[1] else "us" for found in _IN_COUNTRY.finditer(text)]


def _said_by(found: Found) -> tuple[str, int]:
    """What a question is answered by: a section that was written to answer one, or of running prose the sentence that is nearest."""
    best = found.hits[0][0]
    if best.passage.asked or not best.sentences:
        return best.passage.id, 0
    return best.passage.id, max(best.sentences, key=lambda scored: scored.cosine).span.start


def _for_them_first(asked: Asked, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """What says the same as the message; of a refusal, what tells what follows one; of a province, an age, so many people or a relative,
    what is not said of another; of one of the two countries, what is not said of the other, where it is about as near; of a named program,
    or where the best hits speak of their citizenship, what is said of none or of theirs before what is said of another."""
    for why, is_behind in _BEHIND:
        hits = _moved(sorted(hits, key=partial(is_behind, asked)), hits, why)
    hits = _moved(_behind(hits, [_of_elsewhere(asked, hit) for hit in hits]), hits, _TOLD_OF_ELSEWHERE)
    if not asked.programs and not any(of_theirs(asked, hit) for hit in hits[:4]):
        return tuple(hits)
    return tuple(_moved(sorted(hits, key=lambda hit: of_others(asked, hit)), hits, _THEIRS))


def _moved(hits: Sequence[Hit], before: Sequence[Hit], why: str) -> list[Hit]:
    """The hits as they were put in order, or chosen from those `before`, each with `why` and its place; as they are where that changed
    nothing."""
    if [hit.passage.id for hit in hits] == [hit.passage.id for hit in before[: len(hits)]]:
        return list(hits)
    return [replace(hit, moves=(*hit.moves, (why, place))) for place, hit in enumerate(hits)]


# The rules that put hits in another order than what they come to, as they are told (bot/explain.py).
READ = "the reader puts in order what it was shown, before the rest"
SENTENCES_READ = "the reader puts the first in order by their sentences"
_OBJECTED = "what the answer was about that is objected to comes first"
_BROUGHT_UP = "only what speaks of what the message brings up"
_NOT_HELD = "the last answer said that this is not held"
_TELLS = "what tells it of what is talked of comes first"
_TOLD_OF_ELSEWHERE = "what is said of elsewhere and is not much nearer comes after"
_TALKED_OF = "what is on the program talked of comes first, where a message hardly says what it is about"
_OF_VISITORS = "what is said of visitors and is not much nearer comes after, where nobody visits"
_OF_A_TEXT = "what an official page says and is not much nearer comes after, where an article is asked about"
_THEIRS = "what is for another citizenship, age or number comes after"
# The first decides least, as each leaves what it does not tell apart in its order.
_OTHERS = (
    of_another_age,
    of_another_number,
    of_another_relative,
    of_another_country,
    of_another_birth,
    of_another_time,
    of_what_has_not_ended,
    of_what_was,
)
_BEHIND: tuple[tuple[str, Callable[[Asked, Hit], bool]], ...] = (
    (
        "what is said of another age, number, relative, country or time comes after",
        lambda asked, hit: any(other(asked, hit) for other in _OTHERS),
    ),
    (
        "what is said of another province or country comes after",
        lambda asked, hit: _of_another_province(asked, hit) or _only_in_canada(asked, hit),
    ),
    (
        "what does not name the program that is asked about comes after",
        lambda asked, hit: not scope.other_offers(asked.wordings[0]) <= hit.terms,
    ),
    ("what tells what follows such a refusal comes first", beside_the_refusal),
    ("what says the same as the question comes first", lambda _, hit: not is_asked(hit)),
)


def reach(query: Query) -> int:
    """Candidates that the search looks at: more as of a past day, of which few passages say something."""
    return 400 if query.at else 80


def open_bot(settings: Settings, embedder: Embedder | None = None, held: Held | None = None) -> Bot:
    """The bot over the live index, of the Chroma server where one is set. `embedder` is one that is open already, used if it made the
    index; `held` is the server's build where that was fetched already.

    Raises SearchIndexError when there is no index, ModelError when the embedder cannot be loaded or the language model cannot be opened.
    """
    from bot.documents import added_sources, published_sources

    registry = load_registry(kept=settings.home / "registry.json")
    if settings.chroma_url:
        held = held or hold(settings.home, settings.chroma_server, settings.index_name)
        folder, open_store, added, found_whole = held.folder, held.open_store, published_sources(held.folder), held.manifest
        if held.problem:
            _log.warning("going on with build %s, which this machine took last: %s", folder.name, held.problem)
    else:
        folder, open_store, added, found_whole = current(settings.home), open_local, added_sources(settings.documents), None
    with ThreadPoolExecutor(2) as beside:  # the files are read through while the model is loaded
        whole = beside.submit(lambda: found_whole or verified(folder))
        reader = beside.submit(load_reader, settings.exported_reader)
        made_by = read_manifest(folder).model
        if embedder is None or embedder.fingerprint != made_by:
            embedder = load_embedder(settings.embedder, settings.exported, settings.embedder_key, expected=made_by)
        manifest = whole.result()
    sources = {**registry.sources, **added}
    index = Index(folder, embedder, sources, open_store=open_store, manifest=manifest)
    model = None
    if settings.model:
        from bot.model import open_model

        model = open_model(settings)
    return Bot(
        registry, index, sources, date.fromisoformat(settings.today) if settings.today else None, model=model, reader=reader.result()
    )
