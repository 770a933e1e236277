"""Turns X-Curfew-Timeout-Ms into the timeouts of what a request does. Python 3.8, no dependency.

The core: curfew_wsgi.py or curfew_asgi.py beside it gives each request its deadline. See README.md.

    requests.get(url, timeout=curfew_deadline.left(10), headers=curfew_deadline.headers())
    curfew_deadline.limit_statements(cursor)             # PostgreSQL, psycopg2 and psycopg 3
"""

import contextvars
import json
import math
import re
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
        return cursor.execute(f"SET LOCAL statement_timeout = {max(1, math.ceil(seconds * 1000))}")


def begin(field):
    """A request's deadline: a point of time.monotonic() in a box, which the middleware empties when
    the answer begins. What is no number is ignored, as Curfew does."""
    number = re.fullmatch(r"\s*(-?[0-9]{1,15})\s*", field)
    box = [number and time.monotonic() + int(number[1]) / 1000]
    current.set(box)
    return box


def problem(begun):
    """What a 504 says (RFC 9457), in Curfew's words."""
    kind, title = (("inherited-deadline", "The caller's time ran out.") if begun else
                   ("no-time-left", "Too little time is left to begin."))
    return json.dumps({"type": f"urn:curfew:error:{kind}", "title": title, "status": 504}).encode()
