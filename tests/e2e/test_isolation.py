"""One hung route never costs a healthy one: the main job, against a backend of blocking workers."""

import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from backends import PooledBackend, wait_for
from client import get
from harness import Case

WORKERS = 8
FAST = 0.2  # seconds: the P95 the healthy route keeps


class Storm:
    """`clients` that ask for one target over and over, `pause` apart, until the block ends."""

    def __init__(self, address, target: str, clients: int, pause: float = 0.02):
        self.pause = pause
        self.over = threading.Event()
        self.answers = []
        self.pool = ThreadPoolExecutor(clients)
        for number in range(clients):
            self.pool.submit(self.ask, address, target, number * pause / clients)

    def ask(self, address, target: str, delay: float):
        self.over.wait(delay)
        while not self.over.is_set():
            try:
                self.answers.append(get(address, target))
            except OSError:
                pass
            self.over.wait(self.pause)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.pool.shutdown(wait=True)


class Isolation(Case):
    def setUp(self):
        self.upstream = self.backend(PooledBackend(WORKERS, hangs="/report"))

    def test_directly_a_hung_route_takes_every_worker(self):
        """The fault is real: without Curfew the same load answers nothing."""
        with Storm(self.upstream.address, "/report/slow", WORKERS) as storm:
            self.assertTrue(wait_for(lambda: self.upstream.hung == WORKERS))
            with self.assertRaises(TimeoutError):
                get(self.upstream.address, "/list", patience=0.5)
            self.upstream.release.set()
            storm.over.set()

    def test_healthy_routes_stay_fast_and_the_hung_one_is_refused_at_once(self):
        curfew = self.serve("--upstream", self.upstream.url, "--timeout", "1s")
        with Storm(curfew.http, "/report/slow", 2 * WORKERS) as storm:
            self.assertTrue(wait_for(lambda: self.upstream.hung > 0))
            answers, end = [], time.monotonic() + 4
            while time.monotonic() < end:
                answers.append(get(curfew.http, f"/list/{len(answers) % 7}"))
            self.assertEqual({answer.status for answer in answers}, {200})
            took = sorted(answer.took for answer in answers)
            self.assertLess(took[len(took) * 95 // 100], FAST)
            self.assertLessEqual(self.upstream.hung_most, WORKERS // 2 + 1,
                                 "one route may hold half of the upstream's limit")
            refused = [answer for answer in storm.answers if answer.problem == "breaker-open"]
            self.assertGreater(len(refused), 10, "its breaker never opened")
            took = sorted(answer.took for answer in refused[-50:])
            self.assertLess(took[len(took) // 2], 0.05)
            self.upstream.release.set()

    def test_no_one_waits_longer_than_the_limit_while_it_hangs(self):
        curfew = self.serve("--upstream", self.upstream.url, "--timeout", "500ms")
        with ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(lambda _: get(curfew.http, "/report/slow"), range(64)))
        self.upstream.release.set()
        self.assertTrue({answer.status for answer in answers} <= {503, 504})
        self.assertLess(max(answer.took for answer in answers), 2)
        kinds = {answer.problem for answer in answers}
        self.assertTrue(kinds <= {"own-timeout", "queue-timeout", "route-share", "breaker-open",
                                  "abandoned-cap", "queue-full"}, kinds)

    def test_a_full_queue_refuses_instead_of_growing(self):
        curfew = self.serve("--upstream", self.upstream.url, "--timeout", "2s",
                            policy="[gateway]\nqueue = 2\n[limiter]\ninitial = 2\nceiling = 2\n")
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: get(curfew.http, "/report/slow"), range(16)))
        self.upstream.release.set()
        refused = [answer for answer in answers if answer.problem == "queue-full"]
        self.assertTrue(refused, {answer.problem for answer in answers})
        self.assertTrue(all(answer.header("Retry-After") for answer in refused))
        said = self.assert_problem(refused[0], 503, "queue-full")
        self.assertEqual((said["limit"], said["limit_ms"], said["limit_value"]),
                         ("gateway.queue", None, 2))
        self.assertLess(min(answer.took for answer in refused), 0.5)


class Hangs(Case):
    """Hangs that begin while the route is in use: its usual time is known."""

    def serve_in_use(self, workers: int, *hung: str):
        self.upstream = self.backend(PooledBackend(workers, hangs="/report"))
        self.upstream.hanging = False
        curfew = self.serve("--upstream", self.upstream.url)
        for target in ("/list", *hung):
            for _ in range(40):
                self.assertEqual(get(curfew.http, target).status, 200)
        return curfew

    def assert_others_are_served(self, curfew, seconds: float):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            answer = get(curfew.http, "/list")
            self.assertEqual(answer.status, 200, answer.body)
            self.assertLess(answer.took, 1)

    def test_a_small_backend_keeps_workers_for_the_others(self):
        curfew = self.serve_in_use(5, "/report/slow")
        with Storm(curfew.http, "/report/slow", 5, pause=0.25) as storm:
            self.assertTrue(wait_for(lambda: len(storm.answers) > 20))
            self.upstream.begin_hang()
            self.assertTrue(wait_for(lambda: self.upstream.hung > 2))
            self.assert_others_are_served(curfew, 3)
            self.assertLess(self.upstream.hung_most, 5)
            self.assertTrue([one for one in storm.answers if one.problem == "breaker-open"])
            self.upstream.end_hang()

    def test_two_hung_routes_leave_the_others_their_places(self):
        curfew = self.serve_in_use(32, "/report/slow", "/report/fast")
        self.upstream.begin_hang()
        with Storm(curfew.http, "/report/slow", 8), Storm(curfew.http, "/report/fast", 8):
            self.assertTrue(wait_for(lambda: self.upstream.hung > 3))
            self.assert_others_are_served(curfew, 3)
            self.upstream.end_hang()

    def test_a_second_hang_is_found_as_quickly_as_the_first(self):
        curfew = self.serve_in_use(8, "/report/slow")
        for _ in range(2):
            self.upstream.begin_hang()
            with Storm(curfew.http, "/report/slow", 8) as storm:
                def refused(answers=storm.answers):
                    return any(one.problem == "breaker-open" for one in answers)
                self.assertTrue(wait_for(refused, 4), "not found within four seconds")
                self.upstream.end_hang()
                storm.over.set()
            self.assertTrue(wait_for(lambda: get(curfew.http, "/report/slow").status == 200, 10))
            for _ in range(40):
                self.assertEqual(get(curfew.http, "/report/slow").status, 200)


if __name__ == "__main__":
    unittest.main()
