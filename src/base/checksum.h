// XXH64 (Yann Collet): a checksum of 64 bits for what comes back from a disk. A changed, cut or misplaced stretch
// passes for the right one with a chance of 2^-64. No protection against somebody who wants to deceive: it has no key.
#pragma once

#include <cstdint>
#include <string_view>

namespace switchboard {

/// Any length, endian-independent; about 10 bytes a nanosecond. Checksums of several parts are chained by their seeds.
std::uint64_t checksum64(std::string_view bytes, std::uint64_t seed = 0);

}  // namespace switchboard
