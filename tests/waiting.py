"""Waiting for what must come, however long a machine that does much else takes: no test waits for a time and then hopes."""

from __future__ import annotations

import time
from collections.abc import Callable

MOST = 240  # seconds; what has not come by then does not come


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + MOST
    while not true():
        assert time.monotonic() < end, f"it has not come in {MOST} seconds"
        time.sleep(0.02)
