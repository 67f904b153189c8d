"""What every test with clients that mean harm has: a server, two bystanders that go on talking without noticing, and
bounds on the server's memory and processor time.
"""

import contextlib
import functools
import time
import unittest

from bystander import Bystanders
from harness import SANITIZED, Server
from raw_peer import RawPeer

MIB = 1 << 20

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


YARDSTICK_S = 0.17  # what `slowness` computes took where the bounds were set


def slowness():
    """How much slower this machine is at the moment, at least 1: neighbours who share its caches and its clock rate slow
    the server and this loop alike."""
    began = time.thread_time()
    total = 0
    for number in range(1_000_000):
        total += number * number & 7
    return max(1.0, (time.thread_time() - began) / YARDSTICK_S)


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
        """Of the whole attack, less what the bystanders may have used; on the machine that the bounds were set on."""
        if SANITIZED:
            return
        bystanders = 0.25 * (time.monotonic() - self.began)
        self.assertLess(self.server.cpu_seconds() - self.processor_before - bystanders, seconds * slowness())

    def flood(self, peer, data):
        """Sends until it is done or the server has had enough; reads nothing."""
        try:
            peer.send(data)
            return True
        except OSError:
            return False

    def disconnects(self, code):
        return self.server.metric('switchboard_disconnects_total{code="%s"}' % code)
