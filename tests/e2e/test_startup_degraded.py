"""`curfew serve` that begins with checks: without its database it starts, serves what needs none,
says so in every view, and heals without a restart; or it does not start at all."""

import os
import signal
import socket
import sqlite3
import time
import unittest
import uuid
from contextlib import closing
from pathlib import Path

from backends import PooledBackend, Server, reply, wait_for
from client import get, request
from harness import Case, run
from postgres import MISSING, Postgres, psycopg2
from surroundings import SECRET, marked

BUDGET = 1.0
STARTUP = f'[startup]\nbudget = "{BUDGET:g}s"\nrecheck = "200ms"\n'
QUICK = '[database]\nconnection = "500ms"\n'


class Shop(PooledBackend):
    """Of its routes /orders alone needs the database."""

    def __init__(self, database: Postgres):
        self.database = database
        super().__init__()

    def answer(self, got, accepted) -> bytes:
        if not got.target.startswith("/orders"):
            return super().answer(got, accepted)
        try:
            return reply(str(self.database.ask("SELECT 7")[0][0]).encode())
        except psycopg2.OperationalError:
            return reply(b"no database", "500 Internal Server Error")


class Knocked(Server):
    """Stands where the database was, and shuts the door at once."""

    def __init__(self, port: int):
        self.port = port
        super().__init__()

    def listen(self):
        return socket.create_server(("127.0.0.1", self.port))

    def serve(self, accepted):
        pass


