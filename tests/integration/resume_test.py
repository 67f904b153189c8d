"""Coming back: `since`, `last`, `caught_up`, `history`, acknowledgements and `dedup`, with the server's own store, across its
restarts, for one and for a hundred at once.
"""

import asyncio
import contextlib
import glob
import json
import os
import selectors
import signal
import sqlite3
import tempfile
import unittest

from bystander import Bystanders
from client import V1, Client
from harness import SANITIZED, Server, until
from hostile import MEDIAN_MS_MAX, MIB, TRIP_MS_MAX
from node_and_python_test import NodeClient
from raw_peer import RawPeer

CONFIG = """
[rooms.default]
history_messages = 100_000

[rooms.short]
history_messages = 100

[rooms.gone]
history = false
"""
DURABLE = """
[rooms.safe]
durability = "power"
"""
LARGE_ROOM = 1_000 if SANITIZED else 10_000
RESUMERS = 100


class ResumeCase(unittest.IsolatedAsyncioTestCase):
    config = CONFIG + DURABLE
    settings = {"delivery.send_buffer_bytes": 8192}

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest sets it, and it takes half of the time
        self.data = self.enterContext(tempfile.TemporaryDirectory(prefix="switchboard-resume-"))
        self.opened = []
        self.server = None
        await self.start()
        self.addAsyncCleanup(self.leave)

    async def start(self):
        self.server = await asyncio.to_thread(Server(config=self.config, settings=self.settings, data=self.data).__enter__)

    async def restart(self, how=signal.SIGKILL, on_another_boot=False):
        await self.leave_clients()
        self.server.signal(how)
        await asyncio.to_thread(self.server.wait)
        await asyncio.to_thread(self.server.__exit__)
        if on_another_boot:
            (path,) = glob.glob(os.path.join(self.data, "*.db"))
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
                database.execute("UPDATE meta SET value = 'another' WHERE key = 'boot_id'")
        await self.start()

    async def leave_clients(self):
        for client in self.opened:
            await client.close()
        self.opened = []

    async def leave(self):
        await self.leave_clients()
        await asyncio.to_thread(self.server.__exit__)

    async def open(self, v1=True, **options):
        client = await Client.open(self.server.url, v1=v1, **options)
        self.opened.append(client)
        if v1:
            self.assertEqual((await client.receive())["type"], "hello")
        return client

    async def publish(self, count, room="r", first=1, size=20):
        """Somebody says `count` things, first .. first + count - 1; returns the room's epoch."""
        client = await self.open()
        await client.join(room, "speaker")
        for number in range(first, first + count):
            await client.send(type="broadcast", room_id=room, content=[number, "x" * size], echo=False, id=number)
            if (number - first) % 500 == 499:
                while (ack := await client.receive()).get("id") != number:
                    pass
        while (count - 1) % 500 != 499 and (ack := await client.receive()).get("id") != first + count - 1:
            pass
        await client.close()
        self.opened.remove(client)
        return ack["epoch"]

    async def expect(self, client, room, first, last):
        """The next things that come are these messages."""
        for seq in range(first, last + 1):
            message = await client.receive()
            self.assertEqual((message["type"], message["room_id"], message["seq"]), ("broadcast", room, seq))


