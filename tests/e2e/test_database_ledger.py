"""A ledger in PostgreSQL is told all that a file is told, whatever the database does meanwhile."""

import re
import sqlite3
import tempfile
import time
import unittest
from contextlib import closing
from pathlib import Path

import postgres
from backends import PooledBackend, wait_for
from client import get
from harness import Case, run
from history import History

BRIEF = ('[request]\ntimeout = "300ms"\n'
         '[database]\nconnection = "2s"\nquery = "2s"\n')
SECRET = "hush-hush"
TABLES = ("series", "instance", "minute", "operation", "mark", "fate")


@unittest.skipIf(postgres.MISSING, "PostgreSQL or psycopg2 is not installed")
class Databases(Case):
    @classmethod
    def setUpClass(cls):
        cls.database = postgres.Postgres()
        cls.addClassCleanup(cls.database.stop)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="curfew-e2e-database-ledger-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.database.ask("DROP SCHEMA IF EXISTS curfew CASCADE")
        self.store = f"postgresql://test:{SECRET}@127.0.0.1:{self.database.port}/postgres"
        self.shown = f"postgresql://127.0.0.1:{self.database.port}/postgres"
        self.upstream = self.backend(PooledBackend(hangs="/report"))

    def serve_here(self, **options):
        """Its spool is in a folder that outlives it."""
        policy = BRIEF + f'[ledger]\nstore = "{self.store}"\npath = "{self.folder}/ledger.db"\n'
        return self.serve("--upstream", self.upstream.url, policy=policy, **options)

    def state(self, curfew) -> dict:
        return get(curfew.admin, "/-/health").json()["ledger"]

    def counted(self, outcome: str = "%") -> int:
        try:
            (count,), = self.database.ask(
                "SELECT coalesce(sum(count), 0)::int FROM curfew.minute JOIN curfew.series s "
                f"ON series = s.id WHERE outcome LIKE '{outcome}' AND surface = 'http'")
            return count
        except postgres.psycopg2.errors.UndefinedTable:
            return -1

    def kept(self) -> int:
        (count,), = self.database.ask("SELECT count(*)::int FROM curfew.operation o JOIN "
                                      "curfew.series s ON series = s.id WHERE outcome = 'timeout'")
        return count

    def requests(self, curfew, count: int) -> float:
        """The longest of so many plain ones."""
        return max(get(curfew.http, "/api/items").took for _ in range(count))

    def spooled(self) -> list[Path]:
        return list(self.folder.glob("*.spool-*"))


class Recording(Databases):
    def test_every_request_is_counted_and_two_share_one_database(self):
        both = [self.serve_here(), self.serve_here()]
        for curfew in both:
            self.requests(curfew, 10)
            self.assertEqual(get(curfew.http, "/report/a").status, 504)
        self.assertTrue(wait_for(lambda: self.counted() == 22, 10))
        told = self.state(both[0])
        self.assertEqual((told["store"], told["path"], told["reachable"], told["spooled_batches"]),
                         ("postgresql", self.shown, True, 0))
        for curfew in both:
            self.assertEqual(curfew.stop(), 0)
        self.assertEqual((self.counted("success"), self.counted("timeout"), self.kept()),
                         (20, 2, 2))
        self.assertEqual(self.database.ask("SELECT stopped::int FROM curfew.instance"),
                         [(1,), (1,)])

    def test_a_mark_waits_for_the_database_and_then_is_there(self):
        self.database.crash()
        told = run("mark", "v1.4", "--ledger", self.store)
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("waits on this disk", told.stdout)
        self.database.start()
        self.assertEqual(run("mark", "v1.5", "--ledger", self.store).returncode, 0)
        found = {text for (text,) in self.database.ask("SELECT text FROM curfew.mark")}
        self.assertIn("v1.5", found)


