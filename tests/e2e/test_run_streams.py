"""`curfew run` leaves streams and environment alone, and writes its result whole or not at all."""

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import unittest
from pathlib import Path

from backends import wait_for
from harness import BINARY
from running import PATIENCE, Running
from surroundings import works

NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
BIG = 16 * 1024 * 1024

LOOK_AT_STREAMS = """
import os
found = []
for stream in range(3):
    try:
        found.append(os.readlink(f"/proc/self/fd/{stream}"))
    except OSError:
        found.append("closed")
open("seen", "w").write("\\n".join(found))
"""


class Streams(Running):
    def through(self, *command: str, given: bytes = b"", flags: tuple[str, ...] = ()):
        return subprocess.run([BINARY, "run", "--timeout", "25s", *flags, "--", *command],
                              input=given, capture_output=True, cwd=self.folder,
                              env=self.variables(), timeout=PATIENCE)

    def test_what_is_big_passes_byte_for_byte_in_both_directions(self):
        given = os.urandom(BIG)
        done = self.through("cat", given=given)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(hashlib.sha256(done.stdout).hexdigest(),
                         hashlib.sha256(given).hexdigest())

    def test_output_and_errors_into_one_pipe_stay_in_order(self):
        script = "i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); echo $i >&2; " \
                 "i=$((i+1)); done"
        done = subprocess.run([BINARY, "run", "--timeout", "25s", "--", "sh", "-c", script],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=self.variables(), cwd=self.folder, timeout=PATIENCE)
        self.assertEqual(done.stdout, b"".join(b"%d\n" % n for n in range(2000)))

    def test_the_command_has_the_very_files_of_its_caller(self):
        script = "import os\nfor n in (0, 1, 2, 7):\n    print(os.fstat(n).st_ino)"
        with open(self.folder / "in", "w+b") as given, open(self.folder / "seven", "wb") as seven:
            os.dup2(seven.fileno(), 7)
            self.addCleanup(os.close, 7)
            done = self.go("--timeout", "20s", "--", sys.executable, "-c", script, stdin=given,
                           pass_fds=(7,))
            names = ("in", "stdout", "stderr", "seven")
            inodes = [(self.folder / name).stat().st_ino for name in names]
        self.assertEqual(done.stdout.split(), [str(each).encode() for each in inodes])

    def test_the_substitution_of_a_process_reaches_the_command(self):
        """As do the descriptors of a jobserver of make, of systemd's sockets, of 3>&1."""
        done = subprocess.run(
            ["bash", "-c", '"$0" run --timeout 20s -- cat <(echo substituted)', BINARY],
            cwd=self.folder, env=self.variables(), capture_output=True, timeout=PATIENCE)
        self.assertEqual((done.stdout, done.returncode), (b"substituted\n", 0), done.stderr)

    def test_the_stacks_of_a_command_that_closed_all_its_files_spoil_none_of_its_new_ones(self):
        script = ("import os, time\nos.closerange(3, 1000)\n"
                  "own = os.open('data', os.O_RDWR | os.O_CREAT)\n"
                  "os.write(own, b'precious')\ntime.sleep(60)\n")
        done = self.go("--timeout", "2s", "--", sys.executable, "-c", script)
        self.assertEqual(done.code, 124)
        self.assertEqual((self.folder / "data").read_bytes(), b"precious")

    def test_no_descriptor_of_curfew_reaches_the_command(self):
        """Of the hook in Python one is known, which no child of that inherits."""
        done = self.through("sh", "-c", "ls /proc/$$/fd")
        self.assertEqual(done.stdout.split()[:3], [b"0", b"1", b"2"])
        self.assertNotIn(b"3", done.stdout.split())
        done = self.through(sys.executable, "-c",
                            "import os; os.execvp('sh', ['sh', '-c', 'ls /proc/$$/fd'])")
        self.assertNotIn(b"3", done.stdout.split())

    def test_no_signal_is_blocked_or_ignored_in_the_command(self):
        done = self.through("grep", "-E", "SigBlk|SigIgn", "/proc/self/status")
        self.assertEqual([line.split()[1] for line in done.stdout.splitlines()], [b"0" * 16] * 2)

    def test_what_the_caller_ignores_the_command_ignores_too(self):
        def deaf():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        done = self.go("--timeout", "20s", "--", "grep", "SigIgn", "/proc/self/status",
                       preexec_fn=deaf)
        self.assertEqual(done.stdout.split()[1], b"%016x" % 1)

    def closed(self, closed: str, script: str) -> str:
        """What the script writes to the file `seen` when it is started with closed streams."""
        shell = f'exec "$0" run --timeout 20s --result result.json -- sh -c "$1" {closed}'
        done = subprocess.run(["sh", "-c", shell, BINARY, script], cwd=self.folder,
                              env=self.variables(), stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 4, closed)
        told = json.loads((self.folder / "result.json").read_text())
        self.assertEqual(told["exit"], 4, closed)
        return (self.folder / "seen").read_text()

    def test_in_the_place_of_a_closed_stream_the_command_finds_nothing_of_curfew(self):
        # A shell would open its own file in the place of the stream.
        look = f"{sys.executable} -c '{LOOK_AT_STREAMS}'; exit 4"
        for closed, at in (("<&-", (0,)), (">&-", (1,)), ("2>&-", (2,)),
                           ("<&- >&- 2>&-", (0, 1, 2))):
            with self.subTest(closed):
                seen = self.closed(closed, look).split("\n")
                for number in at:
                    self.assertIn(seen[number], ("closed", "/dev/null"), closed)

    def test_what_is_written_to_a_closed_stream_spoils_no_result(self):
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            with self.subTest(closed):
                self.closed(closed, "echo ran > seen; echo spoil; echo spoil >&2; exit 4")

    def test_the_end_of_a_closed_stdin_comes_at_once(self):
        self.closed("<&-", "timeout 5 cat > /dev/null 2>&1; echo $? > seen; exit 4")
        self.assertIn((self.folder / "seen").read_text(), ("0\n", "1\n"))

    def test_a_time_out_with_closed_streams_is_a_time_out(self):
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            shell = f'exec "$0" run --timeout 300ms -- sleep 60 {closed}'
            done = subprocess.run(["sh", "-c", shell, BINARY], env=self.variables(),
                                  cwd=self.folder, capture_output=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 124, closed)
            self.assert_none_left()

    def test_a_reader_that_left_ends_the_command_by_sigpipe_as_without_curfew(self):
        shell = '{ "$0" run --timeout 20s -- yes; echo $? > code; } | head -n 1'
        done = subprocess.run(["sh", "-c", shell, BINARY], cwd=self.folder, env=self.variables(),
                              capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.stdout, b"y\n")
        self.assertEqual((self.folder / "code").read_text(), f"{128 + signal.SIGPIPE}\n")

    def test_stderr_that_nobody_reads_does_not_hold_up_a_time_out(self):
        ours, theirs = os.pipe()
        os.set_blocking(theirs, False)
        with open(theirs, "wb", 0) as full, open(ours, "rb"):
            while full.write(b"x" * 65536):
                pass
            os.set_blocking(theirs, True)
            going = self.begin("--timeout", "500ms", "--grace", "300ms", "--", "sleep", "60",
                               stderr=full)
            self.assertTrue(wait_for(lambda: going.process.poll() is not None, 15), "it hangs")
        self.assertEqual(going.wait().code, 124)
        self.assert_none_left()

    def test_the_environment_of_the_caller_arrives(self):
        odd = {"ODD": "a b\n\"c\" $d \xe4", "EMPTY": "", "PATH": "/odd:" + os.environ["PATH"],
               "LD_BIND_NOW": "1"}
        done = self.go("--timeout", "20s", "--", "env", "-0", variables=self.variables(**odd))
        seen = dict(each.split("=", 1) for each in done.stdout.decode().split("\0") if each)
        for name, value in self.variables(**odd).items():
            if name != "PYTHONPATH":
                self.assertEqual(seen.get(name), value, name)

    def test_a_python_path_of_the_caller_still_leads_to_its_modules(self):
        (self.folder / "modules").mkdir()
        (self.folder / "modules/sitecustomize.py").write_text("import sys\nsys.mine = 1\n")
        (self.folder / "modules/only_here.py").write_text("word = 'found'\n")
        done = self.go("--timeout", "20s", "--", sys.executable, "-c",
                       "import only_here, sys; print(only_here.word, sys.mine)",
                       variables=self.variables(PYTHONPATH=str(self.folder / "modules")))
        self.assertEqual((done.stdout, done.code), (b"found 1\n", 0), done.stderr)

    def test_the_folder_and_the_mask_are_those_of_the_caller(self):
        done = self.go("--timeout", "20s", "--", "sh", "-c", "pwd; umask", umask=0o027)
        self.assertEqual(done.stdout.decode(), f"{self.folder.resolve()}\n0027\n")

    def test_arguments_arrive_as_they_are(self):
        words = ["", " ", "--", "--timeout", "-h", "a'b\"c", "$HOME", "*", "\n", "\udcff"]
        done = self.go("--timeout", "20s", "--", "printf", "<%s>", *words)
        self.assertEqual(done.stdout, b"".join(
            b"<" + os.fsencode(word) + b">" for word in words))


