"""Who is in a room: queries, watching it, reloads, on two shards, with clients that are not ours."""

import asyncio
import time
import unittest

from client import Client, WithClients
from harness import DEADLINE_S

QUICK = {"rooms.default.presence_grace_ms": 600, "rooms.default.presence_window_ms": 100}


class Presence(WithClients, unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.serve(settings=QUICK, config="[rooms.quiet]\npresence = false\n")

    async def member(self, user_id, room_id="r", **more):
        client = await self.open()
        await client.join(room_id, user_id, **more)
        return client

    async def watch_until(self, watcher, known, wanted):
        """Applies the changes that `watcher` is told until it knows of `wanted`. Returns how many it was told."""
        changes = 0
        while known != wanted:
            change = await watcher.receive()
            self.assertEqual(change["type"], "presence_change", change)
            self.assertNotIn("partial", change)
            joined = {user["user_id"] for user in change["joined"]}
            left = {user["user_id"] for user in change["left"]}
            self.assertFalse(joined & known, change)
            self.assertTrue(left <= known, change)
            known |= joined
            known -= left
            self.assertEqual(change["count"], len(known), change)
            changes += 1
        return changes

    async def test_a_list_has_each_user_once_with_its_connections(self):
        clients = [await self.member(f"u{i % 10}", info={"n": i % 10}) for i in range(30)]
        answer = await clients[0].ask(type="presence", room_id="r", id=1)
        self.assertEqual(answer, {"type": "presence", "room_id": "r", "id": 1, "count": 10, "users": [
            {"user_id": f"u{i}", "connections": 3, "info": {"n": i}} for i in range(10)]})

    async def test_a_list_is_read_in_pages(self):
        clients = [await self.member(f"u{i:03}") for i in range(45)]
        users, more = [], {}
        while True:
            page = await clients[0].ask(type="presence", room_id="r", limit=10, **more)
            users += [user["user_id"] for user in page["users"]]
            if "next" not in page:
                break
            more = {"next": page["next"]}
        self.assertEqual(users, [f"u{i:03}" for i in range(45)])

    async def test_a_watcher_knows_who_is_there(self):
        await self.member("found")
        watcher = await self.member("w", presence=True)
        known = {"found"}
        await self.watch_until(watcher, known, {"found", "w"})
        people = {f"u{i}": await self.member(f"u{i}") for i in range(20)}
        changes = await self.watch_until(watcher, known, {"found", "w", *people})
        self.assertLess(changes, 20)
        for name in ["u0", "u7"]:
            await people.pop(name).ask(type="leave", room_id="r")
        await people.pop("u9").close()
        await self.watch_until(watcher, known, {"found", "w", *people})
        listed = await watcher.ask(type="presence", room_id="r")
        self.assertEqual({user["user_id"] for user in listed["users"]}, known)

    async def test_a_reload_is_not_noticed(self):
        watcher = await self.member("w", presence=True)
        bob = await self.member("bob")
        known = set()
        await self.watch_until(watcher, known, {"w", "bob"})
        for _ in range(10):
            await bob.close()
            bob = await self.member("bob")
        carol = await self.member("carol")
        self.assertEqual(await self.watch_until(watcher, known, {"w", "bob", "carol"}), 1)
        await bob.close()
        await carol.ask(type="leave", room_id="r")
        began = time.monotonic()
        await self.watch_until(watcher, known, {"w"})
        self.assertGreater(time.monotonic() - began, 0.4)

    async def test_who_has_not_asked_is_told_nothing(self):
        other = await self.open(v1=True)
        self.assertEqual((await other.receive())["type"], "hello")
        await other.join("r", "other")
        watcher = await self.member("w", presence=True)
        await self.watch_until(watcher, {"other"}, {"other", "w"})
        await other.receive_nothing()

    async def test_watching_ends_with_the_membership(self):
        watcher = await self.member("w", presence=True)
        friend = await self.member("f", presence=True)
        known = set()
        await self.watch_until(watcher, set(), {"w", "f"})
        await self.watch_until(friend, known, {"w", "f"})
        self.assertEqual((await watcher.ask(type="leave", room_id="r"))["type"], "left")
        await self.watch_until(friend, known, {"f"})
        await watcher.receive_nothing()
        again = await watcher.join("r", "w")
        self.assertEqual(again["type"], "joined")
        self.assertEqual((await watcher.ask(type="presence", room_id="r"))["count"], 2)

    async def test_where_it_is_off_it_is_forbidden(self):
        client = await self.member("a", room_id="quiet:r")
        self.assertEqual((await client.ask(type="presence", room_id="quiet:r"))["code"], "forbidden")
        self.assertEqual((await client.ask(type="join", room_id="quiet:s", presence=True))["code"], "forbidden")
        self.assertEqual((await client.ask(type="join", room_id="@me", presence=True))["code"], "bad_request")
        await client.join("r", "a")
        self.assertEqual((await client.ask(type="join", room_id="r", presence=True))["code"], "bad_request")

    async def test_a_crowd_that_comes_and_goes_is_told_in_few_pushes(self):
        watchers = [await self.member(f"w{i}", presence=True) for i in range(4)]
        known = [set() for _ in watchers]
        everybody = {f"w{i}" for i in range(4)}
        for watcher, users in zip(watchers, known):
            await self.watch_until(watcher, users, set(everybody))

        async def come_and_go(number):
            for _ in range(5):
                client = await Client.open(self.server.url)
                await client.join("r", f"u{number % 30}")
                await client.close()
            await self.member(f"u{number % 30}")

        await asyncio.wait_for(asyncio.gather(*[come_and_go(i) for i in range(60)]), DEADLINE_S)
        everybody |= {f"u{i}" for i in range(30)}
        for watcher, users in zip(watchers, known):
            self.assertLess(await self.watch_until(watcher, users, set(everybody)), 30)
        self.assertEqual(self.server.metric("switchboard_presence_rooms"), 1)
        self.assertEqual(self.server.metric("switchboard_presence_watchers"), 4)


if __name__ == "__main__":
    unittest.main()
