#include "http/request.h"

#include <gtest/gtest.h>

namespace switchboard::http {
namespace {

Request with_fields(std::vector<RequestField> fields) {
  Request request;
  request.fields = std::move(fields);
  return request;
}

TEST(Request, FieldNamesIgnoreCase) {
  const Request request = with_fields({{"HOST", "a"}, {"x-b", "1"}, {"X-B", "2"}});
  EXPECT_EQ(request.value("Host"), "a");
  EXPECT_EQ(request.value("X-b"), "1");
  EXPECT_EQ(request.count("X-b"), 2u);
  EXPECT_EQ(request.value("X-c"), "");
  EXPECT_EQ(request.count("X-c"), 0u);
}

TEST(Request, NamesThatDifferByMoreThanCaseDiffer) {
  const Request request = with_fields({{"x^b", "1"}, {"x~b", "2"}});  // '^' and '~' differ in the case bit
  EXPECT_EQ(request.value("x~b"), "2");
}

TEST(Request, FindsATokenInAList) {
  const Request request = with_fields({{"Connection", "keep-alive, Upgrade"}});
  EXPECT_TRUE(request.has_token("connection", "upgrade"));
  EXPECT_TRUE(request.has_token("connection", "Keep-Alive"));
  EXPECT_FALSE(request.has_token("connection", "keep"));
  EXPECT_FALSE(request.has_token("connection", "upgrade2"));
  EXPECT_FALSE(request.has_token("upgrade", "upgrade"));
}

TEST(Request, FindsATokenOverSeveralLinesAndEmptyElements) {
  const Request request =
      with_fields({{"Connection", ""}, {"Connection", " ,\t, close"}, {"Connection", ",upgrade ,"}});
  EXPECT_TRUE(request.has_token("Connection", "upgrade"));
  EXPECT_TRUE(request.has_token("Connection", "close"));
  EXPECT_FALSE(request.has_token("Connection", ""));
}

TEST(Request, ThePathEndsAtTheQuery) {
  Request request;
  request.target = "/a/b?c=/d?e";
  EXPECT_EQ(request.path(), "/a/b");
  request.target = "/a/b";
  EXPECT_EQ(request.path(), "/a/b");
  request.target = "/?";
  EXPECT_EQ(request.path(), "/");
}

}  // namespace
}  // namespace switchboard::http
