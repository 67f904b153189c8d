#include "api/keys.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace switchboard::api {
namespace {

const std::string kKey = "0123456789abcdef0123456789abcdef";
// Of kKey.
const std::string kHash = "3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9";
const std::string kOther = "ffffffffffffffffffffffffffffffff";

Keys of(const std::vector<std::string>& entries) {
  auto keys = Keys::parse(entries);
  EXPECT_TRUE(keys) << keys.error();
  return keys.value_or(Keys());
}

TEST(Keys, AKeyOpensEverythingUnlessItIsSaid) {
  const Keys keys = of({kKey});
  const Key* const key = keys.find(kKey);
  ASSERT_NE(key, nullptr);
  for (const Scope scope : {Scope::kPublish, Scope::kRead, Scope::kAdmin})
    EXPECT_TRUE(key->may(scope));
  EXPECT_TRUE(key->covers("any:room"));
  EXPECT_TRUE(key->covers("@bob"));
  EXPECT_EQ(keys.find(kOther), nullptr);
  EXPECT_EQ(keys.find(""), nullptr);
  EXPECT_EQ(keys.find(kKey.substr(1)), nullptr);
  EXPECT_EQ(Keys().find(kKey), nullptr);
}

TEST(Keys, WhatAKeyHasUsedUpOutlivesAReload) {
  const Rate rate{.per_second = 1, .burst = 1};
  const Instant now{std::chrono::hours(1)};
  const Keys before = of({kKey, kOther});
  EXPECT_EQ(before.find(kKey)->requests().take(now, 1, rate), Duration::zero());
  Keys after = of({"[read] sha256:" + kHash, kOther, "a-third-key-that-came-with-the-reload"});
  after.take_over(before);
  EXPECT_GT(after.find(kKey)->requests().take(now, 1, rate), Duration::zero()) << "the same key, written otherwise";
  EXPECT_EQ(after.find(kOther)->requests().take(now, 1, rate), Duration::zero());
  EXPECT_EQ(after.find("a-third-key-that-came-with-the-reload")->requests().take(now, 1, rate), Duration::zero());
}

TEST(Keys, AShortOneIsTakenAndTold) {
  EXPECT_FALSE(of({kKey, "sha256:" + kHash}).has_short());
  EXPECT_TRUE(of({kKey, std::string(31, 'x')}).has_short());
  EXPECT_NE(of({std::string(8, 'x')}).find(std::string(8, 'x')), nullptr);
}

TEST(Keys, AHashIsAsGoodAsItsKey) {
  for (const std::string& hash : {"sha256:" + kHash, "[read] sha256:" + kHash}) {
    const Keys keys = of({hash});
    ASSERT_NE(keys.find(kKey), nullptr) << hash;
    EXPECT_EQ(keys.find(kHash), nullptr) << "the hash itself is no key";
    EXPECT_EQ(keys.find(kKey)->shown(), kHash.substr(0, 8));
  }
}

TEST(Keys, BracketsLimitIt) {
  const Keys keys = of({"[publish,read chat:*] " + kKey, "[admin]" + kOther});
  const Key* const chat = keys.find(kKey);
  ASSERT_NE(chat, nullptr);
  EXPECT_TRUE(chat->may(Scope::kPublish) && chat->may(Scope::kRead) && !chat->may(Scope::kAdmin));
  EXPECT_TRUE(chat->covers("chat:1"));
  EXPECT_FALSE(chat->covers("news"));
  EXPECT_FALSE(chat->covers("@bob")) << "users are no rooms of that pattern";
  EXPECT_FALSE(of({"[publish *:log] " + kKey}).find(kKey)->covers("@bob:log"));
  const Key* const admin = keys.find(kOther);
  ASSERT_NE(admin, nullptr);
  EXPECT_TRUE(admin->may(Scope::kAdmin) && !admin->may(Scope::kPublish));
  EXPECT_TRUE(admin->covers("news"));
}

TEST(Keys, WhatIsNoneIsSaidAndNotShown) {
  const std::string bad_keys[] = {"short",
                                  std::string(7, 'x'),
                                  std::string(513, 'x'),
                                  std::string(40, 'x') + " y",
                                  "[everything] " + kKey,
                                  "[] " + kKey,
                                  "[read " + kKey,
                                  "[publish, read chat:*] " + kKey,
                                  "[publish,] " + kKey,
                                  "[admin chat:*] " + kKey,
                                  "[read a*b*] " + kKey,
                                  "[read a\"b*c*] " + kKey,
                                  "sha256:" + kHash.substr(1),
                                  "sha256:" + kHash.substr(1) + "g"};
  for (const std::string& entry : bad_keys) {
    const std::string problem = Keys::problem_with(entry);
    EXPECT_FALSE(problem.empty()) << entry;
    EXPECT_EQ(problem.find(kKey), std::string::npos) << problem;
  }
  EXPECT_EQ(Keys::problem_with("[read " + kKey), "has a '[' without its ']'");
  EXPECT_FALSE(Keys::parse(std::vector<std::string>(kKeysMax + 1, kKey)));
  EXPECT_TRUE(Keys::parse(std::vector<std::string>(kKeysMax, kKey)));
}

}  // namespace
}  // namespace switchboard::api