class Outage(Databases):
    def tearDown(self):
        super().tearDown()
        if self.database.process.poll() is not None:
            self.database.start()

    def test_stopped_and_started_nothing_is_lost_and_nothing_counts_twice(self):
        curfew = self.serve_here()
        self.requests(curfew, 10)
        self.assertTrue(wait_for(lambda: self.counted() == 10, 10))
        for _ in range(2):
            self.database.crash()
            self.assertLess(self.requests(curfew, 10), 0.25)
            get(curfew.http, "/report/a")
            self.assertTrue(wait_for(lambda: self.state(curfew)["spooled_batches"] > 0, 10))
            told = self.state(curfew)
            self.assertEqual((told["state"], told["reachable"]), ("failing", False))
            self.assertEqual(get(curfew.admin, "/-/health").json()["status"], "degraded")
            self.assertIn("curfew_ledger_writable 0", get(curfew.admin, "/-/metrics").body.decode())
            self.database.start()
            self.assertTrue(wait_for(lambda: self.state(curfew)["spooled_batches"] == 0, 30),
                            self.state(curfew))
        self.assertEqual(curfew.stop(), 0)
        self.assertEqual((self.counted("success"), self.counted("timeout"), self.kept()),
                         (30, 2, 2))
        lines = [line for line in curfew.stderr.splitlines() if "cannot be written" in line]
        self.assertGreaterEqual(len(lines), 1, curfew.stderr)
        self.assertIn("waits on this disk", lines[0])

    def test_frozen_it_keeps_no_request_waiting_and_loses_nothing(self):
        curfew = self.serve_here()
        self.requests(curfew, 10)
        self.assertTrue(wait_for(lambda: self.counted() == 10, 10))
        self.database.freeze()
        try:
            end = time.monotonic() + 6
            count = 0
            while time.monotonic() < end:
                self.assertLess(self.requests(curfew, 10), 0.25)
                count += 10
            self.assertTrue(wait_for(lambda: self.spooled(), 5))
        finally:
            self.database.thaw()
        self.assertTrue(wait_for(lambda: self.state(curfew)["spooled_batches"] == 0, 30))
        self.assertEqual(curfew.stop(), 0)
        self.assertEqual(self.counted(), 10 + count)

    def test_killed_while_the_database_is_down_the_next_one_tells_it(self):
        curfew = self.serve_here()
        self.requests(curfew, 10)
        self.assertTrue(wait_for(lambda: self.counted() == 10, 10))
        self.database.crash()
        self.requests(curfew, 10)
        recorded = self.state(curfew)["recorded"]
        self.assertTrue(wait_for(lambda: self.state(curfew)["spooled_batches"] > 0 and
                                 self.state(curfew)["rows_waiting"] == 0, 10), recorded)
        time.sleep(1.5)  # what was drained last is on the disk a second later
        curfew.kill()
        self.assertTrue(self.spooled())
        self.database.start()
        second = self.serve_here()
        self.assertTrue(wait_for(lambda: self.counted() == 20, 20))
        self.assertEqual(second.stop(), 0)
        self.assertEqual(self.counted(), 20)
        self.assertFalse(self.spooled())

    def test_stopped_while_the_database_is_away_it_ends_in_time_and_keeps_it_all(self):
        curfew = self.serve_here()
        self.requests(curfew, 10)
        self.assertTrue(wait_for(lambda: self.counted() == 10, 10))
        self.database.freeze()
        try:
            self.requests(curfew, 10)
            began = time.monotonic()
            self.assertEqual(curfew.stop(), 0)
            self.assertLess(time.monotonic() - began, 5)
        finally:
            self.database.thaw()
        self.assertNotIn("could not be written to its end", curfew.stderr)
        self.assertEqual(self.serve_here().stop(), 0)
        told = run("report", "--json", "--config", str(self.config_of()))
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertEqual(self.counted(), 20)

    def config_of(self) -> Path:
        config = self.folder / "curfew.toml"
        config.write_text(f'[ledger]\nstore = "{self.store}"\npath = "{self.folder}/ledger.db"\n')
        return config


