// How a published message is told from any other: its content begins with a stamp that carries the run's tag and the
// message's number. Writes contents and finds the number and the server's sequence number in a received push.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "cli/bench/load_options.h"

namespace switchboard::cli::bench {

/// Message numbers have eight digits.
inline constexpr std::uint32_t kMessagesMax = 100'000'000;

/// A content is `k3f9;n=00000042;xxxx...`: tag, number, filler. It needs no JSON escapes.
class MessageStamp {
 public:
  /// `tag` is four characters that tell this run's messages from another's; `content_bytes` is the length of a content.
  MessageStamp(std::string_view tag, std::uint32_t content_bytes);

  /// What tells message `number` from any other, as it stands at the beginning of a JSON string.
  void append_stamp(std::string& out, std::uint32_t number) const;
  /// Appends the content of message `number` (below kMessagesMax), without its quotes.
  void append_content(std::string& out, std::uint32_t number) const;

  /// The number in a push, or nothing when the push is not one of this run's. All pushes of a run have the content in
  /// the same place, so this is one comparison and eight digits; the place is searched for only when it moves.
  std::optional<std::uint32_t> number_in(std::string_view push) {
    if (push.size() < place_ + kStampBytes || load(push.data() + place_) != marker_) [[unlikely]] {
      if (!find_place(push)) return std::nullopt;
    }
    return digits(push.data() + place_ + sizeof marker_);
  }

 private:
  static constexpr std::size_t kStampBytes = 16;  // from the content's opening quote to the number's last digit

  static std::uint64_t load(const char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return word;
  }

  /// Eight decimal digits, little-endian, by pairwise merging in one word.
  static std::uint32_t digits(const char* bytes) {
    std::uint64_t word = load(bytes) - 0x3030303030303030U;
    word = word * 10 + (word >> 8);
    word = ((word & 0x000000FF000000FFU) * 0x000F424000000064U +
            ((word >> 16) & 0x000000FF000000FFU) * 0x0000271000000001U) >>
           32;
    return static_cast<std::uint32_t>(word);
  }

  bool find_place(std::string_view push);

  std::string marker_text_;  // `"k3f9;n=`
  std::uint64_t marker_;
  std::size_t place_ = 0;
  std::string filler_;
};

/// The `seq` of a broadcast push; 0 when it has none. Looks right before the time stamp at the end first.
std::uint64_t seq_in(std::string_view push);

}  // namespace switchboard::cli::bench
