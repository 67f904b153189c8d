"""Every measurement by its name, in the order of the table."""

from comparison import bounds, floods, goals, history

MEASUREMENTS = {
    "fan-out": goals.fan_out,
    "large-room": goals.large_room,
    "saturated": goals.saturated,
    "bystanders": goals.bystanders,
    "small-rooms": goals.small_rooms,
    "idle-memory": goals.idle_memory,
    "join": goals.join_cost,
    "slow-readers": goals.slow_readers,
    "two-shards": goals.two_shards,
    "tls": goals.tls,
    "compression": goals.compression,
    "history": history.history,
    "floods": floods.floods,
    "bounds": bounds.bounds,
}
