"""Clients that mean harm, one attack a test: each gets the documented answer (docs/OPERATIONS.md, "Hostile clients"),
two bystanders go on talking without noticing, and the server's memory and processor time stay bounded.

What single broken frames and requests get is in hostile_peers_test.py; here they come in numbers, or without end.
"""

import contextlib
import functools
import json
import random
import struct
import threading
import time
import unittest
import zlib

from bystander import Bystanders
from harness import SANITIZED, Server, until
from raw_peer import (CONTINUATION, HANDSHAKE, PING, PONG, TEXT, RawPeer, close_frame, frame)

MIB = 1 << 20
JOIN = '{"type":"join","room_id":"%s","user_id":"mallory"}'
COMMAND = '{"type":"ping"}'
PONG_MESSAGE = {"type": "pong"}

# Of the bystanders' messages during an attack. They share two cores with the attacker and with other tests.
MEDIAN_MS_MAX = 400 if SANITIZED else 40
TRIP_MS_MAX = 10_000 if SANITIZED else 1_500


SUSTAINED_S = 0.3


def sustained(attack):
    """The attack again and again, from new connections: long enough for the bystanders to notice."""
    @functools.wraps(attack)
    def again_and_again(self):
        end = time.monotonic() + SUSTAINED_S
        while time.monotonic() < end:
            attack(self)

    return again_and_again


