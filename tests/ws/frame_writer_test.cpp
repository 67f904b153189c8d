#include "ws/frame_writer.h"

#include <gtest/gtest.h>
#include <string>

namespace switchboard::ws {
namespace {

using namespace std::string_literals;

std::string frame(Opcode opcode, std::string_view payload) {
  std::string out;
  append_frame(out, opcode, payload);
  return out;
}

TEST(FrameWriter, WritesTheExamplesOfTheRfc) {  // section 5.7
  EXPECT_EQ(frame(Opcode::kText, "Hello"), "\x81\x05Hello");
  EXPECT_EQ(frame(Opcode::kPing, "Hello"), "\x89\x05Hello");
  EXPECT_EQ(frame(Opcode::kBinary, std::string(256, 'x')), "\x82\x7E\x01\x00"s + std::string(256, 'x'));
  EXPECT_EQ(frame(Opcode::kBinary, std::string(65536, 'x')),
            "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s + std::string(65536, 'x'));
}

TEST(FrameWriter, UsesTheShortestLengthForm) {
  EXPECT_EQ(frame(Opcode::kText, "").substr(0, 2), "\x81\x00"s);
  EXPECT_EQ(frame(Opcode::kText, std::string(125, 'x')).substr(0, 3), "\x81\x7Dx");
  EXPECT_EQ(frame(Opcode::kText, std::string(126, 'x')).substr(0, 5), "\x81\x7E\x00\x7Ex"s);
  EXPECT_EQ(frame(Opcode::kText, std::string(65535, 'x')).substr(0, 5), "\x81\x7E\xFF\xFFx");
  EXPECT_EQ(server_header_bytes(125), 2u);
  EXPECT_EQ(server_header_bytes(126), 4u);
  EXPECT_EQ(server_header_bytes(65535), 4u);
  EXPECT_EQ(server_header_bytes(65536), 10u);
}

TEST(FrameWriter, TheBuilderWritesWhatAppendFrameWrites) {
  FrameBuilder builder;
  for (std::size_t size : {0u, 1u, 125u, 126u, 65535u, 65536u, 3u}) {
    const std::string payload(size, 'p');
    builder.begin().append(payload);
    EXPECT_EQ(builder.finish(Opcode::kText), frame(Opcode::kText, payload)) << size;
  }
}

TEST(FrameWriter, ACompressedMessageHasRsv1) {  // RFC 7692 section 6
  std::string out;
  append_frame(out, Opcode::kText, "Hello", Encoding::kDeflated);
  EXPECT_EQ(out, "\xC1\x05Hello");
  FrameBuilder builder;
  builder.begin().append("Hello");
  EXPECT_EQ(builder.finish(Opcode::kBinary, Encoding::kDeflated), "\xC2\x05Hello");
}

TEST(FrameWriter, ACloseFrameCarriesCodeAndReason) {
  std::string out = "before";
  append_close(out, 1001, "bye");
  EXPECT_EQ(out,
            "before\x88\x05\x03\xE9"
            "bye");
}

TEST(FrameWriter, NoStatusIsAnEmptyClose) {
  std::string out;
  append_close(out, close::kNoStatus, "ignored");
  EXPECT_EQ(out, "\x88\x00"s);
}

TEST(FrameWriter, TheReasonIsCutAt123Bytes) {
  for (std::size_t size : {122u, 123u, 124u, 1000u}) {
    std::string out;
    append_close(out, 1000, std::string(size, 'r'));
    EXPECT_EQ(out.size(), 4 + std::min<std::size_t>(size, 123)) << size;
    EXPECT_EQ(static_cast<unsigned char>(out[1]), out.size() - 2);
  }
}

TEST(FrameWriter, TheReasonIsNotCutInsideACharacter) {
  for (std::size_t before : {119u, 120u, 121u, 122u, 123u}) {
    std::string out;
    append_close(out, 1000, std::string(before, 'r') + "\xF0\x9F\x98\x80");
    EXPECT_EQ(out.size() - 4, before == 119 ? 123 : before) << before;
  }
}

}  // namespace
}  // namespace switchboard::ws
