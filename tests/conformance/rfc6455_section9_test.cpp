// RFC 6455 section 9.1: negotiating extensions. What permessage-deflate makes of its parameters is RFC 7692.
#include "conformance/server_test.h"

namespace switchboard::conformance {
namespace {

using Rfc6455Section9_1 = ServerTest;

TEST_F(Rfc6455Section9_1, UnknownExtensionsAreIgnored) {
  for (const char* offer :
       {"foo", "foo, bar; baz=2", "foo; a; b=c ; d = \"e\"", "x-webkit-deflate-frame", " foo ,, bar"}) {
    const Response response = ask(Request().extensions(offer));
    EXPECT_EQ(response.status(), 101) << offer;
    EXPECT_FALSE(response.has("Sec-WebSocket-Extensions")) << offer;
  }
}

TEST_F(Rfc6455Section9_1, WhatDoesNotFollowTheGrammarFailsTheHandshake) {
  for (const char* offer : {";",
                            "foo;",
                            "foo; ;a",
                            "foo; =1",
                            "foo; a=",
                            "foo; a=b=c",
                            "foo bar",
                            "foo; a b",
                            "foo; a=b c",
                            "foo; a=\"b",
                            "foo; a=b\"",
                            "foo; a=\"\"",
                            "foo; a=\"b c\"",
                            "foo; a=\"b,c\"",
                            "foo; a=\"\\\"",
                            "f@o",
                            "foo; a@=1",
                            "foo; a=@",
                            "(foo)",
                            "foo/1",
                            "permessage-deflate;",
                            "permessage-deflate; a=\"b",
                            "foo, permessage-deflate; =",
                            "permessage-deflate, foo; a=\"",
                            "f\xc3\xb6o"}) {
    const Response response = ask(Request().extensions(offer));
    EXPECT_EQ(response.status(), 400) << offer;
    EXPECT_TRUE(response.is_over);
  }
}

TEST_F(Rfc6455Section9_1, AQuotedValueMeansWhatItMeansUnquoted) {
  EXPECT_EQ(ask(Request().extensions("foo; a=\"token\"; b=\"\\t\\o\\k\\e\\n\"")).status(), 101);
}

TEST_F(Rfc6455Section9_1, SeveralFieldsAreOneList) {
  EXPECT_EQ(ask(Request().extensions("foo").extensions("bar; a=1")).status(), 101);
  EXPECT_EQ(ask(Request().extensions("foo").extensions("bar;")).status(), 400);
}

TEST_F(Rfc6455Section9_1, NothingIsAcceptedThatWasNotOffered) {
  EXPECT_FALSE(ask(Request()).has("Sec-WebSocket-Extensions"));
}

}  // namespace
}  // namespace switchboard::conformance
