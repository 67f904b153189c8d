#include "ws/message_buffer.h"

#include <gtest/gtest.h>
#include <string>

namespace switchboard::ws {
namespace {

TEST(MessageBuffer, JoinsWhatIsAppended) {
  MessageBuffer buffer;
  EXPECT_EQ(buffer.view(), "");
  EXPECT_NE(buffer.view().data(), nullptr);
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 26));
    expected += piece;
    buffer.append(piece, i % 2 == 0 ? expected.size() : 5000);
    ASSERT_EQ(buffer.view(), expected);
  }
}

TEST(MessageBuffer, IsNotCopiedForEveryPieceOfWhoseSuccessorsNothingIsKnown) {
  MessageBuffer buffer;
  int moves = 0;
  const char* place = buffer.view().data();
  for (std::size_t size = 1; size <= 65'536; ++size) {  // a message in fragments of one byte
    buffer.append("x", size);
    moves += buffer.view().data() != place ? 1 : 0;
    place = buffer.view().data();
  }
  EXPECT_LE(moves, 20);
}

TEST(MessageBuffer, KeepsPaddingBehindTheBytes) {
  for (std::size_t size : {1u, 63u, 64u, 65u}) {
    MessageBuffer buffer;
    buffer.append(std::string(size, 'x'), size);
    unsigned sum = 0;  // read under AddressSanitizer
    for (std::size_t i = 0; i < MessageBuffer::kPaddingBytes; ++i) {
      sum += static_cast<unsigned char>(buffer.view().data()[size + i]);
    }
    EXPECT_EQ(sum, 0u);
  }
}

}  // namespace
}  // namespace switchboard::ws
