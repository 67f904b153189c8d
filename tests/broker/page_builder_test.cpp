#include "broker/sqlite/page_builder.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "base/random.h"

namespace switchboard::broker {
namespace {

struct RecordRun {
  std::string records;
  std::vector<std::size_t> ends;

  explicit RecordRun(Random& random) {
    const std::uint64_t count = random.below(8);
    for (std::uint64_t i = 0; i < count; ++i) {
      records.append(1 + random.below(20), static_cast<char>('a' + random.below(26)));
      ends.push_back(records.size());
    }
  }
  std::string_view record(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : ends[index - 1];
    return std::string_view(records).substr(begin, ends[index] - begin);
  }
};

TEST(PageBuilder, TakesOfARunWhatItTakesOfItsRecordsOneByOne) {
  Random random(7);
  for (int round = 0; round < 20'000; ++round) {
    const ReadRange range{.from = Seq{1},
                          .until = Seq{100},
                          .messages_max = static_cast<std::uint32_t>(1 + random.below(12)),
                          .bytes_max = static_cast<std::uint32_t>(1 + random.below(150))};
    PageBuilder by_run(range);
    PageBuilder one_by_one(range);
    Seq seq{1};
    for (int runs = 0; runs < 3; ++runs) {
      const RecordRun run(random);
      const Seq first = random.below(10) == 0 ? seq.plus(1) : seq;  // one that does not follow on
      const StoreMillis at = static_cast<StoreMillis>(random.below(5));
      const auto end_of = [&](std::size_t i) { return run.ends[i]; };
      const bool took_all = by_run.add_run(first, run.records, run.ends.size(), end_of, at);
      bool took_each = true;
      for (std::size_t i = 0; took_each && i < run.ends.size(); ++i)
        took_each = one_by_one.add(first.plus(i), run.record(i), at);
      ASSERT_EQ(took_all, took_each);
      ASSERT_EQ(by_run.is_full(), one_by_one.is_full());
      ASSERT_EQ(by_run.is_empty(), one_by_one.is_empty());
      if (!by_run.is_empty()) {
        ASSERT_EQ(by_run.oldest_at(), one_by_one.oldest_at());
      }
      seq = first.plus(run.ends.size());
    }
    const Page a = by_run.take("e", Seq{1}, Seq{99});
    const Page b = one_by_one.take("e", Seq{1}, Seq{99});
    ASSERT_EQ(a.bytes, b.bytes);
    ASSERT_EQ(a.ends, b.ends);
    if (!a.empty()) {
      ASSERT_EQ(a.first, b.first);
    }
  }
}

}  // namespace
}  // namespace switchboard::broker
