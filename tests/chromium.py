"""The browser that pages are tested in: `tests/test_page.py` and whatever else opens a page take `browser` from here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--js-flags=--single-threaded",  # beside another process of tests its helping threads cost more than they help
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"none of {', '.join(NAMES)} on PATH: install one, the pages are tested in it")
        pytest.skip(f"none of {', '.join(NAMES)} on PATH: the pages are not tested")
    expect.set_options(timeout=30_000)  # what comes late on a busy machine has still come
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()
