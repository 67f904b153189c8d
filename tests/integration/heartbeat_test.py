"""Dead and stuck connections are found, closed, and leave nothing behind."""

import json
import unittest

from client import Pair
from harness import Server, until
from raw_peer import PING, PONG, TEXT, RawPeer, frame

QUICK = {"heartbeat.ping_interval_ms": 200, "heartbeat.pong_timeout_ms": 400, "heartbeat.close_timeout_ms": 200}


def join(peer, room_id="r", user_id="raw"):
    peer.say(json.dumps({"type": "join", "room_id": room_id, "user_id": user_id}))
    while True:
        opcode, payload = peer.read_frame()
        if opcode == TEXT:
            return json.loads(payload)


class Heartbeat(unittest.TestCase):
    def test_a_client_that_does_not_answer_pings_is_closed_with_4201_and_forgotten(self):
        with Server(settings=QUICK) as server:
            pair = Pair(server.url)
            with RawPeer.open(server.address) as dead:
                join(dead)
                server.wait_for_health(active_connections=3, rooms=2, members=3)
                self.assertEqual(dead.read_close(), 4201)
                server.wait_for_line(r"disconnected .*user=raw code=4201 by=server")
                server.wait_for_health(active_connections=2, rooms=1, members=2)
                self.assertEqual(server.metric('switchboard_disconnects_total{code="4201"}'), 1)
            pair.talk()
            pair.close()

    def test_a_client_that_answers_stays(self):
        with Server(settings=QUICK) as server, RawPeer.open(server.address) as peer:
            for _ in range(8):
                opcode, payload = peer.read_frame()
                self.assertEqual(opcode, PING)
                peer.send(frame(PONG, payload))
            peer.say('{"type":"ping"}')
            self.assertIn(peer.read_frame()[0], (TEXT, PING))

    def test_any_received_byte_counts_as_life(self):
        with Server(settings=QUICK) as server, RawPeer.open(server.address) as peer:
            half = frame(TEXT, '{"type":"ping","id":"0123456789"}')
            for byte in half[:12]:  # never a whole frame, but a byte after every ping
                self.assertEqual(peer.read_frame()[0], PING)
                peer.send(bytes([byte]))

    def test_without_an_interval_nobody_is_pinged(self):
        with Server(settings={"heartbeat.ping_interval_ms": 0}) as server, RawPeer.open(server.address) as peer:
            peer.say('{"type":"ping"}')
            self.assertEqual(peer.read_frame(), (TEXT, b'{"type":"pong"}'))

    def test_a_socket_that_takes_nothing_is_closed_although_its_owner_keeps_sending(self):
        settings = {"heartbeat.write_timeout_ms": 600, "delivery.send_buffer_bytes": 8192,
                    "delivery.notsent_lowat_bytes": 4096}
        with Server(settings=settings) as server:
            pair = Pair(server.url)
            with RawPeer.open(server.address, receive_buffer=4096) as stuck:
                join(stuck)
                stuck.socket.settimeout(0.02)
                ping = frame(TEXT, json.dumps({"type": "broadcast", "room_id": "r", "content": "x" * 4000}))

                def keep_sending():
                    try:
                        stuck.send(ping)
                    except OSError:
                        pass  # not read from either, once its answers are in nobody's hands
                    return any("code=4101" in line for line in server.lines)

                until(keep_sending, "closed for its write timeout")
                server.wait_for_line(r"disconnected .*user=raw code=4101 by=server")
                server.wait_for_health(active_connections=2, rooms=1, members=2)
                self.assertEqual(server.metric('switchboard_disconnects_total{code="4101"}'), 1)
            pair.talk()
            pair.close()

    def test_a_peer_that_does_not_answer_the_close_frame_is_left_after_the_close_timeout(self):
        with Server(settings=QUICK) as server, RawPeer.open(server.address) as peer:
            peer.send(frame(2, b"binary"))
            self.assertEqual(peer.read_close(), 1003)
            peer.read_end()
            server.wait_for_health(active_connections=0)


if __name__ == "__main__":
    unittest.main()
