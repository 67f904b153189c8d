"""tools/check_docs, run on small trees made for each rule."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools" / "check_docs"


class CheckDocs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = Path(folder.name)
        self.write("src/ws/utf8.h", "class Utf8 {", "  void feed();", "};")
        self.write("src/ws/utf8.cpp", "void Utf8::feed() {}", 'constexpr auto kName = "switchboard_bytes_total";')

    def write(self, name, *lines):
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(line + "\n" for line in lines))

    def check(self):
        done = subprocess.run([sys.executable, TOOL, self.tree], capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def assert_passes(self, *lines):
        self.write("docs/A.md", *lines)
        self.assertEqual(self.check(), (0, ""))

    def assert_fails(self, line, *expected):
        self.write("docs/A.md", "", line)
        code, output = self.check()
        self.assertEqual((code, output), (1, "".join(f"docs/A.md:2: {text}\n" for text in expected)))

    def test_links_to_what_is_there_pass(self):
        self.write("README.md", "# Top", "[a](docs/A.md) [b](docs/) [c](./docs/A.md#here-it-is) [d](#top)")
        self.assert_passes("## Here it is", "[up](../README.md#top) [web](https://example.com/x#y) [m](mailto:a@b.c)",
                           "[![picture](../README.md)](../src/ws/utf8.h)", "[named]: ../README.md")

    def test_links_to_what_is_not_there_fail(self):
        self.assert_fails("[a](B.md)", "link: B.md is not there")
        self.assert_fails("[a](../src/ws/utf9.h) and [b](x/)", "link: ../src/ws/utf9.h is not there", "link: x/ is not there")
        self.assert_fails("[named]: B.md", "link: B.md is not there")
        self.assert_fails("[out](../../../etc/passwd)", "link: ../../../etc/passwd is not there")

    def test_anchors_are_headings_as_github_names_them(self):
        self.write("README.md", "# A `b` c: *d*, e-f_g", "## Same", "## Same", '<a id="by_hand"></a>')
        self.assert_passes("[1](../README.md#a-b-c-d-e-f_g) [2](../README.md#same) [3](../README.md#same-1)",
                           "[4](../README.md#by_hand)")
        self.assert_fails("[1](../README.md#same-2) [2](#nowhere)", "anchor: ../README.md has no heading #same-2",
                          "anchor: A.md has no heading #nowhere")

    def test_what_looks_like_a_heading_or_a_link_in_a_block_of_code_is_none(self):
        self.assert_passes("```", "# not a heading", "[a](B.md) `src/nothing.cpp`", "```", "`[a](B.md)`")
        self.assert_fails("[a](#not-a-heading)", "anchor: A.md has no heading #not-a-heading")

    def test_paths_that_are_there_pass(self):
        self.write("tests/fuzz/corpus/frames/found_1", "")
        self.assert_passes("`src/ws/utf8.cpp` `src/ws/` `src/ws` `ws/utf8.h` `ws/utf8` `utf8.cpp` `src/*/utf8.h`",
                           "`tests/fuzz/corpus/TARGET/found_...` `tests/fuzz/corpus/TARGET/found_1`",
                           "`/etc/switchboard` `a/b` `text/plain` `GET /ws` `http/1.1` `application/json`")

    def test_paths_that_are_not_there_fail(self):
        for path in ("src/ws/utf9.cpp", "src/ws/utf8.cpp/", "src/xs/", "ws/utf9", "tests/ws/", "tools/check_nothing",
                     "src/*/utf9.h", ".ci/walk"):
            with self.subTest(path):
                self.assert_fails(f"see `{path}`", f"path: there is no {path}")
        self.assert_fails("see `utf9.cpp`", "path: there is no file utf9.cpp")

    def test_members_are_in_the_sources(self):
        self.assert_passes("`Utf8::feed` `Utf8::feed()` `std::span` `Utf8::feed` in `src/ws/utf8.cpp`",
                           "`Utf8::feed`, `kName` and `Utf8::fe...` in `src/ws/utf8.cpp`")
        self.assert_fails("`Utf8::eat`", "name: `Utf8::eat` is nowhere in src/")
        self.assert_fails("`Utf9::feed`", "name: `Utf9::feed` is nowhere in src/")

    def test_a_name_said_to_be_in_a_file_is_in_that_file(self):
        self.assert_fails("`kName` in `src/ws/utf8.h`", "name: `kName` is not in src/ws/utf8.h")
        self.assert_fails("`feed` and `eat` in `src/ws/utf8.cpp`", "name: `eat` is not in src/ws/utf8.cpp")
        self.assert_fails("`problems_of_...` in `src/ws/utf8.cpp`", "name: `problems_of_...` is not in src/ws/utf8.cpp")

    def test_every_metric_has_a_row(self):
        self.write("src/a.cpp", 'auto a{"switchboard_a_total"}, b{"switchboard_b"}, c{"process_c"}, d{"switchboard"};')
        rows = ["| metric | meaning |", "| --- | --- |", "| `switchboard_a_total{code}`, `switchboard_b` | a |",
                "| `process_c` | c `switchboard_bytes_total` |"]
        self.write("docs/OPERATIONS.md", *rows)
        self.assertEqual(self.check(),
                         (1, "docs/OPERATIONS.md:1: metric: there is no row for `switchboard_bytes_total`\n"))
        self.write("docs/OPERATIONS.md", *rows, "| `switchboard_bytes_total` | d |")
        self.assertEqual(self.check(), (0, ""))

    def test_settings_are_those_of_the_printed_configuration(self):
        self.write("packaging/switchboard.toml", "[limits]", "rooms_max = 5", "[rooms.default]", "# members_max = 3")
        self.assert_passes("`limits.rooms_max` `rooms.members_max` `limits.rooms_...` `other.thing`")
        self.assert_fails("`limits.room_max`", "setting: `limits.room_max` is no setting")
        self.assert_fails("`limits.members_...`", "setting: `limits.members_...` is no setting")

    def test_metrics_are_in_the_sources(self):
        self.assert_passes("`switchboard_bytes_total` `switchboard_bytes_...`")
        self.assert_fails("`switchboard_bites_total`", "metric: `switchboard_bites_total` is nowhere in src/")

    def test_what_has_been_may_be_named_in_the_changelog(self):
        self.write("CHANGELOG.md", "`src/ws/gone.cpp` `Utf9::feed` `switchboard_gone_total`")
        self.assert_passes("")
        self.write("CHANGELOG.md", "[but](links/must/work.md)")
        self.assertEqual(self.check(), (1, "CHANGELOG.md:1: link: links/must/work.md is not there\n"))

    def test_other_peoples_documents_are_not_looked_at(self):
        self.write("web/node_modules/x/README.md", "[a](gone.md)")
        self.write("build/debug/README.md", "[a](gone.md)")
        self.assert_passes("")

    def test_a_tree_that_is_none_is_an_error(self):
        done = subprocess.run([sys.executable, TOOL, self.tree / "nothing"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
