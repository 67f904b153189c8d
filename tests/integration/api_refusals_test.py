"""What the HTTP API refuses, and how: every row of the table in docs/API.md; requests that are slow, cut off or no HTTP, while
clients go on talking."""

import hashlib
import json
import signal
import socket
import unittest

from api_client import (ADMIN, BATCH, BODY_MAX, BROADCAST, CHATTER, CONTENT_MAX, KEY, KEYS, PUBLISH, PUBLISHER, READER, ApiServer,
                        RawBackEnd, WithApi, path_of, with_keys)
from bystander import Bystanders
from harness import until


class Problems(WithApi):
    async def test_bodies_that_are_refused(self):
        good = {"room_id": "r", "content": 1}
        bodies = [b"", b"{", b"[]", b'"x"', b"{}", b'{"room_id":"r","content":1}x', b'{"room_id":"r","content":}',
                  b'{"room_id":"r","content":1,"content":2}', b'{"room_id":"\xff","content":1}', b"\xef\xbb\xbf{}",
                  b'{"room_id":"r","content":' + b"[" * 500 + b"]" * 500 + b"}"]
        bodies += [{"content": 1}, {"room_id": "r"}, {**good, "user_id": "u"}, {**good, "room_id": ""}, {**good, "room_id": 1},
                   {**good, "room_id": "x" * 256}, {**good, "room_id": "@u"}, {**good, "room_id": "a\nb"},
                   {"user_id": "", "content": 1}, {**good, "dedup": ""}, {**good, "dedup": "x" * 65}, {**good, "dedup": 1},
                   {**good, "dedup": None}, {**good, "sender": ""}, {**good, "sender": "x" * 256}, {**good, "sender": ["a"]},
                   {**good, "sender": "a\u0000b"}, {**good, "dedpu": "x"}, {**good, "ts": 1}]
        for body in bodies:
            with self.subTest(body=body):
                self.api.refused(400, "bad_request", "POST", PUBLISH, body, Content_Type="application/json")
                self.api.refused(400, "bad_request", "POST", BATCH, body, Content_Type="application/json")
                if isinstance(body, dict):
                    self.api.refused(400, "bad_request", "POST", BATCH, {"messages": [good, body]})
        for body in ({"messages": []}, {"messages": {}}, {"messages": [1]}, {"messages": [good], "more": 1}):
            self.api.refused(400, "bad_request", "POST", BATCH, body)
        for key in ("", '""', "x" * 65, "tab\tbed", "é"):
            self.api.refused(400, "bad_request", "POST", PUBLISH, good, Idempotency_Key=key)
        self.api.refused(400, "bad_request", "POST", PUBLISH, {**good, "dedup": "a"}, Idempotency_Key="b")
        self.api.refused(400, "bad_request", "POST", BATCH, {"messages": [good]}, Idempotency_Key="b")
        self.assertEqual(self.api.history("r")["messages"], [])

    async def test_names_and_parameters_that_are_refused(self):
        for room in ("", "%", "%4", "%zz", "%ff", "%00", "a%0Ab", "@u", "%40u", "x" * 256):
            for what in ("history", "presence"):
                self.api.refused(400, "bad_request", "GET", f"/api/v1/rooms/{room}/{what}")
        for user in ("", "%", "%ff", "%00", "x" * 256):
            self.api.refused(400, "bad_request", "POST", f"/api/v1/users/{user}/disconnect")
            for what in ("join", "leave"):
                self.api.refused(400, "bad_request", "POST", f"/api/v1/users/{user}/{what}", {"room_id": "r"})
        for query in ("limit=0", "limit=1001", "limit=", "limit", "limit=-1", "limit=1.0", "limit=1&limit=1", "limit=%zz",
                      "limit=99999999999999999999", "lmiit=1", "=", "limit=1&x"):
            for what in ("history", "presence"):
                self.api.refused(400, "bad_request", "GET", f"/api/v1/rooms/r/{what}?{query}")
        for query in ("before=-1", "before=x", "after=", "before=2&after=1", "after=99999999999999999999", "next=a"):
            self.api.refused(400, "bad_request", "GET", f"/api/v1/rooms/r/history?{query}")
        for query in ("limit=0", "limit=1001", "limit=x", "prefix=", "prefix=@u", "prefix=%ff", "after=", "after=@u", "next=a"):
            self.api.refused(400, "bad_request", "GET", f"/api/v1/rooms?{query}")
        for query in ("next=", "next=%ff", "before=1"):
            self.api.refused(400, "bad_request", "GET", f"/api/v1/rooms/r/presence?{query}")

    async def test_a_parameter_that_is_not_known_is_refused_everywhere(self):
        message = {"room_id": "r", "content": 1}
        bodies = {"publish": message, "publishBatch": {"messages": [message]}, "publishToMany": {"room_ids": ["r"], "content": 1},
                  "joinUser": {"room_id": "r"}, "removeUser": {"room_id": "r"}}
        for operation in ApiServer.document.operations:
            with self.subTest(operation=operation.id):
                path = operation.path.replace("{room}", "r").replace("{user}", "u")
                self.api.refused(400, "bad_request", operation.method, path + "?dedup=x", bodies.get(operation.id))
        self.assertEqual(self.api.history("r")["messages"], [])

    async def test_keys(self):
        for shown in (None, "", KEY, "Bearer", "Bearer ", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", f"Basic {KEY}"):
            with self.subTest(shown=shown):
                answer = self.api.ask("GET", "/api/v1/server", Authorization=shown)
                self.assertEqual((answer.status, answer.code), (401, "unauthorized"))
                self.assertTrue(answer.fields["WWW-Authenticate"].startswith("Bearer"), answer.fields)
        for key, reason in (("none", "no_key"), ("unknown", "unknown_key")):
            self.server.wait_for_line(rf"api refused addr=127\.0\.0\.1:\d+ key={key} method=GET path=/api/v1/server status=401 "
                                      f"reason={reason} message=")
        self.assertEqual(self.server.metric('switchboard_api_refusals_total{reason="no_key"}'), 1)
        self.assertEqual(self.server.metric('switchboard_api_refusals_total{reason="unknown_key"}'), 7)
        self.assertEqual(self.api.ask("GET", "/api/v1/server", Authorization=f"bearer {KEY}").status, 200)
        self.assertEqual(self.api.ask("GET", "/api/v1/openapi.json", Authorization=None).status, 200)

    async def test_what_a_key_is_not_for(self):
        message = {"room_id": "r", "content": 1}
        requests = {"publish": ("POST", PUBLISH, message), "batch": ("POST", BATCH, {"messages": [message]}),
                    "many": ("POST", BROADCAST, {"room_ids": ["r"], "content": 1}),
                    "connections": ("GET", path_of("users", "u", "connections"), None),
                    "join": ("POST", path_of("users", "u", "join"), {"room_id": "r"}),
                    "leave": ("POST", path_of("users", "u", "leave"), {"room_id": "r"}),
                    "history": ("GET", path_of("rooms", "r", "history"), None),
                    "presence": ("GET", path_of("rooms", "r", "presence"), None), "rooms": ("GET", "/api/v1/rooms", None), "server": ("GET", "/api/v1/server", None),
                    "disconnect": ("POST", path_of("users", "u", "disconnect"), None)}
        may = {PUBLISHER: ["publish", "batch", "many"], READER: ["history", "presence", "rooms", "server"], ADMIN: ["connections", "join", "leave", "disconnect"]}
        for key, those in may.items():
            api = self.as_(key)
            for name, request in requests.items():
                with self.subTest(key=key, name=name):
                    if name in those:
                        api.ok(*request)
                    else:
                        api.refused(403, "forbidden", *request)
            answer = api.ask("POST", path_of("users", "u", "revoke"))
            self.assertEqual(answer.status, 404 if key == ADMIN else 403)

    async def test_rooms_that_a_key_is_not_for(self):
        api = self.as_(CHATTER)
        self.assertEqual(api.publish(room_id="chat:1", content=1)["seq"], 1)
        self.assertEqual(len(api.history("chat:1")["messages"]), 1)
        self.assertEqual(api.presence("chat:1")["count"], 0)
        for target in ({"room_id": "news:1"}, {"room_id": "chat"}, {"user_id": "u"}, {"user_id": "chat:1"}):
            api.refused(403, "forbidden", "POST", PUBLISH, {**target, "content": 1})
            messages = [{"room_id": "chat:1", "content": 2}, {**target, "content": 1}]
            api.refused(403, "forbidden", "POST", BATCH, {"messages": messages})
            key, name = next(iter(target.items()))
            api.refused(403, "forbidden", "POST", BROADCAST, {"room_ids": ["chat:1"], "content": 1} | (
                {"user_ids": [name]} if key == "user_id" else {"room_ids": ["chat:1", name]}))
        self.assertEqual(len(api.history("chat:1")["messages"]), 1)
        for what in ("history", "presence"):
            api.refused(403, "forbidden", "GET", path_of("rooms", "news:1", what))
        self.api.refused(403, "forbidden", "GET", path_of("rooms", "secret:1", "presence"))
        shown = hashlib.sha256(CHATTER.encode()).hexdigest()[:8]
        self.server.wait_for_line(rf"api refused addr=\S+ key={shown} method=POST path={PUBLISH} status=403 reason=room")
        shown = hashlib.sha256(KEY.encode()).hexdigest()[:8]
        self.server.wait_for_line(rf"api refused .*key={shown} method=GET path=/api/v1/rooms/secret%3A1/presence "
                                  "status=403 reason=presence")

    async def test_what_is_not_there(self):
        for path in ("/", "/api", "/api/v1", "/api/v1/", "/api/v1/publish/", "/api/v1//publish", "/api/v1/Publish", "/api/v2/publish",
                     "/api/v1/rooms/r", "/api/v1/rooms/r/history/", "/api/v1/rooms/a/b/history", "/ws", "/health", "/metrics",
                     "/api/v1/users/u/history"):
            for method in ("GET", "POST", "OPTIONS", "BREW"):
                self.api.refused(404, "not_found", method, path)
        self.api.refused(404, "history_unavailable", "GET", path_of("rooms", "quiet:1", "history"))
        self.assertEqual(self.api.publish(room_id="quiet:1", content=1)["seq"], 1)
        self.api.refused(404, "not_found", "POST", path_of("users", "u", "revoke"))

    async def test_methods(self):
        for operation in ApiServer.document.operations:
            path = operation.path.replace("{room}", "r").replace("{user}", "u")
            there = {"POST", "OPTIONS"} if operation.method == "POST" else {"GET", "HEAD", "OPTIONS"}
            for method in {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW"} - there:
                with self.subTest(path=path, method=method):
                    answer = self.api.exchange(method, path, None, {"Authorization": f"Bearer {KEY}"})
                    self.assertEqual(answer.status, 501 if method == "BREW" else 405)
                    if method != "HEAD":
                        self.assertEqual(answer.code, "bad_method")
                    self.assertEqual(set(answer.fields["Allow"].split(", ")), there)
            answer = self.api.ask("OPTIONS", path, Authorization=None)
            self.assertEqual((answer.status, set(answer.fields["Allow"].split(", ")), answer.body), (204, there, b""))
        self.assertEqual(self.api.exchange("OPTIONS", "*").status, 204)

    async def test_what_is_too_large(self):
        large = {"room_id": "r", "content": "x" * (CONTENT_MAX - 1)}
        self.api.refused(413, "too_large", "POST", PUBLISH, large)
        self.api.refused(413, "too_large", "POST", BATCH, {"messages": [{"room_id": "r", "content": 1}, large]})
        for path in (PUBLISH, BATCH, BROADCAST, path_of("users", "u", "revoke")):
            answer = self.api.ask("POST", path, b" " * (BODY_MAX + 1), Content_Type="application/json")
            self.assertEqual((answer.status, answer.type), (413, "text/plain"))
            # By its length alone, and at once where it has none.
            for length in ("Content-Length: 999999999", "Transfer-Encoding: chunked"):
                with RawBackEnd(self.server) as raw:
                    chunk = b"%x\r\n%s\r\n" % (BODY_MAX + 1, b" " * (BODY_MAX + 1)) if "chunked" in length else b""
                    raw.send(f"POST {path}", length, body=chunk)
                    self.assertEqual(raw.answer().status, 413)
        self.assertEqual(self.api.history("r")["messages"], [])

    async def test_too_many_messages(self):
        with ApiServer() as server, server.api() as api:
            messages = [{"room_id": "r", "content": 1}] * 1_001
            api.refused(413, "too_large", "POST", BATCH, {"messages": messages})
            self.assertEqual(api.batch(messages[1:])[-1]["seq"], 1_000)

    async def test_types_of_bodies(self):
        body = b'{"room_id":"r","content":1}'
        for path, sent in ((PUBLISH, body), (BATCH, b'{"messages":[' + body + b"]}")):
            for wrong in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp", "json", "text/json"):
                self.api.refused(415, "bad_type", "POST", path, sent, Content_Type=wrong)
            for right in ("application/json", "Application/JSON;charset=utf-8", "application/json ; charset=utf-8", None):
                self.api.ok("POST", path, sent, Content_Type=right)
        self.api.refused(415, "bad_type", "POST", path_of("users", "u", "revoke"), b"{}", Content_Type="text/plain")


class Rates(unittest.TestCase):
    def test_a_key_may_ask_so_often(self):
        limits = "requests_per_second = 1\nrequests_burst = 100\n"
        message = {"room_id": "r", "content": 1}
        with ApiServer(config=limits) as server, server.api() as api, server.api(PUBLISHER) as publisher:
            self.assertEqual(len(api.batch([message] * 1000)), 1000)
            answer = api.ask("POST", PUBLISH, message)
            self.assertEqual((answer.status, answer.code), (429, "rate_limited"))
            self.assertTrue(800 <= int(answer.fields["Retry-After"]) <= 901, answer.fields["Retry-After"])
            publisher.publish(**message)
            self.assertEqual(api.ask("GET", "/api/v1/openapi.json").status, 200)
            self.assertEqual(server.metric("switchboard_api_rate_limited_total"), 1)
            reloads = 0
            for config, status in (limits, 429), ("", 200):
                server.write_config(with_keys(KEYS, config))
                server.signal(signal.SIGHUP)
                reloads += 1
                until(lambda n=reloads: sum("configuration reloaded" in line for line in server.lines) == n, "it was reloaded")
                self.assertEqual(api.ask("GET", "/api/v1/server").status, status)


class BrokenRequests(WithApi):
    """The seconds that a head or a body may take have no settings: tests/shard has them on its own clock."""

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.bystanders = self.enterContext(Bystanders(self.server.url))

    async def asyncTearDown(self):
        self.assertGreater(self.bystanders.report()["trips"], 0)
        self.assertEqual(self.api.ok("GET", "/api/v1/server")["shards"], 2)
        await super().asyncTearDown()

    def raw(self):
        return self.enterContext(RawBackEnd(self.server))

    async def test_requests_that_do_not_go_on_hold_up_nobody(self):
        waiting = [self.raw() for _ in range(60)]
        body = b'{"room_id":"r","content":1}'
        for i, raw in enumerate(waiting):
            if i % 3 == 0:
                raw.send_bytes(b"POST /api/v1/publish HTTP/1.1\r\nHo")
            elif i % 3 == 1:
                raw.send("POST " + PUBLISH, f"Content-Length: {len(body)}", body=body[:-1])
            else:
                raw.send("POST " + PUBLISH, "Transfer-Encoding: chunked", body=b"5\r\n{\"roo\r\n")
        self.assertEqual(self.api.publish(room_id="r", content=0)["seq"], 1)
        self.bystanders.report()
        self.api.ok("GET", "/api/v1/server")
        # One that goes on after all is answered, one whose end is cut off has published nothing.
        waiting[1].send_bytes(body[-1:])
        self.assertEqual(waiting[1].answer().json["seq"], 2)
        for raw in waiting[2:]:
            raw.finish()
            self.assertTrue(raw.is_ended())
        self.assertEqual(len(self.api.history("r")["messages"]), 2)
        self.assertGreater(self.bystanders.report()["trips"], 0)

    async def test_byte_by_byte(self):
        raw = self.raw()
        body = b'{"room_id":"r","content":1}'
        raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = (f"POST {PUBLISH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
                   f"Content-Length: {len(body)}\r\n\r\n").encode() + body
        for i in range(len(request)):
            raw.send_bytes(request[i:i + 1])
        self.assertEqual(raw.answer().json["seq"], 1)

    async def test_pipelined_requests_are_answered_in_their_order(self):
        raw = self.raw()
        body = b'{"room_id":"r","content":1}'
        for _ in range(10):
            raw.send("POST " + PUBLISH, f"Content-Length: {len(body)}", body=body)
            raw.send("GET /api/v1/rooms/r/history")
            raw.send("GET /api/v1/nothing")
        for number in range(1, 11):
            self.assertEqual(raw.answer().json["seq"], number)
            self.assertEqual([message["seq"] for message in raw.answer().json["messages"]], list(range(1, number + 1)))
            self.assertEqual(raw.answer().status, 404)
        raw.send("GET /api/v1/server", "Connection: close")
        raw.finish()
        self.assertEqual(raw.answer().status, 200)
        self.assertTrue(raw.is_ended())

    async def test_a_peer_that_has_finished_is_still_answered(self):
        raw = self.raw()
        body = b'{"room_id":"r","content":1}'
        raw.send("POST " + PUBLISH, f"Content-Length: {len(body)}", body=body)
        raw.finish()
        self.assertEqual(raw.answer().json["seq"], 1)
        self.assertTrue(raw.is_ended())

    async def test_chunks(self):
        raw = self.raw()
        chunks = b'7;x=y\r\n{"room_\r\n14\r\nid":"r","content":1}\r\n0\r\nTrailer: x\r\n\r\n'
        raw.send("POST " + PUBLISH, "Transfer-Encoding: chunked", body=chunks)
        self.assertEqual(raw.answer().json["seq"], 1)
        raw.send("GET /api/v1/server")
        self.assertEqual(raw.answer().status, 200)

    async def test_head(self):
        raw = self.raw()
        for path in ("/api/v1/server", "/api/v1/rooms/r/history", "/api/v1/rooms/r/presence", "/api/v1/openapi.json"):
            raw.send("HEAD " + path)
            head = raw.answer(has_body=False)
            raw.send("GET " + path)
            get = raw.answer()
            self.assertEqual((head.status, head.type, head.fields["Content-Length"]),
                             (200, "application/json", get.fields["Content-Length"]))
        self.assertEqual(self.api.ask("HEAD", "/api/v1/server", Authorization=None).status, 401)

    async def test_who_expects_to_be_told_to_go_on(self):
        body = b'{"room_id":"r","content":1}'
        fields = [f"Content-Length: {len(body)}", "Expect: 100-continue"]
        raw = self.raw()
        raw.send("POST " + PUBLISH, *fields)
        self.assertEqual(raw.answer(has_body=False).status, 100)
        raw.send_bytes(body)
        self.assertEqual(raw.answer().status, 200)
        for status, key, request, wanted in [
                (401, "", PUBLISH, fields), (403, READER, PUBLISH, fields), (404, KEY, "/api/v1/nothing", fields),
                (405, KEY, "/api/v1/server", fields), (413, KEY, PUBLISH, ["Content-Length: 9999999", fields[1]]),
                (417, KEY, PUBLISH, [fields[0], "Expect: a miracle"])]:
            with self.subTest(status=status):
                raw = self.raw()
                raw.send("POST " + request, *wanted, key=key)
                self.assertEqual(raw.answer().status, status)
                self.assertTrue(raw.is_ended())

    async def test_what_is_no_http(self):
        for request, status in [(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400), (b"GET / HTTP/1.1\r\n\r\n", 400),
                                (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
                                (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 9_000 + b"\r\n\r\n", 431),
                                (b"GET / HTTP/3.1\r\nHost: x\r\n\r\n", 505)]:
            with self.subTest(request=request[:40]):
                raw = self.raw()
                raw.send_bytes(request)
                answer = raw.answer()
                self.assertEqual((answer.status, answer.type), (status, "text/plain"))
                self.assertTrue(raw.is_ended())
        for fields, body in [(["Content-Length: 5", "Transfer-Encoding: chunked"], b"0\r\n\r\n"), (["Content-Length: x"], b""),
                             (["Content-Length: 5", "Content-Length: 6"], b""), (["Transfer-Encoding: chunked"], b"zz\r\n")]:
            with self.subTest(fields=fields):
                raw = self.raw()
                raw.send("POST " + PUBLISH, *fields, body=body)
                self.assertEqual(raw.answer().status, 400)
                self.assertTrue(raw.is_ended())
        raw = self.raw()
        raw.send("GET /api/v1/server", f"Authorization: Bearer {KEY}")  # twice
        self.assertEqual(raw.answer().status, 401)

    async def test_batches_without_end_hold_up_nobody(self):
        batch = json.dumps({"messages": [{"room_id": f"r{i % 7}", "content": 1} for i in range(500)]}).encode()
        self.assertLess(len(batch), BODY_MAX)
        raws = [self.raw() for _ in range(4)]
        for _ in range(5):
            for raw in raws:
                raw.send("POST " + BATCH, f"Content-Length: {len(batch)}", body=batch)
            for raw in raws:
                self.assertEqual(len(raw.answer().json["results"]), 500)
        self.assertGreater(self.bystanders.report()["trips"], 0)


if __name__ == "__main__":
    unittest.main()
