"""What an endpoint may do to its clients: be away for a moment, pin workers, be somebody else's."""

import socket
import subprocess
import sys
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from backends import PooledBackend, free_port, reply, wait_for
from client import get
from harness import Case

PINNED = str(Path(__file__).resolve().parent / "pinned_backend.py")


class Endpoints(Case):
    def begin(self, port: int, workers: int) -> subprocess.Popen:
        made = subprocess.Popen([sys.executable, PINNED, str(port), str(workers)],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, made)
        wait_for(lambda: self.listens(port), 10)
        return made

    @staticmethod
    def end(process: subprocess.Popen):
        process.kill()
        process.wait(5)

    @staticmethod
    def listens(port: int) -> bool:
        with socket.socket() as trying:
            return trying.connect_ex(("127.0.0.1", port)) == 0

    @staticmethod
    def up(curfew) -> bool:
        return b'curfew_upstream_up{upstream="default"} 1' in get(curfew.admin, "/-/metrics").body

    def test_a_restart_of_a_backend_that_others_run_ends_with_the_restart(self):
        port = free_port()
        first = self.begin(port, 4)
        curfew = self.serve("--upstream", f"http://127.0.0.1:{port}")
        self.assertEqual(get(curfew.http, "/").status, 200)
        self.end(first)
        statuses = [get(curfew.http, "/").status for _ in range(10)]
        self.assertIn(503, statuses, "the breaker has opened, for a minute")
        self.assertFalse(self.up(curfew))
        self.begin(port, 4)
        self.assertTrue(wait_for(lambda: self.up(curfew), 5))
        self.assertEqual(get(curfew.http, "/").status, 200)

    def test_idle_connections_do_not_take_the_workers_of_a_small_backend_for_long(self):
        port = free_port()
        self.begin(port, 2)
        curfew = self.serve("--upstream", f"http://127.0.0.1:{port}")
        with ThreadPoolExecutor(8) as many:
            begun = time.monotonic()
            told = list(many.map(lambda _: get(curfew.http, "/").status, range(80)))
            took = time.monotonic() - begun
        self.assertEqual(set(told), {200})
        self.assertLess(took, 10, "pinned, each would have waited for up to a minute")

    def test_a_probe_is_not_failed_by_our_own_idle_connections(self):
        port = free_port()
        curfew = self.serve(
            "--upstream", f"http://127.0.0.1:{port}",
            command=[sys.executable, PINNED, str(port), "2"],
            policy='[backend]\nlive_path = "/"\nlive_interval = "600ms"\nlive_timeout = "500ms"\n'
                   'live_failures = 2\n')
        with ThreadPoolExecutor(2) as two:
            told = list(two.map(lambda _: get(curfew.http, "/").status, range(2)))
        self.assertEqual(told, [200, 200])
        time.sleep(3)
        self.assertNotIn("hangs", curfew.stderr)
        self.assertEqual(get(curfew.http, "/").status, 200)

    def test_ready_is_not_said_of_a_stranger_at_the_backends_port(self):
        port = free_port()
        self.begin(port, 2)
        curfew = self.serve("--upstream", f"http://127.0.0.1:{port}",
                            command=[sys.executable, PINNED, str(port), "2"], wait=False)
        self.assertEqual(curfew.wait(), 125, curfew.output)
        self.assertNotIn("ready http=", curfew.stdout)
        self.assertRegex(curfew.stderr, rf"given up: 127.0.0.1:{port} belongs to another process "
                                        r"\(python3\S*, process \d+\)")

    def test_a_backend_that_never_gets_ready_is_given_up_as_hung(self):
        curfew = self.serve(
            "--upstream", f"http://127.0.0.1:{free_port()}", command=["sleep", "60"], wait=False,
            policy='[backend]\nready_timeout = "600ms"\ncrash_limit = 2\nbackoff_min = "5ms"\n'
                   'crash_window = "1s"\n')
        self.assertEqual(curfew.wait(), 124, curfew.output)
        self.assertIn("given up: 2 starts were not ready within 0.60 s", curfew.stderr)
        self.assertNotIn("crash", curfew.stderr)


