"""Pressure: signals from sensors and from outside stretch the limits that serve, for a while."""

import json
import signal
import threading
import unittest

from backends import PooledBackend, wait_for
from client import Closed, get, request
from harness import Case, run
from test_policy_cli import conforms, schema

SIGNALS = """
[request]
timeout = "300ms"
[signal.vpc]
hold = "0s"
stretches = ["request.timeout x2"]
[signal.plain]
"""


class Pressure(Case):
    def setUp(self):
        self.upstream = self.backend(PooledBackend(hangs="/hang", workers=16))
        self.curfew = self.serve(policy=f'[upstream.main]\nurls = ["{self.upstream.url}"]\n'
                                 + SIGNALS)

    def tell(self, name: str, body: str):
        return request(self.curfew.admin, "POST", f"/-/pressure/{name}", body=body.encode())

    def verb(self, *words: str, policy: str = ""):
        return run("pressure", *words, "--admin", "%s:%d" % self.curfew.admin, policy=policy)

    def signals(self) -> dict[str, dict]:
        told = get(self.curfew.admin, "/-/pressure").json()
        conforms(told, schema("pressure"))
        return {each["name"]: each for each in told["signals"]}

    def limit_ms(self) -> int:
        return get(self.curfew.http, "/hang").json()["limit_ms"]

    def test_a_signal_from_outside_stretches_a_limit_until_its_lease_ends(self):
        self.assertEqual(self.limit_ms(), 300)
        told = self.tell("vpc", '{"value": 1, "lease": "2s"}')
        self.assertEqual(told.status, 200, told.body)
        conforms(told.json(), schema("pressure"))
        self.assertEqual(self.limit_ms(), 600)
        self.assertTrue(wait_for(lambda: self.signals()["vpc"]["value"] == 0, 5))
        self.assertTrue(wait_for(lambda: self.limit_ms() == 300, 5))
        self.assertIn("pressure vpc: 0 % to 100 %; request.timeout 300ms to 600ms",
                      self.curfew.stderr)
        self.assertIn("pressure vpc: 100 % to 0 %; request.timeout 600ms to 300ms",
                      self.curfew.stderr)

    def test_half_of_it_stretches_half_as_far_and_nothing_ends_it_at_once(self):
        self.tell("vpc", '{"value": 0.5}')
        self.assertEqual(self.limit_ms(), 450)
        self.tell("vpc", '{"value": 0}')
        self.assertEqual(self.limit_ms(), 300)

    def test_a_reload_keeps_the_pressure_and_tells_the_written_limits(self):
        self.tell("vpc", '{"value": 1, "lease": "1m"}')
        file = self.curfew.folder / "curfew.toml"
        file.write_text(file.read_text().replace('"300ms"', '"400ms"'))
        told = request(self.curfew.admin, "POST", "/-/reload").json()
        change = told["changes"][0]
        self.assertEqual((change["key"], change["before"], change["after"]),
                         ("request.timeout", '"300ms"', '"400ms"'))
        self.assertEqual(self.limit_ms(), 800)

    def test_many_who_tell_and_reload_at_once_are_all_answered(self):
        told, reloaded = [], []

        def tell(value: int):
            told.append(self.tell("vpc", '{"value": %d}' % (value % 2)).status)

        def reload():
            reloaded.append(request(self.curfew.admin, "POST", "/-/reload").status)
        threads = [threading.Thread(target=tell, args=(i,)) for i in range(60)]
        threads += [threading.Thread(target=reload) for _ in range(10)]
        for thread in threads:
            thread.start()
            self.curfew.signal(signal.SIGHUP)
        for thread in threads:
            thread.join()
        self.assertEqual(told, [200] * 60)
        self.assertLessEqual(set(reloaded), {200, 409})
        self.tell("vpc", '{"value": 1}')
        self.assertEqual(self.limit_ms(), 600)

    def test_who_asks_while_it_stops_is_answered_or_not_but_nothing_breaks(self):
        self.tell("vpc", '{"value": 1}')
        thread = threading.Thread(target=lambda: get(self.curfew.http, "/hang"))
        thread.start()
        self.assertTrue(wait_for(lambda: get(self.curfew.admin, "/-/health").json()["in_flight"]))
        self.curfew.signal(signal.SIGTERM)
        while self.curfew.process.poll() is None:
            try:
                get(self.curfew.admin, "/-/health")
            except (OSError, Closed):
                break
        thread.join()
        self.assertEqual(self.curfew.wait(), 0, self.curfew.output)

    def test_sensors_are_read_and_told_in_every_view(self):
        self.assertTrue(wait_for(lambda: get(self.curfew.admin, "/-/health").json()["pressure"], 5))
        pressure = get(self.curfew.admin, "/-/health").json()["pressure"]
        for name in ("memory", "cpu", "psi_cpu", "loop_lag", "vpc", "vpc_connector_scaling"):
            self.assertIn(name, pressure)
        self.tell("vpc", '{"value": 1}')
        metrics = get(self.curfew.admin, "/-/metrics").body.decode()
        self.assertIn('curfew_pressure{signal="vpc"} 1\n', metrics)
        watched = run("watch", "--once", "--admin", "%s:%d" % self.curfew.admin)
        self.assertIn("pressure vpc 100 %", watched.stdout)

    def test_what_happened_under_it_is_explained_by_it(self):
        self.tell("vpc", '{"value": 1, "lease": "1m"}')
        trace = get(self.curfew.http, "/hang").json()["trace_id"]
        ledger = str(self.curfew.folder / "curfew/ledger.db")
        self.assertTrue(wait_for(lambda: run("explain", trace, "--ledger", ledger).returncode == 0))
        told = run("explain", trace, "--ledger", ledger)
        self.assertIn("vpc rose from 0 % to 100 %: request.timeout 300ms to 600ms", told.stdout)

    def test_the_verb_sets_lists_and_clears(self):
        done = self.verb("set", "vpc", "--value", "0.5", "--lease", "1m", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        told = json.loads(done.stdout)
        conforms(told, schema("pressure"))
        self.assertEqual(told["signals"][0]["value"], 0.5)
        listed = self.verb("list")
        self.assertRegex(listed.stdout, r"(?m)^vpc +50 %, for 1m  stretches request.timeout x2$")
        self.assertEqual(self.verb("clear", "vpc", "--quiet").stdout, "")
        self.assertEqual(self.signals()["vpc"]["value"], 0)

    def test_bad_input_is_one_sentence_and_2(self):
        for words, said in (
                (("set", "vcp"), "there is no signal `vcp`"),
                (("set", "cpu"), "the signal `cpu` is read from a sensor"),
                (("set", "vpc", "--value", "nan"), "`nan` is no number from 0 to 1"),
                (("set", "vpc", "--value", "1.5"), "`1.5` is no number from 0 to 1"),
                (("set", "vpc", "--lease", "never"), "`never` is no duration"),
                (("set", "vpc", "--lease", "169h"), "so that nothing is told for ever"),
                (("set", "vpc", "--lease", "0s"), "so that nothing is told for ever"),
                (("set",), "which signal?"),
                (("sit", "vpc"), "`pressure` cannot `sit`"),
                (("list", "vpc"), "takes no name"),
                (("clear", "vpc", "--value", "1"), "--value is for `pressure set`")):
            done = self.verb(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assert_one_sentence(done.stderr, said)
        self.assertEqual(self.signals()["vpc"]["value"], 0)

    def test_who_is_not_there_cannot_be_told(self):
        self.curfew.stop()
        done = self.verb("set", "vpc")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assert_one_sentence(done.stderr, "nobody could be asked")


class Policy(unittest.TestCase):
    def test_what_cannot_be_stretched_is_told(self):
        for stretch, said in (
                ("request.timeot x2", "request.timeout"),
                ("request.timeout x0.5", "allow_shrink"),
                ("request.timeout xnan", "request.timeout"),
                ("request.timeout x-1", "request.timeout"),
                ("backend.live_timeout x2", "read at the start only"),
                ("http.header_bytes x2", "is no time")):
            done = run("check", policy=f'[signal.a]\nstretches = ["{stretch}"]\n')
            self.assertEqual(done.returncode, 2, stretch)
            self.assertIn(said, done.stderr)


if __name__ == "__main__":
    unittest.main()
