"""integrations/: the time left becomes the timeouts of what a backend does, behind Curfew."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import postgres
from backends import HERE, ProcessBackend, RawBackend, wait_for
from client import get, request
from harness import ROOT, Case

INTEGRATIONS = ROOT / "integrations"
LIMIT = "600ms"
ASGI = all(importlib.util.find_spec(name) for name in ("uvicorn", "psycopg"))
GO_SOURCES = "/usr/share/gocode"  # where Debian keeps them
GO_DRIVER = f"{GO_SOURCES}/src/github.com/lib/pq"
NODE_FOLDERS = ("/usr/share/nodejs", "/usr/local/lib/node_modules")  # of apt and of npm
NODE_BACKEND = ("env", f"NODE_PATH={':'.join(NODE_FOLDERS)}", "node",
                str(HERE / "integration_backend.js"), "PORT")
NODE_DRIVER = any(os.path.isdir(f"{folder}/pg") for folder in NODE_FOLDERS)


class AdaptedBackend(ProcessBackend):
    def __init__(self, *line: str):
        self.line = line
        super().__init__()

    def command(self) -> list[str]:
        return [str(self.port) if word == "PORT" else word for word in self.line]


class HungService(RawBackend):
    """Takes requests and says nothing; counts whom it has seen leave."""

    def __init__(self):
        self.told: list[str | None] = []
        self.left = 0
        super().__init__(self.never)

    def never(self, connection, got) -> bool:
        self.told.append(got.header("X-Curfew-Timeout-Ms"))
        connection.rest()
        self.left += 1
        return False


class Adapted(Case):
    def setUp(self):
        self.hung = self.backend(HungService())

    def serve_before(self, *line: str):
        self.upstream = self.backend(AdaptedBackend(*line))
        self.curfew = self.serve("--upstream", self.upstream.url, "--timeout", LIMIT,
                                 policy='[request]\nslow = "500ms"\n')

    def asked(self, path: str) -> str:
        return get(self.curfew.http, path).body.decode()

    def assert_ends(self, path: str, how: str):
        """Curfew has given up, and so does the work."""
        answer = get(self.curfew.http, path)
        self.assertEqual(answer.status, 504, answer.body)
        self.assertTrue(wait_for(lambda: re.fullmatch(f"{path} {how}", self.asked("/last")), 5),
                        self.asked("/last"))

    def assert_ends_though_the_caller_stays(self, path: str, how: str):
        """It is the deadline that ends it, and not a connection that broke."""
        answer = get(("127.0.0.1", self.upstream.port), path, {"X-Curfew-Timeout-Ms": "300"})
        self.assertRegex(answer.body.decode(), f"^{path} {how}$")
        self.assertTrue(0.29 < answer.took < 5, answer.took)

    def assert_onward_calls_end(self, calls: int):
        """Each was told what was left, and the service that hangs has seen it leave."""
        self.assertTrue(wait_for(lambda: self.hung.left == calls, 5), self.hung.told)
        self.assertEqual(len(self.hung.told), calls)
        for told in self.hung.told:
            self.assertTrue(1 <= int(told) <= 600, told)


@unittest.skipIf(postgres.MISSING, "PostgreSQL or psycopg2 is not installed")
class Statements(Adapted):
    @classmethod
    def setUpClass(cls):
        cls.database = postgres.Postgres()
        cls.addClassCleanup(cls.database.stop)

    def tearDown(self):
        self.database.end_sleepers()

    def assert_nothing_sleeps(self):
        self.assertTrue(wait_for(lambda: self.database.sleepers() == 0, 5))

    def python(self, kind: str):
        self.serve_before(sys.executable, str(HERE / "integration_backend.py"), kind, "PORT",
                          self.database.dsn, self.hung.url)

    def test_python_wsgi_ends_statements_and_calls_when_the_time_is_over(self):
        self.python("wsgi")
        self.assertLessEqual(float(self.asked("/left")), 0.6)
        self.assert_ends("/query", "QueryCanceled")
        self.assertEqual(self.database.sleepers(), 0)
        self.assert_ends("/call", "TimeoutError")
        self.assert_onward_calls_end(1)

    def test_without_the_adapter_the_database_works_on_for_nobody(self):
        self.python("wsgi")
        self.assertEqual(get(self.curfew.http, "/careless").status, 504)
        self.assertEqual(self.database.sleepers(), 1)

    @unittest.skipUnless(ASGI, "uvicorn or psycopg is not installed")
    def test_python_asgi_under_uvicorn_cancels_what_is_awaited(self):
        self.python("asgi")
        self.assertLessEqual(float(self.asked("/left")), 0.6)
        self.assert_ends("/wait", "CancelledError")
        self.assert_ends("/query", "QueryCanceled")
        self.assert_ends("/await", "(CancelledError|QueryCanceled)")  # whichever is first
        self.assert_nothing_sleeps()

    @unittest.skipUnless(shutil.which("node") and NODE_DRIVER,
                         "node or its PostgreSQL driver is not installed")
    def test_node_ends_statements_when_the_time_is_over(self):
        self.serve_before(*NODE_BACKEND, self.hung.url, self.database.url)
        canceled = "57014"  # query_canceled, of PostgreSQL's own codes
        self.assert_ends("/query", canceled)
        self.assertEqual(self.database.sleepers(), 0)
        self.assert_ends_though_the_caller_stays("/query", canceled)
        self.assertEqual(self.database.sleepers(), 0)

    @unittest.skipUnless(shutil.which("go") and os.path.isdir(GO_DRIVER),
                         "Go or its PostgreSQL driver is not installed")
    def test_go_ends_statements_and_calls_when_the_time_is_over(self):
        folder = Path(tempfile.mkdtemp(prefix="curfew-e2e-go-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        shutil.copytree(INTEGRATIONS / "go", folder / "src/curfewdeadline")
        program = folder / "backend"
        subprocess.run(["go", "build", "-o", program, HERE / "integration_backend.go"], check=True,
                       cwd=folder, env={**os.environ, "GO111MODULE": "off", "GOFLAGS": "",
                                        "GOPATH": f"{folder}:{GO_SOURCES}"})
        self.serve_before(str(program), "PORT", self.database.url, self.hung.url)
        self.assertLessEqual(int(self.asked("/left")), 600)
        self.assert_ends("/query", ".*cancel.*")
        self.assert_ends_though_the_caller_stays("/query", ".*cancel.*")
        self.assert_nothing_sleeps()
        self.assert_ends("/call", ".*(deadline exceeded|canceled)")  # Curfew hangs up just then
        self.assert_ends_though_the_caller_stays("/call", ".*deadline exceeded")
        self.assert_onward_calls_end(2)


@unittest.skipUnless(shutil.which("node"), "node is not installed")
class Node(Adapted):
    def setUp(self):
        super().setUp()
        self.serve_before(*NODE_BACKEND, self.hung.url)

    def test_node_aborts_its_calls_and_tells_the_next_service_what_is_left(self):
        self.assertLessEqual(int(self.asked("/left")), 600)
        self.assert_ends("/call", "DeadlineExceeded")
        self.assert_ends_though_the_caller_stays("/call", "DeadlineExceeded")
        self.assert_onward_calls_end(2)

    def test_node_knows_the_time_left_after_a_body_too(self):
        for size in (1, 300_000):
            left = request(self.curfew.http, "POST", "/left", body=b"y" * size)
            self.assertLessEqual(int(left.body), 600)
        self.assertEqual(request(self.curfew.http, "POST", "/call", body=b"y").status, 504)
        self.assertTrue(wait_for(lambda: self.asked("/last") == "/call DeadlineExceeded", 5))
        self.assert_onward_calls_end(1)


class OwnTests(unittest.TestCase):
    """Each adapter's own tests, which need nothing but its language."""

    def run_in(self, folder: str, *line: str, **variables: str):
        ended = subprocess.run(line, cwd=INTEGRATIONS / folder, stdin=subprocess.DEVNULL,
                               env={**os.environ, **variables}, capture_output=True, text=True,
                               timeout=120)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)

    def test_the_python_adapter(self):
        self.run_in("python", sys.executable, "-B", "-m", "unittest")

    @unittest.skipUnless(shutil.which("node"), "node is not installed")
    def test_the_node_adapter(self):
        self.run_in("node", "node", "--test")

    @unittest.skipUnless(shutil.which("go"), "Go is not installed")
    def test_the_go_adapter(self):
        self.run_in("go", "go", "test", "./...", GOFLAGS="-mod=mod", GO111MODULE="auto")


if __name__ == "__main__":
    unittest.main()
