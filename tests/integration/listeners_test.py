"""Several listeners at once, each with its own rules: Unix sockets, sockets that were passed, proxies, hosts, paths,
origins, IPv6."""

import asyncio
import json
import os
import re
import signal
import socket
import ssl
import stat
import struct
import subprocess
import tempfile
import threading
import unittest

import websockets

from harness import BINARY, DEADLINE_S, Server, run_command, until
from raw_peer import HANDSHAKE, RawPeer

PROXY_LINE = b"PROXY TCP4 192.0.2.1 198.51.100.7 56789 443\r\n"
V2_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def v2_header(source, port, tlv=b""):
    family, inet = (0x21, socket.AF_INET6) if ":" in source else (0x11, socket.AF_INET)
    address = socket.inet_pton(inet, source)
    block = address + address + struct.pack("!HH", port, 443) + tlv
    return V2_SIGNATURE + struct.pack("!BBH", 0x21, family, len(block)) + block


def places(server):
    """Where it listens, in the order of server.listen and then of the names."""
    line = server.wait_for_line(r"\blistening\b")
    return re.findall(r"(?:wss?://|unix:)[^\s\"]+", line.split(" ops=")[0])


def address_of(place):
    host, _, port = place.rpartition("://")[2].rpartition(":")
    return ("127.0.0.1" if host == "localhost" else host.strip("[]")), int(port)


class Peer(RawPeer):
    """The same on any family, with an address or a path."""

    def __init__(self, target):
        if isinstance(target, str):
            self.socket = socket.socket(socket.AF_UNIX)
        else:
            self.socket = socket.socket(socket.AF_INET6 if ":" in target[0] else socket.AF_INET)
        self.socket.settimeout(DEADLINE_S)
        self.socket.connect(target)
        self._held = b""


def status_of(target, *fields, path=b"/ws", before=b"", host=b"localhost"):
    request = HANDSHAKE.replace(b"/ws", path, 1).replace(b"Host: localhost", b"Host: " + host)
    with Peer(target) as peer:
        peer.send(before + request + b"".join(field + b"\r\n" for field in fields) + b"\r\n")
        return peer.read_head()[0]


class SeveralListeners(unittest.TestCase):
    CONFIG = """
[limits]
origins_allowed = ["https://app.example.com"]
[server]
demo = false
[listeners.inside]
address = "127.0.0.1:0"
demo = true
origins_allowed = []
paths = ["/inside"]
[listeners.named]
address = "127.0.0.1:0"
hosts = ["chat.example.com", "*.chat.example.com:8443"]
origins_allowed = ["https://*.example.com", "null"]
"""

    @classmethod
    def setUpClass(cls):
        cls.server = Server(config=cls.CONFIG)
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        cls.entry, cls.inside, cls.named = [address_of(place) for place in places(cls.server)]

    def test_each_has_its_own_paths(self):
        self.assertEqual(status_of(self.entry, path=b"/ws"), 101)
        self.assertEqual(status_of(self.entry, path=b"/inside"), 404)
        self.assertEqual(status_of(self.inside, path=b"/inside"), 101)
        for path in [b"/ws", b"/", b"/inside/", b"/INSIDE"]:
            self.assertEqual(status_of(self.inside, path=path), 404, path)

    def test_each_has_its_own_origins(self):
        app = b"Origin: https://app.example.com"
        other = b"Origin: https://other.example.com:443"
        apex = b"Origin: https://example.com"
        host = b"chat.example.com"
        self.assertEqual(status_of(self.entry, app), 101)
        self.assertEqual(status_of(self.entry, other), 403)
        self.assertEqual(status_of(self.inside, app, path=b"/inside"), 403)
        self.assertEqual(status_of(self.inside, path=b"/inside"), 101, "who sends no origin is no page")
        self.assertEqual(status_of(self.named, app, host=host), 101)
        self.assertEqual(status_of(self.named, other, host=host), 101)
        self.assertEqual(status_of(self.named, b"Origin: null", host=host), 101)
        for bad in [apex, b"Origin: https://evil-example.com", b"Origin: https://a.example.com.evil.net",
                    b"Origin: http://a.example.com", b"Origin: https://evil.net@a.example.com"]:
            self.assertEqual(status_of(self.named, bad, host=host), 403, bad)
        self.assertEqual(status_of(self.entry, app, app), 400, "no browser names two")

    def test_each_has_its_own_hosts(self):
        for host, status in [(b"chat.example.com", 101), (b"CHAT.example.com:1", 101), (b"a.chat.example.com:8443", 101),
                             (b"a.chat.example.com", 421), (b"localhost", 421), (b"chat.example.com.evil.net", 421)]:
            self.assertEqual(status_of(self.named, host=host), status, host)
        self.assertEqual(status_of(self.entry, host=b"anything.example"), 101)

    def test_each_has_its_own_page(self):
        for target, status in [(self.entry, 426), (self.inside, 200)]:
            with Peer(target) as peer:
                peer.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertEqual(peer.read_head()[0], status)

    def test_all_lead_to_the_same_rooms(self):
        with Peer(self.entry) as ann, Peer(self.inside) as bob:
            ann.send(HANDSHAKE + b"\r\n")
            bob.send(HANDSHAKE.replace(b"/ws", b"/inside") + b"\r\n")
            for peer in (ann, bob):
                self.assertEqual(peer.read_head()[0], 101)
                peer.ask('{"type":"join","room_id":"lobby","user_id":"u"}')
            ann.say('{"type":"broadcast","room_id":"lobby","content":"hi"}')
            self.assertEqual(bob.read_json()["content"], "hi")


