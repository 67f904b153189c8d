#include "room/log.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace switchboard::room {
namespace {

constexpr std::size_t kAll = 1 << 30;
constexpr SlotId kAlice{.index = 1, .generation = 1};
constexpr SlotId kBob{.index = 2, .generation = 1};

/// Frames that can be told apart: the number, padded to a length.
std::string frame_text(std::uint64_t seq, std::size_t length) {
  std::string text = std::to_string(seq) + ":";
  text.resize(std::max(length, text.size()), '.');
  return text;
}

class RoomLogTest : public testing::Test {
 protected:
  void append(std::size_t count, std::size_t length = 100, SlotId excluded = {}) {
    for (std::size_t i = 0; i < count; ++i) {
      frames.push_back(frame_text(log.end().value, length));
      log.append(frames.back(), excluded);
    }
  }
  const std::string& written(Seq seq) const { return frames[seq.value - base]; }

  /// Everything from the cursor on, slice by slice; each slice must be whole frames.
  std::string read_all(Seq cursor, std::size_t bytes_max, SlotId reader = {}) {
    std::string out;
    while (cursor < log.end()) {
      const Slice slice = log.slice(cursor, bytes_max, reader);
      EXPECT_GT(slice.after, cursor);
      out += slice.bytes;
      cursor = slice.after;
    }
    return out;
  }
  std::string expected(Seq from) const {
    std::string out;
    for (Seq seq = from; seq < log.end(); seq = seq.next())
      out += written(seq);
    return out;
  }

