#!/usr/bin/env bash
# Library:   SQLite 3.54.1 (apsw 3.54.1.0 from PyPI).
# Question:  in WAL mode with synchronous=FULL, is a transaction that sets a row to the value it has a way to find out whether the
#            disk takes writes (or to bring earlier commits made with synchronous=NORMAL to it)? It reports one changed row.
# The guess: yes. An UPDATE writes its row whatever was there, so the commit appends a frame to the log and syncs it; this is how the
#            "touch a row" probes of health checks are written.
# Seen:      no. changes() says 1 and COMMIT succeeds, but the row's bytes are compared with those on the page, and nothing is
#            written: no frame in the log, no fsync, and data_version of other connections stays. It holds for UPDATE and for an
#            upsert, with and without rowid; INSERT OR REPLACE, which removes the row first, does write. On a disk that takes no
#            write at all the probe succeeds; with another value it is written and synced, or raises FullError.
#
# usage: findings/sqlite_update_same_value.sh
# Needs python3 with venv. Exits 1 if the behaviour is not as stated.
set -euo pipefail

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
cd "$temp"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check apsw==3.54.1.0

cat >probe.py <<'P'
import apsw

seen = {"writes": 0, "syncs": 0}
disk = {"full": False}


class CountingFile(apsw.VFSFile):
    def __init__(self, name, flags):
        self.is_log = bool(flags[0] & apsw.SQLITE_OPEN_WAL)
        super().__init__("", name, flags)

    def xWrite(self, data, offset):
        if self.is_log:
            seen["writes"] += 1
            if disk["full"]:
                raise apsw.FullError("no space")
        super().xWrite(data, offset)

    def xSync(self, flags):
        seen["syncs"] += self.is_log
        super().xSync(flags)


class CountingDisk(apsw.VFS):
    def __init__(self):
        super().__init__("counting", "")

    def xOpen(self, name, flags):
        return CountingFile(name, flags)


counting = CountingDisk()
print("SQLite", apsw.sqlite_lib_version())
results = {}
for kind in ("", " WITHOUT ROWID"):
    db = apsw.Connection("rowid.db" if not kind else "without.db", vfs="counting")
    other = apsw.Connection(db.filename)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"CREATE TABLE probe(id INTEGER PRIMARY KEY, value){kind}")
    db.execute("INSERT INTO probe VALUES(1, 1)")
    for name, sql in [
        ("UPDATE, same value", "UPDATE probe SET value = 1 WHERE id = 1"),
        ("upsert, same value", "INSERT INTO probe VALUES(1, 1) ON CONFLICT(id) DO UPDATE SET value = excluded.value"),
        ("INSERT OR REPLACE, same value", "INSERT OR REPLACE INTO probe VALUES(1, 1)"),
        ("UPDATE, another value", "UPDATE probe SET value = value + 1 WHERE id = 1"),
    ]:
        version = other.execute("PRAGMA data_version").get
        before = dict(seen)
        db.execute("BEGIN IMMEDIATE")
        db.execute(sql)
        changes = db.changes()
        db.execute("COMMIT")
        results[name + kind] = (changes, seen["writes"] - before["writes"] > 0, seen["syncs"] - before["syncs"] > 0,
                                other.execute("PRAGMA data_version").get != version)
        print(f"{name + kind:45} changes() {changes}  log written {results[name + kind][1]}  synced {results[name + kind][2]}"
              f"  data_version moved {results[name + kind][3]}")
    disk["full"] = True
    for name, sql in [("same", "UPDATE probe SET value = value WHERE id = 1"), ("another", "UPDATE probe SET value = value + 1 WHERE id = 1")]:
        try:
            db.execute(sql)
            results["full, " + name + kind] = "succeeds"
        except apsw.FullError:
            results["full, " + name + kind] = "FullError"
        print(f"the disk is full, UPDATE to {name + kind}: {results['full, ' + name + kind]}")
    disk["full"] = False
    other.close()
    db.close()

idle, busy = (1, False, False, False), (1, True, True, True)
stated = {}
for kind in ("", " WITHOUT ROWID"):
    stated |= {"UPDATE, same value" + kind: idle, "upsert, same value" + kind: idle, "INSERT OR REPLACE, same value" + kind: busy,
               "UPDATE, another value" + kind: busy, "full, same" + kind: "succeeds", "full, another" + kind: "FullError"}
if results != stated:
    raise SystemExit("not as stated")
P
venv/bin/python probe.py
