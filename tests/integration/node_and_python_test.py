"""Node's `ws` and Python's `websockets` in one room: both see the same bytes."""

import asyncio
import json
import os
import unittest

from client import V1, Client
from harness import DEADLINE_S, Server

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node_client.mjs")


class NodeClient:
    @classmethod
    async def open(cls, url, *subprotocol):
        client = cls()
        client.process = await asyncio.create_subprocess_exec(
            "node", SCRIPT, url, *subprotocol, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        client.greeting = await client.receive_text()
        return client

    async def receive_text(self):
        line = await asyncio.wait_for(self.process.stdout.readline(), DEADLINE_S)
        return line.decode().rstrip("\n")

    def send(self, **command):
        self.process.stdin.write(json.dumps(command).encode() + b"\n")

    async def close(self):
        self.process.stdin.close()
        last = await self.receive_text()
        await self.process.wait()
        return last


class NodeAndPython(unittest.IsolatedAsyncioTestCase):
    async def test_both_get_the_same_bytes(self):
        with Server() as server:
            node = await NodeClient.open(server.url, V1)
            self.assertEqual(node.greeting, f"open {V1}")
            self.assertEqual(json.loads(await node.receive_text())["type"], "hello")
            python = await Client.open(server.url)
            await python.join("café ☕", "python")
            node.send(type="join", room_id="café ☕", user_id="node")
            self.assertEqual(json.loads(await node.receive_text())["type"], "joined")
            for number in range(100):
                content = {"number": number, "text": "Grüße 👋", "long": "y" * (number * 40)}
                if number % 2:
                    node.send(type="broadcast", room_id="café ☕", content=content)
                else:
                    await python.send(type="broadcast", room_id="café ☕", content=content)
                text = await python.receive_text()
                self.assertEqual(await node.receive_text(), text)
                message = json.loads(text)
                self.assertEqual((message["seq"], message["content"], message["sender"]),
                                 (number + 1, content, "node" if number % 2 else "python"))
            self.assertEqual(await node.close(), "closed 1000")
            await python.close()


if __name__ == "__main__":
    unittest.main()
