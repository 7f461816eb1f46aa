"""The last step before an answer is worded: what fails the gate is dropped, known errors are corrected, closed programs say so first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot import gate, scope
from bot.answerability import NOT_FOUND, SURE
from bot.compose import MAX_WORDS, WITH_LIST, asks_for_several
from bot.last_days import RENEWAL_OF, written
from bot.pieces import Piece, says_already
from bot.several import asks_of_a_text
from bot.understand import Understood
from bot.verdicts import denies
from corpus.model import GENERAL, Correction, Disagreement, Passage, Program
from corpus.passages import disagreement_name, standing_name
from corpus.registry import Registry
from corpus.sentences import leans, opening_verdict
from corpus.timeline import written_later
from index.search import Hit, Index

# A question this near to a known error's wording is met with what is right (cosine).
_PREMISE = 0.78
_CLEAR_PREMISE = 0.87
_MEANT = 0.70  # cosine to a question of ours at which "will the h1b work permit reopen" means the program of that one
# The model has learned the questions of our sections and not these wordings: what both are near is so much nearer to the former.
_LEARNED = 0.03
_SAID_WRONG = 0.68  # or this near, where a passage that was found says the wrong thing

# A guess that is called one may follow what is right, and so may what was; a plain statement of what is wrong may not.
_GUESSES = re.compile(r"\b(may|might|could|likely|suggests?|indications?|expected|appears?|possibl[ey]|seems?)\b", re.IGNORECASE)
_YEARS = re.compile(r"\b(?:19|20)\d\d\b")
_WAS = re.compile(r"\b(?:was|were|had|did)\b", re.IGNORECASE)
_HOLDS = re.compile(r"\b(?:is|are|has|have|can|may|must|will|shall|now|still|today|currently|again)\b|n['’]t\b", re.IGNORECASE)

_PROGRAM = re.compile(
    r"\b(?:programm?e?|stream|pathway|initiative|strategy|scheme|pilot|option|permits?|appl(?:y|ied|icants?|ications?)|spots|places)\b",
    re.IGNORECASE,
)

# what is taken for granted stands before what is asked: "as an Indian I get an eTA, what …?"
_CLAUSE_END = re.compile(r"(?<=[.;!?])\s+|,\s+")
_ASKS_WHEN = re.compile(r"\bwhen\b|\b(?:wh(?:at|ich)|last) (?:is the )?(?:last )?(?:day|date)\b|\bdeadline\b", re.IGNORECASE)
# As of a past day, whether one can apply is whether it was open then.
_APPLIES = re.compile(r"\bcan (?:i|we|my \w+|they|she|he) (?:still |already |now )?(?:apply|file|renew|extend)\b", re.IGNORECASE)

_SAYS = {
    "closed": r"\bclos|\bend(?:s|ed|ing)?\b|\bno longer\b|\bexpired\b|\bstopped\b|\bnot (?:been )?(?:re-?)?open|\bno second intake|\bpast\b",
    "paused": r"\bpaus|\bno new\b|\bsuspend|\bblock|\bnot (?:being )?collected|\bstopped\b|\bnot accept",
    "announced": r"\bannounc|\bnot (?:yet )?(?:been )?(?:open|launch|publish)|\bhad not\b|\bhas not\b|\bno (?:opening|application|official|criteria|form|fee|date)\b|\bno page\b",
    "proposed": r"\bpropos|\bnot (?:yet )?(?:law|in force)",
    "replaced": r"\breplac|\brevoked|\bclos|\bended|\bno longer",
}


@dataclass(frozen=True)
class Checked:
    """What may be said, in order, and what it says about the question.

    `answered[i]` is how likely the i-th question of the message is answered (0 to 1). `unknown`: the answer is that something is not
    published. `dropped`: pieces that failed the gate or said what is known to be wrong. `differing`: the disagreements whose sides
    are shown. `not_yet`: what is asked for did not exist on the day that is answered as of. `again`: the last answer, which was doubted.
    """

    pieces: tuple[Piece, ...]
    answered: tuple[float, ...]
    unknown: bool
    programs: tuple[str, ...]
    corrected: tuple[str, ...] = ()
    dropped: int = 0
    differing: tuple[str, ...] = ()
    not_yet: bool = False
    again: bool = False


def check(
    understood: Understood,
    hits: Sequence[Sequence[Hit]],
    drafted: Sequence[Sequence[Piece]],
    likely: Sequence[float],
    registry: Registry,
    index: Index,
    not_yet: frozenset[str] = frozenset(),
) -> Checked:
    """Apply gate, corrections, disagreements and standing to the drafted pieces. `likely[i]`: how likely the i-th question is answered.

    `registry` is as it stood on the day that is answered as of, and the programs `not_yet` did not exist then.
    """
    if understood.named and understood.named[0] in not_yet and (early := _beginning(registry.programs[understood.named[0]], index)):
        return Checked((early,), (0.0,) * len(likely), False, (), not_yet=True)
    corrections = _premises(understood, hits, drafted, registry, index)
    kept: list[Piece] = []
    dropped = 0
    for probability, pieces in zip(likely, drafted, strict=True):
        if probability < NOT_FOUND:
            continue
        for piece in pieces:
            wrong = _corrections_of(piece, understood.parts[piece.part], registry, index)
            read = all(
                _may_follow(piece.quote, correction, registry)
                or _said_in_passing(correction, understood.parts[piece.part], registry, index)
                for correction in wrong
            )
            for correction in wrong if read else wrong[:1]:  # of what is read, all that is wrong in it
                corrections.setdefault(correction.id, correction)
            if not read:
                dropped += 1
            elif any(one.passage.id == piece.passage.id and one.start <= piece.start and piece.end <= one.end for one in kept):
                continue  # said already, for another question of the message
            elif gate.judge(piece.quote, [piece.quote]).passes:
                kept.append(piece)
            else:
                dropped += 1
    registered = (_registered(index, c.source, f"correction-{c.id}") for c in list(corrections.values())[:2])
    leading = [piece for piece in registered if piece is not None]
    told_anew = [piece for piece in leading if not says_already(piece, kept[:3])]
    wrong_outright = {f"correction-{c.id}" for c in corrections.values() if _says_wrong(c, understood.question)}
    said = [
        piece
        for piece in leading
        if not says_already(piece, kept[:1])
        or denies(piece.quote)
        and not denies(kept[0].quote)
        or piece.passage.id.partition("#")[2] in wrong_outright
    ]
    if _ASKS_WHEN.search(understood.question) is not None and not any(c.contradicts(understood.question) for c in corrections.values()):
        said = [piece for piece in said if not _give_the_day(piece, kept[:1])]
    kept = [piece for piece in kept if not says_already(piece, said)]  # what is right comes first, and once
    kept = _official_first(_new_first(kept, understood), understood, registry)
    differing = [] if corrections else _differing(understood, hits, kept, likely, registry, index)
    for disagreement in differing:
        sides = [_registered(index, v.source, disagreement_name(disagreement.id, n)) for n, v in enumerate(disagreement.values)]
        both = [side for side in sides if side is not None]
        first, kept = kept[:1], [piece for piece in kept if not says_already(piece, both)]
        # What answers the question comes first; the sides explain why another answer is met elsewhere.
        direct = first == kept[:1] and max(likely) >= SURE and not any(p.passage.unknown or leans(p.quote) for p in first)
        said += [*(first if direct else ()), *both]
        kept = kept[len(first) if direct else 0 :]
        likely = [max(p, SURE) for p in likely]
    about = _programs(understood, kept, registry)
    unknown = bool(kept) and kept[0].passage.unknown and not said
    behind: Piece | None = None  # where a program stands, said after the answer
    asks_standing = scope.asks_whether_open(understood.question) or bool(understood.at and _APPLIES.search(understood.question))
    named = registry.programs[understood.programs[0]] if understood.programs else _meant(hits, registry) if asks_standing else None
    if asks_standing and named is not None and named.standing in _SAYS:
        unknown = False  # whether it is open is known, whatever else about it is not
        likely = [max(p, SURE) for p in likely]
    if kept and kept[0].passage.program == GENERAL and not understood.named and not asks_standing:
        named = None  # a program that was only spoken of before is not what is asked about now
    shown = registry.programs.get(kept[0].passage.program) if kept and kept[0].passage.program != GENERAL else None
    on_it = [piece for piece in kept if piece.passage.program == kept[0].passage.program]
    of_people = (
        bool(on_it) and _asks_what_is_told(understood.question, on_it[0]) and not any(_PROGRAM.search(piece.quote) for piece in on_it)
    )
    if not (_PROGRAM.search(understood.question) or any(map(_speaks_of_its_program, on_it))) or of_people:
        shown = None
    if of_people and not understood.named and not asks_standing:
        named = None  # the program is only what they were spoken of for
    subject = named if asks_standing or shown is None else shown
    # What is right may come first without saying that the program is not open, and then that is said too.
    if (
        subject is not None
        and (asks_standing or not (differing or (told_anew and any(_says_standing(subject, piece) for piece in said))))
        and (note := _standing(subject, kept, index, asks_standing, understood.at)) is not None
        and not says_already(note, said)
    ):
        # Somebody who asks about something else in an article on a closed program is answered first, and so is who was told before or
        # holds a permit of it: that nobody else gets in any more is nothing that they ask.
        told = bool(kept) and (
            _asks_what_is_told(understood.question, kept[0])
            or _looks_back(understood.question, asks_standing)
            or not asks_standing
            and _IS_IN_IT.search(understood.question) is not None
            or _is_known(note, subject, kept, understood, registry)
        )
        if subject is shown and not said and told:
            behind = note
            kept.insert(next((n for n, piece in enumerate(kept) if piece.passage.id != kept[0].passage.id), len(kept)), note)
        else:
            said.insert(0, note)
    said = _told_by_its_end((), said, registry, index)
    kept = _told_by_its_end(said, kept, registry, index)
    end = next((piece for piece in (*said, *kept) if _tells_of_an_end(piece, registry)), None)
    if end is not None and said and said[0].passage.program == end.passage.program:
        said, kept = [end, *(piece for piece in said if piece is not end)], [piece for piece in kept if piece is not end]
    differing = [d for d in differing if any(disagreement_name(d.id, 0) in piece.passage.id for piece in said)]
    listed = any(asks_for_several(wording) for part in understood.parts for wording in part)
    return Checked(
        _within(said, kept, listed, behind),
        tuple(likely),
        unknown,
        tuple(p.id for p in about),
        tuple(corrections),
        dropped,
        tuple(d.id for d in differing),
    )


# Who somebody is, why something was done, and what a report or a lawyer says: asked about what is told, and not by who means to apply.
_TOLD_OF = re.compile(
    r"\b(?:who(?:'?s| is| are| was| were)?|whose|why|articles?|reporters?|journalists?|newspapers?|star|says?|said|thinks?|thought|meant?|"
    r"called|described|compared?|expects?|expected|according|opinion|lawyers?|experts?|consultants?|critics?|ministers?)\b",
    re.IGNORECASE,
)
_OF_THEMSELVES = re.compile(
    r"\b(?:i|i'?m|i'?ve|me|my|mine|we|our|(?<!the )(?<!in )us|(?<!helped )(?<!help )apply|applying|eligible|qualify|still)\b", re.IGNORECASE
)


def _asks_what_is_told(question: str, first: Piece) -> bool:
    """Whether it asks for what a document tells of a program, and not how the program is to be used."""
    if first.passage.origin != "brief" and not _PROGRAM.search(question):
        return True
    return _TOLD_OF.search(question) is not None and _OF_THEMSELVES.search(question) is None


# Who doubts that something stands, or says what became of it, hears first how it stands.
_OF_ITS_STANDING = re.compile(
    r"\b(?:true|really|sure|over|still|dead|gone|killed|stop(?:s|ped)?|end(?:s|ed)?|back|again|reopen\w*|re-open\w*|says?|said|heard|read|told|thought)\b",
    re.IGNORECASE,
)


def _is_known(note: Piece, program: Program, kept: Sequence[Piece], understood: Understood, registry: Registry) -> bool:
    """Whether the conversation has said where a program stands, or the answer is on its renewal, which is for those who hold it."""
    if _OF_ITS_STANDING.search(understood.question) and understood.answered_before:
        return False
    ours = (*understood.named, *understood.inferred, *(piece.passage.program for piece in kept))
    renewals = (registry.programs[id] for id in ours if id in registry.programs)
    renews = any(one.name.startswith(RENEWAL_OF) and one.source == program.source and one.standing not in _SAYS for one in renewals)
    return renews or any(note.quote.lower() in answer.lower() for answer in understood.answered_before)


# What was, and not what can be done now: "did you need an employer for the July 2023 permit".
_BACK = re.compile(r"\b(?:did|was|were|had|could)\b", re.IGNORECASE)
_NOW = re.compile(
    r"\b(?:can|still|now|today|will|would|is|are|am|do|does|may|should|must|apply(?:ing)?|again|yet|anymore|i'?m|i'?ve|reopen\w*)\b",
    re.IGNORECASE,
)


# Who holds a permit already or has applied: "I hold the 2023 open permit", "we sent the sponsorship in 2025". An H-1B visa is none, nor is
# what a friend got; and who asks how to get one hears first that it has ended.
_US = r"\b(?:i|we|he|she|they|my (?!friend|cousin|colleague|co-?worker|neighbou?r|boss)\w+)(?:['’]?m|['’]?ve)?(?: (?:already|just|only|still))*"
_IS_IN_IT = re.compile(
    rf"{_US} (?:am |is |are )?(?:hold(?:s|ing)?|have|has|hv|got|received|on|in)"
    r"(?: (?!(?:can|could|get|apply|want|to|if|when)\b)[\w'’-]+){0,5} (?:permit|owp|approval)\b"
    rf"|{_US}(?: (?:have|had|has))?(?: already)? (?:applied|filed|sent|submitted|paid|was approved|were approved)\b",
    re.IGNORECASE,
)
_WANTS_IN = re.compile(
    r"\b(?:apply|qualif\w+|eligib\w+|get (?:it|one|that|this|in)|(?:how|where) (?:can|do|to|could) (?:i|we|to)? ?get)\b", re.IGNORECASE
)


def _is_in_it(question: str) -> bool:
    return _IS_IN_IT.search(question) is not None and _WANTS_IN.search(question) is None


def _looks_back(question: str, asks_standing: bool) -> bool:
    """Whether it is asked how something was, in the past tense alone."""
    return not asks_standing and _BACK.search(question) is not None and _NOW.search(question) is None


_OPENS_SO = re.compile(r"[^:.]{0,20}?(\d[\d,]*)[^:.]{0,25}:")  # "Up to 60 consecutive days:"


def _official_first(kept: Sequence[Piece], understood: Understood, registry: Registry) -> list[Piece]:
    """The pieces, of two sections that open with the same number the official one first: "up to 60 days" is a rule of USCIS, also where a
    newspaper's sentence on it is nearer. Who asks what an article says is told that."""

    def is_official(piece: Piece) -> bool:
        source = registry.sources.get(piece.passage.source_id)
        return source is not None and source.kind == "official"

    opening = _OPENS_SO.match(kept[0].quote) if kept else None
    if opening is None or is_official(kept[0]) or asks_of_a_text(understood.standalone) or _TOLD_OF.search(understood.question):
        return list(kept)
    for piece in kept[1:]:
        same = _OPENS_SO.match(piece.quote)
        if same is not None and same[1] == opening[1] and piece.part == kept[0].part and is_official(piece):
            of_it = [one for one in kept if one.passage.id == piece.passage.id and one.part == piece.part]
            return [*of_it, *(one for one in kept if one not in of_it)]
    return list(kept)


