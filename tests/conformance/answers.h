// What a server sends after its handshake, taken apart as a strict client would and put into words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shard/shard_driver.h"

namespace switchboard::conformance {

/// One per frame: "text Hello", "binary ab", "ping x", "pong x", "close 1000 reason", without what is empty ("text",
/// "close"); "compressed text ..." for a frame with RSV1, its payload inflated. At the end "fin" when the server has
/// finished its side of the stream, "closed" when it has closed the connection.
using Answers = std::vector<std::string>;

/// One frame as it stood on the wire.
struct Frame {
  unsigned first_byte;  // FIN, reserved bits, opcode
  std::string payload;

  bool is_compressed() const { return (first_byte & 0x40) != 0; }
};

/// The frame's message, inflated if it is compressed. Fails the test when it cannot be read by itself, or refers back
/// further than 2^`window_bits` bytes.
std::string message_of(const Frame& frame, int window_bits = 15);

/// Takes whole frames off the front. What no server may send (masked, an unknown opcode, a length not in its shortest
/// form, a fragmented or long control frame, a reserved bit but RSV1 on data) fails the test.
std::vector<Frame> take_strictly(std::string& bytes);

Answers read_answers(shard::Stream& stream);

/// The text, but for long ones their length and a hash: a failure of a test must be readable.
std::string shown(std::string_view payload);

}  // namespace switchboard::conformance
