"""`curfew alert`: what it lists, tests and silences, and what it says to bad usage."""

import json
import unittest

from backends import PooledBackend
from harness import run
from test_alerts import ALERTS, Alerts
from test_policy_cli import conforms, schema


class Verb(Alerts):
    def test_a_test_goes_through_every_sink_and_exits_by_the_worst(self):
        good, bad, late = self.hook(), self.hook(500), self.hook(None)
        policy = ALERTS + f"""
[sink.bad]
webhook = "{bad.url}"
retries = 0
[sink.good]
webhook = "{good.url}"
[sink.late]
command = ["sleep", "600"]
timeout = "200ms"
[sink.shell]
command = ["true"]
"""
        done = run("alert", "test", "--json", policy=policy)
        self.assertEqual(done.returncode, 124, done.stderr)
        conforms(json.loads(done.stdout), schema("alert-test"))
        told = {each["sink"]: each for each in json.loads(done.stdout)["sinks"]}
        self.assertEqual({name: each["ok"] for name, each in told.items()},
                         {"bad": False, "good": True, "late": False, "shell": True})
        self.assertEqual(told["late"]["error"], "own-timeout")
        self.assertEqual(good.heard[0]["alerts"][0]["state"], "test")
        self.assertTrue(good.heard[0]["test"])
        conforms(good.heard[0], schema("alert"))
        self.assertEqual(run("alert", "test", "--sink", "bad", policy=policy).returncode, 1)
        self.assertEqual(
            run("alert", "test", "slow", "--sink", "good", policy=policy).returncode, 0)
        self.assertEqual(good.heard[1]["alerts"][0]["alert"], "slow")

    def test_bad_usage_is_one_sentence_and_a_hint(self):
        policy = ALERTS + '[sink.chat]\ncommand = ["true"]\n'
        for words, sentence, hint in (
            (("tset",), "`alert` cannot `tset`", "did you mean test?"),
            (("test", "slwo"), "the policy has no alert `slwo`", "did you mean slow?"),
            (("test", "--sink", "caht"), "the policy has no sink `caht`", "did you mean chat?"),
            (("silence",), "which alert?", "curfew alert silence NAME"),
            (("silence", "slow", "--for", "soon"), "`soon` is no duration", "--for 1h30m"),
            (("silence", "slow", "--for", "999h"), "is longer than 168h", "--for 0s"),
            (("list", "slow"), "takes no name", "lists them all"),
            (("list", "--for", "1h"), "--for is for `alert silence`", "leave it out"),
        ):
            done = run("alert", *words, policy=policy)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(sentence, done.stderr)
            self.assertIn(hint, done.stderr)

    def test_a_silence_is_asked_of_the_listener_and_not_of_the_policy_here(self):
        upstream = self.backend(PooledBackend())
        curfew = self.serve("--upstream", upstream.url, policy=ALERTS)

        def silence(name: str):
            return run("alert", "silence", name, "--admin", "%s:%d" % curfew.admin, policy="")
        done = silence("slow")
        self.assertEqual((done.returncode, done.stdout),
                         (0, "alert slow is silenced for 1h\n"), done.stderr)
        for name, hint in (("slwo", "did you mean slow?"), ("other", "there are: slow crashes")):
            done = silence(name)
            self.assertEqual(done.returncode, 2)
            self.assert_one_sentence(done.stderr, "no alert of that name", hint)
        done = silence("slow&for=1s")
        self.assertEqual(done.returncode, 2)
        self.assert_one_sentence(done.stderr, "an alert's name has letters")

    def test_https_is_refused_with_the_way_to_do_it(self):
        done = run("check", policy='[sink.chat]\nwebhook = "https://chat.example/hook/s3cret"\n')
        self.assertEqual(done.returncode, 2)
        self.assertIn("a webhook is sent over http only, not over https", done.stderr)
        self.assertIn('command = ["curl"', done.stderr)

    def test_where_nobody_serves_the_policy_is_listed_and_nothing_is_silenced(self):
        def ask(*words: str):
            return run("alert", *words, "--admin", "127.0.0.1:1", policy=ALERTS)
        listed = ask("list")
        self.assertEqual(listed.returncode, 0)
        self.assertIn("timeout_rate > 10% for 1s", listed.stdout)
        self.assertIn("nothing serves", listed.stderr)
        told = json.loads(ask("list", "--json").stdout)
        conforms(told, schema("alert-list"))
        self.assertFalse(told["serving"])
        self.assertEqual(ask("silence", "slow").returncode, 1)

    def test_a_condition_that_is_wrong_is_shown_with_a_caret(self):
        wrong = '[[alert]]\nname = "slow"\nwhen = "timeout_rat > 1% for 5m"\n'
        done = run("check", policy=wrong)
        self.assertEqual(done.returncode, 2)
        self.assertIn("curfew.toml:3:9: there is no metric `timeout_rat`", done.stderr)
        self.assertIn("  | " + " " * 8 + "^\n", done.stderr)
        self.assertIn("did you mean `timeout_rate`?", done.stderr)

if __name__ == "__main__":
    unittest.main()
