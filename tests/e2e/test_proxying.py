"""Requests pass whole and unchanged, streamed both ways, with hop-by-hop fields left behind."""

import threading
import unittest

from backends import PooledBackend, RawBackend, body_of, reply
from client import Connection, get, message, request
from harness import Case


class Proxying(Case):
    def setUp(self):
        self.upstream = self.backend(PooledBackend())
        self.curfew = self.serve("--upstream", self.upstream.url, "--timeout", "5s")

    def test_a_request_reaches_the_backend_and_its_answer_the_client(self):
        answer = get(self.curfew.http, "/hello?x=1&y=a%2Fb")
        self.assertEqual((answer.status, answer.body), (200, b"ok"))
        self.assertEqual(self.upstream.next().target, "/hello?x=1&y=a%2Fb")

    def test_one_connection_serves_many_requests(self):
        with Connection(self.curfew.http) as connection:
            bodies = [connection.request("GET", f"/{n}").body for n in range(20)]
        self.assertEqual(bodies, [b"ok"] * 20)
        self.assertLessEqual(self.upstream.connections, 2, "upstream connections are reused")

    def test_pipelined_requests_are_answered_in_order(self):
        with Connection(self.curfew.http) as connection:
            connection.send(b"".join(message("POST", "/echo", body=b"%d" % n) for n in range(8)))
            self.assertEqual([connection.response().body for _ in range(8)],
                             [b"%d" % n for n in range(8)])

    def test_head_has_a_length_and_no_body(self):
        with Connection(self.curfew.http) as connection:
            answer = connection.request("HEAD", "/page")
            self.assertEqual((answer.status, answer.header("Content-Length")), (200, "2"))
            self.assertEqual(connection.request("GET", "/next").body, b"ok")

    def test_every_status_of_the_backend_passes(self):
        for status in (201, 301, 404, 409, 418, 500, 503):
            with self.subTest(status=status):
                answer = get(self.curfew.http, f"/status/{status}")
                self.assertEqual((answer.status, answer.body), (status, b"%d" % status))
                self.assertEqual(answer.reason, "Said so")

    def test_a_large_body_comes_back_byte_for_byte(self):
        body = bytes(range(251)) * 20_000
        answer = request(self.curfew.http, "POST", "/echo", body=body)
        self.assertEqual(len(answer.body), len(body))
        self.assertTrue(answer.body == body)

    def test_a_chunked_upload_is_framed_again_and_whole(self):
        with Connection(self.curfew.http) as connection:
            connection.send(message("POST", "/echo", {"Transfer-Encoding": "chunked"}))
            for part in (b"a" * 10, b"b" * 70_000, b"c"):
                connection.send(b"%x\r\n%s\r\n" % (len(part), part))
            connection.send(b"0\r\n\r\n")
            self.assertEqual(connection.response().body, b"a" * 10 + b"b" * 70_000 + b"c")

    def test_an_old_client_gets_an_unchunked_answer_and_a_close(self):
        with Connection(self.curfew.http) as connection:
            connection.send(b"GET / HTTP/1.0\r\nHost: shop.test\r\n\r\n")
            answer = connection.head()
            self.assertIsNone(answer.header("Transfer-Encoding"))
            self.assertEqual(connection.rest(), b"ok")

    def test_expect_is_answered_before_the_body_is_sent(self):
        with Connection(self.curfew.http) as connection:
            connection.send(message("POST", "/echo", {"Expect": "100-continue",
                                                      "Content-Length": "4"}))
            self.assertEqual(connection.head().status, 100)
            connection.send(b"body")
            self.assertEqual(connection.response().body, b"body")

    def test_hop_by_hop_fields_stay_on_their_hop(self):
        get(self.curfew.http, "/", {
            "Connection": "close, x-secret", "X-Secret": "1", "Keep-Alive": "timeout=5",
            "Proxy-Connection": "keep-alive", "TE": "gzip", "Proxy-Authorization": "Basic eDp5",
            "Authorization": "Bearer t", "X-Kept": "2"})
        got = self.upstream.next()
        for name in ("X-Secret", "Keep-Alive", "Proxy-Connection", "TE", "Proxy-Authorization"):
            self.assertEqual(got.all(name), [], name)
        self.assertEqual((got.header("X-Kept"), got.header("Authorization")), ("2", "Bearer t"))

    def test_connection_cannot_name_the_fields_that_protect(self):
        get(self.curfew.http, "/", {"Connection": "close, x-forwarded-for, host, authorization",
                                    "Authorization": "Bearer t"})
        got = self.upstream.next()
        self.assertEqual(got.all("X-Forwarded-For"), ["127.0.0.1"])
        self.assertEqual(got.header("Authorization"), "Bearer t")
        self.assertEqual(len(got.all("Host")), 1)

    def test_the_backend_learns_who_asked_and_how(self):
        get(self.curfew.http, "/")
        got = self.upstream.next()
        self.assertEqual(got.all("X-Forwarded-For"), ["127.0.0.1"])
        self.assertEqual(got.all("X-Forwarded-Proto"), ["http"])
        self.assertEqual(got.all("X-Forwarded-Host"), ["shop.test"])

    def test_a_stranger_cannot_forge_where_it_comes_from(self):
        get(self.curfew.http, "/", {"X-Forwarded-For": "192.0.2.6", "X-Forwarded-Proto": "https"})
        got = self.upstream.next()
        self.assertEqual(got.all("X-Forwarded-For"), ["127.0.0.1"])
        self.assertEqual(got.all("X-Forwarded-Proto"), ["http"])

    def test_a_trusted_proxy_is_believed(self):
        curfew = self.serve("--upstream", self.upstream.url,
                            policy='[server]\ntrusted_proxies = ["127.0.0.0/8"]\n')
        get(curfew.http, "/", {"X-Forwarded-For": "192.0.2.6", "X-Forwarded-Proto": "https"})
        got = self.upstream.next()
        self.assertEqual(got.header("X-Forwarded-For"), "192.0.2.6, 127.0.0.1")
        self.assertEqual(got.header("X-Forwarded-Proto"), "https")


