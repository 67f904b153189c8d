#include "broker/sqlite/page_builder.h"

#include <algorithm>
#include <utility>

namespace switchboard::broker {
namespace {

// A range may ask for any number of messages; what is more than this grows as it comes.
constexpr std::size_t kRecordsReserved = 4'096;

}  // namespace

Seq PageBuilder::next() const {
  return range_.newest ? Seq{first_.value - records_.size()} : first_.plus(records_.size());
}

/// As if all were as long as the first: growing by doubling would copy a page twice over.
void PageBuilder::reserve(std::size_t record_bytes) {
  const std::uint64_t asked = distance(range_.from, std::max(range_.from, range_.until));
  const std::size_t count = std::min<std::uint64_t>({asked, range_.messages_max, kRecordsReserved});
  records_.reserve(count);
  bytes_.reserve(std::min<std::uint64_t>(std::uint64_t{record_bytes} * count, range_.bytes_max));
}

bool PageBuilder::add(Seq seq, std::string_view record, StoreMillis at) {
  const bool follows = records_.empty() || seq == next();
  const bool fits = records_.empty() || bytes_.size() + record.size() <= range_.bytes_max;
  if (is_full_ || !follows || !fits) {
    is_full_ = true;
    return false;
  }
  oldest_at_ = records_.empty() ? at : std::min(oldest_at_, at);
  if (records_.empty()) {
    first_ = seq;
    reserve(record.size());
  }
  const std::size_t begin = bytes_.size();
  bytes_.append(record);
  records_.push_back({begin, bytes_.size()});
  is_full_ = records_.size() >= range_.messages_max;
  return true;
}

Page PageBuilder::take(std::string epoch, Seq oldest, Seq newest) {
  Page page;
  page.epoch = std::move(epoch);
  page.oldest = oldest;
  page.newest = newest;
  page.first = first_;
  if (records_.empty()) return page;
  page.ends.reserve(records_.size());
  if (!range_.newest) {
    for (const Record& record : records_)
      page.ends.push_back(static_cast<std::uint32_t>(record.end));
    if (bytes_.size() < bytes_.capacity() / 4 * 3) bytes_.shrink_to_fit();  // pages are kept for a while
    page.bytes = std::move(bytes_);
    return page;
  }
  page.first = Seq{first_.value + 1 - records_.size()};
  page.bytes.reserve(bytes_.size());
  for (auto record = records_.rbegin(); record != records_.rend(); ++record) {
    page.bytes.append(bytes_, record->begin, record->end - record->begin);
    page.ends.push_back(static_cast<std::uint32_t>(page.bytes.size()));
  }
  return page;
}

}  // namespace switchboard::broker
