"""Every relative link in a Markdown file leads to a file that exists, and to a head in it."""

import re
from pathlib import PurePosixPath
from posixpath import normpath

from .tree import Finding, Report, Tree

NAME = "links in docs"
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEAD = re.compile(r"^#+\s+(.*?)\s*$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    """The anchors a forge makes of a page's heads."""
    plain = (re.sub(r"[^\w\- ]", "", head.lower()) for head in HEAD.findall(text))
    return {head.replace(" ", "-") for head in plain}


def complaint(tree: Tree, path: str, target: str) -> str | None:
    if re.match(r"[a-z]+:", target):
        return None
    place, _, anchor = target.partition("#")
    whole = normpath(str(PurePosixPath(path).parent / place)) if place else path
    if whole not in tree.files and not (tree.root / whole).is_dir():
        return f"{target} leads nowhere"
    if anchor and whole.endswith(".md") and anchor not in anchors(tree.text(whole)):
        return f"{whole} has no head #{anchor}"
    return None


def run(tree: Tree) -> Report:
    findings, count = [], 0
    for path in (path for path in tree.files if path.endswith(".md")):
        for number, line in enumerate(tree.lines(path), 1):
            for match in LINK.finditer(re.sub(r"`[^`]*`", "", line)):
                count += 1
                if text := complaint(tree, path, match[1] or match[2]):
                    findings.append(Finding(path, number, text))
    return Report(f"{count} links", findings)


PLANTED = [
    {"README.md": "See [there](docs/gone.md).\n"},
    {"README.md": "See [below](#gone).\n"},
    {"README.md": "![picture](gone.svg)\n"},
]
CLEAN = {"README.md": "# A title, here\n[top](#a-title-here), [web](https://example.org), "
                      "[docs](docs/a.md), `[code](gone)`\n", "docs/a.md": "[up](../README.md)\n"}
