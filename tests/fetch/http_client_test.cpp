#include "fetch/http_client.h"

#include <gtest/gtest.h>

#include "fetch/web_server.h"

namespace switchboard::fetch {
namespace {

using namespace std::chrono_literals;

/// What comes of one request after another, of one client.
class HttpClientTest : public testing::Test {
 protected:
  HttpOutcome ask(HttpRequest request) {
    client_->start(7, std::move(request));
    auto done = client_->take_done();
    while (!done) {
      client_->run(10s);
      done = client_->take_done();
    }
    EXPECT_EQ(done->first, 7);
    EXPECT_EQ(client_->under_way(), 0);
    return std::move(done->second);
  }
  static HttpRequest post(const WebServer& server, std::string body = "{}") {
    return {.url = server.url("/hooks"), .headers = {"X-Kind: test"}, .body = std::move(body)};
  }

  std::optional<HttpClient> client_{std::in_place};
};

TEST_F(HttpClientTest, PostsABodyWithItsFields) {
  std::string head;
  const WebServer server([&](WebClient& client) {
    head = client.head();
    client.answer("taken", "202 Accepted");
  });
  const HttpOutcome outcome = ask(post(server, std::string("a\0b", 3)));
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_EQ(outcome->status, 202);
  EXPECT_EQ(outcome->body, "taken");
  EXPECT_EQ(outcome->retry_after, std::nullopt);
  EXPECT_TRUE(head.starts_with("POST /hooks HTTP/1.1\r\n")) << head;
  EXPECT_NE(head.find("X-Kind: test\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("Content-Length: 3\r\n"), std::string::npos) << head;
  EXPECT_EQ(head.find("Expect"), std::string::npos) << head;
}

TEST_F(HttpClientTest, SaysWhenItMayBeAskedAgain) {
  const WebServer server([](WebClient& client) {
    client.head();
    client.send("HTTP/1.1 503 Unavailable\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n");
  });
  const HttpOutcome outcome = ask(post(server));
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_EQ(outcome->retry_after, Duration(90s));
}

TEST_F(HttpClientTest, DoesNotGoWhereItMayNot) {
  const WebServer server([](WebClient& client) { client.answer("inside"); });
  HttpRequest request = post(server);
  request.reach = Reach::kPublicOnly;
  const HttpOutcome outcome = ask(std::move(request));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error(), "has the address 127.0.0.1, which is none of the public internet");
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(HttpClientTest, NorOverAConnectionThatWasMadeForAnother) {
  int requests = 0;
  const WebServer server([&](WebClient& client) {
    while (!client.head().empty()) {
      ++requests;
      client.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
  });
  for (int i = 0; i < 2; ++i) {
    HttpRequest request{.url = server.url(), .headers = {}, .body = std::nullopt};
    request.keep_alive = KeepAlive::kYes;
    EXPECT_TRUE(ask(std::move(request)));
  }
  EXPECT_EQ(server.connections(), 1) << "it is kept";
  HttpRequest request{.url = server.url(), .headers = {}, .body = std::nullopt};
  request.keep_alive = KeepAlive::kYes;
  request.reach = Reach::kPublicOnly;
  EXPECT_FALSE(ask(std::move(request)));
  client_.reset();  // the server waits for the connection's end
  EXPECT_EQ(requests, 2);
}

TEST_F(HttpClientTest, WhatWasCancelledIsNotTold) {
  const WebServer server([](WebClient& client) { client.hang(); });
  client_->start(1, post(server));
  client_->run(50ms);
  client_->cancel(1);
  EXPECT_EQ(client_->under_way(), 0);
  EXPECT_FALSE(client_->take_done());
  client_->cancel(1);  // harmless
}

}  // namespace
}  // namespace switchboard::fetch
