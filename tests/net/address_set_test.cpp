#include "net/address_set.h"

#include <gtest/gtest.h>

namespace switchboard::net {
namespace {

PeerAddress peer(const char* ip) {
  return {.ip = parse_ip(ip).value(), .port = 1};
}

AddressSet set_of(std::initializer_list<const char*> entries) {
  AddressSet set;
  for (const char* entry : entries)
    EXPECT_TRUE(set.add(entry)) << entry;
  return set;
}

TEST(AddressSet, HoldsSingleAddresses) {
  const AddressSet set = set_of({"192.0.2.1", "2001:db8::1"});
  EXPECT_TRUE(set.contains(peer("192.0.2.1")));
  EXPECT_TRUE(set.contains(peer("2001:db8::1")));
  EXPECT_TRUE(set.contains(peer("::ffff:192.0.2.1"))) << "the same peer of an IPv6 socket";
  EXPECT_FALSE(set.contains(peer("192.0.2.2")));
  EXPECT_FALSE(set.contains(peer("2001:db8::2")));
}

TEST(AddressSet, NetworksEndWhereTheirPrefixSays) {
  struct Case {
    const char* network;
    const char* first;
    const char* last;
    const char* before;
    const char* behind;
  };
  for (const Case& c : {Case{"10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"},
                        {"192.0.2.128/25", "192.0.2.128", "192.0.2.255", "192.0.2.127", "192.0.3.0"},
                        {"192.0.2.8/31", "192.0.2.8", "192.0.2.9", "192.0.2.7", "192.0.2.10"},
                        {"192.0.2.8/32", "192.0.2.8", "192.0.2.8", "192.0.2.7", "192.0.2.9"},
                        {"2001:db8::/33", "2001:db8::", "2001:db8:7fff::1", "2001:db7::", "2001:db8:8000::"},
                        {"2001:db8::4/127", "2001:db8::4", "2001:db8::5", "2001:db8::3", "2001:db8::6"}}) {
    const AddressSet set = set_of({c.network});
    EXPECT_TRUE(set.contains(peer(c.first))) << c.network;
    EXPECT_TRUE(set.contains(peer(c.last))) << c.network;
    EXPECT_FALSE(set.contains(peer(c.before))) << c.network;
    EXPECT_FALSE(set.contains(peer(c.behind))) << c.network;
  }
}

TEST(AddressSet, AllOfIpv4IsNoIpv6AndTheOtherWayRoundIsEverything) {
  const AddressSet v4 = set_of({"0.0.0.0/0"});
  EXPECT_TRUE(v4.contains(peer("255.255.255.255")));
  EXPECT_FALSE(v4.contains(peer("2001:db8::1")));
  EXPECT_TRUE(v4.has_everyone());
  EXPECT_TRUE(set_of({"::/0"}).has_everyone());
  EXPECT_FALSE(set_of({"0.0.0.0/1", "10.0.0.0/8", "::/1"}).has_everyone());
}

TEST(AddressSet, TranslatedAddressesAreTheIpv4OnesInside) {
  EXPECT_TRUE(set_of({"10.0.0.0/8"}).contains(peer("64:ff9b::10.1.2.3")));
  EXPECT_FALSE(set_of({"10.0.0.0/8"}).contains(peer("64:ff9b::11.1.2.3")));
  EXPECT_TRUE(set_of({"64:ff9b::192.0.2.1"}).contains(peer("192.0.2.1")));
  const AddressSet network = set_of({"64:ff9b::10.0.0.0/104"});
  EXPECT_TRUE(network.contains(peer("10.255.0.1")));
  EXPECT_TRUE(network.contains(peer("64:ff9b::10.0.0.1")));
  EXPECT_FALSE(network.contains(peer("11.0.0.1")));
  EXPECT_TRUE(set_of({"64:ff9b::/96"}).has_everyone()) << "it is 0.0.0.0/0";
  EXPECT_FALSE(set_of({"64:ff9b::/95"}).contains(peer("192.0.2.1"))) << "a network of IPv6";
  EXPECT_TRUE(set_of({"64:ff9b:1::/48"}).contains(peer("64:ff9b:1::192.0.2.1")));
}

TEST(AddressSet, UnixIsWhoHasNoAddress) {
  EXPECT_TRUE(set_of({"unix"}).contains({}));
  EXPECT_FALSE(set_of({"unix"}).contains(peer("127.0.0.1")));
  EXPECT_FALSE(set_of({"0.0.0.0/0", "::/0"}).contains({}));
  EXPECT_FALSE(AddressSet().contains({}));
}

TEST(AddressSet, RefusesWhatIsNoneOfThese) {
  for (const char* text : {"", "example.com", "localhost", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x",
                           "10.0.0.1/8", "2001:db8::/129", "2001:db8::1/64", "[::1]", "127.0.0.1:80", "10.0.0",
                           "fe80::1%eth0", "/8", "UNIX", " 10.0.0.1"}) {
    const auto added = AddressSet().add(text);
    EXPECT_FALSE(added) << text;
  }
}

}  // namespace
}  // namespace switchboard::net
