#include "ws/inflater_pool.h"

#include <cstring>
#include <utility>

namespace switchboard::ws {

namespace {

constexpr int kWindowBits = 15;            // takes whatever a client may use
constexpr std::size_t kIdleMax = 4;        // 160 KB; nearly always one is lent at a time
constexpr std::size_t kPaddingBytes = 64;  // simdjson may read past the end

}  // namespace

InflaterPool::Lease InflaterPool::lend() {
  std::unique_ptr<Inflater> inflater;
  if (idle_.empty()) {
    inflater = std::make_unique<Inflater>(kWindowBits);
  } else {
    inflater = std::move(idle_.back());
    idle_.pop_back();
    inflater->reset();
  }
  ++lent_;
  return {inflater.release(), GiveBack{this}};
}

void InflaterPool::take_back(Inflater* inflater) {
  std::unique_ptr<Inflater> returned(inflater);
  --lent_;
  if (idle_.size() < kIdleMax) idle_.push_back(std::move(returned));
}

std::span<char> InflaterPool::scratch() {
  if (!scratch_) {
    scratch_ = std::make_unique_for_overwrite<char[]>(kScratchBytes + kPaddingBytes);
    std::memset(scratch_.get() + kScratchBytes, 0, kPaddingBytes);
  }
  return {scratch_.get(), kScratchBytes};
}

}  // namespace switchboard::ws
