// What is true for everybody: which messages were sent, and which number each was seen under. It learns only from what
// clients sent and received.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "support/json_object.h"

namespace switchboard::simulation {

/// Where a message stands within one epoch.
struct Placed {
  std::uint64_t seq = 0;
  std::string ts;
  std::string payload;  // of its frame, once somebody has got it
};

/// One broadcast, as its sender knows it and as it was seen. Contents are unique, so they name messages.
struct Message {
  std::uint32_t connection = 0;  // who sent it first
  std::uint64_t number = 0;      // which of its messages this is
  std::string room;              // "@" and the user's name, if it was sent to one
  std::string user;
  bool echo = true;
  bool was_retried = false;  // sent more than once, each time with the same value of `dedup`
  bool seen_by_sender = false;
  std::map<std::string, Placed> places;  // by epoch; under "" while nobody who has seen it knows that
};

class Ledger {
 public:
  /// `rooms_last`: rooms have history, so that no epoch ends but as `expect_new_epoch` says.
  explicit Ledger(bool rooms_last) : rooms_last_(rooms_last) {}

  Message& sent(const std::string& content, Message message);
  Message& find(const std::string& content);

  /// A member of the room has received it, live or from history; `payload` is the whole message. `epoch` is the
  /// receiver's, "" if it does not know, and is filled in when the ledger does.
  Message& seen(const std::string& room, const test::JsonObject& push, const std::string& payload, std::string& epoch);
  /// The same, of a message to a user whose connection has not joined the user's room: it does not know the epoch.
  void heard(const std::string& room, const test::JsonObject& push, const std::string& payload);
  void acked(const std::string& content, std::uint64_t seq, const std::string& epoch, const std::string& ts);
  /// The server has lost what says that this room's numbers go on.
  void expect_new_epoch(const std::string& room) { ++epochs_expected_[room]; }

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
  std::uint64_t recoveries = 0;  // resumes that were complete
  std::uint64_t caught_up = 0;
  std::uint64_t duplicates = 0;  // acknowledgements of a second publish
  std::uint64_t crashes = 0;
  std::uint64_t epochs_changed = 0;  // under members

 private:
  Message& identify(const std::string& room, const test::JsonObject& push, const std::string& payload);
  Placed& place(Message& message, const std::string& content, std::uint64_t seq, const std::string& epoch,
                const std::string& ts);

  bool rooms_last_;
  std::unordered_map<std::string, Message> messages_;                                        // by content
  std::map<std::pair<std::string, std::string>, std::map<std::uint64_t, Message*>> by_seq_;  // by room and epoch
  std::map<std::string, std::set<std::string>> epochs_;                                      // by room
  std::map<std::string, std::size_t> epochs_expected_;                                       // beyond the first
};

}  // namespace switchboard::simulation
