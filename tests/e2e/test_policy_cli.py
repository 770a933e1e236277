"""What a person types before anything is served: check, init, help, version, completions."""

import functools
import json
import os
import re
import subprocess
import tempfile
import tomllib
import unittest
from pathlib import Path

from harness import BINARY, ROOT, Case, environment, run

UPSTREAM = '[upstream.main]\nurls = ["http://127.0.0.1:8000"]\n'


def conforms(value, schema, where="$", root=None):
    """As much of JSON Schema as docs/schema uses."""
    root = root or schema
    if "$ref" in schema:
        schema = functools.reduce(lambda part, name: part[name],
                                  schema["$ref"].removeprefix("#/").split("/"), root)
    if "anyOf" in schema:
        assert any(accepts(value, option, root) for option in schema["anyOf"]), f"{where}: {value}"
    if "oneOf" in schema:
        assert sum(accepts(value, option, root) for option in schema["oneOf"]) == 1, value
    assert value in schema.get("enum", [value]), f"{where}: {value}"
    assert value == schema.get("const", value), f"{where}: {value}"
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
             "number": (int, float), "null": type(None)}
    if wanted := schema.get("type"):
        wanted = [wanted] if isinstance(wanted, str) else wanted
        assert any(isinstance(value, kinds[kind]) for kind in wanted), f"{where}: {value}"
    if isinstance(value, str) and "pattern" in schema:
        assert re.search(schema["pattern"], value), f"{where}: {value}"
    if isinstance(value, (int, float)):
        assert schema.get("minimum", value) <= value <= schema.get("maximum", value), where
    if isinstance(value, list):
        assert schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 1 << 30), where
        for number, item in enumerate(value):
            conforms(item, schema.get("items", {}), f"{where}[{number}]", root)
    if isinstance(value, dict):
        for name in schema.get("required", []):
            assert name in value, f"{where}.{name} is missing"
        others = schema.get("additionalProperties", {})
        for name, item in value.items():
            known = schema.get("properties", {}).get(name, others)
            assert known is not False, f"{where}.{name} is unknown"
            conforms(item, known, f"{where}.{name}", root)


def accepts(value, schema, root=None) -> bool:
    try:
        conforms(value, schema, root=root)
    except AssertionError:
        return False
    return True


def schema(name: str):
    return json.loads((ROOT / f"docs/schema/{name}.json").read_text())


