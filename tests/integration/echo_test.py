"""`switchboard echo` against Python's `websockets` and Node's `ws`: what they send comes back the same."""

import asyncio
import os
import select
import signal
import subprocess
import threading
import unittest

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from harness import DEADLINE_S, EchoServer, until
from raw_peer import BINARY, CLOSE, PING, TEXT, RawPeer, close_frame, frame

NODE_TEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node_echo.mjs")
SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 16 << 20]


def text_of(size):
    """Of that many bytes in UTF-8, some of its characters longer than one."""
    pattern = "Grüße, 世界 😀 " * (size // 24 + 1)
    text = pattern.encode()[:size].decode(errors="ignore")
    return text + "." * (size - len(text.encode()))


def noise_of(size):
    return os.urandom(min(size, 65_536)) * (size // 65_536 + 1)


def stuck(connection):
    """True when the socket has taken no more for a moment."""
    return not select.select([], [connection], [], 0.2)[1]


COMPRESSION = {
    "none": None,
    "the library's default": [ClientPerMessageDeflateFactory(client_max_window_bits=True)],
    "no takeover": [ClientPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)],
    "small windows": [ClientPerMessageDeflateFactory(server_max_window_bits=9, client_max_window_bits=9)],
    "large windows": [ClientPerMessageDeflateFactory(server_max_window_bits=15, client_max_window_bits=15)],
}


class EchoTest(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = EchoServer()
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__)

    async def asyncSetUp(self):
        asyncio.get_running_loop().slow_callback_duration = DEADLINE_S  # compressing 16 MiB takes its time

    def connect(self, path="/ws", extensions=None):
        url = f"ws://{self.server.address[0]}:{self.server.address[1]}{path}"
        return websockets.connect(url, compression=None, extensions=extensions, max_size=None, max_queue=None,
                                  ping_interval=None, open_timeout=DEADLINE_S)

    async def assert_echoed(self, socket, message, expected=None):
        await socket.send(message)
        answer = await asyncio.wait_for(socket.recv(), DEADLINE_S)
        expected = message if expected is None else expected
        self.assertIs(type(answer), type(expected))
        self.assertTrue(answer == expected, f"{len(expected)} sent, {len(answer)} came back")

    async def test_messages_of_every_size_come_back(self):
        for name, extensions in COMPRESSION.items():
            async with self.connect(extensions=extensions) as socket:
                self.assertEqual(len(socket.extensions), 0 if extensions is None else 1)
                for size in SIZES:
                    with self.subTest(compression=name, size=size):
                        await self.assert_echoed(socket, text_of(size))
                        await self.assert_echoed(socket, noise_of(size)[:size])

    async def test_a_message_in_fragments_of_one_byte_comes_back_whole(self):
        text = "x" * 5_000
        for name, extensions in COMPRESSION.items():
            async with self.connect(extensions=extensions) as socket:
                with self.subTest(compression=name):
                    await self.assert_echoed(socket, list(text), text)
                    pieces = [bytes([byte]) for byte in os.urandom(5_000)]
                    await self.assert_echoed(socket, pieces, b"".join(pieces))

    async def test_many_messages_at_once_come_back_in_order(self):
        for name, extensions in COMPRESSION.items():
            async with self.connect(extensions=extensions) as socket:
                with self.subTest(compression=name):
                    messages = [str(number) + text_of(number * 13) for number in range(1_000)]

                    async def send_all():
                        for message in messages:
                            await socket.send(message)

                    sending = asyncio.create_task(send_all())
                    for message in messages:
                        self.assertEqual(await asyncio.wait_for(socket.recv(), DEADLINE_S), message)
                    await sending

    def test_a_reader_that_pauses_gets_everything_once_it_goes_on(self):
        with RawPeer.open(self.server.address, receive_buffer=4_096) as peer:
            payload = os.urandom(50_000)
            one = frame(BINARY, payload)
            # More than the queue's bound and both sockets' buffers hold: the sender is stuck until there is a reader.
            sending = threading.Thread(target=lambda: [peer.send(one) for _ in range(200)])
            sending.start()
            until(lambda: stuck(peer.socket), "the sender is stuck")
            for _ in range(200):
                self.assertEqual(peer.read_frame(), (BINARY, payload))
            sending.join()

    async def test_any_path_and_host_is_served(self):
        for path in ["/", "/ws", "/getCaseCount", "/runCase?case=1&agent=x", "/a/b/c"]:
            async with self.connect(path) as socket:
                await self.assert_echoed(socket, path)

    async def test_a_close_is_answered_with_its_code(self):
        for code in [1000, 3000, 4999]:
            async with self.connect() as socket:
                await socket.close(code)
                self.assertEqual(socket.close_code, code)
        with RawPeer.open(self.server.address) as peer:
            peer.send(frame(TEXT, "last") + close_frame(1001) + frame(PING))
            self.assertEqual(peer.read_frame()[:2], (TEXT, b"last"))
            self.assertEqual(peer.read_frame()[0], CLOSE)

    def test_nodes_ws_gets_back_what_it_sends(self):
        run = subprocess.run(["node", "--test", NODE_TEST], capture_output=True, text=True, check=False, timeout=120,
                             env={**os.environ, "SWITCHBOARD_URL": self.server.url})
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)


class EchoProcessTest(unittest.TestCase):
    def test_it_leaves_nothing_behind_and_ends_cleanly(self):
        with EchoServer() as server:
            directory = os.path.dirname(server.data)
            server.signal(signal.SIGHUP)
            server.wait_for_line("no configuration")
            server.stop()
            self.assertEqual(os.listdir(directory), [])

    def test_an_address_in_use_is_said(self):
        with EchoServer() as server:
            second = EchoServer(listen=f"{server.address[0]}:{server.address[1]}")
            try:
                second.wait_for_line("in use")
                self.assertEqual(second.wait(), 1)
            finally:
                second.__exit__()


if __name__ == "__main__":
    unittest.main()
