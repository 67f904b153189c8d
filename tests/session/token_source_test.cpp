#include "session/token_source.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace switchboard::session {
namespace {

class TokenSourceTest : public testing::Test {
 protected:
  std::string token(std::vector<http::RequestField> fields, std::string_view target = "/ws",
                    std::vector<std::string_view> offered = {}) {
    http::Request request;
    request.target = target;
    request.fields = std::move(fields);
    return std::string(token_of(request, offered, policy).value_or("none"));
  }

  auth::Policy policy;
};

TEST_F(TokenSourceTest, AnAuthorizationFieldOfItsScheme) {
  EXPECT_EQ(token({{"Authorization", "Bearer a.b.c"}}), "a.b.c");
  EXPECT_EQ(token({{"authorization", "bEARER   a.b.c"}}), "a.b.c");
  EXPECT_EQ(token({{"Authorization", "Basic dTpw"}}), "none");
  EXPECT_EQ(token({{"Authorization", "Bearera.b.c"}}), "none");
  EXPECT_EQ(token({{"Authorization", "Bearer"}}), "none");
  EXPECT_EQ(token({}), "none");
}

TEST_F(TokenSourceTest, ASubprotocol) {
  EXPECT_EQ(token({}, "/ws", {"switchboard.v1.json", "switchboard.token.a.b.c"}), "a.b.c");
  EXPECT_EQ(token({}, "/ws", {"switchboard.v1.json"}), "none");
}

TEST_F(TokenSourceTest, TheQueryOnlyWhereItIsNamed) {
  EXPECT_EQ(token({}, "/ws?token=a.b.c"), "none");
  policy.query = "token";
  EXPECT_EQ(token({}, "/ws?token=a.b.c"), "a.b.c");
  EXPECT_EQ(token({}, "/ws?x=1&token=a.b.c&y=2"), "a.b.c");
  EXPECT_EQ(token({}, "/ws?tokens=a.b.c&atoken=d"), "none");
  EXPECT_EQ(token({}, "/ws?token"), "none");
  EXPECT_EQ(token({}, "/ws?token="), "");
  EXPECT_EQ(token({}, "/token=a.b.c"), "none");
}

TEST_F(TokenSourceTest, ACookieOnlyWhereItIsNamed) {
  EXPECT_EQ(token({{"Cookie", "session=a.b.c"}}), "none");
  policy.cookie = "session";
  EXPECT_EQ(token({{"Cookie", "session=a.b.c"}}), "a.b.c");
  EXPECT_EQ(token({{"Cookie", "x=1; session=\"a.b.c\"; y=2"}}), "a.b.c");
  EXPECT_EQ(token({{"Cookie", "x=1"}, {"Cookie", "session=a"}}), "a");
  EXPECT_EQ(token({{"Cookie", "mysession=a; sessions=b; SESSION=c"}}), "none");
}

TEST_F(TokenSourceTest, WhatAProgramSaysGoesBeforeWhatABrowserCarriesAlong) {
  policy.cookie = "session";
  policy.query = "token";
  EXPECT_EQ(token({{"Cookie", "session=d"}, {"Authorization", "Bearer a"}}, "/ws?token=c", {"switchboard.token.b"}),
            "a");
  EXPECT_EQ(token({{"Cookie", "session=d"}}, "/ws?token=c", {"switchboard.token.b"}), "b");
  EXPECT_EQ(token({{"Cookie", "session=d"}}, "/ws?token=c"), "c");
}

}  // namespace
}  // namespace switchboard::session
