"""`curfew run` in a terminal: an interactive bash with job control notices no difference."""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import threading
import unittest
from contextlib import suppress

from backends import wait_for
from harness import BINARY
from running import DEAF, Running, bearers, state_of

PATIENCE = 15.0  # seconds a terminal may take to show what it should
RUN = "$C run --result r.json"


class Shell:
    """An interactive bash in a terminal of its own; `seen` is all that came out of it."""

    def __init__(self, folder, variables: dict[str, str]):
        self.ours, theirs = pty.openpty()
        self.text, self.told = "", 0

        def take_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "--noediting", "-i"], cwd=folder, stdin=theirs,
            stdout=theirs, stderr=theirs, preexec_fn=take_terminal,
            env={**variables, "PS1": "here> ", "TERM": "dumb", "C": BINARY, "HISTFILE": "",
                 "LC_ALL": "C.UTF-8"})
        os.close(theirs)
        self.leaving = threading.Event()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.see("here>")

    def read(self):
        """Never waits in the terminal itself, which could not be hung up then."""
        with suppress(OSError):
            while not self.leaving.is_set():
                if select.select([self.ours], [], [], 0.05)[0]:
                    self.text += os.read(self.ours, 65536).decode(errors="replace")

    def hang_up(self):
        self.leaving.set()
        self.reader.join(5)
        with suppress(OSError):
            os.close(self.ours)
        self.ours = -1

    def press(self, keys: str):
        """What comes from now on is new."""
        self.told = len(self.text)
        os.write(self.ours, keys.encode())

    def type(self, line: str):
        self.press(line + "\n")

    @property
    def seen(self) -> str:
        return self.text[self.told:]

    def see(self, pattern: str, seconds: float = PATIENCE) -> re.Match:
        if not wait_for(lambda: re.search(pattern, self.seen, re.M), seconds):
            raise AssertionError(f"{pattern!r} was not seen in {self.seen!r}")
        return re.search(pattern, self.seen, re.M)

    def run(self, line: str) -> str:
        """Its output, up to the mark that is said after it."""
        self.type(f"{line}; echo EN''D")
        self.see("^END")
        return self.seen.split("\n", 1)[1].split("END")[0].replace("\r", "")

    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.ours)[3] & termios.ECHO)

    def resize(self, columns: int, rows: int):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(5)
        self.hang_up()


@unittest.skipUnless(shutil.which("bash"), "no bash")
class InTerminal(Running):
    def setUp(self):
        super().setUp()
        self.shell = Shell(self.folder, self.variables())
        self.addCleanup(self.shell.stop)

    def told(self) -> dict:
        path = self.folder / "r.json"
        self.assertTrue(wait_for(path.exists, PATIENCE), "no result")
        return json.loads(path.read_text())

    def begin_line(self, command: str, flags: str = ""):
        """The command is to touch `ready`."""
        self.shell.type(f"{RUN} {flags} -- {command}; echo code=$?")
        self.await_file()

    def code(self, seconds: float = PATIENCE) -> int:
        return int(self.shell.see(r"code=(\d+)", seconds)[1])

    def interrupt(self):
        """Ctrl-C, as slowly as by hand: two that come at once are one to whom they reach."""
        self.shell.press("\x03")
        taken = 1 << (signal.SIGINT - 1)

        def pending(pid: int) -> bool:
            with suppress(OSError), open(f"/proc/{pid}/status") as status:
                return any(int(line.split()[1], 16) & taken for line in status
                           if line.startswith(("SigPnd", "ShdPnd")))
            return False
        self.shell.see(r"\^C")  # the terminal shows it when it has sent the signal
        self.assertTrue(wait_for(lambda: not any(map(pending, bearers(self.mark))), 5))

    def only_the_shell_is_left(self):
        self.assertTrue(wait_for(lambda: bearers(self.mark) == [self.shell.process.pid], 5),
                        [(pid, state_of(pid)) for pid in bearers(self.mark)])


