"""Commands that mean harm, and the rates that bound them, one attack a test: each gets the documented answer (docs/OPERATIONS.md,
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
from raw_peer import TEXT, close_frame, frame

JOIN = '{"type":"join","room_id":"%s","user_id":"mallory"}'
COMMAND = '{"type":"ping"}'
PONG_MESSAGE = {"type": "pong"}


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

    def test_reconnecting_gains_nothing(self):
        answered = 0
        for _ in range(10):
            peer = self.open(source="127.0.0.68")
            self.flood(peer, frame(TEXT, COMMAND) * 1_000 + close_frame(1000))
            with contextlib.suppress(EOFError, AssertionError, OSError):
                while True:
                    answered += peer.read_json() == PONG_MESSAGE
            peer.socket.close()
        self.assertGreaterEqual(answered, 1_000)
        self.assertLess(answered, 1_000 * (2 + time.monotonic() - self.began))

    def test_bytes_of_one_address_are_bounded_over_its_connections(self):
        paused = 'switchboard_rate_limited_total{limit="address_bytes"}'
        before = self.server.metric(paused)
        message = frame(TEXT, COMMAND + " " * 30_000)
        for _ in range(12):
            self.open(source=self.attacker).send(message)
        until(lambda: self.server.metric(paused) > before, "somebody has to wait")
        self.assertEqual(self.open(source="127.0.0.67").ask(COMMAND), PONG_MESSAGE)


if __name__ == "__main__":
    unittest.main()
