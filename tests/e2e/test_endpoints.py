"""What an endpoint may do to its clients: be away for a moment, pin workers, be somebody else's."""

import socket
import subprocess
import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from backends import free_port, wait_for
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


if __name__ == "__main__":
    unittest.main()
