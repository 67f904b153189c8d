#include "ws/extension_list.h"

#include <gtest/gtest.h>

namespace switchboard::ws {
namespace {

/// One extension per element: "a; b; c=1"; "malformed" when the value is.
std::vector<std::string> read(std::string_view value) {
  std::vector<Extension> extensions;
  if (!read_extensions(value, extensions)) return {"malformed"};
  std::vector<std::string> out;
  for (const Extension& extension : extensions) {
    std::string& text = out.emplace_back(extension.name);
    for (const ExtensionParameter& parameter : extension.parameters) {
      text.append("; ").append(parameter.name);
      if (parameter.value) text.append("=").append(*parameter.value);
    }
  }
  return out;
}

using Texts = std::vector<std::string>;

TEST(ExtensionList, ReadsTheExamplesOfTheRfcs) {  // RFC 6455 section 9.1, RFC 7692 section 7.1
  EXPECT_EQ(read("foo"), Texts{"foo"});
  EXPECT_EQ(read("bar; baz=2"), Texts{"bar; baz=2"});
  EXPECT_EQ(read("foo, bar; baz=2"), (Texts{"foo", "bar; baz=2"}));
  EXPECT_EQ(read("deflate-stream"), Texts{"deflate-stream"});
  EXPECT_EQ(read("mux; max-channels=4; flow-control, deflate-stream"),
            (Texts{"mux; max-channels=4; flow-control", "deflate-stream"}));
  EXPECT_EQ(read("permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate"),
            (Texts{"permessage-deflate; client_max_window_bits; server_max_window_bits=10", "permessage-deflate"}));
}

TEST(ExtensionList, ReadsQuotedValues) {
  EXPECT_EQ(read(R"(a; b="c")"), Texts{"a; b=c"});
  EXPECT_EQ(read(R"(a; b="\1\0" , d)"), (Texts{"a; b=10", "d"}));
}

TEST(ExtensionList, AQuotedValueMustBeATokenInside) {
  for (const auto* value : {R"(a; b="")", R"(a; b="c d")", R"(a; b="c,d")", R"(a; b="c\"d")", R"(a; b="c;d")"}) {
    EXPECT_EQ(read(value), Texts{"malformed"}) << value;
  }
}

TEST(ExtensionList, WhiteSpaceMayStandBetweenTheParts) {
  EXPECT_EQ(read(" \ta ;\t b = 1 ; c , d\t"), (Texts{"a; b=1; c", "d"}));
}

TEST(ExtensionList, EmptyElementsArePassedOver) {
  EXPECT_EQ(read(""), Texts{});
  EXPECT_EQ(read(" , ,"), Texts{});
  EXPECT_EQ(read(",a,,b,"), (Texts{"a", "b"}));
}

TEST(ExtensionList, WhatIsNoListIsMalformed) {
  for (const auto* value : {"a b", "a;", "a; ;b", ";", "=", "a=1", "a; =1", "a; b=", "a; b=;c", "a; b=1 2", "a; b=\"c",
                            "a; b=\"c\\", "a; b=\"c\"d", "\"a\"", "a/b", "a; b=\x7f", "a,\xc3\xa4", "a; b==c", "(a)"}) {
    EXPECT_EQ(read(value), Texts{"malformed"}) << value;
  }
}

TEST(ExtensionList, CollectsOverSeveralFields) {
  std::vector<Extension> extensions;
  EXPECT_TRUE(read_extensions("a, b", extensions));
  EXPECT_TRUE(read_extensions("c", extensions));
  EXPECT_EQ(extensions.size(), 3u);
}

}  // namespace
}  // namespace switchboard::ws
