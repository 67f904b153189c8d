"""Frames that mean harm, and peers that do not read or answer, one attack a test: each gets the documented answer (docs/OPERATIONS.md,
"Hostile clients"), and nobody else notices (hostile.py).

What single broken frames and requests get is in hostile_peers_test.py; here they come in numbers, or without end.
"""

import contextlib
import json
import random
import struct
import threading
import unittest
import zlib

from harness import SANITIZED, until
from hostile import MIB, HostileClients, sustained
from raw_peer import CONTINUATION, HANDSHAKE, PING, PONG, TEXT, close_frame, frame

JOIN = '{"type":"join","room_id":"%s","user_id":"mallory"}'


class Frames(HostileClients):
    settings = {"heartbeat.ping_interval_ms": 0}

    def test_slow_frames_cost_their_own_buffer_and_no_more(self):
        header = frame(TEXT, b"", length=60_000)
        peers = [self.open() for _ in range(200)]
        for peer in peers:
            peer.send(header)
        for _ in range(50):
            for peer in peers:
                peer.send(b"a")
        self.server.wait_for_health(active_connections=202)
        if not SANITIZED:
            self.assertLess(self.server.resident_bytes() - self.memory_before, 4 * MIB)
        self.assert_processor_seconds_below(2)

    @sustained
    def test_a_million_pings_end_with_4102(self):
        peer = self.open()
        self.flood(peer, frame(PING) * 1_000_000)
        pongs = 0
        while (received := peer.read_frame())[0] == PONG:
            pongs += 1
        self.assertEqual(struct.unpack("!H", received[1][:2])[0], 4102)
        self.assertLess(pongs, 3_000)
        self.assert_processor_seconds_below(1)

    def test_ping_floods_from_many_end_with_4102(self):
        before = self.disconnects(4102)
        flood = frame(PING, b"x" * 125) * 20_000
        senders = [threading.Thread(target=self.flood, args=(self.open(), flood)) for _ in range(20)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        until(lambda: self.disconnects(4102) == before + 20, "all were closed with 4102")
        self.assert_processor_seconds_below(3)

    @sustained
    def test_a_flood_of_pongs_nobody_asked_for_ends_with_4102(self):
        peer = self.open()
        self.flood(peer, frame(PONG, b"x") * 100_000)
        self.assert_closed(peer, 4102)

    @sustained
    def test_fragments_without_end_get_1009(self):
        for name, fragment in [("empty", frame(CONTINUATION, b"", fin=False)),
                               ("of one byte", frame(CONTINUATION, b" ", fin=False))]:
            with self.subTest(name):
                peer = self.open()
                self.flood(peer, frame(TEXT, b"", fin=False) + fragment * 200_000)
                self.assert_closed(peer, 1009)
        self.assert_processor_seconds_below(1)

    @sustained
    def test_pings_between_fragments_without_end_get_4102(self):
        peer = self.open()
        self.flood(peer, frame(TEXT, b"", fin=False) + (frame(CONTINUATION, b"", fin=False) + frame(PING)) * 100_000)
        self.assert_closed(peer, 4102)

    @sustained
    def test_huge_declared_lengths_are_refused_before_a_byte_of_them_comes(self):
        mask = b"\x11\x22\x33\x44"
        for length, code in [(65_537, 1009), (1 << 31, 1009), (1 << 32, 1009), (1 << 62, 1009), ((1 << 63) - 1, 1009),
                             (1 << 63, 1002), ((1 << 64) - 1, 1002), (0xFFFF << 48, 1002)]:
            for first in b"\x81", b"\x82", b"\x01":
                peer = self.open()
                peer.send(first + b"\xff" + struct.pack("!Q", length) + mask)
                self.assert_closed(peer, code)
        for opcode in 0x88, 0x89, 0x8A:  # a control frame has at most 125 bytes
            for length in (b"\xfe\x00\x7e", b"\xff" + struct.pack("!Q", (1 << 63) - 1)):
                peer = self.open()
                peer.send(bytes([opcode]) + length + mask)
                self.assert_closed(peer, 1002)

    def test_a_huge_message_in_declared_pieces_is_refused_at_the_piece_too_many(self):
        peer = self.open()
        peer.send(frame(TEXT, b" " * 65_000, fin=False) + frame(CONTINUATION, b"", fin=False, length=537))
        self.assert_closed(peer, 1009)

    @sustained
    def test_random_frames_end_the_connection_at_worst(self):
        source = random.Random(31_337)
        for _ in range(150):
            peer = self.open()
            data = b""
            for _ in range(source.randrange(1, 30)):
                data += frame(source.choice([0, 1, 1, 1, 2, 8, 9, 10, source.randrange(16)]),
                              source.randbytes(source.choice([0, 1, 5, 125, 126, 300])), fin=source.random() < 0.8)
            self.flood(peer, data + source.randbytes(source.randrange(20)))
            with contextlib.suppress(OSError):
                peer.finish_writing()
            peer.read_end()
            peer.socket.close()
        self.assert_processor_seconds_below(1)

    @sustained
    def test_overlong_utf8_gets_1007_in_text_and_in_close_reasons(self):
        for text in [b"\xc0\x80", b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x80\xaf", b"\xe0\x9f\xbf", b"\xf0\x80\x80\xaf",
                     b"\xf0\x8f\xbf\xbf", b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xed\xa0\x80",
                     b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xfe", b"\x80"]:
            for data in frame(TEXT, b'{"type":"' + text + b'"}'), close_frame(1000, text):
                peer = self.open()
                peer.send(data)
                self.assert_closed(peer, 1007)

    def test_compression_bombs_get_1009_in_bounded_memory(self):
        offer = b"Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n"
        squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
        bomb = (squeeze.compress(b" " * (64 * MIB)) + squeeze.flush(zlib.Z_SYNC_FLUSH))[:-4]
        self.assertLess(len(bomb), 65_537)  # 1,000 times smaller than what it becomes
        for _ in range(20):
            peer = self.connect()
            peer.send(HANDSHAKE + offer + b"\r\n")
            status, fields = peer.read_head()
            self.assertEqual(status, 101)
            self.assertIn("permessage-deflate", fields.get("sec-websocket-extensions", ""))
            peer.send(frame(TEXT, bomb, reserved=4))
            self.assert_closed(peer, 1009)
        self.assert_processor_seconds_below(2)


class Heartbeats(HostileClients):
    settings = {"heartbeat.ping_interval_ms": 400, "heartbeat.pong_timeout_ms": 400}

    def test_peers_that_vanished_are_found_by_their_silence(self):
        before = self.disconnects(4201)
        peers = [self.open() for _ in range(100)]
        for peer in peers:
            peer.say(JOIN % "ghosts")
        until(lambda: self.disconnects(4201) == before + 100, "all were found dead")
        self.assert_processor_seconds_below(1)


class StoppedReaders(HostileClients):
    """No pings of the server's, which they would not answer either, and no limit on theirs."""
    settings = {"heartbeat.ping_interval_ms": 0, "heartbeat.write_timeout_ms": 1_000,
                "limits.control_frames_per_second": 0}

    def test_pings_whose_pongs_nobody_reads_are_not_read_either(self):
        before = self.disconnects(4101)
        peer = self.open(receive_buffer=4096)
        peer.socket.settimeout(0.3)
        flood = frame(PING, b"x" * 125) * 5_000
        with self.assertRaises(OSError):
            for _ in range(200):
                peer.send(flood)
        if not SANITIZED:
            self.assertLess(self.server.resident_bytes() - self.memory_before, 4 * MIB)
        until(lambda: self.disconnects(4101) == before + 1, "it was closed with 4101")

    def test_a_reader_that_stops_is_passed_over_and_then_closed_with_4101(self):
        before = self.disconnects(4101)
        stopped = [self.open(receive_buffer=4096) for _ in range(20)]
        for peer in stopped:
            peer.say(JOIN % "busy")
            self.assertEqual(peer.read_json()["type"], "joined")
        speaker = self.open()
        self.assertEqual(speaker.ask(JOIN % "busy")["type"], "joined")
        said = frame(TEXT, json.dumps({"type": "broadcast", "room_id": "busy", "content": "x" * 4_000}))
        spoken = 0

        def speak():
            nonlocal spoken
            for _ in range(20):
                speaker.send(said)
            for _ in range(20):
                self.assertEqual(speaker.read_json()["seq"], spoken + 1)
                spoken += 1
            return self.disconnects(4101) == before + 20

        until(speak, "all were closed with 4101")
        self.assert_processor_seconds_below(3)


if __name__ == "__main__":
    unittest.main()