_OPENS_WITH = 150  # characters of an answer that may stand before its first sentence
_REPEATS = re.compile(r"\b(?:again|remind|repeat|once more|sure|really|true|right|correct)\b", re.IGNORECASE)


def _new_first(kept: Sequence[Piece], understood: Understood) -> list[Piece]:
    """The pieces, what the last answer opened with after what the same section says and a follow-up was not told. A yes or no stays first."""
    if not kept or not understood.answered_before or _REPEATS.search(understood.question) or opening_verdict(kept[0].quote) is not None:
        return list(kept)
    last, first = understood.answered_before[-1].lower(), kept[0]
    if first.quote.lower() not in last[: len(first.quote) + _OPENS_WITH]:
        return list(kept)
    same = (piece for piece in kept[1:] if piece.passage.id == first.passage.id and piece.part == first.part)
    new = next((p for p in same if p.quote.lower() not in last and "\n" not in p.quote and not leans(p.quote)), None)
    return list(kept) if new is None else [new, *(piece for piece in kept if piece is not new)]


def _give_the_day(piece: Piece, first: Sequence[Piece]) -> bool:
    """Whether the sentence that answers first gives the last day that a correction does: who asks when is told it once."""
    days = [written(one.passage.valid_until) for one in first if len(one.passage.valid_until) == len("2026-12-16")]
    return any(day in piece.quote and day in one.quote for one, day in zip(first, days, strict=False))


