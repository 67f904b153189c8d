"""Ending always ends, whatever is blocked: the log's reader, the disk, a shard, the main thread."""

import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

from blockage import IS_POSSIBLE, Blockage
from client import Client
from harness import BINARY, DEADLINE_S, Server, own_environment, run_command, until
from raw_peer import RawPeer

TERM, INT = signal.SIGTERM, signal.SIGINT
QUICK = {"server.drain_ms": 200, "heartbeat.close_timeout_ms": 200}
# A server that ends within the deadline of a test did so because of the signal, not because it was drained.
SLOW = {"server.drain_ms": 3_600_000}


def fill_log(server):
    """Until nobody can write to the server's standard error any more, and then some."""
    server.stop_reading_log()
    for _ in range(100):  # two lines each
        RawPeer.open(server.address).socket.close()


class BlockedLog(unittest.TestCase):
    def test_a_full_standard_error_does_not_keep_it_from_ending(self):
        for number in (TERM, INT):
            with self.subTest(number), Server(settings=QUICK) as server, RawPeer.open(server.address) as peer:
                fill_log(server)
                server.signal(number)
                self.assertEqual(peer.read_close(), 4200)  # and clients are told as ever
                peer.socket.close()
                self.assertEqual(server.wait(), 0)

    def test_nor_does_it_together_with_peers_that_never_answer(self):
        with Server(settings=QUICK) as server, RawPeer.open(server.address), RawPeer(server.address):
            fill_log(server)
            server.signal(TERM)
            self.assertEqual(server.wait(), 0)

    def test_a_second_signal_of_either_kind_ends_it_at_once(self):
        for first, second in ((TERM, TERM), (INT, INT), (TERM, INT), (INT, TERM)):
            with self.subTest((first, second)), Server(settings=SLOW) as server, RawPeer.open(server.address):
                fill_log(server)
                server.signal(first)
                until(lambda server=server: server.get("/readyz")[0] == 503, "draining")
                server.signal(second)
                self.assertEqual(server.wait(), 1)

    def test_serving_goes_on_and_what_is_lost_is_counted(self):
        with Server("--log-level", "debug", settings=QUICK) as server:
            fill_log(server)
            with RawPeer.open(server.address) as peer:
                for _ in range(10_000):  # a line for each that leaves without a word, and room for 8,192
                    RawPeer(server.address).socket.close()
                peer.say('{"type":"ping"}')
                peer.read_frame()
                until(lambda: server.metric("switchboard_log_lines_dropped_total") > 0, "lost lines counted")


