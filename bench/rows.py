"""What is measured, one function a group of rows."""

import json
import re
import select
import signal
import struct
import subprocess
import time
from collections import Counter
from pathlib import Path
from statistics import median

from driver import CONNECTIONS, Clients, Invalid, wrk
from machine import Watch
from report import Report, spread
from servers import PROXY_CPU, Site, free_port

PROXIES = ("nginx", "haproxy", "curfew")
SETTLED_AFTER = 60.0  # seconds


def settle(server) -> float:
    """Load until what adapts has adapted: curfew's limit starts low and grows while all goes well.

    Before it covers the load, part of the requests waits in a queue, as it should."""
    began = time.monotonic()
    wrk(server.port, 2)
    while server.name == "curfew" and server.metric("curfew_upstream_route_limit") < CONNECTIONS:
        wrk(server.port, 2)
        if time.monotonic() - began > SETTLED_AFTER:
            raise Invalid("the limiter does not allow the load")
    return time.monotonic() - began


def cpu(site: Site, report: Report, rounds: int, seconds: int):
    """CPU per request and throughput; nginx haproxy curfew curfew haproxy nginx, each round."""
    cost: dict[str, list[float]] = {name: [] for name in PROXIES}
    rate: dict[str, list[float]] = {name: [] for name in PROXIES}
    servers = {name: site.start(name) for name in PROXIES}
    try:
        for server in servers.values():
            settle(server)
        watch = Watch()
        for _ in range(rounds):
            figures: dict[str, list[float]] = {name: [0, 0, 0] for name in PROXIES}
            for name in (*PROXIES, *reversed(PROXIES)):
                spent, began = servers[name].cpu_seconds(), time.monotonic()
                figures[name][1] += wrk(servers[name].port, seconds)
                figures[name][0] += servers[name].cpu_seconds() - spent
                figures[name][2] += time.monotonic() - began
            for name, (spent, requests, took) in figures.items():
                cost[name].append(spent / requests * 1e6)
                rate[name].append(requests / took / 1000)
        steal = watch.steal()
    finally:
        for server in servers.values():
            server.stop()
    for name in PROXIES:
        report.tell(f"{name}: CPU per request", f"{spread(cost[name])} us")
        report.tell(f"{name}: throughput", f"{spread(rate[name])} k/s")
    ratios = [ours / min(theirs) for ours, *theirs in zip(cost["curfew"], cost["nginx"],
                                                        cost["haproxy"])]
    report.judge("CPU, ratio to the better incumbent", median(ratios), 1.10,
                 figure=spread(ratios), doubt=steal)
    report.invalid = steal


def strace(server, seconds: int) -> tuple[Counter, int]:
    """Calls by name of the tree's last process, the one that works; and the requests.

    The tracer shares the processor of what it traces, which waits for it anyway: on the other one
    it would slow the load and the backend, and decide how many answers a wake-up finds."""
    table = f"{server.log.name}.strace"
    tracer = subprocess.Popen(["taskset", "-c", str(PROXY_CPU), "strace", "-c", "-f", "-p",
                               str(server.pids()[-1]), "-o", table], stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.3)
        requests = wrk(server.port, seconds)
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(20)
    calls = Counter()
    for line in Path(table).read_text().splitlines():
        words = line.split()
        if len(words) >= 5 and words[0][0].isdigit() and words[-1] != "total":
            calls[words[-1]] = int(words[3])
    return calls, requests


def calls_a_request(server, seconds: int) -> dict[str, float]:
    """A short run and one of thrice its length; the difference leaves out the connections."""
    few, requests = strace(server, seconds)
    many, more_requests = strace(server, 3 * seconds)
    many.subtract(few)
    return {call: count / (more_requests - requests) for call, count in many.items()}


def syscalls(site: Site, report: Report, rounds: int, seconds: int):
    """System calls per request, in turns; the order turns round each time."""
    counts: dict[str, list[float]] = {name: [] for name in PROXIES}
    by_name: dict[str, Counter] = {name: Counter() for name in PROXIES}
    servers = {name: site.start(name) for name in PROXIES}
    try:
        for server in servers.values():
            settle(server)
        for turn in range(rounds):
            for name in PROXIES if turn % 2 == 0 else reversed(PROXIES):
                each = calls_a_request(servers[name], seconds)
                counts[name].append(sum(each.values()))
                by_name[name].update(each)
    finally:
        for server in servers.values():
            server.stop()
    for name, found in by_name.items():
        busy = [f"{call} {count / rounds:.3f}" for call, count in found.most_common()
                if count / rounds >= 0.005]
        report.tell(f"{name}: system calls per request",
                    f"{spread(counts[name])} ({', '.join(busy)})")
    report.judge("system calls per request, against haproxy's", round(median(counts["curfew"]), 2),
                 round(median(counts["haproxy"]), 2), figure=spread(counts["curfew"]))


