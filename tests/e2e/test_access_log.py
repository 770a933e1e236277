"""The access log: a JSON line a request, sampled by trace, whole, and never in anybody's way."""

import json
import os
import signal
import tempfile
import threading
import unittest
from pathlib import Path

from backends import PooledBackend, wait_for
from client import Connection, get, request
from harness import ROOT, Case, run
from test_admin import conforms

SCHEMA = json.loads((ROOT / "docs/schema/access-log.json").read_text())
BRIEF = '[request]\ntimeout = "300ms"\nslow = "100ms"\n'


class AccessLogs(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="curfew-e2e-access-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.file = self.folder / "access.log"
        self.upstream = self.backend(PooledBackend(hangs="/hang"))

    def serve_here(self, *arguments: str, policy: str = BRIEF, **options):
        return self.serve("--upstream", self.upstream.url, "--access-log", str(self.file),
                          *arguments, policy=policy, **options)

    def lines(self, file: Path | None = None) -> list[dict]:
        file = file or self.file
        return [json.loads(line) for line in file.read_text().splitlines()]

    def wait_for_lines(self, count: int):
        self.assertTrue(wait_for(lambda: len(self.lines()) == count, 5), self.lines())
        return self.lines()


class Lines(AccessLogs):
    def test_each_request_has_its_line_with_documented_fields(self):
        curfew = self.serve_here("--workers", "2")
        get(curfew.http, "/a/../items/7?token=hunter2", {"Authorization": "Bearer hunter3"})
        request(curfew.http, "POST", "/echo", body=b"hunter4" * 100)
        refused = get(curfew.http, "/hang").json()
        get(curfew.http, "/slow/150")
        with Connection(curfew.http) as broken:
            broken.send(b"GET / HTTP/1.1\r\nbroken\r\n\r\n")
            self.assertEqual(broken.response().status, 400)
        by_path = {line["path"]: line for line in self.wait_for_lines(5)}
        plain, posted, hung, slow, broken = (
            by_path[path] for path in ("/items/7", "/echo", "/hang", "/slow/150", None))
        for line in (plain, posted, hung, slow, broken):
            conforms(line, SCHEMA)
        self.assertEqual((plain["method"], plain["path"], plain["status"], plain["client"]),
                         ("GET", "/items/7", 200, "127.0.0.1"))
        self.assertEqual(plain["upstream"], self.upstream.url.removeprefix("http://"))
        self.assertEqual(plain["host"], "shop.test")
        self.assertGreater(posted["bytes_in"], 700)
        self.assertGreater(posted["bytes_out"], 700)
        self.assertEqual((hung["status"], hung["cause"], hung["limit"], hung["limit_ms"]),
                         (504, "own_timeout", "request.timeout", 300))
        self.assertEqual(hung["trace_id"], refused["trace_id"])
        self.assertEqual((slow["outcome"], slow["slow"]), ("success", True))
        self.assertEqual((broken["path"], broken["status"]), (None, 400))
        self.assertNotIn("hunter", self.file.read_text() + curfew.output)

    def test_it_is_off_by_default_and_stderr_takes_it_too(self):
        quiet = self.serve("--upstream", self.upstream.url)
        get(quiet.http, "/a")
        self.assertEqual(quiet.stop(), 0)
        self.assertEqual(quiet.stderr, "")
        told = self.serve("--upstream", self.upstream.url, "--access-log", "stderr")
        get(told.http, "/a")
        self.assertEqual(told.stop(), 0)
        self.assertEqual([json.loads(line)["path"] for line in told.stderr.splitlines()], ["/a"])

    def test_a_sample_keeps_the_same_requests_on_every_hop_and_all_that_went_wrong(self):
        policy = '[request]\ntimeout = "1500ms"\nslow = "1s"\n[access_log]\nsample = 0.2\n'
        inner = self.serve_here(policy=policy)
        outer_file = self.folder / "outer.log"
        outer = self.serve("--upstream", "http://{}:{}".format(*inner.http), "--access-log",
                           str(outer_file), policy=policy)
        for number in range(200):
            get(outer.http, f"/items/{number}")
        self.assertEqual(get(outer.http, "/hang").status, 504)
        self.assertEqual((outer.stop(), inner.stop()), (0, 0))
        first, second = self.lines(outer_file), self.lines()
        plain = [line for line in first if line["status"] == 200]
        self.assertTrue(10 < len(plain) < 90, len(plain))
        self.assertEqual({line["one_in"] for line in plain if not line["slow"]}, {5})
        quick = {line["trace_id"] for line in plain if not line["slow"]}
        self.assertEqual(quick - {line["trace_id"] for line in second}, set())
        self.assertEqual([line["one_in"] for line in first if line["status"] == 504], [1])


class Operating(AccessLogs):
    def test_a_file_that_was_rotated_is_made_anew_without_a_signal_and_no_line_is_lost(self):
        curfew = self.serve_here()
        get(curfew.http, "/before")
        self.wait_for_lines(1)
        rotated = self.folder / "access.log.1"
        os.rename(self.file, rotated)

        def again() -> bool:
            get(curfew.http, "/after")
            return self.file.exists()

        self.assertTrue(wait_for(again, 10, 0.05))
        sent = len(self.upstream.targets)
        self.assertEqual(curfew.stop(), 0)
        self.assertEqual(len(self.lines(rotated)) + len(self.lines()), sent)
        self.assertEqual(self.lines(rotated)[0]["path"], "/before")

    def test_at_the_end_every_line_is_written(self):
        curfew = self.serve_here("--workers", "2")

        def ask():
            with Connection(curfew.http) as connection:
                for _ in range(100):
                    self.assertEqual(connection.request("GET", "/").status, 200)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(curfew.stop(), 0)
        self.assertEqual(len(self.lines()), 400)

    def test_a_full_disk_costs_no_request_and_is_said_once_and_counted(self):
        self.file = Path("/dev/full")
        curfew = self.serve_here()
        for _ in range(50):
            self.assertEqual(get(curfew.http, "/").status, 200)
        lost = "curfew_access_log_dropped_total 50"
        self.assertTrue(wait_for(lambda: lost in get(curfew.admin, "/-/metrics").body.decode(), 5))
        self.assertIn("No space left on device", curfew.stderr)
        self.assertEqual(curfew.stderr.count("access log"), 1, curfew.stderr)

    def test_a_reader_that_stops_reading_never_holds_up_a_request(self):
        self.file = self.folder / "pipe"
        os.mkfifo(self.file)
        reader = os.open(self.file, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        curfew = self.serve_here()
        with Connection(curfew.http, 60) as connection:
            for _ in range(2000):
                self.assertEqual(connection.request("GET", "/").status, 200)
        self.assertEqual(curfew.stop(), 0)

    def test_a_place_that_cannot_be_written_is_one_sentence_before_it_serves(self):
        for place in (self.folder / "missing/access.log", self.folder):
            ended = run("serve", "--upstream", self.upstream.url, "--listen", "127.0.0.1:0",
                        "--admin", "127.0.0.1:0", "--access-log", str(place))
            self.assertNotEqual(ended.returncode, 0)
            self.assertEqual(ended.stdout, "")
            self.assert_one_sentence(ended.stderr, "access log", str(place))

    def test_what_is_no_destination_is_a_problem_of_the_policy(self):
        for place in ("stdout", "access.log", ""):
            ended = run("serve", "--upstream", self.upstream.url, "--access-log", place)
            self.assertEqual(ended.returncode, 2, ended.stderr)
            self.assert_one_sentence(ended.stderr, "access_log.destination")

    def test_the_backend_may_keep_its_own_sigusr1(self):
        curfew = self.serve_here()
        curfew.signal(signal.SIGUSR1)
        get(curfew.http, "/a")
        self.wait_for_lines(1)


if __name__ == "__main__":
    unittest.main()
