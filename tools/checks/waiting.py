"""A unit test does not wait: no sleeping, no polling, no timed blocking, in any *_test.cpp.

Time is data there, on the manual clock or in sim, whose sleep_until costs nothing. Tests that meet
real processes and sockets live in tests/integration and tests/e2e; the real sleeps of the rest
are a ratchet at zero.
"""

import re

from .tree import Report, Tree, is_outside, is_test

NAME = "no waiting in tests"
SLEEPS = re.compile(
    r"\bthis_thread::sleep|\busing\s+(?:namespace\s+)?std::this_thread"
    r"|\bu?sleep\s*\(|\b(?:clock_)?nanosleep\b|\bsetTimeout\b")
WAITS = re.compile(
    SLEEPS.pattern + r"|\.wait_(?:for|until)\s*\("
    r"|\btry_(?:acquire|lock)_(?:for|until)\b|\b(?:pthread_cond_|sem_)timedwait\b")


def run(tree: Tree) -> Report:
    paths = [path for path in tree.cpp if is_test(path) and not is_outside(path)]
    findings = tree.search(WAITS, paths, "`{}`: move the clock by hand instead")
    return Report(f"{len(paths)} test files", findings)


PLANTED = [
    {"core/src/a_test.cpp": "void f() { std::this_thread::sleep_for(1ms); }\n"},
    {"http/src/a_test.cpp": "bool f() { return done.wait_for(1s) == ready; }\n"},
    {"http/src/a_test.cpp": "void f() { usleep(10); }\n"},
]
CLEAN = {"tests/integration/a_test.cpp": "void f() { usleep(10); }\n",
         "core/src/a_test.cpp": "TEST(a, never_sleeps) { clock.advance(1s); }\n"
                              "task<> f() { auto nap = runtime::sleep_until(later); }\n"}
