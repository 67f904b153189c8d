#include "ws/inflater_pool.h"

#include <gtest/gtest.h>

#include "ws/client_deflater.h"

namespace switchboard::ws {
namespace {

TEST(InflaterPool, LendsTheSameOnesAgain) {
  InflaterPool pool;
  EXPECT_EQ(pool.idle(), 0u);
  const Inflater* first = nullptr;
  {
    const auto lease = pool.lend();
    first = lease.get();
    EXPECT_EQ(pool.lent(), 1u);
  }
  EXPECT_EQ(pool.lent(), 0u);
  EXPECT_EQ(pool.idle(), 1u);
  EXPECT_EQ(pool.lend().get(), first);
}

TEST(InflaterPool, LendsAsManyAsAreAskedForAndKeepsFour) {
  InflaterPool pool;
  {
    std::vector<InflaterPool::Lease> leases;
    for (int i = 0; i < 20; ++i)
      leases.push_back(pool.lend());
    EXPECT_EQ(pool.lent(), 20u);
    leases.resize(16);
    EXPECT_EQ(pool.idle(), 4u);
  }
  EXPECT_EQ(pool.lent(), 0u);
  EXPECT_EQ(pool.idle(), 4u);
}

TEST(InflaterPool, WhatIsLentRemembersNothing) {
  ClientDeflater client({.takeover = true});
  const std::string first = client.message(prose(1000)) + std::string("\x00\x00\xff\xff", 4);
  const std::string second = client.message(prose(1000)) + std::string("\x00\x00\xff\xff", 4);
  InflaterPool pool;
  std::string room(2000, '\0');
  std::string_view input = first;
  EXPECT_TRUE(pool.lend()->inflate(input, room).valid);
  input = second;
  EXPECT_FALSE(pool.lend()->inflate(input, room).valid);
}

TEST(InflaterPool, ScratchMemoryIsReadableBehindItsEnd) {
  InflaterPool pool;
  const std::span<char> scratch = pool.scratch();
  EXPECT_EQ(scratch.size(), InflaterPool::kScratchBytes);
  unsigned sum = 0;
  for (std::size_t i = 0; i < 64; ++i)
    sum += static_cast<unsigned char>(scratch.data()[scratch.size() + i]);
  EXPECT_EQ(sum, 0u);
}

}  // namespace
}  // namespace switchboard::ws
