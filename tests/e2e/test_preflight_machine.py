"""`curfew preflight` before commands, disks, memory, the clock, and what nobody can mean."""

import ctypes
import os
import signal
import subprocess
import time
import unittest
import uuid

from backends import wait_for
from surroundings import SECRET, Babbler, Looking, marked, mounted, one, works


class Commands(Looking):
    def run_of(self, *words: str, more: tuple[str, ...] = ()) -> str:
        return one("command", f"command = {list(words)!r}".replace("'", '"'), *more)

    def script(self, text: str, mode: int = 0o755) -> str:
        path = self.folder / "check.sh"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(mode)
        return str(path)

    def test_one_that_ends_with_0_passes(self):
        self.healthy(self.run_of("true"))
        self.healthy(self.run_of(self.script("exit 0")))

    def test_one_that_fails_is_told_with_its_last_words(self):
        path = self.script("echo first >&2; printf '\\033[31mthe queue is gone\\n' >&2; exit 3")
        answer = self.fails("unknown", "3.*the queue is gone", self.run_of(path), budget=1)
        self.assertEqual(answer["decision"], "block")
        self.fails("unknown", "SIGKILL|signal 9", self.run_of(self.script("kill -9 $$")), budget=1)

    def test_one_that_is_not_there_or_cannot_run_is_told_at_once(self):
        for path, kind in (("/nowhere/check", "config"), ("no-such-command-here", "config"),
                           (self.script("exit 0", 0o644), "auth")):
            answer = self.fails(kind, path.split("/")[-1], self.run_of(path), budget=10)
            self.assertEqual((answer["decision"], answer["checks"][0]["attempts"]), ("block", 1))

    def test_one_that_hangs_is_killed_with_all_its_children(self):
        marker = uuid.uuid4().hex
        path = self.script("trap '' TERM INT HUP; setsid sleep 321 & (sleep 322 & sleep 323) &\n"
                           "nohup sleep 324 & exec 2>&-; sleep 325; sleep 326")
        answer = self.fails("unknown", "did not end in time and was killed",
                            self.run_of(path, more=('timeout = "500ms"',)), budget=1, MARK=marker)
        self.assertEqual(answer["decision"], "block")
        self.assertTrue(wait_for(lambda: marked(marker) == [], 3), marked(marker))

    def test_one_that_leaves_a_daemon_behind_leaves_none(self):
        marker = uuid.uuid4().hex
        path = self.script("setsid sh -c 'exec sleep 327 >&- 2>&-' & exit 0")
        self.look(self.run_of(path), budget=5, MARK=marker)
        self.assertTrue(wait_for(lambda: marked(marker) == [], 3), marked(marker))

    def test_one_that_never_stops_talking_is_bounded(self):
        path = self.script("yes 'all the words there are' >&2")
        answer = self.look(self.run_of(path, more=('timeout = "700ms"',)), budget=1)
        self.assertLess(len(answer["failures"][0]["found"]), 500)

    def test_interrupted_in_the_middle_it_ends_soon_and_leaves_none(self):
        path = self.script("setsid sleep 331 & sleep 332")
        for number in (signal.SIGINT, signal.SIGTERM):
            marker = uuid.uuid4().hex
            self.write(self.run_of(path, more=('timeout = "1m"',)))
            with self.subTest(number), subprocess.Popen(
                    self.line("--json"), cwd=self.folder, env=self.variables(MARK=marker),
                    stdout=subprocess.PIPE, text=True) as looking:
                self.assertTrue(wait_for(lambda: len(marked(marker)) >= 4))
                began = time.monotonic()
                looking.send_signal(number)
                out, _ = looking.communicate(timeout=15)
                self.assertLess(time.monotonic() - began, 4)
                self.assertEqual((looking.returncode, out), (128 + number, ""))
                self.assertTrue(wait_for(lambda: marked(marker) == [], 3), marked(marker))


class Machine(Looking):
    def test_a_disk_with_room_passes_and_nothing_is_left_on_it(self):
        before = sorted(self.folder.iterdir())
        self.healthy(one("disk", 'free = "1MiB"', target=str(self.folder)))
        self.assertEqual(sorted(p for p in self.folder.iterdir() if p.name != "curfew.toml"),
                         before)

    def test_more_room_than_there_is_is_of_the_kind_disk_at_once(self):
        answer = self.fails("disk", r"has \d+ MiB left, and 1000000GiB are asked for",
                            one("disk", 'free = "1000000GiB"', target=str(self.folder)), budget=10)
        self.assertEqual((answer["decision"], answer["checks"][0]["attempts"]), ("block", 1))

    def test_a_directory_that_is_not_there_is_of_the_kind_config(self):
        file = self.folder / "file"
        file.touch()
        for path in ("/nowhere/at/all", f"{file}/below"):
            self.fails("config", "No such file or directory|Not a directory",
                       one("disk", target=path), budget=1)

    @unittest.skipUnless(works(mounted("/mnt")), "nothing can be mounted here")
    def test_a_disk_that_is_read_only_or_full_is_of_the_kind_disk(self):
        small = self.folder / "small"
        small.mkdir()
        check = one("disk", 'free = "4KiB"', target=str(small))
        answer = self.fails("disk", "takes no file: Read-only file system", check,
                            wrap=mounted(str(small), "1m", ",ro"))
        self.assertEqual(answer["checks"][0]["attempts"], 1)
        fill = f"{{ head -c 2M /dev/zero > '{small}/file' 2>/dev/null || true; }}"
        self.fails("disk", "MiB left|No space left", check, wrap=mounted(str(small), then=fill))
        self.healthy(check, wrap=mounted(str(small)))

    @unittest.skipIf(os.geteuid(), "only root can become another user")
    def test_a_directory_of_somebody_else_is_of_the_kind_auth(self):
        self.folder.chmod(0o755)
        other = self.folder / "other"
        other.mkdir(mode=0o755)
        self.fails("auth", "takes no file: Permission denied", one("disk", target=str(other)),
                   wrap=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])

    def test_memory_that_is_there_passes(self):
        self.healthy(one("memory", 'free = "1MiB"'))

    def test_more_memory_than_there_is_blocks(self):
        answer = self.fails("unknown", r"the memory has \d+ MiB left, and 1000000GiB are asked",
                            one("memory", 'free = "1000000GiB"'), budget=1)
        self.assertEqual(answer["decision"], "block")

    def test_the_clock_is_as_the_kernel_says(self):
        libc = ctypes.CDLL(None, use_errno=True)
        room = ctypes.create_string_buffer(1024)  # struct timex, with modes = 0: only asks
        unkept = libc.adjtimex(room) == 5
        if unkept:
            self.fails("config", "kept by nobody", one("clock"), budget=1)
        else:
            self.healthy(one("clock"))


