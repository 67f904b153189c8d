#include "fetch/http_getter.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <thread>

#include "fetch/web_server.h"

namespace switchboard::fetch {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBodyBytesMax = 1'000;

/// What comes of asking a server that does this; the error, if it is one.
std::string outcome(WebServer::Serve serve, Duration timeout = 10s) {
  const WebServer server(std::move(serve));
  HttpGetter getter({.timeout = timeout, .body_bytes_max = kBodyBytesMax, .ca_file = {}});
  auto text = getter.get(server.url());
  return text ? *text : text.error();
}
std::string outcome_of(std::string_view answer) {
  return outcome([answer](WebClient& client) {
    client.head();
    client.send(answer);
  });
}

TEST(HttpGetter, GivesTheBody) {
  EXPECT_EQ(outcome([](WebClient& client) {
              const std::string head = client.head();
              EXPECT_TRUE(head.starts_with("GET /jwks.json HTTP/1.1\r\n")) << head;
              EXPECT_NE(head.find("Accept: application/jwk-set+json, application/json\r\n"), std::string::npos) << head;
              EXPECT_EQ(head.find("Accept-Encoding"), std::string::npos) << head;
              client.answer("hello");
            }),
            "hello");
  EXPECT_EQ(outcome_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"),
            "hello");
  EXPECT_EQ(outcome_of("HTTP/1.0 200 OK\r\n\r\nhello"), "hello");
}

TEST(HttpGetter, OnlyStatus200IsGood) {
  for (const char* status : {"201 Created", "204 No Content", "206 Partial Content", "304 Not Modified",
                             "404 Not Found", "500 Internal Server Error"}) {
    const std::string line = "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 0\r\n\r\n";
    EXPECT_TRUE(outcome_of(line).starts_with("answered with status " + std::string(status).substr(0, 3))) << status;
  }
}

TEST(HttpGetter, RedirectsAreNotFollowed) {
  const WebServer elsewhere([](WebClient& client) { client.answer("keys of somebody else"); });
  EXPECT_EQ(outcome([&](WebClient& client) {
              client.head();
              client.send("HTTP/1.1 302 Found\r\nLocation: " + elsewhere.url() + "\r\nContent-Length: 0\r\n\r\n");
            }),
            "answered with status 302; redirects are not followed");
  EXPECT_EQ(elsewhere.connections(), 0);
}

TEST(HttpGetter, ABodyIsBounded) {
  EXPECT_EQ(outcome([](WebClient& client) { client.answer(std::string(kBodyBytesMax, 'x')); }),
            std::string(kBodyBytesMax, 'x'));
  EXPECT_EQ(outcome([](WebClient& client) { client.answer(std::string(kBodyBytesMax + 1, 'x')); }),
            "sent more than 1000 bytes");
  // Without a length, for as long as it is let.
  EXPECT_EQ(outcome([](WebClient& client) {
              client.send("HTTP/1.1 200 OK\r\n\r\n");
              while (client.send(std::string(10'000, 'x'))) {
              }
            }),
            "sent more than 1000 bytes");
  EXPECT_EQ(outcome([](WebClient& client) {
              client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
              while (client.send("64\r\n" + std::string(100, 'x') + "\r\n")) {
              }
            }),
            "sent more than 1000 bytes");
}

TEST(HttpGetter, AHeadIsBounded) {
  EXPECT_EQ(outcome([](WebClient& client) {
              client.send("HTTP/1.1 200 OK\r\n");
              while (client.send("X: " + std::string(1'000, 'x') + "\r\n")) {
              }
            }),
            "sent a head of more than 65536 bytes");
  EXPECT_EQ(outcome([](WebClient& client) {
              while (client.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")) {
              }
            }),
            "sent a head of more than 65536 bytes");
}

TEST(HttpGetter, ALengthThatIsALieIsFound) {
  EXPECT_NE(outcome_of("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello").find("transfer closed"),
            std::string::npos);
  EXPECT_EQ(outcome_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more"), "hello");
  EXPECT_NE(outcome_of("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello"), "hello");
}

TEST(HttpGetter, WhatIsNoHttpIsNoAnswer) {
  EXPECT_NE(outcome_of("hello"), "hello");
  EXPECT_EQ(outcome_of(""), "Empty reply from server");
}

TEST(HttpGetter, AServerThatHangsIsLeft) {
  EXPECT_EQ(outcome([](WebClient& client) { client.hang(); }, 50ms), "did not answer whole within 50 ms");
  EXPECT_EQ(outcome(
                [](WebClient& client) {
                  client.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell");
                  client.hang();
                },
                50ms),
            "did not answer whole within 50 ms");
}

// The time is for all of it: a byte now and then does not prolong it.
TEST(HttpGetter, AServerThatDripsIsLeft) {
  EXPECT_EQ(outcome(
                [](WebClient& client) {
                  client.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
                  while (client.send("x"))
                    std::this_thread::sleep_for(20ms);  // it is the slow server
                },
                100ms),
            "did not answer whole within 100 ms");
}

TEST(HttpGetter, ProxiesOfTheEnvironmentAreNotAsked) {
  const WebServer proxy([](WebClient& client) { client.answer("keys of the proxy's"); });
  ::setenv("http_proxy", proxy.url("").c_str(), 1);
  ::setenv("ALL_PROXY", proxy.url("").c_str(), 1);
  EXPECT_EQ(outcome([](WebClient& client) { client.answer("hello"); }), "hello");
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
  EXPECT_EQ(proxy.connections(), 0);
}

TEST(HttpGetter, IsStoppedInTheMiddle) {
  HttpGetter getter({});
  const WebServer server([&](WebClient& client) {
    client.head();
    getter.stop();
    client.hang();
  });
  EXPECT_EQ(getter.get(server.url()).error(), "was not waited for: the server is stopping");
  EXPECT_EQ(getter.get(server.url()).error(), "was not waited for: the server is stopping");
  getter.wait(1h);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpGetter, OtherProtocolsAreNotSpoken) {
  HttpGetter getter({});
  for (const char* url : {"file:///etc/hostname", "ftp://127.0.0.1:1/k", "gopher://127.0.0.1:1/k"})
    EXPECT_FALSE(getter.get(url)) << url;
}

}  // namespace
}  // namespace switchboard::fetch
