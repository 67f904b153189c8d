#include "http/host.h"

#include <gtest/gtest.h>

namespace switchboard::http {
namespace {

using namespace std::string_view_literals;

TEST(Host, IsANameOrAnAddressWithOrWithoutAPort) {
  for (const auto text : {"a", "example.com", "example.com:8080", "example.com:", "127.0.0.1:1", "[::1]", "[::1]:8080",
                          "[2001:db8::1%25eth0]", "[v1.a:b]", "xn--bcher-kva.example", "a_b", "caf%C3%A9", ""}) {
    EXPECT_TRUE(is_host(text)) << text;
  }
}

TEST(Host, IsNothingElse) {
  for (const auto text :
       {"a b"sv, "a/b"sv,     "a?b"sv,     "a#b"sv,   "u@a"sv,  "a:b"sv,  "a:80:80"sv,     "::1"sv,  "[::1"sv,
        "[]"sv,  "[::1]80"sv, "[::1]:x"sv, "[a b]"sv, "a]"sv,   "a[b"sv,  "a\\b"sv,        "a\"b"sv, "<a>"sv,
        "a%"sv,  "a%4"sv,     "a%4g"sv,    "%"sv,     "a\0b"sv, "a\tb"sv, "caf\xc3\xa9"sv, "a, b"sv}) {
    EXPECT_FALSE(is_host(text)) << text;
  }
}

}  // namespace
}  // namespace switchboard::http
