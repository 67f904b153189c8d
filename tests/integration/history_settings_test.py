"""Where messages are kept and what they survive, as an operator sets it; and what happens while they cannot be kept."""

import asyncio
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import unittest

from client import Client
from harness import Server, run_command, until

SIDE_ROOM = {"rooms.side.history": "false"}
QUICK = {"history.commit_wait_ms": "500"}


async def publish(server, room_id, *contents):
    """Publishes them one after the other; the acks."""
    client = await Client.open(server.url)
    await client.join(room_id, "ann")
    acks = []
    for number, content in enumerate(contents):
        await client.send(type="broadcast", room_id=room_id, content=content, echo=False, id=number)
        acks.append(await client.receive())
    await client.close()
    return acks


async def read(server, room_id, **join):
    """Joins, and returns `joined` and the contents that come before `caught_up`."""
    client = await Client.open(server.url)
    joined = await client.join(room_id, "ben", **join)
    contents = []
    while (message := await client.receive())["type"] != "caught_up":
        contents.append(message["content"])
    await client.close()
    return joined, contents


async def outcome(server, room_id):
    """What joining and publishing comes to: "ack", or the code of the error."""
    client = await Client.open(server.url)
    answer = await client.ask(type="join", room_id=room_id, user_id="ann")
    if answer["type"] == "joined":
        answer = await client.ask(type="broadcast", room_id=room_id, content="x", echo=False, id=1)
    await client.close()
    return answer.get("code", answer["type"])


