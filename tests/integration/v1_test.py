"""What clients of the v1 subprotocol get beyond the base table, and what becomes of those that read too slowly."""

import json
import unittest

from client import V1, Client, WithClients
from harness import Server
from raw_peer import CLOSE, RawPeer, frame

SLOW = {"rooms.default.backlog_messages": 100, "delivery.send_buffer_bytes": 8192, "delivery.notsent_lowat_bytes": 4096,
        "heartbeat.close_timeout_ms": 20_000, "heartbeat.ping_interval_ms": 0, "rooms.default.history": "false"}
OFFER_V1 = b"Sec-WebSocket-Protocol: " + V1.encode() + b"\r\n"


class V1Commands(WithClients, unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.serve(settings={"server.name": "the-hall"})

    async def test_hello_comes_first_and_the_subprotocol_is_chosen(self):
        client = await self.open(v1=True)
        self.assertEqual(client.socket.subprotocol, V1)
        hello = await client.receive()
        self.assertEqual(hello["type"], "hello")
        self.assertEqual(hello["ping_interval_ms"], 25_000)
        self.assertEqual(hello["max_message_bytes"], 65_536)
        self.assertTrue(hello["server"].startswith("the-hall/"))
        self.assertTrue(hello["conn_id"])
        other = await self.open(v1=True)
        self.assertNotEqual((await other.receive())["conn_id"], hello["conn_id"])

    async def test_a_base_client_is_greeted_with_nothing(self):
        client = await self.open()
        self.assertIsNone(client.socket.subprotocol)
        await client.receive_nothing()

    async def test_an_id_is_echoed_on_every_answer(self):
        client = await self.open()
        for command_id in [7, -1, 1.5, "x" * 64, "", "é"]:
            with self.subTest(id=command_id):
                self.assertEqual((await client.ask(type="ping", id=command_id))["id"], command_id)
        joined = await client.ask(type="join", room_id="r", user_id="a", id="j")
        self.assertEqual((joined["id"], joined["seq"]), ("j", 0))
        self.assertTrue(joined["epoch"])
        self.assertEqual((await client.ask(type="leave", room_id="r", id=2))["id"], 2)
        self.assertEqual((await client.ask(type="leave", room_id="r", id=3))["id"], 3)
        for bad in ["x" * 65, None, {}, [], True]:
            with self.subTest(id=bad):
                answer = await client.ask(type="ping", id=bad)
                self.assertEqual(answer["code"], "bad_request")
                self.assertNotIn("id", answer)

    async def test_a_broadcast_with_an_id_is_acknowledged_with_the_rooms_epoch(self):
        client, other = await self.open(), await self.open()
        epoch = (await client.join("r", "a", id=1))["epoch"]
        await other.join("r", "b")
        for seq in range(1, 6):
            await client.send(type="broadcast", room_id="r", content=seq, id=f"m{seq}")
            answers = {answer["type"]: answer for answer in [await client.receive(), await client.receive()]}
            self.assertEqual(answers["ack"], {"type": "ack", "id": f"m{seq}", "room_id": "r", "seq": seq,
                                              "epoch": epoch, "ts": answers["broadcast"]["ts"]})
            self.assertEqual(await other.receive(), answers["broadcast"])
            self.assertNotIn("id", answers["broadcast"])

    async def test_without_echo_only_the_others_hear_it(self):
        client, other = await self.open(), await self.open()
        await client.join("r", "a")
        await other.join("r", "b")
        for number in range(20):
            await client.send(type="broadcast", room_id="r", content=number, echo=number % 2 == 0)
        self.assertEqual([(await other.receive())["content"] for _ in range(20)], list(range(20)))
        heard = [await client.receive() for _ in range(10)]
        self.assertEqual([message["content"] for message in heard], list(range(0, 20, 2)))
        self.assertEqual([message["seq"] for message in heard], list(range(1, 21, 2)))
        await client.receive_nothing()

    async def test_several_documents_in_one_message_are_handled_in_order(self):
        client = await self.open()
        documents = [{"type": "join", "room_id": "r", "user_id": "a", "id": 1}, {"type": "ping", "id": 2},
                     {"type": "leave", "room_id": "q", "id": 3}, {"type": "leave", "room_id": "r", "id": 4}]
        await client.socket.send(" \n".join(json.dumps(document) for document in documents) + "\n")
        answers = [await client.receive() for _ in documents]
        self.assertEqual([answer["id"] for answer in answers], [1, 2, 3, 4])
        self.assertEqual([answer["type"] for answer in answers], ["joined", "pong", "error", "left"])

    async def test_more_documents_than_allowed_are_refused(self):
        client = await self.open()
        await client.socket.send('{"type":"ping"} ' * 100)
        for _ in range(100):
            self.assertEqual((await client.receive())["type"], "pong")
        await client.receive_nothing()
        await client.socket.send('{"type":"ping"} ' * 101)
        for _ in range(100):
            self.assertEqual((await client.receive())["type"], "pong")
        self.assertEqual((await client.receive())["code"], "too_large")

    async def test_a_token_is_refused_in_words_where_there_is_no_authentication(self):
        client = await self.open()
        self.assertEqual((await client.ask(type="auth", token="t"))["code"], "bad_request")


class SlowReaders(unittest.IsolatedAsyncioTestCase):
    async def flood(self, server, reader, count=2000):
        """Publishes to a room of which `reader`, who does not read, is a member; returns what it reads afterwards."""
        reader.say('{"type":"join","room_id":"r","user_id":"slow"}')
        while reader.read_json()["type"] != "joined":
            pass
        publisher = await Client.open(server.url)
        await publisher.join("r", "fast")
        for number in range(1, count + 1):
            await publisher.send(type="broadcast", room_id="r", content=[number, "x" * 2000])
            if number % 50 == 0:
                while (await publisher.receive())["seq"] != number:  # delivered to the fast one without delay
                    pass
        await publisher.close()

    async def test_a_stopped_reader_of_v1_is_told_exactly_what_it_missed(self):
        with Server(settings=SLOW) as server, RawPeer.open(server.address, OFFER_V1, receive_buffer=8192) as reader:
            await self.flood(server, reader)
            expected, lagged = 1, 0
            while expected <= 2000:
                message = reader.read_json()
                if message["type"] == "lagged":
                    self.assertEqual((message["room_id"], message["from"]), ("r", expected))
                    self.assertGreaterEqual(message["to"], expected)
                    lagged += message["to"] - message["from"] + 1
                    expected = message["to"] + 1
                else:
                    self.assertEqual((message["seq"], message["content"][0]), (expected, expected))
                    expected += 1
            self.assertGreater(lagged, 1000)
            self.assertEqual(server.health()["messages_dropped"], lagged)
            reader.say('{"type":"ping"}')
            self.assertEqual(reader.read_json(), {"type": "pong"})

    async def test_a_stopped_reader_of_the_base_protocol_sees_only_a_jump_in_seq(self):
        with Server(settings=SLOW) as server, RawPeer.open(server.address, receive_buffer=8192) as reader:
            await self.flood(server, reader)
            seqs = []
            while not seqs or seqs[-1] < 2000:
                message = reader.read_json()
                self.assertEqual(message["type"], "broadcast")
                self.assertEqual(message["content"][0], message["seq"])
                seqs.append(message["seq"])
            self.assertEqual(seqs, sorted(set(seqs)))
            self.assertEqual(server.health()["messages_dropped"], 2000 - len(seqs))
            self.assertGreater(2000 - len(seqs), 1000)

    async def test_in_a_room_with_history_a_stopped_reader_misses_nothing(self):
        settings = {**SLOW, "rooms.default.history": "true", "rooms.default.history_messages": 10_000}
        with Server(settings=settings) as server, RawPeer.open(server.address, OFFER_V1, receive_buffer=8192) as reader:
            await self.flood(server, reader)
            for seq in range(1, 2001):
                message = reader.read_json()
                self.assertEqual((message["type"], message.get("seq")), ("broadcast", seq))
            self.assertEqual(server.health()["messages_dropped"], 0)
            self.assertGreater(server.metric("switchboard_replay_messages_total"), 1000)
            reader.say('{"type":"ping"}')
            self.assertEqual(reader.read_json(), {"type": "pong"})

    async def test_where_the_policy_is_disconnect_a_stopped_reader_gets_4101(self):
        settings = {**SLOW, "rooms.default.slow_client": "disconnect"}
        with Server(settings=settings) as server, RawPeer.open(server.address, receive_buffer=8192) as reader:
            await self.flood(server, reader)
            seq = 0
            while True:
                opcode, payload = reader.read_frame()
                if opcode == CLOSE:
                    break
                message = json.loads(payload)
                self.assertEqual(message["seq"], seq + 1)
                seq = message["seq"]
            self.assertEqual(int.from_bytes(payload[:2], "big"), 4101)
            reader.send(frame(CLOSE, payload[:2]))
            self.assertTrue(reader.read_end())
            server.wait_for_line(r"disconnected .*user=slow code=4101 by=server")
            self.assertEqual(server.metric('switchboard_slow_clients_total{action="disconnect"}'), 1)
            server.wait_for_health(active_connections=0, rooms=0, members=0)


if __name__ == "__main__":
    unittest.main()
