// RFC 9112, HTTP/1.1: what it asks of a server.
#include <string>

#include "conformance/http_server.h"

namespace switchboard::conformance {
namespace {

const std::string kHost = "Host: a\r\n";
const std::string kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

std::string post(const std::string& fields, const std::string& body = "") {
  return "POST /p HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}

class Rfc9112Section2_2 : public HttpServerTest {};

TEST_F(Rfc9112Section2_2, EmptyLinesBeforeARequestAreSkipped) {
  EXPECT_EQ(ask_one("\r\n\r\n" + kGet).body, "GET /x at a: ");
}

TEST_F(Rfc9112Section2_2, WhiteSpaceBeforeTheFirstFieldIsRefused) {
  EXPECT_EQ(ask_one("GET / HTTP/1.1\r\n Host: a\r\n\r\n").status, 400);
}

TEST_F(Rfc9112Section2_2, ABareCarriageReturnIsRefused) {
  EXPECT_EQ(ask_one("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n").status, 400);
}

class Rfc9112Section2_3 : public HttpServerTest {};

TEST_F(Rfc9112Section2_3, AHigherMinorVersionIsAnsweredAsOurs) {
  EXPECT_TRUE(ask_one("GET / HTTP/1.9\r\nHost: a\r\n\r\n").head.starts_with("HTTP/1.1 200 "));
}

class Rfc9112Section3 : public HttpServerTest {};

TEST_F(Rfc9112Section3, ARequestLineThatIsNoneIsRefused) {
  for (const char* line : {"GET /", "GET  / HTTP/1.1", "GET / http/1.1", "G(T / HTTP/1.1", "GET / HTTP/1.1 "})
    EXPECT_EQ(ask_one(std::string(line) + "\r\nHost: a\r\n\r\n").status, 400) << line;
}

TEST_F(Rfc9112Section3, ATooLongOneGets414) {
  EXPECT_EQ(ask_one("GET /" + std::string(9'000, 'x') + " HTTP/1.1\r\n").status, 414);
}

class Rfc9112Section3_2 : public HttpServerTest {};

TEST_F(Rfc9112Section3_2, OneHostIsAskedForAndNoMore) {
  EXPECT_EQ(ask_one("GET / HTTP/1.1\r\n\r\n").status, 400);
  EXPECT_EQ(ask_one("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n").status, 400);
  EXPECT_EQ(ask_one("GET / HTTP/1.1\r\nHost: a b\r\n\r\n").status, 400);
}

class Rfc9112Section3_2_2 : public HttpServerTest {};

TEST_F(Rfc9112Section3_2_2, AWholeUriIsTakenAndItsHostCounts) {
  EXPECT_EQ(ask_one("GET http://b/y?z HTTP/1.1\r\nHost: a\r\n\r\n").body, "GET /y?z at b: ");
}

class Rfc9112Section3_2_4 : public HttpServerTest {};

TEST_F(Rfc9112Section3_2_4, TheAsteriskIsForOptionsOnly) {
  EXPECT_EQ(ask_one("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").body, "OPTIONS * at a: ");
  EXPECT_EQ(ask_one("GET * HTTP/1.1\r\nHost: a\r\n\r\n").status, 400);
}

class Rfc9112Section5_1 : public HttpServerTest {};

TEST_F(Rfc9112Section5_1, WhiteSpaceBetweenNameAndColonIsRefused) {
  EXPECT_EQ(ask_one("GET / HTTP/1.1\r\nHost : a\r\n\r\n").status, 400);
}

class Rfc9112Section5_2 : public HttpServerTest {};

TEST_F(Rfc9112Section5_2, ObsoleteFoldingIsRefused) {
  EXPECT_EQ(ask_one("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n").status, 400);
}

class Rfc9112Section6_1 : public HttpServerTest {};

TEST_F(Rfc9112Section6_1, ChunksAndALengthAreRefusedAndEndTheConnection) {
  EXPECT_EQ(ask_one(post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + kGet)).status, 400);
  EXPECT_TRUE(is_closed());
}

TEST_F(Rfc9112Section6_1, ACodingThatIsNotUnderstoodGets501) {
  EXPECT_EQ(ask_one(post("Transfer-Encoding: gzip, chunked\r\n")).status, 501);
}

TEST_F(Rfc9112Section6_1, ChunksInHttp10AreRefused) {
  EXPECT_EQ(ask_one("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").status, 400);
}

class Rfc9112Section6_2 : public HttpServerTest {};

TEST_F(Rfc9112Section6_2, ABodyIsAsLongAsItSays) {
  EXPECT_EQ(ask_one(post("Content-Length: 5\r\n", "hello")).body, "POST /p at a: hello");
  EXPECT_EQ(ask_one(post("Content-Length: 0\r\n")).body, "POST /p at a: ");
}

class Rfc9112Section6_3 : public HttpServerTest {};

TEST_F(Rfc9112Section6_3, ALengthThatIsNoneEndsTheConnection) {
  for (const char* length : {"x", "-1", "+1", "1, 1", "0x1", "", "18446744073709551616"}) {
    EXPECT_EQ(ask_one(post("Content-Length: " + std::string(length) + "\r\n", kGet)).status, 400) << length;
    EXPECT_TRUE(is_closed());
  }
}

TEST_F(Rfc9112Section6_3, WhereChunkedIsNotTheLastCodingTheConnectionEnds) {
  for (const char* coding : {"gzip", "chunked, gzip", "chunked, chunked", "xchunked", "identity"}) {
    EXPECT_EQ(ask_one(post("Transfer-Encoding: " + std::string(coding) + "\r\n", "0\r\n\r\n" + kGet)).status, 400)
        << coding;
    EXPECT_TRUE(is_closed());
  }
}

TEST_F(Rfc9112Section6_3, WithNeitherThereIsNoBody) {
  const auto replies = ask(post("") + kGet);
  ASSERT_EQ(replies.size(), 2u);
  EXPECT_EQ(replies[0].body, "POST /p at a: ");
  EXPECT_EQ(replies[1].body, "GET /x at a: ");
}

class Rfc9112Section7_1 : public HttpServerTest {
 protected:
  HttpReply chunks(const std::string& bytes) { return ask_one(post("Transfer-Encoding: chunked\r\n", bytes)); }
};

TEST_F(Rfc9112Section7_1, ChunksArePutTogether) {
  EXPECT_EQ(chunks("5\r\nhello\r\n1\r\n \r\n05\r\nworld\r\n0\r\n\r\n").body, "POST /p at a: hello world");
  EXPECT_EQ(chunks("000\r\n\r\n").body, "POST /p at a: ");
  EXPECT_EQ(chunks("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n").body, "POST /p at a: 01234567890123456789");
}

TEST_F(Rfc9112Section7_1, WhatFollowsOnTheLastChunkIsTheNextRequest) {
  const auto replies = ask(post("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n\r\n") + kGet);
  ASSERT_EQ(replies.size(), 2u);
  EXPECT_EQ(replies[1].body, "GET /x at a: ");
}

TEST_F(Rfc9112Section7_1, ChunksThatAreMalformedAreRefused) {
  for (const std::string bytes :
       {"x\r\n", "\r\n", "-1\r\n", "0x1\r\nx\r\n", "1\nx\n", "1 1\r\nx\r\n", "2\r\nx\r\n0\r\n\r\n",
        "1\r\nxy\r\n0\r\n\r\n", "1\r\nx0\r\n\r\n", "11111111111111111\r\n", "1\r\r\nx\r\n", "0\r\n\n"})
    EXPECT_EQ(chunks(bytes + "\r\n\r\n").status, 400) << bytes;
}

TEST_F(Rfc9112Section7_1, ALengthThatWouldOverflowIsRefused) {
  EXPECT_EQ(chunks("ffffffffffffffff\r\n").status, 413);
  EXPECT_EQ(chunks("1\r\nx\r\nffffffffffffffff\r\n").status, 413);
}

class Rfc9112Section7_1_1 : public HttpServerTest {};

TEST_F(Rfc9112Section7_1_1, ExtensionsAreSkipped) {
  EXPECT_EQ(ask_one(post("Transfer-Encoding: chunked\r\n", "1;a=b\r\nx\r\n1 ;c=\"d\"\r\ny\r\n0;e\r\n\r\n")).body,
            "POST /p at a: xy");
}

TEST_F(Rfc9112Section7_1_1, TooManyAreRefused) {
  const std::string extension = ";" + std::string(2'000, 'x') + "\r\n";
  std::string bytes;
  for (int i = 0; i < 10; ++i)
    bytes += "1" + extension + "x\r\n";
  EXPECT_EQ(ask_one(post("Transfer-Encoding: chunked\r\n", bytes + "0\r\n\r\n")).status, 400);
  EXPECT_EQ(ask_one(post("Transfer-Encoding: chunked\r\n", "1;" + std::string(5'000, 'x') + "\r\n")).status, 400);
}

class Rfc9112Section7_1_2 : public HttpServerTest {};

TEST_F(Rfc9112Section7_1_2, TrailersAreSkipped) {
  EXPECT_EQ(ask_one(post("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\nA: b\r\nHost: c\r\n\r\n")).body,
            "POST /p at a: x");
}

class Rfc9112Section8 : public HttpServerTest {};

TEST_F(Rfc9112Section8, WhatIsIncompleteIsNeverARequest) {
  for (const std::string& bytes : {kGet.substr(0, kGet.size() - 1), post("Content-Length: 5\r\n", "hell"),
                                   post("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n")}) {
    connection = http::ServerConnection(limits, clock.now());
    EXPECT_EQ(say(bytes), "");
    connection.on_input_end(clock.now());
    EXPECT_TRUE(connection.is_over());
  }
}

class Rfc9112Section9_3 : public HttpServerTest {};

TEST_F(Rfc9112Section9_3, AConnectionGoesOn) {
  for (int i = 0; i < 3; ++i) {
    const std::string reply = say(kGet);
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 200 "));
    EXPECT_EQ(reply.find("Connection:"), std::string::npos);
    EXPECT_FALSE(is_closed());
  }
}

TEST_F(Rfc9112Section9_3, WhoSaysCloseIsAnsweredAndItEnds) {
  const HttpReply reply = ask_one("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n" + kGet);
  EXPECT_EQ(reply.field("Connection"), "close");
  EXPECT_TRUE(is_closed());
}

TEST_F(Rfc9112Section9_3, Http10EndsWithTheAnswer) {
  EXPECT_EQ(ask_one("GET / HTTP/1.0\r\n\r\n").field("Connection"), "close");
  EXPECT_TRUE(is_closed());
}

class Rfc9112Section9_3_2 : public HttpServerTest {};

TEST_F(Rfc9112Section9_3_2, RequestsThatComeAtOnceAreAnsweredInOrder) {
  const auto replies =
      ask(kGet + post("Content-Length: 2\r\n", "hi") + post("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n\r\n") +
          "GET /last HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(replies.size(), 4u);
  EXPECT_EQ(replies[0].body, "GET /x at a: ");
  EXPECT_EQ(replies[1].body, "POST /p at a: hi");
  EXPECT_EQ(replies[2].body, "POST /p at a: x");
  EXPECT_EQ(replies[3].body, "GET /last at a: ");
}

TEST_F(Rfc9112Section9_3_2, WhileOneIsAnsweredNothingElseIsRead) {
  connection.receive(kGet + kGet, clock.now(), clock.unix_ms());
  EXPECT_EQ(connection.phase(), http::ServerConnection::Phase::kRequest);
  EXPECT_FALSE(connection.wants_input());
  EXPECT_EQ(split(say("")).size(), 2u);
}

class Rfc9112Section9_5 : public HttpServerTest {};

TEST_F(Rfc9112Section9_5, EachPhaseHasItsTime) {
  using Phase = http::ServerConnection::Phase;
  const auto time = [&] { return connection.deadline() - clock.now(); };
  EXPECT_EQ(time(), limits.head_time_max) << "also before the first byte";
  clock.advance(std::chrono::seconds(1));
  connection.receive("GET /", clock.now(), clock.unix_ms());
  EXPECT_EQ(time(), limits.head_time_max - std::chrono::seconds(1)) << "bytes that trickle give no more";
  connection.receive(" HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n", clock.now(), clock.unix_ms());
  EXPECT_EQ(connection.deadline(), Instant::max()) << "who is to decide has its own";
  connection.take_body(9, clock.now(), clock.unix_ms());
  EXPECT_EQ(time(), limits.body_time_max);
  connection.receive("123456789", clock.now(), clock.unix_ms());
  EXPECT_EQ(connection.deadline(), Instant::max());
  connection.answer({.body = "x"}, clock.now(), clock.unix_ms());
  EXPECT_EQ(time(), limits.write_time_max);
  connection.consume(connection.outbox().size(), clock.now(), clock.unix_ms());
  EXPECT_EQ(connection.phase(), Phase::kIdle);
  EXPECT_EQ(time(), limits.idle_time_max);
  say("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(connection.phase(), Phase::kLinger);
  EXPECT_EQ(time(), limits.linger_time_max);
}

class Rfc9112Section9_6 : public HttpServerTest {};

TEST_F(Rfc9112Section9_6, BehindTheLastAnswerItsSideIsFinishedAndTheRestIsNotRead) {
  EXPECT_EQ(split(say("GET / HTTP/1.0\r\n\r\n")).size(), 1u);
  EXPECT_TRUE(connection.wants_finish());
  EXPECT_EQ(say(kGet), "");
  connection.receive(std::string(limits.ignored_bytes_max - kGet.size(), 'x'), clock.now(), clock.unix_ms());
  EXPECT_FALSE(connection.is_over());
  connection.receive("x", clock.now(), clock.unix_ms());
  EXPECT_TRUE(connection.is_over());
}

TEST_F(Rfc9112Section9_6, AnAnswerBeforeTheBodyEndsTheConnection) {
  connection.receive(post("Content-Length: 500\r\n", "x"), clock.now(), clock.unix_ms());
  connection.answer({.status = 403, .body = "no"}, clock.now(), clock.unix_ms());
  const auto replies = split(say(""));
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].field("Connection"), "close");
  EXPECT_TRUE(is_closed());
}

TEST_F(Rfc9112Section9_6, WhoHasFinishedItsSideIsAnsweredFirst) {
  connection.receive(kGet, clock.now(), clock.unix_ms());
  connection.on_input_end(clock.now());
  EXPECT_FALSE(connection.is_over());
  EXPECT_EQ(split(say("")).size(), 1u);
  EXPECT_TRUE(connection.is_over());
}

}  // namespace
}  // namespace switchboard::conformance
