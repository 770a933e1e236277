"""A PostgreSQL of a test's own: in a new folder, on a free port, as a user that is not root."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from backends import free_port, wait_for

try:
    import psycopg2
except ImportError:
    psycopg2 = None

BIN = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/nowhere"),
          key=lambda path: path.parent.name)
MISSING = not (BIN / "initdb").exists() or psycopg2 is None


class Postgres:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="curfew-e2e-postgres-")
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(self.folder, self.user)
        data = f"{self.folder}/data"
        subprocess.run([BIN / "initdb", "-D", data, "-U", "test", "-A", "trust", "-N", "-E", "UTF8",
                        "--locale=C"], check=True, capture_output=True, user=self.user,
                       cwd=self.folder)
        self.port = free_port()
        self.dsn = f"host=127.0.0.1 port={self.port} user=test dbname=postgres"
        self.url = f"postgres://test@127.0.0.1:{self.port}/postgres?sslmode=disable"
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [BIN / "postgres", "-D", f"{self.folder}/data", "-p", str(self.port), "-k",
             self.folder, "-F", "-c", "shared_buffers=8MB", "-c", "listen_addresses=127.0.0.1"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            user=self.user, cwd=self.folder)
        if not wait_for(self.answers, 20):
            self.stop()
            raise AssertionError("PostgreSQL does not start")

    def crash(self):
        """At once and without a word, as a crash does it; `start` brings it back."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(10)

    def processes(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [self.process.pid, *map(int, children.split())]

    def freeze(self):
        for each in self.processes():
            os.kill(each, signal.SIGSTOP)

    def thaw(self):
        for each in self.processes():
            os.kill(each, signal.SIGCONT)

    def answers(self) -> bool:
        try:
            return self.ask("SELECT 1") == [(1,)]
        except psycopg2.OperationalError:
            return False

    def ask(self, statement: str) -> list[tuple]:
        on = psycopg2.connect(self.dsn)
        try:
            on.autocommit = True
            with on.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            on.close()

    def sleepers(self) -> int:
        """How many statements sleep in it now."""
        return self.ask("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND "
                        "query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()")[0][0]

    def end_sleepers(self):
        self.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                 "query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        shutil.rmtree(self.folder, ignore_errors=True)
