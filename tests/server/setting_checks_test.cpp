#include "server/setting_checks.h"

#include <gtest/gtest.h>

namespace switchboard::server {
namespace {

TEST(SettingChecks, AddressesHaveAHostAndAPort) {
  for (const char* good : {":8080", ":0", ":65535", "127.0.0.1:1", "localhost:80", "[::1]:8080", "[fe80::1%eth0]:1"}) {
    EXPECT_EQ(problem_with_address(good), "") << good;
  }
  for (const char* bad : {"", "8080", ":", "host:", ":65536", ":-1", ":80x", "::1:80", "[::1]", "[::g]:1", "[]:1",
                          "a b:1", "http://a:1", "a/b:1"}) {
    EXPECT_NE(problem_with_address(bad), "") << bad;
  }
}

TEST(SettingChecks, HostNamesHaveAtMost253Bytes) {
  EXPECT_EQ(problem_with_address(std::string(253, 'a') + ":1"), "");
  EXPECT_NE(problem_with_address(std::string(254, 'a') + ":1"), "");
}

TEST(SettingChecks, OpsAddressMayBeOff) {
  EXPECT_EQ(problem_with_optional_address(""), "");
  EXPECT_EQ(problem_with_optional_address("off"), "");
  EXPECT_NE(problem_with_optional_address("on"), "");
}

TEST(SettingChecks, OriginsAreWhatBrowsersSend) {
  for (const char* good :
       {"*", "null", "https://a.example", "http://localhost:3000", "https://[::1]:8443", "chrome-extension://abcdef"}) {
    EXPECT_EQ(problem_with_origin(good), "") << good;
  }
  for (const char* bad : {"", "a.example", "://a", "https://", "https://a.example/", "https://*.example",
                          "https://A.example", "https://a example", "https://u@a.example"}) {
    EXPECT_NE(problem_with_origin(bad), "") << bad;
  }
}

TEST(SettingChecks, NamespacesHave1To255BytesAndNoColon) {
  EXPECT_NE(problem_with_namespace(""), "");
  EXPECT_EQ(problem_with_namespace("a"), "");
  EXPECT_EQ(problem_with_namespace(std::string(255, 'a')), "");
  EXPECT_NE(problem_with_namespace(std::string(256, 'a')), "");
  EXPECT_NE(problem_with_namespace("a:b"), "");
  EXPECT_NE(problem_with_namespace("a\nb"), "");
  EXPECT_EQ(problem_with_namespace("caf\xC3\xA9"), "");
  EXPECT_NE(problem_with_namespace("caf\xC3"), "");
}

TEST(SettingChecks, ServerNamesHave1To64PrintableCharacters) {
  EXPECT_NE(problem_with_server_name(""), "");
  EXPECT_EQ(problem_with_server_name(std::string(64, 'x')), "");
  EXPECT_NE(problem_with_server_name(std::string(65, 'x')), "");
  EXPECT_NE(problem_with_server_name("caf\xC3\xA9"), "");
}

TEST(SettingChecks, PathsAreNotEmptyAndHaveNoControlCharacters) {
  EXPECT_EQ(problem_with_path("/var/lib/x y"), "");
  EXPECT_NE(problem_with_path(""), "");
  EXPECT_NE(problem_with_path(std::string("a\0b", 3)), "");
}

}  // namespace
}  // namespace switchboard::server
