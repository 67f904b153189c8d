"""Peers that break the rules: each gets the documented answer, and a well-behaved pair never notices.

Every test runs beside such a pair, which talks before and after, on the same server; what was opened must be gone.
"""

import random
import threading
import time
import unittest

from client import Pair
from harness import SANITIZED, Server, until
from raw_peer import (BINARY, CLOSE, CONTINUATION, HANDSHAKE, PING, PONG, TEXT, RawPeer, close_frame, frame)

JOIN = '{"type":"join","room_id":"%s","user_id":"raw"}'


class HostilePeers(unittest.TestCase):
    settings = {"heartbeat.close_timeout_ms": 500}

    def setUp(self):
        self.server = self.enterContext(Server(settings=self.settings))
        self.peers = []
        self.pair = Pair(self.server.url)
        self.pair.talk()

    def tearDown(self):
        self.pair.talk()
        for peer in self.peers:
            peer.socket.close()
        self.server.wait_for_health(active_connections=2, rooms=1, members=2)
        self.pair.close()
        self.server.stop()

    def open(self, **options):
        self.peers.append(RawPeer.open(self.server.address, **options))
        return self.peers[-1]

    def connect(self, **options):
        self.peers.append(RawPeer(self.server.address, **options))
        return self.peers[-1]

    def assert_closed(self, peer, code):
        self.assertEqual(peer.read_close(), code)
        peer.read_end()
        self.server.wait_for_line(rf"disconnected .*code={code} by=server")

    def assert_answered(self, request, status):
        peer = self.connect()
        peer.send(request)
        answered, fields = peer.read_head()
        self.assertEqual(answered, status, request[:200])
        self.assertTrue(peer.read_end())
        return fields


