"""`curfew explain TRACE_ID` tells what happened on one screen; trouble is one sentence."""

import json
import os
import re
import sqlite3
import sys
import threading
import unittest
from contextlib import closing

from backends import free_port, wait_for
from client import Closed, get, request
from harness import SUPERVISED, run
from test_ledger import Ledgers, counted
from test_policy_cli import conforms, schema


class Explaining(Ledgers):
    def explain(self, *arguments: str, **options):
        return run("explain", "--ledger", str(self.ledger), *arguments, **options)


class Explain(Explaining):
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
        self.assertRegex(done.stdout, r"in the minute in which it ended, .*\n(.*\n)*  breaker +ref")
        last = re.search(r"the last one, .*`curfew explain ([0-9a-f]{32})`", done.stdout)
        self.assertIn("connect-refused", self.explain(last[1]).stdout)

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


class OfRoutes(Explaining):
    """A limit is told by the key that gave it, and by what that key was then."""

    def policy(self, first: str, *rest: str) -> str:
        lines = ["[upstream.main]", f'urls = ["{self.upstream.url}"]', "[request]",
                 f'timeout = "{first}"', *rest]
        return "\n".join(lines) + "\n"

    def serve_policy(self, text: str):
        return self.serve("--ledger", str(self.ledger), policy=text)

    def test_a_route_with_its_own_timeout_is_told_by_its_own_key_and_line(self):
        curfew = self.serve_policy(self.policy(
            "5s", "[[route]]", 'name = "reports"', 'path = "/report"', 'timeout = "300ms"',
            "[[route]]", 'path = "/"'))
        refused = get(curfew.http, "/report/a").json()
        self.assertEqual((refused["limit"], refused["limit_ms"]), ("route.reports.timeout", 300))
        curfew.stop()
        done = self.explain(refused["trace_id"])
        self.assertRegex(
            done.stdout,
            r"limit +route\.reports\.timeout = 300ms \(said by \S*curfew\.toml:8:11, layer file\)")
        (one,) = json.loads(self.explain(refused["trace_id"], "--json").stdout)["operations"]
        self.assertEqual((one["limit"]["name"], one["limit"]["value"], one["limit"]["layer"]),
                         ("route.reports.timeout", '"300ms"', "file"))

    def test_a_refusal_is_told_by_the_key_whose_change_would_help(self):
        curfew = self.serve_policy(self.policy(
            "20s", "[[route]]", 'name = "reports"', 'path = "/report"', "in_flight = 1",
            "queue = 1", "[[route]]", 'path = "/"'))

        def hold():
            try:
                get(curfew.http, "/report/held")
            except (OSError, Closed):
                pass  # Curfew was stopped
        for held, waiting in ((1, 0), (1, 1)):
            threading.Thread(target=hold, daemon=True).start()
            self.assertTrue(wait_for(lambda: self.places(curfew) == (held, waiting), 5))
        refused = get(curfew.http, "/report/a").json()
        self.assertEqual((refused["reason"], refused["limit"], refused["limit_value"]),
                         ("queue_full", "route.reports.queue", 1))
        curfew.stop()
        done = self.explain(refused["trace_id"])
        self.assertRegex(done.stdout, r"route\.reports\.queue = 1 \(said by \S*curfew\.toml:9:9")
        self.assertIn("route.reports.queue = 1 waited already", done.stdout)

    def places(self, curfew) -> tuple[int, int]:
        route = get(curfew.admin, "/-/health").json()["routes"]["reports"]
        return route["in_flight"], route["queued"]

    def test_across_a_reload_the_limit_is_the_one_of_then_and_the_change_is_told(self):
        curfew = self.serve_policy(self.policy("300ms"))
        before = get(curfew.http, "/report/a").json()["trace_id"]
        new = curfew.folder / "new"
        new.write_text(self.policy("900ms"))
        os.replace(new, curfew.folder / "curfew.toml")
        self.assertEqual(request(curfew.admin, "POST", "/-/reload").status, 200)
        after = get(curfew.http, "/report/a").json()["trace_id"]
        self.assertTrue(wait_for(lambda: counted(self.ledger, "timeout") == 2, 5))
        changed = r", by a reload of \S*curfew\.toml: request\.timeout from 300ms to 900ms"
        first, second = (self.explain(trace).stdout for trace in (before, after))
        self.assertRegex(first, r"request\.timeout = 300ms \(said by \S*curfew\.toml:4:11")
        self.assertRegex(first, "policy +changed .* after it ended" + changed +
                         ".*; it ran under the one before")
        self.assertRegex(second, r"request\.timeout = 900ms \(said by \S*curfew\.toml:4:11")
        self.assertRegex(second, "policy +changed .* before it began" + changed)
        (one,) = json.loads(self.explain(before, "--json").stdout)["operations"]
        conforms({"operations": [one]}, schema("explain"))
        self.assertEqual((one["limit"]["limit_ms"], len(one["policy"])), (300, 1))
        for verb, *more in (["report"], ["report", "--surface", "policy"], ["trend"]):
            told = run(verb, *more, "--ledger", str(self.ledger)).stdout
            self.assertRegex(told, r"request\.timeout from 300ms to 900ms", verb)
        for verb in ("report", "trend"):
            told = run(verb, "--json", "--ledger", str(self.ledger))
            conforms(json.loads(told.stdout), schema(verb))

    def test_an_error_of_the_backend_is_no_matter_of_time(self):
        curfew = self.serve_policy(self.policy("5s"))
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        get(curfew.http, "/status/500", {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
        curfew.stop()
        advice = self.explain(trace).stdout.split("what to do\n")[1]
        self.assertRegex(advice, r"^  - The backend itself answered 500 after .*" + trace)
        self.assertEqual(advice.count("\n"), 1, advice)


class OfACrash(Explaining):
    def test_a_wait_for_a_crashed_backend_is_none_for_a_place(self):
        port = free_port()
        curfew = self.serve(
            "--upstream", f"http://127.0.0.1:{port}", "--ledger", str(self.ledger),
            policy='[request]\ntimeout = "600ms"\n[backend]\nbackoff_min = "10ms"\n',
            command=[sys.executable, SUPERVISED, str(port), "--start-after", "1.5"])
        self.assertEqual(get(curfew.http, "/").status, 200)
        refused = get(curfew.http, "/crash").json()
        self.assertEqual((refused["reason"], refused["limit"], refused["limit_ms"]),
                         ("upstream_down", "request.timeout", 600))
        self.assertGreater(refused["account"]["start"], 300)
        self.assertTrue(wait_for(lambda: get(curfew.http, "/").status == 200, 10, 0.1))
        curfew.stop()
        told = self.explain(refused["trace_id"]).stdout
        self.assertRegex(told, r"limit +request\.timeout = 600ms \(said by \S*curfew\.toml:2:")
        self.assertRegex(told, r"backend +exit .* after it began: .*3")
        self.assertRegex(told, r"It waited .* for the backend, which was down: exit .* It was "
                               r"ready again .*, later than request\.timeout allowed\.")
        self.assertNotIn("others held", told)
        self.assertNotIn("not reached", told)


if __name__ == "__main__":
    unittest.main()
