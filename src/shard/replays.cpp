#include "shard/replays.h"

#include <algorithm>
#include <functional>

#include "base/assert.h"

namespace switchboard::shard {

using Stage = Replay::Stage;

Replay& Replays::begin(Client& client, SlotId view, Seq target, Seq live_from) {
  Replay& replay = begin(client, view);
  replay.target = target;
  replay.owes_caught_up = true;
  replay.live_from = live_from;
  return replay;
}

Replay& Replays::begin(Client& client, SlotId view) {
  const auto [id, replay] = replays_.emplace();
  replay.client = client.session().id();
  replay.view = view;
  const bool is_first = by_membership_.emplace(Key{replay.client, view}, id).second;
  SB_ASSERT(is_first);
  ++of_client_[replay.client.index];
  client.replaying = true;
  stats_.replays.add();
  stats_.replays_total.add();
  return replay;
}

Replay* Replays::find(const Client& client, SlotId view) {
  const auto found = by_membership_.find(Key{client.session().id(), view});
  return found == by_membership_.end() ? nullptr : replays_.find(found->second);
}

void Replays::end(Client& client, SlotId view) {
  const auto found = by_membership_.find(Key{client.session().id(), view});
  if (found == by_membership_.end()) return;
  const SlotId id = found->second;
  drop_page(replays_.at(id));
  replays_.erase(id);  // what stands in line or is on its way for it finds it gone
  by_membership_.erase(found);
  const auto count = of_client_.find(client.session().id().index);
  if (--count->second == 0) {
    of_client_.erase(count);
    client.replaying = false;
  }
  stats_.replays.sub();
}

void Replays::want_page(Replay& replay, Seq from) {
  if (replay.stage != Stage::kIdle) return;
  replay.stage = Stage::kInLine;
  replay.wanted = from;
  line_.push_back(by_membership_.find(Key{replay.client, replay.view})->second);
}

void Replays::drop_page(Replay& replay) {
  if (replay.stage != Stage::kHolding) return;
  replay.stage = Stage::kIdle;
  replay.page.reset();
  const auto held = std::ranges::find_if(holders_, [&](SlotId id) { return replays_.find(id) == &replay; });
  *held = holders_.back();
  holders_.pop_back();
}

std::uint64_t Replays::begin_read(SlotId id, Replay& replay) {
  replay.stage = Stage::kReading;
  reads_.emplace(++last_ticket_, id);
  return last_ticket_;
}

void Replays::take_back(SlotId id, Replay& replay, std::uint64_t ticket) {
  reads_.erase(ticket);
  replay.stage = Stage::kInLine;
  line_.push_back(id);
}

Client* Replays::on_page(std::uint64_t ticket, const wire::PageOrError& page, Instant now) {
  const auto read = reads_.find(ticket);
  if (read == reads_.end()) return nullptr;
  const SlotId id = read->second;
  reads_.erase(read);
  Replay* replay = replays_.find(id);
  if (replay == nullptr) return nullptr;
  if (page) {
    replay->stage = Stage::kHolding;
    replay->page = *page;
    replay->since = now;
    replay->failures = 0;
    holders_.push_back(id);
    stats_.replay_pages.add();
  } else {
    on_failed_read(id, *replay, page.error(), now);
    if (replay->stage == Stage::kBackingOff) return nullptr;
  }
  return clients_.find(replay->client);
}

void Replays::on_failed_read(SlotId id, Replay& replay, broker::Failure failure, Instant now) {
  if (failure != broker::Failure::kUnavailable || replay.failures == kRetries) {
    replay.stage = Stage::kFailed;
    return;
  }
  replay.stage = Stage::kBackingOff;
  replay.since = now + kFirstRetry * (1 << replay.failures++);
  retries_.emplace_back(replay.since, id);
  std::ranges::push_heap(retries_, std::greater{});
}

void Replays::get_back_in_line(Instant now) {
  while (!retries_.empty() && retries_.front().first <= now) {
    const SlotId id = retries_.front().second;
    std::ranges::pop_heap(retries_, std::greater{});
    retries_.pop_back();
    Replay* replay = replays_.find(id);
    if (replay == nullptr) continue;
    replay->stage = Stage::kInLine;
    line_.push_back(id);
  }
}

/// A client whose socket takes nothing gets in line again once it does.
void Replays::give_up_stuck_pages(Instant now) {
  next_look_ = now + kPatience;
  for (std::size_t i = holders_.size(); i-- > 0;) {  // from the back: dropping one moves the last into its place
    Replay& replay = replays_.at(holders_[i]);
    if (!clients_.at(replay.client).blocked) continue;
    if (now - replay.since >= kPatience) {
      drop_page(replay);
    } else {
      next_look_ = std::min(next_look_, replay.since + kPatience);
    }
  }
}

std::optional<Instant> Replays::next_deadline() const {
  Instant next = Instant::max();
  if (!retries_.empty()) next = retries_.front().first;
  if (!holders_.empty()) next = std::min(next, next_look_);
  return next == Instant::max() ? std::nullopt : std::optional(next);
}

}  // namespace switchboard::shard
