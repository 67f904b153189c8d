// One member that is given its room's history page by page until it reaches its view's log, because it joined to resume
// or has fallen behind the log. Where it stands is its cursor, like any member's; this is what else has to be known.
#pragma once

#include <cstdint>

#include "base/seq.h"
#include "base/slot_table.h"
#include "base/time.h"
#include "wire/page.h"

namespace switchboard::shard {

struct Replay {
  enum class Stage : std::uint8_t {
    kIdle,        // needs no page: it reads the log, or its socket takes nothing
    kInLine,      // waits for its turn to have a page
    kReading,     // has asked for one
    kHolding,     // has one
    kBackingOff,  // the store could not be read; it will be asked again
    kFailed,      // the store cannot be read: the member goes on without what it misses
  };

  SlotId client;
  SlotId view;
  wire::SharedPage page;  // kHolding: it has the message at the cursor, unless the room has lost that
  Seq wanted;             // kInLine to kBackingOff: the first message that is needed
  Seq target;             // `joined` told this number: once the cursor is behind it, the client is told `caught_up`
  Seq live_from;          // what is before it the member has had, or would not have been given, had it not joined
  Instant since{};        // kHolding: when the page came; kBackingOff: when to ask again
  Stage stage = Stage::kIdle;
  std::uint8_t failures = 0;    // reads in a row that failed
  bool owes_caught_up = false;  // false: it only lags, or has been told
  bool is_complete = true;      // nothing of it was missing so far
};

}  // namespace switchboard::shard