def _meant(hits: Sequence[Sequence[Hit]], registry: Registry) -> Program | None:
    """The program of which the nearest passage tells, where what it answers is near to a question that names none."""
    best = hits[0][0] if hits and hits[0] else None
    return registry.programs.get(best.passage.program) if best is not None and best.question >= _MEANT else None


def _beginning(program: Program, index: Index) -> Piece | None:
    """The note on how a program began."""
    return _registered(index, program.source, standing_name(program.id, program.history[0] if program.history else None))


def _may_follow(quote: str, correction: Correction, registry: Registry) -> bool:
    """Whether a sentence of a source that is put right may stand after what is right: as a guess, or as history, which speaks of nothing
    that holds: of years before the correction's, or of a program that has ended."""
    if _GUESSES.search(quote) is not None:
        return True
    if _HOLDS.search(quote) is not None:
        return False
    years = _YEARS.findall(quote)
    if years and max(years) < correction.since[:4]:
        return True
    program = registry.programs.get(correction.program)
    ended = program is not None and program.standing in ("closed", "replaced") and all(year <= program.since[:4] for year in years)
    return ended and _WAS.search(quote) is not None


def _corrections_of(piece: Piece, wordings: Sequence[str], registry: Registry, index: Index) -> list[Correction]:
    """The corrections that a source's sentence runs against, the one that the question is nearest to first."""
    if not piece.correction:
        return []
    wrong = [c for c in registry.corrections.values() if c.id == piece.correction or c.contradicts(piece.quote)]
    near = index.nearest_registered("correction", wordings) if len(wrong) > 1 else None
    return sorted(wrong, key=lambda c: near is None or not near[0].id.endswith(f"#correction-{c.id}"))