def ledger(site: Site, report: Report, rounds: int, seconds: int):
    """CPU per request with the ledger and without, its own thread included; in turns."""
    flags = {"on": (), "off": ("--ledger", "off")}
    wide = {"CURFEW_LIMITER_INITIAL": "1000", "CURFEW_LIMITER_FLOOR": "1000"}
    servers = {name: site.start("curfew", env=wide, more=more) for name, more in flags.items()}
    cost: dict[str, list[float]] = {name: [] for name in flags}
    try:
        for server in servers.values():
            wrk(server.port, 2)
        watch = Watch()
        for _ in range(rounds):
            spent = {name: [0.0, 0] for name in flags}
            for name in (*flags, *reversed(flags)):
                before = servers[name].cpu_seconds()
                spent[name][1] += wrk(servers[name].port, seconds)
                spent[name][0] += servers[name].cpu_seconds() - before
            for name, (cpu_time, requests) in spent.items():
                cost[name].append(cpu_time / requests * 1e6)
        steal = watch.steal()
        recorded = servers["on"].metric("curfew_ledger_operations_total")
        dropped = servers["on"].metric("curfew_ledger_operations_total", "fate=\"ring_full_")
    finally:
        for server in servers.values():
            server.stop()
    if recorded == 0:
        raise Invalid("the ledger recorded nothing")
    for name, each in cost.items():
        report.tell(f"ledger {name}: CPU per request", f"{spread(each)} us")
    ratios = [on / off for on, off in zip(cost["on"], cost["off"])]
    report.judge("CPU with the ledger, ratio to without", median(ratios), 1.03,
                 figure=spread(ratios), doubt=steal)
    report.judge("operations that the ledger dropped", dropped, 0, doubt=steal)
    report.invalid = report.invalid or steal


def allocations(site: Site, report: Report):
    library, count = site.folder / "allocations.so", site.folder / "allocations"
    source = Path(__file__).parent / "allocations.c"
    subprocess.run(["clang-19", "-O2", "-Wall", "-shared", "-fPIC", "-o", library, source],
                   check=True)
    count.write_bytes(bytes(16))

    def counted() -> tuple[int, int]:
        """Of the threads that serve, and of all others but the ledger's."""
        return struct.unpack("=qq", count.read_bytes())
    env = {"LD_PRELOAD": str(library), "BENCH_ALLOCATIONS": str(count)}
    with site.start("curfew", env=env) as server, Clients(server.port) as clients:
        if min(counted()) == 0:
            raise Invalid("the allocation counter does not count")
        settle(server)
        clients.grow(CONNECTIONS)
        clients.requests(50 * CONNECTIONS)
        for requests in (3200, 9600):
            before, began = counted(), time.monotonic()
            clients.requests(requests)
            after, took = counted(), time.monotonic() - began
            report.judge(f"allocations, {requests} requests", after[0] - before[0], 0)
            report.tell("  of the control loop (sensors, once a second)",
                        f"{after[1] - before[1]} in {took:.2f} s")


def memory(site: Site, report: Report):
    sizes, held = (1000, 2000, 4000), []
    with site.start("curfew") as server, Clients(server.port) as clients:
        clients.grow(CONNECTIONS)
        for size in sizes:
            clients.grow(size)
            held.append(server.private_bytes())
    steps = [(held[i + 1] - held[i]) / (sizes[i + 1] - sizes[i]) / 1024 for i in range(2)]
    slope = (held[-1] - held[0]) / (sizes[-1] - sizes[0]) / 1024
    report.judge("memory per idle connection", slope, 8, "KiB",
                 f"{slope:.2f} ({min(steps):.2f}-{max(steps):.2f})")


