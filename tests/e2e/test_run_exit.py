"""`curfew run`: whose exit code it was, and what is said when it cannot even begin."""

import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from harness import BINARY
from running import Running

FIELDS = {
    "run_id", "name", "kind", "cause", "exit", "command_exit", "signal", "limit", "limit_ms",
    "duration_ms", "suspended_ms", "attempts", "flaky", "killed", "hung_in", "hang_file", "leaks",
    "survivors", "survivor_names", "cpu_ms", "peak_memory_bytes", "error"}
LIMITS = {"quick": 30, "quality": 30, "unit": 60, "coverage": 90, "integration": 120,
          "mission_critical": 120, "security": 180, "e2e": 300, "performance": 300}


class Codes(Running):
    def test_the_own_code_of_the_command_passes_through(self):
        for code in (0, 1, 2, 77, 123, 124, 125, 126, 127, 128, 143, 255):
            done = self.go("--timeout", "20s", "--", "sh", "-c", f"exit {code}")
            self.assertEqual((done.code, done.stderr), (code, ""))
            told = done.result
            self.assertEqual((told["cause"], told["exit"], told["command_exit"], told["signal"]),
                             ("completed", code, code, None))

    def test_the_result_has_each_field_it_should(self):
        done = self.go("--timeout", "20s", "--", "sh", "-c", "exit 3")
        self.assertEqual(set(done.result), FIELDS)
        told = done.result
        self.assertRegex(told["run_id"], "^[0-9a-f]{32}$")
        self.assertEqual((told["name"], told["limit"], told["limit_ms"], told["attempts"]),
                         ("sh", "--timeout", 20000, 1))
        self.assertEqual((told["survivors"], told["leaks"], told["survivor_names"]), (0, [], []))
        self.assertEqual((told["suspended_ms"], told["killed"], told["flaky"]), (0, False, False))
        self.assertGreater(told["duration_ms"], 0)
        self.assertGreater(told["peak_memory_bytes"], 100_000)

    def test_a_time_out_is_124_and_says_where_it_hung(self):
        done = self.go("--timeout", "1s", "--", "sleep", "60")
        self.assertEqual(done.code, 124)
        told = done.result
        self.assertEqual((told["cause"], told["exit"], told["command_exit"], told["signal"],
                          told["killed"]), ("own_timeout", 124, None, signal.SIGTERM, False))
        self.assertTrue(1000 <= told["duration_ms"] < 15000, told)
        self.assertIn("hung in sleep", told["hung_in"])
        self.assertIn("hung in sleep", done.stderr)
        self.assertIn("timed out", done.stderr)
        self.assertIn(told["hang_file"], done.stderr)
        self.assertEqual(Path(told["hang_file"]).parent, self.folder / "state/curfew")
        self.assertIn("nanosleep", Path(told["hang_file"]).read_text())

    def test_a_command_that_timed_out_is_always_told_with_its_signal_and_its_cost(self):
        for _ in range(10):
            told = self.go("--timeout", "100ms", "--", "sleep", "60").result
            self.assertEqual((told["cause"], told["signal"]), ("own_timeout", signal.SIGTERM))
            self.assertGreater(told["peak_memory_bytes"], 100_000)

    def test_a_command_that_ends_well_on_sigterm_still_timed_out(self):
        done = self.go("--timeout", "1s", "--", "sh", "-c", "trap 'exit 0' TERM; sleep 60 & wait")
        self.assertEqual((done.code, done.result["cause"]), (124, "own_timeout"))
        self.assertEqual(done.result["command_exit"], 0)
        self.assert_none_left()

    def test_the_stack_of_a_python_command_is_told_by_its_functions(self):
        script = self.script("import time\ndef waits_for_nobody():\n    time.sleep(60)\n"
                             "def begins():\n    waits_for_nobody()\nbegins()\n")
        done = self.go("--timeout", "2s", "--", sys.executable, script)
        self.assertEqual(done.code, 124)
        self.assertIn("waits_for_nobody", done.result["hung_in"])
        stacks = Path(done.result["hang_file"]).read_text()
        for name in ("waits_for_nobody", "begins", "script.py"):
            self.assertIn(name, stacks)

    def test_what_is_not_there_is_127_and_what_is_no_program_126(self):
        text = self.script("no program", "text")
        for word, code in (("no-such-command-here", 127), ("/nowhere/command", 127), (text, 126),
                           (str(self.folder), 126)):
            done = self.go("--timeout", "20s", "--", word)
            self.assertEqual(done.code, code, done.stderr)
            self.assert_one_sentence(done.stderr, word)
            told = done.result
            self.assertEqual((told["cause"], told["exit"], told["command_exit"]),
                             ("failed", code, None))
            self.assertTrue(told["error"])

    def test_a_script_without_an_interpreter_that_exists_is_named(self):
        path = self.script("#!/nowhere/interpreter\n", "script")
        os.chmod(path, 0o755)
        done = self.go("--timeout", "20s", "--", path)
        self.assertIn(done.code, (126, 127))
        self.assert_one_sentence(done.stderr, path)

    def test_the_ledger_tells_of_a_run(self):
        told = self.go("--timeout", "1s", "--", "sleep", "60").result
        done = subprocess.run([BINARY, "explain", told["run_id"]], env=self.variables(),
                              cwd=self.folder, capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 0, done.stderr)
        for word in (told["run_id"], "sleep", "own_timeout", "hung in sleep"):
            self.assertIn(word, done.stdout)


