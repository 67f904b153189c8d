#include "ws/utf8.h"

#include <gtest/gtest.h>
#include <simdjson.h>
#include <string>
#include <string_view>

namespace switchboard::ws {
namespace {

using namespace std::string_view_literals;

bool is_valid(std::string_view text) {
  Utf8Validator validator;
  return validator.feed(text) && validator.complete();
}

/// How many bytes go in, one by one, before the first refusal; npos for none.
std::size_t first_refused(std::string_view text) {
  Utf8Validator validator;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!validator.feed(text.substr(i, 1))) return i;
  }
  return std::string_view::npos;
}

/// Whole and cut in two everywhere, the verdict is the same.
void expect_verdict(std::string_view text, bool valid) {
  EXPECT_EQ(is_valid(text), valid);
  EXPECT_EQ(simdjson::validate_utf8(std::string(text)), valid);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Utf8Validator validator;
    EXPECT_EQ(validator.feed(text.substr(0, cut)) && validator.feed(text.substr(cut)) && validator.complete(), valid)
        << "cut at " << cut;
  }
}

TEST(Utf8Validator, TakesGoodTextInAnySplit) {
  for (std::string_view text : {
           ""sv,
           "a"sv,
           "\0"sv,
           "Hello-\xC2\xB5@\xC3\x9F\xC3\xB6\xC3\xA4\xC3\xBC\xC3\xA0\xC3\xA1-UTF-8!!"sv,
           "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5"sv,  // the Autobahn suite's 6.2
           "\xC2\x80"sv,
           "\xDF\xBF"sv,
           "\xE0\xA0\x80"sv,
           "\xED\x9F\xBF"sv,
           "\xEE\x80\x80"sv,
           "\xEF\xBF\xBD"sv,
           "\xEF\xBF\xBE"sv,
           "\xEF\xBF\xBF"sv,
           "\xF0\x90\x80\x80"sv,
           "\xF0\x9F\x98\x80"sv,
           "\xF4\x8F\xBF\xBF"sv,
           "\xF4\x8F\xBF\xBE"sv,
           "0123456789abcdef\xE2\x82\xAC"
           "0123456789abcdef"sv,
       }) {
    SCOPED_TRACE(testing::PrintToString(text));
    expect_verdict(text, true);
    EXPECT_EQ(first_refused(text), std::string_view::npos);
  }
}

struct Bad {
  std::string_view text;
  std::size_t refused;  // the first byte that cannot be right; npos: only unfinished
};

TEST(Utf8Validator, RefusesBadTextAtTheFirstImpossibleByte) {
  constexpr std::size_t kUnfinished = std::string_view::npos;
  for (const Bad& bad : {
           Bad{"\x80"sv, 0},
           Bad{"\xBF"sv, 0},
           Bad{"a\x80"sv, 1},
           Bad{"\xC3\xB6\x80"sv, 2},
           Bad{"\xC0\x80"sv, 0},
           Bad{"\xC0\xAF"sv, 0},
           Bad{"\xC1\xBF"sv, 0},  // overlong, 2 bytes
           Bad{"\xE0\x80\x80"sv, 1},
           Bad{"\xE0\x80\xAF"sv, 1},
           Bad{"\xE0\x9F\xBF"sv, 1},  // overlong, 3
           Bad{"\xF0\x80\x80\x80"sv, 1},
           Bad{"\xF0\x80\x80\xAF"sv, 1},
           Bad{"\xF0\x8F\xBF\xBF"sv, 1},  // overlong, 4
           Bad{"\xED\xA0\x80"sv, 1},
           Bad{"\xED\xAF\xBF"sv, 1},
           Bad{"\xED\xB0\x80"sv, 1},
           Bad{"\xED\xBF\xBF"sv, 1},
           Bad{"\xF4\x90\x80\x80"sv, 1},
           Bad{"\xF5\x80\x80\x80"sv, 0},
           Bad{"\xF7\xBF\xBF\xBF"sv, 0},
           Bad{"\xF8\x88\x80\x80\x80"sv, 0},
           Bad{"\xFC\x84\x80\x80\x80\x80"sv, 0},
           Bad{"\xFE"sv, 0},
           Bad{"\xFF"sv, 0},
           Bad{"\xC2"
               "a"sv,
               1},
           Bad{"\xE2\x82"
               "a"sv,
               2},
           Bad{"\xE2"
               "a"sv,
               1},
           Bad{"\xF0\x9F\x98"
               "a"sv,
               3},
           Bad{"\xC2\xC2"sv, 1},
           Bad{"\xE2\x82\xE2"sv, 2},
           Bad{"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80"
               "edited"sv,
               12},  // Autobahn 6.3
           Bad{"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xF4\x90\x80\x80"
               "edited"sv,
               12},  // Autobahn 6.4
           Bad{"\xC2"sv, kUnfinished},
           Bad{"\xE2\x82"sv, kUnfinished},
           Bad{"\xF0\x9F\x98"sv, kUnfinished},
           Bad{"0123456789abcdef\xE2"sv, kUnfinished},
       }) {
    SCOPED_TRACE(testing::PrintToString(bad.text));
    expect_verdict(bad.text, false);
    EXPECT_EQ(first_refused(bad.text), bad.refused);
  }
}

TEST(Utf8Validator, StaysRefusedUntilReset) {
  Utf8Validator validator;
  EXPECT_FALSE(validator.feed("\xFF"));
  EXPECT_FALSE(validator.feed("a"));
  EXPECT_FALSE(validator.feed(""));
  EXPECT_FALSE(validator.complete());
  validator.reset();
  EXPECT_TRUE(validator.feed("a"));
  EXPECT_TRUE(validator.complete());
}

TEST(Utf8Validator, AgreesWithSimdjsonOnEveryTwoBytesAndEveryThreeByteLead) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string pair = {static_cast<char>(a), static_cast<char>(b)};
      ASSERT_EQ(is_valid(pair), simdjson::validate_utf8(pair)) << a << " " << b;
      const std::string four = pair + "\x80\x80";
      ASSERT_EQ(is_valid(four), simdjson::validate_utf8(four)) << a << " " << b;
      const std::string three = pair + "\xBF";
      ASSERT_EQ(is_valid(three), simdjson::validate_utf8(three)) << a << " " << b;
    }
  }
}

TEST(Utf8Prefix, CutsNoCharacter) {
  EXPECT_EQ(utf8_prefix_bytes("abc", 3), 3u);
  EXPECT_EQ(utf8_prefix_bytes("abc", 2), 2u);
  EXPECT_EQ(utf8_prefix_bytes("a\xE2\x82\xAC", 4), 4u);
  EXPECT_EQ(utf8_prefix_bytes("a\xE2\x82\xAC", 3), 1u);
  EXPECT_EQ(utf8_prefix_bytes("\xE2\x82\xAC", 2), 0u);
}

}  // namespace
}  // namespace switchboard::ws
