"""Nothing waits without a bound, and no refusal is anonymous."""

import re
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from backends import PooledBackend, RawBackend, free_port, wait_for
from client import Closed, Connection, get, message, request
from harness import Case

FAST = 0.05  # seconds: a refusal by an open breaker


class Timeouts(Case):
    def test_a_hung_backend_costs_its_limit_and_not_more(self):
        upstream = self.backend(PooledBackend(hangs="/report"))
        curfew = self.serve("--upstream", upstream.url, "--timeout", "300ms")
        answer = get(curfew.http, "/report")
        said = self.assert_problem(answer, 504, "own-timeout")
        self.assertEqual((said["cause"], said["limit_ms"]), ("own_timeout", 300))
        self.assertTrue(0.25 < answer.took < 2, answer.took)
        self.assertTrue(250 <= sum(said["account"].values()) <= 2000, said["account"])

    def test_a_shorter_budget_of_the_caller_is_honoured(self):
        upstream = self.backend(PooledBackend(hangs="/report"))
        curfew = self.serve("--upstream", upstream.url, "--timeout", "20s")
        for header in ("X-Curfew-Timeout-Ms", "x-envoy-expected-rq-timeout-ms"):
            answer = get(curfew.http, "/report", {header: "200"})
            said = self.assert_problem(answer, 504, "inherited-deadline")
            self.assertEqual(said["cause"], "inherited_deadline")
            self.assertTrue(0.15 < answer.took < 2, answer.took)

    def test_a_budget_of_nothing_is_over_before_it_begins(self):
        upstream = self.backend(PooledBackend())
        curfew = self.serve("--upstream", upstream.url)
        for name, value in (("X-Curfew-Timeout-Ms", "0"), ("X-Curfew-Timeout-Ms", "-1"),
                            ("grpc-timeout", "-1S"), ("X-Request-Timeout", "-2.5"),
                            ("x-envoy-expected-rq-timeout-ms", "-30")):
            answer = get(curfew.http, "/", {name: value})
            said = self.assert_problem(answer, 504, "inherited-deadline", "no-time-left")
            self.assertEqual((said["limit"].lower(), said["limit_ms"]), (name.lower(), 0))
        self.assertEqual(upstream.targets, [])
        self.assertEqual(get(curfew.http, "/", {"X-Curfew-Timeout-Ms": "soon"}).status, 200)

    def test_the_backend_is_told_how_long_it_has(self):
        upstream = self.backend(PooledBackend())
        curfew = self.serve("--upstream", upstream.url, "--timeout", "5s")
        for given, low, high in ((None, 4000, 5000), ("1000", 500, 1000), ("60000", 4000, 5000)):
            get(curfew.http, "/", {"X-Curfew-Timeout-Ms": given} if given else {})
            told = upstream.next().all("X-Curfew-Timeout-Ms")
            self.assertEqual(len(told), 1)
            self.assertTrue(low <= int(told[0]) <= high, told)

    def test_a_body_that_stops_flowing_ends_the_exchange(self):
        def say(connection, _):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            time.sleep(5)
            return False

        curfew = self.serve("--upstream", self.backend(RawBackend(say)).url,
                            policy='[request]\nbody_idle = "300ms"\n')
        with Connection(curfew.http) as connection:
            connection.send(message("GET", "/"))
            answer = connection.head()
            began = time.monotonic()
            with self.assertRaises(Closed):
                connection.body_of(answer, "GET")
            self.assertLess(time.monotonic() - began, 3)


