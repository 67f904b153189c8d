"""The HTTP API for back ends against the real server: what is published and read, what a kill leaves, tokens revoked, keys
replaced, TLS. docs/API.md says how it has to be; api_client.py holds every answer against the OpenAPI document."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from api_client import (BATCH, BODY_MAX, BROADCAST, CHATTER, CONFIG, CONTENT_MAX, KEY, MARK, PUBLISH, ApiServer, RawBackEnd, WithApi,
                        path_of, with_keys)
from client import Client
from harness import never_logged, run_command, until
from tls_test import Certificates, trusting
from tokens import SECRET, token


class Publishing(WithApi):
    async def test_members_on_all_shards_get_what_is_published_byte_for_byte(self):
        members = [await self.member("chat:1/2", f"u{i}") for i in range(8)]
        content = ' {"b" : 1.50e0, "a":["\\u0041\\/", null ,"é😀"], "mark": "%s"} ' % MARK
        body = f'{{"content":{content},"room_id":"chat:1\\/2"}}'.encode()
        done = self.api.ok("POST", PUBLISH, body, Content_Type="application/json; charset=utf-8")
        self.assertEqual(set(done), {"seq", "epoch", "ts"})
        for member in members:
            text = await member.receive_text()
            self.assertIn(f'"content":{content.strip()},', text)
            self.assertEqual(json.loads(text), {"type": "broadcast", "room_id": "chat:1/2", "content": json.loads(content),
                                                "sender": "", "seq": done["seq"], "ts": done["ts"]})
            await member.receive_nothing()
        kept = self.api.ask("GET", path_of("rooms", "chat:1/2", "history")).text
        self.assertIn(content.strip(), kept)

    async def test_all_connections_of_a_user_get_a_direct_message(self):
        bobs = [await self.member("home", "bob") for _ in range(6)]
        carol = await self.member("home", "carol")
        for number in (1, 2):
            self.assertEqual(self.api.publish(user_id="bob", content=[MARK, number], sender="alice")["seq"], number)
            for bob in bobs:
                message = await bob.receive()
                self.assertEqual({key: message[key] for key in ("type", "content", "sender", "seq")},
                                 {"type": "direct", "content": [MARK, number], "sender": "alice", "seq": number})
        await carol.receive_nothing()

    async def test_who_it_is_said_to_be_from(self):
        member = await self.member("r", "ann")
        self.api.publish(room_id="r", content=1)
        self.api.publish(room_id="r", content=2, sender="the weather é")
        self.assertEqual([(await member.receive())["sender"] for _ in range(2)], ["", "the weather é"])

    async def test_what_is_sent_again_is_told_apart(self):
        member = await self.member("r", "ann")
        first = self.api.publish(room_id="r", content=1, dedup="x")
        self.assertNotIn("duplicate", first)
        again = {**first, "duplicate": True}
        self.assertEqual(self.api.publish(room_id="r", content="whatever", dedup="x"), again)
        for key in ("x", '"x"'):  # the draft of that field has it in quotes
            self.assertEqual(self.api.ok("POST", PUBLISH, {"room_id": "r", "content": 1}, Idempotency_Key=key), again)
        self.assertEqual(self.api.ok("POST", PUBLISH, {"room_id": "r", "content": 1, "dedup": "x"}, Idempotency_Key="x"), again)
        self.assertEqual(self.api.batch([{"room_id": "r", "content": 1, "dedup": "x"}]), [again])
        # Another sender, another room, another value: another message.
        self.assertEqual(self.api.publish(room_id="r", content=2, dedup="x", sender="ann")["seq"], 2)
        self.assertEqual(self.api.publish(room_id="other", content=3, dedup="x")["seq"], 1)
        self.assertEqual(self.api.ok("POST", PUBLISH, {"room_id": "r", "content": 4}, Idempotency_Key="y")["seq"], 3)
        self.assertEqual([(await member.receive())["content"] for _ in range(3)], [1, 2, 4])
        await member.receive_nothing()
        # A client's is its own user's.
        ack = await member.ask(type="broadcast", room_id="r", content=5, dedup="x", id=1, echo=False)
        self.assertEqual((ack["seq"], ack["duplicate"]), (2, True))

    async def test_each_message_of_a_batch_has_its_outcome(self):
        member = await self.member("a", "ann")
        messages = [{"room_id": "ab"[i % 2], "content": [MARK, i]} for i in range(200)]
        messages[4]["dedup"] = messages[6]["dedup"] = "once"
        messages[7] = {"user_id": "ann", "content": "psst", "sender": "bob"}
        results = self.api.batch(messages)
        self.assertEqual(len(results), 200)
        seqs = [result["seq"] for result in results]
        self.assertEqual(seqs[0:6:2], [1, 2, 3])
        self.assertEqual(results[6], {**results[4], "duplicate": True})
        self.assertEqual(seqs[8::2], list(range(4, 100)))
        self.assertEqual((seqs[5], seqs[7], seqs[9]), (3, 1, 4))
        received = [await member.receive() for _ in range(100)]
        self.assertEqual([message["content"][1] for message in received if message["type"] == "broadcast"],
                         [i for i in range(0, 200, 2) if i != 6])
        self.assertEqual([message["content"] for message in received if message["type"] == "direct"], ["psst"])

    async def test_a_batch_that_cannot_be_read_is_refused_whole(self):
        messages = [{"room_id": "r", "content": 1}] * 7 + [{"room_id": "r"}]
        detail = self.api.refused(400, "bad_request", "POST", BATCH, {"messages": messages})
        self.assertTrue(detail.startswith("messages[7]: "), detail)
        self.assertEqual(self.api.history("r")["messages"], [])

    async def test_one_content_for_many(self):
        member = await self.member("r1", "ann")
        body = {"room_ids": [f"r{i}" for i in range(50)], "user_ids": ["ann", "nobody"], "content": [MARK, "x" * 1_500],
                "sender": "bot", "dedup": "once"}
        results = self.api.ok("POST", BROADCAST, body)["results"]
        self.assertEqual([result["seq"] for result in results], [1] * 52)
        received = [await member.receive() for _ in range(2)]
        self.assertEqual({message["type"] for message in received}, {"broadcast", "direct"})
        for message in received:
            self.assertEqual((message["content"], message["sender"]), (body["content"], "bot"))
        again = self.api.ok("POST", BROADCAST, body)["results"]
        self.assertEqual(again, [{**result, "duplicate": True} for result in results])
        await member.receive_nothing()

    async def test_the_largest_there_may_be(self):
        self.assertEqual(self.api.publish(room_id="r", content="x" * (CONTENT_MAX - 2))["seq"], 1)
        name = "n" * 255
        self.assertEqual(self.api.publish(room_id=name, content=0, sender=name, dedup="d" * 64)["seq"], 1)
        self.assertEqual(self.api.publish(user_id=name, content=0)["seq"], 1)
        small = [{"user_id": "u", "content": 1}] * 600
        self.assertLess(len(json.dumps({"messages": small})), BODY_MAX)
        self.assertEqual([result["seq"] for result in self.api.batch(small)], list(range(1, 601)))


class Reading(WithApi):
    async def test_pages_of_history(self):
        self.api.batch([{"room_id": "r", "content": number} for number in range(1, 121)])
        history = self.api.history("r")
        self.assertEqual([message["seq"] for message in history["messages"]], list(range(71, 121)))
        self.assertEqual((history["room_id"], history["more"]), ("r", True))
        for query, seqs, more in [({"limit": 2}, [119, 120], True), ({"before": 3}, [1, 2], False),
                                  ({"before": 100, "limit": 3}, [97, 98, 99], True), ({"after": 118}, [119, 120], False),
                                  ({"after": 0, "limit": 2}, [1, 2], True), ({"before": 1}, [], False),
                                  ({"after": 120}, [], False), ({"limit": 1000}, list(range(1, 121)), False)]:
            with self.subTest(query=query):
                page = self.api.history("r", **query)
                self.assertEqual(([message["seq"] for message in page["messages"]], page["more"]), (seqs, more))
        self.assertEqual(self.api.history("nobody was here")["messages"], [])

    async def test_who_is_there(self):
        for user_id in ("ann", "bob", "bob", "carol"):
            await self.member("chat:1/2 é", user_id)
        # What the shards report comes a moment after the clients have joined.
        until(lambda: self.api.presence("chat:1/2 é")["count"] == 3, "three users")
        users = [{"user_id": "ann", "connections": 1}, {"user_id": "bob", "connections": 2},
                 {"user_id": "carol", "connections": 1}]
        self.assertEqual(self.api.presence("chat:1/2 é"), {"room_id": "chat:1/2 é", "count": 3, "users": users})
        first = self.api.presence("chat:1/2 é", limit=2)
        self.assertEqual(first["users"], users[:2])
        rest = self.api.presence("chat:1/2 é", limit=2, next=first["next"])
        self.assertEqual((rest["users"], rest.get("next")), (users[2:], None))

    async def test_pages_go_on_behind_a_name_with_blanks(self):
        names = ["ann b", "ann b2", "ann+b", "ann+c", "ann/b"]
        for user_id in names:
            await self.member("r", user_id)
        until(lambda: self.api.presence("r")["count"] == len(names), "all are there")
        for written in (urllib.parse.quote, urllib.parse.quote_plus):
            seen, page = [], self.api.presence("r", limit=1)
            while True:
                seen += [user["user_id"] for user in page["users"]]
                if "next" not in page:
                    break
                page = self.api.ok("GET", f"{path_of('rooms', 'r', 'presence')}?limit=1&next={written(page['next'], safe='')}")
            self.assertEqual(seen, names)

    async def test_which_rooms_there_are(self):
        names = [f"chat:{i} é" for i in range(12)] + ["news"]
        members = [await self.member(name, "ann") for name in names]
        await self.member("news", "bob")
        self.api.publish(user_id="ann", content=1)
        counts = {**{name: 1 for name in names}, "news": 2}
        self.assertEqual(self.api.rooms(), (counts, None))
        self.assertEqual(list(self.api.rooms()[0]), sorted(names))
        seen, after = {}, None
        while True:
            page, after = self.api.rooms(prefix="chat:", limit=5, **({"after": after} if after else {}))
            seen |= page
            if after is None:
                break
        self.assertEqual(list(seen), sorted(names[:12]))
        self.assertEqual(self.as_(CHATTER).rooms()[0], seen)
        await members[0].close()
        until(lambda: names[0] not in self.api.rooms()[0], "an empty room is no more")

    async def test_connections_of_a_user(self):
        bobs = [await self.member("r", "bob é") for _ in range(5)]
        await self.member("r", "ann")
        await bobs[0].join("r2", "bob é")
        path = path_of("users", "bob é", "connections")
        answer = self.api.ok("GET", path)
        self.assertEqual((len(answer["connections"]), answer["more"]), (5, False))
        self.assertEqual(sorted(each["rooms"] for each in answer["connections"]), [1, 1, 1, 1, 2])
        log = "\n".join(self.server.lines)
        for each in answer["connections"]:
            self.assertRegex(log, rf"connected\b.*conn={each['conn_id']} addr={re.escape(each['address'])}")
            self.assertIn("127.0.0.1:", each["listener"])
            self.assertLess(abs(each["since"] / 1000 - time.time()), 60)
        cut = self.api.ok("GET", path + "?limit=4")
        self.assertEqual((len(cut["connections"]), cut["more"]), (4, True))
        self.assertEqual(self.api.ok("GET", path_of("users", "nobody", "connections")), {"connections": [], "more": False})

    async def test_a_user_is_put_into_rooms_and_out_of_them(self):
        bobs = [await self.member("r", "bob é") for _ in range(6)]
        ann = await self.member("small:1", "ann")
        path, room = path_of("users", "bob é", "join"), {"room_id": "vip 1"}
        for _ in range(2):
            self.assertEqual(self.api.ok("POST", path, room), {"connections": 6, "refused": 0})
        self.api.publish(room_id="vip 1", content=1)
        for bob in bobs:
            self.assertEqual(await bob.receive(), {"type": "joined", "room_id": "vip 1"})
            self.assertEqual((await bob.receive())["content"], 1)
        # Nobody has asked bob's clients, but they are in it like anybody else.
        await bobs[0].send(type="broadcast", room_id="vip 1", content=2)
        for bob in bobs:
            self.assertEqual((await bob.receive())["content"], 2)
        self.assertEqual(self.api.rooms(prefix="vip")[0], {"vip 1": 6})
        self.assertEqual(self.api.ok("POST", path_of("users", "bob é", "leave"), room), {"connections": 6})
        self.assertEqual(self.api.ok("POST", path_of("users", "bob é", "leave"), room), {"connections": 0})
        for bob in bobs:
            self.assertEqual(await bob.receive(), {"type": "left", "room_id": "vip 1", "reason": "removed"})
        # One place is left in this one; those who do not get it hear nothing of it.
        self.assertEqual(self.api.ok("POST", path, {"room_id": "small:1"}), {"connections": 1, "refused": 5})
        self.api.publish(user_id="bob é", content="last")
        heard = [await bob.receive() for bob in bobs]
        self.assertEqual(sorted(message["type"] for message in heard), ["direct"] * 5 + ["joined"])
        await ann.receive_nothing()

    async def test_a_user_is_disconnected_on_all_shards(self):
        bobs = [await self.member("r", "bob é") for _ in range(8)]
        ann = await self.member("r", "ann")
        self.assertEqual(self.api.ok("POST", path_of("users", "bob é", "disconnect")), {"connections": 8})
        for bob in bobs:
            self.assertEqual((await bob.close_code())[0], 4104)
        await ann.receive_nothing()
        self.assertEqual(self.api.ok("POST", path_of("users", "bob é", "disconnect")), {"connections": 0})

    async def test_the_server(self):
        server = self.api.ok("GET", "/api/v1/server")
        self.assertEqual(server["shards"], 2)
        self.assertRegex(server["server"], r"^switchboard/\d")


class AfterAKill(unittest.TestCase):
    def test_what_was_answered_is_there_and_its_numbers_go_on(self):
        with tempfile.TemporaryDirectory(prefix="switchboard-api-") as data:
            answered = []
            for _ in range(4):
                with ApiServer(data=data) as server, server.api() as api:
                    for message, outcome in answered:
                        self.assertEqual(api.publish(**message), {**outcome, "duplicate": True})
                    kept = api.history("r")
                    self.assertEqual([(message["content"], message["seq"], message["ts"]) for message in kept["messages"]],
                                     [(message["content"], outcome["seq"], outcome["ts"]) for message, outcome in answered])
                    batch = [{"room_id": "r", "content": [MARK, i], "dedup": f"{len(answered)}.{i}"} for i in range(3)]
                    answered += zip(batch, api.batch(batch))
                    last = {"room_id": "r", "content": MARK, "dedup": f"{len(answered)}"}
                    answered.append((last, api.publish(**last)))
                    server.signal(signal.SIGKILL)
                    self.assertEqual(server.wait(), -signal.SIGKILL)
            self.assertEqual([outcome["seq"] for _, outcome in answered], list(range(1, 17)))
            self.assertEqual(len({outcome["epoch"] for _, outcome in answered}), 1)


class Unavailable(unittest.IsolatedAsyncioTestCase):
    async def test_a_store_out_of_reach(self):
        with ApiServer(config=CONFIG, settings={"auth.secret": SECRET, "api.answer_timeout_ms": 500}) as server:
            with server.api() as api:
                api.publish(room_id="r", content=1)
                database = sqlite3.connect(os.path.join(server.data, "messages.db"), isolation_level=None)
                self.addCleanup(database.close)
                database.execute("BEGIN IMMEDIATE")
                message = {"room_id": "r", "content": 2, "dedup": "x"}
                answer = api.ask("POST", PUBLISH, message)
                self.assertEqual((answer.status, answer.code, answer.fields["Retry-After"]), (503, "unavailable", "1"))
                results = api.batch([message, {"room_id": "quiet:1", "content": 2}])
                self.assertEqual(results[0]["error"]["code"], "unavailable")
                self.assertEqual(results[1]["seq"], 1)
                database.execute("ROLLBACK")
                until(lambda: api.ask("POST", PUBLISH, message).status == 200, "the store is back")
                self.assertEqual([kept["content"] for kept in api.history("r")["messages"]], [1, 2])

    async def test_as_many_rooms_as_there_may_be(self):
        with ApiServer(shards=1, settings={"limits.rooms_max": 1, "history.backend": "memory"}) as server:
            with server.api() as api:
                client = await Client.open(server.url)
                await client.join("the only one", "ann")
                answer = api.ask("POST", PUBLISH, {"room_id": "another", "content": 1})
                self.assertEqual((answer.status, answer.code, answer.fields["Retry-After"]), (503, "limit_reached", "1"))
                results = api.batch([{"room_id": "another", "content": 1}, {"room_id": "the only one", "content": 1}])
                self.assertEqual([results[0]["error"]["code"], results[1]["seq"]], ["limit_reached", 1])
                await client.close()


class Revoking(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.server = self.enterContext(ApiServer(settings={"auth.secret": SECRET}))
        never_logged(SECRET)
        self.api = self.enterContext(self.server.api())
        self.opened = []

    async def asyncTearDown(self):
        for client in self.opened:
            await client.close()

    async def user(self, user_id, **claims):
        shown = token(user_id, {"chat:*": ["join"]}, **claims)
        never_logged(shown)
        client = await Client.open(self.server.url, extra_headers={"Authorization": f"Bearer {shown}"})
        self.opened.append(client)
        return client

    async def test_all_tokens_of_a_user(self):
        alices, bob = [await self.user("alice") for _ in range(4)], await self.user("bob")
        self.assertEqual(self.api.ok("POST", path_of("users", "alice", "revoke")), {"connections": 4})
        for alice in alices:
            self.assertEqual((await alice.close_code())[0], 4003)
        await bob.receive_nothing()

    async def test_what_was_answered_holds_after_a_kill_and_what_was_not_is_no_good_either(self):
        path = path_of("users", "alice", "revoke")
        self.api.ok("POST", path, {"token_id": "t1"})
        self.server.signal(signal.SIGKILL)
        self.assertEqual(self.server.wait(), -signal.SIGKILL)
        with ApiServer(settings={"auth.secret": SECRET}, data=self.server.data) as self.server, self.server.api() as api:
            self.assertEqual((await (await self.user("alice", jti="t1")).close_code())[0], 4003)
            second = await self.user("alice", jti="t2")
            self.server.keeps_no_revocations()
            answer = api.ask("POST", path)
            self.assertEqual((answer.status, answer.code, answer.fields["Retry-After"]), (503, "unavailable", "1"))
            await second.receive_nothing()

    async def test_one_token_and_another_moment(self):
        first, second = await self.user("alice", jti="t1"), await self.user("alice", jti="t2")
        path = path_of("users", "alice", "revoke")
        self.assertEqual(self.api.ok("POST", path, {"token_id": "t1"}), {"connections": 1})
        self.assertEqual((await first.close_code())[0], 4003)
        self.assertEqual(self.api.ok("POST", path, {"issued_before_ms": 1_000}), {"connections": 0})
        await second.receive_nothing()
        self.assertEqual(self.api.ok("POST", path, {}), {"connections": 1})
        for body in ({"token_id": ""}, {"token_id": 1}, {"token_id": "x" * 256}, {"issued_before_ms": -1}, {"jti": "t2"},
                     {"issued_before_ms": "1"}, {"issued_before_ms": 1.5}, {"token_id": "t2", "issued_before_ms": 1}, b"[]", b"{"):
            with self.subTest(body=body):
                self.api.refused(400, "bad_request", "POST", path, body, Content_Type="application/json")


class Pages(unittest.TestCase):
    def test_pages_that_may_use_it(self):
        preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
        page = "https://admin.example.com"
        with ApiServer() as server, server.api() as api:  # none may
            answer = api.exchange("OPTIONS", PUBLISH, None, {"Origin": page, **preflight})
            self.assertEqual((answer.status, answer.fields["Access-Control-Allow-Origin"], answer.fields["Vary"]), (204, None, None))
        with ApiServer(settings={"api.origins_allowed": page}) as server, server.api() as api:
            for origin, allowed in (page, page), ("https://other.example.com", None):
                answer = api.exchange("OPTIONS", PUBLISH, None, {"Origin": origin, **preflight})
                self.assertEqual((answer.status, answer.fields["Access-Control-Allow-Origin"], answer.fields["Vary"]),
                                 (204, allowed, "Origin"))
                names = answer.fields["Access-Control-Allow-Headers"]
                self.assertEqual(names and names.split(", "), allowed and ["Authorization", "Content-Type", "Idempotency-Key"])
                answer = api.ask("POST", PUBLISH, {"room_id": "r", "content": 1}, Origin=origin)
                self.assertEqual((answer.status, answer.fields["Access-Control-Allow-Origin"]), (200, allowed))


class Connections(unittest.TestCase):
    def test_there_may_be_so_many(self):
        with ApiServer(shards=1, settings={"api.connections_max": 2}) as server:
            with RawBackEnd(server) as one, RawBackEnd(server) as two:
                for raw in (one, two):
                    raw.send("GET /api/v1/server")
                    self.assertEqual(raw.answer().status, 200)
                with RawBackEnd(server) as three:
                    self.assertTrue(three.is_ended())
                until(lambda: server.metric("switchboard_api_connections_refused_total") == 1, "one is counted")
                one.send("GET /api/v1/server")
                self.assertEqual(one.answer().status, 200)

    def test_an_end_of_the_server_ends_those_that_ask_nothing(self):
        with ApiServer() as server, RawBackEnd(server) as raw:
            raw.send("GET /api/v1/server")
            self.assertEqual(raw.answer().status, 200)
            server.stop()
            self.assertTrue(raw.is_ended())

    def test_keys_are_replaced_by_a_reload(self):
        other = "the-tests-key-that-comes-with-the-reload"
        with ApiServer() as server, server.api() as api:
            never_logged(other)
            api.key = other
            self.assertEqual(api.ask("GET", "/api/v1/server").status, 401)
            server.write_config(with_keys([KEY, other]))
            server.signal(signal.SIGHUP)
            until(lambda: api.ask("GET", "/api/v1/server").status == 200, "the new key is known")
            server.write_config(with_keys([other]))
            server.signal(signal.SIGHUP)
            api.key = KEY
            until(lambda: api.ask("GET", "/api/v1/server").status == 401, "the old key is not known")

    def test_a_key_by_its_hash(self):
        key = "the-tests-key-that-only-its-hash-is-known-of"
        hashed = subprocess.run(["sha256sum"], input=key, capture_output=True, text=True, check=True).stdout.split()[0]
        with ApiServer(keys=[f"[read] sha256:{hashed}"]) as server, server.api(key) as api:
            never_logged(hashed)
            self.assertEqual(api.ok("GET", "/api/v1/server")["shards"], 2)
            api.key = "sha256:" + hashed
            self.assertEqual(api.ask("GET", "/api/v1/server").status, 401)

    def test_keys_are_not_shown(self):
        for arguments in (["config", "--set", f"api.keys={KEY}"], ["config", "--set", "api.keys=tooshortakey"],
                          ["config", "--set", f"api.keys=[nonsense] {KEY}"]):
            done = run_command(*arguments)
            for secret in (KEY, "tooshortakey"):
                self.assertNotIn(secret, done.stdout + done.stderr)

    def test_tls(self):
        certificates = Certificates()
        self.addCleanup(certificates.remove)
        entry = certificates.make("api")
        with ApiServer(api="https://127.0.0.1:0", settings={"tls.certificates": entry}) as server:
            with server.api(tls=trusting(entry)) as api:
                self.assertEqual(api.publish(room_id="r", content=MARK)["seq"], 1)
                self.assertEqual(len(api.history("r")["messages"]), 1)
            with RawBackEnd(server) as raw:  # without TLS
                raw.send("GET /api/v1/server")
                try:
                    self.assertNotIn(b"200", raw.socket.recv(1_000))
                except ConnectionResetError:
                    pass


if __name__ == "__main__":
    unittest.main()
