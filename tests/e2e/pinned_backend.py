"""A keep-alive server that gives each connection one of a few workers for as long as it is open.

    python3 pinned_backend.py PORT WORKERS
"""

import queue
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        time.sleep(0.02)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_HEAD = do_GET


class Server(HTTPServer):
    request_queue_size = 128

    def __init__(self, port: int, workers: int):
        super().__init__(("127.0.0.1", port), Handler)
        self.waiting: queue.Queue = queue.Queue()
        for _ in range(workers):
            threading.Thread(target=self.work, daemon=True).start()

    def process_request(self, request, client_address):
        self.waiting.put((request, client_address))

    def work(self):
        while True:
            request, client_address = self.waiting.get()
            try:
                self.finish_request(request, client_address)
            except OSError:
                pass
            finally:
                self.shutdown_request(request)


if __name__ == "__main__":
    Server(int(sys.argv[1]), int(sys.argv[2])).serve_forever()
