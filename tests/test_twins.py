"""French twins: each says what its English section says, number by number, or is reported and not shown."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from corpus import check
from corpus.errors import CorpusError
from corpus.registry import BUNDLED, load_briefs, load_registry
from corpus.twins import Twin, aligned, digest, english_passages, find_twins, read_twins, review, unequal, wrong_twins
from tests.conftest import Command, complaint

BRIEFS = BUNDLED / "briefs"
CRS = "ircc-crs#does-a-job-offer-add-crs-points"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A copy of the corpus folder to plant errors in."""
    return Path(shutil.copytree(BUNDLED, tmp_path / "corpus", ignore=shutil.ignore_patterns("__pycache__", "*.py")))


def plant(corpus: Path, file: str, old: str, new: str) -> None:
    path = corpus / "briefs" / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def reword(corpus: Path) -> None:
    """Say the English of CRS in other words."""
    registry = load_registry(corpus)
    text = english_passages(registry, load_briefs(registry, corpus / "briefs"))[CRS].text
    last = text.split("\n")[-1]
    plant(corpus, "ircc-crs.md", last, f"Today {last[:1].lower()}{last[1:]}")


def problems(corpus: Path) -> list[str]:
    registry = load_registry(corpus)
    return [
        f"{file}, {line}: {told}" for file, line, told in wrong_twins(registry, load_briefs(registry, corpus / "briefs"), corpus / "briefs")
    ]


def twin(of: str) -> Twin:
    return next(t for t in read_twins(BRIEFS) if t.of == of)


# What is shipped


def test_the_most_asked_sections_have_a_twin_and_every_twin_says_the_same() -> None:
    registry = load_registry()
    documents = load_briefs(registry)
    twins = read_twins(BRIEFS)
    assert wrong_twins(registry, documents, BRIEFS) == []
    assert sum(not t.is_registered for t in twins) >= 20
    assert set(find_twins(english_passages(registry, documents), registry.programs, twins)) == {t.of for t in twins}


def test_a_program_that_a_twin_is_about_and_that_is_not_open_has_its_note_in_french() -> None:
    registry = load_registry()
    english = english_passages(registry, load_briefs(registry))
    about = {english[t.of].program for t in read_twins(BRIEFS)}
    closed = {p.id for p in registry.programs.values() if p.id in about and p.standing not in ("open", "")}
    noted = {t.of.rsplit("#standing-", 1)[-1] for t in read_twins(BRIEFS) if "#standing-" in t.of}
    assert closed - noted == set()


def test_a_change_of_any_single_number_of_any_twin_is_found() -> None:
    registry = load_registry()
    english = english_passages(registry, load_briefs(registry))
    tried, missed = 0, []
    for one in read_twins(BRIEFS):
        for found in re.finditer(r"(?<![A-Za-z-])\d+(?![A-Za-z])", one.text):
            changed = f"{one.text[: found.start()]}{int(found.group()) + 1}{one.text[found.end() :]}"
            tried += 1
            beside = aligned(english[one.of].text, changed)
            if beside and not any(unequal(english[one.of].text[a.start : a.end], changed[b.start : b.end]) for a, b in beside):
                missed.append((one.of, found.group()))
    assert tried > 350 and missed == []


# Numbers and dates as the two languages write them


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("It costs 1,365 Canadian dollars.", "Cela coûte 1\u00a0365\u00a0$\u00a0CA."),
        ("It costs 1,365.50 Canadian dollars.", "Cela coûte 1\u00a0365,50\u00a0$."),
        ("The rate is 5%.", "Le taux est de 5\u00a0%."),
        ("It closed on 18 February 2026.", "La période a pris fin le 18 février 2026."),
        ("It began on 1 July 2020.", "La mesure a commencé le 1er juillet 2020."),
        ("It opened in early October 2026.", "L’ouverture a eu lieu au début d’octobre 2026."),
        ("It takes about 10 business days, then two weeks.", "Il faut environ 10 jours ouvrables, puis deux semaines."),
        ("At least one year of work and 16 months.", "Au moins un an de travail et 16 mois."),
        ("60 consecutive days", "60 jours consécutifs"),
        ("Under 22.", "Moins de 22 ans."),
        ("A three-year permit for two of them.", "Un permis de trois ans pour deux d’entre eux."),
    ],
)
def test_the_same_numbers_are_the_same_in_both_languages(english: str, french: str) -> None:
    assert unequal(english, french) == ""


