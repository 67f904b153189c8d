// [rooms.NAME], [history], [direct]: what rooms are allowed, and where their messages are kept.
#include "config/setting_builders.h"
#include "config/setting_checks.h"
#include "config/setting_groups.h"

namespace switchboard::config {
namespace {

constexpr std::string_view kPolicyNames[] = {"skip", "disconnect"};
constexpr std::string_view kDurabilityNames[] = {"process", "power"};
constexpr std::string_view kBackendNames[] = {"sqlite", "memory"};
constexpr std::string_view kVacuumNames[] = {"incremental", "none"};
constexpr std::string_view kDirectNames[] = {"all", "none"};

}  // namespace

void add_rooms(std::vector<Setting>& out) {
  out.push_back(integer("rooms", "backlog_bytes", SB_FIELD(room.backlog_bytes), 4 * kKiB, kGiB, "bytes", kReload,
                        "How far behind a member may fall, in encoded bytes."));
  out.push_back(integer("rooms", "backlog_messages", SB_FIELD(room.backlog_messages), 1, 10'000'000, "messages",
                        kReload, "How far behind a member may fall, in messages."));
  out.push_back(integer("rooms", "members_max", SB_FIELD(room.members_max), 1, 100'000'000, "members", kReload,
                        "Members of one room; more get `room_full`."));
  out.push_back(choice<kPolicyNames>("rooms", "slow_client", SB_FIELD(room.slow_client), kReload,
                                     "What becomes of a member that has fallen further behind than the backlog: "
                                     "\"skip\" goes on from the oldest message still there and says what was missed "
                                     "(in a room with history it is sent what it missed instead), "
                                     "\"disconnect\" closes the connection with 4101."));
  out.push_back(plain("rooms", "history", SB_FIELD(room.history), nullptr, kRestart,
                      "Whether the rooms' messages are kept: for `since`, `last` and `history`, and for members that "
                      "fall behind."));
  out.push_back(integer("rooms", "history_messages", SB_FIELD(room.retention.messages), 1, 100'000'000, "messages",
                        kReload, "How many messages of one room are kept; the oldest go first."));
  out.push_back(integer("rooms", "history_bytes", SB_FIELD(room.retention.bytes), 4 * kKiB, 1'024 * kGiB, "bytes",
                        kReload, "How much of one room is kept, in bytes of contents and senders."));
  out.push_back(integer("rooms", "history_seconds", SB_FIELD(room.retention.seconds), 1, 315'360'000, "seconds",
                        kReload, "How long a message is kept. 86400 is a day."));
  out.push_back(choice<kDurabilityNames>(
      "rooms", "durability", SB_FIELD(room.durability), kReload,
      "What a message survives once it was sent to anybody or acknowledged: \"process\" the end of the server, however "
      "it comes; \"power\" the end of the machine, too: it is on the disk first, which takes longer."));
  out.push_back(plain("rooms", "presence", SB_FIELD(room.presence), nullptr, kReload,
                      "Whether members may ask who is in the room."));
  out.push_back(
      integer("rooms", "presence_grace_ms", SB_FIELD(room.presence_grace_ms), 0, kHourMs, "milliseconds", kReload,
              "How long a user whose last connection has gone still counts as being there: a reload of a page "
              "is no coming and going."));
  out.push_back(integer("rooms", "presence_window_ms", SB_FIELD(room.presence_window_ms), 0, 60'000, "milliseconds",
                        kReload, "Changes that come so soon after one another are told together."));
  out.push_back(
      integer("rooms", "presence_pushes_per_second", SB_FIELD(room.presence_pushes_per_second), 1, 1'000'000'000,
              "pushes", kReload,
              "Pushes about who comes and goes, of one room to all that watch it; in a room with many watchers "
              "they come more seldom, and tell more at once."));
  out.push_back(plain("rooms", "echo", SB_FIELD(room.echo), nullptr, kReload,
                      "Whether who broadcasts gets the message, too, when the command does not say."));
  out.push_back(plain("rooms", "publish_from_outside", SB_FIELD(room.publish_from_outside), nullptr, kReload,
                      "Whether one may broadcast to the room without having joined it."));
  out.push_back(plain("rooms", "hook_join", SB_FIELD(room.hook_join), nullptr, kReload,
                      "Whether the back end is asked before somebody joins ([hooks])."));
  out.push_back(plain("rooms", "hook_publish", SB_FIELD(room.hook_publish), nullptr, kReload,
                      "Whether the back end is asked before a client's message is published ([hooks])."));
  out.push_back(
      rights("rooms", "allow", SB_FIELD(room.allow), kReload,
             "Where there is authentication: what every user with a token may in these rooms, besides what the "
             "token says: join, publish, history, presence."));
  out.push_back(rights("rooms", "allow_anonymous", SB_FIELD(room.allow_anonymous), kReload,
                       "The same for clients without a token, where these are let in (auth.anonymous)."));
}

void add_history(std::vector<Setting>& out) {
  out.push_back(choice<kBackendNames>(
      "history", "backend", SB_FIELD(config.history.backend), kRestart,
      "Where messages are kept: \"sqlite\" is a file, \"memory\" is gone with the process. Without a data directory "
      "(server.data = \"\") it is \"memory\"."));
  out.push_back(plain("history", "file", SB_FIELD(config.history.sqlite.file), problem_with_path, kRestart,
                      "The file, in server.data unless the path begins with '/'; beside it its write-ahead log. On a "
                      "local disk, never on a network file system."));
  out.push_back(integer("history", "store_bytes_max", SB_FIELD(config.history.sqlite.store_bytes_max), 16 * kMiB,
                        1'024 * kGiB, "bytes", kRestart,
                        "Size of the file, with everything in it; towards it the oldest messages of those go who wrote "
                        "most. Its disk must have this and some more."));
  out.push_back(choice<kVacuumNames>(
      "history", "vacuum", SB_FIELD(config.history.sqlite.vacuum), kRestart,
      "What becomes of space in the file that removed messages leave: \"incremental\" gives it back to the file system "
      "little by little, \"none\" keeps it for messages to come."));
  out.push_back(integer("history", "dedup_window_ms", SB_FIELD(config.history.sqlite.dedup_window_ms), 1'000,
                        24 * kHourMs, "milliseconds", kRestart,
                        "How long a repetition is known by its `dedup`, at least; up to twice as long. Longer than any "
                        "client tries again."));
  out.push_back(integer("history", "commit_wait_ms", SB_FIELD(config.shard.history.commit_wait_ms), 10, kHourMs,
                        "milliseconds", kReload,
                        "How long a publisher, or who joins, waits for the store; then it is told `unavailable`. The "
                        "message may be committed all the same: who tries again should say `dedup`."));
  out.push_back(integer("history", "dedup_records_max", SB_FIELD(config.history.sqlite.dedup_records_max), 1'000,
                        100'000'000, "keys", kRestart,
                        "Values of `dedup` that are known at once; with more the window is shorter."));
  out.push_back(integer("history", "batch_messages_max", SB_FIELD(config.history.sqlite.batch_messages_max), 1, 65'536,
                        "messages", kRestart, "Messages in one transaction."));
  out.push_back(integer("history", "batch_bytes_max", SB_FIELD(config.history.sqlite.batch_bytes_max), 4 * kKiB, kGiB,
                        "bytes", kRestart, "The same in bytes, about; one message always fits."));
  out.push_back(
      integer("history", "pending_bytes_max", SB_FIELD(config.history.sqlite.pending_bytes_max), kMiB, 64 * kGiB,
              "bytes", kRestart,
              "Messages of one shard's connections that wait to be committed; who sends more waits until some "
              "are. Half of it is for connections that have nothing under way."));
  out.push_back(integer("history", "replays_max", SB_FIELD(config.shard.replays_max), 1, 1'000'000, "members", kReload,
                        "Members on one shard that are given a page of history at once; the others wait for their "
                        "turn."));
  out.push_back(integer("history", "page_cache_bytes", SB_FIELD(config.shard.history.page_cache_bytes), 0, 1'024 * kGiB,
                        "bytes", kReload,
                        "Memory for pages of history that were read a moment ago, over all shards: members who resume "
                        "together share them."));
  out.push_back(integer("history", "memory_bytes_max", SB_FIELD(config.shard.history.memory.bytes_max), kMiB,
                        1'024 * kGiB, "bytes", kReload,
                        "Memory that history kept in memory takes, over all shards; above it the largest rooms lose "
                        "their oldest first, and where all are small, rooms without members go."));
}

void add_direct(std::vector<Setting>& out) {
  out.push_back(choice<kDirectNames>("direct", "allowed", SB_FIELD(config.shard.session.direct), kReload,
                                     "Who may write to whom: \"all\" lets every user write to every other, \"none\" "
                                     "nobody to anybody."));
}

}  // namespace switchboard::config
