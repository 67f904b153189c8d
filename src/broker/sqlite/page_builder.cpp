#include "broker/sqlite/page_builder.h"

#include <algorithm>
#include <utility>

namespace switchboard::broker {
namespace {

// A range may ask for any number of messages; what is more than this grows as it comes.
constexpr std::size_t kFramesReserved = 4'096;

}  // namespace

Seq PageBuilder::next() const {
  return range_.newest ? Seq{first_.value - frames_.size()} : first_.plus(frames_.size());
}

/// As if all were as long as the first: growing by doubling would copy a page twice over.
void PageBuilder::reserve(std::size_t frame_bytes) {
  const std::uint64_t asked = distance(range_.from, std::max(range_.from, range_.until));
  const std::size_t count = std::min<std::uint64_t>({asked, range_.messages_max, kFramesReserved});
  frames_.reserve(count);
  bytes_.reserve(std::min<std::uint64_t>(std::uint64_t{frame_bytes} * count, range_.bytes_max));
}

bool PageBuilder::add(Seq seq, std::string_view frame, StoreMillis at) {
  const bool follows = frames_.empty() || seq == next();
  const bool fits = frames_.empty() || bytes_.size() + frame.size() <= range_.bytes_max;
  if (is_full_ || !follows || !fits) {
    is_full_ = true;
    return false;
  }
  oldest_at_ = frames_.empty() ? at : std::min(oldest_at_, at);
  if (frames_.empty()) {
    first_ = seq;
    reserve(frame.size());
  }
  const std::size_t begin = bytes_.size();
  bytes_.append(frame);
  frames_.push_back({begin, bytes_.size()});
  is_full_ = frames_.size() >= range_.messages_max;
  return true;
}

Page PageBuilder::take(std::string epoch, Seq oldest, Seq newest) {
  Page page{.epoch = std::move(epoch),
            .oldest = oldest,
            .newest = newest,
            .gap_end = {},
            .first = first_,
            .frames = {},
            .ends = {}};
  if (frames_.empty()) return page;
  page.ends.reserve(frames_.size());
  if (!range_.newest) {
    for (const Frame& frame : frames_)
      page.ends.push_back(static_cast<std::uint32_t>(frame.end));
    if (bytes_.size() < bytes_.capacity() / 4 * 3) bytes_.shrink_to_fit();  // pages are kept for a while
    page.frames = std::move(bytes_);
    return page;
  }
  page.first = Seq{first_.value + 1 - frames_.size()};
  page.frames.reserve(bytes_.size());
  for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
    page.frames.append(bytes_, frame->begin, frame->end - frame->begin);
    page.ends.push_back(static_cast<std::uint32_t>(page.frames.size()));
  }
  return page;
}

}  // namespace switchboard::broker
