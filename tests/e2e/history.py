"""A ledger with a past: minutes that happened before the test began, written as Curfew does.

The binary makes the file (by `curfew mark` and `curfew report`); what is added is the encoding of
docs/ledger.md's figures as ledger/src/sparse_figures.hpp has it.
"""

import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from harness import run

QUEUE, ATTEMPT, BODY = 1, 6, 8
LOWEST_POWER, DIGIT_BITS = 10, 5


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def bucket(ns: int) -> int:
    power = max(ns, 1 << LOWEST_POWER).bit_length() - 1
    digit = ns >> (power - DIGIT_BITS) & ((1 << DIGIT_BITS) - 1)
    return ((power - LOWEST_POWER) << DIGIT_BITS) + digit


def figures(times: list[int], spent: dict[int, int]) -> bytes:
    out = varint(0) + varint(0) + varint(sum(times)) + varint(max(times)) + varint(len(spent))
    for stage, ns in sorted(spent.items()):
        out += varint(stage) + varint(ns)
    following = 0
    for index, count in sorted(Counter(map(bucket, times)).items()):
        out += varint(index - following) + varint(count)
        following = index + 1
    return out


class History:
    """`tell` what happened so many minutes ago; times in milliseconds."""

    def __init__(self, ledger: Path):
        ledger.parent.mkdir(parents=True, exist_ok=True)
        assert run("mark", "begin", "--ledger", str(ledger)).returncode == 0
        assert run("report", "--ledger", str(ledger)).returncode == 0
        self.ledger = ledger
        self.now = int(time.time()) // 60
        self.times: dict[tuple, list[int]] = {}
        self.spent: dict[tuple, Counter] = {}

    def tell(self, minutes_ago: int, name: str, times: list[float], ended: str = "success",
             cause: str = "completed", limit: str = "", error: str = "", where: str = "http",
             queued: float = 0, body: float = 0):
        key = (self.now - minutes_ago, (where, name, ended, cause, "none", error, limit))
        ns = [round(each * 1e6) for each in times]
        self.times.setdefault(key, []).extend(ns)
        for stage, share in ((QUEUE, queued), (BODY, body), (ATTEMPT, 1 - queued - body)):
            self.spent.setdefault(key, Counter())[stage] += round(share * sum(ns))

    def time_out(self, minutes_ago: int, name: str, count: int, limit_ms: float, **options):
        self.tell(minutes_ago, name, [limit_ms + 1] * count, "timeout", "own_timeout",
                  "request.timeout", "own-timeout", **options)

    def mark(self, minutes_ago: int, text: str):
        with closing(sqlite3.connect(self.ledger)) as book, book:
            book.execute("INSERT INTO mark(at_ns, text) VALUES(?, ?)",
                         ((self.now - minutes_ago) * 60 * 10**9, text))

    def write(self):
        with closing(sqlite3.connect(self.ledger)) as book, book:
            book.execute("DELETE FROM mark WHERE text = 'begin'")
            book.execute("DELETE FROM instance")
            for (minute, series), times in self.times.items():
                spent = {stage: ns for stage, ns in self.spent[minute, series].items() if ns > 0}
                book.execute("INSERT OR IGNORE INTO series(surface, name, outcome, cause, reason, "
                             "error, limit_name) VALUES(?, ?, ?, ?, ?, ?, ?)", series)
                (number,) = book.execute(
                    "SELECT id FROM series WHERE (surface, name, outcome, cause, reason, error, "
                    "limit_name) = (?, ?, ?, ?, ?, ?, ?)", series).fetchone()
                book.execute("INSERT INTO minute VALUES(?, ?, ?, 0, ?)",
                             (minute, number, len(times), figures(times, spent)))