class Resume(ResumeCase):
    async def test_since_brings_every_message_after_it_then_caught_up_then_what_is_new(self):
        epoch = await self.publish(700)
        client, other = await self.open(), await self.open()
        joined = await client.join("r", "ann", since={"seq": 41, "epoch": epoch}, id=1)
        self.assertEqual(joined, {"type": "joined", "room_id": "r", "id": 1, "seq": 700, "epoch": epoch, "recovered": True})
        await self.expect(client, "r", 42, 700)
        self.assertEqual(await client.receive(), {"type": "caught_up", "room_id": "r", "seq": 700})
        await other.join("r", "bob")
        await other.send(type="broadcast", room_id="r", content="new")
        await self.expect(client, "r", 701, 701)
        await client.receive_nothing()

    async def test_who_has_everything_is_caught_up_at_once(self):
        epoch = await self.publish(3)
        client = await self.open()
        self.assertTrue((await client.join("r", "ann", since={"seq": 3, "epoch": epoch}))["recovered"])
        self.assertEqual(await client.receive(), {"type": "caught_up", "room_id": "r", "seq": 3})
        await client.receive_nothing()

    async def test_a_base_client_may_resume_too(self):
        epoch = await self.publish(3)
        client = await self.open(v1=False)
        joined = await client.join("r", "ann", since={"seq": 1, "epoch": epoch})
        self.assertEqual((joined["seq"], joined["recovered"]), (3, True))
        await self.expect(client, "r", 2, 3)
        self.assertEqual((await client.receive())["type"], "caught_up")

    async def test_from_another_epoch_or_from_the_future_there_is_what_there_is(self):
        epoch = await self.publish(5)
        for since, reason in [({"seq": 2, "epoch": "other"}, "epoch_changed"), ({"seq": 6, "epoch": epoch}, "ahead")]:
            with self.subTest(reason=reason):
                client = await self.open()
                joined = await client.join("r", "ann", since=since)
                self.assertEqual((joined["recovered"], joined["reason"], joined["first_seq"]), (False, reason, 1))
                await self.expect(client, "r", 1, 5)
                self.assertEqual(await client.receive(), {"type": "caught_up", "room_id": "r", "seq": 5})

    async def test_what_was_trimmed_is_declared(self):
        epoch = await self.publish(3_000, room="short:r")

        async def first_seq():
            client = await self.open()
            joined = await client.join("short:r", "ann", since={"seq": 1, "epoch": epoch})
            await client.close()
            self.opened.remove(client)
            return joined.get("first_seq")

        while not await first_seq():
            await asyncio.sleep(0.05)
        client = await self.open()
        joined = await client.join("short:r", "ann", since={"seq": 1, "epoch": epoch})
        self.assertEqual((joined["recovered"], joined["reason"]), (False, "trimmed"))
        self.assertLessEqual(joined["first_seq"], 2_901)
        # What is trimmed in the background between the answer and the reading is declared in its turn.
        expected, lost = joined["first_seq"], False
        while (message := await client.receive())["type"] != "caught_up":
            if message["type"] == "lagged":
                self.assertEqual(message["from"], expected)
                expected, lost = message["to"] + 1, True
            else:
                self.assertEqual(message["seq"], expected)
                expected += 1
        self.assertEqual((expected, message["seq"], message.get("recovered", True)), (3_001, 3_000, not lost))

    async def test_last_brings_so_many_or_all_there_are(self):
        await self.publish(300)
        for count, first in [(1, 300), (20, 281), (299, 2), (300, 1), (301, 1), (1_000, 1)]:
            with self.subTest(last=count):
                client = await self.open()
                joined = await client.join("r", "ann", last=count)
                self.assertEqual(joined["seq"], 300)
                self.assertNotIn("recovered", joined)
                await self.expect(client, "r", first, 300)
                self.assertEqual(await client.receive(), {"type": "caught_up", "room_id": "r", "seq": 300})

    async def test_a_room_without_history_recovers_only_who_has_missed_nothing(self):
        epoch = await self.publish(3, room="gone:r")
        for seq, recovered in [(3, True), (2, False)]:
            client = await self.open()
            joined = await client.join("gone:r", "ann", since={"seq": seq, "epoch": epoch})
            self.assertEqual((joined["recovered"], joined.get("reason")), (recovered, None if recovered else "trimmed"))
            self.assertEqual((await client.receive())["type"], "caught_up")
        answer = await client.ask(type="history", room_id="gone:r", id=1)
        self.assertEqual((answer["type"], answer["code"]), ("error", "history_unavailable"))

    async def test_what_cannot_be_asked_together_is_refused(self):
        await self.publish(1)
        client = await self.open()
        since = {"seq": 0, "epoch": "k"}
        answer = await client.ask(type="join", room_id="r", user_id="ann", since=since, last=3)
        self.assertEqual(answer["code"], "bad_request")
        await client.join("r", "ann")
        for wish in {"since": since}, {"last": 1}:
            self.assertEqual((await client.ask(type="join", room_id="r", **wish))["code"], "bad_request")

    async def test_a_restart_costs_nobody_anything(self):
        epoch = await self.publish(10)
        for how in signal.SIGKILL, signal.SIGTERM, signal.SIGKILL:
            await self.restart(how)
            client = await self.open()
            joined = await client.join("r", "ann", since={"seq": 4, "epoch": epoch})
            self.assertEqual((joined["seq"], joined["epoch"], joined["recovered"]), (10, epoch, True))
            await self.expect(client, "r", 5, 10)
        self.assertEqual(await self.publish(1, first=11), epoch)

    async def test_after_a_crash_of_the_machine_only_rooms_of_durability_power_go_on(self):
        epochs = {room: await self.publish(10, room=room) for room in ("r", "safe:r")}
        await self.restart(on_another_boot=True)
        client = await self.open()
        for room, epoch in epochs.items():
            joined = await client.join(room, "ann", since={"seq": 4, "epoch": epoch})
            self.assertEqual(joined["recovered"], room == "safe:r")
            self.assertEqual(joined["epoch"] == epoch, room == "safe:r")
            self.assertEqual(joined.get("reason"), None if room == "safe:r" else "epoch_changed")
            await self.expect(client, room, 5 if room == "safe:r" else joined["first_seq"], joined["seq"])
            self.assertEqual((await client.receive())["type"], "caught_up")
        epochs["r"] = await self.publish(1, first=11)
        await self.restart(signal.SIGTERM, on_another_boot=True)  # after a clean end nothing can be lost
        for room, epoch in epochs.items():
            self.assertEqual(await self.publish(1, room=room, first=12), epoch)

    async def test_node_resumes_with_the_same_bytes(self):
        epoch = await self.publish(600)
        node = await NodeClient.open(self.server.url, V1)
        self.assertEqual(json.loads(await node.receive_text())["type"], "hello")
        python = await self.open()
        join = {"type": "join", "room_id": "r", "user_id": "ann", "since": {"seq": 5, "epoch": epoch}}
        node.send(**join)
        await python.send(**join)
        for _ in range(1 + 595 + 1):
            self.assertEqual(await node.receive_text(), await python.receive_text())
        self.assertEqual(await node.close(), "closed 1000")

    async def test_a_member_that_stops_reading_is_caught_up_from_the_store(self):
        with RawPeer.open(self.server.address, b"Sec-WebSocket-Protocol: " + V1.encode() + b"\r\n",
                          receive_buffer=8192) as reader:
            reader.say('{"type":"join","room_id":"r","user_id":"slow"}')
            while reader.read_json()["type"] != "joined":
                pass
            await self.publish(1_500, size=2_000)
            for seq in range(1, 1_501):
                message = reader.read_json()
                self.assertEqual((message["type"], message["seq"], message["content"][0]), ("broadcast", seq, seq))
            self.assertEqual(self.server.health()["messages_dropped"], 0)
            self.assertGreater(self.server.metric("switchboard_replay_messages_total"), 0)


