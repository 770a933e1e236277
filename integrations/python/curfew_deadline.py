"""Turns X-Curfew-Timeout-Ms into the timeouts of what a request does. Python 3.8 (ASGI: 3.11).

    app = curfew_deadline.wsgi(app)                      # Flask, Django, any WSGI server
    app = curfew_deadline.asgi(app)                      # FastAPI, Starlette, any ASGI server

    requests.get(url, timeout=curfew_deadline.left(10), headers=curfew_deadline.headers())
    curfew_deadline.limit_statements(cursor)             # PostgreSQL, psycopg2 and psycopg 3

The deadline ends the wait for the response's first byte, as Curfew's does: what streams afterwards
is under none. One file, no dependency. See the README.md beside it.
"""

import asyncio
import contextvars
import itertools
import json
import math
import re
import sys
import time

FIELD = "X-Curfew-Timeout-Ms"
current = contextvars.ContextVar("curfew_deadline", default=[None])  # see begin()


class DeadlineExceeded(TimeoutError):
    """There is no time left: the caller has given up."""


def left(at_most=None):
    """Seconds left, and never more than `at_most`; None where nothing limits. It is never zero or
    less, which many clients take for "no limit": then DeadlineExceeded is raised."""
    at = current.get()[0]
    if at is None:
        return at_most
    if (seconds := at - time.monotonic()) <= 0:
        raise DeadlineExceeded("the time of this request is over")
    return seconds if at_most is None else min(seconds, at_most)


def headers():
    """For a call to the next service: milliseconds left, rounded down, at least 1."""
    seconds = left()
    return {} if seconds is None else {FIELD: str(max(1, int(seconds * 1000)))}


def limit_statements(cursor, at_most=None):
    """Ends this transaction's statements when the time does: PostgreSQL counts each statement from
    its own start, so call it before each one that may take long. Does nothing in autocommit."""
    if (seconds := left(at_most)) is not None:
        most = max(1, math.ceil(seconds * 1000))
        return cursor.execute(f"SET LOCAL statement_timeout = {most}")


async def limit_statements_async(cursor, at_most=None):
    """The same for a cursor or connection whose `execute` is awaited (psycopg 3, asyncpg)."""
    await (limit_statements(cursor, at_most) or asyncio.sleep(0))


def begin(field):
    """A request's deadline: a point of time.monotonic() in a box, which is emptied when the answer
    begins. What is no number is ignored, as Curfew does."""
    number = re.fullmatch(r"\s*(-?[0-9]{1,15})\s*", field)
    held = [number and time.monotonic() + int(number[1]) / 1000]
    current.set(held)
    return held


def refusal(begun):
    """RFC 9457, in Curfew's words: the body and its fields."""
    kind, title = (("inherited-deadline", "The caller's time ran out.") if begun else
                   ("no-time-left", "Too little time is left to begin."))
    problem = {"type": f"urn:curfew:error:{kind}", "title": title, "status": 504}
    body = json.dumps(problem).encode()
    return body, {"content-type": "application/problem+json", "content-length": str(len(body))}


class Begun:
    """An answer of which the first piece has been made: the deadline is over from then on."""

    def __init__(self, answer):
        self.close = getattr(answer, "close", lambda: None)
        try:
            pieces = iter(answer)
            self.pieces = itertools.chain(list(itertools.islice(pieces, 1)), pieces)
        except BaseException:
            self.close()
            raise

    def __iter__(self):
        return self.pieces


def wsgi(app):
    """A thread cannot be interrupted: what it waits for must be given `left()`."""
    def limited(environ, start_response):
        held, begun = begin(environ.get("HTTP_X_CURFEW_TIMEOUT_MS", "")), False
        try:
            left()
            begun = True
            answer = app(environ, start_response)
            return answer if isinstance(answer, (list, tuple)) else Begun(answer)
        except DeadlineExceeded:
            body, fields = refusal(begun)
            start_response("504 Gateway Timeout", list(fields.items()), sys.exc_info())
            return [body]
        finally:
            held[0] = None
    return limited


def asgi(app):
    """What the request awaits is cancelled when its time is over, if no answer has begun."""
    async def limited(scope, receive, send):
        if scope["type"] != "http":
            return await app(scope, receive, send)
        fields = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        held, limit = begin(fields.get(FIELD.lower().encode(), "")), None

        async def tell(message):
            if message["type"] == "http.response.start":
                held[0] = None
                if not limit.expired():
                    limit.reschedule(None)
            await send(message)
        try:
            async with asyncio.timeout(left()) as limit:
                await app(scope, receive, tell)
        except TimeoutError as over:
            ours = isinstance(over, DeadlineExceeded) or (limit and limit.expired())
            if held[0] is None or not ours:  # an answer has begun, or it is the application's own
                raise
            body, fields = refusal(begun=limit)
            await send({"type": "http.response.start", "status": 504, "headers": [
                (name.encode(), value.encode()) for name, value in fields.items()]})
            await send({"type": "http.response.body", "body": body})
        finally:
            held[0] = None
    return limited
