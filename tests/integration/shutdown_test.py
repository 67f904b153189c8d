"""Starting, stopping and reloading, as an operator does it."""

import asyncio
import json
import os
import re
import signal
import socket
import time
import unittest

from client import Client, Pair
from harness import Server, run_command, until
from raw_peer import HANDSHAKE, TEXT, RawPeer


class Shutdown(unittest.IsolatedAsyncioTestCase):
    async def test_sigterm_says_goaway_to_v1_first_and_closes_everybody_with_4200(self):
        with Server(settings={"server.drain_ms": 500}) as server:
            modern = [await Client.open(server.url, v1=True) for _ in range(5)]
            plain = [await Client.open(server.url) for _ in range(5)]
            for client in modern:
                self.assertEqual((await client.receive())["type"], "hello")
            for number, client in enumerate(modern + plain):
                await client.join("r", f"u{number}")
            server.signal(signal.SIGTERM)
            for client in modern:
                goaway = await client.receive()
                self.assertEqual((goaway["type"], goaway["reason"]), ("goaway", "drain"))
                self.assertTrue(0 <= goaway["reconnect_after_ms"] <= 1000)
            for client in modern + plain:
                self.assertEqual(await client.close_code(), (4200, "the server is shutting down"))
            self.assertEqual(await asyncio.to_thread(server.wait), 0)

    async def test_what_was_published_before_is_still_delivered(self):
        with Server(settings={"server.drain_ms": 0}) as server:
            speaker, listener = await Client.open(server.url), await Client.open(server.url)
            await speaker.join("r", "a")
            await listener.join("r", "b")
            for number in range(500):
                await speaker.send(type="broadcast", room_id="r", content=number, id=number)
            acknowledged = 0
            while acknowledged < 500:
                acknowledged += (await speaker.receive())["type"] == "ack"
            server.signal(signal.SIGTERM)
            self.assertEqual([(await listener.receive())["content"] for _ in range(500)], list(range(500)))
            self.assertEqual((await listener.close_code())[0], 4200)
            self.assertEqual(await asyncio.to_thread(server.wait), 0)

    def test_who_waits_in_the_accept_queue_is_answered_not_reset(self):
        with Server(settings={"server.drain_ms": 2_000}) as server:
            server.signal(signal.SIGSTOP)
            waiting = [RawPeer(server.address) for _ in range(100)]
            for peer in waiting:
                peer.send(HANDSHAKE + b"\r\n")
            server.signal(signal.SIGTERM)
            server.signal(signal.SIGCONT)
            for peer in waiting:
                self.assertEqual(peer.read_head()[0], 101)
                self.assertEqual(peer.read_close(), 4200)
                peer.socket.close()
            self.assertEqual(server.wait(), 0)

    def test_while_draining_it_is_not_ready_and_refuses_new_connections(self):
        with Server(settings={"server.drain_ms": 3_600_000}) as server, RawPeer.open(server.address):
            server.signal(signal.SIGTERM)
            server.wait_for_line(" draining ")
            until(lambda: server.get("/readyz")[0] == 503, "not ready")
            self.assertEqual(server.get("/healthz")[0], 200)
            self.assertTrue(server.health()["draining"])

            def is_refused():
                try:
                    socket.create_connection(server.address, timeout=5).close()
                    return False
                except ConnectionRefusedError:
                    return True

            until(is_refused, "connections refused")
            self.assertTrue(server.is_running())

    def test_a_second_sigterm_ends_it_at_once(self):
        with Server(settings={"server.drain_ms": 3_600_000}) as server, RawPeer.open(server.address):
            server.signal(signal.SIGTERM)
            server.wait_for_line(" draining ")
            began = time.monotonic()
            server.signal(signal.SIGTERM)
            self.assertEqual(server.wait(), 1)
            self.assertLess(time.monotonic() - began, 5)
            server.wait_for_line("stopped at once by a second signal")

    def test_peers_that_never_answer_do_not_keep_it_from_ending(self):
        settings = {"server.drain_ms": 200, "heartbeat.close_timeout_ms": 300}
        with Server(settings=settings) as server, RawPeer.open(server.address), RawPeer(server.address):
            server.signal(signal.SIGTERM)
            self.assertEqual(server.wait(), 0)

    def test_sigint_is_the_same(self):
        with Server(settings={"server.drain_ms": 100}) as server:
            server.signal(signal.SIGINT)
            self.assertEqual(server.wait(), 0)


