#include "session/forwarded_for.h"

#include <gtest/gtest.h>

namespace switchboard::session {
namespace {

/// The client that these X-Forwarded-For fields name, "none" for none. Trusted are 10.0.0.0/8 and 2001:db8:1::/48.
std::string client_of(std::initializer_list<std::string_view> values) {
  net::AddressSet trusted;
  EXPECT_TRUE(trusted.add("10.0.0.0/8"));
  EXPECT_TRUE(trusted.add("2001:db8:1::/48"));
  http::Request request;
  request.fields.push_back({"Host", "a.example"});
  for (const std::string_view value : values)
    request.fields.push_back({"x-FORWARDED-for", value});
  request.fields.push_back({"X-Forwarded-Host", "192.0.2.99"});
  const auto client = forwarded_client(request, trusted);
  return client ? client->to_string() : "none";
}

TEST(ForwardedFor, OneAddressIsTheClients) {
  EXPECT_EQ(client_of({"192.0.2.1"}), "192.0.2.1");
  EXPECT_EQ(client_of({"192.0.2.1:443"}), "192.0.2.1:443");
  EXPECT_EQ(client_of({"2001:db8::1"}), "2001:db8::1");
  EXPECT_EQ(client_of({"[2001:db8::1]"}), "2001:db8::1");
  EXPECT_EQ(client_of({"[2001:db8::1]:443"}), "[2001:db8::1]:443");
}

TEST(ForwardedFor, WithoutAFieldThereIsNone) {
  EXPECT_EQ(client_of({}), "none");
  EXPECT_EQ(client_of({""}), "none");
  EXPECT_EQ(client_of({" , ,\t"}), "none");
}

TEST(ForwardedFor, TheRightmostThatIsNotTrustedCounts) {
  EXPECT_EQ(client_of({"192.0.2.66, 192.0.2.1"}), "192.0.2.1") << "what stands left of it anybody may have written";
  EXPECT_EQ(client_of({"192.0.2.66, 192.0.2.1, 10.1.1.1"}), "192.0.2.1");
  EXPECT_EQ(client_of({"192.0.2.66,192.0.2.1,10.1.1.1:80 , [2001:db8:1::5]:1"}), "192.0.2.1");
}

TEST(ForwardedFor, TranslatedAddressesAreTheIpv4OnesInside) {
  EXPECT_EQ(client_of({"64:ff9b::192.0.2.1"}), "192.0.2.1");
  EXPECT_EQ(client_of({"[64:ff9b::c000:201]:443"}), "192.0.2.1:443");
  EXPECT_EQ(client_of({"192.0.2.66, 192.0.2.1, 64:ff9b::10.1.1.1"}), "192.0.2.1") << "10.0.0.0/8 is trusted";
  EXPECT_EQ(client_of({"64:ff9b:1::192.0.2.1"}), "64:ff9b:1::c000:201");
}

TEST(ForwardedFor, SeveralFieldsAreOneList) {
  EXPECT_EQ(client_of({"192.0.2.66", "192.0.2.1", "10.1.1.1"}), "192.0.2.1");
  EXPECT_EQ(client_of({"192.0.2.66, 192.0.2.1", ""}), "192.0.2.1");
}

TEST(ForwardedFor, WhenAllAreTrustedTheLeftmostCounts) {
  EXPECT_EQ(client_of({"10.1.1.1, 10.2.2.2"}), "10.1.1.1");
}

TEST(ForwardedFor, GarbageWhereTheClientShouldStandMeansNone) {
  for (const char* garbage : {"unknown", "192.0.2.256", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:x", "192.0.2.1 x",
                              "[2001:db8::1", "[2001:db8::1]443", "[2001:db8::1]:", "[192.0.2.1]", "[]", ":",
                              "::", "[::]:1", "fe80::1%eth0", "a.example", "\"192.0.2.1\"", "2001:db8::1]"}) {
    EXPECT_EQ(client_of({garbage}), "none") << garbage;
    EXPECT_EQ(client_of({"192.0.2.1, " + std::string(garbage) + ", 10.1.1.1"}), "none") << garbage;
  }
  EXPECT_EQ(client_of({"garbage, 192.0.2.1"}), "192.0.2.1") << "left of the client it does not matter";
}

}  // namespace
}  // namespace switchboard::session