class Hostile(Looking):
    def refuse(self, policy: str, *said: str, words=(), **variables: str):
        self.write(policy)
        done = self.preflight(*words, **variables)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertNotIn(SECRET, done.stderr)
        for each in said:
            self.assertIn(each, done.stderr)

    def test_what_cannot_be_is_2_with_its_place_and_shows_no_password(self):
        bad = f"postgresql://shop:{SECRET}@"
        for policy, *said in (
                (one("postgres", target=bad), "curfew.toml:3:10"),
                (one("postgres", target=f"{bad}h:99999/shop"), "curfew.toml:3:10"),
                (one("postgres", target=f"{bad}h/a b"), "curfew.toml:3:10"),
                (one("postgres", target=f"postgresql://shop:{SECRET}%zz@h/"), "well written"),
                (one("redis", target=f"redisss://:{SECRET}@h"), "did you mean `rediss://`?"),
                (one("tcp", target=f"shop:{SECRET}@h:1"), "does not use one"),
                (one("postgers", target=f"{bad}h/"), 'did you mean "postgres"?'),
                (one("tcp", target="h:1\\u0000"), "curfew.toml:3:10"),
                (one("tcp", 'timeout = "never"', target="h:1"), 'cannot be "never"'),
                (one("tcp", 'timeout = "0s"', target="h:1"), "10ms"),
                (one("tcp", "timeout = nan", target="h:1"), "timeout"),
                (one("clock", 'querry = "SELECT 1"'), "querry"),
                (one("http", "status = 600", target="http://h"), "599"),
                (one("disk", 'free = "-1MiB"', target="/"), "free"),
                ('[check."a\\nb"]\ntype = "clock"\n', "curfew.toml:1"),
                ('[check.""]\ntype = "clock"\n', "curfew.toml:1"),
                ("check = 7\n", "curfew.toml:1"),
                ('[startup]\nbudget = "0s"\n', "budget"),
                ('[startup]\nbypass_kinds = ["unknown"]\n', "nobody understands"),
                ('[startup]\nbypass_kinds = ["vpc_conector"]\n', "did you mean `vpc_connector`?")):
            with self.subTest(policy=policy):
                self.refuse(policy, *said)

    def test_no_verb_shows_the_target_of_a_check(self):
        where = f"postgresql://shop:{SECRET}@127.0.0.1:9/shop?password={SECRET}"
        self.write(one("postgres", target=where))
        for words in (("check",), ("check", "--json"), ("check", "--explain", "check"),
                      ("check", "--explain", "check.it.target", "--json")):
            done = self.curfew(*words, CURFEW_CHECK_IT_TARGET=where)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn(SECRET, done.stdout + done.stderr)

    def test_bad_words_on_the_line_are_2(self):
        clock = one("clock")
        for words, said in ((("--budget", "0s"), "budget"), (("--budget", "-1s"), "budget"),
                            (("--budget", "nan"), "durations are"), (("--budget", ""), "budget"),
                            (("--budget", "never"), "durations are"),
                            (("--budget", "99999h"), "budget"), (("--env", "stagin"), "staging"),
                            (("--pressure", "vpc_conector_scaling"), "did you mean"),
                            (("--pressure", "memory=2"), "from 0 to 1"),
                            (("--simulate", "auth", "--budget", "5s"), "--simulate"),
                            (("--simulate", "auth", "--pressure", "cpu"), "--simulate"),
                            (("--simulat", "auth"), "--simulate")):
            with self.subTest(words=words):
                self.refuse(clock, said, words=words)

    def test_a_yes_that_is_none_is_2_before_anything_is_looked_at(self):
        there = self.backend(Babbler(b""))
        for value in ("yes", "1", "on", "true ", "TRUE\n"):
            self.refuse(one("tcp", target="127.0.0.1:%d" % there.address[1]),
                        "BYPASS_STARTUP_VALIDATION is neither true nor false",
                        BYPASS_STARTUP_VALIDATION=value)
        self.assertEqual(there.connections, 0)

    def test_nothing_to_look_at_is_void(self):
        for words in ((), ("--json",), ("--env", "production")):
            self.write("")
            done = self.preflight(*words)
            self.assertEqual((done.returncode, done.stdout), (4, ""))
            self.assert_one_sentence(done.stderr, "nothing was checked")

    def test_an_answer_that_nobody_reads_is_no_success(self):
        self.write(one("disk", 'free = "1MiB"', target="/tmp"))
        with open("/dev/full", "w") as full:
            done = subprocess.run(self.line("--json"), cwd=self.folder, env=self.variables(),
                                  stdout=full, stderr=subprocess.PIPE, text=True, timeout=15)
        self.assertNotEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
