#include "net/outbound_socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/address_set.h"
#include "net/socket_address.h"

namespace switchboard::net {
namespace {

bool is_special(const char* text) {
  const auto ip = parse_ip(text);
  EXPECT_TRUE(ip) << text;
  return is_special_purpose({.ip = *ip});
}

TEST(OutboundSocket, KnowsAddressesThatAreNoPublicOnes) {
  for (const char* const inside : {"0.0.0.0",
                                   "10.0.0.1",
                                   "100.64.0.1",
                                   "127.0.0.1",
                                   "127.255.255.254",
                                   "169.254.169.254",
                                   "172.16.0.1",
                                   "172.31.255.255",
                                   "192.168.1.1",
                                   "192.0.2.1",
                                   "198.18.0.1",
                                   "224.0.0.1",
                                   "255.255.255.255",
                                   "::",
                                   "::1",
                                   "::ffff:127.0.0.1",
                                   "::ffff:10.0.0.1",
                                   "64:ff9b::10.0.0.1",
                                   "fc00::1",
                                   "fd12:3456::1",
                                   "fe80::1",
                                   "ff02::1",
                                   "2001:db8::1",
                                   "2002:7f00:1::",
                                   "2001:0:1::"}) {
    EXPECT_TRUE(is_special(inside)) << inside;
  }
  for (const char* const outside :
       {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
        "192.167.255.255", "223.255.255.255", "2606:4700:4700::1111", "64:ff9b::1.1.1.1", "::ffff:1.1.1.1"}) {
    EXPECT_FALSE(is_special(outside)) << outside;
  }
}

TEST(OutboundSocket, WhatIsNoIpAddressIsSpecial) {
  EXPECT_TRUE(is_special_purpose({}));
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  EXPECT_FALSE(peer_address_of(reinterpret_cast<const sockaddr&>(local)).has_ip());
}

TEST(OutboundSocket, ReadsTheKernelsAddresses) {
  for (const char* const text : {"192.0.2.7", "2001:db8::7"}) {
    const auto address = to_socket_address({.host = text, .port = 443});
    ASSERT_TRUE(address);
    EXPECT_EQ(peer_address_of(*address->get()).ip_text(), text);
  }
}

TEST(OutboundSocket, IsClosedOnExec) {
  const int fd = open_stream_socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  close(fd);
}

}  // namespace
}  // namespace switchboard::net
