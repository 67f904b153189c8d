#include "simulation/config.h"

#include <algorithm>
#include <initializer_list>
#include <sstream>

namespace switchboard::simulation {
namespace {

template <class T>
T pick(Random& random, std::initializer_list<T> from) {
  return from.begin()[random.below(from.size())];
}

}  // namespace

Config Config::draw(std::uint64_t seed) {
  Random random(seed * 0x9e3779b97f4a7c15 + 1);
  Config c;
  c.seed = seed;
  c.shards = pick(random, {1u, 2u, 2u, 3u, 5u});
  c.ring_slots = pick<std::size_t>(random, {2, 4, 4, 8, 16, 256});
  c.clients = pick(random, {2u, 4u, 8u, 16u, 32u});
  c.rooms = pick(random, {1u, 2u, 3u, 6u});
  c.rounds = pick(random, {60u, 120u, 250u});
  c.content_bytes = pick(random, {1u, 30u, 200u, 200u, 3'000u});
  c.eagerness_percent = pick(random, {10u, 30u, 60u, 90u});
  c.publish_percent = pick(random, {20u, 50u, 80u, 95u});
  c.all_are_well = random.below(4) == 0;
  c.look_ns_max = pick<std::uint64_t>(random, {100, 2'000, 50'000});
  c.round_us_max = pick(random, {500u, 5'000u, 20'000u});

  c.socket.send_buffer_bytes = pick<std::size_t>(random, {64, 300, 2'000, 16'000});
  c.socket.delay_max = std::chrono::microseconds(pick(random, {0, 100, 10'000, 40'000}));
  c.socket.short_write_percent = pick(random, {0u, 10u, 50u});
  c.socket.spurious_percent = pick(random, {0u, 0u, 5u});

  // A thin and slow line would make the best client look dead.
  const bool is_thin = c.socket.send_buffer_bytes <= 300;
  if (is_thin) c.socket.delay_max = std::min<Duration>(c.socket.delay_max, std::chrono::microseconds(100));

  auto& shard = c.shard;
  shard.log_bytes_max = pick<std::uint64_t>(random, {2'048, 16'384, 256u << 20, 256u << 20});
  shard.rooms_max = random.below(8) == 0 ? 1 : 1'000;
  shard.sweep_us = pick(random, {1u, 20u, 1'000u});
  shard.slice_members = pick(random, {1u, 2u, 8u, 64u});
  shard.send_bytes_max = pick(random, {64u, 700u, 65'536u});

  room::RoomSettings room;
  room.backlog_bytes = pick<std::uint64_t>(random, {4'096, 20'000, 1u << 20});
  room.backlog_messages = pick(random, {1u, 4u, 30u, 10'000u, 10'000u});
  room.members_max = random.below(6) == 0 ? 3 : 1'000'000;
  room.slow_client = random.below(4) == 0 ? room::SlowClientPolicy::kDisconnect : room::SlowClientPolicy::kSkip;
  shard.rooms = room::RoomSettingsTable(room);

  auto& session = shard.session;
  session.queue_bytes_max = pick(random, {1u, 300u, 2'000u, 65'536u});
  session.rooms_per_connection_max = random.below(4) == 0 ? 2 : 100;
  session.ping_interval_ms = pick(random, {0u, 300u, 1'000u, 25'000u});
  session.pong_timeout_ms = pick(random, {800u, 2'000u});
  session.write_timeout_ms = pick(random, {200u, 1'000u});
  session.close_timeout_ms = pick(random, {100u, 500u});
  session.first_byte_timeout_ms = 500;
  session.handshake_timeout_ms = 1'000;
  session.errors_max = 10'000;
  c.ends_in_drain = random.below(4) == 0;
  c.deflate_percent = pick(random, {0u, 30u, 50u, 100u});
  session.deflate.enabled = random.below(16) != 0;
  session.deflate.bytes_min = pick(random, {1u, 128u, 300u});
  session.deflate.window_bits = pick<std::uint8_t>(random, {9, 12, 15});
  return c;
}

std::string Config::describe() const {
  std::ostringstream out;
  const auto& room = shard.rooms.defaults();
  const auto& s = shard.session;
  out << "seed=" << seed << " shards=" << shards << " ring_slots=" << ring_slots << " clients=" << clients
      << " rooms=" << rooms << " rounds=" << rounds << " content_bytes=" << content_bytes
      << " eagerness=" << eagerness_percent << " publish=" << publish_percent << " all_are_well=" << all_are_well
      << " look_ns=" << look_ns_max << " round_us=" << round_us_max << " drain=" << ends_in_drain
      << " deflate_percent=" << deflate_percent << "\n  socket: buffer=" << socket.send_buffer_bytes
      << " delay_us=" << socket.delay_max.count() / 1'000 << " short=" << socket.short_write_percent
      << " spurious=" << socket.spurious_percent << "\n  shard: log_bytes_max=" << shard.log_bytes_max
      << " rooms_max=" << shard.rooms_max << " sweep_us=" << shard.sweep_us << " slice=" << shard.slice_members
      << " send_bytes_max=" << shard.send_bytes_max << "\n  room: backlog_bytes=" << room.backlog_bytes
      << " backlog_messages=" << room.backlog_messages << " members_max=" << room.members_max
      << " disconnects=" << disconnects_the_slow() << "\n  session: queue_bytes_max=" << s.queue_bytes_max
      << " rooms_max=" << s.rooms_per_connection_max << " ping_ms=" << s.ping_interval_ms
      << " pong_ms=" << s.pong_timeout_ms << " write_ms=" << s.write_timeout_ms << " close_ms=" << s.close_timeout_ms;
  return out.str();
}

}  // namespace switchboard::simulation
