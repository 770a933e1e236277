"""The backend that `curfew serve -- CMD` starts in the tests.

usage: supervised_backend.py PORT [--child FILE] [--say TEXT] [--start-after SECONDS]
                             [--drain SECONDS] [--one-thread] [--no-head] [--poisoned]

GET /pid answers its process id, /crash ends the process at once with code 3 (/crash/0 does not),
/hang makes every later request (liveness probes too) wait for ever, /sick makes /live answer 500
from then on, /slow/MS answers after MS ms, /events begins a stream of events and /poll says nothing
for 3 s, both until the caller leaves, /receive/PORT waits for a word from PORT of this machine, the
rest `ok`.
SIGHUP, SIGUSR1 and SIGUSR2 make it print `got SIGHUP` and so on.
With --drain it takes so long to end after SIGTERM, but a second one ends it at once.
With --one-thread it does one thing at a time, with --no-head it never answers a HEAD, with
--poisoned every GET ends it. With --child it starts a grandchild that ignores SIGTERM and writes
its process id to FILE.
"""

import argparse
import http.server
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time

STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1] + ".new", "w").write(str(os.getpid()))
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(120)
"""
hanging = threading.Event()
sick = threading.Event()
options = argparse.Namespace(no_head=False, poisoned=False)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if hanging.is_set():
            threading.Event().wait(120)
        kind, _, rest = self.path.lstrip("/").partition("/")
        if (kind == "crash" and rest != "0") or options.poisoned:
            os._exit(3)
        if kind == "hang":
            hanging.set()
        if kind == "sick":
            sick.set()
        if kind == "receive":
            receive_from_silence(int(rest.split("?")[0]))
        if kind == "slow":
            time.sleep(int(rest) / 1000)
        if kind == "events":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self.wfile.write(b"data: 1\n\n")
        if kind in ("events", "poll"):
            self.close_connection = self.has_left(120 if kind == "events" else 3)
            if self.close_connection:
                return
        body = str(os.getpid()).encode() if kind == "pid" else b"ok"
        self.send_response(500 if kind == "live" and sick.is_set() else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def has_left(self, seconds: float) -> bool:
        return bool(select.select([self.connection], [], [], seconds)[0])

    def do_HEAD(self):
        if options.no_head:
            threading.Event().wait(120)
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, *_):
        pass


def receive_from_silence(port: int):
    with socket.create_connection(("127.0.0.1", port)) as silence:
        silence.recv(1)


def drain(seconds: float):
    """As Node's process.once does it: the next SIGTERM ends it at once."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def finish():
        time.sleep(seconds)
        os.write(1, b"saved everything\n")
        os._exit(0)

    threading.Thread(target=finish).start()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--child")
    parser.add_argument("--say")
    parser.add_argument("--start-after", type=float, default=0)
    parser.add_argument("--drain", type=float)
    for flag in ("--one-thread", "--no-head", "--poisoned"):
        parser.add_argument(flag, action="store_true")
    given = parser.parse_args(namespace=options)
    if given.drain:
        signal.signal(signal.SIGTERM, lambda *_: drain(given.drain))
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, lambda got, _: print("got", signal.Signals(got).name, flush=True))
    if given.say:
        os.write(1, os.fsencode(given.say) + b"\n")
    if given.child:
        subprocess.Popen([sys.executable, "-c", STUBBORN, given.child])
    time.sleep(given.start_after)
    kind = http.server.HTTPServer if given.one_thread else http.server.ThreadingHTTPServer
    kind(("127.0.0.1", given.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
