"""Starts the real binary, waits for its ready line, and always stops it.

    class Routing(Case):
        def test_a_claim(self):
            backend = self.backend(PooledBackend())
            curfew = self.serve("--upstream", backend.url)
            self.assertEqual(get(curfew.http, "/").status, 200)

The binary is $CURFEW_BINARY, or build/release/curfew. Policies are given as text.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from client import Admin

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("CURFEW_BINARY", str(ROOT / "build/release/curfew"))
SUPERVISED = str(Path(__file__).resolve().parent / "supervised_backend.py")
READY = re.compile(r"^ready http=(\S+) admin=(\S+)$")
START = 10.0  # seconds until the ready line
STOP = 15.0   # seconds from SIGTERM to the end; then it is killed, and the test fails


# Whoever starts the tests may be deaf to a hangup (nohup), or to what a terminal sends (a shell's
# job in the background), and a child would be born so.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def environment(folder: Path | str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CURFEW_")}
    return {**clean, "NO_COLOR": "1", "XDG_STATE_HOME": str(folder)}


class Curfew:
    """One running `curfew serve`."""

    def __init__(self, *arguments: str, policy: str = "", command: list[str] | None = None,
                 files: int | None = None, wait: bool = True,
                 prepare: Callable[[], None] | None = None, wrap: list[str] | None = None):
        self.folder = Path(tempfile.mkdtemp(prefix="curfew-e2e-"))
        (self.folder / "curfew.toml").write_text(policy)
        line = [*(wrap or []), BINARY, "serve", "--config", str(self.folder / "curfew.toml"),
                *arguments]
        for listener in ("--listen", "--admin"):
            line += [] if listener in arguments else [listener, "127.0.0.1:0"]
        line += ["--", *command] if command else []
        if files:
            def prepare():
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            line, cwd=self.folder, env=environment(self.folder), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=prepare)
        self.http = self.admin = None
        self.ready_after = None
        self.lines: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self.ready = threading.Event()
        self.readers = [threading.Thread(target=self.collect, args=(name,), daemon=True)
                        for name in self.lines]
        for reader in self.readers:
            reader.start()
        if wait and not self.wait_ready():
            self.kill()
            raise AssertionError(f"no ready line in {START} s: {self.output}")

    def collect(self, name: str):
        for line in getattr(self.process, name):
            if name == "stdout" and (match := READY.match(line.strip())):
                self.ready_after = time.monotonic() - self.started
                self.http, self.admin = address(match[1]), Admin(address(match[2]))
                self.ready.set()
            self.lines[name].append(line)

    def wait_ready(self) -> bool:
        end = time.monotonic() + START
        while not self.ready.wait(0.005):
            if time.monotonic() > end or self.process.poll() is not None:
                return self.ready.wait(0.2)
        return True

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def stderr(self) -> str:
        return "".join(self.lines["stderr"])

    @property
    def stdout(self) -> str:
        return "".join(self.lines["stdout"])

    @property
    def output(self) -> str:
        return f"\nstdout: {self.stdout}\nstderr: {self.stderr}"

    def signal(self, number: int):
        self.process.send_signal(number)

    def wait(self, seconds: float = STOP) -> int:
        code = self.process.wait(seconds)
        for reader in self.readers:
            reader.join(2)
        return code

    def stop(self) -> int:
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            return self.wait()
        finally:
            self.kill()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(5)
        shutil.rmtree(self.folder, ignore_errors=True)

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(*arguments: str, policy: str | None = None, seconds: float = 15):
    """Runs the binary to its end, in an empty folder that may hold a policy."""
    with tempfile.TemporaryDirectory(prefix="curfew-e2e-") as folder:
        if policy is not None:
            (Path(folder) / "curfew.toml").write_text(policy)
        return subprocess.run([BINARY, *arguments], cwd=folder, env=environment(folder),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=seconds)


class Case(unittest.TestCase):
    """`extra` arguments go to every `serve`: a subclass runs a whole class of tests once more."""

    extra: tuple[str, ...] = ()

    def backend(self, backend):
        self.addCleanup(backend.stop)
        return backend

    def serve(self, *arguments: str, **options) -> Curfew:
        curfew = Curfew(*arguments, *self.extra, **options)
        self.addCleanup(curfew.kill)
        return curfew

    def assert_one_sentence(self, text: str, *words: str):
        """What a person reads: a line or two that name the thing, and no stack trace."""
        lines = [line for line in text.splitlines() if line.strip()]
        self.assertTrue(1 <= len(lines) <= 3, text)
        for word in words:
            self.assertIn(word, text)
        self.assertNotRegex(text, r"terminate called|std::|what\(\)|0x[0-9a-f]{6,}| #\d+ ")

    def assert_problem(self, answer, status: int, *kinds: str):
        """A refusal is complete: RFC 9457, one cause, the limit that decided, account, trace."""
        self.assertEqual(answer.status, status, answer.body)
        self.assertIn(answer.problem, kinds)
        said = answer.json()
        self.assertEqual(said["status"], status)
        self.assertGreater(len(said["title"]), 8)
        self.assertIsInstance(said["cause"], str)
        if said["cause"] in ("own_timeout", "inherited_deadline", "breaker_open"):
            self.assertGreater(said["limit_ms"], 0)
        self.assertIsInstance(said["account"], dict)
        for stage, took in said["account"].items():
            self.assertGreaterEqual(took, 0, stage)
        self.assertRegex(said["trace_id"], r"^[0-9a-f]{32}$")
        return said
