"""A PostgreSQL of a test's own: in a new folder, on a free port, as a user that is not root."""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
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
    """With `password` everybody is asked for it (SCRAM). `settings` are those of postgresql.conf;
    `wrap` goes before the command of the server: another namespace."""

    def __init__(self, password: str = "", settings: dict[str, str] | None = None,
                 wrap: list[str] | None = None, host: str = "127.0.0.1"):
        self.folder = tempfile.mkdtemp(prefix="curfew-e2e-postgres-")
        self.user = "postgres" if os.geteuid() == 0 else None
        self.settings, self.wrap, self.password = settings or {}, wrap or [], password
        self.host, self.port, self.process = host, free_port(), None
        if self.user:
            shutil.chown(self.folder, self.user)
        self.create()
        self.dsn = (f"host={host} port={self.port} user=test dbname=postgres "
                    f"password='{password}' connect_timeout=5")
        self.url = f"postgres://test@{host}:{self.port}/postgres?sslmode=disable"
        self.start()

    def create(self):
        words = ["-A", "trust"]
        if self.password:
            secret = Path(self.folder) / "password"
            secret.write_text(self.password)
            secret.chmod(0o644)
            words = ["-A", "scram-sha-256", "--pwfile", str(secret)]
        subprocess.run([BIN / "initdb", "-D", self.data, "-U", "test", *words, "-N", "-E", "UTF8",
                        "--locale=C"], check=True, capture_output=True, user=self.user,
                       cwd=self.folder)

    @property
    def data(self) -> str:
        return f"{self.folder}/data"

    def start(self, **settings: str):
        """On the port it had. Without an answer after a while it is an error, unless it is told to
        answer nobody."""
        words = {"shared_buffers": "8MB", "listen_addresses": self.host,
                 "unix_socket_directories": self.folder, **self.settings, **settings}
        self.process = subprocess.Popen(
            [*self.wrap, BIN / "postgres", "-D", self.data, "-p", str(self.port), "-F",
             *(word for name, value in words.items() for word in ("-c", f"{name}={value}"))],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            user=None if self.wrap else self.user, cwd=self.folder, start_new_session=True)
        if settings.get("hot_standby") != "off" and not wait_for(self.answers, 20):
            self.stop()
            raise AssertionError("PostgreSQL does not start")

    def answers(self) -> bool:
        try:
            return self.ask("SELECT 1") == [(1,)]
        except psycopg2.OperationalError:
            return False

    def connect(self, **other: str):
        on = psycopg2.connect(self.dsn, **other)
        on.autocommit = True
        return on

    def ask(self, statement: str) -> list[tuple]:
        on = self.connect()
        try:
            with on.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            on.close()

    def guests(self) -> int:
        """How many sessions of Curfew it has now."""
        return self.ask("SELECT count(*) FROM pg_stat_activity WHERE "
                        "application_name LIKE 'curfew%'")[0][0]

    def processes(self) -> list[int]:
        """All of the server: each backend is the leader of a process group of its own."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [self.process.pid, *map(int, children.split())]

    def freeze(self):
        """Every process stands still, the one that takes connections first."""
        self.signal(signal.SIGSTOP)

    def thaw(self):
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGCONT)

    def signal(self, number: int):
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def sleepers(self) -> int:
        """How many statements sleep in it now."""
        return self.ask("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND "
                        "query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()")[0][0]

    def end_sleepers(self):
        self.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                 "query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()")

    def halt(self):
        """As an operator stops it; its data stay."""
        self.thaw()
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)

    def crash(self):
        """At once and without a word; `start` brings it back."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(10)

    def stop(self):
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)
