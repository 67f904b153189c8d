// Who waits for which page of a room's history.
#pragma once

#include <cstdint>

#include "broker/page.h"
#include "wire/format.h"

namespace switchboard::shard {

/// What a page is wanted for, as the shard that asks names it.
struct PageTicket {
  enum class For : std::uint8_t { kReplay, kHistory, kApi };
  For what{};
  std::uint64_t number = 0;  // among those of its kind
  friend bool operator==(const PageTicket&, const PageTicket&) = default;
};

/// What is to be read, and how its messages are to be written.
struct PageWish {
  broker::ReadRange range;
  wire::Format format{};  // not compressed
  friend bool operator==(const PageWish&, const PageWish&) = default;
};

/// Who is to get a page.
struct PageReader {
  std::uint32_t shard = 0;
  PageTicket ticket;
};

}  // namespace switchboard::shard
