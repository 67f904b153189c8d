#include "http/entity_tag.h"

#include <gtest/gtest.h>
#include <initializer_list>

namespace switchboard::http {
namespace {

bool has(std::initializer_list<std::string_view> lines, std::string_view tag = "\"abc\"") {
  Request request;
  for (const std::string_view line : lines)
    request.fields.push_back({"If-None-Match", line});
  return has_current(request, tag);
}

TEST(EntityTag, TheSameOneStrongOrWeak) {
  EXPECT_TRUE(has({"\"abc\""}));
  EXPECT_TRUE(has({"W/\"abc\""}));
  EXPECT_FALSE(has({"\"ABC\""}));
  EXPECT_FALSE(has({"w/\"abc\""}));
  EXPECT_FALSE(has({"abc"}));
  EXPECT_FALSE(has({}));
}

TEST(EntityTag, AnywhereInAListAndInAnyLine) {
  EXPECT_TRUE(has({"\"x\", \"abc\""}));
  EXPECT_TRUE(has({"\"x\",W/\"y\" ,\t\"abc\" , \"z\""}));
  EXPECT_TRUE(has({"\"x\"", "\"abc\""}));
  EXPECT_TRUE(has({", ,\"abc\","}));
  EXPECT_FALSE(has({"\"x\", \"y\""}));
}

TEST(EntityTag, MayHoldACommaAndNoQuote) {
  EXPECT_TRUE(has({"\"a,b\", \"c\""}, "\"a,b\""));
  EXPECT_FALSE(has({"\"x,\"abc\",y\""})) << "the second quote ends the first tag";
  EXPECT_FALSE(has({"\"abc"}));
}

TEST(EntityTag, AStarIsAnyThatThereIs) {
  EXPECT_TRUE(has({"*"}));
  EXPECT_FALSE(has({"*"}, ""));
  EXPECT_FALSE(has({"\"*\""}));
}

}  // namespace
}  // namespace switchboard::http
