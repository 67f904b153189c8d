#include <gtest/gtest.h>
#include <string>

#include "cli/bench/message_stamp.h"

namespace switchboard::cli::bench {
namespace {

std::string push(const MessageStamp& stamp, std::uint32_t number, const std::string& room, const std::string& tail) {
  std::string text = R"({"type":"broadcast","room_id":")" + room + R"(","content":")";
  stamp.append_content(text, number);
  return text + R"(")" + tail;
}

const std::string kTail = R"(,"sender":"user-00000","seq":42,"ts":1764000000000})";

TEST(MessageStamp, ContentHasTheAskedLength) {
  for (const std::uint32_t size : {kContentBytesMin, kContentBytesMin + 1, 100U}) {
    std::string content;
    MessageStamp("abcd", size).append_content(content, 7);
    EXPECT_EQ(content.size(), size);
  }
}

TEST(MessageStamp, FindsEveryNumberItWrote) {
  MessageStamp stamp("abcd", 100);
  for (const std::uint32_t number : {0U, 1U, 9U, 10U, 12'345'678U, 87'654'321U, kMessagesMax - 1}) {
    EXPECT_EQ(stamp.number_in(push(stamp, number, "r", kTail)), number);
  }
}

TEST(MessageStamp, FindsTheNumberWhereverTheContentBegins) {
  MessageStamp stamp("abcd", kContentBytesMin);
  EXPECT_EQ(stamp.number_in(push(stamp, 5, "a-long-room-name", kTail)), 5U);
  EXPECT_EQ(stamp.number_in(push(stamp, 6, "r", kTail)), 6U);
  EXPECT_EQ(stamp.number_in(push(stamp, 7, "a-long-room-name", "}")), 7U);
}

TEST(MessageStamp, RefusesAnotherRunsMessageAndAnythingElse) {
  MessageStamp stamp("abcd", 100);
  MessageStamp other("abce", 100);
  EXPECT_EQ(stamp.number_in(push(stamp, 1, "r", kTail)), 1U);
  EXPECT_EQ(stamp.number_in(push(other, 1, "r", kTail)), std::nullopt);
  EXPECT_EQ(stamp.number_in(R"({"type":"error","code":"bad_request"})"), std::nullopt);
  EXPECT_EQ(stamp.number_in(R"({"content":"abcd;n=1234567)"), std::nullopt);
  EXPECT_EQ(stamp.number_in(R"({"content":"abcd;n=1234567x"})"), std::nullopt);
  EXPECT_EQ(stamp.number_in(""), std::nullopt);
}

TEST(SeqIn, ReadsTheFieldBeforeTheTimeStampOrAnywhere) {
  MessageStamp stamp("abcd", 100);
  EXPECT_EQ(seq_in(push(stamp, 1, "r", kTail)), 42U);
  EXPECT_EQ(seq_in(R"({"seq":18446744073709551615,"type":"broadcast","content":")" + std::string(200, 'x') + "\"}"),
            18446744073709551615U);
  EXPECT_EQ(seq_in(R"({"type":"broadcast","content":"x"})"), 0U);
}

}  // namespace
}  // namespace switchboard::cli::bench
