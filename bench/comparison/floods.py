"""Bystanders beside floods, against the same server when it is idle, in one run."""

import statistics

from comparison.rows import Row, at_most, pick, spread
from comparison.servers import NO_HISTORY, Server

GOAL_MS = 3
INNOCENT_GOAL_MS = 50  # a room with history beside one that is flooded: its messages wait for the same disk
FLOODED_ROOMS_KEEP = NO_HISTORY | {"rooms.bench-flood.history": "true"}
ALL_ROOMS_KEEP = {}

# What the row says, the flood, the server's settings, further flags of the load, the goal.
FLOODS = (
    ("250 clients send 64 KB of broadcasts at once, again and again", "broadcasts", NO_HISTORY, {}, GOAL_MS),
    ("the same deflated: 64 KB of messages that inflate to 64 KB each", "deflated", NO_HISTORY, {}, GOAL_MS),
    ("100 clients ask for TLS 1.3 keys without end", "key-updates", NO_HISTORY, {}, GOAL_MS),
    ("a room of 10,000 gets 10 messages a second", "large-room", NO_HISTORY, {}, GOAL_MS),
    ("8 clients flood a room with history", "history", FLOODED_ROOMS_KEEP, {}, GOAL_MS),
    ("the same, bystanders at 10 messages a second in rooms with history", "history", ALL_ROOMS_KEEP, {"bystander_rate": 10},
     INNOCENT_GOAL_MS),
)


def floods(setup):
    """A bystander's round trip while others do their worst."""
    rows = []
    for text, name, settings, options, goal_ms in FLOODS:
        results = []
        for _ in range(setup.few_rounds):
            with Server("switchboard", setup.build, setup.server_cpu, tls=name == "key-updates", settings=settings) as server:
                results.append(setup.loader.flood(server, name, time_s=max(setup.time_s, 5), **options))
        rows += flood_rows(text, results, goal_ms)
    return rows


def flood_rows(text, results, goal_ms):
    def milliseconds(who, value):
        return [run / 1000 for run in pick(results, who, "round_trip", value)]

    p99_ms = milliseconds("flooded", "p99_us")
    lost = sum(pick(results, "flooded", "lost"))
    met = at_most(p99_ms, goal_ms) and lost == 0
    details = "; ".join(f"{who} p50 {statistics.median(milliseconds(of, 'p50_us')):.2f}, p99 {statistics.median(milliseconds(of, 'p99_us')):.2f}, "
                        f"max {max(milliseconds(of, 'max_us')):.2f} ms" for who, of in (("flooded", "flooded"), ("idle", "idle")))
    return [Row(f"{text}: bystanders' round trip, p99", {"switchboard": spread(p99_ms, unit="ms")},
                details + (f"; {lost:,} lost" if lost else "") + caveat(results), f"at most {goal_ms} ms, nothing lost", met)]


def caveat(results):
    notes = []
    if any(pick(results, "client_was_the_limit")):
        notes.append("the client waited for its CPU")
    if any(pick(results, "disturbed")):
        notes.append("other programs were running")
    return f"; {', '.join(notes)}" if notes else ""
