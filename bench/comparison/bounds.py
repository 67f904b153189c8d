"""What a message costs with much of everything, at the limits, against what it costs with little of it."""

from comparison.history import run_json
from comparison.rows import Row

RATIO_MAX = 1.2


def bounds(setup):
    """10,000 rooms, connections, members, pages, ... and 1,000,000, in one process and in turn; nothing else runs."""
    result = run_json(setup, setup.server_cpu, "bounds_bench", "--json", "--rounds", max(setup.rounds, 3))
    return [Row(f"{result['few']:,} and {result['many']:,} {subject['about']}: CPU",
                {"switchboard": f"{subject['few_ns'] / 1000:.2f} and {subject['many_ns'] / 1000:.2f} us"},
                f"{subject['ratio']:.2f} x", f"at most {RATIO_MAX} x", subject["ratio"] <= RATIO_MAX)
            for subject in result["subjects"]]
