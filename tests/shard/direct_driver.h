// Users who write to each other, on shards stepped by hand.
#pragma once

#include <string>
#include <string_view>

#include "shard/shard_driver.h"

namespace switchboard::shard {

/// The value of that field in a line of JSON, as it stands there; "" when there is none.
inline std::string field(std::string_view json, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\":";
  const auto at = json.find(key);
  if (at == std::string_view::npos) return "";
  const std::string_view rest = json.substr(at + key.size());
  return std::string(rest.substr(0, rest.find_first_of(",}\n")));
}

class DirectTest : public ShardTest {
 protected:
  /// A connection of that user, in a room of its own.
  Peer user(std::string_view name, std::size_t on_shard = 0, std::string_view handshake = session::kUpgrade) {
    Peer peer = open(on_shard, handshake);
    peer.join("hall of " + std::string(name), name);
    run();
    EXPECT_TRUE(peer.texts().starts_with("{\"type\":\"joined\""));
    return peer;
  }
  /// `more`: further fields, with a comma in front.
  static void direct(Peer& from, std::string_view to, std::string_view content, std::string_view more = "") {
    from.say(R"({"type":"direct","user_id":")" + std::string(to) + R"(","content":)" + std::string(content) +
             std::string(more) + "}");
  }
  static void join_own(Peer& peer, std::string_view more = "") {
    peer.say(R"({"type":"join","room_id":"@me")" + std::string(more) + "}");
  }
  /// A user's name whose room has its home on that shard.
  std::string user_at(std::uint32_t home) const {
    for (int i = 0;; ++i) {
      std::string name = "user" + std::to_string(i);
      if (siphash13(kKey, "@" + name) % shards.size() == home) return name;
    }
  }
  template <class F>
  std::uint64_t sum(F&& counter) {
    std::uint64_t total = 0;
    for (const auto& one : shards)
      total += counter(one->stats()).value();
    return total;
  }
};

}  // namespace switchboard::shard
