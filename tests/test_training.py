"""Pairs to learn from are read as they are published and held out by subject; a reader learns from them and is measured."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from bot.chain import Bot
from bot.compose import NOT_FOUND, OF_ANOTHER_FIELD, Answerability, Asked, answerability
from corpus.model import Passage
from corpus.registry import load_registry
from corpus.sentences import spans
from eval.pairs import Pair, PairsError, as_passage, found, from_briefs, read_pairs, some_of, without
from eval.reader import Reader, as_read, evidence, read, train
from eval.train_reader import look, made, main
from index.build import build_index, current
from index.embedder import Embedder
from index.search import Hit, Index, Query, Scored

PERMIT = "The permit costs CAN$155 for one person."
BIRDS = "Most birds build their nests in spring."
ARTICLE = {
    "title": "Work_permits",
    "paragraphs": [
        {
            "context": PERMIT,
            "qas": [
                {"question": "What does the permit cost?", "is_impossible": False, "answers": [{"text": "CAN$155", "answer_start": 17}]},
                {"question": "What does the visa cost?", "is_impossible": True, "answers": []},
            ],
        },
        {"context": "A permit is valid for three years.", "qas": []},
    ],
}
SECTIONS = [
    {"article": "Birds", "section": "Nests", "question": "When do they build?", "candidates": [BIRDS, "Some do twice."], "answers": [0]},
    {"article": "Birds", "section": "Food", "question": "What do they eat?", "candidates": ["Birds eat seeds."], "answers": [0]},
]
CLAPNQ = [
    {"input": "cost of permit", "passages": [{"title": "Permits", "text": PERMIT}], "output": [{"answer": "CAN$155"}]},
    {"input": "who builds nests", "passages": [{"title": "Permits", "text": PERMIT}], "output": [{"answer": ""}]},
]

PAGE = {"url": "https://example.org/pass", "scenario": "I have a pass.", "not_answerable": False, "answers": [["one year", []]]}
CONDITIONAL = [
    {**PAGE, "question": "How long is a pass valid?", "evidences": ["<p>A pass is valid for one year.</p>", "<li>one year</li>"]},
    {**PAGE, "question": "Who may use a pass?", "evidences": ["<p>Only the holder may use a pass.</p>"]},
]


def written(folder: Path, name: str, content: object) -> Path:
    file = folder / name
    lines = content if name.endswith(".jsonl") and isinstance(content, list) else [content]
    file.write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    return file


def short(pairs: Iterable[Pair]) -> list[tuple[str, str, bool]]:
    return [(pair.question, pair.text, pair.answers) for pair in pairs]


def test_a_squad_question_has_its_paragraph_and_another_of_its_article(tmp_path: Path) -> None:
    pairs = read_pairs([written(tmp_path, "dev.json", {"data": [ARTICLE]})])
    assert short(pairs) == [
        ("What does the permit cost?", PERMIT, True),
        ("What does the permit cost?", "A permit is valid for three years.", False),
    ]  # and not what was written to look as if it could be asked of it
    assert {(pair.heading, pair.origin) for pair in pairs} == {("Work permits", "SQuAD 2.0")}


def test_a_part_of_squad_that_marks_no_question_as_unanswerable_is_read_too(tmp_path: Path) -> None:
    asked = {"question": "What does the permit cost?", "answers": [{"text": "CAN$155", "answer_start": 17}]}
    texts = [{"context": PERMIT, "qas": [asked]}, {"context": "A permit is valid for three years.", "qas": []}]
    article = {"title": "Work_permits", "paragraphs": texts}
    assert [yes for _, _, yes in short(read_pairs([written(tmp_path, "part.json", {"data": [article]})]))] == [True, False]


def test_a_selqa_question_has_its_section_and_another_of_its_article(tmp_path: Path) -> None:
    assert short(read_pairs([written(tmp_path, "ass.json", SECTIONS)])) == [
        ("When do they build?", f"{BIRDS} Some do twice.", True),
        ("When do they build?", "Birds eat seeds.", False),
        ("What do they eat?", "Birds eat seeds.", True),
        ("What do they eat?", f"{BIRDS} Some do twice.", False),
    ]


def test_a_clapnq_passage_answers_where_somebody_wrote_an_answer(tmp_path: Path) -> None:
    assert short(read_pairs([written(tmp_path, "train.jsonl", CLAPNQ)])) == [
        ("cost of permit", PERMIT, True),
        ("who builds nests", PERMIT, False),
    ]
    assert len(read_pairs([written(tmp_path, "one.jsonl", CLAPNQ[:1])])) == 1  # a file of one line is still lines


def test_a_conditional_qa_question_has_its_evidence_and_that_of_another_about_its_page(tmp_path: Path) -> None:
    pairs = read_pairs([written(tmp_path, "train.json", CONDITIONAL)])
    year, holder = "A pass is valid for one year.", "Only the holder may use a pass."  # "one year" by itself says nothing
    assert short(pairs) == [
        ("How long is a pass valid?", year, True),
        ("How long is a pass valid?", holder, False),
        ("Who may use a pass?", holder, True),
        ("Who may use a pass?", year, False),
    ]
    assert {(pair.origin, pair.subject, pair.heading) for pair in pairs} == {("ConditionalQA", "https://example.org/pass", "")}


def test_of_many_pieces_of_evidence_the_first_three_are_read_and_none_is_a_wrong_one(tmp_path: Path) -> None:
    evidence = [f"<p>Rule {n} of the pass says it.</p>" for n in range(5)]
    first, other = {**PAGE, "question": "What are the rules?", "evidences": evidence}, {**CONDITIONAL[1], "evidences": evidence[3:]}
    right = [text for question, text, yes in short(read_pairs([written(tmp_path, "train.json", [first, CONDITIONAL[1]])])) if yes]
    assert right == [f"Rule {n} of the pass says it." for n in range(3)] + ["Only the holder may use a pass."]
    with_other = short(read_pairs([written(tmp_path, "train.json", [first, other])]))
    assert {question for question, _, _ in with_other} == {"Who may use a pass?"}  # all that is said of the page answers the first


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("dev.json", {"data": [{"title": "Birds"}]}, "not as it is published (KeyError: 'paragraphs')"),
        ("dev.json", {"data": []}, "no question with a passage in it"),
        (
            "dev.json",
            [{"text": "a row"}],
            "not SQuAD 2.0, SelQA, CLAPNQ or ConditionalQA, told by 'data', 'candidates', 'passages', 'evidences'",
        ),
        ("train.jsonl", [{"input": "cost", "passages": []}], "not as it is published (ValueError"),
    ],
)
def test_a_file_that_cannot_be_learned_from_is_named_with_the_reason(tmp_path: Path, name: str, content: object, says: str) -> None:
    with pytest.raises(PairsError) as refused:
        read_pairs([written(tmp_path, name, content)])
    assert str(refused.value).startswith(f"{tmp_path / name}: ") and says in str(refused.value)
    with pytest.raises(PairsError, match="gone.json: cannot be read"):
        read_pairs([tmp_path / "gone.json"])


def pair(number: int, subject: str = "", answers: bool = True, origin: str = "SelQA") -> Pair:
    return Pair(f"Question {number}?", "Permits", PERMIT, answers, origin, subject or f"subject {number}")


def test_a_subject_is_held_out_whole_and_about_one_in_seven() -> None:
    assert len({replace(pair(n, "Birds"), text=str(n)).held for n in range(50)}) == 1
    assert 100 < sum(pair(n).held for n in range(1000)) < 200  # 15 of a hundred


def test_what_is_measured_with_is_not_learned_from() -> None:
    assert without([pair(1), pair(2)], ["question  1"]) == [pair(2)]


def test_some_are_taken_of_each_set_and_the_pairs_of_a_question_stay_together() -> None:
    each = [replace(pair(n, origin=origin), answers=yes) for origin in ("SelQA", "CLAPNQ") for n in range(10) for yes in (True, False)]
    taken = some_of(each, 6)
    assert {origin: sum(p.origin == origin for p in taken) for origin in ("SelQA", "CLAPNQ")} == {"SelQA": 6, "CLAPNQ": 6}
    assert all(replace(p, answers=not p.answers) in taken for p in taken)
    assert taken == some_of(each, 6) != some_of(each, 6, seed=1)


def brief(id: str, program: str, heading: str, text: str, *asked: str) -> Passage:
    return Passage(id, id.split("#")[0], "Fees", (heading,), text, origin="brief", asked=asked, program=program)


def test_a_way_of_asking_is_paired_with_its_passage_and_one_about_another_program(embedder: Embedder) -> None:
    passages = [
        brief("fees#permit", "permit", "What is the fee?", PERMIT, "fee", "how much is the permit"),
        brief("fees#again", "permit", "Who pays it?", "The worker pays for the permit.", "who pays the fee"),
        brief("birds#nests", "birds", "When do they build?", BIRDS, "when are nests built"),
    ]
    pairs = from_briefs(passages, embedder)
    assert short(p for p in pairs if p.question == "how much is the permit") == [
        ("how much is the permit", PERMIT, True),
        ("how much is the permit", BIRDS, False),  # the other of the same program may answer too
    ]
    assert all(from_briefs(passages, embedder, seed=seed)[1].text == BIRDS for seed in range(6))
    assert "fee" not in {p.question for p in pairs}  # too short to tell which passage is meant
    assert {p.subject for p in pairs if p.question == "how much is the permit"} == {"fees"}


def test_the_bot_sees_a_pair_as_a_passage_of_a_file_without_its_questions(embedder: Embedder) -> None:
    asked = Pair("What does the permit cost?", "Permits", PERMIT, True, "SelQA", "Permits")
    ((understood, right), (_, wrong)) = found([asked, replace(asked, text=BIRDS)], embedder)
    assert understood.wants == "amount" and understood.wordings[0] == asked.question
    assert (right.passage.text, right.passage.asked, right.passage.title) == (PERMIT, (), "Permits")
    assert right.text > wrong.text and right.overlap > wrong.overlap


def hit(text: str, cosines: Sequence[float]) -> Hit:
    scored = tuple(Scored(span, cosine) for span, cosine in zip(spans(text), cosines, strict=True))
    return Hit(as_passage(1, Pair("", "", text, True, "", "")), 0.5, -1.0, 0.5, max(cosines), 0.0, 0.5, scored)


def test_the_nearest_three_sentences_are_read_in_the_order_of_the_text() -> None:
    assert evidence(hit("One is far. Two is near. Three is nearer. Four is nearest.", [0.1, 0.2, 0.3, 0.4])) == (
        "Two is near. Three is nearer. Four is nearest."
    )


def test_what_goes_over_ninety_words_is_not_read_but_the_nearest_sentence_always_is() -> None:
    long, short_one = "It " + "says " * 98 + "so.", "It is short."
    assert evidence(hit(f"{short_one} {long}", [0.4, 0.9])) == long
    assert evidence(hit(f"{short_one} {long}", [0.9, 0.4])) == short_one


def test_the_question_ends_where_the_evidence_begins() -> None:
    ((pieces, second), (most, _)) = as_read(["cost?", "cost " * 500], ["The fee.", "fee " * 500])
    assert (pieces[0], pieces[second - 1], pieces[-1], len(most)) == (101, 102, 102, 128)
    assert len(pieces) == 1 + 2 + 1 + 3 + 1  # [CLS] cost ? [SEP] the fee . [SEP]


QUESTIONS = ("What does the permit cost?", "When do birds build?", "How long is it valid?", "Who may apply?")
TEXTS = (PERMIT, BIRDS, "The permit is valid for three years.", "Spouses and children may apply.")
ROWS = [(q, t, n == m) for n, q in enumerate(QUESTIONS) for m, t in enumerate(TEXTS) if n == m or m == (n + 1) % 4]


@pytest.fixture(scope="module")
def trained() -> tuple[Reader, np.ndarray]:
    reader = Reader()
    before = reader.bert.encoder.layer[0].intermediate.dense.linear.weight.clone()
    rows = as_read([q for q, _, _ in ROWS], [t for _, t, _ in ROWS])
    assert read(reader, rows).tolist() == [0.0] * 8  # before it has learned anything it adds nothing
    train(reader, rows, [yes for _, _, yes in ROWS], [0.0] * 8, epochs=40, batch=8)
    assert torch.equal(before, reader.bert.encoder.layer[0].intermediate.dense.linear.weight)  # the model's own weights stay
    return reader, read(reader, rows)


def test_a_reader_learns_which_text_answers_which_question(trained: tuple[Reader, np.ndarray]) -> None:
    truth = np.array([yes for _, _, yes in ROWS])
    assert trained[1][truth].min() > trained[1][~truth].max()


def test_a_saved_reader_says_the_same_and_is_small(trained: tuple[Reader, np.ndarray], tmp_path: Path) -> None:
    file = tmp_path / "reader.npz"
    trained[0].save(file)
    other = Reader(seed=5)
    other.load(file)
    rows = as_read([q for q, _, _ in ROWS], [t for _, t, _ in ROWS])
    assert read(other, rows) == pytest.approx(trained[1], abs=0.05)  # it is kept in half precision
    assert file.stat().st_size < 5_000_000
    np.savez(tmp_path / "another.npz", head=np.zeros(3))
    with pytest.raises(ValueError, match="not the weights of such a reader"):
        other.load(tmp_path / "another.npz")


def test_the_same_seed_gives_the_same_reader() -> None:
    rows, answers = as_read(["cost?", "build?"], [PERMIT, BIRDS]), [True, False]
    made_once: list[np.ndarray] = []
    for seed in (1, 1, 2):
        reader = Reader(seed)
        train(reader, rows, answers, [0.0, 0.0], epochs=2, batch=2, seed=seed)
        made_once.append(read(reader, rows))
    assert made_once[0].tolist() == made_once[1].tolist() != made_once[2].tolist()


def test_what_cosines_say_already_is_not_learned_again() -> None:
    rows = as_read([q for q, _, _ in ROWS], [t for _, t, _ in ROWS])
    losses: list[float] = []
    train(
        Reader(), rows, [yes for _, _, yes in ROWS], [9.0 if yes else -9.0 for _, _, yes in ROWS], epochs=1, batch=8,
        told=lambda step, steps, loss: losses.append(loss),
    )  # fmt: skip
    assert losses == [pytest.approx(np.log1p(np.exp(-9)), rel=0.01)]


def subjects(held: bool, count: int) -> list[str]:
    return [f"subject {n}" for n in range(200) if pair(n).held is held][:count]


def test_a_reader_is_measured_on_subjects_it_never_saw(embedder: Embedder) -> None:
    kept = [
        Pair(question, "", text, yes, "SelQA", subject)
        for subject in (*subjects(False, 2), *subjects(True, 2))
        for question, text, yes in ROWS
    ]  # fmt: skip
    lines = list(made(look(kept, embedder), {"public": look(kept[:8], embedder)}, epochs=1))
    assert lines[0].startswith("log odds by cosines: ") and lines[0].endswith("from 16 pairs")
    table = [line for line in lines if line.startswith(("SelQA, held out: ", "public: "))]
    assert [line[52:59].split()[0] for line in table] == ["16"] * 5 + ["8"] * 5
    assert any(line.startswith("public: as it stands") for line in table)
    assert lines[-1].startswith("one pair is read in ")


def test_a_command_says_in_one_line_what_is_missing(tmp_path: Path, small_home: Path) -> None:
    done = CliRunner().invoke(main, [str(tmp_path / "gone.json")], env={"NORTHBOUND_HOME": str(small_home)})
    assert done.exit_code == 1
    assert done.output.startswith("eval.train_reader: ") and "gone.json: cannot be read" in done.output


FIELD = "The work permit for H-1B holders and their spouses is described by the immigration ministry."


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((), Answerability()),
        ((FIELD, FIELD, BIRDS), Answerability()),
        ((FIELD, BIRDS, BIRDS), OF_ANOTHER_FIELD),  # a third speak of the field, two in five are wanted
        ((BIRDS,) * 900 + (FIELD,) * 100, OF_ANOTHER_FIELD),
    ],
)
def test_documents_tell_which_weights_are_theirs(texts: Sequence[str], expected: Answerability) -> None:
    passages = [as_passage(n, Pair("", "", text, True, "", "")) for n, text in enumerate(texts)]
    known_errors = [replace(passage, text=FIELD, kind="correction") for passage in passages]  # ours, whatever the documents are about
    assert answerability([*passages, *known_errors]) == expected


def test_in_documents_of_another_field_sharing_words_is_not_enough() -> None:
    asked = Asked(("When do birds build their nests?",))
    near = replace(hit(BIRDS, [0.7]), text=0.65, overlap=0.2)
    alike = replace(hit("Nests, birds say.", [0.3]), text=0.35, overlap=1.0)
    assert OF_ANOTHER_FIELD(asked, alike) < NOT_FOUND < OF_ANOTHER_FIELD(asked, near)
    assert Answerability()(asked, alike) > NOT_FOUND  # in our field it names no term, and so none that is missing


NEST = "The barn swallow builds a cup of mud and straw under a roof. Both parents bring the mud. The nest is used again."
FOOD = "The barn swallow lives on flying insects. It takes flies and beetles above meadows. In bad weather it hunts near the ground."
EATS = "What does the barn swallow eat?"


def seen(folder: Path, embedder: Embedder, question: str, title: str = "The barn swallow", only: bool = True) -> tuple[Hit, Hit]:
    """The hits that are made of the nest and of the food, for a question."""
    passages = [as_passage(n, Pair("", title, text, True, "", "")) for n, text in enumerate((NEST, FOOD))]
    build_index(folder, passages, embedder, only=only)
    index = Index(current(folder), embedder, {})
    nest, food = (index.hit(passage.id, Query((question,))) for passage in passages)
    best = index.search(Query((question,)))[0]
    assert best.apart == {nest.passage.id: nest, food.passage.id: food}[best.passage.id].apart
    return nest, food


def unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def test_the_title_is_taken_out_of_question_text_and_sentences(embedder: Embedder, tmp_path: Path) -> None:
    _, food = seen(tmp_path, embedder, EATS)
    sentences = [FOOD[span.start : span.end] for span in spans(FOOD)]
    title, question, text, *each = embedder.embed(["The barn swallow", EATS, f"The barn swallow. {FOOD}", *sentences])
    left = unit(np.array([vector - (vector @ title) * title for vector in (question, text, *each)]))  # what is at right angles to it
    assert food.apart == pytest.approx((left[1] @ left[0], max(left[2:] @ left[0])), abs=2e-3)


def test_being_about_the_subject_is_not_saying_what_is_asked_of_it(embedder: Embedder, tmp_path: Path) -> None:
    asked = Asked((EATS,))
    nest, food = seen(tmp_path, embedder, EATS)
    with_title_alone = [OF_ANOTHER_FIELD(asked, replace(hit, apart=None)) for hit in (nest, food)]
    assert OF_ANOTHER_FIELD(asked, nest) < with_title_alone[0] - 0.1 and OF_ANOTHER_FIELD(asked, food) > with_title_alone[1]
    assert Answerability()(asked, nest) == Answerability()(asked, replace(nest, apart=None))  # in our field it has no part


@pytest.mark.parametrize(
    ("question", "title", "only"),
    [
        (EATS, "", True),
        (EATS, "notes", True),  # a file's name says nothing of the text
        ("barn swallow", "The barn swallow", True),  # nothing is left to ask
        (EATS, "The barn swallow", False),  # beside our briefs
    ],
)
def test_where_a_title_tells_nothing_the_cosines_are_taken_as_they_are(
    embedder: Embedder, tmp_path: Path, question: str, title: str, only: bool
) -> None:
    assert [hit.apart for hit in seen(tmp_path, embedder, question, title, only)] == [None, None]


def test_a_bot_over_a_users_documents_looks_at_what_they_are_about(bot: Bot, embedder: Embedder, tmp_path: Path) -> None:
    build_index(tmp_path, [as_passage(n, Pair("", "Birds", f"{BIRDS} {n}", True, "", "")) for n in range(3)], embedder, only=True)
    assert Bot(load_registry(), Index(current(tmp_path), embedder, {}), {}).answerability == OF_ANOTHER_FIELD
    assert bot.answerability == Answerability()
