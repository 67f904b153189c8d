"""The ops port: what it says, that it counts right, and that Prometheus can read it."""

import contextlib
import json
import shutil
import socket
import subprocess
import unittest
import urllib.error
import urllib.request

import exposition
from client import Client, Pair
from harness import Server
from raw_peer import RawPeer


class Ops(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        # A heartbeat is a frame that is sent, too, and the first may come at any time.
        self.server = self.enterContext(Server(settings={"heartbeat.ping_interval_ms": 0}))

    def test_health_has_its_fields(self):
        health = self.server.health()
        for name in ["active_connections", "connections_total", "messages_sent", "messages_received",
                     "messages_per_second", "rooms", "uptime_seconds"]:
            self.assertIn(name, health)
        self.assertTrue(health["ready"])
        self.assertLess(health["uptime_seconds"], 60)

    def test_alive_and_ready(self):
        self.assertEqual(self.server.get("/healthz"), (200, "ok\n"))
        self.assertEqual(self.server.get("/readyz"), (200, "ready\n"))
        self.assertEqual(self.server.get("/nothing")[0], 404)

    def test_a_post_is_answered_with_what_is_answered_instead(self):
        for url in (self.server.ops + "/health", self.server.http + "/", self.server.http + "/ws"):
            for body in (b"", b"x", b"x" * 10_000):
                with self.subTest(url, bytes=len(body)), self.assertRaises(urllib.error.HTTPError) as refused:
                    urllib.request.urlopen(url, data=body, timeout=10)
                with refused.exception as answer:
                    self.assertEqual((answer.code, answer.headers["Allow"]), (405, "GET, HEAD, OPTIONS"))

    def test_the_metrics_keep_the_rules_of_their_format(self):
        status, body = self.server.get("/metrics")
        self.assertEqual(status, 200)
        self.assertGreater(body.count("# TYPE "), 50)
        self.assertEqual(exposition.problems(body), [])

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed (Debian has it in `prometheus`, a whole service)")
    def test_prometheus_accepts_the_metrics(self):
        status, body = self.server.get("/metrics")
        self.assertEqual(status, 200)
        checked = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True, text=True,
                                 timeout=60)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))

    async def test_counters_are_right_after_known_traffic(self):
        clients = [await Client.open(self.server.url) for _ in range(3)]
        for number, client in enumerate(clients):
            await client.join("r", f"u{number}")
        for _ in range(10):
            await clients[0].send(type="broadcast", room_id="r", content="x")
        for client in clients:
            for _ in range(10):
                await client.receive()
        await clients[1].ask(type="leave", room_id="r")
        await clients[2].ask(type="leave", room_id="nowhere")
        await clients[2].ask(type="ping")
        health = self.server.health()
        for name, value in {"active_connections": 3, "connections_total": 3, "rooms": 1, "members": 2,
                            "messages_received": 3 + 10 + 1 + 1 + 1, "messages_sent": 3 + 30 + 1 + 1 + 1,
                            "messages_dropped": 0}.items():
            self.assertEqual(health[name], value, name)
        for name, value in {"switchboard_joins_total": 3, "switchboard_leaves_total": 1,
                            "switchboard_publishes_total": 10, "switchboard_commits_total": 10,
                            'switchboard_messages_sent_total{kind="room"}': 30,
                            'switchboard_errors_total{code="not_joined"}': 1,
                            "switchboard_handshakes_total": 3}.items():
            self.assertEqual(self.server.metric(name), value, name)
        for client in clients:
            await client.close()
        self.server.wait_for_health(active_connections=0, rooms=0, members=0, connections_total=3)
        self.assertEqual(self.server.metric('switchboard_disconnects_total{code="1000"}'), 3)
        self.assertEqual(self.server.metric("switchboard_room_log_bytes"), 0)

    def test_json_log_says_who_and_why_and_never_what(self):
        with Server(settings={"log.format": "json"}, ops="off") as server:
            self.assertIsNone(server.ops)
        self.assertEqual(json.loads(server.lines[0])["event"], "configured")
        pair = Pair(self.server.url, room_id="secret-room")
        pair.talk()
        pair.close()
        line = self.server.wait_for_line(r"disconnected .*user=ann")
        self.assertRegex(line, r"addr=127\.0\.0\.1:\d+ .*code=1000 by=client reason=.closed by the client. lived_ms=\d")

    def test_it_answers_under_addresses_and_localhost_only(self):
        for host in ("127.0.0.1", "127.0.0.1:1", "localhost:8081", "LOCALHOST.", "[::1]:8081"):
            self.assertEqual(self.server.get("/health", host=host)[0], 200, host)
        for host in ("rebound.example.com", "rebound.example.com:8081", "127.0.0.1.example.com", "localhost.example.com"):
            status, body = self.server.get("/health", host=host)
            self.assertEqual(status, 421, host)
            self.assertIn("server.ops_hosts", body)
        with Server(settings={"server.ops_hosts": "switchboard,*.ops.example"}) as server:
            self.assertEqual(server.get("/health", host="switchboard:8081")[0], 200)
            self.assertEqual(server.get("/health", host="a.ops.example")[0], 200)
            self.assertEqual(server.get("/health", host="other.example")[0], 421)

    def test_a_probe_is_answered_however_others_hold_it_up(self):
        address = (self.server.address[0], int(self.server.ops.rpartition(":")[2]))
        ways = {"say nothing": b"", "begin a head": b"G", "do not end it": b"GET /health HTTP/1.1\r\nX: ",
                "do not take the answer": b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "go on sending": b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" + b"x" * 1_000}
        for way, bytes_sent in ways.items():
            with self.subTest(way):
                peers = []
                for _ in range(300):
                    peers.append(RawPeer(address, receive_buffer=2_048))
                    with contextlib.suppress(ConnectionError):
                        peers[-1].send(bytes_sent)
                    if len(peers) % 50 == 0:
                        self.assertEqual(self.server.get("/healthz"), (200, "ok\n"))
                for peer in peers:
                    peer.socket.close()

    def test_a_script_that_reads_up_to_the_end_comes_to_it(self):
        address = (self.server.address[0], int(self.server.ops.rpartition(":")[2]))
        for path in ("/healthz", "/metrics", "/nothing"):
            with self.subTest(path), socket.create_connection(address, 10) as peer:
                peer.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                answer = b""
                while piece := peer.recv(65536):
                    answer += piece
                self.assertTrue(answer.startswith(b"HTTP/1.1 "), answer[:100])

    def test_several_requests_are_answered_on_one_connection(self):
        address = (self.server.address[0], int(self.server.ops.rpartition(":")[2]))
        with socket.create_connection(address, 10) as peer:
            peer.sendall(b"".join(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n"
                                  for path in (b"/healthz", b"/readyz", b"/healthz")))
            answers = b""
            while piece := peer.recv(65536):
                answers += piece
        self.assertEqual(answers.count(b"HTTP/1.1 200 OK"), 3, answers)
        self.assertLess(answers.index(b"\r\n\r\nok\n"), answers.index(b"\r\n\r\nready\n"))

    def test_broken_requests_and_idle_connections_do_not_block_it(self):
        address = self.server.ops.removeprefix("http://").split(":")
        address = (address[0], int(address[1]))
        idle = [RawPeer(address) for _ in range(20)]
        for garbage, status in [(b"\x16\x03\x01\x00", 400), (b"GET / HTTP/1.1\r\n\r\n", 400),
                                (b"X" * 20_000, 414), (b"DELETE /health HTTP/1.1\r\nHost: x\r\n\r\n", 405)]:
            with RawPeer(address) as peer:
                peer.send(garbage)
                self.assertEqual(peer.read_head()[0], status)
        self.assertEqual(self.server.get("/healthz")[0], 200)
        for peer in idle:
            peer.socket.close()


if __name__ == "__main__":
    unittest.main()
