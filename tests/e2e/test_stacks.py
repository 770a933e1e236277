"""/-/stacks: where the backend hung when a request to it timed out."""

import json
import re
import shutil
import socket
import sys
import threading
import time
import unittest

from backends import free_port, wait_for
from client import get, request
from harness import ROOT, SUPERVISED, Case, run
from test_admin import conforms

SCHEMA = json.loads((ROOT / "docs/schema/stacks.json").read_text())
BRIEF = """
[request]
timeout = "400ms"
slow = "300ms"
[backend]
backoff_min = "10ms"
grace = "1s"
"""


class Stacks(Case):
    def setUp(self):
        self.silent = socket.create_server(("127.0.0.1", 0))  # accepts, and says nothing
        self.addCleanup(self.silent.close)
        self.port = free_port()

    def supervise(self, *command: str, policy: str = BRIEF):
        command = command or (sys.executable, SUPERVISED, str(self.port))
        return self.serve("--upstream", f"http://127.0.0.1:{self.port}", policy=policy,
                          command=list(command))

    def stuck(self) -> str:
        return f"/receive/{self.silent.getsockname()[1]}"

    def stacks(self, curfew) -> list[dict]:
        shown = get(curfew.admin, "/-/stacks.json").json()
        conforms(shown, SCHEMA)
        return shown["stacks"]

    def wait_for_stacks(self, curfew) -> dict:
        self.assertTrue(wait_for(lambda: self.stacks(curfew), 5), curfew.output)
        return self.stacks(curfew)[0]


class OfTimeouts(Stacks):
    def test_a_timed_out_request_has_the_backends_stacks_shown_logged_and_explained(self):
        curfew = self.supervise()
        self.assertEqual(get(curfew.admin, "/-/stacks").status, 200)
        refused = get(curfew.http, self.stuck() + "?token=hunter2")
        self.assertEqual(refused.status, 504)
        seen = self.wait_for_stacks(curfew)
        self.assertEqual((seen["reason"], seen["complete"]), ("request_timed_out", True))
        where = f"127.0.0.1:{self.silent.getsockname()[1]}"
        self.assertRegex(seen["headline"], rf"^hung in .*recv.* \({re.escape(where)}\), 0\.4 s$")
        self.assertIn("receive_from_silence", seen["text"])
        self.assertIn(seen["headline"], get(curfew.admin, "/-/stacks").body.decode())
        self.assertTrue(wait_for(lambda: seen["headline"] in curfew.stderr, 5), curfew.output)
        self.assertNotIn("hunter", seen["text"] + curfew.output)
        self.assertEqual(get(curfew.http, "/").status, 200)
        trace = refused.json()["trace_id"]

        def explained() -> str:
            return run("explain", trace, "--ledger",
                       str(curfew.folder / "curfew/ledger.db")).stdout

        self.assertTrue(wait_for(lambda: "stacks" in explained(), 5, 0.2), explained())
        line = next(line for line in explained().splitlines() if "stacks" in line)
        self.assertIn("hung in", line)
        self.assertIn("recv", line)
        self.assertIn("and was seen then: hung in", explained())

    def test_many_timeouts_are_one_look(self):
        curfew = self.supervise()
        for _ in range(3):
            self.assertEqual(get(curfew.http, self.stuck()).status, 504)
        self.wait_for_stacks(curfew)
        self.assertEqual(get(curfew.http, "/slow/1000").status, 504)
        time.sleep(0.3)
        self.assertEqual(len(self.stacks(curfew)), 1)

    def test_turned_off_nothing_is_looked_at_by_itself(self):
        curfew = self.supervise(policy=BRIEF + "stacks_on_timeout = false\n")
        self.assertEqual(get(curfew.http, self.stuck()).status, 504)
        time.sleep(0.5)
        self.assertEqual(self.stacks(curfew), [])

    @unittest.skipUnless(shutil.which("node"), "node is not installed")
    def test_of_a_node_backend_the_system_call_is_told(self):
        script = ("require('http').createServer((q, s) => { if (q.url === '/stuck') "
                  "require('child_process').spawnSync('sleep', ['30']); s.end('ok'); })"
                  f".listen({self.port}, '127.0.0.1')")
        curfew = self.supervise("node", "-e", script)
        self.assertEqual(get(curfew.http, "/stuck").status, 504)
        seen = self.wait_for_stacks(curfew)
        self.assertRegex(seen["headline"], "^hung in ")
        self.assertIn("(node)", seen["text"])


class Asked(Stacks):
    def test_post_takes_them_now_and_the_backend_goes_on(self):
        curfew = self.supervise()
        taken = request(curfew.admin, "POST", "/-/stacks")
        self.assertEqual(taken.status, 200, taken.body)
        self.assertIn(b"asked: seen in ", taken.body)
        self.assertEqual(self.stacks(curfew)[0]["reason"], "asked")
        self.assertEqual(get(curfew.http, "/").status, 200)

    def test_a_look_leaves_slow_work_unharmed(self):
        curfew = self.supervise(policy=BRIEF.replace("400ms", "10s"))
        answers = []
        worker = threading.Thread(target=lambda: answers.append(get(curfew.http, "/slow/1500")))
        worker.start()
        for _ in range(4):
            self.assertEqual(request(curfew.admin, "POST", "/-/stacks").status, 200)
            time.sleep(0.2)
        worker.join()
        self.assertEqual((answers[0].status, answers[0].body), (200, b"ok"))

    def test_what_is_not_allowed_is_refused(self):
        curfew = self.supervise()
        self.assertEqual(request(curfew.admin, "DELETE", "/-/stacks").status, 405)
        self.assertEqual(request(curfew.admin, "POST", "/-/stacks.json").status, 405)
        foreign = request(curfew.admin, "POST", "/-/stacks", {"Origin": "http://evil.example"})
        self.assertEqual(foreign.status, 403)
        self.assertEqual(self.stacks(curfew), [])

    def test_without_a_backend_of_ours_there_are_none(self):
        curfew = self.serve("--upstream", f"http://127.0.0.1:{self.port}")
        self.assertEqual(request(curfew.admin, "POST", "/-/stacks").status, 503)
        self.assertEqual(self.stacks(curfew), [])


class OfHangs(Stacks):
    def test_a_hang_that_was_found_by_probes_is_shown_too(self):
        curfew = self.supervise(policy=BRIEF + 'live_path = "/live"\nlive_interval = "400ms"\n'
                                               'live_timeout = "300ms"\nlive_failures = 2\n'
                                               'stacks_on_timeout = false\n')
        get(curfew.http, "/hang")
        self.assertTrue(wait_for(lambda: self.stacks(curfew), 15), curfew.output)
        seen = self.stacks(curfew)[0]
        self.assertEqual(seen["reason"], "hang")
        self.assertIn(seen["headline"], curfew.stderr)


if __name__ == "__main__":
    unittest.main()
