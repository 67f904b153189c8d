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

}  // namespace
}  // namespace switchboard::auth
