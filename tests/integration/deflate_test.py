"""permessage-deflate between the real server and clients that are not ours."""

import asyncio
import json
import os
import random
import unittest
import zlib

from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from client import V1, Client
from harness import SANITIZED, Server
from node_and_python_test import NodeClient
from raw_peer import CLOSE, CONTINUATION, HANDSHAKE, PING, PONG, TEXT, RawPeer, frame

RSV1 = 4
QUIET = {"heartbeat.ping_interval_ms": "0"}  # raw peers get what they asked for and nothing else
DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"

# What Node's `ws` may be told about compression, and what comes of it.
NODE_OPTIONS = [
    (True, "permessage-deflate"),
    ({"threshold": 0}, "permessage-deflate"),
    ({"threshold": 0, "serverNoContextTakeover": True, "clientNoContextTakeover": True}, "permessage-deflate"),
    ({"threshold": 0, "clientMaxWindowBits": 9}, "permessage-deflate"),
    ({"threshold": 0, "serverMaxWindowBits": 15, "clientMaxWindowBits": 15}, "permessage-deflate"),
    ({"threshold": 0, "serverMaxWindowBits": 12}, "permessage-deflate"),
    ({"threshold": 0, "serverMaxWindowBits": 9}, ""),  # smaller than the server's: goes on without
    (False, ""),
]
# The same for Python's `websockets`.
PYTHON_OPTIONS = [
    {"compression": "deflate"},
    {"extensions": [ClientPerMessageDeflateFactory()]},
    {"extensions": [ClientPerMessageDeflateFactory(client_max_window_bits=True)]},
    {"extensions": [ClientPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)]},
    {"extensions": [ClientPerMessageDeflateFactory(server_max_window_bits=15, client_max_window_bits=9)]},
    {"extensions": [ClientPerMessageDeflateFactory(server_max_window_bits=9)]},
    {"compression": None},
]


def deflated(data):
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)
    assert data.endswith(b"\0\0\xff\xff")
    return data[:-4]


