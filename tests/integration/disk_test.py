"""The disk under a server: snapshots that are put back, rows that are cut, files that are taken away while it runs, an fsync
that fails, a disk that hangs. No number is given to two messages within an epoch, nothing is acknowledged into nothing, and
operators are told.

    disk_test.py [unittest arguments]
"""

import asyncio
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import tempfile
import unittest

from client import Client
from harness import SANITIZED, Server, until

DISK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int is(const char *state) { char path[4096]; return access(strcat(strcpy(path, getenv("TEST_DISK")), state), F_OK) == 0; }
static void hang(void) { while (is("hanging")) usleep(20000); }
#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(real))dlsym(RTLD_NEXT, #name); hang()
#define REFUSE if (is("refusing")) return errno = EIO, -1
int fsync(int fd) { REAL(fsync); REFUSE; return real(fd); }
int fdatasync(int fd) { REAL(fdatasync); REFUSE; return real(fd); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) { REAL(pwrite); return real(fd, b, n, at); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t at) { REAL(pwrite64); return real(fd, b, n, at); }
"""


class DiskServer(Server):
    """Whose disk can be made to hang or to refuse fsync."""

    folder = None

    @classmethod
    def be(cls, state):
        for each in ("hanging", "refusing"):
            path = os.path.join(cls.folder, each)
            if each == state:
                open(path, "w").close()
            elif os.path.exists(path):
                os.unlink(path)

    def _command(self, listen, ops, shards):
        environment = [f"LD_PRELOAD={self.folder}/disk.so", f"TEST_DISK={self.folder}/"]
        return ["env", *environment, *super()._command(listen, ops, shards)]


class DiskTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix="switchboard-disk-"))
        self.data = os.path.join(self.folder, "data")
        self.file = os.path.join(self.data, "messages.db")
        self.given = {}  # by epoch and number

    def server(self, kind=Server, **settings):
        return kind(data=self.data, settings={"server.drain_ms": 100, **settings})

    async def publish(self, server, *contents, room_id="r"):
        """The answers; no number may have been given before in its epoch."""
        client = await Client.open(server.url, v1=True)
        try:
            await client.receive()
            joined = await client.ask(type="join", room_id=room_id, user_id="writer", id=0)
            if joined["type"] == "error":
                return [joined]
            answers = []
            for content in contents:
                await client.send(type="broadcast", room_id=room_id, content=content, id=1, echo=False)
                answer = await client.receive()
                while answer["type"] not in ("ack", "error"):
                    answer = await client.receive()
                answers.append(answer)
                if answer["type"] == "ack":
                    before = self.given.setdefault((answer["epoch"], answer["seq"]), content)
                    self.assertEqual(before, content, f"given twice in one epoch: {answer}")
            return answers
        finally:
            await client.close()

    async def history(self, server, room_id="r", **how):
        client = await Client.open(server.url, v1=True)
        try:
            await client.receive()
            joined = await client.join(room_id, "reader", id=2, **(how or {"last": 1_000}))
            contents, message = [], {"type": ""}
            while message["type"] != "caught_up":
                message = await client.receive()
                if message["type"] == "broadcast":
                    contents.append(message["content"])
            return joined, contents
        finally:
            await client.close()

    def kill(self, server):
        server.signal(signal.SIGKILL)
        server.wait()

    async def wait_until(self, condition, what):
        await asyncio.to_thread(until, condition, what)


class LeftTest(DiskTest):
    """What is found at a start."""

    async def test_a_snapshot_that_is_put_back_begins_new_epochs(self):
        snapshot = os.path.join(self.folder, "snapshot")
        with self.server() as server:
            await self.publish(server, *(f"a {i}" for i in range(20)))
            shutil.copytree(self.data, snapshot)
            *_, last = await self.publish(server, *(f"b {i}" for i in range(20)))
            self.kill(server)
        for in_place in (False, True):
            if in_place:
                shutil.copytree(snapshot, self.data, dirs_exist_ok=True)
            else:
                shutil.rmtree(self.data)
                shutil.copytree(snapshot, self.data)
            with self.server() as server:
                server.wait_for_line("is not what was left there")
                await self.publish(server, *(f"c {in_place} {i}" for i in range(25)))
                joined, _ = await self.history(server, since={"seq": last["seq"], "epoch": last["epoch"]})
                self.assertEqual((joined["recovered"], joined["reason"]), (False, "epoch_changed"))
                self.kill(server)

    async def test_a_row_of_the_journal_that_is_cut_begins_new_epochs_and_the_rest_is_kept(self):
        with self.server() as server:
            for i in range(6):
                await self.publish(server, f"old {i}")
            self.kill(server)
        database = sqlite3.connect(self.file)
        with database:
            [(row, messages)] = database.execute("SELECT id, messages FROM journal WHERE id = 3").fetchall()
            database.execute("UPDATE journal SET messages = ? WHERE id = ?", (messages[:-7], row))
        database.close()
        with self.server() as server:
            await self.publish(server, "new 0", "new 1")
            _, contents = await self.history(server)
            self.assertEqual(contents, ["old 0", "old 1", "old 3", "old 4", "old 5", "new 0", "new 1"])
            self.assertGreater(server.metric("switchboard_store_damaged_total"), 0)

    async def test_its_files_are_for_its_user_alone(self):
        before = os.umask(0o022)
        self.addCleanup(os.umask, before)
        os.mkdir(self.data)
        os.chmod(self.data, 0o755)
        with self.server() as server:
            await self.publish(server, "a secret")
            modes = {name: stat.S_IMODE(os.stat(os.path.join(self.data, name)).st_mode) for name in os.listdir(self.data)}
        self.assertGreaterEqual(len(modes), 4)
        self.assertEqual({name: mode for name, mode in modes.items() if mode & 0o077}, {})


class TakenAwayTest(DiskTest):
    """What happens to the file while the server runs."""

    async def expect_a_new_file(self, take_away):
        with self.server() as server:
            [*_, before] = await self.publish(server, *(f"before {i}" for i in range(20)))
            take_away()
            await self.wait_until(lambda: server.metric("switchboard_store_file_losses_total") == 1, "it is noticed")
            await self.wait_until(lambda: server.get("/readyz")[0] == 200, "there is another")
            server.wait_for_line("was removed, renamed or replaced")
            answers = await self.publish(server, *(f"after {i}" for i in range(20)))
            self.assertEqual({answer["type"] for answer in answers}, {"ack"})
            self.assertNotEqual(answers[0]["epoch"], before["epoch"])
            self.kill(server)
        with self.server() as server:
            _, contents = await self.history(server)
            self.assertEqual(contents[-20:], [f"after {i}" for i in range(20)])

    async def test_the_file_removed(self):
        await self.expect_a_new_file(lambda: [os.unlink(os.path.join(self.data, name)) for name in os.listdir(self.data)
                                              if name.startswith("messages.db")])

    async def test_the_file_renamed(self):
        await self.expect_a_new_file(lambda: os.rename(self.file, os.path.join(self.data, "old.db")))

    async def test_the_directory_removed(self):
        await self.expect_a_new_file(lambda: shutil.rmtree(self.data))

    async def test_members_are_told_although_nobody_publishes(self):
        with self.server() as server:
            await self.publish(server, "before")
            client = await Client.open(server.url, v1=True)
            await client.receive()
            joined = await client.join("r", "ann", id=1)
            shutil.rmtree(self.data)
            changed = await client.receive()
            self.assertEqual(changed["type"], "epoch_changed")
            self.assertNotEqual(changed["epoch"], joined["epoch"])
            await client.close()

    async def test_another_server_on_the_directory_that_was_made_again(self):
        with self.server() as first:
            await self.publish(first, "ours")
            os.rename(self.data, self.data + ".away")
            try:
                second = self.server()
                with second:
                    await self.wait_until(lambda: first.get("/readyz")[0] == 503, "the first one has no file")
                    [answer] = await self.publish(first, "nowhere")
                    self.assertEqual(answer["code"], "unavailable")
                    await self.publish(second, "theirs")
                    self.assertEqual((await self.history(second))[1], ["theirs"])
            except AssertionError:
                raise
            except Exception:
                self.assertIn("another server", "\n".join(second.lines))  # the first was quicker

    async def test_an_earlier_copy_in_its_place(self):
        with self.server() as server:
            await self.publish(server, *(f"a {i}" for i in range(20)))
            source, copy = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True), sqlite3.connect(self.file + ".copy")
            source.backup(copy)
            source.close()
            copy.close()
            await self.publish(server, *(f"b {i}" for i in range(20)))
            for end in ("-wal", "-shm"):
                os.unlink(self.file + end)
            os.rename(self.file + ".copy", self.file)
            await self.wait_until(lambda: server.metric("switchboard_store_doubts_total") == 1, "it is noticed")
            await self.publish(server, *(f"c {i}" for i in range(20)))
            self.assertTrue(server.is_running())

    async def test_its_log_removed_loses_nothing(self):
        with self.server() as server:
            [*_, last] = await self.publish(server, *(f"a {i}" for i in range(20)))
            os.unlink(self.file + "-wal")
            await self.wait_until(lambda: server.metric("switchboard_store_file_losses_total") == 1, "it is noticed")
            await self.wait_until(lambda: server.get("/readyz")[0] == 200, "it goes on")
            [answer] = await self.publish(server, "b")
            self.assertEqual((answer["epoch"], answer["seq"]), (last["epoch"], 21))
            self.kill(server)
        with self.server() as server:
            self.assertEqual((await self.history(server))[1], [f"a {i}" for i in range(20)] + ["b"])

    async def test_its_shared_memory_cut_short_does_not_end_it(self):
        with self.server() as server:
            await self.publish(server, *(f"a {i}" for i in range(20)))
            os.truncate(self.file + "-shm", 0)
            await self.publish(server, *(f"b {i}" for i in range(5)))
            await self.wait_until(lambda: server.metric("switchboard_store_file_losses_total") >= 1, "it is noticed")
            await self.wait_until(lambda: server.get("/readyz")[0] == 200, "it goes on")
            await self.publish(server, *(f"c {i}" for i in range(20)))
            self.assertTrue(server.is_running())


@unittest.skipIf(SANITIZED, "nothing may be loaded before the sanitizer")
@unittest.skipUnless(shutil.which("cc"), "there is no C compiler")
class FailingTest(DiskTest):
    """A disk that hangs, or whose fsync fails."""

    def setUp(self):
        super().setUp()
        source, DiskServer.folder = os.path.join(self.folder, "disk.c"), self.folder
        with open(source, "w", encoding="utf-8") as file:
            file.write(DISK)
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", os.path.join(self.folder, "disk.so"), source, "-ldl"], check=True)

    async def test_an_fsync_that_fails_is_told_and_goes_over(self):
        with self.server(DiskServer) as server:
            await self.publish(server, "well")
            DiskServer.be("refusing")
            await self.publish(server, "not well")
            await self.wait_until(lambda: server.get("/readyz")[0] == 503, "it is noticed")
            # Whether a commit or a checkpoint was the first to need it.
            server.wait_for_line("history cannot be kept|history is kept, but does not reach the disk")
            DiskServer.be("well")
            await self.wait_until(lambda: server.get("/readyz")[0] == 200, "it has gone over")
            [answer] = await self.publish(server, "well again")
            self.assertEqual(answer["type"], "ack")

    async def test_a_commit_whose_fsync_fails_is_told_and_what_is_there_is_delivered(self):
        settings = {"rooms.default.durability": "power", "history.commit_wait_ms": 300}
        with self.server(DiskServer, **settings) as server:
            await self.publish(server, "well")
            DiskServer.be("refusing")
            [answer] = await self.publish(server, "who knows")
            self.assertEqual(answer["code"], "unavailable")
            await self.wait_until(lambda: server.get("/readyz")[0] == 503, "it is noticed")
            DiskServer.be("well")
            await self.wait_until(lambda: server.get("/readyz")[0] == 200, "it has gone over")
            [answer] = await self.publish(server, "well again")
            self.assertEqual(answer["type"], "ack")
            _, contents = await self.history(server)
            self.assertEqual(len(contents), answer["seq"])
            self.assertEqual(contents[-1], "well again")

    async def test_a_disk_that_hangs_is_told_and_goes_over(self):
        with self.server(DiskServer, **{"history.commit_wait_ms": 500}) as server:
            await self.publish(server, "well")
            DiskServer.be("hanging")
            try:
                [answer] = await self.publish(server, "hanging")
                self.assertEqual(answer["code"], "unavailable")
                await self.wait_until(lambda: server.get("/readyz")[0] == 503, "it is noticed")
                self.assertIn("does not answer", server.get("/readyz")[1])
                server.wait_for_line("history cannot be kept")
            finally:
                DiskServer.be("well")
            await self.wait_until(lambda: server.get("/readyz")[0] == 200, "it has gone over")
            [answer] = await self.publish(server, "well again")
            self.assertEqual(answer["type"], "ack")


if __name__ == "__main__":
    unittest.main()
