// Who fills the store: what everybody's rooms and blocks take in the file, in the table `owners`. An owner is who wrote
// a block, or made a room; owners are told apart by a secret hash of their names into a fixed number of accounts, so
// that any number of them costs the same. Changes belong to a transaction.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "base/siphash.h"
#include "broker/sqlite/database.h"

namespace switchboard::broker {

/// An account.
using OwnerId = std::uint16_t;

class OwnerAccounts {
 public:
  static constexpr std::size_t kAccounts = 1'024;
  /// What a room's row takes with its place in the indexes, and a block besides its records. About.
  static constexpr std::int64_t kRoomCost = 256;
  static constexpr std::int64_t kBlockCost = 256;

  OwnerAccounts(Database& database, HashKey key);

  OwnerId owner_of(std::string_view sender) const;

  // In a transaction; `write` before its commit, and when that is known, `committed` or `rolled_back`.
  void load();
  void add(OwnerId owner, std::int64_t bytes);
  void write();
  void committed();
  void rolled_back();

  /// What the owners who pay first have at least: the largest ones that together have a quarter of everything. 0 when
  /// there is nothing. O(accounts).
  std::int64_t payers_have() const;
  /// A number that is no account is damage: it pays first.
  std::int64_t cost(OwnerId owner) const {
    return owner < kAccounts ? costs_[owner] : std::numeric_limits<std::int64_t>::max();
  }

 private:
  struct Change {
    OwnerId owner;
    std::int64_t bytes;
  };

  Statement read_;
  Statement write_;
  HashKey key_;
  std::array<std::int64_t, kAccounts> costs_{};
  std::vector<Change> changes_;  // of the transaction under way; `costs_` has them already
};

}  // namespace switchboard::broker
