// The hash table of the house: open addressing, values in place, next to nothing for an empty one. What it is made of
// (absl::flat_hash_map, see docs/decisions/0006) is known here only.
//
// Values move: a pointer, reference or iterator into it holds until the next insertion. Erasing leaves the others where
// they are. What must stay at its address is kept elsewhere (SlotTable, a list), with its handle here.
//
// It has no order that one could go through. Abseil's depends on addresses, that is on chance: whatever followed from
// it would differ from run to run, and a simulation could not be repeated from its seed.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <cstddef>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "base/name_hash.h"
#include "base/number_hash.h"

namespace switchboard {

/// `Hash` must be good in every bit: nothing is mixed afterwards. NumberHash is, for what the house itself numbers;
/// what a peer can choose needs a keyed one (NameHash). One thread. All operations O(1), amortised where it grows.
template <class Key, class Value, class Hash = NumberHash, class Equal = std::equal_to<Key>>
class FlatMap {
  using Table = absl::flat_hash_map<Key, Value, Hash, Equal>;

 public:
  using iterator = typename Table::iterator;
  using const_iterator = typename Table::const_iterator;

  FlatMap()
    requires std::is_default_constructible_v<Hash>
  = default;
  explicit FlatMap(Hash hash) : table_(0, hash) {}

  // With a transparent `Hash` and `Equal`, `key` may be whatever they take.

  template <class K = Key>
  iterator find(const K& key) {
    return table_.find(key);
  }
  template <class K = Key>
  const_iterator find(const K& key) const {
    return table_.find(key);
  }
  template <class K = Key>
  bool contains(const K& key) const {
    return table_.contains(key);
  }
  /// To compare with what `find` returned.
  iterator end() { return table_.end(); }
  const_iterator end() const { return table_.end(); }

  /// Where the value of that key is, and whether it was made by this; one that was there stays as it was.
  template <class K, class... A>
  std::pair<iterator, bool> try_emplace(K&& key, A&&... arguments) {
    return table_.try_emplace(std::forward<K>(key), std::forward<A>(arguments)...);
  }
  template <class K, class V>
  std::pair<iterator, bool> emplace(K&& key, V&& value) {
    return table_.emplace(std::forward<K>(key), std::forward<V>(value));
  }
  Value& operator[](const Key& key) { return table_[key]; }

  void erase(iterator place) { table_.erase(place); }
  /// How many there were: 0 or 1.
  template <class K = Key>
  std::size_t erase(const K& key) {
    return table_.erase(key);
  }
  void clear() { table_.clear(); }

  /// It does not shrink by itself. After erasing: gives most of the memory of a peak back. Moves all values when it
  /// does something, which is seldom enough to be amortised O(1).
  void shrink_if_sparse() {
    if (table_.size() * kSparse < table_.bucket_count() && table_.bucket_count() > kPlacesMin) table_.rehash(0);
  }

  std::size_t size() const { return table_.size(); }
  bool empty() const { return table_.empty(); }
  /// Places for values, taken or not. For tests and reports.
  std::size_t places() const { return table_.bucket_count(); }

  /// Calls f(const Key&, Value&) for each, in an order that is left to chance: what `f` does must not depend on it
  /// (sums, marks). `f` must not change the table.
  template <class F>
  void for_each_unordered(F&& f) {
    for (auto& [key, value] : table_)
      f(key, value);
  }
  template <class F>
  void for_each_unordered(F&& f) const {
    for (const auto& [key, value] : table_)
      f(key, value);
  }

 private:
  static constexpr std::size_t kSparse = 16;
  static constexpr std::size_t kPlacesMin = 1'024;

  Table table_;
};

/// By names that a peer may choose; looked up by std::string_view without a copy.
template <class Value>
using NameMap = FlatMap<std::string, Value, NameHash, std::equal_to<>>;

}  // namespace switchboard