class Answers(Databases):
    """What is asked of either store is answered alike, to the byte."""

    maxDiff = None

    def copy(self, file: Path):
        """The same rows: the schema is the same."""
        self.assertEqual(run("mark", "begin", "--ledger", self.store).returncode, 0)
        on = postgres.psycopg2.connect(self.database.dsn)
        with closing(sqlite3.connect(file)) as book, closing(on), on, on.cursor() as cursor:
            for table in TABLES:
                rows = book.execute(f"SELECT * FROM {table}")
                names = ", ".join(name for name, *_ in rows.description)
                holes = ", ".join("%s" for _ in rows.description)
                cursor.execute(f"DELETE FROM curfew.{table}")
                cursor.executemany(f"INSERT INTO curfew.{table}({names}) VALUES({holes})",
                                   rows.fetchall())

    def answer(self, store: str, *line: str) -> str:
        told = run(*line, "--ledger", store)
        self.assertEqual(told.returncode, 0, (line, told.stderr))
        text = told.stdout.replace(store, "LEDGER").replace(self.shown, "LEDGER")
        # A trend goes to this very moment, to the millisecond, and begins as long before.
        return re.sub(r"\d\d\.\d{3}Z", "NOW", text, count=2) if line[0] == "trend" else text

    def assert_alike(self, file: Path, *lines: tuple[str, ...]):
        for line in lines:
            for _ in range(3):  # a minute may begin between the two
                answers = [self.answer(str(file), *line), self.answer(self.store, *line)]
                if answers[0] == answers[1]:
                    break
            self.assertEqual(*answers, line)

    def test_of_recorded_traffic(self):
        file = self.folder / "ledger.db"
        curfew = self.serve("--upstream", self.upstream.url, "--ledger", str(file), policy=BRIEF)
        self.requests(curfew, 30)
        traces = [get(curfew.http, "/report/a").json()["trace_id"] for _ in range(3)]
        get(curfew.admin, "/-/health")
        self.assertEqual(curfew.stop(), 0)
        self.assertEqual(run("mark", "v1.4", "--ledger", str(file)).returncode, 0)
        self.answer(str(file), "report")
        self.copy(file)
        self.assert_alike(file, ("report", "--json"), ("report",), ("report", "--surface", "policy",
                          "--json"), ("trend", "--json"), ("advise", "--json"),
                          *[("explain", trace, "--json") for trace in traces])

    def test_of_a_day(self):
        file = self.folder / "ledger.db"
        past = History(file)
        # None in the slot that runs: its rate goes by the millisecond.
        for ago in range(20, 1440, 5):
            past.tell(ago, "GET /items", [20 + ago % 7] * 30, queued=0.2)
            past.tell(ago, "GET /slow", [400 + (ago < 400) * 800] * 10)
            past.time_out(ago, "GET /slow", 1 + (ago < 400) * 3, 1500)
        past.mark(401, "v1.4")
        past.write()
        self.copy(file)
        self.assert_alike(file, ("report", "--json"), ("report", "--since", "6h", "--compare", "6h",
                          "--json"), ("trend", "--json"), ("trend",), ("advise", "--json"))


class Words(Databases):
    def complaint(self, store: str, *line: str) -> tuple[int, str]:
        told = run(*(line or ("report",)), "--ledger", store)
        self.assertNotIn(SECRET, told.stdout + told.stderr)
        return told.returncode, told.stderr

    def test_a_password_is_never_told(self):
        curfew = self.serve_here()
        self.database.crash()
        get(curfew.http, "/api/items")
        self.assertTrue(wait_for(lambda: self.state(curfew)["state"] == "failing", 10))
        self.database.start()
        told = [get(curfew.admin, "/-/health").body.decode(),
                get(curfew.admin, "/-/metrics").body.decode()]
        config = str(curfew.folder / "curfew.toml")
        for line in (("check", "--explain", "ledger.store"), ("check", "--explain", "ledger"),
                     ("report", "--json"), ("check",)):
            answer = run(*line, "--config", config)
            told += [answer.stdout, answer.stderr]
        self.assertEqual(curfew.stop(), 0)
        told += [curfew.stdout, curfew.stderr]
        for each in told:
            self.assertNotIn(SECRET, each)
        self.assertIn(self.shown, told[2])
        names = [path.name for path in self.folder.rglob("*")]
        self.assertFalse([name for name in names if SECRET in name])

    def test_what_is_wrong_is_one_sentence_with_a_hint(self):
        port = self.database.port
        for store, code, word in (
                (f"mysql://me:{SECRET}@127.0.0.1/b", 2, "no ledger is kept in"),
                (f"postgresql://me:{SECRET}@127.0.0.1:1/b", 1, "refused"),
                (f"postgresql://test:{SECRET}@127.0.0.1:{port}/nowhere", None, "nowhere"),
                (f"postgresql://stranger:{SECRET}@127.0.0.1:{port}/postgres", None, "stranger"),
                (self.store, 1, "there is no ledger at")):
            told, sentence = self.complaint(store)
            self.assertIn(word, sentence)
            self.assertNotEqual(told, 0)
            if code is not None:
                self.assertEqual(told, code, sentence)
            self.assertLessEqual(len(sentence.strip().splitlines()), 3, sentence)

    def test_a_newer_one_is_not_touched(self):
        self.assertEqual(run("mark", "v1", "--ledger", self.store).returncode, 0)
        self.database.ask("UPDATE curfew.ledger SET version = 99")
        curfew = self.serve_here()
        self.assertEqual(get(curfew.http, "/api/items").status, 200)
        self.assertTrue(wait_for(lambda: "was not touched" in curfew.stderr, 10), curfew.output)
        self.assertEqual(curfew.stop(), 0)
        self.assertRegex(self.complaint(self.store)[1], re.compile("newer"))
        self.assertEqual(self.counted(), 0)


if __name__ == "__main__":
    unittest.main()
