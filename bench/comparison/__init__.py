"""The parts of bench/compare: servers to start, loads to run, goals to hold them against, the table to write."""