class Reload(unittest.IsolatedAsyncioTestCase):
    BEFORE = '[log]\nlevel = "warn"\n[heartbeat]\nping_interval_ms = 20000\n[server]\ndrain_ms = 100\n'

    async def hello(self, server):
        client = await Client.open(server.url, v1=True)
        hello = await client.receive()
        await client.close()
        return hello

    def reload(self, server, config, until_line):
        seen = len(server.lines)
        server.write_config(config)
        server.signal(signal.SIGHUP)
        server.wait_for_line(until_line)
        return server.lines[seen:]

    async def test_reloadable_settings_take_effect_for_who_comes_next(self):
        with Server(config=self.BEFORE.replace("warn", "info")) as server:
            self.assertEqual((await self.hello(server))["ping_interval_ms"], 20_000)
            after = self.BEFORE.replace("warn", "info").replace("20000", "7000") + "[limits]\nconnections_max = 1\n"
            lines = "\n".join(self.reload(server, after, "configuration reloaded"))
            self.assertRegex(lines, r"setting changed key=heartbeat\.ping_interval_ms from=20000 to=7000")
            self.assertRegex(lines, r"setting changed key=limits\.connections_max from=0 to=1")

            async def has_changed():
                return (await self.hello(server))["ping_interval_ms"] == 7000

            while not await has_changed():  # each shard takes it in its next turn
                pass
            await asyncio.to_thread(server.wait_for_health, active_connections=0)
            first, second = await Client.open(server.url), await Client.open(server.url)
            self.assertEqual((await second.close_code())[0], 4100)
            self.assertEqual(await first.ask(type="ping"), {"type": "pong"})
            await first.close()
            await asyncio.to_thread(server.stop)

    async def test_the_log_level_changes(self):
        with Server(config=self.BEFORE.replace("warn", "info")) as server:
            await self.hello(server)
            server.wait_for_line("disconnected")
            self.reload(server, self.BEFORE, "key=log.level")
            until(lambda: server.get("/healthz")[0] == 200, "alive")
            seen = len(server.lines)
            await self.hello(server)
            await asyncio.to_thread(server.wait_for_health, active_connections=0)
            self.assertFalse([line for line in server.lines[seen:] if "connected" in line])

    async def test_a_bad_file_is_reported_by_line_and_nothing_changes(self):
        with Server(config=self.BEFORE) as server:
            bad = self.BEFORE.replace("20000", "7000") + "[limits]\nconnections_mox = 1\n"
            lines = "\n".join(self.reload(server, bad, "configuration not reloaded"))
            self.assertRegex(lines, r"switchboard\.toml:8: unknown key `limits\.connections_mox`")
            self.assertIn("connections_max", lines)
            self.assertEqual((await self.hello(server))["ping_interval_ms"], 20_000)

    def test_what_needs_a_restart_is_said(self):
        with Server(config=self.BEFORE.replace("warn", "info")) as server:
            lines = self.reload(server, self.BEFORE.replace("warn", "info") + "accept_backlog = 100\n",
                                "configuration reloaded")
            self.assertRegex("\n".join(lines),
                             r"setting changed, needs a restart.* key=server\.accept_backlog from=4096 to=100")

    def test_an_unchanged_file_changes_nothing(self):
        with Server(config=self.BEFORE.replace("warn", "info"), shards=0) as server:
            lines = self.reload(server, self.BEFORE.replace("warn", "info"), "configuration reloaded")
            self.assertFalse([line for line in lines if "setting changed" in line], lines)

    def test_a_pipe_in_the_place_of_the_file_is_said_and_not_waited_for(self):
        with Server(config=self.BEFORE) as server:
            os.unlink(server.config)
            os.mkfifo(server.config)
            server.signal(signal.SIGHUP)
            self.assertRegex(server.wait_for_line("configuration not reloaded"), r"is a pipe \(FIFO\), not a file")
            self.assertEqual(server.get("/healthz")[0], 200)
            server.stop()

    def test_without_a_file_it_says_that_there_is_none(self):
        with Server() as server:
            server.signal(signal.SIGHUP)
            server.wait_for_line("started without a configuration file")
            server.wait_for_line("configuration reloaded file=none")
            server.stop()

    def test_names_of_the_ops_port_change(self):
        before = self.BEFORE.replace("warn", "info")
        with Server(config=before) as server:
            self.assertEqual(server.get("/healthz", host="switchboard.internal")[0], 421)
            self.reload(server, before + 'ops_hosts = ["switchboard.internal"]\n', "configuration reloaded")
            self.assertEqual(server.get("/healthz", host="switchboard.internal")[0], 200)

    def test_clients_stay_connected(self):
        with Server(config=self.BEFORE.replace("warn", "info")) as server:
            pair = Pair(server.url)
            pair.talk()
            self.reload(server, self.BEFORE.replace("warn", "info").replace("20000", "7000"), "configuration reloaded")
            pair.talk()
            pair.close()


