"""The generated part of docs/BENCHMARKS.md: the machine, the date and one table of all rows."""

import datetime
import os
import pathlib
import platform
import subprocess

BEGIN = "<!-- bench/compare writes from here -->"
END = "<!-- to here -->"
COLUMNS = (("switchboard", "Switchboard"), ("floor", "floor"), ("bun", "Bun"), ("ws", "ws"))
VERDICTS = {True: "met", False: "**not met**", None: "-"}


def machine():
    """What the figures depend on; nothing that names this very machine."""
    model = "unknown CPU"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory_kb = int(pathlib.Path("/proc/meminfo").read_text().split()[1])
    return {"cpu": model, "cores": os.cpu_count(), "memory_gb": round(memory_kb / 2**20), "kernel": platform.release().split("-")[0]}


def versions(bun):
    def first_line(*command):
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.split("\n")[0].strip()
        except OSError:
            return ""

    return {"bun": first_line(str(bun), "--version"), "node": first_line("node", "--version")}


def markdown(report):
    host, peers = report["machine"], report["versions"]
    lines = [f"Measured on {report['date']}: {host['cores']} cores of {host['cpu']}, {host['memory_gb']} GB, Linux "
             f"{host['kernel']}. Peers: Bun {peers['bun']}, ws on Node {peers['node']}."]
    if report["quick"]:
        lines.append("A quick pass, with fewer connections and rounds than the goals are about.")
    lines += ["", "| measured | " + " | ".join(title for _, title in COLUMNS) + " | ratio | goal | |",
              "|---" * (len(COLUMNS) + 4) + "|"]
    for rows in report["measurements"].values():
        for row in rows:
            cells = [row["measure"], *(row["figures"].get(kind, "") for kind, _ in COLUMNS), row["ratio"], row["goal"],
                     VERDICTS[row["met"]]]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write_into(document, report):
    text = document.read_text()
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    document.write_text(f"{before}{BEGIN}\n{markdown(report)}\n{END}{after}")


def new_report(quick, bun):
    return {"date": datetime.date.today().isoformat(), "machine": machine(), "versions": versions(bun), "quick": quick,
            "measurements": {}}
