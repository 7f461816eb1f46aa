"""Passages are read from disk as they are asked for; search is measured at sizes that nobody has documents for."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from bot.settings import Settings
from corpus.errors import SearchIndexError
from eval.bench_scale import Clustered, Known, made_up, scale, sizes_of
from eval.bench_sets import BenchError
from index import passages_file
from index.build import current, read_passages
from index.passages_file import Passages
from tests.conftest import PASSAGES, Command, complaint
from tests.memory import peak

# Passages on disk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    passages_file.write(PASSAGES, tmp_path)
    return tmp_path


def test_the_passages_are_those_that_were_written_in_their_order(folder: Path) -> None:
    held = Passages(folder)
    assert list(held) == list(PASSAGES) == held[:] and len(held) == 4
    assert held[0] == PASSAGES[0] and held[-1] == PASSAGES[3] and held[np.int64(2)] == PASSAGES[2]
    assert held[1:3] == list(PASSAGES[1:3])
    with pytest.raises(IndexError):
        held[4]


def test_a_passage_is_found_by_its_id(folder: Path) -> None:
    held = Passages(folder)
    assert [held.number(p.id) for p in PASSAGES] == [0, 1, 2, 3]
    assert held.by_id["ircc-h1b-owp#cap"] == PASSAGES[2]
    assert held.by_id.get("nobody#wrote-this") is None and "nobody#wrote-this" not in held.by_id
    assert list(held.by_id) == [p.id for p in PASSAGES]


def test_two_ids_of_one_digest_are_told_apart(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passages_file, "_digest", lambda passage_id: 7)
    passages_file.write(PASSAGES, folder)
    held = Passages(folder)
    assert [held.number(p.id) for p in PASSAGES] == [0, 1, 2, 3]
    with pytest.raises(KeyError):
        held.number("nobody#wrote-this")


def test_passages_are_chosen_by_kind_and_by_having_questions(folder: Path) -> None:
    held = Passages(folder)
    assert held.numbers("section").tolist() == [0, 1, 2]
    assert held.numbers("correction").tolist() == [3] and held.numbers("standing").tolist() == []
    assert held.numbers(asked=True).tolist() == [0, 3]


def test_letters_of_any_script_keep_their_places(tmp_path: Path) -> None:
    odd = [replace(PASSAGES[0], id=f"é{n}", text=text) for n, text in enumerate(("Ça coûte 155 $.", "लागत कितनी है", "🍁\n\u2028x", ""))]
    passages_file.write(odd, tmp_path)
    assert list(Passages(tmp_path)) == odd
    assert Passages(tmp_path)[2].text == "🍁\n\u2028x"


def test_a_build_s_passages_are_read_alike_from_front_to_back_and_one_by_one(small_home: Path) -> None:
    live = current(small_home)
    assert list(Passages(live)) == read_passages(live) == list(PASSAGES)


def test_many_threads_read_at_once(tmp_path: Path) -> None:
    many = [replace(PASSAGES[0], id=f"p{n}", text=f"Text {n}. " * (n % 7)) for n in range(500)]
    passages_file.write(many, tmp_path)
    held = Passages(tmp_path)
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda n: held.by_id[f"p{n}"], range(500))) == many


@pytest.mark.parametrize("name", [passages_file.LINES, passages_file.PLACES, passages_file.IDS])
@pytest.mark.parametrize("damage", ["missing", "empty", "another"])
def test_a_file_that_does_not_fit_is_named(folder: Path, name: str, damage: str) -> None:
    path = folder / name
    path.unlink()
    if damage != "missing":
        path.write_bytes(b"")
    if damage == "another":
        np.save(path.open("wb"), np.arange(3))
    with pytest.raises(SearchIndexError, match=r"passages\.jsonl: cannot be read \(.*\); build again: northbound index build"):
        list(Passages(folder))


def test_memory_does_not_grow_with_the_passages_that_are_held(tmp_path: Path) -> None:
    sizes = []
    for count in (100, 20_000):
        folder = tmp_path / str(count)
        folder.mkdir()
        passages_file.write([replace(PASSAGES[0], id=f"p{n}", text=f"Text {n}. " * 40) for n in range(count)], folder)
        setup = f"from index.passages_file import Passages\nfolder = Path({str(folder)!r})"
        sizes.append(peak(setup, f"held = Passages(folder); [held.by_id[f'p{{n}}'] for n in range(0, {count}, {count // 20})]"))
    # Read whole, 20,000 of them take more than 30 MB; here they are 20 passages and the pages of the file on which those lie.
    assert sizes[1] - sizes[0] < 12 * 2**20


# Search at a size


def test_sizes_are_numbers_of_rows() -> None:
    assert sizes_of("1M, 10k,500") == (500, 10_000, 1_000_000)
    for wrong in ("", "10x", "0", "-5", "1.5k", "10k,,20k"):
        with pytest.raises(BenchError, match="is no size; give numbers of rows such as 10k,100k,1M"):
            sizes_of(wrong)


def test_made_up_passages_are_sentences_of_the_corpus_and_no_two_are_the_same(small_home: Path) -> None:
    known = Known(small_home)
    made = list(made_up(known, 300))
    assert made == list(made_up(known, 300))
    assert len({p.id for p in made}) == len({p.text for p in made}) == len(made)
    own = {re.sub(r" \(\d+, \d+\)", "", sentence).strip() for p in made for sentence in re.findall(r"[^)]+\)\.", p.text)}
    assert own == {sentence for p in PASSAGES[:3] for sentence in re.findall(r"[A-Z].*?\.(?=\s|$)", p.text)}


def test_made_up_vectors_lie_near_those_of_their_sentences_and_no_two_are_the_same(small_home: Path) -> None:
    known = Known(small_home)
    model = Clustered(known)
    price, other, again = model.embed(
        ["A work permit costs CAN$155 for one person (1, 2).", "A grant of citizenship costs CAN$653.75 for an adult (3, 4)."]
        + ["A work permit costs CAN$155 for one person (5, 6)."]
    )
    place = known.vectors[known.places["A work permit costs CAN$155 for one person"]]
    assert np.linalg.norm([price, other, again], axis=1) == pytest.approx(1, abs=1e-5)
    assert 0.7 < price @ place < 0.99 and 0.7 < again @ place < 0.99 and price @ again < 0.99
    assert price @ place > other @ place


def test_each_size_is_a_line_a_row_of_figures_and_a_point_of_the_plot(small_home: Path, tmp_path: Path) -> None:
    keep = tmp_path / "figures"
    before = sorted(small_home.rglob("*"))
    lines = list(scale((60, 120), Settings(home=small_home), keep))
    assert lines[0].split() == "rows passages build s cpu s rows/s disk MB open s MB own MB p50 ms p95 ms cpu ms recall load".split()
    figures = json.loads((keep / "scale.json").read_text())
    assert [one["rows"] for one in figures] == [int(line.split()[0]) for line in lines[1:3]]
    assert all(60 * n <= one["rows"] < 60 * n + 6 for n, one in enumerate(figures, 1))
    assert all(one["recall"] == 1 for one in figures)  # a store this small is searched whole
    assert all(
        0 < one["p50"] <= one["p95"] and 0 < one["own"] <= one["resident"] and one["processor"] > 0 and one["disk"] > 0.1 for one in figures
    )
    assert lines[-2].startswith("for each further million rows: ")
    drawn = ElementTree.parse(keep / "scale.svg").getroot()
    assert len(drawn.findall(".//{*}circle")) == 2 * 6  # two lines in two panels, one in the other two
    assert sorted(path.name for path in keep.iterdir()) == ["scale.json", "scale.svg"]
    assert sorted(small_home.rglob("*")) == before


def test_what_a_killed_measuring_left_is_removed_by_the_next_and_two_do_not_share_a_folder(small_home: Path, tmp_path: Path) -> None:
    keep = tmp_path / "figures"
    left = keep / "northbound-scale-abc" / "index"
    left.mkdir(parents=True)
    (left / "vectors.npy").write_bytes(b"half")
    going = scale((60,), Settings(home=small_home), keep)
    next(going)
    assert not left.exists()
    with pytest.raises(BenchError, match="another --scale measures there now"):
        next(scale((60,), Settings(home=small_home), keep))
    assert list(going)[-1].startswith("written to ")
    assert sorted(path.name for path in keep.iterdir()) == ["scale.json", "scale.svg"]


def test_a_size_that_is_none_and_a_set_beside_it_are_refused(northbound_here: Command, small_home: Path) -> None:
    assert complaint(northbound_here("eval", "bench", "--scale", "many", home=small_home)).startswith("--scale 'many': 'many' is no size")
    both = northbound_here("eval", "bench", "--scale", "10k", "--data", "set", home=small_home)
    assert both.returncode == 2 and "--scale makes its own documents; only --keep goes with it" in both.stderr


def test_without_an_index_there_is_nothing_to_make_passages_from(empty_home: Path) -> None:
    with pytest.raises(SearchIndexError, match="no index yet; build it: northbound index build"):
        next(scale((100,), Settings(home=empty_home)))
