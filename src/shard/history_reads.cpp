#include "shard/history_reads.h"

#include <algorithm>
#include <utility>

#include "ws/frame_writer.h"

namespace switchboard::shard {

HistoryRead::HistoryRead(SlotId client, SlotId view, const protocol::History& query, std::string_view command_id,
                         Seq end, std::size_t bytes_max)
    : client_(client),
      view_(view),
      command_id_(command_id),
      from_(query.after ? Seq{std::min(query.after->value, end.value - 1)}.next() : Seq{1}),
      until_(query.before ? std::min(*query.before, end) : end),
      messages_left_(query.limit),
      bytes_left_(bytes_max),
      is_backward_(!query.after) {
  is_done_ = from_ >= until_;
}

std::optional<broker::ReadRange> HistoryRead::next_range() const {
  if (is_done_) return std::nullopt;
  return broker::ReadRange{.from = from_,
                           .until = until_,
                           .messages_max = messages_left_,
                           .bytes_max = static_cast<std::uint32_t>(bytes_left_),
                           .newest = is_backward_};
}

void HistoryRead::take(broker::SharedPage page) {
  if (page->empty() && page->gap_end > from_ && !is_backward_) {  // damaged: an answer begins behind it
    from_ = page->gap_end;
    more_ = from_ < until_;
    is_done_ = !messages_.empty() || !more_;
    return;
  }
  if (page->empty()) {
    is_done_ = true;
    more_ = false;  // the rest was trimmed meanwhile
    return;
  }
  if (!pages_.empty() && page->epoch != pages_.front()->epoch) {
    is_done_ = more_ = true;
    return;
  }
  pages_.push_back(std::move(page));
  is_backward_ ? take_backward(*pages_.back()) : take_forward(*pages_.back());
}

void HistoryRead::take_forward(const broker::Page& page) {
  if (!messages_.empty() && page.first > from_) {  // trimmed meanwhile: an answer has no holes
    is_done_ = more_ = true;
    return;
  }
  from_ = std::max(from_, page.first);
  while (from_ < std::min(until_, page.end())) {
    if (!take(ws::payload_of(page.frame(distance(page.first, from_))))) break;
    from_ = from_.next();
  }
  is_done_ = is_done_ || messages_left_ == 0 || from_ >= until_;
  more_ = from_ < until_;
}

void HistoryRead::take_backward(const broker::Page& page) {
  if (!messages_.empty() && page.end() < until_) {  // damaged in between
    is_done_ = more_ = true;
    return;
  }
  until_ = std::min(until_, page.end());
  const Seq oldest = std::max(from_, page.oldest);
  while (until_ > std::max(oldest, page.first)) {
    if (!take(ws::payload_of(page.frame(distance(page.first, until_) - 1)))) break;
    until_ = Seq{until_.value - 1};
  }
  is_done_ = is_done_ || messages_left_ == 0 || until_ <= oldest;
  more_ = until_ > oldest;
}

bool HistoryRead::take(std::string_view message) {
  if (messages_left_ == 0) return false;
  if (message.size() > bytes_left_ && !messages_.empty()) {
    is_done_ = true;
    return false;
  }
  messages_.push_back(message);
  --messages_left_;
  bytes_left_ -= std::min(bytes_left_, message.size());
  if (bytes_left_ == 0) is_done_ = true;
  return true;
}

protocol::HistoryPage HistoryRead::answer(std::string_view room_id, std::string_view epoch) {
  if (is_backward_) std::ranges::reverse(messages_);
  return {.room_id = room_id,
          .id = command_id_,
          .epoch = pages_.empty() ? epoch : std::string_view(pages_.front()->epoch),
          .messages = messages_,
          .more = more_};
}

}  // namespace switchboard::shard
