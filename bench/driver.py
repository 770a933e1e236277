"""Load: wrk for throughput, and a client that sends an exact number of requests."""

import re
import socket
import subprocess

from servers import BODY, LOAD_CPU

CONNECTIONS = 64


class Invalid(Exception):
    """The run measured something else."""


def wrk(port: int, seconds: int) -> int:
    """Requests that were answered well; any other answer makes the run invalid."""
    done = subprocess.run(
        ["taskset", "-c", str(LOAD_CPU), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s",
         f"http://127.0.0.1:{port}/"], capture_output=True, text=True, timeout=seconds + 30)
    found = re.search(r"(\d+) requests in", done.stdout)
    if not found or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise Invalid(f"wrk: {(done.stdout + done.stderr).strip()}")
    return int(found[1])


class Clients:
    """Keep-alive connections that ask in turns: all send, then all read."""

    def __init__(self, port: int):
        self.port = port
        self.open: list[socket.socket] = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self.open:
            each.close()

    def grow(self, count: int):
        """Opens up to `count` connections, and each new one serves a request."""
        while len(self.open) < count:
            made = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            self.open.append(made)
            self.ask([made])

    def ask(self, some: list[socket.socket]):
        request = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode()
        for each in some:
            each.sendall(request)
        for each in some:
            answer = b""
            while not answer.endswith(BODY.encode()):
                piece = each.recv(4096)
                if not piece or not (answer or piece).startswith(b"HTTP/1.1 200"):
                    raise Invalid(f"answered {(answer + piece)[:80]!r}")
                answer += piece

    def requests(self, count: int):
        """Exactly `count`, a multiple of the connections."""
        for _ in range(count // len(self.open)):
            self.ask(self.open)
