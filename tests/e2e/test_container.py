"""As in a container: PID 1, no root, no capability, and nothing that can be written to."""

import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from backends import free_port, wait_for
from client import get
from harness import SUPERVISED, Case
from test_supervisor import PATIENT

CONFINED = ["unshare", "--user", "--map-root-user", "--mount", "--mount-proc", "--pid", "--fork",
            "--kill-child", "sh", "-c", """
mount --bind "$XDG_STATE_HOME" "$XDG_STATE_HOME" && mount -o remount,bind,ro "$XDG_STATE_HOME" &&
mount -o remount,bind,ro / && ! touch "$XDG_STATE_HOME/file" 2>/dev/null &&
exec unshare --user --map-user=65534 --map-group=65534 "$@"
""", "sh"]


def is_permitted() -> bool:
    try:
        return subprocess.run([*CONFINED, "true"], env={**os.environ, "XDG_STATE_HOME": "/tmp"},
                              capture_output=True).returncode == 0
    except OSError:
        return False


def children(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


class Confined(Case):
    def setUp(self):
        if not is_permitted():
            self.skipTest("no namespaces here")
        port = free_port()
        self.curfew = self.serve("--upstream", f"http://127.0.0.1:{port}", "--timeout", "10s",
                                 policy=PATIENT, wrap=CONFINED,
                                 command=[sys.executable, SUPERVISED, str(port)])
        self.pid = children(self.curfew.pid)[0]

    def backend(self) -> int:
        """As the namespace counts."""
        return int(get(self.curfew.http, "/pid").body)

    def zombies(self) -> list[int]:
        return [pid for pid in children(self.pid) if status(pid)["State"].startswith("Z")]

    def test_as_pid_1_without_root_or_a_place_to_write_all_of_it_works(self):
        own = status(self.pid)
        self.assertEqual(own["NSpid"].split()[-1], "1")
        self.assertEqual(int(own["CapEff"], 16), 0)
        first = self.backend()
        get(self.curfew.http, "/hang")
        self.assertTrue(wait_for(lambda: "hung in " in self.curfew.stderr, 15), self.curfew.stderr)
        second = self.backend()
        self.assertNotEqual(second, first)
        self.assertEqual(get(self.curfew.admin, "/-/health").status, 200)
        os.kill(self.pid, signal.SIGTERM)
        self.assertEqual(self.curfew.wait(), 0, self.curfew.output)

    def test_as_pid_1_it_reaps_what_falls_to_it(self):
        first = self.backend()
        keeper = children(self.pid)[0]
        os.kill(keeper, signal.SIGKILL)
        self.assertTrue(wait_for(lambda: self.backend() != first, 10))
        self.assertTrue(wait_for(lambda: not self.zombies(), 5), self.zombies())


if __name__ == "__main__":
    unittest.main()
