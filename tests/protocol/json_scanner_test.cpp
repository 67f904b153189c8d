#include "protocol/json_scanner.h"

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace switchboard::protocol {
namespace {

/// A copy in memory of exactly its size, so that a sanitizer sees a read past the end.
struct Exact {
  explicit Exact(std::string_view text) : bytes(new char[text.size()]), size(text.size()) {
    text.copy(bytes.get(), size);
  }
  std::string_view view() const { return {bytes.get(), size}; }

  std::unique_ptr<char[]> bytes;
  std::size_t size;
};

/// "" for one whole document, or what was expected and where: "7 a value".
std::string fault_of(std::string_view text, std::size_t depth_max = 64) {
  const Exact exact(text);
  JsonScanner scanner(exact.view(), depth_max);
  if (scanner.enter_object()) {
    for (JsonMember member; scanner.next_member(member);) {
    }
  } else if (std::string_view value; !scanner.failed()) {
    scanner.skip_value(value);
  }
  if (!scanner.failed()) scanner.finish();
  if (scanner.failed()) return std::to_string(scanner.fault().offset) + " " + std::string(scanner.fault().expected);
  return scanner.rest().empty() ? "" : "more: " + std::string(scanner.rest());
}

/// The same text as a member's value and as an element deep inside: other paths through the scanner.
std::vector<std::string> wrapped(std::string_view value) {
  const std::string text(value);
  return {text,
          "[" + text + "]",
          "[0, " + text + " , 1]",
          R"({"k":)" + text + "}",
          R"({"a":1 , "k" : )" + text + R"( ,"z":2})",
          R"({"k":[{"x":)" + text + "}]}"};
}

TEST(JsonScanner, AcceptsEveryKindOfValue) {
  const std::vector<std::string> values = {
      "null",
      "true",
      "false",
      "0",
      "-0",
      "1",
      "-1",
      "10",
      "1234567890",
      "0.0",
      "0.5",
      "-0.5",
      "1e5",
      "1E5",
      "1e+5",
      "1e-5",
      "1.5e300",
      "1e400",
      "-1e400",
      "0e0",
      "0E+0",
      "18446744073709551616",
      "123456789012345678901234567890123456789012345678901234567890",
      "1.000000000000000000000000000000000000000001",
      R"("")",
      R"("a")",
      R"(" ")",
      R"("\"")",
      R"("\\")",
      R"("\/")",
      R"("\b\f\n\r\t")",
      R"("\u0000")",
      R"("\u00e9\u00E9")",
      R"("\ud83d\ude00")",
      R"("\ud83d")",
      R"("\ude00\ud83d")",
      "\"\x7f\"",
      "\"\xc2\x80\"",
      "\"h\xc3\xa9llo \xf0\x9f\x98\x80\"",
      "\"\xe2\x80\xa8\xe2\x80\xa9\"",
      "[]",
      "[ ]",
      "[[]]",
      "[[],[]]",
      "[1,2,3]",
      "[1 ,\t2\r\n, 3 ]",
      "{}",
      "{ }",
      R"({"":0})",
      R"({"a":1})",
      R"({"a":1,"a":2})",
      R"({"a" : { "b" : [ null , true ] } , "c" : "d"})",
      R"([[[[1],{"a":[{}]}]]])",
      R"({"\u0061":"\\\""})",
  };
  for (const auto& value : values) {
    for (const auto& text : wrapped(value))
      EXPECT_EQ(fault_of(text), "") << text;
  }
}

