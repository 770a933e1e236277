"""Each public header compiles alone: one translation unit a header, as targets NAME_headers."""

import re
import subprocess

from .tree import Finding, Report, Tree

NAME = "public headers"
BUILD = "build/dev"
TARGET = re.compile(r"^(?!cmake_)(\w+_headers): phony", re.MULTILINE)
ERROR = re.compile(r"^(\S+?):(\d+):\d+: (?:fatal )?error: (.*)", re.MULTILINE)


def run(tree: Tree) -> Report:
    public = [path for path in tree.cpp if "/include/curfew/" in path]
    plan = tree.root / BUILD / "build.ninja"
    if not plan.exists():
        return Report("", [Finding("", 0, f"{BUILD} is not configured: tools/build dev")])
    listed = subprocess.run(["ninja", "-C", BUILD, "-t", "targets", "all"], cwd=tree.root,
                            capture_output=True, text=True, check=True)
    targets = sorted(set(TARGET.findall(listed.stdout)))
    done = subprocess.run(["ninja", "-C", BUILD, "-k", "0", *targets], cwd=tree.root,
                          capture_output=True, text=True) if targets else None
    findings = []
    if done and done.returncode:
        plain = re.sub(r"\x1b\[[0-9;]*[mK]", "", done.stdout)
        findings = [Finding(path, int(line), text) for path, line, text in ERROR.findall(plain)]
        findings = findings or [Finding("", 0, plain.strip()[-2000:])]
    covered = {target.removesuffix("_headers") for target in targets}
    findings += [Finding(path, 1, "no target compiles it alone")
                 for path in public if path.split("/", 1)[0] not in covered]
    return Report(f"{len(public)} headers in {len(targets)} modules", findings)


RULE = ("rule cc\n  command = clang++-19 -std=c++23 -fsyntax-only -xc++ $in && touch $out\n"
        "build a.o: cc ../../core/include/curfew/core/a.hpp\nbuild core_headers: phony a.o\n")
PLANTED = [
    {f"{BUILD}/build.ninja": RULE, "core/include/curfew/core/a.hpp": "std::string name();\n"},
    {f"{BUILD}/build.ninja": RULE, "core/include/curfew/core/a.hpp": "int a();\n",
     "http/include/curfew/http/b.hpp": "int b();\n"},
]
CLEAN = {f"{BUILD}/build.ninja": RULE, "core/include/curfew/core/a.hpp": "int a();\n"}
