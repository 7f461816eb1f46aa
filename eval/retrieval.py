"""How well search did for each case, by ir-measures: at passages, and at sources where a case names any of several.

A passage is pertinent when the case names it, or its source, or a source that it names as corroborating.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import ir_measures
from ir_measures import RR, P, Qrel, R, ScoredDoc, Success, nDCG

from eval.cases import Case
from eval.evidence import Evidence

Key = tuple[str, str]
_DEPTH = 10  # how far down a ranking is read


@dataclass(frozen=True)
class Retrieval:
    """Each 0 to 1. Of passages: found: a pertinent one is among the first five; precision: share of the first five that are pertinent;
    reciprocal: 1 / place of the first, 0 below the tenth. Of sources, ranked by their first passage: recall: share of the case's own
    that the first five passages bring; ndcg over the first ten. `named`: what the case calls `passages`, those alone; None
    where it names none.

    Sources: Manning, Raghavan and Schütze 2008, chapter 8; Järvelin and Kekäläinen 2002, https://doi.org/10.1145/582415.582418.
    """

    found: float
    precision: float
    reciprocal: float
    recall: float
    ndcg: float
    named_found: float | None = None
    named_reciprocal: float | None = None


def searchable(case: Case) -> bool:
    """Whether there is something for search to find: the case can be answered and names what supports a right answer."""
    return case.answerable and bool(case.sources or case.passages)


def pertinent(case: Case, passage: str, evidence: Evidence) -> bool:
    held = evidence.passages.get(passage)
    return passage in case.passages or (held is not None and bool(held.sources & set(case.sources)))


def retrieval(found: Mapping[Key, Sequence[str]], cases: Mapping[Key, Case], evidence: Evidence) -> dict[Key, Retrieval]:
    """For each searchable case. `found`: ids of passages, best first; a case for which nothing was found gets 0, and is there."""
    keys = [key for key, case in cases.items() if searchable(case)]
    values: dict[Key, dict[str, float]] = {key: {} for key in keys}
    for measures, judged, ranked in (
        (_PASSAGES, _pertinent, _passages),
        (_RECALL, _own_sources, _sources_of_five),
        (_SOURCES, _own_sources, _sources),
        (_NAMED, _named, _passages),
    ):
        names = {str(i): key for i, key in enumerate(keys)}
        qrels = [Qrel(i, d, 1) for i, key in names.items() for d in judged(cases[key], found.get(key, ()), evidence)]
        run = [
            ScoredDoc(i, d, -place)
            for i, key in names.items()
            for place, d in enumerate(ranked(cases[key], found.get(key, ()), evidence), 1)
        ]
        for result in ir_measures.iter_calc(list(measures), qrels, run) if qrels else ():
            values[names[result.query_id]][measures[result.measure]] = float(result.value)
    needed = [f.name for f in fields(Retrieval) if f.default is not None]
    return {key: Retrieval(**{**dict.fromkeys(needed, 0.0), **got}) for key, got in values.items()}


_PASSAGES = {Success @ 5: "found", P @ 5: "precision", RR @ _DEPTH: "reciprocal"}
_RECALL = {R @ 100: "recall"}
_SOURCES = {nDCG @ _DEPTH: "ndcg"}
_NAMED = {Success @ 5: "named_found", RR @ _DEPTH: "named_reciprocal"}


def _passages(case: Case, found: Sequence[str], evidence: Evidence) -> Sequence[str]:
    return found


def _pertinent(case: Case, found: Sequence[str], evidence: Evidence) -> Iterator[str]:
    return (passage for passage in found if pertinent(case, passage, evidence))


def _sources(case: Case, found: Sequence[str], evidence: Evidence) -> Sequence[str]:
    """The sources of the passages found, by their first passage; one that is named as corroborating counts like the passage's own,
    and of several that a passage brings the case's come first: they stand at one place."""
    ranked: dict[str, None] = {}
    for passage in found:
        if (held := evidence.passages.get(passage)) is not None:
            own = held.sources & set(_own_sources(case, found, evidence))
            ranked.update(dict.fromkeys(sorted(own) or [held.source_id]))
    return list(ranked)


def _sources_of_five(case: Case, found: Sequence[str], evidence: Evidence) -> Sequence[str]:
    return _sources(case, found[:5], evidence)


def _own_sources(case: Case, found: Sequence[str], evidence: Evidence) -> Sequence[str]:
    return list(dict.fromkeys((*case.sources, *(passage.split("#")[0] for passage in case.passages))))


def _named(case: Case, found: Sequence[str], evidence: Evidence) -> Sequence[str]:
    return list(dict.fromkeys(case.passages))