def _said_in_passing(correction: Correction, wordings: Sequence[str], registry: Registry, index: Index) -> bool:
    """Whether what is put right was not what is asked for: the sentence that holds it answers something else as well, and may be read after
    what is right. Not of a program that has ended, of which somebody could lose a day over it."""
    program = registry.programs.get(correction.program)
    if (program is not None and program.standing in ("closed", "replaced")) or any(correction.contradicts(w) for w in wordings):
        return False
    return _nearness(correction, wordings, index) < _SAID_WRONG


def _nearness(correction: Correction, wordings: Sequence[str], index: Index) -> float:
    """The cosine of a question to the wordings of a correction, or -1 where another one is nearer."""
    near = index.nearest_registered("correction", wordings)
    return near[1] if near is not None and near[0].id.endswith(f"#correction-{correction.id}") else -1.0


def _premises(
    understood: Understood, hits: Sequence[Sequence[Hit]], drafted: Sequence[Sequence[Piece]], registry: Registry, index: Index
) -> dict[str, Correction]:
    """Corrections of what the question takes for granted or asks about in the words of a known error.

    Where our documents have a section that is asked for in nearer words, that section answers and says what is right. An index of
    chosen documents answers from those alone: there only a question that itself says the wrong thing is corrected, or one to which they
    say it, if not another thing that is wrong is `drafted` as the answer.
    """
    of_these = (one for one in registry.corrections.values() if one.program in understood.programs)
    found = {one.id: one for one in of_these if _says_wrong(one, understood.question)}
    for number, wordings in enumerate(understood.parts):
        near = index.nearest_registered("correction", wordings)
        if near is None or number >= len(hits) or not hits[number]:
            continue
        passage, cosine = near
        correction = registry.corrections.get(passage.id.rsplit("#correction-", 1)[-1])
        if correction is None:
            continue
        if _says_wrong(correction, understood.question):
            found[correction.id] = correction
            continue
        if index.manifest.only:
            drafted_wrong = any(piece.correction for piece in drafted[number])
            if (
                cosine >= _SAID_WRONG
                and not drafted_wrong
                and any(correction.contradicts(hit.quoted(s)) for hit in hits[number] for s in hit.sentences)
            ):
                found[correction.id] = correction
            continue
        best = hits[number][0]
        ours = correction.program in (best.passage.program, *understood.programs)
        if cosine < (_PREMISE if ours else _CLEAR_PREMISE) or cosine < best.question - _LEARNED:
            continue
        rival = index.nearest_registered("disagreement", wordings)
        differs = rival is not None and rival[1] > cosine  # asked is why sources differ
        if not differs and not _was_put_right(correction, understood, index):
            found[correction.id] = correction
    return found


