"""`curfew reload`: a serving Curfew is asked to read its policy again, and tells the difference."""

import json
import unittest

from backends import free_port
from client import get
from harness import run
from test_policy_cli import conforms, schema
from test_reload import Reloaded, policy


class Verb(Reloaded):
    def ask(self, *words: str, policy: str = ""):
        return run("reload", "--admin", "%s:%d" % self.curfew.admin, *words, policy=policy)

    def test_it_prints_the_difference_and_exits_0(self):
        file = self.curfew.folder / "curfew.toml"
        self.write(policy(self.upstream.url, '[request]\ntimeout = "6s"\n'
                          '[server]\nconnections_max = 77\n'))
        rest = (f'  request.timeout: "20s" -> "6s"  ({file}:4:11)\n'
                "needs a restart:\n"
                f"  server.connections_max: 10000 -> 77  ({file}:6:19)\n")
        done = self.ask("--dry-run")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, f"would change from {file} (nothing was changed):\n" + rest)
        self.assertEqual(get(self.curfew.admin, "/-/health").json()["policy"]["generation"], 1)
        done = self.ask()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, f"in force from {file}, generation 2:\n" + rest)
        self.assertEqual(get(self.curfew.admin, "/-/health").json()["policy"]["generation"], 2)

    def test_nothing_to_change_is_0_and_quiet_says_nothing(self):
        done = self.ask()
        self.assertEqual(done.returncode, 0)
        self.assertIn("nothing has changed", done.stdout)
        self.assertEqual(self.ask("--quiet").stdout, "")
        told = json.loads(self.ask("--json").stdout)
        conforms(told, schema("reload"))
        told = json.loads(self.ask("--json", "--dry-run").stdout)
        self.assertEqual(told["result"], "planned")

    def test_a_bad_policy_is_2_with_its_place_and_the_old_one_stays(self):
        self.write(self.start + '[http]\nkeep_alife = "1s"\n')
        for policy_here in ("", self.start + '[http]\nkeep_alife = "1s"\n'):
            done = self.ask(policy=policy_here)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            for words in ("the one in force stays", "curfew.toml:6:1: ", "keep_alive"):
                self.assertIn(words, done.stderr)
        self.assertEqual(json.loads(self.ask("--json").stdout)["result"], "invalid")
        self.assertEqual(get(self.curfew.http, "/").status, 200)

    def test_what_is_no_admin_listener_has_reloaded_and_silenced_nothing(self):
        elsewhere = "%s:%d" % self.curfew.http
        for words in (["reload"], ["reload", "--json"], ["alert", "silence", "slow"],
                      ["alert", "list"]):
            done = run(*words, "--admin", elsewhere, policy="")
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assert_one_sentence(done.stderr, "is no admin listener of Curfew", "admin=ADDRESS")

    def test_a_half_edited_policy_here_keeps_nobody_from_looking(self):
        at = "%s:%d" % self.curfew.admin
        for words in (["watch", "--once"], ["alert", "list"]):
            done = run(*words, "--admin", at, policy='[request]\ntimeout = "1 s"\n')
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)
            done = run(*words, policy='[request]\ntimeout = "1 s"\n')
            self.assertEqual(done.returncode, 2, words)
        nobody = "127.0.0.1:%d" % free_port()
        done = run("alert", "list", "--admin", nobody, policy='[request]\ntimeout = "1 s"\n')
        self.assertEqual((done.returncode, done.stdout), (2, ""), "no policy, and nobody to ask")

    def test_the_listener_and_the_token_are_those_of_the_policy(self):
        self.write(self.start + '[server]\nadmin_token = "s3cret"\n')
        self.assertEqual(self.ask().returncode, 0)
        done = self.ask()
        self.assertEqual(done.returncode, 1)
        self.assert_one_sentence(done.stderr, "answered 401", "server.admin_token")
        at = "%s:%d" % self.curfew.admin
        here = f'[server]\nadmin = "{at}"\nadmin_token = "s3cret"\n'
        self.assertEqual(run("reload", policy=here).returncode, 0)

    def test_where_nobody_serves_it_says_so(self):
        done = run("reload", "--admin", "127.0.0.1:1", policy="")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assert_one_sentence(done.stderr, "nobody could be asked at 127.0.0.1:1", "--admin")
        done = run("reload", policy='[server]\nadmin = "127.0.0.1:0"\n')
        self.assertEqual(done.returncode, 2)
        self.assert_one_sentence(done.stderr, "leaves the port", "--admin")
        done = run("reload", policy="[htp]\n")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("curfew.toml:1:2", done.stderr)


if __name__ == "__main__":
    unittest.main()
