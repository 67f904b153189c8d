"""A well-behaved client: Python `websockets` with JSON in and out, every wait with a deadline."""

import asyncio
import json
import threading

import websockets

from harness import DEADLINE_S, Server

V1 = "switchboard.v1.json"


class Client:
    """One connection of an asyncio test. `open` makes one."""

    def __init__(self, socket):
        self.socket = socket

    @classmethod
    async def open(cls, url, v1=False, **options):
        options.setdefault("ping_interval", None)
        options.setdefault("open_timeout", DEADLINE_S)
        options.setdefault("max_queue", None)
        return cls(await websockets.connect(url, subprotocols=[V1] if v1 else None, **options))

    async def send(self, **command):
        await self.socket.send(json.dumps(command))

    async def receive_text(self):
        return await asyncio.wait_for(self.socket.recv(), DEADLINE_S)

    async def receive(self):
        return json.loads(await self.receive_text())

    async def ask(self, **command):
        """Sends and returns the next thing that comes."""
        await self.send(**command)
        return await self.receive()

    async def join(self, room_id, user_id, **more):
        joined = await self.ask(type="join", room_id=room_id, user_id=user_id, **more)
        assert joined["type"] == "joined" and joined["room_id"] == room_id, joined
        return joined

    async def receive_nothing(self):
        """Nothing more is on its way: the answer to a ping is the next thing that comes."""
        answer = await self.ask(type="ping")
        assert answer == {"type": "pong"}, answer

    async def close_code(self):
        """The code and reason the server closes with, whatever it sends before."""
        async def run():
            try:
                while True:
                    await self.socket.recv()
            except websockets.ConnectionClosed:
                return self.socket.close_code, self.socket.close_reason

        return await asyncio.wait_for(run(), DEADLINE_S)

    async def close(self):
        await asyncio.wait_for(self.socket.close(), DEADLINE_S)


class WithClients:
    """For an asyncio test case: a server, and clients of it that are closed when the test ends."""

    def serve(self, **options):
        self.server = self.enterContext(Server(**options))
        self.opened = []

    async def open(self, **options):
        client = await Client.open(self.server.url, **options)
        self.opened.append(client)
        return client

    async def asyncTearDown(self):
        for client in self.opened:
            await client.close()


class Pair:
    """Two friends in a room of their own, on a thread of their own, for tests that misbehave on blocking sockets."""

    def __init__(self, url, room_id="pair"):
        self._room_id = room_id
        self._sent = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._open(url))

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(DEADLINE_S * 2)

    async def _open(self, url):
        self._clients = [await Client.open(url), await Client.open(url)]
        for client, user_id in zip(self._clients, ["ann", "bob"]):
            await client.join(self._room_id, user_id)

    async def _talk(self):
        for client in self._clients:
            self._sent += 1
            await client.send(type="broadcast", room_id=self._room_id, content=self._sent)
            for receiver in self._clients:
                message = await receiver.receive()
                assert message["content"] == self._sent and message["seq"] == self._sent, message

    def talk(self):
        """Each says something and both hear it, in order and once."""
        self._run(self._talk())

    def close(self):
        async def close_all():
            for client in self._clients:
                await client.close()

        self._run(close_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
