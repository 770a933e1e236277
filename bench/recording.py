"""What recording costs a request, what a question to the ledger costs, and whether all is there."""

import json
import re
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from statistics import median

from driver import Invalid
from machine import Watch
from report import Report, spread
from servers import LOAD_CPU, Site

RECORD = 150         # ns
QUESTION = 2000      # ms, over ten million events
RATE = 10_000        # requests a second
CLIENTS = 50
SENT = 400 * CLIENTS * 10  # 20 s at the rate
DROPPED = ("ring_full_success", "ring_full_failure", "ring_full_timeout", "ring_full_cancelled",
           "ring_full_ignored", "figures_dropped")


def benchmarks(program: Path, wanted: str, *more: str) -> dict[str, list[dict]]:
    """The single runs of Google Benchmark, by name."""
    if not program.exists():
        raise Invalid(f"{program} is not there: make bench builds it")
    done = subprocess.run([program, f"--benchmark_filter={wanted}", "--benchmark_format=json",
                           *more], capture_output=True, text=True, check=True)
    runs: dict[str, list[dict]] = {}
    for run in json.loads(done.stdout)["benchmarks"]:
        if run.get("error_occurred"):
            raise Invalid(f"{run['run_name']}: {run['error_message']}")
        if run["run_type"] == "iteration":
            runs.setdefault(run["run_name"], []).append(run)
    if not runs:
        raise Invalid(f"{program.name} has no {wanted}")
    return runs


def record(report: Report, build: Path):
    """The thread that tells an event: alone, two of them, and while another thread drains."""
    watch = Watch()
    runs = benchmarks(build / "ledger/ledger_bench", "^record(/|_while_drained$)",
                      "--benchmark_repetitions=9", "--benchmark_min_time=0.2",
                      "--benchmark_enable_random_interleaving=true")
    crowd = watch.crowd()
    for name, label in (("record/real_time/threads:1", "recording an operation, alone"),
                        ("record/real_time/threads:2", "recording an operation, two threads"),
                        ("record_while_drained", "recording an operation, while drained")):
        times = [run["threads"] * 1e9 / run["items_per_second"] for run in runs[name]]
        report.judge(label, median(times), RECORD, "ns", spread(times), crowd)


def questions(report: Report, build: Path):
    for program, wanted in (("ledger/ledger_bench", "^report_of_ten_million_events/"),
                            ("report/report_bench", "^(report|trend|advice)_.*ten_million")):
        watch = Watch()
        runs = benchmarks(build / program, wanted, "--benchmark_repetitions=3")
        crowd = watch.crowd()
        for name, each in runs.items():
            times = [run["real_time"] for run in each]
            label = name.split("/")[0].replace("_", " ")
            report.judge(f"{label}, {program.split('/')[0]}", median(times), QUESTION, "ms",
                         spread(times), crowd)


def counted(ledger: Path) -> int:
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as book:
        (count,) = book.execute("SELECT coalesce(sum(count), 0) FROM minute JOIN series ON "
                                "series = series.id WHERE surface = 'http'").fetchone()
        return count


def at_rate(site: Site, report: Report):
    """An exact number of requests at a rate, and every one of them in the file afterwards.

    hey lets a tick go by when an answer is late, so the rate asked of it is a quarter higher,
    and what is judged is the rate that was reached, by the clock and with its start."""
    ledger = site.folder / "at-rate/ledger.db"
    wide = {"CURFEW_LIMITER_INITIAL": "1000", "CURFEW_LIMITER_FLOOR": "1000"}
    each = RATE * 1.25 / CLIENTS
    with site.start("curfew", env=wide, more=("--ledger", str(ledger))) as server:
        watch, began = Watch(), time.monotonic()
        done = subprocess.run(
            ["taskset", "-c", str(LOAD_CPU), "hey", "-n", str(SENT), "-c", str(CLIENTS), "-q",
             f"{each:.0f}", f"http://127.0.0.1:{server.port}/"],
            capture_output=True, text=True, timeout=300)
        took = time.monotonic() - began
        doubt = watch.crowd() or watch.steal()
        deadline = time.monotonic() + 10
        while (recorded := server.metric("curfew_ledger_operations_total",
                                         'fate="recorded"')) < SENT:
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
        dropped = sum(server.metric("curfew_ledger_operations_total", f'fate="{fate}"')
                      for fate in DROPPED)
    answers = {int(status): int(count) for status, count in
               re.findall(r"^\s+\[(\d{3})\]\s+(\d+) responses", done.stdout, re.MULTILINE)}
    if answers != {200: SENT}:
        raise Invalid(f"hey: of {SENT} were answered {answers}; {done.stderr.strip()[:200]}")
    report.judge(f"requests a second, {SENT} sent", SENT / took, RATE, "/s",
                 f"{SENT / took:.0f}", doubt, at_least=True)
    report.judge("operations that the ledger dropped of them", dropped, 0)
    report.judge("sent, but not in the file", abs(SENT - counted(ledger)), 0,
                 figure=f"{abs(SENT - counted(ledger))} (recorded {recorded:.0f})")
    size = ledger.stat().st_size / 2**20
    report.judge("the ledger's file after them", size, 1024, "MiB", f"{size:.2f}")
