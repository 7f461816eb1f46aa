"""The reader tells which passage answers, and which only resembles; it is exported once, learns again, and orders what the search found."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.answer import Turn
from bot.answerability import Answerability, may_not_answer
from bot.asked import Asked as AskedOfBot
from bot.chain import Bot
from bot.compose import compose
from bot.reading import is_clear, placed_by, read_beside, read_in_conversation, read_sentences
from corpus.errors import ModelError
from corpus.model import Passage
from corpus.sentences import spans
from eval import reader as learning
from eval.reader import Asked, Examples, Recipe, learned
from eval.train_reader import Gathering, Question, between, mistyped_as, sentences_of, told_by
from index import reader as reading
from index.adapter import Adapter
from index.embedder import default_model_folder
from index.reader import (
    Learned,
    OnnxReader,
    Reader,
    default_learned,
    load_reader,
    of_question,
    of_text,
    read_learned,
    together,
    valid_reader,
    write_learned,
)
from index.reader_export import TorchReader, with_learned
from index.search import Hit, Scored

FEE = "A work permit costs 155 Canadian dollars for one person. Biometrics cost 85 dollars more."
TIME = "A work permit application from the United States takes nine weeks. Nothing is sent by post."


def passage(heading: str, text: str, **other: object) -> Passage:
    made = Passage(id=f"{heading}#1", source_id=heading, title=heading, headings=(heading,), text=text)
    return replace(made, **other)  # type: ignore[arg-type]


PASSAGES = (passage("What does a work permit cost?", FEE), passage("How long does a work permit take?", TIME))
TEXTS = [(one.heading, one.text) for one in PASSAGES]


def test_the_text_that_answers_is_told_from_the_one_that_resembles(reader: Reader) -> None:
    cost, time = reader.read("how much are biometrics beside the work permit fee", TEXTS)
    assert cost > 0 > time
    cost, time = reader.read("how many weeks for a canadian work permit if i apply from usa", TEXTS)
    assert time > 0 > cost


def test_the_sentence_that_answers_is_told_from_its_neighbour(reader: Reader) -> None:
    sentences = [("", sentence) for sentence in sentences_of(FEE)]
    permit, biometrics = reader.read("what do biometrics cost", sentences)
    assert biometrics > permit
    permit, biometrics = reader.read("how much is a work permit for one person", sentences)
    assert permit > biometrics


def test_what_no_sentence_says_is_not_answered_by_what_is_near(reader: Reader) -> None:
    asked = ("what does a canadian passport cost", "can i pay the work permit fee in instalments", "work permit fee in 2015")
    assert max(odds for question in asked for odds in reader.read(question, TEXTS)) < 0.5  # what answers: over 2


def test_both_engines_say_the_same_but_for_what_eight_bits_round(reader: Reader) -> None:
    assert isinstance(reader, OnnxReader)
    whole = TorchReader(default_learned())
    for question in ("how much is a work permit", "how long does it take", "do i need a degree"):
        assert reader.read(question, TEXTS) == pytest.approx(whole.read(question, TEXTS), abs=1.0)
    assert reader.read("how much", ()) == whole.read("how much", ()) == []


def test_question_and_text_are_cut_to_what_is_read_of_them() -> None:
    row = together(of_question("cost?"), of_text("The fee", "It is 155."))
    assert (row.ids[0], row.ids[row.begins - 1], row.ids[-1]) == (101, 102, 102)
    long = together(of_question("cost " * 500), of_text("fee " * 500, "It is paid. " * 500))
    assert len(long.ids) == 144 and long.begins == 58
    (said,) = TorchReader(default_learned()).read("cost " * 500, [("fee " * 500, "It is paid. " * 500)])
    assert np.isfinite(said)


def test_an_export_serves_only_as_it_was_made_and_else_torch_does(models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "reader"
    assert valid_reader(folder) is None
    folder.mkdir()
    for file in (models / "reader").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    assert isinstance(load_reader(folder), OnnxReader)
    record = json.loads((folder / "reader.json").read_text())
    (folder / "reader.json").write_text(json.dumps({**record, "learned": "00000000"}))
    assert valid_reader(folder) is None  # made from what another version had learned
    (folder / "reader.json").write_text(json.dumps(record))
    with (folder / "model.onnx").open("ab") as graph:
        graph.write(b"\0")
    assert isinstance(load_reader(folder), TorchReader)
    with pytest.raises(ModelError, match="cannot be loaded"):
        OnnxReader(folder / "reader.json")


@pytest.mark.parametrize("content", [b"", b"not an archive", None])
def test_what_was_learned_is_refused_where_it_cannot_be_read(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "reader.npz"
    if content is None:
        np.savez(file, head=np.zeros(3))
    else:
        file.write_bytes(content)
    with pytest.raises(ModelError, match=r"reader\.npz: .*install Northbound again"):
        read_learned(file)


def test_what_is_kept_of_it_is_small_and_says_the_same(tmp_path: Path) -> None:
    write_learned(tmp_path / "again.npz", default_learned())
    assert (tmp_path / "again.npz").stat().st_size < 5_000_000
    first, again = (TorchReader(one).read("how much", TEXTS) for one in (default_learned(), read_learned(tmp_path / "again.npz")))
    assert first == again


def test_what_lies_half_the_way_is_the_mean_of_what_was_learned_before_and_after() -> None:
    before = default_learned()
    changes = {name: replace(one, up=one.up + 2.0) for name, one in before.adapter.changes.items()}
    after = Learned(Adapter(changes, ""), {name: array + 4.0 for name, array in before.outputs.items()})
    half = between(before, after, 0.5)
    for name, one in before.adapter.changes.items():
        assert np.allclose(half.adapter.changes[name].up, one.up + 1.0) and np.allclose(half.adapter.changes[name].down, one.down)
    assert all(np.allclose(half.outputs[name], array + 2.0) for name, array in before.outputs.items())


def test_a_hit_that_only_resembles_falls_behind_the_one_that_answers(bot: Bot) -> None:
    asked = bot.understand("five-year parent visa, I'm permit holder")
    answers = "ircc-super-visa#can-i-get-a-super-visa-for-my-parents-while-i-am-on-a-work-p"
    (first, *_), (before, *_) = bot.search(asked).hits[0], bot.without_reader().search(asked).hits[0]
    assert first.passage.id == answers != before.passage.id and before.read is None
    assert first.read is not None


def test_what_is_clear_is_not_read(bot: Bot) -> None:
    ((first, *_),) = bot.search(bot.understand("Do I need a job offer for Express Entry?")).hits
    assert first.read is None and first.question > 0.9


def hit(passage: Passage, score: float) -> Hit:
    return Hit(passage, score, 0.6, 0.5, 0.5, 0.0, 0.5, ())


def test_those_after_the_first_are_read_where_it_is_doubted_and_then_put_in_order(reader: Reader) -> None:
    cost, time = (hit(one, score) for one, score in zip(PASSAGES, (1.0, 0.95), strict=True))
    asked = "how many weeks for a canadian work permit if i apply from usa"
    ordered = read_beside(reader, [asked], [cost, time])
    assert [one.passage.heading for one in ordered] == [time.passage.heading, cost.passage.heading]
    assert all(one.read is not None for one in ordered)
    first, second = read_beside(reader, [asked], [time, cost])
    assert first.read is not None and first.read > 0 and second.read is None
    assert placed_by(first) == 0.95


def test_of_a_follow_up_what_is_said_beside_each_form_is_taken_together(reader: Reader) -> None:
    """It is read in its conversation too, and so are the hits after a first one that is not doubted."""
    cost, time = (hit(one, score) for one, score in zip(PASSAGES, (1.0, 0.99), strict=True))
    forms = ["how long for that", "how many weeks for a canadian work permit – how long for that"]
    ordered = read_in_conversation(reader, forms, [cost, time])
    each = [reader.read(form, [(one.passage.heading, one.passage.text) for one in ordered]) for form in forms]
    assert [one.read for one in ordered] == pytest.approx([sum(odds) / 2 for odds in zip(*each, strict=True)])
    assert [one.passage.heading for one in ordered] == [time.passage.heading, cost.passage.heading]
    kept = read_in_conversation(reader, forms, [cost, time], may_lead=lambda one: one is not time)
    assert [one.passage.heading for one in kept] == [cost.passage.heading, time.passage.heading] and kept[1].read is None


def prose(heading: str, text: str, score: float = 1.0) -> Hit:
    """A passage of somebody's document, its sentences equally near."""
    return replace(hit(passage(heading, text, origin="file"), score), sentences=tuple(Scored(span, 0.5) for span in spans(text)))


