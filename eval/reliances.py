"""What the evaluation cases rest on, for `northbound corpus diff`: a case whose fact is no longer said has to be read again."""

from __future__ import annotations

from pathlib import Path

from corpus.diff import Reliance
from eval.cases import SETS, load_set, set_names

KIND = "evaluation case"


def case_reliances(folder: Path = SETS) -> list[Reliance]:
    """One for each source or passage that supports a right answer to a case, with the patterns of its facts. Raises CaseError for a set
    that cannot be read."""
    found: list[Reliance] = []
    for case in (case for name in set_names(folder) for case in load_set(name, folder)):
        needs = tuple(fact.search for fact in case.facts)
        if needs:
            found += [Reliance(KIND, case.id, source_id=source, needs=needs) for source in case.sources]
            found += [Reliance(KIND, case.id, passage_id=passage, needs=needs) for passage in case.passages]
    return found
