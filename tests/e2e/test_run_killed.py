"""`curfew run` when it is itself killed, told to end, nested, or the first of a container."""

import os
import signal
import subprocess
import sys
import unittest
from contextlib import suppress
from pathlib import Path

from backends import wait_for
from harness import BINARY
from running import DAEMON, DEAF, HOPS, ROUNDS, Running, bearers
from surroundings import works


class Killed(Running):
    """Curfew itself gets SIGKILL: whoever watches over it ends the tree."""

    def orphans(self, *command: str):
        for _ in range(ROUNDS):
            (self.folder / "ready").unlink(missing_ok=True)
            going = self.begin("--timeout", "60s", "--", *command)
            self.await_file()
            os.kill(going.pid, signal.SIGKILL)
            going.process.wait(10)
            self.assert_none_left(seconds=15)

    def test_a_plain_command_is_ended(self):
        self.orphans("sh", "-c", "touch ready; sleep 120")

    def test_one_that_ignores_sigterm_is_ended(self):
        self.orphans("sh", "-c", DEAF)

    def test_one_in_another_session_is_ended(self):
        self.orphans("sh", "-c", "setsid sleep 120 & touch ready; wait")

    def test_a_daemon_without_parent_and_environment_is_ended(self):
        self.orphans(*self.python(DAEMON + "time.sleep(120)\n"))

    def test_one_that_stopped_itself_is_ended(self):
        self.orphans("sh", "-c", "touch ready; kill -STOP $$; sleep 120")

    def test_one_that_forks_on_and_on_is_ended(self):
        self.orphans(*self.python(HOPS))

    def test_a_kill_in_the_middle_of_the_grace_leaves_none(self):
        going = self.begin("--timeout", "500ms", "--grace", "60s", "--", "sh", "-c", DEAF)
        self.await_file()
        self.assertTrue(wait_for(lambda: "hung in" in going.stderr, 15), going.stderr)
        os.kill(going.pid, signal.SIGKILL)
        going.process.wait(10)
        self.assert_none_left(seconds=15)

    def test_one_that_kills_its_parent_is_ended_and_told_as_no_end_of_the_command(self):
        going = self.begin("--timeout", "20s", "--", "sh", "-c",
                           "kill -9 $PPID; setsid sleep 120 & sleep 120")
        done = going.wait()
        self.assert_none_left(seconds=15)
        self.assertNotEqual(done.code, 0)
        if done.code > 0:
            self.assertIn(done.result["cause"], ("failed", "cancelled"))
            self.assertTrue(done.result["error"], done.result)

    def test_one_that_kills_all_curfews_above_it_is_ended(self):
        script = ("up=$PPID; top=$(awk '/PPid/ {print $2}' /proc/$up/status); setsid sleep 120 & "
                  "kill -9 $top; sleep 120")
        going = self.begin("--timeout", "20s", "--", "sh", "-c", script)
        self.assertTrue(wait_for(lambda: going.process.poll() is not None, 20))
        self.assert_none_left(seconds=15)

    def test_nothing_of_curfew_itself_is_left_not_even_a_dead_one(self):
        """In a container whose first process takes nobody in, each would stay for good."""
        script = self.script(f"""
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # whoever loses its parent becomes a child of this
for words in (["true"], ["sh", "-c", "setsid sleep 60 & exit 0"], ["sleep", "60"]):
    subprocess.run([{BINARY!r}, "run", "--timeout", "500ms", "--", *words])
try:
    print(os.waitpid(-1, 0))
except ChildProcessError:
    print("none")
""")
        done = subprocess.run([sys.executable, script], cwd=self.folder, env=self.variables(),
                              capture_output=True, text=True, timeout=40)
        self.assertEqual(done.stdout, "none\n", done.stderr)


