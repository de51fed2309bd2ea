"""A reverse proxy for tests: it passes one path prefix on and refuses all else."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HEAD_END = b"\r\n\r\n"


@contextmanager
def reverse_proxy(upstream: int, prefix: str) -> Iterator[int]:
    """Pass requests under a prefix to a port of this machine; yield the proxy's port.

    Every request has its own connection, so that every path is looked at; an upgrade to
    a WebSocket keeps its connection.
    """

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            head = b""
            while HEAD_END not in head:
                received = self.request.recv(65536)
                if not received:
                    return
                head += received
            head, _, body = head.partition(HEAD_END)
            path = head.split(b" ", 2)[1].decode()
            if not (path == prefix or path.startswith((prefix + "/", prefix + "?"))):
                self.request.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                return
            lines = head.split(b"\r\n")
            if b"upgrade: websocket" not in head.lower():
                lines = [line for line in lines if not line.lower().startswith(b"connection:")]
                lines.append(b"Connection: close")
            with socket.create_connection(("127.0.0.1", upstream)) as server:
                server.sendall(b"\r\n".join(lines) + HEAD_END + body)
                upward = threading.Thread(target=pump, args=(self.request, server), daemon=True)
                upward.start()
                pump(server, self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Pass bytes on until one side closes, then tell the other."""
    with suppress(OSError):
        while received := source.recv(65536):
            sink.sendall(received)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
