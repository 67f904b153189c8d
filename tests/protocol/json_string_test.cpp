#include "protocol/json_string.h"

#include <gtest/gtest.h>
#include <string>

#include "protocol/json_scanner.h"

namespace switchboard::protocol {
namespace {

std::string unescaped(std::string_view body) {
  std::string out = "left over";
  return unescape(body, out) ? out : "refused";
}

std::string written(std::string_view text) {
  std::string out(written_bytes_max(text.size()), '?');
  out.resize(static_cast<std::size_t>(write_string(out.data(), text) - out.data()));
  return out;
}

TEST(JsonString, SaysBeforehandHowMuchItWrites) {
  std::string every;
  for (int c = 0; c < 256; ++c) {
    every.push_back(static_cast<char>(c));
    EXPECT_EQ(written_bytes(every), written(every).size()) << c;
    EXPECT_EQ(written_bytes(std::string(1, static_cast<char>(c))),
              written(std::string(1, static_cast<char>(c))).size());
  }
  EXPECT_EQ(written_bytes(""), 2u);
}

TEST(JsonString, UnescapesEveryEscape) {
  EXPECT_EQ(unescaped(""), "");
  EXPECT_EQ(unescaped("plain"), "plain");
  EXPECT_EQ(unescaped(R"(\"\\\/\b\f\n\r\t)"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(unescaped(R"(a\u0074b\u0054c)"), "atbTc");
  EXPECT_EQ(unescaped(R"(\\u0041)"), R"(\u0041)");
  EXPECT_EQ(unescaped(R"(\u0000)"), std::string(1, '\0'));
}

TEST(JsonString, UnescapesToUtf8OfEveryLength) {
  EXPECT_EQ(unescaped(R"(\u007f\u0080\u07FF\u0800\uffff)"), "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf");
  EXPECT_EQ(unescaped(R"(\ud7ff\uE000)"), "\xed\x9f\xbf\xee\x80\x80");
  EXPECT_EQ(unescaped(R"(\ud800\udc00\uDBFF\uDFFF)"), "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
}

TEST(JsonString, RefusesHalfASurrogatePair) {
  for (const char* body : {R"(\ud83d)", R"(\ude00)", R"(\ud83dx)", R"(\ud83d\n)", R"(\ud83d\u0041)", R"(\ud83d\ud83d)",
                           R"(a\ude00\ud83d)", R"(\ud83d\\ude00)", R"(\ud83d12345)"}) {
    EXPECT_EQ(unescaped(body), "refused") << body;
  }
}

TEST(JsonString, EscapesWhatMustBeAndNothingElse) {
  EXPECT_EQ(written(""), R"("")");
  EXPECT_EQ(written("a/b'c\x7f"), "\"a/b'c\x7f\"");
  EXPECT_EQ(written("\"\\"), R"("\"\\")");
  EXPECT_EQ(written("\n\r\t\b"), R"("\n\r\t\u0008")");
  EXPECT_EQ(written(std::string("\0\x1f", 2)), R"("\u0000\u001f")");
  EXPECT_EQ(written("h\xc3\xa9 \xf0\x9f\x98\x80"), "\"h\xc3\xa9 \xf0\x9f\x98\x80\"");
}

TEST(JsonString, WritesWhatItReadsBackAtEveryLengthAndPlace) {
  for (std::size_t size = 0; size <= 40; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (const char special : {'"', '\\', '\n', '\0', '\x1f', ' ', '\x7f'}) {
        std::string text(size, 'x');
        text[place] = special;
        const std::string json = written(text);
        JsonScanner scanner(json, 1);
        std::string_view value;
        ASSERT_TRUE(scanner.skip_value(value));
        EXPECT_EQ(value, json);
        EXPECT_EQ(unescaped(std::string_view(json).substr(1, json.size() - 2)), text);
      }
    }
  }
}

TEST(JsonString, NeverWritesMoreThanItSaid) {
  EXPECT_EQ(written(std::string(100, '\0')).size(), written_bytes_max(100));
}

}  // namespace
}  // namespace switchboard::protocol
