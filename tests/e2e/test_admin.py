"""Health and metrics answer always, say what the issue promises, and only where they should."""

import json
import re
import signal
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

from backends import PooledBackend, wait_for
from client import Connection, get, message, request
from harness import Case, run
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from test_policy_cli import conforms, schema

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

    def test_a_page_is_read_and_nothing_else(self):
        curfew = self.serve("--upstream", self.upstream.url)
        for method in ("POST", "DELETE", "OPTIONS"):
            refused = request(curfew.admin, method, "/-/health")
            self.assertEqual((refused.status, refused.header("Allow")), (405, "GET, HEAD"))
            self.assertEqual(request(curfew.admin, method, "/-/nothing").status, 404)
        self.assertRegex(get(curfew.admin, "/-/health").header("Date"), r"^\w{3}, .* GMT$")

    def test_a_token_is_asked_for_where_one_is_set(self):
        curfew = self.serve("--upstream", self.upstream.url,
                            policy='[server]\nadmin_token = "s3cret"\n')
        refused = get(curfew.admin, "/-/metrics")
        self.assertEqual((refused.status, refused.header("WWW-Authenticate")), (401, "Bearer"))
        for said in ("bearer s3cret", "BEARER  s3cret"):
            self.assertEqual(get(curfew.admin, "/-/metrics", {"Authorization": said}).status, 200)
        for said in ("Bearers3cret", "Basic s3cret", "Bearer", "s3cret", "Bearer s3cret2"):
            self.assertEqual(get(curfew.admin, "/-/metrics", {"Authorization": said}).status, 401)
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

    def test_a_scraper_that_asks_for_openmetrics_gets_it(self):
        scraper = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4"
        answer = get(self.curfew.admin, "/-/metrics", {"Accept": scraper})
        self.assertTrue(answer.header("Content-Type").startswith("application/openmetrics-text"))
        families = {each.name: each for each in parse_openmetrics(answer.body.decode())}
        self.assertEqual(families["curfew_requests"].type, "counter")
        self.assertEqual(sum(each.value for each in families["curfew_requests"].samples), 5)
        self.assertEqual(families["curfew_request_duration_seconds"].type, "histogram")

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


class HealthThreeWorkers(Health):
    extra = ("--workers", "3")


class MetricsThreeWorkers(Metrics):
    extra = ("--workers", "3")

    def test_the_numbers_of_all_workers_are_added_up(self):
        for _ in range(40):
            get(self.curfew.http, "/of/all")
        endpoints = get(self.curfew.admin, "/-/metrics.json").json()["endpoints"]
        (mine,) = (value for name, value in endpoints.items() if "/of/all" in name)
        self.assertEqual((mine["request_count"], mine["outcomes"]["success"]), (40, 40))

    def test_they_are_told_until_the_end_of_the_drain(self):
        upstream = self.backend(PooledBackend())
        curfew = self.serve("--upstream", upstream.url)
        with ThreadPoolExecutor(1) as pool:
            going = pool.submit(get, curfew.http, "/slow/2000")
            self.assertTrue(wait_for(lambda: upstream.targets))
            curfew.signal(signal.SIGTERM)
            self.assertTrue(wait_for(
                lambda: get(curfew.admin, "/-/health/ready").status == 503, 1))
            for _ in range(5):
                self.assertEqual(get(curfew.admin, "/-/metrics").status, 200)
                self.assertEqual(get(curfew.admin, "/-/health/live").status, 200)
            self.assertEqual(going.result().status, 200)
        self.assertEqual(curfew.wait(), 0)


class PublicHealth(Case):
    """`server.health_path`: a question of every worker to the control loop."""

    def setUp(self):
        self.upstream = self.backend(PooledBackend())
        self.curfew = self.serve("--upstream", self.upstream.url, "--workers", "4",
                                 policy='[server]\nhealth_path = "/health"\n')

    def test_a_flood_from_all_workers_is_answered(self):
        for number in range(40):
            get(self.curfew.http, f"/route{number}/x")
        clients, each = 32, 500

        def ask(_) -> int:
            with Connection(self.curfew.http, patience=30) as connection:
                last = message("GET", "/health", {"Connection": "close"})
                connection.send(message("GET", "/health") * (each - 1) + last)
                return connection.rest().count(b"HTTP/1.1 200")
        over = threading.Event()

        def scrape():
            while not over.is_set() and self.curfew.process.poll() is None:
                request(self.curfew.admin, "HEAD", "/-/metrics")
        scraping = threading.Thread(target=scrape)
        scraping.start()
        with ThreadPoolExecutor(clients) as pool:
            told = list(pool.map(ask, range(clients)))
        over.set()
        scraping.join()
        self.assertEqual(told, [each] * clients)
        self.assertIsNone(self.curfew.process.poll(), self.curfew.output)

    def test_it_is_never_older_than_a_moment(self):
        get(self.curfew.http, "/health")
        time.sleep(0.5)
        asked = datetime.now(timezone.utc)
        told = get(self.curfew.http, "/health").json()["timestamp"].replace("Z", "+00:00")
        self.assertLess(abs((datetime.fromisoformat(told) - asked).total_seconds()), 0.3)

    def test_it_tells_strangers_the_status_and_nothing_of_the_inside(self):
        get(self.curfew.http, "/secret-place/x")
        told = get(self.curfew.http, "/health")
        self.assertEqual(set(told.json()), {"status", "timestamp"})
        self.assertEqual(told.json()["status"], "healthy")
        self.assertIn("routes", get(self.curfew.admin, "/-/health").json())

    def test_head_has_no_body_and_what_writes_is_refused(self):
        with Connection(self.curfew.http) as connection:
            self.assertEqual(connection.request("HEAD", "/health").status, 200)
            self.assertEqual(connection.request("GET", "/health").status, 200)
        answer = request(self.curfew.http, "POST", "/health", body=b"x")
        self.assert_problem(answer, 501, "method-not-implemented")


