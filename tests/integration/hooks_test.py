"""A back end that is asked before clients are obeyed, with the real server. docs/HOOKS.md says how it has to be."""

import asyncio
import json
import threading
import time
import unittest

from client import Client
from harness import Server, until
from hook_back_end import ALLOW, BackEnd
from tokens import SECRET as TOKEN_SECRET
from tokens import token
from webhook_receiver import SECRET, Delivery, Receiver

ROOMS = "[rooms.club]\nhook_join = true\nhook_publish = true\n"


class Hooks(unittest.IsolatedAsyncioTestCase):
    def back_end(self, decide=lambda question: ALLOW):
        return self.enterContext(BackEnd(decide))

    def serve(self, back_end, rooms=ROOMS, settings=None, **more):
        return self.enterContext(Server(config=back_end.config(rooms, **more), settings=settings))

    async def open(self, server, **options):
        client = await Client.open(server.url, v1=True, **options)
        self.addAsyncCleanup(client.close)
        self.assertEqual((await client.receive())["type"], "hello")
        return client

    async def test_it_is_asked_before_a_join_and_may_say_no(self):
        back_end = self.back_end(lambda question: ALLOW if question["user_id"] == "ann" else
                                 {"allow": False, "reason": "members only"})
        server = self.serve(back_end)
        ann, bob = await self.open(server), await self.open(server)
        await ann.join("club:1", "ann", info={"name": "Ann"})
        refused = await bob.ask(type="join", room_id="club:1", user_id="bob", id=7)
        self.assertEqual({key: refused[key] for key in ("type", "code", "message", "room_id", "id")},
                         {"type": "error", "code": "forbidden", "message": "members only", "room_id": "club:1", "id": 7})
        await bob.join("open", "bob")
        self.assertEqual([(question["room_id"], question["user_id"], question["address"]) for question in back_end.asked("join")],
                         [("club:1", "ann", "127.0.0.1"), ("club:1", "bob", "127.0.0.1")])
        self.assertEqual(back_end.questions[0]["info"], {"name": "Ann"})
        self.assertEqual(server.metric("switchboard_hooks_total"), 2)
        self.assertEqual(server.metric("switchboard_hooks_refused_total"), 1)

    async def test_questions_are_signed_and_connections_kept(self):
        back_end = self.back_end()
        server = self.serve(back_end)
        ann = await self.open(server)
        for room in range(5):
            await ann.join(f"club:{room}", "ann")
        self.assertEqual(back_end.connections, 1)
        receiver = Receiver()
        receiver.deliveries = [Delivery(200, fields, json.dumps(question, separators=(",", ":")))
                               for fields, question in zip(back_end.fields, back_end.questions)]
        self.assertEqual(set(receiver.verify()), {"ok"})
        self.assertNotIn(SECRET[6:], "\n".join(server.lines))

    async def test_it_puts_info_and_content_in_the_place_of_the_clients(self):
        def decide(question):
            if question["type"] == "join":
                return {"allow": True, "info": {"name": question["user_id"].title(), "badge": "gold"}}
            if question["content"] == "damn":
                return {"allow": True, "content": {"text": "d***", "was": "rude"}}
            return {"allow": False, "reason": "no shouting"} if question["content"] == "HEY" else ALLOW

        server = self.serve(self.back_end(decide))
        ann, bob = await self.open(server), await self.open(server)
        await ann.join("club:1", "ann", info={"name": "The Queen"})
        await bob.join("club:1", "bob")
        listed = await bob.ask(type="presence", room_id="club:1", id=1)
        self.assertEqual([user["info"] for user in listed["users"] if user["user_id"] == "ann"], [{"name": "Ann", "badge": "gold"}])
        for content, command_id in (("hello", 1), ("damn", 2), ("HEY", 3), ("bye", 4)):
            await ann.send(type="broadcast", room_id="club:1", content=content, id=command_id, echo=False)
        self.assertEqual([(await bob.receive())["content"] for _ in range(3)], ["hello", {"text": "d***", "was": "rude"}, "bye"])
        answers = [await ann.receive() for _ in range(4)]
        self.assertEqual([(answer["type"], answer["id"], answer.get("message")) for answer in answers],
                         [("ack", 1, None), ("ack", 2, None), ("error", 3, "no shouting"), ("ack", 4, None)])

    async def test_direct_messages_are_asked_about(self):
        back_end = self.back_end(lambda question: {"allow": question.get("to_user_id") != "eve", "reason": "blocked"})
        server = self.serve(back_end, direct=True)
        ann, bob = await self.open(server), await self.open(server)
        await ann.join("r", "ann")
        await bob.join("r", "bob")
        self.assertEqual((await ann.ask(type="direct", user_id="bob", content="hi", id=1))["type"], "ack")
        self.assertEqual((await bob.receive())["content"], "hi")
        refused = await ann.ask(type="direct", user_id="eve", content="hi", id=2)
        self.assertEqual((refused["code"], refused["message"]), ("forbidden", "blocked"))

    async def test_a_connection_needs_one_question_when_the_answer_grants_its_rooms(self):
        back_end = self.back_end(lambda question: {"allow": True, "user_id": "ann", "permissions":
                                                   {"rooms": {"club:*": ["join", "publish"]}}} if question["type"] == "connect"
                                 else {"allow": False, "reason": "was not to be asked"})
        server = self.serve(back_end, connect=True)
        ann = await self.open(server)
        for room in range(20):
            self.assertEqual((await ann.ask(type="join", room_id=f"club:{room}", id=room))["type"], "joined")
        self.assertEqual((await ann.ask(type="broadcast", room_id="club:3", content=1, id=99, echo=False))["type"], "ack")
        self.assertEqual([question["type"] for question in back_end.questions], ["connect"])
        # Who it is was said by the back end, once and for all.
        self.assertEqual((await ann.ask(type="join", room_id="x", user_id="eve", id=1))["code"], "user_mismatch")

    async def test_permissions_of_the_answer_count_where_there_are_tokens(self):
        decide = lambda question: {"allow": True, "permissions": {"rooms": {"club:*": ["join"]}}}
        server = self.serve(self.back_end(decide), rooms="", connect=True, settings={"auth.secret": TOKEN_SECRET})
        ann = await self.open(server, extra_headers={"Authorization": "Bearer " + token("ann", {"own:*": ["join"]})})
        for room, wanted in (("own:1", "joined"), ("club:1", "joined"), ("other", "error")):
            self.assertEqual((await ann.ask(type="join", room_id=room, id=1))["type"], wanted, room)
        stranger = await self.open(server)
        self.assertEqual((await stranger.ask(type="join", room_id="club:1", id=1))["code"], "unauthorized",
                         "the answer did not say who it is")

    async def test_a_connection_may_be_sent_away(self):
        server = self.serve(self.back_end(lambda question: {"allow": False, "reason": "you are banned"}), connect=True)
        client = await self.open(server)
        refused = await client.receive()
        self.assertEqual((refused["code"], refused["message"]), ("forbidden", "you are banned"))
        self.assertEqual((await client.close_code())[0], 4003)

    async def test_a_back_end_that_does_not_answer_as_it_should(self):
        answers = iter([500, (200, "<html>"), (200, '{"allow":"yes"}'), (200, "x" * 200_000), {"allow": True, "info": "i" * 2_000},
                        {"allow": True, "permissions": {"rooms": {"a*b*": ["join"]}}}])
        back_end = self.back_end(lambda question: next(answers, ALLOW))
        server = self.serve(back_end)
        ann = await self.open(server)
        for _ in range(5):
            self.assertEqual((await ann.ask(type="join", room_id="club:1", user_id="ann", id=1))["code"], "unavailable")
        server.wait_for_line("is not asked any more for a while")
        asked = len(back_end.questions)
        self.assertEqual((await ann.ask(type="join", room_id="club:1", user_id="ann", id=1))["code"], "unavailable")
        self.assertEqual(len(back_end.questions), asked, "it is left alone")
        # After a second one question finds out whether it is back; the sixth answer is no good either.
        deadline = time.monotonic() + 60
        while (await ann.ask(type="join", room_id="club:1", user_id="ann", id=1))["type"] != "joined":
            self.assertLess(time.monotonic(), deadline)
            await asyncio.sleep(0.1)
        server.wait_for_line("the back end answers hooks again")
        self.assertLess(len(back_end.questions), asked + 4)

    async def test_when_it_is_down_one_may_be_let_through(self):
        server = self.serve(self.back_end(lambda question: 503), when_down="allow")
        ann = await self.open(server)
        await ann.join("club:1", "ann")
        self.assertEqual(server.metric("switchboard_hooks_unanswered_total"), 1)

    async def test_what_may_have_meant_no_lets_nobody_through(self):
        answers = iter([403, (200, '{"allow":false,"reason":""}'), (200, '{"allow":true,"info":[}'), {"allow": True, "info": "i" * 2_000}])
        server = self.serve(self.back_end(lambda question: next(answers, 503)), when_down="allow")
        ann = await self.open(server)
        for code in ("forbidden", "forbidden", "unavailable", "unavailable"):
            self.assertEqual((await ann.ask(type="join", room_id="club:1", user_id="ann", id=1))["code"], code)
        await ann.join("club:1", "ann")

    async def test_a_slow_answer_delays_only_who_asked(self):
        may_answer = threading.Event()

        def decide(question):
            if question["room_id"] == "club:slow":
                may_answer.wait(30)
            return ALLOW

        server = self.serve(self.back_end(decide), timeout_ms=10_000)
        slow, fast = await self.open(server), await self.open(server)
        await slow.send(type="join", room_id="club:slow", user_id="slow", id=1)
        await slow.send(type="ping", id=2)  # comes behind it
        await fast.join("club:fast", "fast")
        for n in range(50):
            self.assertEqual((await fast.ask(type="broadcast", room_id="club:fast", content=n, id=n, echo=False))["type"], "ack")
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(slow.socket.recv(), 0.2)
        may_answer.set()
        self.assertEqual([(await slow.receive())["type"] for _ in range(2)], ["joined", "pong"])

    async def test_questions_under_way_are_bounded_and_late_ones_are_told(self):
        back_end = self.back_end(lambda question: time.sleep(0.05) or ALLOW)
        server = self.serve(back_end, concurrency_max=2, timeout_ms=10_000)
        clients = [await self.open(server) for _ in range(12)]
        for number, client in enumerate(clients):
            await client.send(type="join", room_id=f"club:{number}", user_id="u", id=1)
        for client in clients:
            self.assertEqual((await client.receive())["type"], "joined")
        self.assertLessEqual(back_end.under_way_max, 2)

    async def test_who_goes_while_the_question_is_under_way_harms_nobody(self):
        may_answer = threading.Event()
        server = self.serve(self.back_end(lambda question: may_answer.wait(30) and ALLOW), timeout_ms=10_000)
        client = await self.open(server)
        await client.send(type="join", room_id="club:1", user_id="ann", id=1)
        until(lambda: server.metric("switchboard_hooks_total") == 1, "it was asked")
        client.socket.transport.abort()
        may_answer.set()
        other = await self.open(server)
        await other.join("club:2", "bob")

    async def test_one_that_never_answers(self):
        server = self.serve(self.back_end(lambda question: None), timeout_ms=200)
        ann = await self.open(server)
        refused = await ann.ask(type="join", room_id="club:1", user_id="ann", id=1)
        self.assertEqual((refused["code"], refused["message"]), ("unavailable", "the back end that decides this does not answer"))
        server.wait_for_line("does not answer a hook as it should.*did not answer whole within 200 ms")


if __name__ == "__main__":
    unittest.main()
