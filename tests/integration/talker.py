"""A client that loses nothing: publishes with `dedup`, remembers where it is in every room, comes back after whatever has
happened to the server, resumes, says again what was not acknowledged, and records it all for trace_checker.py.
"""

import asyncio
import json
import random

import websockets

from client import V1
from harness import DEADLINE_S

WINDOW = 16  # publishes without an answer at once
RETRYABLE = {"unavailable", "rate_limited"}


class Talker:
    """`pace_s`: between two publishes, 0 for one that only listens. `reads_slowly`: it takes a break now and then."""

    def __init__(self, name, url, rooms, seed, pace_s=0.001, reads_slowly=False):
        self.name = name
        self.trace = []
        self.places = {}  # room: (seq, epoch)
        self.unacknowledged = {}  # content: (room, dedup), in the order in which they were first sent
        self.unexpected = []
        self.acknowledged = 0
        self.refused = 0
        self.resumed = 0
        self._url = url
        self._rooms = rooms
        self._random = random.Random(f"{seed}-{name}")
        self._pace_s = pace_s
        self._reads_slowly = reads_slowly
        self._is_talking = True
        self._published = 0
        self._ids = 0
        self._reset()
        self._task = asyncio.ensure_future(self._run())

    def _reset(self):
        self._waiting = {}  # id: content, on this connection
        self._joining = {}  # room: the place that was asked for
        self._joined = {}  # room: epoch
        self._answered = asyncio.Event()

    def stop_talking(self):
        """Says nothing new from here on."""
        self._is_talking = False

    def is_done(self, places):
        """Everything it said was acknowledged, and it has every message up to these places."""
        return not self.unacknowledged and self.places == places

    async def leave(self):
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled() and self._task.exception():
            raise self._task.exception()

    # --- one connection after another ---------------------------------------------------------------------------

    async def _run(self):
        while True:
            try:
                async with websockets.connect(self._url, subprotocols=[V1], ping_interval=None, close_timeout=1,
                                              open_timeout=DEADLINE_S, max_size=None,
                                              max_queue=4 if self._reads_slowly else None) as socket:
                    await self._live(socket)
            except (OSError, EOFError, TimeoutError, asyncio.TimeoutError, websockets.WebSocketException):
                pass
            if self._joined:
                self.trace.append({"what": "disconnected"})
            self._reset()
            await asyncio.sleep(self._random.uniform(0, 0.03))

    async def _live(self, socket):
        writer = asyncio.ensure_future(self._write(socket))
        try:
            while True:
                self._take(json.loads(await socket.recv()))
                if self._reads_slowly and self._random.random() < 0.01:
                    await asyncio.sleep(self._random.uniform(0, 0.2))
        finally:
            writer.cancel()
            await asyncio.wait([writer])

    # --- what it says -------------------------------------------------------------------------------------------

    async def _write(self, socket):
        for room in self._rooms:
            place = self.places.get(room)
            self._joining[room] = place
            command = {"type": "join", "room_id": room, "user_id": self.name, "id": "join"}
            if place:
                command["since"] = {"seq": place[0], "epoch": place[1]}
            await socket.send(json.dumps(command))
        while len(self._joined) < len(self._rooms):
            await self._wait_for_answer()
        for content in list(self.unacknowledged):
            await self._publish(socket, content, is_retry=True)
        while True:
            refused = [content for content in self.unacknowledged if content not in self._waiting.values()]
            for content in refused:
                await asyncio.sleep(0.02)
                await self._publish(socket, content, is_retry=True)
            if self._pace_s and self._is_talking:
                self._published += 1
                content = f"{self.name} {self._published} " + "x" * self._random.choice([0, 10, 100, 1000])
                self.unacknowledged[content] = self._random.choice(self._rooms), f"{self._random.getrandbits(64):x}"
                await self._publish(socket, content, is_retry=False)
            await asyncio.sleep(self._random.uniform(0, 2 * self._pace_s) if self._is_talking and self._pace_s else 0.02)

    async def _publish(self, socket, content, is_retry):
        while len(self._waiting) >= WINDOW:
            await self._wait_for_answer()
        if content not in self.unacknowledged:
            return
        room, dedup = self.unacknowledged[content]
        self._ids += 1
        self._waiting[self._ids] = content
        self.trace.append({"what": "publish", "room": room, "content": content, "retry": is_retry})
        await socket.send(json.dumps({"type": "broadcast", "room_id": room, "content": content, "dedup": dedup,
                                      "id": self._ids}))

    async def _wait_for_answer(self):
        self._answered.clear()
        await self._answered.wait()

    # --- what it hears ------------------------------------------------------------------------------------------

    def _take(self, push):
        kind, room = push["type"], push.get("room_id")
        if kind == "broadcast":
            self.trace.append({"what": "message", "room": room, "seq": push["seq"], "content": push["content"]})
            self.places[room] = push["seq"], self._joined.get(room)
        elif kind == "ack":
            content = self._waiting.pop(push["id"])
            self.unacknowledged.pop(content, None)
            self.acknowledged += 1
            self.trace.append({"what": "ack", "room": room, "content": content, "seq": push["seq"],
                               "epoch": push["epoch"], "duplicate": push.get("duplicate", False)})
        elif kind == "joined":
            self._on_joined(push)
        elif kind == "lagged":
            self.trace.append({"what": "lagged", "room": room, "first": push["from"], "last": push["to"]})
            self.places[room] = push["to"], self._joined[room]
        elif kind == "caught_up":
            self.trace.append({"what": "caught_up", "room": room, "seq": push["seq"],
                               "recovered": push.get("recovered")})
        elif kind == "error":
            self._on_error(push)
        elif kind not in ("hello", "goaway"):
            self.unexpected.append(push)
        self._answered.set()

    def _on_joined(self, joined):
        room, since = joined["room_id"], self._joining[joined["room_id"]]
        recovered = joined.get("recovered")
        self._joined[room] = joined["epoch"]
        self.trace.append({"what": "joined", "room": room, "seq": joined["seq"], "epoch": joined["epoch"],
                           "since": since, "recovered": recovered, "reason": joined.get("reason"),
                           "first_seq": joined.get("first_seq")})
        if since is None:
            self.places[room] = joined["seq"], joined["epoch"]
        elif recovered:
            self.resumed += 1
        else:
            self.places[room] = joined["first_seq"] - 1, joined["epoch"]

    def _on_error(self, error):
        if error["code"] not in RETRYABLE:
            self.unexpected.append(error)
        content = self._waiting.pop(error.get("id"), None)
        if content is None:
            raise EOFError  # a join was refused: comes back and tries again
        self.refused += 1
        self.trace.append({"what": "refused", "room": error["room_id"], "content": content})
