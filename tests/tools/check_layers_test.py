"""tools/check_layers, run on small trees made for each rule."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools" / "check_layers"


class CheckLayers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = Path(folder.name)
        (self.tree / "src").mkdir()

    def write(self, name, *lines):
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(line + "\n" for line in lines))

    def check(self):
        done = subprocess.run([sys.executable, TOOL, self.tree], capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def assert_passes(self):
        self.assertEqual(self.check(), (0, ""))

    def assert_fails(self, *expected):
        code, output = self.check()
        self.assertEqual(code, 1, output)
        for text in expected:
            self.assertIn(text, output)
        self.assertEqual(len(output.splitlines()), len(expected), output)

    def test_includes_going_down_pass(self):
        self.write("src/shard/shard.h", "#pragma once", '#include "room/log.h"', '#include "shard/sweep.h"')
        self.write("src/ws/connection.h", '#include "http/request.h"', '#include "base/time.h"', "#include <vector>")
        self.assert_passes()

    def test_an_include_going_up_fails_with_its_line(self):
        self.write("src/room/log.h", "#pragma once", "", '#include "shard/sweep.h"')
        self.assert_fails("src/room/log.h:3: down-only: room/ may not include \"shard/sweep.h\"")

    def test_every_neighbouring_pair_of_layers_goes_down_only(self):
        layers = ["cli", "server", "ops", "listen", "config", "log", "shard", "session", "auth", "wire", "broker"]
        layers += ["room", "protocol", "ws", "http", "net", "base"]
        for upper, lower in zip(layers, layers[1:]):
            self.write(f"src/{upper}/down.h", f'#include "{lower}/x.h"')
            self.write(f"src/{lower}/up.h", f'#include "{upper}/x.h"')
        self.assert_fails(*(f"src/{lower}/up.h:1: down-only" for lower in layers[1:]))

    def test_brokers_know_neither_frames_nor_clients_words(self):
        self.write("src/broker/journal.cpp", '#include "room/settings.h"', '#include "ws/frame_writer.h"')
        self.write("src/broker/page.cpp", '#include "protocol/push.h"')
        self.assert_fails(
            'src/broker/journal.cpp:2: wall: broker/ may not include "ws/frame_writer.h"',
            'src/broker/page.cpp:1: wall: broker/ may not include "protocol/push.h"',
        )

    def test_an_include_without_its_layer_fails(self):
        self.write("src/room/log.cpp", '#include "log.h"')
        self.assert_fails("src/room/log.cpp:1: down-only")

    def test_a_folder_that_is_no_layer_fails(self):
        self.write("src/common/things.h", "#pragma once")
        self.assert_fails("src/common/things.h:1: down-only: common/ is not a layer")

    def test_an_include_in_a_comment_does_not_count(self):
        self.write("src/room/log.h", '// #include "shard/sweep.h"')
        self.assert_passes()

    def test_headers_in_a_circle_fail(self):
        self.write("src/room/a.h", '#include "room/b.h"')
        self.write("src/room/b.h", '#include "room/c.h"')
        self.write("src/room/c.h", '#include "room/a.h"')
        self.assert_fails("no-cycle: room/a.h -> room/b.h -> room/c.h -> room/a.h")

    def test_two_sources_that_use_each_others_headers_pass(self):
        self.write("src/room/a.cpp", '#include "room/a.h"', '#include "room/b.h"')
        self.write("src/room/b.cpp", '#include "room/a.h"', '#include "room/b.h"')
        self.assert_passes()

    def test_kernel_headers_are_for_net_and_the_process(self):
        for layer in ("net", "server", "cli"):
            self.write(f"src/{layer}/x.cpp", "#include <sys/socket.h>", "#include <unistd.h>")
        self.write("src/base/random.cpp", "#include <sys/random.h>")
        self.assert_passes()

    def test_a_kernel_header_elsewhere_fails(self):
        self.write("src/session/x.cpp", "#include <sys/epoll.h>")
        self.write("src/base/other.cpp", "#include <vector>", "#include <unistd.h>")
        self.assert_fails(
            "src/base/other.cpp:2: kernel: <unistd.h> belongs in net/",
            "src/session/x.cpp:1: kernel: <sys/epoll.h> belongs in net/",
        )

    def test_a_heavy_header_may_be_in_one_source_of_its_layer(self):
        self.write("src/config/a.cpp", "#include <toml++/toml.h>")
        self.assert_passes()
        self.write("src/config/b.cpp", "#include <toml++/toml.h>")
        self.assert_fails("src/config/b.cpp:1: one-file: <toml++/toml.h> is in src/config/a.cpp already")

    def test_a_heavy_header_in_a_header_or_another_layer_fails(self):
        self.write("src/http/parser.h", "#include <toml++/toml.h>")
        self.write("src/shard/x.cpp", "#include <spdlog/spdlog.h>")
        self.assert_fails("src/http/parser.h:1: one-file", "src/shard/x.cpp:1: one-file")

    def test_the_hash_table_is_known_to_one_header(self):
        self.write("src/base/flat_map.h", "#include <absl/container/flat_hash_map.h>")
        self.assert_passes()
        self.write("src/base/other.cpp", "#include <absl/container/flat_hash_set.h>")
        self.write("src/room/x.h", "#include <absl/container/flat_hash_map.h>")
        self.write("src/ws/y.cpp", "#include <boost/unordered/unordered_flat_map.hpp>")
        self.assert_fails(
            "src/base/other.cpp:1: one-file: <absl/container/flat_hash_set.h> belongs in src/base/flat_map.h; include that",
            "src/room/x.h:1: one-file: <absl/container/flat_hash_map.h> belongs in src/base/flat_map.h; include that",
            "src/ws/y.cpp:1: one-file: <boost/unordered/unordered_flat_map.hpp>: boost/ is not used in this project",
        )

    def test_lengths_at_their_limits(self):
        self.write("src/room/just.cpp", *["//"] * 600)
        self.write("tests/room/just_test.cpp", *["//"] * 800)
        code, output = self.check()
        self.assertEqual((code, output), (0, "warning: src/room/just.cpp: 600 lines; over 400 needs a reason\n"))

    def test_lengths_past_their_limits_fail(self):
        self.write("src/room/long.cpp", *["//"] * 601)
        self.write("tests/room/long_test.cpp", *["//"] * 801)
        self.assert_fails("src/room/long.cpp:601: length: 601", "tests/room/long_test.cpp:801: length: 801")

    def test_a_tree_without_sources_is_an_error(self):
        done = subprocess.run([sys.executable, TOOL, self.tree / "src"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