class HostileClients(unittest.TestCase):
    """One server and one pair of bystanders for all attacks of a class."""
    settings = {}
    memory_max = 16 * MIB  # how much an attack may make the server grow

    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        cls.addClassCleanup(cls.stack.close)
        cls.server = cls.stack.enter_context(Server(settings={"heartbeat.close_timeout_ms": 500, **cls.settings}))
        cls.bystanders = cls.stack.enter_context(Bystanders(cls.server.url))

    def setUp(self):
        self.peers = []
        self.addCleanup(self.close_peers)
        self.server.wait_for_health(active_connections=2)
        self.bystanders.report()
        self.memory_before = self.server.resident_bytes()
        self.processor_before, self.began = self.server.cpu_seconds(), time.monotonic()

    def tearDown(self):
        fared = self.bystanders.report()
        self.assertGreater(fared["trips"], 0, fared)
        self.assertLess(fared["median_ms"], MEDIAN_MS_MAX, fared)
        self.assertLess(fared["max_ms"], TRIP_MS_MAX, fared)
        if not SANITIZED:
            self.assertLess(self.server.resident_bytes() - self.memory_before, self.memory_max)
        self.close_peers()
        self.server.wait_for_health(active_connections=2, rooms=1, members=2)

    def close_peers(self):
        for peer in self.peers:
            peer.socket.close()
        self.peers.clear()

    def connect(self, **options):
        self.peers.append(RawPeer(self.server.address, **options))
        return self.peers[-1]

    def open(self, fields=b"", **options):
        self.peers.append(RawPeer.open(self.server.address, fields, **options))
        return self.peers[-1]

    def assert_closed(self, peer, code):
        self.assertEqual(peer.read_close(), code)

    def assert_processor_seconds_below(self, seconds):
        """Of the whole attack, less what the bystanders may have used."""
        if SANITIZED:
            return
        bystanders = 0.25 * (time.monotonic() - self.began)
        self.assertLess(self.server.cpu_seconds() - self.processor_before - bystanders, seconds)

    def flood(self, peer, data):
        """Sends until it is done or the server has had enough; reads nothing."""
        try:
            peer.send(data)
            return True
        except OSError:
            return False

    def disconnects(self, code):
        return self.server.metric('switchboard_disconnects_total{code="%s"}' % code)


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
            ("asterisk for a target", b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
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


class Commands(HostileClients):
    settings = {"limits.errors_max": 50, "limits.errors_refill_ms": 3_600_000}

    @sustained
    def test_thousands_of_rooms_by_one_client_get_limit_reached_and_then_4000(self):
        peer = self.open()
        joins = b"".join(frame(TEXT, JOIN % f"r{number}") for number in range(5_000))
        sender = threading.Thread(target=self.flood, args=(peer, joins))
        sender.start()
        answers = [peer.read_json() for _ in range(151)]
        sender.join()
        self.assertEqual([answer["type"] for answer in answers[:100]], ["joined"] * 100)
        self.assertEqual({answer["code"] for answer in answers[100:]}, {"limit_reached"})
        self.assert_closed(peer, 4000)

    @sustained
    def test_thousands_of_rooms_one_after_the_other_leave_nothing(self):
        peer = self.open()
        rounds = 5_000
        commands = b"".join(frame(TEXT, JOIN % f"r{number}" + ' {"type":"leave","room_id":"r%d"}' % number)
                            for number in range(rounds))
        sender = threading.Thread(target=peer.send, args=(commands,))
        sender.start()
        for number in range(rounds):
            self.assertEqual(peer.read_json(), {"type": "joined", "room_id": f"r{number}"})
            self.assertEqual(peer.read_json(), {"type": "left", "room_id": f"r{number}"})
        sender.join()
        self.server.wait_for_health(rooms=1)
        self.assert_processor_seconds_below(3)

    @sustained
    def test_deep_nesting_is_refused(self):
        for text, code in [("[" * 65_000, "bad_request"), ('{"a":' * 13_000, "bad_request"),
                           ('{"type":"ping","a":' + "[" * 64 + "]" * 64 + "}", "bad_request")]:
            self.assertEqual(self.open().ask(text)["code"], code)
        self.assertEqual(self.open().ask('{"type":"ping","a":' + "[" * 63 + "]" * 63 + "}"), PONG_MESSAGE)
        self.assert_processor_seconds_below(1)

    def test_invalid_escapes_and_lone_surrogates(self):
        bad = [r"\x", r"\u12", r"\u12G4", r"\U0041", r"\'", "\\", "\n", "\t", "\x00", "\x1f"]
        for escape in bad:
            for text in '{"type":"ping","a":"%s"}' % escape, '{"type":"broadcast","room_id":"r","content":"%s"}' % escape:
                with self.subTest(text):
                    self.assertEqual(self.open().ask(text)["code"], "bad_request")
        for name in r"\ud800", r"\udc00", r"\ud800\ud800", r"\udc00\ud800", r"\ud800x":
            with self.subTest(name):  # no name: there is no UTF-8 for it
                self.assertEqual(self.open().ask(JOIN % name)["code"], "bad_request")
        peer = self.open()  # but what a message holds is its sender's business, and is carried as it came
        self.assertEqual(peer.ask(JOIN % "r")["type"], "joined")
        peer.say(r'{"type":"broadcast","room_id":"r","content":"\ud800"}')
        opcode, payload = peer.read_frame()
        self.assertEqual(opcode, TEXT)
        self.assertIn(rb'"content":"\ud800"', payload)

    @sustained
    def test_numbers_strings_and_keys_without_end(self):
        for text, answer in [('{"type":"ping","a":' + "9" * 65_000 + "}", PONG_MESSAGE),
                             ('{"type":"ping","a":1e' + "9" * 60_000 + "}", PONG_MESSAGE),
                             ('{"type":"ping","' + "k" * 65_000 + '":1}', PONG_MESSAGE),
                             ('{"type":"ping"' + ',"k":1' * 10_000 + "}", PONG_MESSAGE)]:
            self.assertEqual(self.open().ask(text), answer)
        self.assertEqual(self.open().ask('{"type":"ping","id":' + "9" * 60_000 + "}")["code"], "bad_request")
        self.assert_processor_seconds_below(1)

    @sustained
    def test_garbage_for_commands_ends_with_4000(self):
        source = random.Random(4000)
        peer = self.open()
        garbage = b"".join(frame(TEXT, "".join(chr(source.randrange(32, 127)) for _ in range(source.randrange(1, 200))))
                           for _ in range(2_000))
        self.flood(peer, garbage)
        self.assert_closed(peer, 4000)


class Rates(HostileClients):
    """Small limits, for everybody alike: the bystanders stay within them."""
    settings = {"limits.messages_per_second": 400, "limits.messages_burst": 400, "limits.bytes_per_second": 100_000,
                "limits.bytes_burst": 100_000, "limits.errors_max": 20, "limits.errors_refill_ms": 3_600_000}

    def limited(self, limit):
        return self.server.metric('switchboard_rate_limited_total{limit="%s"}' % limit)

    def test_a_flood_of_commands_is_refused_and_ends_with_4102(self):
        refused_before, closed_before = self.limited("messages"), self.disconnects(4102)
        peer = self.open()
        self.flood(peer, frame(TEXT, COMMAND) * 3_000)
        answered = 0
        while (answer := peer.read_json()) == PONG_MESSAGE:
            answered += 1
        self.assertGreaterEqual(answered, 400)
        self.assertLess(answered, 800)
        self.assertEqual((answer["code"], answer["retryable"]), ("rate_limited", True))
        self.assertGreater(answer["retry_after_ms"], 0)
        self.assert_closed(peer, 4102)
        self.assertEqual(self.limited("messages"), refused_before + 21)
        until(lambda: self.disconnects(4102) == closed_before + 1, "the close was counted")

    def test_who_waits_as_told_is_served_again(self):
        peer = self.open()
        peer.send(frame(TEXT, COMMAND) * 410)
        answers = [peer.read_json() for _ in range(410)]
        refused = [answer for answer in answers if answer != PONG_MESSAGE]
        if refused:  # on a slow machine tokens come as fast as commands
            time.sleep(refused[-1]["retry_after_ms"] / 1000)
        self.assertEqual(peer.ask(COMMAND), PONG_MESSAGE)

    @sustained
    def test_many_documents_in_one_message_are_many_commands(self):
        peer = self.open()
        self.flood(peer, frame(TEXT, (COMMAND + " ") * 100) * 50)
        self.assert_closed(peer, 4102)

    @sustained
    def test_joins_and_leaves_over_the_rate_are_refused(self):
        peer = self.open()
        self.flood(peer, b"".join(frame(TEXT, JOIN % "r" + ' {"type":"leave","room_id":"r"}') for _ in range(2_000)))
        self.assert_closed(peer, 4102)

    def test_bytes_over_the_rate_have_to_wait(self):
        paused_before = self.limited("bytes")
        message = frame(TEXT, COMMAND + " " * 9_000)
        peer = self.open()
        sender = threading.Thread(target=self.flood, args=(peer, message * 45))
        sender.start()
        for _ in range(45):
            self.assertEqual(peer.read_json(), PONG_MESSAGE)
        sender.join()
        # 400 KB: 100 at once, one read ahead, the rest at the rate.
        self.assertGreater(time.monotonic() - self.began, 2)
        self.assertGreater(self.limited("bytes"), paused_before)
        self.assert_processor_seconds_below(1)


class AddressRates(HostileClients):
    """The bystanders are at another address than the attacker."""
    settings = {"limits.address_messages_per_second": 1_000, "limits.address_bytes_per_second": 200_000,
                "limits.errors_max": 20, "limits.errors_refill_ms": 3_600_000,
                "limits.connections_per_address_max": 50}
    attacker = "127.0.0.66"

    def test_many_connections_of_one_address_share_its_rate(self):
        closed_before = self.disconnects(4102)
        peers = [self.open(source=self.attacker) for _ in range(20)]
        flood = frame(TEXT, COMMAND) * 400
        for peer in peers:
            self.flood(peer, flood)
        until(lambda: self.disconnects(4102) > closed_before, "some were closed with 4102")
        answered = 0
        for peer in peers:
            peer.socket.settimeout(0.2)
            with contextlib.suppress(TimeoutError, EOFError, AssertionError, OSError):
                while True:
                    answered += peer.read_json() == PONG_MESSAGE
        # One second's worth at once, and as many again for every second since; one connection alone could do as much.
        self.assertLess(answered, 1_000 * (2 + time.monotonic() - self.began))
        self.assertEqual(self.open(source="127.0.0.67").ask(COMMAND), PONG_MESSAGE)

    def test_bytes_of_one_address_are_bounded_over_its_connections(self):
        paused = 'switchboard_rate_limited_total{limit="address_bytes"}'
        before = self.server.metric(paused)
        message = frame(TEXT, COMMAND + " " * 30_000)
        for _ in range(12):
            self.open(source=self.attacker).send(message)
        until(lambda: self.server.metric(paused) > before, "somebody has to wait")
        self.assertEqual(self.open(source="127.0.0.67").ask(COMMAND), PONG_MESSAGE)


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
