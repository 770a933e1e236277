"""A module includes lower floors only, never a neighbour, and never another module's insides.

The floors are DESIGN's and ARCHITECTURE.md's picture, in tree.FLOORS. `sim` is for tests. What
stands outside the modules (tests, bench, fuzz, examples) may include any public header.
"""

import re
from posixpath import dirname, normpath

from .tree import FLOORS, TEST_ONLY, Finding, Report, Tree, is_test

NAME = "include table"
INCLUDE = re.compile(r'^\s*#\s*include\s+(<curfew/([a-z_]+)/[^>]+>|"([^"]+)")')


def complaint(path: str, angled: str | None, quoted: str | None) -> str | None:
    module = path.split("/", 1)[0]
    if quoted and normpath(f"{dirname(path)}/{quoted}").split("/")[0] != module:
        return f'"{quoted}" climbs out of its module'
    if not angled or module == angled or module not in FLOORS | {TEST_ONLY: 0}:
        return None
    if angled == TEST_ONLY:
        return None if is_test(path) else f"only tests include {TEST_ONLY}"
    if angled not in FLOORS:
        return f"no module is called {angled}"
    if module == TEST_ONLY or (is_test(path) and "/include/" not in path):
        return None if FLOORS[angled] <= 2 or FLOORS[angled] <= FLOORS.get(module, 9) else (
            f"a test on floor {FLOORS[module]} includes {angled} on floor {FLOORS[angled]}")
    if FLOORS[angled] >= FLOORS[module]:
        return (f"{module} (floor {FLOORS[module]}) includes {angled} (floor {FLOORS[angled]}): "
                "lower floors only")
    return None


def run(tree: Tree) -> Report:
    findings, count = [], 0
    for path in tree.cpp:
        for number, line in enumerate(tree.lines(path), 1):
            if match := INCLUDE.match(line):
                count += 1
                if text := complaint(path, match[2], match[3]):
                    findings.append(Finding(path, number, text))
    return Report(f"{count} includes of {len(tree.modules)} modules", findings)


PLANTED = [
    {"core/src/a.cpp": "#include <curfew/runtime/loop.hpp>\n"},
    {"policy/src/a.cpp": "#include <curfew/protocol/http1.hpp>\n"},
    {"http/src/a.cpp": '#include "../../core/src/account.hpp"\n'},
    {"gateway/src/a.cpp": "#include <curfew/sim/clock.hpp>\n"},
    {"core/src/a.cpp": "#include <curfew/nowhere/a.hpp>\n"},
]
CLEAN = {
    "http/src/a.cpp": "#include <curfew/runtime/loop.hpp>\n#include <curfew/http/a.hpp>\n",
    "http/src/a_test.cpp": "#include <curfew/sim/clock.hpp>\n",
}