class Limits(Running):
    def test_the_built_in_kinds_have_their_limits(self):
        for kind, seconds in LIMITS.items():
            done = self.go("--kind", kind, "--", "true")
            self.assertEqual((done.code, done.stderr), (0, ""))
            self.assertEqual((done.result["kind"], done.result["limit_ms"]), (kind, seconds * 1000))

    def test_without_a_kind_and_a_limit_it_is_half_an_hour_and_said_once(self):
        done = self.go("--retries", "2", "--", "false")
        self.assertEqual((done.code, done.result["limit_ms"]), (1, 1_800_000))
        self.assertEqual(done.stderr.count("30m"), 1, done.stderr)

    def test_the_flag_counts_more_than_the_kind(self):
        done = self.go("--kind", "unit", "--timeout", "1s", "--", "sleep", "60")
        self.assertEqual((done.code, done.result["kind"], done.result["limit_ms"]),
                         (124, "unit", 1000))

    def test_a_kind_of_the_policy_brings_its_command_and_all_its_rules(self):
        script = self.script("echo x >> attempts; trap '' TERM; while :; do sleep 0.1; done", "s")
        policy = (f'[kind.nightly]\ncommand = ["sh", "{script}"]\ntimeout = "700ms"\n'
                  'warn = "200ms"\ngrace = "100ms"\nretries = 1\n')
        done = self.go("--kind", "nightly", policy=policy)
        self.assertEqual(done.code, 124, done.stderr)
        told = done.result
        self.assertEqual((told["kind"], told["limit_ms"], told["attempts"], told["killed"]),
                         ("nightly", 700, 2, True))
        self.assertEqual(told["cause"], "own_timeout")
        self.assertEqual((self.folder / "attempts").read_text(), "x\nx\n")
        self.assert_none_left()

    def test_a_kind_of_the_policy_says_what_a_time_out_and_a_leak_count_as(self):
        policy = '[kind.soak]\ntimeout = "300ms"\non_timeout = "pass"\nleak = "fail"\n'
        done = self.go("--kind", "soak", "--", "sleep", "60", policy=policy)
        self.assertEqual((done.code, done.result["cause"]), (0, "own_timeout"))
        done = self.go("--kind", "soak", "--timeout", "20s", "--", "sh", "-c", "setsid sleep 60 &")
        self.assertEqual((done.code, done.result["command_exit"]), (1, 0))

    def test_a_command_after_the_dashes_replaces_that_of_the_kind(self):
        policy = '[kind.nightly]\ncommand = ["false"]\ntimeout = "20s"\n'
        done = self.go("--kind", "nightly", "--", "sh", "-c", "exit 7", policy=policy)
        self.assertEqual((done.code, done.result["kind"]), (7, "nightly"))

    def test_a_built_in_kind_can_be_given_a_command_and_another_limit(self):
        policy = '[kind.unit]\ncommand = ["sh", "-c", "exit 9"]\ntimeout = "5s"\n'
        done = self.go("--kind", "unit", policy=policy)
        self.assertEqual((done.code, done.result["limit_ms"]), (9, 5000))

    def test_it_says_that_it_runs_for_long_and_goes_on(self):
        done = self.go("--timeout", "20s", "--warn", "200ms", "--", "sh", "-c", "sleep 1; exit 6")
        self.assertEqual((done.code, done.result["cause"]), (6, "completed"))
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn("20s", done.stderr)

    def test_a_warning_is_not_said_of_what_is_quick(self):
        self.assertEqual(self.go("--timeout", "30s", "--warn", "20s", "--", "true").stderr, "")

    def test_quiet_says_nothing_about_limits_and_warnings(self):
        done = self.go("-q", "--warn", "100ms", "--", "sh", "-c", "sleep 0.5")
        self.assertEqual((done.code, done.stderr), (0, ""))

    def test_a_time_out_may_count_as_passed(self):
        done = self.go("--timeout", "300ms", "--on-timeout", "pass", "--", "sleep", "60")
        self.assertEqual((done.code, done.result["cause"], done.result["exit"]),
                         (0, "own_timeout", 0))

    def test_one_that_fails_at_first_and_then_passes_is_flaky(self):
        script = "echo x >> tries; test $(wc -l < tries) -ge 3"
        done = self.go("--timeout", "20s", "--retries", "5", "--", "sh", "-c", script)
        told = done.result
        self.assertEqual((done.code, told["attempts"], told["flaky"]), (0, 3, True))

    def test_one_that_always_fails_is_tried_as_often_as_told_and_its_code_passes(self):
        done = self.go("--timeout", "20s", "--retries", "2", "--", "sh", "-c",
                       "echo x >> tries; exit 5")
        self.assertEqual((done.code, done.result["attempts"], done.result["flaky"]), (5, 3, False))
        self.assertEqual((self.folder / "tries").read_text(), "x\nx\nx\n")

    def test_each_attempt_has_the_whole_limit_and_leaves_nothing_to_the_next(self):
        script = "test -e first || { touch first; setsid sleep 60 & sleep 60; }"
        done = self.go("--timeout", "1s", "--retries", "1", "--", "sh", "-c", script)
        self.assertEqual((done.code, done.result["attempts"], done.result["flaky"]), (0, 2, True))
        self.assert_none_left()

    def test_a_command_that_is_not_there_is_not_tried_again(self):
        done = self.go("--timeout", "20s", "--retries", "3", "--", "/nowhere/command")
        self.assertEqual(done.code, 127)
        self.assertLessEqual(done.result["attempts"], 1)
        self.assertEqual(done.stderr.count("cannot be started"), 1, done.stderr)

    def test_a_run_that_is_cancelled_is_not_tried_again(self):
        going = self.begin("--timeout", "20s", "--retries", "3", "--", "sh", "-c",
                           "echo x >> tries; touch ready; sleep 60")
        self.await_file()
        going.process.terminate()
        done = going.wait()
        self.assertEqual((done.code, done.result["cause"]), (143, "cancelled"))
        self.assertEqual((self.folder / "tries").read_text(), "x\n")
        self.assert_none_left()

    def test_leaks_are_named_and_count_as_told(self):
        for rule, code in (("ignore", 0), ("warn", 0), ("fail", 1)):
            done = self.go("--timeout", "20s", "--leak", rule, "--", "sh", "-c",
                           "setsid sleep 60 & exit 0")
            self.assertEqual((done.code, done.result["command_exit"]), (code, 0), rule)
            self.assertEqual(len(done.result["leaks"]), 1, done.result)
            self.assertIn("sleep", done.result["leaks"][0])
            self.assertEqual("sleep" in done.stderr, rule != "ignore", done.stderr)
            self.assert_none_left()

    def test_a_leak_does_not_hide_the_code_of_a_command_that_failed(self):
        done = self.go("--timeout", "20s", "--leak", "fail", "--", "sh", "-c",
                       "setsid sleep 60 & exit 7")
        self.assertEqual((done.code, done.result["command_exit"]), (7, 7))


