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

TEST(Request, WhereNoBodyIsTakenOneIsRefusedForWhatItsSenderMustKnowFirst) {
  const auto status = [](std::string_view method, std::uint64_t length, bool is_chunked) {
    Request request;
    request.method = method;
    request.content_length = length;
    request.is_chunked = is_chunked;
    const auto refusal = refusal_of_body(request);
    return refusal ? refusal->status : 0;
  };
  EXPECT_EQ(status("GET", 0, false), 0);
  EXPECT_EQ(status("GET", 5, false), 413);
  EXPECT_EQ(status("GET", 0, true), 400);
  EXPECT_EQ(status("POST", 0, false), 0);
  EXPECT_EQ(status("POST", 5, false), 405);
  EXPECT_EQ(status("PUT", 0, true), 405);
  EXPECT_EQ(status("BREW", 5, false), 501);
}

}  // namespace
}  // namespace switchboard::http
