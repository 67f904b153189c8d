"""How often what may be done: each limit with the real binary, from the configuration and from tokens. A rate of one in a
second gives a test what the burst is, and one more for each second that it takes."""

import json
import signal
import time
import unittest

import websockets

from client import WithClients
from harness import run_command, until
from tokens import SECRET, token

CONFIG = """
[limits]
joins_per_second = 1
joins_burst = 5
publishes_per_second = 1
publishes_burst = 6
directs_per_second = 1
directs_burst = 3
history_per_second = 1
history_burst = 2
presence_per_second = 1
presence_burst = 2
errors_max = 1000

[rooms.typing]
publishes_per_second = 1
publishes_burst = 2
joins_per_second = 1
joins_burst = 2
"""
EVERYTHING = {"*": ["join", "publish", "history", "presence"]}


class Rates(WithClients, unittest.IsolatedAsyncioTestCase):
    async def passed(self, client, count, **command):
        """How many of so many commands in a row were not refused, and the last refusal."""
        began, done, refusal = time.monotonic(), 0, None
        for number in range(count):
            answer = await client.ask(id=number, **command)
            while answer.get("id") != number:  # what the rooms bring
                answer = await client.receive()
            if answer["type"] != "error":
                done += 1
            else:
                self.assertEqual((answer["code"], answer["retryable"]), ("rate_limited", True))
                self.assertTrue(1 <= answer["retry_after_ms"] <= 1_000, answer)
                refusal = answer
        self.extra = int(time.monotonic() - began) + 1  # tokens that may have come meanwhile
        return done, refusal

    async def assert_burst(self, burst, words, client, **command):
        done, refusal = await self.passed(client, burst + 5, **command)
        self.assertTrue(burst <= done <= burst + self.extra, (done, burst))
        if refusal is not None:
            self.assertIn(words, refusal["message"])

    def limited(self, limit):
        return self.server.metric(f'switchboard_rate_limited_total{{limit="{limit}"}}')

    async def test_each_operation_has_its_limit(self):
        self.serve(config=CONFIG)
        client = await self.open(v1=True)
        await client.receive()  # hello
        await client.join("lobby", "ann")
        await self.assert_burst(4, "too many joins on this connection", client, type="join", room_id="hall")
        await self.assert_burst(6, "too many publishes on this connection", client, type="broadcast", room_id="lobby", content=1)
        await self.assert_burst(3, "too many direct messages", client, type="direct", user_id="bob", content=1)
        await self.assert_burst(2, "too many history queries", client, type="history", room_id="lobby")
        await self.assert_burst(2, "too many presence queries", client, type="presence", room_id="lobby")
        for limit in ("joins", "publishes", "directs", "history", "presence"):
            self.assertGreater(self.limited(limit), 0, limit)
        other = await self.open(v1=True)
        await other.receive()
        await other.join("lobby", "ann")

    async def test_a_namespace_has_limits_of_its_own(self):
        self.serve(config=CONFIG)
        client = await self.open(v1=True)
        await client.receive()
        await client.join("typing:1", "ann")
        await client.join("lobby", "ann")
        await self.assert_burst(1, "too many joins of rooms of this namespace", client, type="join", room_id="typing:2")
        await self.assert_burst(2, "too many publishes to rooms of this namespace", client, type="broadcast", room_id="typing:1",
                                content=1)
        done, _ = await self.passed(client, 3, type="broadcast", room_id="lobby", content=1)
        self.assertEqual(done, 3, "what is refused there is not missing here")

    async def test_a_token_says_otherwise(self):
        self.serve(config=CONFIG, settings={"auth.secret": SECRET})

        async def open_with(shown=None, **limits):
            shown = shown or token("ann", switchboard={"rooms": EVERYTHING, "limits": limits})
            client = await self.open(v1=True, extra_headers={"Authorization": f"Bearer {shown}"})
            await client.receive()
            await client.join("lobby", "ann")
            return client

        publish = {"type": "broadcast", "room_id": "lobby", "content": 1}
        words = "too many publishes on this connection"
        await self.assert_burst(6, words, await open_with(), **publish)
        await self.assert_burst(2, words, await open_with(publishes_per_second=1, publishes_burst=2), **publish)
        await self.assert_burst(20, words, await open_with(publishes_per_second=1, publishes_burst=20), **publish)
        done, _ = await self.passed(await open_with(publishes_per_second=0), 30, **publish)
        self.assertEqual(done, 30)
        made = run_command("token", "--secret", SECRET, "--user", "ann", "--rooms", json.dumps(EVERYTHING),
                           "--limits", '{"publishes_per_second":1,"publishes_burst":4}')
        await self.assert_burst(4, words, await open_with(made.stdout.strip()), **publish)
        refused = run_command("token", "--secret", SECRET, "--user", "ann", "--limits", '{"publishes_burst":4}')
        self.assertEqual(refused.returncode, 1)
        self.assertIn("without `publishes_per_second`", refused.stderr)
        bad = token("ann", switchboard={"limits": {"publishes_burst": 3}})
        refused = await (await self.open()).ask(type="auth", token=bad)
        self.assertEqual((refused["code"], refused["retryable"]), ("unauthorized", False))
        self.assertIn("has `publishes_burst` without `publishes_per_second`", refused["message"])

    async def test_a_reload_holds_for_those_who_are_here(self):
        self.serve(config="[limits]\nerrors_max = 1000\n")
        client = await self.open(v1=True)
        await client.receive()
        await client.join("lobby", "ann")
        publish = {"type": "broadcast", "room_id": "lobby", "content": 1}
        self.assertEqual((await self.passed(client, 30, **publish))[0], 30)
        self.server.write_config(CONFIG)
        self.server.signal(signal.SIGHUP)
        self.server.wait_for_line("configuration reloaded")
        await self.assert_burst(6, "too many publishes", client, **publish)

    async def test_a_users_connections_share_a_limit_over_shards_and_in_time(self):
        self.serve(config="[limits]\nuser_publishes_per_second = 1\nuser_publishes_burst = 10\nerrors_max = 1000\n",
                   settings={"auth.secret": SECRET}, shards=4)

        async def open_as(user):
            shown = token(user, EVERYTHING)
            client = await self.open(v1=True, extra_headers={"Authorization": f"Bearer {shown}"})
            await client.receive()
            await client.join("lobby", user)
            return client

        began, done, publish = time.monotonic(), 0, {"type": "broadcast", "room_id": "lobby", "content": 1, "echo": False}
        for _ in range(8):
            client = await open_as("ann")
            passed, refusal = await self.passed(client, 3, **publish)
            done += passed
            if refusal is not None:
                self.assertEqual(refusal["message"], "too many publishes by this user")
        self.assertTrue(10 <= done <= 10 + int(time.monotonic() - began) + 1, done)
        self.assertEqual((await self.passed(await open_as("bob"), 10, **publish))[0], 10)
        for client in self.opened:
            await client.close()
        passed, _ = await self.passed(await open_as("ann"), 12, **publish)
        self.assertLess(done + passed, 10 + int(time.monotonic() - began) + 2, "coming back gains nothing")
        self.assertGreater(self.limited("user_publishes"), 0)

    async def test_an_address_connects_so_often(self):
        self.serve(config="[limits]\nconnects_per_address_per_second = 1\nconnects_per_address_burst = 5\n")
        began, codes, dropped = time.monotonic(), [], 0
        for _ in range(5 + 64 + 20):
            try:
                client = await self.open(v1=True, local_addr=("127.0.0.66", 0))
            except (OSError, websockets.InvalidHandshake, EOFError, websockets.ConnectionClosed):
                dropped += 1
                continue
            try:
                self.assertEqual((await client.receive())["type"], "hello")
                codes.append(0)
            except websockets.ConnectionClosed as closed:
                codes.append(closed.code)
                self.assertEqual(closed.reason, "this address connects more often than it may")
        extra = int(time.monotonic() - began) + 1
        welcome, told = codes.count(0), codes.count(4102)
        self.assertEqual(welcome + told, len(codes))
        self.assertTrue(5 <= welcome <= 5 + extra and told <= 64 + extra, (welcome, told, extra))
        self.assertGreaterEqual(told, 1)
        self.assertGreaterEqual(dropped, 20 - 2 * extra)
        self.assertEqual(self.server.metric("switchboard_connections_refused_total"), dropped)
        other = await self.open(v1=True, local_addr=("127.0.0.67", 0))
        self.assertEqual((await other.receive())["type"], "hello")

    async def test_who_goes_on_is_closed_with_4102(self):
        self.serve(config="[limits]\njoins_per_second = 1\njoins_burst = 2\nerrors_max = 5\nerrors_refill_ms = 3600000\n")
        client = await self.open(v1=True)
        await client.receive()
        for _ in range(40):
            await client.send(type="join", room_id="lobby", user_id="ann")
        self.assertEqual((await client.close_code())[0], 4102)
        until(lambda: self.server.metric('switchboard_disconnects_total{code="4102"}') == 1, "it was counted")


if __name__ == "__main__":
    unittest.main()
