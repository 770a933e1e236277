"""A terminal to look at: a tmux server of its own, driven by keys, read as the screen shows it."""

import os
import shutil
import subprocess
import tempfile

from backends import wait_for

PATIENCE = 15.0  # seconds a screen may take to show what it should


class Terminal:
    """A shell in a terminal; what is typed into it is a line or keys by tmux's names."""

    def __init__(self, columns: int = 80, rows: int = 24, variables: dict[str, str] | None = None):
        self.folder = tempfile.mkdtemp(prefix="curfew-tmux-")
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith(("CURFEW_", "TMUX"))}
        self.variables = {**clean, "XDG_STATE_HOME": self.folder, "PS1": "here> ",
                          "LC_ALL": "C.UTF-8", **(variables or {})}
        self.call("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                  "-c", self.folder, "sh", "-i")
        self.call("set-option", "-g", "status", "off")
        self.see("here>")

    def call(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-u", "-S", f"{self.folder}/socket", *arguments], env=self.variables,
            capture_output=True, text=True, timeout=PATIENCE, check=True)
        return done.stdout

    def type(self, line: str):
        self.call("send-keys", "-l", line)
        self.call("send-keys", "Enter")

    def press(self, *keys: str):
        self.call("send-keys", *keys)

    def resize(self, columns: int, rows: int):
        self.call("resize-window", "-x", str(columns), "-y", str(rows))

    @property
    def screen(self) -> str:
        return self.call("capture-pane", "-p")

    @property
    def painted(self) -> str:
        """With its colours, as sequences."""
        return self.call("capture-pane", "-p", "-e")

    def fact(self, name: str) -> str:
        return self.call("display-message", "-p", "#{" + name + "}").strip()

    def see(self, *words: str, seconds: float = PATIENCE) -> str:
        """The screen once it shows all of the words."""
        if not wait_for(lambda: all(word in self.screen for word in words), seconds, 0.05):
            raise AssertionError(f"{words} not on the screen:\n{self.screen}")
        return self.screen

    def see_no(self, word: str):
        if not wait_for(lambda: word not in self.screen, PATIENCE, 0.05):
            raise AssertionError(f"{word!r} is still on the screen:\n{self.screen}")

    def stop(self):
        subprocess.run(["tmux", "-S", f"{self.folder}/socket", "kill-server"],
                       env=self.variables, capture_output=True, timeout=PATIENCE, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
