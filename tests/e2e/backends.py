"""Small servers to stand behind Curfew, each stopped when its `with` block ends.

PooledBackend is the backend of the issue: a few blocking workers, each of which a hung request
takes for good, disconnect or not. RawBackend says exactly the bytes a test wants said. NodeBackend
and NginxBackend are somebody else's servers.
"""

import queue
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from client import Closed, Connection, Response

HERE = Path(__file__).resolve().parent
START = 10.0  # seconds a backend may take to listen


def free_port() -> int:
    """One that nobody's connection is given meanwhile: those have ports above these."""
    for _ in range(100):
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def wait_for(condition, seconds: float = 10.0, step: float = 0.01) -> bool:
    """Polls until the condition holds; False when the time is up."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(step)
    return True


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Request(Response):
    """What a backend received; the fields are those of a message, with the start line's parts."""

    method: str
    target: str


class Server:
    """Accepts on a free port and hands each connection to `serve`, in its own thread."""

    def __init__(self):
        self.listener = self.listen()
        self.address = self.listener.getsockname()
        self.url = f"http://127.0.0.1:{self.address[1]}"
        self.connections = 0
        self.open: set[socket.socket] = set()
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def listen(self) -> socket.socket:
        return socket.create_server(("127.0.0.1", 0), backlog=128)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.stopping.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            for accepted in self.open:
                try:
                    accepted.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def accept(self):
        while not self.stopping.is_set():
            try:
                accepted, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.open.add(accepted)
            threading.Thread(target=self.run, args=(accepted,), daemon=True).start()

    def run(self, accepted: socket.socket):
        try:
            self.serve(accepted)
        except (OSError, ValueError, Closed):
            pass  # its client left, or was never one
        finally:
            with self.lock:
                self.open.discard(accepted)
            accepted.close()

    def serve(self, accepted: socket.socket):
        raise NotImplementedError


def attach(accepted: socket.socket) -> Connection:
    connection = Connection.__new__(Connection)
    connection.socket, connection.buffer = accepted, b""
    connection.deadline = time.monotonic() + 60
    return connection


def receive(connection: Connection) -> Request:
    first, *lines = connection.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
    method, target, version = first.split(" ")
    pairs = (line.split(":", 1) for line in lines)
    got = Request(version, 200, "", [(name, value.strip()) for name, value in pairs])
    got.method, got.target = method, target
    return got


def body_of(connection: Connection, got: Request) -> bytes:
    if got.header("Content-Length") or got.header("Transfer-Encoding"):
        return connection.body_of(got, got.method)
    return b""


def reply(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class PooledBackend(Server):
    """`workers` blocking workers. A target that begins with `hangs` takes one until `release`,
    while `hanging` is set.

    It answers 200 `ok`; /echo answers the body; /status/N answers N; /slow/MS after MS ms; /bytes/N
    that many; /drip/N/MS in N pieces, one in MS ms; /watch waits and notices when its client
    leaves.
    """

    def __init__(self, workers: int = 8, hangs: str | None = None):
        self.free = threading.Semaphore(workers)
        self.hangs = hangs
        self.release = threading.Event()
        self.hanging = hangs is not None
        self.hung = 0
        self.hung_most = 0
        self.aborted = threading.Event()
        self.seen: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self.targets: list[str] = []
        super().__init__()

    def stop(self):
        self.release.set()
        super().stop()

    def next(self) -> Request:
        """The next request it received; fails after a while."""
        return self.seen.get(timeout=10)

    def serve(self, accepted: socket.socket):
        connection = attach(accepted)
        while True:
            got = receive(connection)
            with self.free:
                self.targets.append(got.target)
                got.body = body_of(connection, got)
                self.seen.put(got)
                accepted.sendall(self.answer(got, accepted))
            if (got.header("Connection") or "").lower() == "close":
                return

    def answer(self, got: Request, accepted: socket.socket) -> bytes:
        if self.hanging and got.target.startswith(self.hangs):
            self.hang()
        kind, _, rest = got.target.lstrip("/").partition("/")
        if kind == "echo":
            return reply(got.body)
        if kind == "status":
            return reply(rest.encode(), f"{rest} Said so")
        if kind == "slow":
            time.sleep(int(rest.split("?")[0]) / 1000)
        if kind == "bytes":
            return reply(b"x" * int(rest))
        if kind == "drip":
            return self.drip(accepted, *map(int, rest.split("/")))
        if kind == "watch":
            accepted.settimeout(10)
            if not accepted.recv(1):
                self.aborted.set()
        return reply(b"ok").removesuffix(b"ok" if got.method == "HEAD" else b"")

    def drip(self, accepted: socket.socket, pieces: int, pause_ms: int) -> bytes:
        """Sends a chunked body piece by piece, and leaves its end to the caller."""
        accepted.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(pieces):
            accepted.sendall(b"4\r\ndrop\r\n")
            time.sleep(pause_ms / 1000)
        return b"0\r\n\r\n"

    def begin_hang(self):
        self.release.clear()
        self.hanging = True

    def end_hang(self):
        self.hanging = False
        self.release.set()

    def hang(self):
        with self.lock:
            self.hung += 1
            self.hung_most = max(self.hung_most, self.hung)
        self.release.wait(60)
        with self.lock:
            self.hung -= 1


class RawBackend(Server):
    """Calls `say(connection, request)` for each request head; closes when it returns False."""

    def __init__(self, say):
        self.say = say
        super().__init__()

    def serve(self, accepted: socket.socket):
        connection = attach(accepted)
        while self.say(connection, receive(connection)):
            pass


class ProcessBackend:
    """A server in a process of its own, in a folder of its own."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="curfew-backend-"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(self.command(), cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not wait_for(lambda: accepts(self.port) or self.process.poll() is not None, START):
            self.stop()
            raise TimeoutError(f"{self.command()[0]} did not listen in time")
        if self.process.poll() is not None:
            self.stop()
            raise RuntimeError(f"{self.command()[0]} ended with {self.process.returncode}")

    def command(self) -> list[str]:
        raise NotImplementedError

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        shutil.rmtree(self.folder, ignore_errors=True)


class NodeBackend(ProcessBackend):
    def command(self) -> list[str]:
        return ["node", str(HERE / "node_backend.js"), str(self.port)]


class PythonBackend(ProcessBackend):
    """`python3 -m http.server` as it comes, with one file, /file.bin."""

    def command(self) -> list[str]:
        (self.folder / "file.bin").write_bytes(bytes(range(256)) * 4096)
        return ["python3", "-m", "http.server", "--bind", "127.0.0.1", str(self.port)]


class NginxBackend(ProcessBackend):
    """nginx with one static file, /file.bin, below a temporary prefix."""

    def command(self) -> list[str]:
        folder = self.folder
        (folder / "www").mkdir(exist_ok=True)
        (folder / "www/file.bin").write_bytes(bytes(range(256)) * 4096)
        places = "".join(
            f"{name}_temp_path {folder}/{name};"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;"
            "events { worker_connections 256; }"
            f"http {{ access_log off; {places}"
            f"server {{ listen 127.0.0.1:{self.port}; root {folder}/www; }} }}")
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        return [nginx, "-p", str(folder), "-e", f"{folder}/error.log",
                "-c", f"{folder}/nginx.conf"]
