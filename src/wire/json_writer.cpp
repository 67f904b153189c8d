#include "wire/json_writer.h"

#include <charconv>
#include <concepts>
#include <cstring>

#include "protocol/json_string.h"
#include "protocol/user_room.h"

namespace switchboard::wire {
namespace {

void append_text(std::string& out, std::string_view text) {
  const std::size_t before = out.size();
  out.resize(before + protocol::written_bytes_max(text.size()));
  out.resize(static_cast<std::size_t>(protocol::write_string(out.data() + before, text) - out.data()));
}

void append_number(std::string& out, std::integral auto number) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

char* put(char* at, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());  // what is empty may be nowhere
  return at + bytes.size();
}

}  // namespace

JsonWriter::JsonWriter(std::string_view room_id) {
  if (protocol::is_user_room(room_id)) {
    head_ = R"({"type":"direct")";
  } else {
    head_ = R"({"type":"broadcast","room_id":)";
    append_text(head_, room_id);
  }
  head_ += R"(,"content":)";
}

std::size_t JsonWriter::prepare(const broker::Publication& publication) {
  publication_ = &publication;
  const bool differs_in_number =
      publication.ts == ts_ && publication.sender == sender_ && publication.to == to_ && !tail_.empty();
  if (!differs_in_number || publication.seq != seq_.next() || !count_up()) write_tail(publication);
  seq_ = publication.seq;
  return head_.size() + publication.content.size() + tail_.size();
}

/// The number in the tail becomes the next one. False when that has one digit more.
bool JsonWriter::count_up() {
  for (std::size_t at = seq_end_; at > seq_begin_; --at) {
    char& digit = tail_[at - 1];
    if (digit != '9') {
      ++digit;
      return true;
    }
    digit = '0';
  }
  return false;
}

void JsonWriter::write_tail(const broker::Publication& publication) {
  sender_ = publication.sender;
  to_ = publication.to;
  ts_ = publication.ts;
  tail_ = R"(,"sender":)";
  append_text(tail_, sender_);
  if (!to_.empty()) {
    tail_ += R"(,"to":)";
    append_text(tail_, to_);
  }
  tail_ += R"(,"seq":)";
  seq_begin_ = tail_.size();
  append_number(tail_, publication.seq.value);
  seq_end_ = tail_.size();
  tail_ += R"(,"ts":)";
  append_number(tail_, ts_);
  tail_ += '}';
}

char* JsonWriter::write(char* at) const {
  return put(put(put(at, head_), publication_->content), tail_);
}

}  // namespace switchboard::wire
