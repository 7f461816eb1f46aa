"""The socket that the server listens on. `northbound serve` asks for it before anything that takes long is loaded; so does `bot.server`."""

from __future__ import annotations

import errno
import socket

from corpus.errors import NorthboundError


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises NorthboundError with what to do when it is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise NorthboundError(
                f"port {port} is in use; choose another: NORTHBOUND_PORT={port + 1 if port < 65535 else 7861} make run"
            ) from error
        raise NorthboundError(
            f"cannot listen on {host}:{port}: {error.strerror or error}; set NORTHBOUND_HOST and NORTHBOUND_PORT"
        ) from error
    return listening
