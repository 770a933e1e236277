"""`curfew watch`: what runs, hangs and ends badly, live; and the streams that it is served by."""

import json
import os
import re
import socket
import sys
import threading
import time
import unittest

from backends import PooledBackend, free_port, wait_for
from client import Connection, get, message, request
from harness import SUPERVISED, Case, run
from test_policy_cli import conforms, schema

TOKEN = "a-token-of-32-letters-and-digits"


def shown(address) -> str:
    return "%s:%d" % address


class Stream:
    """The events of one `/-/events`, read in a thread."""

    def __init__(self, curfew):
        self.connection = Connection(curfew.admin, patience=30)
        self.connection.send(message("GET", "/-/events", {"Host": shown(curfew.admin)}))
        self.text = ""
        self.ended = threading.Event()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            while got := self.connection.socket.recv(65536):
                self.text += got.decode()
        except OSError:
            pass
        self.ended.set()

    def events(self, name: str) -> list:
        found = re.findall(rf"event: {name}\r?\ndata: (.*)\n", self.text)
        return [json.loads(data) for data in found]

    def routes(self) -> set[str]:
        """Of the last state that came."""
        states = self.events("state")
        return {each["name"] for each in states[-1]["routes"]} if states else set()

    def wait(self, name: str, count: int = 1) -> list:
        assert wait_for(lambda: len(self.events(name)) >= count), self.text[-2000:]
        return self.events(name)

    def close(self):
        self.connection.close()


class Watched(Case):
    def setUp(self):
        self.upstream = self.backend(PooledBackend(workers=8, hangs="/report"))

    def serve_here(self, *arguments: str, timeout: str = "4s", **options):
        return self.serve("--upstream", self.upstream.url, "--timeout", timeout, *arguments,
                          **options)

    def ask_in_background(self, curfew, path: str):
        asking = threading.Thread(target=lambda: self.try_get(curfew, path), daemon=True)
        asking.start()
        return asking

    @staticmethod
    def try_get(curfew, path: str):
        try:
            get(curfew.http, path)
        except (OSError, ValueError, TimeoutError):
            pass

    def stream(self, curfew) -> Stream:
        one = Stream(curfew)
        self.addCleanup(one.close)
        return one


