#include "listen/accept_gate.h"

#include <algorithm>

namespace switchboard::listen {
namespace {

bool end_pause(std::optional<Instant>& until, Instant now) {
  if (!until || now < *until) return false;
  until.reset();
  return true;
}

}  // namespace

std::optional<Instant> AcceptGate::next_deadline() const {
  std::optional<Instant> first = all_paused_until_;
  for (const std::optional<Instant>& until : paused_until_) {
    if (until) first = std::min(*until, first.value_or(*until));
  }
  return first;
}

bool AcceptGate::end_pauses(Instant now) {
  bool has_ended = end_pause(all_paused_until_, now);
  for (std::optional<Instant>& until : paused_until_)
    has_ended = end_pause(until, now) || has_ended;
  return has_ended;
}

}  // namespace switchboard::listen
