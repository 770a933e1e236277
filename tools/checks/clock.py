"""Time is an argument: only the places listed here read a clock.

core declares the clocks and reads them in clock.cpp; runtime reads once a turn of its loop; load
paces itself; cli and process meet people and other processes. Measurements may read what they like.
"""

import re

from .tree import Report, Tree

NAME = "clock readers"
READS = re.compile(
    r"\b(?:steady_clock|system_clock|high_resolution_clock|file_clock)::now\b|\bclock_gettime\b"
    r"|\bgettimeofday\b|\btime\((?:nullptr|NULL|0)\)|\bstd::time\b|\b__rdtscp?\b")
ALLOWED = ("core/src/clock", "runtime/", "load/", "process/", "cli/", "bench/", "tests/",
           "examples/", "fuzz/")


def run(tree: Tree) -> Report:
    paths = [path for path in tree.cpp
             if not path.startswith(ALLOWED) and not path.endswith("_bench.cpp")]
    findings = tree.search(READS, paths, "`{}`: take the time as an argument")
    return Report(f"{len(paths)} files that must not read one", findings)


PLANTED = [
    {"gateway/src/a.cpp": "auto now = std::chrono::steady_clock::now();\n"},
    {"core/src/breaker.cpp": "auto t = time(nullptr);\n"},
]
CLEAN = {"runtime/src/loop.cpp": "auto now = std::chrono::steady_clock::now();\n",
         "core/src/a.cpp": "// steady_clock::now() is never called here\nint now(int time);\n"}