def _says_wrong(correction: Correction, message: str) -> bool:
    """Whether a message itself says what is wrong, in any of its clauses."""
    return any(correction.contradicts(clause) for clause in _CLAUSE_END.split(message))


def _was_put_right(correction: Correction, understood: Understood, index: Index) -> bool:
    """Whether a follow-up is near what is wrong only by the question that it goes on from, which was met with what is right: "what if I am
    TEER 2" after "he has an H-4 EAD, can he work in Canada". Who says again what is wrong is told again."""
    if not understood.previous or not understood.typed:
        return False
    told = _nearness(correction, understood.previous, index) >= _PREMISE
    return told and _nearness(correction, understood.typed, index) < _SAID_WRONG


def _differing(
    understood: Understood,
    hits: Sequence[Sequence[Hit]],
    kept: Sequence[Piece],
    likely: Sequence[float],
    registry: Registry,
    index: Index,
) -> list[Disagreement]:
    """The disagreement that the question asks about, and those of which the answer would give another side than the one with authority.

    An index of chosen documents shows only the latter: its reader asked for what those documents say.
    """
    found: dict[str, Disagreement] = {}
    for number, wordings in enumerate(understood.parts):
        near = None if index.manifest.only else index.nearest_registered("disagreement", wordings)
        if near is None or number >= len(hits) or not hits[number]:
            continue
        passage, cosine = near
        disagreement = registry.disagreements.get(passage.id.rsplit("#disagreement-", 1)[-1].rsplit("-", 1)[0])
        if disagreement is not None and cosine >= _PREMISE and cosine >= hits[number][0].question - _LEARNED:
            found[disagreement.id] = disagreement
    for piece in kept:
        for disagreement in registry.disagreements.values():
            given = disagreement.given_by(piece.quote) if piece.passage.program in (disagreement.program, GENERAL) else None
            if given is not None and given != disagreement.values[0]:
                found[disagreement.id] = disagreement
    return list(found.values())[:1]


