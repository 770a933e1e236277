"""A database that falls silent in the middle of what it is asked, and one behind a local socket."""

import subprocess
import time
import unittest

from backends import wait_for
from surroundings import SPARE, one
from test_preflight_database import EXCEEDED, Database


class Silent(Database):
    def test_one_that_stands_still_after_the_login_is_left_though_nobody_takes_the_cancel(self):
        rules = '[startup]\nbudget = "8s"\n[database]\nquery = "1s"\n'
        self.write(rules + self.check('query = "SELECT pg_sleep(60)"'))
        with subprocess.Popen(self.line("--env", "production", "--budget", "2s", "--json"),
                              cwd=self.folder, env=self.variables(), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as looking:
            self.assertTrue(wait_for(lambda: self.database.sleepers() == 1))
            self.database.freeze()
            began = time.monotonic()
            out, err = looking.communicate(timeout=30)
        self.assertLess(time.monotonic() - began, 2 + 1 + SPARE, "the budget, and a cancel")
        self.assertEqual(looking.returncode, 1, err)
        self.assertRegex(out, '"found": "' + EXCEEDED.format("query", "1.0")[1:-1])
        self.database.thaw()
        self.assertTrue(wait_for(lambda: self.database.sleepers() == 0, 10),
                        "the cancel lay there when it woke up")


class LocalSocket(Database):
    def check_of_socket(self) -> str:
        where = (f"postgresql://test:{self.database.password}@/postgres"
                 f"?host={self.database.folder}&port={self.database.port}")
        return one("postgres", target=where, name="db")

    def test_one_that_runs_passes_and_a_stopped_one_is_of_the_kind_database_timeout(self):
        self.healthy(self.check_of_socket())
        self.database.halt()
        answer = self.fails("database_timeout", "No such file|refused", self.check_of_socket(),
                            budget=8)
        self.assertEqual(answer["decision"], "start_degraded")

    def test_one_that_stands_still_is_a_timeout_in_the_agreed_words(self):
        self.database.freeze()
        self.fails("database_timeout", EXCEEDED.format("connection", "1.0"),
                   '[database]\nconnection = "1s"\n' + self.check_of_socket(), budget=8)


if __name__ == "__main__":
    unittest.main()
