"""A route whose requests bring the backend down is held back; one that was only there is not."""

import os
import signal
import sys
import time
import unittest

from backends import free_port, wait_for
from client import Connection, get, message
from harness import SUPERVISED, Case
from test_supervisor import PATIENT

ONCE = PATIENT + "[gateway]\nretry = false\n"  # a crash is one crash


class CrashingRoutes(Case):
    def supervise(self, policy: str = PATIENT):
        port = free_port()
        self.curfew = self.serve("--upstream", f"http://127.0.0.1:{port}", "--timeout", "10s",
                                 policy=policy, command=[sys.executable, SUPERVISED, str(port)])
        self.assertEqual(self.status("/pid"), 200)
        return self.curfew

    def status(self, path: str) -> int:
        return get(self.curfew.http, path).status

    def backend(self) -> dict:
        return get(self.curfew.admin, "/-/health").json()["backend"]

    def kill(self):
        """From outside; the next one is ready when this returns."""
        restarts = self.backend()["restarts"]
        os.kill(self.backend()["pid"], signal.SIGKILL)
        self.await_restart(restarts + 1)

    def await_restart(self, number: int):
        self.assertTrue(wait_for(lambda: self.backend()["restarts"] >= number
                                 and self.backend()["state"] == "ready"))

    def open(self, path: str) -> Connection:
        """A request that is in: an event stream has begun, a long poll says nothing."""
        connection = Connection(self.curfew.http)
        self.addCleanup(connection.close)
        connection.send(message("GET", path))
        if path == "/events":
            self.assertEqual(connection.head().status, 200)
            connection.until(b"data")
        else:
            self.assert_silent(connection, 0.2)
        return connection

    def assert_silent(self, connection: Connection, seconds: float):
        connection.socket.settimeout(seconds)
        with self.assertRaises(TimeoutError):
            self.fail(f"answered {connection.socket.recv(4096)!r}")

    def test_kills_from_outside_hold_back_nothing_that_had_left(self):
        for path in ("/events", "/poll"):
            with self.subTest(path):
                self.supervise()
                for _ in range(3):
                    self.open(path).close()
                    time.sleep(0.2)
                    self.kill()
                self.open(path)

    def test_kills_from_outside_hold_back_nothing_that_is_in(self):
        for path in ("/events", "/poll"):
            with self.subTest(path):
                self.supervise()
                for _ in range(3):
                    with self.open(path):
                        self.kill()
                self.open(path)

    def test_another_routes_crashes_hold_back_nothing_that_had_been_in_for_a_second(self):
        """The other route is mostly answered, so it is no suspect."""
        for path in ("/events", "/poll"):
            with self.subTest(path):
                self.supervise(ONCE)
                for number in range(1, 4):
                    self.assertEqual([self.status("/crash/0") for _ in range(3)], [200] * 3)
                    with self.open(path):
                        time.sleep(1)
                        self.assertEqual(self.status("/crash/1"), 502)
                    self.await_restart(number)
                self.open(path)


if __name__ == "__main__":
    unittest.main()
