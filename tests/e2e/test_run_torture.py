"""`curfew run` ends whole trees that do all they can to stay; GNU timeout beside it as control.

Each script says `ready` once it has done what it is here for. What is left is counted by a mark in
the environment, or among the arguments of those that threw their environment away. How often each
is ended: $TORTURE_ROUNDS, by default once.
"""

import os
import signal
import subprocess
import sys
import unittest

from harness import BINARY
from running import (CROWD, DAEMON, DEAD_LEADER, DEAF, DOUBLE_FORK, FAST_HOPS, GUARDS, HOPS, LOOKS,
                     NOT_DUMPABLE, ROUNDS, SUBREAPER, ZOMBIES, Going, Running, bearers,
                     living_threads)
from surroundings import works


class Torture(Running):
    seconds = "1500ms"

    def endure(self, *command: str, killed: bool | None = None, wrap: tuple[str, ...] = ()) -> dict:
        """The command times out, and nothing of it is left when curfew ends."""
        for _ in range(ROUNDS):
            (self.folder / "ready").unlink(missing_ok=True)
            going = self.begin("--timeout", self.seconds, "--grace", "300ms", "--", *command,
                               wrap=wrap)
            done = going.wait()
            self.assert_none_left()
            self.assertEqual(done.code, 124, done.stderr)
            self.assertEqual((done.result["cause"], done.result["survivors"],
                              done.result["survivor_names"]), ("own_timeout", 0, []))
            self.assertTrue((self.folder / "ready").exists(), "the script did not get there")
            if killed is not None:
                self.assertEqual(done.result["killed"], killed)
        return done.result

    def control(self, *command: str) -> int:
        """How many GNU timeout leaves of the same; they are ended here."""
        mark, self.mark = self.mark, self.new_mark()
        (self.folder / "ready").unlink(missing_ok=True)
        command = tuple(word.replace(mark, self.mark) for word in command)
        going = Going(["timeout", "-k", "0.3", "1.5", *command], self.folder,
                      env=self.variables(), start_new_session=True)
        self.addCleanup(going.kill)
        going.wait()
        left = len(bearers(self.mark, LOOKS))
        self.end(self.mark)
        self.mark = mark
        return left

    def test_one_that_ignores_sigterm_is_killed(self):
        self.endure(*self.shell(DEAF), killed=True)

    def test_a_child_that_ignores_sigterm_below_a_leader_that_obeys_is_killed(self):
        self.endure(*self.shell(f"sh -c \"{DEAF}\" & sleep 120"), killed=True)

    def test_one_that_obeys_is_not_killed(self):
        self.endure(*self.shell("touch ready; sleep 120"), killed=False)

    def test_one_in_a_session_of_its_own_is_ended_where_timeout_leaves_it(self):
        command = self.shell("setsid sleep 120 & touch ready; wait")
        self.endure(*command)
        self.assertEqual(self.control(*command), 1)

    def test_a_double_fork_is_ended_where_timeout_leaves_it(self):
        command = self.python(DOUBLE_FORK + "time.sleep(120)\n")
        self.endure(*command)
        self.assertGreaterEqual(self.control(*command), 1)

    def test_one_without_an_environment_a_session_and_a_parent_is_ended(self):
        command = self.python(DAEMON + "time.sleep(120)\n")
        self.endure(*command)
        self.assertEqual(self.control(*command), 1)

    def test_a_daemon_whose_leader_went_well_is_named_and_ended(self):
        for text in (DOUBLE_FORK, DAEMON):
            waits = "import os, time\nwhile not os.path.exists('ready'):\n    time.sleep(0.01)\n"
            (self.folder / "ready").unlink(missing_ok=True)
            done = self.go("--timeout", "20s", "--grace", "300ms", "--", *self.python(text + waits))
            self.assert_none_left()
            self.assertEqual((done.code, done.result["cause"]), (0, "completed"))
            self.assertEqual((len(done.result["leaks"]), done.result["survivors"]), (1, 0))
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_nohup_is_no_help(self):
        self.endure(*self.shell("nohup sleep 120 > /dev/null 2>&1 & touch ready; wait"))
        self.endure("nohup", *self.shell("touch ready; sleep 120"))

    def test_one_that_stopped_itself_is_ended_and_named_as_stopped(self):
        told = self.endure(*self.shell("touch ready; kill -STOP $$; sleep 120"))
        self.assertIn("stopped", told["hung_in"])
        self.assertEqual(told["suspended_ms"], 0)

    def test_a_stopped_grandchild_in_another_session_is_ended(self):
        command = self.shell("setsid sh -c 'touch ready; kill -STOP $$; sleep 120' & wait")
        self.endure(*command)
        self.assertEqual(self.control(*command), 1)

    def test_one_that_closed_all_its_files_is_ended(self):
        self.endure(*self.shell("touch ready; exec <&- >&- 2>&-; sleep 120"))

    def test_one_that_forks_on_and_on_out_of_each_session_is_ended(self):
        command = self.python(HOPS)
        self.endure(*command)
        self.assertGreaterEqual(self.control(*command), 1)

    def test_one_that_forks_on_as_fast_as_it_can_is_ended(self):
        self.endure(*self.python(FAST_HOPS))

    def test_three_that_each_restart_a_child_are_ended(self):
        self.endure(*self.python(GUARDS))

    @unittest.skipUnless(os.uname().machine == "x86_64", "the number of a system call is needed")
    def test_a_daemon_whose_first_thread_is_dead_is_ended(self):
        """It looks like a zombie and is none: its other thread lives on."""
        command = self.python(DEAD_LEADER)
        self.endure(*command)
        pid = int((self.folder / "ready").read_text())
        left = living_threads(pid)
        if left:
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(left, 0, "its other thread lives on")

    def test_a_crowd_is_ended(self):
        self.endure(*self.python(CROWD))

    def test_a_maker_of_zombies_is_ended(self):
        self.endure(*self.python(ZOMBIES))

    def test_one_that_takes_in_the_orphans_below_it_is_ended(self):
        self.endure(*self.python(SUBREAPER))

    def test_one_that_must_not_be_looked_into_is_ended(self):
        self.endure(*self.python(NOT_DUMPABLE))

    @unittest.skipUnless(works(["setpriv", "--reuid", "65534"]), "cannot become somebody else")
    def test_one_that_became_another_user_is_ended(self):
        self.folder.chmod(0o777)
        self.endure("setpriv", "--reuid", "65534", *self.shell("touch ready; setsid sleep 120"))

    @unittest.skipUnless(works(["unshare", "-pf", "--mount-proc"]), "no right to unshare")
    def test_one_in_a_space_of_its_own_for_processes_is_ended(self):
        self.endure("unshare", "-pf", "--mount-proc", *self.shell(
            "trap '' TERM; setsid sleep 120 & touch ready; sleep 120"))

    @unittest.skipUnless(works(["script", "--version"]), "no script")
    def test_one_that_holds_a_terminal_of_its_own_is_ended(self):
        self.endure("script", "-qefc", "touch ready; trap '' HUP TERM; sleep 120", "/dev/null")

    @unittest.skipUnless(works(["node", "--version"]), "no node")
    def test_node_with_a_detached_child_is_ended(self):
        self.seconds = "3s"
        script = self.script("""
            const {spawn} = require('child_process');
            for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => {});
            const child = spawn('sleep', ['120'], {detached: true, stdio: 'ignore'});
            child.unref();
            require('fs').writeFileSync('ready', '');
            setInterval(() => {}, 1000);
        """, "script.js")
        self.endure("node", script, killed=True)

    def test_one_that_fills_a_pipe_nobody_reads_is_ended(self):
        ours, theirs = os.pipe()
        with open(ours, "rb"), open(theirs, "wb") as full:
            going = self.begin("--timeout", "1s", "--grace", "300ms", "--", "yes", stdout=full)
            done = going.wait()
        self.assert_none_left()
        self.assertEqual((done.code, done.result["cause"]), (124, "own_timeout"))
        self.assertIn("write", done.result["hung_in"])

    def test_one_that_writes_all_it_can_is_ended_in_time(self):
        done = self.go("--timeout", "700ms", "--", "cat", "/dev/zero",
                       stdout=subprocess.DEVNULL)
        self.assert_none_left()
        self.assertEqual((done.code, done.result["survivors"]), (124, 0))

    def test_a_reader_behind_it_ends_although_a_grandchild_held_the_pipe(self):
        line = [BINARY, "run", "--timeout", "60s", "--ledger", "off", "--", "sh", "-c",
                "setsid sleep 120 & echo said"]
        done = subprocess.run(line, capture_output=True, env=self.variables(), timeout=30)
        self.assert_none_left()
        self.assertEqual((done.returncode, done.stdout), (0, b"said\n"))

    def test_death_by_each_signal_is_128_and_its_number(self):
        dying = self.script("import os, resource, signal, sys\nnumber = int(sys.argv[1])\n"
                            "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
                            "if number != 9:\n    signal.signal(number, signal.SIG_DFL)\n"
                            "os.kill(os.getpid(), number)\n")
        passed_over = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU,
                       signal.SIGCONT, signal.SIGCHLD, signal.SIGURG, signal.SIGWINCH}
        for number in sorted(signal.valid_signals() - passed_over):
            if 32 <= number < signal.SIGRTMIN or signal.SIGRTMIN < number < signal.SIGRTMAX:
                continue
            done = self.go("--timeout", "20s", "--", sys.executable, dying, str(int(number)))
            self.assertEqual(done.code, 128 + number, done.stderr)
            told = done.result
            self.assertEqual((told["cause"], told["signal"], told["command_exit"], told["exit"]),
                             ("completed", number, None, 128 + number))

    def test_a_signal_to_its_whole_group_is_passed_as_the_commands_own_end(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            done = self.go("--timeout", "20s", "--", "sh", "-c",
                           f"setsid sleep 120 & kill -{int(number)} 0; sleep 120")
            self.assertEqual(done.code, 128 + number, done.stderr)
            self.assert_none_left()


if __name__ == "__main__":
    unittest.main()
