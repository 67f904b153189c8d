#include "ops/ops_hosts.h"

#include <gtest/gtest.h>

#include "http/request_parser.h"

namespace switchboard::ops {
namespace {

/// As a request of that Host is judged, once it has been through the parser of requests.
bool allows(const OpsHosts& hosts, const std::string& host) {
  http::RequestParser parser(8'192);
  const auto taken = parser.feed("GET /health HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  return taken && hosts.allows(parser.request());
}

TEST(OpsHosts, AddressesAndLocalhostAreServedWithAnyPort) {
  const OpsHosts hosts({});
  for (const char* host : {"127.0.0.1",
                           "127.0.0.1:8081",
                           "127.0.0.1:1",
                           "127.8.9.10",
                           "10.0.0.5:8081",
                           "192.0.2.1",
                           "0.0.0.0",
                           "127.0.0.1.",
                           "[::1]",
                           "[::1]:8081",
                           "[2001:db8::1]:8081",
                           "[::ffff:127.0.0.1]",
                           "[fe80::1%eth0]:8081",
                           "[fe80::1%25eth0]",
                           "localhost",
                           "localhost:8081",
                           "LocalHost",
                           "LOCALHOST:9",
                           "localhost.",
                           "localhost.:8081",
                           "switchboard",
                           "switchboard:8081",
                           "my_service-2"}) {
    EXPECT_TRUE(allows(hosts, host)) << host;
  }
}

TEST(OpsHosts, NamesOfOthersAreNot) {
  const OpsHosts hosts({});
  for (const char* host : {"rebound.example.com",
                           "rebound.example.com:8081",
                           "127.0.0.1.example.com",
                           "localhost.example.com",
                           "evil.localhost.example.com",
                           "switchboard.",
                           "1switchboard",
                           "switch%board",
                           "localhost..",
                           ".localhost",
                           ".",
                           "",
                           ":8081",
                           "127.0.0.1..",
                           "127.1",
                           "2130706433",
                           "0x7f.0.0.1",
                           "0177.0.0.1",
                           "127.0.0.1.0",
                           "256.0.0.1",
                           "::1",
                           "[::1",
                           "[::1]x",
                           "[]",
                           "[127.0.0.1]",
                           "[::1].example.com",
                           "[rebound.example.com]",
                           "127.0.0.1@example.com",
                           "127.0.0.1%2eexample.com",
                           "localhost:8081:1",
                           "localhost:x",
                           "localhost:99999",
                           "*",
                           "*.example.com",
                           "127.0.0.1, localhost",
                           "localhost rebound.example.com"}) {
    EXPECT_FALSE(allows(hosts, host)) << host;
  }
}

TEST(OpsHosts, ListedNamesAreServed) {
  const OpsHosts hosts({"switchboard", "*.ops.example", "a.example:8081"});
  for (const char* host : {"switchboard", "SWITCHBOARD:1", "switchboard.", "switchboard.:8081", "x.ops.example",
                           "y.x.ops.example:80", "a.example:8081", "A.example.:8081", "localhost", "127.0.0.1"}) {
    EXPECT_TRUE(allows(hosts, host)) << host;
  }
  for (const char* host : {"switchboard.example", "ops.example", "a.example", "a.example:8082", "b.example:8081"})
    EXPECT_FALSE(allows(hosts, host)) << host;
}

TEST(OpsHosts, AWholeUriSaysTheHostInItsPlace) {
  const OpsHosts hosts({});
  const auto asks = [&](const std::string& uri_host, const std::string& field) {
    http::RequestParser parser(8'192);
    EXPECT_TRUE(parser.feed("GET http://" + uri_host + "/health HTTP/1.1\r\nHost: " + field + "\r\n\r\n"));
    return hosts.allows(parser.request());
  };
  EXPECT_FALSE(asks("rebound.example.com", "localhost"));
  EXPECT_TRUE(asks("localhost", "localhost"));
}

TEST(OpsHosts, WithoutAHostItIsNoBrowser) {
  http::RequestParser parser(8'192);
  ASSERT_TRUE(parser.feed("GET /healthz HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(OpsHosts({}).allows(parser.request()));
}

}  // namespace
}  // namespace switchboard::ops
