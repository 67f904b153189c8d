#include "room/chunk_pool.h"

#include <gtest/gtest.h>
#include <string>

namespace switchboard::room {
namespace {

std::size_t total_of(const Chunk& chunk) {
  return chunk.capacity + sizeof(Chunk);
}

TEST(ChunkPool, RoundsTheWishUpToAPowerOfTwoFrom512BytesTo64KiB) {
  struct Case {
    std::size_t wanted;
    std::size_t total;
  };
  for (const auto& [wanted, total] : {Case{0, 512},
                                      {1, 512},
                                      {511, 512},
                                      {512, 512},
                                      {513, 1024},
                                      {1024, 1024},
                                      {262'143, 262'144},
                                      {262'144, 262'144},
                                      {262'145, 262'144},
                                      {1 << 30, 262'144}}) {
    ChunkPool pool;
    Chunk* chunk = pool.take(wanted, 1, Seq{1});
    EXPECT_EQ(total_of(*chunk), total) << wanted;
    pool.give_back(chunk);
  }
}

TEST(ChunkPool, IsAlwaysLargeEnoughForTheFrame) {
  ChunkPool pool;
  for (const std::size_t frame : {0u, 475u, 476u, 477u, 1'000u, 262'107u, 262'108u, 262'109u, 262'144u, 1'000'003u}) {
    Chunk* chunk = pool.take(0, frame, Seq{1});
    EXPECT_TRUE(chunk->fits(frame)) << frame;
    const std::string bytes(frame, 'x');
    chunk->append(bytes.data(), bytes.size());
    EXPECT_EQ(std::string_view(chunk->bytes(), chunk->used), bytes);
    EXPECT_EQ(chunk->end_of(0), frame);
    pool.give_back(chunk);
  }
}

TEST(ChunkPool, FitsCountsTheEntryInTheTableOfEnds) {
  ChunkPool pool;
  Chunk* chunk = pool.take(512, 0, Seq{1});
  const std::size_t most = chunk->capacity - sizeof(std::uint32_t);
  EXPECT_TRUE(chunk->fits(most - 1));
  EXPECT_TRUE(chunk->fits(most));
  EXPECT_FALSE(chunk->fits(most + 1));
  chunk->append("abc", 3);
  EXPECT_TRUE(chunk->fits(most - 3 - sizeof(std::uint32_t)));
  EXPECT_FALSE(chunk->fits(most - 3 - sizeof(std::uint32_t) + 1));
  pool.give_back(chunk);
}

TEST(ChunkPool, GivesOutWhatWasGivenBack) {
  ChunkPool pool;
  Chunk* first = pool.take(1'000, 1, Seq{1});
  first->append("x", 1);
  pool.give_back(first);
  Chunk* second = pool.take(600, 1, Seq{9});
  EXPECT_EQ(second, first);
  EXPECT_EQ(second->count, 0u);
  EXPECT_EQ(second->used, 0u);
  EXPECT_EQ(second->first, Seq{9});
  EXPECT_EQ(second->next, nullptr);
  Chunk* other_size = pool.take(512, 1, Seq{1});
  EXPECT_NE(other_size, first);
  pool.give_back(second);
  pool.give_back(other_size);
}

TEST(ChunkPool, AFrameBeyond256KiBGetsAChunkOfItsOwnSize) {
  ChunkPool pool;
  Chunk* chunk = pool.take(512, 300'000, Seq{1});
  EXPECT_GE(total_of(*chunk), 300'000 + sizeof(Chunk) + sizeof(std::uint32_t));
  EXPECT_LE(total_of(*chunk), 300'000 + sizeof(Chunk) + sizeof(std::uint32_t) + 8);
  EXPECT_EQ(pool.bytes_in_use(), total_of(*chunk));
  pool.give_back(chunk);
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST(ChunkPool, CountsWhatIsInUseAndNotWhatIsSpare) {
  ChunkPool pool;
  Chunk* a = pool.take(512, 1, Seq{1});
  Chunk* b = pool.take(4'096, 1, Seq{1});
  EXPECT_EQ(pool.bytes_in_use(), 512u + 4'096u);
  pool.give_back(a);
  EXPECT_EQ(pool.bytes_in_use(), 4'096u);
  a = pool.take(512, 1, Seq{1});
  EXPECT_EQ(pool.bytes_in_use(), 512u + 4'096u);
  pool.give_back(a);
  pool.give_back(b);
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

}  // namespace
}  // namespace switchboard::room
