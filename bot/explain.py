"""Why the bot answered as it did: what was searched, what each part added to each score, what was folded, cut and said. `ask --explain`.

It asks the bot for the same steps with the same queries as `Bot.answer` does and reads what they gave; it scores nothing itself.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace

from bot.answer import Answer, Citation, Turn
from bot.answerability import NOT_FOUND, SURE
from bot.asked import Asked
from bot.chain import READ, Bot, reach
from bot.check import Checked
from bot.continuing import Weights as InConversation
from bot.pieces import Piece
from bot.reading import by_reader, placed_by
from index.search import Candidate, Hit, Query, Weights

_SHOWN = 8  # hits that are explained, of those that went on to the answer
_COLUMNS = 100
_LEGS = ("question", "text", "sentence", "keywords")


@dataclass(frozen=True)
class Leg:
    """One way in which a passage was compared with the question. `value` is a cosine, -1 to 1, or for keywords BM25 as a share of the best,
    0 to 1; `rank` is its place from 1 among all candidates, equals sharing one. Both are None where the passage has no question, or none of
    the words. `adds` is what it counts in the score."""

    value: float | None
    rank: int | None
    adds: float


@dataclass(frozen=True)
class ExplainedHit:
    """A hit with everything its score is made of: `score` is the sum of what the `legs` and the `other` parts add. `likely` is how likely
    it answers the question (0 to 1), `folded` the ids of passages that say the same. `read`: the log odds that it answers by the reader,
    None where that was not asked, and `by_reader` what this adds where the reader put hits in order. `continued`: in a conversation, what
    adds up to the sum that orders hits there instead of their scores. `value` is what put it in its place: that sum or the score, with what
    the reader adds. `put_before`: by rule, the ids of the hits shown that have more and come after it."""

    rank: int
    passage_id: str
    heading: str
    program: str
    score: float
    legs: Mapping[str, Leg]
    other: Mapping[str, float]
    likely: float
    folded: tuple[str, ...]
    read: float | None
    by_reader: float
    continued: Mapping[str, float]
    value: float
    put_before: Mapping[str, tuple[str, ...]]

    @property
    def parts(self) -> dict[str, float]:
        return {**{name: leg.adds for name, leg in self.legs.items()}, **self.other}


@dataclass(frozen=True)
class Quoted:
    """A quote that was chosen for the answer, with the number of its citation there; where that is 0, `left_out` says why."""

    passage_id: str
    quote: str
    number: int
    left_out: str = ""


@dataclass(frozen=True)
class ExplainedQuestion:
    """One question of the message.

    `context`, `before` and `told` are what the conversation added: texts of which the mean vector is added, earlier questions whose words
    count, passages that were just answered from. `scored` counts the candidates, of which `went_on` to the answer; `next_best` is the first
    of the rest by its score, with that. `silent` are better ones that say nothing of the past day asked about. `likely` is how likely the
    best hit answers, `unheld` the same before it was held back for only resembling the question, `answered` what the checks made of it (0
    to 1). `order`: what put the hits in their order, one after the other.
    """

    question: str
    wordings: tuple[str, ...]
    wants: str
    context: tuple[str, ...]
    before: tuple[str, ...]
    told: tuple[str, ...]
    scored: int
    went_on: int
    next_best: tuple[str, float] | None
    silent: tuple[str, ...]
    likely: float
    unheld: float
    answered: float
    order: tuple[str, ...]
    why: str
    hits: tuple[ExplainedHit, ...]
    weights: Mapping[str, float]
    quoted: tuple[Quoted, ...]


@dataclass(frozen=True)
class Explanation:
    """An answer and how it came about. `named` and `inferred` are program ids: in the message, and from the conversation. `put_first` are
    registered statements that the checks added: standings, corrections, sides of a disagreement. `dropped` counts chosen quotes that the
    checks refused as wrong; `corrected` and `differing` are the corrections and disagreements that they met; `unknown`: what answers says
    that this is not published; `too_early`: what is asked for did not exist on the day."""

    answer: Answer
    kind: str
    named: tuple[str, ...]
    inferred: tuple[str, ...]
    not_yet: tuple[str, ...]
    questions: tuple[ExplainedQuestion, ...]
    put_first: tuple[Quoted, ...]
    dropped: int
    corrected: tuple[str, ...]
    differing: tuple[str, ...]
    unknown: bool
    too_early: bool


def explain(bot: Bot, question: str, history: Sequence[Turn] = (), at: str = "") -> Explanation:
    """Answer one message as `Bot.answer` does, and keep why. Raises RequestError as that does."""
    answer, found = bot.trace(question, history, "q1", at)
    draft = bot.compose(found)
    checked = bot.check(draft)
    understood = found.understood
    questions = []
    for number, query in enumerate(bot.queries(understood, found.asked, found.not_yet)):
        asked, hits = found.asked[number], found.hits[number]
        likely = bot.likely(understood.of(number), asked, hits, found.leaning[number])
        quoted = tuple(_quoted(piece, answer, checked, likely) for piece in draft.pieces[number])
        questions.append(_question(bot, query, asked, hits, quoted, likely, checked.answered[number]))
    drafted = [piece for pieces in draft.pieces for piece in pieces]
    return Explanation(
        answer,
        understood.kind,
        understood.named,
        understood.inferred,
        tuple(sorted(found.not_yet)),
        tuple(questions),
        tuple(Quoted(c.passage_id, c.quote, c.number) for c in answer.citations if not any(_cites(c, p) for p in drafted)),
        checked.dropped,
        checked.corrected,
        checked.differing,
        checked.unknown,
        checked.not_yet,
    )


def as_json(explanation: Explanation) -> str:
    """The explanation as JSON: the answer contract under "answer", the rest as the dataclasses name it."""
    return json.dumps({**asdict(explanation), "answer": explanation.answer.model_dump(mode="json")}, ensure_ascii=False, indent=2)


def as_text(explanation: Explanation, names: Mapping[str, str]) -> str:
    """The explanation for a terminal of 100 columns, without the answer's own text. `names`: of the programs, by id."""
    answer = explanation.answer
    alone = "the same: it stands alone" if answer.standalone_question == answer.question else _short(answer.standalone_question, _LONG)
    lines = [
        "THE QUESTION",
        *_field("asked", _short(answer.question, _LONG)),
        *_field("understood as", alone),
        *_field("status", f"{answer.status}{f', as of {answer.at}' if answer.at else ''}; taken for: {_KINDS[explanation.kind]}"),
        *_field("programs", _programs(explanation, names)),
    ]
    if explanation.not_yet:
        lines += _field("left out", f"programs that were not there yet on {answer.at}: {', '.join(explanation.not_yet)}")
    for number, one in enumerate(explanation.questions, 1):
        counted = f"question {number} of {len(explanation.questions)}" if len(explanation.questions) > 1 else "the search"
        lines += ["", f"{counted.upper()}", *_of_question(one)]
    if not explanation.questions:
        lines += ["", *_wrapped("Nothing was searched: the message asks for nothing that documents could answer.")]
    lines += _checks(explanation)
    return "\n".join(lines)


