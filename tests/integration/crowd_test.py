"""19,000 connections: joined, answering heartbeats, held; then all leave, and everything is as it was."""

import json
import os
import subprocess
import tempfile
import unittest

from client import Pair
from harness import BINARY, SANITIZED, Server, until

CROWD = 2_000 if SANITIZED else 19_000
ROOMS = 190
# The allocator keeps a crowd's memory for the next; a second crowd must find it there. Below 140 bytes a connection.
MARGIN_BYTES = CROWD * 140


class Crowd(unittest.TestCase):
    def setUp(self):
        self.result_file = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), "result.json")

    def hold(self, server, seconds):
        """Begins one crowd's visit, which lasts so long once everybody has joined."""
        arguments = [BINARY, "bench", "--url", server.url, "-n", str(CROWD), "--rooms", str(ROOMS), "--hold",
                     "--time", str(seconds), "--json", self.result_file]
        for host in range(2, 6):
            arguments += ["--source", f"127.0.0.{host}"]
        load = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(load.stderr.close)
        self.addCleanup(load.kill)
        return load

    def finish(self, load):
        """Waits for its end; nobody may have been closed."""
        _, errors = load.communicate(timeout=60)
        self.assertEqual(load.returncode, 0, errors)
        with open(self.result_file, encoding="utf-8") as file:
            result = json.load(file)
        self.assertEqual((result["joined"], result["closed"], result["unexpected"]), (CROWD, {}, 0))

    def test_a_crowd_is_held_and_leaves_nothing_behind(self):
        settings = {"heartbeat.ping_interval_ms": 3_000, "heartbeat.pong_timeout_ms": 3_000, "log.level": "warn"}
        with Server(settings=settings) as server:
            pair = Pair(server.url)
            empty_bytes = server.resident_bytes()
            self.finish(self.hold(server, 1))  # a first one, after which the server has what it keeps
            server.wait_for_health(active_connections=2, rooms=1, members=2)
            warm_bytes = server.resident_bytes()

            load = self.hold(server, 12)
            server.wait_for_health(deadline_s=60, active_connections=CROWD + 2, members=CROWD + 2, rooms=ROOMS + 1)
            full_bytes = server.resident_bytes()
            pings = server.metric("switchboard_pings_sent_total")
            pongs = server.metric("switchboard_pongs_received_total")
            pair.talk()
            # Two heartbeats of everybody.
            until(lambda: server.metric("switchboard_pongs_received_total") >= pongs + 2 * CROWD, "heartbeats", 30)
            self.assertGreaterEqual(server.metric("switchboard_pings_sent_total"), pings + 2 * CROWD)
            self.assertEqual(server.health()["active_connections"], CROWD + 2)
            self.assertEqual(server.metric('switchboard_disconnects_total{code="4201"}'), 0)
            self.finish(load)

            server.wait_for_health(active_connections=2, rooms=1, members=2)
            self.assertEqual(server.metric('switchboard_disconnects_total{code="4201"}'), 0)
            if not SANITIZED:
                self.assertLess(server.resident_bytes() - warm_bytes, MARGIN_BYTES)
            print(f"{CROWD} connections: {(full_bytes - empty_bytes) / CROWD:.0f} bytes each; the server had "
                  f"{empty_bytes >> 10} KB before the first, {warm_bytes >> 10} KB after the first crowd, "
                  f"{server.resident_bytes() >> 10} KB after the second")
            pair.talk()
            pair.close()
            server.stop()


if __name__ == "__main__":
    unittest.main()