def _programs(understood: Understood, kept: Sequence[Piece], registry: Registry) -> list[Program]:
    """The programs the answer is about: those of its passages, and those the question names if a passage is about them."""
    ids = dict.fromkeys(p.passage.program for p in kept if p.passage.program != GENERAL)
    ids.update(dict.fromkeys(understood.programs))
    return [registry.programs[i] for i in ids if i in registry.programs]


def _standing(program: Program, kept: Sequence[Piece], index: Index, asked: bool, at: str) -> Piece | None:
    """The note that a program is not open, unless the answer's own first words already say so. Where the question asks for the
    standing, the note answers even when nothing else does."""
    note = _note(program, index)
    if note is None or (not kept and not asked):
        return None
    if program.standing not in _SAYS and not (asked and at):
        return None
    note = _of_that_day(note, at) if at else note
    if program.standing not in _SAYS or (asked and at):
        return None if says_already(note, kept[:1]) else note
    said = bool(kept) and kept[0].passage.program == program.id and _says_standing(program, kept[0])
    said = said and not kept[0].passage.ran_out(program.since)  # "is the last day" was written before it ended
    return None if said or says_already(note, kept[:3]) else note


def _of_that_day(note: Piece, day: str) -> Piece:
    """The note without what it adds of a time after an ISO day: ", and no second intake has been seen up to October 2026"."""
    before, also, _ = note.quote.rpartition(", and ")
    later = bool(also) and written_later(note.quote, day) and not written_later(before, day)
    return replace(note, end=note.start + len(before)) if later else note