class Steps(Running):
    def test_sigterm_and_sighup_end_the_tree_and_the_own_code_passes(self):
        script = "trap 'exit 9' TERM HUP; setsid sleep 120 & touch ready; sleep 120 & wait"
        for number in (signal.SIGTERM, signal.SIGHUP):
            (self.folder / "ready").unlink(missing_ok=True)
            going = self.begin("--timeout", "20s", "--", "sh", "-c", script)
            self.await_file()
            going.process.send_signal(number)
            done = going.wait()
            self.assert_none_left()
            self.assertEqual((done.code, done.result["command_exit"], done.result["cause"]),
                             (9, 9, "cancelled"), done.stderr)

    def test_sigterm_to_curfew_ends_one_that_is_deaf_after_the_grace(self):
        going = self.begin("--timeout", "60s", "--grace", "300ms", "--", "sh", "-c", DEAF)
        self.await_file()
        going.process.terminate()
        done = going.wait()
        self.assert_none_left()
        self.assertEqual((done.code, done.result["cause"], done.result["killed"]),
                         (137, "cancelled", True))

    def test_nohup_before_curfew_holds_for_it_and_its_command(self):
        going = self.begin("--timeout", "20s", "--", "sh", "-c",
                           "touch ready; while [ ! -e go ]; do sleep 0.05; done; exit 8",
                           preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.await_file()
        os.killpg(going.pid, signal.SIGHUP)  # what a closing terminal does
        going.process.send_signal(signal.SIGHUP)
        (self.folder / "go").touch()
        done = going.wait()
        self.assertEqual((done.code, done.result["cause"]), (8, "completed"), done.stderr)

    def test_other_signals_are_passed_on(self):
        script = ("for s in USR1 USR2 QUIT WINCH; do trap \"echo $s >> got\" $s; done; "
                  "touch ready; while [ ! -e go ]; do sleep 0.05; done")
        going = self.begin("--timeout", "20s", "--", "sh", "-c", script)
        self.await_file()
        got = self.folder / "got"
        for name in ("USR1", "USR2", "QUIT", "WINCH"):
            going.process.send_signal(getattr(signal, "SIG" + name))
            self.assertTrue(wait_for(lambda: got.exists() and name in got.read_text(), 10), name)
        (self.folder / "go").touch()
        self.assertEqual(going.wait().code, 0)
        self.assertEqual(got.read_text().split(), ["USR1", "USR2", "QUIT", "WINCH"])

    def test_the_keeper_alone_killed_from_outside_leaves_none(self):
        going = self.begin("--timeout", "3s", "--grace", "300ms", "--", "sh", "-c",
                           "setsid sleep 120 & touch ready; wait")
        self.await_file()
        children = Path(f"/proc/{going.pid}/task/{going.pid}/children").read_text().split()
        self.assertNotEqual(children, [])
        for pid in children:
            with suppress(OSError):
                os.kill(int(pid), signal.SIGKILL)
        done = going.wait()
        self.assert_none_left(seconds=5)
        self.assertNotEqual(done.code, 0)


class Neighbours(Running):
    def test_who_runs_beside_it_in_its_process_group_is_left_alone(self):
        beside = (f"sleep 120 & echo $! > beside; \"$0\" run --timeout 500ms --grace 200ms -- "
                  f"sh -c '{DEAF.replace(chr(39), chr(34))}'; echo $?; kill -0 $(cat beside) "
                  "&& echo alive; kill $(cat beside)")
        done = subprocess.run(["sh", "-c", beside, BINARY], cwd=self.folder, timeout=30,
                              env=self.variables(), capture_output=True, text=True,
                              start_new_session=True)
        self.assertEqual(done.stdout, "124\nalive\n", done.stderr)

    def test_a_child_it_had_before_it_became_curfew_is_none_of_the_commands(self):
        """`exec > >(tee log); exec curfew run ...`: tee must read on to the end."""
        for command, code in (("exit 0", 0), ("sleep 120", 124)):
            beside = ("sleep 120 & echo $! > beside; exec \"$0\" run --timeout 500ms --result "
                      "result.json -- sh -c \"$1\"")
            done = subprocess.run(["sh", "-c", beside, BINARY, command], cwd=self.folder,
                                  env=self.variables(), stdout=subprocess.DEVNULL, timeout=30,
                                  stderr=subprocess.DEVNULL, start_new_session=True)
            self.assertEqual(done.returncode, code)
            pid = int((self.folder / "beside").read_text())
            self.assertEqual(bearers(self.mark), [pid])
            os.kill(pid, signal.SIGKILL)

    def test_a_run_in_a_run_is_ended_with_all_of_its_own(self):
        inner = [BINARY, "run", "--timeout", "60s", "--grace", "30s", "--"]
        done = self.go("--timeout", "1500ms", "--grace", "500ms", "--", *inner, "sh", "-c",
                       f"setsid sleep 120 & {DEAF}")
        self.assert_none_left(seconds=5)
        self.assertEqual((done.code, done.result["survivors"]), (124, 0), done.stderr)

    def test_the_time_out_of_a_run_in_a_run_is_its_own(self):
        done = self.go("--timeout", "20s", "--", BINARY, "run", "--timeout", "500ms", "--",
                       "sh", "-c", "setsid sleep 120 & sleep 120")
        self.assert_none_left()
        self.assertEqual((done.code, done.result["cause"], done.result["command_exit"]),
                         (124, "completed", 124), done.stderr)
        self.assertEqual(done.result["leaks"], [])

    def test_the_outer_of_two_killed_leaves_none(self):
        going = self.begin("--timeout", "60s", "--", BINARY, "run", "--timeout", "60s", "--",
                           "sh", "-c", "setsid sleep 120 & touch ready; wait")
        self.await_file()
        os.kill(going.pid, signal.SIGKILL)
        going.process.wait(10)
        self.assert_none_left(seconds=15)

    def test_several_at_once_do_not_end_each_other(self):
        lines = [[BINARY, "run", "--timeout", "20s", "--", "sh", "-c",
                  f"until [ -e go ]; do sleep 0.1; done; exit {n}"] for n in range(3, 7)]
        going = [subprocess.Popen(line, cwd=self.folder, env=self.variables()) for line in lines]
        done = self.go("--timeout", "500ms", "--grace", "200ms", "--", "sh", "-c", DEAF)
        self.assertEqual(done.code, 124)
        (self.folder / "go").touch()
        self.assertEqual([each.wait(20) for each in going], [3, 4, 5, 6])


@unittest.skipUnless(works(["unshare", "-pf", "--mount-proc"]), "no right to unshare")
class FirstProcess(Running):
    """As the first process of a container."""

    first = ("unshare", "-pf", "--mount-proc")

    @staticmethod
    def first_inside(pid: int) -> bool:
        with open(f"/proc/{pid}/status") as status:
            numbers = next(line for line in status if line.startswith("NSpid:")).split()[1:]
        return len(numbers) > 1 and numbers[-1] == "1"

    def test_the_own_code_passes(self):
        done = self.go("--timeout", "20s", "--", "sh", "-c", "exit 6", wrap=self.first)
        self.assertEqual((done.code, done.result["exit"]), (6, 6), done.stderr)

    def test_a_time_out_is_124_and_nothing_is_left(self):
        done = self.go("--timeout", "1s", "--grace", "300ms", "--", "sh", "-c",
                       "setsid sleep 120 & trap '' TERM; while :; do sleep 0.1; done",
                       wrap=self.first)
        self.assert_none_left()
        self.assertEqual((done.code, done.result["cause"], done.result["survivors"]),
                         (124, "own_timeout", 0), done.stderr)

    def test_it_takes_in_orphans_and_none_stays_a_zombie(self):
        script = ("i=0; while [ $i -lt 30 ]; do (setsid true &); i=$((i+1)); done; "
                  "n=0; while grep -qs '^State:.Z' /proc/[0-9]*/status && [ $n -lt 100 ]; "
                  "do sleep 0.1; n=$((n+1)); done; "
                  "grep -hs '^State:.Z' /proc/[0-9]*/status; exit 0")
        done = self.go("--timeout", "25s", "--", "sh", "-c", script, wrap=self.first)
        self.assertEqual((done.code, done.stdout), (0, b""), done.stderr)

    def test_sigterm_from_outside_ends_it(self):
        going = self.begin("--timeout", "60s", "--grace", "300ms", "--", "sh", "-c",
                           "trap 'exit 9' TERM; touch ready; sleep 120 & wait", wrap=self.first)
        self.await_file()
        inside = [pid for pid in bearers(self.mark) if self.first_inside(pid)]
        self.assertEqual(len(inside), 1)
        os.kill(inside[0], signal.SIGTERM)
        done = going.wait()
        self.assert_none_left()
        self.assertEqual((done.code, done.result["cause"]), (9, "cancelled"), done.stderr)


if __name__ == "__main__":
    unittest.main()
