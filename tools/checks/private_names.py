"""No tracked file names one machine: no home or work folders, no mirrors, no lock file's hosts."""

import re

from .tree import Finding, Report, Tree

NAME = "machine names"
SLASH = "/"
PATHS = re.compile(rf"(?<![\w.$}}]){SLASH}(?:home{SLASH}\w+|root{SLASH}\w+|Users{SLASH}\w+"
                   rf"|work{SLASH}\w+|tmp{SLASH}(?:trees|bash_jobs))")
HOSTS = re.compile(r"\b(?:registry|mirrors?|nexus|artifactory|proxy)(?:\.[a-z0-9-]+)+\.[a-z]{2,}\b"
                   r"|\"resolved\":\s*\"https?:|_auth[T]oken")


def run(tree: Tree) -> Report:
    findings = []
    for path in tree.files:
        for number, line in enumerate(tree.lines(path), 1):
            if match := PATHS.search(line) or HOSTS.search(line):
                findings.append(Finding(path, number, f"`{match[0]}` belongs to one machine"))
    return Report(f"{len(tree.files)} files", findings)


PLANTED = [
    {"README.md": f"Run {SLASH}home{SLASH}ann/curfew.\n"},
    {"web/package-lock.json": '"resolved": "https' + '://example.org/a.tgz"\n'},
    {"a.toml": 'url = "https://' + 'registry' + '.example.org/a"\n'},
]
CLEAN = {"README.md": "It keeps its state under ~/.local; see ${HOME}/bin and /usr/bin, /tmp.\n"}
