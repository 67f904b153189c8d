// permessage-deflate (RFC 7692): any offers are answered with what was offered or declined; compressed messages come
// out the same whatever the split, within the limit, their inflaters given back; what we compress inflates to what it
// was.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <zlib.h>

#include "base/assert.h"
#include "fuzz/byte_script.h"
#include "fuzz/recorded_events.h"
#include "ws/client_frame.h"
#include "ws/connection.h"
#include "ws/deflate_negotiation.h"
#include "ws/extension_list.h"
#include "ws/frame_header.h"
#include "ws/message_deflater.h"
#include "ws/message_inflater.h"

namespace switchboard::fuzz {
namespace {

constexpr std::uint32_t kMessageBytesMax[] = {65'536, 200, 1'000, 20'000, 1};
constexpr std::uint8_t kTakeoverWindowBits[] = {0, 15, 9, 12};
constexpr std::uint8_t kWindowBits[] = {9, 12, 15};
constexpr unsigned kCompressed = 0x40;  // RSV1

std::size_t buffered_bytes_max(std::uint32_t message_bytes_max) {
  return message_bytes_max + ws::compressed_bytes_max(message_bytes_max) + ws::kControlPayloadMax +
         ws::kClientHeaderBytesMax;
}

RecordedEvents& feed_frames(RecordedEvents& events, const Split& split, std::string_view bytes,
                            std::uint32_t message_bytes_max, std::uint8_t takeover_window_bits) {
  {
    ws::Connection connection(message_bytes_max);
    connection.use_deflate(takeover_window_bits);
    feed(connection, events, split.of(bytes), buffered_bytes_max(message_bytes_max));
    SB_ASSERT(events.pool.lent() <= 1);
  }
  SB_ASSERT(events.pool.lent() == 0 && events.pool.idle() <= 4);
  return events;
}

void check_splits(ByteScript& script) {
  const std::uint32_t message_bytes_max = script.one_of(kMessageBytesMax);
  const std::uint8_t window_bits = script.one_of(kTakeoverWindowBits);
  const ws::Flow flow = script.flag() ? ws::Flow::kPause : ws::Flow::kContinue;
  const Split split(script);
  const std::string_view bytes = script.rest();
  RecordedEvents whole(message_bytes_max, ws::Flow::kContinue);
  RecordedEvents cut(message_bytes_max, flow);
  feed_frames(whole, {}, bytes, message_bytes_max, window_bits);
  SB_ASSERT(feed_frames(cut, split, bytes, message_bytes_max, window_bits).text == whole.text);
}

/// A client's compressor that goes on from message to message (context takeover).
class ClientDeflater {
 public:
  explicit ClientDeflater(int window_bits, int level) {
    SB_ASSERT(deflateInit2(&stream_, level, Z_DEFLATED, -window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  }
  ~ClientDeflater() { deflateEnd(&stream_); }
  ClientDeflater(const ClientDeflater&) = delete;
  ClientDeflater& operator=(const ClientDeflater&) = delete;

  std::string compress(std::string_view message) {
    if (message.empty()) return std::string(1, '\0');  // RFC 7692 section 7.2.3.6; zlib makes nothing of nothing
    std::string in(message);
    std::string out(deflateBound(&stream_, in.size()) + 64, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(in.data());
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    SB_ASSERT(deflate(&stream_, Z_SYNC_FLUSH) == Z_OK && stream_.avail_in == 0 && stream_.avail_out > 0);
    out.resize(out.size() - stream_.avail_out);
    if (out.ends_with(std::string_view("\0\0\xff\xff", 4))) out.resize(out.size() - 4);
    return out;
  }

 private:
  z_stream stream_{};
};

/// The messages are cut from the input, sent by a client with a context of its own, in fragments of any size.
void check_takeover(ByteScript& script) {
  const std::uint8_t window_bits = script.one_of(kWindowBits);
  ClientDeflater client(window_bits, static_cast<int>(script.below(10)));
  const Split fragments(script);
  const Split split(script);
  std::vector<std::string> sent;
  std::string stream;
  while (!script.at_end()) {
    sent.emplace_back(script.bytes(script.number()));
    const std::string payload = client.compress(sent.back());
    auto pieces = fragments.of(payload);
    if (pieces.empty()) pieces.emplace_back();
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const unsigned first_byte = (i == 0 ? kCompressed | 0x2u : 0u) | (i + 1 == pieces.size() ? 0x80u : 0u);
      stream += ws::client_frame_of(first_byte, pieces[i]);
    }
  }
  RecordedEvents events(65'536, ws::Flow::kContinue);
  feed_frames(events, split, stream, 65'536, window_bits);
  SB_ASSERT(events.messages == sent);
}

/// What the server sends.
void check_our_own(ByteScript& script) {
  const ws::DeflateSettings settings{.enabled = true,
                                     .bytes_min = script.byte(),
                                     .window_bits = static_cast<std::uint8_t>(9 + script.below(7)),
                                     .level = static_cast<std::uint8_t>(1 + script.below(9))};
  ws::MessageDeflater deflater(settings);
  const Split split(script);
  std::string compressed;
  while (!script.at_end()) {
    const OwnMemory message(script.bytes(script.number()));
    if (!deflater.deflate(message.view(), compressed)) continue;
    SB_ASSERT(message.view().size() >= settings.bytes_min && compressed.size() < message.view().size());
    SB_ASSERT(!compressed.ends_with(std::string_view("\0\0\xff\xff", 4)));
    RecordedEvents events(65'536, ws::Flow::kContinue);
    feed_frames(events, split, ws::client_frame_of(0x80 | kCompressed | 0x2, compressed), 65'536, 0);
    SB_ASSERT(events.messages == std::vector<std::string>{std::string(message.view())});
  }
}

/// One field a line.
void check_offers(ByteScript& script) {
  const ws::DeflateSettings settings{.enabled = true,
                                     .window_bits = static_cast<std::uint8_t>(9 + script.below(7)),
                                     .client_context_takeover = script.flag()};
  const OwnMemory memory(script.rest());
  std::vector<std::string_view> fields;
  for (std::string_view lines = memory.view(); !lines.empty();) {
    const std::string_view field = lines.substr(0, lines.find('\n'));
    fields.push_back(field);
    lines.remove_prefix(std::min(field.size() + 1, lines.size()));
  }
  const auto agreed = ws::negotiate_deflate(fields, settings);
  if (!agreed) {
    SB_ASSERT(agreed.error().status == 400);
    return;
  }
  if (!*agreed) return;
  const ws::DeflateAgreement& agreement = **agreed;
  const auto is_offered = [&](std::string_view word) { return memory.view().find(word) != std::string_view::npos; };
  const auto is_answered = [&](std::string_view word) { return agreement.response.find(word) != std::string::npos; };
  SB_ASSERT(is_offered("permessage-deflate") && is_answered("server_no_context_takeover"));
  SB_ASSERT(!is_answered("max_window_bits") || is_offered("max_window_bits"));
  SB_ASSERT(is_answered("client_no_context_takeover") == (agreement.takeover_window_bits == 0));
  SB_ASSERT(agreement.takeover_window_bits == 0 ||
            (settings.client_context_takeover && agreement.takeover_window_bits >= 9 &&
             agreement.takeover_window_bits <= 15));
  std::vector<ws::Extension> answer;
  SB_ASSERT(ws::read_extensions(agreement.response, answer) && answer.size() == 1);
  // An answer has the form of an offer, and one that we could take.
  const std::string_view response = agreement.response;
  const auto again = ws::negotiate_deflate({&response, 1}, settings);
  SB_ASSERT(again && *again && (*again)->takeover_window_bits == agreement.takeover_window_bits);
}

}  // namespace
}  // namespace switchboard::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace switchboard::fuzz;
  ByteScript script(data, size);
  switch (script.below(4)) {
    case 0:
      check_splits(script);
      break;
    case 1:
      check_takeover(script);
      break;
    case 2:
      check_our_own(script);
      break;
    default:
      check_offers(script);
  }
  return 0;
}
