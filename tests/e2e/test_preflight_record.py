"""What stands behind a finding of `curfew preflight`, and what of it is in the ledger."""

import json
import subprocess
import unittest

from harness import BINARY
from postgres import MISSING
from test_preflight_database import QUICK, Database


@unittest.skipIf(MISSING, "PostgreSQL or psycopg2 is not installed")
class Told(Database):
    def test_behind_a_timeout_stand_environment_limit_pressure_and_account(self):
        self.database.freeze()
        self.write('[startup]\nbudget = "6s"\n' + QUICK + self.check())
        done = self.preflight("--env", "staging", "--pressure", "vpc_connector_scaling=0.5")
        self.assertRegex(done.stdout, r"(?m)^          vpc_connector: Database connection timeout: "
                                      r"1\.[23]s exceeded limit 1\.[23]s  \(")
        self.assertRegex(done.stdout,
                         r"(?m)^          environment staging; limit database\.connection; "
                         r"pressure vpc_connector_scaling 0\.50; time: connect 1\.\d\d s$")

    def test_the_ledger_tells_what_failed_who_passed_it_over_and_until_when(self):
        self.database.halt()
        self.write('[startup]\nbudget = "1s"\n' + self.check())
        self.assertEqual(self.preflight("--env", "staging").returncode, 0)
        told = self.preflight("--env", "production", BYPASS_STARTUP_VALIDATION="true")
        self.assertEqual((told.returncode, told.stderr.count("warning: BYPASS")), (0, 1))
        self.assertEqual(self.preflight("--env", "production").returncode, 1)
        report = subprocess.run([BINARY, "report", "--json"], cwd=self.folder, text=True,
                                env=self.variables(), capture_output=True, timeout=30)
        now = json.loads(report.stdout)["now"]
        self.assertEqual((report.returncode, now["bypassed"]), (0, 2), report.stderr)
        self.assertEqual([each["name"] for each in now["starts"]].count("check"), 3)
        self.assertEqual([each["name"] for each in now["starts"]].count("block"), 1)
        by = sorted(each["by"] for each in now["bypasses"])
        self.assertRegex(by[0], r"^BYPASS_STARTUP_VALIDATION, set by .+\(\d+\)$")
        self.assertEqual(by[1], "the rules of staging")
        self.assertEqual({each["until"] for each in now["bypasses"]},
                         {"the service starts, which looks by itself"})
        steps = subprocess.run([BINARY, "report", "--surface", "startup"], cwd=self.folder,
                               env=self.variables(), capture_output=True, text=True, timeout=30)
        self.assertRegex(steps.stdout, r"(?m)^  \S+ block: 1 check failed: production ")
        self.assertRegex(steps.stdout, r"(?m)^  \S+ check: db: database_timeout: .*refused")

    def test_a_ledger_that_cannot_be_written_is_a_warning_and_decides_nothing(self):
        self.database.halt()
        self.write('[startup]\nbudget = "1s"\n' + self.check())
        done = self.preflight("--env", "staging", "--ledger", "/proc/nowhere/ledger.db")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("warning: it is not recorded beside /proc/nowhere/ledger.db", done.stderr)


if __name__ == "__main__":
    unittest.main()
