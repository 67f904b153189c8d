"""Starts the real server for a test and watches it: its addresses, log, counters, memory and processor time.

SWITCHBOARD_BINARY names the server to test. Nothing here sleeps to synchronise: `until` polls a condition up to a
deadline, and the log is read line by line as it comes.
"""

import fcntl
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

BINARY = os.environ.get("SWITCHBOARD_BINARY", "")
SANITIZED = bool(os.environ.get("SWITCHBOARD_SANITIZE"))  # then memory and speed are the sanitizer's, not the server's
DEADLINE_S = 60 if SANITIZED else 20  # of any one wait; a failure, never a normal end


# What no server may ever write to its log: tokens, secrets and keys that were used since the tests began.
_never_logged = set()


def never_logged(*secrets):
    """From now on no log may have any of these texts: looked at when each server's life is over."""
    _never_logged.update(secret for secret in secrets if len(secret) >= 8)


def _is_secret(setting):
    return setting in ("auth.secret", "auth.previous_secrets", "api.keys") or (
        setting.startswith("issuers.") and "secret" in setting)


def until(condition, what, deadline_s=DEADLINE_S):
    """Waits for `condition()` to be true and returns what it returned."""
    give_up_at = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > give_up_at:
            raise AssertionError(f"did not happen within {deadline_s} s: {what}")
        time.sleep(0.01)


def run_command(*arguments):
    """Runs one of the binary's other commands to its end."""
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=DEADLINE_S, env=own_environment())


def own_environment():
    """The environment without settings of a server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SWITCHBOARD_")}


class Server:
    """One server process on free ports of 127.0.0.1. A context manager; leaving it kills a server still running."""

    def __init__(self, *arguments, shards=2, settings=None, config=None, data=None, listen="127.0.0.1:0",
                 ops="127.0.0.1:0", files_max=None, environment=None, prepare=None):
        """`environment`: variables besides the test's own; `prepare`: called in the new process before it is the server."""
        self._directory = tempfile.mkdtemp(prefix="switchboard-test-")
        self.data = data or os.path.join(self._directory, "data")
        self.config = os.path.join(self._directory, "switchboard.toml")
        command = self._command(listen, ops, shards)
        if config is not None:
            self.write_config(config)
            command += ["--config", self.config]
        for key, value in (settings or {}).items():
            command += ["--set", f"{key}={value}"]
            if _is_secret(key):
                never_logged(*(entry.rpartition("] ")[2].strip() for entry in str(value).split(",")))

        def in_new_process():
            if files_max is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (files_max, files_max))
            if prepare is not None:
                prepare()

        self.lines = []
        self._changed = threading.Condition()
        self._may_read = threading.Event()
        self._may_read.set()
        self._process = subprocess.Popen(command + list(arguments), stderr=subprocess.PIPE, text=True,
                                         cwd=self._directory, env=own_environment() | (environment or {}),
                                         preexec_fn=in_new_process)
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def __enter__(self):
        try:
            line = self.wait_for_line(r"\blistening\b")
        except BaseException:
            self.__exit__()
            raise
        self.address = _address(re.search(r"""on"?[=:]"?ws://([^\s"]+)""", line).group(1))
        self.url = f"ws://{self.address[0]}:{self.address[1]}/ws"
        self.http = f"http://{self.address[0]}:{self.address[1]}"
        ops = re.search(r"""ops"?[=:]"?http://([^\s"]+)""", line)
        self.ops = f"http://{ops.group(1)}" if ops else None
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._may_read.set()
        self._reader.join()
        self._process.stderr.close()
        shutil.rmtree(self._directory, ignore_errors=True)
        log = "\n".join(self.lines)
        shown = [secret for secret in _never_logged if secret in log]
        assert not shown, f"the log has what it may not: {shown}"

    def _command(self, listen, ops, shards):
        return [BINARY, "serve", "--listen", listen, "--ops", ops, "--shards", str(shards), "--data", self.data]

    # --- life ---------------------------------------------------------------------------------------------------

    def write_config(self, text):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    def signal(self, number):
        self._process.send_signal(number)

    def is_running(self):
        return self._process.poll() is None

    def wait(self, deadline_s=DEADLINE_S):
        """The exit code, once the server has ended by itself."""
        code = self._process.wait(timeout=deadline_s)
        self._may_read.set()
        self._reader.join()
        return code

    def stop(self, deadline_s=DEADLINE_S):
        """Ends the server as an operator would; anything but a clean end is a failure."""
        self.signal(signal.SIGTERM)
        code = self.wait(deadline_s)
        assert code == 0, f"exit code {code}; the log's end:\n" + "\n".join(self.lines[-20:])

    # --- log ----------------------------------------------------------------------------------------------------

    def stop_reading_log(self):
        """From now on nobody takes what the server writes to its standard error, until it has ended. The pipe is as small
        as it can be."""
        fcntl.fcntl(self._process.stderr, fcntl.F_SETPIPE_SZ, 4096)
        self._may_read.clear()

    def _read_log(self):
        for line in self._process.stderr:
            self._may_read.wait()
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def wait_for_line(self, pattern, deadline_s=DEADLINE_S):
        """The first line of the log so far, or to come, in which `pattern` is found."""
        expression = re.compile(pattern)
        give_up_at = time.monotonic() + deadline_s
        seen = 0
        with self._changed:
            while True:
                for line in self.lines[seen:]:
                    if expression.search(line):
                        return line
                seen = len(self.lines)
                left = give_up_at - time.monotonic()
                if left <= 0 or not self._reader.is_alive():
                    raise AssertionError(f"no line with {pattern!r} in the log:\n" + "\n".join(self.lines[-20:]))
                self._changed.wait(min(left, 0.5))

    # --- what it says about itself --------------------------------------------------------------------------------

    def get(self, path, host=None):
        """(status, body) of a page of the ops port, asked for under its address or another name."""
        request = urllib.request.Request(self.ops + path, headers={"Host": host} if host else {})
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_S) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def health(self):
        status, body = self.get("/health")
        assert status == 200, body
        return json.loads(body)

    def metric(self, sample):
        """The value of one sample, as in `switchboard_disconnects_total{code="4201"}`."""
        _, body = self.get("/metrics")
        for line in body.splitlines():
            name, _, value = line.rpartition(" ")
            if name == sample:
                return float(value)
        raise AssertionError(f"/metrics has no {sample}")

    def wait_for_health(self, deadline_s=DEADLINE_S, **wanted):
        """Waits until these fields of /health have these values."""
        last = {}

        def matches():
            last.update(self.health())
            return all(last[key] == value for key, value in wanted.items())

        try:
            until(matches, "", deadline_s)
        except AssertionError:
            raise AssertionError(f"wanted {wanted} within {deadline_s} s, last was {last}") from None

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1)) * 1024

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class EchoServer(Server):
    """`switchboard echo`: it has neither settings nor an ops port."""

    def _command(self, listen, ops, shards):
        return [BINARY, "echo", "--listen", listen]


def _address(text):
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)
