"""python3 -m unittest discover -s integrations/python"""

import asyncio
import json
import threading
import time
import unittest

import curfew_asgi
import curfew_deadline as cd
import curfew_wsgi


def call(app, field=None):
    """One WSGI request: status and body; the answer is closed as servers do."""
    told = {}

    def start_response(status, headers, exc_info=None):
        told["status"], told["headers"] = status, dict(headers)

    environ = {} if field is None else {"HTTP_X_CURFEW_TIMEOUT_MS": field}
    answer = curfew_wsgi.limited(app)(environ, start_response)
    body = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    return told["status"], body


def plain(environ, start_response):
    start_response("200 OK", [])
    return [str(cd.left()).encode()]


class Wsgi(unittest.TestCase):
    def test_without_the_field_nothing_limits(self):
        self.assertEqual(call(plain), ("200 OK", b"None"))

    def test_what_is_no_number_is_ignored(self):
        for field in ("", "soon", "1.5", "1e3", "9" * 30, "0x10", "12 13"):
            self.assertEqual(call(plain, field), ("200 OK", b"None"), field)

    def test_the_time_left_is_never_more_than_what_was_given(self):
        status, body = call(plain, " 1500 ")
        self.assertTrue(1 < float(body) <= 1.5, body)

    def test_zero_and_less_are_over_before_the_work_begins(self):
        for field in ("0", "-1", "-30000"):
            status, body = call(lambda *_: self.fail("it began"), field)
            self.assertEqual(status, "504 Gateway Timeout")
            self.assertEqual(json.loads(body)["type"], "urn:curfew:error:no-time-left")

    def test_work_that_asks_too_late_ends_with_504(self):
        def late(environ, start_response):
            time.sleep(0.02)
            cd.left()
            self.fail("it went on")

        status, body = call(late, "10")
        self.assertEqual(status, "504 Gateway Timeout")
        self.assertEqual(json.loads(body)["type"], "urn:curfew:error:inherited-deadline")

    def test_the_deadline_ends_with_the_first_piece_of_the_answer(self):
        closed = []

        def stream(environ, start_response):
            start_response("200 OK", [])
            try:
                yield str(cd.left() is None).encode()
                yield str(cd.left() is None).encode()
            finally:
                closed.append(True)

        self.assertEqual(call(stream, "1000"), ("200 OK", b"FalseTrue"))
        self.assertEqual(closed, [True])

    def test_a_stream_that_is_late_before_its_first_piece_is_answered_504_and_closed(self):
        closed = []

        def stream(environ, start_response):
            start_response("200 OK", [])
            try:
                time.sleep(0.02)
                cd.left()
                yield b"never"
            finally:
                closed.append(True)

        self.assertEqual(call(stream, "10")[0], "504 Gateway Timeout")
        self.assertEqual(closed, [True])

    def test_a_stream_of_which_nobody_takes_a_piece_is_closed(self):
        closed = []

        def stream(environ, start_response):
            start_response("200 OK", [])
            try:
                yield b"unread"
            finally:
                closed.append(True)

        curfew_wsgi.limited(stream)({}, lambda *_: None).close()
        self.assertEqual(closed, [True])

    def test_nothing_is_left_over_for_the_next_request_of_the_thread(self):
        call(plain, "50")
        self.assertIsNone(cd.left())
        with self.assertRaises(ZeroDivisionError):
            call(lambda *_: 1 // 0, "50")
        self.assertIsNone(cd.left())

    def test_threads_have_deadlines_of_their_own(self):
        seen = {}

        def app(environ, start_response):
            seen[threading.current_thread().name] = cd.left()
            return plain(environ, start_response)

        threads = [threading.Thread(target=call, args=(app, str(ms)), name=str(ms))
                   for ms in (1000, 60_000)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertLessEqual(seen["1000"], 1)
        self.assertGreater(seen["60000"], 50)


class Limits(unittest.TestCase):
    def within(self, field, work):
        result = []

        def app(environ, start_response):
            result.append(work())
            start_response("200 OK", [])
            return []

        call(app, field)
        return result[0]

    def test_left_takes_the_lesser(self):
        self.assertEqual(cd.left(10), 10)
        self.assertEqual(self.within("60000", lambda: cd.left(10)), 10)
        self.assertLessEqual(self.within("500", lambda: cd.left(10)), 0.5)

    def test_statements_get_whole_milliseconds_rounded_up(self):
        said = []

        class Cursor:
            def execute(self, text):
                said.append(text)

        cd.limit_statements(Cursor())
        self.assertEqual(said, [], "no deadline, no limit")
        cd.limit_statements(Cursor(), at_most=0.0101)
        self.assertEqual(said.pop(), "SET LOCAL statement_timeout = 11")
        self.within("60000", lambda: cd.limit_statements(Cursor()))
        self.assertRegex(said.pop(), r"^SET LOCAL statement_timeout = (60000|59\d\d\d)$")

    def test_the_next_service_is_told_what_is_left(self):
        self.assertEqual(cd.headers(), {})
        told = self.within("2000", cd.headers)
        self.assertTrue(1900 < int(told[cd.FIELD]) <= 2000, told)


def ask(app, field=None, kind="http", pieces=(b"",)):
    """One ASGI request in a loop of its own."""
    messages, coming = [], list(pieces)

    async def send(message):
        messages.append(message)

    async def receive():
        await asyncio.sleep(0)
        return {"type": "http.request", "body": coming.pop(0), "more_body": bool(coming)}

    headers = [] if field is None else [(b"x-curfew-timeout-ms", field)]
    asyncio.run(curfew_asgi.limited(app)({"type": kind, "headers": headers}, receive, send))
    return messages


async def answer(send, status=200, body=b""):
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body})


