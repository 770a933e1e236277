"""clang-tidy 19 with the positive list of .clang-tidy, every finding an error.

A file is looked at again only when it, a project header it includes, its compile command or the
list changed: build/tidy holds one empty file for each clean result, named by a hash of all that.
"""

import hashlib
import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .tree import Finding, Report, Tree

NAME = "clang-tidy"
TOOL = "clang-tidy-19"
BUILD = "build/dev"
CACHE = "build/tidy"
PROBLEM = re.compile(r"^(\S+?):(\d+):\d+: error: (.*)", re.MULTILINE)


def dependencies(tree: Tree) -> dict[str, list[str]]:
    """Object -> the project files it was made of, as Ninja learned them from the compiler."""
    done = subprocess.run(["ninja", "-C", BUILD, "-t", "deps"], cwd=tree.root, capture_output=True,
                          text=True)
    found: dict[str, list[str]] = {}
    for block in done.stdout.split("\n\n"):
        lines = block.strip().splitlines()
        if not lines or ": #deps" not in lines[0]:
            continue
        paths = (os.path.normpath(tree.root / BUILD / line.strip()) for line in lines[1:])
        inside = [os.path.relpath(path, tree.root) for path in paths
                  if path.startswith(f"{tree.root}/")]
        found[lines[0].split(":", 1)[0]] = sorted(
            path for path in inside if not path.startswith("build/"))
    return found


def fingerprint(tree: Tree, unit: dict, made_of: list[str], salt: bytes) -> str:
    mixed = hashlib.sha256(salt)
    mixed.update(unit["command"].encode())
    for path in made_of:
        mixed.update(path.encode() + b"\0" + (tree.root / path).read_bytes())
    return mixed.hexdigest()


def examine(tree: Tree, path: str, checks: str) -> list[Finding]:
    extra = [f"--checks={checks}"] if checks else []
    done = subprocess.run([TOOL, "-p", BUILD, "--quiet", *extra, path], cwd=tree.root,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode == 0 and "Skipping" not in done.stderr:
        return []
    findings = {Finding(os.path.relpath(place, tree.root) if place.startswith("/") else place,
                        int(line), text) for place, line, text in PROBLEM.findall(done.stdout)}
    return sorted(findings, key=str) or [Finding(path, 1, done.stderr.strip()[-1000:])]


def run(tree: Tree, checks: str = "") -> Report:
    database = tree.root / BUILD / "compile_commands.json"
    if not database.exists():
        return Report("", [Finding("", 0, f"{BUILD} is not configured: tools/build dev")])
    ours = set(tree.cpp)
    units = {os.path.relpath(os.path.join(unit["directory"], unit["file"]), tree.root): unit
             for unit in json.loads(database.read_text())}
    units = {path: unit for path, unit in units.items() if path in ours}
    if not units:
        return Report("", [Finding("", 0, f"{BUILD} compiles no file of the project")])
    version = subprocess.run([TOOL, "--version"], capture_output=True).stdout
    salt = version + (tree.root / ".clang-tidy").read_bytes() + checks.encode()
    made_of, cache = dependencies(tree), tree.root / CACHE
    cache.mkdir(parents=True, exist_ok=True)
    stamps: dict[str, Path] = {}
    for path, unit in sorted(units.items()):
        parts = made_of.get(unit.get("output", "")) or [path, *also_headers(tree, path)]
        stamp = cache / fingerprint(tree, unit, parts, salt)
        if not stamp.exists():
            stamps[path] = stamp
    def look(path: str) -> list[Finding]:
        found = examine(tree, path, checks)
        if not found:
            stamps[path].touch()  # at once: what is broken off has not been for nothing
        return found
    with ThreadPoolExecutor(os.cpu_count() or 1) as workers:
        results = list(workers.map(look, stamps))
    findings = sorted({finding for found in results for finding in found}, key=str)
    return Report(f"{len(units)} files, {len(stamps)} looked at now", findings)


def also_headers(tree: Tree, path: str) -> list[str]:
    """Where Ninja knows no dependencies yet (never compiled): every header of the project."""
    return [header for header in tree.cpp if header.endswith(".hpp") and header != path]


DATABASE = json.dumps([{"directory": "@ROOT@", "file": "core/src/a.cpp", "output": "a.o",
                        "command": "clang++-19 -std=c++23 -c core/src/a.cpp"}])
CONFIG = "Checks: '-*,bugprone-use-after-move,readability-container-size-empty'\n" \
         "WarningsAsErrors: '*'\n"
PLANTED = [{
    ".clang-tidy": CONFIG, f"{BUILD}/compile_commands.json": DATABASE,
    "core/src/a.cpp": "#include <string>\nbool f(const std::string& a) { return a.size() == 0; }\n",
}]
CLEAN = {
    ".clang-tidy": CONFIG, f"{BUILD}/compile_commands.json": DATABASE,
    "core/src/a.cpp": "#include <string>\nbool f(const std::string& a) { return a.empty(); }\n",
}