class Tracing(Case):
    TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

    def setUp(self):
        self.upstream = self.backend(PooledBackend())
        self.curfew = self.serve("--upstream", self.upstream.url)

    def test_a_trace_is_continued(self):
        get(self.curfew.http, "/", {"traceparent": f"00-{self.TRACE}-00f067aa0ba902b7-01"})
        version, trace, parent, _ = self.upstream.next().header("traceparent").split("-")
        self.assertEqual((version, trace), ("00", self.TRACE))
        self.assertRegex(parent, r"^[0-9a-f]{16}$")

    def test_a_trace_is_begun_where_there_is_none_or_it_is_broken(self):
        for header in ({}, {"traceparent": "00-" + "0" * 32 + "-00f067aa0ba902b7-01"},
                       {"traceparent": "nonsense"}):
            get(self.curfew.http, "/", header)
            begun = self.upstream.next().all("traceparent")
            self.assertEqual(len(begun), 1)
            self.assertRegex(begun[0], r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$")


class Streaming(Case):
    def test_the_first_byte_passes_before_the_last_is_made(self):
        go_on = threading.Event()

        def say(connection, _):
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            go_on.wait(10)
            connection.send(b"4\r\nlast\r\n0\r\n\r\n")
            return True

        curfew = self.serve("--upstream", self.backend(RawBackend(say)).url)
        with Connection(curfew.http) as connection:
            connection.send(message("GET", "/"))
            self.assertEqual(connection.head().status, 200)
            self.assertEqual(connection.chunk(), b"first")
            go_on.set()
            self.assertEqual(connection.chunk(), b"last")
            self.assertEqual(connection.chunk(), b"")

    def test_an_upload_reaches_the_backend_while_it_is_sent(self):
        arrived = threading.Event()

        def say(connection, got):
            first = connection.chunk() if got.header("Transfer-Encoding") else connection.exactly(5)
            arrived.set()
            connection.send(reply(first + body_of(connection, got)))
            return False

        curfew = self.serve("--upstream", self.backend(RawBackend(say)).url)
        with Connection(curfew.http) as connection:
            connection.send(message("POST", "/", {"Transfer-Encoding": "chunked"}))
            connection.send(b"5\r\nfirst\r\n")
            self.assertTrue(arrived.wait(5), "the first chunk waits for the last")
            connection.send(b"4\r\nlast\r\n0\r\n\r\n")
            self.assertEqual(connection.response().body, b"firstlast")

    def test_fields_of_the_backends_hop_do_not_reach_the_client(self):
        def say(connection, _):
            connection.send(reply(b"ok", "200 OK", "Connection: x-inner", "X-Inner: 1",
                                  "Keep-Alive: timeout=5", "Set-Cookie: a=1", "Set-Cookie: b=2"))
            return True

        curfew = self.serve("--upstream", self.backend(RawBackend(say)).url)
        answer = get(curfew.http, "/")
        self.assertEqual((answer.all("X-Inner"), answer.all("Keep-Alive")), ([], []))
        self.assertEqual(answer.all("Set-Cookie"), ["a=1", "b=2"])

    def test_a_body_that_ends_with_the_connection_arrives_whole(self):
        def say(connection, _):
            connection.send(b"HTTP/1.1 200 OK\r\n\r\nto the end")
            return False

        curfew = self.serve("--upstream", self.backend(RawBackend(say)).url)
        self.assertEqual(get(curfew.http, "/").body, b"to the end")

    def test_a_client_that_leaves_ends_the_backends_work(self):
        upstream = self.backend(PooledBackend())
        curfew = self.serve("--upstream", upstream.url)
        with Connection(curfew.http) as connection:
            connection.send(message("GET", "/watch"))
            upstream.next()
        self.assertTrue(upstream.aborted.wait(5), "the backend was not told")

    def test_a_reused_connection_that_the_backend_closed_costs_no_request(self):
        def say(connection, _):
            connection.send(reply(b"ok"))
            return False  # without having said so

        curfew = self.serve("--upstream", self.backend(RawBackend(say)).url)
        self.assertEqual([get(curfew.http, "/").status for _ in range(20)], [200] * 20)

    def test_two_workers_serve_like_one(self):
        upstream = self.backend(PooledBackend())
        curfew = self.serve("--upstream", upstream.url, "--workers", "2")
        self.assertEqual([get(curfew.http, f"/{n}").status for n in range(20)], [200] * 20)


if __name__ == "__main__":
    unittest.main()
