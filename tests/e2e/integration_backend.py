"""A backend with the Python adapter: integration_backend.py wsgi|asgi PORT DSN HUNG_URL

GET /left tells the time left in seconds. /query sleeps in the database for a minute under the
adapter, /careless without it; /call waits for a service that hangs. Of ASGI, /wait and /await sleep
too, in a task and by an awaited statement. /last tells how the last of these ended.
"""

import asyncio
import sys
import urllib.request
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "integrations/python"))

import psycopg2  # noqa: E402

import curfew_asgi  # noqa: E402
import curfew_deadline  # noqa: E402
import curfew_wsgi  # noqa: E402

kind, port, dsn, hung = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
last = ["nothing ended yet"]


def sleep_in_database(careful: bool):
    on = psycopg2.connect(dsn)
    try:
        with on.cursor() as cursor:
            if careful:
                curfew_deadline.limit_statements(cursor)
            cursor.execute("SELECT pg_sleep(60)")
    finally:
        on.close()


def work(path: str) -> str:
    if path == "/left":
        return str(curfew_deadline.left())
    if path == "/last":
        return last[0]
    try:
        if path == "/call":
            onward = urllib.request.Request(hung, headers=curfew_deadline.headers())
            urllib.request.urlopen(onward, timeout=curfew_deadline.left(10))
        else:
            sleep_in_database(careful=path == "/query")
        last[0] = f"{path} ended well"
    except Exception as ended:
        last[0] = f"{path} {type(ended).__name__}"
        raise
    return "done"


def wsgi_app(environ, start_response):
    body = work(environ["PATH_INFO"]).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


async def wait(path: str):
    if path == "/wait":
        return await asyncio.sleep(60)
    async with await psycopg.AsyncConnection.connect(dsn) as on, on.cursor() as cursor:
        await curfew_asgi.limit_statements(cursor)
        await cursor.execute("SELECT pg_sleep(60)")


async def asgi_app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] in ("/wait", "/await"):
        try:
            await wait(scope["path"])
        except BaseException as ended:
            last[0] = f"{scope['path']} {type(ended).__name__}"
            raise
    body = work(scope["path"]).encode()
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


class Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


if kind == "wsgi":
    make_server("127.0.0.1", port, curfew_wsgi.limited(wsgi_app), Threaded, Quiet).serve_forever()
else:
    import psycopg
    import uvicorn

    uvicorn.run(curfew_asgi.limited(asgi_app), host="127.0.0.1", port=port, lifespan="off",
                log_level="critical")
