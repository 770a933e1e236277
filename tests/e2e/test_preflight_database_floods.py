"""A database that says more than anybody asked for: neither memory nor time is its."""

import socket
import struct
import threading
import time
import unittest
from contextlib import suppress

from surroundings import SPARE, one
from test_preflight_database import QUICK, Database


class Talker:
    """Takes everybody in as a PostgreSQL does, and then tells of parameters for ever."""

    def __init__(self):
        self.sent = 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]

    @staticmethod
    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack(">I", len(body) + 4) + body

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listening.close()

    def serve(self):
        with suppress(OSError):
            while True:
                self.talk(self.listening.accept()[0])

    def talk(self, guest: socket.socket):
        with guest, suppress(OSError):
            guest.settimeout(10)
            asked = guest.recv(4096)
            if struct.unpack(">I", asked[4:8])[0] in (80877103, 80877104):  # TLS, GSS: no
                guest.sendall(b"N")
                guest.recv(4096)
            guest.sendall(self.message(b"R", bytes(4)) + self.message(b"K", bytes(8)) +
                          self.message(b"Z", b"I"))
            guest.recv(4096)
            while True:
                names = range(self.sent, self.sent + 5000)
                guest.sendall(b"".join(self.message(b"S", b"p%d\0b\0" % n) for n in names))
                self.sent += 5000


class Floods(Database):
    def test_an_answer_without_an_end_takes_neither_memory_nor_the_budget(self):
        endless = "SELECT repeat('x', 1000) FROM generate_series(1, 3000000)"
        self.write(f'[startup]\nbudget = "5s"\n{QUICK}' + self.check(f'query = "{endless}"'))
        measured = ["/usr/bin/python3", "-c", "import resource, subprocess, sys\n"
                    "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
                    "print(done.returncode, "
                    "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"]
        began = time.monotonic()
        # Production passes nothing over: cut for its size or for its time, it blocks.
        done = self.preflight("--env", "production", wrap=measured)
        self.assertLess(time.monotonic() - began, 5 + SPARE)
        code, memory = map(int, done.stdout.split())
        self.assertEqual(code, 1)
        self.assertLess(memory / 1024, 200, "MiB")

    def test_one_that_never_stops_talking_is_left_in_time(self):
        with Talker() as talker:
            check = one("postgres", target=f"postgresql://shop@127.0.0.1:{talker.port}/shop")
            answer = self.look(check, budget=1)
        self.assertEqual(answer["failures"][0]["kind"], "database_timeout")
        self.assertGreater(talker.sent, 0)


if __name__ == "__main__":
    unittest.main()
