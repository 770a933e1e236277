"""The rules that hold the house up: one file a rule, each with the violations it must catch.

A rule module has

    NAME      what `tools/check` prints
    PLANTED   small trees that break the rule, as {path: text} (@ROOT@ is their
              folder); the self-test wants each one found
    CLEAN     a small tree that keeps it; the self-test wants silence
    run(tree) -> Report

`ALL` lists them in the order they run: what is quick and says most comes first. `NIGHTLY` is what
takes too long for that.
"""

from . import (
    analyzer,
    clock,
    co_await,
    compile_time,
    coroutine_lambdas,
    docs_links,
    format,
    headers,
    includes,
    private_names,
    ratchets,
    readmes,
    tests,
    tidy,
    vocabulary,
    waiting,
)

ALL = [
    includes, clock, waiting, co_await, coroutine_lambdas, ratchets, vocabulary, readmes,
    docs_links, private_names, format, headers, tests, compile_time, tidy,
]
NIGHTLY = [analyzer]
