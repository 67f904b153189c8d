#include "base/siphash.h"

#include <gtest/gtest.h>
#include <string>

namespace switchboard {
namespace {

// The key of the reference implementation's vectors: bytes 00 to 0f.
constexpr HashKey kReferenceKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};

/// The messages of the vectors: 00 01 02 ... of `length` bytes.
std::string bytes_from_zero(std::size_t length) {
  std::string bytes(length, '\0');
  for (std::size_t i = 0; i < length; ++i)
    bytes[i] = static_cast<char>(i);
  return bytes;
}

struct HashVector {
  std::size_t length;
  std::uint64_t hash13;  // computed with OpenSSL's SIPHASH at one and three rounds
  std::uint64_t hash24;  // vectors.h of the reference implementation
};

constexpr HashVector kHashVectors[] = {
    {0, 0xabac0158050fc4dc, 0x726fdb47dd0e0e31},  {1, 0xc9f49bf37d57ca93, 0x74f839c593dc67fd},
    {7, 0xd3927d989bb11140, 0xab0200f58b01d137},  {8, 0x369095118d299a8e, 0x93f5f5799a932462},
    {9, 0x25a48eb36c063de4, 0x9e0082df0ba9e4b0},  {15, 0xd320d86d2a519956, 0xa129ca6149be45e5},
    {63, 0x9d199062b7bbb3a8, 0x958a324ceb064572},
};

TEST(SipHash, AgreesWithTheReferenceVectors) {
  for (const HashVector& vector : kHashVectors) {
    EXPECT_EQ(siphash24(kReferenceKey, bytes_from_zero(vector.length)), vector.hash24) << vector.length;
    EXPECT_EQ(siphash13(kReferenceKey, bytes_from_zero(vector.length)), vector.hash13) << vector.length;
  }
}

TEST(SipHash, DependsOnBothHalvesOfTheKey) {
  EXPECT_NE(siphash13({1, 0}, "room"), siphash13({0, 0}, "room"));
  EXPECT_NE(siphash13({0, 1}, "room"), siphash13({0, 0}, "room"));
}

TEST(SipHash, CountsTrailingZeroBytes) {
  EXPECT_NE(siphash13(kReferenceKey, std::string(1, '\0')), siphash13(kReferenceKey, std::string(2, '\0')));
}

}  // namespace
}  // namespace switchboard
