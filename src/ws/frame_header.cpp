#include "ws/frame_header.h"

namespace switchboard::ws {

namespace {

std::unexpected<Failure> protocol_error(StaticText reason) {
  return std::unexpected(Failure{close::kProtocolError, reason});
}

bool is_known(std::uint8_t opcode) {
  return opcode <= 0x2 || (opcode >= 0x8 && opcode <= 0xA);
}

constexpr std::uint8_t kRsv1 = 0x40;

/// Section 5.2, and RFC 7692 section 6: RSV1 stands on the first frame of a message, or nowhere.
std::optional<Failure> check_reserved_bits(std::uint8_t byte, const FrameContext& context) {
  const std::uint8_t bits = byte & 0x70;
  if (bits == 0) return std::nullopt;
  if (bits != kRsv1 || !context.deflates) {
    return Failure{close::kProtocolError, "A reserved bit is set and no extension was negotiated for it."};
  }
  const Opcode opcode{static_cast<std::uint8_t>(byte & 0x0F)};
  if (is_control(opcode)) return Failure{close::kProtocolError, "A control frame is marked as compressed."};
  if (opcode == Opcode::kContinuation) {
    return Failure{close::kProtocolError, "A continuation frame is marked as compressed; only the first may be."};
  }
  return std::nullopt;
}

std::optional<Failure> check_first_byte(std::uint8_t byte, const FrameContext& context) {
  const std::uint8_t opcode = byte & 0x0F;
  if (auto failure = check_reserved_bits(byte, context)) return failure;
  if (!is_known(opcode)) return Failure{close::kProtocolError, "The frame has a reserved opcode."};
  if (is_control(Opcode{opcode})) {
    if ((byte & 0x80) == 0) return Failure{close::kProtocolError, "A control frame is fragmented."};
  } else if (Opcode{opcode} == Opcode::kContinuation) {
    if (!context.in_message)
      return Failure{close::kProtocolError, "A continuation frame came without a message to continue."};
  } else if (context.in_message) {
    return Failure{close::kProtocolError, "A new message began inside a fragmented one."};
  }
  return std::nullopt;
}

}  // namespace

std::expected<std::optional<FrameHeader>, Failure> read_frame_header(std::string_view bytes,
                                                                     const FrameContext& context) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  if (bytes.empty()) return std::nullopt;
  if (auto failure = check_first_byte(byte(0), context)) return std::unexpected(*failure);

  FrameHeader header;
  header.final = (byte(0) & 0x80) != 0;
  header.compressed = (byte(0) & kRsv1) != 0;
  header.opcode = Opcode{static_cast<std::uint8_t>(byte(0) & 0x0F)};
  if (bytes.size() < 2) return std::nullopt;

  if ((byte(1) & 0x80) == 0) return protocol_error("A client's frame is not masked.");
  std::uint64_t length = byte(1) & 0x7F;
  if (is_control(header.opcode) && length > kControlPayloadMax) {
    return protocol_error("A control frame has more than 125 bytes of payload.");
  }
  std::size_t at = 2;
  if (length >= 126) {
    const std::size_t length_bytes = length == 126 ? 2 : 8;
    const std::uint64_t length_min = length == 126 ? 126 : 65536;
    if (length_bytes == 8 && bytes.size() > 2 && (byte(2) & 0x80) != 0) {
      return protocol_error("The top bit of a 64-bit payload length is set.");
    }
    if (bytes.size() < 2 + length_bytes) return std::nullopt;
    length = 0;
    for (; at < 2 + length_bytes; ++at)
      length = length << 8 | byte(at);
    if (length < length_min) return protocol_error("A payload length is not encoded in the shortest form.");
  }
  if (!is_control(header.opcode) && length > (header.compressed ? context.compressed_room : context.message_room)) {
    return std::unexpected(kMessageTooLarge);
  }
  if (bytes.size() < at + 4) return std::nullopt;
  for (std::size_t i = 0; i < 4; ++i)
    header.mask_key[i] = byte(at + i);
  header.header_bytes = static_cast<std::uint8_t>(at + 4);
  header.payload_bytes = length;
  return header;
}

}  // namespace switchboard::ws
