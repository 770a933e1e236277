"""The servers of the comparison: a static backend, nginx, haproxy and curfew, one worker each.

All listen on free loopback ports and stop when their `with` block ends. The proxies are pinned to
one processor, the backend and the load to another, where there are two.
"""

import os
import re
import resource
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

FILES = 20_000
PROXY_CPU, LOAD_CPU = (0, 1) if (os.cpu_count() or 1) > 1 else (0, 0)
BODY = "x" * 64
START = 20.0  # seconds; valgrind needs some of them

NGINX = """
worker_processes 1; daemon off; error_log stderr crit; pid {folder}/pid;
worker_rlimit_nofile {files}; {process}
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  {rest}
}}
"""
NGINX_STATIC = 'server {{ listen 127.0.0.1:{port} backlog=4096; return 200 "{body}"; }}'
NGINX_PROXY = """
upstream backend {{ server 127.0.0.1:{backend}; keepalive 256; keepalive_requests 1000000000; }}
server {{ listen 127.0.0.1:{port} backlog=4096;
  location / {{ proxy_pass http://backend; proxy_http_version 1.1;
                proxy_set_header Connection ""; }} }}
"""
HAPROXY = """
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 30s
  http-reuse always
frontend f
  bind 127.0.0.1:{port}
  default_backend b
backend b
  server s 127.0.0.1:{backend} pool-max-conn 256
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Server:
    """A process and what it started."""

    def __init__(self, name: str, line: list[str], port: int, cpu: int, folder: Path,
                 env: dict[str, str] | None = None):
        self.name, self.port = name, port
        clean = {key: value for key, value in os.environ.items() if not key.startswith("CURFEW_")}

        def prepare():
            resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
            os.sched_setaffinity(0, {cpu})
        self.log = open(folder / f"{name}-{port}.log", "w+")
        self.process = subprocess.Popen(line, cwd=folder, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, preexec_fn=prepare,
                                        env={**clean, **(env or {})})
        end = time.monotonic() + START
        while not accepts(port):
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                self.log.seek(0)
                raise RuntimeError(f"{name} did not start: {self.log.read()[-500:]}")
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        # Again and again: nginx looks at its signals, then sleeps; under valgrind one falls between.
        for _ in range(10):
            if self.process.poll() is not None:
                return
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                continue
        self.process.kill()
        self.process.wait(10)

    def metric(self, name: str, label: str = "") -> float:
        """The sum of a metric of curfew, over its labels, or over those that begin so."""
        self.log.seek(0)
        admin = re.search(r"^ready .*admin=(\S+)", self.log.read(), re.MULTILINE)[1]
        page = urllib.request.urlopen(f"http://{admin}/-/metrics", timeout=10).read().decode()
        labels = rf"{{{label}.*}}" if label else r"(?:{.*})?"
        return sum(float(value) for value in
                   re.findall(rf"^{name}{labels} (\S+)$", page, re.MULTILINE))

    def pids(self) -> list[int]:
        """The whole tree, the first process first."""
        found = [self.process.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
        return found

    def cpu_seconds(self) -> float:
        """utime + stime of the tree, as exact as the scheduler keeps it."""
        total = 0
        for pid in self.pids():
            for task in Path(f"/proc/{pid}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def private_bytes(self) -> int:
        total = 0
        for pid in self.pids():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Private_"):
                    total += int(line.split()[1]) * 1024
        return total


class Site:
    """Starts servers in one temporary folder, in front of one backend."""

    def __init__(self, binary: str, folder: Path):
        self.binary, self.folder = binary, folder
        self.backend_port = free_port()
        self.backend = self.nginx("backend", self.backend_port, LOAD_CPU,
                                  NGINX_STATIC.format(port=self.backend_port, body=BODY))

    def nginx(self, name: str, port: int, cpu: int, rest: str, under: tuple[str, ...] = ()):
        folder = self.folder / f"{name}-{port}"
        folder.mkdir()
        file = folder / "nginx.conf"
        process = "master_process off;" if under else ""
        file.write_text(NGINX.format(folder=folder, files=FILES, rest=rest, process=process))
        line = [*under, "nginx", "-e", "stderr", "-p", str(folder), "-c", str(file)]
        return Server(name, line, port, cpu, folder)

    def start(self, name: str, under: tuple[str, ...] = (), binary: str = "",
              env: dict[str, str] | None = None, more: tuple[str, ...] = ()) -> Server:
        """`under`: the program to run it under, such as valgrind; `more`: flags of curfew."""
        port = free_port()
        if name == "nginx":
            proxy = NGINX_PROXY.format(port=port, backend=self.backend_port)
            return self.nginx(name, port, PROXY_CPU, proxy, under)
        if name == "haproxy":
            file = self.folder / f"haproxy-{port}.cfg"
            file.write_text(HAPROXY.format(port=port, backend=self.backend_port))
            line = [*under, "haproxy", "-db", "-f", str(file)]
            return Server(name, line, port, PROXY_CPU, self.folder)
        line = [*under, binary or self.binary, "serve", "--listen", f"127.0.0.1:{port}",
                "--admin", "127.0.0.1:0", "--upstream", f"http://127.0.0.1:{self.backend_port}",
                *more]
        state = {"XDG_STATE_HOME": str(self.folder / f"state-{port}")}
        return Server(name, line, port, PROXY_CPU, self.folder, {**state, **(env or {})})
