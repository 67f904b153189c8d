// Shards whose rooms' history is in a scripted store, and what their clients are sent told as a short story.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "shard/scripted_store.h"
#include "shard/shard_driver.h"

namespace switchboard::shard {

class ReplayTest : public ShardTest {
 protected:
  broker::StoreChannel* store_of(std::uint32_t) override {
    stores.push_back(std::make_unique<ScriptedStore>(rooms));
    return stores.back().get();
  }
  ScriptedStore& store(std::size_t index = 0) {
    shard();
    return *stores[index];
  }
  StoredRoom& room(const std::string& id) { return rooms.rooms[id]; }

  static void resume(Peer& peer, std::string_view room_id, std::uint64_t since, std::string_view epoch = "k3") {
    peer.say(R"({"type":"join","room_id":")" + std::string(room_id) + R"(","user_id":"u","since":{"seq":)" +
             std::to_string(since) + R"(,"epoch":")" + std::string(epoch) + R"("}})");
  }
  static void join_with_last(Peer& peer, std::string_view room_id, std::uint32_t count) {
    peer.say(R"({"type":"join","room_id":")" + std::string(room_id) + R"(","user_id":"u","last":)" +
             std::to_string(count) + "}");
  }
  /// One who joins to resume.
  Peer resumer(std::string_view room_id, std::uint64_t since, std::size_t on_shard = 0,
               std::string_view handshake = session::kUpgrade) {
    Peer peer = open(on_shard, handshake);
    resume(peer, room_id, since);
    return peer;
  }

  /// What has come since the last look: "joined:9:recovered 4-9 caught_up:9 10". Messages must have their number as
  /// content, perhaps padded with x. `untold`: a type that is left out.
  static std::string story(Peer& peer, std::string_view untold = "none") {
    std::string out;
    std::uint64_t first = 0, last = 0;  // of the messages being told
    const auto tell = [&](std::string_view what) {
      if (!out.empty()) out += ' ';
      out += what;
    };
    const auto end_run = [&] {
      if (first > 0) tell(first == last ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last));
      first = 0;
    };
    for (const session::ServerFrame& frame : peer.frames()) {
      const std::string& text = frame.payload;
      if (frame.opcode == ws::Opcode::kPing) continue;
      if (const auto seq = number(text, "\"seq\":"); text.find("\"content\":") != std::string::npos) {
        if (text.find("\"type\":\"broadcast\"") != std::string::npos &&
            text.find("\"sender\":\"filler\"") != std::string::npos) {
          EXPECT_EQ(number(text, text.find("\"content\":\"") == std::string::npos ? "\"content\":" : "\"content\":\""),
                    seq);
        }
        if (first == 0 || seq != last + 1) {
          end_run();
          first = seq;
        }
        last = seq;
        continue;
      }
      if (short_name(text, frame) == untold) continue;
      end_run();
      tell(short_name(text, frame));
    }
    end_run();
    return out;
  }

  ScriptedRooms rooms;
  std::vector<std::unique_ptr<ScriptedStore>> stores;

 private:
  static std::uint64_t number(std::string_view text, std::string_view after) {
    const auto at = text.find(after);
    if (at == std::string_view::npos) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = at + after.size(); i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
      value = 10 * value + static_cast<std::uint64_t>(text[i] - '0');
    return value;
  }
  static std::string short_name(const std::string& text, const session::ServerFrame& frame) {
    const auto has = [&](std::string_view part) { return text.find(part) != std::string::npos; };
    const std::string seq = std::to_string(number(text, "\"seq\":"));
    if (has("\"type\":\"joined\"")) {
      std::string out = "joined:" + seq;
      if (has("\"recovered\":true")) out += ":recovered";
      for (const char* reason : {"epoch_changed", "trimmed", "ahead"}) {
        if (has("\"reason\":\"" + std::string(reason))) {
          out += ":" + std::string(reason) + ":" + std::to_string(number(text, "\"first_seq\":"));
        }
      }
      return out;
    }
    if (has("\"type\":\"caught_up\"")) return "caught_up:" + seq + (has("\"recovered\":false") ? ":incomplete" : "");
    if (has("\"type\":\"lagged\"")) {
      return "lagged:" + std::to_string(number(text, "\"from\":")) + "-" + std::to_string(number(text, "\"to\":"));
    }
    if (frame.opcode == ws::Opcode::kClose) return "close:" + std::to_string(frame.close_code());
    for (const char* type : {"left", "pong", "epoch_changed", "error", "ack", "history"}) {
      if (has("\"type\":\"" + std::string(type) + "\"")) return type;
    }
    return text;
  }
};

}  // namespace switchboard::shard
