"""A reverse proxy for tests: it passes one path prefix on and refuses all else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reverse_proxy(upstream: int, prefix: str) -> Iterator[int]:
    """Pass requests under a prefix to a port of this machine; yield the proxy's port.

    Every request has its own connection, so that every path is looked at; an upgrade to
    a WebSocket keeps its connection.
    """

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            if not (path == prefix or path.startswith((prefix + "/", prefix + "?"))):
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                return
            lines = head[:-4].split(b"\r\n")
            if b"upgrade: websocket" not in head.lower():
                lines = [line for line in lines if not line.lower().startswith(b"connection:")]
                lines.append(b"Connection: close")
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", upstream)
            up_writer.write(b"\r\n".join(lines) + b"\r\n\r\n")
            await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(handle, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
