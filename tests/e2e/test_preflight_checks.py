"""`curfew preflight` before real services: what each check finds, what kind that is, and what it
decides."""

import json
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from backends import (NginxBackend, PooledBackend, PythonBackend, RawBackend, free_port,
                      wait_for)
from surroundings import (SECRET, Authority, Babbler, Looking, Nats, Redis, RedisOverTls, TlsServer,
                          one, works)


class Ports(Looking):
    def test_a_port_that_takes_connections_passes(self):
        there = self.backend(Babbler(b""))
        answer = self.healthy(one("tcp", target="127.0.0.1:%d" % there.address[1]))
        self.assertEqual(answer["checks"][0]["where"], "127.0.0.1:%d" % there.address[1])
        self.healthy(one("tcp", target="localhost:%d" % there.address[1]))

    def test_a_port_where_nobody_listens_is_of_the_kind_network_and_blocks(self):
        for kind in ("tcp", "tls", "redis", "nats"):
            answer = self.fails("network", "nobody listens at 127.0.0.1:",
                                one(kind, target=f"127.0.0.1:{free_port()}"), budget=1)
            self.assertEqual(answer["decision"], "block")
            self.assertGreater(answer["checks"][0]["attempts"], 1)

    def test_a_name_that_is_nobodys_is_of_the_kind_config(self):
        self.fails("config", "no host of the name nowhere.invalid",
                   one("tcp", target="nowhere.invalid:80"))

    @unittest.skipUnless(works(["unshare", "-rn"]), "no network namespaces here")
    def test_a_name_that_nobody_can_be_asked_for_is_the_networks_and_tried_again(self):
        for check in (one("redis", target="db.example.internal:6379"),
                      one("postgres", target="postgresql://x@db.example.internal/x")):
            answer = self.fails("network", "cannot be looked up", check, budget=2,
                                wrap=["unshare", "-rn"])
            self.assertGreater(answer["checks"][0]["attempts"], 1)
            self.fails("vpc_connector", "cannot be looked up", check, budget=2,
                       wrap=["unshare", "-rn"], words=("--pressure", "vpc_connector_scaling"))

    def test_what_a_command_or_a_page_prints_is_no_infrastructure(self):
        words = "sh", "-c", "echo Disk quota exceeded >&2; exit 1"
        check = one("command", f"command = {json.dumps(words)}")
        self.assertEqual(self.fails("unknown", "quota exceeded", check)["decision"], "block")

    def test_who_babbles_is_told_in_a_clean_and_bounded_sentence(self):
        for words, times in ((b"\x1b[31m\x00\r\n", 1), (b"\xff\xfe" * 9000, 400), (b"\r\n", 1),
                             (b"x" * 65536, 400), (b"-ERR \x1b]0;title\x07\r\n", 1),
                             (b"HTTP/1.1 999999999999\r\n\r\n", 1), (b"INFO {\r\n-ERR 'x\r\n", 1)):
            there = self.backend(Babbler(words, times))
            for kind, scheme in (("redis", ""), ("nats", ""), ("http", "http://"), ("tls", ""),
                                 ("postgres", "postgresql://shop@")):
                with self.subTest(kind=kind, words=words[:20]):
                    answer = self.look(one(kind, 'timeout = "300ms"',
                                           target=f"{scheme}127.0.0.1:{there.address[1]}"),
                                       budget=1, env="production")
                    self.assertEqual(answer["decision"], "block")
                    self.assertLess(len(answer["failures"][0]["found"]), 500)
                    self.assertNotRegex(answer["failures"][0]["found"], r"[\x00-\x1f\x7f]")

    def test_who_speaks_drop_by_drop_is_ended_by_the_limit_of_the_whole_attempt(self):
        def drip(connection, _):
            for _ in range(100):
                connection.socket.sendall(b"H")
                time.sleep(0.05)
        there = self.backend(RawBackend(drip))
        answer = self.fails("network", "in time", one(
            "http", 'timeout = "500ms"', target=there.url), budget=1)
        self.assertLess(answer["took_s"], 1.5)


