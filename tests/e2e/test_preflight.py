"""Whether the service would start although checks failed: decided by the kind of what failed."""

import json
import subprocess
import tempfile
import unittest

from harness import BINARY, Case, environment, run
from test_policy_cli import conforms, schema

INFRASTRUCTURE = {"database_timeout", "vpc_connector", "cloud_sql_capacity"}


def told(value: str, *words: str):
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run([BINARY, "preflight", *words], cwd=folder, capture_output=True,
                              text=True, timeout=15, stdin=subprocess.DEVNULL,
                              env={**environment(folder), "BYPASS_STARTUP_VALIDATION": value})


class Preflight(Case):
    def decision(self, kinds: str, env: str = "staging", policy: str | None = None) -> dict:
        done = run("preflight", "--env", env, "--simulate", kinds, "--json", policy=policy)
        answer = json.loads(done.stdout)
        conforms(answer, schema("preflight"))
        self.assertEqual(done.returncode, 1 if answer["decision"] == "block" else 0)
        return answer

    def test_the_whole_table_of_decisions(self):
        done = run("preflight", "--simulate", "infrastructure-pressure", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        answer = json.loads(done.stdout)
        conforms(answer, schema("preflight"))
        self.assertEqual(len(answer["table"]), 3 * 9 * 5)
        for cell in answer["table"]:
            degraded = (cell["environment"] == "staging" and cell["kind"] in INFRASTRUCTURE
                        and 1 <= cell["count"] <= 3)
            expected = ("start" if cell["count"] == 0 else
                        "start_degraded" if degraded else "block")
            self.assertEqual(cell["decision"], expected, cell)

    def test_one_failure_that_is_no_infrastructure_blocks(self):
        self.assertEqual(self.decision("vpc_connector,database_timeout")["decision"],
                         "start_degraded")
        answer = self.decision("vpc_connector,unknown")
        self.assertEqual(answer["decision"], "block")
        self.assertIn("unknown", answer["reason"])
        self.assertEqual(self.decision("")["decision"], "start")

    def test_the_policy_says_what_may_be_passed_over(self):
        rules = '[startup]\nbypass = true\nbypass_kinds = ["network"]\nbypass_failures = 1\n'
        self.assertEqual(self.decision("network", "production", rules)["decision"],
                         "start_degraded")
        self.assertEqual(self.decision("network,network", "production", rules)["decision"],
                         "block")
        self.assertEqual(self.decision("vpc_connector", "production", rules)["decision"], "block")

    def test_who_tells_it_to_start_is_obeyed_loudly_in_each_environment(self):
        for env in ("development", "staging", "production"):
            done = told("tRuE", "--env", env, "--simulate", "schema", "--json")
            answer = json.loads(done.stdout)
            self.assertEqual((done.returncode, answer["decision"]), (0, "start_degraded"))
            self.assertTrue(answer["bypass"]["told"])
            self.assertIn("warning: BYPASS_STARTUP_VALIDATION is true", done.stderr)
        done = told("False", "--simulate", "schema")
        self.assertEqual((done.returncode, done.stderr), (1, ""))

    def test_bad_input_is_one_sentence_and_2(self):
        for done, said in (
                (told("yes", "--simulate", "auth"), "is neither true nor false"),
                (told("1", "--simulate", "auth"), "is neither true nor false"),
                (told("", "--simulate", "vpc_conector"), "no kind of failure `vpc_conector`"),
                (told("", "--simulate", "auth,"), "no kind of failure"),
                (told("", "--simulate", "auth", "--env", "stagin"), "no environment `stagin`")):
            self.assertEqual((done.returncode, done.stdout), (2, ""), said)
            self.assertIn(said, done.stderr)
            self.assertLessEqual(len(done.stderr.splitlines()), 2)


if __name__ == "__main__":
    unittest.main()
