"""clang's path-sensitive analyzer over every file: minutes, so nightly only."""

from . import tidy
from .tree import Report, Tree

NAME = "clang analyzer"
CHECKS = "clang-analyzer-core.*,clang-analyzer-cplusplus.*,clang-analyzer-deadcode.*"


def run(tree: Tree) -> Report:
    return tidy.run(tree, CHECKS)


PLANTED = [{**tidy.CLEAN,
            "core/src/a.cpp": "int f() {\n    int* a = nullptr;\n    return *a;\n}\n"}]
CLEAN = {**tidy.CLEAN, "core/src/a.cpp": "int f(int a) {\n    return a;\n}\n"}
