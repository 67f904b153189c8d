#include "world.h"

#include <algorithm>

#include "cli/bench/masked_frame.h"

namespace switchboard::bounds {
namespace {

class StreamTransport final : public net::Transport {
 public:
  explicit StreamTransport(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}

  net::IoResult read(std::span<char> into) override {
    std::string& bytes = stream_->to_server;
    if (bytes.empty()) return {net::IoStatus::kWouldBlock, 0};
    const std::size_t count = bytes.copy(into.data(), into.size());
    bytes.erase(0, count);
    return {net::IoStatus::kOk, count};
  }
  net::IoResult write(std::string_view bytes) override {
    if (!stream_->takes) return {net::IoStatus::kWouldBlock, 0};
    return {net::IoStatus::kOk, bytes.size()};
  }
  void finish_writing() override {}

 private:
  std::shared_ptr<Stream> stream_;
};

constexpr std::string_view kUpgrade =
    "GET / HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

}  // namespace

World::World(shard::ShardSettings settings)
    : settings_(std::move(settings)),
      exchange_(1),
      shard_(std::make_unique<shard::Shard>(0, settings_,
                                            shard::ShardParts{.exchange = exchange_,
                                                              .clock = clock_,
                                                              .observer = observer_,
                                                              .hash_key = {kernel_random(), kernel_random()},
                                                              .random_seed = kernel_random(),
                                                              .assets = {}})) {}

std::size_t World::connect() {
  Client client{.stream = std::make_shared<Stream>(), .id = {}};
  client.id = shard_->accept(std::make_unique<StreamTransport>(client.stream), {});
  clients_.push_back(client);
  give(clients_.back(), kUpgrade);
  return clients_.size() - 1;
}

void World::say(std::size_t client, std::string_view text) {
  std::string frame;
  cli::bench::append_masked_frame(frame, cli::bench::first_byte(ws::Opcode::kText), text, 0);
  give(clients_[client], frame);
}

void World::join(std::size_t client, std::string_view room, std::string_view user) {
  say(client, R"({"type":"join","room_id":")" + std::string(room) + R"(","user_id":")" + std::string(user) + R"("})");
}

void World::leave(std::size_t client, std::string_view room) {
  say(client, R"({"type":"leave","room_id":")" + std::string(room) + R"("})");
}

void World::broadcast(std::size_t client, std::string_view room, std::size_t content_bytes) {
  say(client, R"({"type":"broadcast","room_id":")" + std::string(room) + R"(","content":")" +
                  std::string(content_bytes, 'x') + R"("})");
}

void World::give(Client& client, std::string_view bytes) {
  client.stream->to_server.append(bytes);
  shard_->on_readable(client.id, false);
  run();
}

void World::run() {
  do
    shard_->turn();
  while (shard_->has_work());
}

shard::ShardSettings patient_settings(bool history) {
  constexpr std::uint32_t kAnHourMs = 3'600'000;
  shard::ShardSettings settings;
  settings.rooms = room::RoomSettingsTable({.history = history, .presence_grace_ms = 0});
  settings.session.rooms_per_connection_max = 100'000;
  settings.session.errors_max = 1'000'000;
  settings.session.errors_refill_ms = 1;
  settings.session.ping_interval_ms = 0;
  settings.session.write_timeout_ms = kAnHourMs;
  settings.rooms_max = 1'000'000'000;
  settings.log_bytes_max = 1ULL << 40;
  return settings;
}

}  // namespace switchboard::bounds
