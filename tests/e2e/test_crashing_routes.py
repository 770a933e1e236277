"""A route whose requests bring the backend down is held back; one that was only there is not."""

import os
import re
import signal
import sys
import tempfile
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from backends import free_port, wait_for
from client import Closed, Connection, get, message
from harness import SUPERVISED, Case, run
from test_supervisor import PATIENT

ONCE = PATIENT + "[gateway]\nretry = false\n"  # a crash is one crash


class CrashingRoutes(Case):
    def supervise(self, policy: str = PATIENT):
        port = free_port()
        folder = tempfile.TemporaryDirectory(prefix="curfew-e2e-ledger-")
        self.addCleanup(folder.cleanup)
        self.ledger = Path(folder.name) / "ledger.db"
        self.curfew = self.serve("--upstream", f"http://127.0.0.1:{port}", "--timeout", "10s",
                                 "--ledger", str(self.ledger), policy=policy,
                                 command=[sys.executable, SUPERVISED, str(port)])
        self.assertEqual(self.status("/pid"), 200)
        return self.curfew

    def status(self, path: str) -> int:
        return get(self.curfew.http, path).status

    def state(self) -> dict:
        return get(self.curfew.admin, "/-/health").json()["backend"]

    def kill(self):
        """From outside; the next one is ready when this returns."""
        restarts = self.state()["restarts"]
        os.kill(self.state()["pid"], signal.SIGKILL)
        self.await_restart(restarts + 1)

    def await_restart(self, number: int):
        self.assertTrue(wait_for(lambda: self.state()["restarts"] >= number
                                 and self.state()["state"] == "ready"))

    def test_a_route_that_kills_it_is_held_back_and_the_others_are_served(self):
        self.supervise()
        with ThreadPoolExecutor(41) as clients, self.asking_steadily("/pid", clients) as steady:
            poison = [clients.submit(self.outcome, "/crash") for _ in range(20)]
            good = [clients.submit(self.outcome, "/pid") for _ in range(20)]
            self.assertLessEqual({each.result() for each in poison}, {502, 503})
            self.assertTrue(wait_for(lambda: "is held back" in self.curfew.stderr))
            since = time.monotonic()
            for _ in range(20):
                self.assert_problem(get(self.curfew.http, "/crash"), 503, "breaker-open")
            self.assertTrue(wait_for(lambda: steady and steady[-20:][0][0] >= since))
        self.assertEqual({status for begun, status in steady if begun >= since}, {200})
        # Whoever was in flight at two crashes, or half answered at one, is not sent again.
        served = [each.result() for each in good]
        self.assertGreaterEqual(served.count(200), 15, served)
        self.assertLessEqual(self.state()["restarts"], 3)

    def outcome(self, path: str) -> int:
        try:
            return self.status(path)
        except (Closed, OSError):
            return 0

    @contextmanager
    def asking_steadily(self, path: str, clients: ThreadPoolExecutor):
        """When each request of one client began, and what it was answered."""
        told: list[tuple[float, int]] = []
        over = threading.Event()

        def ask():
            while not over.wait(0.02):
                begun = time.monotonic()
                told.append((begun, self.outcome(path)))

        asking = clients.submit(ask)
        try:
            yield told
        finally:
            over.set()
            asking.result()

    def convict(self):
        """Each of these crashes it once."""
        for number in range(1, 4):
            self.assertEqual(self.status("/crash"), 502)
            self.await_restart(number)

    def test_who_is_held_back_is_told_everywhere_and_why(self):
        reason = "its requests brought the backend down"
        curfew = self.supervise(ONCE)
        self.assertNotIn("suspect", get(curfew.admin, "/-/health").body.decode())
        self.convict()
        refused = self.assert_problem(get(curfew.http, "/crash"), 503, "breaker-open")
        self.assertEqual(refused["detail"], reason)
        told = f"warning route GET /crash is held back for 1m: {reason}\n"
        self.assertEqual(len(re.findall(told, curfew.stderr)), 1, curfew.stderr)
        health = get(curfew.admin, "/-/health").json()
        route = health["routes"]["GET /crash"]
        self.assertEqual((route["held_back"], route["suspect"]), (True, True))
        self.assertGreater(route["retry_after_ms"], 50_000)
        self.assertIn(f"route GET /crash: held back, {reason}", health["problems"])
        metrics = get(curfew.admin, "/-/metrics").body.decode()
        self.assertIn('held_back_total{route="GET /crash",upstream="default"} 1', metrics)
        curfew.stop()
        explained = run("explain", "--ledger", str(self.ledger), refused["trace_id"])
        self.assertIn(reason, explained.stdout, explained.stderr)
        self.assertRegex(explained.stdout, "Its route was held back .* before it, for its requests "
                         "had brought the backend down; the last of them: `curfew explain")

    def test_a_reload_with_a_shorter_reset_ends_it(self):
        curfew = self.supervise(ONCE)
        self.convict()
        self.assertEqual(self.status("/crash"), 503)
        (curfew.folder / "curfew.toml").write_text(ONCE + '[breaker]\nreset = "1s"\n')
        curfew.signal(signal.SIGHUP)
        self.assertTrue(wait_for(lambda: "reloaded generation=2" in curfew.stdout, 5))
        self.assertTrue(wait_for(lambda: self.status("/crash") == 502, 5), "a probe is let in")

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