class Events(Watched):
    def test_a_state_comes_at_once_and_one_a_second_after_it(self):
        curfew = self.serve_here()
        get(curfew.http, "/api/items")
        stream = self.stream(curfew)
        began = time.monotonic()
        states = stream.wait("state", 3)
        self.assertGreater(time.monotonic() - began, 1.5)
        conforms(states[0], schema("watch")["definitions"]["state"], root=schema("watch"))
        self.assertTrue(states[0]["since_start"])
        counts = {route["name"]: route["requests"] for route in states[0]["routes"]}
        self.assertEqual(counts["GET /api/items"], 1)
        self.assertFalse(states[1]["since_start"])

    def test_what_hangs_is_told_with_the_time_it_has_left(self):
        curfew = self.serve_here()
        asking = self.ask_in_background(curfew, "/report/a?secret=1")
        self.assertTrue(wait_for(lambda: self.upstream.hung > 0))
        said = get(curfew.admin, "/-/requests.json").json()
        self.assertEqual(said["requests_count"], 1)
        call = said["requests"][0]
        self.assertEqual((call["method"], call["stage"], call["attempt"]), ("GET", "attempt", 1))
        self.assertIn("/report", call["route"])
        self.assertTrue(0 < call["left_ms"] <= 4000, call)
        self.assertRegex(call["trace_id"], "^[0-9a-f]{32}$")
        self.assertNotIn("secret", json.dumps(said))
        asking.join(10)
        given_up = get(curfew.admin, "/-/requests.json").json()["requests"]
        self.assertEqual([each["abandoned"] for each in given_up], [True])
        self.upstream.end_hang()

    def test_what_ends_badly_is_told_as_it_happens(self):
        curfew = self.serve_here(timeout="300ms")
        stream = self.stream(curfew)
        stream.wait("state")
        trace = get(curfew.http, "/report/a").json()["trace_id"]
        get(curfew.http, "/api/items")
        ends = stream.wait("end")
        self.assertEqual(ends[0]["trace_id"], trace)
        self.assertEqual((ends[0]["outcome"], ends[0]["cause"], ends[0]["limit_ms"]),
                         ("timeout", "own_timeout", 300))
        stream.wait("state", len(stream.events("state")) + 2)
        self.assertEqual(len(stream.events("end")), 1, "a plain success is not told")

    def test_without_a_ledger_what_ends_badly_is_told_all_the_same(self):
        curfew = self.serve_here("--ledger", "off", timeout="300ms")
        stream = self.stream(curfew)
        self.assertEqual(stream.wait("state")[0]["ledger"]["state"], "off")
        traces = [get(curfew.http, "/report/a").json()["trace_id"] for _ in range(2)]
        self.assertEqual([each["trace_id"] for each in stream.wait("end", 2)], traces)

    def test_a_reload_ends_no_stream_and_the_new_routes_are_shown(self):
        def text(name: str, timeout: str) -> str:
            return (f'[upstream.main]\nurls = ["{self.upstream.url}"]\n[request]\n'
                    f'timeout = "{timeout}"\n[[route]]\nname = "{name}"\npath = "/"\n')
        curfew = self.serve(policy=text("before", "4s"))
        stream = self.stream(curfew)
        get(curfew.http, "/api/items")
        self.assertTrue(wait_for(lambda: stream.routes() == {"before"}, 10), stream.text[-2000:])
        (curfew.folder / "curfew.toml").write_text(text("after", "300ms"))
        told = request(curfew.admin, "POST", "/-/reload")
        self.assertEqual(told.status, 200, told.body)
        self.assertEqual(get(curfew.http, "/report/a").status, 504)
        self.assertTrue(wait_for(lambda: stream.routes() == {"after"}, 10), stream.text[-2000:])
        end = stream.wait("end")[0]
        self.assertEqual((end["name"], end["limit_ms"]), ("after", 300))
        self.assertFalse(stream.ended.is_set())
        self.assertEqual(stream.events("bye"), [])

    def test_what_the_backend_did_is_told_in_its_words(self):
        port = free_port()
        curfew = self.serve(
            "--upstream", f"http://127.0.0.1:{port}", policy='[backend]\nbackoff_min = "10ms"\n',
            command=[sys.executable, SUPERVISED, str(port)])
        stream = self.stream(curfew)
        stream.wait("state")
        told = request(curfew.admin, "POST", "/-/stacks")
        self.assertEqual(told.status, 200, told.body)
        headline = get(curfew.admin, "/-/stacks.json").json()["stacks"][0]["headline"]
        wanted = ("supervisor", "stacks", headline[:200])
        self.assertTrue(wait_for(lambda: wanted in [
            (each["surface"], each["name"], each["said"]) for each in stream.events("end")]),
            stream.text[-2000:])

    def test_a_stop_is_told_and_waits_for_no_stream(self):
        curfew = self.serve_here()
        stream = self.stream(curfew)
        stream.wait("state")
        began = time.monotonic()
        self.assertEqual(curfew.stop(), 0)
        self.assertLess(time.monotonic() - began, 5)
        self.assertTrue(stream.ended.wait(5))
        self.assertEqual(stream.events("bye"), [{"reason": "shutdown"}])

    def test_there_is_a_bound_and_its_places_come_back(self):
        curfew = self.serve_here()
        streams = [self.stream(curfew) for _ in range(32)]
        for each in streams:
            each.wait("state")
        self.assertEqual(get(curfew.admin, "/-/events").status, 503)
        self.assertEqual(get(curfew.admin, "/-/health/live").status, 200)
        for each in streams:
            each.close()
        self.assertTrue(wait_for(lambda: run(
            "watch", "--once", "--admin", shown(curfew.admin)).returncode == 0))

    def test_one_that_reads_nothing_costs_no_memory(self):
        curfew = self.serve_here()
        for i in range(100):
            get(curfew.http, f"/status/200/{i}/{'x' * 50}")
        idle = socket.create_connection(curfew.admin)
        self.addCleanup(idle.close)
        idle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        idle.sendall(message("GET", "/-/events", {"Host": shown(curfew.admin)}))
        stream = self.stream(curfew)
        stream.wait("state", 2)
        before = self.resident(curfew)
        stream.wait("state", 6)
        self.assertLess(self.resident(curfew) - before, 2 << 20)

    @staticmethod
    def resident(curfew) -> int:
        with open(f"/proc/{curfew.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def test_only_get_and_only_with_the_token(self):
        curfew = self.serve_here(policy=f'[server]\nadmin_token = "{TOKEN}"\n')
        for path in ("/-/events", "/-/requests.json"):
            self.assertEqual(get(curfew.admin, path).status, 401, path)


class Once(Watched):
    def look(self, *addresses, **options):
        named = [word for each in addresses for word in ("--admin", shown(each))]
        return run("watch", "--once", *named, *options.pop("more", ()), **options)

    def test_it_prints_one_picture_for_scripts(self):
        curfew = self.serve_here(timeout="300ms")
        for _ in range(6):
            get(curfew.http, "/report/a")
        get(curfew.http, "/api/items")
        done = self.look(curfew.admin)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for words in ("ready", "/report", "open ", "/api/items", "ledger storing", "RUNS NOW"):
            self.assertIn(words, done.stdout)
        self.assertNotIn("\x1b", done.stdout)
        self.assertTrue(all(len(line) <= 200 for line in done.stdout.splitlines()))

    def test_what_goes_into_a_pipe_is_not_cut_to_a_terminals_width(self):
        name = "a-route-with-a-name-of-a-hundred-letters-" + "x" * 59
        curfew = self.serve(policy=f'[upstream.main]\nurls = ["{self.upstream.url}"]\n'
                            f'[[route]]\nname = "{name}"\npath = "/"\n')
        get(curfew.http, "/")
        asking = self.ask_in_background(curfew, "/report/a")
        self.assertTrue(wait_for(lambda: self.upstream.hung > 0))
        trace = get(curfew.admin, "/-/requests.json").json()["requests"][0]["trace_id"]
        said = self.look(curfew.admin).stdout
        self.assertEqual(said.count(name), 2, "the route, and the call that runs")
        self.assertIn(trace, said)
        self.upstream.end_hang()
        asking.join(10)

    def test_json_keeps_its_schema_also_where_one_does_not_answer(self):
        curfew = self.serve_here()
        get(curfew.http, "/api/items")
        nobody = ("127.0.0.1", free_port())
        for addresses, code in (([curfew.admin], 0), ([curfew.admin, nobody], 1)):
            done = self.look(*addresses, more=("--json",))
            self.assertEqual(done.returncode, code, done.stderr)
            said = json.loads(done.stdout)
            conforms(said, schema("watch"))
            self.assertEqual([each["answers"] for each in said["processes"]],
                             [True] + [False] * (len(addresses) - 1))

    def test_where_nothing_answers_it_says_so(self):
        port = free_port()
        done = self.look(("127.0.0.1", port))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assert_one_sentence(done.stderr, f"127.0.0.1:{port}", "nothing listens there")

    def test_what_is_no_admin_listener_is_told(self):
        curfew = self.serve_here()
        done = self.look(curfew.http)
        self.assertEqual(done.returncode, 1)
        self.assert_one_sentence(done.stderr, "no admin listener")
        self.assertLess(len(self.upstream.targets), 2)

    def test_the_policy_says_where_and_with_which_token(self):
        port = free_port()
        policy = f'[server]\nadmin = "127.0.0.1:{port}"\nadmin_token = "{TOKEN}"\n'
        self.serve_here("--admin", f"127.0.0.1:{port}", policy=policy)
        self.assertEqual(run("watch", "--once", policy=policy).returncode, 0)
        done = run("watch", "--once", "--admin", f"127.0.0.1:{port}")
        self.assertEqual(done.returncode, 1)
        self.assert_one_sentence(done.stderr, "token")
        self.assertNotIn(TOKEN, run("watch", "--once", "--json", policy=policy).stdout)

    def test_a_stranger_that_floods_or_lies_is_told_and_never_obeyed(self):
        for body, word in ((b"event: state\ndata: {\"version\": \"\\u001b[2J\"}\n\n", None),
                           (b"event: state\ndata: nonsense\n\n", "not understood"),
                           (b"data: \xff\n\n", "no stream of events"),
                           (b"x" * (5 << 20), "no stream of events")):
            with socket.create_server(("127.0.0.1", 0)) as server:
                threading.Thread(target=self.lie, args=(server, body), daemon=True).start()
                done = self.look(server.getsockname())
                self.assertEqual(done.returncode, 1 if word else 0, done.stderr)
                self.assertIn(word or "", done.stderr)
                self.assertNotIn("\x1b", done.stdout + done.stderr)

    @staticmethod
    def lie(server, body: bytes):
        accepted, _ = server.accept()
        with accepted:
            accepted.recv(4096)
            try:
                accepted.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
                accepted.sendall(body)
                accepted.recv(1)
            except OSError:
                pass

    def test_bad_input_is_one_sentence_and_2(self):
        for arguments, word in ((["--admin", "here"], "HOST:PORT"),
                                (["--admin", "127.0.0.1:0"], "HOST:PORT"),
                                (["--admin", "https://127.0.0.1:1"], "plain HTTP"),
                                (["--interval", "soon"], "--interval"),
                                (["--interval", "1ms"], "100ms to 1m"),
                                (["--json"], "--once"),
                                (["now"], "does not take"),
                                ([], "--once")):
            done = run("watch", *arguments)
            self.assertEqual(done.returncode, 2, (arguments, done.stderr))
            self.assert_one_sentence(done.stderr, word)
        done = run("watch", "--once", policy='[server]\nadmin = "127.0.0.1:0"\n')
        self.assertEqual(done.returncode, 2)
        self.assert_one_sentence(done.stderr, "--admin")


if __name__ == "__main__":
    unittest.main()
