"""A server with the HTTP API, and its back end: http.client with JSON in and out. Every answer is held against the OpenAPI
document of the server, and every log against what may never be in one."""

import http.client
import json
import os
import re
import socket
import unittest
import urllib.parse

from client import Client
from harness import DEADLINE_S, Server, never_logged
from openapi_checker import Document

KEY = "the-tests-key-that-may-do-everything:0c5a"
PUBLISHER = "the-tests-key-that-may-only-publish:1d6b"
READER = "the-tests-key-that-may-only-read:2e7c"
ADMIN = "the-tests-key-that-may-only-disconnect:3f8d"
CHATTER = "the-tests-key-for-rooms-of-the-chat:4a9e"
KEYS = [KEY, f"[publish] {PUBLISHER}", f"[read] {READER}", f"[admin] {ADMIN}", f"[publish,read chat:*] {CHATTER}"]
SECRETS = [KEY, PUBLISHER, READER, ADMIN, CHATTER]
MARK = "a content that must not be in the log"
PROBLEM = "application/problem+json"
PUBLISH, BATCH, BROADCAST = "/api/v1/publish", "/api/v1/batch", "/api/v1/broadcast"

# Rooms that keep nothing, rooms that tell nobody who is there.
CONFIG = """
[rooms.quiet]
history = false
[rooms.secret]
presence = false
[rooms.small]
members_max = 2
"""
CONTENT_MAX, BODY_MAX = 2_000, 20_000
LIMITS = {"limits.message_bytes_max": CONTENT_MAX, "api.body_bytes_max": BODY_MAX}


def with_keys(keys, config=""):
    """A configuration with these keys in front of the rest. They are not given by --set, where commas part a list."""
    return f"[api]\nkeys = {json.dumps(keys)}\n{config}"


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body
        self.type = fields.get("Content-Type", "").partition(";")[0]

    def __repr__(self):
        return f"<{self.status} {self.type} {self.body[:300]!r}>"

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """Of a problem."""
        assert self.type == PROBLEM, self
        return self.json["code"]


class ApiServer(Server):
    document = None  # of the binary: it is the same for all servers

    def __init__(self, settings=None, keys=KEYS, config="", api="127.0.0.1:0", **options):
        settings = {"api.listen": api, "log.level": "debug", **(settings or {})}
        super().__init__(settings=settings, config=with_keys(keys, config), **options)
        never_logged(*SECRETS, MARK)

    def __enter__(self):
        super().__enter__()
        line = self.wait_for_line(r"\blistening\b")
        host, port = re.search(r"api=https?://([^\s:]+):(\d+)", line).groups()
        self.api_address = host, int(port)
        return self

    def keeps_no_revocations(self):
        """From now on they cannot be written."""
        path = os.path.join(self.data, "revocations.jsonl")
        os.remove(path)
        os.mkdir(path)

    def api(self, key=KEY, **options):
        return Api(self.api_address, key, **options)


class Api:
    """A back end: one connection, kept as long as the server keeps it."""

    def __init__(self, address, key=KEY, tls=None):
        self.key = key
        if tls is None:
            self._connection = http.client.HTTPConnection(*address, timeout=DEADLINE_S)
        else:
            self._connection = http.client.HTTPSConnection("localhost", address[1], timeout=DEADLINE_S, context=tls)
        if ApiServer.document is None:
            ApiServer.document = Document(self.exchange("GET", "/api/v1/openapi.json").text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def exchange(self, method, path, body=None, fields=None):
        self._connection.request(method, path, body, fields or {})
        response = self._connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def ask(self, method, path, body=None, **fields):
        """`body`: bytes, or what is sent as JSON. `fields`: of the head, with _ for -; None leaves one out."""
        document = ApiServer.document
        head = {"Authorization": self.key and f"Bearer {self.key}"}
        sent = body
        if body is not None and not isinstance(body, bytes):
            sent = json.dumps(body).encode()
            head["Content-Type"] = "application/json"
        head |= {name.replace("_", "-"): value for name, value in fields.items()}
        answer = self.exchange(method, path, sent, {name: value for name, value in head.items() if value is not None})
        document.check_answer(method, path, answer)
        operation = document.operation(method, path.partition("?")[0])
        schema = operation and document.request_schema(operation)
        if schema and sent is not body and answer.status == 200:
            document.check(schema, body, f"what {operation.id} took")
        return answer

    # --- what back ends do --------------------------------------------------------------------------------------

    def ok(self, method, path, body=None, **fields):
        answer = self.ask(method, path, body, **fields)
        assert answer.status == 200 and answer.type == "application/json", answer
        return answer.json

    def publish(self, **message):
        return self.ok("POST", "/api/v1/publish", message)

    def batch(self, messages):
        return self.ok("POST", "/api/v1/batch", {"messages": messages})["results"]

    def history(self, room, **query):
        return self.ok("GET", path_of("rooms", room, "history", **query))

    def presence(self, room, **query):
        return self.ok("GET", path_of("rooms", room, "presence", **query))

    def rooms(self, **query):
        """One page: the ids with their counts, and what `next` says."""
        page = self.ok("GET", "/api/v1/rooms" + ("?" + urllib.parse.urlencode(query) if query else ""))
        return {room["room_id"]: room["connections"] for room in page["rooms"]}, page.get("next")

    def refused(self, status, code, method, path, body=None, **fields):
        """The detail of a problem that must be this one."""
        answer = self.ask(method, path, body, **fields)
        assert (answer.status, answer.type) == (status, PROBLEM), answer
        assert answer.code == code, answer
        return answer.json["detail"]


def path_of(kind, name, what, **query):
    return (f"/api/v1/{kind}/{urllib.parse.quote(name, safe='')}/{what}" +
            ("?" + urllib.parse.urlencode(query) if query else ""))


class RawBackEnd:
    """A back end on a bare socket, for requests that no library makes."""

    def __init__(self, server):
        self.socket = socket.create_connection(server.api_address, DEADLINE_S)
        self.socket.settimeout(DEADLINE_S)
        self._file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self.socket.close()

    def send(self, *lines, body=b"", key=KEY):
        """The first of `lines` is the request's, the others are fields."""
        head = [lines[0] + " HTTP/1.1", "Host: api", *lines[1:]] + ([f"Authorization: Bearer {key}"] if key else [])
        self.socket.sendall("\r\n".join([*head, "", ""]).encode() + body)

    def send_bytes(self, data):
        self.socket.sendall(data)

    def finish(self):
        self.socket.shutdown(socket.SHUT_WR)

    def answer(self, has_body=True):
        status = int(self._file.readline().split()[1])
        fields = http.client.parse_headers(self._file)
        length = int(fields.get("Content-Length", 0)) if has_body else 0
        return Answer(status, fields, self._file.read(length))

    def is_ended(self):
        """True when nothing more comes and the server has finished."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True


class WithApi(unittest.IsolatedAsyncioTestCase):
    settings = LIMITS

    async def asyncSetUp(self):
        self.server = self.enterContext(ApiServer(config=CONFIG, settings=self.settings, shards=2))
        self.api = self.enterContext(self.server.api())
        self.opened = []

    async def asyncTearDown(self):
        for client in self.opened:
            await client.close()

    async def member(self, room_id, user_id, **options):
        client = await Client.open(self.server.url, **options)
        self.opened.append(client)
        await client.join(room_id, user_id)
        return client

    def as_(self, key):
        return self.enterContext(self.server.api(key))
