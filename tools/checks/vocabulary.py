"""Names say what a thing is: no `util`, `helper`, `manager` and their kin, in files or in code."""

import re

from .tree import Finding, Report, Tree

NAME = "vocabulary"
BANNED = "util|utils|utility|utilities|helper|helpers|manager|managers|misc|stuff|foo|bar|baz"
IN_CODE = re.compile(rf"\b(?!std::)(?:[a-z0-9]+_)*(?:{BANNED})(?:_[a-z0-9]+)*_?\b")
IN_PATH = re.compile(rf"(?:^|[/_.-])(?:{BANNED})(?:[/_.-]|$)")


def run(tree: Tree) -> Report:
    findings = [Finding(path, 1, "a name that says nothing")
                for path in tree.files if IN_PATH.search(path)]
    findings += tree.search(IN_CODE, tree.cpp, "`{}` says nothing: name the concept")
    return Report(f"{len(tree.files)} paths, {len(tree.cpp)} sources", findings)


PLANTED = [
    {"core/src/string_util.cpp": ""},
    {"core/src/a.cpp": "class connection_manager {};\n"},
    {"core/src/a.cpp": "namespace curfew::helpers {}\n"},
]
CLEAN = {"core/src/a.cpp": "#include <utility>\nint utilisation; // a helper, in prose\n"}
