"""Starting and stopping: one clear sentence, the right exit code, and nothing lost in between."""

import os
import re
import resource
import signal
import socket
import subprocess
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from backends import PooledBackend, free_port, wait_for
from client import Connection, get, message
from harness import BINARY, ROOT, Case, run


class Starting(Case):
    def test_it_is_ready_within_50_ms_of_exec(self):
        """The best of some runs: a machine may be busy, the binary must not be."""
        best = min(self.ready_after() for _ in range(7))
        self.assertLess(best, 0.05)

    def ready_after(self) -> float:
        curfew = self.serve("--upstream", "http://127.0.0.1:9")
        self.assertEqual(curfew.stop(), 0)
        return curfew.ready_after

    def test_port_0_picks_a_free_one_each_time(self):
        ports = {self.serve("--upstream", "http://127.0.0.1:9").http[1] for _ in range(3)}
        self.assertEqual(len(ports), 3)
        self.assertNotIn(0, ports)

    def test_a_taken_port_is_one_sentence_and_125(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            where = f"127.0.0.1:{taken.getsockname()[1]}"
            done = run("serve", "--upstream", "http://127.0.0.1:9", "--listen", where,
                       "--admin", "127.0.0.1:0")
        self.assertEqual(done.returncode, 125, done.stderr)
        self.assert_one_sentence(done.stderr, where)
        self.assertNotIn("ready ", done.stdout)

    def test_a_ready_line_that_cannot_be_written_is_said_at_once_with_125(self):
        line = [BINARY, "serve", "--upstream", "http://127.0.0.1:9", "--listen", "127.0.0.1:0",
                "--admin", "127.0.0.1:0", "--ledger", "off"]
        ours, theirs = os.pipe()
        os.close(ours)
        full = os.open("/dev/full", os.O_WRONLY)
        for output, why in ((theirs, "Broken pipe"), (full, "No space left on device")):
            with self.subTest(why):
                done = subprocess.run(line, stdout=output, stderr=subprocess.PIPE, text=True,
                                      timeout=10)
                self.assertEqual(done.returncode, 125)
                self.assert_one_sentence(done.stderr, f"ready line cannot be written: {why}")
            os.close(output)

    def test_a_bad_command_line_is_2_and_says_what(self):
        for arguments in (["serve"], ["serve", "--upstream", "banana://"], ["serve", "--nonsense"],
                          ["serve", "--upstream", "http://127.0.0.1:9", "--timeout", "soon"],
                          ["nonsense"]):
            with self.subTest(arguments=arguments):
                done = run(*arguments)
                self.assertEqual(done.returncode, 2, done.stdout)
                self.assertTrue(done.stderr.strip())
                self.assertNotRegex(done.stderr, r"terminate called|what\(\)")

    def test_an_invalid_policy_is_2_with_its_place_and_a_hint(self):
        policy = '[server]\nlisten = "127.0.0.1:0"\n\n[request]\ntimeuot = "5s"\n'
        for verb in (["check"], ["serve", "--upstream", "http://127.0.0.1:9"]):
            with self.subTest(verb=verb[0]):
                done = run(*verb, policy=policy)
                self.assertEqual(done.returncode, 2, done.stdout)
                said = done.stderr + done.stdout
                self.assertRegex(said, r"curfew\.toml:5:\d+")
                self.assertRegex(said, r"did you mean\W+timeout")

    def test_a_sound_policy_is_0(self):
        self.assertEqual(run("check", policy='[request]\ntimeout = "5s"\n').returncode, 0)

    def test_help_and_readme_tell_the_same_exit_codes(self):
        _, _, told = run("help").stdout.partition("exit codes:\n")
        codes = re.findall(r"^  ([0-9+N]+) ", told, re.MULTILINE)
        self.assertGreater(len(codes), 6)
        _, _, readme = (ROOT / "README.md").read_text().partition("Exit codes: ")
        self.assertEqual(re.findall(r"\b(\d+(?:\+N)?)(?= [A-Za-z])", readme.splitlines()[0]), codes)

    def test_the_first_serve_of_the_readme_serves_from_a_clones_folder(self):
        readme = (ROOT / "README.md").read_text()
        said = re.search(r"^build/release/curfew serve (.+) -- (.+)$", readme, re.MULTILINE)
        port = str(free_port())
        flags, command = (text.replace("8000", port).split() for text in said.groups())
        curfew = self.serve(*flags, command=command, wrap=["env", "-C", str(ROOT)])
        path = re.search(r"`curl http://127\.0\.0\.1:8080(/\w+)`", readme)[1]
        self.assertEqual(get(curfew.http, path).status, 200, curfew.output)

    def test_what_the_policy_warns_of_is_logged(self):
        curfew = self.serve(policy='[upstream.main]\nurls = ["http://127.0.0.1:9"]\n'
                                   '[database]\nconnection = "5s"\n')
        self.assertTrue(wait_for(lambda: "outside the guideline for development" in curfew.output),
                        curfew.output)
        self.assertIn("curfew.toml:4:14: ", curfew.output)

    def test_version_and_help_go_to_stdout(self):
        for arguments in (["version"], ["--version"], ["help"], ["--help"], ["serve", "--help"]):
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
            self.assertIn("curfew", done.stdout.lower())


class Stopping(Case):
    def setUp(self):
        self.upstream = self.backend(PooledBackend())
        self.curfew = self.serve("--upstream", self.upstream.url)

    def test_sigterm_ends_it_with_0(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            with self.subTest(number):
                curfew = self.serve("--upstream", self.upstream.url)
                curfew.signal(number)
                self.assertEqual(curfew.wait(), 0, curfew.output)

    def test_what_is_in_flight_is_finished_first(self):
        with ThreadPoolExecutor(4) as pool:
            going = [pool.submit(get, self.curfew.http, "/slow/800") for _ in range(4)]
            self.assertTrue(wait_for(lambda: len(self.upstream.targets) == 4))
            self.curfew.signal(signal.SIGTERM)
            self.assertEqual([future.result().status for future in going], [200] * 4)
        self.assertEqual(self.curfew.wait(), 0)

    def test_an_idle_connection_does_not_hold_it_up(self):
        with Connection(self.curfew.http) as connection:
            connection.request("GET", "/")
            self.curfew.signal(signal.SIGTERM)
            self.assertEqual(self.curfew.wait(5), 0)

    def test_a_request_that_never_ends_does_not_hold_it_up_for_ever(self):
        upstream = self.backend(PooledBackend(hangs="/report"))
        curfew = self.serve("--upstream", upstream.url, policy='[server]\ndrain = "500ms"\n')
        with Connection(curfew.http) as connection:
            connection.send(message("GET", "/report"))
            upstream.next()
            curfew.signal(signal.SIGTERM)
            self.assertEqual(curfew.wait(8), 0, curfew.output)

    def test_a_second_signal_does_not_wait_for_it(self):
        upstream = self.backend(PooledBackend(hangs="/report"))
        curfew = self.serve("--upstream", upstream.url, policy='[server]\ndrain = "1m"\n')
        with Connection(curfew.http) as connection:
            connection.send(message("GET", "/report"))
            upstream.next()
            curfew.signal(signal.SIGTERM)
            time.sleep(0.2)
            curfew.signal(signal.SIGTERM)
            self.assertEqual(curfew.wait(5), 0, curfew.output)

    def test_the_address_is_free_at_once_afterwards(self):
        address = self.curfew.http
        get(address, "/")
        self.curfew.stop()
        again = self.serve("--upstream", self.upstream.url, "--listen", "%s:%d" % address)
        self.assertEqual(again.http, address)
        self.assertEqual(get(again.http, "/").status, 200)


class StoppingThreeWorkers(Stopping):
    extra = ("--workers", "3")


class StartingThreeWorkers(Case):
    extra = ("--workers", "3")

    def test_it_is_ready_within_50_ms_of_exec(self):
        best = min(self.serve("--upstream", "http://127.0.0.1:9").ready_after for _ in range(7))
        self.assertLess(best, 0.05)

    def test_without_descriptors_for_all_workers_it_is_one_sentence_and_125(self):
        for files in (12, 30, 44):
            curfew = self.serve("--upstream", "http://127.0.0.1:9", files=files, wait=False)
            self.assertEqual(curfew.wait(), 125, curfew.output)
            self.assertNotIn("ready ", curfew.stdout)
            self.assert_one_sentence(curfew.stderr, f"cannot serve with {files} descriptors")
        curfew = self.serve("--upstream", "http://127.0.0.1:9", files=45)
        self.assertEqual(get(curfew.http, "/").status, 502)
        self.assertEqual(get(curfew.admin, "/-/health/live").status, 200)


class ShortOfMachine(Case):
    """Where the machine is too small for what is asked, it says so and ends with 125."""

    def assert_refused(self, workers: int, prepare):
        curfew = self.serve("--upstream", "http://127.0.0.1:9", "--workers", str(workers),
                            wait=False, prepare=prepare)
        self.assertEqual(curfew.wait(), 125, curfew.output)
        self.assertNotIn("ready ", curfew.stdout)
        self.assert_one_sentence(curfew.stderr, "cannot start")

    def test_without_address_space_for_all_workers(self):
        for mebibytes in (30, 64, 127, 128, 195, 300):
            with self.subTest(mebibytes=mebibytes):
                size = mebibytes << 20
                self.assert_refused(
                    256, lambda size=size: resource.setrlimit(resource.RLIMIT_AS, (size, size)))

    @unittest.skipUnless(os.geteuid() == 0, "the limit on threads does not bind this user")
    def test_without_threads_for_all_workers(self):
        nobody = 65_534
        for threads in (1, 2, 5, 40):
            def unprivileged(threads=threads):
                os.chmod(".", 0o755)
                resource.setrlimit(resource.RLIMIT_NPROC, (threads, threads))
                os.setuid(nobody)
            with self.subTest(threads=threads):
                self.assert_refused(64, unprivileged)


class Hangup(Case):
    def test_sighup_reads_the_policy_again(self):
        upstream = self.backend(PooledBackend())
        curfew = self.serve("--upstream", upstream.url,
                            prepare=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
        curfew.signal(signal.SIGHUP)
        self.assertTrue(wait_for(lambda: "reloaded generation=2" in curfew.stdout, 5))
        self.assertEqual(get(curfew.http, "/").status, 200)
        self.assertEqual(curfew.stop(), 0)


class AtRest(Case):
    """An idle process does not wake."""

    def test_no_thread_wakes_while_nothing_happens(self):
        curfew = self.serve("--upstream", "http://127.0.0.1:9", "--workers", "3")
        time.sleep(0.3)
        before = switches(curfew.pid)
        time.sleep(1.5)
        self.assertLessEqual(switches(curfew.pid) - before, 2)

    def test_nor_after_requests_once_their_connections_are_closed(self):
        upstream = self.backend(PooledBackend())
        curfew = self.serve("--upstream", upstream.url, "--workers", "3",
                            policy='[upstream.default]\nidle_timeout = "300ms"\n'
                                   '[pressure]\ninterval = "200ms"\n')
        for _ in range(12):
            self.assertEqual(get(curfew.http, "/").status, 200)
        time.sleep(2.5)
        before = switches(curfew.pid)
        time.sleep(1.5)
        self.assertLessEqual(switches(curfew.pid) - before, 2)


def switches(pid: int) -> int:
    """How often the threads of a process have gone to sleep so far."""
    told = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        match = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read_text(), re.MULTILINE)
        told += int(match[1])
    return told


if __name__ == "__main__":
    unittest.main()
