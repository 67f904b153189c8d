#include "broker/fair_line.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace switchboard::broker {
namespace {

FairLine::Owner owner(std::uint32_t index, std::uint32_t shard = 0) {
  return {.shard = shard, .connection = {index, 1}};
}

/// Who has his turn when, as one character each: the item's index.
std::string drain(FairLine& line) {
  std::string order;
  while (!line.empty()) {
    order += static_cast<char>('a' + line.front().id.index);
    line.pop();
  }
  return order;
}

TEST(FairLine, OneOwnersItemsKeepTheirOrder) {
  FairLine line;
  for (std::uint32_t i = 0; i < 26; ++i)
    line.push(owner(1), {.id = {i, 1}, .bytes = i * 1'000});
  EXPECT_EQ(drain(line), "abcdefghijklmnopqrstuvwxyz");
}

TEST(FairLine, ANewcomerHasItsTurnWithinOneRound) {
  FairLine line;
  for (std::uint32_t flooder = 0; flooder < 8; ++flooder) {
    for (int i = 0; i < 1'000; ++i)
      line.push(owner(flooder), {.id = {flooder, 1}, .bytes = 2'500});
  }
  for (int i = 0; i < 500; ++i) {
    line.front();
    line.pop();
  }
  line.push(owner(20), {.id = {20, 1}, .bytes = 100});
  EXPECT_LE(drain(line).find('u'), 20u);
}

TEST(FairLine, OwnersOfDifferentShardsAreNotTakenForEachOther) {
  FairLine line;
  line.push(owner(1, 0), {.id = {0, 1}, .bytes = 100'000});
  line.push(owner(1, 0), {.id = {0, 1}, .bytes = 100'000});
  line.push(owner(1, 1), {.id = {1, 1}, .bytes = 1});
  EXPECT_EQ(drain(line), "aba");
}

TEST(FairLine, BytesAreSharedEvenly) {
  FairLine line;
  for (int i = 0; i < 10; ++i)
    line.push(owner(0), {.id = {0, 1}, .bytes = 64'000});
  for (int i = 0; i < 2'000; ++i)
    line.push(owner(1), {.id = {1, 1}, .bytes = 1'000});
  std::size_t bytes[2] = {};
  while (bytes[0] < 320'000) {
    bytes[line.front().id.index] += line.front().bytes;
    line.pop();
  }
  EXPECT_NEAR(static_cast<double>(bytes[1]), 320'000, 70'000);
}

TEST(FairLine, TheOldestOfAnOwnerCanBeTakenOutOfItsTurn) {
  FairLine line;
  line.push(owner(0), {.id = {0, 1}, .bytes = 1});
  line.push(owner(1), {.id = {1, 1}, .bytes = 1});
  line.push(owner(1), {.id = {2, 1}, .bytes = 1});
  line.drop_oldest(owner(1));
  EXPECT_EQ(line.size(), 2u);
  EXPECT_EQ(drain(line), "ac");
  line.push(owner(1), {.id = {3, 1}, .bytes = 1});
  line.drop_oldest(owner(1));
  EXPECT_TRUE(line.empty());
  line.push(owner(1), {.id = {4, 1}, .bytes = 1});
  EXPECT_EQ(drain(line), "e");
}

}  // namespace
}  // namespace switchboard::broker