class Frames(HostilePeers):
    def test_broken_frames_are_closed_with_1002(self):
        ping = b'{"type":"ping"}'
        for name, data in [
            ("unmasked", frame(TEXT, ping, mask=None)),
            ("reserved opcode 3", frame(3, ping)),
            ("reserved opcode 7", frame(7, ping)),
            ("reserved opcode 11", frame(11, b"")),
            ("reserved opcode 15", frame(15, b"")),
            ("reserved bit 1", frame(TEXT, ping, reserved=4)),
            ("reserved bit 2", frame(TEXT, ping, reserved=2)),
            ("reserved bit 3", frame(PING, b"", reserved=1)),
            ("continuation of nothing", frame(CONTINUATION, ping)),
            ("text within a text", frame(TEXT, b"{", fin=False) + frame(TEXT, b"}")),
            ("fragmented ping", frame(PING, b"", fin=False)),
            ("ping of 126 bytes", frame(PING, b"x" * 126)),
            ("close of 1 byte", frame(CLOSE, b"\x03")),
            ("close with 1005", close_frame(1005)),
            ("close with 999", close_frame(999)),
            ("close with 5000", close_frame(5000)),
            ("length of 63 bits and one", b"\x81\xff" + b"\xff" * 8 + b"\x00" * 4),
            ("length longer than needed", b"\x81\xfe\x00\x05" + b"\x00" * 4 + b"hello"),
        ]:
            with self.subTest(name):
                peer = self.open()
                peer.send(data)
                self.assertEqual(peer.read_close(), 1002)
                self.assertTrue(peer.read_end())

    def test_a_huge_declared_length_gets_1009_at_once_and_no_memory(self):
        before = self.server.resident_bytes()
        for length in [65_537, 1 << 30, 1 << 40]:
            peer = self.open()
            peer.send(frame(TEXT, b"x", length=length))
            self.assert_closed(peer, 1009)
        if not SANITIZED:
            self.assertLess(self.server.resident_bytes() - before, 4 << 20)

    def test_a_message_too_large_in_fragments_gets_1009(self):
        peer = self.open()
        peer.send(frame(TEXT, b"x" * 40_000, fin=False) + frame(CONTINUATION, b"x" * 25_537))
        self.assert_closed(peer, 1009)

    def test_bad_utf8_gets_1007_as_soon_as_it_is_seen(self):
        for text in [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc3"]:
            with self.subTest(text):
                peer = self.open()
                peer.send(frame(TEXT, text))
                self.assert_closed(peer, 1007)
        peer = self.open()
        peer.send(frame(TEXT, b'{"a":"\xff', fin=False))  # the message goes on, but never gets better
        self.assert_closed(peer, 1007)
        peer = self.open()
        peer.send(close_frame(1000, b"\xff"))
        self.assertEqual(peer.read_close(), 1007)

    def test_binary_gets_1003(self):
        peer = self.open()
        peer.send(frame(BINARY, b"\x00\x01"))
        self.assert_closed(peer, 1003)

    def test_a_close_frame_and_nothing_else_is_answered(self):
        for data, code in [(frame(CLOSE), None), (close_frame(1000), 1000), (close_frame(4321, b"bye"), 4321)]:
            peer = self.open()
            peer.send(data)
            self.assertEqual(peer.read_close(), code)
            self.assertTrue(peer.read_end())

    def test_a_close_right_behind_the_handshake_is_answered(self):
        peer = self.connect()
        peer.send(HANDSHAKE + b"\r\n" + frame(TEXT, JOIN % "r") + close_frame(1000))
        self.assertEqual(peer.read_head()[0], 101)
        self.assertEqual(peer.read_close(), 1000)

    def test_pings_between_fragments_are_answered_first(self):
        peer = self.open()
        peer.send(frame(TEXT, b'{"type":', fin=False) + frame(PING, b"one"))
        self.assertEqual(peer.read_frame(), (PONG, b"one"))
        peer.send(frame(CONTINUATION, b'"pi', fin=False) + frame(PONG, b"unasked") + frame(CONTINUATION, b'ng"}'))
        self.assertEqual(peer.read_frame(), (TEXT, b'{"type":"pong"}'))

    def test_frames_in_single_bytes_are_understood(self):
        peer = self.open()
        for byte in frame(TEXT, '{"type":"ping","id":1}'):
            peer.send(bytes([byte]))
        self.assertEqual(peer.read_json(), {"type": "pong", "id": 1})

    def test_resets_and_half_frames_leave_nothing(self):
        for cut in range(0, 40, 3):
            peer = self.open()
            peer.say(JOIN % "r")
            peer.read_frame()
            peer.send(frame(TEXT, '{"type":"broadcast","room_id":"r","content":1}')[:cut])
            if cut % 2:
                peer.reset()
            else:
                peer.finish_writing()
                peer.read_end()
        self.server.wait_for_line(r"disconnected .*code=1006 by=client")

    def test_random_bytes_after_the_handshake_end_the_connection_at_worst(self):
        source = random.Random(20_240_601)
        for _ in range(60):
            peer = self.open()
            try:
                peer.send(source.randbytes(source.randrange(1, 2_000)))
                peer.finish_writing()
            except OSError:
                pass
            peer.read_end()

    def test_random_bytes_instead_of_a_handshake_end_the_connection(self):
        source = random.Random(7)
        for _ in range(60):
            peer = self.connect()
            try:
                peer.send(source.randbytes(source.randrange(1, 12_000)))
                peer.finish_writing()
            except OSError:
                pass
            peer.read_end()


class Requests(HostilePeers):
    def test_malformed_heads_get_400(self):
        start = b"GET /ws HTTP/1.1\r\n"
        rest = HANDSHAKE[len(start):]
        for name, request in [
            ("bare line feed", HANDSHAKE.replace(b"\r\n", b"\n") + b"\n"),
            ("folded field", HANDSHAKE + b"X-A: b\r\n c\r\n\r\n"),
            ("two hosts", HANDSHAKE + b"Host: other\r\n\r\n"),
            ("no host", HANDSHAKE.replace(b"Host: localhost\r\n", b"") + b"\r\n"),
            ("length and chunks", HANDSHAKE + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
            ("space before the colon", HANDSHAKE + b"X-A : b\r\n\r\n"),
            ("control character", HANDSHAKE + b"X-A: \x01\r\n\r\n"),
            ("two keys", HANDSHAKE + b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"),
            ("short key", HANDSHAKE.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhl") + b"\r\n"),
            ("no version", HANDSHAKE.replace(b"Sec-WebSocket-Version: 13\r\n", b"") + b"\r\n"),
            ("no connection field", HANDSHAKE.replace(b"Connection: Upgrade\r\n", b"") + b"\r\n"),
            ("target of another scheme", b"GET ftp://x/ HTTP/1.1\r\n" + rest + b"\r\n"),
            ("nonsense", b"hello\r\n\r\n"),
        ]:
            with self.subTest(name):
                self.assert_answered(request, 400)

    def test_a_tls_handshake_on_a_plain_port_is_closed_without_an_answer_it_would_not_understand(self):
        peer = self.connect()
        peer.send(b"\x16\x03\x01\x02\x00\x01")
        self.assertEqual(peer.socket.recv(100), b"")

    def test_a_head_of_64_kb_gets_431_and_a_line_of_it_414(self):
        self.assert_answered(HANDSHAKE + b"X-A: " + b"a" * 65_536 + b"\r\n\r\n", 431)
        self.assert_answered(b"GET /" + b"a" * 65_536 + b" HTTP/1.1\r\n\r\n", 414)

    def test_another_version_gets_426_and_is_told_ours(self):
        fields = self.assert_answered(HANDSHAKE.replace(b"13", b"8") + b"\r\n", 426)
        self.assertEqual(fields["sec-websocket-version"], "13")

    def test_other_methods_get_405(self):
        for method in [b"POST", b"PUT", b"DELETE", b"PATCH"]:
            fields = self.assert_answered(method + b" / HTTP/1.1\r\nHost: x\r\n\r\n", 405)
            self.assertIn("get", fields["allow"])
        self.assert_answered(HANDSHAKE.replace(b"GET", b"POST") + b"\r\n", 405)

    def test_unknown_paths_get_404(self):
        self.assert_answered(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", 404)
        self.assert_answered(HANDSHAKE.replace(b"/ws", b"/other") + b"\r\n", 404)

    def test_a_plain_get_of_the_endpoint_is_told_what_it_is(self):
        self.assert_answered(b"GET /ws HTTP/1.1\r\nHost: x\r\n\r\n", 426)

    def test_other_http_versions_get_505(self):
        self.assert_answered(b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505)
        self.assert_answered(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505)

    def test_a_handshake_in_single_bytes_is_understood(self):
        peer = self.connect()
        for byte in HANDSHAKE + b"\r\n":
            peer.send(bytes([byte]))
        self.assertEqual(peer.read_head()[0], 101)


class Timeouts(HostilePeers):
    settings = {"limits.first_byte_timeout_ms": 300, "limits.handshake_timeout_ms": 900,
                "heartbeat.close_timeout_ms": 300}

    def test_a_silent_connection_is_closed_after_the_first_byte_timeout(self):
        began = time.monotonic()
        peer = self.connect()
        self.assertTrue(peer.read_end())
        self.assertLess(time.monotonic() - began, 5)

    def test_a_handshake_that_trickles_gets_408(self):
        peer = self.connect()
        request = iter(HANDSHAKE)
        peer.socket.settimeout(0.05)
        answer = b""

        def trickle():
            nonlocal answer
            try:
                peer.send(bytes([next(request)]))
                answer = peer.socket.recv(4096)
            except TimeoutError:
                pass
            return answer

        until(trickle, "an answer to half a request")
        self.assertTrue(answer.startswith(b"HTTP/1.1 408 "), answer)


class Limits(HostilePeers):
    settings = {"limits.origins_allowed": "https://good.example", "limits.errors_max": 10,
                "limits.errors_refill_ms": 3_600_000, "limits.rooms_per_connection_max": 3,
                "limits.connections_per_address_max": 30,
                "limits.connections_max": 60, "heartbeat.close_timeout_ms": 500}

    def test_a_page_of_another_origin_gets_403(self):
        for origin, status in [(b"https://evil.example", 403), (b"null", 403), (b"https://good.example.evil", 403)]:
            self.assert_answered(HANDSHAKE + b"Origin: " + origin + b"\r\n\r\n", status)
        RawPeer.open(self.server.address, b"Origin: https://good.example\r\n").socket.close()

    def test_malformed_json_is_answered_until_the_budget_is_used_up_then_4000(self):
        peer = self.open()
        for _ in range(10):
            self.assertEqual(peer.ask('{"type":')["code"], "bad_request")
        self.assertEqual(peer.ask('{"type":"ping"}'), {"type": "pong"})
        peer.say("nonsense")
        self.assertEqual(peer.read_json()["code"], "bad_request")
        self.assert_closed(peer, 4000)

    def test_ids_at_and_above_their_limits(self):
        peer = self.open()
        self.assertEqual(peer.ask(JOIN % ("r" * 255))["type"], "joined")
        for room_id in ["r" * 256, "é" * 128, "", "a\\u0000b", "a\\u001fb", "a\\u007fb", "a\\u009fb", "\\ud800"]:
            with self.subTest(room_id):
                self.assertEqual(peer.ask(JOIN % room_id)["code"], "bad_request")

    def test_one_room_more_than_a_connection_may_be_in_is_refused(self):
        peer = self.open()
        for number in range(3):
            self.assertEqual(peer.ask(JOIN % number)["type"], "joined")
        self.assertEqual(peer.ask(JOIN % "more")["code"], "limit_reached")
        self.assertEqual(peer.ask('{"type":"leave","room_id":"1"}')["type"], "left")
        self.assertEqual(peer.ask(JOIN % "more")["type"], "joined")

    def test_too_many_from_one_address_are_told_so_after_their_upgrade(self):
        peers = [self.open(source="127.0.0.7") for _ in range(30)]
        self.assert_closed(self.open(source="127.0.0.7"), 4100)
        peers[0].socket.close()
        self.server.wait_for_health(active_connections=31)
        self.assertEqual(self.open(source="127.0.0.7").ask('{"type":"ping"}'), {"type": "pong"})
        self.assertEqual(self.open(source="127.0.0.8").ask('{"type":"ping"}'), {"type": "pong"})

    def test_above_the_capacity_the_rest_are_told_so_after_their_upgrade(self):
        peers = [self.open(source=f"127.0.0.{20 + number % 3}") for number in range(58)]
        self.assert_closed(self.open(source="127.0.0.30"), 4100)
        peers[0].socket.close()
        self.server.wait_for_health(active_connections=59)
        self.assertEqual(self.open(source="127.0.0.30").ask('{"type":"ping"}'), {"type": "pong"})


class FullRooms(HostilePeers):
    settings = {"rooms.small.members_max": 2, "heartbeat.close_timeout_ms": 500, "limits.errors_max": 1_000_000}

    def test_a_full_room_refuses_and_takes_again_when_somebody_has_left(self):
        peers = [self.open() for _ in range(3)]
        for peer in peers[:2]:
            self.assertEqual(peer.ask(JOIN % "small:1")["type"], "joined")
        refused = peers[2].ask(JOIN % "small:1")
        self.assertEqual((refused["code"], refused["retryable"]), ("room_full", True))
        self.assertEqual(peers[2].ask(JOIN % "small:2")["type"], "joined")
        self.assertEqual(peers[0].ask('{"type":"leave","room_id":"small:1"}')["type"], "left")
        # Who leaves is told at once; the room's home shard may hear of it after it hears from somebody else.
        until(lambda: peers[2].ask(JOIN % "small:1")["type"] == "joined", "room for one more")


class Floods(HostilePeers):
    settings = {"heartbeat.close_timeout_ms": 500}

    def test_thousands_of_joins_and_leaves_a_second(self):
        rounds = 4000
        peer = self.open()
        commands = b"".join(frame(TEXT, JOIN % f"r{number % 7}") +
                            frame(TEXT, '{"type":"leave","room_id":"r%d"}' % (number % 7)) for number in range(rounds))
        sender = threading.Thread(target=peer.send, args=(commands,))
        sender.start()
        for number in range(rounds):
            self.assertEqual(peer.read_json(), {"type": "joined", "room_id": f"r{number % 7}"})
            self.assertEqual(peer.read_json(), {"type": "left", "room_id": f"r{number % 7}"})
            if number % 500 == 0:
                self.pair.talk()
        sender.join()

    def test_who_sends_commands_and_reads_no_answer_is_not_read_either(self):
        peer = self.open(receive_buffer=4096)
        before = self.server.resident_bytes()
        peer.socket.settimeout(0.5)
        pings = frame(TEXT, '{"type":"ping","id":"0123456789012345678901234567890123456789"}') * 1000
        with self.assertRaises(TimeoutError):
            for _ in range(2000):
                peer.send(pings)
        self.pair.talk()
        if not SANITIZED:
            self.assertLess(self.server.resident_bytes() - before, 8 << 20)

    def test_connections_come_and_go_by_the_thousand(self):
        for number in range(1000):
            peer = RawPeer.open(self.server.address)
            peer.say(JOIN % f"r{number % 3}")
            if number % 3 == 0:
                peer.read_frame()
            if number % 2:
                peer.reset()
            else:
                peer.socket.close()


if __name__ == "__main__":
    unittest.main()
