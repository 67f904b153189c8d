#include "broker/memory/dedup_window.h"

#include <gtest/gtest.h>

namespace switchboard::broker {
namespace {

using namespace std::chrono_literals;

TEST(DedupWindow, KeepsSoManyRecordsAndTheOldestGoesFirst) {
  DedupWindow window(HashKey{1, 2});
  for (std::size_t i = 0; i < DedupWindow::kRecordsMax; ++i)
    window.add("ann", std::to_string(i), {.seq = Seq{i}}, Instant(1h));
  EXPECT_EQ(window.size(), DedupWindow::kRecordsMax);
  EXPECT_NE(window.find("ann", "0", Instant(0s)), nullptr);
  window.add("ann", "more", {}, Instant(1h));
  EXPECT_EQ(window.size(), DedupWindow::kRecordsMax);
  EXPECT_EQ(window.find("ann", "0", Instant(0s)), nullptr);
  ASSERT_NE(window.find("ann", "1", Instant(0s)), nullptr);
  EXPECT_EQ(window.find("ann", "1", Instant(0s))->seq, Seq{1});
}

TEST(DedupWindow, CountsItsBytesDownToNothing) {
  DedupWindow window(HashKey{1, 2});
  for (int i = 0; i < 7; ++i)
    window.add("ann", std::to_string(i), {}, Instant(std::chrono::seconds(i + 1)));
  EXPECT_EQ(window.newest_until(), Instant(7s));
  window.drop_half();
  EXPECT_EQ(window.size(), 3u);
  EXPECT_EQ(window.find("ann", "3", Instant(0s)), nullptr);
  EXPECT_NE(window.find("ann", "4", Instant(0s)), nullptr);
  EXPECT_EQ(window.find("ann", "4", Instant(7s)), nullptr);
  EXPECT_TRUE(window.empty());
  EXPECT_EQ(window.bytes(), 0u);
}

}  // namespace
}  // namespace switchboard::broker
