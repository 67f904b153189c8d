#include "session/host_list.h"

#include <gtest/gtest.h>

namespace switchboard::session {
namespace {

using Entries = std::vector<std::string>;

TEST(HostList, WithoutEntriesAnyHostIsAllowed) {
  EXPECT_TRUE(HostList().allows("a.example"));
  EXPECT_TRUE(HostList().allows(""));
}

TEST(HostList, AnEntryWithoutAPortAllowsAnyPort) {
  const HostList list(Entries{"app.example.com"});
  for (const char* good : {"app.example.com", "APP.example.com:8080", "app.example.com:443"})
    EXPECT_TRUE(list.allows(good)) << good;
  for (const char* bad : {"", "example.com", "xapp.example.com", "app.example.com.evil.net", "app.example.com:x",
                          "app.example.com:", "app.example.com:65536", "u@app.example.com", "app.example.com/",
                          "app.example.com, app.example.com", "127.0.0.1"}) {
    EXPECT_FALSE(list.allows(bad)) << bad;
  }
}

TEST(HostList, AnEntryWithAPortAllowsOnlyThat) {
  const HostList list(Entries{"a.example:8080", "[::1]:8080"});
  EXPECT_TRUE(list.allows("a.example:8080"));
  EXPECT_TRUE(list.allows("[::1]:8080"));
  EXPECT_FALSE(list.allows("a.example"));
  EXPECT_FALSE(list.allows("a.example:8081"));
  EXPECT_FALSE(list.allows("[::1]"));
  EXPECT_FALSE(list.allows("[::2]:8080"));
}

TEST(HostList, AWildcardAllowsNamesBelow) {
  const HostList list(Entries{"*.example.com"});
  EXPECT_TRUE(list.allows("a.example.com"));
  EXPECT_TRUE(list.allows("a.b.example.com:1"));
  EXPECT_FALSE(list.allows("example.com"));
  EXPECT_FALSE(list.allows(".example.com"));
  EXPECT_FALSE(list.allows("evil-example.com"));
}

TEST(HostList, TheDotThatMayEndANameChangesNothing) {
  for (const char* entry : {"app.example.com", "app.example.com.", "app.example.com:80", "app.example.com.:80",
                            "*.example.com", "*.example.com."}) {
    const HostList list(Entries{entry});
    EXPECT_EQ(HostList::problem_with(entry), "") << entry;
    for (const char* good : {"app.example.com:80", "app.example.com.:80", "APP.Example.com.:80"})
      EXPECT_TRUE(list.allows(good)) << entry << " " << good;
    for (const char* bad :
         {"app.example.com..:80", "app.example..com:80", ".", "..", ".:80", "com.", "example.com.:80"})
      EXPECT_FALSE(list.allows(bad)) << entry << " " << bad;
  }
  EXPECT_FALSE(HostList(Entries{"a.example.:8080"}).allows("a.example."));
  EXPECT_TRUE(HostList(Entries{"127.0.0.1"}).allows("127.0.0.1."));
  EXPECT_FALSE(HostList(Entries{"[::1]"}).allows("[::1]."));
  for (const char* bad : {".", "..", "*..", ".:80"})
    EXPECT_NE(HostList::problem_with(bad), "") << bad;
}

TEST(HostList, AnIpv6AddressIsTheSameHoweverItIsWritten) {
  const HostList list(Entries{"[2001:DB8::1]", "[0:0:0:0:0:0:0:1]:8080"});
  for (const char* good : {"[2001:db8::1]", "[2001:0db8:0::1]:80", "[::1]:8080", "[0::1]:8080"})
    EXPECT_TRUE(list.allows(good)) << good;
  for (const char* bad : {"[2001:db8::2]", "[::1]", "2001:db8::1", "[2001:db8::1%25lo]"})
    EXPECT_FALSE(list.allows(bad)) << bad;
}

TEST(HostList, EntriesAreChecked) {
  for (const char* good :
       {"a.example", "a.example:80", "*.a.example", "*.a.example:80", "127.0.0.1", "[::1]", "localhost"})
    EXPECT_EQ(HostList::problem_with(good), "") << good;
  for (const char* bad : {"", "*", "*.", "a*.example", "a.*.example", "http://a.example",
                          "a.example:", "a.example:65536", "a example", "[::1", "::1", "[]", "a.example/x"}) {
    EXPECT_NE(HostList::problem_with(bad), "") << bad;
  }
}

}  // namespace
}  // namespace switchboard::session
