"""Tokens: how they get here, what they allow, how they end; and that nothing of them is ever in the log."""

import asyncio
import json
import os
import re
import signal
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

import websockets

from client import V1, Client, WithClients
from harness import Server, run_command, until
from key_sets import KeySets, key_set_of
from tokens import SECRET, es256_token, token

CHAT = {"chat:*": ["join", "publish"]}


class WithAuth(WithClients):
    settings = {"auth.secret": SECRET}

    async def asyncSetUp(self):
        self.serve(settings=self.settings)

    def token(self, *arguments, **options):
        return token(*arguments, **options)

    async def user(self, user_id, rooms=CHAT, v1=False, **more):
        shown = self.token(user_id, rooms, **more)
        client = await self.open(v1=v1, extra_headers={"Authorization": f"Bearer {shown}"})
        if v1:
            client.hello = await client.receive()
        return client


class LettingIn(WithAuth, unittest.IsolatedAsyncioTestCase):
    async def test_a_token_in_the_handshake_names_the_user(self):
        alice = await self.user("alice", v1=True)
        self.assertEqual(alice.hello["user_id"], "alice")
        self.assertTrue(3_500_000 < alice.hello["expires_in_ms"] <= 3_600_000, alice.hello)
        bob = await self.user("bob")
        await alice.join("chat:1", "alice")
        self.assertEqual((await bob.ask(type="join", room_id="chat:1"))["type"], "joined")
        await bob.send(type="broadcast", room_id="chat:1", content="hi")
        for client in (alice, bob):
            self.assertEqual((await client.receive())["sender"], "bob")
        self.server.wait_for_line(r"disconnected|listening")

    async def test_a_token_among_the_subprotocols(self):
        shown = self.token("alice", CHAT)
        socket = await websockets.connect(self.server.url, subprotocols=[f"switchboard.token.{shown}", V1])
        self.assertEqual(socket.subprotocol, V1)
        self.assertEqual(json.loads(await socket.recv())["user_id"], "alice")
        await socket.close()

    async def test_the_command(self):
        client = await self.open()
        self.assertEqual((await client.ask(type="join", room_id="chat:1", user_id="alice"))["code"], "unauthorized")
        authed = await client.ask(type="auth", token=self.token("alice", CHAT), id=1)
        self.assertEqual((authed["type"], authed["user_id"], authed["id"]), ("authed", "alice", 1))
        await client.join("chat:1", "alice")
        self.assertEqual((await client.ask(type="join", room_id="news"))["code"], "forbidden")
        self.assertEqual((await client.ask(type="auth", token=self.token("bob")))["code"], "user_mismatch")

    async def test_bad_tokens_in_the_handshake_get_a_close_code(self):
        for shown, code in [(self.token(secret="x" * 32), 4001), (self.token(ttl_s=-3600), 4202), ("nonsense", 4001),
                            ("", 4001), (self.token(rooms={"chat:*": ["jion"]}), 4001), (self.token(exp=None), 4001)]:
            socket = await websockets.connect(self.server.url, subprotocols=[V1, f"switchboard.token.{shown or 'x'}"])
            self.assertEqual((await Client(socket).close_code())[0], code, shown[:10])
        self.server.wait_for_line(r"token refused.*bad_signature")
        self.server.wait_for_line(r"token refused.*expired")
        self.assertGreaterEqual(self.server.metric('switchboard_tokens_refused_total{reason="bad_signature"}'), 1)

    async def test_bad_tokens_in_the_command_are_told_in_words_and_change_nothing(self):
        client = await self.user("alice")
        await client.join("chat:1", "alice")
        for shown, code in [(self.token(secret="x" * 32), "unauthorized"), (self.token(ttl_s=-3600), "token_expired"),
                            ("a.b.c", "unauthorized"), ("x" * 8192, "unauthorized"), ("x" * 8193, "bad_request"),
                            ("", "bad_request")]:
            answer = await client.ask(type="auth", token=shown)
            self.assertEqual(answer["code"], code, answer)
        self.assertEqual((await client.ask(type="broadcast", room_id="chat:1", content=1))["type"], "broadcast")


