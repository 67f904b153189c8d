// The account of every message of a run: when it was due, who must get it, who got it. Counts deliveries, losses, jumps
// in the sequence, duplicates and reorders, and keeps the latency histograms. Knows no socket; time is an argument.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/histogram.h"
#include "cli/bench/message_stamp.h"

namespace switchboard::cli::bench {

enum class Cohort : std::uint8_t { kMembers, kBystanders };

/// Of the warm-up messages are counted, but not in the histograms.
enum class Period : std::uint8_t { kWarmUp, kMeasured };
/// `measure_ns`: when the measured time begins.
constexpr Period period_of(std::int64_t at_ns, std::int64_t measure_ns) {
  return at_ns >= measure_ns ? Period::kMeasured : Period::kWarmUp;
}

struct Publication {
  std::int64_t scheduled_ns;  // when it was due, not when it was sent: an overloaded sender hides nothing
  std::uint64_t seq = 0;      // the server's; read in its first copy, 0 before
  std::uint32_t expected;     // members that must get a copy
  std::uint32_t received = 0;
  std::uint32_t room;
  std::uint32_t publisher;  // connection
  std::uint32_t own_index;  // how many messages its publisher sent before it
  Cohort cohort;
  Period period;
};

/// One connection's place in its room's sequence.
struct Place {
  std::uint32_t room = 0;
  std::uint64_t last_seq = 0;  // 0 before its first message
};

struct Tally {
  std::uint64_t published = 0;
  std::uint64_t expected = 0;    // deliveries
  std::uint64_t delivered = 0;   // without duplicates
  std::uint64_t jumped = 0;      // messages missing between two received ones: losses the sequence numbers declare
  std::uint64_t duplicates = 0;  // the same number twice in a row
  std::uint64_t reordered = 0;   // a number below the last one
  std::uint64_t misrouted = 0;   // received in a room it was not published to
  std::uint64_t strangers = 0;   // pushes that are not of this run

  /// Deliveries that never came; each connection's share is also in `jumped`, unless nothing came after it.
  std::uint64_t lost() const { return expected > delivered ? expected - delivered : 0; }
};

class Ledger {
 public:
  explicit Ledger(std::size_t publications_hint) { publications_.reserve(publications_hint); }

  /// Enters a message and returns its number.
  std::uint32_t publish(const Publication& publication);

  bool is_full() const { return publications_.size() >= kMessagesMax; }

  /// A member at `place` got `push`, which carries message `number`, at `now_ns`. Returns the message when it counts as
  /// a delivery, else null; valid until the next `publish`.
  const Publication* receive(Place& place, std::uint32_t number, std::string_view push, std::int64_t now_ns) {
    if (number >= publications_.size() || publications_[number].room != place.room) [[unlikely]] {
      ++(number >= publications_.size() ? tally_.strangers : tally_.misrouted);
      return nullptr;
    }
    Publication& publication = publications_[number];
    if (publication.received == 0) publication.seq = seq_in(push);
    if (publication.seq != place.last_seq + 1 && !accept_jump(place, publication.seq)) [[unlikely]]
      return nullptr;
    place.last_seq = publication.seq;
    ++publication.received;
    ++tally_.delivered;
    if (publication.period == Period::kMeasured) record(publication, now_ns);
    return &publication;
  }

  void count_stranger() { ++tally_.strangers; }

  const Tally& tally() const { return tally_; }
  bool is_complete() const { return tally_.delivered >= tally_.expected; }

  /// Nanoseconds from schedule to receipt, one value per delivery.
  const Histogram& latency(Cohort cohort) const { return cohort == Cohort::kMembers ? members_ : bystanders_; }
  /// Nanoseconds from schedule to the last member's receipt, one value per message that reached everybody.
  const Histogram& last_member() const { return last_member_; }

 private:
  void record(const Publication& publication, std::int64_t now_ns) {
    const std::int64_t latency_ns = now_ns - publication.scheduled_ns;
    if (publication.cohort == Cohort::kBystanders) {
      bystanders_.record(latency_ns);
      return;
    }
    members_.record(latency_ns);
    if (publication.received == publication.expected) last_member_.record(latency_ns);
  }

  /// Anything but the next number: the first one, a jump forward, a server without numbers (true), or a repeat (false).
  bool accept_jump(const Place& place, std::uint64_t seq);

  std::vector<Publication> publications_;
  Tally tally_;
  Histogram members_;
  Histogram last_member_;
  Histogram bystanders_;
};

}  // namespace switchboard::cli::bench
