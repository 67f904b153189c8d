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
