// The hasher of every table keyed by a name that a client may choose (rooms, users, addresses).
// Usage: NameMap<V> table(NameHash{key}), see base/flat_map.h.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/siphash.h"

namespace switchboard {

/// Keyed, so that no client can aim at one bucket. Takes std::string and std::string_view alike without a copy.
/// There is no default key on purpose: a table has to be given one.
struct NameHash {
  using is_transparent = void;

  explicit NameHash(HashKey hash_key) : key(hash_key) {}

  std::size_t operator()(std::string_view name) const { return static_cast<std::size_t>(siphash13(key, name)); }

  HashKey key;
};

}  // namespace switchboard
