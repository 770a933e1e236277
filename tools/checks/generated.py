"""Generated pages are what their generator writes today (`make docs` writes them again)."""

import subprocess

from .tree import Finding, Report, Tree

NAME = "generated docs"
GENERATOR = "tools/docs"


def run(tree: Tree) -> Report:
    done = subprocess.run([tree.root / GENERATOR, "--check"], cwd=tree.root, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        return Report("", [Finding("", 0, line) for line in done.stderr.strip().splitlines()[-20:]]
                      or [Finding("", 0, "the generator failed")])
    return Report(done.stdout.strip())


PLANTED = [{GENERATOR: "#!/bin/sh\necho 'docs/errors.md is old' >&2\nexit 1\n"}]
CLEAN = {GENERATOR: "#!/bin/sh\necho '1 page'\n"}
