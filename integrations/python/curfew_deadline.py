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
NUMBER = re.compile(r"-?[0-9]{1,15}")


class DeadlineExceeded(TimeoutError):
    """There is no time left: the caller has given up."""


class Deadline:
    """One request's. `at` is a point of time.monotonic(), or None: there is none (any more)."""

    def __init__(self, field: "str | None"):
        text = (field or "").strip()
        given = NUMBER.fullmatch(text)  # what is no number is ignored, as Curfew does
        self.at = time.monotonic() + int(text) / 1000 if given else None


current = contextvars.ContextVar("curfew_deadline", default=Deadline(None))


def left(at_most: "float | None" = None) -> "float | None":
    """Seconds left, and never more than `at_most`; None where nothing limits. It is never zero or
    less, which many clients take for "no limit": then DeadlineExceeded is raised."""
    at = current.get().at
    if at is None:
        return at_most
    seconds = at - time.monotonic()
    if seconds <= 0:
        raise DeadlineExceeded("the time of this request is over")
    return seconds if at_most is None else min(seconds, at_most)


def milliseconds(at_most: "float | None" = None) -> "int | None":
    """The same in whole milliseconds, rounded up, at least 1."""
    seconds = left(at_most)
    return None if seconds is None else max(1, math.ceil(seconds * 1000))


def headers() -> "dict[str, str]":
    """For a call to the next service: what is left of the time, rounded down, at least 1."""
    seconds = left()
    return {} if seconds is None else {FIELD: str(max(1, int(seconds * 1000)))}


def limit_statements(cursor, at_most: "float | None" = None) -> None:
    """Ends this transaction's statements when the time does: PostgreSQL counts each statement from
    its own start, so call it before each one that may take long. Does nothing in autocommit."""
    most = milliseconds(at_most)
    if most is not None:
        cursor.execute(f"SET LOCAL statement_timeout = {most:d}")


async def limit_statements_async(cursor, at_most: "float | None" = None) -> None:
    """The same for a cursor or connection whose `execute` is awaited (psycopg 3, asyncpg)."""
    most = milliseconds(at_most)
    if most is not None:
        await cursor.execute(f"SET LOCAL statement_timeout = {most:d}")


def refusal(begun: bool) -> bytes:
    """RFC 9457, in Curfew's words."""
    kind, title = (("inherited-deadline", "The caller's time ran out.") if begun else
                   ("no-time-left", "Too little time is left to begin."))
    return json.dumps({"type": f"urn:curfew:error:{kind}", "title": title, "status": 504}).encode()


class Begun:
    """An answer of which the first piece has been made: the deadline is over from then on."""

    def __init__(self, answer):
        self.answer = answer
        pieces = iter(answer)
        try:
            self.pieces = itertools.chain(list(itertools.islice(pieces, 1)), pieces)
        except BaseException:
            self.close()
            raise

    def __iter__(self):
        return self.pieces

    def close(self):
        getattr(self.answer, "close", lambda: None)()


def wsgi(app):
    """A thread cannot be interrupted: what it waits for must be given `left()`."""

    def limited(environ, start_response):
        deadline = Deadline(environ.get("HTTP_X_CURFEW_TIMEOUT_MS"))
        current.set(deadline)
        begun = False
        try:
            left()
            begun = True
            answer = app(environ, start_response)
            return answer if isinstance(answer, (list, tuple)) else Begun(answer)
        except DeadlineExceeded:
            body = refusal(begun)
            start_response("504 Gateway Timeout", [("Content-Type", "application/problem+json"),
                                                   ("Content-Length", str(len(body)))],
                           sys.exc_info())
            return [body]
        finally:
            deadline.at = None

    return limited


def asgi(app):
    """What the request awaits is cancelled when its time is over, if no answer has begun."""

    async def limited(scope, receive, send):
        if scope["type"] != "http":
            return await app(scope, receive, send)
        fields = {name.lower(): value for name, value in scope["headers"]}
        deadline = Deadline(fields.get(FIELD.lower().encode(), b"").decode("latin-1"))
        before = current.set(deadline)
        begun = answered = False
        limit = None

        async def tell(message):
            nonlocal answered
            if message["type"] == "http.response.start":
                answered, deadline.at = True, None
                if not limit.expired():
                    limit.reschedule(None)
            await send(message)

        try:
            seconds = left()
            begun = True
            async with asyncio.timeout(seconds) as limit:
                await app(scope, receive, tell)
        except TimeoutError as over:
            ours = isinstance(over, DeadlineExceeded) or (limit and limit.expired())
            if answered or not ours:
                raise
            body = refusal(begun)
            await send({"type": "http.response.start", "status": 504, "headers": [
                (b"content-type", b"application/problem+json"),
                (b"content-length", str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})
        finally:
            deadline.at = None
            current.reset(before)

    return limited
