// How much one client may send, and how often it may do what: its own token buckets, and those it shares with every
// other connection of its address and of its user. Counts and says how long to wait; what then becomes of the client is
// the session's business.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/token_bucket.h"
#include "room/operation.h"

namespace switchboard::session {

struct RateSettings {
  Rate messages{};                                         // commands of one connection, and frames that carry none
  Rate bytes{};                                            // read from one connection
  Rate control_frames{.per_second = 100, .burst = 1'000};  // pings and pongs of one connection
  Rate address_messages{};                                 // all connections of one IP address together
  Rate address_bytes{};
  room::OperationRates operations{};       // of one connection; its token may say otherwise
  room::OperationRates user_operations{};  // all connections of one user together

  bool has_address_limits() const { return address_messages.limited() || address_bytes.limited(); }
};

/// Which of them holds a client back.
enum class RateLimit : std::uint8_t {
  kMessages,
  kBytes,
  kControlFrames,
  kAddressMessages,
  kAddressBytes,
  kJoins,  // of one connection, in the order of room::Operation
  kPublishes,
  kDirects,
  kHistory,
  kPresence,
  kRoomJoins,  // those of a namespace
  kRoomPublishes,
  kUserJoins,  // those of a user, in the order of room::Operation
  kUserPublishes,
  kUserDirects,
  kUserHistory,
  kUserPresence,
};
inline constexpr std::size_t kRateLimits = static_cast<std::size_t>(RateLimit::kUserPresence) + 1;
/// As in the names of the settings: "address_messages". Those of a namespace, [rooms.NAME], begin with "room_".
std::string_view name(RateLimit limit);
/// What a client is told that is held back by it.
std::string_view words_of(RateLimit limit);

/// One for each IP address, for its connections on all shards. Whoever lets connections in owns it, and keeps it for as
/// long as one of them lives, and until it is full again.
struct AddressRate {
  SharedTokenBucket messages;
  SharedTokenBucket bytes;
};

/// One for each user, for its connections on all shards. Whoever hands it out owns it, and keeps it for as long as one
/// of them lives, and until it is full again.
struct UserRate {
  std::array<SharedTokenBucket, room::kOperations> operations;
};

/// What one operation is held to. Without any limit nothing need be counted.
struct OperationLimits {
  room::Operation operation = room::Operation::kJoin;
  Rate connection{};               // wherever it is done
  Rate room{};                     // in the rooms of that namespace; kJoin, kPublish and kDirect only
  std::size_t namespace_hash = 0;  // which one that is, see room::RoomSettings
  Rate user{};                     // wherever any connection of its user does it

  bool any() const { return connection.limited() || room.limited() || user.limited(); }
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
  /// Counts what the command is for, in all of its buckets or, when it is refused, in none.
  Verdict take_operation(Instant now, const OperationLimits& limits);
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
  /// Null until it is set: nothing is counted for the user.
  UserRate* user() const { return more_ == nullptr ? nullptr : more_->user; }
  /// Once.
  void set_user(UserRate& user);
  /// Namespaces that have buckets of their own at present. For tests.
  std::size_t namespaces() const;

 private:
  /// What is left of a namespace's rates.
  struct NamespaceBuckets {
    std::size_t namespace_hash = 0;
    TokenBucket joins;
    TokenBucket publishes;
  };
  struct OperationBuckets {
    std::array<TokenBucket, room::kOperations> connection;
    std::vector<NamespaceBuckets> namespaces;  // those in which something is used up, and perhaps some more
  };
  struct More {
    TokenBucket messages;
    TokenBucket bytes;
    AddressRate* address = nullptr;
    UserRate* user = nullptr;
    std::unique_ptr<OperationBuckets> operations;  // null: no limit of an operation has held so far
  };
  /// What is limited from now on, if it was not before.
  More& more();
  OperationBuckets& operations();
  /// Valid until the next call.
  TokenBucket& room_bucket(Instant now, const OperationLimits& limits);

  TokenBucket control_frames_;
  std::unique_ptr<More> more_;  // null: no limit but that of control frames has held so far
};

static_assert(sizeof(RateLimiter) == 16);

}  // namespace switchboard::session
