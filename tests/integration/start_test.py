"""What the server finds in the place where it is started: the environment's variables, the processors it may use."""

import os
import unittest

from harness import Server

# For a Service called `switchboard` with one port Kubernetes puts these into every container of its namespace.
OF_A_SERVICE = {
    "SWITCHBOARD_SERVICE_HOST": "10.0.0.1", "SWITCHBOARD_SERVICE_PORT": "8080", "SWITCHBOARD_SERVICE_PORT_WS": "8080",
    "SWITCHBOARD_PORT": "tcp://10.0.0.1:8080", "SWITCHBOARD_PORT_8080_TCP": "tcp://10.0.0.1:8080",
    "SWITCHBOARD_PORT_8080_TCP_PROTO": "tcp", "SWITCHBOARD_PORT_8080_TCP_PORT": "8080",
    "SWITCHBOARD_PORT_8080_TCP_ADDR": "10.0.0.1",
}


class ControlGroup:
    """A control group with a CPU quota of its own, of whichever version can be made here."""

    PARENTS = [("/sys/fs/cgroup", {"cpu.max": "{quota} 100000"}),
               ("/sys/fs/cgroup/unified", {"cpu.max": "{quota} 100000"}),
               ("/sys/fs/cgroup/cpu", {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "{quota}"}),
               ("/sys/fs/cgroup/cpu,cpuacct", {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "{quota}"})]

    def __init__(self, quota_us):
        for parent, files in self.PARENTS:
            self.path = f"{parent}/switchboard-test-{os.getpid()}"
            try:
                os.mkdir(self.path)
            except OSError:
                continue
            try:
                if not os.path.exists(f"{self.path}/cgroup.procs"):
                    raise FileNotFoundError("an ordinary folder")
                for name, text in files.items():
                    with open(f"{self.path}/{name}", "w", encoding="ascii") as file:
                        file.write(text.format(quota=quota_us))
                return
            except OSError:
                os.rmdir(self.path)
        raise unittest.SkipTest("no control group can be made here")

    def enter(self):
        with open(f"{self.path}/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(os.getpid()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.rmdir(self.path)


class Start(unittest.TestCase):
    def test_variables_of_a_service_called_like_us_do_not_stop_it(self):
        with Server(environment=OF_A_SERVICE) as server:
            self.assertEqual(server.get("/readyz"), (200, "ready\n"))

    def test_a_misspelt_variable_of_ours_stops_it(self):
        server = Server(environment=OF_A_SERVICE | {"SWITCHBOARD_HEARTBEAT_PING_INTERVALL_MS": "1000"})
        try:
            self.assertNotEqual(server.wait(), 0)
            self.assertEqual(len([line for line in server.lines if "unknown variable" in line]), 1, server.lines)
            self.assertIn("SWITCHBOARD_HEARTBEAT_PING_INTERVAL_MS", server.lines[-1])
        finally:
            server.__exit__()

    @unittest.skipIf(len(os.sched_getaffinity(0)) < 2, "needs two processors")
    def test_by_default_there_is_a_shard_for_each_processor_it_may_run_on(self):
        allowed = sorted(os.sched_getaffinity(0))
        for count in (1, len(allowed)):
            with Server(shards=0, prepare=lambda: os.sched_setaffinity(0, allowed[:count])) as server:
                self.assertEqual(server.metric("switchboard_shards"), min(count, 64))

    @unittest.skipIf(len(os.sched_getaffinity(0)) < 2, "needs two processors")
    def test_by_default_a_quota_counts_rounded_up(self):
        for quota_us, shards in ((50_000, 1), (100_000, 1), (110_000, 2)):
            with ControlGroup(quota_us) as group:
                with Server(shards=0, prepare=group.enter) as server:
                    self.assertEqual(server.metric("switchboard_shards"), shards)

    def test_who_says_how_many_shards_gets_them(self):
        with Server(shards=3, prepare=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})) as server:
            self.assertEqual(server.metric("switchboard_shards"), 3)


if __name__ == "__main__":
    unittest.main()