def _question(
    bot: Bot, query: Query, asked: Asked, hits: Sequence[Hit], quoted: tuple[Quoted, ...], likely: float, answered: float
) -> ExplainedQuestion:
    ranked = bot.index.ranked(query, reach(query))
    place = {candidate.passage.id: n for n, candidate in enumerate(ranked)}
    # What only another way to read a conversation brings up is not among the candidates.
    compared = {candidate.passage.id: _compared(candidate) for candidate in ranked} | {hit.passage.id: _compared(hit) for hit in hits}
    ranks = {name: _ranks({id: values[name] for id, values in compared.items()}) for name in _LEGS}
    gone_on = {id for hit in hits for id in (hit.passage.id, *hit.folded)}
    last = max((place.get(hit.passage.id, -1) for hit in hits), default=-1)
    rest = [candidate for candidate in ranked if candidate.passage.id not in gone_on]
    silent = tuple(candidate.passage.id for candidate in rest if query.at and place[candidate.passage.id] < last)
    below = [candidate for candidate in rest if candidate.passage.id not in silent]
    shown = hits[:_SHOWN]
    explained = tuple(
        ExplainedHit(
            number,
            hit.passage.id,
            hit.passage.heading,
            hit.passage.program,
            hit.score,
            {name: Leg(compared[hit.passage.id][name], ranks[name].get(hit.passage.id), hit.parts[name]) for name in _LEGS},
            {name: added for name, added in hit.parts.items() if name not in _LEGS},
            bot.answerability(asked, hit),
            hit.folded,
            hit.read,
            _reader_added(hit),
            hit.continued.parts if hit.continued is not None else {},
            _value(hit),
            _put_before(hit, shown[number:]),
        )
        for number, hit in enumerate(shown, 1)
    )
    return ExplainedQuestion(
        query.wordings[0],
        query.wordings,
        query.wants,
        query.context,
        query.before,
        tuple(sorted(query.told)),
        len(ranked),
        len(hits),
        (below[0].passage.id, below[0].score) if below else None,
        silent,
        likely,
        explained[0].likely if explained else 0.0,
        answered,
        _order(hits),
        _why(shown),
        explained,
        _in_use(bot, query, shown),
        quoted,
    )