class ReloadedListeners(unittest.TestCase):
    def test_a_reload_changes_what_concerns_clients_to_come(self):
        config = '[listeners.a]\naddress = "127.0.0.1:0"\npaths = ["%s"]\n'
        with Server(config=config % "/one") as server:
            target = address_of(places(server)[1])
            self.assertEqual(status_of(target, path=b"/one"), 101)
            server.write_config(config % "/two" + '[listeners.b]\naddress = "127.0.0.1:0"\n')
            server.signal(signal.SIGHUP)
            server.wait_for_line("configuration reloaded")
            until(lambda: status_of(target, path=b"/two") == 101, "the new path")
            self.assertEqual(status_of(target, path=b"/one"), 404)
            self.assertIn("listeners.b", server.wait_for_line("needs a restart"))


class Unix(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="switchboard-")
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "s.sock")

    def config(self, more=""):
        return f'[listeners.local]\naddress = "unix:{self.path}"\nmode = "0600"\n{more}'

    def test_clients_meet_over_it_on_all_shards_and_it_is_gone_afterwards(self):
        async def meet():
            clients = [await websockets.unix_connect(self.path, "ws://localhost/ws") for _ in range(16)]
            for client in clients:
                await client.send('{"type":"join","room_id":"lobby","user_id":"u"}')
                self.assertEqual(json.loads(await client.recv())["type"], "joined")
            await clients[0].send('{"type":"broadcast","room_id":"lobby","content":"hi"}')
            for client in clients:
                self.assertEqual(json.loads(await client.recv())["content"], "hi")
                await client.close()

        with Server(config=self.config(), shards=2) as server:
            self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)
            asyncio.run(asyncio.wait_for(meet(), DEADLINE_S))
            self.assertIn("addr=unix", server.wait_for_line(r"msg=connected|\bconnected\b.*addr="))
            server.stop()
        self.assertFalse(os.path.exists(self.path))

    def test_what_a_killed_server_left_is_replaced_and_a_living_one_is_not(self):
        with Server(config=self.config()) as first:
            first.signal(signal.SIGKILL)
            first.wait()
        self.assertTrue(os.path.exists(self.path))
        with Server(config=self.config()):
            self.assertEqual(status_of(self.path), 101)
            second = Server(config=self.config())
            self.addCleanup(second.__exit__)
            self.assertEqual(second.wait(), 1)
            second.wait_for_line("another program listens there")
            self.assertEqual(status_of(self.path), 101)

    def test_a_proxy_behind_it_may_name_the_client(self):
        with Server(config=self.config('trusted_proxies = ["unix"]\n')) as server:
            self.assertEqual(status_of(self.path, b"X-Forwarded-For: 192.0.2.7"), 101)
            server.wait_for_line(r"connected.*addr=192\.0\.2\.7\b")