class Redises(Looking):
    def test_one_without_a_password_passes(self):
        there = self.backend(Redis())
        self.healthy(one("redis", target=f"redis://127.0.0.1:{there.port}/3"))

    def test_a_password_is_needed_is_right_or_is_wrong(self):
        there = self.backend(Redis("--requirepass", SECRET, "--user", "shop", "on", f">{SECRET}",
                                   "+@all"))
        for login, kind, found in (("", "auth", "NOAUTH"), (f":{SECRET}x@", "auth", "WRONGPASS"),
                                   (f"shop:{SECRET}x@", "auth", "WRONGPASS"),
                                   (f":{SECRET}@", None, ""), (f"shop:{SECRET}@", None, "")):
            check = one("redis", target=f"redis://{login}127.0.0.1:{there.port}")
            with self.subTest(kind=kind, found=found):
                if kind is None:
                    self.healthy(check)
                else:
                    answer = self.fails(kind, found, check, budget=10)
                    self.assertEqual((answer["decision"], answer["checks"][0]["attempts"]),
                                     ("block", 1))

    def test_one_that_is_full_is_of_the_kind_cloud_sql_capacity(self):
        there = self.backend(Redis("--maxclients", "1"))
        self.assertTrue(wait_for(lambda: self.takes_the_place(there.port)))
        self.fails("cloud_sql_capacity", "max number of clients",
                   one("redis", target=f"127.0.0.1:{there.port}"), budget=8)

    def takes_the_place(self, port: int) -> bool:
        held = socket.create_connection(("127.0.0.1", port))
        self.addCleanup(held.close)
        held.sendall(b"PING\r\n")
        return held.recv(100).startswith(b"+PONG")

    def test_one_that_stands_still_is_of_the_kind_network(self):
        there = self.backend(Redis())
        there.process.send_signal(signal.SIGSTOP)
        self.addCleanup(there.process.send_signal, signal.SIGCONT)
        self.fails("network", f"no answer from 127.0.0.1:{there.port} in time",
                   one("redis", 'timeout = "400ms"', target=f"127.0.0.1:{there.port}"), budget=1)


class Natses(Looking):
    def test_one_without_a_password_passes(self):
        self.healthy(one("nats", target=f"127.0.0.1:{self.backend(Nats()).port}"))

    def test_a_user_or_token_is_needed_is_right_or_is_wrong(self):
        logged_in = self.backend(Nats("--user", "shop", "--pass", SECRET))
        by_token = self.backend(Nats("--auth", SECRET))
        for login, port, good in (("", logged_in.port, False), ("", by_token.port, False),
                                  (f"shop:{SECRET}x@", logged_in.port, False),
                                  (f"{SECRET}x@", by_token.port, False),
                                  (f"shop:{SECRET}@", logged_in.port, True),
                                  (f"{SECRET}@", by_token.port, True)):
            check = one("nats", target=f"nats://{login}127.0.0.1:{port}")
            if good:
                self.healthy(check)
            else:
                answer = self.fails("auth", "(?i)authorization violation", check, budget=10)
                self.assertEqual((answer["decision"], answer["checks"][0]["attempts"]),
                                 ("block", 1))


class Pages(Looking):
    def test_a_page_passes_and_one_that_is_not_there_is_of_the_kind_config(self):
        for server in (NginxBackend, PythonBackend):
            there = self.backend(server())
            self.healthy(one("http", target=f"{there.url}/file.bin"))
            self.healthy(one("http", "status = 404", target=f"{there.url}/none"))
            answer = self.fails("config", "answered 404",
                                one("http", target=f"{there.url}/none?token={SECRET}"))
            self.assertEqual(answer["decision"], "block")
            self.fails("unknown", "answered 200", one(
                "http", "status = 204", target=f"{there.url}/file.bin"), budget=1)

    def test_what_a_status_means(self):
        there = self.backend(PooledBackend())
        for status, kind in ((204, None), (302, None), (401, "auth"), (403, "auth"),
                             (404, "config"), (502, "network"), (503, "network"),
                             (504, "network"), (500, "unknown"), (418, "unknown")):
            check = one("http", target=f"{there.url}/status/{status}")
            with self.subTest(status=status):
                if kind is None:
                    self.healthy(check)
                else:
                    self.fails(kind, f"answered {status}", check, budget=1)

    def test_one_that_comes_up_within_the_budget_is_waited_for(self):
        there = self.backend(PooledBackend(hangs="/"))
        self.write('[startup]\nbudget = "20s"\n' + one("http", 'timeout = "300ms"',
                                                     target=there.url))
        with subprocess.Popen(self.line("--json", "--env", "production"), cwd=self.folder,
                              env=self.variables(), stdout=subprocess.PIPE, text=True) as looking:
            self.assertTrue(wait_for(lambda: there.connections > 1))
            there.end_hang()
            looking.communicate(timeout=25)
        self.assertEqual(looking.returncode, 0)

    def test_it_asks_once_an_attempt_and_says_who_it_is(self):
        there = self.backend(PooledBackend())
        self.healthy(one("http", target=there.url))
        got = there.next()
        self.assertEqual((got.method, got.target, got.header("User-Agent")), ("GET", "/", "curfew"))
        self.assertEqual((got.header("Host"), got.header("Connection"), there.connections),
                         ("127.0.0.1:%d" % there.address[1], "close", 1))


