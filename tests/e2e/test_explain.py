"""`curfew explain TRACE_ID` tells what happened on one screen; trouble is one sentence."""

import json
import sqlite3
import unittest
from contextlib import closing

from backends import wait_for
from client import get
from harness import run
from test_ledger import Ledgers, counted
from test_policy_cli import conforms, schema


class Explain(Ledgers):
    def explain(self, *arguments: str, **options):
        return run("explain", "--ledger", str(self.ledger), *arguments, **options)

    def hang(self) -> str:
        curfew = self.serve_here()
        for _ in range(3):
            get(curfew.http, "/api/items")
        trace = get(curfew.http, "/report/a").json()["trace_id"]
        self.assertEqual(curfew.stop(), 0)
        return trace

    def test_a_hung_request_is_one_screen_with_its_limit_and_layer(self):
        done = self.explain(self.hang())
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ("GET /report/a: timed out (own_timeout)", "request.timeout = 300ms",
                      "curfew.toml:2:", "layer file", "attempt 1", "what else was true then",
                      "what to do"):
            self.assertIn(words, done.stdout)
        self.assertLess(len(done.stdout.splitlines()), 40, done.stdout)

    def test_it_can_be_asked_while_curfew_serves(self):
        curfew = self.serve_here("--timeout", "200ms")
        trace = get(curfew.http, "/report/a").json()["trace_id"]
        self.assertTrue(wait_for(lambda: counted(self.ledger, "timeout") == 1, 5))
        done = self.explain(f"00-{trace.upper()}-00f067aa0ba902b7-01")
        self.assertIn("request.timeout = 200ms (said by --timeout, layer flag)", done.stdout)

    def test_a_limit_that_nobody_set_is_a_built_in_default(self):
        curfew = self.serve("--upstream", "http://127.0.0.1:1", "--ledger", str(self.ledger))
        for _ in range(6):
            refused = get(curfew.http, "/api/items")
        curfew.stop()
        done = self.explain(refused.json()["trace_id"])
        self.assertIn("breaker.reset = 1m (built-in default)", done.stdout, done.stderr)
        self.assertIn("open: it refused", done.stdout)

    def test_json_says_the_same(self):
        done = self.explain(self.hang(), "--json")
        said = json.loads(done.stdout)
        conforms(said, schema("explain"))
        (one,) = said["operations"]
        self.assertEqual((one["limit"]["name"], one["limit"]["limit_ms"], one["limit"]["layer"]),
                         ("request.timeout", 300, "file"))
        self.assertEqual(one["around"]["others"], 3)

    def test_an_unknown_trace_is_one_sentence_and_1(self):
        self.hang()
        done = self.explain("0123456789abcdef0123456789abcdef")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assert_one_sentence(done.stderr, "no operation with the trace", str(self.ledger))
        done = self.explain("0123456789abcdef0123456789abcdef", "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)), (1, {"operations": []}))

    def test_what_is_no_trace_is_bad_usage(self):
        for wrong in ("", "abc", "0" * 32, "x" * 32, "../../etc/passwd"):
            done = self.explain(wrong)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assert_one_sentence(done.stderr, "trace id")
        self.assertEqual(self.explain().returncode, 2)

    def test_no_ledger_a_damaged_a_newer_and_a_foreign_one_are_one_sentence_each(self):
        trace = "0123456789abcdef0123456789abcdef"
        done = self.explain(trace)
        self.assertEqual(done.returncode, 1)
        self.assert_one_sentence(done.stderr, "there is no ledger at")
        self.hang()
        with closing(sqlite3.connect(self.ledger)) as book:
            book.execute("PRAGMA user_version = 99")
        done = self.explain(trace)
        self.assertEqual(done.returncode, 125)
        self.assert_one_sentence(done.stderr, "newer")
        with self.ledger.open("r+b") as book:
            book.seek(100)
            book.write(b"\xff" * 4000)
        done = self.explain(trace)
        self.assertEqual(done.returncode, 125)
        for side in ("-wal", "-shm"):
            self.ledger.with_name(self.ledger.name + side).unlink(missing_ok=True)
        self.ledger.write_text("a letter to a friend\n" * 50)
        done = self.explain(trace)
        self.assertEqual(done.returncode, 2)
        self.assert_one_sentence(done.stderr, "not a ledger")
        self.assertEqual(run("explain", trace, "--ledger", "off").returncode, 2)

    def test_a_policy_that_does_not_validate_is_told(self):
        done = run("explain", "0" * 31 + "1", policy="[request]\ntimeuot = 1\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn("timeuot", done.stderr)


if __name__ == "__main__":
    unittest.main()
