"""`curfew run` from outside: its streams are files, so nobody waits for whoever holds a pipe.

Each run carries a mark in its environment (and hands it to its scripts as MARK, for those that
throw their environment away), by which whatever it leaves behind is found and ended by its id.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from backends import wait_for
from harness import BINARY, Case, environment

ROUNDS = int(os.environ.get("TORTURE_ROUNDS", "1"))
LOOKS = 8  # at /proc until nothing counts as left
PATIENCE = 30.0  # seconds a run of these tests may take; then it is killed, and the test fails


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "gone"


def living_threads(pid: int) -> int:
    """Of a process whose first thread may be dead, which by its own state looks like a zombie."""
    count = 0
    for task in Path(f"/proc/{pid}/task").glob("[0-9]*"):
        with suppress(OSError):
            count += (task / "stat").read_text().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    return count


def bearers(mark: str, looks: int = 1) -> list[int]:
    """The living processes with the mark in their environment or among their arguments.

    One that forks on and on may be gone before it is read: several looks, the one that saw most.
    """
    if looks > 1:
        return max((bearers(mark) for _ in range(looks)), key=len)
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            known = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
            if mark.encode() in known and living_threads(int(folder.name)):
                found.append(int(folder.name))
    return found


@dataclass
class Done:
    code: int
    stdout: bytes
    stderr: str
    result: dict | None


class Going:
    """A run that was begun; its streams are files unless the caller gave others."""

    def __init__(self, line: list[str], folder: Path, **options):
        self.folder = folder
        self.result_file = folder / "result.json"
        self.streams = {name: open(folder / name, "wb") for name in ("stdout", "stderr")}
        options = {"stdin": subprocess.DEVNULL, **self.streams, **options}
        self.process = subprocess.Popen(line, cwd=folder, **options)
        for stream in self.streams.values():
            stream.close()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def stderr(self) -> str:
        return (self.folder / "stderr").read_text(errors="replace")

    def wait(self, seconds: float = PATIENCE) -> Done:
        try:
            code = self.process.wait(seconds)
        finally:
            self.kill()
        text = self.result_file.read_text() if self.result_file.is_file() else ""
        return Done(code, (self.folder / "stdout").read_bytes(), self.stderr,
                    json.loads(text) if text else None)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(5)


class Running(Case):
    """Keeps a folder a test, a mark, and ends by its id what is left of either."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="curfew-run-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.mark = self.new_mark()

    def new_mark(self) -> str:
        mark = "e2e-run-" + secrets.token_hex(8)
        self.addCleanup(self.end, mark)
        return mark

    def end(self, mark: str):
        """Several times, as one of them may be forking."""
        def none_left() -> bool:
            left = bearers(mark, LOOKS)
            for pid in left:
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            return not left
        wait_for(none_left, 10, 0.02)

    def variables(self, **more: str) -> dict[str, str]:
        return {**environment(self.folder / "state"), "MARK": self.mark, **more}

    def begin(self, *words: str, policy: str | None = None, wrap: tuple[str, ...] = (),
              result: bool = True, variables: dict[str, str] | None = None, **options) -> Going:
        """`curfew run WORDS`, in a session of its own, with --result unless told otherwise."""
        if policy is not None:
            (self.folder / "curfew.toml").write_text(policy)
        (self.folder / "result.json").unlink(missing_ok=True)
        told = ["--result", str(self.folder / "result.json")] if result else []
        options.setdefault("start_new_session", True)
        going = Going([*wrap, BINARY, "run", *told, *words], self.folder,
                      env=variables or self.variables(), **options)
        self.addCleanup(going.kill)
        return going

    def go(self, *words: str, **options) -> Done:
        return self.begin(*words, **options).wait()

    def script(self, text: str, name: str = "script.py") -> str:
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def await_file(self, name: str = "ready", seconds: float = 15):
        path = self.folder / name
        self.assertTrue(wait_for(path.exists, seconds), f"no {name}: the script did not get there")

    def python(self, text: str) -> list[str]:
        """A script whose mark is among its arguments too."""
        return [sys.executable, self.script(text), self.mark]

    def shell(self, text: str) -> list[str]:
        return ["sh", "-c", text]

    def assert_none_left(self, mark: str | None = None, seconds: float = 0.0):
        wait_for(lambda: not bearers(mark or self.mark, LOOKS), seconds, 0.02)
        left = bearers(mark or self.mark, LOOKS)
        said = []
        for pid in left:
            with suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
                said.append(f"{pid} {words.decode(errors='replace')}({state_of(pid)})")
        self.assertEqual(left, [], f"left running: {said}")


# Scripts that do all they can to stay; their mark is argv[1].
READY = "open('ready', 'w').close()\n"
DOUBLE_FORK = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork():\n" \
              f"        os._exit(0)\n    {READY}    time.sleep(120)\n"
DAEMON = """
import os, signal, sys, time
if len(sys.argv) > 2:
    open('ready', 'w').close()
    time.sleep(120)
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in range(1, 32):
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_IGN)
    os.closerange(0, 256)
    os.execve(sys.executable, ['innocent', *sys.argv[:2], 'again'], {})
"""
HOPS = """
import os, sys, time
if os.fork():
    time.sleep(120)
os.setsid()
for hop in range(1500):  # 15 s at most
    if os.fork():
        os._exit(0)
    if hop % 3 == 0:
        os.setsid()
    if hop == 20:
        open('ready', 'w').close()
    time.sleep(0.01)
"""
FAST_HOPS = """
import os, sys, time
if os.fork():
    time.sleep(120)
os.setsid()
open('ready', 'w').close()
end = time.monotonic() + 8
while time.monotonic() < end:
    if os.fork():
        os._exit(0)
"""
GUARDS = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in range(3):  # three that each keep a child alive, 40 times at most
    if os.fork() == 0:
        os.setsid()
        for _ in range(40):
            child = os.fork()
            if child == 0:
                time.sleep(120)
            open('ready', 'w').close()
            os.waitpid(child, 0)
        os._exit(0)
time.sleep(120)
"""
DEAD_LEADER = """
import ctypes, os, sys, threading, time
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    threading.Thread(target=time.sleep, args=(120,)).start()
    with open('ready', 'w') as told:
        told.write(str(os.getpid()))
    ctypes.CDLL(None).syscall(60, 0)  # exit, of this thread alone (x86-64)
time.sleep(120)
"""
CROWD = "import os, time\nfor _ in range(6):\n    os.fork()\n" \
        f"{READY}time.sleep(120)\n"  # 64 of them
ZOMBIES = "import os, time\nfor _ in range(200):\n    if os.fork() == 0:\n        os._exit(0)\n" \
          f"{READY}time.sleep(120)\n"
SUBREAPER = """
import ctypes, os, time
if os.fork() == 0:
    os.setsid()
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    if os.fork() == 0:
        if os.fork():
            os._exit(0)
        os.setsid()
        open('ready', 'w').close()
    time.sleep(120)
os.wait() if 'leave' in os.environ else time.sleep(120)
"""
NOT_DUMPABLE = "import ctypes, os, time\nos.setsid()\n" \
               f"ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n{READY}time.sleep(120)\n"
DEAF = "trap '' HUP INT QUIT TERM USR1 USR2; touch ready; while :; do sleep 0.2; done"
