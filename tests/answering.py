"""One answering process, small and quick to start: `python -m tests.answering` prints its port and answers POSTed questions until killed.

Its bot is the one that `northbound serve` has; only the page is missing.
"""

from __future__ import annotations

import json
import threading

from bot.live import LiveBot
from bot.settings import read_settings
from index import store
from tests.chroma_process import Request, serving

EVERY = 0.2  # seconds between looks at the pointer


def main() -> None:
    store.REST_SECONDS = 0.5  # so that a test need not wait for the server to be asked again
    bot = LiveBot(read_settings(), EVERY)

    def reply(request: Request) -> tuple[int, bytes]:
        if request.path == "/health":
            return 200, json.dumps({"build": bot.build, "problem": bot.problem}).encode()
        return 200, bot.answer(request.body["question"]).model_dump_json().encode()

    with serving(reply) as url:
        print(url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
