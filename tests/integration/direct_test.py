"""Messages from user to user: every connection of theirs, copies, retries, the user's own room, and who may."""

import asyncio
import unittest

from client import Client
from harness import Server, until

HISTORY = {"history.backend": "memory"}


class Direct(unittest.IsolatedAsyncioTestCase):
    settings = HISTORY
    shards = 2

    async def asyncSetUp(self):
        self.server = self.enterContext(Server(settings=self.settings, shards=self.shards))
        self.opened = []

    async def asyncTearDown(self):
        for client in self.opened:
            await client.close()

    async def user(self, user_id, **options):
        client = await Client.open(self.server.url, **options)
        self.opened.append(client)
        if options.get("v1"):
            await client.receive()  # hello
        await client.join(f"home of {user_id}", user_id)
        return client

    async def test_a_message_reaches_every_connection_of_the_user(self):
        alice = await self.user("alice")
        # The kernel spreads connections over the shards; half of these read compressed.
        bobs = [await self.user("bob", compression=None if i % 2 else "deflate") for i in range(16)]
        carol = await self.user("carol")
        for number in range(1, 6):
            await alice.send(type="direct", user_id="bob", content={"n": number})
            for bob in bobs:
                message = await bob.receive()
                ts = message.pop("ts")
                self.assertIsInstance(ts, int)
                self.assertEqual(message, {"type": "direct", "content": {"n": number}, "sender": "alice",
                                           "seq": number})
        await alice.receive_nothing()
        await carol.receive_nothing()

    async def test_it_is_acknowledged_by_the_users_name_and_a_retry_is_told_apart(self):
        alice, bob = await self.user("alice"), await self.user("bob")
        command = {"type": "direct", "user_id": "bob", "content": "psst", "dedup": "x1"}
        first = await alice.ask(**command, id=7)
        self.assertEqual({key: first[key] for key in ("type", "id", "user_id", "seq")},
                         {"type": "ack", "id": 7, "user_id": "bob", "seq": 1})
        self.assertNotIn("room_id", first)
        again = await alice.ask(**command, id=8)
        self.assertEqual(again, {**first, "id": 8, "duplicate": True})
        self.assertEqual((await bob.receive())["content"], "psst")
        await bob.receive_nothing()
        other = await alice.ask(**{**command, "dedup": "x2"}, id=9)
        self.assertEqual(other["seq"], 2)

    async def test_the_senders_other_devices_get_a_copy_that_says_to_whom(self):
        phone, laptop, bob = await self.user("alice"), await self.user("alice"), await self.user("bob")
        await phone.send(type="direct", user_id="bob", content=1, own_devices=True)
        copy = await laptop.receive()
        self.assertEqual((copy["type"], copy["content"], copy["sender"], copy["to"]), ("direct", 1, "alice", "bob"))
        self.assertNotIn("to", await bob.receive())
        await phone.receive_nothing()

    async def test_who_was_away_finds_what_was_missed(self):
        alice = await self.user("alice")
        sent = [await alice.ask(type="direct", user_id="bob", content=number, id=number) for number in range(1, 6)]
        epoch = sent[0]["epoch"]
        bob = await self.user("bob")
        await bob.receive_nothing()
        joined = await bob.ask(type="join", room_id="@me", since={"seq": 2, "epoch": epoch}, id="j")
        self.assertEqual((joined["room_id"], joined["seq"], joined["recovered"]), ("@me", 5, True))
        self.assertEqual([(await bob.receive())["content"] for _ in range(3)], [3, 4, 5])
        caught_up = await bob.receive()
        self.assertEqual((caught_up["type"], caught_up["room_id"], caught_up["seq"]), ("caught_up", "@me", 5))
        await alice.send(type="direct", user_id="bob", content=6)
        self.assertEqual((await bob.receive())["content"], 6)
        history = await bob.ask(type="history", room_id="@me", before=3)
        self.assertEqual([message["content"] for message in history["messages"]], [1, 2])

        late = await self.user("bob")
        await late.ask(type="join", room_id="@me", last=2)
        self.assertEqual([(await late.receive())["content"] for _ in range(2)], [5, 6])

    async def test_the_own_room_is_left_back_to_live(self):
        alice, bob = await self.user("alice"), await self.user("bob")
        self.assertEqual((await bob.ask(type="leave", room_id="@me"))["code"], "not_joined")
        self.assertEqual((await bob.ask(type="join", room_id="@me"))["type"], "joined")
        self.assertEqual((await bob.ask(type="leave", room_id="@me"))["type"], "left")
        await alice.send(type="direct", user_id="bob", content="still")
        self.assertEqual((await bob.receive())["content"], "still")

    async def test_nobody_enters_or_writes_to_anothers_room_by_its_name(self):
        alice = await self.user("alice")
        for command in [{"type": "join", "room_id": "@bob"}, {"type": "broadcast", "room_id": "@bob", "content": 1},
                        {"type": "broadcast", "room_id": "@me", "content": 1},
                        {"type": "history", "room_id": "@bob"}]:
            with self.subTest(command=command):
                self.assertEqual((await alice.ask(**command))["code"], "forbidden")
        stranger = await Client.open(self.server.url)
        self.opened.append(stranger)
        refused = await stranger.ask(type="direct", user_id="bob", content=1)
        self.assertEqual(refused["code"], "bad_request")

    async def test_a_crowd_that_writes_to_each_other_gets_everything_once_and_in_order(self):
        users = [f"u{i}" for i in range(10)]
        connections = [(user, await self.user(user)) for user in users for _ in range(3)]
        senders = {user: client for user, client in connections}
        rounds = 20
        for number in range(rounds):
            for user, client in senders.items():
                for to in users:
                    await client.send(type="direct", user_id=to, content=[user, number])

        async def check(client):
            last = {user: -1 for user in users}
            for seq in range(1, rounds * len(users) + 1):
                message = await client.receive()
                user, number = message["content"]
                self.assertEqual((message["seq"], message["sender"], number), (seq, user, last[user] + 1))
                last[user] = number
            await client.receive_nothing()

        await asyncio.gather(*(check(client) for _, client in connections))

    async def test_they_are_counted(self):
        alice = await self.user("alice")
        bobs = [await self.user("bob") for _ in range(3)]
        for user_id in ["bob", "nobody", "bob"]:
            await alice.ask(type="direct", user_id=user_id, content=1, id=1)
        for bob in bobs:
            await bob.receive()
            await bob.receive()

        def counted():
            return [self.server.metric(f"switchboard_direct_{name}_total")
                    for name in ("messages", "messages_to_nobody", "deliveries")] == [3, 1, 6]

        until(counted, "three messages, one to nobody, six deliveries")