class Replica(PooledBackend):
    """Answers 500 to everything while `failing` is set."""

    failing = False

    def answer(self, got, accepted):
        if self.failing:
            return reply(b"bad", "500 Broken")
        return super().answer(got, accepted)


class TwoReplicas(Case):
    """Two endpoints of one upstream under a steady load of three routes; the second turns bad."""

    CLIENTS = 6

    def setUp(self):
        super().setUp()
        self.good, self.bad = PooledBackend(16), Replica(16, hangs="/")
        self.addCleanup(self.good.stop)
        self.addCleanup(self.bad.stop)
        self.bad.end_hang()
        self.told: list[tuple[float, int]] = []
        self.over = threading.Event()

    def begin(self, balance: str):
        self.curfew = self.serve("--timeout", "5s", policy=(
            f'[upstream.default]\nurls = ["{self.good.url}", "{self.bad.url}"]\n'
            f'balance = "{balance}"\n'))
        clients = [threading.Thread(target=self.ask, args=(f"/r{i % 3}",), daemon=True)
                   for i in range(self.CLIENTS)]
        for each in clients:
            each.start()
        self.addCleanup(self.end, clients)
        self.assertTrue(wait_for(lambda: len(self.told) >= 300, 60), "every route is known by now")

    def end(self, clients):
        self.over.set()
        self.bad.end_hang()
        for each in clients:
            each.join(10)

    def ask(self, path: str):
        while not self.over.is_set():
            begun = time.monotonic()
            self.told.append((begun, get(self.curfew.http, path).status))
            time.sleep(0.03)

    def second_after(self, since: float, number: int) -> list[int]:
        """What was answered to the requests that began in that second."""
        return [status for begun, status in list(self.told) if int(begun - since) == number]

    def second(self) -> dict:
        upstreams = get(self.curfew.admin, "/-/health").json()["upstreams"]
        return upstreams["default"]["endpoints"][1]

    def is_skipped(self) -> bool:
        return not self.second()["healthy"]

    def expect_isolated(self, why: str, since: float):
        """From five seconds after the fault on, nearly all is answered, in each second of ten."""
        self.assertTrue(wait_for(self.is_skipped, 5))
        self.assertEqual(self.second()["why"], why)
        patience = 5  # the timeout of what began last
        time.sleep(max(0.0, since + 15 + patience - time.monotonic()))
        for number in range(5, 15):
            told = self.second_after(since, number)
            self.assertGreater(len(told), 20, number)
            self.assertGreaterEqual(told.count(200) / len(told), 0.95, (number, told))
            self.assertNotIn(503, told, "no breaker has opened")
        metrics = get(self.curfew.admin, "/-/metrics").body.decode()
        self.assertRegex(metrics, r'curfew_endpoint_rests_total\{[^}]*%d"\} [1-9]'
                         % self.bad.address[1])

    def expect_recovery(self):
        self.assertTrue(wait_for(lambda: not self.is_skipped(), 40))
        before = len(self.bad.targets)
        self.assertTrue(wait_for(lambda: len(self.bad.targets) >= before + 10, 10))

    def hang(self, balance: str):
        self.begin(balance)
        since = time.monotonic()
        self.bad.begin_hang()
        self.expect_isolated("requests hang at it", since)
        self.bad.end_hang()
        self.expect_recovery()

    def test_a_hung_replica_is_set_aside_and_costs_the_other_nothing(self):
        self.hang("round_robin")

    def test_a_hung_replica_is_set_aside_under_least_loaded_too(self):
        self.hang("least_loaded")

    def test_a_replica_that_answers_500_is_set_aside_and_attracts_no_load(self):
        self.begin("least_loaded")
        since = time.monotonic()
        self.bad.failing = True
        self.expect_isolated("requests fail at it", since)
        self.bad.failing = False
        self.expect_recovery()


if __name__ == "__main__":
    unittest.main()