class Proxied(unittest.TestCase):
    CONFIG = """
[limits]
connections_per_address_max = 2
handshake_timeout_ms = 700
[listeners.forwarded]
address = "127.0.0.1:0"
trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]
[listeners.proxied]
address = "127.0.0.1:0"
proxy_protocol = "required"
trusted_proxies = ["127.0.0.1"]
[listeners.strict]
address = "127.0.0.1:0"
proxy_protocol = "required"
trusted_proxies = ["192.0.2.0/24"]
"""

    def setUp(self):
        self.server = Server(config=self.CONFIG)
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        self.entry, self.forwarded, self.proxied, self.strict = [address_of(place) for place in places(self.server)]

    def open(self, target, *fields, before=b""):
        peer = Peer(target)
        self.addCleanup(peer.socket.close)
        peer.send(before + HANDSHAKE + b"".join(field + b"\r\n" for field in fields) + b"\r\n")
        self.assertEqual(peer.read_head()[0], 101)
        return peer

    def test_proxy_headers_of_both_versions_name_the_client_wherever_they_are_cut(self):
        headers = [(PROXY_LINE, "192.0.2.1:56789"), (v2_header("192.0.2.2", 5), "192.0.2.2:5"),
                   (v2_header("2001:db8::1", 6, b"\x04\x00\x02xy"), r"\[2001:db8::1\]:6")]
        for header, client in headers:
            for cut in [1, 5, 12, 16, len(header) - 1, len(header)]:
                with Peer(self.proxied) as peer:
                    peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    peer.send(header[:cut])
                    peer.send(header[cut:] + HANDSHAKE[:10])
                    peer.send(HANDSHAKE[10:] + b"\r\n")
                    self.assertEqual(peer.read_head()[0], 101, (header, cut))
                self.server.wait_for_line(r"\bconnected\b.*addr=\"?" + client)
                until(lambda: self.server.health()["active_connections"] == 0, "its place is free again")

    def test_a_local_proxy_header_keeps_the_proxys_address(self):
        for header in [b"PROXY UNKNOWN\r\n", V2_SIGNATURE + b"\x20\x00\x00\x00"]:
            self.open(self.proxied, before=header)
        self.server.wait_for_line(r"\bconnected\b.*addr=127\.0\.0\.1:")

    def test_who_must_send_a_proxy_header_and_does_not_is_turned_away(self):
        for first in [HANDSHAKE + b"\r\n", b"PROXY TCP5 a b 1 2\r\n", V2_SIGNATURE + b"\x21\x11\xff\xff", b"PROXY "]:
            with Peer(self.proxied) as peer:
                peer.send(first)
                peer.read_end()
        line = self.server.wait_for_line("turned away.*PROXY")
        self.assertIn("127.0.0.1", line)
        self.server.wait_for_line("turned away.*sent no PROXY header in time")

    def test_nobody_else_may_send_a_proxy_header(self):
        with Peer(self.strict) as peer:
            peer.read_end()
        self.server.wait_for_line("turned away.*is none of trusted_proxies")
        with Peer(self.entry) as peer:  # where none is expected it is no request
            peer.send(PROXY_LINE + HANDSHAKE + b"\r\n")
            self.assertEqual(peer.read_head()[0], 400)

    def test_the_limit_of_an_address_is_the_clients_not_the_proxys(self):
        for _ in range(2):
            self.open(self.proxied, before=PROXY_LINE)
        self.assertEqual(self.open(self.proxied, before=PROXY_LINE).read_close(), 4100)
        for number in range(4):
            client = self.open(self.forwarded, b"X-Forwarded-For: 192.0.2.%d" % (10 + number))
            self.assertEqual(client.ask('{"type":"ping"}'), {"type": "pong"})
        self.open(self.forwarded, b"X-Forwarded-For: 192.0.2.10").ask('{"type":"ping"}')
        self.assertEqual(self.open(self.forwarded, b"X-Forwarded-For: 192.0.2.10").read_close(), 4100)
        self.assertEqual(self.open(self.forwarded, b"X-Forwarded-For: 192.0.2.1").read_close(), 4100,
                         "it is the same client, whichever way it came")

    def test_forwarded_addresses_are_read_from_the_right_and_only_from_trusted_proxies(self):
        self.open(self.forwarded, b"X-Forwarded-For: 1.1.1.1, 192.0.2.20", b"X-Forwarded-For: 10.9.9.9")
        self.server.wait_for_line(r"\bconnected\b.*addr=192\.0\.2\.20\b")
        self.open(self.forwarded, b"X-Forwarded-For: [2001:db8::5]:77, 10.1.1.1:80")
        self.server.wait_for_line(r"\bconnected\b.*addr=\"?\[2001:db8::5\]:77")
        before = len(self.server.lines)
        self.open(self.forwarded, b"X-Forwarded-For: 192.0.2.21, garbage")
        self.open(self.entry, b"X-Forwarded-For: 192.0.2.22")
        until(lambda: sum("addr=127.0.0.1:" in line for line in self.server.lines[before:]) == 2, "the peers' own")
        self.assertFalse([line for line in self.server.lines if "192.0.2.21" in line or "192.0.2.22" in line])


