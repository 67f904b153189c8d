"""Rows of the table, and the statistics in them: medians with their ranges, ratios round by round."""

import dataclasses
import statistics


@dataclasses.dataclass
class Row:
    """One line: what was measured, each server's figure, the ratio that the goal is about, and whether it is met."""

    measure: str
    figures: dict  # server kind -> text
    ratio: str
    goal: str
    met: bool

    def as_json(self):
        return dataclasses.asdict(self)


def spread(values, form="{:.2f}", unit=""):
    """Median and range: `6.91 (6.70 to 7.20) us`; a single value stands alone."""
    middle = form.format(statistics.median(values))
    if len(values) > 1:
        middle += f" ({form.format(min(values))} to {form.format(max(values))})"
    return middle + (f" {unit}" if unit else "")


def ratios(ours, theirs):
    """Round by round, because neighbours in time share the machine's mood."""
    return [mine / other for mine, other in zip(ours, theirs) if other]


def at_most(values, limit):
    return bool(values) and statistics.median(values) <= limit


def at_least(values, limit):
    return bool(values) and statistics.median(values) >= limit


def pick(results, *path):
    """The value at `path` of every result."""
    values = []
    for result in results:
        for key in path:
            result = result[key]
        values.append(result)
    return values


def caveat(results):
    """What a reader must know of the runs behind a row, or nothing."""
    notes = []
    if any(result["client_was_the_limit"] for result in results):
        notes.append("the client's core was above 80 % busy")
    if any(result["disturbed"] for result in results):
        notes.append("other programs were running")
    if any(result["closed"] for result in results):
        notes.append("connections were closed")
    return f"; {', '.join(notes)}" if notes else ""
