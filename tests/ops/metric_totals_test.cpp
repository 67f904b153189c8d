#include "ops/metric_totals.h"

#include <array>
#include <gtest/gtest.h>

#include "base/counter.h"

namespace switchboard::ops {
namespace {

constexpr MetricFamily kSent{"sent_total", MetricType::kCounter, "What was sent."};
constexpr std::array<std::int64_t, 2> kBounds{10, 100};

struct Rooms {
  MetricList metrics;
  Gauge open{metrics, "open", "Rooms that are open."};
  Counter sent{metrics, kSent, metric_label("kind", "room")};
  SharedHistogram turns{metrics, "turn_seconds", "How long.", kBounds};
};
struct Clients {
  MetricList metrics;
  Counter sent{metrics, kSent, metric_label("kind", "reply")};
  Counter joins{metrics, "joins_total", "Joins."};
};

std::uint64_t number(const MetricTotals::Sample& sample) {
  return std::get<std::uint64_t>(sample.value);
}

TEST(MetricTotals, SumUpWhatSeveralListsCount) {
  Rooms first, second;
  first.open.add(3);
  second.open.add(4);
  first.turns.observe(5);
  second.turns.observe(50);
  MetricTotals totals;
  totals.add(first.metrics);
  totals.add(second.metrics);
  ASSERT_EQ(totals.families().size(), 3u);
  ASSERT_EQ(totals.families()[0].samples.size(), 1u);
  EXPECT_EQ(number(totals.families()[0].samples[0]), 7u);
  const auto& turns = std::get<SharedHistogram::Snapshot>(totals.families()[2].samples.at(0).value);
  EXPECT_EQ(turns.count, 2u);
  EXPECT_EQ(turns.cumulative, (std::vector<std::uint64_t>{1, 2}));
}

TEST(MetricTotals, PutAFamilyTogetherWhereverItIsCounted) {
  Rooms rooms;
  Clients clients;
  rooms.sent.add(5);
  clients.sent.add(2);
  MetricTotals totals;
  for (int shard = 0; shard < 2; ++shard) {
    totals.add(rooms.metrics);
    totals.add(clients.metrics);
  }
  std::vector<std::string_view> names;
  for (const MetricTotals::Family& family : totals.families())
    names.push_back(family.family.name);
  EXPECT_EQ(names, (std::vector<std::string_view>{"open", "sent_total", "turn_seconds", "joins_total"}));
  const MetricTotals::Family& sent = totals.families()[1];
  EXPECT_EQ(sent.family, kSent);
  ASSERT_EQ(sent.samples.size(), 2u);
  EXPECT_EQ(sent.samples[0].labels, R"(kind="room")");
  EXPECT_EQ(number(sent.samples[0]), 10u);
  EXPECT_EQ(sent.samples[1].labels, R"(kind="reply")");
  EXPECT_EQ(number(sent.samples[1]), 4u);
}

TEST(MetricTotalsDeathTest, AFamilyIsDeclaredInOneWay) {
  MetricList metrics;
  const Counter one(metrics, "open", "Another thing.");
  const Rooms rooms;
  MetricTotals totals;
  totals.add(rooms.metrics);
  EXPECT_DEATH(totals.add(metrics), "found.family == family");
}

}  // namespace
}  // namespace switchboard::ops