def _compared(found: Candidate | Hit) -> dict[str, float | None]:
    """The values of the legs as they order, None where there was nothing to compare with."""
    question, text, sentence = found.ordering
    return {
        "question": question if question > -1 else None,
        "text": text,
        "sentence": sentence,
        "keywords": found.keyword if found.keyword > 0 else None,
    }


def _ranks(values: Mapping[str, float | None]) -> dict[str, int]:
    """The place of each value that there is from 1, highest first; equals share the best of their places."""
    held = {id: value for id, value in values.items() if value is not None}
    first: dict[float, int] = {}
    for n, value in enumerate(sorted(held.values(), reverse=True), 1):
        first.setdefault(value, n)
    return {id: first[value] for id, value in held.items()}


def _reader_added(hit: Hit) -> float:
    """What the reader counts in the place of a hit: nothing where it put none in order."""
    return by_reader(hit) if hit.read is not None and _since_read(hit) is not None else 0.0


def _since_read(hit: Hit) -> int | None:
    """How many moves came after the reader's, None where it made none."""
    names = [name for name, _ in reversed(hit.moves)]
    return names.index(READ) if READ in names else None


def _value(hit: Hit) -> float:
    return placed_by(hit) + _reader_added(hit)


def _parts(hit: Hit) -> dict[str, float]:
    """What adds up to the value of a hit, by name."""
    return {**(hit.parts if hit.continued is None else hit.continued.parts), "reader": _reader_added(hit)}


def _rule(ahead: Hit, behind: Hit) -> str:
    """The rule that put the one hit before the other though it comes to less, or "" where it does not."""
    if _value(ahead) >= _value(behind) and (ahead.continued is None) == (behind.continued is None):
        return ""
    moves, value = min(len(ahead.moves), len(behind.moves)), placed_by
    both_read = ahead.read is not None and behind.read is not None
    if both_read and (since := _since_read(ahead)) is not None:  # before that they were in another order, which no longer counts
        moves, value = since, _value
    # What was looked for besides was not there for the first moves, and came last.
    came_first = value(ahead) >= value(behind) and len(ahead.moves) >= len(behind.moves)
    rule, is_ahead = "", came_first
    for n in range(-moves, 0):
        (name, mine), (_, other) = ahead.moves[n], behind.moves[n]
        if mine < other and not is_ahead:
            rule = name
        is_ahead = mine < other
    return rule or (READ if _since_read(ahead) is not None else _FOUND_FIRST)


def _put_before(hit: Hit, after: Sequence[Hit]) -> dict[str, tuple[str, ...]]:
    """The hits after one that come to more, by the rule that put them there."""
    rules = {other.passage.id: _rule(hit, other) for other in after}
    return {rule: tuple(id for id, by in rules.items() if by == rule) for rule in dict.fromkeys(rules.values()) if rule}


def _order(hits: Sequence[Hit]) -> tuple[str, ...]:
    """What put the hits in order, one after the other."""
    if not hits:
        return ()
    return (_BY_SCORE if hits[0].continued is None else _BY_CONVERSATION, *dict.fromkeys(name for name, _ in hits[0].moves))