class CtrlC(InTerminal):
    def test_one_is_passed_on_and_the_command_decides(self):
        self.begin_line("sh -c 'trap \"echo once >> got; exit 5\" INT; touch ready; "
                        "while :; do sleep 0.1; done'")
        self.shell.press("\x03")
        self.assertEqual(self.code(), 5)
        self.assertEqual((self.folder / "got").read_text(), "once\n", "it came more than once")
        told = self.told()
        self.assertEqual((told["command_exit"], told["killed"]), (5, False))
        self.only_the_shell_is_left()

    def test_a_command_that_goes_on_after_one_is_let_go_on(self):
        self.begin_line("sh -c 'trap \"touch got\" INT; touch ready; until [ -e got ]; "
                        "do sleep 0.1; done; sleep 1; echo went on; exit 4'")
        self.shell.press("\x03")
        self.shell.see("went on")
        self.assertEqual(self.code(), 4)

    def test_the_second_kills(self):
        self.begin_line(f"sh -c \"{DEAF}\"", "--grace 30s")
        self.interrupt()
        self.interrupt()
        self.assertEqual(self.code(), 137)
        self.assertEqual((self.told()["cause"], self.told()["killed"]), ("cancelled", True))
        self.only_the_shell_is_left()

    def test_the_second_kills_what_left_the_session_too(self):
        script = self.script(f"setsid sh -c \"{DEAF}\" &\n{DEAF}\n", "both.sh")
        self.begin_line(f"sh {script}", "--grace 30s")
        self.interrupt()
        self.interrupt()
        self.code()
        self.only_the_shell_is_left()

    def test_three_in_a_row_give_the_prompt_back_and_leave_nothing(self):
        self.begin_line(f"sh -c \"{DEAF}\"", "--grace 30s")
        for _ in range(3):
            self.interrupt()
        self.assertTrue(wait_for(lambda: "here>" in self.shell.text.rsplit("^C", 1)[1], PATIENCE),
                        self.shell.seen)
        self.only_the_shell_is_left()

    def test_a_loop_of_the_shell_ends_with_its_run(self):
        self.shell.type("for n in 1 2 3; do echo turn $n; "
                        f"{RUN} -- sh -c 'touch ready; sleep 60'; done")
        self.await_file()
        self.shell.press("\x03")
        self.shell.see("here>")
        self.assertNotIn("turn 2", self.shell.text.replace("turn $n", ""))
        self.only_the_shell_is_left()

    def test_a_script_ends_with_its_run_as_without_curfew(self):
        script = self.script(f"{RUN} -- sh -c 'touch ready; sleep 60'\necho next\n", "suite.sh")
        self.shell.type(f"bash {script}")
        self.await_file()
        self.shell.press("\x03")
        self.shell.see("here>")
        self.assertNotIn("next", self.shell.seen)
        self.shell.type("echo code=$?")
        self.assertEqual(self.code(), 130)
        self.only_the_shell_is_left()

    def test_an_interrupted_run_is_130_and_told_as_cancelled(self):
        self.begin_line("sh -c 'touch ready; sleep 60'")
        self.shell.press("\x03")
        self.shell.see("here>")
        self.shell.type("echo code=$?")
        self.assertEqual(self.code(), 130)
        told = self.told()
        self.assertEqual((told["cause"], told["signal"], told["exit"]), ("cancelled", 2, 130))
        self.only_the_shell_is_left()

    def test_ctrl_backslash_is_passed_on(self):
        self.begin_line("sh -c 'trap \"exit 6\" QUIT; touch ready; while :; do sleep 0.1; done'")
        self.shell.press("\x1c")
        self.assertEqual(self.code(), 6)
        self.only_the_shell_is_left()


