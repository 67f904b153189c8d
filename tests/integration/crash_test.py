"""The server is killed at random moments under load and started again on its data, again and again. Nobody may lose, double
or reorder a message, or be left with a gap that it was not told of: trace_checker.py judges what the clients recorded.

    crash_test.py [--rounds N] [--seed S] [unittest arguments]
"""

import argparse
import asyncio
import glob
import json
import os
import random
import signal
import socket
import sqlite3
import sys
import tempfile
import time
import unittest

import trace_checker
from client import Client
from harness import DEADLINE_S, SANITIZED, Server
from talker import Talker

ROUNDS = 12 if SANITIZED else 40
SEED = random.SystemRandom().getrandbits(32)
ROOMS = ["one", "two", "safe:three", "safe:four"]
CONFIG = """
[rooms.default]
history_messages = 10_000_000
history_bytes = 1_073_741_824

[rooms.safe]
durability = "power"
"""
SETTINGS = {"server.drain_ms": 100, "log.level": "warn"}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Crowd:
    """The talkers and listeners of one test, and the server that they lose."""

    def __init__(self, seed, settings=None):
        self.random = random.Random(seed)
        self.directory = tempfile.TemporaryDirectory(prefix="switchboard-crash-")
        self.data = os.path.join(self.directory.name, "data")
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"ws://{self.address}/ws"
        self.settings = {**SETTINGS, **(settings or {})}
        self.talkers = [Talker(f"talker{i}", self.url, ROOMS, seed) for i in range(3)]
        self.talkers.append(Talker("listener", self.url, ROOMS, seed, pace_s=0))
        self.talkers.append(Talker("dreamer", self.url, ROOMS, seed, pace_s=0.02, reads_slowly=True))
        self.servers = []  # all there were; the last one may be running

    def server(self):
        self.servers.append(Server(config=CONFIG, settings=self.settings, data=self.data, listen=self.address))
        return self.servers[-1]

    def acknowledged(self):
        return sum(talker.acknowledged for talker in self.talkers)

    async def until(self, condition, what):
        give_up_at = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < give_up_at, f"did not happen: {what}"
            for talker in self.talkers:
                assert not talker._task.done(), talker._task.exception()
            await asyncio.sleep(0.02)

    async def histories(self):
        """Everything that the rooms have kept, read page by page."""
        reader, histories = await Client.open(self.url, max_size=None), {}
        for room in ROOMS:
            joined = await reader.join(room, "historian", id=0)
            messages, more = [], joined["seq"] > 0
            while more:
                page = await reader.ask(type="history", room_id=room, after=messages[-1][0] if messages else 0,
                                        limit=1000, id=1)
                while page["type"] != "history":
                    page = await reader.receive()
                messages += [(message["seq"], message["content"]) for message in page["messages"]]
                more = page["more"]
            histories[room] = {"epoch": joined["epoch"], "messages": messages}
        await reader.close()
        return histories

    async def finish(self):
        """Lets everybody come to rest with a living server, and returns what was wrong."""
        for talker in self.talkers:
            talker.stop_talking()
        await self.until(lambda: not any(talker.unacknowledged for talker in self.talkers), "everything acknowledged")
        histories = await self.histories()
        ends = {room: (history["messages"][-1][0] if history["messages"] else 0, history["epoch"])
                for room, history in histories.items()}
        try:
            await self.until(lambda: all(talker.is_done(ends) for talker in self.talkers), "everything received")
        except AssertionError:
            places = {talker.name: talker.places for talker in self.talkers}
            print(f"the rooms end at {ends}; the clients are at {places}", file=sys.stderr)
        for talker in self.talkers:
            talker.trace.append({"what": "at_rest"})
            await talker.leave()
        traces = {talker.name: talker.trace for talker in self.talkers}
        wrong = trace_checker.check(traces, histories)
        wrong += [f"unexpected: {talker.name} got {push}" for talker in self.talkers for push in talker.unexpected]
        if wrong and (path := os.environ.get("SWITCHBOARD_TRACES")):
            with open(path, "w", encoding="utf-8") as file:
                json.dump({"traces": traces, "histories": histories}, file)
        kept = sum(len(history["messages"]) for history in histories.values())
        print(f"{self.acknowledged()} messages acknowledged, {kept} kept, "
              f"{sum(talker.resumed for talker in self.talkers)} resumes, "
              f"{sum(talker.refused for talker in self.talkers)} refused")
        self.directory.cleanup()
        return wrong


class Crashes(unittest.IsolatedAsyncioTestCase):
    def report(self, crowd, wrong):
        logged = [f"server {number}: {line}" for number, server in enumerate(crowd.servers) for line in server.lines]
        self.assertEqual(wrong, [], f"{len(wrong)} broken promises with --seed {SEED}:\n"
                         + "\n".join(wrong[:20] + logged[:100]))

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest sets it, and it takes half of the time

    async def test_a_killed_server_costs_nobody_a_message(self):
        crowd = Crowd(SEED)
        kills = 0
        for number in range(ROUNDS):
            server = crowd.server()
            if crowd.random.random() < 0.1:  # before it is even there
                await asyncio.sleep(crowd.random.uniform(0, 0.1))
                server.__exit__()
                kills += 1
                continue
            await asyncio.to_thread(server.__enter__)
            before = crowd.acknowledged()
            if crowd.random.random() < 0.8:
                await crowd.until(lambda: crowd.acknowledged() > before, "the clients are back")
            await asyncio.sleep(crowd.random.uniform(0, 0.5))
            if number % 6 == 5:
                await asyncio.to_thread(server.stop)
            else:
                kills += 1
            await asyncio.to_thread(server.__exit__)
        with crowd.server() as server:
            wrong = await crowd.finish()
            self.assertEqual(server.get("/readyz")[0], 200)
            await asyncio.to_thread(server.stop)
        print(f"{kills} kills in {ROUNDS} rounds, --seed {SEED}")
        self.report(crowd, wrong)

    async def test_a_database_that_is_locked_for_a_while_costs_nobody_a_message(self):
        crowd = Crowd(SEED + 1, {"history.commit_wait_ms": 100})
        with crowd.server() as server:
            await crowd.until(lambda: crowd.acknowledged() > 100, "talk")
            (path,) = glob.glob(os.path.join(crowd.data, "*.db"))
            with sqlite3.connect(path, isolation_level=None, timeout=DEADLINE_S) as database:
                database.execute("BEGIN IMMEDIATE")
                refused = sum(talker.refused for talker in crowd.talkers)
                await crowd.until(lambda: sum(talker.refused for talker in crowd.talkers) > refused + 10, "refusals")
                database.execute("ROLLBACK")
            database.close()
            before = crowd.acknowledged()
            await crowd.until(lambda: crowd.acknowledged() > before + 100, "talk again")
            self.report(crowd, await crowd.finish())
            self.assertEqual(server.get("/readyz")[0], 200)
            await asyncio.to_thread(server.stop)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seed", type=int, default=SEED)
    options, rest = parser.parse_known_args()
    ROUNDS, SEED = options.rounds, options.seed
    unittest.main(argv=[sys.argv[0], *rest])
