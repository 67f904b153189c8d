#include "cli/bench/message_stamp.h"

#include "base/assert.h"

namespace switchboard::cli::bench {

MessageStamp::MessageStamp(std::string_view tag, std::uint32_t content_bytes)
    : marker_text_("\"" + std::string(tag) + ";n="),
      marker_(load(marker_text_.data())),
      filler_(content_bytes - kContentBytesMin, 'x') {
  SB_ASSERT(marker_text_.size() == sizeof marker_);
}

void MessageStamp::append_stamp(std::string& out, std::uint32_t number) const {
  SB_ASSERT(number < kMessagesMax);
  out.append(marker_text_, 1);
  char text[8];
  for (int i = 7; i >= 0; --i) {
    text[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  out.append(text, sizeof text).append(";");
}

void MessageStamp::append_content(std::string& out, std::uint32_t number) const {
  append_stamp(out, number);
  out.append(filler_);
}

bool MessageStamp::find_place(std::string_view push) {
  const auto place = push.find(marker_text_);
  if (place == std::string_view::npos || push.size() < place + kStampBytes) return false;
  for (std::size_t i = place + sizeof marker_; i < place + kStampBytes; ++i) {
    if (push[i] < '0' || push[i] > '9') return false;
  }
  place_ = place;
  return true;
}

std::uint64_t seq_in(std::string_view push) {
  constexpr std::string_view kField = "\"seq\":";
  constexpr std::size_t kTailBytes = 64;  // `,"seq":N,"ts":T}` with every number at its longest
  std::size_t from = push.size() > kTailBytes ? push.size() - kTailBytes : 0;
  auto place = push.find(kField, from);
  if (place == std::string_view::npos) place = push.rfind(kField);
  if (place == std::string_view::npos) return 0;
  std::uint64_t seq = 0;
  for (std::size_t i = place + kField.size(); i < push.size() && push[i] >= '0' && push[i] <= '9'; ++i) {
    seq = seq * 10 + static_cast<std::uint64_t>(push[i] - '0');
  }
  return seq;
}

}  // namespace switchboard::cli::bench