class OtherErrorStreams(unittest.TestCase):
    """Standard error is no pipe that somebody reads, so the server's addresses are chosen here."""

    def start(self, **streams):
        directory = tempfile.mkdtemp(prefix="switchboard-test-")
        with socket.socket() as first, socket.socket() as second:
            for each in (first, second):
                each.bind(("127.0.0.1", 0))
            self.address, ops = first.getsockname(), second.getsockname()
        self.ops = ops
        process = subprocess.Popen(
            [BINARY, "serve", "--listen", f"127.0.0.1:{self.address[1]}", "--ops", f"127.0.0.1:{ops[1]}", "--data", "",
             "--set", "server.drain_ms=200"], cwd=directory, env=own_environment(), **streams)
        self.addCleanup(os.rmdir, directory)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def is_up():
            try:
                socket.create_connection(self.address, 1).close()
                return True
            except ConnectionRefusedError:
                return process.poll() is not None

        until(is_up, "connections accepted")
        return process

    def lines_lost(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ops[1]}/metrics", timeout=DEADLINE_S) as response:
            text = response.read().decode()
        return int(re.search(r"^switchboard_log_lines_dropped_total (\d+)$", text, re.MULTILINE).group(1))

    def check(self, **streams):
        process = self.start(**streams)
        with RawPeer.open(self.address) as peer:
            peer.say('{"type":"ping"}')
            peer.read_frame()
            until(lambda: self.lines_lost() > 0, "lost lines counted")
            process.send_signal(TERM)
            self.assertEqual(peer.read_close(), 4200)
        self.assertEqual(process.wait(DEADLINE_S), 0)

    def test_a_full_disk(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            self.check(stdout=full, stderr=full)

    def test_a_pipe_without_a_reader(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        try:
            self.check(stderr=write_end)
        finally:
            os.close(write_end)

    def test_closed_streams(self):
        # Were their numbers given to sockets or files, lines would be written into those.
        self.check(preexec_fn=lambda: [os.close(number) for number in (0, 1, 2)])


@unittest.skipUnless(IS_POSSIBLE, "needs cc, and no sanitizer")
class Blocked(unittest.IsolatedAsyncioTestCase):
    def server(self, settings, **options):
        self.blockage = Blockage()
        return Server(settings=settings, environment=self.blockage.environment, **options)

    async def test_a_disk_that_hangs(self):
        with self.server(QUICK | {"history.commit_wait_ms": 300}) as server:
            client = await Client.open(server.url)
            await client.join("r", "ann")
            await client.ask(type="broadcast", room_id="r", content="kept", id=1)
            self.blockage.of("disk")
            await client.send(type="broadcast", room_id="r", content="not kept", id=2)
            while (await client.receive()).get("code") != "unavailable":
                pass
            server.signal(TERM)
            self.assertEqual((await client.close_code())[0], 4200)
            self.assertEqual(server.wait(), 1)
            self.assertRegex(server.wait_for_line("time to end was over"), "waiting_for=.*the disk")

    async def test_a_disk_that_hangs_and_a_second_signal(self):
        with self.server(SLOW) as server:
            client = await Client.open(server.url)
            await client.join("r", "ann")
            self.blockage.of("disk")
            await client.send(type="broadcast", room_id="r", content="not kept", id=1)
            server.signal(TERM)
            server.wait_for_line(" draining ")
            server.signal(INT)
            self.assertEqual(server.wait(), 1)
            server.wait_for_line("stopped at once by a second signal")

    def test_a_disk_that_hangs_at_the_start(self):
        server = self.server(SLOW)
        self.addCleanup(server.__exit__)
        self.blockage.of("disk")
        server.wait_for_line(" capacity ")
        server.signal(TERM)
        self.assertEqual(server.wait(), 1)

    def test_a_shard_that_does_not_turn(self):
        with self.server(QUICK) as server, RawPeer.open(server.address):
            self.blockage.of("shard-0")
            server.signal(TERM)
            self.assertEqual(server.wait(), 1)
            self.assertRegex(server.wait_for_line("time to end was over"), "waiting_for=.*shard")

    def test_a_main_thread_that_does_not_turn(self):
        for signals in ((TERM,), (INT,), (TERM, TERM)):
            with self.subTest(signals), self.server(QUICK if len(signals) == 1 else SLOW) as server:
                self.blockage.of("switchboard")
                for number in signals:
                    server.signal(number)
                    time.sleep(0)  # the kernel keeps one of each kind
                    until(lambda server=server: not pending(server.pid) or not server.is_running(), "signal taken")
                self.assertEqual(server.wait(), 1)


def pending(pid):
    """Whether a signal to the process waits to be taken."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            return any(line.startswith("ShdPnd:") and int(line.split()[1], 16) for line in file)
    except FileNotFoundError:
        return False


class ExitCodes(unittest.TestCase):
    def test_what_could_not_be_printed_is_a_failure(self):
        for arguments in (["version"], ["config"], ["config", "--reference"], ["--help"], ["serve", "--help"]):
            with self.subTest(arguments), open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([BINARY, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False,
                                      timeout=DEADLINE_S, cwd="/", env=own_environment())
                self.assertEqual(done.returncode, 1)
                self.assertIn("cannot write to standard output", done.stderr)

    def test_a_closed_standard_output_is_one(self):
        done = subprocess.run([BINARY, "version"], stderr=subprocess.PIPE, text=True, check=False, timeout=DEADLINE_S,
                              preexec_fn=lambda: os.close(1))
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write to standard output", done.stderr)

    def test_usage_success_and_failure(self):
        self.assertEqual(run_command("serve", "--no-such-flag").returncode, 2)
        self.assertEqual(run_command("version").returncode, 0)
        self.assertEqual(run_command("serve", "--listen", "192.0.2.1:1", "--ops", "off", "--data", "").returncode, 1)


if __name__ == "__main__":
    unittest.main()
