#include "base/checksum.h"

#include <gtest/gtest.h>
#include <string>

namespace switchboard {
namespace {

/// 00 01 02 ... of `length` bytes.
std::string counting_bytes(std::size_t length) {
  std::string bytes(length, '\0');
  for (std::size_t i = 0; i < length; ++i)
    bytes[i] = static_cast<char>(i);
  return bytes;
}

struct Vector {
  std::size_t length;
  std::uint64_t sum;  // computed with the reference implementation (xxhash 0.8.1), seed 1
};

constexpr Vector kVectors[] = {{1, 0x771917c7f6ee2451},  {4, 0x94506f8c7e5870a9},  {7, 0xaf4c5311c47c77b7},
                               {8, 0x9d2b7c7354fe4e23},  {31, 0xf031031d65977dfc}, {32, 0xd74e6766ce9dba94},
                               {33, 0xa371825f4210fe99}, {63, 0x5264ec0719e10595}, {64, 0x3ce5bdf7575926c0},
                               {101, 0x436499928c06f890}};

TEST(Checksum, IsXxh64) {
  EXPECT_EQ(checksum64(""), 0xef46db3751d8e999u);
  EXPECT_EQ(checksum64("abc"), 0x44bc2cf5ad770999u);
  EXPECT_EQ(checksum64("Nobody inspects the spammish repetition"), 0xfbcea83c8a378bf1u);
  EXPECT_EQ(checksum64("Nobody inspects the spammish repetition", 2654435761), 0x56db22dd5b051147u);
  for (const Vector& vector : kVectors)
    EXPECT_EQ(checksum64(counting_bytes(vector.length), 1), vector.sum) << vector.length;
}

TEST(Checksum, EveryBitCountsWhereverItStands) {
  const std::string bytes = counting_bytes(77);
  const std::uint64_t whole = checksum64(bytes);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(checksum64(changed), whole) << bit;
  }
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_NE(checksum64(std::string_view(bytes).substr(0, length)), whole) << length;
}

TEST(Checksum, DoesNotDependOnAlignment) {
  const std::string bytes = counting_bytes(100);
  for (std::size_t shift = 0; shift < 8; ++shift) {
    const std::string moved = std::string(shift, 'x') + bytes;
    EXPECT_EQ(checksum64(std::string_view(moved).substr(shift)), checksum64(bytes));
  }
}

}  // namespace
}  // namespace switchboard
