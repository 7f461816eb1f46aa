"""The right rate of the set `languages` by language: `python -m eval.languages RUN`. The language of a case stands in its id."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from eval.saved import Answered, Run, read_run

SET = "languages"


@dataclass(frozen=True)
class Rate:
    """Of one language: cases, those answered rightly, those whose language was told, and those of which every quote is in it."""

    cases: int
    right: int
    told: int
    quoted: int


def rates(run: Run) -> dict[str, Rate]:
    """By language, in the order of the set."""
    by_language: dict[str, list[Answered]] = defaultdict(list)
    for (name, id), case in run.cases.items():
        if name == SET:
            by_language[language_of(id)].append(case)
    return {
        language: Rate(
            len(cases),
            sum(case.score.right for case in cases),
            sum(case.answer.language == language for case in cases),
            sum(all(c.language == language for c in case.answer.citations) for case in cases if case.answer.citations),
        )
        for language, cases in by_language.items()
    }


def language_of(id: str) -> str:
    """The ISO code in an id such as lang-fr-07."""
    return id.split("-")[1]


def main(folder: Path) -> None:
    print("language  cases  right   told  quoted in it")
    for language, rate in rates(read_run(folder)).items():
        print(f"{language:8}  {rate.cases:5}  {rate.right / rate.cases:5.3f}  {rate.told / rate.cases:5.3f}  {rate.quoted:5}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