class BadInput(Running):
    def refused(self, *words: str, **options) -> str:
        done = self.go(*words, **options)
        self.assertEqual((done.code, done.stdout), (2, b""), f"{words}: {done.stderr}")
        self.assert_one_sentence(done.stderr)
        self.assertFalse((self.folder / "started").exists(), words)
        return done.stderr

    def test_an_unknown_kind_is_told_with_what_is_meant(self):
        self.assertIn("did you mean `unit`", self.refused("--kind", "unti", "--", "true"))
        self.assertIn("mission_critical", self.refused("--kind", "zzzzzzz", "--", "true"))
        policy = '[kind.nightly]\ntimeout = "1s"\n'
        self.assertIn("`nightly`", self.refused("--kind", "nightli", "--", "true", policy=policy))

    def test_a_malformed_duration_is_told_with_its_flag(self):
        for flag in ("--timeout", "--warn", "--grace"):
            for text in ("", "5", "5x", "s", "-1s", "1.5s", "1e3s", " 1s", "1s ", "inf", "nan",
                         "99999999999999999999h", "1h1h\n", "0x5s", "٣s"):
                said = self.refused(flag, text, "--", "touch", "started")
                self.assertIn(flag, said, text)
        self.assertIn("--timeout", self.refused("--timeout", "0s", "--", "touch", "started"))

    def test_a_warning_that_is_never_said_is_refused(self):
        for words in (("--timeout", "1s", "--warn", "1s"), ("--timeout", "1s", "--warn", "2s"),
                      ("--kind", "quick", "--warn", "30s")):
            self.assertIn("--warn", self.refused(*words, "--", "touch", "started"))

    def test_a_missing_command_is_told(self):
        for words in ((), ("--",), ("--kind", "unit"), ("--kind", "unit", "--")):
            self.assertIn("command", self.refused(*words))
        self.refused("--timeout", "1s", "--", "")

    def test_a_word_before_the_dashes_is_told(self):
        self.assertIn("`foo`", self.refused("foo", "--", "touch", "started"))
        self.assertIn("--", self.refused("touch", "started"))

    def test_what_is_no_value_of_a_flag_is_told(self):
        for flag, text in (("--on-timeout", "maybe"), ("--leak", "no"), ("--retries", "-1"),
                           ("--retries", "x"), ("--retries", "99999999999999999999"),
                           ("--retries", "1.5"), ("--retries", "")):
            self.assertIn(flag, self.refused(flag, text, "--", "touch", "started"))
        self.assertIn("did you mean --timeout", self.refused("--tiemout", "1s", "--", "true"))

    def test_a_policy_that_cannot_be_is_told_before_the_command_starts(self):
        for line in ('timeout = "5"', 'on_timeout = "maybe"', 'command = "true"', 'comand = []',
                     'retries = -1', 'leak = true', 'timeout = "1s"\nwarn = "2s"'):
            done = self.go("--kind", "nightly", "--", "touch", "started",
                           policy=f"[kind.nightly]\n{line}\n")
            self.assertEqual(done.code, 2, f"{line}: {done.stderr}")
            self.assertRegex(done.stderr, r"kind\.(nightly|\*)")
            self.assertFalse((self.folder / "started").exists(), line)


if __name__ == "__main__":
    unittest.main()
