"""What a rule sees: the files of the project, their text, and the house they stand in."""

import re
import subprocess
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

# Floor by floor, as ARCHITECTURE.md draws it. A module includes lower floors only.
FLOORS = {
    "core": 0,
    "policy": 1, "protocol": 1, "statistics": 1, "runtime": 1,
    "process": 2, "http": 2, "clients": 2, "pooler": 2,
    "gateway": 3, "ledger": 3, "alerts": 3, "preflight": 3, "load": 3, "warp": 3,
    "runner": 4, "agents": 4, "stress": 4, "chaos": 4, "lint": 4, "admin": 4,
    "demo": 4, "report": 4,
    "cli": 5,
}
TEST_ONLY = "sim"  # the other side of runtime's and process's seams: tests may include it


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}" if self.path else self.text


@dataclass
class Report:
    summary: str  # what was looked at, with its count
    findings: list[Finding] = field(default_factory=list)


class Tree:
    def __init__(self, root: Path):
        self.root = root

    @cached_property
    def files(self) -> list[str]:
        """Tracked files, and new ones that are not ignored."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=self.root, capture_output=True, text=True, check=True)
        paths = {path for path in listed.stdout.split("\0") if path}
        return sorted(path for path in paths if (self.root / path).is_file())

    @cached_property
    def cpp(self) -> list[str]:
        return [path for path in self.files if path.endswith((".cpp", ".hpp"))]

    @cached_property
    def modules(self) -> list[str]:
        present = {path.split("/", 1)[0] for path in self.files if "/" in path}
        return sorted(present & (FLOORS.keys() | {TEST_ONLY}))

    @cache
    def text(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    @cache
    def code(self, path: str) -> str:
        """The text without comments and the contents of literals; every line keeps its number."""
        return blank(self.text(path))

    def lines(self, path: str) -> list[str]:
        return self.text(path).splitlines()

    def search(self, pattern: "re.Pattern[str]", paths: list[str], text: str) -> list[Finding]:
        """Every match of a pattern in the code of C++ files."""
        found = []
        for path in paths:
            for match in pattern.finditer(self.code(path)):
                line = self.code(path).count("\n", 0, match.start()) + 1
                found.append(Finding(path, line, text.format(match[0].strip())))
        return found


LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/"""
    r"""|R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)\""""
    r"""|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'""",
    re.DOTALL)
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include\b[^\n]*", re.MULTILINE)


def blank(text: str) -> str:
    """Comments become spaces and literals keep only their quotes, so that patterns see code."""

    def replace(match: "re.Match[str]") -> str:
        whole = match[0]
        hollow = re.sub(r"[^\n]", " ", whole)
        return hollow if whole.startswith("/") else '"' + hollow[1:-1] + '"'

    return LITERAL.sub(replace, INCLUDE.sub(lambda match: " " * len(match[0]), text))


def is_test(path: str) -> bool:
    return path.endswith(("_test.cpp", "_test.hpp", "_scenario.hpp")) or (
        path.startswith(("tests/", "sim/")))


def is_outside(path: str) -> bool:
    """Integration and end-to-end tests meet real processes, so they may wait for them."""
    return path.startswith(("tests/integration/", "tests/e2e/"))
