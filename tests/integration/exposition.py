"""Reads the Prometheus text exposition format 0.0.4 as strictly as its description and the conventions for names allow.

problems(text) says everything that is wrong with it, one sentence each; samples(text) gives the values. It is what
`promtool check metrics` looks for and more, without the package that brings a whole Prometheus."""

import math
import re

TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}
METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
# A value as Go reads a float, without its forms that nobody writes (hexadecimal, underscores).
VALUE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|NaN|[+-]?Inf")
TIMESTAMP = re.compile(r"-?[0-9]+")
NOT_BASE_UNITS = re.compile(r"_(milliseconds?|ms|microseconds?|us|nanoseconds?|ns|minutes?|hours?|days?|kilobytes?|kib|kb|megabytes?|"
                            r"mib|mb|gigabytes?|bits?|percent)(_|$)")


class Family:
    def __init__(self, name):
        self.name = name
        self.help = None
        self.type = None
        self.samples = []  # (suffix, labels as a tuple of pairs, value)

    def suffixes(self):
        return {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}.get(self.type, ("",))


class Reader:
    def __init__(self, text):
        self.problems = []
        self.families = {}
        self.current = None
        if text and not text.endswith("\n"):
            self.problems.append("the last line does not end")
        if "\r" in text:
            self.problems.append("there is a carriage return")
        for number, line in enumerate(text.split("\n")[:-1], 1):
            self.at = f"line {number}"
            if line.startswith("# HELP ") or line.startswith("# TYPE "):
                self.about(line[2:6], line[7:])
            elif line and not line.startswith("#"):
                self.sample(line)
        for family in self.families.values():
            self.at = family.name
            self.lint(family)

    def problem(self, text):
        self.problems.append(f"{self.at}: {text}")

    def enter(self, name):
        """The family that what follows belongs to; its lines must stand together."""
        if self.current is None or self.current.name != name:
            if name in self.families:
                self.problem(f"the lines of {name} do not stand together")
            self.current = self.families.setdefault(name, Family(name))
        return self.current

    def about(self, what, rest):
        name, _, text = rest.partition(" ")
        if not METRIC_NAME.fullmatch(name):
            return self.problem(f"{name!r} is no name")
        family = self.enter(name)
        if family.samples:
            self.problem(f"{what} of {name} comes behind its samples")
        if what == "HELP":
            if family.help is not None:
                self.problem(f"a second HELP of {name}")
            if not re.fullmatch(r"(?:[^\\]|\\[\\n])*", text):
                self.problem(f"the HELP of {name} has a backslash that escapes nothing")
            family.help = text
        else:
            if family.type is not None:
                self.problem(f"a second TYPE of {name}")
            if text not in TYPES:
                self.problem(f"{text!r} is no type")
            family.type = text
        return None

    def sample(self, line):
        match = METRIC_NAME.match(line)
        if not match:
            return self.problem("it does not begin with a name")
        name, at, labels = match[0], match.end(), []
        if line[at : at + 1] == "{":
            at += 1
            while label := LABEL.match(line, at):
                labels.append((label[1], label[2]))
                at = label.end()
                if line[at : at + 1] != ",":
                    break
                at += 1
            if line[at : at + 1] != "}":
                return self.problem("its labels cannot be read")
            at += 1
        parts = line[at:].split(" ")
        if parts[0] or not 2 <= len(parts) <= 3 or not VALUE.fullmatch(parts[1]):
            return self.problem("behind its name stands no value")
        if len(parts) == 3 and not TIMESTAMP.fullmatch(parts[2]):
            return self.problem("its time is no whole number")
        family, suffix = self.family_of(name)
        names = [label for label, _ in labels]
        if len(set(names)) < len(names):
            self.problem(f"{name} has a label twice")
        if any(label.startswith("__") for label in names):
            self.problem(f"{name} has a label that begins with __")
        entry = (suffix, tuple(sorted(labels)), float(parts[1]))
        if any(entry[:2] == known[:2] for known in family.samples):
            self.problem(f"a second sample of {name} with the same labels")
        family.samples.append(entry)
        return None

    def family_of(self, name):
        if self.current is not None and name.startswith(self.current.name):
            suffix = name[len(self.current.name) :]
            if suffix in self.current.suffixes():
                return self.current, suffix
        return self.enter(name), ""

    def lint(self, family):
        name = family.name
        if not family.help:
            self.problem("no HELP")
        if family.type in (None, "untyped"):
            self.problem("no TYPE")
        if not family.samples:
            self.problem("no samples")
        if re.search(r"[A-Z:]", name):
            self.problem("a name is in lower case, with underscores")
        if NOT_BASE_UNITS.search(name):
            self.problem("its unit is not a base unit (seconds, bytes, ratio)")
        if (family.type == "counter") != name.endswith("_total"):
            self.problem("counters, and they alone, end in _total")
        if family.type != "histogram" and re.search(r"_(bucket|sum|count)$", name):
            self.problem("the ending is a histogram's")
        for suffix, labels, value in family.samples:
            if family.type == "counter" and not 0 <= value < math.inf:
                self.problem(f"{value} is no count")
            if suffix != "_bucket" and any(label == "le" for label, _ in labels):
                self.problem("`le` is for buckets only")
        if family.type == "histogram":
            self.histograms(family)

    def histograms(self, family):
        series = {}
        for suffix, labels, value in family.samples:
            rest = tuple(pair for pair in labels if pair[0] != "le")
            parts = series.setdefault(rest, {"_bucket": [], "_sum": None, "_count": None})
            if suffix == "_bucket":
                bound = dict(labels).get("le")
                if bound is None or not VALUE.fullmatch(bound):
                    self.problem("a bucket without a bound")
                else:
                    parts["_bucket"].append((float(bound), value))
            else:
                parts[suffix] = value
        for parts in series.values():
            buckets = parts["_bucket"]
            if parts["_sum"] is None or parts["_count"] is None:
                self.problem("a histogram without its sum or count")
            if [bound for bound, _ in buckets] != sorted({bound for bound, _ in buckets}):
                self.problem("its bounds do not grow")
            if any(later[1] < earlier[1] for earlier, later in zip(buckets, buckets[1:])):
                self.problem("its buckets do not add up")
            if not buckets or buckets[-1][0] != math.inf:
                self.problem("no bucket for +Inf")
            elif buckets[-1][1] != parts["_count"]:
                self.problem("its count is not that of the last bucket")


def problems(text):
    return Reader(text).problems
