// Somebody who comes back: the user behind one connection after another, with what it remembers between them, so that
// it misses nothing and says nothing twice. It has one connection at a time, as far as it knows.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

namespace switchboard::simulation {

/// A place in a room's history.
struct Place {
  std::uint64_t seq = 0;
  std::string epoch;
};

struct Unacknowledged {
  std::string room;
  std::string content;
  std::string dedup;
  bool is_direct = false;     // `room` is a user's then
  std::uint32_t sent_by = 0;  // the connection that has sent it and may still get an answer; 0: to be sent again
};

struct Person {
  std::string user;
  bool is_online = false;
  std::map<std::string, Place> places;  // by room: behind the last message that it has got
  std::deque<Unacknowledged> unacknowledged;

  /// The connection is over: what it has sent without an answer is to be sent again.
  void go_offline() {
    is_online = false;
    for (auto& publish : unacknowledged)
      publish.sent_by = 0;
  }
};

}  // namespace switchboard::simulation
