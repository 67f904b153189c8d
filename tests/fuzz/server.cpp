// A whole server in this process: shards on streams in memory and a clock that the script moves, clients that connect,
// speak well or badly, read little, wait, reset. Whatever they do: no broken invariant, bounded memory, well-formed
// output, and nothing left once they are gone, which they are at the latest when every timeout has passed.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "fuzz/byte_script.h"
#include "fuzz/memory_stream.h"
#include "session/server_frames.h"
#include "shard/shard.h"
#include "support/manual_clock.h"
#include "ws/client_frame.h"

namespace switchboard::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr HashKey kKey{1, 2};
constexpr std::size_t kActionsMax = 400;
constexpr std::size_t kSlots = 8;
constexpr auto kSilenceMax = 1'000s;  // a read full of bytes, at 500 a second, and all other timeouts
constexpr std::uint32_t kMessageBytesMax = 3'000;
constexpr std::uint32_t kQueueBytesMax = 1'024;
constexpr std::size_t kBacklogBytes = 4'096;
constexpr std::string_view kRooms[] = {"a", "b", "c:1", "d", "e:\xC3\xA9\xF0\x9F\x98\x80", "@f"};
constexpr std::string_view kUsers[] = {"u", "\\u0041\\uD83D\\uDE00", "w", ""};

