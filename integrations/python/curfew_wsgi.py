"""Gives each request of a WSGI application its deadline. Copy curfew_deadline.py too.

    app = curfew_wsgi.limited(app)               # Flask: app.wsgi_app = limited(app.wsgi_app)

A thread cannot be interrupted: what it waits for must be given `curfew_deadline.left()`. The
deadline ends with the first piece of the answer: what streams afterwards is under none.
"""

import itertools
import sys

from curfew_deadline import DeadlineExceeded, begin, left, problem


def limited(app):
    def within(environ, start_response):
        box, begun = begin(environ.get("HTTP_X_CURFEW_TIMEOUT_MS", "")), False
        try:
            left()
            begun = True
            answer = app(environ, start_response)
            if not isinstance(answer, (list, tuple)):
                answer = pieces_of(answer)
                next(answer)
            return answer
        except DeadlineExceeded:
            fields = [("Content-Type", "application/problem+json")]
            start_response("504 Gateway Timeout", fields, sys.exc_info())
            return [problem(begun)]
        finally:
            box[0] = None
    return within


def pieces_of(answer):
    """Begun by one next(): then the first piece has been made, and the rest of them follow."""
    try:
        pieces = iter(answer)
        first = list(itertools.islice(pieces, 1))
        yield
        yield from first
        yield from pieces
    finally:
        getattr(answer, "close", lambda: None)()
