"""Gives each request of an ASGI application its deadline. Python 3.11. Copy curfew_deadline.py too.

    app = curfew_asgi.limited(app)               # FastAPI: app.add_middleware(curfew_asgi.limited)

What a request awaits is cancelled when its time is over, if no answer has begun: what streams
afterwards is under no deadline.
"""

import asyncio

import curfew_deadline as core


async def limit_statements(cursor, at_most=None):
    """As curfew_deadline.limit_statements, where `execute` is awaited (psycopg 3)."""
    if (asked := core.limit_statements(cursor, at_most)) is not None:
        await asked


def limited(app):
    async def within(scope, receive, send):
        if scope["type"] != "http":
            return await app(scope, receive, send)
        field = dict(scope["headers"]).get(b"x-curfew-timeout-ms", b"")
        box, limit = core.begin(field.decode("latin-1")), None

        async def tell(message):
            if message["type"] == "http.response.start":
                box[0] = None
                if not limit.expired():
                    limit.reschedule(None)
            await send(message)
        try:
            async with asyncio.timeout(core.left()) as limit:
                await app(scope, receive, tell)
        except TimeoutError as over:
            ours = isinstance(over, core.DeadlineExceeded) or (limit and limit.expired())
            if box[0] is None or not ours:  # an answer has begun, or it is the application's own
                raise
            fields = [(b"content-type", b"application/problem+json")]
            await send({"type": "http.response.start", "status": 504, "headers": fields})
            await send({"type": "http.response.body", "body": core.problem(begun=limit)})
        finally:
            box[0] = None
    return within
