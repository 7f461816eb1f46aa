"""How the gate is measured: true sentences made false in one place or reworded, each kind on examples, and the tables that come out."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as xml
from pathlib import Path

import numpy as np
import pytest

from bot.gate import ENOUGH, WEIGHTS, judge
from eval import bench_gate
from eval.bench_curve import over_thresholds, picture
from eval.bench_gate import gate_lines, wilson
from eval.bench_sets import BenchError
from eval.gate_mutations import MUTATIONS, REWORDINGS, briefs, by_hand, made
from eval.train_gate import main as train
from tests.conftest import Command

SENTENCES = {
    "digit": "The fee is 155 Canadian dollars.",
    "date": "The permit closed on 17 July 2023.",
    "unit": "The status lasts for 60 days after the job ends.",
    "currency": "The fee is 155 Canadian dollars.",
    "negation": "A job offer is not required for the pool.",
    "modal": "The employer must sign the contract first.",
    "program": "A nominee may enter Express Entry with a profile.",
    "party": "The worker signs the contract at the office.",
    "parties swapped": "The employer hands the contract to the worker.",
    "comparative": "The permit must be valid for at least 16 months.",
    "quantifier": "Most applicants wait for about six months.",
    "standing": "The program closed in the summer of 2023.",
    "numbers swapped": "The first fee is 155 dollars and the second is 85 dollars.",
    "another's number": "The first fee is 155 dollars, and the second is 85 dollars.",
    "dates swapped": "It opened on 16 July 2023 and closed on 17 July 2023.",
    "antonym": "The permanent address must be given on the form.",
    "addition": "The employer pays the fee of the assessment.",
}


@pytest.mark.parametrize("kind", MUTATIONS)
def test_each_kind_of_mutation_changes_its_sentence_and_leaves_most_of_it(kind: str) -> None:
    sentence = SENTENCES[kind]
    changed = MUTATIONS[kind](sentence, random.Random(1))
    assert changed and changed != sentence
    assert len(set(changed.split()) & set(sentence.split())) >= len(set(changed.split())) / 2


def test_a_sentence_without_the_thing_to_change_is_not_changed() -> None:
    plain = "Nothing here can be changed in this way"
    assert {kind for kind in ("digit", "date", "currency", "program", "dates swapped") if MUTATIONS[kind](plain, random.Random(1))} == set()


@pytest.mark.parametrize(
    ("kind", "sentence", "reworded"),
    [
        ("shortened", "The permit closed very early in that year, as CIC News reported.", "The permit closed very early in that year."),
        ("fronted", "The permit costs 155 dollars, as of 30 June 2026.", "As of 30 June 2026, the permit costs 155 dollars."),
        ("numbers otherwise", "It takes ten weeks.", "It takes 10 weeks."),
        ("numbers otherwise", "Of 6,000 people some stayed.", "Of 6000 people some stayed."),
        ("abbreviated", "The Global Talent Stream is open.", "The GTS is open."),
        ("contracted", "It does not close.", "It doesn't close."),
        ("plain synonyms", "The holder must reside here.", "The holder has to live here."),
        ("passive", "IRCC publishes the fee list on its page.", "The fee list is published by IRCC on its page."),
    ],
)
def test_rewordings_say_the_same(kind: str, sentence: str, reworded: str) -> None:
    assert REWORDINGS[kind](sentence, random.Random(1)) == reworded


def test_what_is_counted_was_not_learned_from() -> None:
    sentences = made(briefs()[:120], each=4)
    learned, counted = ({quote for one in sentences if one.held is held for quote in one.quotes} for held in (False, True))
    assert learned and counted and not learned & counted
    assert made(briefs()[:120], each=4) == sentences  # the same in every run


def test_nearly_all_mutations_are_stopped_and_hardly_a_true_sentence_is_lost(tmp_path: Path) -> None:
    lines = list(gate_lines(tmp_path, each=10, seed=3))
    own = [line for line in lines if " aim " in line]
    assert len(own) == 2 and all(line.endswith("reached") for line in own), own
    counted = [int(line.split()[1]) for line in own]
    assert counted[0] > 120 and counted[1] > 80
    xml.fromstring((tmp_path / "gate.svg").read_text(encoding="utf-8"))
    wrong = json.loads((tmp_path / "gate.json").read_text(encoding="utf-8"))
    assert all({"claim", "quotes", "true", "kind", "reason"} <= set(row) for row in wrong)


def test_the_sentences_written_by_hand_are_two_halves_with_as_many_of_each_sort() -> None:
    them = by_hand()
    fresh = by_hand(half="fresh")
    held = by_hand(half="held")
    for half in (held, fresh):
        assert sum(one.true for one in half) == sum(not one.true for one in half) == 62 and all(one.held for one in half)
    assert sum(one.true for one in them) >= 120 and sum(not one.true for one in them) >= 120
    assert not {one.quotes for one in (*held, *fresh)} & {one.quotes for one in them if not one.held}
    assert not {one.quotes for one in held} & {one.quotes for one in fresh}


def test_a_row_in_neither_half_is_named(tmp_path: Path) -> None:
    file = tmp_path / "p.jsonl"
    file.write_text('{"id": "a", "half": "both", "quote": "x", "faithful": [], "unfaithful": []}\n', encoding="utf-8")
    with pytest.raises(BenchError, match="p.jsonl, line 1: 'half' is 'both'; write dev, held, free, fresh"):
        by_hand(file)


def test_a_gate_that_lets_everything_pass_misses_its_aim(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table moves when the gate does: without its checks it stops hardly any mutation."""
    monkeypatch.setattr("bot.gate.disagreements", lambda said, held: iter(()))
    stopped = next(line for line in gate_lines(each=3) if "aim 0.97" in line)
    assert stopped.endswith("MISSED")


