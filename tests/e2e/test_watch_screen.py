"""`curfew watch` on a terminal: what its screen shows, what keys do, and what it leaves behind."""

import os
import re
import shutil
import signal
import unittest

from backends import free_port
from client import get
from harness import BINARY
from test_watch import Watched, shown
from tmux import Terminal


@unittest.skipUnless(shutil.which("tmux"), "needs tmux (tools/bootstrap test)")
class Screen(Watched):
    def terminal(self, *arguments, **options) -> Terminal:
        one = Terminal(*arguments, **options)
        self.addCleanup(one.stop)
        return one

    def watch(self, terminal: Terminal, *curfews, more: str = ""):
        named = " ".join(f"--admin {shown(each.admin)}" for each in curfews)
        terminal.type("echo before the view")
        terminal.type(f"{BINARY} watch {named} {more}; echo left with $?")
        return terminal.see("curfew watch", "ROUTES")

    def test_the_hung_route_its_nearest_deadline_and_the_breaker(self):
        curfew = self.serve_here()
        terminal = self.terminal(100, 30)
        self.watch(terminal, curfew)
        asking = [self.ask_in_background(curfew, "/report/a") for _ in range(5)]
        screen = terminal.see("attempt 1", "RUNS NOW 5")
        line = next(line for line in screen.splitlines() if "attempt 1" in line)
        self.assertIn("/report", line)
        self.assertRegex(line, r"\d+(ms|s) +(\d+\.\d+s|\d+ms)")
        for each in asking:
            each.join(15)
        terminal.see("open ", "given up", "timeout", "own_timeout request.timeout")
        get(curfew.http, "/report/a")
        terminal.see("refused")
        self.upstream.end_hang()

    def test_keys_sizes_and_the_screen_that_was_there_before(self):
        curfew = self.serve_here()
        get(curfew.http, "/api/items")
        terminal = self.terminal(80, 24)
        self.watch(terminal, curfew)
        terminal.see("/api/items", "s by trouble")
        terminal.press("s")
        terminal.see("s by rate")
        terminal.press("?")
        terminal.see("next, previous process")
        terminal.press("q")
        terminal.see("/api/items")
        terminal.press("p")
        terminal.see("PAUSED")
        terminal.press("p")
        terminal.see_no("PAUSED")
        for columns, rows in ((40, 10), (200, 50), (20, 5), (80, 24)):
            terminal.resize(columns, rows)
            terminal.see("req/s" if columns > 20 else "curfew watch")
            self.assertLessEqual(max(map(len, terminal.screen.splitlines())), columns)
        terminal.press("q")
        screen = terminal.see("left with 0", "before the view")
        self.assertNotIn("ROUTES", screen)
        self.assertEqual(terminal.fact("alternate_on"), "0")
        self.assertEqual(terminal.fact("cursor_flag"), "1")
        terminal.type("echo typed and seen")
        terminal.see("here> echo typed and seen", "\ntyped and seen")

    def test_however_it_ends_the_terminal_is_as_it_was(self):
        curfew = self.serve_here()
        terminal = self.terminal(80, 24)
        for end, said in ((signal.SIGTERM, "left with 143"), (signal.SIGHUP, "left with 129"),
                          (signal.SIGQUIT, "left with 131"), (signal.SIGINT, "left with 0")):
            self.watch(terminal, curfew)
            self.assertEqual(terminal.fact("alternate_on"), "1")
            os.kill(self.watcher(terminal), end)
            terminal.see(said)
            self.assertEqual(terminal.fact("alternate_on"), "0", said)
            self.assertEqual(terminal.fact("cursor_flag"), "1", said)
            terminal.type("stty -a | tr ';' '\\n' | grep -o ' icanon\\| echo '; clear")
            terminal.see_no("left with")

    def test_it_stops_and_goes_on_like_any_job(self):
        curfew = self.serve_here()
        get(curfew.http, "/api/items")
        terminal = self.terminal(80, 24)
        terminal.type("set -m")
        self.watch(terminal, curfew)
        terminal.press("C-z")
        screen = terminal.see("here>", "before the view")
        self.assertNotIn("ROUTES", screen)
        self.assertEqual(terminal.fact("alternate_on"), "0")
        terminal.type("fg")
        terminal.see("ROUTES", "/api/items")
        self.assertEqual(terminal.fact("alternate_on"), "1")
        terminal.press("q")
        terminal.see("before the view")

    @staticmethod
    def watcher(terminal: Terminal) -> int:
        shell = terminal.fact("pane_pid")
        with open(f"/proc/{shell}/task/{shell}/children", encoding="ascii") as file:
            return int(file.read().split()[-1])

    def test_two_processes_together_and_each_alone(self):
        one, other = self.serve_here(), self.serve_here()
        get(one.http, "/api/items")
        get(other.http, "/api/items")
        get(other.http, "/echo/b")
        terminal = self.terminal(100, 30)
        self.watch(terminal, one, other)
        screen = terminal.see("2 processes", "2 ready", "/api/items", "/echo")
        self.assertIn(shown(one.admin), screen)
        self.assertIn(shown(other.admin), screen)
        terminal.press("Tab")
        terminal.see(f"curfew watch  {shown(one.admin)}")
        terminal.see_no("/echo")
        terminal.press("Tab")
        terminal.see(f"curfew watch  {shown(other.admin)}", "/echo")
        terminal.press("Tab")
        terminal.see("2 processes")

    def test_one_that_is_killed_and_started_again_is_attached_again(self):
        admin = f"127.0.0.1:{free_port()}"
        curfew = self.serve_here("--admin", admin)
        get(curfew.http, "/api/items")
        terminal = self.terminal(100, 24)
        self.watch(terminal, curfew)
        terminal.see("ready, healthy", "/api/items")
        curfew.kill()
        terminal.see("GONE:", "next try in")
        again = self.serve_here("--admin", admin)
        terminal.see("ready, healthy")
        get(again.http, "/echo/new")
        terminal.see("/echo/new")
        again.stop()
        terminal.see("GONE:")

    def test_colours_only_where_they_are_wanted(self):
        curfew = self.serve_here(timeout="300ms")
        for _ in range(6):
            get(curfew.http, "/report/a")
        coloured = re.compile(r"\x1b\[(1;)?3[1-3]m")
        for variables, more, wanted in (({}, "", True), ({"NO_COLOR": "1"}, "", False),
                                        ({"NO_COLOR": "1"}, "--color always", True),
                                        ({}, "--color never", False)):
            terminal = self.terminal(80, 24, variables)
            self.watch(terminal, curfew, more=more)
            terminal.see("open ")
            self.assertEqual(bool(coloured.search(terminal.painted)), wanted, (variables, more))
        dumb = self.terminal(80, 24)
        dumb.type(f"TERM=dumb {BINARY} watch --admin {shown(curfew.admin)}")
        dumb.see("no terminal that can be drawn on", "--once")


if __name__ == "__main__":
    unittest.main()