def test_of_prose_the_sentences_worth_most_are_read_by_themselves_and_the_one_that_answers_is_said_first(reader: Reader) -> None:
    more = (
        "The office that decides is open from Monday to Friday, answers letters in the order in which they come, and asks for patience " * 2
    )
    hits = [prose("Fees", f"{FEE} {more.strip()}."), prose("Times", f"{TIME} {more.strip()}.", 0.99)]
    for question, answer in (
        ("what do biometrics cost", "Biometrics cost 85 dollars more."),
        ("is anything sent by post", "Nothing is sent by post."),
    ):
        asked = AskedOfBot((question,))
        read = read_sentences(reader, question, asked, hits, 0.5)
        assert sum(len(one.alone) for one in read) == 6 and all(one.read is None for one in read)
        assert compose(asked, read, Answerability())[0].quote == answer


def test_prose_with_one_sentence_well_ahead_that_likely_answers_is_not_read(reader: Reader) -> None:
    near = prose("Fees", FEE)
    ahead = replace(near, sentences=(near.sentences[0], near.sentences[1]._replace(cosine=0.8)))
    asked = AskedOfBot(("what do biometrics cost",))
    (sure,), (unsure,) = (read_sentences(reader, asked.wordings[0], asked, [ahead], likely) for likely in (0.9, 0.5))
    assert not sure.alone and list(unsure.alone) == [(near.sentences[1].span.start, near.sentences[1].span.end)]