class Folder(Case):
    """A working directory of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="curfew-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def curfew(self, *arguments: str, where: str = ".", **variables: str):
        return subprocess.run([BINARY, *arguments], cwd=self.folder / where,
                              env={**environment(self.folder), **variables},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=15)

    def write(self, text: str, name: str = "curfew.toml"):
        (self.folder / name).write_text(text)


class Check(Folder):
    def test_a_good_policy_is_one_line(self):
        self.write(UPSTREAM + '[[route]]\npath = "/a"\n[[route]]\npath = "/b"\n')
        done = self.curfew("check")
        self.assertEqual(done.stdout, "ok: curfew.toml (2 routes, 1 upstream, env development)\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_no_file_is_the_built_in_defaults(self):
        done = self.curfew("check")
        self.assertIn("ok: built-in defaults (0 routes, 0 upstreams", done.stdout)

    def test_a_problem_has_its_place_its_line_a_caret_and_a_hint(self):
        self.write('[request]\ntimeuot = "5s"\n')
        done = self.curfew("check")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(done.stderr, "curfew.toml:2:1: there is no key `timeuot` in `request`\n"
                                      '  | timeuot = "5s"\n'
                                      "  | ^\n"
                                      "  hint: did you mean `timeout`?\n")

    def test_the_file_is_found_upward(self):
        self.write(UPSTREAM)
        (self.folder / "a/b").mkdir(parents=True)
        self.assertIn("ok: ../../curfew.toml", self.curfew("check", where="a/b").stdout)

    def test_each_environment_of_the_file_is_checked_unless_one_is_named(self):
        self.write(UPSTREAM + '[request]\nslow = "2s"\n[env.production.request]\ntimeout = "1s"\n')
        done = self.curfew("check")
        self.assertEqual(done.returncode, 2)
        self.assertIn("in production: `request.slow` (2s) must be shorter", done.stderr)
        self.assertEqual(self.curfew("check", "--env", "development").returncode, 0)
        self.assertEqual(self.curfew("check", CURFEW_ENV="staging").returncode, 0)
        self.assertEqual(self.curfew("check", CURFEW_ENV="production").returncode, 2)

    def test_explain_tells_which_layer_won(self):
        self.write('[request]\ntimeout = "20s"\n[env.staging.request]\ntimeout = "21s"\n')
        done = self.curfew("check", "--explain", "request.timeout", "--env", "staging", "--json",
                           CURFEW_REQUEST_TIMEOUT="22s")
        said = json.loads(done.stdout)
        conforms(said, schema("check-explain"))
        self.assertEqual(said["value"], '"22s"')
        self.assertEqual([layer["origin"] for layer in said["layers"]],
                         ["built-in", "curfew.toml:2:11", "curfew.toml:4:11",
                          "CURFEW_REQUEST_TIMEOUT"])
        text = self.curfew("check", "--explain", "request.timeout").stdout
        self.assertTrue(text.startswith('request.timeout = "20s"\n'), text)

    def test_explain_of_an_unknown_key_offers_one(self):
        done = self.curfew("check", "--explain", "request.timeot")
        self.assertEqual(done.returncode, 2)
        self.assert_one_sentence(done.stderr, "request.timeot", "did you mean `request.timeout`?")

    def test_explain_of_a_section_lists_it_with_who_said_what(self):
        self.write(UPSTREAM + '[[route]]\nname = "x"\npath = "/x"\ntimeout = "40s"\n')
        listed = self.curfew("check", "--explain", "route")
        self.assertEqual((listed.returncode, listed.stderr), (0, ""))
        self.assertIn('route.x.timeout = "40s"  (curfew.toml:6:11)\n', listed.stdout)
        self.assertIn('route.x.breaker.probe_lease = "40s"  (gave way to route.x.timeout)\n',
                      listed.stdout)
        for line in listed.stdout.splitlines():
            done = self.curfew("check", "--explain", line.split(" = ")[0])
            self.assertEqual(done.returncode, 0, line)
        self.assertIn("upstream.main.urls", self.curfew("check", "--explain", "upstream").stdout)
        self.assertIn('request.slow = "1s"  (built-in)\n',
                      self.curfew("check", "--explain", "request").stdout)
        self.assertTrue(self.curfew("check", "--explain", "route./x.timeout").stdout
                        .startswith('route.x.timeout = "40s"\n'))
        for section in ("request", "route", "upstream.main", "route.x.breaker"):
            said = json.loads(self.curfew("check", "--explain", section, "--json").stdout)
            conforms(said, schema("check-explain"))
            self.assertEqual(said["section"], section)
        done = self.curfew("check", "--explain", "route./nowhere.timeout")
        self.assertEqual(done.returncode, 2)
        self.assert_one_sentence(done.stderr, "no route `/nowhere`", "there is: `x`")

    def test_a_default_gives_way_and_explain_says_to_what(self):
        self.write('[backend]\nlive_timeout = "10s"\ngrace = "30s"\n')
        self.assertEqual(self.curfew("check").returncode, 0)
        self.assertIn("gave way to backend.live_timeout: \"20s\"",
                      self.curfew("check", "--explain", "backend.live_interval").stdout)

    def test_json_says_the_same(self):
        self.write(UPSTREAM)
        good = json.loads(self.curfew("check", "--json").stdout)
        conforms(good, schema("check"))
        self.assertEqual((good["ok"], good["upstreams"]), (True, 1))
        self.write("a = 1\nb = 2\n")
        done = self.curfew("check", "--json")
        bad = json.loads(done.stdout)
        conforms(bad, schema("check"))
        self.assertEqual((done.returncode, [p["line"] for p in bad["problems"]]), (2, [1, 2]))

    def test_quiet_and_verbose_say_less_and_more(self):
        self.write(UPSTREAM)
        self.assertEqual(self.curfew("check", "--quiet").stdout, "")
        self.assertIn('  upstream.main.urls = ["http://127.0.0.1:8000"]  (curfew.toml:2:8)\n',
                      self.curfew("check", "--verbose").stdout)

    def test_colour_is_for_terminals_unless_told(self):
        self.write("a = 1\n")
        self.assertNotIn("\033", self.curfew("check").stderr)
        self.assertIn("\033", self.curfew("check", "--color", "always").stderr)

    def test_a_token_is_never_printed(self):
        self.write('[server]\nadmin_token = "s3cr3t"\n')
        for arguments in (["--explain", "server.admin_token"], ["--verbose"], ["--json"]):
            done = self.curfew("check", *arguments)
            self.assertNotIn("s3cr3t", done.stdout + done.stderr)

    def test_a_misspelt_variable_is_refused(self):
        done = self.curfew("check", CURFEW_REQUEST_TIMEOT="5s")
        self.assertEqual(done.returncode, 2)
        self.assert_one_sentence(done.stderr, "CURFEW_REQUEST_TIMEOT", "CURFEW_REQUEST_TIMEOUT?")


class HostileFiles(Folder):
    def refused(self, path: str, *words: str):
        done = self.curfew("check", "--config", path)
        self.assertEqual(done.returncode, 2, path)
        lines = done.stderr.splitlines()
        self.assertLessEqual(len(lines), 4, done.stderr[:500])
        self.assertLess(len(done.stderr), 700)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_what_is_no_file_is_refused_at_once(self):
        os.mkfifo(self.folder / "fifo")
        (self.folder / "directory").mkdir()
        (self.folder / "dangling").symlink_to("nowhere")
        self.refused("fifo", "no regular file")
        self.refused("/dev/zero", "no regular file")
        self.refused("directory", "it is a directory")
        self.refused("missing", "No such file")
        self.refused("dangling", "No such file")
        self.refused("", "No such file")

    def test_a_file_of_100_mb_is_refused_without_reading_it(self):
        with open(self.folder / "large", "wb") as file:
            file.truncate(100_000_000)
        self.refused("large", "larger than 1MiB")

    @unittest.skipIf(os.geteuid() == 0, "root reads everything")
    def test_an_unreadable_file_is_named(self):
        self.write("", "locked")
        (self.folder / "locked").chmod(0)
        self.refused("locked", "Permission denied")

    def test_what_is_no_toml_is_one_problem(self):
        for number, bytes_ in enumerate([
                b"a = 1\0", b"a = '\xff\xfe'", b"[[[[[[", b"a = " + b"[" * 1_000_000,
                b"a" + b".a" * 500_000 + b" = 1", b"a = " + b"{a = " * 200_000,
                b"x" * 1_000_000, b"\x7fELF\x02\x01\x01\0" * 1000, b'a = "' + b"\\" * 99_999]):
            with self.subTest(number=number):
                (self.folder / "bad").write_bytes(bytes_)
                self.refused("bad", "bad")

    def test_a_large_valid_file_is_read_quickly(self):
        routes = "".join(f'[[route]]\npath = "/{i}"\ntimeout = "2s"\n' for i in range(9_000))
        self.write(UPSTREAM + routes)
        done = self.curfew("check")
        self.assertIn("9000 routes", done.stdout)


class Init(Folder):
    def test_it_writes_a_file_that_check_accepts_and_says_what_it_found(self):
        self.write("fastapi\nuvicorn\n", "requirements.txt")
        self.write("app = FastAPI()\n", "main.py")
        done = self.curfew("init")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("found requirements.txt", done.stdout)
        self.assertIn('"uvicorn", "main:app"', (self.folder / "curfew.toml").read_text())
        self.assertIn("1 upstream", self.curfew("check").stdout)

    def test_quiet_is_quiet_and_writes_all_the_same(self):
        done = self.curfew("init", "--quiet")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(self.curfew("check").returncode, 0)

    def test_it_never_overwrites(self):
        self.write("mine")
        done = self.curfew("init")
        self.assertEqual(done.returncode, 2)
        self.assert_one_sentence(done.stderr, "exists already")
        self.assertEqual((self.folder / "curfew.toml").read_text(), "mine")
        self.assertEqual(os.listdir(self.folder), ["curfew.toml"])

    def test_json_names_the_evidence(self):
        self.write("module x\n", "go.mod")
        said = json.loads(self.curfew("init", "--json").stdout)
        conforms(said, schema("init"))
        self.assertEqual(said["found"][0]["file"], "go.mod")
        self.assertIn("which package is the server", said["unknown"][0])

    def test_what_cannot_be_known_is_said_and_written_down(self):
        self.write('{"scripts": {"start": "node ."}}', "package.json")
        done = self.curfew("init")
        self.assertIn("not known: on which port it listens; 3000 is what is usual", done.stdout)
        self.assertIn("# Not known: on which port", (self.folder / "curfew.toml").read_text())

    def test_what_cannot_be_written_is_one_sentence_and_an_error_of_the_machine(self):
        self.write("", "file")
        for path, reason in (("nowhere", "No such file"), ("file", "Not a directory"),
                             ("/proc", "")):
            done = self.curfew("init", path)
            self.assertEqual(done.returncode, 125, path)
            self.assert_one_sentence(done.stderr, f"{path}/curfew.toml", reason)


class Usage(Case):
    def test_version(self):
        self.assertRegex(run("--version").stdout, r"^curfew \d+\.\d+\.\d+\n$")
        conforms(json.loads(run("version", "--json").stdout), schema("version"))

    def test_help_and_completions_are_told_as_json_too(self):
        told = json.loads(run("help", "--json").stdout)
        conforms(told, schema("help"))
        names = [verb["name"] for verb in told["verbs"]]
        self.assertIn("serve", names)
        for name in names:
            one = json.loads(run(name, "--help", "--json").stdout)
            conforms(one, schema("help"))
            self.assertEqual([verb["name"] for verb in one["verbs"]],
                             names if name == "help" and len(one["verbs"]) > 1 else [name])
        self.assertEqual(run("help", "policy", "--json").stdout, run("check", "--schema").stdout)
        for shell in ("bash", "zsh", "fish"):
            told = json.loads(run("completions", shell, "--json").stdout)
            conforms(told, schema("completions"))
            self.assertEqual(told["script"], run("completions", shell).stdout)

    def test_every_verb_takes_the_common_flags(self):
        common = ("--config", "curfew.toml", "--env", "staging", "--json", "--quiet", "--color",
                  "never")
        for verb, *words in (("check",), ("version",), ("help",), ("completions", "bash"),
                             ("init", "."), ("demo", "--seed", "x"), ("serve", "--workers", "0")):
            done = run(verb, *words, *common, policy=UPSTREAM)
            self.assertNotRegex(done.stderr, "has no flag|does not take", verb)
            expected = 2 if verb in ("init", "demo", "serve") else 0
            self.assertEqual(done.returncode, expected, (verb, done.stderr))

    def test_help_on_every_verb_it_lists(self):
        page = run("help").stdout
        verbs = re.findall(r"^  ([a-z]+)  ", page.split("exit codes:")[0], re.M)
        self.assertLessEqual({"check", "init", "version", "help", "completions"}, set(verbs))
        for verb in verbs:
            self.assertIn(f"usage: curfew {verb}", run("help", verb).stdout)
            self.assertEqual(run(verb, "--help").stdout, run("help", verb).stdout)

    def test_bad_usage_is_one_sentence_a_hint_and_2(self):
        for arguments, word in (([], "a verb is needed"),
                                (["chekc"], "did you mean `curfew check`?"),
                                (["check", "--jsno"], "did you mean --json?"),
                                (["check", "extra"], "does not take `extra`"),
                                (["check", "--env"], "needs a value"),
                                (["help", "chekc"], "did you mean `curfew help check`?"),
                                (["completions"], "bash, zsh or fish")):
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assert_one_sentence(done.stderr, word)

    def test_the_pages_in_docs_are_what_the_binary_says(self):
        self.assertEqual(run("help", "policy").stdout, (ROOT / "docs/policy.md").read_text())
        self.assertEqual(run("check", "--schema").stdout,
                         (ROOT / "docs/schema/curfew.toml.json").read_text())

    def test_an_editor_agrees_with_check(self):
        """What the schema for editors says of a file is what `check` says of it."""
        editor = json.loads(run("check", "--schema").stdout)
        good = (ROOT / "fuzz/corpus/policy_policy/routes_and_environments").read_text()
        self.assertEqual(run("check", policy=good).returncode, 0)
        conforms(tomllib.loads(good), editor)
        for bad in ("colour = 1", "request.timeout = 30", 'request.timeout = "30"',
                    'request.timeout = ""', "gateway.queue = -1", "gateway.queue = 100001",
                    'server.log_format = "xml"', "limiter.route_share = 2",
                    'http.body_bytes = "none"', 'route = [{path = "a"}]', "route = {}",
                    'upstream.a = {urls = ["https://x"]}', 'env.x.request.slow = "1"'):
            with self.subTest(bad=bad):
                self.assertFalse(accepts(tomllib.loads(bad), editor))
                self.assertEqual(run("check", policy=bad).returncode, 2)

    def test_a_result_that_cannot_be_written_is_125(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([BINARY, "help"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 125)
        self.assert_one_sentence(done.stderr, "cannot be written")

    def test_bash_completes_verbs_flags_and_keys(self):
        script = run("completions", "bash").stdout + """
complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _curfew; echo "${COMPREPLY[*]}"; }
complete_words curfew che
complete_words curfew check --sch
complete_words curfew check --explain request.t
complete_words curfew help in
"""
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=15)
        self.assertEqual(done.stdout.splitlines(),
                         ["check", "--schema", "request.timeout", "init"], done.stderr)

    def test_the_man_page_is_roff(self):
        page = run("help", "--man").stdout
        self.assertTrue(page.startswith(".TH CURFEW 1"))
        self.assertIn("\\-\\-explain KEY", page)


if __name__ == "__main__":
    unittest.main()