session::RateSettings rates_of(unsigned choice) {
  session::RateSettings rate;
  rate.control_frames = {};
  if ((choice & 1) != 0) rate.messages = {.per_second = 2, .burst = 4};
  if ((choice & 2) != 0) rate.bytes = {.per_second = 500, .burst = 800};
  if ((choice & 4) != 0) rate.address_messages = {.per_second = 3, .burst = 6};
  if ((choice & 8) != 0) rate.address_bytes = {.per_second = 1'000};
  if ((choice & 16) != 0) rate.control_frames = {.per_second = 2, .burst = 12};
  if ((choice & 32) != 0) rate.operations[room::Operation::kJoin] = {.per_second = 1, .burst = 2};
  if ((choice & 64) != 0) rate.operations[room::Operation::kPublish] = {.per_second = 1, .burst = 3};
  return rate;
}

/// Small, so that few bytes reach a limit.
shard::ShardSettings settings_of(ByteScript& script) {
  shard::ShardSettings settings;
  session::SessionSettings& session = settings.session;
  session.rate = rates_of(script.byte());
  session.deflate = {.enabled = true, .bytes_min = 64, .window_bits = 9, .client_context_takeover = script.flag()};
  session.frames_per_message_max = 6;
  session.request_bytes_max = 512;
  session.message_bytes_max = script.flag() ? kMessageBytesMax : 300;
  session.documents_per_message_max = 5;
  session.json_depth_max = 4;
  session.rooms_per_connection_max = 3;
  session.errors_max = 4;
  session.queue_bytes_max = script.flag() ? kQueueBytesMax : 200;
  session.ping_interval_ms = 5'000;
  session.pong_timeout_ms = 3'000;
  session.write_timeout_ms = 6'000;
  session.close_timeout_ms = 1'000;
  room::RoomSettings room{.backlog_bytes = kBacklogBytes, .backlog_messages = 8, .members_max = 3};
  settings.rooms = room::RoomSettingsTable(room);
  room.slow_client = room::SlowClientPolicy::kDisconnect;
  settings.rooms.set("c", room);
  settings.log_bytes_max = script.flag() ? 8'192 : 2'048;
  settings.rooms_max = 3;
  settings.slice_members = 1;
  settings.send_bytes_max = 400;
  return settings;
}

class Observer final : public shard::ConnectionObserver {
 public:
  void on_opened(const session::Connection&) override { ++opened; }
  void on_ended(const session::Connection&, Instant) override { ++ended; }

  std::size_t opened = 0;
  std::size_t ended = 0;
};

class World {
 public:
  explicit World(ByteScript& script)
      : script_(script),
        settings_(settings_of(script)),
        is_echo_(script.below(8) == 7),
        clock_(1, script.flag() ? 100'000 : 0),
        exchange_(static_cast<std::uint32_t>(1 + script.below(3)), /*ring_slots=*/8),
        ends_with_resets_(script.flag()) {
    if (is_echo_) settings_.session.service = session::Service::kEcho;
    for (std::uint32_t i = 0; i < exchange_.shards(); ++i) {
      shards_.push_back(std::make_unique<shard::Shard>(
          i, settings_, shard::ShardParts{exchange_, clock_, observer_, kKey, i + 1, http::AssetTable{}}));
    }
  }

  void run() {
    for (std::size_t i = 0; i < kActionsMax && !script_.at_end(); ++i) {
      act();
      check_memory();
    }
    run_shards();
    check_memory();
    end();
  }

 private:
  struct Client {
    std::shared_ptr<MemoryStream> stream;
    SlotId id;
    std::size_t piece_bytes = 0;  // 0: what it says arrives at once
    std::string last_said{};
  };

  /// One byte: what is done (4 bits), by which client (3 bits), whether the shards come to rest before it.
  void act() {
    const unsigned action = script_.byte();
    if ((action & 0x80) != 0) run_shards();
    const std::size_t slot = action >> 4 & 7;
    Client& client = clients_[slot];
    switch (action & 0x0F) {
      case 0:
        connect(slot, session::kUpgrade);
        break;
      case 1:
        connect(slot, handshake());
        break;
      case 2:
        connect(slot, {});
        break;
      case 3:
        give(client, script_.bytes(script_.byte()));
        break;
      case 4:
        say(client, script_.bytes(script_.byte()));
        break;
      case 5:
        say(client, command("join") + R"(,"user_id":")" + std::string(script_.one_of(kUsers)) + "\"}");
        break;
      case 6:
        say(client, command("leave") + "}");
        break;
      case 7:
        say(client, broadcast());
        break;
      case 8:
        frame(client);
        break;
      case 9:
        allow(client, script_.number());
        break;
      case 10:
        allow(client, kNoLimit);
        break;
      case 11:
        clock_.advance(std::chrono::milliseconds(script_.number()));
        break;
      case 12:
        finish(client);
        break;
      case 13:
        reset(client, script_.flag());
        break;
      case 14:
        client.piece_bytes = script_.byte();
        break;
      default:
        serve(client);
    }
  }

  // --- clients -----------------------------------------------------------------------------------------------------

  shard::Shard& shard_of(const Client& client) {
    return *shards_[static_cast<std::size_t>(&client - clients_.data()) % shards_.size()];
  }
  void connect(std::size_t slot, std::string_view handshake) {
    Client& client = clients_[slot];
    if (client.stream) reset(client, true);
    client = {.stream = std::make_shared<MemoryStream>(), .id = {}};
    client.stream->from_server.set_any_content(is_echo_);
    client.id = shard_of(client).accept(std::make_unique<MemoryTransport>(client.stream), net::PeerAddress{}, {},
                                        slot % 2 == 1 ? &address_rate_ : nullptr);
    ++accepted_;
    give(client, handshake);
  }
  std::string handshake() {
    static constexpr std::string_view kOffers[] = {
        "",
        "Sec-WebSocket-Extensions: permessage-deflate\r\n",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, permessage-deflate\r\n",
        "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; client_max_window_bits=9\r\n",
        "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8, x\r\n",
        "Origin: null\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n",
    };
    std::string request(session::kUpgradeV1);
    request.insert(request.size() - 2, script_.one_of(kOffers));
    return request;
  }

  void give(Client& client, std::string_view bytes) {
    if (!client.stream || client.stream->fin || client.stream->is_reset) return;
    client.last_said = bytes;
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, client.piece_bytes == 0 ? bytes.size() : client.piece_bytes);
      client.stream->to_server.append(piece);
      shard_of(client).on_readable(client.id, false);
      bytes.remove_prefix(piece.size());
    }
  }
  void say(Client& client, std::string_view text) { give(client, ws::client_frame(ws::Opcode::kText, text)); }

  std::string command(std::string_view type) {
    std::string text = R"({"type":")" + std::string(type) + R"(","room_id":")";
    text += script_.one_of(kRooms);
    text += '"';
    if (script_.flag()) text += R"(,"id":7)";
    return text;
  }
  std::string broadcast() {
    std::string text = command("broadcast");
    if (script_.flag()) text += R"(,"echo":false)";
    const std::size_t size = 12 * script_.byte();
    return text + R"(,"content":")" + std::string(size, 'x') + "\"}";
  }
  /// Any first byte; the payload masked, so that rightly begun frames end rightly.
  void frame(Client& client) {
    const unsigned first_byte = script_.byte();
    give(client, ws::client_frame_of(first_byte, script_.bytes(script_.byte())));
  }

  void allow(Client& client, std::size_t bytes) {
    if (!client.stream) return;
    client.stream->room = bytes;
    if (bytes == 0 || !client.stream->came_short) return;
    client.stream->came_short = false;
    shard_of(client).on_writable(client.id);
  }
  void finish(Client& client) {
    if (!client.stream) return;
    client.stream->fin = true;
    shard_of(client).on_readable(client.id, true);
  }
  /// `announced`: as readable too; otherwise the next write finds out.
  void reset(Client& client, bool announced) {
    if (!client.stream) return;
    client.stream->is_reset = true;
    if (announced) shard_of(client).on_readable(client.id, true);
    shard_of(client).on_writable(client.id);
  }

  // --- the server --------------------------------------------------------------------------------------------------

  void serve(Client& client) {
    const std::size_t choice = script_.below(7);
    if (choice < 3) {
      shards_[choice % shards_.size()]->turn();
    } else if (choice == 3) {
      run_shards();
    } else if (choice == 4) {
      settings_ = settings_of(script_);
      if (is_echo_) settings_.session.service = session::Service::kEcho;
      for (auto& shard : shards_)
        shard->reload(settings_);
    } else if (choice == 5) {
      for (auto& shard : shards_)
        shard->drain(3s);
    } else {
      const std::string last = client.last_said;
      for (std::size_t times = script_.below(128); times > 0; --times)
        give(client, last);
    }
  }
  void run_shards() {
    for (int turns = 0; turns < 20'000; ++turns) {
      bool has_worked = false;
      for (auto& shard : shards_) {
        if (!shard->has_work()) continue;
        shard->turn();
        has_worked = true;
      }
      if (!has_worked) return;
    }
    SB_ASSERT(false && "the shards do not come to rest");
  }
  /// Time passes, from deadline to deadline, until everybody has been sent away: nobody says or takes anything.
  void outlast_everybody() {
    const Instant last = clock_.now() + kSilenceMax;
    while (std::ranges::any_of(shards_, [](const auto& shard) { return shard->connections() > 0; })) {
      std::optional<Instant> next;
      for (const auto& shard : shards_) {
        const auto deadline = shard->next_deadline();
        if (deadline && (!next || *deadline < *next)) next = deadline;
      }
      SB_ASSERT(next);  // whoever is connected has some deadline
      clock_.advance(std::max<Duration>(*next - clock_.now(), 1ms));
      SB_ASSERT(clock_.now() < last);
      turn_all();
      run_shards();
    }
  }
  void turn_all() {
    for (auto& shard : shards_)
      shard->turn();
  }

  void check_memory() {
    // One answer (or echo) and the rest of one frame of a room may stand above the limit of what waits.
    constexpr std::size_t kOutboxBytesMax = kQueueBytesMax + 1'300 + 2 * (kMessageBytesMax + 200);
    for (auto& shard : shards_) {
      shard->for_each_connection([&](session::Connection& connection) {
        SB_ASSERT(connection.outbox().size() <= kOutboxBytesMax);
        SB_ASSERT(connection.session().memberships().size() <= 3);
      });
      // Reloading may have made the limit smaller than what is there, which is looked at when something is added.
      SB_ASSERT(shard->stats().log_bytes.value() <= 8'192 + 4'096);
    }
  }

  // --- the end -----------------------------------------------------------------------------------------------------

  void end() {
    if (ends_with_resets_) {
      for (Client& client : clients_)
        reset(client, true);
    }
    run_shards();
    outlast_everybody();  // who is not read from, by a rate limit, may find out at its next ping
    turn_all();
    turn_all();
    run_shards();
    turn_all();
    SB_ASSERT(observer_.ended == accepted_ && observer_.opened <= accepted_);
    for (const Client& client : clients_)
      SB_ASSERT(!client.stream || client.stream->gone);
    for (const auto& shard : shards_) {
      const shard::ShardStats& stats = shard->stats();
      SB_ASSERT(shard->connections() == 0 && stats.connections.value() == 0);
      SB_ASSERT(stats.members.value() == 0 && stats.views.value() == 0 && stats.home_rooms.value() == 0);
      SB_ASSERT(stats.log_bytes.value() == 0);
    }
  }

  ByteScript& script_;
  shard::ShardSettings settings_;
  bool is_echo_;
  session::AddressRate address_rate_;  // of every second client
  test::ManualClock clock_;
  Observer observer_;
  shard::Exchange exchange_;
  bool ends_with_resets_;
  std::vector<std::unique_ptr<shard::Shard>> shards_;
  std::array<Client, kSlots> clients_;
  std::size_t accepted_ = 0;
};

}  // namespace
}  // namespace switchboard::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  switchboard::fuzz::ByteScript script(data, size);
  switchboard::fuzz::World(script).run();
  return 0;
}
