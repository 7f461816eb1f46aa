"""Summaries and their documents: what the gate finds against one, counted by domain, from files as the set's authors publish them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Settings
from eval.bench import bench
from eval.bench_sets import BenchError
from eval.bench_summaries import read_summaries, summaries

DOC = "Ann sold 40 bicycles in March 2024. Ben does not repair cars. Most customers pay by card, and the shop closes at six."
TRUE = ("In March 2024 Ann sold forty bicycles.", "Most customers pay by card. Ben doesn't repair cars.")
FALSE = (
    "In March 2024 Ann sold fourteen bicycles.",  # a number
    "Ann sold 40 bicycles in April 2024.",  # a date
    "In March 2024 Ann and Carla sold 40 bicycles.",  # a name
    "Most customers pay by card. Ben repairs cars.",  # a "no" left out
    "All customers pay by card.",  # a quantity
)


def given(domain: str) -> list[dict[str, Any]]:
    texts = [(text, 1) for text in TRUE] + [(text, 0) for text in FALSE]
    return [{"domain": domain, "doc": DOC, "summary": text, "label": label, "edit_types": []} for text, label in texts]


def test_what_a_summary_says_against_its_document_is_found_in_every_domain(tmp_path: Path) -> None:
    file = tmp_path / "summedits_shops.json"
    file.write_text(json.dumps(given("shops") + given("repairs")), encoding="utf-8")
    lines = list(summaries([file], tmp_path / "kept"))
    assert lines[0].endswith("14 summaries, 4 consistent")
    own = {line.split()[0]: line.split()[1:3] for line in lines if line.startswith(("shops", "repairs"))}
    assert own == {"shops": ["7", "1.000"], "repairs": ["7", "1.000"]}
    assert "no contradiction: kept 1.000 of the consistent ones, let by 0.000 of the others" in lines
    assert any(line.startswith("summedits, balanced accuracy: 1.000 against 0.655") for line in lines)
    assert (tmp_path / "kept" / f"{tmp_path.name}.svg").exists()


def test_files_of_several_domains_are_one_set_whose_mean_is_that_of_the_domains(tmp_path: Path) -> None:
    for domain, wrong in (("shops", 0), ("repairs", 1)):
        rows = given("")
        rows[0]["label"] -= wrong  # a true one called false: one of the domain's labels that the gate cannot agree with
        (tmp_path / f"summedits_{domain}.json").write_text(json.dumps(rows), encoding="utf-8")
    lines = list(bench(tmp_path, Settings()))
    mean = next(line for line in lines if line.startswith("mean of the domains"))
    repairs = (1 + 5 / 6) / 2
    assert float(mean.split()[5]) == pytest.approx((1 + repairs) / 2, abs=0.001)
    assert sum(line.startswith("mean of the domains") for line in lines) == 1


def test_rows_of_a_jsonl_file_are_known_by_their_fields_too(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in given("shops")), encoding="utf-8")
    assert any("7 summaries, 2 consistent" in line for line in bench(tmp_path, Settings()))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[{"doc": "x", "summary": "y", "label": 2}]', "row 1|'label' is 2"),
        ('[{"doc": "x", "summary": "y", "label": 1}, {"doc": "x"}]', "row 2.*wrong or missing: summary, label"),
        ('[{"doc": "x", "summary": "y", "label": 1}]', "needs consistent summaries and others"),
        ('{"doc": "x"}', "needs a list of rows"),
        ("[", "not JSON"),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "summedits_x.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BenchError, match=complaint):
        read_summaries([file])
