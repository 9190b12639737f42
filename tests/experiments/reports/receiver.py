"""A real HTTP server that keeps what it was sent and answers as it is told."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """Where it listens, what came, and the statuses of its next answers (then 200)."""

    url: str
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    sleep_s: float = 0.0
    drip: bool = False


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A server on a free port of this machine."""
    state = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.headers.append(dict(self.headers.items()))
            state.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            time.sleep(state.sleep_s)
            if state.drip:
                self._drip()
                return
            status = state.statuses.pop(0) if state.statuses else 200
            self.send_response(status)
            if status == 302:
                self.send_header("Location", state.url + "elsewhere")
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"said")

        def _drip(self) -> None:
            """Never quite finish: one byte of a header at a time."""
            try:
                for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 200:
                    self.wfile.write(bytes([byte]))
                    time.sleep(0.05)
            except OSError:
                return

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
