"""The OpenAPI document is true, both ways: what it says the server does, and what the server does it says. A validator and a
client that nobody here wrote take it."""

import json
import os
import sqlite3
import subprocess
import unittest

from api_client import (BATCH, BODY_MAX, BROADCAST, CHATTER, CONFIG, CONTENT_MAX, KEY, LIMITS, MARK, PROBLEM, PUBLISH,
                        PUBLISHER, ApiServer, path_of)
from harness import DEADLINE_S
from tokens import SECRET


# An endpoint that nobody is at.
WEBHOOK = """
[[webhooks]]
name = "w"
url = "http://127.0.0.1:9/"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
allow_private_addresses = true
"""


class Description(unittest.IsolatedAsyncioTestCase):
    """The document is true: every answer of this file is held against it, and here everything it says is seen."""

    # Shards that do not answer, and a disk that fails while something is read: not to be had from outside.
    NOT_SEEN = {(name, 503, PROBLEM) for name in (
        "publishBatch", "publishToMany", "readHistory", "readPresence", "listRooms", "listConnections", "joinUser", "removeUser",
        "disconnectUser", "pauseWebhook", "resumeWebhook", "replayWebhook", "testWebhook")}

    async def test_every_operation_and_every_status(self):
        document = None
        with ApiServer(config=CONFIG + WEBHOOK, settings=LIMITS) as server, server.api() as api:
            document = ApiServer.document
            document.seen.clear()
            publisher, chatter = server.api(PUBLISHER), server.api(CHATTER)
            message = {"room_id": "r", "content": 1}
            self.walk_posts(api, chatter, PUBLISH, message, {**message, "content": "x" * CONTENT_MAX}, {"room_id": "r"})
            self.walk_posts(api, chatter, BATCH, {"messages": [message]}, {"messages": [{**message, "content": "x" * CONTENT_MAX}]},
                            {"messages": []})
            many = {"room_ids": ["r"], "content": 1}
            self.walk_posts(api, chatter, BROADCAST, many, {**many, "content": "x" * CONTENT_MAX}, {"content": 1})
            for what in ("history", "presence"):
                api.ask("GET", path_of("rooms", "r", what))
                api.ask("GET", path_of("rooms", "@r", what))
                publisher.ask("GET", path_of("rooms", "r", what))
            api.ask("GET", path_of("rooms", "quiet:1", "history"))
            api.ask("GET", "/api/v1/rooms")
            publisher.ask("GET", "/api/v1/rooms")
            api.ask("GET", "/api/v1/server")
            for path in ("/api/v1/rooms", "/api/v1/server", "/api/v1/openapi.json"):
                api.ask("GET", path + "?v=1")
            publisher.ask("GET", "/api/v1/server")
            for user in ("u", ""):
                api.ask("GET", path_of("users", user, "connections"))
            publisher.ask("GET", path_of("users", "u", "connections"))
            for what in ("join", "leave"):
                path, room = path_of("users", "u", what), {"room_id": "r"}
                api.ok("POST", path, room)
                publisher.ask("POST", path, room)
                for body in (b"{}", b" " * (BODY_MAX + 1)):
                    api.ask("POST", path, body)
                api.ask("POST", path, b"{}", Content_Type="text/plain")
            for what in ("disconnect", "revoke"):
                api.ask("POST", path_of("users", "u", what))
                api.ask("POST", path_of("users", "", what))
                publisher.ask("POST", path_of("users", "u", what))
            api.ask("GET", "/api/v1/webhooks")
            api.ask("GET", "/api/v1/webhooks?v=1")
            publisher.ask("GET", "/api/v1/webhooks")
            for what in ("pause", "resume", "replay", "test"):
                api.ok("POST", path_of("webhooks", "w", what))
                api.ask("POST", path_of("webhooks", "none", what))
                api.ask("POST", path_of("webhooks", "", what))
                publisher.ask("POST", path_of("webhooks", "none", what))
            api.ask("POST", path_of("webhooks", "none", "replay"), b"{}", Content_Type="text/plain")
            api.ask("POST", path_of("webhooks", "none", "replay"), b" " * (BODY_MAX + 1))
            api.ask("POST", path_of("rooms", "@r", "revoke"))
            publisher.ask("POST", path_of("rooms", "r", "revoke"))
            for revoke in path_of("users", "u", "revoke"), path_of("rooms", "r", "revoke"):
                api.ask("POST", revoke)
                api.ask("POST", revoke, b"{}", Content_Type="text/plain")
                api.ask("POST", revoke, b" " * (BODY_MAX + 1))
            for operation in document.operations:
                path = operation.path.replace("{room}", "r").replace("{user}", "u").replace("{webhook}", "w")
                wants_key = operation.description.get("security", document.root["security"]) != []
                answer = api.ask(operation.method, path, Authorization=None)
                self.assertEqual(answer.status, 401 if wants_key else 200, operation.id)
            publisher.__exit__()
            chatter.__exit__()
        with ApiServer(settings={"auth.secret": SECRET}) as server, server.api() as api:
            for revoke in path_of("users", "u", "revoke"), path_of("rooms", "r", "revoke"):
                api.ask("POST", revoke)
            api.publish(room_id="r", content=1)
            database = sqlite3.connect(os.path.join(server.data, "messages.db"), isolation_level=None)
            self.addCleanup(database.close)
            database.execute("BEGIN IMMEDIATE")
            api.ask("POST", PUBLISH, {"room_id": "r", "content": 1})
            server.keeps_no_revocations()
            for revoke in path_of("users", "u", "revoke"), path_of("rooms", "r", "revoke"):
                api.ask("POST", revoke)
        with ApiServer(settings={"api.requests_per_second": 1}) as server, server.api() as api:
            api.batch([{"room_id": "r", "content": 1}] * 1000)
            for operation in document.operations:
                if operation.description.get("security", document.root["security"]) != []:
                    path = operation.path.replace("{room}", "r").replace("{user}", "u").replace("{webhook}", "w")
                    self.assertEqual(api.ask(operation.method, path).status, 429, operation.id)
        documented = {(operation.id, status, kind) for operation in document.operations for status in operation.statuses
                      for kind in document.types(operation, status)}
        self.assertEqual(documented - document.seen, self.NOT_SEEN)

    def walk_posts(self, api, chatter, path, good, large, bad):
        api.ok("POST", path, good)
        for body, status in (bad, 400), (large, 413), (b" " * (BODY_MAX + 1), 413):
            self.assertEqual(api.ask("POST", path, body).status, status)
        self.assertEqual(chatter.ask("POST", path, good).status, 403)
        self.assertEqual(api.ask("POST", path, b"{}", Content_Type="text/plain").status, 415)

    async def test_every_parameter_is_taken(self):
        values = {"room": "r", "user": "u", "before": "3", "after": "1", "limit": "2", "next": "a", "prefix": "r",
                  "Idempotency-Key": "k", "webhook": "w"}
        bodies = {"publish": {"room_id": "r", "content": 1}, "publishToMany": {"room_ids": ["r"], "content": 1},
                  "joinUser": {"room_id": "r"}, "removeUser": {"room_id": "r"}}
        taken = set()
        with ApiServer(config=WEBHOOK, settings={"auth.secret": SECRET}) as server, server.api() as api:
            for operation in ApiServer.document.operations:
                parameters = ApiServer.document.parameters(operation)
                names = {parameter["name"] for parameter in parameters}
                self.assertEqual({name for name in ("room", "user", "webhook") if f"{{{name}}}" in operation.path},
                                 {parameter["name"] for parameter in parameters if parameter["in"] == "path"})
                path = operation.path.replace("{room}", values["room"]).replace("{user}", values["user"])
                path = path.replace("{webhook}", values["webhook"])
                for parameter in parameters:
                    name, place = parameter["name"], parameter["in"]
                    schema = ApiServer.document.resolve(parameter["schema"])
                    value = int(values[name]) if schema["type"] == "integer" else values[name]
                    ApiServer.document.check(schema, value, name)
                    fields = {name.replace("-", "_"): values[name]} if place == "header" else {}
                    query = f"?{name}={values[name]}" if place == "query" else ""
                    api.ok(operation.method, path + query, bodies.get(operation.id), **fields)
                    for bound, change in ("minimum", -1), ("maximum", 1):
                        if place == "query" and schema["type"] == "integer":
                            api.ok(operation.method, f"{path}?{name}={schema[bound]}")
                            api.refused(400, "bad_request", operation.method, f"{path}?{name}={schema[bound] + change}")
                    taken.add(name)
                self.assertLessEqual(names, set(values))
        self.assertEqual(taken, set(values))

    async def test_requests_are_as_the_document_has_them(self):
        """What its schemas refuse the server does, too, and what they take it takes."""
        message = {"room_id": "r", "content": {"any": ["thing", None]}}
        bodies = {
            "publish": [message, {**message, "dedup": "d", "sender": "s"}, {"user_id": "@u", "content": None}, {"content": 1},
                        {**message, "user_id": "u"}, {**message, "more": 1}, {**message, "room_id": "@u"}, {"room_id": "r"},
                        {**message, "dedup": ""}, {**message, "dedup": "d" * 65}, {**message, "sender": ""},
                        {**message, "room_id": "r" * 256}, [], 1, "x"],
            "publishBatch": [{"messages": [message]}, {"messages": [message, message]}, {"messages": []}, {"messages": [{}]}, {},
                             {"messages": message}, {"messages": [message], "x": 1}, []],
            "publishToMany": [{"room_ids": ["r"], "content": 1}, {"user_ids": ["@u"], "content": None},
                              {"room_ids": [], "user_ids": ["u"], "content": 1, "dedup": "d", "sender": "s"}, {"content": 1},
                              {"room_ids": [], "content": 1}, {"room_ids": "r", "content": 1}, {"room_ids": ["@u"], "content": 1},
                              {"room_ids": [1], "content": 1}, {"room_ids": ["r"]}, {"room_ids": ["r"], "content": 1, "room_id": "r"},
                              {"user_ids": ["u" * 256], "content": 1}, []],
            "joinUser": [{"room_id": "r"}, {"room_id": "@u"}, {"room_id": ""}, {"room_id": 1}, {"room_id": "r", "x": 1}, {}, []],
            "removeUser": [{"room_id": "r"}, {"room_id": "@u"}, {"room_id": "r" * 256}, {"room": "r"}, {}, "r"],
            "revokeTokens": [{}, {"token_id": "t"}, {"issued_before_ms": 0}, {"issued_before_ms": 2**53}, {"token_id": ""},
                             {"issued_before_ms": 2**53 + 1}, {"issued_before_ms": -1}, {"token_id": "t", "issued_before_ms": 1},
                             {"token": "t"}, {"token_id": "t" * 256}, []],
            "replayWebhook": [{}, {"since_ms": 0}, {"since_ms": 2**53}, {"since_ms": 2**53 + 1}, {"since_ms": -1}, {"since_ms": "1"},
                              {"since": 1}, []],
            "revokeRoom": [{}, {"user_id": "u"}, {"user_id": "@u"}, {"user_id": ""}, {"user_id": "u" * 255}, {"user_id": "u" * 256},
                           {"user_id": 7}, {"user": "u"}, {"user_id": "u", "token_id": "t"}, []],
        }
        with ApiServer(config=WEBHOOK, settings={"auth.secret": SECRET}) as server, server.api() as api:
            document = ApiServer.document
            with_bodies = [operation for operation in document.operations if document.request_schema(operation)]
            self.assertEqual({operation.id for operation in with_bodies}, set(bodies))
            for operation in with_bodies:
                for body in bodies[operation.id]:
                    with self.subTest(operation=operation.id, body=body):
                        fits = document.problem_with(document.request_schema(operation), body) is None
                        path = operation.path.replace("{user}", "u").replace("{webhook}", "w").replace("{room}", "r")
                        answer = api.ask("POST", path, body)
                        self.assertEqual(answer.status, 200 if fits else 400)

    async def test_a_validator_and_a_client_of_others(self):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "openapi.mjs")
        with ApiServer() as server, server.api() as api:
            wish = {"url": f"http://{server.api_address[0]}:{server.api_address[1]}", "key": KEY, "room": "chat:1/2 é",
                    "content": [MARK, {"n": 1}]}
            run = subprocess.run(["node", script], input=json.dumps(wish), capture_output=True, text=True, timeout=DEADLINE_S)
            self.assertEqual(run.returncode, 0, run.stderr)
            done = json.loads(run.stdout)
            self.assertEqual((done["published"]["seq"], done["again"]), (1, {**done["published"], "duplicate": True}))
            self.assertEqual(done["history"], api.history("chat:1/2 é"))
            self.assertEqual(done["history"]["messages"][0]["content"], wish["content"])
            self.assertEqual(sorted(done["operations"]), sorted(operation.id for operation in ApiServer.document.operations))


if __name__ == "__main__":
    unittest.main()