@unittest.skipUnless(hasattr(asyncio, "timeout"), "asyncio.timeout came with Python 3.11")
class Asgi(unittest.TestCase):
    def test_without_the_field_and_with_nonsense_nothing_limits(self):
        async def app(scope, receive, send):
            await answer(send, body=str(cd.left()).encode())

        for field in (None, b"soon", b"\xff"):
            self.assertEqual(ask(app, field)[1]["body"], b"None")

    def test_what_is_awaited_is_cancelled_and_504_is_said(self):
        cancelled = []

        async def app(scope, receive, send):
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                cancelled.append(True)
                raise

        began = time.monotonic()
        messages = ask(app, b"30")
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual([messages[0]["status"], cancelled], [504, [True]])
        self.assertIn(b"inherited-deadline", messages[1]["body"])

    def test_zero_is_over_before_the_work_begins(self):
        async def app(scope, receive, send):
            self.fail("it began")

        messages = ask(app, b"0")
        self.assertEqual(messages[0]["status"], 504)
        self.assertIn(b"no-time-left", messages[1]["body"])

    def test_an_answer_that_has_begun_is_never_cut(self):
        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await asyncio.sleep(0.05)
            await send({"type": "http.response.body", "body": str(cd.left()).encode()})

        messages = ask(app, b"20")
        self.assertEqual([messages[0]["status"], messages[1]["body"]], [200, b"None"])

    def test_it_is_known_after_a_body_in_pieces_in_tasks_and_in_threads_of_asyncio(self):
        async def app(scope, receive, send):
            seen = []
            while (await receive())["more_body"]:
                seen.append(cd.left())
            seen.append(await asyncio.create_task(asyncio.sleep(0, cd.left())))
            seen.append(await asyncio.to_thread(cd.left))
            await answer(send, body=str([0 < left <= 60 for left in seen]).encode())

        messages = ask(app, b"60000", pieces=[b"x", b"y" * 300_000, b""])
        self.assertEqual(messages[1]["body"], b"[True, True, True, True]")

    def test_a_task_that_a_request_starts_for_the_next_one_passes_nothing_on(self):
        seen = []

        async def later(scope, receive, send):
            seen.append(cd.left())

        async def app(scope, receive, send):
            seen.append(cd.left() <= 60)
            following = curfew_asgi.limited(later)({**scope, "headers": []}, receive, None)
            await asyncio.create_task(following)
            seen.append(cd.left() <= 60)

        ask(app, b"60000")
        self.assertEqual(seen, [True, None, True])

    def test_a_timeout_of_the_applications_own_stays_its_own(self):
        async def app(scope, receive, send):
            raise TimeoutError("its own")

        with self.assertRaisesRegex(TimeoutError, "its own"):
            ask(app, b"1000")

    def test_statements_are_limited_where_execute_is_awaited(self):
        said = []

        class Cursor:
            async def execute(self, text):
                said.append(text)

        async def app(scope, receive, send):
            await curfew_asgi.limit_statements(Cursor())
            await answer(send)

        ask(app)
        self.assertEqual(said, [], "no deadline, no limit")
        ask(app, b"60000")
        self.assertRegex(said.pop(), r"^SET LOCAL statement_timeout = (60000|59\d\d\d)$")

    def test_other_kinds_of_connections_pass_untouched(self):
        async def app(scope, receive, send):
            await send({"type": "lifespan.startup.complete"})

        self.assertEqual(ask(app, kind="lifespan"), [{"type": "lifespan.startup.complete"}])


if __name__ == "__main__":
    unittest.main()