@pytest.mark.parametrize(
    ("english", "french", "told"),
    [
        ("It costs 1,365 Canadian dollars.", "Cela coûte 1\u00a0356\u00a0$\u00a0CA.", "no 1365"),
        ("It closed on 18 February 2026.", "La période a pris fin le 18 mars 2026.", "no 2026-02-18"),
        ("It closed on 16 July 2023.", "La période a pris fin en 2023.", "no 2023-07-16"),
        ("It takes two weeks.", "Il faut deux mois.", "no 2 weeks"),
        ("It takes two weeks.", "Il faut trois semaines.", "no 2 weeks"),
        ("It costs 155 Canadian dollars.", "Cela coûte 155\u00a0$ ou 255\u00a0$.", "255 too many"),
    ],
)
def test_another_number_is_told(english: str, french: str, told: str) -> None:
    assert told in unequal(english, french)


# What the check finds


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("fr/ircc-fees.md", "coûte 155\u00a0$", "coûte 165\u00a0$", "does not give the English numbers and dates: no 155, 165 too many"),
        ("fr/ircc-h1b-manual.md", "fermé le 17 juillet 2023, le", "fermé le 18 juillet 2023, le", "no 2023-07-17"),
        ("fr/ircc-fees.md", "coûte 155\u00a0$\u00a0CA par", "coûte 155\u00a0$\u00a0US par", "names another currency"),
        ("fr/ircc-crs.md", "Non\u00a0: depuis", "Depuis", "does not open with the yes or no"),
        ("fr/ircc-crs.md", "Non\u00a0: depuis", "Oui\u00a0: depuis", "does not open with the yes or no"),
        ("fr/ircc-ee.md", "et non à un permis", "ou à un permis", "denies where the English sentence does not, or the other way round"),
        ("fr/ircc-ee.md", "Entrée express mène à", "Elle mène à", "opens with a pronoun"),
        ("fr/ircc-crs.md", "Dans chaque ronde d’Entrée express, les", "À la fin. Dans chaque ronde, les", "is not sentence by sentence"),
        ("fr/ircc-crs.md", "of: does-a-job-offer-add-crs-points", "of: does-a-job-offer-add-points", "no English passage"),
        ("fr/ircc-crs.md", "of: what-is-the-crs-score-in-express-entry", "of: does-a-job-offer-add-crs-points", "has two twins; keep one"),
        ("fr/ircc-crs.md", "of: does-a-job-offer-add-crs-points\n", "", "needs one `of:`"),
        ("fr/ircc-crs.md", " | c'est quoi le scg | que veut dire crs", "", "ways of asking; give at least 3"),
        (
            "fr/ircc-h1b-manual.md",
            "a fermé le 17 juillet 2023, après",
            "date du 17 juillet 2023, après",
            "does not say that the program is closed",
        ),
    ],
)
def test_a_slip_in_a_twin_is_named_with_its_place(corpus: Path, file: str, old: str, new: str, told: str) -> None:
    plant(corpus, file, old, new)
    found = problems(corpus)
    assert any(told in problem and problem.startswith(f"{file}, ") for problem in found), found


def test_corpus_check_reports_twins(corpus: Path) -> None:
    plant(corpus, "fr/ircc-fees.md", "coûte 155\u00a0$", "coûte 165\u00a0$")
    for path in (corpus / "briefs").rglob("*.md"):
        if path.name != "ircc-fees.md":
            path.unlink()  # one brief and its twins are quicker to check
    (problem,) = [p for p in check.check(corpus) if p.kind == "twin"]
    assert str(problem).startswith("fr/ircc-fees.md, line 3: 'Un permis de travail canadien coûte'…")


def test_french_words_for_what_no_registry_says_any_more_are_named(corpus: Path) -> None:
    plant(corpus, "fr/words.toml", "express-entry = ", "express-entries = ")
    path = corpus / "splits.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("Which way do you have in mind?", "Which way?"), encoding="utf-8")
    found = problems(corpus)
    assert "fr/words.toml, 0: no program 'express-entries' in programs.toml; take its name out" in found
    assert "fr/words.toml, 0: 'Which way do you have in mind?' stands in splits.toml no longer; write what does" in found


