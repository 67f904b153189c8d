"""The limit of open files: the capacity that follows from it, and a server that has none left."""

import os
import re
import time
import unittest

from client import Pair
from harness import SANITIZED, Server, until
from raw_peer import RawPeer


class FileDescriptors(unittest.TestCase):
    def test_the_capacity_follows_from_the_limit_and_those_above_it_are_told(self):
        with Server(files_max=256, shards=1, settings={"heartbeat.close_timeout_ms": 300}) as server:
            capacity = re.search(r"connections=(\d+) open_files=256", server.wait_for_line("capacity"))
            self.assertTrue(capacity)
            peers = [RawPeer.open(server.address) for _ in range(int(capacity.group(1)))]
            with RawPeer.open(server.address) as refused:
                self.assertEqual(refused.read_close(), 4100)
            server.wait_for_line(r"disconnected .*code=4100 by=server")
            for peer in peers:
                peer.socket.close()
            server.wait_for_health(active_connections=0)

    # UBSan's check of virtual calls opens a pipe to see whether memory can be read, and takes its failure for a bad
    # object.
    @unittest.skipIf(SANITIZED, "the sanitizer needs file descriptors of its own")
    def test_out_of_files_it_waits_without_spinning_and_recovers(self):
        files_max = 40
        with Server(files_max=files_max, shards=2, settings={"limits.first_byte_timeout_ms": 60_000,
                                                             "limits.handshake_timeout_ms": 60_000}) as server:
            held = [RawPeer(server.address) for _ in range(80)]
            descriptors = f"/proc/{server.pid}/fd"
            until(lambda: len(os.listdir(descriptors)) >= files_max, "every descriptor in use")
            before = server.cpu_seconds()
            time.sleep(1)  # what is measured, not what is waited for
            self.assertLess(server.cpu_seconds() - before, 0.2)
            for peer in held:
                peer.socket.close()
            # Those that waited in the kernel's queue are accepted, and found gone.
            until(lambda: server.metric("switchboard_connections_total") +
                  server.metric("switchboard_connections_refused_total") >= len(held), "everybody accepted")
            server.wait_for_health(active_connections=0)
            self.assertGreater(server.metric("switchboard_accept_pauses_total"), 0)
            pair = Pair(server.url)
            pair.talk()
            pair.close()


if __name__ == "__main__":
    unittest.main()
