#include "wire/formatter.h"

#include <gtest/gtest.h>
#include <string>

namespace switchboard::wire {
namespace {

class FormatterTest : public testing::Test {
 protected:
  Formatted write(std::string_view content, std::uint64_t deflated_readers) {
    PerFormat<std::uint64_t> readers{};
    readers[index_of(Format::kJsonDeflated)] = deflated_readers;
    return formatter.write("lobby", {.seq = Seq{3}, .ts = 99, .content = content, .sender = "ann"}, readers);
  }

  int deflaters_asked_for = 0;
  ws::DeflateSettings settings;
  ws::MessageDeflater deflater{settings};
  SharedNumber messages;
  SharedNumber bytes_before;
  SharedNumber bytes_after;
  Formatter formatter{[this]() -> ws::MessageDeflater& {
                        ++deflaters_asked_for;
                        return deflater;
                      },
                      {.messages = messages, .bytes_before = bytes_before, .bytes_after = bytes_after}};
};

TEST_F(FormatterTest, WritesWhatIsReadAndNothingElse) {
  const std::string content = '"' + std::string(1'000, 'x') + '"';
  const Formatted message = write(content, 0);
  EXPECT_EQ(ws::payload_of(message.in(Format::kJson)),
            R"({"type":"broadcast","room_id":"lobby","content":)" + content + R"(,"sender":"ann","seq":3,"ts":99})");
  EXPECT_EQ(deflaters_asked_for, 0);
  EXPECT_EQ(messages.value(), 0u);
}

TEST_F(FormatterTest, CompressesOnceForAllWhoReadThat) {
  const Formatted message = write('"' + std::string(1'000, 'x') + '"', 500);
  EXPECT_EQ(message.in(Format::kJsonDeflated)[0], '\xC1');
  EXPECT_LT(message.in(Format::kJsonDeflated).size(), 200u);
  EXPECT_EQ(messages.value(), 1u);
  EXPECT_EQ(bytes_before.value(), ws::payload_of(message.in(Format::kJson)).size());
  EXPECT_EQ(bytes_after.value(), ws::payload_of(message.in(Format::kJsonDeflated)).size());
}

TEST_F(FormatterTest, WhatCompressingDoesNotPayForStandsAsItIs) {
  const Formatted message = write("1", 500);
  EXPECT_EQ(message.in(Format::kJsonDeflated), message.in(Format::kJson));
  EXPECT_EQ(messages.value(), 0u);
}

}  // namespace
}  // namespace switchboard::wire
