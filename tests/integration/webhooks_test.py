"""Webhooks of the real server: what an endpoint is told, how often and in which order, and what becomes of events while it
is away. docs/WEBHOOKS.md says how it has to be."""

import json
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from api_client import KEY, ApiServer
from client import Client
from harness import BINARY, Server, own_environment, run_command, until
from webhook_receiver import SECRET, Receiver, events_of

def listed(api):
    return api.ok("GET", "/api/v1/webhooks")["webhooks"]


MARK = "a content that must not be in the log"


class Webhooks(unittest.IsolatedAsyncioTestCase):
    def receiver(self, answers=()):
        return self.enterContext(Receiver(answers))

    async def open_at(self, server):
        client = await Client.open(server.url, v1=True)
        self.addAsyncCleanup(client.close)
        await client.receive()  # hello
        return client

    async def say(self, client, room_id, *contents):
        for content in contents:
            ack = await client.ask(type="broadcast", room_id=room_id, content=content, id=1, echo=False)
            self.assertEqual(ack["type"], "ack")

    async def test_an_endpoint_is_told_what_happens_and_can_verify_it(self):
        receiver = self.receiver()
        server = self.enterContext(Server(config=receiver.config(user_grace_ms=100)))
        receiver.wait_for(1, "server.started")
        ann = await self.open_at(server)
        await ann.join("chat:1", "ann")
        await self.say(ann, "chat:1", {"mark": MARK})
        second = await self.open_at(server)
        await second.join("chat:1", "ann")
        await ann.close()
        await self.say(second, "chat:1", "two")
        await second.close()
        receiver.wait_for(1, "user.offline")
        receiver.wait_for(1, "room.vacated")
        receiver.wait_for(2, "connection.closed")
        about_the_room = [event for event in receiver.events() if event["data"].get("room_id") == "chat:1"]
        self.assertEqual([event["type"] for event in about_the_room],
                         ["room.occupied", "user.joined", "message.published", "message.published", "user.left", "room.vacated"])
        self.assertEqual(about_the_room[1]["data"], {"room_id": "chat:1", "user_id": "ann"})
        message = about_the_room[2]["data"]
        self.assertEqual({key: message[key] for key in ("seq", "sender", "content")},
                         {"seq": 1, "sender": "ann", "content": {"mark": MARK}})
        self.assertEqual([about_the_room[3]["data"]["seq"], about_the_room[3]["data"]["epoch"]], [2, message["epoch"]])
        self.assertEqual(receiver.of_type("user.online", "user.offline"),
                         [("user.online", {"user_id": "ann"}), ("user.offline", {"user_id": "ann"})])
        opened, closed = (receiver.of_type("connection." + what) for what in ("opened", "closed"))
        self.assertEqual({data["connection_id"] for _, data in opened}, {data["connection_id"] for _, data in closed})
        self.assertEqual([(data["user_id"], data["code"], data["by"]) for _, data in closed], [("ann", 1000, "client")] * 2)
        self.assertEqual(set(receiver.verify()), {"ok"})
        self.assertNotIn("ok", receiver.verify(["whsec_" + "A" * 32]))
        self.assertEqual(set(receiver.paths), {"/hooks"})
        self.assertEqual(receiver.connections, 1, "one connection is kept")
        text = "\n".join(server.lines)
        for secret in (SECRET, SECRET[6:], MARK):
            self.assertNotIn(secret, text)

    async def test_an_endpoint_chooses_types_and_rooms(self):
        chat, all_of_it = self.receiver(), self.receiver()
        config = chat.config("chat", events=["room.*"], rooms=["chat:*"]) + all_of_it.config("all", events=["room.occupied"])
        server = self.enterContext(Server(config=config))
        ann = await self.open_at(server)
        for room in ("chat:1", "news:1", "chat:2"):
            await ann.join(room, "ann")
        await ann.close()
        chat.wait_for(4, "room.occupied", "room.vacated")
        all_of_it.wait_for(3, "room.occupied")
        self.assertEqual({data["room_id"] for _, data in chat.of_type("room.occupied", "room.vacated")}, {"chat:1", "chat:2"})
        self.assertEqual({event["type"] for event in chat.events()}, {"room.occupied", "room.vacated"})
        self.assertEqual([data["room_id"] for _, data in all_of_it.of_type("room.occupied")], ["chat:1", "news:1", "chat:2"])

    async def test_each_event_by_itself_when_asked_for(self):
        receiver = self.receiver()
        server = self.enterContext(Server(config=receiver.config(events=["message.published"], batch_events_max=1)))
        ann = await self.open_at(server)
        await ann.join("r", "ann")
        await self.say(ann, "r", *range(5))
        receiver.wait_for(5, "message.published")
        bodies = [json.loads(delivery.body) for delivery in receiver.deliveries]
        self.assertEqual([(body["type"], body["data"]["content"]) for body in bodies],
                         [("message.published", n) for n in range(5)])
        self.assertEqual(set(receiver.verify()), {"ok"})

    async def test_what_fails_is_sent_again_under_its_id_and_in_order(self):
        receiver = self.receiver([(500, {}), (302, {"Location": "/elsewhere"}), (503, {"Retry-After": "1"})])
        server = self.enterContext(Server(config=receiver.config(events=["message.published"])))
        ann = await self.open_at(server)
        await ann.join("r", "ann")
        await self.say(ann, "r", *range(20))
        server.wait_for_line("webhook endpoint fails.*answered with status 500")
        receiver.wait_for(20, "message.published")
        server.wait_for_line("webhook endpoint is back.*failures=3")
        self.assertEqual([data["content"] for _, data in receiver.of_type("message.published")], list(range(20)))
        tried = receiver.deliveries[:4]
        self.assertEqual([delivery.status for delivery in tried], [500, 302, 503, 204])
        self.assertEqual({delivery.fields["webhook-id"] for delivery in tried[:3]}, {tried[0].fields["webhook-id"]})
        self.assertEqual({delivery.body for delivery in tried[:3]}, {tried[0].body})
        self.assertGreater(len({delivery.fields["webhook-signature"] for delivery in tried[:3]}), 1, "signed anew")
        self.assertEqual(set(receiver.verify()), {"ok"})
        self.assertNotIn("/elsewhere", receiver.paths)

    async def test_what_waits_outlives_a_kill(self):
        with socket.create_server(("127.0.0.1", 0)) as nobody:  # listens, and never answers
            host, port = nobody.getsockname()
            config = f"""[[webhooks]]
name = "back"
url = "http://{host}:{port}/"
secret = "{SECRET}"
events = ["message.published", "server.started"]
allow_private_addresses = true
"""
            server = self.enterContext(Server(config=config))
            ann = await self.open_at(server)
            await ann.join("r", "ann")
            await self.say(ann, "r", *range(50))
            until(lambda: server.metric('switchboard_webhook_events_waiting{endpoint="back"}') >= 51, "all are in the queue")
            server.signal(signal.SIGKILL)
            server.wait()
        receiver = self.receiver()
        again = self.enterContext(Server(config=config.replace(f"http://{host}:{port}/", receiver.url), data=server.data))
        receiver.wait_for(50, "message.published")
        receiver.wait_for(2, "server.started")
        self.assertEqual([data["content"] for _, data in receiver.of_type("message.published")], list(range(50)))
        until(lambda: again.metric('switchboard_webhook_events_waiting{endpoint="back"}') == 0, "the queue is empty")

    async def test_410_switches_an_endpoint_off_until_it_is_resumed(self):
        receiver = self.receiver([(410, {})])
        server = self.enterContext(ApiServer(config=receiver.config(events=["room.occupied"])))
        ann = await self.open_at(server)
        await ann.join("a", "ann")
        server.wait_for_line("webhook endpoint is switched off")
        await ann.join("b", "ann")
        with server.api() as api:
            until(lambda: [each["state"] for each in listed(api)] == ["gone"], "it is gone")
            self.assertEqual(len(receiver.deliveries), 1)
            api.ok("POST", "/api/v1/webhooks/back/resume")
            receiver.wait_for(1, "room.occupied")
            await ann.join("c", "ann")
            receiver.wait_for(2, "room.occupied")
            self.assertEqual([data["room_id"] for _, data in receiver.of_type("room.occupied")], ["a", "c"])

    async def test_endpoints_are_paused_tested_and_replayed(self):
        receiver = self.receiver()
        server = self.enterContext(ApiServer(config=receiver.config(events=["message.published"])))
        ann = await self.open_at(server)
        await ann.join("r", "ann")
        with server.api() as api:
            api.ok("POST", "/api/v1/webhooks/back/pause")
            await self.say(ann, "r", 1, 2, 3)
            until(lambda: listed(api)[0]["events_waiting"] == 3, "they wait")
            self.assertEqual(listed(api)[0]["state"], "paused")
            self.assertEqual(receiver.deliveries, [])
            api.ok("POST", "/api/v1/webhooks/back/resume")
            receiver.wait_for(3, "message.published")
            self.assertEqual(api.ok("POST", "/api/v1/webhooks/back/test"), {"events": 1})
            receiver.wait_for(1, "webhook.test")
            until(lambda: listed(api)[0]["events_waiting"] == 0, "it has had all")
            self.assertEqual(listed(api)[0]["events_delivered"], 4)
            sent = len(receiver.deliveries)
            self.assertEqual(api.ok("POST", "/api/v1/webhooks/back/replay"), {"events": 4})
            until(lambda: listed(api)[0]["events_delivered"] == 8, "all of them came again")
            self.assertEqual(len(receiver.events()), 4, "under the ids that they had")
            self.assertEqual(api.ok("POST", "/api/v1/webhooks/back/replay", {"since_ms": 2**53}), {"events": 0})
            self.assertGreater(len(receiver.deliveries), sent)
            self.assertIn('there is no webhook "other"', api.refused(404, "not_found", "POST", "/api/v1/webhooks/other/pause"))

    async def test_the_command_line_looks_after_endpoints(self):
        receiver = self.receiver([(500, {})])
        server = self.enterContext(ApiServer(config=receiver.config(events=["room.occupied"])))
        host, port = server.api_address
        with tempfile.NamedTemporaryFile("w") as key:
            key.write(KEY + "\n")
            key.flush()

            def webhooks(*arguments):
                return run_command("webhooks", *arguments, "--api", f"http://{host}:{port}", "--key-file", key.name)

            self.assertEqual(webhooks("test", "back").returncode, 0)
            receiver.wait_for(1, "webhook.test")
            until(lambda: "1 delivered" in webhooks("list").stdout, "it is counted")
            shown = webhooks("list").stdout
            self.assertIn(f"back  active  {receiver.url}", shown)
            self.assertIn("0 events wait (0 bytes), 1 delivered, 0 lost", shown)
            self.assertEqual(webhooks("pause", "back").returncode, 0)
            self.assertIn("back  paused", webhooks("list").stdout)
            self.assertEqual(webhooks("resume", "back").returncode, 0)
            self.assertEqual(webhooks("replay", "back", "--since", "1h").stdout, "1 events are sent again\n")
            for arguments, words in ((("pause", "other"), '404: there is no webhook "other"'),
                                     (("replay", "back", "--since", "1 week"), "--since must be a number"),
                                     (("stop", "back"), "there is no action stop"), (("test",), "NAME")):
                run = webhooks(*arguments)
                self.assertNotEqual(run.returncode, 0, arguments)
                self.assertIn(words, run.stderr, arguments)
        run = run_command("webhooks", "list", "--api", f"http://{host}:{port}", "--key", "not-the-key-of-this-server")
        self.assertEqual((run.returncode, "401" in run.stderr), (1, True), run.stderr)

    async def test_an_endpoint_that_is_slow_or_silent_costs_no_client_anything(self):
        with socket.create_server(("127.0.0.1", 0), backlog=64) as server_socket:
            port = server_socket.getsockname()[1]

            def drip():
                """Answers a byte at a time, for ever."""
                while True:
                    try:
                        connection, _ = server_socket.accept()
                    except OSError:
                        return
                    with connection:
                        try:
                            for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000:
                                connection.send(bytes([byte]))
                                time.sleep(0.05)
                        except OSError:
                            pass

            threading.Thread(target=drip, daemon=True).start()
            config = f"""[[webhooks]]
name = "slow"
url = "http://127.0.0.1:{port}/"
secret = "{SECRET}"
allow_private_addresses = true
timeout_ms = 300
"""
            server = self.enterContext(Server(config=config))
            ann = await self.open_at(server)
            await ann.join("r", "ann")
            await self.say(ann, "r", *range(200))
            server.wait_for_line("webhook endpoint fails.*did not answer whole within 300 ms")

    async def test_a_full_queue_is_declared(self):
        receiver = self.receiver([(503, {"Retry-After": "2"})])
        server = self.enterContext(Server(config=receiver.config(events=["message.published"], backlog_bytes_max=65_536)))
        ann = await self.open_at(server)
        await ann.join("r", "ann")
        await self.say(ann, "r", *([n, "x" * 8_000] for n in range(40)))
        server.wait_for_line("events are lost: a webhook endpoint's queue is full")
        receiver.wait_for(1, "events.lost")
        until(lambda: len(receiver.of_type("message.published")) +
              sum(data["events"] for _, data in receiver.of_type("events.lost")) == 40, "every event came or was declared")

    async def test_endpoints_come_and_go_with_a_reload(self):
        first, second = self.receiver(), self.receiver()
        server = self.enterContext(Server(config=first.config("first", events=["room.occupied"])))
        ann = await self.open_at(server)
        await ann.join("a", "ann")
        first.wait_for(1, "room.occupied")
        server.write_config(second.config("second", events=["room.occupied"]))
        server.signal(signal.SIGHUP)
        server.wait_for_line("configuration reloaded")
        # The thread that sends learns of it in its next turn.
        def heard():
            return second.of_type("room.occupied")
        rooms = iter(f"b{n}" for n in range(1_000))
        while not heard():
            await ann.join(room := next(rooms), "ann")
            await ann.ask(type="leave", room_id=room, id=room)
            time.sleep(0.02)
        self.assertEqual(set(second.verify()), {"ok"})

    async def test_two_secrets_sign_while_one_is_replaced(self):
        other = "whsec_" + "YW5vdGhlciBzZWNyZXQgb2YgZW5vdWdoIGJ5dGVz"
        private = "whsk_" + "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="  # RFC 8032 section 7.1, test 1
        receiver = self.receiver()
        self.enterContext(Server(config=receiver.config(additional_secrets=[other, private])))
        receiver.wait_for(1, "server.started")
        self.assertEqual(set(receiver.verify([SECRET, other])), {"ok"})
        versions = [part.partition(",")[0] for part in receiver.deliveries[0].fields["webhook-signature"].split(" ")]
        self.assertEqual(versions, ["v1", "v1", "v1a"])

    async def test_a_private_address_behind_a_name_is_not_asked(self):
        receiver = self.receiver()
        port = receiver.url.rpartition(":")[2].partition("/")[0]
        # No text that is known to be private; what it is looked up to be is.
        config = f'[[webhooks]]\nname = "inside"\nurl = "https://127.1:{port}/"\nsecret = "{SECRET}"\n'
        server = self.enterContext(Server(config=config))
        server.wait_for_line("webhook endpoint fails.*127.0.0.1, which is none of the public internet")
        self.assertEqual(receiver.connections, 0)