class CtrlZ(InTerminal):
    def stop_it(self, command: str = "sh -c 'touch ready; sleep 2; exit 4'", flags: str = ""):
        """By Ctrl-Z; each of them stands still then."""
        self.shell.type(f"{RUN} {flags} -- {command}")
        self.await_file()
        self.shell.press("\x1a")
        self.shell.see("Stopped")
        self.shell.see("here>")

    def states(self) -> dict[int, str]:
        return {pid: state_of(pid) for pid in bearers(self.mark) if pid != self.shell.process.pid}

    def test_all_of_it_stands_still_and_fg_goes_on(self):
        self.stop_it()
        self.assertTrue(wait_for(lambda: self.command_states() == {"T"}, 5), self.states())
        self.shell.type("fg; echo code=$?")
        self.assertEqual(self.code(), 4)
        self.only_the_shell_is_left()

    def command_states(self) -> set[str]:
        """Of the command, which knows its run; curfew's own keeper may be awake."""
        found = set()
        for pid, state in self.states().items():
            with suppress(OSError), open(f"/proc/{pid}/environ", "rb") as known:
                if b"CURFEW_RUN_ID=" in known.read():
                    found.add(state)
        return found

    def test_the_time_it_stood_still_is_not_counted(self):
        self.stop_it("sh -c 'touch ready; sleep 0.5; exit 4'", "--timeout 4s")
        self.shell.run("sleep 5")
        self.shell.type("fg; echo code=$?")
        self.assertEqual(self.code(), 4)
        told = self.told()
        self.assertEqual(told["cause"], "completed")
        self.assertGreater(told["suspended_ms"], 4500)
        self.assertLess(told["duration_ms"], 4000)

    def test_after_fg_its_time_still_runs_out(self):
        self.stop_it("sh -c 'touch ready; sleep 120'", "--timeout 2s --grace 300ms")
        self.shell.type("fg; echo code=$?")
        self.assertEqual(self.code(), 124)
        self.only_the_shell_is_left()

    def test_kill_ends_a_stopped_one(self):
        self.stop_it("sh -c 'touch ready; setsid sleep 120 & sleep 120'", "--grace 300ms")
        self.shell.type("kill %1")
        self.only_the_shell_is_left()

    def test_twice_is_as_good_as_once(self):
        self.stop_it("sh -c 'touch ready; until [ -e go ]; do sleep 0.1; done; exit 4'")
        self.shell.type("fg")
        self.shell.see("curfew|run")
        self.assertTrue(wait_for(lambda: "T" not in self.command_states(), 5), self.states())
        self.shell.press("\x1a")
        self.shell.see("Stopped")
        (self.folder / "go").touch()
        self.shell.type("fg; echo code=$?")
        self.assertEqual(self.code(), 4)

    def test_bg_goes_on_in_the_background(self):
        self.stop_it("sh -c 'touch ready; until [ -e go ]; do sleep 0.1; done; exit 4'")
        self.shell.type("bg")
        self.assertTrue(wait_for(lambda: "T" not in self.command_states(), 5), self.states())
        (self.folder / "go").touch()
        self.shell.type("wait %1; echo code=$?")
        self.assertEqual(self.code(), 4)

    def test_a_stopped_one_is_ended_with_its_terminal(self):
        self.stop_it("sh -c 'touch ready; sleep 120'")
        self.shell.hang_up()
        self.shell.process.wait(15)
        self.assert_none_left(seconds=15)


