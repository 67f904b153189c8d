#include "net/address.h"

#include <gtest/gtest.h>

#include "net/socket_address.h"

namespace switchboard::net {
namespace {

TEST(ListenAddress, ReadsHostAndPort) {
  struct Case {
    const char* text;
    const char* host;
    std::uint16_t port;
    const char* printed;
    bool is_loopback;
  };
  for (const Case& c : {Case{":8080", "", 8080, ":8080", false},
                        {"*:8080", "", 8080, ":8080", false},
                        {"0.0.0.0:1", "0.0.0.0", 1, "0.0.0.0:1", false},
                        {"127.0.0.1:0", "127.0.0.1", 0, "127.0.0.1:0", true},
                        {"127.9.9.9:65535", "127.9.9.9", 65535, "127.9.9.9:65535", true},
                        {"128.0.0.1:80", "128.0.0.1", 80, "128.0.0.1:80", false},
                        {"localhost:80", "localhost", 80, "localhost:80", true},
                        {"[::1]:80", "::1", 80, "[::1]:80", true},
                        {"[::]:80", "::", 80, "[::]:80", false},
                        {"[2001:db8::1]:443", "2001:db8::1", 443, "[2001:db8::1]:443", false}}) {
    const auto address = ListenAddress::parse(c.text);
    ASSERT_TRUE(address) << address.error();
    EXPECT_EQ(address->host, c.host);
    EXPECT_EQ(address->port, c.port);
    EXPECT_EQ(address->to_string(), c.printed);
    EXPECT_EQ(address->is_loopback(), c.is_loopback) << c.text;
  }
}

TEST(ListenAddress, RefusesWhatIsNoneAndNamesIt) {
  for (const char* text : {"", "8080", "host", ":", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1",
                           "127.0.0.1:80x", ":80 ", "::1:80", "example.com:80", "256.0.0.1:80", "[::1", "[::1]"}) {
    const auto address = ListenAddress::parse(text);
    ASSERT_FALSE(address) << text;
    EXPECT_NE(address.error().find('`'), std::string::npos) << address.error();
  }
}

TEST(PeerAddress, IsPrintedAsPeopleWriteIt) {
  for (const char* text : {"192.0.2.1:443", "[2001:db8::1]:443", "[::1]:1"}) {
    const auto listen = ListenAddress::parse(text);
    ASSERT_TRUE(listen);
    const auto socket_address = to_socket_address(*listen);
    ASSERT_TRUE(socket_address);
    EXPECT_EQ(to_peer_address(socket_address->storage).to_string(), text);
  }
}

TEST(PeerAddress, AnIpv4PeerBehindATranslatorIsTheSamePeer) {
  const auto v4 = to_peer_address(to_socket_address({.host = "192.0.2.1", .port = 9})->storage);
  const auto translated = to_peer_address(to_socket_address({.host = "64:ff9b::192.0.2.1", .port = 9})->storage);
  EXPECT_EQ(v4, translated);
  EXPECT_TRUE(translated.is_ipv4());
  EXPECT_EQ(translated.to_string(), "192.0.2.1:9");
}

TEST(PeerAddress, OnlyTheWellKnownPrefixSaysWhereTheIpv4AddressIs) {
  for (const char* text : {"64:ff9b:1::c000:201", "64:ff9b:1:fffe::c000:201"}) {
    const auto peer = to_peer_address(to_socket_address({.host = text, .port = 9})->storage);
    EXPECT_TRUE(peer.is_translated());
    EXPECT_FALSE(peer.is_ipv4());
    EXPECT_EQ(peer.ip_text(), text);
  }
  for (const char* text : {"64:ff9b::1:c000:201", "64:ff9b:2::c000:201", "64:ff9a::c000:201", "64:ff9b:0:1::1"}) {
    const auto peer = to_peer_address(to_socket_address({.host = text, .port = 9})->storage);
    EXPECT_FALSE(peer.is_translated() || peer.is_ipv4()) << text;
    EXPECT_EQ(peer.ip_text(), text);
  }
}

TEST(PeerAddress, AnIpv4PeerOfAnIpv6SocketIsTheSamePeer) {
  const auto v4 = to_peer_address(to_socket_address({.host = "192.0.2.1", .port = 9})->storage);
  const auto mapped = to_peer_address(to_socket_address({.host = "::ffff:192.0.2.1", .port = 9})->storage);
  EXPECT_EQ(v4.ip, mapped.ip);
  EXPECT_EQ(mapped.ip_text(), "192.0.2.1");
}

}  // namespace
}  // namespace switchboard::net
