#include "broker/sqlite/unsettled_batch.h"

#include <utility>

namespace switchboard::broker {

std::optional<UnsettledBatch> UnsettledBatch::of(const Journal& journal, std::span<const StoreRequest> requests,
                                                 const std::vector<StoreAnswer>& answers) {
  if (journal.staged().empty()) return std::nullopt;
  UnsettledBatch batch;
  batch.row_ = journal.last_row() + 1;
  batch.check_ = journal.staged_check();
  batch.answers_ = answers;
  for (const StoreRequest& request : requests) {
    const auto* publish = std::get_if<StorePublish>(&request.what);
    batch.room_ids_.push_back(publish == nullptr ? std::string() : publish->room_id);
  }
  return batch;
}

std::vector<StoreAnswer> UnsettledBatch::settle(Database& database, StagedBatch& batch, Instant now,
                                                std::uint64_t& refused) {
  const bool is_there = Journal::has(database, row_, check_);
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    auto* committed = std::get_if<StoreCommitted>(&answers_[i].what);
    if (committed != nullptr && (is_there || committed->is_duplicate)) {
      const StoreOpened room = batch.open({.room_id = room_ids_[i]}, now);
      committed->epoch = room.epoch;  // which may be another one than it was
      if (committed->is_duplicate) committed->last = room.last;
    } else {
      if (committed != nullptr) ++refused;
      answers_[i] = refusal_of(answers_[i].ticket);
    }
  }
  return std::move(answers_);
}

std::vector<StoreAnswer> UnsettledBatch::give_up() const {
  std::vector<StoreAnswer> refusals;
  for (const StoreAnswer& answer : answers_)
    refusals.push_back(refusal_of(answer.ticket));
  return refusals;
}

}  // namespace switchboard::broker
