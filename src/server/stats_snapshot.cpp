#include "server/stats_snapshot.h"

#include "server/shard_group.h"

namespace switchboard::server {
namespace {

template <typename Stats>
struct Sum {
  std::uint64_t StatsSnapshot::* into;
  Counter Stats::* from;
};

using Shard = shard::ShardStats;
using Sessions = session::SessionStats;
using All = StatsSnapshot;

constexpr Sum<Shard> kShardSums[] = {
    {&All::connections, &Shard::connections},
    {&All::connections_total, &Shard::connections_total},
    {&All::connections_refused, &Shard::connections_refused},
    {&All::deliveries, &Shard::deliveries},
    {&All::bytes_sent, &Shard::bytes_sent},
    {&All::sends, &Shard::sends},
    {&All::blocked, &Shard::blocked},
    {&All::lagged_messages, &Shard::lagged_messages},
    {&All::lagged_events, &Shard::lagged_events},
    {&All::too_slow, &Shard::too_slow},
    {&All::home_rooms, &Shard::home_rooms},
    {&All::views, &Shard::views},
    {&All::members, &Shard::members},
    {&All::log_bytes, &Shard::log_bytes},
    {&All::log_trims, &Shard::log_trims},
    {&All::outbox_bytes, &Shard::outbox_bytes},
    {&All::shed, &Shard::shed},
    {&All::commits, &Shard::commits},
    {&All::replays, &Shard::replays},
    {&All::replays_total, &Shard::replays_total},
    {&All::replay_pages, &Shard::replay_pages},
    {&All::replay_messages, &Shard::replay_messages},
    {&All::replay_gaps, &Shard::replay_gaps},
    {&All::duplicates, &Shard::duplicates},
    {&All::publishes_failed, &Shard::publishes_failed},
    {&All::publishes_delayed, &Shard::publishes_delayed},
    {&All::pages_read, &Shard::pages_read},
    {&All::pages_shared, &Shard::pages_shared},
    {&All::presence_rooms, &Shard::presence_rooms},
    {&All::presence_pushes, &Shard::presence_pushes},
    {&All::presence_watchers, &Shard::presence_watchers},
    {&All::directs, &Shard::directs},
    {&All::directs_to_nobody, &Shard::directs_to_nobody},
    {&All::directs_addressed, &Shard::directs_addressed},
    {&All::compressed, &Shard::compressed},
    {&All::compressed_bytes_before, &Shard::compressed_bytes_before},
    {&All::compressed_bytes_after, &Shard::compressed_bytes_after},
    {&All::waits, &Shard::waits},
    {&All::accept_pauses, &Shard::accept_pauses},
};

constexpr Sum<Sessions> kSessionSums[] = {
    {&All::handshakes, &Sessions::handshakes},
    {&All::handshakes_refused, &Sessions::handshakes_refused},
    {&All::pages, &Sessions::pages},
    {&All::messages_received, &Sessions::messages_received},
    {&All::bytes_received, &Sessions::bytes_received},
    {&All::replies, &Sessions::replies},
    {&All::joins, &Sessions::joins},
    {&All::leaves, &Sessions::leaves},
    {&All::publishes, &Sessions::publishes},
    {&All::history_queries, &Sessions::history_queries},
    {&All::presence_queries, &Sessions::presence_queries},
    {&All::pings_sent, &Sessions::pings_sent},
    {&All::pongs_received, &Sessions::pongs_received},
};

void merge(SharedHistogram::Snapshot& into, const SharedHistogram& histogram) {
  if (into.upper_bounds.empty()) {
    into = histogram.snapshot();
  } else {
    into.merge(histogram.snapshot());
  }
}

}  // namespace

void StatsSnapshot::add(const shard::ShardStats& shard, const session::SessionStats& sessions) {
  ++shards;
  for (const auto& sum : kShardSums)
    this->*sum.into += (shard.*sum.from).value();
  for (const auto& sum : kSessionSums)
    this->*sum.into += (sessions.*sum.from).value();
  for (std::size_t i = 0; i < endings.size(); ++i)
    endings[i] += shard.endings.value(i);
  endings_other += shard.endings.other();
  endings_http += shard.endings.http();
  tls_handshakes += shard.tls.handshakes.value();
  tls_resumed += shard.tls.resumed.value();
  tls_failed += shard.tls.failed.value();
  for (std::size_t i = 0; i < errors.size(); ++i)
    errors[i] += sessions.errors[i].value();
  for (std::size_t i = 0; i < rate_limited.size(); ++i)
    rate_limited[i] += sessions.rate_limited[i].value();
  merge(loop_lag, shard.loop_lag);
  merge(fan_out, shard.fan_out);
}

StatsSnapshot snapshot_of(const ShardGroup& shards) {
  StatsSnapshot snapshot;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const shard::Shard& shard = shards.thread(i).shard();
    snapshot.add(shard.stats(), shard.session_stats());
  }
  return snapshot;
}

std::uint64_t messages_sent_by(const ShardGroup& shards) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const shard::Shard& shard = shards.thread(i).shard();
    sum += shard.stats().deliveries.value() + shard.session_stats().replies.value();
  }
  return sum;
}

}  // namespace switchboard::server
