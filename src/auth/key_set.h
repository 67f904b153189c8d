// The keys of one issuer, and which of them a token could have been signed with.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "auth/key.h"

namespace switchboard::auth {

inline constexpr std::size_t kKeysMax = 100;     // of one set
inline constexpr std::size_t kKeysTriedMax = 8;  // for one token
inline constexpr std::size_t kJwkSetBytesMax = 256 * 1024;

class KeySet {
 public:
  KeySet() = default;
  /// Fewer than kKeysMax of them so far.
  void add(Key key) { keys_.push_back(std::move(key)); }
  bool empty() const { return keys_.empty(); }
  std::size_t size() const { return keys_.size(); }
  const std::vector<Key>& keys() const { return keys_; }

 private:
  std::vector<Key> keys_;
};

/// A JWK Set that was read: its keys, and what is wrong with those that were left out (RFC 7517 section 5 wants them
/// passed over), each a sentence that begins with the key.
struct JwkSet {
  std::vector<Key> keys;
  std::vector<std::string> left_out;
};

/// The error is for a text that is no JWK Set, has more than kKeysMax keys or kJwkSetBytesMax bytes, or none that can
/// be used.
std::expected<JwkSet, std::string> read_jwk_set(std::string_view json);

}  // namespace switchboard::auth
