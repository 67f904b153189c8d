#include <gtest/gtest.h>

#include "cli/bench/json_content.h"
#include "cli/bench/load_options.h"
#include "cli/bench/population.h"
#include "cli/bench/schedule.h"

namespace switchboard::cli::bench {
namespace {

TEST(Endpoint, ReadsHostPortAndPath) {
  const auto endpoint = Endpoint::parse("ws://127.0.0.2:9001/ws?x=1");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->host, "127.0.0.2:9001");
  EXPECT_EQ(endpoint->ipv4, 0x7F000002U);
  EXPECT_EQ(endpoint->port, 9001);
  EXPECT_EQ(endpoint->path, "/ws?x=1");
  EXPECT_EQ(Endpoint::parse("ws://localhost:1")->path, "/");
}

TEST(Endpoint, RefusesWhatItCannotReach) {
  for (const char* url : {"", "http://127.0.0.1:1/", "ws://127.0.0.1/", "ws://127.0.0.1:0/", "ws://127.0.0.1:65536/",
                          "ws://example.org:80/", "ws://:80/", "ws://127.0.0.1:8x/"}) {
    EXPECT_FALSE(Endpoint::parse(url)) << url;
  }
}

TEST(LoadOptions, LimitsAreCheckedAtTheirEdges) {
  LoadOptions options;
  EXPECT_TRUE(check(options));
  options.content_bytes = kContentBytesMin - 1;
  EXPECT_FALSE(check(options));
  options.content_bytes = kContentBytesMin;
  EXPECT_TRUE(check(options));
  options.content_bytes = kContentBytesMax + 1;
  EXPECT_FALSE(check(options));
  options.content_bytes = kContentBytesMax;
  EXPECT_TRUE(check(options));
  options.rooms = options.connections + 1;
  EXPECT_FALSE(check(options));
  options.rooms = options.connections;
  EXPECT_TRUE(check(options));
  options.slow_readers = 1;
  options.publishers = options.connections;
  EXPECT_FALSE(check(options));
  options.publishers = options.connections - 1;
  EXPECT_TRUE(check(options));
  options.slow_readers = options.connections;
  EXPECT_FALSE(check(options));
}

TEST(SlowReaders, AreANumberOrAShare) {
  EXPECT_EQ(parse_slow_readers("0", 1000), 0U);
  EXPECT_EQ(parse_slow_readers("250", 1000), 250U);
  EXPECT_EQ(parse_slow_readers("1%", 1000), 10U);
  EXPECT_EQ(parse_slow_readers("1%", 10), 1U);
  EXPECT_EQ(parse_slow_readers("0%", 10), 0U);
  for (const char* text : {"", "%", "-1", "100%", "ten", "1 %"})
    EXPECT_FALSE(parse_slow_readers(text, 10)) << text;
}

TEST(SourceAddresses, AreAddedWhenPortsRunOut) {
  LoadOptions options;
  options.connections = kConnectionsPerSource;
  EXPECT_EQ(source_addresses(options)->size(), 0U);
  options.connections = kConnectionsPerSource + 1;
  EXPECT_EQ(*source_addresses(options), (std::vector<std::uint32_t>{0x7F000001, 0x7F000002}));
  options.sources = {"127.0.0.9"};
  EXPECT_EQ(*source_addresses(options), (std::vector<std::uint32_t>{0x7F000009}));
  options.sources = {"nowhere"};
  EXPECT_FALSE(source_addresses(options));
}

TEST(Population, SpreadsRoomsAndRoles) {
  LoadOptions options;
  options.connections = 10;
  options.rooms = 3;
  options.publishers = 2;
  options.slow_readers = 1;
  options.bystander_pairs = 2;
  const Population population(options);
  EXPECT_EQ(population.size(), 14U);
  EXPECT_EQ(population.rooms(), 5U);
  EXPECT_EQ(population.seat(0).role, Role::kPublisher);
  EXPECT_EQ(population.seat(2).role, Role::kMember);
  EXPECT_EQ(population.seat(9).role, Role::kSlowReader);
  EXPECT_EQ(population.seat(4).room, 1U);
  EXPECT_EQ(population.readers(0), 3U) << "connections 0, 3 and 6; 9 does not read";
  EXPECT_EQ(population.readers(1), 3U);
  EXPECT_EQ(population.bystander_publishers(), (std::vector<std::uint32_t>{10, 12}));
  EXPECT_EQ(population.seat(12).room, population.seat(13).room);
  EXPECT_EQ(population.readers(4), 2U);
}

TEST(Names, OfOneRunHaveOneLength) {
  EXPECT_EQ(room_name("abcd", 0).size(), room_name("abcd", 19'999).size());
  EXPECT_EQ(user_name(0).size(), user_name(19'999).size());
}

TEST(Schedule, KeepsItsRateHoweverLateItIsAsked) {
  Schedule schedule(1'000'000'000, 2'000'000'000, 3);
  int taken = 0;
  std::int64_t last_ns = 0;
  for (; schedule.next_ns() <= 5'000'000'000; schedule.advance()) {
    last_ns = schedule.next_ns();
    ++taken;
  }
  EXPECT_EQ(taken, 3);
  EXPECT_EQ(last_ns, 1'666'666'666);
  EXPECT_EQ(schedule.next_ns(), INT64_MAX);
}

TEST(LoadOptions, JsonContentsNeedRoomForTheirFields) {
  LoadOptions options;
  options.content = *parse_content_kind("json");
  options.content_bytes = kJsonContentBytesMin - 1;
  EXPECT_FALSE(check(options));
  options.content_bytes = kJsonContentBytesMin;
  EXPECT_TRUE(check(options));
  EXPECT_EQ(parse_content_kind("filler"), ContentKind::kFiller);
  EXPECT_FALSE(parse_content_kind("xml"));
}

}  // namespace
}  // namespace switchboard::cli::bench
