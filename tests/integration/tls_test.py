"""wss:// with clients that are not ours: Python's ssl and `websockets`, Node's `ws`, `openssl s_client`."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest
import urllib.request

from bystander import Bystanders
from client import Client
from harness import DEADLINE_S, SANITIZED, Server, run_command, until

NODE_CLIENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node_client.mjs")
KINDS = {"ecdsa": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["rsa:2048"]}


class Certificates:
    """Self-signed ones, made by `openssl req`, in a directory of their own."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="switchboard-tls-")

    def make(self, name, kind="ecdsa", hosts=("localhost",)):
        """CHAIN:KEY, as tls.certificates has it. The same name again replaces the files."""
        chain, key = self.path(name + ".pem"), self.path(name + ".key")
        names = ",".join("DNS:" + host for host in hosts)
        subprocess.run(["openssl", "req", "-x509", "-newkey", *KINDS[kind], "-nodes", "-days", "30", "-keyout", key, "-out",
                        chain, "-subj", "/CN=" + name, "-addext", "subjectAltName=" + names],
                       check=True, capture_output=True, timeout=DEADLINE_S)
        return f"{chain}:{key}"

    def path(self, name):
        return os.path.join(self.directory, name)

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)


def trusting(entry, **options):
    context = ssl.create_default_context(cafile=entry.partition(":")[0])
    for name, value in options.items():
        setattr(context, name, value)
    return context


class TlsServer(Server):
    """Listens with TLS and, so that the harness finds it, without."""

    def __init__(self, *arguments, **options):
        super().__init__("--listen", "wss://127.0.0.1:0", *arguments, **options)

    def __enter__(self):
        super().__enter__()
        line = self.wait_for_line(r"\blistening\b")
        self.tls_port = int(re.search(r"wss://127\.0\.0\.1:(\d+)", line).group(1))
        self.tls_url = f"wss://localhost:{self.tls_port}/ws"
        return self

    def s_client(self, *options, wait_s=0.0):
        """What `openssl s_client` prints. Its input ends after `wait_s`, for what comes behind the handshake."""
        with subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{self.tls_port}", *options],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            try:
                process.wait(wait_s)
            except subprocess.TimeoutExpired:
                pass
            return process.communicate("", timeout=DEADLINE_S)[0]


class TlsTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.certificates = Certificates()
        self.addCleanup(self.certificates.remove)

    async def asyncSetUp(self):
        asyncio.get_running_loop().slow_callback_duration = DEADLINE_S  # making certificates takes its time

    def serve(self, entries, *arguments, **options):
        settings = {"tls.certificates": ",".join(entries), **options.pop("settings", {})}
        server = TlsServer(*arguments, settings=settings, **options)
        server.__enter__()
        self.addCleanup(server.__exit__)
        return server

    async def open(self, server, context, **options):
        client = await Client.open(server.tls_url, ssl=context, **options)
        self.addAsyncCleanup(client.socket.close)
        return client

    async def test_messages_pass_between_tls_and_plain_clients_over_all_shards(self):
        entry = self.certificates.make("site")
        server = self.serve([entry])
        clients = [await self.open(server, trusting(entry)) for _ in range(8)]
        clients.append(await Client.open(server.url))
        self.addAsyncCleanup(clients[-1].socket.close)
        for i, client in enumerate(clients):
            await client.join("lobby", f"user{i}")
        for size in (1, 20_000, 60_000):  # less than a record, more than one, more than the receiver's window of them
            content = "x" * size
            await clients[0].send(type="broadcast", room_id="lobby", content=content)
            for client in clients:
                self.assertEqual((await client.receive())["content"], content)
        self.assertEqual(server.metric('switchboard_tls_handshakes_total{result="failed"}'), 0)

    async def test_both_kinds_of_keys_and_both_versions(self):
        rsa, ecdsa = self.certificates.make("rsa", "rsa"), self.certificates.make("ecdsa")
        server = self.serve([ecdsa, rsa])
        for entry in rsa, ecdsa:
            for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
                if entry == rsa and version == ssl.TLSVersion.TLSv1_3:
                    continue  # the client cannot say there which kind it wants
                context = trusting(entry, maximum_version=version)
                if version == ssl.TLSVersion.TLSv1_2:
                    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256" if entry == rsa else "ECDHE-ECDSA-AES128-GCM-SHA256")
                client = await self.open(server, context)
                await client.join("lobby", "ann")

    async def test_node_talks_over_tls(self):
        entry = self.certificates.make("site")
        server = self.serve([entry])
        environment = {**os.environ, "NODE_EXTRA_CA_CERTS": entry.partition(":")[0]}
        with subprocess.Popen(["node", NODE_CLIENT, server.tls_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True, env=environment) as node:
            self.assertEqual(node.stdout.readline(), "open\n")
            node.stdin.write('{"type":"join","room_id":"lobby","user_id":"node"}\n')
            node.stdin.flush()
            self.assertEqual(json.loads(node.stdout.readline())["type"], "joined")
            node.stdin.close()
            self.assertEqual(node.stdout.readline(), "closed 1000\n")

    async def test_the_host_asked_for_chooses_the_certificate(self):
        first = self.certificates.make("first", hosts=["first.test"])
        second = self.certificates.make("second", hosts=["*.second.test"])
        server = self.serve([first, second])
        for host, name in ("first.test", "first"), ("www.second.test", "second"), ("third.test", "first"):
            self.assertIn(f"CN = {name}\n", server.s_client("-servername", host))

    async def test_sighup_brings_new_certificates_and_keeps_connections(self):
        old = self.certificates.make("site")
        server = self.serve([old])
        knows_the_old = trusting(old)
        before = await self.open(server, knows_the_old)
        await before.join("lobby", "ann")
        self.certificates.make("site")  # the same files, as certbot renews them
        server.signal(signal.SIGHUP)
        server.wait_for_line("configuration reloaded")
        with self.assertRaises(ssl.SSLCertVerificationError):
            await self.open(server, knows_the_old)
        after = await self.open(server, trusting(old))  # the file holds the new one
        await after.join("lobby", "bob")
        await after.send(type="broadcast", room_id="lobby", content="hello")
        self.assertEqual((await before.receive())["content"], "hello")

    async def test_a_bad_file_at_sighup_changes_nothing_and_is_named(self):
        entry = self.certificates.make("site")
        server = self.serve([entry])
        context = trusting(entry)
        chain, _, key = entry.partition(":")
        with open(key, "w", encoding="ascii") as file:
            file.write("not a key")
        server.signal(signal.SIGHUP)
        line = server.wait_for_line("not reloaded")
        self.assertIn(key, line)
        client = await self.open(server, context)
        await client.join("lobby", "ann")
        os.remove(chain)
        server.signal(signal.SIGHUP)
        self.assertIn("cannot be read", server.wait_for_line("not reloaded.*" + re.escape(chain)))
        await self.open(server, context)

    async def test_sessions_are_resumed_whichever_shard_takes_the_connection_also_after_a_reload(self):
        server = self.serve([self.certificates.make("site")], shards=2)
        for version in "-tls1_2", "-tls1_3":
            file = self.certificates.path("session" + version)
            full = server.s_client(version, "-sess_out", file, wait_s=0.0 if version == "-tls1_2" else 0.5)
            self.assertRegex(full, r"New, TLSv1")
            for _ in range(8):
                self.assertRegex(server.s_client(version, "-sess_in", file), r"Reused, TLSv1")
            server.signal(signal.SIGHUP)
            server.wait_for_line("configuration reloaded")
            self.assertRegex(server.s_client(version, "-sess_in", file), r"Reused, TLSv1")
        self.assertGreaterEqual(server.metric('switchboard_tls_handshakes_total{result="resumed"}'), 18)

    async def test_client_certificates_when_required(self):
        site = self.certificates.make("site")
        ann, eve = self.certificates.make("ann"), self.certificates.make("eve")
        server = self.serve([site], settings={"tls.client_certificates": "required",
                                              "tls.client_ca": ann.partition(":")[0]})
        context = trusting(site)
        context.load_cert_chain(*ann.split(":"))
        client = await self.open(server, context)
        await client.join("lobby", "ann")
        for shown in None, eve:
            context = trusting(site, maximum_version=ssl.TLSVersion.TLSv1_2)
            if shown:
                context.load_cert_chain(*shown.split(":"))
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                await self.open(server, context)

    async def test_only_http_1_1_is_agreed_on(self):
        server = self.serve([self.certificates.make("site")])
        self.assertIn("ALPN protocol: http/1.1", server.s_client("-alpn", "h2,http/1.1"))
        self.assertIn("alert number 120", server.s_client("-alpn", "h2"))
        self.assertIn("No ALPN negotiated", server.s_client())

    async def test_the_demo_page_is_served_over_https(self):
        entry = self.certificates.make("site")
        server = self.serve([entry])
        with urllib.request.urlopen(f"https://localhost:{server.tls_port}/", context=trusting(entry),
                                    timeout=DEADLINE_S) as page:
            self.assertEqual(page.status, 200)
            self.assertIn(b"</html>", page.read())

    async def test_plain_http_on_the_tls_port_is_told_so(self):
        server = self.serve([self.certificates.make("site")])
        with socket.create_connection(("127.0.0.1", server.tls_port), DEADLINE_S) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = peer.makefile("rb").read()
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 "))
        self.assertIn(b"This port speaks TLS: use https:// or wss://", answer)

    async def test_tls_on_the_plain_port_is_closed_and_noted(self):
        server = self.serve([self.certificates.make("site")], settings={"log.level": "debug"})
        with socket.create_connection(server.address, DEADLINE_S) as peer:
            peer.sendall(b"\x16\x03\x01\x00\x05hello")
            self.assertEqual(peer.recv(100), b"")
        server.wait_for_line("a TLS handshake where TLS is not spoken")

    async def test_check_finds_what_is_wrong_with_the_files(self):
        good, other = self.certificates.make("good"), self.certificates.make("other")
        mixed = good.partition(":")[0] + ":" + other.partition(":")[2]
        config = self.certificates.path("switchboard.toml")
        for entry, problem in (good, None), (mixed, "does not belong"), ("/none:/none", "cannot be read"):
            with open(config, "w", encoding="utf-8") as file:
                file.write(f'[server]\nlisten = ["wss://127.0.0.1:0"]\n[tls]\ncertificates = ["{entry}"]\n')
            done = run_command("check", config)
            self.assertEqual(done.returncode, 0 if problem is None else 1)
            self.assertIn(problem or "ok", done.stderr + done.stdout)

    async def test_a_tls_listener_needs_a_certificate(self):
        done = run_command("serve", "--listen", "wss://127.0.0.1:0", "--ops", "off", "--data",
                           self.certificates.path("data"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("tls.certificates", done.stderr)

    async def test_a_flood_of_handshakes_does_not_starve_who_is_connected(self):
        entry = self.certificates.make("site", "rsa")  # the dearer kind
        server = self.serve([entry], shards=1, settings={"tls.handshakes_max": "64"})
        context = ssl.create_default_context(cafile=entry.partition(":")[0])
        hello, output = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = context.wrap_bio(hello, output, server_hostname="localhost")
        with self.assertRaises(ssl.SSLWantReadError):
            client.do_handshake()
        first_flight = output.read()

        flood = []
        self.addCleanup(lambda: [peer.close() for peer in flood])
        with Bystanders(server.url) as bystanders:
            until(lambda: bystanders.report()["trips"] > 0, "the bystanders talk")
            for _ in range(1_500):  # each costs the server a signature, and none is ever finished
                peer = socket.socket()
                peer.setblocking(False)
                peer.connect_ex(("127.0.0.1", server.tls_port))
                flood.append(peer)
            for peer in flood:
                until(lambda peer=peer: _takes(peer, first_flight), "the connection is made")
            trips = 0
            until(lambda: server.metric("switchboard_connections") >= 2 + 64, "the flood has come in")
            while trips < 100:
                report = bystanders.report()
                trips += report["trips"]
                if not SANITIZED and report["trips"]:
                    self.assertLess(report["median_ms"], 100)
            self.assertLessEqual(server.metric("switchboard_connections"), 2 + 64)  # the others wait in the kernel
            for peer in flood:
                peer.close()
            newcomer = await self.open(server, trusting(entry))
            await newcomer.join("lobby", "ann")


def _takes(peer, data):
    try:
        return peer.send(data) == len(data)
    except BlockingIOError:
        return False


if __name__ == "__main__":
    unittest.main()