def connected(pid: int) -> bool:
    """Whether it holds a connection: a socket that is none of its own signals and loops."""
    try:
        return any(os.readlink(file).startswith("socket:")
                   for file in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


@unittest.skipIf(MISSING, "PostgreSQL or psycopg2 is not installed")
class Started(Case):
    @classmethod
    def setUpClass(cls):
        cls.database = Postgres(password=SECRET)
        cls.addClassCleanup(cls.database.stop)

    def setUp(self):
        self.shop = self.backend(Shop(self.database))

    def tearDown(self):
        self.database.thaw()
        if self.database.process.poll() is not None:
            self.database.start()
        self.assertTrue(wait_for(lambda: self.database.guests() == 0), "a session was left")

    def policy(self, password: str = SECRET, name: str = "db", more: str = "") -> str:
        where = f"test:{password}@127.0.0.1:{self.database.port}/postgres"
        return (STARTUP + QUICK + more + f'[upstream.main]\nurls = ["{self.shop.url}"]\n'
                f'[check.{name}]\ntype = "postgres"\n'
                f'target = "postgresql://{where}"\n')

    def start(self, env: str = "staging", *words: str, policy: str | None = None, **options):
        return self.serve("--env", env, *words, policy=policy or self.policy(), **options)

    def health(self, curfew) -> dict:
        return get(curfew.admin, "/-/health").json()

    def failing(self, curfew) -> list[tuple]:
        return [(each["check"], each["kind"])
                for each in self.health(curfew)["startup"]["failing"]]

    def metric(self, curfew, name: str) -> str | None:
        for line in get(curfew.admin, "/-/metrics").body.decode().splitlines():
            if line.startswith(name + " "):
                return line.removeprefix(name + " ")
        return None

    def heals(self, curfew) -> bool:
        return wait_for(lambda: self.health(curfew)["status"] == "healthy", 10)

    def book(self, curfew) -> dict[tuple[str, str], bytes]:
        """Details of what the ledger tells of the start, by name and outcome."""
        ledger = curfew.folder / "curfew/ledger.db"
        try:
            with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as book:
                return {(name, outcome): detail for name, outcome, detail in book.execute(
                    "SELECT name, outcome, detail FROM operation JOIN series ON series = series.id "
                    "WHERE surface = 'startup'")}
        except sqlite3.OperationalError:
            return {}  # it is being made

    def assert_silent_about_secrets(self, curfew):
        texts = [curfew.stdout, curfew.stderr]
        for path in ("/-/health", "/-/health/ready", "/-/metrics", "/-/pressure", "/-/live"):
            texts.append(get(curfew.admin, path).body.decode())
        for file in (curfew.folder / "curfew").glob("*"):
            texts.append(file.read_bytes().decode("latin-1"))
        for text in texts:
            self.assertNotIn(SECRET, text)

    def refused(self, env: str, *words: str, **options):
        began = time.monotonic()
        curfew = self.start(env, *words, wait=False, **options)
        code = curfew.wait()
        self.assertLess(time.monotonic() - began, BUDGET + 4)
        self.assertNotIn("ready ", curfew.stdout)
        self.assertNotIn(SECRET, curfew.output)
        return code, curfew.stderr


class Degraded(Started):
    def test_all_is_well_where_all_is_well(self):
        for env in ("development", "staging", "production"):
            curfew = self.start(env)
            told = self.health(curfew)
            self.assertEqual(told["status"], "healthy", told)
            self.assertEqual(told["startup"], {
                "degraded": False, "bypassed": False, "told": False,
                "reason": told["startup"]["reason"], "failing": []})
            self.assertEqual(self.metric(curfew, "curfew_startup_bypassed"), "0")
            self.assertEqual(get(curfew.http, "/orders").body, b"7")
            self.assertEqual(curfew.stop(), 0)

    def test_without_the_database_staging_serves_what_needs_none_and_heals_without_restart(self):
        self.database.halt()
        curfew = self.start()
        self.assertLess(curfew.ready_after, BUDGET + 2)
        self.assertEqual(get(curfew.http, "/").status, 200)
        self.assertEqual(get(curfew.http, "/orders").status, 500)
        told = self.health(curfew)
        self.assertEqual(told["status"], "degraded")
        self.assertEqual((told["startup"]["degraded"], told["startup"]["bypassed"],
                          told["startup"]["told"]), (True, True, False))
        self.assertEqual(self.failing(curfew), [("db", "database_timeout")])
        self.assertIn("refused", told["startup"]["failing"][0]["found"])
        self.assertEqual(get(curfew.admin, "/-/health/ready").status, 200)
        self.assertEqual(self.metric(curfew, "curfew_startup_bypassed"), "1")
        self.assertEqual(self.metric(curfew, "curfew_startup_failing"), "1")
        self.assertIn("started degraded: ", curfew.stderr)
        self.assertIn("check db of the start: database_timeout: ", curfew.stderr)
        self.assertTrue(wait_for(lambda: ("bypass", "ignored") in self.book(curfew), 10))
        bypass = self.book(curfew)["bypass", "ignored"]
        self.assertIn(b"the rules of staging", bypass)
        self.assertIn(b"every check has passed, looked at every 200ms", bypass)
        self.assertIn(("check", "failure"), self.book(curfew))
        self.assert_silent_about_secrets(curfew)

        self.database.start()
        self.assertTrue(self.heals(curfew), self.health(curfew))
        self.assertEqual(get(curfew.http, "/orders").body, b"7")
        told = self.health(curfew)["startup"]
        self.assertEqual((told["degraded"], told["bypassed"], told["failing"]), (False, True, []))
        self.assertEqual(self.metric(curfew, "curfew_startup_failing"), "0")
        self.assertEqual(self.metric(curfew, "curfew_startup_bypassed"), "1")
        self.assertTrue(wait_for(lambda: "healed: no check of the start fails" in curfew.stderr))
        self.assertTrue(wait_for(lambda: ("healed", "success") in self.book(curfew), 10))
        self.assertIn("generation", self.health(curfew)["policy"])
        self.assert_silent_about_secrets(curfew)
        self.assertEqual(curfew.stop(), 0, curfew.output)

    def test_a_report_and_a_look_tell_of_the_bypass(self):
        self.database.halt()
        curfew = self.start()
        self.assertTrue(wait_for(lambda: ("bypass", "ignored") in self.book(curfew), 10))
        watched = run("watch", "--once", "--admin", "%s:%d" % curfew.admin)
        self.assertRegex(watched.stdout, "ready, degraded .+ check db of the start: database_")
        report = run("report", "--ledger", str(curfew.folder / "curfew/ledger.db"))
        self.assertEqual(report.returncode, 0, report.stderr)
        self.assertIn("bypasses of start-up validation: 1\n", report.stdout)
        self.assertRegex(report.stdout,
                         r"(?m)^  \S+ .*every failure is of the infrastructure.*; by the rules of "
                         "staging, until every check has passed, looked at every 200ms$")

    def test_what_is_looked_at_again_is_not_logged_again(self):
        self.database.halt()
        curfew = self.start()
        with Knocked(self.database.port) as door:
            self.assertTrue(wait_for(lambda: door.connections > 3, 10), "looked at again")
        self.assertEqual(curfew.stderr.count("check db of the start"), 1, curfew.stderr)

    def test_one_that_stands_still_while_it_serves_costs_no_request(self):
        self.database.freeze()
        curfew = self.start()
        self.assertEqual(self.failing(curfew), [("db", "database_timeout")])
        for _ in range(50):
            answer = get(curfew.http, "/")
            self.assertEqual(answer.status, 200)
            self.assertLess(answer.took, 1)
        self.database.thaw()
        self.assertTrue(self.heals(curfew))

    def test_it_stops_at_once_while_it_looks_again(self):
        self.database.freeze()
        curfew = self.start(policy=self.policy().replace('"500ms"', '"900ms"'))
        self.assertTrue(wait_for(lambda: self.failing(curfew)))
        began = time.monotonic()
        self.assertEqual(curfew.stop(), 0, curfew.output)
        self.assertLess(time.monotonic() - began, 3)

    def test_a_reload_that_takes_the_check_away_ends_it(self):
        self.database.halt()
        curfew = self.start()
        file = curfew.folder / "curfew.toml"
        file.write_text(file.read_text().split("[check.db]")[0])
        self.assertEqual(request(curfew.admin, "POST", "/-/reload").status, 200)
        self.assertTrue(self.heals(curfew), self.health(curfew))
        self.assertIn("check db of the start: a reload took it away", curfew.stderr)

    def test_a_reload_that_mends_a_wrong_password_heals(self):
        curfew = self.start(policy=self.policy(f"{SECRET}-not"),
                            wrap=["env", "BYPASS_STARTUP_VALIDATION=true"])
        self.assertEqual(self.failing(curfew), [("db", "auth")])
        (curfew.folder / "curfew.toml").write_text(self.policy())
        told = request(curfew.admin, "POST", "/-/reload")
        self.assertEqual(told.status, 200)
        self.assertIn(b"check.db.target", told.body)
        self.assertNotIn(SECRET.encode(), told.body)
        self.assertTrue(self.heals(curfew), self.health(curfew))
        self.assertEqual(get(curfew.http, "/orders").body, b"7")
        self.assert_silent_about_secrets(curfew)

    def test_a_command_that_hangs_while_it_serves_leaves_nothing_when_it_stops(self):
        marker = uuid.uuid4().hex
        hangs = ('[check.slow]\ntype = "command"\ntimeout = "400ms"\n'
                 'command = ["sh", "-c", "setsid sleep 341 & sleep 342"]\n')
        curfew = self.start(policy=self.policy() + hangs,
                            wrap=["env", "BYPASS_STARTUP_VALIDATION=true", f"MARK={marker}"])
        self.assertEqual(self.failing(curfew), [("slow", "unknown")])
        self.assertTrue(wait_for(lambda: len(marked(marker)) >= 4), "looked at again")
        self.assertEqual(get(curfew.http, "/").status, 200)
        self.assertEqual(curfew.stop(), 0, curfew.output)
        self.assertTrue(wait_for(lambda: marked(marker) == [], 3), marked(marker))

    def test_under_pressure_what_is_too_slow_is_the_connectors(self):
        self.database.freeze()
        curfew = self.start("staging", "--pressure", "vpc_connector_scaling",
                            policy=self.policy().replace('"1s"', '"8s"').replace('"500ms"', '"1s"'))
        self.assertEqual(self.failing(curfew), [("db", "vpc_connector")])
        told = self.health(curfew)
        self.assertRegex(told["startup"]["failing"][0]["found"],
                         r"^Database connection timeout: 1\.[5-9]s exceeded limit 1\.5s$")
        self.assertEqual(told["pressure"]["vpc_connector_scaling"], 1)

    def test_several_workers_start_degraded_and_heal_just_so(self):
        self.database.halt()
        curfew = self.start("staging", "--workers", "3")
        self.assertEqual(self.failing(curfew), [("db", "database_timeout")])
        self.database.start()
        self.assertTrue(self.heals(curfew))


class Blocked(Started):
    def test_without_the_database_production_and_development_do_not_start_and_say_why(self):
        self.database.halt()
        for env in ("production", "development"):
            code, said = self.refused(env)
            self.assertEqual(code, 1, said)
            self.assertIn("the service does not start", said)
            self.assertIn("database_timeout", said)
            self.assertIn(f"127.0.0.1:{self.database.port}", said)

    def test_a_wrong_password_blocks_staging(self):
        code, said = self.refused("staging", policy=self.policy(f"{SECRET}-not"))
        self.assertEqual(code, 1, said)
        self.assertIn("auth", said)

    def test_who_is_told_to_start_does_and_says_who_told_it(self):
        self.database.halt()
        curfew = self.start("production", wrap=["env", "BYPASS_STARTUP_VALIDATION=TRUE"])
        told = self.health(curfew)
        self.assertEqual((told["status"], told["startup"]["told"]), ("degraded", True))
        self.assertEqual(get(curfew.http, "/").status, 200)
        self.assertRegex(curfew.stderr, "(?i)BYPASS_STARTUP_VALIDATION")
        self.assertTrue(wait_for(lambda: ("bypass", "ignored") in self.book(curfew), 10))
        self.assertIn(b"BYPASS_STARTUP_VALIDATION, set by ",
                      self.book(curfew)["bypass", "ignored"])
        self.database.start()
        self.assertTrue(self.heals(curfew))

    def test_another_word_than_true_is_2(self):
        for word in ("yes", "1"):
            code, said = self.refused("staging",
                                      wrap=["env", f"BYPASS_STARTUP_VALIDATION={word}"])
            self.assertEqual(code, 2, said)
            self.assertIn("neither true nor false", said)

    def test_another_word_than_true_is_2_where_there_is_nothing_to_check(self):
        """A mistake that shows only when the first check is added is found too late."""
        code, said = self.refused("staging", wrap=["env", "BYPASS_STARTUP_VALIDATION=yes"],
                                  policy=f'[upstream.main]\nurls = ["{self.shop.url}"]\n')
        self.assertEqual(code, 2, said)

    def test_interrupted_while_it_looks_it_ends_at_once(self):
        self.database.freeze()
        for number in (signal.SIGINT, signal.SIGTERM):
            curfew = self.start("production", wait=False,
                                policy=self.policy().replace('"1s"', '"1m"'))
            self.assertTrue(wait_for(lambda: connected(curfew.pid)))
            began = time.monotonic()
            curfew.signal(number)
            self.assertEqual(curfew.wait(), 128 + number, curfew.output)
            self.assertLess(time.monotonic() - began, 3)


if __name__ == "__main__":
    unittest.main()