def _cites(citation: Citation, piece: Piece) -> bool:
    """Whether it quotes the piece, or a part of it, as where a language model words a sentence at a time."""
    return citation.passage_id == piece.passage.id and piece.start <= citation.start and citation.end <= piece.end


def _quoted(piece: Piece, answer: Answer, checked: Checked, likely: float) -> Quoted:
    number = next((c.number for c in answer.citations if _cites(c, piece)), 0)
    if number:
        why = ""
    elif piece in checked.pieces:
        why = f"an answer that is {answer.status} does not quote what was found"
    elif checked.not_yet:
        why = "what is asked for did not exist on that day"
    elif likely < NOT_FOUND:
        why = f"that it answers is likely by {likely:.2f} only, under {NOT_FOUND:.2f}"
    elif piece.correction:
        why = f"it says what the correction {piece.correction} puts right"
    else:
        why = "said already, or the answer is long enough without"
    return Quoted(piece.passage.id, piece.quote, number, why)


def _why(hits: Sequence[Hit]) -> str:
    """Why the first hit is first, in one sentence."""
    if not hits:
        return "No passage went on: nothing that is held resembles the question, or nothing of it speaks of that day."
    first = hits[0]
    if len(hits) == 1:
        return f"{first.passage.id} is the only passage that went on{''.join(f': {name}' for name, _ in first.moves[-1:])}."
    second = hits[1]
    gap = _value(first) - _value(second)
    if rule := _rule(first, second):
        more = f", which comes to {-gap:.3f} more" if gap < 0 else ""
        return f"{first.passage.id} is put before {second.passage.id}{more}: {rule}."
    mine, others = _parts(first), _parts(second)
    apart = {name: mine.get(name, 0.0) - others.get(name, 0.0) for name in {**mine, **others}}
    least = _MATTERS if any(value >= _MATTERS for value in apart.values()) else _VISIBLE
    ahead = sorted((n for n in apart if apart[n] >= least), key=lambda n: -apart[n])
    behind = sorted((n for n in apart if apart[n] <= -least), key=lambda n: apart[n])
    told = [f"put ahead by {_added(apart, ahead)}"] if ahead else []
    told += [f"though {_added(apart, behind)} spoke against it"] if behind else []
    return f"{first.passage.id} won by {gap:.3f} over {second.passage.id}: {', '.join(told) or 'the two are equal, and ids decide'}."


def _in_use(bot: Bot, query: Query, hits: Sequence[Hit]) -> dict[str, float]:
    """The weights that took part in the order of these, by name; those of the kinds of source as "kind official", those of a conversation
    as "in conversation typed"."""
    weights, used = bot.index.weights, {}
    for hit in hits:
        passage = hit.passage
        for part, added in hit.parts.items():
            if part == "authority":
                source = bot.sources.get(passage.source_id)
                used[f"kind {source.kind if source else 'unknown'}"] = added
            elif part == "program":
                name = "other" if added < 0 else "program" if passage.program in query.named else "inferred"
                used[name] = getattr(weights, name)
            elif added:
                used |= {name: getattr(weights, name) for name in (_ASKED if passage.asked else _PROSE).get(part) or _OTHER[part]}
        if passage.asked and bot.index.turned:
            used["turned"] = bot.index.turned
        if _reader_added(hit):
            used["reader" if passage.asked else "reader of prose"] = by_reader(replace(hit, read=1.0))
        if hit.continued is not None:
            used |= {f"in conversation {name}": weight for name, weight in asdict(InConversation()).items()}
    if query.context:
        used["context"] = weights.context
    if query.before:
        used["before"] = weights.before
    order = [field.name for field in fields(Weights)]
    return dict(sorted(used.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order)))