class Configuration(unittest.TestCase):
    def check(self, config):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(config)
            file.flush()
            run = subprocess.run([BINARY, "check", file.name], capture_output=True, text=True, env=own_environment(), timeout=30)
        return run.returncode, run.stdout + run.stderr

    def test_what_is_wrong_is_said(self):
        good = {"url": "https://hooks.example.com/x", "secret": SECRET}
        for change, words in (({"url": "http://127.0.0.1:9/"}, "allow_private_addresses"),
                              ({"url": "https://[::1]/"}, "allow_private_addresses"),
                              ({"url": "https://10.1.2.3/"}, "allow_private_addresses"),
                              ({"url": "https://localhost/"}, "allow_private_addresses"),
                              ({"url": "http://hooks.example.com/"}, "begins with http://"),
                              ({"url": "ftp://hooks.example.com/"}, "must begin with https://"),
                              ({"url": None}, "has no `url`"),
                              ({"secret": None}, "has no `secret`"),
                              ({"secret": "topsecret"}, "must begin with whsec_"),
                              ({"secret": "whsec_short"}, "base64"),
                              ({"secret": "whsec_" + "QUJD" * 4}, "24 to 64 bytes"),
                              ({"additional_secrets": ["whpk_" + "QUJD" * 8]}, "public key"),
                              ({"events": ["room.occupid"]}, "did you mean `room.occupied`"),
                              ({"rooms": ["a*b*c"]}, "rooms"),
                              ({"name": "Not Good"}, "a webhook's name"),
                              ({"colour": "red"}, "unknown key `webhooks.1.colour`")):
            settings = {key: value for key, value in (good | change).items() if value is not None}
            text = "[[webhooks]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
            code, output = self.check(text)
            self.assertEqual(code, 1, (change, output))
            self.assertIn(words, output, change)
            if "secret" in change and change["secret"]:
                self.assertNotIn(change["secret"], output)
        self.assertEqual(self.check(f'[[webhooks]]\nurl = "https://hooks.example.com/x"\nsecret = "{SECRET}"\n')[0], 0)
        twice = f'[[webhooks]]\nname = "a"\nurl = "https://h.example.com/"\nsecret = "{SECRET}"\n' * 2
        self.assertIn("two webhooks with the name `a`", self.check(twice)[1])
        self.assertIn("[[webhooks]]", self.check('[webhooks]\nurl = "https://h.example.com/"\n')[1])


if __name__ == "__main__":
    unittest.main()
