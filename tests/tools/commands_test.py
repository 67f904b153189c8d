"""./run and ./test, with compilers and package managers that only write down that they were called."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = '#!/bin/sh\necho "program: $*"\n'


class Commands(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = Path(folder.name) / "tree"
        (self.tree / "tools").mkdir(parents=True)
        for name in ("run", "test", "tools/steps.sh", "CMakePresets.json"):
            shutil.copy(ROOT / name, self.tree / name)
        self.tools = Path(folder.name) / "bin"
        self.tools.mkdir()
        self.calls = Path(folder.name) / "calls"
        for name in ("apt-get", "sudo", "npm", "node", "g++"):
            self.tool(name, "echo 99")
        self.tool("cmake", 'case $1 in --version) echo "cmake version 3.99.0" ;; '
                           '*) mkdir -p build/$2 && touch build/$2/build.ninja && '
                           'echo "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" >build/$2/CMakeCache.txt ;; esac')
        self.tool("ctest", 'echo "100% tests passed, 0 tests failed out of 1"')
        self.builds(20)

    def tool(self, name, script):
        path = self.tools / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.calls}"\n{script}\n')
        path.chmod(0o755)

    def builds(self, steps):
        """ninja says that many steps, and the program is there behind them."""
        program = f"cat >switchboard <<'EOF'\n{BINARY}EOF\nchmod 755 switchboard"
        said = "".join(f"[{step}/{steps}] Building CXX object x{step}.o\n" for step in range(1, steps + 1))
        self.tool("ninja", f"cat <<'EOF'\n{said or 'ninja: no work to do.'}\nEOF\n{program}")

    def call(self, *command):
        environment = {"PATH": f"{self.tools}:/usr/local/bin:/usr/bin:/bin", "HOME": str(self.tree)}
        done = subprocess.run([self.tree / command[0], *command[1:]], capture_output=True, text=True, check=False,
                              env=environment, stdin=subprocess.DEVNULL, cwd=os.sep)
        self.called = self.calls.read_text().splitlines() if self.calls.exists() else []
        return done

    def test_help_installs_and_builds_nothing(self):
        for command in (["run", "--help"], ["run", "-h"], ["run", "--listen", ":80", "--help"], ["test", "--help"],
                        ["test", "-h"]):
            with self.subTest(command):
                done = self.call(*command)
                self.assertEqual((done.returncode, done.stderr, self.called), (0, "", []))
                self.assertTrue(done.stdout.startswith(f"usage: ./{command[0]} ["), done.stdout)
                self.assertFalse((self.tree / "build").exists())

    def test_help_lists_the_programs_arguments_once_it_is_built(self):
        self.assertIn("--set SECTION.KEY=VALUE", self.call("run", "--help").stdout)
        self.call("run", "--build-only")
        self.calls.unlink()
        done = self.call("run", "--help")
        self.assertIn("program: serve --help", done.stdout)
        self.assertEqual(self.called, [])

    def test_the_arguments_that_help_names_are_the_programs(self):
        source = "".join((ROOT / f"src/cli/{name}.cpp").read_text() for name in ("serve", "serve_flags", "config_options"))
        named = re.findall(r"^  (--[a-z-]+) [A-Z]", self.call("run", "--help").stdout, re.MULTILINE)
        self.assertIn("--listen", named)
        for flag in named:
            self.assertIn(f'"{flag}', source)

    def test_build_only_says_the_path_alone_on_standard_output(self):
        done = self.call("run", "--build-only")
        self.assertEqual((done.returncode, done.stdout), (0, f"{self.tree}/build/release/switchboard\n"))

    def test_without_a_terminal_progress_is_whole_lines_now_and_then(self):
        done = self.call("run", "--build-only")
        self.assertNotIn("\r", done.stderr)
        self.assertNotIn("\x1b", done.stderr)
        lines = done.stderr.splitlines()
        self.assertEqual(lines[:2], ["./run: configuring (release)", "./run: building (release): 20 steps"])
        for line, step in zip(lines[2:], range(2, 20, 2)):
            self.assertRegex(line, rf"^\./run: building \(release\): {step} of 20 steps after \d+ s, about \d+ s to go$")
        self.assertRegex(lines[11], r"^\./run: building \(release\) took \d+ s$")
        self.assertEqual(len(lines), 12)

    def test_many_steps_make_few_lines(self):
        self.builds(2_000)
        self.assertLess(len(self.call("run", "--build-only").stderr.splitlines()), 30)

    def test_when_nothing_is_to_do_nothing_is_said(self):
        self.call("run", "--build-only")
        self.builds(0)
        self.assertEqual(self.call("run", "--build-only").stderr, "")

    def test_run_starts_the_program_with_its_arguments(self):
        done = self.call("run", "--listen", "127.0.0.1:1", "--shards", "2")
        self.assertEqual((done.returncode, done.stdout), (0, "program: serve --listen 127.0.0.1:1 --shards 2\n"))

    def test_a_build_that_fails_shows_why(self):
        self.tool("ninja", "echo '[1/2] Building CXX object x.o'\necho 'x.cpp:1: error: no'\nexit 1")
        done = self.call("run")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("x.cpp:1: error: no", done.stderr)
        self.assertIn("./run: the build failed; the whole log: ", done.stderr)

    def test_test_says_how_long_it_took_to_begin_and_ends_with_ctests_summary(self):
        done = self.call("test", "-R", "ws/")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr.splitlines()[-1], r"^\./test: ready to test after \d+ s$")
        self.assertEqual(done.stdout.splitlines()[-1], "100% tests passed, 0 tests failed out of 1")
        self.assertIn(f"ctest --test-dir {self.tree}/build/debug --output-on-failure --no-tests=error -j3 -R ws/",
                      self.called)

    def test_no_package_is_a_service_or_conflicts_with_an_ordinary_one(self):
        steps = (ROOT / "tools/steps.sh").read_text()
        packages = re.findall(r"^([a-z0-9.+-]+) +(?:cmd|header|file):", steps, re.MULTILINE)
        self.assertIn("libabsl-dev", packages)
        for package in packages:
            self.assertNotRegex(package, r"^prometheus$|^libboost\d", "see the head of tools/steps.sh")


if __name__ == "__main__":
    unittest.main()
