#include "config/setting_checks.h"

#include <gtest/gtest.h>

namespace switchboard::config {
namespace {

TEST(SettingChecks, AddressesHaveAHostAndAPort) {
  for (const char* good :
       {":8080", "*:8080", ":0", ":65535", "127.0.0.1:1", "localhost:80", "[::1]:8080", "[fe80::1%eth0]:1"}) {
    EXPECT_EQ(problem_with_address(good), "") << good;
  }
  for (const char* bad : {"", "8080", ":", "host:", ":65536", ":-1", ":80x", "::1:80", "[::1]", "[::g]:1", "[]:1",
                          "a b:1", "http://a:1", "a/b:1", "**:1", "*.a:1", "[*]:1"}) {
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
  for (const char* bad : {"", "a.example", "://a", "https://", "https://a.example/", "https://a.*.example",
                          "https://a example", "https://u@a.example"}) {
    EXPECT_NE(problem_with_origin(bad), "") << bad;
  }
}

TEST(SettingChecks, ListenersListenOnAddressesFilesAndWhatIsPassed) {
  for (const char* good : {":1", "[::1]:80", "[fe80::1%eth0]:80", "unix:/run/a.sock", "fd:web", "fd:a.socket"}) {
    EXPECT_EQ(problem_with_listener_address(good), "") << good;
    EXPECT_EQ(problem_with_listen_entry(good), "") << good;
    EXPECT_EQ(problem_with_listen_entry(std::string("ws://") + good), "") << good;
    EXPECT_EQ(problem_with_listen_entry(std::string("wss://") + good), "") << good;
  }
  for (const char* bad : {"unix:", "unix:a.sock", "fd:", "fd:a b", "fd:a:b", "ws://ws://:1", "http://:1", "WSS://:1",
                          "file:/x", "8080"}) {
    EXPECT_NE(problem_with_listener_address(bad), "") << bad;
    EXPECT_NE(problem_with_listen_entry(bad), "") << bad;
  }
  for (const char* empty : {"", "ws://", "wss://"})
    EXPECT_NE(problem_with_listen_entry(empty), "") << empty;
  EXPECT_NE(problem_with_listener_address("wss://:1"), "");
  EXPECT_TRUE(problem_with_listen_entry("http://:1").starts_with("begins with a scheme that is not known"));
  EXPECT_EQ(problem_with_listener_address("unix:/" + std::string(106, 'x')), "");
  EXPECT_NE(problem_with_listener_address("unix:/" + std::string(107, 'x')), "");
}

TEST(SettingChecks, RequestPathsBeginWithASlashAndHaveNoQuery) {
  for (const char* good : {"/", "/ws", "/a/b%20c"})
    EXPECT_EQ(problem_with_request_path(good), "") << good;
  for (const char* bad : {"", "ws", "/a?b", "/a#b", "/a b", "/caf\xC3\xA9", "http://a/"})
    EXPECT_NE(problem_with_request_path(bad), "") << bad;
}

TEST(SettingChecks, ModesAreThreeOctalDigits) {
  for (const char* good : {"660", "0660", "000", "777"})
    EXPECT_EQ(problem_with_mode(good), "") << good;
  for (const char* bad : {"", "66", "1660", "668", "0x1", "00660", "rw-"})
    EXPECT_NE(problem_with_mode(bad), "") << bad;
}

TEST(SettingChecks, ListenersNamesHave1To64LowerCaseCharacters) {
  EXPECT_EQ(problem_with_listener_name("web-1_a"), "");
  EXPECT_EQ(problem_with_listener_name(std::string(64, 'x')), "");
  for (const std::string& bad : {std::string(), std::string(65, 'x'), std::string("Web"), std::string("a.b")})
    EXPECT_NE(problem_with_listener_name(bad), "") << bad;
}

TEST(SettingChecks, NamespacesHave1To255BytesAndNoColon) {
  EXPECT_NE(problem_with_namespace(""), "");
  EXPECT_EQ(problem_with_namespace("a"), "");
  EXPECT_EQ(problem_with_namespace(std::string(255, 'a')), "");
  EXPECT_NE(problem_with_namespace(std::string(256, 'a')), "");
  EXPECT_NE(problem_with_namespace("a:b"), "");
  EXPECT_NE(problem_with_namespace("a\nb"), "");
  EXPECT_EQ(problem_with_namespace("@"), "");
  EXPECT_NE(problem_with_namespace("@a"), "");
  EXPECT_EQ(problem_with_namespace("a@"), "");
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
}  // namespace switchboard::config
