"""An HTTP/1.1 client that hides nothing: it sends the bytes it is given and shows what came back.

Every read has a deadline, so that a test against a server that hangs fails instead of hanging.
"""

import json
import re
import socket
import time
from dataclasses import dataclass

PATIENCE = 10.0  # seconds any single exchange may take before the test fails


class Closed(Exception):
    """The peer closed before the message was whole; `data` is what had come."""

    def __init__(self, data: bytes):
        super().__init__(f"closed after {data[:200]!r}")
        self.data = data


@dataclass
class Response:
    version: str
    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    took: float = 0.0

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        values = self.all(name)
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The stable id of a refusal: the end of its `type`."""
        kind = (self.header("Content-Type") or "").split(";")[0]
        if kind != "application/problem+json":
            return f"no problem, but {self.status} {kind}"
        return re.split("[/#:]", self.json()["type"])[-1]


class Admin(tuple):
    """The address of an admin listener, which answers to its own name only."""


class Connection:
    def __init__(self, address: tuple[str, int], patience: float = PATIENCE):
        self.host = "%s:%d" % address if isinstance(address, Admin) else "shop.test"
        self.deadline = time.monotonic() + patience
        self.socket = socket.create_connection(address, timeout=patience)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data: bytes):
        self.socket.settimeout(self.left())
        self.socket.sendall(data)

    def left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the exchange took longer than a test waits")
        return left

    def fill(self) -> bool:
        """Reads once more; False at the end."""
        self.socket.settimeout(self.left())
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self.buffer += data
        return bool(data)

    def until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            if not self.fill():
                raise Closed(self.buffer)
        taken, self.buffer = self.buffer.split(mark, 1)
        return taken

    def exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            if not self.fill():
                raise Closed(self.buffer)
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def rest(self) -> bytes:
        while self.fill():
            pass
        taken, self.buffer = self.buffer, b""
        return taken

    def is_closed(self) -> bool:
        """Whether the peer closes now, having said nothing more."""
        return not self.buffer and not self.fill()

    def head(self) -> Response:
        first, *lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status, *reason = first.split(" ", 2)
        pairs = (line.split(":", 1) for line in lines)
        return Response(version, int(status), "".join(reason),
                        [(name, value.strip()) for name, value in pairs])

    def chunk(self) -> bytes:
        size = int(self.until(b"\r\n").split(b";")[0], 16)
        data = self.exactly(size)
        if size:
            self.until(b"\r\n")
        return data

    def body_of(self, head: Response, method: str) -> bytes:
        if method == "HEAD" or head.status in (204, 304) or head.status < 200:
            return b""
        if (head.header("Transfer-Encoding") or "").lower() == "chunked":
            body = b""
            while data := self.chunk():
                body += data
            while self.until(b"\r\n"):  # trailers
                pass
            return body
        if length := head.header("Content-Length"):
            return self.exactly(int(length))
        return self.rest()

    def response(self, method: str = "GET") -> Response:
        started = time.monotonic()
        answer = self.head()
        answer.body = self.body_of(answer, method)
        answer.took = time.monotonic() - started
        return answer

    def request(self, method: str, target: str, headers: dict[str, str] | None = None,
                body: bytes | None = None) -> Response:
        self.send(message(method, target, {"Host": self.host, **(headers or {})}, body))
        return self.response(method)


def message(method: str, target: str, headers: dict[str, str] | None = None,
            body: bytes | None = None) -> bytes:
    fields = {"Host": "shop.test", **(headers or {})}
    if body is not None and "Transfer-Encoding" not in fields:
        fields.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")


def request(address: tuple[str, int], method: str, target: str,
            headers: dict[str, str] | None = None, body: bytes | None = None,
            patience: float = PATIENCE) -> Response:
    """One exchange on a connection of its own; `took` includes connecting."""
    started = time.monotonic()
    with Connection(address, patience) as connection:
        fields = {"Connection": "close", **(headers or {})}
        answer = connection.request(method, target, fields, body)
    answer.took = time.monotonic() - started
    return answer


def get(address: tuple[str, int], target: str, headers: dict[str, str] | None = None,
        patience: float = PATIENCE) -> Response:
    return request(address, "GET", target, headers, patience=patience)
