#include "fetch/key_url.h"

#include <gtest/gtest.h>
#include <string>

namespace switchboard::fetch {
namespace {

TEST(KeyUrl, OfTlsIsGood) {
  for (const char* good :
       {"https://id.example", "https://id.example/.well-known/jwks.json", "https://id.example:8443/keys?v=2",
        "https://192.0.2.1/k", "https://[2001:db8::1]:443/k", "https://a_b-c.example?x"}) {
    EXPECT_EQ(problem_with_key_url(good), "") << good;
  }
}

TEST(KeyUrl, WithoutTlsOnlyOfThisMachine) {
  for (const char* good :
       {"http://127.0.0.1:8000/jwks.json", "http://127.255.0.9", "http://localhost/k", "http://[::1]:1/k"}) {
    EXPECT_EQ(problem_with_key_url(good), "") << good;
  }
  for (const char* other :
       {"http://id.example/k", "http://10.0.0.1/k", "http://127.evil.example/k", "http://127.0.0.1.evil.example/k",
        "http://localhost.evil.example/k", "http://127.1/k", "http://0127.0.0.1/k", "http://127.0.0.256/k",
        "http://127.0.0.1.1/k", "http://2130706433/k", "http://[::ffff:127.0.0.1]/k"}) {
    EXPECT_EQ(problem_with_key_url(other), "must begin with https://: who can change keys on their way can make tokens")
        << other;
    EXPECT_EQ(problem_with_key_url(other, PlainHttp::kAnywhere), "") << other;
  }
}

TEST(KeyUrl, WhatCouldBeReadInTwoWaysIsRefused) {
  EXPECT_EQ(problem_with_key_url("http://127.0.0.1@evil.example/"), "names a user, which does not belong there");
  EXPECT_EQ(problem_with_key_url("https://user:password@id.example/"), "names a user, which does not belong there");
  for (const char* odd : {"http://127.0.0.1\\@evil.example/", "https://id.example/a b", "https://id.example/#k",
                          "https://id.example/\r\nHost: x", "https://id\xC3\xA9.example/"}) {
    EXPECT_EQ(problem_with_key_url(odd), "has a blank, a backslash, a # or what is not ASCII") << odd;
  }
  for (const char* odd : {"https://", "https:///k", "https://:443/", "https://id.example:/k",
                          "https://id.example:65536/", "https://id.example:+1/", "https://[::1/k", "https://[]/k",
                          "https://[fe80::1%25eth0]/", "https://::1/k", "https://id.example%2Fevil/", "https://a,b/"}) {
    EXPECT_EQ(problem_with_key_url(odd), "has no host, or a port that is none") << odd;
  }
  for (const char* other :
       {"", "file:///etc/passwd", "ftp://id.example/k", "HTTPS://id.example/k", "jwks.json", "https:/id.example"})
    EXPECT_EQ(problem_with_key_url(other), "must begin with https://") << other;
}

TEST(KeyUrl, ItsLengthIsBounded) {
  const std::string begin = "https://id.example/";
  EXPECT_EQ(problem_with_key_url(begin + std::string(kUrlBytesMax - begin.size(), 'k')), "");
  EXPECT_EQ(problem_with_key_url(begin + std::string(kUrlBytesMax - begin.size() + 1, 'k')),
            "has more than 2048 bytes");
}

}  // namespace
}  // namespace switchboard::fetch
