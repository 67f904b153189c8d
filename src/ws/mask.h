// The masking of client frames (RFC 6455 section 5.3): an XOR with a 4-byte key, its own inverse.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace switchboard::ws {

/// In the order of the wire.
using MaskKey = std::array<unsigned char, 4>;

/// Masks or unmasks in place. `offset` is the position of the first byte within its frame's payload.
void apply_mask(std::span<char> bytes, MaskKey key, std::size_t offset = 0);

}  // namespace switchboard::ws
