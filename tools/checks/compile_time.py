"""No file takes longer to compile than its budget, by the log of the dev build.

Seconds differ between machines and with the load, so a file is over budget when it took more than
30 s *and* more than eight times the median of the same log. A hit in ccache logs milliseconds: a
file is measured wherever it was last really compiled.
"""

from statistics import median

from .tree import Finding, Report, Tree

NAME = "compile time"
LOG = "build/dev/.ninja_log"
BUDGET_MS = 30_000
TIMES_MEDIAN = 8


def durations(text: str) -> dict[str, int]:
    """The newest time of each object, in milliseconds."""
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {row[3]: int(row[1]) - int(row[0]) for row in rows if len(row) >= 5
            and row[3].endswith((".o", ".pch"))}


def run(tree: Tree) -> Report:
    log = tree.root / LOG
    if not log.exists():
        return Report("", [Finding("", 0, f"{LOG} is missing: tools/build dev")])
    times = durations(log.read_text())
    if not times:
        return Report("", [Finding("", 0, f"{LOG} names no object")])
    usual = median(times.values())
    budget = max(BUDGET_MS, TIMES_MEDIAN * usual)
    slowest = max(times, key=times.get)
    findings = [Finding("", 0, f"{name}: {took / 1000:.1f} s, budget {budget / 1000:.0f} s")
                for name, took in times.items() if took > budget]
    return Report(f"{len(times)} objects, median {usual / 1000:.1f} s, "
                  f"slowest {times[slowest] / 1000:.1f} s ({slowest.rsplit('/', 1)[-1]})", findings)


def log_of(*took: int) -> str:
    return "# ninja log v5\n" + "".join(f"0\t{ms}\t1\t{n}.cpp.o\t0\n" for n, ms in enumerate(took))


PLANTED = [{LOG: log_of(1_000, 2_000, 31_000)}]
CLEAN = {LOG: log_of(1_000, 2_000, 29_000)}
