"""Somebody else's servers behind Curfew: nginx from Debian, Python's own, and Node."""

import shutil
import unittest
from concurrent.futures import ThreadPoolExecutor

from backends import NginxBackend, NodeBackend, PythonBackend
from client import Connection, get, message, request
from harness import Case

FILE = bytes(range(256)) * 4096


@unittest.skipUnless(shutil.which("nginx", path="/usr/sbin:/usr/bin"), "nginx is not installed")
class Nginx(Case):
    def setUp(self):
        self.upstream = self.backend(NginxBackend())
        self.curfew = self.serve("--upstream", self.upstream.url)

    def test_a_file_comes_whole(self):
        self.assertTrue(get(self.curfew.http, "/file.bin").body == FILE)

    def test_ranges_and_conditions_pass(self):
        part = get(self.curfew.http, "/file.bin", {"Range": "bytes=10-19"})
        self.assertEqual((part.status, part.body), (206, FILE[10:20]))
        tag = get(self.curfew.http, "/file.bin").header("ETag")
        self.assertEqual(get(self.curfew.http, "/file.bin", {"If-None-Match": tag}).status, 304)

    def test_what_is_not_there_is_404(self):
        self.assertEqual(get(self.curfew.http, "/nothing").status, 404)

    def test_head_and_get_agree(self):
        with Connection(self.curfew.http) as connection:
            sizes = {connection.request(method, "/file.bin").header("Content-Length")
                     for method in ("HEAD", "GET", "HEAD")}
        self.assertEqual(sizes, {str(len(FILE))})


class Python(Case):
    def setUp(self):
        self.upstream = self.backend(PythonBackend())
        self.curfew = self.serve("--upstream", self.upstream.url)

    def test_files_come_whole_to_many_at_once(self):
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: get(self.curfew.http, "/file.bin"), range(64)))
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertTrue(all(answer.body == FILE for answer in answers))

    def test_a_listing_and_a_missing_page_pass(self):
        self.assertIn(b"file.bin", get(self.curfew.http, "/").body)
        self.assertEqual(get(self.curfew.http, "/nothing").status, 404)


@unittest.skipUnless(shutil.which("node"), "node is not installed")
class Node(Case):
    def setUp(self):
        self.upstream = self.backend(NodeBackend())
        self.curfew = self.serve("--upstream", self.upstream.url)

    def test_it_answers(self):
        self.assertEqual(get(self.curfew.http, "/hello").body, b"hello from node")

    def test_a_chunked_echo_comes_back_whole(self):
        body = b"0123456789" * 50_000
        self.assertTrue(request(self.curfew.http, "POST", "/echo", body=body).body == body)

    def test_events_flow_one_by_one(self):
        with Connection(self.curfew.http) as events:
            events.send(message("GET", "/events"))
            self.assertEqual(events.head().header("Content-Type"), "text/event-stream")
            self.assertEqual(events.chunk(), b"data: 1\n\n")
            get(self.curfew.http, "/next")
            self.assertEqual(events.chunk(), b"data: 2\n\n")


if __name__ == "__main__":
    unittest.main()
