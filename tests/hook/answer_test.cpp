#include "hook/answer.h"

#include <gtest/gtest.h>

namespace switchboard::hook {
namespace {

constexpr std::size_t kContentMax = 100;

std::string problem_of(std::string_view json) {
  const auto answer = read_answer(json, kContentMax);
  return answer ? "" : answer.error();
}

TEST(HookAnswer, IsRead) {
  const auto answer = read_answer(
      R"({"allow":true,"user_id":"ann","permissions":{"rooms":{"a:*":["join"]}},"info":{"n":1},"content":[1, 2]})",
      kContentMax);
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_TRUE(answer->is_allowed);
  EXPECT_FALSE(answer->is_down);
  EXPECT_EQ(answer->user_id, "ann");
  EXPECT_EQ(answer->permissions, R"({"rooms":{"a:*":["join"]}})");
  EXPECT_EQ(answer->info, R"({"n":1})");
  EXPECT_EQ(answer->content, "[1, 2]");
}

TEST(HookAnswer, ARefusalHasAReason) {
  EXPECT_EQ(read_answer(R"({"allow":false,"reason":"no"})", kContentMax)->reason, "no");
  EXPECT_EQ(read_answer(R"({"allow":false})", kContentMax)->reason, "the back end does not allow it");
}

TEST(HookAnswer, ANoIsANoWhateverElseIsWrongWithIt) {
  const std::string too_long = R"({"allow":false,"reason":")" + std::string(201, 'x') + R"("})";
  for (const std::string_view flawed :
       {std::string_view(too_long), std::string_view(R"({"allow":false,"reason":5})"),
        std::string_view(R"({"allow":false,"reason":""})"), std::string_view(R"({"allow":false,"reason":"a\nb"})"),
        std::string_view(R"({"allow":false,"reason":null,"user_id":7,"permissions":[]})")}) {
    const auto answer = read_answer(flawed, kContentMax);
    ASSERT_TRUE(answer) << flawed;
    EXPECT_FALSE(answer->is_allowed) << flawed;
    EXPECT_EQ(answer->reason, "the back end does not allow it") << flawed;
  }
}

TEST(HookAnswer, WhatIsUnknownIsPassedOver) {
  EXPECT_TRUE(read_answer(R"({"allow":true,"more":{"x":[]}})", kContentMax)->is_allowed);
}

TEST(HookAnswer, WhatIsNoneIsSaid) {
  for (const std::string_view bad :
       {"", "true", "[]", "{}", "<html>", R"({"allow":1})", R"({"allow":"true"})", R"({"allow":true,"allow":false})",
        R"({"allow":true,"user_id":""})", R"({"allow":true,"user_id":["a"]})", R"({"allow":true,"user_id":"a\u0001"})",
        R"({"allow":true,"permissions":[]})", R"({"allow":true,"permissions":{"rooms":{"a*b*":["join"]}}})"}) {
    EXPECT_NE(problem_of(bad), "") << bad;
  }
  EXPECT_NE(problem_of(R"({"allow":true,"info":")" + std::string(1'023, 'x') + R"("})"), "");
  EXPECT_NE(problem_of(R"({"allow":true,"content":")" + std::string(kContentMax, 'x') + R"("})"), "");
}

}  // namespace
}  // namespace switchboard::hook
