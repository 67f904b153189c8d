// One shard whose clients are in memory: the benchmark says what they send and whether their sockets take anything.
// What a message costs is then the shard's alone, without a kernel.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/transport.h"
#include "shard/exchange.h"
#include "shard/shard.h"

namespace switchboard::bounds {

/// The server's end of one connection.
struct Stream {
  std::string to_server;
  bool takes = true;  // false: the client does not read, and its socket is full
};

class World {
 public:
  explicit World(shard::ShardSettings settings);

  /// A connection whose handshake is done. Returns its number.
  std::size_t connect();
  /// What that client sends, as one text message, and all that follows from it.
  void say(std::size_t client, std::string_view text);
  void join(std::size_t client, std::string_view room, std::string_view user);
  void leave(std::size_t client, std::string_view room);
  void broadcast(std::size_t client, std::string_view room, std::size_t content_bytes);
  /// Its socket takes nothing from here on.
  void stop_reading(std::size_t client) { clients_[client].stream->takes = false; }

  shard::Shard& shard() { return *shard_; }
  shard::ShardSettings& settings() { return settings_; }
  /// What `settings` says now holds.
  void reload() { shard_->reload(settings_); }

 private:
  struct Client {
    std::shared_ptr<Stream> stream;
    SlotId id;
  };
  class Observer final : public shard::ConnectionObserver {
   public:
    void on_opened(const session::Connection&) override {}
    void on_ended(const session::Connection&, Instant) override {}
  };

  void give(Client& client, std::string_view bytes);
  void run();

  shard::ShardSettings settings_;
  SystemClock clock_;
  shard::Exchange exchange_;
  Observer observer_;
  std::unique_ptr<shard::Shard> shard_;
  std::vector<Client> clients_;
};

/// Of one shard that does not end clients for being idle or for being refused often.
shard::ShardSettings patient_settings(bool history);

}  // namespace switchboard::bounds
