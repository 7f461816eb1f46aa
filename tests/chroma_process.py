"""A real Chroma server on this machine, and servers that fail in ways in which a real one cannot be made to."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from index.chroma_server import Gone, Server, ServerError, server_at

Reply = Callable[["Request"], tuple[int, bytes]]


class ChromaProcess:
    """`chroma run` over a folder, on one port for as long as the object lives: it may be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    @property
    def server(self) -> Server:
        return server_at(self.url, seconds=60)  # a machine that runs tests may do much else

    def start(self) -> None:
        chroma = Path(sys.executable).with_name("chroma")
        command = [str(chroma), "run", "--path", str(self._folder), "--host", "127.0.0.1", "--port", str(self._port)]
        until = time.monotonic() + 120
        while True:
            if self._process is None or self._process.poll() is not None:  # it ends where somebody has its port for a moment
                self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                self.server.find("nothing")
            except Gone:
                return
            except ServerError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Request(BaseHTTPRequestHandler):
    """A request to a `serving` server: `path`, `headers`, and the body read as JSON."""

    body: Any

    def _answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.body = json.loads(content) if content else None
        status, told = self.server.reply(self)  # type: ignore[attr-defined]
        try:
            self.send_response(status)
            self.send_header("content-length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)
        except OSError:
            return  # the client did not wait

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def serving(reply: Reply, port: int = 0) -> Iterator[str]:
    """The address of a server that gives what `reply` makes of each request. `port`: default a free one."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Request)
    server.daemon_threads = True
    server.reply = reply  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def free_port() -> int:
    """A port that nobody has, below those that the system gives to whoever asks for any: none of them is given away before it is used.
    Each process that runs tests begins elsewhere, and takes none twice."""
    for port in _ports:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


_ports = (10_000 + number % 20_000 for number in range(os.getpid() * 97, os.getpid() * 97 + 20_000))
