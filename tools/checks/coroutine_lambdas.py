"""No capturing lambda is a coroutine (C++ Core Guidelines CP.51).

Its captures die with the lambda, usually at the first suspension; the frame then reads freed
memory. Pass what it needs as parameters, or write a function.
"""

import re

from .shape import matching
from .tree import Finding, Report, Tree

NAME = "coroutine lambdas"
LAMBDA = re.compile(r"(?<![\w\])\[])\[\s*[^\]\s\[][^\]]*\]\s*(?:\([^{};]*\))?[^{};()]*\{")


def run(tree: Tree) -> Report:
    findings, count = [], 0
    for path in tree.cpp:
        code = tree.code(path)
        if "co_" not in code:
            continue
        for match in LAMBDA.finditer(code):
            count += 1
            body = code[match.end():matching(code, match.end() - 1)]
            if re.search(r"\bco_(?:await|return|yield)\b", body):
                line = code.count("\n", 0, match.start()) + 1
                findings.append(Finding(path, line, "a capturing lambda is a coroutine"))
    return Report(f"{count} capturing lambdas beside coroutines", findings)


PLANTED = [
    {"http/src/a.cpp": "void f() {\n    auto g = [this, x](int a) -> task {\n"
                       "        co_return;\n    };\n}\n"},
    {"http/src/a.cpp": "void f() {\n    spawn([&] { co_await reading; });\n}\n"},
]
CLEAN = {"http/src/a.cpp": "task f(int* a) {\n    auto g = [](int b) -> task { co_return; };\n"
                           "    [[maybe_unused]] a[1] = 2;\n    auto h = [a] { return *a; };\n"
                           "    co_return;\n}\n"}
