"""Pairs to learn from are read as they are published, and documents of another field have weights of their own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.answerability import NOT_FOUND, OF_ANOTHER_FIELD, Answerability, answerability
from bot.asked import Asked
from bot.chain import Bot
from corpus.registry import load_registry
from corpus.sentences import spans
from eval.pairs import Pair, PairsError, as_passage, found, read_pairs, some_of
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
    assert [pair.quotes for pair in pairs] == [(PERMIT,), ()]  # the sentence that the answer stands in


def test_what_was_written_to_look_as_if_it_were_answered_is_read_where_it_is_wanted(tmp_path: Path) -> None:
    pairs = read_pairs([written(tmp_path, "dev.json", {"data": [ARTICLE]})], look_alikes=True)
    assert short(pairs)[2:] == [("What does the visa cost?", PERMIT, False)]


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


def test_some_are_taken_of_each_set_and_the_pairs_of_a_question_stay_together() -> None:
    each = [replace(pair(n, origin=origin), answers=yes) for origin in ("SelQA", "CLAPNQ") for n in range(10) for yes in (True, False)]
    taken = some_of(each, 6)
    assert {origin: sum(p.origin == origin for p in taken) for origin in ("SelQA", "CLAPNQ")} == {"SelQA": 6, "CLAPNQ": 6}
    assert all(replace(p, answers=not p.answers) in taken for p in taken)
    assert taken == some_of(each, 6) != some_of(each, 6, seed=1)


def test_the_bot_sees_a_pair_as_a_passage_of_a_file_without_its_questions(embedder: Embedder) -> None:
    asked = Pair("What does the permit cost?", "Permits", PERMIT, True, "SelQA", "Permits")
    ((understood, right), (_, wrong)) = found([asked, replace(asked, text=BIRDS)], embedder)
    assert understood.wants == "amount" and understood.wordings[0] == asked.question
    assert (right.passage.text, right.passage.asked, right.passage.title) == (PERMIT, (), "Permits")
    assert right.text > wrong.text and right.overlap > wrong.overlap


def hit(text: str, cosines: Sequence[float]) -> Hit:
    scored = tuple(Scored(span, cosine) for span, cosine in zip(spans(text), cosines, strict=True))
    return Hit(as_passage(1, Pair("", "", text, True, "", "")), 0.5, -1.0, 0.5, max(cosines), 0.0, 0.5, scored)


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