TEST(JsonScanner, RefusesWhatTheGrammarDoesNotHave) {
  const std::vector<std::string> values = {
      "nul",
      "nulL",
      "True",
      "truE",
      "fals",
      "undefined",
      "NaN",
      "Infinity",
      "-Infinity",
      "+1",
      "-",
      "--1",
      "01",
      "-01",
      "00",
      "1.",
      "-1.",
      ".5",
      "-.5",
      "1.e5",
      "1e",
      "1e+",
      "1E-",
      "1.5e",
      "1e5.5",
      "0x10",
      "1_000",
      "1 2",
      "1a",
      "-a",
      "1.2.3",
      "'a'",
      R"("a)",
      R"("\)",
      R"("\a")",
      R"("\x41")",
      R"("\'")",
      R"("\u")",
      R"("\u1")",
      R"("\u12")",
      R"("\u123")",
      R"("\u123g")",
      R"("\u 123")",
      R"("\U0041")",
      R"("\)"
      "\n\"",
      "\"a\nb\"",
      "\"a\tb\"",
      std::string("\"a\0b\"", 5),
      "\"\x1f\"",
      R"("a""b")",
      R"("a" "b")",
      "[",
      "]",
      "[1",
      "[1,",
      "[1,]",
      "[,1]",
      "[,]",
      "[1,,2]",
      "[1 2]",
      "[1}",
      "[1:2]",
      "{",
      "}",
      "{]",
      R"({"a"})",
      R"({"a":})",
      R"({"a":1,})",
      R"({,"a":1})",
      R"({"a":1,,"b":2})",
      R"({"a":1 "b":2})",
      R"({"a" 1})",
      R"({"a"::1})",
      R"({a:1})",
      R"({1:1})",
      R"({null:1})",
      R"({'a':1})",
      R"({"a":1])",
      R"({"a":1;"b":2})",
      R"({"a":1}})",
      "[1]]",
      "[] []",
      "{}{}",
      R"({"a":/*c*/1})",
      "// c\n1",
      "1 #",
      "\xef\xbb\xbf{}",
      "\xc2\xa0",
      "\f1",
      "\v1",
      "\xc2\x85",
      "*",
      "\\u0031",
      ",",
      ":",
      "\"",
      "\\",
      R"({"\a":1})",
      R"({"a)"
      "\n"
      R"(":1})",
      std::string("\0", 1),
      std::string("1\0", 2),
  };
  for (const auto& value : values) {
    for (const auto& text : wrapped(value))
      EXPECT_NE(fault_of(text), "") << text;
  }
}

TEST(JsonScanner, RefusesAnEmptyTextAndWhiteSpaceAlone) {
  EXPECT_EQ(fault_of(""), "0 a value");
  EXPECT_EQ(fault_of(" \t\r\n"), "4 a value");
}

TEST(JsonScanner, SaysWhereAndWhatWasExpected) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"a":1,})", "7 a key in double quotes"},
      {R"({a:1})", "1 a key in double quotes"},
      {R"({"a" 1})", "5 ':' after the key"},
      {R"({"a":1 2})", "7 ',' or '}'"},
      {R"({"a":[1 2]})", "8 ',' or ']'"},
      {R"({"a":{"b":1 2}})", "12 ',' or '}'"},
      {R"({"a":})", "5 a value"},
      {R"({"a":tru})", "5 'true'"},
      {R"({"a":fals})", "5 'false'"},
      {R"({"a":nil})", "5 'null'"},
      {R"({"a":-})", "6 a digit"},
      {R"({"a":1.})", "7 a digit"},
      {R"({"a":1e+})", "8 a digit"},
      {R"({"a":"b)", "7 the closing quote of a string"},
      {R"({"a":"b\x"})", R"(8 one of "\/bfnrtu after a backslash)"},
      {R"({"a":"\u12x4"})", "10 four hexadecimal digits after \\u"},
      {"{\"a\":\"b\nc\"}", "7 control characters in strings to be escaped"},
      {R"({"a":1}x)", "7 white space or the end of the message"},
  };
  for (const auto& [text, fault] : cases)
    EXPECT_EQ(fault_of(text), fault) << text;
}

TEST(JsonScanner, NeverAcceptsAPrefixOfAnObject) {
  const std::string text =
      R"( {"type":"broadcast", "n":-12.50e+3,"s":"a\u00e9\n and a rather long run of plain text","o":{"x":[1,[],{},true,)"
      R"(false,null,{"y":"z"}]},"":""})";
  ASSERT_EQ(fault_of(text), "");
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_NE(fault_of(text.substr(0, size)), "") << size;
}

TEST(JsonScanner, SurvivesEveryByteInEveryPlace) {
  const std::string text = R"({"a":[1.5e3,"b\u0041",{"c":null}],"d":-0})";
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = text;
      changed[i] = static_cast<char>(byte);
      const std::string fault = fault_of(changed);
      if (static_cast<unsigned char>(byte) < 0x20 && byte != '\n' && byte != '\r' && byte != '\t') {
        EXPECT_NE(fault, "") << i << ' ' << byte;
      }
    }
  }
}

TEST(JsonScanner, FindsWhatEndsAStringAtEveryDistance) {
  for (std::size_t plain = 0; plain <= 70; ++plain) {
    for (std::size_t more = 0; more <= 20; ++more) {
      // Bytes above 0x7F and just outside the special ones must not stop it.
      std::string body;
      while (body.size() < plain)
        body += "\x7f\xc3\xa9!#[] "[body.size() % 8];
      const std::string tail(more, 'x');
      const std::string at = std::to_string(plain + 1);
      EXPECT_EQ(fault_of('"' + body + '"'), "");
      EXPECT_EQ(fault_of('"' + body + "\\\"" + tail + '"'), "");
      EXPECT_EQ(fault_of('"' + body + '\x1f' + tail + '"'), at + " control characters in strings to be escaped");
      EXPECT_EQ(fault_of('"' + body + '\0' + tail + '"'), at + " control characters in strings to be escaped");
      EXPECT_EQ(fault_of('"' + body + "\"x" + tail),
                std::to_string(plain + 2) + " white space or the end of the message");
      EXPECT_EQ(fault_of('"' + body), at + " the closing quote of a string");
    }
  }
}

