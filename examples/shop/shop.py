#!/usr/bin/env python3
"""The shop once more, on Python's own http.server: what many backends look like.

The same pages, switches and flags as the C++ program beside it, and the same flaw: eight workers,
each held for as long as the dependency takes, whether or not its client is still there.
"""

import argparse
import json
import os
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

WORKERS = 8
LEAK_LIMIT = 1024  # MiB


class Dependency:
    """The recommendation engine: 20 ms, unless told to hang or to be slow. No way to give up."""

    def __init__(self):
        self.changed = threading.Condition()
        self.hanging = False
        self.slower_ms = self.calls = self.stuck = self.trapped = 0

    def call(self):
        with self.changed:
            self.calls += 1
            if self.hanging:
                self.stuck += 1
                self.trapped += 1
                self.changed.wait_for(lambda: not self.hanging)
                self.stuck -= 1
            took = 0.020 + self.slower_ms / 1000
        time.sleep(took)

    def hang(self, on: bool):
        with self.changed:
            self.hanging = on
            self.changed.notify_all()


class Leak:
    """Grows by so many MiB a second and gives nothing back, up to 1 GiB."""

    def __init__(self):
        self.rate = 0
        self.kept = []
        threading.Thread(target=self.grow, daemon=True).start()

    def grow(self):
        while True:
            for _ in range(min(self.rate, LEAK_LIMIT - len(self.kept))):
                self.kept.append(b"\1" * (1 << 20))
            time.sleep(1)


class Handler(BaseHTTPRequestHandler):
    timeout = 5

    def do_GET(self):
        self.reply(*self.server.answer("GET", self.path.split("?")[0], b""))

    def do_POST(self):
        size = int(self.headers.get("Content-Length") or 0)
        self.reply(*self.server.answer("POST", self.path.split("?")[0], self.rfile.read(size)))

    def reply(self, status: int, body):
        data = json.dumps(body, separators=(",", ":")).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Pages(HTTPServer):
    """What the shop sells, by a pool of eight workers."""

    request_queue_size = 4096

    def __init__(self, port: int, engine: Dependency):
        super().__init__(("127.0.0.1", port), Handler)
        self.engine = engine
        self.pool = ThreadPoolExecutor(WORKERS)

    def process_request(self, request, client_address):
        self.pool.submit(self.serve, request, client_address)

    def serve(self, request, client_address):
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass  # the client has left
        finally:
            self.shutdown_request(request)

    def answer(self, method: str, path: str, body: bytes):
        if path == "/login":
            if method != "POST":
                return 405, {"error": "POST only"}
            if b'"user"' not in body:
                return 400, {"error": "a user is needed"}
            return 200, {"token": "3f1c9a", "expires_in_s": 3600}
        if method != "GET":
            return 405, {"error": "GET only"}
        if path == "/listings":
            return 200, [{"id": 1, "name": "Lamp", "price": 39},
                         {"id": 2, "name": "Chair", "price": 120}]
        if re.fullmatch(r"/listings/[0-9]+/recommendations", path):
            self.engine.call()
            return 200, [{"id": 2, "name": "Chair"}, {"id": 5, "name": "Desk"}]
        if path == "/health":
            return 200, {"status": "ok"}
        return 404, {"error": "no such page"}


class Switches(HTTPServer):
    """What breaks it, on a port and a thread of its own."""

    def __init__(self, port: int, engine: Dependency, leak: Leak):
        super().__init__(("127.0.0.1", port), Handler)
        self.engine = engine
        self.leak = leak

    def answer(self, method: str, path: str, _body: bytes):
        if path == "/status":
            return 200, self.status()
        if method != "POST":
            return 405, {"error": "POST only"}
        if path == "/crash":
            os.abort()
        if path in ("/hang/on", "/hang/off"):
            self.engine.hang(path == "/hang/on")
            return 200, self.status()
        if turned := re.fullmatch(r"/(slow|leak)/([0-9]{1,9})", path):
            value = int(turned[2])
            if turned[1] == "slow":
                self.engine.slower_ms = value
            else:
                self.leak.rate = value
            return 200, self.status()
        return 404, {"error": "no such switch"}

    def status(self):
        engine = self.engine
        return {"pid": os.getpid(), "hanging": engine.hanging, "slower_ms": engine.slower_ms,
                "calls": engine.calls, "stuck": engine.stuck, "trapped": engine.trapped,
                "leaked_mib": len(self.leak.kept)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8000, help="0 picks a free one")
    parser.add_argument("--control", type=int, default=0, help="0 picks a free one")
    chosen = parser.parse_args()
    engine = Dependency()
    pages = Pages(chosen.port, engine)
    switches = Switches(chosen.control, engine, Leak())
    print("ready http=127.0.0.1:%d control=127.0.0.1:%d" %
          (pages.server_port, switches.server_port), flush=True)
    threading.Thread(target=switches.serve_forever, daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    pages.serve_forever()


if __name__ == "__main__":
    main()
