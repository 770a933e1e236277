"""A policy is put in force without a restart, a request lost or a connection dropped."""

import os
import signal
import threading
import time
import unittest

from backends import PooledBackend, wait_for
from client import Connection, get, message, request
from harness import Case
from test_policy_cli import conforms, schema


def reload(curfew, query: str = "", **fields):
    return request(curfew.admin, "POST", "/-/reload" + query, **fields)


def policy(url: str, rest: str = "") -> str:
    return f'[upstream.main]\nurls = ["{url}"]\n{rest}'


class Reloaded(Case):
    def setUp(self):
        self.upstream = self.backend(PooledBackend(hangs="/hang", workers=16))
        self.start = policy(self.upstream.url, '[request]\ntimeout = "20s"\n')
        self.curfew = self.serve(policy=self.start)

    def write(self, text: str):
        # As editors and tools do it: whole, or not at all.
        new = self.curfew.folder / "new"
        new.write_text(text)
        os.replace(new, self.curfew.folder / "curfew.toml")

    def timed_out_after(self) -> int:
        return get(self.curfew.http, "/hang").json()["limit_ms"]


class Reload(Reloaded):
    def test_a_changed_file_is_in_force_when_the_answer_comes(self):
        self.write(policy(self.upstream.url, '[request]\ntimeout = "300ms"\n'))
        told = reload(self.curfew)
        self.assertEqual(told.status, 200, told.body)
        conforms(told.json(), schema("reload"))
        (change,) = [each for each in told.json()["changes"] if each["key"] == "request.timeout"]
        self.assertEqual((change["before"], change["after"]), ('"20s"', '"300ms"'))
        self.assertEqual(change["layer"], "file")
        self.assertRegex(change["origin"], r"curfew\.toml:4:11$")
        self.assertEqual(told.json()["generation"], 2)
        self.assertEqual(self.timed_out_after(), 300)

    def hangs_meanwhile(self) -> Connection:
        """A request that the backend has, and that nothing answers yet."""
        waiting = Connection(self.curfew.http)
        self.addCleanup(waiting.close)
        waiting.send(message("GET", "/hang"))
        self.assertTrue(wait_for(lambda: self.upstream.hung == 1, 5))
        return waiting

    def test_what_is_in_flight_under_a_short_limit_is_refused_by_it_after_a_longer_one(self):
        self.write(policy(self.upstream.url, '[request]\ntimeout = "1s"\n'))
        self.assertEqual(reload(self.curfew).status, 200)
        waiting = self.hangs_meanwhile()
        self.write(self.start)
        self.assertEqual(reload(self.curfew).json()["generation"], 3)
        said = self.assert_problem(waiting.response(), 504, "own-timeout")
        self.assertEqual(said["limit_ms"], 1000)

    def test_what_is_in_flight_under_a_long_limit_is_not_cut_by_a_shorter_one(self):
        waiting = self.hangs_meanwhile()
        self.write(policy(self.upstream.url, '[request]\ntimeout = "300ms"\n'))
        self.assertEqual(reload(self.curfew).json()["generation"], 2)
        self.assertEqual(self.timed_out_after(), 300)
        self.upstream.end_hang()
        self.assertEqual(waiting.response().status, 200)

    def test_a_hangup_signal_reloads_and_says_so(self):
        self.write(policy(self.upstream.url, '[request]\ntimeout = "300ms"\n'))
        self.curfew.signal(signal.SIGHUP)
        self.assertTrue(wait_for(lambda: "reloaded generation=2" in self.curfew.stdout, 5),
                        self.curfew.output)
        self.assertEqual(self.timed_out_after(), 300)

    def test_of_many_changes_and_signals_the_last_one_holds(self):
        for i in range(1, 31):
            self.write(policy(self.upstream.url, f'[request]\ntimeout = "{200 + i}ms"\n'))
            self.curfew.signal(signal.SIGHUP)
        self.assertTrue(wait_for(lambda: self.timed_out_after() == 230, 10), self.curfew.output)
        self.assertNotIn("under way", self.curfew.stderr)

    def test_a_dry_run_tells_the_difference_and_changes_nothing(self):
        self.write(policy(self.upstream.url, '[request]\ntimeout = "300ms"\n'))
        told = reload(self.curfew, "?dry_run=true")
        self.assertEqual((told.status, told.json()["result"]), (200, "planned"))
        conforms(told.json(), schema("reload"))
        self.assertIn("request.timeout", [each["key"] for each in told.json()["changes"]])
        said = get(self.curfew.admin, "/-/health").json()["policy"]
        self.assertEqual((said["generation"], said["reloads"], said["refused"]), (1, 0, 0))
        with Connection(self.curfew.http) as waiting:
            waiting.send(message("GET", "/hang"))
            waiting.socket.settimeout(0.8)
            with self.assertRaises(TimeoutError):
                waiting.socket.recv(1)

    def test_a_bad_policy_leaves_the_old_one_and_says_where_it_is_bad(self):
        self.write(self.start + '[http]\nkeep_alife = "1s"\nwrite_idle = 5\n')
        told = reload(self.curfew)
        self.assertEqual((told.status, told.json()["result"]), (422, "invalid"))
        conforms(told.json(), schema("reload"))
        first, second = told.json()["problems"]
        self.assertRegex(first["origin"], r"curfew\.toml:6:1$")
        self.assertIn("keep_alive", first["hint"])
        self.assertRegex(second["origin"], r"curfew\.toml:7:14$")
        self.assertEqual(get(self.curfew.http, "/").status, 200)
        self.refused_once("keep_alife")

    def test_a_vanished_or_unreadable_policy_leaves_the_old_one(self):
        file = self.curfew.folder / "curfew.toml"
        file.unlink()
        self.assertEqual(reload(self.curfew).status, 422)
        self.refused_once("curfew.toml")
        file.mkdir()
        self.assertEqual(reload(self.curfew).status, 422)
        file.rmdir()
        os.mkfifo(file)
        self.assertEqual(reload(self.curfew).status, 422)
        file.unlink()
        file.write_text("")
        told = reload(self.curfew)
        self.assertEqual(told.status, 422)
        self.assertIn("no backend", told.json()["problems"][0]["sentence"])
        self.assertEqual(get(self.curfew.http, "/").status, 200)
        self.write(self.start)
        self.assertEqual(reload(self.curfew).json()["result"], "unchanged")
        self.assertNotIn("why_refused", get(self.curfew.admin, "/-/health").json()["policy"])

    def refused_once(self, word: str):
        health = get(self.curfew.admin, "/-/health").json()
        self.assertEqual((health["policy"]["generation"], health["policy"]["refused"]), (1, 1))
        self.assertIn(word, health["policy"]["why_refused"])
        self.assertEqual(health["status"], "degraded")
        metrics = get(self.curfew.admin, "/-/metrics").body.decode()
        self.assertIn("curfew_policy_last_reload_successful 0", metrics)
        self.assertIn('curfew_policy_reloads_total{result="refused"} 1', metrics)
        self.assertTrue(wait_for(lambda: word in self.curfew.stderr, 5), self.curfew.output)
        self.assertIn("the one in force stays", self.curfew.stderr)

    def test_what_needs_a_restart_is_named_and_the_rest_applies(self):
        self.write(policy(self.upstream.url, '[request]\ntimeout = "300ms"\n[server]\n'
                          'listen = "127.0.0.1:1"\nconnections_max = 77\n'
                          '[ledger]\npath = "/nowhere/x"\n'))
        told = reload(self.curfew).json()
        self.assertEqual({each["key"] for each in told["after_restart"]},
                         {"server.connections_max", "ledger.path"}, "--listen is the louder one")
        self.assertEqual(self.timed_out_after(), 300)
        self.assertTrue(wait_for(lambda: "server.connections_max" in self.curfew.stderr, 5))

    def test_an_open_breaker_stays_open(self):
        self.write(policy(self.upstream.url, '[request]\ntimeout = "200ms"\n'))
        reload(self.curfew)
        for _ in range(6):
            get(self.curfew.http, "/hang")
        self.assertEqual(get(self.curfew.http, "/hang").problem, "breaker-open")
        self.write(policy(self.upstream.url, '[request]\ntimeout = "250ms"\n'))
        self.assertEqual(reload(self.curfew).status, 200)
        self.assertEqual(get(self.curfew.http, "/hang").problem, "breaker-open")

    def test_upstreams_and_routes_come_and_go(self):
        other = self.backend(PooledBackend())
        route = '[[route]]\nname = "{0}"\npath = "{1}"\nupstream = "{2}"\n'
        for paths in ({"/a": "other", "/": "main"}, {"/": "other"}, {"/a": "main", "/": "other"}):
            text = policy(self.upstream.url if "main" in paths.values() else other.url)
            if "main" in paths.values():
                text += f'[upstream.other]\nurls = ["{other.url}"]\n'
            else:
                text = f'[upstream.other]\nurls = ["{other.url}"]\n'
            for path, name in paths.items():
                text += route.format("r" + path[1:], path, name)
            self.write(text)
            told = reload(self.curfew)
            self.assertEqual(told.status, 200, told.body)
            for path, name in paths.items():
                to = other if name == "other" else self.upstream
                before = len(to.targets)
                self.assertEqual(get(self.curfew.http, path).status, 200)
                self.assertEqual(len(to.targets), before + 1, (paths, path))
            shown = get(self.curfew.admin, "/-/health").json()
            self.assertEqual(set(shown["upstreams"]), set(paths.values()))
            self.assertEqual(set(shown["routes"]), {"r" + path[1:] for path in paths})

    def test_the_token_and_the_level_of_the_log_change_too(self):
        self.write(self.start + '[server]\nadmin_token = "s3cret"\n')
        self.assertEqual(reload(self.curfew).status, 200)
        self.assertEqual(reload(self.curfew).status, 401)
        token = {"Authorization": "Bearer s3cret"}
        self.assertEqual(get(self.curfew.admin, "/-/health", token).status, 200)
        self.assertNotIn("policy", self.curfew.stderr)
        self.write(self.start + '[server]\nadmin_token = "s3cret"\nlog_level = "info"\n')
        self.curfew.signal(signal.SIGHUP)
        self.assertTrue(wait_for(lambda: "policy" in self.curfew.stderr, 5), self.curfew.output)
        self.assertNotIn("s3cret", self.curfew.output)

    def test_odd_requests_are_refused_in_one_sentence(self):
        for query in ("?dry_run=1", "?dry_run", "?x=y", "?dry_run=true&dry_run=false"):
            self.assertEqual(reload(self.curfew, query).status, 400, query)
        self.assertEqual(reload(self.curfew, body=b"{}").status, 400)
        self.assertEqual(reload(self.curfew, body=b"").status, 200)


    def test_many_reloads_at_once_are_done_or_told_to_ask_again(self):
        answers: list = []

        def ask():
            answers.append(reload(self.curfew))

        def one_was_refused() -> bool:
            threads = [threading.Thread(target=ask) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
            return any(each.status == 409 for each in answers)
        self.assertTrue(wait_for(one_was_refused, 30), self.curfew.output)
        self.assertEqual({each.status for each in answers}, {200, 409})
        for each in answers:
            conforms(each.json(), schema("reload"))
        busy = next(each.json() for each in answers if each.status == 409)
        self.assertEqual(busy["problems"][0]["sentence"], "a reload is under way")
        self.assertTrue(wait_for(lambda: "a reload is under way" in self.curfew.stderr, 5))
        self.assertNotRegex(self.curfew.stderr, r"(?i)\berror\b")
        said = get(self.curfew.admin, "/-/health").json()["policy"]
        self.assertEqual(said["refused"], 0)

    def access_lines(self, name: str) -> list[str]:
        file = self.curfew.folder / name
        return file.read_text().splitlines() if file.exists() else []

    def write_access_log(self, name: str):
        self.write(self.start + f'[access_log]\ndestination = "{self.curfew.folder / name}"\n')

    def test_the_access_log_is_turned_on_moved_and_turned_off(self):
        get(self.curfew.http, "/before")
        self.write_access_log("a.log")
        told = reload(self.curfew).json()
        self.assertEqual([each["key"] for each in told["changes"]], ["access_log.destination"])
        self.assertEqual(told["after_restart"], [])
        get(self.curfew.http, "/one")
        self.assertTrue(wait_for(lambda: len(self.access_lines("a.log")) == 1, 5))
        self.write_access_log("b.log")
        self.assertEqual(reload(self.curfew).status, 200)
        get(self.curfew.http, "/two")
        self.assertTrue(wait_for(lambda: len(self.access_lines("b.log")) == 1, 5))
        self.assertIn("curfew_access_log_lines_total 2",
                      get(self.curfew.admin, "/-/metrics").body.decode())
        self.write(self.start)
        self.assertEqual(reload(self.curfew).status, 200)
        get(self.curfew.http, "/three")
        self.assertNotIn("curfew_access_log", get(self.curfew.admin, "/-/metrics").body.decode())
        self.assertEqual(self.curfew.stop(), 0)
        self.assertNotIn("ost", self.curfew.stderr, "no line was lost")

    def test_an_access_log_that_cannot_be_written_leaves_the_old_policy(self):
        self.write_access_log("a.log")
        self.assertEqual(reload(self.curfew).status, 200)
        self.write(self.start.replace("20s", "300ms") +
                   f'[access_log]\ndestination = "{self.curfew.folder}/missing/b.log"\n')
        told = reload(self.curfew)
        self.assertEqual((told.status, told.json()["result"]), (422, "invalid"))
        (problem,) = told.json()["problems"]
        self.assertRegex(problem["origin"], r"curfew\.toml:6:15$")
        self.assertIn("missing/b.log: No such file or directory", problem["sentence"])
        self.assertEqual(get(self.curfew.admin, "/-/health").json()["policy"]["generation"], 2)
        get(self.curfew.http, "/one")
        self.assertTrue(wait_for(lambda: len(self.access_lines("a.log")) == 1, 5))


class ReloadTwoWorkers(Reload):
    extra = ("--workers", "2")


class UnderLoad(Case):
    """Requests, uploads and streams all the time, on two workers, while the policy changes."""

    def setUp(self):
        self.upstream = self.backend(PooledBackend(workers=64))
        self.other = self.backend(PooledBackend(workers=64))
        self.curfew = self.serve("--workers", "2", policy=self.text(0))
        self.over = threading.Event()
        self.failed: list[str] = []
        self.done = 0
        self.lock = threading.Lock()

    def text(self, number: int) -> str:
        upstream = self.other if number % 3 == 2 else self.upstream
        text = policy(upstream.url, f'[request]\ntimeout = "{20 + number}s"\n'
                      '[limiter]\ninitial = 200\n[gateway]\nqueue = 500\n')
        if number % 2:
            text += f'[[route]]\nname = "r{number % 4}"\npath = "/"\n'
        return text

    def note(self, answer, what: str):
        with self.lock:
            self.done += 1
            if answer.status != 200:
                self.failed.append(f"{what}: {answer.status} {answer.body[:300]}")

    def run_on(self, what):
        def work():
            try:
                what()
            except Exception as broken:  # noqa: BLE001 - whatever it is, the test must hear of it
                with self.lock:
                    self.failed.append(f"{what.__name__}: {broken!r}")
        thread = threading.Thread(target=work)
        thread.start()
        return thread

    def keep_alive(self):
        with Connection(self.curfew.http, patience=60) as connection:
            while not self.over.is_set():
                self.note(connection.request("GET", "/slow/20"), "kept alive")

    def fresh(self):
        while not self.over.is_set():
            self.note(get(self.curfew.http, "/x"), "fresh")

    def uploads(self):
        while not self.over.is_set():
            with Connection(self.curfew.http, patience=60) as connection:
                connection.send(message("POST", "/up", {"Content-Length": "200000"}))
                for _ in range(20):
                    connection.send(b"x" * 10_000)
                    time.sleep(0.02)
                self.note(connection.response("POST"), "upload")

    def streams(self):
        while not self.over.is_set():
            with Connection(self.curfew.http, patience=60) as connection:
                connection.send(message("GET", "/drip/20/50"))
                self.note(connection.response(), "stream")

    def test_no_request_fails(self):
        work = [self.keep_alive] * 6 + [self.fresh] * 3 + [self.uploads] * 2 + [self.streams] * 2
        threads = [self.run_on(each) for each in work]
        generations = 0
        end = time.monotonic() + 6
        while time.monotonic() < end:
            generations += 1
            new = self.curfew.folder / "new"
            new.write_text(self.text(generations))
            os.replace(new, self.curfew.folder / "curfew.toml")
            if generations % 2:
                told = reload(self.curfew)
                self.assertEqual(told.status, 200, told.body)
            else:
                self.curfew.signal(signal.SIGHUP)
            time.sleep(0.05)
        self.over.set()
        for thread in threads:
            thread.join(30)
        self.assertEqual(self.failed, [])
        self.assertGreater(self.done, 300)
        self.assertGreater(generations, 30)
        self.assertEqual(get(self.curfew.admin, "/-/health").json()["policy"]["earlier_in_use"], 0)


if __name__ == "__main__":
    unittest.main()
