#include "broker/sqlite/sqlite_channel.h"

#include <utility>

namespace switchboard::broker {
namespace {

// Powers of two. A batch at full speed takes a thousand or two, and the next is collected meanwhile.
constexpr std::size_t kWritesMax = 8'192;
constexpr std::size_t kReadsMax = 256;

std::size_t bytes_of(const StoreRequest& request) {
  std::size_t bytes = sizeof(StoreRequest);
  if (const auto* publish = std::get_if<StorePublish>(&request.what)) bytes += publish->text_bytes();
  return bytes;
}

}  // namespace

SqliteChannel::SqliteChannel(std::uint64_t pending_bytes_max)
    : lanes_{Lane(kWritesMax), Lane(kReadsMax), Lane(kReadsMax)}, pending_bytes_max_(pending_bytes_max) {}

bool SqliteChannel::submit(StoreRequest&& request) {
  const bool is_read = std::holds_alternative<StoreRead>(request.what);
  Lane& lane = is_read ? reading(next_reader_) : writing();
  const std::size_t bytes = bytes_of(request);
  if (lane.under_way == lane.answers.capacity()) return false;
  if (pending_bytes_ > 0 && pending_bytes_ + bytes > pending_bytes_max_) return false;
  if (is_read) next_reader_ = (next_reader_ + 1) % kReaderThreads;
  lane.requests.try_push({.request = std::move(request), .bytes = bytes});
  ++lane.under_way;
  lane.is_new = true;
  pending_bytes_ += bytes;
  return true;
}

std::optional<StoreAnswer> SqliteChannel::take() {
  for (std::size_t tries = 0; tries < lanes_.size(); ++tries) {
    Lane& lane = lanes_[next_lane_];
    next_lane_ = (next_lane_ + 1) % lanes_.size();
    Answer* front = lane.answers.front();
    if (front == nullptr) continue;
    std::optional<StoreAnswer> answer(std::move(front->answer));
    pending_bytes_ -= front->bytes;
    --lane.under_way;
    lane.answers.pop();
    return answer;
  }
  return std::nullopt;
}

bool SqliteChannel::has_answer() {
  for (const Lane& lane : lanes_) {
    if (!lane.answers.empty()) return true;
  }
  return false;
}

void SqliteChannel::flush() {
  for (Lane& lane : lanes_) {
    if (std::exchange(lane.is_new, false)) lane.doorbell->ring();
  }
}

}  // namespace switchboard::broker
