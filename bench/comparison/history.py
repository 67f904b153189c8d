"""What it costs to keep messages, and how fast they are given to those who come back."""

import json
import pathlib
import statistics
import subprocess
import tempfile

from comparison.goals import alternate_settings, cpu, nothing_lost
from comparison.rows import Row, at_least, at_most, caveat, pick, ratios, spread
from comparison.servers import NO_HISTORY, Server

ROOMS = 1000
REPLAYED = 1_000_000  # messages of the room that is resumed
PATIENCE_S = 300


def run_json(setup, cpu_list, program, *arguments):
    command = ["taskset", "-c", cpu_list, pathlib.Path(setup.build) / program, *arguments]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=PATIENCE_S)
    if done.returncode != 0:
        raise RuntimeError(f"{program} failed: {done.stderr.strip()}")
    result = json.loads(done.stdout)
    setup.say(f"{program} {' '.join(map(str, arguments))}: {done.stdout.strip()[:300]}")
    return result


OFFERED = 100_000  # messages a second, by schedule, when the time to commit is measured


def store_bench(setup, *flags):
    """One run of `store_bench write` for each round, each on a new file."""
    results = []
    for _ in range(setup.few_rounds):
        with tempfile.TemporaryDirectory(prefix="switchboard-store-") as folder:
            results.append(run_json(setup, f"{setup.server_cpu},{setup.client_cpu}", "store_bench", "write", "--json",
                                    "--file", pathlib.Path(folder) / "messages.db", "--rooms", ROOMS,
                                    "--seconds", setup.time_s, *flags))
    return results


def committed(setup):
    """Small messages into the store, over a thousand rooms, each with a `dedup` of its own and retention at work."""
    rows = []
    for durability, flags in (("process", []), ("power", ["--power"])):
        saturated, offered = store_bench(setup, *flags), store_bench(setup, "--rate", OFFERED, *flags)
        per_second, p99_ms = pick(saturated, "per_second"), pick(offered, "p99_ms")
        failed = sum(pick(saturated + offered, "failed"))
        is_goal = durability == "process"
        rows += [
            Row(f"history, durability {durability}: messages committed, {ROOMS:,} rooms, dedup and retention on",
                {"switchboard": spread(per_second, "{:,.0f}", "/s")},
                f"{failed} refused; {statistics.median(pick(saturated, 'cpu_us_each')):.1f} us CPU each",
                "at least 100,000/s" if is_goal else "reported", at_least(per_second, 100_000) and failed == 0 if is_goal else None),
            Row(f"the same, {OFFERED:,}/s offered: time to commit, p99", {"switchboard": spread(p99_ms, "{:.1f}", "ms")},
                f"p50 {statistics.median(pick(offered, 'p50_ms')):.1f} ms", "at most 20 ms" if is_goal else "reported",
                at_most(p99_ms, 20) if is_goal else None)]
    return rows


def fan_out_with_history(setup):
    """The same fan-out with and without history."""
    rows = []
    for name, load in {"8 messages/s": {"rate": 8}, "1,000 messages/s": {"rate": 1000}}.items():
        with_history, without = alternate_settings(setup, ({}, NO_HISTORY), setup.few_rounds + 2, connections=setup.connections,
                                                   time_s=setup.time_s, **load)
        price = ratios(cpu(with_history), cpu(without))
        rows.append(Row(f"history on, {setup.connections:,} members, {name}: CPU per delivery",
                        {"switchboard": spread(cpu(with_history), "{:.3f}", "us") + "; off: " + spread(cpu(without), "{:.3f}", "us")},
                        f"{spread(price)} x off{caveat(with_history)}", "at most 1.1 x off",
                        at_most(price, 1.1) and nothing_lost(with_history)))
    return rows


def replay(setup):
    """A room of many messages given to one client that comes back, and to a hundred at once."""
    rows = []
    keep = {"rooms.default.history_messages": 2 * REPLAYED, "rooms.default.history_bytes": 1 << 30}
    for clients in (1, 100):
        results = []
        for _ in range(setup.few_rounds):
            with Server("switchboard", setup.build, setup.server_cpu, settings=keep) as server:
                results.append(run_json(setup, setup.client_cpu, "replay_bench", server.url, REPLAYED, clients, server.pid))
        grown = [(run["rss_max_bytes"] - run["rss_before_bytes"]) / 1e6 for run in results]
        who = "one client" if clients == 1 else f"{clients} clients at once"
        rows += [
            Row(f"replay of {REPLAYED:,} messages to {who}",
                {"switchboard": spread([run["per_second"] / 1e3 for run in results], "{:,.0f}", "thousand/s")},
                f"{statistics.median(pick(results, 'cpu_us_per_delivery')):.2f} us CPU each", "reported", None),
            Row("the same: memory of the process", {"switchboard": spread(grown, "{:.1f}", "MB more")}, "", "bounded", None)]
    return rows


def history(setup):
    """Keeping messages: committing them, fan-out with and without, and replay."""
    return committed(setup) + fan_out_with_history(setup) + replay(setup)
