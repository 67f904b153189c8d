// What is true for everybody: which messages were sent, and which number each was seen under. It learns only from what
// clients sent and received.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "support/json_object.h"

namespace switchboard::simulation {

/// One broadcast, as its sender knows it and as it was seen. Contents are unique, so they name messages.
struct Message {
  std::uint32_t connection = 0;  // who sent it
  std::uint64_t number = 0;      // which of its messages this is
  std::string room;
  std::string user;
  bool echo = true;
  bool seen_by_sender = false;
  // Once somebody has seen it:
  std::uint64_t seq = 0;
  std::string epoch;  // once known
  std::string ts;
  std::string payload;  // of its frame
};

class Ledger {
 public:
  Message& sent(const std::string& content, Message message);
  Message& find(const std::string& content);

  /// A member of the room has received it; `payload` is the whole message. `epoch` is the receiver's, "" if it does not
  /// know, and is filled in when the ledger does.
  Message& seen(const test::JsonObject& push, const std::string& payload, std::string& epoch);
  void acked(const std::string& content, std::uint64_t seq, const std::string& epoch, const std::string& ts);

  /// Null when nobody has seen that number.
  const Message* at(const std::string& room, const std::string& epoch, std::uint64_t seq) const;
  std::uint64_t last(const std::string& room, const std::string& epoch) const;

  /// Over all rooms: numbers are dense as far as seen (holes only where nobody looked), and each connection's messages
  /// stand in the order in which it sent them.
  void verify_order() const;

  std::uint64_t deliveries = 0;
  std::uint64_t inflated = 0;         // of all messages received, those that came compressed
  std::uint64_t undeclared_gaps = 0;  // numbers that base clients did not get: the server must have counted them
  std::uint64_t declared_gaps = 0;

 private:
  void place(Message& message, const std::string& content, std::uint64_t seq, const std::string& epoch,
             const std::string& ts);

  std::unordered_map<std::string, Message> messages_;                                        // by content
  std::map<std::pair<std::string, std::string>, std::map<std::uint64_t, Message*>> by_seq_;  // by room and epoch
};

}  // namespace switchboard::simulation