def test_what_somebody_added_is_not_put_before_what_was_checked_here(reader: Reader) -> None:
    """It reads more like an answer: forged papers do."""
    asked = "how many weeks for a canadian work permit if i apply from usa"
    ours, added = hit(replace(PASSAGES[0], origin="brief"), 1.0), hit(replace(PASSAGES[1], origin="file"), 0.99)
    ordered = read_beside(reader, [asked], [ours, added])
    assert [one.passage.origin for one in ordered] == ["brief", "file"] and ordered[1].read is None


def test_a_hit_far_ahead_that_likely_answers_is_clear_and_a_likely_one_among_equals_is_not() -> None:
    written = replace(PASSAGES[0], asked=("Fee?",))
    ahead, near = [hit(written, 1.0), hit(PASSAGES[1], 0.8)], [hit(written, 1.0), hit(PASSAGES[1], 0.99)]
    assert is_clear(ahead, 0.97) and not is_clear(ahead, 0.9) and not is_clear(near, 0.97)
    assert is_clear([replace(near[0], question=0.95), near[1]], 0.1)


def test_what_was_read_counts_beside_what_was_measured_as_far_as_it_tells_more() -> None:
    section = hit(replace(PASSAGES[1], asked=("How many weeks?",)), 1.0)
    asked = AskedOfBot(("how long does a work permit take",))
    likely = [Answerability()(asked, replace(section, read=read)) for read in (-9.0, -5.0, -2.0, 2.0)]
    assert likely[0] == likely[1] < likely[2] < likely[3]


def test_what_was_found_to_answer_is_not_shown_as_what_may_not() -> None:
    section = replace(hit(replace(PASSAGES[1], asked=("How many weeks?",)), 1.0), question=0.4, overlap=0.1)
    assert may_not_answer(section) and may_not_answer(replace(section, read=-0.1))
    assert not may_not_answer(replace(section, read=0.1))


@pytest.mark.parametrize(
    "question",
    [
        "tef canada got listening 430 speaking 440 is it nclc 7 or 8 pls",
        "How many dollars a month does the Canada Child Benefit pay for two kids under six?",
        "celpip exam fee usa",
    ],
)
def test_what_resembles_a_section_is_not_said_to_be_answered(question: str, bot: Bot) -> None:
    assert bot.answer(question).status in ("not_found", "partial", "out_of_scope")


def test_who_asks_how_to_get_into_what_is_closed_is_told_that_it_is(bot: Bot) -> None:
    """That it does not tell how counts for nothing."""
    answer = bot.answer("who qualifies for start up visa")
    assert answer.status in ("answered", "partial")
    assert answer.claims[0].text.startswith("Canada stopped taking new Start-up Visa applications on 31 December 2025")


def test_in_a_conversation_what_is_read_is_what_was_meant(bot: Bot) -> None:
    said = [
        Turn(role="user", content="what does the super visa need"),
        Turn(role="assistant", content=bot.answer("what does the super visa need").answer),
    ]
    answer = bot.answer("and how long may they stay on it each time", said)
    assert (
        any(citation.passage_id.startswith("ircc-super-visa#") for citation in answer.citations) and "five years per entry" in answer.answer
    )


QUESTIONS = ("what does the permit cost", "when do birds build", "how long is it valid", "who may apply")
ANSWERS = (FEE, "Most birds build their nests in spring.", "The permit is valid for three years.", "Spouses and children may apply.")


def examples() -> Examples:
    texts = [of_text("", text) for text in ANSWERS]
    asked = [Asked((of_question(question),), (n,), ((n + 1) % 4, (n + 2) % 4), 0, 1.0) for n, question in enumerate(QUESTIONS)]
    return Examples([*asked, Asked((of_question("where is the office"),), (), (0, 2), 0, 1.0)], texts)


