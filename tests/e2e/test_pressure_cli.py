"""What `curfew check` tells of pressure, of database limits and of what is unusual."""

import json
import unittest

from test_policy_cli import Folder, conforms, schema


class Pressure(Folder):
    def test_under_pressure_a_staging_database_has_longer_limits(self):
        both = "vpc_connector_scaling,cloud_sql_capacity"
        done = self.curfew("check", "--env", "staging", "--pressure", both, "--json")
        said = json.loads(done.stdout)
        conforms(said, schema("check"))
        self.assertEqual(said["database"]["environment"], "staging")
        self.assertEqual(said["database"]["connection"], {
            "base_s": 75, "effective_s": 112.5,
            "pressure": [{"signal": "vpc_connector_scaling", "value": 1, "multiplier": 1.5}]})
        self.assertEqual(said["database"]["initialization"]["effective_s"], 114.0)
        self.assertEqual(said["database"]["query"],
                         {"base_s": 30, "effective_s": 30, "pressure": []})
        text = self.curfew("check", "--env", "staging", "--pressure", both).stdout
        self.assertEqual(text.splitlines()[1:], [
            "database.initialization = 1m54s  (95s x1.2: cloud_sql_capacity)",
            "database.connection = 1m52s500ms  (75s x1.5: vpc_connector_scaling)"])
        calm = json.loads(self.curfew("check", "--json", CURFEW_ENV="staging").stdout)
        self.assertEqual(calm["database"]["connection"]["effective_s"], 75)

    def test_pressure_shows_every_limit_that_a_signal_of_the_file_stretches(self):
        self.write('[signal.deploy]\nstretches = ["request.timeout x5", "database.query x2"]\n'
                   '[env.production.request]\ntimeout = "10s"\n')
        done = self.curfew("check", "--pressure", "deploy=0.25", "--pressure", "memory",
                           "--env", "production")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.splitlines()[1:], [
            "request.timeout = 20s  (10s x2: deploy=0.25)",
            "database.query = 37s500ms  (30s x1.25: deploy=0.25)"])
        capped = self.curfew("check", "--pressure", "deploy").stdout
        self.assertIn("in development: request.timeout = 90s  "
                      "(30s x3: deploy; pressure.multiplier_max)\n", capped)
        self.assertIn("no limit is stretched", self.curfew("check", "--pressure", "cpu").stdout)
        self.assertEqual(self.curfew("check", "--pressure", "deploy", "--quiet").stdout, "")

    def test_a_bad_pressure_is_one_sentence_and_2(self):
        for asked, *words in (("memroy", "no signal `memroy`", "did you mean `memory`?"),
                              ("cpu=nan", "from 0 to 1", "`nan`"), ("cpu=1.5", "from 0 to 1"),
                              ("cpu,cpu", "twice"), ("", "names no signal")):
            for more in ([], ["--json"]):
                done = self.curfew("check", "--pressure", asked, *more)
                self.assertEqual((done.returncode, done.stdout), (2, ""), asked)
                self.assert_one_sentence(done.stderr, *words)
        done = self.curfew("check", "--pressure", "cpu", "--explain", "request")
        self.assertEqual(done.returncode, 2)
        self.assert_one_sentence(done.stderr, "do not go together")

    def test_a_limit_beside_the_guideline_is_a_warning_and_0(self):
        self.write('[database]\nconnection = "25s"\n[env.staging.request]\nslow = "2s"\n')
        done = self.curfew("check")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr,
                         "warning: curfew.toml:2:14: `database.connection` (25s) is outside the "
                         "guideline for staging, 75s to 95s\n"
                         '  | connection = "25s"\n'
                         "  |              ^\n"
                         "  hint: what starts cold takes longer\n")
        self.assertTrue(done.stdout.startswith("ok: "))
        self.assertEqual(self.curfew("check", "--quiet").stderr, "")
        self.assertEqual(self.curfew("check", "--env", "development").stderr, "")
        said = json.loads(self.curfew("check", "--json").stdout)
        conforms(said, schema("check"))
        self.assertEqual((said["ok"], [w["line"] for w in said["warnings"]]), (True, [2]))

    def test_a_built_in_signal_is_explained(self):
        done = self.curfew("check", "--explain", "signal.vpc_connector_scaling.stretches")
        self.assertIn('built-in: ["database.connection x1.5"]\n', done.stdout)
        told = self.curfew("check", "--explain", "signal", CURFEW_SIGNAL_MEMORY_BEGINS="70%")
        self.assertIn('signal.memory.begins = "70%"  (CURFEW_SIGNAL_MEMORY_BEGINS)\n', told.stdout)


if __name__ == "__main__":
    unittest.main()
