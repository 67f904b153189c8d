#include "cli/bench/ledger.h"

namespace switchboard::cli::bench {

std::uint32_t Ledger::publish(const Publication& publication) {
  ++tally_.published;
  tally_.expected += publication.expected;
  publications_.push_back(publication);
  return static_cast<std::uint32_t>(publications_.size() - 1);
}

bool Ledger::accept_jump(const Place& place, std::uint64_t seq) {
  if (seq == 0 || place.last_seq == 0) return true;
  if (seq > place.last_seq) {
    tally_.jumped += seq - place.last_seq - 1;
    return true;
  }
  ++(seq == place.last_seq ? tally_.duplicates : tally_.reordered);
  return false;
}

}  // namespace switchboard::cli::bench
