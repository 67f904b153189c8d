// The frame machine: whatever the split and the pauses, the same events and the same failure, with bounded memory.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "fuzz/byte_script.h"
#include "fuzz/recorded_events.h"
#include "ws/connection.h"
#include "ws/frame_header.h"

namespace switchboard::fuzz {
namespace {

constexpr std::uint32_t kMessageBytesMax[] = {65'536, 125, 126, 1'000, 70'000, 1};

std::string events_of(const Split& split, std::string_view bytes, std::uint32_t message_bytes_max, ws::Flow flow) {
  ws::Connection connection(message_bytes_max);
  RecordedEvents events(message_bytes_max, flow);
  feed(connection, events, split.of(bytes), message_bytes_max + ws::kControlPayloadMax + ws::kClientHeaderBytesMax);
  return events.text;
}

}  // namespace
}  // namespace switchboard::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace switchboard;
  fuzz::ByteScript script(data, size);
  const std::uint32_t message_bytes_max = script.one_of(fuzz::kMessageBytesMax);
  const ws::Flow flow = script.flag() ? ws::Flow::kPause : ws::Flow::kContinue;
  const fuzz::Split split(script);
  const std::string_view bytes = script.rest();
  const std::string whole = fuzz::events_of({}, bytes, message_bytes_max, ws::Flow::kContinue);
  SB_ASSERT(fuzz::events_of(split, bytes, message_bytes_max, flow) == whole);
  return 0;
}
