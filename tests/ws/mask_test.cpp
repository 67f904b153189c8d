#include "ws/mask.h"

#include <gtest/gtest.h>
#include <string>

namespace switchboard::ws {
namespace {

TEST(Mask, EveryLengthAndOffsetIsMaskedByteForByte) {
  constexpr MaskKey kKey = {0x11, 0x22, 0x44, 0x88};
  for (std::size_t size = 0; size <= 100; ++size) {
    for (std::size_t offset = 0; offset < 5; ++offset) {
      std::string text(size + 1, '\0');  // one byte more, which must stay
      for (std::size_t i = 0; i < text.size(); ++i)
        text[i] = static_cast<char>(i * 7);
      std::string expected = text;
      for (std::size_t i = 0; i < size; ++i)
        expected[i] = static_cast<char>(expected[i] ^ kKey[(offset + i) % 4]);
      apply_mask({text.data(), size}, kKey, offset);
      ASSERT_EQ(text, expected) << size << " at " << offset;
    }
  }
}

TEST(Mask, IsItsOwnInverse) {
  constexpr MaskKey kKey = {0xDE, 0xAD, 0xBE, 0xEF};
  std::string text = "The quick brown fox jumps over the lazy dog, and once more.";
  const std::string original = text;
  apply_mask(text, kKey);
  EXPECT_NE(text, original);
  apply_mask(text, kKey);
  EXPECT_EQ(text, original);
}

}  // namespace
}  // namespace switchboard::ws