class SeveralIssuers(unittest.IsolatedAsyncioTestCase):
    """Two who make tokens: one with a secret, one with a key pair, and both call their key the same."""

    SHOP, CRM = "https://shop.example/", "https://crm.example/"
    CONFIG = """
[auth]
permissions = '{{"rooms":{{"*":["join"]}}}}'
[issuers.shop]
issuer = "{shop}"
secret = "{secret}"
[issuers.crm]
issuer = "{crm}"
keys = ["{key}"]
algorithms = ["ES256"]
audience = ["chat"]
"""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.private = os.path.join(cls.folder.name, "crm.pem")
        cls.public = os.path.join(cls.folder.name, "crm.pub.pem")
        subprocess.run(["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", cls.private], check=True,
                       capture_output=True)
        subprocess.run(["openssl", "ec", "-in", cls.private, "-pubout", "-out", cls.public], check=True,
                       capture_output=True)

    def config(self, **other):
        return self.CONFIG.format(**{"shop": self.SHOP, "crm": self.CRM, "secret": SECRET, "key": self.public} | other)

    def by_secret(self, issuer, **claims):
        return token(iss=issuer, key_id="key-1", **claims)

    def by_key(self, issuer, aud="chat", **claims):
        return es256_token(self.private, iss=issuer, aud=aud, key_id="key-1", **claims)

    async def verdict(self, server, shown):
        client = Client(await websockets.connect(server.url))
        answer = await client.ask(type="auth", token=shown)
        if answer["type"] == "authed":
            await client.join("r", "alice")
        await client.close()
        return answer.get("message", "good")

    async def test_each_is_believed_with_its_own_key_only(self):
        with Server(config=self.config()) as server:
            for shown, said in [(self.by_secret(self.SHOP), "good"),
                                (self.by_key(self.CRM), "good"),
                                (self.by_secret(self.CRM), "the token's `alg` is not one that its key is for"),
                                (self.by_key(self.SHOP), "the token's `alg` is not one that its key is for"),
                                (self.by_secret(self.SHOP, secret="x" * 40), "the token's signature is not that of its key"),
                                (self.by_key(self.CRM, aud="mail"), "the token is for others (`aud`)"),
                                (self.by_secret("https://else.example/"),
                                 "the token is of an issuer (`iss`) that is not known here"),
                                (self.by_secret(None), "the token is of an issuer (`iss`) that is not known here")]:
                with self.subTest(said):
                    self.assertEqual(await self.verdict(server, shown), said)
            self.assertEqual(server.metric('switchboard_tokens_refused_total{reason="wrong_issuer"}'), 2)

    async def test_a_secret_signed_with_the_text_of_the_others_public_key_is_no_key(self):
        with open(self.public, encoding="ascii") as file:
            text = file.read()
        with Server(config=self.config()) as server:
            self.assertNotEqual(await self.verdict(server, self.by_secret(self.CRM, secret=text)), "good")

    async def test_a_reload_takes_one_away_and_changes_another(self):
        other = "the shop has another secret after the reload"
        with Server(config=self.config()) as server:
            server.write_config(self.config(secret=other).split("[issuers.crm]")[0])
            server.signal(signal.SIGHUP)
            server.wait_for_line("configuration reloaded")
            self.assertIn("not that of its key", await self.verdict(server, self.by_secret(self.SHOP)))
            self.assertEqual(await self.verdict(server, self.by_secret(self.SHOP, secret=other)), "good")
            self.assertIn("not known here", await self.verdict(server, self.by_key(self.CRM)))
            server.wait_for_line(f"setting changed.*issuers.crm.*{self.CRM}")
            for secret in (SECRET, other):
                self.assertNotIn(secret, "\n".join(server.lines))

    async def test_a_section_that_is_wrong_is_named_and_its_secret_is_not_shown(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(self.config(crm=self.SHOP, key="/nowhere/key.pem"))
            file.flush()
            checked = run_command("check", file.name)
            self.assertEqual(checked.returncode, 1)
            self.assertRegex(checked.stderr, r"\[issuers\.(shop|crm)\] has the same `issuer` as \[issuers\.(shop|crm)\]")
            file.seek(0)
            file.truncate()
            file.write(self.config(key="/nowhere/key.pem"))
            file.flush()
            checked = run_command("check", file.name)
            self.assertEqual(checked.returncode, 1)
            self.assertIn("`issuers.crm.keys`: /nowhere/key.pem", checked.stderr)
            shown = run_command("config", "--config", file.name)
            self.assertNotIn(SECRET, shown.stdout + shown.stderr)
            self.assertIn(f'[issuers.shop]\nissuer = "{self.SHOP}"\n# secret = (not shown)\n', shown.stdout)

    async def test_key_sets_are_fetched_one_by_one(self):
        """One can be had and one cannot: the first's tokens are good, the second's may be in a moment, and /readyz says so."""
        with KeySets({"/crm": key_set_of(self.public, "key-1")}) as sets:
            config = self.config().replace(f'keys = ["{self.public}"]', f'jwks = "{sets.url}/crm"')
            config += f'[issuers.third]\nissuer = "https://third.example/"\njwks = "{sets.url}/third"\n'
            with Server(config=config) as server:
                server.wait_for_line(f"key set fetched.*{sets.url}/crm")
                server.wait_for_line(f"key set not fetched.*{sets.url}/third")
                self.assertEqual(await self.verdict(server, self.by_key(self.CRM)), "good")
                self.assertEqual(await self.verdict(server, self.by_secret(self.SHOP)), "good")
                self.assertIn("being fetched", await self.verdict(server, self.by_key("https://third.example/")))
                status, page = server.get("/readyz")
                self.assertEqual((status, f"{sets.url}/third was not fetched" in page, f"{sets.url}/crm" in page),
                                 (503, True, False), page)


class Refusals(WithAuth, unittest.IsolatedAsyncioTestCase):
    """What a client may not do has a line: who, what, why, and from where; and not without bound."""

    settings = {"auth.secret": SECRET, "limits.errors_max": 100}

    async def test_each_has_a_line(self):
        alice = await self.user("alice", {"chat:*": ["join"]})
        await alice.join("chat:1", "alice")
        for said, line in [({"type": "join", "room_id": "news"},
                            "command=join room=news code=forbidden message=\"you may not join this room\""),
                           ({"type": "broadcast", "room_id": "chat:1", "content": "psst"},
                            "command=broadcast room=chat:1 code=forbidden"),
                           ({"type": "direct", "user_id": "bob", "content": "psst"},
                            "command=direct to=bob code=forbidden"),
                           ({"type": "join", "room_id": "chat:2", "user_id": "bob"},
                            "command=join room=chat:2 code=user_mismatch"),
                           ({"type": "auth", "token": self.token("bob")}, "command=auth room=\"\" code=user_mismatch")]:
            self.assertEqual((await alice.ask(**said))["type"], "error")
            self.server.wait_for_line(rf"command refused conn=\S+ addr=127\.0\.0\.1:\d+ user=alice {line}")
        nobody = await self.open()
        self.assertEqual((await nobody.ask(type="join", room_id="chat:1"))["code"], "unauthorized")
        self.server.wait_for_line(r'command refused .* user="" command=join room=chat:1 code=unauthorized')
        self.assertNotIn("psst", "\n".join(self.server.lines))

    async def test_a_reload_changes_how_many_or_none_are_written(self):
        with Server(config=f'[auth]\nsecret = "{SECRET}"\n[limits]\nerrors_max = 1000\n[log]\nrefusals_per_second = 1\n') as server:
            client = Client(await websockets.connect(server.url))

            async def ask():
                self.assertEqual((await client.ask(type="join", room_id="r"))["code"], "unauthorized")

            # The bucket fills again: the next line that is written says how many were not.
            async def is_told():
                await ask()
                return any("refusals not logged" in line for line in server.lines)

            while not await is_told():
                await asyncio.sleep(0.02)
            server.wait_for_line(r"refusals not logged of=commands count=[1-9]")
            server.write_config(f'[auth]\nsecret = "{SECRET}"\n[limits]\nerrors_max = 1000\n[log]\nrefusals_per_second = 0\n')
            server.signal(signal.SIGHUP)
            server.wait_for_line("configuration reloaded")
            before = sum("command refused" in line for line in server.lines)
            await ask()
            await client.close()
            server.wait_for_line("disconnected")
            self.assertEqual(sum("command refused" in line for line in server.lines), before)


class Ending(WithAuth, unittest.IsolatedAsyncioTestCase):
    settings = {"auth.secret": SECRET, "auth.leeway_ms": 0, "auth.renew_margin_ms": 60_000, "auth.timeout_ms": 300}

    async def test_who_shows_no_token_in_time_is_closed_with_4001(self):
        client = await self.open()
        self.assertEqual((await client.close_code())[0], 4001)

    async def test_a_token_that_ends_closes_with_4202(self):
        client = await self.user("alice", v1=True, ttl_s=2)
        expiring = await client.receive()
        self.assertEqual(expiring["type"], "token_expiring")
        self.assertLessEqual(expiring["expires_in_ms"], 2_000)
        self.assertEqual((await client.close_code())[0], 4202)

    async def test_a_fresh_token_keeps_the_connection_and_its_rooms(self):
        client = await self.user("alice", v1=True, ttl_s=2)
        self.assertEqual((await client.receive())["type"], "token_expiring")
        await client.join("chat:1", "alice")
        await client.join("chat:2", "alice")
        left = await client.ask(type="auth", token=self.token("alice", {"chat:1": ["join", "publish"]}))
        self.assertEqual(left, {"type": "left", "room_id": "chat:2", "reason": "permission"})
        authed = await client.receive()
        self.assertEqual(authed["type"], "authed")
        self.assertGreater(authed["expires_in_ms"], 3_000_000)
        until(lambda: self.server.health()["members"] == 1, "chat:2 was left")
        self.assertEqual((await client.ask(type="broadcast", room_id="chat:1", content=1))["type"], "broadcast")
        self.assertEqual((await client.ask(type="broadcast", room_id="chat:2", content=1, id=4))["code"], "forbidden")


class Revocation(unittest.IsolatedAsyncioTestCase):
    """By the HTTP API: at once on every connection, and kept."""

    KEY = "a-key-of-the-back-end-of-these-tests"

    def ask(self, server, path, body=None, key=KEY):
        api = re.search(r"api=(http://\S+)", server.wait_for_line("listening")).group(1)
        request = urllib.request.Request(f"{api}/api/v1/{path}", method="POST", headers={"Authorization": f"Bearer {key}",
                                                                                      "Content-Type": "application/json"},
                                         data=json.dumps(body).encode() if body is not None else b"")
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    async def open(self, server, shown):
        return Client(await websockets.connect(server.url, extra_headers={"Authorization": f"Bearer {shown}"}))

    async def test_a_users_tokens_are_no_good_any_more_also_after_a_restart(self):
        settings = {"auth.secret": SECRET, "auth.permissions": '{"rooms":{"*":["join"]}}', "api.listen": "127.0.0.1:0",
                    "api.keys": self.KEY}
        with tempfile.TemporaryDirectory() as data:
            old, others = token("alice"), token("bob")
            with Server(settings=settings, data=data, shards=2) as server:
                alices = [await self.open(server, old) for _ in range(4)]
                bob = await self.open(server, others)
                for client, user in [(alice, "alice") for alice in alices] + [(bob, "bob")]:
                    await client.join("r", user)
                status, answer = await asyncio.to_thread(self.ask, server, "users/alice/revoke")
                self.assertEqual((status, answer), (200, {"connections": 4}))
                for alice in alices:
                    self.assertEqual((await alice.close_code())[0], 4003)
                await bob.receive_nothing()
                self.assertEqual((await (await self.open(server, old)).close_code())[0], 4003)
                fresh = await self.open(server, token("alice"))
                await fresh.join("r", "alice")
                refused = await fresh.ask(type="auth", token=old)
                self.assertEqual((refused["code"], refused["message"]), ("unauthorized", "the token was revoked"))
                server.signal(signal.SIGKILL)
                server.wait()
            with Server(settings=settings, data=data, shards=3) as server:
                self.assertEqual((await (await self.open(server, old)).close_code())[0], 4003)
                fresh = await self.open(server, token("alice"))
                await fresh.join("r", "alice")
                await fresh.close()
                self.assertEqual(server.metric('switchboard_tokens_refused_total{reason="revoked"}'), 1)

    async def test_one_token_by_its_id(self):
        settings = {"auth.secret": SECRET, "api.listen": "127.0.0.1:0", "api.keys": f"[admin] {self.KEY}"}
        with Server(settings=settings) as server:
            one, other = [await self.open(server, token("alice", jti=name)) for name in ("t1", "t2")]
            for client in (one, other):
                await client.receive_nothing()
            ask = lambda body: asyncio.to_thread(self.ask, server, "users/alice/revoke", body)
            self.assertEqual(await ask({"token_id": "t1"}), (200, {"connections": 1}))
            self.assertEqual((await one.close_code())[0], 4003)
            await other.receive_nothing()
            self.assertEqual((await ask({"token": "t1"}))[0], 400)
            self.assertEqual((await ask({"token_id": ""}))[0], 400)
            self.assertEqual((await ask({"issued_before_ms": 1}))[1], {"connections": 0})
            self.assertEqual((await ask({"issued_before_ms": -1}))[0], 400)
            await other.close()


class RoomRevocation(Revocation):
    """The same of one room: its members leave it and stay connected."""

    test_one_token_by_its_id = test_a_users_tokens_are_no_good_any_more_also_after_a_restart = None

    async def test_everybody_loses_the_room_also_after_a_restart(self):
        settings = {"auth.secret": SECRET, "auth.permissions": '{"rooms":{"*":["join","publish"]}}',
                    "api.listen": "127.0.0.1:0", "api.keys": self.KEY}
        left = {"type": "left", "room_id": "r", "reason": "revoked"}
        with tempfile.TemporaryDirectory() as data:
            old, bobs = token("alice"), token("bob")
            with Server(settings=settings, data=data, shards=2) as server:
                ask = lambda body=None: asyncio.to_thread(self.ask, server, "rooms/r/revoke", body)
                alices = [await self.open(server, old) for _ in range(3)]
                bob = await self.open(server, bobs)
                for client, user in [(alice, "alice") for alice in alices] + [(bob, "bob")]:
                    await client.join("r", user)
                    await client.join("other", user)
                self.assertEqual(await ask({"user_id": "alice"}), (200, {"connections": 3}))
                for alice in alices:
                    self.assertEqual(await alice.receive(), left)
                    refused = await alice.ask(type="join", room_id="r")
                    self.assertEqual((refused["code"], "revoked" in refused["message"]), ("forbidden", True), refused)
                self.assertEqual((await bob.ask(type="broadcast", room_id="r", content=1))["type"], "broadcast")
                await alices[0].receive_nothing()
                self.assertEqual((await bob.ask(type="broadcast", room_id="other", content=2))["content"], 2)
                self.assertEqual((await alices[0].receive())["content"], 2, "the other room goes on")
                self.assertEqual((await alices[1].receive())["content"], 2)
                # A fresh token is good for it; so is one on the same connection.
                self.assertEqual((await alices[1].ask(type="auth", token=token("alice")))["type"], "authed")
                await alices[1].join("r", "alice")
                self.assertEqual(await ask(), (200, {"connections": 2}))
                self.assertEqual(await bob.receive(), left)
                self.assertEqual(await alices[1].receive(), left)
                server.wait_for_line('room revoked room=r user=alice connections=3')
                server.wait_for_line('room revoked room=r user="" connections=2')
                self.assertEqual(server.metric("switchboard_permission_leaves_total"), 5)
                for body in ({"user": "x"}, {"user_id": ""}, {"user_id": 7}):
                    self.assertEqual((await ask(body))[0], 400)
                self.assertEqual((await asyncio.to_thread(self.ask, server, "rooms/@alice/revoke"))[0], 400)
                server.signal(signal.SIGKILL)
                server.wait()
            with Server(settings=settings, data=data, shards=3) as server:
                for shown, code in ((bobs, "forbidden"), (token("bob"), None)):
                    client = await self.open(server, shown)
                    self.assertEqual((await client.ask(type="join", room_id="r")).get("code"), code)
                    await client.close()

    async def test_who_is_still_owed_an_answer_leaves_behind_it(self):
        settings = {"auth.secret": SECRET, "auth.permissions": '{"rooms":{"*":["join","publish","history"]}}',
                    "api.listen": "127.0.0.1:0", "api.keys": self.KEY,
                    "limits.errors_max": 1_000}  # the room may be lost before most of it is heard
        with Server(settings=settings, shards=2) as server:
            alice = await self.open(server, token("alice"))
            await alice.join("r", "alice")
            for number in range(200):
                await alice.send(type="broadcast", room_id="r", content=number, echo=False, id=number)
                if number % 50 == 49:
                    await alice.send(type="history", room_id="r", limit=10, id=1000 + number)
            self.assertEqual((await asyncio.to_thread(self.ask, server, "rooms/r/revoke"))[0], 200)
            told = [(await alice.receive())["type"]]
            while len(told) < 205:
                told.append((await alice.receive())["type"])
            self.assertEqual(told.count("left"), 1, told)
            self.assertEqual(told.count("ack") + told.count("history") + told.count("error"), 204, told)
            await alice.close()

    async def test_anonymous_clients_leave_it_and_may_what_the_configuration_says(self):
        settings = {"auth.secret": SECRET, "auth.anonymous": "true", "api.listen": "127.0.0.1:0", "api.keys": self.KEY,
                    "auth.anonymous_permissions": '{"rooms":{"r":["join"]}}'}
        with Server(settings=settings) as server:
            client = Client(await websockets.connect(server.url))
            self.assertEqual((await client.ask(type="join", room_id="r"))["type"], "joined")
            self.assertEqual(await asyncio.to_thread(self.ask, server, "rooms/r/revoke"), (200, {"connections": 1}))
            self.assertEqual((await client.receive())["reason"], "revoked")
            self.assertEqual((await client.ask(type="join", room_id="r"))["type"], "joined")
            await client.close()


class Configuration(unittest.IsolatedAsyncioTestCase):
    async def test_a_secret_is_replaced_by_a_reload_while_both_are_good(self):
        other = "another secret, just as long as it must be"
        config = '[auth]\nsecret = "{}"\nprevious_secrets = [{}]\n[rooms.chat]\nallow = ["join"]\n'
        with Server(config=config.format(SECRET, "")) as server:
            async def is_good(secret):
                socket = await websockets.connect(server.url)
                client = Client(socket)
                answer = await client.ask(type="auth", token=token(secret=secret))
                if answer["type"] == "authed":
                    await client.join("chat:1", "alice")
                await client.close()
                return answer["type"] == "authed"

            stays = Client(await websockets.connect(server.url, extra_headers={"Authorization": f"Bearer {token()}"}))
            await stays.join("chat:1", "alice")
            self.assertEqual((await is_good(SECRET), await is_good(other)), (True, False))
            server.write_config(config.format(other, f'"{SECRET}"'))
            server.signal(signal.SIGHUP)
            server.wait_for_line("configuration reloaded")
            self.assertEqual((await is_good(SECRET), await is_good(other)), (True, True))
            server.write_config(config.format(other, ""))
            server.signal(signal.SIGHUP)
            until(lambda: sum("configuration reloaded" in line for line in server.lines) == 2, "reloaded again")
            self.assertEqual((await is_good(SECRET), await is_good(other)), (False, True))
            await stays.receive_nothing()
            await stays.close()
            log = "\n".join(server.lines)
            self.assertNotIn(SECRET, log)
            self.assertNotIn(other, log)
            self.assertIn("auth.secret", log)

    async def test_a_key_that_cannot_be_read_is_refused_at_the_start_and_not_taken_by_a_reload(self):
        checked = run_command("serve", "--set", "auth.keys=/nowhere/key.pem", "--listen", "127.0.0.1:0", "--ops", "off",
                              "--data", "")
        self.assertEqual(checked.returncode, 1, checked.stderr)
        self.assertIn("/nowhere/key.pem", checked.stderr)

    async def test_a_secret_is_never_shown(self):
        shown = run_command("config", "--set", f"auth.secret={SECRET}")
        self.assertNotIn(SECRET, shown.stdout + shown.stderr)
        self.assertIn("# secret = (not shown)", shown.stdout)
        refused = run_command("config", "--set", "auth.secret=too-short-to-be-one")
        self.assertNotIn("too-short-to-be-one", refused.stdout + refused.stderr)
        self.assertIn("at least 32 bytes", refused.stderr)

    async def test_anonymous_clients_may_what_is_said_of_them(self):
        settings = {"auth.secret": SECRET, "auth.anonymous": "true",
                    "auth.anonymous_permissions": '{"rooms":{"news":["join"]}}'}
        with Server(settings=settings) as server:
            client = Client(await websockets.connect(server.url))
            self.assertEqual((await client.ask(type="join", room_id="chat:1"))["code"], "forbidden")
            self.assertEqual((await client.ask(type="join", room_id="news", user_id="root"))["code"], "user_mismatch")
            self.assertEqual((await client.ask(type="join", room_id="news"))["type"], "joined")
            self.assertEqual((await client.ask(type="broadcast", room_id="news", content=1))["code"], "forbidden")
            await client.close()

    async def test_the_query_and_a_cookie_only_where_they_are_named(self):
        with Server(settings={"auth.secret": SECRET}) as server:
            for options in ({"uri": f"{server.url}?token={token()}"},
                            {"uri": server.url, "extra_headers": {"Cookie": f"sid={token()}"}}):
                client = Client(await websockets.connect(**options))
                self.assertEqual((await client.ask(type="join", room_id="@me"))["code"], "unauthorized")
                await client.close()
        settings = {"auth.secret": SECRET, "auth.query": "token", "auth.cookie": "sid",
                    "limits.origins_allowed": "https://app.example"}
        with Server(settings=settings) as server:
            for options in ({"uri": f"{server.url}?token={token()}"},
                            {"uri": server.url, "origin": "https://app.example",
                             "extra_headers": {"Cookie": f"a=b; sid={token()}"}}):
                client = Client(await websockets.connect(**options))
                self.assertEqual((await client.ask(type="join", room_id="@me"))["type"], "joined")
                await client.close()
            until(lambda: sum("disconnected" in line for line in server.lines) == 2, "both are logged")
            self.assertNotIn(token()[:20], "\n".join(server.lines))

    async def test_a_cookie_without_named_pages_is_refused_at_the_start(self):
        checked = run_command("config", "--set", f"auth.secret={SECRET}", "--set", "auth.cookie=sid")
        self.assertNotEqual(checked.returncode, 0)
        self.assertIn("origins_allowed", checked.stderr)

    async def test_settings_that_say_nothing_are_refused(self):
        checked = run_command("config", "--set", "auth.anonymous=true")
        self.assertNotEqual(checked.returncode, 0)
        self.assertIn("there is no authentication", checked.stderr)


if __name__ == "__main__":
    unittest.main()
