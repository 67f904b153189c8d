"""The servers that are compared: each is started fresh on a free port, pinned, and stopped by its process id."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

BENCH = pathlib.Path(__file__).resolve().parent.parent
PEERS = BENCH / "peers"
START_PATIENCE_S = 20
STOP_PATIENCE_S = 15
NO_HISTORY = {"rooms.default.history": "false"}  # as the peers, who keep none


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def bun_path():
    return PEERS / "node_modules" / "bun" / "bin" / "bun.exe"


def make_certificate(folder):
    """A self-signed ECDSA one, as most sites have; as tls.certificates takes it."""
    chain, key = pathlib.Path(folder) / "chain.pem", pathlib.Path(folder) / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-keyout", key, "-out", chain], check=True, capture_output=True)
    return f"{chain}:{key}"


class Server:
    """A running server: use with `with`. `kind` is switchboard, floor, bun or ws; `cpus` as taskset takes them."""

    def __init__(self, kind, build, cpus="0", shards=1, tls=False, settings=NO_HISTORY):
        self.kind, self.build, self.cpus, self.shards = kind, pathlib.Path(build).resolve(), cpus, shards
        self.tls = tls  # this and the next: Switchboard alone
        self.settings = settings
        self.port = free_port()
        self.folder = tempfile.mkdtemp(prefix="switchboard-bench-")
        self.process = None

    @property
    def url(self):
        return f"{'wss' if self.tls else 'ws'}://127.0.0.1:{self.port}/ws"

    @property
    def pid(self):
        return self.process.pid  # taskset replaces itself by the server

    def command(self):
        if self.kind == "switchboard":
            certificate = ["--set", f"tls.certificates={make_certificate(self.folder)}"] if self.tls else []
            return [self.build / "switchboard", "serve", "--listen", self.url.removesuffix("/ws"), *certificate,
                    "--ops", f"127.0.0.1:{free_port()}", "--shards", self.shards, "--no-demo",
                    "--data", pathlib.Path(self.folder) / "data",
                    *(part for name, value in self.settings.items() for part in ("--set", f"{name}={value}"))]
        if self.kind == "floor":
            return [self.build / "floor", "--port", self.port]
        if self.kind == "bun":
            return [bun_path(), PEERS / "bun_hub.js", self.port]
        return ["node", PEERS / "ws_hub.mjs", self.port]

    def __enter__(self):
        command = ["taskset", "-c", self.cpus, *map(str, self.command())]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHBOARD_")}
        self.process = subprocess.Popen(command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        listening = threading.Event()
        said = []
        threading.Thread(target=self._read, args=(listening, said), daemon=True).start()
        if not listening.wait(START_PATIENCE_S) or self.process.poll() is not None:
            self.__exit__()
            raise RuntimeError(f"{self.kind} did not start: {''.join(said)[-500:]}")
        return self

    def _read(self, listening, said):
        """Reads what the server prints for as long as it lives, so that its pipe never fills."""
        for line in self.process.stdout:
            if not listening.is_set():
                said.append(line)
                if "listening" in line:
                    listening.set()
        listening.set()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            # Switchboard drains for a while on the first signal and ends at once on the second.
            for kind in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
                self.process.send_signal(kind)
                try:
                    self.process.wait(2 if kind == signal.SIGTERM else STOP_PATIENCE_S)
                    break
                except subprocess.TimeoutExpired:
                    continue
        shutil.rmtree(self.folder, ignore_errors=True)

    def thread_cpu_ticks(self):
        """CPU ticks of each thread so far, by thread id."""
        ticks = {}
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            fields = (task / "stat").read_text().rsplit(") ", 1)[1].split()
            ticks[int(task.name)] = int(fields[11]) + int(fields[12])
        return ticks