def start_up(site: Site, report: Report):
    ready, version, watch = [], [], Watch()
    for _ in range(11):
        line = [site.binary, "serve", "--listen", f"127.0.0.1:{free_port()}",
                "--admin", "127.0.0.1:0", "--upstream", "http://127.0.0.1:1",
                "--ledger", str(site.folder / "start-up/ledger.db")]
        began = time.monotonic()
        with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              cwd=site.folder) as server:
            select.select([server.stdout], [], [], 10)
            ready.append((time.monotonic() - began) * 1000)
            server.terminate()
            if not server.stdout.readline().startswith(b"ready "):
                raise Invalid("no ready line")
        began = time.monotonic()
        subprocess.run([site.binary, "--version"], stdout=subprocess.DEVNULL, check=True)
        version.append((time.monotonic() - began) * 1000)
    crowd = watch.crowd()
    report.judge("ready line after exec", median(ready), 50, "ms", spread(ready), crowd)
    report.judge("--version", median(version), 10, "ms", spread(version), crowd)


def callgrind(site: Site, name: str, binary: str, requests: int) -> int:
    out = site.folder / f"callgrind-{name}-{requests}"
    under = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--quiet")
    with site.start(name, under, binary) as server, Clients(server.port) as clients:
        clients.grow(1)
        clients.requests(requests)
    found = re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.MULTILINE)
    if not found:
        raise Invalid(f"callgrind said nothing about {name}")
    return int(found[1])


def instructions(site: Site, report: Report):
    """User instructions per request on one connection: runs of N and of 3 N, the difference."""
    stripped = str(site.folder / "curfew")  # valgrind 3.19 does not read DWARF 5 of clang 19
    subprocess.run(["objcopy", "--strip-debug", site.binary, stripped], check=True)
    few = 500
    for name in PROXIES:
        binary = stripped if name == "curfew" else ""
        spent = [callgrind(site, name, binary, count) for count in (few, 3 * few)]
        report.tell(f"{name}: user instructions per request",
                    f"{(spent[1] - spent[0]) / (2 * few) / 1000:.1f} k")


def benchmarks(program: Path, wanted: str) -> dict[str, list[dict]]:
    """Nine runs, in turns, of those whose names match: by name, what each run told."""
    if not program.exists():
        raise Invalid(f"{program} is not there: make bench builds it")
    done = subprocess.run(
        [program, f"--benchmark_filter={wanted}", "--benchmark_repetitions=9",
         "--benchmark_min_time=0.1", "--benchmark_enable_random_interleaving=true",
         "--benchmark_format=json"], capture_output=True, text=True, check=True)
    runs: dict[str, list[dict]] = {}
    for run in json.loads(done.stdout)["benchmarks"]:
        if run["run_type"] == "iteration":
            runs.setdefault(run["run_name"], []).append(run)
    return runs


def micro(report: Report, build: Path):
    """The figures that core and the database pool are held to, from their own benchmarks."""
    watch = Watch()
    runs = benchmarks(
        build / "core/core_bench",
        "^(arm_and_cancel|breaker_(consecutive|count_window|time_window)/|coarse_check"
        "|pool_acquire_and_release/|adaptive_timeout_begin_and_end)")
    runs |= benchmarks(build / "clients/clients_bench", "^pg_acquire_and_release$")
    crowd = watch.crowd()

    def judge(name: str, pattern: str, key: str, bar: float, unit: str):
        """The worst median of the benchmarks that match."""
        found = [[run[key] * (1e9 if key == "ns_per_op_per_thread" else 1) for run in each]
                 for label, each in runs.items() if re.search(pattern, label)]
        worst = max(found, key=median)
        report.judge(name, median(worst), bar, unit, spread(worst), crowd)
    judge("wheel, arm + cancel among 10 k", "arm_and_cancel/10000/", "wheel_ns", 30, "ns")
    judge("wheel at 1 M, ratio to a bare list", "arm_and_cancel/1000000/", "ratio", 2, "")
    judge("breaker, one thread, worst window", r"^breaker.*threads:1$", "ns_per_op_per_thread",
          60, "ns")
    judge("breaker, two threads, worst window", r"^breaker.*threads:2$", "ns_per_op_per_thread",
          90, "ns")
    judge("deadline, coarse check", "^coarse_check", "real_time", 10, "ns")
    judge("pool, acquire + release, worst lock", "^pool_acquire", "real_time", 300, "ns")
    judge("pg::pool, acquire + release", "^pg_acquire", "real_time", 300, "ns")
    judge("adaptive time-out, a call", "^adaptive_timeout", "real_time", 30, "ns")