class ProxiedTls(unittest.TestCase):
    def test_the_proxy_header_comes_before_tls_also_over_a_unix_socket(self):
        with tempfile.TemporaryDirectory(prefix="switchboard-") as folder:
            chain, key, path = [os.path.join(folder, name) for name in ("c.pem", "c.key", "s.sock")]
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-keyout", key, "-out", chain, "-subj", "/CN=localhost", "-addext",
                            "subjectAltName=DNS:localhost"], check=True, capture_output=True, timeout=DEADLINE_S)
            common = 'tls = true\nproxy_protocol = "required"\ntrusted_proxies = ["127.0.0.1", "unix"]\n'
            config = (f'[tls]\ncertificates = ["{chain}:{key}"]\n[listeners.a]\naddress = "127.0.0.1:0"\n{common}'
                      f'[listeners.b]\naddress = "unix:{path}"\n{common}')
            with Server(config=config) as server:
                for target, port in [(address_of(places(server)[1]), 1111), (path, 2222)]:
                    peer = Peer(target)
                    peer.send(v2_header("192.0.2.9", port))
                    peer.socket = ssl.create_default_context(cafile=chain).wrap_socket(peer.socket,
                                                                                       server_hostname="localhost")
                    with peer:
                        peer.send(HANDSHAKE + b"\r\n")
                        self.assertEqual(peer.read_head()[0], 101)
                        self.assertEqual(peer.ask('{"type":"ping"}'), {"type": "pong"})
                    server.wait_for_line(rf"\bconnected\b.*addr=192\.0\.2\.9:{port}")


class Ipv6(unittest.TestCase):
    def test_every_address_takes_both_families_and_an_ipv6_address_its_own(self):
        with Server(listen=":0", settings={"server.demo": "false"}) as server:
            port = address_of(places(server)[0])[1]
            self.assertEqual(status_of(("127.0.0.1", port)), 101)
            self.assertEqual(status_of(("::1", port)), 101)
            server.wait_for_line(r"\bconnected\b.*addr=127\.0\.0\.1:")
            server.wait_for_line(r"\bconnected\b.*addr=\"?\[::1\]:")
        with Server(listen="[::1]:0") as server:
            self.assertTrue(places(server)[0].startswith("ws://[::1]:"))
            port = address_of(places(server)[0])[1]
            self.assertEqual(status_of(("::1", port)), 101)
            with socket.socket() as client:
                self.assertNotEqual(client.connect_ex(("127.0.0.1", port)), 0)