  ChunkPool pool;
  RoomLog log{pool};
  std::vector<std::string> frames;
  std::uint64_t base = 1;
};

TEST_F(RoomLogTest, IsEmptyAndHoldsNothingAtFirst) {
  EXPECT_TRUE(log.empty());
  EXPECT_EQ(log.first(), Seq{1});
  EXPECT_EQ(log.end(), Seq{1});
  EXPECT_EQ(log.bytes(), 0u);
  EXPECT_EQ(log.held_after_trim(Seq{1}), Seq{1});
  EXPECT_EQ(log.trim_point(0), Seq{1});
}

TEST_F(RoomLogTest, StartsAtTheNumberItIsGiven) {
  log.start_at(Seq{58});
  log.append("hello", {});
  EXPECT_EQ(log.first(), Seq{58});
  EXPECT_EQ(log.end(), Seq{59});
  EXPECT_EQ(log.frame(Seq{58}), "hello");
}

TEST_F(RoomLogTest, ReadsBackWhatWasAppendedFromEveryCursorInEverySize) {
  append(40);
  for (std::uint64_t from = 1; from < 41; ++from) {
    for (const std::size_t bytes_max : {1u, 99u, 100u, 101u, 199u, 200u, 201u, 1'000u, 100'000u})
      EXPECT_EQ(read_all(Seq{from}, bytes_max), expected(Seq{from})) << from << " by " << bytes_max;
  }
}

TEST_F(RoomLogTest, ASliceHoldsAtMostItsBytesButAtLeastOneFrame) {
  append(4);
  EXPECT_EQ(log.slice(Seq{1}, 1, {}).bytes.size(), 100u);
  EXPECT_EQ(log.slice(Seq{1}, 199, {}).bytes.size(), 100u);
  EXPECT_EQ(log.slice(Seq{1}, 200, {}).bytes.size(), 200u);
  EXPECT_EQ(log.slice(Seq{1}, 201, {}).bytes.size(), 200u);
  EXPECT_EQ(log.slice(Seq{1}, 200, {}).after, Seq{3});
}

TEST_F(RoomLogTest, SlicesEndAtTheEndsOfChunks) {
  append(5);  // 4 frames of 100 bytes with their ends fill a chunk of 512 bytes
  const Slice slice = log.slice(Seq{1}, kAll, {});
  EXPECT_EQ(slice.after, Seq{5});
  EXPECT_EQ(slice.bytes.size(), 400u);
  EXPECT_EQ(log.slice(Seq{5}, kAll, {}).bytes, written(Seq{5}));
}

TEST_F(RoomLogTest, LocatesEveryByteOfASlice) {
  append(4, 10);
  append(1, 3);
  append(2, 25);
  const Slice slice = log.slice(Seq{2}, kAll, {});
  std::size_t byte = 0;
  for (Seq seq{2}; seq < slice.after; seq = seq.next()) {
    for (std::uint32_t offset = 0; offset < written(seq).size(); ++offset, ++byte) {
      const Position position = log.locate(Seq{2}, byte);
      EXPECT_EQ(position.frame, seq) << byte;
      EXPECT_EQ(position.offset, offset) << byte;
    }
  }
  EXPECT_EQ(byte, slice.bytes.size());
}

TEST_F(RoomLogTest, AFrameTrimmedFromAHeldChunkCanStillBeRead) {
  append(4);
  log.trim_before(Seq{3});
  EXPECT_EQ(log.first(), Seq{3});
  EXPECT_EQ(log.size(), 2u);
  EXPECT_EQ(log.held_after_trim(Seq{3}), Seq{1});
  EXPECT_EQ(log.frame(Seq{1}), written(Seq{1}));
  EXPECT_EQ(log.frame(Seq{2}), written(Seq{2}));
}

TEST_F(RoomLogTest, TrimmingFreesChunksOnlyWhole) {
  append(9);  // chunks hold 1-4, 5-8, 9
  const std::uint64_t bytes = log.bytes();
  EXPECT_EQ(bytes, pool.bytes_in_use());
  log.trim_before(Seq{4});
  EXPECT_EQ(log.bytes(), bytes);
  EXPECT_EQ(log.held_after_trim(Seq{4}), Seq{1});
  EXPECT_EQ(log.held_after_trim(Seq{5}), Seq{5});
  log.trim_before(Seq{5});
  EXPECT_EQ(log.bytes(), bytes - 512);
  EXPECT_EQ(log.bytes(), pool.bytes_in_use());
  EXPECT_EQ(read_all(Seq{5}, kAll), expected(Seq{5}));
}

TEST_F(RoomLogTest, HoldsNoChunkOnceEverythingIsTrimmed) {
  append(9);
  log.trim_before(log.end());
  EXPECT_TRUE(log.empty());
  EXPECT_EQ(log.bytes(), 0u);
  EXPECT_EQ(pool.bytes_in_use(), 0u);
  append(2);
  EXPECT_EQ(log.first(), Seq{10});
  EXPECT_EQ(read_all(Seq{10}, kAll), expected(Seq{10}));
}

TEST_F(RoomLogTest, TrimmingBackwardsOrBeyondTheEndIsHarmless) {
  append(4);
  log.trim_before(Seq{3});
  log.trim_before(Seq{1});
  EXPECT_EQ(log.first(), Seq{3});
  log.trim_before(Seq{100});
  EXPECT_TRUE(log.empty());
  EXPECT_EQ(log.end(), Seq{5});
}

TEST_F(RoomLogTest, TrimPointKeepsTheBoundAndAlwaysTheNewestChunk) {
  pool.bound_by(0);
  append(9);  // 512 with 1-4, 512 with 5-8, 512 with 9
  ASSERT_EQ(log.bytes(), 1'536u);
  EXPECT_EQ(log.trim_point(1'536), Seq{1});
  EXPECT_EQ(log.trim_point(1'535), Seq{5});
  EXPECT_EQ(log.trim_point(1'024), Seq{5});
  EXPECT_EQ(log.trim_point(1'023), Seq{9});
  EXPECT_EQ(log.trim_point(0), Seq{9});
  log.trim_before(Seq{7});
  EXPECT_EQ(log.trim_point(1'536), Seq{7}) << "never before the first entry";
}

TEST_F(RoomLogTest, ChunksGrowQuicklyWithWhatIsHeldUpTo256KiB) {
  append(10'000);
  std::size_t largest = 0;
  for (Seq cursor{1}; cursor < log.end();) {
    const Slice slice = log.slice(cursor, kAll, {});
    largest = std::max(largest, slice.bytes.size());
    cursor = slice.after;
  }
  EXPECT_GT(largest, 240'000u);
  EXPECT_LE(largest, kChunkBytesMax);
  EXPECT_GT(log.slice(Seq{700}, kAll, {}).bytes.size(), 200'000u) << "after 70 KB there is a chunk of the largest size";
  EXPECT_EQ(read_all(Seq{1}, kAll), expected(Seq{1}));
}

TEST_F(RoomLogTest, FramesLargerThanAnyChunkLieBetweenSmallOnes) {
  append(2);
  append(1, 70'000);
  append(2);
  append(1, 1'000'000);
  EXPECT_EQ(read_all(Seq{1}, 65'536), expected(Seq{1}));
  log.trim_before(log.end());
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST_F(RoomLogTest, AnExcludedReaderIsGivenEverythingElse) {
  append(1);
  append(1, 100, kAlice);
  append(1);
  EXPECT_EQ(log.slice(Seq{1}, kAll, kAlice).after, Seq{2});
  const Slice hidden = log.slice(Seq{2}, kAll, kAlice);
  EXPECT_TRUE(hidden.bytes.empty());
  EXPECT_EQ(hidden.after, Seq{3});
  EXPECT_EQ(read_all(Seq{1}, kAll, kAlice), written(Seq{1}) + written(Seq{3}));
  EXPECT_EQ(read_all(Seq{1}, kAll, kBob), expected(Seq{1}));
}

TEST_F(RoomLogTest, ExclusionsOfOthersDoNotSplitASlice) {
  append(4, 100, kAlice);
  EXPECT_EQ(log.slice(Seq{1}, kAll, kBob).after, Seq{5});
  EXPECT_EQ(read_all(Seq{1}, kAll, kAlice), "");
}

TEST_F(RoomLogTest, AnExclusionInALaterChunkLeavesThisOneWhole) {
  append(6);
  append(1, 100, kAlice);
  EXPECT_EQ(log.slice(Seq{1}, kAll, kAlice).after, Seq{5});
  EXPECT_EQ(log.slice(Seq{5}, kAll, kAlice).after, Seq{7});
}

TEST_F(RoomLogTest, ALaterConnectionInTheSameSlotIsNotExcluded) {
  append(1, 100, kAlice);
  EXPECT_EQ(read_all(Seq{1}, kAll, SlotId{.index = kAlice.index, .generation = 3}), expected(Seq{1}));
}

TEST_F(RoomLogTest, ExclusionsAreForgottenWithTheirEntries) {
  append(2, 100, kAlice);
  append(1);
  append(1, 100, kAlice);
  log.trim_before(Seq{3});
  EXPECT_EQ(read_all(Seq{3}, kAll, kAlice), written(Seq{3}));
}

}  // namespace
}  // namespace switchboard::room
