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

/// What is kept of rooms, and where, and who comes back for it.
void draw_history(Config& c, room::RoomSettings& room) {
  Random random(c.seed * 0xd1342543de82ef95 + 5);
  c.history = pick(random, {History::kNone, History::kMemory, History::kStore, History::kStore});
  room.history = c.history != History::kNone;
  room.retention = {.messages = Config::kKeptForever, .bytes = 1u << 30, .seconds = 86'400};
  if (c.history != History::kNone && random.below(4) == 0) {
    room.retention.messages = pick(random, {1u, 5u, 40u});
    if (random.below(2) == 0) room.retention.bytes = 8'192;
  }
  c.persons = pick(random, {0u, 2u, 6u, 20u});
  c.crashes = random.below(2) == 0 ? static_cast<std::uint32_t>(random.below(4)) : 0;

  auto& history = c.shard.history;
  history.commit_wait_ms = 60'000;  // nothing takes that long in a store that is well
  history.memory.bytes_max = 1u << 30;
  history.memory.dedup_window_ms = c.dedup_window_ms;
  history.page_cache_bytes = pick<std::size_t>(random, {0, 2'000, 1u << 20});
  history.publishing = {.bytes_max = pick<std::uint64_t>(random, {1, 2'000, 32u << 20}),
                        .connection_messages_max = pick<std::uint16_t>(random, {1, 2, 5, 1'024}),
                        .connection_bytes_max = pick<std::uint32_t>(random, {1, 1'500, 256u << 10})};
  history.store_window = {.messages = pick<std::size_t>(random, {1, 3, 2'048}),
                          .bytes = pick<std::size_t>(random, {1, 1'000, 256u << 10})};
  c.shard.replays_max = pick(random, {1u, 2u, 64u});
  c.shard.session.reply_bytes_max = pick(random, {300u, 4'000u, 262'144u});

  const auto ms = [](std::uint32_t value) { return Duration(std::chrono::milliseconds(value)); };
  auto& store = c.store;
  store.commit_max = ms(pick(random, {0u, 3u, 40u}));
  store.answer_max = ms(pick(random, {0u, 1u, 15u}));
  store.read_max = ms(pick(random, {0u, 5u, 60u}));
  store.group_max = pick(random, {1u, 4u, 64u});
  if (c.history != History::kStore) return;
  c.machine_percent = pick(random, {0u, 50u});
  c.replacements = random.below(3) == 0 ? 3 : 0;
  if (random.below(2) == 0) return;
  history.commit_wait_ms = pick(random, {300u, 2'000u});
  store.stall_max = ms(3'000);
  store.stall_percent = pick(random, {0u, 2u});
  store.fail_percent = pick(random, {0u, 5u, 20u});
  store.refuse_percent = pick(random, {0u, 3u});
  store.misread_percent = pick(random, {0u, 10u});
  if (c.replacements > 0) store.found_percent = pick(random, {0u, 50u});
  store.pending_max = pick<std::size_t>(random, {2, 10, 1'000});
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
  draw_history(c, room);
  shard.rooms = room::RoomSettingsTable(room);
  room.durability = room::Durability::kPower;
  shard.rooms.set("power", room);

  auto& session = shard.session;
  session.queue_bytes_max = pick(random, {1u, 300u, 2'000u, 65'536u});
  session.rooms_per_connection_max = random.below(4) == 0 ? 2 : 100;
  session.ping_interval_ms = pick(random, {0u, 300u, 1'000u, 25'000u});
  // On a long line there would be no moment without some client's heartbeat under way: nothing would come to rest.
  const bool is_long = c.socket.delay_max >= std::chrono::milliseconds(40);
  if (is_long && session.ping_interval_ms > 0) session.ping_interval_ms = std::max(session.ping_interval_ms, 1'000u);
  session.pong_timeout_ms = pick(random, {800u, 2'000u});
  session.write_timeout_ms = pick(random, {200u, 1'000u});
  session.close_timeout_ms = pick(random, {100u, 500u});
  session.first_byte_timeout_ms = 500;
  session.handshake_timeout_ms = 1'000;
  session.errors_max = kErrorsForgiven;
  c.ends_in_drain = random.below(4) == 0;
  c.deflate_percent = pick(random, {0u, 30u, 50u, 100u});
  session.deflate.enabled = random.below(16) != 0;
  session.deflate.bytes_min = pick(random, {1u, 128u, 300u});
  session.deflate.window_bits = pick<std::uint8_t>(random, {9, 12, 15});
  return c;
}

Config Config::draw_with_small_limits(std::uint64_t seed) {
  Config c = draw(seed);
  Random random(seed * 0x94d049bb133111eb + 3);
  c.shard.rooms_max = pick(random, {1u, 2u, 3u, 1'000u});
  c.shard.replays_max = pick(random, {1u, 2u});
  c.shard.log_bytes_max = pick<std::uint64_t>(random, {512, 2'048, 16'384});
  auto& session = c.shard.session;
  session.errors_max = pick(random, {1u, 2u, 5u});
  session.errors_refill_ms = pick(random, {1u, 1'000u, 60'000u});
  session.queue_bytes_max = pick(random, {1u, 100u, 300u});
  session.rooms_per_connection_max = pick(random, {1u, 2u, 100u});
  c.ring_slots = pick<std::size_t>(random, {2, 4});

  room::RoomSettings room = c.shard.rooms.defaults();
  room.members_max = pick(random, {1u, 2u, 3u, 1'000u});
  room.backlog_messages = pick(random, {1u, 2u, 30u});
  c.shard.rooms = room::RoomSettingsTable(room);
  // Users' own rooms may be the smallest of all: their members are there without having joined.
  room.members_max = pick(random, {1u, 2u});
  c.shard.rooms.set("@", room);
  room.durability = room::Durability::kPower;
  c.shard.rooms.set("power", room);
  return c;
}

Config Config::draw_without_history(std::uint64_t seed) {
  Config c = draw(seed);
  room::RoomSettings room = c.shard.rooms.defaults();
  room.history = false;
  c.shard.rooms = room::RoomSettingsTable(room);
  c.history = History::kNone;
  c.persons = c.crashes = c.replacements = 0;
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
      << " deflate_percent=" << deflate_percent << "\n  history=" << static_cast<int>(history)
      << " kept=" << room.retention.messages << "/" << room.retention.bytes << " persons=" << persons
      << " crashes=" << crashes << " machine=" << machine_percent << " replacements=" << replacements
      << " commit_wait_ms=" << shard.history.commit_wait_ms << " pending=" << shard.history.publishing.bytes_max << "/"
      << shard.history.publishing.connection_messages_max << "/" << shard.history.publishing.connection_bytes_max
      << " store_window=" << shard.history.store_window.messages << "/" << shard.history.store_window.bytes
      << " page_cache=" << shard.history.page_cache_bytes << " replays_max=" << shard.replays_max
      << " reply_bytes_max=" << shard.session.reply_bytes_max
      << "\n  store: commit_ms=" << store.commit_max / std::chrono::milliseconds(1)
      << " answer_ms=" << store.answer_max / std::chrono::milliseconds(1)
      << " read_ms=" << store.read_max / std::chrono::milliseconds(1) << " group=" << store.group_max
      << " pending_max=" << store.pending_max << " stall=" << store.stall_percent << " fail=" << store.fail_percent
      << " refuse=" << store.refuse_percent << " misread=" << store.misread_percent
      << "\n  socket: buffer=" << socket.send_buffer_bytes << " delay_us=" << socket.delay_max.count() / 1'000
      << " short=" << socket.short_write_percent << " spurious=" << socket.spurious_percent
      << "\n  shard: log_bytes_max=" << shard.log_bytes_max << " rooms_max=" << shard.rooms_max
      << " sweep_us=" << shard.sweep_us << " slice=" << shard.slice_members
      << " send_bytes_max=" << shard.send_bytes_max << "\n  room: backlog_bytes=" << room.backlog_bytes
      << " backlog_messages=" << room.backlog_messages << " members_max=" << room.members_max
      << " disconnects=" << disconnects_the_slow() << "\n  session: errors_max=" << s.errors_max
      << " queue_bytes_max=" << s.queue_bytes_max << " rooms_max=" << s.rooms_per_connection_max
      << " ping_ms=" << s.ping_interval_ms << " pong_ms=" << s.pong_timeout_ms << " write_ms=" << s.write_timeout_ms
      << " close_ms=" << s.close_timeout_ms;
  return out.str();
}

}  // namespace switchboard::simulation
