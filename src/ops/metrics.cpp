#include "ops/metrics.h"

#include <algorithm>
#include <variant>

#include "base/version.h"
#include "ops/metrics_writer.h"
#include "protocol/error.h"

namespace switchboard::ops {
namespace {

using Type = MetricsWriter::Type;
using Shard = shard::ShardStats;
using Sessions = session::SessionStats;

/// A family of one sample that is a counter's sum over all shards.
struct Plain {
  std::string_view name;
  Type type;
  std::string_view help;
  std::variant<Counter Shard::*, Counter Sessions::*> counter;
};

constexpr Plain kPlain[] = {
    {"switchboard_connections", Type::kGauge, "Connections open now.", &Shard::connections},
    {"switchboard_connections_total", Type::kCounter, "Connections accepted.", &Shard::connections_total},
    {"switchboard_connections_refused_total", Type::kCounter,
     "Connections closed at once, without a word, because too many were over a limit already.",
     &Shard::connections_refused},
    {"switchboard_accept_pauses_total", Type::kCounter, "Times that accepting paused for want of file descriptors.",
     &Shard::accept_pauses},
    {"switchboard_handshakes_total", Type::kCounter, "WebSocket handshakes completed.", &Sessions::handshakes},
    {"switchboard_handshakes_refused_total", Type::kCounter, "Requests answered with an HTTP error.",
     &Sessions::handshakes_refused},
    {"switchboard_pages_total", Type::kCounter, "Plain HTTP requests served.", &Sessions::pages},
    {"switchboard_rooms", Type::kGauge, "Rooms that exist now.", &Shard::home_rooms},
    {"switchboard_room_views", Type::kGauge,
     "Rooms with members, counted once on every shard that has some, and once more where some read it compressed.",
     &Shard::views},
    {"switchboard_members", Type::kGauge, "Memberships: connections in rooms, one for each room they are in.",
     &Shard::members},
    {"switchboard_room_log_bytes", Type::kGauge, "Memory held by the rooms' messages.", &Shard::log_bytes},
    {"switchboard_room_log_trims_total", Type::kCounter,
     "Times that a room's messages were cut because all rooms together were over limits.log_bytes_max.",
     &Shard::log_trims},
    {"switchboard_outbox_bytes", Type::kGauge, "Memory held by what waits for single clients: answers, pushes, pongs.",
     &Shard::outbox_bytes},
    {"switchboard_clients_shed_total", Type::kCounter,
     "Connections ended because they took nothing while all that waits was over limits.outbox_bytes_max.",
     &Shard::shed},
    {"switchboard_joins_total", Type::kCounter, "Joins of rooms.", &Sessions::joins},
    {"switchboard_leaves_total", Type::kCounter, "Leaves of rooms that clients asked for.", &Sessions::leaves},
    {"switchboard_publishes_total", Type::kCounter, "Messages that clients published to rooms.", &Sessions::publishes},
    {"switchboard_commits_total", Type::kCounter, "Messages that rooms have put in order.", &Shard::commits},
    {"switchboard_replays", Type::kGauge, "Members that are being sent their room's history now.", &Shard::replays},
    {"switchboard_replays_total", Type::kCounter,
     "Replays begun: joins that asked for history, and members that had fallen behind a room with history.",
     &Shard::replays_total},
    {"switchboard_replay_pages_total", Type::kCounter, "Pages of history given to replays.", &Shard::replay_pages},
    {"switchboard_replay_messages_total", Type::kCounter,
     "Messages that replays have written; switchboard_messages_sent_total has them, too.", &Shard::replay_messages},
    {"switchboard_replay_gaps_total", Type::kCounter,
     "Times that a replay went on without some messages, because they were trimmed meanwhile or could not be read.",
     &Shard::replay_gaps},
    {"switchboard_duplicates_total", Type::kCounter,
     "Publishes that repeated an earlier one under the same dedup key: acknowledged, not committed again.",
     &Shard::duplicates},
    {"switchboard_publishes_failed_total", Type::kCounter,
     "Publishes refused because the room's messages could not be kept.", &Shard::publishes_failed},
    {"switchboard_publishes_delayed_total", Type::kCounter,
     "Publishes told unavailable because their outcome took too long; most are committed later.",
     &Shard::publishes_delayed},
    {"switchboard_history_queries_total", Type::kCounter, "Queries of a room's history.", &Sessions::history_queries},
    {"switchboard_history_pages_read_total", Type::kCounter, "Pages of history that were read.", &Shard::pages_read},
    {"switchboard_history_pages_shared_total", Type::kCounter,
     "Pages of history that needed no read, because others wanted the same.", &Shard::pages_shared},
    {"switchboard_presence_queries_total", Type::kCounter, "Queries of who is in a room.", &Sessions::presence_queries},
    {"switchboard_presence_rooms", Type::kGauge, "Rooms whose members are known by user, because somebody asked.",
     &Shard::presence_rooms},
    {"switchboard_presence_views", Type::kGauge,
     "Rooms of which shards report to such a room's home who is in them there, counted once on every shard.",
     &Shard::presence_views},
    {"switchboard_presence_watchers", Type::kGauge, "Memberships that are told who comes and goes.",
     &Shard::presence_watchers},
    {"switchboard_presence_pushes_total", Type::kCounter,
     "Changes of who is in a room that were made known, counted once for all who are told.", &Shard::presence_pushes},
    {"switchboard_direct_publishes_total", Type::kCounter, "Messages that clients sent to users.", &Sessions::directs},
    {"switchboard_direct_messages_total", Type::kCounter, "Messages from user to user that were committed.",
     &Shard::directs},
    {"switchboard_direct_messages_to_nobody_total", Type::kCounter,
     "Of these, the ones whose user had no connection at the time.", &Shard::directs_to_nobody},
    {"switchboard_direct_deliveries_total", Type::kCounter, "Connections that direct messages were given to.",
     &Shard::directs_addressed},
    {"switchboard_messages_compressed_total", Type::kCounter,
     "Messages of rooms that were compressed, once each for all members who read them so.", &Shard::compressed},
    {"switchboard_compression_input_bytes_total", Type::kCounter, "Bytes of those messages before.",
     &Shard::compressed_bytes_before},
    {"switchboard_compression_output_bytes_total", Type::kCounter, "Bytes of those messages after.",
     &Shard::compressed_bytes_after},
    {"switchboard_messages_received_total", Type::kCounter, "WebSocket messages received.",
     &Sessions::messages_received},
    {"switchboard_received_bytes_total", Type::kCounter, "Bytes read from sockets.", &Sessions::bytes_received},
    {"switchboard_sent_bytes_total", Type::kCounter, "Bytes written to sockets.", &Shard::bytes_sent},
    {"switchboard_sends_total", Type::kCounter, "System calls that wrote to sockets; one carries many messages.",
     &Shard::sends},
    {"switchboard_sends_blocked_total", Type::kCounter, "Times that a socket took less than was waiting for it.",
     &Shard::blocked},
    {"switchboard_mailbox_waits_total", Type::kCounter,
     "Commands that had to wait because another shard's mailbox was full.", &Shard::waits},
    {"switchboard_pings_sent_total", Type::kCounter, "Heartbeat pings sent.", &Sessions::pings_sent},
    {"switchboard_pongs_received_total", Type::kCounter, "Pongs received.", &Sessions::pongs_received},
};

void write_labelled(MetricsWriter& out, const ShardTotals& shards) {
  out.family(
      "switchboard_messages_sent_total", Type::kCounter,
      "Messages written to sockets: room is a room's message to one member, reply what went to one client only.");
  out.sample(shards.of(&Shard::deliveries), R"(kind="room")");
  out.sample(shards.of(&Sessions::replies), R"(kind="reply")");

  out.family("switchboard_dropped_messages_total", Type::kCounter, "Room messages that a member was not sent.");
  out.sample(shards.of(&Shard::lagged_messages), R"(reason="slow_client")");

  out.family("switchboard_slow_clients_total", Type::kCounter,
             "Times that a member fell further behind than the room's backlog, by what became of it.");
  out.sample(shards.of(&Shard::lagged_events), R"(action="skip")");
  out.sample(shards.of(&Shard::too_slow), R"(action="disconnect")");

  out.family("switchboard_disconnects_total", Type::kCounter,
             "Connections ended, by WebSocket close code; http: they never became WebSockets.");
  for (std::size_t i = 0; i < shard::EndingCounts::kCodes.size(); ++i) {
    out.sample(shards.endings(i), "code=\"" + std::to_string(shard::EndingCounts::kCodes[i]) + "\"");
  }
  out.sample(shards.endings_other(), R"(code="other")");
  out.sample(shards.endings_http(), R"(code="http")");

  out.family("switchboard_tls_handshakes_total", Type::kCounter,
             "TLS handshakes, by how they ended: full, resumed (with a session of an earlier connection), failed.");
  const std::uint64_t handshakes = shards.of(&net::TlsStats::handshakes);
  const std::uint64_t resumed = shards.of(&net::TlsStats::resumed);
  out.sample(handshakes - std::min(handshakes, resumed), R"(result="full")");
  out.sample(resumed, R"(result="resumed")");
  out.sample(shards.of(&net::TlsStats::failed), R"(result="failed")");

  out.family("switchboard_errors_total", Type::kCounter, "Error answers to clients, by their code.");
  for (std::size_t i = 0; i < session::kErrorCodes; ++i) {
    const auto code = static_cast<protocol::ErrorCode>(i);
    out.sample(shards.errors(i), "code=\"" + std::string(protocol::name(code)) + "\"");
  }

  out.family("switchboard_rate_limited_total", Type::kCounter,
             "What rate limits did, by the setting: commands refused (messages), times that reading paused (bytes), "
             "connections closed (control_frames).");
  for (std::size_t i = 0; i < session::kRateLimits; ++i) {
    const auto limit = static_cast<session::RateLimit>(i);
    out.sample(shards.rate_limited(i), "limit=\"" + std::string(session::name(limit)) + "\"");
  }
}

/// Likewise of the store's.
struct PlainHistory {
  std::string_view name;
  Type type;
  std::string_view help;
  Counter broker::StoreStatus::* counter;
};

using Kept = broker::StoreStatus;

constexpr PlainHistory kHistory[] = {
    {"switchboard_store_commits_total", Type::kCounter, "Messages that were written to the store.", &Kept::commits},
    {"switchboard_store_failures_total", Type::kCounter,
     "Messages that the store refused because it could not keep them.", &Kept::failures},
    {"switchboard_store_batches_total", Type::kCounter, "Transactions that committed messages; one holds many.",
     &Kept::batches},
    {"switchboard_store_syncs_total", Type::kCounter, "Of these, the ones that waited for the disk (fsync).",
     &Kept::syncs},
    {"switchboard_store_trimmed_total", Type::kCounter,
     "Messages removed by a room's retention, or by the bound of the whole store.", &Kept::trimmed},
    {"switchboard_store_damaged_total", Type::kCounter,
     "Stored stretches that were not what had been written, and were left out.", &Kept::damaged},
    {"switchboard_store_doubts_total", Type::kCounter,
     "Times that the store was not as it had been left, and all rooms began new epochs.", &Kept::doubts},
    {"switchboard_store_file_losses_total", Type::kCounter,
     "Times that the store's open file was found removed, replaced, changed or cut short.", &Kept::losses},
    {"switchboard_store_checkpoints_total", Type::kCounter,
     "Passes that brought the store's write-ahead log into its file.", &Kept::checkpoints},
    {"switchboard_store_checkpoint_failures_total", Type::kCounter,
     "Such passes that failed: what was committed may not be on the disk.", &Kept::checkpoint_failures},
    {"switchboard_store_bytes", Type::kGauge, "Size of the store on the disk, its write-ahead log included.",
     &Kept::bytes_on_disk},
    {"switchboard_store_dedup_keys", Type::kGauge, "Dedup keys that the store knows.", &Kept::dedup_records},
};

void write_history(MetricsWriter& out, const broker::StoreStatus& store) {
  out.family("switchboard_store_ok", Type::kGauge,
             "1 while the store commits, 0 while it cannot; 1 also when there is none.");
  out.sample(std::uint64_t{store.state().is_ok});
  for (const PlainHistory& plain : kHistory) {
    out.family(plain.name, plain.type, plain.help);
    out.sample((store.*plain.counter).value());
  }
  out.family("switchboard_store_commit_seconds", Type::kHistogram, "How long a transaction of the store took.");
  out.histogram_of_ns(store.commit_ns.snapshot());
}

void write_histograms(MetricsWriter& out, const ShardTotals& shards) {
  out.family("switchboard_loop_turn_seconds", Type::kHistogram,
             "How long a shard was busy with one turn of its loop; everything else on that shard waits so long.");
  out.histogram_of_ns(shards.of(&Shard::loop_lag));
  out.family("switchboard_fan_out_seconds", Type::kHistogram,
             "From the commit of a message until every member that takes bytes had been handed it.");
  out.histogram_of_ns(shards.of(&Shard::fan_out));
}

void write_process(MetricsWriter& out, const MetricsReport& report) {
  out.family("switchboard_log_lines_dropped_total", Type::kCounter,
             "Log lines lost because standard error took them too slowly.");
  out.sample(report.log_lines_dropped);
  out.family("switchboard_ready", Type::kGauge, "1 while serving, 0 once a shutdown has begun.");
  out.sample(std::uint64_t{report.ready});
  out.family("switchboard_build_info", Type::kGauge, "Always 1; the label says which version runs.");
  out.sample(std::uint64_t{1}, "version=\"" + std::string(version()) + "\"");

  // Named as every Prometheus client library names them.
  const ProcessStats& process = report.process;
  out.family("process_start_time_seconds", Type::kGauge, "When the server started, in seconds since the Unix epoch.");
  out.sample(static_cast<double>(report.started_ms) / 1e3);
  out.family("process_cpu_seconds_total", Type::kCounter, "Processor time used, user and system, by all threads.");
  out.sample(process.cpu_seconds);
  out.family("process_resident_memory_bytes", Type::kGauge, "Memory of the process that is in RAM.");
  out.sample(process.resident_memory_bytes);
  out.family("process_open_fds", Type::kGauge, "Open file descriptors.");
  out.sample(process.open_files);
  out.family("process_max_fds", Type::kGauge, "File descriptors that may be open at once.");
  out.sample(process.open_files_max);
}

}  // namespace

std::string metrics_text(const MetricsReport& report) {
  MetricsWriter out;
  out.family("switchboard_shards", Type::kGauge, "Threads that serve clients.");
  out.sample(std::uint64_t{report.shards.shards()});
  for (const Plain& plain : kPlain) {
    out.family(plain.name, plain.type, plain.help);
    out.sample(std::visit([&](auto counter) { return report.shards.of(counter); }, plain.counter));
  }
  write_labelled(out, report.shards);
  write_histograms(out, report.shards);
  const broker::StoreStatus none;
  write_history(out, report.store == nullptr ? none : *report.store);
  write_process(out, report);
  return out.take();
}

}  // namespace switchboard::ops