def _note(program: Program, index: Index) -> Piece | None:
    """The note on where a program stands, on the day that its registry is of."""
    names = (standing_name(program.id), *(standing_name(program.id, other) for other in (*program.history, *program.ahead)))
    notes = (_registered(index, program.source, name) for name in names)
    return next((found for found in notes if found is not None and found.quote == program.note), None)


def _told_by_its_end(said: Sequence[Piece], kept: Sequence[Piece], registry: Registry, index: Index) -> list[Piece]:
    """The pieces, of which those that only held until a program's end, as it was known beforehand, give way to the note of that end: nobody
    has read since what was written before."""
    ended = [program for program in registry.programs.values() if program.foreseen]
    told: list[Piece] = []
    for piece in kept:
        program = next((one for one in ended if _held_until_its_end(piece, one)), None)
        note = _note(program, index) if program is not None else None
        if note is None:
            told.append(piece)
        elif not any(one.passage.id == note.passage.id for one in (*said, *told)):
            told.append(replace(note, part=piece.part))
    return told


def _tells_of_an_end(piece: Piece, registry: Registry) -> bool:
    """Whether it is the note of an end that was known beforehand, which goes before what is right of the time until then."""
    return piece.passage.kind == "standing" and registry.programs[piece.passage.program].foreseen


def _held_until_its_end(piece: Piece, program: Program) -> bool:
    """Whether what was written before names a program's last day as one to come, or says of its rules, while they held, yes or no."""
    own = piece.passage.program == program.id
    kinds = ("section", "correction", "disagreement") if own else ("section",)
    if piece.passage.kind not in kinds or not piece.passage.as_of < program.since or "\n" in piece.quote:
        return False
    if piece.passage.kind == "disagreement":
        return True  # which day is the last one no longer matters
    last = (date.fromisoformat(program.since) - timedelta(days=1)).isoformat()
    verdict = opening_verdict(piece.passage.text) if own and piece.passage.ran_out(program.since) else None
    return written(last) in piece.quote or verdict is not None and piece.start <= verdict.end()


def _speaks_of_its_program(piece: Piece) -> bool:
    """Whether somebody who reads the piece could take it for a word on a program: any of ours; of an article, which is about a program as a
    whole, not a sentence on something else."""
    return piece.passage.origin == "brief" or _PROGRAM.search(piece.quote) is not None


def _says_standing(program: Program, piece: Piece) -> bool:
    """Whether the piece says that a program of this standing is not open; never of one that is."""
    return program.standing in _SAYS and re.search(_SAYS[program.standing], piece.quote, re.IGNORECASE) is not None


def _registered(index: Index, source: str, name: str) -> Piece | None:
    passage: Passage | None = index.by_id.get(f"{source}#{name}")
    return Piece(passage, 0, len(passage.text), 1.0) if passage is not None else None


def _within(said: Sequence[Piece], kept: Sequence[Piece], listed: bool, behind: Piece | None = None) -> tuple[Piece, ...]:
    """Corrections and standing first, then as many pieces as the length allows, at least one for each question, and in any case the one
    that stands `behind`. What comes first costs half its words, as that one does: an answer that must begin with a warning may be a little
    longer, and so may one whose list was asked for."""
    out = list(said)
    used = sum(p.words for p in (*out, *([behind] if behind is not None else []))) // 2
    first = {piece.part: number for number, piece in reversed(list(enumerate(kept)))}
    owed = sum(kept[number].words for number in first.values())
    for number, piece in enumerate(kept):
        if piece is behind:
            out.append(piece)
            continue
        if number == first[piece.part]:
            owed -= piece.words
        elif used + piece.words + owed > (WITH_LIST if listed and "\n" in piece.quote else MAX_WORDS) * 1.1:
            continue
        out.append(piece)
        used += piece.words
    return tuple(out)
