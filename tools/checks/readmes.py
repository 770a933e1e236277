"""Each module has a README.md with the four heads: what it is, key types, rules, do not."""

from .tree import Finding, Report, Tree

NAME = "module guides"
HEADS = ("**What it is.**", "**Key types.**", "**Rules.**", "**Do not**")


def run(tree: Tree) -> Report:
    findings = []
    for module in tree.modules:
        path = f"{module}/README.md"
        text = tree.text(path) if path in tree.files else ""
        findings += [Finding(path, 1, f"lacks the head {head}")
                     for head in HEADS if head not in text]
    return Report(f"{len(tree.modules)} modules", findings)


PLANTED = [
    {"core/src/a.cpp": ""},
    {"core/README.md": "**What it is.** a\n**Rules.** b\n**Do not** c\n"},
]
CLEAN = {"core/README.md": "**What it is.** a\n**Key types.** b\n**Rules.** c\n**Do not** d\n"}
