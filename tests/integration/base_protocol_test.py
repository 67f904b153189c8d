"""The base table of the protocol, as Python `websockets` sees it, with one, two and four shards."""

import asyncio
import json
import time
import unittest

from client import WithClients


class BaseProtocol(WithClients):
    """The same behaviour, whatever the number of shards."""

    shards = 0

    async def asyncSetUp(self):
        self.serve(shards=self.shards)

    async def test_join_is_answered_with_joined(self):
        client = await self.open()
        answer = await client.ask(type="join", room_id="game_lobby", user_id="alice123")
        self.assertEqual((answer["type"], answer["room_id"]), ("joined", "game_lobby"))
        self.assertNotIn("id", answer)

    async def test_a_broadcast_reaches_every_member_and_the_sender_with_seq_and_ts(self):
        members = [await self.open() for _ in range(5)]
        for number, member in enumerate(members):
            await member.join("game_lobby", f"user{number}")
        before_ms = time.time() * 1000
        await members[0].send(type="broadcast", room_id="game_lobby", content="Hello everyone!")
        texts = [await member.receive_text() for member in members]
        self.assertEqual(len(set(texts)), 1)
        message = json.loads(texts[0])
        self.assertEqual(message, {"type": "broadcast", "room_id": "game_lobby", "content": "Hello everyone!",
                                   "sender": "user0", "seq": 1, "ts": message["ts"]})
        self.assertLess(abs(message["ts"] - before_ms), 60_000)
        for member in members:
            await member.receive_nothing()

    async def test_content_is_carried_byte_for_byte(self):
        client = await self.open()
        await client.join("r", "a")
        for content in ['{"b":1,  "a":[1.0e400, 123456789012345678901234567890, -0]}', r'"\u00e9\ud83d\ude00 é😀"',
                        "null", "true", '""', "[]"]:
            await client.socket.send('{"type":"broadcast","room_id":"r","content":' + content + "}")
            self.assertIn('"content":' + content + ',"sender"', await client.receive_text())

    async def test_nobody_hears_a_room_it_has_not_joined(self):
        speaker, stranger = await self.open(), await self.open()
        await speaker.join("mine", "a")
        await stranger.join("other", "b")
        await speaker.ask(type="broadcast", room_id="mine", content=1)
        await stranger.receive_nothing()

    async def test_after_left_nothing_of_the_room_comes(self):
        speaker, leaver = await self.open(), await self.open()
        await speaker.join("r", "a")
        await leaver.join("r", "b")
        for number in range(200):
            await speaker.send(type="broadcast", room_id="r", content=number)
        await leaver.send(type="leave", room_id="r")
        received = 0
        while (message := await leaver.receive())["type"] == "broadcast":
            self.assertEqual(message["content"], received)
            received += 1
        self.assertEqual(message, {"type": "left", "room_id": "r"})
        for number in range(200):
            self.assertEqual((await speaker.receive())["content"], number)
        await speaker.ask(type="broadcast", room_id="r", content="after")
        await leaver.receive_nothing()

    async def test_leaving_and_joining_again_goes_on_with_what_comes_then(self):
        client, other = await self.open(), await self.open()
        await client.join("r", "a")
        await other.join("r", "b")
        self.assertEqual(await client.ask(type="leave", room_id="r"), {"type": "left", "room_id": "r"})
        self.assertEqual((await other.ask(type="broadcast", room_id="r", content="missed"))["seq"], 1)
        await client.join("r", "a")
        await other.send(type="broadcast", room_id="r", content="heard")
        message = await client.receive()
        self.assertEqual((message["content"], message["seq"]), ("heard", 2))

    async def test_a_second_join_answers_joined_and_changes_nothing(self):
        client = await self.open()
        await client.join("r", "a")
        await client.join("r", "a")
        await client.ask(type="broadcast", room_id="r", content=1)
        await client.receive_nothing()
        self.assertEqual(await client.ask(type="leave", room_id="r"), {"type": "left", "room_id": "r"})
        self.assertEqual((await client.ask(type="leave", room_id="r"))["code"], "not_joined")

    async def test_one_connection_is_in_several_rooms(self):
        client = await self.open()
        for number in range(30):
            await client.join(f"room{number}", "a")
        for number in reversed(range(30)):
            message = await client.ask(type="broadcast", room_id=f"room{number}", content=number)
            self.assertEqual((message["room_id"], message["content"], message["seq"]), (f"room{number}", number, 1))
        self.server.wait_for_health(rooms=30, members=30)

    async def test_ping_is_answered_with_pong(self):
        client = await self.open()
        self.assertEqual(await client.ask(type="ping"), {"type": "pong"})

    async def test_errors_come_with_their_code_and_the_connection_stays(self):
        client = await self.open()
        await client.join("r", "a")
        long_id = "x" * 256
        for command, code in [
            ({"type": "dance"}, "unknown_type"),
            ({"type": "direct", "user_id": "bob"}, "bad_request"),
            ({"type": "auth", "token": "t"}, "bad_request"),
            ({"type": 5}, "bad_request"),
            ({}, "bad_request"),
            ({"type": "join", "user_id": "a"}, "bad_request"),
            ({"type": "join", "room_id": "", "user_id": "a"}, "bad_request"),
            ({"type": "join", "room_id": 7, "user_id": "a"}, "bad_request"),
            ({"type": "join", "room_id": long_id, "user_id": "a"}, "bad_request"),
            ({"type": "join", "room_id": "a\nb", "user_id": "a"}, "bad_request"),
            ({"type": "join", "room_id": "a\u0085b", "user_id": "a"}, "bad_request"),
            ({"type": "join", "room_id": "q", "user_id": "b"}, "user_mismatch"),
            ({"type": "join", "room_id": "@bob", "user_id": "a"}, "forbidden"),
            ({"type": "leave", "room_id": "elsewhere"}, "not_joined"),
            ({"type": "broadcast", "room_id": "elsewhere", "content": 1}, "not_joined"),
            ({"type": "broadcast", "room_id": "r"}, "bad_request"),
        ]:
            with self.subTest(command=command):
                answer = await client.ask(**command)
                self.assertEqual((answer["type"], answer["code"]), ("error", code))
                self.assertTrue(answer["message"])
                self.assertFalse(answer["retryable"])
        for text in ["", "{", "nonsense", "[]", '"join"', '{"type":"ping"}}', '{"type":"ping","type":"ping"}']:
            with self.subTest(text=text):
                await client.socket.send(text)
                self.assertEqual((await client.receive())["code"], "bad_request")
                while (await client.ask(type="ping", id=1))["type"] != "pong":  # `{}}` is one good command, one bad
                    pass
        self.assertEqual((await client.ask(type="broadcast", room_id="r", content="still here"))["content"],
                         "still here")

    async def test_an_id_of_255_bytes_is_good(self):
        client = await self.open()
        await client.join("r" * 255, "u" * 255)
        self.assertEqual((await client.ask(type="broadcast", room_id="r" * 255, content=1))["sender"], "u" * 255)

    async def test_the_first_join_must_name_the_user(self):
        client = await self.open()
        self.assertEqual((await client.ask(type="join", room_id="r"))["code"], "bad_request")
        await client.join("r", "a")
        self.assertEqual((await client.ask(type="join", room_id="s"))["type"], "joined")

    async def test_commands_sent_in_one_go_are_answered_in_order(self):
        client = await self.open()
        await client.send(type="join", room_id="r", user_id="a")
        await client.send(type="broadcast", room_id="r", content=1)
        await client.send(type="leave", room_id="r")
        await client.send(type="join", room_id="r", user_id="a")
        await client.send(type="leave", room_id="r")
        await client.send(type="leave", room_id="r")
        kinds = [message["type"] for message in [await client.receive() for _ in range(5)]]
        # The message may be overtaken by `left`: then it is not delivered at all.
        if "broadcast" in kinds:
            kinds.remove("broadcast")
            kinds.append((await client.receive())["type"])
        self.assertEqual(kinds, ["joined", "left", "joined", "left", "error"])

    async def test_every_member_gets_every_message_in_one_order(self):
        rooms, publishers, each = 4, 3, 170  # 2,040 messages
        members = {room: [await self.open() for _ in range(4)] for room in range(rooms)}
        for room, clients in members.items():
            for number, client in enumerate(clients):
                await client.join(f"room{room}", f"user{room}-{number}")

        async def publish(room, client, number):
            for count in range(each):
                await client.send(type="broadcast", room_id=f"room{room}", content=[number, count])

        async def collect(client):
            return [await client.receive_text() for _ in range(publishers * each)]

        publishing = [publish(room, clients[number], number)
                      for room, clients in members.items() for number in range(publishers)]
        collecting = [collect(client) for clients in members.values() for client in clients]
        results = (await asyncio.gather(*publishing, *collecting))[len(publishing):]
        for room in range(rooms):
            first, *others = results[room * 4:room * 4 + 4]
            for other in others:
                self.assertEqual(first, other)
            messages = [json.loads(text) for text in first]
            self.assertEqual([message["seq"] for message in messages], list(range(1, publishers * each + 1)))
            for number in range(publishers):
                counts = [message["content"][1] for message in messages if message["content"][0] == number]
                self.assertEqual(counts, list(range(each)))

    async def test_large_messages_arrive_whole(self):
        client, other = await self.open(), await self.open()
        await client.join("r", "a")
        await other.join("r", "b")
        for size in [124, 125, 126, 127, 65_000]:
            content = "z" * size
            await client.send(type="broadcast", room_id="r", content=content)
            self.assertEqual((await client.receive())["content"], content)
            self.assertEqual((await other.receive())["content"], content)

    async def test_when_everybody_has_gone_nothing_is_left(self):
        for client in [await self.open() for _ in range(10)]:
            await client.join("r", "a")
            await client.join("s", "a")
        self.server.wait_for_health(active_connections=10, rooms=2, members=20)
        for client in self.opened[:5]:
            await client.close()
        for client in self.opened[5:]:
            client.socket.transport.abort()
        await asyncio.to_thread(self.server.wait_for_health, active_connections=0, rooms=0, members=0)
        self.opened.clear()


class OneShard(BaseProtocol, unittest.IsolatedAsyncioTestCase):
    shards = 1


class TwoShards(BaseProtocol, unittest.IsolatedAsyncioTestCase):
    shards = 2


class FourShards(BaseProtocol, unittest.IsolatedAsyncioTestCase):
    shards = 4


if __name__ == "__main__":
    unittest.main()