class Restarts(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.data = tempfile.mkdtemp(prefix="switchboard-test-")
        self.addCleanup(shutil.rmtree, self.data, ignore_errors=True)

    def server(self, **options):
        return Server(data=self.data, **options)

    async def test_without_any_configuration_messages_survive_every_end_of_the_server(self):
        for end in (signal.SIGTERM, signal.SIGKILL):
            room_id = f"r{int(end)}"
            with self.server() as server:
                acks = await publish(server, room_id, *range(5))
                self.assertEqual([ack["seq"] for ack in acks], [1, 2, 3, 4, 5])
                server.signal(end)
                await asyncio.to_thread(server.wait)
            with self.server() as server:
                joined, contents = await read(server, room_id, last=3)
                self.assertEqual((joined["seq"], joined["epoch"], contents), (5, acks[0]["epoch"], [2, 3, 4]))
                joined, contents = await read(server, room_id, since={"seq": 2, "epoch": acks[0]["epoch"]})
                self.assertEqual((joined["recovered"], contents), (True, [2, 3, 4]))

    async def test_a_second_sigterm_cuts_the_drain_short_and_loses_nothing_acknowledged(self):
        with self.server(settings={"server.drain_ms": 3_600_000}) as server:
            client = await Client.open(server.url)
            await client.join("r", "ann")
            for number in range(500):
                await client.send(type="broadcast", room_id="r", content=number, echo=False, id=number)
            server.signal(signal.SIGTERM)
            acked = 0
            while acked < 300:
                acked += (await client.receive())["type"] == "ack"
            server.wait_for_line("draining")
            server.signal(signal.SIGTERM)
            self.assertEqual(await asyncio.to_thread(server.wait), 1)
        with self.server() as server:
            _, contents = await read(server, "r", last=1_000)
            self.assertGreaterEqual(len(contents), 300)
            self.assertEqual(contents, list(range(len(contents))))

    async def test_after_the_machine_has_stopped_rooms_that_may_have_lost_something_begin_a_new_epoch(self):
        settings = {"rooms.safe.durability": "power"}
        epochs = {}
        with self.server(settings=settings) as server:
            for room_id in ("safe:r", "fast:r"):
                epochs[room_id] = (await publish(server, room_id, 1, 2))[0]["epoch"]
            server.signal(signal.SIGKILL)
            await asyncio.to_thread(server.wait)
        with sqlite3.connect(os.path.join(self.data, "messages.db")) as file:
            file.execute("UPDATE meta SET value = 'an earlier one' WHERE key = 'boot_id'")
        file.close()
        with self.server(settings=settings) as server:
            server.wait_for_line("the machine stopped without a shutdown")
            joined, contents = await read(server, "safe:r", since={"seq": 1, "epoch": epochs["safe:r"]})
            self.assertEqual((joined["recovered"], contents), (True, [2]))
            joined, contents = await read(server, "fast:r", since={"seq": 1, "epoch": epochs["fast:r"]})
            self.assertEqual((joined["recovered"], joined["reason"], contents), (False, "epoch_changed", [1, 2]))

    @unittest.skipUnless(shutil.which("sqlite3") or os.environ.get("CI"), "sqlite3 is not installed")
    async def test_a_backup_taken_while_it_runs_is_restored_as_the_manual_says(self):
        file = os.path.join(self.data, "messages.db")
        backup = os.path.join(self.data, "backup.db")
        with self.server() as server:
            epoch = (await publish(server, "r", 1, 2))[0]["epoch"]
            subprocess.run(["sqlite3", file, f".backup '{backup}'"], check=True)
            await publish(server, "r", 3, 4)
            late_epoch = (await publish(server, "late", 1))[0]["epoch"]
            server.stop()
        for end in ("-wal", "-shm"):
            if os.path.exists(file + end):
                os.remove(file + end)
        os.replace(backup, file)
        with self.server() as server:
            for room_id, since, kept in [("r", {"seq": 4, "epoch": epoch}, [1, 2]), ("r", {"seq": 1, "epoch": epoch}, [1, 2]),
                                         ("late", {"seq": 1, "epoch": late_epoch}, [])]:
                joined, contents = await read(server, room_id, since=since)
                self.assertEqual((joined["recovered"], joined["reason"], contents), (False, "epoch_changed", kept))
            server.wait_for_line("is not what was left there")
            self.assertEqual(server.metric("switchboard_store_doubts_total"), 1)

    async def test_in_memory_they_last_as_long_as_the_process(self):
        for settings in ({"history.backend": "memory"}, {"server.data": ""}):
            with self.server(settings=settings) as server:
                [first, *_] = await publish(server, "r", *range(5))
                _, contents = await read(server, "r", last=3)
                self.assertEqual(contents, [2, 3, 4])
                self.assertEqual(server.health()["history"], {"backend": "memory", "ok": True})
            with self.server(settings=settings) as server:
                joined, contents = await read(server, "r", since={"seq": 2, "epoch": first["epoch"]})
                self.assertEqual((joined["recovered"], joined["reason"], contents), (False, "epoch_changed", []))
            self.assertNotIn("messages.db", os.listdir(self.data))

    async def test_retention_is_by_namespace_and_changes_with_a_reload(self):
        config = "[rooms.few]\nhistory_messages = {}\n[rooms.none]\nhistory = false\n"
        with self.server(config=config.format(3)) as server:
            for room_id in ("few:r", "many:r", "none:r"):
                await publish(server, room_id, *range(60))
            self.assertEqual((await read(server, "many:r", last=100))[1], list(range(60)))
            self.assertEqual((await read(server, "none:r", last=100))[1], [])
            # Trimming is done in the background, and leaves a little more.
            is_trimmed = lambda: asyncio.run(read(server, "few:r", last=100))[1][0] > 0
            await asyncio.to_thread(until, is_trimmed, "the oldest messages go")
            self.assertEqual((await read(server, "few:r", last=3))[1], [57, 58, 59])
            server.write_config(config.format(1_000))
            server.signal(signal.SIGHUP)
            server.wait_for_line("configuration reloaded")
            await publish(server, "few:r", *range(60, 200))
            self.assertEqual((await read(server, "few:r", last=140))[1], list(range(60, 200)))

    async def test_a_direct_message_waits_for_its_user_over_a_restart(self):
        with self.server() as server:
            ann = await Client.open(server.url)
            await ann.join("r", "ann")
            ack = await ann.ask(type="direct", user_id="ben", content="psst", id=1)
            self.assertEqual(ack["type"], "ack")
        with self.server() as server:
            client = await Client.open(server.url)
            await client.send(type="join", room_id="@me", user_id="ben", last=10)
            self.assertEqual((await client.receive())["seq"], 1)
            self.assertEqual((await client.receive())["content"], "psst")


class Failures(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.data = tempfile.mkdtemp(prefix="switchboard-test-")
        self.addCleanup(shutil.rmtree, self.data, ignore_errors=True)
        self.file = os.path.join(self.data, "messages.db")

    def mount(self, options):
        """A small file system of its own at `self.data`; not everybody may do that."""
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.data], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("mounting is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", self.data], check=True)

    def remount(self, options):
        subprocess.run(["mount", "-o", "remount," + options, self.data], check=True)

    def server(self, **options):
        options["settings"] = SIDE_ROOM | QUICK | options.get("settings", {})
        return Server(data=options.pop("data", self.data), **options)

    async def assert_failing(self, server, words):
        """Publishers are told, readiness says why, and rooms without history go on."""
        await asyncio.to_thread(until, lambda: server.get("/readyz")[0] == 503, "/readyz says 503")
        self.assertEqual(await outcome(server, "kept"), "unavailable")
        status, body = server.get("/readyz")
        self.assertEqual(status, 503)
        self.assertRegex(body, rf"history cannot be kept: .*{words}.*\nrooms without history go on\n")
        self.assertFalse(server.health()["history"]["ok"])
        self.assertEqual(server.metric("switchboard_store_ok"), 0)
        self.assertEqual(server.get("/healthz")[0], 200)
        self.assertEqual(await outcome(server, "side:r"), "ack")
        server.wait_for_line(r"history cannot be kept.*reason=")

    async def assert_recovered(self, server):
        await asyncio.to_thread(until, lambda: server.get("/readyz") == (200, "ready\n"), "it recovers by itself")
        await asyncio.to_thread(server.wait_for_line, "history is kept again")
        self.assertEqual(await outcome(server, "kept"), "ack")
        failing = [line for line in server.lines if "history cannot be kept" in line]
        self.assertLessEqual(len(failing), 3, failing)

    async def test_a_file_that_may_not_grow_fails_and_recovers(self):
        with self.server() as server:
            before = await publish(server, "kept", 1, 2)
            # Less than a page, and room for the mark: one that was written in part would be doubted.
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (4_096, resource.RLIM_INFINITY))
            self.assertEqual(await outcome(server, "kept"), "unavailable")
            await self.assert_failing(server, "")
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            await self.assert_recovered(server)
            joined, contents = await read(server, "kept", since={"seq": 1, "epoch": before[0]["epoch"]})
            self.assertTrue(joined["recovered"])
            self.assertEqual(contents[0], 2)

    async def test_a_full_disk_fails_and_recovers(self):
        self.mount("size=8m")
        with self.server() as server:
            client = await Client.open(server.url)
            await client.join("kept", "ann")
            for size in (60_000, 5_000, 1):
                # What one message had no room for, a shorter one may find.
                answer = {"type": "ack"}
                while answer["type"] == "ack":
                    answer = await client.ask(type="broadcast", room_id="kept", content="x" * size, echo=False, id=1)
                self.assertEqual(answer["code"], "unavailable")
            await self.assert_failing(server, "full")
            self.remount("size=64m")
            await self.assert_recovered(server)

    async def test_a_locked_file_fails_and_recovers(self):
        with self.server() as server:
            await publish(server, "kept", 1)
        other = sqlite3.connect(self.file, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with self.server() as server:
            await self.assert_failing(server, "lock")
            server.stop()
        with self.server() as server:
            await self.assert_failing(server, "lock")
            other.execute("ROLLBACK")
            other.close()
            await self.assert_recovered(server)
            self.assertEqual((await read(server, "kept", last=10))[1][0], 1)

    async def test_a_damaged_file_is_replaced_once_it_is_moved_away(self):
        with self.server() as server:
            await publish(server, "kept", *["x" * 3_000] * 200)
            server.stop()
        with open(self.file, "r+b") as file:
            for offset in range(16_384, os.path.getsize(self.file), 16_384):
                file.seek(offset)
                file.write(b"\xa5" * 4_096)
        with self.server() as server:
            await self.assert_failing(server, "damaged")
            for end in ("", "-wal", "-shm"):
                if os.path.exists(self.file + end):
                    os.rename(self.file + end, self.file + end + ".damaged")
            await self.assert_recovered(server)

    async def test_a_file_system_that_is_read_only_fails_and_recovers(self):
        self.mount("size=64m")
        elsewhere = tempfile.mkdtemp(prefix="switchboard-test-")
        self.addCleanup(shutil.rmtree, elsewhere, ignore_errors=True)
        settings = {"history.file": self.file}
        with self.server(data=elsewhere, settings=settings) as server:
            await publish(server, "kept", 1)
            server.stop()
        self.remount("ro")
        with self.server(data=elsewhere, settings=settings) as server:
            await self.assert_failing(server, "cannot be (written|opened)")
            self.remount("rw")
            await self.assert_recovered(server)
            self.assertEqual((await read(server, "kept", last=10))[1][0], 1)

    def test_a_file_of_something_else_is_never_touched(self):
        with open(self.file, "w", encoding="ascii") as file:
            file.write("minutes of the annual general meeting\n" * 1_000)
        before = os.stat(self.file)
        server = Server(data=self.data)
        try:
            self.assertEqual(server.wait(), 1)
            self.assertRegex(server.lines[-1], "messages.db")
            self.assertEqual(os.stat(self.file).st_mtime_ns, before.st_mtime_ns)
        finally:
            server.__exit__()

    def test_contradictions_are_named(self):
        for settings, words in [({"server.data": "", "history.backend": "sqlite"}, "no directory"),
                                ({"history.backend": "memory", "rooms.a.durability": "power"}, "in memory")]:
            arguments = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
            said = run_command("config", *arguments)
            self.assertEqual(said.returncode, 1)
            self.assertIn(words, said.stderr)


if __name__ == "__main__":
    unittest.main()