class Start(unittest.IsolatedAsyncioTestCase):
    def test_what_is_bound_to_every_address_is_said(self):
        for listen, every, shown in ((":0", True, "localhost"), ("*:0", True, "localhost"), ("127.0.0.1:0", False, "127.0.0.1")):
            with self.subTest(listen), Server(listen=listen) as server:
                line = server.wait_for_line(" listening ")
                self.assertIn(f"on=ws://{shown}:{server.address[1]} ", line)
                self.assertIn(f"every_address=:{server.address[1]} " if every else "every_address=none ", line)

    async def test_it_listens_on_several_addresses_of_both_families(self):
        with Server("--listen", "[::1]:0", "--listen", ":0") as server:
            line = server.wait_for_line("listening")
            urls = re.findall(r"ws://[^\s\"]+", line)
            self.assertEqual(len(urls), 3, line)
            urls.append(urls[2].replace("localhost", "[::1]"))  # every address, of IPv6 as well
            clients = [await Client.open(url) for url in urls]
            for number, client in enumerate(clients):
                await client.join("r", f"u{number}")
            await clients[0].send(type="broadcast", room_id="r", content="hello")
            for client in clients:
                self.assertEqual((await client.receive())["content"], "hello")
                await client.close()
            server.wait_for_line(r"disconnected .*addr=\"?\[::1\]:\d+")

    def test_a_port_in_use_is_said_clearly(self):
        with Server() as server:
            port = f"127.0.0.1:{server.address[1]}"
            second = run_command("serve", "--listen", port, "--ops", "off", "--data", server.data + "2")
            self.assertEqual(second.returncode, 1)
            self.assertIn(f"cannot listen on {port}: Address already in use", second.stderr)
            ops = server.ops.removeprefix("http://")
            third = run_command("serve", "--listen", "127.0.0.1:0", "--ops", ops, "--data", server.data + "3")
            self.assertEqual(third.returncode, 1)
            self.assertIn(f"cannot listen on {ops}: Address already in use", third.stderr)

    def test_a_data_directory_in_use_is_said_clearly(self):
        with Server() as server:
            second = run_command("serve", "--listen", "127.0.0.1:0", "--ops", "off", "--data", server.data)
            self.assertEqual(second.returncode, 1)
            self.assertIn(f"cannot use the data directory `{server.data}`: another server is using it", second.stderr)

    def test_it_starts_again_at_once_on_the_same_port_and_directory(self):
        with Server(settings={"server.drain_ms": 0}) as server:
            with RawPeer.open(server.address) as peer:
                server.signal(signal.SIGTERM)
                self.assertEqual(peer.read_close(), 4200)
                self.assertEqual(server.wait(), 0)
            with Server(listen=f"127.0.0.1:{server.address[1]}", data=server.data) as again:
                with RawPeer.open(again.address) as peer:
                    peer.say('{"type":"ping"}')
                    self.assertEqual(peer.read_frame(), (TEXT, json.dumps({"type": "pong"}, separators=(",", ":"))
                                                         .encode()))


if __name__ == "__main__":
    unittest.main()
