#include "http/token.h"

#include <gtest/gtest.h>

namespace switchboard::http {
namespace {

TEST(Token, IsMadeOfTheCharactersOfTheRfc) {  // RFC 9110 section 5.6.2
  constexpr std::string_view kAll = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  EXPECT_TRUE(is_token(kAll));
  int count = 0;
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    EXPECT_EQ(is_token_character(c), kAll.find(c) != std::string_view::npos) << byte;
    count += is_token_character(c) ? 1 : 0;
  }
  EXPECT_EQ(count, 77);
}

TEST(Token, IsNeverEmptyAndHasNoOtherCharacter) {
  EXPECT_FALSE(is_token(""));
  EXPECT_TRUE(is_token("a"));
  EXPECT_FALSE(is_token("a "));
  EXPECT_FALSE(is_token("a,b"));
}

}  // namespace
}  // namespace switchboard::http
