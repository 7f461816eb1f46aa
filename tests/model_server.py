"""A language model that others only pretend to have: a real HTTP server on this machine with OpenAI's streaming interface, which says what
a test wants said and does every wrong thing that such a server can do."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# What the model says, from the instructions and the data that it was sent.
Says = Callable[[str, dict[str, Any]], str]


class ModelServer:
    """`says` is what a request is answered with, unless there is a `fault`: one of FAULTS, or an HTTP status."""

    def __init__(self) -> None:
        self.url = ""
        self.reset()

    def reset(self) -> None:
        self.says: Says = lambda _, __: ""
        self.fault = ""
        self.usage = (1000, 100)
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.left = threading.Event()  # set when a client went away in the middle
        self.release = threading.Event()  # lets what waits for ever end

    @property
    def data(self) -> list[dict[str, Any]]:
        """The data that was sent with each request."""
        return [json.loads(body["messages"][1]["content"]) for body in self.asked]


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    body: Any

    def do_POST(self) -> None:
        body = self.body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server: ModelServer = self.server.model  # type: ignore[attr-defined]
        server.asked.append(body)
        server.keys.append(self.headers.get("authorization", ""))
        try:
            if self.path != "/v1/chat/completions":
                self.refuse(404, b"{}")
            elif server.fault.isdigit():
                self.refuse(int(server.fault), b'{"error": {"message": "no"}}')
            elif server.fault:
                FAULTS[server.fault](self, server)
            else:
                instructions, data = (message["content"] for message in body["messages"])
                self.begin()
                for word in server.says(instructions, json.loads(data)).split(" "):
                    self.word(f"{word} ")
                self.end("stop", server.usage)
        except OSError:
            server.left.set()
            self.close_connection = True

    def refuse(self, status: int, told: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def begin(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def raw(self, content: bytes) -> None:
        self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        self.wfile.flush()

    def event(self, **told: Any) -> None:
        made = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "fake", **told}
        self.raw(f"data: {json.dumps(made)}\n\n".encode())

    def word(self, text: str, **more: Any) -> None:
        self.event(choices=[{"index": 0, "delta": {"role": "assistant", "content": text, **more}, "finish_reason": None}])

    def end(self, reason: str, usage: tuple[int, int]) -> None:
        self.event(choices=[{"index": 0, "delta": {}, "finish_reason": reason}])
        counted = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
        self.event(choices=[], usage=counted)
        self.raw(b"data: [DONE]\n\n")
        self.raw(b"")

    def log_message(self, *_: object) -> None:
        return


def _says(request: _Request, server: ModelServer) -> str:
    instructions, data = (message["content"] for message in request.body["messages"])
    return server.says(instructions, json.loads(data))


def _silent(request: _Request, server: ModelServer) -> None:
    server.release.wait(240)
    request.close_connection = True


def _half_then_silent(request: _Request, server: ModelServer) -> None:
    request.begin()
    request.word(_says(request, server))
    server.release.wait(240)
    request.close_connection = True


def _keeps_alive(request: _Request, server: ModelServer) -> None:
    """Never a word, but always a sign of life: no reading times out."""
    request.begin()
    while not server.release.wait(0.05):
        request.raw(b": keep-alive\n\n")


def _refusal(request: _Request, server: ModelServer) -> None:
    request.begin()
    request.word("", refusal="I cannot help with that.")
    request.word("I'm sorry, but I can't help with that.")
    request.end("stop", server.usage)


def _filtered(request: _Request, server: ModelServer) -> None:
    request.begin()
    request.end("content_filter", server.usage)


def _malformed(request: _Request, server: ModelServer) -> None:
    request.begin()
    request.raw(b'data: {"choices": [{"delta": {"content": \n\n')
    request.raw(b"")


def _another_interface(request: _Request, server: ModelServer) -> None:
    request.begin()
    request.raw(b'data: {"completion": "A permit is free.", "stop": null}\n\ndata: ["what", 1]\n\ndata: [DONE]\n\n')
    request.raw(b"")


def _a_page(request: _Request, server: ModelServer) -> None:
    request.refuse(200, b"<html><body>Please log in.</body></html>", "text/html")


def _garbage(request: _Request, server: ModelServer) -> None:
    request.begin()
    request.raw(bytes(range(128, 256)) * 20 + b"\n\n")
    request.raw(b"data: \xff\xfe\xfd\n\n")
    request.raw(b"")


def _not_http(request: _Request, server: ModelServer) -> None:
    request.wfile.write(b"\x16\x03\x01\x02\x00\x01" * 50)
    request.close_connection = True


def _empty(request: _Request, server: ModelServer) -> None:
    request.begin()
    request.end("stop", server.usage)


def _dropped_at_once(request: _Request, server: ModelServer) -> None:
    request.close_connection = True


def _dropped(request: _Request, server: ModelServer) -> None:
    """The connection is gone after a few words."""
    request.begin()
    request.word(_says(request, server))
    request.close_connection = True


def _ends_early(request: _Request, server: ModelServer) -> None:
    """As if a proxy had ended it in good order: no word of why the model stopped."""
    request.begin()
    request.word(_says(request, server))
    request.raw(b"")


def _cut_short(request: _Request, server: ModelServer) -> None:
    request.begin()
    request.word(_says(request, server))
    request.word(" And then the")
    request.end("length", server.usage)


def _error_in_stream(request: _Request, server: ModelServer) -> None:
    request.begin()
    request.word(_says(request, server))
    request.raw(b'data: {"error": {"message": "the machine ran out of memory", "type": "server_error", "code": 500}}\n\n')
    request.raw(b"")


def _endless_line(request: _Request, server: ModelServer) -> None:
    request.begin()
    while not server.release.is_set():
        request.word("permit " * 20)


def _endless_sentences(request: _Request, server: ModelServer) -> None:
    request.begin()
    said = _says(request, server) + "\n"
    while not server.release.is_set():
        request.word(said)


def _endless_thought(request: _Request, server: ModelServer) -> None:
    request.begin()
    request.word("<think>")
    while not server.release.is_set():
        request.word("Hmm, the user wants an answer. " * 5)


FAULTS: dict[str, Callable[[_Request, ModelServer], None]] = {
    "silent": _silent,
    "half then silent": _half_then_silent,
    "keeps alive": _keeps_alive,
    "refusal": _refusal,
    "filtered": _filtered,
    "malformed": _malformed,
    "another interface": _another_interface,
    "a page": _a_page,
    "garbage": _garbage,
    "not http": _not_http,
    "empty": _empty,
    "dropped at once": _dropped_at_once,
    "dropped": _dropped,
    "ends early": _ends_early,
    "cut short": _cut_short,
    "error in stream": _error_in_stream,
    "endless line": _endless_line,
    "endless sentences": _endless_sentences,
    "endless thought": _endless_thought,
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what many of these tests are about; anything else is said."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving_model() -> Iterator[ModelServer]:
    """The server, for as long as it is needed."""
    model = ModelServer()
    http = _Server(("127.0.0.1", 0), _Request)
    http.model = model  # type: ignore[attr-defined]
    model.url = f"http://127.0.0.1:{http.server_port}/v1"
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield model
    finally:
        model.release.set()
        http.shutdown()
        http.server_close()
