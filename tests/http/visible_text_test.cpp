#include "http/visible_text.h"

#include <gtest/gtest.h>

namespace switchboard::http {
namespace {

TEST(VisibleText, WhatCanBeSeenStandsAsItIs) {
  EXPECT_EQ(visible_text("", 10), R"("")");
  EXPECT_EQ(visible_text("http://a.example:8080 ~", 100), R"("http://a.example:8080 ~")");
}

TEST(VisibleText, NothingEndsTheQuotesOrSteersATerminal) {
  EXPECT_EQ(visible_text("a\"b\\c", 10), R"("a\"b\\c")");
  EXPECT_EQ(visible_text(std::string_view("\0\x1b\n\x7f\x80\xff", 6), 10), R"("\x00\x1b\x0a\x7f\x80\xff")");
}

TEST(VisibleText, ItIsCutWhereItIsTooLong) {
  EXPECT_EQ(visible_text("ab", 3), R"("ab")");
  EXPECT_EQ(visible_text("abc", 3), R"("abc")");
  EXPECT_EQ(visible_text("abcd", 3), R"("abc"...)");
}

}  // namespace
}  // namespace switchboard::http
