"""`curfew monitor database`: probes at fixed times, against a real PostgreSQL."""

import json
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from backends import wait_for
from harness import BINARY, Case, environment
from postgres import MISSING, Postgres
from test_policy_cli import conforms, schema

LIMITS = '[database]\ninitialization = "1s"\nconnection = "500ms"\nquery = "300ms"\n'


@unittest.skipIf(MISSING, "no PostgreSQL here")
class Monitor(Case):
    @classmethod
    def setUpClass(cls):
        cls.database = Postgres()

    @classmethod
    def tearDownClass(cls):
        cls.database.stop()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.ledger = self.folder / "ledger.db"

    def start(self, *words: str, policy: str = LIMITS) -> subprocess.Popen:
        (self.folder / "curfew.toml").write_text(policy)
        return subprocess.Popen(
            [BINARY, "monitor", "database", "--ledger", str(self.ledger), *words],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            stdin=subprocess.DEVNULL, env=environment(str(self.folder)))

    def monitor(self, *words: str, policy: str = LIMITS) -> tuple[int, dict, str]:
        with self.start(*words, "--json", policy=policy) as running:
            told, said = running.communicate(timeout=60)
        answer = json.loads(told)
        conforms(answer, schema("monitor"))
        return running.returncode, answer, said

    def test_a_database_that_answers_passes_and_every_probe_is_recorded(self):
        code, told, _ = self.monitor("--target", self.database.url, "--duration", "2s",
                                     "--interval", "50ms")
        self.assertEqual((code, told["verdict"]), (0, "PASS"), told)
        self.assertEqual((told["planned"], told["succeeded"], told["failed"]), (40, 40, 0))
        for stage in ("connect", "initialize", "query"):
            self.assertEqual(told["stages"][stage]["count"], 40)
        self.assertGreaterEqual(told["stages"]["initialize"]["p50_ms"],
                                told["stages"]["connect"]["p50_ms"])
        self.assertEqual(sum(each["probes"] for each in told["trend"]), 40)
        report = subprocess.run([BINARY, "report", "--surface", "database", "--json", "--ledger",
                                 str(self.ledger)], cwd=self.folder, capture_output=True, text=True,
                                env=environment(str(self.folder)), check=True)
        [operation] = json.loads(report.stdout)["now"]["operations"]
        self.assertEqual((operation["name"], operation["count"]), ("probe database", 40))

    def test_one_that_hangs_keeps_none_from_being_asked_in_time(self):
        self.database.ask("SELECT 1")
        with self.start("--target", self.database.url, "--duration", "3s", "--interval", "50ms",
                        "--json") as running:
            self.assertTrue(wait_for(lambda: self.ledger.exists(), 10))
            self.database.freeze()
            try:
                told, said = running.communicate(timeout=60)
            finally:
                self.database.thaw()
        told = json.loads(told)
        self.assertEqual((running.returncode, told["verdict"]), (1, "FAIL"), said)
        self.assertGreater(told["timed_out"], 20)
        self.assertEqual(told["started"] + told["not_started"], 60)
        self.assertLess(told["duration_s"], 6)
        self.assertEqual([each["found"] for each in told["complaints"]],
                         ["Database connection timeout: exceeded limit 0.500s"])

    def test_a_slow_statement_is_cancelled_on_the_server(self):
        check = ('[check.orders]\ntype = "postgres"\n'
                 f'target = "{self.database.url}"\nquery = "SELECT pg_sleep(60)"\n')
        code, told, _ = self.monitor("--duration", "1s", "--interval", "200ms",
                                     policy=LIMITS + check)
        self.assertEqual((code, told["name"], told["timed_out"]), (1, "orders", 5))
        (complaint,) = told["complaints"]
        self.assertEqual((complaint["found"], complaint["count"]),
                         ("Database query timeout: exceeded limit 0.300s", 5))
        self.assertRegex(complaint["last"],
                         r"^environment development; limit database\.query; pressure none; "
                         r"time: (resolve \d\.\d\d s, )?connect \d\.\d\d s, attempt 0\.\d\d s$")
        self.assertTrue(wait_for(lambda: self.database.sleepers() == 0, 5))

    def test_the_policy_says_how_much_may_go_wrong(self):
        policy = LIMITS + "timeout_rate = 1.0\n"
        code, told, _ = self.monitor("--target", "postgresql://x@127.0.0.1:1/y", "--duration", "1s",
                                     "--interval", "100ms", policy=policy)
        self.assertEqual((code, told["verdict"], told["failed"]), (0, "PASS", 10))

    def test_an_interrupt_ends_it_with_what_there_is(self):
        with self.start("--target", self.database.url, "--duration", "10m", "--interval", "50ms",
                        "--json") as running:
            self.assertTrue(wait_for(lambda: self.ledger.exists(), 10))
            self.assertTrue(wait_for(lambda: self.database.ask(
                "SELECT count(*) FROM pg_stat_database WHERE xact_commit > 0")[0][0] > 0, 10))
            running.send_signal(signal.SIGINT)
            began = time.monotonic()
            told, _ = running.communicate(timeout=20)
        self.assertLess(time.monotonic() - began, 7)
        told = json.loads(told)
        conforms(told, schema("monitor"))
        self.assertEqual(told["failed"], 0)
        self.assertEqual(running.returncode, 4 if told["started"] == 0 else 0)

    def test_a_password_is_told_nowhere(self):
        url = self.database.url.replace("test@", "test:s3cr3t@")
        code, told, said = self.monitor("--target", url, "--duration", "1s", "--interval", "500ms")
        self.assertEqual(code, 0, told)
        self.assertNotIn("s3cr3t", json.dumps(told) + said)
        self.assertNotIn(b"s3cr3t", self.ledger.read_bytes())

    def test_what_cannot_be_is_said_with_a_hint(self):
        for words, wanted in (
                (["--target", "mysql://x"], "well named"),
                (["--target", self.database.url, "--duration", "0s"], "--duration is from"),
                (["--target", self.database.url, "--interval", "1us"], "--interval is from"),
                (["--target", self.database.url, "--duration", "soon"], "--duration"),
                (["--check", "nothing"], "there is no check"),
                (["--pressure", "vpc_conector_scaling"], "did you mean"),
                ([], "no database is named")):
            with self.subTest(words), self.start(*words) as running:
                told, said = running.communicate(timeout=20)
                self.assertEqual((running.returncode, told), (2, ""), said)
                self.assertIn(wanted, said)
        done = subprocess.run([BINARY, "monitor", "cache"], capture_output=True, text=True,
                              cwd=self.folder, env=environment(str(self.folder)))
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
