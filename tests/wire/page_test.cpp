#include "wire/page.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "broker/publication.h"

namespace switchboard::wire {
namespace {

broker::Page records_of(Seq first, const std::vector<std::string>& contents) {
  broker::Page page;
  page.epoch = "k3";
  page.oldest = Seq{2};
  page.newest = Seq{90};
  page.first = first;
  page.fresh_until = Instant(std::chrono::hours(1));
  for (const std::string& content : contents) {
    broker::append_record(page.bytes, {.seq = {}, .ts = 99, .content = content, .sender = "an\"n"});
    page.ends.push_back(static_cast<std::uint32_t>(page.bytes.size()));
  }
  return page;
}

TEST(Page, HasEachMessageAsMembersAreSentIt) {
  const broker::Page records = records_of(Seq{8}, {"1", "\"two\""});
  const SharedPage page = make_page(records, "lobby", Format::kJson);
  EXPECT_EQ(page->epoch, "k3");
  EXPECT_EQ(page->oldest, Seq{2});
  EXPECT_EQ(page->newest, Seq{90});
  EXPECT_EQ(page->first, Seq{8});
  EXPECT_EQ(page->fresh_until, records.fresh_until);
  ASSERT_EQ(page->size(), 2u);
  EXPECT_EQ(text_of(page->message(0), Format::kJson),
            R"({"type":"broadcast","room_id":"lobby","content":1,"sender":"an\"n","seq":8,"ts":99})");
  EXPECT_EQ(text_of(page->message(1), Format::kJson),
            R"({"type":"broadcast","room_id":"lobby","content":"two","sender":"an\"n","seq":9,"ts":99})");
  EXPECT_EQ(page->message(0)[0], '\x81') << "a whole text frame";
}

TEST(Page, OfNothingIsEmptyAndSaysWhy) {
  broker::Page records;
  records.epoch = "k3";
  records.gap_end = Seq{12};
  const SharedPage page = make_page(records, "lobby", Format::kJson);
  EXPECT_TRUE(page->empty());
  EXPECT_EQ(page->gap_end, Seq{12});
}

TEST(Page, EndsBeforeWhatIsNoRecord) {
  broker::Page records = records_of(Seq{8}, {"1", "2", "3"});
  records.bytes[records.begin_of(1)] = '\x7f';
  EXPECT_EQ(make_page(records, "lobby", Format::kJson)->end(), Seq{9});
  records.bytes[0] = '\x7f';
  const SharedPage page = make_page(records, "lobby", Format::kJson);
  EXPECT_TRUE(page->empty());
  EXPECT_EQ(page->gap_end, Seq{9});
}

}  // namespace
}  // namespace switchboard::wire
