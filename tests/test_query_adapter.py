"""What turns a question towards the sections that answer it: learned from an index, for ordering only, and of one model alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from bot.chain import Bot
from corpus.errors import ModelError
from corpus.model import Passage
from eval.train_query_adapter import Labelled, Recipe, Rows, labelled, learned, levelled, measured, ranks, rows_of, turned
from index.build import build_index, current
from index.embedder import Embedder, default_fingerprint
from index.query_adapter import QueryAdapter, default_query_adapter, read_query_adapter, write_query_adapter
from index.search import Index, Query

# Which animal has which drawer is a code that nobody can know who was not told it.
DRAWERS = {"otter": "lamp", "heron": "spoon", "badger": "ladder", "lynx": "violin", "gecko": "anchor", "walrus": "kettle"}
QUICK = Recipe(rank=16, rounds=30, questions=6, rate=1e-2, temperature=0.05)


@pytest.fixture(scope="module")
def drawers(embedder: Embedder) -> Rows:
    """A section for each animal, which says only what is in its drawer."""
    things = torch.from_numpy(embedder.embed([f"The {thing} drawer." for thing in DRAWERS.values()]))
    asked = torch.from_numpy(embedder.embed([f"Where is the {thing}?" for thing in DRAWERS.values()]))
    number = torch.arange(len(DRAWERS))
    return Rows(asked, number, things, things, number, tuple(DRAWERS), (0.55, 0.25, 0.20))


def told(embedder: Embedder, name: str, wording: str) -> Labelled:
    vectors = torch.from_numpy(embedder.embed([wording.format(animal) for animal in DRAWERS]))
    return Labelled(name, vectors, tuple((n,) for n in range(len(DRAWERS))))


def test_a_question_is_turned_towards_the_section_that_answers_it(drawers: Rows, embedder: Embedder) -> None:
    known, kept = told(embedder, "known", "drawer of the {}"), told(embedder, "kept", "my {}?")
    made = learned(drawers, [known], QUICK, seed=0)
    down, up = map(torch.from_numpy, made)
    assert (ranks(drawers, kept.vectors, kept.sections) == 1).mean() < 0.5
    assert (ranks(drawers, turned(kept.vectors, down, up), kept.sections) == 1).all()
    assert all((one == other).all() for one, other in zip(made, learned(drawers, [known], QUICK, seed=0), strict=True))
    heading, row = measured(drawers, [kept], made)
    assert row.split()[:2] == ["kept", "6"] and row.split()[-2:] == ["1.000", "1.000"] and "turned" in heading


def test_a_question_is_no_help_in_finding_its_own_section(drawers: Rows) -> None:
    itself = torch.eye(len(DRAWERS), dtype=torch.bool)
    with_it, without = drawers.scores(drawers.asked), drawers.scores(drawers.asked, itself)
    assert torch.allclose(with_it - without, 0.55 * itself * (1 + 1), atol=1e-5)  # -1 stands for what is left out, and it has no other


def test_what_was_turned_scores_on_the_average_what_it_did(drawers: Rows, embedder: Embedder) -> None:
    known = told(embedder, "known", "drawer of the {}")
    adapter = levelled(drawers, [known], QueryAdapter("m", *learned(drawers, [known], QUICK, seed=0), stretch=1.4))
    best = adapter.levelled(drawers.scores(torch.from_numpy(adapter(known.vectors.numpy()))).amax(1).numpy())
    assert best.mean() == pytest.approx(drawers.scores(known.vectors).amax(1).mean().item(), abs=1e-5)
    assert adapter.levelled(np.array([0.5, 0.6])) @ [-1, 1] == pytest.approx(0.14, abs=1e-6)


def test_it_is_kept_and_read_again_or_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    adapter = QueryAdapter("model@1", rng.normal(size=(4, 8)).astype(np.float32), rng.normal(size=(8, 4)).astype(np.float32), 1.4, 0.2)
    file = tmp_path / "query_adapter.npz"
    write_query_adapter(file, adapter)
    read = read_query_adapter(file)
    assert (read.model, read.stretch, read.level) == ("model@1", 1.4, 0.2) and np.allclose(read.up, adapter.up, atol=1e-2)
    write_query_adapter(file, QueryAdapter("model@1", adapter.down, adapter.down))
    with pytest.raises(ModelError, match="make no query adapter; install Northbound again"):
        read_query_adapter(file)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ModelError, match="cannot be read"):
        read_query_adapter(file)
    np.savez(file, down=adapter.down, up=adapter.up)
    with pytest.raises(ModelError, match="cannot be read"):
        read_query_adapter(file)


def test_the_one_that_comes_with_the_package_is_for_the_model_that_does() -> None:
    adapter = default_query_adapter()
    assert adapter.model == default_fingerprint()
    assert adapter.down.shape == (Recipe().rank, 384)


def test_it_orders_and_what_a_hit_says_of_its_likeness_is_the_models_own(bot: Bot) -> None:
    own = bot.index
    with_none = QueryAdapter("another model", np.zeros((1, 384), np.float32), np.zeros((384, 1), np.float32))
    plain = Index(own._folder, own.embedder, {}, query_adapter=with_none)
    query = Query(("do they want an offer first or can i just send it in to alberta tech",))
    ours, theirs = own.ranked(query), plain.ranked(query)
    ours_say, theirs_say = ({one.passage.id: (one.question, one.text, one.sentence) for one in some} for some in (ours, theirs))
    assert all(ours_say[id] == pytest.approx(theirs_say[id], abs=1e-6) for id in ours_say.keys() & theirs_say.keys())
    assert all(one.ordering == (one.question, one.text, one.sentence) for one in theirs)
    assert all(one.ordering != (one.question, one.text, one.sentence) for one in ours)
    assert [one.passage.id for one in ours] != [one.passage.id for one in theirs]


def test_prose_is_compared_with_what_was_typed(tmp_path: Path, embedder: Embedder) -> None:
    text = "The permit costs 155 dollars. It is good for three years."
    build_index(tmp_path, [Passage(id="a#1", source_id="a", title="A", headings=(), text=text, program="general")], embedder, only=True)
    (hit,) = Index(current(tmp_path), embedder, {}).ranked(Query(("how much is a permit",)))
    assert hit.ordering == (hit.question, hit.text, hit.sentence)


def test_it_is_learned_from_the_rows_of_an_index_and_the_questions_of_files(bot: Bot, tmp_path: Path) -> None:
    rows = rows_of(bot.index)
    assert len(rows.texts) == len(rows.ids) == len(set(rows.ids)) > 1000
    assert rows.asked_of.max() == rows.sentence_of.max() == len(rows.ids) - 1
    typed, continued = tmp_path / "typed.jsonl", tmp_path / "continued.jsonl"
    typed.write_text(f'{{"section": "{rows.ids[3]}", "typed": ["one", "two"]}}\n')
    continued.write_text(f'{{"turns": [{{"question": "a", "passages": ["gone", "{rows.ids[5]}"]}}, {{"question": "b"}}]}}\n')
    assert [labelled(bot, rows, file).sections for file in (typed, continued)] == [((3,), (3,)), ((5,),)]
