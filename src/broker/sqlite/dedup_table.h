// Which publishes have come before: the records of the keys that publishers gave (`dedup`), in the table `dedup` in the
// order they came, and an index of them in memory. A record is written in its message's own transaction. To forget old
// ones costs next to nothing: the index is in two generations, of which the older is dropped whole, and the table loses
// its beginning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/flat_map.h"
#include "base/seq.h"
#include "base/siphash.h"
#include "base/time.h"
#include "broker/sqlite/age_clock.h"
#include "broker/sqlite/database.h"
#include "broker/sqlite/dedup_index.h"
#include "broker/sqlite/settings.h"

namespace switchboard::broker {

/// Names one message: the room, the sender and the sender's key.
struct DedupDigest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const DedupDigest&, const DedupDigest&) = default;
};

/// Also the bytes in the file.
struct DedupRecord {
  DedupDigest digest;
  std::int64_t room = 0;  // its id in the table `rooms`
  std::uint64_t seq = 0;
  UnixMillis ts = 0;
};

class DedupTable {
 public:
  DedupTable(Database& database, const SqliteSettings& settings, const HashKey (&keys)[2]);

  /// Reads what the file has of the last two windows.
  void load(Instant now, StoreMillis at);

  DedupDigest digest(std::string_view room, std::string_view sender, std::string_view key);

  // In a transaction, in this order for each publish; then `write`, and when that is known, `committed` or
  // `rolled_back`.
  std::optional<DedupRecord> find(const DedupDigest& digest);
  void stage(const DedupRecord& record);
  void write(StoreMillis at);
  void committed(Instant now);
  void rolled_back();

  /// In a transaction: takes at most about `records_max` forgotten records out of the file. Whether there are more.
  bool expire(Instant now, std::uint32_t records_max);
  /// The transaction of the last `expire` was committed; otherwise it does the same again.
  void expired() { oldest_ = expired_before_; }
  bool has_expired(Instant now);

  /// The file is too small for all of them: the older generation is forgotten now.
  void shorten(Instant now) { rotate(now); }

  /// Rows found not to be what was written; their keys are not known any more.
  std::uint64_t damaged() const { return damaged_; }

  std::size_t size() const { return current_.index.size() + older_.index.size(); }

 private:
  struct DigestHash {
    std::size_t operator()(const DedupDigest& digest) const { return digest.low; }
  };
  struct Generation {
    std::uint64_t base = 0;  // number of its first record
    DedupIndex index;
  };

  void rotate(Instant now);
  std::optional<DedupRecord> read(std::uint64_t number);
  std::optional<DedupRecord> find_in(const Generation& generation, const DedupDigest& digest);

  const SqliteSettings& settings_;
  const std::uint64_t records_max_;
  HashKey keys_[2];
  Generation current_;
  Generation older_;
  Instant rotated_at_{};
  std::uint64_t next_ = 1;            // number of the next record
  std::uint64_t oldest_ = 1;          // of the first that is in the file
  std::uint64_t expired_before_ = 1;  // as `oldest_`, when the transaction under way is committed
  std::uint64_t damaged_ = 0;
  std::vector<DedupRecord> staged_;
  FlatMap<DedupDigest, std::uint32_t, DigestHash> staged_by_digest_;
  std::string text_;

  Statement insert_;
  Statement read_;
  Statement remove_;
  Database& database_;
};

}  // namespace switchboard::broker