QUICK = Recipe(rank=4, rounds=30, questions=5, wrong=2, warm_up=3)


def test_a_reader_learns_which_text_answers_and_that_none_does() -> None:
    heard: list[tuple[int, int]] = []
    made = learned(default_model_folder(), examples(), QUICK, told=lambda step, steps, _: heard.append((step, steps)))
    assert heard[-1] == (30, 30)
    model = with_learned(made)
    odds = learning.read(model, [together(of_question(question), of_text("", text)) for question in QUESTIONS for text in ANSWERS])
    assert np.argmax(odds.reshape(4, 4), axis=1).tolist() == [0, 1, 2, 3]
    nothing = learning.read(model, [together(of_question("where is the office"), of_text("", ANSWERS[0]))])
    assert nothing[0] < odds.reshape(4, 4).diagonal().min()


def test_what_was_learned_before_is_gone_on_from() -> None:
    rows = [together(of_question(question), of_text("", text)) for question in QUESTIONS for text in ANSWERS]
    before = learned(default_model_folder(), examples(), QUICK)
    still = learned(default_model_folder(), examples(), replace(QUICK, rounds=1, rate=0.0), before=before)
    assert learning.read(with_learned(still), rows) == pytest.approx(learning.read(with_learned(before), rows), abs=1e-4)


def test_the_same_seed_learns_the_same() -> None:
    quick = replace(QUICK, rounds=2)
    first, again, other = (learned(default_model_folder(), examples(), quick, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(first.outputs[name], again.outputs[name]) for name in first.outputs)
    assert any(not np.array_equal(first.outputs[name], other.outputs[name]) for name in first.outputs)


def near(ids: Sequence[str], **texts: str) -> dict[str, Passage]:
    return {
        id: replace(passage(id, texts.get(id, f"This is about {id}.")), id=id, kind="note" if id == "note" else "section") for id in ids
    }


def test_what_a_search_brings_up_beside_the_answer_is_learned_as_wrong_unless_it_says_the_same() -> None:
    held = near(("fee", "again", "time", "note", "named"), fee=FEE, again=f"{FEE} Today.", time=TIME)
    made = Gathering()
    quotes = {"fee": ["Biometrics cost 85 dollars more."]}
    made.add(Question("strangers", ("fee?", "permit fee?"), ("fee",), ("time", "fee", "again", "note"), ("named",), quotes), held)
    whole, alone = made.asked
    assert len(whole.wordings) == 2 and whole.named == 1 and whole.share == 3.0
    right, named, time = (made.texts.index(of_text(held[id].heading, held[id].text)) for id in ("fee", "named", "time"))
    assert whole.right == (right,) and whole.wrong == (named, time)
    # The sentence that answers is read by itself too, beside the other of its text and some that do not answer.
    permit, biometrics = (made.texts.index(of_text("fee", sentence)) for sentence in sentences_of(FEE))
    assert alone.right == (biometrics,) and permit in alone.wrong and len(alone.wrong) == 4 and alone.share == 1.5


def test_of_a_question_that_nothing_answers_the_sentences_of_what_resembles_it_are_learned_as_wrong() -> None:
    held = near(("time",), time=TIME)
    made = Gathering()
    made.add(Question("strangers", ("how long is the lunch",), (), (), ("time",)), held)
    made.add(Question("asked", ("how long",), ("time",), ()), held)  # it is not known where it is answered
    whole, alone, _ = made.asked
    assert whole.right == alone.right == () and len(alone.wrong) == 2


def test_a_wording_with_typing_errors_differs_in_some_of_its_longer_words_by_a_letter_or_two() -> None:
    text = "how long does the work permit application take from the united states"
    made = [mistyped_as(text, random.Random(seed)) for seed in range(20)]
    assert len(set(made)) > 15
    for one in made:
        for word, before in zip(one.split(), text.split(), strict=True):
            assert word == before or len(before) >= 4 and abs(len(word) - len(before)) <= 1 and word[0] == before[0]


def test_a_quote_names_the_sentences_it_is_made_of() -> None:
    assert told_by(FEE, ["Biometrics  cost 85 dollars more."]) == (1,)
    assert told_by(FEE, [FEE]) == (0, 1)
    assert told_by(FEE, ["costs 155 Canadian dollars"]) == (0,)
    assert told_by(FEE, []) == ()


def test_the_reader_that_comes_with_the_package_is_told_by_its_digest() -> None:
    assert default_learned().adapter.digest == read_learned(reading.WEIGHTS).adapter.digest
    assert len(default_learned().adapter.changes) == 36
