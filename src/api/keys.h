// Who may use the HTTP API: keys, each with what it may do and in which rooms. A key is known by its SHA-256 only.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/grants.h"
#include "base/token_bucket.h"

namespace switchboard::api {

enum class Scope : std::uint8_t {
  kPublish,  // messages to rooms and users
  kRead,     // history and presence
  kAdmin,    // what concerns users and their connections
};

inline constexpr std::size_t kKeyBytesMin = 8;
inline constexpr std::size_t kKeyBytesGood = 32;  // what nobody guesses
inline constexpr std::size_t kKeyBytesMax = 512;
inline constexpr std::size_t kKeysMax = 100;

class Key {
 public:
  bool may(Scope scope) const { return (scopes_ & 1u << static_cast<unsigned>(scope)) != 0; }
  /// Whether its pattern covers the room; a user's own is "@" and the user.
  bool covers(std::string_view room_id) const;
  /// What all rooms begin with that it covers.
  std::string_view room_prefix() const { return room_prefix_; }
  /// The first hexadecimal digits of its hash: what logs may say of it.
  std::string shown() const;
  /// What is left of the requests it may make, on all shards together. Any thread.
  SharedTokenBucket& requests() const { return *requests_; }

 private:
  friend class Keys;

  std::array<unsigned char, 32> hash_{};
  unsigned scopes_ = 0;
  bool is_for_all_rooms_ = true;
  auth::Grants rooms_;
  std::shared_ptr<SharedTokenBucket> requests_ = std::make_shared<SharedTokenBucket>();  // copies share it
  std::string room_prefix_;
};

/// Immutable, but for the keys' buckets; any number of threads may ask at once.
class Keys {
 public:
  /// Each entry is a key of 8 to 512 bytes or "sha256:" and its hash in 64 hexadecimal digits, perhaps behind what it
  /// may: "[publish,read] KEY", "[publish chat:*] sha256:...". Without brackets it may everything. The error is about
  /// the first entry that is none, and does not show it.
  static std::expected<Keys, std::string> parse(std::span<const std::string> entries);
  /// "" or what is wrong with one entry.
  static std::string problem_with(std::string_view entry);

  /// What a key has used up in `earlier`, it has used up here. Before anybody asks.
  void take_over(const Keys& earlier);

  /// Null when nobody has that key. Takes the same time whichever it is.
  const Key* find(std::string_view shown_key) const;
  bool empty() const { return keys_.empty(); }
  /// Whether one of them is shorter than kKeyBytesGood. (Of a hash nobody can tell.)
  bool has_short() const { return has_short_; }

 private:
  std::vector<Key> keys_;
  bool has_short_ = false;
};

}  // namespace switchboard::api
