"""What puts one passage before another: the whole of a question, dates, codes, what was said before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from corpus.model import Passage, Source
from index.build import build_index, current
from index.embedder import Embedder
from index.search import Index, Query, Weights
from tests.conftest import new_home


def prose(id: str, heading: str, text: str, as_of: str = "2026-11-01") -> Passage:
    """A passage of a user's file, without questions."""
    return Passage(id=id, source_id=id.split("#")[0], title="Guide", headings=(heading,), text=text, origin="file", as_of=as_of)


FEE = "The office takes 155 Canadian dollars for each work permit that somebody asks for."
PROSE = (
    prose("guide#fees", "Fees", FEE),
    prose("guide#forms", "Forms", "Form IMM 5710 is sent with the application by a worker who wants to stay longer."),
    prose("guide#travel", "Travel", "A worker who leaves and comes back shows a passport, a visa and the permit at the border."),
    prose("archive#fees", "Fees", FEE, as_of="2022-03"),
)
TODAY = "2026-11-20"


@pytest.fixture(scope="module")
def folder(models: Path, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = new_home(tmp_path_factory.mktemp("ranking") / "data", models)
    # Enough beside them that a form's code is rare.
    others = [
        prose(f"other#{word}", word.capitalize(), f"People need {word}.")
        for word in "boats trees rivers songs bread glass wool iron snow birds sand maps clocks roofs lamps ropes".split()
    ]
    build_index(home, (*PROSE, *others), embedder)
    return current(home)


def opened(folder: Path, embedder: Embedder, sources: dict[str, Source] | None = None) -> Index:
    return Index(folder, embedder, sources or {})


def test_prose_is_compared_with_one_vector_of_all_wordings(folder: Path, embedder: Embedder) -> None:
    wordings = ("what does the permit cost", "what is the work permit fee")
    typed, other = embedder.embed(wordings)
    whole = typed + (typed + other) / 2  # what was typed counts twice
    stored = np.load(folder / "vectors.npy")
    index = opened(folder, embedder)
    found = next(c for c in index.ranked(Query(wordings)) if c.passage.id == "guide#fees")
    rows = np.load(folder / "rows.npz")
    text = stored[(rows["owner"] == found.number) & (rows["kind"] == 1)][0]
    assert found.text == pytest.approx(float(text @ whole / np.linalg.norm(whole)), abs=1e-5)


def test_what_was_said_before_helps_a_short_question_find_its_passage(folder: Path, embedder: Embedder) -> None:
    before = "Which form does a worker send to stay longer?"
    index = opened(folder, embedder)
    asked = ("and who is it for?",)
    alone = [h.passage.id for h in index.search(Query(asked))]
    told = [h.passage.id for h in index.search(Query(asked, (before,), (before,)))]
    assert told[0] == "guide#forms"
    assert alone[0] != "guide#forms"


def test_keywords_of_earlier_questions_count_less_than_ones_own(folder: Path, embedder: Embedder) -> None:
    index = opened(folder, embedder)
    asked = Query(("passport at the border",), (), ("Form IMM 5710",))
    keyword = {c.passage.id: c.keyword for c in index.ranked(asked)}
    assert keyword["guide#travel"] == 1.0
    assert keyword["guide#forms"] == pytest.approx(Weights().before)


def test_the_newer_of_two_that_say_the_same_goes_first_and_the_other_is_named(folder: Path, embedder: Embedder) -> None:
    index = opened(folder, embedder)
    hits = index.search(Query(("what does a work permit cost",), today=TODAY))
    assert hits[0].passage.id == "guide#fees"
    assert hits[0].folded == ("archive#fees",)
    assert "archive#fees" not in [hit.passage.id for hit in hits]


def test_age_stops_counting_after_three_years_and_not_at_all_for_a_past_day(folder: Path, embedder: Embedder) -> None:
    index = opened(folder, embedder)

    def age(query: Query) -> float:
        return next(c.parts.get("age", 0.0) for c in index.ranked(query) if c.passage.id == "archive#fees")

    asked = ("what does a work permit cost",)
    assert age(Query(asked, today="2023-03-01")) == pytest.approx(-Weights().age, rel=0.01)  # said in March 2022
    assert age(Query(asked, today=TODAY)) == -3 * Weights().age
    assert age(Query(asked, today=TODAY, at="2022-04-01")) == 0.0


def test_a_form_is_found_by_its_code_however_it_is_written(folder: Path, embedder: Embedder) -> None:
    index = opened(folder, embedder)
    for asked in ("what is IMM 5710", "what is imm5710", "what is IMM-5710"):
        best = index.ranked(Query((asked,)))[0]
        assert best.passage.id == "guide#forms", asked
        assert best.parts["code"] == Weights().code


def test_the_score_is_the_sum_of_its_parts(folder: Path, embedder: Embedder) -> None:
    official = {"guide": Source(id="guide", title="Guide", publisher="IRCC", kind="official", url="")}
    for candidate in opened(folder, embedder, sources=official).ranked(Query(("what does a work permit cost 155",), today=TODAY)):
        assert candidate.score == pytest.approx(sum(candidate.parts.values()))