LAUNCHER = """
import os, sys
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[1], sys.argv[1:])
"""


class Passed(unittest.TestCase):
    """What systemd does: the sockets from descriptor 3 on, their number and names in the environment."""

    def launch(self, sockets, names, *arguments):
        folder = tempfile.TemporaryDirectory(prefix="switchboard-")
        self.addCleanup(folder.cleanup)
        environment = {"PATH": os.environ["PATH"], "LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": names}
        held = [os.dup(each.fileno()) for each in sockets]  # above what is to be overwritten

        def place():
            high = [os.dup2(fd, 100 + number) for number, fd in enumerate(held)]
            for number, fd in enumerate(high):
                os.dup2(fd, 3 + number)

        process = subprocess.Popen(
            ["/usr/bin/python3", "-c", LAUNCHER, BINARY, "serve", "--ops", "off", "--shards", "2", "--data",
             os.path.join(folder.name, "data"), *arguments],
            stderr=subprocess.PIPE, text=True, env=environment, preexec_fn=place, close_fds=False)
        for fd in held:
            os.close(fd)
        lines = []
        ready = threading.Event()

        def read():
            for line in process.stderr:
                lines.append(line)
                if re.search(r"\blistening\b", line):
                    ready.set()
            ready.set()

        reader = threading.Thread(target=read, daemon=True)
        reader.start()

        def end():
            if process.poll() is None:
                process.kill()
            process.wait()
            reader.join()
            process.stderr.close()

        self.addCleanup(end)
        self.assertTrue(ready.wait(DEADLINE_S), lines)
        return process, lines

    def test_passed_sockets_serve_and_outlive_the_server(self):
        folder = tempfile.TemporaryDirectory(prefix="switchboard-")
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "s.sock")
        with socket.create_server(("127.0.0.1", 0)) as web, socket.socket(socket.AF_UNIX) as local:
            local.bind(path)
            local.listen(16)
            arguments = ["--listen", "fd:web", "--listen", "fd:local", "--set", "server.drain_ms=0"]
            process, lines = self.launch([web, local], "web:local", *arguments)
            for _ in range(8):
                self.assertEqual(status_of(web.getsockname()), 101)
                self.assertEqual(status_of(path), 101)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(DEADLINE_S), 0, lines)
            self.assertTrue(os.path.exists(path), "it is not ours to remove")
            # While none runs, clients wait for the next.
            with Peer(web.getsockname()) as waiting:
                waiting.send(HANDSHAKE + b"\r\n")
                self.launch([web, local], "web:local", *arguments)
                self.assertEqual(waiting.read_head()[0], 101)

    def test_what_does_not_fit_is_said(self):
        with socket.create_server(("127.0.0.1", 0)) as web, socket.socket() as silent:
            process, lines = self.launch([web], "web", "--listen", "fd:other")
            self.assertEqual(process.wait(DEADLINE_S), 1)
            self.assertIn("no socket named `other`", "".join(lines))
            process, lines = self.launch([silent], "web", "--listen", "fd:web")
            self.assertEqual(process.wait(DEADLINE_S), 1)
            self.assertIn("is not a listening stream socket", "".join(lines))
            process, lines = self.launch([web], "web", "--listen", "127.0.0.1:0")
            until(lambda: "no listener asks for" in "".join(lines), "the warning")


class Checked(unittest.TestCase):
    def test_check_names_lines_and_nearest_keys(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write('[listeners.a]\nadress = ":1"\n[listener.b]\n[limits]\norigins_allowed = ["example.com"]\n')
            file.flush()
            result = run_command("check", file.name)
            self.assertEqual(result.returncode, 1)
            self.assertIn(":2: unknown key `listeners.a.adress`; did you mean `address`?", result.stderr)
            self.assertIn(":3: unknown section `listener`; did you mean `listeners`?", result.stderr)
            self.assertIn(":5: `limits.origins_allowed` is", result.stderr)


if __name__ == "__main__":
    unittest.main()
