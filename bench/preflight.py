"""Ten checks of the start at once, against the slowest of them."""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

from driver import Invalid
from machine import Watch
from report import Report, spread
from servers import Site

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/e2e"))

ROUNDS = 15
BAR = 1.2  # of the slowest check


def policy(backend: int, database: str, folder: Path) -> str:
    check = '[check.{}]\ntype = "{}"\n{}\n'.format
    parts = [check(f"database{n}", "postgres", f'target = "{database}"') for n in range(4)]
    parts += [check("port", "tcp", f'target = "127.0.0.1:{backend}"'),
              check("backend", "http", f'target = "http://127.0.0.1:{backend}/"'),
              check("disk", "disk", f'target = "{folder}"\nfree = "1MiB"'),
              check("memory", "memory", 'free = "1MiB"'),
              check("command", "command", 'command = ["true"]'),
              check("other", "command", 'command = ["true"]')]
    return "".join(parts)


def preflight(site: Site, report: Report):
    from postgres import MISSING, Postgres  # noqa: PLC0415
    if MISSING:
        raise Invalid("there is no PostgreSQL here")
    database, file, ratios = Postgres(), site.folder / "preflight.toml", []
    try:
        file.write_text(policy(site.backend_port, database.url, site.folder))
        watch = Watch()
        for _ in range(ROUNDS):
            done = subprocess.run([site.binary, "preflight", "--config", str(file), "--json"],
                                  stdout=subprocess.PIPE, timeout=30)
            told = json.loads(done.stdout)
            if done.returncode or len(told["checks"]) != 10:
                raise Invalid(f"a check failed: {told['reason']}")
            ratios.append(told["took_s"] / max(each["took_s"] for each in told["checks"]))
        crowd = watch.crowd()
    finally:
        database.stop()
    report.judge("ten checks at once, of the slowest", median(ratios), BAR, "", spread(ratios),
                 crowd)
