#include "simulation/simulated_store.h"

#include <algorithm>

namespace switchboard::simulation {

/// Answers of the writer keep their order; a page may overtake them.
class SimulatedStore::Channel final : public broker::StoreChannel {
 public:
  Channel(SimulatedStore& store, std::uint32_t shard) : store_(store), shard_(shard) {}

  bool submit(broker::StoreRequest&& request) override {
    // With nothing under way no answer would come to try again at.
    const bool is_refused = store_.random_.below(100) < store_.moods_.refuse_percent && under_way_ > 0;
    if (is_refused || under_way_ >= store_.moods_.pending_max) return false;
    ++under_way_;
    submitted_.push_back(std::move(request));
    return true;
  }
  std::optional<broker::StoreAnswer> take() override {
    if (!has_answer()) return std::nullopt;
    broker::StoreAnswer answer = std::move(arrived_.front());
    arrived_.pop_front();
    --under_way_;
    return answer;
  }
  bool has_answer() override { return !arrived_.empty(); }
  std::uint32_t opening() override { return store_.opening_; }
  void flush() override {
    for (auto& request : submitted_)
      store_.take(shard_, std::move(request));
    submitted_.clear();
  }

  void answer(Answer&& answer, bool may_overtake) {
    if (!may_overtake && !on_their_way_.empty()) answer.due = std::max(answer.due, on_their_way_.back().due);
    (may_overtake ? pages_ : on_their_way_).push_back(std::move(answer));
  }
  void step(Instant now) {
    const bool had_answer = has_answer();
    for (auto* queue : {&on_their_way_, &pages_}) {
      while (!queue->empty() && queue->front().due <= now) {
        arrived_.push_back(std::move(queue->front().what));
        queue->pop_front();
      }
    }
    if (!had_answer && has_answer()) store_.wake_(shard_);
  }
  bool is_at_rest() const { return under_way_ == 0; }
  void forget() {
    submitted_.clear();
    on_their_way_.clear();
    pages_.clear();
    arrived_.clear();
    under_way_ = 0;
  }

 private:
  SimulatedStore& store_;
  std::uint32_t shard_;
  std::size_t under_way_ = 0;
  std::vector<broker::StoreRequest> submitted_;  // not yet looked at: nobody has said that it should be
  std::deque<Answer> on_their_way_;
  std::deque<Answer> pages_;
  std::deque<broker::StoreAnswer> arrived_;
};

SimulatedStore::SimulatedStore(std::uint64_t seed, const StoreMoods& moods, std::uint32_t shards,
                               const test::ManualClock& clock, Duration dedup_window,
                               std::function<void(std::uint32_t)> wake)
    : random_(seed), moods_(moods), clock_(clock), wake_(std::move(wake)), disk_(seed + 1, dedup_window) {
  for (std::uint32_t shard = 0; shard < shards; ++shard)
    channels_.push_back(std::make_unique<Channel>(*this, shard));
}

SimulatedStore::~SimulatedStore() = default;

broker::StoreChannel& SimulatedStore::channel(std::uint32_t shard) {
  return *channels_[shard];
}

void SimulatedStore::take(std::uint32_t shard, broker::StoreRequest&& request) {
  if (std::holds_alternative<broker::StoreRead>(request.what)) {
    readings_.push_back({clock_.peek() + up_to(moods_.read_max), {shard, std::move(request)}});
  } else {
    ordered_.push_back({shard, std::move(request)});
  }
}

void SimulatedStore::step() {
  const Instant now = clock_.peek();
  if (!group_.empty() && commit_at_ <= now) commit_group();
  if (group_.empty() && !ordered_.empty()) begin_group();
  for (std::size_t i = 0; i < readings_.size();) {
    if (readings_[i].due > now) {
      ++i;
      continue;
    }
    const Ordered reading = std::move(readings_[i].what);
    readings_.erase(readings_.begin() + static_cast<std::ptrdiff_t>(i));
    if (random_.below(100) < moods_.misread_percent) {
      answer(reading.shard, reading.request.ticket, broker::StoreFailed{broker::Failure::kUnavailable});
    } else {
      broker::PageOrError page = disk_.read(std::get<broker::StoreRead>(reading.request.what));
      if (page) {
        answer(reading.shard, reading.request.ticket, std::move(*page));
      } else {
        answer(reading.shard, reading.request.ticket, broker::StoreFailed{page.error()});
      }
    }
  }
  for (auto& channel : channels_)
    channel->step(now);
}

void SimulatedStore::begin_group() {
  for (std::uint64_t n = 1 + random_.below(moods_.group_max); n > 0 && !ordered_.empty(); --n) {
    group_.push_back(std::move(ordered_.front()));
    ordered_.pop_front();
  }
  const bool stalls = random_.below(100) < moods_.stall_percent;
  commit_at_ = clock_.peek() + up_to(stalls ? moods_.stall_max : moods_.commit_max);
}

void SimulatedStore::commit_group() {
  const bool fails = random_.below(100) < moods_.fail_percent;
  const bool is_found = fails && random_.below(100) < moods_.found_percent;
  for (auto& [shard, request] : group_) {
    if (fails) {
      const auto* publish = std::get_if<broker::StorePublish>(&request.what);
      if (is_found && publish != nullptr) {
        disk_.publish(*publish, clock_.unix_ms());
        found_.push_back(publish->room_id);
      }
      answer(shard, request.ticket, broker::StoreFailed{broker::Failure::kUnavailable});
    } else if (const auto* open = std::get_if<broker::StoreOpen>(&request.what)) {
      answer(shard, request.ticket, disk_.open(*open));
    } else {
      answer(shard, request.ticket, disk_.publish(std::get<broker::StorePublish>(request.what), clock_.unix_ms()));
    }
  }
  group_.clear();
}

void SimulatedStore::answer(std::uint32_t shard, std::uint64_t ticket, decltype(broker::StoreAnswer::what) what) {
  const bool is_page = std::holds_alternative<broker::SharedPage>(what);
  channels_[shard]->answer({clock_.peek() + up_to(moods_.answer_max), {ticket, std::move(what)}}, is_page);
}

void SimulatedStore::reopen() {
  ++opening_;
  for (std::uint32_t shard = 0; shard < channels_.size(); ++shard)
    wake_(shard);
}

bool SimulatedStore::is_at_rest() const {
  return std::ranges::all_of(channels_, [](const auto& channel) { return channel->is_at_rest(); });
}

void SimulatedStore::lose_process() {
  ordered_.clear();
  group_.clear();
  readings_.clear();
  for (auto& channel : channels_)
    channel->forget();
}

void SimulatedStore::lose_machine() {
  lose_process();
  disk_.lose_tails();
}

}  // namespace switchboard::simulation