# When the English changes


def test_a_twin_whose_english_changed_is_reported_and_not_shown(corpus: Path) -> None:
    reword(corpus)
    (problem,) = problems(corpus)
    assert "is not the one that this was read against, so it is not shown" in problem
    assert f"northbound corpus twins --reviewed {CRS}" in problem
    registry = load_registry(corpus)
    english = english_passages(registry, load_briefs(registry, corpus / "briefs"))
    shown = find_twins(english, registry.programs, read_twins(corpus / "briefs"))
    assert CRS not in shown and len(shown) == len(read_twins(corpus / "briefs")) - 1


def test_a_twin_whose_program_stands_otherwise_now_is_not_shown() -> None:
    registry = load_registry()
    english = english_passages(registry, load_briefs(registry))
    program = english[CRS].program
    reopened = {**registry.programs, program: replace(registry.programs[program], standing="open")}
    assert digest(english[CRS], reopened) != digest(english[CRS], registry.programs)
    assert CRS not in find_twins(english, reopened, read_twins(BRIEFS))


def test_what_was_reviewed_is_recorded_and_shown_again(corpus: Path) -> None:
    reword(corpus)
    registry = load_registry(corpus)
    documents = load_briefs(registry, corpus / "briefs")
    assert review(registry, documents, corpus / "briefs", [CRS]) == ["fr/ircc-crs.md"]
    assert problems(corpus) == []


def test_a_twin_that_says_something_else_cannot_be_recorded(corpus: Path) -> None:
    plant(corpus, "ircc-crs.md", "since 25 March 2025 a job offer", "since 26 March 2025 a job offer")
    registry = load_registry(corpus)
    with pytest.raises(CorpusError, match="no 2025-03-26"):
        review(registry, load_briefs(registry, corpus / "briefs"), corpus / "briefs", [CRS])
    with pytest.raises(CorpusError, match="no twin"):
        review(registry, load_briefs(registry, corpus / "briefs"), corpus / "briefs", ["ircc-crs#nothing"])


def test_the_command_lists_the_twins_and_refuses_one_that_there_is_not(
    northbound: Command, northbound_here: Command, tmp_path: Path
) -> None:
    listed = northbound("corpus", "twins", home=tmp_path)
    assert f"{CRS}  fr  shown" in listed.stdout.splitlines()
    assert "ircc-crs#nothing: no twin" in complaint(northbound_here("corpus", "twins", "--reviewed", "ircc-crs#nothing", home=tmp_path))


# Sentence by sentence


def test_a_quote_has_its_place_in_the_twin() -> None:
    registry = load_registry()
    english = english_passages(registry, load_briefs(registry))
    pair = find_twins(english, registry.programs, [twin(CRS)])[CRS]
    text, french = pair.english.text, pair.passage.text
    second = text.index("Until 25 March")
    place = pair.place(second, text.index("\n", second))
    assert place is not None and french[slice(*place)].startswith("Jusqu’au 25 mars 2025, un emploi réservé ajoutait 50 points")
    without_no = pair.place(text.index("since 25 March 2025"), text.index("\n"))
    assert without_no is not None and french[slice(*without_no)].startswith("depuis le 25 mars 2025")
    assert pair.place(0, 20) is None  # half a sentence has no twin
    assert pair.place(text.index("25 March"), text.index("\n")) is None
    assert (pair.passage.as_of, pair.passage.program, pair.passage.source_id) == (
        pair.english.as_of,
        pair.english.program,
        pair.english.source_id,
    )


def test_a_list_stays_a_list_with_as_many_items() -> None:
    registry = load_registry()
    english = english_passages(registry, load_briefs(registry))
    of = "ircc-ee-funds#how-much-money-do-i-need-to-show-for-express-entry"
    pair = find_twins(english, registry.programs, [twin(of)])[of]
    text = pair.english.text
    place = pair.place(text.index("Settlement funds by family size"), len(text))
    assert place is not None and pair.passage.text[slice(*place)].count("\n- ") == text.count("\n- ") == 8