class Manners(InTerminal):
    def test_it_is_in_the_foreground_group_of_its_terminal(self):
        said = self.shell.run(f"{RUN} --kind unit -- sh -c 'ps -o pgid=,tpgid= -p $$; "
                              "test -t 0 && test -t 1 && test -t 2 && echo all'")
        groups = said.split()
        self.assertEqual(groups[0], groups[1], said)
        self.assertIn("all", said)

    def test_it_reads_from_the_terminal(self):
        self.shell.type(f"{RUN} -- sh -c 'echo ask; read word; echo got \"<$word>\"'")
        self.shell.see("^ask")
        self.shell.type("an answer")
        self.shell.see("^got <an answer>")
        self.shell.see("here>")

    def test_the_end_of_input_arrives(self):
        self.shell.type(f"{RUN} -- cat; echo code=$?")
        self.assertTrue(wait_for(lambda: len(self.command_pids()) == 1, 10))
        self.shell.type("line")
        self.shell.see("line\r\nline")
        self.shell.press("\x04")
        self.assertEqual(self.code(), 0)

    def command_pids(self) -> list[int]:
        return [pid for pid in bearers(self.mark)
                if open(f"/proc/{pid}/cmdline").read().startswith("cat")]

    def test_a_word_of_passage_is_not_shown_and_the_echo_comes_back(self):
        script = self.script("import getpass\nprint('len', len(getpass.getpass('secret? ')))\n")
        self.shell.type(f"{RUN} -- python3 {script}; echo code=$?")
        self.shell.see(r"secret\? ")
        self.assertTrue(wait_for(lambda: not self.shell.echoes(), 5))
        self.shell.press("hush-hush\n")
        self.shell.see("^len 9")
        self.assertEqual(self.code(), 0)
        self.assertNotIn("hush", self.shell.text)
        self.assertTrue(wait_for(self.shell.echoes, 5))

    def test_the_size_of_the_window_arrives(self):
        self.shell.resize(100, 30)
        self.begin_line("bash -c 'trap \"stty size; exit 3\" WINCH; stty size; touch ready; "
                        "while :; do sleep 0.1; done'")
        self.shell.see("^30 100")
        self.shell.resize(77, 22)
        self.shell.see("^22 77")
        self.assertEqual(self.code(), 3)

    def test_an_interactive_shell_works_inside(self):
        self.shell.type(f"PS1='inner> ' {RUN} -- bash --norc --noediting -i; echo code=$?")
        self.shell.see("inner>")
        self.shell.type("sleep 60")
        self.assertTrue(wait_for(lambda: any(
            open(f"/proc/{pid}/cmdline").read().startswith("sleep")
            for pid in bearers(self.mark)), 10))
        self.shell.press("\x03")
        self.shell.see("inner>")
        self.shell.type("sleep 60")
        self.assertTrue(wait_for(lambda: "sleep 60" in self.shell.seen, 5))
        self.shell.press("\x1a")
        self.shell.see("Stopped")
        self.shell.type("fg")
        self.shell.see("sleep 60")
        self.assertTrue(wait_for(lambda: "T" not in map(state_of, bearers(self.mark)), 5))
        self.shell.press("\x03")
        self.shell.see("inner>")
        self.shell.type("exit 9")
        self.assertEqual(self.code(), 9)
        self.only_the_shell_is_left()
        self.assertEqual(self.shell.run("echo still here").strip(), "still here")

    def test_a_reader_in_the_background_is_stopped_as_it_is_without_curfew(self):
        for command in ("cat", f"{RUN} -- cat"):
            with self.subTest(command):
                self.shell.type(f"{command} &")
                self.shell.see(r"\[1\] \d+")
                self.assertTrue(wait_for(
                    lambda: "Stopped" in self.shell.run("jobs"), PATIENCE, 0.1), self.shell.seen)
                self.shell.type("fg")
                self.shell.see("cat")
                self.shell.press("word\n")
                self.shell.see("word\r\nword")
                self.shell.press("\x04")
                self.shell.see("here>")

    def test_a_writer_in_the_background_is_not_stopped(self):
        self.shell.type(f"{RUN} -- sh -c 'echo from below; exit 4' & wait $!; echo code=$?")
        self.assertEqual(self.code(), 4)
        self.assertIn("from below", self.shell.seen)

    def test_a_closed_terminal_ends_all_of_it(self):
        self.begin_line("sh -c 'setsid sleep 120 & touch ready; sleep 120'")
        self.shell.hang_up()
        self.shell.process.wait(15)
        self.assert_none_left(seconds=15)

    def test_a_time_out_gives_the_prompt_back(self):
        self.shell.type(f"$C run --timeout 1s --grace 300ms -- sh -c \"{DEAF}\"; echo code=$?")
        self.assertEqual(self.code(), 124)
        self.only_the_shell_is_left()
        self.assertEqual(self.shell.run("echo still here").strip(), "still here")


if __name__ == "__main__":
    unittest.main()