class Results(Running):
    def test_json_on_stdout_is_the_last_thing_there(self):
        done = self.go("--timeout", "20s", "--json", "--", "echo", "mine")
        first, _, rest = done.stdout.decode().partition("\n")
        self.assertEqual(first, "mine")
        self.assertEqual(json.loads(rest), done.result)

    def test_a_result_that_cannot_be_written_is_told_before_the_command_starts(self):
        for place in ("/nowhere/result.json", str(self.folder), "/proc/result.json", ""):
            done = self.go("--timeout", "20s", "--result", place, "--", "touch", "started",
                           result=False)
            self.assertEqual(done.code, 2, f"{place!r}: {done.stderr}")
            self.assert_one_sentence(done.stderr, "--result")
            self.assertFalse((self.folder / "started").exists(), place)

    def test_a_result_appears_whole_or_not_at_all(self):
        """While it runs, nothing (or what was there before) is seen, and nothing lies beside it."""
        old = self.folder / "told" / "result.json"
        old.parent.mkdir()
        old.write_text("what was there before")
        going = self.begin("--timeout", "20s", "--result", str(old), "--", "sh", "-c",
                           "touch ready; sleep 60", result=False)
        self.await_file()
        self.assertIn(old.read_text(), ("what was there before",))
        going.process.terminate()
        self.assertEqual(going.wait().code, 143)
        self.assertEqual(json.loads(old.read_text())["cause"], "cancelled")
        self.assertEqual(os.listdir(old.parent), ["result.json"])

    def test_a_reader_never_sees_a_half_of_it(self):
        place, stop, broken = self.folder / "told.json", threading.Event(), []

        def read():
            while not stop.wait(0.0005):
                text = place.read_text()
                try:
                    json.loads(text)
                except ValueError:
                    broken.append(text)
        reader = threading.Thread(target=read, daemon=True)
        place.write_text("{}")
        reader.start()
        for _ in range(20):
            self.go("--timeout", "20s", "--result", str(place), "--", "true", result=False)
        stop.set()
        reader.join(5)
        self.assertEqual(broken, [])

    def to_stdout(self, stdout) -> str:
        """Through a link of our own, as /dev/stdout is one: as root a mistake replaces that."""
        link = self.folder / "to-stdout"
        link.symlink_to("/proc/self/fd/1")
        done = subprocess.run([BINARY, "run", "--timeout", "20s", "--result", str(link), "--",
                               "echo", "mine"], cwd=self.folder, env=self.variables(),
                              stdout=stdout, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0)
        self.assertTrue(link.is_symlink(), "the link was replaced by a file")
        return (done.stdout or b"").decode()

    def test_the_result_may_go_to_stdout_that_is_a_pipe(self):
        first, _, rest = self.to_stdout(subprocess.PIPE).partition("\n")
        self.assertEqual((first, json.loads(rest)["exit"]), ("mine", 0))

    def test_the_result_may_go_to_stdout_that_is_a_file(self):
        with open(self.folder / "log", "ab") as log:
            self.to_stdout(log)
        first, _, rest = (self.folder / "log").read_text().partition("\n")
        self.assertEqual((first, json.loads(rest)["exit"]), ("mine", 0))

    def test_the_result_may_be_a_pipe_with_a_name(self):
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        reader = subprocess.Popen(["cat", str(fifo)], stdout=subprocess.PIPE)
        self.addCleanup(reader.stdout.close)
        self.addCleanup(reader.kill)
        done = self.go("--timeout", "20s", "--result", str(fifo), "--", "sh", "-c", "exit 3",
                       result=False)
        self.assertEqual(done.code, 3, done.stderr)
        self.assertTrue(fifo.is_fifo(), "the pipe was replaced by a file")
        told, _ = reader.communicate(timeout=10)
        self.assertEqual(json.loads(told)["exit"], 3)

    def test_the_result_may_be_a_device(self):
        """One of our own, as a mistake would replace /dev/null."""
        place = self.folder / "null"
        try:
            os.mknod(place, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        except OSError:
            self.skipTest("only root may make a device")
        done = self.go("--timeout", "20s", "--result", str(place), "--", "sh", "-c", "exit 3",
                       result=False)
        self.assertEqual((done.code, done.stderr), (3, ""))
        self.assertTrue(place.is_char_device(), "the device was replaced by a file")

    def test_a_pipe_with_a_name_that_nobody_reads_does_not_hang_it(self):
        os.mkfifo(self.folder / "fifo")
        going = self.begin("--timeout", "1s", "--grace", "1s", "--result",
                           str(self.folder / "fifo"), "--", "sleep", "60", result=False)
        done = going.wait(20)
        self.assertIn(done.code, (2, 124))
        self.assert_none_left()

    def test_a_result_behind_a_link_is_written_there(self):
        (self.folder / "real").mkdir()
        os.symlink("real/result.json", self.folder / "link")
        done = self.go("--timeout", "20s", "--result", "link", "--", "true", result=False)
        self.assertEqual(done.code, 0, done.stderr)
        self.assertTrue((self.folder / "link").is_symlink(), "the link was replaced by a file")
        self.assertEqual(json.loads((self.folder / "real/result.json").read_text())["exit"], 0)

    def test_a_command_that_removes_the_folder_of_the_result_keeps_its_code(self):
        (self.folder / "gone").mkdir()
        done = self.go("--timeout", "20s", "--result", "gone/result.json", "--", "sh", "-c",
                       "rm -r gone; exit 3", result=False)
        self.assertIn(done.code, (3, 125))
        self.assert_one_sentence(done.stderr, "result")

    def test_a_result_that_no_longer_fits_is_told(self):
        place = self.folder / "full"
        try:
            os.mknod(place, 0o666 | stat.S_IFCHR, os.makedev(1, 7))
        except OSError:
            self.skipTest("only root may make a device")
        done = self.go("--timeout", "20s", "--result", str(place), "--", "sh", "-c", "exit 3",
                       result=False)
        self.assertIn(done.code, (3, 125))
        self.assert_one_sentence(done.stderr, "result")

    def test_the_result_agrees_with_its_scheme(self):
        from test_policy_cli import conforms, schema
        for words in (("--timeout", "20s", "--", "true"),
                      ("--timeout", "200ms", "--", "sleep", "9"),
                      ("--kind", "unit", "--", "/nowhere/command")):
            conforms(self.go(*words).result, schema("run"))


class Ledger(Running):
    def runs_and_warns(self, **options):
        done = self.go("--timeout", "20s", "--", "sh", "-c", "echo mine; exit 3", **options)
        self.assertEqual((done.code, done.stdout), (3, b"mine\n"), done.stderr)
        self.assert_one_sentence(done.stderr, "ledger")
        self.assertEqual(done.result["exit"], 3)

    def test_a_state_directory_that_cannot_be_is_warned_of_and_it_runs(self):
        (self.folder / "state").write_text("a file, not a folder")
        self.runs_and_warns()

    @unittest.skipUnless(works(NOBODY), "cannot run as somebody who may write nothing")
    def test_a_ledger_that_is_read_only_is_warned_of_and_it_runs(self):
        """By the rights of somebody who may read all and write only the result."""
        state = self.folder / "state/curfew"
        state.mkdir(parents=True)
        for path in (self.folder, state.parent, state):
            path.chmod(0o755)
        (self.folder / "out").mkdir()
        (self.folder / "out").chmod(0o777)
        shutil.copy(BINARY, self.folder / "curfew")
        done = subprocess.run(
            [*NOBODY, str(self.folder / "curfew"), "run", "--timeout", "20s", "--result",
             "out/result.json", "--", "sh", "-c", "echo mine; exit 3"], cwd=self.folder,
            env=self.variables(), capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout), (3, "mine\n"), done.stderr)
        self.assert_one_sentence(done.stderr, "ledger")
        told = json.loads((self.folder / "out/result.json").read_text())
        self.assertEqual(told["exit"], 3)

    def test_a_time_out_without_a_state_directory_still_says_where_it_hung(self):
        (self.folder / "state").write_text("a file, not a folder")
        done = self.go("--timeout", "500ms", "--", "sleep", "60")
        self.assertEqual(done.code, 124)
        self.assertIn("hung in sleep", done.stderr)
        self.assertEqual(done.result["cause"], "own_timeout")
        self.assert_none_left()

    def test_a_ledger_that_is_off_leaves_no_file(self):
        done = self.go("--timeout", "20s", "--ledger", "off", "--", "true")
        self.assertEqual((done.code, done.stderr), (0, ""))
        state = self.folder / "state/curfew"
        self.assertEqual([each for each in os.listdir(state) if "ledger" in each]
                         if state.exists() else [], [])

    def test_nothing_of_a_run_that_went_well_stays_in_the_temporary_folders(self):
        def left() -> set[str]:
            return {str(path) for place in ("/dev/shm", "/tmp") if Path(place).is_dir()
                    for path in Path(place).glob("curfew-??????")}
        before = left()
        done = self.go("--timeout", "20s", "--", sys.executable, "-c",
                       "import os; print(os.environ.get('PYTHONPATH', ''))")
        place = done.stdout.decode().strip().split(":")[0]
        self.assertTrue(wait_for(lambda: not Path(place).exists(), 5), place)
        self.go("--timeout", "300ms", "--", "sleep", "60")
        self.assertLessEqual(len(left() - before), 1, "others run tests beside this one")


if __name__ == "__main__":
    unittest.main()
