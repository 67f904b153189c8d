// What one shard has done and holds. Written by its thread alone, read by any without a lock: sums over shards are
// taken by whoever reads.
#pragma once

#include <array>
#include <cstdint>

#include "base/counter.h"
#include "base/shared_histogram.h"
#include "net/tls_stats.h"
#include "session/stats.h"

namespace switchboard::shard {

/// Connections ended, by close code. Clients may close with any code: those outside the table are `other`. Connections
/// that never became WebSockets are `http`.
class EndingCounts {
 public:
  static constexpr std::array<std::uint16_t, 22> kCodes = {1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009,
                                                           1010, 1011, 4000, 4001, 4003, 4004, 4100, 4101,
                                                           4102, 4103, 4200, 4201, 4202, 4203};
  void add(std::uint16_t code);
  std::uint64_t value(std::size_t index) const { return counts_[index].value(); }
  std::uint64_t other() const { return other_.value(); }
  std::uint64_t http() const { return http_.value(); }

 private:
  std::array<Counter, kCodes.size()> counts_;
  Counter other_;
  Counter http_;
};

struct ShardStats {
  ShardStats();

  Counter connections;          // open now
  Counter connections_total;    // accepted so far
  Counter connections_refused;  // closed at once, over every limit
  Counter deliveries;           // room messages written to members
  Counter bytes_sent;           // written to sockets
  Counter sends;                // write calls that moved bytes
  Counter blocked;              // times that a socket took no more
  Counter lagged_messages;      // room messages that slow members were not sent (policy `skip`)
  Counter lagged_events;        // how often a member was moved on
  Counter too_slow;             // members disconnected by the policy `disconnect`
  Counter replays;              // members that are being given their room's history now
  Counter replays_total;        // begun so far: joins that asked for it, and members behind their room's log
  Counter replay_pages;         // pages of history handed to them
  Counter replay_messages;      // messages written from these; counted among the deliveries, too
  Counter replay_gaps;          // times that one went on without messages, trimmed meanwhile or not readable
  Counter home_rooms;           // rooms whose home this is
  Counter views;                // rooms with members here; twice if some of them read it compressed and some plain
  Counter members;
  Counter log_bytes;          // held by room logs now
  Counter outbox_bytes;       // held by what waits for single clients now
  Counter shed;               // clients ended because others needed the memory that they held and took nothing of
  Counter log_trims;          // logs cut because all logs together were over their limit
  Counter commits;            // messages put in order here
  Counter directs;            // of these, messages to users; a sender's own copies do not count
  Counter directs_to_nobody;  // of these, the ones whose user had no connection anywhere
  Counter directs_addressed;  // connections here that were given one (or a copy), counted for each message
  Counter duplicates;         // publishes that repeated one under the same `dedup`: acknowledged, not committed again
  Counter publishes_failed;   // refused by what keeps the room, or because it could not be opened
  Counter publishes_delayed;  // told `unavailable` because their outcome took too long; most were committed later
  Counter pages_read;         // of history, from what keeps it
  Counter pages_shared;       // asked for by readers for whom no read was needed: others wanted the same
  // Of the commits, the messages that were compressed, once for all who read them so: how many, their bytes before and
  // after.
  Counter compressed;
  Counter compressed_bytes_before;
  Counter compressed_bytes_after;
  Counter presence_rooms;     // rooms whose home this is, and whose members it knows because somebody asked
  Counter presence_views;     // views here whose members are reported to such homes
  Counter presence_pushes;    // presence_changes made here, each once for all who are told
  Counter presence_watchers;  // members here who are told
  Counter waits;              // commands that had to wait for a full mailbox
  Counter accept_pauses;      // accepting paused for want of file descriptors
  net::TlsStats tls;
  EndingCounts endings;
  SharedHistogram loop_lag;  // seconds in ns: how long one turn of the loop took
  SharedHistogram fan_out;   // ns from a message's commit to the end of the lap that served its room
};

}  // namespace switchboard::shard