# The weights behind each part of a score, as index/search.py adds them up; a passage without questions of its own has others.
_ASKED = {"question": ("question",), "text": ("text",), "sentence": ("sentence",), "keywords": ("keyword",)}
_PROSE = {
    "question": ("question", "prose_sentence"),
    "text": ("question", "text", "sentence", "prose_sentence"),
    "sentence": ("question", "text", "sentence", "prose_sentence"),
    "keywords": ("prose_keyword",),
}
_OTHER = {
    "sort of thing": ("wanted",),
    "after any refusal": ("refusal",),
    "field's terms": ("covered",),
    "place": ("place",),
    "number": ("number",),
    "code": ("code",),
    "told already": ("told",),
    "not known": ("future",),
    "held then": ("then",),
    "over": ("over",),
    "favoured": ("question",),
    "age": ("age",),
}
_BY_SCORE, _BY_CONVERSATION = "the score of the search", "the sum in the conversation"
_FOUND_FIRST = "the other was looked for besides, and comes after"
_MATTERS, _VISIBLE = 0.005, 0.0005  # of a difference between two hits; the second shows with three decimals


# As text

_KINDS = {
    "question": "a question",
    "smalltalk": "small talk",
    "out_of_scope": "a question on something else",
    "refused": "a request that is refused",
    "outcome": "a question how one person's case will end",
    "vague": "a question that names nothing",
    "distress": "a message of somebody in distress",
    "abuse": "a message of harm that another does",
    "unread": "a message in a language that is not read",
}
_LONG, _EXCERPT = 300, 120  # characters shown of a question, and of a text that is only to be recognised
_INDENT = " " * 11  # of what is said about a hit
_CELL = 18  # columns of a leg's value, rank and share
_UNDER = " value rank   adds"


def _of_question(one: ExplainedQuestion) -> list[str]:
    lines = [line for n, wording in enumerate(one.wordings) for line in _field("" if n else "searched as", f"“{_short(wording, _LONG)}”")]
    if one.wants:
        lines += _field("asks for", one.wants)
    lines += [line for n, text in enumerate(one.context) for line in _field("" if n else "after", _of_before(text, one))]
    if one.told:
        lines += _field("told already", ", ".join(one.told))
    if one.order:
        lines += _field("ordered by", "; then ".join(one.order))
    lines += _field("why", one.why)
    lines += _field("likely", _likely(one))
    if one.hits:
        lines += ["", *_table(one), ""]
        lines += _field("ranks", f"among the {one.scored} passages that were scored; “question” is its nearest heading or asked: line")
        lines += _field("weights", ", ".join(f"{name} {weight:g}" for name, weight in one.weights.items()))
    lines += _field("cut", _cut(one))
    for n, quoted in enumerate(one.quoted):
        lines += _field("" if n else "quoted", _of_quote(quoted))
    return lines


def _of_before(text: str, one: ExplainedQuestion) -> str:
    return f"“{_short(text, _EXCERPT)}”{' – its words count too' if text in one.before else ''}"


def _table(one: ExplainedQuestion) -> list[str]:
    """The hits in their order: what put each there, where it stands in each leg among all candidates, and what that adds to its score."""
    number = {hit.passage_id: hit.rank for hit in one.hits}
    lines = [
        f" #  value  {' '.join(f' {name:<{_CELL - 1}}' for name in _LEGS)}".rstrip(),
        f"{_INDENT}{' '.join([_UNDER] * len(_LEGS))}".rstrip(),
    ]
    for hit in one.hits:
        under = f"likely {hit.likely:.2f}{f', under {NOT_FOUND:.2f}' if hit.likely < NOT_FOUND else ''}"
        read = "" if hit.read is None else f"read {hit.read:+.1f}{f', which adds {hit.by_reader:+.3f}' if hit.by_reader else ''}; "
        other = ", ".join(f"{name} {added:+.3f}{_of_program(name, hit)}" for name, added in hit.other.items()) or "nothing else"
        lines += [
            f"{hit.rank:2} {hit.value:6.3f}  {' '.join(_cell(hit.legs[name]) for name in _LEGS)}".rstrip(),
            *_wrapped(f"“{hit.heading}”", _INDENT),
            *_wrapped(hit.passage_id, _INDENT),
            *_wrapped(f"{other}; {read}{under}", _INDENT),
        ]
        if hit.continued:
            summed = ", ".join(f"{name} {added:+.3f}" for name, added in hit.continued.items() if added)
            lines += _wrapped(f"in the conversation: {summed}; its score is {hit.score:.3f}", _INDENT)
        for rule, ids in hit.put_before.items():
            lines += _wrapped(f"put before {', '.join(f'#{number[id]}' for id in ids)}: {rule}", _INDENT)
        if hit.folded:
            lines += _wrapped(f"folded into it, as they say the same: {', '.join(hit.folded)}", _INDENT)
    return lines


