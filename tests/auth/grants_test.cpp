#include "auth/grants.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "auth/grants_cache.h"

namespace switchboard::auth {
namespace {

using room::Right;
using room::RightSet;

Grants of(std::string_view json) {
  auto grants = Grants::parse(json);
  EXPECT_TRUE(grants) << json << ": " << grants.error();
  return grants.value_or(Grants());
}

std::string problem_with(std::string_view json) {
  const auto grants = Grants::parse(json);
  return grants ? "none" : grants.error();
}

/// Whether a pattern, with the right to join, covers that room for ann.
bool covers(std::string_view pattern, std::string_view room_id, std::string_view user_id = "ann") {
  const Grants grants = of(R"({"rooms":{")" + std::string(pattern) + R"(":["join"]}})");
  return grants.rights_in(room_id, user_id) == RightSet(Right::kJoin);
}

TEST(Grants, NothingIsGrantedUnlessItIsSaid) {
  for (const char* json : {"", "{}", R"({"rooms":{}})", R"({"rooms":{"a":[]},"direct":[]})"}) {
    EXPECT_TRUE(of(json).rights_in("a", "ann").empty()) << json;
    EXPECT_FALSE(of(json).may_write_to("bob", "ann")) << json;
    EXPECT_EQ(of(json).rooms_max(), std::nullopt) << json;
    EXPECT_TRUE(of(json).empty()) << json;
  }
}

TEST(Grants, ARoomHasTheRightsOfAllPatternsThatCoverIt) {
  const Grants grants = of(R"({"rooms":{"chat:*":["join","history"],"chat:1":["publish"],"*":["presence"]}})");
  EXPECT_EQ(grants.rights_in("chat:1", "ann"), RightSet::of_bits(0b1111));
  EXPECT_EQ(grants.rights_in("chat:2", "ann"), RightSet::of_bits(0b1101));
  EXPECT_EQ(grants.rights_in("news", "ann"), RightSet(Right::kPresence));
}

TEST(Grants, APatternIsExactButForItsStarAndItsUser) {
  EXPECT_TRUE(covers("chat", "chat"));
  EXPECT_FALSE(covers("chat", "chat:1"));
  EXPECT_FALSE(covers("chat", "cha"));
  EXPECT_FALSE(covers("chat", "Chat"));
  EXPECT_FALSE(covers("chat", "xchat"));
  EXPECT_TRUE(covers("chat:*", "chat:"));
  EXPECT_TRUE(covers("chat:*", "chat:1:2"));
  EXPECT_FALSE(covers("chat:*", "chat"));
  EXPECT_FALSE(covers("chat:*", "chatter:1"));
  EXPECT_TRUE(covers("*:log", "a:log"));
  EXPECT_FALSE(covers("*:log", "a:logs"));
  EXPECT_TRUE(covers("a*c", "ac"));
  EXPECT_TRUE(covers("a*c", "abbc"));
  EXPECT_FALSE(covers("a*a", "a")) << "a byte cannot be both before and behind the star";
  EXPECT_TRUE(covers("*", "anything"));
}

TEST(Grants, AUserInAPatternIsWhoAsks) {
  EXPECT_TRUE(covers("doc:{user_id}:*", "doc:ann:1"));
  EXPECT_FALSE(covers("doc:{user_id}:*", "doc:bob:1"));
  EXPECT_FALSE(covers("doc:{user_id}:*", "doc:anna:1"));
  EXPECT_FALSE(covers("doc:{user_id}:*", "doc:{user_id}:1"));
  EXPECT_TRUE(covers("*:{user_id}", "inbox:ann"));
  EXPECT_FALSE(covers("*:{user_id}", "inbox:joann"));
  EXPECT_TRUE(covers("{user_id}-{user_id}", "ann-ann"));
  EXPECT_FALSE(covers("doc:{user_id}", "doc:", "")) << "nobody is named";
  EXPECT_FALSE(covers("{user_id}*", "anything", ""));
}

TEST(Grants, AUsersNameIsNeverAPattern) {
  EXPECT_FALSE(covers("doc:{user_id}", "doc:bob", "*"));
  EXPECT_TRUE(covers("doc:{user_id}", "doc:*", "*"));
  EXPECT_FALSE(covers("doc:{user_id}", "doc:{user_id}", "ann"));
  EXPECT_TRUE(covers("doc:{user_id}", "doc:{user_id}", "{user_id}"));
}

TEST(Grants, DirectMessagesGoToUsersThatAreNamed) {
  const Grants grants = of(R"({"direct":["support","team-*","{user_id}"],"rooms":{"bob":["join"]}})");
  EXPECT_TRUE(grants.may_write_to("support", "ann"));
  EXPECT_TRUE(grants.may_write_to("team-7", "ann"));
  EXPECT_TRUE(grants.may_write_to("ann", "ann"));
  EXPECT_FALSE(grants.may_write_to("bob", "ann")) << "a room is no user";
  EXPECT_TRUE(grants.rights_in("support", "ann").empty()) << "a user is no room";
}

TEST(Grants, LimitsAreToldWhenTheyAreThere) {
  EXPECT_EQ(of(R"({"limits":{"rooms":3}})").rooms_max(), 3);
  EXPECT_EQ(of(R"({"limits":{}})").rooms_max(), std::nullopt);
}

TEST(Grants, ARateIsToldForEveryOperationThatIsLimited) {
  const std::pair<room::Operation, std::string> names[] = {{room::Operation::kJoin, "joins"},
                                                           {room::Operation::kPublish, "publishes"},
                                                           {room::Operation::kDirect, "directs"},
                                                           {room::Operation::kHistory, "history"},
                                                           {room::Operation::kPresence, "presence"}};
  for (const auto& [operation, name] : names) {
    const Grants grants = of(R"({"limits":{")" + name + R"(_burst":10,")" + name + R"(_per_second":5}})");
    for (const auto& [other, other_name] : names) {
      const auto rate = grants.rate_of(other);
      ASSERT_EQ(rate.has_value(), other == operation) << name << other_name;
      if (!rate) continue;
      EXPECT_EQ(rate->per_second, 5u);
      EXPECT_EQ(rate->burst, 10u);
    }
    EXPECT_EQ(grants.rooms_max(), std::nullopt);
  }
  EXPECT_FALSE(of(R"({"limits":{"rooms":3}})").rate_of(room::Operation::kJoin));
  const auto none = of(R"({"limits":{"joins_per_second":0}})").rate_of(room::Operation::kJoin);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->limited()) << "that there is no limit may be said, too";
  EXPECT_EQ(of(R"({"limits":{"joins_per_second":1000000000}})").rate_of(room::Operation::kJoin)->per_second,
            1'000'000'000u);
}

TEST(Grants, WhatIsMistypedIsSaid) {
  EXPECT_EQ(problem_with("7"), "must be a JSON object with `rooms`, `direct` or `limits`");
  EXPECT_EQ(problem_with(R"({"rooms":{)"), "is not valid JSON");
  EXPECT_EQ(problem_with(R"({} {})"), "is not valid JSON");
  EXPECT_EQ(problem_with(R"({"room":{}})"), "has the unknown part \"room\"; there are `rooms`, `direct` and `limits`");
  EXPECT_EQ(problem_with(R"({"rooms":{},"\u0072ooms":{}})"), "has `rooms` more than once");
  EXPECT_EQ(problem_with(R"({"rooms":["a"]})"),
            "`rooms`: must be an object: patterns of rooms, each with a list of rights");
  EXPECT_EQ(problem_with(R"({"rooms":{"a":"join"}})"),
            "`rooms`: \"a\" must have a list of rights: join, publish, history, presence, stream");
  EXPECT_EQ(problem_with(R"({"rooms":{"a":[1]}})"),
            "`rooms`: \"a\" must have a list of texts: join, publish, history, presence, stream");
  EXPECT_EQ(problem_with(R"({"rooms":{"a":["pubish"]}})"),
            "`rooms`: \"a\" has the unknown right \"pubish\"; there are join, publish, history, presence, stream");
  EXPECT_EQ(problem_with(R"({"rooms":{"":["join"]}})"), "`rooms`: \"\" must not be empty");
  EXPECT_EQ(problem_with(R"({"rooms":{"a*b*":["join"]}})"), "`rooms`: \"a*b*\" has more than one *");
  EXPECT_EQ(problem_with(R"({"rooms":{"{tenant}:*":["join"]}})"),
            "`rooms`: \"{tenant}:*\" has a '{' that does not begin {user_id}");
  EXPECT_EQ(problem_with(R"({"rooms":{"a\u0001":["join"]}})"), "`rooms`: \"a\x01\" has a control character");
  EXPECT_EQ(problem_with(R"({"rooms":{"@bob":["history"]}})"),
            "`rooms`: \"@bob\" is a user's own room: that is nobody else's, and needs no right");
  EXPECT_EQ(problem_with(R"({"direct":"*"})"), "`direct`: must be a list of patterns of users");
  EXPECT_EQ(problem_with(R"({"direct":[7]})"), "`direct`: must be a list of patterns of users");
  EXPECT_EQ(problem_with(R"({"limits":{"rooms":0}})"), "`limits`: `rooms` must be a whole number from 1 to 100000");
  EXPECT_EQ(problem_with(R"({"limits":{"rooms":"3"}})"), "`limits`: `rooms` must be a whole number from 1 to 100000");
  EXPECT_EQ(problem_with(R"({"limits":{"room":3}})"),
            "`limits`: has the unknown limit \"room\"; there are `rooms`, and `_per_second` and `_burst` of joins, "
            "publishes, directs, history, presence");
  EXPECT_EQ(problem_with(R"({"limits":{"rooms":3,"rooms":3}})"), "`limits`: has `rooms` more than once");
  EXPECT_EQ(problem_with(R"({"limits":{"joins_burst":3}})"), "`limits`: has `joins_burst` without `joins_per_second`");
  for (const char* value : {"-1", "1.5", "\"5\"", "null", "true", "[]", "1000000001", "99999999999999999999", "1e3"}) {
    EXPECT_EQ(problem_with(R"({"limits":{"publishes_per_second":)" + std::string(value) + "}}"),
              "`limits`: `publishes_per_second` must be a whole number from 0 to 1000000000")
        << value;
  }
  for (const char* name : {"leaves_per_second", "joins", "joins_per_minute", "joins_per_second_", "per_second", ""}) {
    EXPECT_NE(problem_with(R"({"limits":{")" + std::string(name) + R"(":1}})").find("has the unknown limit"),
              std::string::npos)
        << name;
  }
}

TEST(Grants, ALongPatternIsRefusedAndNotShownWhole) {
  const auto with_pattern = [](std::size_t bytes) {
    return R"({"rooms":{")" + std::string(bytes, 'x') + R"(":["join"]}})";
  };
  EXPECT_EQ(problem_with(with_pattern(kPatternBytesMax)), "none");
  EXPECT_EQ(problem_with(with_pattern(kPatternBytesMax + 1)),
            "`rooms`: \"" + std::string(60, 'x') + "...\" is longer than 255 bytes");
}

TEST(Grants, PatternsHaveALimit) {
  const auto with_patterns = [](std::size_t count) {
    std::string json = R"({"rooms":{)";
    for (std::size_t i = 0; i < count; ++i)
      json += (i == 0 ? "\"r" : ",\"r") + std::to_string(i) + R"(":["join"])";
    return json + "}}";
  };
  EXPECT_EQ(problem_with(with_patterns(kPatternsMax)), "none");
  EXPECT_EQ(problem_with(with_patterns(kPatternsMax + 1)), "`rooms`: has more than 1000 patterns");
}

TEST(GrantsCache, WhatSaysTheSameIsShared) {
  GrantsCache cache;
  const std::string json = R"({"rooms":{"chat:*":["join"]}})";
  const auto one = cache.of(json);
  const auto other = cache.of(json);
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->get(), other->get());
  EXPECT_FALSE(cache.of("nonsense"));
  EXPECT_EQ(cache.size(), 1);
}

TEST(GrantsCache, ForgetsWhatNobodyHoldsWhenItIsFull) {
  GrantsCache cache;
  const auto text = [](std::size_t i) { return R"({"direct":["u)" + std::to_string(i) + R"("]})"; };
  const auto held = cache.of(text(0));
  for (std::size_t i = 1; i < GrantsCache::kTextsMax; ++i)
    ASSERT_TRUE(cache.of(text(i)));
  EXPECT_EQ(cache.size(), GrantsCache::kTextsMax);
  ASSERT_TRUE(cache.of("{}"));
  EXPECT_EQ(cache.size(), 2);
  EXPECT_EQ(cache.of(text(0))->get(), held->get());
}

}  // namespace
}  // namespace switchboard::auth
