// RFC 9110, HTTP's semantics: what it asks of a server whatever it is asked for.
#include <string>

#include "conformance/http_server.h"

namespace switchboard::conformance {
namespace {

const std::string kExpecting = "POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n";

class Rfc9110Section6_6_1 : public HttpServerTest {};

TEST_F(Rfc9110Section6_6_1, EveryAnswerHasADate) {
  EXPECT_EQ(ask_one("GET / HTTP/1.1\r\nHost: a\r\n\r\n").field("Date").size(), 29u);
  EXPECT_EQ(ask_one("nothing\r\n\r\n").field("Date").size(), 29u);
}

class Rfc9110Section8_6 : public HttpServerTest {};

TEST_F(Rfc9110Section8_6, HeadHasTheLengthAndNoBody) {
  const HttpReply reply = ask_one("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(reply.field("Content-Length"), "14");
  EXPECT_EQ(reply.body, "");
}

TEST_F(Rfc9110Section8_6, NoContentHasNoLength) {
  connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n", clock.now(), clock.unix_ms());
  connection.answer({.status = 204}, clock.now(), clock.unix_ms());
  const std::string reply = say("");
  EXPECT_EQ(reply.find("Content-"), std::string::npos) << reply;
}

class Rfc9110Section9_3_2 : public HttpServerTest {};

TEST_F(Rfc9110Section9_3_2, BehindTheAnswerToHeadTheNextOneFollows) {
  const std::string replies = say("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /y HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(replies.find("\r\n\r\nHTTP/1.1 200 "), std::string::npos) << replies;
  EXPECT_TRUE(replies.ends_with("GET /y at a: "));
}

class Rfc9110Section10_1_1 : public HttpServerTest {};

TEST_F(Rfc9110Section10_1_1, WhoWaitsToBeToldToGoOnIs) {
  EXPECT_EQ(say(kExpecting + "Content-Length: 2\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  const auto replies = split(say("hi"));
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].body, "POST /p at a: hi");
}

TEST_F(Rfc9110Section10_1_1, WhoDoesNotWaitIsNotTold) {
  const auto replies = split(say(kExpecting + "Content-Length: 2\r\n\r\nhi"));
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].status, 200);
}

TEST_F(Rfc9110Section10_1_1, WhoseBodyIsNotWantedIsToldThatInstead) {
  const auto replies = split(say(kExpecting + "Content-Length: 2000\r\n\r\n"));
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].status, 413);
  EXPECT_TRUE(is_closed());
}

TEST_F(Rfc9110Section10_1_1, WithoutABodyThereIsNothingToWaitFor) {
  EXPECT_EQ(ask_one("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").status, 200);
}

TEST_F(Rfc9110Section10_1_1, InHttp10ItIsIgnored) {
  EXPECT_EQ(ask_one("POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi").status, 200);
}

TEST_F(Rfc9110Section10_1_1, AnythingElseThatIsExpectedGets417) {
  EXPECT_EQ(ask_one("GET / HTTP/1.1\r\nHost: a\r\nExpect: something\r\n\r\n").status, 417);
}

class Rfc9110Section15_5_14 : public HttpServerTest {};

TEST_F(Rfc9110Section15_5_14, TooLargeABodyIsRefusedAsSoonAsThatIsKnown) {
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(ask_one(post + "Content-Length: 1001\r\n\r\n").status, 413);
  EXPECT_EQ(ask_one(post + "Content-Length: 1000\r\n\r\n" + std::string(1'000, 'x')).status, 200);
  EXPECT_EQ(ask_one(post + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n").status, 413);
  EXPECT_EQ(ask_one(post + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1'000, 'x') + "\r\n1\r\n").status,
            413);
  EXPECT_TRUE(is_closed());
}

class Rfc9110Section15_6_6 : public HttpServerTest {};

TEST_F(Rfc9110Section15_6_6, AnotherMajorVersionGets505) {
  for (const char* version : {"HTTP/2.0", "HTTP/0.9", "HTTP/3.1"})
    EXPECT_EQ(ask_one("GET / " + std::string(version) + "\r\nHost: a\r\n\r\n").status, 505) << version;
}

}  // namespace
}  // namespace switchboard::conformance
