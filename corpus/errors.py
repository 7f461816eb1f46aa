"""Errors that a person can act on.

    NorthboundError          anything expected; the doors print it as one line and exit with 1
    ├── CorpusError          a registry, a brief or a user's file that cannot be used
    ├── SearchIndexError     an index that is missing, damaged, or made by another model
    ├── ModelError           an embedding model that is missing or not the published one
    └── RequestError         a question, history or batch line that cannot be answered

Every message says what is wrong, where, and what to do next.
"""


class NorthboundError(Exception):
    """An expected error: the message is one line for the person who must act."""


class CorpusError(NorthboundError):
    """A registry, a brief or a user's file that cannot be used. `problems` holds one line for each thing that is wrong."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class SearchIndexError(NorthboundError):
    """An index that is missing, half-built, damaged, or made by another model."""


class ModelError(NorthboundError):
    """An embedding model that is missing or is not the published one."""


class RequestError(NorthboundError):
    """A question, a history or a batch line that cannot be answered."""
