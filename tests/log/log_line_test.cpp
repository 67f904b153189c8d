#include "log/log_line.h"

#include <gtest/gtest.h>
#include <limits>

namespace switchboard::log {
namespace {

constexpr UnixMillis kWhen = 1'767'323'045'678;  // 2026-01-02T03:04:05.678Z

std::string line(LogFormat format, std::initializer_list<Field> fields, std::string_view event = "connected") {
  return format_log_line(format, LogLevel::kInfo, kWhen, event, {fields.begin(), fields.size()});
}
std::string plain(std::initializer_list<Field> fields) {
  return line(LogFormat::kPlain, fields).substr(std::string("2026-01-02T03:04:05.678Z info  connected ").size());
}
std::string json(std::string_view text) {
  const std::string out = line(LogFormat::kJson, {{"v", text}});
  const std::string before = R"({"ts":"2026-01-02T03:04:05.678Z","level":"info","event":"connected","v":)";
  EXPECT_TRUE(out.starts_with(before)) << out;
  return out.substr(before.size(), out.size() - before.size() - 1);
}

TEST(LogLine, PlainLineIsForPeople) {
  EXPECT_EQ(line(LogFormat::kPlain, {{"conn", "3.17.1"}, {"addr", "127.0.0.1:5000"}}),
            "2026-01-02T03:04:05.678Z info  connected conn=3.17.1 addr=127.0.0.1:5000");
}

TEST(LogLine, JsonLineHasTypedValues) {
  EXPECT_EQ(line(LogFormat::kJson, {{"s", "x"}, {"i", -3}, {"u", 7u}, {"d", 0.5}, {"b", true}}),
            R"({"ts":"2026-01-02T03:04:05.678Z","level":"info","event":"connected",)"
            R"("s":"x","i":-3,"u":7,"d":0.5,"b":true})");
}

TEST(LogLine, LevelsHaveNamesOfOneWidth) {
  const auto level = [](LogLevel which) { return format_log_line(LogFormat::kPlain, which, 0, "e", {}); };
  EXPECT_EQ(level(LogLevel::kDebug), "1970-01-01T00:00:00.000Z debug e");
  EXPECT_EQ(level(LogLevel::kInfo), "1970-01-01T00:00:00.000Z info  e");
  EXPECT_EQ(level(LogLevel::kWarn), "1970-01-01T00:00:00.000Z warn  e");
  EXPECT_EQ(level(LogLevel::kError), "1970-01-01T00:00:00.000Z error e");
}

TEST(LogLine, LargestNumbersAreWhole) {
  EXPECT_EQ(plain({{"n", std::numeric_limits<std::uint64_t>::max()}}), "n=18446744073709551615");
  EXPECT_EQ(plain({{"n", std::numeric_limits<std::int64_t>::min()}}), "n=-9223372036854775808");
}

TEST(LogLine, InfinityIsNullInJson) {
  EXPECT_NE(line(LogFormat::kJson, {{"d", std::numeric_limits<double>::infinity()}}).find("\"d\":null"),
            std::string::npos);
}

TEST(LogLine, JsonEscapesQuotesBackslashesAndControls) {
  EXPECT_EQ(json("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(json("\n\t\r\x1b\x7f"), R"("\n\t\u000d\u001b\u007f")");
  EXPECT_EQ(json(std::string_view("\0", 1)), R"("\u0000")");
  EXPECT_EQ(json("\xC2\x9B"), R"("\u009b")");  // a terminal takes it for an escape sequence
}

TEST(LogLine, JsonKeepsUtf8AndReplacesWhatIsNot) {
  EXPECT_EQ(json("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
  const std::string replacement = "\xEF\xBF\xBD";
  EXPECT_EQ(json("a\xFF z"), "\"a" + replacement + " z\"");
  EXPECT_EQ(json("\xC3"), "\"" + replacement + "\"");
  EXPECT_EQ(json("\xC0\x80"), "\"" + replacement + replacement + "\"");                    // overlong
  EXPECT_EQ(json("\xED\xA0\x80"), "\"" + replacement + replacement + replacement + "\"");  // surrogate
}

TEST(LogLine, PlainValuesCannotForgeFieldsOrLines) {
  EXPECT_EQ(plain({{"v", "a b"}}), "v=\"a b\"");
  EXPECT_EQ(plain({{"v", ""}}), "v=\"\"");
  EXPECT_EQ(plain({{"v", "x=y"}}), "v=\"x=y\"");
  EXPECT_EQ(plain({{"v", "a\n2026 error forged"}}), "v=\"a\\n2026 error forged\"");
  EXPECT_EQ(plain({{"v", "\x1b[2J\xFF"}}), "v=\"\\u001b[2J\\xff\"");
}

TEST(LogLine, WhatEndsALineTurnsItsDirectionOrIsNotSeenIsEscaped) {
  EXPECT_EQ(plain({{"v", "a\u2028b\u2029c"}}), R"(v="a\u2028b\u2029c")");
  EXPECT_EQ(plain({{"v", "\u202Egpj.exe"}}), R"(v="\u202egpj.exe")");
  EXPECT_EQ(json("\u2028\u2029\u202E"), R"("\u2028\u2029\u202e")");
  for (const char* unseen :
       {"\u0085", "\u00AD",     "\u034F",     "\u061C",     "\u115F",    "\u180E", "\u200B", "\u200D",
        "\u200E", "\u200F",     "\u2028",     "\u2029",     "\u202A",    "\u202E", "\u2060", "\u2064",
        "\u2066", "\u2069",     "\u206F",     "\u3164",     "\uFE00",    "\uFE0F", "\uFEFF", "\uFFF9",
        "\uFFFB", "\U0001D173", "\U000E0001", "\U000E007F", "\U000E0100"}) {
    EXPECT_EQ(plain({{"v", unseen}}).find(unseen), std::string::npos) << json(unseen);
    EXPECT_EQ(json(unseen).find(unseen), std::string::npos) << json(unseen);
  }
}

TEST(LogLine, WhatIsSeenStaysAsItIs) {
  for (const char* seen : {"\u00A0", "\u00AC", "\u00AE", "\u200A", "\u2010", "\u2027", "\u202F", "\u205F", "\u2070",
                           "\u05D0", "\u3000", "\uFFFC", "\uFFFD", "\U0001F600", "\U000DFFFF", "\U000E1000"}) {
    EXPECT_EQ(plain({{"v", seen}}), "v=\"" + std::string(seen) + "\"");
    EXPECT_EQ(json(seen), "\"" + std::string(seen) + "\"");
  }
}

TEST(LogLine, BeyondTheBasicPlaneItIsAPairInJsonAndEightDigitsForPeople) {
  EXPECT_EQ(json("\U000E0001"), R"("\udb40\udc01")");
  EXPECT_EQ(plain({{"v", "\U000E0001"}}), R"(v="\U000e0001")");
}

TEST(LogLine, AnEventCannotEndTheLineEither) {
  EXPECT_EQ(line(LogFormat::kPlain, {}, "cannot use `a\nb\u2028` \"x\""),
            "2026-01-02T03:04:05.678Z info  cannot use `a\\nb\\u2028` \"x\"");
}

TEST(LogLine, LongValuesAreCutAtACharacterBoundary) {
  const std::string full(kFieldBytesMax, 'x');
  EXPECT_EQ(plain({{"v", full}}), "v=" + full);
  EXPECT_EQ(plain({{"v", full + "x"}}), "v=" + full + "...");
  const std::string short_by_one = full.substr(1);
  EXPECT_EQ(plain({{"v", short_by_one + "\xE2\x82\xAC"}}), "v=" + short_by_one + "...");
}

}  // namespace
}  // namespace switchboard::log
