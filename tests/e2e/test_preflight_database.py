"""`curfew preflight` before a real PostgreSQL in each of its states: what it finds, what kind that
is, what it decides, and that it leaves nothing behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from backends import wait_for
from postgres import MISSING, Postgres, psycopg2
from surroundings import BLACK_HOLE, SECRET, Authority, Looking, mounted, one, works

EXCEEDED = r"^Database {} timeout: (\d+\.\d)s exceeded limit {}s$"
QUICK = '[database]\nconnection = "1s"\nquery = "1s"\n'
AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]


def assert_true_limit(case, answer: dict):
    """No sentence names a limit that was not reached."""
    found = answer["failures"][0]["found"]
    told = re.match(r"^Database \w+ timeout: ([0-9.]+)s exceeded limit ([0-9.]+)s$", found)
    if told:
        case.assertGreaterEqual(float(told[1]), float(told[2]), found)


@unittest.skipIf(MISSING, "PostgreSQL or psycopg2 is not installed")
class Database(Looking):
    settings: dict[str, str] = {}

    @classmethod
    def setUpClass(cls):
        cls.database = Postgres(password=SECRET, settings=cls.settings)
        cls.addClassCleanup(cls.database.stop)
        cls.database.ask(f"CREATE ROLE shop LOGIN PASSWORD '{SECRET}'")

    def tearDown(self):
        self.database.thaw()
        if self.database.process.poll() is not None:
            self.database.start()
        self.assertTrue(wait_for(lambda: self.database.guests() == 0), "a session was left")

    def check(self, *lines: str, name: str = "db", login: str = f"shop:{SECRET}",
              base: str = "postgres") -> str:
        where = f"postgresql://{login}@127.0.0.1:{self.database.port}/{base}"
        return one("postgres", *lines, target=where, name=name)


class Healthy(Database):
    def test_a_healthy_one_lets_each_environment_start(self):
        for env in ("development", "staging", "production"):
            answer = self.healthy(self.check(), env=env)
            self.assertEqual(answer["checks"][0]["where"], f"127.0.0.1:{self.database.port}")
            self.assertEqual(answer["checks"][0]["attempts"], 1)

    def test_the_version_that_is_expected_passes_and_another_is_of_the_kind_schema(self):
        ask = 'query = "SELECT 41 AS version"'
        self.healthy(self.check(ask, 'expects = "41"'))
        answer = self.fails("schema", 'answers "41" .* "42" is expected',
                            self.check(ask, 'expects = "42"'))
        self.assertEqual((answer["decision"], answer["checks"][0]["attempts"]), ("block", 1))
        self.fails("schema", "answers nothing", self.check(
            'query = "SELECT 1 WHERE false"', 'expects = "1"'))

    def test_a_table_that_is_not_there_is_of_the_kind_schema(self):
        answer = self.fails("schema", "schema_version", self.check(
            'query = "SELECT version FROM schema_version"', 'expects = "42"'))
        self.assertIn("42", answer["failures"][0]["why"])
        self.fails("schema", "the schema is behind", self.check(
            '''query = "DO $$ BEGIN RAISE 'the schema is behind'; END $$"'''))

    def test_what_may_not_be_read_is_of_the_kind_auth(self):
        self.fails("auth", "permission denied", self.check('query = "TABLE pg_authid"'))

    def test_a_wrong_password_blocks_at_once_and_is_told_by_nobody(self):
        answer = self.fails("auth", "password authentication failed",
                            self.check(login=f"shop:{SECRET}-not"), budget=10)
        self.assertEqual((answer["decision"], answer["checks"][0]["attempts"]), ("block", 1))
        self.assertLess(answer["took_s"], 5)
        for login in ("shop", f"nobody:{SECRET}", f"shop:%20{SECRET}"):
            self.assertEqual(
                self.fails("auth", "password", self.check(login=login))["decision"], "block")

    def test_a_database_that_is_not_there_is_of_the_kind_config(self):
        answer = self.fails("config", '"nowhere" does not exist', self.check(base="nowhere"))
        self.assertEqual(answer["decision"], "block")

    def test_a_host_that_is_not_there_is_of_the_kind_config(self):
        self.fails("config", "no host of the name nowhere.invalid",
                   '[check.db]\ntype = "postgres"\n'
                   f'target = "postgresql://shop:{SECRET}@nowhere.invalid/shop"\n')

    def test_a_slow_statement_is_cancelled_in_time_and_sleeps_no_more(self):
        answer = self.fails("database_timeout", EXCEEDED.format("query", "1.0"),
                            QUICK + self.check('query = "SELECT pg_sleep(60)"'), budget=8)
        self.assertEqual((answer["decision"], answer["checks"][0]["attempts"]),
                         ("start_degraded", 3))
        self.assertTrue(wait_for(lambda: self.database.sleepers() == 0, 3))

    def test_a_slow_statement_never_outlasts_the_budget_of_a_production_that_waits(self):
        answer = self.fails("database_timeout", "^Database query timeout: ",
                            QUICK + self.check('query = "SELECT pg_sleep(60)"'),
                            env="production", budget=2.5)
        self.assertEqual(answer["decision"], "block")
        self.assertGreater(answer["checks"][0]["attempts"], 1)
        self.assertTrue(wait_for(lambda: self.database.sleepers() == 0, 3))

    def test_the_checks_own_timeout_is_told_by_its_own_length(self):
        """A limit that was never in force must not be named."""
        assert_true_limit(self, self.look(
            self.check('query = "SELECT pg_sleep(60)"', 'timeout = "700ms"'), budget=5))

    def test_too_few_connections_left_is_of_the_kind_cloud_sql_capacity(self):
        self.healthy(self.check("connections_free = 5"))
        answer = self.fails("cloud_sql_capacity", r"has \d+ connections left, and 99999 are",
                            self.check("connections_free = 99999"))
        self.assertEqual(answer["decision"], "start_degraded")

    def test_a_primary_is_never_behind(self):
        self.healthy(self.check('replication_lag = "10ms"'))

    def test_it_is_told_to_start_whatever_fails(self):
        for env in ("development", "staging", "production"):
            answer = self.look(self.check(login=f"shop:{SECRET}-not"), env=env,
                               BYPASS_STARTUP_VALIDATION="TRUE")
            self.assertEqual((answer["decision"], answer["bypass"]["told"]),
                             ("start_degraded", True))
            self.assertIn("warning: BYPASS_STARTUP_VALIDATION is true", self.stderr)
        answer = self.look(self.check(), env="production", BYPASS_STARTUP_VALIDATION="TRUE")
        self.assertEqual((answer["decision"], answer["bypass"]["told"]), ("start", False))

    def test_three_understood_failures_are_passed_over_and_a_fourth_blocks(self):
        slow = 'query = "SELECT pg_sleep(60)"'
        checks = [QUICK] + [self.check(slow, name=f"db{number}") for number in range(3)]
        self.assertEqual(self.look("".join(checks), budget=8)["decision"], "start_degraded")
        checks.append(self.check(slow, name="db3"))
        answer = self.look("".join(checks), budget=8)
        self.assertEqual((answer["decision"], len(answer["failures"])), ("block", 4))
        mixed = [*checks[:2], self.check(name="login", login="shop:wrong")]
        self.assertEqual(self.look("".join(mixed), budget=8)["decision"], "block")

    def test_ten_healthy_checks_are_looked_at_at_once(self):
        slow = 'query = "SELECT pg_sleep(1)"'
        answer = self.healthy("".join(self.check(slow, name=f"db{n}") for n in range(10)),
                              budget=15)
        self.assertLess(answer["took_s"], 5)

    def test_statements_that_are_none_end_as_failures(self):
        for query in ("", " ", ";", "SELEC 1", "SELECT 1; SELECT 2", "COPY (SELECT 1) TO STDOUT",
                      "COPY pg_class FROM STDIN", "BEGIN", "LISTEN x", "SELECT '", "SELECT $1",
                      "FETCH ALL IN nothing", "SET statement_timeout = 0"):
            with self.subTest(query=query):
                answer = self.look(self.check(f'query = "{query}"', 'expects = "1"'))
                self.assertEqual(answer["decision"], "block")
                self.assertNotEqual(answer["failures"][0]["kind"], "database_timeout")

    def test_one_whose_session_is_ended_by_the_server_is_of_the_kind_network(self):
        self.write('[startup]\nbudget = "1s"\n' + self.check('query = "SELECT pg_sleep(60)"'))
        with subprocess.Popen(self.line("--json", "--env", "production"), cwd=self.folder,
                              env=self.variables(), stdout=subprocess.PIPE, text=True) as looking:
            self.assertTrue(wait_for(lambda: self.database.sleepers() == 1))
            while looking.poll() is None:
                self.database.end_sleepers()
            failure = json.loads(looking.stdout.read())["failures"][0]
        self.assertIn("57P", failure["why"])
        self.assertEqual((failure["kind"], looking.returncode), ("network", 1))

    def test_interrupted_in_the_middle_it_ends_soon_and_leaves_nothing(self):
        self.write('[startup]\nbudget = "1m"\n' + self.check('query = "SELECT pg_sleep(60)"'))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
            with self.subTest(number), subprocess.Popen(
                    self.line("--json"), cwd=self.folder, env=self.variables(),
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                    preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL)) as looking:
                self.assertTrue(wait_for(lambda: self.database.sleepers() == 1))
                began = time.monotonic()
                looking.send_signal(number)
                out, err = looking.communicate(timeout=15)
                self.assertLess(time.monotonic() - began, 3)
                self.assertEqual((looking.returncode, out), (128 + number, ""), err)
                self.assertTrue(wait_for(lambda: self.database.guests() == 0, 3))


class Unwell(Database):
    def test_a_stopped_one_is_passed_over_in_staging_and_blocks_elsewhere(self):
        self.database.halt()
        answer = self.fails("database_timeout", "refused", self.check(), budget=8)
        self.assertEqual((answer["decision"], answer["checks"][0]["attempts"]),
                         ("start_degraded", 3))
        self.assertIn("ECONNREFUSED", answer["failures"][0]["why"])
        for env in ("production", "development"):
            answer = self.fails("database_timeout", "refused", self.check(), env=env, budget=1)
            self.assertEqual(answer["decision"], "block")

    def test_one_that_comes_within_the_budget_is_waited_for_in_production(self):
        self.database.halt()
        self.write('[startup]\nbudget = "30s"\n' + self.check())
        with subprocess.Popen(self.line("--env", "production"), cwd=self.folder,
                              env=self.variables(), stdout=subprocess.PIPE, text=True) as looking:
            self.database.start()
            out, _ = looking.communicate(timeout=40)
        self.assertEqual(looking.returncode, 0, out)
        self.assertIn("start  (production", out)

    def test_one_that_stands_still_is_a_timeout_in_the_agreed_words(self):
        self.database.freeze()
        answer = self.fails("database_timeout", EXCEEDED.format("connection", "1.0"),
                            QUICK + self.check(), budget=8)
        self.assertEqual((answer["decision"], answer["checks"][0]["attempts"]),
                         ("start_degraded", 3))
        self.assertEqual(answer["failures"][0]["limit"], "database.connection")
        self.assertEqual(answer["failures"][0]["limit_ms"], 1000)
        self.assertGreaterEqual(answer["failures"][0]["account"]["connect"], 990)
        self.assertEqual(answer["pressure"], {})
        answer = self.fails("vpc_connector", EXCEEDED.format("connection", "1.5"),
                            QUICK + self.check(), budget=10,
                            words=("--pressure", "vpc_connector_scaling"))
        self.assertEqual(answer["decision"], "start_degraded")
        self.assertEqual(answer["pressure"], {"vpc_connector_scaling": 1})
        self.assertGreaterEqual(answer["failures"][0]["account"]["connect"], 1490)
        self.assertEqual(self.fails("database_timeout", "^Database connection timeout: ", QUICK +
                                    self.check(), env="production")["decision"], "block")
        self.database.thaw()
        self.healthy(self.check(), budget=10)

    def test_one_that_recovers_is_of_the_kind_database_timeout(self):
        self.database.halt()
        standby = os.path.join(self.database.data, "standby.signal")
        open(standby, "w").close()
        try:
            self.database.start(hot_standby="off")
            answer = self.fails("database_timeout", "not (yet )?accepting connections",
                                self.check(), budget=8)
            self.assertIn("57P03", answer["failures"][0]["why"])
            self.database.halt()
            self.database.start(hot_standby="on")
            answer = self.look(self.check('replication_lag = "10ms"'))
            self.assertEqual([each["kind"] for each in answer["failures"]],
                             ["cloud_sql_capacity"], "a replica that receives nothing is behind")
        finally:
            os.unlink(standby)
            self.database.halt()

    def test_by_its_text_a_person_learns_the_same(self):
        self.database.halt()
        self.write('[startup]\nbudget = "1s"\n' + self.check())
        done = self.preflight("--env", "production")
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertRegex(done.stdout, rf"(?m)^FAIL  db  postgres 127.0.0.1:{self.database.port}  ")
        self.assertRegex(done.stdout, r"(?m)^          database_timeout: .+ECONNREFUSED")
        self.assertRegex(done.stdout, r"(?m)^block  \(production: ")
        self.assertNotIn(SECRET, done.stdout)
        self.assertEqual(self.preflight("--env", "production", "--quiet").stdout, "")


class Exhausted(Database):
    settings = {"max_connections": "6", "superuser_reserved_connections": "3"}

    def test_one_without_connections_left_is_of_the_kind_cloud_sql_capacity(self):
        self.healthy(self.check())
        held = [self.database.connect(user="shop") for _ in range(3)]
        try:
            answer = self.fails("cloud_sql_capacity", "connection slots|too many clients",
                                self.check(), budget=8)
            self.assertEqual((answer["decision"], answer["checks"][0]["attempts"]),
                             ("start_degraded", 3))
            self.assertIn("53300", answer["failures"][0]["why"])
            production = self.look(self.check(), env="production")
            self.assertEqual(production["decision"], "block")
        finally:
            for each in held:
                each.close()
        self.assertTrue(wait_for(lambda: self.database.guests() == 0))
        self.healthy(self.check(), budget=10)


class Encrypted(Database):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="curfew-e2e-")
        cls.addClassCleanup(folder.cleanup)
        cls.authority = Authority(Path(folder.name))
        super().setUpClass()
        cls.database.halt()
        for file, name in zip(cls.authority.certify("db", 10, "DNS:localhost"), ("crt", "key")):
            made = shutil.copy(file, f"{cls.database.data}/server.{name}")
            os.chmod(made, 0o600)
            if cls.database.user:
                shutil.chown(made, cls.database.user)
        cls.database.start(ssl="on")

    def over(self, mode: str, host: str = "localhost", ca: str | None = None, *lines: str) -> str:
        where = self.check(*lines).replace("@127.0.0.1", f"@{host}")
        return where.replace("/postgres\"", f"/postgres?sslmode={mode}&sslrootcert="
                             f"{ca or self.authority.file}\"")

    def test_one_that_is_trusted_and_has_the_name_passes(self):
        for mode, host in (("verify-full", "localhost"), ("verify-ca", "127.0.0.1"),
                           ("require", "127.0.0.1")):
            self.healthy(self.over(mode, host, None,
                                   "query = \"SELECT ssl FROM pg_stat_ssl WHERE pid = "
                                   "pg_backend_pid()\"", 'expects = "t"'))

    def test_one_of_another_name_or_nobodys_trust_is_of_the_kind_config(self):
        other = self.folder / "other"
        other.mkdir()
        for check in (self.over("verify-full", "127.0.0.1"),
                      self.over("verify-full", ca=str(Authority(other).file))):
            self.assertEqual(self.fails("config", "certificate", check)["decision"], "block")

    def test_a_slow_statement_is_cancelled_over_tls_too(self):
        self.fails("database_timeout", "^Database query timeout: ", QUICK + self.over(
            "require", "127.0.0.1", None, 'query = "SELECT pg_sleep(60)"'), budget=8)
        self.assertTrue(wait_for(lambda: self.database.sleepers() == 0, 3))


@unittest.skipIf(MISSING, "PostgreSQL or psycopg2 is not installed")
@unittest.skipIf(os.geteuid(), "only root can mount a small disk and leave it to PostgreSQL")
class FullDisk(Looking):
    def test_one_whose_disk_is_full_is_of_the_kind_disk(self):
        small = self.folder / "small"
        small.mkdir()
        self.folder.chmod(0o755)
        wrap = mounted(str(small), "4m", ",mode=700,uid=postgres,gid=postgres")
        database = Postgres(wrap=[*wrap, *AS_POSTGRES])
        self.addCleanup(database.stop)
        database.ask(f"CREATE TABLESPACE small LOCATION '{small}'")
        database.ask("CREATE TABLE filled (text text) TABLESPACE small")
        with self.assertRaises(psycopg2.errors.DiskFull):
            for _ in range(100):
                database.ask("INSERT INTO filled SELECT repeat(md5(i::text), 30) "
                             "FROM generate_series(1, 1000) AS i")
        more = "INSERT INTO filled SELECT repeat('x', 900) FROM generate_series(1, 9000)"
        answer = self.fails("disk", "No space left on device",
                            f'[check.db]\ntype = "postgres"\ntarget = "{database.url}"\n'
                            f'query = "{more}"\n', budget=10)
        self.assertEqual((answer["decision"], answer["checks"][0]["attempts"]), ("block", 1))
        self.assertIn("53100", answer["failures"][0]["why"])
        self.assertEqual(database.guests(), 0)
        inside = ["nsenter", "-t", str(database.process.pid), "-m", f"--wd={self.folder}"]
        self.fails("disk", "MiB left|No space left",
                   f'[check.room]\ntype = "disk"\ntarget = "{small}"\n', wrap=inside)


@unittest.skipUnless(works(BLACK_HOLE), "no network namespaces here")
class BlackHole(Looking):
    DATABASE = '[check.db]\ntype = "postgres"\ntarget = "postgresql://shop@10.99.0.2:5432/shop"\n'

    def test_what_is_swallowed_by_the_network_is_a_timeout_of_its_limit(self):
        answer = self.fails("database_timeout", EXCEEDED.format("connection", "1.0"),
                            QUICK + self.DATABASE, budget=8, wrap=BLACK_HOLE)
        self.assertEqual((answer["decision"], answer["checks"][0]["attempts"]),
                         ("start_degraded", 3))
        self.assertEqual(self.look(QUICK + self.DATABASE, env="production",
                                   wrap=BLACK_HOLE)["decision"], "block")

    def test_while_the_connector_scales_it_has_longer_and_is_the_connectors(self):
        answer = self.fails("vpc_connector", EXCEEDED.format("connection", "1.5"),
                            QUICK + self.DATABASE, budget=10, wrap=BLACK_HOLE,
                            words=("--pressure", "vpc_connector_scaling"))
        self.assertEqual(answer["decision"], "start_degraded")

    def test_an_ordinary_limit_never_outlasts_the_budget(self):
        for env in ("staging", "production", "development"):
            answer = self.fails("database_timeout", "time", self.DATABASE, env=env, budget=1.5,
                                wrap=BLACK_HOLE)
            assert_true_limit(self, answer)

    def test_another_service_there_is_of_the_kind_network(self):
        check = '[check.other]\ntype = "{}"\ntarget = "10.99.0.2:4222"\ntimeout = "500ms"\n'
        for kind in ("tcp", "redis", "nats", "tls"):
            answer = self.fails("network", "no answer from 10.99.0.2:4222 in time",
                                check.format(kind), budget=1, wrap=BLACK_HOLE)
            self.assertEqual(answer["decision"], "block")
        self.fails("vpc_connector", "no answer from 10.99.0.2", check.format("tcp"), budget=5,
                   wrap=BLACK_HOLE, words=("--pressure", "vpc_connector_scaling=0.5"))

    def test_no_way_at_all_is_of_the_kind_network(self):
        check = '[check.other]\ntype = "tcp"\ntarget = "10.98.0.2:80"\n'
        self.fails("network", "10.98.0.2:80", check, budget=1, wrap=BLACK_HOLE)


if __name__ == "__main__":
    unittest.main()
