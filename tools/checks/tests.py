"""Every unit, property and simulation test passes in the dev build."""

import re
import subprocess
import sys

from .tree import Finding, Report, Tree

NAME = "tests"
RUNNER = "tools/test"


def run(tree: Tree) -> Report:
    done = subprocess.run([sys.executable, RUNNER, "dev"], cwd=tree.root, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)
    lines = done.stdout.splitlines() or ["it printed nothing"]
    if done.returncode == 0 and re.fullmatch(r"[1-9]\d* passed, 0 failed", lines[-1]):
        return Report(lines[-1])
    return Report(lines[-1], [Finding("", 0, line) for line in lines
                              if not re.search(r"\b0 failed", line)] +
                  [Finding("", 0, done.stderr.strip()[-4000:])])


PLANTED = [
    {RUNNER: "import sys\nprint('3 passed, 1 failed')\nsys.exit(1)\n"},
    {RUNNER: "print('0 passed, 0 failed')\n"},
    {RUNNER: "import sys\nprint('3 passed, 0 failed')\nsys.exit(1)\n"},
]
CLEAN = {RUNNER: "print('3 passed, 0 failed')\n"}