class SlowResume(Resume):
    """The same where every limit is tight."""
    settings = {"rooms.default.backlog_messages": 3, "delivery.send_buffer_bytes": 8192, "history.replays_max": 1}


class InMemory(ResumeCase):
    config = CONFIG
    settings = {"history.backend": "memory"}

    async def test_the_end_of_the_process_begins_a_new_epoch(self):
        epoch = await self.publish(5)
        client = await self.open()
        self.assertTrue((await client.join("r", "ann", since={"seq": 1, "epoch": epoch}))["recovered"])
        await self.expect(client, "r", 2, 5)
        await self.restart(signal.SIGTERM)
        client = await self.open()
        joined = await client.join("r", "ann", since={"seq": 1, "epoch": epoch})
        self.assertEqual((joined["recovered"], joined["reason"], joined["seq"]), (False, "epoch_changed", 0))
        self.assertNotEqual(joined["epoch"], epoch)
        self.assertEqual(await client.receive(), {"type": "caught_up", "room_id": "r", "seq": 0})


class History(ResumeCase):
    async def test_pages_cover_the_room_in_both_directions(self):
        epoch = await self.publish(1_234)
        client = await self.open()
        await client.join("r", "ann")
        for limit in 100, 1_000:
            forward, more = [], True
            while more:
                page = await client.ask(type="history", room_id="r", after=forward[-1] if forward else 0, limit=limit, id=3)
                self.assertEqual((page["type"], page["room_id"], page["id"], page["epoch"]), ("history", "r", 3, epoch))
                self.assertLessEqual(len(page["messages"]), limit)
                forward += [message["seq"] for message in page["messages"]]
                more = page["more"]
            self.assertEqual(forward, list(range(1, 1_235)))
            backward, more = [], True
            while more:
                before = {"before": backward[0]} if backward else {}
                page = await client.ask(type="history", room_id="r", limit=limit, **before)
                backward = [message["seq"] for message in page["messages"]] + backward
                more = page["more"]
            self.assertEqual(backward, forward)

    async def test_messages_are_as_they_were_sent(self):
        client = await self.open()
        await client.join("r", "ann")
        contents = ['{"a": [1.50, "é\\u0041"]}', "null", '"' + "y" * 3_000 + '"', "123456789012345678901234567890"]
        sent = []
        for content in contents:
            await client.socket.send('{"type":"broadcast","room_id":"r","content":' + content + "}")
            sent.append(await client.receive_text())
        await client.send(type="history", room_id="r")
        text = await client.receive_text()
        self.assertIn("[" + ",".join(sent) + "]", text)

    async def test_an_answer_has_a_bound_in_bytes_and_says_that_there_is_more(self):
        await self.publish(200, size=10_000)
        client = await self.open()
        await client.join("r", "ann")
        await client.send(type="history", room_id="r", after=0, limit=1_000)
        text = await client.receive_text()
        page = json.loads(text)
        self.assertLess(len(text), 300_000)
        self.assertGreater(len(page["messages"]), 20)
        self.assertTrue(page["more"])

    async def test_bad_queries_are_refused_in_words(self):
        client = await self.open()
        await client.join("r", "ann")
        for query, code in [({"limit": 0}, "bad_request"), ({"limit": 1_001}, "bad_request"),
                            ({"before": 1, "after": 1}, "bad_request"), ({"before": -1}, "bad_request"),
                            ({"room_id": "elsewhere"}, "not_joined")]:
            with self.subTest(query=query):
                answer = await client.ask(**{"type": "history", "room_id": "r", "id": 1, **query})
                self.assertEqual((answer["type"], answer["code"], answer["id"]), ("error", code, 1))
        page = await client.ask(type="history", room_id="r", limit=1_000)
        self.assertEqual((page["messages"], page["more"]), ([], False))


