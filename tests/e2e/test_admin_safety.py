"""Attacks on the admin listener: rebinding, forgery, wrong methods, bodies that are too much."""

import time
import unittest

from backends import PooledBackend
from client import Closed, Connection, get, message, request
from harness import Case


class Attacks(Case):
    def setUp(self):
        upstream = self.backend(PooledBackend())
        self.curfew = self.serve("--upstream", upstream.url, policy=(
            '[server]\nadmin_hosts = ["admin.example.org"]\n'))
        self.own = "127.0.0.1:%d" % self.curfew.admin[1]

    def generation(self) -> int:
        return get(self.curfew.admin, "/-/health").json()["policy"]["generation"]

    def test_a_name_that_was_made_to_point_here_reads_and_changes_nothing(self):
        port = self.curfew.admin[1]
        for host in ("evil.example.org", f"evil.example.org:{port}", "127.0.0.1.evil.example.org",
                     "localhost.evil.example.org", "0.0.0.0", f"10.0.0.1:{port}"):
            for method, path in (("GET", "/-/health"), ("GET", "/-/metrics"),
                                 ("POST", "/-/reload"), ("GET", "/-/nothing")):
                answer = request(self.curfew.admin, method, path, {"Host": host})
                self.assertEqual(answer.status, 421, (host, path))
                self.assertNotIn("evil", answer.body.decode())
        absolute = b"GET http://evil.example.org/-/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with Connection(self.curfew.admin) as connection:
            connection.send(absolute)
            self.assertEqual(connection.response().status, 421)
        self.assertEqual(self.generation(), 1)

    def test_its_own_names_are_answered(self):
        port = self.curfew.admin[1]
        for host in (f"localhost:{port}", "LOCALHOST", "127.0.0.9", f"[::1]:{port}",
                     "admin.example.org", "Admin.Example.Org:443"):
            self.assertEqual(get(self.curfew.admin, "/-/health", {"Host": host}).status, 200, host)

    def test_a_page_of_another_site_changes_nothing(self):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for fields in ({"Origin": "http://evil.example.org"}, {"Origin": "null"},
                       {"Origin": f"http://localhost:{self.curfew.admin[1]}"},
                       {"Origin": "http://127.0.0.1:1"}, {"Sec-Fetch-Site": "cross-site"},
                       {"Sec-Fetch-Site": "same-site"},
                       {"Sec-Fetch-Site": "cross-site", "Origin": f"http://{self.own}"}):
            answer = request(self.curfew.admin, "POST", "/-/reload", {**form, **fields})
            self.assertEqual(answer.status, 403, fields)
            self.assertIn("another site", answer.body.decode())
        self.assertEqual(self.generation(), 1)
        answer = request(self.curfew.admin, "POST", "/-/reload", {
            "Origin": f"http://{self.own}", "Sec-Fetch-Site": "same-origin"})
        self.assertEqual(answer.status, 200)

    def test_no_other_method_changes_anything(self):
        for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"):
            answer = request(self.curfew.admin, method, "/-/reload")
            self.assertEqual((answer.status, answer.header("Allow")), (405, "POST"), method)
        answer = request(self.curfew.admin, "GET", "/-/reload",
                         {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "POST"})
        self.assertEqual(answer.status, 405)
        self.assertEqual(self.generation(), 1)

    def test_a_body_that_is_too_much_is_refused_and_costs_nothing(self):
        with Connection(self.curfew.admin) as connection:
            connection.send(message("POST", "/-/reload",
                                    {"Host": self.own, "Content-Length": "1000000000000"}))
            connection.send(b"x" * 20_000)
            self.assertEqual(connection.response().status, 413)
        with Connection(self.curfew.admin) as connection:
            connection.send(message("POST", "/-/reload",
                                    {"Host": self.own, "Transfer-Encoding": "chunked"}))
            connection.send(b"4000\r\n" + b"x" * 0x4000 + b"\r\n1\r\nx\r\n")
            self.assertEqual(connection.response().status, 413)
        self.assertEqual(self.generation(), 1)

    def test_a_body_that_trickles_in_is_cut_off_and_keeps_nobody_waiting(self):
        with Connection(self.curfew.admin, patience=15) as slow:
            slow.send(message("POST", "/-/reload", {"Host": self.own, "Content-Length": "100"}))
            began = time.monotonic()
            try:
                for _ in range(60):
                    self.assertEqual(get(self.curfew.admin, "/-/health/live").status, 200)
                    slow.send(b"x")
                    time.sleep(0.2)
                answer = slow.response()
                self.assertEqual(answer.status, 408)
            except (Closed, OSError):
                pass
            self.assertLess(time.monotonic() - began, 14)
        self.assertEqual(self.generation(), 1)


if __name__ == "__main__":
    unittest.main()
