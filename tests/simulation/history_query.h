// A client's question for old messages, and what is to be demanded of the answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "simulation/config.h"
#include "simulation/ledger.h"

namespace switchboard::simulation {

struct HistoryQuery {
  enum class Direction : std::uint8_t { kNewest, kBefore, kAfter };

  std::string id;      // raw JSON
  std::string room;    // as the client calls it
  std::string its_id;  // what it is called
  Direction direction = Direction::kNewest;
  std::uint64_t seq = 0;  // of kBefore and kAfter
  std::uint64_t limit = 1;
  std::string epoch;             // of the room, "" if unknown
  std::uint64_t known_last = 0;  // the newest message in it that the client knew of when it asked

  std::string document() const;
  /// Throws Failure when the answer, `history`, is not what was asked for. `bytes`: of its text.
  void verify(const test::JsonObject& answer, std::size_t bytes, Ledger& ledger, const Config& config) const;
};

}  // namespace switchboard::simulation