class Upstreams(Case):
    def broken(self, *said: bytes, serve: tuple[str, ...] = ()):
        def say(connection, _):
            for part in said:
                connection.send(part)
            return False

        return self.serve("--upstream", self.backend(RawBackend(say)).url, *serve)

    def test_an_unreachable_upstream_is_502_with_its_cause(self):
        curfew = self.serve("--upstream", f"http://127.0.0.1:{free_port()}")
        answer = get(curfew.http, "/")
        said = self.assert_problem(answer, 502, "connect-refused")
        self.assertEqual((said["cause"], said["limit_ms"]), ("failed", None))
        self.assertNotIn("limit", said)
        self.assertLess(answer.took, 2)

    def test_a_name_that_does_not_resolve_is_502(self):
        curfew = self.serve("--upstream", "http://no-such-host.invalid:80", "--timeout", "3s")
        answer = get(curfew.http, "/")
        self.assertIn(answer.status, (502, 504))
        self.assertIn(answer.problem, ("resolve-failed", "resolve-timeout", "own-timeout"))

    def test_an_upstream_that_says_nothing_and_closes_is_502(self):
        self.assert_problem(get(self.broken().http, "/"), 502, "upstream-closed", "upstream-reset")

    def test_an_answer_that_is_no_http_is_502(self):
        for said in (b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 banana\r\n\r\n",
                     b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
                     b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
                     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok"):
            with self.subTest(said=said):
                told = self.assert_problem(
                    get(self.broken(said).http, "/"), 502, "upstream-protocol")
                self.assertGreater(len(told["detail"]), 8)

    def test_of_a_bad_chunk_the_log_names_the_rule(self):
        said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n"
        curfew = self.broken(said, serve=("--access-log", "stderr"))
        with Connection(curfew.http) as connection:
            connection.send(message("GET", "/"))
            with self.assertRaises(Closed):
                connection.response()
        rule = '"detail":"a chunk\'s size is malformed"'
        self.assertTrue(wait_for(lambda: rule in curfew.stderr, 5), curfew.stderr)

    def test_half_an_answer_is_never_passed_off_as_a_whole_one(self):
        for said in (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
                     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"):
            with self.subTest(said=said), Connection(self.broken(said).http) as connection:
                connection.send(message("GET", "/"))
                with self.assertRaises(Closed):
                    connection.response()


class Breaker(Case):
    def test_a_route_that_is_mostly_slow_opens_it_when_the_policy_says_so(self):
        curfew = self.serve("--upstream", self.backend(PooledBackend()).url, policy=(
            '[request]\nslow = "50ms"\n[breaker]\nslow_rate = 0.5\nmin_calls = 5\n'))
        answers = [get(curfew.http, "/slow/100").status for _ in range(5)]
        self.assertEqual(answers, [200] * 5)
        self.assert_problem(get(curfew.http, "/slow/100"), 503, "breaker-open")
        self.assertEqual(get(curfew.http, "/quick").status, 200)

    def test_requests_that_still_run_open_it_as_they_become_slow(self):
        upstream = self.backend(PooledBackend(hangs="/report"))
        curfew = self.serve("--upstream", upstream.url, policy=(
            '[request]\nslow = "300ms"\n[breaker]\nslow_rate = 0.5\nmin_calls = 3\n'))

        def state() -> str:
            return get(curfew.admin, "/-/health").json()["routes"]["GET /report"]["state"]

        with ThreadPoolExecutor(3) as pool:
            running = [pool.submit(get, curfew.http, "/report") for _ in range(3)]
            self.assertTrue(wait_for(lambda: upstream.hung == 3))
            self.assertTrue(wait_for(lambda: state() == "open", 5), "it never opened")
            self.assertEqual(upstream.hung, 3, "nobody was answered by then")
            self.assert_problem(get(curfew.http, "/report"), 503, "breaker-open")
            upstream.release.set()
            self.assertEqual([one.result().status for one in running], [200] * 3)
        self.assertEqual(get(curfew.http, "/other").status, 200)

    def test_five_failures_open_it_and_then_it_refuses_at_once(self):
        upstream = self.backend(PooledBackend(hangs="/report"))
        curfew = self.serve("--upstream", upstream.url, "--timeout", "200ms")
        for _ in range(5):
            self.assertEqual(get(curfew.http, "/report").problem, "own-timeout")
        answers = [get(curfew.http, "/report") for _ in range(9)]
        for answer in answers:
            said = self.assert_problem(answer, 503, "breaker-open")
            self.assertEqual(said["cause"], "breaker_open")
            self.assertTrue(1 <= int(answer.header("Retry-After")) <= 120)
        self.assertLess(sorted(answer.took for answer in answers)[4], FAST)
        self.assertEqual(get(curfew.http, "/other").status, 200)

    def test_it_closes_again_when_the_backend_is_well(self):
        upstream = self.backend(PooledBackend(hangs="/report"))
        curfew = self.serve("--upstream", upstream.url, "--timeout", "200ms",
                            policy='[breaker]\nreset = "500ms"\nconsecutive_failures = 2\n')
        for _ in range(2):
            get(curfew.http, "/report")
        self.assertEqual(get(curfew.http, "/report").problem, "breaker-open")
        upstream.release.set()
        end = time.monotonic() + 8
        while get(curfew.http, "/report").status != 200:
            self.assertLess(time.monotonic(), end, "it stayed open")
            time.sleep(0.05)

    def test_answers_of_4xx_do_not_open_it(self):
        upstream = self.backend(PooledBackend())
        curfew = self.serve("--upstream", upstream.url)
        self.assertEqual([get(curfew.http, "/status/404").status for _ in range(12)], [404] * 12)

    def test_observe_records_and_refuses_nothing(self):
        upstream = self.backend(PooledBackend())
        curfew = self.serve("--upstream", upstream.url, "--observe")
        self.assertEqual([get(curfew.http, "/status/500").status for _ in range(15)], [500] * 15)
        metrics = get(curfew.admin, "/-/metrics").body.decode()
        self.assertRegex(metrics, r"(?m)^curfew_would_refuse_\w+\{.*\} [1-9]")


class Observing(Case):
    def test_it_tells_how_many_would_have_waited(self):
        upstream = self.backend(PooledBackend(workers=24))
        curfew = self.serve("--upstream", upstream.url, "--observe")
        with ThreadPoolExecutor(20) as pool:
            told = list(pool.map(lambda _: get(curfew.http, "/slow/300").status, range(20)))
        self.assertEqual(told, [200] * 20)
        page = get(curfew.admin, "/-/metrics").body.decode()
        count = re.search(r'^curfew_would_queue_total{route="GET /slow/.*} (\d+)$', page, re.M)
        self.assertGreater(int(count[1]), 0)
        for path, part in (("/-/health", "routes"), ("/-/metrics.json", "endpoints")):
            routes = get(curfew.admin, path).json()[part]
            counted = sum(route["would_queue"] for route in routes.values())
            self.assertEqual(counted, int(count[1]), path)


class Limits(Case):
    def assert_refused_by(self, name: str, value: int, kind: str, policy: str):
        upstream = self.backend(PooledBackend(hangs="/report"))
        curfew = self.serve("--upstream", upstream.url, policy=policy)
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(get, curfew.http, "/report")
            self.assertTrue(wait_for(lambda: upstream.hung == 1))
            said = self.assert_problem(get(curfew.http, "/report"), 503, kind)
            upstream.release.set()
            self.assertEqual(running.result().status, 200)
        told = (said["limit"], said["limit_ms"], said["limit_value"])
        self.assertEqual(told, (name, None, value))

    def test_a_refusal_by_a_count_tells_the_count(self):
        few = "[limiter]\ninitial = 2\nceiling = 2\n[gateway]\nqueue = 0\n"
        self.assert_refused_by("limiter.route_share", 1, "route-share", few)
        self.assert_refused_by("gateway.in_flight", 1, "in-flight-cap", few + "in_flight = 1\n")


class Unserved(Case):
    def setUp(self):
        self.upstream = self.backend(PooledBackend())
        self.curfew = self.serve("--upstream", self.upstream.url)

    def test_an_upgrade_is_refused_by_name(self):
        answer = get(self.curfew.http, "/", {"Connection": "Upgrade", "Upgrade": "websocket"})
        self.assert_problem(answer, 501, "upgrade-not-implemented")

    def test_an_offer_of_h2c_is_passed_over_and_served_as_http_1_1(self):
        answer = get(self.curfew.http, "/", {"Connection": "Upgrade, HTTP2-Settings",
                                             "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQ"})
        self.assertEqual(answer.status, 200)
        seen = self.upstream.next()
        self.assertIsNone(seen.header("Upgrade"))
        self.assertIsNone(seen.header("HTTP2-Settings"))

    def test_an_unknown_expectation_is_417(self):
        answer = get(self.curfew.http, "/", {"Expect": "a-miracle"})
        self.assert_problem(answer, 417, "expectation-failed")

    def test_connect_is_not_a_way_through(self):
        answer = request(self.curfew.http, "CONNECT", "example.org:443")
        self.assertIn(answer.status, (400, 405, 501))
        self.assertEqual(self.upstream.targets, [])


if __name__ == "__main__":
    unittest.main()
