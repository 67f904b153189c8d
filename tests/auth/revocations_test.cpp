#include "auth/revocations.h"

#include <gtest/gtest.h>
#include <string>

namespace switchboard::auth {
namespace {

constexpr UnixMillis kMoment = 1'764'000'000'000;

Revocation of_user(std::string user_id, UnixMillis issued_before, UnixMillis until = kMoment + 1'000) {
  return {.user_id = std::move(user_id), .token_id = {}, .issued_before = issued_before, .until = until};
}
Revocation of_token(std::string user_id, std::string token_id, UnixMillis until = kMoment + 1'000) {
  return {.user_id = std::move(user_id), .token_id = std::move(token_id), .until = until};
}

bool concerns(const Revocations& revocations, std::string_view user_id, std::optional<UnixMillis> issued_at,
              std::string_view token_id = "") {
  return revocations.concerns(
      {.user_id = user_id, .token_id_hash = hash_of_token_id(token_id), .issued_at = issued_at});
}

TEST(Revocations, ConcernAUsersOlderTokensAndNobodyElses) {
  Revocations revocations;
  EXPECT_FALSE(concerns(revocations, "ann", kMoment));
  ASSERT_TRUE(revocations.add(of_user("ann", kMoment), kMoment));
  EXPECT_TRUE(concerns(revocations, "ann", kMoment - 1));
  EXPECT_TRUE(concerns(revocations, "ann", std::nullopt)) << "nobody knows when it was made";
  EXPECT_FALSE(concerns(revocations, "ann", kMoment));
  EXPECT_FALSE(concerns(revocations, "anna", kMoment - 1));
}

TEST(Revocations, ALaterOneNeverTakesAnythingBack) {
  Revocations revocations;
  revocations.add(of_user("ann", kMoment, kMoment + 9'000), kMoment);
  revocations.add(of_user("ann", kMoment - 5'000, kMoment + 1'000), kMoment);
  EXPECT_TRUE(concerns(revocations, "ann", kMoment - 1));
  revocations.forget_ended(kMoment + 5'000);
  EXPECT_EQ(revocations.size(), 1);
}

TEST(Revocations, ConcernOneTokenByItsId) {
  Revocations revocations;
  revocations.add(of_token("ann", "t1"), kMoment);
  EXPECT_TRUE(concerns(revocations, "ann", kMoment + 1, "t1"));
  EXPECT_FALSE(concerns(revocations, "ann", kMoment + 1, "t2"));
  EXPECT_FALSE(concerns(revocations, "ann", kMoment + 1));
  EXPECT_FALSE(concerns(revocations, "bob", kMoment + 1, "t1")) << "another user's of the same id";
}

TEST(Revocations, AreForgottenWhenNoTokenIsLeftThatTheyCouldConcern) {
  Revocations revocations;
  revocations.add(of_user("ann", kMoment), kMoment);
  revocations.add(of_token("bob", "t"), kMoment);
  revocations.forget_ended(kMoment + 999);
  EXPECT_EQ(revocations.size(), 2);
  revocations.forget_ended(kMoment + 1'000);
  EXPECT_TRUE(revocations.empty());
}

TEST(Revocations, HaveALimit) {
  Revocations revocations;
  for (std::size_t i = 0; i < Revocations::kMax; ++i)
    ASSERT_TRUE(revocations.add(of_user("u" + std::to_string(i), kMoment), kMoment));
  EXPECT_FALSE(revocations.add(of_user("one more", kMoment), kMoment));
  EXPECT_TRUE(revocations.add(of_user("one more", kMoment, kMoment + 9'000), kMoment + 1'000)) << "the others are over";
}

TEST(Revocations, ALineIsReadAsItWasWritten) {
  for (const Revocation& revocation : {of_user("a\"\\n\xC3\xA9", kMoment), of_token("bob", "t\"1")}) {
    const std::string line = line_of(revocation);
    ASSERT_TRUE(line.ends_with('\n'));
    const auto read = revocation_of(line.substr(0, line.size() - 1));
    ASSERT_TRUE(read) << line;
    EXPECT_EQ(read->user_id, revocation.user_id);
    EXPECT_EQ(read->token_id, revocation.token_id);
    EXPECT_EQ(read->issued_before, revocation.issued_before);
    EXPECT_EQ(read->until, revocation.until);
    for (std::size_t bytes = 0; bytes + 1 < line.size() - 1; ++bytes)
      EXPECT_FALSE(revocation_of(line.substr(0, bytes))) << bytes;
  }
}

// --- for one room --------------------------------------------------------------------------------------------------

Revocation of_room(std::string room_id, std::string user_id, UnixMillis until = kMoment + 1'000) {
  return {.room_id = std::move(room_id), .user_id = std::move(user_id), .issued_before = kMoment, .until = until};
}

TEST(RoomRevocations, AreForThatRoomAndForOlderTokens) {
  Revocations revocations;
  EXPECT_TRUE(revocations.add(of_room("chat:1", "ann"), kMoment));
  EXPECT_TRUE(revocations.add(of_room("chat:2", ""), kMoment));
  const auto concerned = [&](std::string_view room, std::string_view user, std::optional<UnixMillis> issued_at) {
    return revocations.concerns_in(room, {.user_id = user, .issued_at = issued_at});
  };
  EXPECT_TRUE(concerned("chat:1", "ann", kMoment - 1));
  EXPECT_TRUE(concerned("chat:1", "ann", std::nullopt));
  EXPECT_FALSE(concerned("chat:1", "ann", kMoment));
  EXPECT_FALSE(concerned("chat:1", "bob", kMoment - 1));
  EXPECT_TRUE(concerned("chat:2", "ann", kMoment - 1));
  EXPECT_TRUE(concerned("chat:2", "bob", kMoment - 1));
  EXPECT_FALSE(concerned("chat:2", "bob", kMoment));
  EXPECT_FALSE(concerned("chat:3", "ann", 0));
  EXPECT_FALSE(revocations.concerns({.user_id = "ann", .issued_at = 0})) << "the token itself is good";
  EXPECT_EQ(revocations.size(), 2);
}

TEST(RoomRevocations, CountAndAreForgottenAsOthers) {
  Revocations revocations;
  revocations.add(of_room("r", "ann"), kMoment);
  revocations.add(of_room("r", "ann", kMoment + 5), kMoment);
  revocations.add(of_room("r", "", kMoment + 2'000), kMoment);
  EXPECT_EQ(revocations.size(), 2);
  revocations.forget_ended(kMoment + 1'000);
  EXPECT_EQ(revocations.size(), 1);
  EXPECT_TRUE(revocations.concerns_in("r", {.user_id = "ann", .issued_at = 0}));
  revocations.forget_ended(kMoment + 2'000);
  EXPECT_TRUE(revocations.empty());
}

TEST(RoomRevocations, AreALineEach) {
  for (const Revocation& one : {of_room("a \"room\"", "ann"), of_room("r", "")}) {
    const auto read = revocation_of(line_of(one));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->room_id, one.room_id);
    EXPECT_EQ(read->user_id, one.user_id);
    EXPECT_EQ(read->issued_before, one.issued_before);
    EXPECT_EQ(read->until, one.until);
  }
}

}  // namespace
}  // namespace switchboard::auth
