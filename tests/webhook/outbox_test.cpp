#include "webhook/outbox.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace switchboard::webhook {
namespace {

std::unique_ptr<Outbox> opened(const std::string& file = "", const std::vector<std::string>& endpoints = {"a", "b"}) {
  auto outbox = Outbox::open(file, "token");
  EXPECT_TRUE(outbox) << outbox.error();
  EXPECT_TRUE((*outbox)->use(endpoints));
  return std::move(*outbox);
}

Outbox::Entry entry(std::string_view endpoint, std::string json, UnixMillis at = 0, std::uint32_t events = 1) {
  return {.endpoint = endpoint, .at = at, .events = events, .json = std::move(json)};
}

std::string next(Outbox& outbox, const std::string& endpoint, std::uint32_t events_max = 1) {
  const auto found = outbox.next(endpoint, events_max, 1'000);
  EXPECT_TRUE(found);
  return *found ? (*found)->json : "nothing";
}

void pass(Outbox& outbox, const std::string& endpoint, std::uint32_t events_max = 1) {
  EXPECT_TRUE(outbox.pass(endpoint, **outbox.next(endpoint, events_max, 1'000)));
}

TEST(Outbox, EachEndpointHasItsPlace) {
  const auto outbox = opened();
  ASSERT_TRUE(outbox->append({entry("a", "1"), entry("b", "2"), entry("a", "3")}));
  EXPECT_EQ(next(*outbox, "a"), "1");
  EXPECT_EQ(next(*outbox, "a"), "1") << "until it has passed";
  pass(*outbox, "a");
  EXPECT_EQ(next(*outbox, "a"), "3");
  EXPECT_EQ(next(*outbox, "b"), "2");
  pass(*outbox, "a");
  EXPECT_EQ(next(*outbox, "a"), "nothing");
  EXPECT_EQ(outbox->backlog("a").events, 0);
  EXPECT_EQ(outbox->backlog("a").bytes_kept, 2);
  EXPECT_EQ(outbox->backlog("b").bytes, 1);
}

TEST(Outbox, EntriesGoTogetherWithinBounds) {
  const auto outbox = opened();
  ASSERT_TRUE(
      outbox->append({entry("a", "1,2", 5, 2), entry("a", "3", 6), entry("a", "4,5,6", 7, 3), entry("b", "x")}));
  const auto three = outbox->next("a", 3, 1'000);
  EXPECT_EQ((*three)->json, "1,2,3");
  EXPECT_EQ((*three)->events, 3);
  EXPECT_EQ((*three)->first, 1);
  EXPECT_EQ((*three)->last, 2);
  EXPECT_EQ((*three)->at, 5);
  EXPECT_EQ(next(*outbox, "a", 6), "1,2,3,4,5,6");
  EXPECT_EQ(next(*outbox, "a", 1), "1,2") << "one at the least";
  EXPECT_EQ((*outbox->next("a", 100, 4))->json, "1,2,3") << "four bytes";
  ASSERT_TRUE(outbox->pass("a", **three));
  EXPECT_EQ(outbox->backlog("a").events, 3);
  EXPECT_EQ(outbox->backlog("a").bytes, 5);
}

TEST(Outbox, OutlivesTheProcess) {
  const test::TemporaryFolder folder;
  const std::string file = folder.path() + "/webhooks.sqlite";
  {
    const auto outbox = opened(file);
    ASSERT_TRUE(outbox->append({entry("a", "1"), entry("a", "2"), entry("b", "3")}));
    pass(*outbox, "a");
    ASSERT_TRUE(outbox->set_state("b", EndpointState::kPaused));
    // It is not closed: as after a kill.
  }
  const auto outbox = Outbox::open(file, "another");
  ASSERT_TRUE(outbox) << outbox.error();
  ASSERT_TRUE((*outbox)->use({"a", "b"}));
  EXPECT_EQ((*outbox)->token(), "token");
  EXPECT_EQ((*outbox)->next_id(), 4);
  EXPECT_EQ(next(**outbox, "a"), "2");
  EXPECT_EQ((*outbox)->backlog("a").events, 1);
  EXPECT_EQ((*outbox)->backlog("a").bytes_kept, 1);
  EXPECT_EQ((*outbox)->state("b"), EndpointState::kPaused);
}

TEST(Outbox, IdsAreNeverGivenOutTwice) {
  const test::TemporaryFolder folder;
  const std::string file = folder.path() + "/webhooks.sqlite";
  {
    const auto outbox = opened(file);
    ASSERT_TRUE(outbox->append({entry("a", "1"), entry("a", "2")}));
    ASSERT_TRUE(outbox->use({"b"}));  // all of it is gone
  }
  EXPECT_EQ(opened(file)->next_id(), 3);
}

TEST(Outbox, ReplaysWhatWasDelivered) {
  const auto outbox = opened();
  ASSERT_TRUE(outbox->append({entry("a", "1", 10), entry("a", "2", 20), entry("a", "3", 30), entry("b", "4", 40)}));
  for (int i = 0; i < 3; ++i)
    pass(*outbox, "a");
  EXPECT_EQ(outbox->replay("a", 20), 2);
  EXPECT_EQ(next(*outbox, "a", 9), "2,3");
  EXPECT_EQ(outbox->backlog("a").bytes_kept, 1);
  EXPECT_EQ(outbox->replay("a", 0), 1);
  EXPECT_EQ(outbox->replay("a", 25), 0) << "what waits already is not passed over";
  EXPECT_EQ(next(*outbox, "a", 9), "1,2,3");
  EXPECT_EQ(outbox->replay("b", 100), 0);
}

TEST(Outbox, KeepsWhatWasDeliveredWithinBounds) {
  const auto outbox = opened();
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(outbox->append({entry("a", "0123456789", i)}));
  for (int i = 0; i < 8; ++i)
    pass(*outbox, "a");
  ASSERT_TRUE(outbox->trim("a", 50, 0));
  EXPECT_EQ(outbox->backlog("a").bytes_kept, 50);
  ASSERT_TRUE(outbox->trim("a", 1'000, 5));
  EXPECT_EQ(outbox->backlog("a").bytes_kept, 30) << "by age";
  ASSERT_TRUE(outbox->trim("a", 0, 1'000));
  EXPECT_EQ(outbox->backlog("a").bytes_kept, 0);
  EXPECT_EQ(outbox->backlog("a").events, 2) << "what waits is not touched";
}

TEST(Outbox, AnotherFileIsNotWrittenInto) {
  const test::TemporaryFolder folder;
  const std::string file = folder.path() + "/webhooks.sqlite";
  std::ofstream(file) << "this is no database, and long enough to be looked at as one: " << std::string(2'000, 'x');
  const auto outbox = Outbox::open(file, "token");
  ASSERT_FALSE(outbox);
  EXPECT_NE(outbox.error().find(file), std::string::npos) << outbox.error();
  EXPECT_FALSE(Outbox::open(folder.path() + "/no/such/folder.sqlite", "token"));
}

}  // namespace
}  // namespace switchboard::webhook