class Certificates(Looking):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="curfew-e2e-")
        cls.addClassCleanup(folder.cleanup)
        cls.authority = Authority(Path(folder.name))
        cls.right = cls.server("right", 10, "DNS:localhost,IP:127.0.0.1")
        cls.wrong = cls.server("wrong", 10, "DNS:other.test")

    @classmethod
    def server(cls, name: str, days: int, alternative: str) -> TlsServer:
        made = TlsServer(cls.authority.certify(name, days, alternative))
        cls.addClassCleanup(made.stop)
        return made

    def check(self, port: int, *lines: str, ca: str | None = None, host: str = "localhost"):
        """Over tls, and over https."""
        ca = str(self.authority.file) if ca is None else ca
        lines = (*lines, f'ca_file = "{ca}"') if ca else lines
        yield one("tls", *lines, target=f"{host}:{port}")
        yield one("https".removesuffix("s"), *lines, target=f"https://{host}:{port}/")

    def test_one_that_is_trusted_and_has_the_name_passes(self):
        for host in ("localhost", "127.0.0.1"):
            for check in self.check(self.right.port, 'valid_for = "216h"', host=host):
                for _ in range(5):
                    answer = self.healthy(check)
                    self.assertEqual(answer["checks"][0]["attempts"], 1, "at once")

    def test_a_redis_over_tls_is_logged_in_to_if_it_is_trusted(self):
        pair = self.authority.certify("redis", 10, "DNS:localhost")
        there = self.backend(RedisOverTls(pair, self.authority.file, "--requirepass", SECRET))
        target = f"rediss://:{SECRET}@localhost:{there.port}/2"
        trust = f'ca_file = "{self.authority.file}"'
        self.healthy(one("redis", trust, 'valid_for = "24h"', target=target))
        self.fails("config", "no certificate that holds", one("redis", target=target))
        self.fails("config", "ends in (9|10) days",
                   one("redis", trust, 'valid_for = "2400h"', target=target))
        plain = target.replace("rediss", "redis")
        self.fails("network", "closed the connection|cannot speak", one("redis", target=plain))

    def test_a_nats_that_asks_for_tls_gets_it(self):
        certificate, key = self.authority.certify("nats", 10, "DNS:localhost")
        there = self.backend(Nats("--tls", "--tlscert", str(certificate), "--tlskey", str(key)))
        trust = f'ca_file = "{self.authority.file}"'
        for scheme in ("nats", "tls"):
            target = f"{scheme}://localhost:{there.port}"
            self.healthy(one("nats", trust, target=target))
            self.fails("config", "no certificate that holds", one("nats", target=target))

    def test_a_nats_without_tls_is_told_as_that(self):
        there = self.backend(Nats())
        self.fails("config", "does not speak TLS",
                   one("nats", target=f"tls://localhost:{there.port}"))

    def test_one_that_nobody_trusts_is_of_the_kind_config_at_once(self):
        for check in self.check(self.right.port, ca=""):
            answer = self.fails("config", "no certificate that holds: .*issuer|self.signed", check,
                                budget=10)
            self.assertEqual((answer["decision"], answer["checks"][0]["attempts"]), ("block", 1))

    def test_one_of_another_name_is_of_the_kind_config(self):
        for host, why in (("localhost", "(?i)hostname mismatch"), ("127.0.0.1", "IP address")):
            for check in self.check(self.wrong.port, host=host):
                self.fails("config", why, check)

    def test_one_that_ends_soon_is_of_the_kind_config(self):
        for check in self.check(self.right.port, 'valid_for = "720h"'):
            self.fails("config", r"the certificate of localhost:\d+ ends in (9|10) days", check)

    def test_trust_that_cannot_be_read_is_told_as_that(self):
        garbage = self.folder / "garbage.pem"
        garbage.write_text("-----BEGIN CERTIFICATE-----\nhush\n")
        for file in ("/nowhere/ca.pem", str(garbage), "/tmp", "/dev/null"):
            for check in self.check(self.right.port, ca=file):
                self.fails("config", f"cannot read certificates from {file}", check)

    def test_one_that_speaks_no_tls_is_told_as_that_and_not_as_a_bad_certificate(self):
        there = self.backend(Babbler(b"220 mail.test ESMTP\r\n"))
        for check in self.check(there.address[1], 'timeout = "500ms"'):
            answer = self.look(check, budget=1)
            self.assertEqual(answer["decision"], "block")
            self.assertNotIn("certificate", answer["failures"][0]["found"])

    def test_one_that_never_shakes_hands_is_of_the_kind_network(self):
        there = self.backend(Babbler(b""))
        for check in self.check(there.address[1], 'timeout = "400ms"'):
            self.fails("network", "in time", check, budget=1)


if __name__ == "__main__":
    unittest.main()
