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


def bearers(mark: str) -> list[int]:
    """The living processes with the mark in their environment or among their arguments."""
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
            left = bearers(mark)
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
        left = bearers(mark or self.mark)
        if seconds:
            wait_for(lambda: not bearers(mark or self.mark), seconds, 0.02)
            left = bearers(mark or self.mark)
        said = []
        for pid in left:
            with suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
                said.append(f"{pid} {words.decode(errors='replace')}({state_of(pid)})")
        self.assertEqual(left, [], f"left running: {said}")
