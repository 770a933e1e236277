"""`curfew advise`: limits from history, and `--write`, which keeps the rest of the file."""

import json
import re
import stat
import subprocess
import unittest

from harness import BINARY, environment
from history import History
from test_policy_cli import conforms, schema
from test_trend import Trends

POLICY = """\
# the shop
[upstream.main]
urls = ["http://127.0.0.1:8000"]

[[route]]
name = "items"   # quick ones
path = "/items"

[[route]]
name = "orders"
path = "/orders"
  timeout = '30s'  # as the old proxy had it

[ledger]
keep_rows = "7d" # "a week"
""".replace('"7d"', '"168h"')


class Advise(Trends):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "curfew.toml"
        self.file.write_text(POLICY)

    def advise(self, *arguments: str, **more: str):
        return subprocess.run(
            [BINARY, "advise", "--ledger", str(self.ledger), *arguments], cwd=self.folder,
            env={**environment(self.folder), **more}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=15)

    def days(self, *names: str):
        past = History(self.ledger)
        for minute in range(4 * 1440, 0, -10):
            for name, median in zip(names or ("items", "orders"), (50, 400)):
                past.tell(minute, name, self.calls(8, median))
        past.write()
        return past

    def test_it_tells_the_limit_and_its_evidence(self):
        self.days()
        done = self.advise()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"items\n  30s -> \d+ms, lowered\n    P99 of 4 608 calls "
                                      r"1\d\d ms \(95 %: .* to .*\); 0 cut by a limit, 0 hung")
        self.assertRegex(done.stdout, r"these would have timed out though they need not: \d+ of "
                                      r"4 608 = 0(\.\d+)? % \(95 %: ")
        self.assertEqual(self.file.read_text(), POLICY, "without --write nothing is written")

    def test_json_keeps_its_schema(self):
        self.days()
        said = json.loads(self.advise("--json").stdout)
        conforms(said, schema("advise"))
        self.assertIsNone(said["write"])
        self.assertEqual([each["key"] for each in said["operations"]],
                         ["route.items.timeout", "route.orders.timeout"])
        said = json.loads(self.advise("--json", "--write").stdout)
        conforms(said, schema("advise"))
        self.assertTrue(said["write"]["written"])
        self.assertEqual(len(said["write"]["lines"]), 2)

    def test_write_shows_the_difference_and_keeps_every_other_byte(self):
        self.days()
        self.file.chmod(0o640)
        done = self.advise("--write")
        self.assertEqual(done.returncode, 0, done.stderr)
        new = self.file.read_text().splitlines()
        old = POLICY.splitlines()
        added = new.index('path = "/items"') + 1
        self.assertRegex(new[added], r'^timeout = "\d+ms"$')
        self.assertRegex(new[added + 5], r"^  timeout = '\w+'  # as the old proxy had it$")
        del new[added]
        new[added + 4] = old[added + 4]
        self.assertEqual(new, old)
        self.assertIn("curfew.toml:13: -   timeout = '30s'  # as the old proxy had it", done.stdout)
        self.assertIn(f"curfew.toml:{added + 1}: + timeout", done.stdout)
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o640)
        self.assertEqual([each.name for each in self.folder.glob("curfew*")], ["curfew.toml"])
        check = subprocess.run([BINARY, "check"], cwd=self.folder, env=environment(self.folder),
                               capture_output=True, text=True, timeout=15)
        self.assertEqual(check.returncode, 0, check.stderr)

    def test_writing_twice_writes_once(self):
        self.days()
        self.advise("--write")
        once = self.file.read_bytes()
        done = self.advise("--write")
        self.assertEqual((done.returncode, self.file.read_bytes()), (0, once))
        self.assertIn("nothing to write", done.stdout)

    def test_line_ends_of_the_other_kind_stay(self):
        self.days()
        self.file.write_bytes(POLICY.replace("\n", "\r\n").encode())
        self.assertEqual(self.advise("--write").returncode, 0)
        text = self.file.read_bytes()
        self.assertEqual(text.count(b"\n"), text.count(b"\r\n"))
        self.assertEqual(text.count(b"\n"), POLICY.count("\n") + 1)

    def test_what_would_not_validate_or_have_no_effect_is_not_written(self):
        self.days()
        text = POLICY.replace("8000\"]", "8000\"]\nconnect_timeout = \"1s\"")
        self.file.write_text(text)
        done = self.advise("--write")
        self.assertEqual(done.returncode, 1, "the limit of items would be below connect_timeout")
        self.assert_one_sentence(done.stderr, "not written: route.items.timeout",
                                 "connect_timeout")
        self.assertIn("wrote curfew.toml", done.stdout, "that of orders is written")
        self.file.write_text('[upstream.main]\nurls = ["http://127.0.0.1:8000"]\n')
        done = self.advise("--write", CURFEW_REQUEST_TIMEOUT="77s")
        self.assertEqual(done.returncode, 1)
        self.assert_one_sentence(done.stderr, "CURFEW_REQUEST_TIMEOUT")

    def test_without_routes_the_limit_that_all_share_is_written(self):
        self.days("GET /items", "POST /orders")
        self.file.write_text("# nothing else\n")
        done = self.advise("--write")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(self.file.read_text(),
                         r'^# nothing else\n\n\[request\]\ntimeout = "\w+"\n$')
        self.assertIn("as long as `POST /orders` needs", done.stdout)

    def test_calls_that_were_cut_lengthen_the_limit_and_those_that_hung_do_not(self):
        past = History(self.ledger)
        for minute in range(1440, 0, -10):
            times = self.calls(10, 20_000)
            past.tell(minute, "orders", [t for t in times if t < 30_000] or [29_000])
            past.time_out(minute, "orders", sum(t >= 30_000 for t in times) + 1, 30_000)
            past.tell(minute, "items", self.calls(20, 50))
            past.time_out(minute, "items", 1, 30_000)
        past.write()
        operations = json.loads(self.advise("--json").stdout)["operations"]
        said = {each["name"]: each for each in operations}
        self.assertEqual((said["orders"]["reason"], said["orders"]["advised_ms"]),
                         ("cut_short", 60_000))
        self.assertEqual((said["items"]["calm"]["hung"], said["items"]["reason"]),
                         (144, "lowered"))

    def test_few_calls_advise_nothing(self):
        past = History(self.ledger)
        past.tell(5, "items", [10] * 19)
        past.write()
        done = self.advise("--write")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("30s stays: too few calls to advise on", done.stdout)
        self.assertIn("nothing to write", done.stdout)
        self.assertEqual(self.file.read_text(), POLICY)

    def test_minutes_of_traffic_lower_no_limit_and_raise_one(self):
        self.file.write_text(POLICY.replace("'30s'", "'300ms'"))
        past = History(self.ledger)
        for minute in range(40, 0, -1):
            past.tell(minute, "items", self.calls(50, 20))
            past.tell(minute, "orders", self.calls(50, 150))
        past.write()
        before = self.file.read_text()
        done = self.advise("--write")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"items\n  30s stays, not lowered to \d+ms: only 40m of "
                                      r"history, and a limit is lowered by 24h of it or more\n")
        self.assertRegex(done.stdout, r"orders\n  300ms -> \d+ms, raised\n")
        after = self.file.read_text()
        self.assertEqual(re.sub("'300ms'", "", before), re.sub(r"'\d+ms'", "", after))
        said = json.loads(self.advise("--json").stdout)
        conforms(said, schema("advise"))
        items, = (each for each in said["operations"] if each["name"] == "items")
        self.assertEqual((items["reason"], items["new"], items["seen"]["seconds"],
                          items["seen"]["enough_to_lower"]), ("young_history", False, 2400, False))

    def test_minutes_of_traffic_do_not_lower_the_limit_that_all_share(self):
        self.file.write_text("# nothing else\n")
        past = History(self.ledger)
        for minute in range(40, 0, -1):
            past.tell(minute, "GET /items", self.calls(50, 20))
        past.write()
        done = self.advise("--write")
        self.assertEqual((done.returncode, self.file.read_text()), (0, "# nothing else\n"))
        self.assertRegex(done.stdout, r"request\.timeout, which all of them share .*\n  30s stays, "
                                      r"not lowered to \d+ms: only 40m of history")

    def test_without_a_file_it_says_what_init_does(self):
        self.days()
        self.file.unlink()
        done = self.advise("--write")
        self.assertEqual(done.returncode, 2)
        self.assert_one_sentence(done.stderr, "curfew init", "no curfew.toml")
        self.assertEqual(self.advise().returncode, 0, "advice needs none")

    def test_a_policy_that_is_no_file_is_told(self):
        self.days()
        done = self.advise("--write", "--config", "/dev/null")
        self.assertEqual(done.returncode, 2)
        self.assert_one_sentence(done.stderr, "/dev/null", "no regular file")

    def test_bad_input_is_one_sentence_and_2(self):
        self.days()
        for arguments, word in ((["--since", "yesterday"], "--since"),
                                (["--since", "14"], "--since"),
                                (["--since", "-1d"], "--since"),
                                (["--since", "0s"], "one minute"),
                                (["--surface", "htpp"], "did you mean http?"),
                                (["--wirte"], "--write"),
                                (["--config", "none.toml"], "none.toml")):
            done = self.advise(*arguments)
            self.assertEqual(done.returncode, 2, (arguments, done.stdout))
            self.assert_one_sentence(done.stderr, word)

    def test_without_a_ledger_or_without_calls_in_it(self):
        done = self.advise()
        self.assertEqual(done.returncode, 1)
        self.assert_one_sentence(done.stderr, "there is no ledger at", str(self.ledger))
        History(self.ledger).write()
        done = self.advise()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("no call was recorded", done.stdout)
        conforms(json.loads(self.advise("--json").stdout), schema("advise"))


if __name__ == "__main__":
    unittest.main()
