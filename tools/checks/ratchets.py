"""Counts that may only fall. The committed ones are in tools/ratchets.toml.

A count above its mark is a violation; below it, the mark must be lowered in the same commit, so
that what was gained is never lost again.
"""

import re
import tomllib

from .shape import functions
from .tree import Finding, Report, Tree, is_outside, is_test
from .waiting import SLEEPS

NAME = "ratchets"
MARKS = "tools/ratchets.toml"
FUNCTION_LINES = 70
FILE_LINES = 400
COLUMNS = 100
SOURCE = (".cpp", ".hpp", ".py", ".cmake", ".js", ".ts")
PYTHON_SLEEPS = re.compile(r"\b(?:time|asyncio)\.sleep\(")
AWAITED = re.compile(r"(?<!operator )\bco_await\b(?!\s*[A-Za-z_][\w:]*(?:(?:\.|->)\w+)*\s*[;)])")
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")


def is_source(path: str) -> bool:
    return path.endswith(SOURCE) or path in ("Makefile", ".ci/run") or (
        path.startswith("tools/") and "." not in path.rsplit("/", 1)[-1])


def long_functions(tree: Tree) -> list[Finding]:
    return [Finding(path, function.first, f"{function.name} has {function.lines} lines")
            for path in tree.cpp for function in functions(tree.code(path))
            if function.lines > FUNCTION_LINES]


def long_files(tree: Tree) -> list[Finding]:
    return [Finding(path, 1, f"{len(tree.lines(path))} lines")
            for path in tree.files if is_source(path) and len(tree.lines(path)) > FILE_LINES]


def wide_lines(tree: Tree) -> list[Finding]:
    return [Finding(path, number, f"{len(line)} columns")
            for path in tree.files if is_source(path)
            for number, line in enumerate(tree.lines(path), 1) if len(line) > COLUMNS]


def sleeps_in_tests(tree: Tree) -> list[Finding]:
    found = tree.search(
        SLEEPS, [path for path in tree.cpp if is_test(path) and not is_outside(path)], "`{}`")
    for path in tree.files:
        if path.endswith(".py") and is_test(path) and not is_outside(path):
            found += [Finding(path, number, line.strip())
                      for number, line in enumerate(tree.lines(path), 1)
                      if PYTHON_SLEEPS.search(line)]
    return found


def todos(tree: Tree) -> list[Finding]:
    return [Finding(path, number, line.strip())
            for path in tree.files if is_source(path)
            for number, line in enumerate(tree.lines(path), 1) if UNFINISHED.search(line)]


def awaited_expressions(tree: Tree) -> list[Finding]:
    return tree.search(AWAITED, tree.cpp, "co_await of something without a name")


COUNTERS = {
    "functions_over_70_lines": long_functions,
    "files_over_400_lines": long_files,
    "lines_over_100_columns": wide_lines,
    "sleeps_in_tests": sleeps_in_tests,
    "todos": todos,
    "awaited_expressions": awaited_expressions,
}


def run(tree: Tree) -> Report:
    marks = tomllib.loads(tree.text(MARKS)) if MARKS in tree.files else {}
    findings, counts = [], []
    for name, counter in COUNTERS.items():
        mark, found = marks.get(name, 0), counter(tree)
        counts.append(f"{name} {len(found)}")
        if len(found) > mark:
            findings += found
            findings.append(Finding(MARKS, 1, f"{name} rose from {mark} to {len(found)}"))
        elif len(found) < mark:
            findings.append(Finding(
                MARKS, 1, f"{name} fell from {mark} to {len(found)}: write {name} = {len(found)}"))
    return Report(", ".join(counts), findings)


def function_of(lines: int) -> str:
    return "namespace a {\n\nint f(int x) {\n" + "    ++x;\n" * (lines - 2) + "}\n\n}\n"


PLANTED = [
    {"core/src/a.cpp": function_of(71)},
    {"core/src/a.cpp": "a::a(int x) noexcept\n    : x_{x},\n      y_{x} {\n" + "    ++x_;\n" * 70
                       + "}\n"},
    {"core/src/a.cpp": "struct a {\n    int f() const {\n" + "        g();\n" * 70 + "    }\n};\n"},
    {"core/src/a.cpp": "TEST(a, b) {\n" + "    g();\n" * 70 + "}\n"},
    {"core/src/a.hpp": "int a;\n" * 401},
    {"tools/a": "# " + "x" * 100 + "\n"},
    {"core/src/a_test.cpp": "void f() { usleep(1); }\n"},
    {"core/src/a.cpp": "// TO" "DO: later\n"},
    {"http/src/a.cpp": "task f() {\n    co_await stream.read(buffer);\n}\n"},
    {"tools/ratchets.toml": "todos = 1\n"},
]
CLEAN = {
    "core/src/a.cpp": function_of(70),
    "core/src/b.cpp": "constexpr std::array table{\n" + "    row{1, f(2)},\n" * 90 + "};\n",
    "core/src/c.cpp": "a::a(int x) : x_{x}, y_(x) {}\n\nint g() {\n    return 1;\n}\n" * 20,
    "http/src/a.cpp": "task f() {\n    const auto b = co_await reading;\n    co_await self->done;\n"
                      "}\n",
}
