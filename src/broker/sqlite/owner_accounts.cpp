#include "broker/sqlite/owner_accounts.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace switchboard::broker {

OwnerAccounts::OwnerAccounts(Database& database, HashKey key)
    : read_(database, "SELECT id, bytes FROM owners"),
      write_(database, "INSERT OR REPLACE INTO owners(id, bytes) VALUES(?, ?)"),
      key_(key) {}

OwnerId OwnerAccounts::owner_of(std::string_view sender) const {
  return static_cast<OwnerId>(siphash13(key_, sender) % kAccounts);
}

void OwnerAccounts::load() {
  costs_.fill(0);
  read_.with();
  while (read_.next()) {
    if (const std::uint64_t owner = read_.natural(0); owner < kAccounts) costs_[owner] = read_.integer(1);
  }
}

void OwnerAccounts::add(OwnerId owner, std::int64_t bytes) {
  if (owner >= kAccounts) return;  // a damaged row may say anything
  costs_[owner] += bytes;
  changes_.push_back({owner, bytes});
}

void OwnerAccounts::write() {
  std::ranges::sort(changes_, {}, &Change::owner);
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    const OwnerId owner = changes_[i].owner;
    if (i + 1 == changes_.size() || changes_[i + 1].owner != owner) write_.with(owner, costs_[owner]).run();
  }
}

void OwnerAccounts::committed() {
  changes_.clear();
}

void OwnerAccounts::rolled_back() {
  for (const Change& change : changes_)
    costs_[change.owner] -= change.bytes;
  changes_.clear();
}

std::int64_t OwnerAccounts::payers_have() const {
  std::array<std::int64_t, kAccounts> sorted = costs_;
  std::ranges::sort(sorted, std::greater{});
  const std::int64_t quarter = std::accumulate(sorted.begin(), sorted.end(), std::int64_t{0}) / 4;
  std::int64_t sum = 0;
  for (const std::int64_t cost : sorted) {
    sum += cost;
    if (sum >= quarter) return std::max<std::int64_t>(cost, 0);
  }
  return 0;
}

}  // namespace switchboard::broker
