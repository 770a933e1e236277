"""Alerts through the real binary: what fires is told once, what ends too, whatever the sinks do."""

import json
import os
import socket
import sqlite3
import tempfile
import threading
import time
import unittest
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from backends import PooledBackend, wait_for
from client import get, request
from harness import Case, run
from test_policy_cli import conforms, schema

ALERTS = """
[request]
timeout = "100ms"
[breaker]
reset = "200ms"
[[alert]]
name = "slow"
when = "timeout_rate > 10% for 1s"
operation = "*"
window = "5s"
min_calls = 3
clear_for = "1s"
severity = "critical"
[[alert]]
name = "crashes"
when = "restarts > 3"
"""


class Hook:
    """Receives webhooks: answers 204, another status, or never."""

    def __init__(self, status: int | None = 204):
        self.status = status
        self.heard: list[dict] = []
        self.tokens: list[str | None] = []
        self.over = threading.Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.heard.append(json.loads(body))
                hook.tokens.append(self.headers.get("Authorization"))
                if hook.status is None:
                    hook.over.wait(60)
                    return
                self.send_response(hook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook/s3cret"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def states(self) -> list[tuple[str, str]]:
        return [(each["alert"], each["state"]) for notice in self.heard
                for each in notice["alerts"]]

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


class Alerts(Case):
    def hook(self, status: int | None = 204) -> Hook:
        made = Hook(status)
        self.addCleanup(made.close)
        return made


class Watched(Alerts):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="curfew-e2e-alerts-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.upstream = self.backend(PooledBackend(hangs="/report"))

    def cause(self, curfew, seen) -> None:
        """Requests that time out, until it is seen."""
        def again() -> bool:
            get(curfew.http, "/report/a")
            return seen()
        self.assertTrue(wait_for(again, 30, 0.05), curfew.output)


class Firing(Watched):
    def serve_with(self, sinks: str):
        self.policy = ALERTS + sinks
        return self.serve("--upstream", self.upstream.url, "--ledger", str(self.folder / "l.db"),
                          policy=self.policy)

    def test_a_webhook_and_a_command_hear_of_it_once_when_it_fires_and_once_when_it_ends(self):
        hook = self.hook()
        log = self.folder / "log"
        curfew = self.serve_with(f"""
[sink.chat]
webhook = "{hook.url}"
token = "t0ken"
[sink.pager]
command = ["/bin/sh", "-c", "cat > /dev/null; echo $CURFEW_ALERT_NAME $CURFEW_ALERT_STATE >> {log}"]
""")
        self.cause(curfew, lambda: hook.heard)
        fired = hook.heard[0]["alerts"][0]
        self.assertEqual((fired["alert"], fired["state"]), ("slow", "firing"))
        self.assertEqual(fired["severity"], "critical")
        self.assertEqual(fired["operation"], "GET /report/a")
        self.assertEqual(hook.tokens[0], "Bearer t0ken")
        health = get(curfew.admin, "/-/health").json()
        self.assertEqual(health["status"], "degraded")
        self.assertEqual(health["alerts"]["slow"]["state"], "firing")
        self.assertIn("alert slow fires", "\n".join(health["problems"]))
        self.assertIn('curfew_alert_firing{alert="slow",severity="critical"} 1',
                      get(curfew.admin, "/-/metrics").body.decode())
        self.assertTrue(wait_for(lambda: len(hook.heard) > 1, 30))
        wanted = [("slow", "firing"), ("slow", "resolved")]
        self.assertEqual(hook.states(), wanted)
        self.assertTrue(wait_for(lambda: log.exists() and log.read_text().count("\n") == 2))
        self.assertEqual(log.read_text(), "slow firing\nslow resolved\n")
        curfew.stop()
        self.assertEqual(hook.states(), wanted)
        said = curfew.stderr
        self.assertIn("alert slow is firing", said)
        self.assertIn("alert slow is resolved", said)
        self.assertNotIn("s3cret", said)
        self.assertNotIn("t0ken", said)
        history = run("report", "--surface", "policy", "--ledger", str(self.folder / "l.db")).stdout
        self.assertRegex(history, r"alert slow is firing: (.*\n)*.*alert slow is resolved: ")

    def costs_no_request_and_is_said_once(self, curfew, failed: int):
        """Until the sink has lost that many notices, and then at the stop."""
        def sink() -> dict:
            return get(curfew.admin, "/-/alerts").json()["sinks"]["chat"]
        for _ in range(20):
            self.assertEqual(get(curfew.http, "/api/items").status, 200)
        self.assertTrue(wait_for(lambda: sink()["failed"] >= failed, 30), sink())
        self.assertIn("alerts do not reach the sink chat",
                      "\n".join(get(curfew.admin, "/-/health").json()["problems"]))
        self.assertEqual(get(curfew.http, "/api/items").status, 200)
        began = time.monotonic()
        self.assertEqual(curfew.stop(), 0)
        self.assertLess(time.monotonic() - began, 9)
        said = [line for line in curfew.lines["stderr"] if "did not reach the sink" in line]
        self.assertEqual(len(said), 1, said)
        self.assertIn("did not reach the sink chat", said[0])

    def test_a_hanging_webhook_costs_no_request_and_is_said_once(self):
        hook = self.hook(None)
        curfew = self.serve_with(
            f'[sink.chat]\nwebhook = "{hook.url}"\ntimeout = "1s"\nretries = 0\n')
        self.cause(curfew, lambda: hook.heard)
        self.costs_no_request_and_is_said_once(curfew, failed=1)

    def test_a_webhook_that_fails_costs_no_request_and_is_said_once(self):
        hook = self.hook(500)
        curfew = self.serve_with(f'[sink.chat]\nwebhook = "{hook.url}"\nretries = 1\n')
        self.cause(curfew, lambda: hook.heard)
        self.costs_no_request_and_is_said_once(curfew, failed=2)
        self.assertEqual(hook.states(), [("slow", "firing")] * 2 + [("slow", "resolved")] * 2)

    def test_a_webhook_that_is_gone_costs_no_request_and_is_said_once(self):
        with socket.socket() as gone:  # bound and not listening: it refuses whoever connects
            gone.bind(("127.0.0.1", 0))
            url = "http://127.0.0.1:%d/hook" % gone.getsockname()[1]
            curfew = self.serve_with(f'[sink.chat]\nwebhook = "{url}"\nretries = 0\n')
            self.cause(curfew, lambda: "did not reach the sink" in curfew.stderr)
            self.costs_no_request_and_is_said_once(curfew, failed=2)
        self.assertIn("efused", curfew.stderr)

    def test_what_is_on_its_way_when_curfew_stops_has_two_seconds_and_is_told_if_lost(self):
        hook = self.hook(None)
        curfew = self.serve_with(f'[sink.chat]\nwebhook = "{hook.url}"\ntimeout = "60s"\n')
        self.cause(curfew, lambda: hook.heard)
        began = time.monotonic()
        self.assertEqual(curfew.stop(), 0)
        self.assertLess(time.monotonic() - began, 6)
        self.assertRegex(curfew.stderr, r"did not reach the sink chat: .* \(1 lost")

    def test_a_silenced_alert_is_watched_and_told_to_nobody(self):
        hook = self.hook()
        curfew = self.serve_with(f'[sink.chat]\nwebhook = "{hook.url}"\n')
        at = "%s:%d" % curfew.admin

        def ask(*words: str):
            return run("alert", *words, "--admin", at, policy=self.policy)
        done = ask("silence", "slow", "--for", "1h")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(get(curfew.admin, "/-/alerts/silence?name=slow&for=1h").status, 405)

        def firing() -> bool:
            return "firing" in ask("list").stdout
        self.cause(curfew, firing)
        listed = json.loads(ask("list", "--json").stdout)
        conforms(listed, schema("alert-list"))
        self.assertTrue(listed["serving"])
        self.assertTrue(listed["alerts"][0]["silenced"])
        self.assertEqual(hook.heard, [])
        self.assertNotIn("alert slow", "".join(get(curfew.admin, "/-/health").json()["problems"]))

    def test_what_an_alert_did_is_in_the_ledger(self):
        hook = self.hook()
        curfew = self.serve_with(f'[sink.chat]\nwebhook = "{hook.url}"\n')
        self.cause(curfew, lambda: hook.heard)
        self.assertTrue(wait_for(lambda: len(hook.heard) > 1, 30), curfew.output)
        for notice in hook.heard:
            conforms(notice, schema("alert"))
        self.assertEqual(curfew.stop(), 0)
        with closing(sqlite3.connect(self.folder / "l.db")) as book:
            names = [name for (name,) in book.execute(
                "SELECT name FROM operation JOIN series ON series = series.id "
                "WHERE surface = 'policy' AND name LIKE 'alert %'")]
        self.assertEqual(names.count("alert sink chat"), 2)
        self.assertGreaterEqual(names.count("alert slow"), 4, "pending, firing, clearing, resolved")

    def test_too_few_calls_are_no_data_and_nobody_is_told(self):
        hook = self.hook()
        curfew = self.serve_with(f'[sink.chat]\nwebhook = "{hook.url}"\n')
        for _ in range(2):
            self.assertEqual(get(curfew.http, "/report/a").status, 504)

        def slow() -> dict:
            return get(curfew.admin, "/-/alerts").json()["alerts"][0]
        self.assertTrue(wait_for(
            lambda: [each["calls"] for each in slow()["operations"]] == [2], 10), slow())
        self.assertEqual(slow()["state"], "no_data")
        self.assertEqual(curfew.stop(), 0)
        self.assertEqual(hook.heard, [])

    def test_without_a_ledger_alerts_hear_everything_all_the_same(self):
        hook = self.hook()
        curfew = self.serve("--upstream", self.upstream.url, "--ledger", "off",
                            policy=ALERTS + f'[sink.chat]\nwebhook = "{hook.url}"\n')
        self.cause(curfew, lambda: hook.heard)
        health = get(curfew.admin, "/-/health").json()
        self.assertEqual(health["ledger"]["state"], "off")
        self.assertEqual(health["alerts"]["slow"]["state"], "firing")
        self.assertTrue(wait_for(lambda: len(hook.heard) > 1, 30))
        self.assertEqual(hook.states(), [("slow", "firing"), ("slow", "resolved")])
        self.assertEqual(curfew.stop(), 0)
        self.assertEqual([path.name for path in curfew.folder.glob("**/*.db*")], [])


class AcrossReload(Watched):
    """What the policy says of alerts changes while they are watched."""

    ledger = ("--ledger", "ledger.db")
    sink = ""

    def serve_watched(self, hook: Hook, text: str):
        self.sink = f'[sink.chat]\nwebhook = "{hook.url}"\n'
        return self.serve("--upstream", self.upstream.url, *self.ledger, policy=text + self.sink)

    def reload(self, curfew, text: str) -> dict:
        new = curfew.folder / "new"
        new.write_text(text + self.sink)
        os.replace(new, curfew.folder / "curfew.toml")
        told = request(curfew.admin, "POST", "/-/reload")
        self.assertEqual(told.status, 200, told.body)
        return told.json()

    def test_an_alert_that_fires_goes_on_under_its_name_and_is_not_told_again(self):
        hook = self.hook()
        curfew = self.serve_watched(hook, ALERTS)
        self.cause(curfew, lambda: hook.heard)
        told = self.reload(curfew, ALERTS.replace('"critical"', '"warning"'))
        self.assertEqual([each["key"] for each in told["changes"]], ["alert.slow.severity"])
        shown = get(curfew.admin, "/-/alerts").json()["alerts"][0]
        self.assertEqual((shown["alert"], shown["severity"]), ("slow", "warning"))
        self.assertIn(shown["state"], ("firing", "clearing"))
        self.assertTrue(wait_for(lambda: len(hook.heard) > 1, 30), curfew.output)
        self.assertEqual(hook.states(), [("slow", "firing"), ("slow", "resolved")])
        self.assertNotIn("the policy changed", json.dumps(hook.heard))

    def test_an_alert_that_a_reload_adds_fires(self):
        hook = self.hook()
        head = ALERTS[:ALERTS.index("[[alert]]")]
        curfew = self.serve_watched(hook, head)
        self.assertEqual(get(curfew.admin, "/-/alerts").json()["alerts"], [])
        get(curfew.http, "/report/a")
        self.reload(curfew, ALERTS)
        self.cause(curfew, lambda: hook.heard)
        self.assertEqual(hook.states()[0], ("slow", "firing"))

    def test_an_alert_that_a_reload_takes_away_ends_and_fires_no_more(self):
        hook = self.hook()
        curfew = self.serve_watched(hook, ALERTS)
        self.cause(curfew, lambda: hook.heard)
        self.reload(curfew, ALERTS[:ALERTS.index("[[alert]]")])
        for _ in range(20):
            get(curfew.http, "/report/a")
        self.assertEqual(get(curfew.admin, "/-/alerts").json()["alerts"], [])
        self.assertLessEqual(len(hook.states()), 2, "no more than its end")
        self.assertNotIn("alert slow", "".join(get(curfew.admin, "/-/health").json()["problems"]))


class AcrossReloadWithoutLedger(AcrossReload):
    ledger = ("--ledger", "off")


if __name__ == "__main__":
    unittest.main()
