#include "shard/replay_start.h"

#include <algorithm>

namespace switchboard::shard {

using protocol::Recovery;

ReplayStart replay_start(const ReplayWish& wish, Seq head_first, Seq head_last, std::string_view epoch) {
  if (wish.since) {
    const Seq since = wish.since->seq;
    if (wish.since->epoch != epoch) return {head_first, Recovery::kEpochChanged};
    if (since > head_last) return {head_first, Recovery::kAhead};
    if (since.next() < head_first) return {head_first, Recovery::kTrimmed};
    return {since.next(), Recovery::kRecovered};
  }
  const Seq newest{head_last.value - std::min<std::uint64_t>(wish.last, head_last.value)};  // the one before them
  return {std::max(head_first, newest.next()), Recovery::kNotAsked};
}

}  // namespace switchboard::shard
