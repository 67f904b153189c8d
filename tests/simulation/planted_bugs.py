#!/usr/bin/env python3
"""Plants one bug at a time in a copy of the sources and demands that the simulation finds it.

A simulation that cannot fail is worse than none. Each bug is one textual change; when its `old` text is no longer found
exactly once this fails loudly, so that the table follows the code. Each takes a compiler's time, so one run tries a few
of them, chosen by the commit: three dozen commits try most of them. `--all` tries them all, `--only NAME` a single one, `--list`
names them.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

SHARES = 18

BUGS = [
    {
        "name": "a partial write is delivered again",
        "file": "src/shard/delivery.cpp",
        "old": "  member.cursor = position.frame.next();\n  stats_.deliveries.add();\n",
        "new": "  stats_.deliveries.add();\n",
    },
    {
        "name": "an entry is dropped at the end of a slice that used up its budget",
        "file": "src/shard/delivery.cpp",
        "old": "    budget = slice.bytes.size() > budget / 2 ? 0",
        "new": "    if (slice.bytes.size() > budget / 2 && member.cursor < until) member.cursor = member.cursor.next();\n    budget = slice.bytes.size() > budget / 2 ? 0",
    },
    {
        "name": "the remainder of a frame is forgotten when another room has bytes",
        "file": "src/shard/delivery.cpp",
        "old": "  if ((client.unfinished.room || !client.connection.outbox().empty()) && !flush(client)) return true;\n",
        "new": "  if (!client.connection.outbox().empty() && !flush(client)) return true;\n",
    },
    {
        "name": "the private queue is written into an unfinished frame",
        "file": "src/shard/delivery.cpp",
        "old": "  if (client.unfinished.room) {\n    RoomView* view = &views_.at(client.unfinished.room);\n",
        "new": "  if (client.unfinished.room && client.connection.outbox().empty()) {\n    RoomView* view = &views_.at(client.unfinished.room);\n",
    },
    {
        "name": "a trim frees what a socket still needs",
        "file": "src/shard/delivery.cpp",
        "old": "      if (room.pins()[i].frame < held) save_unfinished",
        "new": "      if (room.pins()[i].frame.next() < held) save_unfinished",
    },
    {
        "name": "a member that was moved on is told one number too few",
        "file": "src/shard/delivery.cpp",
        "old": ".to = Seq{to.value - 1}});",
        "new": ".to = Seq{to.value - 2}});",
    },
    {
        "name": "a member that was moved on is not told",
        "file": "src/shard/delivery.cpp",
        "old": "  client.session().on_lagged(client.session().memberships()[member.slot],\n                             {.room_id = view.room.id(), .from = member.cursor, .to = Seq{to.value - 1}});\n",
        "new": "",
    },
    {
        "name": "what a slow member missed is not counted",
        "file": "src/shard/delivery.cpp",
        "old": "  stats_.lagged_messages.add(distance(member.cursor, to));\n",
        "new": "",
    },
    {
        "name": "the cursor opens at the last entry instead of behind it",
        "file": "src/shard/membership_desk.cpp",
        "old": "    membership.member = view.room.add(session.id().index, slot, start.cursor);\n",
        "new": "    membership.member = view.room.add(session.id().index, slot, std::max(view.room.log.first(), Seq{start.cursor.value - 1}));\n",
    },
    {
        "name": "the cursor opens one entry late",
        "file": "src/shard/membership_desk.cpp",
        "old": "    membership.member = view.room.add(session.id().index, slot, start.cursor);\n",
        "new": "    membership.member = view.room.add(session.id().index, slot, start.cursor.next());\n",
    },
    {
        "name": "the member moved by a leave keeps its old index",
        "file": "src/shard/members.cpp",
        "old": "  membership.member = index;\n",
        "new": "",
    },
    {
        "name": "the home is not told of who left while its join was under way",
        "file": "src/shard/membership_desk.cpp",
        "old": "      homes_.leave(*view, result.home_room);\n",
        "new": "",
    },
    {
        "name": "a view stays after its last member",
        "file": "src/shard/membership_desk.cpp",
        "old": "begin it anew\n  }\n  members_.drop_if_unused(membership.room);\n",
        "new": "begin it anew\n  }\n",
    },
    {
        "name": "a message without echo is kept from nobody",
        "file": "src/shard/home_rooms.cpp",
        "old": "!publish.echo && is_origin ? publish.origin.connection : SlotId{}",
        "new": "!publish.echo && is_origin && false ? publish.origin.connection : SlotId{}",
    },
    {
        "name": "a message without echo is kept from whoever has that slot on other shards",
        "file": "src/shard/home_rooms.cpp",
        "old": "!publish.echo && is_origin ? publish.origin.connection : SlotId{}",
        "new": "!publish.echo ? publish.origin.connection : SlotId{}",
    },
    {
        "name": "writable again is not passed on",
        "file": "src/shard/shard.cpp",
        "old": "turn comes late\n  sweep_.want(*client);\n",
        "new": "turn comes late\n",
    },
    {
        "name": "a client stays marked as standing in line",
        "file": "src/shard/sweep.cpp",
        "old": "      client->ready = false;\n",
        "new": "",
    },
    {
        "name": "a room that was served stays marked as standing in line",
        "file": "src/shard/sweep.cpp",
        "old": "  view.in_sweep = false;\n",
        "new": "",
    },
    {
        "name": "a lap forgets the member that a leave moved",
        "file": "src/room/room.cpp",
        "old": "  if (lap_wanted() || !log.empty()) ask_for_lap();\n",
        "new": "",
    },
    {
        "name": "a leave is lost when the ring is full",
        "file": "src/shard/port.cpp",
        "old": "  if (!try_request(to, Request(leave))) waiting_leaves_[to].push_back(leave);\n",
        "new": "  try_request(to, Request(leave));\n",
    },
    {
        "name": "a pin that another one's end moved is not found again",
        "file": "src/shard/delivery.cpp",
        "old": "    other.pin = pin;\n",
        "new": "",
    },
    {
        "name": "requests are taken although their results may not fit",
        "file": "src/shard/port.cpp",
        "old": "free_slots() < 2) return false;",
        "new": "free_slots() < 1) return false;",
    },
    {
        "name": "a sleeping shard is not woken",
        "file": "src/shard/port.cpp",
        "old": "    exchange_.wake_if_asleep(to);\n",
        "new": "",
    },
    {
        "name": "a silent client is never closed",
        "file": "src/session/heartbeat.cpp",
        "old": "  if (alive_at_ < ping_at_) return Due::kGone;\n",
        "new": "",
    },
    {
        "name": "a blocked socket has all the time in the world",
        "file": "src/session/connection.cpp",
        "old": "  if (now >= outbox_.deadline(std::chrono::milliseconds(settings.write_timeout_ms))) {\n",
        "new": "  if (now >= outbox_.deadline(100 * std::chrono::milliseconds(settings.write_timeout_ms))) {\n",
    },
    {
        "name": "a full private queue does not stop reading",
        "file": "src/session/session.cpp",
        "old": "    if (is_outlet_full()) return wait(Wait::kOutlet, documents);\n",
        "new": "",
    },
    {
        "name": "left overtakes the acknowledgements before it",
        "file": "src/session/commands/gate.cpp",
        "old": "  return behind_answers(session);  // and a query needs the membership until it is answered\n",
        "new": "  return behind_query(session);\n",
    },
    {
        "name": "the backlog has no bound",
        "file": "src/room/room.cpp",
        "old": "  Seq keep = log.trim_point(settings_.backlog_bytes);\n",
        "new": "  Seq keep = log.first();\n",
    },
    {
        "name": "a compressed frame is not marked as one",
        "file": "src/wire/formatter.cpp",
        "old": "compressed_, ws::Encoding::kDeflated);",
        "new": "compressed_, ws::Encoding::kPlain);",
    },
    {
        "name": "a compressed frame begins with the one before it",
        "file": "src/wire/formatter.cpp",
        "old": "  deflated_frame_.clear();\n",
        "new": "",
    },
    {
        "name": "a leave is counted among the readers of the other format",
        "file": "src/shard/home_rooms.cpp",
        "old": "  if (--subscriber->members[wire::index_of(format)] == 0) {\n",
        "new": "  if (--subscriber->members[1 - wire::index_of(format)] == 0) {\n",
    },
    {
        "name": "where some read plain frames nobody is given compressed ones",
        "file": "src/shard/view_logs.cpp",
        "old": "    if (view) append_if_joined(view, seq, message, excluded);\n",
        "new": "    if (view) return append_if_joined(view, seq, message, excluded);\n",
    },
    {
        "name": "in a page of history each message is of the first one's sender",
        "file": "src/wire/json_writer.cpp",
        "old": "publication.sender == sender_ && ",
        "new": "",
    },
    {
        "name": "in a page of history nothing is counted up",
        "file": "src/wire/json_writer.cpp",
        "old": "      ++digit;\n",
        "new": "",
    },
    {
        "name": "all logs together have no bound",
        "file": "src/shard/view_logs.cpp",
        "old": "  if (chunks_.bytes_in_use() <= bytes_max) return;\n",
        "new": "  if (chunks_.bytes_in_use() <= bytes_max + (1u << 30)) return;\n",
    },
    {
        "name": "a replay skips the last message of a page",
        "file": "src/shard/delivery.cpp",
        "old": "  member.cursor = page.first.plus(next);\n",
        "new": "  member.cursor = page.first.plus(next + (next + 1 == page.size() ? 1 : 0));\n",
    },
    {
        "name": "caught up is said one message too early",
        "file": "src/shard/delivery.cpp",
        "old": "if (replay.owes_caught_up && member.cursor > replay.target)",
        "new": "if (replay.owes_caught_up && member.cursor >= replay.target)",
    },
    {
        "name": "a page's live messages come before caught_up",
        "file": "src/shard/delivery.cpp",
        "old": "  if (replay.owes_caught_up) until = std::min(until, replay.target.next());\n",
        "new": "",
    },
    {
        "name": "what retention took from a replay is not said to be missing",
        "file": "src/shard/delivery.cpp",
        "old": "  replay.is_complete = false;\n",
        "new": "",
    },
    {
        "name": "who resumes gets the last message that it has again",
        "file": "src/shard/replay_start.cpp",
        "old": "return {since.next(), Recovery::kRecovered};",
        "new": "return {std::max(since, head_first), Recovery::kRecovered};",
    },
    {
        "name": "a read of history that failed is not tried again",
        "file": "src/shard/replays.cpp",
        "old": "    replay->stage = Stage::kInLine;\n    line_.push_back(id);\n  }\n}",
        "new": "    replay->stage = Stage::kInLine;\n  }\n}",
    },
    {
        "name": "a page that was given up counts as held for ever",
        "file": "src/shard/replays.cpp",
        "old": "  holders_.pop_back();\n",
        "new": "  if (holders_.size() > 1) holders_.pop_back();\n",
    },
    {
        "name": "a history answer ends one message early",
        "file": "src/shard/history_queries.cpp",
        "old": "  while (from_ < std::min(until_, page.end())) {",
        "new": "  while (from_.next() < std::min(until_, page.end())) {",
    },
    {
        "name": "what was asked of the store stays in the drawer",
        "file": "src/broker/store_broker.cpp",
        "old": "  if (!std::exchange(is_flushed_, true)) store_.flush();\n",
        "new": "  if (!std::exchange(is_flushed_, true) && under_way_.size() > 3) store_.flush();\n",
    },
    {
        "name": "a publish that took too long is answered twice",
        "file": "src/broker/store_broker.cpp",
        "old": "    entry.origin.wants_ack = false;\n    entry.origin.counted_bytes = 0;\n    entry.origin.is_answered = true;\n",
        "new": "    entry.origin.counted_bytes = 0;\n",
    },
    {
        "name": "a number that does not follow on is taken for the next one",
        "file": "src/broker/store_topic.cpp",
        "old": "  if (!is_other && committed.seq == head_.last.next()) return false;\n",
        "new": "  if (!is_other) return false;\n",
    },
    {
        "name": "an epoch that the store does not name keeps its old name",
        "file": "src/broker/store_topic.cpp",
        "old": "  if (was_used) {\n",
        "new": "  if (store_epoch.empty()) {\n",
    },
    {
        "name": "a retry is committed once more",
        "file": "src/broker/memory/memory_broker.cpp",
        "old": "  if (const auto* first = first_of(topic, publish)) {",
        "new": "  if (const auto* first = first_of(topic, publish); first != nullptr && first->seq.value % 4 != 0) {",
    },
    {
        "name": "a room is forgotten with its last member",
        "file": "src/broker/memory/memory_broker.cpp",
        "old": "  closed_by_name_.emplace(closed->second.room_id, closed);\n",
        "new": "  if (topics_.size() > 1) closed_by_name_.emplace(closed->second.room_id, closed);\n",
    },
    {
        "name": "a session that is closed leaves its rooms under its caller",
        "file": "src/session/session.cpp",
        "old": "  is_leaving_ = true;\n  context_->host.on_over(*this);\n",
        "new": "  is_leaving_ = true;\n  context_->host.on_over(*this);\n  context_->host.leave_all(*this);\n",
    },
    {
        "name": "commands are obeyed that were put aside when the session was closed",
        "file": "src/session/connection.cpp",
        "old": "  return input_.is_waiting() && !session_.is_leaving() && ",
        "new": "  return input_.is_waiting() && ",
    },
    {
        "name": "a shard that took from a full ring does not wake who waited for room",
        "file": "src/shard/port.h",
        "old": "    if (taken > 0 && waiting + 1 >= much_of(ring)) note_push(from);\n",
        "new": "    (void)waiting;\n",
    },
    {
        "name": "input put aside for the others' turn is forgotten",
        "file": "src/shard/intake.cpp",
        "old": "  const bool goes_on = client.connection.can_resume() && !client.in_mailbox_line && !client.publishing.is_waiting;\n",
        "new": "  const bool goes_on = false;\n",
    },
    {
        "name": "members are not told that the numbers begin anew",
        "file": "src/shard/view_logs.cpp",
        "old": "      client.session().on_epoch_changed({.room_id = view->room.id(), .epoch = result.epoch, .seq = result.last});\n",
        "new": "",
    },
]


def find(tree, bug):
    """The file that the bug goes into, and its text."""
    path = tree / bug["file"]
    text = path.read_text()
    if text.count(bug["old"]) != 1:
        sys.exit(f'{bug["name"]}: its old text is {text.count(bug["old"])} times in {bug["file"]}; bring the table up to date')
    return path, text


def plant(tree, bug):
    path, text = find(tree, bug)
    path.write_text(text.replace(bug["old"], bug["new"]))
    return path, text


def build(folder):
    command = ["cmake", "--build", str(folder), "--target", "test_simulation"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"does not build:\n{done.stdout[-4000:]}")


def simulate(folder, seconds_max=120):
    """True when every promise was kept, and the last lines that it wrote."""
    try:
        done = subprocess.run([str(folder / "test_simulation"), "--gtest_fail_fast"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=seconds_max)
    except subprocess.TimeoutExpired:
        return False, "it hung"
    lines = [line for line in done.stdout.splitlines() if line.strip() and not line.startswith("[")]
    symptom = next((line for i, line in enumerate(lines) if i > 0 and lines[i - 1] == "Failed"), None)
    symptom = symptom or next((line for line in lines if "ssert" in line or "died" in line), lines[-1] if lines else "")
    return done.returncode == 0, symptom[:150]


def share_of_this_commit(bugs):
    """Every fifth bug; which fifth is the commit's chance, and the same whenever it is tried again."""
    head = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    first = int(head.stdout[:8] or "0", 16) % SHARES
    print(f"bugs {first + 1}, {first + 1 + SHARES}, ... of {len(bugs)}", flush=True)
    return bugs[first::SHARES]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--build", type=pathlib.Path, help="a folder to keep between runs (default: a temporary one)")
    options = parser.parse_args()
    if options.list:
        print("\n".join(bug["name"] for bug in BUGS))
        return
    for bug in BUGS:
        find(ROOT, bug)
    if options.only:
        bugs = [bug for bug in BUGS if bug["name"] == options.only]
    else:
        bugs = BUGS if options.all else share_of_this_commit(BUGS)
    with tempfile.TemporaryDirectory(prefix="planted-") as temporary:
        work = options.build or pathlib.Path(temporary)
        # As ./test builds it, but for the files that will change: each of those is compiled by itself.
        apart = ";".join(sorted({bug["file"] for bug in bugs if bug["file"].endswith(".cpp")}))
        tree, folder = work, work / "build" / "debug"
        tree.mkdir(parents=True, exist_ok=True)
        for entry in tree.iterdir():
            if entry.name != "build":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        # With the time stamps, so that a kept folder builds only what has changed.
        shutil.copytree(ROOT, tree, symlinks=True, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns(".*", "build*", "node_modules", "__pycache__"))
        subprocess.run(["cmake", "--preset", "debug", "-DSWITCHBOARD_APART=" + apart], cwd=tree, check=True, stdout=subprocess.DEVNULL)
        missed = []
        for bug in bugs:
            began = time.monotonic()
            path, text = plant(tree, bug)
            build(folder)
            is_clean, symptom = simulate(folder)
            path.write_text(text)
            print(f'{"MISSED" if is_clean else "found ":6} {time.monotonic() - began:5.1f} s  {bug["name"]}: {symptom}', flush=True)
            if is_clean:
                missed.append(bug["name"])
        build(folder)
        is_clean, symptom = simulate(folder)
        if not is_clean:
            sys.exit(f"the unchanged sources fail, so finding bugs means nothing: {symptom}")
        if missed:
            sys.exit("the simulation does not find: " + "; ".join(missed))


if __name__ == "__main__":
    main()
