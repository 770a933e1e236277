"""The library as a user gets it: installed, found by CMake, linked, run against a PostgreSQL."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import postgres
from harness import ROOT

BUILD = ROOT / "build/release"
EXAMPLE = ROOT / "examples/items"
COMPILER = shutil.which("clang++-19")


@unittest.skipIf(postgres.MISSING or COMPILER is None, "there is no PostgreSQL or compiler here")
class Package(unittest.TestCase):
    """find_package(curfew COMPONENTS pg) from a folder that knows nothing of this one."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="curfew-e2e-package-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.run_quietly("cmake", "--install", BUILD, "--prefix", cls.folder / "installed",
                        "--component", "development")
        shutil.copytree(EXAMPLE, cls.folder / "items")
        cls.run_quietly(
            "cmake", "-S", cls.folder / "items", "-B", cls.folder / "build",
            f"-DCMAKE_CXX_COMPILER={COMPILER}", f"-DCMAKE_PREFIX_PATH={cls.folder / 'installed'}")
        cls.run_quietly("cmake", "--build", cls.folder / "build")
        cls.database = postgres.Postgres()
        cls.addClassCleanup(cls.database.stop)

    @staticmethod
    def run_quietly(*line):
        done = subprocess.run([str(word) for word in line], capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(f"{line}:\n{done.stdout}\n{done.stderr}")

    def items(self, url: str) -> subprocess.CompletedProcess:
        return subprocess.run([str(self.folder / "build/items"), url], capture_output=True,
                              text=True, timeout=60, env={"PATH": os.environ["PATH"]})

    def test_the_example_of_the_page_prints_what_the_page_says(self):
        done = self.items(self.database.url)
        self.assertEqual(done.stdout, "lamp\n", done.stderr)
        first, second = done.stderr.splitlines()
        self.assertRegex(
            first, r"^items: Database query timeout: 0\.\d{3}s exceeded limit 0\.050s$")
        self.assertRegex(second, r"^ +environment staging; limit the caller's deadline; "
                                 r"pressure none; time: attempt 0\.\d\d s; "
                                 r"whether the statement took effect is not known$")
        self.assertEqual(done.returncode, 124)
        self.assertEqual(self.database.sleepers(), 0)

    def test_a_database_that_is_not_there_is_told_by_code_and_sentence(self):
        done = self.items("postgresql://ann:s3cret@127.0.0.1:1/shop")
        self.assertEqual(done.returncode, 1)
        self.assertIn("items: Database initialization failed: ", done.stderr)
        self.assertNotIn("s3cret", done.stderr)


if __name__ == "__main__":
    unittest.main()