class Logs(Case):
    def test_the_tail_of_a_storm_is_told(self):
        for shape in ("text", "json"):
            curfew = self.serve("--upstream", "http://127.0.0.1:9",
                                policy=f'[server]\nlog_format = "{shape}"\n')
            for _ in range(20):
                get(curfew.http, "/gone")
            told = wait_for(lambda: told_in(curfew.stderr) == 20, 5)
            self.assertTrue(told, curfew.output)

    def test_what_is_left_out_at_the_end_is_told_before_it_ends(self):
        curfew = self.serve("--upstream", "http://127.0.0.1:9")
        for _ in range(20):
            get(curfew.http, "/gone")
        self.assertEqual(curfew.stop(), 0)
        self.assertEqual(told_in(curfew.stderr), 20, curfew.output)

    def test_a_slow_request_is_logged_without_its_secrets(self):
        upstream = self.backend(PooledBackend())
        curfew = self.serve("--upstream", upstream.url, policy='[request]\nslow = "100ms"\n')
        get(curfew.http, "/slow/300?token=hunter2", {"Authorization": "Bearer hunter3"})
        get(curfew.http, "/quick?token=hunter4")
        self.assertTrue(wait_for(lambda: "/slow" in curfew.stderr, 5), curfew.output)
        self.assertNotRegex(curfew.output, r"hunter|/quick")


    def test_json_lines_keep_their_schema(self):
        upstream = self.backend(PooledBackend(hangs="/hang"))
        curfew = self.serve("--upstream", upstream.url, "--json", "--verbose", "--timeout", "300ms",
                            policy='[request]\nslow = "100ms"\n')
        get(curfew.http, "/slow/150")
        get(curfew.http, "/hang")
        get(curfew.http, "/quick")
        with Connection(curfew.http) as broken:
            broken.send(b"GET / HTTP/1.1\r\nbroken\r\n\r\n")
            self.assertEqual(broken.response().status, 400)
        curfew.signal(signal.SIGHUP)
        self.assertTrue(wait_for(lambda: "reloaded" in curfew.stderr, 5), curfew.output)
        self.assertEqual(curfew.stop(), 0)
        lines = [json.loads(line) for line in curfew.stderr.splitlines()]
        for line in lines:
            conforms(line, schema("serve"))
        self.assertNotRegex(curfew.stderr, r'":-?[0-9.]+[eE]')
        by_status = {line["status"]: line for line in lines if "status" in line}
        self.assertEqual(set(by_status), {200, 400, 504})
        self.assertEqual(by_status[400]["client"], "127.0.0.1")
        self.assertEqual(by_status[400]["error"], "bad-request")
        self.assertIs(by_status[200]["slow"], True)
        self.assertEqual(by_status[504]["limit_ms"], 300)

    def test_a_broken_message_is_told_with_its_client_and_status(self):
        curfew = self.serve("--upstream", "http://127.0.0.1:9")
        with Connection(curfew.http) as broken:
            broken.send(b"GET / HTTP/1.1\r\nbroken\r\n\r\n")
            self.assertEqual(broken.response().status, 400)
        self.assertTrue(wait_for(lambda: "status=400" in curfew.stderr, 5), curfew.output)
        self.assertRegex(curfew.stderr, r"bad-request.* status=400 client=127\.0\.0\.1")


def told_in(log: str) -> int:
    """Events that a log tells of, those among them that it says it left out."""
    lines = [line for line in log.splitlines() if "/gone" in line]
    left_out = re.findall(r'(\d+) (?:more like it|like it before)|"left_out":(\d+)', log)
    summaries = sum("more like it" in line or ('"left_out"' in line and "took_ms" not in line)
                    for line in lines)
    return len(lines) - summaries + sum(int(a or b) for a, b in left_out)


if __name__ == "__main__":
    unittest.main()
