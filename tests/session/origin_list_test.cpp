#include "session/origin_list.h"

#include <gtest/gtest.h>

namespace switchboard::session {
namespace {

TEST(OriginList, ExactOriginsMatchInSchemeHostAndPort) {
  const OriginList list{"https://app.example.com", "http://localhost:3000", "http://[::1]:3000"};
  for (const char* good : {"https://app.example.com", "HTTPS://APP.Example.COM", "https://app.example.com:443",
                           "http://localhost:3000", "http://[::1]:3000"}) {
    EXPECT_TRUE(list.allows(good)) << good;
  }
  for (const char* bad : {"http://app.example.com",
                          "https://app.example.com:8443",
                          "https://app.example.com:80",
                          "https://example.com",
                          "https://xapp.example.com",
                          "https://app.example.com.evil.net",
                          "https://app.example.comx",
                          "https://app.example.com..",
                          "http://localhost",
                          "http://localhost:30000",
                          "http://localhost:3001",
                          "https://app.example.com@evil.net",
                          "https://evil.net/https://app.example.com",
                          "https://app.example.com/",
                          "https://app.example.com:443:443",
                          "https://app.example.com:",
                          "https://app.example.com:+443",
                          "https://app.example.com ",
                          " https://app.example.com",
                          "https://app.example.com\t",
                          "app.example.com",
                          "null",
                          "://app.example.com",
                          "https://",
                          "https",
                          "*",
                          "http://[::1]",
                          "http://[::1]:3000]",
                          "http://::1:3000"}) {
    EXPECT_FALSE(list.allows(bad)) << bad;
  }
}

TEST(OriginList, AnEntrysOwnPortMayBeWrittenOut) {
  const OriginList list{"https://a.example:443", "http://a.example:80"};
  EXPECT_TRUE(list.allows("https://a.example"));
  EXPECT_TRUE(list.allows("http://a.example"));
  EXPECT_FALSE(list.allows("http://a.example:443"));
}

TEST(OriginList, EntriesMayBeInUpperCase) {
  EXPECT_TRUE(OriginList{"HTTPS://App.Example.com"}.allows("https://app.example.com"));
}

TEST(OriginList, TheDotThatMayEndANameChangesNothing) {
  for (const char* entry : {"https://app.example.com", "https://app.example.com.", "https://*.example.com."}) {
    const OriginList list{entry};
    EXPECT_EQ(OriginList::problem_with(entry), "") << entry;
    for (const char* good : {"https://app.example.com", "https://App.example.com.", "https://app.example.com.:443"})
      EXPECT_TRUE(list.allows(good)) << entry << " " << good;
    for (const char* bad : {"https://app.example.com..", "http://app.example.com.", "https://app.example.com.:80",
                            "https://.", "https://example.com."})
      EXPECT_FALSE(list.allows(bad)) << entry << " " << bad;
  }
}

TEST(OriginList, AnIpv6AddressIsTheSameHoweverItIsWritten) {
  const OriginList list{"http://[0:0:0:0:0:0:0:1]:3000", "http://[2001:DB8::A]"};
  EXPECT_TRUE(list.allows("http://[::1]:3000"));
  EXPECT_TRUE(list.allows("http://[2001:db8::a]"));
  EXPECT_FALSE(list.allows("http://[::1]"));
  EXPECT_FALSE(list.allows("http://[2001:db8::b]"));
}

TEST(OriginList, AWildcardStandsForOneLabelOrMoreAndNotForNone) {
  const OriginList list{"https://*.example.com", "https://*.dev.example:8443"};
  for (const char* good : {"https://a.example.com", "https://a.b.example.com", "https://A.EXAMPLE.com",
                           "https://a-b.example.com:443", "https://x.dev.example:8443"}) {
    EXPECT_TRUE(list.allows(good)) << good;
  }
  for (const char* bad :
       {"https://example.com", "https://.example.com", "https://evil-example.com", "https://evilexample.com",
        "https://a.example.com.evil.net", "https://a.example.com:8443", "http://a.example.com",
        "https://a..example.com", "https://.a.example.com", "https://evil.net#.example.com",
        "https://evil.net/.example.com", "https://evil.net@a.example.com", "https://evil.net\\.example.com",
        "https://*.example.com", "https://a b.example.com", "https://x.dev.example"}) {
    EXPECT_FALSE(list.allows(bad)) << bad;
  }
}

TEST(OriginList, NullIsOnlyAllowedWhereItIsListed) {
  EXPECT_TRUE(OriginList{"null"}.allows("null"));
  EXPECT_FALSE(OriginList{"null"}.allows("NULL"));
  EXPECT_FALSE(OriginList{"null"}.allows("https://a.example"));
  EXPECT_FALSE(OriginList{"https://null"}.allows("null"));
}

TEST(OriginList, StarAllowsWhateverComes) {
  for (const char* any : {"https://a.example", "null", "garbage"})
    EXPECT_TRUE(OriginList{"*"}.allows(any)) << any;
}

TEST(OriginList, AnEmptyListAllowsNoPage) {
  const OriginList list(std::vector<std::string>{});
  for (const char* any : {"https://a.example", "null", "*"})
    EXPECT_FALSE(list.allows(any)) << any;
}

TEST(OriginList, SchemesWithoutAPortOfTheirOwnMatchWithout) {
  const OriginList list{"chrome-extension://abcdef"};
  EXPECT_TRUE(list.allows("chrome-extension://abcdef"));
  EXPECT_FALSE(list.allows("chrome-extension://abcdefg"));
  EXPECT_FALSE(list.allows("chrome-extension://abcdef:1"));
}

TEST(OriginList, EntriesAreChecked) {
  for (const char* good : {"*", "null", "https://a.example", "https://*.example.com", "https://*.example.com:8443",
                           "https://A.example", "http://[2001:db8::1]:80"}) {
    EXPECT_EQ(OriginList::problem_with(good), "") << good;
  }
  for (const char* bad : {"", "a.example", "*.example.com", "https://", "https://a.example/", "https://a*.example.com",
                          "https://a.*.example.com", "https://*", "https://*.", "https://*.*.example.com",
                          "https://a.example:65536", "https://u@a.example", "https://a.example?x", "1https://a"}) {
    EXPECT_NE(OriginList::problem_with(bad), "") << bad;
  }
}

}  // namespace
}  // namespace switchboard::session
