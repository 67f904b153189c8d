// How much one client may send: its own token buckets, and those it shares with every other connection of its address.
// Counts and says how long to wait; what then becomes of the client is the session's business.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/token_bucket.h"

namespace switchboard::session {

struct RateSettings {
  Rate messages{};                                         // commands of one connection, and frames that carry none
  Rate bytes{};                                            // read from one connection
  Rate control_frames{.per_second = 100, .burst = 1'000};  // pings and pongs of one connection
  Rate address_messages{};                                 // all connections of one IP address together
  Rate address_bytes{};

  bool has_address_limits() const { return address_messages.limited() || address_bytes.limited(); }
};

/// Which of them holds a client back.
enum class RateLimit : std::uint8_t { kMessages, kBytes, kControlFrames, kAddressMessages, kAddressBytes };
inline constexpr std::size_t kRateLimits = static_cast<std::size_t>(RateLimit::kAddressBytes) + 1;
/// As in the names of the settings: "address_messages".
std::string_view name(RateLimit limit);

/// One for each IP address, for its connections on all shards. Whoever lets connections in owns it, and keeps it for as
/// long as one of them lives, and until it is full again.
struct AddressRate {
  SharedTokenBucket messages;
  SharedTokenBucket bytes;
};

/// Part of every session, so it has nothing it does not need: what most servers do not limit is only there once it is
/// limited. The settings are given anew each time: they may change.
class RateLimiter {
 public:
  /// Null: nothing is counted for the address.
  explicit RateLimiter(AddressRate* address);

  struct Verdict {
    Duration wait{};  // zero or less: it may be done; else it may be tried again so much later ...
    RateLimit limit = RateLimit::kMessages;  // ... because of this

    bool is_refused() const { return wait > Duration::zero(); }
  };

  /// Counts one command, unless it is refused.
  Verdict take_message(Instant now, const RateSettings& settings);
  /// Counts a frame that carries no whole command but has to be looked at: it uses up a message's token if there is
  /// one. So whoever floods with such frames has its commands refused.
  void count_frame(Instant now, const RateSettings& settings) { take_message(now, settings); }
  /// Counts a ping or pong. False: there were more than there may be.
  bool take_control_frame(Instant now, const RateSettings& settings);
  /// Counts bytes that were read, also those over the limit: they are here.
  void count_bytes(Instant now, std::uint64_t bytes, const RateSettings& settings);
  /// Whether, and for how long, nothing more is to be read.
  Verdict read_pause(Instant now, const RateSettings& settings) const;

  AddressRate* address() const { return more_ == nullptr ? nullptr : more_->address; }

 private:
  struct More {
    TokenBucket messages;
    TokenBucket bytes;
    AddressRate* address = nullptr;
  };
  /// What is limited from now on, if it was not before.
  More& more();

  TokenBucket control_frames_;
  std::unique_ptr<More> more_;  // null: no limit but that of control frames has held so far
};

static_assert(sizeof(RateLimiter) == 16);

}  // namespace switchboard::session
