"""What else the machine did meanwhile."""

import os
import resource
from pathlib import Path

STEAL_MAX = 2.0   # per cent; above it the processors were not ours
OTHERS_MAX = 5.0  # per cent of the processors; above it a time on the wall is no finding


class Watch:
    """From its making on: the share of other machines, and of other programs on this one. Own are
    this process and the children that it has waited for."""

    def __init__(self):
        self.jiffies, self.own = jiffies(), own_seconds()

    def passed(self) -> list[int]:
        return [now - then for now, then in zip(jiffies(), self.jiffies)]

    def steal(self) -> str:
        """Why a time of the processor may be wrong; empty if it is not."""
        passed = self.passed()
        percent = 100 * passed[7] / max(sum(passed), 1)
        return f"steal of {percent:.1f} %" if percent > STEAL_MAX else ""

    def crowd(self) -> str:
        """Why a time on the wall may be wrong; empty if it is not."""
        passed = self.passed()
        busy = sum(passed) - passed[3] - passed[4]
        own = (own_seconds() - self.own) * os.sysconf("SC_CLK_TCK")
        percent = 100 * (busy - own) / max(sum(passed), 1)
        return f"other programs took {percent:.0f} %" if percent > OTHERS_MAX else ""


def jiffies() -> list[int]:
    return [int(word) for word in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]


def own_seconds() -> float:
    return sum(usage.ru_utime + usage.ru_stime for usage in
               (resource.getrusage(resource.RUSAGE_SELF),
                resource.getrusage(resource.RUSAGE_CHILDREN)))
