"""co_await takes only names, and its result goes to a name: `auto arrived = co_await reading;`.

g++ 12 destroys a temporary twice when it is made inside a co_await expression: a capturing lambda,
a braced aggregate, a braced vector. This finds those shapes; what else stands to the right of a
co_await than a name is counted in tools/ratchets.toml. `co_return co_await name;` makes nothing
in between, so it may stand.
"""

import re

from .tree import Report, Tree

NAME = "co_await rule"
TEMPORARY = re.compile(
    r"co_await\b[^;]*?(\[[^\]\s][^\]]*\]\s*[\(\{<]|[\(,]\s*[A-Za-z_:]*\{\s*[^\s\}])")
BURIED = re.compile(r"\b(?:if|while|switch|return)\b[^;{]*\bco_await\b|[(,]\s*co_await\b")


def run(tree: Tree) -> Report:
    awaits = sum(tree.code(path).count("co_await") for path in tree.cpp)
    findings = tree.search(TEMPORARY, tree.cpp, "a temporary inside co_await: name it first")
    findings += tree.search(BURIED, tree.cpp, "the result of co_await goes to a name first")
    return Report(f"{awaits} co_awaits", findings)


PLANTED = [
    {"http/src/a.cpp": "task f() {\n    co_await send(options{1, name});\n}\n"},
    {"http/src/a.cpp": "task f() {\n    co_await run([value] { return value; });\n}\n"},
    {"http/src/a.cpp": "task f() {\n    if (!co_await reading) {\n    }\n}\n"},
    {"http/src/a.cpp": "task f() {\n    use(co_await reading);\n}\n"},
]
CLEAN = {"http/src/a.cpp": "task f() {\n    auto reading = stream.read(buffer);\n"
                           "    const auto arrived = co_await reading;\n    co_await closing;\n"
                           "    co_return co_await arrived;\n}\n"}
