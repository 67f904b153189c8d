#include "base/counter.h"

#include <gtest/gtest.h>
#include <type_traits>

namespace switchboard {
namespace {

// What makes it impossible to count something and not to export it: see base/counter.h.
static_assert(!std::is_default_constructible_v<Counter>);
static_assert(!std::is_default_constructible_v<Gauge>);
static_assert(!std::is_default_constructible_v<CounterFamily<2>>);
// A list looks at them where they are.
static_assert(!std::is_copy_constructible_v<Counter> && !std::is_move_constructible_v<Counter>);
static_assert(!std::is_copy_constructible_v<Gauge> && !std::is_move_constructible_v<Gauge>);
// What is told of them costs where they are listed, not where they are counted.
static_assert(sizeof(Counter) == sizeof(std::uint64_t) && sizeof(CounterFamily<3>) == 3 * sizeof(std::uint64_t));

constexpr MetricFamily kSent{"sent_total", MetricType::kCounter, "What was sent."};

struct Stats {
  MetricList metrics;
  Gauge rooms{metrics, "rooms", "Rooms that exist."};
  Counter joins{metrics, "joins_total", "Joins of rooms."};
  Counter replies{metrics, kSent, metric_label("kind", "reply")};
  CounterFamily<2> errors{metrics, "errors_total", "Errors.", "code",
                          [](std::size_t index) { return index == 0 ? "none" : "some"; }};
};

TEST(SharedNumber, GoesUpAndDown) {
  SharedNumber number;
  EXPECT_EQ(number.value(), 0u);
  number.add();
  number.add(10);
  number.sub(3);
  EXPECT_EQ(number.value(), 8u);
  number.set(2);
  EXPECT_EQ(number.value(), 2u);
}

TEST(Counter, IsInItsListWithWhatIsToldOfIt) {
  Stats stats;
  stats.rooms.set(3);
  stats.joins.add();
  stats.replies.add(7);
  stats.errors[1].add(4);
  struct Told {
    MetricFamily family;
    std::string labels;
    std::uint64_t value;
    bool operator==(const Told&) const = default;
  };
  std::vector<Told> told;
  for (const MetricList::Entry& entry : stats.metrics.entries())
    told.push_back({entry.family, entry.labels, std::get<const SharedNumber*>(entry.value)->value()});
  const MetricFamily errors{"errors_total", MetricType::kCounter, "Errors."};
  EXPECT_TRUE((told == std::vector<Told>{{{"rooms", MetricType::kGauge, "Rooms that exist."}, "", 3},
                                         {{"joins_total", MetricType::kCounter, "Joins of rooms."}, "", 1},
                                         {kSent, R"(kind="reply")", 7},
                                         {errors, R"(code="none")", 0},
                                         {errors, R"(code="some")", 4}}));
}

}  // namespace
}  // namespace switchboard
