#include "session/connection_driver.h"

namespace switchboard::session {
namespace {

constexpr http::Asset kAssets[] = {
    {.path = "/", .content_type = "text/html; charset=utf-8", .body = "<p>hi</p>", .etag = "\"e1\""},
    {.path = "/app.js", .content_type = "text/javascript", .body = "run()", .etag = ""}};

std::string with_field(std::string_view field, std::string_view request = kUpgrade) {
  std::string text(request.substr(0, request.size() - 2));
  return text.append(field).append("\r\n\r\n");
}
std::string with_path(std::string_view path) {
  std::string text(kUpgrade);
  return text.replace(4, 3, path);
}

class HandshakeTest : public ConnectionDriver {
 protected:
  void expect_status(std::string_view request, std::string_view status) {
    const std::string answer = http_answer(request);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::string(status) + " ")) << answer;
    EXPECT_TRUE(connection().wants_finish());
    EXPECT_FALSE(connection().is_websocket());
    EXPECT_EQ(std::to_string(connection().ending().code), status);
  }
};

TEST_F(HandshakeTest, UpgradesInAnySplit) {
  for (std::size_t cut = 0; cut <= kUpgrade.size(); ++cut) {
    start();
    if (cut > 0) give(kUpgrade.substr(0, cut));
    EXPECT_EQ(connection().state(), cut < kUpgrade.size() ? State::kHandshake : State::kOpen);
    if (cut < kUpgrade.size()) give(kUpgrade.substr(cut));
    ASSERT_EQ(connection().state(), State::kOpen) << cut;
    flush();
    EXPECT_NE(take_head(arrived_).find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
  }
}

TEST_F(HandshakeTest, UpgradesByteByByte) {
  start();
  for (const char byte : kUpgrade)
    give({&byte, 1});
  EXPECT_EQ(connection().state(), State::kOpen);
  EXPECT_TRUE(connection().is_websocket());
}

TEST_F(HandshakeTest, TakesFramesRightBehindTheHandshakeInAnySplit) {
  const std::string all = std::string(kUpgrade) + ws::client_frame(ws::Opcode::kText, R"({"type":"ping","id":1})") +
                          ws::client_frame(ws::Opcode::kText, R"({"type":"ping","id":2})");
  for (std::size_t cut = 1; cut < all.size(); ++cut) {
    start();
    give(all.substr(0, cut));
    give(all.substr(cut));
    flush();
    take_head(arrived_);
    EXPECT_EQ(answers(), "{\"type\":\"pong\",\"id\":1}\n{\"type\":\"pong\",\"id\":2}\n") << cut;
  }
}

TEST_F(HandshakeTest, BothEndpointsAreOpenWithOrWithoutAQuery) {
  for (const char* path : {"/", "/ws", "/ws?token=x", "/?a"}) {
    start();
    give(with_path(path));
    EXPECT_EQ(connection().state(), State::kOpen) << path;
  }
}

TEST_F(HandshakeTest, RefusesOtherPaths) {
  expect_status(with_path("/wss"), "404");
  expect_status("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", "404");
}

TEST_F(HandshakeTest, RefusesOtherMethods) {
  expect_status("POST / HTTP/1.1\r\nHost: a\r\n\r\n", "405");
  EXPECT_NE(arrived_.find("Allow: GET"), std::string::npos);
  expect_status("DELETE" + std::string(kUpgrade.substr(3)), "405");
}

TEST_F(HandshakeTest, SaysHowToTalkToAnEndpointThatIsAskedForAPage) {
  expect_status("GET /ws HTTP/1.1\r\nHost: a\r\n\r\n", "426");
  EXPECT_NE(arrived_.find("Upgrade: websocket"), std::string::npos);
  EXPECT_NE(arrived_.find("Sec-WebSocket-Version: 13"), std::string::npos);
}

TEST_F(HandshakeTest, RefusesAnotherVersionOfTheProtocol) {
  std::string request(kUpgrade);
  request.replace(request.find(": 13"), 4, ": 8 ");
  expect_status(request, "426");
  EXPECT_NE(arrived_.find("Sec-WebSocket-Version: 13"), std::string::npos);
}

TEST_F(HandshakeTest, RefusesAHeadOverItsLimit) {
  settings.request_bytes_max = static_cast<std::uint32_t>(kUpgrade.size());
  start();
  give(kUpgrade);
  EXPECT_EQ(connection().state(), State::kOpen);
  settings.request_bytes_max = static_cast<std::uint32_t>(kUpgrade.size() - 1);
  expect_status(kUpgrade, "431");
}

TEST_F(HandshakeTest, RefusesWhatIsNotHttp) {
  expect_status("hello\r\n\r\n", "400");
}

TEST_F(HandshakeTest, OnlyListedOriginsMayConnectAndClientsWithoutOne) {
  settings.listeners[0].origins = {"https://a.example", "https://b.example"};
  for (const char* origin : {"https://a.example", "https://b.example"}) {
    start();
    give(with_field("Origin: " + std::string(origin)));
    EXPECT_EQ(connection().state(), State::kOpen) << origin;
  }
  start();
  give(kUpgrade);
  EXPECT_EQ(connection().state(), State::kOpen);
  for (const char* origin : {"https://a.example.evil", "http://a.example", "null"})
    expect_status(with_field("Origin: " + std::string(origin)), "403");
  settings.listeners[0].origins = {"*"};
  start();
  give(with_field("Origin: null"));
  EXPECT_EQ(connection().state(), State::kOpen);
}

// What a page can read, where its browser tells of a failed handshake only that it failed.
TEST_F(HandshakeTest, APlainRequestToAnEndpointToldOfARefusedOriginGetsTheAnswerOfTheHandshake) {
  settings.listeners[0].origins = {"https://a.example"};
  const std::string refused = http_answer(with_field("Origin: https://b.example"));
  ASSERT_TRUE(refused.starts_with("HTTP/1.1 403 ")) << refused;
  for (const char* request : {"OPTIONS /ws", "OPTIONS /", "POST /ws?token=x", "GET /ws"}) {
    const std::string head = std::string(request) + " HTTP/1.1\r\nHost: a\r\n";
    EXPECT_EQ(http_answer(head + "Origin: https://b.example\r\n\r\n"), refused) << request;
    const char* status = head.starts_with("GET") ? "426" : head.starts_with("OPTIONS") ? "204" : "405";
    expect_status(head + "Origin: https://a.example\r\n\r\n", status);
    expect_status(head + "\r\n", status);
  }
  const std::string elsewhere = " HTTP/1.1\r\nHost: a\r\nOrigin: https://b.example\r\n\r\n";
  expect_status("OPTIONS /nothing" + elsewhere, "404");
  expect_status("GET /nothing" + elsewhere, "404");
}

TEST_F(HandshakeTest, ARefusedOriginOrHostIsNamedEscapedAndCut) {
  settings.listeners[0].origins = {"https://a.example"};
  const auto refusal = [&](std::string_view origin) {
    return http_answer(with_field("Origin: " + std::string(origin)));
  };
  EXPECT_NE(refusal("http://127.0.0.1:8080")
                .find("The origin \"http://127.0.0.1:8080\" may not connect (setting origins_allowed)."),
            std::string::npos);
  EXPECT_NE(refusal("null").find("The origin \"null\" may not"), std::string::npos);
  EXPECT_NE(refusal("http://\"b\\\xc3\xa9").find(R"(The origin "http://\"b\\\xc3\xa9" may not)"), std::string::npos);
  const std::string long_one = refusal("http://" + std::string(5'000, 'x'));
  EXPECT_NE(long_one.find("\"http://" + std::string(193, 'x') + "\"... may not"), std::string::npos);
  EXPECT_NE(long_one.find("X-Content-Type-Options: nosniff"), std::string::npos);
  settings.listeners[0].hosts = std::vector<std::string>{"a.example"};
  EXPECT_NE(http_answer("GET / HTTP/1.1\r\nHost: b.example:1\r\n\r\n").find("the host name \"b.example:1\" (setting"),
            std::string::npos);
}

TEST_F(HandshakeTest, WithoutAnyAllowedOriginOnlyClientsWithoutOneMayConnect) {
  settings.listeners[0].origins = std::vector<std::string>{};
  expect_status(with_field("Origin: https://a.example"), "403");
  start();
  give(kUpgrade);
  EXPECT_EQ(connection().state(), State::kOpen);
}

TEST_F(HandshakeTest, AnotherHostIsAnswered421WhateverIsAskedFor) {
  settings.listeners[0].hosts = std::vector<std::string>{"a.example"};
  expect_status(kUpgrade, "421");
  expect_status("GET / HTTP/1.1\r\nHost: b.example\r\n\r\n", "421");
  expect_status("GET / HTTP/1.1\r\nHost: A.example:1\r\n\r\n", "426");
}

TEST_F(HandshakeTest, OnlyTheListenersPathsAreEndpoints) {
  settings.listeners[0].paths = {"/a", "/b"};
  for (const char* path : {"/a", "/b", "/a?x=/ws"}) {
    start();
    give(with_path(path));
    EXPECT_EQ(connection().state(), State::kOpen) << path;
  }
  for (const char* path : {"/", "/ws", "/a/", "/A", "/ab"})
    expect_status(with_path(path), "404");
  expect_status("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "426");
}

TEST_F(HandshakeTest, OnlyATrustedProxyMaySayWhoseTheConnectionIs) {
  start();
  give(with_field("X-Forwarded-For: 192.0.2.1"));
  EXPECT_EQ(connection().peer(), net::PeerAddress{});
  ASSERT_TRUE(settings.listeners[0].trusted_proxies.add("unix"));
  start();
  give(with_field("X-Forwarded-For: 192.0.2.1"));
  EXPECT_EQ(connection().peer().to_string(), "192.0.2.1");
  start();
  give(with_field("X-Forwarded-For: garbage"));
  EXPECT_EQ(connection().state(), State::kOpen);
  EXPECT_EQ(connection().peer().to_string(), "unix");
}

TEST_F(HandshakeTest, NothingIsReadBehindARefusedRequest) {
  start();
  give(with_path("/nothing"));
  give("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  flush();
  EXPECT_EQ(arrived_.find("HTTP/1.1", 1), std::string::npos);
  EXPECT_EQ(connection().state(), State::kClosing);
  advance(std::chrono::milliseconds(settings.close_timeout_ms) - 1ns);
  connection().on_timer();
  EXPECT_EQ(connection().state(), State::kClosing);
  advance(1ns);
  connection().on_timer();
  EXPECT_EQ(connection().state(), State::kEnded);
  EXPECT_EQ(connection().ending().code, 404);
}

TEST_F(HandshakeTest, ServesAssetsToAPlainGet) {
  context().assets = kAssets;
  const std::string answer = http_answer("GET /?room=x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n<p>hi</p>"));
  for (const char* field : {"Content-Type: text/html; charset=utf-8", "ETag: \"e1\"", "X-Content-Type-Options: nosniff",
                            "Content-Security-Policy: default-src 'self'", "Content-Length: 9"})
    EXPECT_NE(answer.find(field), std::string::npos) << field;
  EXPECT_EQ(connection().ending().code, 200);
  EXPECT_TRUE(connection().wants_finish());
  EXPECT_EQ(context().stats.plain_requests.value(), 1u);
}

TEST_F(HandshakeTest, AnswersHeadWithoutTheBody) {
  context().assets = kAssets;
  const std::string answer = http_answer("HEAD /app.js HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "));
  EXPECT_NE(answer.find("Content-Length: 5"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
  const std::string missing = http_answer("HEAD /none HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(missing.starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(missing.ends_with("\r\n\r\n"));
}

TEST_F(HandshakeTest, AnswersNotModifiedToWhoHasTheAssetAlready) {
  context().assets = kAssets;
  const std::string same = http_answer("GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"e1\"\r\n\r\n");
  EXPECT_TRUE(same.starts_with("HTTP/1.1 304 "));
  EXPECT_TRUE(same.ends_with("\r\n\r\n"));
  EXPECT_NE(same.find("\r\nDate: "), std::string::npos);
  const std::string weakened = http_answer("GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"e0\", W/\"e1\"\r\n\r\n");
  EXPECT_TRUE(weakened.starts_with("HTTP/1.1 304 ")) << "nginx does so when it compresses";
  const std::string other = http_answer("GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"e0\"\r\n\r\n");
  EXPECT_TRUE(other.starts_with("HTTP/1.1 200 "));
}

TEST_F(HandshakeTest, TheEndpointStillUpgradesWhereAPageIsServed) {
  context().assets = kAssets;
  start();
  give(with_path("/"));
  EXPECT_EQ(connection().state(), State::kOpen);
}

TEST_F(HandshakeTest, ChoosesTheSubprotocolAndSaysHello) {
  context().server_name = "switchboard/9";
  context().shard = 2;
  start();
  give(kUpgradeV1);
  EXPECT_TRUE(session().is_v1());
  flush();
  EXPECT_NE(take_head(arrived_).find("Sec-WebSocket-Protocol: switchboard.v1.json\r\n"), std::string::npos);
  EXPECT_EQ(answers(),
            "{\"type\":\"hello\",\"conn_id\":\"2-7-3\",\"ping_interval_ms\":25000,\"max_message_bytes\":65536,"
            "\"server\":\"switchboard/9\"}\n");
}

TEST_F(HandshakeTest, AnUnknownSubprotocolIsNotChosen) {
  start();
  give(with_field("Sec-WebSocket-Protocol: chat, switchboard.v2.json"));
  flush();
  EXPECT_EQ(take_head(arrived_).find("Sec-WebSocket-Protocol"), std::string::npos);
  EXPECT_FALSE(session().is_v1());
  EXPECT_EQ(answers(), "");
}

TEST_F(HandshakeTest, WhoIsNotWelcomeIsToldAfterTheUpgrade) {
  start({.reason = "full", .code = protocol::close::kOverCapacity, .by_peer = false});
  give(kUpgrade.substr(0, 20));
  EXPECT_FALSE(connection().is_websocket()) << "not before its handshake is done";
  give(std::string(kUpgrade.substr(20)) + ws::client_frame(ws::Opcode::kText, R"({"type":"ping"})"));
  EXPECT_TRUE(connection().is_websocket());
  EXPECT_EQ(connection().state(), State::kClosing);
  flush();
  EXPECT_TRUE(take_head(arrived_).starts_with("HTTP/1.1 101 "));
  const auto sent = frames();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].close_code(), 4100);
  EXPECT_EQ(sent[0].payload.substr(2), "full");
  give(close_frame(4100));
  flush();
  EXPECT_EQ(connection().state(), State::kEnded);
  EXPECT_EQ(connection().ending().code, 4100);
  EXPECT_FALSE(connection().ending().by_peer);
}

TEST_F(HandshakeTest, ItsCloseIsSeenAlsoRightBehindTheHandshake) {
  start({.reason = "full", .code = protocol::close::kOverCapacity, .by_peer = false});
  const std::string close = close_frame(1000);
  give(std::string(kUpgrade) + close.substr(0, 3));
  give(close.substr(3));
  flush();
  EXPECT_EQ(connection().state(), State::kEnded);
}

TEST_F(HandshakeTest, ARefusedConnectionThatAsksForAPageIsServedOne) {
  context().assets = kAssets;
  start({.reason = "full", .code = protocol::close::kOverCapacity, .by_peer = false});
  give("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(connection().ending().code, 200);
  EXPECT_FALSE(connection().is_websocket());
}

TEST_F(HandshakeTest, AConnectionThatSaysNothingEndsAtTheFirstByteTimeout) {
  start();
  const auto timeout = std::chrono::milliseconds(settings.first_byte_timeout_ms);
  EXPECT_EQ(connection().next_deadline(), context().now + timeout);
  advance(timeout - 1ns);
  connection().on_timer();
  EXPECT_EQ(connection().state(), State::kHandshake);
  advance(1ns);
  connection().on_timer();
  EXPECT_EQ(connection().state(), State::kEnded);
  EXPECT_EQ(connection().ending().code, 408);
  connection().leave_rooms();
  EXPECT_EQ(host.leave_all_calls, 1);
}

TEST_F(HandshakeTest, AnIncompleteRequestIsAnsweredAtTheHandshakeTimeoutHoweverOftenAByteComes) {
  start();
  const Instant begin = context().now;
  give("G");
  const auto timeout = std::chrono::milliseconds(settings.handshake_timeout_ms);
  EXPECT_EQ(connection().next_deadline(), begin + timeout);
  for (int second = 1; second < 10; ++second) {
    advance(1s);
    give("E");
    connection().on_timer();
  }
  EXPECT_EQ(connection().state(), State::kHandshake);
  context().now = begin + timeout;
  connection().on_timer();
  EXPECT_EQ(connection().state(), State::kClosing);
  flush();
  EXPECT_TRUE(arrived_.starts_with("HTTP/1.1 408 ")) << arrived_;
  EXPECT_TRUE(connection().wants_finish());
}

TEST_F(HandshakeTest, APeerThatGoesBeforeItsRequestIsDone) {
  start();
  connection().on_peer_gone("gone");
  EXPECT_EQ(connection().state(), State::kEnded);
  EXPECT_EQ(connection().ending().code, 0);
  start();
  give("GET /");
  connection().on_peer_gone("gone");
  EXPECT_EQ(connection().ending().code, 400);
  EXPECT_TRUE(connection().ending().by_peer);
}

TEST_F(HandshakeTest, AHandshakeThatEndsWhileTheServerDrainsIsSentAwayAtOnce) {
  start();
  give(kUpgrade.substr(0, 30));
  connection().drain(context().now + 1s, context().now + 5s, 1'000);
  EXPECT_EQ(connection().next_deadline(), context().now + 5s) << "however early those are closed who are connected";
  advance(2s);
  give(kUpgrade.substr(30));
  flush();
  take_head(arrived_);
  const auto sent = frames();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].close_code(), 4200);
}

}  // namespace
}  // namespace switchboard::session
