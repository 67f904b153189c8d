#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "cli/bench/frame_scanner.h"
#include "ws/frame_writer.h"

namespace switchboard::cli::bench {
namespace {

std::vector<std::size_t> payload_sizes(std::string_view bytes, std::size_t& consumed) {
  std::vector<std::size_t> sizes;
  consumed = scan_frames(bytes, [&](const ScannedFrame& frame) {
    sizes.push_back(frame.payload.size());
    return true;
  });
  return sizes;
}

std::string frames(const std::vector<std::size_t>& sizes) {
  std::string bytes;
  for (const std::size_t size : sizes)
    ws::append_frame(bytes, ws::Opcode::kText, std::string(size, 'a'));
  return bytes;
}

TEST(FrameScanner, WalksEveryLengthForm) {
  const std::vector<std::size_t> sizes = {0, 1, 125, 126, 127, 65'535, 65'536};
  const std::string bytes = frames(sizes);
  std::size_t consumed = 0;
  EXPECT_EQ(payload_sizes(bytes, consumed), sizes);
  EXPECT_EQ(consumed, bytes.size());
}

TEST(FrameScanner, LeavesAnUnfinishedFrameAtEveryCut) {
  const std::string first = frames({130});
  const std::string bytes = first + frames({70'000});
  for (std::size_t cut = first.size(); cut < bytes.size(); cut += cut < first.size() + 20 ? 1 : 997) {
    std::size_t consumed = 0;
    EXPECT_EQ(payload_sizes(std::string_view(bytes).substr(0, cut), consumed), std::vector<std::size_t>{130}) << cut;
    EXPECT_EQ(consumed, first.size()) << cut;
  }
}

TEST(FrameScanner, GivesOpcodesAndStopsWhenTold) {
  std::string bytes;
  ws::append_frame(bytes, ws::Opcode::kPing, "p");
  const std::size_t first = bytes.size();
  ws::append_frame(bytes, ws::Opcode::kText, "t");
  std::vector<ws::Opcode> opcodes;
  const std::size_t consumed = scan_frames(bytes, [&](const ScannedFrame& frame) {
    opcodes.push_back(frame.opcode);
    return false;
  });
  EXPECT_EQ(opcodes, std::vector<ws::Opcode>{ws::Opcode::kPing});
  EXPECT_EQ(consumed, first);
}

TEST(ScanFrames, SaysWhatIsCompressedAndHowLongTheWholeFrameIs) {
  std::string bytes;
  ws::append_frame(bytes, ws::Opcode::kText, std::string(200, 'a'), ws::Encoding::kDeflated);
  ws::append_frame(bytes, ws::Opcode::kText, "b");
  std::vector<bool> deflated;
  std::size_t total = 0;
  scan_frames(bytes, [&](const ScannedFrame& frame) {
    deflated.push_back(frame.is_deflated);
    total += frame.bytes();
    return true;
  });
  EXPECT_EQ(deflated, (std::vector<bool>{true, false}));
  EXPECT_EQ(total, bytes.size());
}

}  // namespace
}  // namespace switchboard::cli::bench
