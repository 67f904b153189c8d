// What one shard has done and holds. Written by its thread alone, read by any without a lock: sums over shards are
// taken by who reads them. A counter that is declared here is exported: `base/counter.h`.
#pragma once

#include <array>
#include <cstdint>

#include "api/stats.h"
#include "base/counter.h"
#include "base/shared_histogram.h"
#include "net/tls_stats.h"
#include "session/stats.h"

namespace switchboard::shard {

/// Connections ended, by close code. Clients may close with any code: those outside the table are `other`. Connections
/// that never became WebSockets are `http`.
class EndingCounts {
 public:
  static constexpr std::array<std::uint16_t, 22> kCodes = {1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009,
                                                           1010, 1011, 4000, 4001, 4003, 4004, 4100, 4101,
                                                           4102, 4103, 4200, 4201, 4202, 4203};
  explicit EndingCounts(MetricList& metrics);

  void add(std::uint16_t code);
  std::uint64_t value(std::size_t index) const { return counts_[index].value(); }
  std::uint64_t other() const { return counts_[kOther].value(); }
  std::uint64_t http() const { return counts_[kHttp].value(); }

 private:
  static constexpr std::size_t kOther = kCodes.size();
  static constexpr std::size_t kHttp = kOther + 1;

  CounterFamily<kHttp + 1> counts_;
};

struct ShardStats {
  static constexpr MetricFamily kSlowClients{
      "switchboard_slow_clients_total", MetricType::kCounter,
      "Times that a member fell further behind than the room's backlog, by what became of it."};

  ShardStats();

  MetricList metrics;

  Gauge connections{metrics, "switchboard_connections", "Connections open now."};
  Counter connections_total{metrics, "switchboard_connections_total", "Connections accepted."};
  Counter connections_refused{
      metrics, "switchboard_connections_refused_total",
      "Connections closed at once, without a word, because too many were over a limit already."};
  Counter deliveries{metrics, session::kMessagesSent, metric_label("kind", "room")};
  Counter bytes_sent{metrics, "switchboard_sent_bytes_total", "Bytes written to sockets."};
  Counter sends{metrics, "switchboard_sends_total", "System calls that wrote to sockets; one carries many messages."};
  Counter blocked{metrics, "switchboard_sends_blocked_total", "Times that a socket took less than was waiting for it."};
  // Slow members: by the policy `skip`, the messages they were not sent and how often one was moved on; by the policy
  // `disconnect`, how many were.
  Counter lagged_messages{
      metrics,
      {"switchboard_dropped_messages_total", MetricType::kCounter, "Room messages that a member was not sent."},
      metric_label("reason", "slow_client")};
  Counter lagged_events{metrics, kSlowClients, metric_label("action", "skip")};
  Counter too_slow{metrics, kSlowClients, metric_label("action", "disconnect")};
  Gauge replays{metrics, "switchboard_replays", "Members that are being sent their room's history now."};
  Counter replays_total{
      metrics, "switchboard_replays_total",
      "Replays begun: joins that asked for history, and members that had fallen behind a room with history."};
  Counter replay_pages{metrics, "switchboard_replay_pages_total", "Pages of history given to replays."};
  Counter replay_messages{metrics, "switchboard_replay_messages_total",
                          "Messages that replays have written; switchboard_messages_sent_total has them, too."};
  Counter replay_gaps{
      metrics, "switchboard_replay_gaps_total",
      "Times that a replay went on without some messages, because they were trimmed meanwhile or could not be read."};
  Gauge home_rooms{metrics, "switchboard_rooms", "Rooms that exist now."};  // whose home this is
  Gauge views{metrics, "switchboard_room_views",
              "Rooms with members, counted once on every shard that has some, and once more where some read it "
              "compressed."};
  Gauge members{metrics, "switchboard_members", "Memberships: connections in rooms, one for each room they are in."};
  Gauge log_bytes{metrics, "switchboard_room_log_bytes", "Memory held by the rooms' messages."};
  Gauge outbox_bytes{metrics, "switchboard_outbox_bytes",
                     "Memory held by what waits for single clients: answers, pushes, pongs."};
  Counter shed{metrics, "switchboard_clients_shed_total",
               "Connections ended because they took nothing while all that waits was over limits.outbox_bytes_max."};
  Counter log_trims{metrics, "switchboard_room_log_trims_total",
                    "Times that a room's messages were cut because all rooms together were over limits.log_bytes_max."};
  Counter commits{metrics, "switchboard_commits_total", "Messages that rooms have put in order."};
  // Of these, what went to users. A sender's own copies do not count but as deliveries.
  Counter directs{metrics, "switchboard_direct_messages_total", "Messages from user to user that were committed."};
  Counter directs_to_nobody{metrics, "switchboard_direct_messages_to_nobody_total",
                            "Of these, the ones whose user had no connection at the time."};
  Counter directs_addressed{metrics, "switchboard_direct_deliveries_total",
                            "Connections that direct messages were given to."};
  Counter duplicates{
      metrics, "switchboard_duplicates_total",
      "Publishes that repeated an earlier one under the same dedup key: acknowledged, not committed again."};
  Counter publishes_failed{metrics, "switchboard_publishes_failed_total",
                           "Publishes refused because the room's messages could not be kept."};
  Counter publishes_delayed{
      metrics, "switchboard_publishes_delayed_total",
      "Publishes told unavailable because their outcome took too long; most are committed later."};
  Counter pages_read{metrics, "switchboard_history_pages_read_total", "Pages of history that were read."};
  Counter pages_shared{metrics, "switchboard_history_pages_shared_total",
                       "Pages of history that needed no read, because others wanted the same."};
  Counter compressed{metrics, "switchboard_messages_compressed_total",
                     "Messages of rooms that were compressed, once each for all members who read them so."};
  Counter compressed_bytes_before{metrics, "switchboard_compression_input_bytes_total",
                                  "Bytes of those messages before."};
  Counter compressed_bytes_after{metrics, "switchboard_compression_output_bytes_total",
                                 "Bytes of those messages after."};
  Gauge presence_rooms{metrics, "switchboard_presence_rooms",
                       "Rooms whose members are known by user, because somebody asked."};
  Gauge presence_views{
      metrics, "switchboard_presence_views",
      "Rooms of which shards report to such a room's home who is in them there, counted once on every shard."};
  Counter presence_pushes{metrics, "switchboard_presence_pushes_total",
                          "Changes of who is in a room that were made known, counted once for all who are told."};
  Gauge presence_watchers{metrics, "switchboard_presence_watchers", "Memberships that are told who comes and goes."};
  Counter hooks_asked{metrics, "switchboard_hooks_total", "Questions to the back end before a client was obeyed."};
  Counter hooks_refused{metrics, "switchboard_hooks_refused_total",
                        "Connections and commands that were not allowed, for the answer or for want of one."};
  Counter hooks_down{metrics, "switchboard_hooks_unanswered_total",
                     "Questions that nobody has answered as they should."};
  Counter waits{metrics, "switchboard_mailbox_waits_total",
                "Commands that had to wait because another shard's mailbox was full."};
  Counter accept_pauses{metrics, "switchboard_accept_pauses_total",
                        "Times that accepting paused for want of file descriptors."};
  net::TlsStats tls{metrics};
  api::ApiStats api{metrics};
  EndingCounts endings{metrics};
  SharedHistogram loop_lag;  // ns
  SharedHistogram fan_out;   // ns, up to the end of the lap that served the message's room
};

}  // namespace switchboard::shard