std::string nested(std::size_t levels, bool objects) {
  std::string text;
  for (std::size_t i = 1; i < levels; ++i)
    text += objects ? R"({"a":)" : "[";
  text += objects ? "{}" : "[]";
  for (std::size_t i = 1; i < levels; ++i)
    text += objects ? '}' : ']';
  return text;
}

TEST(JsonScanner, LimitsHowDeepThingsNest) {
  for (const std::size_t limit : {std::size_t{1}, std::size_t{2}, std::size_t{64}, std::size_t{65}, kJsonDepthMax}) {
    for (const bool objects : {true, false}) {
      EXPECT_EQ(fault_of(nested(limit, objects), limit), "");
      EXPECT_NE(fault_of(nested(limit + 1, objects), limit).find("nested less deeply"), std::string::npos);
      if (limit > 1) {
        EXPECT_EQ(fault_of(nested(limit - 1, objects), limit), "");
      }
    }
  }
  EXPECT_EQ(fault_of("1", 0), "");
  EXPECT_NE(fault_of("{}", 0), "");
}

TEST(JsonScanner, NeverGoesDeeperThanItsOwnLimit) {
  EXPECT_EQ(fault_of(nested(kJsonDepthMax, false), 1'000'000), "");
  EXPECT_NE(fault_of(nested(kJsonDepthMax + 1, false), 1'000'000), "");
  EXPECT_NE(fault_of(std::string(5'000'000, '['), 1'000'000), "");
}

TEST(JsonScanner, CountsDepthNotHowOftenThingsOpen) {
  std::string text = "[";
  for (int i = 0; i < 1'000; ++i)
    text += R"({"a":[]},)";
  text += "0]";
  EXPECT_EQ(fault_of(text, 3), "");
  EXPECT_NE(fault_of(text, 2), "");
}

TEST(JsonScanner, RemembersTheKindOfEachLevel) {
  // Levels on both sides of a word of the nesting bits, of changing kinds, closed in the right and the wrong way.
  std::string open, close;
  for (int i = 0; i < 130; ++i) {
    const bool object = i % 3 == 0;
    open += object ? R"({"k":)" : "[";
    close.insert(close.begin(), object ? '}' : ']');
  }
  EXPECT_EQ(fault_of(open + "0" + close, 200), "");
  for (std::size_t i = 0; i < close.size(); ++i) {
    std::string wrong = close;
    wrong[i] = wrong[i] == '}' ? ']' : '}';
    EXPECT_NE(fault_of(open + "0" + wrong, 200), "") << i;
  }
}

TEST(JsonScanner, GivesTheMembersOfTheOutermostObjectOnly) {
  const std::string text = "\n{ \"a\" : 1e400 ,\"b\\u0062\":{\"a\": [ 2 ] } , \"\":\" x \"\t}  {\"more\":1}";
  JsonScanner scanner(text, 64);
  ASSERT_TRUE(scanner.enter_object());
  std::vector<std::pair<std::string, std::string>> members;
  for (JsonMember member; scanner.next_member(member);)
    members.emplace_back(member.key, member.value);
  EXPECT_FALSE(scanner.failed());
  ASSERT_TRUE(scanner.finish());
  EXPECT_EQ(scanner.rest(), R"({"more":1})");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"a", "1e400"}, {R"(b\u0062)", R"({"a": [ 2 ] })"}, {"", R"(" x ")"}};
  EXPECT_EQ(members, expected);
}

TEST(JsonScanner, HoldsAMemberBackUntilWhatFollowsItIsRight) {
  JsonScanner scanner(R"({"a":1,"b":12)", 64);
  ASSERT_TRUE(scanner.enter_object());
  JsonMember member;
  ASSERT_TRUE(scanner.next_member(member));
  EXPECT_EQ(member.value, "1");
  EXPECT_FALSE(scanner.next_member(member));
  EXPECT_TRUE(scanner.failed());
  EXPECT_FALSE(scanner.next_member(member));
}

}  // namespace
}  // namespace switchboard::protocol
