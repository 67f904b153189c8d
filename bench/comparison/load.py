"""Runs `switchboard bench` against a server and hands back its JSON result."""

import json
import os
import pathlib
import resource
import subprocess
import time

FOREIGN_SHARE_MAX = 0.15  # of one core, in user mode: a compiler next door, say
QUIET_PATIENCE_S = 60  # waited for other programs to end, before every run


def machine_user_s():
    """User-mode CPU seconds of all processes so far."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return (int(fields[1]) + int(fields[2])) / os.sysconf("SC_CLK_TCK")


def process_user_s(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[11]) / os.sysconf("SC_CLK_TCK")


class ForeignLoad:
    """How much of a core other programs used, in user mode, while the block ran."""

    def __init__(self, server):
        self.server = server

    def __enter__(self):
        self.began, self.before = time.monotonic(), self._others_user_s()
        return self

    def _others_user_s(self):
        return machine_user_s() - process_user_s(self.server.pid) - resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime

    def __exit__(self, *_):
        self.share = (self._others_user_s() - self.before) / (time.monotonic() - self.began)


class Loader:
    """`cpu` is the core the load generator is pinned to; every run is bounded in time."""

    def __init__(self, binary, cpu, say):
        self.binary, self.cpu, self.say = binary, cpu, say

    def run(self, server, **load):
        """One load, begun when no other program takes part of the machine, or marked as disturbed."""
        return self._undisturbed(server, self._run_once, **load)

    def flood(self, server, name, **options):
        """The same with a flood, bystanders measured beside it and before it."""
        return self._undisturbed(server, self._flood_once, name=name, **options)

    def _undisturbed(self, server, once, **options):
        self._wait_for_quiet(server)
        with ForeignLoad(server) as foreign:
            result = once(server, **options)
        result["disturbed"] = foreign.share > FOREIGN_SHARE_MAX
        if result["disturbed"]:
            self.say(f"disturbed: other programs used {foreign.share:.0%} of a core")
        return result

    def _wait_for_quiet(self, server):
        deadline = time.monotonic() + QUIET_PATIENCE_S
        while time.monotonic() < deadline:
            with ForeignLoad(server) as foreign:
                time.sleep(0.5)
            if foreign.share <= FOREIGN_SHARE_MAX:
                return

    def _run_once(self, server, *, connections, time_s, warmup_s=1.0, drain_s=90.0, **options):
        result = self._bench(server, {"connections": connections, "time": time_s, "warmup": warmup_s, "drain": drain_s} | options,
                             patience_s=time_s + warmup_s + drain_s + 60)
        self.say(summary(server.kind, result))
        return result

    def _flood_once(self, server, *, name, time_s, warmup_s=2.0, drain_s=30.0, **options):
        result = self._bench(server, {"flood": name, "time": time_s, "warmup": warmup_s, "drain": drain_s} | options,
                             patience_s=2 * (time_s + warmup_s + drain_s) + 60)
        idle, flooded = result["idle"]["round_trip"], result["flooded"]["round_trip"]
        self.say(f"{name:12} idle p99 {idle['p99_us'] / 1000:.2f} ms  flooded p99 {flooded['p99_us'] / 1000:.2f} ms  "
                 f"max {flooded['max_us'] / 1000:.2f} ms  lost {result['flooded']['lost']:,}  "
                 f"{result['flood']['messages']:,} messages  server {result['server']['cpu_share']:.0%}  "
                 f"flooders {result['flood']['client_cpu_share']:.0%}")
        return result

    def _bench(self, server, options, patience_s):
        command = [self.binary, "bench", "--url", server.url, "--pid", server.pid, "--json", "-"]
        if self.cpu is not None:
            command += ["--pin", self.cpu]
        for name, value in options.items():
            flag = "--" + name.replace("_", "-")
            command += [flag] if value is True else [flag, value]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=patience_s)
        if done.returncode != 0:
            raise RuntimeError(f"the load generator failed on {server.kind}: {done.stderr.strip()[-500:]}")
        return json.loads(done.stdout)


def summary(kind, result):
    text = f"{kind:12} {result['server']['join_cpu_us']:6.1f} us/join"
    if result["deliveries_measured"]:
        text += (f"  {result['server']['cpu_us_per_delivery']:7.3f} us/delivery"
                 f"  {result['deliveries_per_second']:12,.0f}/s  p99 {result['latency']['p99_us'] / 1000:9.2f} ms"
                 f"  lost {result['lost']:,}")
    if result["bystanders"]["count"]:
        text += f"  bystanders' p99 {result['bystanders']['p99_us'] / 1000:.2f} ms"
    text += f"  rss {result['server']['rss_after_bytes'] / 1e6:.1f} MB  client {result['client_cpu_share']:.0%}"
    if result["closed"]:
        text += f"  CLOSED {result['closed']}"
    return text
