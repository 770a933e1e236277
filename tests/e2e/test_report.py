"""`curfew report` and `curfew mark`: what the ledger recorded, whole and exact."""

import json
import os
import unittest

from client import get
from harness import run
from test_ledger import Ledgers
from test_policy_cli import conforms, schema


BROKEN = '[request]\ntimeout = "1 s"\n'


class Report(Ledgers):
    def ask(self, verb: str, *arguments: str, **options):
        return run(verb, "--ledger", str(self.ledger), *arguments, **options)

    def served(self):
        curfew = self.serve_here()
        for _ in range(20):
            get(curfew.http, "/api/items")
        trace = get(curfew.http, "/report/a").json()["trace_id"]
        self.assertEqual(curfew.stop(), 0)
        return trace

    def test_it_tells_what_timed_out_and_counts_everything(self):
        trace = self.served()
        done = self.ask("report")
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ("21 operations", "1 timed out", "what timed out", "request.timeout", trace,
                      "where the time went", "how long they took", "lost: none"):
            self.assertIn(words, done.stdout)
        self.assertEqual(self.ask("explain", trace).returncode, 0)

    def test_json_keeps_its_schema_with_and_without_a_comparison(self):
        self.served()
        for arguments in (["--json"], ["--format", "json", "--compare", "7d"]):
            said = json.loads(self.ask("report", *arguments).stdout)
            conforms(said, schema("report"))
            self.assertEqual((said["now"]["count"], said["now"]["outcomes"]["timeout"]), (21, 1))
        self.assertEqual(said["before"]["count"], 0)

    def test_the_page_asks_the_network_for_nothing(self):
        self.served()
        done = self.ask("report", "--format", "html", "--compare", "7d")
        self.assertTrue(done.stdout.startswith("<!doctype html>"), done.stderr)
        self.assertNotRegex(done.stdout, r"https?:|src=|@import|<link|<script|url\(")
        self.assertEqual(done.stdout.count("<figure>"), done.stdout.count('class="plot"'))

    def test_one_surface_and_a_time_without_operations(self):
        self.served()
        said = json.loads(self.ask("report", "--surface", "database", "--json").stdout)
        self.assertEqual(said["now"]["count"], 0)
        self.assertIn("none was recorded", self.ask("report", "--surface", "database").stdout)

    def test_a_mark_is_in_the_next_report_and_in_explain(self):
        trace = self.served()
        done = self.ask("mark", "v1.4 \u2713")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("v1.4 \u2713", self.ask("report").stdout)
        self.assertEqual(len(json.loads(self.ask("report", "--json").stdout)["now"]["deploys"]), 1)
        self.assertNotIn("v1.4", self.ask("explain", trace).stdout, "it was deployed after that")
        conforms(json.loads(self.ask("mark", "v1.5", "--json").stdout), schema("mark"))

    def test_a_mark_needs_no_ledger_yet(self):
        self.assertEqual(self.ask("mark", "v1.4").returncode, 0)
        self.assertIn("v1.4", self.ask("report").stdout)

    def test_bad_input_is_one_sentence_and_2(self):
        self.served()
        for arguments, word in (
                (["report", "--since", "yesterday"], "--since"),
                (["report", "--since", "7"], "--since"),
                (["report", "--since", "-1d"], "--since"),
                (["report", "--since", "99999999999d"], "--since"),
                (["report", "--since", "0s"], "one minute"),
                (["report", "--compare", "7 days"], "--compare"),
                (["report", "--surface", "htpp"], "did you mean http?"),
                (["report", "--format", "xml"], "--format"),
                (["report", "--json", "--format", "text"], "contradict"),
                (["mark"], "one line"),
                (["mark", " "], "one line"),
                (["mark", "a\nb"], "one line"),
                (["mark", "x" * 201], "one line")):
            done = self.ask(*arguments)
            self.assertEqual(done.returncode, 2, (arguments, done.stdout))
            self.assert_one_sentence(done.stderr, word)

    def test_without_a_ledger_it_says_where_it_looked(self):
        done = self.ask("report")
        self.assertEqual(done.returncode, 1)
        self.assert_one_sentence(done.stderr, "there is no ledger at", str(self.ledger))

    def test_a_pipe_is_no_ledger_and_is_not_waited_for(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        for verb in ("report", "trend", "advise"):
            done = run(verb, "--ledger", str(pipe))
            self.assertEqual(done.returncode, 2, verb)
            self.assert_one_sentence(done.stderr, "no regular file")

    def test_a_half_edited_policy_here_keeps_no_named_ledger_from_being_read(self):
        trace = self.served()
        for verb in (["report"], ["trend"], ["explain", trace], ["mark", "v1"]):
            done = self.ask(*verb, policy=BROKEN)
            self.assertEqual((done.returncode, done.stderr), (0, ""), verb)
            done = run(*verb, policy=BROKEN)
            self.assertEqual(done.returncode, 2, verb)
            self.assertIn("curfew.toml:2:11: `request.timeout` cannot be", done.stderr)

    def test_advice_is_on_a_policy_so_a_broken_one_is_told(self):
        self.served()
        for arguments in ([], ["--write"], ["--json"]):
            done = self.ask("advise", *arguments, policy=BROKEN)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn("curfew.toml:2:11: `request.timeout` cannot be", done.stderr)

    def test_a_half_edited_policy_here_keeps_nobody_from_watching_who_is_named(self):
        curfew = self.serve_here()
        where = "{}:{}".format(*curfew.admin)
        done = run("watch", "--once", "--admin", where, policy=BROKEN)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(run("watch", "--once", policy=BROKEN).returncode, 2)

    def test_a_mark_that_cannot_be_written_is_told(self):
        done = run("mark", "v1", "--ledger", "/dev/null/ledger.db")
        self.assertEqual(done.returncode, 125)
        self.assert_one_sentence(done.stderr, "cannot be written")


if __name__ == "__main__":
    unittest.main()
