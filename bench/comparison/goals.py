"""What is measured: one function per goal. Each alternates the servers within itself and returns rows of the table."""

import dataclasses
import statistics

from comparison.rows import Row, at_least, at_most, caveat, pick, ratios, spread
from comparison.servers import NO_HISTORY, Server

DISTURBED_AGAIN = 3  # tries
KINDS_MEASURED_SELDOM = {"ws": 3}  # every third round: it is far away from the goals


@dataclasses.dataclass
class Setup:
    """How thorough a pass is, and with what."""

    build: str
    loader: object
    say: object
    server_cpu: str
    client_cpu: str
    connections: int  # of the large room and of the small rooms together
    idle_connections: int
    rounds: int  # of quick measurements; long ones take a third of them
    time_s: float
    kinds: tuple  # the peers that can be run here

    @property
    def few_rounds(self):
        return max(1, self.rounds // 3)


def alternate(setup, kinds, rounds, **load):
    """Runs the same load on fresh servers in turn, the order rotated each round. Returns results by kind."""
    kinds = [kind for kind in kinds if kind in setup.kinds]
    results = {kind: [] for kind in kinds}
    for turn in range(rounds):
        shift = turn % len(kinds)
        for kind in kinds[shift:] + kinds[:shift]:
            if turn % KINDS_MEASURED_SELDOM.get(kind, 1):
                continue
            results[kind].append(run_undisturbed(setup, kind, **load))
    return results


def run_undisturbed(setup, kind, settings=NO_HISTORY, **load):
    """One load on a fresh server; again when other programs took part of the machine, unless they keep doing so."""
    for _ in range(DISTURBED_AGAIN):
        with Server(kind, setup.build, setup.server_cpu, settings=settings) as server:
            result = setup.loader.run(server, **load)
        if not result["disturbed"]:
            break
    return result


def alternate_settings(setup, variants, rounds, **load):
    """The same load on Switchboard with one set of settings and another, in turn. Returns the results of each."""
    results = [[] for _ in variants]
    for turn in range(rounds):
        order = range(len(variants)) if turn % 2 == 0 else reversed(range(len(variants)))
        for variant in order:
            results[variant].append(run_undisturbed(setup, "switchboard", settings=variants[variant], **load))
    return results


def cpu(results):
    return pick(results, "server", "cpu_us_per_delivery")


def nothing_lost(results):
    return all(result["lost"] == 0 and result["duplicates"] == 0 and result["reordered"] == 0 for result in results)


def fan_out(setup):
    """One message per send: the large room at a rate that every server keeps up with."""
    results = alternate(setup, ("switchboard", "floor", "bun", "ws"), setup.rounds, connections=setup.connections, rate=8,
                        time_s=setup.time_s)
    ours = results["switchboard"]
    figures = {kind: spread(cpu(runs), unit="us") for kind, runs in results.items()}
    rows = []
    of_floor = ratios(cpu(ours), cpu(results["floor"]))
    rows.append(Row(f"fan-out, {setup.connections:,} members, 8 messages/s: CPU per delivery", figures,
                    f"{spread(of_floor)} x the floor{caveat(ours)}", "at most 1.05 x the floor",
                    at_most(of_floor, 1.05) and nothing_lost(ours)))
    if "bun" in results:
        of_bun = ratios(cpu(ours), cpu(results["bun"]))
        rows.append(Row("the same", figures, f"{spread(of_bun)} x Bun", "below Bun", at_most(of_bun, 0.9999)))
    user = {kind: spread([run["server"]["user_cpu_us"] / run["deliveries_measured"] for run in runs], unit="us")
            for kind, runs in results.items()}
    rows.append(Row("of that, outside the kernel (sampled)", user, "", "reported", None))
    last = {kind: spread([value / 1000 for value in pick(runs, "last_member", "p99_us")], "{:.1f}", "ms")
            for kind, runs in results.items()}
    rows.append(Row("the same: last member's latency, p99", last, "", "reported", None))
    return rows


def large_room(setup):
    """1,500 messages a second to everybody: more sends than there is time for, unless messages share them."""
    results = alternate(setup, ("switchboard", "bun"), setup.few_rounds, connections=setup.connections, rate=1500,
                        time_s=setup.time_s)
    ours = results["switchboard"]
    p99_s = {kind: [value / 1e6 for value in pick(runs, "latency", "p99_us")] for kind, runs in results.items()}
    lost = sum(result["lost"] for result in ours)
    rows = [Row(f"{setup.connections:,} members, 1,500 messages/s: p99 latency",
                {kind: spread(values, unit="s") for kind, values in p99_s.items()},
                f"{lost:,} of {sum(result['expected'] for result in ours):,} lost{caveat(ours)}",
                "everything delivered, p99 under 0.4 s", nothing_lost(ours) and at_most(p99_s["switchboard"], 0.3999))]
    return rows + throughput_rows(results, faster=3.6, cheaper=0.25)


def saturated(setup):
    """2,500 messages a second: 25 million deliveries are asked for every second."""
    results = alternate(setup, ("switchboard", "bun"), setup.few_rounds, connections=setup.connections, rate=2500,
                        time_s=setup.time_s, drain_s=180)
    ours = results["switchboard"]
    lost = sum(result["lost"] for result in ours)
    declared = sum(result["jumped"] for result in ours)
    rows = [Row(f"{setup.connections:,} members, 2,500 messages/s: what was lost",
                {kind: f"{sum(result['lost'] for result in runs):,}" for kind, runs in results.items()},
                f"{declared:,} of {lost:,} losses declared by a jump of `seq`{caveat(ours)}", "overload is declared, never silent",
                lost == declared and not any(result["reordered"] or result["duplicates"] for result in ours))]
    return rows + throughput_rows(results, faster=5, cheaper=None)


def throughput_rows(results, faster, cheaper):
    rates = {kind: pick(runs, "deliveries_per_second") for kind, runs in results.items()}
    millions = {kind: spread([rate / 1e6 for rate in values], unit="million/s") for kind, values in rates.items()}
    costs = {kind: spread(cpu(runs), "{:.3f}", "us") for kind, runs in results.items()}
    if "bun" not in results:
        return [Row("the same: deliveries", millions, "", f"at least {faster} x Bun", None)]
    gain = ratios(rates["switchboard"], rates["bun"])
    rows = [Row("the same: deliveries", millions, f"{spread(gain)} x Bun", f"at least {faster} x Bun", at_least(gain, faster))]
    price = ratios(cpu(results["switchboard"]), cpu(results["bun"]))
    rows.append(Row("the same: CPU per delivery", costs, f"{spread(price)} x Bun",
                    f"at most {cheaper} x Bun" if cheaper else "reported", at_most(price, cheaper) if cheaper else None))
    return rows


def bystanders(setup):
    """Small rooms next to the large one, while it is served."""
    results = alternate(setup, ("switchboard", "bun"), setup.few_rounds + 2, connections=setup.connections, rate=8,
                        time_s=setup.time_s, bystanders=4)
    p99_ms = {kind: [value / 1000 for value in pick(runs, "bystanders", "p99_us")] for kind, runs in results.items()}
    figures = {kind: spread(values, unit="ms") for kind, values in p99_ms.items()}
    ours = results["switchboard"]
    rows = [Row(f"bystanders' round trip next to {setup.connections:,} members, p99", figures, caveat(ours).lstrip("; "),
                "at most 3 ms", at_most(p99_ms["switchboard"], 3))]
    if "bun" in results:
        gain = ratios(p99_ms["bun"], p99_ms["switchboard"])
        rows.append(Row("the same", figures, f"{spread(gain, '{:.0f}')} x better than Bun", "at least 25 x better than Bun",
                        at_least(gain, 25)))
    return rows


def small_rooms(setup):
    """Rooms of ten: at a constant rate, and with every room waiting for its own message."""
    rooms = setup.connections // 10
    rows = []
    for name, load in ((f"{rooms * 5:,} messages/s", {"rate": rooms * 5}), ("saturated", {"window": 1})):
        results = alternate(setup, ("switchboard", "bun"), setup.few_rounds + 2, connections=setup.connections, rooms=rooms,
                            publishers=rooms, time_s=setup.time_s, **load)
        ours = results["switchboard"]
        costs = {kind: spread(cpu(runs), unit="us") for kind, runs in results.items()}
        price = ratios(cpu(ours), cpu(results["bun"])) if "bun" in results else []
        rows.append(Row(f"{rooms:,} rooms of 10, {name}: CPU per delivery", costs,
                        f"{spread(price)} x Bun{caveat(ours)}" if price else "", "at most 0.9 x Bun",
                        at_most(price, 0.9) if price else None))
        p99_ms = {kind: [value / 1000 for value in pick(runs, "latency", "p99_us")] for kind, runs in results.items()}
        figures = {kind: spread(values, unit="ms") for kind, values in p99_ms.items()}
        if "rate" in load:
            rows.append(Row("the same: p99 latency", figures, "", "at most 2 ms", at_most(p99_ms["switchboard"], 2)))
        else:
            rates = {kind: spread(pick(runs, "deliveries_per_second"), "{:,.0f}", "/s") for kind, runs in results.items()}
            rows.append(Row("the same: deliveries", rates, "", "reported", None))
    return rows


def idle_memory(setup):
    """The whole process with everybody joined and answering pings, less the same binary with one connection."""
    figures, again = {}, {}
    met = met_again = None
    many = setup.idle_connections
    hold_s = 30 if setup.rounds > 1 else 3  # longer than a ping interval, so that everybody has been pinged
    for kind in ("switchboard", "bun", "ws"):
        if kind not in setup.kinds:
            continue
        with Server(kind, setup.build, setup.server_cpu) as server:
            base = setup.loader.run(server, connections=1, time_s=1, hold=True)["server"]["rss_after_bytes"]
        with Server(kind, setup.build, setup.server_cpu) as server:
            held = setup.loader.run(server, connections=many, time_s=hold_s, hold=True)["server"]["rss_after_bytes"]
            setup.loader.run(server, connections=many, rooms=many // 10, publishers=many // 10, rate=2000, time_s=setup.time_s)
            churned = setup.loader.run(server, connections=many, time_s=2, hold=True)["server"]["rss_after_bytes"]
        each, each_again = ((rss - base) / many / 1024 for rss in (held, churned))
        figures[kind], again[kind] = f"{each:.2f} KB", f"{each_again:.2f} KB"
        if kind == "switchboard":
            met, met_again = each <= 0.5, each_again <= 0.5
    return [Row(f"idle connection in a room, {many:,} of them: memory of the process", figures, "", "at most 0.5 KB", met),
            Row("the same, after everybody left, came back, had traffic, and did so again", again, "", "at most 0.5 KB",
                met_again)]


def join_cost(setup):
    """Connect, handshake and join, as fast as they are answered."""
    results = alternate(setup, ("switchboard", "bun", "ws"), setup.few_rounds + 2, connections=setup.connections, time_s=0.5,
                        hold=True)
    costs = {kind: pick(runs, "server", "join_cpu_us") for kind, runs in results.items()}
    price = ratios(costs["switchboard"], costs["bun"]) if "bun" in costs else []
    return [Row("join (connect, handshake, join): CPU each", {kind: spread(values, "{:.1f}", "us") for kind, values in costs.items()},
                f"{spread(price)} x Bun" if price else "", "at most 1.0 x Bun", at_most(price, 1.0) if price else None)]


def slow_readers(setup):
    """One member in a hundred joins and never reads; enough is sent that each of them falls off the room's backlog."""
    load = {"connections": setup.connections, "rate": 1000, "time_s": max(setup.time_s, 8)}
    without, with_slow = [], []
    for turn in range(setup.few_rounds + 2):
        for slow in ((False, True) if turn % 2 == 0 else (True, False)):
            with Server("switchboard", setup.build, setup.server_cpu) as server:
                extra = {"slow_readers": "1%"} if slow else {}
                (with_slow if slow else without).append(setup.loader.run(server, **load, **extra))
    price = ratios(cpu(with_slow), cpu(without))
    p99 = {name: pick(runs, "latency", "p99_us") for name, runs in (("with", with_slow), ("without", without))}
    delay = ratios(p99["with"], p99["without"])
    growth = [run["server"]["rss_after_bytes"] - run["server"]["rss_joined_bytes"] for run in with_slow]
    plain_growth = [run["server"]["rss_after_bytes"] - run["server"]["rss_joined_bytes"] for run in without]
    extra_mb = (statistics.median(growth) - statistics.median(plain_growth)) / 1e6
    backlog_mb = 2.0  # the default backlog of 1 MB, and what one chunk and the allocator add to it
    return [
        Row("1 % of members stopped reading, 1,000 messages/s: the others' CPU per delivery",
            {"switchboard": spread(cpu(with_slow), "{:.3f}", "us")}, f"{spread(price)} x without them{caveat(with_slow)}",
            "within 5 %", at_most(price, 1.05) and nothing_lost(with_slow)),
        Row("the same: the others' p99 latency", {"switchboard": spread([value / 1000 for value in p99["with"]], "{:.0f}", "ms")},
            f"{spread(delay)} x without them", "within 5 %", at_most(delay, 1.05)),
        Row("the same: memory of the process", {"switchboard": spread([value / 1e6 for value in growth], "{:.1f}", "MB more")},
            f"{extra_mb:+.1f} MB against without them", "by the room's backlog (1 MB), once", extra_mb <= backlog_mb)]


def two_shards(setup):
    """The same load on one shard and on two. On two cores the client takes a share of one of them."""
    load = {"connections": setup.connections, "rate": 8, "time_s": setup.time_s}
    results = {1: [], 2: []}
    imbalance = []
    for turn in range(setup.few_rounds + 2):
        for shards in ((1, 2) if turn % 2 == 0 else (2, 1)):
            with Server("switchboard", setup.build, setup.server_cpu if shards == 1 else "0,1", shards) as server:
                before = server.thread_cpu_ticks()
                results[shards].append(setup.loader.run(server, **load))
                after = server.thread_cpu_ticks()
                if shards == 2:
                    used = sorted((ticks - before.get(task, 0) for task, ticks in after.items()), reverse=True)
                    imbalance.append((used[0] - used[1]) / used[0] * 100 if len(used) > 1 and used[0] else 100.0)
    price = ratios(cpu(results[2]), cpu(results[1]))
    return [Row("two shards, 8 messages/s: CPU per delivery",
                {"switchboard": spread(cpu(results[2]), unit="us") + "; one shard: " + spread(cpu(results[1]), unit="us")},
                f"{spread(price)} x one shard{caveat(results[2])}", "at most 1.1 x one shard",
                at_most(price, 1.1) and nothing_lost(results[2])),
            Row("the same: CPU time of the two shards", {"switchboard": spread(imbalance, "{:.0f}", "% apart")}, "",
                "within 15 % of each other", at_most(imbalance, 15))]


def tls(setup):
    """TLS against plain: fan-out, memory of an idle connection, and what handshakes cost."""
    load = {"connections": setup.connections, "rate": 8, "time_s": setup.time_s}
    join = {"connections": setup.connections, "time_s": 0.5, "hold": True}
    runs = {False: [], True: []}
    joins = {"plain": [], "full": [], "resumed": []}
    for turn in range(setup.few_rounds + 2):
        for secure in ((False, True) if turn % 2 == 0 else (True, False)):
            with Server("switchboard", setup.build, setup.server_cpu, tls=secure) as server:
                runs[secure].append(setup.loader.run(server, **load))
        for kind in joins:
            with Server("switchboard", setup.build, setup.server_cpu, tls=kind != "plain") as server:
                resume = {"tls_resume": True} if kind == "resumed" else {}
                joins[kind].append(setup.loader.run(server, **join, **resume))
    price = ratios(cpu(runs[False]), cpu(runs[True]))
    cost = {kind: statistics.median(pick(results, "server", "join_cpu_us")) for kind, results in joins.items()}
    return [Row(f"TLS, {setup.connections:,} members, 8 messages/s: CPU per delivery",
                {"switchboard": spread(cpu(runs[True]), unit="us") + "; plain: " + spread(cpu(runs[False]), unit="us")},
                f"{spread(price)} x plain's deliveries for the same CPU{caveat(runs[True])}", "at least 0.75 x plain",
                at_least(price, 0.75) and nothing_lost(runs[True])),
            Row("TLS: connect, handshakes, join: CPU each",
                {"switchboard": f"{cost['full']:.0f} us; resumed: {cost['resumed']:.0f} us; plain: {cost['plain']:.0f} us"},
                f"{1e6 / (cost['full'] - cost['plain']):,.0f} full TLS handshakes per CPU second, "
                f"{1e6 / (cost['resumed'] - cost['plain']):,.0f} resumed ones", "reported", None),
            Row("TLS: idle connection, memory of the process", {"switchboard": tls_idle_memory(setup)}, "", "reported", None)]


def tls_idle_memory(setup):
    each = []
    for secure in (True, False):
        rss = []
        for connections in (1, setup.idle_connections):
            with Server("switchboard", setup.build, setup.server_cpu, tls=secure) as server:
                result = setup.loader.run(server, connections=connections, time_s=3, hold=True)
                rss.append(result["server"]["rss_after_bytes"])
        each.append((rss[1] - rss[0]) / setup.idle_connections / 1024)
    return f"{each[0]:.1f} KB; plain: {each[1]:.2f} KB"


def compression(setup):
    """The same JSON messages of 500 bytes to clients that agreed on permessage-deflate, and to clients that did not."""
    rooms = {"one room of %s, 8 messages/s" % f"{setup.connections:,}": {"rate": 8},
             "rooms of 10, 2,000 messages/s": {"rooms": setup.connections // 10, "publishers": setup.connections // 10, "rate": 2000}}
    rows = []
    for place, load in rooms.items():
        results = {True: [], False: []}
        for turn in range(setup.few_rounds + 2):
            for compressed in ((False, True) if turn % 2 == 0 else (True, False)):
                results[compressed].append(run_undisturbed(
                    setup, "switchboard", connections=setup.connections, time_s=setup.time_s, content="json", size=500,
                    **load, **({"compression": True} if compressed else {})))
        price = ratios(cpu(results[True]), cpu(results[False]))
        wire = {kind: statistics.median(pick(runs, "frame_bytes_per_delivery")) for kind, runs in results.items()}
        memory = {kind: statistics.median(
            [(run["server"]["rss_after_bytes"] - run["server"]["rss_before_bytes"]) / setup.connections / 1024 for run in runs])
            for kind, runs in results.items()}
        is_large = "rooms" not in load
        met = at_most(price, 1.1) and nothing_lost(results[True]) if is_large else None
        rows += [
            Row(f"compression, {place}: CPU per delivery",
                {"switchboard": spread(cpu(results[True]), unit="us") + "; plain: " + spread(cpu(results[False]), unit="us")},
                f"{spread(price)} x plain{caveat(results[True])}",
                "at most 1.1 x plain" if is_large else "each message is compressed once for 10 members", met),
            Row("the same: bytes on the wire per delivery",
                {"switchboard": f"{wire[True]:.0f}; plain: {wire[False]:.0f}"}, f"{wire[True] / wire[False]:.2f} x plain", "", None),
            Row("the same: memory per connection", {"switchboard": f"{memory[True]:.2f} KB; plain: {memory[False]:.2f} KB"},
                f"{memory[True] / memory[False]:.2f} x plain", "", None)]
    return rows
