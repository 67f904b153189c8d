"""`switchboard bench` against the server: it says what it does, leaves properly, and every flood is one."""

import json
import os
import re
import subprocess
import tempfile
import unittest

from harness import BINARY, DEADLINE_S, Server

NO_HISTORY = {"rooms.default.history": "false", "log.level": "warn"}


def bench(*arguments):
    """The result of a run, and what it said meanwhile."""
    done = subprocess.run([BINARY, "bench", "--json", "-", *map(str, arguments)], capture_output=True, text=True,
                          timeout=4 * DEADLINE_S)
    if done.returncode != 0:
        raise AssertionError(f"exit code {done.returncode}: {done.stderr}")
    return json.loads(done.stdout), done.stderr


class Bench(unittest.TestCase):
    def test_a_run_says_what_it_does_and_closes_every_connection_itself(self):
        with Server(settings=NO_HISTORY) as server:
            result, said = bench("--url", server.url, "-n", 30, "--rooms", 3, "--bystanders", 1, "--slow-readers", 2,
                                 "--time", 0.3, "--warmup", 0)
            self.assertIn("30 connections in 3 rooms; 1 publisher, 10 messages/s in all, 100 bytes each", said)
            self.assertIn("--help says what can be changed", said)
            self.assertIn("joining", said, "progress is shown without a terminal, too")
            self.assertEqual((result["joined"], result["closed"], result["lost"]), (32, {}, 0))
            server.wait_for_health(active_connections=0, rooms=0, members=0)
            self.assertEqual(server.metric('switchboard_disconnects_total{code="1000"}'), 32)
            server.stop()

    def test_holding_ends_properly_too(self):
        with Server(settings=NO_HISTORY) as server:
            bench("--url", server.url, "-n", 10, "--hold", "--time", 0.1)
            server.wait_for_health(active_connections=0, rooms=0, members=0)
            self.assertEqual(server.metric('switchboard_disconnects_total{code="1000"}'), 10)
            server.stop()

    def flood(self, server, name, *arguments, url=None, time_s=0.5):
        """A small one."""
        result, said = bench("--url", url or server.url, "--flood", name, "--bystanders", 1, "--time", time_s, "--warmup",
                             0.1, "--pid", server.pid, *arguments)
        self.assertIn(f"flood `{name}`", said)
        for who in ("idle", "flooded"):
            self.assertGreater(result[who]["round_trip"]["count"], 0)
            self.assertEqual((result[who]["lost"], result[who]["closed"]), (0, 0))
        self.assertGreater(result["flood"]["messages"], 0)
        self.assertGreater(result["server"]["rss_max_bytes"], 0)
        server.wait_for_health(active_connections=0, rooms=0, members=0)
        return result["flood"]

    def test_bursts_come_from_everybody_at_once_again_and_again(self):
        with Server(settings=NO_HISTORY) as server:
            flood = self.flood(server, "broadcasts", "-n", 3)
            self.assertGreater(flood["rounds"], 1)
            self.assertGreater(flood["bytes"], 3 * 60_000)
            self.assertEqual((flood["closed"], flood["refused"]), ({}, 0))
            server.stop()

    def test_deflated_bursts_are_inflated(self):
        with Server(settings=NO_HISTORY) as server:
            flood = self.flood(server, "deflated", "-n", 1)
            self.assertEqual((flood["closed"], flood["refused"]), ({}, 0))
            server.stop()

    def test_a_large_room_is_served(self):
        with Server(settings=NO_HISTORY) as server:
            flood = self.flood(server, "large-room", "-n", 50, "--rate", 20)
            self.assertGreaterEqual(flood["messages"], 10)
            self.assertEqual((flood["closed"], flood["refused"]), ({}, 0))
            server.stop()

    def test_a_flood_into_history_has_a_namespace_of_its_own(self):
        with Server(settings=NO_HISTORY | {"rooms.bench-flood.history": "true"}) as server:
            self.flood(server, "history", "-n", 2)
            self.assertGreater(server.metric("switchboard_store_commits_total"), 0)
            server.stop()

    def test_who_is_closed_comes_back(self):
        with Server(settings=NO_HISTORY | {"limits.messages_per_second": 50, "limits.errors_max": 1}) as server:
            flood = self.flood(server, "broadcasts", "-n", 2, time_s=2)
            self.assertGreaterEqual(sum(flood["closed"].values()), 2)
            self.assertGreaterEqual(flood["returns"], 2)
            server.stop()

    def test_keys_are_updated(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        chain, key = os.path.join(folder, "chain.pem"), os.path.join(folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "2", "-subj", "/CN=localhost", "-keyout", key, "-out", chain], check=True, capture_output=True)
        config = f'[tls]\ncertificates = ["{chain}:{key}"]\n[listeners.secure]\naddress = "127.0.0.1:0"\ntls = true\n'
        with Server(settings=NO_HISTORY, config=config) as server:
            self.flood(server, "key-updates", "-n", 2, url=secure_url(server))
            server.stop()


def secure_url(server):
    port = re.search(r"wss://127\.0\.0\.1:(\d+)", server.wait_for_line(r"wss://")).group(1)
    return f"wss://127.0.0.1:{port}/ws"


if __name__ == "__main__":
    unittest.main()
