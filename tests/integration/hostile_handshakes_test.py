"""Requests and connections that mean harm, one attack a test: each gets the documented answer (docs/OPERATIONS.md,
"Hostile clients"), and nobody else notices (hostile.py).

What single broken frames and requests get is in hostile_peers_test.py; here they come in numbers, or without end.
"""

import contextlib
import random
import threading
import time
import unittest

from harness import until
from hostile import HostileClients, sustained
from raw_peer import HANDSHAKE, RawPeer

COMMAND = '{"type":"ping"}'
PONG_MESSAGE = {"type": "pong"}


class Handshakes(HostileClients):
    settings = {"limits.first_byte_timeout_ms": 400, "limits.handshake_timeout_ms": 1_200}

    def test_slow_headers_by_the_hundred_get_408(self):
        peers = [self.connect() for _ in range(200)]
        for byte in HANDSHAKE + b"X-Slow: " + b"a" * 200:
            for peer in peers:
                self.flood(peer, bytes([byte]))
        for peer in peers:
            self.assertEqual(peer.read_head()[0], 408)
        self.assert_processor_seconds_below(2)

    def test_connections_that_say_nothing_are_closed(self):
        peers = [self.connect() for _ in range(300)]
        for peer in peers:
            self.assertTrue(peer.read_end())
        self.assertLess(time.monotonic() - self.began, 10)
        self.assert_processor_seconds_below(1)

    @sustained
    def test_heads_of_64_kb_get_431(self):
        head = HANDSHAKE + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(64)) + b"\r\n"
        for _ in range(50):
            peer = self.connect()
            self.flood(peer, head)
            self.assertEqual(peer.read_head()[0], 431)
        self.assert_processor_seconds_below(1)

    def test_request_smuggling_shapes_are_refused_and_nothing_behind_them_is_answered(self):
        get = b"GET /ws HTTP/1.1\r\nHost: a\r\n"
        plain = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        for name, request, status in [
            ("two lengths", get + b"Content-Length: 4\r\nContent-Length: 40\r\n\r\n", 400),
            ("the same length twice", get + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\n", 400),
            ("a list of lengths", get + b"Content-Length: 4, 4\r\n\r\n", 400),
            ("length and chunks", get + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("chunks and length", get + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400),
            ("chunks", get + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("unknown coding", get + b"Transfer-Encoding: xchunked\r\n\r\n", 400),
            ("coding behind a space", get + b"Transfer-Encoding : chunked\r\n\r\n", 400),
            ("coding behind a tab", get + b"Transfer-Encoding:\tchunked\r\n\r\n", 400),
            ("coding behind a vertical tab", get + b"Transfer-Encoding:\x0bchunked\r\n\r\n", 400),
            ("signed length", get + b"Content-Length: +4\r\n\r\nabcd", 400),
            ("negative length", get + b"Content-Length: -1\r\n\r\n", 400),
            ("hexadecimal length", get + b"Content-Length: 0x4\r\n\r\nabcd", 400),
            ("empty length", get + b"Content-Length:\r\n\r\n", 400),
            ("length beyond 64 bits", get + b"Content-Length: 18446744073709551620\r\n\r\n", 400),
            ("a body", get + b"Content-Length: 4\r\n\r\nabcd", 413),
            ("a body with an upgrade", HANDSHAKE + b"Content-Length: 4\r\n\r\nabcd", 413),
            ("bare line feeds", get.replace(b"\r\n", b"\n") + b"\n", 400),
            ("one bare line feed", get + b"X: a\nY: b\r\n\r\n", 400),
            ("bare carriage return in a value", get + b"X: a\rY: b\r\n\r\n", 400),
            ("bare carriage return in the line", b"GET / HTTP/1.1\rHost: a\r\n\r\n", 400),
            ("folded field", get + b"X: a\r\n b\r\n\r\n", 400),
            ("folded first field", b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
            ("two hosts", get + b"Host: b\r\n\r\n", 400),
            ("the same host twice", get + b"Host: a\r\n\r\n", 400),
            ("no host", b"GET / HTTP/1.1\r\n\r\n", 400),
            ("authority for a target", b"GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("CONNECT", b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("asterisk for a target", b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("the server's options", b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 204),
            ("user in a whole target", b"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("NUL in the target", b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("NUL in a name", get + b"X\0Y: a\r\n\r\n", 400),
            ("NUL in a value", get + b"X: a\0b\r\n\r\n", 400),
            ("NUL in the host", b"GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 400),
            ("space in the target", b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("two spaces", b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("tabs for spaces", b"GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("no version", b"GET /\r\nHost: a\r\n\r\n", 400),
            ("name without a colon", get + b"X\r\n\r\n", 400),
            ("empty name", get + b": a\r\n\r\n", 400),
            ("space in the host", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
            ("path in the host", b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        ]:
            with self.subTest(name):
                peer = self.connect()
                self.flood(peer, request + plain)
                answer = b""
                with contextlib.suppress(ConnectionResetError):
                    while data := peer.socket.recv(65536):
                        answer += data
                self.assertTrue(answer.startswith(b"HTTP/1.1 %d " % status), answer[:200])
                self.assertEqual(answer.count(b"HTTP/1.1 "), 1, answer)
                self.assertIn(b"connection: close", answer.lower())

    def test_a_second_request_behind_the_upgrade_is_taken_for_frames(self):
        peer = self.connect()
        peer.send(HANDSHAKE + b"\r\n" + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(peer.read_head()[0], 101)
        self.assert_closed(peer, 1002)

    @sustained
    def test_random_bytes_and_broken_requests_are_refused(self):
        source = random.Random(20_261_124)
        good = HANDSHAKE + b"\r\n"
        for number in range(200):
            if number % 2:
                data = source.randbytes(source.randrange(1, 4_000))
            else:  # a good request with some bytes changed
                data = bytearray(good)
                for _ in range(source.randrange(1, 6)):
                    data[source.randrange(len(data))] = source.randrange(256)
            peer = self.connect()
            self.flood(peer, bytes(data))
            with contextlib.suppress(OSError):
                peer.finish_writing()
            peer.read_end()
            peer.socket.close()
        self.assert_processor_seconds_below(1)


class Connections(HostileClients):
    settings = {"limits.connections_max": 150, "limits.connections_per_address_max": 60,
                "limits.first_byte_timeout_ms": 1_000}

    def test_connect_floods_past_every_limit(self):
        dropped_before = self.server.metric("switchboard_connections_refused_total")
        told_before = self.disconnects(4100)
        for number in range(800):
            self.connect(source=f"127.0.0.{10 + number % 7}")
        for peer in self.peers:
            self.flood(peer, HANDSHAKE + b"\r\n")
        until(lambda: self.server.metric("switchboard_connections_refused_total") > dropped_before + 400,
              "most were dropped without a word")
        self.assertLessEqual(self.server.health()["active_connections"], 150 + 64)
        until(lambda: self.disconnects(4100) >= told_before + 50, "some were told")
        self.close_peers()
        self.server.wait_for_health(active_connections=2)
        self.assertEqual(self.open(source="127.0.0.10").ask(COMMAND), PONG_MESSAGE)
        self.assert_processor_seconds_below(2)

    def test_connections_that_come_and_go_as_fast_as_they_can(self):
        def churn(source):
            for number in range(300):
                with RawPeer(self.server.address, source=source) as peer:
                    if number % 3 == 0:
                        self.flood(peer, HANDSHAKE + b"\r\n")
                    if number % 3 == 1:
                        peer.reset()

        churners = [threading.Thread(target=churn, args=(f"127.0.0.{20 + n}",)) for n in range(4)]
        for churner in churners:
            churner.start()
        for churner in churners:
            churner.join()
        self.server.wait_for_health(active_connections=2)
        self.assert_processor_seconds_below(2)


if __name__ == "__main__":
    unittest.main()
