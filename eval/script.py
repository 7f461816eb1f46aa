"""How the scripts of this folder end where what they were given cannot be used: `python -m eval.tune HOME`."""

from __future__ import annotations

import sys
from collections.abc import Callable

from corpus.errors import NorthboundError


def run(name: str, main: Callable[[], object]) -> None:
    """Call `main` of the script of this name; an expected error becomes one line on standard error, and exit code 1."""
    try:
        main()
    except (NorthboundError, OSError) as error:
        sys.exit(f"eval.{name}: {error}")
