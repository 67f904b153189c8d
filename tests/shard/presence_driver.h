// What tests of presence through shards share: rooms of named members, and what they are told.
#pragma once

#include <string>
#include <string_view>

#include "shard/shard_driver.h"

namespace switchboard::shard {

inline std::string change(std::string_view room, std::string_view joined, std::string_view left, int count) {
  return R"({"type":"presence_change","room_id":")" + std::string(room) + R"(","joined":[)" + std::string(joined) +
         R"(],"left":[)" + std::string(left) + R"(],"count":)" + std::to_string(count) + "}\n";
}
inline std::string user(std::string_view id) {
  return R"({"user_id":")" + std::string(id) + R"("})";
}
inline std::string listed(std::string_view id, int connections, std::string_view info = "") {
  return R"({"user_id":")" + std::string(id) + R"(","connections":)" + std::to_string(connections) +
         (info.empty() ? "" : R"(,"info":)" + std::string(info)) + "}";
}
inline std::string shown(std::string_view id, std::string_view info) {
  return R"({"user_id":")" + std::string(id) + R"(","info":)" + std::string(info) + "}";
}
inline std::string changed(std::string_view room, std::string_view users, int count) {
  return R"({"type":"presence_change","room_id":")" + std::string(room) + R"(","joined":[],"changed":[)" +
         std::string(users) + R"(],"left":[],"count":)" + std::to_string(count) + "}\n";
}
inline std::string list(std::string_view room, int count, std::string_view users, std::string_view more = "") {
  return R"({"type":"presence","room_id":")" + std::string(room) + R"(","count":)" + std::to_string(count) +
         R"(,"users":[)" + std::string(users) + "]" + std::string(more) + "}\n";
}

class PresenceTest : public ShardTest {
 protected:
  /// Time goes on in small steps, with the turns that timers need.
  void wait(std::chrono::milliseconds time) {
    run();
    for (auto left = time; left > 0ms; left -= 20ms) {
      clock.advance(20ms);
      for (auto& one : shards)
        one->turn();
      run();
    }
  }
  Peer joined(std::string_view room, std::string_view user_id, std::size_t on_shard = 0, std::string_view more = "",
              std::string_view handshake = session::kUpgrade) {
    Peer peer = open(on_shard, handshake);
    join(peer, room, user_id, more);
    run();
    EXPECT_TRUE(peer.texts().starts_with(R"({"type":"joined")"));
    return peer;
  }
  static void join(Peer& peer, std::string_view room, std::string_view user_id, std::string_view more = "") {
    peer.say(R"({"type":"join","room_id":")" + std::string(room) + R"(","user_id":")" + std::string(user_id) + "\"" +
             std::string(more) + "}");
  }
  Peer watcher(std::string_view room, std::string_view user_id, std::size_t on_shard = 0) {
    return joined(room, user_id, on_shard, R"(,"presence":true)");
  }
  static void ask(Peer& peer, std::string_view room, std::string_view more = "") {
    peer.say(R"({"type":"presence","room_id":")" + std::string(room) + "\"" + std::string(more) + "}");
  }
  std::string asked(Peer& peer, std::string_view room, std::string_view more = "") {
    ask(peer, room, more);
    run();
    return peer.texts();
  }
  template <class Number>
  std::uint64_t sum(Number ShardStats::* number) const {
    std::uint64_t total = 0;
    for (const auto& one : shards)
      total += (one->stats().*number).value();
    return total;
  }
  void turn_all() {
    for (auto& one : shards)
      one->turn();
    run();
  }
};

}  // namespace switchboard::shard