def test_an_interval_does_not_collapse_at_the_ends() -> None:
    low, high = wilson(60, 60)
    assert high == pytest.approx(1) and low == pytest.approx(60 / (60 + 1.96**2))
    assert wilson(0, 60)[0] == 0.0 and wilson(0, 60)[1] == pytest.approx(1 - low)


def test_a_curve_counts_what_each_threshold_keeps_and_lets_by() -> None:
    curve = over_thresholds(np.array([0.9, 0.4, 0.6, 0.1]), np.array([True, True, False, False]), (0.0, 0.5, 1.0))
    assert (curve.kept, curve.let_by) == ((1.0, 0.5, 0.0), (1.0, 0.5, 0.0))
    drawn = xml.fromstring(picture(curve, "A & B", "threshold", 0.5))
    assert "today 0.50" in "".join(drawn.itertext())
    assert list(curve.lines("value"))[1].split() == ["0.00", "1.000", "1.000"]


def test_a_claim_the_checks_stop_is_below_every_threshold() -> None:
    stopped = bench_gate._shown(judge("The fee is 255 dollars.", ["The fee is 155 dollars."]))
    assert stopped < 0
    assert bench_gate._shown(judge("The fee is 155 dollars.", ["The fee is 155 dollars."])) == 1.0


def test_weights_and_threshold_come_out_of_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sentences = ["The cinema opened in 1921.", "It has 300 seats and a bar.", "Tea is served in the garden."]
    rows = [
        {"_id": f"c{n}", "claim": claim, "evidence": sentences, "label": label}
        for n, (claim, label) in enumerate(
            [("The cinema opened in 1921 and has 300 seats.", "supported"), ("Chaplin sold 900 tickets at the Odeon.", "not_supported")]
            * 12
        )
    ]
    file = tmp_path / "claims.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    train(file, each=2)
    said = capsys.readouterr().out.splitlines()
    weights = next(line for line in said if line.startswith("WEIGHTS = "))
    assert len(weights.split(",")) == len(WEIGHTS)
    assert 0 < float(said[-1].removeprefix("ENOUGH = ")) < 1 and 0 < ENOUGH < 1
    assert said[2].startswith("in 10 folds: balanced accuracy 1.000")


def test_the_command_line_measures_either_the_gate_or_a_set(northbound_here: Command, tmp_path: Path) -> None:
    refused = northbound_here("eval", "bench", "--gate", "--data", tmp_path, home=tmp_path)
    assert refused.returncode == 2
    assert "--gate makes its own sentences; only --keep goes with it" in refused.stderr
