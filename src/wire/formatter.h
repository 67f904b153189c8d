// Writes a room's messages in the formats that are read: each message once for each format, whoever and however many
// read it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/shared_number.h"
#include "broker/publication.h"
#include "wire/format.h"
#include "ws/frame_writer.h"
#include "ws/message_deflater.h"

namespace switchboard::wire {

/// One message in each format that it was wanted in. Views.
struct Formatted {
  PerFormat<std::string_view> bytes;  // empty: as in `plain_of`

  std::string_view in(Format format) const {
    const std::string_view own = bytes[index_of(format)];
    return own.empty() ? bytes[index_of(plain_of(format))] : own;
  }
};

/// A message that there is in kJson only.
inline Formatted in_json(std::string_view bytes) {
  Formatted message;
  message.bytes[index_of(Format::kJson)] = bytes;
  return message;
}

/// What was compressed: how many messages, their bytes before and after. Must outlive who counts.
struct CompressionCounters {
  SharedNumber& messages;
  SharedNumber& bytes_before;
  SharedNumber& bytes_after;
};

class Formatter {
 public:
  /// Who compresses; asked for only once somebody wants that.
  using GetDeflater = std::function<ws::MessageDeflater&()>;

  Formatter(GetDeflater deflater, const CompressionCounters& counters)
      : deflater_(std::move(deflater)), counters_(counters) {}

  /// In kJson, and in what has readers besides. Valid until the next call.
  Formatted write(std::string_view room_id, const broker::Publication& publication,
                  const PerFormat<std::uint64_t>& readers);

 private:
  std::string_view deflate(std::string_view frame);

  GetDeflater deflater_;
  CompressionCounters counters_;
  ws::FrameBuilder frame_;
  std::string compressed_;      // scratch: a payload
  std::string deflated_frame_;  // and its frame
};

}  // namespace switchboard::wire
