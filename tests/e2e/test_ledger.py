"""Every operation is recorded, whatever happens to the file; the file never costs a request."""

import resource
import signal
import sqlite3
import tempfile
import unittest
from contextlib import closing
from pathlib import Path

from backends import PooledBackend, wait_for
from client import get
from harness import Case

BRIEF = '[request]\ntimeout = "300ms"\n'


def counted(ledger: Path, outcome: str = "%", surface: str = "http") -> int:
    try:
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=2)) as book:
            (count,) = book.execute(
                "SELECT coalesce(sum(count), 0) FROM minute JOIN series ON series = series.id "
                "WHERE outcome LIKE ? AND surface = ?", (outcome, surface)).fetchone()
            return count
    except sqlite3.OperationalError:
        return -1


class Ledgers(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="curfew-e2e-ledger-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.ledger = self.folder / "kept/ledger.db"
        self.upstream = self.backend(PooledBackend(hangs="/report"))

    def serve_here(self, *arguments: str, policy: str = BRIEF, **options):
        return self.serve("--upstream", self.upstream.url, "--ledger", str(self.ledger),
                          *arguments, policy=policy, **options)

    def state(self, curfew) -> dict:
        return get(curfew.admin, "/-/health").json()["ledger"]


class Recording(Ledgers):
    def test_every_request_is_counted_and_a_failure_has_its_row(self):
        curfew = self.serve_here("--workers", "2")
        for _ in range(20):
            get(curfew.http, "/api/items")
        trace = get(curfew.http, "/report/a").json()["trace_id"]
        self.assertEqual(curfew.stop(), 0)
        self.assertEqual((counted(self.ledger, "success"), counted(self.ledger, "timeout")),
                         (20, 1))
        with closing(sqlite3.connect(self.ledger)) as book:
            low = int.from_bytes(bytes.fromhex(trace[16:]), signed=True)
            rows = book.execute("SELECT limit_name FROM operation JOIN series ON series = "
                                "series.id WHERE trace_low = ?", (low,)).fetchall()
        self.assertEqual(rows, [("request.timeout",)])

    def test_it_is_written_within_seconds_and_the_admin_listener_tells_how_it_is(self):
        curfew = self.serve_here(policy="")
        get(curfew.http, "/api/items")
        self.assertTrue(wait_for(lambda: counted(self.ledger) == 1, 5))
        told = self.state(curfew)
        self.assertEqual((told["state"], told["path"], told["dropped"]),
                         ("storing", str(self.ledger), 0))
        # The request, that a policy was loaded, and what the sensors of this machine say.
        self.assertGreaterEqual(told["recorded"], 2)
        metrics = get(curfew.admin, "/-/metrics").body.decode()
        self.assertIn("curfew_ledger_writable 1", metrics)
        self.assertRegex(metrics, r'curfew_ledger_operations_total\{fate="recorded"\} \d')

    def test_what_was_served_before_a_kill_is_kept(self):
        curfew = self.serve_here()
        get(curfew.http, "/api/items")
        self.assertTrue(wait_for(lambda: counted(self.ledger) == 1, 5))
        curfew.kill()
        self.assertEqual(counted(self.ledger), 1)

    def test_its_place_is_the_state_directory_and_off_means_none(self):
        curfew = self.serve("--upstream", self.upstream.url)
        self.assertEqual(self.state(curfew)["path"], str(curfew.folder / "curfew/ledger.db"))
        for off in (["--ledger", "off"], []):
            curfew = self.serve("--upstream", self.upstream.url, *off,
                                policy="" if off else "[ledger]\nenabled = false\n")
            get(curfew.http, "/api/items")
            self.assertEqual(self.state(curfew), {"state": "off"})
            self.assertNotIn("curfew_ledger", get(curfew.admin, "/-/metrics").body.decode())
            self.assertEqual(curfew.stop(), 0)
            self.assertFalse((curfew.folder / "curfew/ledger.db").exists())

    def test_a_named_file_is_kept_even_where_the_policy_wants_none(self):
        curfew = self.serve_here(policy="[ledger]\nenabled = false\n")
        self.assertEqual(self.state(curfew)["path"], str(self.ledger))

    def test_the_backends_life_is_recorded(self):
        curfew = self.serve("--upstream", "http://127.0.0.1:1", "--ledger", str(self.ledger),
                            command=["sh", "-c", "exit 3"], wait=False,
                            policy='[backend]\ncrash_limit = 2\nbackoff_min = "10ms"\n')
        curfew.wait()
        with closing(sqlite3.connect(self.ledger)) as book:
            names = {name for (name,) in book.execute(
                "SELECT name FROM series WHERE surface = 'supervisor'")}
        self.assertLessEqual({"start", "exit", "restart", "gave up"}, names)

    def test_two_share_one_file(self):
        both = [self.serve_here(), self.serve_here()]
        for curfew in both:
            for _ in range(5):
                get(curfew.http, "/api/items")
        for curfew in both:
            self.assertEqual(curfew.stop(), 0)
        self.assertEqual(counted(self.ledger), 10)


class Trouble(Ledgers):
    def serves_on_and_says(self, *words: str, **options):
        curfew = self.serve_here(**options)
        self.assertEqual(get(curfew.http, "/api/items").status, 200)
        self.assertTrue(wait_for(lambda: words[0] in curfew.stderr, 5), curfew.output)
        lines = [line for line in curfew.stderr.splitlines() if "ledger" in line]
        self.assertEqual(len(lines), 1, curfew.stderr)
        for word in words:
            self.assertIn(word, lines[0])
        self.assertEqual(get(curfew.http, "/api/items").status, 200)
        return curfew

    def test_no_place_for_it(self):
        self.ledger = Path("/dev/null/ledger.db")
        curfew = self.serves_on_and_says("cannot be written", "/dev/null/ledger.db")
        self.assertEqual(self.state(curfew)["state"], "failing")
        self.assertEqual(get(curfew.admin, "/-/health").json()["status"], "degraded")
        self.assertEqual(curfew.stop(), 0)

    def test_a_full_disk(self):
        def small_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
        self.serves_on_and_says("cannot be written", prepare=small_files).stop()

    def test_a_damaged_file_is_set_aside_by_name(self):
        first = self.serve_here()
        get(first.http, "/api/items")
        first.stop()
        with self.ledger.open("r+b") as book:
            book.seek(100)
            book.write(b"\xff" * 4000)
        curfew = self.serves_on_and_says("is damaged", "set aside as")
        self.assertTrue(wait_for(lambda: counted(self.ledger) >= 1, 5))
        self.assertTrue(Path(self.state(curfew)["set_aside"]).exists())

    def test_a_newer_one_is_not_touched(self):
        self.serve_here().stop()
        with closing(sqlite3.connect(self.ledger)) as book:
            book.execute("PRAGMA user_version = 99")
        before = self.ledger.read_bytes()
        self.serves_on_and_says("newer", "was not touched").stop()
        self.assertEqual(self.ledger.read_bytes(), before)

    def test_what_is_no_ledger_is_not_touched(self):
        self.ledger.parent.mkdir()
        self.ledger.write_text("a letter to a friend\n" * 50)
        self.serves_on_and_says("not a ledger", "was not touched").stop()
        self.assertIn("a friend", self.ledger.read_text())


if __name__ == "__main__":
    unittest.main()
