"""Why the bot answered as it did: scores that add up, ranks that are right, what was folded and cut, and the question kept as a case."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from bot.answer import Answer, Turn
from bot.answerability import NOT_FOUND
from bot.chain import Bot, reach
from bot.explain import ExplainedHit, Explanation, as_json, as_text, explain
from corpus.model import Passage, Source
from corpus.registry import load_registry
from eval.cases import read_set
from index.build import build_index
from index.embedder import Embedder
from index.search import open_index
from tests.conftest import PASSAGES, ROOT, Command, environment, new_home

MANY = "how many could apply for the 2023 open work permit for H-1B holders"
PRICE = "what does a work permit cost"
OPEN = "is the h1b open work permit still open"
PERMIT = "h1b-open-work-permit-2023"
CAP = "How many people could apply for the 2023 open work permit for H-1B holders, and when was that number reached by them?"
TWINS = tuple(
    Passage(
        id=f"{source}#places",
        source_id=source,
        title="The 2023 measure",
        headings=("How many places did the 2023 measure have?",),
        text=f"The 2023 measure for H-1B holders {had} 10,000 places for principal applicants, and all of them "
        "were taken within two days of July.",
        program=PERMIT,
        as_of="2024-05",
    )
    for source, had in (("ircc-h1b-manual", "had"), ("ircc-fees", "held"))
)
LATER = Passage(
    id="ircc-fees#later",
    source_id="ircc-fees",
    title="Fees",
    headings=("What does a work permit cost now?",),
    text="A work permit costs CAN$160 from 1 December 2025.",
    asked=("what a work permit costs", "what would a work permit cost", "cost of a work permit"),
    valid_from="2025-12-01",
)
PROSE = Passage(id="letter#1", source_id="letter", title="A letter", headings=("Of permits",), text="One asks for a permit, and waits.")
SAID = (
    Turn(role="user", content=MANY),
    Turn(role="assistant", content="The 2023 open work permit for H-1B holders took 10,000 applications."),
)


@pytest.fixture(scope="module")
def small(models: Path, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Bot:
    """A bot over the few passages of this file and of conftest."""
    home = new_home(tmp_path_factory.mktemp("explain") / "data", models)
    build_index(home, (*PASSAGES, *TWINS, LATER, PROSE), embedder)
    registry = load_registry()
    sources = {**registry.sources, "letter": Source("letter", "A letter", "A neighbour", "document")}
    return Bot(registry, open_index(home, embedder, sources), sources, date(2026, 11, 20))


def first(explanation: Explanation) -> ExplainedHit:
    return explanation.questions[0].hits[0]


def text_of(bot: Bot, explanation: Explanation) -> str:
    return as_text(explanation, {program.id: program.name for program in bot.programs.values()})


def field(text: str, name: str) -> str:
    """What a text says of one thing, on one line."""
    found = re.search(rf"^{name} +(.*(?:\n {{14}}.*)*)", text, re.MULTILINE)
    assert found, text
    return " ".join(found[1].split())


# The scores


@pytest.mark.parametrize(
    ("question", "history", "at"),
    [
        (PRICE, (), ""),
        (f"{OPEN} and what does a work permit cost in Ontario", (), ""),
        ("how much is the IMM5710 for 10,000 people from India", (), ""),
        ("and how many did it take", SAID, ""),
        (PRICE, (), "2025-01-01"),
    ],
)
def test_the_parts_of_every_score_add_up_to_it(small: Bot, question: str, history: Sequence[Turn], at: str) -> None:
    explained = explain(small, question, history, at)
    hits = [hit for one in explained.questions for hit in one.hits]
    assert hits
    for hit in hits:
        assert sum(hit.parts.values()) == pytest.approx(hit.score, abs=1e-9)
        assert list(hit.legs) == ["question", "text", "sentence", "keywords"]


def test_what_is_explained_is_what_was_answered_and_found(small: Bot) -> None:
    explained = explain(small, "and how many did it take", SAID)
    answer, found = small.trace("and how many did it take", SAID)
    assert explained.answer.model_dump(exclude={"timings_ms", "id"}) == answer.model_dump(exclude={"timings_ms", "id"})
    assert [[(hit.passage_id, hit.score) for hit in one.hits] for one in explained.questions] == [
        [(hit.passage.id, hit.score) for hit in hits] for hits in found.hits
    ]


def test_each_leg_ranks_a_passage_among_all_candidates(small: Bot) -> None:
    found = small.search(small.understand(PRICE))
    (query,) = small.queries(found.understood, found.asked, found.not_yet)
    candidates = small.index.ranked(query, reach(query))
    (one,) = explain(small, PRICE).questions
    assert one.scored == len(candidates) == 7  # every section that is held
    values = {
        "question": [c.ordering[0] for c in candidates if c.question > -1],
        "text": [c.ordering[1] for c in candidates],
        "sentence": [c.ordering[2] for c in candidates],
        "keywords": [c.keyword for c in candidates if c.keyword > 0],
    }
    for hit in one.hits:
        (mine,) = [c for c in candidates if c.passage.id == hit.passage_id]
        for name, of_mine in zip(("question", "text", "sentence", "keywords"), (*mine.ordering, mine.keyword), strict=True):
            leg = hit.legs[name]
            if leg.value is not None:
                assert (leg.value, leg.rank) == (of_mine, 1 + sum(other > of_mine for other in values[name]))
    by_id = {hit.passage_id: hit for hit in one.hits}
    assert [by_id["ircc-fees#later"].legs["question"].rank, by_id["ircc-fees#work-permit"].legs["question"].rank] == [1, 2]


def test_a_passage_without_a_word_of_the_question_has_no_keyword_rank(small: Bot) -> None:
    (one,) = explain(small, "what does citizenship cost").questions
    without = [hit for hit in one.hits if hit.passage_id == "letter#1"]
    assert [(hit.legs["keywords"].value, hit.legs["keywords"].rank, hit.legs["keywords"].adds) for hit in without] == [(None, None, 0.0)]
    assert first(explain(small, "what does citizenship cost")).legs["keywords"].rank == 1


def test_the_weights_shown_are_those_that_took_part(small: Bot) -> None:
    weights, (plain,) = small.index.weights, explain(small, PRICE).questions
    assert plain.weights["question"] == weights.question and plain.weights["wanted"] == weights.wanted
    assert plain.weights["kind official"] == weights.prior(small.sources["ircc-fees"])
    assert not {"context", "before", "inferred", "told", "then", "place"} & set(plain.weights)
    (after,) = explain(small, "and how many did it take", SAID).questions
    assert (after.weights["context"], after.weights["before"]) == (weights.context, weights.before)
    assert after.weights["inferred"] == weights.inferred and after.weights["told"] == weights.told


# Why the first is first


def test_one_sentence_says_what_put_the_first_ahead_of_the_second_and_what_spoke_against_it(bot: Bot) -> None:
    sides: list[str] = []
    for question in (OPEN, "can my kids go to school", "the open work permit for h1b is still open right? how do i apply"):
        one = explain(bot, question).questions[0]
        winner, second = one.hits[:2]
        told = re.fullmatch(r"(\S+) won by ([\d.]+) over (\S+): put ahead by (.+?)(?:, though (.+) spoke against it)?\.", one.why)
        assert told, one.why
        assert (winner.value, second.value) == (winner.score + winner.by_reader, second.score + second.by_reader)
        gap = winner.value - second.value
        assert told.groups()[:3] == (winner.passage_id, f"{gap:.3f}", second.passage_id)
        apart = {name: winner.parts.get(name, 0.0) - second.parts.get(name, 0.0) for name in {**winner.parts, **second.parts}}
        apart["reader"] = winner.by_reader - second.by_reader
        for listed, sign in ((told[4], 1), (told[5] or "", -1)):
            named = dict(part.rsplit(" ", 1) for part in listed.split(", ") if part)
            assert named == {name: f"{value:+.3f}" for name, value in apart.items() if value * sign >= 0.005}
            sides += [str(sign)] * bool(named)
    assert set(sides) == {"1", "-1"}


def test_what_the_reader_said_is_told_beside_the_score_and_in_what_won(bot: Bot) -> None:
    asked = "five-year parent visa, I'm permit holder"
    one = explain(bot, asked).questions[0]
    winner, second = one.hits[:2]
    assert winner.read is not None and second.read is not None and winner.by_reader > second.by_reader
    assert f"reader {winner.by_reader - second.by_reader:+.3f}" in one.why
    text = as_text(explain(bot, asked), {})
    assert f"read {winner.read:+.1f}, which adds {winner.by_reader:+.3f}" in " ".join(text.split())
    clear = explain(bot, "Do I need a job offer for Express Entry?").questions[0]
    assert all(hit.read is None for hit in clear.hits) and "reader" not in clear.why


def test_what_the_conversation_just_said_speaks_against_a_passage(small: Bot) -> None:
    explained = explain(small, "and how many did it take", SAID)
    (one,) = explained.questions
    assert explained.inferred == (PERMIT,) and explained.named == ()
    assert len(one.told) == 1 and one.context[0] == SAID[0].content and one.before == (SAID[0].content,)
    told = {hit.passage_id: hit.other.get("told already", 0.0) for hit in one.hits}
    assert told[one.told[0]] == -small.index.weights.told
    text = text_of(small, explained)
    assert field(text, "programs").startswith("from the conversation: ") and PERMIT in field(text, "programs")
    assert field(text, "after").startswith(f"“{SAID[0].content}” – its words count too")
    assert field(text, "told already") == one.told[0]


FAMILY = (
    Turn(role="user", content="What is the Global Talent Stream?"),
    Turn(role="assistant", content="A way for employers to hire tech workers with an LMIA in about 10 business days."),
)


@pytest.mark.parametrize(
    "question",
    [
        "ielts result from 26 months back, is it usable for EE still?",
        "single person EE proof of funds amount and does CEC also need it",
        "what is category a and b of gts, the difference",
        "what can i do after they refused my visa",
        "was it difference between category a vs category b global talent stream",
        "how much is a work permit and can my wife work",
        "kids school free in canada? and who pays the fee for a study permit",
    ],
)
@pytest.mark.parametrize("history", [(), FAMILY], ids=["first", "later"])
def test_every_message_that_is_answered_is_explained_and_each_place_is_accounted_for(
    bot: Bot, question: str, history: Sequence[Turn]
) -> None:
    """Also where other readings of a message brought up what its own search does not: all that is shown then comes from what was found."""
    explained = explain(bot, question, history)
    assert explained.questions and "won by -" not in text_of(bot, explained)
    for one in explained.questions:
        for n, hit in enumerate(one.hits):
            assert sum(hit.parts.values()) == pytest.approx(hit.score, abs=1e-9)
            ahead_of = {id for ids in hit.put_before.values() for id in ids}
            assert {other.passage_id for other in one.hits[n + 1 :] if other.value > hit.value} <= ahead_of


def test_what_orders_a_follow_up_is_told(bot: Bot) -> None:
    explained = explain(bot, "what about my wife?", FAMILY)
    (one,) = explained.questions
    winner, second = one.hits[:2]
    assert one.order[0] == "the sum in the conversation"
    assert winner.value == pytest.approx(sum(winner.continued.values()) + winner.by_reader)
    apart = {name: added - second.continued[name] for name, added in winner.continued.items()}
    told = re.fullmatch(r"\S+ won by ([\d.]+) over \S+: .*?", one.why)
    assert told and float(told[1]) == pytest.approx(sum(apart.values()) + winner.by_reader - second.by_reader, abs=6e-4)
    assert (one.weights["in conversation typed"], one.weights["turned"]) == (0.40, bot.index.weights.turned)
    text = text_of(bot, explained)
    assert f"in the conversation: score {winner.continued['score']:+.3f}" in text and "best of the rest has a score of" in field(
        text, "cut"
    )
    assert json.loads(as_json(explained))["questions"][0]["hits"][0]["continued"] == winner.continued


def test_a_rule_that_puts_less_before_more_is_named(bot: Bot) -> None:
    one = explain(bot, "proof of funds for a family of three under express entry").questions[0]
    behind = [hit for hit in one.hits if hit.put_before]
    assert behind and set(behind[0].put_before) == {"what is said of another age, number, relative, country or time comes after"}
    (of_another,) = behind[0].put_before.values()
    values = {hit.passage_id: hit.value for hit in one.hits}
    assert all(values[id] > behind[0].value for id in of_another)
    bare = explain(bot, "cost?", (Turn(role="user", content="can my parents stay for long on a super visa?"), FAMILY[1])).questions[0]
    assert any(rule.startswith("what tells it of what is talked of comes first") for rule in bare.order)


# What was folded and cut


def test_of_two_documents_that_say_the_same_one_is_folded_into_the_other(small: Bot) -> None:
    explained = explain(small, "how many places did the 2023 measure have")
    (one,) = explained.questions
    winner = one.hits[0]
    assert {winner.passage_id, *winner.folded} == {"ircc-h1b-manual#places", "ircc-fees#places"} and len(winner.folded) == 1
    assert winner.folded[0] not in [hit.passage_id for hit in one.hits] and one.next_best is None
    (then,) = explain(small, "how many places did the 2023 measure have", at="2025-01-01").questions
    assert then.hits[0].folded == winner.folded and then.silent == ("ircc-fees#later",)
    text = text_of(small, explained)
    assert f"folded into it, as they say the same: {winner.folded[0]}" in text
    assert field(text, "cut").startswith("7 passages scored, 6 went on to the answer, 6 are shown; ") and "1 folded" in field(text, "cut")


def test_only_the_first_eight_are_shown_and_the_best_of_the_rest_is_named(bot: Bot) -> None:
    (one,) = explain(bot, OPEN).questions
    found = bot.search(bot.understand(OPEN))
    (query,) = bot.queries(found.understood, found.asked, found.not_yet)
    candidates = bot.index.ranked(query, reach(query))
    assert (len(one.hits), one.went_on, one.scored) == (8, 10, len(candidates))
    seen = {id for hit in found.hits[0] for id in (hit.passage.id, *hit.folded)}
    assert one.next_best == next((c.passage.id, c.score) for c in candidates if c.passage.id not in seen)
    assert one.next_best[1] <= found.hits[0][-1].score and not one.silent


def test_what_says_nothing_of_a_past_day_is_cut_and_named(small: Bot) -> None:
    (now,) = explain(small, PRICE).questions
    assert (now.hits[0].passage_id, now.silent) == ("ircc-fees#later", ())
    then = explain(small, PRICE, at="2025-01-01")
    (one,) = then.questions
    assert (one.hits[0].passage_id, one.silent) == ("ircc-fees#work-permit", ("ircc-fees#later",))
    assert "better ones say nothing of that day: ircc-fees#later" in field(text_of(small, then), "cut")


def test_how_likely_the_best_hit_answers_decides_what_is_said(small: Bot) -> None:
    sure, unsure = (
        explain(small, MANY),
        explain(small, "how far is the moon from a permit office on a Sunday"),
    )
    assert sure.questions[0].likely >= NOT_FOUND and [quoted.number for quoted in sure.questions[0].quoted][:1] == [1]
    assert field(text_of(small, sure), "quoted").startswith("[1] ")
    (one,) = unsure.questions
    assert one.likely < NOT_FOUND and one.quoted and not any(quoted.number for quoted in one.quoted)
    assert f"{one.likely:.2f} only, under 0.40" in one.quoted[0].left_out
    assert "no answer" in field(text_of(small, unsure), "likely")
    assert field(text_of(small, unsure), "quoted").startswith("[–] ")


def test_what_is_found_but_not_quoted_is_told_with_the_reason(small: Bot) -> None:
    vague = explain(small, PRICE)  # of which permit?
    assert vague.answer.status == "clarify" and vague.questions[0].likely >= NOT_FOUND
    assert vague.questions[0].quoted[0].left_out == "an answer that is clarify does not quote what was found"


def test_what_the_checks_put_first_is_told(bot: Bot) -> None:
    explained = explain(bot, "did the h1b open work permit close on 17 or 18 july")
    assert explained.differing == ("h1b-2023-closing-day",)
    quoted = [quoted.number for one in explained.questions for quoted in one.quoted if quoted.number]
    assert sorted([*quoted, *(added.number for added in explained.put_first)]) == [c.number for c in explained.answer.citations]
    assert "sources give different values: h1b-2023-closing-day" in field(text_of(bot, explained), "differing")


def test_a_message_that_asks_nothing_was_not_searched(small: Bot) -> None:
    explained = explain(small, "hello")
    assert (explained.kind, explained.questions) == ("smalltalk", ())
    assert "Nothing was searched" in text_of(small, explained)


# How it is shown


def test_the_text_fits_a_hundred_columns_whatever_the_question(small: Bot, bot: Bot) -> None:
    for one, question in ((small, f"{CAP} {CAP}"), (small, f"permit {'x' * 300}"), (bot, OPEN), (bot, f"{OPEN}? {PRICE}? {'why ' * 200}")):
        text = text_of(one, explain(one, question))
        assert [line for line in text.splitlines() if len(line) > 100 or line != line.rstrip()] == []


def test_every_question_of_a_message_is_explained(bot: Bot) -> None:
    explained = explain(bot, "what does the global talent stream cost? can my kids go to school in canada?")
    assert len(explained.questions) == 2
    assert [heading for heading in ("QUESTION 1 OF 2", "QUESTION 2 OF 2") if heading not in text_of(bot, explained)] == []
    assert explained.questions[1].hits[0].passage_id != explained.questions[0].hits[0].passage_id


def test_as_json_the_contract_is_whole_and_the_numbers_are_those_of_the_text(small: Bot) -> None:
    explained = explain(small, PRICE)
    read = json.loads(as_json(explained))
    assert Answer.model_validate(read["answer"]) == explained.answer
    (one,) = read["questions"]
    hit = first(explained)
    assert one["hits"][0]["legs"]["text"] == {"value": hit.legs["text"].value, "rank": hit.legs["text"].rank, "adds": hit.legs["text"].adds}
    row = re.search(r"^ 1 +([\d.]+) +([\d.]+) +(\d+) \+([\d.]+)", text_of(small, explained), re.MULTILINE)
    assert row and (row[1], row[2], row[3]) == (f"{hit.score:.3f}", f"{hit.legs['question'].value:.3f}", str(hit.legs["question"].rank))


# The command


def test_the_command_explains_after_the_answer_and_as_json(northbound: Command, northbound_here: Command, small_home: Path) -> None:
    done = northbound("ask", "--explain", MANY, home=small_home)
    assert (done.returncode, done.stderr) == (0, "")
    answer, told = done.stdout.split("\n\nTHE QUESTION\n")
    assert answer.strip() == northbound_here("ask", MANY, home=small_home).stdout.strip()
    assert "10,000 applications" in answer and "ircc-h1b-owp#cap won by " in told
    read = json.loads(northbound_here("ask", "--explain", "--json", MANY, home=small_home).stdout)
    assert read["questions"][0]["hits"][0]["passage_id"] == "ircc-h1b-owp#cap"


def test_explaining_and_keeping_go_with_one_question(northbound: Command, northbound_here: Command, small_home: Path) -> None:
    for option in (("--explain",), ("--as-case", "mine")):
        done = northbound_here("ask", "--batch", "-", *option, home=small_home, input=b"")
        assert done.returncode == 2 and "--explain and --as-case go with a QUESTION" in done.stderr
    done = northbound("ask", PRICE, "--as-case", "My Set", home=small_home)
    assert (done.returncode, done.stderr.partition(":")[0]) == (1, "northbound") and "a set cannot be named 'My Set'" in done.stderr


def test_one_flag_makes_the_question_a_draft_of_a_set(small_home: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"  # with sets of its own: the real ones are not written to
    project.mkdir()
    for room in ("bot", "corpus", "index"):
        (project / room).symlink_to(ROOT / room, target_is_directory=True)
    shutil.copytree(ROOT / "eval", project / "eval", ignore=shutil.ignore_patterns("__pycache__", "sets"))
    history = tmp_path / "history.json"
    history.write_text(json.dumps([turn.model_dump() for turn in SAID]), encoding="utf-8")
    command = [sys.executable, "-m", "bot.cli", "ask", "--explain", "--as-case", "mine", "--json", "and what did it cost"]
    done = subprocess.run(
        [*command, "--history", str(history)], cwd=project, env=environment(small_home), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    sets = project / "eval" / "sets"
    assert done.stderr.startswith(f"mine-001 is in {sets / 'mine.jsonl'}: ")
    assert done.stderr.endswith("northbound eval run --set mine --filter mine-001\n")
    answer = Answer.model_validate(json.loads(done.stdout)["answer"])
    read = read_set("mine", sets)
    assert (read.cases, read.drafts) == ((), ("mine-001",))
    row = json.loads((sets / "mine.jsonl").read_text(encoding="utf-8"))
    assert (row["question"], row["status"], row["draft"]) == ("and what did it cost", [answer.status], True)
    assert row["history"] == [turn.model_dump() for turn in SAID]
    finished = {**{k: v for k, v in row.items() if k != "draft"}, "facts": ["CAN"]}
    (sets / "mine.jsonl").write_text(json.dumps(finished) + "\n", encoding="utf-8")
    (case,) = read_set("mine", sets).cases
    assert case.question == "and what did it cost"