class Dedup(ResumeCase):
    async def say(self, client, dedup, room="r", content="c"):
        """The ack of a publish with that key."""
        return await client.ask(type="broadcast", room_id=room, content=content, dedup=dedup, echo=False, id=dedup)

    async def test_a_retry_is_acknowledged_as_the_first_was_and_said_once(self):
        client, other = await self.open(), await self.open()
        await client.join("r", "ann")
        await other.join("r", "bob")
        first = await self.say(client, "k1")
        self.assertNotIn("duplicate", first)
        again = await self.say(client, "k1", content="whatever")
        self.assertEqual(again, {**first, "duplicate": True})
        self.assertEqual((await self.say(client, "k2"))["seq"], 2)
        self.assertEqual([(await other.receive())["seq"] for _ in range(2)], [1, 2])
        await other.receive_nothing()

    async def test_a_key_is_its_users_and_its_rooms(self):
        client, other = await self.open(), await self.open()
        for room in "r", "q":
            await client.join(room, "ann")
        await other.join("r", "bob")
        for speaker, room in (client, "r"), (other, "r"), (client, "q"):
            ack = await self.say(speaker, "k", room=room)
            while ack["type"] != "ack":
                ack = await speaker.receive()
            self.assertNotIn("duplicate", ack)

    async def test_a_retry_is_known_after_a_crash(self):
        client = await self.open()
        await client.join("r", "ann")
        first = [await self.say(client, f"k{i}") for i in range(50)]
        for how in signal.SIGKILL, signal.SIGTERM:
            await self.restart(how)
            client = await self.open()
            await client.join("r", "ann")
            again = [await self.say(client, f"k{i}") for i in range(50)]
            self.assertEqual(again, [{**ack, "duplicate": True} for ack in first])

    async def test_retries_while_the_first_is_under_way_wait_for_its_outcome(self):
        clients = [await self.open() for _ in range(20)]
        for client in clients:
            await client.join("r", "ann")
        for client in clients:
            await client.send(type="broadcast", room_id="r", content=1, dedup="k", echo=False, id=1)
        acks = []
        for client in clients:
            while (answer := await client.receive())["type"] != "ack":
                pass
            acks.append(answer)
        self.assertEqual({ack["seq"] for ack in acks}, {1})
        self.assertEqual(sum("duplicate" not in ack for ack in acks), 1)