def _of_program(part: str, hit: ExplainedHit) -> str:
    """Which program it is of, where that counted."""
    return f" ({hit.program})" if part == "program" else ""


def _cell(leg: Leg) -> str:
    value, rank = ("–" if leg.value is None else f"{leg.value:.3f}"), ("–" if leg.rank is None else str(leg.rank))
    return f"{value:>6}{rank:>5} {leg.adds:+.3f}".ljust(_CELL)


def _likely(one: ExplainedQuestion) -> str:
    held = f"; {one.unheld:.2f} before it was held back, as it may only resemble the question" if one.likely < one.unheld else ""
    raised = f"; {one.answered:.2f} after what is registered was put to it" if one.answered != one.likely else ""
    verdict = "no answer" if one.answered < NOT_FOUND else "part of an answer" if one.answered < SURE else "an answer"
    return f"{one.likely:.2f} that the first hit answers{held}{raised}: {verdict} (a part from {NOT_FOUND:.2f}, whole from {SURE:.2f})"


def _cut(one: ExplainedQuestion) -> str:
    folded = sum(len(hit.folded) for hit in one.hits)
    unlikely = sum(hit.likely < NOT_FOUND for hit in one.hits)
    said = [f"{one.scored} passages scored, {one.went_on} went on to the answer, {len(one.hits)} are shown"]
    if unlikely:
        said.append(f"{unlikely} of these are likely answers by less than {NOT_FOUND:.2f}")
    if folded:
        said.append(f"{folded} folded")
    if one.silent:
        said.append(
            f"{len(one.silent)} better ones say nothing of that day: {', '.join(one.silent[:3])}{' …' if len(one.silent) > 3 else ''}"
        )
    if one.next_best:
        said.append(f"the best of the rest has a score of {one.next_best[1]:.3f}: {one.next_best[0]}")
    return "; ".join(said)


def _of_quote(quoted: Quoted) -> str:
    left_out = f" – not said: {quoted.left_out}" if quoted.left_out else ""
    return f"[{quoted.number or '–'}] {quoted.passage_id} “{_short(quoted.quote, _EXCERPT)}”{left_out}"


def _checks(explanation: Explanation) -> list[str]:
    """What the checks made of what was chosen."""
    lines = []
    for n, quoted in enumerate(explanation.put_first):
        lines += _field("" if n else "added", _of_quote(quoted))
    told = (
        ("dropped", explanation.dropped, f"{explanation.dropped} of the chosen quotes, as they say what is known to be wrong"),
        ("corrected", explanation.corrected, ", ".join(explanation.corrected)),
        ("differing", explanation.differing, f"sources give different values: {', '.join(explanation.differing)}"),
        ("unknown", explanation.unknown, "the passage that answers says that this is not published"),
        ("too early", explanation.too_early, f"what is asked for did not exist on {explanation.answer.at}"),
    )
    for name, met, line in told:
        if met:
            lines += _field(name, line)
    return ["", "THE CHECKS", *lines] if lines else []


def _programs(explanation: Explanation, names: Mapping[str, str]) -> str:
    told = [
        f"{how} {', '.join(f'{names[p]} ({p})' if p in names else p for p in programs)}"
        for how, programs in (("named:", explanation.named), ("from the conversation:", explanation.inferred))
        if programs
    ]
    return "; ".join(told) or "none named, none from the conversation"


def _added(apart: Mapping[str, float], names: Sequence[str]) -> str:
    return ", ".join(f"{name} {apart[name]:+.3f}" for name in names)


def _short(text: str, most: int) -> str:
    """At most so many characters of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most].rsplit(' ', 1)[0]} …"


def _field(name: str, value: str) -> list[str]:
    return _wrapped(" ".join(value.split()), f"{name:<14}", " " * 14)


def _wrapped(text: str, first: str = "", further: str | None = None) -> list[str]:
    return textwrap.wrap(
        text, _COLUMNS, initial_indent=first, subsequent_indent=first if further is None else further, break_on_hyphens=False
    ) or [first.rstrip()]
