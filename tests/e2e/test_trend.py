"""`curfew trend`: rates and quantiles over time, what changed, beside which deploy."""

import json
import random
import tempfile
import unittest
from pathlib import Path

from backends import PooledBackend
from client import get
from harness import Case, run
from history import History
from test_policy_cli import conforms, schema


class Trends(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="curfew-e2e-trend-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.ledger = self.folder / "kept/ledger.db"
        self.random = random.Random(7)

    def ask(self, *arguments: str, verb: str = "trend", **options):
        return run(verb, "--ledger", str(self.ledger), *arguments, **options)

    def calls(self, count: int, median_ms: float) -> list[float]:
        return [median_ms * self.random.lognormvariate(0, 0.4) for _ in range(count)]


class Trend(Trends):
    def day(self, changed_at: int = -1):
        """A day in which `GET /a` takes three times as long from so many minutes ago on."""
        past = History(self.ledger)
        for minute in range(1440, 0, -2):
            slow = 3 if minute <= changed_at else 1
            past.tell(minute, "GET /a", self.calls(8, 100 * slow))
            past.tell(minute, "GET /b", self.calls(5, 50))
        past.time_out(700, "GET /b", 2, 5000)
        past.write()
        return past

    def test_a_step_is_found_where_it_was_with_the_deploy_beside_it(self):
        self.day(changed_at=480).mark(482, "v1.4")
        done = self.ask()
        self.assertEqual(done.returncode, 0, done.stderr)
        changes = done.stdout.split("what changed")[1].split("what moved")[0]
        line, = (line for line in changes.splitlines() if "GET /a: P" in line)
        self.assertRegex(line, r"rose from .* to .*p < 0\.0001")
        self.assertRegex(line, r'after the deploy of "v1\.4"|with the deploy of "v1\.4"|'
                               r'"v1\.4" was deployed in that slot')
        self.assertNotIn("GET /b:", changes)
        for words in ("▃", "█", "what moved together", "no pressure signal", "what comes next",
                      "the time since", "deploys\n"):
            self.assertIn(words, done.stdout)
        said = json.loads(self.ask("--json").stdout)
        change, = said["operations"][0]["changes"]
        self.assertEqual((change["measure"], change["deploy"]["text"]), ("latency_ms", "v1.4"))
        self.assertLessEqual(abs(change["deploy"]["seconds_before"]), 15 * 60)
        self.assertAlmostEqual(change["change"], 2, delta=0.5)

    def test_nothing_is_said_to_have_changed_where_nothing_did(self):
        self.day()
        done = self.ask()
        self.assertIn("  nothing in ", done.stdout)
        said = json.loads(self.ask("--json").stdout)
        self.assertEqual([each["changes"] for each in said["operations"]], [[], []])

    def test_json_keeps_its_schema_and_counts_everything(self):
        self.day(changed_at=480).mark(482, "v1.4")
        said = json.loads(self.ask("--json").stdout)
        conforms(said, schema("trend"))
        self.assertEqual(said["slot_seconds"], 900)
        self.assertEqual(said["all"]["count"], 13 * 720 + 2)
        self.assertEqual(sum(said["all"]["slots"]["ended"]), 13 * 720 + 2)
        self.assertEqual(sum(said["operations"][1]["slots"]["timed_out"]), 2)
        self.assertTrue(said["all"]["outlooks"][0]["next"][0]["nearly_sure"])
        for hours in ("1", "168", "8760"):
            conforms(json.loads(self.ask("--json", "--hours", hours).stdout), schema("trend"))

    def test_one_surface_and_a_time_without_operations(self):
        self.day()
        self.assertIn("none was recorded", self.ask("--surface", "database").stdout)
        said = json.loads(self.ask("--surface", "database", "--json").stdout)
        conforms(said, schema("trend"))
        self.assertEqual(said["operations"], [])

    def test_ten_minutes_of_history_have_slots_of_a_minute(self):
        past = History(self.ledger)
        for minute in range(10, 0, -1):
            past.tell(minute, "GET /a", self.calls(60, 100))
            past.time_out(minute, "GET /a", 3, 5000)
        past.write()
        for arguments in ((), ("--hours", "168")):
            done = self.ask(*arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("in slots of 1m,", done.stdout)
            for figure in (r"rate +\S+ .*1\.05/s", r"timed out +\S+ .*4\.76 %", r"P50 +\S+ .* ms"):
                self.assertRegex(done.stdout, figure)
            said = json.loads(self.ask("--json", *arguments).stdout)
            conforms(said, schema("trend"))
            self.assertEqual((said["slot_seconds"], said["lacking"]), (60, []))
            self.assertEqual(sum(said["all"]["slots"]["ended"]), 630)

    def test_a_ledger_of_seconds_says_what_it_has_and_what_it_takes(self):
        upstream = self.backend(PooledBackend())
        curfew = self.serve("--upstream", upstream.url, "--ledger", str(self.ledger))
        for _ in range(20):
            get(curfew.http, "/api/items")
        self.assertEqual(curfew.stop(), 0)
        done = self.ask()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"20 operations in .*\n  no figures yet: they take a slot of "
                                      r"which half was recorded, and of 1m at most \d+s were; ask "
                                      r"again in a minute\n")
        said = json.loads(self.ask("--json").stdout)
        conforms(said, schema("trend"))
        self.assertEqual((said["all"]["count"], len(said["lacking"])), (20, 1))

    def test_bad_input_is_one_sentence_and_2(self):
        self.day()
        for arguments, word in ((["--hours", "yesterday"], "--hours"),
                                (["--hours", "24h"], "--hours"),
                                (["--hours", "0"], "--hours"),
                                (["--hours", "-1"], "--hours"),
                                (["--hours", "1.5"], "--hours"),
                                (["--hours", ""], "--hours"),
                                (["--hours", "99999999999999999999"], "--hours"),
                                (["--surface", "htpp"], "did you mean http?"),
                                (["--sureface", "http"], "--surface"),
                                (["now"], "now")):
            done = self.ask(*arguments)
            self.assertEqual(done.returncode, 2, (arguments, done.stdout))
            self.assert_one_sentence(done.stderr, word)

    def test_without_a_ledger_it_says_where_it_looked(self):
        done = self.ask()
        self.assertEqual(done.returncode, 1)
        self.assert_one_sentence(done.stderr, "there is no ledger at", str(self.ledger))

    def test_what_is_no_ledger_is_told(self):
        self.ledger.parent.mkdir()
        self.ledger.write_text("no ledger at all, but long enough to be looked at\n" * 100)
        done = self.ask()
        self.assertEqual(done.returncode, self.ask(verb="report").returncode)
        self.assert_one_sentence(done.stderr, "cannot be read")


if __name__ == "__main__":
    unittest.main()
