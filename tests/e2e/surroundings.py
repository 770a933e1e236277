"""What a service stands on, for real: redis, NATS, TLS, a network that swallows, a disk that is
small; and a case that looks at it with `curfew preflight`."""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from backends import ProcessBackend, Server
from harness import BINARY, environment
from test_policy_cli import Folder, conforms, schema

SECRET = "hush-7f3a91"
SPARE = 3.0  # seconds that a busy machine may add to a budget; a command's end has 2 s by itself

# A network of its own in which 10.99.0.2 and its neighbours swallow what is sent to them.
BLACK_HOLE = ["unshare", "-rn", "sh", "-c", """
ip link set lo up && { ip link add hole type dummy || ip link add hole type ifb; } 2>/dev/null &&
ip address add 10.99.0.1/24 dev hole && ip link set hole arp off up && exec "$@"
""", "sh"]


def one(kind: str, *lines: str, target: str = "", name: str = "it") -> str:
    where = [f'target = "{target}"'] if target else []
    return "\n".join([f"[check.{name}]", f'type = "{kind}"', *where, *lines, ""])


def works(wrap: list[str]) -> bool:
    try:
        return subprocess.run([*wrap, "true"], capture_output=True).returncode == 0
    except OSError:
        return False


def mounted(folder: str, size: str = "1m", options: str = "", then: str = "") -> list[str]:
    """Runs in a mount namespace with a small file system at `folder`."""
    return ["unshare", "-rm" if os.geteuid() else "-m", "sh", "-c",
            f"mount -t tmpfs -o size={size}{options} tmpfs '{folder}' && {then or 'true'} && "
            'exec "$@"', "sh"]


def marked(word: str) -> list[int]:
    """The processes that carry a word in their environment, whoever their parents are."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if word.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            pass  # gone meanwhile, or none of ours
    return found


class Babbler(Server):
    """Says what it is given at once, as often as told, and stays without an answer."""

    def __init__(self, words: bytes, times: int = 1):
        self.words, self.times = words, times
        super().__init__()

    def serve(self, accepted):
        for _ in range(self.times):
            accepted.sendall(self.words)
        while accepted.recv(4096):
            pass


class Redis(ProcessBackend):
    def __init__(self, *words: str):
        self.words = words
        super().__init__()

    def command(self) -> list[str]:
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                "--appendonly", "no", *self.words]


class Nats(Redis):
    def command(self) -> list[str]:
        return [shutil.which("nats-server") or "/usr/sbin/nats-server", "-a", "127.0.0.1", "-p",
                str(self.port), *self.words]


class Authority:
    """Signs certificates. All it makes is in `folder`."""

    def __init__(self, folder: Path):
        self.folder, self.file = folder, folder / "ca.pem"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "30",
                     "-subj", "/CN=authority of a test")

    def openssl(self, *words: str):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def certify(self, name: str, days: int, alternative: str) -> tuple[Path, Path]:
        (self.folder / f"{name}.ext").write_text(f"subjectAltName={alternative}\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                     "-CAcreateserial", "-days", str(days), "-extfile", f"{name}.ext",
                     "-out", f"{name}.pem")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"


class TlsServer(ProcessBackend):
    """`openssl s_server`: answers a GET over TLS with a page of its own."""

    def __init__(self, certificate: tuple[Path, Path], *words: str):
        self.certificate, self.words = certificate, words
        super().__init__()

    def command(self) -> list[str]:
        return ["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-quiet",
                "-cert", str(self.certificate[0]), "-key", str(self.certificate[1]), "-www",
                *self.words]


class RedisOverTls(Redis):
    def __init__(self, certificate: tuple[Path, Path], authority: Path, *words: str):
        self.trust = ["--tls-cert-file", str(certificate[0]), "--tls-key-file",
                      str(certificate[1]), "--tls-ca-cert-file", str(authority),
                      "--tls-auth-clients", "no"]
        super().__init__(*words)

    def command(self) -> list[str]:
        return [*super().command(), "--port", "0", "--tls-port", str(self.port), *self.trust]


class Looking(Folder):
    """Asks `curfew preflight`, and holds it to what is true of every look: its answer is as the
    schema says, the exit code is the decision's, the budget was kept, and no password is told."""

    def look(self, checks: str, env: str = "staging", budget: float = 2, wrap=(), words=(),
             startup: str = "", **variables: str) -> dict:
        self.write(f'[startup]\nbudget = "{round(budget * 1000)}ms"\n{startup}\n{checks}')
        began = time.monotonic()
        done = self.preflight("--env", env, "--json", *words, wrap=wrap, seconds=budget + 20,
                              **variables)
        took = time.monotonic() - began
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertLess(took, budget + SPARE, done.stdout)
        self.assertNotIn(SECRET, done.stdout + done.stderr)
        answer = json.loads(done.stdout)
        conforms(answer, schema("preflight"))
        self.assertEqual(done.returncode, 1 if answer["decision"] == "block" else 0)
        self.assertEqual(answer["environment"], env)
        self.assertEqual([each["name"] for each in answer["checks"] if not each["passed"]],
                         [each["check"] for each in answer["failures"]])
        self.stderr = done.stderr
        return answer

    def preflight(self, *words: str, wrap=(), seconds: float = 30, **variables: str):
        return subprocess.run(
            self.line(*words, wrap=wrap), cwd=self.folder, env=self.variables(**variables),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)

    def line(self, *words: str, wrap=()) -> list[str]:
        return [*wrap, BINARY, "preflight", *words]

    def variables(self, **more: str) -> dict[str, str]:
        return {**environment(self.folder), **more}

    def healthy(self, checks: str, **how):
        answer = self.look(checks, **how)
        self.assertEqual((answer["decision"], answer["failures"]), ("start", []))
        return answer

    def fails(self, kind: str, found: str, checks: str, **how) -> dict:
        """It fails once, with that kind and a sentence that the pattern finds."""
        answer = self.look(checks, **how)
        self.assertEqual([each["kind"] for each in answer["failures"]], [kind], answer)
        self.assertRegex(answer["failures"][0]["found"], found)
        self.assertLess(len(answer["failures"][0]["found"]), 500)
        self.assertIsNone(re.search(r"[\x00-\x1f\x7f]", answer["failures"][0]["found"]))
        return answer
