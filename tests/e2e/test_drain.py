"""Stopping under load: a client that heeds readiness and `Connection: close` loses nothing."""

import signal
import threading
import time
import unittest

from backends import PooledBackend, wait_for
from client import Closed, Connection, get, message
from harness import Case


class Drain(Case):
    def setUp(self):
        self.upstream = self.backend(PooledBackend(workers=64))
        self.failed: list[str] = []
        self.done = 0
        self.lock = threading.Lock()
        self.curfew = self.serve("--upstream", self.upstream.url, policy=(
            '[server]\ndrain_delay = "1s"\n[limiter]\ninitial = 100\n'))

    def is_ready(self) -> bool:
        try:
            return get(self.curfew.admin, "/-/health/ready").status == 200
        except (OSError, Closed):  # it has ended
            return False

    def work(self, target: str):
        """As a load balancer does it: new connections while it is ready, old ones while told so."""
        try:
            while self.is_ready():
                with Connection(self.curfew.http, patience=30) as connection:
                    for _ in range(1000):
                        answer = connection.request("GET", target)
                        with self.lock:
                            self.done += 1
                            if answer.status != 200:
                                self.failed.append(f"{answer.status} {answer.body[:200]}")
                        if (answer.header("Connection") or "").lower() == "close":
                            break
        except Exception as broken:  # noqa: BLE001 - whatever it is, the test must hear of it
            with self.lock:
                self.failed.append(f"{target}: {broken!r}")

    def test_no_request_fails(self):
        targets = ["/x", "/slow/5", "/slow/50", "/slow/700", "/drip/10/50"] * 6
        threads = [threading.Thread(target=self.work, args=(target,)) for target in targets]
        for thread in threads:
            thread.start()
        self.assertTrue(wait_for(lambda: self.done > 300, 20))
        self.curfew.signal(signal.SIGTERM)
        for thread in threads:
            thread.join(30)
        self.assertEqual(self.curfew.wait(), 0, self.curfew.output)
        self.assertEqual(self.failed, [])

    def test_it_is_not_ready_at_once_and_serves_on_for_the_delay(self):
        with Connection(self.curfew.http) as kept:
            self.assertEqual(kept.request("GET", "/").status, 200)
            self.curfew.signal(signal.SIGTERM)
            began = time.monotonic()
            self.assertTrue(wait_for(lambda: not self.is_ready(), 0.8))
            ready = get(self.curfew.admin, "/-/health/ready")
            self.assertEqual((ready.status, ready.json()["reason"]), (503, "draining"))
            answer = kept.request("GET", "/")
            self.assertEqual((answer.status, answer.header("Connection")), (200, None))
            self.assertEqual(get(self.curfew.http, "/").status, 200, "a new connection")
            self.assertEqual(self.curfew.wait(), 0)
            self.assertGreater(time.monotonic() - began, 0.9)

    def test_a_second_signal_does_not_wait_for_the_delay(self):
        curfew = self.serve("--upstream", self.upstream.url,
                            policy='[server]\ndrain_delay = "1m"\n')
        curfew.signal(signal.SIGTERM)
        time.sleep(0.2)
        self.assertEqual(get(curfew.http, "/").status, 200)
        curfew.signal(signal.SIGTERM)
        self.assertEqual(curfew.wait(5), 0, curfew.output)

    def test_a_reload_while_it_drains_is_refused(self):
        self.curfew.signal(signal.SIGTERM)
        self.assertTrue(wait_for(lambda: not self.is_ready(), 0.8))
        with Connection(self.curfew.admin) as admin:
            told = admin.request("POST", "/-/reload")
        self.assertEqual((told.status, told.json()["result"]), (409, "refused"))
        self.assertEqual(self.curfew.wait(), 0)


class DrainTwoWorkers(Drain):
    extra = ("--workers", "2")


if __name__ == "__main__":
    unittest.main()
