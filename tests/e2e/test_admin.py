"""Health and metrics answer always, say what the issue promises, and only where they should."""

import json
import re
import unittest
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from backends import PooledBackend, wait_for
from client import get
from harness import Case, run

SAMPLE = re.compile(
    r'^[a-zA-Z_:][\w:]*(\{(\w+="(\\.|[^"\\])*",?)*\})? (NaN|[+-]?Inf|[-+0-9.eE]+)$')


class Health(Case):
    def setUp(self):
        self.upstream = self.backend(PooledBackend(hangs="/report"))
        self.curfew = self.serve("--upstream", self.upstream.url, "--timeout", "300ms")

    def test_it_is_alive_and_ready(self):
        for path in ("/-/health/live", "/-/health/ready"):
            self.assertEqual(get(self.curfew.admin, path).status, 200, path)

    def test_health_says_how_the_machine_and_each_route_are(self):
        get(self.curfew.http, "/api/items")
        said = get(self.curfew.admin, "/-/health").json()
        self.assertIsInstance(said["status"], str)
        datetime.fromisoformat(said["timestamp"].replace("Z", "+00:00"))
        self.assertTrue(0 <= said["memory_percent"] <= 100)
        self.assertTrue(0 <= said["cpu_percent"] <= 100 * 64)
        self.assertIn("/api/items", json.dumps(said))
        self.assertIn('"state": "closed"', json.dumps(said))

    def test_an_open_breaker_shows(self):
        for _ in range(6):
            get(self.curfew.http, "/report/a")
        self.assertIn('"state": "open"', json.dumps(get(self.curfew.admin, "/-/health").json()))

    def test_it_answers_while_everything_else_is_refused(self):
        with ThreadPoolExecutor(24) as pool:
            storm = [pool.submit(get, self.curfew.http, "/report/a") for _ in range(24)]
            self.assertTrue(wait_for(lambda: self.upstream.hung > 0))
            self.assertEqual(get(self.curfew.admin, "/-/health/live").status, 200)
            self.assertLess(get(self.curfew.admin, "/-/metrics").took, 0.5)
            for future in storm:
                future.result()

    def test_nothing_else_lives_on_the_admin_listener(self):
        self.assertEqual(get(self.curfew.admin, "/api/items").status, 404)
        self.assertEqual(self.upstream.targets, [])

    def test_the_main_listener_tells_nothing_of_the_inside(self):
        get(self.curfew.http, "/-/metrics")
        self.assertIn("/-/metrics", self.upstream.targets, "it is the backend's path there")

    def test_health_on_the_main_listener_is_opt_in(self):
        curfew = self.serve("--upstream", self.upstream.url,
                            policy='[server]\nhealth_path = "/health"\n')
        self.assertIn("status", get(curfew.http, "/health").json())
        self.assertEqual(self.upstream.targets, [])

    def test_a_token_is_asked_for_where_one_is_set(self):
        curfew = self.serve("--upstream", self.upstream.url,
                            policy='[server]\nadmin_token = "s3cret"\n')
        self.assertEqual(get(curfew.admin, "/-/metrics").status, 401)
        allowed = {"Authorization": "Bearer s3cret"}
        self.assertEqual(get(curfew.admin, "/-/metrics", allowed).status, 200)
        self.assertNotIn("s3cret", curfew.output)

    def test_beyond_loopback_it_wants_a_token(self):
        done = run("serve", "--upstream", self.upstream.url, "--listen", "127.0.0.1:0",
                   "--admin", "0.0.0.0:0")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("admin_token", done.stderr)


class Metrics(Case):
    def setUp(self):
        self.upstream = self.backend(PooledBackend())
        self.curfew = self.serve("--upstream", self.upstream.url)
        for number in range(5):
            get(self.curfew.http, f"/api/items/{number}")

    def test_they_are_lawful_prometheus_text_with_histograms(self):
        answer = get(self.curfew.admin, "/-/metrics")
        kind = answer.header("Content-Type").split(";")[0]
        self.assertIn(kind, ("text/plain", "application/openmetrics-text"))
        lines = answer.body.decode().splitlines()
        for line in lines:
            if line and not line.startswith("#"):
                self.assertRegex(line, SAMPLE)
        text = "\n".join(lines)
        self.assertRegex(text, r"(?m)^# TYPE curfew_\w+ histogram$")
        self.assertRegex(text, r'(?m)^curfew_\w+_bucket\{.*le="\+Inf".*\} [1-9]')

    def test_buckets_never_fall(self):
        series: dict[str, list[float]] = {}
        for line in get(self.curfew.admin, "/-/metrics").body.decode().splitlines():
            if match := re.match(r'(\w+_bucket\{.*?),?le="[^"]+"(.*?\}) (\S+)$', line):
                series.setdefault(match[1] + match[2], []).append(float(match[3]))
        self.assertTrue(series)
        for name, counts in series.items():
            self.assertEqual(counts, sorted(counts), name)

    def test_routes_are_folded_and_counted(self):
        endpoints = get(self.curfew.admin, "/-/metrics.json").json()["endpoints"]
        mine = {name: value for name, value in endpoints.items() if "/api/items" in name}
        self.assertEqual(len(mine), 1, endpoints)
        (value,) = mine.values()
        self.assertEqual(value["request_count"], 5)
        self.assertTrue(0 < value["avg_time"] <= value["max_time"])

    def test_strangers_cannot_make_labels_without_end(self):
        for number in range(400):
            get(self.curfew.http, f"/a{number}x/b")
        endpoints = get(self.curfew.admin, "/-/metrics.json").json()["endpoints"]
        self.assertLessEqual(len(endpoints), 257)


class Logs(Case):
    def test_a_slow_request_is_logged_without_its_secrets(self):
        upstream = self.backend(PooledBackend())
        curfew = self.serve("--upstream", upstream.url, policy='[request]\nslow = "100ms"\n')
        get(curfew.http, "/slow/300?token=hunter2", {"Authorization": "Bearer hunter3"})
        get(curfew.http, "/quick?token=hunter4")
        self.assertTrue(wait_for(lambda: "/slow" in curfew.stderr, 5), curfew.output)
        self.assertNotRegex(curfew.output, r"hunter|/quick")


if __name__ == "__main__":
    unittest.main()
