#include "shard/history_queries.h"

#include <algorithm>
#include <utility>

#include "protocol/push.h"
#include "protocol/user_room.h"

namespace switchboard::shard {
namespace {

/// What the answer takes besides its messages.
std::size_t bytes_around(std::string_view room_id, std::string_view command_id, std::string_view epoch) {
  std::string text;
  protocol::append(text, protocol::HistoryPage{.room_id = protocol::told_room_id(room_id),
                                               .id = command_id,
                                               .epoch = epoch,
                                               .messages = {},
                                               .more = false});  // the longer of the two
  return text.size();
}

}  // namespace

HistoryQuery::HistoryQuery(const Asker& asker, const protocol::History& query, std::string_view command_id,
                           std::string_view epoch, Seq end, std::size_t bytes_max)
    : asker_(asker),
      command_id_(command_id),
      epoch_(epoch),
      from_(query.after ? Seq{std::min(query.after->value, end.value - 1)}.next() : Seq{1}),
      until_(query.before ? std::min(*query.before, end) : end),
      messages_left_(query.limit),
      bytes_max_(bytes_max),
      bytes_(bytes_around(query.room_id, command_id, epoch)),
      is_backward_(!query.after) {
  is_done_ = from_ >= until_;
}

std::optional<broker::ReadRange> HistoryQuery::next_range() const {
  if (is_done_) return std::nullopt;
  return broker::ReadRange{.from = from_,
                           .until = until_,
                           .messages_max = messages_left_,
                           .bytes_max = static_cast<std::uint32_t>(std::max<std::size_t>(bytes_left(), 1)),
                           .newest = is_backward_};
}

void HistoryQuery::take(wire::SharedPage page) {
  until_ = std::min(until_, page->newest.next());  // who is not a member does not know where the room ends
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
  if (!pages_.empty() && page->epoch != epoch_) {
    is_done_ = more_ = true;
    return;
  }
  if (pages_.empty()) {  // epochs hold nothing that needs escaping
    bytes_ = bytes_ - epoch_.size() + page->epoch.size();
    epoch_ = page->epoch;
  }
  pages_.push_back(std::move(page));
  is_backward_ ? take_backward(*pages_.back()) : take_forward(*pages_.back());
}

void HistoryQuery::take_forward(const wire::Page& page) {
  if (!messages_.empty() && page.first > from_) {  // trimmed meanwhile: an answer has no holes
    is_done_ = more_ = true;
    return;
  }
  from_ = std::max(from_, page.first);
  while (from_ < std::min(until_, page.end())) {
    if (!take(wire::text_of(page.message(distance(page.first, from_)), asker_.format))) break;
    from_ = from_.next();
  }
  is_done_ = is_done_ || messages_left_ == 0 || from_ >= until_;
  more_ = from_ < until_;
}

void HistoryQuery::take_backward(const wire::Page& page) {
  if (!messages_.empty() && page.end() < until_) {  // damaged in between
    is_done_ = more_ = true;
    return;
  }
  until_ = std::min(until_, page.end());
  const Seq oldest = std::max(from_, page.oldest);
  while (until_ > std::max(oldest, page.first)) {
    if (!take(wire::text_of(page.message(distance(page.first, until_) - 1), asker_.format))) break;
    until_ = Seq{until_.value - 1};
  }
  is_done_ = is_done_ || messages_left_ == 0 || until_ <= oldest;
  more_ = until_ > oldest;
}

bool HistoryQuery::take(std::string_view message) {
  if (messages_left_ == 0) return false;
  const std::size_t bytes = message.size() + (messages_.empty() ? 0 : 1);  // a comma in front
  if (bytes > bytes_left() && !messages_.empty()) {
    is_done_ = true;
    return false;
  }
  messages_.push_back(message);
  --messages_left_;
  bytes_ += bytes;
  if (bytes_left() == 0) is_done_ = true;
  return true;
}

protocol::HistoryPage HistoryQuery::answer(std::string_view room_id) {
  if (is_backward_) std::ranges::reverse(messages_);
  return {.room_id = room_id, .id = command_id_, .epoch = epoch_, .messages = messages_, .more = more_};
}

}  // namespace switchboard::shard