class ManyResumers(ResumeCase):
    settings = {"heartbeat.ping_interval_ms": 0}

    async def test_a_hundred_resume_a_large_room_at_once_and_nobody_else_notices(self):
        epoch = await self.publish(LARGE_ROOM, size=200)
        await self.leave_clients()
        await asyncio.to_thread(self.resume_together, epoch)

    def resume_together(self, epoch):
        join = json.dumps({"type": "join", "room_id": "r", "user_id": "ann", "since": {"seq": 0, "epoch": epoch}})
        with Bystanders(self.server.url) as bystanders, selectors.DefaultSelector() as selector:
            bystanders.report()
            memory = self.server.resident_bytes()
            peers = [RawPeer.open(self.server.address) for _ in range(RESUMERS)]
            for peer in peers:
                peer.say(join)
                selector.register(peer.socket, selectors.EVENT_READ, peer)
            received = {peer: bytearray() for peer in peers}
            ended, memory_most = set(), memory
            end = b'{"type":"caught_up","room_id":"r","seq":%d}' % LARGE_ROOM
            while len(ended) < RESUMERS:
                events = selector.select(20)
                self.assertTrue(events, f"nothing comes any more; {len(ended)} have everything")
                for key, _ in events:
                    received[key.data] += key.data.socket.recv(1 << 20)
                    if received[key.data].endswith(end):
                        ended.add(key.data)
                memory_most = max(memory_most, self.server.resident_bytes())
            fared = bystanders.report()
            for peer in peers:
                peer.socket.close()
        first = received[peers[0]]
        for peer in peers:
            self.assertEqual(received[peer], first)
        at = 0
        for seq in range(1, LARGE_ROOM + 1):
            at = first.find(b'"seq":%d,' % seq, at)
            self.assertGreater(at, 0, f"{seq} is missing")
        print(f"{RESUMERS} resumed {LARGE_ROOM} messages; the bystanders had {fared}; the server grew by "
              f"{(memory_most - memory) >> 10} KB")
        self.assertLess(fared["median_ms"], MEDIAN_MS_MAX, fared)
        self.assertLess(fared["max_ms"], TRIP_MS_MAX, fared)
        if not SANITIZED:
            self.assertLess(memory_most - memory, 64 * MIB)
        until(lambda: self.server.health()["active_connections"] == 0, "everybody is gone")


if __name__ == "__main__":
    unittest.main()
