"""The layout of every C++ file is what clang-format 19 makes of it (`make format` applies it)."""

import re
import subprocess

from .tree import Finding, Report, Tree

NAME = "format"
STYLE = ".clang-format"
WARNING = re.compile(r"^(.+?):(\d+):\d+: error: (.*)", re.MULTILINE)


def run(tree: Tree) -> Report:
    if not tree.cpp:
        return Report("no C++ file")
    done = subprocess.run(["clang-format-19", "--dry-run", "-Werror", "--ferror-limit=1",
                           *tree.cpp], cwd=tree.root, capture_output=True, text=True)
    findings = [Finding(path, int(line), "not laid out: make format")
                for path, line, _ in WARNING.findall(done.stderr)]
    if done.returncode and not findings:
        findings = [Finding("", 0, done.stderr.strip())]
    return Report(f"{len(tree.cpp)} files", findings)


PLANTED = [{STYLE: "BasedOnStyle: Google\n", "a.cpp": "int  f( ) {return 1 ;}\n"}]
CLEAN = {STYLE: "BasedOnStyle: Google\n", "a.cpp": "int f() { return 1; }\n"}