class DirectKeptOnDisk(Direct):
    settings = {"history.backend": "sqlite"}

    async def test_a_restart_loses_neither_messages_nor_numbers_nor_what_was_said_once(self):
        alice = await self.user("alice")
        command = {"type": "direct", "user_id": "bob", "dedup": "x"}
        first = await alice.ask(**command, content=1, id=1)
        await self.asyncTearDown()
        self.opened.clear()
        self.server.stop()
        with Server(settings=self.settings, shards=self.shards, data=self.server.data) as self.server:
            alice = await self.user("alice")
            self.assertEqual(await alice.ask(**command, content=1, id=1), {**first, "duplicate": True})
            second = await alice.ask(**{**command, "dedup": "y"}, content=2, id=2)
            self.assertEqual((second["seq"], second["epoch"]), (2, first["epoch"]))
            bob = await self.user("bob")
            await bob.ask(type="join", room_id="@me", last=10)
            self.assertEqual([(await bob.receive())["content"] for _ in range(2)], [1, 2])
            await self.asyncTearDown()
            self.opened.clear()


class NoDirect(unittest.IsolatedAsyncioTestCase):
    async def test_where_they_are_not_allowed_they_are_refused(self):
        with Server(settings={**HISTORY, "direct.allowed": "none"}) as server:
            client = await Client.open(server.url)
            await client.join("r", "alice")
            refused = await client.ask(type="direct", user_id="bob", content=1, id=3)
            self.assertEqual((refused["code"], refused["id"]), ("forbidden", 3))
            await client.close()


if __name__ == "__main__":
    unittest.main()
