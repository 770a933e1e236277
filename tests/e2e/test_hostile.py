"""What a hostile or broken client sends costs its own connection, and nothing else."""

import socket
import time
import unittest

from backends import PooledBackend, wait_for
from client import Closed, Connection, get, message, request
from harness import Case


class Hostile(Case):
    def setUp(self):
        self.upstream = self.backend(PooledBackend())

    def serve_with(self, policy: str = "", **options):
        return self.serve("--upstream", self.upstream.url, policy=policy, **options)

    def test_a_hundred_thousand_bytes_of_header_are_431(self):
        curfew = self.serve_with()
        with Connection(curfew.http) as connection:
            connection.send(b"GET / HTTP/1.1\r\nHost: shop.test\r\nX-A: " + b"a" * 100_000)
            connection.send(b"\r\n\r\n")
            self.assert_problem(connection.response(), 431, "header-too-large")
        self.assertEqual(self.upstream.targets, [])

    def test_too_many_fields_are_431(self):
        curfew = self.serve_with()
        answer = get(curfew.http, "/", {f"X-{n}": "1" for n in range(150)})
        self.assert_problem(answer, 431, "header-too-large")

    def test_a_target_of_twenty_thousand_bytes_is_414(self):
        self.assert_problem(get(self.serve_with().http, "/" + "a" * 20_000), 414, "uri-too-long")

    def test_a_body_over_the_cap_is_413_before_it_is_read(self):
        curfew = self.serve_with('[http]\nbody_bytes = "1KiB"\n')
        with Connection(curfew.http) as connection:
            connection.send(message("POST", "/echo", {"Content-Length": "1000000"}))
            self.assert_problem(connection.response(), 413, "body-too-large")
        self.assertEqual(self.upstream.targets, [])

    def test_a_byte_now_and_then_is_408_at_the_limit(self):
        curfew = self.serve_with('[http]\nheader_timeout = "1s"\n')
        began = time.monotonic()
        with Connection(curfew.http) as connection:
            connection.socket.settimeout(0.2)
            for byte in b"GET / HTTP/1.1\r\nHost: shop.test\r\nX-Slow: " + b"a" * 100:
                try:
                    connection.socket.send(bytes([byte]))
                    connection.buffer += connection.socket.recv(4096)
                except TimeoutError:
                    continue
                except OSError:
                    break
                break
            took = time.monotonic() - began
            self.assert_problem(connection.response(), 408, "client-too-slow")
            self.assertTrue(connection.is_closed())
        self.assertTrue(0.8 < took < 3, took)

    def test_a_client_that_says_nothing_is_let_go(self):
        curfew = self.serve_with('[http]\nheader_timeout = "500ms"\nkeep_alive = "500ms"\n')
        with Connection(curfew.http) as connection:
            connection.rest()
        with Connection(curfew.http) as connection:
            self.assertEqual(connection.request("GET", "/").status, 200)
            self.assertTrue(connection.is_closed(), "an idle connection has its limit too")

    def test_a_body_that_stops_is_408(self):
        curfew = self.serve_with('[request]\nbody_idle = "500ms"\n')
        with Connection(curfew.http) as connection:
            connection.send(message("POST", "/echo", {"Content-Length": "10"}) + b"half")
            self.assertEqual(connection.response().status, 408)

    def test_a_reader_that_stops_reading_does_not_fill_the_memory(self):
        curfew = self.serve_with('[http]\nwrite_idle = "1s"\n')
        body = b"x" * 32_000_000
        before = resident(curfew.pid)
        with Connection(curfew.http) as connection:
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.socket.settimeout(3)
            try:
                connection.socket.sendall(message("POST", "/echo", body=body))
            except OSError:
                pass
            self.assertLess(resident(curfew.pid) - before, 16_000_000)
        self.assertEqual(get(curfew.http, "/after").status, 200)

    def test_out_of_descriptors_it_waits_and_then_serves_again(self):
        curfew = self.serve_with(files=48)
        crowd = [socket.create_connection(curfew.http, timeout=5) for _ in range(100)]
        try:
            before = curfew.cpu_seconds()
            time.sleep(1)
            self.assertLess(curfew.cpu_seconds() - before, 0.5, "it spins")
            self.assertIsNone(curfew.process.poll(), curfew.output)
        finally:
            for one in crowd:
                one.close()
        self.assertTrue(wait_for(lambda: answers(curfew.http), 10))

    def test_broken_messages_of_one_client_close_no_route_for_the_others(self):
        curfew = self.serve_with()
        for _ in range(8):
            with Connection(curfew.http) as connection:
                connection.send(message("POST", "/echo", {"Transfer-Encoding": "chunked"}))
                connection.send(b"2\r\nok\n0\r\n\r\n")
                self.assertEqual(connection.response().status, 400)
        answer = request(curfew.http, "POST", "/echo", body=b"well")
        self.assertEqual((answer.status, answer.body), (200, b"well"))

    def test_it_survives_a_thousand_broken_messages(self):
        curfew = self.serve_with()
        for number in range(1000):
            noise = bytes((number * 31 + place * 17) % 256 for place in range(number % 97))
            with Connection(curfew.http, patience=5) as connection:
                connection.send(noise)
        self.assertEqual(request(curfew.http, "POST", "/echo", body=b"well").body, b"well")


def answers(address) -> bool:
    try:
        return get(address, "/", patience=2).status == 200
    except (OSError, Closed):
        return False


def resident(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:
        (line,) = (line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    unittest.main()
