"""What the run's index and registry held: the passages that answers are checked against, and when each program stood how.

It is kept in the run's folder (corpus.json), so that scoring needs neither the index nor the registry of that day, and so that an
answer is never checked against what the answer itself says a passage holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from corpus.model import Passage, Program, Standing


@dataclass(frozen=True)
class Held:
    """A passage as the index held it, as far as answers are judged by it."""

    source_id: str
    text: str
    program: str = "general"
    as_of: str = ""
    kind: str = "section"
    corroborated_by: tuple[str, ...] = ()

    @property
    def sources(self) -> frozenset[str]:
        return frozenset((self.source_id, *self.corroborated_by))


@dataclass(frozen=True)
class Evidence:
    """`passages`: those found or cited in the run, by id. `programs`: each program's standings, oldest first. `ids` and `sources`: of every
    passage and document there was, to tell what a case names in vain."""

    passages: Mapping[str, Held]
    programs: Mapping[str, tuple[Standing, ...]] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()

    def standing(self, program: str, at: str) -> Standing:
        """Where a program stood on an ISO day; with "", where it stands by the newest entry. One of "" where that is not known: before the
        first entry, or where nobody wrote down since when it is as it is."""
        *earlier, present = self.programs.get(program, (_UNKNOWN,))
        if not at or (present.since and present.since <= at):
            return present
        return next((one for one in reversed(earlier) if one.since <= at), _UNKNOWN)


_UNKNOWN = Standing("", "", "")


def evidence_of(held: Iterable[Passage], needed: Iterable[str], programs: Iterable[Program], sources: Iterable[str]) -> Evidence:
    """`held`: every passage of the index; `needed`: ids of those whose text is kept; `sources`: ids of every source there is."""
    by_id = {p.id: p for p in held}
    kept = {
        i: Held(p.source_id, p.text, p.program, p.as_of, p.kind, p.corroborated_by)
        for i in sorted(set(needed))
        if (p := by_id.get(i)) is not None
    }
    standings = {p.id: (*p.history, Standing(p.standing, p.since, p.note)) for p in programs}
    return Evidence(kept, standings, frozenset(by_id), frozenset(sources) | {p.source_id for p in by_id.values()})


def as_json(evidence: Evidence) -> dict[str, Any]:
    return {
        "passages": {id: asdict(held) for id, held in evidence.passages.items()},
        "programs": {id: [asdict(one) for one in standings] for id, standings in evidence.programs.items()},
        "ids": sorted(evidence.ids),
        "sources": sorted(evidence.sources),
    }


def from_json(made: Mapping[str, Any]) -> Evidence:
    """Raises KeyError, TypeError or ValueError for what `as_json` did not write."""
    return Evidence(
        {id: Held(**{**row, "corroborated_by": tuple(row["corroborated_by"])}) for id, row in made["passages"].items()},
        {id: tuple(Standing(**one) for one in standings) for id, standings in made["programs"].items()},
        frozenset(made["ids"]),
        frozenset(made["sources"]),
    )
