"""How much memory a piece of work takes, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT


def peak(setup: str, work: str) -> int:
    """The most memory, in bytes, that a new process held while it did this. An expected error of ours counts as done."""
    if sys.platform != "linux":
        pytest.skip("how much memory a process took is read as Linux tells it")
    script = "\n".join(
        (
            "import sys",
            "from pathlib import Path",
            "from corpus.errors import CorpusError",
            setup,
            "try:",
            f"    {work}",
            "except CorpusError as error:",
            "    print(error, file=sys.stderr)",
            # Not ru_maxrss, which begins with what the process held that started this one.
            "status = Path('/proc/self/status').read_text()",
            "print(next(int(line.split()[1]) for line in status.splitlines() if line.startswith('VmHWM')) * 1024)",
        )
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    return int(done.stdout)