class Deflate(unittest.IsolatedAsyncioTestCase):
    async def talk(self, server, node_options=NODE_OPTIONS, agrees=True):
        """Everybody in one room says things of every size, and hears the same text from everybody."""
        nodes = []
        for options, wanted in node_options:
            node = await NodeClient.open(server.url, V1, json.dumps({"perMessageDeflate": options}))
            self.assertEqual(node.greeting, f"open {V1} {wanted if agrees else ''}".rstrip(), options)
            self.assertEqual(json.loads(await node.receive_text())["type"], "hello")
            node.send(type="join", room_id="r", user_id="node")
            self.assertEqual(json.loads(await node.receive_text())["type"], "joined")
            nodes.append(node)
        pythons = []
        for options in PYTHON_OPTIONS:
            python = await Client.open(server.url, **options)
            await python.join("r", "python")
            pythons.append(python)

        chance = random.Random(1)
        for size in [0, 1, 10, 100, 127, 128, 129, 1000, 10_000, 40_000]:
            for content in ["ab" * (size // 2), "".join(chance.choices("etaoin shrdlu ü€😀", k=size // 4))]:
                for sender in [chance.choice(nodes), chance.choice(pythons)]:
                    command = {"type": "broadcast", "room_id": "r", "content": content}
                    if isinstance(sender, Client):
                        await sender.send(**command)
                    else:
                        sender.send(**command)
                    texts = await asyncio.gather(*[client.receive_text() for client in nodes + pythons])
                    self.assertEqual(len(set(texts)), 1)
                    self.assertEqual(json.loads(texts[0])["content"], content)
        for node in nodes:
            self.assertEqual(await node.close(), "closed 1000")
        for python in pythons:
            await python.close()

    async def test_clients_of_every_kind_hear_the_same(self):
        with Server() as server:
            await self.talk(server)
            server.stop()

    async def test_clients_may_keep_their_context_when_the_server_lets_them(self):
        with Server(settings={"compression.client_context_takeover": "true"}) as server:
            await self.talk(server)
            server.stop()

    async def test_nobody_gets_compression_that_is_switched_off(self):
        with Server(settings={"compression.enabled": "false"}) as server:
            await self.talk(server, NODE_OPTIONS[:3], agrees=False)
            server.stop()

    async def test_the_window_and_the_smallest_size_are_settings(self):
        with Server(settings={"compression.window_bits": "9", "compression.bytes_min": "0",
                              "compression.level": "9"}) as server:
            await self.talk(server, [(options, "permessage-deflate" if options else "")
                                     for options, _ in NODE_OPTIONS])
            server.stop()

    async def test_an_unknown_value_is_refused_at_the_start(self):
        for key, value in [("window_bits", "8"), ("window_bits", "16"), ("level", "0"), ("level", "10")]:
            server = Server(settings={f"compression.{key}": value})
            self.assertNotEqual(server.wait(), 0)
            self.assertTrue(any(key in line for line in server.lines), server.lines)
            server.__exit__()


class RawDeflate(unittest.TestCase):
    def test_the_response_names_what_was_agreed(self):
        with Server(settings=QUIET) as server:
            for offer, wanted in [
                    (b"permessage-deflate; server_max_window_bits=8, permessage-deflate; client_max_window_bits",
                     "permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
                    (b"x, permessage-deflate; server_max_window_bits=\"15\"",
                     "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                     "server_max_window_bits=12"),
                    (b"permessage-deflate; server_max_window_bits=16", None),
                    (b"permessage-deflate; what=1", None)]:
                with RawPeer(server.address) as peer:
                    peer.send(HANDSHAKE + b"Sec-WebSocket-Extensions: " + offer + b"\r\n\r\n")
                    status, fields = peer.read_head()
                    self.assertEqual((status, fields.get("sec-websocket-extensions")), (101, wanted), offer)
            with RawPeer(server.address) as peer:
                peer.send(HANDSHAKE + b"Sec-WebSocket-Extensions: permessage-deflate; =\r\n\r\n")
                self.assertEqual(peer.read_head()[0], 400)

    def test_bytes_one_by_one_with_control_frames_in_between(self):
        command = deflated(json.dumps({"type": "ping", "id": "x" * 60}).encode())
        with Server(settings=QUIET) as server, RawPeer.open(server.address, DEFLATE) as peer:
            data = frame(TEXT, b"", fin=False, reserved=RSV1)
            for byte in command:
                data += frame(CONTINUATION, bytes([byte]), fin=False) + frame(PING, b"p")
            for byte in data + frame(CONTINUATION):
                peer.send(bytes([byte]))
            for _ in command:
                self.assertEqual(peer.read_frame()[0], PONG)
            self.assertEqual(json.loads(peer.read_frame()[1]), {"type": "pong", "id": "x" * 60})

    def test_bombs_end_with_1009_and_take_no_memory(self):
        bomb = deflated(b" " * 50_000_000)
        self.assertLess(len(bomb), 60_000)
        with Server(shards=1, settings=QUIET) as server:
            def explode():
                with RawPeer.open(server.address, DEFLATE) as peer:
                    peer.send(frame(TEXT, bomb, reserved=RSV1))
                    opcode, payload = peer.read_frame()
                    self.assertEqual((opcode, int.from_bytes(payload[:2], "big")), (CLOSE, 1009))

            explode()
            before, cpu_before = server.resident_bytes(), server.cpu_seconds()
            for _ in range(200):
                explode()
            if not SANITIZED:
                self.assertLess(server.resident_bytes() - before, 4_000_000)
                self.assertLess(server.cpu_seconds() - cpu_before, 5)  # 10 GB inflated would take more
            server.stop()

    def test_messages_begun_and_left_hold_no_window(self):
        if SANITIZED:
            self.skipTest("memory is the sanitizer's")
        with Server(shards=1, settings=QUIET) as server:
            with RawPeer.open(server.address, DEFLATE) as peer:
                peer.send(frame(TEXT, deflated(b'{"type":"ping"}'), reserved=RSV1))
                self.assertEqual(peer.read_frame()[0], TEXT)
            half = deflated(os.urandom(2000))[:1000]
            peers = [RawPeer.open(server.address, DEFLATE) for _ in range(500)]
            server.wait_for_health(active_connections=500)
            before = server.resident_bytes()
            for peer in peers:
                peer.send(frame(TEXT, half, fin=False, reserved=RSV1) + frame(PING))
            for peer in peers:
                self.assertEqual(peer.read_frame()[0], PONG)
            self.assertLess((server.resident_bytes() - before) / len(peers), 6_000)
            for peer in peers:
                peer.socket.close()
            server.stop()


if __name__ == "__main__":
    unittest.main()
