"""`curfew serve -- CMD`: what is dead or hung is restarted, and requests wait for it."""

import fcntl
import json
import os
import re
import signal
import sys
import termios
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from backends import free_port, wait_for
from client import Closed, get
from harness import SUPERVISED, Case, run

PATIENT = """
[backend]
backoff_min = "10ms"
live_path = "/live"
live_interval = "400ms"
live_timeout = "300ms"
live_failures = 2
grace = "1s"
"""
STOPPED = re.compile(r"hung in .*stopped by a signal \(state T\)")


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "gone"


def is_running(pid: int) -> bool:
    return state_of(pid) not in ("Z", "gone")


def hear_hangups():
    """Whoever runs the tests may ignore them (nohup)."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Supervised(Case):
    def supervise(self, *arguments: str, policy: str = PATIENT, timeout: str = "10s",
                  observe: bool = False, **options):
        self.port = free_port()
        return self.serve("--upstream", f"http://127.0.0.1:{self.port}", "--timeout", timeout,
                          *(["--observe"] if observe else []), policy=policy, **options,
                          command=[sys.executable, SUPERVISED, str(self.port), *arguments])

    def pid(self, curfew) -> int:
        return int(get(curfew.http, "/pid").body)

    def test_the_backend_is_started_and_served(self):
        curfew = self.supervise()
        pid = self.pid(curfew)
        self.assertTrue(is_running(pid))
        self.assertEqual(get(curfew.http, "/").body, b"ok")

    def test_ready_means_that_the_backend_answers(self):
        curfew = self.supervise("--start-after", "0.7")
        self.assertGreater(curfew.ready_after, 0.7)
        self.assertEqual(get(curfew.http, "/").status, 200)

    def test_a_crash_is_followed_by_a_restart_and_requests_wait_for_it(self):
        curfew = self.supervise()
        before = self.pid(curfew)
        try:
            self.assertEqual(get(curfew.http, "/crash").status, 502)
        except Closed:
            self.fail("the client of the crashed request got no answer")
        answers = [get(curfew.http, "/pid") for _ in range(5)]
        self.assertEqual([answer.status for answer in answers], [200] * 5)
        self.assertNotEqual(int(answers[-1].body), before)

    def crashes_by(self, policy: str) -> tuple[int, int]:
        """How often one request that kills the backend is sent to it, and what it is answered."""
        curfew = self.supervise(policy=policy)
        answer = get(curfew.http, "/crash")
        # An idle connection of the dead one may be found dead by the next request, unrepeated.
        self.assertTrue(wait_for(lambda: get(curfew.http, "/pid").status == 200))
        health = json.loads(get(curfew.admin, "/-/health").body)
        return health["backend"]["restarts"], answer.status

    def test_a_request_that_kills_the_backend_does_so_twice_and_never_again(self):
        self.assertEqual(self.crashes_by(PATIENT), (2, 502))

    def test_a_request_that_must_not_be_repeated_kills_it_once(self):
        self.assertEqual(self.crashes_by(PATIENT + "[gateway]\nretry = false\n"), (1, 502))

    def test_a_kill_from_outside_is_followed_by_a_restart(self):
        curfew = self.supervise()
        before = self.pid(curfew)
        os.kill(before, signal.SIGKILL)
        self.assertTrue(wait_for(lambda: not is_running(before)))
        self.assertNotEqual(self.pid(curfew), before)

    def test_an_observer_waits_for_a_restart_as_well(self):
        curfew = self.supervise("--start-after", "0.5", observe=True)
        for _ in range(3):
            os.kill(self.pid(curfew), signal.SIGKILL)
            answer = get(curfew.http, "/pid")
            self.assertEqual(answer.status, 200, answer.body)
            self.assertGreater(answer.took, 0.4)

    def test_a_hang_is_found_dumped_and_ended_by_a_restart(self):
        curfew = self.supervise()
        before = self.pid(curfew)
        get(curfew.http, "/hang")
        self.assertTrue(wait_for(lambda: not is_running(before), 15), "the hung one still runs")
        self.assertNotEqual(self.pid(curfew), before)
        said = re.search(r"hung in .*supervised_backend do_GET -> .*; (/.+\.txt)", curfew.stderr)
        self.assertTrue(said, curfew.stderr)
        self.assertIn("do_GET", Path(said[1]).read_text())

    def test_one_that_answers_with_errors_is_called_unhealthy_and_restarted(self):
        curfew = self.supervise()
        before = self.pid(curfew)
        get(curfew.http, "/sick")
        self.assertTrue(wait_for(lambda: not is_running(before), 15), "the sick one still runs")
        self.assertNotEqual(self.pid(curfew), before)
        self.assertIn("the backend is unhealthy: answered 500; 2 probes in a row", curfew.stderr)
        self.assertNotIn("hang", curfew.stderr)
        self.assertNotIn("hung", curfew.stderr)

    def test_one_that_stands_still_is_found_without_a_path_to_ask(self):
        curfew = self.supervise(policy=PATIENT.replace('live_path = "/live"\n', ""),
                                timeout="300ms")
        before = self.pid(curfew)
        os.kill(before, signal.SIGSTOP)
        self.assertTrue(wait_for(lambda: state_of(before) == "T"))
        self.assertEqual(get(curfew.http, "/").status, 504)
        self.assertTrue(wait_for(lambda: not is_running(before), 15), "the hung one still runs")
        self.assertTrue(wait_for(lambda: STOPPED.search(curfew.stderr), 5), curfew.stderr)
        self.assertTrue(wait_for(lambda: get(curfew.http, "/").status == 200, 10))

    def without_path(self, *arguments: str, **options):
        policy = PATIENT.replace('live_path = "/live"\n', "")
        curfew = self.supervise(*arguments, policy=policy, **options)
        return curfew, self.pid(curfew)

    def test_one_that_stands_still_and_is_asked_nothing_is_found_too(self):
        curfew, before = self.without_path()
        os.kill(before, signal.SIGSTOP)
        self.assertTrue(wait_for(lambda: not is_running(before), 15), "the hung one still runs")
        self.assertTrue(wait_for(lambda: STOPPED.search(curfew.stderr), 5), curfew.stderr)
        self.assertTrue(wait_for(lambda: get(curfew.http, "/").status == 200, 10))

    def test_one_thread_that_is_busy_with_a_request_is_not_taken_for_hung(self):
        curfew, before = self.without_path("--one-thread")
        self.assertEqual(get(curfew.http, "/slow/4000").status, 200)
        self.assertEqual(self.pid(curfew), before)

    def test_one_that_answers_no_head_is_not_taken_for_hung(self):
        curfew, before = self.without_path("--no-head")
        time.sleep(4)
        self.assertEqual(self.pid(curfew), before)
        self.assertNotIn("hang", curfew.stderr)

    def test_requests_that_kill_it_never_end_curfew_when_it_has_served(self):
        curfew = self.supervise(policy=PATIENT + "crash_limit = 2\n")
        self.pid(curfew)
        for _ in range(2):
            self.assertEqual(get(curfew.http, "/crash").status, 502)
        self.assertEqual(get(curfew.http, "/pid").status, 200)
        health = json.loads(get(curfew.admin, "/-/health").body)
        self.assertGreater(health["backend"]["restarts"], 2, "more than crash_limit")

    def test_one_that_never_answers_any_request_is_a_crash_loop(self):
        curfew = self.supervise("--poisoned", policy=PATIENT + "crash_limit = 3\n")
        for _ in range(3):
            self.outcome(curfew, "/")
        self.assertEqual(curfew.wait(10), 1)
        self.assertIn("3 crashes within 60.00 s and no request answered", curfew.stderr)

    def test_retry_after_tells_when_it_is_started_again(self):
        policy = PATIENT.replace('backoff_min = "10ms"', 'backoff_min = "5s"')
        curfew = self.supervise(policy=policy)
        before = self.pid(curfew)
        os.kill(before, signal.SIGKILL)
        self.assertTrue(wait_for(lambda: "started again in" in curfew.stderr))
        answer = get(curfew.http, "/", {"X-Curfew-Timeout-Ms": "100"})
        self.assert_problem(answer, 503, "upstream-down")
        self.assertGreaterEqual(int(answer.header("Retry-After")), 4)
        self.assertLess(answer.took, 0.1, "nobody waits for what comes after the deadline")

    def test_the_client_gets_503_with_retry_after_when_its_time_is_too_short(self):
        curfew = self.supervise("--start-after", "1.5")
        before = self.pid(curfew)
        os.kill(before, signal.SIGKILL)
        self.assertTrue(wait_for(lambda: not is_running(before)))
        answer = get(curfew.http, "/", {"X-Curfew-Timeout-Ms": "300"})
        self.assert_problem(answer, 503, "upstream-down")
        self.assertTrue(0.25 < answer.took < 2, answer.took)
        self.assertGreaterEqual(int(answer.header("Retry-After")), 1)

    def test_its_output_is_marked_and_passed_on(self):
        curfew = self.supervise("--say", "hello from below")
        self.assertTrue(wait_for(lambda: "hello from below" in curfew.output, 5))
        lines = [line for line in curfew.output.splitlines() if "hello from below" in line]
        self.assertNotEqual(lines[0].strip(), "hello from below")

    def test_among_a_log_of_json_its_lines_are_json_too(self):
        says = 'a "quoted" line \udcff' + '"' * 3900
        curfew = self.supervise("--say", says, policy=PATIENT + '[server]\nlog_format = "json"\n')
        self.assertTrue(wait_for(lambda: "quoted" in curfew.stderr, 5), curfew.output)
        curfew.stop()
        told = [json.loads(line) for line in curfew.stderr.splitlines()]
        lines = [each["line"] for each in told if each.get("backend", "").startswith("python")]
        self.assertEqual("".join(lines), says.replace("\udcff", "\ufffd"))
        self.assertTrue(any("stopping the backend" in each.get("message", "") for each in told))

    def test_the_whole_tree_is_stopped_even_what_ignores_sigterm(self):
        curfew = self.serve_with_child()
        self.assertTrue(is_running(self.child))
        self.assertEqual(curfew.stop(), 0)
        self.assertTrue(wait_for(lambda: not is_running(self.child), 3), "a grandchild survived")

    def serve_with_child(self):
        curfew = self.supervise("--child", "child.pid")
        place = curfew.folder / "child.pid"
        self.assertTrue(wait_for(place.exists, 10), "the backend's child did not start")
        self.child = int(place.read_text())
        self.addCleanup(lambda: is_running(self.child) and os.kill(self.child, signal.SIGKILL))
        return curfew

    def test_a_restart_leaves_no_grandchild_behind(self):
        curfew = self.serve_with_child()
        first = self.child
        try:
            get(curfew.http, "/crash")
        except Closed:
            pass
        self.assertTrue(wait_for(lambda: not is_running(first), 10), "an orphan survived")

    def test_sigterm_and_sigquit_let_the_backend_finish_what_it_does(self):
        for number in (signal.SIGTERM, signal.SIGQUIT):
            with self.subTest(number), ThreadPoolExecutor() as pool:
                curfew = self.supervise()
                self.pid(curfew)
                going = pool.submit(get, curfew.http, "/slow/800")
                time.sleep(0.3)
                curfew.signal(number)
                self.assertEqual(going.result().status, 200)
                self.assertEqual(curfew.wait(), 0)

    def test_one_that_drains_hears_sigterm_once(self):
        policy = PATIENT.replace('grace = "1s"', 'grace = "4s"')
        curfew = self.supervise("--drain", "2.5", policy=policy)
        self.pid(curfew)
        self.assertEqual(curfew.stop(), 0)
        self.assertIn("saved everything", curfew.output)

    def test_a_second_signal_kills_at_once(self):
        curfew = self.supervise(policy=PATIENT + '[server]\ndrain = "1m"\n', timeout="1m")
        backend = self.pid(curfew)
        with ThreadPoolExecutor() as pool:
            going = pool.submit(self.outcome, curfew, "/slow/30000")
            time.sleep(0.3)
            curfew.signal(signal.SIGTERM)
            time.sleep(0.3)
            self.assertTrue(is_running(backend), "the first one waits")
            curfew.signal(signal.SIGINT)
            self.assertEqual(curfew.wait(5), 0)
            self.assertFalse(is_running(backend))
            self.assertNotEqual(going.result(), 200)

    def outcome(self, curfew, path: str) -> int:
        try:
            return get(curfew.http, path).status
        except (Closed, OSError):
            return 0

    def test_both_sigusr_are_passed_on_and_sighup_reloads(self):
        curfew = self.supervise(prepare=hear_hangups)
        before = self.pid(curfew)
        curfew.signal(signal.SIGHUP)
        self.assertTrue(wait_for(lambda: "reloaded generation=2" in curfew.stdout, 5))
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            curfew.signal(number)
            told = f"got {number.name}"
            self.assertTrue(wait_for(lambda told=told: told in curfew.output, 5), curfew.output)
        self.assertNotIn("got SIGHUP", curfew.output)
        self.assertEqual(self.pid(curfew), before)

    def test_a_closed_terminal_ends_it_and_with_a_living_one_sighup_reloads(self):
        ours, theirs = os.openpty()

        def take_terminal():
            hear_hangups()
            os.setsid()
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

        curfew = self.supervise(prepare=take_terminal)
        backend = self.pid(curfew)
        os.close(theirs)
        curfew.signal(signal.SIGHUP)
        self.assertTrue(wait_for(lambda: "reloaded generation=2" in curfew.stdout, 5))
        os.close(ours)
        self.assertEqual(curfew.wait(), 0, curfew.output)
        self.assertFalse(is_running(backend))

    def test_nohup_holds(self):
        curfew = self.supervise(prepare=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        before = self.pid(curfew)
        curfew.signal(signal.SIGHUP)
        curfew.signal(signal.SIGUSR1)
        self.assertTrue(wait_for(lambda: "got SIGUSR1" in curfew.output, 5))
        self.assertNotIn("got SIGHUP", curfew.output)
        self.assertEqual(self.pid(curfew), before)


class SupervisedThreeWorkers(Supervised):
    extra = ("--workers", "3")

    def test_sigterm_reaches_the_backend_after_the_last_request_of_every_worker(self):
        """Three times, as the last request may happen to be that of the worker asked first."""
        roomy = "[limiter]\ninitial = 40\nroute_share = 1.0\n"
        for _ in range(3):
            curfew = self.supervise(policy=PATIENT + roomy)
            self.assertEqual(get(curfew.http, "/slow/0").status, 200)
            with ThreadPoolExecutor(12) as pool:
                going = [pool.submit(get, curfew.http, f"/slow/{300 + 60 * n}") for n in range(12)]
                time.sleep(0.25)
                curfew.signal(signal.SIGTERM)
                self.assertEqual([future.result().status for future in going], [200] * 12)
            self.assertEqual(curfew.wait(), 0)


class CannotStart(Case):
    def start(self, *command: str):
        return run("serve", "--upstream", f"http://127.0.0.1:{free_port()}", "--listen",
                   "127.0.0.1:0", "--admin", "127.0.0.1:0", "--", *command)

    def test_a_command_that_is_not_there_is_127(self):
        done = self.start("/nowhere/backend")
        self.assertEqual(done.returncode, 127, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 2, "a sentence and its hint")
        self.assert_one_sentence(done.stderr, "/nowhere/backend")

    def test_a_command_that_is_not_executable_is_126(self):
        done = self.start("/etc/passwd")
        self.assertEqual(done.returncode, 126, done.stderr)
        self.assert_one_sentence(done.stderr, "/etc/passwd")

    def test_an_empty_command_is_2(self):
        done = self.start("")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assert_one_sentence(done.stderr, "command of the backend has an empty name")

    def test_a_command_that_always_exits_is_a_crash_loop_and_said_once(self):
        curfew = self.serve(
            "--upstream", f"http://127.0.0.1:{free_port()}", "--timeout", "5s", command=["false"],
            policy='[backend]\nbackoff_min = "5ms"\nbackoff_max = "10ms"\ncrash_limit = 3\n',
            wait=False)
        self.assertEqual(curfew.wait(), 1)
        self.assertEqual(curfew.stderr.count("crash loop: 3 crashes"), 1, curfew.stderr)
        self.assertEqual(curfew.stderr.count("does not run"), 1, curfew.stderr)
        self.assertNotRegex(curfew.output, r"terminate called|what\(\)")

    def test_with_a_json_log_its_last_word_is_json_too(self):
        curfew = self.serve(
            "--upstream", f"http://127.0.0.1:{free_port()}", wait=False,
            command=["sh", "-c", "echo 'no such \"database\"'; exit 9"],
            policy='[server]\nlog_format = "json"\n[backend]\nbackoff_min = "5ms"\n'
                   'backoff_max = "10ms"\ncrash_limit = 2\n')
        self.assertEqual(curfew.wait(), 1)
        told = [json.loads(line) for line in curfew.stderr.splitlines()]
        said = [each["message"] for each in told if each["level"] == "error"]
        self.assertIn("crash loop: 2 crashes", *said)
        self.assertEqual({each["line"] for each in told if each.get("backend") == "sh"},
                         {'no such "database"'})

    def test_one_that_is_never_ready_is_124(self):
        curfew = self.serve(
            "--upstream", f"http://127.0.0.1:{free_port()}", command=["sleep", "60"], wait=False,
            policy='[backend]\nready_timeout = "200ms"\nbackoff_min = "5ms"\ncrash_limit = 2\n')
        self.assertEqual(curfew.wait(), 124)
        self.assertIn("2 starts were not ready", curfew.stderr)


if __name__ == "__main__":
    unittest.main()
