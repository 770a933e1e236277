"""The adaptive limit: what hangs is cut long before the policy's own limit, and nothing else is."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

from backends import PooledBackend, wait_for
from client import get
from harness import ROOT, Case, run

PAGE = (ROOT / "docs/adaptive-timeouts.md").read_text()
ROUTE = "GET /slow/{id}"
HANG = "/slow/77"


def policy(mode: str, upstream, more: str = "") -> str:
    """64 answers are enough for a tenth."""
    return (f'[upstream.main]\nurls = ["{upstream.url}"]\n[request]\nadaptive = "{mode}"\n'
            f"adaptive_false_timeouts = 0.1\n{more}")


class AdaptiveTimeouts(Case):
    def setUp(self):
        self.upstream = self.backend(PooledBackend(workers=16, hangs=HANG))

    def begin(self, mode: str, more: str = "", usual_ms: int = 20):
        """Serves, after the route has been used for a while."""
        curfew = self.serve(policy=policy(mode, self.upstream, more))
        self.ask(curfew, f"/slow/{usual_ms}", 80)
        return curfew

    def ask(self, curfew, target: str, count: int, at_once: int = 4):
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(lambda _: get(curfew.http, target), range(count)))

    def told(self, curfew):
        return get(curfew.admin, "/-/health").json()["routes"][ROUTE].get("adaptive")

    def test_a_route_that_hangs_is_cut_far_before_the_limit_of_the_policy(self):
        curfew = self.begin("on")
        self.assertEqual((self.told(curfew)["mode"], self.told(curfew)["state"]), ("on", "live"))
        limit = self.told(curfew)["limit_ms"]
        answer = get(curfew.http, HANG)
        said = self.assert_problem(answer, 504, "own-timeout")
        self.assertEqual((said["cause"], said["limit"]), ("own_timeout", "request.adaptive"))
        self.assertIn(said["limit_ms"], (limit, 3 * limit), "alone it has three times as long")
        self.assertLess(answer.took, 6, "and not 30 s")
        self.assertGreaterEqual(said["account"]["attempt_1"], said["limit_ms"] - 1)
        self.assertEqual(self.told(curfew)["cut"], 1)
        metrics = get(curfew.admin, "/-/metrics").body.decode()
        self.assertIn(f'curfew_adaptive_cut_total{{route="{ROUTE}",upstream="main"}} 1\n', metrics)
        picture = run("watch", "--once", "--admin", "%s:%d" % curfew.admin).stdout
        self.assertRegex(picture, r"cut at")

    def test_what_others_overtake_is_cut_at_the_limit_and_they_are_served(self):
        curfew = self.begin("on")
        limit = self.told(curfew)["limit_ms"]
        with ThreadPoolExecutor(1) as pool:
            hung = pool.submit(get, curfew.http, HANG)
            self.assertTrue(wait_for(lambda: self.upstream.hung > 0))
            answers = self.ask(curfew, "/slow/20", 20)
            self.assertEqual({answer.status for answer in answers}, {200})
            self.assertEqual(hung.result().json()["limit_ms"], limit)

    def test_five_that_hang_open_the_breaker_within_seconds(self):
        curfew = self.begin("on")
        answers = self.ask(curfew, HANG, 8)
        self.assertIn("breaker-open", {answer.problem for answer in answers}
                      | {get(curfew.http, HANG).problem})
        self.assertLess(max(answer.took for answer in answers), 10)

    def test_a_slow_down_of_three_times_is_no_outage(self):
        curfew = self.begin("on", usual_ms=300)
        limit = self.told(curfew)["limit_ms"]
        self.assertLess(limit, 900, "so that 900 ms are beyond it")
        answers = self.ask(curfew, "/slow/900", 24)
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertEqual(self.told(curfew)["cut"], 0)
        self.assertGreater(self.told(curfew)["let_on"], 0)
        self.assertEqual(get(curfew.admin, "/-/health").json()["routes"][ROUTE]["state"], "closed")

    def test_a_dry_run_cuts_nothing_and_tells_what_it_would_have_cut(self):
        curfew = self.begin("observe", 'timeout = "4s"\n')
        answer = get(curfew.http, HANG)
        said = self.assert_problem(answer, 504, "own-timeout")
        self.assertEqual((said["limit"], said["limit_ms"]), ("request.timeout", 4000))
        self.assertEqual(get(curfew.http, "/slow/2500").status, 200)
        told = self.told(curfew)
        self.assertEqual((told["mode"], told["would_cut"]), ("observe", 2))
        self.assertEqual(told["would_cut_in_vain"], 1, "one was answered after all")
        self.assertTrue(1000 < told["would_save_ms"] < 3600, told)
        metrics = get(curfew.admin, "/-/metrics").body.decode()
        self.assertIn("curfew_adaptive_would_cut_total", metrics)
        self.assertNotIn("curfew_adaptive_cut_total", metrics)

    def test_the_examples_of_its_page_are_what_the_binary_says(self):
        upstream = '[upstream.main]\nurls = ["http://127.0.0.1:8000"]\n'
        examples = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
        self.assertEqual(len(examples), 2)
        for example in examples:
            checked = run("check", policy=upstream + example)
            self.assertEqual(checked.returncode, 0, checked.stderr)
        shown = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)[1])
        told = self.told(self.begin("observe"))
        self.assertEqual(list(shown), list(told))
        self.assertEqual(shown["state"], told["state"])

    def test_off_there_is_nothing_of_it(self):
        curfew = self.serve("--upstream", self.upstream.url, "--timeout", "2s")
        self.ask(curfew, "/slow/20", 80)
        self.assertEqual(get(curfew.http, HANG).json()["limit"], "request.timeout")
        self.assertIsNone(self.told(curfew))
        self.assertNotIn(b"curfew_adaptive", get(curfew.admin, "/-/metrics").body)

    def test_until_enough_is_known_the_limit_of_the_policy_holds(self):
        curfew = self.serve(policy=policy("on", self.upstream, 'timeout = "2s"\n'))
        self.ask(curfew, "/slow/20", 10)
        self.assertEqual(self.told(curfew)["state"], "cold")
        self.assertEqual(get(curfew.http, HANG).json()["limit"], "request.timeout")

    def test_a_route_of_its_own_has_a_name_of_its_own(self):
        route = '[[route]]\nname = "slow"\npath = "/slow"\nadaptive = "on"\n'
        curfew = self.serve(policy=policy("off", self.upstream) + route
                            + '[[route]]\nname = "rest"\npath = "/"\n')
        self.ask(curfew, "/slow/20", 80)
        self.ask(curfew, "/", 4)
        self.assertEqual(get(curfew.http, HANG).json()["limit"], "route.slow.adaptive")
        routes = get(curfew.admin, "/-/health").json()["routes"]
        self.assertIn("adaptive", routes["slow"])
        self.assertNotIn("adaptive", routes["rest"])

    def test_a_reload_turns_it_on_and_off_and_it_forgets_nothing(self):
        curfew = self.begin("observe")

        def reload(mode: str):
            (curfew.folder / "curfew.toml").write_text(policy(mode, self.upstream))
            told = run("reload", "--admin", "%s:%d" % curfew.admin)
            self.assertEqual(told.returncode, 0, told.stderr)

        reload("on")
        self.assertEqual((self.told(curfew)["mode"], self.told(curfew)["state"]), ("on", "live"))
        self.assertEqual(get(curfew.http, HANG).json()["limit"], "request.adaptive")
        reload("off")
        self.assertIsNone(self.told(curfew))

    def test_several_workers_share_what_they_know(self):
        curfew = self.begin("on", '[server]\nworkers = 4\n')
        self.assertEqual(self.told(curfew)["state"], "live")
        limits = {get(curfew.http, HANG).json()["limit"] for _ in range(3)}
        self.assertEqual(limits, {"request.adaptive"})

    def test_explain_tells_that_the_adaptive_limit_ended_it(self):
        curfew = self.begin("on")
        trace = get(curfew.http, HANG).json()["trace_id"]
        ledger = str(curfew.folder / "curfew" / "ledger.db")
        said = []

        def explained():
            said[:] = [run("explain", trace, "--ledger", ledger)]
            return said[0].returncode == 0

        self.assertTrue(wait_for(explained, 10, 0.3), said[0].stderr)
        self.assertIn("request.adaptive", said[0].stdout)
        self.assertIn("The adaptive limit ended it", said[0].stdout)
