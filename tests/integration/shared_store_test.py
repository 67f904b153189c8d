"""The store is everybody's: floods wait for themselves, what fills the file makes room for others, and nobody is given
what the room has promised to delete."""

import asyncio
import json
import sqlite3
import unittest

from client import Client, WithClients
from harness import until

FLOODERS = 8


class Floods(WithClients, unittest.IsolatedAsyncioTestCase):
    async def flood(self, number, rooms, stop):
        """Publishes as fast as it is read, into rooms of its own, and reads nothing but what it must."""
        client = await self.open()
        names = [f"flood:{number}:{i}" for i in range(rooms)]
        for name in names:
            await client.join(name, f"flooder {number}")

        async def drain():
            async for _ in client.socket:
                pass

        reading = asyncio.create_task(drain())
        sent = 0
        while not stop.is_set():
            name = names[sent % rooms]
            text = json.dumps({"type": "broadcast", "room_id": name, "echo": False, "content": "x" * 2000})
            try:
                await asyncio.wait_for(client.socket.send((text + "\n") * 8), 0.5)
            except asyncio.TimeoutError:
                continue
            sent += 1
        reading.cancel()

    async def publish_beside_floods(self, rooms):
        self.serve(settings={"history.commit_wait_ms": "15000"})
        stop = asyncio.Event()
        ann = await self.open()
        await ann.join("good", "ann")
        floods = [asyncio.create_task(self.flood(i, rooms, stop)) for i in range(FLOODERS)]
        # The floods are at work as soon as somebody has been paused.
        until_flooded = self.server.metric("switchboard_store_commits_total")
        for number in range(30):
            answer = await ann.ask(type="broadcast", room_id="good", content=number, echo=False, id=number)
            self.assertEqual(answer["type"], "ack", answer)
            newcomer = await self.open()
            await newcomer.join(f"new:{number}", "ben")
        self.assertGreater(self.server.metric("switchboard_store_commits_total"), until_flooded + 100)
        stop.set()
        await asyncio.gather(*floods)
        # A disk that has a flood to write may be slow to answer, and then says so.
        until(lambda: self.server.get("/readyz")[0] == 200, "ready again")

    async def test_floods_into_a_few_rooms_refuse_nobody(self):
        await self.publish_beside_floods(rooms=1)

    async def test_floods_into_many_rooms_refuse_nobody(self):
        await self.publish_beside_floods(rooms=40)


class Bound(WithClients, unittest.IsolatedAsyncioTestCase):
    BOUND = 16 << 20

    async def talk(self, client, room_id, content, count, **more):
        """Publishes so many, a hundred under way at a time; the answers that were errors."""
        errors = []
        sent = answered = 0
        while answered < count:
            while sent < count and sent - answered < 100:
                await client.send(type="broadcast", room_id=room_id, content=content, echo=False, id=sent, **more)
                sent += 1
            answer = await client.receive()
            if answer["type"] == "error":
                errors.append(answer)
            answered += 1
        return errors

    async def test_publishing_goes_on_at_the_bound_and_others_keep_their_history(self):
        self.serve(settings={"history.store_bytes_max": str(self.BOUND), "rooms.default.history_messages": "100000"})
        ann = await self.open()
        await ann.join("people", "ann")
        self.assertEqual(await self.talk(ann, "people", "hello", 50), [])
        busy = await self.open()
        await busy.join("busy", "busy")
        self.assertEqual(await self.talk(busy, "busy", "z" * 60000, 600), [])
        self.assertEqual(await self.talk(ann, "people", "hello", 50), [])
        self.assertGreater(self.server.metric("switchboard_store_trimmed_total"), 100)
        page = await ann.ask(type="history", room_id="people", limit=1000, id=0)
        self.assertEqual(len(page["messages"]), 100)

    async def test_messages_to_nobody_make_room_for_others(self):
        self.serve(settings={"history.store_bytes_max": str(self.BOUND)})
        ann = await self.open()
        await ann.join("people", "ann")
        self.assertEqual(await self.talk(ann, "people", "hello", 20), [])
        flooder = await self.open()
        await flooder.join("lobby", "flooder")
        sent = answered = 0
        while answered < 45000:
            while sent < 45000 and sent - answered < 500:
                await flooder.send(type="direct", user_id=f"nobody-{sent}-{'x' * 60}", content=f"{sent}{'.' * 80}", id=sent)
                sent += 1
            answer = await flooder.receive()
            self.assertEqual(answer["type"], "ack", answer)
            answered += 1
            if answered % 2000 == 0:
                self.assertEqual(await self.talk(ann, "people", "hello", 1), [])
        page = await ann.ask(type="history", room_id="people", limit=1000, id=0)
        self.assertEqual(len(page["messages"]), 42)
        with sqlite3.connect(f"file:{self.server.data}/messages.db?mode=ro", uri=True) as database:
            rooms = database.execute("SELECT count(*) FROM rooms").fetchone()[0]
        database.close()
        self.assertLess(rooms, 45000)


class Deletion(WithClients, unittest.IsolatedAsyncioTestCase):
    async def kept(self, room_id, **how):
        client = await self.open()
        joined = await client.join(room_id, "reader", **how)
        contents = []
        while (message := await client.receive())["type"] != "caught_up":
            contents.append(message["content"])
        return joined, contents

    async def publish_and_read(self, room_id):
        """Whether all was there still when it was read, and the room's epoch."""
        ann = await self.open()
        await ann.join(room_id, "ann")
        for number in range(50):
            await ann.send(type="broadcast", room_id=room_id, content=number, echo=False, id=number)
        for _ in range(50):
            answer = await ann.receive()
            self.assertEqual(answer["type"], "ack", answer)
        _, contents = await self.kept(room_id, since={"seq": 0, "epoch": answer["epoch"]})
        return len(contents) == 50, answer["epoch"]

    async def test_a_page_that_was_read_is_not_given_out_when_its_messages_are_too_old(self):
        for backend in ("sqlite", "memory"):
            with self.subTest(backend=backend):
                self.serve(settings={"history.backend": backend, "rooms.short.history_seconds": "2"})
                for attempt in range(20):  # a machine that is busy may be late
                    room_id = f"short:{attempt}"
                    was_read, epoch = await self.publish_and_read(room_id)
                    if was_read:
                        break
                self.assertTrue(was_read)
                client = await self.open()
                await client.join(room_id, "asker")

                async def history_is_empty():
                    page = await client.ask(type="history", room_id=room_id, id=0)
                    return not page["messages"]

                for _ in range(400):
                    if await history_is_empty():
                        break
                    await asyncio.sleep(0.02)
                joined, contents = await self.kept(room_id, since={"seq": 0, "epoch": epoch})
                self.assertEqual(contents, [])
                self.assertFalse(joined["recovered"])
                self.assertEqual((await self.kept(room_id, last=100))[1], [])
                await self.asyncTearDown()


if __name__ == "__main__":
    unittest.main()
