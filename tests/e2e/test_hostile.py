"""What a hostile or broken client sends costs its own connection, and nothing else."""

import os
import re
import resource
import select
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

    def connections_told(self, curfew) -> int:
        """Those accepted: a system lists one as soon as its client has it."""
        told = get(curfew.admin, "/-/metrics").body.decode()
        return int(re.search(r"^curfew_connections (\d+)$", told, re.MULTILINE)[1])

    def use_up_descriptors(self, curfew):
        """A new one takes the lowest free number: under 3, where none is ever closed again. Above,
        the table has holes that come and go while the ledger opens its files."""
        streams = {"0", "1", "2"}
        self.assertLessEqual(streams, set(os.listdir(f"/proc/{curfew.pid}/fd")))
        resource.prlimit(curfew.pid, resource.RLIMIT_NOFILE, (len(streams), len(streams)))

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
        curfew = self.serve_with('[http]\nheader_timeout = "500ms"\n')
        with Connection(curfew.http) as connection:
            connection.rest()
        curfew = self.serve_with('[http]\nkeep_alive = "500ms"\n')
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

    def test_a_half_closed_client_that_reads_nothing_is_let_go_without_spinning(self):
        curfew = self.serve_with('[http]\nwrite_idle = "1s"\n')
        body = b"x" * 8_000_000
        with Connection(curfew.http) as connection:
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.socket.settimeout(1)
            try:
                connection.socket.sendall(message("POST", "/echo", body=body))
            except OSError:
                pass
            connection.socket.shutdown(socket.SHUT_WR)
            before = curfew.cpu_seconds()
            self.assertTrue(wait_for(lambda: connections_at(curfew.http) == 0, 5, 0.1))
            self.assertLess(curfew.cpu_seconds() - before, 0.5, "it spins")
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

    def test_a_crowd_never_takes_the_descriptors_that_the_rest_needs(self):
        curfew = self.serve_with(files=80)
        self.assertTrue(wait_for(lambda: "RLIMIT_NOFILE is 80" in curfew.stderr, 5))
        said = re.search(r"at most (\d+) client connections", curfew.stderr)
        crowd = [socket.create_connection(curfew.http, timeout=5) for _ in range(120)]
        try:
            time.sleep(0.3)
            for page in ("/-/health/live", "/-/health/ready", "/-/metrics"):
                self.assertEqual(get(curfew.admin, page).status, 200)
            told = get(curfew.admin, "/-/health").body + get(curfew.admin, "/-/metrics").body
            self.assertIn(f"curfew_connections {said[1]}\n".encode(), told)
            self.assertIn(f"at their limit of {said[1]}\"".encode(), told)
        finally:
            for one in crowd:
                one.close()
        crowd = []
        try:
            for _ in range(120):
                crowd.append(socket.create_connection(curfew.http, timeout=5))
                crowd[-1].sendall(message("GET", "/hello", {"Connection": "close"}))
            waiting = set(crowd)
            while waiting:
                ready, _, _ = select.select(waiting, [], [], 10)
                self.assertTrue(ready, f"{len(waiting)} were never served")
                for one in ready:
                    self.assertIn(b" 200 ", one.recv(100))
                    one.close()
                waiting -= set(ready)
        finally:
            for one in crowd:
                one.close()

    def test_a_connection_that_cannot_be_accepted_is_told_of_once(self):
        curfew = self.serve_with()
        self.use_up_descriptors(curfew)
        crowd = [socket.create_connection(curfew.http, timeout=5) for _ in range(8)]
        try:
            self.assertTrue(wait_for(lambda: "could not be accepted" in curfew.stderr, 5))
            time.sleep(0.5)
            self.assertEqual(curfew.stderr.count("could not be accepted"), 1, curfew.stderr)
            self.assertIn("Too many open files", curfew.stderr)
        finally:
            for one in crowd:
                one.close()

    def test_a_refusal_for_want_of_a_descriptor_names_the_limit(self):
        curfew = self.serve_with()
        with Connection(curfew.http) as connection:
            connection.send(b"GET /hel")
            self.assertTrue(wait_for(lambda: self.connections_told(curfew) == 1, 5))
            self.use_up_descriptors(curfew)
            connection.send(b"lo HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = connection.response()
            self.assert_problem(answer, 503, "local-resource")
            self.assertEqual(answer.json()["limit"], "RLIMIT_NOFILE")
        self.assertTrue(wait_for(lambda: "(RLIMIT_NOFILE)" in curfew.stderr, 5), curfew.stderr)

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

    def test_no_more_connections_are_open_than_the_cap_over_all_workers(self):
        curfew = self.serve_with('[server]\nconnections_max = 5\n')
        began = time.monotonic()
        crowd = []
        self.addCleanup(lambda: [one.close() for one in crowd])
        for _ in range(24):
            crowd.append(socket.create_connection(curfew.http, timeout=5))
            crowd[-1].sendall(message("GET", "/slow/200"))
        waiting = set(crowd)
        while waiting:
            ready, _, _ = select.select(waiting, [], [], 5)
            self.assertTrue(ready, f"a place was lost with {len(waiting)} waiting")
            for one in ready:
                self.assertIn(b" 200 ", one.recv(100))
            waiting -= set(ready)
        self.assertGreater(time.monotonic() - began, 0.75, "five at a time, 200 ms each")
        self.assertLessEqual(connections_at(curfew.http), 6, "one that is just being closed")

    def test_slow_small_uploads_keep_no_worker_of_the_backend(self):
        curfew = self.serve_with()
        crowd = [Connection(curfew.http) for _ in range(20)]
        self.addCleanup(lambda: [one.socket.close() for one in crowd])
        for one in crowd:
            one.send(message("POST", "/echo", {"Content-Length": "10"}) + b"slow")
        time.sleep(0.2)
        for _ in range(20):
            self.assertEqual(get(curfew.http, "/", patience=2).status, 200)
        self.assertNotIn("/echo", self.upstream.targets)
        for one in crowd:
            one.send(b"ly now")
            self.assertEqual(one.response().body, b"slowly now")

    def slow_readers_of(self, length: int, policy: str = "") -> tuple:
        """Curfew with its clients that ask for `length` bytes each and take none yet."""
        curfew = self.serve_with(policy)
        crowd = []
        for _ in range(12):
            reader = socket.socket()
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(curfew.http)
            reader.sendall(message("GET", f"/bytes/{length}", {"Connection": "close"}))
            crowd.append(reader)
        self.addCleanup(lambda: [one.close() for one in crowd])
        wait_for(lambda: sum("bytes" in one for one in self.upstream.targets) >= 7, seconds=2)
        return curfew, crowd

    def test_slow_readers_of_moderate_answers_keep_no_worker_of_the_backend(self):
        length = 1_000_000
        curfew, crowd = self.slow_readers_of(length)
        for _ in range(20):
            self.assertEqual(get(curfew.http, "/", patience=2).status, 200)
        for one in crowd:
            one.settimeout(10)
            taken = b"".join(iter(lambda: one.recv(1 << 20), b""))
            self.assertEqual(len(taken.partition(b"\r\n\r\n")[2]), length)

    def test_slow_chunked_uploads_leave_workers_to_the_others(self):
        curfew = self.serve_with()
        for _ in range(40):
            get(curfew.http, "/")
        crowd = [Connection(curfew.http) for _ in range(20)]
        self.addCleanup(lambda: [one.socket.close() for one in crowd])
        for one in crowd:
            one.send(message("POST", "/echo", {"Transfer-Encoding": "chunked"}))
        until = time.monotonic() + 4
        while time.monotonic() < until:
            for one in crowd:
                one.send(b"1\r\nx\r\n")
            self.assertEqual(get(curfew.http, "/", patience=2).status, 200)
            time.sleep(0.05)

    def test_a_steady_slow_reader_is_not_taken_for_one_that_takes_nothing(self):
        curfew = self.serve_with('[http]\nwrite_idle = "1s"\n')
        with socket.socket() as reader:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(curfew.http)
            reader.sendall(message("GET", "/bytes/12000000"))
            reader.settimeout(2)
            until = time.monotonic() + 4
            while time.monotonic() < until:
                self.assertTrue(reader.recv(2000))
                time.sleep(0.05)

    def test_slow_readers_of_long_answers_keep_the_share_of_their_route_and_no_more(self):
        curfew, _ = self.slow_readers_of(12_000_000, '[http]\nresponse_buffer = "off"\n')
        with self.assertRaises((OSError, Closed)):
            get(curfew.http, "/bytes/10", patience=1)
        for _ in range(20):
            self.assertEqual(get(curfew.http, "/", patience=2).status, 200)

    def test_silent_connections_shut_nobody_out(self):
        curfew = self.serve_with('[server]\nconnections_max = 20\n')
        with Connection(curfew.http) as busy:
            busy.send(message("GET", "/slow/1000"))
            crowd = [socket.create_connection(curfew.http, timeout=5) for _ in range(60)]
            self.addCleanup(lambda: [one.close() for one in crowd])
            for _ in range(30):
                self.assertEqual(get(curfew.http, "/", patience=2).status, 200)
            health = get(curfew.admin, "/-/health").json()
            self.assertEqual(health["status"], "degraded")
            self.assertEqual(health["problems"], ["client connections are at their limit of 20"])
            self.assertEqual(busy.response().status, 200, "it had a request in progress")
        let_go = re.search(rb"curfew_connections_let_go_total (\d+)",
                           get(curfew.admin, "/-/metrics").body)
        self.assertGreaterEqual(int(let_go[1]), 41)


class HostileThreeWorkers(Hostile):
    extra = ("--workers", "3")


def answers(address) -> bool:
    try:
        return get(address, "/", patience=2).status == 200
    except (OSError, Closed):
        return False


def connections_at(address) -> int:
    """Sockets of the listener's port that are not the listener itself, by the kernel's table."""
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in list(table)[1:]]
    mine = f":{address[1]:04X}"
    established, close_wait = "01", "08"
    return sum(row[1].endswith(mine) and row[3] in (established, close_wait) for row in rows)


def resident(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:
        (line,) = (line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    unittest.main()
