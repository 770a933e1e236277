"""Messages whose length or shape is ambiguous are refused, and nothing of them is smuggled on.

Each row is what nginx or haproxy let pass in some version; the strict answer holds everywhere.
After a refusal the connection is closed, so that what follows is never taken for a request.
"""

import unittest

from backends import PooledBackend
from client import Connection, get
from harness import Case

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: shop.test\r\n\r\n"


def head(*lines: bytes, start: bytes = b"POST /a HTTP/1.1",
         host: bytes = b"Host: shop.test") -> bytes:
    return b"\r\n".join([start, *([host] if host else []), *lines]) + b"\r\n\r\n"


def chunked(body: bytes) -> bytes:
    return head(b"Transfer-Encoding: chunked") + body


REFUSED = [
    ("length and chunked", head(b"Content-Length: 5", b"Transfer-Encoding: chunked") +
     b"0\r\n\r\n", (400,)),
    ("equal lengths twice", head(b"Content-Length: 2", b"Content-Length: 2") + b"ok", (400,)),
    ("a list of lengths", head(b"Content-Length: 2, 2") + b"ok", (400,)),
    ("two lengths", head(b"Content-Length: 2", b"Content-Length: 3") + b"ok!", (400,)),
    ("a signed length", head(b"Content-Length: +2") + b"ok", (400,)),
    ("a negative length", head(b"Content-Length: -2") + b"ok", (400,)),
    ("a hexadecimal length", head(b"Content-Length: 0x2") + b"ok", (400,)),
    ("an empty length", head(b"Content-Length: "), (400,)),
    ("a length beyond 64 bits", head(b"Content-Length: 99999999999999999999") + b"ok", (400, 413)),
    ("space before the colon", head(b"Transfer-Encoding : chunked") + b"0\r\n\r\n", (400,)),
    ("an unknown coding", head(b"Transfer-Encoding: xchunked") + b"0\r\n\r\n", (400, 501)),
    ("two codings", head(b"Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n", (400, 501)),
    ("chunked twice", head(b"Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n", (400, 501)),
    ("two coding fields", head(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity") +
     b"0\r\n\r\n", (400, 501)),
    ("chunked in 1.0", head(b"Transfer-Encoding: chunked", start=b"POST /a HTTP/1.0") +
     b"0\r\n\r\n", (400,)),
    ("lines that end in a bare LF", b"GET /a HTTP/1.1\nHost: shop.test\n\n", (400,)),
    ("one field that ends in a bare LF", b"GET /a HTTP/1.1\r\nHost: shop.test\nX: y\r\n\r\n",
     (400,)),
    ("a chunk that ends in a bare LF", chunked(b"2\r\nok\n0\r\n\r\n"), (400,)),
    ("a chunk size that ends in a bare LF", chunked(b"2\nok\r\n0\r\n\r\n"), (400,)),
    ("a bare LF in a chunk extension", chunked(b"2;a\nb\r\nok\r\n0\r\n\r\n"), (400,)),
    ("a chunk size of 17 digits", chunked(b"00000000000000002\r\nok\r\n0\r\n\r\n"), (400,)),
    ("a chunk size with a prefix", chunked(b"0x2\r\nok\r\n0\r\n\r\n"), (400,)),
    ("a chunk longer than it says", chunked(b"1\r\nok\r\n0\r\n\r\n"), (400,)),
    ("a folded field", head(b"X-A: b\r\n c"), (400,)),
    ("NUL in a field", head(b"X-A: b\0c"), (400,)),
    ("a bare CR in a field", head(b"X-A: b\rc"), (400,)),
    ("no Host", head(host=b"", start=b"GET /a HTTP/1.1"), (400,)),
    ("two Hosts", head(b"Host: other.test", start=b"GET /a HTTP/1.1"), (400,)),
    ("a field without a colon", head(b"nonsense", start=b"GET /a HTTP/1.1"), (400,)),
    ("a field without a name", head(b": value", start=b"GET /a HTTP/1.1"), (400,)),
    ("space in a field's name", head(b"X A: b", start=b"GET /a HTTP/1.1"), (400,)),
    ("a target with a space", b"GET /a b HTTP/1.1\r\nHost: shop.test\r\n\r\n", (400,)),
    ("no version", b"GET /a\r\n\r\n", (400, 505)),
    ("an unknown version", b"GET /a HTTP/3.7\r\nHost: shop.test\r\n\r\n", (400, 505)),
    ("a TLS hello", bytes.fromhex("16030100c8010000c40303") + b"\0" * 40 + b"\r\n\r\n", (400,)),
]


class Framing(Case):
    def setUp(self):
        self.upstream = self.backend(PooledBackend())
        self.curfew = self.serve("--upstream", self.upstream.url, "--timeout", "3s")

    def test_every_ambiguous_message_is_refused_and_nothing_is_smuggled(self):
        for name, sent, statuses in REFUSED:
            with self.subTest(name), Connection(self.curfew.http, patience=5) as connection:
                connection.send(sent + SMUGGLED)
                answer = connection.response()
                self.assertIn(answer.status, statuses)
                self.assertEqual((answer.header("Connection") or "").lower(), "close")
                self.assertTrue(connection.is_closed(), "it stays open, so what follows is read")
        self.assertNotIn("/smuggled", self.upstream.targets)
        self.assertEqual(get(self.curfew.http, "/after").status, 200)

    def test_a_refused_message_is_a_problem_with_a_cause(self):
        with Connection(self.curfew.http) as connection:
            connection.send(head(b"Content-Length: 5", b"Transfer-Encoding: chunked"))
            said = self.assert_problem(connection.response(), 400, "framing")
            self.assertEqual((said["cause"], said["limit_ms"]), ("rejected", None))
            self.assertEqual(said["detail"], "both Content-Length and Transfer-Encoding")
        with Connection(self.curfew.http) as connection:
            connection.send(head(b"A : b"))
            said = self.assert_problem(connection.response(), 400, "bad-request")
            self.assertEqual(said["detail"], "white space before a header's colon")

    def test_odd_but_lawful_messages_pass(self):
        rows = [
            b"\r\n" + head(b"Content-Length: 0"),
            head(b"content-length:0"),
            head(b"Content-Length:  \t 0 \t"),
            chunked(b"2;a=b;c=\"d\"\r\nok\r\n0\r\n\r\n"),
            chunked(b"02\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n"),
            chunked(b"A\r\n0123456789\r\n0\r\n\r\n"),
            b"OPTIONS * HTTP/1.1\r\nHost: shop.test\r\n\r\n",
            b"GET http://shop.test/absolute HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        ]
        for sent in rows:
            with self.subTest(sent=sent), Connection(self.curfew.http, patience=5) as connection:
                connection.send(sent)
                self.assertEqual(connection.response().status, 200)

    def test_a_split_anywhere_changes_nothing(self):
        sent = chunked(b"4\r\nbody\r\n0\r\n\r\n").replace(b"/a", b"/echo/a")
        for place in range(1, len(sent), 7):
            with Connection(self.curfew.http, patience=5) as connection:
                connection.send(sent[:place])
                connection.send(sent[place:])
                self.assertEqual(connection.response().body, b"body", place)


if __name__ == "__main__":
    unittest.main()
