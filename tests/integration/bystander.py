"""Two well-behaved friends who talk all the time while others misbehave, and how long their messages take.

They live in a process of their own: the interpreter's lock would otherwise charge them for what the test itself does.
"""

import asyncio
import json
import subprocess
import sys
import time

from harness import DEADLINE_S

PACE_S = 0.004  # between a message's arrival and the next one: about 200 a second


class Bystanders:
    """A context manager; `report` says how they fared since the last report."""

    def __init__(self, url):
        self._process = subprocess.Popen([sys.executable, __file__, url], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        line = self._process.stdout.readline()
        assert line == "ready\n", line
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def report(self):
        """{"trips": how many, "median_ms", "p90_ms", "max_ms"}, each message timed until both friends had it."""
        self._process.stdin.write("report\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the bystanders were disturbed: see their error above"
        return json.loads(line)


async def _talk(url):
    from client import Client

    ann, bob = await Client.open(url, compression=None), await Client.open(url, compression=None)
    for friend, name in (ann, "ann"), (bob, "bob"):
        await friend.join("bystanders", name)
    loop = asyncio.get_running_loop()
    requests = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(requests), sys.stdin)
    print("ready", flush=True)
    request = asyncio.ensure_future(requests.readline())
    trips, sent = [], 0
    while True:
        sent += 1
        began = time.monotonic()
        await ann.send(type="broadcast", room_id="bystanders", content=sent)
        for friend in ann, bob:
            message = await friend.receive()
            assert message["content"] == sent and message["seq"] == sent, message
        trips.append((time.monotonic() - began) * 1000)
        done, _ = await asyncio.wait([request], timeout=PACE_S)
        if not done:
            continue
        if not request.result():
            await asyncio.gather(ann.close(), bob.close())
            return
        trips.sort()
        print(json.dumps({"trips": len(trips), "median_ms": trips[len(trips) // 2],
                          "p90_ms": trips[len(trips) * 9 // 10], "max_ms": trips[-1]}), flush=True)
        trips = []
        request = asyncio.ensure_future(requests.readline())


if __name__ == "__main__":
    asyncio.run(_talk(sys.argv[1]))
