#include "base/nearest_name.h"

#include <gtest/gtest.h>
#include <vector>

namespace switchboard {
namespace {

const std::vector<std::string> kKnown = {"ping_interval_ms", "pong_timeout_ms", "ops", "level"};

TEST(NearestName, OneEditOfEachKindIsForgiven) {
  for (const char* typed : {"ping_intervall_ms", "ping_interva_ms", "ping_intervol_ms", "ping_intervla_ms"}) {
    EXPECT_EQ(nearest_name(typed, kKnown), "ping_interval_ms") << typed;
  }
}

TEST(NearestName, CaseIsNoEdit) {
  EXPECT_EQ(nearest_name("LEVLE", kKnown), "level");
}

TEST(NearestName, NothingIsSuggestedWhenNothingIsClose) {
  EXPECT_EQ(nearest_name("colour", kKnown), "");
  EXPECT_EQ(nearest_name("", kKnown), "");
  EXPECT_EQ(nearest_name("x", std::vector<std::string>{}), "");
}

TEST(NearestName, AThirdOfTheLettersMayDiffer) {
  EXPECT_EQ(nearest_name("abcdefXYZ", std::vector<std::string>{"abcdefghi"}), "abcdefghi");
  EXPECT_EQ(nearest_name("abcdeWXYZ", std::vector<std::string>{"abcdefghi"}), "");
}

TEST(NearestName, OfAShortNameOneLetterMayDiffer) {
  EXPECT_EQ(nearest_name("opt", kKnown), "ops");
  EXPECT_EQ(nearest_name("ops", std::vector<std::string>{"tls", "api"}), "");
}

TEST(NearestName, WhatNobodyMistypesIsNotCompared) {
  const std::vector<std::string> known = {std::string(256, 'a'), std::string(257, 'a')};
  EXPECT_EQ(nearest_name(std::string(256, 'a'), known), known[0]);
  EXPECT_EQ(nearest_name(std::string(257, 'a'), known), "");
}

}  // namespace
}  // namespace switchboard
